#include "engines/simulate/network.h"

#include <gtest/gtest.h>

#include <cstring>

#include "engines/simulate/exact.h"
#include "engines/simulate/max_plus.h"
#include "engines/simulate/network_scene.h"

// Exact values: shared/design/forecast-model.md, or the formula named at the test.

namespace noroshi::simulate {
namespace {

using namespace scene;

TEST(Network, FourLanesAtNinetyPerCent) {
    // M/M/4: the gate as everybody learns it.
    const auto gate = network({poisson("gate", 3.6)}, {station("gate", 4, exponential(1))});
    const auto options = customers(100'000, 500);
    expect_agrees(gate, options, 1.96938316074, at(0, &Figures::mean_wait));
    expect_agrees(gate, options, 7.08977937866, at(0, &Figures::mean_queue));
    expect_agrees(gate, options, .9, at(0, &Figures::utilisation));
    expect_agrees(gate, options, 5.96844576989, at(0, &Figures::wait_variance), 0.1);
    for (const auto& [i, exact] :
         {std::pair{0, 1.136442065}, {1, 5.160036846}, {2, 6.892904798}, {3, 10.91649958}})
        expect_agrees(gate, options, exact,
                      [i](const NetworkFigures& f) { return f.stations[0].all.wait_quantiles[i]; });
}

TEST(Network, OneLaneWithEveryKindOfService) {
    // M/G/1, λ = 0.9: variability of service alone doubles the wait (Pollaczek–Khinchine).
    for (const auto& [service, wait] : {std::pair{*Distribution::deterministic(1), 4.5},
                                        {*Distribution::erlang(4, 1), 5.625},
                                        {*Distribution::lognormal(1, .6), 6.12},
                                        {exponential(1), 9.0},
                                        {*Distribution::gamma(1, .6), 6.12},
                                        {*Distribution::hyperexponential(1, 1.5), 14.625}})
        expect_agrees(network({poisson("gate", .9)}, {station("gate", 1, service)}),
                      customers(100'000, 2000), wait, at(0, &Figures::mean_wait), 0.08);
}

TEST(Network, BerthsWithRegularShips) {
    // E2/E2/n at 70 %: the table of the port planners is up to 10 % wrong here.
    for (const auto& [n, wait] :
         {std::pair{1, 1.039055}, {2, .412534}, {3, .227523}, {4, .144215}}) {
        auto ships = poisson("berth", 1);
        ships.interarrival = *Distribution::erlang(2, 1 / (.7 * n));
        expect_agrees(network({ships}, {station("berth", n, *Distribution::erlang(2, 1))}),
                      customers(60'000, 300), wait, at(0, &Figures::mean_wait));
    }
}

TEST(Network, LossWithoutRoom) {
    // Erlang B, and with places M/M/c/K.
    auto gate = station("gate", 4, *Distribution::lognormal(1, 1.2));
    gate.room = 0;
    gate.when_full = WhenFull::lose;
    expect_agrees(network({poisson("gate", 3.6)}, {gate}), customers(50'000, 50), erlang_b(4, 3.6),
                  at(0, &Figures::lost_fraction));
    auto one = station("gate", 1, exponential(1));
    one.room = 2;
    one.when_full = WhenFull::lose;
    const double r = .9;
    const double p3 = std::pow(r, 3) * (1 - r) / (1 - std::pow(r, 4));
    expect_agrees(network({poisson("gate", r)}, {one}), customers(50'000, 50), p3,
                  at(0, &Figures::lost_fraction));
}

TEST(Network, DriversWhoLeave) {
    // M/M/c+M (Erlang A) by its birth and death chain.
    const double lambda = 5;
    const double theta = .5;
    const int c = 4;
    double p = 1;
    double sum = 1;
    double waiting = 0;
    for (int n = 1; n < 400; ++n) {
        p *= lambda / (std::min(n, c) + std::max(0, n - c) * theta);
        sum += p;
        waiting += std::max(0, n - c) * p;
    }
    waiting /= sum;
    auto gate = station("gate", c, exponential(1));
    gate.patience = exponential(1 / theta);
    const auto leaving = network({poisson("gate", lambda)}, {gate});
    const auto options = customers(50'000, 50);
    expect_agrees(leaving, options, waiting, at(0, &Figures::mean_queue));
    expect_agrees(leaving, options, theta * waiting / lambda, at(0, &Figures::reneged_fraction));
}

TEST(Network, UrgentCargoGoesFirst) {
    // Non-preemptive M/M/1 with two classes (A. Cobham, 1954).
    auto gate = station("gate", 1, exponential(1));
    gate.discipline = Discipline::priority;
    const auto first = network({poisson("gate", .5, "normal"), poisson("gate", .3, "urgent")},
                               {gate}, {}, {"urgent", "normal"});
    const auto wait_of = [](std::size_t i) {
        return [i](const NetworkFigures& f) { return f.stations[0].classes[i].second.mean_wait; };
    };
    const double residual = .8;
    expect_agrees(first, customers(60'000, 300), residual / .7, wait_of(0));
    expect_agrees(first, customers(60'000, 300), residual / (.7 * .2), wait_of(1));
}

TEST(Network, BlockingAfterService) {
    // Two stations, two places at the second including the one in service.
    auto second = station("two", 1, exponential(1));
    second.room = 1;
    const auto line = network({poisson("one", .6)},
                              {station("one", 1, exponential(1), {{"two", 1, ""}}), second});
    const auto options = customers(60'000, 300);
    expect_agrees(line, options, 3.01370608, at(0, &Figures::mean_number));
    expect_agrees(line, options, .14348242, at(0, &Figures::blocked_fraction));
    expect_agrees(line, options, .93210862, at(1, &Figures::mean_number));
}

TEST(Network, AClosedYardStopsTheRoadToItsNeighbour) {
    // Guideline 2.2.1 (figure), Nagoya 5 July 2023: the queue stood before the yard that still
    // worked. A shared road of one lane, head of line, room for two at each terminal.
    auto a = station("a", 1, exponential(1));
    a.room = 1;
    auto b = a;
    b.id = "b";
    const auto road = network(
        {poisson("road", .9)},
        {station("road", 1, *Distribution::deterministic(0), {{"a", .5, ""}, {"b", .5, ""}}), a,
         b});
    expect_agrees(road, customers(60'000, 300), .5627749172, at(0, &Figures::mean_number));
    expect_agrees(road, customers(60'000, 300), .1942879444, at(0, &Figures::blocked_fraction));

    // The same road as a link.
    Link link;
    link.id = "road";
    link.travel = *Distribution::deterministic(0);
    link.next = {{"a", .5, ""}, {"b", .5, ""}};
    const auto linked = network({poisson("road", .9)}, {a, b}, {link});
    expect_agrees(linked, customers(60'000, 300), .5627749172,
                  [](const NetworkFigures& f) { return f.links[0].all.mean_number; });
    expect_agrees(linked, customers(60'000, 300), .1942879444,
                  [](const NetworkFigures& f) { return f.links[0].all.blocked_fraction; });
}

TEST(Network, AnOpenNetworkWithATroubleDesk) {
    // Jackson, with a way back.
    const auto port =
        network({poisson("gate", 3)},
                {station("gate", 4, exponential(1), {{"trouble", .1, ""}, {"yard", .9, ""}}),
                 station("trouble", 2, exponential(2), {{"gate", 1, ""}}),
                 station("yard", 12, exponential(1 / .3), {{"out", 1, ""}}),
                 station("out", 2, exponential(.5))});
    const auto options = customers(60'000, 500);
    expect_agrees(port, options, 6.6219415943, at(0, &Figures::mean_number));
    expect_agrees(port, options, .75, at(1, &Figures::mean_number));
    expect_agrees(port, options, 12.2469411215, at(2, &Figures::mean_number));
    expect_agrees(port, options, 3.4285714286, at(3, &Figures::mean_number));
    // From gate in to gate out, by Little's law.
    expect_agrees(port, options, 7.6824847148, [](const NetworkFigures& f) {
        double number = 0;
        for (const auto& station : f.stations) number += station.all.mean_number;
        return number / 3;
    });
}

TEST(Network, ArrivalsInBatches) {
    // M[X]/M/1 with three at a time: L = ρ(1 + k)/(2(1 - ρ)).
    auto convoy = poisson("gate", .25);
    convoy.batch = *Distribution::deterministic(3);
    expect_agrees(network({convoy}, {station("gate", 1, exponential(1))}), customers(60'000, 300),
                  .75 * 4 / (2 * .25), at(0, &Figures::mean_number));
}

TEST(Network, BackIntoTheSameLine) {
    // M/M/1 where each goes round again with probability 1/2: as if service had twice the load.
    const auto again =
        network({poisson("gate", .4)},
                {station("gate", 1, exponential(1), {{"gate", .5, ""}, {"exit", .5, ""}})});
    expect_agrees(again, customers(60'000, 300), .8 / .2, at(0, &Figures::mean_number));
}

TEST(Network, AGateThatFillsAndOneThatOpensLate) {
    // M(t)/M/c(t) over replications, against uniformisation (exact_test).
    Source day;
    day.id = "day";
    day.rate = {{7, 60},   {8, 110},  {9, 120},  {10, 110}, {11, 100}, {12, 60},
                {13, 100}, {14, 110}, {15, 100}, {16, 40},  {17, 0}};
    day.next = {{"gate", 1, ""}};
    auto gate = station("gate", 1, exponential(.05));
    gate.servers = {{8.5, 6}, {16.5, 0}};
    RunOptions options;
    options.until = 17;
    options.replications = 4000;
    options.at = {12, 13};
    const auto check = [](const CountAt& counted, double mean, double sd) {
        EXPECT_NEAR(counted.mean, mean, 4 * sd / std::sqrt(4000));
        EXPECT_NEAR(counted.sd, sd, .05 * sd);
    };
    auto figures = run(network({day}, {gate}), options);
    check(figures.stations[0].number_at[0], 80.069187, 30.1414);
    check(figures.stations[0].number_at[1], 26.455229, 24.7943);
    gate.servers = {{15, 6}, {19.5, 0}};
    options.at = {15, 16.5};
    figures = run(network({day}, {gate}), options);
    check(figures.stations[0].number_at[0], 770, 27.7489);
    check(figures.stations[0].number_at[1], 710, 32.7109);

    // The first hours of M/M/4 from empty.
    RunOptions early;
    early.at = {1, 5, 10};
    early.until = 10;
    early.replications = 4000;
    figures = run(network({poisson("gate", 3.6)}, {station("gate", 4, exponential(1))}), early);
    ExactQueue exact(1);
    for (std::size_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(exact.advance(early.at[i] - (i > 0 ? early.at[i - 1] : 0), 3.6, 4));
        check(figures.stations[0].number_at[i], exact.mean(), exact.sd());
    }
}

TEST(Network, AnOutageByTheClock) {
    // D/D/1 behind a gate that is closed for ten hours: 5,000 in line, cleared 16.67 h after it
    // opens, 66,667 vehicle-hours of delay.
    Source trucks;
    trucks.id = "trucks";
    trucks.interarrival = *Distribution::deterministic(.002);
    trucks.next = {{"gate", 1, ""}};
    auto gate = station("gate", 1, *Distribution::deterministic(.00125));
    gate.servers = {{10, 1}};
    RunOptions options;
    options.until = 26.667;
    options.at = {10, 26.6, 26.666};
    const auto figures = run(network({trucks}, {gate}), options);
    EXPECT_NEAR(figures.stations[0].max_number, 5000, 2);
    EXPECT_NEAR(figures.stations[0].number_at[0].mean, 5000, 1);
    EXPECT_NEAR(figures.stations[0].number_at[1].mean, 300 * .0667, 3);
    EXPECT_NEAR(figures.stations[0].all.mean_queue * 26.667, 66'666.67, 40);
}

TEST(Network, ServersThatGoHomeFinishFirst) {
    // The lane closes at 1 while a truck is in it; the next waits until 5.
    Source trucks;
    trucks.id = "trucks";
    trucks.interarrival = *Distribution::deterministic(.5);
    trucks.next = {{"gate", 1, ""}};
    auto gate = station("gate", 1, *Distribution::deterministic(2));
    gate.servers = {{0, 1}, {1, 0}, {5, 1}};
    RunOptions options = customers(2);
    options.at = {2, 2.5, 4.9, 6.9, 7};
    const auto figures = run(network({trucks}, {gate}), options);
    const auto& counted = figures.stations[0].number_at;
    EXPECT_EQ(counted[0].mean, 2);  // arrived .5 and 1; the first ends at 2.5
    EXPECT_EQ(counted[1].mean, 1);
    EXPECT_EQ(counted[2].mean, 1);
    EXPECT_EQ(counted[3].mean, 1);
    EXPECT_EQ(counted[4].mean, 0);  // began at 5
    EXPECT_EQ(figures.stations[0].all.mean_wait, 2);
    // Busy 4 of: on duty 1 (0–1) + overtime 1.5 + 2 (5–7).
    EXPECT_NEAR(figures.stations[0].all.utilisation, 4 / 4.5, 1e-12);
}

TEST(Network, ARoadWithHeadwayIsAQueueInFront) {
    // Beyond its free time, a link delays as M/D/1 with the headway as service.
    Link road;
    road.id = "road";
    road.travel = *Distribution::deterministic(3);
    road.headway = 1;
    const auto linked = network({poisson("road", .8)}, {}, {road});
    expect_agrees(linked, customers(60'000, 300), .8 / (2 * .2),
                  [](const NetworkFigures& f) { return f.links[0].all.mean_wait; });
}

TEST(Network, AFullRoadHoldsPeopleOutside) {
    // Three places, backward wave of 1: the fourth may enter only a while after the first has left.
    Link road;
    road.id = "road";
    road.travel = *Distribution::deterministic(2);
    road.storage = 3;
    road.backward = 1;
    Source convoy;
    convoy.id = "convoy";
    convoy.interarrival = *Distribution::deterministic(1);
    convoy.batch = *Distribution::deterministic(4);
    convoy.next = {{"road", 1, ""}};
    RunOptions options = customers(4);
    options.at = {2.9, 3.5, 4, 5.9, 6};
    const auto figures = run(network({convoy}, {}, {road}), options);
    const auto& counted = figures.links[0].number_at;
    EXPECT_EQ(counted[0].mean, 3);
    EXPECT_EQ(counted[1].mean, 0);
    EXPECT_EQ(counted[2].mean, 1);  // entered at 4
    EXPECT_EQ(counted[3].mean, 1);
    EXPECT_EQ(counted[4].mean, 0);
    EXPECT_EQ(figures.left, 4U);
    EXPECT_GT(figures.held_outside[0].second, 0);
}

TEST(Network, ACircleOfBlockedCustomersMovesOn) {
    // Each full station waits for the other: in the real yard somebody would make room.
    auto a = station("a", 1, exponential(1), {{"b", 1, ""}});
    a.room = 0;
    auto b = station("b", 1, exponential(1), {{"a", .5, ""}, {"exit", .5, ""}});
    b.room = 0;
    const auto figures = run(network({poisson("a", 2)}, {a, b}), customers(10'000));
    EXPECT_EQ(figures.entered, 10'000U);
    EXPECT_EQ(figures.left, 10'000U);
}

std::vector<double> bits_of(const NetworkFigures& figures, bool with_events) {
    std::vector<double> all{figures.time, static_cast<double>(figures.entered),
                            static_cast<double>(figures.left)};
    if (with_events) all.push_back(static_cast<double>(figures.events));
    for (const auto* places : {&figures.stations, &figures.links})
        for (const auto& place : *places) {
            std::vector<const Figures*> rows{&place.all};
            for (const auto& [name, one] : place.classes) rows.push_back(&one);
            for (const auto* f : rows) {
                all.insert(all.end(),
                           {static_cast<double>(f->arrivals), static_cast<double>(f->customers),
                            static_cast<double>(f->lost), static_cast<double>(f->reneged),
                            f->mean_wait, f->wait_variance, f->mean_queue, f->mean_number,
                            f->utilisation, f->blocked_fraction, f->ci95[0], f->ci95[1]});
                all.insert(all.end(), std::begin(f->wait_quantiles), std::end(f->wait_quantiles));
            }
            for (const auto& counted : place.number_at) {
                all.push_back(counted.mean);
                all.push_back(counted.sd);
            }
        }
    for (const auto& [id, held] : figures.held_outside) all.push_back(held);
    return all;
}

// A bit of everything.
Network busy_port() {
    auto gate =
        station("gate", 3, *Distribution::erlang(4, 1), {{"yard", .9, ""}, {"exit", .1, ""}});
    gate.servers = {{0, 3}, {50, 1}, {80, 4}};
    gate.room = 20;
    gate.discipline = Discipline::priority;
    gate.patience = *Distribution::lognormal(20, 1);
    auto yard =
        station("yard", 2, *Distribution::gamma(.8, 1.4), {{"road", .2, ""}, {"exit", .8, ""}});
    yard.room = 3;
    Link road;
    road.id = "road";
    road.travel = *Distribution::uniform(1, 3);
    road.headway = .1;
    road.backward = .2;
    road.storage = 10;
    road.next = {{"gate", 1, ""}};
    auto urgent = poisson("road", .4, "urgent");
    urgent.batch = *Distribution::geometric(2);
    return network({poisson("road", 1.5, "normal"), urgent}, {gate, yard}, {road},
                   {"urgent", "normal"});
}

TEST(Network, NeitherThreadsNorTheEventListChangeABit) {
    // A forecast that changes with the machine cannot be defended afterwards.
    const auto port = busy_port();
    RunOptions options;
    options.until = 200;
    options.warmup = 10;
    options.replications = 40;
    options.at = {40, 120};
    const auto first = bits_of(run(port, options), true);
    EXPECT_EQ(first, bits_of(run(port, options), true));
    for (const auto list : {EventListKind::sorted, EventListKind::heap, EventListKind::calendar})
        for (const unsigned threads : {1U, 3U}) {
            options.event_list = list;
            options.threads = threads;
            EXPECT_EQ(first, bits_of(run(port, options), true));
        }
    options.seed = 2;
    EXPECT_NE(first, bits_of(run(port, options), true));
}

TEST(Network, EverybodyIsAccountedFor) {
    // Conservation, and Little's law as an identity: who starts and ends empty has exactly as much
    // time in line as the waits add up to.
    const auto port = busy_port();
    RunOptions options;
    options.until = 300;
    const auto cut = run(port, options);
    EXPECT_EQ(cut.entered, cut.left + cut.present);
    EXPECT_GT(cut.present, 0U);

    const auto whole = run(network({poisson("gate", 3.6)}, {station("gate", 4, exponential(1))}),
                           customers(20'000));
    const auto& f = whole.stations[0].all;
    EXPECT_EQ(f.customers, 20'000U);
    EXPECT_NEAR(f.mean_queue * whole.time, f.mean_wait * 20'000, 1e-7 * f.mean_wait * 20'000);
}

TEST(Network, TheRecursionAgreesBitForBit) {
    // Two independent ways to the same figures: the event loop has no hidden time of its own.
    std::vector<Network> cases;
    cases.push_back(network({poisson("gate", 3.6)}, {station("gate", 4, exponential(1))}));
    auto narrow = station("two", 1, *Distribution::lognormal(1, .7));
    narrow.room = 1;
    cases.push_back(network({poisson("one", .6)},
                            {station("one", 1, exponential(1), {{"two", 1, ""}}), narrow}));
    auto a = station("a", 1, exponential(1));
    a.room = 1;
    auto b = station("b", 2, *Distribution::erlang(2, 1.5));
    b.room = 0;
    auto gate = station("road", 1, *Distribution::deterministic(.01),
                        {{"a", .4, ""}, {"b", .4, ""}, {"exit", .2, ""}});
    gate.room = 5;
    cases.push_back(network({poisson("road", .9)}, {gate, a, b}));
    for (const auto& one : cases) {
        ASSERT_TRUE(max_plus_applies(one));
        for (const std::uint64_t replications : {1U, 5U}) {
            RunOptions options = customers(20'000, 30);
            options.replications = replications;
            const auto recursion = run_max_plus(one, options);
            ASSERT_TRUE(recursion);
            EXPECT_EQ(bits_of(run(one, options), true), bits_of(*recursion, true));
        }
    }
    EXPECT_FALSE(max_plus_applies(busy_port()));
    EXPECT_FALSE(run_max_plus(busy_port(), customers(10)));
}

TEST(Network, WhatIfsShareTheirRandomNumbers) {
    // A fifth lane must help because it is a fifth lane, not because other trucks came.
    const auto with = [](double lanes) {
        return run(network({poisson("gate", 3.6)}, {station("gate", lanes, exponential(1))}),
                   customers(5'000));
    };
    const auto four = with(4);
    const auto five = with(5);
    EXPECT_LT(five.stations[0].all.mean_wait, four.stations[0].all.mean_wait);
    // The last truck to come is the same truck: the day ends when it leaves.
    EXPECT_NEAR(four.time, five.time, 30);
    EXPECT_EQ(four.stations[0].all.arrivals, five.stations[0].all.arrivals);
}

void expect_refused(NetworkDescription description, const std::string& key,
                    const std::string& pointer) {
    const auto made = Network::create(std::move(description));
    ASSERT_FALSE(made) << key;
    EXPECT_EQ(made.error().key, "engines.simulate." + key);
    EXPECT_EQ(made.error().pointer, pointer);
}

TEST(Network, RefusesWhatIsNoNetwork) {
    // Each with the place in the file: content is reviewed like code.
    const NetworkDescription good{
        {poisson("gate", 1)}, {station("gate", 1, exponential(1))}, {}, {}};
    auto bad = good;
    bad.sources[0].next[0].to = "gatte";
    expect_refused(bad, "unknown_target", "/sources/0/to/0/to");
    bad = good;
    bad.stations[0].next = {{"exit", .5, ""}, {"gate", .4, ""}};
    expect_refused(bad, "shares", "/stations/0/next");
    bad = good;
    bad.stations.push_back(bad.stations[0]);
    expect_refused(bad, "twice", "/stations/1/id");
    bad = good;
    bad.stations[0].servers = {{0, 1.5}};
    expect_refused(bad, "not_whole", "/stations/0/servers");
    bad = good;
    bad.stations[0].servers = {{5, 1}, {3, 2}};
    expect_refused(bad, "order", "/stations/0/servers/1");
    bad = good;
    bad.stations[0].next = {{"gate", 1, ""}};
    expect_refused(bad, "never_exits", "/stations/0/next");
    bad = good;
    bad.stations[0].discipline = Discipline::priority;
    expect_refused(bad, "no_classes", "/stations/0/discipline");
    bad = good;
    bad.classes = {"urgent"};
    expect_refused(bad, "unknown_class", "/sources/0/class");
    bad = good;
    bad.sources[0].rate = {{0, 1}};
    expect_refused(bad, "one_of_two", "/sources/0");
    bad = good;
    bad.stations[0].id = "exit";
    expect_refused(bad, "reserved", "/stations/0/id");
    bad = good;
    bad.stations[0].room = -1;
    expect_refused(bad, "not_whole", "/stations/0/room");
    bad = good;
    bad.sources.clear();
    expect_refused(bad, "empty", "/sources");

    const auto network = *Network::create(good);
    EXPECT_EQ(network.run({}).error().key, "engines.simulate.no_end");
    auto both = customers(3);
    both.until = 4;
    EXPECT_EQ(network.run(both).error().key, "engines.simulate.both_ends");
    RunOptions late;
    late.until = 4;
    late.at = {5};
    EXPECT_EQ(network.run(late).error().key, "engines.simulate.at_after_end");
}

}  // namespace
}  // namespace noroshi::simulate
