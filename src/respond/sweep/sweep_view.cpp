#include "respond/sweep/sweep_view.h"

#include <algorithm>

#include "kernel/journal/listen.h"
#include "prepare/council/council_facts.h"
#include "prepare/council/council_view.h"

namespace noroshi::respond::sweep {

namespace {

int minutes_between(Instant from, Instant to) {
    return static_cast<int>(
        std::chrono::floor<std::chrono::minutes>(std::max(Span{}, to - from)).count());
}

// Ranks from 0 on; what has the same rank keeps its order.
template <class Item, class Rank>
std::vector<Item> by_rank(std::vector<Item> items, int ranks, Rank rank) {
    std::vector<Item> ordered;
    ordered.reserve(items.size());
    for (int one = 0; one < ranks; ++one)
        for (auto& item : items)
            if (rank(item) == one) ordered.push_back(item);
    return ordered;
}

std::optional<std::string> words_of(const std::optional<Personal>& personal) {
    if (!personal || personal->erased || personal->text.empty()) return {};
    return personal->text;
}

}  // namespace

const View::Sweep* View::find(const SweepId& id) const {
    const auto found = sweeps_.find(id);
    return found == sweeps_.end() ? nullptr : &found->second;
}
const View::Order* View::find(const OrderId& id) const {
    const auto found = orders_.find(id);
    return found == orders_.end() ? nullptr : &found->second;
}

void View::listen(journal::Listeners& published) {
    using journal::Envelope;
    using journal::World;
    published.on_reset([this] {
        sweeps_.clear();
        orders_.clear();
        sweep_order_.clear();
        order_order_.clear();
    });
    auto at = [this](const Envelope& envelope) -> Sweep* {
        const auto id = sweep_of_stream(envelope.stream);
        const auto found = id ? sweeps_.find(*id) : sweeps_.end();
        if (found == sweeps_.end()) return nullptr;
        found->second.version = envelope.stream_version;
        return &found->second;
    };
    auto order_at = [this](const Envelope& envelope) -> Order* {
        const auto id = order_of_stream(envelope.stream);
        const auto found = id ? orders_.find(*id) : orders_.end();
        if (found == orders_.end()) return nullptr;
        found->second.version = envelope.stream_version;
        return &found->second;
    };
    journal::listen_any<SweepStarted>(
        published, [this](const World& world, const SweepStarted& fact, const Envelope& envelope) {
            const auto id = sweep_of_stream(envelope.stream);
            if (!id) return;
            Sweep& sweep = sweeps_[*id];
            sweep.id = *id;
            sweep.world = world;
            sweep.visibility = envelope.visibility;
            sweep.started = fact;
            sweep.started_by = PersonId{std::string(envelope.actor)};
            sweep.started_at = sweep.last_round_at = envelope.event_time;
            sweep.version = envelope.stream_version;
            for (const auto& site : fact.sites) sweep.sites[site.site];
            sweep_order_.push_back(*id);
        });
    journal::listen_any<SiteAnswered>(
        published, [at](const World&, const SiteAnswered& fact, const Envelope& envelope) {
            Sweep* sweep = at(envelope);
            if (sweep == nullptr) return;
            Asked& asked = sweep->sites[fact.site];
            for (const auto& one : fact.answers)
                asked.answers[one.question] = {one, envelope.event_time, fact.way};
            asked.last = fact;
            asked.last_at = envelope.event_time;
            sweep->silent.erase(fact.site);
        });
    journal::listen_any<SweepReminded>(
        published, [at](const World&, const SweepReminded& fact, const Envelope& envelope) {
            if (Sweep* sweep = at(envelope)) {
                sweep->rounds = fact.round;
                sweep->last_round_at = envelope.event_time;
            }
        });
    journal::listen_any<SilenceNoted>(
        published, [at](const World&, const SilenceNoted& fact, const Envelope& envelope) {
            if (Sweep* sweep = at(envelope)) sweep->silent = {fact.sites.begin(), fact.sites.end()};
        });
    journal::listen_any<QuestionsDelivered>(
        published,
        [this, at](const World&, const QuestionsDelivered& fact, const Envelope& envelope) {
            Sweep* sweep = at(envelope);
            if (sweep == nullptr) return;
            const auto* person = council_.find(fact.person);
            if (person == nullptr) return;
            for (const auto& site : sweep->started.sites) {
                const bool theirs = std::ranges::any_of(person->roles, [&](const RoleIn& role) {
                    return role.organisation == site.answering();
                });
                if (!theirs) continue;
                auto& asked = sweep->sites[site.site];
                asked.tried.insert(fact.person);
                if (fact.delivered) asked.delivered_to.insert(fact.person);
            }
        });
    journal::listen_any<SweepClosed>(
        published, [at](const World&, const SweepClosed&, const Envelope& envelope) {
            if (Sweep* sweep = at(envelope)) sweep->open = false;
        });
    journal::listen_any<LiaisonOrdered>(
        published,
        [this](const World& world, const LiaisonOrdered& fact, const Envelope& envelope) {
            const auto id = order_of_stream(envelope.stream);
            if (!id) return;
            Order& order = orders_[*id];
            order.id = *id;
            order.world = world;
            order.visibility = envelope.visibility;
            order.ordered = fact;
            order.ordered_by = PersonId{std::string(envelope.actor)};
            order.ordered_at = envelope.event_time;
            order.person = fact.person;
            order.version = envelope.stream_version;
            order_order_.push_back(*id);
        });
    journal::listen_any<LiaisonReported>(
        published, [order_at](const World&, const LiaisonReported& fact, const Envelope& envelope) {
            Order* order = order_at(envelope);
            if (order == nullptr) return;
            // What was written without a network arrives late, and stands where it happened.
            const auto place = std::ranges::upper_bound(order->reports, envelope.event_time, {},
                                                        &Order::Report::event_time);
            order->reports.insert(place, {fact, envelope.event_time, envelope.entry_time});
            if (fact.report == ReportKind::relieved && order->ordered.relief)
                order->person = *order->ordered.relief;
        });
    journal::listen_any<LiaisonOrderWithdrawn>(
        published,
        [order_at](const World&, const LiaisonOrderWithdrawn&, const Envelope& envelope) {
            if (Order* order = order_at(envelope)) order->withdrawn = true;
        });
    journal::listen_any<prepare::council::PersonErased>(
        published,
        [this](const World&, const prepare::council::PersonErased& fact, const Envelope&) {
            auto forget = [&](std::optional<Personal>& words) {
                if (words && words->of == fact.person) *words = Personal{fact.person, {}, true};
            };
            for (auto& [id, sweep] : sweeps_)
                for (auto& [site, asked] : sweep.sites)
                    if (asked.last) {
                        forget(asked.last->note);
                        forget(asked.last->told_by);
                    }
            for (auto& [id, order] : orders_)
                for (auto& report : order.reports) forget(report.body.text);
        });
    journal::listen_any<incident::VisibilityChanged>(
        published,
        [this](const World&, const incident::VisibilityChanged&, const Envelope& envelope) {
            const auto incident = incident::incident_of_stream(envelope.stream);
            if (!incident) return;
            for (auto& [id, sweep] : sweeps_)
                if (sweep.started.incident == *incident) sweep.visibility = envelope.visibility;
            for (auto& [id, order] : orders_)
                if (order.ordered.incident == *incident) order.visibility = envelope.visibility;
        });
}

SiteItem View::site_of(const Sweep& sweep, const Site& site, const State::Sweep& asks,
                       Language language, Instant now) const {
    const Asked& asked = sweep.sites.at(site.site);
    const Sweep* previous = sweep.started.previous ? find(*sweep.started.previous) : nullptr;
    const Asked* before = nullptr;
    if (previous != nullptr)
        if (const auto found = previous->sites.find(site.site); found != previous->sites.end())
            before = &found->second;
    SiteItem item;
    item.site = site.site;
    item.name = site.name;
    item.kind = site.kind;
    if (site.organisation) item.organisation = site.organisation;
    item.organisation_name = council_.name_of(site.answering(), language);
    item.terminal = site.terminal;
    bool all = true;
    for (const auto* question : asks.questions_of(site)) {
        AnswerItem answer;
        answer.question = question->question;
        if (const auto kept = asked.answers.find(question->question); kept != asked.answers.end()) {
            answer.value = kept->second.given.value;
            answer.seen = kept->second.given.seen;
            answer.answered_at = kept->second.at;
            answer.age_minutes = minutes_between(kept->second.at, now);
            answer.way = kept->second.way;
            item.alarming |= answer.value == Value::yes && !question->of_systems;
            // Of a system is asked whether it works: there a no alarms.
            item.alarming |= answer.value == Value::no && question->of_systems;
        }
        all &= answer.value && *answer.value != Value::not_checked;
        if (before != nullptr)
            if (const auto kept = before->answers.find(question->question);
                kept != before->answers.end()) {
                answer.before = kept->second.given.value;
                answer.changed = answer.value && answer.value != answer.before;
            }
        item.answers.push_back(std::move(answer));
    }
    const bool heard = asked.last.has_value();
    item.state = all && heard                       ? SiteState::answered
                 : heard                            ? SiteState::partly
                 : sweep.silent.contains(site.site) ? SiteState::silent
                                                    : SiteState::unanswered;
    if (heard) {
        item.answered_by = council_.name_of(asked.last->person, language);
        item.told_by = words_of(asked.last->told_by);
        item.note = words_of(asked.last->note);
        item.answered_at = asked.last_at;
        item.age_minutes = minutes_between(asked.last_at, now);
    }
    item.people_asked = asked.tried.size();
    item.delivered = !asked.delivered_to.empty();
    for (const auto& id : order_order_) {
        const Order& order = orders_.at(id);
        if (order.withdrawn || order.ordered.incident != sweep.started.incident ||
            order.ordered.site != site.site)
            continue;
        const bool over = std::ranges::any_of(order.reports, [](const Order::Report& report) {
            return report.body.report == ReportKind::ended ||
                   report.body.report == ReportKind::declined;
        });
        if (!over) item.liaison = id;
    }
    item.proposes_liaison = sweep.open && item.state == SiteState::silent && !item.liaison;
    return item;
}

SweepItem View::item_of(const Sweep& sweep, Language language, Instant now) const {
    const auto& started = sweep.started;
    SweepItem item;
    item.id = sweep.id;
    item.incident = started.incident;
    if (!sweep.world.is_live()) item.exercise = sweep.world.exercise;
    item.number = started.number;
    item.text = started.text;
    item.open = sweep.open;
    item.previous = started.previous;
    item.started_by_name = council_.name_of(sweep.started_by, language);
    item.started_at = sweep.started_at;
    item.deadline = started.deadline;
    item.reminders_sent = sweep.rounds;
    item.version = sweep.version;
    State::Sweep asks;
    asks.questions = started.questions;
    for (const auto& site : started.sites)
        item.sites.push_back(site_of(sweep, site, asks, language, now));
    for (const auto& question : started.questions) {
        QuestionItem shown{question.question,
                           question.kind,
                           language == Language::en ? question.text_en : question.text,
                           question.needed,
                           question.of_systems,
                           question.indicators};
        for (const auto& site : item.sites)
            for (const auto& answer : site.answers) {
                if (answer.question != question.question) continue;
                if (!answer.value)
                    ++shown.open;
                else
                    ++(*answer.value == Value::yes  ? shown.yes
                       : *answer.value == Value::no ? shown.no
                                                    : shown.not_checked);
            }
        item.questions.push_back(std::move(shown));
    }
    item.questions = by_rank(std::move(item.questions), 2,
                             [](const QuestionItem& one) { return one.needed ? 0 : 1; });
    for (const auto& site : item.sites) {
        item.answered += site.state == SiteState::answered ? 1 : 0;
        item.silent += site.state == SiteState::silent ? 1 : 0;
    }
    const bool waits = std::ranges::any_of(
        item.sites, [](const SiteItem& site) { return site.state != SiteState::answered; });
    const Instant next = sweep.last_round_at + started.remind_after_seconds;
    if (sweep.open && waits && sweep.rounds < started.reminders && next < started.deadline)
        item.next_reminder_at = next;
    auto rank = [](const SiteItem& site) {
        if (site.alarming) return 0;
        switch (site.state) {
        case SiteState::silent: return 1;
        case SiteState::unanswered: return 2;
        case SiteState::partly: return 3;
        case SiteState::answered: break;
        }
        return 4;
    };
    item.sites = by_rank(std::move(item.sites), 5, rank);
    return item;
}

std::optional<SweepItem> View::item(const SweepId& id, const Principal& reader, Language language,
                                    const Now& now) const {
    const Sweep* sweep = find(id);
    if (sweep == nullptr || !may_see(reader.viewer, *sweep->visibility)) return {};
    return item_of(*sweep, language, now(sweep->world));
}

SweepItems View::list(const IncidentId& incident, const Principal& reader, Language language,
                      const Now& now) const {
    SweepItems items;
    for (auto id = sweep_order_.rbegin(); id != sweep_order_.rend(); ++id) {
        const Sweep& sweep = sweeps_.at(*id);
        if (sweep.started.incident != incident) continue;
        if (may_see(reader.viewer, *sweep.visibility))
            items.items.push_back(item_of(sweep, language, now(sweep.world)));
        else
            ++items.hidden;
    }
    return items;
}

bool View::sees(const Order& order, const Principal& reader) const {
    return may_see(reader.viewer, *order.visibility) || order.person == reader.person ||
           order.ordered.person == reader.person || order.ordered.relief == reader.person;
}

OrderItem View::item_of(const Order& order, Language language, Instant now) const {
    const auto& ordered = order.ordered;
    OrderItem item;
    item.id = order.id;
    item.incident = ordered.incident;
    if (!order.world.is_live()) item.exercise = order.world.exercise;
    item.person = order.person;
    item.person_name = council_.name_of(order.person, language);
    item.where = ordered.where;
    item.task = ordered.task;
    item.until = ordered.until;
    item.bring = ordered.bring;
    const auto every = std::chrono::floor<std::chrono::minutes>(ordered.report_every_seconds);
    item.report_every_minutes = static_cast<int>(every.count());
    item.relief = ordered.relief;
    if (ordered.relief) item.relief_name = council_.name_of(*ordered.relief, language);
    item.sweep = ordered.sweep;
    item.site = ordered.site;
    item.ordered_by_name = council_.name_of(order.ordered_by, language);
    item.ordered_at = order.ordered_at;
    item.version = order.version;
    Instant last = order.ordered_at;
    for (const auto& report : order.reports) {
        item.reports.push_back({report.body.report, council_.name_of(report.body.person, language),
                                words_of(report.body.text), report.body.photos, report.event_time,
                                report.entry_time});
        last = std::max(last, report.event_time);
        switch (report.body.report) {
        case ReportKind::accepted: item.state = OrderState::accepted; break;
        case ReportKind::declined: item.state = OrderState::declined; break;
        case ReportKind::departed: item.state = OrderState::on_the_way; break;
        case ReportKind::arrived: item.state = OrderState::there; break;
        case ReportKind::ended: item.state = OrderState::ended; break;
        case ReportKind::report:
        case ReportKind::relieved: break;
        }
    }
    if (order.withdrawn) item.state = OrderState::withdrawn;
    const bool runs = item.state != OrderState::ended && item.state != OrderState::declined &&
                      item.state != OrderState::withdrawn;
    if (runs && every.count() > 0) {
        item.next_report_due = last + every;
        item.overdue = *item.next_report_due < now;
    }
    return item;
}

std::optional<OrderItem> View::order(const OrderId& id, const Principal& reader, Language language,
                                     const Now& now) const {
    const Order* order = find(id);
    if (order == nullptr || !sees(*order, reader)) return {};
    return item_of(*order, language, now(order->world));
}

OrderItems View::orders(const IncidentId& incident, const Principal& reader, Language language,
                        const Now& now) const {
    OrderItems items;
    for (auto id = order_order_.rbegin(); id != order_order_.rend(); ++id) {
        const Order& order = orders_.at(*id);
        const bool own = order.person == reader.person || order.ordered.relief == reader.person;
        if (incident.empty() ? !own : order.ordered.incident != incident) continue;
        if (!sees(order, reader)) {
            ++items.hidden;
            continue;
        }
        auto item = item_of(order, language, now(order.world));
        const bool runs = item.state != OrderState::ended && item.state != OrderState::declined &&
                          item.state != OrderState::withdrawn;
        if (!incident.empty() || runs) items.items.push_back(std::move(item));
    }
    return items;
}

}  // namespace noroshi::respond::sweep
