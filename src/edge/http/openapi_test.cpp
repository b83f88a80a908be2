#include <set>

#include <gtest/gtest.h>

#include "edge/http/serving_for_tests.h"

namespace noroshi::edge::http {
namespace {

namespace bj = boost::json;

void each(const bj::value& value, const std::function<void(const bj::object&)>& visit) {
    if (const auto* object = value.if_object()) {
        visit(*object);
        for (const auto& [key, inner] : *object) each(inner, visit);
    } else if (const auto* array = value.if_array()) {
        for (const auto& inner : *array) each(inner, visit);
    }
}

bj::value document() {
    ServingHouse house;
    auto client = house.connect();
    const auto answer = client.ask("GET /api/openapi.json HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(answer.status, 200);
    return bj::parse(answer.body);
}

TEST(OpenApi, every_reference_leads_somewhere_and_every_operation_has_its_own_name) {
    // No client could be generated from it.
    const auto all = document();
    EXPECT_EQ(all.at("openapi").as_string(), "3.1.0");
    std::set<std::string> ids;
    int references = 0;
    each(all, [&](const bj::object& object) {
        if (const auto* to = object.if_contains("$ref")) {
            ++references;
            const std::string_view text = to->as_string();
            ASSERT_TRUE(text.starts_with("#/"));
            bj::error_code error;
            EXPECT_NE(all.find_pointer(text.substr(1), error), nullptr) << text;
        }
        if (const auto* id = object.if_contains("operationId"))
            EXPECT_TRUE(ids.insert(std::string(id->as_string())).second) << *id;
    });
    EXPECT_GT(references, 20);
    EXPECT_TRUE(ids.contains("test.http.write"));
    EXPECT_TRUE(ids.contains("test.http.read.get_notes"));
    EXPECT_TRUE(ids.contains("test.http.read.get_notes_note"));
    EXPECT_TRUE(ids.contains("edge.http.health"));
}

TEST(OpenApi, an_operation_says_what_it_takes_gives_and_needs) {
    // Programs would learn it from errors.
    const auto all = document();
    const auto& paths = all.at("paths").as_object();
    const auto& post = paths.at("/api/test/notes").at("post").as_object();
    EXPECT_EQ(post.at("requestBody").at("content").at("application/json").at("schema").at("$ref"),
              "#/components/schemas/HttpWriteRequest");
    EXPECT_EQ(post.at("x-roles"), (bj::array{"duty_officer", "member"}));
    EXPECT_EQ(post.at("parameters").at(0).at("$ref"), "#/components/parameters/IdempotencyKey");
    for (const auto* status : {"400", "401", "403", "409", "default"})
        EXPECT_EQ(post.at("responses").at(status).at("$ref"), "#/components/responses/Problem");
    const auto& link = paths.at("/api/test/link/{link}").at("post").as_object();
    EXPECT_EQ(link.at("security"), bj::array{});
    EXPECT_EQ(link.at("parameters").at(0).at("in"), "path");
    // The same shape is the same schema.
    EXPECT_EQ(link.at("requestBody").at("content").at("application/json").at("schema"),
              post.at("requestBody").at("content").at("application/json").at("schema"));
    const auto& note = all.at("components").at("schemas").at("HttpWriteRequest").as_object();
    EXPECT_EQ(note.at("required"), bj::array{"text"});
    EXPECT_TRUE(paths.at("/api/events")
                    .at("get")
                    .at("responses")
                    .at("200")
                    .at("content")
                    .as_object()
                    .contains("text/event-stream"));
}

}  // namespace
}  // namespace noroshi::edge::http
