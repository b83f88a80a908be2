#pragma once
// How people and programs prove who they are: passwords, one-time codes, recovery codes, passkeys,
// sessions of browsers, shared terminals, tokens of programs. Who people are is the Directory's
// matter (prepare/council).
//
// What is kept is what cannot be used: a password as an Argon2id hash, the secrets of sessions,
// tokens and recovery codes as their SHA-256, of a passkey its public key; only the secret of an
// authenticator app has to be kept as it is. All of it lies sealed in the journal's secrets (kinds
// "password", "session", "token", "totp", "recovery", "passkey", "terminal", "terminal_place") and in tables in
// memory, which follow the journal's published side: read them under Journal::read or on the
// journal's thread.
//
// Guessing is slowed down per login and address (throttle.h). It cannot lock out the duty officer:
// another address, and a device that has signed in as this person before, are counted apart, and a
// passkey is not slowed down at all, as nobody can guess one.

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

#include "kernel/identity/address_book.h"
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
    // Codes of one person from everywhere but known devices: a million guesses take years.
    Throttle::Limits per_person{20, std::chrono::seconds{1}, std::chrono::seconds{60}};
    std::chrono::minutes proof_fresh{10};  // for what changes the account itself
    std::string zone = "Asia/Tokyo";       // of times in notices
    std::string mail_domain = "localhost";
};

struct SignIn {
    std::string login;
    std::string password;
    std::string address;     // of the peer; forgotten after counting
    std::string device;      // the cookie a former sign-in left, or empty
    std::string agent;       // what the browser calls itself, for the list of sessions
    std::string code{};      // of the authenticator app, or a recovery code
    std::string terminal{};  // the cookie of a shared terminal, or empty
};
struct PasskeySignIn {
    std::string credential;  // all base64url, as the browser gives them
    std::string client_data;
    std::string authenticator_data;
    std::string signature;
    std::string host;  // of the request
    std::string device;
    std::string agent;
    std::string terminal{};
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
    std::string terminal;  // id of the shared one, or empty
    std::chrono::minutes idle{0};
    bool second_factor = false;
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

struct Passkey {
    std::string id;
    PersonId person;
    std::string public_key;
    std::uint32_t counter = 0;
    std::string name;
    Instant created_at;
    std::optional<Instant> last_used_at;
};
struct Factors {
    std::optional<Instant> totp_since;
    std::size_t recovery_codes = 0;  // left
    std::vector<Passkey> passkeys;
    bool any() const { return totp_since.has_value() || !passkeys.empty(); }
};
struct TotpOffer {
    std::string secret;   // Base32
    std::string address;  // otpauth://…
};
// Whom a passkey is made for and shown to.
struct Site {
    std::string origin;
    std::string id;
    std::string challenge;
};

struct Terminal {
    std::string id;
    std::string name;
    std::chrono::minutes idle{10};
    Instant shared_at;
    struct Present {
        PersonId person;
        Instant until;
        bool has_pin = false;
    };
    std::vector<Present> people;  // signed in here and have not left, by name of their id
};
// Somebody who is present goes on at a shared terminal, locked or in another's hands.
struct TakeOver {
    std::string terminal;  // the cookie
    PersonId person;
    std::string pin;
    std::string agent;
};

class Credentials {
public:
    // Before Journal::start(). `directory` is the published one; both must outlive this.
    Credentials(journal::Journal& journal, const Directory& directory, CredentialRules rules = {});
    // For notices of sign-ins from new devices; must outlive this.
    void tell_through(const AddressBook& book) { book_ = &book; }
    // "https://port.example" when people come through a proxy; else what the browser asked for.
    void set_public_url(std::string url) { public_url_ = std::move(url); }

    // Every permission there is. From then on a token's scope has to reach one of them: a scope
    // misspelt would be found out during the incident. Before Journal::start().
    void know_permissions(std::vector<std::string> names) { permissions_ = std::move(names); }

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
    // Everything of the person: password, factors, sessions, tokens.
    void forget(journal::Recorder& recorder, const PersonId& person,
                SessionEnd why = SessionEnd::erased);
    // The same, told as such: for whoever leaves, or whose account is in other hands. Errors:
    // conflict kernel.identity.last_administrator.
    Result<> withdraw(journal::Recorder& recorder, const PersonId& person);

    // ---- second factors (credentials_factors.cpp) ----
    // Whoever changes them has proved who they are within the last minutes: at sign-in, or here.
    // Errors as sign_in's. `code` instead of the password will do.
    void prove(const Principal& principal, std::string address, std::string session,
               std::string password, std::string code, std::function<void(Result<>)> done);
    // Errors: forbidden kernel.identity.{needs_session, prove_again}.
    Result<> check_proof(std::string_view session, Instant now) const;

    Factors factors_of(const PersonId& person) const;
    Result<TotpOffer> offer_totp(journal::Recorder& recorder, const Principal& principal);
    // Gives recovery codes if there were none left. Errors: conflict
    // kernel.identity.totp_not_offered, invalid kernel.identity.wrong_code.
    Result<std::vector<std::string>> confirm_totp(journal::Recorder& recorder,
                                                  const PersonId& person, std::string_view code);
    Result<> remove_totp(journal::Recorder& recorder, const PersonId& person);
    std::vector<std::string> make_recovery_codes(journal::Recorder& recorder,
                                                 const PersonId& person);
    // Errors: invalid kernel.identity.passkey_site_unknown.
    Result<Site> site_for(std::string_view host, const PersonId& person) const;  // empty: sign-in
    Result<Passkey> add_passkey(journal::Recorder& recorder, const PersonId& person,
                                std::string name, std::string_view client_data,
                                std::string_view attestation, std::string_view host);
    Result<> remove_passkey(journal::Recorder& recorder, const PersonId& person,
                            std::string_view id);
    void sign_in_with_passkey(PasskeySignIn request, std::function<void(Result<SignedInAs>)> done);
    // For whoever has lost their telephone; all of them, and the sessions.
    void remove_factors(journal::Recorder& recorder, const PersonId& person);

    // A session without a password: for an invited guest. Inside a command.
    SignedInAs admit_guest(journal::Recorder& recorder, const PersonId& person, std::string agent,
                           Instant until);

    // ---- shared terminals (credentials_terminal.cpp) ----
    struct Shared {
        std::string id;
        std::string secret;  // for the cookie
        SignedInAs as;       // whoever shared it is the first to be present
    };
    // Errors: invalid kernel.identity.terminal_idle, those of i18n::line, forbidden
    // kernel.identity.needs_session.
    Result<Shared> share_terminal(journal::Recorder& recorder, const Principal& principal,
                                  std::string_view session, std::string_view name,
                                  std::chrono::minutes idle, std::string agent);
    Result<> retire_terminal(journal::Recorder& recorder, std::string_view id);
    // Four to eight digits of one's own choice, good at this terminal until one leaves it. Errors:
    // invalid kernel.identity.{pin_form, pin_plain} at /pin, forbidden
    // kernel.identity.{no_terminal, needs_session, prove_again}.
    void set_pin(const Principal& principal, std::string terminal, std::string session,
                 std::string pin, std::function<void(Result<>)> done);
    // Whoever had the terminal until now stays present. After five wrong PINs the place is gone and
    // its holder signs in by password, from here as from anywhere. Errors: forbidden
    // kernel.identity.{no_terminal, not_signed_in_here, wrong_pin, wrong_pins}, conflict
    // kernel.identity.no_pin, unavailable kernel.identity.busy.
    void take_over(TakeOver request, std::function<void(Result<SignedInAs>)> done);
    // The screen is locked; everybody who is present can take over again.
    Result<> lock_terminal(journal::Recorder& recorder, std::string_view terminal);
    // Everybody who signed in here has to do so again.
    Result<> clear_terminal(journal::Recorder& recorder, std::string_view terminal);
    // One of them, by somebody who is signed in there.
    Result<> remove_from_terminal(journal::Recorder& recorder, std::string_view terminal,
                                  std::string_view session, const PersonId& person);
    // A person has touched the terminal: what its page asks for by itself does not keep it open.
    Result<> touch_terminal(std::string_view terminal, std::string_view session) const;
    std::optional<Terminal> terminal_of(std::string_view secret) const;
    std::vector<Terminal> terminals() const;

    // Under Journal::read or on the journal's thread.
    std::vector<SessionInUse> sessions_of(const PersonId& person, std::string_view session) const;
    std::optional<std::string> session_id(std::string_view session) const;  // of its secret
    std::vector<TokenInUse> tokens_of(const PersonId& person) const;
    bool has_password(const PersonId& person) const { return passwords_.contains(person); }

    const CredentialRules& rules() const { return rules_; }

private:
    struct LiveSession {
        Session session;
        std::optional<std::string> password;  // digest of the record that opened it
        mutable std::atomic<Span::rep> last_used{0};
        mutable std::atomic<Span::rep> proved{0};
    };
    struct Totp {
        std::string secret;
        bool confirmed = false;
        std::uint64_t last_step = 0;
        Instant since;
    };
    // How a session begins.
    struct Entering {
        Device device = Device::fresh;
        std::optional<Factor> factor;
        std::string agent;
        std::string terminal;  // secret
        std::optional<Instant> until;
        bool second_factor = false;  // proved before
        struct At {
            std::string terminal;  // id
            std::chrono::minutes idle{0};
        };
        std::optional<At> at;  // a terminal that is not published yet
    };
    // Somebody's place at a shared terminal. It outlives no change of the password.
    struct Place {
        std::string terminal;  // id
        PersonId person;
        Instant until;
        std::string pin;  // as password.h keeps it, or empty
        bool second_factor = false;
        std::optional<std::string> password;  // as in LiveSession
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
    bool is_outdated(const LiveSession& live) const;  // the password is another since
    bool reaches_something(std::string_view scope) const;
    Result<std::shared_ptr<const Principal>> principal_of(const PersonId& person,
                                                          std::vector<std::string> scope,
                                                          std::string_view key) const;
    bool knows_device(std::string_view device, const PersonId& person, Instant now) const;
    void refused(const std::optional<PersonId>& person);
    void open_session(const PersonId& person, SignIn request, Device device, std::string record,
                      std::function<void(Result<SignedInAs>)> done);
    SignedInAs enter(journal::Recorder& recorder, const PersonId& person, Entering entering);
    void tell_of_new_device(journal::Recorder& recorder, const PersonId& person,
                            const std::string& session, const std::string& agent);
    bool has_second_factor(const PersonId& person) const;
    // Uses the code up. Journal's thread.
    std::optional<Factor> use_code(journal::Recorder& recorder, const PersonId& person,
                                   std::string_view code);
    void listen_to_factors();
    void listen_to_terminals();
    const Place* find_place(const std::string& terminal, const PersonId& person) const;
    void put_place(journal::Recorder& recorder, const Place& place);
    void leave(journal::Recorder& recorder, const Place& place, Leaving why);
    // Ends the session that has the terminal, and keeps a place there for whoever comes.
    std::optional<Terminal> take_place(journal::Recorder& recorder, std::string_view terminal,
                                       const PersonId& person, Instant until, bool second_factor);
    void end_terminal_sessions(journal::Recorder& recorder, const std::string& terminal,
                               SessionEnd why);
    void wrong_pin(const Place& place, const std::function<void(Result<SignedInAs>)>& done);
    void end_sessions(journal::Recorder& recorder, const PersonId& person, SessionEnd why,
                      std::string_view kept_digest);

    journal::Journal& journal_;
    const Directory& directory_;
    CredentialRules rules_;
    std::string nobodys_password_;  // what an unknown login is compared with, as slowly

    std::vector<std::string> permissions_;
    std::unordered_map<PersonId, std::string> passwords_;
    std::unordered_map<PersonId, std::string> marks_;  // digests of the passwords' records
    std::unordered_map<std::string, std::unique_ptr<LiveSession>> sessions_;  // by digest
    std::unordered_map<std::string, std::unique_ptr<LiveToken>> tokens_;      // by id
    std::unordered_map<std::string, LiveToken*> tokens_by_digest_;

    std::unordered_map<PersonId, Totp> totps_;
    std::unordered_map<PersonId, std::vector<std::string>> recovery_;  // digests
    std::unordered_map<std::string, Passkey> passkeys_;                // by id
    std::unordered_map<std::string, Terminal> terminals_;  // by digest; their people are places_
    std::unordered_map<std::string, Place> places_;        // by terminal and person
    std::mutex guesses_guard_;
    std::unordered_map<std::string, unsigned> guesses_;  // of PINs, by place
    // Decided, perhaps not yet published: a code or a challenge is good once within one commit, too.
    // Journal's thread.
    std::unordered_map<PersonId, std::uint64_t> steps_used_;
    std::unordered_map<std::string, Instant> spent_;
    const AddressBook* book_ = nullptr;
    std::string public_url_;

    Throttle per_login_;
    Throttle per_address_;
    Throttle per_person_;
    std::mutex refusals_guard_;
    std::unordered_map<std::string, Refusals> refusals_;  // by person, "" for unknown logins

    HashingPool pool_;  // last: its threads use all of the above
};

}  // namespace noroshi
