// Who may do what, and who may see what: every row of every route table, asked by every role of
// every kind of organisation, under every TLP label, through the real check, the real handlers and
// the real views. What should happen stands in two tables below, written by hand from the policy
// and not derived from the code; a route without a line in them is a failure.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "app/rooms.h"
#include "edge/http/asking_for_tests.h"
#include "kernel/crypto/hash.h"
#include "kernel/journal/journal_for_tests.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"

namespace noroshi {
namespace {

using edge::http::Asking;
using edge::http::Headers;
using edge::http::Method;
using edge::http::Route;
using prepare::council::OrganisationKind;

// ---- the policy ----------------------------------------------------------------------------

// A administrator, D duty officer, L leader, C clerk, S security person, I liaison, M member,
// O observer, V investigator; "signed in" and "anyone" as they say.
const std::map<std::string, std::string> permissions{
    {"identity.sign_in", "anyone"},
    {"identity.see_plain_page", "anyone"},
    {"identity.sign_out", "signed in"},
    {"identity.see_oneself", "signed in"},
    {"identity.see_sessions", "signed in"},
    {"identity.end_session", "signed in"},
    {"identity.change_password", "signed in"},
    {"identity.give_password", "A"},
    {"identity.choose_language", "signed in"},
    {"identity.issue_token", "signed in"},
    {"identity.see_tokens", "signed in"},
    {"identity.revoke_token", "signed in"},
    {"identity.prove", "signed in"},
    {"identity.see_factors", "signed in"},
    {"identity.add_factor", "signed in"},
    {"identity.remove_factor", "signed in"},
    {"identity.see_access", "A"},
    {"identity.remove_factors", "A"},
    {"identity.withdraw_access", "A"},
    {"identity.see_terminal", "anyone"},
    {"identity.share_terminal", "AD"},
    {"identity.take_over_terminal", "anyone"},
    {"identity.use_terminal", "signed in"},
    {"identity.see_terminals", "AD"},
    {"identity.retire_terminal", "AD"},

    {"journal.see_key", "anyone"},
    {"journal.see_anchors", "signed in"},
    {"journal.choose_witnesses", "A"},
    {"journal.receive_anchor", "ASD"},
    {"journal.confirm_anchor", "signed in"},

    {"prepare.council.see_organisations", "signed in"},
    {"prepare.council.register_organisation", "A"},
    {"prepare.council.change_organisation", "A"},
    {"prepare.council.see_people", "signed in"},
    {"prepare.council.register_person", "A"},
    {"prepare.council.change_person", "A"},
    {"prepare.council.give_role", "A"},
    {"prepare.council.take_role", "A"},
    {"prepare.council.erase_person", "A"},
    {"prepare.council.see_seers", "signed in"},
    {"prepare.council.see_approvals", "signed in"},
    {"prepare.council.ask_approval", "signed in"},
    {"prepare.council.stamp_approval", "signed in"},
    {"prepare.council.set_approval_form", "AL"},
    {"prepare.council.see_emergencies", "signed in"},
    {"prepare.council.ask_emergency", "signed in"},
    {"prepare.council.grant_emergency", "signed in"},
    {"prepare.council.end_emergency", "signed in"},
    {"prepare.council.see_changes", "A"},
    {"prepare.council.arrange_changes", "A"},
    {"prepare.council.cancel_change", "A"},
    {"prepare.port.see_port", "signed in"},
    {"prepare.port.name_port", "A"},
    {"prepare.port.register_terminal", "A"},
    {"prepare.port.change_terminal", "A"},
    {"prepare.port.register_facility", "A"},
    {"prepare.port.change_facility", "A"},
    {"prepare.port.withdraw_facility", "A"},
    {"prepare.port.register_system", "AS"},
    {"prepare.port.change_system", "AS"},
    {"prepare.port.withdraw_system", "AS"},
    {"prepare.port.answer_self_check", "AS"},
    {"prepare.contacts.see_contacts", "signed in"},
    {"prepare.contacts.change_contact", "signed in"},
    {"prepare.contacts.see_lists", "signed in"},
    {"prepare.contacts.change_list", "signed in"},
    {"prepare.contacts.transfer_posts", "signed in"},
    {"prepare.contacts.see_duty", "signed in"},
    {"prepare.contacts.change_duty", "signed in"},
    {"prepare.contacts.note_absence", "signed in"},
    {"prepare.contacts.open_feed", "signed in"},
    {"prepare.contacts.read_feed", "anyone"},
    {"prepare.contacts.see_scheme", "signed in"},
    {"prepare.contacts.change_scheme", "signed in"},
    {"prepare.contacts.import_contacts", "signed in"},
    {"prepare.contacts.export_contacts", "signed in"},
    {"prepare.contacts.see_editions", "signed in"},
    {"prepare.contacts.issue_edition", "signed in"},
    {"prepare.contacts.confirm_receipt", "signed in"},
    {"prepare.contacts.confirm_contact", "signed in"},
    {"prepare.contacts.confirm_by_link", "anyone"},
    {"prepare.contacts.keep_devices", "signed in"},

    {"watch.warnings.see", "signed in"},
    {"watch.warnings.report", "AS"},
    {"watch.warnings.moderate", "DLS"},
    {"watch.detections.see", "ADLS"},
    {"watch.detections.triage", "ADLS"},
    {"watch.detections.answer_by_link", "anyone"},
    {"watch.logs.see", "ADLS"},
    {"watch.logs.agree", "AL"},
    {"watch.logs.share", "AS"},
    {"watch.logs.send", "AS"},
    {"watch.logs.search", "ADLS"},
    {"watch.logs.receive", "A"},

    {"respond.incident.read_incidents", "ADLCSIMOV"},
    {"respond.incident.open_incident", "ADLCSI"},
    {"respond.incident.correct_intake", "ADLCSI"},
    {"respond.incident.change_visibility", "DLS"},
    {"respond.incident.close_incident", "DL"},
    {"respond.incident.reopen_incident", "DL"},
    {"respond.incident.add_entry", "ADLCSIMV"},
    {"respond.incident.add_entry_by_form", "anyone"},
    {"respond.incident.confirm_entry", "ADLCSIMV"},
    {"respond.incident.complete_task", "ADLCSIMV"},
    {"respond.incident.reopen_task", "ADLCSIMV"},
    {"respond.incident.add_attachment", "ADLCSIMV"},
    {"respond.incident.set_milestone", "ADLCSIMV"},
    {"respond.incident.take_command", "ADL"},
    {"respond.incident.hand_over_command", "ADLCSIMV"},
    {"respond.incident.accept_command", "ADLCSIMV"},
    {"respond.incident.decline_command", "ADLCSIMV"},
    {"respond.incident.withdraw_handover", "ADLCSIMV"},
    {"respond.incident.propose_hypothesis", "ADLCSIMV"},
    {"respond.incident.weigh_hypothesis", "ADLCSIMV"},
    {"respond.incident.judge_hypothesis", "ADLCSI"},
    {"respond.incident.conclude_cause", "ADLCSI"},
    {"respond.incident.take_evidence", "ADLCSIMV"},
    {"respond.incident.pass_evidence", "ADLCSIMV"},
    {"respond.incident.seal_evidence", "ADLCSIMV"},
    {"respond.incident.check_evidence", "ADLCSIMV"},
    {"respond.incident.receive_evidence", "ADLCSIMV"},
    {"respond.incident.link_incident", "ADLCSI"},
    {"respond.incident.unlink_incident", "ADLCSI"},
    {"respond.incident.receive_advice", "ADLCSI"},
    {"respond.incident.ask_advice", "ADLCSI"},
    {"respond.incident.ask_information", "ADLCSI"},
    {"respond.incident.answer_information", "ADLCSIMV"},
    {"respond.incident.name_systems", "ADLCSI"},
    {"respond.incident.meet_clock", "ADLCSI"},
    {"respond.incident.waive_clock", "ADLCSI"},
    {"respond.incident.restart_clock", "ADLCSI"},
    {"respond.incident.issue_report", "DLCSI"},
    {"respond.incident.send_report", "DLCSI"},
    {"respond.incident.make_observation", "ADLCSIMV"},
    {"respond.incident.question_observation", "ADLCSI"},
    {"respond.incident.answer_observation", "ADLCSIMV"},
    {"respond.incident.raise_observation", "ADLCSI"},
    {"respond.incident.settle_observation", "ADLCSI"},
    {"respond.incident.reopen_observation", "ADLCSI"},
    {"respond.callout.raise", "DLCS"},
    {"respond.callout.read", "signed in"},
    {"respond.callout.answer", "signed in"},
    {"respond.callout.send_sheet", "DLCI"},
    {"respond.callout.resolve", "DLCS"},
    {"respond.callout.answer_by_link", "anyone"},
    {"respond.callout.prepare", "DLCS"},
    {"respond.callout.inbound", "anyone"},
    {"respond.callout.heartbeat", "signed in"},
    {"respond.callout.alive", "anyone"},
    {"respond.notices.read", "signed in"},
    {"respond.notices.draft", "DLCSIM"},
    {"respond.notices.approve", "ADL"},
    {"respond.notices.agree", "LSM"},
    {"respond.notices.hold", "DLSIM"},
    {"respond.notices.keep_desk", "AL"},
    {"respond.notices.answer_inquiries", "ADLCIM"},
    {"respond.notices.coordinate", "DLCIM"},
    {"respond.notices.follow_up", "DLCIM"},
    {"respond.notices.report", "signed in"},
    {"respond.notices.report_by_link", "anyone"},
    {"respond.guests.see_guests", "DLS"},
    {"respond.guests.invite", "DLS"},
    {"respond.guests.dismiss", "DLS"},
    {"respond.guests.enter_by_link", "anyone"},

    {"learn.records.see_records", "AL"},
    {"learn.records.hold", "AL"},
    {"learn.records.propose_disposal", "AL"},
    {"learn.records.approve_disposal", "L"},
    {"learn.records.reject_disposal", "AL"},
    {"learn.records.see_marks", "DLCSIMV"},
    {"learn.records.mark", "DLCSIMV"},
    {"learn.records.see_disclosures", "AL"},
    {"learn.records.work_on_disclosure", "AL"},
    {"learn.records.decide_disclosure", "L"},
    {"learn.records.audit", "AL"},
    {"learn.records.audit_outside", "ALV"},
    {"respond.forecast.read", "ADLCSIMOV"},
    {"respond.forecast.ask", "ADLCSI"},
    {"respond.forecast.report", "ADLCSIMV"},
    {"respond.forecast.describe_traffic", "AL"},
    {"respond.sweep.ask", "DLC"},
    {"respond.sweep.read", "signed in"},
    {"respond.sweep.answer", "signed in"},
    {"respond.sweep.report", "signed in"},
    {"respond.sweep.answer_by_link", "anyone"},

    {"practise.drills.see_exercises", "signed in"},
    {"practise.drills.start_exercise", "ADL"},
    {"practise.drills.pace_exercise", "ADL"},
    {"practise.drills.end_exercise", "ADL"},
};

constexpr std::pair<Role, char> letters[] = {
    {Role::administrator, 'A'}, {Role::duty_officer, 'D'},    {Role::leader, 'L'},
    {Role::clerk, 'C'},         {Role::security_person, 'S'}, {Role::liaison, 'I'},
    {Role::member, 'M'},        {Role::observer, 'O'},        {Role::investigator, 'V'}};

// How a reader stands to a record of terminal A that names terminal B and one person.
enum class Relation { own, named, serves, community, stranger, addressed };
constexpr Relation relations[] = {Relation::own,       Relation::named,    Relation::serves,
                                  Relation::community, Relation::stranger, Relation::addressed};
constexpr const char* names[] = {"own", "named", "serves", "community", "stranger", "addressed"};

// Who sees a record of each label: own, named, serves, community, stranger, addressed.
const std::vector<std::pair<Tlp, std::string>> seen_by{
    {Tlp::clear, "yyyyyy"},        {Tlp::green, "yynyny"}, {Tlp::amber, "yyynny"},
    {Tlp::amber_strict, "yynnny"}, {Tlp::red, "nnnnny"},
};

// ---- the port ------------------------------------------------------------------------------

struct Caller {
    PersonId person;
    std::optional<Role> role;  // nothing: a person without any
    Relation relation = Relation::stranger;
    bool signed_in = true;
    std::string name() const {
        if (!signed_in) return "nobody";
        if (!role) return "somebody without a role";
        return std::string(json::name_of(*role)) + " of " +
               names[static_cast<std::size_t>(relation)];
    }
};

class PermissionMatrix : public testing::Test {
protected:
    void SetUp() override {
        manager_ = organise(OrganisationKind::port_manager, "管理組合");
        const auto own = organise(OrganisationKind::terminal_operator, "ターミナルA");
        const auto named = organise(OrganisationKind::terminal_operator, "ターミナルB");
        const auto vendor = organise(OrganisationKind::vendor, "保守会社", false, {own});
        const auto community = organise(OrganisationKind::haulier, "陸運");
        const auto stranger = organise(OrganisationKind::other, "よその会社", false);
        const auto elsewhere = organise(OrganisationKind::security_expert, "専門家", false);
        organisations_ = {own, named, vendor, community, stranger, elsewhere};
        author_ = hire("author", {{own, Role::duty_officer}});
        officer_ = hire("officer", {{manager_, Role::duty_officer}});
        for (const auto relation : relations)
            for (const auto& [role, letter] : letters)
                callers_.push_back(
                    {hire(std::string("p") + names[static_cast<std::size_t>(relation)] + letter,
                          {{organisations_[static_cast<std::size_t>(relation)], role}}),
                     role, relation});
        terminal_ = *desk_.run([&](auto& recorder) {
            return rooms_->port.register_terminal(recorder, {.name = "北", .operator_ = own});
        });
        rooms_->add_routes(routes_);
        asking_ = std::make_unique<Asking>(
            routes_, desk_.journal(),
            [this](std::string_view who,
                   std::string_view) -> Result<std::shared_ptr<const Principal>> {
                if (who.empty()) return std::shared_ptr<const Principal>{};
                auto principal = rooms_->council.view().find_person(PersonId{std::string(who)});
                if (!principal) return fail(ErrorKind::forbidden, "kernel.identity.token_unknown");
                principal->scope = scope_;
                return std::make_shared<const Principal>(std::move(*principal));
            },
            [this] { desk_.work(); });
    }
    void TearDown() override { asking_.reset(); }

    OrganisationId organise(OrganisationKind kind, std::string name, bool member = true,
                            std::vector<OrganisationId> serves = {}) {
        return *desk_.run([&](auto& recorder) {
            return rooms_->council.register_organisation(
                recorder, {.kind = kind, .name = name, .member = member, .serves = serves});
        });
    }
    PersonId hire(std::string login, std::vector<RoleIn> roles) {
        return *desk_.run([&](auto& recorder) {
            return rooms_->council.register_person(recorder, {.name = login, .login = login},
                                                   roles);
        });
    }
    Asking::Answer ask(const PersonId& who, Method method, std::string target,
                       std::string body = {}, Headers more = {}) {
        if (!who.empty()) more.emplace_back("authorization", who.text);
        return asking_->ask(method, std::move(target), std::move(body), std::move(more));
    }
    // The path with its placeholders filled: from `known`, else with an id of nothing.
    static std::string filled(std::string path, const std::map<std::string, std::string>& known) {
        for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
            const auto close = path.find('}', open);
            const auto found = known.find(path.substr(open + 1, close - open - 1));
            path.replace(open, close - open + 1, found == known.end() ? "none" : found->second);
        }
        return path;
    }
    static bool holds(const std::string& who, const Caller& caller) {
        if (who == "anyone") return true;
        if (!caller.signed_in) return false;
        if (who == "signed in") return true;
        return caller.role && std::ranges::any_of(letters, [&](const auto& pair) {
                   return pair.first == *caller.role && who.contains(pair.second);
               });
    }
    static bool holds(const Permission& permission, const Caller& caller) {
        return holds(permissions.at(permission.name), caller);
    }
    static bool sees(const std::string& row, Relation relation) {
        return row[static_cast<std::size_t>(relation)] == 'y';
    }

    // An incident of the author's under this label, with one entry (a request with a file), a
    // call-out to the author, and a report.
    struct Incident {
        std::string id, file, callout;
    };
    std::string readers(Tlp tlp) const {
        std::string people;
        for (const auto& caller : callers_)
            if (caller.relation == Relation::addressed)
                people += (people.empty() ? "\"" : ",\"") + caller.person.text + "\"";
        const std::string organisations =
            tlp == Tlp::red
                ? ""
                : "\"" + organisations_[0].text + "\",\"" + organisations_[1].text + "\"";
        return R"({"tlp":")" + std::string(label_of(tlp)) + R"(","organisations":[)" +
               organisations + R"(],"people":[)" + people + "]}";
    }
    Incident open(Tlp tlp) {
        Incident out;
        const auto opened = ask(
            author_, Method::post, "/api/respond/incident/incidents",
            R"({"title":"ゲート停止","effects":["freight"],"visibility":)" + readers(tlp) + "}");
        EXPECT_EQ(opened.status, 201) << opened.text;
        out.id = opened.json.at("id").as_string();
        const std::string path = "/api/respond/incident/incidents/" + out.id;
        const auto file = ask(author_, Method::post, path + "/attachments?name=log.txt",
                              "log of " + out.id, {{"content-type", "text/plain"}});
        EXPECT_EQ(file.status, 201) << file.text;
        out.file = file.json.at("sha256").as_string();
        const auto entry =
            ask(author_, Method::post, path + "/entries",
                R"({"content":"警察へ連絡を要請","kind":"request","attachments":[")" + out.file +
                    "\"]}");
        EXPECT_EQ(entry.status, 201) << entry.text;
        const auto callout = ask(
            author_, Method::post, "/api/respond/callout/callouts",
            R"({"incident":")" + out.id + R"(","text":"参集","people":[")" + author_.text + "\"]}");
        EXPECT_EQ(callout.status, 201) << callout.text;
        out.callout = callout.json.at("id").as_string();
        const auto report =
            ask(author_, Method::post, path + "/reports", R"({"items":[{},{},{},{},{},{}]})");
        EXPECT_EQ(report.status, 201) << report.text;
        return out;
    }

    std::unique_ptr<app::Rooms> rooms_;
    journal::JournalByHand desk_{[this](journal::Journal& journal) {
                                     app::RoomOptions options;
                                     options.credentials.hashing_threads = 0;
                                     options.credentials.password_cost = {64, 1};
                                     rooms_ = std::make_unique<app::Rooms>(journal, options);
                                 },
                                 [this] { rooms_.reset(); }};
    OrganisationId manager_;
    std::vector<OrganisationId> organisations_;  // by Relation
    std::vector<Caller> callers_;                // every role of every relation
    PersonId author_, officer_;
    TerminalId terminal_;
    edge::http::Routes routes_;
    std::unique_ptr<Asking> asking_;
    std::vector<std::string> scope_;
};

// ---- who may do what -----------------------------------------------------------------------

// A new route would be open to whoever its author happened to think of.
TEST_F(PermissionMatrix, every_route_has_a_line_in_the_policy) {
    std::set<std::string> used;
    for (const auto& route : routes_.all()) {
        used.insert(route.permission.name);
        EXPECT_TRUE(permissions.contains(route.permission.name))
            << edge::http::name_of(route.method) << " " << route.path << " asks for "
            << route.permission.name << ", of which the policy says nothing";
    }
    for (const auto& [name, who] : permissions)
        EXPECT_TRUE(used.contains(name)) << name << " is in the policy, but no route asks for it";
}

// An observer would open incidents, a haulier close them, a stranger register people.
TEST_F(PermissionMatrix, each_role_may_do_what_the_policy_says_and_no_more) {
    auto callers = callers_;
    callers.push_back({{}, {}, Relation::stranger, false});
    callers.push_back({hire("nobody-yet", {}), {}, Relation::stranger});
    std::size_t asked = 0;
    for (const auto& route : routes_.all())
        for (const auto& caller : callers) {
            const std::string target = filled(route.path, {{"number", "1"}});
            const std::string body = route.method == Method::get ? "" : "{}";
            const auto answer = ask(caller.person, route.method, target, body);
            ++asked;
            const auto what = std::string(edge::http::name_of(route.method)) + " " + target +
                              " by " + caller.name() + ": " + answer.text;
            // A page without scripts says it to people, and shows the way in.
            const bool page = route.path.starts_with("/plain/") && route.method == Method::get;
            const bool refused =
                answer.key() == "kernel.identity.not_permitted" || (page && answer.status == 403);
            if (holds(route.permission, caller)) {
                EXPECT_FALSE(refused) << what;
                EXPECT_NE(answer.status, 401) << what;
            } else if (caller.signed_in) {
                EXPECT_TRUE(refused) << what;
                EXPECT_EQ(answer.status, 403) << what;
            } else {
                EXPECT_EQ(answer.status, page ? 303 : 401) << what;
            }
        }
    EXPECT_EQ(asked, routes_.all().size() * callers.size());
}

// A token lent to a program would do whatever its owner may.
TEST_F(PermissionMatrix, a_token_is_confined_to_its_scope_on_every_route) {
    const auto chief = hire("chief", [&] {
        std::vector<RoleIn> all;
        for (const auto& [role, letter] : letters) all.push_back({manager_, role});
        return all;
    }());
    for (const std::string scope : {"respond.incident", "identity", "prepare.council.see_people"}) {
        scope_ = {scope};
        for (const auto& route : routes_.all()) {
            const auto& permission = route.permission.name;
            const bool within = permissions.at(permission) == "anyone" || permission == scope ||
                                permission.starts_with(scope + ".");
            const auto answer = ask(chief, route.method, filled(route.path, {{"number", "1"}}),
                                    route.method == Method::get ? "" : "{}");
            const bool page = route.path.starts_with("/plain/") && route.method == Method::get;
            EXPECT_EQ(
                answer.key() == "kernel.identity.not_permitted" || (page && answer.status == 403),
                !within)
                << scope << ": " << edge::http::name_of(route.method) << " " << route.path << ": "
                << answer.text;
        }
    }
}

// ---- who may see what ----------------------------------------------------------------------

// The keys by which a record is said not to be there, for those who may not know of it.
bool is_hidden(const Asking::Answer& answer) {
    return answer.status == 404 &&
           (answer.text.starts_with("<!doctype html>") ||  // a page without scripts
            answer.key() == "respond.incident.unknown" ||
            answer.key() == "respond.callout.unknown" || answer.key() == "practise.drills.unknown");
}

// Terminal B, a vendor or the press would read what terminal A told the port manager only; or
// terminal A's own people would not read their own report.
TEST_F(PermissionMatrix, records_are_read_by_whom_their_label_allows) {
    for (const auto& [tlp, row] : seen_by) {
        const auto incident = open(tlp);
        std::size_t routes = 0;
        for (const auto& route : routes_.all()) {
            const bool of_incident = route.path.contains("{incident}");
            const bool of_callout = route.path.contains("{callout}");
            if (route.method != Method::get || (!of_incident && !of_callout)) continue;
            ++routes;
            const auto target = filled(route.path, {{"incident", incident.id},
                                                    {"sha256", incident.file},
                                                    {"number", "1"},
                                                    {"person", author_.text},
                                                    {"callout", incident.callout}}) +
                                (route.path.ends_with("/search") ? "?q=警察" : "");
            // Print takes its time, and is asked for once by each relation.
            std::set<Relation> printed;
            for (const auto& caller : callers_) {
                if (route.answer_type == "application/pdf" && sees(row, caller.relation) &&
                    !printed.insert(caller.relation).second)
                    continue;
                const auto answer = ask(caller.person, Method::get, target);
                const auto what = std::string(label_of(tlp)) + " " + target + " by " +
                                  caller.name() + ": " + answer.text;
                if (sees(row, caller.relation))
                    EXPECT_EQ(answer.status, 200) << what;
                else
                    EXPECT_TRUE(is_hidden(answer)) << what;
            }
        }
        EXPECT_GE(routes, 8U);
    }
}

// A list, a search or the live stream would tell what the page itself hides.
TEST_F(PermissionMatrix, lists_searches_and_the_stream_tell_no_more_than_the_records) {
    std::map<std::string, std::string> rows;  // incident → who sees it
    std::map<std::string, std::string> callouts;
    for (const auto& [tlp, row] : seen_by) {
        const auto incident = open(tlp);
        rows[incident.id] = row;
        callouts[incident.id] = incident.callout;
    }
    for (const auto& caller : callers_) {
        std::set<std::string> visible;
        for (const auto& [id, row] : rows)
            if (sees(row, caller.relation)) visible.insert(id);
        const auto ids_in = [&](const Asking::Answer& answer, const char* field) {
            EXPECT_EQ(answer.status, 200) << answer.text;
            std::set<std::string> ids;
            for (const auto& item : answer.json.at("items").as_array())
                ids.insert(std::string(item.at(field).as_string()));
            return ids;
        };
        const auto list = ask(caller.person, Method::get, "/api/respond/incident/incidents");
        EXPECT_EQ(ids_in(list, "id"), visible) << caller.name();
        EXPECT_EQ(list.json.at("hidden").to_number<std::size_t>(), rows.size() - visible.size())
            << caller.name() << ": what is hidden is said to be hidden";
        EXPECT_EQ(ids_in(ask(caller.person, Method::get, "/api/respond/incident/search?q=警察"),
                         "incident"),
                  visible)
            << caller.name();
        std::set<std::string> streamed;
        for (const auto& event : ask(caller.person, Method::get, "/api/events?after=0&poll=1")
                                     .json.at("items")
                                     .as_array()) {
            const std::string topic(event.at("topic").as_string());
            if (topic.starts_with("respond/incident/")) streamed.insert(topic.substr(17));
        }
        EXPECT_EQ(streamed, visible) << caller.name();
        for (const auto& [id, callout] : callouts) {
            const auto answer =
                ask(caller.person, Method::get, "/api/respond/callout/callouts?incident=" + id);
            EXPECT_EQ(answer.text.contains(callout), visible.contains(id))
                << caller.name() << ": " << answer.text;
        }
    }
}

// Somebody who may not see a record would change it, or somebody who may would be kept from it.
TEST_F(PermissionMatrix, records_are_changed_by_whom_role_and_label_allow) {
    const auto other = open(Tlp::clear);
    // What to send so that nothing but who asks can be wrong. A line per route that writes to one
    // incident or call-out.
    const std::map<std::string, std::string> bodies{
        {"PUT /api/respond/incident/incidents/{incident}",
         R"({"title":"ゲート停止","effects":["freight"]})"},
        {"PUT /api/respond/incident/incidents/{incident}/visibility", "(the same as before)"},
        {"POST /api/respond/incident/incidents/{incident}/close", "{}"},
        {"POST /api/respond/incident/incidents/{incident}/reopen", "{}"},
        {"POST /api/respond/incident/incidents/{incident}/entries", R"({"content":"確認中"})"},
        {"POST /api/respond/incident/incidents/{incident}/entries/{number}/confirm", "{}"},
        {"POST /api/respond/incident/incidents/{incident}/entries/{number}/done", "{}"},
        {"POST /api/respond/incident/incidents/{incident}/entries/{number}/reopen", "{}"},
        {"POST /api/respond/incident/incidents/{incident}/attachments", "a file"},
        {"POST /api/respond/incident/incidents/{incident}/milestones",
         R"({"terminal":")" + terminal_.text +
             R"(","milestone":"gate_open","state":"announced","time":"2026-07-04T12:00:00+09:00"})"},
        {"POST /api/respond/incident/incidents/{incident}/command/take", "{}"},
        {"POST /api/respond/incident/incidents/{incident}/command/offer",
         R"({"to":")" + officer_.text + "\"}"},
        {"POST /api/respond/incident/incidents/{incident}/command/accept", ""},
        {"POST /api/respond/incident/incidents/{incident}/command/decline", "{}"},
        {"POST /api/respond/incident/incidents/{incident}/command/withdraw", "{}"},
        {"POST /api/respond/incident/incidents/{incident}/hypotheses",
         R"({"statement":"保守経路"})"},
        {"POST /api/respond/incident/incidents/{incident}/hypotheses/{number}/evidence",
         R"({"weight":"supports","statement":"接続の記録がある"})"},
        {"POST /api/respond/incident/incidents/{incident}/hypotheses/{number}/judge",
         R"({"standing":"undetermined","reason":"記録が残っていない"})"},
        {"POST /api/respond/incident/incidents/{incident}/cause",
         R"({"conclusion":"undetermined","reason":"記録が残っていない"})"},
        {"POST /api/respond/incident/incidents/{incident}/evidence",
         R"({"description":"ディスクの写し","sha256":")" + std::string(64, 'a') + "\"}"},
        {"POST /api/respond/incident/incidents/{incident}/evidence/{number}/handover",
         R"({"to":"県警察"})"},
        {"POST /api/respond/incident/incidents/{incident}/evidence/{number}/seal",
         R"({"seal":"A-1"})"},
        {"POST /api/respond/incident/incidents/{incident}/evidence/{number}/check",
         R"({"sha256":")" + std::string(64, 'a') + "\"}"},
        {"POST /api/respond/incident/incidents/{incident}/evidence/{number}/accept", "{}"},
        {"POST /api/respond/incident/incidents/{incident}/evidence/{number}/decline", "{}"},
        {"POST /api/respond/incident/incidents/{incident}/advice/asked",
         R"({"entry":1,"adviser":"専門家"})"},
        {"POST /api/respond/incident/incidents/{incident}/questions",
         R"({"question":"何台か","asked_organisation":")" + organisations_[0].text + "\"}"},
        {"POST /api/respond/incident/incidents/{incident}/questions/{number}/answer",
         R"({"answer":"2台"})"},
        {"POST /api/respond/incident/incidents/{incident}/links",
         R"({"other":")" + other.id + R"(","relation":"recurrence"})"},
        {"POST /api/respond/incident/incidents/{incident}/links/{other}/unlink", "{}"},
        {"POST /api/respond/incident/incidents/{incident}/advice",
         R"({"entry":1,"adviser":"専門家"})"},
        {"PUT /api/respond/incident/incidents/{incident}/systems", R"({"systems":[]})"},
        {"POST /api/respond/incident/incidents/{incident}/clocks/{clock}/met",
         R"({"who":")" + organisations_[0].text + "\"}"},
        {"POST /api/respond/incident/incidents/{incident}/clocks/{clock}/waive",
         R"({"who":")" + organisations_[0].text + R"(","reason":"対象外"})"},
        {"POST /api/respond/incident/incidents/{incident}/clocks/{clock}/restart",
         R"({"who":")" + organisations_[0].text + "\"}"},
        {"POST /api/respond/incident/incidents/{incident}/reports",
         R"({"items":[{},{},{},{},{},{}]})"},
        {"POST /api/respond/incident/incidents/{incident}/reports/{number}/send",
         R"({"medium":"電話","organisations":[")" + organisations_[0].text + "\"]}"},
        {"POST /api/respond/forecast/incidents/{incident}/forecasts", R"({"runs":50,"days":1})"},
        {"POST /api/respond/forecast/incidents/{incident}/observations",
         R"({"seen":"ships_waiting","value":3})"},
        {"POST /api/respond/forecast/incidents/{incident}/observations/{number}/withdraw",
         R"({"reason":"見間違い"})"},
        {"POST /api/respond/forecast/incidents/{incident}/capabilities",
         R"({"terminal":")" + terminal_.text + R"(","part":"gate","mode":"down"})"},
        {"POST /api/respond/callout/callouts/{callout}/answers",
         R"({"person":")" + author_.text + R"(","answer":"coming"})"},
        {"POST /api/respond/callout/callouts/{callout}/sheets/{person}", "{}"},
        {"POST /api/respond/callout/callouts/{callout}/resolve", ""},
    };
    for (const auto& [tlp, row] : seen_by) {
        auto incident = open(tlp);
        for (const auto& route : routes_.all()) {
            const bool of_one =
                route.path.contains("{incident}") || route.path.contains("{callout}");
            if (route.method == Method::get || !of_one) continue;
            // Its form is of one session; plain_story.cpp shows who may send it.
            if (route.path.starts_with("/plain/")) continue;
            const auto line = std::string(edge::http::name_of(route.method)) + " " + route.path;
            const auto found = bodies.find(line);
            ASSERT_NE(found, bodies.end()) << line << " has no body in this test";
            const bool widens = route.path.ends_with("/visibility");
            for (const auto& caller : callers_) {
                if (!holds(route.permission, caller)) continue;  // refused, as shown above
                if (widens) incident = open(tlp);  // whoever changes it adds themselves
                const auto version =
                    ask(author_, Method::get, "/api/respond/incident/incidents/" + incident.id)
                        .header("ETag");
                const auto body = widens ? readers(tlp) : found->second;
                const auto target = filled(route.path, {{"incident", incident.id},
                                                        {"callout", incident.callout},
                                                        {"other", other.id},
                                                        {"clock", "council"},
                                                        {"number", "1"},
                                                        {"person", author_.text}}) +
                                    (route.path.ends_with("/attachments") ? "?name=x.txt" : "");
                const auto answer =
                    ask(caller.person, route.method, target, body,
                        {{"if-match", version},
                         {"content-type",
                          route.request_schema.empty() ? "text/plain" : "application/json"}});
                const auto what = std::string(label_of(tlp)) + " " + line + " by " + caller.name() +
                                  ": " + answer.text;
                if (!sees(row, caller.relation)) {
                    EXPECT_TRUE(is_hidden(answer)) << what;
                } else if (caller.role == Role::administrator) {
                    // Keeping the installation is not taking part in an incident.
                    EXPECT_EQ(answer.status, 403) << what;
                } else if (widens && caller.relation != Relation::own) {
                    // Who may see it is for those who opened it to say, and the port manager.
                    EXPECT_EQ(answer.key(), "respond.incident.not_yours_to_share") << what;
                } else if (answer.key() == "respond.callout.on_behalf_not_permitted") {
                    EXPECT_FALSE(holds("DLCI", caller)) << what;
                } else if (route.path.contains("/command/")) {
                    // Nobody here is of the port manager, who leads.
                    EXPECT_TRUE(answer.status == 201 || answer.status == 409 ||
                                answer.key() == "respond.incident.may_not_lead" ||
                                answer.key() == "respond.incident.offered_to_another" ||
                                answer.key() == "respond.incident.cannot_see")
                        << what;
                } else if (answer.key() == "respond.incident.not_on_behalf") {
                    EXPECT_TRUE(caller.relation != Relation::own && !holds("DCI", caller)) << what;
                } else if (answer.key() == "respond.incident.recipient_not_reader" ||
                           answer.key() == "respond.incident.cannot_see_organisation") {
                    EXPECT_EQ(tlp, Tlp::red) << what;
                } else if (answer.key() == "respond.incident.question_unknown") {
                    // Line 1 asks nobody anything; whoever sees it is told so.
                    EXPECT_TRUE(route.path.ends_with("/answer")) << what;
                } else {
                    // Done, or in the way of what somebody did before.
                    EXPECT_TRUE(answer.status == 200 || answer.status == 201 ||
                                answer.status == 409)
                        << what;
                }
            }
        }
    }
}

// Whoever has been called, but may not see the incident, could not say that they are coming.
TEST_F(PermissionMatrix, whoever_is_called_may_answer_for_themselves) {
    const auto incident = open(Tlp::amber_strict);
    const auto stranger =
        std::ranges::find(callers_, Relation::stranger, &Caller::relation)->person;
    const auto callout = ask(author_, Method::post, "/api/respond/callout/callouts",
                             R"({"incident":")" + incident.id + R"(","text":"参集","people":[")" +
                                 stranger.text + "\"]}");
    ASSERT_EQ(callout.status, 201) << callout.text;
    const auto path = "/api/respond/callout/callouts/" +
                      std::string(callout.json.at("id").as_string()) + "/answers";
    EXPECT_EQ(ask(stranger, Method::post, path, R"({"answer":"coming"})").status, 200);
    EXPECT_EQ(ask(stranger, Method::post, path,
                  R"({"person":")" + author_.text + R"(","answer":"coming"})")
                  .status,
              404);
}

// A call-out about an incident would be sent by somebody who may not know of it.
TEST_F(PermissionMatrix, a_callout_is_raised_by_those_who_see_the_incident) {
    for (const auto& [tlp, row] : seen_by) {
        const auto incident = open(tlp);
        for (const auto& caller : callers_) {
            if (!holds("DLCS", caller)) continue;
            const auto answer = ask(caller.person, Method::post, "/api/respond/callout/callouts",
                                    R"({"incident":")" + incident.id +
                                        R"(","text":"参集","people":[")" + author_.text + "\"]}");
            EXPECT_EQ(answer.status == 201, sees(row, caller.relation))
                << label_of(tlp) << " by " << caller.name() << ": " << answer.text;
        }
    }
}

// A guest would look around in the port, or not see what they were invited for.
TEST_F(PermissionMatrix, a_guest_is_answered_nothing_but_the_one_incident) {
    for (const auto& [tlp, row] : seen_by) {
        const auto incident = open(tlp);
        const auto other = open(Tlp::clear);
        const auto invited = ask(author_, Method::post, "/api/respond/guests/invitations",
                                 R"({"incident":")" + incident.id +
                                     R"(","name":"鑑識","affiliation":"解析社","may_write":true,)"
                                     R"("until":"2026-07-06T00:00:00+09:00"})");
        ASSERT_EQ(invited.status, 201) << invited.text;
        const PersonId guest{std::string(invited.json.at("person").as_string())};
        std::size_t answered = 0;
        for (const auto& route : routes_.all()) {
            if (permissions.at(route.permission.name) == "anyone") continue;
            const std::map<std::string, std::string> own{{"incident", incident.id},
                                                         {"sha256", incident.file},
                                                         {"callout", incident.callout},
                                                         {"number", "1"},
                                                         {"person", guest.text}};
            auto others = own;
            others["incident"] = other.id;
            others["callout"] = other.callout;
            const auto body = route.method == Method::get ? "" : "{}";
            const bool of_incident = route.path.contains("{incident}");
            const bool about_oneself = route.permission.name == "identity.see_oneself" ||
                                       route.permission.name == "identity.sign_out" ||
                                       route.permission.name == "identity.choose_language";
            const auto what = std::string(label_of(tlp)) + " " +
                              std::string(edge::http::name_of(route.method)) + " " + route.path;
            const auto search = route.path.ends_with("/search") ? "?q=警察" : "";
            const auto elsewhere =
                ask(guest, route.method, filled(route.path, others) + search, body);
            if (!about_oneself) EXPECT_EQ(elsewhere.status, 403) << what << ": " << elsewhere.text;
            if (!of_incident || route.method != Method::get) continue;
            const auto here = ask(guest, route.method, filled(route.path, own) + search, body);
            EXPECT_NE(here.key(), "kernel.identity.not_for_guests") << what << ": " << here.text;
            if (route.permission.name == "respond.incident.read_incidents" &&
                (route.path.ends_with("{incident}") || route.path.ends_with("/entries") ||
                 route.path.ends_with("{sha256}")))
                EXPECT_EQ(here.status, 200) << what << ": " << here.text;
            ++answered;
        }
        EXPECT_GE(answered, 6U);
        std::set<std::string> streamed;
        for (const auto& event :
             ask(guest, Method::get, "/api/events?after=0&poll=1").json.at("items").as_array())
            streamed.insert(std::string(event.at("topic").as_string()));
        for (const auto& topic : streamed) EXPECT_EQ(topic, "respond/incident/" + incident.id);
        const auto entry =
            ask(guest, Method::post, "/api/respond/incident/incidents/" + incident.id + "/entries",
                R"({"content":"解析の結果"})");
        EXPECT_EQ(entry.status, 201) << label_of(tlp) << ": " << entry.text;
        EXPECT_EQ(ask(author_, Method::del, "/api/respond/guests/invitations/" + guest.text).status,
                  200);
        EXPECT_NE(ask(guest, Method::get, "/api/respond/incident/incidents/" + incident.id).status,
                  200);
    }
}

// What is kept for investigators would be read by whoever the label names.
TEST_F(PermissionMatrix, what_is_kept_for_investigators_is_theirs) {
    const std::string body =
        R"({"title":"捜査","effects":["freight"],"visibility":{"tlp":"TLP:AMBER",)"
        R"("investigators":true,"organisations":[")" +
        organisations_[0].text + R"(",")" + organisations_[1].text + R"("]}})";
    const auto opened = ask(author_, Method::post, "/api/respond/incident/incidents", body);
    ASSERT_EQ(opened.status, 201) << opened.text;
    const std::string path =
        "/api/respond/incident/incidents/" + std::string(opened.json.at("id").as_string());
    for (const auto& caller : callers_) {
        // TLP:AMBER reaches those who serve one of the named, too.
        const bool reached = caller.relation == Relation::own ||
                             caller.relation == Relation::named ||
                             caller.relation == Relation::serves;
        const auto answer = ask(caller.person, Method::get, path);
        const bool visible = reached && caller.role == Role::investigator;
        EXPECT_EQ(answer.status, visible ? 200 : 404) << caller.name() << ": " << answer.text;
    }
    EXPECT_EQ(ask(author_, Method::get, path).status, 200) << "who wrote it stays named";
}

// An exercise would be paused from outside of the port.
TEST_F(PermissionMatrix, exercises_are_the_communitys) {
    const std::string row = "yynynn";
    const auto started = ask(officer_, Method::post, "/api/practise/drills/exercises",
                             R"({"title":"机上訓練","speed":60})");
    ASSERT_EQ(started.status, 201) << started.text;
    const std::string path =
        "/api/practise/drills/exercises/" + std::string(started.json.at("id").as_string());
    for (const auto& caller : callers_) {
        const bool visible = sees(row, caller.relation);
        const auto shown = ask(caller.person, Method::get, path);
        EXPECT_EQ(shown.status, visible ? 200 : 404) << caller.name() << ": " << shown.text;
        const auto list = ask(caller.person, Method::get, "/api/practise/drills/exercises");
        EXPECT_EQ(list.json.at("items").as_array().size(), visible ? 1U : 0U) << caller.name();
        if (!holds("ADL", caller)) continue;
        const auto paced = ask(caller.person, Method::post, path + "/pace", R"({"speed":30})");
        EXPECT_EQ(is_hidden(paced), !visible) << caller.name() << ": " << paced.text;
    }
}

}  // namespace
}  // namespace noroshi
