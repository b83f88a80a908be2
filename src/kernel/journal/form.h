#pragma once
// Words that many messages of one alarm share, with blanks for what is each reader's own: a name, a
// link. The outbox keeps a form once, sealed, and of each message only what fills the blanks; else a
// call-out to ten thousand people would be written to the disk three times in full: when it is asked
// for, when it is claimed and when it is done. Whoever claims a message gets its whole words.
//
//     const auto name = keep_form(recorder, dispatch.topic, form);   // once a command
//     write_by_form(dispatch.message, name, {person, link});
//
// The journal lets a form go when no message of its topic is unfinished.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/courier.h"

namespace noroshi::journal {

class Recorder;

struct Form {
    std::string subject, text, html;
};
BOOST_DESCRIBE_STRUCT(Form, (), (subject, text, html))

// What stands for the n-th of a message's blanks, n < 26; in `html` it is filled with escaped text.
std::string blank(std::size_t n);
// Text of people, in which nothing is taken for a blank.
std::string without_blanks(std::string text);

// Keeps the form with what this command records. Returns its name, the same for the same words.
std::string keep_form(Recorder& recorder, std::string_view topic, const Form& form);
// The same under a name of the caller's, in place of what it named before: messages that are still to be
// transmitted, first or again, get the new words.
void keep_form_as(Recorder& recorder, std::string_view topic, std::string_view name,
                  const Form& form);
// Subject, text and html of the message are the form's, filled with these.
void write_by_form(Message& message, std::string_view name, const std::vector<std::string>& blanks);

// ---- for the journal -----------------------------------------------------------------------------

// A form is a secret of this kind and form_id().
inline constexpr std::string_view form_kind = "outbox_form";
std::string form_id(std::string_view topic, std::string_view name);
std::string_view topic_of_form(std::string_view id);
bool is_by_form(const Message& message);
std::string_view form_name_in(const Message& message);  // empty: it is not written by a form
// A blank that the message does not fill is left out.
void fill_in(Message& message, const Form& form);

}  // namespace noroshi::journal
