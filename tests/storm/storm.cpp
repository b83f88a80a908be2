#include "tests/storm/storm.h"

#include <algorithm>

#include <fmt/format.h>
#include <sqlite3.h>

#include "tests/storm/faults.h"
#include "tests/storm/life.h"

namespace noroshi::storm {

using namespace std::chrono_literals;

namespace {

constexpr Instant beginning{std::chrono::sys_days{std::chrono::year{2026} / 4 / 1}};

void rewrite_a_fact(Harbour& harbour) {
    harbour.machine.switch_off();
    sqlite3* database = nullptr;
    ASSERT(sqlite3_open_v2(std::string(Machine::path).c_str(), &database, SQLITE_OPEN_READWRITE,
                           harbour.machine.disk().name().c_str()) == SQLITE_OK);
    ASSERT(sqlite3_exec(database, "update facts set actor = 'nobody' where sequence = 30", nullptr,
                        nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
    ASSERT(harbour.machine.switch_on() == Machine::Start::done);
}

// The live world shows its incidents and no others; so does each exercise.
void check_worlds(Harbour& harbour) {
    std::map<std::string, std::set<std::string>> worlds{{"", {}}};
    for (const auto& [incident, board] : harbour.ledger.boards())
        worlds[board.exercise].insert(incident);
    for (const auto& [world, expected] : worlds) {
        const auto said = harbour.machine.ask(harbour.observer, "/api/respond/incident/incidents",
                                              {{"exercise", world}});
        std::set<std::string> shown;
        if (said.status == 200) {
            const auto list = boost::json::parse(said.body).as_object();
            for (const auto& item : list.at("items").as_array())
                shown.insert(std::string(item.as_object().at("id").as_string()));
        }
        if (shown != expected)
            harbour.ledger.complain(harbour.ledger.violations,
                                    "world '" + world + "' shows " + std::to_string(shown.size()) +
                                        " incidents instead of " + std::to_string(expected.size()));
    }
}

// Search finds an acknowledged entry in its own world, and in no other.
void check_search(Harbour& harbour) {
    int searched = 0;
    for (const auto& wish : harbour.ledger.wishes()) {
        if (wish->incident.empty() || wish->fate != Wish::Fate::kept || ++searched % 50 != 0)
            continue;
        const auto& world = harbour.ledger.boards().at(wish->incident).exercise;
        for (const std::string& asked : {std::string(), world}) {
            const auto said = harbour.machine.ask(harbour.observer, "/api/respond/incident/search",
                                                  {{"q", wish->tag}, {"exercise", asked}});
            const bool is_found = said.body.contains(wish->tag);
            if (is_found != (asked == world))
                harbour.ledger.complain(harbour.ledger.violations,
                                        "search for " + wish->tag + " in world '" + asked +
                                            "' gives " + said.body.substr(0, 200));
        }
    }
}

// Everybody who was called was sent something, or is shown as not reached.
void check_alarms(Harbour& harbour) {
    auto& ledger = harbour.ledger;
    std::map<std::pair<std::string, std::string>, std::vector<store::OutboxState>> rows;
    const auto read = harbour.machine.store().each_outbox([&](const store::OutboxRow& row) {
        if (row.state == store::OutboxState::waiting || row.state == store::OutboxState::sending)
            ledger.complain(ledger.violations, "message " + row.key + " never came to an end");
        rows[{row.topic, row.person}].push_back(row.state);
        if (const auto of = ledger.bundled.find(row.topic); of != ledger.bundled.end())
            for (const auto& topic : of->second) rows[{topic, row.person}].push_back(row.state);
        return true;
    });
    if (!read) ledger.complain(ledger.violations, describe(read.error()));
    for (const auto& [id, alarm] : ledger.alarms()) {
        const auto said =
            harbour.machine.ask(harbour.observer, "/api/respond/callout/callouts/" + id);
        if (said.status != 200) {
            ledger.complain(ledger.lost, "call-out " + id + " is gone");
            continue;
        }
        std::map<std::string, std::string> states;
        const auto shown = boost::json::parse(said.body).as_object();
        for (const auto& value : shown.at("addressees").as_array())
            states[std::string(value.as_object().at("person").as_string())] =
                std::string(value.as_object().at("state").as_string());
        // What waits to be told together with another alarm is not told once the alarm is over.
        const auto moment = [&](std::string_view name) {
            const auto* found = shown.if_contains(name);
            return parse_rfc3339(found == nullptr ? std::string_view()
                                                  : std::string_view(found->as_string()));
        };
        const auto raised = moment("raised_at"), ended = moment("ended_at");
        const bool was_over_at_once =
            raised && ended && *ended <= *raised + std::chrono::minutes(2);
        for (const auto& [person, addressee] : alarm.addressees) {
            const std::string name = "call-out " + id + ", " + person;
            const std::string& state = states[person];
            const auto& sent = rows[{"respond.callout/" + id, person}];
            const bool is_delivered =
                std::ranges::find(sent, store::OutboxState::delivered) != sent.end();
            if (addressee.has_answered && state != "answered")
                ledger.complain(ledger.lost, name + ": the answer is gone; shown as " + state);
            if (addressee.is_reachable && sent.empty() && !addressee.has_answered &&
                !alarm.is_over && !was_over_at_once && state != "answered")
                ledger.complain(ledger.violations, name + ": nothing was ever to be sent");
            if (is_delivered && addressee.keys.empty() &&
                !ledger.transmitted_of.contains({"respond.callout/" + id, person}))
                ledger.complain(ledger.violations, name + ": delivered, and never sent");
            const bool is_stopped =
                addressee.has_answered || alarm.is_over || was_over_at_once ||
                state == "answered" ||
                std::ranges::find(sent, store::OutboxState::cancelled) != sent.end();
            if (!is_delivered && !is_stopped && state != "failed")
                ledger.complain(ledger.violations, name + ": not reached, and shown as " + state);
        }
    }
}

void check_erased(Harbour& harbour, const std::vector<PersonId>& erased) {
    auto& ledger = harbour.ledger;
    for (const auto& person : erased) {
        if (harbour.machine.journal().keyring().has(person))
            ledger.complain(ledger.violations, person.text + " was erased and still has a key");
        const auto read =
            harbour.machine.store().each_secret("person_key", [&](const store::Secret& secret) {
                if (secret.id == person.text)
                    ledger.complain(ledger.violations,
                                    person.text + " was erased and the key is stored");
                return true;
            });
        if (!read) ledger.complain(ledger.violations, describe(read.error()));
    }
}

}  // namespace

Report run(const Options& options) {
    Harbour harbour(options.seed, beginning, options.canary);
    auto& ledger = harbour.ledger;
    Life life(harbour);
    Faults faults(harbour);
    const Instant end = beginning + std::chrono::days(options.days);
    life.settle();
    life.begin(end);
    faults.begin(end);
    for (Instant day = beginning + 24h; day < end; day += 24h * 3) {
        harbour.run_until(day);
        harbour.restart_and_compare();
    }
    harbour.run_until(end);

    // The wind drops: alarms expire a day after they were raised, and everybody gets an answer.
    harbour.run_until(end + 60h);
    for (const auto& wish : ledger.wishes())
        if (wish->fate == Wish::Fate::open && !harbour.is_wrecked)
            ledger.complain(ledger.violations,
                            "wish " + wish->tag + " " + wish->call.path + " was never answered");
    if (options.canary == Canary::changed_fact) rewrite_a_fact(harbour);
    if (harbour.is_wrecked || !harbour.machine.is_on() || !harbour.restart_and_compare()) {
        ledger.complain(ledger.violations, "the machine does not start");
        Report report;
        report.lost = ledger.lost;
        report.doubled = ledger.doubled;
        report.after_answer = ledger.after_answer;
        report.violations = ledger.violations;
        return report;
    }
    harbour.check_all_boards();
    check_worlds(harbour);
    check_search(harbour);
    check_alarms(harbour);
    check_erased(harbour, life.erased());
    std::vector<journal::Fact> facts;
    const auto read = harbour.machine.store().facts(1, [&](const journal::Fact& fact) {
        facts.push_back(fact);
        return true;
    });
    if (!read) ledger.complain(ledger.violations, describe(read.error()));
    ledger.check_facts(facts, harbour.machine.journal().keyring());

    Report report;
    const auto& head = harbour.machine.journal().head();
    report.facts = head.sequence;
    report.messages = ledger.messages;
    report.lost = ledger.lost;
    report.doubled = ledger.doubled;
    report.in_doubt = harbour.machine.journal().outbox_counts().in_doubt;
    report.after_answer = ledger.after_answer;
    report.violations = ledger.violations;
    report.wishes = ledger.wishes().size();
    report.refused = static_cast<std::uint64_t>(
        std::ranges::count(ledger.wishes(), Wish::Fate::refused,
                           [](const std::unique_ptr<Wish>& wish) { return wish->fate; }));
    report.restarts = harbour.restarts;
    report.power_cuts = faults.power_cuts;
    report.reached = harbour.reached;
    report.digest = to_hex(
        sha256(fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}", journal::hex_of(head.hash),
                           report.facts, report.messages, report.lost, report.doubled,
                           report.in_doubt, report.after_answer, report.violations, report.wishes,
                           report.restarts, report.reached, ledger.transmissions())));
    return report;
}

}  // namespace noroshi::storm
