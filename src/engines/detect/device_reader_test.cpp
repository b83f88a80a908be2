// A port's firewalls and VPN servers are where most courses begin. If their lines stay mere text, no rule
// that asks for an address or a user sees them. Lines written after the makers' references.

#include <gtest/gtest.h>

#include <map>

#include "engines/detect/reader.h"

namespace noroshi::engines::detect {
namespace {

class Devices : public testing::Test {
protected:
    Devices() : detector_({}), event_(detector_.fields()) {
        ReadOptions options;
        options.reference = parse_moment("2026-11-24T12:00:00Z");
        reader_ = std::make_unique<Reader>(detector_, options);
        reader_->begin(source_, nullptr);
    }
    std::string read(std::string line) {
        line_ = std::move(line);
        return std::string(reader_->read(line_, event_));
    }
    std::string at(std::string_view name) const {
        const Value* value = event_.find(name);
        return value == nullptr ? "-" : std::string(value->text);
    }
    // "src_ip:src_port > dst_ip:dst_port protocol action"
    std::string flow() const {
        return at("src_ip") + ":" + at("src_port") + " > " + at("dst_ip") + ":" + at("dst_port") +
               " " + at("protocol") + " " + at("action");
    }
    std::string time() const { return text_of_moment(event_.time); }

private:
    Detector detector_;
    Event event_;
    Source source_;
    std::string line_;
    std::unique_ptr<Reader> reader_;
};

TEST_F(Devices, pan_os_traffic) {
    const std::string csv =
        "1,2026/11/24 08:00:01,001801000001,TRAFFIC,end,2562,2026/11/24 "
        "08:00:00,10.1.1.5,203.0.113.9,"
        "198.51.100.5,203.0.113.9,\"out, all\",port\\hoshu01,,ssl,vsys1,trust,untrust,ethernet1/1,"
        "ethernet1/2,fwd,2026/11/24 "
        "08:00:00,12345,1,51000,443,20000,443,0x400000,tcp,allow,5800,1800,"
        "4000,24,2026/11/24 "
        "07:59:30,30,any,0,987,0x0,10.0.0.0-10.255.255.255,Japan,0,12,12,tcp-fin,0,0,"
        "0,0,,PA-GATE,from-policy";
    for (const std::string head : {"<14>Nov 24 08:00:02 PA-GATE ", "<14>Nov 24 08:00:02 ", "",
                                   "<14>1 2026-11-24T08:00:00Z PA-GATE - - - - "}) {
        ASSERT_EQ(read(head + csv), "") << head;
        EXPECT_EQ(flow(), "10.1.1.5:51000 > 203.0.113.9:443 tcp allow") << head;
        EXPECT_EQ(at("rule"), "out, all");
        EXPECT_EQ(at("user"), "port\\hoshu01");
        EXPECT_EQ(at("bytes_sent"), "1800");
        EXPECT_EQ(at("session_end_reason"), "tcp-fin");
        EXPECT_EQ(at("device_name"), "PA-GATE");
        EXPECT_EQ(time(), "2026-11-24T08:00:00.000000Z");
    }
    EXPECT_EQ(read("<14>Nov 24 08:00:02 PA 1,2026/11/24 08:00:01,1,TRAFFIC,end,1,2026/11/24 "
                   "08:00:00,10.1.1.5"),
              "columns");
}
TEST_F(Devices, pan_os_threat_system_and_global_protect) {
    ASSERT_EQ(
        read("<12>Nov 24 08:00:00 PA 1,2026/11/24 08:00:00,001801000001,THREAT,vulnerability,1,"
             "2026/11/24 "
             "08:00:00,203.0.113.9,10.1.1.5,,,in,,,web-browsing,vsys1,untrust,dmz,e1,e2,fwd,"
             "2026/11/24 08:00:00,5,1,4444,80,0,0,0x2000,tcp,reset-both,\"a.php?q=\"\"x\"\"\","
             "Probe(40000),any,critical,client-to-server,1,0x0,Japan,Japan,0"),
        "");
    EXPECT_EQ(flow(), "203.0.113.9:4444 > 10.1.1.5:80 tcp reset-both");
    EXPECT_EQ(at("misc"), "a.php?q=\"x\"");
    EXPECT_EQ(at("threat_id"), "Probe(40000)");
    EXPECT_EQ(at("severity"), "critical");
    ASSERT_EQ(
        read(
            "1,2026/11/24 08:00:00,001801000001,SYSTEM,auth,0,2026/11/24 08:00:00,,auth-fail,,0,0,"
            "general,medium,\"failed authentication for user 'admin'. From: 203.0.113.9.\",77,0x0"),
        "");
    EXPECT_EQ(at("event_id"), "auth-fail");
    EXPECT_EQ(at("description"), "failed authentication for user 'admin'. From: 203.0.113.9.");
    ASSERT_EQ(
        read("1,2026/11/24 08:00:00,001801000001,GLOBALPROTECT,0,2561,2026/11/24 08:00:00,vsys1,"
             "gateway-auth,login,LDAP,,hoshu01,JP,PC-01,203.0.113.9,0.0.0.0,0.0.0.0,0.0.0.0,h1,s1,"
             "6.0.1,"
             "Windows,\"Microsoft Windows 11\",1,\"Invalid username or "
             "password\",,,failure,,0,,0,GP-Portal"),
        "");
    EXPECT_EQ(at("user"), "hoshu01");
    EXPECT_EQ(at("src_ip"), "203.0.113.9");
    EXPECT_EQ(at("event_id"), "gateway-auth");
    EXPECT_EQ(at("status"), "failure");
    EXPECT_EQ(at("portal"), "GP-Portal");
}
TEST_F(Devices, cisco_asa_connections) {
    ASSERT_EQ(read("<166>Nov 24 2026 08:00:00: %ASA-6-302013: Built inbound TCP connection 7 for "
                   "outside:203.0.113.9/51000 (203.0.113.9/51000) to inside:10.1.1.5/443 "
                   "(198.51.100.5/443)"),
              "");
    EXPECT_EQ(flow(), "203.0.113.9:51000 > 10.1.1.5:443 TCP allow");
    EXPECT_EQ(at("src_interface"), "outside");
    EXPECT_EQ(time(), "2026-11-24T08:00:00.000000Z");
    ASSERT_EQ(
        read("<166>Nov 24 2026 08:00:00 fw01 : %ASA-6-302013: Built outbound TCP connection 8 for "
             "outside:203.0.113.9/443 (203.0.113.9/443) to inside:10.1.1.5/51000 "
             "(198.51.100.5/2000)"),
        "");
    EXPECT_EQ(flow(), "10.1.1.5:51000 > 203.0.113.9:443 TCP allow");
    ASSERT_EQ(read("%ASA-6-302014: Teardown TCP connection 8 for outside:2001:db8::9/443 to "
                   "inside:2001:db8:1::5/51000 duration 0:00:30 bytes 1234 TCP FINs"),
              "");
    EXPECT_EQ(flow(), "2001:db8::9:443 > 2001:db8:1::5:51000 TCP close");
    EXPECT_EQ(at("bytes"), "1234");
    ASSERT_EQ(
        read("<164>Nov 24 08:00:00 fw01 %ASA-4-106023: Deny tcp src outside:203.0.113.9/4444 dst "
             "inside:10.1.1.5/22 by access-group \"outside_in\" [0x0, 0x0]"),
        "");
    EXPECT_EQ(flow(), "203.0.113.9:4444 > 10.1.1.5:22 tcp deny");
    EXPECT_EQ(at("acl"), "outside_in");
    ASSERT_EQ(
        read("<164>Nov 24 08:00:00 fw01 : %FTD-4-106100: access-list in_acl denied udp "
             "outside/203.0.113.9(53000) -> inside/10.1.1.5(161) hit-cnt 1 first hit [0x1, 0x2]"),
        "");
    EXPECT_EQ(flow(), "203.0.113.9:53000 > 10.1.1.5:161 udp deny");
    ASSERT_EQ(
        read("%ASA-2-106001: Inbound TCP connection denied from 203.0.113.9/4444 to 10.1.1.5/22 "
             "flags SYN on interface outside"),
        "");
    EXPECT_EQ(flow(), "203.0.113.9:4444 > 10.1.1.5:22 TCP deny");
}
TEST_F(Devices, cisco_asa_people) {
    ASSERT_EQ(
        read("%ASA-6-113005: AAA user authentication Rejected : reason = AAA failure : server = "
             "10.1.1.9 : user = hoshu01 : user IP = 203.0.113.9"),
        "");
    EXPECT_EQ(at("user") + at("src_ip") + at("action"), "hoshu01203.0.113.9login_failed");
    EXPECT_EQ(at("reason"), "AAA failure");
    ASSERT_EQ(read("%ASA-4-113019: Group = VPN, Username = hoshu01, IP = 203.0.113.9, Session "
                   "disconnected. "
                   "Session Type: SSL, Duration: 0h:10m:01s, Bytes xmt: 100, Bytes rcv: 200, "
                   "Reason: User Requested"),
              "");
    EXPECT_EQ(at("user") + at("src_ip") + at("action"), "hoshu01203.0.113.9disconnect");
    EXPECT_EQ(at("bytes_received"), "200");
    ASSERT_EQ(read("%ASA-6-113039: Group <VPN> User <hoshu01> IP <203.0.113.9> AnyConnect parent "
                   "session started."),
              "");
    EXPECT_EQ(at("user") + at("src_ip") + at("action"), "hoshu01203.0.113.9connect");
    ASSERT_EQ(read("%ASA-6-605004: Login denied from 203.0.113.9/5000 to outside:198.51.100.5/ssh "
                   "for user \"admin\""),
              "");
    EXPECT_EQ(at("user") + at("src_ip") + at("action"), "admin203.0.113.9login_failed");
    ASSERT_EQ(
        read(
            "%ASA-5-111010: User 'admin', running 'CLI' from IP 10.1.1.1, executed 'write memory'"),
        "");
    EXPECT_EQ(at("user") + at("src_ip") + at("command"), "admin10.1.1.1write memory");
    ASSERT_EQ(read("%ASA-3-999999: of a kind nobody has told us"), "");
    EXPECT_EQ(at("message_id"), "999999");
}
TEST_F(Devices, juniper_both_forms_say_the_same) {
    ASSERT_EQ(
        read("<14>1 2026-11-24T08:00:00.000+09:00 srx1 RT_FLOW - RT_FLOW_SESSION_CLOSE "
             "[junos@2636.1.1.1.2.129 reason=\"TCP FIN\" source-address=\"10.1.1.5\" "
             "source-port=\"51000\" "
             "destination-address=\"203.0.113.9\" destination-port=\"443\" protocol-id=\"6\" "
             "policy-name=\"p1\" source-zone-name=\"trust\" destination-zone-name=\"untrust\" "
             "session-id-32=\"77\" username=\"N/A\"]"),
        "");
    const auto shared = [&] {
        return flow() + at("rule") + at("from_zone") + at("to_zone") + at("session_id") +
               at("reason") + at("user");
    };
    const std::string structured = shared();
    EXPECT_EQ(structured, "10.1.1.5:51000 > 203.0.113.9:443 6 closep1trustuntrust77TCP FIN-");
    EXPECT_EQ(time(), "2026-11-23T23:00:00.000000Z");
    for (const std::string extra : {"0x0 ", ""}) {
        ASSERT_EQ(
            read("<14>Nov 24 08:00:00 srx1 RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP FIN: "
                 "10.1.1.5/51000->203.0.113.9/443 " +
                 extra + "junos-https 198.51.100.5/2000->203.0.113.9/443 " + extra +
                 "source rule r1 N/A N/A 6 p1 trust untrust 77 10(1200) 12(5400) 30 UNKNOWN "
                 "UNKNOWN"),
            "");
        EXPECT_EQ(shared(), structured);
        EXPECT_EQ(at("bytes_sent") + "/" + at("bytes_received") + "/" + at("duration"),
                  "1200/5400/30");
        EXPECT_EQ(at("nat_src_ip"), "198.51.100.5");
    }
    ASSERT_EQ(read("<14>Nov 24 08:00:00 srx1 RT_FLOW: RT_FLOW_SESSION_DENY: session denied "
                   "203.0.113.9/4444->10.1.1.5/22 0x0 junos-ssh 6(0) deny-all untrust trust "
                   "UNKNOWN UNKNOWN"),
              "");
    EXPECT_EQ(flow(), "203.0.113.9:4444 > 10.1.1.5:22 6 deny");
    EXPECT_EQ(at("rule"), "deny-all");
}
TEST_F(Devices, yamaha) {
    ASSERT_EQ(
        read("<134>PP[01] Rejected at IN(1010) filter: TCP 203.0.113.9:4444 > 198.51.100.5:22"),
        "");
    EXPECT_EQ(flow(), "203.0.113.9:4444 > 198.51.100.5:22 TCP deny");
    EXPECT_EQ(at("interface") + at("direction") + at("filter"), "PP[01]in1010");
    ASSERT_EQ(read("<134>Nov 24 08:00:00 192.168.100.1 [INSPECT] PP[01][out][101098] TCP "
                   "192.168.100.5:51000 > 203.0.113.9:443 (2026/11/24 07:59:30)"),
              "");
    EXPECT_EQ(flow(), "192.168.100.5:51000 > 203.0.113.9:443 TCP allow");
    EXPECT_EQ(at("interface") + at("direction") + at("filter"), "PP[01]out101098");
    EXPECT_EQ(time(), "2026-11-24T07:59:30.000000Z");
    ASSERT_EQ(read("<134>Nov 24 08:00:00 192.168.100.1 Login failed for SSH: 203.0.113.9 admin"),
              "");
    EXPECT_EQ(at("src_ip") + at("user") + at("action"), "203.0.113.9adminlogin_failed");
    ASSERT_EQ(read("<134>IP Tunnel[3] Down"), "");
    EXPECT_EQ(at("tunnel") + at("action"), "3disconnect");
    ASSERT_EQ(read("<134>[L2TP] TUNNEL[5] connected from 203.0.113.9"), "");
    EXPECT_EQ(at("tunnel") + at("src_ip") + at("action"), "5203.0.113.9connect");
    ASSERT_EQ(read("<134>nothing of theirs"), "");
    EXPECT_EQ(at("action"), "-");
}
TEST_F(Devices, fortigate_with_commas) {
    ASSERT_EQ(read("<189>date=2026-11-24,time=08:00:00,devname=\"FG, "
                   "gate\",devid=\"FG1\",logid=\"0000000013\","
                   "type=\"traffic\",subtype=\"forward\",srcip=10.1.1.5,srcport=51000,dstip=203.0."
                   "113.9,tz=\"+0900\""),
              "");
    EXPECT_EQ(at("srcip") + ":" + at("srcport") + ">" + at("dstip"), "10.1.1.5:51000>203.0.113.9");
    EXPECT_EQ(at("devname"), "FG, gate");
    EXPECT_EQ(time(), "2026-11-23T23:00:00.000000Z");
}
TEST_F(Devices, openvpn) {
    ASSERT_EQ(read("<29>Nov 24 08:00:00 vpn openvpn[12]: 203.0.113.9:51000 TLS: Username/Password "
                   "authentication succeeded for username 'hoshu01'"),
              "");
    EXPECT_EQ(at("src_ip") + at("src_port") + at("user") + at("action"),
              "203.0.113.951000hoshu01login");
    ASSERT_EQ(
        read("<29>Nov 24 08:00:00 vpn ovpn-server[12]: 203.0.113.9:51000 TLS Auth Error: Auth "
             "Username/Password verification failed for peer"),
        "");
    EXPECT_EQ(at("src_ip") + at("action"), "203.0.113.9login_failed");
    ASSERT_EQ(
        read("<29>Nov 24 08:00:00 vpn openvpn[12]: 203.0.113.9:51000 [hoshu01] Peer Connection "
             "Initiated with [AF_INET]203.0.113.9:51000"),
        "");
    EXPECT_EQ(at("user") + at("action"), "hoshu01connect");
    ASSERT_EQ(read("<29>Nov 24 08:00:00 vpn openvpn[12]: hoshu01/203.0.113.9:51000 "
                   "SIGTERM[soft,remote-exit] "
                   "received, client-instance exiting"),
              "");
    EXPECT_EQ(at("user") + at("reason") + at("action"), "hoshu01soft,remote-exitdisconnect");
}
TEST_F(Devices, strongswan) {
    ASSERT_EQ(read("<30>Nov 24 08:00:00 gw charon: 05[IKE] IKE_SA rw[3] established between "
                   "198.51.100.5[gate.example]...203.0.113.9[hoshu01@example]"),
              "");
    EXPECT_EQ(at("src_ip") + at("dst_ip") + at("user") + at("action"),
              "203.0.113.9198.51.100.5hoshu01@exampleconnect");
    ASSERT_EQ(read("<30>Nov 24 08:00:00 gw charon[7]: 12[NET] <rw|3> received packet: from "
                   "203.0.113.9[500] to "
                   "198.51.100.5[500] (304 bytes)"),
              "");
    EXPECT_EQ(at("src_ip") + at("dst_port") + at("bytes"), "203.0.113.9500304");
    ASSERT_EQ(read("<30>Nov 24 08:00:00 gw charon: 05[IKE] EAP method EAP_MSCHAPV2 failed for peer "
                   "hoshu01"),
              "");
    EXPECT_EQ(at("user") + at("action"), "hoshu01login_failed");
    ASSERT_EQ(read("<30>Nov 24 08:00:00 gw charon: 05[IKE] authentication of 'gate.example' "
                   "(myself) with RSA"),
              "");
    EXPECT_EQ(at("action"), "-");
}
TEST_F(Devices, cut_off_anywhere_is_still_read_or_counted) {
    for (const std::string whole :
         {"<14>Nov 24 08:00:02 PA 1,2026/11/24 08:00:01,1,THREAT,url,1,2026/11/24 "
          "08:00:00,10.1.1.5,\"a\"\"b\",c",
          "<166>Nov 24 2026 08:00:00: %ASA-6-106100: access-list a denied udp o/203.0.113.9(5) -> "
          "i/10.1.1.5(6) x",
          "<14>Nov 24 08:00:00 s RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed x: "
          "1.1.1.1/5->2.2.2.2/4 s 6 p a b 7 1(2) 3(4) 5",
          "<134>Nov 24 08:00:00 1.1.1.1 [INSPECT] PP[01][out][1] TCP 1.1.1.1:5 > 2.2.2.2:4 "
          "(2026/11/24 07:59:30)",
          "<29>Nov 24 08:00:00 v openvpn[1]: h/udp4:203.0.113.9:51 [h] Peer Connection Initiated "
          "with [AF_INET]1.1.1.1:5",
          "<30>Nov 24 08:00:00 g charon: 05[IKE] IKE_SA rw[3] established between "
          "1.1.1.1[g]...2.2.2.2[h]"})
        for (std::size_t size = 1; size < whole.size(); ++size) {
            const std::string why = read(whole.substr(0, size));
            EXPECT_TRUE(why.empty() || why == "columns" || why == "format_unknown") << why;
        }
}

}  // namespace
}  // namespace noroshi::engines::detect
