#pragma once
// What people type into one field of a form: a name, a title, a place.

#include <cstddef>
#include <string>
#include <string_view>

#include "kernel/result.h"

namespace noroshi::i18n {

enum class Empty { refused, allowed };

// Trimmed at both ends (also of ideographic spaces), one line, at most `most` characters, valid
// UTF-8, without control characters; else invalid kernel.i18n.{empty, too_long, not_a_line}.
Result<std::string> line(std::string_view text, std::size_t most, std::string_view pointer,
                         Empty empty = Empty::refused);

std::string_view trimmed(std::string_view text);
// Code points; nothing that is not UTF-8 has a length.
Result<std::size_t> length(std::string_view text, std::string_view pointer = {});

// NFKC without folding case: full-width digits and letters become plain, half-width katakana full.
std::string plain(std::string_view text);

}  // namespace noroshi::i18n
