#include "edge/http/reader.h"

#include <gtest/gtest.h>

namespace noroshi::edge::http {
namespace {

using namespace std::string_literals;
using State = RequestReader::State;

// All at once, then byte by byte: both must come to the same end.
struct Read {
    State state;
    int status = 0;
    std::string body;
    std::size_t left = 0;
};

Read read(std::string_view bytes, std::size_t step, std::uint64_t limit = 1000) {
    RequestReader reader;
    std::string unread;
    std::size_t given = 0;
    for (;;) {
        if (reader.state() == State::held) reader.accept_body(limit);
        unread.erase(0, reader.put(unread));
        if (reader.state() == State::complete || reader.state() == State::refused) break;
        if (reader.state() == State::held) continue;
        if (given == bytes.size()) break;
        const auto piece = bytes.substr(given, step);
        unread += piece;
        given += piece.size();
    }
    return {reader.state(), reader.state() == State::refused ? reader.refusal().status : 0,
            reader.request()->body, unread.size() + bytes.size() - given};
}


TEST(RequestReader, reads_what_is_well_formed) {
    // A browser's or a program's ordinary request would be turned away.
    struct {
        std::string request;
        std::string body;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", ""},
        {"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", ""},
        {"GET / HTTP/1.0\r\n\r\n", ""},
        {"GET http://h/x?y HTTP/1.1\r\nHost: h\r\n\r\n", ""},
        {"DELETE /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", ""},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", "abc"},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
         "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\n",
         "abc0123456789"},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
         "1\r\nz\r\n0\r\nX-Trailer: thrown away\r\n\r\n",
         "z"},
        // In pieces this one stopped the process: Beast's own chunk parser asserts on it.
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
         "003\r\n\r\n\r\r\n0000;x\r\nA: b\r\nC: d\r\n\r\n",
         "\r\n\r"},
        {"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n!", "!"},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(8000, 'x') + "\r\n\r\n", ""},
    };
    for (const auto& [request, body] : cases)
        for (const std::size_t step : {std::size_t{1}, std::size_t{7}, request.size()}) {
            const auto got = read(request, step);
            EXPECT_EQ(got.state, State::complete) << request << " in steps of " << step;
            EXPECT_EQ(got.body, body) << request << " in steps of " << step;
            EXPECT_EQ(got.left, 0u) << request;
        }
}

TEST(RequestReader, refuses_what_two_readers_might_read_differently) {
    // An attacker behind a shared proxy would slip a request into somebody else's connection.
    struct {
        std::string request;
        int status;
    } cases[] = {
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x3\r\n\r\nabc", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
         "Transfer-Encoding: chunked\r\n\r\n",
         400},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n folded\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: a\nY: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: a\rY: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\r\nX\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"s, 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
        {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 505},
        {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
        {"GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505},
        {"GET /\r\n\r\n", 400},
        {"BREW / HTTP/1.1\r\nHost: h\r\n\r\n", 501},
        {"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 501},
        {"TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 501},
        {"get / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"\x16\x03\x01\x02\x00\x01\x00", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx", 417},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
         "fffffffffffffffff\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\nx\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;a\nb\r\nx\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\r\n", 400},
    };
    for (const auto& [request, status] : cases)
        for (const std::size_t step : {std::size_t{1}, request.size()}) {
            const auto got = read(request, step);
            EXPECT_EQ(got.state, State::refused) << request << " in steps of " << step;
            EXPECT_EQ(got.status, status) << request << " in steps of " << step;
        }
}

TEST(RequestReader, keeps_every_limit) {
    // One client could fill the server's memory.
    const std::string long_line = "GET /" + std::string(9000, 'x');
    EXPECT_EQ(read(long_line, long_line.size()).status, 414);
    EXPECT_EQ(read(long_line + " HTTP/1.1\r\nHost: h\r\n\r\n", 100'000).status, 414);
    const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
    EXPECT_EQ(read(head + "X: " + std::string(70'000, 'x'), 1000).status, 431);
    EXPECT_EQ(read(head + "X: " + std::string(70'000, 'x') + "\r\n\r\n", 100'000).status, 431);
    std::string many = head;
    for (int i = 0; i < 200; ++i) many += "X: y\r\n";
    EXPECT_EQ(read(many + "\r\n", 100'000).status, 431);

    const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
    EXPECT_EQ(read(post + "Content-Length: 1001\r\n\r\n", 1000).status, 413);
    EXPECT_EQ(read(post + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'x'), 64).state,
              State::complete);
    const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(read(chunked + "3e9\r\n", 1000).status, 413);
    std::string bit_by_bit = chunked;
    for (int i = 0; i < 1001; ++i) bit_by_bit += "1\r\nx\r\n";
    EXPECT_EQ(read(bit_by_bit, 500).status, 413);
    EXPECT_EQ(read(chunked + "1;" + std::string(20'000, 'x'), 1000).status, 400);
    std::string trailers = chunked + "0\r\n";
    for (int i = 0; i < 6000; ++i) trailers += "X: y\r\n";
    EXPECT_EQ(read(trailers, 1000).status, 400);
}

TEST(RequestReader, leaves_the_next_request_alone) {
    // Pipelined requests would be lost or glued to each other.
    const std::string two =
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
        "GET /b HTTP/1.1\r\nHost: h\r\n\r\n";
    RequestReader reader;
    std::string unread = two;
    unread.erase(0, reader.put(unread));
    ASSERT_EQ(reader.state(), State::held);
    reader.accept_body(10);
    unread.erase(0, reader.put(unread));
    ASSERT_EQ(reader.state(), State::complete);
    EXPECT_EQ(reader.request()->body, "hi");
    EXPECT_EQ(reader.put(unread), 0u);
    reader.next();
    unread.erase(0, reader.put(unread));
    ASSERT_EQ(reader.state(), State::complete);
    EXPECT_EQ(reader.head().target, "/b");
    EXPECT_TRUE(unread.empty());
}

TEST(RequestReader, says_whether_the_connection_stays) {
    // A phone on HTTP/1.0 would wait for an end that never comes.
    const auto stays = [](std::string_view text) {
        RequestReader reader;
        reader.put(text);
        EXPECT_EQ(reader.state(), State::complete) << text;
        return reader.head().keep_alive;
    };
    EXPECT_TRUE(stays("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_FALSE(stays("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    EXPECT_FALSE(stays("GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Close\r\n\r\n"));
    EXPECT_FALSE(stays("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE(stays("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

}  // namespace
}  // namespace noroshi::edge::http
