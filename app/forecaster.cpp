#include "app/forecaster.h"

#include <sys/resource.h>
#include <unistd.h>
#include <cstdio>
#include <future>
#include <memory>

#include "kernel/i18n/i18n.h"
#include "kernel/json/json.h"
#include "respond/forecast/forecast_result.h"

namespace noroshi::app {

using respond::forecast::ForecastResult;
using respond::forecast::Forecasts;
using respond::forecast::Refinement;

namespace {

// Waits until it is durable, or until there is no journal any more to make it so.
Result<> perform(journal::Journal& journal, std::function<Result<>(journal::Recorder&)> decide,
                 const std::stop_token& stop) {
    auto kept = std::make_shared<std::promise<Result<>>>();
    auto outcome = kept->get_future();
    journal::Command command;
    command.actor = "system";
    command.decide =
        [decide = std::move(decide)](journal::Recorder& recorder) -> Result<journal::Answer> {
        TRY(decide(recorder));
        return journal::Answer{};
    };
    command.done = [kept](Result<journal::Answer> answer) {
        if (answer)
            kept->set_value({});
        else
            kept->set_value(std::unexpected(answer.error()));
    };
    journal.submit(std::move(command));
    while (outcome.wait_for(std::chrono::milliseconds(200)) != std::future_status::ready)
        if (stop.stop_requested()) return fail(ErrorKind::unavailable, "kernel.journal.overloaded");
    return outcome.get();
}

}  // namespace

Forecaster::Forecaster(Forecasts& room, journal::Journal& journal, unsigned threads)
    : room_(room), journal_(journal), threads_(threads) {
    room_.on_asked([bell = bell_] {
        {
            std::lock_guard lock(bell->guard);
            bell->asked = true;
        }
        bell->rung.notify_one();
    });
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Forecaster::stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

// Observations are held against what was foreseen also after a restart.
void Forecaster::load_latest() {
    struct Latest {
        IncidentId incident;
        respond::forecast::ForecastId forecast;
        std::string result;
    };
    std::vector<Latest> all;
    journal_.read([&] {
        for (const auto& [id, course] : room_.view().courses())
            for (const auto& run : course.forecasts)
                if (!run.computed.empty()) {
                    if (all.empty() || all.back().incident != id) all.push_back({id, {}, {}});
                    all.back().forecast = run.body.forecast;
                    all.back().result = run.computed.back().result;
                }
        return 0;
    });
    const auto reader = journal_.store().reader();
    if (!reader) return;
    for (const auto& one : all) {
        const auto bytes = (*reader)->blob(one.result);
        if (!bytes || !*bytes) continue;
        auto result = json::from_text<ForecastResult>(**bytes);
        if (result)
            room_.remember(one.incident, one.forecast,
                           std::make_shared<const ForecastResult>(std::move(*result)));
    }
}

void Forecaster::run(const std::stop_token& stop) {
    // Whoever reads or writes the board goes first. On Linux this is of the thread, and those that it
    // starts inherit it.
    (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 10);
    load_latest();
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(bell_->guard);
            bell_->rung.wait(lock, stop, [this] { return bell_->asked; });
            bell_->asked = false;
        }
        while (!stop.stop_requested()) {
            const auto job = journal_.read([this] { return room_.next_job(); });
            if (!job || !compute(*job, stop)) break;
        }
    }
}

bool Forecaster::compute(const Forecasts::Job& job, const std::stop_token& stop) {
    const auto give_up = [&](const Error& error) {
        return perform(
                   journal_,
                   [this, job,
                    reason = i18n::text(Language::ja, error)](journal::Recorder& recorder) {
                       return room_.give_up(recorder, job, reason);
                   },
                   stop)
            .has_value();
    };
    const auto work = room_.work_of(job);
    if (!work) return give_up(work.error());
    for (const auto refinement : {Refinement::first, Refinement::refined}) {
        if (refinement == Refinement::first && job.has_first) continue;
        auto computed = respond::forecast::compute(*work, refinement, threads_);
        if (!computed) return give_up(computed.error());
        if (stop.stop_requested()) return false;
        const auto result = std::make_shared<const ForecastResult>(std::move(*computed));
        const auto kept = perform(
            journal_,
            [this, job, refinement, result](journal::Recorder& recorder) {
                return room_.keep(recorder, job, refinement, *result);
            },
            stop);
        if (!kept) {
            std::fprintf(stderr, "noroshi: %s\n", describe(kept.error()).c_str());
            return false;
        }
        room_.remember(job.incident, job.forecast, result);
    }
    return true;
}

}  // namespace noroshi::app
