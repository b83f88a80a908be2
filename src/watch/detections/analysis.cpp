#include "watch/detections/analysis.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engines/detect/rule_cache.h"
#include "engines/detect/yaml.h"
#include "kernel/crypto/hash.h"
#include "prepare/contacts/contacts_holidays.h"
#include "watch/detections/explanation.h"

namespace noroshi::watch::detections {

namespace detect = engines::detect;
using detect::Micros;

namespace {

constexpr Micros late = 600LL * 1000000;
constexpr std::size_t longest_value = 300;
constexpr std::size_t longest_description = 1500;
constexpr std::size_t most_fields = 8;
constexpr std::uint64_t most_behaviour_events = 3'000'000;  // then it begins anew
constexpr auto a_day = std::chrono::hours{24};

// Whom an event is about, in the order of preference: the machine, else an address, else an account.
constexpr auto entity_fields = std::to_array<std::string_view>(
    {"Computer", "computer_name", "winlog.computer_name", "host.name", "Hostname", "hostname",
     "host", "devname", "srcip", "src_ip", "id.orig_h", "SourceIp", "src", "c-ip", "client_ip",
     "remip", "User", "user", "TargetUserName"});

std::string cut(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string(text);
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
    return std::string(text.substr(0, most)) + "…";
}

// Facts are UTF-8; lines may be anything.
std::string sound(std::string_view text) {
    std::string quoted;
    detect::append_json_string(quoted, text);
    // Only what is no UTF-8 was mended; the escapes are undone by leaving control characters out.
    std::string out;
    for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
        if (quoted[i] != '\\') {
            out += quoted[i];
            continue;
        }
        const char next = quoted[++i];
        if (next == 'u')
            i += 4;
        else
            out += next == 'n' || next == 't' || next == 'r' || next == 'b' || next == 'f' ? ' '
                                                                                           : next;
    }
    return cut(out, longest_value);
}

Level level_of(detect::Level level) {
    switch (level) {
    case detect::Level::informational: return Level::informational;
    case detect::Level::low: return Level::low;
    case detect::Level::high: return Level::high;
    case detect::Level::critical: return Level::critical;
    default: return Level::medium;
    }
}
Level level_named(std::string_view name) {
    return name == "critical"        ? Level::critical
           : name == "high"          ? Level::high
           : name == "low"           ? Level::low
           : name == "informational" ? Level::informational
                                     : Level::medium;
}

std::string place_of(const std::string& source, int line) {
    return source + "\n" + std::to_string(line);
}

std::vector<std::string> texts_of(const detect::Yaml* node) {
    std::vector<std::string> out;
    if (node == nullptr) return out;
    if (node->is_scalar()) out.push_back(cut(node->text, longest_value));
    for (const auto& item : node->items)
        if (item.is_scalar() && out.size() < 10) out.push_back(cut(item.text, longest_value));
    return out;
}

std::optional<Instant> instant_of(Micros time) {
    if (time == detect::no_time) return {};
    return Instant{Span{time}};
}

detect::ReadOptions options_of(logs::LogKind kind) {
    detect::ReadOptions options;
    using logs::LogKind;
    switch (kind) {
    case LogKind::zeek: options.format = detect::Format::zeek; break;
    case LogKind::eve: options.format = detect::Format::eve; break;
    case LogKind::windows:
        options.format = detect::Format::windows;
        options.route.product = "windows";
        break;
    case LogKind::fortigate: options.format = detect::Format::fortigate; break;
    case LogKind::cef: options.format = detect::Format::cef; break;
    case LogKind::leef: options.format = detect::Format::leef; break;
    case LogKind::json: options.format = detect::Format::json; break;
    case LogKind::sshd: options.route.product = "linux"; break;
    case LogKind::auditd:
        options.route.product = "linux";
        options.route.service = "auditd";
        break;
    case LogKind::proxy: options.route.category = "proxy"; break;
    case LogKind::dns: options.route.category = "dns"; break;
    default: break;
    }
    return options;
}

void add(Finding& into, const LineAt& line, std::optional<Instant> at) {
    ++into.count;
    if (into.lines.size() < lines_of_a_detection) into.lines.push_back(line);
    if (at && (!into.first_at || *at < *into.first_at)) into.first_at = at;
    if (at && (!into.last_at || *at > *into.last_at)) into.last_at = at;
}

void note_field(Finding& into, std::string_view name, std::string_view value) {
    if (into.seen.size() >= most_fields || value.empty()) return;
    if (std::ranges::any_of(into.seen, [&](const auto& field) { return field.first == name; }))
        return;
    into.seen.emplace_back(sound(name), sound(value));
}

std::string family_of(const About& about, const detect::Rule& rule) {
    if (about.techniques.empty()) return rule.label();
    return about.techniques.front().substr(0, about.techniques.front().find('.'));
}

}  // namespace

// ---- the rulebook --------------------------------------------------------------------------

Rulebook::Rulebook(const RuleContent& content) {
    std::string of_rules, of_indicators;
    std::vector<detect::RuleSource> sources;
    for (const auto& [name, text] : content.rules) {
        sources.push_back({name, text});
        of_rules += name + "\n" + to_hex(sha256(text)) + "\n";
    }
    for (const auto& [name, text] : content.indicators)
        of_indicators += name + "\n" + to_hex(sha256(text)) + "\n";
    for (const auto& [name, text] : content.allowed)
        of_rules += name + "\n" + to_hex(sha256(text)) + "\n";
    digest_ = to_hex(sha256(of_rules + of_indicators)).substr(0, 16);
    indicators_digest_ = of_indicators.empty() ? "" : to_hex(sha256(of_indicators)).substr(0, 16);

    const auto digest = detect::rules_digest(sources, {}, content.program);
    auto known = detect::unpack_rules(content.packed, digest);
    auto files = known ? std::move(*known) : detect::read_rules(sources);
    if (!known && !content.program.empty()) packed_ = detect::pack_rules(files, digest);
    for (const auto& verdict : files.verdicts)
        if (verdict.refusal)
            refused_.push_back(
                {verdict.source, verdict.line, verdict.refusal->code, verdict.refusal->detail});
    for (const auto& rule : files.rules) {
        auto& words = words_[place_of(rule.source, rule.line)];
        words.about.description = cut(rule.description, longest_description);
        for (const auto& text : rule.false_positives)
            if (words.about.false_positives.size() < 10)
                words.about.false_positives.push_back(cut(text, longest_value));
        for (auto tag : rule.tags) {
            if (!tag.starts_with("attack.")) continue;
            tag.erase(0, 7);
            std::ranges::replace(tag, '-', '_');
            const bool technique =
                tag.size() > 2 && tag[0] == 't' && tag[1] >= '0' && tag[1] <= '9';
            if (technique)
                words.about.techniques.push_back(std::move(tag));
            else if (std::ranges::find(tactics, tag) != tactics.end())
                words.about.tactics.push_back(std::move(tag));
        }
    }
    // What a rule says beyond the specification: its words in Japanese. Most have none.
    for (const auto& source : sources) {
        if (source.text.find("_ja:") == std::string::npos) continue;
        for (const auto& document : detect::read_yaml(source.text).documents) {
            if (!document.is_map()) continue;
            auto& words = words_[place_of(source.name, document.line)];
            words.title_ja = cut(document.text_of("title_ja"), longest_value);
            words.about.description_ja =
                cut(document.text_of("description_ja"), longest_description);
            words.about.false_positives_ja = texts_of(document.find("falsepositives_ja"));
        }
    }
    Micros longest = 0;
    for (const auto& rule : files.rules) longest = std::max(longest, rule.correlation.timespan);
    // Behaviour looks at a day.
    memory_ = std::clamp<Span>(Span{longest}, a_day, std::chrono::hours{24 * 8});
    detector_ =
        std::make_unique<detect::Detector>(std::move(files.rules), detect::behaviour_fields());
    for (const auto& [name, text] : content.indicators) {
        const auto loaded = indicators_.load(name, text);
        if (!loaded.error.empty()) refused_.push_back({name, 0, "indicators", loaded.error});
    }
    for (const auto& [name, text] : content.allowed) indicators_.allow(text);
    indicators_.finish();
}

const About& Rulebook::about(const detect::Rule& rule) const {
    static const About nothing;
    const auto found = words_.find(place_of(rule.source, rule.line));
    return found == words_.end() ? nothing : found->second.about;
}

const std::string& Rulebook::title_ja(const detect::Rule& rule) const {
    static const std::string nothing;
    const auto found = words_.find(place_of(rule.source, rule.line));
    return found == words_.end() ? nothing : found->second.title_ja;
}

// ---- tuning --------------------------------------------------------------------------------

Tuning tuning_of(const State& state, const OrganisationId& member) {
    return {state.harmless_in_a_row(member, "beacon"),
            state.harmless_in_a_row(member, "long_connection"),
            state.harmless_in_a_row(member, "fan_out"),
            state.harmless_in_a_row(member, "port_scan"),
            state.harmless_in_a_row(member, "dns_tunnel"),
            state.harmless_in_a_row(member, "outbound_volume"),
            state.harmless_in_a_row(member, "new_destination"),
            state.harmless_in_a_row(member, "vpn_guessing"),
            state.harmless_in_a_row(member, "password_spraying"),
            state.harmless_in_a_row(member, "transactions_fall")};
}

namespace {
// A quarter more for each "harmless", up to three times.
double factor(int harmless) { return std::min(1 + 0.25 * harmless, 3.0); }
std::size_t more(std::size_t usual, int harmless) {
    return static_cast<std::size_t>(static_cast<double>(usual) * factor(harmless));
}
}  // namespace

detect::HabitOptions tuned_habits(const Tuning& tuning) {
    detect::HabitOptions options;
    options.is_day_off = [known = std::map<std::int64_t, bool>{}](std::int64_t day) mutable {
        auto found = known.find(day);
        if (found == known.end()) {
            if (known.size() > 1000) known.clear();
            const prepare::contacts::Day date{std::chrono::days{day}};
            found = known
                        .emplace(day,
                                 prepare::contacts::is_day_off(prepare::contacts::Holidays{}, date))
                        .first;
        }
        return found->second;
    };
    options.outbound_factor *= factor(tuning.outbound_volume);
    options.few_destinations = static_cast<std::size_t>(
        static_cast<double>(options.few_destinations) / factor(tuning.new_destination));
    options.guesses = more(options.guesses, tuning.vpn_guessing);
    options.sprayed_users = more(options.sprayed_users, tuning.password_spraying);
    options.transactions_share /= factor(tuning.transactions_fall);
    return options;
}

detect::BehaviourOptions tuned(const Tuning& tuning) {
    detect::BehaviourOptions options;
    options.beacon_score = std::min(options.beacon_score + 0.03 * tuning.beacon, 0.95);
    options.long_connection_seconds *= factor(tuning.long_connection);
    options.fan_out_hosts = static_cast<std::size_t>(static_cast<double>(options.fan_out_hosts) *
                                                     factor(tuning.fan_out));
    options.scanned_ports = static_cast<std::size_t>(static_cast<double>(options.scanned_ports) *
                                                     factor(tuning.port_scan));
    options.names_below_domain = static_cast<std::size_t>(
        static_cast<double>(options.names_below_domain) * factor(tuning.dns_tunnel));
    return options;
}

// ---- the analyser --------------------------------------------------------------------------

// Correlations over one stream of matches.
struct Analyser::Stream {
    Stream(const detect::Detector& detector, std::vector<detect::Found>& found)
        : correlator(detector, [&found](detect::Found&& one) { found.push_back(std::move(one)); }) {
    }
    detect::Correlator correlator;
    Micros latest = detect::no_time;
};

struct Analyser::Feed {
    Feed(const detect::Detector& detector, logs::LogKind kind)
        : reader(detector, options_of(kind)) {
        reader.begin(source, nullptr);
    }
    detect::Source source;
    detect::Reader reader;
    std::size_t number = 0;
    Micros last = detect::no_time;  // of its last event that had a time
    std::unique_ptr<Stream> alone;  // while it catches up
};

Analyser::Analyser(std::shared_ptr<const Rulebook> rules, const Tuning& tuning, Look look)
    : rules_(std::move(rules)), behaviour_options_(tuned(tuning)), look_(look),
      matcher_(rules_->detector()), event_(rules_->detector().fields()),
      together_(std::make_unique<Stream>(rules_->detector(), correlated_)) {
    if (look == Look::everything)
        habits_ =
            std::make_unique<detect::Habits>(rules_->detector().fields(), tuned_habits(tuning));
}

Analyser::~Analyser() = default;

Analyser::Feed& Analyser::feed_of(const Lines& lines) {
    auto& feed = feeds_[lines.source];
    if (!feed) {
        feed = std::make_unique<Feed>(rules_->detector(), lines.kind);
        feed->number = sources_.size();
        sources_.push_back(lines.source);
    }
    // Lines without a year are of the latest year that does not put them after this.
    feed->source.written = lines.received.time_since_epoch().count();
    return *feed;
}

void Analyser::prime(const Lines& lines) {
    Feed& feed = feed_of(lines);
    for (auto rest = lines.text; !rest.empty();) {
        const auto end = std::min(rest.find('\n'), rest.size());
        if (rest.starts_with('#')) (void)feed.reader.read(rest.substr(0, end), event_);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

void Analyser::learn(const Lines& lines) {
    if (!habits_) return;
    Feed& feed = feed_of(lines);
    std::uint64_t number = lines.first_line;
    for (auto rest = lines.text; !rest.empty(); ++number) {
        const auto text = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(text.size() + 1, rest.size()));
        const auto take_in = [&](const detect::Event& event) {
            habits_->take(event, feed.number, number);
        };
        if (lines.kind == logs::LogKind::netflow &&
            feed.reader.read_datagram(text, event_, take_in,
                                      [](std::string_view, std::uint64_t) {}))
            continue;
        if (feed.reader.read(text, event_).empty()) take_in(event_);
    }
    habits_->drain([](detect::Found&&) {});
    (void)habits_->take_refusals();
}

void Analyser::retune(const Tuning& tuning) {
    behaviour_options_ = tuned(tuning);
    if (behaviour_) behaviour_->set_options(behaviour_options_);
    if (habits_) habits_->set_options(tuned_habits(tuning));
}

std::vector<std::pair<LineAt, detect::Habits::Refusal>> Analyser::take_refusals() {
    std::vector<std::pair<LineAt, detect::Habits::Refusal>> out;
    if (!habits_) return out;
    for (auto& one : habits_->take_refusals())
        if (one.source < sources_.size()) {
            const LineAt at{sources_[one.source], one.line};
            out.emplace_back(at, std::move(one));
        }
    return out;
}

Analyser::Seen Analyser::take(const Lines& lines) {
    Seen seen;
    Feed& feed = feed_of(lines);
    groups_.clear();
    const auto day = std::chrono::floor<std::chrono::days>(lines.received).time_since_epoch();
    if (look_ == Look::everything && (!behaviour_ || day.count() != behaviour_day_ ||
                                      behaviour_events_ > most_behaviour_events)) {
        behaviour_day_ = day.count();
        begin_day();
    }
    std::uint64_t number = lines.first_line;
    for (auto rest = lines.text; !rest.empty(); ++number) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const auto text = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        // A datagram holds many flows; all of them stand at its line.
        if (lines.kind == logs::LogKind::netflow &&
            feed.reader.read_datagram(
                text, event_,
                [&](detect::Event&) {
                    ++seen.parsed;
                    match(feed, number, seen);
                },
                [&](std::string_view why, std::uint64_t count) {
                    seen.unparsed[std::string(why)] += count;
                }))
            continue;
        const auto reason = feed.reader.read(text, event_);
        if (reason == detect::Reader::nothing) continue;
        if (!reason.empty()) {
            ++seen.unparsed[std::string(reason)];
            continue;
        }
        ++seen.parsed;
        match(feed, number, seen);
    }
    return seen;
}

void Analyser::match(Feed& feed, std::uint64_t line, Seen& seen) {
    const LineAt at{sources_[feed.number], line};
    const auto time = instant_of(event_.time);
    if (event_.time != detect::no_time) feed.last = event_.time;
    const auto put = [&](std::string rule, const std::string& entity, auto fill) {
        const auto [found, is_new] =
            groups_.try_emplace({std::move(rule), entity}, seen.findings.size());
        if (is_new) {
            Finding fresh;
            fresh.rule = found->first.first;
            fresh.entity = entity;
            fill(fresh);
            seen.findings.push_back(std::move(fresh));
        }
        return found->second;
    };
    if (rules_->indicators().size() > 0) {
        hits_.clear();
        rules_->indicators().match(event_, hits_);
        for (const auto& hit : hits_) {
            const auto which =
                put("indicator:" + std::string(hit.type), sound(hit.value), [&](Finding& fresh) {
                    fresh.kind = DetectionKind::indicator;
                    fresh.level = Level::high;
                    fresh.family = "indicator";
                    fresh.title = "indicator";
                    note_field(fresh, "type", hit.type);
                    note_field(fresh, "value", hit.value);
                    note_field(fresh, "field", hit.field);
                    note_field(fresh, "origin", rules_->indicators().origins()[hit.origin].name);
                    for (const auto name : entity_fields)
                        if (const auto* value = event_.find(name))
                            note_field(fresh, name, value->text);
                });
            add(seen.findings[which], at, time);
        }
    }
    if (look_ == Look::indicators_only) return;
    if (behaviour_) {
        behaviour_->take(event_, feed.number, line);
        ++behaviour_events_;
    }
    matched_ = matcher_.match(event_);
    if (matched_.empty()) return;
    std::string entity;
    for (const auto name : entity_fields)
        if (const auto* value = event_.find(name); value != nullptr && !value->text.empty()) {
            entity = sound(value->text);
            break;
        }
    for (const auto index : matched_) {
        if (rules_->detector().is_silent(index)) continue;
        const auto& rule = rules_->detector().rules()[index];
        // By the specification a building block and no alert: correlations see it, people do not.
        if (rule.level == detect::Level::informational) continue;
        const auto which = put(rule.label(), entity, [&](Finding& fresh) {
            fresh.kind = DetectionKind::sigma;
            fresh.title = cut(rule.title, longest_value);
            fresh.title_ja = rules_->title_ja(rule);
            fresh.level = level_of(rule.level);
            fresh.about = rules_->about(rule);
            fresh.family = family_of(fresh.about, rule);
            // What the rule looked at comes first.
            for (const auto& test : rule.detection.tests)
                if (!test.field.empty())
                    if (const auto* value = event_.find(test.field))
                        note_field(fresh, test.field, value->text);
            for (const auto name : entity_fields)
                if (const auto* value = event_.find(name)) note_field(fresh, name, value->text);
            if (fresh.seen.empty()) note_field(fresh, "line", event_.raw);
        });
        add(seen.findings[which], at, time);
    }
    if (together_->correlator.is_idle()) return;
    correlate(feed, line);
    for (const auto& found : correlated_) {
        const auto& rule = rules_->detector().rules()[found.rule];
        std::string whom;
        for (const auto& [name, value] : found.group)
            whom += (whom.empty() ? "" : " · ") + sound(value);
        const auto which = put(rule.label(), whom, [&](Finding& fresh) {
            fresh.kind = DetectionKind::correlation;
            fresh.title = cut(rule.title, longest_value);
            fresh.title_ja = rules_->title_ja(rule);
            fresh.level = level_of(rule.level);
            fresh.about = rules_->about(rule);
            fresh.family = family_of(fresh.about, rule);
            for (const auto& [name, value] : found.group) note_field(fresh, name, value);
            note_field(fresh, "count", std::to_string(static_cast<std::int64_t>(found.count)));
        });
        auto& finding = seen.findings[which];
        for (const auto& event : found.events)
            if (finding.lines.size() + 1 < lines_of_a_detection && event.source < sources_.size())
                finding.lines.push_back({sources_[event.source], event.line});
        if (!found.events.empty() && finding.lines.back().line == line) finding.lines.pop_back();
        add(finding, at, instant_of(found.time));
    }
    correlated_.clear();
}

// All rules that match the event, as the correlator wants them.
void Analyser::correlate(Feed& feed, std::uint64_t line) {
    const Micros time = event_.time != detect::no_time ? event_.time : feed.last;
    Stream* stream = together_.get();
    if (time != detect::no_time && stream->latest != detect::no_time &&
        time < stream->latest - late) {
        if (!feed.alone || time < feed.alone->latest - late)
            feed.alone = std::make_unique<Stream>(rules_->detector(), correlated_);
        stream = feed.alone.get();
    } else {
        feed.alone.reset();
    }
    stream->latest = std::max(stream->latest, time);
    std::vector<detect::Matched> all;
    for (const auto index : matched_) {
        detect::Matched one;
        one.rule = index;
        one.order = stream->latest == detect::no_time ? 0 : stream->latest;
        one.time = time;
        one.source = feed.number;
        one.line = line;
        for (const auto field : rules_->detector().wanted(index)) {
            auto& value = one.values.emplace_back();
            const auto first = event_.first(field);
            if (first == 0 || event_.values()[first - 1].kind == detect::Kind::null) continue;
            value = event_.values()[first - 1].text;
        }
        all.push_back(std::move(one));
    }
    stream->correlator.take(all);
}

void Analyser::begin_day() {
    if (behaviour_)
        for (auto& one : behaviour()) behaved_.push_back(std::move(one));
    behaviour_ = std::make_unique<detect::Behaviour>(rules_->detector().fields(),
                                                     behaviour_options_, habits_.get());
    behaviour_events_ = 0;
    told_today_.clear();
}

std::vector<std::pair<SourceId, Finding>> Analyser::behaviour() {
    auto out = std::exchange(behaved_, {});
    if (!behaviour_ || behaviour_events_ == 0) return out;
    behaviour_->finish([&](detect::Found&& found) {
        if (found.source >= sources_.size()) return;
        Finding one;
        one.kind = DetectionKind::behaviour;
        one.rule = found.rule_id;
        one.title = found.rule_id;
        one.level = level_named(found.level);
        one.family = found.rule_id;
        std::string key = found.rule_id;
        for (const auto& [name, value] : found.group) {
            note_field(one, name, value);
            // Whom it is about: the machine or the system, else the account, else the address outside.
            if (name == "src" || name == "system" || name == "user") one.entity = sound(value);
            if (name == "remote" && one.entity.empty()) one.entity = sound(value);
            if (name == "src" || name == "dst" || name == "fqdn" || name == "domain" ||
                name == "port" || name == "system" || name == "user" || name == "remote" ||
                name == "country" || name == "device")
                key += "\n" + value;
        }
        // A channel is one matter, whoever else its host talks to.
        if (found.rule_id == "beacon" || found.rule_id == "dns_tunnel" ||
            found.rule_id == "long_connection" || found.rule_id == "new_destination" ||
            found.rule_id == "rare_destination")
            for (const auto& [name, value] : found.group)
                if (name == "dst" || name == "fqdn" || name == "domain")
                    one.entity += " → " + sound(value);
        if (!told_today_.insert(key).second) return;
        add(one, {sources_[found.source], found.line}, instant_of(found.time));
        out.emplace_back(sources_[found.source], std::move(one));
    });
    return out;
}

}  // namespace noroshi::watch::detections
