#include "respond/forecast/ship_traffic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace noroshi::respond::forecast {
namespace {

double usual_pace(std::size_t, double begins, double hours) { return begins + hours; }

ShipCall call(double arrives, double work, std::size_t terminal = 0, int tugs = 2,
              bool one_way = false) {
    ShipCall one;
    one.arrives = arrives;
    one.work_h = work;
    one.terminal = terminal;
    one.tugs = tugs;
    one.one_way = one_way;
    return one;
}

TEST(ShipTraffic, BerthsAloneAreTheRecursionOfKieferAndWolfowitz) {
    // Pilots, tugs and fairway must cost nothing where there are enough of them.
    std::vector<ShipCall> calls;
    std::uint64_t state = 7;
    double at = -50;
    for (int k = 0; k < 400; ++k) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        at += static_cast<double>(state >> 40U) / static_cast<double>(1U << 24U) * 5;
        calls.push_back(call(at, 2 + static_cast<double>(state >> 50U & 15U)));
    }
    Marine marine;
    marine.move_h = 1;
    const auto stays = stays_of(calls, {3}, marine, usual_pace);
    std::vector<double> free(3, -1e9);
    for (std::size_t k = 0; k < calls.size(); ++k) {
        auto soonest = std::ranges::min_element(free);
        EXPECT_NEAR(stays[k].begins, std::max(calls[k].arrives, *soonest), 1e-9);
        *soonest = std::max(calls[k].arrives, *soonest) + calls[k].work_h + 2;
        EXPECT_NEAR(stays[k].leaves, *soonest, 1e-9);
    }
}

TEST(ShipTraffic, OnePilotBringsThemInOneAfterTheOther) {
    // By hand: the pilot is bound for 1.5 h a move. In at 0 and 1.5; work until 1 + 4 = 5 and 2.5 + 1 = 3.5; the
    // second one asks first to leave (3.5, pilot free since 3), the first at 5, when the pilot is free again.
    Marine marine;
    marine.pilots = 1;
    marine.move_h = 1;
    marine.pilot_h = 1.5;
    const auto stays = stays_of({call(0, 4, 0), call(0.25, 1, 1)}, {1, 1}, marine, usual_pace);
    EXPECT_DOUBLE_EQ(stays[0].begins, 0);
    EXPECT_DOUBLE_EQ(stays[0].berthed, 1);
    EXPECT_DOUBLE_EQ(stays[1].begins, 1.5);
    EXPECT_DOUBLE_EQ(stays[1].leaves, 4.5);
    EXPECT_DOUBLE_EQ(stays[0].leaves, 6);
    marine.pilots = 2;
    EXPECT_DOUBLE_EQ(
        stays_of({call(0, 4, 0), call(0.25, 1, 1)}, {1, 1}, marine, usual_pace)[1].begins, 0.25);
}

TEST(ShipTraffic, TugsAreSharedAndTheLastShipWaitsForTwo) {
    // Three tugs, bound for 2 h: two ships that need two cannot move at once, one that needs one can; but it asked
    // after the one that waits and does not overtake it.
    Marine marine;
    marine.tugs = 3;
    marine.tug_h = 2;
    const auto stays = stays_of({call(0, 9, 0), call(0.1, 9, 1), call(0.2, 9, 2, 1)}, {1, 1, 1},
                                marine, usual_pace);
    EXPECT_DOUBLE_EQ(stays[0].begins, 0);
    EXPECT_DOUBLE_EQ(stays[1].begins, 2);
    EXPECT_DOUBLE_EQ(stays[2].begins, 2);
    // Whoever needs more than there are gets all of them.
    EXPECT_DOUBLE_EQ(stays_of({call(1, 9, 0, 5)}, {1}, marine, usual_pace)[0].begins, 1);
}

TEST(ShipTraffic, ALargeShipMeetsNobodyInTheFairway) {
    // 0.75 h through the fairway. A goes out at 10 (work done); B, large, asks to come in at 10.25 and waits until
    // 10.75; C, small, may meet B's wake only with the gap of 0.25 h: 11.
    Marine marine;
    marine.move_h = 1;
    marine.fairway_h = 0.75;
    marine.gap_h = 0.25;
    const std::vector<ShipCall> calls{call(0, 9, 0), call(10.25, 5, 1, 2, true), call(10.5, 5, 2)};
    auto stays = stays_of(calls, {1, 1, 1}, marine, usual_pace);
    EXPECT_DOUBLE_EQ(stays[0].leaves, 11);
    EXPECT_DOUBLE_EQ(stays[1].begins, 10.75);
    EXPECT_DOUBLE_EQ(stays[2].begins, 11);
    auto small = calls;
    small[1].one_way = false;
    stays = stays_of(small, {1, 1, 1}, marine, usual_pace);
    EXPECT_DOUBLE_EQ(stays[1].begins, 10.25);
    EXPECT_DOUBLE_EQ(stays[2].begins, 10.5);
    // And nobody comes out against a large one: A's work ends at 10 while B is inside since 9.5.
    const std::vector<ShipCall> against{call(0, 9, 0), call(9.5, 5, 1, 2, true)};
    EXPECT_DOUBLE_EQ(stays_of(against, {1, 1}, marine, usual_pace)[0].leaves, 10.25 + 1);
}

TEST(ShipTraffic, WhoLeftOutThePortTakesNothing) {
    Marine marine;
    marine.pilots = 1;
    marine.pilot_h = 3;
    auto gone = call(0, 100);
    gone.gone = true;
    EXPECT_DOUBLE_EQ(stays_of({gone, call(1, 2)}, {1}, marine, usual_pace)[1].begins, 1);
}

}  // namespace
}  // namespace noroshi::respond::forecast
