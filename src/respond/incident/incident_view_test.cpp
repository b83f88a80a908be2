#include "respond/incident/incident_view.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/i18n/i18n.h"
#include "respond/callout/callout_facts.h"
#include "respond/incident/incident_scene.h"

namespace noroshi::respond::incident {
namespace {

using namespace std::chrono_literals;
using Numbers = std::vector<Number>;

EntryRequest line(std::string content, EntryKind kind = EntryKind::fact) {
    EntryRequest request;
    request.content = std::move(content);
    request.kind = kind;
    return request;
}

EntryRequest for_manager_only(std::string content) {
    auto request = line(std::move(content));
    request.visibility = Readers{Tlp::amber_strict, {OrganisationId{"manager"}}, {}};
    return request;
}

struct OnTheBoard : testing::Test {
    Scene port;
    IncidentId id = port.open("duty", "ゲート停止");

    EntryItem item(Number number, const std::string& person = "duty") {
        EntryFilter filter;
        filter.after = number - 1;
        filter.limit = 1;
        return port.entries(person, id, filter).items.at(0);
    }
    MilestoneRequest gate(const std::string& terminal, MilestoneState state, Instant time,
                          std::optional<Instant> said_at = {}) {
        return {TerminalId{terminal}, Milestone::gate_open, state, time, {}, said_at, {}, {}};
    }
    void set(const MilestoneRequest& request) {
        const auto by = port.as("duty");
        port.tell(*set_milestone(port.asked(by), id, request), by);
    }
    Review review(const std::string& person = "duty") {
        return *port.view.review(port.as(person), id, Language::ja);
    }
    CommunicationItem told(const std::string& audience, const std::string& person = "duty") {
        for (const auto& item : review(person).communication)
            if (item.audience == audience) return item;
        return {};
    }
};

// ---- what is hidden ------------------------------------------------------------------------

TEST_F(OnTheBoard, what_is_hidden_is_said_to_be_hidden) {
    // A reader would take a gap for silence, or find the line that was not meant for him.
    port.write("duty", id, "皆に");
    port.write("duty", id, for_manager_only("内部"));
    port.write("duty", id, "また皆に");
    const auto page = port.entries("rival", id);
    EXPECT_EQ(port.numbers(page), (Numbers{1, 3}));
    EXPECT_EQ(page.hidden, 1U);
    const auto card = *port.view.one(port.as("rival"), id, Language::ja);
    EXPECT_EQ(card.entries, 2U);
    EXPECT_EQ(card.hidden, 1U);
    EXPECT_EQ(port.numbers(port.entries("clerk", id)), (Numbers{1, 2, 3}));
}

TEST_F(OnTheBoard, hidden_is_counted_page_by_page) {
    // The sum over the pages would be larger than what is hidden.
    for (int i = 0; i < 10; ++i) {
        port.write("duty", id, "皆に");
        port.write("duty", id, for_manager_only("内部"));
    }
    EntryFilter filter;
    filter.limit = 3;
    std::size_t hidden = 0;
    Numbers seen;
    for (int pages = 0; pages < 10; ++pages) {
        const auto page = port.entries("rival", id, filter);
        hidden += page.hidden;
        for (const auto& item : page.items) seen.push_back(item.number);
        if (page.items.empty()) break;
        filter.after = page.next;
    }
    EXPECT_EQ(seen, (Numbers{1, 3, 5, 7, 9, 11, 13, 15, 17, 19}));
    EXPECT_EQ(hidden, 10U);
}

TEST_F(OnTheBoard, an_incident_that_is_not_shared_is_counted_and_not_found) {
    // A rival would learn the title of an operator's trouble.
    const auto secret = port.open("security", "TOSに異常");
    const auto list = port.view.list(port.as("rival"), {}, {}, Language::ja);
    ASSERT_EQ(list.items.size(), 1U);
    EXPECT_EQ(list.items[0].id, id);
    EXPECT_EQ(list.hidden, 1U);
    EXPECT_EQ(port.view.one(port.as("rival"), secret, Language::ja).error().kind,
              ErrorKind::not_found);
    EXPECT_FALSE(port.view.review(port.as("rival"), secret, Language::ja));
    EXPECT_FALSE(port.view.milestones(port.as("rival"), secret, Language::ja));
    EXPECT_FALSE(port.view.open_tasks(port.as("rival"), secret, Language::ja));
    EXPECT_FALSE(port.view.search(port.as("rival"), secret, "異常", 10, Language::ja));
    EXPECT_TRUE(port.view.search(port.as("rival"), journal::World{}, "異常", 10, Language::ja)
                    .incidents.empty());
}

TEST_F(OnTheBoard, entries_follow_their_incident_when_it_is_shared_further) {
    // The police are brought in and see an empty board.
    const auto secret = port.open("security", "TOSに異常");
    port.write("security", secret, "最初の状況");
    auto narrow = line("社内だけ");
    narrow.visibility = Readers{Tlp::amber_strict, {OrganisationId{"north"}}, {}};
    port.write("security", secret, narrow);
    const auto by = port.as("security");
    port.tell(*change_visibility(port.asked(by), secret, 1, {Tlp::green, {}, {}, {}}), by);
    const auto page = port.entries("officer", secret);
    EXPECT_EQ(port.numbers(page), (Numbers{1}));
    EXPECT_EQ(page.hidden, 1U);
    EXPECT_EQ(page.items[0].visibility.tlp, Tlp::green);
}

TEST_F(OnTheBoard, a_drill_is_not_among_the_live) {
    // 【訓練】 A drill taken for real stops the port; a real incident taken for a drill, worse.
    const auto drill = port.start_exercise("drill", port.now);
    OpenRequest request;
    request.title = "訓練のゲート停止";
    request.effects = {Effect::freight};
    request.exercise = drill;
    const auto in_drill = port.open("duty", request);
    port.write("duty", in_drill, "訓練の記録");
    const auto live = port.view.list(port.as("duty"), {}, {}, Language::ja);
    ASSERT_EQ(live.items.size(), 1U);
    EXPECT_EQ(live.items[0].id, id);
    EXPECT_FALSE(live.items[0].exercise);
    const auto drilled = port.view.list(port.as("duty"), {drill}, {}, Language::ja);
    ASSERT_EQ(drilled.items.size(), 1U);
    EXPECT_EQ(drilled.items[0].exercise, drill);
    EXPECT_EQ(
        port.view.search(port.as("duty"), journal::World{}, "訓練", 9, Language::ja).items.size(),
        0U);
    EXPECT_EQ(port.view.search(port.as("duty"), {drill}, "訓練", 9, Language::ja).items.size(), 1U);
}

// ---- corrections and tasks -----------------------------------------------------------------

TEST_F(OnTheBoard, a_chain_of_corrections_is_readable_both_ways) {
    // Nobody could say which of five versions of a line holds.
    port.write("clerk", id, "3台");
    for (const auto* text : {"4台", "5台"}) {
        auto correction = line(text);
        correction.corrects = port.entries("duty", id).items.back().number;
        port.write("clerk", id, correction);
    }
    EXPECT_EQ(item(1).corrected_by, 2U);
    EXPECT_EQ(item(2).corrects, 1U);
    EXPECT_EQ(item(2).corrected_by, 3U);
    EXPECT_EQ(item(3).corrects, 2U);
    EXPECT_FALSE(item(3).corrected_by);
}

TEST_F(OnTheBoard, that_a_line_was_corrected_is_seen_even_if_the_correction_is_not) {
    // A reader would act on a line that others know to be wrong.
    port.write("clerk", id, "ゲート3は開いている");
    auto correction = for_manager_only("ゲート3は閉じている");
    correction.corrects = 1;
    port.write("duty", id, correction);
    EXPECT_EQ(item(1, "rival").corrected_by, 2U);
    EXPECT_EQ(port.entries("rival", id).items.size(), 1U);
}

TEST_F(OnTheBoard, orders_and_requests_stay_on_top_until_done) {
    // What was asked for at 06:40 would scroll away by 07:00.
    port.write("duty", id, "事実");
    port.write("duty", id, line("いつでも", EntryKind::request));
    auto soon = line("至急", EntryKind::order);
    soon.due = port.now + 10min;
    port.write("duty", id, soon);
    auto later = line("今日中", EntryKind::request);
    later.due = port.now + 5h;
    port.write("duty", id, later);
    EXPECT_EQ(port.open_numbers("duty", id), (Numbers{3, 4, 2}));
    const auto report = port.remark(complete, "clerk", id, 3);
    EXPECT_EQ(port.open_numbers("duty", id), (Numbers{4, 2}));
    EXPECT_EQ(item(3).done_by, report);
    EXPECT_EQ(item(report).completes, 3U);
    port.remark(reopen_task, "clerk", id, 3);
    EXPECT_EQ(port.open_numbers("duty", id), (Numbers{3, 4, 2}));
    EXPECT_FALSE(item(3).done_by);
    EXPECT_EQ(port.view.one(port.as("duty"), id, Language::ja)->open_orders, 3U);
}

TEST_F(OnTheBoard, a_corrected_task_gives_its_place_to_the_correction) {
    // The same order would stand on top twice, once wrong; or vanish when a typing error is put right.
    const auto task = port.write("duty", id, line("ゲート3を閉める", EntryKind::order));
    auto correction = line("ゲート4を閉める", EntryKind::order);
    correction.corrects = task;
    const auto corrected = port.write("duty", id, correction);
    EXPECT_EQ(port.open_numbers("duty", id), (Numbers{corrected}));
    auto fact = line("指示ではなかった");
    fact.corrects = corrected;
    port.write("duty", id, fact);
    EXPECT_EQ(port.open_numbers("duty", id), Numbers{});
}

TEST_F(OnTheBoard, correcting_a_done_task_or_its_report_does_not_bring_it_back) {
    // A typing error put right in the evening would alarm the night shift with an old order.
    const auto task = port.write("duty", id, line("バリケード", EntryKind::request));
    const auto report = port.remark(complete, "clerk", id, task);
    auto correction = line("完了 14:05");
    correction.corrects = report;
    const auto corrected_report = port.write("clerk", id, correction);
    EXPECT_EQ(item(task).done_by, corrected_report);
    EXPECT_EQ(item(corrected_report).completes, task);
    auto reworded = line("バリケードを置く", EntryKind::request);
    reworded.corrects = task;
    const auto corrected_task = port.write("duty", id, reworded);
    EXPECT_EQ(item(corrected_task).done_by, corrected_report);
    EXPECT_EQ(port.open_numbers("duty", id), Numbers{});
    port.remark(reopen_task, "clerk", id, corrected_task);
    EXPECT_EQ(port.open_numbers("duty", id), (Numbers{corrected_task}));
}

TEST_F(OnTheBoard, a_rumour_that_is_confirmed_says_by_what) {
    // Decisions would rest on a rumour, or wait for one that was confirmed an hour ago.
    port.write("clerk", id, line("他港も止まっているらしい", EntryKind::rumour));
    EXPECT_FALSE(item(1).confirmed);
    const auto by = port.remark(confirm, "duty", id, 1);
    EXPECT_TRUE(item(1).confirmed);
    EXPECT_EQ(item(1).confirmed_by, by);
    EXPECT_EQ(item(1).kind, EntryKind::rumour);
    EXPECT_EQ(item(by).confirms, 1U);
}

TEST_F(OnTheBoard, an_entry_is_told_as_it_is_later_read) {
    // An open board would show something else than the same board after a reload.
    auto request = line("全部入り", EntryKind::request);
    request.sender = "対策本部";
    request.receiver = "北ふ頭";
    request.medium = "電話";
    request.confirmed = true;
    request.due = port.now + 1h;
    request.on_behalf_of = OrganisationId{"north"};
    request.audiences = {"public"};
    request.receiver_organisations = {OrganisationId{"police"}};
    request.event_time = port.now - 5min;
    const auto by = port.as("clerk");
    for (const auto& one : {request, line("短い"), for_manager_only("狭い")}) {
        const auto decided = *add_entry(port.asked(by), id, one);
        const auto told =
            json::to_text(port.view.item_of(decided.body, by.person, *decided.place.event_time,
                                            port.now, decided.place.visibility, Language::ja));
        port.tell(decided, by);
        EXPECT_EQ(json::to_text(item(decided.body.number, "clerk")), told);
    }
}

TEST_F(OnTheBoard, an_incident_is_told_as_it_is_later_read) {
    // The list that follows events would differ from the list that was loaded.
    const auto by = port.as("security");
    OpenRequest request;
    request.title = "TOSに異常";
    request.effects = {Effect::cargo_data, Effect::freight};
    request.summary = "画面が出ない";
    request.terminals = {TerminalId{"t1"}};
    const auto decided = *open_incident(port.asked(by), IncidentId{"new"}, request);
    const auto told = json::to_text(
        port.view.item_of(decided.body, IncidentId{"new"}, by.person, *decided.place.event_time,
                          port.now, decided.place.world, decided.place.visibility, Language::ja));
    port.tell(decided, by);
    EXPECT_EQ(json::to_text(*port.view.for_everybody(IncidentId{"new"})), told);
}

// ---- questions -----------------------------------------------------------------------------

TEST_F(OnTheBoard, the_list_can_be_filtered) {
    // Forty lines in twenty minutes: who looks for the police's requests must not read all of them.
    port.write("clerk", id, "北ふ頭から電話");
    port.write("worker", id, line("らしい", EntryKind::rumour));
    auto request = line("規制をお願いしたい", EntryKind::request);
    request.receiver_organisations = {OrganisationId{"police"}};
    port.write("duty", id, request);
    auto behalf = line("北ふ頭: ヤードは手作業");
    behalf.on_behalf_of = OrganisationId{"north"};
    behalf.confirmed = true;
    port.write("clerk", id, behalf);
    const auto found = [&](auto change) {
        EntryFilter filter;
        change(filter);
        return port.numbers(port.entries("duty", id, filter));
    };
    EXPECT_EQ(found([](auto& f) { f.kind = EntryKind::rumour; }), (Numbers{2}));
    EXPECT_EQ(found([](auto& f) { f.open_only = true; }), (Numbers{3}));
    EXPECT_EQ(found([](auto& f) { f.confirmed = true; }), (Numbers{4}));
    EXPECT_EQ(found([](auto& f) { f.organisation = OrganisationId{"north"}; }), (Numbers{2, 4}));
    EXPECT_EQ(found([](auto& f) { f.organisation = OrganisationId{"police"}; }), (Numbers{3}));
    EXPECT_EQ(found([](auto& f) { f.words = "北ふ頭"; }), (Numbers{1, 4}));
    EXPECT_EQ(found([](auto& f) {
                  f.words = "北ふ頭";
                  f.after = 1;
              }),
              (Numbers{4}));
    EXPECT_EQ(found([](auto& f) { f.after = 4; }), Numbers{});
    EntryFilter beyond;
    beyond.after = 99;
    EXPECT_EQ(port.entries("duty", id, beyond).next, 99U);
}

TEST_F(OnTheBoard, search_reaches_into_every_field_but_not_over_them) {
    // A telephone call from the coast guard would not be found because the sender is another field.
    auto entry = line("巡視艇が出動");
    entry.sender = "海上保安部";
    entry.receiver = "対策本部";
    entry.medium = "無線";
    port.write("clerk", id, entry);
    const auto count = [&](const std::string& question) {
        return port.view.search(port.as("duty"), journal::World{}, question, 10, Language::ja)
            .items.size();
    };
    EXPECT_EQ(count("海上保安部"), 1U);
    EXPECT_EQ(count("無線 出動"), 1U);
    EXPECT_EQ(count("出動海上"), 0U);
    EXPECT_EQ(port.view.search(port.as("duty"), journal::World{}, "ｹﾞｰﾄ", 10, Language::ja)
                  .incidents.size(),
              1U);
}

TEST_F(OnTheBoard, search_brings_the_latest_first_and_says_if_there_is_more) {
    // An old line would stand above the one of five minutes ago.
    for (int i = 0; i < 5; ++i) port.write("clerk", id, "警察から連絡");
    const auto result =
        port.view.search(port.as("duty"), journal::World{}, "警察", 3, Language::ja);
    ASSERT_EQ(result.items.size(), 3U);
    EXPECT_EQ(result.items[0].number, 5U);
    EXPECT_EQ(result.items[2].number, 3U);
    EXPECT_TRUE(result.more);
    EXPECT_EQ(result.items[0].incident, id);
}

RC_GTEST_PROP(Search, finds_the_same_however_far_the_index_has_come, ()) {
    // What was entered since the last search would be missing from the next one.
    Scene port;
    const auto id = port.open("duty", "x");
    const auto other = port.open("security", "y");
    const auto words = rc::gen::elementOf(
        std::vector<std::string>{"警察", "港", "ゲート", "ｹﾞｰﾄ", "船 警察", "なし"});
    std::vector<std::pair<IncidentId, std::string>> written;
    const auto steps = *rc::gen::inRange(1, 40);
    for (int i = 0; i < steps; ++i) {
        if (*rc::gen::inRange(0, 4) == 0)
            port.view.index_more(static_cast<std::size_t>(*rc::gen::inRange(0, 5)));
        const bool first = *rc::gen::arbitrary<bool>();
        const auto text = *words + *words;
        port.write(first ? "duty" : "security", first ? id : other, text);
        written.emplace_back(first ? id : other, text);
    }
    const auto question = *words;
    const auto asked = words_of(question);
    std::size_t expected = 0;
    std::size_t expected_for_rival = 0;
    for (const auto& [where, text] : written) {
        if (!contains_all(fold_for_search(text), asked)) continue;
        ++expected;
        if (where == id) ++expected_for_rival;
    }
    RC_ASSERT(port.view.search(port.as("security"), journal::World{}, question, 200, Language::ja)
                  .items.size() == expected);
    RC_ASSERT(port.view.search(port.as("rival"), journal::World{}, question, 200, Language::ja)
                  .items.size() == expected_for_rival);
    RC_ASSERT(port.view.search(port.as("rival"), id, question, 200, Language::ja)->items.size() ==
              expected_for_rival);
    EntryFilter filter;
    filter.words = question;
    filter.limit = 200;
    RC_ASSERT(port.entries("rival", id, filter).items.size() == expected_for_rival);
}

TEST_F(OnTheBoard, tells_what_a_person_may_do) {
    // Buttons would be shown that answer "not permitted", or be missing at the worst moment.
    const auto can = [&](const std::string& person) {
        return *port.view.one(port.as(person), id, Language::ja)->can;
    };
    EXPECT_TRUE(can("duty").close && can("duty").write_on_behalf && !can("duty").reopen);
    EXPECT_TRUE(can("officer").write && !can("officer").close && !can("officer").write_on_behalf);
    EXPECT_FALSE(can("observer").write);
    EXPECT_FALSE(can("admin").write || can("admin").correct_intake);
}

// ---- milestones ----------------------------------------------------------------------------

TEST_F(OnTheBoard, every_announced_time_is_kept_with_how_far_it_slipped) {
    // In Nagoya the restart was announced for 18:00, 20:00, 08:30 and "the afternoon"; a board that
    // keeps the last one only cannot say so.
    const Instant start = port.now;
    set(gate("t1", MilestoneState::announced, start + 12h));
    set(gate("t1", MilestoneState::announced, start + 14h, start + 11h));
    set(gate("t1", MilestoneState::announced, start + 13h, start + 5h));  // told late, said between
    auto items = port.view.milestones(port.as("officer"), id, Language::ja)->items;
    ASSERT_EQ(items.size(), 1U);
    const auto& announced = items[0].announced;
    ASSERT_EQ(announced.size(), 3U);
    EXPECT_EQ(announced[1].promised_at, start + 13h);
    EXPECT_FALSE(announced[0].slipped_minutes);
    EXPECT_EQ(announced[1].slipped_minutes, 60);
    EXPECT_EQ(announced[2].slipped_minutes, 60);
    EXPECT_EQ(items[0].at, start + 14h);
    EXPECT_EQ(items[0].slipped_minutes, 120);
    EXPECT_FALSE(items[0].reached_at);
    set(gate("t1", MilestoneState::reached, start + 15h, start + 15h));
    items = port.view.milestones(port.as("officer"), id, Language::ja)->items;
    EXPECT_EQ(items[0].reached_at, start + 15h);
    EXPECT_EQ(items[0].slipped_minutes, 180);
    EXPECT_EQ(items[0].history.size(), 4U);
}

TEST_F(OnTheBoard, a_milestone_may_be_lost_again) {
    // Malware found in the restored data: "system back" would stand there for ever.
    set(gate("t1", MilestoneState::reached, port.now));
    set(gate("t1", MilestoneState::withdrawn, port.now + 1min, port.now + 1min));
    const auto item =
        port.view.milestone(id, TerminalId{"t1"}, Milestone::gate_open, Language::ja).value();
    EXPECT_EQ(item.state, MilestoneState::withdrawn);
    EXPECT_FALSE(item.reached_at);
    EXPECT_FALSE(item.at);
    EXPECT_EQ(item.history.size(), 2U);
}

TEST_F(OnTheBoard, milestones_stand_by_terminal_and_in_their_order) {
    // The row of a terminal would jump about whenever something is announced.
    const auto put = [&](const std::string& terminal, Milestone milestone) {
        auto request = gate(terminal, MilestoneState::reached, port.now);
        request.milestone = milestone;
        set(request);
    };
    put("t2", Milestone::gate_open);
    put("t1", Milestone::contained);
    put("t2", Milestone::detected);
    put("t1", Milestone::normal);
    put("t2", Milestone::system_back);
    put("t1", Milestone::detected);
    std::string order;
    for (const auto& item : port.view.milestones(port.as("duty"), id, Language::ja)->items)
        order += item.terminal.text + std::to_string(static_cast<int>(item.milestone)) + " ";
    EXPECT_EQ(order, "t20 t22 t25 t10 t11 t16 ");
}

// ---- review --------------------------------------------------------------------------------

TEST_F(OnTheBoard, an_audience_is_told_by_the_first_entry_sent_to_it) {
    // The review would say that the police were told at 06:40 because somebody spoke of them.
    port.write("duty", id, "警察に連絡すべきではないか");
    auto told_police = line("状況を連絡");
    told_police.audiences = {"police"};
    told_police.event_time = port.now + 150min;
    port.write("duty", id, told_police);
    told_police.event_time = port.now + 140min;  // entered later, happened earlier
    told_police.receiver_organisations = {OrganisationId{"north"}};
    port.write("duty", id, told_police);
    EXPECT_EQ(told("police").minutes, 140);
    EXPECT_EQ(told("police").entry, 3U);
    EXPECT_EQ(told("terminal_operator").minutes, 140);
    EXPECT_FALSE(told("public").first_at);
    EXPECT_EQ(told("police").label, i18n::text(Language::ja, "respond.incident.audience.police"));
}

TEST_F(OnTheBoard, a_corrected_entry_tells_nobody) {
    // A call that was never made would count.
    auto entry = line("県警に電話した");
    entry.audiences = {"police"};
    port.write("duty", id, entry);
    auto correction = line("県警にはまだ電話していない");
    correction.corrects = 1;
    port.write("duty", id, correction);
    EXPECT_FALSE(told("police").first_at);
}

TEST_F(OnTheBoard, a_call_out_that_arrived_tells_its_audience) {
    // The police were alarmed in the first minute and the review would say "never".
    port.tell(
        "respond/callout/c1", {Tlp::green, {}, {}}, "duty",
        callout::CalloutRaised{id,
                               OrganisationId{"manager"},
                               {},
                               "参集",
                               {{PersonId{"officer"}, OrganisationId{"police"}, Role::member, {}},
                                {PersonId{"rival"}, OrganisationId{"south"}, Role::member, {}}},
                               {},
                               10min,
                               3,
                               port.now + 24h},
        {}, port.now + 1min);
    EXPECT_FALSE(told("police").first_at) << "sending is not telling";
    port.tell("respond/callout/c1", {Tlp::green, {}, {}}, "system",
              callout::MessageDelivered{id, PersonId{"officer"}, 0, 1, "relay"}, {},
              port.now + 2min);
    auto later = line("電話でも連絡");
    later.audiences = {"police"};
    later.event_time = port.now + 30min;
    port.write("duty", id, later);
    EXPECT_EQ(told("police").minutes, 2);
    EXPECT_EQ(told("police").callout, CalloutId{"c1"});
    EXPECT_FALSE(told("police").entry);
    EXPECT_FALSE(told("terminal_operator").first_at);
}

TEST_F(OnTheBoard, the_review_does_not_use_what_the_reader_may_not_see) {
    // A confidential call would be told by its time.
    auto entry = for_manager_only("専門家に相談");
    entry.audiences = {"security_expert"};
    port.write("duty", id, entry);
    EXPECT_TRUE(told("security_expert", "clerk").first_at);
    EXPECT_FALSE(told("security_expert", "officer").first_at);
    EXPECT_EQ(review("officer").hidden, 1U);
}

TEST_F(OnTheBoard, promises_are_held_against_what_happened) {
    // Whoever reads it a year later could not see that every announced time was missed.
    set(gate("t1", MilestoneState::announced, port.now + 1h));
    set(gate("t1", MilestoneState::announced, port.now + 3h));
    EXPECT_FALSE(review().promises.at(0).promised.at(0).late_minutes);
    set(gate("t1", MilestoneState::reached, port.now + 2h, port.now + 2h));
    const auto promise = review().promises.at(0);
    EXPECT_EQ(promise.promised.at(0).late_minutes, 60);
    EXPECT_EQ(promise.promised.at(1).late_minutes, -60);
    EXPECT_EQ(promise.reached_at, port.now + 2h);
}

TEST(Reviewing, stands_beside_the_reference_of_the_exercise) {
    // A replay of Nagoya could not be compared with Nagoya.
    Scene port;
    const ExerciseId drill{"nagoya"};
    const auto start = *parse_rfc3339("2023-07-04T06:30:00+09:00");
    port.tell(
        "practise/drills/nagoya", Visibility{Tlp::green, {}, {}}, "leader",
        practise::drills::ExerciseStarted{
            "nagoya", 600, start,
            practise::drills::Reference{
                "公表資料", {{"police", 150, {}}, {"security_expert", {}, "初動では聞かれず"}}}},
        {drill}, start);
    OpenRequest request;
    request.title = "ゲート停止";
    request.effects = {Effect::freight};
    request.exercise = drill;
    const auto id = port.open("duty", request);
    const auto review = *port.view.review(port.as("officer"), id, Language::en);
    EXPECT_EQ(review.reference_source, "公表資料");
    const auto& police = review.communication.at(0);
    EXPECT_EQ(police.audience, "police");
    EXPECT_EQ(police.reference_minutes, 150);
    const auto& expert = review.communication.at(4);
    EXPECT_TRUE(expert.has_reference);
    EXPECT_FALSE(expert.reference_minutes);
    EXPECT_EQ(expert.reference_note, "初動では聞かれず");
    EXPECT_FALSE(review.communication.at(9).has_reference);
}

// ---- attachments ---------------------------------------------------------------------------

TEST_F(OnTheBoard, a_file_is_given_to_whoever_sees_an_entry_that_names_it) {
    // Knowing a digest would be enough to read a confidential file, or a photograph would not open.
    const auto by = port.as("duty");
    port.tell(*add_attachment(port.asked(by), id, {"aa", "内部.pdf", 5, "application/pdf"}), by);
    const auto may = [&](const std::string& person) {
        return port.view.attachment(port.as(person), id, "aa").has_value();
    };
    EXPECT_TRUE(may("duty")) << "whoever uploaded it";
    EXPECT_FALSE(may("clerk")) << "nobody has named it yet";
    auto narrow = for_manager_only("内部資料");
    narrow.attachments = {"aa"};
    port.write("duty", id, narrow);
    EXPECT_TRUE(may("clerk"));
    EXPECT_FALSE(may("officer"));
    auto wide = line("皆に");
    wide.attachments = {"aa"};
    port.write("clerk", id, wide);
    EXPECT_TRUE(may("officer"));
    EXPECT_FALSE(port.view.attachment(by, id, "bb"));
}

// ---- size ----------------------------------------------------------------------------------

TEST_F(OnTheBoard, twenty_thousand_entries_are_all_there) {
    // A long incident would lose lines, or open so slowly that people go back to paper.
    constexpr Number count = 20'000;
    for (Number number = 1; number <= count; ++number) {
        auto entry = line(number % 500 == 0 ? "警察より連絡 " + std::to_string(number)
                                            : "通常の記録 " + std::to_string(number));
        if (number % 100 == 0) entry.kind = EntryKind::request;
        port.write(number % 2 == 0 ? "clerk" : "duty", id, entry);
    }
    EntryFilter filter;
    filter.limit = 500;
    Number expected = 0;
    while (true) {
        const auto page = port.entries("officer", id, filter);
        if (page.items.empty()) break;
        for (const auto& entry : page.items) {
            ASSERT_EQ(entry.number, ++expected);
            ASSERT_TRUE(entry.content.ends_with(" " + std::to_string(expected)));
        }
        filter.after = page.next;
    }
    EXPECT_EQ(expected, count);
    filter = {};
    filter.words = "警察";
    EXPECT_EQ(port.entries("officer", id, filter).items.size(), 40U);
    while (port.view.index_more(3'000) > 0) {}
    EXPECT_EQ(port.entries("officer", id, filter).items.size(), 40U);
    EXPECT_EQ(port.open_numbers("officer", id).size(), 200U);
}

TEST_F(OnTheBoard, many_search_while_one_writes) {
    // Five people search at once while lines come in, and one of them gets a torn list.
    std::shared_mutex held;  // as Journal::read and the journal's thread hold it
    for (int i = 0; i < 300; ++i) port.write("clerk", id, "警察から連絡");
    const auto by = port.as("officer");
    std::atomic<bool> right = true;
    {
        std::vector<std::jthread> readers;
        for (int reader = 0; reader < 4; ++reader)
            readers.emplace_back([&] {
                std::size_t before = 0;
                for (int i = 0; i < 50; ++i) {
                    const std::shared_lock lock(held);
                    port.view.index_more(7);
                    EntryFilter filter;
                    filter.words = "警察";
                    filter.limit = 500;
                    const auto found = port.view.entries(by, id, filter, Language::ja);
                    if (!found || found->items.size() < std::max<std::size_t>(before, 300))
                        right = false;
                    else
                        before = found->items.size();
                }
            });
        for (int i = 0; i < 100; ++i) {
            const std::unique_lock lock(held);
            port.write("clerk", id, "警察から続報");
        }
    }
    EXPECT_TRUE(right);
}

TEST_F(OnTheBoard, folding_anew_gives_the_same_board) {
    // After a failed commit or a restart the board would hold every line twice, or none.
    const auto by = port.as("duty");
    port.write("duty", id, "一行");
    port.reset();
    EXPECT_EQ(port.state.find(id), nullptr);
    EXPECT_EQ(port.view.list(by, {}, {}, Language::ja).items.size(), 0U);
    EntryAdded again;
    again.number = 1;
    again.organisation = OrganisationId{"manager"};
    again.content = "一行";
    // The board can be filled again from the first number.
    port.tell(
        "respond/incident/again", {Tlp::clear, {}, {}}, "duty",
        IncidentOpened{1, "再び", {Effect::other}, OrganisationId{"manager"}, {}, {}, {}, {}, {}});
    port.tell("respond/incident/again", {Tlp::clear, {}, {}}, "duty", again);
    EXPECT_EQ(port.view.entries(by, IncidentId{"again"}, {}, Language::ja)->items.size(), 1U);
}

TEST(Texts, are_kept_whatever_their_length) {
    // A text at the edge of a block of memory would run into its neighbour.
    TextStore store;
    std::vector<std::pair<const char*, std::string>> kept;
    for (std::size_t length : {0U, 1U, 4095U, 1U, 4096U, 4097U, 300'000U, 5U, 262'144U, 7U}) {
        const std::string text(length, static_cast<char>('a' + kept.size()));
        kept.emplace_back(store.put({text, "|"}), text + "|");
    }
    for (const auto& [at, text] : kept) EXPECT_EQ(std::string_view(at, text.size()), text);
}

}  // namespace
}  // namespace noroshi::respond::incident
