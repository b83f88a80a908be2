#include "edge/http/connection.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace noroshi::edge::http {

namespace {

constexpr auto health_patience = std::chrono::seconds(5);
constexpr auto goodbye_patience = std::chrono::seconds(2);
constexpr std::size_t goodbye_bytes = 1024 * 1024;  // read and thrown away at most
constexpr std::size_t kept_bytes = 4 * 1024;        // by a connection that waits
constexpr std::size_t log_bytes = 32 * 1024;        // collected before they are handed on
constexpr std::size_t small_body = 64 * 1024;       // always has room

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
    return number;
}

// What a proxy that we know says about the other end: the last address is the one it saw itself,
// those before it are hearsay.
Peer peer_named_by_proxy(const Peer& proxy, const Request& request) {
    Peer peer = proxy;
    peer.loopback = false;
    auto addresses = request.header("x-forwarded-for").value_or("");
    if (const auto comma = addresses.rfind(','); comma != std::string_view::npos)
        addresses.remove_prefix(comma + 1);
    while (addresses.starts_with(' ')) addresses.remove_prefix(1);
    if (!addresses.empty()) peer.address = addresses;
    peer.secure = proxy.secure || request.header("x-forwarded-proto") == "https";
    return peer;
}

}  // namespace

// ---- mailbox -------------------------------------------------------------------------------

void Mailbox::put(std::function<void()> letter) {
    std::lock_guard lock(guard_);
    if (context_ == nullptr) return;
    letters_.push_back(std::move(letter));
    if (letters_.size() == 1)
        asio::post(*context_, [self = shared_from_this()] { self->deliver(); });
}

void Mailbox::deliver() {
    std::vector<std::function<void()>> letters;
    {
        std::lock_guard lock(guard_);
        letters.swap(letters_);
    }
    for (const auto& letter : letters) letter();
}

void Mailbox::close() {
    std::lock_guard lock(guard_);
    context_ = nullptr;
    letters_.clear();
}

void Bench::write_log_lines() {
    log.write(log_lines);
    log_lines.clear();
}

// ---- connection ----------------------------------------------------------------------------

Connection::Connection(Bench& bench, std::unique_ptr<Stream> stream, Peer peer,
                       std::function<void()> gone)
    : bench_(bench), stream_(std::move(stream)), peer_(std::move(peer)), gone_(std::move(gone)) {
    place_ = bench_.connections.insert(bench_.connections.end(), this);
    through_proxy_ = std::ranges::count(bench_.options.proxies, peer_.address) > 0;
}

Connection::~Connection() {
    bench_.connections.erase(place_);
    bench_.handling.metrics().body_bytes -= static_cast<std::int64_t>(body_held_);
    gone_();
}

void Connection::until(Await what, Clock::duration from_now) {
    awaiting_ = what;
    deadline_ =
        from_now == Clock::duration::max() ? Clock::time_point::max() : Clock::now() + from_now;
}

void Connection::look_at_the_clock(Clock::time_point now) {
    if (events_) {
        if (events_->broken() || events_->stalled(now - bench_.options.write_timeout)) return cut();
        if (now >= next_heartbeat_) {
            next_heartbeat_ = now + bench_.options.heartbeat;
            events_->heartbeat();
        }
        if (now >= next_check_) {
            next_check_ = now + bench_.options.reauthenticate;
            auto watcher = bench_.handling.authenticate_watcher(authorization_, session_cookie_);
            if (watcher.refused) return cut();
            events_->see_as(watcher.principal->viewer);
        }
        return;
    }
    if (now < deadline_) return;
    deadline_ = Clock::time_point::max();
    ++bench_.handling.metrics().timed_out;
    // Only the answer about the journal's health has a deadline.
    if (pending_)
        return give_up_waiting(
            refusal(503, "edge.http.not_committing", {}, {{"Retry-After", "1"}}));
    expired_ = true;
    boost::system::error_code ignored;
    stream_->socket().cancel(ignored);
}

void Connection::wind_down() {
    keep_alive_ = false;
    if (events_) {
        events_->finish();
        return cut();
    }
    if (awaiting_ == Await::request) cut();
}

void Connection::cut() {
    cut_ = true;
    const auto self = shared_from_this();  // the coroutine may end while it is resumed below
    if (pending_) give_up_waiting(refusal(503, "edge.http.stopping", {}, {{"Retry-After", "1"}}));
    boost::system::error_code ignored;
    stream_->socket().cancel(ignored);
}

void Connection::give_up_waiting(const Refusal& refused) {
    const auto pending = pending_;
    if (pending->reply) return;
    pending->reply = bench_.handling.refuse(refused, reader_.request().get(), request_id_);
    std::move (*pending->resume)();
}

// Most requests arrive in one piece, are answered at once, and their answer fits the socket: those
// are served here, without a coroutine of their own. The others go on in serve_slowly().
asio::awaitable<void> Connection::run() {
    const auto self = shared_from_this();
    bool open = co_await shake_hands();
    while (open) {
        begin_request();
        while (reader_.state() == Reading::head) {
            if (!stream_->holds_bytes()) co_await stream_->readable();
            if (cut_ || expired_) break;
            const auto then = read_now();
            if (then == Stream::Then::ended) break;
            if (then == Stream::Then::writable) co_await stream_->writable();
            take_head();
        }
        if (reader_.state() == Reading::head && !(expired_ && reader_.begun())) break;
        admit();
        open = answer_now() ? finish_request() : co_await serve_slowly();
    }
    boost::system::error_code ignored;
    stream_->socket().close(ignored);
}

asio::awaitable<bool> Connection::shake_hands() {
    until(Await::head, bench_.options.header_timeout);
    for (;;) {
        const auto moved = stream_->handshake();
        if (moved.then == Stream::Then::again) co_return true;
        if (moved.then == Stream::Then::ended || cut_ || expired_) co_return false;
        if (moved.then == Stream::Then::readable)
            co_await stream_->readable();
        else
            co_await stream_->writable();
        if (cut_ || expired_) co_return false;
    }
}

Stream::Then Connection::read_now() {
    const auto moved = stream_->read(bench_.scratch);
    if (moved.then == Stream::Then::again) {
        received_ += moved.bytes;
        unread_.append(bench_.scratch.data(), moved.bytes);
    }
    return moved.then;
}

// Waits until there is something more to read. False: the connection is over, or its time is.
asio::awaitable<bool> Connection::receive() {
    for (;;) {
        if (cut_ || expired_) co_return false;
        if (!stream_->holds_bytes()) {
            co_await stream_->readable();
            if (cut_ || expired_) co_return false;
        }
        const auto before = unread_.size();
        const auto then = read_now();
        if (then == Stream::Then::ended) co_return false;
        if (then == Stream::Then::writable) co_await stream_->writable();
        if (unread_.size() > before) co_return true;
    }
}

// Gives the reader what is unread; what it does not use stays.
void Connection::feed_reader() {
    used_ += reader_.put(std::string_view(unread_).substr(used_));
    if (used_ == unread_.size()) {
        if (unread_.capacity() > kept_bytes) unread_ = {};
        unread_.clear();
        used_ = 0;
    } else if (used_ > bench_.scratch.size()) {
        unread_.erase(0, used_);
        used_ = 0;
    }
}

void Connection::begin_request() {
    reader_.next();
    until(Await::request, bench_.options.idle_timeout);
    if (!unread_.empty()) take_head();
}

void Connection::take_head() {
    feed_reader();
    if (awaiting_ == Await::request && reader_.begun()) {
        began_ = Clock::now();
        awaiting_ = Await::head;
        deadline_ = began_ + bench_.options.header_timeout;
    }
}

asio::awaitable<bool> Connection::read_body(std::uint64_t limit) {
    const auto& options = bench_.options;
    const auto& head = reader_.head();
    auto& held = bench_.handling.metrics().body_bytes;
    reader_.accept_body(limit);
    if (reader_.state() == Reading::refused) co_return true;
    if (head.expects_continue && unread_.empty()) {
        outgoing_.clear();
        outgoing_.head = "HTTP/1.1 100 Continue\r\n\r\n";
        sent_ = 0;
        if (!co_await send()) co_return false;
    }
    const auto start = Clock::now();
    std::size_t arrived = 0;
    for (;;) {
        if (!unread_.empty()) {
            arrived += unread_.size() - used_;
            feed_reader();
            arrived -= unread_.size() - used_;
            const auto size = reader_.request()->body.size();
            held += static_cast<std::int64_t>(size) - static_cast<std::int64_t>(body_held_);
            body_held_ = size;
            if (reader_.state() != Reading::body) co_return true;
            if (size > small_body && held > static_cast<std::int64_t>(options.body_memory))
                co_return true;  // still Reading::body: the caller refuses it
        }
        // Thirty seconds for the next bytes, and a least rate over all: whoever sends one byte each
        // twenty-nine seconds is not a slow phone.
        const auto earned = std::chrono::milliseconds(static_cast<std::int64_t>(
            arrived * 1000 / std::max<std::size_t>(options.minimum_rate, 1)));
        awaiting_ = Await::body;
        deadline_ =
            std::min(Clock::now() + options.body_timeout, start + options.body_timeout + earned);
        if (!co_await receive()) co_return false;
    }
}

// Gives the socket what it takes now. True: all of it, or the connection is broken (cut_).
bool Connection::send_now() {
    while (sent_ < outgoing_.size()) {
        std::array<iovec, 2> pieces;
        std::size_t count = 0;
        if (sent_ < outgoing_.head.size())
            pieces[count++] = {outgoing_.head.data() + sent_, outgoing_.head.size() - sent_};
        const auto into_rest =
            sent_ > outgoing_.head.size() ? sent_ - outgoing_.head.size() : std::size_t{0};
        if (into_rest < outgoing_.rest.size())
            pieces[count++] = {const_cast<char*>(outgoing_.rest.data()) + into_rest,
                               outgoing_.rest.size() - into_rest};
        const auto moved = stream_->write({pieces.data(), count});
        if (moved.then == Stream::Then::ended) {
            cut_ = true;
            return true;
        }
        if (moved.then != Stream::Then::again) return false;
        sent_ += moved.bytes;
    }
    return true;
}

asio::awaitable<bool> Connection::send() {
    if (send_now()) co_return !cut_;
    const auto& options = bench_.options;
    const auto start = Clock::now();
    for (;;) {
        const auto earned = std::chrono::milliseconds(static_cast<std::int64_t>(
            sent_ * 1000 / std::max<std::size_t>(options.minimum_rate, 1)));
        awaiting_ = Await::sending;
        deadline_ =
            std::min(Clock::now() + options.write_timeout, start + options.write_timeout + earned);
        co_await stream_->writable();
        if (cut_ || expired_) co_return false;
        if (send_now()) co_return !cut_;
    }
}

asio::awaitable<Reply> Connection::wait_for_answer() {
    Exchange& exchange = exchange_;
    until(Await::answer, exchange.kind == Exchange::Kind::health ? Clock::duration(health_patience)
                                                                 : Clock::duration::max());
    pending_ = std::make_shared<Pending>();
    bench_.handling.answer_later(
        exchange, [pending = pending_, mailbox = bench_.mailbox](Reply reply) {
            pending->arrived = std::move(reply);  // read only after the mailbox's lock
            mailbox->put([pending] {
                if (pending->reply) return;  // given up already
                pending->reply = std::move(pending->arrived);
                std::move (*pending->resume)();
            });
        });
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
        [pending = pending_](auto handler) { pending->resume.emplace(std::move(handler)); },
        asio::use_awaitable);
    auto reply = std::move(*pending_->reply);
    pending_.reset();
    co_return reply;
}

Manner Connection::manner() {
    Manner made;
    made.surface = known_ ? exchange_.surface : Surface::api;
    made.keep_alive = keep_alive_;
    made.http10 = reader_.head().version == 10;
    made.head_only = reader_.head().method == "HEAD";
    const bool secure = known_ ? exchange_.peer->secure : peer_.secure;
    made.secure = secure || bench_.options.secure_cookies;
    made.date = bench_.date.at(bench_.handling.journal().clock().now());
    made.request_id = request_id_;
    return made;
}

void Connection::account(int status) {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began_);
    const auto row = known_ ? exchange_.row : bench_.handling.no_row();
    bench_.handling.metrics().answered(bench_.thread, row, status, took, received_, sent_);
    if (bench_.log.wanted()) {
        if (!bench_.log_lines.empty()) bench_.log_lines += '\n';
        append_json(bench_.log_lines,
                    {bench_.handling.journal().clock().now(), request_id_,
                     bench_.handling.measured(row).method, bench_.handling.measured(row).pattern,
                     status, received_, sent_, took});
        if (bench_.log_lines.size() > log_bytes) bench_.write_log_lines();
    }
    received_ = unread_.size() - used_;
}

// Looks at the head, or at what is wrong with it.
void Connection::admit() {
    request_id_ = bench_.id_prefix;
    request_id_ += std::to_string(++bench_.requests);
    exchange_ = {};
    reply_.reset();
    known_ = false;
    if (reader_.state() == Reading::head) {
        expired_ = false;
        input_broken_ = true;
        reply_ =
            bench_.handling.refuse(refusal(408, "edge.http.head_timeout"), nullptr, request_id_);
    } else if (reader_.state() == Reading::refused) {
        input_broken_ = true;
        reply_ = bench_.handling.refuse(reader_.refusal(), reader_.request().get(), request_id_);
    } else {
        keep_alive_ = reader_.head().keep_alive && !bench_.stopping;
        exchange_.request = reader_.request();
        exchange_.head = &reader_.head();
        exchange_.peer = &peer_;
        if (through_proxy_) {
            forwarded_ = peer_named_by_proxy(peer_, *exchange_.request);
            exchange_.peer = &forwarded_;
        }
        exchange_.request_id = request_id_;
        known_ = true;
        reply_ = bench_.handling.admit(exchange_);
        // A short body that nobody wants is read all the same, so that the connection can stay.
        if (reply_ && reader_.state() == Reading::held &&
            (reader_.head().expects_continue || reader_.head().chunked ||
             reader_.head().content_length.value_or(0) > small_body))
            input_broken_ = true;
    }
    if (input_broken_) keep_alive_ = false;
    awaiting_ = Await::nothing;
    deadline_ = Clock::time_point::max();
}

// True: the answer was given, all of it, and nothing more is to be done about this request.
bool Connection::answer_now() {
    if (reader_.state() == Reading::held && !input_broken_) return false;
    if (!reply_) {
        if (exchange_.kind == Exchange::Kind::query)
            reply_ = bench_.handling.answer_query(exchange_);
        else if (exchange_.kind != Exchange::Kind::file)
            return false;
    }
    write_answer();
    return send_now() && keep_alive_;
}

void Connection::write_answer() {
    if (reply_)
        status_ = write_response(outgoing_, std::move(*reply_), exchange_.request.get(), manner());
    else
        status_ = write_file(outgoing_, std::move(exchange_.file), *exchange_.request, manner());
    reply_.reset();
    sent_ = 0;
    written_ = true;
}

// False: the connection is over.
bool Connection::finish_request() {
    account(status_);
    outgoing_.clear();
    written_ = false;
    exchange_.request.reset();
    if (body_held_ > 0) {
        bench_.handling.metrics().body_bytes -= static_cast<std::int64_t>(body_held_);
        body_held_ = 0;
    }
    return !cut_;
}

// Whatever answer_now() left: a body to be read, an answer from elsewhere, a reader slower than we
// are, the last words of a connection.
asio::awaitable<bool> Connection::serve_slowly() {
    if (!written_ && reader_.state() == Reading::held && !input_broken_) {
        const auto limit =
            reply_ || exchange_.kind == Exchange::Kind::file ? small_body : exchange_.body_limit;
        const bool got_body = co_await read_body(limit);
        if (!got_body && !expired_) co_return false;
        if (reader_.state() != Reading::complete) {
            input_broken_ = true;
            keep_alive_ = false;
            const auto refused = !got_body ? refusal(408, "edge.http.body_timeout")
                                 : reader_.state() == Reading::refused
                                     ? reader_.refusal()
                                     : refusal(503, "edge.http.busy", {}, {{"Retry-After", "5"}});
            expired_ = false;
            reply_ = bench_.handling.refuse(refused, reader_.request().get(), request_id_);
        }
    }
    awaiting_ = Await::nothing;
    deadline_ = Clock::time_point::max();
    if (!written_ && !reply_) {
        switch (exchange_.kind) {
        case Exchange::Kind::file: break;
        case Exchange::Kind::query: reply_ = bench_.handling.answer_query(exchange_); break;
        case Exchange::Kind::events: {
            const auto accept = exchange_.request->header("accept").value_or("");
            if (exchange_.request->parameter("poll") ||
                (accept.contains("application/json") && !accept.contains("text/event-stream"))) {
                reply_ = bench_.handling.answer_poll(exchange_);
                break;
            }
            co_await stream_events();
            co_return false;
        }
        default: reply_ = co_await wait_for_answer();
        }
    }
    if (!written_) write_answer();
    const bool sent = co_await send();
    const bool open = finish_request();
    if (!sent || !open) co_return false;
    if (!keep_alive_) {
        co_await say_goodbye();
        co_return false;
    }
    co_return true;
}

// Closing a socket with unread bytes resets the connection, and the answer may be lost with it. So
// first only our side is closed, and what still comes is thrown away for a moment.
asio::awaitable<void> Connection::say_goodbye() {
    stream_->end_sending();
    if (!input_broken_ && unread_.empty()) co_return;
    until(Await::goodbye, std::min<Clock::duration>(goodbye_patience, bench_.options.body_timeout));
    std::size_t thrown = unread_.size();
    used_ = 0;
    while (thrown < goodbye_bytes) {
        unread_.clear();
        if (!co_await receive()) co_return;
        thrown += unread_.size();
    }
}

// ---- event streams -------------------------------------------------------------------------

asio::awaitable<void> Connection::stream_events() {
    const Request& request = *exchange_.request;
    auto& metrics = bench_.handling.metrics();
    const bool chunked = reader_.head().version >= 11;
    keep_alive_ = chunked;

    const auto last = request.header("last-event-id");
    const auto asked = last && !last->empty() ? last : request.parameter("after");
    std::vector<std::string> topics;
    for (const auto& [name, value] : request.query)
        if (name == "topic") topics.push_back(value);

    // The head is written by hand: no Content-Length, and the body never ends.
    Reply reply;
    std::optional<std::uint64_t> after;
    if (asked) {
        after = number_in(*asked);
        if (!after) {
            write_response(
                outgoing_,
                bench_.handling.refuse(refusal(400, "edge.http.parameter",
                                               {{"name", "after"}, {"value", std::string(*asked)}}),
                                       &request, request_id_),
                &request, manner());
            sent_ = 0;
            co_await send();
            account(400);
            co_return;
        }
    }
    if (reader_.head().method == "HEAD") co_return;
    write_event_head(outgoing_, chunked, manner());
    std::string head = std::move(outgoing_.head);
    sent_ = head.size();
    account(200);

    authorization_ = exchange_.authorization;
    session_cookie_ = exchange_.session_cookie;
    const auto now = Clock::now();
    next_heartbeat_ = now + bench_.options.heartbeat;
    next_check_ = now + bench_.options.reauthenticate;
    until(Await::event_stream, Clock::duration::max());
    if (const auto& guest_of = request.principal->guest_of; !guest_of.empty())
        topics = {"respond/incident/" + guest_of};
    events_ = std::make_shared<EventStream>(
        *stream_, bench_.handling.journal(), Topics(std::move(topics)), request.principal->viewer,
        chunked,
        EventStream::Told{[&metrics](std::size_t events) { metrics.events_written += events; },
                          [&metrics] { ++metrics.events_behind; }});
    bench_.hub.entered();
    ++metrics.event_streams;
    events_->open(std::move(head), after.value_or(bench_.handling.journal().published_sequence()));

    // Nothing more is expected from the peer but its end.
    std::size_t chatter = 0;
    used_ = 0;
    while (!events_->broken() && chatter < goodbye_bytes) {
        unread_.clear();
        if (!co_await receive()) break;
        chatter += unread_.size();
    }
    events_->close();
    events_.reset();
    --metrics.event_streams;
    bench_.hub.left();
}

}  // namespace noroshi::edge::http
