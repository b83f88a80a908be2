// Data providers: what an office reports, and how it comes into a draft.

#include <gtest/gtest.h>

#include "respond/notices/notices_providers.h"
#include "respond/notices/notices_scene.h"

namespace noroshi::respond::notices {
namespace {

using namespace std::chrono_literals;

class ProvidersTest : public Scene {
protected:
    void SetUp() override {
        Scene::SetUp();
        roads = *keep({.provider = ProviderKind::traffic_police,
                       .name = "県警察 交通管制",
                       .organisation = police,
                       .tells = {Subject::roads},
                       .roads = {{"臨港道路", "Harbour road"}, {"国道", ""}}});
        own_terminal = *keep({.provider = ProviderKind::terminal_operator,
                              .name = "北ふ頭ターミナル",
                              .organisation = north_operator,
                              .tells = {Subject::terminals}});
    }
    Result<ProviderId> keep(const ProviderRequest& request) {
        return desk.run([&](auto& r) {
            return notices->providers().keep(r, notices->ground(r), {}, request, {});
        });
    }
    Result<std::uint32_t> report(const PersonId& by, const ProviderId& id,
                                 const ReportRequest& request) {
        return desk.run(
            [&](auto& r) {
                return notices->providers().report(r, notices->ground(r), id, request, as(by));
            },
            by.text);
    }
    Result<> take(const PersonId& by, const NoticeId& notice, const ProviderId& id,
                  std::uint32_t number) {
        return keep_decided(by, [&](const Ground& ground, const Principal& who) {
            return take_over(ground, notices->providers().state(), notice, {id, number}, who,
                             notices->view().find(notice)->version);
        });
    }
    template <class F>
    Result<> keep_decided(const PersonId& by, F decide) {
        return Scene::keep(by, decide);
    }
    ReportRequest queue(std::uint32_t metres) const {
        ReportRequest request;
        RoadLine line;
        line.name = "臨港道路";
        line.traffic = Traffic::queue;
        line.queue_metres = metres;
        request.roads = {line};
        return request;
    }
    const Content& drafted(const NoticeId& id) const { return *notices->view().find(id)->draft; }
    ProviderId roads, own_terminal;
};

// The public would read how long the queue was when somebody found time to copy it.
TEST_F(ProvidersTest, a_report_comes_into_the_draft_with_its_own_time) {
    const auto id = publish(words());
    auto seen = queue(1200);
    const Instant then = std::chrono::floor<std::chrono::minutes>(desk.clock().now());
    seen.as_of = then;
    EXPECT_EQ(report(officer, roads, seen), 1U);
    desk.clock().advance(40min);
    EXPECT_TRUE(take(duty, id, roads, 1));
    ASSERT_EQ(drafted(id).roads.size(), 1U);
    EXPECT_EQ(drafted(id).roads[0].as_of, then);
    EXPECT_EQ(drafted(id).roads[0].name_en, "Harbour road");
    EXPECT_EQ(drafted(id).roads[0].queue_metres, 1200U);
    EXPECT_GT(drafted(id).as_of, then);
    EXPECT_FALSE(shown("/ja.html").contains("1200")) << "nothing of it is public yet";
    EXPECT_TRUE(approve(leader, id));
    EXPECT_TRUE(shown("/ja.html").contains("1200m"));
    const auto items = notices->providers().list(as(duty), {}).items;
    ASSERT_EQ(items.size(), 2U);
    const auto& shown_report = items[0].id == roads ? items[0] : items[1];
    ASSERT_EQ(shown_report.reports.at(0).taken.size(), 1U);
    EXPECT_EQ(shown_report.reports[0].by, "警察の担当");
}

// The harbour master's person, a leader of the port manager too, would publish their own report.
TEST_F(ProvidersTest, whoever_reported_does_not_approve_what_was_taken_over) {
    const auto id = publish(words());
    EXPECT_EQ(report(leader, roads, queue(300)), 1U);  // by telephone, taken down by the leader
    EXPECT_TRUE(take(duty, id, roads, 1));
    EXPECT_EQ(approve(leader, id).error().key, "respond.notices.own_draft");
    EXPECT_EQ(approve(duty, id).error().key, "respond.notices.own_draft");
    EXPECT_TRUE(approve(admin, id));
}

// The traffic police would announce that a gate is open; an operator, that its neighbour's is.
TEST_F(ProvidersTest, an_office_reports_only_what_it_knows) {
    ReportRequest gate;
    gate.terminals = {line(north, Service::normal)};
    EXPECT_EQ(report(officer, roads, gate).error().key, "respond.notices.not_told_by_provider");
    EXPECT_EQ(report(officer, own_terminal, gate).error().key, "respond.notices.not_your_office");
    EXPECT_TRUE(report(north_person, own_terminal, gate));
    gate.terminals = {line(south, Service::normal)};
    EXPECT_EQ(report(north_person, own_terminal, gate).error().pointer, "/terminals/0/terminal");
    auto other = queue(100);
    other.roads[0].name = "知らない道";
    EXPECT_EQ(report(officer, roads, other).error().pointer, "/roads/0/name");
    EXPECT_EQ(report(officer, roads, {}).error().key, "respond.notices.nothing_reported");
    auto tomorrow = queue(100);
    tomorrow.as_of = desk.clock().now() + 24h;
    EXPECT_EQ(report(officer, roads, tomorrow).error().pointer, "/as_of");
    EXPECT_EQ(keep({.provider = ProviderKind::ministry,
                    .name = "港湾事務所",
                    .organisation = police,
                    .tells = {Subject::terminals}})
                  .error()
                  .key,
              "respond.notices.runs_no_terminal");
}

// One tap on an old report would put the morning's queue over the noon's.
TEST_F(ProvidersTest, an_older_report_does_not_replace_what_is_newer) {
    const auto id = publish(words());
    auto early = queue(2400);
    early.as_of = desk.clock().now() - 2h;
    EXPECT_TRUE(report(officer, roads, early));
    EXPECT_TRUE(report(officer, roads, queue(800)));
    EXPECT_TRUE(take(duty, id, roads, 2));
    EXPECT_EQ(take(duty, id, roads, 1).error().key, "respond.notices.older_than_draft");
    EXPECT_EQ(drafted(id).roads[0].queue_metres, 800U);
    EXPECT_EQ(take(duty, id, roads, 3).error().key, "respond.notices.unknown_report");
    // The operator of the north terminal takes over nothing of the roads.
    EXPECT_FALSE(take(north_person, id, roads, 2));
}

// A neighbour would read what the police told the port manager.
TEST_F(ProvidersTest, reports_are_read_by_the_port_manager_and_their_own_office) {
    EXPECT_TRUE(report(officer, roads, queue(500)));
    EXPECT_EQ(notices->providers().list(as(duty), {}).items.size(), 2U);
    const auto theirs = notices->providers().list(as(officer), {}).items;
    ASSERT_EQ(theirs.size(), 1U);
    EXPECT_EQ(theirs[0].id, roads);
    EXPECT_TRUE(theirs[0].mine);
    EXPECT_TRUE(notices->providers().list(as(south_person), {}).items.empty());
    desk.reopen();
    EXPECT_EQ(notices->providers().list(as(officer), {}).items.at(0).reports.size(), 1U);
}

// A link passed on would report for another office, or for ever.
TEST_F(ProvidersTest, a_link_is_for_one_person_of_one_office_and_a_day) {
    const ReportLink link{roads, officer, {}, desk.clock().now() + report_link_lasts};
    const auto sealed =
        seal_report_link(link, notices->installation_key(), desk.journal().random());
    const auto opened = open_report_link(sealed, notices->installation_key());
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->provider, roads);
    EXPECT_EQ(opened->person, officer);
    EXPECT_TRUE(opened->exercise.empty());
    EXPECT_FALSE(open_report_link(sealed.substr(1), notices->installation_key()));
    const auto send = [&](const ReportLink& with) {
        return desk.run([&](auto& r) {
            return notices->providers().report_by_link(r, notices->ground(r), with, queue(700));
        });
    };
    EXPECT_TRUE(send(*opened));
    EXPECT_EQ(notices->providers().state().find(roads)->last({})->said.way, ReportedBy::link);
    auto another = link;
    another.person = south_person;
    EXPECT_EQ(send(another).error().key, "respond.notices.not_your_office");
    desk.clock().advance(25h);
    EXPECT_EQ(send(*opened).error().key, "respond.notices.report_link_expired");
}

// What stands on the form would be read as something else.
TEST_F(ProvidersTest, the_form_without_script_says_the_same_as_the_api) {
    const Instant now = desk.clock().now();
    const auto read = read_report_form(
        "road.0.name=%E8%87%A8%E6%B8%AF%E9%81%93%E8%B7%AF&road.0.traffic=queue&road.0.queue=1200"
        "&road.1.name=%E5%9B%BD%E9%81%93&road.1.traffic=unknown&ships.fairway=restricted"
        "&ships.waiting=4&ago=10&next=60",
        now);
    ASSERT_TRUE(read);
    ASSERT_EQ(read->roads.size(), 1U) << "a road of which nothing is known is left out";
    EXPECT_EQ(read->roads[0].queue_metres, 1200U);
    EXPECT_EQ(read->ships->fairway, Fairway::restricted);
    EXPECT_EQ(read->ships->waiting, 4U);
    EXPECT_EQ(*read->as_of, now - 10min);
    EXPECT_EQ(*read->next_report_at, now + 60min);
    EXPECT_EQ(read_report_form("ships.waiting=-4", now).error().key,
              "respond.notices.not_a_number");
    EXPECT_EQ(read_report_form("road.0.name=a&road.0.traffic=swift", now).error().key,
              "respond.notices.form_malformed");
}

// What was wrong would be gone from the page, as if it had never been said.
TEST_F(ProvidersTest, a_correction_stands_beside_what_it_corrects) {
    const auto id = publish(words("再開は15時"));
    auto next = words("再開は18時");
    next.correction = Correction{2, {{"ja", "x"}}};
    EXPECT_EQ(draft_again(duty, id, next).error().pointer, "/correction/edition");
    next.correction = Correction{1, {{"en", "x"}}};
    EXPECT_EQ(draft_again(duty, id, next).error().pointer, "/correction/texts/ja");
    next.correction = Correction{1, {{"ja", "15時は誤り。正しくは18時です。"}}};
    publish_again(id, next);
    const auto page = shown("/ja.html");
    EXPECT_TRUE(page.contains("第1報の訂正"));
    EXPECT_TRUE(page.contains("この内容は第2報で訂正されました"));
    EXPECT_TRUE(page.contains("再開は15時")) << "what was said stays";
    EXPECT_TRUE(shown("/status.json").contains("正しくは18時です"));
}

// "It is safe" would be said by nobody in particular, for no reason.
TEST_F(ProvidersTest, a_declaration_of_safety_says_by_whom_and_why) {
    auto request = words("復旧しました");
    request.phase = Phase::resolved;
    request.safety = SafetyDeclaration{"港湾管理者", "Port manager", " ", "", desk.clock().now()};
    EXPECT_EQ(draft(duty, request).error().pointer, "/safety/evidence");
    request.safety->evidence = "全端末を検査し、復元したデータに異常がないことを確認。";
    request.safety->declared_at += 1h;
    EXPECT_EQ(draft(duty, request).error().pointer, "/safety/declared_at");
    request.safety->declared_at -= 1h;
    request.terminals = {line(north, Service::normal)};
    EXPECT_EQ(draft(north_person, request).error().pointer, "/safety");
    publish(request);
    EXPECT_TRUE(shown("/ja.html").contains("安全宣言"));
    EXPECT_TRUE(shown("/ja.html").contains("全端末を検査"));
    EXPECT_TRUE(shown("/en.html").contains("Port manager"));
}

}  // namespace
}  // namespace noroshi::respond::notices
