#pragma once
// The event loop: one replication of a planned network on one kind of event list. Included by
// network.cpp alone; everything is in one class so that the compiler sees the whole loop.
//
// Averages over time are not kept by integrating counters at every event: each customer adds the
// time spent waiting and blocked when it ends and the time served when it begins, which is one
// addition per phase and gives the classes for nothing. What lies before `warmup` is cut off there; what is not over when the run
// ends is added then.

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include "engines/simulate/event_list.h"
#include "engines/simulate/plan.h"
#include "engines/simulate/quantiles.h"
#include "engines/simulate/tally.h"

namespace noroshi::simulate {

struct Limits {
    std::uint64_t customers = 0;  // 0: none
    double until = std::numeric_limits<double>::infinity();
    double warmup = 0;
    std::uint64_t seed = 1;
    std::vector<double> at;
    bool batch_means = false;
};

template <class List>
class Run {
public:
    Run(const Plan& plan, const Limits& limits, std::vector<Quantiles>& quantiles)
        : plan_(plan), limits_(limits), quantiles_(quantiles) {}

    void operator()(std::uint64_t replication, Replication& out) {
        out_ = &out;
        start(replication);
        while (open_ > 0 && !events_.empty()) {
            const Event event = events_.first();
            const double t = event.time();
            if (t > limits_.until) break;
            events_.pop();
            ++happened_;
            switch (event.kind()) {
            case service_ends: end_service(event.index(), t); break;
            case head_arrives: reach_end(event.index(), t); break;
            case place_returns:
                --places_[event.index()].slots;
                settle(event.index(), t);
                break;
            case servers_change: change_servers(event.index(), t); break;
            case arrival: arrive(event.index(), t); break;
            case patience_ends: lose_patience(event.index(), event.order(), t); break;
            case sample: count_all(event.index()); break;
            default: break;
            }
        }
        finish();
    }

private:
    enum Kind : unsigned {
        service_ends,
        head_arrives,
        place_returns,
        servers_change,
        arrival,
        patience_ends,
        sample
    };
    enum class State : std::uint8_t { free, waiting, serving, blocked, on_link, outside };

    struct Customer {
        double arrived = 0;
        double since = 0;    // service began; blocked since; a link: ready to leave
        double service = 0;  // a link: travel
        std::uint64_t patience_order = 0;
        std::uint32_t next = nowhere;
        std::uint32_t before = nowhere;
        std::uint32_t behind = nowhere;  // next in the line of those blocked before a place
        std::uint32_t place = nowhere;
        std::uint32_t target = nowhere;
        std::uint16_t class_index = 0;
        std::uint16_t source = 0;
        State state = State::free;
    };

    struct Line {
        std::uint32_t first = nowhere;
        std::uint32_t last = nowhere;
    };

    struct Place {
        std::int64_t servers = 0;
        std::int64_t busy = 0;  // serving or blocked
        std::int64_t queued = 0;
        std::int64_t slots = 0;  // of a link: taken places
        std::uint32_t present = 0;
        std::uint32_t max_present = 0;
        Line blocked;  // those who wait to come in
        std::size_t first_line = 0;
        std::size_t schedule_at = 0;
        double offered = 0;
        double changed = 0;  // when `offered` was brought up to date
        double free_at = 0;  // of a link: its head may leave from then on
    };

    static constexpr std::uint32_t most_customers = (1U << Event::index_bits) - 1;

    // ---- beginning and end ----

    void start(std::uint64_t replication) {
        const std::size_t classes = plan_.classes.size();
        const auto seed = limits_.seed;
        events_.clear();
        customers_.clear();
        free_ = nowhere;
        order_ = 1;
        counted_ = 0;
        happened_ = 0;
        stopped_ = false;
        last_ = 0;
        *out_ = {};
        out_->tallies.assign(plan_.places.size() * classes, {});
        out_->places.assign(plan_.places.size(), {});
        out_->outside_time.assign(plan_.sources.size(), 0);
        out_->number_at.assign(limits_.at.size() * plan_.places.size(), 0);
        if (limits_.batch_means) out_->batches.assign(plan_.places.size() * (classes + 1), {});

        places_.assign(plan_.places.size(), {});
        lines_.clear();
        service_.clear();
        patience_.clear();
        route_.clear();
        for (std::uint32_t p = 0; p < places_.size(); ++p) {
            const auto& planned = plan_.places[p];
            auto& place = places_[p];
            place.first_line = lines_.size();
            lines_.resize(lines_.size() + planned.levels);
            for (std::size_t c = 0; c < classes; ++c) {
                service_.emplace_back(seed, planned.service_process, replication,
                                      plan_.class_entity[c]);
                patience_.emplace_back(seed, planned.patience_process, replication,
                                       plan_.class_entity[c]);
            }
            route_.emplace_back(seed, planned.route_process, replication);
            place.changed = limits_.warmup;
            if (planned.is_link) continue;
            const auto& servers = plan_.description.stations[p].servers;
            while (place.schedule_at < servers.size() && servers[place.schedule_at].first <= 0)
                place.servers = static_cast<std::int64_t>(servers[place.schedule_at++].second);
            if (place.schedule_at < servers.size())
                push(servers[place.schedule_at].first, servers_change, p);
        }
        sources_.clear();
        for (std::uint32_t s = 0; s < plan_.sources.size(); ++s) {
            const auto& planned = plan_.sources[s];
            sources_.push_back({Stream(seed, planned.interarrival_process, replication),
                                Stream(seed, planned.batch_process, replication),
                                Stream(seed, planned.route_process, replication)});
        }
        sources_left_ = plan_.sources.size();
        open_ = sources_left_ + limits_.at.size();
        for (std::uint32_t s = 0; s < sources_.size(); ++s) schedule_arrival(s, 0);
        for (std::uint32_t i = 0; i < limits_.at.size(); ++i) push(limits_.at[i], sample, i);
    }

    void finish() {
        const bool cut = limits_.until < std::numeric_limits<double>::infinity();
        const double end = std::max(cut ? limits_.until : last_, limits_.warmup);
        for (auto& customer : customers_) {
            if (customer.state == State::free) continue;
            ++out_->present;
            if (customer.state == State::outside) {
                out_->outside_time[customer.source] += since_warmup(customer.arrived, end);
                continue;
            }
            auto& tally = tally_of(customer);
            switch (customer.state) {
            case State::waiting: tally.queue_time += since_warmup(customer.arrived, end); break;
            case State::serving:  // the whole service was added when it began
                tally.busy_time -= since_warmup(end, customer.since + customer.service);
                break;
            case State::blocked:
                if (!plan_.places[customer.place].is_link) {
                    tally.blocked_time += since_warmup(customer.since, end);
                    break;
                }
                link_time(customer, end);
                tally.blocked_time += since_warmup(blocked_since(customer), end);
                break;
            case State::on_link: link_time(customer, end); break;
            default: break;
            }
        }
        for (std::uint32_t p = 0; p < places_.size(); ++p) {
            account_servers(p, end);
            out_->places[p] = {places_[p].offered, places_[p].max_present};
        }
        out_->time = end - limits_.warmup;
        out_->events = happened_;
    }

    // ---- small things ----

    void push(double at, Kind kind, std::uint32_t index) {
        events_.push(Event(at, kind, order_++, index));
    }
    double since_warmup(double from, double to) const {
        return std::max(to - std::max(from, limits_.warmup), 0.0);
    }
    Tally& tally_of(const Customer& customer) {
        return out_->tallies[customer.place * plan_.classes.size() + customer.class_index];
    }
    void record_wait(const Customer& customer, double wait) {
        if (customer.arrived < limits_.warmup) return;
        const std::size_t at = customer.place * plan_.classes.size() + customer.class_index;
        out_->tallies[at].wait(wait);
        quantiles_[at].add(wait);
        if (!limits_.batch_means) return;
        out_->batches[customer.place].add(wait);
        if (plan_.classes.size() > 1) out_->batches[plan_.places.size() + at].add(wait);
    }
    // The servers' time: those on duty, or busy beyond their duty.
    void account_servers(std::uint32_t p, double t) {
        auto& place = places_[p];
        if (t <= place.changed) return;
        place.offered +=
            (t - place.changed) * static_cast<double>(std::max(place.servers, place.busy));
        place.changed = t;
    }

    bool has_place(const Place& place, const PlannedPlace& planned) const {
        if (planned.is_link) return place.slots < planned.room;
        return (place.busy < place.servers && place.queued == 0) || place.queued < planned.room;
    }
    bool can_enter(std::uint32_t p) const {
        return places_[p].blocked.first == nowhere && has_place(places_[p], plan_.places[p]);
    }

    std::uint32_t make_customer(std::uint32_t source) {
        std::uint32_t at = free_;
        if (at == nowhere) {
            at = static_cast<std::uint32_t>(customers_.size());
            if (at >= most_customers || order_ >> Event::order_bits != 0) [[unlikely]] {
                out_->too_many = true;
                open_ = 0;
                return nowhere;
            }
            customers_.emplace_back();
        } else {
            free_ = customers_[at].next;
        }
        auto& customer = customers_[at];
        customer.class_index = static_cast<std::uint16_t>(plan_.sources[source].class_index);
        customer.source = static_cast<std::uint16_t>(source);
        customer.patience_order = 0;
        customer.place = nowhere;
        ++out_->entered;
        ++open_;
        return at;
    }

    void leave_network(std::uint32_t c, double t) {
        customers_[c].state = State::free;
        customers_[c].patience_order = 0;
        customers_[c].next = free_;
        free_ = c;
        ++out_->left;
        --open_;
        last_ = t;
    }

    // ---- sources ----

    void schedule_arrival(std::uint32_t s, double t) {
        auto& source = sources_[s];
        const auto& described = plan_.description.sources[s];
        const double at =
            described.interarrival
                ? t + described.interarrival->sample(source.interarrival)
                : next_of_rate(plan_.sources[s], source.spent, source.piece, source.interarrival);
        if (at < std::numeric_limits<double>::infinity())
            push(at, arrival, s);
        else
            --open_, --sources_left_;
    }

    void arrive(std::uint32_t s, double t) {
        if (stopped_) return;
        const auto& described = plan_.description.sources[s];
        std::uint64_t batch = 1;
        if (described.batch)
            batch = static_cast<std::uint64_t>(
                std::clamp(std::round(described.batch->sample(sources_[s].batch)), 0.0, 1e9));
        for (; batch > 0; --batch) {
            const std::uint32_t c = make_customer(s);
            if (c == nowhere) return;
            last_ = t;
            const std::uint32_t target = plan_.sources[s].route.pick(sources_[s].route);
            if (target == nowhere) {
                leave_network(c, t);
            } else if (can_enter(target)) {
                enter(c, target, t);
            } else if (plan_.places[target].when_full == WhenFull::lose) {
                turn_away(c, target, t);
            } else {
                auto& customer = customers_[c];
                customer.state = State::outside;
                customer.arrived = t;
                wait_outside_of(c, target);
            }
            if (t >= limits_.warmup && ++counted_ == limits_.customers) {
                stopped_ = true;
                open_ -= sources_left_;
                return;
            }
        }
        schedule_arrival(s, t);
    }

    void turn_away(std::uint32_t c, std::uint32_t place, double t) {
        if (t >= limits_.warmup) {
            auto& tally = out_->tallies[place * plan_.classes.size() + customers_[c].class_index];
            ++tally.arrivals;
            ++tally.lost;
        }
        leave_network(c, t);
    }

    // ---- entering, beginning, ending ----

    void enter(std::uint32_t c, std::uint32_t p, double t) {
        auto& customer = customers_[c];
        auto& place = places_[p];
        const auto& planned = plan_.places[p];
        const std::size_t at = p * plan_.classes.size() + customer.class_index;
        customer.place = p;
        customer.arrived = t;
        if (++place.present > place.max_present) place.max_present = place.present;
        if (t >= limits_.warmup) ++out_->tallies[at].arrivals;
        customer.service = planned.service[customer.class_index]->sample(service_[at]);
        if (planned.is_link) {
            enter_link(c, p, t);
            return;
        }
        if (place.busy < place.servers && place.queued == 0) {
            if (planned.patience != nullptr) planned.patience->sample(patience_[at]);
            begin(c, p, t);
            return;
        }
        customer.state = State::waiting;
        append(line_of(place, planned, customer), c);
        ++place.queued;
        if (planned.patience != nullptr) {
            customer.patience_order = order_;
            push(t + planned.patience->sample(patience_[at]), patience_ends, c);
        }
    }

    Line& line_of(const Place& place, const PlannedPlace& planned, const Customer& customer) {
        return lines_[place.first_line + (planned.levels > 1 ? customer.class_index : 0)];
    }
    void append(Line& line, std::uint32_t c) {
        customers_[c].next = nowhere;
        customers_[c].before = line.last;
        if (line.last == nowhere)
            line.first = c;
        else
            customers_[line.last].next = c;
        line.last = c;
    }
    void take_out(Line& line, std::uint32_t c) {
        const auto& customer = customers_[c];
        (customer.before == nowhere ? line.first : customers_[customer.before].next) =
            customer.next;
        (customer.next == nowhere ? line.last : customers_[customer.next].before) = customer.before;
    }

    void begin(std::uint32_t c, std::uint32_t p, double t) {
        auto& customer = customers_[c];
        if (plan_.places[p].scheduled) account_servers(p, t);
        ++places_[p].busy;
        customer.since = t;
        customer.state = State::serving;
        customer.patience_order = 0;
        push(t + customer.service, service_ends, c);
        record_wait(customer, t - customer.arrived);
        auto& tally = tally_of(customer);
        tally.queue_time += since_warmup(customer.arrived, t);
        tally.busy_time += since_warmup(t, t + customer.service);
    }

    // Those in line, as far as there are servers.
    void begin_next(std::uint32_t p, double t) {
        auto& place = places_[p];
        while (place.queued > 0 && place.busy < place.servers) {
            std::size_t line = place.first_line;
            while (lines_[line].first == nowhere) ++line;
            const std::uint32_t c = lines_[line].first;
            take_out(lines_[line], c);
            --place.queued;
            begin(c, p, t);
        }
    }

    void vacate(std::uint32_t p, double t) {
        if (plan_.places[p].scheduled) account_servers(p, t);
        --places_[p].busy;
        --places_[p].present;
    }

    void end_service(std::uint32_t c, double t) {
        auto& customer = customers_[c];
        const std::uint32_t p = customer.place;
        const std::uint32_t target = plan_.places[p].route[customer.class_index].pick(route_[p]);
        if (target == nowhere) {
            vacate(p, t);
            leave_network(c, t);
            settle(p, t);
        } else if (target == p) {
            vacate(p, t);
            begin_next(p, t);
            enter(c, p, t);
            settle(p, t);
        } else if (can_enter(target)) {
            vacate(p, t);
            enter(c, target, t);
            settle(p, t);
        } else if (plan_.places[target].when_full == WhenFull::lose) {
            vacate(p, t);
            turn_away(c, target, t);
            settle(p, t);
        } else {
            block(c, target, t);
        }
    }

    void lose_patience(std::uint32_t c, std::uint64_t order, double t) {
        auto& customer = customers_[c];
        if (customer.patience_order != order) return;  // served meanwhile
        const std::uint32_t p = customer.place;
        auto& place = places_[p];
        take_out(line_of(place, plan_.places[p], customer), c);
        --place.queued;
        --place.present;
        auto& tally = tally_of(customer);
        if (customer.arrived >= limits_.warmup) ++tally.reneged;
        tally.queue_time += since_warmup(customer.arrived, t);
        leave_network(c, t);
        settle(p, t);
    }

    void change_servers(std::uint32_t p, double t) {
        auto& place = places_[p];
        const auto& servers = plan_.description.stations[p].servers;
        account_servers(p, t);
        place.servers = static_cast<std::int64_t>(servers[place.schedule_at++].second);
        if (place.schedule_at < servers.size())
            push(servers[place.schedule_at].first, servers_change, p);
        settle(p, t);
    }

    void count_all(std::uint32_t at) {
        --open_;
        for (std::size_t p = 0; p < places_.size(); ++p)
            out_->number_at[at * places_.size() + p] = places_[p].present;
    }

    // ---- blocking ----

    void wait_outside_of(std::uint32_t c, std::uint32_t target) {
        auto& line = places_[target].blocked;
        customers_[c].target = target;
        customers_[c].behind = nowhere;
        if (line.last == nowhere)
            line.first = c;
        else
            customers_[line.last].behind = c;
        line.last = c;
    }

    void block(std::uint32_t c, std::uint32_t target, double t) {
        auto& customer = customers_[c];
        const bool on_link = plan_.places[customer.place].is_link;
        if (!on_link) customer.since = t;
        customer.state = State::blocked;
        if (on_link) {
            // `since` stays the time of being ready; when it was blocked is kept in service's place,
            // which on a link is needed no more: arrived and since tell the travel time.
            customer.service = t;
        }
        wait_outside_of(c, target);
        if (plan_.cyclic_blocking) turn_circle(c, t);
    }

    double blocked_since(const Customer& customer) const {
        return plan_.places[customer.place].is_link ? customer.service : customer.since;
    }

    // Who is blocked leaves the place that holds them.
    void release(std::uint32_t c, double t) {
        auto& customer = customers_[c];
        tally_of(customer).blocked_time += since_warmup(blocked_since(customer), t);
        if (plan_.places[customer.place].is_link)
            leave_link(c, t);
        else
            vacate(customer.place, t);
    }

    // After something became free at a place: those in line begin, those blocked come in, and what
    // they leave behind becomes free in turn.
    void settle(std::uint32_t first, double t) {
        begin_next(first, t);
        if (places_[first].blocked.first == nowhere) return;
        unsettled_.push_back(first);
        while (!unsettled_.empty()) {
            const std::uint32_t p = unsettled_.back();
            begin_next(p, t);
            auto& line = places_[p].blocked;
            if (line.first == nowhere || !has_place(places_[p], plan_.places[p])) {
                unsettled_.pop_back();
                continue;
            }
            const std::uint32_t c = line.first;
            line.first = customers_[c].behind;
            if (line.first == nowhere) line.last = nowhere;
            if (customers_[c].state == State::outside) {
                out_->outside_time[customers_[c].source] += since_warmup(customers_[c].arrived, t);
                enter(c, p, t);
                continue;
            }
            const std::uint32_t from = customers_[c].place;
            release(c, t);
            enter(c, p, t);
            unsettled_.push_back(from);
        }
    }

    // Looks for a circle of blocked customers through c: each stands in the place that the one
    // before wants. Found, all of them move at once.
    void turn_circle(std::uint32_t c, double t) {
        std::vector<std::uint32_t> circle{c};
        std::vector<bool> seen(places_.size());
        if (!find_circle(circle, seen)) return;
        for (const auto one : circle) {
            auto& line = places_[customers_[one].target].blocked;
            std::uint32_t previous = nowhere;
            for (auto at = line.first; at != one; at = customers_[at].behind) previous = at;
            (previous == nowhere ? line.first : customers_[previous].behind) =
                customers_[one].behind;
            if (line.last == one) line.last = previous;
            release(one, t);
        }
        std::vector<std::uint32_t> from;
        for (const auto one : circle) from.push_back(customers_[one].place);
        for (const auto place : from)
            if (!plan_.places[place].is_link) begin_next(place, t);
        for (const auto one : circle) enter(one, customers_[one].target, t);
        for (const auto place : from) settle(place, t);
    }

    bool find_circle(std::vector<std::uint32_t>& circle, std::vector<bool>& seen) {
        const std::uint32_t wanted = customers_[circle.back()].target;
        if (wanted == customers_[circle.front()].place) return true;
        if (seen[wanted]) return false;
        seen[wanted] = true;
        for (const auto& place : places_)
            for (auto at = place.blocked.first; at != nowhere; at = customers_[at].behind) {
                if (customers_[at].state != State::blocked || customers_[at].place != wanted)
                    continue;
                circle.push_back(at);
                if (find_circle(circle, seen)) return true;
                circle.pop_back();
            }
        return false;
    }

    // ---- links ----

    void enter_link(std::uint32_t c, std::uint32_t p, double t) {
        auto& customer = customers_[c];
        auto& place = places_[p];
        auto& line = lines_[place.first_line];
        customer.since = t + customer.service;
        customer.state = State::on_link;
        ++place.slots;
        const bool first = line.first == nowhere;
        append(line, c);
        if (first) push(std::max(customer.since, place.free_at), head_arrives, c);
    }

    void reach_end(std::uint32_t c, double t) {
        auto& customer = customers_[c];
        const std::uint32_t p = customer.place;
        const std::uint32_t target = plan_.places[p].route[customer.class_index].pick(route_[p]);
        if (target == nowhere) {
            leave_link(c, t);
            leave_network(c, t);
            settle(p, t);
        } else if (target != p && can_enter(target)) {
            leave_link(c, t);
            enter(c, target, t);
            settle(p, t);
        } else if (target == p) {
            leave_link(c, t);
            enter(c, p, t);
            settle(p, t);
        } else if (plan_.places[target].when_full == WhenFull::lose) {
            leave_link(c, t);
            turn_away(c, target, t);
            settle(p, t);
        } else {
            block(c, target, t);
        }
    }

    // The head goes; the caller settles the link afterwards.
    void leave_link(std::uint32_t c, double t) {
        auto& customer = customers_[c];
        const std::uint32_t p = customer.place;
        auto& place = places_[p];
        auto& line = lines_[place.first_line];
        const auto& described = plan_.description.links[p - plan_.stations];
        record_wait(customer, t - customer.since);
        link_time(customer, t);
        take_out(line, c);
        --place.present;
        place.free_at = t + described.headway;
        if (described.backward > 0)
            push(t + described.backward, place_returns, p);
        else
            --place.slots;
        if (line.first != nowhere)
            push(std::max({customers_[line.first].since, place.free_at, t}), head_arrives,
                 line.first);
    }

    // On a link: until ready it travels (counted as busy), then it is held up.
    void link_time(const Customer& customer, double t) {
        auto& tally = tally_of(customer);
        tally.busy_time += since_warmup(customer.arrived, std::min(customer.since, t));
        tally.queue_time += since_warmup(customer.since, t);
    }

    struct SourceState {
        Stream interarrival;
        Stream batch;
        Stream route;
        double spent = 0;
        std::size_t piece = 0;
    };

    const Plan& plan_;
    const Limits& limits_;
    std::vector<Quantiles>& quantiles_;
    Replication* out_ = nullptr;
    List events_;
    std::vector<Customer> customers_;
    std::uint32_t free_ = nowhere;
    std::vector<Place> places_;
    std::vector<Line> lines_;
    std::vector<Stream> service_;  // place × classes + class
    std::vector<Stream> patience_;
    std::vector<Stream> route_;
    std::vector<SourceState> sources_;
    std::vector<std::uint32_t> unsettled_;
    std::uint64_t order_ = 1;
    std::uint64_t counted_ = 0;
    std::uint64_t happened_ = 0;
    std::size_t open_ = 0;  // sources, customers and samples that may still make something happen
    std::size_t sources_left_ = 0;
    bool stopped_ = false;
    double last_ = 0;
};

}  // namespace noroshi::simulate
