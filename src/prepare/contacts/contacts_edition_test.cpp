#include "prepare/contacts/contacts_edition.h"

#include <algorithm>

#include "kernel/journal/record.h"
#include "prepare/contacts/contacts_link.h"
#include "prepare/contacts/contacts_scene.h"
#include "respond/callout/callout_facts.h"

namespace noroshi::prepare::contacts {
namespace {

namespace callout = respond::callout;

class EditionsTest : public ContactsScene {
protected:
    void SetUp() override {
        ContactsScene::SetUp();
        reach(mori_, {.email = "mori@north.example", .mobile = "090-1111-2222"});
        reach(ito_, {.email = "ito@north.example"});
        list(post(mori_, "principal") + "," + post(ito_, "deputy"));
    }
    void list(const std::string& posts) {
        const auto put =
            ask(admin_, Method::put, "/lists/" + north_.text, R"({"posts":[)" + posts + "]}");
        ASSERT_EQ(put.status, 200) << put.text;
    }
    Answer act(const PersonId& who, const std::string& path, std::string body = "{}") {
        return ask(who, Method::post, "/editions" + path, std::move(body));
    }
    void issue(int number) {
        const auto n = "/" + std::to_string(number);
        ASSERT_EQ(act(admin_, "", R"({"title":"春の改訂"})").status, 201);
        ASSERT_EQ(act(leader_, n + "/approve").status, 200);
        ASSERT_EQ(act(admin_, n + "/issue").status, 200);
    }
    // What is waiting in the outbox, by claiming it.
    std::vector<Message> mail() {
        std::vector<Message> out;
        desk_.work();
        desk_.journal().claim(100, [&](Result<std::vector<journal::Claim>> claims) {
            for (const auto& one : *claims) out.push_back(one.message);
        });
        desk_.work();
        for (const auto& message : out)
            desk_.journal().settle(message.key, Delivery{Outcome::delivered, "test", ""},
                                   [](Result<>) {});
        desk_.work();
        return out;
    }
    static std::string link_in(const Message& message) {
        const auto at = message.text.find("https://port.example/c/");
        EXPECT_NE(at, std::string::npos) << message.text;
        const auto from = at + std::string("https://port.example").size();
        return message.text.substr(from, message.text.find('\n', from) - from);
    }
    Answer open(Method method, const std::string& path) {
        return asking_->ask(method, path, method == Method::post ? "x=1" : "");
    }
    int percent(const PersonId& person) {
        return static_cast<int>(100 * confidence(contacts_->state().confirmation(person),
                                                 contacts_->state().calendar(),
                                                 desk_.clock().now()) +
                                0.5);
    }
};

// An edition nobody approved would hang at the wall, or the one approved would not be the one read.
TEST_F(EditionsTest, are_approved_by_another_person_and_numbered) {
    const auto digest = std::string(
        ask(admin_, Method::get, "/editions").json.at("draft").at("digest").as_string());
    reach(ito_, {.email = "ito2@north.example"});
    EXPECT_EQ(act(admin_, "", R"({"title":"初版","digest":")" + digest + "\"}").key(),
              "prepare.contacts.edition_moved");
    EXPECT_EQ(act(mori_, "", R"({"title":"初版"})").status, 403);
    ASSERT_EQ(act(admin_, "", R"({"title":"初版"})").json.at("number").to_number<int>(), 1);
    EXPECT_EQ(act(leader_, "", R"({"title":"別"})").key(), "prepare.contacts.edition_under_way");
    EXPECT_EQ(act(admin_, "/1/issue").key(), "prepare.contacts.edition_not_approved");
    EXPECT_EQ(act(admin_, "/1/approve").key(), "prepare.contacts.edition_by_another");
    ASSERT_EQ(act(leader_, "/1/approve").status, 200);
    ASSERT_EQ(act(admin_, "/1/issue").status, 200);
    EXPECT_EQ(act(admin_, "/1/issue").status, 409) << "a second click issues nothing";
    EXPECT_EQ(act(admin_, "", R"({"title":"同じ"})").key(), "prepare.contacts.edition_same");
    EXPECT_EQ(act(admin_, "/7/approve").status, 404);
    reach(ito_, {.email = "ito3@north.example"});
    ASSERT_EQ(act(admin_, "", R"({"title":"第2版"})").json.at("number").to_number<int>(), 2);
    ASSERT_EQ(act(leader_, "/2/reject", R"({"reason":"代行者を加えること"})").status, 200);
    ASSERT_EQ(act(admin_, "", R"({"title":"第3版"})").json.at("number").to_number<int>(), 3)
        << "a number is never given twice";
}

// Nobody would see what was changed before approving it.
TEST_F(EditionsTest, differences_are_shown_as_far_as_one_may_see_them) {
    issue(1);
    mail();
    reach(mori_, {.email = "mori@north.example", .mobile = "090-9999-8888"});
    list(post(ito_, "principal") + "," + post(mori_, "deputy"));
    const auto texts = [&](const PersonId& who) {
        std::string out;
        for (const auto& one :
             ask(who, Method::get, "/editions").json.at("draft").at("changes").as_array())
            out += std::string(one.at("text").as_string()) + "\n";
        return out;
    };
    const auto all = texts(leader_);
    EXPECT_TRUE(all.contains("北埠頭 itoさんの区分：代行者 → 担当者\n")) << all;
    EXPECT_TRUE(all.contains("北埠頭 moriさんの携帯：090-1111-2222 → 090-9999-8888\n")) << all;
    EXPECT_TRUE(all.contains("北埠頭：連絡の順番を変更\n")) << all;
    EXPECT_TRUE(texts(sato_).contains("moriさんの携帯：（非表示） → （非表示）")) << texts(sato_);
    issue(2);
    reopen();
    const auto again = ask(leader_, Method::get, "/editions");
    ASSERT_EQ(again.json.at("items").as_array().size(), 2U);
    std::string kept;
    for (const auto& one : again.json.at("items").at(0).at("changes").as_array())
        kept += std::string(one.at("text").as_string()) + "\n";
    EXPECT_EQ(kept, all) << "the same after a restart, though the lists have gone on";
    ASSERT_TRUE(desk_.run([&](auto& recorder) { return council_->erase_person(recorder, mori_); }));
    EXPECT_FALSE(ask(leader_, Method::get, "/editions").text.contains("9999-8888"))
        << "gone from editions too";
}

TEST_F(EditionsTest, each_organisation_confirms_its_receipt_once) {
    issue(1);
    const auto mails = mail();
    ASSERT_EQ(mails.size(), 1U) << "its principal";
    EXPECT_EQ(mails[0].to, "mori@north.example");
    EXPECT_TRUE(mails[0].text.contains("第1版「春の改訂」"));
    const auto path = link_in(mails[0]);
    const auto page = open(Method::get, path);
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.text.contains("受け取りました")) << page.text;
    const auto received = [&] {
        return ask(admin_, Method::get, "/editions")
            .json.at("items")
            .at(0)
            .at("received")
            .to_number<int>();
    };
    EXPECT_EQ(received(), 0) << "a mail scanner opens links";
    EXPECT_EQ(open(Method::post, path).status, 303);
    EXPECT_EQ(received(), 1);
    EXPECT_EQ(open(Method::post, path).status, 303);
    EXPECT_TRUE(open(Method::get, path).text.contains("受領を確認しました"));
    EXPECT_EQ(act(sato_, "/1/receipts", R"({"organisation":")" + south_.text + "\"}").key(),
              "prepare.contacts.edition_not_yours");
    auto forged = path;
    forged.back() = forged.back() == 'A' ? 'B' : 'A';
    EXPECT_EQ(open(Method::get, forged.substr(0, forged.size() - 4)).status, 404);
    desk_.clock().advance(std::chrono::days{91});
    EXPECT_EQ(open(Method::get, path).status, 404);
}

// The contact of somebody who moved on 1 April would be found wrong in the night it is needed.
TEST_F(EditionsTest, people_are_asked_by_themselves_and_answer_by_link) {
    EXPECT_EQ(percent(mori_), 80) << "entered by somebody else";
    EXPECT_TRUE(mail().empty());
    desk_.clock().set(parse_rfc3339("2026-11-30T08:59:59+09:00").value());
    EXPECT_TRUE(mail().empty());
    desk_.clock().set(parse_rfc3339("2026-12-01T09:00:00+09:00").value());
    const auto asked = mail();
    ASSERT_EQ(asked.size(), 2U) << "149 days after it was entered";
    EXPECT_TRUE(mail().empty()) << "once";
    reopen();
    EXPECT_TRUE(mail().empty()) << "a restart asks nobody twice";
    const auto& to_mori = asked[0].to == "mori@north.example" ? asked[0] : asked[1];
    EXPECT_TRUE(to_mori.text.contains("090-1111-2222")) << to_mori.text;
    EXPECT_EQ(open(Method::get, link_in(to_mori)).status, 200);
    EXPECT_LE(percent(mori_), 60) << "opening confirms nothing";
    EXPECT_EQ(open(Method::post, link_in(to_mori)).status, 303);
    EXPECT_EQ(percent(mori_), 100);
    desk_.clock().set(parse_rfc3339("2026-12-15T09:00:00+09:00").value());
    const auto again = mail();
    ASSERT_EQ(again.size(), 1U) << "only who has not answered";
    EXPECT_EQ(again[0].to, "ito@north.example");
    EXPECT_TRUE(again[0].subject.contains("再送"));
    desk_.clock().set(parse_rfc3339("2027-01-04T09:00:00+09:00").value());
    EXPECT_EQ(mail().size(), 1U) << "29 December is no day to ask";
    desk_.clock().set(parse_rfc3339("2027-03-31T09:00:00+09:00").value());
    EXPECT_TRUE(mail().empty()) << "three times, then somebody has to call";
    std::string kinds;
    for (const auto& one : ask(duty_, Method::get, "/problems").json.at("items").as_array())
        kinds += std::string(one.at("kind").as_string()) + " ";
    EXPECT_TRUE(kinds.contains("not_confirmed")) << kinds;
    EXPECT_EQ(ask(ito_, Method::post, "/" + ito_.text + "/confirmation", "{}").status, 200);
    EXPECT_EQ(percent(ito_), 100);
    EXPECT_EQ(ask(ito_, Method::post, "/" + sato_.text + "/confirmation", "{}").status, 403);
}

TEST_F(EditionsTest, bounces_and_missed_drills_take_confidence_away) {
    ASSERT_EQ(ask(mori_, Method::post, "/" + mori_.text + "/confirmation", "{}").status, 200);
    ASSERT_EQ(ask(ito_, Method::post, "/" + ito_.text + "/confirmation", "{}").status, 200);
    const auto record = [&](std::string exercise, const auto& body) {
        ASSERT_TRUE(desk_.run([&](auto& recorder) -> Result<> {
            journal::record(recorder, {"respond/callout/c", {}, {ExerciseId{exercise}}, {}, {}},
                            body);
            return {};
        }));
    };
    const IncidentId incident{"incident"};
    callout::CalloutRaised raised;
    raised.incident = incident;
    raised.organisation = manager_;
    raised.text = "x";
    raised.addressees = {{mori_, north_, Role::member, {}}, {ito_, north_, Role::member, {}}};
    record("drill", raised);
    callout::AnswerGiven answer;
    answer.incident = incident;
    answer.person = ito_;
    record("drill", answer);
    record("drill", callout::CalloutResolved{incident});
    EXPECT_EQ(percent(mori_), 60) << "called in a drill, and silent";
    EXPECT_EQ(percent(ito_), 100);
    callout::MessageFailed failed;
    failed.incident = incident;
    failed.person = ito_;
    record("", failed);
    EXPECT_EQ(percent(ito_), 50) << "refused for good";
    failed.gap = callout::Gap::gave_up;
    record("", failed);
    EXPECT_EQ(percent(ito_), 50) << "a relay that was down says nothing about the address";
}

TEST(Links, are_opened_only_by_whom_they_were_sealed) {
    SeededRandom random{7};
    Key key{};
    const Link link{{"person"}, 3, {"organisation"}, Instant{std::chrono::seconds(1'800'000'000)}};
    const auto sealed = seal_link(link, key, random);
    const auto opened = open_link(sealed, key);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->person.text, "person");
    EXPECT_EQ(opened->edition, 3);
    EXPECT_EQ(opened->expires, link.expires);
    Key other{};
    other[0] = 1;
    EXPECT_FALSE(open_link(sealed, other));
    EXPECT_FALSE(open_link("", key));
    EXPECT_FALSE(open_link(std::string(600, 'a'), key));
}

}  // namespace
}  // namespace noroshi::prepare::contacts
