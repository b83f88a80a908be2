#include "app/watching.h"

#include <fstream>

#include <gtest/gtest.h>

#include "app/installation_for_tests.h"
#include "prepare/council/council.h"
#include "watch/detections/detections.h"
#include "watch/detections/detections_view.h"
#include "watch/logs/logs.h"

namespace noroshi::app {
namespace {

using namespace std::chrono_literals;
namespace detections = watch::detections;
namespace logs = watch::logs;

class WatchingTest : public testing::Test {
protected:
    void SetUp() override {
        dir_ = folder_ / "data";
        open();
        hire(*installation_, "guard", {"security_person", "administrator"});
        member_ = person(*installation_, "guard").organisation;
        by_ = person(*installation_, "guard");
        ASSERT_TRUE(decide(*installation_, "system", [&](journal::Recorder& recorder) {
            return installation_->rooms().logs.agree(recorder, member_,
                                                     {{logs::LogKind::fortigate}, 90, {}, "覚書"});
        }));
        source_ = *decide(*installation_, "system", [&](journal::Recorder& recorder) {
            return installation_->rooms().logs.register_source(
                recorder, by_, {member_, "FW", logs::LogKind::fortigate, 0});
        });
        std::filesystem::create_directories(dir_ + "/rules");
        write("rules/r.yml", rules("refused", "ssl-login-fail"));
    }
    void open() {
        watching_.reset();
        installation_.reset();
        installation_ = open_installation(dir_);
        watching_ = std::make_unique<Watching>(
            *installation_,
            WatchFolders{dir_ + "/rules", dir_ + "/indicators", dir_ + "/allowed", false});
    }
    void write(const std::string& name, const std::string& text) {
        std::filesystem::create_directories(std::filesystem::path(dir_ + "/" + name).parent_path());
        std::ofstream(dir_ + "/" + name) << text;
    }
    static std::string rules(const std::string& name, const std::string& action) {
        return "title: " + name + "\nname: " + name + "\nid: 11111111-1111-4111-8111-" +
               (name == "refused" ? "111111111111" : "333333333333") +
               "\nlevel: high\nlogsource:\n  product: fortigate\ndetection:\n  s:\n    action: " +
               action + "\n  condition: s\n---\ntitle: guessed " + name +
               "\nid: 22222222-2222-4222-8222-" +
               (name == "refused" ? "222222222222" : "444444444444") +
               "\nlevel: high\ncorrelation:\n  type: event_count\n  rules: [" + name +
               "]\n  group-by: [remip]\n  timespan: 10m\n  condition:\n    gte: 5\n";
    }
    static std::string line(int second, const std::string& remip = "203.0.113.45") {
        return "date=2026-07-04 time=12:00:" + std::string(second < 10 ? "0" : "") +
               std::to_string(second) +
               " tz=\"+0900\" devname=\"FW\" logid=\"0101039426\" type=\"event\" subtype=\"vpn\" "
               "action=\"ssl-login-fail\" remip=" +
               remip + "\n";
    }
    void send(const std::string& text) {
        auto& installation = *installation_;
        const auto next = installation.intake().archive().next_line(source_.text);
        const auto done = installation.wait_for<Result<std::uint64_t>>([&](auto answered) {
            edge::archive::Batch batch;
            batch.source = source_.text;
            batch.first_line = next;
            batch.lines = text;
            batch.actor = by_.person.text;
            batch.record = [&](journal::Recorder& recorder,
                               const edge::archive::BlockHead& head) -> Result<> {
                return installation.rooms().logs.receive(
                    recorder, by_,
                    {logs::SourceId{head.source}, head.first_line, head.lines, head.raw_bytes,
                     head.sha256, head.earliest, head.latest, false});
            };
            batch.done = answered;
            ASSERT_TRUE(installation.intake().submit(std::move(batch)));
        });
        ASSERT_TRUE(done) << describe(done.error());
    }
    void look() {
        while (watching_->look()) {}
    }
    // "rule entity count", sorted.
    std::vector<std::string> found() {
        std::vector<std::string> all;
        for (const auto& [id, one] : installation_->rooms().detections.view().cases())
            for (const auto& rule : one.rules)
                all.push_back(rule.title + " " + one.entity + " " + std::to_string(rule.count));
        std::ranges::sort(all);
        return all;
    }

    store::TemporaryFolder folder_;
    std::string dir_;
    std::unique_ptr<Installation> installation_;
    std::unique_ptr<Watching> watching_;
    OrganisationId member_;
    Principal by_;
    logs::SourceId source_;
};

// A restart in the middle of a guessing loses it, or tells it twice.
TEST_F(WatchingTest, a_restart_neither_loses_nor_doubles) {
    for (int i = 0; i < 6; ++i) {
        send(line(i));
        look();
        if (i % 2 == 0) open();
    }
    look();
    EXPECT_EQ(found(), (std::vector<std::string>{"guessed refused 203.0.113.45 1"}));
    open();
    look();
    EXPECT_EQ(found(), (std::vector<std::string>{"guessed refused 203.0.113.45 1"}));
}

// Rules are changed while an attack is going on.
TEST_F(WatchingTest, rules_are_read_again_and_correlations_go_on) {
    for (int i = 0; i < 3; ++i) send(line(i));
    look();
    write("rules/other.yml", rules("other", "tunnel-up"));
    send(line(3) + line(4));
    look();
    EXPECT_EQ(found(), (std::vector<std::string>{"guessed refused 203.0.113.45 1"}));
}

TEST_F(WatchingTest, new_indicators_look_back_once) {
    for (int i = 0; i < 3; ++i) send(line(i, "198.51.100.7"));
    look();
    EXPECT_TRUE(found().empty());
    write("indicators/list.txt", "198.51.100.7\n");
    look();
    ASSERT_EQ(found().size(), 1U);
    EXPECT_TRUE(found()[0].ends_with(" 198.51.100.7 3")) << found()[0];
    EXPECT_TRUE(installation_->rooms().detections.view().cases().begin()->second.looked_back);
    open();
    look();
    EXPECT_EQ(found().size(), 1U);
    EXPECT_TRUE(found()[0].ends_with(" 198.51.100.7 3")) << found()[0];
}

TEST_F(WatchingTest, what_cannot_be_read_is_counted_by_reason) {
    send("\x01\x02 no log at all\nkey=\n" + line(0));
    look();
    const auto progress = installation_->rooms().detections.view().progress();
    ASSERT_TRUE(progress.contains(source_));
    std::uint64_t unparsed = 0;
    for (const auto& [reason, count] : progress.at(source_).unparsed) unparsed += count;
    EXPECT_EQ(progress.at(source_).parsed + unparsed, 3U);
    EXPECT_EQ(progress.at(source_).until_line, 3U);
}

TEST_F(WatchingTest, after_a_withdrawal_nothing_more_is_looked_at) {
    send(line(0) + line(1) + line(2) + line(3) + line(4));
    ASSERT_TRUE(decide(*installation_, "system", [&](journal::Recorder& recorder) {
        return installation_->rooms().logs.withdraw(recorder, by_, member_, "");
    }));
    look();
    EXPECT_TRUE(found().empty());
    EXPECT_FALSE(*installation_->intake().archive().line(source_.text, 0));
}

}  // namespace
}  // namespace noroshi::app
