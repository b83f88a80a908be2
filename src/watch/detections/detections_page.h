#pragma once
// The page behind the link in a mail about a case: HTML without scripts. It says that there is a case
// and whether it was read, never what is in it: whoever holds the link has not signed in. Opening it
// answers nothing (mail scanners open links); its one button does. Pure.

#include <optional>
#include <string>

#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::watch::detections {

struct SeenPage {
    Language language = Language::ja;
    std::string zone = "Asia/Tokyo";
    std::string member;
    std::string level;  // as people read it
    Instant told_at;
    Instant answer_by;
    std::optional<Instant> read_at;
    std::string details;  // address of the case, for those who sign in
};
std::string page_of(const SeenPage& page);
std::string bad_link_page(Language language);
std::string style_sheet();
inline constexpr const char* style_path = "/w/seen.css";

}  // namespace noroshi::watch::detections
