// Shared terminals: one browser in the duty room, several people, each under their own name.
//
// Whoever signs in there takes a place, which lasts until their session would run out, until they
// sign out or are sent away. One of them has the terminal at a time: one session, in the browser's
// one cookie. Whoever has a place and chose a PIN takes over with it; who has none signs in by
// password. Nobody's name is to be had by a touch: what the chronology says of who wrote must hold
// in court. After the idle time the session is over and the screen locked; the places stay, because
// at three in the morning six digits are typed and a password is put off.
//
// A PIN is short, so it is good for little: at this terminal only (whose cookie nobody else has),
// for one shift, five guesses, and it proves nothing where the account itself is changed. Guessing
// it away costs its holder a password, never the way in.
//
// A place is a secret of its own, not a line in the terminal's: two that are decided in one commit
// must not undo each other.

#include <algorithm>

#include "kernel/i18n/line.h"
#include "kernel/identity/access.h"
#include "kernel/identity/credentials.h"
#include "kernel/journal/record.h"
#include "kernel/json/json.h"

namespace noroshi {

using access::digest_of;
using access::place_of;
using journal::Recorder;

namespace {

constexpr std::string_view terminal_kind = "terminal";
constexpr std::string_view place_kind = "terminal_place";
constexpr std::string_view session_kind = "session";
constexpr std::size_t shortest_pin = 4;
constexpr std::size_t longest_pin = 8;
constexpr unsigned most_guesses = 5;

struct StoredTerminal {
    std::string id;
    std::string name;
    std::int64_t idle_minutes = 10;
    Instant shared_at;
};
BOOST_DESCRIBE_STRUCT(StoredTerminal, (), (id, name, idle_minutes, shared_at))
struct StoredPlace {
    std::string terminal;
    PersonId person;
    Instant until;
    std::string pin;
    bool second_factor = false;
    std::optional<std::string> password;
};
BOOST_DESCRIBE_STRUCT(StoredPlace, (), (terminal, person, until, pin, second_factor, password))

journal::Place place_of_terminal(const std::string& id) {
    return {"kernel/identity/terminals/" + id, Visibility{Tlp::red, {}, {}}, {}, {}, {}};
}

std::string place_key(const std::string& terminal, const PersonId& person) {
    return terminal + "/" + person.text;
}

// As check_new_password does: what anybody would try first is none.
Result<std::string> read_pin(std::string_view typed) {
    std::string pin = i18n::plain(i18n::trimmed(typed.substr(0, 64)));
    if (pin.size() < shortest_pin || pin.size() > longest_pin ||
        !std::ranges::all_of(pin, [](char c) { return c >= '0' && c <= '9'; }))
        return invalid(
            "kernel.identity.pin_form", "/pin",
            {{"least", std::to_string(shortest_pin)}, {"most", std::to_string(longest_pin)}});
    const int step = pin[1] - pin[0];
    bool even = step >= -1 && step <= 1;  // 0000, 1234, 4321
    for (std::size_t i = 2; i < pin.size(); ++i) even = even && pin[i] - pin[i - 1] == step;
    if (even) return invalid("kernel.identity.pin_plain", "/pin");
    return pin;
}

std::unexpected<Error> no_terminal() {
    return fail(ErrorKind::forbidden, "kernel.identity.no_terminal");
}

}  // namespace

void Credentials::listen_to_terminals() {
    journal_.on_secret(
        std::string(terminal_kind), [this](const std::string& digest, const std::string* bytes) {
            terminals_.erase(digest);
            if (bytes == nullptr) return;
            auto stored = json::from_text<StoredTerminal>(*bytes);
            if (!stored) return;  // of another version: to be shared anew
            terminals_.emplace(digest, Terminal{std::move(stored->id),
                                                std::move(stored->name),
                                                std::chrono::minutes{stored->idle_minutes},
                                                stored->shared_at,
                                                {}});
        });
    journal_.on_secret(
        std::string(place_kind), [this](const std::string& key, const std::string* bytes) {
            places_.erase(key);
            {
                std::lock_guard lock(guesses_guard_);
                if (bytes == nullptr) guesses_.erase(key);
            }
            if (bytes == nullptr) return;
            auto stored = json::from_text<StoredPlace>(*bytes);
            if (!stored) return;
            places_.emplace(key, Place{std::move(stored->terminal), std::move(stored->person),
                                       stored->until, std::move(stored->pin), stored->second_factor,
                                       std::move(stored->password)});
        });
}

// ---- places --------------------------------------------------------------------------------

const Credentials::Place* Credentials::find_place(const std::string& terminal,
                                                  const PersonId& person) const {
    if (terminal.empty()) return nullptr;
    const auto found = places_.find(place_key(terminal, person));
    if (found == places_.end()) return nullptr;
    const auto& place = found->second;
    const auto mark = marks_.find(person);
    const auto now = mark == marks_.end() ? std::nullopt : std::optional(mark->second);
    if (place.until <= journal_.clock().now() || place.password != now ||
        !directory_.find_person(person))
        return nullptr;
    return &place;
}

void Credentials::put_place(Recorder& recorder, const Place& place) {
    recorder.put_secret(std::string(place_kind), place_key(place.terminal, place.person),
                        json::to_text(StoredPlace{place.terminal, place.person, place.until,
                                                  place.pin, place.second_factor, place.password}));
}

void Credentials::leave(Recorder& recorder, const Place& place, Leaving why) {
    recorder.delete_secret(std::string(place_kind), place_key(place.terminal, place.person));
    journal::record(recorder, place_of(place.person),
                    TerminalLeft{place.person, place.terminal, why});
}

std::optional<Terminal> Credentials::take_place(Recorder& recorder, std::string_view secret,
                                                const PersonId& person, Instant until,
                                                bool second_factor) {
    const auto terminal = terminal_of(secret);
    if (!terminal) return {};
    for (const auto& [key, place] : places_)
        if (place.terminal == terminal->id && find_place(place.terminal, place.person) == nullptr)
            recorder.delete_secret(std::string(place_kind), key);
    Place place{terminal->id, person, until, {}, second_factor, {}};
    // Signing in again keeps the PIN of this shift.
    if (const auto* before = find_place(terminal->id, person)) place.pin = before->pin;
    if (const auto mark = marks_.find(person); mark != marks_.end()) place.password = mark->second;
    put_place(recorder, place);
    end_terminal_sessions(recorder, terminal->id, SessionEnd::handed_over);
    return terminal;
}

void Credentials::end_terminal_sessions(Recorder& recorder, const std::string& terminal,
                                        SessionEnd why) {
    for (const auto& [digest, live] : sessions_) {
        if (live->session.terminal != terminal) continue;
        recorder.delete_secret(std::string(session_kind), digest);
        if (!is_over(*live, recorder.now()))
            journal::record(recorder, place_of(live->session.person),
                            SessionEnded{live->session.person, live->session.id, why});
    }
}

std::optional<Terminal> Credentials::terminal_of(std::string_view secret) const {
    if (secret.empty() || secret.size() > 200) return {};
    const auto found = terminals_.find(digest_of(secret));
    if (found == terminals_.end()) return {};
    Terminal terminal = found->second;
    for (const auto& [key, place] : places_)
        if (place.terminal == terminal.id && find_place(place.terminal, place.person) != nullptr)
            terminal.people.push_back({place.person, place.until, !place.pin.empty()});
    std::ranges::sort(terminal.people, {},
                      [](const Terminal::Present& one) { return one.person.text; });
    return terminal;
}

std::vector<Terminal> Credentials::terminals() const {
    std::vector<Terminal> all;
    for (const auto& [digest, terminal] : terminals_) all.push_back(terminal);
    std::ranges::sort(all, {}, [](const Terminal& one) { return one.shared_at; });
    return all;
}

// ---- the terminal itself -------------------------------------------------------------------

Result<Credentials::Shared> Credentials::share_terminal(
    Recorder& recorder, const Principal& principal, std::string_view session, std::string_view name,
    std::chrono::minutes idle, std::string agent) {
    TRY_LET(auto line, i18n::line(name, 100, "/name"));
    if (idle < std::chrono::minutes{1} || idle > rules_.session_idle)
        return invalid("kernel.identity.terminal_idle", "/idle_minutes",
                       {{"most", std::to_string(rules_.session_idle.count())}});
    const auto own = session.empty() ? sessions_.end() : sessions_.find(digest_of(session));
    if (own == sessions_.end() || own->second->session.person != principal.person)
        return fail(ErrorKind::forbidden, "kernel.identity.needs_session");
    const Session former = own->second->session;
    Shared shared{recorder.random().identifier(), recorder.random().base64url(32), {}};
    recorder.put_secret(
        std::string(terminal_kind), digest_of(shared.secret),
        json::to_text(StoredTerminal{shared.id, line, idle.count(), recorder.now()}));
    journal::record(recorder, place_of_terminal(shared.id),
                    TerminalShared{shared.id, line, static_cast<std::uint32_t>(idle.count())});

    // The session that shared it becomes the terminal's first. The terminal is not published yet,
    // so this is enter() by hand.
    recorder.delete_secret(std::string(session_kind), own->first);
    journal::record(recorder, place_of(principal.person),
                    SessionEnded{principal.person, former.id, SessionEnd::handed_over});
    shared.as = enter(recorder, principal.person,
                      {Device::known,
                       {},
                       std::move(agent),
                       {},
                       former.expires_at,
                       former.second_factor,
                       Entering::At{shared.id, idle}});
    Place place{shared.id, principal.person, shared.as.expires_at, {}, former.second_factor, {}};
    if (const auto mark = marks_.find(principal.person); mark != marks_.end())
        place.password = mark->second;
    put_place(recorder, place);
    return shared;
}

Result<> Credentials::retire_terminal(Recorder& recorder, std::string_view id) {
    for (const auto& [digest, terminal] : terminals_) {
        if (terminal.id != id) continue;
        recorder.delete_secret(std::string(terminal_kind), digest);
        end_terminal_sessions(recorder, terminal.id, SessionEnd::ended_elsewhere);
        for (const auto& [key, place] : places_)
            if (place.terminal == id) recorder.delete_secret(std::string(place_kind), key);
        journal::record(recorder, place_of_terminal(std::string(id)),
                        TerminalRetired{std::string(id)});
        return {};
    }
    return fail(ErrorKind::not_found, "kernel.identity.no_terminal");
}

Result<> Credentials::lock_terminal(Recorder& recorder, std::string_view secret) {
    const auto terminal = terminal_of(secret);
    if (!terminal) return no_terminal();
    end_terminal_sessions(recorder, terminal->id, SessionEnd::handed_over);
    return {};
}

Result<> Credentials::clear_terminal(Recorder& recorder, std::string_view secret) {
    const auto terminal = terminal_of(secret);
    if (!terminal) return no_terminal();
    for (const auto& [key, place] : places_)
        if (place.terminal == terminal->id) leave(recorder, place, Leaving::everybody);
    end_terminal_sessions(recorder, terminal->id, SessionEnd::signed_out);
    return {};
}

Result<> Credentials::remove_from_terminal(Recorder& recorder, std::string_view secret,
                                           std::string_view session, const PersonId& person) {
    const auto terminal = terminal_of(secret);
    const auto own = session.empty() ? sessions_.end() : sessions_.find(digest_of(session));
    if (!terminal || own == sessions_.end() || own->second->session.terminal != terminal->id)
        return no_terminal();
    const auto* place = find_place(terminal->id, person);
    if (place == nullptr || own->second->session.person == person)
        return fail(ErrorKind::not_found, "kernel.identity.not_signed_in_here");
    leave(recorder, *place, Leaving::removed);
    return {};
}

Result<> Credentials::touch_terminal(std::string_view secret, std::string_view session) const {
    const auto terminal = terminal_of(secret);
    const auto own = session.empty() ? sessions_.end() : sessions_.find(digest_of(session));
    if (!terminal || own == sessions_.end() || own->second->session.terminal != terminal->id)
        return no_terminal();
    own->second->last_used = journal_.clock().now().time_since_epoch().count();
    return {};
}

// ---- PINs ----------------------------------------------------------------------------------

void Credentials::set_pin(const Principal& principal, std::string terminal, std::string session,
                          std::string pin, std::function<void(Result<>)> done) {
    auto digits = read_pin(pin);
    if (!digits) return done(std::unexpected(std::move(digits).error()));
    auto answer = std::make_shared<std::function<void(Result<>)>>(std::move(done));
    auto job = [this, answer, person = principal.person, terminal = std::move(terminal),
                session = std::move(session), digits = std::move(*digits)] {
        journal::Command command;
        command.actor = person.text;
        command.decide = [this, person, terminal, session,
                          hashed = hash_password(digits, rules_.password_cost, journal_.random())](
                             Recorder& recorder) -> Result<journal::Answer> {
            const auto here = terminal_of(terminal);
            const auto* own = here ? find_place(here->id, person) : nullptr;
            if (own == nullptr) return no_terminal();
            TRY(check_proof(session, recorder.now()));
            const auto found = sessions_.find(digest_of(session));
            if (found->second->session.person != person ||
                found->second->session.terminal != here->id)
                return no_terminal();
            Place place = *own;
            place.pin = hashed;
            put_place(recorder, place);
            return journal::Answer{};
        };
        command.done = [answer](Result<journal::Answer> kept) {
            if (!kept) return (*answer)(std::unexpected(std::move(kept).error()));
            (*answer)({});
        };
        journal_.submit(std::move(command));
    };
    if (!pool_.submit(std::move(job)))
        (*answer)(fail(ErrorKind::unavailable, "kernel.identity.busy"));
}

void Credentials::take_over(TakeOver request, std::function<void(Result<SignedInAs>)> done) {
    std::optional<Terminal> terminal;
    std::optional<Place> place;
    journal_.read([&] {
        terminal = terminal_of(request.terminal);
        if (!terminal) return;
        if (const auto* found = find_place(terminal->id, request.person)) place = *found;
    });
    if (!terminal) return done(no_terminal());
    if (!place) return done(fail(ErrorKind::forbidden, "kernel.identity.not_signed_in_here"));
    if (place->pin.empty()) return done(fail(ErrorKind::conflict, "kernel.identity.no_pin"));
    const auto key = place_key(place->terminal, place->person);
    {
        // Counted before it is tried: five guesses in flight are five guesses.
        std::lock_guard lock(guesses_guard_);
        if (++guesses_[key] > most_guesses)
            return done(fail(ErrorKind::forbidden, "kernel.identity.wrong_pins"));
    }
    auto answer = std::make_shared<std::function<void(Result<SignedInAs>)>>(std::move(done));
    auto job = [this, answer, place = *place, key, request = std::move(request)] {
        const auto digits = i18n::plain(i18n::trimmed(request.pin.substr(0, 64)));
        if (!is_password(digits, place.pin)) return wrong_pin(place, *answer);
        auto as = std::make_shared<SignedInAs>();
        journal::Command command;
        command.actor = place.person.text;
        command.decide = [this, as, place, key,
                          request](Recorder& recorder) -> Result<journal::Answer> {
            const auto* now = find_place(place.terminal, place.person);
            if (now == nullptr || now->pin != place.pin)
                return fail(ErrorKind::forbidden, "kernel.identity.not_signed_in_here");
            {
                std::lock_guard lock(guesses_guard_);
                guesses_.erase(key);
            }
            *as = enter(recorder, place.person,
                        {Device::known,
                         Factor::handed_over,
                         request.agent,
                         request.terminal,
                         now->until,
                         now->second_factor,
                         {}});
            return journal::Answer{};
        };
        command.done = [as, answer](Result<journal::Answer> kept) {
            if (!kept) return (*answer)(std::unexpected(std::move(kept).error()));
            (*answer)(std::move(*as));
        };
        journal_.submit(std::move(command));
    };
    if (!pool_.submit(std::move(job))) {
        {
            std::lock_guard lock(guesses_guard_);
            --guesses_[key];
        }
        (*answer)(fail(ErrorKind::unavailable, "kernel.identity.busy"));
    }
}

void Credentials::wrong_pin(const Place& place,
                            const std::function<void(Result<SignedInAs>)>& done) {
    refused(place.person);
    const auto key = place_key(place.terminal, place.person);
    unsigned left = 0;
    {
        std::lock_guard lock(guesses_guard_);
        left = most_guesses - std::min(guesses_[key], most_guesses);
    }
    if (left > 0)
        return done(fail(ErrorKind::forbidden, "kernel.identity.wrong_pin",
                         {{"left", std::to_string(left)}}, "/pin"));
    journal::Command command;
    command.actor = "system";
    command.decide = [this, place](Recorder& recorder) -> Result<journal::Answer> {
        if (find_place(place.terminal, place.person) != nullptr)
            leave(recorder, place, Leaving::wrong_pins);
        return journal::Answer{};
    };
    command.done = [done](const Result<journal::Answer>&) {
        done(fail(ErrorKind::forbidden, "kernel.identity.wrong_pins"));
    };
    journal_.submit(std::move(command));
}

// ---- guests --------------------------------------------------------------------------------

SignedInAs Credentials::admit_guest(Recorder& recorder, const PersonId& person, std::string agent,
                                    Instant until) {
    return enter(recorder, person,
                 {Device::known, Factor::invitation, std::move(agent), {}, until, false, {}});
}

}  // namespace noroshi
