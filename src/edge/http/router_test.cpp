#include "edge/http/router.h"

#include <gtest/gtest.h>

#include "edge/http/target.h"

namespace noroshi::edge::http {
namespace {

Routes table(std::initializer_list<std::pair<Method, std::string>> rows) {
    Routes routes;
    for (const auto& [method, path] : rows) {
        Route route;
        route.method = method;
        route.path = path;
        route.query = [](const Request&) -> Result<Reply> { return Reply{}; };
        routes.add(std::move(route));
    }
    return routes;
}

Router compiled(const Routes& routes) {
    std::vector<const Route*> all;
    for (const auto& route : routes.all()) all.push_back(&route);
    return Router(std::move(all));
}

std::vector<std::string> segments(std::string_view path) { return parse_target(path)->segments; }

TEST(Router, finds_the_row_and_what_its_placeholders_stand_for) {
    // An entry would be written into another incident.
    const auto routes = table({{Method::get, "/api/incidents"},
                               {Method::get, "/api/incidents/{incident}"},
                               {Method::get, "/api/incidents/search"},
                               {Method::post, "/api/incidents/{id}/entries"},
                               {Method::del, "/api/roles/{organisation}/{role}"},
                               {Method::get, "/"}});
    const auto router = compiled(routes);
    EXPECT_EQ(router.find(Method::get, segments("/api/incidents")).index, 0u);
    const auto one = router.find(Method::get, segments("/api/incidents/a%2Fb"));
    EXPECT_EQ(one.index, 1u);
    EXPECT_EQ(one.captures, (Headers{{"incident", "a/b"}}));
    EXPECT_EQ(router.find(Method::get, segments("/api/incidents/search")).index, 2u);
    const auto entries = router.find(Method::post, segments("/api/incidents/search/entries"));
    ASSERT_NE(entries.route, nullptr) << "a literal must not hide a longer path";
    EXPECT_EQ(entries.captures, (Headers{{"id", "search"}}));
    const auto role = router.find(Method::del, segments("/api/roles/x/y"));
    EXPECT_EQ(role.captures, (Headers{{"organisation", "x"}, {"role", "y"}}));
    EXPECT_EQ(router.find(Method::get, segments("/")).index, 5u);
}

TEST(Router, tells_what_is_missing_from_what_is_not_possible) {
    // A client could not tell a wrong address from a wrong method.
    const auto routes = table({{Method::get, "/a/{b}"}, {Method::put, "/a/{b}"}});
    const auto router = compiled(routes);
    for (const auto* path : {"/", "/a", "/a/", "/a/b/", "/a/b/c", "//a/b", "/A/b"}) {
        const auto match = router.find(Method::get, segments(path));
        EXPECT_EQ(match.route, nullptr) << path;
        EXPECT_FALSE(match.path_exists) << path;
    }
    const auto match = router.find(Method::post, segments("/a/b"));
    EXPECT_EQ(match.route, nullptr);
    EXPECT_TRUE(match.path_exists);
    EXPECT_EQ(router.allowed(segments("/a/b")), "GET, HEAD, PUT");
    EXPECT_EQ(router.allowed(segments("/a")), "");
}

TEST(Target, decodes_once_and_refuses_what_is_no_text) {
    // A path could be checked in one form and used in another.
    const auto target =
        parse_target("/a%20b/%E8%AD%A6%E5%AF%9F/c%2Fd?q=%E8%AD%A6+x&empty&a=b=c&&t=%2B");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, "/a b/警察/c/d");
    EXPECT_EQ(target->segments, (std::vector<std::string>{"a b", "警察", "c/d"}));
    EXPECT_EQ(target->query, (Headers{{"q", "警 x"}, {"empty", ""}, {"a", "b=c"}, {"t", "+"}}));
    EXPECT_EQ(parse_target("/%2541")->segments.front(), "%41");
    const auto absolute = parse_target("http://example.jp:8080/x?y=1");
    ASSERT_TRUE(absolute);
    EXPECT_EQ(absolute->authority, "example.jp:8080");
    EXPECT_EQ(absolute->path, "/x");
    EXPECT_EQ(parse_target("http://h")->path, "/");
    for (const auto* wrong :
         {"",          "*",        "x",    "/%",      "/%4",        "/%zz", "/%00",
          "/a%0d%0ab", "/%c0%af",  "/%ff", "/\xff",   "/%ed%a0%80", "/..",  "/a/../b",
          "/%2e%2e/x", "/.",       "/a#b", "/?a=%00", "/?a=%ff",    "/?%",  "http://user@h/",
          "http:///x", "ftp://h/x"})
        EXPECT_FALSE(parse_target(wrong)) << wrong;
}

}  // namespace
}  // namespace noroshi::edge::http
