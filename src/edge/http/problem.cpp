#include "edge/http/problem.h"

#include "kernel/i18n/i18n.h"
#include "kernel/json/json.h"

namespace noroshi::edge::http {

Refusal refusal(int status, std::string key, Arguments arguments, Headers headers) {
    return Refusal{status,
                   Error{status < 500 ? ErrorKind::invalid : ErrorKind::unavailable,
                         std::move(key),
                         std::move(arguments),
                         {}},
                   std::move(headers)};
}

Refusal refusal_of(Error error) {
    Refusal refused;
    refused.status = http_status_of(error.kind);
    if (error.key.ends_with(".too_many_attempts")) refused.status = 429;
    if (refused.status == 503 || refused.status == 429) {
        std::string seconds = "1";
        for (const auto& [name, value] : error.arguments)
            if (name == "retry_after_seconds") seconds = value;
        refused.headers.emplace_back("Retry-After", std::move(seconds));
    }
    refused.error = std::move(error);
    return refused;
}

Reply problem(const Refusal& refused, Language language, std::string_view request_id) {
    const std::string detail = i18n::text(language, refused.error);
    std::string body = "{\"type\":";
    json::write_string(body, "urn:noroshi:" + refused.error.key);
    body += ",\"title\":";
    json::write_string(body,
                       i18n::text(language, "edge.http.status_" + std::to_string(refused.status)));
    body += ",\"status\":" + std::to_string(refused.status) + ",\"detail\":";
    json::write_string(body, detail);
    body += ",\"instance\":";
    json::write_string(body, "urn:noroshi:request:" + std::string(request_id));
    body += ",\"key\":";
    json::write_string(body, refused.error.key);
    if (!refused.error.pointer.empty()) {
        body += ",\"errors\":[{\"pointer\":";
        json::write_string(body, refused.error.pointer);
        body += ",\"detail\":";
        json::write_string(body, detail);
        body += "}]";
    }
    body += '}';
    Reply reply;
    reply.status = refused.status;
    reply.headers = refused.headers;
    reply.headers.emplace_back("Content-Language", i18n::code_of(language));
    reply.content_type = "application/problem+json";
    reply.body = std::move(body);
    return reply;
}

}  // namespace noroshi::edge::http
