"""Miss probability of the cohort sketch (Protocols/privacy-budget.md): P[X > limit + limit / 2] for sets that differ in d <= limit subjects.

X = sum over m counters of Z_b^2, Z_b a sum of N_b signs, (N_b) multinomial. Chernoff: E exp(t (X - d)) <= (E g(N))^m with g(N) = E exp(t (Z^2 - N)),
because occupancy numbers are negatively associated and g increases (checked below); occupancies above a cap are added by the union bound.
"""
from math import comb, exp, lgamma, log

M = 2048


def g(n, t):
    return sum(comb(n, k) * 0.5**n * exp(t * ((2 * k - n) ** 2 - n)) for k in range(n + 1))


def log_binomial(d, n):
    return lgamma(d + 1) - lgamma(n + 1) - lgamma(d - n + 1) + n * log(1 / M) + (d - n) * log(1 - 1 / M)


def miss_bits(d, limit):
    excess = limit + limit // 2 + 1 - d
    if d * d <= limit + limit // 2:
        return float("-inf")  # X is at most d^2
    best = 0.0
    for cap in range(3, min(d, 40) + 1):
        tail = M * sum(exp(log_binomial(d, n)) for n in range(cap + 1, min(d, cap + 60) + 1))
        weights = [exp(log_binomial(d, n)) for n in range(cap + 1)]
        for step in range(1, 400):
            t = step * 0.0025
            if t * cap * cap > 600:
                break
            values = [g(n, t) for n in range(cap + 1)]
            assert all(a <= b * (1 + 1e-12) for a, b in zip(values, values[1:]))
            main = M * log(sum(w * v for w, v in zip(weights, values))) - t * excess
            total = tail + exp(min(main, 0))
            if total > 0:
                best = min(best, log(total) / log(2))
    return best


if __name__ == "__main__":
    print("d limit log2(miss)")
    for d, limit in [(12, 100), (20, 100), (50, 100), (100, 100), (200, 200), (1000, 1000), (10000, 10000)]:
        print(d, limit, round(miss_bits(d, limit), 1))
