#pragma once
// Open boards. An event is turned into bytes once and shared by every stream that may see it. The
// io thread that owns a stream writes them straight to its socket; no coroutine is woken and no
// buffer is copied unless the socket is full.
//
// A stream is either live or catching up. Catching up reads the journal's ring from a position in
// pieces, as fast as the reader takes them; a live stream whose reader is slow keeps at most
// `most_waiting` bytes and then catches up again. So a stalled reader costs a bounded amount and
// loses nothing until the ring has moved on; then it is told `event: reset` and reads again.
//
// Nothing is lost or doubled between replay and live: a stream is entered in the list before it
// reads the ring, on the thread that also hands on live events, and everything at or below its
// position is skipped.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge/http/net.h"
#include "kernel/identity/visibility.h"
#include "kernel/journal/journal.h"

namespace noroshi::edge::http {

// An event as bytes of a text/event-stream, with the frame of a chunk (RFC 9112 §7.1) around it.
struct Wire {
    std::uint64_t sequence = 0;
    std::string topic;
    std::shared_ptr<const Visibility> visibility;
    std::shared_ptr<const std::string> chunk;
};
using Wires = std::shared_ptr<const std::vector<Wire>>;

Wire wire_of(const journal::Event& event);
// One chunk around the bytes.
std::string chunk_of(std::string_view bytes);
// {"sequence":7,"type":…,"topic":…,"exercise":null,"data":…}; without type in the stream form.
enum class Form { streamed, polled };
std::string json_of(const journal::Event& event, Form form);

// Topics asked for; none: all. "respond/incident" covers "respond/incident/<id>".
class Topics {
public:
    Topics() = default;
    explicit Topics(std::vector<std::string> topics) : topics_(std::move(topics)) {}
    bool cover(std::string_view topic) const;

private:
    std::vector<std::string> topics_;
};

// Hands events from the journal's thread to the io threads. Thread-safe.
class EventHub {
public:
    explicit EventHub(journal::Journal* journal);  // null: there is nothing to hand on
    // One outlet per io thread: called on the journal's thread, must hand on to its own.
    void add_outlet(std::function<void(Wires)> outlet);
    void close();  // no outlet is called afterwards

    // A stream opens (before it reads the ring) or is gone.
    void entered() { ++*streams_; }
    void left() { --*streams_; }

private:
    struct Outlets {
        std::mutex guard;
        std::vector<std::function<void(Wires)>> all;
    };
    // Shared with the journal's sink, which may outlive the hub.
    std::shared_ptr<Outlets> outlets_ = std::make_shared<Outlets>();
    std::shared_ptr<std::atomic<std::int64_t>> streams_ =
        std::make_shared<std::atomic<std::int64_t>>(0);
};

// One open stream. Used on the thread of its Stream only.
class EventStream : public std::enable_shared_from_this<EventStream> {
public:
    static constexpr std::size_t most_waiting = 256 * 1024;

    struct Told {  // counted by the owner
        std::function<void(std::size_t events)> wrote = [](std::size_t) {};
        std::function<void()> fell_behind = [] {};
    };

    // `stream` must live until close().
    EventStream(Stream& stream, const journal::Journal& journal, Topics topics, Viewer viewer,
                bool chunked, Told told);

    // Sends what is already formatted (the answer's head), then everything after `position`.
    void open(std::string head, std::uint64_t position);
    void deliver(std::span<const Wire> wires);
    void heartbeat();
    void see_as(Viewer viewer);
    // Ends the stream in an orderly way (last chunk) if nothing is waiting.
    void finish();
    void close();

    // The socket is gone, or has taken nothing since `since`: the owner gives the stream up.
    bool broken() const { return broken_; }
    bool stalled(std::chrono::steady_clock::time_point since) const {
        return !waiting_.empty() && progress_ < since;
    }

private:
    struct Piece {
        std::shared_ptr<const std::string> bytes;
        std::size_t done = 0;
    };
    bool may_see(const std::shared_ptr<const Visibility>& visibility);
    void add(std::shared_ptr<const std::string> chunk);
    void catch_up();
    void flush();
    void when_writable();

    Stream* stream_;
    const journal::Journal& journal_;
    Topics topics_;
    Viewer viewer_;
    bool chunked_;
    Told told_;
    std::deque<Piece> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool waiting_for_socket_ = false;
    bool live_ = false;
    bool broken_ = false;
    std::uint64_t position_ = 0;          // everything up to here was handed on or skipped
    std::vector<journal::Event> replay_;  // while catching up
    std::size_t replayed_ = 0;
    std::chrono::steady_clock::time_point progress_{};
    // The last visibility asked about: most events of an incident share one.
    std::shared_ptr<const Visibility> asked_;
    bool allowed_ = false;
};

}  // namespace noroshi::edge::http
