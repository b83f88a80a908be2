#include "edge/http/server.h"

#include <gtest/gtest.h>

#include "edge/http/serving_for_tests.h"

namespace noroshi::edge::http {
namespace {

std::string get(std::string_view path, std::string_view more = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(more) + "\r\n";
}
std::string post(std::string_view path, std::string_view body, std::string_view more = {}) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + std::string(more) + "\r\n" + std::string(body);
}
constexpr std::string_view alice = "Authorization: Bearer alice\r\n";

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

}  // namespace
}  // namespace noroshi::edge::http
