#include "engines/detect/correlation.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "kernel/result.h"

namespace noroshi::engines::detect {

namespace {

constexpr std::size_t most_references = 1000;
constexpr int source_bits = 12;

// 52 bits of microseconds reach to the year 2112.
struct Entry {
    std::uint64_t time : 52;
    std::uint64_t source : source_bits;
    std::uint32_t line;
    std::uint32_t value;
};
static_assert(sizeof(Entry) == 16);

// First in, first out, in one block of memory that shrinks again.
class Window {
public:
    bool empty() const { return from_ == entries_.size(); }
    std::size_t size() const { return entries_.size() - from_; }
    const Entry& front() const { return entries_[from_]; }
    const Entry& operator[](std::size_t i) const { return entries_[from_ + i]; }
    void push(const Entry& entry) { entries_.push_back(entry); }
    void pop() {
        if (++from_ * 2 > entries_.size() && from_ > 32) {
            entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(from_));
            from_ = 0;
            if (entries_.capacity() > 4 * entries_.size()) entries_.shrink_to_fit();
        }
    }

private:
    std::vector<Entry> entries_;
    std::size_t from_ = 0;
};

std::optional<double> number_of(std::string_view text) {
    double value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size() ||
        !std::isfinite(value))
        return std::nullopt;
    return value;
}

void append_key(std::string& key, std::string_view part) {
    key += std::to_string(part.size());
    key += ':';
    key += part;
}

Micros as_time(const Entry& entry) { return static_cast<Micros>(entry.time); }

}  // namespace

struct Correlator::Group {
    Window window;
    bool fired = false;
    Micros last = 0;
    // value_*: distinct values, numbered.
    std::unordered_map<std::string, std::uint32_t> numbers;
    std::vector<std::pair<const std::string*, std::uint32_t>> held;  // value, events that have it
    std::vector<std::uint32_t> free;
    double sum = 0;
    std::vector<double> sorted;
    // temporal: events per rule; ordered: per rule and length the latest start of a chain.
    std::vector<std::uint32_t> seen;
    std::vector<Micros> chains;
};

struct Correlator::State {
    std::uint32_t rule = 0;
    const Correlation* correlation = nullptr;
    std::size_t positions = 0;
    std::unordered_map<std::string, Group> groups;
    std::size_t last_source = SIZE_MAX;  // of the last event applied, per correlation
    std::uint64_t last_line = 0;
};

Correlator::Correlator(const Detector& detector, std::function<void(Found&&)> tell)
    : detector_(detector), tell_(std::move(tell)) {
    const auto& rules = detector.rules();
    uses_.resize(rules.size());
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
        if (rules[i].type != Rule::Type::correlation) continue;
        auto& state = *states_.emplace_back(std::make_unique<State>());
        state.rule = i;
        state.correlation = &rules[i].correlation;
        const auto& referred = detector.referred(i);
        state.positions = referred.size();
        for (std::uint32_t position = 0; position < referred.size(); ++position) {
            const std::uint32_t rule = referred[position];
            Use use;
            use.state = states_.size() - 1;
            use.position = position;
            const auto slot = [&](const std::string& field) {
                std::string source = field;
                const auto& aliases = state.correlation->aliases;
                if (const auto alias = aliases.find(field); alias != aliases.end()) {
                    auto found = alias->second.find(rules[rule].name);
                    if (found == alias->second.end()) found = alias->second.find(rules[rule].id);
                    if (found != alias->second.end()) source = found->second;
                }
                const auto& names = detector.wanted_names(rule);
                const auto found = std::ranges::find(names, source);
                ASSERT(found != names.end());
                return static_cast<std::uint32_t>(found - names.begin());
            };
            for (const auto& field : state.correlation->group_by)
                use.group_slots.push_back(slot(field));
            for (const auto& field : state.correlation->fields)
                use.value_slots.push_back(slot(field));
            for (const auto& field : detector.wanted_names(i))
                use.passed_slots.push_back(slot(field));
            uses_[rule].push_back(std::move(use));
        }
    }
}

Correlator::~Correlator() = default;

std::size_t Correlator::events_in_windows() const {
    std::size_t sum = 0;
    for (const auto& state : states_)
        for (const auto& [key, group] : state->groups) sum += group.window.size();
    return sum;
}

std::size_t Correlator::groups() const {
    std::size_t sum = 0;
    for (const auto& state : states_) sum += state->groups.size();
    return sum;
}

void Correlator::take(const std::vector<Matched>& event) {
    if (event.empty() || states_.empty()) return;
    if ((++taken_ & 0xFFFF) == 0) sweep(event.front().order);
    struct Step {
        const Use* use;
        const Matched* match;
        std::size_t number;
    };
    std::vector<Step> steps;
    for (const Matched& match : event)
        for (const Use& use : uses_[match.rule]) steps.push_back({&use, &match, steps.size()});
    if (steps.size() > 1)
        std::ranges::sort(steps, [](const Step& a, const Step& b) {
            if (a.use->state != b.use->state) return a.use->state < b.use->state;
            if (a.use->position != b.use->position) return a.use->position > b.use->position;
            return a.number < b.number;
        });
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto type = states_[steps[i].use->state]->correlation->type;
        const bool per_rule =
            type == Correlation::Type::temporal || type == Correlation::Type::temporal_ordered;
        // Once per event, with the first of the rules that match it.
        if (!per_rule && i + 1 < steps.size() && steps[i + 1].use->state == steps[i].use->state)
            continue;
        apply(*steps[i].use, *steps[i].match);
    }
}

void Correlator::expire(State& state, Group& group, Micros before) const {
    using Type = Correlation::Type;
    const Type type = state.correlation->type;
    while (!group.window.empty() && as_time(group.window.front()) < before) {
        const Entry entry = group.window.front();
        group.window.pop();
        switch (type) {
        case Type::event_count: break;
        case Type::temporal:
        case Type::temporal_ordered: --group.seen[entry.value]; break;
        case Type::value_count:
        case Type::value_sum:
        case Type::value_avg:
        case Type::value_percentile:
        case Type::value_median: {
            auto& [text, events] = group.held[entry.value];
            if (type != Type::value_count) {
                const double value = *number_of(*text);
                group.sum -= value;
                if (type == Type::value_percentile || type == Type::value_median)
                    group.sorted.erase(std::ranges::lower_bound(group.sorted, value));
            }
            if (--events == 0) {
                group.numbers.erase(group.numbers.find(*text));
                group.free.push_back(entry.value);
            }
        }
        }
    }
    if (group.window.empty()) group.sum = 0;  // forget rounding
}

bool Correlator::holds(State& state, Group& group, Micros now, double& count) const {
    using Type = Correlation::Type;
    const Correlation& c = *state.correlation;
    if (group.window.empty()) {
        count = 0;
        return false;  // nothing happened: nothing to tell
    }
    const auto events = static_cast<double>(group.window.size());
    switch (c.type) {
    case Type::event_count: count = events; break;
    case Type::value_count: count = static_cast<double>(group.numbers.size()); break;
    case Type::value_sum: count = group.sum; break;
    case Type::value_avg: count = group.sum / events; break;
    case Type::value_percentile:
    case Type::value_median: {
        // Linear between the two nearest ranks.
        const double rank = (c.type == Type::value_median ? 50 : c.percentile) / 100 *
                            static_cast<double>(group.sorted.size() - 1);
        const auto below = static_cast<std::size_t>(rank);
        const std::size_t above = std::min(below + 1, group.sorted.size() - 1);
        count = group.sorted[below] +
                (group.sorted[above] - group.sorted[below]) * (rank - static_cast<double>(below));
        break;
    }
    case Type::temporal:
    case Type::temporal_ordered: {
        std::size_t distinct = 0;
        for (const auto seen : group.seen) distinct += seen > 0 ? 1 : 0;
        std::size_t reached = distinct;
        if (c.type == Type::temporal_ordered) {
            reached = 0;
            const std::size_t n = state.positions;
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t length = reached + 1; length <= n; ++length)
                    if (group.chains[i * n + length - 1] >= now - c.timespan) reached = length;
        }
        count = static_cast<double>(reached);
        if (c.condition) {
            const auto evaluate = [&](this auto&& self, const Expression& e) -> bool {
                switch (e.type) {
                case Expression::Type::test: return group.seen[e.test] > 0;
                case Expression::Type::negation: return !self(e.parts.front());
                case Expression::Type::all:
                    for (const auto& part : e.parts)
                        if (!self(part)) return false;
                    return true;
                case Expression::Type::any:
                    for (const auto& part : e.parts)
                        if (self(part)) return true;
                    return false;
                case Expression::Type::always: return true;
                case Expression::Type::never: return false;
                }
                return false;
            };
            return evaluate(*c.condition) && reached == distinct;
        }
        if (c.comparisons.empty()) return reached == state.positions;
        break;
    }
    }
    for (const Comparison& comparison : c.comparisons)
        if (!comparison.holds(count)) return false;
    return true;
}

void Correlator::apply(const Use& use, const Matched& match) {
    using Type = Correlation::Type;
    State& state = *states_[use.state];
    const Correlation& c = *state.correlation;
    std::string key;
    for (const auto slot : use.group_slots) {
        if (!match.values[slot]) return;
        append_key(key, *match.values[slot]);
    }
    const bool of_values = c.type == Type::value_count || c.type == Type::value_sum ||
                           c.type == Type::value_avg || c.type == Type::value_percentile ||
                           c.type == Type::value_median;
    std::string value;
    std::optional<double> number;
    if (of_values) {
        for (const auto slot : use.value_slots) {
            if (!match.values[slot]) return;
            if (use.value_slots.size() == 1)
                value = *match.values[slot];
            else
                append_key(value, *match.values[slot]);
        }
        if (c.type != Type::value_count) {
            number = number_of(value);
            if (!number) return;
        }
    }
    Group& group = state.groups[key];
    const Micros now = std::max<Micros>(match.order, 0);
    expire(state, group, now - c.timespan);
    double count = 0;
    if (group.fired && !holds(state, group, now, count)) group.fired = false;

    Entry entry{};
    entry.time = static_cast<std::uint64_t>(now) & ((1ULL << 52) - 1);
    entry.source = std::min<std::size_t>(match.source, (1U << source_bits) - 1);
    entry.line = static_cast<std::uint32_t>(std::min<std::uint64_t>(match.line, UINT32_MAX));
    if (c.type == Type::temporal || c.type == Type::temporal_ordered) {
        const std::size_t n = state.positions;
        group.seen.resize(n);
        ++group.seen[use.position];
        entry.value = use.position;
        if (c.type == Type::temporal_ordered) {
            if (group.chains.empty()) group.chains.assign(n * n, INT64_MIN);
            const auto chain = [&](std::size_t rule, std::size_t length) -> Micros& {
                return group.chains[rule * n + length - 1];
            };
            chain(use.position, 1) = now;
            for (std::size_t length = 2; length <= use.position + 1U; ++length)
                for (std::size_t before = 0; before < use.position; ++before)
                    chain(use.position, length) =
                        std::max(chain(use.position, length), chain(before, length - 1));
        }
    } else if (of_values) {
        const auto found = group.numbers.find(value);
        if (found != group.numbers.end()) {
            entry.value = found->second;
        } else {
            if (group.free.empty()) {
                group.free.push_back(static_cast<std::uint32_t>(group.held.size()));
                group.held.emplace_back();
            }
            entry.value = group.free.back();
            group.free.pop_back();
            const auto added = group.numbers.emplace(value, entry.value).first;
            group.held[entry.value] = {&added->first, 0};
        }
        ++group.held[entry.value].second;
        if (number) {
            group.sum += *number;
            if (c.type == Type::value_percentile || c.type == Type::value_median)
                group.sorted.insert(std::ranges::lower_bound(group.sorted, *number), *number);
        }
    }
    group.window.push(entry);
    group.last = now;
    const bool true_now = holds(state, group, now, count);
    if (!true_now) {
        group.fired = false;
        return;
    }
    if (group.fired) return;
    group.fired = true;

    if (!detector_.is_silent(state.rule)) {
        Found found;
        found.kind = Found::Kind::correlation;
        found.rule = state.rule;
        found.time = match.time;
        found.source = match.source;
        found.line = match.line;
        for (std::size_t i = 0; i < c.group_by.size(); ++i)
            found.group.emplace_back(c.group_by[i], *match.values[use.group_slots[i]]);
        found.count = count;
        const std::size_t size = group.window.size();
        for (std::size_t i = 0; i < std::min(size, most_references); ++i)
            found.events.push_back(
                {static_cast<std::size_t>(group.window[i].source), group.window[i].line});
        found.events_left_out = size - found.events.size();
        found.event = "{";
        const auto& names = detector_.wanted_names(match.rule);
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (!match.values[i]) continue;
            if (found.event.size() > 1) found.event += ',';
            append_json_string(found.event, names[i]);
            found.event += ':';
            append_json_string(found.event, *match.values[i]);
        }
        found.event += '}';
        tell_(std::move(found));
    }
    if (!uses_[state.rule].empty() && depth_ < 60) {
        Matched outer;
        outer.rule = state.rule;
        outer.order = match.order;
        outer.time = match.time;
        outer.source = match.source;
        outer.line = match.line;
        for (const auto slot : use.passed_slots) outer.values.push_back(match.values[slot]);
        ++depth_;
        for (const Use& next : uses_[state.rule]) apply(next, outer);
        --depth_;
    }
}

// Groups whose last event has left the window hold nothing any more.
void Correlator::sweep(Micros now) {
    for (auto& state : states_)
        std::erase_if(state->groups, [&](const auto& item) {
            return item.second.last < now - state->correlation->timespan;
        });
}

}  // namespace noroshi::engines::detect
