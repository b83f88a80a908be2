#pragma once
// How people and programs prove who they are: passwords, sessions of browsers, tokens of programs.
// Who people are is the Directory's matter (prepare/council).
//
// What is kept is what cannot be used: a password as an Argon2id hash, the secrets of sessions and
// tokens as their SHA-256. All of it lies sealed in the journal's secrets (kinds "password",
// "session", "token") and in tables in memory, which follow the journal's published side: read
// them under Journal::read or on the journal's thread.
//
// Guessing is slowed down per login and address (throttle.h). It cannot lock out the duty officer:
// another address, and a device that has signed in as this person before, are counted apart.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/identity/hashing_pool.h"
#include "kernel/identity/identity_facts.h"
#include "kernel/identity/password.h"
#include "kernel/identity/principal.h"
#include "kernel/identity/throttle.h"
#include "kernel/journal/journal.h"

namespace noroshi {

struct CredentialRules {
    std::chrono::minutes session_longest{12 * 60};  // after signing in
    std::chrono::minutes session_idle{4 * 60};      // without a request
    std::chrono::hours device_known{180 * 24};
    unsigned hashing_threads = 1;  // 0: hash where asked (tests)
    std::size_t hashing_queue = 64;
    PasswordCost password_cost;
    Throttle::Limits per_login;  // and address, or known device
    Throttle::Limits per_address{100, std::chrono::seconds{1}, std::chrono::seconds{30}};
};

struct SignIn {
    std::string login;
    std::string password;
    std::string address;  // of the peer; forgotten after counting
    std::string device;   // the cookie a former sign-in left, or empty
    std::string agent;    // what the browser calls itself, for the list of sessions
};
struct SignedInAs {
    PersonId person;
    std::string session;  // the secret for the cookie
    std::string device;   // the same
    Instant expires_at;
};

struct Session {
    std::string id;  // not the secret
    PersonId person;
    Instant created_at;
    Instant expires_at;
    std::string agent;
};
struct SessionInUse {
    Session session;
    Instant last_used_at;
    bool current = false;
};

struct Token {
    std::string id;  // not the secret
    PersonId person;
    std::vector<std::string> scope;  // prefixes of permissions; empty: all that the person may
    std::string note;
    Instant created_at;
    Instant expires_at;
};
struct TokenInUse {
    Token token;
    std::optional<Instant> last_used_at;  // since the server started
};
struct IssuedToken {
    std::string id;
    std::string secret;  // "nrs_…", shown once
    Instant expires_at;
};

class Credentials {
public:
    // Before Journal::start(). `directory` is the published one; both must outlive this.
    Credentials(journal::Journal& journal, const Directory& directory, CredentialRules rules = {});

    // The edge's Authenticate: from "Bearer nrs_…" or a session's cookie. Nothing: neither was
    // given. Errors: forbidden kernel.identity.{token_unknown, session_over}.
    Result<std::shared_ptr<const Principal>> authenticate(std::string_view authorization,
                                                          std::string_view session) const;

    // Both hash on the pool and answer from it or from the journal's thread; not under
    // Journal::read. Errors: forbidden kernel.identity.wrong_login, unavailable
    // kernel.identity.{too_many_attempts, busy}, invalid kernel.identity.password_*.
    void sign_in(SignIn request, std::function<void(Result<SignedInAs>)> done);
    // By the person, who proves the old one; other sessions than `session` end.
    void change_password(const Principal& principal, std::string address, std::string session,
                         std::string old_password, std::string new_password,
                         std::function<void(Result<>)> done);
    // By `actor` (an administrator, "system") for somebody; all sessions of the person end.
    void give_password(std::string actor, const PersonId& person, std::string new_password,
                       std::function<void(Result<>)> done);

    // Inside a command.
    void set_password(journal::Recorder& recorder, const PersonId& person, std::string record,
                      std::string_view kept_session = {});
    // `within`: the scope of whoever asks, which the new token cannot exceed. At most three years.
    Result<IssuedToken> issue_token(journal::Recorder& recorder, const PersonId& person,
                                    std::vector<std::string> scope, std::string note,
                                    std::chrono::days lifetime,
                                    const std::vector<std::string>& within = {});
    Result<> revoke_token(journal::Recorder& recorder, const PersonId& person, std::string_view id);
    Result<> end_session(journal::Recorder& recorder, const PersonId& person, std::string_view id,
                         SessionEnd why);
    void choose_language(journal::Recorder& recorder, const PersonId& person, Language language);
    // Everything of the person: password, sessions, tokens.
    void forget(journal::Recorder& recorder, const PersonId& person);

    // Under Journal::read or on the journal's thread.
    std::vector<SessionInUse> sessions_of(const PersonId& person, std::string_view session) const;
    std::optional<std::string> session_id(std::string_view session) const;  // of its secret
    std::vector<TokenInUse> tokens_of(const PersonId& person) const;
    bool has_password(const PersonId& person) const { return passwords_.contains(person); }

    const CredentialRules& rules() const { return rules_; }

private:
    struct LiveSession {
        Session session;
        mutable std::atomic<Span::rep> last_used{0};
    };
    struct LiveToken {
        Token token;
        std::string digest;
        mutable std::atomic<Span::rep> last_used{0};  // 0: not since the server started
    };
    struct Refusals {
        std::uint64_t count = 0;
        Instant told;
    };

    void session_changed(const std::string& digest, const std::string* bytes);
    void token_changed(const std::string& id, const std::string* bytes);
    bool is_over(const LiveSession& live, Instant now) const;
    Result<std::shared_ptr<const Principal>> principal_of(const PersonId& person,
                                                          std::vector<std::string> scope,
                                                          std::string_view key) const;
    bool knows_device(std::string_view device, const PersonId& person, Instant now) const;
    void refused(const std::optional<PersonId>& person);
    void open_session(const PersonId& person, SignIn request, Device device, std::string record,
                      std::function<void(Result<SignedInAs>)> done);
    void end_sessions(journal::Recorder& recorder, const PersonId& person, SessionEnd why,
                      std::string_view kept_digest);

    journal::Journal& journal_;
    const Directory& directory_;
    CredentialRules rules_;
    std::string nobodys_password_;  // what an unknown login is compared with, as slowly

    std::unordered_map<PersonId, std::string> passwords_;
    std::unordered_map<std::string, std::unique_ptr<LiveSession>> sessions_;  // by digest
    std::unordered_map<std::string, std::unique_ptr<LiveToken>> tokens_;      // by id
    std::unordered_map<std::string, LiveToken*> tokens_by_digest_;

    Throttle per_login_;
    Throttle per_address_;
    std::mutex refusals_guard_;
    std::unordered_map<std::string, Refusals> refusals_;  // by person, "" for unknown logins

    HashingPool pool_;  // last: its threads use all of the above
};

}  // namespace noroshi
