#include "respond/incident/incident.h"

#include <gtest/gtest.h>

#include "respond/incident/incident_scene.h"

namespace noroshi::respond::incident {
namespace {

using namespace std::chrono_literals;

OpenRequest gates_stopped() {
    OpenRequest request;
    request.title = "ゲート停止";
    request.effects = {Effect::freight, Effect::ship_movement};
    return request;
}

EntryRequest line(std::string content) {
    EntryRequest request;
    request.content = std::move(content);
    return request;
}

// The key of the error, and the pointer after a blank if there is one.
template <class T>
std::string refusal(const Result<T>& result) {
    if (result) return "accepted";
    return result.error().key +
           (result.error().pointer.empty() ? "" : " " + result.error().pointer);
}

// ---- intake --------------------------------------------------------------------------------

TEST(Intake, cause_unknown_is_enough) {
    // Guideline 3.3.1: at 06:30 nobody knows why; a form that asks for the cause delays the report.
    Scene port;
    const auto decided =
        open_incident(port.asked(port.as("duty")), IncidentId{"x"}, gates_stopped());
    ASSERT_TRUE(decided);
    EXPECT_FALSE(decided->body.cause);
    EXPECT_EQ(decided->body.number, 1U);
    EXPECT_EQ(*decided->place.event_time, port.now);
    EXPECT_TRUE(decided->place.world.is_live());
}

TEST(Intake, an_effect_is_asked_for) {
    // The board would open with nobody knowing what is disturbed.
    Scene port;
    auto request = gates_stopped();
    request.effects.clear();
    EXPECT_EQ(refusal(open_incident(port.asked(port.as("duty")), IncidentId{"x"}, request)),
              "respond.incident.effects_missing /effects");
}

TEST(Intake, says_which_field_is_wrong) {
    // A form would say "invalid" and the duty officer would look for the field at three at night.
    Scene port;
    const auto by = port.as("duty");
    const auto why = [&](auto change) {
        auto request = gates_stopped();
        change(request);
        return refusal(open_incident(port.asked(by), IncidentId{"x"}, request));
    };
    EXPECT_EQ(why([](auto& r) { r.title = " 　"; }), "kernel.i18n.empty /title");
    EXPECT_EQ(why([](auto& r) { r.title = std::string(201, 'x'); }), "kernel.i18n.too_long /title");
    EXPECT_EQ(why([](auto& r) { r.summary = std::string(5001, 'x'); }),
              "respond.incident.too_long /summary");
    EXPECT_EQ(why([](auto& r) { r.terminals = {TerminalId{"t1"}, TerminalId{"nowhere"}}; }),
              "respond.incident.terminal_unknown /terminals/1");
    EXPECT_EQ(why([&](auto& r) { r.event_time = port.now + 25h; }),
              "respond.incident.event_time_future /event_time");
    EXPECT_EQ(why([&](auto& r) { r.event_time = *parse_rfc3339("0026-07-04T06:30:00Z"); }),
              "respond.incident.event_time_too_old /event_time");
    EXPECT_EQ(why([](auto& r) { r.exercise = ExerciseId{"none"}; }),
              "respond.incident.exercise_unknown /exercise");
    EXPECT_EQ(why([](auto& r) { r.visibility = Readers{Tlp::amber, {OrganisationId{"no"}}, {}}; }),
              "respond.incident.organisation_unknown /visibility/organisations/0");
    EXPECT_EQ(why([](auto& r) { r.visibility = Readers{Tlp::red, {OrganisationId{"north"}}, {}}; }),
              "respond.incident.red_names_people /visibility/organisations");
}

TEST(Intake, two_hundred_characters_are_counted_as_people_count) {
    // A Japanese title would be refused after 66 characters because bytes were counted.
    Scene port;
    auto request = gates_stopped();
    request.title.clear();
    for (int i = 0; i < 200; ++i) request.title += "港";
    EXPECT_TRUE(open_incident(port.asked(port.as("duty")), IncidentId{"x"}, request));
}

TEST(Intake, the_port_manager_tells_the_port_and_an_operator_the_port_manager) {
    // An operator's report would be read by its rivals, or the port manager's by nobody.
    Scene port;
    const auto by_manager = port.open("duty", "ゲート停止");
    EXPECT_EQ(port.state.find(by_manager)->visibility->tlp, Tlp::green);
    const auto by_operator = port.open("security", "TOSに異常");
    const auto& visibility = *port.state.find(by_operator)->visibility;
    EXPECT_EQ(visibility.tlp, Tlp::amber);
    EXPECT_EQ(visibility.organisations,
              (std::vector{OrganisationId{"manager"}, OrganisationId{"north"}}));
    EXPECT_EQ(port.view.default_readers(port.as("security"), {}).organisations,
              visibility.organisations);
}

TEST(Intake, whoever_opens_it_sees_it) {
    // A report would vanish before the eyes of the one who made it.
    Scene port;
    auto request = gates_stopped();
    request.visibility = Readers{Tlp::amber_strict, {OrganisationId{"police"}}, {}};
    const auto by = port.as("security");
    const auto decided = open_incident(port.asked(by), IncidentId{"x"}, request);
    ASSERT_TRUE(decided);
    EXPECT_TRUE(may_see(by.viewer, decided->place.visibility));
    request.visibility = Readers{Tlp::red, {}, {PersonId{"officer"}}};
    EXPECT_TRUE(may_see(by.viewer,
                        open_incident(port.asked(by), IncidentId{"y"}, request)->place.visibility));
}

TEST(Intake, an_administrator_alone_stays_out_of_what_is_real) {
    // Whoever keeps the machine would also command the incident.
    Scene port;
    EXPECT_EQ(
        refusal(open_incident(port.asked(port.as("admin")), IncidentId{"x"}, gates_stopped())),
        "respond.incident.administrator_only");
    auto request = gates_stopped();
    request.exercise = port.start_exercise("drill", port.now);
    EXPECT_TRUE(open_incident(port.asked(port.as("admin")), IncidentId{"x"}, request));
}

TEST(Intake, a_correction_on_an_old_version_is_refused) {
    // Two people correct the intake and the second silently undoes the first.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    const auto by = port.as("duty");
    IntakeRequest request;
    request.title = "全ゲート停止";
    request.effects = {Effect::freight};
    EXPECT_EQ(refusal(correct_intake(port.asked(by), id, {}, request)),
              "respond.incident.version_missing");
    const auto first = correct_intake(port.asked(by), id, 1, request);
    ASSERT_TRUE(first);
    port.tell(*first, by);
    const auto second = correct_intake(port.asked(port.as("leader")), id, 1, request);
    EXPECT_EQ(refusal(second), "respond.incident.changed_meanwhile");
    EXPECT_EQ(second.error().kind, ErrorKind::conflict);
    port.write("clerk", id, "一行");
    EXPECT_TRUE(correct_intake(port.asked(by), id, 2, request)) << "entries are no change of it";
}

TEST(Intake, numbers_run_apart_in_each_world) {
    // A drill would leave a gap in the numbers of the real incidents, for auditors to ask about.
    Scene port;
    port.open("duty", "一");
    const auto drill = port.start_exercise("drill", port.now);
    auto request = gates_stopped();
    request.exercise = drill;
    const auto in_drill = port.open("duty", request);
    const auto live = port.open("duty", "二");
    EXPECT_EQ(port.state.find(in_drill)->number, 1U);
    EXPECT_EQ(port.state.find(live)->number, 2U);
}

TEST(Intake, it_can_be_closed_and_opened_again_but_not_twice) {
    // Two leaders close it and the journal holds two endings.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    const auto by = port.as("leader");
    EXPECT_EQ(refusal(reopen(port.asked(by), id, {})), "respond.incident.already_open");
    port.tell(*close(port.asked(by), id, {}), by);
    EXPECT_EQ(refusal(close(port.asked(by), id, {})), "respond.incident.already_closed");
    EXPECT_EQ(port.write("clerk", id, "あとから分かったこと"), 1U) << "late news is still taken";
    port.tell(*reopen(port.asked(by), id, {}), by);
    EXPECT_TRUE(port.state.find(id)->open);
}

// ---- the chronology ------------------------------------------------------------------------

TEST(Chronology, not_a_character_of_the_content_is_changed) {
    // What the police officer dictated would not be what stands there.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    const std::string content = "  一行目\r\n\t二行目 ｶﾅ Ａ\n\n\"\\ \u0001 𠮷 ";
    port.write("clerk", id, content);
    EXPECT_EQ(port.entries("duty", id).items.at(0).content, content);
}

TEST(Chronology, length_has_a_limit_and_says_so) {
    // A pasted log file would fill the board, or be cut without a word.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    const auto by = port.as("clerk");
    EXPECT_TRUE(add_entry(port.asked(by), id, line(std::string(20'000, 'x'))));
    const auto refused = add_entry(port.asked(by), id, line(std::string(20'001, 'x')));
    EXPECT_EQ(refusal(refused), "respond.incident.too_long /content");
    EXPECT_EQ(refused.error().arguments.at(1).second, "20001");
    EXPECT_EQ(refusal(add_entry(port.asked(by), id, line(" \n　"))),
              "respond.incident.content_missing /content");
}

TEST(Chronology, entries_never_conflict) {
    // Two clerks correct the same line in the same second and one of them loses his.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    port.write("clerk", id, "ゲート3か所");
    auto correction = line("ゲート4か所");
    correction.corrects = 1;
    EXPECT_EQ(port.write("clerk", id, correction), 2U);
    correction.content = "ゲート5か所";
    EXPECT_EQ(port.write("duty", id, correction), 3U);
    EXPECT_EQ(port.entries("duty", id).items.at(0).corrected_by, 3U);
}

TEST(Chronology, only_lines_that_are_there_can_be_corrected) {
    // A correction would hang in the air, or tell that a hidden line exists.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    auto narrow = line("内部の話");
    narrow.visibility = Readers{Tlp::amber_strict, {OrganisationId{"manager"}}, {}};
    port.write("duty", id, narrow);
    auto correction = line("訂正");
    for (const Number number : {0U, 1U, 2U}) {
        correction.corrects = number;
        EXPECT_EQ(refusal(add_entry(port.asked(port.as("worker")), id, correction)),
                  "respond.incident.entry_unknown /corrects");
    }
}

TEST(Chronology, an_order_between_organisations_is_a_request) {
    // 指示 exists within one organisation only: a port manager has no command over a private body.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    auto order = line("ゲートを閉めること");
    order.kind = EntryKind::order;
    order.receiver_organisations = {OrganisationId{"north"}};
    EXPECT_EQ(refusal(add_entry(port.asked(port.as("duty")), id, order)),
              "respond.incident.order_between_organisations /kind");
    order.kind = EntryKind::request;
    EXPECT_TRUE(add_entry(port.asked(port.as("duty")), id, order));
    order.kind = EntryKind::order;
    order.on_behalf_of = OrganisationId{"north"};
    EXPECT_TRUE(add_entry(port.asked(port.as("duty")), id, order)) << "within North it is one";
    order.on_behalf_of.reset();
    order.receiver_organisations.clear();
    order.receiver = "北ふ頭";
    EXPECT_TRUE(add_entry(port.asked(port.as("duty")), id, order)) << "free text cannot be checked";
}

TEST(Chronology, a_liaison_writes_for_the_stricken_and_nobody_pretends) {
    // The worst hit report least; but a rival must not be able to report in their name.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    auto entry = line("ヤードは手作業で継続");
    entry.on_behalf_of = OrganisationId{"north"};
    const auto decided = add_entry(port.asked(port.as("clerk")), id, entry);
    ASSERT_TRUE(decided);
    EXPECT_EQ(decided->body.on_behalf_of, OrganisationId{"north"});
    EXPECT_EQ(decided->body.organisation, OrganisationId{"manager"});
    EXPECT_EQ(refusal(add_entry(port.asked(port.as("rival")), id, entry)),
              "respond.incident.not_on_behalf /on_behalf_of");
    EXPECT_EQ(refusal(add_entry(port.asked(port.as("leader")), id, entry)),
              "respond.incident.not_on_behalf /on_behalf_of");
    auto own = line("自社の話");
    own.on_behalf_of = OrganisationId{"south"};
    EXPECT_FALSE(add_entry(port.asked(port.as("rival")), id, own)->body.on_behalf_of)
        << "for oneself is not on behalf";
}

TEST(Chronology, in_an_exercise_the_facilitator_plays_everybody) {
    // A drill could not be played by one person, nor Nagoya be replayed.
    Scene port;
    auto request = gates_stopped();
    request.exercise = port.start_exercise("drill", port.now);
    const auto id = port.open("leader", request);
    auto entry = line("警察に通報");
    entry.on_behalf_of = OrganisationId{"police"};
    EXPECT_TRUE(add_entry(port.asked(port.as("leader")), id, entry));
    EXPECT_TRUE(add_entry(port.asked(port.as("admin")), id, entry));
    EXPECT_EQ(refusal(add_entry(port.asked(port.as("rival")), id, entry)),
              "respond.incident.not_on_behalf /on_behalf_of");
}

TEST(Chronology, an_entry_is_not_seen_by_more_than_its_incident) {
    // A line in a confidential incident would be read by the whole port.
    Scene port;
    const auto id = port.open("security", "TOSに異常");
    auto entry = line("詳細");
    const auto by = port.as("security");
    const auto why = [&](Readers readers) {
        entry.visibility = std::move(readers);
        return refusal(add_entry(port.asked(by), id, entry));
    };
    EXPECT_EQ(why({Tlp::green, {}, {}}), "respond.incident.wider_than_incident /visibility");
    EXPECT_EQ(why({Tlp::amber, {OrganisationId{"police"}}, {}}),
              "respond.incident.wider_than_incident /visibility");
    EXPECT_EQ(why({Tlp::red, {}, {PersonId{"officer"}}}),
              "respond.incident.wider_than_incident /visibility");
    EXPECT_EQ(why({Tlp::red, {}, {PersonId{"duty"}}}), "accepted");
    EXPECT_EQ(why({Tlp::amber_strict, {OrganisationId{"north"}}, {}}), "accepted");
    EXPECT_EQ(why({Tlp::amber, {OrganisationId{"manager"}}, {}}), "accepted");
}

TEST(Chronology, a_correction_of_a_narrow_line_is_as_narrow) {
    // Correcting a typing error would publish a confidential line.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    auto narrow = line("容疑者の名前");
    narrow.visibility = Readers{Tlp::red, {}, {PersonId{"officer"}}};
    narrow.kind = EntryKind::request;
    port.write("duty", id, narrow);
    auto correction = line("訂正した名前");
    correction.corrects = 1;
    const auto corrected = add_entry(port.asked(port.as("duty")), id, correction);
    EXPECT_EQ(corrected->place.visibility.tlp, Tlp::red);
    const auto confirmed = confirm(port.asked(port.as("officer")), id, 1, {}, "確認");
    EXPECT_EQ(confirmed->place.visibility.tlp, Tlp::red);
}

TEST(Chronology, whom_it_reached_is_kept_with_the_entry) {
    // The review could not say when the police were told once their record is changed.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    auto entry = line("状況を連絡");
    entry.receiver_organisations = {OrganisationId{"police"}, OrganisationId{"north"},
                                    OrganisationId{"shipper"}, OrganisationId{"police"}};
    entry.audiences = {"public", "police"};
    const auto decided = add_entry(port.asked(port.as("clerk")), id, entry);
    ASSERT_TRUE(decided);
    EXPECT_EQ(*decided->body.audiences,
              (std::vector<std::string>{"police", "terminal_operator", "public"}));
    EXPECT_EQ(decided->body.receiver_organisations->size(), 3U);
    entry.audiences = {"press"};
    EXPECT_EQ(refusal(add_entry(port.asked(port.as("clerk")), id, entry)),
              "kernel.json.not_one_of /audiences/0");
    entry.audiences.clear();
    entry.receiver_organisations = {OrganisationId{"nobody"}};
    EXPECT_EQ(refusal(add_entry(port.asked(port.as("clerk")), id, entry)),
              "respond.incident.organisation_unknown /receiver_organisations/0");
}

TEST(Chronology, bodies_leave_out_what_was_not_said) {
    // A million lines would be read half as fast at every start.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    port.write("clerk", id, "一行");
    EXPECT_EQ(port.last_body, R"({"number":1,"organisation":"manager","content":"一行"})");
}

TEST(Chronology, what_was_left_blank_is_left_out) {
    // The board would show an empty sender as if somebody had been named.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    auto entry = line("一行");
    entry.sender = " ";
    entry.medium = "";
    const auto decided = add_entry(port.asked(port.as("clerk")), id, entry);
    EXPECT_FALSE(decided->body.sender);
    EXPECT_FALSE(decided->body.medium);
}

// ---- tasks ---------------------------------------------------------------------------------

struct Tasks : testing::Test {
    Scene port;
    IncidentId id = port.open("duty", "ゲート停止");
    Number request(const std::string& content) {
        auto entry = line(content);
        entry.kind = EntryKind::request;
        return port.write("duty", id, entry);
    }
    template <class Decide>
    std::string why(Decide decide, Number number) {
        return refusal(decide(port.asked(port.as("clerk")), id, number, RemarkRequest{}, "x"));
    }
};

TEST_F(Tasks, are_done_once) {
    // Two people report the same order done, and the second never learns of the first.
    const auto task = request("トラックを止めてほしい");
    port.remark(complete, "clerk", id, task);
    EXPECT_EQ(why(complete, task), "respond.incident.already_done");
    port.remark(reopen_task, "clerk", id, task);
    EXPECT_EQ(why(reopen_task, task), "respond.incident.not_done_yet");
    EXPECT_EQ(why(complete, task), "accepted");
}

TEST_F(Tasks, a_fact_cannot_be_done) {
    // The list of open tasks would be closed line by line by reporting facts done.
    port.write("clerk", id, "ただの事実");
    EXPECT_EQ(why(complete, 1), "respond.incident.not_a_task");
    EXPECT_EQ(why(complete, 7), "respond.incident.entry_unknown");
    auto entry = line("事実に期限");
    entry.due = port.now + 1h;
    EXPECT_EQ(refusal(add_entry(port.asked(port.as("clerk")), id, entry)),
              "respond.incident.due_without_task /due");
}

TEST_F(Tasks, one_that_was_corrected_meanwhile_is_not_done_unseen) {
    // "Close gate 3" becomes "close gate 4", and the report about gate 3 closes it.
    const auto task = request("ゲート3を閉める");
    auto correction = line("ゲート4を閉める");
    correction.kind = EntryKind::request;
    correction.corrects = task;
    port.write("duty", id, correction);
    EXPECT_EQ(why(complete, task), "respond.incident.entry_corrected");
    EXPECT_EQ(why(confirm, task), "respond.incident.entry_corrected");
    EXPECT_EQ(why(complete, task + 1), "accepted");
}

TEST_F(Tasks, correcting_the_report_keeps_it_done) {
    // Correcting a typing error in "done" would put the order on top again.
    const auto task = request("バリケードを置く");
    const auto report = port.remark(complete, "clerk", id, task);
    auto correction = line("完了（14:05）");
    correction.corrects = report;
    port.write("clerk", id, correction);
    EXPECT_EQ(why(complete, task), "respond.incident.already_done");
}

// ---- attachments ---------------------------------------------------------------------------

TEST(Attachments, only_what_was_handed_in_here_can_be_named) {
    // An entry would point at nothing, or carry somebody else's file to new readers.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    const auto by = port.as("duty");
    const auto added =
        add_attachment(port.asked(by), id, {"aa", "../写真.png", 12, "Image/PNG; x"});
    ASSERT_TRUE(added);
    EXPECT_EQ(added->body.attachment.name, "写真.png");
    EXPECT_EQ(added->body.attachment.media_type, "image/png");
    EXPECT_EQ(added->place.visibility.people, (std::vector{PersonId{"duty"}}));
    port.tell(*added, by);
    auto entry = line("写真");
    entry.attachments = {"aa"};
    EXPECT_EQ(refusal(add_entry(port.asked(port.as("rival")), id, entry)),
              "respond.incident.attachment_unknown /attachments/0");
    port.write("duty", id, entry);
    EXPECT_TRUE(add_entry(port.asked(port.as("rival")), id, entry)) << "now it is seen by all";
    entry.attachments = {"bb"};
    EXPECT_EQ(refusal(add_entry(port.asked(by), id, entry)),
              "respond.incident.attachment_unknown /attachments/0");
}

TEST(Attachments, have_a_size) {
    // A film of the yard would fill the disk of the machine that everything depends on.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    const auto by = port.as("duty");
    EXPECT_EQ(refusal(add_attachment(port.asked(by), id, {"aa", "x", 0, ""})),
              "respond.incident.attachment_empty");
    EXPECT_EQ(refusal(add_attachment(port.asked(by), id, {"aa", "x", 26'214'401, ""})),
              "respond.incident.attachment_too_large");
}

// ---- exercises -----------------------------------------------------------------------------

TEST(Exercise, its_entries_take_its_time) {
    // The course of July 2023 would be written down as of today, or be refused as too far ahead.
    Scene port;
    const auto start = *parse_rfc3339("2023-07-04T06:30:00+09:00");
    auto request = gates_stopped();
    request.exercise = port.start_exercise("nagoya", start, 600);
    const auto id = port.open("duty", request);
    port.now += 30s;
    const auto decided = add_entry(port.asked(port.as("duty")), id, line("5時間後"));
    EXPECT_EQ(*decided->place.event_time, start + 5h);
    auto ahead = line("明日の話");
    ahead.event_time = start + 30h;
    EXPECT_EQ(refusal(add_entry(port.asked(port.as("duty")), id, ahead)),
              "respond.incident.event_time_future /event_time");
}

TEST(Exercise, when_it_has_ended_nothing_new_begins_but_mistakes_are_corrected) {
    // A finished drill would go on, or its record could not be put right at the hot wash.
    Scene port;
    const auto drill = port.start_exercise("drill", port.now);
    auto request = gates_stopped();
    request.exercise = drill;
    const auto id = port.open("duty", request);
    port.write("duty", id, "まちがい");
    port.end_exercise(drill);
    const auto refused = open_incident(port.asked(port.as("duty")), IncidentId{"x"}, request);
    EXPECT_EQ(refusal(refused), "respond.incident.exercise_ended");
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
    const auto can = port.view.one(port.as("duty"), id, Language::ja)->can;
    EXPECT_FALSE(can->write || can->close || can->write_on_behalf);
    auto correction = line("正しい");
    correction.corrects = 1;
    EXPECT_EQ(port.write("duty", id, correction), 2U);
}

// ---- visibility ----------------------------------------------------------------------------

TEST(Sharing, an_incident_that_is_not_shared_is_not_there) {
    // "Forbidden" would tell a rival that there is something.
    Scene port;
    const auto id = port.open("security", "TOSに異常");
    for (const auto* person : {"rival", "officer", "outsider"}) {
        const auto by = port.as(person);
        EXPECT_EQ(refusal(add_entry(port.asked(by), id, line("x"))), "respond.incident.unknown");
        EXPECT_EQ(refusal(close(port.asked(by), id, {})), "respond.incident.unknown");
    }
    EXPECT_TRUE(add_entry(port.asked(port.as("engineer")), id, line("保守会社から")))
        << "TLP:AMBER reaches who serves the operator";
}

TEST(Sharing, can_be_widened_by_who_may) {
    // The police could never be brought in after the first hour.
    Scene port;
    const auto id = port.open("security", "TOSに異常");
    port.write("security", id, "最初の状況");
    const auto by = port.as("security");
    const auto decided = change_visibility(
        port.asked(by), id, 1,
        {Tlp::amber, {OrganisationId{"manager"}, OrganisationId{"police"}}, {}, "警察へ共有"});
    ASSERT_TRUE(decided);
    port.tell(*decided, by);
    EXPECT_EQ(port.entries("officer", id).items.size(), 1U);
    EXPECT_EQ(port.state.find(id)->version, 2U);
    EXPECT_EQ(port.state.find(id)->visibility->organisations.size(), 3U) << "and one's own";
}

TEST(Sharing, is_for_who_opened_it_and_for_the_port_manager) {
    // Whoever was let in could let in the world: TLP would mean nothing.
    Scene port;
    const auto id = port.open("security", "TOSに異常");
    const ShareRequest with_south{
        Tlp::amber, {OrganisationId{"manager"}, OrganisationId{"south"}}, {}, {}};
    auto owner = port.as("security");
    port.tell(*change_visibility(port.asked(owner), id, 1, with_south), owner);
    const ShareRequest everybody{Tlp::clear, {}, {}, {}};
    const auto refused = change_visibility(port.asked(port.as("rival")), id, 2, everybody);
    EXPECT_EQ(refusal(refused), "respond.incident.not_yours_to_share");
    EXPECT_EQ(refused.error().kind, ErrorKind::forbidden);
    EXPECT_FALSE(port.view.one(port.as("rival"), id, Language::ja)->can->change_visibility);
    EXPECT_TRUE(port.view.one(port.as("duty"), id, Language::ja)->can->change_visibility);
    EXPECT_TRUE(change_visibility(port.asked(port.as("duty")), id, 2, everybody));
}

TEST(Milestones, are_refused_where_they_make_no_sense) {
    // A gate would be "open" at a terminal that does not exist, or was reached next week.
    Scene port;
    const auto id = port.open("duty", "ゲート停止");
    MilestoneRequest request{TerminalId{"t1"},
                             Milestone::gate_open,
                             MilestoneState::announced,
                             port.now + 72h,
                             {},
                             {},
                             {},
                             {}};
    EXPECT_TRUE(set_milestone(port.asked(port.as("duty")), id, request));
    request.state = MilestoneState::reached;
    EXPECT_EQ(refusal(set_milestone(port.asked(port.as("duty")), id, request)),
              "respond.incident.event_time_future /time");
    request.terminal = TerminalId{"t9"};
    EXPECT_EQ(refusal(set_milestone(port.asked(port.as("duty")), id, request)),
              "respond.incident.terminal_unknown /terminal");
}

}  // namespace
}  // namespace noroshi::respond::incident
