#include "tests/storm/life.h"

#include <algorithm>

#include "prepare/contacts/contacts.h"
#include "prepare/council/council.h"
#include "prepare/port/port.h"

namespace noroshi::storm {

using namespace std::chrono_literals;
using boost::json::object;
using edge::http::Method;
using prepare::council::OrganisationKind;

namespace {

constexpr std::string_view incidents_path = "/api/respond/incident/incidents";
constexpr std::string_view callouts_path = "/api/respond/callout/callouts";
constexpr std::string_view exercises_path = "/api/practise/drills/exercises";
constexpr std::string_view public_url = "https://port.example";

std::string text_of(const object& answer, std::string_view name) {
    return std::string(answer.at(boost::json::string_view(name.data(), name.size())).as_string());
}

boost::json::array list_of(const std::vector<OrganisationId>& ids) {
    boost::json::array list;
    for (const auto& id : ids) list.emplace_back(id.text);
    return list;
}

}  // namespace

std::string Life::mobile_of(int number) { return "+8190" + std::to_string(10'000'000 + number); }

std::vector<Channel> Life::some_channels(bool has_mobile) {
    if (!has_mobile) return {Channel::email};
    static const std::vector<std::vector<Channel>> orders{
        {Channel::email, Channel::sms, Channel::voice},
        {Channel::sms, Channel::email},
        {Channel::voice, Channel::sms, Channel::email},
        {Channel::sms},
        {Channel::email}};
    return dice_.one_of(orders);
}

Life::Life(Harbour& harbour) : harbour_(harbour), dice_(harbour.dice) {
    harbour_.when_read = [this](const journal::Claim& claim) { read_message(claim); };
    harbour_.when_reported = [this](const Delivery& delivery, bool arrived) {
        report(delivery, arrived);
    };
}

// ---- the port ------------------------------------------------------------------------------

void Life::settle() {
    auto& rooms = harbour_.machine.rooms();
    int count = 0;
    const auto make_organisation = [&](OrganisationKind kind, const std::string& name,
                                       bool is_member, std::vector<OrganisationId> serves = {}) {
        Organisation made;
        harbour_.machine.perform([&](journal::Recorder& recorder) -> Result<> {
            TRY_LET(made.id, rooms.council.register_organisation(
                                 recorder, {kind, name, "Organisation", "", is_member,
                                            std::move(serves), "当直"}));
            return {};
        });
        return made;
    };
    const auto make_person = [&](Organisation& organisation, Role role) {
        const std::string number = std::to_string(++count);
        PersonId made;
        harbour_.machine.perform([&](journal::Recorder& recorder) -> Result<> {
            TRY_LET(made, rooms.council.register_person(
                              recorder,
                              {"港 " + number + "郎", "みなと " + number, "person" + number,
                               dice_.chance(0.8) ? Language::ja : Language::en},
                              {{organisation.id, role}}));
            return {};
        });
        // One in ten cannot be reached at all, one in twenty has an old address; some have but one
        // channel, some wish to be telephoned first.
        if (!dice_.chance(0.1))
            harbour_.machine.perform([&](journal::Recorder& recorder) -> Result<> {
                const std::string address =
                    (dice_.chance(0.05) ? "gone." : "person") + number + "@port.example";
                const std::string mobile = dice_.chance(0.7) ? mobile_of(count) : "";
                TRY(rooms.contacts.change_contact(
                    recorder, made, {address, mobile, "", "", some_channels(!mobile.empty())}));
                return {};
            });
        organisation.people.push_back(made);
        return made;
    };

    manager_ = make_organisation(OrganisationKind::port_manager, "北港管理組合", true);
    administrator_ = make_person(manager_, Role::administrator);
    duty_ = make_person(manager_, Role::duty_officer);
    desk_ = {duty_, make_person(manager_, Role::leader)};
    for (int i = 0; i < 3; ++i) desk_.push_back(make_person(manager_, Role::clerk));
    harbour_.observer = duty_;

    for (std::uint64_t i = 0, most = 2 + dice_.below(4); i < most; ++i) {
        auto made = make_organisation(OrganisationKind::terminal_operator,
                                      "第" + std::to_string(i + 1) + "埠頭運営", true);
        make_person(made, Role::security_person);
        make_person(made, Role::clerk);
        for (std::uint64_t p = dice_.below(4); p > 0; --p) make_person(made, Role::member);
        harbour_.machine.perform([&](journal::Recorder& recorder) -> Result<> {
            TRY_LET(const auto terminal, rooms.port.register_terminal(
                                             recorder, {"第" + std::to_string(i + 1) + "ターミナル",
                                                        "",
                                                        made.id,
                                                        "T" + std::to_string(i),
                                                        {},
                                                        {},
                                                        ""}));
            terminals_.push_back(terminal.text);
            return {};
        });
        operators_.push_back(std::move(made));
    }
    for (const auto& [kind, name] :
         {std::pair{OrganisationKind::police, "北港警察署"},
          {OrganisationKind::coast_guard, "北港海上保安部"},
          {OrganisationKind::harbour_transport_association, "北港運協会"},
          {OrganisationKind::haulier, "北陸運"},
          {OrganisationKind::shipping_line, "北海汽船"}}) {
        auto made = make_organisation(kind, name, kind != OrganisationKind::shipping_line);
        make_person(made, Role::liaison);
        for (std::uint64_t p = dice_.below(5); p > 0; --p) make_person(made, Role::member);
        others_.push_back(std::move(made));
    }
    auto vendor = make_organisation(OrganisationKind::vendor, "北港システムズ", false,
                                    {operators_.front().id});
    make_person(vendor, Role::security_person);
    others_.push_back(std::move(vendor));
}

void Life::begin(Instant end) {
    end_ = end;
    every(36h, [this] {
        const bool by_operator = dice_.chance(0.3);
        const auto& person =
            by_operator ? dice_.one_of(operators_).people.front() : dice_.one_of(desk_);
        open_incident(person, "", dice_.between(3h, 72h));
    });
    every(6 * 24h, [this] { hold_exercise(); });
    every(48h, [this] { change_contact(); });
    every(10 * 24h, [this] { erase_somebody(); });
    // The first does not wait: a short storm is to see something as well.
    later(1h, [this] { open_incident(duty_, "", 24h); });
    later(5h, [this] { hold_exercise(); });
}

void Life::later(Span wait, Schedule::Action action) {
    harbour_.in(wait, [this, action = std::move(action)] {
        if (!is_over()) action();
    });
}

void Life::every(Span mean, Schedule::Action action) {
    later(dice_.wait(mean), [this, mean, action] {
        action();
        every(mean, action);
    });
}

// ---- wishes --------------------------------------------------------------------------------

std::string Life::tag() const {
    return "#w" + std::to_string(harbour_.ledger.wishes().size()) + "#";
}

Wish Life::request(Method method, std::string path, const PersonId& person, const object& body) {
    Wish wish;
    wish.tag = tag();
    wish.call.method = method;
    wish.call.path = std::move(path);
    wish.call.person = person;
    wish.call.body = boost::json::serialize(body);
    wish.call.idempotency_key = "key-" + std::to_string(harbour_.ledger.wishes().size());
    return wish;
}

Wish& Life::want(Wish wish) {
    Wish& added = harbour_.ledger.add(std::move(wish));
    harbour_.send(added);
    return added;
}

std::string Life::sentence() {
    static const std::vector<std::string> subjects{
        "ゲートシステム", "コンテナヤード", "本船荷役", "搬出入票",
        "物理サーバ",     "港湾管理者",     "警察本部", "トレーラーの待機列",
        "ＮＵＴＳ端末",   "予約システム",   "通関業者", "報道対応"};
    static const std::vector<std::string> says{"が停止している",     "は復旧の見込みが立たない",
                                               "から連絡があった",   "を確認中",
                                               "に「待て」と伝えた", "の画面に脅迫文\\が出た",
                                               "は手作業で続ける",   "を\t再起動した\n（二回目）"};
    std::string text;
    for (std::uint64_t i = 0, most = 1 + dice_.below(3); i < most; ++i)
        text += dice_.one_of(subjects) + dice_.one_of(says) + "。";
    return text;
}

// ---- incidents -----------------------------------------------------------------------------

void Life::open_incident(const PersonId& person, const std::string& exercise, Span lasts) {
    static const std::vector<std::string> effects{"security_plan", "ship_movement", "freight",
                                                  "people",        "cargo_data",    "other"};
    object body{{"title", sentence() + tag()}, {"effects", {dice_.one_of(effects)}}};
    if (exercise.empty())
        body["event_time"] = format_rfc3339(harbour_.machine.now() -
                                            dice_.between(0min, dice_.chance(0.2) ? 48h : 1h));
    else
        body["exercise"] = exercise;
    if (dice_.chance(0.5)) body["summary"] = sentence();
    if (dice_.chance(0.5)) body["terminals"] = {dice_.one_of(terminals_)};
    if (dice_.chance(0.3)) {
        std::vector<OrganisationId> readers{manager_.id};
        for (const auto& one : others_)
            if (dice_.chance(0.4)) readers.push_back(one.id);
        body["visibility"] = {{"tlp", dice_.chance(0.5) ? "TLP:AMBER" : "TLP:GREEN"},
                              {"organisations", list_of(readers)}};
    }
    Wish wish = request(Method::post, std::string(incidents_path), person, body);
    wish.when_kept = [this, person, exercise, lasts](const object& kept) {
        Incident made{text_of(kept, "id"), exercise, desk_, 0, false};
        made.writers.push_back(person);
        harbour_.ledger.opened(made.id, exercise);
        incidents_.push_back(std::move(made));
        lives_on(incidents_.size() - 1, lasts);
    };
    want(std::move(wish));
}

void Life::lives_on(std::size_t index, Span lasts) {
    // Most is written in the first hour, by several people at once.
    const auto sometime = [&] {
        return dice_.chance(0.5) ? dice_.between(0s, 1h) : dice_.between(0s, lasts);
    };
    for (std::uint64_t i = 0, most = 15 + dice_.below(60); i < most; ++i)
        later(sometime(), [this, index] {
            // Several lines in the same breath.
            for (std::uint64_t n = dice_.chance(0.1) ? 5 : 1; n > 0; --n) write_entry(index);
        });
    for (std::uint64_t i = 0, most = dice_.below(12); i < most; ++i)
        later(sometime(), [this, index] { remark(index); });
    for (std::uint64_t i = 0, most = dice_.below(8); i < most; ++i)
        later(sometime(), [this, index] { set_milestone(index); });
    for (std::uint64_t i = 0, most = 1 + dice_.below(2); i < most; ++i)
        later(dice_.between(1min, 1h), [this, index] { call_out(index); });
    if (dice_.chance(0.3)) later(sometime(), [this, index] { call_out(index); });
    if (dice_.chance(0.6)) later(sometime(), [this, index] { correct_intake(index); });
    if (dice_.chance(0.3)) later(sometime(), [this, index] { share(index); });
    if (dice_.chance(0.4)) later(sometime(), [this, index] { hand_in(index); });
    if (dice_.chance(0.8)) later(lasts, [this, index] { close(index); });
}

void Life::write_entry(std::size_t index) {
    const Incident& incident = incidents_[index];
    static const std::vector<std::string> kinds{"fact",  "fact",    "fact",    "rumour",
                                                "order", "request", "decision"};
    static const std::vector<std::string> media{"電話", "電子メール", "口頭", "ファクス", "無線"};
    const auto& kind = dice_.one_of(kinds);
    const std::string content = sentence() + tag();
    object body{{"content", content}, {"kind", kind}, {"confirmed", dice_.chance(0.3)}};
    if (dice_.chance(0.8)) body["sender"] = "第1埠頭 田中";
    if (dice_.chance(0.8)) body["receiver"] = "港湾管理者 当直";
    if (dice_.chance(0.8)) body["medium"] = dice_.one_of(media);
    if (incident.exercise.empty() && dice_.chance(0.5))  // some of it comes late
        body["event_time"] = format_rfc3339(harbour_.machine.now() -
                                            dice_.between(0s, dice_.chance(0.2) ? 72h : 30min));
    if (incident.entries > 0 && dice_.chance(0.05))
        body["corrects"] = 1 + dice_.below(static_cast<std::uint64_t>(incident.entries));
    if (kind == "request" && dice_.chance(0.5))
        body["due"] = format_rfc3339(harbour_.machine.now() + dice_.between(10min, 24h));
    if (kind != "order" && dice_.chance(0.2)) body["audiences"] = {"police", "public"};
    if (dice_.chance(0.03)) body["visibility"] = {{"tlp", "TLP:RED"}, {"people", {duty_.text}}};
    Wish wish = request(Method::post, std::string(incidents_path) + "/" + incident.id + "/entries",
                        dice_.one_of(incident.writers), body);
    wish.incident = incident.id;
    wish.content = content;
    wish.when_kept = [this, index](const object&) { ++incidents_[index].entries; };
    want(std::move(wish));
}

void Life::remark(std::size_t index) {
    const Incident& incident = incidents_[index];
    if (incident.entries == 0) return;
    const auto number = 1 + dice_.below(static_cast<std::uint64_t>(incident.entries));
    const std::string content = sentence() + tag();
    Wish wish = request(Method::post,
                        std::string(incidents_path) + "/" + incident.id + "/entries/" +
                            std::to_string(number) + (dice_.chance(0.5) ? "/done" : "/confirm"),
                        dice_.one_of(incident.writers), {{"content", content}});
    wish.incident = incident.id;
    wish.content = content;
    wish.when_kept = [this, index](const object&) { ++incidents_[index].entries; };
    want(std::move(wish));
}

// A file, and an entry that names it.
void Life::hand_in(std::size_t index) {
    const PersonId person = dice_.one_of(incidents_[index].writers);
    Wish wish = request(Method::post,
                        std::string(incidents_path) + "/" + incidents_[index].id + "/attachments",
                        person, {});
    wish.call.query = {{"name", "写真.png"}};
    wish.call.body = sentence() + std::string(dice_.below(4000), 'x') + wish.tag;
    wish.is_tagged = false;
    wish.when_kept = [this, index, person](const object& kept) {
        const std::string content = sentence() + tag();
        const auto& incident = incidents_[index];
        Wish entry =
            request(Method::post, std::string(incidents_path) + "/" + incident.id + "/entries",
                    person, {{"content", content}, {"attachments", {kept.at("sha256")}}});
        entry.incident = incident.id;
        entry.content = content;
        entry.when_kept = [this, index](const object&) { ++incidents_[index].entries; };
        want(std::move(entry));
    };
    want(std::move(wish));
}

void Life::correct_intake(std::size_t index) {
    if (!harbour_.machine.is_on()) return;
    const Incident& incident = incidents_[index];
    const std::string path = std::string(incidents_path) + "/" + incident.id;
    const auto shown = harbour_.machine.ask(duty_, path);
    if (shown.status != 200) return;
    Wish wish = request(Method::put, path, duty_,
                        {{"title", sentence() + tag()}, {"effects", {"freight", "other"}}});
    wish.call.if_match =
        boost::json::parse(shown.body).as_object().at("version").to_number<std::uint64_t>();
    want(std::move(wish));
}

void Life::share(std::size_t index) {
    if (!harbour_.machine.is_on()) return;
    const Incident& incident = incidents_[index];
    const std::string path = std::string(incidents_path) + "/" + incident.id;
    const auto shown = harbour_.machine.ask(duty_, path);
    if (shown.status != 200) return;
    Wish wish = request(Method::put, path + "/visibility", duty_,
                        {{"tlp", "TLP:AMBER"},
                         {"organisations", list_of({manager_.id, others_.front().id})},
                         {"reason", sentence() + tag()}});
    wish.call.if_match =
        boost::json::parse(shown.body).as_object().at("version").to_number<std::uint64_t>();
    want(std::move(wish));
}

void Life::set_milestone(std::size_t index) {
    static const std::vector<std::string> milestones{"detected",         "contained", "system_back",
                                                     "safety_confirmed", "gate_open", "normal"};
    static const std::vector<std::string> states{"announced", "announced", "reached", "withdrawn"};
    const Incident& incident = incidents_[index];
    want(request(Method::post, std::string(incidents_path) + "/" + incident.id + "/milestones",
                 dice_.one_of(incident.writers),
                 {{"terminal", dice_.one_of(terminals_)},
                  {"milestone", dice_.one_of(milestones)},
                  {"state", dice_.one_of(states)},
                  {"time", format_rfc3339(harbour_.machine.now() + dice_.between(0h, 24h))},
                  {"note", sentence() + tag()}}));
}

void Life::close(std::size_t index) {
    // A call-out ends with its incident, also one that is not known yet: both wishes are on their way.
    closing_.insert(incidents_[index].id);
    for (auto& [id, alarm] : harbour_.ledger.alarms())
        if (alarm.incident == incidents_[index].id) alarm.is_ending = true;
    const std::string path = std::string(incidents_path) + "/" + incidents_[index].id;
    want(request(Method::post, path + "/close", duty_, {{"reason", sentence() + tag()}}));
    if (dice_.chance(0.2))
        later(dice_.between(1h, 24h), [this, path, index] {
            want(request(Method::post, path + "/reopen", duty_, {{"reason", sentence() + tag()}}));
            for (int i = 0; i < 3; ++i) write_entry(index);
        });
}

// ---- call-outs -----------------------------------------------------------------------------

object Life::some_call(const std::string& incident, const std::vector<OrganisationId>& called,
                       int reminders, int channel_after) {
    object call{{"incident", incident},
                {"text", sentence() + "対策本部に集まってください。" + tag()},
                {"organisations", list_of(called)},
                {"remind_after_minutes", 1 + dice_.below(30)},
                {"reminders", reminders},
                {"channel_after_minutes", channel_after}};
    if (dice_.chance(0.3)) {
        call["deputies"] = true;
        if (dice_.chance(0.5)) call["deputy_after_minutes"] = 5 + dice_.below(30);
    }
    // One of each first, everybody there if none of them comes.
    if (dice_.chance(0.3)) {
        call["roles"] = {"security_person", "duty_officer", "liaison"};
        call["waves"] = boost::json::array{
            object{{"organisations", list_of(called)}, {"after_minutes", 1 + dice_.below(20)}}};
    }
    return call;
}

void Life::call_out(std::size_t index) {
    const Incident& incident = incidents_[index];
    std::vector<OrganisationId> called{manager_.id};
    for (const auto* all : {&operators_, &others_})
        for (const auto& one : *all)
            if (dice_.chance(0.4)) called.push_back(one.id);
    const int reminders = static_cast<int>(dice_.below(4));
    const int channel_after = static_cast<int>(dice_.below(6));
    Wish wish = request(Method::post, std::string(callouts_path), dice_.one_of(desk_),
                        some_call(incident.id, called, reminders, channel_after));
    wish.when_kept = [this, exercise = incident.exercise, incident = incident.id, reminders,
                      channel_after](const object& kept) {
        const std::string id = text_of(kept, "id");
        Alarm& alarm = harbour_.ledger.alarms()[id];
        alarm.exercise = exercise;
        alarm.incident = incident;
        alarm.reminders = reminders;
        alarm.channel_after = std::chrono::minutes(channel_after);
        alarm.known_at = harbour_.now();
        alarm.is_ending = closing_.contains(incident);
        // In the middle of an alarm is where an end does most harm.
        if (dice_.chance(0.3))
            later(dice_.between(0s, 10min),
                  [this] { harbour_.stop_process_after(1 + dice_.below(20)); });
        for (const auto& value : kept.at("addressees").as_array()) {
            const auto& one = value.as_object();
            alarm.addressees[text_of(one, "person")].is_reachable =
                text_of(one, "state") == "waiting";
        }
        harbour_.expect_tries(id);
        harbour_.expect_reached(id);
        // Some do not wait for the mail: they sign in, or are reached by telephone.
        for (const auto& [called_person, addressee] : alarm.addressees) {
            if (!dice_.chance(0.15)) continue;
            later(dice_.between(1s, 3h), [this, id, person = PersonId{called_person}] {
                object body = some_answer();
                Wish given;
                given.call.person = person;
                if (dice_.chance(0.5)) {
                    body["person"] = person.text;
                    given.call.person = duty_;
                }
                given.call.path = std::string(callouts_path) + "/" + id + "/answers";
                answer(id, person, std::move(given), std::move(body));
            });
        }
        if (dice_.chance(0.5))
            later(dice_.between(10min, 20h), [this, id] {
                harbour_.ledger.alarms()[id].is_ending = true;
                Wish resolve = request(
                    Method::post, std::string(callouts_path) + "/" + id + "/resolve", duty_, {});
                resolve.call.body.clear();
                resolve.is_tagged = false;
                resolve.when_kept = [this, id](const object&) {
                    harbour_.ledger.alarms()[id].is_over = true;
                };
                want(std::move(resolve));
            });
    };
    want(std::move(wish));
}

object Life::some_answer() {
    const auto which = dice_.below(3);
    if (which == 0) return {{"answer", "cannot"}};
    if (which == 1) return {{"answer", "substitute"}, {"substitute", "代理 次郎"}};
    return {{"answer", "coming"},
            {"coming_at", format_rfc3339(harbour_.machine.now() + dice_.between(10min, 3h))}};
}

void Life::answer(const std::string& callout, const PersonId& person, Wish wish, object body) {
    Call call = std::move(wish.call);
    body["note"] = sentence() + tag();
    wish = request(Method::post, call.path, call.person, body);
    wish.is_sealed = true;
    wish.sealed_for = person;
    harbour_.ledger.alarms()[callout].addressees[person.text].is_answering = true;
    wish.when_kept = [this, callout, person](const object&) {
        harbour_.ledger.alarms()[callout].addressees[person.text].has_answered = true;
    };
    want(std::move(wish));
}

void Life::read_message(const journal::Claim& claim) {
    const std::string& text = claim.message.text;
    constexpr std::string_view prefix = "respond.callout/";
    // A call is answered while it lasts; an answer to strange words asks for nothing new.
    if (!claim.topic.starts_with(prefix) || claim.message.channel == Channel::voice ||
        claim.message.key.contains("/help-"))
        return;
    const std::string start = std::string(public_url) + "/l/";
    const auto at = text.find(start);
    if (at == std::string::npos)
        return harbour_.ledger.complain(harbour_.ledger.violations,
                                        "message " + claim.message.key + " has no link");
    const auto from = at + start.size();
    const std::string link = text.substr(from, text.find_first_of("\r\n \t", from) - from);
    const std::string path = "/api/respond/callout/link/" + link;
    // Mail scanners open every link at once; that is no answer.
    if (harbour_.machine.is_on() && dice_.chance(0.5)) harbour_.machine.ask({}, path);
    const std::string callout = claim.topic.substr(prefix.size());
    if (!dice_.chance(0.8)) return;  // asleep
    const auto respond = [this, path, callout, claim] {
        if (claim.message.channel == Channel::sms && dice_.chance(0.7)) return reply(claim);
        Wish given;
        given.call.path = path;
        answer(callout, claim.person, std::move(given), some_answer());
    };
    later(dice_.wait(20min), respond);
    if (dice_.chance(0.15)) later(dice_.between(20min, 6h), respond);  // thinks better of it
}

// A short message back. The gateway brings it until it is thanked, and sometimes once more.
void Life::reply(const journal::Claim& claim) {
    const std::string& text = claim.message.text;
    // The letter by which the message asks to be answered stands at the end of the line before the
    // link.
    const auto line_end = text.find("\nhttps://");
    const auto code_at = text.rfind(' ', line_end);
    if (line_end == std::string::npos || code_at == std::string::npos)
        return harbour_.ledger.complain(harbour_.ledger.violations,
                                        "message " + claim.message.key + " names no code");
    const std::string code = text.substr(code_at + 1, line_end - code_at - 1);
    const bool is_readable = dice_.chance(0.9);
    static const std::vector<std::string> forms{"1", "2", "３", "参集可 "};
    const std::string words = is_readable ? dice_.one_of(forms) + code : "了解しました？";
    Wish wish = request(Method::get, "/api/respond/callout/inbound/sms", {}, {});
    wish.call.body.clear();
    wish.call.idempotency_key.clear();
    wish.call.query = {{"token", std::string(Machine::inbound_token)},
                       {"from", claim.message.to},
                       {"text", words}};
    wish.is_tagged = false;
    // Whose telephone it is, is known from the contact list alone.
    if (is_readable && number_of(claim.person) == claim.message.to)
        wish.when_kept = [this, claim](const object&) {
            if (number_of(claim.person) == claim.message.to) harbour_.expect_answer(claim);
        };
    want(std::move(wish));
}

std::string Life::number_of(const PersonId& person) const {
    if (!harbour_.machine.is_on()) return {};
    return harbour_.machine.rooms()
        .contacts.state()
        .address_of(person, Channel::sms)
        .value_or(std::string());
}

void Life::report(const Delivery& delivery, bool arrived) {
    for (int times = dice_.chance(0.1) ? 2 : 1; times > 0; --times) {
        Wish wish = request(Method::get, "/api/respond/callout/inbound/receipt", {}, {});
        wish.call.body.clear();
        wish.call.idempotency_key.clear();
        wish.call.query = {{"token", std::string(Machine::inbound_token)},
                           {"gateway", delivery.gateway},
                           {"reference", delivery.reference},
                           {"status", arrived ? "1" : "2"}};
        wish.is_tagged = false;
        want(std::move(wish));
    }
}

// ---- the rest ------------------------------------------------------------------------------

void Life::hold_exercise() {
    static const std::vector<double> speeds{1, 1, 10, 60, 600};
    const double speed = dice_.one_of(speeds);
    object body{{"title", "訓練 " + sentence() + tag()}, {"speed", speed}};
    if (dice_.chance(0.5)) body["starts_at"] = "2023-07-04T06:30:00+09:00";
    Wish wish = request(Method::post, std::string(exercises_path), duty_, body);
    wish.when_kept = [this](const object& kept) {
        const std::string id = text_of(kept, "id");
        const std::string path = std::string(exercises_path) + "/" + id;
        const Span lasts = dice_.between(1h, 8h);
        for (std::uint64_t i = 1 + dice_.below(2); i > 0; --i)
            later(dice_.between(1min, 20min),
                  [this, id, lasts] { open_incident(duty_, id, lasts); });
        for (std::uint64_t i = dice_.below(4); i > 0; --i)
            later(dice_.between(1min, lasts), [this, path] {
                static const std::vector<double> paces{0, 1, 5, 100, 1000};
                Wish pace =
                    request(Method::post, path + "/pace", duty_, {{"speed", dice_.one_of(paces)}});
                pace.is_tagged = false;
                want(std::move(pace));
            });
        // Exercises end, also when the storm does: a paused one would never come to rest.
        harbour_.in(lasts, [this, path] {
            Wish ending = request(Method::post, path + "/end", duty_, {});
            ending.call.body.clear();
            ending.is_tagged = false;
            want(std::move(ending));
        });
    };
    want(std::move(wish));
}

void Life::change_contact() {
    const auto& organisation = dice_.one_of(dice_.chance(0.5) ? operators_ : others_);
    const PersonId person = dice_.one_of(organisation.people);
    const auto number = harbour_.ledger.wishes().size();
    object contact{{"email", "new" + std::to_string(number) + "@port.example"}};
    if (dice_.chance(0.7)) contact["mobile"] = mobile_of(static_cast<int>(10'000 + number));
    boost::json::array channels;
    for (const auto channel : some_channels(contact.contains("mobile")))
        channels.emplace_back(std::string(name_of(channel)));
    contact["channels"] = std::move(channels);
    Wish wish = request(Method::put, "/api/prepare/contacts/" + person.text, person, contact);
    wish.is_tagged = false;
    want(std::move(wish));
}

void Life::erase_somebody() {
    auto& organisation = others_[dice_.below(others_.size())];
    if (organisation.people.size() < 2) return;
    const PersonId person = organisation.people.back();
    organisation.people.pop_back();
    Wish wish = request(Method::post, "/api/prepare/council/people/" + person.text + "/erase",
                        administrator_, {});
    wish.call.body.clear();
    wish.is_tagged = false;
    wish.when_kept = [this, person](const object&) { erased_.push_back(person); };
    want(std::move(wish));
}

}  // namespace noroshi::storm
