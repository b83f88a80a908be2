#pragma once
// The centre's own way in, for members without an agent: syslog over UDP, TCP and TLS, NetFlow over UDP,
// and folders of files. Whose a line is says the table of senders (senders.h); what belongs to nobody
// is counted and shown, not kept. A line is counted as accepted when it is durable in the archive and
// the journal knows of it.
//
// Memory is bounded: when a source has too much waiting (a slow or full disk), or all together have,
// connections and files wait, and datagrams are dropped and counted, as are those that the kernel
// dropped before us. What was dropped appears in the source as missing lines. Lines still waiting
// when the process is killed were never accepted; a stop in order hands them over first.
//
// All sockets and files are served by one thread; counts() may be called from any.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge/archive/intake.h"
#include "edge/reception/senders.h"
#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::reception {

enum class Way { syslog_udp, syslog_tcp, syslog_tls, netflow_udp };
std::optional<Way> way_named(std::string_view name);
std::string_view name_of(Way way);

struct ListenerSettings {
    std::string name;
    Way way = Way::syslog_udp;
    std::string address;  // "0.0.0.0:514"
    std::string tls_certificate;
    std::string tls_key;
};

struct ReceptionOptions {
    std::vector<ListenerSettings> listeners;
    std::string files;  // folder, one folder per source below it; empty: none
    std::chrono::seconds files_quiet{10};
    std::uint64_t memory_bytes = 64U << 20;  // all that waits
    std::uint64_t source_bytes = 16U << 20;  // what waits of one source
    std::size_t batch_bytes = 4U << 20;      // handed over at once
    std::size_t batch_soon_bytes = 256U << 10;
    std::chrono::milliseconds linger{2000};  // how long a smaller batch waits for more
    std::size_t connections = 256;
    std::size_t connections_per_address = 64;
    std::chrono::seconds handshake{10};
};

struct ListenerCounts {
    std::string name;
    Way way = Way::syslog_udp;
    std::string address;                // where it ended up, for port 0
    std::uint64_t received = 0;         // messages that belong to somebody
    std::uint64_t nobodys = 0;          // datagrams; connections
    std::uint64_t dropped = 0;          // datagrams of somebody, for want of room
    std::uint64_t dropped_earlier = 0;  // by the kernel, of whomever
    std::uint64_t turned_away = 0;      // connections: too many, or no handshake
    std::uint64_t connections = 0;      // now
};
struct SourceCounts {
    std::string source;
    std::uint64_t received = 0;  // = accepted + refused + waiting
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;  // the agreement or the source ended meanwhile
    std::uint64_t dropped = 0;  // datagrams, not among the received
    std::uint64_t waiting = 0;
    std::uint64_t files = 0;
    std::uint64_t files_refused = 0;
};
// Of whom nothing is kept. The most frequent ones, so many and no more.
struct Stranger {
    std::string listener;  // "files": a folder
    std::string address;
    std::string certificate;
    std::uint64_t count = 0;
    Instant last_at;
};
struct Counts {
    Instant since;
    std::vector<ListenerCounts> listeners;
    std::vector<SourceCounts> sources;
    std::vector<Stranger> strangers;
    std::uint64_t waiting_bytes = 0;
    std::optional<Error> trouble;  // why the last batch could not be handed over, while so
};

class Reception {
public:
    // How a batch is told to the journal, on its thread.
    using Record =
        std::function<Result<>(journal::Recorder&, const archive::BlockHead&, bool after_a_gap)>;

    // Binds. Errors: invalid edge.reception.{listen, certificate}.
    static Result<std::unique_ptr<Reception>> open(ReceptionOptions options,
                                                   archive::Intake& intake, const Clock& clock,
                                                   Record record);
    ~Reception();

    // Any thread, at any time.
    void set_senders(Senders senders);
    Counts counts() const;

    // One turn: waits at most `patience` for something to come in.
    void turn(std::chrono::milliseconds patience);
    // Until `stop`; then everything that waits is handed over, for a few seconds at most.
    void run(const std::atomic<bool>& stop);
    // Wakes a turn that waits.
    void wake();

private:
    struct Impl;
    explicit Reception(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace noroshi::edge::reception
