#pragma once
// The dead man's switch. Once a minute, while the alarm lives (respond/callout/callout_heartbeat),
// a monitoring server is asked for an address that tells it so: when this server, its machine or its
// line is gone, that one hears nothing and raises the alarm. And other installations are asked
// whether they live: one that has not answered three times in a row is told to the port manager's
// administrators.

#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "edge/cli/config.h"
#include "kernel/journal/journal.h"
#include "respond/callout/callout_heartbeat.h"

namespace noroshi::app {

class Watchdog {
public:
    Watchdog(journal::Journal& journal, respond::callout::Heartbeat& heartbeat,
             edge::cli::HeartbeatConfig config);
    void start();  // the journal runs
    void stop();
    // One round, for start() and for tests.
    void look();

    static constexpr auto every = std::chrono::minutes(1);
    static constexpr int misses_told = 3;

private:
    void tell(const std::string& name, bool well, const std::string& detail);

    journal::Journal& journal_;
    respond::callout::Heartbeat& heartbeat_;
    edge::cli::HeartbeatConfig config_;
    std::vector<int> misses_;  // in a row, of each watched
    std::jthread thread_;
};

// What the configuration says, for the gateways that there are.
respond::callout::HeartbeatPlan plan_of(
    const edge::cli::HeartbeatConfig& config,
    const std::map<Channel, std::vector<std::string>>& gateways);

}  // namespace noroshi::app
