#pragma once
// Carries a message to a person's browsers through the push services these named (RFC 8030). One
// message goes to every browser of the person at once: whoever has a telephone and a desk is woken
// by whichever is near.
//
//   a push service took it for one browser   delivered
//   none did, one may have it                unknown
//   none did, one may take it later          failed
//   every browser is gone or was refused     refused
//
// A browser whose subscription has ended (404, 410) is told of through `on_gone`, so that it is not
// tried again. Only push services named in the options are asked: what a browser hands in as its
// endpoint is somebody's word. Thread-safe.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "edge/courier/inbound.h"
#include "edge/courier/rest.h"
#include "edge/courier/web_push.h"
#include "kernel/courier.h"
#include "kernel/random/random.h"
#include "kernel/result.h"

namespace noroshi::edge::courier {

struct PushOptions {
    std::string contact;  // "mailto:…" or "https:…"
    // "fcm.googleapis.com", or "*.push.apple.com" for every name below it.
    std::vector<std::string> services;
    std::chrono::seconds keep{24 *
                              3'600};  // how long a push service keeps it for a browser that is off
    std::string ca_file;
    std::chrono::milliseconds patience{10'000};
};
// Of the browsers in use: Chromium, Firefox, Safari, Edge.
const std::vector<std::string>& usual_push_services();
// Whether one of the services has this endpoint; plain http only to this machine, for trials.
bool is_push_service(const std::vector<std::string>& services, std::string_view endpoint);

class PushCourier final : public Courier {
public:
    // Errors: invalid edge.courier.push_contact.
    static Result<std::unique_ptr<PushCourier>> create(PushOptions options, P256Key key,
                                                       Random& random, const Clock& clock,
                                                       OnInbound on_gone);
    Delivery carry(const Message& message, int attempt) override;

private:
    PushCourier(PushOptions options, P256Key key, Random& random, const Clock& clock,
                OnInbound on_gone);
    Delivery carry_to(const PushDevice& device, const Message& message);
    PushOptions options_;
    P256Key key_;
    Random& random_;
    const Clock& clock_;
    OnInbound on_gone_;
    Rest rest_;
};

}  // namespace noroshi::edge::courier
