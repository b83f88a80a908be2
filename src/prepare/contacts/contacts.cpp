#include "prepare/contacts/contacts.h"

#include <algorithm>
#include <utility>

#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "prepare/contacts/contacts_address.h"
#include "prepare/contacts/contacts_view.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::contacts {

namespace {

template <class T>
bool contains(const std::vector<T>& all, const T& one) {
    return std::ranges::find(all, one) != all.end();
}

std::string text_of(const std::optional<Personal>& personal) {
    return personal ? personal->text : std::string{};
}

std::string address_in(const Contact& contact, Channel channel) {
    switch (channel) {
    case Channel::email: return contact.email;
    case Channel::sms: return contact.mobile;
    case Channel::voice:
        // The night number is answered at night by somebody; the mobile by whoever holds it.
        if (!contact.night_phone.empty()) return contact.night_phone;
        return contact.mobile.empty() ? contact.weekday_phone : contact.mobile;
    case Channel::chat:
    case Channel::push: return {};
    }
    return {};
}

Result<std::vector<Channel>> checked(const std::vector<Channel>& channels, const Contact& contact) {
    if (channels.empty()) {
        std::vector<Channel> possible;
        for (const auto channel : {Channel::email, Channel::sms, Channel::voice})
            if (!address_in(contact, channel).empty()) possible.push_back(channel);
        return possible;
    }
    for (std::size_t i = 0; i < channels.size(); ++i) {
        auto pointer = "/channels/" + std::to_string(i);
        const auto here = channels.begin() + static_cast<std::ptrdiff_t>(i);
        if (channels[i] == Channel::chat || channels[i] == Channel::push)
            return invalid("prepare.contacts.channel_not_offered", std::move(pointer));
        if (std::find(channels.begin(), here, channels[i]) != here)
            return invalid("prepare.contacts.channel_twice", std::move(pointer));
        if (address_in(contact, channels[i]).empty())
            return invalid("prepare.contacts.channel_without_address", std::move(pointer));
    }
    return channels;
}

Result<std::string> read_unless_empty(std::string_view text, std::string_view pointer,
                                      Result<std::string> (*read)(std::string_view,
                                                                  std::string_view)) {
    if (text.empty()) return std::string{};
    return read(text, pointer);
}

}  // namespace

// ---- State ---------------------------------------------------------------------------------

void State::attach(journal::Listeners& side) {
    using journal::Live;
    journal::listen_live<ContactChanged>(side, [this](Live<ContactChanged> fact) {
        const auto& body = fact.body;
        contacts_.insert_or_assign(body.person,
                                   Contact{body.person, text_of(body.email), text_of(body.mobile),
                                           text_of(body.weekday_phone), text_of(body.night_phone),
                                           body.channels, fact.at.stream_version});
    });
    journal::listen_live<council::PersonErased>(
        side, [this](Live<council::PersonErased> fact) { contacts_.erase(fact.body.person); });
    side.on_reset([this] { contacts_.clear(); });
}

const Contact* State::find(const PersonId& person) const {
    const auto found = contacts_.find(person);
    return found == contacts_.end() ? nullptr : &found->second;
}

std::optional<std::string> State::address_of(const PersonId& person, Channel channel) const {
    const auto* contact = find(person);
    if (contact == nullptr) return {};
    auto address = address_in(*contact, channel);
    if (address.empty()) return {};
    return address;
}

std::vector<Shared> State::shared(const Contact& contact) const {
    std::vector<Shared> out;
    for (const auto& [person, other] : contacts_) {
        if (person == contact.person) continue;
        if (!contact.email.empty() && contact.email == other.email)
            out.push_back({"/email", person});
        if (!contact.mobile.empty() && contact.mobile == other.mobile)
            out.push_back({"/mobile", person});
    }
    std::ranges::sort(out, {}, [](const Shared& s) { return std::pair(s.pointer, s.with); });
    return out;
}

// ---- decisions -----------------------------------------------------------------------------

Result<> may_change(const Principal& principal, const council::Person& person) {
    if (principal.person == person.id || principal.has(Role::administrator)) return {};
    for (const auto& role : person.roles)
        if (contains(principal.roles, RoleIn{role.organisation, Role::security_person})) return {};
    return fail(ErrorKind::forbidden, "prepare.contacts.not_yours");
}

bool may_see(const Principal& principal, const council::Person& person,
             const council::State& council) {
    if (principal.person == person.id) return true;
    for (const auto& role : person.roles)
        if (contains(principal.viewer.organisations, role.organisation)) return true;
    return std::ranges::any_of(principal.roles, [&](const RoleIn& held) {
        const auto* of = council.find(held.organisation);
        const bool calls_out = held.role == Role::administrator ||
                               held.role == Role::duty_officer || held.role == Role::leader ||
                               held.role == Role::clerk;
        return calls_out && of != nullptr && of->kind == council::OrganisationKind::port_manager;
    });
}

Result<ContactChanged> change_contact(const council::State& council, const PersonId& id,
                                      const ContactDraft& draft) {
    const auto* person = council.find(id);
    if (person == nullptr) return fail(ErrorKind::not_found, "prepare.contacts.unknown_person");
    if (person->erased) return fail(ErrorKind::conflict, "prepare.contacts.person_erased");
    Contact contact;
    TRY_LET(contact.email, read_unless_empty(draft.email, "/email", read_email));
    TRY_LET(contact.mobile, read_unless_empty(draft.mobile, "/mobile", read_mobile));
    TRY_LET(contact.weekday_phone,
            read_unless_empty(draft.weekday_phone, "/weekday_phone", read_phone));
    TRY_LET(contact.night_phone, read_unless_empty(draft.night_phone, "/night_phone", read_phone));
    TRY_LET(contact.channels, checked(draft.channels, contact));

    const auto sealed = [&](std::string& text) -> std::optional<Personal> {
        if (text.empty()) return {};
        return Personal{id, std::move(text)};
    };
    ContactChanged fact;
    fact.person = id;
    fact.email = sealed(contact.email);
    fact.mobile = sealed(contact.mobile);
    fact.weekday_phone = sealed(contact.weekday_phone);
    fact.night_phone = sealed(contact.night_phone);
    fact.channels = std::move(contact.channels);
    return fact;
}

// ---- the room ------------------------------------------------------------------------------

Contacts::Contacts(journal::Journal& journal, const council::Council& council)
    : council_(council), view_(std::make_unique<View>(council.view())) {
    state_.attach(journal.pending());
    view_->attach(journal.published());
}

Contacts::~Contacts() = default;

std::string Contacts::stream_of(const PersonId& person) {
    return "prepare/contacts/" + person.text;
}

Result<std::vector<Shared>> Contacts::change_contact(journal::Recorder& recorder,
                                                     const PersonId& person,
                                                     const ContactDraft& draft, Version version) {
    TRY_LET(const auto fact, contacts::change_contact(council_.state(), person, draft));
    Visibility visibility{
        Tlp::amber_strict, council_.state().viewer_of(person).organisations, {person}};
    for (const auto* manager :
         council_.state().organisations_of(council::OrganisationKind::port_manager))
        visibility.organisations.push_back(manager->id);
    std::ranges::sort(visibility.organisations);
    const auto rest = std::ranges::unique(visibility.organisations);
    visibility.organisations.erase(rest.begin(), rest.end());
    journal::record(recorder, {stream_of(person), std::move(visibility), {}, {}, version}, fact);
    return state_.shared(Contact{person, text_of(fact.email), text_of(fact.mobile), {}, {}, {}, 0});
}

}  // namespace noroshi::prepare::contacts
