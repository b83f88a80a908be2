// Short messages through software of other make: an SMPP server (Net::SMPP of Debian) that our
// courier speaks to, and Kannel, which takes ours over HTTP and speaks SMPP to a gateway of ours. All
// of it on loopback ports of its own.

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge/courier/failover.h"
#include "edge/courier/smpp_courier.h"
#include "edge/courier/sms_http_courier.h"
#include "edge/courier/sms_text.h"
#include "edge/courier/smsc_for_tests.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi {
namespace {

using edge::courier::Inbound;
using edge::courier::SmppCourier;
using edge::courier::Smsc;

const std::string long_text =
    "【緊急】[TLP:AMBER] みなと港湾局：コンテナターミナルの停止\n"
    "髙橋様 ① ㈱ 〜 － 🔥 対策本部（県庁3階）に集まってください。到着の見込みを知らせてください。"
    "電話が通じないときは防災無線で呼び出してください。\n1:参集可 2:参集不可 3:代理 記号 a\n"
    "https://port.example/l/0123456789abcdefghijklmnopqrstuvwxyz";

Message alarm(std::string key = "c/p/sms/0") {
    Message message;
    message.key = std::move(key);
    message.channel = Channel::sms;
    message.to = "+819012345678";
    message.text = long_text;
    return message;
}

int free_port(int socket) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    socklen_t size = sizeof at;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size);
    return ntohs(at.sin_port);
}
int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const int port = free_port(socket);
    ::close(socket);
    return port;
}
bool answers(int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool connected = ::connect(socket, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
    ::close(socket);
    return connected;
}

// What comes in, waited for as long as it takes; a test that waits in vain is ended from outside.
template <class T>
class Heard {
public:
    void put(T one) {
        std::lock_guard lock(guard_);
        all_.push_back(std::move(one));
        changed_.notify_all();
    }
    std::vector<T> wait(std::size_t count) {
        std::unique_lock lock(guard_);
        changed_.wait_for(lock, std::chrono::seconds(60), [&] { return all_.size() >= count; });
        EXPECT_GE(all_.size(), count);
        return all_;
    }

private:
    std::mutex guard_;
    std::condition_variable changed_;
    std::vector<T> all_;
};

// A program of other make; its output line by line.
class Program {
public:
    explicit Program(const std::vector<std::string>& command, std::string log = {}) {
        int ends[2];
        EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        process_ = ::fork();
        if (process_ == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            if (!log.empty()) std::freopen(log.c_str(), "w", stderr);
            std::vector<char*> arguments;
            for (const auto& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
            arguments.push_back(nullptr);
            ::execv(arguments[0], arguments.data());
            ::_exit(127);
        }
        ::close(ends[1]);
        reader_ = std::jthread([this, in = ends[0]] {
            FILE* file = ::fdopen(in, "r");
            char line[8192];
            while (std::fgets(line, sizeof line, file) != nullptr) {
                std::string text(line);
                if (text.ends_with('\n')) text.pop_back();
                lines.put(std::move(text));
            }
            std::fclose(file);
        });
    }
    ~Program() { end(); }
    void end() {
        if (process_ <= 0) return;
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
        process_ = 0;
    }
    bool is_running() { return process_ > 0 && ::waitpid(process_, nullptr, WNOHANG) == 0; }
    Heard<std::string> lines;

private:
    pid_t process_ = 0;
    std::jthread reader_;
};

edge::courier::SmppOptions smpp_to(int port, std::string password = "secret") {
    edge::courier::SmppOptions options;
    options.name = "smsc";
    options.host = "127.0.0.1";
    options.port = static_cast<std::uint16_t>(port);
    options.system_id = "noroshi";
    options.password = std::move(password);
    options.source = "+818000000000";
    return options;
}

// The server's own script beside this file; without the package there is nothing to test against.
bool has_smpp_server() {
    const bool has = std::filesystem::exists("/usr/share/perl5/Net/SMPP.pm");
    EXPECT_TRUE(has) << "libnet-smpp-perl is needed; ./dev install test";
    return has;
}
std::vector<std::string> smpp_server() {
    return {"/usr/bin/perl", (std::filesystem::path(__FILE__).parent_path() / "smsc.pl").string()};
}

TEST(SmppPeer, AJapaneseAlarmOfSeveralPartsArrivesWholeAndItsReplyComesBack) {
    // Wrong: our own gateway for tests understands what no other one does.
    if (!has_smpp_server()) return;
    Program server(smpp_server());
    const int port = std::stoi(server.lines.wait(1)[0]);
    Heard<Inbound> inbound;
    auto courier = SmppCourier::create(smpp_to(port),
                                       [&](Inbound one, const std::function<void(bool)>& taken) {
                                           inbound.put(std::move(one));
                                           taken(true);
                                       });
    ASSERT_TRUE(courier);
    const auto delivery = (*courier)->carry(alarm(), 1);
    ASSERT_EQ(delivery.outcome, Outcome::delivered) << delivery.detail;
    std::string expected = long_text;
    for (std::size_t at = 0; (at = expected.find('\n', at)) != std::string::npos; at += 2)
        expected.replace(at, 1, "\\n");
    EXPECT_EQ(server.lines.wait(2)[1], "819012345678 818000000000 " + expected);
    const auto heard = inbound.wait(2);
    ASSERT_GE(heard.size(), 2U);
    EXPECT_EQ(heard[0].kind, Inbound::Kind::receipt);
    EXPECT_EQ(heard[0].reference, delivery.reference);
    EXPECT_TRUE(heard[0].arrived);
    EXPECT_EQ(heard[1].kind, Inbound::Kind::words);
    EXPECT_EQ(heard[1].from, "819012345678");
    EXPECT_EQ(heard[1].text, "１　０４：１０");
}

TEST(SmppPeer, AWrongPasswordAndAGoneServerCostTheGatewayAndNotTheMessage) {
    // Wrong: with the first gateway down the alarm is lost instead of taken by the second.
    if (!has_smpp_server()) return;
    Program first(smpp_server());
    Program second(smpp_server());
    const int gone = std::stoi(first.lines.wait(1)[0]);
    const int port = std::stoi(second.lines.wait(1)[0]);
    auto refused = SmppCourier::create(smpp_to(port, "wrong"), {});
    ASSERT_TRUE(refused);
    EXPECT_EQ((*refused)->carry(alarm(), 1).outcome, Outcome::failed);
    refused->reset();

    std::vector<edge::courier::FailoverCourier::Gateway> gateways;
    for (const int to : {gone, port}) {
        auto options = smpp_to(to);
        options.name = to == gone ? "first" : "second";
        auto courier = SmppCourier::create(std::move(options), {});
        ASSERT_TRUE(courier);
        gateways.push_back({to == gone ? "first" : "second", std::move(*courier)});
    }
    const PretendClock clock{*parse_rfc3339("2026-07-04T06:30:00+09:00")};
    edge::courier::FailoverCourier both(std::move(gateways), clock);
    ASSERT_EQ(both.carry(alarm("c/a/sms/0"), 1).outcome, Outcome::delivered);
    first.end();
    const auto broken = both.carry(alarm("c/b/sms/0"), 1);
    EXPECT_NE(broken.outcome, Outcome::delivered);
    const auto again = both.carry(alarm("c/b/sms/0"), 2);
    EXPECT_EQ(again.outcome, Outcome::delivered);
    EXPECT_EQ(again.gateway, "second");
    // The next person is not made to find out.
    const auto next = both.carry(alarm("c/c/sms/0"), 1);
    EXPECT_EQ(next.gateway, "second");
    EXPECT_EQ(next.outcome, Outcome::delivered) << next.detail;
}

// ---- Kannel --------------------------------------------------------------------------------

// Where Kannel brings what it hears: request line, headers and body.
class Listener {
public:
    Listener() {
        listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        port_ = free_port(listening_);
        EXPECT_EQ(::listen(listening_, 16), 0);
        thread_ = std::jthread([this] {
            for (int socket = 0; (socket = ::accept(listening_, nullptr, nullptr)) >= 0;) {
                std::string text;
                char bytes[4096];
                for (ssize_t size = 0;
                     !is_whole(text) && (size = ::recv(socket, bytes, sizeof bytes, 0)) > 0;)
                    text.append(bytes, static_cast<std::size_t>(size));
                constexpr std::string_view thanks =
                    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n"
                    "Connection: close\r\n\r\n";
                ::send(socket, thanks.data(), thanks.size(), MSG_NOSIGNAL);
                ::close(socket);
                asked.put(text);
            }
        });
    }
    ~Listener() {
        ::shutdown(listening_, SHUT_RDWR);
        thread_.join();
        ::close(listening_);
    }
    int port() const { return port_; }
    Heard<std::string> asked;

private:
    static bool is_whole(const std::string& text) {
        const auto head = text.find("\r\n\r\n");
        if (head == std::string::npos) return false;
        constexpr std::string_view name = "Content-Length: ";
        const auto at = text.find(name);
        const std::size_t length =
            at < head ? std::strtoul(text.c_str() + at + name.size(), nullptr, 10) : 0;
        return text.size() >= head + 4 + length;
    }

    int listening_ = -1;
    int port_ = 0;
    std::jthread thread_;
};

class Kannel {
public:
    Kannel(int smsc, int listener) {
        send_port = free_port();
        const int admin = free_port();
        const int boxes = free_port();
        const std::string configuration = folder_ / "kannel.conf";
        std::ofstream(configuration)
            << "group = core\nadmin-port = " << admin << "\nadmin-interface = 127.0.0.1\n"
            << "admin-password = admin\nsmsbox-port = " << boxes
            << "\nsmsbox-interface = 127.0.0.1\nbox-allow-ip = 127.0.0.1\n"
            << "log-level = 1\nlog-file = " << (folder_ / "bearerbox.log") << "\n\n"
            << "group = smsc\nsmsc = smpp\nsmsc-id = ours\nhost = 127.0.0.1\nport = " << smsc
            << "\ntransceiver-mode = true\nsmsc-username = kannel\nsmsc-password = secret\n"
            << "system-type = x\nreconnect-delay = 1\n\n"
            << "group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = " << send_port
            << "\nsendsms-interface = 127.0.0.1\nlog-level = 1\nlog-file = "
            << (folder_ / "smsbox.log") << "\n\n"
            << "group = sendsms-user\nusername = noroshi\npassword = secret\n"
            << "max-messages = 10\nconcatenation = true\n\n"
            << "group = sms-service\nkeyword = default\nmax-messages = 0\n"
            << "post-url = \"http://127.0.0.1:" << listener << "/words?from=%p\"\n";
        bearerbox_ = std::make_unique<Program>(
            std::vector<std::string>{"/usr/sbin/bearerbox", "-v", "4", configuration},
            folder_ / "bearerbox.err");
        while (!answers(boxes) && bearerbox_->is_running()) std::this_thread::yield();
        smsbox_ = std::make_unique<Program>(
            std::vector<std::string>{"/usr/sbin/smsbox", "-v", "4", configuration},
            folder_ / "smsbox.err");
        while (!answers(send_port) && smsbox_->is_running()) std::this_thread::yield();
        EXPECT_TRUE(bearerbox_->is_running() && smsbox_->is_running());
    }
    int send_port = 0;

private:
    store::TemporaryFolder folder_;
    std::unique_ptr<Program> bearerbox_, smsbox_;
};

TEST(KannelPeer, AnAlarmGoesThroughKannelAndItsReplyAndReceiptComeBack) {
    // Wrong: what Kannel makes of our request, or of our gateway's PDUs, is not what we meant.
    ASSERT_TRUE(std::filesystem::exists("/usr/sbin/bearerbox"))
        << "kannel is needed; ./dev install test";
    Smsc smsc;
    smsc.sends_receipts = true;
    Listener listener;
    Kannel kannel(smsc.port(), listener.port());
    edge::courier::SmsHttpOptions options;
    options.kind = edge::courier::SmsHttpOptions::Kind::kannel;
    options.name = "kannel";
    options.url = "http://127.0.0.1:" + std::to_string(kannel.send_port) + "/cgi-bin/sendsms";
    options.user = "noroshi";
    options.password = "secret";
    options.from = "+818000000000";
    options.receipts =
        "http://127.0.0.1:" + std::to_string(listener.port()) + "/receipt?gateway=kannel";
    auto courier = edge::courier::SmsHttpCourier::create(options);
    ASSERT_TRUE(courier);
    const auto delivery = (*courier)->carry(alarm(), 1);
    ASSERT_EQ(delivery.outcome, Outcome::delivered) << delivery.detail;
    const auto receipt = listener.asked.wait(1)[0];
    EXPECT_TRUE(receipt.contains("reference=" + delivery.reference)) << receipt;
    EXPECT_TRUE(receipt.contains("status=1 ")) << receipt;
    const auto taken = smsc.taken();
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].to, "819012345678");
    EXPECT_EQ(taken[0].text, long_text);
    smsc.say("819012345678", "参集可 04:10");
    // Just so the room takes them: POST /api/respond/callout/inbound/sms (callout_wave_story).
    const auto words = listener.asked.wait(2)[1];
    EXPECT_TRUE(words.starts_with("POST /words?from=819012345678 ")) << words;
    EXPECT_TRUE(words.contains("Content-Type: text/plain; charset=\"UTF-16BE\"")) << words;
    const auto body = words.substr(words.find("\r\n\r\n") + 4);
    EXPECT_EQ(edge::courier::read_sms(body, 8, false).text, "参集可 04:10");
}

}  // namespace
}  // namespace noroshi
