#include "respond/notices/notices_subscribers.h"

#include <algorithm>

#include <fmt/format.h>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "respond/notices/notices_site.h"

namespace noroshi::respond::notices {

namespace {

constexpr std::string_view asked_purpose = "notices_subscribe";
constexpr std::string_view ended_purpose = "notices_unsubscribe";
constexpr std::size_t longest_link = 1024;

std::string said(Language language, std::string_view key, const Arguments& arguments = {}) {
    return i18n::text(language, "respond.notices." + std::string(key), arguments);
}
PersonId person_of(const SubscriberId& id) { return PersonId{"subscriber/" + id.text}; }
std::string stream_of(const SubscriberId& id) { return "respond/notices/subscribers/" + id.text; }
// Nobody reads these; only the room acts on them.
journal::Place place_of(std::string stream) {
    return {std::move(stream), Visibility{Tlp::red, {}, {}}, {}, {}, {}};
}
constexpr std::string_view letters_stream = "respond/notices/letters";

std::optional<std::string> opened(std::string_view sealed, std::string_view purpose,
                                  const Key& key) {
    if (sealed.size() > longest_link) return {};
    const auto bytes = from_base64url(sealed);
    if (!bytes) return {};
    return open_with(key, *bytes, purpose);
}

std::string key_of(const NoticeId& notice, std::uint32_t edition, const SubscriberId& id) {
    return fmt::format("notices/{}/{}/email/{}", notice.text, edition, id.text);
}

}  // namespace

// ---- links ---------------------------------------------------------------------------------

std::string seal_asked(const Asked& asked, const Key& installation_key, Random& random) {
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(asked.expires).time_since_epoch().count();
    const std::string plain = std::to_string(seconds) + "/" +
                              std::string(i18n::code_of(asked.language)) + "/" + asked.email;
    return to_base64url(seal_with(installation_key, plain, asked_purpose, random));
}

std::optional<Asked> open_asked(std::string_view sealed, const Key& installation_key) {
    const auto plain = opened(sealed, asked_purpose, installation_key);
    if (!plain) return {};
    const auto first = plain->find('/');
    const auto second = plain->find('/', first + 1);
    if (first == std::string::npos || second == std::string::npos) return {};
    std::int64_t seconds = 0;
    for (const char c : std::string_view(*plain).substr(0, first)) {
        if (c < '0' || c > '9' || seconds > 1'000'000'000'000) return {};
        seconds = seconds * 10 + (c - '0');
    }
    const auto language = i18n::parse_language(plain->substr(first + 1, second - first - 1));
    if (!language) return {};
    return Asked{plain->substr(second + 1), *language, Instant{std::chrono::seconds(seconds)}};
}

std::string seal_subscriber(const SubscriberId& id, const Key& installation_key, Random& random) {
    return to_base64url(seal_with(installation_key, id.text, ended_purpose, random));
}

std::optional<SubscriberId> open_subscriber(std::string_view sealed, const Key& installation_key) {
    auto plain = opened(sealed, ended_purpose, installation_key);
    if (!plain || plain->empty()) return {};
    return SubscriberId{std::move(*plain)};
}

bool is_address(std::string_view text) {
    const auto at = text.find('@');
    if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
    const auto domain = text.substr(at + 1);
    if (domain.size() < 3 || domain.starts_with('.') || domain.ends_with('.') ||
        domain.contains("..") || !domain.contains('.'))
        return false;
    return std::ranges::count(text, '@') == 1 && std::ranges::all_of(text, [](char c) {
               return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '<' && c != '>' &&
                      c != ',' && c != ';' && c != '"' && c != '\\' && c != '(' && c != ')' &&
                      c != ':' && c != '[' && c != ']';
           });
}

// ---- the pending side ----------------------------------------------------------------------

void Mailing::attach(journal::Listeners& pending) {
    const auto take = [this](auto fact) { hear(fact); };
    journal::listen_live<NoticePublished>(pending, take);
    journal::listen_live<SubscriptionConfirmed>(pending, take);
    journal::listen_live<SubscriptionEnded>(pending, take);
    journal::listen_live<LetterRefused>(pending, take);
    journal::listen_live<LettersSent>(pending, take);
    pending.on_reset([this] {
        subscribers_.clear();
        by_address_.clear();
        tasks_.clear();
    });
}

void Mailing::hear(journal::Live<NoticePublished> fact) {
    const auto stream = fact.at.stream;
    tasks_.push_back({NoticeId{std::string(stream.substr(stream.rfind('/') + 1))},
                      fact.body.edition,
                      fact.body.content,
                      {},
                      fact.at.entry_time});
}

void Mailing::hear(journal::Live<SubscriptionConfirmed> fact) {
    // Of whom has left since, the address is gone; what is left is that there was somebody.
    if (fact.body.email.erased || fact.body.email.text.empty()) return;
    by_address_[i18n::fold(fact.body.email.text)] = fact.body.subscriber;
    subscribers_[fact.body.subscriber] = {fact.body.email.text, fact.body.language, 0};
}

void Mailing::hear(journal::Live<SubscriptionEnded> fact) {
    const auto found = subscribers_.find(fact.body.subscriber);
    if (found == subscribers_.end()) return;
    by_address_.erase(i18n::fold(found->second.email));
    subscribers_.erase(found);
}

void Mailing::hear(journal::Live<LetterRefused> fact) {
    const auto found = subscribers_.find(fact.body.subscriber);
    if (found != subscribers_.end()) ++found->second.refusals;
}

void Mailing::hear(journal::Live<LettersSent> fact) {
    const auto found = std::ranges::find_if(tasks_, [&](const Task& task) {
        return task.notice == fact.body.notice && task.edition == fact.body.edition;
    });
    if (found == tasks_.end()) return;
    if (fact.body.finished) {
        tasks_.erase(found);
        return;
    }
    found->after = fact.body.until;
    // The other notices have their turn before this one goes on.
    auto task = std::move(*found);
    task.not_before = fact.at.entry_time + pause_between_batches;
    tasks_.erase(found);
    for (auto& other : tasks_) other.not_before = std::max(other.not_before, task.not_before);
    tasks_.push_back(std::move(task));
}

const Mailing::Subscriber* Mailing::find(const SubscriberId& id) const {
    const auto found = subscribers_.find(id);
    return found == subscribers_.end() ? nullptr : &found->second;
}

std::optional<SubscriberId> Mailing::find_address(std::string_view email) const {
    const auto found = by_address_.find(i18n::fold(email));
    if (found == by_address_.end()) return {};
    return found->second;
}

// ---- the room's part -----------------------------------------------------------------------

Subscribers::Subscribers(journal::Journal& journal, const port::Port& port, const PublicView& site,
                         Options options)
    : journal_(journal), port_(port), site_(site), options_(std::move(options)) {
    mailing_.attach(journal.pending());
    journal.add_timer({[this] { return next_due(); },
                       [this](journal::Recorder& recorder) { return fire(recorder); }});
    journal.on_delivery("respond.notices/",
                        [this](journal::Recorder& recorder, const store::OutboxRow& row,
                               const Delivery&) { hear_of(recorder, row); });
}

Result<> Subscribers::ask(journal::Recorder& recorder, std::string_view email, Language language) {
    if (!is_address(email)) return invalid("respond.notices.address_malformed", "/email");
    if (mailing_.subscribers().size() >= subscribers_limit)
        return fail(ErrorKind::unavailable, "respond.notices.subscribers_full");
    const Asked asked{std::string(email), language, recorder.now() + confirmation_lasts};
    const auto& base = site_.options().public_url;
    const std::string link =
        base + "/confirm/" + seal_asked(asked, journal_.installation_key(), recorder.random());
    const auto hour =
        std::chrono::floor<std::chrono::hours>(recorder.now()).time_since_epoch().count();
    const std::string whose = to_hex(sha256(i18n::fold(email))).substr(0, 32);
    const auto& port = port_.state();
    const std::string name =
        language == Language::en && !port.name_en().empty() ? port.name_en() : port.name();

    journal::Dispatch dispatch;
    dispatch.topic = letters_topic;
    dispatch.person = PersonId{"asked/" + whose};
    dispatch.not_before = recorder.now();
    dispatch.expires = asked.expires;
    auto& message = dispatch.message;
    message.key = fmt::format("notices/ask/{}/email/{}", whose, hour);
    message.channel = Channel::email;
    message.to = email;
    message.message_id = fmt::format("<ask.{}.{}@{}>", whose, hour, options_.mail_domain);
    message.subject = said(language, "mail.ask_subject", {{"port", name}});
    message.text = said(language, "mail.ask",
                        {{"port", name},
                         {"link", link},
                         {"until", format_for_people(asked.expires, options_.zone, language)}});
    recorder.send(std::move(dispatch));
    return {};
}

Result<> Subscribers::confirm(journal::Recorder& recorder, std::string_view sealed) {
    const auto asked = open_asked(sealed, journal_.installation_key());
    if (!asked || !is_address(asked->email))
        return fail(ErrorKind::not_found, "respond.notices.link_invalid");
    if (asked->expires <= recorder.now())
        return fail(ErrorKind::forbidden, "respond.notices.link_expired");
    if (mailing_.find_address(asked->email)) return {};
    const SubscriberId id{recorder.random().identifier()};
    journal::record(
        recorder, place_of(stream_of(id)),
        SubscriptionConfirmed{id, Personal{person_of(id), asked->email}, asked->language});
    return {};
}

void Subscribers::finish(journal::Recorder& recorder, const SubscriberId& id,
                         SubscriptionEnding why) {
    journal::record(recorder, place_of(stream_of(id)), SubscriptionEnded{id, why});
    recorder.cancel_messages(letters_topic, person_of(id));
    recorder.erase_person_key(person_of(id));
}

Result<> Subscribers::end(journal::Recorder& recorder, std::string_view sealed) {
    const auto id = open_subscriber(sealed, journal_.installation_key());
    if (!id) return fail(ErrorKind::not_found, "respond.notices.link_invalid");
    // The second click finds it done.
    if (mailing_.find(*id) != nullptr) finish(recorder, *id, SubscriptionEnding::unsubscribed);
    return {};
}

Result<> Subscribers::erase(journal::Recorder& recorder, std::string_view email) {
    const auto id = mailing_.find_address(email);
    if (!id) return fail(ErrorKind::not_found, "respond.notices.unknown_address", {}, "/email");
    finish(recorder, *id, SubscriptionEnding::erased);
    return {};
}

std::optional<Instant> Subscribers::next_due() const {
    if (mailing_.tasks().empty()) return {};
    return mailing_.tasks().front().not_before;
}

Result<> Subscribers::fire(journal::Recorder& recorder) {
    if (mailing_.tasks().empty() || mailing_.tasks().front().not_before > recorder.now()) return {};
    const auto task = mailing_.tasks().front();
    Picture names;
    names.port = port_.state().name();
    names.port_en = port_.state().name_en();
    for (const auto* terminal : port_.state().terminals())
        names.terminals.push_back(
            {terminal->id, terminal->code, terminal->name, terminal->name_en});
    LettersSent sent{task.notice, task.edition, task.after, 0, false};
    const auto& all = mailing_.subscribers();
    auto next = all.upper_bound(SubscriberId{task.after});
    for (; next != all.end() && sent.letters < letters_in_batch; ++next) {
        send(recorder, task, next->first, next->second, names);
        sent.until = next->first.text;
        ++sent.letters;
    }
    sent.finished = next == all.end();
    journal::record(recorder, place_of(std::string(letters_stream)), sent);
    return {};
}

void Subscribers::send(journal::Recorder& recorder, const Mailing::Task& task,
                       const SubscriberId& id, const Mailing::Subscriber& subscriber,
                       const Picture& names) {
    const Language language = subscriber.language;
    const auto& base = site_.options().public_url;
    const std::string leave = base + "/unsubscribe/" +
                              seal_subscriber(id, journal_.installation_key(), recorder.random());
    const auto message_id = [&](std::uint32_t edition) {
        return fmt::format("<{}.{}.{}@{}>", task.notice.text, edition, id.text,
                           options_.mail_domain);
    };
    const auto reading = reading_of(task.content, std::string(i18n::code_of(language)));
    const std::string name =
        language == Language::en && !names.port_en.empty() ? names.port_en : names.port;
    const std::string phase = said(
        language, "phase." + std::string(boost::describe::enum_to_string(task.content.phase, "")));

    journal::Dispatch dispatch;
    dispatch.topic = letters_topic;
    dispatch.person = person_of(id);
    dispatch.not_before = recorder.now();
    dispatch.expires = recorder.now() + std::chrono::hours(24);
    auto& message = dispatch.message;
    message.key = key_of(task.notice, task.edition, id);
    message.channel = Channel::email;
    message.to = subscriber.email;
    message.message_id = message_id(task.edition);
    if (task.edition > 1) message.in_reply_to = message_id(1);
    message.subject = said(language, "mail.subject",
                           {{"phase", phase}, {"title", reading.words->title}, {"port", name}});
    message.text =
        said(language, "mail.letter",
             {{"title", reading.words->title},
              {"phase", phase},
              {"n", std::to_string(task.edition)},
              {"text", told(names, task.content, *reading.words, language, options_.zone)},
              {"page", base + "/" + std::string(i18n::code_of(language)) + ".html#notice-" +
                           task.notice.text},
              {"leave", leave}});
    message.unsubscribe_url = leave;
    recorder.send(std::move(dispatch));
}

void Subscribers::hear_of(journal::Recorder& recorder, const store::OutboxRow& row) {
    if (row.state != store::OutboxState::refused) return;
    const SubscriberId id{row.key.substr(row.key.rfind('/') + 1)};
    const auto* subscriber = mailing_.find(id);
    if (subscriber == nullptr) return;
    if (subscriber->refusals + 1 >= most_refusals)
        return finish(recorder, id, SubscriptionEnding::refused);
    journal::record(recorder, place_of(stream_of(id)), LetterRefused{id});
}

}  // namespace noroshi::respond::notices
