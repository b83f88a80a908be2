#include <map>

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

class TerminalTest : public FactorsTest {
protected:
    // Cookies as one browser keeps them: a later one of a name takes the place of the former.
    class Browser {
    public:
        void keep(const Answer& answer) {
            for (const auto& [name, value] : answer.headers) {
                if (name != "Set-Cookie") continue;
                const auto pair = value.substr(0, value.find(';'));
                jar_[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
            }
        }
        std::string cookies() const {
            std::string out;
            for (const auto& [name, value] : jar_)
                if (!value.empty()) out += (out.empty() ? "" : "; ") + name + "=" + value;
            return out;
        }

    private:
        std::map<std::string, std::string> jar_;
    };
    Answer here(Method method, std::string path, std::string body = {}) {
        auto answer = ask(method, std::move(path), std::move(body), desk_browser_.cookies(),
                          {{"user-agent", "Firefox/140"}});
        desk_browser_.keep(answer);
        return answer;
    }
    Answer enter(const std::string& login) {
        return here(Method::post, "/session",
                    R"({"login":")" + login + R"(","password":"correct horse"})");
    }
    Answer take_over(const std::string& person, const std::string& pin) {
        return here(Method::post, "/terminal/take-over",
                    R"({"person":")" + person + R"(","pin":")" + pin + "\"}");
    }
    Answer set_pin(const std::string& pin) {
        return here(Method::put, "/terminal/pin", R"({"pin":")" + pin + "\"}");
    }
    std::string who() {
        const auto me = here(Method::get, "/me");
        return me.status == 200 ? field(me, "login") : std::to_string(me.status);
    }
    std::size_t present() {
        return here(Method::get, "/terminal").json.at("people").as_array().size();
    }
    void share() {
        EXPECT_EQ(enter("duty").status, 201);
        const auto shared =
            here(Method::post, "/terminal", R"({"name":"当直室","idle_minutes":10})");
        EXPECT_EQ(shared.status, 201) << shared.text;
    }
    Browser desk_browser_;
};

// At the desk in the duty room everybody would write under one name, or sign in all night long.
TEST_F(TerminalTest, a_second_person_joins_while_the_first_stays_and_each_takes_over_by_pin) {
    share();
    EXPECT_EQ(who(), "duty") << "whoever shares it need not sign in anew";
    EXPECT_EQ(set_pin("1234").key(), "kernel.identity.pin_plain");
    EXPECT_EQ(set_pin("7777").key(), "kernel.identity.pin_plain");
    EXPECT_EQ(set_pin("27a1").key(), "kernel.identity.pin_form");
    EXPECT_EQ(set_pin("271").key(), "kernel.identity.pin_form");
    EXPECT_EQ(set_pin("271828183").key(), "kernel.identity.pin_form");
    EXPECT_EQ(set_pin("２７１８２８").status, 200) << "in full width";
    ASSERT_EQ(enter("admin").status, 201);
    EXPECT_EQ(who(), "admin");
    EXPECT_EQ(present(), 2U);
    EXPECT_EQ(set_pin("314159").status, 200);

    EXPECT_EQ(take_over("mori", "314159").key(), "kernel.identity.wrong_pin")
        << "each has their own";
    EXPECT_EQ(who(), "admin");
    const auto former = desk_browser_.cookies();
    ASSERT_EQ(take_over("mori", "271828").status, 201);
    EXPECT_EQ(who(), "duty");
    EXPECT_EQ(ask(Method::get, "/me", {}, former).status, 401) << "one at a time";
    EXPECT_EQ(take_over("admin", "314159").status, 201);
    EXPECT_EQ(who(), "admin");
    EXPECT_TRUE(here(Method::get, "/sessions").text.contains(R"("shared_terminal":true)"));
}

// Whoever goes home would end the night of all the others, or stay signed in until morning.
TEST_F(TerminalTest, one_leaves_and_the_others_stay) {
    share();
    EXPECT_EQ(set_pin("271828").status, 200);
    EXPECT_EQ(enter("admin").status, 201);
    EXPECT_EQ(set_pin("314159").status, 200);
    EXPECT_EQ(here(Method::del, "/session").status, 200);
    EXPECT_EQ(who(), "401");
    EXPECT_EQ(present(), 1U) << "shown on the locked screen";
    EXPECT_EQ(take_over("admin", "314159").key(), "kernel.identity.not_signed_in_here");
    EXPECT_EQ(take_over("mori", "271828").status, 201);
    EXPECT_EQ(enter("admin").status, 201);
    EXPECT_EQ(here(Method::del, "/terminal/people/mori").status, 200);
    EXPECT_EQ(here(Method::del, "/terminal/people/admin").status, 404) << "oneself: by signing out";
    EXPECT_EQ(take_over("mori", "271828").key(), "kernel.identity.not_signed_in_here");
    EXPECT_EQ(facts_of(TerminalLeft::kind), 2U);
    EXPECT_EQ(here(Method::post, "/terminal/clear").status, 200);
    EXPECT_EQ(who(), "401");
    EXPECT_EQ(present(), 0U);
}

// A screen left alone would let anybody write, kept open by its own asking.
TEST_F(TerminalTest, it_locks_by_itself_although_its_page_keeps_asking) {
    share();
    EXPECT_EQ(set_pin("271828").status, 200);
    for (int minute = 0; minute < 9; ++minute) {
        desk_.clock().advance(1min);
        EXPECT_EQ(who(), "duty");
    }
    EXPECT_EQ(here(Method::post, "/terminal/touch").status, 200);
    desk_.clock().advance(9min);
    EXPECT_EQ(who(), "duty");
    desk_.clock().advance(2min);
    EXPECT_EQ(who(), "401") << "nobody has touched it";
    EXPECT_EQ(take_over("mori", "271828").status, 201) << "and yet the place is kept";
    EXPECT_EQ(here(Method::post, "/terminal/lock").status, 200);
    EXPECT_EQ(who(), "401");
    EXPECT_EQ(take_over("mori", "271828").status, 201);
    desk_.clock().advance(13h);
    EXPECT_EQ(take_over("mori", "271828").key(), "kernel.identity.not_signed_in_here")
        << "the shift is over";
}

// A passer-by could try all PINs, or lock the officer out by trying.
TEST_F(TerminalTest, five_wrong_pins_cost_the_place_and_not_the_way_in) {
    share();
    EXPECT_EQ(set_pin("271828").status, 200);
    EXPECT_EQ(here(Method::post, "/terminal/lock").status, 200);
    for (int left = 4; left > 0; --left) {
        const auto wrong = take_over("mori", "271829");
        EXPECT_EQ(wrong.key(), "kernel.identity.wrong_pin");
        EXPECT_TRUE(wrong.text.contains(std::to_string(left))) << wrong.text;
    }
    EXPECT_EQ(take_over("mori", "271829").key(), "kernel.identity.wrong_pins");
    EXPECT_EQ(take_over("mori", "271828").key(), "kernel.identity.not_signed_in_here");
    EXPECT_EQ(enter("duty").status, 201) << "by password, at once";
    EXPECT_EQ(take_over("mori", "271828").key(), "kernel.identity.no_pin");
}

// Six digits would be enough to register a telephone of one's own, or would outlive a new password.
TEST_F(TerminalTest, a_pin_proves_nothing_elsewhere_and_ends_with_the_password) {
    share();
    EXPECT_EQ(set_pin("271828").status, 200);
    EXPECT_EQ(take_over("mori", "271828").status, 201);
    EXPECT_EQ(here(Method::post, "/factors/totp").key(), "kernel.identity.prove_again");
    EXPECT_EQ(set_pin("161803").key(), "kernel.identity.prove_again");
    EXPECT_TRUE(here(Method::get, "/sessions").text.contains(R"("second_factor":false)"));
    EXPECT_EQ(ask(Method::post, "/terminal/take-over", R"({"person":"mori","pin":"271828"})").key(),
              "kernel.identity.no_terminal")
        << "another browser";
    EXPECT_EQ(
        here(Method::post, "/password", R"({"old":"correct horse","new":"battery staple"})").status,
        200);
    EXPECT_EQ(who(), "duty");
    EXPECT_EQ(take_over("mori", "271828").status, 201) << "changed here, by themselves";
    const auto admin = cookies_of(sign_in("admin", "correct horse"));
    EXPECT_EQ(
        ask(Method::put, "/people/mori/password", R"({"new":"another battery"})", admin).status,
        200);
    EXPECT_EQ(who(), "401");
    EXPECT_EQ(take_over("mori", "271828").key(), "kernel.identity.not_signed_in_here");
}

// In two windows of the terminal an entry begun by one would be kept under the other's name.
TEST_F(TerminalTest, a_window_that_means_somebody_else_is_refused) {
    share();
    const auto as = [&](std::string person) {
        return ask(Method::put, "/language", R"({"language":"en"})", desk_browser_.cookies(),
                   {{"noroshi-person", std::move(person)}});
    };
    EXPECT_EQ(as("mori").status, 200);
    EXPECT_EQ(as("admin").status, 409);
    EXPECT_EQ(as("admin").key(), "edge.http.other_person");
}

// A browser that was given away would stay the duty room's.
TEST_F(TerminalTest, a_terminal_is_retired_with_all_who_are_present) {
    share();
    const auto list = here(Method::get, "/terminals");
    const auto id = std::string(list.json.at("items").at(0).at("id").as_string());
    EXPECT_EQ(here(Method::del, "/terminals/" + id).status, 200);
    EXPECT_EQ(who(), "401");
    EXPECT_EQ(enter("duty").status, 201);
    EXPECT_FALSE(here(Method::get, "/terminal").json.at("shared").as_bool());
    EXPECT_EQ(here(Method::post, "/terminal", R"({"name":"当直室","idle_minutes":0})").status, 400);
}

}  // namespace
}  // namespace noroshi::edge::http
