#include "respond/notices/notices_alternatives.h"

#include <algorithm>
#include <tuple>

#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "prepare/council/council_view.h"

namespace noroshi::respond::notices {

namespace {

template <class Tag>
Id<Tag> id_in(std::string_view stream) {
    return Id<Tag>{std::string(stream.substr(stream.rfind('/') + 1))};
}

std::unexpected<Error> too_many(std::size_t limit, std::string pointer) {
    return invalid("respond.notices.too_many", std::move(pointer),
                   {{"limit", std::to_string(limit)}});
}

// Text that may be left out.
Result<std::string> some_text(std::string_view text, std::size_t most, std::string pointer) {
    if (i18n::trimmed(text).empty()) return std::string();
    return checked_text(text, most, std::move(pointer));
}

Result<> check_manager(const council::State& council, const Principal& by) {
    if (is_of_port_manager(council, by)) return {};
    return fail(ErrorKind::forbidden, "respond.notices.not_port_manager");
}

// UN/LOCODE: two letters of the country and three letters or digits 2–9.
bool is_locode(std::string_view code) {
    if (code.size() != 5) return false;
    return std::ranges::all_of(code.substr(0, 2), [](char c) { return c >= 'A' && c <= 'Z'; }) &&
           std::ranges::all_of(code.substr(2), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '9');
           });
}

}  // namespace

std::string Alternatives::stream_of(const PartnerId& id) {
    return "respond/notices/partners/" + id.text;
}
std::string Alternatives::stream_of(const DiversionId& id) {
    return "respond/notices/diversions/" + id.text;
}

// ---- state ---------------------------------------------------------------------------------

DiversionStage AlternativeState::Diversion::stage() const {
    if (ended) return DiversionStage::ended;
    if (agreed) return DiversionStage::agreed;
    return offered ? DiversionStage::offered : DiversionStage::requested;
}
WaitsFor AlternativeState::Diversion::waits_for() const {
    switch (stage()) {
    case DiversionStage::requested: return WaitsFor::partner;
    case DiversionStage::offered: return WaitsFor::us;
    case DiversionStage::agreed:
    case DiversionStage::ended: break;
    }
    return WaitsFor::nobody;
}
std::optional<Instant> AlternativeState::Diversion::due() const {
    if (stage() == DiversionStage::requested) return requested.answer_by;
    if (stage() == DiversionStage::offered) return offered->valid_until;
    return {};
}

void AlternativeState::attach(journal::Listeners& side) {
    using journal::Envelope;
    using journal::World;
    journal::listen_live<PartnerKept>(side, [this](journal::Live<PartnerKept> fact) {
        auto& one = partners_[id_in<PartnerTag>(fact.at.stream)];
        one.kept = fact.body;
        one.version = fact.at.stream_version;
    });
    const auto at = [this](const Envelope& envelope) -> Diversion* {
        const auto found = diversions_.find(id_in<DiversionTag>(envelope.stream));
        if (found == diversions_.end()) return nullptr;
        found->second.version = envelope.stream_version;
        found->second.changed_at = envelope.event_time;
        return &found->second;
    };
    journal::listen_any<DiversionRequested>(
        side, [this](const World& world, const DiversionRequested& fact, const Envelope& envelope) {
            auto& one = diversions_[id_in<DiversionTag>(envelope.stream)];
            one.world = world;
            one.visibility = envelope.visibility;
            one.requested = fact;
            one.requested_at = one.changed_at = envelope.event_time;
            one.version = envelope.stream_version;
        });
    journal::listen_any<DiversionOffered>(
        side, [at](const World&, const DiversionOffered& fact, const Envelope& envelope) {
            if (auto* one = at(envelope)) one->offered = fact;
        });
    journal::listen_any<DiversionAgreed>(
        side, [at](const World&, const DiversionAgreed& fact, const Envelope& envelope) {
            if (auto* one = at(envelope)) one->agreed = fact;
        });
    journal::listen_any<DiversionEnded>(
        side, [at](const World&, const DiversionEnded& fact, const Envelope& envelope) {
            if (auto* one = at(envelope)) one->ended = fact;
        });
    side.on_reset([this] {
        partners_.clear();
        diversions_.clear();
    });
}

const AlternativeState::Partner* AlternativeState::find(const PartnerId& id) const {
    const auto found = partners_.find(id);
    return found == partners_.end() ? nullptr : &found->second;
}
const AlternativeState::Diversion* AlternativeState::find(const DiversionId& id) const {
    const auto found = diversions_.find(id);
    return found == diversions_.end() ? nullptr : &found->second;
}

// ---- decisions -----------------------------------------------------------------------------

Result<PartnerKept> partner_of(const PartnerRequest& request, const PersonId& holder, Instant now) {
    using i18n::Empty;
    PartnerKept fact;
    TRY_LET(fact.name, i18n::line(request.name, title_limit, "/name"));
    TRY_LET(fact.name_en, i18n::line(request.name_en, title_limit, "/name_en", Empty::allowed));
    TRY_LET(fact.locode, i18n::line(request.locode, 5, "/locode", Empty::allowed));
    if (!fact.locode.empty() && !is_locode(fact.locode))
        return invalid("respond.notices.not_a_locode", "/locode");
    if (request.contacts.size() > contacts_limit) return too_many(contacts_limit, "/contacts");
    for (std::size_t i = 0; i < request.contacts.size(); ++i) {
        const auto& in = request.contacts[i];
        const std::string at = "/contacts/" + std::to_string(i);
        PartnerContact contact;
        TRY_LET(contact.office, i18n::line(in.office, title_limit, at + "/office"));
        TRY_LET(auto who, i18n::line(in.who, title_limit, at + "/who", Empty::allowed));
        contact.who = Personal{holder, std::move(who)};
        TRY_LET(contact.phone, i18n::line(in.phone, 50, at + "/phone", Empty::allowed));
        TRY_LET(contact.email, i18n::line(in.email, 254, at + "/email", Empty::allowed));
        TRY_LET(contact.hours, i18n::line(in.hours, title_limit, at + "/hours", Empty::allowed));
        if (contact.phone.empty() && contact.email.empty())
            return invalid("respond.notices.desk_unreachable", at + "/phone");
        fact.contacts.push_back(std::move(contact));
    }
    if (request.agreement) {
        Agreement agreement = *request.agreement;
        TRY_LET(agreement.title,
                i18n::line(request.agreement->title, title_limit, "/agreement/title"));
        TRY_LET(agreement.conditions,
                some_text(request.agreement->conditions, body_limit, "/agreement/conditions"));
        if (agreement.reviewed_at > now)
            return invalid("respond.notices.in_the_future", "/agreement/reviewed_at");
        fact.agreement = std::move(agreement);
    }
    fact.capacity = request.capacity;
    fact.retired = request.retired;
    return fact;
}

std::vector<ReadinessItem> readiness_of(const PartnerKept& partner, Instant now,
                                        Language language) {
    std::vector<ReadinessItem> items;
    const auto missing = [&](const std::string& key, Severity severity) {
        const std::string name =
            language == Language::en && !partner.name_en.empty() ? partner.name_en : partner.name;
        items.push_back(
            {key, severity,
             i18n::text(language, "respond.notices.readiness." + key, {{"name", name}})});
    };
    if (!partner.agreement) {
        missing("partner_without_agreement", Severity::warning);
    } else {
        const auto& until = partner.agreement->valid_until;
        if (until && *until <= now)
            missing("agreement_lapsed", Severity::error);
        else if (until && *until <= now + lapses_soon)
            missing("agreement_lapses", Severity::warning);
        if (partner.agreement->reviewed_at + review_every <= now)
            missing("agreement_not_reviewed", Severity::warning);
    }
    if (std::ranges::none_of(partner.contacts,
                             [](const PartnerContact& one) { return !one.phone.empty(); }))
        missing("partner_without_phone", Severity::warning);
    return items;
}

namespace {

Result<DivertedCall> call_of(const DivertedCall& in, const std::string& at, Instant now) {
    using i18n::Empty;
    DivertedCall call = in;
    TRY_LET(call.vessel, i18n::line(in.vessel, title_limit, at + "/vessel"));
    TRY_LET(call.voyage, i18n::line(in.voyage, 50, at + "/voyage", Empty::allowed));
    TRY_LET(call.line, i18n::line(in.line, title_limit, at + "/line", Empty::allowed));
    TRY_LET(call.needs, some_text(in.needs, reason_limit, at + "/needs"));
    TRY(check_moment(call.arrives_at, now, at + "/arrives_at"));
    return call;
}

// One that is still open, of which this person may know.
Result<const AlternativeState::Diversion*> open_one(const Ground& ground,
                                                    const AlternativeState& known,
                                                    const DiversionId& id, const Principal& by) {
    TRY(check_manager(ground.council, by));
    const auto* one = known.find(id);
    if (one == nullptr || !may_see(by.viewer, *one->visibility))
        return fail(ErrorKind::not_found, "respond.notices.unknown_diversion");
    if (one->ended) return fail(ErrorKind::conflict, "respond.notices.diversion_over");
    return one;
}

journal::Place place_of(const Ground& ground, const DiversionId& id,
                        const AlternativeState::Diversion& one, Version version) {
    return {Alternatives::stream_of(id), *one.visibility, one.world,
            ground.incidents.now_in(one.world, ground.now), version};
}

}  // namespace

Result<Decided<DiversionRequested>> request_diversion(const Ground& ground,
                                                      const AlternativeState& known,
                                                      const DiversionId& id,
                                                      const DiversionRequest& request,
                                                      const Principal& by) {
    TRY(check_manager(ground.council, by));
    const auto* about = ground.incidents.find(request.incident);
    if (about == nullptr || !may_see(by.viewer, *about->visibility))
        return fail(ErrorKind::not_found, "respond.notices.unknown_incident", {}, "/incident");
    const auto* partner = known.find(request.partner);
    if (partner == nullptr || partner->kept.retired)
        return invalid("respond.notices.unknown_partner", "/partner");
    const Instant now = ground.incidents.now_in(about->world, ground.now);
    DiversionRequested fact;
    fact.number = static_cast<std::uint32_t>(known.diversions().size() + 1);
    fact.incident = request.incident;
    fact.partner = request.partner;
    if (request.calls.empty()) return invalid("respond.notices.calls_missing", "/calls");
    if (request.calls.size() > calls_limit) return too_many(calls_limit, "/calls");
    for (std::size_t i = 0; i < request.calls.size(); ++i) {
        TRY_LET(auto call, call_of(request.calls[i], "/calls/" + std::to_string(i), now));
        fact.calls.push_back(std::move(call));
    }
    TRY_LET(fact.text, some_text(request.text, body_limit, "/text"));
    if (request.answer_by && *request.answer_by <= now)
        return invalid("respond.notices.in_the_past", "/answer_by");
    TRY(check_moment(request.answer_by, now, "/answer_by"));
    fact.answer_by = request.answer_by;
    return Decided<DiversionRequested>{
        {Alternatives::stream_of(id), *about->visibility, about->world, now, {}}, std::move(fact)};
}

Result<Decided<DiversionOffered>> take_offer(const Ground& ground, const AlternativeState& known,
                                             const DiversionId& id, const OfferRequest& request,
                                             const Principal& by, Version version) {
    TRY_LET(const auto* one, open_one(ground, known, id, by));
    const Instant now = ground.incidents.now_in(one->world, ground.now);
    if (one->agreed) return fail(ErrorKind::conflict, "respond.notices.diversion_agreed_already");
    DiversionOffered fact;
    if (request.offers.empty()) return invalid("respond.notices.calls_missing", "/offers");
    for (std::size_t i = 0; i < request.offers.size(); ++i) {
        const auto& in = request.offers[i];
        const std::string at = "/offers/" + std::to_string(i);
        if (in.call < 1 || in.call > one->requested.calls.size() ||
            std::ranges::find(fact.offers, in.call, &OfferedCall::call) != fact.offers.end())
            return invalid("respond.notices.unknown_call", at + "/call");
        OfferedCall offer = in;
        TRY_LET(offer.conditions, some_text(in.conditions, reason_limit, at + "/conditions"));
        TRY(check_moment(offer.berth_from, now, at + "/berth_from"));
        TRY(check_moment(offer.berth_until, now, at + "/berth_until"));
        if (offer.berth_from && offer.berth_until && *offer.berth_until <= *offer.berth_from)
            return invalid("respond.notices.ends_before_it_begins", at + "/berth_until");
        fact.offers.push_back(std::move(offer));
    }
    TRY_LET(fact.text, some_text(request.text, body_limit, "/text"));
    TRY(check_moment(request.valid_until, now, "/valid_until"));
    fact.valid_until = request.valid_until;
    return Decided<DiversionOffered>{place_of(ground, id, *one, version), std::move(fact)};
}

Result<Decided<DiversionAgreed>> agree_calls(const Ground& ground, const AlternativeState& known,
                                             const DiversionId& id, const AgreeRequest& request,
                                             const Principal& by, Version version) {
    TRY_LET(const auto* one, open_one(ground, known, id, by));
    if (!one->offered) return fail(ErrorKind::conflict, "respond.notices.nothing_offered");
    const Instant now = ground.incidents.now_in(one->world, ground.now);
    if (one->offered->valid_until && *one->offered->valid_until <= now)
        return fail(ErrorKind::conflict, "respond.notices.offer_lapsed");
    DiversionAgreed fact;
    if (request.calls.empty()) return invalid("respond.notices.calls_missing", "/calls");
    for (std::size_t i = 0; i < request.calls.size(); ++i) {
        const auto call = request.calls[i];
        if (std::ranges::find(one->offered->offers, call, &OfferedCall::call) ==
                one->offered->offers.end() ||
            std::ranges::find(fact.calls, call) != fact.calls.end())
            return invalid("respond.notices.unknown_call", "/calls/" + std::to_string(i));
        fact.calls.push_back(call);
    }
    std::ranges::sort(fact.calls);
    TRY_LET(fact.text, some_text(request.text, reason_limit, "/text"));
    return Decided<DiversionAgreed>{place_of(ground, id, *one, version), std::move(fact)};
}

Result<Decided<DiversionEnded>> end_diversion(const Ground& ground, const AlternativeState& known,
                                              const DiversionId& id, const EndRequest& request,
                                              const Principal& by, Version version) {
    TRY_LET(const auto* one, open_one(ground, known, id, by));
    if (request.why == DiversionEnding::done && !one->agreed)
        return fail(ErrorKind::conflict, "respond.notices.nothing_agreed", {}, "/why");
    DiversionEnded fact{request.why, {}};
    TRY_LET(fact.text, some_text(request.text, reason_limit, "/text"));
    return Decided<DiversionEnded>{place_of(ground, id, *one, version), std::move(fact)};
}

// ---- the room's part -----------------------------------------------------------------------

Alternatives::Alternatives(journal::Journal& journal, const council::Council& council)
    : council_(council) {
    pending_.attach(journal.pending());
    published_.attach(journal.published());
}

Result<PartnerItems> Alternatives::partners(const Principal& reader, Instant now) const {
    TRY(check_manager(council_.view(), reader));
    PartnerItems list;
    for (const auto& [id, one] : published_.partners()) {
        PartnerItem item{
            id, one.version,        one.kept.name,     one.kept.name_en, one.kept.locode,
            {}, one.kept.agreement, one.kept.capacity, one.kept.retired, {}};
        for (const auto& contact : one.kept.contacts)
            item.contacts.push_back({contact.office, contact.who.erased ? "" : contact.who.text,
                                     contact.phone, contact.email, contact.hours});
        if (!one.kept.retired) item.readiness = readiness_of(one.kept, now, reader.language);
        list.items.push_back(std::move(item));
    }
    std::ranges::sort(list.items, [](const PartnerItem& a, const PartnerItem& b) {
        return std::tie(a.retired, a.name, a.id) < std::tie(b.retired, b.name, b.id);
    });
    return list;
}

Result<DiversionItems> Alternatives::diversions(const Principal& reader,
                                                const IncidentId& incident) const {
    TRY(check_manager(council_.view(), reader));
    DiversionItems list;
    for (const auto& [id, one] : published_.diversions()) {
        if (!may_see(reader.viewer, *one.visibility)) continue;
        if (!incident.empty() && one.requested.incident != incident) continue;
        DiversionItem item;
        item.id = id;
        item.version = one.version;
        item.number = one.requested.number;
        item.drill = !one.world.is_live();
        item.incident = one.requested.incident;
        item.partner = one.requested.partner;
        item.stage = one.stage();
        item.waits_for = one.waits_for();
        item.due = one.due();
        item.requested_at = one.requested_at;
        item.changed_at = one.changed_at;
        item.calls = one.requested.calls;
        item.text = one.requested.text;
        if (one.offered) {
            item.offers = one.offered->offers;
            item.offer_text = one.offered->text;
        }
        if (one.agreed) {
            item.agreed = one.agreed->calls;
            item.agreed_text = one.agreed->text;
        }
        if (one.ended) {
            item.ending = one.ended->why;
            item.ended_text = one.ended->text;
        }
        if (item.waits_for != WaitsFor::nobody) ++list.waiting;
        list.items.push_back(std::move(item));
    }
    std::ranges::sort(list.items, [](const DiversionItem& a, const DiversionItem& b) {
        const auto rank = [](const DiversionItem& one) {
            return one.stage == DiversionStage::ended  ? 2
                   : one.waits_for == WaitsFor::nobody ? 1
                                                       : 0;
        };
        // Without a deadline whoever was asked first has kept us waiting longest.
        const auto due = [](const DiversionItem& one) { return one.due.value_or(one.changed_at); };
        if (rank(a) != rank(b)) return rank(a) < rank(b);
        if (rank(a) == 0) return std::tuple(due(a), a.number) < std::tuple(due(b), b.number);
        return a.number > b.number;
    });
    return list;
}

std::vector<ReadinessItem> Alternatives::readiness(Instant now, Language language) const {
    std::vector<ReadinessItem> items;
    bool any = false;
    for (const auto& [id, one] : published_.partners()) {
        if (one.kept.retired) continue;
        any = true;
        std::ranges::move(readiness_of(one.kept, now, language), std::back_inserter(items));
    }
    if (!any)
        items.push_back({"no_partner", Severity::warning,
                         i18n::text(language, "respond.notices.readiness.no_partner")});
    return items;
}

Result<PartnerId> Alternatives::keep(journal::Recorder& recorder,
                                     const std::optional<PartnerId>& id,
                                     const PartnerRequest& request, const Principal& by,
                                     Version version) {
    TRY(check_manager(council_.state(), by));
    PartnerId of = id ? *id : PartnerId{recorder.random().identifier()};
    const auto* before = pending_.find(of);
    if (id && before == nullptr)
        return fail(ErrorKind::not_found, "respond.notices.unknown_partner");
    const auto holder = [&](std::uint64_t number) {
        return PersonId{"partner/" + of.text + "/" + std::to_string(number)};
    };
    const auto last = before == nullptr ? 0 : before->version;
    TRY_LET(auto fact, partner_of(request, holder(last + 1), recorder.now()));
    journal::record(recorder,
                    journal::Place{stream_of(of), Visibility{Tlp::green, {}, {}}, {}, {}, version},
                    fact);
    // Names that were taken off the list are not kept.
    if (last > 0) recorder.erase_person_key(holder(last));
    return of;
}

Result<DiversionId> Alternatives::request(journal::Recorder& recorder, const Ground& ground,
                                          const DiversionRequest& request, const Principal& by) {
    DiversionId id{recorder.random().identifier()};
    TRY_LET(auto decided, request_diversion(ground, pending_, id, request, by));
    journal::record(recorder, decided.place, decided.body);
    return id;
}

}  // namespace noroshi::respond::notices
