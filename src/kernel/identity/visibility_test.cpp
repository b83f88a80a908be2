#include "kernel/identity/visibility.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace noroshi {
namespace {

const OrganisationId terminal_a{"terminal-a"};
const OrganisationId terminal_b{"terminal-b"};
const OrganisationId vendor{"vendor"};
const PersonId mori{"mori"};

struct Reader {
    std::string name;
    Viewer viewer;
};

const std::vector<Reader> readers{
    {"mori of terminal A", {mori, {terminal_a}, {}, true}},
    {"sato of terminal A", {PersonId{"sato"}, {terminal_a}, {}, true}},
    {"ito of terminal B", {PersonId{"ito"}, {terminal_b}, {}, true}},
    {"the vendor of terminal A", {PersonId{"ueda"}, {vendor}, {terminal_a}, false}},
    {"a person without organisation", {PersonId{"kato"}, {}, {}, false}},
    {"nobody", {}},
};

// A record for terminal A would be read at terminal B, or not be read at terminal A.
TEST(Visibility, means_what_tlp_says) {
    struct Row {
        Visibility visibility;
        std::string seen_by;  // one letter for each reader above
    };
    const std::vector<Row> table{
        {{Tlp::clear, {}, {}}, "yyyyyy"},
        {{Tlp::green, {}, {}}, "yyynnn"},
        {{Tlp::green, {vendor}, {}}, "yyyynn"},
        {{Tlp::green, {}, {PersonId{"kato"}}}, "yyynyn"},
        {{Tlp::amber, {terminal_a}, {}}, "yynynn"},
        {{Tlp::amber, {terminal_b}, {}}, "nnynnn"},
        {{Tlp::amber, {}, {}}, "nnnnnn"},
        {{Tlp::amber, {}, {mori}}, "ynnnnn"},
        {{Tlp::amber_strict, {terminal_a}, {}}, "yynnnn"},
        {{Tlp::amber_strict, {terminal_b}, {mori}}, "ynynnn"},
        {{Tlp::red, {terminal_a}, {}}, "nnnnnn"},
        {{Tlp::red, {terminal_a}, {mori}}, "ynnnnn"},
        {{Tlp::red, {}, {PersonId{}}}, "nnnnnn"},
    };
    for (const auto& row : table)
        for (std::size_t i = 0; i < readers.size(); ++i)
            EXPECT_EQ(may_see(readers[i].viewer, row.visibility), row.seen_by[i] == 'y')
                << label_of(row.visibility.tlp) << " read by " << readers[i].name;
}

// What the police ask to be kept among those who investigate would be read by the whole port.
TEST(Visibility, what_is_kept_for_investigators_is_read_by_them_and_the_named) {
    Viewer officer{PersonId{"officer"}, {terminal_a}, {}, true};
    Viewer investigator = officer;
    investigator.person = PersonId{"investigator"};
    investigator.investigator = true;
    Viewer elsewhere = investigator;
    elsewhere.organisations = {terminal_b};
    for (const auto tlp : {Tlp::clear, Tlp::green, Tlp::amber, Tlp::amber_strict}) {
        const Visibility kept{tlp, {terminal_a}, {mori}, true};
        EXPECT_FALSE(may_see(officer, kept)) << label_of(tlp);
        EXPECT_TRUE(may_see(investigator, kept)) << label_of(tlp);
        EXPECT_EQ(may_see(elsewhere, kept), tlp == Tlp::clear || tlp == Tlp::green);
        EXPECT_TRUE(may_see(readers[0].viewer, kept)) << "named";
        EXPECT_FALSE(may_see({}, kept));
    }
    EXPECT_FALSE(may_see(investigator, {Tlp::red, {terminal_a}, {mori}, true}));
    EXPECT_TRUE(is_within({Tlp::amber, {terminal_a}, {}, true}, {Tlp::amber, {terminal_a}, {}}));
    EXPECT_FALSE(is_within({Tlp::amber, {terminal_a}, {}}, {Tlp::amber, {terminal_a}, {}, true}));
    EXPECT_TRUE(is_within({Tlp::amber, {terminal_a}, {}, true}, {Tlp::green, {}, {}, true}));
}

// TLP labels are never translated, and must be those that FIRST prescribes.
TEST(Visibility, labels_are_those_of_tlp_2) {
    EXPECT_EQ(label_of(Tlp::amber_strict), "TLP:AMBER+STRICT");
    EXPECT_EQ(parse_tlp("TLP:CLEAR"), Tlp::clear);
    EXPECT_EQ(parse_tlp("amber_strict"), Tlp::amber_strict);
    for (const auto* const text : {"", "TLP:WHITE", "tlp:red", "RED", "TLP:AMBER "}) {
        ASSERT_FALSE(parse_tlp(text)) << text;
        EXPECT_EQ(parse_tlp(text).error().key, "kernel.identity.unknown_tlp");
    }
    for (const auto tlp : {Tlp::clear, Tlp::green, Tlp::amber, Tlp::amber_strict, Tlp::red})
        EXPECT_EQ(parse_tlp(label_of(tlp)), tlp);
}

// The everyday case: an operator's AMBER entry in an incident the whole port knows of.
TEST(Visibility, narrower_labels_fit_into_wider_ones) {
    const Visibility green{Tlp::green, {}, {}};
    const Visibility amber_a{Tlp::amber, {terminal_a}, {}};
    EXPECT_TRUE(is_within(amber_a, green));
    EXPECT_FALSE(is_within(green, amber_a));
    EXPECT_FALSE(is_within({Tlp::clear, {}, {}}, green));
    EXPECT_TRUE(is_within({Tlp::amber_strict, {terminal_a}, {}}, amber_a));
    EXPECT_FALSE(is_within(amber_a, {Tlp::amber_strict, {terminal_a}, {}}));
    EXPECT_FALSE(is_within({Tlp::amber, {terminal_a, terminal_b}, {}}, amber_a));
    EXPECT_TRUE(is_within({Tlp::red, {terminal_b}, {}}, amber_a)) << "RED asks for people only";
    EXPECT_FALSE(is_within({Tlp::red, {}, {mori}}, amber_a));
    EXPECT_TRUE(is_within({Tlp::red, {}, {mori}}, {Tlp::amber, {}, {mori}}));
}

rc::Gen<std::vector<OrganisationId>> some_organisations() {
    return rc::gen::map(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4)),
                        [](const std::vector<int>& numbers) {
                            std::vector<OrganisationId> some;
                            some.reserve(numbers.size());
                            for (const int n : numbers) some.push_back({"o" + std::to_string(n)});
                            return some;
                        });
}

rc::Gen<Visibility> some_visibility() {
    return rc::gen::map(
        rc::gen::tuple(
            rc::gen::element(Tlp::clear, Tlp::green, Tlp::amber, Tlp::amber_strict, Tlp::red),
            some_organisations(), rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3)),
            rc::gen::arbitrary<bool>()),
        [](const auto& parts) {
            Visibility visibility{std::get<0>(parts), std::get<1>(parts), {}};
            for (const int n : std::get<2>(parts))
                visibility.people.push_back({"p" + std::to_string(n)});
            visibility.investigators = std::get<3>(parts);
            return visibility;
        });
}

Viewer some_viewer() {
    return {PersonId{"p" + std::to_string(*rc::gen::inRange(0, 5))}, *some_organisations(),
            *some_organisations(), *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()};
}

bool shares(const std::vector<OrganisationId>& a, const std::vector<OrganisationId>& b) {
    return std::ranges::any_of(
        a, [&](const auto& one) { return std::ranges::find(b, one) != b.end(); });
}

// An entry would be shown to somebody who may not know of its incident.
RC_GTEST_PROP(Visibility, what_is_within_is_seen_by_no_others, ()) {
    const auto inner = *some_visibility();
    const auto outer = *some_visibility();
    auto viewer = some_viewer();
    // Whom a record names is taken to belong to the community.
    const bool named = shares(viewer.organisations, inner.organisations) ||
                       shares(viewer.serves, inner.organisations) ||
                       std::ranges::find(inner.people, viewer.person) != inner.people.end();
    viewer.member = viewer.member || named;
    if (is_within(inner, outer) && may_see(viewer, inner)) RC_ASSERT(may_see(viewer, outer));
}

// A record that everybody may see who sees the incident would be refused for no reason.
RC_GTEST_PROP(Visibility, what_is_not_within_has_a_reader_too_many, ()) {
    const auto inner = *some_visibility();
    const auto outer = *some_visibility();
    if (is_within(inner, outer)) return;
    std::vector<Viewer> witnesses{{}, {PersonId{"x"}, {}, {}, true}};
    for (const auto& person : inner.people) witnesses.push_back({person, {}, {}, true});
    for (const auto& one : inner.organisations) {
        witnesses.push_back({PersonId{"x"}, {one}, {}, true});
        witnesses.push_back({PersonId{"x"}, {}, {one}, true});
    }
    for (auto investigators = witnesses; auto& one : investigators) {
        one.investigator = true;
        witnesses.push_back(one);
    }
    RC_ASSERT(std::ranges::any_of(witnesses, [&](const Viewer& viewer) {
        return may_see(viewer, inner) && !may_see(viewer, outer);
    }));
}

RC_GTEST_PROP(Visibility, is_within_itself, ()) {
    const auto one = *some_visibility();
    RC_ASSERT(is_within(one, one));
}

}  // namespace
}  // namespace noroshi
