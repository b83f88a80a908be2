#include "app/serving.h"

#include <fmt/format.h>
#include <pthread.h>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>

#include "app/couriers.h"
#include "app/demo_logs.h"
#include "app/forecaster.h"
#include "app/public_copy.h"
#include "app/watchdog.h"
#include "app/watching.h"
#include "edge/cli/control.h"
#include "edge/cli/demo.h"
#include "edge/cli/store_cli.h"
#include "edge/courier/dispatch.h"
#include "edge/courier/push_courier.h"
#include "edge/http/server.h"
#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"
#include "respond/callout/callout.h"
#include "respond/callout/callout_heartbeat.h"
#include "respond/forecast/forecast_room.h"
#include "respond/guests/guests.h"
#include "respond/incident/incident.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_providers.h"
#include "watch/detections/detections.h"
#include "watch/warnings/warnings.h"

namespace noroshi::app {

namespace {

// Blocks the signals in this and all threads started later; wait() then takes them.
class Signals {
public:
    Signals() {
        sigemptyset(&set_);
        sigaddset(&set_, SIGTERM);
        sigaddset(&set_, SIGINT);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
        std::signal(SIGPIPE, SIG_IGN);
        // A file that may not grow is a full disk: refused and survived, not a reason to die.
        std::signal(SIGXFSZ, SIG_IGN);
    }
    void wait() {
        int signal = 0;
        sigwait(&set_, &signal);
    }

private:
    sigset_t set_{};
};

// What comes in over a gateway is taken when it is durable.
edge::courier::OnInbound hand_to(Installation& installation) {
    return [&installation](edge::courier::Inbound inbound, std::function<void(bool)> done) {
        journal::Command command;
        command.actor = "system";
        command.decide = [&rooms = installation.rooms(), inbound = std::move(inbound)](
                             journal::Recorder& recorder) -> Result<journal::Answer> {
            switch (inbound.kind) {
            case edge::courier::Inbound::Kind::words:
                rooms.callout.take_words(recorder, inbound.from, inbound.text);
                break;
            case edge::courier::Inbound::Kind::receipt:
                rooms.callout.take_receipt(recorder, inbound.gateway, inbound.reference,
                                           inbound.arrived, inbound.state);
                break;
            case edge::courier::Inbound::Kind::gone:
                rooms.contacts.forget_device(recorder, inbound.reference);
                break;
            }
            return journal::Answer{};
        };
        command.done = [done = std::move(done)](const Result<journal::Answer>& answer) {
            done(answer.has_value());
        };
        installation.journal().submit(std::move(command));
    };
}

// Which chats contacts may name and call-outs may go to. A demo without one has one on its handsets.
void offer_chats(Rooms& rooms, const edge::cli::Config& config, bool handsets) {
    std::vector<respond::callout::Chat> chats;
    std::vector<std::string> of_people;
    for (const auto& one : config.chats) {
        respond::callout::Chat chat{one.name, *parse_tlp(one.max_tlp), one.room, {}};
        for (const auto& organisation : one.organisations)
            chat.organisations.push_back(OrganisationId{organisation});
        chats.push_back(std::move(chat));
        if (one.kind == "line_works" || one.direct) of_people.push_back(one.name);
    }
    if (handsets && chats.empty()) {
        chats.push_back({"chat", Tlp::amber, true, {}});
        of_people.emplace_back("chat");
    }
    rooms.callout.set_chats(std::move(chats));
    rooms.contacts.set_chat_services(std::move(of_people));
}

// Keeps the connections over which replies come in.
std::jthread keep_listening(Couriers& couriers) {
    return std::jthread([&couriers](const std::stop_token& stop) {
        std::mutex guard;
        std::condition_variable_any pause;
        while (!stop.stop_requested()) {
            couriers.listen();
            std::unique_lock lock(guard);
            pause.wait_for(lock, stop, std::chrono::seconds(20), [] { return false; });
        }
    });
}

// A listener of its own for the public page, so that a rush upon it and what outsiders try there
// meet nothing of the inside. Whole offices and mobile networks come from one address.
std::unique_ptr<edge::http::Server> make_public_server(const edge::cli::Config& config,
                                                       const edge::http::Routes& routes,
                                                       journal::Journal& journal) {
    edge::http::ServerOptions options;
    options.face = edge::http::Face::outward;
    options.listen = {config.public_listen};
    options.threads = std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
    options.connections_per_address = options.connections / 2;
    options.zone = config.zone;
    options.public_url = config.public_page_url;
    options.secure_cookies = !config.public_listen.tls_certificate.empty();
    return std::make_unique<edge::http::Server>(
        options, routes, journal,
        [](std::string_view, std::string_view) -> Result<std::shared_ptr<const Principal>> {
            return std::shared_ptr<const Principal>{};
        });
}

void open_in_browser(const std::string& address) {
    if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr) return;
    const std::string command = "xdg-open '" + address + "' >/dev/null 2>&1 &";
    [[maybe_unused]] const int status = std::system(command.c_str());
}

}  // namespace

void say(Language language, std::string_view key, const Arguments& arguments) {
    fmt::print("{}\n", i18n::text(language, key, arguments));
    std::fflush(stdout);
}

Result<InstallationOptions> options_of(const std::string& dir, const std::string& config_file) {
    InstallationOptions options;
    options.dir = dir;
    const std::string beside = dir + "/config.toml";
    if (!config_file.empty()) {
        TRY_LET(options.config, edge::cli::read_config(config_file));
    } else if (std::filesystem::exists(beside)) {
        TRY_LET(options.config, edge::cli::read_config(beside));
    }
    return options;
}

Result<> serve(Mode mode, const std::string& dir, const std::string& config_file,
               const std::vector<std::string>& listen, const std::string& public_listen,
               Language language, bool open_browser) {
    Signals signals;
    TRY_LET(auto options, options_of(dir, config_file));
    options.demo = mode == Mode::demo;
    for (const auto& text : listen) {
        TRY_LET(auto where, edge::cli::parse_listen(text));
        options.config.listen.push_back(std::move(where));
    }
    if (options.config.listen.empty()) options.config.listen.push_back({});
    if (!public_listen.empty()) {
        TRY_LET(const auto where, edge::cli::parse_listen(public_listen));
        options.config.public_listen.address = where.address;
        options.config.public_listen.port = where.port;
    }
    TRY_LET(auto installation, Installation::open(std::move(options)));
    const auto& config = installation->config();
    auto& rooms = installation->rooms();
    auto& journal = installation->journal();
    say(language, "edge.cli.started",
        {{"facts", std::to_string(installation->report().facts)},
         {"milliseconds", std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                                             installation->report().took)
                                             .count())}});

    const bool has_real_mail = !config.relays.empty() || !config.mail_folder.empty();
    TRY_LET(const auto couriers,
            Couriers::create(config, journal, installation->dir(),
                             mode == Mode::demo && !has_real_mail, hand_to(*installation)));
    auto* handsets = couriers->handsets();
    rooms.callout.set_gateways(couriers->channels(), couriers->inbound_token(), config.country);
    Watchdog watchdog(journal, rooms.heartbeat, config.heartbeat);
    if (couriers->channels().contains(Channel::push))
        rooms.contacts.set_push(
            to_base64url(push_key_of(journal.installation_key()).public_point()),
            [services = config.push.services](std::string_view endpoint) {
                const auto& all =
                    services.empty() ? edge::courier::usual_push_services() : services;
                return edge::courier::is_push_service(all, endpoint);
            });
    offer_chats(rooms, config, handsets != nullptr);
    rooms.notices.providers().set_channels(couriers->channels());
    edge::courier::Dispatcher dispatcher(journal, couriers->posts());

    TRY(installation->receive());
    edge::http::Routes routes;
    rooms.add_routes(routes, &installation->intake(), installation->reception());
    if (mode == Mode::demo) edge::cli::add_demo_routes(routes, rooms.council.view(), handsets);

    edge::http::ServerOptions server_options;
    server_options.listen = config.listen;
    server_options.threads = config.http_threads;
    server_options.web_root = config.web_root;
    server_options.zone = config.zone;
    server_options.public_url = config.public_url;
    server_options.secure_cookies = config.behind_tls_proxy;
    server_options.access_log = config.log_file.empty() ? "-" : config.log_file;
    for (const auto& where : config.listen)
        server_options.secure_cookies |= !where.tls_certificate.empty();
    edge::http::Server server(server_options, routes, journal,
                              [&rooms](std::string_view authorization, std::string_view cookie) {
                                  return rooms.credentials.authenticate(authorization, cookie);
                              });
    TRY(server.bind());
    const auto addresses = server.addresses();
    // Of links in messages.
    const std::string own_url = config.public_url.empty() ? addresses.front() : config.public_url;
    rooms.contacts.set_public_url(own_url);
    edge::http::Routes public_routes;
    rooms.add_public_routes(public_routes);
    const auto public_server = make_public_server(config, public_routes, journal);
    TRY(public_server->bind());
    const std::string public_address = public_server->addresses().front();
    rooms.notices.set_public_url(config.public_page_url.empty() ? public_address
                                                                : config.public_page_url);
    rooms.detections.set_public_url(own_url);
    rooms.notices.set_own_url(own_url);
    rooms.warnings.set_public_url(own_url);
    rooms.callout.set_public_url(own_url);
    rooms.credentials.set_public_url(config.public_url);
    rooms.guests.set_public_url(own_url);
    rooms.incident.set_public_url(own_url);
    if (mode == Mode::demo) {
        // The past's messages went to handsets, also where today's go out by real mail.
        edge::courier::HandsetCourier past("", installation->clock());
        TRY(edge::cli::seed_demo({routes, journal, rooms.credentials, rooms.council.view(),
                                  installation->demo_clock(),
                                  handsets != nullptr ? *handsets : past}));
    }
    // Not before a demo's past is over: its messages went to handsets, whatever the gateways are.
    rooms.heartbeat.set_plan(plan_of(config.heartbeat, couriers->gateways()));
    PublicCopy copy(journal, rooms.notices.public_view(),
                    config.public_copy.empty() ? dir + "/public" : config.public_copy,
                    config.public_push);
    rooms.notices.public_view().on_change([&copy] { copy.changed(); });
    // Both threads: who waits for a forecast waits for nothing else that much.
    Forecaster forecaster(rooms.forecast, journal, 0);
    installation->run();
    Watching watching(*installation, watch_folders(dir, config));
    if (mode == Mode::demo) TRY(write_demo_logs(*installation, watching));

    for (const auto& address : addresses) say(language, "edge.cli.serving", {{"address", address}});
    say(language, "edge.cli.serving_public", {{"address", public_address + "/"}});
    if (const auto* reception = installation->reception())
        for (const auto& listener : reception->counts().listeners)
            say(language, "edge.cli.receiving",
                {{"name", listener.name},
                 {"way", std::string(edge::reception::name_of(listener.way))},
                 {"address", listener.address}});
    if (mode == Mode::demo)
        say(language, "edge.cli.demo_hint", {{"address", addresses.front() + "/"}});
    TRY_LET(auto control, edge::cli::Control::start(dir, control_verbs(*installation)));
    copy.start();
    TRY(public_server->start());
    TRY(server.start());
    dispatcher.start();
    watching.start();
    auto listening = keep_listening(*couriers);
    watchdog.start();
    if (mode == Mode::demo && open_browser) open_in_browser(addresses.front() + "/");

    signals.wait();
    server.stop();
    watchdog.stop();
    listening.request_stop();
    listening.join();
    watching.stop();
    public_server->stop();
    copy.stop();
    dispatcher.stop();
    control.reset();
    forecaster.stop();
    installation->stop();
    return {};
}

Result<Reached> restore(const std::string& dir, const std::string& config_file,
                        const std::string& backup, const std::string& erasures) {
    TRY_LET(auto options, options_of(dir, config_file));
    TRY_LET(const auto head, edge::cli::restore(dir, options.config.store, backup, erasures));
    return reached(head);
}

}  // namespace noroshi::app
