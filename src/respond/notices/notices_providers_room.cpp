// Data providers: the room's part. Listens, records, asks.

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "kernel/i18n/i18n.h"
#include "kernel/journal/record.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council_view.h"
#include "prepare/port/port_view.h"
#include "respond/incident/incident_state.h"
#include "respond/notices/notices_providers.h"

namespace noroshi::respond::notices {

namespace {

// Of one office; more would be noise, fewer might be asleep.
constexpr std::size_t asked_at_once = 3;
constexpr std::string_view asked_topic = "respond.notices.asked";

std::string said(Language language, std::string_view key, const Arguments& arguments = {}) {
    return i18n::text(language, "respond.notices." + std::string(key), arguments);
}

struct Changed {
    ProviderId provider;
};
BOOST_DESCRIBE_STRUCT(Changed, (), (provider))

}  // namespace

std::string Providers::stream_of(const ProviderId& id) {
    return "respond/notices/providers/" + id.text;
}

Providers::Providers(journal::Journal& journal, const council::Council& council,
                     const port::Port& port, const prepare::contacts::Contacts& contacts,
                     const incident::Incident& incident, const State& notices, const State& shown,
                     Options options)
    : journal_(journal), council_(council), port_(port), contacts_(contacts), incident_(incident),
      notices_(notices), shown_(shown), options_(std::move(options)) {
    pending_.attach(journal.pending());
    published_.attach(journal.published());
    journal.add_timer({[this] { return next_due(); },
                       [this](journal::Recorder& recorder) { return fire(recorder); }});
    journal.add_event(
        ProviderReported::kind,
        [](const void* body, const journal::Envelope&) -> std::optional<std::string> {
            return json::to_text(Changed{static_cast<const ProviderReported*>(body)->provider});
        },
        "respond.notices.provider_reported");
}

void Providers::set_own_url(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    options_.own_url = std::move(url);
}

// ---- reading -------------------------------------------------------------------------------

ProviderItems Providers::list(const Principal& reader, const ExerciseId& exercise) const {
    ProviderItems list;
    const bool all = is_of_port_manager(council_.view(), reader);
    for (const auto& [id, one] : published_.providers()) {
        const bool mine = may_report(one.kept, reader.person, reader.roles);
        if (!all && !mine) continue;
        ProviderItem item;
        item.id = id;
        item.version = one.version;
        item.provider = one.kept.provider;
        item.name = one.kept.name;
        item.name_en = one.kept.name_en;
        item.organisation = one.kept.organisation;
        item.tells = one.kept.tells;
        item.roads = one.kept.roads;
        item.people = one.kept.people;
        item.retired = one.kept.retired;
        item.mine = mine;
        if (one.tells(Subject::terminals))
            for (const auto* terminal : port_.view().terminals())
                if (terminal->operator_ == one.kept.organisation)
                    item.terminals.push_back(terminal->id);
        if (const auto heard = one.heard.find(exercise); heard != one.heard.end()) {
            item.asked_at = heard->second.asked_at;
            const auto& reports = heard->second.reports;
            for (auto report = reports.rbegin();
                 report != reports.rend() && item.reports.size() < reports_shown; ++report) {
                const auto& told = report->said;
                ProviderReportItem shown{told.number,
                                         told.way,
                                         council_.view().name_of(told.by, reader.language),
                                         report->reported_at,
                                         told.as_of,
                                         told.next_report_at,
                                         told.roads,
                                         told.ships,
                                         told.terminals,
                                         told.note,
                                         {}};
                for (const auto* notice : shown_.notices())
                    if (notice->world.exercise == exercise &&
                        std::ranges::any_of(notice->taken, [&](const TakenOver& taken) {
                            return taken.provider == id && taken.number == told.number;
                        }))
                        shown.taken.push_back(notice->id);
                item.reports.push_back(std::move(shown));
            }
        }
        list.items.push_back(std::move(item));
    }
    std::ranges::sort(list.items, [](const ProviderItem& a, const ProviderItem& b) {
        return std::tie(a.retired, a.name, a.id) < std::tie(b.retired, b.name, b.id);
    });
    return list;
}

bool Providers::any() const {
    return std::ranges::any_of(published_.providers(),
                               [](const auto& pair) { return !pair.second.kept.retired; });
}

ReportPage Providers::page(const ReportLink& link) const {
    ReportPage page;
    page.zone = options_.zone;
    page.drill = !link.exercise.empty();
    const auto* person = council_.view().find(link.person);
    if (person != nullptr) page.language = person->language;
    const auto& port = port_.view();
    page.port =
        page.language == Language::en && !port.name_en().empty() ? port.name_en() : port.name();
    const auto* provider = published_.find(link.provider);
    if (provider == nullptr || person == nullptr || person->erased ||
        !may_report(provider->kept, link.person, person->roles))
        return page;
    page.provider = provider;
    page.last = provider->last(journal::World{link.exercise});
    if (provider->tells(Subject::terminals))
        for (const auto* terminal : port.terminals())
            if (terminal->operator_ == provider->kept.organisation)
                page.terminals.emplace_back(
                    terminal->id, page.language == Language::en && !terminal->name_en.empty()
                                      ? terminal->name_en
                                      : terminal->name);
    return page;
}

// ---- commands ------------------------------------------------------------------------------

Result<ProviderId> Providers::keep(journal::Recorder& recorder, const Ground& ground,
                                   const std::optional<ProviderId>& id,
                                   const ProviderRequest& request, Version version) {
    ProviderId of = id ? *id : ProviderId{recorder.random().identifier()};
    if (id && pending_.find(of) == nullptr)
        return fail(ErrorKind::not_found, "respond.notices.unknown_provider");
    TRY_LET(auto decided, keep_provider(ground, of, request, version));
    journal::record(recorder, decided.place, decided.body);
    return of;
}

Result<std::uint32_t> Providers::report(journal::Recorder& recorder, const Ground& ground,
                                        const ProviderId& id, const ReportRequest& request,
                                        const Principal& by) {
    // The port manager takes down what an office says on the telephone.
    const auto* provider = pending_.find(id);
    const bool office = provider != nullptr && may_report(provider->kept, by.person, by.roles);
    const auto way = !office && is_of_port_manager(ground.council, by) ? ReportedBy::telephone
                                                                       : ReportedBy::signed_in;
    TRY_LET(auto decided, notices::report(ground, pending_, id, request, by.person, by.roles, way));
    journal::record(recorder, decided.place, decided.body);
    return decided.body.number;
}

Result<> Providers::report_by_link(journal::Recorder& recorder, const Ground& ground,
                                   const ReportLink& link, ReportRequest request) {
    if (link.expires <= recorder.now())
        return fail(ErrorKind::forbidden, "respond.notices.report_link_expired");
    const auto* person = council_.state().find(link.person);
    if (person == nullptr || person->erased)
        return fail(ErrorKind::not_found, "respond.notices.link_invalid");
    request.exercise =
        link.exercise.empty() ? std::nullopt : std::optional<ExerciseId>(link.exercise);
    TRY_LET(auto decided, notices::report(ground, pending_, link.provider, request, link.person,
                                          person->roles, ReportedBy::link));
    journal::record(recorder, decided.place, decided.body);
    return {};
}

// ---- asking --------------------------------------------------------------------------------

// In real time; nothing if it was asked already, or nobody would hear.
std::optional<Instant> Providers::due_of(const State::Notice& notice) const {
    if (!notice.is_current()) return {};
    const auto& next = notice.editions.back().published.content.next_update_at;
    if (!next || pending_.asked_for(notice.id) == *next) return {};
    const Instant due = std::max(*next - ask_before, notice.editions.back().at);
    if (notice.world.is_live()) return due;
    const auto* exercise = incident_.state().find_exercise(notice.world.exercise);
    if (exercise == nullptr || exercise->ended) return {};
    return exercise->time.real_time_of(due);
}

std::optional<Instant> Providers::next_due() const {
    std::optional<Instant> least;
    if (std::ranges::all_of(pending_.providers(),
                            [](const auto& pair) { return pair.second.kept.retired; }))
        return least;
    for (const auto* notice : notices_.notices())
        if (const auto due = due_of(*notice); due && (!least || *due < *least)) least = due;
    return least;
}

Result<> Providers::fire(journal::Recorder& recorder) {
    for (const auto* notice : notices_.notices()) {
        const auto due = due_of(*notice);
        if (!due || *due > recorder.now()) continue;
        const Instant before = *notice->editions.back().published.content.next_update_at;
        const Instant now = incident_.state().now_in(notice->world, recorder.now());
        ProvidersAsked asked{notice->id, before, {}, 0};
        for (const auto& [id, provider] : pending_.providers()) {
            if (provider.kept.retired) continue;
            const auto* last = provider.last(notice->world);
            if (last != nullptr && last->reported_at >= now - ask_before) continue;
            const auto people =
                send(recorder, provider, notice->world, before,
                     std::chrono::floor<std::chrono::minutes>(before).time_since_epoch().count());
            if (people == 0) continue;
            asked.providers.push_back(id);
            asked.people += people;
        }
        auto visibility = *notice->visibility;
        journal::record(recorder,
                        journal::Place{"respond/notices/asked/" + notice->id.text,
                                       std::move(visibility),
                                       notice->world,
                                       now,
                                       {}},
                        asked);
    }
    return {};
}

Result<std::uint32_t> Providers::ask(journal::Recorder& recorder, const ProviderId& id,
                                     const ExerciseId& exercise, const Principal& by) {
    const auto* provider = pending_.find(id);
    if (provider == nullptr || provider->kept.retired)
        return fail(ErrorKind::not_found, "respond.notices.unknown_provider");
    if (!is_of_port_manager(council_.state(), by))
        return fail(ErrorKind::forbidden, "respond.notices.not_port_manager");
    const journal::World world{exercise};
    if (!world.is_live()) {
        const auto* found = incident_.state().find_exercise(exercise);
        if (found == nullptr)
            return fail(ErrorKind::not_found, "respond.notices.unknown_exercise", {}, "/exercise");
        if (found->ended)
            return fail(ErrorKind::conflict, "respond.notices.exercise_over", {}, "/exercise");
    }
    // Asked twice within a minute is asked once.
    const auto round =
        std::chrono::floor<std::chrono::minutes>(recorder.now()).time_since_epoch().count();
    const auto people = send(recorder, *provider, world, {}, round);
    if (people == 0) return fail(ErrorKind::conflict, "respond.notices.nobody_to_ask");
    journal::record(recorder,
                    journal::Place{"respond/notices/asked/" + id.text,
                                   port_manager_only(council_.state()),
                                   world,
                                   incident_.state().now_in(world, recorder.now()),
                                   {}},
                    ProvidersAsked{{}, {}, {id}, people});
    return people;
}

std::uint32_t Providers::send(journal::Recorder& recorder, const ProviderState::Provider& provider,
                              const journal::World& world, const std::optional<Instant>& before,
                              std::int64_t round) const {
    std::vector<PersonId> people = provider.kept.people;
    if (people.empty())
        for (const auto& line :
             contacts_.state().call_order(provider.kept.organisation, recorder.now()))
            people.push_back(line.person);
    if (people.empty())
        for (const auto* one : council_.state().people_of(provider.kept.organisation))
            people.push_back(one->id);
    const bool drill = !world.is_live();
    const auto& port = port_.state();
    std::uint32_t sent = 0;
    for (const auto& id : people) {
        if (sent == asked_at_once) break;
        const auto* person = council_.state().find(id);
        const auto* contact = contacts_.state().find(id);
        if (person == nullptr || person->erased || contact == nullptr) continue;
        const Language language = person->language;
        for (const auto channel : contact->channels) {
            const auto address = contacts_.state().address_of(id, channel, recorder.now());
            if (!address || !options_.channels.contains(channel) ||
                (channel != Channel::email && channel != Channel::sms))
                continue;
            const std::string link =
                options_.own_url + "/r/" +
                seal_report_link(
                    {provider.id, id, world.exercise, recorder.now() + report_link_lasts},
                    journal_.installation_key(), recorder.random());
            const bool en = language == Language::en;
            const Arguments arguments{
                {"port", en && !port.name_en().empty() ? port.name_en() : port.name()},
                {"office",
                 en && !provider.kept.name_en.empty() ? provider.kept.name_en : provider.kept.name},
                {"at", before ? format_for_people(*before, options_.zone, language) : ""},
                {"link", link}};
            const std::string stamp = drill ? said(language, "drill_stamp") : "";
            journal::Dispatch dispatch;
            dispatch.topic = asked_topic;
            dispatch.person = id;
            dispatch.not_before = recorder.now();
            dispatch.expires = recorder.now() + std::chrono::hours(2);
            auto& message = dispatch.message;
            message.key = fmt::format("notices/report/{}/{}/{}/{}", provider.id.text, id.text,
                                      name_of(channel), round);
            message.channel = channel;
            message.to = *address;
            message.to_name = person->name;
            message.message_id = fmt::format("<report.{}.{}.{}@{}>", provider.id.text, id.text,
                                             round, options_.mail_domain);
            message.drill = drill;
            if (channel == Channel::email) {
                message.subject = stamp + said(language, "ask.subject", arguments);
                message.text = (drill ? said(language, "drill_line") + "\n" : "") +
                               said(language, before ? "ask.mail_before" : "ask.mail", arguments) +
                               (drill ? said(language, "drill_line") + "\n" : "");
            } else {
                message.text = stamp + said(language, "ask.sms", arguments);
            }
            recorder.send(std::move(dispatch));
            ++sent;
            break;
        }
    }
    return sent;
}

}  // namespace noroshi::respond::notices
