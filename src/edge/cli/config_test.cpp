#include "edge/cli/config.h"

#include <gtest/gtest.h>

namespace noroshi::edge::cli {
namespace {

// A misspelt relay would be found out at 03:00, when the alarm does not go.
TEST(Config, an_unknown_name_is_refused_with_its_line) {
    const auto config = parse_config(
        "zone = \"Asia/Tokyo\"\n\n[[mail.relay]]\nurll = \"smtp://a\"\n", "config.toml");
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().key, "edge.cli.config_unknown_name");
    EXPECT_EQ(config.error().arguments,
              (Arguments{{"file", "config.toml"}, {"line", "4"}, {"name", "mail.relay.urll"}}));
}

// A port given as text would be ignored and the server would listen elsewhere.
TEST(Config, a_wrong_type_is_refused) {
    const auto config = parse_config("http_threads = \"2\"", "c");
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().key, "edge.cli.config_wrong_type");
    EXPECT_FALSE(parse_config("http_threads = 0", "c"));
    EXPECT_FALSE(parse_config("zone = ", "c"));
}

// A second relay would not be used when the first is dead.
TEST(Config, relays_and_listeners_are_read_in_order) {
    const auto config = parse_config(R"(
public_url = "https://noroshi.example.jp"
[mail]
from = "noroshi@example.jp"
[[mail.relay]]
url = "smtp://a:25"
starttls = "never"
[[mail.relay]]
name = "satellite"
url = "smtps://b:465"
[[listen]]
address = "[::1]:8443"
tls_certificate = "c.pem"
tls_key = "k.pem"
)",
                                     "c");
    ASSERT_TRUE(config) << describe(config.error());
    ASSERT_EQ(config->relays.size(), 2U);
    EXPECT_EQ(config->relays[0].name, "relay1");
    EXPECT_EQ(config->relays[0].starttls, "never");
    EXPECT_EQ(config->relays[1].name, "satellite");
    ASSERT_EQ(config->listen.size(), 1U);
    EXPECT_EQ(config->listen[0].address, "::1");
    EXPECT_EQ(config->listen[0].port, 8443);
}

// Mail would go unencrypted over the network though encryption was asked for.
TEST(Config, a_relay_is_encrypted_unless_told_otherwise) {
    auto relay = smtp_relay({.name = "a",
                             .url = "smtp://mail.example.jp",
                             .user = {},
                             .password_file = {},
                             .ca_file = {}});
    ASSERT_TRUE(relay) << describe(relay.error());
    EXPECT_EQ(relay->security, courier::Security::starttls);
    EXPECT_EQ(relay->port, 25);
    relay = smtp_relay({.name = "b",
                        .url = "smtps://[::1]:2465/",
                        .user = {},
                        .password_file = {},
                        .ca_file = {}});
    ASSERT_TRUE(relay) << describe(relay.error());
    EXPECT_EQ(relay->security, courier::Security::tls);
    EXPECT_EQ(relay->host, "::1");
    EXPECT_EQ(relay->port, 2465);
    for (auto wrong : {"mail.example.jp:25", "smtp://", "smtp://a:b", "http://a"})
        EXPECT_FALSE(
            smtp_relay({.name = "c", .url = wrong, .user = {}, .password_file = {}, .ca_file = {}}))
            << wrong;
    EXPECT_FALSE(smtp_relay({.name = "d",
                             .url = "smtp://a",
                             .starttls = "yes",
                             .user = {},
                             .password_file = {},
                             .ca_file = {}}));
}

// The server would listen on every address of the network it protects.
TEST(Config, a_listening_address_is_loopback_unless_it_says_otherwise) {
    EXPECT_EQ(parse_listen(":8080")->address, "127.0.0.1");
    EXPECT_EQ(parse_listen("0.0.0.0:0")->port, 0);
    for (auto wrong : {"8080", "a:", "a:b", "a:70000", "a:-1", ""})
        EXPECT_FALSE(parse_listen(wrong)) << wrong;
}

// Nobody would be called by telephone, or a chat would get what it may not have.
TEST(Config, voice_push_and_chats_are_read) {
    const auto config = parse_config(R"(
[voice]
lines = 4
[[voice.gateway]]
host = "sip.example"
user = "0312345678"
number_prefix = "0"
[[voice.gateway]]
name = "backup"
host = "pbx.example"
port = 5070
registers = true
[push]
contact = "mailto:duty@port.example"
services = ["fcm.googleapis.com"]
[[chat.service]]
name = "works"
kind = "line_works"
bot = "1"
max_tlp = "amber"
[[chat.service]]
name = "board"
url_file = "webhook"
room = true
)",
                                     "c");
    ASSERT_TRUE(config) << describe(config.error());
    EXPECT_EQ(config->voice_lines, 4);
    ASSERT_EQ(config->voice_gateways.size(), 2U);
    EXPECT_EQ(config->voice_gateways[0].name, "voice1");
    EXPECT_EQ(config->voice_gateways[0].port, 5060);
    EXPECT_TRUE(config->voice_gateways[1].registers);
    EXPECT_EQ(config->push.services, std::vector<std::string>{"fcm.googleapis.com"});
    ASSERT_EQ(config->chats.size(), 2U);
    EXPECT_EQ(config->chats[0].url, "https://www.worksapis.com/v1.0");
    EXPECT_EQ(config->chats[0].max_tlp, "amber");
    EXPECT_EQ(config->chats[1].kind, "slack");
    EXPECT_EQ(config->chats[1].max_tlp, "green") << "unless told otherwise";
    auto key = [](const std::string& text) {
        const auto read = parse_config(text, "c");
        return read ? std::string() : read.error().key;
    };
    EXPECT_EQ(key("[voice]\nlines = 0\n"), "edge.cli.config_wrong_type");
    EXPECT_EQ(key("[[chat.service]]\nname = \"a b\"\n"), "edge.cli.chat_name");
    EXPECT_EQ(key("[[chat.service]]\nname = \"a\"\nkind = \"irc\"\n"),
              "edge.cli.chat_kind_unknown");
    EXPECT_EQ(key("[[chat.service]]\nname = \"a\"\nmax_tlp = \"secret\"\n"), "edge.cli.chat_tlp");
    EXPECT_EQ(key("[push]\nkontact = \"x\"\n"), "edge.cli.config_unknown_name");
}

}  // namespace
}  // namespace noroshi::edge::cli
