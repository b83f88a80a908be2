#include "app/watchdog.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "edge/courier/http_ask.h"

namespace noroshi::app {

namespace {

edge::courier::HttpAnswer look_at(const std::string& url, const std::string& ca_file) {
    edge::courier::HttpAsk asked;
    asked.method = "GET";
    asked.url = url;
    asked.ca_file = ca_file;
    return edge::courier::ask(asked);
}

std::string trouble_of(const edge::courier::HttpAnswer& answer) {
    return answer.status == 0 ? answer.trouble : "HTTP " + std::to_string(answer.status);
}

bool is_well(const edge::courier::HttpAnswer& answer) {
    return answer.status >= 200 && answer.status < 300;
}

}  // namespace

Watchdog::Watchdog(journal::Journal& journal, respond::callout::Heartbeat& heartbeat,
                   edge::cli::HeartbeatConfig config)
    : journal_(journal), heartbeat_(heartbeat), config_(std::move(config)),
      misses_(config_.watch.size()) {}

void Watchdog::start() {
    if (config_.ping_url.empty() && config_.watch.empty()) return;
    thread_ = std::jthread([this](const std::stop_token& stop) {
        std::mutex guard;
        std::condition_variable_any pause;
        while (!stop.stop_requested()) {
            look();
            std::unique_lock lock(guard);
            pause.wait_for(lock, stop, every, [] { return false; });
        }
    });
}

void Watchdog::stop() { thread_ = {}; }

void Watchdog::look() {
    if (!config_.ping_url.empty()) {
        const Instant now = journal_.clock().now();
        if (journal_.read([&] { return heartbeat_.is_alive(now); })) {
            const auto answer = look_at(config_.ping_url, config_.ca_file);
            heartbeat_.note_ping(now, is_well(answer), trouble_of(answer));
        }
    }
    for (std::size_t i = 0; i < config_.watch.size(); ++i) {
        const auto& one = config_.watch[i];
        const auto answer = look_at(one.url, one.ca_file);
        if (is_well(answer)) {
            misses_[i] = 0;
            tell(one.name, true, {});
        } else if (++misses_[i] >= misses_told) {
            tell(one.name, false, trouble_of(answer));
        }
    }
}

// What the room knows already, it does not write again.
void Watchdog::tell(const std::string& name, bool well, const std::string& detail) {
    journal::Command command;
    command.actor = "system";
    command.decide = [this, name, well,
                      detail](journal::Recorder& recorder) -> Result<journal::Answer> {
        heartbeat_.take_watched(recorder, name, well, detail);
        return journal::Answer{};
    };
    command.done = [](const Result<journal::Answer>&) {};
    journal_.submit(std::move(command));
}

respond::callout::HeartbeatPlan plan_of(
    const edge::cli::HeartbeatConfig& config,
    const std::map<Channel, std::vector<std::string>>& gateways) {
    respond::callout::HeartbeatPlan plan;
    plan.gateways = gateways;
    plan.addresses = {
        {Channel::email, config.email}, {Channel::sms, config.sms}, {Channel::voice, config.voice}};
    for (const auto& to : config.chat)
        plan.own_addresses[{Channel::chat, to.substr(0, to.find(':'))}] = to;
    plan.pushed_to = config.push;
    plan.every = std::chrono::minutes(config.every_minutes);
    plan.patience = std::min<Span>(plan.patience, plan.every / 2);
    return plan;
}

}  // namespace noroshi::app
