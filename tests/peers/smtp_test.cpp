// Mail through a real server of other make: aiosmtpd from Debian's packages, on a free loopback
// port, with STARTTLS, delivering to a Maildir. What arrived is read by Python's mail parser, not by
// ours. (An MTA such as Exim or Postfix would replace the machine's own mail server when its package
// is installed, and wants to be root.)

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "edge/courier/failover.h"
#include "edge/courier/smtp_courier.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi {
namespace {

using edge::courier::Security;
using edge::courier::SmtpCourier;
using edge::courier::SmtpOptions;

constexpr const char* server_program = "/usr/bin/aiosmtpd";

std::string output_of(const std::string& command) {
    std::string out;
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return out;
    char bytes[4096];
    for (std::size_t size = 0; (size = std::fread(bytes, 1, sizeof bytes, pipe)) > 0;)
        out.append(bytes, size);
    ::pclose(pipe);
    return out;
}

std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    socklen_t size = sizeof at;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size);
    ::close(socket);
    return ntohs(at.sin_port);
}

bool answers(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    const bool connected = ::connect(socket, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
    ::close(socket);
    return connected;
}

// The server, with a certificate for localhost made for this test.
class MailServer {
public:
    MailServer() {
        const std::string key = folder_ / "key.pem";
        output_of(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
            "-addext subjectAltName=DNS:localhost -keyout " +
            key + " -out " + certificate() + " 2>&1");
        EXPECT_TRUE(std::filesystem::exists(certificate())) << "openssl is needed";
        EXPECT_TRUE(std::filesystem::exists(server_program))
            << "python3-aiosmtpd is needed; ./dev install test";
        for (int attempt = 0; attempt < 5 && !running(); ++attempt) start(key);
        EXPECT_TRUE(running());
    }
    ~MailServer() { end(); }
    void end() {
        if (process_ <= 0) return;
        ::kill(process_, SIGCONT);
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
        process_ = 0;
    }
    // Takes connections and says nothing more.
    void hang() { ::kill(process_, SIGSTOP); }

    std::uint16_t port() const { return port_; }
    std::string certificate() const { return folder_ / "certificate.pem"; }
    std::string log() const { return folder_ / "log"; }
    // What arrived, as Python's parser reads it.
    boost::json::array mails() const {
        const std::string script = folder_ / "read.py";
        std::ofstream(script) << R"(
import email, email.policy, glob, json, sys
out = []
for path in sorted(glob.glob(sys.argv[1] + "/new/*")):
    mail = email.message_from_binary_file(open(path, "rb"), policy=email.policy.default)
    parts = {part.get_content_type(): part.get_content().replace("\r\n", "\n") for part in mail.walk() if not part.is_multipart()}
    out.append({"headers": {name.lower(): str(value) for name, value in mail.items()}, "parts": parts,
                "defects": [str(d) for d in mail.defects],
                "longest": max(len(line) for line in open(path, "rb").read().split(b"\n"))})
print(json.dumps(out))
)";
        const auto text = output_of("/usr/bin/python3 " + script + " " + maildir());
        boost::json::error_code error;
        auto value = boost::json::parse(text, error);
        EXPECT_FALSE(error) << text;
        return value.is_array() ? value.get_array() : boost::json::array{};
    }

private:
    std::string maildir() const { return folder_ / "maildir"; }
    bool running() const { return process_ > 0 && answers(port_); }

    void start(const std::string& key) {
        port_ = free_port();  // somebody may take it first, hence the attempts
        const std::string where = "localhost:" + std::to_string(port_);
        process_ = ::fork();
        if (process_ == 0) {
            std::freopen(log().c_str(), "w", stderr);
            ::execl(server_program, server_program, "-n", "-u", "-l", where.c_str(), "--tlscert",
                    certificate().c_str(), "--tlskey", key.c_str(), "-c",
                    "aiosmtpd.handlers.Mailbox", maildir().c_str(), static_cast<char*>(nullptr));
            ::_exit(127);
        }
        // Until it listens, or is gone.
        while (!answers(port_)) {
            if (::waitpid(process_, nullptr, WNOHANG) != 0) {
                process_ = 0;
                return;
            }
            std::this_thread::yield();
        }
    }

    store::TemporaryFolder folder_;
    std::uint16_t port_ = 0;
    pid_t process_ = 0;
};

const PretendClock a_clock{*parse_rfc3339("2026-07-04T06:30:00+09:00")};

std::unique_ptr<SmtpCourier> courier_to(const MailServer& server, Security security,
                                        std::string ca_file) {
    SmtpOptions options;
    options.from = {"noroshi@port.example", "灯浜港 サイバー連絡", "Asia/Tokyo"};
    options.relays.resize(1);
    options.relays[0].host = "localhost";
    options.relays[0].port = server.port();
    options.relays[0].security = security;
    options.relays[0].ca_file = std::move(ca_file);
    auto made = SmtpCourier::create(std::move(options), a_clock);
    EXPECT_TRUE(made);
    return std::move(*made);
}

Message alarm() {
    Message m;
    m.key = "c/p/email/0";
    m.to = "duty@terminal-1.example";
    // One encoded word: Python 3.11 puts a space between two of them in a name, against RFC 2047.
    m.to_name = "第一ターミナル 当直";
    m.message_id = "<c.p.0@port.example>";
    m.subject =
        "【訓練】【緊急】[TLP:AMBER+STRICT] "
        "コンテナターミナルシステムの停止について（全ターミナルの"
        "情報セキュリティ担当者は参集の可否を回答してください）";
    m.text = "【訓練】これは訓練です。\n\n髙橋様 ① ㈱ 〜 － 🔥\n.\nFrom here\n" +
             std::string(2'000, 'x') + "\nhttp://port.example/l/abc\n";
    m.html = "<p>髙橋様</p>";
    m.drill = true;
    m.in_reply_to = "<c.p.0@port.example>";
    return m;
}

std::string text_at(const boost::json::value& value, std::string_view pointer) {
    boost::json::error_code error;
    const auto* found = value.find_pointer(pointer, error);
    return found && found->is_string() ? std::string(found->get_string()) : "";
}

TEST(SmtpPeer, AJapaneseAlarmArrivesIntactOverTls) {
    // Wrong: what the duty officer wrote is not what the operator's mail program shows.
    MailServer server;
    const auto sent = alarm();
    const auto delivery =
        courier_to(server, Security::starttls, server.certificate())->carry(sent, 1);
    ASSERT_EQ(delivery.outcome, Outcome::delivered) << delivery.detail;
    const auto mails = server.mails();
    ASSERT_EQ(mails.size(), 1U);
    const auto& mail = mails[0];
    EXPECT_EQ(text_at(mail, "/headers/subject"), sent.subject);
    EXPECT_EQ(text_at(mail, "/parts/text~1plain"), sent.text);
    EXPECT_EQ(text_at(mail, "/parts/text~1html"), sent.html + "\n");
    EXPECT_EQ(text_at(mail, "/headers/to"), "第一ターミナル 当直 <duty@terminal-1.example>");
    EXPECT_EQ(text_at(mail, "/headers/from"), "灯浜港 サイバー連絡 <noroshi@port.example>");
    EXPECT_EQ(text_at(mail, "/headers/message-id"), sent.message_id);
    EXPECT_EQ(text_at(mail, "/headers/in-reply-to"), sent.in_reply_to);
    EXPECT_EQ(text_at(mail, "/headers/date"), "Sat, 04 Jul 2026 06:30:00 +0900");
    EXPECT_EQ(text_at(mail, "/headers/x-noroshi-drill"), "yes");
    EXPECT_EQ(text_at(mail, "/headers/auto-submitted"), "auto-generated");
    EXPECT_EQ(text_at(mail, "/headers/x-rcptto"), "duty@terminal-1.example");
    EXPECT_TRUE(mail.at("defects").as_array().empty()) << boost::json::serialize(mail);
    EXPECT_LE(mail.at("longest").to_number<std::size_t>(), 998U);
}

TEST(SmtpPeer, AnImpostorsCertificateGetsNothing) {
    // Wrong: whoever stands in between reads the alarm and answers in the port's name.
    MailServer server;
    MailServer other;
    EXPECT_EQ(
        courier_to(server, Security::starttls, other.certificate())->carry(alarm(), 1).outcome,
        Outcome::failed);
    EXPECT_EQ(courier_to(server, Security::starttls, {})->carry(alarm(), 1).outcome,
              Outcome::failed);
    EXPECT_TRUE(server.mails().empty());
}

TEST(SmtpPeer, AServerThatInsistsOnTlsGetsItEvenWhenWeDoNot) {
    // Wrong: with "STARTTLS if offered" mail fails at a server that offers it.
    MailServer server;
    EXPECT_EQ(courier_to(server, Security::starttls_if_offered, {})->carry(alarm(), 1).outcome,
              Outcome::delivered);
    // Without TLS this server takes nothing (530), which is not the address's fault.
    EXPECT_EQ(courier_to(server, Security::none, {})->carry(alarm(), 1).outcome, Outcome::failed);
    EXPECT_EQ(server.mails().size(), 1U);
}

TEST(SmtpPeer, OfTwoServersTheSecondTakesWhatTheFirstDoesNot) {
    // Wrong: one relay is down or hangs, and the alarm waits for it.
    MailServer first;
    MailServer second;
    std::vector<edge::courier::FailoverCourier::Gateway> gateways;
    for (const auto* server : {&first, &second}) {
        SmtpOptions options;
        options.from = {"noroshi@port.example", "灯浜港", "Asia/Tokyo"};
        options.relays.resize(1);
        options.relays[0].host = "localhost";
        options.relays[0].port = server->port();
        options.relays[0].ca_file = server->certificate();
        options.whole_timeout = std::chrono::seconds(8);  // a busy machine greets late
        auto made = SmtpCourier::create(std::move(options), a_clock);
        ASSERT_TRUE(made);
        gateways.push_back({server == &first ? "first" : "second", std::move(*made)});
    }
    edge::courier::FailoverCourier both(std::move(gateways), a_clock);
    auto to = [](const std::string& person) {
        auto one = alarm();
        one.key = "c/" + person + "/email/0";
        one.message_id = "<c." + person + ".0@port.example>";
        return one;
    };
    auto name_of = [](const MailServer& server) {
        return "localhost:" + std::to_string(server.port());
    };
    const auto greeted = both.carry(to("a"), 1);
    ASSERT_EQ(greeted.outcome, Outcome::delivered);
    EXPECT_EQ(greeted.gateway, name_of(first));
    first.hang();
    const auto hung = both.carry(to("b"), 1);
    EXPECT_NE(hung.outcome, Outcome::delivered);
    EXPECT_NE(hung.outcome, Outcome::refused);
    EXPECT_EQ(both.carry(to("b"), 2).outcome, Outcome::delivered);
    first.end();
    // Nobody else waits for the first.
    for (const auto* person : {"c", "d", "e"}) {
        const auto delivery = both.carry(to(person), 1);
        EXPECT_EQ(delivery.outcome, Outcome::delivered);
        EXPECT_EQ(delivery.gateway, name_of(second));
    }
    EXPECT_EQ(second.mails().size(), 4U);
}

}  // namespace
}  // namespace noroshi
