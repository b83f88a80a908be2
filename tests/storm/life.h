#pragma once
// What the people of the port do in a storm: open incidents, write entries, call out, answer,
// promise times, correct themselves, hold exercises, move away and are erased. Everything they want
// goes to the harbour as a wish and is sent until it is answered.

#include <set>
#include <string>
#include <vector>

#include "tests/storm/harbour.h"

namespace noroshi::storm {

class Life {
public:
    explicit Life(Harbour& harbour);

    // Makes organisations, people, contacts and terminals, before anything goes wrong.
    void settle();
    // From now on things happen, until `end`.
    void begin(Instant end);

    const std::vector<PersonId>& erased() const { return erased_; }

private:
    struct Organisation {
        OrganisationId id;
        std::vector<PersonId> people;
    };
    struct Incident {
        std::string id;
        std::string exercise;
        std::vector<PersonId> writers;
        int entries = 0;  // acknowledged
        bool is_closed = false;
    };

    bool is_over() const { return harbour_.now() >= end_; }
    // Does it after the wait, unless the storm is over by then.
    void later(Span wait, Schedule::Action action);
    void every(Span mean, Schedule::Action action);
    std::string tag() const;
    Wish& want(Wish wish);
    Wish request(edge::http::Method method, std::string path, const PersonId& person,
                 const boost::json::object& body);
    std::string sentence();

    void open_incident(const PersonId& person, const std::string& exercise, Span lasts);
    void lives_on(std::size_t index, Span lasts);
    void write_entry(std::size_t index);
    void remark(std::size_t index);
    void hand_in(std::size_t index);
    void correct_intake(std::size_t index);
    void share(std::size_t index);
    void set_milestone(std::size_t index);
    void close(std::size_t index);
    void call_out(std::size_t index);
    boost::json::object some_call(const std::string& incident,
                                  const std::vector<OrganisationId>& called, int reminders,
                                  int channel_after);
    void read_message(const journal::Claim& claim);
    void reply(const journal::Claim& claim);
    void report(const Delivery& delivery, bool arrived);
    std::string number_of(const PersonId& person) const;
    static std::string mobile_of(int number);
    std::vector<Channel> some_channels(bool has_mobile);
    void answer(const std::string& callout, const PersonId& person, Wish wish,
                boost::json::object body);
    boost::json::object some_answer();
    void hold_exercise();
    void change_contact();
    void erase_somebody();

    Harbour& harbour_;
    Dice& dice_;
    Instant end_;
    Organisation manager_;
    PersonId administrator_, duty_;
    std::vector<PersonId> desk_;  // of the port manager: who write
    std::vector<Organisation> operators_;
    std::vector<Organisation> others_;
    std::vector<std::string> terminals_;
    std::vector<Incident> incidents_;
    std::set<std::string> closing_;  // somebody wants them closed
    std::vector<PersonId> erased_;
};

}  // namespace noroshi::storm
