#include "watch/logs/logs.h"

#include <gtest/gtest.h>

#include "watch/logs/logs_view.h"

namespace noroshi::watch::logs {
namespace {

using namespace std::chrono_literals;

const Instant morning = *parse_rfc3339("2026-07-04T06:30:00+09:00");

Principal person(std::string organisation, Role role) {
    Principal person;
    person.person = PersonId{"p-" + organisation};
    person.roles = {{OrganisationId{organisation}, role}};
    person.organisation = OrganisationId{organisation};
    return person;
}

// One side of the journal, told facts as they are decided.
struct LogsTest : testing::Test {
    LogsTest() {
        state.attach(listeners);
        state.on_disposal([this](const Disposal& disposal) { disposed.push_back(disposal); });
        tell(AgreementMade{
            OrganisationId{"t1"}, {LogKind::zeek}, 30, {OrganisationId{"manager"}}, "第1号"});
        tell(SourceRegistered{SourceId{"s1"}, OrganisationId{"t1"}, "ゲート", LogKind::zeek, 60});
    }
    template <class Body>
    void tell(const Body& body) {
        journal::Decoded decoded;
        decoded.fact.kind = Body::kind;
        decoded.fact.stream = "watch/logs/x";
        decoded.fact.stream_version = ++version;
        decoded.fact.entry_time = now;
        decoded.fact.event_time = now;
        decoded.visibility = std::make_shared<const Visibility>();
        decoded.body = std::make_shared<const Body>(body);
        listeners.tell(decoded);
    }
    Batch batch(std::uint64_t first, std::uint64_t lines) const {
        return {SourceId{"s1"}, first, lines, lines * 10, "", morning, morning, false};
    }

    journal::Kinds kinds;
    journal::Listeners listeners{kinds};
    State state;
    std::vector<Disposal> disposed;
    Instant now = morning;
    std::uint64_t version = 0;
};

// A line counted twice or skipped would make "no line lost" a claim that nobody can check.
TEST_F(LogsTest, batches_follow_each_other_without_a_gap_unless_it_is_said) {
    tell(*receive(state, batch(0, 10)));
    const auto again = receive(state, batch(0, 10));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().key, "watch.logs.out_of_order");
    EXPECT_FALSE(receive(state, batch(12, 1)));
    auto gap = batch(12, 1);
    gap.after_a_gap = true;
    const auto received = receive(state, gap);
    ASSERT_TRUE(received);
    EXPECT_EQ(received->missing, 2U);
    tell(*received);
    EXPECT_EQ(state.find(SourceId{"s1"})->next_line, 13U);
    EXPECT_EQ(state.find(SourceId{"s1"})->lines, 11U);
}

// The agreement is the law of this room: whoever it does not name may not even count the lines.
TEST_F(LogsTest, only_the_member_and_those_it_names_may_look) {
    const OrganisationId t1{"t1"};
    EXPECT_TRUE(state.may_look(person("t1", Role::security_person), t1));
    EXPECT_FALSE(state.may_look(person("t1", Role::member), t1));
    EXPECT_TRUE(state.may_look(person("manager", Role::duty_officer), t1));
    EXPECT_FALSE(state.may_look(person("manager", Role::clerk), t1));
    EXPECT_FALSE(state.may_look(person("t2", Role::security_person), t1));
    tell(AgreementMade{t1, {LogKind::zeek}, 30, {}, "第2号"});
    EXPECT_FALSE(state.may_look(person("manager", Role::duty_officer), t1));
}

TEST_F(LogsTest, a_withdrawal_orders_every_line_to_be_deleted_and_takes_no_more) {
    tell(AgreementWithdrawn{OrganisationId{"t1"}, {SourceId{"s1"}}, ""});
    ASSERT_EQ(disposed.size(), 1U);
    EXPECT_EQ(disposed[0].source, SourceId{"s1"});
    EXPECT_FALSE(disposed[0].before);
    EXPECT_FALSE(may_send(state, person("t1", Role::security_person), SourceId{"s1"}));
    // Also for whoever reads the facts anew after a crash.
    ASSERT_EQ(state.disposals().size(), 1U);
    EXPECT_FALSE(state.disposals()[0].before);
    // A new agreement does not wake the old source.
    tell(AgreementMade{OrganisationId{"t1"}, {LogKind::zeek}, 30, {}, "第2号"});
    EXPECT_FALSE(may_send(state, person("t1", Role::security_person), SourceId{"s1"}));
}

TEST_F(LogsTest, silence_is_due_after_the_last_line_and_said_once) {
    EXPECT_FALSE(state.find(SourceId{"s1"})->silence_due()) << "nothing was heard yet";
    tell(*receive(state, batch(0, 1)));
    EXPECT_EQ(state.find(SourceId{"s1"})->silence_due(), morning + 60min);
    now += 61min;
    tell(SourceFellSilent{SourceId{"s1"}, morning});
    EXPECT_FALSE(state.find(SourceId{"s1"})->silence_due());
    tell(*receive(state, batch(1, 1)));
    EXPECT_FALSE(state.find(SourceId{"s1"})->silent_since);
    EXPECT_EQ(state.find(SourceId{"s1"})->silence_due(), now + 60min);
}

// Whoever could name another's address would get to read its lines; two who number the same lines
// would pass over each other's.
TEST_F(LogsTest, only_who_keeps_the_port_says_which_address_is_whose) {
    council::State council;
    council.attach(listeners);
    tell(council::OrganisationRegistered{OrganisationId{"manager"},
                                         council::OrganisationKind::port_manager,
                                         "港湾管理者",
                                         {},
                                         {},
                                         true,
                                         {},
                                         {}});
    tell(council::OrganisationRegistered{OrganisationId{"t1"},
                                         council::OrganisationKind::terminal_operator,
                                         "第一",
                                         {},
                                         {},
                                         true,
                                         {},
                                         {}});
    tell(SourceRegistered{SourceId{"s2"}, OrganisationId{"t1"}, "TOS", LogKind::zeek, 60});
    const auto keeper = person("manager", Role::administrator);
    const auto set = [&](const char* source, std::vector<SenderNamed> senders) {
        return set_senders(state, council, keeper, SourceId{source}, {std::move(senders)});
    };
    EXPECT_EQ(set_senders(state, council, person("t1", Role::administrator), SourceId{"s1"}, {})
                  .error()
                  .key,
              "watch.logs.not_the_port");
    const auto good = set("s1", {{"", "10.1.2.77/24", "", false},
                                 {"tls", "", std::string("AB:") + std::string(62, 'C'), false},
                                 {"", "10.1.2.0/24", "", false}});
    ASSERT_TRUE(good);
    ASSERT_EQ(good->senders.size(), 2U) << "the same twice is once";
    EXPECT_EQ(good->senders[0].network, "10.1.2.0/24");
    EXPECT_EQ(good->senders[1].certificate_sha256, "ab" + std::string(62, 'c'));
    tell(*good);
    EXPECT_EQ(state.senders().size(), 2U);
    EXPECT_EQ(may_send(state, person("t1", Role::security_person), SourceId{"s1"}).error().key,
              "watch.logs.received_here");
    const auto refused = [&](const char* source, SenderNamed sender) {
        const auto result = set(source, {std::move(sender)});
        return result ? std::string("taken") : result.error().key;
    };
    EXPECT_EQ(refused("s2", {"", "10.1.2.0/24", "", false}), "watch.logs.sender_taken");
    EXPECT_EQ(refused("s2", {"", "10.1.2.3", "", false}), "taken") << "narrower: it goes before";
    EXPECT_EQ(refused("s2", {"", "gate", "", false}), "watch.logs.sender_network");
    EXPECT_EQ(refused("s2", {"", "", "12", false}), "watch.logs.sender_certificate");
    EXPECT_EQ(refused("s2", {"udp", "", "", false}), "watch.logs.sender_nothing");
    EXPECT_EQ(refused("s2", {"", "10.1.2.3", "", true}), "watch.logs.sender_files_alone");
    EXPECT_EQ(refused("s2", {"", "", "", true}), "taken");
    // An agent has numbered lines of this one already.
    auto others = batch(0, 3);
    others.source = SourceId{"s2"};
    tell(*receive(state, others));
    EXPECT_EQ(refused("s2", {"", "", "", true}), "watch.logs.numbered_elsewhere");
    // An agreement that ended takes the senders with it.
    tell(AgreementWithdrawn{OrganisationId{"t1"}, {SourceId{"s1"}, SourceId{"s2"}}, ""});
    EXPECT_TRUE(state.senders().empty());
    EXPECT_FALSE(may_receive(state, SourceId{"s1"}));
}

TEST(Search, reads_words_phrases_and_fields) {
    const auto search =
        parse_search("deny \"src=10.0.0.1 dst\" member:第一 from:2026-07-04T06:30:00+09:00 a:b");
    ASSERT_TRUE(search);
    EXPECT_EQ(search->terms, (std::vector<std::string>{"deny", "src=10.0.0.1 dst", "a:b"}));
    EXPECT_EQ(search->member, "第一");
    EXPECT_EQ(search->from, morning);
    EXPECT_FALSE(parse_search("\"open"));
    EXPECT_FALSE(parse_search("from:yesterday"));
    EXPECT_EQ(parse_search("警察　消防")->terms.size(), 2U) << "an ideographic space parts words";
}

TEST(Printable, keeps_what_is_utf_8_and_marks_what_is_not) {
    EXPECT_EQ(printable("警察 a"), "警察 a");
    EXPECT_EQ(printable("a\xFF\xC3"), "a\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(printable("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") << "a surrogate";
}

}  // namespace
}  // namespace noroshi::watch::logs
