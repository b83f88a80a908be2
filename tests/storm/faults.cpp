#include "tests/storm/faults.h"

namespace noroshi::storm {

using namespace std::chrono_literals;

void Faults::begin(Instant end) {
    end_ = end;
    auto& dice = harbour_.dice;
    if (harbour_.canary == Canary::lying_disk) harbour_.machine.disk().set_faults({.sync_lie = 1});
    every(20h, [this] { let_the_disk_fail(); });
    every(16h, [this] { let_the_power_fail(); });
    every(40h, [this] { set_the_clock_wrong(); });
    every(20min, [this, &dice] { harbour_.gateways.change_mood(dice, harbour_.now(), false); });
    every(60h, [this] { harbour_.stop_process(); });
    // Between any two steps.
    every(12h, [this, &dice] { harbour_.stop_process_after(1 + dice.below(100)); });
    // As the app does once a day.
    every(24h, [this] {
        if (!harbour_.machine.is_on()) return;
        // It may fail under the faults; tomorrow it is tried again.
        [[maybe_unused]] const auto forgotten =
            harbour_.machine.store().forget_requests(harbour_.machine.now() - 168h);
    });
    harbour_.in(end - harbour_.now(), [this] {
        harbour_.machine.disk().set_faults({});
        harbour_.set_disk_well(true);
        harbour_.machine.disk().crash_in(0);
        harbour_.gateways.change_mood(harbour_.dice, harbour_.now(), true);
        harbour_.set_clock_error(0s);
        harbour_.is_calm = true;
    });
}

void Faults::every(Span mean, const Schedule::Action& action) {
    harbour_.in(harbour_.dice.wait(mean), [this, mean, action] {
        if (harbour_.now() >= end_) return;
        action();
        every(mean, action);
    });
}

void Faults::let_the_disk_fail() {
    auto& dice = harbour_.dice;
    auto& disk = harbour_.machine.disk();
    if (harbour_.canary == Canary::lying_disk) return;
    Span lasts{};
    if (dice.chance(0.4)) {  // full, until somebody makes room
        disk.set_faults({.quota = disk.bytes() + dice.below(200'000)});
        lasts = dice.between(5min, 4h);
    } else {
        disk.set_faults({.write_error = 0.02 * dice.share(),
                         .full = 0.01 * dice.share(),
                         .sync_error = 0.1 * dice.share()});
        lasts = dice.between(1min, 2h);
    }
    ++bad_spells_;
    harbour_.set_disk_well(false);
    harbour_.in(lasts, [this, &disk] {
        if (--bad_spells_ > 0) return;
        disk.set_faults({});
        harbour_.set_disk_well(true);
    });
}

void Faults::let_the_power_fail() {
    ++power_cuts;
    auto& dice = harbour_.dice;
    if (dice.chance(0.4)) return harbour_.pull_the_plug();
    // In the middle of something: of a commit, of a checkpoint, of the next start.
    harbour_.machine.disk().crash_in(1 + dice.below(dice.chance(0.7) ? 12 : 300));
}

void Faults::set_the_clock_wrong() {
    auto& dice = harbour_.dice;
    if (dice.chance(0.5)) return harbour_.set_clock_error(dice.between(-2s, 2s));
    harbour_.set_clock_error(dice.between(-3h, 3h));
    // Put right while everything runs, or by the reboot that somebody thought would help.
    harbour_.in(dice.between(1min, 6h), [this] {
        harbour_.set_clock_error(0s);
        if (harbour_.dice.chance(0.5)) harbour_.stop_process();
    });
}

}  // namespace noroshi::storm
