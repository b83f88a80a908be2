// The way to the centre over HTTP: POST …/lines?first=N, the lines as one zstd frame.

#include <fmt/format.h>
#include <zstd.h>
#include <charconv>

#include "edge/agent/agent.h"
#include "edge/http/client.h"

namespace noroshi::edge::agent {

namespace {

Result<std::uint64_t> standing_of(const http::ClientAnswer& answer) {
    constexpr std::string_view key = "\"next_line\":";
    const auto at = answer.body.find(key);
    std::uint64_t next = 0;
    if (at != std::string::npos) {
        const char* from = answer.body.data() + at + key.size();
        if (std::from_chars(from, answer.body.data() + answer.body.size(), next).ec == std::errc{})
            return next;
    }
    return fail(ErrorKind::unavailable, "edge.agent.answer",
                {{"status", std::to_string(answer.status)}, {"text", answer.body.substr(0, 200)}});
}

class HttpCentre final : public Centre {
public:
    explicit HttpCentre(const AgentConfig& config)
        : client_({config.server, config.token, "en", config.ca_file,
                   std::chrono::milliseconds{60'000}}) {}

    Result<std::uint64_t> next_line(const std::string& source) override {
        TRY_LET(const auto answer, client_.send(http::Method::get, path_of(source)));
        return standing_of(answer);
    }

    Result<std::uint64_t> deliver(const std::string& source, std::uint64_t first_line,
                                  std::string_view lines) override {
        std::string frame(ZSTD_compressBound(lines.size()), '\0');
        frame.resize(ZSTD_compress(frame.data(), frame.size(), lines.data(), lines.size(), 3));
        const std::string path = fmt::format("{}/lines?first={}", path_of(source), first_line);
        const http::Headers type{{"Content-Type", "application/zstd"}};
        TRY_LET(auto answer, client_.send(http::Method::post, path, frame, type));
        // The lines in between are nowhere any more: said, not hidden.
        if (answer.status == 409 && answer.body.find("edge.archive.gap") != std::string::npos) {
            TRY_LET(answer, client_.send(http::Method::post, path + "&missing=1", frame, type));
        }
        return standing_of(answer);
    }

private:
    static std::string path_of(const std::string& source) {
        return "/api/watch/logs/sources/" + source;
    }
    http::Client client_;
};

}  // namespace

std::unique_ptr<Centre> http_centre(const AgentConfig& config) {
    return std::make_unique<HttpCentre>(config);
}

}  // namespace noroshi::edge::agent
