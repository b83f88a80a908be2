#include "edge/agent/agent.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <list>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge/agent/tail.h"
#include "edge/reception/framing.h"
#include "edge/reception/sockets.h"
#include "kernel/crypto/hash.h"
#include "kernel/json/json.h"
#include "kernel/store/files.h"

namespace noroshi::edge::agent {

using reception::add_line;
using reception::address_text;
using reception::datagram_line;
using reception::Descriptor;
using reception::listen_on;
using reception::take_messages;

namespace {

constexpr std::size_t chunk_bytes = 512 * 1024;
constexpr int datagrams_at_once = 2048;
constexpr std::size_t most_connections = 64;

// A line of names.jsonl, which never leaves the member.
struct NameKept {
    std::string token;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(NameKept, (), (token, name))

template <class F>
void each_name(const std::string& spool, F f) {
    const auto names = store::read_file(spool + "/names.jsonl");
    if (!names) return;
    for (std::string_view rest = *names; !rest.empty();) {
        const auto end = std::min(rest.find('\n'), rest.size() - 1);
        if (const auto kept = json::from_text<NameKept>(rest.substr(0, end))) f(*kept);
        rest.remove_prefix(end + 1);
    }
}

// The cursor of a line of `journalctl --output=json`, found without reading the whole line.
std::string cursor_of(std::string_view line) {
    constexpr std::string_view key = "\"__CURSOR\"";
    auto at = line.find(key);
    if (at == std::string_view::npos) return {};
    at = line.find('"', at + key.size());
    if (at == std::string_view::npos) return {};
    const auto end = line.find('"', at + 1);
    return end == std::string_view::npos ? std::string()
                                         : std::string(line.substr(at + 1, end - at - 1));
}

}  // namespace

struct Agent::Impl {
    struct Connection {
        Descriptor socket;
        std::string buffer;
    };
    struct Input {
        SourceConfig config;
        std::unique_ptr<Spool> spool;
        Tail tail{{}};
        Descriptor udp, tcp, netflow;
        std::list<Connection> connections;
        Descriptor journal;  // the pipe of journalctl
        pid_t journal_process = -1;
        std::string journal_buffer;
        Positions positions;
        std::string pending;  // read, and not yet in the spool
        std::uint64_t read = 0, dropped = 0, told_dropped = 0;
        std::atomic<std::uint64_t> confirmed{0};
        std::optional<std::uint64_t> centre;  // sender's: what the centre expects next
    };

    AgentConfig config;
    std::unique_ptr<Pseudonyms> pseudonyms;
    std::vector<std::unique_ptr<Input>> inputs;
    mutable std::mutex guard;
    std::condition_variable spooled;
    std::uint64_t turns = 0;

    ~Impl() {
        for (auto& input : inputs)
            if (input->journal_process > 0) {
                ::kill(input->journal_process, SIGTERM);
                ::waitpid(input->journal_process, nullptr, 0);
            }
    }

    std::string names_path() const { return config.spool + "/names.jsonl"; }

    std::uint64_t spooled_bytes() const {
        std::uint64_t sum = 0;
        for (const auto& input : inputs) sum += input->spool->bytes();
        return sum;
    }

    void start_journal(Input& input) const {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return;
        const auto known = input.positions.find("journald");
        const std::string after =
            known == input.positions.end() ? "--boot=all" : "--after-cursor=" + known->second;
        const pid_t child = ::fork();
        if (child == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::execlp(config.journal_command.c_str(), config.journal_command.c_str(), "--follow",
                     "--output=json", "--no-tail", after.c_str(), static_cast<char*>(nullptr));
            ::_exit(127);
        }
        ::close(ends[1]);
        input.journal = Descriptor(ends[0]);
        input.journal_process = child;
        ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    }

    // Datagrams are taken even if there is no room, to be counted.
    void take_datagrams(Input& input, bool full) {
        std::array<char, 65536> buffer;
        for (int i = 0; input.udp && i < datagrams_at_once; ++i) {
            const auto got = ::recv(input.udp.get(), buffer.data(), buffer.size(), 0);
            if (got < 0) break;
            if (full)
                ++input.dropped;
            else
                add_line(input.pending, {buffer.data(), static_cast<std::size_t>(got)});
        }
        for (int i = 0; input.netflow && i < datagrams_at_once; ++i) {
            sockaddr_storage from{};
            socklen_t length = sizeof from;
            const auto got = ::recvfrom(input.netflow.get(), buffer.data(), buffer.size(), 0,
                                        reinterpret_cast<sockaddr*>(&from), &length);
            if (got < 0) break;
            if (full)
                ++input.dropped;
            else
                add_line(input.pending,
                         datagram_line(address_text(from, false),
                                       {buffer.data(), static_cast<std::size_t>(got)}));
        }
    }

    void take_connections(Input& input) {
        while (input.tcp && input.connections.size() < most_connections) {
            Descriptor socket(
                ::accept4(input.tcp.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
            if (!socket) break;
            input.connections.push_back({std::move(socket), {}});
        }
        std::array<char, 65536> buffer;
        for (auto it = input.connections.begin(); it != input.connections.end();) {
            bool closed = false;
            while (input.pending.size() < chunk_bytes) {
                const auto got = ::recv(it->socket.get(), buffer.data(), buffer.size(), 0);
                if (got < 0) {
                    closed = errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
                    break;
                }
                closed = got == 0;
                it->buffer.append(buffer.data(), static_cast<std::size_t>(got));
                take_messages(it->buffer, input.pending, closed, longest_line);
                if (closed) break;
            }
            it = closed ? input.connections.erase(it) : std::next(it);
        }
    }

    void take_journal(Input& input) {
        if (!input.config.journald) return;
        if (!input.journal) start_journal(input);
        std::array<char, 65536> buffer;
        while (input.journal && input.pending.size() < chunk_bytes) {
            const auto got = ::read(input.journal.get(), buffer.data(), buffer.size());
            if (got < 0) break;
            if (got == 0) {  // it ended; the next turn starts it again behind the last cursor
                ::waitpid(input.journal_process, nullptr, 0);
                input.journal_process = -1;
                input.journal = Descriptor();
                input.journal_buffer.clear();
                break;
            }
            input.journal_buffer.append(buffer.data(), static_cast<std::size_t>(got));
            const auto end = input.journal_buffer.rfind('\n');
            if (end == std::string::npos) continue;
            const auto whole = std::string_view(input.journal_buffer).substr(0, end);
            const auto last = whole.substr(whole.rfind('\n') + 1);
            if (auto cursor = cursor_of(last); !cursor.empty())
                input.positions["journald"] = std::move(cursor);
            input.pending.append(input.journal_buffer, 0, end + 1);
            input.journal_buffer.erase(0, end + 1);
        }
    }

    bool spool(Input& input) {
        if (input.dropped != input.told_dropped && !input.pending.empty()) {
            // What the agent could not keep is said where the lines are read.
            add_line(input.pending,
                     fmt::format("noroshi-agent: {} datagrams dropped, the spool was full",
                                 input.dropped - input.told_dropped));
            input.told_dropped = input.dropped;
        }
        if (input.pending.empty() && input.positions == input.spool->positions()) return true;
        std::string lines;
        if (pseudonyms) {
            lines.reserve(input.pending.size());
            for (std::string_view rest = input.pending; !rest.empty();) {
                const auto end = std::min(rest.find('\n'), rest.size() - 1);
                lines += pseudonyms->replace(rest.substr(0, end));
                lines.push_back('\n');
                rest.remove_prefix(end + 1);
            }
            std::string names;
            for (const auto& [token, name] : pseudonyms->take_new_names())
                names += json::to_text(NameKept{token, name}) + "\n";
            // The list first: a token that nobody can read back is worse than one too many.
            if (!names.empty() && !store::append_durably(names_path(), names, 0600)) return false;
        } else {
            lines = input.pending;
        }
        if (!input.spool->add(lines, input.positions)) return false;
        input.read += static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
        input.pending.clear();
        return true;
    }
};

Agent::Agent(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Agent::~Agent() = default;

Result<std::unique_ptr<Agent>> Agent::open(AgentConfig config) {
    auto impl = std::make_unique<Impl>();
    if (config.key) {
        impl->pseudonyms = std::make_unique<Pseudonyms>(*config.key, config.rules);
        each_name(config.spool, [&](const NameKept& kept) { impl->pseudonyms->know(kept.token); });
    }
    for (const auto& source : config.sources) {
        auto input = std::make_unique<Impl::Input>();
        input->config = source;
        TRY_LET(input->spool, Spool::open(config.spool + "/" + source.id));
        input->positions = input->spool->positions();
        input->tail = Tail(source.files);
        if (!source.syslog_udp.empty()) {
            TRY_LET(input->udp, listen_on(source.syslog_udp, SOCK_DGRAM));
        }
        if (!source.syslog_tcp.empty()) {
            TRY_LET(input->tcp, listen_on(source.syslog_tcp, SOCK_STREAM));
        }
        if (!source.netflow_udp.empty()) {
            TRY_LET(input->netflow, listen_on(source.netflow_udp, SOCK_DGRAM));
        }
        impl->inputs.push_back(std::move(input));
    }
    impl->config = std::move(config);
    return std::unique_ptr<Agent>(new Agent(std::move(impl)));
}

bool Agent::take(std::chrono::milliseconds patience) {
    auto& all = impl_->inputs;
    const bool full = impl_->spooled_bytes() >= impl_->config.spool_bytes;
    std::vector<pollfd> polled;
    for (const auto& input : all) {
        for (const auto* one : {&input->udp, &input->netflow, &input->journal})
            if (*one) polled.push_back({one->get(), POLLIN, 0});
        if (full) continue;
        if (input->tcp) polled.push_back({input->tcp.get(), POLLIN, 0});
        for (const auto& connection : input->connections)
            polled.push_back({connection.socket.get(), POLLIN, 0});
    }
    ::poll(polled.data(), polled.size(), static_cast<int>(patience.count()));
    bool sound = !full;
    for (auto& input : all) {
        // A chunk that could not be written is tried again before more is read.
        const bool stuck = input->pending.size() >= chunk_bytes;
        impl_->take_datagrams(*input, full || stuck);
        if (!full && !stuck) {
            impl_->take_connections(*input);
            impl_->take_journal(*input);
            if (!input->config.files.empty())
                input->tail.read(input->pending, input->positions, chunk_bytes);
        }
        if (!full) sound = impl_->spool(*input) && sound;
    }
    {
        std::lock_guard lock(impl_->guard);
        ++impl_->turns;
    }
    impl_->spooled.notify_one();
    return sound;
}

Result<bool> Agent::send(Centre& centre) {
    bool sent = false;
    for (auto& input : impl_->inputs) {
        if (!input->centre) {
            TRY_LET(input->centre, centre.next_line(input->config.id));
            // The spool was lost, the centre knows more: numbering goes on from there.
            if (input->spool->is_new() || input->spool->next_line() < *input->centre)
                input->spool->begin_at(std::max(input->spool->next_line(), *input->centre));
            TRY(input->spool->confirm(*input->centre));
            input->confirmed = *input->centre;
        }
        TRY_LET(const auto chunk, input->spool->oldest(*input->centre));
        if (!chunk) continue;
        auto next = centre.deliver(input->config.id, chunk->first_line, chunk->text);
        if (!next) {
            input->centre.reset();  // ask again where it stands
            return std::unexpected(next.error());
        }
        input->centre = *next;
        TRY(input->spool->confirm(*next));
        input->confirmed = *next;
        sent = true;
    }
    return sent;
}

void Agent::run(Centre& centre, const std::atomic<bool>& stop,
                const std::function<void(const Error&)>& complain) {
    using namespace std::chrono_literals;
    std::thread sender([&] {
        auto pause = 0ms;
        std::uint64_t seen = 0;
        while (!stop) {
            auto sent = send(centre);
            if (sent && *sent) {
                pause = 0ms;
                continue;
            }
            if (!sent) {
                complain(sent.error());
                pause = std::clamp(pause * 2, 1000ms, 60'000ms);
            }
            std::unique_lock lock(impl_->guard);
            if (pause > 0ms)
                impl_->spooled.wait_for(lock, pause, [&] { return stop.load(); });
            else
                impl_->spooled.wait_for(lock, 500ms, [&] { return stop || impl_->turns != seen; });
            seen = impl_->turns;
            if (!sent) continue;
            pause = 0ms;
        }
    });
    while (!stop) take(250ms);
    impl_->spooled.notify_one();
    sender.join();
}

SourceCounts Agent::counts(const std::string& source) const {
    for (const auto& input : impl_->inputs)
        if (input->config.id == source)
            return {input->read, input->confirmed, input->dropped, input->spool->bytes()};
    return {};
}

SourceCounts Agent::counts_of_all() const {
    SourceCounts all;
    for (const auto& input : impl_->inputs) {
        const auto one = counts(input->config.id);
        all.read += one.read;
        all.confirmed += one.confirmed;
        all.dropped += one.dropped;
        all.waiting_bytes += one.waiting_bytes;
    }
    return all;
}

std::string Agent::address_of(const std::string& source, std::string_view name) const {
    for (const auto& input : impl_->inputs) {
        if (input->config.id != source) continue;
        const auto& socket = name == "tcp"   ? input->tcp
                             : name == "udp" ? input->udp
                                             : input->netflow;
        return reception::address_of(socket);
    }
    return {};
}

Result<std::string> reveal(const AgentConfig& config, std::string_view text) {
    const auto unknown = [&] {
        return fail(ErrorKind::not_found, "edge.agent.unknown_token",
                    {{"text", std::string(text)}});
    };
    if (!config.key) return unknown();
    if (const auto address = Pseudonyms(*config.key, config.rules).reveal_address(text))
        return *address;
    std::optional<std::string> name;
    each_name(config.spool, [&](const NameKept& kept) {
        if (kept.token == text) name = kept.name;
    });
    if (name) return *name;
    return unknown();
}

}  // namespace noroshi::edge::agent
