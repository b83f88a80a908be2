#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/http/route.h"
#include "kernel/i18n/i18n.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::council {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using journal::Recorder;

namespace {

using namespace std::string_view_literals;

struct EmergencyBody {
    static constexpr auto defaulted = std::array{"hours"sv};
    std::optional<OrganisationId> organisation;  // one's own, if not given
    Role role = Role::duty_officer;
    std::uint32_t hours = 4;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(EmergencyBody, (), (organisation, role, hours, reason))
struct Made {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(Made, (), (id))

struct ChangeRow {
    static constexpr auto defaulted = std::array{"language"sv};
    std::optional<PersonId> person;
    std::optional<std::string> name;
    std::optional<std::string> kana;
    std::optional<std::string> login;
    Language language = Language::ja;
    std::optional<std::string> organisation;
    std::optional<Role> role;
    std::optional<Instant> from;
    std::optional<Instant> until;
};
BOOST_DESCRIBE_STRUCT(ChangeRow, (),
                      (person, name, kana, login, language, organisation, role, from, until))
struct ChangesBody {
    static constexpr auto defaulted = std::array{"dry_run"sv};
    std::vector<ChangeRow> changes;
    bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(ChangesBody, (), (changes, dry_run))
struct ProblemItem {
    std::uint64_t row = 0;
    std::string pointer;
    std::string detail;
};
BOOST_DESCRIBE_STRUCT(ProblemItem, (), (row, pointer, detail))
struct ChangesAnswer {
    bool dry_run = false;
    std::uint64_t joined = 0;
    std::uint64_t leaving = 0;
    std::uint64_t arranged = 0;
    std::vector<ProblemItem> problems;
};
BOOST_DESCRIBE_STRUCT(ChangesAnswer, (), (dry_run, joined, leaving, arranged, problems))

Result<SeerItems> show_seers(const Council& council, const Request& request) {
    Visibility visibility;
    TRY_LET(visibility.tlp, parse_tlp(request.parameter("tlp").value_or("TLP:RED")));
    for (const auto& [name, value] : request.query) {
        if (name == "organisation") visibility.organisations.push_back({value});
        if (name == "person") visibility.people.push_back({value});
        if (name == "investigators") visibility.investigators = value == "1" || value == "true";
    }
    return council.view().seers(*request.principal, visibility, request.language);
}

// A rehearsal decides like the real thing and then fails, so that nothing of it is kept.
void arrange(Council& council, journal::Journal& journal,
             const std::shared_ptr<const Request>& request, const ChangesBody& body,
             Route::Answered answered) {
    std::vector<ChangeDraft> rows;
    for (const auto& row : body.changes)
        rows.push_back({row.person, row.name.value_or(""), row.kana.value_or(""),
                        row.login.value_or(""), row.language, row.organisation.value_or(""),
                        row.role.value_or(Role::member), row.from, row.until});
    auto made = std::make_shared<std::optional<ChangesMade>>();
    const bool dry = body.dry_run;
    journal::Command command;
    command.actor = request->principal->person.text;
    command.decide = [&council, made, rows = std::move(rows),
                      dry](Recorder& recorder) -> Result<journal::Answer> {
        TRY_LET(auto done, council.arrange(recorder, rows, dry ? Rehearse::yes : Rehearse::no));
        *made = std::move(done);
        if (dry) return fail(ErrorKind::conflict, "kernel.journal.conflict");
        return journal::Answer{};
    };
    command.done = [made, request, dry,
                    answered = std::move(answered)](Result<journal::Answer> kept) {
        if (!kept && !(dry && *made)) return answered(std::unexpected(std::move(kept).error()));
        ChangesAnswer out{dry, (*made)->joined, (*made)->left, (*made)->arranged, {}};
        for (const auto& one : (*made)->problems)
            out.problems.push_back(
                {one.row, one.pointer, i18n::text(request->language, one.key, one.arguments)});
        answered(Reply{dry ? 200 : 201, {}, "application/json", json::to_text(out), nullptr});
    };
    journal.submit(std::move(command));
}

}  // namespace

Routes& add_standing_routes(Routes& routes, Council& council, journal::Journal& journal) {
    const std::string base = "/api/prepare/council";
    const auto administrator = [](std::string name) {
        return by_roles("prepare.council." + std::move(name), {Role::administrator});
    };
    const auto anybody = [](std::string name) {
        return signed_in("prepare.council." + std::move(name));
    };
    using Shared = std::shared_ptr<const Request>;

    routes
        .query<SeerItems>(
            base + "/seers", anybody("see_seers"),
            "Who would see a record, by name of organisation: asked before saving",
            [&council](const Request& request) { return show_seers(council, request); })
        .parameters = {"tlp", "organisation", "person", "investigators"};

    routes.query<EmergencyItems>(base + "/emergencies", anybody("see_emergencies"),
                                 "Roles lent in an emergency, in one's own organisations",
                                 [&council](const Request& request) {
                                     return Result<EmergencyItems>(council.view().list_emergencies(
                                         *request.principal, request.language));
                                 });
    routes
        .command<EmergencyBody, Made>(
            Method::post, base + "/emergencies", anybody("ask_emergency"),
            "Ask for a role for some hours; a second person has to grant it",
            [&council](const Request& request, const EmergencyBody& body,
                       Recorder& recorder) -> Result<Done<Made>> {
                TRY_LET(auto id, council.ask_emergency(
                                     recorder, *request.principal,
                                     {body.organisation.value_or(request.principal->organisation),
                                      body.role, body.hours, body.reason}));
                return edge::http::created(Made{id}, "/api/prepare/council/emergencies/" + id);
            })
        .success_status = 201;
    routes.command<Nothing, Nothing>(
        Method::post, base + "/emergencies/{emergency}/grant", anybody("grant_emergency"),
        "Grant it, as the second person; everybody concerned is told",
        [&council](const Request& request, const Nothing&, Recorder& recorder) -> Result<Nothing> {
            TRY(council.grant_emergency(recorder, *request.principal,
                                        std::string(request.capture("emergency"))));
            return Nothing{};
        });
    routes.command<Nothing, Nothing>(
        Method::post, base + "/emergencies/{emergency}/end", anybody("end_emergency"),
        "End it before its time",
        [&council](const Request& request, const Nothing&, Recorder& recorder) -> Result<Nothing> {
            TRY(council.end_emergency(recorder, *request.principal,
                                      std::string(request.capture("emergency"))));
            return Nothing{};
        });

    routes.query<ArrangedItems>(
        base + "/changes", administrator("see_changes"), "What will change about people, by day",
        [&council](const Request& request) {
            return Result<ArrangedItems>(council.view().list_arranged(request.language));
        });
    routes
        .later<ChangesBody, ChangesAnswer>(
            Method::post, base + "/changes", administrator("arrange_changes"),
            "Joiners and leavers in bulk, all or none; dry_run tells every problem first",
            [&council, &journal](const Shared& request, const ChangesBody& body,
                                 Route::Answered answered) {
                arrange(council, journal, request, body, std::move(answered));
            })
        .success_status = 201;
    routes.command<Nothing, Nothing>(
        Method::del, base + "/changes/{change}", administrator("cancel_change"),
        "Cancel what was arranged",
        [&council](const Request& request, const Nothing&, Recorder& recorder) -> Result<Nothing> {
            TRY(council.cancel_change(recorder, std::string(request.capture("change"))));
            return Nothing{};
        });
    return routes;
}

}  // namespace noroshi::prepare::council
