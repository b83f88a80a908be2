#include "edge/cli/replay_scenario.h"

#include <algorithm>
#include <array>

#include "edge/cli/content.h"

namespace noroshi::edge::cli {

namespace {

constexpr std::array<std::string_view, 5> entry_kinds{"fact", "rumour", "order", "request",
                                                      "decision"};
constexpr std::array<std::string_view, 7> milestones{
    "detected",        "contained", "system_back", "safety_confirmed",
    "data_reconciled", "gate_open", "normal"};
constexpr std::array<std::string_view, 3> milestone_states{"announced", "reached", "withdrawn"};
constexpr std::array<std::string_view, 7> effects{
    "security_plan", "ship_movement",    "freight", "people",
    "cargo_data",    "information_leak", "other"};
constexpr std::array<std::string_view, 11> audiences{"police",
                                                     "coast_guard",
                                                     "ministry",
                                                     "jpcert",
                                                     "security_expert",
                                                     "haulier",
                                                     "shipping_line",
                                                     "terminal_operator",
                                                     "harbour_transport_association",
                                                     "port_manager",
                                                     "public"};

class Reader {
public:
    Result<Scenario> read(const Content& root) {
        TRY(root.only({"format", "title", "title_en", "about", "sources", "utc_offset", "starts_at",
                       "parties", "terminals", "incident", "reference", "steps", "afterwards"}));
        TRY_LET(const auto format, root.text("format"));
        if (format != "noroshi-scenario/1")
            return root.wrong("format", "edge.cli.replay.format", {{"found", format}});
        TRY_LET(scenario_.title, root.text("title"));
        TRY_LET(scenario_.title_en, root.text("title_en"));
        TRY(root.text_or("about", ""));
        TRY(root.texts("sources"));
        TRY_LET(utc_offset_, root.text("utc_offset"));
        TRY_LET(scenario_.starts_at, time(root, "starts_at"));
        TRY(read_parties(root));
        TRY(read_terminals(root));
        TRY(read_incident(root));
        TRY(read_reference(root));
        TRY_LET(const auto steps, root.list("steps"));
        if (steps.empty()) return root.wrong("steps", "edge.cli.content.missing");
        for (const auto& step : steps) TRY(read_step(step));
        TRY_LET(const auto afterwards, root.list("afterwards"));
        for (const auto& one : afterwards) {
            TRY(one.only({"certainty", "text"}));
            TRY_LET(auto text, one.text("text"));
            TRY(is_certain(one, text));
            scenario_.afterwards.push_back(std::move(text));
        }
        return std::move(scenario_);
    }

private:
    // "2023-07-04 06:30" in the scenario's offset.
    Result<Instant> time(const Content& place, std::string_view field) const {
        TRY_LET(const auto text, place.text(field));
        std::string rfc3339 = text + ":00" + utc_offset_;
        const auto space = rfc3339.find(' ');
        if (text.size() == 16 && space == 10) {
            rfc3339[space] = 'T';
            if (auto at = parse_rfc3339(rfc3339)) return *at;
        }
        return at_field(place, field, "edge.cli.replay.time", {{"found", text}});
    }

    static std::unexpected<Error> at_field(const Content& place, std::string_view field,
                                           std::string key, Arguments more = {}) {
        auto inner = place.at(field);
        return (inner ? *inner : place).wrong(field, std::move(key), std::move(more));
    }

    template <std::size_t N>
    static Result<std::string> one_of(const Content& place, std::string_view field,
                                      const std::array<std::string_view, N>& allowed,
                                      std::string text) {
        if (std::ranges::find(allowed, std::string_view(text)) != allowed.end()) return text;
        std::string list;
        for (auto one : allowed) list += (list.empty() ? "" : ", ") + std::string(one);
        return at_field(place, field, "edge.cli.replay.one_of",
                        {{"found", text}, {"allowed", list}});
    }

    template <class Kept>
    static Result<std::size_t> index_of(const Content& place, std::string_view field,
                                        const std::vector<Kept>& kept, const std::string& key) {
        const auto found = std::ranges::find(kept, key, &Kept::key);
        if (found == kept.end())
            return at_field(place, field, "edge.cli.replay.key", {{"found", key}});
        return static_cast<std::size_t>(found - kept.begin());
    }

    Result<std::optional<std::size_t>> party(const Content& place, std::string_view field) const {
        if (!place.has(field)) return std::optional<std::size_t>{};
        TRY_LET(const auto key, place.text(field));
        TRY_LET(const auto index, index_of(place, field, scenario_.parties, key));
        return std::optional(index);
    }

    Result<std::vector<std::size_t>> terminals_of(const Content& place) const {
        std::vector<std::size_t> out;
        TRY_LET(const auto keys, place.texts("terminals"));
        for (const auto& key : keys) {
            TRY_LET(const auto index, index_of(place, "terminals", scenario_.terminals, key));
            out.push_back(index);
        }
        return out;
    }

    // Whether it may be told as a fact. C and D may not, and have to say so in their text.
    static Result<bool> is_certain(const Content& place, std::string_view text) {
        TRY_LET(const auto certainty, place.text("certainty"));
        if (certainty == "A" || certainty == "B") return true;
        if (certainty != "C" && certainty != "D")
            return at_field(place, "certainty", "edge.cli.replay.certainty",
                            {{"found", certainty}});
        if (!text.contains("未確認"))
            return at_field(place, "certainty", "edge.cli.replay.not_marked",
                            {{"found", certainty}});
        return false;
    }

    static Result<std::size_t> nth(const Content& place) {
        TRY_LET(const auto number, place.number_or("nth", 1));
        if (number < 1 || number > 1'000)
            return at_field(place, "nth", "edge.cli.content.wrong_type", {{"type", "1 … 1000"}});
        return static_cast<std::size_t>(number);
    }

    Result<> read_parties(const Content& root) {
        TRY_LET(const auto fields, root.fields("parties"));
        for (const auto& [key, place] : fields) {
            TRY(place.only({"kind", "nth", "name"}));
            Scenario::Party party{key, {}, 1, {}};
            TRY_LET(party.kind, place.text("kind"));
            TRY_LET(party.nth, nth(place));
            TRY_LET(party.name, place.text("name"));
            scenario_.parties.push_back(std::move(party));
        }
        return {};
    }

    Result<> read_terminals(const Content& root) {
        TRY_LET(const auto fields, root.fields("terminals"));
        for (const auto& [key, place] : fields) {
            TRY(place.only({"nth", "name"}));
            Scenario::Terminal terminal{key, 1, {}};
            TRY_LET(terminal.nth, nth(place));
            TRY_LET(terminal.name, place.text("name"));
            scenario_.terminals.push_back(std::move(terminal));
        }
        return {};
    }

    Result<> read_incident(const Content& root) {
        TRY_LET(const auto place, root.at("incident"));
        TRY(place.only({"title", "effects", "summary", "cause", "terminals", "as"}));
        auto& incident = scenario_.incident;
        TRY_LET(incident.title, place.text("title"));
        TRY_LET(const auto found, place.texts("effects"));
        if (found.empty()) return place.wrong("effects", "edge.cli.content.missing");
        for (const auto& effect : found) {
            TRY_LET(auto checked, one_of(place, "effects", effects, effect));
            incident.effects.push_back(std::move(checked));
        }
        TRY_LET(incident.summary, place.text_or("summary", ""));
        TRY_LET(incident.cause, place.text_or("cause", ""));
        TRY_LET(incident.terminals, terminals_of(place));
        TRY_LET(incident.as, party(place, "as"));
        return {};
    }

    Result<> read_reference(const Content& root) {
        if (!root.has("reference")) return {};
        TRY_LET(const auto place, root.at("reference"));
        TRY(place.only({"source", "times"}));
        TRY_LET(scenario_.reference_source, place.text("source"));
        TRY_LET(const auto times, place.list("times"));
        for (const auto& one : times) {
            TRY(one.only({"audience", "minutes", "note"}));
            Scenario::Reference reference;
            TRY_LET(auto audience, one.text("audience"));
            TRY_LET(reference.audience, one_of(one, "audience", audiences, std::move(audience)));
            if (one.has("minutes")) {
                TRY_LET(reference.minutes, one.number("minutes"));
            }
            TRY_LET(reference.note, one.text_or("note", ""));
            scenario_.reference.push_back(std::move(reference));
        }
        return {};
    }

    Result<> read_step(const Content& place) {
        TRY(place.only({"at", "entry", "milestones"}));
        Scenario::Step step;
        TRY_LET(step.at, time(place, "at"));
        const Instant before =
            scenario_.steps.empty() ? scenario_.starts_at : scenario_.steps.back().at;
        if (step.at < before) return at_field(place, "at", "edge.cli.replay.order");
        if (!place.has("entry") && !place.has("milestones"))
            return place.wrong("entry", "edge.cli.content.missing");
        if (place.has("entry")) {
            TRY_LET(const auto entry, place.at("entry"));
            TRY_LET(step.entry, read_entry(entry));
        }
        TRY_LET(const auto set, place.list("milestones"));
        for (const auto& one : set) TRY(read_milestones(one, step));
        scenario_.steps.push_back(std::move(step));
        return {};
    }

    Result<Scenario::Entry> read_entry(const Content& place) const {
        TRY(place.only({"as", "sender", "receiver", "medium", "kind", "content", "certainty", "to",
                        "audiences", "due"}));
        Scenario::Entry entry;
        TRY_LET(entry.as, party(place, "as"));
        TRY_LET(entry.sender, place.text_or("sender", ""));
        TRY_LET(entry.receiver, place.text_or("receiver", ""));
        TRY_LET(entry.medium, place.text_or("medium", ""));
        TRY_LET(auto kind, place.text_or("kind", "fact"));
        TRY_LET(entry.kind, one_of(place, "kind", entry_kinds, std::move(kind)));
        TRY_LET(entry.content, place.text("content"));
        TRY_LET(entry.confirmed, is_certain(place, entry.content));
        TRY_LET(const auto to, place.texts("to"));
        for (const auto& key : to) {
            TRY_LET(const auto index, index_of(place, "to", scenario_.parties, key));
            entry.to.push_back(index);
        }
        TRY_LET(const auto told, place.texts("audiences"));
        for (const auto& audience : told) {
            TRY_LET(auto checked, one_of(place, "audiences", audiences, audience));
            entry.audiences.push_back(std::move(checked));
        }
        if (place.has("due")) {
            TRY_LET(entry.due, time(place, "due"));
        }
        return entry;
    }

    Result<> read_milestones(const Content& place, Scenario::Step& step) const {
        TRY(place.only({"terminals", "milestone", "state", "time", "as", "note"}));
        Scenario::Milestone milestone;
        TRY_LET(milestone.as, party(place, "as"));
        TRY_LET(auto name, place.text("milestone"));
        TRY_LET(milestone.milestone, one_of(place, "milestone", milestones, std::move(name)));
        TRY_LET(auto state, place.text("state"));
        TRY_LET(milestone.state, one_of(place, "state", milestone_states, std::move(state)));
        TRY_LET(milestone.time, time(place, "time"));
        TRY_LET(milestone.note, place.text_or("note", ""));
        TRY_LET(const auto at, terminals_of(place));
        if (at.empty()) return place.wrong("terminals", "edge.cli.content.missing");
        for (const auto terminal : at) {
            milestone.terminal = terminal;
            step.milestones.push_back(milestone);
        }
        return {};
    }

    Scenario scenario_;
    std::string utc_offset_;
};

}  // namespace

Result<Scenario> parse_scenario(std::string_view text, std::string file) {
    TRY_LET(const auto root, Content::parse(text, std::move(file)));
    return Reader().read(root);
}

Result<Scenario> read_scenario(const std::string& path) {
    TRY_LET(const auto root, Content::read(path));
    return Reader().read(root);
}

}  // namespace noroshi::edge::cli
