#pragma once
// What must occur in every text a regular expression matches, so that most texts can be passed over
// without asking it.

#include <string>
#include <string_view>
#include <vector>

namespace noroshi::engines::detect {

// Literals in lower case, ASCII, of three bytes or more, of which at least one occurs in the folded
// text whenever `pattern` (RE2's syntax) matches the text. Empty: none can be named.
std::vector<std::string> required_literals(std::string_view pattern);

}  // namespace noroshi::engines::detect
