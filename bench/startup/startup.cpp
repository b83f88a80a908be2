// How long a port with a million facts takes to start, held against a bare loop that only parses
// and hashes the same bytes. README.md says what is compared and why.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "app/rooms.h"
#include "kernel/crypto/hash.h"
#include "kernel/journal/chain.h"
#include "kernel/json/json.h"
#include "kernel/random/random.h"
#include "practise/drills/drills_facts.h"

namespace noroshi {
namespace {

using respond::incident::EntryAdded;
using respond::incident::EntryKind;

constexpr std::size_t incident_count = 500;
constexpr std::size_t person_count = 300;
constexpr std::size_t organisation_count = 60;
constexpr int rounds = 5;

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// ---- a million facts -----------------------------------------------------------------------

class Maker {
public:
    explicit Maker(store::Store& store) : store_(store) {
        for (auto* ids : {&organisations_, &people_, &incidents_, &terminals_}) {
            const std::size_t count = ids == &organisations_ ? organisation_count
                                      : ids == &people_      ? person_count
                                      : ids == &terminals_   ? 5
                                                             : incident_count;
            for (std::size_t i = 0; i < count; ++i) ids->push_back(random_.identifier());
        }
    }

    void make(std::size_t count) {
        for (std::size_t i = 0; i < incident_count; ++i) open_incident(i);
        // Thirty incidents are under way at a time, as a year's are, so that lines of several
        // boards lie side by side.
        while (head_.sequence < count) {
            const std::size_t first = head_.sequence * (incident_count - 30) / count;
            const std::size_t incident = first + random_.below(30);
            if (random_.below(40) == 0)
                set_milestone(incident);
            else
                add_entry(incident);
        }
        flush();
    }

private:
    template <class Body>
    void add(const std::string& stream, std::size_t incident, const Body& body) {
        journal::Fact fact;
        fact.sequence = head_.sequence + 1;
        fact.stream = stream;
        fact.stream_version = ++versions_[stream];
        fact.kind = Body::kind;
        fact.schema = Body::schema;
        fact.body = json::to_text(body);
        fact.actor = people_[author_];
        fact.event_time = Instant{std::chrono::seconds(1'700'000'000 + 30 * fact.sequence)} +
                          Span{random_.below(1'000'000)};
        fact.entry_time = fact.event_time + std::chrono::seconds(random_.below(900));
        Visibility visibility{Tlp::amber, {}, {}};
        for (std::size_t i = 0; i < 3; ++i)
            visibility.organisations.push_back(
                {organisations_[(incident * 7 + i * 11) % organisation_count]});
        std::ranges::sort(visibility.organisations);
        fact.visibility = journal::encode_visibility(visibility);
        fact.previous = head_.hash;
        fact.hash = journal::hash_of(fact);
        head_ = {fact.sequence, fact.hash};
        batch_.facts.push_back(std::move(fact));
        if (batch_.facts.size() == 5000) flush();
    }

    void flush() {
        const auto done = store_.commit(batch_);
        if (!done) fmt::print(stderr, "{}\n", describe(done.error()));
        ASSERT(done);
        batch_.facts.clear();
    }

    std::string words(std::size_t most) {
        static const std::vector<std::string> all{"統一ターミナルシステム",
                                                  "のサーバが再起動",
                                                  "を繰り返している",
                                                  "と連絡があった。",
                                                  "ゲート前の待機車両は",
                                                  "約二百台に達し、",
                                                  "警察本部サイバー攻撃対策課に",
                                                  "相談した。",
                                                  "物理サーバの暗号化を",
                                                  "確認したため",
                                                  "ネットワークを切り離し、",
                                                  "バックアップから",
                                                  "仮想基盤を",
                                                  "復旧する方針とした。",
                                                  "トレーラーによる",
                                                  "搬出入作業は",
                                                  "中止している。",
                                                  "本船荷役は",
                                                  "手作業で継続中。",
                                                  "再開の見込みは",
                                                  "午後六時ごろ、",
                                                  "ただし未確認。",
                                                  "荷主・通関業者への",
                                                  "周知は協会から",
                                                  "行う。",
                                                  "海上保安部へも",
                                                  "報告済み。",
                                                  "ランサムウェアの",
                                                  "脅迫文を",
                                                  "プリンタから印刷した",
                                                  "ものと判明。",
                                                  "次回の会議は",
                                                  "十四時三十分、",
                                                  "管理組合の",
                                                  "大会議室。"};
        std::string text;
        for (std::size_t i = 0; i < most; ++i) text += all[random_.below(all.size())];
        return text;
    }

    void open_incident(std::size_t incident) {
        respond::incident::IncidentOpened opened;
        opened.number = static_cast<std::uint32_t>(incident + 1);
        opened.title = words(3);
        opened.effects = {respond::incident::Effect::freight};
        opened.organisation = {organisations_[incident % organisation_count]};
        add("respond/incident/" + incidents_[incident], incident, opened);
    }

    void add_entry(std::size_t incident) {
        static const std::vector<std::string> parties{
            "港湾管理者 当直",  "第一ターミナル 田中課長", "警察本部",     "北港運協会 事務局",
            "システム保守会社", "海上保安部 警備救難課",   "トラック協会", "船社代理店"};
        static const std::vector<std::string> media{"電話", "電子メール", "口頭", "ファクス"};
        EntryAdded entry;
        entry.number = ++numbers_[incident];
        // Fifteen people write one board, each for the organisation he or she belongs to.
        author_ = (incident * 13 + random_.below(15)) % person_count;
        entry.organisation = {organisations_[author_ % organisation_count]};
        entry.sender = parties[random_.below(parties.size())];
        entry.receiver = parties[random_.below(parties.size())];
        entry.medium = media[random_.below(media.size())];
        entry.content = words(3 + random_.below(8));
        const auto dice = random_.below(100);
        if (dice < 10)
            entry.entry_kind = EntryKind::request;
        else if (dice < 15)
            entry.entry_kind = EntryKind::decision;
        else if (dice < 20)
            entry.entry_kind = EntryKind::rumour;
        if (dice >= 70) entry.confirmed = true;
        if (dice == 99 && entry.number > 1)
            entry.corrects = static_cast<std::uint32_t>(1 + random_.below(entry.number - 1));
        if (dice < 5) entry.due = Instant{std::chrono::seconds(1'900'000'000)};
        add("respond/incident/" + incidents_[incident], incident, entry);
    }

    void set_milestone(std::size_t incident) {
        respond::incident::MilestoneSet set;
        set.terminal = {terminals_[random_.below(5)]};
        set.milestone = respond::incident::Milestone::gate_open;
        set.time = Instant{std::chrono::seconds(1'800'000'000)};
        set.organisation = {organisations_[0]};
        set.note = words(2);
        add("respond/incident/" + incidents_[incident], incident, set);
    }

    store::Store& store_;
    SeededRandom random_{20'260'704};
    std::vector<std::string> organisations_, people_, incidents_, terminals_;
    std::map<std::size_t, std::uint32_t> numbers_;
    std::map<std::string, std::uint64_t> versions_;
    store::Head head_;
    std::size_t author_ = 0;
    store::Batch batch_;
};

// ---- what is measured ----------------------------------------------------------------------

struct Measured {
    double wall = 0;
    double cpu = 0;  // of all threads
    double peak_mib = 0;
    double now_mib = 0;
};

double mib_of(std::string_view field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(field)) return std::stod(line.substr(field.size() + 1)) / 1024;
    return 0;
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Start-up as in app/installation.cpp: open the store, make the rooms, fold and verify.
Measured start(const std::string& path, std::size_t count) {
    const auto began = std::chrono::steady_clock::now();
    auto opened = store::open_sqlite({path, ""});
    ASSERT(opened);
    const RealClock clock;
    SystemRandom random;
    journal::Journal journal(**opened, clock, random, journal::Options{});
    app::Rooms rooms(journal, app::RoomOptions{});
    const auto report = journal.start();
    if (!report) fmt::print(stderr, "{}\n", describe(report.error()));
    ASSERT(report && report->facts == count);
    return {seconds_since(began), cpu_seconds(), mib_of("VmHWM:"), mib_of("VmRSS:")};
}

// One thread, everything in memory: parse each body, hash each fact's canonical bytes.
Measured parse_and_hash(const std::string& path) {
    struct Bytes {
        std::string body, canonical;
    };
    std::vector<Bytes> all;
    {
        auto opened = store::open_sqlite_read_only(path);
        ASSERT(opened);
        ASSERT((*opened)->facts(1, [&](const journal::Fact& fact) {
            all.push_back({fact.body, journal::canonical_bytes(fact)});
            return true;
        }));
    }
    const double before = cpu_seconds();
    const auto began = std::chrono::steady_clock::now();
    std::size_t fields = 0;
    unsigned mixed = 0;
    for (const auto& bytes : all) {
        std::array<unsigned char, 8192> arena;
        boost::json::monotonic_resource resource(arena.data(), arena.size());
        fields += boost::json::parse(bytes.body, &resource).as_object().size();
        mixed += sha256(bytes.canonical)[0];
    }
    ASSERT(fields > all.size() && mixed > 0);
    return {seconds_since(began), cpu_seconds() - before, 0, 0};
}

// In a process of its own, so that memory is counted from nothing.
template <class F>
Measured apart(F&& measure) {
    int ends[2];
    ASSERT(pipe(ends) == 0);
    const pid_t child = fork();
    ASSERT(child >= 0);
    if (child == 0) {
        const Measured measured = measure();
        ASSERT(write(ends[1], &measured, sizeof measured) == sizeof measured);
        _exit(0);
    }
    close(ends[1]);
    Measured measured;
    const auto got = read(ends[0], &measured, sizeof measured);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT(status == 0 && got == sizeof measured);
    return measured;
}

Measured best_of(const std::vector<Measured>& all) {
    return *std::ranges::min_element(all, {}, &Measured::wall);
}

int run(std::size_t count) {
    const std::string folder = "build/bench/startup";
    const std::string path = folder + "/" + std::to_string(count) + "-3.db";
    if (!std::filesystem::exists(path)) {
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        auto opened = store::open_sqlite({path + ".new", ""});
        ASSERT(opened);
        Maker(**opened).make(count);
        opened->reset();
        std::filesystem::rename(path + ".new", path);
    }
    fmt::print("{} facts, {} incidents, {:.0f} MiB in the file\n", count, incident_count,
               static_cast<double>(std::filesystem::file_size(path)) / 1024 / 1024);

    std::vector<Measured> bare, ours;
    for (int round = 0; round < rounds; ++round) {
        bare.push_back(apart([&] { return parse_and_hash(path); }));
        ours.push_back(apart([&] { return start(path, count); }));
        fmt::print("  round {}: bare {:.2f} s (CPU {:.2f}), start {:.2f} s (CPU {:.2f})\n",
                   round + 1, bare.back().wall, bare.back().cpu, ours.back().wall, ours.back().cpu);
        std::fflush(stdout);
    }
    const auto loop = best_of(bare);
    const auto port = best_of(ours);
    const double ratio = port.wall / loop.wall;
    const bool is_reached = ratio <= 1.5 && port.peak_mib < 1024;
    fmt::print("bare parse-and-hash loop {:.2f} s, start {:.2f} s: {:.2f} × (claim: at most 1.5)\n",
               loop.wall, port.wall, ratio);
    fmt::print("memory: at most {:.0f} MiB, {:.0f} MiB when started (claim: below 1024)\n",
               port.peak_mib, port.now_mib);
    fmt::print("{}\n", is_reached ? "reached" : "NOT REACHED");
    return is_reached ? 0 : 1;
}

}  // namespace
}  // namespace noroshi

int main(int count, char** arguments) {
    // For a profile of the start alone: bench_startup start FILE FACTS
    if (count == 4 && std::string_view(arguments[1]) == "start") {
        const auto measured = noroshi::start(arguments[2], std::stoul(arguments[3]));
        fmt::print("{:.2f} s, CPU {:.2f} s\n", measured.wall, measured.cpu);
        return 0;
    }
    return noroshi::run(count > 1 ? std::stoul(arguments[1]) : 1'000'000);
}
