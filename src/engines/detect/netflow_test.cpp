// Routers and firewalls tell of connections in datagrams of three kinds. A field read at the wrong
// place names the wrong host; a template mistaken for another's makes nonsense of a whole member.

#include "engines/detect/netflow.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <boost/json.hpp>

#include "engines/detect/reader.h"

namespace noroshi::engines::detect {
namespace {

using Flow = std::map<std::string, std::string>;

std::string big(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 255);
    return out;
}
std::string v9(std::uint32_t sequence, const std::string& sets, std::uint32_t source = 7) {
    // 1,000 s after the router's start, at 2026-11-24T08:00:00Z.
    return big(9, 2) + big(1, 2) + big(1000000, 4) + big(1795507200, 4) + big(sequence, 4) +
           big(source, 4) + sets;
}
std::string ipfix(std::uint32_t sequence, const std::string& sets, std::uint32_t domain = 7) {
    return big(10, 2) + big(16 + sets.size(), 2) + big(1795507200, 4) + big(sequence, 4) +
           big(domain, 4) + sets;
}
std::string set(int id, const std::string& body) {
    return big(static_cast<std::uint64_t>(id), 2) + big(4 + body.size(), 2) + body;
}
// Source, target, ports, octets, start and end in milliseconds of uptime.
std::string v9_template(int id) {
    std::string body = big(static_cast<std::uint64_t>(id), 2) + big(7, 2);
    for (const auto& [element, length] : std::vector<std::pair<int, int>>{
             {8, 4}, {12, 4}, {7, 2}, {11, 2}, {1, 4}, {22, 4}, {21, 4}})
        body += big(static_cast<std::uint64_t>(element), 2) +
                big(static_cast<std::uint64_t>(length), 2);
    return set(0, body);
}
std::string record(std::uint32_t source, std::uint32_t octets) {
    return big(source, 4) + big(0xCB007109, 4) + big(50000, 2) + big(443, 2) + big(octets, 4) +
           big(940000, 4) + big(970500, 4);
}

class Exporter {
public:
    Exporter() : decoder_(names_), event_(names_) {}
    std::vector<Flow> send(const std::string& bytes, std::uint64_t exporter = 1) {
        std::vector<Flow> flows;
        for (std::size_t at = 0; at < bytes.size();)
            at += decoder_.datagram(std::string_view(bytes).substr(at), exporter, event_,
                                    [&](Event& event) {
                                        Flow flow;
                                        for (const Value& value : event.values())
                                            flow[std::string(value.name)] = value.text;
                                        flow["time"] = text_of_moment(event.time);
                                        flows.push_back(std::move(flow));
                                    });
        return flows;
    }
    const FlowCounts& counts() const { return decoder_.counts(); }
    void forget() { decoder_.forget_held(); }

private:
    FieldNames names_;
    FlowDecoder decoder_;
    Event event_;
};

TEST(NetFlow, version_5_by_hand) {
    Exporter exporter;
    // Cisco's format: header of 24 bytes, then records of 48.
    const std::string bytes =
        big(5, 2) + big(1, 2) + big(1000000, 4) + big(1795507200, 4) + big(250000000, 4) +
        big(1, 4) + big(0, 1) + big(0, 1) + big(0, 2) +
        // addresses, next hop, interfaces, packets, octets, first, last, ports
        big(0x0A010203, 4) + big(0xCB007109, 4) + big(0, 4) + big(3, 2) + big(4, 2) + big(5, 4) +
        big(4660, 4) + big(940000, 4) + big(970500, 4) + big(50000, 2) + big(443, 2) +
        // pad, flags, protocol, tos, AS, masks, pad
        big(0, 1) + big(27, 1) + big(6, 1) + big(0, 1) + big(64500, 2) + big(64501, 2) +
        big(24, 1) + big(16, 1) + big(0, 2);
    ASSERT_EQ(bytes.size(), 72U);
    const auto flows = exporter.send(bytes);
    ASSERT_EQ(flows.size(), 1U);
    const Flow& flow = flows.front();
    EXPECT_EQ(flow.at("sourceIPv4Address"), "10.1.2.3");
    EXPECT_EQ(flow.at("destinationIPv4Address"), "203.0.113.9");
    EXPECT_EQ(flow.at("sourceTransportPort"), "50000");
    EXPECT_EQ(flow.at("destinationTransportPort"), "443");
    EXPECT_EQ(flow.at("octetDeltaCount"), "4660");
    EXPECT_EQ(flow.at("packetDeltaCount"), "5");
    EXPECT_EQ(flow.at("protocolIdentifier"), "6");
    EXPECT_EQ(flow.at("tcpControlBits"), "27");
    EXPECT_EQ(flow.at("sourceIPv4PrefixLength"), "24");
    EXPECT_EQ(flow.at("bgpDestinationAsNumber"), "64501");
    // 60 s before the datagram left, which was a quarter of a second past eight.
    EXPECT_EQ(flow.at("time"), text_of_moment(parse_moment("2026-11-24T07:59:00.25Z")));
}

TEST(NetFlow, data_waits_for_its_template) {
    Exporter exporter;
    EXPECT_TRUE(
        exporter.send(v9(1, set(300, record(0x0A000001, 10) + record(0x0A000002, 20)))).empty());
    const auto flows = exporter.send(v9(2, v9_template(300)));
    ASSERT_EQ(flows.size(), 2U);
    EXPECT_EQ(flows[1].at("sourceIPv4Address"), "10.0.0.2");
    EXPECT_EQ(flows[1].at("octetDeltaCount"), "20");
    EXPECT_EQ(flows[0].at("time"), text_of_moment(parse_moment("2026-11-24T07:59:00Z")));
    EXPECT_EQ(exporter.counts().no_template, 0U);
}

TEST(NetFlow, a_template_is_its_exporters_and_its_domains_own) {
    Exporter exporter;
    exporter.send(v9(1, v9_template(300), 7), 1);
    EXPECT_EQ(exporter.send(v9(1, set(300, record(1, 1)), 8), 1).size(), 0U);
    EXPECT_EQ(exporter.send(v9(1, set(300, record(1, 1)), 7), 2).size(), 0U);
    EXPECT_EQ(exporter.send(v9(2, set(300, record(1, 1)), 7), 1).size(), 1U);
    exporter.forget();
    EXPECT_EQ(exporter.counts().no_template, 2U);
}

TEST(NetFlow, what_was_lost_is_counted) {
    Exporter exporter;
    exporter.send(v9(10, v9_template(300)));
    exporter.send(v9(11, set(300, record(1, 1))));
    exporter.send(v9(15, set(300, record(1, 1))));
    EXPECT_EQ(exporter.counts().lost, 3U);
    exporter.send(v9(13, set(300, record(1, 1))));  // late
    EXPECT_EQ(exporter.counts().lost, 3U);
    EXPECT_EQ(exporter.counts().datagrams, 4U);
}

TEST(Ipfix, variable_lengths_enterprises_and_withdrawal) {
    Exporter exporter;
    // userName (371) variable, an enterprise's element, start in milliseconds, source.
    const std::string shape = big(400, 2) + big(4, 2) + big(371, 2) + big(65535, 2) +
                              big(0x8000 | 12, 2) + big(2, 2) + big(32473, 4) + big(152, 2) +
                              big(8, 2) + big(8, 2) + big(4, 2);
    const std::string long_name(300, 'n');
    const auto flows = exporter.send(ipfix(
        1, set(2, shape) + set(400, big(5, 1) + "k.mor" + big(513, 2) + big(1795507200123, 8) +
                                        big(0x0A000001, 4) + big(255, 1) + big(300, 2) + long_name +
                                        big(1, 2) + big(1795507201000, 8) + big(0x0A000002, 4))));
    ASSERT_EQ(flows.size(), 2U);
    EXPECT_EQ(flows[0].at("userName"), "k.mor");
    EXPECT_EQ(flows[0].at("ie32473.12"), "0201");
    EXPECT_EQ(flows[0].at("time"), text_of_moment(parse_moment("2026-11-24T08:00:00.123Z")));
    EXPECT_EQ(flows[1].at("userName"), long_name);
    EXPECT_EQ(flows[1].at("sourceIPv4Address"), "10.0.0.2");
    exporter.send(ipfix(3, set(2, big(400, 2) + big(0, 2))));
    EXPECT_EQ(exporter.send(ipfix(3, set(400, std::string(30, '\1')))).size(), 0U);
    exporter.forget();
    EXPECT_EQ(exporter.counts().no_template, 1U);
}

TEST(Ipfix, options_are_no_flows) {
    Exporter exporter;
    // Scope: meteringProcessId; option: samplingPacketInterval.
    const std::string shape =
        big(500, 2) + big(2, 2) + big(1, 2) + big(143, 2) + big(4, 2) + big(305, 2) + big(4, 2);
    EXPECT_TRUE(
        exporter.send(ipfix(1, set(3, shape) + set(500, big(1, 4) + big(1000, 4)))).empty());
    EXPECT_EQ(exporter.counts().options, 1U);
    EXPECT_EQ(exporter.counts().malformed, 0U);
}

TEST(Ipfix, a_message_cut_short_gives_what_is_whole) {
    Exporter exporter;
    exporter.send(v9(1, v9_template(300)));
    const std::string whole = v9(2, set(300, record(1, 1) + record(2, 2)));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        Exporter one;
        one.send(v9(1, v9_template(300)));
        EXPECT_LE(one.send(whole.substr(0, size)).size(), 2U) << size;
    }
    EXPECT_EQ(exporter.send(big(8, 2) + whole.substr(2)).size(), 0U);
    EXPECT_EQ(exporter.counts().unknown, 1U);
}

// The shape of a capture of one datagram: Ethernet, IPv4, UDP.
std::string captured(const std::string& datagram) {
    const std::string udp =
        big(2055, 2) + big(2055, 2) + big(8 + datagram.size(), 2) + big(0, 2) + datagram;
    const std::string ip = big(0x4500, 2) + big(20 + udp.size(), 2) + big(0, 4) + big(64, 1) +
                           big(17, 1) + big(0, 2) + big(0xC0000201, 4) + big(0xC0000202, 4) + udp;
    const std::string packet = std::string(12, '\2') + big(0x0800, 2) + ip;
    return big(0, 4) + big(0, 4) + big(packet.size(), 4) + big(packet.size(), 4) + packet;
}

TEST(NetFlow, a_capture_and_datagrams_in_a_row_are_the_same_events) {
    const std::vector<std::string> datagrams = {v9(1, v9_template(300)),
                                                v9(2, set(300, record(0x0A000001, 10)))};
    const std::string head =
        big(0xA1B2C3D4, 4) + big(2, 2) + big(4, 2) + big(0, 8) + big(65535, 4) + big(1, 4);
    const Detector detector({}, {"src_ip", "dest_ip", "dest_port", "orig_ip_bytes", "duration"});
    const auto flows_of = [&](const std::string& file) {
        Reader reader(detector, {});
        Event event(detector.fields());
        std::vector<std::string> found;
        reader.read_flows(
            file, event,
            [&](std::uint64_t number, Event& flow) {
                found.push_back(std::to_string(number) + event_json(flow) +
                                std::string(flow.text(detector.fields().find("src_ip"))) +
                                std::string(flow.text(detector.fields().find("duration"))));
            },
            [&](std::string_view, std::uint64_t) { found.emplace_back("?"); });
        return found;
    };
    const auto plain = flows_of(datagrams[0] + datagrams[1]);
    ASSERT_EQ(plain.size(), 1U);
    EXPECT_NE(plain[0].find("10.0.0.130.5"), std::string::npos) << plain[0];
    EXPECT_EQ(flows_of(head + captured(datagrams[0]) + captured(datagrams[1])), plain);
}

// Datagrams of many makes, as logstash's codec reads them.
TEST(NetFlow, agrees_with_another_decoder) {
    namespace fs = std::filesystem;
    const fs::path folder = "../shared/data/watch/netflow";
    if (!fs::exists(folder)) GTEST_SKIP() << "skipped: no external data";
    const auto read = [](const fs::path& path) {
        std::ifstream in(path, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    };
    const auto cases = boost::json::parse(read(folder / "expected.json")).at("cases").as_array();
    std::size_t compared = 0;
    for (const auto& one : cases) {
        Exporter exporter;
        std::vector<Flow> flows;
        for (const auto& file : one.at("files").as_array())
            for (auto& flow : exporter.send(read(folder / "dat" / file.as_string().c_str())))
                flows.push_back(std::move(flow));
        for (const auto& expected : one.at("expected_events").as_array()) {
            const auto* const inside = expected.as_object().if_contains("netflow");
            if (inside == nullptr) continue;
            const auto& netflow = inside->as_object();
            const auto wanted = [&](std::initializer_list<const char*> names) -> std::string {
                for (const char* name : names)
                    if (const auto* value = netflow.if_contains(name))
                        return value->is_string() ? std::string(value->as_string())
                                                  : boost::json::serialize(*value);
                return {};
            };
            const auto source = wanted({"ipv4_src_addr", "sourceIPv4Address"});
            if (source.empty()) continue;
            const auto target = wanted({"ipv4_dst_addr", "destinationIPv4Address"});
            const auto port = wanted({"l4_dst_port", "destinationTransportPort"});
            const auto octets = wanted({"in_bytes", "octetDeltaCount"});
            bool found = false;
            for (const Flow& flow : flows) {
                const auto is = [&](const char* name, const std::string& value) {
                    const auto at = flow.find(name);
                    return value.empty() || (at != flow.end() && at->second == value);
                };
                found = found ||
                        (is("sourceIPv4Address", source) && is("destinationIPv4Address", target) &&
                         is("destinationTransportPort", port) && is("octetDeltaCount", octets));
            }
            EXPECT_TRUE(found) << one.at("name").as_string() << ": " << source << " → " << target;
            ++compared;
        }
    }
    EXPECT_GT(compared, 25U);
}

}  // namespace
}  // namespace noroshi::engines::detect
