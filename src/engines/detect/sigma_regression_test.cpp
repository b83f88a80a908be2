// SigmaHQ's own regression set: 202 tests with real events, nested and flat. A rule that is silent
// on the very event it was written for is a hole in the watch that nobody sees.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "engines/detect/run.h"

namespace noroshi::engines::detect {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

class SigmaRegression : public testing::Test {
protected:
    static void SetUpTestSuite() {
        const fs::path data = "../shared/data/watch/sigma";
        if (!fs::exists(data / "sigmahq-rules.tar.xz")) return;
        folder_ = fs::temp_directory_path() / ("noroshi-sigma-" + std::to_string(::getpid()));
        fs::create_directories(folder_);
        const std::string command =
            "tar xJf " + (data / "sigmahq-rules.tar.xz").string() + " -C " + folder_.string();
        ASSERT_EQ(std::system(command.c_str()), 0);
        std::vector<RuleSource> sources;
        for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
            const auto path = entry.path().string();
            if (path.ends_with(".yml") && path.find("/unsupported/") == std::string::npos)
                sources.push_back({path, text_of(entry.path())});
        }
        fs::remove_all(folder_);
        std::ranges::sort(sources, {}, &RuleSource::name);
        files_ = new RuleFiles(read_rules(sources));
        documents_ = sources.size();
        detector_ = new Detector(files_->rules);
    }
    static void TearDownTestSuite() {
        delete detector_;
        delete files_;
    }
    void SetUp() override {
        if (detector_ == nullptr) GTEST_SKIP() << "skipped: no external data";
    }

    // line → rule id → matches
    using Matches = std::map<std::uint64_t, std::map<std::string, int>>;
    static Matches matches(const std::string& file, unsigned threads) {
        Matches out;
        RunOptions options;
        options.threads = threads;
        std::vector<Source> sources;
        EXPECT_FALSE(Input::expand({"../shared/data/watch/sigma/" + file}, sources));
        const Summary summary = run(*detector_, sources, options, [&](const Found& found) {
            ++out[found.line][detector_->rules()[found.rule].id];
        });
        EXPECT_EQ(summary.parsed, 239);
        EXPECT_TRUE(summary.unparsed.empty());
        return out;
    }
    static void expect_all(const Matches& matched) {
        const auto expected =
            boost::json::parse(text_of("../shared/data/watch/sigma/regression_expected.json"));
        int passed = 0;
        for (const auto& test : expected.as_array()) {
            if (test.at("n_tests").as_int64() == 0) continue;
            const std::string id(test.at("rule_id").as_string());
            const auto first = test.at("first_line").as_int64();
            int seen = 0;
            for (auto line = first; line < first + test.at("n_events").as_int64(); ++line) {
                const auto at = matched.find(static_cast<std::uint64_t>(line));
                if (at == matched.end()) continue;
                const auto rule = at->second.find(id);
                if (rule != at->second.end()) seen += rule->second;
            }
            const auto& wanted = test.at("expect").as_array().front();
            const auto least = wanted.is_null() ? 1 : wanted.as_int64();
            EXPECT_GE(seen, least) << id << " " << test.at("title").as_string();
            passed += seen >= least ? 1 : 0;
        }
        EXPECT_EQ(passed, 202);
    }

    static inline fs::path folder_;
    static inline RuleFiles* files_ = nullptr;
    static inline Detector* detector_ = nullptr;
    static inline std::size_t documents_ = 0;
};

TEST_F(SigmaRegression, every_rule_loads_but_those_with_unresolved_placeholders) {
    EXPECT_EQ(documents_, 3780);
    EXPECT_EQ(files_->verdicts.size(), documents_);
    std::size_t refused = 0;
    for (const auto& verdict : files_->verdicts) {
        if (!verdict.refusal) continue;
        ++refused;
        EXPECT_EQ(verdict.refusal->code, "placeholder") << verdict.source;
    }
    EXPECT_EQ(refused, 25);  // 23 in rules-placeholder, 2 elsewhere
}
TEST_F(SigmaRegression, nested_events_pass_202_of_202) {
    expect_all(matches("regression_events.ndjson", 1));
}
TEST_F(SigmaRegression, flat_events_pass_202_of_202) {
    expect_all(matches("regression_events.flat.ndjson", 1));
}
TEST_F(SigmaRegression, nested_and_flat_events_match_the_same_rules_on_any_number_of_threads) {
    const auto nested = matches("regression_events.ndjson", 1);
    EXPECT_EQ(nested, matches("regression_events.flat.ndjson", 1));
    EXPECT_EQ(nested, matches("regression_events.ndjson", 3));
}
// Few rules may be looked at for every event, or the prefilter is none.
TEST_F(SigmaRegression, hardly_a_rule_is_evaluated_for_every_event) {
    const auto& routes = detector_->routes();
    Route route;
    route.product = routes.find("windows");
    route.service = routes.find("sysmon");
    route.category = routes.find("process_creation");
    EXPECT_LE(detector_->always_evaluated(route), 3);
}

}  // namespace
}  // namespace noroshi::engines::detect
