#include "edge/http/access_log.h"

#include <array>
#include <charconv>

#include <spdlog/async.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace noroshi::edge::http {

namespace {
constexpr std::size_t queued_lines = 8192;
constexpr std::size_t file_bytes = 32 * 1024 * 1024;
constexpr std::size_t files = 10;
}  // namespace

struct AccessLog::Impl {
    // The pool goes first: it writes what is queued and joins its thread, after which nobody else
    // holds the logger.
    std::shared_ptr<spdlog::async_logger> logger;
    std::shared_ptr<spdlog::details::thread_pool> pool =
        std::make_shared<spdlog::details::thread_pool>(queued_lines, 1);
};

AccessLog::AccessLog() = default;
AccessLog::~AccessLog() = default;

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& path) {
    std::unique_ptr<AccessLog> log(new AccessLog);
    if (path.empty()) return log;
    log->impl_ = std::make_unique<Impl>();
    try {
        spdlog::sink_ptr sink;
        if (path == "-")
            sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        else
            sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, file_bytes, files);
        log->impl_->logger =
            std::make_shared<spdlog::async_logger>("access", std::move(sink), log->impl_->pool,
                                                   spdlog::async_overflow_policy::overrun_oldest);
        log->impl_->logger->set_pattern("%v");
    } catch (const spdlog::spdlog_ex& error) {
        return fail(ErrorKind::unavailable, "edge.http.cannot_log",
                    {{"path", path}, {"reason", error.what()}});
    }
    return log;
}

void append_json(std::string& out, const AccessLine& line) {
    // Nothing here needs escaping: patterns, methods and ids are our own words; an unknown method
    // is not among them.
    const auto number = [&out](std::string_view name, std::uint64_t value) {
        std::array<char, 20> digits;
        out += name;
        out.append(digits.data(),
                   std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    };
    out += R"({"time":")";
    out += format_rfc3339(line.at);
    out += R"(","id":")";
    out += line.request_id;
    out += R"(","method":")";
    out += line.method;
    out += R"(","route":")";
    out += line.route;
    number(R"(","status":)", static_cast<std::uint64_t>(line.status));
    number(R"(,"received":)", line.received);
    number(R"(,"sent":)", line.sent);
    number(R"(,"microseconds":)", static_cast<std::uint64_t>(line.took.count()));
    out += '}';
}

void AccessLog::write(std::string_view lines) {
    if (impl_ && !lines.empty()) impl_->logger->info("{}", lines);
}

}  // namespace noroshi::edge::http
