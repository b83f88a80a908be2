#include "tests/storm/machine.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "kernel/crypto/hash.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"
#include "respond/callout/callout.h"

namespace noroshi::storm {

using edge::http::Method;
using edge::http::Reply;
using edge::http::Request;

namespace {

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    while (path.starts_with('/')) {
        path.remove_prefix(1);
        segments.emplace_back(path.substr(0, path.find('/')));
        path.remove_prefix(segments.back().size());
    }
    return segments;
}

Said said_of(const Error& error) { return {http_status_of(error.kind), {}, error.key, false}; }

}  // namespace

Machine::Machine(std::uint64_t seed, Instant now)
    : system_(now), random_(2 * seed + 1), disk_random_(2 * seed + 2),
      disk_("storm", clock_, disk_random_, seed % 2 == 0 ? 512 : 4096) {
    clock_.show(system_, steady_);
}

Machine::~Machine() { switch_off(); }

void Machine::set_time(Instant system, Span steady) {
    system_ = system;
    steady_ = steady;
    clock_.show(system, steady);
}

bool Machine::is_dead() {
    if (disk_.has_crashed()) dead_ = true;
    return dead_;
}

Machine::Start Machine::switch_on() {
    ASSERT(!is_on());
    dead_ = false;
    Error error{ErrorKind::unavailable, {}, {}, {}};
    static_cast<void>(disk_.has_crashed());
    clock_.start_process();
    clock_.show(system_, steady_);
    auto opened = store::open_sqlite({std::string(path), disk_.name()});
    if (opened) {
        store_ = std::move(*opened);
        // Verifying takes a second thread; the storm verifies by itself.
        journal_ = std::make_unique<journal::Journal>(*store_, clock_, random_,
                                                      journal::Options{.verify = false});
        app::RoomOptions options;
        // Nobody signs in here, and every start hashes a password to have one to compare with.
        options.credentials.hashing_threads = 0;
        options.credentials.password_cost = {.kibibytes = 8, .passes = 1};
        rooms_ = std::make_unique<app::Rooms>(*journal_, options);
        rooms_->contacts.set_public_url("https://port.example");
        rooms_->callout.set_public_url("https://port.example");
        rooms_->callout.set_gateways({Channel::email, Channel::sms, Channel::voice},
                                     std::string(inbound_token));
        routes_ = std::make_unique<edge::http::Routes>();
        rooms_->add_routes(*routes_);
        std::vector<const edge::http::Route*> all;
        for (const auto& route : routes_->all()) all.push_back(&route);
        router_ = std::make_unique<edge::http::Router>(std::move(all));
        if (heard_) journal_->on_events(heard_);
        const auto started = journal_->start();
        if (started) clock_.not_before(started->last_entry);
        if (started && !is_dead()) return Start::done;
        if (!started) error = started.error();
    } else {
        error = opened.error();
    }
    switch_off();
    // Whatever the disk does, it must not look as if the journal itself were broken.
    if (error.kind == ErrorKind::unavailable) return Start::refused;
    fmt::print(stderr, "storm: {}\n", describe(error));
    return Start::corrupt;
}

void Machine::switch_off() {
    router_.reset();
    routes_.reset();
    // The journal first holds what the rooms registered with it, and is not used any more.
    rooms_.reset();
    journal_.reset();
    store_.reset();
}

void Machine::pull_the_plug() {
    disk_.crash();
    switch_off();
}

std::optional<std::size_t> Machine::step() {
    const std::size_t handled = journal_->step();
    if (!is_dead()) return handled;
    switch_off();
    return {};
}

void Machine::submit(const Call& call, std::function<void(Said)> done) {
    auto request = std::make_shared<Request>();
    request->method = call.method;
    request->path = call.path;
    request->query = call.query;
    request->body = call.body;
    if (!call.idempotency_key.empty())
        request->headers.emplace_back("idempotency-key", call.idempotency_key);
    if (call.if_match)
        request->headers.emplace_back("if-match", "\"" + std::to_string(*call.if_match) + "\"");
    auto match = router_->find(call.method, segments_of(call.path));
    ASSERT(match.route != nullptr && match.route->command != nullptr);
    request->captures = std::move(match.captures);
    if (!call.person.empty()) {
        const auto principal = rooms_->council.view().find_person(call.person);
        if (!principal) return done({401, {}, "edge.http.not_signed_in", false});
        request->principal = std::make_shared<const Principal>(*principal);
        request->language = principal->language;
        if (const auto may = check(match.route->permission, *principal); !may)
            return done(said_of(may.error()));
    } else {
        ASSERT(match.route->permission.who == Permission::Who::anyone);
    }
    auto decide = match.route->command(request);
    if (!decide) return done(said_of(decide.error()));

    journal::Command command;
    command.actor = call.person.text;
    if (!call.idempotency_key.empty()) {
        // As in edge/http/handling.cpp.
        const std::string who =
            call.person.empty() ? "path\n" + call.path : "person\n" + call.person.text;
        command.idempotency_key = to_hex(sha256(who + "\n" + call.idempotency_key));
        command.fingerprint =
            to_hex(sha256(std::string(name_of(call.method)) + "\n" + call.path + "\n" + call.body));
    }
    command.decide = std::move(*decide);
    command.done = [this, done = std::move(done)](const Result<journal::Answer>& answer) {
        if (is_dead()) return;
        if (answer)
            done({answer->status, answer->body, {}, answer->replayed});
        else
            done(said_of(answer.error()));
    };
    journal_->submit(std::move(command));
}

Said Machine::ask(const PersonId& person, const std::string& asked,
                  const edge::http::Headers& query) {
    Request request;
    request.method = Method::get;
    request.path = asked;
    request.query = query;
    auto match = router_->find(Method::get, segments_of(asked));
    ASSERT(match.route != nullptr && match.route->query != nullptr);
    request.captures = std::move(match.captures);
    if (!person.empty()) {
        const auto principal = rooms_->council.view().find_person(person);
        if (!principal) return {401, {}, "edge.http.not_signed_in", false};
        request.principal = std::make_shared<const Principal>(*principal);
        request.language = principal->language;
        if (const auto may = check(match.route->permission, *principal); !may)
            return said_of(may.error());
    }
    const auto reply = journal_->read([&] { return match.route->query(request); });
    if (!reply) return said_of(reply.error());
    return {reply->status, reply->shared_body ? *reply->shared_body : reply->body, {}, false};
}

void Machine::perform(const std::function<Result<>(journal::Recorder&)>& decide) {
    Result<journal::Answer> answered = fail(ErrorKind::unavailable, "storm.not_answered");
    journal::Command command;
    command.actor = "system";
    command.decide = [&](journal::Recorder& recorder) -> Result<journal::Answer> {
        TRY(decide(recorder));
        return journal::Answer{};
    };
    command.done = [&](Result<journal::Answer> answer) { answered = std::move(answer); };
    journal_->submit(std::move(command));
    journal_->step();
    if (!answered) fmt::print(stderr, "{}\n", describe(answered.error()));
    ASSERT(answered);
}

}  // namespace noroshi::storm
