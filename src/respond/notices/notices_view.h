#pragma once
// The published notices, for the port's people. Folded the same way as the pending side, hence a
// State that can also answer. Read it under Journal::read.

#include <optional>
#include <string>
#include <vector>

#include "prepare/council/council_view.h"
#include "prepare/port/port_view.h"
#include "respond/notices/notices.h"

namespace noroshi::respond::notices {

struct EditionItem {
    std::uint32_t edition = 0;
    Instant published_at;
    std::string approved_by;
    std::vector<std::string> authors;
    Content content;
};
BOOST_DESCRIBE_STRUCT(EditionItem, (), (edition, published_at, approved_by, authors, content))

struct DraftItem {
    Content content;
    Instant drafted_at;
    std::vector<std::string> authors;
    std::vector<OrganisationId> agreed;
    std::vector<OrganisationId> agreements_missing;
    std::optional<std::string> returned;  // why it was sent back
    bool mine = false;                    // the reader wrote a part: somebody else has to approve
};
BOOST_DESCRIBE_STRUCT(DraftItem, (),
                      (content, drafted_at, authors, agreed, agreements_missing, returned, mine))

struct NoticeItem {
    NoticeId id;
    std::uint64_t version = 0;
    bool drill = false;
    std::optional<ExerciseId> exercise;
    bool current = false;
    std::optional<IncidentId> incident;
    OrganisationId organisation;
    std::optional<DraftItem> draft;  // absent also for whoever may not see it
    std::optional<std::string> hold;
    std::optional<std::string> consulted;
    std::vector<EditionItem> editions;  // oldest first
};
BOOST_DESCRIBE_STRUCT(NoticeItem, (),
                      (id, version, drill, exercise, current, incident, organisation, draft, hold,
                       consulted, editions))

struct NoticeItems {
    std::vector<NoticeItem> items;  // what awaits something first, then the newest
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(NoticeItems, (), (items, hidden))

enum class Severity { error, warning };
BOOST_DESCRIBE_ENUM(Severity, error, warning)
struct ReadinessItem {
    std::string key;
    Severity severity = Severity::warning;
    std::string detail;  // in the reader's language
};
BOOST_DESCRIBE_STRUCT(ReadinessItem, (), (key, severity, detail))

struct SpokespersonItem {
    PersonId person;
    std::string name;
    std::string phone;
};
BOOST_DESCRIBE_STRUCT(SpokespersonItem, (), (person, name, phone))
struct DeskInWords {
    std::string name;
    std::string name_en;
    std::string phone;
    std::string email;
    std::string hours;
    std::string hours_en;
};
BOOST_DESCRIBE_STRUCT(DeskInWords, (), (name, name_en, phone, email, hours, hours_en))
struct DivisionItem {
    TerminalId terminal;
    OrganisationId operator_;
    std::vector<Topic> operators;
};
BOOST_DESCRIBE_STRUCT(DivisionItem, (), (terminal, operator_, operators))
struct DeskItem {
    std::uint64_t version = 0;
    std::vector<SpokespersonItem> spokespersons;
    std::optional<DeskInWords> desk;
    std::vector<DivisionItem> divisions;  // a line per terminal
    std::vector<ReadinessItem> readiness;
    std::string public_url;
};
BOOST_DESCRIBE_STRUCT(DeskItem, (),
                      (version, spokespersons, desk, divisions, readiness, public_url))

class View final : public State {
public:
    View(const council::View& council, const port::View& port) : council_(council), port_(port) {}

    // Drafts for those whom they concern; what is published, for everybody.
    NoticeItems list(const Principal& reader) const;
    std::optional<NoticeItem> item(const NoticeId& id, const Principal& reader) const;
    DeskItem desk_item(Language language) const;

private:
    NoticeItem item_of(const Notice& notice, const Principal& reader) const;
    const council::View& council_;
    const port::View& port_;
};

}  // namespace noroshi::respond::notices
