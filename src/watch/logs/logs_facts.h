#pragma once
// What the logs room writes. Lines themselves are not journalled (edge/archive): the journal holds that
// a batch of so many lines with this digest was received, from which what is archived can be checked.
//
// Streams: watch/logs/agreements/<organisation>, watch/logs/sources/<source>.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/identity/id.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

namespace noroshi::watch::logs {

using SourceId = Id<struct SourceTag>;

enum class LogKind {
    zeek,
    eve,
    windows,
    fortigate,
    paloalto,
    asa,
    juniper,
    yamaha_rtx,
    vpn,
    sshd,
    auditd,
    cef,
    leef,
    proxy,
    dns,
    netflow,
    syslog,
    json,
    other
};
BOOST_DESCRIBE_ENUM(LogKind, zeek, eve, windows, fortigate, paloalto, asa, juniper, yamaha_rtx, vpn,
                    sshd, auditd, cef, leef, proxy, dns, netflow, syslog, json, other)

// 覚書: which kinds a member shares, how long they are kept, and who besides the member may look.
// A later one replaces the earlier.
struct AgreementMade {
    static constexpr std::string_view kind = "watch.logs.agreement_made";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    OrganisationId member;
    std::vector<LogKind> kinds;
    std::uint32_t retention_days = 0;
    std::vector<OrganisationId> may_look;
    std::string reference;  // number or title of the signed paper
};
BOOST_DESCRIBE_STRUCT(AgreementMade, (), (member, kinds, retention_days, may_look, reference))

// From here on nothing more is taken, and every line of these sources is deleted.
struct AgreementWithdrawn {
    static constexpr std::string_view kind = "watch.logs.agreement_withdrawn";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    OrganisationId member;
    std::vector<SourceId> sources;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(AgreementWithdrawn, (), (member, sources, reason))

struct SourceRegistered {
    static constexpr std::string_view kind = "watch.logs.source_registered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    SourceId source;
    OrganisationId member;
    std::string name;
    LogKind log_kind = LogKind::other;
    std::uint32_t silence_minutes = 0;  // silent for longer is a sign; 0: never
};
BOOST_DESCRIBE_STRUCT(SourceRegistered, (), (source, member, name, log_kind, silence_minutes))

// Who sends the lines of a source to the centre itself, without an agent. At least one of network and
// certificate is given, or only `files`: a folder of their own.
struct SenderNamed {
    static constexpr std::array<std::string_view, 4> defaulted{"listener", "network",
                                                               "certificate_sha256", "files"};
    std::string listener;            // by its name in the configuration; empty: any
    std::string network;             // "192.0.2.1" or "192.0.2.0/24"; empty: any address
    std::string certificate_sha256;  // of the sender's TLS certificate, hex; empty: none needed
    bool files = false;
    friend bool operator==(const SenderNamed&, const SenderNamed&) = default;
};
BOOST_DESCRIBE_STRUCT(SenderNamed, (), (listener, network, certificate_sha256, files))

// From the first of these on the lines of a source are numbered where they are received; nobody else
// may number them. A later one replaces the earlier.
struct SendersSet {
    static constexpr std::string_view kind = "watch.logs.senders_set";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    SourceId source;
    std::vector<SenderNamed> senders;
};
BOOST_DESCRIBE_STRUCT(SendersSet, (), (source, senders))

struct SourceRetired {
    static constexpr std::string_view kind = "watch.logs.source_retired";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    SourceId source;
};
BOOST_DESCRIBE_STRUCT(SourceRetired, (), (source))

struct BatchReceived {
    static constexpr std::string_view kind = "watch.logs.batch_received";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    SourceId source;
    std::uint64_t first_line = 0;
    std::uint64_t lines = 0;
    std::uint64_t bytes = 0;
    std::uint64_t missing = 0;  // lines before these that the member no longer has
    std::string sha256;         // of the lines, hex
    Instant earliest;
    Instant latest;
};
BOOST_DESCRIBE_STRUCT(BatchReceived, (),
                      (source, first_line, lines, bytes, missing, sha256, earliest, latest))

struct SourceFellSilent {
    static constexpr std::string_view kind = "watch.logs.source_fell_silent";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    SourceId source;
    Instant heard_at;
};
BOOST_DESCRIBE_STRUCT(SourceFellSilent, (), (source, heard_at))

// Lines received before this are deleted, by the agreement's period.
struct LinesExpired {
    static constexpr std::string_view kind = "watch.logs.lines_expired";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    SourceId source;
    Instant before;
};
BOOST_DESCRIBE_STRUCT(LinesExpired, (), (source, before))

}  // namespace noroshi::watch::logs
