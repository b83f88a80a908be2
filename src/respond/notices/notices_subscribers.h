#pragma once
// Letters to those who asked for them: by mail, twice confirmed, ended with one click (RFC 8058).
// Every edition is sent, "resolved" included, of every notice; each under one key per subscriber and
// edition, so that nobody gets it twice. Letters leave in batches with a pause between them, so that
// an alarm to the port's own people waits behind a few, not behind thousands.
//
// Mailing hears live publications only: a drill has no letters, by type.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/crypto/keyring.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "prepare/port/port.h"
#include "respond/notices/notices_facts.h"
#include "respond/notices/notices_public.h"
#include "respond/notices/notices_subscriber_facts.h"

namespace noroshi::respond::notices {

namespace port = prepare::port;

inline constexpr std::size_t subscribers_limit = 100'000;
inline constexpr std::size_t letters_in_batch = 200;
inline constexpr auto pause_between_batches = std::chrono::seconds(20);
inline constexpr auto confirmation_lasts = std::chrono::hours(48);
inline constexpr std::uint32_t most_refusals = 3;
inline constexpr std::string_view letters_topic = "respond.notices/letters";

// ---- what stands in links ------------------------------------------------------------------

struct Asked {  // somebody typed this address; whether it is theirs, the link shows
    std::string email;
    Language language = Language::ja;
    Instant expires;
};
std::string seal_asked(const Asked& asked, const Key& installation_key, Random& random);
std::optional<Asked> open_asked(std::string_view sealed, const Key& installation_key);
std::string seal_subscriber(const SubscriberId& id, const Key& installation_key, Random& random);
std::optional<SubscriberId> open_subscriber(std::string_view sealed, const Key& installation_key);

// One plausible address: a single @ with a dot behind it, no blanks, controls or quotes.
bool is_address(std::string_view text);

// ---- the pending side ----------------------------------------------------------------------

class Mailing {
public:
    struct Subscriber {
        std::string email;
        Language language = Language::ja;
        std::uint32_t refusals = 0;
    };
    struct Task {
        NoticeId notice;
        std::uint32_t edition = 1;
        Content content;
        std::string after;  // the last subscriber served
        Instant not_before;
    };

    void attach(journal::Listeners& pending);
    void hear(journal::Live<NoticePublished> fact);
    void hear(journal::Live<SubscriptionConfirmed> fact);
    void hear(journal::Live<SubscriptionEnded> fact);
    void hear(journal::Live<LetterRefused> fact);
    void hear(journal::Live<LettersSent> fact);

    const std::map<SubscriberId, Subscriber>& subscribers() const { return subscribers_; }
    const Subscriber* find(const SubscriberId& id) const;
    std::optional<SubscriberId> find_address(std::string_view email) const;
    const std::deque<Task>& tasks() const { return tasks_; }

private:
    std::map<SubscriberId, Subscriber> subscribers_;
    std::map<std::string, SubscriberId> by_address_;  // folded
    std::deque<Task> tasks_;
};

template <class Fact>
concept Mailed = requires(Mailing& mailing, Fact fact) { mailing.hear(fact); };
static_assert(Mailed<journal::Live<NoticePublished>>);
static_assert(!Mailed<journal::Drill<NoticePublished>>, "a drill is never mailed to the public");

// ---- the room's part -----------------------------------------------------------------------

class Subscribers {
public:
    struct Options {
        std::string zone;
        std::string mail_domain;
    };
    // Before Journal::start(); the others must outlive it.
    Subscribers(journal::Journal& journal, const port::Port& port, const PublicView& site,
                Options options);

    const Mailing& mailing() const { return mailing_; }  // journal's thread only

    // Asks by mail whether the address's holder wants it; at most one such mail an hour and address.
    // Says nothing of whether it is known. Errors: invalid respond.notices.address_malformed.
    Result<> ask(journal::Recorder& recorder, std::string_view email, Language language);
    // Errors: not_found respond.notices.link_invalid, forbidden respond.notices.link_expired.
    Result<> confirm(journal::Recorder& recorder, std::string_view sealed);
    Result<> end(journal::Recorder& recorder, std::string_view sealed);
    // By somebody at the desk, who was asked to. Errors: not_found respond.notices.unknown_address.
    Result<> erase(journal::Recorder& recorder, std::string_view email);

private:
    std::optional<Instant> next_due() const;
    Result<> fire(journal::Recorder& recorder);
    void hear_of(journal::Recorder& recorder, const store::OutboxRow& row);
    void finish(journal::Recorder& recorder, const SubscriberId& id, SubscriptionEnding why);
    void send(journal::Recorder& recorder, const Mailing::Task& task, const SubscriberId& id,
              const Mailing::Subscriber& subscriber, const Picture& names);

    journal::Journal& journal_;
    const port::Port& port_;
    const PublicView& site_;
    Options options_;
    Mailing mailing_;
};

}  // namespace noroshi::respond::notices
