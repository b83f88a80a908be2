#include "edge/courier/push_courier.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "edge/courier/http_peer_for_tests.h"
#include "kernel/crypto/hash.h"

namespace noroshi::edge::courier {
namespace {

const P256Key& browser() {
    static const P256Key key = P256Key::of_seed(sha256("a browser"));
    return key;
}
const std::string secret = "0123456789abcdef";

std::string devices(const std::vector<std::string>& endpoints) {
    boost::json::array out;
    for (const auto& one : endpoints)
        out.push_back(boost::json::object{{"id", "of " + one.substr(one.rfind('/') + 1)},
                                          {"endpoint", one},
                                          {"p256dh", to_base64url(browser().public_point())},
                                          {"auth", to_base64url(secret)}});
    return boost::json::serialize(out);
}

class PushTest : public ::testing::Test {
protected:
    std::unique_ptr<PushCourier> courier() {
        PushOptions options;
        options.contact = "mailto:duty@port.example";
        options.services = {"127.0.0.1"};
        options.patience = std::chrono::milliseconds(2'000);
        return *PushCourier::create(options, push_key_of(Key{3}), random_, clock_,
                                    [this](const Inbound& gone, auto) {
                                        EXPECT_EQ(gone.kind, Inbound::Kind::gone);
                                        gone_.push_back(gone.reference);
                                    });
    }
    static Message to(const std::string& devices, const std::string& round = "0") {
        Message message;
        message.key = "c/p/push/" + round;
        message.channel = Channel::push;
        message.to = devices;
        message.text = R"({"title":"【緊急】参集"})";
        return message;
    }

    SeededRandom random_{5};
    PretendClock clock_{*parse_rfc3339("2026-07-04T06:30:00+09:00")};
    std::vector<std::string> gone_;
};

// Wrong: the alarm is shown as sent, and every browser stays dark.
TEST_F(PushTest, APushServiceGetsWhatOnlyTheBrowserCanRead) {
    HttpPeer service([](const HttpPeer::Asked&) { return HttpPeer::Says{201, "", ""}; });
    const auto sends = courier();
    const auto message = to(devices({service.url() + "/p/one"}));
    const auto delivery = sends->carry(message, 1);
    EXPECT_EQ(delivery.outcome, Outcome::delivered) << delivery.detail;
    ASSERT_EQ(service.asked().size(), 1U);
    auto asked = service.asked()[0];
    EXPECT_EQ(asked.method, "POST");
    EXPECT_EQ(asked.path, "/p/one");
    EXPECT_EQ(asked.headers["content-encoding"], "aes128gcm");
    EXPECT_EQ(asked.headers["urgency"], "high");
    EXPECT_EQ(asked.headers["ttl"], "86400");
    EXPECT_EQ(asked.headers["topic"].size(), 32U);
    EXPECT_FALSE(asked.body.contains("緊急"));
    EXPECT_EQ(decrypt_push(asked.body, browser(), secret), message.text);
    // The key it was subscribed with signs for the origin it is sent to.
    const auto header = asked.headers["authorization"];
    const auto token = header.substr(8, header.find(", k=") - 8);
    EXPECT_TRUE(is_signed_by_p256(push_key_of(Key{3}).public_point(),
                                  token.substr(0, token.rfind('.')),
                                  *from_base64url(token.substr(token.rfind('.') + 1))));
    const auto claims = token.substr(token.find('.') + 1);
    EXPECT_TRUE(from_base64url(claims.substr(0, claims.find('.')))
                    ->contains("\"aud\":\"" + service.url() + "\""));
    // A reminder takes the place of the call the service still holds.
    EXPECT_EQ(sends->carry(to(devices({service.url() + "/p/one"}), "1"), 1).outcome,
              Outcome::delivered);
    EXPECT_EQ(service.asked()[1].headers["topic"], asked.headers["topic"]);
    EXPECT_NE(service.asked()[1].body, asked.body)
        << "each message has a key and a salt of its own";
}

// Wrong: a browser thrown away last year is called tonight, and its owner shown as reached.
TEST_F(PushTest, WhatBecomesOfEachBrowserDecidesTheWhole) {
    HttpPeer service([](const HttpPeer::Asked& asked) {
        const auto name = asked.path.substr(3);
        return name == "hangs-up" ? HttpPeer::Says{0, "", ""}
                                  : HttpPeer::Says{std::stoi(name), "", ""};
    });
    const auto endpoint = [&](const char* name) { return service.url() + "/p/" + name; };
    auto outcome = [&](const std::vector<std::string>& endpoints) {
        return courier()->carry(to(devices(endpoints)), 1).outcome;
    };
    EXPECT_EQ(outcome({endpoint("410")}), Outcome::refused);
    EXPECT_EQ(outcome({endpoint("404"), endpoint("201")}), Outcome::delivered);
    EXPECT_EQ(gone_, (std::vector<std::string>{"of 410", "of 404"}));
    EXPECT_EQ(outcome({endpoint("503")}), Outcome::failed);
    EXPECT_EQ(outcome({endpoint("403")}), Outcome::refused);
    EXPECT_EQ(outcome({endpoint("503"), endpoint("hangs-up")}), Outcome::unknown);
    EXPECT_EQ(outcome({endpoint("500"), endpoint("410")}), Outcome::failed)
        << "the other may take it later";
    EXPECT_EQ(gone_.size(), 3U);
    EXPECT_EQ(outcome({"http://127.0.0.1:1/p/x"}), Outcome::failed) << "no connection";
    EXPECT_EQ(courier()->carry(to("[]"), 1).outcome, Outcome::refused);
}

// Wrong: we hammer a service that asked for peace, and are shut out when it counts.
TEST_F(PushTest, AServiceThatAsksForPeaceIsLeftAlone) {
    int status = 429;
    HttpPeer service([&](const HttpPeer::Asked&) {
        return HttpPeer::Says{status, status == 429 ? "Retry-After: 30\r\n" : "", ""};
    });
    const auto sends = courier();
    const auto message = to(devices({service.url() + "/p/one"}));
    EXPECT_EQ(sends->carry(message, 1).outcome, Outcome::failed);
    clock_.advance(std::chrono::seconds(29));
    EXPECT_EQ(sends->carry(message, 2).detail, "asked to wait");
    EXPECT_EQ(service.asked().size(), 1U);
    status = 201;
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(sends->carry(message, 3).outcome, Outcome::delivered);
}

// Wrong: somebody registers an endpoint inside the port's network and has us ask it.
TEST_F(PushTest, OnlyPushServicesAreAsked) {
    const auto& usual = usual_push_services();
    EXPECT_TRUE(is_push_service(usual, "https://fcm.googleapis.com/fcm/send/x"));
    EXPECT_TRUE(is_push_service(usual, "https://updates.push.services.mozilla.com/wpush/v2/x"));
    EXPECT_TRUE(is_push_service(usual, "https://wns2-ln2p.notify.windows.com/w/?token=x"));
    for (const char* endpoint :
         {"http://fcm.googleapis.com/x", "https://fcm.googleapis.com.evil.example/x",
          "https://10.0.0.7/x", "https://evilnotify.windows.com.example/x", "https://localhost/x",
          "https://.notify.windows.com.example", "http://127.0.0.1/x",
          "https://a@fcm.googleapis.com/x"})
        EXPECT_FALSE(is_push_service(usual, endpoint)) << endpoint;
    PushOptions options;
    options.contact = "duty@port.example";
    EXPECT_EQ(PushCourier::create(options, push_key_of(Key{}), random_, clock_, {}).error().key,
              "edge.courier.push_contact");
}

}  // namespace
}  // namespace noroshi::edge::courier
