#include "tests/storm/ledger.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "kernel/json/json.h"
#include "respond/callout/callout_facts.h"
#include "respond/incident/incident_facts.h"

namespace noroshi::storm {

namespace {

constexpr std::string_view tag_start = "#w";
constexpr std::uint64_t most_told = 20;

std::string_view text_of(const boost::json::value& value) {
    const auto& text = value.as_string();
    return {text.data(), text.size()};
}

bool is_change_of_readers(const Wish& wish, const std::string& incident) {
    return wish.call.path.ends_with("/" + incident + "/visibility");
}

}  // namespace

void Ledger::complain(std::uint64_t& counter, const std::string& what) {
    ++counter;
    if (lost + doubled + after_answer + violations <= most_told)
        fmt::print(stderr, "storm: {}\n", what);
}

Wish& Ledger::add(Wish wish) {
    wish.number = wishes_.size();
    wishes_.push_back(std::make_unique<Wish>(std::move(wish)));
    return *wishes_.back();
}

Wish* Ledger::tagged(std::string_view text) const {
    const auto at = text.rfind(tag_start);
    if (at == std::string_view::npos) return nullptr;
    std::uint64_t number = 0;
    const char* digits = text.data() + at + tag_start.size();
    const auto read = std::from_chars(digits, text.data() + text.size(), number);
    if (read.ec != std::errc{} || number >= wishes_.size()) return nullptr;
    return wishes_[number].get();
}

void Ledger::answered(Wish& wish, const Said& said) {
    const std::string name = "wish " + wish.tag + " " + wish.call.path;
    if (said.status >= 200 && said.status < 400) {
        if (wish.fate == Wish::Fate::kept) {
            if (wish.answer != said.body || wish.status != said.status)
                complain(violations,
                         name + " was answered in two ways: " + wish.answer + " and " + said.body);
            return;
        }
        wish.fate = Wish::Fate::kept;
        wish.answer = said.body;
        wish.status = said.status;
        if (!wish.incident.empty()) acknowledged_[wish.incident].insert(wish.number);
        if (wish.when_kept) wish.when_kept(boost::json::parse(said.body).as_object());
    } else if (said.status == 503) {
        // Not now: the person tries again.
    } else if (said.status >= 500 || said.key == "kernel.journal.idempotency_mismatch") {
        complain(violations,
                 name + " was answered " + std::to_string(said.status) + " " + said.key);
    } else {
        if (wish.fate == Wish::Fate::kept)
            complain(violations, name + " was kept and then refused: " + said.key);
        else
            wish.fate = Wish::Fate::refused;
        wish.status = said.status;
    }
}

void Ledger::opened(const std::string& incident, const std::string& exercise) {
    boards_[incident].exercise = exercise;
}

void Ledger::read_board(const std::string& incident, std::uint64_t after,
                        const boost::json::array& items) {
    Board& board = boards_.at(incident);
    std::uint64_t number = after;
    for (const auto& value : items) {
        const auto& item = value.as_object();
        ++number;
        if (item.at("number").to_number<std::uint64_t>() != number) {
            complain(violations, "entry " + std::to_string(number) + " of " + incident +
                                     " is called " + boost::json::serialize(item.at("number")));
            return;
        }
        const auto content = text_of(item.at("content"));
        const Wish* wish = tagged(content);
        const bool is_wanted = wish != nullptr && wish->incident == incident
                                   ? wish->content == content
                                   : wish != nullptr && is_change_of_readers(*wish, incident);
        if (!is_wanted) {
            complain(violations, "nobody wrote entry " + std::to_string(number) + " of " +
                                     incident + ": " + std::string(content));
            continue;
        }
        if (number <= board.entries.size()) {
            if (board.entries[number - 1] != wish->number)
                complain(violations,
                         "entry " + std::to_string(number) + " of " + incident + " became another");
            continue;
        }
        for (const auto seen : board.entries)
            if (seen == wish->number) complain(doubled, "entry " + wish->tag + " is there twice");
        board.entries.push_back(wish->number);
    }
    if (number < board.entries.size()) {
        complain(lost, "entries after " + std::to_string(number) + " of " + incident +
                           " are gone; there were " + std::to_string(board.entries.size()));
        board.entries.resize(number);
    }
}

void Ledger::check_board(const std::string& incident) {
    auto waiting = acknowledged_[incident];
    for (const auto seen : boards_.at(incident).entries) waiting.erase(seen);
    for (const auto missing : waiting)
        complain(lost,
                 "entry " + wishes_[missing]->tag + " was acknowledged and is not on " + incident);
}

Alarm* Ledger::alarm_of(const journal::Claim& claim) {
    constexpr std::string_view prefix = "respond.callout/";
    if (!claim.topic.starts_with(prefix)) return nullptr;
    const auto found = alarms_.find(claim.topic.substr(prefix.size()));
    return found == alarms_.end() ? nullptr : &found->second;
}

Addressee* Ledger::addressee_of(const journal::Claim& claim) {
    Alarm* alarm = alarm_of(claim);
    if (alarm == nullptr) return nullptr;
    const auto found = alarm->addressees.find(claim.person.text);
    return found == alarm->addressees.end() ? nullptr : &found->second;
}

void Ledger::transmitted(Instant at, const journal::Claim& claim) {
    ++messages;
    const auto& message = claim.message;
    transmissions_.add(std::to_string(at.time_since_epoch().count()) + " " + message.key + "\n");
    const std::string name = "message " + message.key;
    // One key, one Message-ID.
    if (message_ids_.try_emplace(message.key, message.message_id).first->second !=
        message.message_id)
        complain(violations, name + " was sent under two Message-IDs");
    if (keys_.try_emplace(message.message_id, message.key).first->second != message.key)
        complain(doubled, message.message_id + " was sent under two keys");

    const Alarm* alarm = alarm_of(claim);
    if (alarm == nullptr) return;
    if (message.drill != !alarm->exercise.empty())
        complain(violations, name + " does not say whether it is a drill");
    Addressee* addressee = addressee_of(claim);
    if (addressee == nullptr)
        return complain(violations, name + " went to somebody who was not called");
    if (message.key.contains("/help-")) return;
    addressee->keys.insert(message.key);
    // The call itself and each reminder over each channel: no more keys than that.
    const auto of_channel = std::ranges::count_if(
        addressee->keys, [&](const auto& key) { return lane_of(key) == message.channel; });
    if (of_channel > 1 + alarm->reminders)
        complain(doubled, name + ": too many messages of one alarm to one person");
}

void Ledger::check_facts(const std::vector<journal::Fact>& facts, const Keyring& keyring) {
    std::map<std::uint64_t, int> times;
    const auto count = [&](std::string_view text) {
        if (const Wish* wish = tagged(text)) ++times[wish->number];
    };
    std::map<std::string,
             std::optional<std::pair<respond::callout::Way, respond::callout::AnswerKind>>>
        last_answers;
    journal::ChainCheck chain;
    for (const auto& fact : facts) {
        if (const auto followed = chain.follow(fact); !followed)
            return complain(violations, describe(followed.error()));
        if (fact.kind == respond::callout::AnswerGiven::kind) {
            respond::callout::AnswerGiven given;
            if (!json::read_fact(fact.body, given, &keyring)) {
                complain(violations, "fact " + std::to_string(fact.sequence) + " is unreadable");
                continue;
            }
            if (given.note) count(given.note->text);
            // A gateway that repeats what it was thanked for repeats no answer.
            using respond::callout::Way;
            const auto words = std::pair(given.way, given.answer);
            auto& before = last_answers[fact.stream + given.person.text];
            const bool is_short = given.way == Way::sms || given.way == Way::voice;
            if (is_short && before == words)
                complain(doubled, "fact " + std::to_string(fact.sequence) +
                                      " says what was said before by a short reply");
            before = words;
        } else if (fact.kind == respond::incident::IncidentClosed::kind) {
            // It also quotes the lines that were open, which are other people's wishes.
            respond::incident::IncidentClosed closed;
            if (!json::read_fact(fact.body, closed, &keyring))
                complain(violations, "fact " + std::to_string(fact.sequence) + " is unreadable");
            else
                count(closed.reason.value_or(""));
        } else {
            count(fact.body);
        }
    }
    for (const auto& wish : wishes_) {
        if (!wish->is_tagged) continue;
        // Nobody can read any more what an erased person wrote.
        if (wish->is_sealed && !keyring.has(wish->sealed_for)) continue;
        const int found = times[wish->number];
        const std::string name = "wish " + wish->tag + " " + wish->call.path;
        if (wish->fate == Wish::Fate::kept && found == 0)
            complain(lost, name + " was acknowledged and is not in the journal");
        // A change of readers is a fact, and a line that quotes its reason.
        if (found > (wish->call.path.ends_with("/visibility") ? 2 : 1))
            complain(doubled, name + " is in the journal " + std::to_string(found) + " times");
        if (wish->fate == Wish::Fate::refused && found > 0)
            complain(violations, name + " was refused and is in the journal");
    }
}

}  // namespace noroshi::storm
