#include "kernel/identity/credentials.h"

#include <filesystem>
#include <future>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "kernel/journal/listen.h"
#include "kernel/store/store.h"

namespace noroshi {
namespace {

using namespace std::chrono_literals;

const PersonId mori{"mori"};
const PersonId sato{"sato"};

// Two people of one organisation; the council is another room.
class Book final : public Directory {
public:
    std::optional<Principal> find_person(const PersonId& person) const override {
        if (erased.contains(person.text) || (person != mori && person != sato)) return {};
        Principal principal;
        principal.person = person;
        principal.login = person == mori ? "duty" : "k.sato";
        principal.roles = {{{"port"}, Role::duty_officer}};
        return principal;
    }
    std::optional<PersonId> find_login(std::string_view login) const override {
        if (login == "duty" && !erased.contains("mori")) return mori;
        if (login == "k.sato") return sato;
        return {};
    }
    std::set<std::string> erased;
};

class CredentialsTest : public testing::Test {
protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() /
                  ("noroshi-credentials-" + SystemRandom{}.identifier());
        std::filesystem::create_directories(folder_);
        open();
        give(mori, "correct horse");
        give(sato, "battery staple");
    }
    void TearDown() override {
        credentials_.reset();
        journal_.reset();
        store_.reset();
        std::filesystem::remove_all(folder_);
    }
    // As if the server had been restarted.
    void open() {
        CredentialRules rules;
        rules.hashing_threads = 0;
        rules.password_cost = {64, 1};
        open(rules);
    }
    void open(const CredentialRules& rules) {
        credentials_.reset();
        journal_.reset();
        store_.reset();
        facts_.clear();
        auto opened = store::open_sqlite({(folder_ / "noroshi.db").string(), ""});
        ASSERT_TRUE(opened) << describe(opened.error());
        store_ = std::move(*opened);
        journal_ = std::make_unique<journal::Journal>(*store_, clock_, random_, journal::Options{});
        credentials_ = std::make_unique<Credentials>(*journal_, book_, rules);
        remember<SignedIn>();
        remember<SignInRefused>();
        remember<PasswordSet>();
        remember<TokenIssued>();
        remember<TokenRevoked>();
        remember<SessionEnded>();
        auto started = journal_->start();
        ASSERT_TRUE(started) << describe(started.error());
    }
    template <class Body>
    void remember() {
        journal::listen_live<Body>(journal_->published(), [this](journal::Live<Body> fact) {
            facts_.push_back(std::string(Body::kind.substr(Body::kind.rfind('.') + 1)));
            EXPECT_EQ(fact.at.visibility->tlp, Tlp::red);
        });
    }
    void work() {
        while (journal_->step() > 0) {}
    }

    void give(const PersonId& person, std::string password) {
        Result<> done = fail(ErrorKind::unavailable, "test.no_answer");
        credentials_->give_password("system", person, std::move(password),
                                    [&](Result<> answer) { done = std::move(answer); });
        work();
        ASSERT_TRUE(done) << describe(done.error());
    }
    Result<SignedInAs> sign_in(std::string login, std::string password,
                               std::string address = "192.0.2.1", std::string device = {}) {
        Result<SignedInAs> as = fail(ErrorKind::unavailable, "test.no_answer");
        credentials_->sign_in({std::move(login), std::move(password), std::move(address),
                               std::move(device), "Firefox"},
                              [&](Result<SignedInAs> answer) { as = std::move(answer); });
        work();
        return as;
    }
    template <class F>
    auto run(F decide) {
        std::optional<decltype(decide(std::declval<journal::Recorder&>()))> out;
        journal::Command command;
        command.actor = "mori";
        command.decide = [&](journal::Recorder& recorder) -> Result<journal::Answer> {
            out = decide(recorder);
            if (!*out) return std::unexpected(out->error());
            return journal::Answer{};
        };
        journal_->submit(std::move(command));
        work();
        return std::move(*out);
    }
    bool is_in(const std::string& session) const {
        const auto principal = credentials_->authenticate("", session);
        return principal && *principal;
    }
    std::size_t count(std::string_view fact) const {
        return static_cast<std::size_t>(std::ranges::count(facts_, fact));
    }

    std::filesystem::path folder_;
    PretendClock clock_{*parse_rfc3339("2026-07-04T03:00:00+09:00")};
    SeededRandom random_{11};
    Book book_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<Credentials> credentials_;
    std::vector<std::string> facts_;
};

// The duty officer could not get in, or anybody could.
TEST_F(CredentialsTest, a_password_opens_a_session) {
    const auto as = sign_in("duty", "correct horse");
    ASSERT_TRUE(as) << describe(as.error());
    EXPECT_EQ(as->person, mori);
    const auto principal = credentials_->authenticate("", as->session);
    ASSERT_TRUE(principal);
    EXPECT_EQ((*principal)->person, mori);
    EXPECT_TRUE((*principal)->scope.empty());
    EXPECT_EQ(count("signed_in"), 1U);

    const auto wrong = sign_in("duty", "wrong horse!");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, ErrorKind::forbidden);
    EXPECT_EQ(wrong.error().key, "kernel.identity.wrong_login");
    const auto nobody = sign_in("nobody", "correct horse");
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().key, wrong.error().key) << "it would tell which logins exist";

    EXPECT_FALSE(credentials_->authenticate("", "made up"));
    const auto without = credentials_->authenticate("", "");
    ASSERT_TRUE(without);
    EXPECT_EQ(*without, nullptr);
}

// A server restarted in the middle of an incident would throw everybody out.
TEST_F(CredentialsTest, sessions_and_tokens_outlive_a_restart) {
    const auto as = sign_in("duty", "correct horse");
    const auto token = run([&](journal::Recorder& recorder) {
        return credentials_->issue_token(recorder, mori, {}, "replay", std::chrono::days{30});
    });
    ASSERT_TRUE(as && token);
    open();
    EXPECT_TRUE(is_in(as->session));
    EXPECT_TRUE(credentials_->authenticate("Bearer " + token->secret, ""));
    EXPECT_TRUE(sign_in("duty", "correct horse"));
}

// Whoever copies the database would hold everybody's keys.
TEST_F(CredentialsTest, no_secret_lies_in_the_store) {
    const auto as = sign_in("duty", "correct horse");
    const auto token = run([&](journal::Recorder& recorder) {
        return credentials_->issue_token(recorder, mori, {}, "", std::chrono::days{30});
    });
    ASSERT_TRUE(as && token);
    std::string everything;
    ASSERT_TRUE(store_->each_secret("", [&](const store::Secret& secret) {
        everything += secret.kind + secret.id + secret.bytes;
        return true;
    }));
    ASSERT_TRUE(store_->facts(1, [&](const journal::Fact& fact) {
        everything += fact.body + fact.stream;
        return true;
    }));
    for (const auto& secret :
         {as->session, token->secret, token->secret.substr(4), std::string("correct horse"),
          std::string("argon2id"), std::string("duty")})
        EXPECT_EQ(everything.find(secret), std::string::npos) << secret;
}

// A screen left open in a shared office would stay open for ever.
TEST_F(CredentialsTest, sessions_end_by_themselves) {
    const auto as = sign_in("duty", "correct horse");
    ASSERT_TRUE(as);
    clock_.advance(3h);
    EXPECT_TRUE(is_in(as->session)) << "in use";
    clock_.advance(4h);
    EXPECT_FALSE(is_in(as->session)) << "four hours idle";

    const auto again = sign_in("duty", "correct horse");
    ASSERT_TRUE(again);
    for (int hour = 1; hour < 12; ++hour) {
        clock_.advance(1h);
        EXPECT_TRUE(is_in(again->session));
    }
    clock_.advance(1h);
    EXPECT_FALSE(is_in(again->session)) << "twelve hours in all";
    EXPECT_EQ(count("session_ended"), 0U);
}

// A lost phone would stay signed in.
TEST_F(CredentialsTest, sessions_are_listed_and_ended) {
    const auto phone = sign_in("duty", "correct horse");
    clock_.advance(1min);
    const auto desk = sign_in("duty", "correct horse");
    ASSERT_TRUE(phone && desk);
    auto sessions = credentials_->sessions_of(mori, desk->session);
    ASSERT_EQ(sessions.size(), 2U);
    EXPECT_TRUE(sessions[0].current);
    EXPECT_FALSE(sessions[1].current);
    EXPECT_EQ(sessions[1].session.agent, "Firefox");
    const auto id = sessions[1].session.id;

    EXPECT_FALSE(run([&](journal::Recorder& recorder) {
        return credentials_->end_session(recorder, sato, id, SessionEnd::ended_elsewhere);
    })) << "somebody else's";
    EXPECT_TRUE(is_in(phone->session));
    EXPECT_TRUE(run([&](journal::Recorder& recorder) {
        return credentials_->end_session(recorder, mori, id, SessionEnd::ended_elsewhere);
    }));
    EXPECT_FALSE(is_in(phone->session));
    EXPECT_TRUE(is_in(desk->session));
    EXPECT_EQ(count("session_ended"), 1U);
}

// Somebody in the port's network could keep the duty officer out by guessing.
TEST_F(CredentialsTest, guessing_delays_the_guesser_only) {
    const auto before = sign_in("duty", "correct horse", "192.0.2.9");
    ASSERT_TRUE(before);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(sign_in("duty", "guess number", "192.0.2.1"));
    const auto waits = sign_in("duty", "correct horse", "192.0.2.1");
    ASSERT_FALSE(waits);
    EXPECT_EQ(waits.error().key, "kernel.identity.too_many_attempts");
    EXPECT_EQ(waits.error().arguments.at(0).first, "retry_after_seconds");

    EXPECT_TRUE(sign_in("duty", "correct horse", "198.51.100.7")) << "from another address";
    EXPECT_TRUE(sign_in("duty", "correct horse", "192.0.2.1", before->device))
        << "from a known device behind the same address";
    EXPECT_FALSE(sign_in("duty", "correct horse", "192.0.2.1", before->device + "x"))
        << "a device of one's own making is none";
    clock_.advance(2s);
    EXPECT_TRUE(sign_in("duty", "correct horse", "192.0.2.1")) << "after waiting";
}

// A stolen device cookie would be a way to guess without waiting, or open somebody else's account.
TEST_F(CredentialsTest, a_known_device_is_known_for_one_person_and_is_counted_too) {
    const auto as = sign_in("duty", "correct horse");
    ASSERT_TRUE(as);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(sign_in("k.sato", "guess number", "192.0.2.5"));
    const auto other = sign_in("k.sato", "battery staple", "192.0.2.5", as->device);
    ASSERT_FALSE(other) << "mori's device says nothing about sato";
    EXPECT_EQ(other.error().key, "kernel.identity.too_many_attempts");
    for (int i = 0; i < 5; ++i)
        EXPECT_FALSE(sign_in("duty", "guess number", "192.0.2.6", as->device));
    const auto waits = sign_in("duty", "correct horse", "192.0.2.6", as->device);
    ASSERT_FALSE(waits);
    EXPECT_EQ(waits.error().key, "kernel.identity.too_many_attempts");
}

// One IPv6 customer has more addresses than there are passwords.
TEST_F(CredentialsTest, an_ipv6_network_counts_as_one_address) {
    for (int i = 0; i < 5; ++i)
        EXPECT_FALSE(sign_in("duty", "guess number", "2001:db8:1:2::" + std::to_string(i)));
    EXPECT_FALSE(sign_in("duty", "correct horse", "2001:db8:1:2:9:9:9:9"));
    EXPECT_TRUE(sign_in("duty", "correct horse", "2001:db8:1:3::1"));
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(sign_in("duty", "guess number", "::ffff:192.0.2.7"));
    EXPECT_FALSE(sign_in("duty", "correct horse", "192.0.2.7"));
    EXPECT_TRUE(sign_in("duty", "correct horse", "::ffff:192.0.2.8"));
}

// A flood of guesses would become a flood of facts and fill the disk.
TEST_F(CredentialsTest, refusals_are_counted_without_telling_the_login) {
    for (int i = 0; i < 50; ++i)
        EXPECT_FALSE(
            sign_in("guess-" + std::to_string(i), "guess number", "192.0.2." + std::to_string(i)));
    EXPECT_EQ(count("sign_in_refused"), 1U);
    clock_.advance(1min);
    EXPECT_FALSE(sign_in("guess", "guess number", "203.0.113.1"));
    EXPECT_EQ(count("sign_in_refused"), 2U);
    bool told = false;
    ASSERT_TRUE(store_->facts(1, [&](const journal::Fact& fact) {
        EXPECT_EQ(fact.body.find("guess"), std::string::npos);
        told = told || fact.body == R"({"person":"","refusals":50})";
        return true;
    }));
    EXPECT_TRUE(told);
}

// Whoever had the old password would stay in the board.
TEST_F(CredentialsTest, a_new_password_ends_the_other_sessions) {
    const auto here = sign_in("duty", "correct horse");
    const auto there = sign_in("duty", "correct horse");
    const auto other = sign_in("k.sato", "battery staple");
    ASSERT_TRUE(here && there && other);
    const auto change = [&](std::string old_password, std::string new_password) {
        Result<> done = fail(ErrorKind::unavailable, "test.no_answer");
        credentials_->change_password(*book_.find_person(mori), "192.0.2.1", here->session,
                                      std::move(old_password), std::move(new_password),
                                      [&](Result<> answer) { done = std::move(answer); });
        work();
        return done;
    };
    const auto wrong = change("wrong horse!", "another good one");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().pointer, "/old");
    EXPECT_EQ(change("correct horse", "short").error().pointer, "/new");
    ASSERT_TRUE(change("correct horse", "another good one"));
    EXPECT_TRUE(is_in(here->session));
    EXPECT_FALSE(is_in(there->session));
    EXPECT_TRUE(is_in(other->session));
    EXPECT_FALSE(sign_in("duty", "correct horse"));
    EXPECT_TRUE(sign_in("duty", "another good one"));
}

// Whoever stole the password would stay in if they were quick.
TEST_F(CredentialsTest, no_session_of_the_old_password_outlives_the_commit_that_changes_it) {
    for (const bool first_in : {true, false}) {
        give(mori, "correct horse");
        Result<SignedInAs> as = fail(ErrorKind::unavailable, "test.no_answer");
        const auto steal = [&] {
            credentials_->sign_in({"duty", "correct horse", "192.0.2.1", {}, "Firefox"},
                                  [&](Result<SignedInAs> answer) { as = std::move(answer); });
        };
        const auto change = [&] {
            credentials_->give_password("system", mori, "battery staple", [](Result<>) {});
        };
        first_in ? steal() : change();
        first_in ? change() : steal();
        work();
        ASSERT_TRUE(as) << "both in one commit: " << describe(as.error());
        EXPECT_FALSE(is_in(as->session)) << first_in;
        EXPECT_TRUE(credentials_->sessions_of(mori, "").empty());
    }
}

// A token found in a script would open everything, for ever.
TEST_F(CredentialsTest, tokens_have_scope_and_end) {
    const auto issue = [&](std::vector<std::string> scope, int days,
                           std::vector<std::string> within = {}) {
        return run([&](journal::Recorder& recorder) {
            return credentials_->issue_token(recorder, mori, scope, "replay",
                                             std::chrono::days{days}, within);
        });
    };
    const auto token = issue({"respond.incident"}, 30);
    ASSERT_TRUE(token);
    EXPECT_TRUE(token->secret.starts_with("nrs_"));
    EXPECT_EQ(token->secret.size(), 4U + 43U);
    auto principal = credentials_->authenticate("Bearer " + token->secret, "");
    ASSERT_TRUE(principal);
    EXPECT_EQ((*principal)->scope, std::vector<std::string>{"respond.incident"});
    EXPECT_TRUE(credentials_->authenticate("bearer " + token->secret, ""));
    EXPECT_FALSE(credentials_->authenticate("Basic " + token->secret, ""));
    EXPECT_FALSE(credentials_->authenticate("Bearer nrs_guess", ""));
    EXPECT_FALSE(credentials_->authenticate("", token->secret));

    EXPECT_FALSE(issue({"respond..incident"}, 30));
    EXPECT_FALSE(issue({"Respond"}, 30));
    EXPECT_FALSE(issue({""}, 30));
    EXPECT_FALSE(issue({}, 0));
    EXPECT_FALSE(issue({}, 5000));
    EXPECT_TRUE(issue({"respond.incident.add_entry"}, 1, {"respond.incident"}));
    const auto wider = issue({"respond"}, 1, {"respond.incident"});
    ASSERT_FALSE(wider);
    EXPECT_EQ(wider.error().key, "kernel.identity.token_wider");
    const auto same = issue({}, 1, {"respond.incident"});
    ASSERT_TRUE(same);
    principal = credentials_->authenticate("Bearer " + same->secret, "");
    EXPECT_EQ((*principal)->scope, std::vector<std::string>{"respond.incident"});

    const auto listed = credentials_->tokens_of(mori);
    ASSERT_EQ(listed.size(), 3U);
    clock_.advance(std::chrono::days{2});
    EXPECT_FALSE(credentials_->authenticate("Bearer " + same->secret, ""));
    EXPECT_EQ(credentials_->tokens_of(mori).size(), 1U);
    EXPECT_FALSE(run([&](journal::Recorder& recorder) {
        return credentials_->revoke_token(recorder, sato, token->id);
    })) << "somebody else's";
    EXPECT_TRUE(run([&](journal::Recorder& recorder) {
        return credentials_->revoke_token(recorder, mori, token->id);
    }));
    EXPECT_FALSE(credentials_->authenticate("Bearer " + token->secret, ""));
}

// Somebody who left the port would still be able to read the board.
TEST_F(CredentialsTest, the_erased_are_forgotten) {
    const auto as = sign_in("duty", "correct horse");
    const auto token = run([&](journal::Recorder& recorder) {
        return credentials_->issue_token(recorder, mori, {}, "", std::chrono::days{30});
    });
    ASSERT_TRUE(as && token);
    EXPECT_TRUE(run([&](journal::Recorder& recorder) -> Result<> {
        credentials_->forget(recorder, mori);
        return {};
    }));
    book_.erased.insert("mori");
    EXPECT_FALSE(is_in(as->session));
    EXPECT_FALSE(credentials_->authenticate("Bearer " + token->secret, ""));
    EXPECT_FALSE(sign_in("duty", "correct horse"));
    std::size_t left = 0;
    ASSERT_TRUE(store_->each_secret("", [&](const store::Secret& secret) {
        left += secret.kind == "session" || secret.kind == "token" || secret.id == "mori" ? 1 : 0;
        return true;
    }));
    EXPECT_EQ(left, 0U);
}

// On the first of April everybody signs in at once, while the board is being written.
TEST_F(CredentialsTest, many_sign_in_at_once) {
    CredentialRules rules;
    rules.hashing_threads = 2;
    rules.hashing_queue = 1000;
    rules.password_cost = {64, 1};
    rules.per_login.free = 1000;
    rules.per_address.free = 1000;
    open(rules);
    {
        std::jthread writer([this](const std::stop_token& stop) { journal_->run(stop); });
        std::atomic<int> welcome{0};
        {
            std::vector<std::jthread> people;
            people.reserve(8);
            for (int i = 0; i < 8; ++i)
                people.emplace_back([&, i] {
                    for (int round = 0; round < 20; ++round) {
                        std::promise<Result<SignedInAs>> promise;
                        auto answer = promise.get_future();
                        credentials_->sign_in(
                            {i % 2 == 0 ? "duty" : "k.sato",
                             i % 2 == 0 ? "correct horse" : "battery staple",
                             "192.0.2.1",
                             {},
                             {}},
                            [&](Result<SignedInAs> as) { promise.set_value(std::move(as)); });
                        const auto as = answer.get();
                        if (!as) continue;
                        const auto principal = journal_->read(
                            [&] { return credentials_->authenticate("", as->session); });
                        if (principal && *principal) ++welcome;
                    }
                });
        }
        EXPECT_EQ(welcome, 160);
    }
    EXPECT_EQ(credentials_->sessions_of(mori, "").size(), 80U);
}

// Sign-ins would hold up the journal, or the flood would take all memory.
TEST(HashingPool, refuses_what_does_not_fit) {
    std::mutex gate;
    gate.lock();
    std::atomic<int> ran{0};
    {
        HashingPool pool(1, 2);
        const auto job = [&] {
            std::lock_guard wait(gate);
            ++ran;
        };
        int taken = 0;
        for (int i = 0; i < 100; ++i) taken += pool.submit(job) ? 1 : 0;
        EXPECT_GE(taken, 2);
        EXPECT_LE(taken, 3) << "two waiting, and one that may have begun";
        gate.unlock();
    }
    EXPECT_LE(ran, 3);
}

}  // namespace
}  // namespace noroshi
