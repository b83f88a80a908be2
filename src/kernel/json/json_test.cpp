#include "kernel/json/json.h"

#include <gtest/gtest.h>

#include "kernel/random/random.h"

namespace noroshi::json {
namespace {

enum class Colour { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Inner {
    std::string name;
    int count = 0;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (name, count))

struct Outer {
    static constexpr std::array<std::string_view, 1> defaulted{"flag"};
    std::string title;
    Instant at;
    Colour colour = Colour::red;
    Tlp tlp = Tlp::green;
    std::optional<std::int64_t> big;
    std::vector<Inner> items;
    std::map<std::string, double> rates;
    OrganisationId organisation;
    bool flag = true;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (title, at, colour, tlp, big, items, rates, organisation, flag))

constexpr std::string_view whole =
    R"({"title":"北埠頭 \"停止\"\n","at":"2026-07-03T21:30:00.000001Z","colour":"green",)"
    R"("tlp":"TLP:AMBER+STRICT","big":9223372036854775807,"items":[{"name":"a","count":-1}],)"
    R"("rates":{"x":0.5},"organisation":"org1","flag":false})";

// A record would change between being written and being read.
TEST(Json, what_is_written_is_read_again_byte_for_byte) {
    auto outer = from_text<Outer>(whole);
    ASSERT_TRUE(outer) << describe(outer.error());
    EXPECT_EQ(outer->title, "北埠頭 \"停止\"\n");
    EXPECT_EQ(outer->tlp, Tlp::amber_strict);
    std::string text = to_text(*outer);
    auto again = from_text<Outer>(text);
    ASSERT_TRUE(again) << text;
    EXPECT_EQ(to_text(*again), text);
    EXPECT_NE(text.find("9223372036854775807"), std::string::npos);
}

// The clerk would be told that something is wrong, but not what and where.
TEST(Json, an_error_names_the_place) {
    struct Case {
        std::string text;
        std::string key;
        std::string pointer;
    };
    auto with = [](std::string_view from, std::string_view to) {
        std::string text(whole);
        text.replace(text.find(from), from.size(), to);
        return text;
    };
    const std::vector<Case> cases{
        {with(R"("title":)", R"("titel":)"), "kernel.json.missing", "/title"},
        {with(R"("flag":false)", R"("flagg":false)"), "kernel.json.unknown_field", "/flagg"},
        {with(R"("count":-1)", R"("count":"-1")"), "kernel.json.expected", "/items/0/count"},
        {with(R"("count":-1)", R"("count":1.5)"), "kernel.json.expected", "/items/0/count"},
        {with(R"("count":-1)", R"("count":3000000000)"), "kernel.json.expected", "/items/0/count"},
        {with(R"("green")", R"("blue")"), "kernel.json.not_one_of", "/colour"},
        {with("TLP:AMBER+STRICT", "TLP:ORANGE"), "kernel.json.not_one_of", "/tlp"},
        {with("2026-07-03T21:30:00.000001Z", "2026-07-03 21:30"), "kernel.time.malformed", "/at"},
        {with(R"("org1")", R"("")"), "kernel.json.expected", "/organisation"},
        {with(R"("x":0.5)", R"("a/b~":"x")"), "kernel.json.expected", "/rates/a~1b~0"},
        {"{", "kernel.json.malformed", ""},
        {"[]", "kernel.json.expected", ""},
        {std::string(40, '[') + std::string(40, ']'), "kernel.json.malformed", ""},
    };
    for (const auto& c : cases) {
        auto outer = from_text<Outer>(c.text);
        ASSERT_FALSE(outer) << c.text;
        EXPECT_EQ(outer.error().key, c.key) << c.text;
        EXPECT_EQ(outer.error().pointer, c.pointer) << c.text;
        EXPECT_EQ(outer.error().kind, ErrorKind::invalid);
    }
}

// A client that leaves out what has a default would be refused.
TEST(Json, optional_and_defaulted_fields_may_be_absent) {
    auto outer = from_text<Outer>(
        R"({"title":"t","at":"2026-07-04T06:30:00+09:00","colour":"red","tlp":"TLP:RED","organisation":"o"})");
    ASSERT_TRUE(outer) << describe(outer.error());
    EXPECT_TRUE(outer->flag);
    EXPECT_FALSE(outer->big);
    EXPECT_TRUE(from_text<Outer>(
        R"({"title":"t","at":"2026-07-04T06:30:00+09:00","colour":"red","tlp":"TLP:RED","organisation":"o","big":null})"));
}

struct WithPersonal {
    Personal name;
};
BOOST_DESCRIBE_STRUCT(WithPersonal, (), (name))

// A name would stand in the journal in clear and could never be erased.
TEST(Json, a_personal_value_is_sealed_in_facts_and_plain_in_answers) {
    SeededRandom random(1);
    Keyring keyring;
    Key key{};
    keyring.add(PersonId{"p"}, key);
    const WithPersonal value{Personal{PersonId{"p"}, "港 太郎"}};
    EXPECT_EQ(to_text(value), R"({"name":"港 太郎"})");
    const std::string fact = write_fact(value, keyring, random);
    EXPECT_EQ(fact.find("太郎"), std::string::npos);
    WithPersonal again;
    ASSERT_TRUE(read_fact(fact, again, &keyring));
    EXPECT_EQ(again.name, value.name);
    keyring.remove(PersonId{"p"});
    ASSERT_TRUE(read_fact(fact, again, &keyring));
    EXPECT_TRUE(again.name.erased);
    EXPECT_EQ(again.name.text, "");
}

struct Line {
    std::string content;
    std::optional<std::int64_t> due;
    std::vector<OrganisationId> to;
};
BOOST_DESCRIBE_STRUCT(Line, (), (content, due, to))

// A journal restored from other hands would not start, or would start as something else: bodies are
// read quickly only in the form in which we write them, and any other form reads the same.
TEST(Json, a_body_reads_the_same_in_whatever_form_it_was_written) {
    const Keyring keyring;
    const std::string_view forms[] = {
        R"({"content":"停止\n「門」","due":-7,"to":["a","b"]})",
        R"({ "content" : "停止\n「門」", "due": -7, "to": [ "a", "b" ] })",
        R"({"to":["a","b"],"due":-7,"content":"停止\n「門」"})",
        R"({"content":"\u505c\u6b62\n「門」","due":-7,"to":["a","b"]})",
    };
    for (const auto form : forms) {
        Line body;
        ASSERT_TRUE(read_fact(form, body, &keyring)) << form;
        EXPECT_EQ(body.content, "停止\n「門」") << form;
        EXPECT_EQ(body.due, -7) << form;
        ASSERT_EQ(body.to.size(), 2U) << form;
        EXPECT_EQ(body.to[1].text, "b") << form;
    }
    for (const auto broken : {R"({"content":"a","due":-7,"to":["a","b"]}})",
                              R"({"content":"a"} )"
                              "x",
                              R"({"content":"a","to":[""]})", R"({"due":-7})",
                              R"({"content":"a","more":1})", "{\"content\":\"\xff\"}"}) {
        Line body;
        EXPECT_FALSE(read_fact(broken, body, &keyring)) << broken;
    }
}

// A control character in a line would break the client's reading of the whole board.
TEST(Json, control_characters_are_escaped) {
    std::string out;
    write_string(out, std::string_view("a\x01\x1f\"\\\t\0b", 8));
    EXPECT_EQ(out, R"("a\u0001\u001f\"\\\t\u0000b")");
}

}  // namespace
}  // namespace noroshi::json
