"""The trucks of the forecast's model in SimPy: five terminals, 14 days, an outage of 50 h from the first morning."""
import random
import sys
import time

import simpy

SHARES = (0.09, 0.21, 0.19, 0.20, 0.31)
ROADS = (0, 0, 0, 0, 1)
PROFILE = (60, 110, 120, 110, 100, 60, 100, 110, 100, 40)
VISITS = 5200.0
STOP, OPENS = 6.5, 56.5
GATE, YARD = 1.75 / 60, 4 / 60
HORIZON = 14 * 24


def erlang_4(mean):
    return random.gammavariate(4, mean / 4)


class Port:
    def __init__(self, environment):
        self.environment = environment
        self.visits = 0
        self.waited = 0.0
        self.roads = [simpy.Resource(environment, capacity=1) for _ in range(2)]  # the head of each
        self.plazas, self.lanes, self.yards, self.gates = [], [], [], []
        for share in SHARES:
            peak = VISITS * share * 120 / 910
            self.plazas.append(simpy.Resource(environment, capacity=40))
            self.lanes.append(simpy.Resource(environment, capacity=max(1, round(peak * GATE / 0.83 + 0.5))))
            self.yards.append(simpy.Resource(environment, capacity=max(1, round(peak * YARD / 0.83 + 0.5))))
            self.gates.append(environment.event())
        for i in range(5):
            environment.process(self.keeper(i))
            environment.process(self.source(i))

    def keeper(self, i):
        for day in range(14):
            weekday = (day + 1) % 7  # the first day is a Tuesday
            if weekday == 6:
                continue
            opens = max(day * 24 + 8.5, OPENS)
            closes = day * 24 + (12 if weekday == 5 else 16.5)
            if opens >= closes:
                continue
            yield self.environment.timeout(opens - self.environment.now)
            self.gates[i].succeed()
            yield self.environment.timeout(closes - self.environment.now)
            self.gates[i] = self.environment.event()

    def source(self, i):
        for day in range(14):
            weekday = (day + 1) % 7
            if weekday == 6:
                continue
            share = 0.35 if weekday == 5 else 1
            for hour, part in enumerate(PROFILE):
                rate = VISITS * SHARES[i] * share * part / 910
                end = day * 24 + 8 + hour
                yield self.environment.timeout(max(0, end - 1 - self.environment.now))
                while True:
                    gap = random.expovariate(rate)
                    if self.environment.now + gap > end:
                        yield self.environment.timeout(end - self.environment.now)
                        break
                    yield self.environment.timeout(gap)
                    if not (STOP <= self.environment.now < OPENS and random.random() < 0.8):
                        self.environment.process(self.truck(i))

    def truck(self, i):
        environment = self.environment
        self.visits += 1
        arrived = environment.now
        patience = environment.timeout(random.lognormvariate(1.79, 0.47))
        with self.roads[ROADS[i]].request() as head:
            got = yield head | patience
            if head not in got:
                return
            place = self.plazas[i].request()
            got = yield place | patience
            if place not in got:
                place.cancel()
                return
        lane = self.lanes[i].request()
        got = yield lane | patience
        if lane not in got:
            lane.cancel()
            self.plazas[i].release(place)
            return
        while not self.gates[i].triggered:
            got = yield self.gates[i] | patience
            if self.gates[i] not in got:
                self.lanes[i].release(lane)
                self.plazas[i].release(place)
                return
        self.waited += environment.now - arrived
        self.plazas[i].release(place)
        yield environment.timeout(erlang_4(GATE))
        self.lanes[i].release(lane)
        with self.yards[i].request() as crane:
            yield crane
            yield environment.timeout(erlang_4(YARD))


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    visits = 0
    before = time.process_time()
    for seed in range(runs):
        random.seed(seed)
        environment = simpy.Environment()
        port = Port(environment)
        environment.run(until=HORIZON)
        visits += port.visits
    took = time.process_time() - before
    print(f"{took / visits * 1e6:.3f} {visits / runs:.0f} {took / runs:.3f}")


if __name__ == "__main__":
    main()
