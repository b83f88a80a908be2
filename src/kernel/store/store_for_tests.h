#pragma once
// For tests only: facts to store, and a folder that goes away.

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include "kernel/crypto/hash.h"
#include "kernel/store/store.h"

namespace noroshi::store {

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = std::filesystem::temp_directory_path() / "noroshi-test-XXXXXX";
        ASSERT(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// Facts that follow `head`. The store does not compute hashes, so any hash that differs will do.
inline std::vector<journal::Fact> facts_after(
    const Head& head, std::size_t count, std::string_view body = "{\"content\":\"通報 髙𠮷\"}") {
    std::vector<journal::Fact> facts;
    Head last = head;
    for (std::size_t i = 0; i < count; ++i) {
        journal::Fact fact;
        fact.sequence = last.sequence + 1;
        fact.stream = "respond/incident/" + std::to_string(fact.sequence % 7);
        fact.stream_version = 1 + fact.sequence / 7;
        fact.kind = "respond.incident.entry_added";
        fact.schema = 3;
        fact.body = body;
        fact.actor = fact.sequence % 5 == 0 ? "system" : "0h3k5m7p9r1t3v5x7z9b1d3f5h";
        fact.event_time = Instant{Span{1'783'000'000'000'000 + std::int64_t(fact.sequence)}};
        fact.entry_time = Instant{Span{-1'000'000'000'001 - std::int64_t(fact.sequence)}};
        fact.exercise = fact.sequence % 3 == 0 ? "exercise-1" : "";
        fact.visibility = "{\"tlp\":\"TLP:AMBER\",\"organisations\":[\"港運\"],\"people\":[]}";
        fact.previous = last.hash;
        fact.hash = sha256(fact.body + std::to_string(fact.sequence) + to_hex(fact.previous));
        last = {fact.sequence, fact.hash};
        facts.push_back(std::move(fact));
    }
    return facts;
}

inline bool same(const journal::Fact& a, const journal::Fact& b) {
    const auto fields = [](const journal::Fact& f) {
        return std::tie(f.sequence, f.stream, f.stream_version, f.kind, f.schema, f.body, f.actor,
                        f.event_time, f.entry_time, f.exercise, f.visibility, f.previous, f.hash);
    };
    return fields(a) == fields(b);
}

inline Result<std::vector<journal::Fact>> all_facts(Reader& reader, std::uint64_t from = 1) {
    std::vector<journal::Fact> facts;
    TRY(reader.facts(from, [&](const journal::Fact& fact) {
        facts.push_back(fact);
        return true;
    }));
    return facts;
}

}  // namespace noroshi::store
