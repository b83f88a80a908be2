#include "app/watching.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "edge/cli/build_mark.h"
#include "kernel/embedded_data.h"
#include "kernel/store/files.h"
#include "watch/detections/detections.h"
#include "watch/logs/logs.h"

namespace noroshi::app {

namespace fs = std::filesystem;
using watch::detections::Analyser;
using watch::detections::Finding;
using watch::detections::NamedText;
using watch::detections::Rulebook;
using watch::detections::RuleContent;
using watch::detections::SourceId;
using watch::detections::Tuning;

namespace {

constexpr auto look_every = std::chrono::seconds{1};
// A place without findings is written down when this much was looked through, or this time has
// passed: what lies between is looked through again after a crash, and held nothing.
constexpr std::uint64_t lines_between_places = 100'000;
constexpr auto time_between_places = std::chrono::minutes{2};
constexpr auto behaviour_every = std::chrono::minutes{1};
constexpr std::uint64_t most_lines_to_warm_up = 2'000'000;  // of a source
constexpr auto habits_need = std::chrono::days{14};
constexpr int look_back_pieces = 16;  // between two looks at what arrives

std::vector<std::string> files_below(const std::string& folder, bool only_yaml) {
    std::vector<std::string> files;
    std::error_code error;
    for (auto at = fs::recursive_directory_iterator(folder, error);
         !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
        const auto name = at->path().string();
        const bool yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        if (at->is_regular_file(error) && (yaml || !only_yaml)) files.push_back(name);
    }
    std::ranges::sort(files);
    return files;
}

std::string signature_of(const WatchFolders& folders) {
    std::string all;
    for (const auto& [folder, yaml] :
         {std::pair(folders.rules, true), std::pair(folders.indicators, false),
          std::pair(folders.allowed, false)})
        for (const auto& file : files_below(folder, yaml)) {
            std::error_code error;
            all += file + "\n" + std::to_string(fs::file_size(file, error)) + " " +
                   std::to_string(fs::last_write_time(file, error).time_since_epoch().count()) +
                   "\n";
        }
    return all;
}

std::vector<NamedText> read_folder(const std::string& folder, bool only_yaml) {
    std::vector<NamedText> texts;
    for (const auto& file : files_below(folder, only_yaml)) {
        std::ifstream in(file, std::ios::binary);
        texts.push_back({file, std::string(std::istreambuf_iterator<char>(in), {})});
    }
    return texts;
}

void complain(const Error& error) {
    std::fprintf(stderr, "noroshi: %s\n", describe(error).c_str());
}

}  // namespace

WatchFolders watch_folders(const std::string& dir, const edge::cli::Config& config) {
    const auto or_else = [&](const std::string& given, const char* name) {
        return given.empty() ? dir + "/" + name : given;
    };
    return {or_else(config.watch_rules, "rules"), or_else(config.watch_indicators, "indicators"),
            or_else(config.watch_allowed, "allowed"), config.watch_own_rules, dir + "/rules.cache"};
}

struct Watching::Member {
    Member(std::shared_ptr<const Rulebook> rules, const Tuning& as) : analyser(rules, as) {
        tuning = as;
    }
    Analyser analyser;
    Tuning tuning;
    std::optional<Instant> behaviour_at;
    bool has_new_lines = false;
};

Watching::Watching(Installation& installation, WatchFolders folders)
    : installation_(installation), folders_(std::move(folders)) {}

Watching::~Watching() { stop(); }

void Watching::start() {
    thread_ = std::jthread([this](const std::stop_token& token) {
        while (!token.stop_requested()) {
            if (look()) continue;
            std::unique_lock lock(guard_);
            pause_.wait_for(lock, token, look_every, [] { return false; });
        }
    });
}

void Watching::stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

void Watching::read_rules() {
    signature_ = signature_of(folders_);
    RuleContent content;
    if (folders_.own_rules)
        for (const auto& file : embedded_data())
            if (file.path.starts_with("rules/") && file.path.ends_with(".yml"))
                content.rules.push_back({std::string(file.path), std::string(file.bytes)});
    for (auto& text : read_folder(folders_.rules, true)) content.rules.push_back(std::move(text));
    content.indicators = read_folder(folders_.indicators, false);
    content.allowed = read_folder(folders_.allowed, false);
    if (!folders_.cache.empty()) {
        content.program = edge::cli::build_mark();
        if (auto packed = store::read_file(folders_.cache)) content.packed = std::move(*packed);
    }
    rules_ = std::make_shared<const Rulebook>(content);
    // Without it the next start only takes longer.
    if (!folders_.cache.empty() && !rules_->packed().empty())
        (void)store::replace_file(folders_.cache, rules_->packed(), 0600);
    members_.clear();  // each begins anew with the new rules, and the lines of the last window
    looked_back_.clear();
    report_refused();
}

void Watching::report_refused() const {
    for (const auto& refused : rules_->refused())
        std::fprintf(
            stderr, "noroshi: %s:%d: %s\n", refused.source.c_str(), refused.line,
            i18n::text(
                Language::ja,
                refused.code == "indicators" ? std::string("watch.detections.indicators_shape")
                                             : "watch.detections.refused." + refused.code,
                {{"detail", refused.detail}, {"path", refused.source}, {"error", refused.detail}})
                .c_str());
}

Result<> Watching::perform(std::function<Result<>(journal::Recorder&)> decide) {
    journal::Command command;
    command.actor = "system";
    command.decide =
        [decide = std::move(decide)](journal::Recorder& recorder) -> Result<journal::Answer> {
        TRY(decide(recorder));
        return journal::Answer{};
    };
    TRY(installation_.perform(std::move(command)));
    return {};
}

std::vector<Watching::SourceNow> Watching::sources() {
    auto& rooms = installation_.rooms();
    return installation_.journal().read([&] {
        std::vector<SourceNow> all;
        for (const auto& [id, source] : rooms.logs.view().sources()) {
            if (rooms.logs.view().agreement_of(source.member) == nullptr) continue;
            SourceNow now{id, source.member, source.kind, source.next_line, 0, {}};
            const auto& progress = rooms.detections.view().progress();
            if (const auto found = progress.find(id); found != progress.end()) {
                now.position = found->second.until_line;
                now.looked_back = found->second.looked_back;
            }
            all.push_back(std::move(now));
        }
        return all;
    });
}

bool Watching::look() {
    if (!rules_ || signature_of(folders_) != signature_) {
        // What was looked through by the old rules is put down as such, so that looking back with
        // new indicators begins where looking forward ends.
        while (!waiting_.empty()) {
            auto [source, waiting] = *waiting_.begin();
            if (waiting.until_line > waiting.from_line) (void)hand_over(source, waiting, {});
            waiting_.erase(source);
        }
        read_rules();
    }
    auto all = sources();
    std::map<OrganisationId, std::vector<SourceNow>> by_member;
    for (auto& source : all) by_member[source.member].push_back(source);
    // Who has withdrawn is forgotten here too.
    std::erase_if(members_, [&](const auto& item) { return !by_member.contains(item.first); });
    std::erase_if(waiting_, [&](const auto& item) {
        return std::ranges::find(all, item.first, &SourceNow::id) == all.end();
    });
    bool something = false;
    for (auto& [member, of_member] : by_member)
        something = look_at_member(member, of_member) || something;
    tell_spraying();
    return look_back(all) || something;
}

Watching::Member& Watching::ready(const OrganisationId& member,
                                  const std::vector<SourceNow>& sources) {
    const auto tuning = installation_.journal().read([&] {
        return watch::detections::tuning_of(installation_.rooms().detections.view(), member);
    });
    auto& held = members_[member];
    if (!held) {
        held = std::make_unique<Member>(rules_, tuning);
        warm_up(*held, sources);
    } else if (held->tuning != tuning) {
        held->tuning = tuning;
        held->analyser.retune(tuning);
    }
    return *held;
}

// What correlations and behaviour remember is made again from the lines before each place.
void Watching::warm_up(Member& member, const std::vector<SourceNow>& sources) {
    auto& archive = installation_.intake().archive();
    std::map<SourceId, std::uint64_t> at, until, whole_from;
    for (const auto& source : sources) {
        const auto waiting = waiting_.find(source.id);
        until[source.id] = waiting == waiting_.end()
                               ? source.position
                               : std::max(waiting->second.until_line, source.position);
        std::uint64_t from = until[source.id];
        if (from > 0)
            if (const auto last = archive.received_from(source.id.text, from - 1)) {
                const auto since = [&](Span back) {
                    return std::min(until[source.id],
                                    archive.first_since(source.id.text, *last - back));
                };
                // Habits are of weeks, and only learnt from; the rest is of the last day or so.
                whole_from[source.id] = since(rules_->memory());
                from = since(std::max<Span>(habits_need, rules_->memory()));
            }
        from = std::max(from, until[source.id] - std::min(until[source.id], most_lines_to_warm_up));
        at[source.id] = from;
        // Zeek says its columns once, at the head.
        if (source.kind == watch::logs::LogKind::zeek && from > 0) {
            edge::archive::Query query{{"#fields"}, {source.id.text}, {}, {}, 1};
            if (const auto found = archive.search(query); found && !found->lines.empty()) {
                const auto head = found->lines.front().number;
                for (auto line = head - std::min<std::uint64_t>(head, 8); line <= head + 1; ++line)
                    if (const auto text = archive.line(source.id.text, line); text && *text) {
                        const std::string whole = **text + "\n";
                        member.analyser.prime(
                            {source.id, source.kind, line, whole, found->lines.front().time});
                    }
            }
        }
    }
    for (;;) {
        const SourceNow* next = nullptr;
        Instant earliest{};
        for (const auto& source : sources) {
            if (at[source.id] >= until[source.id]) continue;
            const auto received = archive.received_from(source.id.text, at[source.id]);
            if (!received) {
                at[source.id] = until[source.id];
                continue;
            }
            if (next == nullptr || *received < earliest) {
                next = &source;
                earliest = *received;
            }
        }
        if (next == nullptr) break;
        auto piece = archive.read_from(next->id.text, at[next->id]);
        if (!piece || !*piece) {
            if (!piece) complain(piece.error());
            at[next->id] = until[next->id];
            continue;
        }
        auto& [first, lines, text, received] = **piece;
        std::string_view wanted = text;
        if (first >= until[next->id]) {
            at[next->id] = until[next->id];
            continue;
        }
        if (first + lines > until[next->id]) {
            std::size_t end = 0;
            for (std::uint64_t i = first; i < until[next->id]; ++i) end = text.find('\n', end) + 1;
            wanted = wanted.substr(0, end);
        }
        if (first + lines <= whole_from[next->id])
            member.analyser.learn({next->id, next->kind, first, wanted, received});
        else
            (void)member.analyser.take({next->id, next->kind, first, wanted, received});
        at[next->id] = first + lines;
    }
    (void)member.analyser.behaviour();  // the journal has these already
    (void)member.analyser.take_refusals();
}

bool Watching::look_at_member(const OrganisationId& member, std::vector<SourceNow>& sources) {
    auto& archive = installation_.intake().archive();
    bool something = false;
    std::map<SourceId, std::uint64_t> at;
    for (const auto& source : sources) {
        const auto waiting = waiting_.find(source.id);
        at[source.id] = waiting == waiting_.end() || waiting->second.from_line != source.position
                            ? source.position
                            : waiting->second.until_line;
        if (waiting != waiting_.end() && waiting->second.from_line != source.position)
            waiting_.erase(waiting);
    }
    for (;;) {
        // In the order in which they were received, whatever the source.
        const SourceNow* next = nullptr;
        Instant earliest{};
        for (const auto& source : sources) {
            if (at[source.id] >= source.next_line) continue;
            const auto received = archive.received_from(source.id.text, at[source.id]);
            if (!received || (next != nullptr && *received >= earliest)) continue;
            next = &source;
            earliest = *received;
        }
        if (next == nullptr) break;
        auto& of = ready(member, sources);
        auto piece = archive.read_from(next->id.text, at[next->id]);
        if (!piece || !*piece) {
            // A broken block is passed over, and said; its lines stay in the archive.
            if (!piece) complain(piece.error());
            at[next->id] = next->next_line;
            continue;
        }
        if ((*piece)->first_line >= next->next_line) {  // not acknowledged yet
            at[next->id] = next->next_line;
            continue;
        }
        const auto until = (*piece)->first_line + (*piece)->lines;
        something = true;
        if (!take(of, *next, std::move(**piece))) {
            members_.erase(member);  // begins anew from what the journal knows
            return false;
        }
        at[next->id] = until;
    }
    for (const auto& source : sources) {
        const auto waiting = waiting_.find(source.id);
        if (waiting != waiting_.end() && waiting->second.until_line > waiting->second.from_line &&
            installation_.clock().now() - waiting->second.since >= time_between_places &&
            !hand_over(source.id, waiting->second, {}))
            return false;
    }
    const auto found = members_.find(member);
    if (found != members_.end() && found->second->has_new_lines) tell_behaviour(*found->second);
    return something;
}

bool Watching::take(Member& member, const SourceNow& source, edge::archive::Archive::Piece piece) {
    auto seen = member.analyser.take(
        {source.id, source.kind, piece.first_line, piece.text, piece.received});
    for (const auto& [at, refusal] : member.analyser.take_refusals())
        spraying_.take(source.member, at, refusal);
    const auto now = installation_.clock().now();
    auto [found, is_new] = waiting_.try_emplace(source.id);
    auto& waiting = found->second;
    if (is_new) waiting = {source.position, source.position, 0, {}, now};
    waiting.until_line = piece.first_line + piece.lines;
    waiting.parsed += seen.parsed;
    for (const auto& [reason, count] : seen.unparsed) waiting.unparsed[reason] += count;
    member.has_new_lines = true;
    if (seen.findings.empty() && waiting.until_line - waiting.from_line < lines_between_places &&
        now - waiting.since < time_between_places && waiting.from_line > 0)
        return true;
    return hand_over(source.id, waiting, std::move(seen.findings));
}

bool Watching::hand_over(const SourceId& source, Waiting& waiting, std::vector<Finding> findings) {
    watch::detections::Examination done{
        source,           waiting.from_line, waiting.until_line, waiting.parsed,
        waiting.unparsed, rules_->digest(),  std::move(findings)};
    auto handed = perform([this, &done](journal::Recorder& recorder) {
        return installation_.rooms().detections.examine(recorder, done);
    });
    if (!handed) {
        // Not durable, or the member has just withdrawn: it is looked at again, or no more.
        if (handed.error().kind != ErrorKind::conflict) complain(handed.error());
        waiting_.erase(source);
        return false;
    }
    waiting = {done.until_line, done.until_line, 0, {}, installation_.clock().now()};
    return true;
}

void Watching::tell_behaviour(Member& member) {
    const auto now = installation_.clock().now();
    if (member.behaviour_at && now - *member.behaviour_at < behaviour_every) return;
    member.behaviour_at = now;
    member.has_new_lines = false;
    for (auto& [source, finding] : member.analyser.behaviour()) {
        watch::detections::Examination done;
        done.source = source;
        done.rules = rules_->digest();
        done.findings.push_back(std::move(finding));
        auto handed = perform([this, &done](journal::Recorder& recorder) {
            return installation_.rooms().detections.examine(recorder, done);
        });
        if (!handed && handed.error().kind != ErrorKind::conflict) complain(handed.error());
    }
}

void Watching::tell_spraying() {
    for (auto& [member, finding] : spraying_.drain()) {
        if (finding.lines.empty()) continue;
        watch::detections::Examination done;
        done.source = finding.lines.front().source;
        done.rules = rules_->digest();
        done.findings.push_back(std::move(finding));
        auto handed = perform([this, &done](journal::Recorder& recorder) {
            return installation_.rooms().detections.examine(recorder, done);
        });
        if (!handed && handed.error().kind != ErrorKind::conflict) complain(handed.error());
    }
}

// Once for every source and set of indicators, from its first archived line; in slices, so that what
// arrives does not wait.
bool Watching::look_back(const std::vector<SourceNow>& sources) {
    const auto& digest = rules_->indicators_digest();
    if (digest.empty()) return false;
    auto& archive = installation_.intake().archive();
    for (const auto& source : sources) {
        if (source.looked_back == digest || source.position == 0) continue;
        Analyser analyser(rules_, {}, Analyser::Look::indicators_only);
        auto& at = looked_back_[source.id];
        std::vector<Finding> findings;
        bool ended = false;
        for (int i = 0; i < look_back_pieces && !ended; ++i) {
            auto piece = archive.read_from(source.id.text, at);
            if (!piece) complain(piece.error());
            if (!piece || !*piece || (*piece)->first_line >= source.position) {
                ended = true;
                break;
            }
            auto seen = analyser.take(
                {source.id, source.kind, (*piece)->first_line, (*piece)->text, (*piece)->received});
            std::ranges::move(seen.findings, std::back_inserter(findings));
            at = (*piece)->first_line + (*piece)->lines;
        }
        // The place is kept only at the end; what was found before is known by then.
        watch::detections::LookBack done{source.id, ended ? digest : source.looked_back, at,
                                         std::move(findings)};
        if (ended || !done.findings.empty()) {
            auto handed = perform([this, &done](journal::Recorder& recorder) {
                return installation_.rooms().detections.look_back(recorder, done);
            });
            if (!handed) {
                if (handed.error().kind != ErrorKind::conflict) complain(handed.error());
                return false;
            }
        }
        if (ended) looked_back_.erase(source.id);
        return true;
    }
    return false;
}

}  // namespace noroshi::app
