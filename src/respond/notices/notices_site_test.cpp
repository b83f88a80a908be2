// What the public reads, in every form. Checked by tools of other make where they are installed.

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <boost/json.hpp>
#include <pugixml.hpp>

#include "respond/notices/notices_scene.h"

namespace noroshi::respond::notices {
namespace {

using namespace std::chrono_literals;

using NoticesSite = Scene;

pugi::xml_document parsed(const std::string& text) {
    pugi::xml_document document;
    const auto result = document.load_string(text.c_str());
    EXPECT_TRUE(result) << result.description() << " in\n" << text;
    return document;
}

// What xmllint says; empty: it is content, or it is not installed.
std::string judged(const std::string& text, const std::string& schema) {
    if (std::system("command -v xmllint >/dev/null 2>&1") != 0) return {};
    const store::TemporaryFolder folder;
    const auto file = folder / "document.xml";
    std::ofstream(file) << text;
    const std::string command = "xmllint --noout --nonet " +
                                (schema.empty() ? "" : "--schema " + schema + " ") +
                                std::string(file) + " 2>&1";
    std::string said;
    std::array<char, 512> buffer{};
    FILE* pipe = ::popen(command.c_str(), "r");
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) said += buffer.data();
    return ::pclose(pipe) == 0 ? std::string() : said + text;
}

std::string cap_schema() {
    const std::string schema = "../shared/data/cap/cap12.xsd";
    if (std::filesystem::exists(schema)) return schema;
    std::puts("skipped: no external data");
    return {};
}

// A receiver of alerts would throw ours away.
TEST_F(NoticesSite, alerts_are_cap_12) {
    auto request = words("ゲート<停止>&\"");
    request.texts["en"] = {"Gates & <stopped>", "All gates are closed.\nPlease wait."};
    request.texts["zh-Hans"] = {"a", "b"};
    request.terminals = {line(north, Service::stopped, desk.clock().now() + 5h),
                         line(south, Service::unknown)};
    request.roads = {RoadLine{"臨港道路", "Road", Traffic::queue, 2400, {}, {}}};
    request.ships = ShipsLine{12, {}, 3, 20'000, {}};
    request.next_update_at = desk.clock().now() + 1h;
    desk.clock().advance(Span(123'456));  // no fraction may come through
    const auto id = publish(request);
    const auto first = shown("/alerts.cap");
    EXPECT_EQ(judged(first, cap_schema()), "");
    EXPECT_STREQ(parsed(first).child("alert").child_value("status"), "Actual");
    EXPECT_STREQ(parsed(first).child("alert").child_value("msgType"), "Alert");
    EXPECT_STREQ(parsed(first).child("alert").child_value("sent"), "2026-07-04T06:30:00+09:00");
    EXPECT_FALSE(first.contains("Z</")) << first;
    EXPECT_LT(first.find("<language>ja<"), first.find("<language>en<"));

    request.phase = Phase::resolved;
    publish_again(id, request);
    const auto last = shown("/alerts/" + id.text + ".cap");
    EXPECT_EQ(judged(last, cap_schema()), "");
    EXPECT_STREQ(parsed(last).child("alert").child_value("msgType"), "Update");
    EXPECT_TRUE(std::string(parsed(last).child("alert").child_value("references"))
                    .starts_with("noroshi@port.example,noroshi-" + id.text + "-1,2026-07-04T"));
    EXPECT_TRUE(last.contains("<responseType>AllClear<"));
}

// CAP 1.2 §3.3.2.
TEST_F(NoticesSite, cap_times_have_a_numeric_offset) {
    const auto at = *parse_rfc3339("2026-07-04T06:30:00.123456+09:00");
    EXPECT_EQ(cap_time(at, "Asia/Tokyo"), "2026-07-04T06:30:00+09:00");
    EXPECT_EQ(cap_time(at, "UTC"), "2026-07-03T21:30:00-00:00");
    EXPECT_EQ(cap_time(at, "America/New_York"), "2026-07-03T17:30:00-04:00");
    EXPECT_EQ(cap_time(at, "Asia/Kolkata"), "2026-07-04T03:00:00+05:30");
}

// The second disruption would wipe the first off the page.
TEST_F(NoticesSite, several_stand_side_by_side_and_none_is_an_empty_feed) {
    auto none = parsed(shown("/alerts.cap"));
    EXPECT_STREQ(none.child("feed").attribute("xmlns").value(), "http://www.w3.org/2005/Atom");
    EXPECT_FALSE(none.child("feed").child("entry"));
    EXPECT_TRUE(none.child("feed").child("updated"));
    const auto one = publish(words("北のゲート"));
    EXPECT_TRUE(parsed(shown("/alerts.cap")).child("alert"));
    publish(words("南のTOS"));
    const auto both = parsed(shown("/alerts.cap"));
    std::size_t entries = 0;
    for (const auto& entry : both.child("feed").children("entry")) {
        ++entries;
        EXPECT_TRUE(entry.child("content").child("alert")) << "the alert itself";
    }
    EXPECT_EQ(entries, 2U);
    EXPECT_EQ(judged(shown("/alerts.cap"), ""), "");
    for (const auto* title : {"北のゲート", "南のTOS"})
        EXPECT_TRUE(shown("/ja.html").contains(title));
    auto over = words("北のゲート");
    over.phase = Phase::resolved;
    publish_again(one, over);
    EXPECT_TRUE(parsed(shown("/alerts.cap")).child("alert"));
    EXPECT_TRUE(shown("/ja.html").contains("南のTOS"));
    EXPECT_TRUE(shown("/ja.html").contains("これまでの利用障害"));
}

// A reader would show the same notice as new after every restart, or never show the update.
TEST_F(NoticesSite, the_feed_keeps_its_ids_and_moves_its_dates) {
    auto request = words();
    request.texts["en"] = {"Gate stopped", "Closed."};
    const auto id = publish(request);
    const auto id_of = [&](const std::string& path) {
        return std::string(parsed(shown(path)).child("feed").child("entry").child_value("id"));
    };
    const auto updated = [&] {
        return std::string(
            parsed(shown("/feed.atom")).child("feed").child("entry").child_value("updated"));
    };
    const auto feed = std::string(parsed(shown("/feed.atom")).child("feed").child_value("id"));
    const auto entry = id_of("/feed.atom");
    const auto first = updated();
    EXPECT_TRUE(entry.starts_with("urn:uuid:"));
    EXPECT_EQ(judged(shown("/feed.atom"), ""), "");
    EXPECT_TRUE(shown("/feed.atom").contains("xml:lang=\"en\""));
    desk.clock().advance(1h);
    request.texts["ja"].title = "続報";
    publish_again(id, request);
    EXPECT_EQ(id_of("/feed.atom"), entry);
    EXPECT_GT(updated(), first);
    EXPECT_TRUE(shown("/feed.atom").contains("ゲートの停止")) << "the earlier edition stays";
    EXPECT_NE(id_of("/feed.en.atom"), entry);
    desk.reopen();
    notices->set_public_url("https://elsewhere.example");
    EXPECT_EQ(id_of("/feed.atom"), entry);
    EXPECT_EQ(std::string(parsed(shown("/feed.atom")).child("feed").child_value("id")), feed);
}

// A promise that was missed would look like one that still stands.
TEST_F(NoticesSite, what_is_overdue_is_said_to_be_overdue) {
    auto request = words();
    request.next_update_at = desk.clock().now() + 2h;
    publish(request);
    EXPECT_TRUE(shown("/ja.html").contains("あと2時間0分"));
    EXPECT_TRUE(shown("/en.html").contains("in 2 h 0 min"));
    desk.clock().advance(1h + 30min);
    EXPECT_TRUE(shown("/ja.html").contains("あと30分"));
    EXPECT_TRUE(shown("/status.json").contains("\"next_update_overdue\":false"));
    desk.clock().advance(45min);
    EXPECT_TRUE(shown("/ja.html").contains("予定を15分過ぎています"));
    EXPECT_TRUE(shown("/ja.html").contains("name=\"next-update-overdue\" content=\"yes\""));
    EXPECT_TRUE(shown("/status.json").contains("\"next_update_overdue\":true"));
}

// The history would be rewritten by every new promise.
TEST_F(NoticesSite, every_promised_restart_stays_in_the_ledger) {
    const auto start = desk.clock().now();
    auto request = words();
    request.terminals = {line(north, Service::stopped, start + 6h),
                         line(south, Service::stopped, start + 6h)};
    const auto id = publish(request);
    const auto publish_after = [&](Span wait, std::optional<Instant> restart,
                                   Service service = Service::stopped) {
        desk.clock().advance(wait);
        request.terminals[0] = line(north, service, restart);
        publish_again(id, request);
    };
    publish_after(1h, start + 6h);   // the same again: no new line
    publish_after(1h, start + 12h);  // postponed
    publish_after(1h, start + 10h);  // moved forward
    publish_after(1h, {});           // withdrawn
    publish_after(1h, start + 20h);
    publish_after(16h, {}, Service::normal);  // an hour late
    const auto& promises = notices->public_view().picture().promises;
    std::string states;
    for (const auto& one : promises)
        if (one.terminal == north)
            states += std::string(boost::describe::enum_to_string(one.state, "?")) + " ";
    EXPECT_EQ(states, "postponed advanced withdrawn late ");
    EXPECT_EQ(promises[1].terminal, south);
    EXPECT_EQ(promises[1].state, PromiseState::standing) << "the other terminal's stands";
    EXPECT_TRUE(shown("/ja.html").contains("延期されました"));
    EXPECT_EQ(boost::json::parse(shown("/status.json")).at("promises").as_array().size(), 5U);
}

// An agent abroad would take Japanese for a broken page.
TEST_F(NoticesSite, a_missing_translation_is_said_to_be_missing) {
    auto request = words();
    publish(request);
    EXPECT_TRUE(shown("/en.html").contains("not been translated into English"));
    EXPECT_TRUE(shown("/en.html").contains("lang=\"ja\""));
    EXPECT_EQ(shown("/zh-Hans.html"), "");
    request.texts["zh-Hans"] = {"停止", "..."};
    publish(request);
    EXPECT_TRUE(shown("/zh-Hans.html").contains("停止"));
    EXPECT_FALSE(shown("/ja.html").contains("監視中"));
    request.phase = Phase::observing;
    publish(request);
    EXPECT_TRUE(shown("/ja.html").contains("経過観察"));
}

// A terminal of which nothing is known would look as if it ran.
TEST_F(NoticesSite, no_data_is_shown_as_no_data) {
    auto request = words();
    request.terminals = {line(north, Service::normal)};
    publish(request);
    const auto page = shown("/ja.html");
    EXPECT_TRUE(page.contains("北ふ頭"));
    EXPECT_TRUE(page.contains("南ふ頭"));
    EXPECT_TRUE(page.contains("<p class=\"state\">情報なし</p>"));
    const auto status = boost::json::parse(shown("/status.json"));
    for (const auto& terminal : status.at("terminals").as_array())
        EXPECT_EQ(terminal.as_object().contains("as_of"), terminal.at("service") == "normal");
}

// What a person wrote would become part of the page.
TEST_F(NoticesSite, nothing_written_becomes_markup) {
    auto request = words("<script>alert(1)</script>");
    request.texts["ja"].body = "</p><img src=x onerror=a>\n]]>&amp;\xef\xbf\xbf";
    request.roads = {RoadLine{"\"><b>", "", Traffic::queue, {}, {}, {}}};
    publish(request);
    for (const auto* path : {"/ja.html", "/en.html", "/feed.atom", "/alerts.cap"}) {
        EXPECT_FALSE(shown(path).contains("<script")) << path;
        EXPECT_FALSE(shown(path).contains("<img")) << path;
        EXPECT_FALSE(shown(path).contains("<b>")) << path;
    }
    EXPECT_EQ(judged(shown("/feed.atom"), ""), "");
    EXPECT_EQ(judged(shown("/alerts.cap"), cap_schema()), "");
    EXPECT_FALSE(shown("/ja.html").contains("<style"));
}

// The copy on another host would be read as if it were of now.
TEST_F(NoticesSite, a_copy_says_its_age) {
    auto request = words();
    request.next_update_at = desk.clock().now() + 2h;
    publish(request);
    desk.clock().advance(7min);
    EXPECT_TRUE(shown("/ja.html").contains("あと1時間53分"));
    const auto files = notices->public_view().copy();
    // An hour later it would still say "1 h 53 min": a copy tells the time and leaves counting to the reader.
    EXPECT_FALSE(files.at("/ja.html").body->contains("あと1時間53分"));
    EXPECT_TRUE(files.at("/ja.html").body->contains("次の更新予定"));
    EXPECT_TRUE(files.at("/ja.html")
                    .body->contains("これは写しです。作成：<time datetime=\"2026-07-04T06:37"));
    EXPECT_TRUE(files.at("/status.json").body->contains("\"copied_at\":\"2026-07-03T21:37"));
    EXPECT_FALSE(shown("/ja.html").contains("これは写しです"));
}

// Programs written to the documented schema would break.
TEST_F(NoticesSite, the_documented_schema_is_the_one_that_is_served) {
    std::ifstream file("docs/formats/status.schema.json");
    ASSERT_TRUE(file);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(boost::json::parse(text), boost::json::parse(status_schema())) << status_schema();
}

}  // namespace
}  // namespace noroshi::respond::notices
