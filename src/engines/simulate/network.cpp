#include "engines/simulate/network.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engines/simulate/plan.h"
#include "engines/simulate/replicate.h"
#include "engines/simulate/run.h"

namespace noroshi::simulate {

namespace {

std::string pointer(const char* list, std::size_t at, const std::string& rest) {
    return std::string("/") + list + "/" + std::to_string(at) + rest;
}

bool is_whole(double value) { return value >= 0 && value <= 1e9 && value == std::floor(value); }

Result<> check_schedule(const Schedule& schedule, const std::string& place, bool whole) {
    if (schedule.empty()) return invalid("engines.simulate.empty", place);
    double before = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < schedule.size(); ++i) {
        const auto& [time, value] = schedule[i];
        const std::string here = schedule.size() > 1 ? place + "/" + std::to_string(i) : place;
        if (!std::isfinite(time) || time <= before) return invalid("engines.simulate.order", here);
        if (whole && !is_whole(value)) return invalid("engines.simulate.not_whole", here);
        if (!(value >= 0) || !std::isfinite(value))
            return invalid("engines.simulate.negative", here);
        before = time;
    }
    return {};
}

// Turns names into numbers.
struct Planning {
    Plan& plan;
    std::map<std::string, std::uint32_t, std::less<>> place_of{};
    std::map<std::string, std::uint32_t, std::less<>> class_of{};

    Result<> name_places() {
        const auto& d = plan.description;
        if (d.sources.empty()) return invalid("engines.simulate.empty", "/sources");
        const auto add = [&](const char* list, std::size_t i, const std::string& id) -> Result<> {
            if (id.empty()) return invalid("engines.simulate.empty", pointer(list, i, "/id"));
            if (id == "exit") return invalid("engines.simulate.reserved", pointer(list, i, "/id"));
            if (!place_of.emplace(id, static_cast<std::uint32_t>(place_of.size())).second)
                return invalid("engines.simulate.twice", pointer(list, i, "/id"), {{"id", id}});
            return {};
        };
        for (std::size_t i = 0; i < d.stations.size(); ++i)
            TRY(add("stations", i, d.stations[i].id));
        for (std::size_t i = 0; i < d.links.size(); ++i) TRY(add("links", i, d.links[i].id));
        std::set<std::string> sources;
        for (std::size_t i = 0; i < d.sources.size(); ++i) {
            const auto& id = d.sources[i].id;
            if (id.empty()) return invalid("engines.simulate.empty", pointer("sources", i, "/id"));
            if (!sources.insert(id).second)
                return invalid("engines.simulate.twice", pointer("sources", i, "/id"),
                               {{"id", id}});
        }
        plan.stations = d.stations.size();
        return {};
    }

    Result<> name_classes() {
        const auto& d = plan.description;
        for (std::size_t i = 0; i < d.classes.size(); ++i)
            if (!class_of.emplace(d.classes[i], static_cast<std::uint32_t>(i)).second)
                return invalid("engines.simulate.twice", pointer("classes", i, ""),
                               {{"id", d.classes[i]}});
        plan.classes = d.classes;
        for (std::size_t i = 0; i < d.sources.size(); ++i) {
            const auto& name = d.sources[i].class_name;
            if (class_of.contains(name)) continue;
            if (!d.classes.empty())
                return invalid("engines.simulate.unknown_class", pointer("sources", i, "/class"),
                               {{"id", name}});
            class_of.emplace(name, static_cast<std::uint32_t>(plan.classes.size()));
            plan.classes.push_back(name);
        }
        for (std::size_t i = 0; i < d.stations.size(); ++i)
            if (d.stations[i].discipline == Discipline::priority && d.classes.empty())
                return invalid("engines.simulate.no_classes",
                               pointer("stations", i, "/discipline"));
        for (const auto& name : plan.classes) plan.class_entity.push_back(process_named(name));
        return {};
    }

    Result<Route> route_of(const std::vector<Next>& next, const std::string& place,
                           std::string_view class_name) const {
        Route route;
        const bool own = std::ranges::any_of(next, [&](const Next& one) {
            return one.only_class == class_name && !class_name.empty();
        });
        double sum = 0;
        for (std::size_t i = 0; i < next.size(); ++i) {
            const std::string here = place + "/" + std::to_string(i);
            std::uint32_t target = nowhere;
            if (next[i].to != "exit") {
                const auto found = place_of.find(next[i].to);
                if (found == place_of.end())
                    return invalid("engines.simulate.unknown_target", here + "/to",
                                   {{"id", next[i].to}});
                target = found->second;
            }
            if (!next[i].only_class.empty() && !class_of.contains(next[i].only_class))
                return invalid("engines.simulate.unknown_class", here + "/class",
                               {{"id", next[i].only_class}});
            if (!(next[i].share >= 0) || !std::isfinite(next[i].share))
                return invalid("engines.simulate.negative", here + "/share");
            if (next[i].only_class != (own ? class_name : std::string_view{})) continue;
            sum += next[i].share;
            if (next[i].share == 0) continue;
            route.target.push_back(target);
            route.up_to.push_back(sum);
        }
        if (next.empty()) return Route{{1}, {nowhere}};
        if (!(std::abs(sum - 1) <= 1e-6))
            return invalid("engines.simulate.shares", place, {{"sum", std::to_string(sum)}});
        for (auto& one : route.up_to) one /= sum;
        return route;
    }

    Result<std::vector<Route>> routes_of(const std::vector<Next>& next,
                                         const std::string& place) const {
        std::vector<Route> routes;
        for (const auto& name : plan.classes) {
            TRY_LET(auto route, route_of(next, place, name));
            routes.push_back(std::move(route));
        }
        return routes;
    }

    Result<> plan_sources() {
        for (std::size_t i = 0; i < plan.description.sources.size(); ++i) {
            const auto& source = plan.description.sources[i];
            if (source.interarrival.has_value() != source.rate.empty())
                return invalid("engines.simulate.one_of_two", pointer("sources", i, ""));
            PlannedSource planned;
            planned.class_index = class_of.find(source.class_name)->second;
            if (source.interarrival) {
                if (!(source.interarrival->mean() > 0))
                    return invalid("engines.simulate.not_positive",
                                   pointer("sources", i, "/interarrival"));
            } else {
                TRY(check_schedule(source.rate, pointer("sources", i, "/rate"), false));
                lay_out(source.rate, planned);
            }
            const std::string to = pointer("sources", i, "/to");
            TRY_LET(planned.route, route_of(source.next, to, source.class_name));
            planned.interarrival_process = process_named("source/" + source.id);
            planned.batch_process = process_named("batch/" + source.id);
            planned.route_process = process_named("from/" + source.id);
            plan.sources.push_back(std::move(planned));
        }
        return {};
    }

    static void lay_out(const Schedule& rate, PlannedSource& planned) {
        double before = 0;
        for (std::size_t k = 0; k < rate.size(); ++k) {
            const double from = std::max(rate[k].first, 0.0);
            if (k + 1 < rate.size() && rate[k + 1].first <= 0) continue;
            planned.pieces.push_back({from, rate[k].second, before});
            if (k + 1 < rate.size()) before += (rate[k + 1].first - from) * rate[k].second;
        }
        if (rate.back().second == 0) planned.expected_in_all = before;
    }

    Result<> plan_stations() {
        for (std::size_t i = 0; i < plan.stations; ++i) {
            const auto& station = plan.description.stations[i];
            const auto here = [&](const char* rest) { return pointer("stations", i, rest); };
            PlannedPlace planned;
            TRY(check_schedule(station.servers, here("/servers"), true));
            planned.scheduled = station.servers.size() > 1 || station.servers[0].first > 0;
            if (station.room) {
                if (!is_whole(*station.room))
                    return invalid("engines.simulate.not_whole", here("/room"));
                planned.room = static_cast<std::int64_t>(*station.room);
            }
            planned.when_full = station.when_full;
            if (station.discipline == Discipline::priority)
                planned.levels = static_cast<std::uint32_t>(plan.classes.size());
            TRY_LET(planned.route, routes_of(station.next, here("/next")));
            for (const auto& [name, service] : station.service_of_class)
                if (!class_of.contains(name))
                    return invalid("engines.simulate.unknown_class",
                                   here("/service_of_class/") + name, {{"id", name}});
            for (const auto& name : plan.classes) {
                const auto own = station.service_of_class.find(name);
                if (own != station.service_of_class.end())
                    planned.service.push_back(&own->second);
                else if (station.service)
                    planned.service.push_back(&*station.service);
                else
                    return invalid("engines.simulate.empty", here("/service"));
            }
            if (station.patience) planned.patience = &*station.patience;
            plan.has_patience |= station.patience.has_value();
            planned.service_process = process_named("service/" + station.id);
            planned.route_process = process_named("route/" + station.id);
            planned.patience_process = process_named("patience/" + station.id);
            plan.places.push_back(std::move(planned));
        }
        return {};
    }

    Result<> plan_links() {
        for (std::size_t i = 0; i < plan.description.links.size(); ++i) {
            const auto& link = plan.description.links[i];
            const auto here = [&](const char* rest) { return pointer("links", i, rest); };
            PlannedPlace planned;
            planned.is_link = true;
            for (const auto& [value, field] :
                 {std::pair{link.headway, "/headway"}, {link.backward, "/backward"}})
                if (!(value >= 0) || !std::isfinite(value))
                    return invalid("engines.simulate.negative", here(field));
            if (link.storage) {
                if (!is_whole(*link.storage) || *link.storage < 1)
                    return invalid("engines.simulate.not_whole", here("/storage"));
                planned.room = static_cast<std::int64_t>(*link.storage);
            }
            if (!link.travel) return invalid("engines.simulate.empty", here("/travel"));
            planned.when_full = link.when_full;
            TRY_LET(planned.route, routes_of(link.next, here("/next")));
            planned.service.assign(plan.classes.size(), &*link.travel);
            planned.service_process = process_named("service/" + link.id);
            planned.route_process = process_named("route/" + link.id);
            plan.places.push_back(std::move(planned));
        }
        return {};
    }

    // From everywhere the exit must be reachable, or a customer would go round for ever.
    Result<> check_exits() {
        for (std::size_t c = 0; c < plan.classes.size(); ++c) {
            std::vector<bool> leads_out(plan.places.size());
            for (bool changed = true; changed;) {
                changed = false;
                for (std::size_t p = 0; p < plan.places.size(); ++p) {
                    if (leads_out[p]) continue;
                    const auto& targets = plan.places[p].route[c].target;
                    if (std::ranges::any_of(targets, [&](std::uint32_t to) {
                            return to == nowhere || leads_out[to];
                        }))
                        leads_out[p] = changed = true;
                }
            }
            for (std::size_t p = 0; p < plan.places.size(); ++p)
                if (!leads_out[p])
                    return invalid("engines.simulate.never_exits",
                                   p < plan.stations ? pointer("stations", p, "/next")
                                                     : pointer("links", p - plan.stations, "/next"),
                                   {{"id", plan.id_of(p)}});
        }
        return {};
    }

    // Whether somebody may wait for a place on a way that leads back to where they stand.
    void find_cycles() {
        const std::size_t count = plan.places.size();
        std::vector<std::vector<std::uint32_t>> blocks(count);
        for (std::size_t p = 0; p < count; ++p)
            for (const auto& route : plan.places[p].route)
                for (const auto to : route.target)
                    if (to != nowhere && to != p && plan.places[to].when_full == WhenFull::block &&
                        plan.places[to].room != std::numeric_limits<std::int64_t>::max())
                        blocks[p].push_back(to);
        std::vector<int> mark(count);
        const auto visit = [&](auto&& self, std::uint32_t p) -> bool {
            mark[p] = 1;
            for (const auto to : blocks[p])
                if (mark[to] == 1 || (mark[to] == 0 && self(self, to))) return true;
            mark[p] = 2;
            return false;
        };
        for (std::uint32_t p = 0; p < count && !plan.cyclic_blocking; ++p)
            plan.cyclic_blocking = mark[p] == 0 && visit(visit, p);
    }
};

EventListKind choose_list(const Plan& plan, EventListKind wished) {
    if (wished != EventListKind::automatic) return wished;
    double pending = static_cast<double>(plan.sources.size());
    for (const auto& station : plan.description.stations) {
        double most = 0;
        for (const auto& [from, servers] : station.servers) most = std::max(most, servers);
        pending += most;
        if (station.patience) pending += 500;
    }
    pending += 2 * static_cast<double>(plan.description.links.size());
    if (pending <= 16) return EventListKind::sorted;
    return pending <= 256 ? EventListKind::heap : EventListKind::calendar;
}

template <class List>
void run_all(const Plan& plan, const Limits& limits, unsigned threads,
             std::vector<Replication>& replications,
             std::vector<std::vector<Quantiles>>& quantiles) {
    std::vector<std::unique_ptr<Run<List>>> runs(threads);
    for (unsigned worker = 0; worker < threads; ++worker)
        runs[worker] = std::make_unique<Run<List>>(plan, limits, quantiles[worker]);
    replicate(replications.size(), threads,
              [&](unsigned worker, std::uint64_t one) { (*runs[worker])(one, replications[one]); });
}

}  // namespace

double next_of_rate(const PlannedSource& source, double& spent, std::size_t& piece,
                    Stream& stream) {
    spent -= std::log(stream.unit());
    if (spent >= source.expected_in_all) return std::numeric_limits<double>::infinity();
    while (piece + 1 < source.pieces.size() && spent >= source.pieces[piece + 1].before) ++piece;
    const auto& here = source.pieces[piece];
    return here.from + (spent - here.before) / here.rate;
}

Result<Network> Network::create(NetworkDescription description) {
    auto plan = std::make_shared<Plan>();
    plan->description = std::move(description);
    Planning planning{*plan};
    TRY(planning.name_places());
    TRY(planning.name_classes());
    TRY(planning.plan_sources());
    TRY(planning.plan_stations());
    TRY(planning.plan_links());
    TRY(planning.check_exits());
    planning.find_cycles();
    return Network(std::move(plan));
}

bool Network::sources_end() const {
    return std::ranges::all_of(plan_->sources, [](const PlannedSource& source) {
        return source.expected_in_all < std::numeric_limits<double>::infinity();
    });
}

Result<NetworkFigures> Network::run(const RunOptions& options) const {
    if (options.customers && options.until) return invalid("engines.simulate.both_ends", "/until");
    Limits limits;
    limits.warmup = options.warmup;
    limits.seed = options.seed;
    limits.at = options.at;
    limits.batch_means = options.replications == 1;
    if (!(limits.warmup >= 0) || !std::isfinite(limits.warmup))
        return invalid("engines.simulate.negative", "/warmup");
    for (const double at : limits.at)
        if (!(at >= 0) || !std::isfinite(at)) return invalid("engines.simulate.negative", "/at");
    if (options.customers) {
        if (*options.customers == 0) return invalid("engines.simulate.not_positive", "/customers");
        limits.customers = *options.customers;
    } else if (options.until) {
        limits.until = *options.until;
        if (!(limits.until > limits.warmup) || !std::isfinite(limits.until))
            return invalid("engines.simulate.until", "/until");
        for (const double at : limits.at)
            if (at > limits.until) return invalid("engines.simulate.at_after_end", "/at");
    } else if (!sources_end()) {
        return invalid("engines.simulate.no_end", "/until");
    }
    if (options.replications == 0 || options.replications > 10'000'000)
        return invalid("engines.simulate.out_of_range", "/replications",
                       {{"least", "1"}, {"most", "10000000"}});

    const unsigned threads = threads_for(options.threads, options.replications);
    std::vector<Replication> replications(options.replications);
    std::vector<std::vector<Quantiles>> quantiles(threads);
    for (auto& one : quantiles)
        one = std::vector<Quantiles>(plan_->places.size() * plan_->classes.size());
    switch (choose_list(*plan_, options.event_list)) {
    case EventListKind::heap:
        run_all<Heap>(*plan_, limits, threads, replications, quantiles);
        break;
    case EventListKind::calendar:
        run_all<Calendar>(*plan_, limits, threads, replications, quantiles);
        break;
    default: run_all<SortedList>(*plan_, limits, threads, replications, quantiles); break;
    }
    for (const auto& one : replications)
        if (one.too_many)
            return fail(ErrorKind::unavailable, "engines.simulate.too_many",
                        {{"limit", std::to_string((1U << Event::index_bits) - 1)}});
    for (unsigned worker = 1; worker < threads; ++worker)
        for (std::size_t i = 0; i < quantiles[0].size(); ++i)
            quantiles[0][i].merge(quantiles[worker][i]);
    return merged(*plan_, replications, quantiles[0], options.at.size());
}

}  // namespace noroshi::simulate
