// What a stranger sends: whatever the bytes, and however the network cuts them into pieces, the
// reader comes to the same end, keeps its limits, and the answer's head stays one head.

#include <cstdint>
#include <string>
#include <string_view>

#include "edge/http/files.h"
#include "edge/http/reader.h"
#include "edge/http/response.h"
#include "edge/http/target.h"

namespace noroshi::edge::http {

namespace {

constexpr std::uint64_t limit = 4096;

struct Seen {
    std::string story;  // of all requests: targets, headers, bodies, and how it ended
};

Seen read_all(std::string_view bytes, std::size_t step) {
    RequestReader reader({.head = 8192, .target = 1024, .fields = 20});
    Seen seen;
    std::string unread;
    std::size_t given = 0;
    using State = RequestReader::State;
    for (;;) {
        if (reader.state() == State::held) reader.accept_body(limit);
        const auto used = reader.put(unread);
        ASSERT(used <= unread.size());
        unread.erase(0, used);
        ASSERT(reader.request()->body.size() <= limit);
        if (reader.state() == State::refused) {
            seen.story += "refused " + std::to_string(reader.refusal().status);
            return seen;
        }
        if (reader.state() == State::complete) {
            const auto& head = reader.head();
            seen.story +=
                head.method + " " + head.target + " " + std::to_string(head.keep_alive) + "\n";
            for (const auto& [name, value] : reader.request()->headers) {
                ASSERT(value.find_first_of("\r\n") == std::string::npos);
                seen.story += name + ": " + value + "\n";
            }
            seen.story += reader.request()->body + "\n";
            reader.next();
            continue;
        }
        if (reader.state() == State::held) continue;
        if (given == bytes.size()) break;
        const auto piece = bytes.substr(given, step);
        unread += piece;
        given += piece.size();
    }
    seen.story += "more";
    return seen;
}

void answer(const Request& request) {
    Reply reply;
    reply.content_type = "application/pdf";
    reply.body = "abcdefghij";
    reply.headers = {{"ETag", "\"x\""}};
    for (const auto& [name, value] : request.headers) reply.headers.emplace_back("X-Echo", value);
    Outgoing out;
    write_response(out, std::move(reply), &request, {});
    ASSERT(out.head.find("\r\n\r\n") != std::string::npos);
    const auto body = out.head.substr(out.head.find("\r\n\r\n") + 4);
    ASSERT(std::string_view("abcdefghij").contains(body));
    static_cast<void>(accepts_gzip(request.header("accept-encoding").value_or("")));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = read_all(bytes, size + 1);
    const auto cut = read_all(bytes, 1 + size % 17);
    // A limit may be noticed one piece earlier; everything that was understood is the same.
    if (!whole.story.contains("refused")) ASSERT(whole.story == cut.story);
    RequestReader reader;
    reader.put(bytes);
    if (reader.state() == RequestReader::State::complete) answer(*reader.request());
    return 0;
}

}  // namespace noroshi::edge::http
