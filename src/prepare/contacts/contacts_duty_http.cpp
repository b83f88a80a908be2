// Lists, duty and the calendar feed. The table of routes stands last; contacts_http.cpp joins it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/document/calendar.h"
#include "edge/http/route.h"
#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "prepare/contacts/contacts_lists_view.h"
#include "prepare/contacts/contacts_view.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::contacts {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using journal::Recorder;

namespace {

constexpr std::string_view base = "/api/prepare/contacts";
constexpr std::string_view feed_purpose = "contacts_feed";

struct ListBody {
    std::vector<Post> posts;
    std::optional<std::string> weekday_phone;
    std::optional<std::string> night_phone;
    std::optional<std::string> email;
};
BOOST_DESCRIBE_STRUCT(ListBody, (), (posts, weekday_phone, night_phone, email))

struct Kept {
    OrganisationId organisation;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (organisation, version))
struct KeptPart {
    std::string id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(KeptPart, (), (id, version))
struct Gone {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(Gone, (), (id))

struct TransferBody {
    static constexpr std::array<std::string_view, 2> defaulted{"overlap_days", "dry_run"};
    std::string on;
    int overlap_days = 14;
    bool dry_run = false;  // only say what would change
    std::vector<Move> moves;
};
BOOST_DESCRIBE_STRUCT(TransferBody, (), (on, overlap_days, dry_run, moves))
struct TransferredList {
    OrganisationId organisation;
    std::vector<Post> before;
    std::vector<Post> after;
};
BOOST_DESCRIBE_STRUCT(TransferredList, (), (organisation, before, after))
struct TransferAnswer {
    bool done = false;
    std::vector<TransferredList> lists;
};
BOOST_DESCRIBE_STRUCT(TransferAnswer, (), (done, lists))

struct RotationBody {
    static constexpr std::array<std::string_view, 5> defaulted{"hours", "turn_days", "handover",
                                                               "office_from", "office_until"};
    std::string name;
    std::vector<PersonId> members;
    DutyHours hours = DutyHours::always;
    int turn_days = 7;
    std::string handover = "08:30";
    std::string office_from = "08:30";
    std::string office_until = "17:15";
    std::string starts_on;
    std::optional<std::string> ends_on;
};
BOOST_DESCRIBE_STRUCT(RotationBody, (),
                      (name, members, hours, turn_days, handover, office_from, office_until,
                       starts_on, ends_on))
struct SubstitutionBody {
    PersonId person;
    std::optional<std::string> rotation;
    std::optional<PersonId> instead_of;
    Instant from;
    Instant until;
};
BOOST_DESCRIBE_STRUCT(SubstitutionBody, (), (person, rotation, instead_of, from, until))
struct AbsenceBody {
    static constexpr std::array<std::string_view, 1> defaulted{"reason"};
    Instant from;
    Instant until;
    AbsenceReason reason = AbsenceReason::leave;
};
BOOST_DESCRIBE_STRUCT(AbsenceBody, (), (from, until, reason))

struct FeedItem {
    std::string id;
    OrganisationId organisation;
    std::string organisation_name;
    std::string url;
};
BOOST_DESCRIBE_STRUCT(FeedItem, (), (id, organisation, organisation_name, url))
struct FeedItems {
    std::vector<FeedItem> items;
};
BOOST_DESCRIBE_STRUCT(FeedItems, (), (items))

Reading reading(const Contacts& contacts, const Request& request) {
    return {*request.principal, request.language, contacts.now()};
}
OrganisationId organisation_in(const Request& request) {
    return request.id<OrganisationTag>("organisation");
}

// ---- lists ---------------------------------------------------------------------------------

Result<Done<ListItem>> show_list(const Contacts& contacts, const Request& request) {
    const auto& council = contacts.council().view();
    const auto organisation = organisation_in(request);
    if (council.find(organisation) == nullptr)
        return fail(ErrorKind::not_found, "prepare.contacts.unknown_organisation");
    if (!may_see_list(*request.principal, organisation))
        return fail(ErrorKind::forbidden, "prepare.contacts.list_hidden");
    auto item = list_item(contacts.view(), council, organisation, reading(contacts, request));
    const auto version = item.version;
    return Done<ListItem>{std::move(item), 200, version, {}, {}};
}

Result<Done<Kept>> change_list(Contacts& contacts, const Request& request, const ListBody& body,
                               Recorder& recorder) {
    const auto organisation = organisation_in(request);
    TRY(may_manage(*request.principal, organisation));
    TRY_LET(const auto version, request.if_match());
    TRY(contacts.change_list(recorder, organisation,
                             {body.posts, body.weekday_phone.value_or(""),
                              body.night_phone.value_or(""), body.email.value_or("")},
                             version));
    const auto now = recorder.version_of(Contacts::list_stream_of(organisation));
    return Done<Kept>{{organisation, now}, 200, now, {}, {}};
}

Result<TransferAnswer> transfer_posts(Contacts& contacts, const Request& request,
                                      const TransferBody& body, Recorder& recorder) {
    for (const auto& move : body.moves) TRY(may_manage(*request.principal, move.organisation));
    const TransferDraft draft{body.on, body.overlap_days, body.moves};
    const auto before = [&](const OrganisationId& organisation) {
        return contacts.state().list(organisation).posts;
    };
    TRY_LET(const auto decided, body.dry_run
                                    ? transfer(contacts.council().state(), contacts.state(), draft)
                                    : contacts.transfer(recorder, draft));
    TransferAnswer out{!body.dry_run, {}};
    for (const auto& list : decided.lists)
        out.lists.push_back({list.organisation, before(list.organisation), list.posts});
    return out;
}

// ---- duty ----------------------------------------------------------------------------------

Result<DutyItems> show_duty(const Contacts& contacts, const Request& request) {
    const auto read = reading(contacts, request);
    auto at = read.now;
    if (const auto asked = request.parameter("at")) {
        TRY_LET(at, parse_rfc3339(*asked));
    }
    const OrganisationId only{std::string(request.parameter("organisation").value_or(""))};
    return who_is_on_duty(contacts.view(), contacts.council().view(), read, at, only);
}

// Days of the query, else the two weeks around today.
struct Range {
    Day from;
    Day until;
};
Result<Range> range_in(const Request& request, const Calendar& calendar, Instant now) {
    const auto today = calendar.day_of(now);
    Range range{today - std::chrono::days{1}, today + std::chrono::days{35}};
    for (auto [name, day] : {std::pair("from", &range.from), std::pair("until", &range.until)}) {
        const auto text = request.parameter(name);
        if (!text) continue;
        const auto parsed = parse_day(*text);
        if (!parsed)
            return fail(ErrorKind::invalid, "prepare.contacts.bad_day",
                        {{"day", std::string(*text)}});
        *day = *parsed;
        if (name == std::string_view("from") && !request.parameter("until"))
            range.until = *parsed + std::chrono::days{35};
    }
    return range;
}

Result<DutyCalendar> show_calendar(const Contacts& contacts, const Request& request) {
    const auto read = reading(contacts, request);
    TRY_LET(const auto range, range_in(request, contacts.view().calendar(), read.now));
    return duty_calendar(contacts.view(), contacts.council().view(), read, organisation_in(request),
                         range.from, range.until);
}

Result<DayItems> show_days(const Contacts& contacts, const Request& request) {
    const auto& calendar = contacts.view().calendar();
    TRY_LET(const auto range, range_in(request, calendar, contacts.now()));
    if (range.until <= range.from || range.until - range.from > std::chrono::days{800})
        return fail(ErrorKind::invalid, "prepare.contacts.bad_range");
    return DayItems{calendar.zone(),
                    days_between(calendar, range.from, range.until, request.language)};
}

Result<Done<KeptPart>> set_rotation(Contacts& contacts, const Request& request,
                                    const RotationBody& body, Recorder& recorder) {
    const auto organisation = organisation_in(request);
    TRY(may_manage(*request.principal, organisation));
    TRY_LET(const auto version, request.if_match());
    TRY_LET(auto id, contacts.set_rotation(
                         recorder, organisation, std::string(request.capture("rotation")),
                         {body.name, body.members, body.hours, body.turn_days, body.handover,
                          body.office_from, body.office_until, body.starts_on, body.ends_on},
                         version));
    const auto now = recorder.version_of(Contacts::duty_stream_of(organisation));
    const bool is_new = request.method == Method::post;
    return Done<KeptPart>{{std::move(id), now}, is_new ? 201 : 200, now, {}, {}};
}

Result<Gone> end_rotation(Contacts& contacts, const Request& request, Recorder& recorder) {
    const auto organisation = organisation_in(request);
    TRY(may_manage(*request.principal, organisation));
    std::string id(request.capture("rotation"));
    TRY(contacts.end_rotation(recorder, organisation, id));
    return Gone{std::move(id)};
}

Result<Done<KeptPart>> substitute(Contacts& contacts, const Request& request,
                                  const SubstitutionBody& body, Recorder& recorder) {
    const auto organisation = organisation_in(request);
    TRY(may_manage(*request.principal, organisation));
    TRY_LET(auto id, contacts.substitute(
                         recorder, organisation,
                         {body.person, body.rotation, body.instead_of, body.from, body.until}));
    const auto now = recorder.version_of(Contacts::duty_stream_of(organisation));
    return Done<KeptPart>{{std::move(id), now}, 201, now, {}, {}};
}

Result<Gone> withdraw_substitution(Contacts& contacts, const Request& request, Recorder& recorder) {
    const auto organisation = organisation_in(request);
    TRY(may_manage(*request.principal, organisation));
    std::string id(request.capture("substitution"));
    TRY(contacts.withdraw_substitution(recorder, organisation, id));
    return Gone{std::move(id)};
}

// Oneself, or whoever manages one of the person's organisations.
Result<> may_note_absence(const Contacts& contacts, const Principal& principal,
                          const PersonId& person) {
    if (principal.person == person) return {};
    const auto* known = contacts.council().state().find(person);
    if (known == nullptr) return fail(ErrorKind::not_found, "prepare.contacts.unknown_person");
    for (const auto& role : known->roles)
        if (may_manage(principal, role.organisation)) return {};
    if (principal.has(Role::administrator)) return {};
    return fail(ErrorKind::forbidden, "prepare.contacts.not_yours");
}

Result<Done<KeptPart>> note_absence(Contacts& contacts, const Request& request,
                                    const AbsenceBody& body, Recorder& recorder) {
    const auto person = request.id<PersonTag>("person");
    TRY(may_note_absence(contacts, *request.principal, person));
    TRY_LET(auto id, contacts.note_absence(recorder, person, body.from, body.until, body.reason));
    const auto now = recorder.version_of("prepare/contacts/absences/" + person.text);
    return Done<KeptPart>{{std::move(id), now}, 201, now, {}, {}};
}

Result<Gone> withdraw_absence(Contacts& contacts, const Request& request, Recorder& recorder) {
    const auto person = request.id<PersonTag>("person");
    TRY(may_note_absence(contacts, *request.principal, person));
    std::string id(request.capture("absence"));
    TRY(contacts.withdraw_absence(recorder, person, id));
    return Gone{std::move(id)};
}

// ---- the feed ------------------------------------------------------------------------------

std::string feed_url(const Contacts& contacts, const std::string& feed, Random& random) {
    return contacts.options().public_url + std::string(base) + "/feed/" +
           to_base64url(seal_with(contacts.installation_key(), feed, feed_purpose, random)) +
           ".ics";
}

Result<FeedItems> show_feeds(const Contacts& contacts, const Request& request) {
    FeedItems out;
    for (const auto& feed : contacts.view().feeds_of(request.principal->person))
        out.items.push_back({feed.id, feed.organisation,
                             contacts.council().view().name_of(feed.organisation, request.language),
                             feed_url(contacts, feed.id, contacts.random())});
    return out;
}

Result<Done<FeedItem>> open_feed(Contacts& contacts, const Request& request, Recorder& recorder) {
    const auto organisation = organisation_in(request);
    if (contacts.council().state().find(organisation) != nullptr &&
        !may_see_list(*request.principal, organisation))
        return fail(ErrorKind::forbidden, "prepare.contacts.list_hidden");
    TRY_LET(auto id, contacts.open_feed(recorder, organisation, request.principal->person));
    FeedItem item{id, organisation,
                  contacts.council().state().name_of(organisation, request.language),
                  feed_url(contacts, id, recorder.random())};
    return Done<FeedItem>{std::move(item), 201, {}, {}, {}};
}

Result<Gone> close_feed(Contacts& contacts, const Request& request, Recorder& recorder) {
    std::string id(request.capture("feed"));
    const auto* feed = contacts.state().find_feed(id);
    if (feed == nullptr) return fail(ErrorKind::not_found, "prepare.contacts.unknown_feed");
    if (feed->person != request.principal->person && !request.principal->has(Role::administrator))
        return fail(ErrorKind::forbidden, "prepare.contacts.not_yours");
    TRY(contacts.close_feed(recorder, id));
    return Gone{std::move(id)};
}

Result<Reply> read_feed(const Contacts& contacts, const Request& request) {
    auto sealed = request.capture("link");
    if (sealed.ends_with(".ics")) sealed.remove_suffix(4);
    const auto bytes = sealed.size() > 400 ? std::nullopt : from_base64url(sealed);
    const auto id =
        bytes ? open_with(contacts.installation_key(), *bytes, feed_purpose) : std::nullopt;
    const auto* feed = id ? contacts.view().find_feed(*id) : nullptr;
    const auto& council = contacts.council().view();
    const auto reader = feed == nullptr ? std::nullopt : council.find_person(feed->person);
    // Whoever left the port, or may no longer see the organisation, has no feed either.
    if (!reader || !may_see_list(*reader, feed->organisation))
        return fail(ErrorKind::not_found, "prepare.contacts.unknown_feed");

    const auto language = reader->language;
    const auto now = contacts.now();
    const auto& state = contacts.view();
    const auto say = [&](std::string_view key, const Arguments& arguments) {
        return i18n::text(language, "prepare.contacts." + std::string(key), arguments);
    };
    const auto organisation = council.name_of(feed->organisation, language);
    edge::document::CalendarFile file;
    file.name = say("feed_name", {{"organisation", organisation}});
    file.product = "-//Noroshi//prepare.contacts//" + std::string(i18n::code_of(language));
    const auto today = state.calendar().day_of(now);
    for (const auto& segment :
         state.duty(feed->organisation, state.calendar().at(today - std::chrono::days{31}),
                    state.calendar().at(today + std::chrono::days{186})))
        for (const auto& stand : segment.stands) {
            if (stand.by == OnDutyBy::list && !segment.gap && !stand.scheduled_away) continue;
            const auto name = council.name_of(stand.person, language);
            std::string note;
            if (segment.gap)
                note = say("feed_gap", {});
            else if (stand.instead_of)
                note =
                    say("feed_instead", {{"name", council.name_of(*stand.instead_of, language)}});
            // A stretch that only another person's change cuts in two is one event.
            if (auto* before = file.events.empty() ? nullptr : &file.events.back();
                before != nullptr && before->until == segment.from &&
                before->summary == say("feed_duty", {{"name", name}}) &&
                before->description == note) {
                before->until = segment.until;
                continue;
            }
            file.events.push_back(
                {.uid = to_hex(sha256(feed->organisation.text + "/" + stand.person.text + "/" +
                                      format_rfc3339(segment.from)))
                            .substr(0, 32) +
                        "@" + contacts.options().mail_domain,
                 .from = segment.from,
                 .until = segment.until,
                 .summary = say("feed_duty", {{"name", name}}),
                 .description = std::move(note)});
        }
    Reply reply;
    reply.content_type = "text/calendar; charset=utf-8";
    reply.headers = {{"Content-Disposition", "inline; filename=\"duty.ics\""},
                     {"Cache-Control", "private, max-age=900"},
                     {"X-Robots-Tag", "noindex"}};
    reply.body = edge::document::write_calendar(file, now);
    return reply;
}

}  // namespace

// Joined by contacts_http.cpp.
Routes& add_duty_routes(Routes& routes, Contacts& contacts) {
    const std::string root(base);
    const auto see_lists = signed_in("prepare.contacts.see_lists");
    const auto see_duty = signed_in("prepare.contacts.see_duty");
    const auto change_duty = signed_in("prepare.contacts.change_duty");
    const auto absence = signed_in("prepare.contacts.note_absence");
    const auto feeds = signed_in("prepare.contacts.open_feed");

    routes.query<ListItems>(root + "/lists", see_lists,
                            "Every organisation's people in the order in which they are called",
                            [&contacts](const Request& request) -> Result<ListItems> {
                                return all_lists(contacts.view(), contacts.council().view(),
                                                 reading(contacts, request));
                            });
    routes.query<ListItem>(
        root + "/lists/{organisation}", see_lists, "One organisation's list",
        [&contacts](const Request& request) { return show_list(contacts, request); });
    routes.command<ListBody, Kept>(
        Method::put, root + "/lists/{organisation}", signed_in("prepare.contacts.change_list"),
        "Replace an organisation's list (If-Match)",
        [&contacts](const Request& request, const ListBody& body, Recorder& recorder) {
            return change_list(contacts, request, body, recorder);
        });
    routes.command<TransferBody, TransferAnswer>(
        Method::post, root + "/transfers", signed_in("prepare.contacts.transfer_posts"),
        "Hand over posts in bulk on a day, with an overlap; dry_run says what would change",
        [&contacts](const Request& request, const TransferBody& body, Recorder& recorder) {
            return transfer_posts(contacts, request, body, recorder);
        });
    routes.query<ProblemItems>(root + "/problems", see_lists,
                               "What is wrong with lists and duty, urgent first",
                               [&contacts](const Request& request) -> Result<ProblemItems> {
                                   return all_problems(contacts.view(), contacts.council().view(),
                                                       reading(contacts, request));
                               });

    routes
        .query<DutyItems>(
            root + "/duty", see_duty, "Who is on duty now and next, of every organisation",
            [&contacts](const Request& request) { return show_duty(contacts, request); })
        .parameters = {"at", "organisation"};
    routes
        .query<DutyCalendar>(
            root + "/duty/{organisation}", see_duty, "An organisation's duty over some days",
            [&contacts](const Request& request) { return show_calendar(contacts, request); })
        .parameters = {"from", "until"};
    routes
        .query<DayItems>(
            root + "/days", see_duty, "Days of the port's calendar: holidays and days off",
            [&contacts](const Request& request) { return show_days(contacts, request); })
        .parameters = {"from", "until"};
    const auto rotation = [&contacts](const Request& request, const RotationBody& body,
                                      Recorder& recorder) {
        return set_rotation(contacts, request, body, recorder);
    };
    routes
        .command<RotationBody, KeptPart>(Method::post, root + "/duty/{organisation}/rotations",
                                         change_duty, "A new rotation", rotation)
        .success_status = 201;
    routes.command<RotationBody, KeptPart>(
        Method::put, root + "/duty/{organisation}/rotations/{rotation}", change_duty,
        "Change a rotation from now on; what was stays as it was", rotation);
    routes.command<Nothing, Gone>(
        Method::del, root + "/duty/{organisation}/rotations/{rotation}", change_duty,
        "End a rotation now",
        [&contacts](const Request& request, const Nothing&, Recorder& recorder) {
            return end_rotation(contacts, request, recorder);
        });
    routes
        .command<SubstitutionBody, KeptPart>(
            Method::post, root + "/duty/{organisation}/substitutions", change_duty,
            "Somebody stands in for a time",
            [&contacts](const Request& request, const SubstitutionBody& body, Recorder& recorder) {
                return substitute(contacts, request, body, recorder);
            })
        .success_status = 201;
    routes.command<Nothing, Gone>(
        Method::del, root + "/duty/{organisation}/substitutions/{substitution}", change_duty,
        "Withdraw a substitution",
        [&contacts](const Request& request, const Nothing&, Recorder& recorder) {
            return withdraw_substitution(contacts, request, recorder);
        });
    routes
        .command<AbsenceBody, KeptPart>(
            Method::post, root + "/absences/{person}", absence, "Somebody is away for a time",
            [&contacts](const Request& request, const AbsenceBody& body, Recorder& recorder) {
                return note_absence(contacts, request, body, recorder);
            })
        .success_status = 201;
    routes.command<Nothing, Gone>(
        Method::del, root + "/absences/{person}/{absence}", absence, "They are there after all",
        [&contacts](const Request& request, const Nothing&, Recorder& recorder) {
            return withdraw_absence(contacts, request, recorder);
        });

    routes.query<FeedItems>(
        root + "/feeds", feeds, "One's own links to calendars",
        [&contacts](const Request& request) { return show_feeds(contacts, request); });
    routes
        .command<Nothing, FeedItem>(
            Method::post, root + "/duty/{organisation}/feeds", feeds,
            "A link by which a calendar program reads an organisation's duty",
            [&contacts](const Request& request, const Nothing&, Recorder& recorder) {
                return open_feed(contacts, request, recorder);
            })
        .success_status = 201;
    routes.command<Nothing, Gone>(
        Method::del, root + "/feeds/{feed}", feeds, "Close a link",
        [&contacts](const Request& request, const Nothing&, Recorder& recorder) {
            return close_feed(contacts, request, recorder);
        });
    auto& feed = routes.query<Reply>(
        root + "/feed/{link}", anyone("prepare.contacts.read_feed"),
        "An organisation's duty as iCalendar, for whoever holds the link",
        [&contacts](const Request& request) { return read_feed(contacts, request); });
    feed.answer_type = "text/calendar";
    return routes;
}

}  // namespace noroshi::prepare::contacts
