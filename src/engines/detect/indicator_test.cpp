// What others have seen is only worth something if it is found here, in every spelling, and not
// found where it is not.

#include <gtest/gtest.h>

#include "engines/detect/detector.h"
#include "engines/detect/indicator.h"
#include "engines/detect/json_reader.h"

namespace noroshi::engines::detect {
namespace {

std::vector<std::string> hits(const Indicators& indicators, const std::string& json) {
    const Detector detector({});
    JsonReader reader(detector, {}, "");
    Event event(detector.fields());
    EXPECT_EQ(reader.read(json, event), "");
    std::vector<IndicatorHit> found;
    indicators.match(event, found);
    std::vector<std::string> out;
    for (const auto& hit : found)
        out.push_back(std::string(hit.type) + " " + std::string(hit.value));
    return out;
}
using Hits = std::vector<std::string>;

TEST(Indicator, a_plain_list_of_everything) {
    Indicators indicators;
    const auto loaded = indicators.load("list",
                                        "# ours\n203.0.113.7\n198.51.100.0/24\nevil.example\n"
                                        "hxxp://bad[.]example/x\nd41d8cd98f00b204e9800998ecf8427e\n"
                                        "who@evil.example\n2001:db8::/32\nnonsense\n");
    EXPECT_EQ(loaded.added, 7);
    EXPECT_EQ(loaded.skipped, 1);
    indicators.finish();
    EXPECT_EQ(hits(indicators, R"({"a":"203.0.113.7"})"), Hits{"address 203.0.113.7"});
    EXPECT_EQ(hits(indicators, R"({"a":"::ffff:203.0.113.7"})"),
              Hits{"address ::ffff:203.0.113.7"});
    EXPECT_EQ(hits(indicators, R"({"a":"203.0.113.8"})"), Hits{});
    EXPECT_EQ(hits(indicators, R"({"a":"198.51.100.200"})"), Hits{"address 198.51.100.200"});
    EXPECT_EQ(hits(indicators, R"({"a":"2001:db8:1::2"})"), Hits{"address 2001:db8:1::2"});
    EXPECT_EQ(hits(indicators, R"({"a":"EVIL.example."})"), Hits{"domain EVIL.example"});
    EXPECT_EQ(hits(indicators, R"({"a":"x.y.evil.example"})"), Hits{"domain x.y.evil.example"});
    EXPECT_EQ(hits(indicators, R"({"a":"notevil.example"})"), Hits{});
    EXPECT_EQ(hits(indicators, R"({"a":"http://BAD.example/x"})"),
              Hits{"url http://BAD.example/x"});
    EXPECT_EQ(hits(indicators, R"({"a":"http://bad.example/y"})"), Hits{});
    EXPECT_EQ(hits(indicators, R"({"a":"https://u@x.evil.example:8443/p"})"),
              Hits{"domain x.evil.example"});
    EXPECT_EQ(hits(indicators, R"({"Hashes":"MD5=D41D8CD98F00B204E9800998ECF8427E,SHA256=00"})"),
              Hits{"hash D41D8CD98F00B204E9800998ECF8427E"});
    EXPECT_EQ(hits(indicators, R"({"from":"Eve <WHO@evil.example>"})"),
              Hits{"email WHO@evil.example"});
    EXPECT_EQ(hits(indicators, R"({"host":"bad.example","uri":"/x"})"), Hits{"url /x"});
}
TEST(Indicator, stix_bundles) {
    Indicators indicators;
    const auto loaded = indicators.load("b", R"({"type":"bundle","objects":[
      {"type":"indicator","name":"one","pattern_type":"stix","pattern":"[ipv4-addr:value = '203.0.113.7']"},
      {"type":"indicator","name":"two","pattern_type":"stix","pattern":"[domain-name:value = 'evil.example' OR url:value='http://x.example/a']"},
      {"type":"indicator","name":"three","pattern_type":"stix","pattern":"[file:hashes.'SHA-256' = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa']"},
      {"type":"indicator","name":"both","pattern_type":"stix","pattern":"[ipv4-addr:value = '1.1.1.1' AND domain-name:value='a.example']"},
      {"type":"indicator","name":"gone","revoked":true,"pattern_type":"stix","pattern":"[ipv4-addr:value = '2.2.2.2']"},
      {"type":"indicator","name":"old","valid_until":"2026-01-01T00:00:00Z","pattern_type":"stix","pattern":"[ipv4-addr:value = '3.3.3.3']"},
      {"type":"malware","name":"x"}]})");
    EXPECT_EQ(loaded.error, "");
    EXPECT_EQ(loaded.added, 4);
    EXPECT_EQ(loaded.skipped, 2);
    indicators.finish();
    EXPECT_EQ(hits(indicators, R"({"a":"203.0.113.7","b":"evil.example","c":"http://x.example/a"})")
                  .size(),
              3);
    EXPECT_EQ(hits(indicators,
                   R"({"a":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})")
                  .size(),
              1);
    EXPECT_EQ(hits(indicators, R"({"a":"1.1.1.1"})"), Hits{});
    EXPECT_EQ(hits(indicators, R"({"a":"2.2.2.2"})"), Hits{});
    EXPECT_EQ(hits(indicators, R"({"a":"3.3.3.3","ts":"2025-12-31T00:00:00Z"})").size(), 1);
    EXPECT_EQ(hits(indicators, R"({"a":"3.3.3.3","ts":"2026-01-02T00:00:00Z"})"), Hits{});
}
TEST(Indicator, misp_events) {
    Indicators indicators;
    const auto loaded = indicators.load("m", R"({"Event":{"info":"campaign","Attribute":[
      {"type":"ip-dst","value":"203.0.113.7","to_ids":true},{"type":"ip-dst|port","value":"203.0.113.8|443"},
      {"type":"domain|ip","value":"evil.example|203.0.113.9"},{"type":"filename|md5","value":"x.exe|d41d8cd98f00b204e9800998ecf8427e"},
      {"type":"ip-src","value":"8.8.8.8","to_ids":false},{"type":"text","value":"hello"}],
      "Object":[{"Attribute":[{"type":"ja3-fingerprint-md5","value":"0123456789abcdef0123456789abcdef"}]}]}})");
    EXPECT_EQ(loaded.added, 6);
    EXPECT_EQ(loaded.skipped, 2);
    indicators.finish();
    EXPECT_EQ(hits(indicators, R"({"a":"203.0.113.8","b":"203.0.113.9","c":"8.8.8.8"})").size(), 2);
    EXPECT_EQ(hits(indicators, R"({"ja3":"0123456789abcdef0123456789abcdef"})"),
              Hits{"ja3 0123456789abcdef0123456789abcdef"});
}
TEST(Indicator, tables_and_allow_lists) {
    Indicators indicators;
    const auto loaded = indicators.load("t.csv",
                                        "type,value,description,valid_until\nip,203.0.113.7,\"a, "
                                        "quoted\",\ndomain,evil.example,x,2026-01-01\n");
    EXPECT_EQ(loaded.added, 2);
    indicators.allow("www.evil.example\n");
    indicators.finish();
    EXPECT_EQ(hits(indicators, R"({"a":"203.0.113.7"})").size(), 1);
    EXPECT_EQ(indicators.origins().at(1).name, "a, quoted");
    EXPECT_EQ(hits(indicators, R"({"a":"mail.evil.example"})").size(), 1);
    EXPECT_EQ(hits(indicators, R"({"a":"www.evil.example"})"), Hits{});
}
TEST(Indicator, a_million_take_under_a_tenth_of_a_gibibyte) {
    Indicators indicators;
    const auto origin = indicators.add_origin({"many", INT64_MAX});
    for (std::uint32_t i = 0; i < 1000000; ++i)
        indicators.add(Indicators::Type::address, text_of(address_v4(0x0B000000 + i * 7)), origin);
    indicators.finish();
    EXPECT_EQ(indicators.size(), 1000000);
    EXPECT_LT(indicators.memory(), std::size_t{100} << 20);
    EXPECT_EQ(
        hits(indicators, R"({"a":")" + text_of(address_v4(0x0B000000 + 999 * 7)) + "\"}").size(),
        1);
    EXPECT_EQ(hits(indicators, R"({"a":")" + text_of(address_v4(0x0B000001)) + "\"}").size(), 0);
}

}  // namespace
}  // namespace noroshi::engines::detect
