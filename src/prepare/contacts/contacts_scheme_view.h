#pragma once
// The scheme as people read it: holes in sentences, and a plain description of the diagram that
// contacts_scheme_http.cpp has laid out. Pure; read under Journal::read.

#include <optional>
#include <string>
#include <vector>

#include "prepare/contacts/contacts_lists_view.h"
#include "prepare/contacts/contacts_scheme.h"

namespace noroshi::prepare::contacts {

struct PartyName {
    OrganisationId organisation;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(PartyName, (), (organisation, name))

struct HoleItem {
    HoleKind kind = HoleKind::never_told;
    std::string flow;
    std::string flow_name;
    std::optional<OrganisationId> organisation;
    std::optional<PersonId> person;
    std::vector<OrganisationId> cut_off;
    int hops = 0;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(HoleItem, (),
                      (kind, flow, flow_name, organisation, person, cut_off, hops, text))
struct ToldItem {
    std::string flow;
    OrganisationId organisation;
    std::string name;
    int hops = -1;  // -1: never told
};
BOOST_DESCRIBE_STRUCT(ToldItem, (), (flow, organisation, name, hops))

struct SchemeItem {
    std::vector<Flow> flows;
    std::vector<PartyName> organisations;  // names of all that flows and holes mention
    std::vector<HoleItem> holes;
    std::vector<ToldItem> told;
    bool may_change = false;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(SchemeItem, (), (flows, organisations, holes, told, may_change, version))

// What a picture of the scheme shows, before anybody decides where things stand.
struct SchemePicture {
    enum class Mark { plain, start, warned, broken };
    struct Line {
        std::string text;
        bool faint = false;  // away now
    };
    struct Box {
        std::string id;
        std::string title;
        std::vector<Line> lines;
        Mark mark = Mark::plain;
    };
    struct Arrow {
        std::string from, to, label;
        Mark mark = Mark::plain;
    };
    std::string title;
    std::string description;
    std::vector<Box> boxes;
    std::vector<Arrow> arrows;
};

// Of an administrator, or of a leader or duty officer of the port manager.
bool may_change_scheme(const council::State& council, const Principal& principal);

SchemeItem scheme_item(const State& state, const council::State& council, const Reading& reading);
// One flow, or all of them in one picture where `flow` is empty. Numbers stand beside names only
// where the reader may see them. Errors: not_found prepare.contacts.unknown_flow.
Result<SchemePicture> scheme_picture(const State& state, const council::State& council,
                                     const std::vector<Flow>& flows, const Reading& reading,
                                     std::string_view flow);

}  // namespace noroshi::prepare::contacts
