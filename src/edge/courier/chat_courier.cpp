#include "edge/courier/chat_courier.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <boost/json.hpp>

#include "edge/courier/chat_text.h"
#include "edge/courier/jwt.h"

namespace noroshi::edge::courier {

namespace {

constexpr auto token_margin = std::chrono::minutes(1);

ChatText chat_text_of(const Message& message) {
    ChatText text{message.subject, message.text, {}, {}};
    // The link stands alone on the last line of what must not be cut.
    std::string_view tail = message.html;
    while (tail.ends_with('\n')) tail.remove_suffix(1);
    const auto last = tail.rfind('\n');
    const auto line = last == std::string_view::npos ? tail : tail.substr(last + 1);
    if (line.starts_with("https://") || line.starts_with("http://")) {
        text.link = line;
        tail = last == std::string_view::npos ? std::string_view() : tail.substr(0, last);
    }
    text.ask = tail;
    return text;
}

bool is_url(std::string_view text) {
    return text.starts_with("https://") || text.starts_with("http://");
}

}  // namespace

ChatCourier::ChatCourier(std::vector<ChatService> services, const Clock& clock)
    : services_(std::move(services)), clock_(clock), rest_(clock) {}

Result<std::unique_ptr<ChatCourier>> ChatCourier::create(std::vector<ChatService> services,
                                                         const Clock& clock) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < services.size(); ++i) {
        const auto& one = services[i];
        auto wrong = [&](std::string key) {
            return invalid(std::move(key), "/chat/service/" + std::to_string(i),
                           {{"name", one.name}});
        };
        if (!names.insert(one.name).second) return wrong("edge.courier.chat_twice");
        if (!is_url(one.url)) return wrong("edge.courier.chat_url");
        if (one.kind != ChatService::Kind::line_works) continue;
        if (!is_url(one.auth_url) || one.client_id.empty() || one.client_secret.empty() ||
            one.service_account.empty() || one.bot.empty())
            return wrong("edge.courier.chat_account");
        if (!is_rsa_key(one.private_key)) return wrong("edge.courier.chat_key");
    }
    return std::unique_ptr<ChatCourier>(new ChatCourier(std::move(services), clock));
}

Delivery ChatCourier::outcome(const ChatService& service, const HttpAnswer& answer) {
    rest_.hear(service.name, answer);
    return {outcome_of(answer, Outcome::failed), service.name,
            answer.status == 0 ? answer.trouble : "HTTP " + std::to_string(answer.status)};
}

Delivery ChatCourier::carry(const Message& message, int) {
    const auto colon = message.to.find(':');
    const std::string name = message.to.substr(0, colon);
    const std::string user = colon == std::string::npos ? "" : message.to.substr(colon + 1);
    const auto service = std::ranges::find(services_, name, &ChatService::name);
    if (colon == std::string::npos || service == services_.end())
        return {Outcome::refused, name, "no such chat service"};
    // A room sees what is posted there; what is one person's may go to that person only.
    if (!user.empty() && !service->reaches_people())
        return {Outcome::refused, name, "this chat cannot write to one person"};
    if (rest_.is_wanted(name)) return {Outcome::failed, name, "asked to wait"};
    const ChatText text = chat_text_of(message);
    if (service->kind == ChatService::Kind::line_works)
        return by_works(*service, user, works_json(text));
    HttpAsk asked;
    asked.url = service->url;
    asked.ca_file = service->ca_file;
    asked.headers = {{"Content-Type", "application/json"}};
    asked.body =
        service->kind == ChatService::Kind::teams ? teams_json(text) : slack_json(text, user);
    const auto answer = ask(asked);
    auto delivery = outcome(*service, answer);
    // Slack: "user_not_found", "channel_not_found", 410 "channel_is_archived".
    if ((answer.status == 404 || answer.status == 410) && !user.empty())
        delivery.outcome = Outcome::refused;
    return delivery;
}

std::expected<std::string, HttpAnswer> ChatCourier::token_of(const ChatService& service) {
    const Instant now = clock_.now();
    {
        std::lock_guard lock(guard_);
        const auto found = tokens_.find(service.name);
        if (found != tokens_.end() && now < found->second.until) return found->second.text;
    }
    const auto claim = signed_claim(service.private_key, service.client_id, service.service_account,
                                    now, now + std::chrono::minutes(30));
    HttpAnswer failed;
    failed.was_sent = false;
    failed.trouble = "the key cannot sign";
    if (!claim) return std::unexpected(failed);
    HttpAsk asked;
    asked.url = service.auth_url;
    asked.ca_file = service.ca_file;
    asked.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    asked.body = "assertion=" + percent_encoded(*claim) +
                 "&grant_type=" + percent_encoded("urn:ietf:params:oauth:grant-type:jwt-bearer") +
                 "&client_id=" + percent_encoded(service.client_id) +
                 "&client_secret=" + percent_encoded(service.client_secret) + "&scope=bot";
    auto answer = ask(asked);
    answer.was_sent = false;  // whatever happened here, the message is certainly not there
    if (answer.status / 100 != 2) return std::unexpected(answer);
    boost::system::error_code error;
    const auto read = boost::json::parse(answer.body, error);
    const auto* object = error ? nullptr : read.if_object();
    const auto* token = object == nullptr ? nullptr : object->if_contains("access_token");
    const std::string_view known =
        token == nullptr || !token->is_string() ? std::string_view() : token->get_string();
    // It becomes a header: nothing in it may end one.
    if (known.empty() || known.find_first_of("\r\n") != std::string_view::npos) {
        failed.trouble = "no token in the answer";
        return std::unexpected(failed);
    }
    // A number, and with LINE WORKS a number as text.
    std::int64_t seconds = 600;
    if (const auto* lasts = object->if_contains("expires_in")) {
        if (lasts->is_int64()) seconds = lasts->get_int64();
        if (lasts->is_string()) {
            const std::string_view text = lasts->get_string();
            std::from_chars(text.data(), text.data() + text.size(), seconds);
        }
    }
    seconds = std::clamp<std::int64_t>(seconds, 0, 86'400);
    std::string text(known);
    std::lock_guard lock(guard_);
    tokens_[service.name] = {text, now + std::chrono::seconds(seconds) - token_margin};
    return text;
}

Delivery ChatCourier::by_works(const ChatService& service, const std::string& user,
                               const std::string& body) {
    if (user.empty() && service.room.empty())
        return {Outcome::refused, service.name, "no channel is configured"};
    HttpAsk asked;
    asked.url = service.url + "/bots/" + percent_encoded(service.bot) +
                (user.empty() ? "/channels/" + percent_encoded(service.room)
                              : "/users/" + percent_encoded(user)) +
                "/messages";
    asked.ca_file = service.ca_file;
    asked.body = body;
    // A token that was withdrawn before its time is asked for anew, once.
    for (int attempt = 0;; ++attempt) {
        const auto token = token_of(service);
        if (!token) {
            auto delivery = outcome(service, token.error());
            delivery.outcome = Outcome::failed;
            delivery.detail = "sign-in: " + delivery.detail;
            return delivery;
        }
        asked.headers = {{"Content-Type", "application/json"},
                         {"Authorization", "Bearer " + *token}};
        const auto answer = ask(asked);
        if (answer.status == 401 && attempt == 0) {
            std::lock_guard lock(guard_);
            tokens_.erase(service.name);
            continue;
        }
        auto delivery = outcome(service, answer);
        if ((answer.status == 400 || answer.status == 404) && !user.empty())
            delivery.outcome = Outcome::refused;
        return delivery;
    }
}

}  // namespace noroshi::edge::courier
