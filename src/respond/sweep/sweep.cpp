#include "respond/sweep/sweep.h"

#include <algorithm>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "kernel/journal/listen.h"

namespace noroshi::respond::sweep {

using incident::length_of;

namespace {

constexpr std::string_view sweep_prefix = "respond/sweep/sweeps/";
constexpr std::string_view order_prefix = "respond/sweep/orders/";
constexpr std::string_view link_purpose = "sweep_answer";

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}
Result<> check_length(std::string_view text, std::size_t limit, std::string pointer) {
    if (length_of(text) > limit)
        return invalid("respond.sweep.too_long", std::move(pointer),
                       {{"limit", std::to_string(limit)}});
    return {};
}
Result<> check_minutes(int minutes, int low, int high, std::string pointer) {
    if (minutes < low || minutes > high)
        return invalid("respond.sweep.minutes_out_of_range", std::move(pointer),
                       {{"low", std::to_string(low)}, {"high", std::to_string(high)}});
    return {};
}

}  // namespace

std::string stream_of(const SweepId& id) { return std::string(sweep_prefix) + id.text; }
std::string stream_of(const OrderId& id) { return std::string(order_prefix) + id.text; }
std::optional<SweepId> sweep_of_stream(std::string_view stream) {
    if (!stream.starts_with(sweep_prefix)) return {};
    return SweepId{std::string(stream.substr(sweep_prefix.size()))};
}
std::optional<OrderId> order_of_stream(std::string_view stream) {
    if (!stream.starts_with(order_prefix)) return {};
    return OrderId{std::string(stream.substr(order_prefix.size()))};
}
std::string topic_of(const SweepId& id) { return "respond.sweep/" + id.text; }

// ---- the pending side ----------------------------------------------------------------------

std::vector<const Question*> State::Sweep::questions_of(const Site& site) const {
    std::vector<const Question*> of_site;
    for (const auto& question : questions)
        if (question.of_systems == (site.kind == SiteKind::system)) of_site.push_back(&question);
    // A sweep without questions for systems asks them the same as everybody.
    if (of_site.empty())
        for (const auto& question : questions) of_site.push_back(&question);
    std::vector<const Question*> ordered;
    for (const bool needed : {true, false})
        for (const auto* question : of_site)
            if (question->needed == needed) ordered.push_back(question);
    return ordered;
}

bool State::Sweep::is_complete(const Asked& asked) const {
    return std::ranges::all_of(questions_of(asked.site), [&](const Question* question) {
        return asked.answered.contains(question->question);
    });
}

std::vector<std::string> State::Sweep::incomplete() const {
    std::vector<std::string> out;
    for (const auto& [site, asked] : sites)
        if (!is_complete(asked)) out.push_back(site);
    return out;
}

std::vector<std::string> State::Sweep::silent() const {
    std::vector<std::string> out;
    for (const auto& [site, asked] : sites)
        if (!asked.heard) out.push_back(site);
    return out;
}

std::optional<Instant> State::Sweep::next_due() const {
    std::optional<Instant> due;
    auto consider = [&](Instant at) { due = due ? std::min(*due, at) : at; };
    if (rounds < reminders && last_round_at + remind_after < deadline && !incomplete().empty())
        consider(last_round_at + remind_after);
    if (!silence_noted) consider(deadline);
    return due;
}

const State::Sweep* State::find(const SweepId& id) const {
    const auto found = sweeps_.find(id);
    return found == sweeps_.end() ? nullptr : &found->second;
}
const State::Order* State::find(const OrderId& id) const {
    const auto found = orders_.find(id);
    return found == orders_.end() ? nullptr : &found->second;
}
std::optional<SweepId> State::latest_of(const IncidentId& incident) const {
    const auto found = of_incident_.find(incident);
    if (found == of_incident_.end()) return {};
    return found->second.back();
}
int State::count_of(const IncidentId& incident) const {
    const auto found = of_incident_.find(incident);
    return found == of_incident_.end() ? 0 : static_cast<int>(found->second.size());
}

void State::listen(journal::Listeners& pending) {
    using journal::Envelope;
    using journal::World;
    pending.on_reset([this] { *this = State{}; });
    auto at = [this](const Envelope& envelope) -> Sweep* {
        const auto id = sweep_of_stream(envelope.stream);
        const auto found = id ? sweeps_.find(*id) : sweeps_.end();
        return found == sweeps_.end() ? nullptr : &found->second;
    };
    auto order_at = [this](const Envelope& envelope) -> Order* {
        const auto id = order_of_stream(envelope.stream);
        const auto found = id ? orders_.find(*id) : orders_.end();
        return found == orders_.end() ? nullptr : &found->second;
    };
    journal::listen_any<SweepStarted>(
        pending, [this](const World& world, const SweepStarted& fact, const Envelope& envelope) {
            const auto id = sweep_of_stream(envelope.stream);
            if (!id) return;
            Sweep& sweep = sweeps_[*id];
            sweep.id = *id;
            sweep.incident = fact.incident;
            sweep.number = fact.number;
            sweep.world = world;
            sweep.visibility = envelope.visibility;
            sweep.started_by = PersonId{std::string(envelope.actor)};
            sweep.organisation = fact.organisation;
            sweep.text = fact.text;
            sweep.questions = fact.questions;
            for (const auto& site : fact.sites) sweep.sites[site.site].site = site;
            sweep.started_at = sweep.last_round_at = envelope.event_time;
            sweep.deadline = fact.deadline;
            sweep.remind_after = fact.remind_after_seconds;
            sweep.reminders = fact.reminders;
            of_incident_[fact.incident].push_back(*id);
            open_.insert(*id);
        });
    journal::listen_any<SiteAnswered>(
        pending, [at](const World&, const SiteAnswered& fact, const Envelope& envelope) {
            Sweep* sweep = at(envelope);
            if (sweep == nullptr) return;
            const auto site = sweep->sites.find(fact.site);
            if (site == sweep->sites.end()) return;
            site->second.heard = true;
            for (const auto& one : fact.answers)
                if (one.value == Value::not_checked)
                    site->second.answered.erase(one.question);
                else
                    site->second.answered.insert(one.question);
        });
    journal::listen_any<SweepReminded>(
        pending, [at](const World&, const SweepReminded& fact, const Envelope& envelope) {
            Sweep* sweep = at(envelope);
            if (sweep == nullptr) return;
            sweep->rounds = fact.round;
            sweep->last_round_at = envelope.event_time;
        });
    journal::listen_any<SilenceNoted>(
        pending, [at](const World&, const SilenceNoted&, const Envelope& envelope) {
            if (Sweep* sweep = at(envelope)) sweep->silence_noted = true;
        });
    journal::listen_any<SweepClosed>(
        pending, [this, at](const World&, const SweepClosed&, const Envelope& envelope) {
            Sweep* sweep = at(envelope);
            if (sweep == nullptr) return;
            sweep->open = false;
            open_.erase(sweep->id);
        });
    journal::listen_any<LiaisonOrdered>(
        pending, [this](const World& world, const LiaisonOrdered& fact, const Envelope& envelope) {
            const auto id = order_of_stream(envelope.stream);
            if (id)
                orders_[*id] = {fact.incident, world,       envelope.visibility,
                                fact.person,   fact.relief, true};
        });
    journal::listen_any<LiaisonReported>(
        pending, [order_at](const World&, const LiaisonReported& fact, const Envelope& envelope) {
            Order* order = order_at(envelope);
            if (order == nullptr) return;
            if (fact.report == ReportKind::ended || fact.report == ReportKind::declined)
                order->open = false;
            // Whoever relieves has the order from then on.
            if (fact.report == ReportKind::relieved && order->relief) {
                order->person = *order->relief;
                order->relief.reset();
            }
        });
    journal::listen_any<LiaisonOrderWithdrawn>(
        pending, [order_at](const World&, const LiaisonOrderWithdrawn&, const Envelope& envelope) {
            if (Order* order = order_at(envelope)) order->open = false;
        });
    journal::listen_any<incident::VisibilityChanged>(
        pending,
        [this](const World&, const incident::VisibilityChanged&, const Envelope& envelope) {
            const auto incident = incident::incident_of_stream(envelope.stream);
            if (!incident) return;
            for (auto& [id, sweep] : sweeps_)
                if (sweep.incident == *incident) sweep.visibility = envelope.visibility;
            for (auto& [id, order] : orders_)
                if (order.incident == *incident) order.visibility = envelope.visibility;
        });
}

// ---- decisions -----------------------------------------------------------------------------

const std::vector<Role>& roles_that_ask() {
    static const std::vector<Role> roles{Role::duty_officer, Role::leader, Role::clerk};
    return roles;
}
const std::vector<Role>& roles_that_take_down() {
    static const std::vector<Role> roles{Role::duty_officer, Role::leader, Role::clerk,
                                         Role::liaison};
    return roles;
}

Result<SweepStarted> start(const StartRequest& request, std::vector<Site> sites,
                           std::vector<Question> otherwise, const About& about) {
    TRY(check_length(request.text.value_or(""), note_limit, "/text"));
    TRY(check_minutes(request.answer_within_minutes, 5, 1440, "/answer_within_minutes"));
    TRY(check_minutes(request.remind_after_minutes, 1, 1440, "/remind_after_minutes"));
    if (request.reminders < 0 || request.reminders > 10)
        return invalid("respond.sweep.minutes_out_of_range", "/reminders",
                       {{"low", "0"}, {"high", "10"}});
    if (sites.empty()) return invalid("respond.sweep.no_sites", "/sites");
    if (sites.size() > sites_limit)
        return invalid("respond.sweep.too_many", "/sites",
                       {{"limit", std::to_string(sites_limit)}});
    if (request.questions.size() > questions_limit)
        return invalid("respond.sweep.too_many", "/questions",
                       {{"limit", std::to_string(questions_limit)}});
    std::vector<Question> questions;
    for (std::size_t i = 0; i < request.questions.size(); ++i) {
        const auto& one = request.questions[i];
        const std::string pointer = "/questions/" + std::to_string(i);
        if (is_blank(one.text)) return invalid("respond.sweep.question_missing", pointer + "/text");
        TRY(check_length(one.text, line_limit, pointer + "/text"));
        TRY(check_length(one.text_en.value_or(""), line_limit, pointer + "/text_en"));
        if (one.indicators.size() > indicators_limit)
            return invalid("respond.sweep.too_many", pointer + "/indicators",
                           {{"limit", std::to_string(indicators_limit)}});
        if (one.kind == QuestionKind::indicators && one.indicators.empty())
            return invalid("respond.sweep.indicators_missing", pointer + "/indicators");
        for (std::size_t k = 0; k < one.indicators.size(); ++k)
            TRY(check_length(one.indicators[k], line_limit,
                             pointer + "/indicators/" + std::to_string(k)));
        questions.push_back({"q" + std::to_string(i + 1), one.kind, one.text,
                             one.text_en.value_or(one.text), one.needed, one.of_systems,
                             one.indicators});
    }
    if (questions.empty()) questions = std::move(otherwise);
    if (!about.open) return fail(ErrorKind::conflict, "respond.sweep.incident_closed");
    if (about.exercise_ended) return fail(ErrorKind::conflict, "respond.sweep.exercise_ended");
    SweepStarted started;
    started.incident = request.incident;
    started.text = request.text.value_or("");
    started.sites = std::move(sites);
    started.questions = std::move(questions);
    started.deadline = about.now + std::chrono::minutes(request.answer_within_minutes);
    started.remind_after_seconds = std::chrono::minutes(request.remind_after_minutes);
    started.reminders = request.reminders;
    return started;
}

Result<SiteAnswered> answer(const State::Sweep& sweep, const AnswersRequest& request,
                            const PersonId& person, Way way) {
    if (!sweep.open) return fail(ErrorKind::conflict, "respond.sweep.over");
    const auto site = sweep.sites.find(request.site);
    if (site == sweep.sites.end())
        return fail(ErrorKind::not_found, "respond.sweep.unknown_site", {}, "/site");
    TRY(check_length(request.note.value_or(""), note_limit, "/note"));
    TRY(check_length(request.told_by.value_or(""), line_limit, "/told_by"));
    const auto questions = sweep.questions_of(site->second.site);
    SiteAnswered answered;
    answered.incident = sweep.incident;
    answered.site = request.site;
    answered.way = way;
    answered.person = person;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < request.answers.size(); ++i) {
        const auto& one = request.answers[i];
        const std::string pointer = "/answers/" + std::to_string(i);
        const auto question = std::ranges::find(questions, one.question, &Question::question);
        if (question == questions.end())
            return invalid("respond.sweep.unknown_question", pointer + "/question");
        if (!seen.insert(one.question).second)
            return invalid("respond.sweep.question_twice", pointer + "/question");
        for (std::size_t k = 0; k < one.seen.size(); ++k)
            if (std::ranges::find((*question)->indicators, one.seen[k]) ==
                (*question)->indicators.end())
                return invalid("respond.sweep.unknown_indicator",
                               pointer + "/seen/" + std::to_string(k));
        if (!one.seen.empty() && one.value != Value::yes)
            return invalid("respond.sweep.seen_but_not_yes", pointer + "/value");
        answered.answers.push_back(one);
    }
    if (answered.answers.empty() && is_blank(request.note.value_or("")))
        return invalid("respond.sweep.nothing_said", "/answers");
    if (!is_blank(request.note.value_or(""))) answered.note = Personal{person, *request.note};
    if (!is_blank(request.told_by.value_or("")))
        answered.told_by = Personal{person, *request.told_by};
    return answered;
}

std::optional<DigitReply> read_digits(std::string_view typed) {
    const std::string text = i18n::fold(typed.substr(0, 500));
    std::size_t at = 0;
    auto skip_blank = [&] {
        while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' ||
                                    text[at] == '\t' || text[at] == ',' || text[at] == '-'))
            ++at;
    };
    skip_blank();
    if (at >= text.size() || text[at] != 's') return {};
    ++at;
    DigitReply reply;
    // A number glued to the S is the site: "S2 111".
    std::size_t digits = 0;
    int site = 0;
    while (at + digits < text.size() && text[at + digits] >= '0' && text[at + digits] <= '9' &&
           digits < 4)
        site = site * 10 + (text[at + digits++] - '0');
    const bool blank_follows = at + digits < text.size() && text[at + digits] == ' ';
    if (digits > 0 && digits < 4 && blank_follows) {
        reply.site = site;
        at += digits;
    }
    for (skip_blank(); at < text.size(); skip_blank()) {
        if (text[at] < '1' || text[at] > '3' || reply.values.size() == questions_limit) return {};
        reply.values.push_back(static_cast<Value>(text[at++] - '1'));
    }
    if (reply.values.empty() || reply.site < 1) return {};
    return reply;
}

std::string seal_link(const Link& link, const Key& installation_key, Random& random) {
    const std::string plain = link.sweep.text + "/" + link.person.text + "/" +
                              std::to_string(link.expires.time_since_epoch().count() / 1'000'000);
    return to_base64url(seal_with(installation_key, plain, link_purpose, random));
}

std::optional<Link> open_link(std::string_view sealed, const Key& installation_key) {
    if (sealed.size() > 512) return {};
    const auto bytes = from_base64url(sealed);
    const auto plain = bytes ? open_with(installation_key, *bytes, link_purpose) : std::nullopt;
    if (!plain) return {};
    const auto first = plain->find('/');
    const auto second = plain->find('/', first + 1);
    if (first == std::string::npos || second == std::string::npos) return {};
    std::int64_t seconds = 0;
    for (const char c : std::string_view(*plain).substr(second + 1)) {
        if (c < '0' || c > '9' || seconds > 1'000'000'000'000) return {};
        seconds = seconds * 10 + (c - '0');
    }
    return Link{SweepId{plain->substr(0, first)},
                PersonId{plain->substr(first + 1, second - first - 1)},
                Instant{std::chrono::seconds(seconds)}};
}

}  // namespace noroshi::respond::sweep
