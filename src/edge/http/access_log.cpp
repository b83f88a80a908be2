#include "edge/http/access_log.h"

#include <iterator>

#include <fmt/format.h>
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
    // The pool outlives the logger, whose last lines it writes.
    std::shared_ptr<spdlog::details::thread_pool> pool =
        std::make_shared<spdlog::details::thread_pool>(queued_lines, 1);
    std::shared_ptr<spdlog::async_logger> logger;
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

std::string json_of(const AccessLine& line) {
    // Nothing here needs escaping: patterns, methods and ids are our own words; an unknown method
    // is not among them.
    return fmt::format(
        R"({{"time":"{}","id":"{}","method":"{}","route":"{}","status":{},"received":{},"sent":{},"microseconds":{}}})",
        format_rfc3339(line.at), line.request_id, line.method, line.route, line.status,
        line.received, line.sent, line.took.count());
}

void AccessLog::write(const AccessLine& line) {
    if (impl_) impl_->logger->info("{}", json_of(line));
}

}  // namespace noroshi::edge::http
