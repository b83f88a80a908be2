#pragma once
// noroshi-agent: reads a member's logs where they lie, replaces what is the member's own
// (pseudonym.h), keeps them on disk (spool.h) and sends them to the centre. Lines are numbered per
// source; the centre answers which number it expects next, so nothing is lost or doubled whatever
// is killed, cut or full in between. When the disk limit is reached files and TCP connections
// wait; datagrams are dropped and counted, and the count is sent as a line of its own.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge/agent/pseudonym.h"
#include "edge/agent/spool.h"
#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::agent {

struct SourceConfig {
    std::string id;                  // as the centre registered it
    std::vector<std::string> files;  // patterns to follow
    std::string syslog_udp;          // "127.0.0.1:5514"; RFC 5424 and RFC 3164, one line each
    std::string syslog_tcp;          // octet counting or one line each (RFC 6587)
    std::string netflow_udp;         // NetFlow v5, v9, IPFIX: a datagram becomes a line of JSON
    bool journald = false;           // journalctl --follow --output=json
};

struct AgentConfig {
    std::string server;  // "https://noroshi.example:8443"
    std::string token;
    std::string ca_file;  // empty: the system's
    std::string spool;    // folder
    std::uint64_t spool_bytes = std::uint64_t{1} << 30;
    std::optional<PseudonymKey> key;  // none: nothing is replaced
    PseudonymRules rules;
    std::string journal_command = "journalctl";
    std::vector<SourceConfig> sources;
};

// Errors: invalid edge.agent.config {file, line, name, reason}.
Result<AgentConfig> read_config(const std::string& path);

// The way to the centre.
class Centre {
public:
    virtual ~Centre() = default;
    // The number of the line that it expects next.
    virtual Result<std::uint64_t> next_line(const std::string& source) = 0;
    virtual Result<std::uint64_t> deliver(const std::string& source, std::uint64_t first_line,
                                          std::string_view lines) = 0;
};
std::unique_ptr<Centre> http_centre(const AgentConfig& config);

struct SourceCounts {
    std::uint64_t read = 0;       // lines taken in
    std::uint64_t confirmed = 0;  // lines before this number are at the centre
    std::uint64_t dropped = 0;    // datagrams refused because the spool was full
    std::uint64_t waiting_bytes = 0;
};

class Agent {
public:
    static Result<std::unique_ptr<Agent>> open(AgentConfig config);
    ~Agent();

    // One turn of reading: waits at most `patience` for something to come, then puts what came into
    // the spool. False: the spool is full or could not be written; nothing was lost of what waits.
    bool take(std::chrono::milliseconds patience);
    // One turn of sending: true if a chunk was confirmed, so there may be more.
    Result<bool> send(Centre& centre);
    // Both, in two threads, until stop is true.
    void run(Centre& centre, const std::atomic<bool>& stop,
             const std::function<void(const Error&)>& complain);

    SourceCounts counts(const std::string& source) const;
    SourceCounts counts_of_all() const;  // summed; `confirmed` too
    // Where a listener ended up, for port 0 (tests): "127.0.0.1:41234".
    std::string address_of(const std::string& source, std::string_view input) const;

private:
    struct Impl;
    explicit Agent(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// "x-…" → the name, an address → the address behind it. Errors: not_found edge.agent.unknown_token.
Result<std::string> reveal(const AgentConfig& config, std::string_view text);

}  // namespace noroshi::edge::agent
