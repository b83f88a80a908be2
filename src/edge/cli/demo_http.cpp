#include <algorithm>
#include <map>

#include "edge/cli/demo.h"
#include "edge/cli/demo_port.h"
#include "kernel/json/json.h"

namespace noroshi::edge::cli {

namespace {

struct DemoPerson {
    std::string login;
    std::string password;
    std::string name;
    std::string organisation;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(DemoPerson, (), (login, password, name, organisation, note))
struct DemoPeople {
    std::vector<DemoPerson> items;
};
BOOST_DESCRIBE_STRUCT(DemoPeople, (), (items))

struct HandsetMessage {
    Instant at;
    std::string subject;
    std::string text;
    std::vector<std::string> links;
    bool drill = false;
};
BOOST_DESCRIBE_STRUCT(HandsetMessage, (), (at, subject, text, links, drill))
struct HandsetItem {
    std::string person;
    std::string name;
    std::string organisation;
    std::vector<HandsetMessage> messages;  // the newest first
};
BOOST_DESCRIBE_STRUCT(HandsetItem, (), (person, name, organisation, messages))
struct Handsets {
    std::vector<HandsetItem> items;
};
BOOST_DESCRIBE_STRUCT(Handsets, (), (items))

std::string organisation_of(const DemoPort& port, const DemoPort::Person& person,
                            Language language) {
    if (person.roles.empty()) return {};
    const auto* organisation = port.find_organisation(person.roles.front().first);
    return language == Language::en ? organisation->name_en : organisation->name;
}

// Lines that are a link and nothing else.
std::vector<std::string> links_in(const std::string& text) {
    std::vector<std::string> links;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const std::string line = text.substr(at, end - at);
        if ((line.starts_with("http://") || line.starts_with("https://")) &&
            line.find(' ') == std::string::npos)
            links.push_back(line);
        at = end + 1;
    }
    return links;
}

}  // namespace

http::Routes& add_demo_routes(http::Routes& routes, const Directory& directory,
                              const courier::HandsetCourier* handsets) {
    // A broken file would have been told by seed_demo already; then nobody is shown here.
    auto read = embedded_demo_port();
    const auto port = std::make_shared<const DemoPort>(read ? std::move(*read) : DemoPort{});

    routes.query<DemoPeople>("/api/demo/people", anyone("demo.people"),
                             "Whom one can sign in as, with the password; in a demo only",
                             [port](const http::Request& request) -> Result<DemoPeople> {
                                 DemoPeople people;
                                 for (const auto& person : port->people) {
                                     if (person.login.empty()) continue;
                                     DemoPerson shown{
                                         person.login,
                                         port->password,
                                         person.name,
                                         organisation_of(*port, person, request.language),
                                         {}};
                                     if (!person.note.empty()) shown.note = person.note;
                                     people.items.push_back(std::move(shown));
                                 }
                                 return people;
                             });
    routes.query<Handsets>(
        "/api/demo/handsets", anyone("demo.handsets"),
        "What the demo's people have received; in a demo only",
        [port, &directory, handsets](const http::Request& request) -> Result<Handsets> {
            std::map<std::string, std::vector<HandsetMessage>> by_address;
            if (handsets != nullptr)
                for (auto& one : handsets->shown())
                    by_address[one.to.find_first_of(":[") == std::string::npos ? one.to
                                                                               : one.to_name]
                        .push_back({one.at, one.subject, one.text, links_in(one.text), one.drill});
            Handsets out;
            auto take = [&](HandsetItem item, const std::string& address) {
                if (auto found = by_address.find(address); found != by_address.end()) {
                    item.messages = std::move(found->second);
                    std::ranges::reverse(item.messages);
                    by_address.erase(found);
                }
                out.items.push_back(std::move(item));
            };
            // A person's telephone shows what came to their address, to their number, and, of chats and
            // browsers, to their name.
            for (const auto& person : port->people) {
                if (person.email.empty()) continue;
                std::string number;
                for (const char c : person.mobile)
                    if (c >= '0' && c <= '9') number += c;
                const std::string international =
                    "+81" + number.substr(std::min<std::size_t>(1, number.size()));
                for (const auto& other : {international, person.name}) {
                    const auto found = by_address.find(other);
                    if (found == by_address.end()) continue;
                    auto& mails = by_address[person.email];
                    mails.insert(mails.end(), std::make_move_iterator(found->second.begin()),
                                 std::make_move_iterator(found->second.end()));
                    std::ranges::sort(mails, {}, &HandsetMessage::at);
                    by_address.erase(found);
                }
            }
            for (const auto& person : port->people) {
                if (person.email.empty()) continue;
                HandsetItem item{
                    {}, person.name, organisation_of(*port, person, request.language), {}};
                if (const auto id = directory.find_login(person.login); id && !person.login.empty())
                    item.person = id->text;
                take(std::move(item), person.email);
            }
            // Addresses that were entered in the demo itself.
            while (!by_address.empty()) {
                const std::string address = by_address.begin()->first;
                take({{}, address, {}, {}}, address);
            }
            // Whoever heard last stands first.
            std::ranges::sort(out.items, [](const HandsetItem& a, const HandsetItem& b) {
                const Instant at_a = a.messages.empty() ? Instant{} : a.messages.front().at;
                const Instant at_b = b.messages.empty() ? Instant{} : b.messages.front().at;
                return at_a != at_b ? at_a > at_b : a.name < b.name;
            });
            return out;
        });
    return routes;
}

}  // namespace noroshi::edge::cli
