#pragma once
// When a period of retention ends.

#include <string_view>

#include "kernel/time/time.h"

namespace noroshi::journal {

// The first moment after the period: `years` full fiscal years (1 April to 31 March, in the zone)
// after the one in which the fact was entered. UTC where the zone is unknown.
Instant kept_until(Instant entered, int years, std::string_view zone);

}  // namespace noroshi::journal
