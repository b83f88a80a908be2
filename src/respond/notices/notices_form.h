#pragma once
// What outsiders send: application/x-www-form-urlencoded, from any browser, mail program or script.
// Bytes from outside; limits are part of the reading.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/result.h"

namespace noroshi::respond::notices {

class Form {
public:
    static constexpr std::size_t most_bytes = 16 * 1024;
    static constexpr std::size_t most_fields = 128;

    // Errors: invalid respond.notices.form_malformed: too long, too many fields, a broken escape,
    // text that is not UTF-8 or holds control characters other than line ends and tabs.
    static Result<Form> read(std::string_view body);

    // The first field of that name, without blanks around it; empty if there is none.
    std::string_view field(std::string_view name) const;
    std::size_t size() const { return fields_.size(); }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace noroshi::respond::notices
