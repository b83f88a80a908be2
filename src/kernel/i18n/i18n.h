#pragma once
// Message catalogues: one flat JSON object per room and language ("respond.incident.opened":
// "{name}がインシデントを登録しました"). {name} is filled from Arguments; {{ and }} are braces.
// A key missing in one language is a failed test (tools/tidy.py); at run time the other language
// is shown, then the key.

#include <string>
#include <string_view>

#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::i18n {

std::string text(Language language, std::string_view key, const Arguments& arguments = {});
std::string text(Language language, const Error& error);
Language language_of(std::string_view accept_language);  // RFC 9110 Accept-Language, else Japanese
std::string_view code_of(Language language);             // "ja", "en"
Result<Language> parse_language(std::string_view code);

// NFKC, lower case, katakana from half width: what search and login compare.
std::string fold(std::string_view text);

}  // namespace noroshi::i18n
