#pragma once
// What can be asked of an installation from the command line, whether a server holds the directory
// (then over its control socket) or not (then in this process). Arguments and answers are
// described structs, so both ways carry the same JSON.

#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "app/installation.h"
#include "edge/cli/control.h"
#include "kernel/result.h"
#include "watch/logs/logs_view.h"

namespace noroshi::app {

struct TokenCreate {
    std::string login;
    std::vector<std::string> scope;  // prefixes of permissions; empty: all the login may do
    std::string note;
    std::int64_t lifetime_days = 365;
};
BOOST_DESCRIBE_STRUCT(TokenCreate, (), (login, scope, note, lifetime_days))
struct TokenCreated {
    std::string token;
};
BOOST_DESCRIBE_STRUCT(TokenCreated, (), (token))

// Adds a person, and the organisation if none of that name exists; for the first administrator of
// an empty port, and whenever nobody can sign in. The password is made here and shown once.
struct UserAdd {
    std::string login;
    std::string name;
    std::string organisation;
    std::string organisation_kind;   // of a new one; "port_manager"
    std::vector<std::string> roles;  // "administrator" and "duty_officer" if empty
};
BOOST_DESCRIBE_STRUCT(UserAdd, (), (login, name, organisation, organisation_kind, roles))
struct UserAdded {
    std::string person;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(UserAdded, (), (person, password))

// Withdraws the access of whoever leaves, or whose account is in other hands: password, factors,
// tokens and sessions. `reset` gives a new password after that, shown once.
struct UserNamed {
    std::string login;
};
BOOST_DESCRIBE_STRUCT(UserNamed, (), (login))

struct PathArgument {
    std::string path;
};
BOOST_DESCRIBE_STRUCT(PathArgument, (), (path))
// How far the journal reaches: after verifying, backing up, exporting.
struct Reached {
    std::uint64_t facts = 0;
    std::string head;
};
BOOST_DESCRIBE_STRUCT(Reached, (), (facts, head))
Reached reached(const store::Head& head);

// Lines of members' logs, as `noroshi logs search` asks for them.
struct LogsSearch {
    std::string query;
    std::uint64_t limit = 200;
};
BOOST_DESCRIBE_STRUCT(LogsSearch, (), (query, limit))

Result<watch::logs::FoundLines> search_logs(Installation& installation, const LogsSearch& request);
Result<TokenCreated> create_token(Installation& installation, const TokenCreate& request);
Result<UserAdded> add_user(Installation& installation, const UserAdd& request);
Result<edge::http::Nothing> disable_user(Installation& installation, const UserNamed& request);
Result<UserAdded> reset_user(Installation& installation, const UserNamed& request);
Result<Reached> verify(Installation& installation, const edge::http::Nothing&);
// The chain, and that it contains what this signed digest says (docs/formats/anchor.md).
struct AnchorArgument {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(AnchorArgument, (), (text))
Result<Reached> verify_anchor(Installation& installation, const AnchorArgument& anchor);
Result<Reached> back_up(Installation& installation, const PathArgument& where);
struct ExportArguments {
    std::string path;
    bool person_keys = false;  // with them anybody who has the folder reads what is sealed
};
BOOST_DESCRIBE_STRUCT(ExportArguments, (), (path, person_keys))
Result<Reached> export_all(Installation& installation, const ExportArguments& where);

// What the control socket answers.
edge::cli::Verbs control_verbs(Installation& installation);

}  // namespace noroshi::app
