#include "respond/forecast/forecast_view.h"

#include <algorithm>
#include <cmath>

#include "kernel/json/json.h"
#include "prepare/council/council_view.h"
#include "prepare/port/port_register.h"
#include "prepare/port/port_view.h"
#include "respond/forecast/forecast_result.h"

namespace noroshi::respond::forecast {

namespace port = prepare::port;

namespace {

std::vector<PlaceItem> places_of(const Forecasts& room, const Course& course) {
    std::vector<PlaceItem> out;
    const auto& port = room.port().view();
    const auto& known = room.port().published();
    const auto is_stricken = [&](const TerminalId& id) {
        return course.terminals.empty() ||
               std::ranges::find(course.terminals, id) != course.terminals.end();
    };
    std::vector<TerminalId> behind_a_road;
    for (const auto* one : known.facilities()) {
        if (one->body.facility_kind != port::FacilityKind::road || one->body.terminals.empty())
            continue;
        out.push_back({one->body.facility.text, one->body.name, one->body.name_en, true,
                       std::ranges::any_of(one->body.terminals, is_stricken)});
        behind_a_road.insert(behind_a_road.end(), one->body.terminals.begin(),
                             one->body.terminals.end());
    }
    for (const auto* terminal : port.terminals())
        if (std::ranges::find(behind_a_road, terminal->id) == behind_a_road.end())
            out.push_back({"road-" + terminal->id.text, terminal->name, terminal->name_en, true,
                           is_stricken(terminal->id)});
    for (const auto* terminal : port.terminals())
        out.push_back({terminal->id.text, terminal->name, terminal->name_en, false,
                       is_stricken(terminal->id)});
    return out;
}

std::size_t news_since(const Course& course, Instant as_of) {
    std::size_t news = 0;
    for (const auto& one : course.seen) news += !one.withdrawn && one.at > as_of;
    for (const auto& one : course.capabilities) news += one.from > as_of;
    for (const auto& one : course.said) news += one.said_at > as_of;
    return news;
}

void add_gates(TrackRecord& out, const Course& course) {
    for (const auto& said : course.said) {
        if (said.milestone != incident::Milestone::gate_open ||
            said.state != incident::MilestoneState::reached)
            continue;
        // The last forecast made before it opened.
        const GateClaim* claim = nullptr;
        for (const auto& run : course.forecasts) {
            if (run.as_of >= said.time || run.computed.empty()) continue;
            for (const auto& gate : run.computed.back().gates)
                if (gate.terminal == said.terminal && gate.p10) claim = &gate;
        }
        if (claim == nullptr) continue;
        const auto hours = [&](Instant at) {
            return std::chrono::duration<double, std::ratio<3600>>(at - course.began_at).count();
        };
        TrackItem item{course.incident,
                       course.title,
                       "gate_opens",
                       said.terminal.text,
                       said.time,
                       hours(said.time),
                       hours(*claim->p10),
                       hours(*claim->p50),
                       hours(*claim->p90),
                       false,
                       0};
        // Claims are said to the minute.
        item.inside = said.time >= *claim->p10 - std::chrono::minutes(1) &&
                      said.time <= *claim->p90 + std::chrono::minutes(1);
        item.score =
            std::abs(std::log1p(std::max(0.0, item.value)) - std::log1p(std::max(0.0, item.p50)));
        out.items.push_back(std::move(item));
    }
}

}  // namespace

ForecastItem item_of(const Forecasts& room, const ForecastRun& run, Language language) {
    ForecastItem item;
    item.forecast = run.body.forecast;
    item.number = run.body.number;
    item.as_of = run.as_of;
    item.asked_at = run.asked_at;
    item.by = room.council().view().name_of(run.by, language);
    item.runs = run.computed.empty() ? run.body.replications : run.computed.back().runs;
    item.seed = run.body.seed;
    item.inputs = run.body.inputs;
    item.state = run.failed             ? RunState::failed
                 : run.computed.empty() ? RunState::waiting
                 : run.is_done()        ? RunState::refined
                                        : RunState::first;
    if (!run.computed.empty()) {
        item.model = run.computed.back().model;
        item.frozen = run.computed.back().frozen;
        item.result = run.computed.back().result;
    }
    item.reason = run.failed;
    return item;
}

Overview overview_of(const Forecasts& room, const Course& course, bool open, bool can_ask,
                     bool can_report, Language language) {
    Overview out;
    out.incident = course.incident;
    out.title = course.title;
    out.began_at = course.began_at;
    out.open = open;
    out.can_ask = can_ask && open;
    out.can_report = can_report && open;
    out.places = places_of(room, course);
    for (const auto& one : course.seen)
        out.seen.push_back({one.body.number, one.body.seen, one.body.place, one.body.value,
                            one.body.sd, one.at, one.entered_at,
                            room.council().view().name_of(one.by, language), one.body.organisation,
                            one.body.note, one.body.expected, one.withdrawn});
    for (const auto& one : course.capabilities)
        out.capabilities.push_back({one.body.terminal, one.body.part, one.body.mode, one.body.share,
                                    one.from, one.body.organisation, one.body.note});
    for (const auto& run : course.forecasts) {
        out.forecasts.push_back(item_of(room, run, language));
        if (!run.computed.empty()) {
            out.shown = run.body.forecast;
            out.news = news_since(course, run.as_of);
        }
    }
    std::ranges::reverse(out.seen);
    std::ranges::reverse(out.capabilities);
    std::ranges::reverse(out.forecasts);
    return out;
}

TrackRecord track_record_of(const State& state, const std::function<bool(const Course&)>& visible) {
    TrackRecord out;
    for (const auto& [id, course] : state.courses()) {
        if (!visible(course)) continue;
        for (const auto& one : course.seen) {
            if (one.withdrawn || !one.body.expected) continue;
            const auto& expected = *one.body.expected;
            out.items.push_back({id, course.title, std::string(json::name_of(one.body.seen)),
                                 one.body.place, one.at, one.body.value, expected.p10, expected.p50,
                                 expected.p90,
                                 one.body.value >= expected.p10 && one.body.value <= expected.p90,
                                 quantile_score(expected, one.body.value)});
        }
        add_gates(out, course);
    }
    out.compared = out.items.size();
    for (const auto& one : out.items) {
        out.coverage += one.inside;
        out.score += one.score;
    }
    if (out.compared > 0) {
        out.coverage /= static_cast<double>(out.compared);
        out.score /= static_cast<double>(out.compared);
    }
    std::ranges::sort(out.items, std::ranges::greater{}, &TrackItem::at);
    return out;
}

}  // namespace noroshi::respond::forecast
