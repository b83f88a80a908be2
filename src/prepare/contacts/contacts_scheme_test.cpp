#include "prepare/contacts/contacts_scheme.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace noroshi::prepare::contacts {
namespace {

OrganisationId org(std::string name) { return {std::move(name)}; }
Tells tells(std::string from, std::string to, std::vector<Channel> channels = {}) {
    return {{org(std::move(from)), {}}, {org(std::move(to)), {}}, std::move(channels), ""};
}
Flow flow(std::vector<std::string> begins, std::vector<Tells> arrows,
          std::vector<std::string> audience = {}) {
    Flow out{.flow = "first_report",
             .name = "第1報",
             .name_en = "",
             .begins_at = {},
             .audience = {},
             .most_hops = 3,
             .tells = std::move(arrows)};
    for (auto& one : begins) out.begins_at.push_back({org(one), {}});
    for (auto& one : audience) out.audience.push_back(org(one));
    return out;
}
// Two people at each, all with mail and a telephone.
std::vector<Reach> everybody(const Flow& of) {
    std::vector<Reach> out;
    for (const auto& told : told_in(of, {}))
        out.push_back({told.organisation,
                       {{{told.organisation.text + "1"}, {Channel::email, Channel::voice}},
                        {{told.organisation.text + "2"}, {Channel::email}}}});
    return out;
}
std::vector<std::string> found(const Flow& of, std::vector<Reach> reach = {}) {
    if (reach.empty()) reach = everybody(of);
    std::vector<std::string> out;
    for (const auto& hole : holes_of({of}, reach, {})) {
        std::string text = boost::describe::enum_to_string(hole.kind, "");
        if (!hole.organisation.empty()) text += " " + hole.organisation.text;
        if (hole.person) text += " " + hole.person->text;
        for (const auto& one : hole.cut_off) text += " " + one.text;
        if (hole.hops > 0) text += " " + std::to_string(hole.hops);
        out.push_back(text);
    }
    return out;
}
using Texts = std::vector<std::string>;

// The hauliers would hear of it twelve hours later, in writing.
TEST(Scheme, who_is_never_told_is_named) {
    EXPECT_EQ(found(flow({"t1"}, {tells("t1", "pm"), tells("t1", "police"), tells("police", "pm")},
                         {"pm", "police", "hauliers"})),
              (Texts{"never_told hauliers"}));
    EXPECT_EQ(found(flow({}, {tells("a", "b")}, {"b"})), (Texts{"begins_nowhere", "never_told b"}));
    const auto of = flow({"t1"}, {tells("t1", "pm")});
    const auto holes = holes_of({of}, everybody(of), {org("pm"), org("line")});
    EXPECT_EQ(holes.at(0).organisation, org("line")) << "no audience: everybody with a list";
}

// In Nagoya one telephone that nobody answered would have been enough.
TEST(Scheme, a_single_point_of_failure_says_whom_it_cuts_off) {
    EXPECT_EQ(found(flow({"t1", "t2"},
                         {tells("t1", "pm"), tells("t2", "pm"), tells("pm", "police"),
                          tells("pm", "coast"), tells("t1", "police"), tells("t2", "police")},
                         {"pm", "police", "coast"})),
              (Texts{"single_point pm coast"}));
    EXPECT_EQ(
        found(flow({"t1"},
                   {tells("t1", "pm"), tells("t1", "x"), tells("pm", "coast"), tells("x", "coast")},
                   {"pm", "coast", "x"})),
        Texts{})
        << "two ways";
    auto one = flow({"t1"}, {tells("t1", "pm"), tells("pm", "coast"), tells("t1", "coast")});
    EXPECT_EQ(found(one, {{org("t1"), {{{"a"}, {Channel::email}}, {{"b"}, {Channel::email}}}},
                          {org("pm"), {{{"only"}, {Channel::email}}}},
                          {org("coast"), {{{"c"}, {Channel::email}}}}}),
              (Texts{"single_person pm only"}))
        << "whoever only listens may be one";
}

// A warning would come back again and again, each time as if it were new.
TEST(Scheme, a_loop_is_told_once_in_the_order_it_goes) {
    const auto loops = [](const Flow& of) {
        Texts out;
        for (const auto& text : found(of))
            if (text.starts_with("loop")) out.push_back(text);
        return out;
    };
    EXPECT_EQ(loops(flow({"a"}, {tells("a", "b"), tells("b", "c"), tells("c", "a")})),
              (Texts{"loop a a b c"}));
    EXPECT_EQ(loops(flow({"a"}, {tells("a", "b"), tells("b", "a"), tells("b", "c")})),
              (Texts{"loop a a b"}));
    EXPECT_EQ(loops(flow({"a"}, {tells("a", "b"), tells("a", "c"), tells("b", "c")})), Texts{});
    EXPECT_EQ(loops(flow({"x"}, {tells("x", "a"), tells("a", "b"), tells("b", "a"), tells("b", "c"),
                                 tells("c", "d"), tells("d", "c")})),
              (Texts{"loop a a b", "loop c c d"}));
}

TEST(Scheme, a_path_that_is_too_long_is_named) {
    auto of = flow({"a"}, {tells("a", "b"), tells("b", "c"), tells("c", "d"), tells("d", "e"),
                           tells("a", "d")});
    of.most_hops = 2;
    auto all = found(of);
    EXPECT_EQ(std::ranges::count_if(all, [](auto& t) { return t.starts_with("too_long"); }), 0)
        << "the shortest way counts";
    of.most_hops = 1;
    all = found(of);
    EXPECT_TRUE(std::ranges::find(all, "too_long c 2") != all.end());
    EXPECT_TRUE(std::ranges::find(all, "too_long e 2") != all.end());
}

TEST(Scheme, a_way_that_leads_to_nobody_is_none) {
    const auto of = flow({"a"}, {tells("a", "b", {Channel::sms, Channel::voice}), tells("a", "c")});
    EXPECT_EQ(found(of, {{org("a"), {{{"x"}, {Channel::email}}, {{"y"}, {Channel::email}}}},
                         {org("b"), {{{"z"}, {Channel::email}}}},
                         {org("c"), {}}}),
              (Texts{"nobody_there c", "no_channel a b"}));
    auto to_person = of;
    to_person.tells[0].to.person = PersonId{"z2"};
    EXPECT_EQ(found(to_person, {{org("a"), {{{"x"}, {Channel::email}}, {{"y"}, {Channel::email}}}},
                                {org("b"), {{{"z"}, {Channel::sms}}, {{"z2"}, {Channel::email}}}},
                                {org("c"), {{{"c"}, {Channel::email}}}}}),
              (Texts{"no_channel a z2 b"}))
        << "another one of the organisation has a mobile, but is not the one who is meant";
}

// What is said to be cut off is not told without that organisation, and nothing else is missing.
RC_GTEST_PROP(Scheme, single_points_are_what_taking_out_shows, ()) {
    const auto count = *rc::gen::inRange(2, 9);
    Flow of = flow({"0", "1"}, {});
    for (int i = *rc::gen::inRange(1, 20); i > 0; --i) {
        auto one = tells(std::to_string(*rc::gen::inRange(0, count)),
                         std::to_string(*rc::gen::inRange(0, count)));
        if (one.from != one.to) of.tells.push_back(one);
    }
    std::vector<OrganisationId> all;
    for (int i = 0; i < count; ++i) all.push_back(org(std::to_string(i)));
    of.audience = all;
    const auto hops = [](const Flow& at, const OrganisationId& organisation) {
        for (const auto& told : told_in(at, {}))
            if (told.organisation == organisation) return told.hops;
        return -1;
    };
    const auto holes = holes_of({of}, everybody(of), {});
    for (const auto& out : all) {
        auto without = of;
        std::erase_if(without.tells, [&](const Tells& one) {
            return one.from.organisation == out || one.to.organisation == out;
        });
        std::erase_if(without.begins_at, [&](const Party& one) { return one.organisation == out; });
        std::vector<OrganisationId> cut;
        for (const auto& one : all)
            if (one != out && hops(of, one) >= 0 && hops(without, one) < 0) cut.push_back(one);
        const auto hole = std::ranges::find_if(holes, [&](const Hole& one) {
            return one.kind == HoleKind::single_point && one.organisation == out;
        });
        RC_ASSERT((hole == holes.end()) == cut.empty());
        if (!cut.empty()) RC_ASSERT(hole->cut_off == cut);
    }
    for (const auto& one : all) {
        const bool told = std::ranges::none_of(holes, [&](const Hole& hole) {
            return hole.kind == HoleKind::never_told && hole.organisation == one;
        });
        RC_ASSERT(told == (hops(of, one) >= 0));
    }
}

}  // namespace
}  // namespace noroshi::prepare::contacts
