#pragma once
// Which rules an event is meant for. A rule's log source names a product, a category, a service, or
// some of them; an event's route says what it is. What is not known of an event contradicts
// nothing; what is known must agree. For Windows the channel and the event's number decide, as in
// the specification's taxonomy (appendix, "Windows Folder") and SigmaHQ's tests/thor.yml.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engines/detect/event.h"
#include "engines/detect/rule.h"

namespace noroshi::engines::detect {

// Names of products, categories and services, numbered. Read-only once rules are compiled.
class RouteNames {
public:
    static constexpr std::uint16_t unknown = 0;
    static constexpr std::uint16_t other = 1;  // known, but no rule names it

    std::uint16_t intern(std::string_view name);
    std::uint16_t find(std::string_view name) const;  // `other` if no rule names it
    std::uint16_t find_or_unknown(std::string_view name) const {
        return name.empty() ? unknown : find(name);
    }

private:
    std::map<std::string, std::uint16_t, std::less<>> numbers_;
};

// A rule's log source in numbers; 0 where it says nothing.
struct RouteSpec {
    std::uint16_t product = 0;
    std::uint16_t category = 0;
    std::uint16_t service = 0;

    bool takes(const Route& route) const {
        const auto agrees = [](std::uint16_t wanted, std::uint16_t is) {
            return wanted == 0 || is == RouteNames::unknown || wanted == is;
        };
        return agrees(product, route.product) && agrees(service, route.service) &&
               (agrees(category, route.category) ||
                (route.second_category != 0 && category == route.second_category));
    }
    bool operator==(const RouteSpec&) const = default;
};

// Channel of the Windows event log → Sigma's service; empty if it has none.
std::string_view service_of_channel(std::string_view channel);
// Provider → channel, for events without one.
std::string_view channel_of_provider(std::string_view provider);
// Sysmon's and other events' generic category; empty if there is none. `kind` is EventType of
// Sysmon's registry events, which decides between registry_add and registry_delete.
std::string_view category_of(std::string_view service, int event_id, std::string_view kind);
// Sysmon's registry events also have the common category registry_event.
std::string_view second_category_of(std::string_view service, int event_id);

}  // namespace noroshi::engines::detect
