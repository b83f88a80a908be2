#pragma once
// What the notices room writes. A notice is one matter that the public is told about; its facts lie
// in the stream "respond/notices/notices/<id>", the desk's (spokespersons, inquiry desk, division
// of roles) in "respond/notices/desk". Whether a notice is real or practised stands in the fact's
// envelope: the public page folds live facts only. Guideline 3.3.2.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/crypto/keyring.h"
#include "kernel/identity/id.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

namespace noroshi::respond::notices {

struct NoticeTag;
using NoticeId = Id<NoticeTag>;

// How far the matter has come. `observing` is 経過観察: it runs again and is being watched.
enum class Phase { investigating, restoring, observing, resolved };
BOOST_DESCRIBE_ENUM(Phase, investigating, restoring, observing, resolved)

// `unknown` is shown as "no data", never left out.
enum class Service { unknown, normal, reduced, stopped };
BOOST_DESCRIBE_ENUM(Service, unknown, normal, reduced, stopped)
enum class Gate { unknown, open, manual, closed };
BOOST_DESCRIBE_ENUM(Gate, unknown, open, manual, closed)
enum class Traffic { unknown, flowing, slow, queue, closed };
BOOST_DESCRIBE_ENUM(Traffic, unknown, flowing, slow, queue, closed)

// In one language, as written by people.
struct Words {
    std::string title;
    std::string body;
    friend bool operator==(const Words&, const Words&) = default;
};
BOOST_DESCRIBE_STRUCT(Words, (), (title, body))

struct TerminalLine {
    static constexpr std::array<std::string_view, 3> defaulted{"service", "gate", "as_of"};
    TerminalId terminal;
    Service service = Service::unknown;
    Gate gate = Gate::unknown;
    std::optional<std::uint32_t> wait_minutes;  // of a truck arriving now
    std::optional<std::uint32_t> queue_metres;
    std::optional<Instant> restart_at;  // promised
    Instant as_of;
    friend bool operator==(const TerminalLine&, const TerminalLine&) = default;
};
BOOST_DESCRIBE_STRUCT(TerminalLine, (),
                      (terminal, service, gate, wait_minutes, queue_metres, restart_at, as_of))

struct RoadLine {
    static constexpr std::array<std::string_view, 3> defaulted{"name_en", "traffic", "as_of"};
    std::string name;
    std::string name_en;
    Traffic traffic = Traffic::unknown;
    std::optional<std::uint32_t> queue_metres;
    std::optional<std::uint32_t> delay_minutes;
    Instant as_of;
    friend bool operator==(const RoadLine&, const RoadLine&) = default;
};
BOOST_DESCRIBE_STRUCT(RoadLine, (), (name, name_en, traffic, queue_metres, delay_minutes, as_of))

// 航路. `restricted`: ships pass one by one, by day only, or in convoy.
enum class Fairway { unknown, open, restricted, closed };
BOOST_DESCRIBE_ENUM(Fairway, unknown, open, restricted, closed)

struct ShipsLine {
    static constexpr std::array<std::string_view, 2> defaulted{"as_of", "fairway"};
    std::optional<std::uint32_t> waiting;  // 滞船
    std::optional<std::uint32_t> delayed;
    std::optional<std::uint32_t> omitted;     // 抜港
    std::optional<std::uint32_t> containers;  // affected
    Instant as_of;
    Fairway fairway = Fairway::unknown;
    friend bool operator==(const ShipsLine&, const ShipsLine&) = default;
};
BOOST_DESCRIBE_STRUCT(ShipsLine, (), (waiting, delayed, omitted, containers, as_of, fairway))

// What an earlier edition said wrongly, and what is right; shown beside that edition, which stays.
struct Correction {
    std::uint32_t edition = 0;                 // of the same notice
    std::map<std::string, std::string> texts;  // by language tag; "ja" is needed
    friend bool operator==(const Correction&, const Correction&) = default;
};
BOOST_DESCRIBE_STRUCT(Correction, (), (edition, texts))

// 安全宣言: that the port works safely again; who says so, and on what evidence.
struct SafetyDeclaration {
    static constexpr std::array<std::string_view, 2> defaulted{"by_en", "evidence_en"};
    std::string by;
    std::string by_en;
    std::string evidence;
    std::string evidence_en;
    Instant declared_at;
    friend bool operator==(const SafetyDeclaration&, const SafetyDeclaration&) = default;
};
BOOST_DESCRIBE_STRUCT(SafetyDeclaration, (), (by, by_en, evidence, evidence_en, declared_at))

// Everything that one edition of a notice says.
struct Content {
    Phase phase = Phase::investigating;
    std::map<std::string, Words> texts;  // by language tag (BCP 47): ja, en, zh-Hans …
    std::vector<TerminalLine> terminals;
    std::vector<RoadLine> roads;
    std::optional<ShipsLine> ships;
    Instant as_of;
    std::optional<Instant> next_update_at;  // promised
    std::optional<Correction> correction;
    std::optional<SafetyDeclaration> safety;
    friend bool operator==(const Content&, const Content&) = default;
};
BOOST_DESCRIBE_STRUCT(Content, (),
                      (phase, texts, terminals, roads, ships, as_of, next_update_at, correction,
                       safety))

struct ProviderTag;
using ProviderId = Id<ProviderTag>;

// A report of a data provider that was put into a draft; whoever gave it wrote a part of the draft.
struct TakenOver {
    ProviderId provider;
    std::uint32_t number = 0;
    PersonId by;
};
BOOST_DESCRIBE_STRUCT(TakenOver, (), (provider, number, by))

// Written, or written anew. The first one of a stream begins the notice.
struct NoticeDrafted {
    static constexpr std::string_view kind = "respond.notices.notice_drafted";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::optional<IncidentId> incident;
    OrganisationId organisation;  // for which the author spoke
    Content content;
    std::vector<TakenOver> taken;  // with this draft
};
BOOST_DESCRIBE_STRUCT(NoticeDrafted, (), (incident, organisation, content, taken))

// The second person sends it back, and says why.
struct DraftReturned {
    static constexpr std::string_view kind = "respond.notices.draft_returned";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string reason;
};
BOOST_DESCRIBE_STRUCT(DraftReturned, (), (reason))

// An operator agrees to what the draft says about its terminals, where the division of roles gives
// it the word.
struct DraftAgreed {
    static constexpr std::string_view kind = "respond.notices.draft_agreed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    OrganisationId organisation;
};
BOOST_DESCRIBE_STRUCT(DraftAgreed, (), (organisation))

// "Consult the police first": nothing of this notice goes out until it is lifted.
struct HoldPlaced {
    static constexpr std::string_view kind = "respond.notices.hold_placed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    OrganisationId organisation;  // for which whoever placed it spoke
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(HoldPlaced, (), (organisation, reason))

struct HoldLifted {
    static constexpr std::string_view kind = "respond.notices.hold_lifted";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    OrganisationId organisation;
    std::string consulted;  // which office said what
};
BOOST_DESCRIBE_STRUCT(HoldLifted, (), (organisation, consulted))

// Approved by a second person (the actor) and published. Never changed: the next edition follows.
struct NoticePublished {
    static constexpr std::string_view kind = "respond.notices.notice_published";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t edition = 1;
    std::vector<PersonId> authors;
    Content content;
};
BOOST_DESCRIBE_STRUCT(NoticePublished, (), (edition, authors, content))

// ---- the desk ------------------------------------------------------------------------------

struct Spokesperson {
    PersonId person;
    std::string phone;  // of the desk, shown to the port's people
};
BOOST_DESCRIBE_STRUCT(Spokesperson, (), (person, phone))

// In the order in which they speak; the whole list as it then stands.
struct SpokespersonsNamed {
    static constexpr std::string_view kind = "respond.notices.spokespersons_named";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    std::vector<Spokesperson> spokespersons;
};
BOOST_DESCRIBE_STRUCT(SpokespersonsNamed, (), (spokespersons))

// 問合せ窓口, as the public page names it.
struct DeskOpened {
    static constexpr std::string_view kind = "respond.notices.desk_opened";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    std::string name;
    std::string name_en;
    std::string phone;
    std::string email;  // of the desk; may be empty
    std::string hours;
    std::string hours_en;
};
BOOST_DESCRIBE_STRUCT(DeskOpened, (), (name, name_en, phone, email, hours, hours_en))

// What is said about a terminal, and who has the word.
enum class Topic { service, gate, restart };
BOOST_DESCRIBE_ENUM(Topic, service, gate, restart)

// 事業者との役割分担: on these topics the operator of the terminal has to agree first.
struct RolesDivided {
    static constexpr std::string_view kind = "respond.notices.roles_divided";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    TerminalId terminal;
    std::vector<Topic> operators;
};
BOOST_DESCRIBE_STRUCT(RolesDivided, (), (terminal, operators))

}  // namespace noroshi::respond::notices
