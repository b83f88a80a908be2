#include "respond/guests/guests.h"

#include <algorithm>
#include <charconv>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/record.h"
#include "prepare/council/council_view.h"
#include "respond/incident/incident_facts.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::guests {

namespace {

constexpr std::string_view purpose = "guest";

// The incident as it is, with or without one person among those who see it.
void share(journal::Recorder& recorder, const IncidentId& id, const incident::State::Card& card,
           Visibility visibility, std::string reason) {
    journal::record(
        recorder, {incident::stream_of(id), std::move(visibility), card.world, recorder.now(), {}},
        incident::VisibilityChanged{std::move(reason)});
}

// Of the organisation whose incident it is, or of the port manager, with a role that shares.
bool is_theirs_to_share(const prepare::council::State& council, const Principal& by,
                        const OrganisationId& opened_by) {
    return std::ranges::any_of(by.roles, [&](const RoleIn& held) {
        if (held.role != Role::duty_officer && held.role != Role::leader &&
            held.role != Role::security_person)
            return false;
        const auto* organisation = council.find(held.organisation);
        return held.organisation == opened_by ||
               (organisation != nullptr &&
                organisation->kind == prepare::council::OrganisationKind::port_manager);
    });
}

}  // namespace

std::string seal_link(const Link& link, const Key& installation_key, Random& random) {
    const std::string plain =
        std::to_string(
            std::chrono::floor<std::chrono::seconds>(link.until).time_since_epoch().count()) +
        "/" + link.person.text;
    return to_base64url(seal_with(installation_key, plain, purpose, random));
}

std::optional<Link> open_link(std::string_view sealed, const Key& installation_key) {
    if (sealed.size() > 512) return {};
    const auto bytes = from_base64url(sealed);
    const auto plain = bytes ? open_with(installation_key, *bytes, purpose) : std::nullopt;
    if (!plain) return {};
    std::int64_t seconds = 0;
    const auto* const end = plain->data() + plain->size();
    const auto [last, error] = std::from_chars(plain->data(), end, seconds);
    if (error != std::errc{} || last == end || *last != '/') return {};
    return Link{PersonId{std::string(last + 1, end)}, Instant{std::chrono::seconds{seconds}}};
}

Guests::Guests(journal::Journal& journal, prepare::council::Council& council,
               const incident::Incident& incident, GuestsOptions options)
    : journal_(journal), council_(council), incident_(incident), options_(std::move(options)) {}

Result<Invited> Guests::invite(journal::Recorder& recorder, const Principal& by,
                               const Invitation& invitation) {
    TRY_LET(const auto* card,
            incident::find_visible(incident_.asked(recorder, by), invitation.incident));
    // Whoever may not widen the circle of readers cannot widen it by a guest either.
    if (!is_theirs_to_share(council_.state(), by, card->organisation))
        return fail(ErrorKind::forbidden, "respond.guests.not_yours");
    if (!card->open) return fail(ErrorKind::conflict, "respond.guests.closed");
    if (!card->world.is_live()) return fail(ErrorKind::conflict, "respond.guests.in_a_drill");
    std::string email;
    if (!invitation.email.empty()) {
        TRY_LET(email, i18n::line(invitation.email, 254, "/email"));
        const auto at = email.find('@');
        if (at == 0 || at == std::string::npos || at + 1 == email.size() ||
            email.find('@', at + 1) != std::string::npos || email.find(' ') != std::string::npos)
            return invalid("respond.guests.email", "/email");
    }
    TRY_LET(const auto person, council_.invite_guest(recorder, invitation.guest,
                                                     invitation.incident, by.organisation));
    auto visibility = *card->visibility;
    visibility.people.push_back(person);
    std::ranges::sort(visibility.people);
    const auto language = invitation.guest.language;
    share(recorder, invitation.incident, *card, std::move(visibility),
          // No name: a reason is not sealed, and could not be erased. Who it is, the readers say.
          i18n::text(by.language, "respond.guests.invited",
                     {{"affiliation", invitation.guest.affiliation}}));
    Invited out{person,
                public_url_ + "/g/" +
                    seal_link({person, invitation.guest.until}, journal_.installation_key(),
                              recorder.random()),
                invitation.guest.until};
    if (!email.empty()) {
        journal::Dispatch dispatch;
        dispatch.topic = "respond.guests/" + person.text;
        dispatch.person = person;
        dispatch.not_before = recorder.now();
        dispatch.expires = invitation.guest.until;
        auto& message = dispatch.message;
        message.key = dispatch.topic;
        message.to = email;
        message.to_name = invitation.guest.name;
        message.message_id = "<guest." + person.text + "@" + options_.mail_domain + ">";
        message.subject = i18n::text(language, "respond.guests.mail_subject");
        message.text = i18n::text(
            language, "respond.guests.mail_text",
            {{"name", invitation.guest.name},
             {"by", by.name},
             {"organisation", council_.state().name_of(by.organisation, language)},
             {"link", out.link},
             {"until", format_for_people(invitation.guest.until, options_.zone, language)}});
        recorder.send(std::move(dispatch));
    }
    return out;
}

Result<> Guests::dismiss(journal::Recorder& recorder, const Principal& by, const PersonId& person) {
    const auto* guest = council_.state().find_guest(person);
    if (guest == nullptr) return fail(ErrorKind::not_found, "prepare.council.unknown_guest");
    TRY_LET(const auto* card,
            incident::find_visible(incident_.asked(recorder, by), guest->incident));
    // Whoever let them in may send them away, and whose incident it is.
    const bool is_host = std::ranges::any_of(by.roles, [&](const RoleIn& held) {
        return held.organisation == guest->host && held.role != Role::member &&
               held.role != Role::observer;
    });
    if (!is_host && !is_theirs_to_share(council_.state(), by, card->organisation))
        return fail(ErrorKind::forbidden, "respond.guests.not_yours");
    auto visibility = *card->visibility;
    std::erase(visibility.people, person);
    share(recorder, guest->incident, *card, std::move(visibility),
          i18n::text(by.language, "respond.guests.dismissed"));
    return council_.dismiss_guest(recorder, person);
}

std::optional<prepare::council::Guest> Guests::guest_of(std::string_view link, Instant now) const {
    const auto opened = open_link(link, journal_.installation_key());
    if (!opened || opened->until <= now) return {};
    const auto* guest = council_.view().find_guest(opened->person);
    if (guest == nullptr || guest->until <= now) return {};
    return *guest;
}

Result<GuestItems> Guests::list(const Principal& reader, const IncidentId& incident,
                                Language language) const {
    const auto& council = council_.view();
    if (const auto seen = incident_.view().one(reader, incident, language); !seen)
        return std::unexpected(seen.error());
    GuestItems out;
    for (const auto* guest : council.guests_of(incident))
        out.items.push_back({guest->person, council.name_of(guest->person, language), guest->host,
                             council.name_of(guest->invited_by, language), guest->invited_at,
                             guest->until, guest->may_write});
    return out;
}

}  // namespace noroshi::respond::guests
