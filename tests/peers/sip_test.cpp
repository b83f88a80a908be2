// A telephone of other make: sipp answers the call and presses a key (SIP INFO). Started here, on a
// port of its own.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge/courier/sip_courier.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi {
namespace {

constexpr const char* scenario = R"xml(<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="telephone">
  <recv request="INVITE"/>
  <send><![CDATA[
SIP/2.0 180 Ringing
[last_Via:]
[last_From:]
[last_To:];tag=[pid]T[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]T[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=user1 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
]]></send>
  <recv request="ACK"/>
  <pause milliseconds="500"/>
  <send><![CDATA[
INFO sip:noroshi@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:telephone@[local_ip]>;tag=[pid]T[call_number]
To: <sip:noroshi@[remote_ip]>
[last_Call-ID:]
CSeq: 2 INFO
Content-Type: application/dtmf-relay
Content-Length: [len]

Signal=3
Duration=160
]]></send>
  <recv response="200"/>
  <recv request="BYE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
)xml";

std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    socklen_t size = sizeof at;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size);
    ::close(socket);
    return ntohs(at.sin_port);
}

// Wrong: our telephone calls work with ourselves only.
TEST(Peers, SippAnswersTheCallAndPressesAKey) {
    ASSERT_TRUE(std::filesystem::exists("/usr/bin/sipp"))
        << "sip-tester is needed; ./dev install test";
    store::TemporaryFolder folder;
    const std::string file = folder / "telephone.xml";
    std::ofstream(file) << scenario;
    const auto port = std::to_string(free_port());
    const auto media = std::to_string(free_port());
    std::vector<std::string> arguments{"sipp", "-sf",      file,         "-i",       "127.0.0.1",
                                       "-p",   port,       "-m",         "1",        "-mp",
                                       media,  "-nostdin", "-trace_err", "-timeout", "60"};
    std::vector<char*> argv;
    for (auto& one : arguments) argv.push_back(one.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    const std::string out = folder / "out";
    ::posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT, 0600);
    ::posix_spawn_file_actions_addopen(&actions, 2, out.c_str(), O_WRONLY | O_CREAT, 0600);
    pid_t child = 0;
    ASSERT_EQ(::posix_spawn(&child, "/usr/bin/sipp", &actions, nullptr, argv.data(), environ), 0);
    ::posix_spawn_file_actions_destroy(&actions);

    SeededRandom random(9);
    PretendClock clock(*parse_rfc3339("2026-07-04T06:30:00+09:00"));
    edge::courier::SipTrunk trunk;
    trunk.host = "127.0.0.1";
    trunk.port = static_cast<std::uint16_t>(std::stoi(port));
    trunk.user = "noroshi";
    edge::courier::SipOptions options;
    options.trunks = {trunk};
    // Also while sipp is still starting: an INVITE is repeated until it is heard.
    options.first_answer = std::chrono::seconds(20);
    Message message;
    message.to = "+819012345678";
    message.subject = "ja";
    message.text = "訓練です。参集できる場合は1を押してください。";
    const auto delivery =
        (*edge::courier::SipCourier::create(options, random, clock))->carry(message, 1);
    EXPECT_EQ(delivery.outcome, Outcome::delivered) << delivery.detail;
    EXPECT_EQ(delivery.reply, "3");
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "sipp saw something else";
}

}  // namespace
}  // namespace noroshi
