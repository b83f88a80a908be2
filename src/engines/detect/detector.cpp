#include "engines/detect/detector.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <set>

#include "engines/detect/regex_literals.h"
#include "kernel/result.h"

namespace noroshi::engines::detect {

namespace {

constexpr std::uint32_t keyword_field = 0;

std::optional<double> number_in(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    if (text.empty() || text.size() > 40) return std::nullopt;
    const char first = text.front() == '-' && text.size() > 1 ? text[1] : text.front();
    if ((first < '0' || first > '9') && first != '.') return std::nullopt;
    double value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string canonical(double value) {
    char out[32];
    std::size_t size = 0;
    std::string written = std::to_string(value);
    if (canonical_number(written, out, size)) return {out, size};
    return written;
}

bool contains(std::string_view text, std::string_view part) {
    return part.size() <= text.size() &&
           memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

}  // namespace

struct Detector::Compiled {
    enum class Op : std::uint8_t {
        equals,
        contains,
        front,
        back,
        glob,
        number,
        compare,
        regex,
        network,
        null,
        exists,
        same_as,
    };
    Op op = Op::equals;
    Test::Op compare = Test::Op::number;
    Part part = Part::whole;
    bool cased = false;
    bool open_front = false;
    bool open_back = false;
    FieldId field = unnamed;  // unnamed: keyword
    FieldId other = unnamed;
    std::string literal;
    std::string must;                   // glob: its longest literal
    std::vector<std::string> must_any;  // regex: one of them, if it names any
    std::vector<Pattern::Unit> units;
    std::unique_ptr<RE2> regex;
    Network network;
    double number = 0;
    double likelihood = 0.5;  // guessed, without regard to how many rules use it
};

struct Detector::Node {
    Expression::Type type = Expression::Type::never;
    std::uint32_t test = 0;
    std::uint32_t from = 0;  // range of children_
    std::uint32_t to = 0;
    double likelihood = 0.5;
};

struct Detector::Plan {
    struct Field {
        FieldId field = unnamed;
        FieldPrefilter prefilter;
    };
    std::vector<Field> fields;
    FieldPrefilter keywords;
    bool has_keywords = false;
    std::vector<std::uint32_t> always;
};

Detector::Detector(std::vector<Rule> rules, const std::vector<std::string>& more_fields)
    : rules_(std::move(rules)) {
    for (const auto& name : more_fields) fields_.intern(name);
    compile();
}
Detector::~Detector() = default;

void Detector::compile() {
    known_.channel = fields_.intern("Channel");
    known_.event_id = fields_.intern("EventID");
    known_.provider = fields_.intern("Provider_Name");
    known_.event_type = fields_.intern("EventType");
    known_.time_created = fields_.intern("TimeCreated_SystemTime");
    known_.time_at = fields_.intern("@timestamp");
    known_.timestamp = fields_.intern("timestamp");
    known_.time = fields_.intern("time");
    known_.ts = fields_.intern("ts");
    known_.event_time = fields_.intern("EventTime");
    known_.utc_time = fields_.intern("UtcTime");
    known_.system_time = fields_.intern("SystemTime");
    known_.event_kind = fields_.intern("event_type");
    known_.src_ip = fields_.intern("src_ip");
    known_.path = fields_.intern("_path");
    known_.uid = fields_.intern("uid");
    known_.orig_h = fields_.intern("id.orig_h");
    known_.resp_h = fields_.intern("id.resp_h");
    known_.orig_p = fields_.intern("id.orig_p");
    known_.resp_p = fields_.intern("id.resp_p");

    // Filters join the rules they name and are gone.
    std::vector<Rule> kept;
    std::vector<Rule> filters;
    for (Rule& rule : rules_)
        (rule.type == Rule::Type::filter ? filters : kept).push_back(std::move(rule));
    rules_ = std::move(kept);
    for (const Rule& filter : filters) {
        const auto agrees = [](const std::string& wanted, const std::string& is) {
            return wanted.empty() || wanted == is;
        };
        for (Rule& rule : rules_) {
            if (rule.type != Rule::Type::detection) continue;
            const auto& named = filter.filter.rules;
            const bool meant =
                filter.filter.any ||
                (!rule.id.empty() && std::ranges::find(named, rule.id) != named.end()) ||
                (!rule.name.empty() && std::ranges::find(named, rule.name) != named.end());
            if (!meant || !agrees(filter.logsource.product, rule.logsource.product) ||
                !agrees(filter.logsource.category, rule.logsource.category) ||
                !agrees(filter.logsource.service, rule.logsource.service))
                continue;
            const auto shift = static_cast<std::uint32_t>(rule.detection.tests.size());
            const auto& added = filter.filter.detection;
            rule.detection.tests.insert(rule.detection.tests.end(), added.tests.begin(),
                                        added.tests.end());
            const auto moved = [&](this auto&& self, const Expression& e) -> Expression {
                Expression copy = e;
                copy.test += copy.type == Expression::Type::test ? shift : 0;
                for (auto& part : copy.parts) part = self(part);
                return copy;
            };
            std::vector<Expression> both;
            both.push_back(std::move(rule.detection.condition));
            both.push_back(moved(added.condition));
            rule.detection.condition = Expression::all(std::move(both));
        }
    }

    for (std::uint32_t i = 0; i < rules_.size(); ++i) {
        const auto& logsource = rules_[i].logsource;
        specs_.push_back({routes_.intern(logsource.product), routes_.intern(logsource.category),
                          routes_.intern(logsource.service)});
        compile_rule(i);
    }
    wire_correlations();
    add_aliases();
}

std::uint32_t Detector::compile_test(const Test& test) {
    const auto number = static_cast<std::uint32_t>(tests_.size());
    const auto [found, is_new] = test_numbers_.emplace(test.key(), number);
    if (!is_new) return found->second;
    Compiled& c = tests_.emplace_back();
    usage_.push_back(0);
    c.cased = test.cased;
    c.part = test.part;
    c.field = test.field.empty() ? unnamed : fields_.intern(test.field);
    const auto length_likelihood = [](std::size_t length) {
        constexpr std::array<double, 10> by_length = {1,    0.9,  0.6,  0.25,  0.1,
                                                      0.05, 0.03, 0.02, 0.015, 0.01};
        return length < by_length.size() ? by_length[length] : length < 16 ? 0.008 : 0.005;
    };
    switch (test.op) {
    case Test::Op::pattern: {
        const auto shape = test.pattern.shape();
        c.literal = shape.literal;
        if (shape.is_literal) {
            c.op = shape.open_front
                       ? (shape.open_back ? Compiled::Op::contains : Compiled::Op::back)
                       : (shape.open_back ? Compiled::Op::front : Compiled::Op::equals);
            c.likelihood = c.op == Compiled::Op::equals ? 0.02
                           : c.op == Compiled::Op::contains
                               ? length_likelihood(c.literal.size())
                               : length_likelihood(c.literal.size()) * 0.7;
        } else {
            c.op = Compiled::Op::glob;
            c.units = test.pattern.units();
            c.must = test.pattern.longest_literal();
            c.likelihood = length_likelihood(c.must.size());
        }
        break;
    }
    case Test::Op::number:
        c.op = c.part == Part::whole ? Compiled::Op::number : Compiled::Op::compare;
        c.literal = test.text;
        c.number = test.number;
        c.likelihood = c.part == Part::whole ? 0.02 : 0.3;
        break;
    case Test::Op::less:
    case Test::Op::less_equal:
    case Test::Op::greater:
    case Test::Op::greater_equal:
        c.op = Compiled::Op::compare;
        c.compare = test.op;
        c.number = test.number;
        c.likelihood = 0.4;
        break;
    case Test::Op::regex: {
        c.op = Compiled::Op::regex;
        RE2::Options options;
        options.set_log_errors(false);
        c.regex = std::make_unique<RE2>(test.text, options);
        c.must_any = required_literals(test.text);
        c.likelihood = 0.3;
        if (!c.must_any.empty()) {
            double none = 1;
            for (const auto& literal : c.must_any) none *= 1 - length_likelihood(literal.size());
            c.likelihood = std::min(0.3, 1 - none);
        }
        break;
    }
    case Test::Op::network:
        c.op = Compiled::Op::network;
        c.network = test.network;
        c.likelihood = 0.3;
        break;
    case Test::Op::null:
        c.op = Compiled::Op::null;
        c.likelihood = 0.5;
        break;
    case Test::Op::exists:
        c.op = Compiled::Op::exists;
        c.likelihood = 0.5;
        break;
    case Test::Op::same_as:
        c.op = Compiled::Op::same_as;
        c.other = fields_.intern(test.text);
        c.open_front = test.open_front;
        c.open_back = test.open_back;
        c.likelihood = 0.2;
        break;
    }
    return number;
}

std::uint32_t Detector::compile_expression(const Expression& expression,
                                           const std::vector<std::uint32_t>& tests) {
    Node node;
    node.type = expression.type;
    if (expression.type == Expression::Type::test) {
        node.test = tests[expression.test];
        node.likelihood = tests_[node.test].likelihood;
    } else if (expression.type == Expression::Type::always) {
        node.likelihood = 1;
    } else if (expression.type == Expression::Type::never) {
        node.likelihood = 0;
    } else {
        std::vector<std::uint32_t> parts;
        for (const Expression& part : expression.parts) {
            const std::uint32_t compiled = compile_expression(part, tests);
            // and in and, or in or: one level.
            if (nodes_[compiled].type == node.type && node.type != Expression::Type::negation)
                for (std::uint32_t i = nodes_[compiled].from; i < nodes_[compiled].to; ++i)
                    parts.push_back(children_[i]);
            else
                parts.push_back(compiled);
        }
        // What decides soonest stands first.
        const bool all = node.type == Expression::Type::all;
        std::ranges::sort(parts, [&](std::uint32_t a, std::uint32_t b) {
            const double x = nodes_[a].likelihood;
            const double y = nodes_[b].likelihood;
            return x != y ? (all ? x < y : x > y) : a < b;
        });
        if (all) {
            node.likelihood = 1;
            for (const auto part : parts) node.likelihood *= nodes_[part].likelihood;
        } else if (node.type == Expression::Type::any) {
            double none = 1;
            for (const auto part : parts) none *= 1 - nodes_[part].likelihood;
            node.likelihood = 1 - none;
        } else {
            node.likelihood = 1 - nodes_[parts.front()].likelihood;
        }
        node.from = static_cast<std::uint32_t>(children_.size());
        children_.insert(children_.end(), parts.begin(), parts.end());
        node.to = static_cast<std::uint32_t>(children_.size());
    }
    nodes_.push_back(node);
    return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void Detector::compile_rule(std::uint32_t rule) {
    if (rules_[rule].type != Rule::Type::detection) {
        roots_.push_back(UINT32_MAX);
        return;
    }
    const Detection& detection = rules_[rule].detection;
    std::vector<std::uint32_t> numbers;
    for (const Test& test : detection.tests) numbers.push_back(compile_test(test));
    std::vector<std::uint32_t> used = numbers;
    std::ranges::sort(used);
    used.erase(std::ranges::unique(used).begin(), used.end());
    for (const std::uint32_t number : used) ++usage_[number];
    roots_.push_back(compile_expression(detection.condition, numbers));
}

Detector::Triggers Detector::triggers_of(std::uint32_t number) const {
    const Node& node = nodes_[number];
    switch (node.type) {
    case Expression::Type::never: return {0, {}};
    case Expression::Type::always:
    case Expression::Type::negation: return {};
    case Expression::Type::all: {
        Triggers best;
        for (std::uint32_t i = node.from; i < node.to; ++i) {
            auto triggers = triggers_of(children_[i]);
            if (triggers.cost < best.cost) best = std::move(triggers);
        }
        return best;
    }
    case Expression::Type::any: {
        Triggers sum{0, {}};
        for (std::uint32_t i = node.from; i < node.to; ++i) {
            auto triggers = triggers_of(children_[i]);
            if (triggers.cost > 1) return {};
            sum.cost += triggers.cost;
            sum.any_of.insert(sum.any_of.end(), std::make_move_iterator(triggers.any_of.begin()),
                              std::make_move_iterator(triggers.any_of.end()));
        }
        sum.cost = std::min(sum.cost, 0.99);
        return sum;
    }
    case Expression::Type::test: break;
    }
    const Compiled& c = tests_[node.test];
    if (c.op == Compiled::Op::null) return {};
    const bool keyword = c.field == unnamed;
    Trigger trigger{keyword ? keyword_field : c.field, Trigger::Place::present, {}};
    double cost = 0.6;
    const auto literal = [&](Trigger::Place place, std::string text) {
        if (text.empty()) return;
        trigger.place = place;
        trigger.literal = folded(text);
        cost = std::min(0.5, c.likelihood * (1 + 0.25 * usage_[node.test]));
    };
    switch (c.op) {
    case Compiled::Op::equals: literal(Trigger::Place::whole, c.literal); break;
    case Compiled::Op::contains: literal(Trigger::Place::anywhere, c.literal); break;
    case Compiled::Op::front: literal(Trigger::Place::front, c.literal); break;
    case Compiled::Op::back: literal(Trigger::Place::back, c.literal); break;
    case Compiled::Op::glob: literal(Trigger::Place::anywhere, c.must); break;
    case Compiled::Op::regex: {
        if (c.must_any.empty()) break;
        Triggers any{std::min(0.5, c.likelihood * (1 + 0.25 * usage_[node.test])), {}};
        trigger.place = Trigger::Place::anywhere;
        for (const auto& required : c.must_any) {
            trigger.literal = required;
            any.any_of.push_back(trigger);
        }
        return any;
    }
    case Compiled::Op::number: {
        literal(Trigger::Place::whole, c.literal);
        Triggers both{cost, {trigger}};
        trigger.literal = canonical(c.number);
        if (trigger.literal != both.any_of.front().literal) both.any_of.push_back(trigger);
        return both;
    }
    default: break;
    }
    if (keyword && trigger.place == Trigger::Place::present) return {};
    return {cost, {trigger}};
}

void Detector::wire_correlations() {
    const auto count = rules_.size();
    wanted_.resize(count);
    wanted_names_.resize(count);
    silent_.resize(count);
    referred_.resize(count);
    std::map<std::string, std::uint32_t, std::less<>> by_label;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!rules_[i].name.empty()) by_label.emplace(rules_[i].name, i);
        if (!rules_[i].id.empty()) by_label.emplace(rules_[i].id, i);
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        if (rules_[i].type != Rule::Type::correlation) continue;
        for (const auto& label : rules_[i].correlation.rules) {
            const auto found = by_label.find(label);
            ASSERT(found != by_label.end());  // read_rules refused it
            referred_[i].push_back(found->second);
            if (!rules_[i].correlation.generate) silent_[found->second] = true;
        }
    }
    // A rule generates if any correlation that names it says so.
    for (std::uint32_t i = 0; i < count; ++i)
        if (rules_[i].type == Rule::Type::correlation && rules_[i].correlation.generate)
            for (const auto rule : referred_[i]) silent_[rule] = false;

    const auto want = [&](std::uint32_t rule, const std::string& field) {
        auto& names = wanted_names_[rule];
        if (std::ranges::find(names, field) == names.end()) names.push_back(field);
    };
    const auto want_below = [&](this auto&& self, std::uint32_t rule, const Correlation& c,
                                const std::string& field) -> void {
        std::string source = field;
        if (const auto alias = c.aliases.find(field); alias != c.aliases.end()) {
            const auto& by_rule = alias->second;
            auto found = by_rule.find(rules_[rule].name);
            if (found == by_rule.end()) found = by_rule.find(rules_[rule].id);
            if (found != by_rule.end()) source = found->second;
        }
        want(rule, source);
        if (rules_[rule].type == Rule::Type::correlation)
            for (const auto below : referred_[rule]) self(below, rules_[rule].correlation, source);
    };
    for (std::uint32_t i = 0; i < count; ++i) {
        if (rules_[i].type != Rule::Type::correlation) continue;
        const Correlation& c = rules_[i].correlation;
        for (const auto rule : referred_[i]) {
            for (const auto& field : c.group_by) want_below(rule, c, field);
            for (const auto& field : c.fields) want_below(rule, c, field);
        }
    }
    for (std::uint32_t i = 0; i < count; ++i)
        for (const auto& name : wanted_names_[i]) wanted_[i].push_back(fields_.intern(name));
}

void Detector::add_aliases() {
    struct Pair {
        std::string_view kind, from, to;
    };
    // Only what a rule asks for: `to` must have a number already.
    constexpr auto pairs = std::to_array<Pair>({
        {"4688", "NewProcessName", "Image"},
        {"4688", "ParentProcessName", "ParentImage"},
        {"4688", "NewProcessId", "ProcessId"},
        {"4688", "SubjectUserName", "User"},
        {"4688", "SubjectLogonId", "LogonId"},
        {"4689", "ProcessName", "Image"},
        {"4657", "ObjectName", "TargetObject"},
        {"4657", "NewValue", "Details"},
        {"4657", "ProcessName", "Image"},
        {"network_security", "Application", "Image"},
        {"network_security", "SourceAddress", "SourceIp"},
        {"network_security", "DestAddress", "DestinationIp"},
        {"network_security", "DestPort", "DestinationPort"},
        {"antivirus", "ThreatName", "Signature"},
        {"antivirus", "Path", "Filename"},
        {"nxlog", "SourceName", "Provider_Name"},
        {"nxlog", "Hostname", "Computer"},
        {"zeek", "id.orig_h", "src_ip"},
        {"zeek", "id.orig_p", "src_port"},
        {"zeek", "id.resp_h", "dst_ip"},
        {"zeek", "id.resp_p", "dst_port"},
        {"http", "uri", "c-uri"},
        {"http", "user_agent", "c-useragent"},
        {"http", "method", "cs-method"},
        {"http", "host", "cs-host"},
        {"http", "referrer", "cs-referer"},
        {"http", "status_code", "sc-status"},
        {"dns", "answers", "answer"},
        {"dns", "qtype_name", "record_type"},
        {"eve", "src_ip", "id.orig_h"},
        {"eve", "src_port", "id.orig_p"},
        {"eve", "dest_ip", "id.resp_h"},
        {"eve", "dest_port", "id.resp_p"},
        {"eve", "dest_ip", "dst_ip"},
        {"eve", "dest_port", "dst_port"},
        {"eve", "dns.rrname", "query"},
        {"eve", "dns.rrtype", "record_type"},
        {"eve", "http.url", "c-uri"},
        {"eve", "http.http_user_agent", "c-useragent"},
        {"eve", "http.http_method", "cs-method"},
        {"eve", "http.hostname", "cs-host"},
        {"eve", "http.http_refer", "cs-referer"},
        {"eve", "http.status", "sc-status"},
        {"fortigate", "srcip", "src_ip"},
        {"fortigate", "dstip", "dst_ip"},
        {"fortigate", "srcport", "src_port"},
        {"fortigate", "dstport", "dst_port"},
        {"cef", "src", "src_ip"},
        {"cef", "dst", "dst_ip"},
        {"cef", "spt", "src_port"},
        {"cef", "dpt", "dst_port"},
        {"cef", "act", "action"},
        {"netflow", "sourceIPv4Address", "src_ip"},
        {"netflow", "destinationIPv4Address", "dst_ip"},
        {"netflow", "sourceIPv6Address", "src_ip"},
        {"netflow", "destinationIPv6Address", "dst_ip"},
        {"netflow", "sourceTransportPort", "src_port"},
        {"netflow", "destinationTransportPort", "dst_port"},
        {"netflow", "destinationIPv4Address", "dest_ip"},
        {"netflow", "destinationIPv6Address", "dest_ip"},
        {"netflow", "destinationTransportPort", "dest_port"},
        {"netflow", "destinationTransportPort", "id.resp_p"},
        {"netflow", "octetDeltaCount", "orig_ip_bytes"},
        {"netflow", "sourceIPv4Address", "source.ip"},
        {"netflow", "destinationIPv4Address", "destination.ip"},
        {"netflow", "sourceTransportPort", "source.port"},
        {"netflow", "destinationTransportPort", "destination.port"},
    });
    for (const auto& pair : pairs) {
        const FieldId to = fields_.find(pair.to);
        auto& list = aliases_[std::string(pair.kind)];
        if (to != unnamed) list.push_back({fields_.intern(pair.from), to});
    }
}

const std::vector<Detector::Alias>& Detector::aliases(std::string_view kind) const {
    static const std::vector<Alias> none;
    const auto found = aliases_.find(kind);
    return found == aliases_.end() ? none : found->second;
}

const Detector::Plan& Detector::plan_for(const Route& route) const {
    const std::lock_guard lock(plans_guard_);
    auto& plan = plans_[route.key()];
    if (plan) return *plan;
    plan = std::make_unique<Plan>();
    std::map<FieldId, FieldPrefilter> fields;
    for (std::uint32_t rule = 0; rule < rules_.size(); ++rule) {
        if (roots_[rule] == UINT32_MAX || !specs_[rule].takes(route)) continue;
        const auto triggers = triggers_of(roots_[rule]);
        if (triggers.cost > 1) {
            plan->always.push_back(rule);
            continue;
        }
        for (const Trigger& trigger : triggers.any_of)
            if (trigger.field == keyword_field)
                plan->keywords.add(trigger, rule);
            else
                fields[trigger.field].add(trigger, rule);
    }
    plan->has_keywords = !plan->keywords.empty();
    plan->keywords.finish();
    for (auto& [field, prefilter] : fields) {
        prefilter.finish();
        plan->fields.push_back({field, std::move(prefilter)});
    }
    return *plan;
}

std::size_t Detector::always_evaluated(const Route& route) const {
    return plan_for(route).always.size();
}

// ---- matching -------------------------------------------------------------------------------------

Matcher::Matcher(const Detector& detector) : detector_(detector) {
    test_stamps_.resize(detector.tests_.size());
    rule_stamps_.resize(detector.rules_.size());
}

const std::vector<std::uint32_t>& Matcher::match(Event& event) {
    candidates_.clear();
    matched_.clear();
    if (++epoch_ >= UINT32_MAX / 2) {
        std::ranges::fill(test_stamps_, 0U);
        std::ranges::fill(rule_stamps_, 0U);
        epoch_ = 1;
    }
    const std::uint64_t key = event.route.key();
    if (key != last_route_ || last_plan_ == nullptr) {
        auto& plan = plans_[key];
        if (plan == nullptr) plan = &detector_.plan_for(event.route);
        last_plan_ = plan;
        last_route_ = key;
    }
    const auto& plan = *last_plan_;
    const auto consider = [this](const std::vector<std::uint32_t>& rules) {
        for (const std::uint32_t rule : rules) {
            if (rule_stamps_[rule] == epoch_) continue;
            rule_stamps_[rule] = epoch_;
            candidates_.push_back(rule);
        }
    };
    auto& values = event.values();
    for (const auto& field : plan.fields) {
        std::uint32_t at = event.first(field.field);
        if (at == 0) continue;
        consider(field.prefilter.present());
        if (!field.prefilter.scans_text()) continue;
        for (; at != 0; at = values[at - 1].next)
            field.prefilter.scan(event.lower(values[at - 1]), consider);
    }
    if (plan.has_keywords) {
        // All values in one text, a zero byte between them: one pass instead of fifty short ones.
        plan.keywords.scan_anywhere(event.lower_all(), consider);
        if (plan.keywords.has_anchored())
            for (auto& value : values)
                if (!value.is_alias()) plan.keywords.scan_anchored(event.lower(value), consider);
    }
    consider(plan.always);
    for (const std::uint32_t rule : candidates_)
        if (evaluate(detector_.roots_[rule], event)) matched_.push_back(rule);
    std::ranges::sort(matched_);
    return matched_;
}

bool Matcher::evaluate(std::uint32_t number, Event& event) {
    const auto& node = detector_.nodes_[number];
    switch (node.type) {
    case Expression::Type::test: return test(node.test, event);
    case Expression::Type::all:
        for (std::uint32_t i = node.from; i < node.to; ++i)
            if (!evaluate(detector_.children_[i], event)) return false;
        return true;
    case Expression::Type::any:
        for (std::uint32_t i = node.from; i < node.to; ++i)
            if (evaluate(detector_.children_[i], event)) return true;
        return false;
    case Expression::Type::negation: return !evaluate(detector_.children_[node.from], event);
    case Expression::Type::always: return true;
    case Expression::Type::never: return false;
    }
    return false;
}

bool Matcher::test(std::uint32_t number, Event& event) {
    std::uint32_t& stamp = test_stamps_[number];
    if (stamp >> 1 != epoch_) stamp = epoch_ << 1 | (ask(number, event) ? 1U : 0U);
    return (stamp & 1) != 0;
}

bool Matcher::ask(std::uint32_t number, Event& event) {
    using Op = Detector::Compiled::Op;
    const auto& c = detector_.tests_[number];
    auto& values = event.values();
    const auto fits = [&](Value& value) {
        switch (c.op) {
        case Op::equals:
        case Op::contains:
        case Op::front:
        case Op::back:
        case Op::glob: {
            if (value.kind == Kind::null) return false;
            const std::string_view text = c.cased ? value.text : event.lower(value);
            switch (c.op) {
            case Op::equals: return text == c.literal;
            case Op::contains: return contains(text, c.literal);
            case Op::front: return text.starts_with(c.literal);
            case Op::back: return text.ends_with(c.literal);
            default: return (c.must.empty() || contains(text, c.must)) && matches(c.units, text);
            }
        }
        case Op::number: {
            if (value.kind == Kind::null) return false;
            if (event.lower(value) == c.literal) return true;
            const auto is = number_in(value.text);
            return is && *is == c.number;
        }
        case Op::compare: {
            std::optional<double> is;
            if (c.part == Part::whole) {
                is = number_in(value.text);
            } else if (const auto date = parse_written(value.text)) {
                switch (c.part) {
                case Part::minute: is = date->minute; break;
                case Part::hour: is = date->hour; break;
                case Part::day: is = date->day; break;
                case Part::week: is = iso_week(*date); break;
                case Part::month: is = date->month; break;
                case Part::year: is = date->year; break;
                case Part::whole: break;
                }
            }
            if (!is) return false;
            switch (c.compare) {
            case Test::Op::less: return *is < c.number;
            case Test::Op::less_equal: return *is <= c.number;
            case Test::Op::greater: return *is > c.number;
            case Test::Op::greater_equal: return *is >= c.number;
            default: return *is == c.number;
            }
        }
        case Op::regex:
            if (value.kind == Kind::null) return false;
            if (!c.must_any.empty()) {
                const std::string_view text = event.lower(value);
                bool possible = false;
                for (const auto& literal : c.must_any)
                    possible = possible || contains(text, literal);
                if (!possible) return false;
            }
            return RE2::PartialMatch(re2::StringPiece(value.text.data(), value.text.size()),
                                     *c.regex);
        case Op::network: {
            const auto address = parse_address(value.text);
            return address && c.network.contains(*address);
        }
        case Op::same_as: {
            if (value.kind == Kind::null) return false;
            for (std::uint32_t at = event.first(c.other); at != 0; at = values[at - 1].next) {
                Value& other = values[at - 1];
                if (other.kind == Kind::null) continue;
                const std::string_view a = c.cased ? value.text : event.lower(value);
                const std::string_view b = c.cased ? other.text : event.lower(other);
                if (c.open_front && c.open_back ? contains(a, b)
                    : c.open_front              ? a.ends_with(b)
                    : c.open_back               ? a.starts_with(b)
                                                : a == b)
                    return true;
            }
            return false;
        }
        case Op::null: return value.kind == Kind::null || value.kind == Kind::empty;
        case Op::exists: return true;
        }
        return false;
    };
    if (c.field == unnamed) {
        for (auto& value : values)
            if (!value.is_alias() && fits(value)) return true;
        return false;
    }
    std::uint32_t at = event.first(c.field);
    if (at == 0) return c.op == Op::null;
    for (; at != 0; at = values[at - 1].next)
        if (fits(values[at - 1])) return true;
    return false;
}

// ---- reading --------------------------------------------------------------------------------------

RuleFiles read_rules(const std::vector<RuleSource>& sources, const Placeholders& placeholders) {
    RuleFiles files;
    std::vector<std::size_t> verdict_of;  // per rule
    std::set<std::string> ids;
    std::set<std::string> names;
    for (const RuleSource& source : sources) {
        const YamlFile file = read_yaml(source.text);
        for (const Yaml& document : file.documents) {
            if (document.is_null()) continue;
            Verdict verdict;
            verdict.source = source.name;
            verdict.line = document.line;
            verdict.id = document.text_of("id");
            verdict.name = document.text_of("name");
            verdict.title = document.text_of("title");
            verdict.status = document.text_of("status");
            verdict.type = document.find("correlation") != nullptr ? Rule::Type::correlation
                           : document.find("filter") != nullptr    ? Rule::Type::filter
                                                                   : Rule::Type::detection;
            auto rule = read_rule(document, placeholders);
            if (!rule) {
                verdict.refusal = rule.error();
            } else if (!rule->id.empty() && !ids.insert(rule->id).second) {
                verdict.refusal = Refusal{"id_taken", rule->id};
            } else if (!rule->name.empty() && !names.insert(rule->name).second) {
                verdict.refusal = Refusal{"name_taken", rule->name};
            } else {
                rule->source = source.name;
                verdict_of.push_back(files.verdicts.size());
                files.rules.push_back(std::move(*rule));
            }
            files.verdicts.push_back(std::move(verdict));
        }
        if (!file.error.empty()) {
            Verdict verdict;
            verdict.source = source.name;
            verdict.line = file.error_line;
            verdict.refusal = Refusal{"yaml", file.error};
            files.verdicts.push_back(std::move(verdict));
        }
    }
    // Names must lead somewhere, and not in a circle. Whoever names a refused rule is refused too.
    for (bool changed = true; changed;) {
        changed = false;
        std::map<std::string, std::size_t, std::less<>> by_label;
        for (std::size_t i = 0; i < files.rules.size(); ++i) {
            if (files.rules[i].type == Rule::Type::filter) continue;
            if (!files.rules[i].name.empty()) by_label.emplace(files.rules[i].name, i);
            if (!files.rules[i].id.empty()) by_label.emplace(files.rules[i].id, i);
        }
        const auto in_circle = [&](this auto&& self, std::size_t rule, std::size_t start,
                                   int depth) -> bool {
            if (depth > 50) return true;
            for (const auto& label : files.rules[rule].correlation.rules) {
                const auto found = by_label.find(label);
                if (found == by_label.end()) continue;
                if (found->second == start) return true;
                if (files.rules[found->second].type == Rule::Type::correlation &&
                    self(found->second, start, depth + 1))
                    return true;
            }
            return false;
        };
        for (std::size_t i = 0; i < files.rules.size(); ++i) {
            const Rule& rule = files.rules[i];
            std::optional<Refusal> refusal;
            if (rule.type == Rule::Type::correlation) {
                for (const auto& label : rule.correlation.rules)
                    if (!refusal && by_label.find(label) == by_label.end())
                        refusal = Refusal{"rule_unknown", label};
                if (!refusal && in_circle(i, i, 0)) refusal = Refusal{"correlation_circle", ""};
            }
            if (!refusal) continue;
            files.verdicts[verdict_of[i]].refusal = std::move(refusal);
            files.rules.erase(files.rules.begin() + static_cast<std::ptrdiff_t>(i));
            verdict_of.erase(verdict_of.begin() + static_cast<std::ptrdiff_t>(i));
            changed = true;
            break;
        }
    }
    return files;
}

}  // namespace noroshi::engines::detect
