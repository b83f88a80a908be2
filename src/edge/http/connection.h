#pragma once
// One connection, from its first byte to its last, as one coroutine: read a head, ask Handling,
// read the body, answer, again. Lives on its io thread; everything slow is done elsewhere and comes
// back through the thread's mailbox. Deadlines are a time stamp each, looked at by the thread's
// sweep, so that setting one costs a store and no timer.

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "edge/http/access_log.h"
#include "edge/http/events.h"
#include "edge/http/handling.h"
#include "edge/http/net.h"
#include "edge/http/reader.h"
#include "edge/http/response.h"

namespace noroshi::edge::http {

// How other threads reach an io thread. Many letters put at once cost one wake-up, which matters
// when a group commit answers hundreds of commands. Thread-safe; letters put after close() are lost.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
public:
    explicit Mailbox(asio::io_context& context) : context_(&context) {}
    void put(std::function<void()> letter);
    void close();

private:
    void deliver();
    std::mutex guard_;
    asio::io_context* context_;
    std::vector<std::function<void()>> letters_;
};

class Connection;

// What the connections of one io thread share.
struct Bench {
    Bench(const ServerOptions& server_options, Handling& request_handling, EventHub& event_hub,
          AccessLog& access_log, unsigned thread_index, std::string request_id_prefix)
        : options(server_options), handling(request_handling), hub(event_hub), log(access_log),
          thread(thread_index), id_prefix(std::move(request_id_prefix)) {}

    const ServerOptions& options;
    Handling& handling;
    EventHub& hub;
    AccessLog& log;
    unsigned thread;
    std::string id_prefix;  // of request ids
    std::shared_ptr<Mailbox> mailbox;
    std::vector<char> scratch = std::vector<char>(64 * 1024);
    DateField date;
    std::list<Connection*> connections;
    std::uint64_t requests = 0;
    std::string log_lines;  // collected for AccessLog
    void write_log_lines();
    bool stopping = false;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    using Clock = std::chrono::steady_clock;

    Connection(Bench& bench, std::unique_ptr<Stream> stream, Peer peer, std::function<void()> gone);
    ~Connection();

    asio::awaitable<void> run();
    // Called by the sweep.
    void look_at_the_clock(Clock::time_point now);
    // The server stops: an idle connection ends now, a busy one after its answer.
    void wind_down();
    // Ends at once, whatever it is doing.
    void cut();

private:
    using Reading = RequestReader::State;
    enum class Await { nothing, request, head, body, sending, answer, event_stream, goodbye };

    asio::awaitable<bool> shake_hands();
    void begin_request();
    void take_head();
    void admit();
    bool answer_now();
    asio::awaitable<bool> serve_slowly();  // false: the connection is over
    bool finish_request();

    Stream::Then read_now();          // into unread_
    asio::awaitable<bool> receive();  // more into unread_, or false
    void feed_reader();
    asio::awaitable<bool> read_body(std::uint64_t limit);
    asio::awaitable<Reply> wait_for_answer();
    void give_up_waiting(const Refusal& refusal);
    void write_answer();  // reply_, or the file
    bool send_now();
    asio::awaitable<bool> send();  // outgoing_
    asio::awaitable<void> stream_events();
    asio::awaitable<void> say_goodbye();  // lets the peer read what was sent last

    Manner manner();
    void account(int status);
    void until(Await what, Clock::duration from_now);

    Bench& bench_;
    std::unique_ptr<Stream> stream_;
    Peer peer_;
    Peer forwarded_;  // the peer as a proxy named it
    bool through_proxy_ = false;
    std::function<void()> gone_;
    std::list<Connection*>::iterator place_;

    RequestReader reader_;
    Exchange exchange_;   // the request being served
    bool known_ = false;  // exchange_ is about something
    std::optional<Reply> reply_;
    bool written_ = false;  // outgoing_ holds the answer
    int status_ = 0;
    std::size_t used_ = 0;  // of unread_, by the reader
    std::string unread_;    // received, not yet used by the reader
    Outgoing outgoing_;
    std::size_t sent_ = 0;      // of outgoing_
    std::size_t received_ = 0;  // of this request
    std::string request_id_;
    Clock::time_point began_{};
    bool keep_alive_ = true;
    bool input_broken_ = false;  // what follows cannot be read as requests

    Await awaiting_ = Await::nothing;
    Clock::time_point deadline_ = Clock::time_point::max();
    bool expired_ = false;
    bool cut_ = false;

    std::size_t body_held_ = 0;  // counted in Metrics::body_bytes

    // While waiting_for_answer.
    struct Pending {
        // Emplaced: assigning one recurses without end in Boost 1.81.
        std::optional<asio::any_completion_handler<void()>> resume;
        Reply arrived;  // set once, by the thread that answers
        std::optional<Reply> reply;
    };
    std::shared_ptr<Pending> pending_;

    // While stream_events.
    std::shared_ptr<EventStream> events_;
    std::string authorization_;
    std::string session_cookie_;
    Clock::time_point next_heartbeat_{};
    Clock::time_point next_check_{};

    friend class Worker;
};

}  // namespace noroshi::edge::http
