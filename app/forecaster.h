#pragma once
// Computes the forecasts that were asked for, one after the other, on a thread of its own, so that the
// server goes on serving. What was asked for and not computed when a machine died is computed after
// the next start: the request is a fact.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "kernel/journal/journal.h"
#include "respond/forecast/forecast_room.h"

namespace noroshi::app {

class Forecaster {
public:
    // After Journal::start() and before anybody runs the journal. threads: for one forecast; 0: as
    // many as the machine has.
    Forecaster(respond::forecast::Forecasts& room, journal::Journal& journal, unsigned threads);
    ~Forecaster() { stop(); }
    void stop();  // what is being computed is left for the next start

private:
    void run(const std::stop_token& stop);
    void load_latest();
    bool compute(const respond::forecast::Forecasts::Job& job, const std::stop_token& stop);

    respond::forecast::Forecasts& room_;
    journal::Journal& journal_;
    unsigned threads_;
    // The room rings it, perhaps after this is gone.
    struct Bell {
        std::mutex guard;
        std::condition_variable_any rung;
        bool asked = true;  // what is left from before
    };
    std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
    std::jthread thread_;
};

}  // namespace noroshi::app
