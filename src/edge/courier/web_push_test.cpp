#include "edge/courier/web_push.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::courier {
namespace {

std::string raw(std::string_view base64url) { return from_base64url(base64url).value_or("?"); }

PushDevice device_of(const P256Key& browser, std::string secret) {
    return {"d", "https://push.example.net/x", browser.public_point(), std::move(secret)};
}

// RFC 8291, Appendix A. Wrong: no browser can read an alarm.
TEST(WebPush, TheExampleOfRfc8291IsEncryptedByteForByte) {
    const auto browser = P256Key::of_scalar(raw("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"));
    const auto sender = P256Key::of_scalar(raw("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"));
    ASSERT_TRUE(browser && sender);
    EXPECT_EQ(to_base64url(browser->public_point()),
              "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIA"
              "iw4");
    EXPECT_EQ(to_base64url(sender->public_point()),
              "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
              "7A8");
    const auto body = encrypt_push(device_of(*browser, raw("BTBZMqHH6r4Tts7J_aSIgg")),
                                   "When I grow up, I want to be a watermelon",
                                   raw("DGv6ra1nlYgDCS1FRnbzlw"), *sender);
    ASSERT_TRUE(body);
    EXPECT_EQ(to_base64url(*body),
              "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLoc"
              "InmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLV"
              "WGNWQexSgSxsj_Qulcy4a-fN");
}

// Wrong: a text of a certain length, or one in Japanese, arrives as rubbish.
RC_GTEST_PROP(WebPush, WhatIsEncryptedIsReadByItsBrowserOnly,
              (std::string text, std::uint64_t seed)) {
    RC_PRE(text.size() <= push_text_limit);
    SeededRandom random(seed);
    auto key = [&] {
        std::array<unsigned char, 32> bytes{};
        random.fill(std::as_writable_bytes(std::span(bytes)));
        return P256Key::of_seed(bytes);
    };
    const auto browser = key();
    const auto other = key();
    const std::string secret = random.hex(8);
    const auto body = encrypt_push(device_of(browser, secret), text, random.hex(8), key());
    RC_ASSERT(body.has_value());
    RC_ASSERT(decrypt_push(*body, browser, secret) == text);
    RC_ASSERT(!decrypt_push(*body, other, secret));
    RC_ASSERT(!decrypt_push(*body, browser, random.hex(8)));
}

// RFC 8292 §2. Wrong: every push service refuses us.
TEST(WebPush, TheTokenIsSignedForTheServiceItIsSentTo) {
    const auto key = push_key_of(Key{7});
    const auto header = vapid(key, "https://push.example:8443", "mailto:duty@port.example",
                              Instant(std::chrono::seconds(1'800'000'000)));
    ASSERT_TRUE(header.starts_with("vapid t="));
    const auto comma = header.find(", k=");
    ASSERT_NE(comma, std::string::npos);
    EXPECT_EQ(header.substr(comma + 4), to_base64url(key.public_point()));
    const auto token = header.substr(8, comma - 8);
    const auto last = token.rfind('.');
    EXPECT_TRUE(
        is_signed_by_p256(key.public_point(), token.substr(0, last), raw(token.substr(last + 1))));
    EXPECT_FALSE(is_signed_by_p256(push_key_of(Key{8}).public_point(), token.substr(0, last),
                                   raw(token.substr(last + 1))));
    const auto first = token.find('.');
    EXPECT_EQ(raw(token.substr(0, first)), R"({"typ":"JWT","alg":"ES256"})");
    const auto claims = boost::json::parse(raw(token.substr(first + 1, last - first - 1)));
    EXPECT_EQ(claims.at("aud"), "https://push.example:8443");
    EXPECT_EQ(claims.at("exp"), 1'800'000'000);
    EXPECT_EQ(claims.at("sub"), "mailto:duty@port.example");
}

// Wrong: what a browser hands in brings the server down, or is asked for ever.
TEST(WebPush, WhatIsNoSubscriptionIsNotRead) {
    const std::string point = to_base64url(push_key_of(Key{1}).public_point());
    auto one = [](const std::string& endpoint, const std::string& key, const std::string& auth) {
        return R"([{"id":"a","endpoint":")" + endpoint + R"(","p256dh":")" + key + R"(","auth":")" +
               auth + R"("}])";
    };
    const std::string good = "AAAAAAAAAAAAAAAAAAAAAA";
    EXPECT_TRUE(read_push_devices(one("https://push.example/x", point, good)));
    std::string off_curve = point;
    off_curve[40] = off_curve[40] == 'A' ? 'B' : 'A';
    for (const auto& text :
         {one("ftp://push.example/x", point, good), one("https://", point, good),
          one("https://u@push.example/x", point, good), one("https://push.example/ x", point, good),
          one("https://push.example/x", off_curve, good),
          one("https://push.example/x", "AAAA", good), one("https://push.example/x", point, "AAAA"),
          std::string("[]"), std::string("{}"), std::string("["), std::string(R"([{"id":1}])"),
          std::string("[[]]")})
        EXPECT_FALSE(read_push_devices(text)) << text;
}

}  // namespace
}  // namespace noroshi::edge::courier
