#pragma once
// What no rule names: behaviour, found over connections and queries with bounded memory. Beacons
// (beacon.h), connections that last for hours, one host reaching for many others over protocols of
// administration (SMB, RDP, WinRM, SSH), many ports of one host, and tunnels in DNS (many distinct
// names below one registered domain); and what differs from a member's habits (habits.h). Findings come
// when everything has been read; each explains itself by its figures. Events must come in one fixed order for findings to be repeatable.

#include <array>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engines/detect/beacon.h"
#include "engines/detect/found.h"
#include "engines/detect/habits.h"

namespace noroshi::engines::detect {

struct BehaviourOptions {
    std::vector<Network> internal;
    double beacon_score = 0.8;
    double long_connection_seconds = 4 * 3600;
    std::size_t fan_out_hosts = 30;   // within an hour
    std::size_t scanned_ports = 100;  // of one host, within an hour
    std::size_t names_below_domain = 100;
    std::size_t most_rows = 2'000'000;  // of beacons (about 100 MB)
};

// The registered domain: one label more than the public suffix. Knows the second-level suffixes
// under which names are registered in Japan and the commonest elsewhere, not the whole list of
// publicsuffix.org.
std::string_view registered_domain(std::string_view name);

std::vector<std::string> behaviour_fields();

class Behaviour {
public:
    // habits: what is remembered for longer than this lives; none: nothing is.
    Behaviour(const FieldNames& fields, BehaviourOptions options, Habits* habits = nullptr);

    std::uint64_t thinned() const { return beacons_.thinned(); }  // how often beacons lost rows
    void set_options(BehaviourOptions options) { options_ = std::move(options); }
    void take(const Event& event, std::size_t source, std::uint64_t line);
    void finish(const std::function<void(Found&&)>& tell);

private:
    using Place = PlaceOfEvent;
    // Distinct values within an hour. Most keys ever see one value; it stands alone.
    struct Tally {
        std::uint64_t latest = 0;
        std::uint32_t distinct = 0;
        bool told = false;
        Micros begun = 0;
        std::unique_ptr<std::unordered_set<std::uint64_t>> all;  // from the second value on
    };
    // By key, one next to the other: most events meet one and change nothing in it.
    class Tallies {
    public:
        Tallies() : slots_(1024) {}
        Tally& at(std::uint64_t key);
        std::size_t size() const { return size_; }
        void clear();

    private:
        struct Slot {
            std::uint64_t key = 0;  // 0: none
            Tally tally;
        };
        std::vector<Slot> slots_;
        std::size_t size_ = 0;
    };
    void note(std::string id, std::string level, const Place& place,
              std::vector<std::pair<std::string, std::string>> figures);
    // True once per key: when `limit` distinct values have been seen within an hour.
    static bool count(Tallies& tallies, std::uint64_t key, std::uint64_t value, std::size_t limit,
                      Micros time);

    BehaviourOptions options_;
    BeaconFinder beacons_;
    Habits* habits_;
    struct Fields {
        // In the order of preference: Zeek, Suricata, devices, FortiGate, NetFlow, CEF.
        std::array<FieldId, 5> src{};
        std::array<FieldId, 7> dst{};
        std::array<FieldId, 6> port{};
        FieldId duration = unnamed, query = unnamed, rrname = unnamed;
    } fields_{};
    std::uint64_t numbered_ = 0;
    Tallies fan_out_;  // by source and port
    Tallies ports_;    // by source and target
    Tallies names_;    // by source and registered domain
    std::unordered_set<std::uint64_t> long_told_;
    Place last_;
    std::vector<Found> found_;
};

}  // namespace noroshi::engines::detect
