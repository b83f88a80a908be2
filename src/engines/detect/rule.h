#pragma once
// Sigma documents as they are written: rules, correlations and filters, read from YAML and checked
// against the specification v2.1.0. What cannot be honoured is refused with its reason, never half
// understood. Matching is detector.h's.
//
// Source: SigmaHQ/sigma-specification v2.1.0 (2025-08-02); extensions of pySigma where they do not
// contradict it.

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/detect/address.h"
#include "engines/detect/moment.h"
#include "engines/detect/pattern.h"
#include "engines/detect/yaml.h"

namespace noroshi::engines::detect {

// Why a document was refused. `code` is stable and has a message in watch/detections' catalogue;
// `detail` names the culprit (a modifier, an identifier, a line).
struct Refusal {
    std::string code;
    std::string detail;
};
template <class T>
using Read = std::expected<T, Refusal>;

enum class Level : std::uint8_t { none, informational, low, medium, high, critical };
std::string_view name_of(Level level);

enum class Part : std::uint8_t { whole, minute, hour, day, week, month, year };

// One question about one field's value (or, with an empty field, about the whole event).
struct Test {
    enum class Op : std::uint8_t {
        pattern,  // the text matches `pattern`
        number,   // the text is this number, or reads the same
        less,     // numeric comparisons
        less_equal,
        greater,
        greater_equal,
        regex,
        network,
        null,     // absent or null
        exists,   // present, whatever its value
        same_as,  // equals `other`'s value, with open ends as in `pattern`
    };
    std::string field;  // empty: keyword, over every value
    Op op = Op::pattern;
    bool cased = false;
    bool open_front = false;  // same_as
    bool open_back = false;
    Part part = Part::whole;  // compare this part of a date
    Pattern pattern;          // folded unless cased
    std::string text;         // regex with its flags, number as written, other field
    double number = 0;
    Network network;

    std::string key() const;  // equal tests have equal keys
};

// and/or/not over tests. A leaf holds an index into Detection::tests.
struct Expression {
    enum class Type : std::uint8_t { test, all, any, negation, always, never };
    Type type = Type::never;
    std::uint32_t test = 0;
    std::vector<Expression> parts;

    static Expression of(std::uint32_t test) { return {Type::test, test, {}}; }
    static Expression all(std::vector<Expression> parts);
    static Expression any(std::vector<Expression> parts);
    static Expression negation(Expression part);
};

struct Detection {
    std::vector<Test> tests;
    Expression condition;
};

struct LogsourceSpec {
    std::string product;
    std::string category;
    std::string service;
};

struct Comparison {
    enum class Op : std::uint8_t { less, less_equal, greater, greater_equal, equal, not_equal };
    Op op = Op::greater_equal;
    double value = 0;

    bool holds(double x) const;
};

struct Correlation {
    enum class Type : std::uint8_t {
        event_count,
        value_count,
        temporal,
        temporal_ordered,
        value_sum,
        value_avg,
        value_percentile,
        value_median,
    };
    Type type = Type::event_count;
    std::vector<std::string> rules;  // ids or names
    std::vector<std::string> group_by;
    std::map<std::string, std::map<std::string, std::string>> aliases;  // alias → rule → field
    Micros timespan = 0;
    std::vector<Comparison> comparisons;  // all must hold
    std::vector<std::string> fields;      // of value_*
    double percentile = 50;
    // Extended condition of the temporal types over positions in `rules`; none: all of them.
    std::optional<Expression> condition;
    bool generate = false;
};

struct Filter {
    std::vector<std::string> rules;  // ids or names
    bool any = false;                // every rule of its log source
    Detection detection;
};

struct Rule {
    enum class Type : std::uint8_t { detection, correlation, filter };
    Type type = Type::detection;
    std::string title;
    std::string id;
    std::string name;
    std::string status;
    std::string description;
    std::string author;
    Level level = Level::none;
    std::vector<std::string> tags;
    std::vector<std::string> false_positives;
    LogsourceSpec logsource;
    Detection detection;
    Correlation correlation;
    Filter filter;
    std::string source;  // file
    int line = 0;        // of the document

    const std::string& label() const { return !id.empty() ? id : !name.empty() ? name : title; }
};

// Values for placeholders (`expand`), by name without the percent signs.
using Placeholders = std::map<std::string, std::vector<std::string>, std::less<>>;

Read<Rule> read_rule(const Yaml& document, const Placeholders& placeholders = {});

// Exposed for correlation conditions and tests. `names` are the identifiers in the order of the
// document; leaves hold their positions.
Read<Expression> parse_condition(std::string_view text, const std::vector<std::string>& names);
std::optional<Micros> parse_timespan(std::string_view text);

}  // namespace noroshi::engines::detect
