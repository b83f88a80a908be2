#pragma once
// Stories: policies of the port, told in sentences and acted out by its people on the real rooms.
//
// A Port has a journal on SQLite in a folder of its own, a pretend clock, seeded randomness, every
// room of app/rooms.h and a mailbox in place of the mail gateway. People act through the routes as
// the server would let them: permissions, JSON, versions and idempotency keys included. Time moves
// only by fast_forward(), which lets timers and messages come due in order. Every message must be
// expected: one that nobody expected fails the story at its end.
//
//   // Guideline 3.1.2: an alarm goes on until it is answered.
//   STORY("who has not answered is reminded")
//   {
//       auto port = Port::with("two_terminals");
//       auto incident = port.as("k.mori").open_incident("ゲート停止");
//       port.as("k.mori").call_out(incident, {"north"}, "至急参集");
//       port.expect_mail("n.kato").about("ゲート停止").says("至急参集");
//       port.fast_forward(9min);
//       port.expect_no_message();
//       …
//   }

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "kernel/courier.h"
#include "kernel/time/time.h"

// A test whose name is a sentence.
#define STORY(sentence) NOROSHI_STORY_(sentence, __LINE__)
#define NOROSHI_STORY_(sentence, line) NOROSHI_STORY__(sentence, line)
#define NOROSHI_STORY__(sentence, line)                                     \
    static void story_##line();                                             \
    static const bool story_##line##_told =                                 \
        ::noroshi::story::tell(sentence, __FILE__, __LINE__, story_##line); \
    static void story_##line()

namespace noroshi::story {

using namespace std::chrono_literals;
namespace json = boost::json;

bool tell(const char* sentence, const char* file, int line, void (*act)());

class Port;

struct Incident {
    std::string id;
    std::string title;
    std::uint64_t number = 0;
    std::uint64_t version = 1;
};

// What a route answered.
struct Answer {
    int status = 0;
    json::value body;
    std::string text;
    std::string key;      // of a problem: "respond.incident.unknown"
    std::string pointer;  // of its first error
    std::string etag;
    std::string location;
    bool replayed = false;
};

// A mail that arrived. Each check fails the story where it is written.
class Mail {
public:
    Mail() = default;
    explicit Mail(Message message) : message_(std::move(message)) {}
    // In the subject or the text.
    const Mail& says(std::string_view words) const;
    const Mail& does_not_say(std::string_view words) const;
    const Mail& about(std::string_view title) const { return says(title); }
    // 【訓練】 at the start of the subject, and the machine-readable mark.
    const Mail& is_a_drill() const;
    const Mail& is_no_drill() const;
    // What stands after /l/ in the answer link.
    std::string link() const;
    const Message& message() const { return message_; }

private:
    Message message_;
};

// Somebody at the port. Whatever is not said to be refused must be accepted.
class Person {
public:
    Person(Port& port, std::string login) : port_(port), login_(std::move(login)) {}

    // Any route; `target` with its query. Nothing is expected of the answer.
    Answer get(std::string target) const;
    Answer post(std::string target, const json::value& body,
                std::string idempotency_key = {}) const;
    Answer put(std::string target, const json::value& body, std::uint64_t version) const;
    Answer upload(const Incident& incident, std::string name, std::string bytes,
                  std::string media_type) const;

    // The board. `more` is merged into the request.
    Incident open_incident(std::string title, json::object more = {}) const;
    std::uint64_t write(const Incident& incident, std::string content,
                        json::object more = {}) const;
    std::uint64_t correct(const Incident& incident, std::uint64_t number, std::string content,
                          json::object more = {}) const;
    std::uint64_t confirm(const Incident& incident, std::uint64_t number) const;
    std::uint64_t report_done(const Incident& incident, std::uint64_t number) const;
    void set_milestone(const Incident& incident, std::string terminal, std::string milestone,
                       std::string state, Instant time) const;
    void close(const Incident& incident) const;

    // What this person sees.
    json::array entries(const Incident& incident, std::string query = {}) const;
    json::object entry(const Incident& incident, std::uint64_t number) const;
    std::vector<std::uint64_t> numbers(const Incident& incident, std::string query = {}) const;
    std::vector<std::uint64_t> open_tasks(const Incident& incident) const;
    std::uint64_t hidden(const Incident& incident) const;
    std::vector<std::string> live_titles() const;
    std::vector<std::string> titles_in(const std::string& exercise) const;
    std::vector<std::string> found(std::string words, std::string exercise = {}) const;
    json::object review(const Incident& incident) const;

    // Exercises; the id is returned.
    std::string start_exercise(std::string title, Instant starts_at, double speed,
                               json::object more = {}) const;
    void pace(const std::string& exercise, double speed) const;
    void end_exercise(const std::string& exercise) const;

    // The alarm. Organisations by the short names of the port.
    std::string call_out(const Incident& incident, const std::vector<std::string>& organisations,
                         std::string text, json::object more = {}) const;
    json::object callout(const std::string& callout) const;

private:
    Port& port_;
    std::string login_;
};

class Port {
public:
    // "two_terminals": a port manager with duty officer (k.mori), leader (a.sato), liaison (l.mori),
    // administrator (adm) and five clerks (c.abe c.ito c.ueda c.endo c.oka); the operators of two
    // terminals, north (security n.kato, member n.ono) and south (security s.hara); police (p.tani),
    // coast_guard (g.kai), hauliers (h.seki), expert (e.noda); outside the port's community a vendor
    // who serves north (v.ueno) and a shipper (x.mizu). It is 06:30 on 4 July 2026, a Saturday.
    static Port with(std::string_view which) { return Port(which); }
    ~Port();
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    Person as(std::string login) { return Person(*this, std::move(login)); }
    // Ids of what the port was made with.
    std::string organisation(std::string_view name) const;
    std::string terminal(std::string_view name) const;
    std::string person(std::string_view login) const;

    Instant now() const;
    // Lets timers, messages and retries come due one after the other, up to then.
    void fast_forward(std::chrono::microseconds by);
    // Time passes while the server is not running.
    void stop_for(std::chrono::microseconds by);
    // Stops the server and starts it again on the same data.
    void restart();
    // Makes the next `count` mails to this person end so, before they reach the mailbox.
    void mail_will(std::string login, Outcome outcome, int count = 1);

    // The oldest mail to this person that was not expected yet; the story fails if there is none.
    Mail expect_mail(std::string_view login);
    // The same over the telephone; a person has a mobile once given one.
    void give_mobile(std::string login, std::string number,
                     json::array channels = {"email", "sms"});
    Mail expect_sms(std::string_view login);
    Mail expect_call(std::string_view login);
    // What this person answers by a digit to the next call.
    void will_press(std::string login, std::string digit);
    // A short reply from somebody's telephone, as a gateway brings it.
    void reply(std::string_view number, std::string_view text);
    // What a gateway reports later about the newest short message to this person.
    void report(std::string_view login, bool arrived);
    // Test messages through two mail relays ("relay1", "relay2") and one gateway for SMS ("smsc"),
    // every hour.
    void watch_gateways();
    // And a chat with two services, and the browsers of the duty officer.
    void watch_chat_and_push();
    enum class GatewayMood { well, away, hangs };
    void gateway_is(std::string name, GatewayMood mood);
    int tests_of(const std::string& gateway) const;  // that it took
    void expect_no_message(std::string_view login);
    void expect_no_message();

    // Answers by the link of a mail, without signing in.
    Answer open_link(const Mail& mail);
    Answer answer(const Mail& mail, json::object answer);

    // Asks a route as this login, or as nobody.
    Answer ask(std::string_view login, std::string_view method, std::string target,
               std::string body, std::vector<std::pair<std::string, std::string>> headers);
    // A file of the public site, as the public listener serves it: "/ja.html". Empty: there is none.
    std::string public_page(std::string_view path);
    // Events after this sequence that the person gets, by polling.
    json::array events_after(std::string_view login, std::uint64_t sequence);
    std::uint64_t sequence() const;
    // Number of facts and whether the chain verifies.
    std::optional<std::uint64_t> verified_facts();

private:
    explicit Port(std::string_view which);
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace noroshi::story
