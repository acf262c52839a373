"""One measurement of OpenDP, PyDP or dp-accounting, in a process of its own: reads a job as JSON, prints the result as JSON."""

import json
import math
import sys
import time

job = json.loads(sys.argv[1])
system, op, scale, n = job["system"], job["op"], job["scale"], job["n"]


def timed(work, check):
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    found = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    found.update(check(result))
    return found


def moments(variance, kurtosis):
    """Mean and variance within seven standard errors."""
    def check(samples):
        m = len(samples)
        first = sum(samples) / m
        second = sum(x * x for x in samples) / m
        good = abs(first) <= 7 * math.sqrt(variance / m) and abs(second - variance) <= 7 * variance * math.sqrt((kurtosis - 1) / m)
        return {"n": m, "correct": good}
    return check


def laplace_variance(b):
    return 1 / (2 * math.sinh(0.5 / b) ** 2)


if op in ("laplace", "gaussian"):
    kurtosis = 6 + 1 / scale ** 2 if op == "laplace" else 3 + 1 / scale ** 2
    variance = laplace_variance(scale) if op == "laplace" else scale * scale
    if system == "opendp":
        import opendp.prelude as dp
        dp.enable_features("contrib")
        domain = dp.vector_domain(dp.atom_domain(T=int))
        if op == "laplace":
            mechanism = dp.m.make_laplace(domain, dp.l1_distance(T=int), scale=scale)
        else:
            mechanism = dp.m.make_gaussian(domain, dp.l2_distance(T=float), scale=scale)
        data = [0] * n
        print(json.dumps(timed(lambda: mechanism(data), moments(variance, kurtosis))))
    else:
        # Google's library through PyDP: continuous noise, snapped to a grid, one value a call.
        from pydp.algorithms.numerical_mechanisms import GaussianMechanism, LaplaceMechanism
        if op == "laplace":
            mechanism, variance, kurtosis = LaplaceMechanism(1 / scale, 1.0), 2 * scale * scale, 6
        else:
            mechanism = GaussianMechanism.create_from_standard_deviation(scale)
        print(json.dumps(timed(lambda: [mechanism.add_noise(0.0) for _ in range(n)], moments(variance, kurtosis))))
elif op == "composition":
    # Uses of one Laplace mechanism, delta 1e-8, on the library's default grid.
    from dp_accounting import dp_event, pld

    def account(interval):
        accountant = pld.PLDAccountant(value_discretization_interval=interval)
        accountant.compose(dp_event.LaplaceDpEvent(scale), n)
        return accountant.get_epsilon(1e-8)

    def check(epsilon):
        # The truth lies between an optimistic and a pessimistic estimate on a grid ten times as fine.
        from dp_accounting.pld import privacy_loss_distribution
        low = privacy_loss_distribution.from_laplace_mechanism(scale, value_discretization_interval=1e-5, pessimistic_estimate=False)
        return {"n": n, "value": epsilon, "bracket": [low.self_compose(n).get_epsilon_for_delta(1e-8), account(1e-5)]}
    print(json.dumps(timed(lambda: account(1e-4), check)))
else:
    # The Gaussian noise for epsilon 1, delta 1e-8 over n releases, by the library's own search.
    from dp_accounting import dp_event, mechanism_calibration, pld

    def calibrate():
        return mechanism_calibration.calibrate_dp_mechanism(
            lambda: pld.PLDAccountant(value_discretization_interval=1e-4),
            lambda sigma: dp_event.SelfComposedDpEvent(dp_event.GaussianDpEvent(sigma), n), 1.0, 1e-8,
            mechanism_calibration.ExplicitBracketInterval(math.sqrt(n), 20 * math.sqrt(n)))
    print(json.dumps(timed(calibrate, lambda sigma: {"n": n, "value": sigma})))
