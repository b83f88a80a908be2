#include "learn/records/records.h"

#include <algorithm>

#include "kernel/i18n/line.h"
#include "kernel/journal/disposal_facts.h"
#include "kernel/journal/due.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "kernel/journal/record_classes.h"

namespace noroshi::learn::records {

namespace {

constexpr std::size_t most_records = 1000;
constexpr std::size_t in_one_fact = 2000;

// Records are kept by the port manager; what is decided about them is for those who keep them.
journal::Place place_of(const char* kind, const std::string& id, const PersonId& by,
                        const prepare::council::Council& council) {
    Visibility visibility{Tlp::amber_strict, {}, {}};
    if (const auto person = council.state().find_person(by);
        person && !person->organisation.empty())
        visibility.organisations.push_back(person->organisation);
    return {std::string("learn/records/") + kind + "/" + id, std::move(visibility), {}, {}, {}};
}

std::unexpected<Error> unknown(const char* key) { return fail(ErrorKind::not_found, key); }

template <class Map>
auto pointers(const Map& map) {
    std::vector<const typename Map::mapped_type*> all;
    for (const auto& [id, one] : map) all.push_back(&one);
    return all;
}

Item* item_in(std::map<std::string, Request>& requests, const std::string& request,
              std::uint32_t number) {
    auto& items = requests[request].items;
    const auto found = std::ranges::find(items, number, &Item::number);
    return found == items.end() ? nullptr : &*found;
}

}  // namespace

// ---- State ---------------------------------------------------------------------------------

void State::attach(journal::Listeners& side) {
    using journal::Live;
    const auto by = [](const journal::Envelope& at) { return PersonId{std::string(at.actor)}; };
    journal::listen_live<HoldPlaced>(side, [this, by](Live<HoldPlaced> fact) {
        holds_[fact.body.hold] = {fact.body.hold, fact.body.record, fact.body.reason, by(fact.at),
                                  fact.at.entry_time};
    });
    journal::listen_live<HoldLifted>(
        side, [this](Live<HoldLifted> fact) { holds_.erase(fact.body.hold); });
    journal::listen_live<DisposalProposed>(side, [this, by](Live<DisposalProposed> fact) {
        disposals_[fact.body.disposal] = {fact.body.disposal,
                                          fact.body.records,
                                          fact.body.reason,
                                          by(fact.at),
                                          fact.at.entry_time,
                                          DisposalState::proposed,
                                          {},
                                          {},
                                          0};
    });
    journal::listen_live<DisposalApproved>(side, [this, by](Live<DisposalApproved> fact) {
        auto& disposal = disposals_[fact.body.disposal];
        disposal.state = DisposalState::approved;
        disposal.decided_by = by(fact.at);
        disposal.decided_at = fact.at.entry_time;
        disposal.facts = fact.body.facts;
    });
    journal::listen_live<DisposalRejected>(side, [this, by](Live<DisposalRejected> fact) {
        auto& disposal = disposals_[fact.body.disposal];
        disposal.state = DisposalState::rejected;
        disposal.decided_by = by(fact.at);
        disposal.decided_at = fact.at.entry_time;
    });
    journal::listen_live<RecordMarked>(side, [this, by](Live<RecordMarked> fact) {
        const auto& body = fact.body;
        marks_[body.mark] = {body.mark,       body.incident, body.entry,        body.provider,
                             body.conditions, by(fact.at),   fact.at.entry_time};
    });
    journal::listen_live<DisclosureAsked>(side, [this, by](Live<DisclosureAsked> fact) {
        const auto& body = fact.body;
        requests_[body.request] = {body.request, body.reference, body.subject, body.received_at,
                                   body.due,     by(fact.at),    {},           {}};
    });
    journal::listen_live<DisclosureItemFound>(side, [this](Live<DisclosureItemFound> fact) {
        const auto& body = fact.body;
        requests_[body.request].items.push_back(
            {body.item, body.incident, body.entry, body.provider, {}, {}, {}, {}});
    });
    journal::listen_live<ThirdPartyAsked>(side, [this](Live<ThirdPartyAsked> fact) {
        if (auto* item = item_in(requests_, fact.body.request, fact.body.item))
            item->hearings.push_back({fact.body.organisation, fact.body.until, {}, {}});
    });
    journal::listen_live<ThirdPartyHeard>(side, [this](Live<ThirdPartyHeard> fact) {
        auto* item = item_in(requests_, fact.body.request, fact.body.item);
        if (item == nullptr) return;
        for (auto& hearing : item->hearings)
            if (hearing.organisation == fact.body.organisation) {
                hearing.objects = fact.body.objects;
                hearing.opinion = fact.body.opinion;
            }
    });
    journal::listen_live<ItemDecided>(side, [this](Live<ItemDecided> fact) {
        if (auto* item = item_in(requests_, fact.body.request, fact.body.item)) {
            item->decision = fact.body.decision;
            item->ground = fact.body.ground;
            item->blacked = fact.body.blacked;
        }
    });
    journal::listen_live<DisclosureClosed>(side, [this](Live<DisclosureClosed> fact) {
        requests_[fact.body.request].closed_at = fact.at.entry_time;
    });
    side.on_reset([this] {
        holds_.clear();
        disposals_.clear();
        marks_.clear();
        requests_.clear();
    });
}

std::vector<const Hold*> State::holds() const {
    auto all = pointers(holds_);
    std::ranges::sort(all, {}, &Hold::at);
    return all;
}
std::vector<const Disposal*> State::disposals() const {
    auto all = pointers(disposals_);
    std::ranges::sort(all, std::ranges::greater{}, &Disposal::proposed_at);
    return all;
}
std::vector<const Request*> State::requests() const {
    auto all = pointers(requests_);
    std::ranges::sort(all, {}, &Request::due);
    return all;
}
std::vector<const Mark*> State::marks_of(const IncidentId& incident) const {
    auto all = pointers(marks_);
    std::erase_if(all, [&](const Mark* one) { return one->incident != incident; });
    std::ranges::sort(all, {}, &Mark::at);
    return all;
}
const Hold* State::find_hold(const std::string& id) const {
    const auto found = holds_.find(id);
    return found == holds_.end() ? nullptr : &found->second;
}
const Disposal* State::find_disposal(const std::string& id) const {
    const auto found = disposals_.find(id);
    return found == disposals_.end() ? nullptr : &found->second;
}
const Request* State::find_request(const std::string& id) const {
    const auto found = requests_.find(id);
    return found == requests_.end() ? nullptr : &found->second;
}
const Mark* State::mark_of(const IncidentId& incident, std::uint32_t entry) const {
    const Mark* whole = nullptr;
    for (const auto& [id, mark] : marks_) {
        if (mark.incident != incident) continue;
        if (mark.entry == entry) return &mark;
        if (!mark.entry) whole = &mark;
    }
    return whole;
}

// ---- holds and disposal ---------------------------------------------------------------------

Records::Records(journal::Journal& journal, const prepare::council::Council& council,
                 const respond::incident::Incident& incident, std::string zone)
    : journal_(journal), council_(council), incident_(incident), zone_(std::move(zone)) {
    pending_.attach(journal.pending());
    published_.attach(journal.published());
}

Result<std::string> Records::hold(journal::Recorder& recorder, std::string_view record,
                                  std::string_view reason) {
    TRY_LET(auto name, i18n::line(record, 300, "/record"));
    TRY_LET(auto why, i18n::line(reason, 500, "/reason"));
    if (recorder.version_of(name) == 0)
        return invalid("learn.records.unknown_record", "/record", {{"record", name}});
    const auto id = recorder.random().identifier();
    journal::record(recorder, place_of("holds", id, PersonId{recorder.actor()}, council_),
                    HoldPlaced{id, std::move(name), std::move(why)});
    return id;
}

Result<> Records::lift(journal::Recorder& recorder, const std::string& hold) {
    if (pending_.find_hold(hold) == nullptr) return unknown("learn.records.unknown_hold");
    journal::record(recorder, place_of("holds", hold, PersonId{recorder.actor()}, council_),
                    HoldLifted{hold});
    return {};
}

namespace {

Result<> check_due(const std::vector<RecordItem>& stock, const std::string& record,
                   const std::string& pointer) {
    bool known = false;
    for (const auto& item : stock) {
        if (item.record != record) continue;
        known = true;
        if (item.hold)
            return fail(ErrorKind::conflict, "learn.records.held",
                        {{"record", record}, {"reason", *item.hold}}, pointer);
        if (!item.due)
            return fail(ErrorKind::conflict, "learn.records.not_due",
                        {{"record", record}, {"until", format_rfc3339(item.kept_until)}}, pointer);
    }
    if (!known) return invalid("learn.records.unknown_record", pointer, {{"record", record}});
    return {};
}

// Words of 64 hex digits: what may name a blob.
void find_digests(std::string_view text, std::set<std::string>& digests) {
    std::size_t run = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        const char c = i < text.size() ? text[i] : '"';
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) {
            ++run;
            continue;
        }
        if (run == 64) digests.emplace(text.substr(i - 64, 64));
        run = 0;
    }
}

}  // namespace

Result<Taken> gather(store::Reader& reader, const std::vector<std::string>& records,
                     const std::string& zone, Instant now) {
    const std::set<std::string> wanted(records.begin(), records.end());
    Inventory inventory(zone);
    Taken taken;
    std::set<std::string> theirs;
    std::set<std::string> others;
    TRY(reader.facts(1, [&](const journal::Fact& fact) {
        inventory.add(fact);
        if (!wanted.contains(fact.stream)) {
            find_digests(fact.body, others);
        } else if (!fact.body.empty()) {
            taken.sequences.push_back(fact.sequence);
            taken.hashes.push_back(journal::hex_of(fact.hash));
            find_digests(fact.body, theirs);
        }
        return true;
    }));
    const auto stock = inventory.items(now);
    for (std::size_t i = 0; i < records.size(); ++i)
        TRY(check_due(stock, records[i], "/records/" + std::to_string(i)));
    std::ranges::set_difference(theirs, others, std::back_inserter(taken.blobs));
    return taken;
}

Result<std::string> Records::propose(journal::Recorder& recorder,
                                     const std::vector<RecordItem>& stock,
                                     const std::vector<std::string>& records,
                                     std::string_view reason) {
    if (records.empty() || records.size() > most_records)
        return invalid("learn.records.how_many", "/records",
                       {{"most", std::to_string(most_records)}});
    TRY_LET(auto why, i18n::line(reason, 500, "/reason"));
    for (std::size_t i = 0; i < records.size(); ++i)
        TRY(check_due(stock, records[i], "/records/" + std::to_string(i)));
    const auto id = recorder.random().identifier();
    journal::record(recorder, place_of("disposals", id, PersonId{recorder.actor()}, council_),
                    DisposalProposed{id, records, std::move(why)});
    return id;
}

Result<> Records::approve(journal::Recorder& recorder, const Principal& by,
                          const std::string& disposal, const Taken& taken) {
    const auto* found = pending_.find_disposal(disposal);
    if (found == nullptr) return unknown("learn.records.unknown_disposal");
    if (found->state != DisposalState::proposed)
        return fail(ErrorKind::conflict, "learn.records.decided_already");
    if (found->proposed_by == by.person)
        return fail(ErrorKind::forbidden, "learn.records.two_people");
    for (const auto* hold : pending_.holds())
        if (std::ranges::count(found->records, hold->record) > 0)
            return fail(ErrorKind::conflict, "learn.records.held",
                        {{"record", hold->record}, {"reason", hold->reason}});
    if (approved_)
        TRY(approved_(by.organisation, prepare::council::ApprovalSubject::disposal, disposal));
    const auto place = place_of("disposals", disposal, by.person, council_);
    journal::record(recorder, place, DisposalApproved{disposal, taken.sequences.size()});
    // What the journal has to know to go on verifying; in parts, as an incident has many entries.
    for (std::size_t from = 0; from < taken.sequences.size(); from += in_one_fact) {
        const auto to = std::min(from + in_one_fact, taken.sequences.size());
        journal::RecordsDisposed part{disposal, {}, {}, {}};
        part.sequences.assign(taken.sequences.begin() + static_cast<std::ptrdiff_t>(from),
                              taken.sequences.begin() + static_cast<std::ptrdiff_t>(to));
        part.hashes.assign(taken.hashes.begin() + static_cast<std::ptrdiff_t>(from),
                           taken.hashes.begin() + static_cast<std::ptrdiff_t>(to));
        if (from == 0) part.blobs = taken.blobs;
        journal::record(recorder, {"kernel/journal/disposals", place.visibility, {}, {}, {}}, part);
    }
    return {};
}

Result<> Records::reject(journal::Recorder& recorder, const std::string& disposal,
                         std::string_view reason) {
    const auto* found = pending_.find_disposal(disposal);
    if (found == nullptr) return unknown("learn.records.unknown_disposal");
    if (found->state != DisposalState::proposed)
        return fail(ErrorKind::conflict, "learn.records.decided_already");
    TRY_LET(auto why, i18n::line(reason, 500, "/reason"));
    journal::record(recorder, place_of("disposals", disposal, PersonId{recorder.actor()}, council_),
                    DisposalRejected{disposal, std::move(why)});
    return {};
}

// ---- handed in voluntarily ------------------------------------------------------------------

Result<std::string> Records::mark(journal::Recorder& recorder, const Principal& by,
                                  const IncidentId& incident, std::optional<std::uint32_t> entry,
                                  const OrganisationId& provider, std::string_view conditions) {
    TRY_LET(const auto* card,
            respond::incident::find_visible(incident_.asked(recorder, by), incident));
    if (entry && (*entry == 0 || *entry >= card->next_number() ||
                  !incident_.state().may_see_entry(by.viewer, *card, *entry)))
        return invalid("learn.records.unknown_entry", "/entry",
                       {{"entry", std::to_string(*entry)}});
    if (council_.state().find(provider) == nullptr)
        return invalid("prepare.council.unknown_organisation", "/provider",
                       {{"organisation", provider.text}});
    TRY_LET(auto text, i18n::line(conditions, 500, "/conditions", i18n::Empty::allowed));
    const auto id = recorder.random().identifier();
    // Seen by whom the incident is seen: who reads it must know that it is not to be passed on.
    journal::record(recorder, {"learn/records/marks/" + id, *card->visibility, card->world, {}, {}},
                    RecordMarked{id, incident, entry, provider, std::move(text)});
    return id;
}

// ---- disclosure ----------------------------------------------------------------------------

Result<const Request*> Records::open_request(const std::string& id) const {
    const auto* request = pending_.find_request(id);
    if (request == nullptr) return unknown("learn.records.unknown_request");
    if (request->closed_at) return fail(ErrorKind::conflict, "learn.records.request_closed");
    return request;
}

Result<std::pair<const Request*, const Item*>> Records::item_of(const std::string& request,
                                                                std::uint32_t item) const {
    TRY_LET(const auto* open, open_request(request));
    const auto found = std::ranges::find(open->items, item, &Item::number);
    if (found == open->items.end()) return unknown("learn.records.unknown_item");
    return std::pair{open, &*found};
}

Result<std::string> Records::take_request(journal::Recorder& recorder, std::string_view reference,
                                          std::string_view subject, Instant received_at,
                                          Instant due) {
    TRY_LET(auto number, i18n::line(reference, 100, "/reference"));
    TRY_LET(auto what, i18n::line(subject, 500, "/subject"));
    if (due <= received_at) return invalid("learn.records.due_before", "/due");
    const auto id = recorder.random().identifier();
    journal::record(recorder, place_of("disclosures", id, PersonId{recorder.actor()}, council_),
                    DisclosureAsked{id, std::move(number), std::move(what), received_at, due});
    return id;
}

Result<std::uint32_t> Records::add_items(
    journal::Recorder& recorder, const std::string& request,
    const std::vector<std::pair<IncidentId, std::uint32_t>>& found) {
    TRY_LET(const auto* open, open_request(request));
    auto next = static_cast<std::uint32_t>(open->items.size()) + 1;
    std::set<std::pair<IncidentId, std::uint32_t>> there;
    for (const auto& item : open->items) there.emplace(item.incident, item.entry);
    std::uint32_t added = 0;
    for (const auto& [incident, entry] : found) {
        if (!there.emplace(incident, entry).second) continue;
        std::optional<OrganisationId> provider;
        if (const auto* mark = pending_.mark_of(incident, entry)) provider = mark->provider;
        // Or said so when it was written down.
        if (const auto* card = incident_.state().find(incident); card != nullptr && !provider)
            if (const auto said = card->voluntary.find(entry); said != card->voluntary.end())
                provider = said->second;
        journal::record(recorder,
                        place_of("disclosures", request, PersonId{recorder.actor()}, council_),
                        DisclosureItemFound{request, next++, incident, entry, provider});
        ++added;
    }
    return added;
}

Result<> Records::ask_third_party(journal::Recorder& recorder, const std::string& request,
                                  std::uint32_t item, const OrganisationId& organisation,
                                  Instant until) {
    TRY_LET(const auto found, item_of(request, item));
    if (council_.state().find(organisation) == nullptr)
        return invalid("prepare.council.unknown_organisation", "/organisation",
                       {{"organisation", organisation.text}});
    if (until <= recorder.now()) return invalid("learn.records.hearing_over", "/until");
    if (std::ranges::count(found.second->hearings, organisation, &Hearing::organisation) > 0)
        return fail(ErrorKind::conflict, "learn.records.asked_already");
    journal::record(recorder,
                    place_of("disclosures", request, PersonId{recorder.actor()}, council_),
                    ThirdPartyAsked{request, item, organisation, until});
    return {};
}

Result<> Records::hear(journal::Recorder& recorder, const std::string& request, std::uint32_t item,
                       const OrganisationId& organisation, bool objects, std::string_view opinion) {
    TRY_LET(const auto found, item_of(request, item));
    if (std::ranges::count(found.second->hearings, organisation, &Hearing::organisation) == 0)
        return fail(ErrorKind::conflict, "learn.records.not_asked");
    TRY_LET(auto said, i18n::line(opinion, 2000, "/opinion", i18n::Empty::allowed));
    journal::record(recorder,
                    place_of("disclosures", request, PersonId{recorder.actor()}, council_),
                    ThirdPartyHeard{request, item, organisation, objects, std::move(said)});
    return {};
}

Result<> Records::decide(journal::Recorder& recorder, const std::string& request,
                         std::uint32_t item, Disclosure decision, std::string_view ground,
                         const std::vector<std::string>& blacked) {
    TRY_LET(const auto found, item_of(request, item));
    if (decision != Disclosure::withhold && found.second->provider) {
        const auto hearing = std::ranges::find(found.second->hearings, *found.second->provider,
                                               &Hearing::organisation);
        if (hearing == found.second->hearings.end())
            return fail(ErrorKind::conflict, "learn.records.provider_not_heard");
        if (!hearing->objects && hearing->until > recorder.now())
            return fail(ErrorKind::conflict, "learn.records.hearing_runs",
                        {{"until", format_rfc3339(hearing->until)}});
    }
    // What is not given out needs the article that allows it.
    TRY_LET(auto why, i18n::line(ground, 500, "/ground",
                                 decision == Disclosure::disclose ? i18n::Empty::allowed
                                                                  : i18n::Empty::refused));
    if ((decision == Disclosure::partly) == blacked.empty())
        return invalid("learn.records.blacked", "/blacked");
    for (std::size_t i = 0; i < blacked.size(); ++i)
        TRY(i18n::line(blacked[i], 500, "/blacked/" + std::to_string(i)));
    journal::record(recorder,
                    place_of("disclosures", request, PersonId{recorder.actor()}, council_),
                    ItemDecided{request, item, decision, std::move(why), blacked});
    return {};
}

Result<> Records::close(journal::Recorder& recorder, const Principal& by,
                        const std::string& request) {
    TRY_LET(const auto* open, open_request(request));
    for (const auto& item : open->items)
        if (!item.decision)
            return fail(ErrorKind::conflict, "learn.records.item_open",
                        {{"item", std::to_string(item.number)}});
    if (approved_)
        TRY(approved_(by.organisation, prepare::council::ApprovalSubject::disclosure, request));
    journal::record(recorder, place_of("disclosures", request, by.person, council_),
                    DisclosureClosed{request});
    return {};
}

// ---- erasure -------------------------------------------------------------------------------

Result<> Records::check_erasure(const PersonId& person, Instant now) const {
    TRY_LET(auto reader, journal_.store().reader());
    Instant until{};
    TRY(reader->facts(1, [&](const journal::Fact& fact) {
        if (fact.actor != person.text || fact.body.empty()) return true;
        const auto known =
            fact.exercise.empty() ? journal::class_of(fact.kind) : journal::RecordClass::drill;
        // Who signed in when is no record that names the person for others.
        if (!known || *known == journal::RecordClass::access) return true;
        until = std::max(until, journal::kept_until(fact.entry_time,
                                                    journal::retention_of(*known).years, zone_));
        return true;
    }));
    if (until > now)
        return fail(ErrorKind::conflict, "learn.records.erasure_too_early",
                    {{"until", format_rfc3339(until)}});
    return {};
}

std::string black_out(std::string text, const std::vector<std::string>& blacked) {
    constexpr std::string_view square = "\u25a0";
    for (const auto& word : blacked) {
        if (word.empty()) continue;
        std::string squares;
        const auto length = i18n::length(word).value_or(word.size());
        for (std::size_t i = 0; i < length; ++i) squares += square;
        for (auto at = text.find(word); at != std::string::npos;
             at = text.find(word, at + squares.size()))
            text.replace(at, word.size(), squares);
    }
    return text;
}

}  // namespace noroshi::learn::records
