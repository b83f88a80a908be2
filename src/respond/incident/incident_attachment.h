#pragma once
// Attachments are named and typed by whoever uploads them, and open on other people's machines:
// both are made harmless before they are kept, and once more on the way out.

#include <string>
#include <string_view>

namespace noroshi::respond::incident {

// A file name without folders, control characters and text-direction tricks, at most 200
// characters, its ending kept; "attachment" if nothing is left. Broken UTF-8 is dropped.
std::string harmless_name(std::string_view name);
// "image/png": type and subtype in lower case, without parameters; application/octet-stream if it
// is not of that form.
std::string harmless_media_type(std::string_view type);
// RFC 6266: attachment, with the name in ASCII and, as RFC 8187 has it, in UTF-8.
std::string content_disposition(std::string_view harmless_name);

}  // namespace noroshi::respond::incident
