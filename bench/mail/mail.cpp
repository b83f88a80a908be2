// An alarm to 10,000 people by mail, durable before and after, held against a plain libcurl loop that
// sends the same mails to the same sink over as many threads in the same run. README.md says what is
// compared.

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <memory>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/alarm.h"
#include "edge/courier/smtp_courier.h"

namespace noroshi::bench {
namespace {

constexpr std::size_t people = 10'000;
constexpr unsigned threads = 8;  // as app/couriers.cpp has them
constexpr int rounds = 3;
constexpr double limit = 1.3;

using edge::courier::SmtpCourier;

// Takes every mail and forgets it: one thread for each connection, loopback. Offers PIPELINING, as
// Postfix, Exim and Exchange do, or not; answers what came together in one packet.
enum class Offers { pipelining, nothing };
class Sink {
public:
    explicit Sink(Offers offers) : offers_(offers) {
        listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT(::bind(listening_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
        ASSERT(::listen(listening_, 128) == 0);
        socklen_t size = sizeof at;
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(at.sin_port);
        accepting_ = std::jthread([this] {
            for (int socket = 0; (socket = ::accept(listening_, nullptr, nullptr)) >= 0;)
                std::thread([this, socket] { talk(socket); }).detach();
        });
    }
    ~Sink() {
        ::shutdown(listening_, SHUT_RDWR);
        accepting_.join();
        ::close(listening_);
        while (talking_ > 0) std::this_thread::yield();
    }
    std::uint16_t port() const { return port_; }
    std::atomic<std::size_t> mails = 0;

private:
    void talk(int socket) {
        ++talking_;
        const int on = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        std::string answers;
        auto say = [&](std::string_view line) {
            answers += line;
            return true;
        };
        auto send_answers = [&] {
            const bool sent =
                answers.empty() || ::send(socket, answers.data(), answers.size(), MSG_NOSIGNAL) > 0;
            answers.clear();
            return sent;
        };
        std::string heard;
        bool text = false;
        char bytes[16384];
        bool open = say("220 sink\r\n");
        while (open) {
            if (!send_answers()) break;
            const auto size = ::recv(socket, bytes, sizeof bytes, 0);
            if (size <= 0) break;
            heard.append(bytes, static_cast<std::size_t>(size));
            while (open) {
                if (text) {
                    const auto end = heard.find("\r\n.\r\n");
                    if (end == std::string::npos) break;
                    heard.erase(0, end + 5);
                    text = false;
                    ++mails;
                    open = say("250 2.0.0 taken\r\n");
                    continue;
                }
                const auto end = heard.find("\r\n");
                if (end == std::string::npos) break;
                const auto line = heard.substr(0, end);
                heard.erase(0, end + 2);
                text = line == "DATA";
                if (line.starts_with("EHLO") && offers_ == Offers::pipelining) {
                    open = say("250-sink\r\n250 PIPELINING\r\n");
                    continue;
                }
                if (line == "QUIT") {
                    say("221 bye\r\n");
                    open = false;
                } else {
                    open = say(text ? "354 go ahead\r\n" : "250 ok\r\n");
                }
            }
        }
        send_answers();
        ::close(socket);
        --talking_;
    }

    Offers offers_;
    int listening_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> talking_ = 0;
    std::jthread accepting_;
};

// Of the whole process: the sink's share is in it, in ours as in the plain loop's.
double cpu_seconds() {
    rusage spent{};
    ::getrusage(RUSAGE_SELF, &spent);
    auto seconds = [](const timeval& part) {
        return static_cast<double>(part.tv_sec) + static_cast<double>(part.tv_usec) / 1e6;
    };
    return seconds(spent.ru_utime) + seconds(spent.ru_stime);
}

struct Plain {
    std::string to;
    std::string mail;
};

std::size_t give(char* into, std::size_t size, std::size_t count, void* context) {
    auto& rest = *static_cast<std::string_view*>(context);
    const auto length = std::min(size * count, rest.size());
    std::memcpy(into, rest.data(), length);
    rest.remove_prefix(length);
    return length;
}

// `kept`: one handle for each thread, and with it one connection, used for one mail after the other;
// else a handle for each mail, as libcurl's own example for SMTP has it.
enum class Handles { kept, fresh };
double plain_loop(std::uint16_t port, const std::vector<Plain>& mails, Handles handles) {
    const std::string url = "smtp://127.0.0.1:" + std::to_string(port) + "/port.example";
    const auto start = SteadyClock::now();
    std::atomic<std::size_t> next = 0;
    {
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < threads; ++i)
            workers.emplace_back([&] {
                CURL* curl = nullptr;
                for (std::size_t at = 0; (at = next++) < mails.size();) {
                    std::string_view rest = mails[at].mail;
                    if (curl == nullptr) curl = curl_easy_init();
                    curl_slist* to = curl_slist_append(nullptr, ("<" + mails[at].to + ">").c_str());
                    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
                    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
                    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, "<noroshi@port.example>");
                    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
                    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
                    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
                    curl_easy_setopt(curl, CURLOPT_READDATA, &rest);
                    ASSERT(curl_easy_perform(curl) == CURLE_OK);
                    curl_slist_free_all(to);
                    if (handles == Handles::kept) continue;
                    curl_easy_cleanup(curl);
                    curl = nullptr;
                }
                if (curl != nullptr) curl_easy_cleanup(curl);
            });
    }
    return seconds_since(start);
}

}  // namespace

namespace {

std::unique_ptr<SmtpCourier> courier_to(const Sink& sink, const Clock& clock) {
    edge::courier::SmtpOptions options;
    options.from = {"noroshi@port.example", "Noroshi", "Asia/Tokyo"};
    options.relays.resize(1);
    options.relays[0].host = "127.0.0.1";
    options.relays[0].port = sink.port();
    options.relays[0].security = edge::courier::Security::none;
    auto courier = SmtpCourier::create(options, clock);
    ASSERT(courier);
    return std::move(*courier);
}

// The mails that a call-out sends, ready-made: the loop is not to be slow by writing them.
std::vector<Plain> mails_of_a_call_out(const std::string& dir, const Clock& clock) {
    Sink sink(Offers::pipelining);
    const auto courier = courier_to(sink, clock);
    Keeping keeping(*courier);
    keeping.sent.reserve(people);
    AlarmedPort(dir, people, Channel::email, {&keeping, threads}).call_out();
    ASSERT(sink.mails == people && keeping.sent.size() == people);
    std::vector<Plain> mails;
    for (const auto& message : keeping.sent)
        mails.push_back({message.to, edge::courier::write_mail(
                                         message, {"noroshi@port.example", "Noroshi", "Asia/Tokyo"},
                                         clock.now())});
    return mails;
}

}  // namespace

int run(const std::string& dir) {
    RealClock clock;
    const auto mails = mails_of_a_call_out(dir, clock);
    std::map<Offers, std::vector<double>> ratios;
    for (int round = 0; round < rounds; ++round)
        for (const Offers offers : {Offers::pipelining, Offers::nothing}) {
            Sink sink(offers);
            const auto courier = courier_to(sink, clock);
            double ours = 0;
            double ours_cpu = 0;
            {
                AlarmedPort port(dir, people, Channel::email, {courier.get(), threads});
                const double cpu = cpu_seconds();
                ours = port.call_out();
                ours_cpu = cpu_seconds() - cpu;
            }
            ASSERT(sink.mails == people);
            const double cpu = cpu_seconds();
            const double kept = plain_loop(sink.port(), mails, Handles::kept);
            const double kept_cpu = cpu_seconds() - cpu;
            const double fresh = plain_loop(sink.port(), mails, Handles::fresh);
            fmt::print(
                "{}: ours {:.2f} s (CPU {:.2f} s); plain libcurl loop {:.2f} s (CPU {:.2f} s): "
                "{:.2f} times; with a handle for each mail {:.2f} s: {:.2f} times\n",
                offers == Offers::pipelining ? "sink with PIPELINING" : "sink without", ours,
                ours_cpu, kept, kept_cpu, ours / kept, fresh, ours / fresh);
            ratios[offers].push_back(ours / kept);
        }
    auto median = [](std::vector<double> all) {
        std::ranges::sort(all);
        return all[all.size() / 2];
    };
    const double ratio = median(ratios[Offers::pipelining]);
    fmt::print("mail: {} people, {} threads, median of {}: {:.2f} times, limit {}: {}\n", people,
               threads, rounds, ratio, limit, ratio <= limit ? "reached" : "NOT REACHED");
    fmt::print("mail, a sink that offers no PIPELINING: {:.2f} times\n",
               median(ratios[Offers::nothing]));
    return ratio <= limit ? 0 : 1;
}

}  // namespace noroshi::bench

int main(int count, char** arguments) {
    return noroshi::bench::run(count > 1 ? arguments[1] : "build/bench/mail-data");
}
