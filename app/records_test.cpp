#include <fstream>

#include "app/installation_for_tests.h"
#include "kernel/journal/record.h"
#include "kernel/store/disposal.h"
#include "kernel/store/sqlite_connection.h"
#include "learn/records/records.h"
#include "prepare/council/council.h"
#include "respond/incident/incident.h"

namespace noroshi::app {
namespace {

using learn::records::Records;

class RecordsTest : public testing::Test {
protected:
    // An incident of 2010, closed; and one of today.
    void SetUp() override {
        open();
        at("2010-07-04T06:30:00+09:00");
        hire(*port_, "duty");
        hire(*port_, "chief", {"leader", "duty_officer"});
        old_ = open_incident(*port_, "duty", "古い事案");
        write(*port_, "duty", old_, "古い秘密の記録");
        const auto chief = person(*port_, "chief");
        ASSERT_TRUE(decide(*port_, chief.person.text, [&](auto& recorder) -> Result<> {
            auto& incident = port_->rooms().incident;
            TRY_LET(const auto closed,
                    respond::incident::close(incident.asked(recorder, chief), old_, {}));
            journal::record(recorder, closed.place, closed.body);
            return {};
        }));
        at("2026-07-04T06:30:00+09:00");
        new_ = open_incident(*port_, "duty", "新しい事案");
        write(*port_, "duty", new_, "新しい記録");
    }
    void open() { port_ = open_installation(folder_ / "port"); }
    void at(const char* time) { port_->demo_clock().show(*parse_rfc3339(time)); }
    Records& records() { return port_->rooms().records; }
    std::vector<learn::records::RecordItem> stock() {
        auto reader = *port_->store().reader();
        return *learn::records::take_stock(*reader, "Asia/Tokyo", port_->clock().now());
    }
    std::vector<std::string> due() {
        std::vector<std::string> out;
        for (const auto& item : stock())
            if (item.due && item.record.starts_with("respond/")) out.push_back(item.record);
        return out;
    }
    static std::string stream(const IncidentId& id) { return "respond/incident/" + id.text; }
    Result<std::string> propose(const std::string& login, std::vector<std::string> which) {
        return decide(*port_, person(*port_, login).person.text, [&](auto& recorder) {
            return records().propose(recorder, stock(), which, "保存期間満了");
        });
    }
    Result<> approve(const std::string& login, const std::string& id,
                     std::vector<std::string> which) {
        const auto by = person(*port_, login);
        auto reader = *port_->store().reader();
        auto taken = learn::records::gather(*reader, which, "Asia/Tokyo", port_->clock().now());
        if (!taken) return std::unexpected(taken.error());
        return decide(*port_, by.person.text,
                      [&](auto& recorder) { return records().approve(recorder, by, id, *taken); });
    }

    store::TemporaryFolder folder_;
    std::unique_ptr<Installation> port_;
    IncidentId old_, new_;
};

// What must be kept would go on one person's word, or what may go would stay for ever.
TEST_F(RecordsTest, what_is_due_goes_on_two_peoples_word_and_the_chain_holds) {
    EXPECT_EQ(due(), std::vector{stream(old_)}) << "ten years and the rest of the fiscal year";
    EXPECT_EQ(propose("duty", {stream(new_)}).error().key, "learn.records.not_due");
    const auto held = decide(*port_, person(*port_, "duty").person.text, [&](auto& recorder) {
        return records().hold(recorder, stream(old_), "訴訟");
    });
    ASSERT_TRUE(held) << describe(held.error());
    EXPECT_TRUE(due().empty());
    EXPECT_EQ(propose("duty", {stream(old_)}).error().key, "learn.records.held");
    ASSERT_TRUE(
        decide(*port_, "system", [&](auto& recorder) { return records().lift(recorder, *held); }));

    const auto id = propose("duty", {stream(old_)});
    ASSERT_TRUE(id) << describe(id.error());
    EXPECT_EQ(approve("duty", *id, {stream(old_)}).error().key, "learn.records.two_people");
    ASSERT_TRUE(approve("chief", *id, {stream(old_)}));
    EXPECT_EQ(approve("chief", *id, {stream(old_)}).error().key, "learn.records.decided_already");
    EXPECT_EQ(contents(*port_, "duty", old_).size(), 1U) << "approved, not yet carried out";

    const auto path = port_->dir() + "/noroshi.db";
    const auto head = port_->journal().head();
    port_.reset();
    const auto done = store::carry_out_disposals(path);
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(done->facts, 3U);
    EXPECT_EQ(store::carry_out_disposals(path)->facts, 0U) << "once more is no harm";
    for (const auto* file : {"/noroshi.db", "/noroshi.db-wal"}) {
        std::ifstream in(folder_ / "port" + file, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(in), {}};
        EXPECT_FALSE(bytes.contains("古い秘密の記録")) << file;
    }
    open();
    ASSERT_NE(port_, nullptr);
    EXPECT_EQ(port_->journal().head().hash, head.hash);
    EXPECT_TRUE(verify(*port_, {}));
    EXPECT_FALSE(port_->rooms().incident.view().one(person(*port_, "duty"), old_, Language::ja));
    EXPECT_EQ(contents(*port_, "duty", new_).size(), 1U);
    EXPECT_TRUE(due().empty());
    write(*port_, "duty", new_, "続き");
    EXPECT_TRUE(verify(*port_, {}));
}

// Somebody would empty a fact and call it disposal.
TEST_F(RecordsTest, a_body_that_is_missing_without_a_record_of_disposal_breaks_the_chain) {
    const auto path = port_->dir() + "/noroshi.db";
    port_.reset();
    {
        const auto file = *store::sql::SqliteConnection::open(
            path, "", store::sql::SqliteConnection::Access::read_write);
        ASSERT_TRUE(file->script("update facts set body = '' where sequence = 5"));
    }
    const auto reader = *store::open_sqlite_read_only(path);
    const auto verified = journal::verify_chain(*reader);
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().key, "kernel.journal.chain_broken");
}

// An operator who handed in a log in confidence would read it in the newspaper.
TEST_F(RecordsTest, what_was_handed_in_voluntarily_is_disclosed_only_after_its_provider_was_heard) {
    const auto chief = person(*port_, "chief");
    const auto by = [&](auto work) { return decide(*port_, chief.person.text, work); };
    const auto terminal = *by([&](auto& recorder) {
        return port_->rooms().council.register_organisation(
            recorder,
            {.kind = prepare::council::OrganisationKind::terminal_operator, .name = "北埠頭"});
    });
    ASSERT_TRUE(by([&](auto& recorder) {
        return records().mark(recorder, chief, new_, 1, terminal, "非公開を条件に提供");
    }));
    EXPECT_EQ(
        by([&](auto& recorder) { return records().mark(recorder, chief, new_, 7, terminal, ""); })
            .error()
            .key,
        "learn.records.unknown_entry");
    const Instant now = port_->clock().now();
    const auto request = *by([&](auto& recorder) {
        return records().take_request(recorder, "令8-12", "ゲート停止に関する記録", now,
                                      now + std::chrono::days{15});
    });
    write(*port_, "duty", new_, "公開してよい記録 担当 山田");
    ASSERT_EQ(*by([&](auto& recorder) {
        return records().add_items(recorder, request, {{new_, 1}, {new_, 2}, {new_, 1}});
    }),
              2U);
    const auto settle = [&](std::uint32_t item, learn::records::Disclosure what, std::string ground,
                            std::vector<std::string> blacked = {}) {
        const auto done = by([&](auto& recorder) {
            return records().decide(recorder, request, item, what, ground, blacked);
        });
        return done ? "" : done.error().key;
    };
    using enum learn::records::Disclosure;
    EXPECT_EQ(settle(1, disclose, ""), "learn.records.provider_not_heard");
    EXPECT_EQ(
        by([&](auto& recorder) { return records().close(recorder, chief, request); }).error().key,
        "learn.records.item_open");
    ASSERT_TRUE(by([&](auto& recorder) {
        return records().ask_third_party(recorder, request, 1, terminal,
                                         now + std::chrono::days{7});
    }));
    EXPECT_EQ(settle(1, disclose, ""), "learn.records.hearing_runs");
    ASSERT_TRUE(by([&](auto& recorder) {
        return records().hear(recorder, request, 1, terminal, true, "営業秘密を含む");
    }));
    EXPECT_EQ(settle(1, withhold, ""), "kernel.i18n.empty") << "no ground";
    EXPECT_EQ(settle(1, withhold, "条例第7条第3号"), "");
    EXPECT_EQ(settle(2, partly, "条例第7条第1号"), "learn.records.blacked");
    EXPECT_EQ(settle(2, partly, "条例第7条第1号", {"山田"}), "");
    ASSERT_TRUE(by([&](auto& recorder) { return records().close(recorder, chief, request); }));
    EXPECT_EQ(settle(2, disclose, ""), "learn.records.request_closed");
    EXPECT_EQ(learn::records::black_out("担当 山田と山田", {"山田"}), "担当 ■■と■■");
}

// Whoever wrote the records of an incident would be gone from them before anybody asks.
TEST_F(RecordsTest, nobody_is_erased_while_what_they_wrote_must_be_kept) {
    const auto duty = person(*port_, "duty").person;
    const auto now = port_->clock().now();
    const auto early = records().check_erasure(duty, now);
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().key, "learn.records.erasure_too_early");
    EXPECT_TRUE(records().check_erasure(duty, now + std::chrono::days{366 * 12}));
    EXPECT_TRUE(records().check_erasure(PersonId{"nobody"}, now));
}

}  // namespace
}  // namespace noroshi::app
