#include <algorithm>

#include "kernel/journal/listen.h"
#include "prepare/contacts/contacts.h"

namespace noroshi::prepare::contacts {

using journal::Live;

namespace {

std::string text_of(const std::optional<Personal>& personal) {
    return personal ? personal->text : std::string{};
}

// What offices in Japan keep, where no rotation says otherwise.
constexpr Minutes office_from{8 * 60 + 30};
constexpr Minutes office_until{17 * 60 + 15};

// Facts have been checked when they were decided.
Day day_in(const std::string& text) { return parse_day(text).value_or(Day{}); }
Minutes time_in(const std::string& text) { return parse_time(text).value_or(Minutes{0}); }

}  // namespace

std::string address_in(const Contact& contact, Channel channel) {
    switch (channel) {
    case Channel::email: return contact.email;
    case Channel::sms: return contact.mobile;
    case Channel::voice:
        // The night number is answered at night by somebody; the mobile by whoever holds it.
        if (!contact.night_phone.empty()) return contact.night_phone;
        return contact.mobile.empty() ? contact.weekday_phone : contact.mobile;
    case Channel::chat: return contact.chat;
    case Channel::push: return contact.push;
    }
    return {};
}

void State::attach(journal::Listeners& side) {
    journal::listen_live<ContactChanged>(side, [this](Live<ContactChanged> fact) {
        const auto& body = fact.body;
        contacts_.insert_or_assign(body.person, Contact{body.person,
                                                        text_of(body.email),
                                                        text_of(body.mobile),
                                                        text_of(body.weekday_phone),
                                                        text_of(body.night_phone),
                                                        body.channels,
                                                        fact.at.stream_version,
                                                        text_of(body.chat),
                                                        {}});
        put_devices(body.person);
    });
    journal::listen_live<DeviceAdded>(side, [this](Live<DeviceAdded> fact) {
        const auto& body = fact.body;
        if (erased_.contains(body.person) || body.subscription.erased) return;
        auto& all = devices_[body.person];
        std::erase_if(all, [&](const Device& one) { return one.id == body.device; });
        all.push_back({body.device, body.name, body.subscription.text, fact.at.entry_time});
        put_devices(body.person);
    });
    journal::listen_live<DeviceRemoved>(side, [this](Live<DeviceRemoved> fact) {
        auto& all = devices_[fact.body.person];
        std::erase_if(all, [&](const Device& one) { return one.id == fact.body.device; });
        put_devices(fact.body.person);
    });
    journal::listen_live<council::PersonErased>(
        side, [this](Live<council::PersonErased> fact) { erase(fact.body.person); });
    attach_lists(side);
    attach_duty(side);
    attach_confidence(side);
    attach_editions(side);
    side.on_reset([this] {
        contacts_.clear();
        devices_.clear();
        lists_.clear();
        duty_.clear();
        absences_.clear();
        transfers_.clear();
        feeds_.clear();
        flows_.clear();
        scheme_version_ = 0;
        erased_.clear();
        confirmations_.clear();
        called_in_drills_.clear();
        editions_.clear();
        ++generation_;
    });
}

void State::attach_lists(journal::Listeners& side) {
    journal::listen_live<ListChanged>(side, [this](Live<ListChanged> fact) {
        const auto& body = fact.body;
        List list{body.organisation, body.posts, body.weekday_phone,
                  body.night_phone,  body.email, fact.at.stream_version};
        std::erase_if(list.posts, [&](const Post& post) { return erased_.contains(post.person); });
        lists_.insert_or_assign(body.organisation, std::move(list));
        ++generation_;
    });
    journal::listen_live<SchemeChanged>(side, [this](Live<SchemeChanged> fact) {
        flows_ = fact.body.flows;
        scheme_version_ = fact.at.stream_version;
    });
    journal::listen_live<PostsTransferred>(side, [this](Live<PostsTransferred> fact) {
        const auto on = day_in(fact.body.on);
        for (const auto& move : fact.body.moves)
            transfers_.insert(std::ranges::upper_bound(transfers_, on, {}, &Transferred::on),
                              {on, move});
    });
}

void State::attach_duty(journal::Listeners& side) {
    journal::listen_live<RotationSet>(side,
                                      [this](Live<RotationSet> fact) { put(fact.body, fact.at); });
    journal::listen_live<RotationEnded>(side, [this](Live<RotationEnded> fact) {
        auto& duty = duty_[fact.body.organisation];
        duty.version = fact.at.stream_version;
        for (auto& one : duty.rotations)
            if (one.id == fact.body.rotation && one.until == Instant::max())
                one.until = fact.at.event_time;
    });
    journal::listen_live<SubstitutionMade>(side, [this](Live<SubstitutionMade> fact) {
        const auto& body = fact.body;
        auto& duty = duty_[body.organisation];
        duty.version = fact.at.stream_version;
        duty.substitutions.push_back({body.substitution, body.person, body.rotation,
                                      body.instead_of, body.from, body.until});
    });
    journal::listen_live<SubstitutionWithdrawn>(side, [this](Live<SubstitutionWithdrawn> fact) {
        auto& duty = duty_[fact.body.organisation];
        duty.version = fact.at.stream_version;
        std::erase_if(duty.substitutions,
                      [&](const Substitution& one) { return one.id == fact.body.substitution; });
    });
    journal::listen_live<AbsenceNoted>(side, [this](Live<AbsenceNoted> fact) {
        const auto& body = fact.body;
        absences_[body.person].push_back(
            {body.absence, body.person, body.from, body.until, body.reason});
    });
    journal::listen_live<AbsenceWithdrawn>(side, [this](Live<AbsenceWithdrawn> fact) {
        std::erase_if(absences_[fact.body.person],
                      [&](const Absence& one) { return one.id == fact.body.absence; });
    });
    journal::listen_live<FeedOpened>(side, [this](Live<FeedOpened> fact) {
        const auto& body = fact.body;
        duty_[body.organisation].version = fact.at.stream_version;
        feeds_.insert_or_assign(body.feed, Feed{body.feed, body.organisation, body.person});
    });
    journal::listen_live<FeedClosed>(side, [this](Live<FeedClosed> fact) {
        duty_[fact.body.organisation].version = fact.at.stream_version;
        feeds_.erase(fact.body.feed);
    });
}

void State::put(const RotationSet& body, const journal::Envelope& at) {
    auto& duty = duty_[body.organisation];
    duty.version = at.stream_version;
    Rotation rotation{.id = body.rotation,
                      .organisation = body.organisation,
                      .name = body.name,
                      .members = body.members,
                      .hours = body.hours,
                      .turn_days = body.turn_days,
                      .handover = time_in(body.handover),
                      .office_from = time_in(body.office_from),
                      .office_until = time_in(body.office_until),
                      .starts_on = day_in(body.starts_on),
                      .ends_on = {}};
    if (body.ends_on) rotation.ends_on = day_in(*body.ends_on);
    for (auto& one : duty.rotations)
        if (one.id == rotation.id && one.until == Instant::max()) {
            one.until = at.event_time;
            rotation.since = at.event_time;
        }
    duty.rotations.push_back(std::move(rotation));
}

void State::erase(const PersonId& person) {
    contacts_.erase(person);
    devices_.erase(person);
    absences_.erase(person);
    erased_.insert(person);
    confirmations_.erase(person);
    erase_from_editions(person);
    ++generation_;
    for (auto& [organisation, list] : lists_)
        std::erase_if(list.posts, [&](const Post& post) { return post.person == person; });
    std::erase_if(feeds_, [&](const auto& feed) { return feed.second.person == person; });
}

// The address of the channel push is all of a person's browsers in one text.
void State::put_devices(const PersonId& person) {
    const auto contact = contacts_.find(person);
    if (contact == contacts_.end()) return;
    contact->second.push.clear();
    const auto devices = devices_.find(person);
    if (devices == devices_.end() || devices->second.empty()) return;
    std::string& push = contact->second.push;
    for (const auto& one : devices->second) push += (push.empty() ? "[" : ",") + one.subscription;
    push += ']';
}

std::vector<Device> State::devices_of(const PersonId& person) const {
    const auto found = devices_.find(person);
    return found == devices_.end() ? std::vector<Device>{} : found->second;
}

std::optional<PersonId> State::owner_of_device(std::string_view device) const {
    for (const auto& [person, devices] : devices_)
        for (const auto& one : devices)
            if (one.id == device) return person;
    return {};
}

const Contact* State::find(const PersonId& person) const {
    const auto found = contacts_.find(person);
    return found == contacts_.end() ? nullptr : &found->second;
}

std::optional<std::string> State::address_of(const PersonId& person, Channel channel) const {
    const auto* contact = find(person);
    if (contact == nullptr) return {};
    auto address = address_in(*contact, channel);
    if (address.empty()) return {};
    return address;
}

std::optional<std::string> State::address_of(const PersonId& person, Channel channel,
                                             Instant at) const {
    const auto* contact = find(person);
    if (channel == Channel::voice && contact != nullptr && !contact->weekday_phone.empty() &&
        is_office_time(*calendar_, at, office_from, office_until))
        return contact->weekday_phone;
    return address_of(person, channel);
}

std::vector<Shared> State::shared(const Contact& contact) const {
    std::vector<Shared> out;
    for (const auto& [person, other] : contacts_) {
        if (person == contact.person) continue;
        if (!contact.email.empty() && contact.email == other.email)
            out.push_back({"/email", person});
        if (!contact.mobile.empty() && contact.mobile == other.mobile)
            out.push_back({"/mobile", person});
    }
    std::ranges::sort(out, {}, [](const Shared& s) { return std::pair(s.pointer, s.with); });
    return out;
}

List State::list(const OrganisationId& organisation) const {
    const auto found = lists_.find(organisation);
    return found == lists_.end() ? List{organisation} : found->second;
}

std::vector<OrganisationId> State::organisations_with_list() const {
    std::vector<OrganisationId> out;
    for (const auto& [organisation, list] : lists_)
        if (!list.posts.empty()) out.push_back(organisation);
    std::ranges::sort(out);
    return out;
}

DutyData State::duty_data(const OrganisationId& organisation) const {
    DutyData data;
    if (const auto list = lists_.find(organisation); list != lists_.end())
        data.posts = list->second.posts;
    if (const auto duty = duty_.find(organisation); duty != duty_.end()) {
        data.rotations = duty->second.rotations;
        data.substitutions = duty->second.substitutions;
    }
    for (const auto& one : transfers_)
        if (one.move.organisation == organisation) data.transfers.push_back(one);
    std::set<PersonId> people;
    for (const auto& post : data.posts) people.insert(post.person);
    for (const auto& rotation : data.rotations)
        people.insert(rotation.members.begin(), rotation.members.end());
    for (const auto& one : data.substitutions) people.insert(one.person);
    for (const auto& one : data.transfers) people.insert(one.move.successor);
    for (const auto& person : people) {
        if (const auto found = absences_.find(person); found != absences_.end())
            data.absences.insert(data.absences.end(), found->second.begin(), found->second.end());
        // Somebody erased is never called again; the schedule stays as it was for the others.
        if (erased_.contains(person))
            data.absences.push_back(
                {"", person, Instant::min(), Instant::max(), AbsenceReason::other});
    }
    return data;
}

std::vector<CallLine> State::call_order(const OrganisationId& organisation, Instant at) const {
    auto lines = contacts::call_order(duty_data(organisation), *calendar_, at);
    std::erase_if(lines, [&](const CallLine& line) { return erased_.contains(line.person); });
    return lines;
}
OnDuty State::on_duty(const OrganisationId& organisation, Instant at) const {
    return contacts::on_duty(duty_data(organisation), *calendar_, at);
}
std::vector<DutySegment> State::duty(const OrganisationId& organisation, Instant from,
                                     Instant until) const {
    return contacts::duty_segments(duty_data(organisation), *calendar_, from, until);
}

bool State::is_away(const PersonId& person, Instant at) const {
    const auto found = absences_.find(person);
    return found != absences_.end() && std::ranges::any_of(found->second, [&](const Absence& one) {
               return one.from <= at && at < one.until;
           });
}

std::vector<Rotation> State::rotations(const OrganisationId& organisation) const {
    std::vector<Rotation> out;
    if (const auto found = duty_.find(organisation); found != duty_.end())
        std::ranges::copy_if(found->second.rotations, std::back_inserter(out),
                             [](const Rotation& one) { return one.until == Instant::max(); });
    return out;
}

const Rotation* State::find_rotation(const OrganisationId& organisation,
                                     std::string_view id) const {
    const auto found = duty_.find(organisation);
    if (found == duty_.end()) return nullptr;
    for (const auto& one : found->second.rotations)
        if (one.id == id && one.until == Instant::max()) return &one;
    return nullptr;
}

std::vector<Substitution> State::substitutions(const OrganisationId& organisation) const {
    const auto found = duty_.find(organisation);
    return found == duty_.end() ? std::vector<Substitution>{} : found->second.substitutions;
}

const std::vector<Absence>* State::absences(const PersonId& person) const {
    const auto found = absences_.find(person);
    return found == absences_.end() ? nullptr : &found->second;
}

std::uint64_t State::duty_version(const OrganisationId& organisation) const {
    const auto found = duty_.find(organisation);
    return found == duty_.end() ? 0 : found->second.version;
}

const Feed* State::find_feed(std::string_view id) const {
    const auto found = feeds_.find(id);
    return found == feeds_.end() ? nullptr : &found->second;
}

std::vector<Feed> State::feeds_of(const PersonId& person) const {
    std::vector<Feed> out;
    for (const auto& [id, feed] : feeds_)
        if (feed.person == person) out.push_back(feed);
    return out;
}

}  // namespace noroshi::prepare::contacts
