#include "watch/detections/spraying.h"

#include <set>

namespace noroshi::watch::detections {

using engines::detect::Micros;

namespace {
constexpr Micros hour = 3600LL * 1000000;
constexpr Micros again_after = 6 * hour;
constexpr std::size_t most_addresses = 50'000;
constexpr std::size_t most_recent = 500;
}  // namespace

void Spraying::take(const OrganisationId& member, const LineAt& line,
                    const engines::detect::Habits::Refusal& refusal) {
    if (addresses_.size() >= most_addresses && !addresses_.contains(refusal.remote)) {
        std::erase_if(addresses_, [&](const auto& item) {
            return item.second.recent.back().time < refusal.time - hour;
        });
        if (addresses_.size() >= most_addresses) return;
    }
    Address& address = addresses_[refusal.remote];
    address.recent.push_back({refusal.time, refusal.user, member, line});
    while (address.recent.size() > most_recent || address.recent.front().time < refusal.time - hour)
        address.recent.pop_front();
    std::set<std::pair<std::string, std::uint64_t>> tried;
    std::set<std::string> where;
    for (const auto& one : address.recent) {
        tried.emplace(one.member.text, one.user);
        where.insert(one.member.text);
    }
    if (where.size() < members || tried.size() < users) return;
    for (const auto& text : where) {
        const auto before = address.told.find(text);
        if (before != address.told.end() && refusal.time - before->second < again_after) continue;
        address.told.insert_or_assign(text, refusal.time);
        Finding finding;
        finding.kind = DetectionKind::behaviour;
        finding.rule = finding.title = finding.family = "password_spraying";
        finding.level = Level::high;
        finding.entity = refusal.remote;
        std::set<std::uint64_t> own;
        for (const auto& one : address.recent) {
            if (one.member.text != text) continue;
            own.insert(one.user);
            ++finding.count;
            if (finding.lines.size() < lines_of_a_detection) finding.lines.push_back(one.line);
            const Instant at{Span{one.time}};
            if (!finding.first_at) finding.first_at = at;
            finding.last_at = at;
        }
        finding.seen = {{"remote", refusal.remote}, {"count", std::to_string(own.size())}};
        told_.push_back({OrganisationId{text}, std::move(finding)});
    }
}

std::vector<Spraying::Told> Spraying::drain() { return std::exchange(told_, {}); }

}  // namespace noroshi::watch::detections
