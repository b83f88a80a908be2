#include "app/verbs.h"

#include "app/bundle.h"
#include "edge/cli/store_cli.h"
#include "kernel/journal/anchor.h"
#include "kernel/json/json.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"
#include "watch/logs/logs.h"

namespace noroshi::app {

namespace {

journal::Command by_the_keeper(std::function<Result<journal::Answer>(journal::Recorder&)> decide) {
    journal::Command command;
    command.actor = "system";  // whoever may read the data directory
    command.decide = std::move(decide);
    return command;
}

}  // namespace

Result<TokenCreated> create_token(Installation& installation, const TokenCreate& request) {
    auto& rooms = installation.rooms();
    TokenCreated created;
    TRY(installation.perform(
        by_the_keeper([&](journal::Recorder& recorder) -> Result<journal::Answer> {
            const auto person = rooms.council.state().find_login(request.login);
            if (!person)
                return fail(ErrorKind::not_found, "edge.cli.unknown_login",
                            {{"login", request.login}});
            TRY_LET(auto issued, rooms.credentials.issue_token(
                                     recorder, *person, request.scope,
                                     request.note.empty() ? "noroshi token create" : request.note,
                                     std::chrono::days(request.lifetime_days)));
            created.token = issued.secret;
            return journal::Answer{};
        })));
    return created;
}

Result<UserAdded> add_user(Installation& installation, const UserAdd& request) {
    using namespace prepare::council;
    auto& rooms = installation.rooms();
    std::vector<Role> roles;
    for (const auto& name : request.roles) {
        Role role{};
        if (!json::from_name(name, role))
            return json::not_one_of(json::Path{}, name, json::names_of<Role>());
        roles.push_back(role);
    }
    if (roles.empty()) roles = {Role::administrator, Role::duty_officer};
    OrganisationKind kind = OrganisationKind::port_manager;
    if (!request.organisation_kind.empty() && !json::from_name(request.organisation_kind, kind))
        return json::not_one_of(json::Path{}, request.organisation_kind,
                                json::names_of<OrganisationKind>());
    // Two commands: a decision sees only what was decided before it.
    OrganisationId organisation;
    TRY(installation.perform(
        by_the_keeper([&](journal::Recorder& recorder) -> Result<journal::Answer> {
            for (const auto* known : rooms.council.state().organisations())
                if (known->name == request.organisation) organisation = known->id;
            if (!organisation.empty()) return journal::Answer{};
            OrganisationDraft draft;
            draft.kind = kind;
            draft.name = request.organisation;
            draft.member = true;
            TRY_LET(organisation, rooms.council.register_organisation(recorder, draft));
            return journal::Answer{};
        })));
    PersonId person;
    TRY(installation.perform(
        by_the_keeper([&](journal::Recorder& recorder) -> Result<journal::Answer> {
            PersonDraft draft;
            draft.name = request.name.empty() ? request.login : request.name;
            draft.login = request.login;
            std::vector<RoleIn> given;
            for (Role role : roles) given.push_back({organisation, role});
            TRY_LET(person, rooms.council.register_person(recorder, draft, given));
            return journal::Answer{};
        })));
    const std::string password = installation.journal().random().identifier();
    TRY(installation.wait_for<Result<>>([&](auto done) {
        rooms.credentials.give_password("system", person, password, std::move(done));
    }));
    return UserAdded{person.text, password};
}

namespace {
// Inside a command.
Result<PersonId> find_user(Installation& installation, const std::string& login) {
    const auto person = installation.rooms().council.state().find_login(login);
    if (!person) return fail(ErrorKind::not_found, "edge.cli.unknown_login", {{"login", login}});
    return *person;
}
}  // namespace

Result<edge::http::Nothing> disable_user(Installation& installation, const UserNamed& request) {
    TRY(installation.perform(
        by_the_keeper([&](journal::Recorder& recorder) -> Result<journal::Answer> {
            TRY_LET(const auto person, find_user(installation, request.login));
            TRY(installation.rooms().credentials.withdraw(recorder, person));
            return journal::Answer{};
        })));
    return edge::http::Nothing{};
}

Result<UserAdded> reset_user(Installation& installation, const UserNamed& request) {
    auto& credentials = installation.rooms().credentials;
    PersonId person;
    TRY(installation.perform(
        by_the_keeper([&](journal::Recorder& recorder) -> Result<journal::Answer> {
            TRY_LET(person, find_user(installation, request.login));
            credentials.remove_factors(recorder, person);
            return journal::Answer{};
        })));
    const std::string password = installation.journal().random().identifier();
    TRY(installation.wait_for<Result<>>([&](auto done) {
        credentials.give_password("system", person, password, std::move(done));
    }));
    return UserAdded{person.text, password};
}

Reached reached(const store::Head& head) { return {head.sequence, journal::hex_of(head.hash)}; }

Result<Reached> verify(Installation& installation, const edge::http::Nothing&) {
    TRY_LET(auto reader, installation.store().reader());
    TRY_LET(const auto head, journal::verify_chain(*reader));
    return reached(head);
}

Result<Reached> verify_anchor(Installation& installation, const AnchorArgument& argument) {
    TRY_LET(const auto anchor, journal::read_anchor(argument.text));
    TRY_LET(auto reader, installation.store().reader());
    TRY_LET(const auto head, journal::verify_chain(*reader));
    TRY(journal::compare_anchor(*reader, anchor));
    return reached(head);
}

Result<Reached> back_up(Installation& installation, const PathArgument& where) {
    TRY_LET(const auto head, edge::cli::back_up(installation.store(), installation.dir(),
                                                where.path, installation.clock()));
    return reached(head);
}

Result<Reached> export_all(Installation& installation, const ExportArguments& where) {
    TRY_LET(auto reader, installation.store().reader());
    TRY_LET(const auto head,
            edge::cli::export_all(*reader, installation.dir(), where.path,
                                  where.person_keys ? edge::cli::PersonKeys::included
                                                    : edge::cli::PersonKeys::left_out));
    return reached(head);
}

Result<watch::logs::FoundLines> search_logs(Installation& installation, const LogsSearch& request) {
    namespace logs = watch::logs;
    auto& rooms = installation.rooms();
    TRY_LET(const auto asked, logs::parse_search(request.query));
    std::map<std::string, logs::SourceName> names;
    installation.journal().read([&] {
        names =
            logs::searchable(rooms.logs.view(), rooms.council.view(), nullptr, Language::ja, asked);
        return 0;
    });
    edge::archive::Query query{asked.terms, {}, asked.from, asked.to, request.limit};
    for (const auto& [id, name] : names) query.sources.insert(id);
    TRY_LET(const auto found, installation.intake().archive().search(query));
    logs::FoundLines answer{
        {}, found.more, found.blocks_read, found.blocks_passed_over, found.lines_read};
    for (const auto& line : found.lines)
        answer.items.push_back({logs::SourceId{line.source}, names[line.source].source,
                                names[line.source].member, line.number, line.time,
                                logs::printable(line.text)});
    return answer;
}

namespace {
Result<edge::http::Nothing> running(Installation&, const edge::http::Nothing&) {
    return edge::http::Nothing{};
}
}  // namespace

edge::cli::Verbs control_verbs(Installation& installation) {
    edge::cli::Verbs verbs;
    auto add = [&]<class In, class Out>(const char* name,
                                        Result<Out> (*verb)(Installation&, const In&)) {
        verbs.emplace(name, [&installation, verb](std::string_view text) -> Result<std::string> {
            TRY_LET(const In request, json::from_text<In>(text));
            TRY_LET(const Out answer, verb(installation, request));
            return json::to_text(answer);
        });
    };
    add("logs.search", search_logs);
    add("token.create", create_token);
    add("user.add", add_user);
    add("user.disable", disable_user);
    add("user.reset", reset_user);
    add("verify", verify);
    add("bundle.export", export_bundle);
    add("bundle.import", import_bundle);
    add("running", running);
    add("verify.anchor", verify_anchor);
    add("backup", back_up);
    add("export", export_all);
    return verbs;
}

}  // namespace noroshi::app
