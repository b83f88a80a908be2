#include "edge/courier/chat_courier.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <boost/json.hpp>

#include "edge/courier/chat_text.h"
#include "edge/courier/http_peer_for_tests.h"
#include "edge/courier/jwt.h"
#include "kernel/crypto/hash.h"

namespace noroshi::edge::courier {
namespace {

// A service account's key, as an administrator downloads it; and the check of what it signed.
struct Account {
    EVP_PKEY* key = EVP_RSA_gen(2048);
    ~Account() { EVP_PKEY_free(key); }
    std::string pem() const {
        BIO* bytes = BIO_new(BIO_s_mem());
        PEM_write_bio_PrivateKey(bytes, key, nullptr, nullptr, 0, nullptr, nullptr);
        char* text = nullptr;
        const auto size = BIO_get_mem_data(bytes, &text);
        std::string out(text, static_cast<std::size_t>(size));
        BIO_free(bytes);
        return out;
    }
    bool signed_this(std::string_view text, std::string_view signature) const {
        EVP_MD_CTX* context = EVP_MD_CTX_new();
        const bool sound =
            EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
            EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()),
                             signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                             text.size()) == 1;
        EVP_MD_CTX_free(context);
        return sound;
    }
};
const Account& account() {
    static const Account one;
    return one;
}

std::string field_of(const std::string& form, const std::string& name) {
    const auto at = ("&" + form).find("&" + name + "=");
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 1;
    std::string text = form.substr(from, form.find('&', from) - from);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

class ChatTest : public ::testing::Test {
protected:
    static Message to(std::string where, std::string text = "県庁3階に参集してください。") {
        Message message;
        message.key = "c/p/chat/0";
        message.channel = Channel::chat;
        message.to = std::move(where);
        message.subject = "【緊急】[TLP:GREEN] TOSの停止";
        message.text = std::move(text);
        message.html = "回答はこちら\nhttps://port.example/l/abc";
        return message;
    }
    std::unique_ptr<ChatCourier> courier(std::vector<ChatService> services) {
        return *ChatCourier::create(std::move(services), clock_);
    }
    static ChatService hook(ChatService::Kind kind, const std::string& url, bool direct = false) {
        ChatService service;
        service.name = "desk";
        service.kind = kind;
        service.url = url;
        service.direct = direct;
        return service;
    }
    static ChatService works(const HttpPeer& peer) {
        ChatService service = hook(ChatService::Kind::line_works, peer.url() + "/v1.0");
        service.auth_url = peer.url() + "/oauth2/v2.0/token";
        service.client_id = "client";
        service.client_secret = "s&cret";
        service.service_account = "noroshi.serviceaccount@port";
        service.private_key = account().pem();
        service.bot = "17";
        return service;
    }
    PretendClock clock_{*parse_rfc3339("2026-07-04T06:30:00+09:00")};
};

// Wrong: somebody's text rings everybody in the room, or a link says one place and leads to another.
TEST_F(ChatTest, AWebhookGetsTextThatCallsNobodyElse) {
    HttpPeer peer([](const HttpPeer::Asked&) { return HttpPeer::Says{200, "", "ok"}; });
    const auto chat = courier({hook(ChatService::Kind::slack, peer.url() + "/hook/secret", true)});
    const std::string evil = "@channel <!here> <https://evil.example|port.example> & \"x\"";
    EXPECT_EQ(chat->carry(to("desk:k.mori", evil), 1).outcome, Outcome::delivered);
    const auto sent = boost::json::parse(peer.asked()[0].body).as_object();
    const std::string text(sent.at("text").as_string());
    EXPECT_FALSE(text.contains("@channel"));
    EXPECT_FALSE(text.contains('<'));
    EXPECT_TRUE(text.contains("&lt;!here&gt;"));
    EXPECT_TRUE(text.ends_with("回答はこちら\nhttps://port.example/l/abc"));
    EXPECT_EQ(sent.at("channel").as_string(), "@k.mori");
    EXPECT_FALSE(sent.at("mrkdwn").as_bool());

    // Into the room: nobody's name, and what was given for it.
    auto room = to("desk:");
    room.html = {};
    EXPECT_EQ(chat->carry(room, 1).outcome, Outcome::delivered);
    EXPECT_FALSE(boost::json::parse(peer.asked()[1].body).as_object().contains("channel"));
}

// Wrong: one person's answer link is posted for a whole company to press.
TEST_F(ChatTest, WhatIsOnePersonsIsNeverPostedIntoARoom) {
    HttpPeer peer([](const HttpPeer::Asked&) { return HttpPeer::Says{200, "", "ok"}; });
    for (const auto kind : {ChatService::Kind::slack, ChatService::Kind::teams})
        EXPECT_EQ(courier({hook(kind, peer.url())})->carry(to("desk:k.mori"), 1).outcome,
                  Outcome::refused);
    EXPECT_EQ(
        courier({hook(ChatService::Kind::slack, peer.url())})->carry(to("other:x"), 1).outcome,
        Outcome::refused);
    EXPECT_TRUE(peer.asked().empty());
}

TEST_F(ChatTest, TeamsGetsACardWithoutMarkdownOfOthers) {
    // Wrong: the workflow refuses what we post, or the card shows something else than was written.
    HttpPeer peer([](const HttpPeer::Asked&) { return HttpPeer::Says{202, "", ""}; });
    const auto chat = courier({hook(ChatService::Kind::teams, peer.url() + "/workflow?sig=x")});
    EXPECT_EQ(chat->carry(to("desk:", "[here](https://evil.example) *now*"), 1).outcome,
              Outcome::delivered);
    EXPECT_EQ(peer.asked()[0].path, "/workflow?sig=x");
    const auto sent = boost::json::parse(peer.asked()[0].body);
    const auto& attachment = sent.at("attachments").at(0);
    EXPECT_EQ(attachment.at("contentType").as_string(), "application/vnd.microsoft.card.adaptive");
    const auto& card = attachment.at("content");
    EXPECT_EQ(card.at("type").as_string(), "AdaptiveCard");
    EXPECT_EQ(card.at("body").at(1).at("text").as_string(),
              "\\[here\\]\\(https://evil.example\\) \\*now\\*");
    EXPECT_EQ(card.at("actions").at(0).at("url").as_string(), "https://port.example/l/abc");
}

// Wrong: LINE WORKS refuses the bot, or we ask for a token with each of a thousand messages.
TEST_F(ChatTest, LineWorksTakesASignedClaimAndOneTokenServesMany) {
    int tokens = 0;
    bool withdrawn = false;
    HttpPeer peer([&](const HttpPeer::Asked& asked) -> HttpPeer::Says {
        if (asked.path == "/oauth2/v2.0/token") {
            const auto claim = field_of(asked.body, "assertion");
            const auto last = claim.rfind('.');
            const auto first = claim.find('.');
            const auto claims =
                boost::json::parse(*from_base64url(claim.substr(first + 1, last - first - 1)));
            const bool sound =
                account().signed_this(claim.substr(0, last),
                                      *from_base64url(claim.substr(last + 1))) &&
                from_base64url(claim.substr(0, first)) == R"({"alg":"RS256","typ":"JWT"})" &&
                claims.at("iss") == "client" && claims.at("sub") == "noroshi.serviceaccount@port" &&
                claims.at("exp").as_int64() - claims.at("iat").as_int64() <= 3'600 &&
                field_of(asked.body, "grant_type") ==
                    "urn:ietf:params:oauth:grant-type:jwt-bearer" &&
                field_of(asked.body, "client_secret") == "s&cret";
            if (!sound) return {400, "", R"({"error":"invalid_grant"})"};
            withdrawn = false;
            return {200, "",
                    R"({"access_token":"t)" + std::to_string(++tokens) +
                        R"(","token_type":"Bearer","expires_in":"86400"})"};
        }
        if (withdrawn || asked.headers.at("authorization") != "Bearer t" + std::to_string(tokens))
            return {401, "", ""};
        return {asked.path.contains("nobody") ? 404 : 201, "", ""};
    });
    const auto chat = courier({works(peer)});
    EXPECT_EQ(chat->carry(to("desk:mori@port"), 1).outcome, Outcome::delivered);
    EXPECT_EQ(peer.asked()[1].path, "/v1.0/bots/17/users/mori%40port/messages");
    const auto content = boost::json::parse(peer.asked()[1].body).at("content");
    EXPECT_EQ(content.at("type").as_string(), "text");
    EXPECT_TRUE(
        std::string_view(content.at("text").as_string()).ends_with("https://port.example/l/abc"));
    EXPECT_EQ(chat->carry(to("desk:ito@port"), 1).outcome, Outcome::delivered);
    EXPECT_EQ(tokens, 1);
    withdrawn = true;
    EXPECT_EQ(chat->carry(to("desk:ito@port"), 1).outcome, Outcome::delivered)
        << "asked anew, once";
    EXPECT_EQ(tokens, 2);
    EXPECT_EQ(chat->carry(to("desk:nobody"), 1).outcome, Outcome::refused);
    EXPECT_EQ(chat->carry(to("desk:"), 1).outcome, Outcome::refused) << "no channel is configured";
    clock_.advance(std::chrono::hours(24));
    EXPECT_EQ(chat->carry(to("desk:ito@port"), 1).outcome, Outcome::delivered);
    EXPECT_EQ(tokens, 3) << "the old one has run out";
    auto stranger = works(peer);
    stranger.client_id = "other";
    EXPECT_EQ(courier({stranger})->carry(to("desk:ito@port"), 1).detail, "sign-in: HTTP 400");
}

TEST_F(ChatTest, AServiceThatAsksForPeaceIsLeftAlone) {
    // Wrong: the webhook is taken from us in the middle of an alarm.
    int status = 429;
    HttpPeer peer(
        [&](const HttpPeer::Asked&) { return HttpPeer::Says{status, "Retry-After: 7\r\n", ""}; });
    const auto chat = courier({hook(ChatService::Kind::slack, peer.url())});
    EXPECT_EQ(chat->carry(to("desk:"), 1).outcome, Outcome::failed);
    EXPECT_EQ(chat->carry(to("desk:"), 2).detail, "asked to wait");
    EXPECT_EQ(peer.asked().size(), 1U);
    status = 200;
    clock_.advance(std::chrono::seconds(7));
    EXPECT_EQ(chat->carry(to("desk:"), 3).outcome, Outcome::delivered);
}

TEST_F(ChatTest, ASettingThatCannotWorkIsSaidAtTheStart) {
    // Wrong: found out at 03:00.
    HttpPeer peer([](const HttpPeer::Asked&) { return HttpPeer::Says{}; });
    auto key = [&](std::vector<ChatService> services) {
        const auto made = ChatCourier::create(std::move(services), clock_);
        return made ? std::string() : made.error().key;
    };
    EXPECT_EQ(key({works(peer)}), "");
    auto wrong = works(peer);
    wrong.private_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    EXPECT_EQ(key({wrong}), "edge.courier.chat_key");
    wrong = works(peer);
    wrong.bot = {};
    EXPECT_EQ(key({wrong}), "edge.courier.chat_account");
    EXPECT_EQ(key({hook(ChatService::Kind::slack, "hooks.example")}), "edge.courier.chat_url");
    EXPECT_EQ(key({works(peer), works(peer)}), "edge.courier.chat_twice");
}

// Wrong: a long text costs the link, or the service refuses the message.
RC_GTEST_PROP(ChatText, TheLinkIsNeverCutAndTheLimitHolds, ()) {
    const auto size = *rc::gen::inRange(0, 6'000);
    std::string text;
    for (int i = 0; i < size; ++i) text += i % 7 == 0 ? "@" : "港";
    const ChatText chat{"件名", text, "回答はこちら", "https://port.example/l/abc"};
    const auto works = boost::json::parse(works_json(chat));
    const std::string_view sent = works.at("content").at("text").as_string();
    RC_ASSERT(sent.ends_with("https://port.example/l/abc"));
    std::size_t characters = 0;
    for (const char c : sent) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    RC_ASSERT(characters <= works_text_limit);
    const auto slack = boost::json::parse(slack_json(chat, ""));
    RC_ASSERT(std::string_view(slack.at("text").as_string()).ends_with(chat.link));
    RC_ASSERT(teams_json(chat).size() < 28'000U);
}

}  // namespace
}  // namespace noroshi::edge::courier
