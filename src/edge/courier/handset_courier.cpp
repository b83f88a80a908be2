#include "edge/courier/handset_courier.h"

#include <fstream>

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

// What the telephone shows above it: of a call and of an SMS, that it is one.
std::string heading_of(const Message& message) {
    if (message.channel == Channel::email) return message.subject;
    const bool call = message.channel == Channel::voice;
    // A call's subject is the language that is spoken (kernel/courier.h).
    const auto language = call && message.subject == "en" ? Language::en : Language::ja;
    return (message.drill ? i18n::text(language, "edge.courier.handset_drill") : std::string()) +
           i18n::text(language, call ? "edge.courier.handset_call" : "edge.courier.handset_sms");
}

}  // namespace

Delivery HandsetCourier::carry(const Message& message, int) {
    Shown one{clock_.now(),        message.to,   message.to_name,
              heading_of(message), message.text, message.drill};
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
