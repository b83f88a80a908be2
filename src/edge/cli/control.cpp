#include "edge/cli/control.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "kernel/json/json.h"

namespace noroshi::edge::cli {

namespace {

constexpr std::size_t longest_line = 1 << 20;

struct Asked {
    std::string verb;
    json::Raw arguments;
};
BOOST_DESCRIBE_STRUCT(Asked, (), (verb, arguments))

struct Refused {
    std::string kind;
    std::string key;
    // A list, because the order of arguments is kept.
    std::vector<std::vector<std::string>> arguments;
    std::string pointer;
};
BOOST_DESCRIBE_STRUCT(Refused, (), (kind, key, arguments, pointer))

struct Answered {
    std::optional<json::Raw> answer;
    std::optional<Refused> error;
};
BOOST_DESCRIBE_STRUCT(Answered, (), (answer, error))

std::string line_of(const Error& error) {
    Refused refused{std::string(name_of(error.kind)), error.key, {}, error.pointer};
    for (const auto& [name, value] : error.arguments) refused.arguments.push_back({name, value});
    return json::to_text(Answered{{}, std::move(refused)}) + "\n";
}

Error error_of(const Refused& refused) {
    Error error;
    error.kind = ErrorKind::corrupt;
    for (auto kind : {ErrorKind::invalid, ErrorKind::forbidden, ErrorKind::not_found,
                      ErrorKind::conflict, ErrorKind::unavailable})
        if (name_of(kind) == refused.kind) error.kind = kind;
    error.key = refused.key;
    for (const auto& pair : refused.arguments)
        if (pair.size() == 2) error.arguments.emplace_back(pair[0], pair[1]);
    error.pointer = refused.pointer;
    return error;
}

// A unix socket's name may have 107 bytes; a longer path is reached through a link to the
// directory, /proc/self/fd/N, which is always short.
class Address {
public:
    explicit Address(const std::string& dir) {
        address_.sun_family = AF_UNIX;
        std::string path = dir + "/control.sock";
        if (path.size() >= sizeof address_.sun_path) {
            folder_ = ::open(dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
            path = "/proc/self/fd/" + std::to_string(folder_) + "/control.sock";
        }
        std::memcpy(address_.sun_path, path.c_str(), path.size() + 1);
    }
    ~Address() {
        if (folder_ >= 0) ::close(folder_);
    }
    Address(const Address&) = delete;
    Address& operator=(const Address&) = delete;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
    static constexpr socklen_t size() { return sizeof(sockaddr_un); }

private:
    sockaddr_un address_{};
    int folder_ = -1;
};

bool write_all(int socket, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// Up to and without the line's end; nothing if the peer goes away first.
std::optional<std::string> read_line(int socket) {
    std::string line;
    char buffer[4096];
    while (line.size() <= longest_line) {
        const auto got = ::recv(socket, buffer, sizeof buffer, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return {};
        line.append(buffer, static_cast<std::size_t>(got));
        if (const auto end = line.find('\n'); end != std::string::npos) {
            line.resize(end);
            return line;
        }
    }
    return {};
}

std::unexpected<Error> failed(const char* what) {
    return fail(ErrorKind::unavailable, "edge.cli.control_failed",
                {{"reason", std::string(what) + ": " + std::strerror(errno)}});
}

}  // namespace

Result<std::unique_ptr<Control>> Control::start(const std::string& dir, Verbs verbs) {
    const std::string path = dir + "/control.sock";
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listening < 0) return failed("socket");
    const Address address(dir);
    const mode_t before = ::umask(0177);  // nobody else may connect, from the first moment
    const int bound = ::bind(listening, address.get(), Address::size());
    ::umask(before);
    if (bound != 0 || ::listen(listening, 16) != 0) {
        auto error = failed("bind");
        ::close(listening);
        return error;
    }
    std::unique_ptr<Control> control(new Control(path, listening, std::move(verbs)));
    if (::pipe(control->wake_) != 0) return failed("pipe");
    control->thread_ = std::thread([raw = control.get()] { raw->serve(); });
    return control;
}

Control::Control(std::string path, int listening, Verbs verbs)
    : path_(std::move(path)), listening_(listening), verbs_(std::move(verbs)) {}

Control::~Control() {
    if (thread_.joinable()) {
        [[maybe_unused]] const auto told = ::write(wake_[1], "x", 1);
        thread_.join();
    }
    for (int end : wake_)
        if (end >= 0) ::close(end);
    ::close(listening_);
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

void Control::serve() {
    while (true) {
        pollfd waiting[2] = {{listening_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
        if (::poll(waiting, 2, -1) < 0 && errno != EINTR) return;
        if (waiting[1].revents != 0) return;
        if ((waiting[0].revents & POLLIN) == 0) continue;
        const int peer = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        if (peer < 0) continue;
        // Whoever connects and says nothing does not hold up the next for long.
        const timeval patience{10, 0};
        ::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (auto line = read_line(peer)) write_all(peer, answer(*line));
        ::close(peer);
    }
}

std::string Control::answer(std::string_view line) const {
    auto asked = json::from_text<Asked>(line);
    if (!asked) return line_of(asked.error());
    const auto verb = verbs_.find(asked->verb);
    if (verb == verbs_.end())
        return line_of(
            Error{ErrorKind::not_found, "edge.cli.unknown_verb", {{"verb", asked->verb}}, {}});
    auto done = verb->second(asked->arguments.text);
    if (!done) return line_of(done.error());
    return json::to_text(Answered{json::Raw{std::move(*done)}, {}}) + "\n";
}

Result<std::string> call(const std::string& dir, std::string_view verb,
                         std::string_view arguments) {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return failed("socket");
    struct Closed {
        int socket;
        ~Closed() { ::close(socket); }
    } closed{socket};
    const Address address(dir);
    if (::connect(socket, address.get(), Address::size()) != 0)
        return fail(ErrorKind::unavailable, std::string(nobody_answers), {{"dir", dir}});
    const Asked asked{std::string(verb), json::Raw{std::string(arguments)}};
    if (!write_all(socket, json::to_text(asked) + "\n")) return failed("send");
    auto line = read_line(socket);
    if (!line) return failed("receive");
    TRY_LET(auto answered, json::from_text<Answered>(*line));
    if (answered.error) return std::unexpected(error_of(*answered.error));
    return answered.answer ? std::move(answered.answer->text) : "null";
}

}  // namespace noroshi::edge::cli
