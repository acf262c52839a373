import Evaluation
import HiddenJoin
import SandboxCore
import SecretSharing

/// Basic arithmetic and joint statistics.
extension EvaluationPlan {
    private func share(
        _ area: EvaluationTask.Area, _ op: ShareBench.Operation, source: ShareSource = .ot, sizes: [Int], quickNetworks: [String] = [],
        unit: String = "elements", parameters: [String: String] = [:], checked: String
    ) -> EvaluationTask {
        let groups = Int(parameters["groups"] ?? "") ?? 100
        // A mean is a division, whose masks need room above the sum.
        let isWide = op == .mean
        let adversary = source == .dealer ? "semi-honest, with a dealer who colludes with nobody" : "semi-honest"
        return EvaluationTask(
            area: area, operation: op.rawValue,
            command: ["share", "--op", op.rawValue, "--source", source.rawValue, "--ring", isWide ? "128" : "64"]
                + (op == .groupBy ? ["--groups", "\(groups)"] : []),
            unit: unit, parameters: parameters.merging(["bits": "\(ShareProgram<UInt64>.defaultBits(op))", "ring": isWide ? "z2^128" : "z2^64"]) { $1 },
            sizes: sizes, networkSizes: profile.networkSizes(sizes), networks: profile.networks(quick: quickNetworks),
            moreThreads: profile == .quick ? [] : profile.moreThreads, checked: checked, security: floor(adversary),
            formula: { n in
                let bytes = isWide
                    ? try await ShareFormula.bytes(op, n: n, groups: groups, source: source, ring: UInt128.self)
                    : try await ShareFormula.bytes(op, n: n, groups: groups, source: source, ring: UInt64.self)
                return bytes.map { ($0, ShareFormula.source) }
            })
    }

    var arithmetic: [EvaluationTask] {
        let wide = profile.sizes([10_000, 100_000], standard: [1_000_000], full: [3_000_000])
        let narrow = profile.sizes([1_000, 10_000], standard: [30_000], full: [100_000])
        let every = "every element, exactly, with plain arithmetic"
        var tasks = [
            share(.arithmetic, .add, sizes: wide, checked: every),
            share(.arithmetic, .mul, sizes: wide, quickNetworks: ["lan", "wan", "slow"], checked: every),
            share(.arithmetic, .less, sizes: wide, quickNetworks: ["wan"], checked: every),
            share(.arithmetic, .equal, sizes: wide, checked: every),
            share(.arithmetic, .divide, sizes: narrow, checked: every),
            share(.arithmetic, .mul, source: .dealer, sizes: wide, checked: every),
        ]
        if profile != .quick {
            tasks += [
                share(.arithmetic, .dot, sizes: wide, checked: "the product, exactly, with plain arithmetic"),
                share(.arithmetic, .truncate, sizes: wide, checked: every),
                share(.arithmetic, .less, source: .dealer, sizes: wide, checked: every),
                share(.arithmetic, .sort, sizes: narrow, unit: "rows", checked: "every row, exactly, with a plain sort"),
            ]
        }
        return tasks
    }

    var statistics: [EvaluationTask] {
        let sums = profile.sizes([100_000, 1_000_000], standard: [3_000_000], full: [10_000_000])
        let columns = profile.sizes([10_000, 100_000], standard: [300_000], full: [1_000_000])
        let joins = profile.sizes([5_000, 20_000], standard: [100_000], full: [500_000])
        let rows = profile.sizes([1_000, 10_000], standard: [30_000], full: [100_000])
        return [
            EvaluationTask(
                area: .statistics, operation: "sum", command: ["share", "--op", "sum", "--parties", "3"], unit: "elements",
                parameters: ["ring": "z2^64"], sizes: sums, networkSizes: profile.networkSizes(sums),
                networks: profile.networks(quick: ["wan"]), moreThreads: profile == .quick ? [] : profile.moreThreads,
                checked: "every total, exactly, with plain addition", security: floor("semi-honest, honest majority not needed"),
                // Three parties, a correction each, a partial sum to each of the two others, two seeds of 32 bytes each.
                formula: { n in (Double(3 * (8 * n + 2 * 8 * n + 32)), "Protocols/secure-sum.md, Cost") }),
            hiddenAggregate(joins),
            share(.statistics, .mean, sizes: columns, unit: "rows", checked: "the rounded mean, exactly, with plain arithmetic"),
            share(.statistics, .variance, sizes: columns, unit: "rows", checked: "n^2 times the variance, exactly, with plain arithmetic"),
            share(
                .statistics, .groupBy, sizes: rows, quickNetworks: ["wan"], unit: "rows", parameters: ["groups": "100"],
                checked: "every group's count and sum, exactly, with plain arithmetic"),
        ] + (profile == .quick ? [] : [
            share(.statistics, .median, sizes: rows, unit: "rows", checked: "the lower median, exactly, with a plain sort"),
            intersectionSum(joins),
        ])
    }

    private func hiddenAggregate(_ sizes: [Int]) -> EvaluationTask {
        EvaluationTask(
            area: .statistics, operation: "hidden-aggregate", command: ["hidden-aggregate", "--groups", "5"], unit: "rows",
            parameters: ["groups": "5", "columns": "count, sum, sum of squares"], sizes: sizes, networkSizes: profile.networkSizes(sizes),
            networks: profile.networks(quick: ["wan"]), moreThreads: profile.moreThreads,
            checked: "every group's count, sum and sum of squares, exactly, with a plain join",
            security: floor("semi-honest", statistical: SecurityParameters.statistical),
            formula: { n in
                let estimate = try await HiddenAggregation.estimate(
                    receiverSize: n, senderSize: n, receiverColumns: HiddenAggregateBench.receiverShapes(groups: 5),
                    senderColumns: HiddenAggregateBench.senderShapes(),
                    parameters: HiddenAggregateBench.parameters(mode: .hidden, source: .ot, threads: 1))
                return (Double(estimate.bytesBetweenParties), "Protocols/hidden-join.md, Aggregates")
            })
    }

    private func intersectionSum(_ sizes: [Int]) -> EvaluationTask {
        let bits = SecurityParameters.factoringModulusBits
        return EvaluationTask(
            area: .statistics, operation: "intersection-sum", command: ["intersection-sum", "--bits", "\(bits)"], unit: "rows",
            parameters: ["bits": "\(bits)", "groups": "5", "slots": "3"], sizes: Array(sizes.prefix(2)),
            networkSizes: profile.networkSizes(sizes).prefix(1).map { $0 }, networks: profile.networks(quick: []),
            moreThreads: profile.moreThreads, checked: "every group's sums, exactly, with a plain join",
            security: floor("semi-honest", statistical: SecurityParameters.statistical))
    }
}
