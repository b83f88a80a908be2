#include "edge/http/server.h"

#include <fstream>

#include <gtest/gtest.h>

#include "edge/http/serving_for_tests.h"

namespace noroshi::edge::http {
namespace {

using namespace std::chrono_literals;

std::string get(std::string_view path, std::string_view more = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(more) + "\r\n";
}
std::string post(std::string_view path, std::string_view body, std::string_view more = {}) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + std::string(more) + "\r\n" + std::string(body);
}
std::string key_of(const RawClient::Answer& answer) {
    boost::json::error_code error;
    const auto json = boost::json::parse(answer.body, error);
    if (error || !json.is_object() || !json.get_object().contains("key")) return answer.body;
    return std::string(json.at("key").as_string());
}
constexpr std::string_view alice = "Authorization: Bearer alice\r\n";
constexpr std::string_view bob = "Authorization: Bearer bob\r\n";
constexpr std::string_view note = R"({"text":"x"})";

TEST(Server, a_command_is_answered_after_it_can_be_read) {
    // The duty officer would see "saved" and an empty board.
    ServingHouse house;
    auto client = house.connect();
    const auto made = client.ask(post("/api/test/notes", R"({"text":"ゲート停止"})", alice));
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.body, R"({"number":1,"text":"ゲート停止"})");
    EXPECT_EQ(made.field("Location"), "/api/test/notes/1");
    EXPECT_EQ(made.field("ETag"), "\"1\"");
    const auto list = client.ask(get("/api/test/notes", alice));
    EXPECT_EQ(list.status, 200);
    EXPECT_EQ(list.body, R"({"items":["ゲート停止"]})");
    EXPECT_EQ(list.field("Cache-Control"), "no-store");
}

TEST(Server, outward_nothing_of_the_inside_answers) {
    // The public listener would be a second way to the board, or refuse to stand in a newspaper's page.
    auto options = test_options();
    options.face = Face::outward;
    ServingHouse house(options);
    auto client = house.connect();
    for (const auto* path : {"/", "/healthz", "/metrics", "/api/openapi.json", "/api/events",
                             "/index.html", "/settings", "/api/events?poll=1"}) {
        const auto answer = client.ask(get(path, alice));
        EXPECT_EQ(answer.status, 404) << path;
        EXPECT_EQ(answer.field("X-Frame-Options"), "") << path;
        EXPECT_FALSE(answer.field("Content-Security-Policy").contains("frame-ancestors")) << path;
        EXPECT_TRUE(answer.field("Content-Security-Policy").starts_with("default-src 'none'"));
    }
}

TEST(Server, who_is_not_signed_in_learns_nothing) {
    // Anybody on the network could read the board.
    ServingHouse house;
    auto client = house.connect();
    const auto nobody = client.ask(get("/api/test/notes"));
    EXPECT_EQ(nobody.status, 401);
    EXPECT_EQ(key_of(nobody), "edge.http.not_signed_in");
    EXPECT_EQ(nobody.field("WWW-Authenticate"), "Bearer realm=\"noroshi\"");
    EXPECT_EQ(client.ask(get("/api/test/notes", "Authorization: Bearer wrong\r\n")).status, 401);
    EXPECT_EQ(client.ask(get("/api/test/notes", "Cookie: noroshi_session=wrong\r\n")).status, 401);
    EXPECT_EQ(client.ask(get("/api/test/notes", "Cookie: a=b; noroshi_session=alice\r\n")).status,
              200);
    EXPECT_EQ(client.ask(post("/api/test/notes", note)).status, 401);
    EXPECT_EQ(house.decisions, 0);
    // A stale cookie keeps nobody from what needs no sign-in.
    EXPECT_EQ(client.ask(get("/api/test/headers", "Cookie: noroshi_session=old\r\n")).status, 200);
}

TEST(Server, a_permission_stands_beside_its_route) {
    // A member could do what is the leader's to decide.
    ServingHouse house;
    auto client = house.connect();
    const auto refused = client.ask("DELETE /api/test/notes/1 HTTP/1.1\r\nHost: h\r\n" +
                                    std::string(alice) + "\r\n");
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(key_of(refused), "kernel.identity.not_permitted");
    // A token confined to metrics opens nothing else.
    EXPECT_EQ(client.ask(get("/api/test/notes", "Authorization: Bearer meter\r\n")).status, 403);
}

TEST(Server, another_site_cannot_use_a_session) {
    // A link in a mail could close an incident in the name of whoever opens it.
    ServingHouse house;
    auto client = house.connect();
    const auto with = [&](std::string_view more) {
        return client
            .ask(post("/api/test/notes", note,
                      "Cookie: noroshi_session=alice\r\n" + std::string(more)))
            .status;
    };
    EXPECT_EQ(with(""), 201);
    EXPECT_EQ(with("Origin: http://h\r\n"), 201);
    EXPECT_EQ(with("Origin: https://evil.example\r\n"), 403);
    EXPECT_EQ(with("Origin: http://h.evil.example\r\n"), 403);
    EXPECT_EQ(with("Origin: null\r\n"), 403);
    EXPECT_EQ(with("Origin: http://h\r\nSec-Fetch-Site: cross-site\r\n"), 403);
    EXPECT_EQ(with("Origin: null\r\nSec-Fetch-Site: same-origin\r\n"), 201);
    EXPECT_EQ(with("Sec-Fetch-Site: same-site\r\n"), 403);
    const auto bearer = client.ask(
        post("/api/test/notes", note, std::string(alice) + "Origin: https://tool.example\r\n"));
    EXPECT_EQ(bearer.status, 201);
}

TEST(Server, the_same_key_gives_the_same_answer) {
    // A phone that lost the answer would write the line twice.
    ServingHouse house;
    auto client = house.connect();
    const std::string key = std::string(alice) + "Idempotency-Key: k-1\r\n";
    const auto first = client.ask(post("/api/test/notes", note, key));
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(first.field("Idempotency-Replayed"), "");
    const auto again = client.ask(post("/api/test/notes", note, key));
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.field("Location"), first.field("Location"));
    EXPECT_EQ(again.field("Idempotency-Replayed"), "true");
    EXPECT_EQ(house.decisions, 1);
    const auto other = client.ask(post("/api/test/notes", R"({"text":"y"})", key));
    EXPECT_EQ(other.status, 409);
    EXPECT_EQ(key_of(other), "kernel.journal.idempotency_mismatch");
    // Somebody else's key is another key.
    const auto bobs =
        client.ask(post("/api/test/notes", note, std::string(bob) + "Idempotency-Key: k-1\r\n"));
    EXPECT_EQ(bobs.body, R"({"number":2,"text":"x"})");
    for (const std::string& wrong : {std::string(" "), std::string("a b"), std::string(201, 'x'),
                                     std::string("\xe3\x81\x82")}) {
        const auto refused = client.ask(post(
            "/api/test/notes", note, std::string(alice) + "Idempotency-Key: " + wrong + "\r\n"));
        EXPECT_EQ(refused.status, 400) << wrong;
        EXPECT_EQ(key_of(refused), "edge.http.idempotency_key");
    }
    // Without a person each link has keys of its own.
    EXPECT_EQ(client.ask(post("/api/test/link/a", note, "Idempotency-Key: k\r\n")).status, 200);
    EXPECT_EQ(client.ask(post("/api/test/link/b", note, "Idempotency-Key: k\r\n"))
                  .field("Idempotency-Replayed"),
              "");
}

TEST(Server, says_what_is_wrong_in_the_reader_s_language) {
    // A clerk would not know which field to correct.
    ServingHouse house;
    auto client = house.connect();
    const auto detail = [](const RawClient::Answer& answer) {
        return std::string(boost::json::parse(answer.body).at("detail").as_string());
    };
    const auto unknown =
        client.ask(post("/api/test/notes", R"({"text":"x","colour":"red"})", alice));
    EXPECT_EQ(unknown.status, 400);
    EXPECT_EQ(unknown.field("Content-Type"), "application/problem+json");
    EXPECT_EQ(unknown.field("Content-Language"), "ja");
    EXPECT_EQ(boost::json::parse(unknown.body).at("errors").at(0).at("pointer").as_string(),
              "/colour");
    const auto english = client.ask(post("/api/test/notes", "{", bob));
    EXPECT_EQ(english.field("Content-Language"), "en");
    EXPECT_NE(detail(unknown), detail(english));
    EXPECT_EQ(detail(client.ask(get("/api/nothing", "Accept-Language: en\r\n"))),
              "There is nothing at this address.");
    EXPECT_EQ(detail(client.ask(get("/api/nothing"))), "このアドレスには何もありません。");
    EXPECT_EQ(client.ask(post("/api/test/notes", R"({"text":""})", alice)).status, 400);
    EXPECT_EQ(client.ask(get("/api/test/notes/7", alice)).status, 404);
}

TEST(Server, a_handler_that_throws_costs_one_answer) {
    // One bug of ours would take down the board of a whole port.
    ServingHouse house;
    auto client = house.connect();
    const auto query = client.ask(get("/api/test/throws"));
    EXPECT_EQ(query.status, 500);
    EXPECT_FALSE(query.body.contains("thrown")) << query.body;
    EXPECT_EQ(client.ask(post("/api/test/notes", R"({"text":"throw"})", alice)).status, 500);
    EXPECT_EQ(client.ask(post("/api/test/notes", note, alice)).status, 201);
}

TEST(Server, refuses_before_the_body_is_sent) {
    // 25 MiB would travel over a phone only to be thrown away.
    ServingHouse house;
    const auto upload = [](std::string_view who, std::size_t size) {
        return "POST /api/test/files HTTP/1.1\r\nHost: h\r\n" + std::string(who) +
               "Expect: 100-continue\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
    };
    auto nobody = house.connect();
    EXPECT_EQ(nobody.ask(upload("", 1000)).status, 401);
    EXPECT_EQ(nobody.read_all(), "");
    auto large = house.connect();
    const auto refused = large.ask(upload(alice, 5 * 1024 * 1024));
    EXPECT_EQ(refused.status, 413);
    EXPECT_EQ(refused.field("Connection"), "close");
    EXPECT_EQ(large.read_all(), "");

    auto welcome = house.connect();
    welcome.send(upload(alice, 300'000));
    EXPECT_EQ(welcome.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    welcome.send(std::string(300'000, 'x'));
    const auto stored = welcome.read_answer();
    EXPECT_EQ(stored.status, 201);
    EXPECT_EQ(stored.body, "300000");
    // A client that does not wait reads its answer although it is still sending.
    auto eager = house.connect();
    eager.send("POST /api/test/files HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n" +
               std::string(200'000, 'x'));
    EXPECT_EQ(eager.read_answer().status, 401);
}

TEST(Server, takes_chunked_bodies_and_other_media_types_where_they_belong) {
    // A program that streams its upload would be turned away; a form of another site would not.
    ServingHouse house;
    auto client = house.connect();
    const auto chunked =
        client.ask("POST /api/test/notes HTTP/1.1\r\nHost: h\r\n" + std::string(alice) +
                   "Transfer-Encoding: chunked\r\n\r\n"
                   "5\r\n{\"tex\r\n7\r\nt\":\"x\"}\r\n0\r\n\r\n");
    EXPECT_EQ(chunked.status, 201);
    const auto typed = [&](std::string_view type) {
        auto fresh = house.connect();
        return fresh
            .ask("POST /api/test/notes HTTP/1.1\r\nHost: h\r\n" + std::string(alice) +
                 "Content-Type: " + std::string(type) + "\r\nContent-Length: 12\r\n\r\n" +
                 std::string(note))
            .status;
    };
    EXPECT_EQ(typed("application/json; charset=utf-8"), 201);
    EXPECT_EQ(typed("Application/JSON"), 201);
    EXPECT_EQ(typed("text/plain"), 415);
    // What curl says by itself; harmless beside a bearer token, which no form can carry.
    EXPECT_EQ(typed("application/x-www-form-urlencoded"), 201);
    auto form = house.connect();
    EXPECT_EQ(form.ask("POST /api/test/notes HTTP/1.1\r\nHost: h\r\n"
                       "Cookie: noroshi_session=alice\r\nOrigin: http://h\r\n"
                       "Content-Type: application/x-www-form-urlencoded\r\n"
                       "Content-Length: 12\r\n\r\n" +
                       std::string(note))
                  .status,
              415);
}

TEST(Server, answers_pipelined_requests_in_order) {
    // An answer would be shown for another question.
    ServingHouse house;
    auto client = house.connect();
    std::string requests;
    for (int i = 1; i <= 20; ++i)
        requests += post("/api/test/notes", "{\"text\":\"" + std::to_string(i) + "\"}", alice);
    requests += get("/api/test/headers") + get("/nothing.js") + get("/api/test/notes", alice);
    client.send(requests);
    for (int i = 1; i <= 20; ++i)
        EXPECT_EQ(client.read_answer().body,
                  "{\"number\":" + std::to_string(i) + ",\"text\":\"" + std::to_string(i) + "\"}");
    EXPECT_EQ(client.read_answer().status, 200);
    EXPECT_EQ(client.read_answer().status, 404);
    EXPECT_EQ(client.read_answer().status, 200);
}

TEST(Server, speaks_to_old_and_unusual_clients) {
    // A monitoring probe would call a healthy server dead.
    ServingHouse house;
    auto old = house.connect();
    old.send("GET /api/test/headers HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(old.read_all().contains("Connection: close\r\n"));
    auto kept = house.connect();
    EXPECT_EQ(
        kept.ask("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").field("Connection"),
        "keep-alive");
    auto client = house.connect();
    client.send("HEAD /api/test/headers HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto head = client.read_answer(RawClient::Body::none);
    EXPECT_EQ(head.status, 200);
    EXPECT_NE(head.field("Content-Length"), "0");
    EXPECT_EQ(client.ask("GET http://h/api/test/headers HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
    const auto options = client.ask("OPTIONS /api/test/notes HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.field("Allow"), "GET, HEAD, POST, OPTIONS");
    const auto wrong = client.ask("PUT /api/test/notes HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.field("Allow"), "GET, HEAD, POST");
    EXPECT_EQ(client.ask(get("/api/test/headers?echo=%0d%0aX-Evil:%201")).field("X-Evil"), "");
    EXPECT_EQ(client.ask(get("/api/%ff")).status, 400);
}

TEST(Server, malformed_requests_get_a_problem_and_the_door) {
    // What follows a request that could not be read would be taken for a request.
    ServingHouse house;
    struct {
        std::string bytes;
        int status;
    } cases[] = {
        {"nonsense\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n", 431},
        {"BREW / HTTP/1.1\r\nHost: h\r\n\r\n", 501},
        {"GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505},
        {"POST /api/test/files HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
         "Transfer-Encoding: chunked\r\n\r\n",
         400},
        {"POST /api/test/files HTTP/1.1\r\nHost: h\r\n" + std::string(alice) +
             "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
         400},
    };
    for (const auto& [bytes, status] : cases) {
        auto client = house.connect();
        client.send(bytes + get("/api/test/headers"));
        const auto answer = client.read_answer();
        EXPECT_EQ(answer.status, status) << bytes.substr(0, 60);
        EXPECT_EQ(answer.field("Content-Type"), "application/problem+json");
        EXPECT_EQ(answer.field("Connection"), "close");
        client.end_sending();
        EXPECT_EQ(client.read_all(), "") << bytes.substr(0, 60);
    }
}

TEST(Server, a_slow_client_is_given_up) {
    // A handful of machines could hold every connection of the server.
    auto options = test_options();
    options.header_timeout = 40ms;
    options.body_timeout = 40ms;
    options.idle_timeout = 40ms;
    ServingHouse house(options);
    auto silent = house.connect();
    auto slow_head = house.connect();
    auto slow_body = house.connect();
    slow_head.send("GET /api/test/headers HTTP/1.1\r\nHost");
    slow_body.send("POST /api/test/files HTTP/1.1\r\nHost: h\r\n" + std::string(alice) +
                   "Content-Length: 100\r\n\r\nabc");
    EXPECT_EQ(silent.read_all(), "");
    const auto head = slow_head.read_answer();
    EXPECT_EQ(head.status, 408);
    EXPECT_EQ(key_of(head), "edge.http.head_timeout");
    slow_head.end_sending();
    EXPECT_EQ(slow_head.read_all(), "");
    const auto body = slow_body.read_answer();
    EXPECT_EQ(body.status, 408);
    EXPECT_EQ(key_of(body), "edge.http.body_timeout");
    // A byte now and then is progress of a kind, but below the least rate.
    auto dripping = house.connect();
    dripping.send("POST /api/test/files HTTP/1.1\r\nHost: h\r\n" + std::string(alice) +
                  "Content-Length: 100000\r\n\r\n");
    std::atomic<bool> dropped{false};
    std::jthread drip([&] {
        while (!dropped && dripping.send("x")) std::this_thread::sleep_for(5ms);
    });
    EXPECT_EQ(dripping.read_answer().status, 408);
    dropped = true;
}

TEST(Server, a_thousand_silent_connections_are_in_nobody_s_way) {
    // Browsers that keep connections open would slow down the one that has something to say.
    auto options = test_options();
    options.threads = 2;
    ServingHouse house(options);
    std::vector<RawClient> silent;
    for (int i = 0; i < 1000; ++i) {
        silent.emplace_back(house.port());
        ASSERT_TRUE(silent.back().connected());
    }
    auto client = house.connect();
    for (int i = 0; i < 50; ++i) EXPECT_EQ(client.ask(get("/api/test/headers")).status, 200);
    EXPECT_EQ(silent[500].ask(get("/api/test/headers")).status, 200);
}

TEST(Server, one_connection_too_many_is_turned_away) {
    // The server would run out of descriptors and drop everybody.
    auto options = test_options();
    options.connections = 3;
    ServingHouse house(options);
    std::vector<RawClient> held;
    for (int i = 0; i < 3; ++i) {
        held.emplace_back(house.port());
        EXPECT_EQ(held.back().ask(get("/api/test/headers")).status, 200);
    }
    auto surplus = house.connect();
    EXPECT_EQ(surplus.read_answer().status, 503);
    held.pop_back();
    // The place is free again as soon as the server has seen the other one go.
    for (;;) {
        auto next = house.connect();
        if (next.ask(get("/api/test/headers")).status == 200) break;
    }

    options.connections = 100;
    options.connections_per_address = 2;
    ServingHouse strict(options);
    auto one = strict.connect();
    auto two = strict.connect();
    EXPECT_EQ(one.ask(get("/api/test/headers")).status, 200);
    EXPECT_EQ(two.ask(get("/api/test/headers")).status, 200);
    auto three = strict.connect();
    EXPECT_EQ(three.read_answer().status, 429);
}

TEST(Server, bodies_together_have_a_limit) {
    // Many large uploads at once would use up the memory of the machine.
    auto options = test_options();
    options.body_memory = 1024 * 1024;
    ServingHouse house(options);
    auto greedy = house.connect();
    greedy.send("POST /api/test/files HTTP/1.1\r\nHost: h\r\n" + std::string(alice) +
                "Content-Length: 4000000\r\n\r\n" + std::string(1'500'000, 'x'));
    EXPECT_EQ(greedy.read_answer().status, 503);
    auto modest = house.connect();
    EXPECT_EQ(modest.ask(post("/api/test/notes", note, alice)).status, 201);
}

TEST(Server, large_answers_reach_a_slow_reader_whole_and_in_parts) {
    // An attachment would arrive cut.
    ServingHouse house;
    auto client = house.connect();
    client.send(get("/api/test/files/8000000"));
    const auto whole = client.read_answer();
    ASSERT_EQ(whole.body.size(), 8'000'000u);
    EXPECT_EQ(whole.body[7'999'999], 'a' + 7'999'999 % 26);
    const auto part = client.ask(get("/api/test/files/8000000", "Range: bytes=26-28\r\n"));
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, "abc");
    EXPECT_EQ(client.ask(get("/api/test/files/9", "If-None-Match: \"file\"\r\n")).status, 304);
    EXPECT_EQ(client.ask(get("/api/test/headers")).status, 200);
}

TEST(Server, work_done_elsewhere_answers_when_it_can) {
    // Checking one password would stop every board for a tenth of a second.
    ServingHouse house;
    auto client = house.connect();
    client.send("POST /api/test/later HTTP/1.1\r\nHost: h\r\n\r\n");
    house.is_parked.wait(false);
    auto other = house.connect();
    EXPECT_EQ(other.ask(get("/api/test/headers")).status, 200);
    Reply reply;
    reply.body = "\"at last\"";
    house.parked(std::move(reply));
    EXPECT_EQ(client.read_answer().body, "\"at last\"");
}

TEST(Server, health_and_metrics_say_how_it_is) {
    // A failover would come too late, or for nothing.
    ServingHouse house;
    auto client = house.connect();
    house.note("x");
    const auto health = client.ask(get("/healthz"));
    EXPECT_EQ(health.status, 200);
    EXPECT_EQ(health.body, R"({"status":"ok","sequence":1})");
    client.ask(get("/api/test/notes/1", alice));
    const auto local = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n";
    const auto metrics = client.ask(local);
    EXPECT_EQ(metrics.status, 200);
    for (const auto* line :
         {"noroshi_http_requests_total{method=\"GET\",route=\"/api/test/notes/"
          "{note}\",status=\"200\"} 1\n",
          "noroshi_http_request_seconds_bucket{method=\"GET\",route=\"/healthz\",le=\"+Inf\"} 1\n",
          "noroshi_http_connections 1\n", "noroshi_journal_sequence 1\n",
          "noroshi_outbox_messages{state=\"waiting\"} 0\n", "process_resident_memory_bytes "})
        EXPECT_TRUE(metrics.body.contains(line)) << line << metrics.body;
    // A page of another site that makes its name point to 127.0.0.1 reads nothing.
    EXPECT_EQ(client.ask(get("/metrics")).status, 401);
    EXPECT_EQ(client.ask(get("/metrics", alice)).status, 403);
    EXPECT_EQ(client.ask(get("/metrics", "Authorization: Bearer meter\r\n")).status, 200);
}

TEST(Server, listens_where_it_was_told_and_alone) {
    // Two servers would answer on one port in turn, each with half of the incident.
    ServingHouse house;
    auto options = test_options();
    options.listen[0].port = house.port();
    const Routes none;
    Server second(options, none, house.journal(), {});
    const auto refused = second.start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().key, "edge.http.cannot_listen");
    options.listen[0] = {"not an address", 0, "", ""};
    Server third(options, none, house.journal(), {});
    EXPECT_FALSE(third.start());
}

TEST(Server, finishes_what_it_began_when_it_stops) {
    // A restart would lose the answer to a line just written.
    ServingHouse house;
    auto idle = house.connect();
    EXPECT_EQ(idle.ask(get("/api/test/headers")).status, 200);
    auto busy = house.connect();
    busy.send("POST /api/test/later HTTP/1.1\r\nHost: h\r\n\r\n");
    house.is_parked.wait(false);
    std::jthread stopper([&] { house.server().stop(); });
    EXPECT_EQ(idle.read_all(), "");
    house.parked(Reply{});
    const auto answer = busy.read_answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.field("Connection"), "close");
    stopper.join();
    EXPECT_FALSE(house.connect().connected());
}

TEST(Server, serves_the_client_from_a_folder_and_nothing_beside_it) {
    // The key of the installation could be downloaded.
    store::TemporaryFolder folder;
    std::filesystem::create_directories(folder / "web/assets");
    std::ofstream(folder / "secret") << "secret";
    std::ofstream(folder / "web/index.html") << "<!doctype html>";
    std::ofstream(folder / "web/assets/a-1.js") << "1;";
    std::filesystem::create_symlink(folder / "secret", folder / "web/link.txt");
    auto options = test_options();
    options.web_root = folder / "web";
    ServingHouse house(options);
    auto client = house.connect();
    for (const auto* page : {"/", "/index.html", "/respond/incident", "/l/sealed"}) {
        const auto answer = client.ask(get(page));
        EXPECT_EQ(answer.body, "<!doctype html>") << page;
        EXPECT_EQ(answer.field("Content-Type"), "text/html; charset=utf-8");
        EXPECT_EQ(answer.field("Cache-Control"), "no-cache");
        EXPECT_TRUE(answer.field("Content-Security-Policy").starts_with("default-src 'self';"));
    }
    const auto script = client.ask(get("/assets/a-1.js"));
    EXPECT_EQ(script.field("Content-Type"), "text/javascript; charset=utf-8");
    EXPECT_EQ(script.field("Cache-Control"), "public, max-age=31536000, immutable");
    const auto known =
        client.ask(get("/assets/a-1.js", "If-None-Match: " + script.field("ETag") + "\r\n"));
    EXPECT_EQ(known.status, 304);
    for (const auto* hidden : {"/../secret", "/%2e%2e/secret", "/..%2fsecret", "/link.txt",
                               "/assets/none.js", "/secret.txt", "//etc/passwd.txt"})
        EXPECT_FALSE(client.ask(get(hidden)).body.contains("secret")) << hidden;
    EXPECT_EQ(client.ask("POST / HTTP/1.1\r\nHost: h\r\n\r\n").status, 404);
}

TEST(Server, believes_a_proxy_it_was_told_about_and_nobody_else) {
    // Whoever writes a header could hide behind somebody else's address.
    const std::string_view forwarded =
        "X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\nX-Forwarded-Proto: https\r\n";
    ServingHouse plain;
    auto client = plain.connect();
    const auto direct = client.ask(get("/api/test/headers", forwarded));
    EXPECT_EQ(direct.body, R"({"remote":"127.0.0.1"})");
    EXPECT_FALSE(direct.field("Set-Cookie").contains("Secure"));
    auto options = test_options();
    options.proxies = {"127.0.0.1"};
    ServingHouse behind(options);
    auto proxied = behind.connect();
    const auto told = proxied.ask(get("/api/test/headers", forwarded));
    EXPECT_EQ(told.body, R"({"remote":"198.51.100.7"})");
    EXPECT_TRUE(told.field("Set-Cookie").ends_with("; Secure"));
    // What comes through a proxy did not come from this machine.
    EXPECT_EQ(
        proxied
            .ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n" + std::string(forwarded) + "\r\n")
            .status,
        401);
}

}  // namespace
}  // namespace noroshi::edge::http
