#pragma once
// Public records: holds, disposal by two people, what was handed in voluntarily, and disclosure
// requests as a procedure. Which records are due is counted from the facts themselves
// (records_due.h).

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "learn/records/records_due.h"
#include "learn/records/records_facts.h"
#include "prepare/council/council.h"
#include "prepare/council/council_approval.h"
#include "respond/incident/incident.h"

namespace noroshi::learn::records {

struct Hold {
    std::string id;
    std::string record;
    std::string reason;
    PersonId by;
    Instant at;
};
enum class DisposalState { proposed, approved, rejected };
BOOST_DESCRIBE_ENUM(DisposalState, proposed, approved, rejected)
struct Disposal {
    std::string id;
    std::vector<std::string> records;
    std::string reason;
    PersonId proposed_by;
    Instant proposed_at;
    DisposalState state = DisposalState::proposed;
    PersonId decided_by;
    std::optional<Instant> decided_at;
    std::uint64_t facts = 0;
};
struct Mark {
    std::string id;
    IncidentId incident;
    std::optional<std::uint32_t> entry;
    OrganisationId provider;
    std::string conditions;
    PersonId by;
    Instant at;
};
struct Hearing {
    OrganisationId organisation;
    Instant until;
    std::optional<bool> objects;
    std::string opinion;
};
struct Item {
    std::uint32_t number = 0;
    IncidentId incident;
    std::uint32_t entry = 0;
    std::optional<OrganisationId> provider;
    std::vector<Hearing> hearings;
    std::optional<Disclosure> decision;
    std::string ground;
    std::vector<std::string> blacked;
};
struct Request {
    std::string id;
    std::string reference;
    std::string subject;
    Instant received_at;
    Instant due;
    PersonId taken_by;
    std::vector<Item> items;
    std::optional<Instant> closed_at;
};

class State {
public:
    void attach(journal::Listeners& side);
    std::vector<const Hold*> holds() const;
    std::vector<const Disposal*> disposals() const;
    std::vector<const Mark*> marks_of(const IncidentId& incident) const;
    std::vector<const Request*> requests() const;
    const Hold* find_hold(const std::string& id) const;
    const Disposal* find_disposal(const std::string& id) const;
    const Request* find_request(const std::string& id) const;
    // Of an entry: its own mark, else its incident's.
    const Mark* mark_of(const IncidentId& incident, std::uint32_t entry) const;

private:
    std::map<std::string, Hold> holds_;
    std::map<std::string, Disposal> disposals_;
    std::map<std::string, Mark> marks_;
    std::map<std::string, Request> requests_;
};

// What a disposal takes away, counted before it is approved.
struct Taken {
    std::vector<std::uint64_t> sequences;
    std::vector<std::string> hashes;
    std::vector<std::string> blobs;
};
// Errors: conflict learn.records.{not_due, held} {record}.
Result<Taken> gather(store::Reader& reader, const std::vector<std::string>& records,
                     const std::string& zone, Instant now);

class Records {
public:
    Records(journal::Journal& journal, const prepare::council::Council& council,
            const respond::incident::Incident& incident, std::string zone);

    // Whether an organisation has approved what its form lists (prepare/council).
    using Approved = std::function<Result<>(
        const OrganisationId&, prepare::council::ApprovalSubject, const std::string& record)>;
    void ask_for_approval(Approved approved) { approved_ = std::move(approved); }

    const State& state() const { return pending_; }   // journal's thread
    const State& view() const { return published_; }  // under Journal::read
    const std::string& zone() const { return zone_; }
    const prepare::council::Council& council() const { return council_; }
    const respond::incident::Incident& incident() const { return incident_; }

    // Inside a command. Errors: learn.records.*, with the pointer of the field.
    Result<std::string> hold(journal::Recorder& recorder, std::string_view record,
                             std::string_view reason);
    Result<> lift(journal::Recorder& recorder, const std::string& hold);
    // `stock`: as taken just before.
    Result<std::string> propose(journal::Recorder& recorder, const std::vector<RecordItem>& stock,
                                const std::vector<std::string>& records, std::string_view reason);
    // By somebody else than who proposed it. `taken` was gathered for exactly these records.
    Result<> approve(journal::Recorder& recorder, const Principal& by, const std::string& disposal,
                     const Taken& taken);
    Result<> reject(journal::Recorder& recorder, const std::string& disposal,
                    std::string_view reason);
    Result<std::string> mark(journal::Recorder& recorder, const Principal& by,
                             const IncidentId& incident, std::optional<std::uint32_t> entry,
                             const OrganisationId& provider, std::string_view conditions);

    Result<std::string> take_request(journal::Recorder& recorder, std::string_view reference,
                                     std::string_view subject, Instant received_at, Instant due);
    // Entries found by search become items; those that are items already stay. Gives how many.
    Result<std::uint32_t> add_items(journal::Recorder& recorder, const std::string& request,
                                    const std::vector<std::pair<IncidentId, std::uint32_t>>& found);
    Result<> ask_third_party(journal::Recorder& recorder, const std::string& request,
                             std::uint32_t item, const OrganisationId& organisation, Instant until);
    Result<> hear(journal::Recorder& recorder, const std::string& request, std::uint32_t item,
                  const OrganisationId& organisation, bool objects, std::string_view opinion);
    // What was handed in voluntarily is disclosed only after its provider was heard, or could have
    // been.
    Result<> decide(journal::Recorder& recorder, const std::string& request, std::uint32_t item,
                    Disclosure decision, std::string_view ground,
                    const std::vector<std::string>& blacked);
    Result<> close(journal::Recorder& recorder, const Principal& by, const std::string& request);

    // A person who acted in records that must still be kept is not erased before. Scans the
    // journal. Errors: conflict learn.records.erasure_too_early {until}.
    Result<> check_erasure(const PersonId& person, Instant now) const;

private:
    Result<const Request*> open_request(const std::string& id) const;
    Result<std::pair<const Request*, const Item*>> item_of(const std::string& request,
                                                           std::uint32_t item) const;

    journal::Journal& journal_;
    const prepare::council::Council& council_;
    const respond::incident::Incident& incident_;
    std::string zone_;
    Approved approved_;
    State pending_;
    State published_;
};

// Every word of `blacked` made black, as many squares as it had characters.
std::string black_out(std::string text, const std::vector<std::string>& blacked);

}  // namespace noroshi::learn::records
