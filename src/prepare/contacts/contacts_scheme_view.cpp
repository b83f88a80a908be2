#include "prepare/contacts/contacts_scheme_view.h"

#include <algorithm>
#include <map>
#include <set>

#include <boost/describe/enum_to_string.hpp>

#include "kernel/i18n/i18n.h"

namespace noroshi::prepare::contacts {

namespace {

constexpr std::size_t most_lines = 12;  // of people in one box

std::string name_of(const Flow& flow, Language language) {
    return language == Language::en && !flow.name_en.empty() ? flow.name_en : flow.name;
}

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return i18n::text(language, "prepare.contacts." + std::string(key), arguments);
}

// Long lists are cut: the sentence is for a person, the data has them all.
std::string names_of(const council::State& council, const std::vector<OrganisationId>& ids,
                     Language language, std::string_view between) {
    std::string out;
    for (std::size_t i = 0; i < ids.size() && i < 8; ++i) {
        if (i > 0) out += between;
        out += council.name_of(ids[i], language);
    }
    if (ids.size() > 8) out += say(language, "and_more", {{"n", std::to_string(ids.size() - 8)}});
    return out;
}

HoleItem hole_item(const Hole& hole, const Flow& flow, const council::State& council,
                   Language language) {
    HoleItem item{hole.kind, hole.flow, name_of(flow, language), {}, hole.person, hole.cut_off,
                  hole.hops, {}};
    if (!hole.organisation.empty()) item.organisation = hole.organisation;
    const bool loop = hole.kind == HoleKind::loop;
    auto others = names_of(council, hole.cut_off, language,
                           loop ? say(language, "arrow") : say(language, "comma"));
    if (loop && !hole.cut_off.empty())
        others += say(language, "arrow") + council.name_of(hole.cut_off.front(), language);
    item.text = say(language, std::string("hole_") + boost::describe::enum_to_string(hole.kind, ""),
                    {{"flow", item.flow_name},
                     {"organisation", council.name_of(hole.organisation, language)},
                     {"name", hole.person ? council.name_of(*hole.person, language) : ""},
                     {"others", std::move(others)},
                     {"count", std::to_string(hole.cut_off.size())},
                     {"hops", std::to_string(hole.hops)},
                     {"most", std::to_string(flow.most_hops)}});
    return item;
}

std::vector<Hole> checked(const State& state, const std::vector<Flow>& flows, Instant now) {
    return holes_of(flows, reach_of(state, flows, now), state.organisations_with_list());
}

SchemePicture::Box box_of(const State& state, const council::State& council,
                          const OrganisationId& organisation, const Reading& reading) {
    SchemePicture::Box box{
        organisation.text, council.name_of(organisation, reading.language), {}, {}};
    const auto lines = state.call_order(organisation, reading.now);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i == most_lines && lines.size() > most_lines + 1) {
            box.lines.push_back(
                {say(reading.language, "and_more", {{"n", std::to_string(lines.size() - i)}}),
                 true});
            break;
        }
        const auto& line = lines[i];
        const auto key = line.standing == Standing::deputy      ? "line_deputy"
                         : line.standing == Standing::principal ? "line_principal"
                                                                : "line_duty";
        auto text =
            say(reading.language, key, {{"name", council.name_of(line.person, reading.language)}});
        const auto* person = council.find(line.person);
        if (person != nullptr && may_see(reading.reader, *person, council))
            if (const auto phone = state.address_of(line.person, Channel::voice))
                text += "  " + readable(*phone);
        box.lines.push_back({std::move(text), line.away});
    }
    return box;
}

}  // namespace

bool may_change_scheme(const council::State& council, const Principal& principal) {
    if (principal.has(Role::administrator)) return true;
    return std::ranges::any_of(principal.roles, [&](const RoleIn& held) {
        const auto* of = council.find(held.organisation);
        return of != nullptr && of->kind == council::OrganisationKind::port_manager &&
               (held.role == Role::leader || held.role == Role::duty_officer);
    });
}

SchemeItem scheme_item(const State& state, const council::State& council, const Reading& reading) {
    SchemeItem out;
    out.flows = state.flows();
    std::set<OrganisationId> mentioned;
    const auto listed = state.organisations_with_list();
    mentioned.insert(listed.begin(), listed.end());
    const auto holes = checked(state, out.flows, reading.now);
    for (const auto& flow : out.flows) {
        for (const auto& one : told_in(flow, listed)) {
            mentioned.insert(one.organisation);
            out.told.push_back({flow.flow, one.organisation,
                                council.name_of(one.organisation, reading.language), one.hops});
        }
        for (const auto& hole : holes)
            if (hole.flow == flow.flow)
                out.holes.push_back(hole_item(hole, flow, council, reading.language));
    }
    for (const auto& id : mentioned)
        out.organisations.push_back({id, council.name_of(id, reading.language)});
    out.may_change = may_change_scheme(council, reading.reader);
    out.version = state.scheme_version();
    return out;
}

Result<SchemePicture> scheme_picture(const State& state, const council::State& council,
                                     const std::vector<Flow>& flows, const Reading& reading,
                                     std::string_view flow) {
    std::vector<Flow> shown;
    for (const auto& one : flows)
        if (flow.empty() || one.flow == flow) shown.push_back(one);
    if (shown.empty() && !flow.empty())
        return fail(ErrorKind::not_found, "prepare.contacts.unknown_flow");
    SchemePicture out;
    const auto name = shown.size() == 1 ? name_of(shown.front(), reading.language) : std::string{};
    out.title = say(reading.language, name.empty() ? "diagram" : "diagram_of", {{"flow", name}});

    std::set<OrganisationId> all;
    std::set<OrganisationId> starts;
    std::map<std::pair<std::string, std::string>, std::set<std::string>> arrows;
    const auto listed = state.organisations_with_list();
    for (const auto& one : shown) {
        for (const auto& told : told_in(one, listed)) all.insert(told.organisation);
        for (const auto& party : one.begins_at) starts.insert(party.organisation);
        for (const auto& tells : one.tells) {
            if (tells.from.organisation == tells.to.organisation) continue;
            auto& labels = arrows[{tells.from.organisation.text, tells.to.organisation.text}];
            for (const auto channel : tells.channels)
                labels.insert(
                    say(reading.language,
                        std::string("channel_") + boost::describe::enum_to_string(channel, "")));
        }
    }
    std::map<std::string, SchemePicture::Mark> marks;
    std::map<std::pair<std::string, std::string>, SchemePicture::Mark> broken_arrows;
    const auto holes = checked(state, shown, reading.now);
    for (const auto& hole : holes) {
        const bool broken =
            hole.kind == HoleKind::never_told || hole.kind == HoleKind::nobody_there;
        if (hole.kind == HoleKind::no_channel && !hole.cut_off.empty())
            broken_arrows[{hole.organisation.text, hole.cut_off.front().text}] =
                SchemePicture::Mark::broken;
        else if (hole.kind == HoleKind::loop)
            for (std::size_t i = 0; i < hole.cut_off.size(); ++i)
                broken_arrows[{hole.cut_off[i].text,
                               hole.cut_off[(i + 1) % hole.cut_off.size()].text}] =
                    SchemePicture::Mark::warned;
        else if (!hole.organisation.empty()) {
            auto& mark = marks[hole.organisation.text];
            mark =
                broken ? SchemePicture::Mark::broken : std::max(mark, SchemePicture::Mark::warned);
        }
    }
    for (const auto& id : all) {
        auto box = box_of(state, council, id, reading);
        if (starts.contains(id)) box.mark = SchemePicture::Mark::start;
        if (const auto mark = marks.find(id.text); mark != marks.end()) box.mark = mark->second;
        out.boxes.push_back(std::move(box));
    }
    for (const auto& [ends, labels] : arrows) {
        std::string label;
        for (const auto& one : labels) label += (label.empty() ? "" : "/") + one;
        const auto mark = broken_arrows.find(ends);
        out.arrows.push_back(
            {ends.first, ends.second, std::move(label),
             mark == broken_arrows.end() ? SchemePicture::Mark::plain : mark->second});
    }
    out.description = say(reading.language, "diagram_description",
                          {{"organisations", std::to_string(out.boxes.size())},
                           {"arrows", std::to_string(out.arrows.size())},
                           {"holes", std::to_string(holes.size())}});
    return out;
}

}  // namespace noroshi::prepare::contacts
