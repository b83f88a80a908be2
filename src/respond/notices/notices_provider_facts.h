#pragma once
// What data providers (情報の提供元: road manager, traffic police, harbour master, ministry bureau, an
// operator) tell the port: who they are, in "respond/notices/providers/<id>"; what they reported, in
// "respond/notices/reports/<id>", in an exercise "respond/notices/reports/<id>/<exercise>"; and that
// they were asked, in "respond/notices/asked/<notice>". None of it is public: it reaches the public
// only as part of a draft that a second person approves.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "respond/notices/notices_facts.h"

namespace noroshi::respond::notices {

enum class ProviderKind {
    road_manager,
    traffic_police,
    harbour_master,
    ministry,
    terminal_operator,
    other
};
BOOST_DESCRIBE_ENUM(ProviderKind, road_manager, traffic_police, harbour_master, ministry,
                    terminal_operator, other)

// What an office knows. Terminals: only those that its own organisation runs.
enum class Subject { roads, ships, terminals };
BOOST_DESCRIBE_ENUM(Subject, roads, ships, terminals)

struct KnownRoad {
    static constexpr std::array<std::string_view, 1> defaulted{"name_en"};
    std::string name;
    std::string name_en;
    friend bool operator==(const KnownRoad&, const KnownRoad&) = default;
};
BOOST_DESCRIBE_STRUCT(KnownRoad, (), (name, name_en))

// The whole provider as it then stands.
struct ProviderKept {
    static constexpr std::string_view kind = "respond.notices.provider_kept";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    ProviderKind provider = ProviderKind::other;
    std::string name;
    std::string name_en;
    OrganisationId organisation;
    std::vector<Subject> tells;
    std::vector<KnownRoad> roads;  // about which it tells, named in peace time
    std::vector<PersonId> people;  // who is asked, in order; empty: anybody of the organisation
    bool retired = false;
};
BOOST_DESCRIBE_STRUCT(ProviderKept, (),
                      (provider, name, name_en, organisation, tells, roads, people, retired))

enum class ReportedBy { signed_in, link, telephone };
BOOST_DESCRIBE_ENUM(ReportedBy, signed_in, link, telephone)

struct ProviderReported {
    static constexpr std::string_view kind = "respond.notices.provider_reported";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    ProviderId provider;
    std::uint32_t number = 1;  // of this provider in this world: 1, 2, 3 …
    PersonId by;               // telephone: who took it down
    ReportedBy way = ReportedBy::signed_in;
    std::vector<RoadLine> roads;
    std::optional<ShipsLine> ships;
    std::vector<TerminalLine> terminals;
    std::string note;  // for the port's people, never public
    Instant as_of;     // when it was seen
    std::optional<Instant> next_report_at;
};
BOOST_DESCRIBE_STRUCT(ProviderReported, (),
                      (provider, number, by, way, roads, ships, terminals, note, as_of,
                       next_report_at))

// Asked before an edition that was promised for `before`, or (without) because somebody wanted to know.
struct ProvidersAsked {
    static constexpr std::string_view kind = "respond.notices.providers_asked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    std::optional<NoticeId> notice;
    std::optional<Instant> before;
    std::vector<ProviderId> providers;
    std::uint32_t people = 0;  // to whom a message was sent
};
BOOST_DESCRIBE_STRUCT(ProvidersAsked, (), (notice, before, providers, people))

}  // namespace noroshi::respond::notices
