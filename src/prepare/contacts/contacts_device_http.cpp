#include <optional>
#include <string>
#include <vector>

#include "edge/http/route.h"
#include "prepare/contacts/contacts.h"
#include "prepare/contacts/contacts_view.h"

namespace noroshi::prepare::contacts {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;

namespace {

struct DeviceItem {
    std::string device;
    std::string name;
    Instant since;
};
BOOST_DESCRIBE_STRUCT(DeviceItem, (), (device, name, since))

struct DeviceItems {
    // With which a browser subscribes; absent: this installation wakes no browsers.
    std::optional<std::string> public_key;
    std::vector<DeviceItem> items;
};
BOOST_DESCRIBE_STRUCT(DeviceItems, (), (public_key, items))

struct DeviceBody {
    std::optional<std::string> name;
    std::string endpoint;
    std::string p256dh;
    std::string auth;
};
BOOST_DESCRIBE_STRUCT(DeviceBody, (), (name, endpoint, p256dh, auth))

struct DeviceKept {
    std::string device;
};
BOOST_DESCRIBE_STRUCT(DeviceKept, (), (device))

}  // namespace

// Called by add_routes in contacts_http.cpp.
Routes& add_device_routes(Routes& routes, Contacts& contacts) {
    const std::string base = "/api/prepare/contacts/devices";
    const auto keeps = signed_in("prepare.contacts.keep_devices");
    routes.query<DeviceItems>(
        base, keeps, "One's own browsers that may be woken, and the key with which one is added",
        [&contacts](const Request& request) -> Result<DeviceItems> {
            DeviceItems out;
            if (!contacts.options().push_key.empty()) out.public_key = contacts.options().push_key;
            for (const auto& one : contacts.view().devices_of(request.principal->person))
                out.items.push_back({one.id, one.name, one.since});
            return out;
        });
    routes.command<DeviceBody, DeviceKept>(
        Method::post, base, keeps, "Let this browser be woken (RFC 8030 subscription)",
        [&contacts](const Request& request, const DeviceBody& body,
                    Recorder& recorder) -> Result<Done<DeviceKept>> {
            TRY_LET(auto device, contacts.add_device(recorder, request.principal->person,
                                                     {body.name.value_or(""), body.endpoint,
                                                      body.p256dh, body.auth}));
            return Done<DeviceKept>{{std::move(device)}, 201, {}, {}, {}};
        });
    routes.command<Nothing, DeviceKept>(
        Method::del, base + "/{device}", keeps, "Wake this browser no more",
        [&contacts](const Request& request, const Nothing&,
                    Recorder& recorder) -> Result<Done<DeviceKept>> {
            const std::string device(request.capture("device"));
            TRY(contacts.remove_device(recorder, request.principal->person, device,
                                       DeviceEnd::by_owner));
            return Done<DeviceKept>{{device}, 200, {}, {}, {}};
        });
    routes.command<Nothing, DeviceKept>(
        Method::post, base + "/trial", keeps, "Send one message to one's own browsers",
        [&contacts](const Request& request, const Nothing&,
                    Recorder& recorder) -> Result<Done<DeviceKept>> {
            TRY(contacts.try_devices(recorder, request.principal->person));
            return Done<DeviceKept>{{}, 200, {}, {}, {}};
        });
    return routes;
}

}  // namespace noroshi::prepare::contacts
