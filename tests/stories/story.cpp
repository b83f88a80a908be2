#include "tests/stories/story.h"

#include <algorithm>
#include <deque>
#include <map>

#include <fmt/format.h>

#include "app/rooms.h"
#include "edge/http/asking_for_tests.h"
#include "kernel/json/json.h"
#include "kernel/store/store_for_tests.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"
#include "prepare/port/port.h"
#include "respond/callout/callout.h"
#include "respond/callout/callout_heartbeat.h"
#include "respond/incident/incident.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_public.h"

namespace noroshi::story {

namespace {

namespace bj = boost::json;
using prepare::council::OrganisationDraft;
using prepare::council::OrganisationKind;
using prepare::council::PersonDraft;
using prepare::port::TerminalDraft;

constexpr std::string_view incidents = "/api/respond/incident/incidents";

std::string text_of(const json::value& value, std::string_view name) {
    const auto* object = value.if_object();
    const auto* found = object ? object->if_contains(name) : nullptr;
    return found && found->is_string() ? std::string(found->get_string()) : std::string{};
}

std::uint64_t number_of(const json::value& value, std::string_view name) {
    const auto* object = value.if_object();
    const auto* found = object ? object->if_contains(name) : nullptr;
    return found && found->is_number() ? found->to_number<std::uint64_t>() : 0;
}

json::array items_of(const Answer& answer) {
    const auto* object = answer.body.if_object();
    const auto* found = object ? object->if_contains("items") : nullptr;
    if (found == nullptr || !found->is_array()) {
        ADD_FAILURE() << "no items in " << answer.status << " " << answer.text;
        return {};
    }
    return found->get_array();
}

std::vector<std::uint64_t> numbers_of(const json::array& items) {
    std::vector<std::uint64_t> numbers;
    for (const auto& item : items) numbers.push_back(number_of(item, "number"));
    return numbers;
}

std::vector<std::string> titles_of(const json::array& items) {
    std::vector<std::string> titles;
    for (const auto& item : items) titles.push_back(text_of(item, "title"));
    return titles;
}

json::object merged(json::object base, const json::object& more) {
    for (const auto& pair : more) base[pair.key()] = pair.value();
    return base;
}

std::string encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
        if (plain)
            out += c;
        else
            out += fmt::format("%{:02X}", byte);
    }
    return out;
}

void expect_accepted(const Answer& answer, std::string_view what) {
    EXPECT_TRUE(answer.status >= 200 && answer.status < 300)
        << what << ": " << answer.status << " " << answer.text;
}

}  // namespace

bool tell(const char* sentence, const char* file, int line, void (*act)()) {
    class Told : public testing::Test {
    public:
        explicit Told(void (*told)()) : act_(told) {}
        void TestBody() override { act_(); }

    private:
        void (*act_)();
    };
    testing::RegisterTest("Story", sentence, nullptr, nullptr, file, line,
                          [act]() -> testing::Test* { return new Told(act); });
    return true;
}

// ---- mail ----------------------------------------------------------------------------------

const Mail& Mail::says(std::string_view words) const {
    EXPECT_TRUE(message_.subject.contains(words) || message_.text.contains(words))
        << "“" << words << "” is neither in the subject “" << message_.subject << "” nor in:\n"
        << message_.text;
    return *this;
}

const Mail& Mail::does_not_say(std::string_view words) const {
    EXPECT_FALSE(message_.subject.contains(words) || message_.text.contains(words))
        << "“" << words << "” is in “" << message_.subject << "” or in:\n"
        << message_.text;
    return *this;
}

const Mail& Mail::is_a_drill() const {
    EXPECT_TRUE(message_.subject.starts_with("【訓練】")) << message_.subject;
    EXPECT_TRUE(message_.drill);
    return *this;
}

const Mail& Mail::is_no_drill() const {
    EXPECT_FALSE(message_.subject.contains("訓練")) << message_.subject;
    EXPECT_FALSE(message_.drill);
    return *this;
}

std::string Mail::link() const {
    const auto at = message_.text.find("/l/");
    if (at == std::string::npos) {
        ADD_FAILURE() << "no link in:\n" << message_.text;
        return {};
    }
    const auto end = message_.text.find_first_of(" \r\n\t<>\"", at);
    return message_.text.substr(at + 3, end - at - 3);
}

// ---- the port ------------------------------------------------------------------------------

struct Port::Impl {
    store::TemporaryFolder folder;
    PretendClock clock{*parse_rfc3339("2026-07-04T06:30:00+09:00")};
    SeededRandom random{20230704};
    // A running server.
    struct Server {
        std::unique_ptr<store::Store> store;
        std::unique_ptr<journal::Journal> journal;
        std::unique_ptr<app::Rooms> rooms;
        edge::http::Routes routes;
        std::unique_ptr<edge::http::Asking> asking;
    };
    std::unique_ptr<Server> server;

    std::map<std::string, std::string, std::less<>> organisations, terminals, people;
    std::map<std::string, std::string, std::less<>> addresses;         // login → mail address
    std::deque<Message> mailbox;                                       // not expected yet
    std::map<std::string, std::deque<Outcome>, std::less<>> troubles;  // by address
    std::map<std::string, std::string> carried;                        // key → Message-ID
    std::map<std::string, std::string, std::less<>> numbers;           // login → E.164
    std::map<std::string, std::string> digits;                         // number → pressed next
    std::map<std::string, std::string> references;                     // number → newest
    bool watches_gateways = false;
    bool watches_chat_and_push = false;
    std::map<std::string, GatewayMood> moods;  // of gateways, by name
    std::map<std::string, int> tests;          // taken, by gateway

    void start() {
        server = std::make_unique<Server>();
        auto store = store::open_sqlite({folder / "noroshi.db", {}});
        ASSERT(store);
        server->store = std::move(*store);
        journal::Options options;
        options.installation_key.fill(7);
        server->journal =
            std::make_unique<journal::Journal>(*server->store, clock, random, options);
        app::RoomOptions room_options;
        room_options.mail_domain = "port.example";
        server->rooms = std::make_unique<app::Rooms>(*server->journal, room_options);
        server->rooms->contacts.set_public_url("https://port.example");
        server->rooms->callout.set_public_url("https://port.example");
        server->rooms->callout.set_gateways({Channel::email, Channel::sms, Channel::voice},
                                            "secret of the gateway");
        if (watches_gateways) watch();
        server->rooms->notices.set_public_url("https://public.example");
        server->rooms->incident.set_public_url("https://port.example");
        server->rooms->contacts.set_push("key", [](std::string_view) { return true; });
        server->rooms->add_routes(server->routes);
        const auto started = server->journal->start();
        ASSERT(started);
        const auto& council = server->rooms->council.view();
        server->asking = std::make_unique<edge::http::Asking>(
            server->routes, *server->journal,
            // A story's people need no passwords: the token is the login.
            [&council](std::string_view authorization,
                       std::string_view) -> Result<std::shared_ptr<const Principal>> {
                constexpr std::string_view bearer = "Bearer ";
                if (!authorization.starts_with(bearer)) return nullptr;
                const auto person = council.find_login(authorization.substr(bearer.size()));
                if (!person) return fail(ErrorKind::forbidden, "kernel.identity.token_unknown");
                return std::make_shared<const Principal>(*council.find_person(*person));
            },
            [this] { work(); });
    }

    void watch() {
        respond::callout::HeartbeatPlan plan;
        plan.every = 1h;
        plan.addresses = {{Channel::email, "test@gateways.example"},
                          {Channel::sms, "+819000000000"}};
        plan.gateways = {{Channel::email, {"relay1", "relay2"}}, {Channel::sms, {"smsc"}}};
        if (watches_chat_and_push) {
            plan.own_addresses = {{{Channel::chat, "works"}, "works:test"},
                                  {{Channel::chat, "board"}, "board:"}};
            plan.gateways[Channel::chat] = {"works", "board"};
            plan.gateways[Channel::push] = {"push"};
            plan.pushed_to = "k.mori";
        }
        server->rooms->heartbeat.set_plan(std::move(plan));
    }

    // A test message names its gateway. True when that one has (or has not) dealt with it.
    bool carry_test(const journal::Claim& claim) {
        constexpr std::string_view start = "heartbeat/";
        const std::string& key = claim.message.key;
        if (!key.starts_with(start)) return false;
        const auto name = key.substr(start.size(), key.find('/', start.size()) - start.size());
        const auto mood = moods[name];
        if (mood == GatewayMood::hangs) return true;
        if (mood == GatewayMood::well) ++tests[name];
        server->journal->settle(
            claim.key,
            {mood == GatewayMood::well ? Outcome::delivered : Outcome::failed, name, "story"}, {});
        work();
        return true;
    }

    // Everything that is queued or due now.
    void work() {
        while (server->journal->step() > 0) {}
    }

    // Queues `decide` as a command that must succeed: what the port is made of becomes durable in
    // one commit.
    void command(std::function<Result<>(journal::Recorder&)> decide) {
        journal::Command command;
        command.actor = "system";
        command.decide =
            [decide = std::move(decide)](journal::Recorder& recorder) -> Result<journal::Answer> {
            TRY(decide(recorder));
            return journal::Answer{};
        };
        command.done = [](const Result<journal::Answer>& done) {
            if (!done) ADD_FAILURE() << describe(done.error());
        };
        server->journal->submit(std::move(command));
    }

    void add_organisation(const std::string& name, OrganisationKind kind, const std::string& called,
                          bool member = true, const std::vector<std::string>& serves = {}) {
        command([=, this](journal::Recorder& recorder) -> Result<> {
            OrganisationDraft draft;
            draft.kind = kind;
            draft.name = called;
            draft.member = member;
            for (const auto& one : serves)
                draft.serves.push_back(OrganisationId{organisations.at(one)});
            TRY_LET(const auto id, server->rooms->council.register_organisation(recorder, draft));
            organisations[name] = id.text;
            return {};
        });
    }

    void add_person(const std::string& login, const std::string& organisation, Role role,
                    const std::string& called, Language language = Language::ja) {
        auto& address = addresses[login] = login + "@" + organisation + ".example";
        std::ranges::replace(address, '_', '-');
        command([=, this](journal::Recorder& recorder) -> Result<> {
            TRY_LET(const auto id, server->rooms->council.register_person(
                                       recorder, PersonDraft{called, {}, login, language},
                                       {{OrganisationId{organisations.at(organisation)}, role}}));
            people[login] = id.text;
            return {};
        });
        command([=, this](journal::Recorder& recorder) -> Result<> {
            prepare::contacts::ContactDraft draft;
            draft.email = addresses.at(login);
            TRY(server->rooms->contacts.change_contact(recorder, PersonId{people.at(login)},
                                                       draft));
            return {};
        });
    }

    void add_terminal(const std::string& name, const std::string& called) {
        command([=, this](journal::Recorder& recorder) -> Result<> {
            TerminalDraft draft;
            draft.name = called;
            draft.operator_ = OrganisationId{organisations.at(name)};
            TRY_LET(const auto id, server->rooms->port.register_terminal(recorder, draft));
            terminals[name] = id.text;
            return {};
        });
    }

    // Carries what is due, as the dispatcher does; true if there was anything.
    bool carry() {
        std::vector<journal::Claim> claims;
        server->journal->claim(100, [&](Result<std::vector<journal::Claim>> due) {
            if (due)
                claims = std::move(*due);
            else
                ADD_FAILURE() << describe(due.error());
        });
        work();
        for (auto& claim : claims) {
            if (carry_test(claim)) continue;
            auto outcome = Outcome::delivered;
            if (auto trouble = troubles.find(claim.message.to);
                trouble != troubles.end() && !trouble->second.empty()) {
                outcome = trouble->second.front();
                trouble->second.pop_front();
            }
            // Never under two names: a repeat keeps the Message-ID of the first transmission.
            const auto [first, fresh] =
                carried.try_emplace(claim.message.key, claim.message.message_id);
            EXPECT_EQ(first->second, claim.message.message_id) << claim.message.key;
            if (outcome == Outcome::delivered) mailbox.push_back(claim.message);
            Delivery delivery{outcome, "mailbox", "story"};
            if (claim.message.channel == Channel::sms)
                delivery.reference = references[claim.message.to] =
                    "r" + std::to_string(carried.size());
            if (claim.message.channel == Channel::voice) {
                delivery.reply = digits[claim.message.to];
                digits[claim.message.to].clear();
            }
            server->journal->settle(claim.key, delivery, {});
            work();
        }
        return !claims.empty();
    }

    // Timers and messages due at this moment.
    void settle() {
        work();
        while (carry()) {}
    }

    std::optional<Instant> next_due() const {
        auto due = server->journal->next_due();
        if (const auto message = server->journal->next_message_due(); message)
            due = due ? std::min(*due, *message) : *message;
        return due;
    }
};

Port::Port(std::string_view which) : impl_(std::make_unique<Impl>()) {
    ASSERT(which == "two_terminals");
    impl_->start();
    using Kind = OrganisationKind;
    impl_->add_organisation("port", Kind::port_manager, "みなと港湾局");
    impl_->add_organisation("north", Kind::terminal_operator, "北ふ頭ターミナル");
    impl_->add_organisation("south", Kind::terminal_operator, "南ふ頭ターミナル");
    impl_->add_organisation("police", Kind::police, "県警察本部");
    impl_->add_organisation("coast_guard", Kind::coast_guard, "みなと海上保安部");
    impl_->add_organisation("hauliers", Kind::haulier, "みなと陸運協会");
    impl_->add_organisation("expert", Kind::security_expert, "情報安全研究所");
    impl_->add_organisation("vendor", Kind::vendor, "港湾システム保守", false, {"north"});
    impl_->add_organisation("shipper", Kind::shipper, "みなと自動車", false);
    impl_->add_terminal("north", "北ふ頭");
    impl_->add_terminal("south", "南ふ頭");
    impl_->add_person("adm", "port", Role::administrator, "管理 太郎");
    impl_->add_person("k.mori", "port", Role::duty_officer, "森 健");
    impl_->add_person("a.sato", "port", Role::leader, "佐藤 明");
    impl_->add_person("l.mori", "port", Role::liaison, "森 蓮");
    for (const auto* clerk : {"c.abe", "c.ito", "c.ueda", "c.endo", "c.oka"})
        impl_->add_person(clerk, "port", Role::clerk, std::string("記録 ") + clerk);
    impl_->add_person("n.kato", "north", Role::security_person, "加藤 直");
    impl_->add_person("n.ono", "north", Role::member, "小野 夏");
    impl_->add_person("s.hara", "south", Role::security_person, "原 進");
    impl_->add_person("p.tani", "police", Role::member, "谷 大");
    impl_->add_person("g.kai", "coast_guard", Role::member, "甲斐 岳");
    impl_->add_person("h.seki", "hauliers", Role::member, "関 博");
    impl_->add_person("e.noda", "expert", Role::member, "Noda", Language::en);
    impl_->add_person("v.ueno", "vendor", Role::member, "上野 実");
    impl_->add_person("x.mizu", "shipper", Role::member, "水野 薫");
    impl_->work();
}

Port::~Port() {
    for (const auto& message : impl_->mailbox)
        ADD_FAILURE() << "a message that nobody expected: to " << message.to << ", “"
                      << message.subject << "”";
}

std::string Port::organisation(std::string_view name) const {
    return impl_->organisations.find(name)->second;
}
std::string Port::terminal(std::string_view name) const {
    return impl_->terminals.find(name)->second;
}
std::string Port::person(std::string_view login) const { return impl_->people.find(login)->second; }

Instant Port::now() const { return impl_->clock.now(); }

void Port::fast_forward(std::chrono::microseconds by) {
    const Instant until = now() + by;
    impl_->settle();
    while (const auto due = impl_->next_due()) {
        if (*due > until) break;
        // What is due and yet does not happen would be due for ever.
        const Instant at = std::max(*due, now() + 1us);
        if (at > until) break;
        impl_->clock.set(at);
        impl_->settle();
    }
    impl_->clock.set(until);
    impl_->settle();
}

void Port::stop_for(std::chrono::microseconds by) { impl_->clock.set(now() + by); }

void Port::restart() {
    impl_->server.reset();
    impl_->start();
    impl_->settle();
}

void Port::watch_gateways() {
    impl_->watches_gateways = true;
    impl_->watch();
}

void Port::watch_chat_and_push() {
    impl_->watches_chat_and_push = true;
    watch_gateways();
}

void Port::gateway_is(std::string name, GatewayMood mood) { impl_->moods[name] = mood; }

int Port::tests_of(const std::string& gateway) const {
    const auto found = impl_->tests.find(gateway);
    return found == impl_->tests.end() ? 0 : found->second;
}

void Port::mail_will(std::string login, Outcome outcome, int count) {
    auto& queue = impl_->troubles[impl_->addresses.at(login)];
    for (int i = 0; i < count; ++i) queue.push_back(outcome);
}

Mail Port::expect_mail(std::string_view login) {
    impl_->settle();
    const auto& address = impl_->addresses.find(login)->second;
    const auto found = std::ranges::find(impl_->mailbox, address, &Message::to);
    if (found == impl_->mailbox.end()) {
        ADD_FAILURE() << "no mail for " << login;
        return {};
    }
    Mail mail(std::move(*found));
    impl_->mailbox.erase(found);
    return mail;
}

void Port::give_mobile(std::string login, std::string number, json::array channels) {
    impl_->numbers[login] = number;
    const auto given = ask(login, "PUT", "/api/prepare/contacts/" + person(login),
                           bj::serialize(json::object{{"email", impl_->addresses.at(login)},
                                                      {"mobile", number},
                                                      {"channels", std::move(channels)}}),
                           {{"content-type", "application/json"}});
    EXPECT_EQ(given.status, 200) << given.text;
}

namespace {
Mail taken(std::deque<Message>& mailbox, const std::string& number, Channel channel,
           std::string_view login) {
    const auto found = std::ranges::find_if(mailbox, [&](const Message& message) {
        return message.to == number && message.channel == channel;
    });
    if (found == mailbox.end()) {
        ADD_FAILURE() << "nothing over the telephone for " << login;
        return {};
    }
    Mail mail(std::move(*found));
    mailbox.erase(found);
    return mail;
}
}  // namespace

Mail Port::expect_sms(std::string_view login) {
    impl_->settle();
    return taken(impl_->mailbox, impl_->numbers.find(login)->second, Channel::sms, login);
}
Mail Port::expect_call(std::string_view login) {
    impl_->settle();
    return taken(impl_->mailbox, impl_->numbers.find(login)->second, Channel::voice, login);
}
void Port::will_press(std::string login, std::string digit) {
    impl_->digits[impl_->numbers.at(login)] = std::move(digit);
}
void Port::reply(std::string_view number, std::string_view text) {
    const auto answer =
        ask({}, "GET",
            "/api/respond/callout/inbound/sms?token=secret%20of%20the%20gateway&from=" +
                encoded(number) + "&text=" + encoded(text),
            {}, {});
    EXPECT_EQ(answer.status, 200) << answer.text;
    impl_->settle();
}
void Port::report(std::string_view login, bool arrived) {
    const auto& number = impl_->numbers.find(login)->second;
    const auto answer =
        ask({}, "GET",
            "/api/respond/callout/inbound/receipt?token=secret%20of%20the%20gateway&gateway="
            "mailbox&reference=" +
                impl_->references[number] + "&status=" + (arrived ? "1" : "2"),
            {}, {});
    EXPECT_EQ(answer.status, 200) << answer.text;
    impl_->settle();
}

void Port::expect_no_message(std::string_view login) {
    impl_->settle();
    const auto& address = impl_->addresses.find(login)->second;
    for (const auto& message : impl_->mailbox)
        if (message.to == address)
            ADD_FAILURE() << login << " got “" << message.subject << "”:\n" << message.text;
}

void Port::expect_no_message() {
    impl_->settle();
    for (const auto& message : impl_->mailbox)
        ADD_FAILURE() << message.to << " got “" << message.subject << "”";
}

Answer Port::open_link(const Mail& mail) {
    return ask({}, "GET", "/api/respond/callout/link/" + mail.link(), {}, {});
}

Answer Port::answer(const Mail& mail, json::object answer) {
    return ask({}, "POST", "/api/respond/callout/link/" + mail.link(), bj::serialize(answer), {});
}

Answer Port::ask(std::string_view login, std::string_view method, std::string target,
                 std::string body, std::vector<std::pair<std::string, std::string>> headers) {
    using edge::http::Method;
    const Method verb = method == "GET"      ? Method::get
                        : method == "PUT"    ? Method::put
                        : method == "DELETE" ? Method::del
                                             : Method::post;
    if (!login.empty()) headers.emplace_back("authorization", "Bearer " + std::string(login));
    auto got =
        impl_->server->asking->ask(verb, std::move(target), std::move(body), std::move(headers));
    Answer answer;
    answer.status = got.status;
    answer.key = got.key();
    if (const auto* object = got.json.if_object())
        if (const auto* errors = object->if_contains("errors");
            errors != nullptr && errors->is_array() && !errors->get_array().empty())
            answer.pointer = text_of(errors->get_array()[0], "pointer");
    answer.etag = got.header("ETag");
    answer.location = got.header("Location");
    answer.replayed = !got.header("Idempotency-Replayed").empty();
    answer.body = std::move(got.json);
    answer.text = std::move(got.text);
    return answer;
}

json::array Port::events_after(std::string_view login, std::uint64_t sequence) {
    return items_of(
        ask(login, "GET", "/api/events?poll=1&after=" + std::to_string(sequence), {}, {}));
}

std::uint64_t Port::sequence() const { return impl_->server->journal->published_sequence(); }

std::string Port::public_page(std::string_view path) {
    auto& server = *impl_->server;
    return server.journal->read([&] {
        const auto site = server.rooms->notices.public_view().site();
        const auto found = site->find(path);
        return found == site->end() ? std::string() : *found->second.body;
    });
}

std::optional<std::uint64_t> Port::verified_facts() {
    const auto head = journal::verify_chain(*impl_->server->store);
    if (!head) return {};
    return head->sequence;
}

// ---- people --------------------------------------------------------------------------------

Answer Person::get(std::string target) const {
    return port_.ask(login_, "GET", std::move(target), {}, {});
}

Answer Person::post(std::string target, const json::value& body, std::string key) const {
    std::vector<std::pair<std::string, std::string>> headers{{"content-type", "application/json"}};
    if (!key.empty()) headers.emplace_back("idempotency-key", std::move(key));
    return port_.ask(login_, "POST", std::move(target), bj::serialize(body), std::move(headers));
}

Answer Person::put(std::string target, const json::value& body, std::uint64_t version) const {
    return port_.ask(login_, "PUT", std::move(target), bj::serialize(body),
                     {{"content-type", "application/json"},
                      {"if-match", "\"" + std::to_string(version) + "\""}});
}

Answer Person::upload(const Incident& incident, std::string name, std::string bytes,
                      std::string media_type) const {
    return port_.ask(
        login_, "POST",
        std::string(incidents) + "/" + incident.id + "/attachments?name=" + encoded(name),
        std::move(bytes), {{"content-type", std::move(media_type)}});
}

Incident Person::open_incident(std::string title, json::object more) const {
    const auto answer = post(std::string(incidents),
                             merged({{"title", title}, {"effects", json::array{"freight"}}}, more));
    EXPECT_EQ(answer.status, 201) << answer.text;
    return {text_of(answer.body, "id"), std::move(title), number_of(answer.body, "number"),
            number_of(answer.body, "version")};
}

std::uint64_t Person::write(const Incident& incident, std::string content,
                            json::object more) const {
    const auto answer = post(std::string(incidents) + "/" + incident.id + "/entries",
                             merged({{"content", content}}, more));
    EXPECT_EQ(answer.status, 201) << answer.text;
    return number_of(answer.body, "number");
}

std::uint64_t Person::correct(const Incident& incident, std::uint64_t number, std::string content,
                              json::object more) const {
    return write(incident, std::move(content), merged({{"corrects", number}}, more));
}

namespace {
std::string entry_path(const Incident& incident, std::uint64_t number, std::string_view verb) {
    return fmt::format("{}/{}/entries/{}/{}", incidents, incident.id, number, verb);
}
}  // namespace

std::uint64_t Person::confirm(const Incident& incident, std::uint64_t number) const {
    const auto answer = post(entry_path(incident, number, "confirm"), json::object{});
    EXPECT_EQ(answer.status, 201) << answer.text;
    return number_of(answer.body, "number");
}

std::uint64_t Person::report_done(const Incident& incident, std::uint64_t number) const {
    const auto answer = post(entry_path(incident, number, "done"), json::object{});
    EXPECT_EQ(answer.status, 201) << answer.text;
    return number_of(answer.body, "number");
}

void Person::set_milestone(const Incident& incident, std::string terminal, std::string milestone,
                           std::string state, Instant time) const {
    const auto answer = post(std::string(incidents) + "/" + incident.id + "/milestones",
                             {{"terminal", port_.terminal(terminal)},
                              {"milestone", milestone},
                              {"state", state},
                              {"time", format_rfc3339(time)}});
    EXPECT_EQ(answer.status, 201) << answer.text;
}

void Person::close(const Incident& incident) const {
    expect_accepted(post(std::string(incidents) + "/" + incident.id + "/close", json::object{}),
                    "close");
}

json::array Person::entries(const Incident& incident, std::string query) const {
    json::array all;
    std::uint64_t after = 0;
    while (true) {
        const auto answer = get(fmt::format("{}/{}/entries?after={}{}{}", incidents, incident.id,
                                            after, query.empty() ? "" : "&", query));
        const auto items = items_of(answer);
        if (items.empty()) return all;
        all.insert(all.end(), items.begin(), items.end());
        after = number_of(answer.body, "next");
    }
}

json::object Person::entry(const Incident& incident, std::uint64_t number) const {
    const auto items = items_of(
        get(fmt::format("{}/{}/entries?after={}&limit=1", incidents, incident.id, number - 1)));
    if (items.empty() || number_of(items[0], "number") != number) {
        ADD_FAILURE() << login_ << " sees no entry " << number;
        return {};
    }
    return items[0].get_object();
}

std::vector<std::uint64_t> Person::numbers(const Incident& incident, std::string query) const {
    return numbers_of(entries(incident, std::move(query)));
}

std::vector<std::uint64_t> Person::open_tasks(const Incident& incident) const {
    return numbers_of(items_of(get(std::string(incidents) + "/" + incident.id + "/open")));
}

std::uint64_t Person::hidden(const Incident& incident) const {
    return number_of(get(std::string(incidents) + "/" + incident.id).body, "hidden");
}

std::vector<std::string> Person::live_titles() const {
    return titles_of(items_of(get(std::string(incidents))));
}

std::vector<std::string> Person::titles_in(const std::string& exercise) const {
    return titles_of(items_of(get(std::string(incidents) + "?exercise=" + exercise)));
}

std::vector<std::string> Person::found(std::string words, std::string exercise) const {
    std::vector<std::string> contents;
    for (const auto& item : items_of(
             get("/api/respond/incident/search?q=" + encoded(words) + "&exercise=" + exercise)))
        contents.push_back(text_of(item, "content"));
    return contents;
}

json::object Person::review(const Incident& incident) const {
    const auto answer = get(std::string(incidents) + "/" + incident.id + "/review");
    expect_accepted(answer, "review");
    return answer.body.is_object() ? answer.body.get_object() : json::object{};
}

std::string Person::start_exercise(std::string title, Instant starts_at, double speed,
                                   json::object more) const {
    const auto answer =
        post("/api/practise/drills/exercises",
             merged({{"title", title}, {"starts_at", format_rfc3339(starts_at)}, {"speed", speed}},
                    more));
    EXPECT_EQ(answer.status, 201) << answer.text;
    return text_of(answer.body, "id");
}

void Person::pace(const std::string& exercise, double speed) const {
    expect_accepted(
        post("/api/practise/drills/exercises/" + exercise + "/pace", {{"speed", speed}}), "pace");
}

void Person::end_exercise(const std::string& exercise) const {
    expect_accepted(post("/api/practise/drills/exercises/" + exercise + "/end", json::object{}),
                    "end");
}

std::string Person::call_out(const Incident& incident,
                             const std::vector<std::string>& organisations, std::string text,
                             json::object more) const {
    json::array ids;
    for (const auto& name : organisations) ids.emplace_back(port_.organisation(name));
    const auto answer =
        post("/api/respond/callout/callouts",
             merged({{"incident", incident.id}, {"text", text}, {"organisations", ids}}, more));
    EXPECT_EQ(answer.status, 201) << answer.text;
    return text_of(answer.body, "id");
}

json::object Person::callout(const std::string& callout) const {
    const auto answer = get("/api/respond/callout/callouts/" + callout);
    expect_accepted(answer, "callout");
    return answer.body.is_object() ? answer.body.get_object() : json::object{};
}

}  // namespace noroshi::story
