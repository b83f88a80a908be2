#include "prepare/port/port_register.h"

#include <algorithm>
#include <deque>
#include <set>
#include <tuple>
#include <utility>

#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/listen.h"

namespace noroshi::prepare::port {

namespace {

constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_note = 1'000;
constexpr std::size_t longest_list = 200;
constexpr std::uint32_t most_metres = 500'000;
constexpr std::uint32_t deepest_centimetres = 10'000;
constexpr std::uint32_t most_lanes = 100;
constexpr std::uint32_t longest_recovery_minutes = 60 * 24 * 365;

Result<> in_range(const std::optional<std::uint32_t>& value, std::uint32_t high,
                  std::string pointer) {
    if (!value || *value <= high) return {};
    return invalid("kernel.json.out_of_range", std::move(pointer),
                   {{"low", "0"}, {"high", std::to_string(high)}});
}

// Text of several lines: trimmed, of a length.
Result<std::string> note(std::string_view text, std::string pointer) {
    const auto trimmed = i18n::trimmed(text);
    TRY_LET(const auto length, i18n::length(trimmed, pointer));
    if (length > longest_note)
        return invalid("prepare.port.too_long", std::move(pointer),
                       {{"limit", std::to_string(longest_note)}});
    return std::string(trimmed);
}

// The list without repetitions; each must be known.
template <class T, class Knows>
Result<std::vector<T>> known_once(const std::vector<T>& ids, const std::string& pointer,
                                  const std::string& key, const Knows& knows) {
    if (ids.size() > longest_list)
        return invalid("prepare.port.too_many", pointer, {{"limit", std::to_string(longest_list)}});
    std::vector<T> once;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!knows(ids[i])) return invalid(key, pointer + "/" + std::to_string(i));
        if (std::ranges::find(once, ids[i]) == once.end()) once.push_back(ids[i]);
    }
    return once;
}

std::string answer_key(const OrganisationId& organisation, SelfCheckQuestion question) {
    return organisation.text + "/" + std::string(json::name_of(question));
}

template <class T>
void add_once(std::vector<T>& all, const T& one) {
    if (!one.text.empty() && std::ranges::find(all, one) == all.end()) all.push_back(one);
}

std::string name_in(const SystemRegistered& of, Language language) {
    return language == Language::en && !of.name_en.empty() ? of.name_en : of.name;
}

// Two vendors written by hand are one when they read the same.
std::string vendor_key(const SystemRegistered& of) {
    if (of.vendor) return "#" + of.vendor->text;
    return i18n::fold(of.vendor_name);
}

bool is_of_the_port_manager(const Principal& reader, const council::State& council) {
    return std::ranges::any_of(reader.roles, [&](const RoleIn& role) {
        const auto* organisation = council.find(role.organisation);
        return organisation != nullptr &&
               organisation->kind == council::OrganisationKind::port_manager;
    });
}

}  // namespace

// ---- folding -------------------------------------------------------------------------------

template <class Fact>
void Register::put_facility(const Fact& f, const journal::Envelope& at) {
    facilities_.insert_or_assign(
        f.facility, Facility{{f.facility, f.facility_kind, f.name, f.name_en, f.code, f.terminals,
                              f.length_metres, f.depth_centimetres, f.lanes, f.note},
                             at.stream_version});
}

template <class Fact>
void Register::put_system(const Fact& f, const journal::Envelope& at) {
    systems_.insert_or_assign(
        f.system,
        System{{f.system, f.name, f.name_en, f.owner, f.vendor, f.vendor_name, f.remote_access,
                f.remote_access_note, f.functions, f.service_level, f.recovery_target_minutes,
                f.terminals, f.facilities, f.depends_on, f.without},
               at.visibility,
               at.stream_version});
}

void Register::attach(journal::Listeners& side) {
    using journal::Live;
    side.on_reset([this] { *this = Register{}; });
    journal::listen_live<FacilityRegistered>(
        side, [this](Live<FacilityRegistered> fact) { put_facility(fact.body, fact.at); });
    journal::listen_live<FacilityChanged>(
        side, [this](Live<FacilityChanged> fact) { put_facility(fact.body, fact.at); });
    journal::listen_live<FacilityWithdrawn>(
        side, [this](Live<FacilityWithdrawn> fact) { facilities_.erase(fact.body.facility); });
    journal::listen_live<SystemRegistered>(
        side, [this](Live<SystemRegistered> fact) { put_system(fact.body, fact.at); });
    journal::listen_live<SystemChanged>(
        side, [this](Live<SystemChanged> fact) { put_system(fact.body, fact.at); });
    journal::listen_live<SystemWithdrawn>(
        side, [this](Live<SystemWithdrawn> fact) { systems_.erase(fact.body.system); });
    journal::listen_live<SelfCheckAnswered>(side, [this](Live<SelfCheckAnswered> fact) {
        answers_[answer_key(fact.body.organisation, fact.body.question)] = fact.body.answer;
    });
}

const Register::Facility* Register::find(const FacilityId& id) const {
    const auto found = facilities_.find(id);
    return found == facilities_.end() ? nullptr : &found->second;
}

const Register::System* Register::find(const SystemId& id) const {
    const auto found = systems_.find(id);
    return found == systems_.end() ? nullptr : &found->second;
}

std::vector<const Register::Facility*> Register::facilities() const {
    std::vector<const Facility*> all;
    for (const auto& [id, one] : facilities_) all.push_back(&one);
    std::ranges::sort(all, [](const Facility* a, const Facility* b) {
        return std::tie(a->body.facility_kind, a->body.code, a->body.name, a->body.facility.text) <
               std::tie(b->body.facility_kind, b->body.code, b->body.name, b->body.facility.text);
    });
    return all;
}

std::vector<const Register::System*> Register::systems() const {
    std::vector<const System*> all;
    for (const auto& [id, one] : systems_) all.push_back(&one);
    std::ranges::sort(all, [](const System* a, const System* b) {
        return std::tie(a->body.name, a->body.system.text) <
               std::tie(b->body.name, b->body.system.text);
    });
    return all;
}

SelfCheckAnswer Register::answer_of(const OrganisationId& organisation,
                                    SelfCheckQuestion question) const {
    const auto found = answers_.find(answer_key(organisation, question));
    return found == answers_.end() ? SelfCheckAnswer::unknown : found->second;
}

// ---- questions -----------------------------------------------------------------------------

FacilityList Register::facility_list() const {
    FacilityList list;
    for (const auto* one : facilities()) {
        const auto& f = one->body;
        list.items.push_back({f.facility, f.facility_kind, f.name, f.name_en, f.code, f.terminals,
                              f.length_metres, f.depth_centimetres, f.lanes, f.note, one->version});
    }
    return list;
}

SystemItem Register::item_of(const Principal& reader, const System& of) const {
    const auto& f = of.body;
    SystemItem item{f.system,
                    f.name,
                    f.name_en,
                    f.owner,
                    f.vendor,
                    f.vendor_name,
                    f.remote_access,
                    f.remote_access_note,
                    f.functions,
                    f.service_level,
                    f.recovery_target_minutes,
                    f.terminals,
                    f.facilities,
                    f.depends_on,
                    {},
                    f.without,
                    may_change_systems_of(reader, f.owner),
                    of.version};
    for (const auto* other : systems())
        if (std::ranges::find(other->body.depends_on, f.system) != other->body.depends_on.end() &&
            may_see(reader.viewer, *other->visibility))
            item.needed_by.push_back(other->body.system);
    return item;
}

SystemList Register::system_list(const Principal& reader) const {
    SystemList list;
    for (const auto* one : systems()) {
        if (may_see(reader.viewer, *one->visibility))
            list.items.push_back(item_of(reader, *one));
        else
            ++list.hidden;
    }
    return list;
}

std::optional<SystemItem> Register::system(const Principal& reader, const SystemId& id) const {
    const auto* found = find(id);
    if (found == nullptr || !may_see(reader.viewer, *found->visibility)) return {};
    return item_of(reader, *found);
}

Reach Register::reach(const Principal& reader, const State& port, std::span<const SystemId> failing,
                      std::span<const OrganisationId> vendors, Language language) const {
    struct At {
        How how;
        int steps;
        std::optional<SystemId> through;
    };
    std::unordered_map<SystemId, At> reached;
    std::vector<SystemId> order;
    std::deque<SystemId> next;
    std::set<std::string> vendor_keys;
    for (const auto& id : failing) {
        const auto* system = find(id);
        if (system == nullptr || reached.contains(id)) continue;
        reached.emplace(id, At{How::failing, 0, {}});
        order.push_back(id);
        next.push_back(id);
        // A vendor of a system that is hidden from the reader would be told by what it leads to.
        if (may_see(reader.viewer, *system->visibility) && !vendor_key(system->body).empty())
            vendor_keys.insert(vendor_key(system->body));
    }
    for (const auto& vendor : vendors) vendor_keys.insert("#" + vendor.text);

    const auto all = systems();
    while (!next.empty()) {  // by steps: breadth first
        const SystemId id = next.front();
        next.pop_front();
        for (const auto* other : all) {
            const auto& needs = other->body.depends_on;
            if (reached.contains(other->body.system) || std::ranges::find(needs, id) == needs.end())
                continue;
            reached.emplace(other->body.system, At{How::depends, reached.at(id).steps + 1, id});
            order.push_back(other->body.system);
            next.push_back(other->body.system);
        }
    }
    for (const auto* other : all) {
        const auto key = vendor_key(other->body);
        if (key.empty() || !vendor_keys.contains(key) || reached.contains(other->body.system))
            continue;
        reached.emplace(other->body.system, At{How::vendor, 0, {}});
        order.push_back(other->body.system);
    }

    Reach out;
    for (const auto& id : order) {
        const System& system = *find(id);
        const SystemRegistered& body = system.body;
        const At& at = reached.at(id);
        if (!may_see(reader.viewer, *system.visibility)) {
            ++out.hidden;
            continue;
        }
        const bool by_vendor = at.how == How::vendor;
        auto& terminals = by_vendor ? out.terminals_by_vendor : out.terminals;
        auto& organisations = by_vendor ? out.organisations_by_vendor : out.organisations;
        add_once(organisations, body.owner);
        for (const auto& terminal : body.terminals) {
            if (by_vendor && std::ranges::find(out.terminals, terminal) != out.terminals.end())
                continue;
            add_once(terminals, terminal);
            if (const auto* known = port.find(terminal)) add_once(organisations, known->operator_);
        }
        if (!by_vendor)
            for (const auto& facility : body.facilities) add_once(out.facilities, facility);
        // The one it depends on is named only if the reader may see it.
        auto through = at.through;
        if (through && !may_see(reader.viewer, *find(*through)->visibility)) through.reset();
        out.systems.push_back({id, name_in(body, language), at.how, at.steps, through, body.owner,
                               body.vendor, body.vendor_name, body.remote_access, body.functions,
                               body.terminals, body.without});
    }
    return out;
}

SelfCheck Register::self_check(const Principal& reader, const council::State& council,
                               Language language) const {
    using Kind = council::OrganisationKind;
    using Answer = SelfCheckAnswer;
    const bool sees_all = is_of_the_port_manager(reader, council);
    SelfCheck check;
    for (const auto* organisation : council.organisations()) {
        const bool own = std::ranges::any_of(reader.roles, [&](const RoleIn& role) {
            return role.organisation == organisation->id;
        });
        if (!own && !sees_all) {
            ++check.hidden;
            continue;
        }
        SelfCheckItem item;
        item.organisation = organisation->id;
        item.can_answer = may_change_systems_of(reader, organisation->id);
        bool owns_tos = false;
        bool maintains = !organisation->serves.empty();
        for (const auto& [id, system] : systems_) {
            const auto& body = system.body;
            if (body.owner == organisation->id) {
                ++item.systems;
                owns_tos = owns_tos || !body.functions.empty();
            }
            maintains = maintains || (body.vendor && *body.vendor == organisation->id);
        }
        const auto part = [&](std::string name, Answer applies, std::string_view reason,
                              std::optional<SelfCheckQuestion> question = {}) {
            const std::string key = "prepare.port.part." + name;
            item.parts.push_back(
                {name, applies, i18n::text(language, key),
                 i18n::text(language, "prepare.port.reason." + std::string(reason)), question});
        };
        const auto asked = [&](SelfCheckQuestion question) {
            return answer_of(organisation->id, question);
        };
        const bool manager = organisation->kind == Kind::port_manager;
        // The State's own bodies follow their own rules; unless they say otherwise, nothing is open.
        const bool authority =
            organisation->kind == Kind::police || organisation->kind == Kind::coast_guard ||
            organisation->kind == Kind::ministry || organisation->kind == Kind::jpcert;
        part("port_manager", manager ? Answer::yes : Answer::no,
             manager ? "is_port_manager" : "is_not_port_manager");

        // Guideline 1.2: a port manager that itself owns or operates such a system reads both.
        const Answer for_others = asked(SelfCheckQuestion::operates_for_others);
        if (owns_tos)
            part("operator", Answer::yes, manager ? "manager_owns_tos" : "owns_tos");
        else if (for_others == Answer::yes)
            part("operator", Answer::yes, "operates_tos", SelfCheckQuestion::operates_for_others);
        else if (organisation->kind == Kind::terminal_operator)
            part("operator", Answer::unknown, "register_is_empty");
        else if (authority && for_others == Answer::unknown)
            part("operator", Answer::no, "is_authority", SelfCheckQuestion::operates_for_others);
        else if (for_others == Answer::no)
            part("operator", Answer::no, "owns_no_tos", SelfCheckQuestion::operates_for_others);
        else
            part("operator", Answer::unknown, "operates_unknown",
                 SelfCheckQuestion::operates_for_others);

        part("contractor", maintains ? Answer::yes : Answer::no,
             maintains ? "maintains_others" : "maintains_none");
        part("information_sharing", organisation->member ? Answer::yes : Answer::no,
             organisation->member ? "is_member" : "is_no_member");
        const auto unless_authority = [&](Answer said) {
            return authority && said == Answer::unknown ? Answer::no : said;
        };
        const Answer wharves = asked(SelfCheckQuestion::ship_facility_security);
        part("facility_security", unless_authority(wharves),
             unless_authority(wharves) != wharves ? "is_authority"
             : wharves == Answer::yes             ? "has_wharves"
             : wharves == Answer::no              ? "has_no_wharves"
                                                  : "wharves_unknown",
             SelfCheckQuestion::ship_facility_security);
        const Answer personal = asked(SelfCheckQuestion::personal_data);
        part("personal_data", unless_authority(personal),
             unless_authority(personal) != personal ? "is_authority"
             : personal == Answer::yes              ? "has_personal_data"
             : personal == Answer::no               ? "has_no_personal_data"
                                                    : "personal_data_unknown",
             SelfCheckQuestion::personal_data);
        check.items.push_back(std::move(item));
    }
    return check;
}

// ---- decisions -----------------------------------------------------------------------------

bool may_change_systems_of(const Principal& by, const OrganisationId& owner) {
    return std::ranges::any_of(by.roles, [&](const RoleIn& role) {
        return role.role == Role::administrator ||
               (role.role == Role::security_person && role.organisation == owner);
    });
}

Result<FacilityRegistered> register_facility(const Register& known, const State& port,
                                             FacilityId id, const FacilityDraft& draft) {
    using i18n::Empty;
    FacilityRegistered out;
    out.facility = std::move(id);
    out.facility_kind = draft.kind;
    TRY_LET(out.name, i18n::line(draft.name, longest_name, "/name"));
    TRY_LET(out.name_en, i18n::line(draft.name_en, longest_name, "/name_en", Empty::allowed));
    TRY_LET(out.code, i18n::line(i18n::plain(draft.code), 20, "/code", Empty::allowed));
    TRY_LET(out.note, note(draft.note, "/note"));
    TRY_LET(out.terminals,
            known_once(draft.terminals, "/terminals", "prepare.port.unknown_terminal",
                       [&](const TerminalId& one) { return port.find(one) != nullptr; }));
    const bool of_one = draft.kind == FacilityKind::berth || draft.kind == FacilityKind::gate;
    if (of_one && out.terminals.size() != 1)
        return invalid("prepare.port.one_terminal", "/terminals");
    TRY(in_range(draft.length_metres, most_metres, "/length_metres"));
    TRY(in_range(draft.depth_centimetres, deepest_centimetres, "/depth_centimetres"));
    TRY(in_range(draft.lanes, most_lanes, "/lanes"));
    out.length_metres = draft.length_metres;
    out.depth_centimetres = draft.depth_centimetres;
    out.lanes = draft.lanes;
    // Every terminal may have a gate 1; two gates 1 of one terminal are one on the telephone.
    for (const auto* other : known.facilities()) {
        const auto& body = other->body;
        if (body.facility == out.facility || body.facility_kind != out.facility_kind) continue;
        if (i18n::fold(body.name) == i18n::fold(out.name) &&
            (!of_one || body.terminals == out.terminals))
            return fail(ErrorKind::conflict, "prepare.port.facility_name_taken",
                        {{"name", out.name}}, "/name");
    }
    return out;
}

Result<SystemRegistered> register_system(const Register& known, const State& port,
                                         const council::State& council, const Principal& by,
                                         SystemId id, const SystemDraft& draft) {
    using i18n::Empty;
    if (council.find(draft.owner) == nullptr)
        return invalid("prepare.port.unknown_operator", "/owner");
    if (!may_change_systems_of(by, draft.owner))
        return fail(ErrorKind::forbidden, "prepare.port.not_your_system", {}, "/owner");
    if (draft.vendor && council.find(*draft.vendor) == nullptr)
        return invalid("prepare.port.unknown_operator", "/vendor");
    SystemRegistered out;
    out.system = std::move(id);
    TRY_LET(out.name, i18n::line(draft.name, longest_name, "/name"));
    TRY_LET(out.name_en, i18n::line(draft.name_en, longest_name, "/name_en", Empty::allowed));
    out.owner = draft.owner;
    out.vendor = draft.vendor;
    TRY_LET(out.vendor_name,
            i18n::line(draft.vendor_name, longest_name, "/vendor_name", Empty::allowed));
    out.remote_access = draft.remote_access;
    TRY_LET(out.remote_access_note, note(draft.remote_access_note, "/remote_access_note"));
    for (const auto function : draft.functions)
        if (std::ranges::find(out.functions, function) == out.functions.end())
            out.functions.push_back(function);
    TRY_LET(out.service_level, note(draft.service_level, "/service_level"));
    TRY(in_range(draft.recovery_target_minutes, longest_recovery_minutes,
                 "/recovery_target_minutes"));
    out.recovery_target_minutes = draft.recovery_target_minutes;
    TRY_LET(out.terminals,
            known_once(draft.terminals, "/terminals", "prepare.port.unknown_terminal",
                       [&](const TerminalId& one) { return port.find(one) != nullptr; }));
    TRY_LET(out.facilities,
            known_once(draft.facilities, "/facilities", "prepare.port.unknown_facility",
                       [&](const FacilityId& one) { return known.find(one) != nullptr; }));
    TRY_LET(out.depends_on, known_once(draft.depends_on, "/depends_on",
                                       "prepare.port.unknown_system", [&](const SystemId& one) {
                                           const auto* system = known.find(one);
                                           return system != nullptr &&
                                                  may_see(by.viewer, *system->visibility);
                                       }));
    if (std::ranges::find(out.depends_on, out.system) != out.depends_on.end())
        return invalid("prepare.port.depends_on_itself", "/depends_on");
    TRY_LET(out.without, note(draft.without, "/without"));
    for (const auto* other : known.systems())
        if (other->body.system != out.system && other->body.owner == out.owner &&
            i18n::fold(other->body.name) == i18n::fold(out.name))
            return fail(ErrorKind::conflict, "prepare.port.system_name_taken", {{"name", out.name}},
                        "/name");
    return out;
}

Visibility visibility_of(const council::State& council, const SystemRegistered& system) {
    Visibility visibility{Tlp::amber_strict, {system.owner}, {}};
    for (const auto* manager : council.organisations_of(council::OrganisationKind::port_manager))
        visibility.organisations.push_back(manager->id);
    if (system.vendor) visibility.organisations.push_back(*system.vendor);
    std::ranges::sort(visibility.organisations);
    const auto rest = std::ranges::unique(visibility.organisations);
    visibility.organisations.erase(rest.begin(), rest.end());
    return visibility;
}

}  // namespace noroshi::prepare::port
