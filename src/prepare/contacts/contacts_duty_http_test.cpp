#include <algorithm>

#include <pugixml.hpp>

#include "prepare/contacts/contacts_problems.h"
#include "prepare/contacts/contacts_scene.h"

namespace noroshi::prepare::contacts {
namespace {

class ListsTest : public ContactsScene {
protected:
    std::vector<std::string> kinds(const PersonId& reader) {
        std::vector<std::string> out;
        for (const auto& one : ask(reader, Method::get, "/problems").json.at("items").as_array())
            if (one.at("organisation").as_string() == north_.text)
                out.emplace_back(one.at("kind").as_string());
        return out;
    }
    bool has(const std::string& kind) {
        const auto all = kinds(duty_);
        return std::ranges::find(all, kind) != all.end();
    }
    Answer list(std::string posts) {
        return ask(mori_, Method::put, "/lists/" + north_.text, R"({"posts":[)" + posts + "]}");
    }
};

// The order in which people are called would be somebody else's to change, or lost.
TEST_F(ListsTest, a_list_is_kept_in_its_order_and_guarded) {
    const auto body =
        R"({"posts":[)" + post(mori_, "principal") + "," + post(ito_, "deputy") +
        R"(],"weekday_phone":"052-654-7911","night_phone":"","email":"Desk@north.example"})";
    EXPECT_EQ(ask(sato_, Method::put, "/lists/" + north_.text, body).status, 403);
    const auto put = ask(mori_, Method::put, "/lists/" + north_.text, body);
    ASSERT_EQ(put.status, 200) << put.text;
    EXPECT_EQ(
        ask(mori_, Method::put, "/lists/" + north_.text, body, {{"if-match", "\"7\""}}).status,
        409);
    reach(mori_, {.mobile = "090-1111-2222"});
    auto seen = ask(sato_, Method::get, "/lists/" + north_.text);
    ASSERT_EQ(seen.status, 200) << seen.text;
    EXPECT_EQ(seen.json.at("weekday_phone").as_string(), "+81526547911");
    EXPECT_EQ(seen.json.at("posts").at(0).at("name").as_string(), "mori");
    EXPECT_EQ(seen.json.at("posts").at(0).at("mobile").as_string(), "") << "not for them";
    EXPECT_TRUE(seen.json.at("posts").at(0).at("numbers_hidden").as_bool()) << "and said so";
    seen = ask(duty_, Method::get, "/lists/" + north_.text);
    EXPECT_EQ(seen.json.at("posts").at(0).at("mobile").as_string(), "+819011112222");
    EXPECT_EQ(seen.json.at("posts").at(1).at("standing").as_string(), "deputy");
    reopen();
    EXPECT_EQ(contacts_->state().call_order(north_, desk_.clock().now()).at(0).person, mori_);

    const auto twice = list(post(mori_, "principal") + "," + post(mori_, "deputy"));
    EXPECT_EQ(twice.key(), "prepare.contacts.post_twice");
    EXPECT_EQ(twice.json.at("errors").at(0).at("pointer").as_string(), "/posts/1/person");
    EXPECT_EQ(list(post(sato_, "principal")).key(), "prepare.contacts.not_of_organisation");
    EXPECT_EQ(list(post(mori_, "principal", R"(,"from":"2026-02-30")")).key(),
              "prepare.contacts.bad_day");
    EXPECT_EQ(list(post(mori_, "principal", R"(,"from":"2026-03-02","until":"2026-03-01")")).key(),
              "prepare.contacts.days_turned");
}

// grafana oncall#322, goalert#3511: found out at night.
TEST_F(ListsTest, what_is_wrong_is_said_as_it_arises) {
    EXPECT_TRUE(has("nobody"));
    ASSERT_EQ(list(post(ito_, "deputy")).status, 200);
    EXPECT_TRUE(has("no_principal"));
    EXPECT_TRUE(has("no_address"));
    ASSERT_EQ(list(post(mori_, "principal")).status, 200);
    EXPECT_TRUE(has("no_deputy"));
    ASSERT_EQ(list(post(mori_, "principal") + "," + post(ito_, "deputy")).status, 200);
    EXPECT_FALSE(has("no_deputy"));
    reach(mori_, {.email = "m@north.example"});
    EXPECT_TRUE(has("no_night_number"));
    reach(mori_, {.mobile = "090-1111-2222"});
    reach(ito_, {.mobile = "+81 90 1111 2222"});
    EXPECT_FALSE(has("no_night_number"));
    EXPECT_TRUE(has("shared_mobile"));
    reach(ito_, {.mobile = "090-1111-3333"});
    EXPECT_EQ(kinds(duty_), std::vector<std::string>{}) << "four fifths sure is sure enough";

    const auto rotation =
        ask(mori_, Method::post, "/duty/" + north_.text + "/rotations",
            R"({"name":"夜間・休日","members":[")" + mori_.text +
                R"("],"hours":"off_hours","starts_on":"2026-07-01","ends_on":"2026-07-05"})");
    ASSERT_EQ(rotation.status, 201) << rotation.text;
    EXPECT_TRUE(has("duty_gap")) << "from Monday on";
    const auto away =
        ask(mori_, Method::post, "/absences/" + mori_.text,
            R"({"from":"2026-07-04T12:00:00+09:00","until":"2026-07-05T12:00:00+09:00"})");
    ASSERT_EQ(away.status, 201) << away.text;
    const auto problems = ask(duty_, Method::get, "/problems").json.at("items").as_array();
    const auto* const flagged = std::ranges::find_if(
        problems, [](const auto& one) { return one.at("kind").as_string() == "away_on_duty"; });
    ASSERT_NE(flagged, problems.end());
    EXPECT_TRUE(flagged->at("urgent").as_bool());
    EXPECT_EQ(flagged->at("from").as_string(), "2026-07-04T03:00:00Z");
    EXPECT_EQ(flagged->at("until").as_string(), "2026-07-05T03:00:00Z");
    EXPECT_EQ(
        flagged->at("text").as_string(),
        "北埠頭：2026年7月4日（土）12:00から2026年7月5日（日）12:00まで、不在のmoriさんが当番です。"
        "交代が決まるまではitoさんが対応することになります。");
    ASSERT_EQ(
        ask(mori_, Method::post, "/duty/" + north_.text + "/substitutions",
            R"({"person":")" + ito_.text + R"(","instead_of":")" + mori_.text +
                R"(","from":"2026-07-04T12:00:00+09:00","until":"2026-07-05T12:00:00+09:00"})")
            .status,
        201);
    EXPECT_FALSE(has("away_on_duty"));
    EXPECT_EQ(ask(ito_, Method::post, "/absences/" + mori_.text,
                  R"({"from":"2026-07-04T12:00:00+09:00","until":"2026-07-05T12:00:00+09:00"})")
                  .status,
              403);
    const auto id = std::string(away.json.at("id").as_string());
    EXPECT_EQ(ask(mori_, Method::del, "/absences/" + mori_.text + "/" + id).status, 200);
    EXPECT_EQ(ask(mori_, Method::del, "/absences/" + mori_.text + "/" + id).status, 404);
}

// goalert#4190: nobody knows who is on duty.
TEST_F(ListsTest, who_is_on_duty_now_and_next_is_one_call) {
    reach(mori_, {.mobile = "090-1111-2222"});
    ASSERT_EQ(list(post(mori_, "principal") + "," + post(ito_, "deputy")).status, 200);
    const auto made = ask(mori_, Method::post, "/duty/" + north_.text + "/rotations",
                          R"({"name":"当直","members":[")" + ito_.text + R"(",")" + mori_.text +
                              R"("],"turn_days":1,"handover":"00:00","starts_on":"2026-07-04"})");
    ASSERT_EQ(made.status, 201) << made.text;
    auto duty = ask(duty_, Method::get, "/duty?organisation=" + north_.text);
    ASSERT_EQ(duty.json.at("items").as_array().size(), 1U) << duty.text;
    const auto item = duty.json.at("items").at(0);
    EXPECT_EQ(item.at("now").at("stands").at(0).at("name").as_string(), "ito");
    EXPECT_EQ(item.at("now").at("until").as_string(), "2026-07-04T15:00:00Z");
    EXPECT_EQ(item.at("next").at("stands").at(0).at("phone").as_string(), "+819011112222");
    duty = ask(duty_, Method::get,
               "/duty?organisation=" + north_.text + "&at=2026-07-04T23:59:59%2B09:00");
    EXPECT_EQ(duty.json.at("items").at(0).at("now").at("stands").at(0).at("name").as_string(),
              "ito");
    duty = ask(duty_, Method::get,
               "/duty?organisation=" + north_.text + "&at=2026-07-05T00:00:00%2B09:00");
    EXPECT_EQ(duty.json.at("items").at(0).at("now").at("stands").at(0).at("name").as_string(),
              "mori");
    EXPECT_EQ(ask(duty_, Method::get, "/duty?at=tonight").status, 400);

    const auto calendar =
        ask(sato_, Method::get, "/duty/" + north_.text + "?from=2026-07-18&until=2026-07-22");
    ASSERT_EQ(calendar.status, 200) << calendar.text;
    EXPECT_EQ(calendar.json.at("days").at(2).at("holiday").as_string(), "海の日");
    EXPECT_FALSE(calendar.json.at("days").at(3).at("off").as_bool());
    EXPECT_FALSE(calendar.json.at("may_change").as_bool());
    const auto id = std::string(made.json.at("id").as_string());
    EXPECT_EQ(ask(mori_, Method::del, "/duty/" + north_.text + "/rotations/" + id).status, 200);
    EXPECT_EQ(ask(mori_, Method::put, "/duty/" + north_.text + "/rotations/" + id,
                  R"({"name":"x","members":[")" + ito_.text + R"("],"starts_on":"2026-07-04"})")
                  .status,
              404);
}

// On 1 April the whole port would have to be edited by hand, person by person.
TEST_F(ListsTest, posts_are_transferred_in_bulk_with_overlap) {
    const auto kato = hire("kato", {{north_, Role::member}});
    ASSERT_EQ(list(post(mori_, "principal") + "," + post(ito_, "deputy")).status, 200);
    ASSERT_EQ(ask(mori_, Method::post, "/duty/" + north_.text + "/rotations",
                  R"({"name":"当直","members":[")" + mori_.text +
                      R"("],"starts_on":"2026-07-01","handover":"00:00"})")
                  .status,
              201);
    const auto body = [&](std::string more) {
        return R"({"on":"2027-04-01","overlap_days":14,)" + more + R"("moves":[{"organisation":")" +
               north_.text + R"(","leaves":")" + mori_.text + R"(","successor":")" + kato.text +
               R"("}]})";
    };
    const auto dry = ask(mori_, Method::post, "/transfers", body(R"("dry_run":true,)"));
    ASSERT_EQ(dry.status, 200) << dry.text;
    EXPECT_FALSE(dry.json.at("done").as_bool());
    EXPECT_EQ(dry.json.at("lists").at(0).at("before").as_array().size(), 2U);
    EXPECT_EQ(dry.json.at("lists").at(0).at("after").as_array().size(), 4U);
    EXPECT_EQ(contacts_->state().list(north_).posts.size(), 2U) << "nothing was done";
    ASSERT_EQ(ask(mori_, Method::post, "/transfers", body("")).status, 200);
    EXPECT_EQ(ask(sato_, Method::post, "/transfers", body("")).status, 403);
    const auto order = [&](std::string_view at) {
        std::string out;
        for (const auto& line : contacts_->state().call_order(north_, parse_rfc3339(at).value()))
            out += council_->state().find(line.person)->name + (line.on_duty ? "* " : " ");
        return out;
    };
    EXPECT_EQ(order("2027-03-31T23:59:00+09:00"), "mori* ito ");
    EXPECT_EQ(order("2027-04-01T00:00:00+09:00"), "kato* mori ito ");
    EXPECT_EQ(order("2027-04-14T23:59:00+09:00"), "kato* mori ito ");
    EXPECT_EQ(order("2027-04-15T00:00:00+09:00"), "kato* ito ");
    reopen();
    EXPECT_EQ(order("2027-04-15T00:00:00+09:00"), "kato* ito ");
    EXPECT_EQ(ask(mori_, Method::post, "/transfers", body("")).key(), "prepare.contacts.post_twice")
        << "a second click changes nothing";
}

// The telephone's calendar would show nothing, or somebody who left would read it for ever.
TEST_F(ListsTest, a_feed_is_read_by_its_link_until_it_is_closed) {
    ASSERT_EQ(list(post(mori_, "principal") + "," + post(ito_, "deputy")).status, 200);
    ASSERT_EQ(ask(mori_, Method::post, "/duty/" + north_.text + "/rotations",
                  R"({"name":"当直","members":[")" + mori_.text + R"(",")" + ito_.text +
                      R"("],"turn_days":7,"starts_on":"2026-06-29"})")
                  .status,
              201);
    const auto opened = ask(sato_, Method::post, "/duty/" + north_.text + "/feeds");
    ASSERT_EQ(opened.status, 201) << opened.text;
    const std::string url(opened.json.at("url").as_string());
    const std::string prefix = "https://port.example/api/prepare/contacts";
    ASSERT_TRUE(url.starts_with(prefix + "/feed/")) << url;
    const auto path = url.substr(prefix.size());
    const auto feed = ask({}, Method::get, path);
    ASSERT_EQ(feed.status, 200) << feed.text;
    EXPECT_TRUE(feed.text.starts_with("BEGIN:VCALENDAR"));
    EXPECT_TRUE(feed.text.contains("SUMMARY:当直：mori"));
    EXPECT_TRUE(feed.text.contains("DTSTART:20260705T233000Z")) << "Monday 08:30 in Japan";
    auto forged = path;
    forged[forged.size() - 8] = forged[forged.size() - 8] == 'A' ? 'B' : 'A';
    EXPECT_EQ(ask({}, Method::get, forged).status, 404);
    const std::string id(opened.json.at("id").as_string());
    EXPECT_EQ(ask(ito_, Method::del, "/feeds/" + id).status, 403);
    EXPECT_EQ(ask(sato_, Method::get, "/feeds").json.at("items").as_array().size(), 1U);
    EXPECT_EQ(ask(sato_, Method::del, "/feeds/" + id).status, 200);
    EXPECT_EQ(ask({}, Method::get, path).status, 404);
}

// The diagram at the wall would be nobody's, and its holes found in the night.
TEST_F(ListsTest, the_scheme_is_drawn_and_checked) {
    ASSERT_EQ(list(post(mori_, "principal") + "," + post(ito_, "deputy")).status, 200);
    reach(mori_, {.email = "m@north.example", .mobile = "090-1111-2222"});
    const auto party = [](const OrganisationId& id) {
        return R"({"organisation":")" + id.text + R"("})";
    };
    const auto body =
        R"({"flows":[{"flow":"first_report","name":"第1報","name_en":"First report","begins_at":[)" +
        party(north_) + R"(],"audience":[")" + manager_.text + R"(",")" + south_.text +
        R"("],"most_hops":3,"tells":[{"from":)" + party(north_) + R"(,"to":)" + party(manager_) +
        R"(,"channels":["voice"],"note":""}]}]})";
    EXPECT_EQ(ask(mori_, Method::put, "/scheme", body).status, 403);
    ASSERT_EQ(ask(leader_, Method::put, "/scheme", body).status, 200);
    const auto scheme = ask(sato_, Method::get, "/scheme");
    ASSERT_EQ(scheme.status, 200) << scheme.text;
    std::string texts;
    for (const auto& hole : scheme.json.at("holes").as_array())
        texts += std::string(hole.at("text").as_string()) + "\n";
    EXPECT_TRUE(texts.contains("「第1報」が南埠頭に伝わる経路がありません。")) << texts;
    EXPECT_TRUE(texts.contains("名港管理組合に、連絡の取れる人がいません。")) << texts;
    const auto svg = ask(duty_, Method::get, "/scheme/diagram.svg?flow=first_report");
    ASSERT_EQ(svg.status, 200) << svg.text;
    pugi::xml_document document;
    EXPECT_TRUE(document.load_string(svg.text.c_str()));
    EXPECT_TRUE(svg.text.contains("北埠頭") && svg.text.contains("090-1111-2222"));
    EXPECT_FALSE(ask(sato_, Method::get, "/scheme/diagram.svg").text.contains("090-1111-2222"));
    const auto pdf = ask(sato_, Method::get, "/scheme/diagram.pdf");
    EXPECT_TRUE(pdf.text.starts_with("%PDF"));
    EXPECT_EQ(ask(sato_, Method::get, "/scheme/diagram.svg?flow=none").status, 404);
    EXPECT_EQ(
        ask(leader_, Method::put, "/scheme", R"({"flows":[]})", {{"if-match", "\"9\""}}).status,
        409);
}

}  // namespace
}  // namespace noroshi::prepare::contacts
