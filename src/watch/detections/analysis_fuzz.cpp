// Lines of members are bytes from outside: any of them, read as any kind of log, become findings of
// sound text or are counted as unreadable; none is lost and none counted twice.

#include <cstddef>
#include <cstdint>

#include "kernel/i18n/line.h"
#include "watch/detections/analysis.h"

namespace {

using namespace noroshi;
using namespace noroshi::watch::detections;

const std::shared_ptr<const Rulebook>& book() {
    static const auto made = [] {
        RuleContent content;
        content.rules.push_back({"r.yml",
                                 "title: a\nname: a\nlevel: high\nlogsource:\n  category: any\n"
                                 "detection:\n  k:\n    - fail\n    - '*'\n  condition: k\n---\n"
                                 "title: b\nlevel: high\ncorrelation:\n  type: event_count\n"
                                 "  rules: [a]\n  group-by: [host]\n  timespan: 10m\n"
                                 "  condition:\n    gte: 2\n"});
        content.indicators.push_back({"i.txt", "203.0.113.45\nevil.example\n"});
        return std::make_shared<const Rulebook>(content);
    }();
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
    if (!text.ends_with('\n')) text.push_back('\n');
    const auto kind = static_cast<watch::logs::LogKind>(data[0] % 19);
    Analyser analyser(book(), {});
    const auto seen = analyser.take({SourceId{"s"}, kind, 0, text, Instant{}});
    std::uint64_t counted = seen.parsed, lines = 0;
    for (const auto& [reason, count] : seen.unparsed) counted += count;
    for (const char c : text) lines += c == '\n' ? 1U : 0U;
    ASSERT(counted <= lines);
    for (const auto& finding : seen.findings) {
        ASSERT(finding.count > 0 && !finding.lines.empty());
        ASSERT(i18n::length(finding.entity).has_value());
        for (const auto& [name, value] : finding.seen) ASSERT(i18n::length(value).has_value());
    }
    (void)analyser.behaviour();
    return 0;
}
