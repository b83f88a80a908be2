#pragma once
// Carries SMS to one gateway over SMPP 3.4: one transceiver connection, many messages under way at
// once, receipts and replies back. Thread-safe. The connection is made when the first message or
// listen() needs it, kept alive by enquire_link, and made again when it breaks.
//
//   accepted (status 0)              delivered; `reference` names it in the receipt
//   destination refused (0x0B)       refused
//   any other status, no connection  failed: certainly not taken
//   no answer, or broken afterwards  unknown: it may have been taken
//
// A long text is several PDUs; when only some were taken, the outcome is unknown.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "edge/courier/inbound.h"
#include "kernel/courier.h"
#include "kernel/result.h"

namespace noroshi::edge::courier {

struct SmppOptions {
    std::string name;  // shown in outcomes
    std::string host;
    std::uint16_t port = 2775;
    std::string system_id;
    std::string password;
    std::string system_type;
    std::string source;                            // the sender: a number, or letters
    std::chrono::milliseconds patience{10'000};    // for a connection, for an answer
    std::chrono::milliseconds keep_alive{30'000};  // between two signs of life
};

class SmppCourier final : public Courier {
public:
    // Errors: invalid edge.courier.sms_host. `on_inbound` may be empty.
    static Result<std::unique_ptr<SmppCourier>> create(SmppOptions options, OnInbound on_inbound);
    ~SmppCourier() override;

    Delivery carry(const Message& message, int attempt) override;
    // Binds now and stays bound, so that replies arrive without anything being sent.
    void listen();

private:
    struct Link;
    explicit SmppCourier(std::shared_ptr<Link> link) : link_(std::move(link)) {}
    std::shared_ptr<Link> link_;
};

}  // namespace noroshi::edge::courier
