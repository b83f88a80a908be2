#include "prepare/contacts/contacts_edition.h"

#include <algorithm>
#include <set>

#include <boost/describe/enum_to_string.hpp>

#include "kernel/crypto/hash.h"
#include "prepare/contacts/contacts.h"

namespace noroshi::prepare::contacts {

namespace {

std::string word(Standing standing) { return boost::describe::enum_to_string(standing, ""); }

std::string names(const std::vector<Channel>& channels) {
    std::string out;
    for (const auto one : channels)
        out += (out.empty() ? "" : ",") + std::string(boost::describe::enum_to_string(one, ""));
    return out;
}

// Length before text, so that no two contents run together.
void put(std::string& out, std::string_view text) {
    out += std::to_string(text.size());
    out += ':';
    out += text;
}
void put(std::string& out, const Party& party) {
    put(out, party.organisation.text);
    put(out, party.person ? party.person->text : "");
}

struct Comparison {
    std::vector<Change> out;

    void field(ChangeKind kind, const OrganisationId& organisation,
               const std::optional<PersonId>& person, std::string name, const std::string& before,
               const std::string& after) {
        if (before != after)
            out.push_back({kind, organisation, person, {}, {}, std::move(name), before, after});
    }

    void contact(const OrganisationId& organisation, const PersonId& person, const Contact& before,
                 const Contact& after) {
        const auto one = [&](std::string name, const std::string& a, const std::string& b) {
            field(ChangeKind::contact_changed, organisation, person, std::move(name), a, b);
        };
        one("email", before.email, after.email);
        one("mobile", before.mobile, after.mobile);
        one("weekday_phone", before.weekday_phone, after.weekday_phone);
        one("night_phone", before.night_phone, after.night_phone);
        one("channels", names(before.channels), names(after.channels));
    }

    void post(const OrganisationId& organisation, const Post& before, const Post& after) {
        const auto one = [&](std::string name, const std::string& a, const std::string& b) {
            field(ChangeKind::post_changed, organisation, after.person, std::move(name), a, b);
        };
        one("department", before.department, after.department);
        one("title", before.title, after.title);
        one("standing", word(before.standing), word(after.standing));
        one("from", before.from.value_or(""), after.from.value_or(""));
        one("until", before.until.value_or(""), after.until.value_or(""));
    }

    void lists(const EditionContent& old, const EditionContent& now,
               const OrganisationId& organisation, const List& before, const List& after) {
        field(ChangeKind::desk_changed, organisation, {}, "weekday_phone", before.weekday_phone,
              after.weekday_phone);
        field(ChangeKind::desk_changed, organisation, {}, "night_phone", before.night_phone,
              after.night_phone);
        field(ChangeKind::desk_changed, organisation, {}, "email", before.email, after.email);
        const auto at = [](const List& list, const PersonId& person) {
            return std::ranges::find(list.posts, person, &Post::person);
        };
        std::vector<PersonId> order_before;
        std::vector<PersonId> order_after;
        for (const auto& one : before.posts)
            if (at(after, one.person) != after.posts.end()) order_before.push_back(one.person);
        std::set<PersonId> seen;
        for (const auto& one : after.posts) {
            if (!seen.insert(one.person).second) continue;
            const auto was = at(before, one.person);
            if (was == before.posts.end()) {
                out.push_back({ChangeKind::person_added, organisation, one.person});
                continue;
            }
            order_after.push_back(one.person);
            post(organisation, *was, one);
            const auto contact_of = [&](const EditionContent& content) {
                const auto found = content.contacts.find(one.person);
                return found == content.contacts.end() ? Contact{} : found->second;
            };
            contact(organisation, one.person, contact_of(old), contact_of(now));
        }
        for (const auto& one : before.posts)
            if (at(after, one.person) == after.posts.end() && seen.insert(one.person).second)
                out.push_back({ChangeKind::person_removed, organisation, one.person});
        order_before.erase(std::ranges::unique(order_before).begin(), order_before.end());
        if (order_before != order_after) out.push_back({ChangeKind::order_changed, organisation});
    }

    void flows(const Flow& before, const Flow& after) {
        const auto one = [&](std::string name, const std::string& a, const std::string& b) {
            if (a != b)
                out.push_back(
                    {ChangeKind::flow_changed, {}, {}, after.flow, {}, std::move(name), a, b});
        };
        one("name", before.name, after.name);
        one("most_hops", std::to_string(before.most_hops), std::to_string(after.most_hops));
        const auto texts = [](const Flow& flow) {
            std::pair<std::string, std::string> both;
            for (const auto& party : flow.begins_at) put(both.first, party);
            for (const auto& id : flow.audience) put(both.second, id.text);
            return both;
        };
        const auto [begins_before, audience_before] = texts(before);
        const auto [begins_after, audience_after] = texts(after);
        if (begins_before != begins_after)
            out.push_back({ChangeKind::flow_changed, {}, {}, after.flow, {}, "begins_at"});
        if (audience_before != audience_after)
            out.push_back({ChangeKind::flow_changed, {}, {}, after.flow, {}, "audience"});
        const auto arrow = [&](ChangeKind kind, const Tells& tells) {
            out.push_back({kind, tells.from.organisation, tells.to.person, after.flow,
                           tells.to.organisation, "", "", names(tells.channels)});
        };
        for (const auto& tells : after.tells)
            if (std::ranges::find(before.tells, tells) == before.tells.end())
                arrow(ChangeKind::arrow_added, tells);
        for (const auto& tells : before.tells)
            if (std::ranges::find(after.tells, tells) == after.tells.end())
                arrow(ChangeKind::arrow_removed, tells);
    }
};

}  // namespace

std::string digest_of(const EditionContent& content) {
    std::string out;
    for (const auto& [organisation, list] : content.lists) {
        put(out, organisation.text);
        for (const auto& text : {list.weekday_phone, list.night_phone, list.email}) put(out, text);
        for (const auto& post : list.posts)
            for (const auto& text :
                 {post.person.text, post.department, post.title, word(post.standing),
                  post.from.value_or(""), post.until.value_or("")})
                put(out, text);
        put(out, "");
    }
    for (const auto& [person, contact] : content.contacts)
        for (const auto& text : {person.text, contact.email, contact.mobile, contact.weekday_phone,
                                 contact.night_phone, names(contact.channels)})
            put(out, text);
    for (const auto& flow : content.flows) {
        for (const auto& text :
             {flow.flow, flow.name, flow.name_en, std::to_string(flow.most_hops)})
            put(out, text);
        for (const auto& party : flow.begins_at) put(out, party);
        put(out, "");
        for (const auto& id : flow.audience) put(out, id.text);
        put(out, "");
        for (const auto& tells : flow.tells) {
            put(out, tells.from);
            put(out, tells.to);
            put(out, names(tells.channels));
            put(out, tells.note);
        }
        put(out, "");
    }
    return to_hex(sha256(out));
}

std::vector<Change> changes_between(const EditionContent& before, const EditionContent& after) {
    Comparison all;
    for (const auto& [organisation, list] : after.lists) {
        const auto was = before.lists.find(organisation);
        if (was == before.lists.end()) {
            all.out.push_back({ChangeKind::organisation_added, organisation});
            for (const auto& post : list.posts)
                all.out.push_back({ChangeKind::person_added, organisation, post.person});
        } else {
            all.lists(before, after, organisation, was->second, list);
        }
    }
    for (const auto& [organisation, list] : before.lists)
        if (!after.lists.contains(organisation))
            all.out.push_back({ChangeKind::organisation_removed, organisation});
    for (const auto& flow : after.flows) {
        const auto was = std::ranges::find(before.flows, flow.flow, &Flow::flow);
        if (was == before.flows.end())
            all.out.push_back({ChangeKind::flow_added, {}, {}, flow.flow, {}, "", "", flow.name});
        else
            all.flows(*was, flow);
    }
    for (const auto& flow : before.flows)
        if (std::ranges::find(after.flows, flow.flow, &Flow::flow) == after.flows.end())
            all.out.push_back({ChangeKind::flow_removed, {}, {}, flow.flow, {}, "", flow.name, ""});
    return all.out;
}

}  // namespace noroshi::prepare::contacts
