#include "edge/courier/handset_courier.h"

#include <fstream>

#include <boost/json.hpp>

#include "kernel/i18n/i18n.h"
#include "kernel/json/json.h"

namespace noroshi::edge::courier {

BOOST_DESCRIBE_STRUCT(Shown, (), (at, to, to_name, subject, text, drill))

HandsetCourier::HandsetCourier(std::string file, const Clock& clock)
    : file_(std::move(file)), clock_(clock) {
    if (file_.empty()) return;
    std::ifstream lines(file_, std::ios::binary);
    for (std::string line; std::getline(lines, line);) {
        if (auto one = json::from_text<Shown>(line)) shown_.push_back(std::move(*one));
        if (shown_.size() > kept) shown_.pop_front();
    }
}

namespace {

// What a push shows is written as JSON for the service worker (respond/callout).
std::string in_push(const Message& message, std::string_view name) {
    boost::system::error_code error;
    const auto read = boost::json::parse(message.text, error);
    const auto* object = error ? nullptr : read.if_object();
    const auto* found = object == nullptr ? nullptr : object->if_contains(name);
    return found == nullptr || !found->is_string() ? std::string()
                                                   : std::string(found->get_string());
}

std::string text_of(const Message& message) {
    if (message.channel == Channel::push)
        return in_push(message, "body") + "\n" + in_push(message, "url");
    // Of a chat, what is asked and the link stand apart; of a call, what follows a key.
    if (message.channel == Channel::chat) return message.text + "\n\n" + message.html;
    return message.text;
}

// What the telephone shows above it: of a call and of an SMS, that it is one.
std::string heading_of(const Message& message) {
    if (message.channel == Channel::email) return message.subject;
    if (message.channel == Channel::push)
        return i18n::text(Language::ja, "edge.courier.handset_push",
                          {{"title", in_push(message, "title")}});
    if (message.channel == Channel::chat)
        return i18n::text(Language::ja, "edge.courier.handset_chat", {{"title", message.subject}});
    const bool call = message.channel == Channel::voice;
    // A call's subject is the language that is spoken (kernel/courier.h).
    const auto language = call && message.subject == "en" ? Language::en : Language::ja;
    return (message.drill ? i18n::text(language, "edge.courier.handset_drill") : std::string()) +
           i18n::text(language, call ? "edge.courier.handset_call" : "edge.courier.handset_sms");
}

}  // namespace

Delivery HandsetCourier::carry(const Message& message, int) {
    Shown one{clock_.now(),        message.to,       message.to_name,
              heading_of(message), text_of(message), message.drill};
    std::lock_guard lock(guard_);
    if (!file_.empty()) {
        std::ofstream file(file_, std::ios::binary | std::ios::app);
        file << json::to_text(one) << '\n';
        if (!file.flush()) return {Outcome::failed, "handset", "cannot write"};
    }
    shown_.push_back(std::move(one));
    if (shown_.size() > kept) shown_.pop_front();
    return {Outcome::delivered, "handset", {}};
}

std::vector<Shown> HandsetCourier::shown() const {
    std::lock_guard lock(guard_);
    return {shown_.begin(), shown_.end()};
}

}  // namespace noroshi::edge::courier
