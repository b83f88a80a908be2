#pragma once
// Every kind of record has a class and a retention period from the start. The kind's struct names
// its class (static constexpr RecordClass record_class); the period is the port's configuration
// with these defaults, counted from the end of the fiscal year (31 March) of the entry time.

#include <string_view>

namespace noroshi::journal {

enum class RecordClass {
    incident,    // what happened in an incident and what was decided
    drill,       // the same, of an exercise (applied by the exercise marker, not by the kind)
    membership,  // organisations, people, roles
    contacts,    // how they are reached
    port,        // terminals and systems
    message,     // that a message was sent, and answered
    access       // sign-ins, tokens, permissions
};

struct Retention {
    RecordClass record_class;
    std::string_view name;
    int years;
};

// Defaults; docs/formats/records.md gives the reasons.
Retention retention_of(RecordClass record_class);

}  // namespace noroshi::journal
