#include "respond/forecast/calibration.h"

#include <gtest/gtest.h>

namespace noroshi::respond::forecast {
namespace {

TEST(Calibration, TheChiSquareOfNineDegrees) {
    // Published points: 5 % at 16.919, 1 % at 21.666.
    EXPECT_NEAR(chi_square_9(16.919), 0.05, 1e-5);
    EXPECT_NEAR(chi_square_9(21.666), 0.01, 1e-5);
    EXPECT_EQ(chi_square_9(0), 1);
}

}  // namespace
}  // namespace noroshi::respond::forecast
