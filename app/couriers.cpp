#include "app/couriers.h"

#include "edge/courier/file_courier.h"
#include "edge/courier/sms_http_courier.h"
#include "edge/courier/smtp_courier.h"

namespace noroshi::app {

using edge::courier::FailoverCourier;
using edge::courier::Letterhead;

void Couriers::keep(Channel channel, std::vector<FailoverCourier::Gateway> gateways,
                    const Clock& clock, unsigned threads) {
    auto courier = std::make_unique<FailoverCourier>(std::move(gateways), clock);
    posts_[channel] = {courier.get(), threads};
    several_[channel] = std::move(courier);
}

Result<> Couriers::make_mail(const edge::cli::Config& config, const Clock& clock) {
    const Letterhead from{config.mail_from, "Noroshi"};
    if (!config.relays.empty()) {
        std::vector<FailoverCourier::Gateway> gateways;
        for (const auto& relay : config.relays) {
            edge::courier::SmtpOptions options;
            options.from = from;
            TRY_LET(auto read, edge::cli::smtp_relay(relay));
            options.relays.push_back(std::move(read));
            TRY_LET(auto courier, edge::courier::SmtpCourier::create(std::move(options), clock));
            gateways.push_back({relay.name, std::move(courier)});
        }
        keep(Channel::email, std::move(gateways), clock, 8);
    } else if (!config.mail_folder.empty()) {
        single_.push_back(
            std::make_unique<edge::courier::FileCourier>(config.mail_folder, from, clock));
        posts_[Channel::email] = {single_.back().get(), 4};
    }
    return {};
}

Result<> Couriers::make_sms(const edge::cli::Config& config, const Clock& clock,
                            const edge::courier::OnInbound& on_inbound) {
    if (!config.inbound_token_file.empty()) {
        TRY_LET(inbound_token_, edge::cli::secret_of(config.inbound_token_file, "sms"));
    }
    std::vector<FailoverCourier::Gateway> gateways;
    for (const auto& one : config.sms_gateways) {
        std::string password;
        if (!one.password_file.empty()) {
            TRY_LET(password, edge::cli::secret_of(one.password_file, one.name));
        }
        if (one.kind == "smpp") {
            edge::courier::SmppOptions options;
            options.name = one.name;
            options.host = one.host;
            options.port = static_cast<std::uint16_t>(one.port);
            options.system_id = one.user;
            options.password = password;
            options.system_type = one.system_type;
            options.source = one.from;
            TRY_LET(auto courier,
                    edge::courier::SmppCourier::create(std::move(options), on_inbound));
            listening_.push_back(courier.get());
            gateways.push_back({one.name, std::move(courier)});
            continue;
        }
        edge::courier::SmsHttpOptions options;
        options.kind = one.kind == "kannel" ? edge::courier::SmsHttpOptions::Kind::kannel
                                            : edge::courier::SmsHttpOptions::Kind::template_;
        options.name = one.name;
        options.url = one.url;
        options.user = one.user;
        options.password = password;
        options.from = one.from;
        options.method = one.method;
        options.body = one.body;
        options.content_type = one.content_type;
        options.ca_file = one.ca_file;
        if (one.receipts && !config.public_url.empty() && !inbound_token_.empty())
            options.receipts = config.public_url + "/api/respond/callout/inbound/receipt?token=" +
                               edge::courier::percent_encoded(inbound_token_) +
                               "&gateway=" + edge::courier::percent_encoded(one.name);
        TRY_LET(auto courier, edge::courier::SmsHttpCourier::create(std::move(options)));
        gateways.push_back({one.name, std::move(courier)});
    }
    if (!gateways.empty()) keep(Channel::sms, std::move(gateways), clock, 16);
    return {};
}

Result<std::unique_ptr<Couriers>> Couriers::create(const edge::cli::Config& config,
                                                   const Clock& clock, const std::string& dir,
                                                   bool handsets,
                                                   edge::courier::OnInbound on_inbound) {
    std::unique_ptr<Couriers> all(new Couriers);
    TRY(all->make_mail(config, clock));
    TRY(all->make_sms(config, clock, on_inbound));
    if (handsets) {
        all->handsets_ =
            std::make_unique<edge::courier::HandsetCourier>(dir + "/handsets.jsonl", clock);
        for (const auto channel : {Channel::email, Channel::sms, Channel::voice})
            all->posts_.try_emplace(channel, edge::courier::Post{all->handsets_.get(), 1});
    }
    return all;
}

std::set<Channel> Couriers::channels() const {
    std::set<Channel> channels;
    for (const auto& [channel, post] : posts_) channels.insert(channel);
    return channels;
}

void Couriers::listen() {
    for (auto* one : listening_) one->listen();
}

std::map<Channel, std::vector<edge::courier::GatewayHealth>> Couriers::health() const {
    std::map<Channel, std::vector<edge::courier::GatewayHealth>> all;
    for (const auto& [channel, courier] : several_) all[channel] = courier->health();
    return all;
}

std::map<Channel, std::vector<std::string>> Couriers::gateways() const {
    std::map<Channel, std::vector<std::string>> all;
    for (const auto& [channel, several] : health())
        for (const auto& one : several) all[channel].push_back(one.name);
    for (const auto& [channel, post] : posts_)
        if (!all.contains(channel)) all[channel] = {std::string(name_of(channel))};
    return all;
}

}  // namespace noroshi::app
