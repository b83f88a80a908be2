#pragma once
// Rules, compiled: which of them match an event. A Detector is built once and then read by any
// number of threads; each thread has its own Matcher. Rules are grouped into a plan per log source
// when an event of that log source first appears; a plan finds candidates by their triggers
// (prefilter.h) and evaluates only those, each test at most once per event.
//
//   an absent field makes a test false (so `not` of it is true) · a list matches if any element does
//   true equals "True" · ? is one code point · texts compare without case unless cased or re

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/detect/event.h"
#include "engines/detect/logsource.h"
#include "engines/detect/prefilter.h"
#include "engines/detect/rule.h"

namespace re2 {
class RE2;
}

namespace noroshi::engines::detect {

struct RuleSource {
    std::string name;  // as it shall be named in answers: a path
    std::string text;
};

// What became of one document.
struct Verdict {
    std::string source;
    int line = 0;
    std::string id;
    std::string name;
    std::string title;
    Rule::Type type = Rule::Type::detection;
    std::string status;
    std::optional<Refusal> refusal;  // none: loaded
};

struct RuleFiles {
    std::vector<Rule> rules;
    std::vector<Verdict> verdicts;
};

// Reads every document of every file. Correlations that name a rule nobody has are refused; so is
// the second document with an id or a name that is taken.
RuleFiles read_rules(const std::vector<RuleSource>& sources, const Placeholders& placeholders = {});

class Detector {
public:
    // more_fields: names a reader wants to find although no rule asks for them (--time-field).
    explicit Detector(std::vector<Rule> rules, const std::vector<std::string>& more_fields = {});
    ~Detector();
    Detector(const Detector&) = delete;
    Detector& operator=(const Detector&) = delete;

    const std::vector<Rule>& rules() const { return rules_; }  // detections and correlations
    const FieldNames& fields() const { return fields_; }
    const RouteNames& routes() const { return routes_; }

    // Fields a reader needs whether or not a rule asks for them.
    struct Known {
        FieldId channel, event_id, provider, event_type, time_created;
        FieldId time_at, timestamp, time, ts, event_time, utc_time;
        FieldId system_time, event_kind, src_ip;
        FieldId path, uid, orig_h, resp_h, orig_p, resp_p;
    };
    const Known& known() const { return known_; }
    // Second names of a product's fields, taken when a rule asks for them.
    struct Alias {
        FieldId from;
        FieldId to;
    };
    const std::vector<Alias>& aliases(std::string_view kind) const;

    // Fields whose values the correlations of this rule want, in this order (correlation.h).
    const std::vector<FieldId>& wanted(std::uint32_t rule) const { return wanted_[rule]; }
    const std::vector<std::string>& wanted_names(std::uint32_t rule) const {
        return wanted_names_[rule];
    }
    // Referred to by a correlation that does not `generate`.
    bool is_silent(std::uint32_t rule) const { return silent_[rule]; }
    // Rules a correlation refers to, as indexes.
    const std::vector<std::uint32_t>& referred(std::uint32_t rule) const { return referred_[rule]; }
    // Number of rules that are looked at for every event of this log source, for the curious.
    std::size_t always_evaluated(const Route& route) const;

private:
    friend class Matcher;
    struct Compiled;
    struct Node;
    struct Plan;

    void compile();
    void compile_rule(std::uint32_t rule);
    std::uint32_t compile_test(const Test& test);
    std::uint32_t compile_expression(const Expression& expression,
                                     const std::vector<std::uint32_t>& tests);
    struct Triggers {
        double cost = 2;  // expected hits per event; above 1: none
        std::vector<Trigger> any_of;
    };
    Triggers triggers_of(std::uint32_t node) const;
    void wire_correlations();
    void add_aliases();
    const Plan& plan_for(const Route& route) const;

    std::vector<Rule> rules_;
    FieldNames fields_;
    RouteNames routes_;
    Known known_{};
    std::map<std::string, std::vector<Alias>, std::less<>> aliases_;
    std::vector<RouteSpec> specs_;      // per rule
    std::vector<std::uint32_t> roots_;  // per rule: node of its condition
    std::vector<Compiled> tests_;
    std::vector<std::uint32_t> usage_;  // per test: rules that use it
    std::unordered_map<std::string, std::uint32_t> test_numbers_;
    std::vector<Node> nodes_;
    std::vector<std::uint32_t> children_;
    std::vector<std::vector<FieldId>> wanted_;
    std::vector<std::vector<std::string>> wanted_names_;
    std::vector<bool> silent_;
    std::vector<std::vector<std::uint32_t>> referred_;
    mutable std::mutex plans_guard_;
    mutable std::unordered_map<std::uint64_t, std::unique_ptr<Plan>> plans_;
};

// One thread's scratch. Not thread-safe.
class Matcher {
public:
    explicit Matcher(const Detector& detector);

    // Indexes of the rules that match, ascending. Valid until the next call.
    const std::vector<std::uint32_t>& match(Event& event);

private:
    bool evaluate(std::uint32_t node, Event& event);
    bool test(std::uint32_t number, Event& event);
    bool ask(std::uint32_t number, Event& event);

    const Detector& detector_;
    std::vector<std::uint32_t> test_stamps_;  // 2 × epoch + answer
    std::vector<std::uint32_t> rule_stamps_;
    std::uint32_t epoch_ = 0;
    std::vector<std::uint32_t> candidates_;
    std::vector<std::uint32_t> matched_;
    std::uint64_t last_route_ = UINT64_MAX;
    const Detector::Plan* last_plan_ = nullptr;
    std::unordered_map<std::uint64_t, const Detector::Plan*> plans_;
};

}  // namespace noroshi::engines::detect
