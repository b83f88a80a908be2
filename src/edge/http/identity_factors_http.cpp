// Second factors: /api/identity/factors, and signing in with a passkey. Answers that hold a secret
// are never kept under an Idempotency-Key, so these rows are of the kind `later`.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge/http/route.h"
#include "edge/http/session_cookies.h"
#include "kernel/crypto/hash.h"
#include "kernel/identity/credentials.h"

namespace noroshi::edge::http {

using journal::Recorder;

namespace {

struct ProofBody {
    std::string password;
    std::optional<std::string> code;
};
BOOST_DESCRIBE_STRUCT(ProofBody, (), (password, code))

struct PasskeyItem {
    std::string id;
    std::string name;
    Instant created_at;
    std::optional<Instant> last_used_at;
};
BOOST_DESCRIBE_STRUCT(PasskeyItem, (), (id, name, created_at, last_used_at))
struct FactorsBody {
    bool totp = false;
    std::optional<Instant> totp_since;
    std::uint64_t recovery_codes_left = 0;
    std::vector<PasskeyItem> passkeys;
    bool proved = false;  // lately enough to change any of it
};
BOOST_DESCRIBE_STRUCT(FactorsBody, (), (totp, totp_since, recovery_codes_left, passkeys, proved))

struct OfferBody {
    std::string secret;
    std::string address;
};
BOOST_DESCRIBE_STRUCT(OfferBody, (), (secret, address))
struct CodeBody {
    std::string code;
};
BOOST_DESCRIBE_STRUCT(CodeBody, (), (code))
struct RecoveryBody {
    std::vector<std::string> recovery_codes;
};
BOOST_DESCRIBE_STRUCT(RecoveryBody, (), (recovery_codes))

struct ChallengeBody {
    std::string challenge;  // base64url, as are all bytes here
    std::string site;       // the relying party's id
    std::uint32_t timeout_seconds = 300;
};
BOOST_DESCRIBE_STRUCT(ChallengeBody, (), (challenge, site, timeout_seconds))
struct NewPasskeyBody {
    std::string name;
    std::string client_data;
    std::string attestation;
};
BOOST_DESCRIBE_STRUCT(NewPasskeyBody, (), (name, client_data, attestation))
struct PasskeyBody {
    std::string credential;
    std::string client_data;
    std::string authenticator_data;
    std::string signature;
};
BOOST_DESCRIBE_STRUCT(PasskeyBody, (), (credential, client_data, authenticator_data, signature))
struct SignedInBody {
    PersonId person;
    Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(SignedInBody, (), (person, expires_at))

struct AccessBody {
    bool password = false;
    bool totp = false;
    std::uint64_t passkeys = 0;
    std::uint64_t sessions = 0;
};
BOOST_DESCRIBE_STRUCT(AccessBody, (), (password, totp, passkeys, sessions))

using Shared = std::shared_ptr<const Request>;

std::string session_of(const Request& request) {
    // A program with a token has no session, even if it sends a cookie along.
    if (request.header("authorization")) return {};
    return std::string(cookie_of(request, session_cookie));
}

// A command whose answer is not kept.
template <class Out, class F>
void decide_later(journal::Journal& journal, const Shared& request, int status,
                  Route::Answered answered, F decide) {
    auto out = std::make_shared<Out>();
    journal::Command command;
    command.actor = request->principal->person.text;
    command.decide = [out, request,
                      decide = std::move(decide)](Recorder& recorder) -> Result<journal::Answer> {
        auto made = decide(recorder);
        if (!made) return std::unexpected(std::move(made).error());
        *out = std::move(*made);
        return journal::Answer{};
    };
    command.done = [out, status, answered = std::move(answered)](Result<journal::Answer> kept) {
        if (!kept) return answered(std::unexpected(std::move(kept).error()));
        answered(Reply{status, {}, "application/json", json::to_text(*out), nullptr});
    };
    journal.submit(std::move(command));
}

void prove(Credentials& credentials, const Request& request, ProofBody body,
           Route::Answered answered) {
    credentials.prove(*request.principal, request.remote, session_of(request),
                      std::move(body.password), body.code.value_or(""),
                      [answered = std::move(answered)](Result<> done) {
                          if (!done) return answered(std::unexpected(std::move(done).error()));
                          answered(Reply{200, {}, "application/json", "{}", nullptr});
                      });
}

Result<FactorsBody> show_factors(const Credentials& credentials, const journal::Journal& journal,
                                 const Request& request) {
    auto factors = credentials.factors_of(request.principal->person);
    FactorsBody out{
        factors.totp_since.has_value(),
        factors.totp_since,
        factors.recovery_codes,
        {},
        credentials.check_proof(session_of(request), journal.clock().now()).has_value()};
    for (auto& one : factors.passkeys)
        out.passkeys.push_back(
            {std::move(one.id), std::move(one.name), one.created_at, one.last_used_at});
    return out;
}

void offer_totp(Credentials& credentials, journal::Journal& journal, const Shared& request,
                Route::Answered answered) {
    decide_later<OfferBody>(journal, request, 201, std::move(answered),
                            [&credentials, request](Recorder& recorder) -> Result<OfferBody> {
                                TRY(credentials.check_proof(session_of(*request), recorder.now()));
                                TRY_LET(auto offer,
                                        credentials.offer_totp(recorder, *request->principal));
                                return OfferBody{std::move(offer.secret), std::move(offer.address)};
                            });
}

void confirm_totp(Credentials& credentials, journal::Journal& journal, const Shared& request,
                  CodeBody body, Route::Answered answered) {
    decide_later<RecoveryBody>(
        journal, request, 200, std::move(answered),
        [&credentials, request, body](Recorder& recorder) -> Result<RecoveryBody> {
            TRY(credentials.check_proof(session_of(*request), recorder.now()));
            TRY_LET(auto codes,
                    credentials.confirm_totp(recorder, request->principal->person, body.code));
            return RecoveryBody{std::move(codes)};
        });
}

void make_recovery_codes(Credentials& credentials, journal::Journal& journal, const Shared& request,
                         Route::Answered answered) {
    decide_later<RecoveryBody>(
        journal, request, 201, std::move(answered),
        [&credentials, request](Recorder& recorder) -> Result<RecoveryBody> {
            TRY(credentials.check_proof(session_of(*request), recorder.now()));
            const auto& person = request->principal->person;
            if (!credentials.factors_of(person).any())
                return fail(ErrorKind::conflict, "kernel.identity.totp_not_offered");
            return RecoveryBody{credentials.make_recovery_codes(recorder, person)};
        });
}

void add_passkey(Credentials& credentials, journal::Journal& journal, const Shared& request,
                 const NewPasskeyBody& body, Route::Answered answered) {
    const auto client_data = from_base64url(body.client_data);
    const auto attestation = from_base64url(body.attestation);
    if (!client_data || !attestation)
        return answered(invalid("kernel.identity.passkey_malformed",
                                client_data ? "/attestation" : "/client_data",
                                {{"part", "base64url"}}));
    decide_later<PasskeyItem>(
        journal, request, 201, std::move(answered),
        [&credentials, request, client_data = *client_data, attestation = *attestation,
         name = body.name](Recorder& recorder) -> Result<PasskeyItem> {
            TRY(credentials.check_proof(session_of(*request), recorder.now()));
            TRY_LET(auto made, credentials.add_passkey(recorder, request->principal->person, name,
                                                       client_data, attestation, request->host));
            return PasskeyItem{std::move(made.id), std::move(made.name), made.created_at, {}};
        });
}

void sign_in_with_passkey(Credentials& credentials, const Request& request, PasskeyBody body,
                          Route::Answered answered) {
    PasskeySignIn wanted{std::move(body.credential),
                         std::move(body.client_data),
                         std::move(body.authenticator_data),
                         std::move(body.signature),
                         request.host,
                         std::string(cookie_of(request, device_cookie)),
                         std::string(request.header("user-agent").value_or("")),
                         std::string(cookie_of(request, terminal_cookie))};
    credentials.sign_in_with_passkey(
        std::move(wanted), [&credentials, answered = std::move(answered)](Result<SignedInAs> as) {
            if (!as) return answered(std::unexpected(std::move(as).error()));
            answered(signed_in_reply(credentials, *as));
        });
}

Result<AccessBody> show_access(const Credentials& credentials, const Request& request) {
    const auto person = request.id<PersonTag>("person");
    const auto factors = credentials.factors_of(person);
    return AccessBody{credentials.has_password(person), factors.totp_since.has_value(),
                      factors.passkeys.size(), credentials.sessions_of(person, {}).size()};
}

}  // namespace

Routes& add_factor_routes(Routes& routes, Credentials& credentials, journal::Journal& journal) {
    const std::string base = "/api/identity";
    const auto own = [](std::string name) { return signed_in("identity." + std::move(name)); };
    const auto administrator = [](std::string name) {
        return by_roles("identity." + std::move(name), {Role::administrator});
    };

    routes.later<ProofBody, Nothing>(
        Method::post, base + "/proof", own("prove"),
        "Prove again that it is oneself; for ten minutes one's factors may then be changed",
        [&credentials](const Shared& request, ProofBody body, Route::Answered answered) {
            prove(credentials, *request, std::move(body), std::move(answered));
        });
    routes.query<FactorsBody>(base + "/factors", own("see_factors"), "One's own second factors",
                              [&credentials, &journal](const Request& request) {
                                  return show_factors(credentials, journal, request);
                              });
    routes
        .later<Nothing, OfferBody>(
            Method::post, base + "/factors/totp", own("add_factor"),
            "Begin to register an authenticator app; its secret is shown once",
            [&credentials, &journal](const Shared& request, const Nothing&,
                                     Route::Answered answered) {
                offer_totp(credentials, journal, request, std::move(answered));
            })
        .success_status = 201;
    routes.later<CodeBody, RecoveryBody>(
        Method::post, base + "/factors/totp/confirm", own("add_factor"),
        "Finish registering it with its first code; gives recovery codes if there are none",
        [&credentials, &journal](const Shared& request, CodeBody body, Route::Answered answered) {
            confirm_totp(credentials, journal, request, std::move(body), std::move(answered));
        });
    routes.command<Nothing, Nothing>(
        Method::del, base + "/factors/totp", own("remove_factor"), "Remove the authenticator app",
        [&credentials](const Request& request, const Nothing&,
                       Recorder& recorder) -> Result<Nothing> {
            TRY(credentials.check_proof(session_of(request), recorder.now()));
            TRY(credentials.remove_totp(recorder, request.principal->person));
            return Nothing{};
        });
    routes
        .later<Nothing, RecoveryBody>(
            Method::post, base + "/factors/recovery-codes", own("add_factor"),
            "Make ten new recovery codes, shown once; the old ones are void",
            [&credentials, &journal](const Shared& request, const Nothing&,
                                     Route::Answered answered) {
                make_recovery_codes(credentials, journal, request, std::move(answered));
            })
        .success_status = 201;
    routes.later<Nothing, ChallengeBody>(
        Method::post, base + "/factors/passkeys/challenge", own("add_factor"),
        "What a browser needs to make a passkey",
        [&credentials](const Shared& request, const Nothing&, const Route::Answered& answered) {
            auto site = credentials.site_for(request->host, request->principal->person);
            if (!site) return answered(std::unexpected(std::move(site).error()));
            answered(Reply{200,
                           {},
                           "application/json",
                           json::to_text(ChallengeBody{site->challenge, site->id}),
                           nullptr});
        });
    routes
        .later<NewPasskeyBody, PasskeyItem>(
            Method::post, base + "/factors/passkeys", own("add_factor"), "Register a passkey",
            [&credentials, &journal](const Shared& request, const NewPasskeyBody& body,
                                     Route::Answered answered) {
                add_passkey(credentials, journal, request, body, std::move(answered));
            })
        .success_status = 201;
    routes.command<Nothing, Nothing>(
        Method::del, base + "/factors/passkeys/{passkey}", own("remove_factor"), "Remove a passkey",
        [&credentials](const Request& request, const Nothing&,
                       Recorder& recorder) -> Result<Nothing> {
            TRY(credentials.check_proof(session_of(request), recorder.now()));
            TRY(credentials.remove_passkey(recorder, request.principal->person,
                                           request.capture("passkey")));
            return Nothing{};
        });
    routes.later<Nothing, ChallengeBody>(
        Method::post, base + "/session/passkey/challenge", anyone("identity.sign_in"),
        "What a browser needs to sign in with a passkey",
        [&credentials](const Shared& request, const Nothing&, const Route::Answered& answered) {
            auto site = credentials.site_for(request->host, {});
            if (!site) return answered(std::unexpected(std::move(site).error()));
            answered(Reply{200,
                           {},
                           "application/json",
                           json::to_text(ChallengeBody{site->challenge, site->id}),
                           nullptr});
        });
    routes
        .later<PasskeyBody, SignedInBody>(
            Method::post, base + "/session/passkey", anyone("identity.sign_in"),
            "Sign in with a passkey: sets the cookies",
            [&credentials](const Shared& request, PasskeyBody body, Route::Answered answered) {
                sign_in_with_passkey(credentials, *request, std::move(body), std::move(answered));
            })
        .success_status = 201;

    routes.query<AccessBody>(
        base + "/people/{person}/access", administrator("see_access"), "How a person can sign in",
        [&credentials](const Request& request) { return show_access(credentials, request); });
    routes.command<Nothing, Nothing>(
        Method::del, base + "/people/{person}/factors", administrator("remove_factors"),
        "Remove a person's second factors, when they have lost them",
        [&credentials](const Request& request, const Nothing&,
                       Recorder& recorder) -> Result<Nothing> {
            credentials.remove_factors(recorder, request.id<PersonTag>("person"));
            return Nothing{};
        });
    routes.command<Nothing, Nothing>(
        Method::post, base + "/people/{person}/withdraw", administrator("withdraw_access"),
        "Withdraw a person's access: password, factors, tokens and sessions",
        [&credentials](const Request& request, const Nothing&,
                       Recorder& recorder) -> Result<Nothing> {
            TRY(credentials.withdraw(recorder, request.id<PersonTag>("person")));
            return Nothing{};
        });
    return routes;
}

}  // namespace noroshi::edge::http
