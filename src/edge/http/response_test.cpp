#include "edge/http/response.h"

#include <gtest/gtest.h>

#include "edge/http/access_log.h"
#include "edge/http/files.h"
#include "edge/http/local_time.h"
#include "edge/http/problem.h"

namespace noroshi::edge::http {
namespace {

using namespace std::chrono_literals;

std::string written(Reply reply, const Headers& asked = {}, Manner manner = {}) {
    Request request;
    request.headers = asked;
    Outgoing out;
    manner.date = "D";
    write_response(out, std::move(reply), &request, manner);
    return out.head + std::string(out.rest);
}

Reply file_of(std::size_t size) {
    Reply reply;
    reply.content_type = "application/pdf";
    reply.headers = {{"ETag", "\"x\""}};
    for (std::size_t i = 0; i < size; ++i) reply.body += static_cast<char>('a' + i % 26);
    return reply;
}

bool has(std::string_view text, std::string_view part) { return text.contains(part); }

TEST(Response, never_writes_a_second_header_out_of_a_value) {
    // A title with a line break in it could set a cookie in a colleague's browser.
    Reply reply;
    reply.headers = {{"X-A", "a\r\nSet-Cookie: stolen=1"}, {"X-B\n", "b"}, {"X-C", "fine"}};
    reply.content_type = "text/plain\r\nX-D: d";
    const auto text = written(std::move(reply));
    EXPECT_FALSE(has(text, "stolen")) << text;
    EXPECT_FALSE(has(text, "X-B")) << text;
    EXPECT_FALSE(has(text, "X-D")) << text;
    EXPECT_TRUE(has(text, "X-C: fine\r\n")) << text;
}

TEST(Response, sends_nothing_that_the_client_already_has) {
    // Every board would load the whole list again over a phone's connection.
    EXPECT_TRUE(has(written(file_of(9), {{"if-none-match", "\"y\", W/\"x\""}}), " 304 "));
    EXPECT_TRUE(has(written(file_of(9), {{"if-none-match", "*"}}), " 304 "));
    EXPECT_TRUE(has(written(file_of(9), {{"if-none-match", "\"y\""}}), " 200 "));
    const auto unchanged = written(file_of(9), {{"if-none-match", "\"x\""}});
    EXPECT_FALSE(has(unchanged, "Content-Length")) << unchanged;
    EXPECT_TRUE(unchanged.ends_with("\r\n\r\n"));
}

TEST(Response, gives_the_part_that_was_asked_for) {
    // A long video of a gate camera could not be resumed.
    const auto part = [](std::string_view range, Headers more = {}) {
        more.emplace_back("range", range);
        return written(file_of(10), more);
    };
    EXPECT_TRUE(has(part("bytes=0-0"), " 206 "));
    EXPECT_TRUE(part("bytes=2-4").ends_with("\r\n\r\ncde"));
    EXPECT_TRUE(has(part("bytes=2-4"), "Content-Range: bytes 2-4/10\r\n"));
    EXPECT_TRUE(part("bytes=7-").ends_with("\r\n\r\nhij"));
    EXPECT_TRUE(part("bytes=8-99").ends_with("\r\n\r\nij"));
    EXPECT_TRUE(part("bytes=-3").ends_with("\r\n\r\nhij"));
    EXPECT_TRUE(part("bytes=-99").ends_with("\r\n\r\nabcdefghij"));
    EXPECT_TRUE(has(part("bytes=10-"), " 416 "));
    EXPECT_TRUE(has(part("bytes=10-"), "Content-Range: bytes */10\r\n"));
    EXPECT_TRUE(has(part("bytes=-0"), " 416 "));
    for (const auto* whole : {"bytes=3-2", "bytes=a-", "bytes=-", "lines=1-2", "bytes=0-1,3-4",
                              "bytes=99999999999999999999-", "bytes"})
        EXPECT_TRUE(has(part(whole), " 200 ")) << whole;
    EXPECT_TRUE(has(part("bytes=0-0", {{"if-range", "\"x\""}}), " 206 "));
    EXPECT_TRUE(has(part("bytes=0-0", {{"if-range", "\"old\""}}), " 200 "));
    Reply json;
    json.body = "{}";
    EXPECT_TRUE(has(written(std::move(json), {{"range", "bytes=0-0"}}), " 200 "));
}

TEST(Response, long_and_shared_bodies_are_not_copied) {
    // 500 boards that load one attachment would need 500 times its memory.
    auto reply = file_of(0);
    reply.shared_body = std::make_shared<const std::string>(std::string(100'000, 'x'));
    const auto* bytes = reply.shared_body->data();
    Outgoing out;
    EXPECT_EQ(write_response(out, std::move(reply), nullptr, {}), 200);
    EXPECT_EQ(out.rest.data(), bytes);
    EXPECT_EQ(out.rest.size(), 100'000u);
    EXPECT_TRUE(has(out.head, "Content-Length: 100000\r\n"));
    auto owned = file_of(50'000);
    const auto* own_bytes = owned.body.data();
    EXPECT_EQ(write_response(out, std::move(owned), nullptr, {}), 200);
    EXPECT_EQ(out.rest.data(), own_bytes);
}

TEST(Response, says_what_browsers_may_do) {
    // A page of another site could frame the board, or a cookie travel in clear.
    Reply reply;
    reply.headers = {{"Set-Cookie", "noroshi_session=1; HttpOnly"}};
    const auto api = written(reply);
    EXPECT_TRUE(has(api, "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'"));
    EXPECT_TRUE(has(api, "X-Content-Type-Options: nosniff\r\n"));
    EXPECT_TRUE(has(api, "Referrer-Policy: no-referrer\r\n"));
    EXPECT_TRUE(has(api, "Cache-Control: no-store\r\n"));
    EXPECT_FALSE(has(api, "Strict-Transport-Security"));
    EXPECT_FALSE(has(api, "Secure"));
    Manner tls;
    tls.secure = true;
    tls.surface = Surface::page;
    const auto page = written(reply, {}, tls);
    EXPECT_TRUE(has(page, "default-src 'self'"));
    EXPECT_TRUE(has(page, "frame-ancestors 'none'"));
    EXPECT_TRUE(has(page, "Strict-Transport-Security: max-age="));
    EXPECT_TRUE(has(page, "noroshi_session=1; HttpOnly; Secure\r\n"));
}

TEST(Response, a_problem_names_key_place_and_reader_s_language) {
    // "400 Bad Request" helps nobody at three in the morning.
    auto error = invalid("edge.http.parameter", "/text", {{"name", "text"}, {"value", "\"\n"}});
    const auto reply = problem(refusal_of(std::move(error).error()), Language::ja, "r1");
    const auto json = boost::json::parse(reply.body).as_object();
    EXPECT_EQ(json.at("type").as_string(), "urn:noroshi:edge.http.parameter");
    EXPECT_EQ(json.at("status").as_int64(), 400);
    EXPECT_EQ(json.at("title").as_string(), "要求が正しくありません");
    EXPECT_EQ(json.at("instance").as_string(), "urn:noroshi:request:r1");
    EXPECT_EQ(json.at("errors").at(0).at("pointer").as_string(), "/text");
    EXPECT_EQ(json.at("errors").at(0).at("detail"), json.at("detail"));
    EXPECT_TRUE(std::string_view(json.at("detail").as_string()).contains("text の値"));
    EXPECT_EQ(problem(refusal(503, "edge.http.busy"), Language::en, "").status, 503);
    const auto busy = refusal_of(fail(ErrorKind::unavailable, "kernel.journal.overloaded").error());
    EXPECT_EQ(busy.headers, (Headers{{"Retry-After", "1"}}));
    const auto many = refusal_of(fail(ErrorKind::forbidden, "kernel.identity.too_many_attempts",
                                      {{"retry_after_seconds", "30"}})
                                     .error());
    EXPECT_EQ(many.status, 429);
    EXPECT_EQ(many.headers, (Headers{{"Retry-After", "30"}}));
}

TEST(Response, a_moment_in_an_error_is_told_in_local_time) {
    // "until 2026-07-03T21:30:00Z" is half past six in the morning, and nobody here would know.
    const auto told = [](Arguments arguments) {
        return in_local_time({ErrorKind::conflict, "x", std::move(arguments), {}}, Language::ja,
                             "Asia/Tokyo")
            .arguments.front()
            .second;
    };
    EXPECT_EQ(told({{"until", "2026-07-03T21:30:00Z"}}), "2026年7月4日（土）06:30");
    EXPECT_EQ(told({{"value", "2026-07-03T21:30:00Z"}}), "2026-07-03T21:30:00Z")
        << "what somebody typed is shown as typed";
    EXPECT_EQ(told({{"time", "2026-07-04T06:30:00+09:00"}}), "2026-07-04T06:30:00+09:00");
    EXPECT_EQ(told({{"at", "3"}}), "3");
}

TEST(Response, every_status_has_a_title_in_both_languages) {
    // People would read a key.
    for (const int status :
         {400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 416, 417, 429, 431, 500, 501, 503, 505})
        for (const auto language : {Language::ja, Language::en}) {
            const auto reply = problem(refusal(status, "edge.http.failed"), language, "");
            const auto title = boost::json::parse(reply.body).at("title").as_string();
            EXPECT_FALSE(std::string_view(title).contains("edge.http")) << title;
        }
}

TEST(DateField, is_written_as_http_wants_it) {
    // Caches and clocks would misread it.
    DateField field;
    EXPECT_EQ(field.at(*parse_rfc3339("2026-07-04T06:30:05.7+09:00")),
              "Fri, 03 Jul 2026 21:30:05 GMT");
    EXPECT_EQ(field.at(*parse_rfc3339("2024-02-29T00:00:00Z")), "Thu, 29 Feb 2024 00:00:00 GMT");
}

TEST(AccessLog, a_line_holds_no_person_and_no_path) {
    // The log would become a list of who looked at what.
    std::string line;
    append_json(line, {*parse_rfc3339("2026-07-04T00:00:00Z"), "r-1", "GET", "/api/x/{incident}",
                       200, 10, 20, 1500us});
    EXPECT_EQ(
        line,
        R"({"time":"2026-07-04T00:00:00Z","id":"r-1","method":"GET","route":"/api/x/{incident}",)"
        R"("status":200,"received":10,"sent":20,"microseconds":1500})");
}

TEST(Files, compression_is_used_only_where_it_is_understood) {
    // An old browser would show garbage.
    EXPECT_TRUE(accepts_gzip("gzip"));
    EXPECT_TRUE(accepts_gzip("br, gzip;q=0.5"));
    EXPECT_TRUE(accepts_gzip("*"));
    EXPECT_FALSE(accepts_gzip(""));
    EXPECT_FALSE(accepts_gzip("br"));
    EXPECT_FALSE(accepts_gzip("gzip;q=0"));
    EXPECT_FALSE(accepts_gzip("gzip;q=0.000, br"));
    EXPECT_FALSE(accepts_gzip("xgzip"));
}

}  // namespace
}  // namespace noroshi::edge::http
