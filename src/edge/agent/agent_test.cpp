#include "edge/agent/agent.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/agent/tail.h"
#include "kernel/random/random.h"

namespace noroshi::edge::agent {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct AgentTest : testing::Test {
    AgentTest() {
        // Memory where there is some: each chunk is synced, and a thousand of them are made here.
        const fs::path place = fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
        std::string pattern = place / "noroshi-agent-XXXXXX";
        root = ::mkdtemp(pattern.data());
    }
    ~AgentTest() override { fs::remove_all(root); }

    AgentConfig config() const {
        AgentConfig config;
        config.spool = root + "/spool";
        config.sources = {{"gate", {root + "/*.log"}, {}, {}, {}, false}};
        return config;
    }
    void write(const std::string& name, std::string_view text) const {
        std::ofstream(root + "/" + name, std::ios::app | std::ios::binary) << text;
    }
    std::string root;
};

// A centre that is sometimes not there, sometimes takes the lines and loses its answer.
struct Unreliable final : Centre {
    explicit Unreliable(std::uint64_t seed) : random(seed) {}
    Result<std::uint64_t> next_line(const std::string& source) override {
        if (random.below(4) == 0) return away();
        return static_cast<std::uint64_t>(lines[source].size());
    }
    Result<std::uint64_t> deliver(const std::string& source, std::uint64_t first,
                                  std::string_view text) override {
        if (random.below(4) == 0) return away();
        auto& have = lines[source];
        if (first > have.size()) {
            ++gaps;
            return away();
        }
        for (; !text.empty(); ++first) {
            const auto end = text.find('\n');
            if (first == have.size()) have.emplace_back(text.substr(0, end));
            text.remove_prefix(end + 1);
        }
        if (random.below(4) == 0) return away();
        return static_cast<std::uint64_t>(have.size());
    }
    static std::unexpected<Error> away() {
        return fail(ErrorKind::unavailable, "edge.http.cannot_connect", {});
    }
    SeededRandom random;
    std::map<std::string, std::vector<std::string>> lines;
    int gaps = 0;
};

struct Reliable final : Centre {
    Result<std::uint64_t> next_line(const std::string&) override { return count; }
    Result<std::uint64_t> deliver(const std::string&, std::uint64_t first,
                                  std::string_view more) override {
        EXPECT_EQ(first, count);
        text += more;
        count += static_cast<std::uint64_t>(std::ranges::count(more, '\n'));
        return count;
    }
    std::uint64_t count = 0;
    std::string text;
};

std::string everything(Agent& agent) {
    Reliable centre;
    agent.take(0ms);
    while (*agent.send(centre)) {}
    return centre.text;
}

// The one promise of the agent: whatever dies, each line arrives once and in order.
TEST_F(AgentTest, every_line_arrives_once_whatever_is_killed_cut_or_rotated) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        fs::remove_all(root);
        fs::create_directories(root);
        Unreliable centre(seed);
        SeededRandom random(seed + 1000);
        std::vector<std::string> written;
        auto agent = std::move(*Agent::open(config()));
        int rotated = 0;
        for (int turn = 0; turn < 300; ++turn) {
            switch (random.below(8)) {
            case 0:
            case 1:
            case 2:
                for (std::uint64_t i = random.below(30); i > 0; --i) {
                    written.push_back(fmt::format("seed {} line {}", seed, written.size()));
                    // In two halves, so that the agent meets lines without an end.
                    const auto& line = written.back();
                    write("a.log", line.substr(0, line.size() / 2));
                    if (random.below(5) == 0) agent->take(0ms);
                    write("a.log", line.substr(line.size() / 2) + "\n");
                }
                break;
            case 3: agent->take(0ms); break;
            case 4:
            case 5: {
                [[maybe_unused]] const auto sent = agent->send(centre);
                break;
            }
            case 6:  // killed, between any two steps
                agent.reset();
                agent = std::move(*Agent::open(config()));
                break;
            case 7:  // rotated, as logrotate does; the agent has met the file before
                agent->take(0ms);
                if (fs::exists(root + "/a.log"))
                    fs::rename(root + "/a.log", fmt::format("{}/a.log.{}", root, ++rotated));
                break;
            }
        }
        for (int turn = 0; turn < 5000 && centre.lines["gate"].size() < written.size(); ++turn) {
            agent->take(0ms);
            [[maybe_unused]] const auto sent = agent->send(centre);
        }
        ASSERT_EQ(centre.lines["gate"].size(), written.size()) << "seed " << seed;
        ASSERT_TRUE(centre.lines["gate"] == written) << "seed " << seed;
        EXPECT_EQ(centre.gaps, 0) << "seed " << seed;
    }
}

TEST_F(AgentTest, a_file_cut_short_or_replaced_on_the_same_inode_is_read_from_its_start) {
    write("a.log", "one\ntwo\n");
    auto agent = std::move(*Agent::open(config()));
    Reliable centre;
    agent->take(0ms);
    while (*agent->send(centre)) {}
    fs::resize_file(root + "/a.log", 0);  // copytruncate
    write("a.log", "three, and longer than before\n");
    agent->take(0ms);
    while (*agent->send(centre)) {}
    EXPECT_EQ(centre.text, "one\ntwo\nthree, and longer than before\n");
}

TEST_F(AgentTest, a_full_spool_makes_files_wait_and_counts_what_it_must_drop) {
    auto tight = config();
    tight.spool_bytes = 2000;
    tight.sources[0].syslog_udp = "127.0.0.1:0";
    auto agent = std::move(*Agent::open(tight));
    std::string lines;
    for (int i = 0; i < 100; ++i) lines += fmt::format("a line of the file, number {}\n", i);
    write("a.log", lines);
    agent->take(0ms);  // over the limit now
    EXPECT_FALSE(agent->take(0ms));
    const auto address = agent->address_of("gate", "udp");
    const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
    ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    const auto say = [&](std::string_view text) {
        ::sendto(socket, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
    };
    say("<13>lost");
    agent->take(1000ms);
    EXPECT_EQ(agent->counts("gate").dropped, 1U);
    write("a.log", "after\n");
    Reliable centre;
    while (*agent->send(centre)) {}
    // The newest chunk stays for its positions; the limit has room for it in practice.
    auto roomy = tight;
    roomy.spool_bytes = 1 << 20;
    agent.reset();
    agent = std::move(*Agent::open(roomy));
    const auto again = agent->address_of("gate", "udp");
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(again.substr(again.find(':') + 1))));
    say("<13>kept\nin one line");
    agent->take(1000ms);
    while (*agent->send(centre)) {}
    EXPECT_TRUE(centre.text.starts_with(lines));
    EXPECT_NE(centre.text.find("\nafter\n"), std::string::npos);
    EXPECT_NE(centre.text.find("<13>kept in one line\n"), std::string::npos);
    ::close(socket);
}

TEST_F(AgentTest, syslog_over_tcp_is_taken_counted_and_by_lines) {
    auto with_tcp = config();
    with_tcp.sources[0].syslog_tcp = "127.0.0.1:0";
    auto agent = std::move(*Agent::open(with_tcp));
    const auto address = agent->address_of("gate", "tcp");
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
    ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    ASSERT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    const std::string_view text = "11 <13>counted<14>by line\n<15>no end";
    ASSERT_EQ(::send(socket, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    ::close(socket);
    Reliable centre;
    for (int i = 0; i < 50 && centre.count < 3; ++i) {
        agent->take(200ms);
        while (*agent->send(centre)) {}
    }
    EXPECT_EQ(centre.text, "<13>counted\n<14>by line\n<15>no end\n");
}

// The published test vectors of the method (key and addresses of its authors' sample).
TEST(Pseudonyms, agree_with_the_published_vectors) {
    const PseudonymKey key{21,  34,  23,  141, 51,  164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16,
                           216, 152, 143, 131, 121, 121, 101, 39,  98, 87, 76, 45, 42, 132, 34,  2};
    Pseudonyms pseudonyms(key, {{*parse_network("0.0.0.0/0")}, {}, {}});
    EXPECT_EQ(pseudonyms.replace("128.11.68.132"), "135.242.180.132");
    EXPECT_EQ(pseudonyms.replace("129.118.74.4"), "134.136.186.123");
    EXPECT_EQ(pseudonyms.replace("130.132.252.244"), "133.68.164.234");
    EXPECT_EQ(pseudonyms.reveal_address("133.68.164.234"), "130.132.252.244");
}

// The member's own leaves in another form; what attackers own stays, or no indicator would match.
TEST(Pseudonyms, replace_only_the_members_own_and_keep_relations) {
    PseudonymKey key{};
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i * 7);
    Pseudonyms p(key, {{*parse_network("10.20.0.0/16"), *parse_network("2001:db8::/32")},
                       {".terminal.example"},
                       {"TERMINAL\\"}});
    const auto line = p.replace(
        "src=10.20.30.40:51234 dst=198.51.100.7:443 host=Gate01.terminal.example "
        "user=TERMINAL\\Clerk7 v6=2001:db8::1 version=10.20.30 10.20.30.41.");
    EXPECT_NE(line.find("dst=198.51.100.7:443"), std::string::npos);
    EXPECT_NE(line.find("src=10.20."), std::string::npos) << "the own network stays: " << line;
    EXPECT_EQ(line.find("30.40:"), std::string::npos);
    EXPECT_EQ(line.find("Gate01"), std::string::npos);
    EXPECT_EQ(line.find("Clerk7"), std::string::npos);
    EXPECT_NE(line.find(".terminal.example"), std::string::npos);
    EXPECT_NE(line.find("version=10.20.30 "), std::string::npos) << "no address: " << line;
    EXPECT_EQ(line.find("2001:db8::1"), std::string::npos);
    // Two of one /24 stay in one /24.
    const auto at = line.find("src=") + 4;
    const auto first = line.substr(at, line.find(':', at) - at);
    const auto second = line.substr(line.rfind(' ') + 1);
    EXPECT_EQ(first.substr(0, first.rfind('.')), second.substr(0, first.rfind('.')));
    EXPECT_EQ(p.reveal_address(first), "10.20.30.40");
    // The same name, the same token, in any case.
    EXPECT_EQ(p.replace("GATE01.terminal.example").substr(0, 14),
              p.replace("gate01.terminal.example").substr(0, 14));
    EXPECT_EQ(p.take_new_names().size(), 2U);
}

TEST_F(AgentTest, names_can_be_read_back_at_the_member_only) {
    auto with_key = config();
    with_key.key = PseudonymKey{1, 2, 3};
    with_key.rules.suffixes = {".terminal.example"};
    auto agent = std::move(*Agent::open(with_key));
    write("a.log", "login from gate01.terminal.example\n");
    const auto sent = everything(*agent);
    EXPECT_EQ(sent.find("gate01"), std::string::npos);
    const auto token = sent.substr(11, 14);
    EXPECT_EQ(*reveal(with_key, token), "gate01");
    EXPECT_FALSE(reveal(with_key, "x-aaaaaaaaaaaa"));
}

TEST_F(AgentTest, a_misspelt_configuration_is_named_with_file_and_line) {
    std::ofstream(root + "/token") << "secret\n";
    const std::string path = root + "/agent.toml";
    const auto read = [&](std::string_view text) {
        std::ofstream(path) << text;
        return read_config(path);
    };
    const std::string good = "server = \"http://127.0.0.1:1\"\nspool = \"" + root +
                             "/s\"\ntoken_file = \"" + root + "/token\"\n";
    EXPECT_TRUE(read(good + "[[source]]\nid = \"gate\"\nfiles = [\"/var/log/x\"]\n"));
    const auto wrong = read(good + "spol_megabytes = 3\n[[source]]\nid = \"gate\"\n");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().key, "edge.agent.config");
    EXPECT_EQ(wrong.error().arguments[1].second, "4");
    EXPECT_EQ(wrong.error().arguments[2].second, "spol_megabytes");
    EXPECT_FALSE(read(good));
    EXPECT_FALSE(read(good + "[[source]]\nid = \"gate\"\n"));
    EXPECT_FALSE(read(good + "[[source]]\nid = \"../x\"\nfiles = [\"/a\"]\n"));
}

}  // namespace
}  // namespace noroshi::edge::agent
