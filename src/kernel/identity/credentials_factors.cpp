// Second factors of Credentials: codes of an authenticator app, recovery codes, passkeys.
//
// A code and a challenge are good once. What is published lags behind what is decided (group
// commit), so what was used is remembered on the journal's thread from the moment it is decided;
// were that commit to fail, the code would be used up and the person would type the next one.

#include <algorithm>
#include <charconv>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/line.h"
#include "kernel/identity/access.h"
#include "kernel/identity/credentials.h"
#include "kernel/identity/totp.h"
#include "kernel/identity/webauthn.h"
#include "kernel/journal/record.h"
#include "kernel/json/json.h"

namespace noroshi {

using access::digest_of;
using access::place_of;
using journal::Recorder;

namespace {

constexpr std::string_view totp_kind = "totp";
constexpr std::string_view recovery_kind = "recovery";
constexpr std::string_view passkey_kind = "passkey";
constexpr std::string_view challenge_purpose = "webauthn";
constexpr std::string_view issuer = "Noroshi";
constexpr std::size_t secret_bytes = 20;  // RFC 4226, 4: at least 16, 20 recommended
constexpr std::size_t recovery_count = 10;
constexpr std::size_t most_passkeys = 20;
constexpr std::chrono::minutes challenge_good{5};

// As kept in secrets. Fields may be added, as optional ones.
struct StoredTotp {
    std::string secret;  // hex
    bool confirmed = false;
    std::uint64_t last_step = 0;
    Instant since;
};
BOOST_DESCRIBE_STRUCT(StoredTotp, (), (secret, confirmed, last_step, since))
struct StoredRecovery {
    std::vector<std::string> digests;
};
BOOST_DESCRIBE_STRUCT(StoredRecovery, (), (digests))
struct StoredPasskey {
    PersonId person;
    std::string public_key;  // hex
    std::uint32_t counter = 0;
    std::string name;
    Instant created_at;
    std::optional<Instant> last_used_at;
};
BOOST_DESCRIBE_STRUCT(StoredPasskey, (),
                      (person, public_key, counter, name, created_at, last_used_at))

std::string hex_of(std::string_view bytes) {
    return to_hex(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}

// As typed from paper: capitals, spaces and hyphens do not matter, nor o for 0 and l for 1.
std::string tidied(std::string_view code) {
    std::string out;
    for (char c : i18n::plain(code)) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == 'o') c = '0';
        if (c == 'l' || c == 'i') c = '1';
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
    }
    return out;
}

// 120 bits each; with so much to guess a plain hash does, salted with whose it is.
std::string recovery_digest(const PersonId& person, std::string_view code) {
    return digest_of("recovery\n" + person.text + "\n" + tidied(code));
}

std::string without_port(std::string_view host) {
    if (host.starts_with('[')) return std::string(host.substr(0, host.find(']') + 1));
    return std::string(host.substr(0, host.find(':')));
}

bool is_local(std::string_view name) { return name == "localhost" || name.ends_with(".localhost"); }

// Section 5.1.2 of WebAuthn: the id is a domain. A browser refuses an address.
bool is_domain(std::string_view name) {
    return !name.empty() && !name.starts_with('[') &&
           std::ranges::any_of(name, [](char c) { return (c < '0' || c > '9') && c != '.'; });
}

}  // namespace

void Credentials::listen_to_factors() {
    journal_.on_secret(
        std::string(totp_kind), [this](const std::string& id, const std::string* bytes) {
            totps_.erase(PersonId{id});
            if (bytes == nullptr) return;
            const auto stored = json::from_text<StoredTotp>(*bytes);
            const auto secret = stored ? from_hex(stored->secret) : std::optional<std::string>{};
            if (!secret) return;
            totps_.emplace(PersonId{id},
                           Totp{*secret, stored->confirmed, stored->last_step, stored->since});
        });
    journal_.on_secret(std::string(recovery_kind),
                       [this](const std::string& id, const std::string* bytes) {
                           recovery_.erase(PersonId{id});
                           if (bytes == nullptr) return;
                           if (auto stored = json::from_text<StoredRecovery>(*bytes))
                               recovery_.emplace(PersonId{id}, std::move(stored->digests));
                       });
    journal_.on_secret(
        std::string(passkey_kind), [this](const std::string& id, const std::string* bytes) {
            passkeys_.erase(id);
            if (bytes == nullptr) return;
            auto stored = json::from_text<StoredPasskey>(*bytes);
            const auto key = stored ? from_hex(stored->public_key) : std::optional<std::string>{};
            if (!key) return;
            passkeys_.emplace(
                id, Passkey{id, std::move(stored->person), *key, stored->counter,
                            std::move(stored->name), stored->created_at, stored->last_used_at});
        });
}

bool Credentials::has_second_factor(const PersonId& person) const {
    const auto totp = totps_.find(person);
    if (totp != totps_.end() && totp->second.confirmed) return true;
    return std::ranges::any_of(passkeys_,
                               [&](const auto& entry) { return entry.second.person == person; });
}

Factors Credentials::factors_of(const PersonId& person) const {
    Factors out;
    if (const auto found = totps_.find(person); found != totps_.end() && found->second.confirmed)
        out.totp_since = found->second.since;
    if (const auto found = recovery_.find(person); found != recovery_.end())
        out.recovery_codes = found->second.size();
    for (const auto& [id, passkey] : passkeys_)
        if (passkey.person == person) out.passkeys.push_back(passkey);
    std::ranges::sort(out.passkeys, {}, [](const Passkey& one) { return one.created_at; });
    return out;
}

std::optional<Factor> Credentials::use_code(Recorder& recorder, const PersonId& person,
                                            std::string_view code) {
    if (code.size() > 100) return {};
    if (const auto found = totps_.find(person); found != totps_.end() && found->second.confirmed) {
        const auto& totp = found->second;
        auto& used = steps_used_[person];
        used = std::max(used, totp.last_step);
        if (const auto step = check_totp(totp.secret, code, recorder.now(), used)) {
            used = *step;
            recorder.put_secret(
                std::string(totp_kind), person.text,
                json::to_text(StoredTotp{hex_of(totp.secret), true, *step, totp.since}));
            return Factor::totp;
        }
    }
    if (const auto found = recovery_.find(person); found != recovery_.end()) {
        const auto digest = recovery_digest(person, code);
        auto left = found->second;
        const auto at = std::ranges::find(left, digest);
        if (at == left.end() || spent_.contains(digest)) return {};
        spent_.emplace(digest, recorder.now());
        std::erase_if(left, [&](const std::string& one) { return spent_.contains(one); });
        recorder.put_secret(std::string(recovery_kind), person.text,
                            json::to_text(StoredRecovery{std::move(left)}));
        return Factor::recovery_code;
    }
    return {};
}

// ---- proving again -------------------------------------------------------------------------

Result<> Credentials::check_proof(std::string_view session, Instant now) const {
    const auto found = session.empty() ? sessions_.end() : sessions_.find(digest_of(session));
    if (found == sessions_.end())
        return fail(ErrorKind::forbidden, "kernel.identity.needs_session");
    if (now >= Instant{Span{found->second->proved.load()}} + rules_.proof_fresh)
        return fail(ErrorKind::forbidden, "kernel.identity.prove_again");
    return {};
}

void Credentials::prove(const Principal& principal, std::string address, std::string session,
                        std::string password, std::string code,
                        std::function<void(Result<>)> done) {
    // By the same door as signing in: the same throttles, the same refusals. The new session is
    // never given out; it ends in the command that proves the old one.
    SignIn again{principal.login, std::move(password), std::move(address), {}, {}, {}, {}};
    again.code = std::move(code);
    auto answer = std::make_shared<std::function<void(Result<>)>>(std::move(done));
    const auto person = principal.person;
    std::optional<std::string> record;
    bool two_factors = false;
    journal_.read([&] {
        two_factors = has_second_factor(person);
        if (const auto found = passwords_.find(person); found != passwords_.end())
            record = found->second;
    });
    if (!record) return (*answer)(fail(ErrorKind::forbidden, "kernel.identity.wrong_login"));
    const auto key = "prove\n" + person.text + "\n" + digest_of(session);
    if (const auto wait = per_login_.attempt(key, journal_.clock().now())) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
        return (*answer)(fail(ErrorKind::unavailable, "kernel.identity.too_many_attempts",
                              {{"retry_after_seconds", std::to_string(seconds)}}));
    }
    auto job = [this, answer, person, key, record = *record, session, two_factors,
                again = std::move(again)] {
        const bool right = again.password.size() <= 256 && is_password(again.password, record);
        if (!right) {
            refused(person);
            return (*answer)(invalid("kernel.identity.wrong_password", "/password"));
        }
        if (two_factors && again.code.empty())
            return (*answer)(
                fail(ErrorKind::forbidden, "kernel.identity.second_factor_needed", {}, "/code"));
        journal::Command command;
        command.actor = person.text;
        command.decide = [this, person, session,
                          code = again.code](Recorder& recorder) -> Result<journal::Answer> {
            const auto found = sessions_.find(digest_of(session));
            if (found == sessions_.end() || found->second->session.person != person)
                return fail(ErrorKind::forbidden, "kernel.identity.needs_session");
            if (has_second_factor(person) && !use_code(recorder, person, code))
                return fail(ErrorKind::forbidden, "kernel.identity.wrong_code", {}, "/code");
            found->second->proved = recorder.now().time_since_epoch().count();
            return journal::Answer{};
        };
        command.done = [this, answer, key](Result<journal::Answer> kept) {
            if (!kept) return (*answer)(std::unexpected(std::move(kept).error()));
            per_login_.forgive(key);
            (*answer)({});
        };
        journal_.submit(std::move(command));
    };
    if (!pool_.submit(std::move(job))) {
        per_login_.take_back(key);
        (*answer)(fail(ErrorKind::unavailable, "kernel.identity.busy"));
    }
}

// ---- authenticator app and recovery codes ---------------------------------------------------

Result<TotpOffer> Credentials::offer_totp(Recorder& recorder, const Principal& principal) {
    if (const auto found = totps_.find(principal.person);
        found != totps_.end() && found->second.confirmed)
        return fail(ErrorKind::conflict, "kernel.identity.totp_there");
    std::string secret(secret_bytes, '\0');
    recorder.random().fill(std::as_writable_bytes(std::span(secret)));
    recorder.put_secret(std::string(totp_kind), principal.person.text,
                        json::to_text(StoredTotp{hex_of(secret), false, 0, recorder.now()}));
    return TotpOffer{to_base32(secret), totp_address(secret, issuer, principal.login)};
}

Result<std::vector<std::string>> Credentials::confirm_totp(Recorder& recorder,
                                                           const PersonId& person,
                                                           std::string_view code) {
    const auto found = totps_.find(person);
    if (found == totps_.end() || found->second.confirmed)
        return fail(ErrorKind::conflict, "kernel.identity.totp_not_offered");
    const auto step = check_totp(found->second.secret, code, recorder.now(), 0);
    if (!step) return invalid("kernel.identity.wrong_code", "/code");
    steps_used_[person] = *step;
    recorder.put_secret(
        std::string(totp_kind), person.text,
        json::to_text(StoredTotp{hex_of(found->second.secret), true, *step, recorder.now()}));
    journal::record(recorder, place_of(person), FactorAdded{person, Factor::totp, {}});
    const auto left = recovery_.find(person);
    if (left != recovery_.end() && !left->second.empty()) return std::vector<std::string>{};
    return make_recovery_codes(recorder, person);
}

Result<> Credentials::remove_totp(Recorder& recorder, const PersonId& person) {
    const auto found = totps_.find(person);
    if (found == totps_.end()) return fail(ErrorKind::not_found, "kernel.identity.unknown_factor");
    recorder.delete_secret(std::string(totp_kind), person.text);
    if (found->second.confirmed)
        journal::record(recorder, place_of(person), FactorRemoved{person, Factor::totp, {}});
    return {};
}

std::vector<std::string> Credentials::make_recovery_codes(Recorder& recorder,
                                                          const PersonId& person) {
    std::vector<std::string> codes;
    StoredRecovery stored;
    for (std::size_t i = 0; i < recovery_count; ++i) {
        const auto letters = recorder.random().identifier().substr(0, 24);
        std::string code;
        for (std::size_t at = 0; at < letters.size(); at += 4)
            code += (at == 0 ? "" : "-") + letters.substr(at, 4);
        codes.push_back(std::move(code));

        stored.digests.push_back(recovery_digest(person, codes.back()));
    }
    recorder.put_secret(std::string(recovery_kind), person.text, json::to_text(stored));
    journal::record(recorder, place_of(person), FactorAdded{person, Factor::recovery_code, {}});
    return codes;
}

void Credentials::remove_factors(Recorder& recorder, const PersonId& person) {
    if (totps_.contains(person)) (void)remove_totp(recorder, person);
    if (recovery_.contains(person)) recorder.delete_secret(std::string(recovery_kind), person.text);
    for (const auto& [id, passkey] : passkeys_)
        if (passkey.person == person) (void)remove_passkey(recorder, person, id);
}

// ---- passkeys ------------------------------------------------------------------------------

// The challenge carries its own time and purpose, sealed: nothing is kept for those who only ask,
// so that asking a million times costs nobody else their challenge.
Result<Site> Credentials::site_for(std::string_view host, const PersonId& person) const {
    Site site;
    if (!public_url_.empty()) {
        const auto scheme = public_url_.find("://");
        const auto end = scheme == std::string::npos ? scheme : public_url_.find('/', scheme + 3);
        site.origin = public_url_.substr(0, end);
        host = std::string_view(site.origin).substr(scheme == std::string::npos ? 0 : scheme + 3);
    }
    site.id = without_port(host);
    if (!is_domain(site.id)) return invalid("kernel.identity.passkey_site_unknown", "");
    // Without TLS a browser has passkeys for this machine's own name only.
    if (site.origin.empty())
        site.origin = (is_local(site.id) ? "http://" : "https://") + std::string(host);
    const auto until =
        std::chrono::floor<std::chrono::seconds>(journal_.clock().now() + challenge_good)
            .time_since_epoch()
            .count();
    site.challenge = to_base64url(seal_with(journal_.installation_key(),
                                            std::to_string(until) + "/" + person.text,
                                            challenge_purpose, journal_.random()));
    return site;
}

namespace {

// The challenge that the browser says it answers, if it is one of ours, for this person and in
// time; else the empty text, which nothing matches.
std::string our_challenge(std::string_view client_data, const PersonId& person, const Key& key,
                          Instant now) {
    const auto value = json::parse(client_data);
    if (!value || !value->is_object()) return {};
    const auto* said = value->get_object().if_contains("challenge");
    if (said == nullptr || !said->is_string() || said->get_string().size() > 500) return {};
    std::string challenge(said->get_string());
    const auto sealed = from_base64url(challenge);
    const auto plain = sealed ? open_with(key, *sealed, challenge_purpose) : std::nullopt;
    if (!plain) return {};
    std::int64_t seconds = 0;
    const auto* const end = plain->data() + plain->size();
    const auto [last, error] = std::from_chars(plain->data(), end, seconds);
    if (error != std::errc{} || last == end || *last != '/') return {};
    if (std::string_view(last + 1, end) != person.text) return {};
    if (now >= Instant{std::chrono::seconds{seconds}}) return {};
    return challenge;
}

}  // namespace

Result<Passkey> Credentials::add_passkey(Recorder& recorder, const PersonId& person,
                                         std::string name, std::string_view client_data,
                                         std::string_view attestation, std::string_view host) {
    TRY_LET(name, i18n::line(name, 100, "/name"));
    TRY_LET(auto site, site_for(host, person));
    site.challenge =
        our_challenge(client_data, person, journal_.installation_key(), recorder.now());
    TRY_LET(auto made, webauthn::read_attestation(client_data, attestation,
                                                  {site.challenge, site.origin, site.id}));
    if (spent_.contains(site.challenge))
        return fail(ErrorKind::forbidden, "kernel.identity.passkey_challenge");
    Passkey passkey{to_base64url(made.credential),
                    person,
                    std::move(made.public_key),
                    made.counter,
                    std::move(name),
                    recorder.now(),
                    {}};
    if (passkeys_.contains(passkey.id))
        return fail(ErrorKind::conflict, "kernel.identity.passkey_there");
    if (factors_of(person).passkeys.size() >= most_passkeys)
        return fail(ErrorKind::conflict, "kernel.identity.passkeys_many",
                    {{"most", std::to_string(most_passkeys)}});
    spent_.emplace(site.challenge, recorder.now());
    recorder.put_secret(std::string(passkey_kind), passkey.id,
                        json::to_text(StoredPasskey{person,
                                                    hex_of(passkey.public_key),
                                                    passkey.counter,
                                                    passkey.name,
                                                    passkey.created_at,
                                                    {}}));
    journal::record(recorder, place_of(person), FactorAdded{person, Factor::passkey, passkey.id});
    return passkey;
}

Result<> Credentials::remove_passkey(Recorder& recorder, const PersonId& person,
                                     std::string_view id) {
    const auto found = passkeys_.find(std::string(id));
    if (found == passkeys_.end() || found->second.person != person)
        return fail(ErrorKind::not_found, "kernel.identity.unknown_factor");
    recorder.delete_secret(std::string(passkey_kind), std::string(id));
    journal::record(recorder, place_of(person),
                    FactorRemoved{person, Factor::passkey, std::string(id)});
    return {};
}

void Credentials::sign_in_with_passkey(PasskeySignIn request,
                                       std::function<void(Result<SignedInAs>)> done) {
    auto as = std::make_shared<SignedInAs>();
    journal::Command command;
    command.actor = "system";
    command.decide = [this, as,
                      request = std::move(request)](Recorder& recorder) -> Result<journal::Answer> {
        const auto client_data = from_base64url(request.client_data);
        const auto data = from_base64url(request.authenticator_data);
        const auto signature = from_base64url(request.signature);
        const auto found = passkeys_.find(request.credential);
        if (!client_data || !data || !signature || found == passkeys_.end() ||
            !directory_.find_person(found->second.person))
            return fail(ErrorKind::forbidden, "kernel.identity.passkey_unknown");
        auto passkey = found->second;
        TRY_LET(auto site, site_for(request.host, {}));
        const Instant now = recorder.now();
        site.challenge = our_challenge(*client_data, {}, journal_.installation_key(), now);
        std::erase_if(spent_, [&](const auto& one) {
            return one.second + 2 * challenge_good < now && one.first.size() > 64;
        });
        if (spent_.contains(site.challenge))
            return fail(ErrorKind::forbidden, "kernel.identity.passkey_challenge");
        const auto counter =
            webauthn::check_assertion(passkey.public_key, passkey.counter, *client_data, *data,
                                      *signature, {site.challenge, site.origin, site.id});
        if (!counter) {
            if (counter.error().key != "kernel.identity.passkey_counter")
                return std::unexpected(counter.error());
            // Signed, and yet no later than before: told, and refused.
            journal::record(recorder, place_of(passkey.person),
                            PasskeyDoubted{passkey.person, passkey.id});
            return journal::Answer{403, {}, {}};
        }
        spent_.emplace(site.challenge, now);
        recorder.put_secret(
            std::string(passkey_kind), passkey.id,
            json::to_text(StoredPasskey{passkey.person, hex_of(passkey.public_key), *counter,
                                        passkey.name, passkey.created_at, now}));
        const auto device =
            knows_device(request.device, passkey.person, now) ? Device::known : Device::fresh;
        *as = enter(recorder, passkey.person,
                    {device, Factor::passkey, request.agent, request.terminal, {}, false, {}});
        return journal::Answer{};
    };
    command.done = [as, done = std::move(done)](Result<journal::Answer> answer) {
        if (!answer) return done(std::unexpected(std::move(answer).error()));
        if (answer->status == 403)
            return done(fail(ErrorKind::forbidden, "kernel.identity.passkey_counter"));
        done(std::move(*as));
    };
    journal_.submit(std::move(command));
}

}  // namespace noroshi
