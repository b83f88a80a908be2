// Letters to those who asked for them.

#include <gtest/gtest.h>

#include "respond/notices/notices_form.h"
#include "respond/notices/notices_scene.h"
#include "respond/notices/notices_subscribers.h"

namespace noroshi::respond::notices {
namespace {

using namespace std::chrono_literals;

class SubscribersTest : public Scene {
protected:
    Result<> ask(const std::string& email, Language language = Language::ja) {
        return desk.run([&](auto& r) { return notices->subscribers().ask(r, email, language); });
    }
    Result<> confirm(const std::string& link) {
        return desk.run([&](auto& r) { return notices->subscribers().confirm(r, link); });
    }
    Result<> end(const std::string& link) {
        return desk.run([&](auto& r) { return notices->subscribers().end(r, link); });
    }
    // Everything that is due, as the dispatcher does.
    std::vector<Message> carry(Outcome outcome = Outcome::delivered) {
        std::vector<Message> carried;
        for (;;) {
            desk.work();
            std::vector<journal::Claim> claims;
            desk.journal().claim(1'000, [&](Result<std::vector<journal::Claim>> due) {
                if (due) claims = std::move(*due);
            });
            desk.work();
            if (claims.empty()) return carried;
            for (auto& claim : claims) {
                carried.push_back(claim.message);
                desk.journal().settle(claim.key, Delivery{outcome, "test", ""}, {});
                desk.work();
            }
        }
    }
    static std::string link_in(const Message& message, const std::string& path) {
        const auto at = message.text.find(path);
        if (at == std::string::npos) return {};
        const auto from = at + path.size();
        return message.text.substr(from, message.text.find_first_of(" \n", from) - from);
    }
    void subscribe(const std::string& email, Language language = Language::ja) {
        EXPECT_TRUE(ask(email, language));
        const auto mails = carry();
        ASSERT_EQ(mails.size(), 1U);
        EXPECT_TRUE(confirm(link_in(mails[0], "/confirm/")));
    }
};

// A stranger's address would be filled with our mails.
TEST_F(SubscribersTest, nobody_is_written_to_who_did_not_confirm) {
    EXPECT_TRUE(ask("haulier@example.jp"));
    const auto asked = carry();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_FALSE(asked[0].unsubscribe_url);
    publish(words());
    EXPECT_TRUE(carry().empty());
    // Asked again and again: one mail an hour.
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(ask("Haulier@example.jp"));
    EXPECT_TRUE(carry().empty());
    desk.clock().advance(1h);
    EXPECT_TRUE(ask("haulier@example.jp"));
    EXPECT_EQ(carry().size(), 1U);
    EXPECT_EQ(confirm("x").error().key, "respond.notices.link_invalid");
    desk.clock().advance(49h);
    EXPECT_EQ(confirm(link_in(asked[0], "/confirm/")).error().key, "respond.notices.link_expired");
}

// Subscribers would hear of the stop and never of the end.
TEST_F(SubscribersTest, every_edition_is_sent_to_everybody_once_resolved_too) {
    subscribe("a@example.jp");
    subscribe("b@example.com", Language::en);
    EXPECT_TRUE(confirm(seal_asked({"a@example.jp", Language::ja, desk.clock().now() + 1h},
                                   notices->installation_key(), desk.random())));
    auto request = words("北のゲート停止");
    request.texts["en"] = {"Gate stopped", "Closed."};
    request.terminals = {line(north, Service::stopped)};
    const auto one = publish(request);
    auto mails = carry();
    ASSERT_EQ(mails.size(), 2U);
    EXPECT_TRUE(carry().empty());
    for (const auto& mail : mails) {
        EXPECT_TRUE(mail.unsubscribe_url);
        EXPECT_TRUE(mail.text.contains(*mail.unsubscribe_url));
        EXPECT_EQ(mail.subject.contains("Gate stopped"), mail.to == "b@example.com");
        EXPECT_TRUE(mail.in_reply_to.empty());
    }
    // A second matter beside the first, and the end of the first.
    const auto two = publish(words("南のTOS停止"));
    EXPECT_EQ(carry().size(), 2U);
    request.phase = Phase::resolved;
    publish_again(one, request);
    mails = carry();
    ASSERT_EQ(mails.size(), 2U);
    EXPECT_TRUE(mails[0].subject.contains("復旧") || mails[1].subject.contains("復旧"));
    EXPECT_FALSE(mails[0].in_reply_to.empty());
    EXPECT_NE(one, two);
    desk.reopen();
    EXPECT_TRUE(carry().empty()) << "a restart sends nothing again";
}

// An alarm to the port's own people would wait behind thousands of letters.
TEST_F(SubscribersTest, letters_leave_in_batches_with_a_pause) {
    for (std::size_t i = 0; i < letters_in_batch + 50; ++i)
        EXPECT_TRUE(confirm(seal_asked(
            {"s" + std::to_string(i) + "@example.jp", Language::ja, desk.clock().now() + 1h},
            notices->installation_key(), desk.random())));
    publish(words());
    EXPECT_EQ(carry().size(), letters_in_batch);
    EXPECT_TRUE(desk.journal().next_due());
    desk.clock().advance(pause_between_batches);
    EXPECT_EQ(carry().size(), 50U);
    EXPECT_TRUE(notices->subscribers().mailing().tasks().empty());
}

// Whoever leaves would still be written to, and their address would stay with us.
TEST_F(SubscribersTest, one_click_ends_it_and_erases_the_address) {
    subscribe("a@example.jp");
    publish(words());
    const auto mails = carry();
    ASSERT_EQ(mails.size(), 1U);
    const auto link = link_in(mails[0], "/unsubscribe/");
    const auto key = notices->subscribers().mailing().subscribers().begin()->first;
    EXPECT_TRUE(desk.journal().keyring().has(PersonId{"subscriber/" + key.text}));
    EXPECT_TRUE(end(link));
    EXPECT_TRUE(end(link)) << "the second click finds it done";
    EXPECT_FALSE(desk.journal().keyring().has(PersonId{"subscriber/" + key.text}));
    publish(words("次"));
    EXPECT_TRUE(carry().empty());
    desk.reopen();
    EXPECT_TRUE(notices->subscribers().mailing().subscribers().empty());
    EXPECT_TRUE(journal::verify_chain(desk.store()));
    EXPECT_FALSE(end("nonsense"));
}

// An address that is gone would be tried for years.
TEST_F(SubscribersTest, an_address_that_is_refused_again_and_again_is_dropped) {
    subscribe("gone@example.jp");
    for (std::uint32_t i = 0; i < most_refusals; ++i) {
        EXPECT_EQ(notices->subscribers().mailing().subscribers().size(), 1U) << i;
        publish(words("第" + std::to_string(i)));
        EXPECT_EQ(carry(Outcome::refused).size(), 1U);
    }
    EXPECT_TRUE(notices->subscribers().mailing().subscribers().empty());
}

// The press would be mailed the exercise's disaster.
TEST_F(SubscribersTest, a_drill_has_no_letters) {
    subscribe("press@example.jp");
    const ExerciseId exercise{"spring"};
    EXPECT_TRUE(desk.run([&](journal::Recorder& recorder) -> Result<> {
        const journal::World drill{exercise};
        NoticeDrafted drafted{{}, manager, {}, {}};
        drafted.content.texts["ja"] = {"訓練", "訓練"};
        const journal::Place place{"respond/notices/notices/x", Visibility{}, drill, {}, {}};
        journal::record(recorder, place, drafted);
        journal::record(recorder, place, NoticePublished{1, {}, drafted.content});
        return {};
    }));
    EXPECT_TRUE(carry().empty());
    EXPECT_TRUE(notices->subscribers().mailing().tasks().empty());
}

// A form could carry a second recipient into the mail.
TEST(NoticesForm, only_plain_addresses_and_whole_forms_are_taken) {
    for (const auto* good : {"a@b.jp", "first.last+tag@mail.example.co.jp"})
        EXPECT_TRUE(is_address(good)) << good;
    for (const auto* bad : {"", "a", "@b.jp", "a@", "a@b", "a@b@c.jp", "a b@c.jp", "a@b.jp,c@d.jp",
                            "a@b.jp\r\nBcc: x@y.jp", "<a@b.jp>", "a@.jp", "a@b..jp", "a@[1.2.3.4]"})
        EXPECT_FALSE(is_address(bad)) << bad;
    const auto form = Form::read("email=a%40b.jp&language=en&x=%E3%81%82+b");
    ASSERT_TRUE(form);
    EXPECT_EQ(form->field("email"), "a@b.jp");
    EXPECT_EQ(form->field("x"), "あ b");
    EXPECT_EQ(form->field("missing"), "");
    for (const auto* bad : {"a=%", "a=%4", "a=%zz", "a=%ff", "a=%00", "a=%01"})
        EXPECT_FALSE(Form::read(bad)) << bad;
    EXPECT_FALSE(Form::read(std::string(Form::most_bytes + 1, 'a')));
    std::string many;
    for (std::size_t i = 0; i <= Form::most_fields; ++i) many += "a=1&";
    EXPECT_FALSE(Form::read(many));
}

}  // namespace
}  // namespace noroshi::respond::notices
