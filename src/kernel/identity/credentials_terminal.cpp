// Shared terminals: one browser in the duty room, several people, each under their own name.
//
// Whoever signs in there is present until their session would run out. From then on any of those
// present can be switched to with one touch, because they have proved who they are and sit in the
// same locked room; every switch is a new session and a fact, so the chronology always says who
// wrote. When nobody has touched the terminal for its idle time, its sessions are over and nobody
// is present any more: the next one signs in anew.

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
constexpr std::string_view session_kind = "session";

struct StoredPresent {
    PersonId person;
    Instant until;
};
BOOST_DESCRIBE_STRUCT(StoredPresent, (), (person, until))
struct StoredTerminal {
    std::string id;
    std::string name;
    std::int64_t idle_minutes = 10;
    Instant shared_at;
    std::vector<StoredPresent> people;
};
BOOST_DESCRIBE_STRUCT(StoredTerminal, (), (id, name, idle_minutes, shared_at, people))

journal::Place place_of_terminal(const std::string& id) {
    return {"kernel/identity/terminals/" + id, Visibility{Tlp::red, {}, {}}, {}, {}, {}};
}

}  // namespace

void Credentials::listen_to_terminals() {
    journal_.on_secret(std::string(terminal_kind),
                       [this](const std::string& digest, const std::string* bytes) {
                           terminals_.erase(digest);
                           if (bytes == nullptr) return;
                           auto stored = json::from_text<StoredTerminal>(*bytes);
                           if (!stored) return;
                           Terminal terminal{std::move(stored->id),
                                             std::move(stored->name),
                                             std::chrono::minutes{stored->idle_minutes},
                                             stored->shared_at,
                                             {}};
                           for (auto& one : stored->people)
                               terminal.people.push_back({std::move(one.person), one.until});
                           terminals_.emplace(digest, std::move(terminal));
                       });
}

void Credentials::put_terminal(Recorder& recorder, const std::string& digest,
                               const Terminal& terminal) {
    StoredTerminal stored{
        terminal.id, terminal.name, terminal.idle.count(), terminal.shared_at, {}};
    for (const auto& one : terminal.people) stored.people.push_back({one.person, one.until});
    recorder.put_secret(std::string(terminal_kind), digest, json::to_text(stored));
}

const Terminal* Credentials::terminal_of(std::string_view secret) const {
    if (secret.empty() || secret.size() > 200) return nullptr;
    const auto found = terminals_.find(digest_of(secret));
    return found == terminals_.end() ? nullptr : &found->second;
}

std::vector<Terminal> Credentials::terminals() const {
    std::vector<Terminal> all;
    for (const auto& [digest, terminal] : terminals_) all.push_back(terminal);
    std::ranges::sort(all, {}, [](const Terminal& one) { return one.shared_at; });
    return all;
}

Result<Credentials::Shared> Credentials::share_terminal(Recorder& recorder, std::string_view name,
                                                        std::chrono::minutes idle) {
    TRY_LET(auto line, i18n::line(name, 100, "/name"));
    if (idle < std::chrono::minutes{1} || idle > rules_.session_idle)
        return invalid("kernel.identity.terminal_idle", "/idle_minutes",
                       {{"most", std::to_string(rules_.session_idle.count())}});
    Shared shared{recorder.random().identifier(), recorder.random().base64url(32)};
    const Terminal terminal{shared.id, line, idle, recorder.now(), {}};
    put_terminal(recorder, digest_of(shared.secret), terminal);
    journal::record(recorder, place_of_terminal(shared.id),
                    TerminalShared{shared.id, line, static_cast<std::uint32_t>(idle.count())});
    return shared;
}

Result<> Credentials::retire_terminal(Recorder& recorder, std::string_view id) {
    for (const auto& [digest, terminal] : terminals_) {
        if (terminal.id != id) continue;
        recorder.delete_secret(std::string(terminal_kind), digest);
        for (const auto& [of_session, live] : sessions_)
            if (live->session.terminal == id) {
                recorder.delete_secret(std::string(session_kind), of_session);
                journal::record(recorder, place_of(live->session.person),
                                SessionEnded{live->session.person, live->session.id,
                                             SessionEnd::ended_elsewhere});
            }
        journal::record(recorder, place_of_terminal(std::string(id)),
                        TerminalRetired{std::string(id)});
        return {};
    }
    return fail(ErrorKind::not_found, "kernel.identity.no_terminal");
}

std::optional<Terminal> Credentials::at_terminal(Recorder& recorder, std::string_view secret,
                                                 const PersonId& person, Instant until) {
    const auto* known = terminal_of(secret);
    if (known == nullptr) return {};
    Terminal terminal = *known;
    const Instant now = recorder.now();
    const bool in_use = std::ranges::any_of(sessions_, [&](const auto& entry) {
        return entry.second->session.terminal == terminal.id && !is_over(*entry.second, now);
    });
    if (!in_use) terminal.people.clear();
    std::erase_if(terminal.people, [&](const Terminal::Present& one) {
        return one.person == person || one.until <= now;
    });
    terminal.people.push_back({person, until});
    put_terminal(recorder, digest_of(secret), terminal);
    return terminal;
}

Result<SignedInAs> Credentials::hand_over(Recorder& recorder, std::string_view terminal,
                                          std::string_view session, const PersonId& to,
                                          std::string agent) {
    const auto* known = terminal_of(terminal);
    const auto own = session.empty() ? sessions_.end() : sessions_.find(digest_of(session));
    if (known == nullptr || own == sessions_.end() || own->second->session.terminal != known->id)
        return fail(ErrorKind::forbidden, "kernel.identity.no_terminal");
    const auto present = std::ranges::find_if(known->people, [&](const Terminal::Present& one) {
        return one.person == to && one.until > recorder.now();
    });
    if (present == known->people.end() || !directory_.find_person(to))
        return fail(ErrorKind::forbidden, "kernel.identity.not_signed_in_here");
    const auto until = present->until;
    recorder.delete_secret(std::string(session_kind), own->first);
    journal::record(recorder, place_of(own->second->session.person),
                    SessionEnded{own->second->session.person, own->second->session.id,
                                 SessionEnd::handed_over});
    auto as =
        enter(recorder, to,
              {Device::known, Factor::handed_over, std::move(agent), std::string(terminal), until});
    return as;
}

Result<> Credentials::lock_terminal(Recorder& recorder, std::string_view secret) {
    const auto* known = terminal_of(secret);
    if (known == nullptr) return fail(ErrorKind::forbidden, "kernel.identity.no_terminal");
    Terminal terminal = *known;
    terminal.people.clear();
    put_terminal(recorder, digest_of(secret), terminal);
    for (const auto& [digest, live] : sessions_)
        if (live->session.terminal == terminal.id) {
            recorder.delete_secret(std::string(session_kind), digest);
            if (!is_over(*live, recorder.now()))
                journal::record(
                    recorder, place_of(live->session.person),
                    SessionEnded{live->session.person, live->session.id, SessionEnd::signed_out});
        }
    return {};
}

SignedInAs Credentials::admit_guest(Recorder& recorder, const PersonId& person, std::string agent,
                                    Instant until) {
    return enter(recorder, person,
                 {Device::fresh, Factor::invitation, std::move(agent), {}, until});
}

}  // namespace noroshi
