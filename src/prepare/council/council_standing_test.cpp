#include <memory>

#include <gtest/gtest.h>

#include "kernel/journal/journal_for_tests.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::council {
namespace {

using namespace std::chrono_literals;

class Mails final : public AddressBook {
public:
    std::optional<std::string> mail_of(const PersonId& person) const override {
        return person.text + "@port.test";
    }
};

class StandingTest : public testing::Test {
protected:
    void SetUp() override {
        manager_ = organise(OrganisationKind::port_manager, "港湾局");
        terminal_ = organise(OrganisationKind::terminal_operator, "北埠頭");
        vendor_ = organise(OrganisationKind::vendor, "保守", {terminal_});
        admin_ = hire("管理", "admin", {{manager_, Role::administrator}});
        clerk_ = hire("記録", "clerk", {{manager_, Role::clerk}});
        member_ = hire("構成", "member", {{manager_, Role::member}});
        operator_ = hire("運営", "operator", {{terminal_, Role::security_person}});
    }
    OrganisationId organise(OrganisationKind kind, std::string name,
                            std::vector<OrganisationId> serves = {}) {
        return *desk_.run([&](auto& recorder) {
            return council_->register_organisation(recorder,
                                                   {.kind = kind,
                                                    .name = name,
                                                    .member = kind != OrganisationKind::vendor,
                                                    .serves = serves});
        });
    }
    PersonId hire(std::string name, std::string login, std::vector<RoleIn> roles) {
        return *desk_.run([&](auto& recorder) {
            return council_->register_person(recorder, {.name = name, .login = login}, roles);
        });
    }
    Principal as(const PersonId& id) { return *council_->view().find_person(id); }
    template <class F>
    std::string key(F&& decide) {
        const auto done = desk_.run(std::forward<F>(decide));
        return done ? "" : done.error().key;
    }
    bool has(const PersonId& id, Role role) {
        const auto person = council_->view().find_person(id);
        return person && person->has(role);
    }
    std::size_t mails() {
        std::size_t count = 0;
        EXPECT_TRUE(desk_.store().each_outbox([&](const store::OutboxRow&) {
            ++count;
            return true;
        }));
        return count;
    }
    void wait(Span by) {
        desk_.clock().advance(by);
        desk_.work();
    }

    Mails mails_;
    std::unique_ptr<Council> council_;
    std::vector<PersonId> gone_;
    journal::JournalByHand desk_{[this](journal::Journal& journal) {
                                     council_ = std::make_unique<Council>(journal);
                                     council_->tell_through({&mails_, "Asia/Tokyo", "port.test"});
                                     council_->on_leaving([this](auto&, const PersonId& person) {
                                         gone_.push_back(person);
                                     });
                                 },
                                 [this] { council_.reset(); }};
    OrganisationId manager_, terminal_, vendor_;
    PersonId admin_, clerk_, member_, operator_;
};

// Guideline 3.1.3: at three in the morning nobody who may call out can be reached, and nobody does;
// or one person alone takes whatever role they like.
TEST_F(StandingTest, two_people_lend_a_role_for_some_hours_and_everybody_is_told) {
    const auto ask = [&](const PersonId& who, EmergencyDraft draft) {
        return desk_.run(
            [&](auto& recorder) { return council_->ask_emergency(recorder, as(who), draft); });
    };
    const auto grant = [&](const PersonId& who, const std::string& id) {
        return key(
            [&](auto& recorder) { return council_->grant_emergency(recorder, as(who), id); });
    };
    EmergencyDraft draft{manager_, Role::duty_officer, 2, "当直に連絡がつかない"};
    const auto id = ask(clerk_, draft);
    ASSERT_TRUE(id) << describe(id.error());
    EXPECT_FALSE(has(clerk_, Role::duty_officer)) << "asked, not granted";
    EXPECT_EQ(mails(), 2U) << "the asker and the administrator";
    EXPECT_EQ(grant(clerk_, *id), "prepare.council.emergency_two");
    EXPECT_EQ(grant(operator_, *id), "prepare.council.unknown_emergency");
    EXPECT_EQ(ask(clerk_, draft).error().key, "prepare.council.emergency_open");
    EXPECT_EQ(grant(member_, *id), "");
    EXPECT_TRUE(has(clerk_, Role::duty_officer));
    EXPECT_EQ(grant(member_, *id), "prepare.council.emergency_over");
    EXPECT_EQ(mails(), 5U) << "and who granted it";
    wait(1h);
    EXPECT_TRUE(has(clerk_, Role::duty_officer));
    desk_.reopen();
    EXPECT_TRUE(has(clerk_, Role::duty_officer)) << "a restart takes nothing away";
    wait(61min);
    EXPECT_FALSE(has(clerk_, Role::duty_officer));
    EXPECT_TRUE(has(clerk_, Role::clerk));
    EXPECT_TRUE(council_->view().find_emergency(*id)->ended_at);

    draft.role = Role::observer;
    EXPECT_EQ(ask(clerk_, draft).error().key, "prepare.council.emergency_role");
    draft = {terminal_, Role::leader, 2, "x"};
    EXPECT_EQ(ask(clerk_, draft).error().key, "prepare.council.emergency_elsewhere");
    draft = {manager_, Role::leader, 13, "x"};
    EXPECT_EQ(ask(clerk_, draft).error().key, "prepare.council.emergency_hours");
    draft = {manager_, Role::leader, 2, " "};
    EXPECT_FALSE(ask(clerk_, draft));
    draft.reason = "x";
    const auto lapsed = ask(clerk_, draft);
    wait(61min);
    EXPECT_EQ(grant(member_, *lapsed), "prepare.council.emergency_over") << "nobody came in time";
    const auto ended = ask(clerk_, draft);
    ASSERT_EQ(grant(member_, *ended), "");
    EXPECT_EQ(
        key([&](auto& recorder) { return council_->end_emergency(recorder, as(admin_), *ended); }),
        "");
    EXPECT_FALSE(has(clerk_, Role::leader));
}

// On 1 April a third of the people change, and for two weeks both hold the telephone.
TEST_F(StandingTest, joiners_and_leavers_overlap_and_all_come_or_none) {
    const auto april = *parse_rfc3339("2027-04-01T00:00:00+09:00");
    const auto mid_april = *parse_rfc3339("2027-04-15T00:00:00+09:00");
    const auto arrange = [&](std::vector<ChangeDraft> rows) {
        return desk_.run([&](auto& recorder) { return council_->arrange(recorder, rows); });
    };
    ChangeDraft joiner;
    joiner.name = "後任 花子";
    joiner.login = "hanako";
    joiner.organisation = "港湾局";
    joiner.role = Role::clerk;
    joiner.from = april;
    ChangeDraft leaver;
    leaver.login = "clerk";
    leaver.until = mid_april;
    ChangeDraft wrong = joiner;
    const auto refused = arrange({joiner, leaver, wrong});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().key, "prepare.council.login_taken");
    EXPECT_EQ(refused.error().pointer, "/changes/2/login");
    EXPECT_FALSE(council_->view().find_login("hanako")) << "none of it";
    ChangeDraft nobody;
    nobody.login = "nobody";
    nobody.until = april;
    EXPECT_EQ(arrange({nobody}).error().pointer, "/changes/0/login");

    const auto done = arrange({joiner, leaver});
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(done->joined, 1U);
    EXPECT_EQ(done->arranged, 2U);
    const auto hanako = *council_->view().find_login("hanako");
    EXPECT_FALSE(has(hanako, Role::clerk)) << "not before the day";
    desk_.clock().set(april);
    desk_.work();
    EXPECT_TRUE(has(hanako, Role::clerk));
    EXPECT_TRUE(has(clerk_, Role::clerk)) << "both, for two weeks";
    desk_.reopen();
    desk_.clock().set(mid_april);
    desk_.work();
    EXPECT_TRUE(has(hanako, Role::clerk));
    EXPECT_FALSE(has(clerk_, Role::clerk));
    EXPECT_EQ(gone_, std::vector{clerk_}) << "the access goes with the last role";
    EXPECT_TRUE(council_->view().arranged().empty());

    ChangeDraft last;
    last.login = "admin";
    last.until = mid_april + 24h;
    ASSERT_TRUE(arrange({last}));
    desk_.clock().set(mid_april + 25h);
    desk_.work();
    EXPECT_TRUE(has(admin_, Role::administrator)) << "the last administrator stays";
    EXPECT_EQ(gone_.size(), 1U);
}

// Before saving, somebody would be told the wrong readers.
TEST_F(StandingTest, who_will_see_it_is_said_by_name) {
    const auto names = [&](const Visibility& visibility) {
        std::string out;
        for (const auto& one :
             council_->view().seers(as(admin_), visibility, Language::ja).organisations)
            out += one.name + " ";
        return out;
    };
    EXPECT_EQ(names({Tlp::amber, {terminal_}, {}}), "保守 北埠頭 ");
    EXPECT_EQ(names({Tlp::amber_strict, {terminal_}, {}}), "北埠頭 ");
    EXPECT_EQ(names({Tlp::green, {}, {}}), "北埠頭 港湾局 ");
    EXPECT_EQ(names({Tlp::red, {}, {operator_}}), "北埠頭 ") << "through the person";
    EXPECT_EQ(names({Tlp::amber, {terminal_, manager_}, {}, true}), "") << "no investigator yet";
    hire("捜査", "police", {{manager_, Role::investigator}});
    EXPECT_EQ(names({Tlp::amber, {terminal_, manager_}, {}, true}), "港湾局 ");
    const auto red = council_->view().seers(as(admin_), {Tlp::red, {}, {operator_}}, Language::ja);
    ASSERT_EQ(red.people.size(), 1U);
    EXPECT_EQ(red.people.front().name, "運営");
    EXPECT_TRUE(council_->view().seers(as(admin_), {Tlp::clear, {}, {}}, Language::ja).everyone);
}

// A guest would be taken for one of the host's people.
TEST_F(StandingTest, a_guest_belongs_to_nobody_here) {
    const auto guest = *desk_.run([&](auto& recorder) {
        return council_->invite_guest(
            recorder, {"鑑識 太郎", "解析社", Language::ja, recorder.now() + 48h, true},
            IncidentId{"incident-1"}, manager_);
    });
    const auto principal = as(guest);
    EXPECT_EQ(principal.guest_of, "incident-1");
    EXPECT_EQ(principal.name, "鑑識 太郎（解析社・招待）");
    EXPECT_TRUE(principal.viewer.organisations.empty());
    EXPECT_FALSE(principal.viewer.member);
    EXPECT_FALSE(may_see(principal.viewer, {Tlp::amber, {manager_}, {}}));
    EXPECT_EQ(key([&](auto& recorder) {
                  return council_->invite_guest(
                      recorder, {"x", "y", Language::ja, recorder.now() + std::chrono::days{40}},
                      IncidentId{"incident-1"}, manager_);
              }),
              "prepare.council.guest_until");
}

}  // namespace
}  // namespace noroshi::prepare::council
