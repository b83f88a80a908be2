#include "respond/callout/callout.h"

#include <gtest/gtest.h>

namespace noroshi::respond::callout {
namespace {

Instant at(std::string_view text) { return *parse_rfc3339(text); }
const Instant now = at("2026-07-04T06:30:00+09:00");

const OrganisationId port{"port"}, north{"north"}, south{"south"}, police{"police"};
const PersonId mori{"mori"}, sato{"sato"}, abe{"abe"}, kato{"kato"}, ueda{"ueda"};

std::vector<Reachable> people() {
    return {{mori, {{port, Role::duty_officer}}, {}},
            {sato, {{north, Role::security_person}, {north, Role::leader}}, {}},
            {abe, {{south, Role::security_person}}, Gap::no_address},
            {kato, {{south, Role::observer}}, {}},
            {ueda, {{north, Role::member}, {south, Role::leader}}, {}}};
}
Principal duty() {
    Principal p;
    p.person = mori;
    p.organisation = port;
    p.roles = {{port, Role::duty_officer}};
    p.viewer = {mori, {port}, {}, true};
    return p;
}
About about() {
    return {journal::World{}, std::make_shared<const Visibility>(Visibility{Tlp::green, {}, {}}),
            true, false, now};
}
RaiseRequest request() {
    RaiseRequest r;
    r.incident = IncidentId{"incident"};
    r.text = "システムが停止しました。";
    r.organisations = {north, south};
    return r;
}
Result<Raising> plan(const RaiseRequest& r, const About& a = about()) {
    const auto all = people();
    return callout::raise(
        CalloutId{"c1"}, r, duty(), a, all,
        [](const OrganisationId& id) -> std::optional<prepare::council::OrganisationKind> {
            using Kind = prepare::council::OrganisationKind;
            if (id.text.size() >= 7) return {};
            return id == port ? Kind::port_manager : Kind::terminal_operator;
        });
}
Result<Decided<CalloutRaised>> raise(const RaiseRequest& r, const About& a = about()) {
    auto raising = plan(r, a);
    if (!raising) return std::unexpected(raising.error());
    return std::move(raising->raised);
}
std::vector<std::string> called(const Result<Decided<CalloutRaised>>& raised) {
    std::vector<std::string> out;
    EXPECT_TRUE(raised) << describe(raised.error());
    if (raised)
        for (const auto& one : raised->body.addressees) out.push_back(one.person.text);
    return out;
}
std::string refusal(const Result<Decided<CalloutRaised>>& raised) {
    return raised ? "" : raised.error().key.substr(16) + " " + raised.error().pointer;
}

TEST(Callout, APersonIsCalledOnceWhateverRolesTheyHold) {
    // Wrong: the duty officer's telephone rings three times, once per role, and the third answer
    // overwrites the first.
    EXPECT_EQ(called(raise(request())), (std::vector<std::string>{"sato", "abe", "ueda"}));
    RaiseRequest twice = request();
    twice.people = {ueda, ueda};
    EXPECT_EQ(called(raise(twice)), (std::vector<std::string>{"ueda", "sato", "abe"}));
}

TEST(Callout, RolesNarrowAndObserversAreLeftInPeace) {
    // Wrong: everybody who may only read is woken at 03:00.
    RaiseRequest r = request();
    r.roles = {Role::security_person};
    EXPECT_EQ(called(raise(r)), (std::vector<std::string>{"sato", "abe"}));
    r.organisations.clear();  // of all organisations
    EXPECT_EQ(called(raise(r)), (std::vector<std::string>{"sato", "abe"}));
    r.roles = {Role::observer};
    EXPECT_EQ(called(raise(r)), (std::vector<std::string>{"kato"}));
}

TEST(Callout, WhoeverCannotBeReachedIsNamedAtOnce) {
    // Wrong: the duty officer believes that terminal south was told.
    const auto raised = raise(request());
    ASSERT_TRUE(raised);
    EXPECT_EQ(raised->body.addressees.at(1).gap, Gap::no_address);
    RaiseRequest r = request();
    r.organisations.push_back(police);
    const auto with_police = raise(r);
    ASSERT_TRUE(with_police);
    EXPECT_EQ(with_police->body.empty_organisations, std::vector{police});
}

TEST(Callout, AMistakeIsRefusedWithTheFieldToBlame) {
    // Wrong: a call-out to nobody looks like one that was sent.
    RaiseRequest r = request();
    r.text = " \n";
    EXPECT_EQ(refusal(raise(r)), "text_missing /text");
    r = request();
    r.text = std::string(5'001, 'x');
    EXPECT_EQ(refusal(raise(r)), "text_too_long /text");
    r = request();
    r.organisations = {};
    EXPECT_EQ(refusal(raise(r)), "nobody_named /organisations");
    r.organisations = {police};
    EXPECT_EQ(refusal(raise(r)), "nobody_found /organisations");
    r.organisations = {north, OrganisationId{"nowhere"}};
    EXPECT_EQ(refusal(raise(r)), "unknown_organisation /organisations/1");
    r = request();
    r.people = {PersonId{"nobody"}};
    EXPECT_EQ(refusal(raise(r)), "unknown_person /people/0");
    r = request();
    r.reminders = 11;
    EXPECT_EQ(refusal(raise(r)), "reminders_out_of_range /reminders");
    r = request();
    r.remind_after_minutes = 0;
    EXPECT_EQ(refusal(raise(r)), "remind_after_out_of_range /remind_after_minutes");
    About closed = about();
    closed.open = false;
    EXPECT_EQ(refusal(raise(request(), closed)), "incident_closed ");
    About over = about();
    over.exercise_ended = true;
    EXPECT_EQ(refusal(raise(request(), over)), "exercise_ended ");
}

TEST(Callout, AMessageKeyIsReadBackAsItWasWritten) {
    // Wrong: what became of a message is told to the wrong person's line on the board.
    const MessageKey key{CalloutId{"c1"}, PersonId{"sato"}, 3};
    EXPECT_EQ(write_key(key), "c1/sato/email/3");
    const auto read = read_key("c1/sato/email/3");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->callout, key.callout);
    EXPECT_EQ(read->person, key.person);
    EXPECT_EQ(read->round, 3);
    for (std::string_view bad : {"", "c1", "c1/sato", "c1/sato/email/", "c1/sato/email/x",
                                 "c1/sato/fax/1", "c1/sato/email/1x"})
        EXPECT_FALSE(read_key(bad)) << bad;
}

TEST(Callout, ALinkOpensOnlyWhatItWasMadeFor) {
    // Wrong: whoever has one link answers for somebody else.
    Key key{}, other{};
    other[0] = 1;
    SeededRandom random(1);
    const Link link{CalloutId{"c1"}, sato, now};
    const std::string sealed = seal_link(link, key, random);
    const auto opened = open_link(sealed, key);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->callout, link.callout);
    EXPECT_EQ(opened->person, link.person);
    EXPECT_EQ(opened->expires, now);
    EXPECT_LT(sealed.size(), 200U) << "mail programs break long lines";
    EXPECT_EQ(sealed.find_first_not_of(
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    EXPECT_FALSE(open_link(sealed, other));
    EXPECT_FALSE(open_link("", key));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string tampered = sealed;
        tampered[i] = tampered[i] == 'A' ? 'B' : 'A';
        const auto read = open_link(tampered, key);
        // The last character carries spare bits.
        EXPECT_TRUE(!read || i + 1 == sealed.size()) << i;
    }
}

}  // namespace
}  // namespace noroshi::respond::callout
