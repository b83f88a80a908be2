#include "edge/http/events.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "kernel/json/json.h"

namespace noroshi::edge::http {

namespace {

constexpr std::size_t most_pieces = 64;            // in one system call
constexpr std::size_t replay_at_once = 64 * 1024;  // bytes

// The event-stream part of a chunk, for HTTP/1.0.
std::string_view without_frame(const std::string& chunk) {
    const auto first = chunk.find("\r\n") + 2;
    return std::string_view(chunk).substr(first, chunk.size() - first - 2);
}

}  // namespace

std::string chunk_of(std::string_view bytes) {
    return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

std::string json_of(const journal::Event& event, Form form) {
    std::string out = "{\"sequence\":" + std::to_string(event.sequence);
    if (form == Form::polled) {
        out += ",\"type\":";
        json::write_string(out, event.type);
    }
    out += ",\"topic\":";
    json::write_string(out, event.topic);
    out += ",\"exercise\":";
    if (event.exercise.empty())
        out += "null";
    else
        json::write_string(out, event.exercise);
    out += ",\"data\":";
    out += *event.json;
    out += '}';
    return out;
}

Wire wire_of(const journal::Event& event) {
    std::string data = json_of(event, Form::streamed);
    // A line break would end the field; in JSON it can only stand between tokens.
    std::ranges::replace_if(data, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return Wire{event.sequence, event.topic, event.visibility,
                std::make_shared<const std::string>(chunk_of(fmt::format(
                    "id: {}\nevent: {}\ndata: {}\n\n", event.sequence, event.type, data)))};
}

bool Topics::cover(std::string_view topic) const {
    return topics_.empty() || std::ranges::any_of(topics_, [&](const std::string& asked) {
               return topic.starts_with(asked) &&
                      (topic.size() == asked.size() || topic[asked.size()] == '/');
           });
}

// ---- hub -----------------------------------------------------------------------------------

EventHub::EventHub(journal::Journal* journal) {
    if (journal == nullptr) return;
    journal->on_events(
        [outlets = outlets_, streams = streams_](std::span<const journal::Event> events) {
            // A stream that opens just now reads these from the ring, which already has them.
            if (*streams == 0) return;
            auto wires = std::make_shared<std::vector<Wire>>();
            wires->reserve(events.size());
            for (const auto& event : events) wires->push_back(wire_of(event));
            std::lock_guard lock(outlets->guard);
            for (const auto& outlet : outlets->all) outlet(wires);
        });
}

void EventHub::add_outlet(std::function<void(Wires)> outlet) {
    std::lock_guard lock(outlets_->guard);
    outlets_->all.push_back(std::move(outlet));
}

void EventHub::close() {
    std::lock_guard lock(outlets_->guard);
    outlets_->all.clear();
}

// ---- one stream ----------------------------------------------------------------------------

EventStream::EventStream(Stream& stream, const journal::Journal& journal, Topics topics,
                         Viewer viewer, bool chunked, Told told)
    : stream_(&stream), journal_(journal), topics_(std::move(topics)), viewer_(std::move(viewer)),
      chunked_(chunked), told_(std::move(told)) {}

void EventStream::open(std::string head, std::uint64_t position) {
    position_ = position;
    progress_ = std::chrono::steady_clock::now();
    const auto bytes = std::make_shared<const std::string>(std::move(head));
    waiting_.push_back({bytes, 0});
    waiting_bytes_ += bytes->size();
    // A comment at once: the browser learns that the stream is open, and how soon to come back.
    // The id makes a stream that breaks before its first event resume from here.
    add(std::make_shared<const std::string>(
        chunk_of(fmt::format("retry: 2000\nid: {}\n\n", position_))));
    catch_up();
    flush();
}

bool EventStream::may_see(const std::shared_ptr<const Visibility>& visibility) {
    if (visibility != asked_) {
        asked_ = visibility;
        allowed_ = noroshi::may_see(viewer_, *visibility);
    }
    return allowed_;
}

void EventStream::see_as(Viewer viewer) {
    viewer_ = std::move(viewer);
    asked_.reset();
}

void EventStream::add(std::shared_ptr<const std::string> chunk) {
    if (!chunked_) chunk = std::make_shared<const std::string>(without_frame(*chunk));
    waiting_bytes_ += chunk->size();
    waiting_.push_back({std::move(chunk), 0});
}

void EventStream::deliver(std::span<const Wire> wires) {
    if (broken_ || !live_) return;
    std::size_t events = 0;
    for (const auto& wire : wires) {
        if (wire.sequence <= position_) continue;
        if (waiting_bytes_ > most_waiting) {
            live_ = false;  // the ring keeps the rest for us
            told_.fell_behind();
            break;
        }
        position_ = wire.sequence;
        if (!topics_.cover(wire.topic) || !may_see(wire.visibility)) continue;
        add(wire.chunk);
        ++events;
    }
    if (events > 0) told_.wrote(events);
    if (!waiting_for_socket_) flush();
}

// Fills the backlog from the ring; becomes live when there is nothing more in it.
void EventStream::catch_up() {
    std::size_t events = 0;
    while (waiting_bytes_ < replay_at_once) {
        if (replayed_ == replay_.size()) {
            replayed_ = 0;
            replay_.clear();
            const auto head = journal_.published_sequence();
            auto later = position_ <= head ? journal_.events_after(position_) : std::nullopt;
            if (!later) {  // gone from the ring, or from before a restore
                position_ = head;
                add(std::make_shared<const std::string>(chunk_of(
                    fmt::format("id: {0}\nevent: reset\ndata: {{\"sequence\":{0}}}\n\n", head))));
                continue;
            }
            if (later->empty()) {
                replay_.shrink_to_fit();
                live_ = true;
                break;
            }
            replay_ = std::move(*later);
        }
        const auto& event = replay_[replayed_++];
        position_ = event.sequence;
        if (!topics_.cover(event.topic) || !may_see(event.visibility)) continue;
        add(wire_of(event).chunk);
        ++events;
    }
    if (events > 0) told_.wrote(events);
}

void EventStream::flush() {
    while (!broken_) {
        if (waiting_.empty()) {
            if (live_) return;
            catch_up();
            if (waiting_.empty()) return;
        }
        std::array<iovec, most_pieces> pieces;
        std::size_t count = 0;
        for (const auto& piece : waiting_) {
            if (count == pieces.size()) break;
            pieces[count++] = {const_cast<char*>(piece.bytes->data()) + piece.done,
                               piece.bytes->size() - piece.done};
        }
        const auto moved = stream_->write({pieces.data(), count});
        if (moved.then == Stream::Then::ended) {
            broken_ = true;
            // The connection's coroutine is waiting to read; this wakes it.
            boost::system::error_code ignored;
            stream_->socket().cancel(ignored);
            return;
        }
        if (moved.then != Stream::Then::again) return when_writable();
        progress_ = std::chrono::steady_clock::now();
        waiting_bytes_ -= moved.bytes;
        for (std::size_t left = moved.bytes; left > 0;) {
            Piece& front = waiting_.front();
            const auto part = std::min(left, front.bytes->size() - front.done);
            front.done += part;
            left -= part;
            if (front.done == front.bytes->size()) waiting_.pop_front();
        }
    }
}

void EventStream::when_writable() {
    if (waiting_for_socket_) return;
    waiting_for_socket_ = true;
    stream_->socket().async_wait(Socket::wait_write,
                                 [self = shared_from_this()](boost::system::error_code error) {
                                     self->waiting_for_socket_ = false;
                                     if (error || self->broken_) return;
                                     self->flush();
                                 });
}

void EventStream::heartbeat() {
    if (broken_ || !waiting_.empty()) return;
    static const auto comment = std::make_shared<const std::string>(chunk_of(":\n\n"));
    add(comment);
    flush();
}

void EventStream::finish() {
    if (broken_ || !waiting_.empty() || !chunked_) return;
    static const auto last = std::make_shared<const std::string>("0\r\n\r\n");
    waiting_.push_back({last, 0});
    waiting_bytes_ += last->size();
    flush();
}

void EventStream::close() {
    broken_ = true;
    waiting_.clear();
    waiting_bytes_ = 0;
}

}  // namespace noroshi::edge::http
