"""The forecast's model of a port in SimPy, as its documentation would write it: a process for every truck and every ship,
Resources for heads of roads, plazas, lanes, yard cranes and berths, interrupts for drivers who are sent home.

Reads {"port", "incident"} from standard input (see measure.py: every parameter one number, so that both know the same) and
prints per run what came of it, and what CPU time it took.

The same as src/respond/forecast/port_run: visits by the day's profile; who comes and who joins the line; drivers' patience,
notices, going home at closing time; the pool of visits put off and its release every half hour; the hauliers' fleet; one line
with head of line for all terminals behind a road; plazas, lanes, modes of the gate (normal, by hand, closed, restart, surge); yard
cranes; ships' calls with Erlang-2 gaps and lognormal sizes, berths, pilots, tugs and the fairway first come first served, work by hand,
ships that leave out the port, and the same calls without the incident beside them.
Not here: what noroshi does beside the model (the yard's stock by the hour, hourly figures of wait and backlog, bands, JSON), and the
parameters are fixed instead of drawn. So it does a little less.
"""
import heapq
import json
import math
import random
import statistics
import sys
import time

import simpy

PROFILE = (60, 110, 120, 110, 100, 60, 100, 110, 100, 40)
NEVER = math.inf


def erlang_4(mean):
    return random.gammavariate(4, mean / 4)


class Terminal:
    pass


class Sea:
    """Berths, and what all ships share: the harbour master lets one after the other have pilot, tugs and fairway."""

    def __init__(self, environment, p, berths):
        self.environment, self.p = environment, p
        self.berths = [simpy.Resource(environment, capacity=count) for count in berths]
        moves = 2 * p["calls_per_day"] / 24
        self.master = simpy.Resource(environment, capacity=1)
        pilots = max(1, math.ceil(moves * p["pilot_h"] / p["marine_load"]))
        tugs = max(math.ceil(p["tugs_per_move"]) + 1, math.ceil(moves * p["tug_h"] * p["tugs_per_move"] / p["marine_load"]))
        self.pilots = simpy.Container(environment, capacity=pilots, init=pilots)
        self.tugs = simpy.Container(environment, capacity=tugs, init=tugs)
        self.last, self.clear, self.clear_of_large = [-NEVER] * 2, [-NEVER] * 2, [-NEVER] * 2

    def give_back(self, container, count, hours):
        yield self.environment.timeout(hours)
        yield container.put(count)

    def move(self, out, tugs, large):
        environment, p = self.environment, self.p
        with self.master.request() as turn:
            yield turn
            yield self.pilots.get(1)
            if tugs:
                yield self.tugs.get(tugs)
            at = max(environment.now, self.last[out] + p["fairway_gap_min"] / 60,
                     (self.clear if large else self.clear_of_large)[1 - out])
            if at > environment.now:
                yield environment.timeout(at - environment.now)
            self.last[out] = environment.now
            self.clear[out] = max(self.clear[out], environment.now + p["fairway_h"])
            if large:
                self.clear_of_large[out] = max(self.clear_of_large[out], environment.now + p["fairway_h"])
        environment.process(self.give_back(self.pilots, 1, p["pilot_h"]))
        if tugs:
            environment.process(self.give_back(self.tugs, tugs, p["tug_h"]))
        yield environment.timeout(p["berthing_h"] / 2)

    def call(self, terminal, tugs, large, work, done):
        with self.berths[terminal].request() as berth:
            yield berth
            yield self.environment.process(self.move(0, tugs, large))
            yield self.environment.timeout(work(self.environment.now) - self.environment.now)
            yield self.environment.process(self.move(1, tugs, large))
        done.append(self.environment.now)


class Port:
    def __init__(self, told):
        self.p = {name: one["value"] for name, one in told["port"]["parameters"].items()}
        # Ships of the days before stand at the berths already.
        self.environment = simpy.Environment(initial_time=-120)
        self.told = told["incident"]
        self.horizon = self.told["horizon"]
        self.visits = 0
        self.on_tour = 0
        p = self.p
        roads = told["port"]["roads"]
        self.roads = {road["id"]: simpy.Resource(self.environment, capacity=1) for road in roads}
        self.on_line = {road["id"]: 0 for road in roads}
        self.rate = {road["id"]: 0.0 for road in roads}
        self.terminals = []
        year = p["weekdays_per_year"] + p["saturdays_per_year"] * p["saturday_share"]
        boxes = p["teu_per_year"] / p["teu_per_box"] * p["landside_share"] / year
        for one in told["port"]["terminals"]:
            here = Terminal()
            here.name, here.road = one["id"], one["road"]
            here.visits = boxes * one["share"] / p["boxes_per_visit"]
            peak = here.visits * 120 / 910

            def servers(minutes):
                return max(1, math.ceil(peak * minutes / 60 / p["lane_load"]))

            here.lane_count = servers(p["gate_service_min"])
            here.plaza = simpy.Resource(self.environment, capacity=int(p["plaza_buffer"]) + here.lane_count)
            here.lanes = simpy.Resource(self.environment, capacity=here.lane_count)
            here.yard = simpy.Resource(self.environment, capacity=servers(p["yard_service_min"] * p["boxes_per_visit"]))
            here.number = len(self.terminals)
            here.free = [-1e9] * one["berths"]
            here.free_on_time = [-1e9] * one["berths"]
            here.share, here.cranes = one["share"], one["quay_cranes"]
            here.waiting = {}
            here.opened = self.environment.event()
            here.speed, here.pool = 0.0, 0.0
            here.planned = here.moved = here.truck_hours = 0.0
            here.believed, here.noticed = NEVER, NEVER
            here.manual, here.manual_from = self.told["manual"].get(here.name, (0, NEVER))
            self.rate[here.road] += here.lane_count * 60 / p["gate_service_min"]
            self.terminals.append(here)
        self.stop, self.opens = self.told["stop"], self.told["opens"]
        self.fleet = int(sum(here.visits for here in self.terminals) / p["trips_a_day"])
        lead = 1 + 11 * random.random()
        self.known = max(self.stop + 1, self.opens - lead)
        berths = [one["berths"] for one in told["port"]["terminals"]]
        self.sea, self.usual_sea = Sea(self.environment, p, berths), Sea(self.environment, p, berths)
        self.calls = []  # ([left at], [left at without the incident])
        self.omitted = 0
        for here in self.terminals:
            self.environment.process(self.gate(here))
            self.environment.process(self.source(here))
            self.environment.process(self.shipping(here))
        self.environment.process(self.again())

    def day(self, number):
        """(share of a full day, hour at which the gate closes) or None; the first day is a Tuesday."""
        weekday = (number + 1) % 7
        if weekday == 6:
            return None
        return (self.p["saturday_share"], 12.0) if weekday == 5 else (1.0, 16.5)

    def speed_at(self, here, now):
        of_day = self.day(int(now // 24))
        if of_day is None or not 8.5 <= now - now // 24 * 24 < of_day[1]:
            return 0.0
        if now < self.stop:
            return 1.0
        if now < self.opens:
            return here.manual if now >= here.manual_from else 0.0
        if now < self.opens + self.p["restart_factor_h"]:
            return self.p["restart_factor"]
        return self.p["surge"] if now < self.opens + 48 else 1.0

    def gate(self, here):
        moments = {self.stop, self.opens, here.manual_from, self.opens + self.p["restart_factor_h"], self.opens + 48}
        for number in range(int(self.horizon // 24) + 1):
            of_day = self.day(number)
            if of_day is not None:
                moments |= {number * 24 + 8.5, number * 24 + of_day[1]}
        if self.known < self.opens:
            moments.add(self.known)
        for moment in sorted(one for one in moments if one < self.horizon):
            yield self.environment.timeout(moment - self.environment.now)
            now = moment
            if now == self.known:
                here.believed, here.noticed = self.opens, now
                if self.opens - now > 3:
                    self.send_home(here, self.p["leave_on_notice"])
            here.speed = self.speed_at(here, now)
            of_day = self.day(int(now // 24))
            if of_day is not None and abs(now - (now // 24 * 24 + of_day[1])) < 1e-6:
                self.send_home(here, 0.95)
            if here.speed > 0 and not here.opened.triggered:
                here.opened.succeed()
            elif here.speed == 0 and here.opened.triggered:
                here.opened = self.environment.event()

    def send_home(self, here, share):
        for process, mood in list(here.waiting.items()):
            if mood < share:
                process.interrupt()

    def comes(self, here, now):
        if not self.stop <= now < self.opens:
            return True
        unit = random.random()
        unaware = math.exp(-(now - self.stop) / self.p["word_of_mouth_h"])
        if now - here.noticed > 1:
            unaware *= 1 - self.p["notice_reach"]
        if unit < unaware:
            return True
        if now >= here.believed - self.p["early_h"]:
            return True
        unit = (unit - unaware) / (1 - unaware)
        if here.manual > 0 and now >= here.manual_from:
            return unit < self.p["manual_show_share"]
        return unit < self.p["stubborn_share"]

    def joins(self, here):
        return random.random() * self.on_line[here.road] < self.p["balk_after_h"] * self.rate[here.road]

    def source(self, here):
        environment = self.environment
        for number in range(int(self.horizon // 24)):
            of_day = self.day(number)
            if of_day is None:
                continue
            share, closes = of_day
            begin, length = number * 24 + 7.0, (closes - 8.5 + 2) / 10
            for part, weight in enumerate(PROFILE):
                rate = here.visits * share * weight / 910 / length
                end = begin + (part + 1) * length
                yield environment.timeout(max(0, begin + part * length - environment.now))
                while True:
                    gap = random.expovariate(rate)
                    if environment.now + gap > end:
                        yield environment.timeout(end - environment.now)
                        break
                    yield environment.timeout(gap)
                    now = environment.now
                    if self.stop <= now < self.opens:
                        here.planned += self.p["boxes_per_visit"]
                    if self.comes(here, now) and self.on_tour < self.fleet and self.joins(here):
                        self.on_tour += 1
                        environment.process(self.truck(here, 0))
                    else:
                        here.pool += 1

    def again(self):
        while True:
            yield self.environment.timeout(0.5)
            now = self.environment.now
            if now < 0:
                continue
            of_day = self.day(int(now // 24))
            if of_day is None or now % 24 < 8.5 - self.p["early_h"] or now >= now // 24 * 24 + of_day[1] - 0.5:
                continue
            for here in self.terminals:
                if here.pool <= 0 or (self.stop <= now < self.opens and now < here.believed - self.p["early_h"]):
                    continue
                most = 0.5 * 1.5 * here.visits * 120 / 910
                wish = here.pool * (1 - math.exp(-0.5 / self.p["release_h"]))
                for _ in range(int(min(wish, most) + random.random())):
                    if here.pool < 1 or self.on_tour >= self.fleet:
                        break
                    if self.joins(here):
                        here.pool -= 1
                        self.on_tour += 1
                        self.environment.process(self.truck(here, 0.5 * random.random()))

    def truck(self, here, later):
        environment, p = self.environment, self.p
        me = environment.active_process
        self.visits += 1
        if later:
            yield environment.timeout(later)
        arrived = environment.now
        patience = environment.timeout(p["patience_h"] * math.exp(random.gauss(0, 0.47)))
        here.waiting[me] = random.random()
        self.on_line[here.road] += 1
        held = []  # what to give back on leaving
        served = False
        try:
            head = self.roads[here.road].request()
            held.append((self.roads[here.road], head))
            if head in (yield head | patience):
                place = here.plaza.request()
                held.append((here.plaza, place))
                if place in (yield place | patience):
                    self.roads[here.road].release(head)
                    held.remove((self.roads[here.road], head))
                    lane = here.lanes.request()
                    held.append((here.lanes, lane))
                    got = yield lane | patience
                    while lane in got and here.speed == 0 and not patience.processed:
                        yield here.opened | patience
                    served = lane in got and here.speed > 0
        except simpy.Interrupt:
            pass
        del here.waiting[me]
        self.on_line[here.road] -= 1
        here.truck_hours += environment.now - arrived
        if not served:
            for resource, request in held:
                if request.triggered:
                    resource.release(request)
                else:
                    request.cancel()
            self.on_tour -= 1
            here.pool += 1
            return
        here.plaza.release(place)
        yield environment.timeout(erlang_4(p["gate_service_min"] / 60) / here.speed)
        here.lanes.release(lane)
        with here.yard.request() as crane:
            yield crane
            yield environment.timeout(erlang_4(p["yard_service_min"] / 60 * p["boxes_per_visit"]))
        self.on_tour -= 1
        if self.stop <= environment.now < self.opens:
            here.moved += p["boxes_per_visit"]

    def work_done(self, begin, need):
        if begin >= self.opens:
            return begin + need
        if begin < self.stop:
            if begin + need <= self.stop:
                return begin + need
            need -= self.stop - begin
            begin = self.stop
        factor = self.told["ship_factor"]
        by_hand = (self.opens - begin) * factor
        return begin + need / factor if by_hand >= need else self.opens + need - by_hand

    def shipping(self, here):
        environment, p = self.environment, self.p
        gap = 24 / (p["calls_per_day"] * here.share)
        mean = p["teu_per_year"] / p["teu_per_box"] / 365 / p["calls_per_day"]
        spread = math.log1p(p["call_size_cv"] ** 2)
        rate = p["crane_rate"] * min(p["cranes_per_ship"], here.cranes)
        of_size = statistics.NormalDist(-spread / 2, math.sqrt(spread))
        move = p["berthing_h"] / 2
        while True:
            yield environment.timeout(random.gammavariate(2, gap / 2))
            at = environment.now
            unit = random.random()
            moves = mean * math.exp(of_size.inv_cdf(unit))
            work = moves / rate
            large, tugs = unit > 1 - p["one_way_share"], int(p["tugs_per_move"] + unit)
            # What a line expects, as if pilots and tugs were always there.
            on_time = max(at, here.free_on_time[0]) + work + 2 * move
            heapq.heapreplace(here.free_on_time, on_time)
            leaves = self.work_done(max(at, here.free[0]) + move, work) + move
            usual, real = [], []
            environment.process(self.usual_sea.call(here.number, tugs, large, lambda now, hours=work: now + hours, usual))
            if self.stop <= at < self.opens:
                odds = (leaves - on_time - p["omission_midpoint_h"]) / p["omission_scale_h"]
                if random.random() < 1 / (1 + math.exp(-min(700.0, max(-700.0, odds)))):
                    self.omitted += 1
                    continue
            heapq.heapreplace(here.free, leaves)
            self.calls.append((real, usual))
            environment.process(self.sea.call(here.number, tugs, large, lambda now, hours=work: self.work_done(now, hours), real))


def main():
    told = json.load(sys.stdin)
    out = []
    before = time.process_time()
    for seed in range(told["runs"]):
        random.seed(seed)
        port = Port(told)
        port.environment.run(until=port.horizon)
        late = sum(1 for real, usual in port.calls if usual and (real[0] if real else port.horizon) - usual[0] > 1)
        out.append({"visits": port.visits,
                    "boxes_missed_at_gates": sum(here.planned - here.moved for here in port.terminals),
                    "truck_hours": sum(here.truck_hours for here in port.terminals),
                    "ships_affected": late + port.omitted})
    took = time.process_time() - before
    print(json.dumps({"cpu_seconds_a_run": took / told["runs"], "simpy": simpy.__version__,
                      "mean": {name: statistics.fmean(one[name] for one in out) for name in out[0]},
                      "sd": {name: statistics.stdev(one[name] for one in out) for name in out[0]} if len(out) > 1 else None}))


if __name__ == "__main__":
    main()
