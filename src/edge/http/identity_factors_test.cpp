#include "edge/http/identity_for_tests.h"
#include "kernel/identity/authenticator_for_tests.h"
#include "kernel/identity/totp.h"

namespace noroshi::edge::http {
namespace {

using namespace std::chrono_literals;

class FactorsTest : public IdentityTest {
protected:
    static std::string field(const Answer& answer, const char* name) {
        return std::string(answer.json.at(name).as_string());
    }
    // The app of whoever scanned it.
    std::string code(int steps = 0) {
        const auto step = static_cast<std::int64_t>(totp_step(desk_.clock().now())) + steps;
        return hotp(secret_, static_cast<std::uint64_t>(step), 6, TotpHash::sha1);
    }
    // Base32 as an app reads it.
    static std::string unread(std::string_view base32) {
        std::string out;
        std::uint32_t bits = 0;
        int held = 0;
        for (const char c : base32) {
            bits = (bits << 5) | static_cast<std::uint32_t>(c >= 'A' ? c - 'A' : c - '2' + 26);
            held += 5;
            if (held < 8) continue;
            held -= 8;
            out += static_cast<char>(bits >> held);
        }
        return out;
    }
    std::string enrol(const std::string& cookies) {
        const auto offer = ask(Method::post, "/factors/totp", {}, cookies);
        EXPECT_EQ(offer.status, 201) << offer.text;
        secret_ = unread(field(offer, "secret"));
        const auto confirmed =
            ask(Method::post, "/factors/totp/confirm", R"({"code":")" + code() + "\"}", cookies);
        EXPECT_EQ(confirmed.status, 200) << confirmed.text;
        const auto& codes = confirmed.json.at("recovery_codes").as_array();
        return codes.empty() ? std::string{} : std::string(codes.at(0).as_string());
    }
    Answer with_code(std::string code, std::string cookies = {}) {
        return ask(Method::post, "/session",
                   R"({"login":"duty","password":"correct horse","code":")" + code + "\"}",
                   std::move(cookies));
    }
    std::size_t facts_of(std::string_view kind) {
        std::size_t count = 0;
        EXPECT_TRUE(desk_.store().facts(1, [&](const journal::Fact& fact) {
            if (fact.kind == kind) ++count;
            return true;
        }));
        return count;
    }
    std::string secret_;
};

// A password that was read off a note would be enough to run the port's alarm.
TEST_F(FactorsTest, an_authenticator_app_is_asked_for_once_it_is_registered) {
    const auto here = cookies_of(sign_in("duty", "correct horse"));
    EXPECT_EQ(ask(Method::post, "/factors/totp/confirm", R"({"code":"123456"})", here).key(),
              "kernel.identity.totp_not_offered");
    const auto offer = ask(Method::post, "/factors/totp", {}, here);
    EXPECT_TRUE(field(offer, "address").starts_with("otpauth://totp/Noroshi:duty?secret="));
    EXPECT_EQ(sign_in("duty", "correct horse").status, 201) << "not before it is confirmed";
    EXPECT_EQ(ask(Method::post, "/factors/totp/confirm", R"({"code":"000000"})", here).status, 400);
    enrol(here);
    EXPECT_TRUE(ask(Method::get, "/factors", {}, here).json.at("totp").as_bool());
    EXPECT_EQ(ask(Method::post, "/factors/totp", {}, here).key(), "kernel.identity.totp_there");

    const auto without = sign_in("duty", "correct horse");
    EXPECT_EQ(without.status, 403);
    EXPECT_EQ(without.key(), "kernel.identity.second_factor_needed");
    EXPECT_EQ(sign_in("duty", "wrong horse!").key(), "kernel.identity.wrong_login");
    EXPECT_EQ(with_code(code()).key(), "kernel.identity.wrong_code") << "used to confirm";
    desk_.clock().advance(30s);
    const auto used = code();
    EXPECT_EQ(with_code(used).status, 201);
    EXPECT_EQ(with_code(used).key(), "kernel.identity.wrong_code") << "a second time";
    EXPECT_EQ(with_code(code(-1)).key(), "kernel.identity.wrong_code") << "older than the last";
    EXPECT_EQ(with_code(code(+1)).status, 201) << "a fast clock";
    EXPECT_EQ(facts_of(FactorAdded::kind), 2U) << "the app and the recovery codes";
}

// Whoever loses the telephone would be out for ever; whoever finds the paper would be in for ever.
TEST_F(FactorsTest, a_recovery_code_is_good_once) {
    const auto here = cookies_of(sign_in("duty", "correct horse"));
    auto recovery = enrol(here);
    ASSERT_EQ(recovery.size(), 29U);
    EXPECT_EQ(
        ask(Method::get, "/factors", {}, here).json.at("recovery_codes_left").to_number<int>(), 10);
    for (char& c : recovery) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(with_code(recovery).status, 201) << "in capitals, as on paper";
    EXPECT_EQ(with_code(recovery).key(), "kernel.identity.wrong_code");
    EXPECT_EQ(
        ask(Method::get, "/factors", {}, here).json.at("recovery_codes_left").to_number<int>(), 9);
    const auto fresh = ask(Method::post, "/factors/recovery-codes", {}, here);
    ASSERT_EQ(fresh.status, 201) << fresh.text;
    const std::string one(fresh.json.at("recovery_codes").at(3).as_string());
    EXPECT_EQ(with_code(one).status, 201);
    bool readable = false;
    ASSERT_TRUE(desk_.store().each_secret("", [&](const store::Secret& secret) {
        readable = readable || secret.bytes.contains(one);
        return true;
    }));
    EXPECT_FALSE(readable);
}

// Somebody at an unlocked screen would register a telephone of their own.
TEST_F(FactorsTest, factors_are_changed_only_by_whoever_has_just_proved_it) {
    const auto here = cookies_of(sign_in("duty", "correct horse"));
    desk_.clock().advance(11min);
    EXPECT_EQ(ask(Method::post, "/factors/totp", {}, here).key(), "kernel.identity.prove_again");
    EXPECT_EQ(ask(Method::post, "/proof", R"({"password":"wrong horse!"})", here).status, 400);
    EXPECT_EQ(ask(Method::post, "/proof", R"({"password":"correct horse"})", here).status, 200);
    enrol(here);
    desk_.clock().advance(11min);
    EXPECT_EQ(ask(Method::del, "/factors/totp", {}, here).key(), "kernel.identity.prove_again");
    EXPECT_EQ(ask(Method::post, "/proof", R"({"password":"correct horse"})", here).key(),
              "kernel.identity.second_factor_needed");
    EXPECT_EQ(ask(Method::post, "/proof",
                  R"({"password":"correct horse","code":")" + code() + "\"}", here)
                  .status,
              200);
    EXPECT_EQ(ask(Method::del, "/factors/totp", {}, here).status, 200);
    EXPECT_EQ(sign_in("duty", "correct horse").status, 201);

    const auto token = ask(Method::post, "/tokens", R"({"scope":[],"lifetime_days":1})", here);
    EXPECT_EQ(ask(Method::post, "/factors/totp", {}, here,
                  {{"authorization", "Bearer " + field(token, "token")}})
                  .key(),
              "kernel.identity.needs_session");
}

// Guessing codes would be free for whoever has the password, or would keep the officer out.
TEST_F(FactorsTest, guessing_codes_slows_down_the_guesser_and_not_the_officers_own_device) {
    const auto in = sign_in("duty", "correct horse");
    const auto own = cookies_of(in);
    enrol(own);
    desk_.clock().advance(1min);
    int refused = 0;
    for (int i = 0; i < 40; ++i)
        if (with_code("000000").status == 429) ++refused;
    EXPECT_GE(refused, 30);
    EXPECT_EQ(with_code(code()).status, 429);
    EXPECT_EQ(with_code(code(), own).status, 201) << "a device that is known";
}

// A stolen account would stay with the thief when the officer calls the administrator at night.
TEST_F(FactorsTest, administrators_remove_factors_and_withdraw_access) {
    const auto here = cookies_of(sign_in("duty", "correct horse"));
    enrol(here);
    const auto admin = cookies_of(sign_in("admin", "correct horse"));
    EXPECT_EQ(ask(Method::del, "/people/mori/factors", {}, here).status, 403);
    EXPECT_TRUE(ask(Method::get, "/people/mori/access", {}, admin).json.at("totp").as_bool());
    EXPECT_EQ(ask(Method::del, "/people/mori/factors", {}, admin).status, 200);
    EXPECT_EQ(sign_in("duty", "correct horse").status, 201);
    EXPECT_EQ(ask(Method::post, "/people/mori/withdraw", {}, admin).status, 200);
    EXPECT_EQ(ask(Method::get, "/me", {}, here).status, 401);
    EXPECT_EQ(sign_in("duty", "correct horse").status, 403);
    EXPECT_EQ(ask(Method::post, "/people/admin/withdraw", {}, admin).key(),
              "kernel.identity.last_administrator");
}

class PasskeyTest : public FactorsTest {
protected:
    std::string challenge(std::string path, std::string cookies = {}) {
        const auto answer = ask(Method::post, path, {}, std::move(cookies));
        EXPECT_EQ(answer.status, 200) << answer.text;
        EXPECT_EQ(field(answer, "site"), "port.test");
        return field(answer, "challenge");
    }
    Answer add(const std::string& challenge, const std::string& cookies) {
        return ask(Method::post, "/factors/passkeys",
                   R"({"name":"当直の電話","client_data":")" +
                       to_base64url(key_.client_data("webauthn.create", challenge)) +
                       R"(","attestation":")" + to_base64url(key_.attestation()) + "\"}",
                   cookies);
    }
    Answer use(const std::string& challenge) {
        const auto client = key_.client_data("webauthn.get", challenge);
        const auto data = key_.data();
        return ask(Method::post, "/session/passkey",
                   R"({"credential":")" + to_base64url(key_.credential) + R"(","client_data":")" +
                       to_base64url(client) + R"(","authenticator_data":")" + to_base64url(data) +
                       R"(","signature":")" + to_base64url(key_.sign(data, client)) + "\"}");
    }
    webauthn::AuthenticatorForTests key_;
};

// The officer on duty could not get in with a fingerprint at three in the morning.
TEST_F(PasskeyTest, a_passkey_signs_in_by_itself) {
    const auto here = cookies_of(sign_in("duty", "correct horse"));
    const auto made = add(challenge("/factors/passkeys/challenge", here), here);
    ASSERT_EQ(made.status, 201) << made.text;
    EXPECT_EQ(sign_in("duty", "correct horse").key(), "kernel.identity.second_factor_needed");
    key_.counter = 1;
    const auto in = use(challenge("/session/passkey/challenge"));
    ASSERT_EQ(in.status, 201) << in.text;
    EXPECT_EQ(ask(Method::get, "/me", {}, cookies_of(in)).json.at("login").as_string(), "duty");
    const auto sessions = ask(Method::get, "/sessions", {}, cookies_of(in));
    EXPECT_TRUE(sessions.text.contains(R"("second_factor":true)"));
    const auto factors = ask(Method::get, "/factors", {}, here);
    EXPECT_EQ(factors.json.at("passkeys").at(0).at("name").as_string(), "当直の電話");
    EXPECT_EQ(ask(Method::del, "/factors/passkeys/" + field(made, "id"), {}, here).status, 200);
    key_.counter = 2;
    EXPECT_EQ(use(challenge("/session/passkey/challenge")).key(),
              "kernel.identity.passkey_unknown");
}

// What was recorded on the way would sign in again; a copy of a key would go unnoticed.
TEST_F(PasskeyTest, a_challenge_is_good_once_in_time_and_for_its_purpose) {
    const auto here = cookies_of(sign_in("duty", "correct horse"));
    const auto for_making = challenge("/factors/passkeys/challenge", here);
    ASSERT_EQ(add(for_making, here).status, 201);
    key_.credential = "another";
    EXPECT_EQ(add(for_making, here).key(), "kernel.identity.passkey_challenge");
    key_.credential = "credential-of-the-duty-officer";
    EXPECT_EQ(use(for_making).key(), "kernel.identity.passkey_challenge");
    const auto once = challenge("/session/passkey/challenge");
    EXPECT_EQ(add(once, here).key(), "kernel.identity.passkey_challenge");
    EXPECT_EQ(use(once).status, 201);
    EXPECT_EQ(use(once).key(), "kernel.identity.passkey_challenge");
    EXPECT_EQ(use("bWFkZSB1cA").key(), "kernel.identity.passkey_challenge");
    const auto late = challenge("/session/passkey/challenge");
    desk_.clock().advance(6min);
    EXPECT_EQ(use(late).key(), "kernel.identity.passkey_challenge");
    key_.counter = 9;
    EXPECT_EQ(use(challenge("/session/passkey/challenge")).status, 201);
    EXPECT_EQ(use(challenge("/session/passkey/challenge")).key(),
              "kernel.identity.passkey_counter");
    EXPECT_EQ(facts_of(PasskeyDoubted::kind), 1U);
}

// Nobody would notice that somebody else signs in under their name.
TEST_F(FactorsTest, a_sign_in_from_a_new_device_is_told_by_mail_once) {
    const auto mails = [&] {
        std::vector<store::OutboxRow> rows;
        EXPECT_TRUE(desk_.store().each_outbox([&](const store::OutboxRow& row) {
            rows.push_back(row);
            return true;
        }));
        return rows;
    };
    const auto in = sign_in("duty", "correct horse");
    ASSERT_EQ(mails().size(), 1U);
    EXPECT_EQ(mails().front().person, "mori");
    EXPECT_EQ(sign_in("duty", "correct horse", cookies_of(in)).status, 201);
    EXPECT_EQ(mails().size(), 1U) << "a known device";
    EXPECT_EQ(sign_in("duty", "wrong horse!").status, 403);
    EXPECT_EQ(mails().size(), 1U);
    EXPECT_EQ(sign_in("duty", "correct horse").status, 201);
    EXPECT_EQ(mails().size(), 2U);
}

// At the desk in the duty room everybody would write under one name, or sign in all night long.
TEST_F(FactorsTest, a_shared_terminal_is_handed_over_among_those_who_signed_in_there) {
    const auto officer = cookies_of(sign_in("duty", "correct horse"));
    const auto shared =
        ask(Method::post, "/terminal", R"({"name":"当直室","idle_minutes":10})", officer);
    ASSERT_EQ(shared.status, 201) << shared.text;
    const auto terminal = cookies_of(shared);
    const auto cookie = [](const std::string& cookies) {
        return cookies.substr(0, cookies.find(';'));
    };
    const auto at = [&](const Answer& in) { return terminal + "; " + cookie(cookies_of(in)); };
    const auto hand_over = [&](std::string to, std::string cookies) {
        return ask(Method::post, "/terminal/hand-over", R"({"person":")" + to + "\"}",
                   std::move(cookies));
    };
    EXPECT_EQ(hand_over("admin", officer).key(), "kernel.identity.no_terminal");
    const auto mori = sign_in("duty", "correct horse", terminal);
    EXPECT_EQ(hand_over("admin", at(mori)).key(), "kernel.identity.not_signed_in_here");
    const auto admin = sign_in("admin", "correct horse", terminal);
    ASSERT_EQ(admin.status, 201);
    const auto now = hand_over("mori", at(admin));
    ASSERT_EQ(now.status, 201) << now.text;
    EXPECT_EQ(ask(Method::get, "/me", {}, at(now)).json.at("login").as_string(), "duty");
    EXPECT_EQ(ask(Method::get, "/me", {}, at(admin)).status, 401) << "one at a time";
    const auto shown = ask(Method::get, "/terminal", {}, at(now));
    EXPECT_EQ(shown.json.at("people").as_array().size(), 2U) << shown.text;
    EXPECT_TRUE(
        ask(Method::get, "/sessions", {}, at(now)).text.contains(R"("shared_terminal":true)"));

    desk_.clock().advance(11min);
    EXPECT_EQ(ask(Method::get, "/me", {}, at(now)).status, 401) << "idle";
    const auto again = sign_in("admin", "correct horse", terminal);
    EXPECT_EQ(hand_over("mori", at(again)).key(), "kernel.identity.not_signed_in_here")
        << "whoever was there before has to sign in again";
    EXPECT_EQ(ask(Method::post, "/terminal/lock", {}, at(again)).status, 200);
    EXPECT_EQ(ask(Method::get, "/me", {}, at(again)).status, 401);
    EXPECT_EQ(ask(Method::get, "/me", {}, officer).status, 200) << "another browser";

    const auto list = ask(Method::get, "/terminals", {}, officer);
    const auto id = std::string(list.json.at("items").at(0).at("id").as_string());
    EXPECT_EQ(ask(Method::del, "/terminals/" + id, {}, officer).status, 200);
    const auto plain = sign_in("duty", "correct horse", terminal);
    EXPECT_FALSE(ask(Method::get, "/terminal", {}, at(plain)).json.at("shared").as_bool());
    EXPECT_EQ(
        ask(Method::post, "/terminal", R"({"name":"当直室","idle_minutes":0})", officer).status,
        400);
}

}  // namespace
}  // namespace noroshi::edge::http
