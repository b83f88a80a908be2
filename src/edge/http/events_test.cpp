#include "edge/http/events.h"

#include <gtest/gtest.h>

#include "edge/http/client.h"
#include "edge/http/serving_for_tests.h"

namespace noroshi::edge::http {
namespace {

using namespace std::chrono_literals;

// A raw event stream, chunks taken apart.
class Board {
public:
    explicit Board(const ServingHouse& house, std::string_view who = "alice",
                   std::string_view query = {}, std::string_view more = {})
        : client_(house.port()) {
        client_.send("GET /api/events" + std::string(query) +
                     " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + std::string(who) + "\r\n" +
                     std::string(more) + "\r\n");
        head = client_.read_until("\r\n\r\n");
        // The stream is entered in the list before this first chunk is written.
        if (head.contains("text/event-stream")) hello = chunk();
    }
    std::string head;
    std::string hello;

    // The next event; an empty one when the stream has ended.
    ClientEvent next() {
        while (heard_.empty()) {
            const auto bytes = chunk();
            if (bytes.empty()) return {};
            reader_.put(bytes, [this](const ClientEvent& event) {
                heard_.push_back(event);
                return true;
            });
        }
        auto event = heard_.front();
        heard_.pop_front();
        return event;
    }
    std::string chunk() {
        const auto line = client_.read_until("\r\n");
        if (line.empty()) return {};
        const auto size = std::stoul(line, nullptr, 16);
        std::string bytes;
        // The frame's own end, too.
        while (bytes.size() < size + 2) {
            const auto part = client_.read_until("\n");
            if (part.empty()) return {};
            bytes += part;
        }
        return bytes.substr(0, size);
    }
    RawClient& client() { return client_; }

private:
    RawClient client_;
    EventReader reader_;
    std::deque<ClientEvent> heard_;
};

std::string text_of(const ClientEvent& event) {
    return std::string(boost::json::parse(event.data).at("data").at("text").as_string());
}

TEST(Events, arrive_as_they_happen) {
    // Two clerks would look at two different boards.
    ServingHouse house;
    Board board(house);
    EXPECT_TRUE(board.head.contains("Content-Type: text/event-stream\r\n"));
    house.note("一行目");
    const auto event = board.next();
    EXPECT_EQ(event.id, "1");
    EXPECT_EQ(event.type, "test.http.noted");
    EXPECT_EQ(event.data, R"({"sequence":1,"topic":"test/http/notes","exercise":null,)"
                          R"("data":{"text":"一行目"}})");
    house.note("二行目");
    EXPECT_EQ(text_of(board.next()), "二行目");
}

TEST(Events, resume_without_loss_or_doubling) {
    // After a tunnel a phone would miss a line, or show it twice.
    ServingHouse house;
    for (int i = 1; i <= 5; ++i) house.note(std::to_string(i));
    Board by_header(house, "alice", "", "Last-Event-ID: 2\r\n");
    Board by_query(house, "alice", "?after=3");
    Board from_now(house, "alice");
    Board from_the_start(house, "alice", "?after=0");
    EXPECT_TRUE(from_now.hello.contains("id: 5\n")) << from_now.hello;
    for (int i = 6; i <= 8; ++i) house.note(std::to_string(i));
    for (int i = 3; i <= 8; ++i) EXPECT_EQ(by_header.next().id, std::to_string(i));
    for (int i = 4; i <= 8; ++i) EXPECT_EQ(by_query.next().id, std::to_string(i));
    for (int i = 6; i <= 8; ++i) EXPECT_EQ(from_now.next().id, std::to_string(i));
    for (int i = 1; i <= 8; ++i) EXPECT_EQ(from_the_start.next().id, std::to_string(i));
    EXPECT_TRUE(Board(house, "alice", "?after=x").head.starts_with("HTTP/1.1 400"));
}

TEST(Events, resume_while_others_write) {
    // The seam between what was kept and what is new is where a line gets lost.
    auto options = test_options();
    options.threads = 2;
    ServingHouse house(options);
    constexpr int lines = 600;
    std::jthread writer([&] {
        for (int i = 1; i <= lines; ++i) house.note(std::to_string(i));
    });
    std::uint64_t last = 0;
    while (last < lines) {
        Board board(house, "alice", "?after=" + std::to_string(last));
        // A few events each, then away and back.
        for (int i = 0; i < 37 && last < lines; ++i) {
            const auto event = board.next();
            ASSERT_EQ(event.id, std::to_string(last + 1));
            ++last;
        }
    }
}

TEST(Events, are_seen_only_by_those_who_may) {
    // The vendor would read what the police asked to keep.
    ServingHouse house;
    Board ours(house, "alice");
    Board theirs(house, "bob");
    house.note("for the port only", "port");
    house.note("for the vendor only", "vendor");
    house.note("for all");
    EXPECT_EQ(text_of(ours.next()), "for the port only");
    EXPECT_EQ(text_of(ours.next()), "for all");
    EXPECT_EQ(text_of(theirs.next()), "for the vendor only");
    EXPECT_EQ(text_of(theirs.next()), "for all");
    Board later(house, "bob", "?after=0");
    EXPECT_EQ(text_of(later.next()), "for the vendor only");
    EXPECT_TRUE(Board(house, "nobody").head.starts_with("HTTP/1.1 401"));
}

TEST(Events, can_be_narrowed_to_topics) {
    // A phone would be woken by every incident of the port.
    ServingHouse house;
    Board other(house, "alice", "?topic=respond/incident/x&topic=test/http/note");
    Board covered(house, "alice", "?topic=test/http");
    house.note("x");
    EXPECT_EQ(text_of(covered.next()), "x");
    Board exact(house, "alice", "?after=0&topic=nothing&topic=test/http/notes");
    EXPECT_EQ(text_of(exact.next()), "x");
    const Topics topics({"a/b"});
    EXPECT_TRUE(topics.cover("a/b"));
    EXPECT_TRUE(topics.cover("a/b/c"));
    EXPECT_FALSE(topics.cover("a/bc"));
    EXPECT_FALSE(topics.cover("a"));
    EXPECT_TRUE(Topics().cover("anything"));
}

TEST(Events, say_reset_when_the_gap_is_too_old) {
    // A board that slept through a restore would go on from a future that never was.
    ServingHouse house;
    house.note("x");
    Board from_the_future(house, "alice", "?after=99");
    const auto reset = from_the_future.next();
    EXPECT_EQ(reset.type, "reset");
    EXPECT_EQ(reset.id, "1");
    EXPECT_EQ(reset.data, R"({"sequence":1})");
    house.note("y");
    EXPECT_EQ(from_the_future.next().id, "2");
}

TEST(Events, a_stalled_reader_stays_within_its_backlog_and_loses_nothing) {
    // One sleeping phone would fill the server's memory.
    ServingHouse house;
    Board stalled(house, "alice");
    Board awake(house, "alice");
    const std::string long_text(20'000, 'x');
    constexpr int lines = 400;  // 8 MB, far beyond socket buffers and backlog
    for (int i = 1; i <= lines; ++i) {
        house.note(long_text);
        ASSERT_EQ(awake.next().id, std::to_string(i));
    }
    auto probe = house.connect();
    const auto metrics = probe.ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").body;
    EXPECT_TRUE(metrics.contains("noroshi_http_events_behind_total 1\n")) << metrics;
    for (int i = 1; i <= lines; ++i) ASSERT_EQ(stalled.next().id, std::to_string(i));
    house.note("live again");
    EXPECT_EQ(text_of(stalled.next()), "live again");
}

TEST(Events, a_reader_that_takes_nothing_is_let_go) {
    // Its descriptor would be lost for good.
    auto options = test_options();
    options.write_timeout = 40ms;
    ServingHouse house(options);
    Board stalled(house, "alice");
    const std::string long_text(20'000, 'x');
    for (int i = 0; i < 400; ++i) house.note(long_text);
    auto probe = house.connect();
    while (!probe.ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .body.contains("noroshi_http_event_streams 0\n")) {}
}

TEST(Events, the_line_is_kept_warm) {
    // A proxy in between would cut a quiet stream.
    auto options = test_options();
    options.heartbeat = 20ms;
    ServingHouse house(options);
    Board board(house);
    EXPECT_EQ(board.chunk(), ":\n\n");
    EXPECT_EQ(board.chunk(), ":\n\n");
}

TEST(Events, end_with_the_session) {
    // Somebody who lost the role would go on reading.
    auto options = test_options();
    options.reauthenticate = 20ms;
    ServingHouse house(options);
    Board board(house, "bob");
    house.note("x");
    EXPECT_EQ(text_of(board.next()), "x");
    house.bob_is_known = false;
    EXPECT_EQ(board.next().id, "");
}

TEST(Events, can_be_asked_for_instead) {
    // Where a proxy cuts streams the board would stand still.
    ServingHouse house;
    auto client = house.connect();
    const auto poll = [&](std::string_view query, std::string_view more = {}) {
        return client
            .ask("GET /api/events" + std::string(query) +
                 " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer bob\r\n" + std::string(more) +
                 "\r\n")
            .body;
    };
    EXPECT_EQ(poll("", "Accept: application/json\r\n"), R"({"items":[],"next":0})");
    house.note("x");
    house.note("hidden", "port");
    EXPECT_EQ(poll("?poll=1&after=0"),
              R"({"items":[{"sequence":1,"type":"test.http.noted","topic":"test/http/notes",)"
              R"("exercise":null,"data":{"text":"x"}}],"next":2})");
    EXPECT_EQ(poll("?poll=1&after=2"), R"({"items":[],"next":2})");
    EXPECT_EQ(poll("?poll=1&after=0&topic=other"), R"({"items":[],"next":2})");
    EXPECT_EQ(poll("?poll=1&after=9"), R"({"items":[],"next":2,"reset":true})");
    EXPECT_EQ(poll("?poll=1"), R"({"items":[],"next":2})");
}

TEST(Events, reach_a_client_of_http_1_0_without_chunks) {
    // An old proxy would show the frames as text.
    ServingHouse house;
    auto client = house.connect();
    client.send("GET /api/events HTTP/1.0\r\nAuthorization: Bearer alice\r\n\r\n");
    const auto head = client.read_until("\r\n\r\n");
    EXPECT_FALSE(head.contains("chunked"));
    EXPECT_TRUE(head.contains("Connection: close\r\n"));
    EXPECT_EQ(client.read_until("\n\n"), "retry: 2000\nid: 0\n\n");
    house.note("x");
    EXPECT_TRUE(client.read_until("\n\n").starts_with("id: 1\nevent: test.http.noted\ndata: {"));
}

TEST(Events, stop_with_the_server) {
    // A restart would hang on every open board.
    ServingHouse house;
    Board board(house);
    house.server().stop();
    EXPECT_EQ(board.next().id, "");
}

TEST(Client, reads_writes_and_watches) {
    // `noroshi replay` could not play the course of Nagoya.
    ServingHouse house;
    Client client({house.server().addresses().front(), "alice", "en", "", 10s});
    const auto made =
        client.post("/api/test/notes", R"({"text":"ゲート"})", {{"Idempotency-Key", "1"}});
    ASSERT_TRUE(made) << describe(made.error());
    EXPECT_EQ(made->status, 201);
    EXPECT_EQ(made->header("location"), "/api/test/notes/1");
    const auto list = client.get("/api/test/notes");
    ASSERT_TRUE(list);
    EXPECT_EQ(list->body, R"({"items":["ゲート"]})");
    const auto missing = client.get("/api/test/notes/9");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
    const auto wrong = client.post("/api/test/notes", "{}");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, ErrorKind::invalid);
    EXPECT_EQ(client.send(Method::del, "/api/test/notes/1")->status, 403);

    std::vector<std::string> heard;
    const auto watched = client.watch("/api/events?after=0", [&](const ClientEvent& event) {
        heard.push_back(event.id + " " + text_of(event));
        if (heard.size() == 1) house.note("二");
        return heard.size() < 2;
    });
    ASSERT_TRUE(watched) << describe(watched.error());
    EXPECT_EQ(heard, (std::vector<std::string>{"1 ゲート", "2 二"}));
    client.sign_in_as("nobody");
    const auto refused = client.watch("/api/events", [](const ClientEvent&) { return true; });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::forbidden);

    Client nowhere({"http://127.0.0.1:1", "", "ja", "", 1s});
    ASSERT_FALSE(nowhere.get("/"));
    EXPECT_EQ(nowhere.get("/").error().key, "edge.http.cannot_connect");
}

TEST(EventReader, understands_every_line_ending_and_piece) {
    // An event cut in two by the network would be lost.
    const std::string stream =
        ": comment\nretry: 1\nid: 4\n\nid: 5\r\nevent: a\r\ndata: x\r\ndata:y\r\n\r\ndata: z\n\n"
        "event: lone\n\n";
    for (const std::size_t step : {std::size_t{1}, std::size_t{3}, stream.size()}) {
        EventReader reader;
        std::vector<std::string> heard;
        for (std::size_t at = 0; at < stream.size(); at += step)
            reader.put(std::string_view(stream).substr(at, step), [&](const ClientEvent& event) {
                heard.push_back(event.id + "|" + event.type + "|" + event.data);
                return true;
            });
        EXPECT_EQ(heard, (std::vector<std::string>{"5|a|x\ny", "5|message|z"})) << step;
    }
}

}  // namespace
}  // namespace noroshi::edge::http
