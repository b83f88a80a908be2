#include "respond/callout/callout_heartbeat.h"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"
#include "respond/callout/callout.h"

namespace noroshi::respond::callout {

namespace {

constexpr std::string_view stream = "respond/callout.heartbeat";
constexpr std::string_view topic = "respond.callout.heartbeat/";
constexpr std::string_view prefix = "heartbeat/";  // of keys; edge/courier/failover knows it

journal::Place place() { return {std::string(stream), Visibility{}, {}, {}, {}}; }

// "heartbeat/<gateway>/<channel>/<number>"; a gateway's name may hold slashes.
struct Key {
    std::string gateway;
    Channel channel = Channel::email;
    int number = 0;
};
std::optional<Key> read_test_key(std::string_view text) {
    if (!text.starts_with(prefix)) return {};
    const auto last = text.rfind('/');
    const auto before = text.rfind('/', last - 1);
    if (before == std::string_view::npos || before < prefix.size()) return {};
    Key key{std::string(text.substr(prefix.size(), before - prefix.size())), lane_of(text), 0};
    const auto digits = text.substr(last + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), key.number);
    if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) return {};
    return key;
}

}  // namespace

void Heartbeat::State::listen(journal::Listeners& side) {
    using journal::Envelope;
    using journal::World;
    side.on_reset([this] { *this = State{}; });
    journal::listen_any<GatewayTested>(
        side, [this](const World&, const GatewayTested& fact, const Envelope& at) {
            auto& gateway = gateways[{fact.channel, fact.gateway}];
            gateway.number = fact.number;
            gateway.tested_at = at.event_time;
        });
    journal::listen_any<GatewayHeard>(
        side, [this](const World&, const GatewayHeard& fact, const Envelope& at) {
            auto& gateway = gateways[{fact.channel, fact.gateway}];
            gateway.heard = std::max(gateway.heard, fact.number);
            if (fact.well) {
                gateway.well_at = at.event_time;
                gateway.broken_since.reset();
            } else if (!gateway.broken_since) {
                gateway.broken_since = at.event_time;
            }
            gateway.well = fact.well;
            gateway.detail = fact.detail;
        });
    journal::listen_any<WatchedChanged>(
        side, [this](const World&, const WatchedChanged& fact, const Envelope& at) {
            watched[fact.name] = {fact.number, fact.well, at.event_time, fact.detail};
        });
}

Heartbeat::Heartbeat(journal::Journal& journal, const prepare::council::Council& council,
                     const prepare::contacts::Contacts& contacts, const Callout& callout)
    : journal_(journal), council_(council), contacts_(contacts), callout_(callout) {
    pending_.listen(journal.pending());
    published_.listen(journal.published());
    journal.add_timer({[this] { return next_due(); },
                       [this](journal::Recorder& recorder) { return fire(recorder); }});
    journal.on_delivery(std::string(topic),
                        [this](journal::Recorder& recorder, const store::OutboxRow& row,
                               const Delivery& delivery) { hear(recorder, row, delivery); });
}

std::vector<Heartbeat::Name> Heartbeat::tested() const {
    std::vector<Name> all;
    if (plan_.every <= Span{}) return all;
    for (const auto& [channel, names] : plan_.gateways)
        for (const auto& name : names)
            if (address_of({channel, name})) all.emplace_back(channel, name);
    return all;
}

std::optional<std::string> Heartbeat::address_of(const Name& name) const {
    if (const auto own = plan_.own_addresses.find(name); own != plan_.own_addresses.end())
        return own->second;
    if (name.first == Channel::push && !plan_.pushed_to.empty()) {
        // A browser that was registered yesterday may be gone today; then that is what is told.
        const auto person = council_.view().find_login(plan_.pushed_to);
        if (!person) return "";
        return contacts_.state().address_of(*person, Channel::push).value_or("");
    }
    const auto address = plan_.addresses.find(name.first);
    if (address == plan_.addresses.end() || address->second.empty()) return {};
    return address->second;
}

std::optional<Instant> Heartbeat::next_due() const {
    std::optional<Instant> least;
    for (const auto& name : tested()) {
        const auto found = pending_.gateways.find(name);
        Instant due{};
        if (found != pending_.gateways.end()) {
            const auto& gateway = found->second;
            due =
                gateway.tested_at + (gateway.heard < gateway.number ? plan_.patience : plan_.every);
        }
        if (!least || due < *least) least = due;
    }
    return least;
}

Result<> Heartbeat::fire(journal::Recorder& recorder) {
    const Instant now = recorder.now();
    for (const auto& name : tested()) {
        const auto found = pending_.gateways.find(name);
        const Gateway known = found == pending_.gateways.end() ? Gateway{} : found->second;
        if (known.number > 0 && known.heard < known.number) {
            // Not even an outcome: whoever should carry it hangs, or is not there.
            if (known.tested_at + plan_.patience <= now)
                judge(recorder, name, known.number, false,
                      address_of(name).value_or("").empty() ? "no address" : "no outcome");
            continue;
        }
        if (known.number > 0 && known.tested_at + plan_.every > now) continue;
        const int number = known.number + 1;
        const auto& [channel, gateway] = name;
        journal::record(recorder, place(), GatewayTested{channel, gateway, number});
        const std::string address = address_of(name).value_or("");
        if (address.empty()) continue;  // heard of as broken when the patience is over
        journal::Dispatch dispatch;
        dispatch.topic = std::string(topic) + gateway;
        auto& message = dispatch.message;
        message.key = std::string(prefix) + gateway + "/" + std::string(name_of(channel)) + "/" +
                      std::to_string(number);
        message.channel = channel;
        message.to = address;
        message.message_id = "<heartbeat." + std::string(name_of(channel)) + "." +
                             std::to_string(number) + "." +
                             std::to_string(now.time_since_epoch().count()) + "@" +
                             callout_.options().mail_domain + ">";
        const Arguments arguments{{"gateway", gateway}, {"number", std::to_string(number)}};
        message.subject =
            channel == Channel::voice
                ? std::string(i18n::code_of(Language::ja))
                : i18n::text(Language::ja, "respond.callout.heartbeat.test_subject", arguments);
        message.text = i18n::text(Language::ja, "respond.callout.heartbeat.test_text", arguments);
        // The same tag each time: one notification stands there, not one for each hour.
        if (channel == Channel::push)
            message.text =
                boost::json::serialize(boost::json::object{{"title", message.subject},
                                                           {"body", message.text},
                                                           {"url", callout_.options().public_url},
                                                           {"tag", "heartbeat"}});
        dispatch.not_before = now;
        dispatch.expires = now + plan_.patience;
        recorder.send(std::move(dispatch));
    }
    return {};
}

void Heartbeat::hear(journal::Recorder& recorder, const store::OutboxRow& row,
                     const Delivery& delivery) {
    const auto key = read_test_key(row.key);
    if (!key) return;
    const Name name{key->channel, key->gateway};
    const auto found = pending_.gateways.find(name);
    if (found == pending_.gateways.end() || found->second.number != key->number) return;
    // A second attempt that fails is no accident any more: nobody waits until it is given up.
    constexpr int telling = 2;
    switch (row.state) {
    case store::OutboxState::delivered: return judge(recorder, name, key->number, true, {});
    case store::OutboxState::refused:
    case store::OutboxState::gave_up:
        return judge(recorder, name, key->number, false, delivery.detail);
    case store::OutboxState::waiting:
        if (row.attempts >= telling) judge(recorder, name, key->number, false, delivery.detail);
        return;
    case store::OutboxState::sending:
    case store::OutboxState::cancelled: return;
    }
}

void Heartbeat::judge(journal::Recorder& recorder, const Name& name, int number, bool well,
                      std::string detail) {
    const auto& known = pending_.gateways.at(name);
    const bool was_broken = known.well.has_value() && !*known.well;
    // Once for each test, and again only when it has come out otherwise.
    if (known.heard >= number && was_broken != well) return;
    journal::record(recorder, place(), GatewayHeard{name.first, name.second, number, well, detail});
    if (was_broken != well) return;  // nothing new: it is as it was
    tell(recorder,
         name.second + "/" + std::string(name_of(name.first)) + "/" + std::to_string(number),
         well ? "recovered" : "broken",
         {{"gateway", name.second},
          {"channel", std::string(name_of(name.first))},
          {"detail", detail.empty() ? "-" : detail}},
         std::pair(name, well));
}

bool Heartbeat::is_broken(const State& state, Channel channel) const {
    const auto gateways = plan_.gateways.find(channel);
    if (gateways == plan_.gateways.end()) return false;
    return std::ranges::all_of(gateways->second, [&](const std::string& name) {
        const auto found = state.gateways.find({channel, name});
        return found != state.gateways.end() && found->second.well.has_value() &&
               !*found->second.well;
    });
}

// To the port manager's administrators, over whatever of theirs is not known to be broken.
void Heartbeat::tell(journal::Recorder& recorder, const std::string& key, std::string_view message,
                     const Arguments& arguments,
                     const std::optional<std::pair<Name, bool>>& judged) const {
    // As it is with what was just found out, which is not a fact yet.
    State now = pending_;
    if (judged) now.gateways[judged->first].well = judged->second;
    const Instant at = recorder.now();
    for (const auto* organisation : council_.state().organisations()) {
        if (organisation->kind != prepare::council::OrganisationKind::port_manager) continue;
        for (const auto* person :
             council_.state().people_with(organisation->id, Role::administrator)) {
            const auto* contact = contacts_.state().find(person->id);
            if (contact == nullptr || person->erased) continue;
            std::vector<Channel> all;
            for (const auto channel : contact->channels)
                if (callout_.options().channels.contains(channel) &&
                    contacts_.state().address_of(person->id, channel, at))
                    all.push_back(channel);
            std::vector<Channel> ways;
            // A telephone that rings at three is for alarms, unless there is nothing else.
            for (const auto channel : all)
                if (channel != Channel::voice && !is_broken(now, channel)) ways.push_back(channel);
            if (ways.empty()) ways = all;
            for (const auto channel : ways) {
                journal::Dispatch dispatch;
                dispatch.topic = "respond.callout.heartbeat.told/" + key;
                dispatch.person = person->id;
                auto& out = dispatch.message;
                out.key = "told/" + key + "/" + person->id.text + "/" +
                          std::string(name_of(channel)) + "/0";
                out.channel = channel;
                out.to = *contacts_.state().address_of(person->id, channel, at);
                out.to_name = person->name;
                out.message_id = "<" + to_hex(sha256(out.key)).substr(0, 32) + "@" +
                                 callout_.options().mail_domain + ">";
                const std::string name = "respond.callout.heartbeat." + std::string(message);
                Arguments words = arguments;
                for (auto& [argument, value] : words)
                    if (argument == "channel")
                        value = i18n::text(person->language, "respond.callout.channel." + value);
                const auto subject = i18n::text(person->language, name + "_subject", words);
                const auto text = i18n::text(person->language, name + "_text", words);
                switch (channel) {
                case Channel::email:
                    out.subject = subject;
                    out.text = text + "\n";
                    break;
                case Channel::voice:
                    out.subject = std::string(i18n::code_of(person->language));
                    out.text = subject + "\n" + text;
                    break;
                case Channel::push:
                    out.text = boost::json::serialize(
                        boost::json::object{{"title", subject},
                                            {"body", text},
                                            {"url", callout_.options().public_url},
                                            {"tag", key}});
                    break;
                case Channel::sms:
                case Channel::chat: out.text = subject + "\n" + text; break;
                }
                dispatch.not_before = at;
                dispatch.expires = at + std::chrono::hours(6);
                recorder.send(std::move(dispatch));
            }
        }
    }
}

void Heartbeat::take_watched(journal::Recorder& recorder, const std::string& name, bool well,
                             const std::string& detail) {
    const auto found = pending_.watched.find(name);
    const Watched known = found == pending_.watched.end() ? Watched{} : found->second;
    if (known.well == well) return;
    journal::record(recorder, place(), WatchedChanged{name, known.number + 1, well, detail});
    tell(recorder, "watched/" + name + "/" + std::to_string(known.number + 1),
         well ? "watched_recovered" : "watched_silent",
         {{"name", name}, {"detail", detail.empty() ? "-" : detail}}, {});
}

// ---- for readers ---------------------------------------------------------------------------

bool Heartbeat::is_alive(Instant now) const {
    std::set<Channel> watched;
    for (const auto& name : tested()) {
        const auto found = published_.gateways.find(name);
        // Before the first test nobody can say more than that the server is there.
        if (found == published_.gateways.end()) continue;
        if (now - found->second.tested_at > plan_.every + plan_.patience) return false;
        watched.insert(name.first);
    }
    return std::ranges::none_of(watched,
                                [&](Channel channel) { return is_broken(published_, channel); });
}

HeartbeatItem Heartbeat::item(Instant now) const {
    HeartbeatItem out;
    out.alive = is_alive(now);
    const auto watched = tested();
    if (!watched.empty())
        out.every_minutes =
            static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(plan_.every).count());
    for (const auto& [channel, names] : plan_.gateways)
        for (const auto& gateway : names) {
            GatewayItem shown;
            shown.channel = channel;
            shown.gateway = gateway;
            const Name name{channel, gateway};
            const auto found = published_.gateways.find(name);
            if (std::ranges::find(watched, name) != watched.end()) {
                shown.state = GatewayState::waiting;
                if (found != published_.gateways.end()) {
                    const auto& known = found->second;
                    shown.tested_at = known.tested_at;
                    shown.well_at = known.well_at;
                    shown.broken_since = known.broken_since;
                    if (!known.detail.empty()) shown.detail = known.detail;
                    if (known.well)
                        shown.state = *known.well ? GatewayState::well : GatewayState::broken;
                    if (known.well_at && (!out.last_well_at || *out.last_well_at < *known.well_at))
                        out.last_well_at = known.well_at;
                }
            }
            out.gateways.push_back(std::move(shown));
        }
    for (const auto& [name, one] : published_.watched) {
        WatchedItem shown{name, one.well, one.since, {}};
        if (!one.detail.empty()) shown.detail = one.detail;
        out.watched.push_back(std::move(shown));
    }
    std::lock_guard lock(ping_guard_);
    out.pings = pings_;
    out.pinged_at = pinged_at_;
    out.ping_problem = ping_problem_;
    return out;
}

void Heartbeat::note_ping(Instant at, bool heard, std::string problem) {
    std::lock_guard lock(ping_guard_);
    pings_ = true;
    if (heard) {
        pinged_at_ = at;
        ping_problem_.reset();
    } else {
        ping_problem_ = std::move(problem);
    }
}

}  // namespace noroshi::respond::callout
