#pragma once
// Looks through members' lines as they arrive, on a thread of its own: reads the archive from where
// each source was left, runs the engine (watch/detections/analysis.h) and hands the journal what was
// found together with the new place. Rules and indicators come from folders, are read on that thread
// (thousands of rules take seconds, from the cache a tenth) and again when something in them changes; correlations are then fed again with the lines of their window, so that
// neither a restart nor a reload loses or doubles a detection. New indicators also look back over
// what is archived.

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/installation.h"
#include "watch/detections/analysis.h"
#include "watch/detections/spraying.h"

namespace noroshi::app {

struct WatchFolders {
    std::string rules;       // *.yml, *.yaml, with folders below
    std::string indicators;  // STIX, MISP, CSV, lists
    std::string allowed;     // lists of values that are never told
    bool own_rules = true;   // those inside the binary too
    std::string cache{};     // a file for rules as they were read; empty: none
};
// As the configuration says, else rules/, indicators/ and allowed/ in the data directory.
WatchFolders watch_folders(const std::string& dir, const edge::cli::Config& config);

class Watching {
public:
    Watching(Installation& installation, WatchFolders folders);
    ~Watching();

    void start();  // after Installation::run(); before Installation::stop(): stop()
    void stop();
    // Everything there is to look at, once; true if there was something. For tests, and the thread.
    bool look();

private:
    struct Member;
    struct SourceNow {
        watch::detections::SourceId id;
        OrganisationId member;
        watch::logs::LogKind kind = watch::logs::LogKind::other;
        std::uint64_t next_line = 0;  // the journal knows of the lines before
        std::uint64_t position = 0;
        std::string looked_back;
    };
    struct Waiting {  // looked at, and nothing to tell yet
        std::uint64_t from_line = 0;
        std::uint64_t until_line = 0;
        std::uint64_t parsed = 0;
        std::map<std::string, std::uint64_t> unparsed;
        Instant since;
    };

    void read_rules();
    void report_refused() const;
    std::vector<SourceNow> sources();
    bool look_at_member(const OrganisationId& member, std::vector<SourceNow>& sources);
    Member& ready(const OrganisationId& member, const std::vector<SourceNow>& sources);
    void warm_up(Member& member, const std::vector<SourceNow>& sources);
    bool take(Member& member, const SourceNow& source, edge::archive::Archive::Piece piece);
    bool hand_over(const watch::detections::SourceId& source, Waiting& waiting,
                   std::vector<watch::detections::Finding> findings);
    void tell_behaviour(Member& member);
    void tell_spraying();
    bool look_back(const std::vector<SourceNow>& sources);
    Result<> perform(std::function<Result<>(journal::Recorder&)> decide);

    Installation& installation_;
    WatchFolders folders_;
    std::string signature_;  // of the folders, as they were read last
    std::shared_ptr<const watch::detections::Rulebook> rules_;
    std::map<OrganisationId, std::unique_ptr<Member>> members_;
    watch::detections::Spraying spraying_;  // over all of them
    std::map<watch::detections::SourceId, Waiting> waiting_;
    std::map<watch::detections::SourceId, std::uint64_t>
        looked_back_;  // lines of an unfinished one
    std::mutex guard_;
    std::condition_variable_any pause_;
    std::jthread thread_;
};

}  // namespace noroshi::app
