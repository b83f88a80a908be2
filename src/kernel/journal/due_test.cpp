#include "kernel/journal/due.h"

#include <gtest/gtest.h>

namespace noroshi::journal {
namespace {

// A record would go a year too early, or nobody would ever be told that it may.
TEST(Due, a_period_ends_with_a_fiscal_year) {
    const auto until = [](const char* entered, int years) {
        return format_rfc3339(kept_until(*parse_rfc3339(entered), years, "Asia/Tokyo"));
    };
    EXPECT_EQ(until("2026-07-04T06:30:00+09:00", 10), "2037-03-31T15:00:00Z") << "1 April in Tokyo";
    EXPECT_EQ(until("2027-03-31T23:59:59+09:00", 10), "2037-03-31T15:00:00Z");
    EXPECT_EQ(until("2027-04-01T00:00:00+09:00", 10), "2038-03-31T15:00:00Z");
    EXPECT_EQ(until("2027-03-31T15:00:00Z", 3), "2031-03-31T15:00:00Z") << "1 April by then";
    EXPECT_EQ(until("2024-02-29T12:00:00+09:00", 0), "2024-03-31T15:00:00Z");
    EXPECT_EQ(format_rfc3339(kept_until(*parse_rfc3339("2026-07-04T00:00:00Z"), 1, "No/Where")),
              "2028-04-01T00:00:00Z");
}

}  // namespace
}  // namespace noroshi::journal
