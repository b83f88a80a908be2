#include "edge/courier/push_courier.h"

#include <algorithm>
#include <span>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::courier {

namespace {

std::string random_bytes(Random& random, std::size_t size) {
    std::string bytes(size, '\0');
    random.fill(std::as_writable_bytes(std::span(bytes)));
    return bytes;
}

P256Key key_for_once(Random& random) {
    std::array<unsigned char, 32> seed{};
    random.fill(std::as_writable_bytes(std::span(seed)));
    return P256Key::of_seed(seed);
}

// By which a push service replaces what it still holds (RFC 8030 §5.4): of the alarm and the person,
// not of the round, and telling neither.
std::string topic_of(std::string_view key) {
    const auto digest = sha256(key.substr(0, key.rfind('/')));
    return to_base64url({reinterpret_cast<const char*>(digest.data()), 24});
}

int weight_of(Outcome outcome) {
    switch (outcome) {
    case Outcome::delivered: return 3;
    case Outcome::unknown: return 2;
    case Outcome::failed: return 1;
    case Outcome::refused: return 0;
    }
    return 0;
}

}  // namespace

const std::vector<std::string>& usual_push_services() {
    static const std::vector<std::string> services{
        "fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com",
        "*.push.apple.com", "*.notify.windows.com"};
    return services;
}

bool is_push_service(const std::vector<std::string>& services, std::string_view endpoint) {
    const auto origin = origin_of(endpoint);
    if (!origin || (!origin->is_secure && origin->host != "127.0.0.1")) return false;
    return std::ranges::any_of(services, [&](const std::string& service) {
        if (!service.starts_with("*.")) return origin->host == service;
        return origin->host.size() > service.size() - 1 &&
               origin->host.ends_with(std::string_view(service).substr(1));
    });
}

PushCourier::PushCourier(PushOptions options, P256Key key, Random& random, const Clock& clock,
                         OnInbound on_gone)
    : options_(std::move(options)), key_(std::move(key)), random_(random), clock_(clock),
      on_gone_(std::move(on_gone)), rest_(clock) {}

Result<std::unique_ptr<PushCourier>> PushCourier::create(PushOptions options, P256Key key,
                                                         Random& random, const Clock& clock,
                                                         OnInbound on_gone) {
    if (!options.contact.starts_with("mailto:") && !options.contact.starts_with("https://"))
        return invalid("edge.courier.push_contact", "/push/contact", {{"text", options.contact}});
    if (options.services.empty()) options.services = usual_push_services();
    return std::unique_ptr<PushCourier>(
        new PushCourier(std::move(options), std::move(key), random, clock, std::move(on_gone)));
}

Delivery PushCourier::carry(const Message& message, int) {
    const auto devices = read_push_devices(message.to);
    if (!devices) return {Outcome::refused, "push", "malformed subscription"};
    Delivery best;
    int most = -1;
    for (const auto& device : *devices) {
        auto delivery = carry_to(device, message);
        const int weight = weight_of(delivery.outcome);
        if (weight <= most) continue;
        most = weight;
        best = std::move(delivery);
    }
    return best;
}

Delivery PushCourier::carry_to(const PushDevice& device, const Message& message) {
    const auto origin = origin_of(device.endpoint);
    Delivery delivery{Outcome::refused, origin->host, "not one of the push services"};
    if (!is_push_service(options_.services, device.endpoint)) return delivery;
    if (rest_.is_wanted(origin->text)) {
        delivery.outcome = Outcome::failed;
        delivery.detail = "asked to wait";
        return delivery;
    }
    const auto body =
        encrypt_push(device, message.text, random_bytes(random_, 16), key_for_once(random_));
    if (!body) {
        delivery.detail = "cannot be encrypted";
        return delivery;
    }
    HttpAsk asked;
    asked.url = device.endpoint;
    asked.headers = {{"Content-Type", "application/octet-stream"},
                     {"Content-Encoding", "aes128gcm"},
                     {"TTL", std::to_string(options_.keep.count())},
                     {"Urgency", "high"},
                     {"Topic", topic_of(message.key)},
                     {"Authorization", vapid(key_, origin->text, options_.contact,
                                             clock_.now() + std::chrono::hours(12))}};
    asked.body = *body;
    asked.ca_file = options_.ca_file;
    asked.patience = options_.patience;
    const auto answer = ask(asked);
    rest_.hear(origin->text, answer);
    delivery.outcome = outcome_of(answer, Outcome::refused);
    delivery.detail = answer.status == 0 ? answer.trouble : "HTTP " + std::to_string(answer.status);
    if (answer.status == 404 || answer.status == 410) {
        delivery.detail = "the browser has ended its subscription";
        if (on_gone_) {
            Inbound gone;
            gone.kind = Inbound::Kind::gone;
            gone.gateway = origin->host;
            gone.reference = device.id;
            on_gone_(std::move(gone), [](bool) {});
        }
    }
    return delivery;
}

}  // namespace noroshi::edge::courier
