#include "watch/logs/logs.h"

#include <algorithm>
#include <utility>

#include "engines/detect/address.h"
#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"

namespace noroshi::watch::logs {

using council::OrganisationKind;
using journal::Live;

namespace {

constexpr std::size_t longest_name = 200;
constexpr std::uint32_t longest_silence_minutes = 60 * 24 * 31;
// Expiry is looked at once a day per source; a segment is a day at most, so nothing finer helps.
constexpr auto expiry_every = std::chrono::hours{24};

std::optional<Instant> expiry_due(const Source& source) {
    if (!source.heard_at) return {};
    return source.expired_at.value_or(source.registered_at) + expiry_every;
}

}  // namespace

std::optional<Instant> Source::silence_due() const {
    if (retired || silence_minutes == 0 || silent_since || !heard_at) return {};
    return *heard_at + std::chrono::minutes{silence_minutes};
}

// ---- state ---------------------------------------------------------------------------------

void State::attach(journal::Listeners& side) {
    side.on_reset([this] {
        State fresh;
        fresh.told_ = std::move(told_);
        fresh.senders_told_ = std::move(senders_told_);
        *this = std::move(fresh);
    });
    journal::listen_live<AgreementMade>(side, [this](Live<AgreementMade> fact) {
        agreements_.insert_or_assign(
            fact.body.member, Agreement{fact.body, fact.at.entry_time, fact.at.stream_version});
        tell_senders();
    });
    journal::listen_live<AgreementWithdrawn>(side, [this](Live<AgreementWithdrawn> fact) {
        agreements_.erase(fact.body.member);
        for (const auto& id : fact.body.sources) {
            withdrawn_.insert(id);
            if (const auto found = sources_.find(id); found != sources_.end())
                found->second.retired = true;
            if (told_) told_({id, {}});
        }
        tell_senders();
    });
    journal::listen_live<SourceRegistered>(side, [this](Live<SourceRegistered> fact) {
        Source source;
        source.id = fact.body.source;
        source.member = fact.body.member;
        source.name = fact.body.name;
        source.kind = fact.body.log_kind;
        source.silence_minutes = fact.body.silence_minutes;
        source.registered_at = fact.at.entry_time;
        source.version = fact.at.stream_version;
        sources_.insert_or_assign(source.id, std::move(source));
    });
    const auto with = [this](const SourceId& id, auto change) {
        if (const auto found = sources_.find(id); found != sources_.end()) change(found->second);
    };
    journal::listen_live<SourceRetired>(side, [this, with](Live<SourceRetired> fact) {
        with(fact.body.source, [&](Source& source) {
            source.retired = true;
            source.version = fact.at.stream_version;
        });
        tell_senders();
    });
    journal::listen_live<SendersSet>(side, [this, with](Live<SendersSet> fact) {
        with(fact.body.source, [&](Source& source) {
            source.senders = fact.body.senders;
            source.is_received_here = true;
            source.version = fact.at.stream_version;
        });
        tell_senders();
    });
    journal::listen_live<BatchReceived>(side, [with](Live<BatchReceived> fact) {
        with(fact.body.source, [&](Source& source) {
            source.next_line = fact.body.first_line + fact.body.lines;
            source.lines += fact.body.lines;
            source.bytes += fact.body.bytes;
            source.missing += fact.body.missing;
            source.heard_at = fact.at.entry_time;
            source.silent_since.reset();
            source.version = fact.at.stream_version;
        });
    });
    journal::listen_live<SourceFellSilent>(side, [with](Live<SourceFellSilent> fact) {
        with(fact.body.source, [&](Source& source) {
            source.silent_since = fact.body.heard_at;
            source.version = fact.at.stream_version;
        });
    });
    journal::listen_live<LinesExpired>(side, [this, with](Live<LinesExpired> fact) {
        with(fact.body.source, [&](Source& source) {
            source.expired_before = fact.body.before;
            source.expired_at = fact.at.entry_time;
            source.version = fact.at.stream_version;
        });
        if (told_) told_({fact.body.source, fact.body.before});
    });
}

const Agreement* State::agreement_of(const OrganisationId& member) const {
    const auto found = agreements_.find(member);
    return found == agreements_.end() ? nullptr : &found->second;
}

const Source* State::find(const SourceId& id) const {
    const auto found = sources_.find(id);
    return found == sources_.end() ? nullptr : &found->second;
}

bool State::may_look(const Principal& reader, const OrganisationId& member) const {
    const auto speaks_for = [&](const OrganisationId& organisation) {
        return std::ranges::any_of(reader.roles, [&](const RoleIn& role) {
            return role.organisation == organisation &&
                   std::ranges::find(roles_that_watch(), role.role) != roles_that_watch().end();
        });
    };
    if (speaks_for(member)) return true;
    const auto* agreement = agreement_of(member);
    return agreement != nullptr && std::ranges::any_of(agreement->made.may_look, speaks_for);
}

std::vector<Disposal> State::disposals() const {
    std::vector<Disposal> all;
    for (const auto& id : withdrawn_) all.push_back({id, {}});
    for (const auto& [id, source] : sources_)
        if (source.expired_before && !withdrawn_.contains(id))
            all.push_back({id, source.expired_before});
    return all;
}

std::vector<std::pair<SourceId, SenderNamed>> State::senders() const {
    std::vector<std::pair<SourceId, SenderNamed>> all;
    for (const auto& [id, source] : sources_)
        if (!source.retired && agreement_of(source.member) != nullptr)
            for (const auto& sender : source.senders) all.emplace_back(id, sender);
    return all;
}

// ---- decisions -----------------------------------------------------------------------------

const std::vector<Role>& roles_that_watch() {
    static const std::vector<Role> roles{Role::administrator, Role::duty_officer, Role::leader,
                                         Role::security_person};
    return roles;
}

const std::vector<Role>& roles_that_share() {
    static const std::vector<Role> roles{Role::administrator, Role::security_person};
    return roles;
}

const std::vector<Role>& roles_that_agree() {
    static const std::vector<Role> roles{Role::administrator, Role::leader};
    return roles;
}

namespace {

bool shares_for(const Principal& by, const OrganisationId& member) {
    return std::ranges::any_of(by.roles, [&](const RoleIn& role) {
        return role.organisation == member &&
               std::ranges::find(roles_that_share(), role.role) != roles_that_share().end();
    });
}

}  // namespace

// The port manager's administrator keeps the installation, sources included.
bool keeps_the_port(const Principal& by, const council::State& council) {
    return std::ranges::any_of(by.roles, [&](const RoleIn& role) {
        const auto* organisation = council.find(role.organisation);
        return role.role == Role::administrator && organisation != nullptr &&
               organisation->kind == OrganisationKind::port_manager;
    });
}

Result<AgreementMade> agree(const council::State& council, const OrganisationId& member,
                            const AgreementDraft& draft) {
    if (council.find(member) == nullptr)
        return fail(ErrorKind::not_found, "watch.logs.unknown_organisation");
    if (draft.kinds.empty()) return invalid("watch.logs.kinds", "/kinds");
    if (draft.retention_days == 0 || draft.retention_days > longest_retention_days)
        return invalid("watch.logs.retention", "/retention_days",
                       {{"most", std::to_string(longest_retention_days)}});
    AgreementMade made{member, draft.kinds, draft.retention_days, draft.may_look, {}};
    std::ranges::sort(made.kinds);
    made.kinds.erase(std::ranges::unique(made.kinds).begin(), made.kinds.end());
    for (std::size_t i = 0; i < made.may_look.size(); ++i)
        if (council.find(made.may_look[i]) == nullptr)
            return invalid("watch.logs.unknown_organisation", "/may_look/" + std::to_string(i));
    TRY_LET(made.reference, i18n::line(draft.reference, longest_name, "/reference"));
    return made;
}

Result<AgreementWithdrawn> withdraw(const State& state, const Principal& by,
                                    const council::State& council, const OrganisationId& member,
                                    std::string_view reason) {
    if (!shares_for(by, member) && !keeps_the_port(by, council))
        return fail(ErrorKind::forbidden, "watch.logs.not_yours");
    if (state.agreement_of(member) == nullptr)
        return fail(ErrorKind::not_found, "watch.logs.no_agreement");
    AgreementWithdrawn withdrawn{member, {}, {}};
    TRY_LET(withdrawn.reason, i18n::line(reason, longest_name, "/reason", i18n::Empty::allowed));
    for (const auto& [id, source] : state.sources())
        if (source.member == member) withdrawn.sources.push_back(id);
    return withdrawn;
}

Result<SourceRegistered> register_source(const State& state, const council::State& council,
                                         const Principal& by, SourceId id,
                                         const SourceDraft& draft) {
    if (!shares_for(by, draft.member) && !keeps_the_port(by, council))
        return fail(ErrorKind::forbidden, "watch.logs.not_yours");
    const auto* agreement = state.agreement_of(draft.member);
    if (agreement == nullptr) return fail(ErrorKind::conflict, "watch.logs.no_agreement");
    if (std::ranges::find(agreement->made.kinds, draft.log_kind) == agreement->made.kinds.end())
        return fail(ErrorKind::conflict, "watch.logs.kind_not_agreed", {}, "/log_kind");
    SourceRegistered source{std::move(id), draft.member, {}, draft.log_kind, draft.silence_minutes};
    TRY_LET(source.name, i18n::line(draft.name, longest_name, "/name"));
    if (draft.silence_minutes > longest_silence_minutes)
        return invalid("kernel.json.out_of_range", "/silence_minutes",
                       {{"low", "0"}, {"high", std::to_string(longest_silence_minutes)}});
    for (const auto& [other, known] : state.sources())
        if (!known.retired && known.member == draft.member &&
            i18n::fold(known.name) == i18n::fold(source.name))
            return fail(ErrorKind::conflict, "watch.logs.name_taken", {{"name", source.name}},
                        "/name");
    return source;
}

namespace {

// "192.0.2.7/24" → "192.0.2.0/24"; of one address no length. Empty: no network.
std::string plain_network(std::string_view text) {
    namespace detect = engines::detect;
    auto network = detect::parse_network(text);
    if (!network) return {};
    const auto mask = [](int set) {
        return set <= 0 ? 0 : set >= 64 ? ~std::uint64_t{0} : ~(~std::uint64_t{0} >> set);
    };
    network->first.high &= mask(network->prefix);
    network->first.low &= mask(network->prefix - 64);
    const bool v4 = network->prefix >= 96 && network->first.is_v4();
    const int bits = v4 ? network->prefix - 96 : network->prefix;
    auto out = detect::text_of(network->first);
    if (bits < (v4 ? 32 : 128)) out += "/" + std::to_string(bits);
    return out;
}

// "AB:CD:…" as openssl prints it, or plain hex. Empty: it is neither.
std::string plain_fingerprint(std::string_view text) {
    std::string out;
    for (const char c : text)
        if (c != ':') out.push_back(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
    const bool sound = out.size() == 64 && std::ranges::all_of(out, [](char c) {
                           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                       });
    return sound ? out : std::string();
}

}  // namespace

Result<SendersSet> set_senders(const State& state, const council::State& council,
                               const Principal& by, const SourceId& id, const SendersDraft& draft) {
    if (!keeps_the_port(by, council)) return fail(ErrorKind::forbidden, "watch.logs.not_the_port");
    const auto* source = state.find(id);
    if (source == nullptr) return fail(ErrorKind::not_found, "watch.logs.unknown_source");
    if (source->retired) return fail(ErrorKind::conflict, "watch.logs.retired");
    if (state.agreement_of(source->member) == nullptr)
        return fail(ErrorKind::conflict, "watch.logs.no_agreement");
    if (!source->is_received_here && source->next_line > 0)
        return fail(ErrorKind::conflict, "watch.logs.numbered_elsewhere");
    if (draft.senders.size() > most_senders)
        return invalid("kernel.json.out_of_range", "/senders",
                       {{"low", "0"}, {"high", std::to_string(most_senders)}});
    SendersSet set{id, {}};
    const auto others = state.senders();
    for (std::size_t i = 0; i < draft.senders.size(); ++i) {
        const auto& given = draft.senders[i];
        const std::string at = "/senders/" + std::to_string(i);
        SenderNamed sender;
        sender.files = given.files;
        TRY_LET(sender.listener,
                i18n::line(given.listener, longest_name, at + "/listener", i18n::Empty::allowed));
        if (!given.network.empty()) {
            sender.network = plain_network(given.network);
            if (sender.network.empty())
                return invalid("watch.logs.sender_network", at + "/network",
                               {{"text", given.network.substr(0, longest_name)}});
        }
        if (!given.certificate_sha256.empty()) {
            sender.certificate_sha256 = plain_fingerprint(given.certificate_sha256);
            if (sender.certificate_sha256.empty())
                return invalid("watch.logs.sender_certificate", at + "/certificate_sha256");
        }
        const bool over_the_net = !sender.network.empty() || !sender.certificate_sha256.empty();
        if (!over_the_net && !sender.files) return invalid("watch.logs.sender_nothing", at);
        // Lines of a file are known after a crash by the numbers they got, one behind the other.
        if (sender.files && (over_the_net || !sender.listener.empty() || draft.senders.size() > 1))
            return invalid("watch.logs.sender_files_alone", at);
        for (const auto& [other, taken] : others)
            if (other != id && !sender.files && taken.network == sender.network &&
                taken.certificate_sha256 == sender.certificate_sha256 &&
                (taken.listener == sender.listener || taken.listener.empty() ||
                 sender.listener.empty()))
                return fail(ErrorKind::conflict, "watch.logs.sender_taken", {}, at);
        if (std::ranges::find(set.senders, sender) == set.senders.end())
            set.senders.push_back(std::move(sender));
    }
    return set;
}

Result<> may_receive(const State& state, const SourceId& id) {
    const auto* source = state.find(id);
    if (source == nullptr) return fail(ErrorKind::not_found, "watch.logs.unknown_source");
    if (source->retired) return fail(ErrorKind::conflict, "watch.logs.retired");
    if (state.agreement_of(source->member) == nullptr)
        return fail(ErrorKind::conflict, "watch.logs.no_agreement");
    return {};
}

Result<> may_send(const State& state, const Principal& by, const SourceId& id) {
    const auto* source = state.find(id);
    if (source == nullptr) return fail(ErrorKind::not_found, "watch.logs.unknown_source");
    if (!shares_for(by, source->member)) return fail(ErrorKind::forbidden, "watch.logs.not_yours");
    TRY(may_receive(state, id));
    // Two who number the same lines would pass over each other's.
    if (source->is_received_here) return fail(ErrorKind::conflict, "watch.logs.received_here");
    return {};
}

Result<BatchReceived> receive(const State& state, const Batch& batch) {
    const auto* source = state.find(batch.source);
    if (source == nullptr) return fail(ErrorKind::not_found, "watch.logs.unknown_source");
    if (batch.first_line < source->next_line ||
        (batch.first_line > source->next_line && !batch.after_a_gap))
        return fail(ErrorKind::conflict, "watch.logs.out_of_order",
                    {{"expected", std::to_string(source->next_line)}});
    return BatchReceived{batch.source,
                         batch.first_line,
                         batch.lines,
                         batch.bytes,
                         batch.first_line - source->next_line,
                         batch.sha256,
                         batch.earliest,
                         batch.latest};
}

// ---- the room ------------------------------------------------------------------------------

Logs::Logs(journal::Journal& journal, const council::Council& council) : council_(council) {
    pending_.attach(journal.pending());
    published_.attach(journal.published());
    journal.add_timer({[this] { return next_due(); },
                       [this](journal::Recorder& recorder) { return fire(recorder); }});
}

std::string Logs::stream_of(const SourceId& source) { return "watch/logs/sources/" + source.text; }
std::string Logs::stream_of_agreement(const OrganisationId& member) {
    return "watch/logs/agreements/" + member.text;
}

// The member and those whom its agreement names; nobody else learns even that it shares.
Visibility Logs::visibility_of(const OrganisationId& member) const {
    Visibility visibility{Tlp::amber_strict, {member}, {}};
    if (const auto* agreement = pending_.agreement_of(member))
        for (const auto& organisation : agreement->made.may_look)
            visibility.organisations.push_back(organisation);
    std::ranges::sort(visibility.organisations);
    visibility.organisations.erase(std::ranges::unique(visibility.organisations).begin(),
                                   visibility.organisations.end());
    return visibility;
}

template <class Body>
void Logs::record(journal::Recorder& recorder, std::string stream, const OrganisationId& member,
                  const Body& body) {
    journal::record(recorder, journal::Place{std::move(stream), visibility_of(member), {}, {}, {}},
                    body);
}

Result<> Logs::agree(journal::Recorder& recorder, const OrganisationId& member,
                     const AgreementDraft& draft) {
    TRY_LET(const auto made, logs::agree(council_.state(), member, draft));
    record(recorder, stream_of_agreement(member), member, made);
    return {};
}

Result<> Logs::withdraw(journal::Recorder& recorder, const Principal& by,
                        const OrganisationId& member, std::string_view reason) {
    TRY_LET(const auto withdrawn, logs::withdraw(pending_, by, council_.state(), member, reason));
    record(recorder, stream_of_agreement(member), member, withdrawn);
    return {};
}

Result<SourceId> Logs::register_source(journal::Recorder& recorder, const Principal& by,
                                       const SourceDraft& draft) {
    SourceId id{recorder.random().identifier()};
    TRY_LET(const auto source, logs::register_source(pending_, council_.state(), by, id, draft));
    record(recorder, stream_of(id), draft.member, source);
    return id;
}

Result<> Logs::retire(journal::Recorder& recorder, const Principal& by, const SourceId& id) {
    const auto* source = pending_.find(id);
    if (source == nullptr) return fail(ErrorKind::not_found, "watch.logs.unknown_source");
    if (!shares_for(by, source->member) && !keeps_the_port(by, council_.state()))
        return fail(ErrorKind::forbidden, "watch.logs.not_yours");
    if (source->retired) return {};
    record(recorder, stream_of(id), source->member, SourceRetired{id});
    return {};
}

Result<> Logs::set_senders(journal::Recorder& recorder, const Principal& by, const SourceId& id,
                           const SendersDraft& draft) {
    TRY_LET(const auto set, logs::set_senders(pending_, council_.state(), by, id, draft));
    record(recorder, stream_of(id), pending_.find(id)->member, set);
    return {};
}

Result<> Logs::receive_here(journal::Recorder& recorder, const Batch& batch) {
    TRY(may_receive(pending_, batch.source));
    TRY_LET(const auto received, logs::receive(pending_, batch));
    record(recorder, stream_of(batch.source), pending_.find(batch.source)->member, received);
    return {};
}

Result<> Logs::receive(journal::Recorder& recorder, const Principal& by, const Batch& batch) {
    TRY(may_send(pending_, by, batch.source));
    TRY_LET(const auto received, logs::receive(pending_, batch));
    record(recorder, stream_of(batch.source), pending_.find(batch.source)->member, received);
    return {};
}

std::optional<Instant> Logs::next_due() const {
    std::optional<Instant> due;
    const auto take = [&](std::optional<Instant> one) {
        if (one && (!due || *one < *due)) due = one;
    };
    for (const auto& [id, source] : pending_.sources()) {
        take(source.silence_due());
        if (pending_.agreement_of(source.member) != nullptr) take(expiry_due(source));
    }
    return due;
}

Result<> Logs::fire(journal::Recorder& recorder) {
    const auto now = recorder.now();
    std::vector<std::pair<const Source*, std::optional<Instant>>> due;  // silence, or expiry before
    for (const auto& [id, source] : pending_.sources()) {
        if (const auto silence = source.silence_due(); silence && *silence <= now)
            due.emplace_back(&source, std::nullopt);
        const auto* agreement = pending_.agreement_of(source.member);
        if (const auto expiry = expiry_due(source);
            agreement != nullptr && expiry && *expiry <= now)
            due.emplace_back(&source, now - std::chrono::days{agreement->made.retention_days});
    }
    for (const auto& [source, before] : due) {
        if (before)
            record(recorder, stream_of(source->id), source->member,
                   LinesExpired{source->id, *before});
        else
            record(recorder, stream_of(source->id), source->member,
                   SourceFellSilent{source->id, *source->heard_at});
    }
    return {};
}

}  // namespace noroshi::watch::logs
