#include "edge/cli/demo.h"

#include <algorithm>
#include <map>

#include <boost/json.hpp>

#include "edge/cli/demo_port.h"
#include "edge/http/router.h"
#include "edge/http/target.h"
#include "kernel/crypto/hash.h"
#include "kernel/identity/password.h"
#include "kernel/json/json.h"

namespace noroshi::edge::cli {

namespace {

using std::chrono::minutes;

constexpr std::string_view began_setting = "demo.began";  // the instant the first seeding began
constexpr std::string_view seeded_setting = "demo.seeded";
constexpr minutes founded_before{60 * 24 * 60};

class Seeder {
public:
    Seeder(const DemoGround& ground, DemoPort port)
        : ground_(ground), port_(std::move(port)), router_([&] {
              std::vector<const http::Route*> rows;
              for (const auto& route : ground.routes.all()) rows.push_back(&route);
              return rows;
          }()) {}

    Result<> seed() {
        TRY_LET(const auto began, begin());
        // Midnight in the port's zone.
        const auto local = began + port_.utc_offset;
        today_ = Instant{std::chrono::floor<std::chrono::days>(local)} - port_.utc_offset;
        TRY(pass_to(began - founded_before));
        TRY(found());
        for (std::size_t i = 0; i < port_.calls.size(); ++i) {
            auto done = make(port_.calls[i], i);
            if (!done)
                return port_.calls[i].body.wrong(port_.calls[i].path, "edge.cli.demo.refused",
                                                 {{"reason", describe(done.error())}});
        }
        TRY(pass_to(began));
        return ground_.journal.store().put_setting(seeded_setting, format_rfc3339(began));
    }

private:
    // ---- time ----

    Result<Instant> begin() {
        auto& store = ground_.journal.store();
        TRY_LET(const auto known, store.setting(began_setting));
        if (known) return parse_rfc3339(*known);
        const Instant now = std::chrono::floor<std::chrono::seconds>(ground_.clock.now());
        TRY(store.put_setting(began_setting, format_rfc3339(now)));
        return now;
    }

    void settle_down() {
        while (ground_.journal.step() > 0) {}
    }

    // Everything that becomes due on the way happens at its time: reminders, and mail, which
    // arrives at once.
    Result<> pass_to(Instant at) {
        constexpr int plenty = 10'000;
        for (int i = 0; i < plenty; ++i) {
            const auto due = ground_.journal.next_due();
            if (!due || *due >= at) break;
            ground_.clock.show(std::max(*due, ground_.clock.now()));
            settle_down();
            TRY(carry());
        }
        ground_.clock.show(at);
        settle_down();
        return {};
    }

    Result<> carry() {
        Result<> carried;
        auto& journal = ground_.journal;
        std::vector<journal::Claim> claims;
        journal.claim(1'000, [&](Result<std::vector<journal::Claim>> claimed) {
            if (claimed)
                claims = std::move(*claimed);
            else
                carried = std::unexpected(std::move(claimed).error());
        });
        settle_down();
        for (const auto& claim : claims)
            journal.settle(claim.key, ground_.handsets.carry(claim.message, claim.attempt),
                           [&](Result<> settled) {
                               if (!settled) carried = settled;
                           });
        settle_down();
        return carried;
    }

    // ---- calls, as over HTTP ----

    Result<boost::json::object> call(const std::string& method, const std::string& path,
                                     std::string body, std::shared_ptr<const Principal> principal,
                                     const std::string& key, std::int64_t if_match = 0) {
        auto request = std::make_shared<http::Request>();
        request->method = method == "put" ? http::Method::put : http::Method::post;
        TRY_LET(auto target, http::parse_target(path));
        auto match = router_.find(request->method, target.segments);
        if (match.route == nullptr || !match.route->command)
            return fail(ErrorKind::not_found, "edge.http.no_such_path", {{"path", path}});
        request->path = std::move(target.path);
        request->captures = std::move(match.captures);
        request->query = std::move(target.query);
        request->body = std::move(body);
        if (if_match > 0)
            request->headers.emplace_back("if-match", "\"" + std::to_string(if_match) + "\"");
        request->language = principal->language;
        request->principal = principal;
        TRY(check(match.route->permission, *principal));

        TRY_LET(auto decide, match.route->command(request));
        std::optional<Result<journal::Answer>> answered;
        journal::Command command;
        command.actor = principal->person.text;
        command.idempotency_key = to_hex(sha256("demo\n" + key));
        command.fingerprint = to_hex(sha256(method + "\n" + path + "\n" + request->body));
        command.decide = std::move(decide);
        command.done = [&](Result<journal::Answer> answer) { answered = std::move(answer); };
        ground_.journal.submit(std::move(command));
        while (!answered) ground_.journal.step();
        if (!*answered) return std::unexpected(std::move(*answered).error());
        TRY(carry());
        TRY_LET(const auto value, json::parse((*answered)->body));
        return value.is_object() ? value.get_object() : boost::json::object{};
    }

    Result<std::string> id_of(const boost::json::object& answer) {
        for (const auto* name : {"id", "person", "callout"})
            if (const auto* id = answer.if_contains(name); id && id->is_string())
                return std::string(id->get_string());
        return fail(ErrorKind::corrupt, "edge.cli.demo.no_id");
    }

    std::shared_ptr<const Principal> founder() const {
        auto founder = std::make_shared<Principal>();
        founder->person = PersonId{"system"};
        founder->roles = {{OrganisationId{}, Role::administrator}};
        return founder;
    }

    // ---- the port ----

    Result<> found() {
        const auto by = founder();
        auto text = [](std::string& out, std::string_view name, std::string_view value) {
            out += out.size() > 1 ? ",\"" : "\"";
            out += name;
            out += "\":";
            json::write_string(out, value);
        };
        {
            std::string body = "{";
            text(body, "name", port_.name);
            text(body, "name_en", port_.name_en);
            TRY(call("put", "/api/prepare/port", body + "}", by, "port"));
        }
        for (const auto& one : port_.organisations) {
            std::string body = "{";
            text(body, "kind", one.kind);
            text(body, "name", one.name);
            text(body, "name_en", one.name_en);
            text(body, "kana", one.kana);
            text(body, "contact", one.contact);
            body += ",\"serves\":[";
            for (const auto& served : one.serves) {
                if (!body.ends_with('[')) body += ',';
                json::write_string(body, known_["organisation." + served]);
            }
            TRY_LET(const auto answer, call("post", "/api/prepare/council/organisations",
                                            body + "]}", by, "organisation/" + one.key));
            TRY_LET(known_["organisation." + one.key], id_of(answer));
        }
        for (const auto& one : port_.terminals) {
            std::string body = "{";
            text(body, "name", one.name);
            text(body, "name_en", one.name_en);
            text(body, "operator", known_["organisation." + one.operated_by]);
            text(body, "code", one.code);
            text(body, "yard_gear", one.yard_gear);
            body += ",\"quay_metres\":" + std::to_string(one.quay_metres) +
                    ",\"quay_cranes\":" + std::to_string(one.quay_cranes) + "}";
            TRY_LET(const auto answer,
                    call("post", "/api/prepare/port/terminals", body, by, "terminal/" + one.key));
            TRY_LET(known_["terminal." + one.key], id_of(answer));
        }
        for (const auto& one : port_.people) TRY(register_person(one, by, text));
        return {};
    }

    template <class Text>
    Result<> register_person(const DemoPort::Person& one,
                             const std::shared_ptr<const Principal>& by, Text text) {
        std::string body = "{";
        text(body, "name", one.name);
        text(body, "kana", one.kana);
        text(body, "language", one.language);
        if (!one.login.empty()) text(body, "login", one.login);
        body += ",\"roles\":[";
        for (const auto& [organisation, role] : one.roles) {
            std::string given = "{";
            text(given, "organisation", known_["organisation." + organisation]);
            text(given, "role", role);
            body += (body.ends_with('[') ? "" : ",") + given + "}";
        }
        TRY_LET(const auto answer,
                call("post", "/api/prepare/council/people", body + "]}", by, "person/" + one.key));
        TRY_LET(const auto id, id_of(answer));
        known_["person." + one.key] = id;

        const PersonId person{id};
        std::string contact = "{";
        for (const auto& [name, value] : {std::pair{"email", &one.email},
                                          {"mobile", &one.mobile},
                                          {"weekday_phone", &one.weekday_phone},
                                          {"night_phone", &one.night_phone}})
            if (!value->empty()) text(contact, name, *value);
        // By the person, who may; nobody needs to be told the version of what is not there yet.
        if (contact.size() > 1)
            TRY(call("put", "/api/prepare/contacts/" + id, contact + "}", by,
                     "contact/" + one.key));
        if (one.login.empty() || ground_.credentials.has_password(person)) return {};
        journal::Command command;
        command.actor = "system";
        command.decide = [&](journal::Recorder& recorder) -> Result<journal::Answer> {
            ground_.credentials.set_password(
                recorder, person,
                hash_password(port_.password, ground_.credentials.rules().password_cost,
                              recorder.random()));
            return journal::Answer{};
        };
        Result<> kept;
        command.done = [&](Result<journal::Answer> result) {
            if (!result) kept = std::unexpected(std::move(result).error());
        };
        ground_.journal.submit(std::move(command));
        settle_down();
        return kept;
    }

    // ---- what happened ----

    Instant at_of(const DemoPort::Call& call, minutes of_day) const {
        return today_ - std::chrono::days(call.days_ago) + of_day;
    }

    // "$organisation.t1", "$kept.incident" anywhere in a text; "$at.05:40" as the whole of it.
    Result<std::string> filled(const DemoPort::Call& call, const std::string& text) {
        if (text.starts_with("$at.")) {
            const auto of_day = read_time_of_day(std::string_view(text).substr(4));
            if (!of_day) return call.body.wrong(text, "edge.cli.demo.time", {{"found", text}});
            return format_rfc3339(at_of(call, *of_day));
        }
        std::string out;
        for (std::size_t i = 0; i < text.size();) {
            if (text[i] != '$') {
                out += text[i++];
                continue;
            }
            std::size_t end = i + 1;
            while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 ||
                                         text[end] == '_' || text[end] == '.'))
                ++end;
            const auto name = text.substr(i + 1, end - i - 1);
            const auto found = known_.find(name);
            if (found == known_.end())
                return call.body.wrong(name, "edge.cli.demo.key", {{"found", name}});
            out += found->second;
            i = end;
        }
        return out;
    }

    Result<> make(const DemoPort::Call& one, std::size_t index) {
        TRY(pass_to(at_of(one, one.at)));
        const auto principal =
            ground_.directory.find_person(PersonId{known_["person." + one.person]});
        if (!principal) return fail(ErrorKind::not_found, "edge.cli.demo.no_id");
        TRY_LET(const auto path, filled(one, one.path));
        TRY_LET(auto body,
                one.body.as_json([&](const std::string& text) { return filled(one, text); }));
        TRY_LET(const auto answer, call(one.method, path, std::move(body),
                                        std::make_shared<const Principal>(*principal),
                                        "call/" + std::to_string(index), one.if_match));
        if (one.keep.empty()) return {};
        TRY_LET(known_["kept." + one.keep], id_of(answer));
        return {};
    }

    const DemoGround& ground_;
    const DemoPort port_;
    const http::Router router_;
    Instant today_;
    std::map<std::string, std::string> known_;  // "organisation.t1" → id
};

}  // namespace

Result<> seed_demo(const DemoGround& ground) {
    TRY_LET(const auto seeded, ground.journal.store().setting(seeded_setting));
    if (seeded) return {};
    TRY_LET(auto port, embedded_demo_port());
    auto done = Seeder(ground, std::move(port)).seed();
    ground.clock.show_real_time();
    return done;
}

}  // namespace noroshi::edge::cli
