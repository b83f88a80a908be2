#pragma once
// Text of people inside HTML.

#include <string>
#include <string_view>

namespace noroshi::i18n {

// For text between tags and for attributes in quotes of either kind. Bytes that are no markup stay as
// they are, control characters and broken UTF-8 too: whoever writes XML takes those out first.
std::string escape_html(std::string_view text);

}  // namespace noroshi::i18n
