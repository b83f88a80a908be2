// One thread, one turn after another: wait for sockets, take what they hold into the `filling` of the
// source it belongs to, hand over what is ready. Of each source one batch is under way at a time
// (`flying`), and is kept until the journal has it; what comes meanwhile is the next batch, so that
// the slower the disk, the larger the batches and the fewer the syncs. One batch at a time also
// means that the number of the next line is known when a batch leaves: nobody else writes there.

#include "edge/reception/reception.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <list>
#include <map>
#include <mutex>
#include <tuple>
#include <unordered_map>

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "edge/reception/drop.h"
#include "edge/reception/framing.h"
#include "edge/reception/sockets.h"
#include "edge/reception/tls.h"

namespace noroshi::edge::reception {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_message = 64 * 1024;
constexpr std::size_t datagrams_at_once = 64;
constexpr int rounds_of_datagrams = 32;
constexpr std::size_t read_at_once = 64 * 1024;
constexpr int reads_of_a_connection = 4;
constexpr std::size_t read_of_a_file = 1 << 20;
constexpr std::size_t most_strangers = 100;
constexpr std::size_t most_known_addresses = 65'536;
constexpr auto retry_after = 1s;
constexpr auto look_for_files_every = 1s;
constexpr auto look_for_strange_folders_every = 60s;
constexpr auto patience_of_a_stop = 10s;

constexpr auto ways =
    std::to_array<std::pair<Way, std::string_view>>({{Way::syslog_udp, "syslog_udp"},
                                                     {Way::syslog_tcp, "syslog_tcp"},
                                                     {Way::syslog_tls, "syslog_tls"},
                                                     {Way::netflow_udp, "netflow_udp"}});

bool is_datagrams(Way way) { return way == Way::syslog_udp || way == Way::netflow_udp; }

struct AddressHash {
    std::size_t operator()(const std::array<std::uint8_t, 16>& bytes) const {
        return std::hash<std::string_view>{}(
            {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
};

}  // namespace

std::optional<Way> way_named(std::string_view name) {
    for (const auto& [way, text] : ways)
        if (text == name) return way;
    return {};
}

std::string_view name_of(Way way) {
    return std::ranges::find(ways, way, &std::pair<Way, std::string_view>::first)->second;
}

struct Reception::Impl {
    struct Flow {
        SourceCounts counts;
        std::string filling, flying;
        std::uint64_t filling_lines = 0, flying_lines = 0;
        Instant filling_since{}, retry_at{}, looked_at{};
        bool in_flight = false;
        bool is_known = true;            // to the table of senders
        std::uint64_t next = 0;          // number of the first line of `flying`, but for `missing`
        std::uint64_t missing = 0;       // dropped, and not yet told
        std::uint64_t told_missing = 0;  // by what is flying
        std::unique_ptr<Drop> drop;

        std::size_t bytes() const { return filling.size() + flying.size(); }
    };
    struct Listener {
        ListenerSettings settings;
        Descriptor socket;
        std::shared_ptr<TlsListener> tls;
        ListenerCounts counts;
        std::uint32_t kernel_drops = 0;
        std::unordered_map<std::array<std::uint8_t, 16>, Flow*, AddressHash> known;
    };
    struct Connection {
        Listener* listener = nullptr;
        Descriptor socket;
        sockaddr_storage from{};
        std::unique_ptr<TlsSession> tls;
        bool is_ready = false;  // its handshake is over, and it is somebody's
        bool waits_to_write = false;
        std::string certificate;
        Instant opened{};
        std::string buffer;
        Flow* flow = nullptr;
    };
    struct Outcome {
        std::string source;
        Result<std::uint64_t> next;
    };
    struct Datagrams {
        std::vector<char> bytes = std::vector<char>(datagrams_at_once * longest_message);
        std::array<mmsghdr, datagrams_at_once> heads{};
        std::array<iovec, datagrams_at_once> pieces{};
        std::array<sockaddr_storage, datagrams_at_once> from{};
    };
    // What done() of a batch may still touch when we are gone.
    struct Inbox {
        std::mutex guard;
        std::vector<Outcome> outcomes;
        std::optional<Senders> senders;
        Descriptor wake{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};

        void ring() const {
            const std::uint64_t one = 1;
            [[maybe_unused]] const auto put = ::write(wake.get(), &one, sizeof one);
        }
    };

    Impl(ReceptionOptions given, archive::Intake& in, const Clock& time, Record how)
        : options(std::move(given)), intake(in), clock(time), record(std::move(how)) {}

    ReceptionOptions options;
    archive::Intake& intake;
    const Clock& clock;
    Record record;
    std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>();

    mutable std::mutex guard;  // of everything below; not held while waiting
    Senders senders;
    std::vector<std::unique_ptr<Listener>> listeners;
    std::list<Connection> connections;
    std::map<std::string, std::unique_ptr<Flow>> flows;
    std::map<std::tuple<std::string, std::string, std::string>, Stranger> strangers;
    std::unique_ptr<Datagrams> datagrams;
    std::size_t waiting = 0;  // bytes
    bool is_stopping = false;
    std::optional<Error> trouble;
    Instant since{};
    Instant looked_for_folders{};

    // ---- whose is it -----------------------------------------------------------------------

    Flow& flow_of(const std::string& source) {
        auto& flow = flows[source];
        if (!flow) {
            flow = std::make_unique<Flow>();
            flow->counts.source = source;
            flow->next = intake.archive().next_line(source);
        }
        return *flow;
    }

    Flow* owner(Listener& listener, const sockaddr_storage& from) {
        const auto address = bytes_of(from);
        if (const auto found = listener.known.find(address); found != listener.known.end())
            return found->second;
        const auto* source = senders.find(listener.settings.name, from, {});
        Flow* flow = source == nullptr ? nullptr : &flow_of(*source);
        // Addresses of datagrams can be invented: what we remember of them is bounded.
        if (listener.known.size() >= most_known_addresses) listener.known.clear();
        listener.known.emplace(address, flow);
        return flow;
    }

    void note_stranger(const std::string& listener, const std::string& address,
                       const std::string& certificate, std::uint64_t count = 1) {
        const auto key = std::tuple(listener, address, certificate);
        auto found = strangers.find(key);
        if (found == strangers.end()) {
            if (strangers.size() >= most_strangers)
                strangers.erase(std::ranges::min_element(strangers, {}, [](const auto& item) {
                    return std::pair(item.second.count, item.second.last_at);
                }));
            found = strangers.emplace(key, Stranger{listener, address, certificate, 0, {}}).first;
        }
        found->second.count += count;
        found->second.last_at = clock.now();
    }

    bool has_room(const Flow& flow) const {
        return flow.bytes() < options.source_bytes && waiting < options.memory_bytes;
    }

    void take_lines(Flow& flow, std::size_t lines, std::size_t bytes_before) {
        if (lines == 0) return;
        if (flow.filling_lines == 0) flow.filling_since = clock.now();
        flow.filling_lines += lines;
        flow.counts.received += lines;
        waiting += flow.filling.size() - bytes_before;
    }

    void replace_senders(Senders fresh) {
        senders = std::move(fresh);
        for (auto& listener : listeners) listener->known.clear();
        for (const auto& source : senders.sources()) flow_of(source);
        for (auto& [source, flow] : flows) {
            flow->is_known = senders.sources().contains(source);
            if (!flow->is_known) {
                waiting -= flow->filling.size();
                flow->counts.refused += std::exchange(flow->filling_lines, 0);
                flow->filling.clear();
                flow->filling.shrink_to_fit();
            }
            const bool by_files = !options.files.empty() && senders.takes_files(source);
            if (by_files && !flow->drop) {
                std::error_code error;
                const std::string folder = options.files + "/" + source;
                std::filesystem::create_directories(folder, error);
                flow->drop = std::make_unique<Drop>(folder, options.files_quiet);
                flow->looked_at = Instant{};
            } else if (!by_files) {
                flow->drop.reset();
            }
        }
        // Who is no sender any more is cut off; who has become another's sender begins anew.
        for (auto& connection : connections) {
            if (!connection.is_ready) continue;
            const auto* source = senders.find(connection.listener->settings.name, connection.from,
                                              connection.certificate);
            if (source == nullptr || connection.flow != flows.at(*source).get())
                connection.flow = nullptr;
        }
    }

    // ---- taking in -------------------------------------------------------------------------

    void take_datagrams(Listener& listener) {
        auto& many = *datagrams;
        const auto format = [&](Flow& flow, const sockaddr_storage& from, std::string_view bytes) {
            if (listener.settings.way == Way::syslog_udp) return add_line(flow.filling, bytes);
            return add_line(flow.filling, datagram_line(address_text(from, false), bytes));
        };
        for (int round = 0; round < rounds_of_datagrams; ++round) {
            for (std::size_t i = 0; i < datagrams_at_once; ++i) {
                many.pieces[i] = {many.bytes.data() + i * longest_message, longest_message};
                many.heads[i] = {};
                many.heads[i].msg_hdr.msg_iov = &many.pieces[i];
                many.heads[i].msg_hdr.msg_iovlen = 1;
                many.heads[i].msg_hdr.msg_name = &many.from[i];
                many.heads[i].msg_hdr.msg_namelen = sizeof many.from[i];
            }
            const int got = ::recvmmsg(listener.socket.get(), many.heads.data(), datagrams_at_once,
                                       MSG_DONTWAIT, nullptr);
            for (int i = 0; i < got; ++i) {
                const auto at = static_cast<std::size_t>(i);
                const std::string_view bytes(many.bytes.data() + at * longest_message,
                                             many.heads[at].msg_len);
                Flow* flow = owner(listener, many.from[at]);
                if (flow == nullptr) {
                    ++listener.counts.nobodys;
                    note_stranger(listener.settings.name, address_text(many.from[at], false), {});
                } else if (!has_room(*flow)) {
                    ++listener.counts.dropped;
                    ++flow->counts.dropped;
                    ++flow->missing;
                } else {
                    const auto before = flow->filling.size();
                    const auto lines = format(*flow, many.from[at], bytes);
                    listener.counts.received += lines;
                    take_lines(*flow, lines, before);
                }
            }
            if (got < static_cast<int>(datagrams_at_once)) break;
        }
        note_kernel_drops(listener);
    }

    static void note_kernel_drops(Listener& listener) {
        std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
        socklen_t length = sizeof memory;
        if (::getsockopt(listener.socket.get(), SOL_SOCKET, SO_MEMINFO, memory.data(), &length) !=
                0 ||
            length <= SK_MEMINFO_DROPS * sizeof memory[0])
            return;
        const auto now = memory[SK_MEMINFO_DROPS];
        listener.counts.dropped_earlier += now - listener.kernel_drops;
        listener.kernel_drops = now;
    }

    void accept_from(Listener& listener) {
        for (;;) {
            Connection fresh;
            fresh.listener = &listener;
            socklen_t length = sizeof fresh.from;
            fresh.socket = Descriptor(::accept4(listener.socket.get(),
                                                reinterpret_cast<sockaddr*>(&fresh.from), &length,
                                                SOCK_NONBLOCK | SOCK_CLOEXEC));
            if (!fresh.socket) return;
            const auto address = bytes_of(fresh.from);
            const auto of_address = std::ranges::count_if(
                connections, [&](const Connection& one) { return bytes_of(one.from) == address; });
            if (connections.size() >= options.connections ||
                static_cast<std::size_t>(of_address) >= options.connections_per_address) {
                ++listener.counts.turned_away;
                continue;
            }
            const int on = 1, idle = 60;
            ::setsockopt(fresh.socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
            ::setsockopt(fresh.socket.get(), IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
            fresh.opened = clock.now();
            if (listener.tls) {
                fresh.tls = TlsSession::accept(listener.tls, fresh.socket.get());
                if (!fresh.tls) {
                    ++listener.counts.turned_away;
                    continue;
                }
            } else if (!settle_owner(fresh)) {
                continue;
            }
            ++listener.counts.connections;
            connections.push_back(std::move(fresh));
        }
    }

    bool settle_owner(Connection& connection) {
        auto& listener = *connection.listener;
        const auto* source =
            senders.find(listener.settings.name, connection.from, connection.certificate);
        if (source == nullptr) {
            ++listener.counts.nobodys;
            note_stranger(listener.settings.name, address_text(connection.from, false),
                          connection.certificate);
            return false;
        }
        connection.flow = &flow_of(*source);
        connection.is_ready = true;
        return true;
    }

    // False: the connection is over.
    bool serve(Connection& connection) {
        if (!connection.is_ready) {
            const auto state = connection.tls->handshake();
            connection.waits_to_write = state == TlsSession::State::waits_to_write;
            if (state == TlsSession::State::again) {
                connection.certificate = connection.tls->fingerprint();
                if (!settle_owner(connection)) return false;
            } else if (state == TlsSession::State::ended ||
                       clock.now() - connection.opened >= options.handshake) {
                ++connection.listener->counts.turned_away;
                return false;
            } else {
                return true;
            }
        }
        if (connection.flow == nullptr) return false;
        std::array<char, read_at_once> piece;
        for (int i = 0; i < reads_of_a_connection && has_room(*connection.flow); ++i) {
            std::size_t got = 0;
            bool ended = false;
            if (connection.tls) {
                const auto state = connection.tls->read(piece, got);
                connection.waits_to_write = state == TlsSession::State::waits_to_write;
                ended = state == TlsSession::State::ended;
                if (got == 0 && !ended) return true;
            } else {
                const auto count = ::recv(connection.socket.get(), piece.data(), piece.size(), 0);
                if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
                    return true;
                ended = count <= 0;
                got = ended ? 0 : static_cast<std::size_t>(count);
            }
            connection.buffer.append(piece.data(), got);
            auto& flow = *connection.flow;
            const auto before = flow.filling.size();
            const auto lines =
                take_messages(connection.buffer, flow.filling, ended, longest_message);
            connection.listener->counts.received += lines;
            take_lines(flow, lines, before);
            if (ended) return false;
        }
        return true;
    }

    void take_files(Flow& flow) {
        const auto now = clock.now();
        if (!flow.drop || !flow.is_known || !has_room(flow) || flow.drop->at_end()) return;
        if (now - flow.looked_at < look_for_files_every) return;
        const auto before = flow.filling.size();
        // More than nothing was read: perhaps there is more at once.
        const auto lines =
            flow.drop->read(flow.next + flow.missing + flow.flying_lines + flow.filling_lines, now,
                            flow.filling, read_of_a_file);
        if (!lines) {
            trouble = lines.error();
            flow.looked_at = now;
            return;
        }
        take_lines(flow, *lines, before);
        flow.drop->confirm(flow.next);  // it may have held nothing that is not there yet
        note_files(flow);
        if (*lines == 0 && !flow.drop->at_end()) flow.looked_at = now;
    }

    static void note_files(Flow& flow) {
        flow.counts.files = flow.drop->counts().files;
        flow.counts.files_refused = flow.drop->counts().refused;
    }

    void look_for_strange_folders() {
        if (options.files.empty() ||
            clock.now() - looked_for_folders < look_for_strange_folders_every)
            return;
        looked_for_folders = clock.now();
        std::error_code error;
        for (auto at = std::filesystem::directory_iterator(options.files, error);
             !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
            const auto name = at->path().filename().string();
            if (senders.takes_files(name) || name.starts_with('.')) continue;
            strangers.erase(std::tuple(std::string("files"), name, std::string()));
            note_stranger("files", name, {});
        }
    }

    // ---- handing over ----------------------------------------------------------------------

    void hand_over(Flow& flow) {
        const auto now = clock.now();
        if (flow.in_flight || now < flow.retry_at) return;
        if (flow.flying.empty()) {
            const bool is_due = flow.filling.size() >= options.batch_soon_bytes ||
                                now - flow.filling_since >= options.linger || is_stopping ||
                                (flow.drop && flow.drop->at_end());
            if (flow.filling_lines == 0 || !is_due) return;
            if (flow.filling.size() <= options.batch_bytes) {
                std::swap(flow.flying, flow.filling);
                flow.flying_lines = std::exchange(flow.filling_lines, 0);
            } else {
                auto end = flow.filling.rfind('\n', options.batch_bytes - 1);
                if (end == std::string::npos) end = flow.filling.find('\n');
                flow.flying = flow.filling.substr(0, end + 1);
                flow.filling.erase(0, end + 1);
                flow.flying_lines =
                    static_cast<std::uint64_t>(std::ranges::count(flow.flying, '\n'));
                flow.filling_lines -= flow.flying_lines;
            }
        }
        flow.told_missing = flow.missing;
        archive::Batch batch;
        batch.source = flow.counts.source;
        batch.first_line = flow.next + flow.missing;
        batch.after_a_gap = flow.missing > 0;
        batch.lines = flow.flying;
        batch.actor = "system";
        batch.record = [how = record, gap = batch.after_a_gap](journal::Recorder& recorder,
                                                               const archive::BlockHead& head) {
            return how(recorder, head, gap);
        };
        batch.done = [inbox = inbox, source = flow.counts.source](Result<std::uint64_t> next) {
            {
                std::lock_guard lock(inbox->guard);
                inbox->outcomes.push_back({source, std::move(next)});
            }
            inbox->ring();
        };
        flow.in_flight = true;
        if (auto taken = intake.submit(std::move(batch)); !taken) {
            flow.in_flight = false;
            flow.retry_at = now + 100ms;
        }
    }

    void settle(const Outcome& outcome) {
        Flow& flow = flow_of(outcome.source);
        flow.in_flight = false;
        const auto drop_flying = [&] {
            waiting -= flow.flying.size();
            flow.flying.clear();
            flow.flying_lines = 0;
        };
        if (outcome.next) {
            flow.counts.accepted += flow.flying_lines;
            flow.next = *outcome.next;
            flow.missing -= flow.told_missing;
            drop_flying();
            trouble.reset();
            if (flow.drop) {
                flow.drop->confirm(flow.next);
                note_files(flow);
            }
            return;
        }
        const auto& error = outcome.next.error();
        if (error.kind == ErrorKind::unavailable || error.kind == ErrorKind::corrupt) {
            // The line stays ours until the disk or the database is well again.
            trouble = error;
            flow.retry_at = clock.now() + retry_after;
            return;
        }
        if (error.key == "edge.archive.gap" || error.key == "watch.logs.out_of_order") {
            flow.next = intake.archive().next_line(outcome.source);
            flow.missing -= std::exchange(flow.told_missing, 0);
            flow.retry_at = clock.now() + retry_after;
            return;
        }
        // No agreement any more, or the source was retired: nothing of it may be kept.
        flow.counts.refused += flow.flying_lines;
        drop_flying();
    }

    // ---- a turn ----------------------------------------------------------------------------

    void wait(std::chrono::milliseconds patience) {
        std::vector<pollfd> polled{{inbox->wake.get(), POLLIN, 0}};
        {
            std::lock_guard lock(guard);
            const auto now = clock.now();
            const auto until = [&](Instant due) {
                patience = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(due - now), 0ms,
                                      patience);
            };
            if (!is_stopping)
                for (const auto& one : listeners) polled.push_back({one->socket.get(), POLLIN, 0});
            for (const auto& one : connections) {
                if (one.is_ready && one.flow != nullptr && !has_room(*one.flow)) continue;
                if (one.tls && one.tls->holds_bytes()) patience = 0ms;
                polled.push_back({one.socket.get(),
                                  static_cast<short>(one.waits_to_write ? POLLOUT : POLLIN), 0});
            }
            for (const auto& [source, flow] : flows) {
                if (flow->drop && !flow->drop->at_end() && has_room(*flow))
                    until(flow->looked_at + look_for_files_every);
                if (flow->in_flight || (flow->flying.empty() && flow->filling.empty())) continue;
                until(std::max(flow->retry_at, flow->flying.empty()
                                                   ? flow->filling_since + options.linger
                                                   : Instant{}));
            }
        }
        ::poll(polled.data(), polled.size(), static_cast<int>(patience.count()));
        std::uint64_t rung = 0;
        while (::read(inbox->wake.get(), &rung, sizeof rung) > 0) {}
    }

    void work() {
        std::vector<Outcome> outcomes;
        std::optional<Senders> fresh;
        {
            std::lock_guard lock(inbox->guard);
            outcomes.swap(inbox->outcomes);
            fresh.swap(inbox->senders);
        }
        std::lock_guard lock(guard);
        for (const auto& outcome : outcomes) settle(outcome);
        if (fresh) replace_senders(std::move(*fresh));
        for (auto& listener : listeners) {
            if (is_stopping) break;
            if (is_datagrams(listener->settings.way))
                take_datagrams(*listener);
            else
                accept_from(*listener);
        }
        for (auto it = connections.begin(); it != connections.end();) {
            if (serve(*it)) {
                ++it;
                continue;
            }
            --it->listener->counts.connections;
            it = connections.erase(it);
        }
        for (auto& [source, flow] : flows) {
            if (!is_stopping) take_files(*flow);
            hand_over(*flow);
        }
        if (!is_stopping) look_for_strange_folders();
    }

    bool is_empty() const {
        std::lock_guard lock(guard);
        return std::ranges::all_of(flows, [](const auto& item) {
            return item.second->filling.empty() && item.second->flying.empty();
        });
    }
};

Reception::Reception(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reception::~Reception() = default;

Result<std::unique_ptr<Reception>> Reception::open(ReceptionOptions options,
                                                   archive::Intake& intake, const Clock& clock,
                                                   Record record) {
    auto impl = std::make_unique<Impl>(std::move(options), intake, clock, std::move(record));
    impl->since = clock.now();
    for (const auto& settings : impl->options.listeners) {
        auto one = std::make_unique<Impl::Listener>();
        one->settings = settings;
        const bool datagrams = is_datagrams(settings.way);
        TRY_LET(one->socket, listen_on(settings.address, datagrams ? SOCK_DGRAM : SOCK_STREAM));
        if (settings.way == Way::syslog_tls) {
            TRY_LET(one->tls, TlsListener::load(settings.tls_certificate, settings.tls_key));
        }
        if (datagrams && !impl->datagrams) impl->datagrams = std::make_unique<Impl::Datagrams>();
        one->counts.name = settings.name;
        one->counts.way = settings.way;
        one->counts.address = address_of(one->socket);
        impl->listeners.push_back(std::move(one));
    }
    return std::unique_ptr<Reception>(new Reception(std::move(impl)));
}

void Reception::set_senders(Senders senders) {
    {
        std::lock_guard lock(impl_->inbox->guard);
        impl_->inbox->senders = std::move(senders);
    }
    impl_->inbox->ring();
}

Counts Reception::counts() const {
    std::lock_guard lock(impl_->guard);
    Counts all;
    all.since = impl_->since;
    all.waiting_bytes = impl_->waiting;
    all.trouble = impl_->trouble;
    for (const auto& listener : impl_->listeners) all.listeners.push_back(listener->counts);
    for (const auto& [source, flow] : impl_->flows) {
        auto one = flow->counts;
        one.waiting = flow->filling_lines + flow->flying_lines;
        all.sources.push_back(std::move(one));
    }
    for (const auto& [key, stranger] : impl_->strangers) all.strangers.push_back(stranger);
    std::ranges::sort(all.strangers, [](const Stranger& a, const Stranger& b) {
        return std::tie(b.count, a.listener, a.address, a.certificate) <
               std::tie(a.count, b.listener, b.address, b.certificate);
    });
    return all;
}

void Reception::turn(std::chrono::milliseconds patience) {
    impl_->wait(patience);
    impl_->work();
}

void Reception::run(const std::atomic<bool>& stop) {
    while (!stop) turn(1000ms);
    impl_->work();  // what lies in the sockets
    {
        std::lock_guard lock(impl_->guard);
        impl_->is_stopping = true;
        impl_->connections.clear();
    }
    const auto until = impl_->clock.now() + patience_of_a_stop;
    while (!impl_->is_empty() && impl_->clock.now() < until) turn(100ms);
}

void Reception::wake() { impl_->inbox->ring(); }

}  // namespace noroshi::edge::reception
