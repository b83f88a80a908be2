#pragma once
// The gateways of an installation: which channels there are, each with everything the configuration
// names for it, and what comes back over them.

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "edge/cli/config.h"
#include "edge/courier/dispatch.h"
#include "edge/courier/failover.h"
#include "edge/courier/handset_courier.h"
#include "edge/courier/inbound.h"
#include "edge/courier/sip_courier.h"
#include "edge/courier/smpp_courier.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::app {

class Couriers {
public:
    // `dir`: the data directory; `handsets`: a demo's telephones stand in for what is not
    // configured. Errors: invalid, of the configuration.
    static Result<std::unique_ptr<Couriers>> create(const edge::cli::Config& config,
                                                    journal::Journal& journal,
                                                    const std::string& dir, bool handsets,
                                                    edge::courier::OnInbound on_inbound);

    const std::map<Channel, edge::courier::Post>& posts() const { return posts_; }
    std::set<Channel> channels() const;
    const std::string& inbound_token() const { return inbound_token_; }
    const edge::courier::HandsetCourier* handsets() const { return handsets_.get(); }
    edge::courier::HandsetCourier* handsets() { return handsets_.get(); }
    // Stays connected where replies come in over the connection. Call again and again.
    void listen();
    std::map<Channel, std::vector<edge::courier::GatewayHealth>> health() const;
    // What there is of each channel; a channel with one courier is one gateway of its own name.
    std::map<Channel, std::vector<std::string>> gateways() const;

private:
    Couriers() = default;
    Result<> make_mail(const edge::cli::Config& config, const Clock& clock);
    Result<> make_sms(const edge::cli::Config& config, const Clock& clock,
                      const edge::courier::OnInbound& on_inbound);
    Result<> make_voice(const edge::cli::Config& config, journal::Journal& journal);
    Result<> make_chat(const edge::cli::Config& config, const Clock& clock);
    Result<> make_push(const edge::cli::Config& config, journal::Journal& journal,
                       edge::courier::OnInbound on_inbound);
    void keep(Channel channel, std::vector<edge::courier::FailoverCourier::Gateway> gateways,
              const Clock& clock, unsigned threads);

    std::map<Channel, std::unique_ptr<edge::courier::FailoverCourier>> several_;
    std::vector<std::unique_ptr<Courier>> single_;
    std::vector<edge::courier::SmppCourier*> listening_;
    const edge::courier::SipCourier* voice_ = nullptr;
    std::vector<std::string> chats_;  // names of the services
    std::unique_ptr<edge::courier::HandsetCourier> handsets_;
    std::map<Channel, edge::courier::Post> posts_;
    std::string inbound_token_;
};

}  // namespace noroshi::app
