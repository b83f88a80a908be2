#pragma once
// For tests only: a server with a small table of routes over a real journal in a folder that goes
// away, and a client that writes and reads raw bytes.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "edge/http/route.h"
#include "edge/http/server.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi::edge::http {

struct Noted {
    static constexpr std::string_view kind = "test.http.noted";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(Noted, (), (text))

struct NoteBody {
    std::string text;
    std::string secret_of;  // an organisation: seen by its people only
    static constexpr auto defaulted = std::array{std::string_view("secret_of")};
};
BOOST_DESCRIBE_STRUCT(NoteBody, (), (text, secret_of))

struct NoteAnswer {
    std::uint64_t number = 0;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(NoteAnswer, (), (number, text))

struct NoteList {
    std::vector<std::string> items;
};
BOOST_DESCRIBE_STRUCT(NoteList, (), (items))

// A TCP connection to 127.0.0.1 that reads with patience; no test waits longer than it must.
class RawClient {
public:
    explicit RawClient(std::uint16_t port) {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    ~RawClient() { close(); }
    RawClient(RawClient&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_),
          buffer_(std::move(other.buffer_)) {}
    RawClient& operator=(RawClient&&) = delete;
    void close() {
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }
    bool connected() const { return connected_; }
    void end_sending() { ::shutdown(socket_, SHUT_WR); }
    int socket() const { return socket_; }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    // Everything until the server closes.
    std::string read_all() {
        while (more()) {}
        return std::exchange(buffer_, {});
    }
    // Up to and with `mark`; empty if the server closes before it.
    std::string read_until(std::string_view mark) {
        for (;;) {
            if (const auto at = buffer_.find(mark); at != std::string::npos) {
                std::string text = buffer_.substr(0, at + mark.size());
                buffer_.erase(0, at + mark.size());
                return text;
            }
            if (!more()) return {};
        }
    }
    // One answer with Content-Length (or without body): head and body.
    struct Answer {
        int status = 0;
        std::string head;
        std::string body;
        std::string field(std::string_view name) const {
            const std::string start = "\r\n" + std::string(name) + ": ";
            const auto at = head.find(start);
            if (at == std::string::npos) return {};
            const auto from = at + start.size();
            return head.substr(from, head.find("\r\n", from) - from);
        }
    };
    enum class Body { follows, none };
    Answer read_answer(Body body = Body::follows) {
        Answer answer;
        answer.head = read_until("\r\n\r\n");
        if (answer.head.size() < 12) return answer;
        answer.status = std::stoi(answer.head.substr(9, 3));
        const auto length = answer.field("Content-Length");
        if (length.empty() || body == Body::none) return answer;
        const auto size = std::stoul(length);
        while (buffer_.size() < size && more()) {}
        answer.body = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return answer;
    }
    Answer ask(std::string_view request) {
        send(request);
        return read_answer();
    }

private:
    bool more() {
        pollfd wait{socket_, POLLIN, 0};
        // A minute is far beyond any deadline set in a test: reaching it is a failure, not a wait.
        if (::poll(&wait, 1, 60'000) <= 0) return false;
        char bytes[16 * 1024];
        const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
        if (count <= 0) return false;
        buffer_.append(bytes, static_cast<std::size_t>(count));
        return true;
    }
    int socket_ = -1;
    bool connected_ = false;
    std::string buffer_;
};

inline ServerOptions test_options() {
    ServerOptions options;
    options.listen = {Listen{}};
    return options;
}

// People: "alice" of organisation "port" (duty officer, Japanese), "bob" of "vendor" (member,
// English), "meter" whose token has the scope "metrics" only.
class ServingHouse {
public:
    explicit ServingHouse(ServerOptions options = test_options()) {
        auto opened = store::open_sqlite({folder_ / "noroshi.db", ""});
        ASSERT(opened.has_value());
        store_ = std::move(*opened);
        journal_ = std::make_unique<journal::Journal>(*store_, clock_, random_, journal::Options{});
        journal::listen_live<Noted>(journal_->published(), [this](journal::Live<Noted> noted) {
            notes_.push_back(noted.body.text);
        });
        journal::event<Noted>(
            *journal_, [](const journal::World&, const Noted& noted, const journal::Envelope&) {
                return std::optional<std::string>(json::to_text(noted));
            });
        add_routes();
        server_ = std::make_unique<Server>(
            std::move(options), routes_, *journal_,
            [this](std::string_view authorization, std::string_view cookie) {
                return authenticate(authorization, cookie);
            });
        ASSERT(journal_->start().has_value());
        runner_ = std::jthread([this](const std::stop_token& stop) { journal_->run(stop); });
        auto started = server_->start();
        ASSERT(started.has_value());
        const auto address = server_->addresses().front();
        port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    }
    ~ServingHouse() {
        server_->stop();
        runner_.request_stop();
    }

    RawClient connect() const { return RawClient(port_); }
    std::uint16_t port() const { return port_; }
    Server& server() { return *server_; }
    journal::Journal& journal() { return *journal_; }
    const std::string& folder() const { return folder_.path(); }

    // Records a note past the HTTP API; returns when it is published.
    std::uint64_t note(const std::string& text, const std::string& secret_of = {}) {
        std::promise<std::uint64_t> done;
        journal::Command command;
        command.actor = "alice";
        command.decide = [&](journal::Recorder& recorder) {
            return record_note(recorder, NoteBody{text, secret_of});
        };
        command.done = [&](Result<journal::Answer> answer) {
            ASSERT(answer.has_value());
            done.set_value(journal_->published_sequence());
        };
        journal_->submit(std::move(command));
        return done.get_future().get();
    }

    std::atomic<bool> bob_is_known{true};
    std::atomic<int> decisions{0};
    // POST /api/test/later answers when this is called.
    Route::Answered parked;

private:
    static journal::Answer record_note(journal::Recorder& recorder, const NoteBody& body) {
        Visibility visibility{Tlp::green, {}, {}};
        if (!body.secret_of.empty())
            visibility = {Tlp::amber_strict, {OrganisationId{body.secret_of}}, {}};
        journal::record(recorder, journal::Place{"test/http/notes", visibility, {}, {}, {}},
                        Noted{body.text});
        return journal::Answer{
            201, {}, json::to_text(NoteAnswer{recorder.version_of("test/http/notes"), body.text})};
    }

    void add_routes() {
        routes_.query<NoteList>(
            "/api/test/notes", signed_in("test.http.read"), "All notes",
            [this](const Request&) -> Result<NoteList> { return NoteList{notes_}; });
        routes_.query<NoteAnswer>(
            "/api/test/notes/{note}", signed_in("test.http.read"), "One note",
            [this](const Request& request) -> Result<Done<NoteAnswer>> {
                const auto number = std::stoul(std::string(request.capture("note")));
                if (number < 1 || number > notes_.size())
                    return fail(ErrorKind::not_found, "edge.http.no_such_path");
                return Done<NoteAnswer>{{number, notes_[number - 1]}, 200, number, {}, {}};
            });
        routes_.command<NoteBody, NoteAnswer>(
            Method::post, "/api/test/notes",
            by_roles("test.http.write", {Role::duty_officer, Role::member}), "Adds a note",
            [this](const Request&, const NoteBody& body,
                   journal::Recorder& recorder) -> Result<Done<NoteAnswer>> {
                ++decisions;
                if (body.text.empty()) return invalid("edge.http.parameter", "/text");
                if (body.text == "throw") throw std::runtime_error("thrown by the handler");
                record_note(recorder, body);
                const auto number = recorder.version_of("test/http/notes");
                return created(NoteAnswer{number, body.text},
                               "/api/test/notes/" + std::to_string(number), number);
            });
        routes_.command<Nothing, NoteAnswer>(
            Method::del, "/api/test/notes/{note}", by_roles("test.http.remove", {Role::leader}),
            "For leaders only",
            [](const Request&, const Nothing&, journal::Recorder&) -> Result<NoteAnswer> {
                return NoteAnswer{};
            });
        routes_.command<NoteBody, NoteAnswer>(
            Method::post, "/api/test/link/{link}", anyone("test.http.link"), "Without sign-in",
            [](const Request& request, const NoteBody& body,
               journal::Recorder& recorder) -> Result<NoteAnswer> {
                ASSERT(recorder.actor().empty());
                record_note(recorder, {std::string(request.capture("link")) + body.text, ""});
                return NoteAnswer{1, body.text};
            });
        Route upload;
        upload.method = Method::post;
        upload.path = "/api/test/files";
        upload.permission = signed_in("test.http.upload");
        upload.body_limit = 4 * 1024 * 1024;
        upload.command = [](std::shared_ptr<const Request> request) -> Result<Route::Decide> {
            return Route::Decide{[request](journal::Recorder&) -> Result<journal::Answer> {
                return journal::Answer{201, {}, std::to_string(request->body.size())};
            }};
        };
        routes_.add(std::move(upload));
        Route download;
        download.path = "/api/test/files/{size}";
        download.permission = anyone("test.http.download");
        download.reads_by_itself = true;
        download.query = [](const Request& request) -> Result<Reply> {
            Reply reply;
            reply.content_type = "application/pdf";
            reply.headers.emplace_back("ETag", "\"file\"");
            std::string bytes(std::stoul(std::string(request.capture("size"))), '\0');
            for (std::size_t i = 0; i < bytes.size(); ++i)
                bytes[i] = static_cast<char>('a' + i % 26);
            reply.shared_body = std::make_shared<const std::string>(std::move(bytes));
            return reply;
        };
        routes_.add(std::move(download));
        routes_.query<Reply>("/api/test/headers", anyone("test.http.headers"), "Odd headers",
                             [](const Request& request) -> Result<Reply> {
                                 Reply reply;
                                 reply.headers.emplace_back("X-Echo",
                                                            request.parameter("echo").value_or(""));
                                 reply.headers.emplace_back("Set-Cookie", "a=b; Path=/");
                                 reply.body = "{\"remote\":\"" + request.remote + "\"}";
                                 return reply;
                             });
        routes_.query<Reply>("/api/test/throws", anyone("test.http.throws"), "A bug of ours",
                             [](const Request&) -> Result<Reply> {
                                 throw std::runtime_error("thrown by the handler");
                             });
        routes_.later<Nothing, NoteAnswer>(
            Method::post, "/api/test/later", anyone("test.http.later"), "Answers later",
            [this](std::shared_ptr<const Request>, Nothing, Route::Answered answered) {
                parked = std::move(answered);
                is_parked = true;
                is_parked.notify_all();
            });
    }

    Result<std::shared_ptr<const Principal>> authenticate(std::string_view authorization,
                                                          std::string_view cookie) const {
        if (authorization.empty() && cookie.empty()) return std::shared_ptr<const Principal>();
        const std::string_view who =
            authorization.starts_with("Bearer ") ? authorization.substr(7) : cookie;
        auto principal = std::make_shared<Principal>();
        principal->person.text = who;
        principal->viewer.person.text = who;
        principal->viewer.member = true;
        if (who == "alice") {
            principal->organisation.text = "port";
            principal->roles = {{OrganisationId{"port"}, Role::duty_officer}};
            principal->language = Language::ja;
        } else if (who == "bob" && bob_is_known) {
            principal->organisation.text = "vendor";
            principal->roles = {{OrganisationId{"vendor"}, Role::member}};
            principal->language = Language::en;
        } else if (who == "meter") {
            principal->scope = {"metrics"};
        } else {
            return fail(ErrorKind::forbidden, "edge.http.not_signed_in");
        }
        principal->viewer.organisations = {principal->organisation};
        return std::shared_ptr<const Principal>(std::move(principal));
    }

    store::TemporaryFolder folder_;
    RealClock clock_;
    SeededRandom random_{1};
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<journal::Journal> journal_;
    std::vector<std::string> notes_;
    Routes routes_;
    std::unique_ptr<Server> server_;
    std::uint16_t port_ = 0;

public:
    std::atomic<bool> is_parked{false};

private:
    std::jthread runner_;  // last: ends before what it uses
};

}  // namespace noroshi::edge::http
