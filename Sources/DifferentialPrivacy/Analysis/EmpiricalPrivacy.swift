import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What runs of a mechanism on two neighbouring inputs prove about its privacy: a lower bound on epsilon at a given delta, with a stated confidence.
///
/// An (epsilon, delta)-private mechanism has P[S] <= e^epsilon Q[S] + delta for every event S, so Clopper-Pearson bounds p on P[S] from below and q on
/// Q[S] from above prove epsilon >= ln((p - delta) / q) (M. Jagielski, J. Ullman, A. Oprea, "Auditing differentially private machine learning: how
/// private is private SGD?", NeurIPS 2020; Z. Ding, Y. Wang, G. Wang, D. Zhang, D. Kifer, "Detecting violations of differential privacy", CCS 2018).
/// The event is chosen on one half of the runs and judged on the other half, so the choice does not bias the bound.
package enum EmpiricalPrivacy {
    /// Observed values of a mechanism, one an independent run, on an input and on its neighbour.
    package struct Runs: Sendable {
        package var input: [Int64]
        package var neighbour: [Int64]

        package init(input: [Int64], neighbour: [Int64]) {
            self.input = input
            self.neighbour = neighbour
        }
    }

    package struct Evidence: Sendable {
        /// epsilon is at least this, up to the chosen error probability; never below 0.
        package let epsilon: Double
        /// The event on which it rests, and how often it happened under the likelier input and under the other one.
        package let event: String
        package let hits: Int
        package let otherHits: Int
        /// Judged runs of each of the two inputs.
        package let trials: Int
    }

    /// The lower bound on epsilon. It exceeds the true epsilon with probability at most `alpha`.
    ///
    /// Of each input, a quarter of the runs ranks the values by likelihood ratio, a quarter picks the event, and half judges it.
    /// Throws `.range` for fewer than 100 runs of each.
    package static func lowerBound(_ runs: Runs, delta: Double, alpha: Double) throws -> Evidence {
        let n = min(runs.input.count, runs.neighbour.count)
        guard n >= 100, alpha > 0, alpha < 1, delta >= 0, delta < 1 else {
            throw YinheError(
                .range, "an empirical test on \(n) runs at delta \(delta) with error \(alpha)",
                remedy: "use at least 100 runs, 0 <= delta < 1 and 0 < error < 1")
        }
        var best: (bound: Double, event: Event, isSwapped: Bool)?
        for isSwapped in [false, true] {
            let p = isSwapped ? runs.neighbour : runs.input, q = isSwapped ? runs.input : runs.neighbour
            let (bound, event) = choose(p, q, quarter: n / 4, delta: delta, alpha: alpha)
            if bound > best?.bound ?? -.infinity { best = (bound, event, isSwapped) }
        }
        let (_, event, isSwapped) = best!
        let p = isSwapped ? runs.neighbour : runs.input, q = isSwapped ? runs.input : runs.neighbour
        let from = n / 2, trials = n - from
        let hits = p[from..<n].count { event.contains($0) }, others = q[from..<n].count { event.contains($0) }
        return Evidence(
            epsilon: max(0, bound(hits, others, trials, delta, alpha)), event: event.name + (isSwapped ? ", on the neighbour" : ""), hits: hits,
            otherHits: others, trials: trials)
    }

    /// ln((p - delta) / q), with half of the error for each of the two bounds.
    private static func bound(_ hits: Int, _ others: Int, _ trials: Int, _ delta: Double, _ alpha: Double) -> Double {
        let p = ClopperPearson.lower(hits, of: trials, alpha: alpha / 2), q = ClopperPearson.upper(others, of: trials, alpha: alpha / 2)
        return p > delta ? log((p - delta) / q) : -.infinity
    }

    // MARK: The event

    private enum Event {
        case atLeast(Int64)
        case atMost(Int64)
        case values(Set<Int64>)

        func contains(_ x: Int64) -> Bool {
            switch self {
            case .atLeast(let t): x >= t
            case .atMost(let t): x <= t
            case .values(let set): set.contains(x)
            }
        }

        var name: String {
            switch self {
            case .atLeast(let t): "value >= \(t)"
            case .atMost(let t): "value <= \(t)"
            case .values(let set): set.count <= 3 ? "value in \(set.sorted())" : "value in a set of \(set.count)"
            }
        }
    }

    /// The event of greatest bound on the second quarter, among half-lines and the sets of likeliest ratio on the first.
    private static func choose(
        _ p: [Int64], _ q: [Int64], quarter: Int, delta: Double, alpha: Double
    ) -> (bound: Double, event: Event) {
        var counts: [Int64: (p: Int, q: Int, nextP: Int, nextQ: Int)] = [:]
        for i in 0..<quarter {
            counts[p[i], default: (0, 0, 0, 0)].p += 1
            counts[q[i], default: (0, 0, 0, 0)].q += 1
            counts[p[quarter + i], default: (0, 0, 0, 0)].nextP += 1
            counts[q[quarter + i], default: (0, 0, 0, 0)].nextQ += 1
        }
        func ratio(_ c: (p: Int, q: Int, nextP: Int, nextQ: Int)) -> Double { (Double(c.p) + 0.5) / (Double(c.q) + 0.5) }
        let byValue = counts.sorted { $0.key < $1.key }
        let byRatio = byValue.filter { $0.value.p > 0 }.sorted { ratio($0.value) > ratio($1.value) }
        var best: (bound: Double, event: Event) = (-.infinity, .atLeast(.min))
        func scan(_ order: some Collection<(key: Int64, value: (p: Int, q: Int, nextP: Int, nextQ: Int))>, _ event: (Int) -> Event) {
            // A bound is costly, so only ends are tried at which it could be the best so far: p is below the frequency, and q is above it and
            // above the bound of an event that never happened, which is at least ln(2 / alpha) / (quarter + ln(2 / alpha)).
            let never = log(2 / alpha)
            var (hits, others) = (0, 0)
            for (i, element) in order.enumerated() {
                hits += element.value.nextP
                others += element.value.nextQ
                let p = Double(hits) / Double(quarter) - delta
                let q = max(Double(others) / Double(quarter), never / (Double(quarter) + never))
                guard p > 0, log(p / q) > best.bound else { continue }
                let found = bound(hits, others, quarter, delta, alpha)
                if found > best.bound { best = (found, event(i)) }
            }
        }
        let reversed = Array(byValue.reversed())
        scan(reversed) { .atLeast(reversed[$0].key) }
        scan(byValue) { .atMost(byValue[$0].key) }
        scan(byRatio) { end in .values(Set(byRatio[...end].map(\.key))) }
        return best
    }
}
