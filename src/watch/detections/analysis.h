#pragma once
// The engine over what arrives. A Rulebook is what one reading of the rules' and indicators' folders
// came to: compiled once, then read by any number of Analysers. An Analyser is one member's: it
// keeps what correlations and behaviour need to remember between batches. Lines go in in the order
// in which they were received; findings come out, matches of one rule about one entity as one.
//
// An event that is late by up to ten minutes counts, in correlations, at the time of those before it;
// one that is later still (a source catching up after a cut) is correlated within its own source, so
// that hours of old lines do not look like a burst. Rules of level informational feed correlations
// and are not told. Not thread-safe. Pure: no clock, no files.

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/detect/behaviour.h"
#include "engines/detect/correlation.h"
#include "engines/detect/detector.h"
#include "engines/detect/habits.h"
#include "engines/detect/indicator.h"
#include "engines/detect/reader.h"
#include "watch/detections/detections.h"

namespace noroshi::watch::detections {

struct NamedText {
    std::string name;
    std::string text;
};

// What an installation watches for, as it lies in its folders.
struct RuleContent {
    std::vector<NamedText> rules;       // Sigma, YAML
    std::vector<NamedText> indicators;  // STIX 2.1, MISP, CSV, lists
    std::vector<NamedText> allowed;     // values never told
    // Rules as they were read before (Rulebook::packed), and what tells this program from others. Taken
    // if it is of the same content, else the YAML is read.
    std::string packed;
    std::string program;
};

class Rulebook {
public:
    explicit Rulebook(const RuleContent& content);

    const engines::detect::Detector& detector() const { return *detector_; }
    const engines::detect::Indicators& indicators() const { return indicators_; }
    const About& about(const engines::detect::Rule& rule) const;
    const std::string& title_ja(const engines::detect::Rule& rule) const;
    const std::string& digest() const { return digest_; }
    const std::string& indicators_digest() const { return indicators_digest_; }
    // How far back lines are needed before the state of correlations and behaviour is whole again.
    Span memory() const { return memory_; }
    struct Refused {
        std::string source;
        int line = 0;
        std::string code;
        std::string detail;
    };
    const std::vector<Refused>& refused() const { return refused_; }
    // For the next start; empty if the one that was given is good.
    const std::string& packed() const { return packed_; }

private:
    struct Words {
        About about;
        std::string title_ja;
    };
    std::unique_ptr<engines::detect::Detector> detector_;
    engines::detect::Indicators indicators_;
    std::unordered_map<std::string, Words> words_;  // by file and line of the document
    std::string digest_;
    std::string indicators_digest_;
    Span memory_{};
    std::vector<Refused> refused_;
    std::string packed_;
};

// Thresholds of behaviour, raised where a member has called its findings harmless.
struct Tuning {
    int beacon = 0;  // verdicts "harmless" in a row
    int long_connection = 0;
    int fan_out = 0;
    int port_scan = 0;
    int dns_tunnel = 0;
    int outbound_volume = 0;
    int new_destination = 0;
    int vpn_guessing = 0;
    int password_spraying = 0;
    int transactions_fall = 0;
    friend bool operator==(const Tuning&, const Tuning&) = default;
};
Tuning tuning_of(const State& state, const OrganisationId& member);
engines::detect::BehaviourOptions tuned(const Tuning& tuning);
engines::detect::HabitOptions tuned_habits(const Tuning& tuning);  // with Japan's holidays

class Analyser {
public:
    enum class Look { everything, indicators_only };
    Analyser(std::shared_ptr<const Rulebook> rules, const Tuning& tuning,
             Look look = Look::everything);
    ~Analyser();

    struct Lines {
        SourceId source;
        logs::LogKind kind = logs::LogKind::other;
        std::uint64_t first_line = 0;
        std::string_view text;  // whole lines, each ending in '\n'
        Instant received;
    };
    struct Seen {
        std::uint64_t parsed = 0;
        std::map<std::string, std::uint64_t> unparsed;
        std::vector<Finding> findings;
    };
    // Only heads are read (Zeek's columns), nothing is found.
    void prime(const Lines& lines);
    Seen take(const Lines& lines);
    // What is remembered for longer than a day is learnt from older lines; nothing is found.
    void learn(const Lines& lines);
    // Other thresholds, without anything that was learnt being lost.
    void retune(const Tuning& tuning);
    // Refused log-ins since, for whoever watches over several members (spraying.h).
    std::vector<std::pair<LineAt, engines::detect::Habits::Refusal>> take_refusals();
    // What behaviour has come to by now, each finding once.
    std::vector<std::pair<SourceId, Finding>> behaviour();
    const std::shared_ptr<const Rulebook>& rules() const { return rules_; }

private:
    struct Feed;
    struct Stream;
    Feed& feed_of(const Lines& lines);
    void match(Feed& feed, std::uint64_t line, Seen& seen);
    void correlate(Feed& feed, std::uint64_t line);
    void begin_day();

    std::shared_ptr<const Rulebook> rules_;
    engines::detect::BehaviourOptions behaviour_options_;
    Look look_;
    engines::detect::Matcher matcher_;
    engines::detect::Event event_;
    std::vector<engines::detect::IndicatorHit> hits_;
    std::map<SourceId, std::unique_ptr<Feed>> feeds_;
    std::vector<SourceId> sources_;  // by number
    std::unique_ptr<Stream> together_;
    std::vector<std::uint32_t> matched_;
    std::vector<engines::detect::Found> correlated_;
    std::unique_ptr<engines::detect::Habits> habits_;
    std::unique_ptr<engines::detect::Behaviour> behaviour_;
    std::int64_t behaviour_day_ = 0;
    std::uint64_t behaviour_events_ = 0;
    std::set<std::string> told_today_;
    std::vector<std::pair<SourceId, Finding>> behaved_;
    std::map<std::pair<std::string, std::string>, std::size_t> groups_;  // rule, entity → finding
};

}  // namespace noroshi::watch::detections
