#pragma once
// A port to try things out in, as written in data/ports (docs/formats/port.md): organisations,
// terminals, people with logins, and what has happened there, as calls of the HTTP API. Reading is
// strict; a mistake is told with file, line and field.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/cli/content.h"
#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::cli {

struct DemoPort {
    struct Organisation {
        std::string key;
        std::string kind, name, name_en, kana, contact;
        std::vector<std::string> serves;  // keys
    };
    struct Terminal {
        std::string key;
        std::string code, name, name_en, operated_by, yard_gear;
        std::int64_t quay_metres = 0;
        std::int64_t quay_cranes = 0;
    };
    struct Person {
        std::string key;
        std::string name, kana, login, language, note;
        std::vector<std::pair<std::string, std::string>> roles;  // organisation's key, role
        std::string email, mobile, weekday_phone, night_phone;
    };
    // One request, as somebody made it some days ago.
    struct Call {
        std::int64_t days_ago = 0;
        std::chrono::minutes at{};  // after midnight in the port's zone
        std::string person;         // key
        std::string method;         // "post" or "put"
        std::string path;
        std::string keep;           // a name for the id in the answer, or empty
        std::int64_t if_match = 0;  // the version that is changed; 0: none is named
        Content body;
    };

    std::string name, name_en;
    std::string password;  // of everybody with a login
    std::chrono::minutes utc_offset{};
    std::vector<Organisation> organisations;
    std::vector<Terminal> terminals;
    std::vector<Person> people;
    std::vector<Call> calls;  // in the order they were made

    const Person* find_person(std::string_view key) const;
    const Organisation* find_organisation(std::string_view key) const;
};

// "05:40" or, on a later day, "+1 05:40".
std::optional<std::chrono::minutes> read_time_of_day(std::string_view text);

// Errors: those of content.h; invalid edge.cli.demo.{format, offset, time, key} {file, line, field}.
Result<DemoPort> parse_demo_port(std::string_view text, std::string file);
// The one that travels inside the program.
Result<DemoPort> embedded_demo_port();

}  // namespace noroshi::edge::cli
