#include "prepare/contacts/contacts_import.h"

#include <algorithm>

#include "edge/document/sheet.h"
#include "prepare/contacts/contacts_scene.h"

namespace noroshi::prepare::contacts {
namespace {

class ImportTest : public ContactsScene {
protected:
    Answer import(const PersonId& who, std::string bytes, std::string name = "list.csv",
                  std::string dry_run = "no") {
        return ask(who, Method::post, "/imports?name=" + name + "&dry_run=" + dry_run,
                   std::move(bytes));
    }
    static std::string counts(const Answer& answer) {
        std::string out;
        for (const auto* const name : {"added", "changed", "same", "refused"})
            out += std::to_string(answer.json.at(name).to_number<int>()) + " ";
        return out;
    }
    static std::string problems(const Answer& answer) {
        std::string out;
        for (const auto& one : answer.json.at("problems").as_array())
            out += std::string(one.at("text").as_string()) + "\n";
        return out;
    }
    std::string order(const OrganisationId& organisation) {
        std::string out;
        for (const auto& post : contacts_->state().list(organisation).posts)
            out += council_->state().find(post.person)->name +
                   (post.standing == Standing::deputy ? "(d) " : " ");
        return out;
    }
    std::uint64_t facts() { return desk_.journal().published_sequence(); }
};

const std::string csv =
    "港の連絡表（2026年度）,,,,,,\r\n"
    "機関名,部署,氏名,ふりがな,区分,携帯電話（夜間・休日）,E-mail,備考\r\n"
    "北埠頭,システム課,山田　太郎,ﾔﾏﾀﾞ ﾀﾛｳ,担当者,9012345678,taro@north.example,x\r\n"
    "北埠頭,システム課,mori,,代行者,090-1111-2222,,\r\n"
    "北埠頭,業務課,佐藤 花子,,代行者,052-654-7911,,\r\n"
    "西埠頭,業務課,鈴木,,担当者,,,\r\n"
    "南埠頭,業務課,SATO,,正,,not-an-address,\r\n"
    "南埠頭,業務課,田中,,副,090-3333-4444,tanaka@south.example,\r\n";

// One wrong number would keep sixty organisations' lists back, or be lost without a word.
TEST_F(ImportTest, a_bad_row_is_named_and_the_rest_is_kept) {
    const auto dry = import(admin_, csv, "list.csv", "yes");
    ASSERT_EQ(dry.status, 200) << dry.text;
    EXPECT_FALSE(dry.json.at("done").as_bool());
    EXPECT_EQ(counts(dry), "2 1 0 3 ");
    EXPECT_EQ(council_->state().people_of(north_).size(), 2U) << "only looked at";
    const auto before = facts();
    EXPECT_EQ(problems(dry),
              "list.csv 5行目 "
              "F列：携帯電話の番号（060・070・080・090）を入力してください。固定電話にはSMSが届きま"
              "せん。\n"
              "list.csv 6行目 "
              "A列：「西埠頭」という機関は登録されていません。先に機関を登録してください。\n"
              "list.csv 7行目 G列：メールアドレスの形式が正しくありません。\n");
    EXPECT_EQ(dry.json.at("ignored_columns").at(0).as_string(), "備考");
    EXPECT_EQ(facts(), before);

    const auto done = import(admin_, csv);
    ASSERT_EQ(done.status, 200) << done.text;
    EXPECT_TRUE(done.json.at("done").as_bool());
    EXPECT_EQ(counts(done), "2 1 0 3 ");
    EXPECT_EQ(order(north_), "山田　太郎 mori(d) ");
    EXPECT_EQ(order(south_), "田中(d) ");
    const auto taro = contacts_->state().list(north_).posts.at(0);
    EXPECT_EQ(taro.department, "システム課");
    EXPECT_EQ(council_->state().find(taro.person)->kana, "ヤマダ タロウ") << "half-width kana";
    EXPECT_EQ(contacts_->state().find(taro.person)->mobile, "+819012345678") << "its zero is back";
    EXPECT_EQ(contacts_->state().find(mori_)->mobile, "+819011112222");
}

// Importing the secretariat's list every April would double everybody.
TEST_F(ImportTest, a_second_import_doubles_nothing) {
    ASSERT_EQ(import(admin_, csv).status, 200);
    const auto before = facts();
    const auto people = council_->state().people().size();
    auto again = import(admin_, csv);
    EXPECT_EQ(counts(again), "0 0 3 3 ");
    EXPECT_EQ(facts(), before) << "nothing at all is written";
    // The same list as Excel, with the name written otherwise.
    edge::document::Sheet sheet{.name = "名簿",
                                .columns = {{"機関"}, {"氏名"}, {"携帯"}},
                                .rows = {{"北埠頭", "山田太郎", "０９０ー１２３４ー５６７８"},
                                         {"北埠頭", "ＭＯＲＩ", "090-1111-3333"}}};
    again = import(admin_, *edge::document::write_xlsx({sheet}, desk_.clock().now()), "list.xlsx");
    EXPECT_EQ(counts(again), "0 1 1 0 ");
    EXPECT_EQ(council_->state().people().size(), people);
    EXPECT_EQ(contacts_->state().find(mori_)->mobile, "+819011113333");
    EXPECT_EQ(contacts_->state().find(mori_)->email, "") << "what a row leaves empty stays";
    EXPECT_EQ(order(north_), "山田　太郎 mori(d) ") << "and the order";
}

TEST_F(ImportTest, what_is_exported_comes_back_unchanged) {
    ASSERT_EQ(import(admin_, csv).status, 200);
    const auto before = facts();
    for (const auto* const form : {"csv", "xlsx"}) {
        const auto file = ask(admin_, Method::get, std::string("/export.") + form);
        ASSERT_EQ(file.status, 200) << file.text;
        const auto back = import(admin_, file.text, std::string("x.") + form);
        EXPECT_EQ(counts(back), "0 0 3 0 ") << form << problems(back);
    }
    // In English too, and from somebody who may not see the numbers.
    for (const auto& who : {sato_, admin_}) {
        const auto file = ask(who, Method::get, "/export.csv", {}, {{"accept-language", "en"}});
        const auto back = import(admin_, file.text, "x.csv");
        EXPECT_EQ(back.json.at("added").to_number<int>(), 0) << back.text;
        EXPECT_EQ(back.json.at("changed").to_number<int>(), 0) << back.text;
    }
    EXPECT_EQ(facts(), before);
    EXPECT_FALSE(ask(sato_, Method::get, "/export.csv").text.contains("090-1234-5678"));
    const auto pdf = ask(admin_, Method::get, "/export.pdf");
    EXPECT_TRUE(pdf.text.starts_with("%PDF")) << pdf.text.substr(0, 300);
}

TEST_F(ImportTest, address_cards_are_taken_over_too) {
    const std::string cards =
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:山田 太郎\r\nORG:北埠頭;システム課\r\nTITLE:係長\r\n"
        "TEL;TYPE=CELL:090-1234-5678\r\nTEL;TYPE=WORK:052-654-7911\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:broken\r\n"
        "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:mori\r\nORG:北埠頭\r\nEMAIL:mori@north.example\r\nLANG:"
        "en\r\nEND:VCARD\r\n";
    const auto done = import(admin_, cards, "cards.vcf");
    ASSERT_EQ(done.status, 200) << done.text;
    EXPECT_EQ(counts(done), "1 1 0 1 ");
    EXPECT_EQ(problems(done), "cards.vcf 9行目：途中で終わっているvCardです。\n");
    EXPECT_EQ(order(north_), "山田 太郎 mori(d) ");
    EXPECT_EQ(council_->state().find(mori_)->language, Language::en);
    EXPECT_EQ(counts(import(admin_, cards, "cards.vcf")), "0 0 2 1 ");
}

// A terminal's security person would register people at the port manager, or change another's list.
TEST_F(ImportTest, everybody_imports_only_what_they_may_change) {
    const auto done = import(mori_, csv);
    ASSERT_EQ(done.status, 200) << done.text;
    EXPECT_EQ(counts(done), "0 1 0 5 ");
    EXPECT_TRUE(
        problems(done).contains("list.csv 3行目 C列：新しい人を登録できるのは管理者だけです。"))
        << problems(done);
    EXPECT_TRUE(problems(done).contains(
        "list.csv 8行目 A列：この機関の連絡表や当直を変更する権限がありません。"));
    EXPECT_EQ(counts(import(mori_, "氏名,携帯\nito,090-5555-6666\n")), "0 1 0 0 ")
        << "their own organisation need not be named";
    EXPECT_EQ(import(admin_, "a,b\n1,2\n").json.at("problems").at(0).at("key").as_string(),
              "prepare.contacts.import_no_head");
    EXPECT_EQ(import(admin_, std::string("PK\x03\x04", 4)).status, 400);
    EXPECT_EQ(import(admin_, "氏名,機関\nx\xFC\xFC,\x96\x6B", "sjis.csv")
                  .json.at("added")
                  .to_number<int>(),
              0);
}

}  // namespace
}  // namespace noroshi::prepare::contacts
