#pragma once
// What the kernel writes about access: who signed in, who was refused, which passwords, tokens and
// sessions came and went. No login text, no address and no credential is ever part of a fact.
//
// Streams: kernel/identity/people/<person id>; refusals of unknown logins kernel/identity/unknown.
// A fact of a person is TLP:RED for that person.

#include <cstdint>
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

struct SignedIn {
    static constexpr std::string_view kind = "kernel.identity.signed_in";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    PersonId person;
    std::string session;
    Device device = Device::fresh;
};
BOOST_DESCRIBE_STRUCT(SignedIn, (), (person, session, device))

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

enum class SessionEnd { signed_out, ended_elsewhere, password_set, erased };
BOOST_DESCRIBE_ENUM(SessionEnd, signed_out, ended_elsewhere, password_set, erased)

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

struct LanguageChosen {
    static constexpr std::string_view kind = "kernel.identity.language_chosen";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    PersonId person;
    Language language = Language::ja;
};
BOOST_DESCRIBE_STRUCT(LanguageChosen, (), (person, language))

}  // namespace noroshi
