#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/http/route.h"
#include "kernel/i18n/i18n.h"
#include "kernel/identity/credentials.h"
#include "prepare/contacts/contacts.h"
#include "prepare/contacts/contacts_view.h"
#include "prepare/council/council_approval.h"

namespace noroshi::prepare::contacts {

// The rest of the table stands beside, in the files of these nouns.
edge::http::Routes& add_device_routes(edge::http::Routes& routes, Contacts& contacts);
edge::http::Routes& add_duty_routes(edge::http::Routes& routes, Contacts& contacts);
edge::http::Routes& add_edition_routes(edge::http::Routes& routes, Contacts& contacts,
                                       council::Approvals* approvals);
edge::http::Routes& add_import_routes(edge::http::Routes& routes, Contacts& contacts);
edge::http::Routes& add_scheme_routes(edge::http::Routes& routes, Contacts& contacts);

using edge::http::Done;
using edge::http::Method;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;

namespace {

struct ContactBody {
    std::optional<std::string> email;
    std::optional<std::string> mobile;
    std::optional<std::string> weekday_phone;
    std::optional<std::string> night_phone;
    std::vector<Channel> channels;
    std::optional<Language> language;
    std::optional<std::string> chat;  // absent: as it was; empty: none
};
BOOST_DESCRIBE_STRUCT(ContactBody, (),
                      (email, mobile, weekday_phone, night_phone, channels, language, chat))

struct Warning {
    std::string pointer;
    std::string detail;
    PersonId shared_with;
};
BOOST_DESCRIBE_STRUCT(Warning, (), (pointer, detail, shared_with))

struct Kept {
    PersonId person;
    std::uint64_t version = 0;
    std::vector<Warning> warnings;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (person, version, warnings))

Result<Done<ContactItem>> show_contact(const Contacts& contacts, const Request& request) {
    TRY_LET(auto item,
            contacts.view().contact(*request.principal, request.id<PersonTag>("person")));
    const auto version = item.version;
    return Done<ContactItem>{std::move(item), 200, version, {}, {}};
}

Result<Done<Kept>> change_contact(Contacts& contacts, Credentials& credentials,
                                  const Request& request, const ContactBody& body,
                                  Recorder& recorder) {
    const auto id = request.id<PersonTag>("person");
    const auto& council = contacts.council().state();
    if (const auto* person = council.find(id)) {
        TRY(may_change(*request.principal, *person));
        if (body.language && *body.language != person->language)
            credentials.choose_language(recorder, id, *body.language);
    }
    TRY_LET(const auto version, request.if_match());
    const auto* before = contacts.state().find(id);
    std::string chat = before == nullptr ? "" : before->chat;
    if (body.chat) chat = *body.chat;
    TRY_LET(const auto shared,
            contacts.change_contact(
                recorder, id,
                {body.email.value_or(""), body.mobile.value_or(""), body.weekday_phone.value_or(""),
                 body.night_phone.value_or(""), body.channels, std::move(chat)},
                version));
    const auto now = recorder.version_of(Contacts::stream_of(id));
    Kept kept{id, now, {}};
    for (const auto& one : shared)
        kept.warnings.push_back(
            {one.pointer,
             i18n::text(request.language,
                        one.pointer == "/email" ? "prepare.contacts.shared_email"
                                                : "prepare.contacts.shared_mobile",
                        {{"name", council.name_of(one.with, request.language)}}),
             one.with});
    return Done<Kept>{std::move(kept), 200, now, {}, {}};
}

}  // namespace

// Registered by app/rooms.cpp.
// Without approvals nothing is asked for one.
Routes& add_routes(Routes& routes, Contacts& contacts, Credentials& credentials,
                   council::Approvals* approvals) {
    const std::string base = "/api/prepare/contacts";
    routes.query<ContactItems>(base, signed_in("prepare.contacts.see_contacts"),
                               "The contact list, as far as one may see it",
                               [&contacts](const Request& request) -> Result<ContactItems> {
                                   return contacts.view().list(*request.principal);
                               });
    routes.query<ContactItem>(
        base + "/{person}", signed_in("prepare.contacts.see_contacts"), "One person's contacts",
        [&contacts](const Request& request) { return show_contact(contacts, request); });
    routes.command<ContactBody, Kept>(
        Method::put, base + "/{person}", signed_in("prepare.contacts.change_contact"),
        "Replace how a person is reached (If-Match); warns of addresses shared with others",
        [&contacts, &credentials](const Request& request, const ContactBody& body,
                                  Recorder& recorder) {
            return change_contact(contacts, credentials, request, body, recorder);
        });
    add_device_routes(routes, contacts);
    add_duty_routes(routes, contacts);
    add_edition_routes(routes, contacts, approvals);
    add_import_routes(routes, contacts);
    return add_scheme_routes(routes, contacts);
}

Routes& add_routes(Routes& routes, Contacts& contacts, Credentials& credentials) {
    return add_routes(routes, contacts, credentials, nullptr);
}

}  // namespace noroshi::prepare::contacts
