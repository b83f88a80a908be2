#pragma once
// Agreements, sources and found lines as they are answered, and what a search asks for.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/i18n/i18n.h"
#include "watch/logs/logs.h"

namespace noroshi::watch::logs {

struct AgreementItem {
    OrganisationId member;
    std::string name;
    std::vector<LogKind> kinds;
    std::uint32_t retention_days = 0;
    std::vector<OrganisationId> may_look;
    std::string reference;
    Instant since;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(AgreementItem, (),
                      (member, name, kinds, retention_days, may_look, reference, since, version))
struct AgreementList {
    std::vector<AgreementItem> items;
};
BOOST_DESCRIBE_STRUCT(AgreementList, (), (items))

struct SourceItem {
    SourceId id;
    OrganisationId member;
    std::string member_name;
    std::string name;
    LogKind log_kind = LogKind::other;
    std::uint32_t silence_minutes = 0;
    bool retired = false;
    std::uint64_t next_line = 0;
    std::uint64_t lines = 0;
    std::uint64_t bytes = 0;
    std::uint64_t missing = 0;
    std::optional<Instant> heard_at;
    std::optional<Instant> silent_since;
    bool is_received_here = false;  // without an agent
    std::vector<SenderNamed> senders;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(SourceItem, (),
                      (id, member, member_name, name, log_kind, silence_minutes, retired, next_line,
                       lines, bytes, missing, heard_at, silent_since, is_received_here, senders,
                       version))
struct SourceList {
    std::vector<SourceItem> items;  // silent ones first, then by member and name
};
BOOST_DESCRIBE_STRUCT(SourceList, (), (items))

struct FoundLine {
    SourceId source;
    std::string source_name;
    std::string member_name;
    std::uint64_t number = 0;
    Instant time;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(FoundLine, (), (source, source_name, member_name, number, time, text))
struct FoundLines {
    std::vector<FoundLine> items;  // the latest first
    bool more = false;
    std::uint64_t blocks_read = 0;
    std::uint64_t blocks_passed_over = 0;
    std::uint64_t lines_read = 0;
};
BOOST_DESCRIBE_STRUCT(FoundLines, (), (items, more, blocks_read, blocks_passed_over, lines_read))

AgreementList list_agreements(const State& state, const council::State& council,
                              const Principal& reader, Language language);
SourceList list_sources(const State& state, const council::State& council, const Principal& reader,
                        Language language);
// Errors: not_found watch.logs.unknown_source, also if it may not be seen.
Result<SourceItem> one_source(const State& state, const council::State& council,
                              const Principal& reader, Language language, const SourceId& id);

// What a search asks for: words and "quoted phrases", and member: source: kind: from: to:.
struct Search {
    std::vector<std::string> terms;
    std::string member;  // id, or part of the name
    std::string source;
    std::string kind;
    std::optional<Instant> from;
    std::optional<Instant> to;
};
// Errors: invalid watch.logs.search {text}, kernel.time.malformed.
Result<Search> parse_search(std::string_view text);

struct SourceName {
    std::string source;
    std::string member;
};
// The sources that the reader may look into and the search names. No reader: whoever holds the data
// directory itself.
std::map<std::string, SourceName> searchable(const State& state, const council::State& council,
                                             const Principal* reader, Language language,
                                             const Search& search);

// A line may hold any bytes; JSON only UTF-8. What is not becomes U+FFFD.
std::string printable(std::string_view text);

}  // namespace noroshi::watch::logs
