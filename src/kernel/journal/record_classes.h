#pragma once
// Which class of records a kind of fact belongs to, by its name: what asks how long facts must be
// kept reads them without knowing their rooms. Filled before main() from every kind that this
// program can record or listen to; only read afterwards.

#include <optional>
#include <string_view>

#include "kernel/journal/retention.h"

namespace noroshi::journal {

// Nothing: this program knows no such kind.
std::optional<RecordClass> class_of(std::string_view kind);
std::optional<RecordClass> class_named(std::string_view name);  // "incident"

// For record.h and listen.h.
bool know_class(std::string_view kind, RecordClass record_class);
template <class Body>
inline const bool class_is_known = know_class(Body::kind, Body::record_class);

}  // namespace noroshi::journal
