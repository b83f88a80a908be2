#pragma once
// What the answer page's form sends: application/x-www-form-urlencoded, from any browser, or from
// anybody who holds a link. Bytes from outside.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/result.h"
#include "respond/callout/callout_facts.h"

namespace noroshi::respond::callout {

struct AnswerForm {
    AnswerKind answer = AnswerKind::coming;
    std::optional<std::chrono::minutes> arrival;  // from now, at most a day
    std::string substitute;                       // without white space around it
    std::string note;
};
// Unknown fields are left alone: browsers' extensions add some.
// Errors: invalid respond.callout.{answer_missing, arrival_malformed}.
Result<AnswerForm> read_form(std::string_view body);

}  // namespace noroshi::respond::callout
