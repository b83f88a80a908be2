#include "watch/detections/detections.h"

#include <memory>

#include <gtest/gtest.h>

#include "kernel/journal/journal_for_tests.h"
#include "kernel/json/json.h"
#include "prepare/council/council_view.h"
#include "watch/detections/analysis.h"
#include "watch/detections/detections_view.h"

namespace noroshi::watch::detections {
namespace {

using council::OrganisationKind;
using namespace std::chrono_literals;

class DetectionsTest : public testing::Test {
protected:
    void SetUp() override {
        manager_ = organise(OrganisationKind::port_manager, "灯浜港管理者");
        centre_ = organise(OrganisationKind::security_expert, "監視センター");
        north_ = organise(OrganisationKind::terminal_operator, "北ターミナル");
        south_ = organise(OrganisationKind::terminal_operator, "南ターミナル");
        guard_ = hire(north_, Role::security_person, "guard");
        leader_ = hire(north_, Role::leader, "leader");
        analyst_ = hire(centre_, Role::security_person, "analyst");
        source_ = share(north_, "FW");
    }
    OrganisationId organise(OrganisationKind kind, std::string name) {
        return *desk_.run([&](auto& recorder) {
            return council_->register_organisation(recorder,
                                                   {.kind = kind, .name = name, .member = true});
        });
    }
    PersonId hire(const OrganisationId& organisation, Role role, const std::string& login) {
        const auto id = *desk_.run([&](auto& recorder) {
            return council_->register_person(recorder, {.name = login, .login = login},
                                             {{organisation, role}});
        });
        const auto kept = desk_.run([&](auto& recorder) {
            contacts::ContactDraft draft;
            draft.email = login + "@example.jp";
            return contacts_->change_contact(recorder, id, draft);
        });
        EXPECT_TRUE(kept) << (kept ? "" : describe(kept.error()));
        return id;
    }
    SourceId share(const OrganisationId& member, std::string name) {
        EXPECT_TRUE(desk_.run([&](auto& recorder) {
            return logs_->agree(
                recorder, member,
                {{logs::LogKind::fortigate, logs::LogKind::windows}, 90, {centre_}, "覚書"});
        }));
        return *desk_.run([&](auto& recorder) {
            return logs_->register_source(recorder, speaking_for(member),
                                          {member, name, logs::LogKind::fortigate, 0});
        });
    }
    static Principal speaking_for(const OrganisationId& organisation,
                                  Role role = Role::security_person) {
        Principal person;
        person.person = PersonId{"of-" + organisation.text};
        person.roles = {{organisation, role}};
        person.organisation = organisation;
        person.viewer = {person.person, {organisation}, {}, true};
        return person;
    }
    static Finding finding(std::string rule, std::string entity, Level level = Level::high) {
        Finding one;
        one.rule = rule;
        one.title = "title of " + rule;
        one.level = level;
        one.family = "t1110";
        one.entity = std::move(entity);
        one.count = 3;
        one.seen = {{"remip", "203.0.113.45"}};
        one.about.tactics = {"credential_access"};
        one.about.false_positives = {"A saved password"};
        return one;
    }
    Result<> found(std::vector<Finding> findings, std::uint64_t lines = 10) {
        const auto from = room_->view().position(source_);
        Examination done{source_, from, from + lines, lines, {}, "rules", std::move(findings)};
        for (auto& one : done.findings) one.lines = {{source_, from}};
        return desk_.run([&](auto& recorder) { return room_->examine(recorder, done); });
    }
    Asking asking(const Principal& reader) {
        return {room_->view(), logs_->view(), council_->view(),
                reader,        Language::ja,  desk_.clock().now()};
    }
    CaseList seen_by(const Principal& reader) { return list_cases(asking(reader), {}, 100); }
    CaseItem only() {
        const auto list = seen_by(speaking_for(north_));
        EXPECT_EQ(list.items.size(), 1U);
        return list.items.empty() ? CaseItem{} : list.items[0];
    }
    Result<> triage(const CaseId& id, Verdict verdict, std::string reason) {
        return desk_.run([&](auto& recorder) {
            return room_->triage(recorder, speaking_for(north_), id, {verdict, reason});
        });
    }
    // Everything that was sent, as "whom: subject".
    std::vector<std::string> sent() {
        std::vector<std::string> all;
        desk_.journal().claim(100, [&](Result<std::vector<journal::Claim>> claims) {
            for (const auto& claim : *claims)
                all.push_back(claim.message.to_name + ": " + claim.message.subject);
            letters_ = std::move(*claims);
        });
        desk_.work();
        for (const auto& letter : letters_)
            desk_.journal().settle(letter.key, {noroshi::Outcome::delivered, {}, {}}, [](auto) {});
        desk_.work();
        return all;
    }
    std::string stored() {
        std::string all;
        auto reader = desk_.store().reader();
        EXPECT_TRUE((*reader)->facts(1, [&](const journal::Fact& fact) {
            all += fact.body;
            return true;
        }));
        return all;
    }

    std::unique_ptr<council::Council> council_;
    std::unique_ptr<contacts::Contacts> contacts_;
    std::unique_ptr<logs::Logs> logs_;
    std::unique_ptr<Detections> room_;
    journal::JournalByHand desk_{
        [this](journal::Journal& journal) {
            council_ = std::make_unique<council::Council>(journal);
            contacts_ = std::make_unique<contacts::Contacts>(journal, *council_);
            logs_ = std::make_unique<logs::Logs>(journal, *council_);
            room_ = std::make_unique<Detections>(journal, *council_, *contacts_, *logs_,
                                                 DetectionsOptions{});
        },
        [this] {
            room_.reset();
            logs_.reset();
            contacts_.reset();
            council_.reset();
        }};
    OrganisationId manager_, centre_, north_, south_;
    PersonId guard_, leader_, analyst_;
    SourceId source_;
    std::vector<journal::Claim> letters_;
};

// Two hundred lines of one guessing would be two hundred alarms.
TEST_F(DetectionsTest, one_family_about_one_entity_is_one_case_within_a_day) {
    ASSERT_TRUE(found({finding("guessing", "203.0.113.45"), finding("spraying", "203.0.113.45")}));
    ASSERT_TRUE(found({finding("guessing", "203.0.113.45")}));
    EXPECT_EQ(only().count, 9U);
    EXPECT_EQ(only().rules.size(), 2U);
    ASSERT_TRUE(found({finding("guessing", "198.51.100.7")}));
    EXPECT_EQ(seen_by(speaking_for(north_)).items.size(), 2U);
    desk_.clock().advance(25h);
    ASSERT_TRUE(found({finding("guessing", "198.51.100.7")}));
    EXPECT_EQ(seen_by(speaking_for(north_)).items.size(), 3U);
}

// A neighbour would learn that the north has trouble, or that it shares logs at all.
TEST_F(DetectionsTest, only_the_member_and_whom_the_agreement_names_learn_anything) {
    ASSERT_TRUE(found({finding("guessing", "203.0.113.45")}));
    EXPECT_EQ(seen_by(speaking_for(north_)).open, 1U);
    EXPECT_EQ(seen_by(speaking_for(centre_)).open, 1U);
    for (const auto& other : {manager_, south_}) {
        for (const auto role :
             {Role::administrator, Role::duty_officer, Role::leader, Role::security_person}) {
            const auto reader = speaking_for(other, role);
            EXPECT_EQ(json::to_text(seen_by(reader)),
                      R"({"items":[],"open":0,"harmless":0,"confirmed":0,"more":false})");
            EXPECT_EQ(one_case(asking(reader), only().id).error().kind, ErrorKind::not_found);
            EXPECT_TRUE(list_progress(asking(reader)).items.empty());
            EXPECT_TRUE(list_suppressions(asking(reader)).items.empty());
        }
    }
}

// The engine stopped after the commit and before its answer: told twice, or never.
TEST_F(DetectionsTest, the_place_moves_with_what_was_found_and_never_twice) {
    ASSERT_TRUE(found({finding("guessing", "203.0.113.45")}));
    Examination again{source_, 0, 10, 10, {}, "rules", {finding("guessing", "203.0.113.45")}};
    const auto refused = desk_.run([&](auto& recorder) { return room_->examine(recorder, again); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().key, "watch.detections.examined_already");
    desk_.reopen();
    EXPECT_EQ(room_->view().position(source_), 10U);
    EXPECT_EQ(only().count, 3U);
    EXPECT_EQ(only().entity, "203.0.113.45");
}

// Mail that lies in a mailbox for ever must not hold what was in the lines.
TEST_F(DetectionsTest, the_member_is_told_at_once_and_silence_is_told_on) {
    ASSERT_TRUE(found({finding("guessing", "203.0.113.45")}));
    EXPECT_EQ(sent(), (std::vector<std::string>{
                          "guard: [TLP:AMBER+STRICT] リスク兆候の検知（高）：title of guessing"}));
    EXPECT_EQ(letters_.at(0).message.text.find("203.0.113.45"), std::string::npos);
    ASSERT_TRUE(found({finding("guessing", "203.0.113.45")}));
    EXPECT_TRUE(sent().empty()) << "once is enough";
    desk_.clock().advance(61min);
    desk_.work();
    const auto told = sent();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_TRUE(told[0].starts_with("leader: ") || told[1].starts_with("leader: "));
    EXPECT_TRUE(told[0].starts_with("analyst: ") || told[1].starts_with("analyst: "));
    EXPECT_TRUE(only().telling->silence_told);
}

TEST_F(DetectionsTest, who_has_read_it_is_not_told_on) {
    ASSERT_TRUE(found({finding("guessing", "203.0.113.45")}));
    ASSERT_EQ(sent().size(), 1U);
    const auto& text = letters_[0].message.text;
    const auto at = text.find("/w/") + 3;
    const auto link = text.substr(at, text.find('\n', at) - at);
    EXPECT_FALSE(
        desk_.run([&](auto& recorder) { return room_->say_seen_by_link(recorder, link + "x"); }));
    ASSERT_TRUE(desk_.run([&](auto& recorder) { return room_->say_seen_by_link(recorder, link); }));
    desk_.clock().advance(61min);
    desk_.work();
    EXPECT_TRUE(sent().empty());
    EXPECT_EQ(only().telling->read_by, "guard");
    const auto stranger = desk_.run([&](auto& recorder) {
        return room_->say_seen(recorder, speaking_for(centre_), only().id);
    });
    EXPECT_EQ(stranger.error().key, "watch.detections.not_yours");
}

// Three times harmless, and the fourth still rings at night.
TEST_F(DetectionsTest, what_is_called_harmless_again_and_again_is_told_less) {
    for (int day = 0; day < 3; ++day) {
        ASSERT_TRUE(found({finding("noise", "host" + std::to_string(day))}));
        EXPECT_EQ(sent().size(), 1U);
        const auto id = seen_by(speaking_for(north_)).items.at(0).id;
        EXPECT_EQ(triage(id, Verdict::harmless, "").error().key, "watch.detections.reason_needed");
        ASSERT_TRUE(triage(id, Verdict::harmless, "保守作業"));
    }
    ASSERT_TRUE(found({finding("noise", "host9")}));
    EXPECT_TRUE(sent().empty());
    EXPECT_TRUE(seen_by(speaking_for(north_)).items.at(0).rules.at(0).quiet);
    ASSERT_TRUE(found({finding("noise", "host10", Level::critical)}));
    EXPECT_EQ(sent().size(), 1U) << "a critical one rings all the same";
    // What turned out to be real is told of again.
    ASSERT_TRUE(triage(seen_by(speaking_for(north_)).items.at(0).id, Verdict::confirmed, ""));
    ASSERT_TRUE(found({finding("noise", "host11")}));
    EXPECT_EQ(sent().size(), 1U);
}

TEST_F(DetectionsTest, a_suppression_ends_by_itself_and_has_an_owner) {
    ASSERT_TRUE(found({finding("guessing", "host1")}));
    const auto id = only().id;
    const auto suppress = [&](Instant until) {
        return desk_.run([&](auto& recorder) {
            return room_->suppress(recorder, speaking_for(north_),
                                   {id, "guessing", false, until, "更新作業のため"});
        });
    };
    EXPECT_EQ(suppress(desk_.clock().now() + 24h * 91).error().key,
              "watch.detections.until_too_late");
    ASSERT_TRUE(suppress(desk_.clock().now() + 48h));
    ASSERT_TRUE(found({finding("guessing", "host1"), finding("guessing", "host2")}));
    EXPECT_EQ(seen_by(speaking_for(north_)).items.size(), 2U);
    EXPECT_EQ(list_progress(asking(speaking_for(north_))).items.at(0).suppressed, 3U);
    const auto list = list_suppressions(asking(speaking_for(north_))).items;
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0].entity, "host1");
    desk_.clock().advance(49h);
    ASSERT_TRUE(found({finding("guessing", "host1")}));
    EXPECT_EQ(seen_by(speaking_for(north_)).items.size(), 3U);
}

// 覚書 第12条: the member's lines are deleted, and so is what was read out of them.
TEST_F(DetectionsTest, withdrawing_leaves_nothing_of_the_lines_in_the_journal) {
    ASSERT_TRUE(found({finding("guessing", "secret-host")}));
    const auto id = only().id;
    ASSERT_TRUE(triage(id, Verdict::confirmed, "secret-host を隔離"));
    EXPECT_EQ(stored().find("secret-host"), std::string::npos) << "sealed";
    ASSERT_TRUE(desk_.run([&](auto& recorder) {
        return logs_->withdraw(recorder, speaking_for(north_), north_, "");
    }));
    desk_.work();
    const auto look = [&] {
        EXPECT_EQ(json::to_text(only()).find("secret-host"), std::string::npos);
        EXPECT_EQ(json::to_text(only()).find("203.0.113.45"), std::string::npos);
        EXPECT_TRUE(only().forgotten);
        EXPECT_TRUE(seen_by(speaking_for(centre_)).items.empty());
        EXPECT_FALSE(desk_.journal().keyring().has(sharing_of(north_)));
    };
    look();
    desk_.reopen();
    look();
    EXPECT_TRUE(journal::verify_chain(**desk_.store().reader()));
}

TEST_F(DetectionsTest, a_case_explains_itself_in_both_languages) {
    ASSERT_TRUE(found({finding("guessing", "203.0.113.45")}));
    const auto* one = room_->view().find(only().id);
    for (const auto language : {Language::ja, Language::en}) {
        const auto words = explain(*one, language);
        for (const auto* part : {&words.seen, &words.why, &words.check, &words.harmless}) {
            ASSERT_FALSE(part->empty());
            for (const auto& text : *part)
                EXPECT_EQ(text.find("watch.detections."), std::string::npos) << text;
        }
    }
    EXPECT_NE(explain(*one, Language::ja).harmless.at(0).find("A saved password"),
              std::string::npos);
}

}  // namespace
}  // namespace noroshi::watch::detections
