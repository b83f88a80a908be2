#pragma once
// For tests only: asks the routes as the server does – who is it, may they, what do they want –
// without sockets. The journal is moved by whoever tests (`work`).

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json.hpp>

#include "edge/http/handling.h"

namespace noroshi::edge::http {

class Asking {
public:
    // `work` lets the journal do what is queued.
    Asking(const Routes& routes, journal::Journal& journal, Authenticate authenticate,
           std::function<void()> work)
        : handling_(options_, routes, journal, std::move(authenticate)), work_(std::move(work)) {}

    struct Answer {
        int status = 0;
        Headers headers;
        std::string text;
        boost::json::value json;
        std::string header(std::string_view name) const {
            for (const auto& [key, value] : headers)
                if (key == name) return value;
            return {};
        }
        // The key of a problem.
        std::string key() const {
            const auto* object = json.if_object();
            const auto* found = object ? object->if_contains("key") : nullptr;
            return found && found->is_string() ? std::string(found->get_string()) : std::string{};
        }
    };

    // `more`: further header fields, names in lower case.
    Answer ask(Method method, std::string target, std::string body = {}, Headers more = {}) {
        Head head;
        head.method = name_of(method);
        head.target = std::move(target);
        head.host = "port.test";
        if (!body.empty()) head.content_length = body.size();
        const Peer peer{"192.0.2.1", false, true};
        Exchange exchange;
        exchange.request = std::make_shared<Request>();
        exchange.request->method = method;
        exchange.request->headers = std::move(more);
        exchange.head = &head;
        exchange.peer = &peer;
        exchange.request_id = "test";
        auto refused = handling_.admit(exchange);
        if (refused) return read(std::move(*refused));
        exchange.request->body = std::move(body);
        if (exchange.kind == Exchange::Kind::query) return read(handling_.answer_query(exchange));
        if (exchange.kind == Exchange::Kind::events) return read(handling_.answer_poll(exchange));
        std::promise<Reply> promise;
        auto reply = promise.get_future();
        handling_.answer_later(exchange, [&](Reply done) { promise.set_value(std::move(done)); });
        work_();
        return read(reply.get());
    }

private:
    static Answer read(Reply reply) {
        Answer answer;
        answer.status = reply.status;
        answer.headers = std::move(reply.headers);
        answer.text = reply.shared_body ? *reply.shared_body : reply.body;
        boost::json::error_code error;
        answer.json = boost::json::parse(answer.text, error);
        if (error) answer.json = nullptr;
        return answer;
    }

    ServerOptions options_;
    Handling handling_;
    std::function<void()> work_;
};

}  // namespace noroshi::edge::http
