#include "edge/cli/replay.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "edge/cli/replay_scenario.h"
#include "edge/http/client.h"
#include "kernel/i18n/i18n.h"
#include "kernel/json/json.h"
#include "kernel/random/random.h"

namespace noroshi::edge::cli {

namespace {

using std::chrono::milliseconds;
constexpr std::string_view zone = "Asia/Tokyo";

// A JSON object, field by field.
class Body {
public:
    template <class T>
    Body& put(std::string_view name, const T& value) {
        text_ += text_.size() > 1 ? ",\"" : "\"";
        text_ += name;
        text_ += "\":";
        json::write(text_, value);
        return *this;
    }
    Body& put_unless_empty(std::string_view name, const std::string& value) {
        return value.empty() ? *this : put(name, value);
    }
    std::string text() const { return text_ + "}"; }

private:
    std::string text_ = "{";
};

void wait_for(milliseconds time) {
    std::mutex guard;
    std::condition_variable never;
    std::unique_lock lock(guard);
    never.wait_for(lock, time, [] { return false; });
}

class Player {
public:
    Player(const ReplayOptions& options, Scenario scenario)
        : options_(options), scenario_(std::move(scenario)),
          client_({options.server, options.token, std::string(i18n::code_of(options.language)),
                   options.ca_file}) {}

    Result<Replayed> play() {
        TRY(find_parties());
        TRY(find_terminals());
        if (options_.exercise.empty())
            TRY(start_exercise());
        else
            TRY(go_on_with_exercise());
        TRY(open_incident());
        for (std::size_t i = 0; i < scenario_.steps.size(); ++i) {
            const auto& step = scenario_.steps[i];
            TRY(wait_until(step.at));
            const std::string key = done_.exercise.text + "/" + std::to_string(i);
            if (step.entry) TRY(add_entry(step, key + "/entry"));
            for (std::size_t k = 0; k < step.milestones.size(); ++k)
                TRY(set_milestone(step, step.milestones[k],
                                  key + "/milestone/" + std::to_string(k)));
        }
        TRY(post("/api/practise/drills/exercises/" + done_.exercise.text + "/end", "{}",
                 done_.exercise.text + "/end"));
        say("ended", {{"entries", std::to_string(done_.entries)},
                      {"milestones", std::to_string(done_.milestones)}});
        TRY(show_review());
        return done_;
    }

private:
    // ---- talking to the server ----

    // Tries again while the server is away or too busy: every request is safe to repeat, a POST by
    // its key.
    Result<boost::json::value> ask(edge::http::Method method, const std::string& path,
                                   const std::string& body, const std::string& key) {
        milliseconds spent{0};
        for (milliseconds pause{250};; pause = std::min(pause * 2, milliseconds(5'000))) {
            auto answer = method == edge::http::Method::get
                              ? client_.get(path)
                              : client_.post(path, body, {{"Idempotency-Key", key}});
            if (answer) {
                auto value = json::parse(answer->body);
                if (!value || !value->is_object())
                    return fail(ErrorKind::unavailable, "edge.cli.replay.unexpected",
                                {{"server", options_.server}, {"request", path}});
                return std::move(*value);
            }
            if (answer.error().kind != ErrorKind::unavailable || spent >= options_.patience)
                return std::unexpected(std::move(answer).error());
            rest(pause);
            spent += pause;
        }
    }
    Result<boost::json::value> get(const std::string& path) {
        return ask(edge::http::Method::get, path, {}, {});
    }
    Result<boost::json::value> post(const std::string& path, const std::string& body,
                                    const std::string& key) {
        return ask(edge::http::Method::post, path, body, key);
    }

    Result<std::string> text_in(const boost::json::value& value, std::string_view field,
                                const std::string& path) const {
        const auto* found = value.as_object().if_contains(field);
        if (found == nullptr || !found->is_string())
            return fail(ErrorKind::unavailable, "edge.cli.replay.unexpected",
                        {{"server", options_.server}, {"request", path}});
        return std::string(found->get_string());
    }

    static std::vector<const boost::json::object*> items_in(const boost::json::value& value,
                                                            std::string_view field) {
        std::vector<const boost::json::object*> items;
        if (const auto* list = value.as_object().if_contains(field); list && list->is_array())
            for (const auto& one : list->get_array())
                if (one.is_object()) items.push_back(&one.get_object());
        return items;
    }
    static std::string text_of(const boost::json::object& object, std::string_view field) {
        const auto* found = object.if_contains(field);
        return found && found->is_string() ? std::string(found->get_string()) : "";
    }
    static std::optional<std::int64_t> number_of(const boost::json::object& object,
                                                 std::string_view field) {
        const auto* found = object.if_contains(field);
        if (!found || !found->is_int64()) return {};
        return found->get_int64();
    }

    void rest(milliseconds time) const {
        if (options_.rest)
            options_.rest(time);
        else
            wait_for(time);
    }
    void print(const std::string& line) const {
        if (options_.say) {
            options_.say(line);
        } else {
            fmt::print("{}\n", line);
            std::fflush(stdout);
        }
    }
    std::string words(std::string_view key, const Arguments& arguments = {}) const {
        return i18n::text(options_.language, "edge.cli.replay." + std::string(key), arguments);
    }
    void say(std::string_view key, const Arguments& arguments) const {
        print(words(key, arguments));
    }

    // ---- the port it is played in ----

    Result<> find_parties() {
        TRY_LET(const auto answer, get("/api/prepare/council/organisations"));
        const auto items = items_in(answer, "items");
        for (const auto& party : scenario_.parties) {
            std::size_t seen = 0;
            for (const auto* item : items)
                if (text_of(*item, "kind") == party.kind && ++seen == party.nth)
                    parties_.push_back(text_of(*item, "id"));
            if (seen < party.nth)
                return fail(ErrorKind::not_found, "edge.cli.replay.no_party",
                            {{"kind", party.kind},
                             {"nth", std::to_string(party.nth)},
                             {"name", party.name}});
        }
        return {};
    }

    Result<> find_terminals() {
        TRY_LET(const auto answer, get("/api/prepare/port"));
        const auto items = items_in(answer, "terminals");
        for (const auto& terminal : scenario_.terminals) {
            if (terminal.nth > items.size())
                return fail(ErrorKind::not_found, "edge.cli.replay.no_terminal",
                            {{"nth", std::to_string(terminal.nth)}, {"name", terminal.name}});
            const auto& item = *items[terminal.nth - 1];
            const std::string name_en = text_of(item, "name_en");
            terminals_.push_back(
                {text_of(item, "id"), options_.language == Language::en && !name_en.empty()
                                          ? name_en
                                          : text_of(item, "name")});
        }
        return {};
    }

    // ---- playing ----

    Result<> start_exercise() {
        const bool at_once = options_.speed <= 0;
        Body body;
        body.put("title", options_.language == Language::en ? scenario_.title_en : scenario_.title)
            .put("starts_at", at_once ? scenario_.steps.back().at : scenario_.starts_at)
            .put("speed", at_once ? 1.0 : options_.speed);
        if (!scenario_.reference.empty()) {
            std::string times = "[";
            for (const auto& one : scenario_.reference) {
                Body time;
                time.put("audience", one.audience);
                if (one.minutes) time.put("minutes", *one.minutes);
                time.put_unless_empty("note", one.note);
                times += (times.size() > 1 ? "," : "") + time.text();
            }
            body.put("reference", json::Raw{Body()
                                                .put("source", scenario_.reference_source)
                                                .put("times", json::Raw{times + "]"})
                                                .text()});
        }
        const std::string path = "/api/practise/drills/exercises";
        // Nothing is known yet to make a key of: another replay is another exercise.
        TRY_LET(const auto answer,
                post(path, body.text(), "replay/" + SystemRandom{}.identifier()));
        TRY_LET(done_.exercise.text, text_in(answer, "id", path));
        return {};
    }

    // The keys of all that follows are made of the exercise, so what was played is not played twice.
    Result<> go_on_with_exercise() {
        const std::string path = "/api/practise/drills/exercises/" + options_.exercise;
        TRY_LET(const auto answer, get(path));
        TRY_LET(const auto title, text_in(answer, "title", path));
        if (title != scenario_.title && title != scenario_.title_en)
            return fail(ErrorKind::invalid, "edge.cli.replay.other_exercise",
                        {{"exercise", options_.exercise}, {"title", title}});
        done_.exercise.text = options_.exercise;
        return {};
    }

    Result<> open_incident() {
        const auto& incident = scenario_.incident;
        Body body;
        body.put("title", incident.title)
            .put("event_time", scenario_.starts_at)
            .put("effects", incident.effects)
            .put("exercise", done_.exercise)
            .put_unless_empty("summary", incident.summary)
            .put_unless_empty("cause", incident.cause)
            .put("terminals", ids_of(incident.terminals));
        if (incident.as) body.put("on_behalf_of", parties_[*incident.as]);
        const std::string path = "/api/respond/incident/incidents";
        TRY_LET(const auto answer, post(path, body.text(), done_.exercise.text + "/incident"));
        TRY_LET(done_.incident.text, text_in(answer, "id", path));
        say("begins",
            {{"title", options_.language == Language::en ? scenario_.title_en : scenario_.title},
             {"exercise", done_.exercise.text},
             {"speed", options_.speed <= 0 ? "∞" : fmt::format("{:g}", options_.speed)},
             {"url", page("")}});
        return {};
    }

    std::vector<std::string> ids_of(const std::vector<std::size_t>& terminals) const {
        std::vector<std::string> ids;
        ids.reserve(terminals.size());
        for (const auto index : terminals) ids.push_back(terminals_[index].id);
        return ids;
    }
    std::string page(std::string_view part) const {
        return options_.server + "/respond/incident/" + done_.incident.text + std::string(part);
    }

    // The exercise's clock is the server's: somebody may pause it or change its pace meanwhile.
    Result<> wait_until(Instant at) {
        if (options_.speed <= 0) return {};
        const std::string path = "/api/practise/drills/exercises/" + done_.exercise.text;
        while (true) {
            TRY_LET(const auto answer, get(path));
            TRY_LET(const auto shown, text_in(answer, "now", path));
            TRY_LET(const auto now, parse_rfc3339(shown));
            if (now >= at) return {};
            const auto* pace = answer.as_object().if_contains("speed");
            const double speed = pace && pace->is_number() ? pace->to_number<double>() : 0;
            const auto missing = std::chrono::duration<double, std::milli>(at - now);
            const double wait = speed > 0 ? missing.count() / speed : 1'000;
            rest(milliseconds(static_cast<std::int64_t>(std::clamp(wait + 1, 1.0, 1'000.0))));
        }
    }

    Result<> add_entry(const Scenario::Step& step, const std::string& key) {
        const auto& entry = *step.entry;
        Body body;
        body.put("event_time", step.at)
            .put_unless_empty("sender", entry.sender)
            .put_unless_empty("receiver", entry.receiver)
            .put_unless_empty("medium", entry.medium)
            .put("content", entry.content)
            .put("kind", entry.kind)
            .put("confirmed", entry.confirmed)
            .put("audiences", entry.audiences);
        if (entry.due) body.put("due", *entry.due);
        if (entry.as) body.put("on_behalf_of", parties_[*entry.as]);
        std::vector<std::string> to;
        to.reserve(entry.to.size());
        for (const auto index : entry.to) to.push_back(parties_[index]);
        body.put("receiver_organisations", to);
        TRY_LET(const auto answer,
                post("/api/respond/incident/incidents/" + done_.incident.text + "/entries",
                     body.text(), key));
        ++done_.entries;
        say("entry",
            {{"at", format_for_people(step.at, zone, options_.language)},
             {"number", std::to_string(number_of(answer.as_object(), "number").value_or(0))},
             {"content", entry.content}});
        return {};
    }

    Result<> set_milestone(const Scenario::Step& step, const Scenario::Milestone& milestone,
                           const std::string& key) {
        const auto& terminal = terminals_[milestone.terminal];
        Body body;
        body.put("terminal", terminal.id)
            .put("milestone", milestone.milestone)
            .put("state", milestone.state)
            .put("time", milestone.time)
            .put("event_time", step.at)
            .put_unless_empty("note", milestone.note);
        if (milestone.as) body.put("on_behalf_of", parties_[*milestone.as]);
        TRY(post("/api/respond/incident/incidents/" + done_.incident.text + "/milestones",
                 body.text(), key));
        ++done_.milestones;
        say("milestone", {{"at", format_for_people(step.at, zone, options_.language)},
                          {"terminal", terminal.name},
                          {"milestone", words("milestone_name." + milestone.milestone)},
                          {"state", words("state_name." + milestone.state)},
                          {"time", format_for_people(milestone.time, zone, options_.language)}});
        return {};
    }

    // ---- afterwards ----

    std::string span(std::optional<std::int64_t> minutes) const {
        if (!minutes) return words("never");
        if (*minutes < 120) return words("minutes", {{"minutes", std::to_string(*minutes)}});
        return words("hours", {{"hours", fmt::format("{:g}", static_cast<double>(*minutes) / 60)}});
    }

    Result<> show_review() {
        TRY_LET(const auto review,
                get("/api/respond/incident/incidents/" + done_.incident.text + "/review"));
        print("");
        print(words("review_title"));
        print("  " + words("review_head"));
        for (const auto* row : items_in(review, "communication")) {
            const auto* has = row->if_contains("has_reference");
            const bool compared = has && has->is_bool() && has->get_bool();
            const auto minutes = number_of(*row, "minutes");
            if (!compared && !minutes) continue;
            print("  " + text_of(*row, "label") + "\t" + span(minutes) + "\t" +
                  (compared ? span(number_of(*row, "reference_minutes")) : "–"));
        }
        if (!scenario_.afterwards.empty()) {
            print("");
            print(words("afterwards"));
            for (const auto& text : scenario_.afterwards) print("  " + text);
        }
        print("");
        say("review_url", {{"url", page("/review")}});
        return {};
    }

    struct Known {
        std::string id;
        std::string name;
    };
    const ReplayOptions& options_;
    const Scenario scenario_;
    edge::http::Client client_;
    std::vector<std::string> parties_;  // ids, as scenario_.parties
    std::vector<Known> terminals_;
    Replayed done_;
};

}  // namespace

Result<Replayed> replay(const ReplayOptions& options) {
    if (!(options.speed >= 0)) return fail(ErrorKind::invalid, "edge.cli.replay.speed");
    ReplayOptions tidy = options;
    while (tidy.server.ends_with('/')) tidy.server.pop_back();
    if (!tidy.server.starts_with("http://") && !tidy.server.starts_with("https://"))
        return fail(ErrorKind::invalid, "edge.cli.replay.server_url", {{"found", options.server}});
    TRY_LET(auto scenario, read_scenario(options.scenario));
    return Player(tidy, std::move(scenario)).play();
}

}  // namespace noroshi::edge::cli
