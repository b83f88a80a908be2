#include "app/bundle.h"

#include <fstream>

#include "app/installation_for_tests.h"
#include "edge/cli/store_cli.h"
#include "respond/incident/incident.h"

namespace noroshi::app {
namespace {

using Lines = std::vector<std::string>;

class BundleTest : public testing::Test {
protected:
    void SetUp() override {
        home_ = open_installation(folder_ / "home");
        hire(*home_, "duty");
        incident_ = open_incident(*home_, "duty", "ゲート停止");
        write(*home_, "duty", incident_, "第一");
        write(*home_, "duty", incident_, "第二");
        ASSERT_TRUE(
            edge::cli::back_up(home_->store(), home_->dir(), folder_ / "backup", home_->clock()));
        ASSERT_TRUE(edge::cli::restore(folder_ / "away", "", folder_ / "backup", ""));
        away_ = open_installation(folder_ / "away");
    }
    std::string bundle(Installation& from) {
        const std::string path = folder_ / ("bundle" + std::to_string(++bundles_));
        const auto made = export_bundle(from, {path, 0});
        EXPECT_TRUE(made) << (made ? "" : describe(made.error()));
        return path;
    }
    BundleImported take(Installation& into, const std::string& path) {
        const auto taken = import_bundle(into, {path});
        EXPECT_TRUE(taken) << (taken ? "" : describe(taken.error()));
        EXPECT_TRUE(verify(into, {})) << "the chain goes on";
        return taken.value_or(BundleImported{});
    }
    static Lines sorted(Lines lines) {
        for (auto& line : lines) line = line.substr(line.find(' ') + 1);
        std::ranges::sort(lines);
        return lines;
    }

    store::TemporaryFolder folder_;
    std::unique_ptr<Installation> home_, away_;
    IncidentId incident_;
    int bundles_ = 0;
};

// Two sites write through the night, cut off from each other. In the morning a line would be
// missing, or stand there twice, or correct the wrong one.
TEST_F(BundleTest, what_both_wrote_comes_together_once) {
    write(*home_, "duty", incident_, "こちら三");
    write(*away_, "duty", incident_, "むこう三");
    write(*away_, "duty", incident_, "むこう三の訂正", 3);
    const auto other = open_incident(*away_, "duty", "むこうの事案");
    hire(*away_, "relief", {}, "応援 三郎");
    open_incident(*home_, "duty", "こちらの事案");

    const auto path = bundle(*away_);
    const auto taken = take(*home_, path);
    EXPECT_GT(taken.adopted, 4U);
    EXPECT_EQ(taken.renumbered, 3U) << "two entries and an incident";
    EXPECT_EQ(
        contents(*home_, "duty", incident_),
        (Lines{"1 第一", "2 第二", "3 こちら三", "4 むこう三", "5 むこう三の訂正 corrects 4"}));
    EXPECT_EQ(person(*home_, "relief").name, "応援 三郎") << "the key came along";
    const auto there =
        home_->rooms().incident.view().one(person(*home_, "duty"), other, Language::ja);
    ASSERT_TRUE(there);
    EXPECT_EQ(there->number, 3U);

    const auto again = take(*home_, path);
    EXPECT_EQ(again.adopted, 0U) << "a second click";
    EXPECT_EQ(again.known, again.facts);

    // And back: what came from there is known there.
    const auto back = take(*away_, bundle(*home_));
    EXPECT_GT(back.adopted, 0U);
    EXPECT_EQ(sorted(contents(*away_, "duty", incident_)).size(), 5U);
    EXPECT_EQ(take(*home_, bundle(*away_)).adopted, 0U) << "nothing goes round in circles";

    // A later bundle refers to what an earlier one brought.
    write(*away_, "duty", incident_, "むこう三の再訂正", 4);
    take(*home_, bundle(*away_));
    EXPECT_EQ(contents(*home_, "duty", incident_).back(), "6 むこう三の再訂正 corrects 5");

    const auto before = contents(*home_, "duty", incident_);
    const std::string dir = home_->dir();
    home_.reset();
    home_ = open_installation(dir);
    EXPECT_EQ(contents(*home_, "duty", incident_), before) << "after a restart";
}

// Two second reports would go to the police, and the receipt would stand at the wrong one.
TEST_F(BundleTest, reports_and_what_refers_to_them_get_numbers_of_their_own) {
    const std::string stream = "respond/incident/" + incident_.text;
    const auto put = [&](Installation& at, std::string kind, std::string body) {
        const auto done = decide(at, "duty", [&](auto& recorder) -> Result<> {
            recorder.record_encoded(
                {stream, Visibility{Tlp::amber, {}, {}}, {}, recorder.now(), {}}, std::move(kind),
                1, std::move(body));
            return {};
        });
        EXPECT_TRUE(done) << (done ? "" : describe(done.error()));
    };
    const auto report = [&](Installation& at, int number, int up_to) {
        put(at, "respond.incident.report_issued",
            R"({"number":)" + std::to_string(number) +
                R"(,"report_kind":"first","items":[{},{},{},{},{},{}],"up_to":)" +
                std::to_string(up_to) + R"(,"organisation":"o"})");
    };
    report(*home_, 1, 2);
    write(*home_, "duty", incident_, "こちら三");
    write(*away_, "duty", incident_, "むこう三");
    report(*away_, 1, 3);
    put(*away_, "respond.incident.report_sent", R"({"report":1,"to":"o","people":[]})");
    put(*away_, "respond.incident.letter_undelivered",
        R"({"person":"p","about":"report/1","refused":false,"gateway":"g"})");
    put(*away_, "respond.incident.evidence_taken",
        R"({"number":1,"description":"d","taken_by":"t","place":"p","held_by":"h","organisation":"o"})");
    take(*home_, bundle(*away_));
    take(*away_, bundle(*home_));

    const auto facts = [&](Installation& at, std::string_view kind) {
        Lines out;
        auto reader = *at.store().reader();
        EXPECT_TRUE(reader->facts(1, [&](const journal::Fact& fact) {
            if (fact.kind == kind) out.push_back(fact.body);
            return true;
        }));
        return out;
    };
    const auto issued = facts(*home_, "respond.incident.report_issued");
    ASSERT_EQ(issued.size(), 2U);
    EXPECT_TRUE(issued[1].contains(R"("number":2)")) << issued[1];
    EXPECT_TRUE(issued[1].contains(R"("up_to":4)")) << "the line has another number here";
    EXPECT_TRUE(facts(*home_, "respond.incident.report_sent")[0].contains(R"("report":2)"));
    EXPECT_TRUE(facts(*home_, "respond.incident.letter_undelivered")[0].contains("report/2"));
    EXPECT_TRUE(facts(*home_, "respond.incident.evidence_taken")[0].contains(R"("number":1)"))
        << "nothing is renumbered that need not be";
    const auto there = facts(*away_, "respond.incident.report_issued");
    ASSERT_EQ(there.size(), 2U) << "none lost, none doubled";
    EXPECT_TRUE(there[0].contains(R"("number":1)")) << "what was written there keeps its number";
    EXPECT_TRUE(there[1].contains(R"("number":2)"));
    EXPECT_TRUE(facts(*away_, "respond.incident.report_sent")[0].contains(R"("report":1)"));
}

// Somebody on the way would change a line, or another port's journal would be mixed into ours.
TEST_F(BundleTest, a_bundle_that_was_changed_or_is_anothers_is_refused_whole) {
    write(*away_, "duty", incident_, "むこう三");
    const auto path = bundle(*away_);
    std::ifstream in(path, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(in), {}};
    const auto head = home_->journal().head().sequence;
    for (const double part : {0.1, 0.5, 0.9, 0.99}) {
        auto bent = whole;
        auto& byte = bent[static_cast<std::size_t>(static_cast<double>(bent.size()) * part)];
        byte = byte == '1' ? '2' : '1';
        std::ofstream(folder_ / "bent", std::ios::binary | std::ios::trunc) << bent;
        EXPECT_FALSE(import_bundle(*home_, {folder_ / "bent"})) << part;
    }
    std::ofstream(folder_ / "bent", std::ios::binary | std::ios::trunc)
        << whole.substr(0, whole.rfind("{\"sha256\""));
    EXPECT_EQ(import_bundle(*home_, {folder_ / "bent"}).error().key, "edge.cli.bundle.damaged");
    EXPECT_EQ(home_->journal().head().sequence, head);
    EXPECT_EQ(import_bundle(*home_, {folder_ / "none"}).error().key, "kernel.store.no_file");
    EXPECT_EQ(import_bundle(*home_, {folder_ / "backup"}).error().key,
              "edge.cli.bundle.not_a_bundle");
    const auto stranger = open_installation(folder_ / "stranger");
    EXPECT_EQ(import_bundle(*stranger, {path}).error().key, "edge.cli.bundle.another_installation");
}

}  // namespace
}  // namespace noroshi::app
