#include "kernel/identity/credentials.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/identity/access.h"
#include "kernel/journal/record.h"
#include "kernel/json/json.h"

namespace noroshi {

using journal::Recorder;

namespace {

constexpr std::string_view password_kind = "password";
constexpr std::string_view session_kind = "session";
constexpr std::string_view token_kind = "token";
constexpr std::string_view token_prefix = "nrs_";
constexpr std::string_view device_purpose = "device";
constexpr std::chrono::days longest_token{3 * 366};
constexpr std::chrono::minutes between_refusals{1};

// As kept in secrets. Fields may be added, as optional ones.
struct StoredSession {
    std::string id;
    PersonId person;
    Instant created_at;
    Instant expires_at;
    std::string agent;
    std::optional<std::string> terminal;
    std::optional<std::int64_t> idle_minutes;
    std::optional<bool> second_factor;
    // Of the person's password when it was opened: a session outlives no change of the password,
    // even one of the same commit.
    std::optional<std::string> password;
    std::optional<bool> proved;  // false: by a PIN, which proves too little to change the account
};
BOOST_DESCRIBE_STRUCT(StoredSession, (),
                      (id, person, created_at, expires_at, agent, terminal, idle_minutes,
                       second_factor, password, proved))
struct StoredToken {
    PersonId person;
    std::string digest;
    std::vector<std::string> scope;
    std::string note;
    Instant created_at;
    Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(StoredToken, (), (person, digest, scope, note, created_at, expires_at))

using access::digest_of;
using access::place_of;

bool is_prefix(std::string_view text) {
    return !text.empty() && text.size() <= 100 && text.front() != '.' && text.back() != '.' &&
           !text.contains("..") && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
           });
}

bool lies_within(std::string_view inner, std::string_view outer) {
    return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '.');
}

// One address may hold 2^64 in IPv6: the network counts.
std::string network_of(std::string_view address) {
    // A dual-stack listener shows IPv4 peers as ::ffff:192.0.2.1.
    constexpr std::string_view mapped = "::ffff:";
    if (address.starts_with(mapped) && address.contains('.')) address.remove_prefix(mapped.size());
    if (!address.contains(':')) return std::string(address);
    std::string_view network = address;
    std::size_t colons = 0;
    for (std::size_t i = 0; i < network.size(); ++i) {
        if (network[i] != ':') continue;
        if (++colons == 4 || (i + 1 < network.size() && network[i + 1] == ':')) {
            network = network.substr(0, i);
            break;
        }
    }
    return std::string(network) + "/64";
}

std::unexpected<Error> too_many_attempts(Span wait) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    return fail(ErrorKind::unavailable, "kernel.identity.too_many_attempts",
                {{"retry_after_seconds", std::to_string(seconds)}});
}

std::unexpected<Error> wrong_login() {
    return fail(ErrorKind::forbidden, "kernel.identity.wrong_login");
}

// Gives up on a session or a password once this much has been asked for.
constexpr std::size_t longest_password = 256;

}  // namespace

Credentials::Credentials(journal::Journal& journal, const Directory& directory,
                         CredentialRules rules)
    : journal_(journal), directory_(directory), rules_(rules),
      nobodys_password_(hash_password("nobody's", rules.password_cost, journal.random())),
      per_login_(rules.per_login), per_address_(rules.per_address), per_person_(rules.per_person),
      pool_(rules.hashing_threads, rules.hashing_queue) {
    journal.on_secret(std::string(password_kind),
                      [this](const std::string& person, const std::string* bytes) {
                          if (bytes == nullptr)
                              passwords_.erase(PersonId{person});
                          else
                              passwords_.insert_or_assign(PersonId{person}, *bytes);
                          if (bytes == nullptr)
                              marks_[PersonId{person}].clear();
                          else
                              marks_[PersonId{person}] = digest_of(*bytes);
                      });
    journal.on_secret(std::string(session_kind),
                      [this](const std::string& digest, const std::string* bytes) {
                          session_changed(digest, bytes);
                      });
    journal.on_secret(
        std::string(token_kind),
        [this](const std::string& id, const std::string* bytes) { token_changed(id, bytes); });
    listen_to_factors();
    listen_to_terminals();
}

void Credentials::session_changed(const std::string& digest, const std::string* bytes) {
    const auto before = sessions_.extract(digest);
    if (bytes == nullptr) return;
    auto stored = json::from_text<StoredSession>(*bytes);
    if (!stored) return;  // of a newer version; its holder signs in again
    auto live = std::make_unique<LiveSession>();
    live->session = {
        std::move(stored->id),
        std::move(stored->person),
        stored->created_at,
        stored->expires_at,
        std::move(stored->agent),
        stored->terminal.value_or(""),
        stored->idle_minutes ? std::chrono::minutes{*stored->idle_minutes} : rules_.session_idle,
        stored->second_factor.value_or(false)};
    live->password = std::move(stored->password);
    if (stored->proved.value_or(true))
        live->proved = live->session.created_at.time_since_epoch().count();
    if (before) live->proved = before.mapped()->proved.load();  // the password is another since
    // After a restart nobody knows when it was used last; the idle time begins anew.
    live->last_used = journal_.clock().now().time_since_epoch().count();
    sessions_.emplace(digest, std::move(live));
}

void Credentials::token_changed(const std::string& id, const std::string* bytes) {
    if (const auto found = tokens_.find(id); found != tokens_.end()) {
        tokens_by_digest_.erase(found->second->digest);
        tokens_.erase(found);
    }
    if (bytes == nullptr) return;
    auto stored = json::from_text<StoredToken>(*bytes);
    if (!stored) return;
    auto live = std::make_unique<LiveToken>();
    live->token = {id,
                   std::move(stored->person),
                   std::move(stored->scope),
                   std::move(stored->note),
                   stored->created_at,
                   stored->expires_at};
    live->digest = std::move(stored->digest);
    tokens_by_digest_.insert_or_assign(live->digest, live.get());
    tokens_.emplace(id, std::move(live));
}

// ---- who is asking -------------------------------------------------------------------------

bool Credentials::is_over(const LiveSession& live, Instant now) const {
    return now >= live.session.expires_at ||
           now >= Instant{Span{live.last_used.load()}} + live.session.idle;
}

bool Credentials::is_outdated(const LiveSession& live) const {
    if (!live.password) return false;
    const auto mark = marks_.find(live.session.person);
    return mark == marks_.end() || mark->second != *live.password;
}

Result<std::shared_ptr<const Principal>> Credentials::principal_of(const PersonId& person,
                                                                   std::vector<std::string> scope,
                                                                   std::string_view key) const {
    auto found = directory_.find_person(person);
    if (!found) return fail(ErrorKind::forbidden, std::string(key));
    found->scope = std::move(scope);
    return std::make_shared<const Principal>(std::move(*found));
}

Result<std::shared_ptr<const Principal>> Credentials::authenticate(std::string_view authorization,
                                                                   std::string_view session) const {
    const Instant now = journal_.clock().now();
    if (!authorization.empty()) {
        constexpr std::string_view unknown = "kernel.identity.token_unknown";
        constexpr std::string_view bearer = "bearer ";
        const bool is_bearer =
            authorization.size() > bearer.size() &&
            std::ranges::equal(authorization.substr(0, bearer.size()), bearer, {}, [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            });
        if (!is_bearer) return fail(ErrorKind::forbidden, std::string(unknown));
        const auto secret = i18n::trimmed(authorization.substr(bearer.size()));
        if (!secret.starts_with(token_prefix) || secret.size() > 200)
            return fail(ErrorKind::forbidden, std::string(unknown));
        const auto found = tokens_by_digest_.find(digest_of(secret));
        if (found == tokens_by_digest_.end() || now >= found->second->token.expires_at)
            return fail(ErrorKind::forbidden, std::string(unknown));
        found->second->last_used = now.time_since_epoch().count();
        return principal_of(found->second->token.person, found->second->token.scope, unknown);
    }
    if (!session.empty()) {
        constexpr std::string_view over = "kernel.identity.session_over";
        if (session.size() > 200) return fail(ErrorKind::forbidden, std::string(over));
        const auto found = sessions_.find(digest_of(session));
        if (found == sessions_.end() || is_over(*found->second, now) || is_outdated(*found->second))
            return fail(ErrorKind::forbidden, std::string(over));
        // A shared terminal's page asks by itself; only its people keep it open (touch_terminal).
        if (found->second->session.terminal.empty())
            found->second->last_used = now.time_since_epoch().count();
        return principal_of(found->second->session.person, {}, over);
    }
    return std::shared_ptr<const Principal>{};
}

// ---- signing in ----------------------------------------------------------------------------

bool Credentials::knows_device(std::string_view device, const PersonId& person, Instant now) const {
    if (device.empty() || device.size() > 500) return false;
    const auto sealed = from_base64url(device);
    if (!sealed) return false;
    const auto plain = open_with(journal_.installation_key(), *sealed, device_purpose);
    if (!plain) return false;
    // "<seconds>/<person>"
    std::int64_t seconds = 0;
    const auto* const end = plain->data() + plain->size();
    const auto [last, error] = std::from_chars(plain->data(), end, seconds);
    if (error != std::errc{} || last == end || *last != '/') return false;
    return std::string_view(last + 1, end) == person.text &&
           now < Instant{std::chrono::seconds{seconds}} + rules_.device_known;
}

void Credentials::sign_in(SignIn request, std::function<void(Result<SignedInAs>)> done) {
    const Instant now = journal_.clock().now();
    std::optional<PersonId> person;
    std::string record = nobodys_password_;
    bool two_factors = false;
    bool at_terminal = false;
    journal_.read([&] {
        person = directory_.find_login(request.login);
        at_terminal = terminal_of(request.terminal).has_value();
        if (!person) return;
        two_factors = has_second_factor(*person);
        const auto found = passwords_.find(*person);
        if (found == passwords_.end())
            person.reset();
        else
            record = found->second;
    });
    const auto login = digest_of(i18n::fold(i18n::trimmed(request.login)));
    const auto network = network_of(request.address);
    // The duty room's terminal is a device of the port's, whoever else shares its network.
    const bool own_device = person && knows_device(request.device, *person, now);
    const bool known = own_device || (person && at_terminal);
    const auto key = login + (own_device ? "\ndevice\n" + digest_of(request.device)
                              : known    ? "\nterminal\n" + digest_of(request.terminal)
                                         : "\n" + network);
    if (!known)
        if (const auto wait = per_address_.attempt(network, now))
            return done(too_many_attempts(*wait));
    if (const auto wait = per_login_.attempt(key, now)) {
        if (!known) per_address_.take_back(network);
        return done(too_many_attempts(*wait));
    }
    if (request.password.size() > longest_password) return done(wrong_login());

    auto answer = std::make_shared<std::function<void(Result<SignedInAs>)>>(std::move(done));
    auto job = [this, answer, person, record, key, network, known, own_device, two_factors,
                request = std::move(request)]() mutable {
        const bool right = is_password(request.password, record) && person.has_value();
        if (!right) {
            refused(person);
            return (*answer)(wrong_login());
        }
        per_login_.forgive(key);
        if (!known) per_address_.take_back(network);
        if (two_factors && request.code.empty())
            return (*answer)(
                fail(ErrorKind::forbidden, "kernel.identity.second_factor_needed", {}, "/code"));
        if (two_factors) {
            // Whoever knows the password must not get to guess the code; a device of the person's
            // is counted apart, so that such guesses do not keep the person out.
            const Instant at = journal_.clock().now();
            if (const auto wait = per_login_.attempt("code\n" + key, at))
                return (*answer)(too_many_attempts(*wait));
            if (!known)
                if (const auto wait = per_person_.attempt(person->text, at)) {
                    per_login_.take_back("code\n" + key);
                    return (*answer)(too_many_attempts(*wait));
                }
            auto forgiving = [this, answer, key, person](Result<SignedInAs> as) {
                if (as) {
                    per_login_.forgive("code\n" + key);
                    per_person_.take_back(person->text);
                } else if (as.error().key == "kernel.identity.wrong_code") {
                    refused(person);
                }
                (*answer)(std::move(as));
            };
            return open_session(*person, std::move(request),
                                own_device ? Device::known : Device::fresh, std::move(record),
                                std::move(forgiving));
        }
        open_session(*person, std::move(request), own_device ? Device::known : Device::fresh,
                     std::move(record), std::move(*answer));
    };
    if (!pool_.submit(std::move(job))) {
        per_login_.take_back(key);
        if (!known) per_address_.take_back(network);
        (*answer)(fail(ErrorKind::unavailable, "kernel.identity.busy"));
    }
}

void Credentials::open_session(const PersonId& person, SignIn request, Device device,
                               std::string record, std::function<void(Result<SignedInAs>)> done) {
    auto as = std::make_shared<SignedInAs>();
    journal::Command command;
    command.actor = person.text;
    command.decide = [this, as, person, device, record = std::move(record),
                      request = std::move(request)](Recorder& recorder) -> Result<journal::Answer> {
        // Meanwhile the password may have been changed, or the person erased.
        const auto password = passwords_.find(person);
        if (password == passwords_.end() || password->second != record) return wrong_login();
        std::optional<Factor> factor;
        if (has_second_factor(person)) {
            if (request.code.empty())
                return fail(ErrorKind::forbidden, "kernel.identity.second_factor_needed", {},
                            "/code");
            factor = use_code(recorder, person, request.code);
            if (!factor)
                return fail(ErrorKind::forbidden, "kernel.identity.wrong_code", {}, "/code");
        }
        *as = enter(recorder, person,
                    {device, factor, request.agent, request.terminal, {}, false, {}});
        return journal::Answer{};
    };
    command.done = [as, done = std::move(done)](Result<journal::Answer> answer) {
        if (!answer)
            done(std::unexpected(std::move(answer).error()));
        else
            done(std::move(*as));
    };
    journal_.submit(std::move(command));
}

SignedInAs Credentials::enter(Recorder& recorder, const PersonId& person, Entering entering) {
    const Instant now = recorder.now();
    SignedInAs as;
    as.person = person;
    as.session = recorder.random().base64url(32);
    as.expires_at = now + rules_.session_longest;
    if (entering.until) as.expires_at = std::min(as.expires_at, *entering.until);
    const auto issued = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
    as.device = to_base64url(seal_with(journal_.installation_key(),
                                       std::to_string(issued.count()) + "/" + person.text,
                                       device_purpose, recorder.random()));
    StoredSession stored{
        recorder.random().identifier(), person, now, as.expires_at, {}, {}, {}, {}, {}, {}};
    if (const auto mark = marks_.find(person); mark != marks_.end()) stored.password = mark->second;
    if (auto line = i18n::line(entering.agent.substr(0, 200), 200, "", i18n::Empty::allowed))
        stored.agent = std::move(*line);
    const bool by_pin = entering.factor == Factor::handed_over;
    const bool second_factor = entering.second_factor || (entering.factor && !by_pin &&
                                                          *entering.factor != Factor::invitation);
    if (second_factor) stored.second_factor = true;
    if (by_pin) stored.proved = false;
    SignedIn fact{person, stored.id, entering.device, entering.factor, {}};
    if (const auto terminal =
            take_place(recorder, entering.terminal, person, as.expires_at, second_factor)) {
        stored.terminal = fact.terminal = terminal->id;
        stored.idle_minutes = terminal->idle.count();
    }
    if (entering.at) {
        stored.terminal = fact.terminal = entering.at->terminal;
        stored.idle_minutes = entering.at->idle.count();
    }
    recorder.put_secret(std::string(session_kind), digest_of(as.session), json::to_text(stored));
    for (const auto& [digest, live] : sessions_)
        if (is_over(*live, now)) recorder.delete_secret(std::string(session_kind), digest);
    journal::record(recorder, place_of(person), fact);
    const bool is_new =
        entering.device == Device::fresh && entering.factor != Factor::invitation && !fact.terminal;
    if (is_new) tell_of_new_device(recorder, person, stored.id, stored.agent);
    return as;
}

// A stranger who signs in is seen by whom it concerns. Sent once per session, by mail, if there is
// an address; it names no address of the network, as none is kept.
void Credentials::tell_of_new_device(Recorder& recorder, const PersonId& person,
                                     const std::string& session, const std::string& agent) {
    if (book_ == nullptr) return;
    const auto to = book_->mail_of(person);
    const auto principal = directory_.find_person(person);
    if (!to || to->empty() || !principal) return;
    const auto language = principal->language;
    journal::Dispatch dispatch;
    dispatch.topic = "kernel.identity/new_device";
    dispatch.person = person;
    dispatch.not_before = recorder.now();
    dispatch.expires = recorder.now() + std::chrono::days{1};
    auto& message = dispatch.message;
    message.key = "kernel.identity/new_device/" + session;
    message.channel = Channel::email;
    message.to = *to;
    message.to_name = principal->name;
    message.message_id = "<new-device." + session + "@" + rules_.mail_domain + ">";
    message.subject = i18n::text(language, "kernel.identity.new_device_subject");
    message.text = i18n::text(
        language, "kernel.identity.new_device_text",
        {{"name", principal->name},
         {"at", format_for_people(recorder.now(), rules_.zone, language)},
         {"agent", agent.empty() ? i18n::text(language, "kernel.identity.unknown_agent") : agent}});
    recorder.send(std::move(dispatch));
}

void Credentials::refused(const std::optional<PersonId>& person) {
    const Instant now = journal_.clock().now();
    const std::string of = person ? person->text : std::string{};
    std::uint64_t count = 0;
    {
        std::lock_guard lock(refusals_guard_);
        auto& refusals = refusals_[of];
        ++refusals.count;
        if (refusals.told != Instant{} && now - refusals.told < between_refusals) return;
        refusals.told = now;
        count = std::exchange(refusals.count, 0);
    }
    journal::Command command;
    command.actor = "system";
    command.decide = [person, of, count](Recorder& recorder) -> Result<journal::Answer> {
        const auto place =
            person ? place_of(*person)
                   : journal::Place{
                         "kernel/identity/unknown", Visibility{Tlp::red, {}, {}}, {}, {}, {}};
        journal::record(recorder, place, SignInRefused{of, count});
        return journal::Answer{};
    };
    journal_.submit(std::move(command));
}

// ---- passwords -----------------------------------------------------------------------------

void Credentials::change_password(const Principal& principal, std::string address,
                                  std::string session, std::string old_password,
                                  std::string new_password, std::function<void(Result<>)> done) {
    const auto person = principal.person;
    if (auto good = check_new_password(new_password, principal.login, "/new"); !good)
        return done(std::move(good));
    std::string record = nobodys_password_;
    journal_.read([&] {
        if (const auto found = passwords_.find(person); found != passwords_.end())
            record = found->second;
    });
    // A stolen session must not become a place to guess the password from.
    const auto key = "change\n" + person.text + "\n" + network_of(address);
    if (const auto wait = per_login_.attempt(key, journal_.clock().now()))
        return done(too_many_attempts(*wait));
    auto answer = std::make_shared<std::function<void(Result<>)>>(std::move(done));
    auto job = [this, answer, person, key, record = std::move(record), session = std::move(session),
                old_password = std::move(old_password), new_password = std::move(new_password)] {
        if (old_password.size() > longest_password || !is_password(old_password, record)) {
            refused(person);
            return (*answer)(invalid("kernel.identity.wrong_password", "/old"));
        }
        per_login_.forgive(key);
        journal::Command command;
        command.actor = person.text;
        command.decide = [this, person, record, session,
                          hashed =
                              hash_password(new_password, rules_.password_cost, journal_.random())](
                             Recorder& recorder) -> Result<journal::Answer> {
            const auto password = passwords_.find(person);
            if (password == passwords_.end() || password->second != record)
                return fail(ErrorKind::conflict, "kernel.journal.conflict");
            set_password(recorder, person, hashed, session);
            return journal::Answer{};
        };
        command.done = [answer](Result<journal::Answer> kept) {
            if (!kept)
                (*answer)(std::unexpected(std::move(kept).error()));
            else
                (*answer)({});
        };
        journal_.submit(std::move(command));
    };
    if (!pool_.submit(std::move(job))) {
        per_login_.take_back(key);
        (*answer)(fail(ErrorKind::unavailable, "kernel.identity.busy"));
    }
}

void Credentials::give_password(std::string actor, const PersonId& person, std::string new_password,
                                std::function<void(Result<>)> done) {
    std::optional<std::string> login;
    journal_.read([&] {
        if (const auto found = directory_.find_person(person)) login = found->login;
    });
    if (!login) return done(fail(ErrorKind::not_found, "kernel.identity.unknown_person"));
    if (login->empty()) return done(fail(ErrorKind::conflict, "kernel.identity.no_login"));
    if (auto good = check_new_password(new_password, *login, "/new"); !good)
        return done(std::move(good));
    auto answer = std::make_shared<std::function<void(Result<>)>>(std::move(done));
    auto job = [this, answer, person, actor = std::move(actor),
                new_password = std::move(new_password)] {
        journal::Command command;
        command.actor = actor;
        command.decide = [this, person,
                          hashed =
                              hash_password(new_password, rules_.password_cost, journal_.random())](
                             Recorder& recorder) -> Result<journal::Answer> {
            // Read on the journal's thread, which alone changes what is published.
            if (!directory_.find_person(person))
                return fail(ErrorKind::not_found, "kernel.identity.unknown_person");
            set_password(recorder, person, hashed);
            return journal::Answer{};
        };
        command.done = [answer](Result<journal::Answer> kept) {
            if (!kept)
                (*answer)(std::unexpected(std::move(kept).error()));
            else
                (*answer)({});
        };
        journal_.submit(std::move(command));
    };
    if (!pool_.submit(std::move(job)))
        (*answer)(fail(ErrorKind::unavailable, "kernel.identity.busy"));
}

void Credentials::set_password(Recorder& recorder, const PersonId& person, std::string record,
                               std::string_view kept_session) {
    const auto kept = kept_session.empty() ? std::string{} : digest_of(kept_session);
    std::string kept_terminal;
    if (const auto found = sessions_.find(kept); found != sessions_.end()) {
        const Session& session = found->second->session;
        StoredSession stored{session.id,           session.person,
                             session.created_at,   session.expires_at,
                             session.agent,        {},
                             session.idle.count(), session.second_factor,
                             digest_of(record),    {}};
        if (!session.terminal.empty()) {
            stored.terminal = session.terminal;
            if (const auto* own = find_place(session.terminal, person)) {
                Place place = *own;
                place.password = stored.password;
                kept_terminal = session.terminal;
                put_place(recorder, place);
            }
        }
        recorder.put_secret(std::string(session_kind), kept, json::to_text(stored));
    }
    recorder.put_secret(std::string(password_kind), person.text, std::move(record));
    journal::record(recorder, place_of(person), PasswordSet{person});
    for (const auto& [key, place] : places_)
        if (place.person == person && place.terminal != kept_terminal)
            leave(recorder, place, Leaving::removed);
    end_sessions(recorder, person, SessionEnd::password_set, kept);
}

void Credentials::end_sessions(Recorder& recorder, const PersonId& person, SessionEnd why,
                               std::string_view kept_digest) {
    for (const auto& [digest, live] : sessions_) {
        if (live->session.person != person || digest == kept_digest) continue;
        recorder.delete_secret(std::string(session_kind), digest);
        if (!is_over(*live, recorder.now()))
            journal::record(recorder, place_of(person),
                            SessionEnded{person, live->session.id, why});
    }
}

Result<> Credentials::end_session(Recorder& recorder, const PersonId& person, std::string_view id,
                                  SessionEnd why) {
    for (const auto& [digest, live] : sessions_) {
        if (live->session.person != person || live->session.id != id) continue;
        recorder.delete_secret(std::string(session_kind), digest);
        if (const auto* place = find_place(live->session.terminal, person))
            leave(recorder, *place, Leaving::left);
        journal::record(recorder, place_of(person), SessionEnded{person, live->session.id, why});
        return {};
    }
    return fail(ErrorKind::not_found, "kernel.identity.unknown_session");
}

std::vector<SessionInUse> Credentials::sessions_of(const PersonId& person,
                                                   std::string_view session) const {
    const Instant now = journal_.clock().now();
    const auto own = session.empty() ? std::string{} : digest_of(session);
    std::vector<SessionInUse> out;
    for (const auto& [digest, live] : sessions_)
        if (live->session.person == person && !is_over(*live, now) && !is_outdated(*live))
            out.push_back({live->session, Instant{Span{live->last_used.load()}}, digest == own});
    std::ranges::sort(out, std::ranges::greater{},
                      [](const SessionInUse& one) { return one.session.created_at; });
    return out;
}

std::optional<std::string> Credentials::session_id(std::string_view session) const {
    if (session.empty()) return {};
    const auto found = sessions_.find(digest_of(session));
    if (found == sessions_.end()) return {};
    return found->second->session.id;
}

// ---- tokens --------------------------------------------------------------------------------

bool Credentials::reaches_something(std::string_view scope) const {
    return permissions_.empty() ||
           std::ranges::any_of(permissions_, [&](const std::string& permission) {
               return lies_within(permission, scope);
           });
}

Result<IssuedToken> Credentials::issue_token(Recorder& recorder, const PersonId& person,
                                             std::vector<std::string> scope, std::string note,
                                             std::chrono::days lifetime,
                                             const std::vector<std::string>& within) {
    if (lifetime < std::chrono::days{1} || lifetime > longest_token)
        return invalid("kernel.identity.token_lifetime", "/lifetime_days",
                       {{"most", std::to_string(longest_token.count())}});
    TRY_LET(note, i18n::line(note, 200, "/note", i18n::Empty::allowed));
    if (scope.size() > 50) return invalid("kernel.identity.token_scope", "/scope");
    for (std::size_t i = 0; i < scope.size(); ++i) {
        const auto pointer = "/scope/" + std::to_string(i);
        if (!is_prefix(scope[i]) || !reaches_something(scope[i]))
            return invalid("kernel.identity.token_scope", pointer);
        if (!within.empty() && std::ranges::none_of(within, [&](const std::string& outer) {
                return lies_within(scope[i], outer);
            }))
            return fail(ErrorKind::forbidden, "kernel.identity.token_wider", {}, pointer);
    }
    if (scope.empty()) scope = within;
    IssuedToken issued;
    issued.id = recorder.random().identifier();
    issued.secret = std::string(token_prefix) + recorder.random().base64url(32);
    issued.expires_at = recorder.now() + lifetime;
    const StoredToken stored{person,          digest_of(issued.secret), scope,
                             std::move(note), recorder.now(),           issued.expires_at};
    recorder.put_secret(std::string(token_kind), issued.id, json::to_text(stored));
    for (const auto& [id, live] : tokens_)
        if (live->token.expires_at <= recorder.now())
            recorder.delete_secret(std::string(token_kind), id);
    journal::record(recorder, place_of(person),
                    TokenIssued{person, issued.id, std::move(scope), issued.expires_at});
    return issued;
}

Result<> Credentials::revoke_token(Recorder& recorder, const PersonId& person,
                                   std::string_view id) {
    const auto found = tokens_.find(std::string(id));
    if (found == tokens_.end() || found->second->token.person != person)
        return fail(ErrorKind::not_found, "kernel.identity.unknown_token");
    recorder.delete_secret(std::string(token_kind), found->first);
    journal::record(recorder, place_of(person), TokenRevoked{person, found->first});
    return {};
}

std::vector<TokenInUse> Credentials::tokens_of(const PersonId& person) const {
    const Instant now = journal_.clock().now();
    std::vector<TokenInUse> out;
    for (const auto& [id, live] : tokens_) {
        if (live->token.person != person || live->token.expires_at <= now) continue;
        TokenInUse one{live->token, {}};
        if (const auto used = live->last_used.load(); used != 0)
            one.last_used_at = Instant{Span{used}};
        out.push_back(std::move(one));
    }
    std::ranges::sort(out, std::ranges::greater{},
                      [](const TokenInUse& one) { return one.token.created_at; });
    return out;
}

// ---- the rest ------------------------------------------------------------------------------

void Credentials::choose_language(Recorder& recorder, const PersonId& person, Language language) {
    journal::record(recorder, place_of(person), LanguageChosen{person, language});
}

void Credentials::forget(Recorder& recorder, const PersonId& person, SessionEnd why) {
    if (passwords_.contains(person))
        recorder.delete_secret(std::string(password_kind), person.text);
    remove_factors(recorder, person);
    for (const auto& [key, place] : places_)
        if (place.person == person) leave(recorder, place, Leaving::removed);
    end_sessions(recorder, person, why, {});
    for (const auto& [id, live] : tokens_) {
        if (live->token.person != person) continue;
        recorder.delete_secret(std::string(token_kind), id);
        journal::record(recorder, place_of(person), TokenRevoked{person, id});
    }
}

Result<> Credentials::withdraw(Recorder& recorder, const PersonId& person) {
    const auto administers = [&](const PersonId& one) {
        const auto found = directory_.find_person(one);
        return found && found->has(Role::administrator);
    };
    if (!directory_.find_person(person))
        return fail(ErrorKind::not_found, "kernel.identity.unknown_person");
    if (administers(person) && std::ranges::none_of(passwords_, [&](const auto& entry) {
            return entry.first != person && administers(entry.first);
        }))
        return fail(ErrorKind::conflict, "kernel.identity.last_administrator");
    forget(recorder, person, SessionEnd::withdrawn);
    journal::record(recorder, place_of(person), AccessWithdrawn{person});
    return {};
}

}  // namespace noroshi
