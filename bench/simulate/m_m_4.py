"""M/M/4 at 90 % load in SimPy, as its documentation would write it."""
import random
import statistics
import time

import simpy

CUSTOMERS = 200_000


def main():
    random.seed(1)
    environment = simpy.Environment()
    gate = simpy.Resource(environment, capacity=4)
    waits = []

    def truck():
        arrived = environment.now
        with gate.request() as lane:
            yield lane
            waits.append(environment.now - arrived)
            yield environment.timeout(random.expovariate(1.0))

    def source():
        for _ in range(CUSTOMERS):
            yield environment.timeout(random.expovariate(3.6))
            environment.process(truck())

    environment.process(source())
    before = time.process_time()
    environment.run()
    took = time.process_time() - before
    print(f"  SimPy {simpy.__version__}                 {2e-6 * CUSTOMERS / took:6.2f} M events/s  (mean wait {statistics.fmean(waits):.3f})")


if __name__ == "__main__":
    main()
