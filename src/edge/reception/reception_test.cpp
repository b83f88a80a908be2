#include "edge/reception/reception.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include <arpa/inet.h>
#include <unistd.h>

#include "edge/reception/drop.h"
#include "edge/reception/framing.h"
#include "edge/reception/sockets.h"
#include "kernel/journal/journal_for_tests.h"

namespace noroshi::edge::reception {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

sockaddr_storage address(const std::string& where) {
    sockaddr_storage out{};
    const auto colon = where.rfind(':');
    auto& v4 = reinterpret_cast<sockaddr_in&>(out);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<std::uint16_t>(
        colon == std::string::npos ? 0 : std::stoi(where.substr(colon + 1))));
    ::inet_pton(AF_INET, where.substr(0, colon).c_str(), &v4.sin_addr);
    return out;
}

// A centre: journal, archive, and a reception that is turned by hand.
struct ReceptionTest : testing::Test {
    ReceptionTest() { options.linger = 0ms; }

    void open() {
        auto opened = Reception::open(
            options, intake, hand.clock(),
            [this](journal::Recorder&, const archive::BlockHead& head, bool) -> Result<> {
                if (!refusal) {
                    auto& next = known[head.source];
                    EXPECT_GE(head.first_line, next);
                    next = head.first_line + head.lines;
                    return {};
                }
                return fail(*refusal, "edge.archive.overloaded");
            });
        ASSERT_TRUE(opened) << describe(opened.error());
        reception = std::move(*opened);
    }
    void turn(int times = 3) {
        for (int i = 0; i < times; ++i) {
            reception->turn(0ms);
            hand.work();
        }
    }
    std::string where(std::size_t listener = 0) const {
        return reception->counts().listeners.at(listener).address;
    }
    Descriptor caller(int type, const std::string& to) const {
        Descriptor socket(::socket(AF_INET, type, 0));
        const auto peer = address(to);
        EXPECT_EQ(
            ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof(sockaddr_in)),
            0);
        return socket;
    }
    static void say(const Descriptor& socket, std::string_view text) {
        ASSERT_EQ(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    std::vector<std::string> archived(const std::string& source = "gate") const {
        std::vector<std::string> lines;
        for (std::uint64_t at = 0;;) {
            const auto piece = *stored->read_from(source, at);
            if (!piece) return lines;
            for (std::string_view rest = piece->text; !rest.empty();) {
                const auto end = rest.find('\n');
                lines.emplace_back(rest.substr(0, end));
                rest.remove_prefix(end + 1);
            }
            at = piece->first_line + piece->lines;
        }
    }
    SourceCounts of(const std::string& source = "gate") const {
        for (auto& one : reception->counts().sources)
            if (one.source == source) return one;
        return {};
    }

    store::TemporaryFolder folder;
    journal::JournalByHand hand{[](journal::Journal&) {}, [] {}};
    std::unique_ptr<archive::Archive> stored =
        std::move(*archive::Archive::open((folder / "logs")));
    archive::Intake intake{*stored, hand.journal(), 0};
    ReceptionOptions options;
    std::unique_ptr<Reception> reception;
    std::optional<ErrorKind> refusal;
    std::map<std::string, std::uint64_t> known;  // the next line, as the journal has it
};

TEST(Framing, takes_what_is_counted_and_what_is_a_line_in_any_pieces) {
    const std::string text = "11 <13>counted<14>by line\r\n<15>two\n\n5 ab\nc<16>no end";
    const std::string expected = "<13>counted\n<14>by line\n<15>two\nab c<\n16>no end\n";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        std::string buffer, lines;
        for (std::size_t at = 0; at < text.size(); at += step) {
            buffer += text.substr(at, step);
            take_messages(buffer, lines, false, 100);
        }
        take_messages(buffer, lines, true, 100);
        EXPECT_EQ(lines, expected) << "in pieces of " << step;
        EXPECT_TRUE(buffer.empty());
    }
    // A line that never ends does not fill the memory.
    std::string buffer(250, 'x'), lines;
    EXPECT_EQ(take_messages(buffer, lines, false, 100), 2U);
    EXPECT_EQ(buffer.size(), 50U);
}

// A line kept under another member's name would be shown to the wrong people.
TEST(Senders, the_narrowest_row_that_agrees_says_whose_a_line_is) {
    const std::string one(64, 'a');
    const Senders senders({{"port", "", "10.0.0.0/8", ""},
                           {"gate", "", "10.1.2.3", ""},
                           {"tos", "inside", "10.0.0.0/8", ""},
                           {"remote", "tls", "", one},
                           {"six", "", "2001:db8::/32", ""},
                           {"nobody", "", "", ""},
                           {"broken", "", "10.0.0.0/99", ""}},
                          {"files"});
    const auto find = [&](std::string_view listener, const char* from, std::string_view shown) {
        const auto* found = senders.find(listener, address(from), shown);
        return found == nullptr ? std::string("-") : *found;
    };
    EXPECT_EQ(find("outside", "10.9.9.9", ""), "port");
    EXPECT_EQ(find("inside", "10.9.9.9", ""), "tos");
    EXPECT_EQ(find("inside", "10.1.2.3", ""), "gate");
    EXPECT_EQ(find("tls", "10.1.2.3", one), "remote") << "a certificate says more than an address";
    EXPECT_EQ(find("tls", "203.0.113.1", std::string(64, 'b')), "-");
    EXPECT_EQ(find("outside", "11.0.0.1", ""), "-");
    EXPECT_EQ(senders.sources(),
              (std::set<std::string>{"files", "gate", "port", "remote", "six", "tos"}));
}

// Without an agreement nothing may be kept, but a device pointed at the wrong place must be seen.
TEST_F(ReceptionTest, what_belongs_to_nobody_is_counted_and_not_kept) {
    options.listeners = {{"udp", Way::syslog_udp, "127.0.0.1:0", "", ""},
                         {"tcp", Way::syslog_tcp, "127.0.0.1:0", "", ""},
                         {"flows", Way::netflow_udp, "127.0.0.1:0", "", ""}};
    open();
    const auto udp = caller(SOCK_DGRAM, where(0));
    const auto flows = caller(SOCK_DGRAM, where(2));
    say(udp, "<13>before");
    { const auto tcp = caller(SOCK_STREAM, where(1)); }
    turn();
    auto counts = reception->counts();
    EXPECT_EQ(counts.listeners[0].nobodys, 1U);
    EXPECT_EQ(counts.listeners[1].nobodys, 1U);
    ASSERT_EQ(counts.strangers.size(), 2U);
    EXPECT_EQ(counts.strangers[0].address, "127.0.0.1");
    EXPECT_TRUE(archived().empty());
    // From now on it is somebody's, of one listener only.
    reception->set_senders(
        Senders({{"gate", "udp", "127.0.0.0/8", ""}, {"gate", "flows", "127.0.0.1", ""}}, {}));
    turn(1);
    say(udp, "<13>after\nin one line");
    say(flows, "\x01\x02");
    { const auto tcp = caller(SOCK_STREAM, where(1)); }
    turn();
    EXPECT_EQ(archived(),
              (std::vector<std::string>{"<13>after in one line",
                                        R"({"exporter":"127.0.0.1","datagram":"AQI"})"}));
    EXPECT_EQ(of().accepted, 2U);
    EXPECT_EQ(reception->counts().listeners[1].nobodys, 2U);
    // An agreement that has ended: what is on its way is not kept either.
    say(udp, "<13>too late");
    reception->set_senders({});
    turn();
    EXPECT_EQ(archived().size(), 2U);
    EXPECT_EQ(reception->counts().listeners[0].nobodys, 2U);
}

// A disk that is full for an hour must cost what UDP cannot hold, and nothing else.
TEST_F(ReceptionTest, a_full_disk_makes_connections_wait_and_drops_datagrams_by_the_number) {
    options.listeners = {{"udp", Way::syslog_udp, "127.0.0.1:0", "", ""},
                         {"tcp", Way::syslog_tcp, "127.0.0.1:0", "", ""}};
    options.source_bytes = 4000;
    open();
    reception->set_senders(
        Senders({{"gate", "udp", "127.0.0.1", ""}, {"tos", "tcp", "127.0.0.1", ""}}, {}));
    refusal = ErrorKind::unavailable;
    const auto udp = caller(SOCK_DGRAM, where(0));
    const auto tcp = caller(SOCK_STREAM, where(1));
    std::string stream;
    for (int i = 0; i < 5000; ++i) stream += fmt::format("<13>line {:04} over a connection\n", i);
    std::size_t sent = 0;
    const auto push = [&] {
        if (const auto put = ::send(tcp.get(), stream.data() + sent, stream.size() - sent,
                                    MSG_DONTWAIT | MSG_NOSIGNAL);
            put > 0)
            sent += static_cast<std::size_t>(put);
    };
    for (int i = 0; i < 300; ++i) {
        say(udp, fmt::format("<13>datagram {:03} of a device", i));
        push();
        if (i % 20 == 0) turn(1);
    }
    turn();
    EXPECT_TRUE(reception->counts().trouble);
    EXPECT_EQ(of("gate").accepted, 0U);
    EXPECT_LT(reception->counts().waiting_bytes, 200'000U) << "memory is bounded";
    const auto dropped = of("gate").dropped;
    EXPECT_GT(dropped, 0U);
    EXPECT_EQ(of("gate").received + dropped, 300U);
    // The disk is well again.
    refusal.reset();
    for (int i = 0; i < 2000 && of("tos").accepted < 5000; ++i) {
        hand.clock().advance(1s);
        push();
        turn(1);
    }
    EXPECT_FALSE(reception->counts().trouble);
    const auto lines = archived("tos");
    ASSERT_EQ(lines.size(), 5000U);
    for (std::size_t i = 0; i < lines.size(); ++i)
        ASSERT_EQ(lines[i], fmt::format("<13>line {:04} over a connection", i));
    EXPECT_EQ(archived("gate").size(), 300 - dropped);
    EXPECT_EQ(of("gate").accepted, 300 - dropped);
    // What was dropped is a gap in the numbers.
    EXPECT_EQ(stored->next_line("gate"), 300U);
}

TEST_F(ReceptionTest, a_batch_that_the_agreement_forbids_leaves_nothing) {
    options.listeners = {{"udp", Way::syslog_udp, "127.0.0.1:0", "", ""}};
    open();
    reception->set_senders(Senders({{"gate", "", "127.0.0.1", ""}}, {}));
    refusal = ErrorKind::conflict;
    const auto udp = caller(SOCK_DGRAM, where());
    say(udp, "<13>withdrawn meanwhile");
    turn();
    EXPECT_TRUE(archived().empty());
    EXPECT_EQ(of().refused, 1U);
    EXPECT_EQ(of().waiting, 0U);
    refusal.reset();
    say(udp, "<13>and again");
    turn();
    EXPECT_EQ(archived(), std::vector<std::string>{"<13>and again"});
}

TEST_F(ReceptionTest, too_many_connections_of_one_address_do_not_keep_others_out) {
    options.listeners = {{"tcp", Way::syslog_tcp, "127.0.0.1:0", "", ""}};
    options.connections_per_address = 2;
    open();
    reception->set_senders(Senders({{"gate", "", "127.0.0.1", ""}}, {}));
    turn(1);
    std::vector<Descriptor> callers;
    for (int i = 0; i < 5; ++i) callers.push_back(caller(SOCK_STREAM, where()));
    turn();
    EXPECT_EQ(reception->counts().listeners[0].connections, 2U);
    EXPECT_EQ(reception->counts().listeners[0].turned_away, 3U);
    say(callers[0], "<13>still heard\n");
    turn();
    EXPECT_EQ(archived().size(), 1U);
}

// ---- files ---------------------------------------------------------------------------------

struct DropTest : testing::Test {
    void write(const std::string& name, std::string_view text) const {
        std::ofstream(folder / name, std::ios::binary) << text;
    }
    std::set<std::string> names() const {
        std::set<std::string> all;
        for (const auto& file : fs::directory_iterator((folder / "")))
            all.insert(file.path().filename().string());
        return all;
    }
    // Reads and confirms until nothing comes.
    std::string everything(Drop& drop, std::uint64_t& next) const {
        std::string all;
        for (int i = 0; i < 50; ++i) {
            const auto lines = drop.read(next, now, all, 100);
            EXPECT_TRUE(lines);
            next += *lines;
            drop.confirm(next);
        }
        return all;
    }
    store::TemporaryFolder folder;
    Instant now = *parse_rfc3339("2100-01-01T00:00:00Z");  // later than any file is written
};

TEST_F(DropTest, a_file_is_taken_once_whatever_is_killed_in_between) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += fmt::format("line {}\n", i);
    text += "\r\n\nthe last without an end";
    std::string expected = text;
    expected.erase(expected.find("\r\n\n"), 3);
    expected += "\n";
    for (std::uint64_t durable = 0; durable <= 201; durable += 67) {
        write("gate.log", text);
        std::string all;
        std::uint64_t next = 0;
        {
            Drop drop((folder / ""), 0s);
            // Read on and on, and killed when the archive had so many lines.
            for (int i = 0; i < 50; ++i) next += *drop.read(next, now, all, 100);
            EXPECT_EQ(next, 201U);
            drop.confirm(durable);
        }
        std::size_t at = 0;
        for (std::uint64_t i = 0; i < durable; ++i) at = expected.find('\n', at) + 1;
        next = durable;
        Drop again((folder / ""), 0s);
        EXPECT_EQ(everything(again, next), expected.substr(at)) << durable;
        EXPECT_EQ(next, 201U);
        EXPECT_TRUE(names().empty()) << "a file whose lines are durable is removed";
    }
}

TEST_F(DropTest, unfinished_names_wait_and_what_is_no_text_stays_renamed) {
    write("a.log.part", "not yet\n");
    write(".hidden", "not ever\n");
    write("picture.evtx", std::string("ElfFile\0\0\0", 10));
    fs::create_directory(folder / "folder");
    fs::create_symlink("/etc/passwd", folder / "link.log");
    std::uint64_t next = 0;
    Drop drop((folder / ""), 0s);
    EXPECT_EQ(everything(drop, next), "");
    EXPECT_EQ(drop.counts().refused, 1U);
    EXPECT_EQ(names(), (std::set<std::string>{".hidden", ".refused-picture.evtx", "a.log.part",
                                              "folder", "link.log"}));
    // A file that is being written is left until it has been quiet.
    write("now.log", "one\n");
    Drop patient((folder / ""), std::chrono::hours{24 * 365 * 200});
    EXPECT_EQ(everything(patient, next), "");
    fs::rename(folder / "a.log.part", folder / "a.log");
    EXPECT_EQ(everything(drop, next), "not yet\none\n");
}

TEST_F(DropTest, compressed_files_are_read_and_a_damaged_one_gives_what_it_holds) {
    std::string packed(1000, '\0');
    const std::string text = "one\ntwo\n";
    z_stream stream{};
    ASSERT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    ASSERT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.resize(packed.size() - stream.avail_out);
    ::deflateEnd(&stream);
    write("a.gz", packed);
    std::uint64_t next = 0;
    Drop drop((folder / ""), 0s);
    EXPECT_EQ(everything(drop, next), text);
    write("b.gz", packed.substr(0, packed.size() - 4));
    EXPECT_EQ(everything(drop, next), text);
    EXPECT_EQ(drop.counts().files, 1U);
    EXPECT_EQ(names(), (std::set<std::string>{".refused-b.gz"}));
}

}  // namespace
}  // namespace noroshi::edge::reception
