#include "app/couriers.h"

#include <fstream>
#include <iterator>

#include "edge/courier/chat_courier.h"
#include "edge/courier/file_courier.h"
#include "edge/courier/push_courier.h"
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

Result<> Couriers::make_voice(const edge::cli::Config& config, journal::Journal& journal) {
    if (config.voice_gateways.empty()) return {};
    edge::courier::SipOptions options;
    options.ring = std::chrono::seconds(config.voice_ring_seconds);
    for (const auto& one : config.voice_gateways) {
        edge::courier::SipTrunk trunk;
        trunk.name = one.name;
        trunk.host = one.host;
        trunk.port = static_cast<std::uint16_t>(one.port);
        trunk.domain = one.domain;
        trunk.user = one.user;
        trunk.number_prefix = one.number_prefix;
        trunk.registers = one.registers;
        if (!one.password_file.empty()) {
            TRY_LET(trunk.password, edge::cli::secret_of(one.password_file, one.name));
        }
        options.trunks.push_back(std::move(trunk));
    }
    TRY_LET(auto courier, edge::courier::SipCourier::create(std::move(options), journal.random(),
                                                            journal.clock()));
    voice_ = courier.get();
    posts_[Channel::voice] = {courier.get(), static_cast<unsigned>(config.voice_lines)};
    single_.push_back(std::move(courier));
    return {};
}

namespace {

// A key in PEM has many lines.
Result<std::string> whole_file(const std::string& path, const std::string& name) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file || text.empty())
        return fail(ErrorKind::invalid, "edge.cli.password_unreadable",
                    {{"name", name}, {"file", path}});
    return text;
}

}  // namespace

Result<> Couriers::make_chat(const edge::cli::Config& config, const Clock& clock) {
    using edge::courier::ChatService;
    if (config.chats.empty()) return {};
    std::vector<ChatService> services;
    for (const auto& one : config.chats) {
        ChatService service;
        service.name = one.name;
        service.kind = one.kind == "teams"        ? ChatService::Kind::teams
                       : one.kind == "line_works" ? ChatService::Kind::line_works
                                                  : ChatService::Kind::slack;
        service.url = one.url;
        service.direct = one.direct;
        service.ca_file = one.ca_file;
        service.auth_url = one.auth_url;
        service.client_id = one.client_id;
        service.service_account = one.service_account;
        service.bot = one.bot;
        service.room = one.channel;
        if (!one.url_file.empty()) {
            TRY_LET(service.url, edge::cli::secret_of(one.url_file, one.name));
        }
        if (!one.client_secret_file.empty()) {
            TRY_LET(service.client_secret, edge::cli::secret_of(one.client_secret_file, one.name));
        }
        if (!one.private_key_file.empty()) {
            TRY_LET(service.private_key, whole_file(one.private_key_file, one.name));
        }
        chats_.push_back(service.name);
        services.push_back(std::move(service));
    }
    TRY_LET(auto courier, edge::courier::ChatCourier::create(std::move(services), clock));
    posts_[Channel::chat] = {courier.get(), 4};
    single_.push_back(std::move(courier));
    return {};
}

Result<> Couriers::make_push(const edge::cli::Config& config, journal::Journal& journal,
                             edge::courier::OnInbound on_inbound) {
    if (config.push.contact.empty()) return {};
    edge::courier::PushOptions options;
    options.contact = config.push.contact;
    options.services = config.push.services;
    options.ca_file = config.push.ca_file;
    TRY_LET(auto courier, edge::courier::PushCourier::create(
                              std::move(options), push_key_of(journal.installation_key()),
                              journal.random(), journal.clock(), std::move(on_inbound)));
    // Each browser's maker has a push service of its own: there is nothing to fail over to.
    posts_[Channel::push] = {courier.get(), 8};
    single_.push_back(std::move(courier));
    return {};
}

Result<std::unique_ptr<Couriers>> Couriers::create(const edge::cli::Config& config,
                                                   journal::Journal& journal,
                                                   const std::string& dir, bool handsets,
                                                   edge::courier::OnInbound on_inbound) {
    const Clock& clock = journal.clock();
    std::unique_ptr<Couriers> all(new Couriers);
    TRY(all->make_mail(config, clock));
    TRY(all->make_sms(config, clock, on_inbound));
    TRY(all->make_voice(config, journal));
    TRY(all->make_chat(config, clock));
    TRY(all->make_push(config, journal, on_inbound));
    if (handsets) {
        all->handsets_ =
            std::make_unique<edge::courier::HandsetCourier>(dir + "/handsets.jsonl", clock);
        for (const auto channel :
             {Channel::email, Channel::sms, Channel::voice, Channel::chat, Channel::push})
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
    if (voice_ != nullptr) all[Channel::voice] = voice_->health();
    return all;
}

std::map<Channel, std::vector<std::string>> Couriers::gateways() const {
    std::map<Channel, std::vector<std::string>> all;
    for (const auto& [channel, several] : health())
        for (const auto& one : several) all[channel].push_back(one.name);
    if (!chats_.empty()) all[Channel::chat] = chats_;
    for (const auto& [channel, post] : posts_)
        if (!all.contains(channel)) all[channel] = {std::string(name_of(channel))};
    return all;
}

}  // namespace noroshi::app
