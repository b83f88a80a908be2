#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/http/route.h"
#include "kernel/crypto/hash.h"
#include "kernel/journal/record_classes.h"
#include "learn/records/records.h"
#include "prepare/council/council_view.h"
#include "respond/incident/incident_view.h"

namespace noroshi::learn::records {

using edge::http::created;
using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Reply;
using edge::http::Routes;
using journal::Recorder;
using HttpRequest = edge::http::Request;

namespace {

using namespace std::string_view_literals;
using Shared = std::shared_ptr<const HttpRequest>;
using Answered = edge::http::Route::Answered;

struct Made {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(Made, (), (id))
struct ReasonBody {
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(ReasonBody, (), (reason))
struct RecordItems {
    Instant at;
    std::string zone;
    std::vector<RecordItem> items;
};
BOOST_DESCRIBE_STRUCT(RecordItems, (), (at, zone, items))

struct HoldBody {
    std::string record;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(HoldBody, (), (record, reason))
struct HoldItem {
    std::string id;
    std::string record;
    std::string reason;
    std::string by;
    Instant at;
};
BOOST_DESCRIBE_STRUCT(HoldItem, (), (id, record, reason, by, at))
struct HoldItems {
    std::vector<HoldItem> items;
};
BOOST_DESCRIBE_STRUCT(HoldItems, (), (items))

struct DisposalBody {
    std::vector<std::string> records;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(DisposalBody, (), (records, reason))
struct DisposalItem {
    std::string id;
    std::vector<std::string> records;
    std::string reason;
    DisposalState state = DisposalState::proposed;
    std::string proposed_by;
    Instant proposed_at;
    std::string decided_by;
    std::optional<Instant> decided_at;
    std::uint64_t facts = 0;
    bool own = false;  // proposed by the reader, who cannot approve it
};
BOOST_DESCRIBE_STRUCT(DisposalItem, (),
                      (id, records, reason, state, proposed_by, proposed_at, decided_by, decided_at,
                       facts, own))
struct DisposalItems {
    std::vector<DisposalItem> items;
};
BOOST_DESCRIBE_STRUCT(DisposalItems, (), (items))

struct MarkBody {
    static constexpr auto defaulted = std::array{"conditions"sv};
    IncidentId incident;
    std::optional<std::uint32_t> entry;
    OrganisationId provider;
    std::string conditions;
};
BOOST_DESCRIBE_STRUCT(MarkBody, (), (incident, entry, provider, conditions))
struct MarkItem {
    std::string id;
    std::optional<std::uint32_t> entry;
    OrganisationId provider;
    std::string conditions;
    std::string by;
    Instant at;
};
BOOST_DESCRIBE_STRUCT(MarkItem, (), (id, entry, provider, conditions, by, at))
struct MarkItems {
    std::vector<MarkItem> items;
};
BOOST_DESCRIBE_STRUCT(MarkItems, (), (items))

struct AskBody {
    std::string reference;
    std::string subject;
    Instant received_at;
    Instant due;
};
BOOST_DESCRIBE_STRUCT(AskBody, (), (reference, subject, received_at, due))
struct FindBody {
    std::string words;
    std::optional<IncidentId> incident;
};
BOOST_DESCRIBE_STRUCT(FindBody, (), (words, incident))
struct Added {
    std::uint64_t found = 0;
    std::uint64_t added = 0;
};
BOOST_DESCRIBE_STRUCT(Added, (), (found, added))
struct HearingBody {
    OrganisationId organisation;
    Instant until;
};
BOOST_DESCRIBE_STRUCT(HearingBody, (), (organisation, until))
struct OpinionBody {
    static constexpr auto defaulted = std::array{"opinion"sv};
    OrganisationId organisation;
    bool objects = false;
    std::string opinion;
};
BOOST_DESCRIBE_STRUCT(OpinionBody, (), (organisation, objects, opinion))
struct DecisionBody {
    static constexpr auto defaulted = std::array{"ground"sv};
    Disclosure decision = Disclosure::withhold;
    std::string ground;
    std::vector<std::string> blacked;
};
BOOST_DESCRIBE_STRUCT(DecisionBody, (), (decision, ground, blacked))

struct HearingItem {
    OrganisationId organisation;
    Instant until;
    std::optional<bool> objects;
    std::string opinion;
};
BOOST_DESCRIBE_STRUCT(HearingItem, (), (organisation, until, objects, opinion))
struct DisclosureItem {
    std::uint32_t item = 0;
    IncidentId incident;
    std::uint32_t entry = 0;
    std::string content;  // as the reader may see it
    bool hidden = false;  // there, but not for this reader
    std::optional<OrganisationId> provider;
    std::vector<HearingItem> hearings;
    std::optional<Disclosure> decision;
    std::string ground;
};
BOOST_DESCRIBE_STRUCT(DisclosureItem, (),
                      (item, incident, entry, content, hidden, provider, hearings, decision,
                       ground))
struct RequestItem {
    std::string id;
    std::string reference;
    std::string subject;
    Instant received_at;
    Instant due;
    std::optional<Instant> closed_at;
    std::uint64_t items = 0;
    std::uint64_t undecided = 0;
};
BOOST_DESCRIBE_STRUCT(RequestItem, (),
                      (id, reference, subject, received_at, due, closed_at, items, undecided))
struct RequestItems {
    std::vector<RequestItem> items;
};
BOOST_DESCRIBE_STRUCT(RequestItems, (), (items))
struct RequestWhole {
    RequestItem request;
    std::vector<DisclosureItem> items;
};
BOOST_DESCRIBE_STRUCT(RequestWhole, (), (request, items))

struct GivenItem {
    std::uint32_t item = 0;
    Disclosure decision = Disclosure::withhold;
    std::string ground;
    std::optional<Instant> event_time;
    std::string content;  // blacked out, or empty
};
BOOST_DESCRIBE_STRUCT(GivenItem, (), (item, decision, ground, event_time, content))
struct Given {
    std::string reference;
    std::string subject;
    std::vector<GivenItem> items;
};
BOOST_DESCRIBE_STRUCT(Given, (), (reference, subject, items))

struct AuditItem {
    std::uint64_t sequence = 0;
    Instant at;
    std::string kind;
    std::string record;
    std::string actor;  // a name inside; a mark that is the same for the same person outside
    std::string record_class;
};
BOOST_DESCRIBE_STRUCT(AuditItem, (), (sequence, at, kind, record, actor, record_class))
struct AuditItems {
    std::vector<AuditItem> items;
    std::uint64_t next = 0;  // `after` of the next page; 0: there is none
    std::string head;
};
BOOST_DESCRIBE_STRUCT(AuditItems, (), (items, next, head))

// ---- handlers ------------------------------------------------------------------------------

Result<RecordItems> list_records(journal::Journal& journal, const Records& records,
                                 const HttpRequest& request) {
    TRY_LET(auto reader, journal.store().reader());
    RecordItems out{journal.clock().now(), records.zone(), {}};
    TRY_LET(out.items, take_stock(*reader, records.zone(), out.at));
    if (request.parameter("due").value_or("") == "1")
        std::erase_if(out.items, [](const RecordItem& item) { return !item.due; });
    return out;
}

Result<HoldItems> list_holds(const Records& records, const HttpRequest& request) {
    HoldItems out;
    for (const auto* one : records.view().holds())
        out.items.push_back({one->id, one->record, one->reason,
                             records.council().view().name_of(one->by, request.language), one->at});
    return out;
}

Result<DisposalItems> list_disposals(const Records& records, const HttpRequest& request) {
    const auto name = [&](const PersonId& id) {
        return id.empty() ? std::string{} : records.council().view().name_of(id, request.language);
    };
    DisposalItems out;
    for (const auto* one : records.view().disposals())
        out.items.push_back({one->id, one->records, one->reason, one->state, name(one->proposed_by),
                             one->proposed_at, name(one->decided_by), one->decided_at, one->facts,
                             one->proposed_by == request.principal->person});
    return out;
}

template <class F>
void later_command(journal::Journal& journal, const Shared& request, Answered answered, int status,
                   F decide) {
    auto body = std::make_shared<std::string>();
    journal::Command command;
    command.actor = request->principal->person.text;
    command.decide = [body,
                      decide = std::move(decide)](Recorder& recorder) -> Result<journal::Answer> {
        TRY_LET(*body, decide(recorder));
        return journal::Answer{};
    };
    command.done = [body, status, answered = std::move(answered)](Result<journal::Answer> kept) {
        if (!kept) return answered(std::unexpected(std::move(kept).error()));
        answered(Reply{status, {}, "application/json", *body, nullptr});
    };
    journal.submit(std::move(command));
}

// Counting everything that is kept takes a moment; it is done before the journal's thread is asked.
void propose(Records& records, journal::Journal& journal, const Shared& request,
             const DisposalBody& body, Answered answered) {
    auto reader = journal.store().reader();
    if (!reader) return answered(std::unexpected(reader.error()));
    auto stock = take_stock(**reader, records.zone(), journal.clock().now());
    if (!stock) return answered(std::unexpected(stock.error()));
    later_command(
        journal, request, std::move(answered), 201,
        [&records, stock = std::move(*stock), body](Recorder& recorder) -> Result<std::string> {
            TRY_LET(auto id, records.propose(recorder, stock, body.records, body.reason));
            return json::to_text(Made{std::move(id)});
        });
}

void approve(Records& records, journal::Journal& journal, const Shared& request,
             Answered answered) {
    const std::string id(request->capture("disposal"));
    std::vector<std::string> wanted;
    journal.read([&] {
        if (const auto* disposal = records.view().find_disposal(id)) wanted = disposal->records;
    });
    if (wanted.empty())
        return answered(fail(ErrorKind::not_found, "learn.records.unknown_disposal"));
    auto reader = journal.store().reader();
    if (!reader) return answered(std::unexpected(reader.error()));
    auto taken = gather(**reader, wanted, records.zone(), journal.clock().now());
    if (!taken) return answered(std::unexpected(taken.error()));
    later_command(journal, request, std::move(answered), 200,
                  [&records, request, id,
                   taken = std::move(*taken)](Recorder& recorder) -> Result<std::string> {
                      TRY(records.approve(recorder, *request->principal, id, taken));
                      return std::string("{}");
                  });
}

Result<MarkItems> list_marks(const Records& records, const HttpRequest& request) {
    const IncidentId incident{std::string(request.parameter("incident").value_or(""))};
    if (const auto seen =
            records.incident().view().one(*request.principal, incident, request.language);
        !seen)
        return std::unexpected(seen.error());
    MarkItems out;
    for (const auto* one : records.view().marks_of(incident))
        out.items.push_back({one->id, one->entry, one->provider, one->conditions,
                             records.council().view().name_of(one->by, request.language), one->at});
    // And what was said to be so when it was written down.
    TRY_LET(const auto said,
            records.incident().view().voluntary(*request.principal, incident, request.language));
    for (const auto& entry : said)
        out.items.push_back({"entry-" + std::to_string(entry.number), entry.number,
                             entry.on_behalf_of.value_or(entry.author.organisation), "",
                             entry.author.name, entry.entry_time});
    return out;
}

RequestItem item_of(const Request& one) {
    RequestItem out{one.id,  one.reference, one.subject,      one.received_at,
                    one.due, one.closed_at, one.items.size(), 0};
    for (const auto& item : one.items)
        if (!item.decision) ++out.undecided;
    return out;
}

std::optional<respond::incident::EntryItem> entry_of(const Records& records,
                                                     const Principal& reader, const Item& item,
                                                     Language language) {
    respond::incident::EntryFilter filter;
    filter.after = item.entry - 1;
    filter.limit = 1;
    auto page = records.incident().view().entries(reader, item.incident, filter, language);
    if (!page || page->items.empty() || page->items.front().number != item.entry) return {};
    return std::move(page->items.front());
}

Result<RequestItems> list_requests(const Records& records) {
    RequestItems out;
    for (const auto* one : records.view().requests()) out.items.push_back(item_of(*one));
    return out;
}

Result<RequestWhole> show_request(const Records& records, const HttpRequest& request) {
    const auto* found = records.view().find_request(std::string(request.capture("disclosure")));
    if (found == nullptr) return fail(ErrorKind::not_found, "learn.records.unknown_request");
    RequestWhole out{item_of(*found), {}};
    for (const auto& item : found->items) {
        DisclosureItem shown{item.number, item.incident, item.entry, {}, false, item.provider,
                             {},          item.decision, item.ground};
        if (auto entry = entry_of(records, *request.principal, item, request.language))
            shown.content = std::move(entry->content);
        else
            shown.hidden = true;
        for (const auto& hearing : item.hearings)
            shown.hearings.push_back(
                {hearing.organisation, hearing.until, hearing.objects, hearing.opinion});
        out.items.push_back(std::move(shown));
    }
    return out;
}

// Searched with the eyes of whoever works on the request.
Result<Added> find_items(Records& records, const HttpRequest& request, const FindBody& body,
                         Recorder& recorder) {
    constexpr std::size_t most = 500;
    const auto& view = records.incident().view();
    respond::incident::SearchResult hits;
    if (body.incident) {
        TRY_LET(hits, view.search(*request.principal, *body.incident, body.words, most,
                                  request.language));
    } else {
        hits =
            view.search(*request.principal, journal::World{}, body.words, most, request.language);
    }
    std::vector<std::pair<IncidentId, std::uint32_t>> found;
    for (const auto& hit : hits.items)
        if (const auto of = hit.incident ? hit.incident : body.incident)
            found.emplace_back(*of, hit.number);
    TRY_LET(const auto added,
            records.add_items(recorder, std::string(request.capture("disclosure")), found));
    return Added{found.size(), added};
}

Result<std::uint32_t> item_number(const HttpRequest& request) {
    const auto text = request.capture("item");
    std::uint32_t number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9' || number > 100'000'000)
            return fail(ErrorKind::not_found, "learn.records.unknown_item");
        number = number * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return number;
}

// What the applicant is given: decided items only, black where it was decided.
Result<Given> export_request(const Records& records, const HttpRequest& request) {
    const auto* found = records.view().find_request(std::string(request.capture("disclosure")));
    if (found == nullptr) return fail(ErrorKind::not_found, "learn.records.unknown_request");
    Given out{found->reference, found->subject, {}};
    for (const auto& item : found->items) {
        if (!item.decision)
            return fail(ErrorKind::conflict, "learn.records.item_open",
                        {{"item", std::to_string(item.number)}});
        GivenItem given{item.number, *item.decision, item.ground, {}, {}};
        if (*item.decision != Disclosure::withhold) {
            const auto entry = entry_of(records, *request.principal, item, request.language);
            if (!entry)
                return fail(ErrorKind::forbidden, "learn.records.item_hidden",
                            {{"item", std::to_string(item.number)}});
            given.event_time = entry->event_time;
            given.content = *item.decision == Disclosure::partly
                                ? black_out(entry->content, item.blacked)
                                : entry->content;
        }
        out.items.push_back(std::move(given));
    }
    return out;
}

// Inside: who did what, by name. Outside: for an auditor from elsewhere, who must be able to follow
// one person through the log without learning who it is.
enum class Audience { inside, outside };
Result<AuditItems> audit(journal::Journal& journal, const Records& records,
                         const HttpRequest& request, Audience audience) {
    TRY_LET(const auto after, request.number("after", 0, 0, std::uint64_t{1} << 62));
    TRY_LET(const auto limit, request.number("limit", 200, 1, 1000));
    const auto wanted = request.parameter("class");
    const auto kind = request.parameter("kind");
    const auto actor = request.parameter("actor");
    TRY_LET(auto reader, journal.store().reader());
    AuditItems out;
    TRY(reader->facts(after + 1, [&](const journal::Fact& fact) {
        if (out.items.size() == limit) {
            out.next = out.items.back().sequence;
            return false;
        }
        const auto record_class =
            fact.exercise.empty() ? journal::class_of(fact.kind) : journal::RecordClass::drill;
        const auto name = std::string(
            journal::retention_of(record_class.value_or(journal::RecordClass::incident)).name);
        if (wanted && *wanted != name) return true;
        if (kind && !fact.kind.starts_with(*kind)) return true;
        if (actor && audience == Audience::inside && fact.actor != *actor) return true;
        AuditItem item{fact.sequence, fact.entry_time, fact.kind, fact.stream, fact.actor, name};
        if (audience == Audience::outside) {
            const auto& key = journal.installation_key();
            const auto mark = [&](const std::string& id) {
                return to_hex(
                           hmac_sha256(std::string_view(reinterpret_cast<const char*>(key.data()),
                                                        key.size()),
                                       "noroshi audit\n" + id))
                    .substr(0, 12);
            };
            if (item.actor != "system") item.actor = mark(item.actor);
            // A person's own stream names the person.
            if (const auto slash = item.record.rfind('/');
                slash != std::string::npos && item.record.contains("/people/"))
                item.record =
                    item.record.substr(0, slash + 1) + mark(item.record.substr(slash + 1));
        }
        out.items.push_back(std::move(item));
        return true;
    }));
    if (audience == Audience::inside)
        journal.read([&] {
            for (auto& item : out.items)
                if (auto name =
                        records.council().view().name_of(PersonId{item.actor}, request.language);
                    !name.empty())
                    item.actor = std::move(name);
        });
    out.head = journal::hex_of(journal.head().hash);
    return out;
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_routes(Routes& routes, Records& records, journal::Journal& journal) {
    const std::string base = "/api/learn/records";
    const auto keeper = [](std::string name) {
        return by_roles("learn.records." + std::move(name), {Role::administrator, Role::leader});
    };
    const auto approver = [](std::string name) {
        return by_roles("learn.records." + std::move(name), {Role::leader});
    };
    const auto writer = [](std::string name) {
        return by_roles("learn.records." + std::move(name),
                        {Role::duty_officer, Role::leader, Role::clerk, Role::security_person,
                         Role::liaison, Role::member, Role::investigator});
    };

    auto& stock = routes.query<RecordItems>(base + "/records", keeper("see_records"),
                                            "Records, how long each is kept, what is due",
                                            [&records, &journal](const HttpRequest& request) {
                                                return list_records(journal, records, request);
                                            });
    stock.reads_by_itself = true;
    stock.parameters = {"due"};
    routes.query<HoldItems>(
        base + "/holds", keeper("see_records"), "What must not be disposed of",
        [&records](const HttpRequest& request) { return list_holds(records, request); });
    routes
        .command<HoldBody, Made>(
            Method::post, base + "/holds", keeper("hold"), "Keep a record whatever its period",
            [&records](const HttpRequest&, const HoldBody& body,
                       Recorder& recorder) -> Result<Done<Made>> {
                TRY_LET(auto id, records.hold(recorder, body.record, body.reason));
                return created(Made{id}, "/api/learn/records/holds/" + id);
            })
        .success_status = 201;
    routes.command<Nothing, Nothing>(
        Method::del, base + "/holds/{hold}", keeper("hold"), "Lift a hold",
        [&records](const HttpRequest& request, const Nothing&,
                   Recorder& recorder) -> Result<Nothing> {
            TRY(records.lift(recorder, std::string(request.capture("hold"))));
            return Nothing{};
        });
    routes.query<DisposalItems>(
        base + "/disposals", keeper("see_records"), "Disposals proposed, approved and rejected",
        [&records](const HttpRequest& request) { return list_disposals(records, request); });
    routes
        .later<DisposalBody, Made>(
            Method::post, base + "/disposals", keeper("propose_disposal"),
            "Propose to dispose of records whose period is over",
            [&records, &journal](const Shared& request, const DisposalBody& body,
                                 Answered answered) {
                propose(records, journal, request, body, std::move(answered));
            })
        .success_status = 201;
    routes.later<Nothing, Nothing>(
        Method::post, base + "/disposals/{disposal}/approve", approver("approve_disposal"),
        "Approve it, as the second person",
        [&records, &journal](const Shared& request, const Nothing&, Answered answered) {
            approve(records, journal, request, std::move(answered));
        });
    routes.command<ReasonBody, Nothing>(
        Method::post, base + "/disposals/{disposal}/reject", keeper("reject_disposal"),
        "Reject or withdraw it",
        [&records](const HttpRequest& request, const ReasonBody& body,
                   Recorder& recorder) -> Result<Nothing> {
            TRY(records.reject(recorder, std::string(request.capture("disposal")), body.reason));
            return Nothing{};
        });

    routes
        .query<MarkItems>(
            base + "/marks", writer("see_marks"), "What of an incident was handed in voluntarily",
            [&records](const HttpRequest& request) { return list_marks(records, request); })
        .parameters = {"incident"};
    routes
        .command<MarkBody, Made>(
            Method::post, base + "/marks", writer("mark"),
            "Mark an entry, or an incident, as handed in voluntarily and not for disclosure",
            [&records](const HttpRequest& request, const MarkBody& body,
                       Recorder& recorder) -> Result<Done<Made>> {
                TRY_LET(auto id, records.mark(recorder, *request.principal, body.incident,
                                              body.entry, body.provider, body.conditions));
                return created(Made{id}, "/api/learn/records/marks/" + id);
            })
        .success_status = 201;

    routes.query<RequestItems>(base + "/disclosures", keeper("see_disclosures"),
                               "Disclosure requests",
                               [&records](const HttpRequest&) { return list_requests(records); });
    routes.query<RequestWhole>(
        base + "/disclosures/{disclosure}", keeper("see_disclosures"), "One request and its items",
        [&records](const HttpRequest& request) { return show_request(records, request); });
    routes.query<Given>(
        base + "/disclosures/{disclosure}/export", keeper("see_disclosures"),
        "What the applicant is given, blacked out as decided",
        [&records](const HttpRequest& request) { return export_request(records, request); });
    routes
        .command<AskBody, Made>(
            Method::post, base + "/disclosures", keeper("work_on_disclosure"),
            "Take in a disclosure request",
            [&records](const HttpRequest&, const AskBody& body,
                       Recorder& recorder) -> Result<Done<Made>> {
                TRY_LET(auto id, records.take_request(recorder, body.reference, body.subject,
                                                      body.received_at, body.due));
                return created(Made{id}, "/api/learn/records/disclosures/" + id);
            })
        .success_status = 201;
    routes.command<FindBody, Added>(
        Method::post, base + "/disclosures/{disclosure}/items", keeper("work_on_disclosure"),
        "Search for entries; each one found becomes an item to decide on",
        [&records](const HttpRequest& request, const FindBody& body, Recorder& recorder) {
            return find_items(records, request, body, recorder);
        });
    routes.command<HearingBody, Nothing>(
        Method::post, base + "/disclosures/{disclosure}/items/{item}/hearings",
        keeper("work_on_disclosure"), "Ask a third party for its opinion",
        [&records](const HttpRequest& request, const HearingBody& body,
                   Recorder& recorder) -> Result<Nothing> {
            TRY_LET(const auto item, item_number(request));
            TRY(records.ask_third_party(recorder, std::string(request.capture("disclosure")), item,
                                        body.organisation, body.until));
            return Nothing{};
        });
    routes.command<OpinionBody, Nothing>(
        Method::post, base + "/disclosures/{disclosure}/items/{item}/opinions",
        keeper("work_on_disclosure"), "Write down what the third party said",
        [&records](const HttpRequest& request, const OpinionBody& body,
                   Recorder& recorder) -> Result<Nothing> {
            TRY_LET(const auto item, item_number(request));
            TRY(records.hear(recorder, std::string(request.capture("disclosure")), item,
                             body.organisation, body.objects, body.opinion));
            return Nothing{};
        });
    routes.command<DecisionBody, Nothing>(
        Method::put, base + "/disclosures/{disclosure}/items/{item}/decision",
        approver("decide_disclosure"), "Decide on one item",
        [&records](const HttpRequest& request, const DecisionBody& body,
                   Recorder& recorder) -> Result<Nothing> {
            TRY_LET(const auto item, item_number(request));
            TRY(records.decide(recorder, std::string(request.capture("disclosure")), item,
                               body.decision, body.ground, body.blacked));
            return Nothing{};
        });
    routes.command<Nothing, Nothing>(
        Method::post, base + "/disclosures/{disclosure}/close", keeper("work_on_disclosure"),
        "Close a request of which every item is decided",
        [&records](const HttpRequest& request, const Nothing&,
                   Recorder& recorder) -> Result<Nothing> {
            TRY(records.close(recorder, *request.principal,
                              std::string(request.capture("disclosure"))));
            return Nothing{};
        });

    auto& inside =
        routes.query<AuditItems>(base + "/audit", keeper("audit"), "The audit log, by name",
                                 [&records, &journal](const HttpRequest& request) {
                                     return audit(journal, records, request, Audience::inside);
                                 });
    inside.reads_by_itself = true;
    inside.parameters = {"after", "limit", "class", "kind", "actor"};
    auto& outside =
        routes.query<AuditItems>(base + "/audit/external",
                                 by_roles("learn.records.audit_outside",
                                          {Role::administrator, Role::leader, Role::investigator}),
                                 "The audit log for an auditor from elsewhere: people as marks",
                                 [&records, &journal](const HttpRequest& request) {
                                     return audit(journal, records, request, Audience::outside);
                                 });
    outside.reads_by_itself = true;
    outside.parameters = {"after", "limit", "class", "kind"};
    return routes;
}

}  // namespace noroshi::learn::records
