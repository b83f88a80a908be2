#include "tests/storm/harbour.h"

#include <algorithm>

#include "prepare/contacts/contacts.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"
#include "respond/callout/callout.h"
#include "respond/callout/callout_view.h"

namespace noroshi::storm {

using namespace std::chrono_literals;

namespace {

constexpr int most_in_flight = 8;
constexpr std::string_view incidents = "/api/respond/incident/incidents";

// An answer to words that could not be read.
bool is_help(const journal::Claim& claim) { return claim.message.key.contains("/help-"); }

Span pause_before(int attempt) { return std::min<Span>(10s * (1 << std::min(attempt, 6)), 5min); }

}  // namespace

Harbour::Harbour(std::uint64_t seed, Instant start, Canary chosen)
    : dice(seed), machine(seed, start), gateways(machine.clock()), canary(chosen), now_(start) {
    for (const auto channel : Gateways::channels()) lanes_[channel];
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
    clock_right_since_ = now_;
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
    for (const auto& [channel, lane] : lanes_)
        if (const auto message = machine.journal().next_message_due({channel});
            message && lane.in_flight < most_in_flight && !lane.is_claiming)
            due = std::min(due, std::max(*message, lane.claim_not_before));
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
        if (steps_left_ > 0 && --steps_left_ == 0) return stop_process();
        const auto handled = machine.step();
        if (!handled) return went_off(dice.between(5s, 10min));
        after_step();
        if (*handled == 0) break;
    }
    plan_wake();
}

void Harbour::went_off(Span back_after) {
    ++process_;
    for (auto& [channel, lane] : lanes_) lane = {};
    gateways.forget();
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
    for (auto& [channel, lane] : lanes_) lane.claim_not_before = machine.now();
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
    for (auto& [channel, lane] : lanes_) lane = {};
    gateways.forget();
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

// ---- messages ------------------------------------------------------------------------------

void Harbour::ask_for_claims() {
    auto& journal = machine.journal();
    for (auto& [of, lane] : lanes_) {
        const Channel channel = of;
        const auto due = journal.next_message_due({channel});
        if (lane.is_claiming || lane.in_flight >= most_in_flight || !due || *due > machine.now() ||
            machine.now() < lane.claim_not_before)
            continue;
        lane.is_claiming = true;
        const auto process = process_;
        const auto most = static_cast<std::size_t>(most_in_flight - lane.in_flight);
        journal.claim(most,
                      [this, process, channel](const Result<std::vector<journal::Claim>>& claims) {
                          if (process != process_) return;
                          Lane& asked = lanes_.at(channel);
                          asked.is_claiming = false;
                          if (!claims || claims->empty())
                              asked.claim_not_before =
                                  machine.now() + (claims ? Span(50ms) : Span(1s));
                          if (!claims) return;
                          for (const auto& claim : *claims) carry(claim);
                      },
                      {channel});
    }
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
        if (alarm.is_over || alarm.is_ending || !alarm.exercise.empty()) return;
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

// Waves and deputies are called later; the board says who they are.
void Harbour::call_more(const std::string& callout) {
    const auto said = machine.ask(observer, "/api/respond/callout/callouts/" + callout);
    if (said.status != 200) return;
    Alarm& alarm = ledger.alarms().at(callout);
    const auto board = boost::json::parse(said.body).as_object();
    for (const auto& value : board.at("addressees").as_array()) {
        const auto& one = value.as_object();
        const std::string person(one.at("person").as_string());
        const auto [found, fresh] = alarm.addressees.try_emplace(person);
        if (fresh) found->second.is_reachable = !one.at("route").as_array().empty();
    }
}

void Harbour::expect_reached(const std::string& callout) {
    in(10min, [this, callout] {
        const Alarm& alarm = ledger.alarms().at(callout);
        // In an exercise a day may pass in a minute.
        if (alarm.is_over || !alarm.exercise.empty() || now_ - alarm.known_at > 24h) return;
        if (machine.is_on()) check_reached(callout);
        expect_reached(callout);
    });
}

void Harbour::check_reached(const std::string& callout) {
    // The machine, its clock and a gateway have done what they should for so long: then whoever is
    // called over that gateway has the message, however the other gateways are.
    constexpr Span soon = 25min;
    const Instant by = now_ - soon;
    Alarm& alarm = ledger.alarms().at(callout);
    if (!is_disk_well_ || well_since_ > by || clock_right_since_ > by) return;
    const auto said = machine.ask(observer, "/api/respond/callout/callouts/" + callout);
    if (said.status != 200)
        return ledger.complain(ledger.lost, "call-out " + callout + " is gone: " + said.key);
    const auto board = boost::json::parse(said.body).as_object();
    const auto text = [](const boost::json::object& of, std::string_view name) {
        const auto* found = of.if_contains(name);
        return found == nullptr || !found->is_string() ? std::string()
                                                       : std::string(found->get_string());
    };
    if (text(board, "state") != "open") {
        if (!alarm.is_ending && now_ - alarm.known_at < 20h)
            ledger.complain(ledger.violations, "call-out " + callout + " ended by itself");
        return;
    }
    std::set<std::string> satisfied;
    for (const auto& value : board.at("quorum").as_array())
        if (value.as_object().at("met").as_bool())
            satisfied.insert(text(value.as_object(), "organisation"));
    for (const auto& value : board.at("addressees").as_array()) {
        const auto& one = value.as_object();
        const PersonId person{text(one, "person")};
        const auto called_at = parse_rfc3339(text(one, "called_at"));
        auto& addressee = alarm.addressees[person.text];
        if (addressee.copies > 0 || addressee.is_answering || text(one, "state") == "answered" ||
            satisfied.contains(text(one, "organisation")))
            continue;
        const auto& route = one.at("route").as_array();
        const Span until_all = alarm.channel_after * static_cast<int>(route.size());
        if (!called_at || *called_at + until_all > by) continue;
        for (const auto& way : route) {
            const auto name = std::string_view(way.as_string());
            const auto channel = static_cast<Channel>(std::ranges::find(channel_names, name) -
                                                      channel_names.begin());
            const auto works = gateways.works_since(channel);
            const auto address =
                machine.rooms().contacts.state().address_of(person, channel, machine.now());
            if (!works || *works > by || !address || address->starts_with("gone.") ||
                addressee.spoiled.contains(channel))
                continue;
            ledger.complain(ledger.violations, "call-out " + callout + " has not reached " +
                                                   person.text + " by " + std::string(name) +
                                                   ", which works");
        }
    }
}

// Of the alarms a message tells of: one, or those of a bundle that are not answered.
std::vector<std::string> Harbour::topics_of(const journal::Claim& claim) {
    using namespace respond::callout;
    if (!claim.topic.starts_with(bundle_topic)) return {claim.topic};
    std::vector<std::string> topics;
    const auto& state = machine.rooms().callout.state();
    if (const auto* bundle = state.bundle(claim.topic.substr(bundle_topic.size())))
        for (const auto& [id, round] : bundle->items) topics.push_back(topic_of(id));
    return topics;
}

void Harbour::carry(const journal::Claim& claim) {
    // The claim was committed just now; what was acknowledged before must have stopped it.
    std::vector<Addressee*> told;
    for (const auto& topic : topics_of(claim)) {
        auto part = claim;
        part.topic = topic;
        auto* alarm = ledger.alarm_of(part);
        auto* addressee = ledger.addressee_of(part);
        if (alarm != nullptr && addressee == nullptr) {
            call_more(topic.substr(topic.find('/') + 1));
            addressee = ledger.addressee_of(part);
        }
        if (addressee != nullptr && addressee->has_answered && !is_help(claim))
            ledger.complain(ledger.after_answer,
                            "message " + claim.message.key + " was sent after the answer");
        else if (alarm != nullptr && alarm->is_over)
            ledger.complain(ledger.violations,
                            "message " + claim.message.key + " was sent after all was over");
        ledger.tried.insert({topic, claim.person.text});
        if (topic != claim.topic) {
            ledger.bundled[claim.topic].insert(topic);
            if (addressee != nullptr) addressee->keys.insert(claim.message.key);
        }
        if (addressee != nullptr) told.push_back(addressee);
    }
    const Channel channel = claim.message.channel;
    auto carried = gateways.carry(claim.message, claim.attempt, dice);
    if (canary == Canary::deaf_gateway) carried.copies = 0;
    if (carried.was_contacted) {
        ledger.transmitted(now_, claim);
        for (const auto& topic : topics_of(claim))
            ledger.transmitted_of.insert({topic, claim.person.text});
    }
    for (auto* addressee : told) {
        // It will not be tried again there, and nobody has it.
        const bool is_lost = carried.delivery.outcome == Outcome::delivered && carried.copies == 0;
        if ((is_lost && canary != Canary::deaf_gateway) ||
            carried.delivery.outcome == Outcome::refused)
            addressee->spoiled.insert(channel);
        if (carried.copies > 0) {
            if (addressee->copies == 0) ++reached;
            ++addressee->copies;
        }
    }
    for (int i = 0; i < carried.copies; ++i)
        in(carried.takes + dice.between(1s, 2min), [this, claim] { when_read(claim); });
    if (canary == Canary::late_message)
        in(2h, [this, claim] {
            const auto* again = ledger.addressee_of(claim);
            if (again != nullptr && again->has_answered && again->keys.size() == 1) carry(claim);
        });
    constexpr int once_more = 99;
    if (canary == Canary::rings_on && claim.attempt != once_more)
        for (const auto hours : {2h, 8h, 14h, 20h})
            in(hours, [this, claim] {
                const auto* over = ledger.alarm_of(claim);
                const auto* again = ledger.addressee_of(claim);
                if (over == nullptr || !over->is_over || again == nullptr || again->has_answered)
                    return;
                auto late = claim;
                late.attempt = once_more;
                carry(late);
            });
    if (canary == Canary::second_key && claim.attempt == 2 && !claim.message.key.ends_with("x"))
        in(1min, [this, claim] {
            auto again = claim;
            again.message.key += "x";
            ledger.transmitted(now_, again);
        });
    ++lanes_.at(channel).in_flight;
    in(carried.takes, [this, claim, carried, process = process_]() mutable {
        if (process != process_ || !machine.is_on()) return;  // nobody waits for it any more
        gateways.end(claim.message.channel, carried);
        settle(claim, carried, process);
    });
    if (carried.receipt)
        in(carried.takes + dice.between(0s, 5min),
           [this, delivery = carried.delivery, arrived = *carried.receipt] {
               when_reported(delivery, arrived);
           });
}

void Harbour::settle(const journal::Claim& claim, const Carried& carried, std::uint64_t process) {
    if (process != process_ || !machine.is_on()) return;
    machine.journal().settle(
        claim.key, carried.delivery, [this, claim, carried, process](const Result<>& done) {
            if (process != process_) return;
            if (!done) {
                in(1s, [this, claim, carried, process] { settle(claim, carried, process); });
                return;
            }
            --lanes_.at(claim.message.channel).in_flight;
            // Pressed on the telephone and written: it counts from now on.
            if (!carried.delivery.reply.empty()) expect_answer(claim);
        });
    work();
}

// The machine has thanked for this person's words: unless the call-out is over, it shows them.
void Harbour::expect_answer(const journal::Claim& claim) {
    const CalloutId id{claim.topic.substr(claim.topic.find('/') + 1)};
    bool is_over = false;
    const bool has_answered = machine.journal().read([&] {
        const auto* callout = machine.rooms().callout.view().find(id);
        const auto* who = callout == nullptr ? nullptr : callout->find(claim.person);
        is_over = callout != nullptr && callout->ending.has_value();
        return who != nullptr && who->answer.has_value();
    });
    const auto* known = machine.rooms().council.state().find(claim.person);
    if (known == nullptr || known->erased) return;
    if (!has_answered && is_over) return;
    if (!has_answered)
        ledger.complain(ledger.lost, "the answer of " + claim.person.text + " to " + id.text +
                                         " by " + std::string(name_of(claim.message.channel)) +
                                         " is gone");
    else if (auto* addressee = ledger.addressee_of(claim))
        addressee->has_answered = true;
}

}  // namespace noroshi::storm
