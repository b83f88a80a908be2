// Custody of evidence (guideline 3.3.3): what was taken, by whom and when, its hash, its seal, and
// every hand-over since. A step is never changed; a mistake is put right by the next one.

#include <algorithm>
#include <cctype>

#include "kernel/crypto/hash.h"
#include "respond/incident/incident_case.h"
#include "respond/incident/incident_checks.h"

namespace noroshi::respond::incident {

namespace {

struct Found {
    const State::Card* card;
    const Case* of;
    Instant world_now;
};

Result<Found> find(const Inquiry& inquiry, const IncidentId& id) {
    TRY_LET(const State::Card* card, find_to_write(inquiry.asked, id));
    const Case* of = inquiry.cases.find(id);
    ASSERT(of != nullptr);
    return Found{card, of, inquiry.asked.state.now_in(card->world, inquiry.asked.now)};
}

Result<const Case::Evidence*> find_item(const Case& of, std::uint32_t number) {
    if (number == 0 || number > of.evidence.size())
        return fail(ErrorKind::not_found, "respond.incident.evidence_unknown",
                    {{"number", std::to_string(number)}});
    return &of.evidence[number - 1];
}

// 64 hexadecimal digits, in lower case.
Result<std::string> check_sha256(const std::string& text, const std::string& pointer) {
    std::string hex = text;
    std::ranges::transform(hex, hex.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto bytes = from_hex(hex);
    if (!bytes || bytes->size() != 32) return invalid("respond.incident.not_a_sha256", pointer);
    return hex;
}

// Empty: the author, whose name stands in no fact, so that the person can be erased.
Result<std::string> check_name(const std::optional<std::string>& text, const std::string& pointer) {
    auto name = given(text).value_or("");
    TRY(check_length(name, name_limit, pointer));
    return name;
}

Result<std::string> needed(const std::string& text, std::size_t limit, const std::string& key,
                           const std::string& pointer) {
    if (is_blank(text)) return invalid(key, pointer);
    TRY(check_length(text, limit, pointer));
    return text;
}

// A step does not lie before the one it follows.
Result<Instant> check_step_time(const Found& found, const Case::Evidence& item,
                                const std::optional<Instant>& at) {
    TRY_LET(const Instant time, check_event_time(at, found.world_now));
    if (time < item.steps.back().said.at)
        return invalid("respond.incident.custody_backwards", "/event_time",
                       {{"time", format_rfc3339(item.steps.back().said.at)}});
    return time;
}

}  // namespace

Result<Decided<EvidenceTaken>> take_evidence(const Inquiry& inquiry, const IncidentId& id,
                                             const TakeEvidenceRequest& request) {
    TRY_LET(const auto found, find(inquiry, id));
    const auto& by = inquiry.asked.by;
    if (found.of->evidence.size() >= evidence_limit)
        return invalid("respond.incident.too_many", "/description",
                       {{"limit", std::to_string(evidence_limit)}});
    EvidenceTaken body;
    body.number = static_cast<std::uint32_t>(found.of->evidence.size()) + 1;
    TRY_LET(body.description, needed(request.description, statement_limit,
                                     "respond.incident.description_missing", "/description"));
    TRY(check_on_behalf_of(inquiry.asked, request.on_behalf_of, found.card->world));
    if (request.sha256) {
        TRY_LET(body.sha256, check_sha256(*request.sha256, "/sha256"));
    }
    body.size = request.size;
    if (request.attachment) {
        const auto file = std::ranges::find_if(found.card->files, [&](const auto& one) {
            return one.attachment.sha256 == *request.attachment &&
                   (one.uploaded_by == by.person ||
                    std::ranges::any_of(one.entries, [&](Number number) {
                        return inquiry.asked.state.may_see_entry(by.viewer, *found.card, number);
                    }));
        });
        if (file == found.card->files.end())
            return invalid("respond.incident.attachment_unknown", "/attachment",
                           {{"sha256", *request.attachment}});
        if (body.sha256 && *body.sha256 != *request.attachment)
            return invalid("respond.incident.hash_differs", "/sha256");
        body.attachment = request.attachment;
        body.sha256 = request.attachment;
        body.size = file->attachment.size;
    }
    if (request.held_by_organisation &&
        inquiry.asked.council.find(*request.held_by_organisation) == nullptr)
        return invalid("respond.incident.organisation_unknown", "/held_by_organisation",
                       {{"organisation", request.held_by_organisation->text}});
    TRY_LET(body.taken_by, check_name(request.taken_by, "/taken_by"));
    TRY(check_optional(request.place, name_limit, "/place"));
    body.place = given(request.place);
    TRY_LET(body.held_by, check_name(request.held_by, "/held_by"));
    if (body.held_by.empty()) body.held_by = body.taken_by;
    body.held_by_organisation = request.held_by_organisation;
    // Of somebody named it is known only if it was said.
    if (!body.held_by_organisation && body.held_by.empty())
        body.held_by_organisation = request.on_behalf_of.value_or(by.organisation);
    TRY(check_optional(request.seal, name_limit, "/seal"));
    body.seal = given(request.seal);
    body.organisation = by.organisation;
    body.on_behalf_of = other_than_own(by, request.on_behalf_of);
    TRY_LET(const Instant at, check_event_time(request.event_time, found.world_now));
    return Decided<EvidenceTaken>{place_of(*found.card, id, at), std::move(body)};
}

Result<Decided<EvidenceHandedOver>> pass_evidence(const Inquiry& inquiry, const IncidentId& id,
                                                  std::uint32_t number,
                                                  const PassEvidenceRequest& request) {
    TRY_LET(const auto found, find(inquiry, id));
    TRY_LET(const auto* item, find_item(*found.of, number));
    EvidenceHandedOver body;
    body.number = number;
    if (item->offered) return fail(ErrorKind::conflict, "respond.incident.evidence_is_offered");
    body.from = item->held_by;
    if (request.to_person) {
        const auto& council = inquiry.asked.council;
        const auto* person = council.find(*request.to_person);
        if (person == nullptr)
            return invalid("respond.incident.person_unknown", "/to_person",
                           {{"person", request.to_person->text}});
        if (!may_see(council.viewer_of(person->id), *found.card->visibility))
            return invalid("respond.incident.cannot_see", "/to_person");
        if (item->held_by_person == person->id)
            return invalid("respond.incident.evidence_held_already", "/to_person");
        body.to_person = person->id;
        if (!person->roles.empty()) body.to_organisation = person->roles.front().organisation;
    } else {
        TRY_LET(body.to,
                needed(request.to, name_limit, "respond.incident.receiver_missing", "/to"));
    }
    if (request.to_organisation && inquiry.asked.council.find(*request.to_organisation) == nullptr)
        return invalid("respond.incident.organisation_unknown", "/to_organisation",
                       {{"organisation", request.to_organisation->text}});
    if (request.to_organisation) body.to_organisation = request.to_organisation;
    if (request.seal_intact && item->seal.empty())
        return invalid("respond.incident.not_sealed", "/seal_intact");
    body.seal_intact = request.seal_intact;
    TRY(check_optional(request.note, note_limit, "/note"));
    body.note = given(request.note);
    body.organisation = inquiry.asked.by.organisation;
    TRY_LET(const Instant at, check_step_time(found, *item, request.event_time));
    return Decided<EvidenceHandedOver>{place_of(*found.card, id, at), std::move(body)};
}

Result<Decided<EvidenceReceived>> receive_evidence(const Inquiry& inquiry, const IncidentId& id,
                                                   std::uint32_t number, Receipt receipt,
                                                   const ReceiveEvidenceRequest& request) {
    TRY_LET(const auto found, find(inquiry, id));
    TRY_LET(const auto* item, find_item(*found.of, number));
    if (!item->offered) return fail(ErrorKind::conflict, "respond.incident.evidence_not_offered");
    const auto& by = inquiry.asked.by.person;
    const bool may =
        by == item->offered->to || (receipt == Receipt::declined && by == item->offered->by);
    if (!may) return fail(ErrorKind::forbidden, "respond.incident.evidence_offered_to_another");
    if (request.seal_intact && item->seal.empty())
        return invalid("respond.incident.not_sealed", "/seal_intact");
    TRY(check_optional(request.note, note_limit, "/note"));
    TRY_LET(const Instant at, check_step_time(found, *item, request.event_time));
    return Decided<EvidenceReceived>{place_of(*found.card, id, at),
                                     {number, receipt == Receipt::accepted, request.seal_intact,
                                      given(request.note), inquiry.asked.by.organisation}};
}

Result<Decided<EvidenceSealed>> seal_evidence(const Inquiry& inquiry, const IncidentId& id,
                                              std::uint32_t number,
                                              const SealEvidenceRequest& request) {
    TRY_LET(const auto found, find(inquiry, id));
    TRY_LET(const auto* item, find_item(*found.of, number));
    EvidenceSealed body;
    body.number = number;
    TRY_LET(body.seal, needed(request.seal, name_limit, "respond.incident.seal_missing", "/seal"));
    TRY_LET(body.sealed_by, check_name(request.sealed_by, "/sealed_by"));
    TRY(check_optional(request.note, note_limit, "/note"));
    body.note = given(request.note);
    body.organisation = inquiry.asked.by.organisation;
    TRY_LET(const Instant at, check_step_time(found, *item, request.event_time));
    return Decided<EvidenceSealed>{place_of(*found.card, id, at), std::move(body)};
}

Result<Decided<EvidenceChecked>> check_evidence(const Inquiry& inquiry, const IncidentId& id,
                                                std::uint32_t number,
                                                const CheckEvidenceRequest& request) {
    TRY_LET(const auto found, find(inquiry, id));
    TRY_LET(const auto* item, find_item(*found.of, number));
    EvidenceChecked body;
    body.number = number;
    TRY_LET(body.sha256, check_sha256(request.sha256, "/sha256"));
    if (!item->body.sha256) return fail(ErrorKind::conflict, "respond.incident.no_hash");
    body.matches = body.sha256 == *item->body.sha256;
    TRY_LET(body.checked_by, check_name(request.checked_by, "/checked_by"));
    body.organisation = inquiry.asked.by.organisation;
    TRY_LET(const Instant at, check_step_time(found, *item, request.event_time));
    return Decided<EvidenceChecked>{place_of(*found.card, id, at), std::move(body)};
}

}  // namespace noroshi::respond::incident
