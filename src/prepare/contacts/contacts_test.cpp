#include "prepare/contacts/contacts.h"

#include <memory>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "edge/http/asking_for_tests.h"
#include "kernel/identity/credentials.h"
#include "kernel/journal/journal_for_tests.h"
#include "prepare/contacts/contacts_address.h"
#include "prepare/contacts/contacts_view.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::contacts {
edge::http::Routes& add_routes(edge::http::Routes& routes, Contacts& contacts,
                               Credentials& credentials);

namespace {

using edge::http::Method;

std::string phone(std::string_view text) { return read_phone(text, "/x").value_or("refused"); }
std::string mobile(std::string_view text) {
    const auto number = read_mobile(text, "/x");
    return number ? *number : number.error().key;
}
std::string email(std::string_view text) { return read_email(text, "/x").value_or("refused"); }

// The SMS at 03:00 would go nowhere, because somebody typed the number as everybody does.
TEST(Addresses, telephone_numbers_are_read_as_people_write_them) {
    for (const auto* const text :
         {"090-1234-5678", "09012345678", "０９０－１２３４－５６７８", "090 1234 5678",
          "(090) 1234-5678", "（０９０）１２３４ー５６７８", "+81 90-1234-5678",
          "+81-(0)90-1234-5678", "010-81-90-1234-5678", "090‐1234‐5678", "090−1234−5678",
          " 090.1234.5678　"})
        EXPECT_EQ(phone(text), "+819012345678") << text;
    EXPECT_EQ(phone("052-654-7911"), "+81526547911");
    EXPECT_EQ(phone("03-3211-0000"), "+81332110000");
    EXPECT_EQ(phone("0120-123-456"), "+81120123456");
    EXPECT_EQ(phone("0800-123-4567"), "+818001234567");
    EXPECT_EQ(phone("050-1234-5678"), "+815012345678");
    EXPECT_EQ(phone("+1 (212) 555-0123"), "+12125550123");
    EXPECT_EQ(phone("010 31 10 252 1010"), "+31102521010");
    EXPECT_EQ(phone("+31 10 252 1010"), "+31102521010");
}

// A number with a digit missing would be found out in the night it is needed.
TEST(Addresses, what_is_no_telephone_number_is_refused) {
    for (const auto* const text :
         {"", "-", "090-1234-567", "090-1234-56789", "052-654-791", "052-654-79111", "110",
          "654-7911", "12125550123", "+0123456789", "++81901234567", "81+9012345678", "+819012345",
          "+1234567890123456", "052-654-7911 内線 12", "052-654-7911x12", "０９０−１２３４", "duty",
          "+810012345678"})
        EXPECT_EQ(phone(text), "refused") << text;
    EXPECT_EQ(mobile("090-1234-5678"), "+819012345678");
    EXPECT_EQ(mobile("060-1234-5678"), "+816012345678");
    EXPECT_EQ(mobile("+1 212 555 0123"), "+12125550123");
    EXPECT_EQ(mobile("052-654-7911"), "prepare.contacts.not_a_mobile");
    EXPECT_EQ(mobile("050-1234-5678"), "prepare.contacts.not_a_mobile");
    EXPECT_EQ(mobile("0800-123-4567"), "prepare.contacts.not_a_mobile");
    EXPECT_EQ(mobile("110"), "prepare.contacts.bad_phone");
}

// What is kept would change when it is saved again.
RC_GTEST_PROP(Addresses, what_was_read_is_read_again, ()) {
    const auto text = *rc::gen::container<std::string>(
        rc::gen::element('0', '1', '8', '9', '+', '-', ' ', '(', ')', 'a', '@', '.', 'B', '\xe3'));
    if (const auto number = read_phone(text, "")) RC_ASSERT(phone(*number) == *number);
    if (const auto address = read_email(text, "")) RC_ASSERT(email(*address) == *address);
}
RC_GTEST_PROP(Addresses, national_and_international_forms_are_one_number, ()) {
    const auto rest = *rc::gen::container<std::string>(8, rc::gen::inRange('0', char('9' + 1)));
    const auto prefix = *rc::gen::element<std::string>("60", "70", "90");
    RC_ASSERT(phone("0" + prefix + rest) == "+81" + prefix + rest);
    RC_ASSERT(phone("+81" + prefix + rest) == "+81" + prefix + rest);
}

// The call-out would bounce, or go to whom nobody meant.
TEST(Addresses, mail_addresses_are_deliverable_ones) {
    EXPECT_EQ(email(" duty@Port.Example.JP "), "duty@port.example.jp");
    EXPECT_EQ(email("ｄｕｔｙ＠ｐｏｒｔ．ｅｘａｍｐｌｅ"), "duty@port.example");
    EXPECT_EQ(email("K.Mori+alarm@meiko.example"), "K.Mori+alarm@meiko.example");
    for (const auto* const text :
         {"", "duty", "@port.example", "duty@", "duty@port", "a b@port.example", "a@b@",
          ".duty@port.example", "du..ty@docomo.example", "duty.@port.example", "duty@-port.example",
          "duty@port..example", "duty@port.example.", "当直@port.example", "\"a b\"@port.example",
          "duty@port.example\r\nBcc: press@news.example", "duty@port.example,press@news.example",
          "Duty <duty@port.example>"})
        EXPECT_EQ(email(text), "refused") << text;
    EXPECT_EQ(email(std::string(65, 'a') + "@port.example"), "refused");
    EXPECT_EQ(email("a@" + std::string(64, 'b') + ".example"), "refused");
}

class ContactsTest : public testing::Test {
protected:
    void SetUp() override {
        const auto organisation = [&](council::OrganisationKind kind, std::string name) {
            return *desk_.run([&](auto& recorder) {
                return council_->register_organisation(recorder, {.kind = kind, .name = name});
            });
        };
        const auto person = [&](std::string name, std::vector<RoleIn> roles) {
            return *desk_.run([&](auto& recorder) {
                return council_->register_person(recorder, {.name = name, .login = name}, roles);
            });
        };
        manager_ = organisation(council::OrganisationKind::port_manager, "名港管理組合");
        north_ = organisation(council::OrganisationKind::terminal_operator, "北埠頭");
        south_ = organisation(council::OrganisationKind::terminal_operator, "南埠頭");
        duty_ = person("duty", {{manager_, Role::duty_officer}});
        admin_ = person("admin", {{manager_, Role::administrator}});
        mori_ = person("mori", {{north_, Role::security_person}});
        ito_ = person("ito", {{north_, Role::member}});
        sato_ = person("sato", {{south_, Role::duty_officer}});
    }
    Result<std::vector<Shared>> change(const PersonId& person, const ContactDraft& draft,
                                       Contacts::Version version = {}) {
        return desk_.run([&](auto& recorder) {
            return contacts_->change_contact(recorder, person, draft, version);
        });
    }
    Principal principal(const PersonId& person) const {
        return *council_->view().find_person(person);
    }

    std::unique_ptr<council::Council> council_;
    std::unique_ptr<Credentials> credentials_;
    std::unique_ptr<Contacts> contacts_;
    journal::JournalByHand desk_{[this](journal::Journal& journal) {
                                     council_ = std::make_unique<council::Council>(journal);
                                     CredentialRules rules;
                                     rules.hashing_threads = 0;
                                     rules.password_cost = {64, 1};
                                     credentials_ = std::make_unique<Credentials>(
                                         journal, council_->view(), rules);
                                     contacts_ = std::make_unique<Contacts>(journal, *council_);
                                 },
                                 [this] {
                                     contacts_.reset();
                                     credentials_.reset();
                                     council_.reset();
                                 }};
    OrganisationId manager_, north_, south_;
    PersonId duty_, admin_, mori_, ito_, sato_;
};

// The alarm would not know where to go, or ring an office that is dark at night.
TEST_F(ContactsTest, each_channel_has_its_address) {
    ASSERT_TRUE(change(mori_, {.email = "mori@north.example",
                               .mobile = "090-1234-5678",
                               .weekday_phone = "052-654-7911",
                               .night_phone = "052-654-7912"}));
    const auto& view = contacts_->view();
    EXPECT_EQ(view.address_of(mori_, Channel::email), "mori@north.example");
    EXPECT_EQ(view.address_of(mori_, Channel::sms), "+819012345678");
    EXPECT_EQ(view.address_of(mori_, Channel::voice), "+81526547912");
    EXPECT_FALSE(view.address_of(mori_, Channel::chat));
    EXPECT_FALSE(view.address_of(duty_, Channel::email));
    EXPECT_EQ(view.find(mori_)->channels,
              (std::vector{Channel::email, Channel::sms, Channel::voice}));
    ASSERT_TRUE(change(mori_, {.weekday_phone = "052-654-7911"}));
    EXPECT_EQ(view.address_of(mori_, Channel::voice), "+81526547911");
    EXPECT_FALSE(view.address_of(mori_, Channel::email)) << "the whole is replaced";
}

// Somebody would be sure of being called by SMS, and have given no number.
TEST_F(ContactsTest, a_preferred_channel_has_an_address) {
    const auto key = [&](const ContactDraft& draft) {
        const auto result = change(mori_, draft);
        return result ? std::string{} : result.error().key + " " + result.error().pointer;
    };
    EXPECT_EQ(key({.email = "m@n.example", .channels = {Channel::email, Channel::sms}}),
              "prepare.contacts.channel_without_address /channels/1");
    EXPECT_EQ(key({.email = "m@n.example", .channels = {Channel::email, Channel::email}}),
              "prepare.contacts.channel_twice /channels/1");
    EXPECT_EQ(key({.channels = {Channel::push}}),
              "prepare.contacts.channel_without_address /channels/0");
    EXPECT_EQ(key({.chat = "works:"}), "prepare.contacts.bad_chat /chat");
    EXPECT_EQ(key({.chat = "works:@channel"}), "prepare.contacts.bad_chat /chat")
        << "never a group";
    EXPECT_EQ(key({.chat = "works:mori@north"}), "prepare.contacts.unknown_chat /chat")
        << "no such chat here";
    EXPECT_EQ(key({.email = "mori"}), "prepare.contacts.bad_email /email");
    EXPECT_EQ(key({.night_phone = "110"}), "prepare.contacts.bad_phone /night_phone");
    EXPECT_EQ(key({}), "") << "nothing at all is allowed, and seen as a gap";
    EXPECT_EQ(change({"none"}, {}).error().kind, ErrorKind::not_found);
}

// Principal and deputy would hold one telephone, and nobody would have noticed.
TEST_F(ContactsTest, an_address_of_two_people_is_said) {
    ASSERT_TRUE(change(mori_, {.email = "desk@north.example", .mobile = "090-1234-5678"}));
    const auto shared = change(ito_, {.email = "desk@north.example", .mobile = "09012345678"});
    ASSERT_TRUE(shared) << "a warning, no refusal";
    ASSERT_EQ(shared->size(), 2U);
    EXPECT_EQ((*shared)[0].pointer, "/email");
    EXPECT_EQ((*shared)[1].pointer, "/mobile");
    EXPECT_EQ((*shared)[1].with, mori_);
    EXPECT_TRUE(change(mori_, {.mobile = "090-1234-9999"})->empty());
}

// Everybody's private mobile would be open to everybody in the port.
TEST_F(ContactsTest, are_seen_by_whom_they_concern) {
    const auto seen = [&](const PersonId& reader) {
        const auto list = contacts_->view().list(principal(reader));
        return std::pair(list.items.size(), list.hidden);
    };
    EXPECT_EQ(seen(duty_), std::pair(5UZ, 0UZ)) << "theirs is the alarm";
    EXPECT_EQ(seen(admin_), std::pair(5UZ, 0UZ));
    EXPECT_EQ(seen(mori_), std::pair(2UZ, 3UZ));
    EXPECT_EQ(seen(sato_), std::pair(1UZ, 4UZ)) << "duty officer of a terminal, not of the port";
    EXPECT_EQ(contacts_->view().contact(principal(sato_), mori_).error().kind,
              ErrorKind::forbidden);
    EXPECT_TRUE(contacts_->view().contact(principal(ito_), mori_));

    const auto may = [&](const PersonId& who, const PersonId& of) {
        return may_change(principal(who), *council_->state().find(of)).has_value();
    };
    EXPECT_TRUE(may(ito_, ito_));
    EXPECT_TRUE(may(mori_, ito_)) << "the security person of the organisation";
    EXPECT_FALSE(may(ito_, mori_));
    EXPECT_FALSE(may(mori_, sato_));
    EXPECT_FALSE(may(duty_, mori_));
    EXPECT_TRUE(may(admin_, sato_));
}

// A person's mobile would stay in the journal after they asked to be forgotten.
TEST_F(ContactsTest, are_sealed_and_go_with_the_person) {
    ASSERT_TRUE(change(mori_, {.email = "mori@north.example", .mobile = "090-1234-5678"}));
    desk_.reopen();
    EXPECT_EQ(contacts_->view().address_of(mori_, Channel::sms), "+819012345678");
    ASSERT_TRUE(desk_.store().facts(1, [&](const journal::Fact& fact) {
        EXPECT_EQ(fact.body.find("9012345678"), std::string::npos);
        EXPECT_EQ(fact.body.find("mori@"), std::string::npos);
        return true;
    }));
    ASSERT_TRUE(desk_.run([&](auto& recorder) { return council_->erase_person(recorder, mori_); }));
    for (int round = 0; round < 2; ++round) {
        EXPECT_FALSE(contacts_->view().address_of(mori_, Channel::sms));
        EXPECT_EQ(change(mori_, {}).error().key, "prepare.contacts.person_erased");
        desk_.reopen();
    }
}

// The form on the phone would not say that a number is somebody else's too.
TEST_F(ContactsTest, answers_as_the_contract_says) {
    edge::http::Routes routes;
    add_routes(routes, *contacts_, *credentials_);
    edge::http::Asking asking(
        routes, desk_.journal(),
        [&](std::string_view who, std::string_view) -> Result<std::shared_ptr<const Principal>> {
            return std::make_shared<const Principal>(principal(PersonId{std::string(who)}));
        },
        [&] { desk_.work(); });
    const auto ask = [&](const PersonId& who, Method method, std::string path,
                         std::string body = {}, edge::http::Headers more = {}) {
        more.emplace_back("authorization", who.text);
        return asking.ask(method, "/api/prepare/contacts" + path, std::move(body), std::move(more));
    };
    const std::string body =
        R"({"email":"desk@north.example","mobile":"０９０－１２３４－５６７８",)"
        R"("channels":["sms","email"],"language":"en"})";
    EXPECT_EQ(ask(ito_, Method::put, "/" + mori_.text, body).status, 403);
    const auto put = ask(ito_, Method::put, "/" + ito_.text, body);
    ASSERT_EQ(put.status, 200) << put.text;
    EXPECT_EQ(put.header("ETag"), "\"1\"");
    EXPECT_TRUE(put.json.at("warnings").as_array().empty());
    const auto again = ask(mori_, Method::put, "/" + mori_.text, R"({"mobile":"+819012345678"})");
    ASSERT_EQ(again.status, 200) << again.text;
    EXPECT_EQ(again.json.at("warnings").at(0).at("pointer").as_string(), "/mobile");
    EXPECT_EQ(again.json.at("warnings").at(0).at("detail").as_string(),
              "同じ携帯電話番号がitoさんにも登録されています。");
    const auto shown = ask(duty_, Method::get, "/" + ito_.text);
    EXPECT_EQ(shown.json.at("mobile").as_string(), "+819012345678");
    EXPECT_EQ(shown.json.at("channels").at(0).as_string(), "sms");
    EXPECT_EQ(shown.json.at("language").as_string(), "en");
    EXPECT_EQ(ask(sato_, Method::get, "/" + ito_.text).key(), "prepare.contacts.hidden");
    EXPECT_EQ(ask(sato_, Method::get, "").json.at("hidden").to_number<int>(), 4);
    EXPECT_EQ(ask(ito_, Method::put, "/" + ito_.text, body, {{"if-match", "\"7\""}}).status, 409);
    const auto bad = ask(ito_, Method::put, "/" + ito_.text, R"({"mobile":"110"})");
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(bad.json.at("errors").at(0).at("pointer").as_string(), "/mobile");
}

// A browser would be called for whoever sat at it last year, or none at all.
TEST_F(ContactsTest, a_browser_that_may_be_woken_is_one_persons) {
    const std::string endpoint = "https://push.example/x/1";
    const DeviceDraft draft{
        "当直室の端末", endpoint,
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg"};
    const auto add = [&](const PersonId& person, const DeviceDraft& device) {
        return desk_.run(
            [&](auto& recorder) { return contacts_->add_device(recorder, person, device); });
    };
    EXPECT_EQ(add(mori_, draft).error().key, "prepare.contacts.no_push");
    const auto offer = [&] {
        contacts_->set_push(
            "key", [](std::string_view to) { return to.starts_with("https://push.example/"); });
    };
    offer();
    ASSERT_TRUE(change(mori_, {.email = "mori@north.example"}));
    auto wrong = draft;
    wrong.p256dh[30] = wrong.p256dh[30] == 'A' ? 'B' : 'A';
    EXPECT_EQ(add(mori_, wrong).error().pointer, "/p256dh") << "no point of the curve";
    wrong = draft;
    wrong.auth = "AAAA";
    EXPECT_EQ(add(mori_, wrong).error().pointer, "/auth");
    wrong = draft;
    wrong.endpoint = "https://10.0.0.7/x";
    EXPECT_EQ(add(mori_, wrong).error().key, "prepare.contacts.strange_push_service");

    const auto device = add(mori_, draft);
    ASSERT_TRUE(device) << device.error().key;
    EXPECT_EQ(add(mori_, draft).value_or(""), *device) << "the same browser is there once";
    const auto& view = contacts_->view();
    EXPECT_EQ(view.devices_of(mori_).size(), 1U);
    EXPECT_EQ(view.find(mori_)->channels, (std::vector{Channel::push, Channel::email}))
        << "and is called first";
    EXPECT_EQ(view.address_of(mori_, Channel::email), "mori@north.example");
    const auto address = view.address_of(mori_, Channel::push);
    ASSERT_TRUE(address);
    EXPECT_TRUE(address->contains(endpoint));

    // The contact is written again: the browser stays. What the facts hold, nobody can read.
    ASSERT_TRUE(
        change(mori_, {.email = "m2@north.example", .channels = {Channel::email, Channel::push}}));
    desk_.reopen();
    offer();
    EXPECT_EQ(contacts_->view().address_of(mori_, Channel::push), address);
    ASSERT_TRUE(desk_.store().facts(1, [&](const journal::Fact& fact) {
        EXPECT_EQ(fact.body.find("push.example"), std::string::npos);
        return true;
    }));

    // Somebody else signs in at it.
    ASSERT_TRUE(add(ito_, draft));
    EXPECT_FALSE(contacts_->view().address_of(mori_, Channel::push));
    EXPECT_TRUE(contacts_->view().address_of(ito_, Channel::push));
    EXPECT_EQ(desk_
                  .run([&](auto& recorder) {
                      return contacts_->remove_device(recorder, mori_, *device,
                                                      DeviceEnd::by_owner);
                  })
                  .error()
                  .key,
              "prepare.contacts.unknown_device");
    // Its push service says that it has ended.
    ASSERT_TRUE(desk_.run([&](auto& recorder) -> Result<> {
        contacts_->forget_device(recorder, *device);
        contacts_->forget_device(recorder, "never there");
        return {};
    }));
    EXPECT_FALSE(contacts_->view().address_of(ito_, Channel::push));

    // An eleventh takes the place of the first; an erased person has none.
    for (std::size_t i = 0; i <= devices_limit; ++i) {
        auto more = draft;
        more.endpoint += std::to_string(i);
        ASSERT_TRUE(add(ito_, more));
    }
    EXPECT_EQ(contacts_->view().devices_of(ito_).size(), devices_limit);
    EXPECT_FALSE(contacts_->view().owner_of_device(device_id_of(endpoint + "0")));
    ASSERT_TRUE(desk_.run([&](auto& recorder) { return council_->erase_person(recorder, ito_); }));
    EXPECT_TRUE(contacts_->view().devices_of(ito_).empty());
}

}  // namespace
}  // namespace noroshi::prepare::contacts
