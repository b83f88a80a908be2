#include "edge/http/identity_for_tests.h"

namespace noroshi::edge::http {
namespace {

// The duty officer could not sign in, or another site could use the session.
TEST_F(IdentityTest, signing_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use) {
    const auto in = sign_in("duty", "correct horse");
    ASSERT_EQ(in.status, 201) << in.text;
    EXPECT_EQ(in.json.at("person").as_string(), "mori");
    std::size_t cookies = 0;
    for (const auto& [name, value] : in.headers) {
        if (name != "Set-Cookie") continue;
        ++cookies;
        EXPECT_NE(value.find("; HttpOnly"), std::string::npos) << value;
        EXPECT_NE(value.find("; SameSite=Strict"), std::string::npos) << value;
    }
    EXPECT_EQ(cookies, 2U);
    EXPECT_EQ(in.text.find("noroshi_session"), std::string::npos);

    const auto me = ask(Method::get, "/me", {}, cookies_of(in));
    ASSERT_EQ(me.status, 200) << me.text;
    EXPECT_EQ(me.json.at("name").as_string(), "森 一");
    EXPECT_EQ(me.json.at("login").as_string(), "duty");
    EXPECT_EQ(me.json.at("organisation").at("kind").as_string(), "port_manager");
    EXPECT_EQ(me.json.at("roles").at(0).at("role").as_string(), "duty_officer");
    EXPECT_EQ(me.json.at("zone").as_string(), "Asia/Tokyo");
    EXPECT_TRUE(me.json.at("demo").as_bool());
    EXPECT_NE(me.text.find("\"identity.issue_token\""), std::string::npos);
    EXPECT_EQ(me.text.find("\"identity.give_password\""), std::string::npos)
        << "that is the administrator's";
}

// A wrong password would tell whether the login exists; a stale cookie would keep somebody out.
TEST_F(IdentityTest, a_refusal_says_nothing_and_a_stale_cookie_does_not_matter) {
    const auto wrong = sign_in("duty", "wrong horse!");
    const auto nobody = sign_in("nobody", "wrong horse!");
    EXPECT_EQ(wrong.status, 403);
    EXPECT_EQ(wrong.key(), "kernel.identity.wrong_login");
    EXPECT_EQ(wrong.json.at("detail"), nobody.json.at("detail"));
    EXPECT_EQ(sign_in("duty", "correct horse", "noroshi_session=stale").status, 201);
    EXPECT_EQ(ask(Method::get, "/me", {}, "noroshi_session=stale").status, 401);
    EXPECT_EQ(ask(Method::get, "/me").status, 401);
    EXPECT_EQ(ask(Method::post, "/session", R"({"login":"duty"})").status, 400);
}

// Whoever guesses would not be slowed down, or the duty officer with their own tablet would be.
TEST_F(IdentityTest, guessing_is_answered_with_429) {
    const auto in = sign_in("duty", "correct horse");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in("duty", "guess number").status, 403);
    const auto waits = sign_in("duty", "correct horse");
    EXPECT_EQ(waits.status, 429);
    EXPECT_EQ(waits.header("Retry-After"), "2");
    EXPECT_EQ(sign_in("duty", "correct horse", cookies_of(in)).status, 201);
}

// A borrowed computer would stay signed in.
TEST_F(IdentityTest, sessions_are_ended) {
    const auto here = cookies_of(sign_in("duty", "correct horse"));
    desk_.clock().advance(std::chrono::minutes{1});
    const auto there = cookies_of(sign_in("duty", "correct horse"));
    const auto list = ask(Method::get, "/sessions", {}, here);
    ASSERT_EQ(list.json.at("items").as_array().size(), 2U);
    EXPECT_EQ(list.json.at("items").at(0).at("agent").as_string(), "Firefox/140");
    EXPECT_TRUE(list.json.at("items").at(1).at("current").as_bool());
    const std::string other(list.json.at("items").at(0).at("id").as_string());
    EXPECT_EQ(ask(Method::del, "/sessions/" + other, {}, here).status, 200);
    EXPECT_EQ(ask(Method::del, "/sessions/" + other, {}, here).status, 404);
    EXPECT_EQ(ask(Method::get, "/me", {}, there).status, 401);
    const auto out = ask(Method::del, "/session", {}, here);
    EXPECT_EQ(out.status, 200);
    EXPECT_NE(out.header("Set-Cookie").find("Max-Age=0"), std::string::npos);
    EXPECT_EQ(ask(Method::get, "/me", {}, here).status, 401);
}

// The password that was in an e-mail would stay for ever.
TEST_F(IdentityTest, passwords_are_changed_and_given) {
    const auto here = cookies_of(sign_in("duty", "correct horse"));
    const auto wrong =
        ask(Method::post, "/password", R"({"old":"wrong horse!","new":"battery staple"})", here);
    EXPECT_EQ(wrong.status, 400);
    EXPECT_EQ(wrong.json.at("errors").at(0).at("pointer").as_string(), "/old");
    EXPECT_EQ(ask(Method::post, "/password", R"({"old":"correct horse","new":"short"})", here)
                  .json.at("errors")
                  .at(0)
                  .at("pointer")
                  .as_string(),
              "/new");
    EXPECT_EQ(ask(Method::post, "/password",
                  R"({"old":"correct horse","new":"battery staple","newer":""})", here)
                  .status,
              400);
    EXPECT_EQ(
        ask(Method::post, "/password", R"({"old":"correct horse","new":"battery staple"})", here)
            .status,
        200);
    EXPECT_EQ(ask(Method::get, "/me", {}, here).status, 200);
    EXPECT_EQ(sign_in("duty", "battery staple").status, 201);

    const std::string given = R"({"new":"a third long one"})";
    EXPECT_EQ(ask(Method::put, "/people/admin/password", given, here).status, 403);
    const auto admin = cookies_of(sign_in("admin", "correct horse"));
    EXPECT_EQ(ask(Method::put, "/people/mori/password", given, admin).status, 200);
    EXPECT_EQ(ask(Method::put, "/people/none/password", given, admin).status, 404);
    EXPECT_EQ(ask(Method::get, "/me", {}, here).status, 401) << "sessions of the person end";
    EXPECT_EQ(sign_in("duty", "a third long one").status, 201);
}

// A program's token would be readable in the database, or reach further than it was meant to.
TEST_F(IdentityTest, tokens_are_shown_once_and_confined) {
    const auto here = cookies_of(sign_in("duty", "correct horse"));
    const auto issued =
        ask(Method::post, "/tokens",
            R"({"scope":["identity.see_oneself"],"note":"壁の画面","lifetime_days":7})", here,
            {{"idempotency-key", "k1"}});
    ASSERT_EQ(issued.status, 201) << issued.text;
    const std::string secret(issued.json.at("token").as_string());
    const std::string id(issued.json.at("id").as_string());
    const auto with_token = [&](Method method, std::string path, std::string body = {}) {
        return ask(method, std::move(path), std::move(body), {},
                   {{"authorization", "Bearer " + secret}});
    };
    EXPECT_EQ(with_token(Method::get, "/me").status, 200);
    EXPECT_EQ(with_token(Method::post, "/tokens", R"({"scope":[]})").status, 403);
    const auto list = ask(Method::get, "/tokens", {}, here);
    EXPECT_EQ(list.json.at("items").at(0).at("note").as_string(), "壁の画面");
    EXPECT_EQ(list.text.find(secret), std::string::npos);
    bool kept = false;
    const auto key = to_hex(sha256("person\nmori\nk1"));
    if (const auto request = desk_.store().request(key); request && *request) kept = true;
    EXPECT_FALSE(kept) << "an answer with a secret must not be kept";

    EXPECT_EQ(ask(Method::del, "/tokens/" + id, {}, here).status, 200);
    EXPECT_EQ(with_token(Method::get, "/me").status, 401);
    EXPECT_EQ(ask(Method::post, "/tokens", R"({"scope":["Respond!"]})", here).status, 400);
    EXPECT_EQ(ask(Method::post, "/tokens", R"({"scope":[],"lifetime_days":0})", here).status, 400);
}

// Somebody's messages would come in a language they do not read.
TEST_F(IdentityTest, a_language_is_chosen) {
    const auto here = cookies_of(sign_in("duty", "correct horse"));
    EXPECT_EQ(ask(Method::put, "/language", R"({"language":"en"})", here).status, 200);
    EXPECT_EQ(ask(Method::put, "/language", R"({"language":"fr"})", here).status, 400);
    bool chosen = false;
    ASSERT_TRUE(desk_.store().facts(1, [&](const journal::Fact& fact) {
        chosen = chosen || fact.kind == LanguageChosen::kind;
        return true;
    }));
    EXPECT_TRUE(chosen);
}

// A browser without scripts could not get in, or could be led elsewhere with the password typed.
TEST_F(IdentityTest, a_form_signs_in_and_out_without_scripts) {
    const auto plain = [&](Method method, std::string path, std::string body = {},
                           std::string cookies = {}) {
        Headers more{{"content-type", "application/x-www-form-urlencoded"}};
        if (!cookies.empty()) more.emplace_back("cookie", cookies);
        return asking_->ask(method, "/plain" + std::move(path), std::move(body), std::move(more));
    };
    const auto page = plain(Method::get, "/sign-in?next=/plain/respond/incident/i7&lang=en");
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.text.contains("lang=\"en\""));
    EXPECT_FALSE(page.text.contains("<script"));
    const auto wrong =
        plain(Method::post, "/sign-in", "login=duty&password=wrong+horse%21&lang=ja");
    EXPECT_EQ(wrong.status, 403);
    EXPECT_TRUE(wrong.text.contains("value=\"duty\""));
    EXPECT_FALSE(wrong.text.contains("wrong horse")) << "a password is never written back";
    const auto in =
        plain(Method::post, "/sign-in",
              "login=duty&password=correct+horse&next=%2Fplain%2Frespond%2Fincident%2Fi7");
    EXPECT_EQ(in.status, 303) << in.text;
    EXPECT_EQ(in.header("Location"), "/plain/respond/incident/i7");
    const auto here = cookies_of(in);
    EXPECT_EQ(ask(Method::get, "/me", {}, here).json.at("login").as_string(), "duty");
    for (const auto* elsewhere : {"https%3A%2F%2Fevil.test", "%2F%2Fevil.test",
                                  "%2Fplain%2F%5Cevil", "%2Fplain%2Fsign-out"})
        EXPECT_EQ(plain(Method::post, "/sign-in",
                        "login=duty&password=correct+horse&next=" + std::string(elsewhere))
                      .header("Location"),
                  "/plain/respond/incident")
            << elsewhere;
    EXPECT_EQ(plain(Method::post, "/sign-in", "login=%ff").status, 400);
    EXPECT_EQ(plain(Method::post, "/sign-out", "token=made-up", here).status, 303);
    EXPECT_EQ(ask(Method::get, "/me", {}, here).status, 200) << "another site's form";
}

}  // namespace
}  // namespace noroshi::edge::http
