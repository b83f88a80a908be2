#pragma once
// Connections that come back like clockwork. Zeek's conn, http and ssl (and Suricata's flows) are
// gathered per pair of source and destination, or of source and name; each pair gets scores between
// 0 and 1.
//
// `rita` gives the values of RITA v5 (github.com/activecm/rita, analysis/beacons.go, spagooper.go,
// analysis.go, database/analysis_tables.go): the window is the last 24 hours of the data but not
// before its first connection, rows count from the start of the hour in which it begins, times are
// whole seconds, sizes orig_ip_bytes; a pair is scored from four distinct times on; a pair whose
// connection also feeds a scored name is left out. final_score: the bucketed score and modifiers
// for prevalence and a missing Host header; not for rare signatures and mismatched content types.
//
// Otherwise lines of firewalls about connections count too (those that say how much was sent), and the
// ranking is ours: the histogram lies over the pair's own time instead of a day, so that
// a channel of one hour can be seen, and what many hosts do, or time servers do, counts less.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engines/detect/address.h"
#include "engines/detect/event.h"
#include "engines/detect/text_table.h"

namespace noroshi::engines::detect {

struct Beacon {
    std::string src;
    std::string dst;   // empty for a name
    std::string fqdn;  // empty for a pair of addresses
    std::uint64_t connections = 0;
    bool strobe = false;
    double score = 0;
    double ts_score = 0;
    double ds_score = 0;
    double dur_score = 0;
    double hist_score = 0;
    double final_score = 0;  // rita
};

struct BeaconOptions {
    bool rita = false;
    std::vector<Network> internal;  // empty: RFC 1918, 4193 and link-local
    std::int64_t window_seconds = 24 * 3600;
    // Rows kept at most (a connection, or a request with a name: about 50 bytes each); 0: all. When
    // they are reached, first goes what is older than the window, then pairs of fewer than four rows,
    // which have no score, the longest silent first; then of pairs with more than 2,000 rows all but
    // the latest 2,000; then the oldest quarter. Scores are then of what is left.
    std::size_t most_rows = 0;
};

// The parts of the score, exposed for tests. Inputs sorted ascending.
namespace rita {
double statistical_score(const std::vector<double>& sorted, double default_mad);
struct Histogram {
    std::vector<int> bars;
    int total = 0;
    int longest_run = 0;
    double score = 0;
};
Histogram histogram(std::int64_t from, std::int64_t to, const std::vector<std::uint32_t>& times,
                    int bins = 24);
double duration_score(std::int64_t from, std::int64_t to, std::int64_t first, std::int64_t last,
                      int total_bars, int longest_run);
double bucketed(double value, double base, double low, double medium, double high);
}  // namespace rita

// Fields a Detector must know for this (its more_fields).
std::vector<std::string> beacon_fields();

class BeaconFinder {
public:
    BeaconFinder(const FieldNames& fields, BeaconOptions options);

    void take(const Event& event);
    // How often rows had to go.
    std::uint64_t thinned() const { return thinned_; }
    // Highest score first.
    std::vector<Beacon> finish();

    // Hosts by number, with what is worked out once for each.
    struct HostFacts {
        bool is_address = false;
        bool internal = false;
        bool group = false;  // multicast or broadcast
        bool odd = false;    // that, or link-local, or no address
    };
    std::uint32_t host(std::string_view text);
    // Of the event that was taken last, if it had both.
    struct Ends {
        bool known = false;
        std::uint32_t src = 0, dst = 0;
    };
    const Ends& ends() const { return ends_; }
    // Numbers hold until then: what is kept by them has to be forgotten.
    std::uint64_t renumbered() const { return renumbered_; }
    const HostFacts& facts(std::uint32_t host) const { return facts_[host]; }
    const std::string& host_text(std::uint32_t host) const { return hosts_[host]; }

private:
    struct Connection {
        std::uint32_t src = 0;  // into hosts_
        std::uint32_t dst = 0;
        std::uint32_t time = 0;
        std::uint32_t port = 0;
        std::int64_t bytes = 0;
        float duration = 0;
        std::uint64_t uid = 0;  // hash
    };
    struct Named {
        std::uint64_t uid = 0;
        std::uint32_t src = 0;
        std::uint32_t name = 0;  // into names_; UINT32_MAX: no Host header
        std::uint32_t dst = 0;
        Micros time = 0;
        bool http = false;
        bool connect = false;
    };
    bool is_internal(std::uint32_t host) const { return facts_[host].internal; }
    void thin();
    void renumber();

    BeaconOptions options_;
    struct Fields {
        FieldId ts, uid, src, dst, src_ip, dst_ip, port, bytes, duration, host, server_name, method;
        FieldId state, flow_bytes, flow_start, event_type;
        // Of firewalls, which write a line when a connection ends.
        std::array<FieldId, 3> device_dst{}, device_port{}, device_bytes{};
        FieldId device_src = unnamed;
    } fields_{};
    std::vector<Connection> connections_;
    std::vector<Named> named_;
    TextTable hosts_;
    std::vector<HostFacts> facts_;  // per host
    TextTable names_;
    std::uint64_t thinned_ = 0;
    std::size_t most_hosts_ = 0;
    Ends ends_;
    std::uint64_t renumbered_ = 0;
};

}  // namespace noroshi::engines::detect
