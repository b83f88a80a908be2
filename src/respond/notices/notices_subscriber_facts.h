#pragma once
// Who asked to be told by mail, in streams "respond/notices/subscribers/<id>", and how far the letters
// about an edition have gone, in "respond/notices/letters". Addresses are sealed under a key of the
// subscriber's own; ending the subscription deletes it. Live by nature: the public takes no part in
// exercises.

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/crypto/keyring.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"
#include "respond/notices/notices_facts.h"

namespace noroshi::respond::notices {

struct SubscriberTag;
using SubscriberId = Id<SubscriberTag>;

// Asked for, and said again by the link in the mail.
struct SubscriptionConfirmed {
    static constexpr std::string_view kind = "respond.notices.subscription_confirmed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    SubscriberId subscriber;
    Personal email;
    Language language = Language::ja;
};
BOOST_DESCRIBE_STRUCT(SubscriptionConfirmed, (), (subscriber, email, language))

enum class SubscriptionEnding { unsubscribed, refused, erased };
BOOST_DESCRIBE_ENUM(SubscriptionEnding, unsubscribed, refused, erased)

// The subscriber's key is deleted in the same commit.
struct SubscriptionEnded {
    static constexpr std::string_view kind = "respond.notices.subscription_ended";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    SubscriberId subscriber;
    SubscriptionEnding why = SubscriptionEnding::unsubscribed;
};
BOOST_DESCRIBE_STRUCT(SubscriptionEnded, (), (subscriber, why))

// The address's server said no, for good.
struct LetterRefused {
    static constexpr std::string_view kind = "respond.notices.letter_refused";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    SubscriberId subscriber;
};
BOOST_DESCRIBE_STRUCT(LetterRefused, (), (subscriber))

// A batch of letters was handed to the outbox: to the subscribers whose id is at most `until`.
struct LettersSent {
    static constexpr std::string_view kind = "respond.notices.letters_sent";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    NoticeId notice;
    std::uint32_t edition = 1;
    std::string until;
    std::uint32_t letters = 0;
    bool finished = false;
};
BOOST_DESCRIBE_STRUCT(LettersSent, (), (notice, edition, until, letters, finished))

}  // namespace noroshi::respond::notices
