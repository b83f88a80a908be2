#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/http/route.h"
#include "kernel/identity/credentials.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::council {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;

// In council_standing_http.cpp.
Routes& add_standing_routes(Routes& routes, Council& council, journal::Journal& journal);

namespace {

using namespace std::string_view_literals;

struct OrganisationBody {
    static constexpr auto defaulted = std::array{"name_en"sv, "kana"sv, "member"sv, "contact"sv};
    OrganisationKind kind = OrganisationKind::other;
    std::string name;
    std::string name_en;
    std::string kana;
    bool member = true;
    std::vector<OrganisationId> serves;
    std::string contact;
};
BOOST_DESCRIBE_STRUCT(OrganisationBody, (), (kind, name, name_en, kana, member, serves, contact))

struct PersonBody {
    static constexpr auto defaulted = std::array{"kana"sv, "language"sv};
    std::string name;
    std::string kana;
    std::optional<std::string> login;
    Language language = Language::ja;
};
BOOST_DESCRIBE_STRUCT(PersonBody, (), (name, kana, login, language))

struct NewPersonBody {
    static constexpr auto defaulted = std::array{"kana"sv, "language"sv};
    std::string name;
    std::string kana;
    std::optional<std::string> login;
    Language language = Language::ja;
    std::vector<RoleIn> roles;
};
BOOST_DESCRIBE_STRUCT(NewPersonBody, (), (name, kana, login, language, roles))

struct Kept {
    std::string id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (id, version))

OrganisationDraft draft_of(const OrganisationBody& body) {
    return {body.kind, body.name, body.name_en, body.kana, body.member, body.serves, body.contact};
}

template <class Body>
PersonDraft draft_of(const Body& body) {
    return {body.name, body.kana, body.login.value_or(""), body.language};
}

template <class Tag>
Done<Kept> kept(const Recorder& recorder, const Id<Tag>& id) {
    const auto version = recorder.version_of(Council::stream_of(id));
    return {{id.text, version}, 200, version, {}, {}};
}

Result<OrganisationItems> list_organisations(const Council& council) {
    return council.view().list_organisations();
}

Result<Done<OrganisationItem>> show_organisation(const Council& council, const Request& request) {
    const auto id = request.id<OrganisationTag>("organisation");
    auto item = council.view().organisation(id);
    if (!item)
        return fail(ErrorKind::not_found, "prepare.council.unknown_organisation",
                    {{"organisation", id.text}});
    const auto version = item->version;
    return Done<OrganisationItem>{std::move(*item), 200, version, {}, {}};
}

Result<Done<Kept>> register_organisation(Council& council, const OrganisationBody& body,
                                         Recorder& recorder) {
    TRY_LET(const auto id, council.register_organisation(recorder, draft_of(body)));
    return edge::http::created(Kept{id.text, 1}, "/api/prepare/council/organisations/" + id.text,
                               1);
}

Result<Done<Kept>> change_organisation(Council& council, const Request& request,
                                       const OrganisationBody& body, Recorder& recorder) {
    const auto id = request.id<OrganisationTag>("organisation");
    TRY_LET(const auto version, request.if_match());
    TRY(council.change_organisation(recorder, id, draft_of(body), version));
    return kept(recorder, id);
}

Result<PersonItems> list_people(const Council& council, const Request& request) {
    return council.view().list_people(*request.principal, request.language);
}

Result<Done<PersonItem>> show_person(const Council& council, const Request& request) {
    const auto id = request.id<PersonTag>("person");
    auto item = council.view().person(*request.principal, id, request.language);
    if (!item)
        return fail(ErrorKind::not_found, "prepare.council.unknown_person", {{"person", id.text}});
    const auto version = item->version;
    return Done<PersonItem>{std::move(*item), 200, version, {}, {}};
}

Result<Done<Kept>> register_person(Council& council, const NewPersonBody& body,
                                   Recorder& recorder) {
    TRY_LET(const auto id, council.register_person(recorder, draft_of(body), body.roles));
    const auto version = recorder.version_of(Council::stream_of(id));
    return edge::http::created(Kept{id.text, version}, "/api/prepare/council/people/" + id.text,
                               version);
}

Result<Done<Kept>> change_person(Council& council, const Request& request, const PersonBody& body,
                                 Recorder& recorder) {
    const auto id = request.id<PersonTag>("person");
    TRY_LET(const auto version, request.if_match());
    TRY(council.change_person(recorder, id, draft_of(body), version));
    return kept(recorder, id);
}

Result<Done<Kept>> give_role(Council& council, const Request& request, const RoleIn& body,
                             Recorder& recorder) {
    const auto id = request.id<PersonTag>("person");
    TRY(council.give_role(recorder, id, body));
    return kept(recorder, id);
}

Result<Done<Kept>> take_role(Council& council, const Request& request, Recorder& recorder) {
    const auto id = request.id<PersonTag>("person");
    Role role{};
    if (!json::from_name(request.capture("role"), role))
        return fail(ErrorKind::not_found, "prepare.council.role_not_held");
    TRY(council.take_role(recorder, id, {request.id<OrganisationTag>("organisation"), role}));
    return kept(recorder, id);
}

Result<Done<Kept>> erase_person(Council& council, Credentials& credentials, const Request& request,
                                Recorder& recorder) {
    const auto id = request.id<PersonTag>("person");
    TRY(council.may_be_erased(id, recorder.now()));
    TRY(council.erase_person(recorder, id));
    credentials.forget(recorder, id);
    return kept(recorder, id);
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_routes(Routes& routes, Council& council, Credentials& credentials,
                   journal::Journal& journal) {
    const auto administrator = [](std::string name) {
        return by_roles("prepare.council." + std::move(name), {Role::administrator});
    };
    const auto reader = [](std::string name) {
        return signed_in("prepare.council." + std::move(name));
    };
    const std::string base = "/api/prepare/council";

    routes.query<OrganisationItems>(
        base + "/organisations", reader("see_organisations"), "Organisations of the port",
        [&council](const Request&) { return list_organisations(council); });
    routes.query<OrganisationItem>(
        base + "/organisations/{organisation}", reader("see_organisations"), "One organisation",
        [&council](const Request& request) { return show_organisation(council, request); });
    routes
        .command<OrganisationBody, Kept>(
            Method::post, base + "/organisations", administrator("register_organisation"),
            "Register an organisation",
            [&council](const Request&, const OrganisationBody& body, Recorder& recorder) {
                return register_organisation(council, body, recorder);
            })
        .success_status = 201;
    routes.command<OrganisationBody, Kept>(
        Method::put, base + "/organisations/{organisation}", administrator("change_organisation"),
        "Replace what is known of an organisation (If-Match)",
        [&council](const Request& request, const OrganisationBody& body, Recorder& recorder) {
            return change_organisation(council, request, body, recorder);
        });

    routes.query<PersonItems>(
        base + "/people", reader("see_people"), "People of the port, without the erased",
        [&council](const Request& request) { return list_people(council, request); });
    routes.query<PersonItem>(
        base + "/people/{person}", reader("see_people"), "One person",
        [&council](const Request& request) { return show_person(council, request); });
    routes
        .command<NewPersonBody, Kept>(
            Method::post, base + "/people", administrator("register_person"),
            "Register a person, with roles",
            [&council](const Request&, const NewPersonBody& body, Recorder& recorder) {
                return register_person(council, body, recorder);
            })
        .success_status = 201;
    routes.command<PersonBody, Kept>(
        Method::put, base + "/people/{person}", administrator("change_person"),
        "Replace what is known of a person (If-Match)",
        [&council](const Request& request, const PersonBody& body, Recorder& recorder) {
            return change_person(council, request, body, recorder);
        });
    routes.command<RoleIn, Kept>(
        Method::post, base + "/people/{person}/roles", administrator("give_role"),
        "Give a role in an organisation",
        [&council](const Request& request, const RoleIn& body, Recorder& recorder) {
            return give_role(council, request, body, recorder);
        });
    routes.command<Nothing, Kept>(
        Method::del, base + "/people/{person}/roles/{organisation}/{role}",
        administrator("take_role"), "Take a role away",
        [&council](const Request& request, const Nothing&, Recorder& recorder) {
            return take_role(council, request, recorder);
        });
    routes.command<Nothing, Kept>(
        Method::post, base + "/people/{person}/erase", administrator("erase_person"),
        "Erase a person: name, login, contacts and credentials, for ever",
        [&council, &credentials](const Request& request, const Nothing&, Recorder& recorder) {
            return erase_person(council, credentials, request, recorder);
        });
    return add_standing_routes(routes, council, journal);
}

}  // namespace noroshi::prepare::council
