#pragma once
// A scenario: a course of events in a port, with times, written in YAML (docs/formats/scenario.md),
// to be played through the HTTP API. Reading is strict; a mistake is told with file, line and field.
//
// What is not certain stays so: a step of certainty C or D is entered as unconfirmed, and its text
// must say 未確認, or the scenario is refused.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::cli {

struct Scenario {
    // An organisation of the port it is played in: the nth registered of that kind, from 1.
    struct Party {
        std::string key;
        std::string kind;
        std::size_t nth = 1;
        std::string name;  // as the course of events calls it
    };
    struct Terminal {
        std::string key;
        std::size_t nth = 1;
        std::string name;
    };
    struct Incident {
        std::string title;
        std::vector<std::string> effects;
        std::string summary;
        std::string cause;
        std::vector<std::size_t> terminals;  // index into terminals
        std::optional<std::size_t> as;       // index into parties
    };
    struct Entry {
        std::optional<std::size_t> as;
        std::string sender, receiver, medium;
        std::string kind = "fact";
        std::string content;
        bool confirmed = false;
        std::vector<std::size_t> to;
        std::vector<std::string> audiences;
        std::optional<Instant> due;
    };
    struct Milestone {
        std::optional<std::size_t> as;
        std::size_t terminal = 0;
        std::string milestone;
        std::string state;
        Instant time;
        std::string note;
    };
    struct Step {
        Instant at;
        std::optional<Entry> entry;
        std::vector<Milestone> milestones;
    };
    struct Reference {
        std::string audience;
        std::optional<std::int64_t> minutes;  // nothing: never
        std::string note;
    };

    std::string title;
    std::string title_en;
    Instant starts_at;
    std::vector<Party> parties;
    std::vector<Terminal> terminals;
    Incident incident;
    std::string reference_source;
    std::vector<Reference> reference;
    std::vector<Step> steps;  // in order of time, none before starts_at
    std::vector<std::string> afterwards;
};

// Errors: those of content.h; invalid edge.cli.replay.{format, time, order, key, certainty,
// not_marked, one_of} {file, line, field, …}.
Result<Scenario> parse_scenario(std::string_view text, std::string file);
Result<Scenario> read_scenario(const std::string& path);

}  // namespace noroshi::edge::cli
