#pragma once
// Carries a message into a chat: to one person where the chat can address one, else into a room.
//
//   slack       an incoming webhook, Slack's or one that understands it (Mattermost, Rocket.Chat); to
//               a person only with `direct`, where the server lets a webhook name its "channel"
//   teams       a workflow of Microsoft Teams that posts an adaptive card into a room
//   line_works  the LINE WORKS bot (API 2.0): a service account proves itself by a JWT (RFC 7523,
//               RS256), the bot writes to a user or a channel
//
// Message::to is "<service>:<user>" or "<service>:" for the room; message.subject the title, .text the
// text, .html what must not be cut: what is asked and, on the last line, the link. A service that
// asks for peace (429, Retry-After) is left alone until then. Thread-safe.

#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "edge/courier/http_ask.h"
#include "edge/courier/rest.h"
#include "kernel/courier.h"
#include "kernel/result.h"

namespace noroshi::edge::courier {

struct ChatService {
    enum class Kind { slack, teams, line_works };
    std::string name;
    Kind kind = Kind::slack;
    std::string url;      // of the webhook: a secret. line_works: of the API
    bool direct = false;  // slack: the webhook may write to one person
    std::string ca_file;
    // line_works:
    std::string auth_url;
    std::string client_id;
    std::string client_secret;
    std::string service_account;
    std::string private_key;  // PEM
    std::string bot;
    std::string room;  // the channel for rooms; empty: none

    bool reaches_people() const { return kind == Kind::line_works || direct; }
};

class ChatCourier final : public Courier {
public:
    // Errors: invalid edge.courier.{chat_url, chat_account, chat_key, chat_twice} {name}.
    static Result<std::unique_ptr<ChatCourier>> create(std::vector<ChatService> services,
                                                       const Clock& clock);
    Delivery carry(const Message& message, int attempt) override;

private:
    ChatCourier(std::vector<ChatService> services, const Clock& clock);
    struct Token {
        std::string text;
        Instant until{};
    };
    Delivery by_works(const ChatService& service, const std::string& user, const std::string& body);
    std::expected<std::string, HttpAnswer> token_of(const ChatService& service);
    Delivery outcome(const ChatService& service, const HttpAnswer& answer);

    std::vector<ChatService> services_;
    const Clock& clock_;
    Rest rest_;
    std::mutex guard_;
    std::map<std::string, Token> tokens_;
};

}  // namespace noroshi::edge::courier
