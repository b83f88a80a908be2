#pragma once
// What goes wrong around Noroshi in a storm: disks, power, the clock, the gateways.

#include "tests/storm/harbour.h"

namespace noroshi::storm {

class Faults {
public:
    explicit Faults(Harbour& harbour) : harbour_(harbour) {}

    // From now on things go wrong, until `end`; then everything is well again.
    void begin(Instant end);

    std::uint64_t power_cuts = 0;

private:
    void every(Span mean, const Schedule::Action& action);
    void let_the_disk_fail();
    void let_the_power_fail();
    void set_the_clock_wrong();

    Harbour& harbour_;
    Instant end_;
    int bad_spells_ = 0;  // of the disk, under way
};

}  // namespace noroshi::storm
