#pragma once
// One data directory, opened: its lock, key, store, journal and rooms. Whoever holds it owns the
// directory; everybody else asks over the control socket.

#include <atomic>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "app/rooms.h"
#include "edge/archive/intake.h"
#include "edge/cli/config.h"
#include "edge/cli/data_dir.h"
#include "edge/cli/demo.h"
#include "edge/reception/reception.h"
#include "kernel/journal/journal.h"
#include "kernel/random/random.h"
#include "kernel/store/store.h"

namespace noroshi::app {

struct InstallationOptions {
    std::string dir;
    edge::cli::Config config;
    bool demo = false;
};

class Installation {
public:
    // Takes the lock, creates what is missing, reads and verifies the journal. The journal's thread
    // does not run yet. Errors: conflict edge.cli.in_use, corrupt, unavailable.
    static Result<std::unique_ptr<Installation>> open(InstallationOptions options);
    ~Installation();
    Installation(const Installation&) = delete;
    Installation& operator=(const Installation&) = delete;

    void run();   // starts the journal's thread
    void stop();  // finishes what is queued

    // Submits and waits; steps the journal itself while its thread does not run.
    Result<journal::Answer> perform(journal::Command command);
    // Starts something that will call back with an Answered, and waits for it likewise.
    template <class Answered, class Start>
    Answered wait_for(Start start) {
        auto promise = std::make_shared<std::promise<Answered>>();
        auto answer = promise->get_future();
        start([promise](Answered result) { promise->set_value(std::move(result)); });
        if (!thread_.joinable())
            while (answer.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready)
                while (journal_->step() > 0) {}
        return answer.get();
    }

    const std::string& dir() const { return options_.dir; }
    const edge::cli::Config& config() const { return options_.config; }
    const Clock& clock() const { return clock_; }
    edge::cli::DemoClock& demo_clock() { return clock_; }
    store::Store& store() { return *store_; }
    journal::Journal& journal() { return *journal_; }
    Rooms& rooms() { return *rooms_; }
    edge::archive::Intake& intake() { return *intake_; }
    // Where lines come in without an agent, once receive() was called; else none.
    edge::reception::Reception* reception() { return reception_.get(); }
    // Binds the listeners of the configuration, so that their routes can be made; run() starts them.
    Result<> receive();
    const journal::StartReport& report() const { return report_; }

private:
    explicit Installation(InstallationOptions options) : options_(std::move(options)) {}

    Result<> open_archive();
    void note_erasure(const PersonId& person, Instant at);
    Result<> erase_again();

    InstallationOptions options_;
    std::set<PersonId> erased_;    // in erasures.log
    std::set<PersonId> recorded_;  // in the journal
    edge::cli::DemoClock clock_;   // real time, but while a demo is being seeded
    SystemRandom random_;
    std::unique_ptr<edge::cli::DataDirLock> lock_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<edge::archive::Archive> archive_;
    std::unique_ptr<Rooms> rooms_;
    std::unique_ptr<edge::archive::Intake> intake_;
    std::unique_ptr<edge::reception::Reception> reception_;
    std::atomic<bool> stops_receiving_{false};
    std::thread receiving_;
    journal::StartReport report_;
    std::jthread thread_;
};

}  // namespace noroshi::app
