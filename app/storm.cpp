// noroshi-storm: one storm from a seed (tests/storm). Exit 0 if nothing was lost, doubled, sent
// after an answer or otherwise wrong, 1 if something was, 2 for wrong arguments.

#include <charconv>
#include <cstdio>
#include <string_view>

#include <fmt/format.h>

#include "tests/storm/storm.h"

namespace {

using noroshi::storm::Canary;

constexpr std::string_view usage =
    "usage: noroshi-storm [--seed N] [--days N] [--json] [--canary [NAME]]\n"
    "canaries: lying_disk new_key late_message second_key rings_on deaf_gateway changed_fact\n";

bool read_number(std::string_view text, std::uint64_t& into) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), into);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

bool read_canary(std::string_view name, Canary& into) {
    if (name == "lying_disk")
        into = Canary::lying_disk;
    else if (name == "new_key")
        into = Canary::new_key;
    else if (name == "late_message")
        into = Canary::late_message;
    else if (name == "second_key")
        into = Canary::second_key;
    else if (name == "rings_on")
        into = Canary::rings_on;
    else if (name == "deaf_gateway")
        into = Canary::deaf_gateway;
    else if (name == "changed_fact")
        into = Canary::changed_fact;
    else
        return false;
    return true;
}

}  // namespace

int main(int count, char** arguments) {
    noroshi::storm::Options options;
    std::uint64_t days = 30;
    bool is_json = false;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        const std::string_view next = i + 1 < count ? arguments[i + 1] : "";
        bool is_right = true;
        if (argument == "--json") {
            is_json = true;
        } else if (argument == "--seed") {
            is_right = read_number(next, options.seed);
            ++i;
        } else if (argument == "--days") {
            is_right = read_number(next, days) && days >= 1 && days <= 3650;
            ++i;
        } else if (argument == "--canary") {
            options.canary = Canary::lying_disk;
            if (!next.empty() && !next.starts_with("--")) {
                is_right = read_canary(next, options.canary);
                ++i;
            }
        } else {
            is_right = false;
        }
        if (!is_right) {
            fmt::print(stderr, "{}", usage);
            return 2;
        }
    }
    options.days = static_cast<int>(days);
    const auto report = noroshi::storm::run(options);
    if (is_json)
        fmt::print(R"({{"digest":"{}","facts":{},"messages":{},"lost":{},"doubled":{},)"
                   R"("in_doubt":{},"after_answer":{},"violations":{},"wishes":{},"refused":{},)"
                   R"("restarts":{},"power_cuts":{},"reached":{}}})"
                   "\n",
                   report.digest, report.facts, report.messages, report.lost, report.doubled,
                   report.in_doubt, report.after_answer, report.violations, report.wishes,
                   report.refused, report.restarts, report.power_cuts, report.reached);
    else
        fmt::print(
            "{} days, {} facts, {} messages ({} in doubt, {} people reached), {} of {} wishes "
            "refused, {} restarts, {} power cuts\nlost {}, doubled {}, after an answer {}, "
            "violations "
            "{}\n{}\n",
            options.days, report.facts, report.messages, report.in_doubt, report.reached,
            report.refused, report.wishes, report.restarts, report.power_cuts, report.lost,
            report.doubled, report.after_answer, report.violations, report.digest);
    return report.is_sound() ? 0 : 1;
}
