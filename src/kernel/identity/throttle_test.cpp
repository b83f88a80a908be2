#include "kernel/identity/throttle.h"

#include <gtest/gtest.h>

namespace noroshi {
namespace {

using namespace std::chrono_literals;

const Instant start = *parse_rfc3339("2026-07-04T03:00:00+09:00");

// Somebody would try ten thousand passwords before breakfast.
TEST(Throttle, each_attempt_waits_twice_as_long) {
    Throttle throttle({.free = 3, .first = 2s, .longest = 10s, .forgotten = 1h, .keys = 100});
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(throttle.attempt("duty", start));
    EXPECT_EQ(throttle.attempt("duty", start), 2s);
    EXPECT_EQ(throttle.attempt("duty", start + 1s), 1s) << "knocking does not make it longer";
    EXPECT_FALSE(throttle.attempt("duty", start + 2s));
    EXPECT_EQ(throttle.attempt("duty", start + 2s), 4s);
    EXPECT_FALSE(throttle.attempt("duty", start + 6s));
    EXPECT_FALSE(throttle.attempt("duty", start + 14s));
    EXPECT_EQ(throttle.attempt("duty", start + 14s), 10s) << "never longer than this";
    EXPECT_FALSE(throttle.attempt("someone else", start + 14s));
}

// A mistyped password at noon would still be held against the duty officer at night.
TEST(Throttle, forgives_and_forgets) {
    Throttle throttle({.free = 1, .first = 60s, .longest = 60s, .forgotten = 1h, .keys = 100});
    EXPECT_FALSE(throttle.attempt("duty", start));
    EXPECT_TRUE(throttle.attempt("duty", start));
    throttle.forgive("duty");
    EXPECT_FALSE(throttle.attempt("duty", start));
    throttle.take_back("duty");
    EXPECT_FALSE(throttle.attempt("duty", start));
    EXPECT_TRUE(throttle.attempt("duty", start + 59s));
    EXPECT_FALSE(throttle.attempt("duty", start + 1h));
    EXPECT_TRUE(throttle.attempt("duty", start + 1h));
}

// Guesses under ever new names would eat the server's memory.
TEST(Throttle, keeps_a_bounded_number_of_keys) {
    Throttle throttle({.free = 2, .first = 60s, .longest = 60s, .forgotten = 1h, .keys = 50});
    for (int i = 0; i < 10'000; ++i)
        throttle.attempt("guess " + std::to_string(i), start + std::chrono::seconds{i});
    EXPECT_LE(throttle.size(), 50U);
}

}  // namespace
}  // namespace noroshi
