#pragma once
// What the kernel writes about access: who signed in, who was refused, which passwords, tokens and
// sessions came and went. No login text, no address and no credential is ever part of a fact.
//
// Streams: kernel/identity/people/<person id>, kernel/identity/terminals/<id>; refusals of unknown
// logins kernel/identity/unknown.
// A fact of a person is TLP:RED for that person.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "kernel/identity/id.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

namespace noroshi {

// From a device that had signed in as this person before, or a new one.
enum class Device { known, fresh };
BOOST_DESCRIBE_ENUM(Device, known, fresh)

// By what somebody proved who they are, beside or instead of the password. `handed_over`: by their
// PIN, on a shared terminal where they had signed in before.
enum class Factor { totp, recovery_code, passkey, invitation, handed_over };
BOOST_DESCRIBE_ENUM(Factor, totp, recovery_code, passkey, invitation, handed_over)

struct SignedIn {
    static constexpr std::string_view kind = "kernel.identity.signed_in";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    PersonId person;
    std::string session;
    Device device = Device::fresh;
    std::optional<Factor> factor;         // absent: the password alone
    std::optional<std::string> terminal;  // the shared one it happened at
};
BOOST_DESCRIBE_STRUCT(SignedIn, (), (person, session, device, factor, terminal))

// Refusals are counted and told at most once a minute for each person, so that a flood of guesses
// does not become a flood of facts. An empty person: the login is nobody's.
struct SignInRefused {
    static constexpr std::string_view kind = "kernel.identity.sign_in_refused";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    std::string person;
    std::uint64_t refusals = 0;  // since the fact before
};
BOOST_DESCRIBE_STRUCT(SignInRefused, (), (person, refusals))

struct PasswordSet {
    static constexpr std::string_view kind = "kernel.identity.password_set";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    PersonId person;  // the actor is who set it
};
BOOST_DESCRIBE_STRUCT(PasswordSet, (), (person))

struct TokenIssued {
    static constexpr std::string_view kind = "kernel.identity.token_issued";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    PersonId person;
    std::string token;  // its id, not the secret
    std::vector<std::string> scope;
    Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(TokenIssued, (), (person, token, scope, expires_at))

struct TokenRevoked {
    static constexpr std::string_view kind = "kernel.identity.token_revoked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    PersonId person;
    std::string token;
};
BOOST_DESCRIBE_STRUCT(TokenRevoked, (), (person, token))

enum class SessionEnd { signed_out, ended_elsewhere, password_set, erased, withdrawn, handed_over };
BOOST_DESCRIBE_ENUM(SessionEnd, signed_out, ended_elsewhere, password_set, erased, withdrawn,
                    handed_over)

// Sessions that merely run out leave no fact: their end was known when they began.
struct SessionEnded {
    static constexpr std::string_view kind = "kernel.identity.session_ended";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    PersonId person;
    std::string session;
    SessionEnd why = SessionEnd::signed_out;
};
BOOST_DESCRIBE_STRUCT(SessionEnded, (), (person, session, why))

struct FactorAdded {
    static constexpr std::string_view kind = "kernel.identity.factor_added";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    PersonId person;
    Factor factor = Factor::totp;  // recovery_code: a new set, the old one is void
    std::string id;                // of a passkey; else empty
};
BOOST_DESCRIBE_STRUCT(FactorAdded, (), (person, factor, id))

struct FactorRemoved {
    static constexpr std::string_view kind = "kernel.identity.factor_removed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    PersonId person;  // the actor is who removed it
    Factor factor = Factor::totp;
    std::string id;
};
BOOST_DESCRIBE_STRUCT(FactorRemoved, (), (person, factor, id))

// A passkey was shown whose counter did not go up: there may be two of it.
struct PasskeyDoubted {
    static constexpr std::string_view kind = "kernel.identity.passkey_doubted";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    PersonId person;
    std::string id;
};
BOOST_DESCRIBE_STRUCT(PasskeyDoubted, (), (person, id))

// Password, factors, tokens and sessions are gone; the person stays, and can be given a password.
struct AccessWithdrawn {
    static constexpr std::string_view kind = "kernel.identity.access_withdrawn";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    PersonId person;
};
BOOST_DESCRIBE_STRUCT(AccessWithdrawn, (), (person))

// A browser in the duty room, used by several people who each sign in for themselves.
struct TerminalShared {
    static constexpr std::string_view kind = "kernel.identity.terminal_shared";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    std::string terminal;
    std::string name;
    std::uint32_t idle_minutes = 0;
};
BOOST_DESCRIBE_STRUCT(TerminalShared, (), (terminal, name, idle_minutes))

struct TerminalRetired {
    static constexpr std::string_view kind = "kernel.identity.terminal_retired";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    std::string terminal;
};
BOOST_DESCRIBE_STRUCT(TerminalRetired, (), (terminal))

// Somebody who had signed in at a shared terminal has to do so again there; the others stay.
enum class Leaving { left, removed, wrong_pins, everybody };
BOOST_DESCRIBE_ENUM(Leaving, left, removed, wrong_pins, everybody)

struct TerminalLeft {
    static constexpr std::string_view kind = "kernel.identity.terminal_left";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    PersonId person;
    std::string terminal;
    Leaving why = Leaving::left;
};
BOOST_DESCRIBE_STRUCT(TerminalLeft, (), (person, terminal, why))

struct LanguageChosen {
    static constexpr std::string_view kind = "kernel.identity.language_chosen";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    PersonId person;
    Language language = Language::ja;
};
BOOST_DESCRIBE_STRUCT(LanguageChosen, (), (person, language))

}  // namespace noroshi
