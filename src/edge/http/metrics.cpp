#include "edge/http/metrics.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

namespace noroshi::edge::http {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric value_of(MetricType type, double value, std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    if (type == MetricType::Counter)
        metric.counter.value = value;
    else
        metric.gauge.value = value;
    return metric;
}

MetricFamily family(std::string name, std::string help, MetricType type) {
    return MetricFamily{std::move(name), std::move(help), type, {}};
}

MetricFamily single(std::string name, std::string help, MetricType type, double value) {
    auto made = family(std::move(name), std::move(help), type);
    made.metric.push_back(value_of(type, value));
    return made;
}

double resident_bytes() {
    long pages = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
        long size = 0;
        if (std::fscanf(file, "%ld %ld", &size, &pages) != 2) pages = 0;
        std::fclose(file);
    }
    return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

Metrics::Metrics(std::vector<MeasuredRoute> routes, unsigned threads) : routes_(std::move(routes)) {
    for (unsigned i = 0; i < threads; ++i)
        shards_.push_back(std::make_unique<Shard>(routes_.size()));
}

void Metrics::answered(unsigned thread, std::size_t route, int status,
                       std::chrono::microseconds took, std::size_t received, std::size_t sent) {
    Shard& shard = *shards_[thread];
    Row& row = shard.rows[route];
    const auto found = std::ranges::find(statuses, status);
    const auto slot = found == statuses.end() ? statuses.size() - 1
                                              : static_cast<std::size_t>(found - statuses.begin());
    row.by_status[slot].add(1);
    const double seconds = static_cast<double>(took.count()) / 1e6;
    row.by_time[static_cast<std::size_t>(std::ranges::lower_bound(bounds, seconds) -
                                         bounds.begin())]
        .add(1);
    row.microseconds.add(static_cast<std::uint64_t>(took.count()));
    shard.received.add(received);
    shard.sent.add(sent);
}

std::string Metrics::text(const journal::Journal& journal) const {
    using enum MetricType;
    std::vector<MetricFamily> families;

    auto requests = family("noroshi_http_requests_total", "Requests answered", Counter);
    auto seconds = family("noroshi_http_request_seconds",
                          "From the first byte of a request to the last byte of its answer given "
                          "to the socket",
                          Histogram);
    for (std::size_t route = 0; route < routes_.size(); ++route) {
        std::array<std::uint64_t, statuses.size()> by_status{};
        std::array<std::uint64_t, bounds.size() + 1> by_time{};
        std::uint64_t microseconds = 0;
        for (const auto& shard : shards_) {
            const Row& row = shard->rows[route];
            for (std::size_t i = 0; i < by_status.size(); ++i)
                by_status[i] += row.by_status[i].get();
            for (std::size_t i = 0; i < by_time.size(); ++i) by_time[i] += row.by_time[i].get();
            microseconds += row.microseconds.get();
        }
        const std::vector<ClientMetric::Label> labels{{"method", routes_[route].method},
                                                      {"route", routes_[route].pattern}};
        for (std::size_t i = 0; i < by_status.size(); ++i) {
            if (by_status[i] == 0) continue;
            auto labelled = labels;
            labelled.push_back(
                {"status", statuses[i] == 0 ? "other" : std::to_string(statuses[i])});
            requests.metric.push_back(
                value_of(Counter, static_cast<double>(by_status[i]), std::move(labelled)));
        }
        ClientMetric histogram;
        histogram.label = labels;
        std::uint64_t cumulative = 0;
        for (std::size_t i = 0; i < by_time.size(); ++i) {
            cumulative += by_time[i];
            histogram.histogram.bucket.push_back(
                {cumulative,
                 i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
        }
        if (cumulative == 0) continue;
        histogram.histogram.sample_count = cumulative;
        histogram.histogram.sample_sum = static_cast<double>(microseconds) / 1e6;
        seconds.metric.push_back(std::move(histogram));
    }
    families.push_back(std::move(requests));
    families.push_back(std::move(seconds));

    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    for (const auto& shard : shards_) {
        received += shard->received.get();
        sent += shard->sent.get();
    }
    const auto add = [&](std::string name, std::string help, MetricType type, auto value) {
        families.push_back(
            single(std::move(name), std::move(help), type, static_cast<double>(value)));
    };
    add("noroshi_http_received_bytes_total", "Bytes of requests", Counter, received);
    add("noroshi_http_sent_bytes_total", "Bytes of answers, event streams excluded", Counter, sent);
    add("noroshi_http_connections", "Open connections", Gauge, connections.load());
    add("noroshi_http_event_streams", "Open event streams", Gauge, event_streams.load());
    add("noroshi_http_events_written_total", "Events given to event streams", Counter,
        events_written.load());
    add("noroshi_http_events_behind_total",
        "Times that an event stream fell behind its bounded backlog", Counter,
        events_behind.load());
    add("noroshi_http_timeouts_total", "Connections closed at a deadline", Counter,
        timed_out.load());
    add("noroshi_http_request_body_bytes", "Bodies of requests held in memory", Gauge,
        body_bytes.load());
    auto refused =
        family("noroshi_http_refused_connections_total", "Connections refused at a limit", Counter);
    refused.metric.push_back(
        value_of(Counter, static_cast<double>(refused_full.load()), {{"limit", "all"}}));
    refused.metric.push_back(
        value_of(Counter, static_cast<double>(refused_address.load()), {{"limit", "address"}}));
    families.push_back(std::move(refused));

    add("noroshi_journal_sequence", "Sequence number of the last published fact", Gauge,
        journal.published_sequence());
    auto outbox = family("noroshi_outbox_messages", "Messages of the outbox by state", Gauge);
    const auto counts = journal.outbox_counts();
    const std::pair<const char*, std::uint64_t> states[] = {
        {"waiting", counts.waiting},   {"sending", counts.sending}, {"delivered", counts.delivered},
        {"refused", counts.refused},   {"gave_up", counts.gave_up}, {"cancelled", counts.cancelled},
        {"in_doubt", counts.in_doubt},
    };
    for (const auto& [state, count] : states)
        outbox.metric.push_back(value_of(Gauge, static_cast<double>(count), {{"state", state}}));
    families.push_back(std::move(outbox));
    add("process_resident_memory_bytes", "Resident memory", Gauge, resident_bytes());
    add("process_cpu_seconds_total", "User and system time", Counter, cpu_seconds());

    std::ostringstream out;
    prometheus::TextSerializer{}.Serialize(out, families);
    return out.str();
}

}  // namespace noroshi::edge::http
