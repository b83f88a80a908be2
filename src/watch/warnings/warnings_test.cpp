#include "watch/warnings/warnings.h"

#include <memory>

#include <gtest/gtest.h>

#include "kernel/journal/journal_for_tests.h"
#include "kernel/journal/record.h"
#include "kernel/json/json.h"
#include "prepare/council/council_view.h"
#include "watch/warnings/warnings_view.h"

namespace noroshi::watch::warnings {
namespace {

using council::OrganisationKind;

class WarningsTest : public testing::Test {
protected:
    void SetUp() override {
        manager_ = organise(OrganisationKind::port_manager, "灯浜港管理者");
        for (const auto* name : {"北ターミナル", "南ターミナル", "西ターミナル"})
            members_.push_back(organise(OrganisationKind::terminal_operator, name));
    }
    OrganisationId organise(OrganisationKind kind, std::string name) {
        return *desk_.run([&](auto& recorder) {
            return council_->register_organisation(recorder,
                                                   {.kind = kind, .name = name, .member = true});
        });
    }
    Principal speaking_for(const OrganisationId& organisation, Role role = Role::security_person) {
        Principal person;
        person.person = PersonId{"of-" + organisation.text};
        person.roles = {{organisation, role}};
        person.organisation = organisation;
        person.viewer = {person.person, {organisation}, {}, true};
        return person;
    }
    Result<SightingId> report(std::size_t member, std::string sign, bool warn_others = true) {
        return desk_.run([&](auto& recorder) {
            return room_->report(recorder, speaking_for(members_[member]),
                                 {members_[member],
                                  SignKind::indicator,
                                  std::move(sign),
                                  "外部へのビーコン",
                                  {},
                                  warn_others});
        });
    }
    WarningList seen_by(const Principal& reader) {
        return list_warnings(room_->view(), council_->view(), reader, Language::ja);
    }
    Result<> issue(const IssueDraft& draft) {
        const auto id = seen_by(speaking_for(manager_)).items.at(0).id;
        return desk_.run([&](auto& recorder) {
            return room_->issue(recorder, speaking_for(manager_), id, draft);
        });
    }

    std::unique_ptr<council::Council> council_;
    std::unique_ptr<contacts::Contacts> contacts_;
    std::unique_ptr<Warnings> room_;
    journal::JournalByHand desk_{
        [this](journal::Journal& journal) {
            council_ = std::make_unique<council::Council>(journal);
            contacts_ = std::make_unique<contacts::Contacts>(journal, *council_);
            room_ = std::make_unique<Warnings>(journal, *council_, *contacts_, WarningsOptions{});
        },
        [this] {
            room_.reset();
            contacts_.reset();
            council_.reset();
        }};
    OrganisationId manager_;
    std::vector<OrganisationId> members_;
};

// One terminal alone is told itself; two make a warning, however they wrote the same address.
TEST_F(WarningsTest, the_same_sign_at_a_second_member_becomes_a_proposal) {
    ASSERT_TRUE(report(0, "hxxp://evil.example[.]net/a."));
    ASSERT_TRUE(report(0, "http://evil.example.net/a"));
    EXPECT_TRUE(seen_by(speaking_for(manager_)).items.empty());
    ASSERT_TRUE(report(1, "HTTP://EVIL.EXAMPLE.NET/a"));
    ASSERT_EQ(seen_by(speaking_for(manager_)).items.size(), 1U);
    EXPECT_EQ(seen_by(speaking_for(members_[0])).items.size(), 1U);
    EXPECT_TRUE(seen_by(speaking_for(members_[2])).items.empty()) << "nothing was issued yet";
}

// What a member keeps to itself counts for nothing and is nobody's business.
TEST_F(WarningsTest, a_sighting_kept_to_oneself_warns_nobody) {
    ASSERT_TRUE(report(0, "192.0.2.7", false));
    ASSERT_TRUE(report(1, "192.0.2.7"));
    EXPECT_TRUE(seen_by(speaking_for(manager_)).items.empty());
    EXPECT_EQ(list_sightings(room_->view(), council_->view(), speaking_for(manager_), Language::ja)
                  .items.size(),
              1U);
}

// A warning that gives its source away is the last that this source reports.
TEST_F(WarningsTest,
       what_everybody_reads_names_neither_members_nor_numbers_nor_the_unreleased_sign) {
    ASSERT_TRUE(report(0, "192.0.2.7"));
    ASSERT_TRUE(report(1, "192.0.2.7"));
    auto refused =
        issue({"VPN装置への攻撃", "北ターミナルで見つかりました", "遮断してください", false});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().key, "watch.warnings.names_a_member");
    refused = issue({"VPN装置への攻撃", "192.0.2.7 への通信", "遮断してください", false});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().key, "watch.warnings.holds_the_sign");
    EXPECT_EQ(issue({"VPN装置への攻撃", "外部への通信", "遮断してください", true}).error().key,
              "watch.warnings.not_released");
    ASSERT_TRUE(issue({"VPN装置への攻撃", "外部への通信", "遮断してください", false}));
    const auto third = json::to_text(seen_by(speaking_for(members_[2])));
    for (const auto* never : {"北ターミナル", "南ターミナル", "192.0.2.7", "confidential\":{"})
        EXPECT_EQ(third.find(never), std::string::npos) << never << " in " << third;
    const auto own = seen_by(speaking_for(members_[0]));
    ASSERT_EQ(own.items.size(), 1U);
    EXPECT_EQ(own.items[0].contributed.size(), 1U);
    EXPECT_FALSE(own.items[0].confidential);
    EXPECT_TRUE(seen_by(speaking_for(members_[2])).items[0].contributed.empty());
}

TEST_F(WarningsTest, a_released_sign_may_be_told_and_another_sighting_asks_to_warn_again) {
    ASSERT_TRUE(report(0, "192.0.2.7"));
    ASSERT_TRUE(report(1, "192.0.2.7"));
    const auto id = seen_by(speaking_for(manager_)).items.at(0).id;
    const auto stranger = desk_.run([&](auto& recorder) {
        return room_->answer_release(recorder, speaking_for(members_[2]), id, members_[2], true);
    });
    ASSERT_FALSE(stranger);
    EXPECT_EQ(stranger.error().kind, ErrorKind::not_found);
    ASSERT_TRUE(desk_.run([&](auto& recorder) {
        return room_->answer_release(recorder, speaking_for(members_[1]), id, members_[1], true);
    }));
    ASSERT_TRUE(issue({"VPN装置への攻撃", "外部への通信", "遮断してください", true}));
    EXPECT_EQ(seen_by(speaking_for(members_[2])).items[0].editions[0].sign, "192.0.2.7");
    ASSERT_TRUE(report(2, "192.0.2.7"));
    EXPECT_TRUE(seen_by(speaking_for(manager_)).items[0].confidential->seen_again);
    ASSERT_TRUE(issue({"VPN装置への攻撃（続報）", "再び確認", "遮断してください", true}));
    const auto again = seen_by(speaking_for(members_[0])).items[0];
    EXPECT_EQ(again.editions[0].edition, 2U);
    EXPECT_EQ(again.number, 1U);
}

// The attacker: another member, or a port manager whom no agreement names. A detection at one member
// is nobody's business; at two it is a warning, and the order and times of lists say nothing.
TEST_F(WarningsTest, detections_become_sightings_and_two_members_a_proposal) {
    const auto detected = [&](std::size_t member, std::string family, detections::Level level) {
        ASSERT_TRUE(desk_.run([&](auto& recorder) -> Result<> {
            detections::Detected fact;
            fact.of_case = detections::CaseId{recorder.random().identifier()};
            fact.member = members_[member];
            fact.rule = "rule-" + family;
            fact.title = "Guessing";
            fact.title_ja = "総当たり";
            fact.level = level;
            fact.family = family;
            fact.entity = {detections::sharing_of(fact.member), "own-host"};
            journal::record(recorder,
                            journal::Place{"watch/detections/cases/" + fact.of_case.text,
                                           {Tlp::amber_strict, {fact.member}, {}},
                                           {},
                                           {},
                                           {}},
                            fact);
            return {};
        }));
    };
    detected(0, "t1110", detections::Level::medium);
    EXPECT_TRUE(room_->view().sightings().empty());
    detected(0, "t1110", detections::Level::high);
    detected(0, "t1110", detections::Level::high);
    EXPECT_EQ(room_->view().sightings().size(), 1U);
    const auto listed = [&](const Principal& reader) {
        return list_sightings(room_->view(), council_->view(), reader, Language::ja).items.size();
    };
    EXPECT_EQ(listed(speaking_for(manager_)), 0U) << "no agreement names the port manager";
    EXPECT_EQ(listed(speaking_for(members_[1])), 0U);
    EXPECT_EQ(listed(speaking_for(members_[0])), 1U);
    detected(1, "t1110", detections::Level::critical);
    ASSERT_EQ(seen_by(speaking_for(manager_)).items.size(), 1U);
    EXPECT_EQ(listed(speaking_for(manager_)), 2U);
    const auto desk = json::to_text(seen_by(speaking_for(manager_)));
    EXPECT_EQ(desk.find("own-host"), std::string::npos);
    EXPECT_TRUE(seen_by(speaking_for(members_[2])).items.empty());
    desk_.reopen();
    EXPECT_TRUE(room_->view().unreported().empty());
    EXPECT_EQ(room_->view().sightings().size(), 2U);
}

}  // namespace
}  // namespace noroshi::watch::warnings
