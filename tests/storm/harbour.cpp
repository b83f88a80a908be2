#include "tests/storm/harbour.h"

#include <algorithm>

namespace noroshi::storm {

using namespace std::chrono_literals;

namespace {

constexpr int most_in_flight = 8;
constexpr std::string_view incidents = "/api/respond/incident/incidents";

Span pause_before(int attempt) { return std::min<Span>(10s * (1 << std::min(attempt, 6)), 5min); }

}  // namespace

Harbour::Harbour(std::uint64_t seed, Instant start, Canary chosen)
    : dice(seed), machine(seed, start), canary(chosen), now_(start) {
    machine.on_events([this](std::span<const journal::Event> events) { hear_events(events); });
    ASSERT(machine.switch_on() == Machine::Start::done);
    ++process_;
}

// ---- time ----------------------------------------------------------------------------------

void Harbour::run_until(Instant end) {
    while (const auto next = schedule_.next()) {
        if (*next > end) break;
        now_ = std::max(now_, *next);
        machine.set_time(now_ + clock_error_, now_.time_since_epoch());
        schedule_.take()();
    }
    now_ = end;
    machine.set_time(now_ + clock_error_, now_.time_since_epoch());
}

void Harbour::set_clock_error(Span error) {
    clock_error_ = error;
    machine.set_time(now_ + clock_error_, now_.time_since_epoch());
    if (machine.is_on()) work();
}

// Timers and messages that come due while nobody asks for anything.
void Harbour::plan_wake() {
    if (!machine.is_on()) return;
    Instant due = machine.now() + 10min;  // the journal never sleeps for long
    // A timer that is due and has not fired waits for the store; a second is soon enough.
    if (const auto timer = machine.journal().next_due())
        due = std::min(due, *timer > machine.now() ? *timer : machine.now() + 1s);
    if (const auto message = machine.journal().next_message_due();
        message && in_flight_ < most_in_flight)
        due = std::min(due, std::max(*message, claim_not_before_));
    const Instant wake = now_ + std::max<Span>(due - machine.now(), 1ms);
    if (wake_ && *wake_ <= wake) return;
    wake_ = wake;
    schedule_.at(wake, [this, wake] {
        if (wake_ != wake) return;
        wake_.reset();
        work();
    });
}

// ---- the machine ---------------------------------------------------------------------------

void Harbour::work() {
    while (machine.is_on()) {
        ask_for_claims();
        const auto handled = machine.step();
        if (!handled) return went_off(dice.between(5s, 10min));
        after_step();
        if (*handled == 0) break;
    }
    plan_wake();
}

void Harbour::went_off(Span back_after) {
    ++process_;
    is_claiming_ = false;
    in_flight_ = 0;
    wake_.reset();
    touched_.clear();
    in(back_after, [this] { switch_on(); });
}

bool Harbour::try_to_switch_on() {
    const auto start = machine.switch_on();
    if (start == Machine::Start::corrupt && !is_wrecked) {
        is_wrecked = true;
        ledger.complain(ledger.lost, "the store cannot be read any more");
    }
    if (start != Machine::Start::done) {
        if (!is_wrecked) in(dice.between(5s, 1min), [this] { switch_on(); });
        return false;
    }
    ++restarts;
    well_since_ = now_;
    last_event_ = machine.journal().published_sequence();
    claim_not_before_ = machine.now();
    return true;
}

void Harbour::switch_on() {
    if (machine.is_on() || is_wrecked) return;
    if (!try_to_switch_on()) return;
    check_all_boards();
    work();
}

void Harbour::pull_the_plug() {
    if (!machine.is_on()) return;
    machine.pull_the_plug();
    went_off(dice.between(5s, 10min));
}

void Harbour::stop_process() {
    if (!machine.is_on()) return;
    machine.switch_off();
    went_off(dice.between(1s, 1min));
}

bool Harbour::restart_and_compare() {
    if (!machine.is_on()) return false;
    std::vector<PersonId> people{observer};
    const auto known = machine.rooms().council.view().people();
    for (int i = 0; i < 2; ++i) people.push_back(known[dice.below(known.size())]->id);
    const auto before = portrait(people);
    machine.switch_off();
    ++process_;
    is_claiming_ = false;
    in_flight_ = 0;
    wake_.reset();
    // Started with the same time on the clock, so that what depends on it shows the same.
    machine.set_time(machine.now(), now_.time_since_epoch());
    if (!try_to_switch_on()) return false;
    const auto after = portrait(people);
    if (before != after) {
        const auto at = std::ranges::mismatch(before, after).in1 - before.begin();
        const auto from = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, at - 100));
        ledger.complain(ledger.violations, "folded again, the port looks otherwise: …" +
                                               before.substr(from, 250) + "… became …" +
                                               after.substr(from, 250) + "…");
    }
    work();
    return true;
}

// ---- what is checked -----------------------------------------------------------------------

void Harbour::after_step() {
    auto& journal = machine.journal();
    if (journal.head().sequence != journal.published_sequence())
        ledger.complain(ledger.violations, "the head is not what is published");
    for (const auto& incident : std::exchange(touched_, {})) check_board(incident, false);
}

void Harbour::check_board(const std::string& incident, bool whole) {
    auto& board = ledger.boards().at(incident);
    std::uint64_t after = whole ? 0 : board.entries.size();
    while (true) {
        const auto said =
            machine.ask(observer, std::string(incidents) + "/" + incident + "/entries",
                        {{"after", std::to_string(after)}, {"limit", "500"}});
        if (said.status != 200)
            return ledger.complain(ledger.lost, "board " + incident + " is gone: " + said.key);
        const auto page = boost::json::parse(said.body).as_object();
        const auto& items = page.at("items").as_array();
        if (page.at("hidden").to_number<int>() != 0)
            ledger.complain(ledger.violations, "board " + incident + " hides from its observer");
        // The last page tells where the board ends.
        if (items.empty() && after > 0 && after >= board.entries.size()) break;
        ledger.read_board(incident, after, items);
        if (items.size() < 500) break;
        after += items.size();
    }
    ledger.check_board(incident);
}

void Harbour::check_all_boards() {
    for (const auto& [incident, board] : ledger.boards()) check_board(incident, true);
}

void Harbour::hear_events(std::span<const journal::Event> events) {
    for (const auto& event : events) {
        if (event.sequence < last_event_)
            ledger.complain(ledger.violations, "events run backwards");
        last_event_ = event.sequence;
        constexpr std::string_view prefix = "respond/incident/";
        if (!event.topic.starts_with(prefix)) continue;
        const auto board = ledger.boards().find(event.topic.substr(prefix.size()));
        if (board != ledger.boards().end() && board->second.exercise != event.exercise)
            ledger.complain(ledger.violations,
                            "an event of " + event.topic + " is told as of " +
                                (event.exercise.empty() ? "the live world" : event.exercise));
    }
}

std::string Harbour::portrait(const std::vector<PersonId>& people) {
    std::string all;
    const auto show = [&](const PersonId& person, const std::string& path,
                          const edge::http::Headers& query = {}) {
        const auto said = machine.ask(person, path, query);
        all += path + " " + std::to_string(said.status) + " " + said.body + "\n";
        return said;
    };
    for (const auto& person : people) {
        for (const auto* path :
             {"/api/prepare/council/organisations", "/api/prepare/council/people",
              "/api/prepare/contacts", "/api/prepare/port", "/api/practise/drills/exercises",
              "/api/respond/callout/callouts"})
            show(person, path);
        std::set<std::string> worlds{""};
        for (const auto& [incident, board] : ledger.boards()) {
            worlds.insert(board.exercise);
            const std::string one = std::string(incidents) + "/" + incident;
            show(person, one);
            show(person, one + "/open");
            show(person, one + "/milestones");
            show(person, one + "/review");
            show(person, one + "/entries", {{"limit", "500"}});
            show(person, "/api/respond/callout/callouts", {{"incident", incident}});
        }
        for (const auto& world : worlds)
            show(person, std::string(incidents), {{"exercise", world}});
    }
    return all;
}

// ---- people and the network ----------------------------------------------------------------

void Harbour::send(Wish& wish, int attempt) {
    if (wish.was_heard) return;
    in(pause_before(attempt), [this, &wish, attempt] { send(wish, attempt + 1); });
    if (!machine.is_on() || (!is_calm && dice.chance(0.03))) return;
    if (attempt > 0 && canary == Canary::new_key) wish.call.idempotency_key += "x";
    const int clicks = !is_calm && dice.chance(0.05) ? 2 : 1;
    for (int click = 0; click < clicks && machine.is_on(); ++click) {
        const bool is_heard = is_calm || !dice.chance(0.05);
        machine.submit(wish.call, [this, &wish, is_heard](const Said& said) {
            ledger.answered(wish, said);
            if (wish.fate == Wish::Fate::kept && ledger.boards().contains(wish.incident))
                touched_.insert(wish.incident);
            if (said.status == 503 || !is_heard || wish.was_heard) return;
            wish.was_heard = true;
            // Somebody comes back to an old tab and sends it once more.
            if (!is_calm && wish.fate == Wish::Fate::kept && canary != Canary::new_key &&
                dice.chance(0.03))
                in(dice.between(1min, 72h), [this, &wish] {
                    if (!machine.is_on()) return;
                    machine.submit(wish.call, [this, &wish](const Said& late) {
                        ledger.answered(wish, late);
                    });
                    work();
                });
        });
    }
    // What arrives within a few milliseconds goes into one commit.
    in(dice.between(0ms, 5ms), [this] { work(); });
}

// ---- mail ----------------------------------------------------------------------------------

void Harbour::ask_for_claims() {
    auto& journal = machine.journal();
    const auto due = journal.next_message_due();
    if (is_claiming_ || in_flight_ >= most_in_flight || !due || *due > machine.now() ||
        machine.now() < claim_not_before_)
        return;
    is_claiming_ = true;
    const auto process = process_;
    const auto most = static_cast<std::size_t>(most_in_flight - in_flight_);
    journal.claim(most, [this, process](const Result<std::vector<journal::Claim>>& claims) {
        if (process != process_) return;
        is_claiming_ = false;
        if (!claims || claims->empty())
            claim_not_before_ = machine.now() + (claims ? Span(50ms) : Span(1s));
        if (!claims) return;
        for (const auto& claim : *claims) carry(claim);
    });
}

void Harbour::set_disk_well(bool is_well) {
    is_disk_well_ = is_well;
    well_since_ = now_;
}

void Harbour::expect_tries(const std::string& callout) {
    constexpr Span soon = 30min;
    in(soon, [this, callout, soon] {
        const Alarm& alarm = ledger.alarms().at(callout);
        // In an exercise a day may pass in a minute, and the call-out with it.
        if (alarm.is_over || !alarm.exercise.empty()) return;
        const auto waits = std::ranges::find_if(alarm.addressees, [&](const auto& one) {
            return one.second.is_reachable && !one.second.has_answered &&
                   !ledger.tried.contains({"respond.callout/" + callout, one.first});
        });
        if (waits == alarm.addressees.end()) return;
        if (!machine.is_on() || !is_disk_well_ || now_ - well_since_ < soon)
            return expect_tries(callout);
        ledger.complain(ledger.violations, "call-out " + callout + " is silent towards " +
                                               waits->first + " for half an hour");
    });
}

void Harbour::carry(const journal::Claim& claim) {
    // The claim was committed just now; what was acknowledged before must have stopped it.
    const auto* alarm = ledger.alarm_of(claim);
    const auto* addressee = ledger.addressee_of(claim);
    if (addressee != nullptr && addressee->has_answered)
        ledger.complain(ledger.after_answer,
                        "message " + claim.message.key + " was sent after the answer");
    else if (alarm != nullptr && alarm->is_over)
        ledger.complain(ledger.violations,
                        "message " + claim.message.key + " was sent after all was over");
    ledger.tried.insert({claim.topic, claim.person.text});
    const auto carried = gateways.carry(claim.message, claim.attempt, dice);
    if (carried.was_contacted) ledger.transmitted(now_, claim);
    for (int i = 0; i < carried.copies; ++i)
        in(carried.takes + dice.between(1s, 2min), [this, claim] { when_read(claim); });
    if (canary == Canary::late_message)
        in(2h, [this, claim] {
            const auto* again = ledger.addressee_of(claim);
            if (again != nullptr && again->has_answered && again->keys.size() == 1) carry(claim);
        });
    ++in_flight_;
    in(carried.takes, [this, key = claim.key, delivery = carried.delivery, process = process_] {
        settle(key, delivery, process);
    });
}

void Harbour::settle(const std::string& key, const Delivery& delivery, std::uint64_t process) {
    if (process != process_ || !machine.is_on()) return;  // nobody waits for it any more
    machine.journal().settle(key, delivery, [this, key, delivery, process](const Result<>& done) {
        if (process != process_) return;
        if (!done)
            in(1s, [this, key, delivery, process] { settle(key, delivery, process); });
        else
            --in_flight_;
    });
    work();
}

}  // namespace noroshi::storm
