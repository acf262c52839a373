import Fusion

/// The clauses of the template that depend on how the tables are joined.
struct ModeClauses {
    let mode: Contract.JoinMode
    /// The value of an output's `to`.
    let to: String
    let note: (_ en: String, _ zh: String) -> String

    private var isShared: Bool { mode != .intersectionSum }

    /// A regression needs one row for each subject.
    var loanRows: String { isShared ? "1" : "3" }

    /// Whole yuan: squares and products of finer units would need more noise than the numbers are worth.
    var loanAmount: String {
        isShared
            ? "{name: loan_amount, type: decimal, scale: 0, unit: 元, lower: 0, upper: 5000000}"
            : "{name: loan_amount, type: decimal, scale: 2, unit: 元, lower: 0, upper: 5000000}"
    }

    /// A regression is only as good as the bounds are tight: half the range, squared, is the noise of a square.
    var headcountUpper: String { isShared ? "100" : "5000" }
    var electricityUpper: String { isShared ? "300000" : "2000000" }

    /// Over all runs.
    var epsilon: String { isShared ? "7.0" : "3.0" }

    var join: String {
        switch mode {
        case .intersectionSum:
            "join: {datasets: [enterprises, loans], protocol: intersection-sum}"
        case .aligned:
            """
            \(note("aligned: set intersection, which both parties learn, then computing on secret shares of the matched rows.",
                "aligned：先求交，双方获知各自哪些键匹配，再对匹配行的秘密份额计算。"))
            \(correlationsNote)
            join: {datasets: [enterprises, loans], mode: aligned, correlations: transfers}
            """
        case .hidden:
            """
            \(note("hidden: neither party learns which of its keys match, or how many; both compute on secret shares.",
                "hidden：双方都不知道自己哪些键匹配、匹配了多少，全程在秘密份额上计算。"))
            \(correlationsNote)
            join: {datasets: [enterprises, loans], mode: hidden, correlations: transfers}
            """
        }
    }

    private var correlationsNote: String {
        note("correlations: transfers (the parties alone), or {dealer: {name, title, fingerprint}}, a trusted third party.",
            "correlations：transfers（仅双方自行生成），或 {dealer: {name, title, fingerprint}}，即可信第三方。")
    }

    var outputs: String { isShared ? sharedOutputs : sumOutputs }

    private var sumOutputs: String {
        """
          - name: overdue_by_grade
            kind: group-by
            by: [enterprises.tax_grade]
            measures: [rows(loans), sum(loans.overdue), mean(loans.overdue)]
            epsilon: 1.0
            to: \(to)
          - {name: common_enterprises, kind: count, epsilon: 0.1, to: \(to)}
          - {name: total_amount, kind: sum, of: loans.loan_amount, epsilon: 0.2, to: \(to)}
          - name: amount_histogram
            kind: histogram
            of: loans.loan_amount
            bins: [0, 100000, 500000, 1000000, 5000000]
            epsilon: 0.2
            to: \(to)
        """
    }

    private var sharedOutputs: String {
        """
          - name: overdue_by_grade
            kind: group-by
            by: [enterprises.tax_grade]
            measures: [rows(loans), sum(loans.overdue), mean(loans.overdue)]
            epsilon: 1.0
            to: \(to)
          - {name: common_enterprises, kind: count, epsilon: 0.1, to: \(to)}
        \(note("Two categories, of either table or of one: matched enterprises in each cell, and a test of independence.",
            "两个分类列（可来自任一方或同一方）：每个单元格的匹配企业数，以及独立性检验。").indentedNote)
          - name: grade_by_district
            kind: contingency-table
            by: [enterprises.tax_grade, enterprises.district]
            chi-square: true
            epsilon: 0.3
            to: \(to)
        \(note("From the noised counts of these bins.", "由下列分箱的加噪计数得出。").indentedNote)
          - name: amount_quantiles
            kind: quantile
            of: loans.loan_amount
            bins: [0, 50000, 100000, 150000, 200000, 300000, 400000, 600000, 1000000, 2000000, 5000000]
            probabilities: [0.25, 0.5, 0.75]
            epsilon: 0.3
            to: \(to)
          - {name: amount_spread, kind: variance, of: loans.loan_amount, epsilon: 0.3, to: \(to)}
        \(note("Least squares over both tables: one row for each enterprise on both sides.",
            "跨两表的最小二乘回归：双方每个企业各一行。").indentedNote)
          - name: electricity_model
            kind: linear-regression
            target: enterprises.electricity_kwh
            features: [enterprises.insured_headcount, loans.overdue]
            epsilon: 1.0
            to: \(to)
        """
    }

    var leakage: String {
        switch mode {
        case .intersectionSum:
            """
            \(note("set-sizes: how many keys the other party has; group-sizes: how many in each group;",
                "set-sizes：对方有多少个键；group-sizes：每组各有多少；"))
            \(note("group-match-counts: the party with the groups learns the exact matches in each of them.",
                "group-match-counts：拥有分组的一方获知每组的精确匹配数。"))
            accepts-leakage: [set-sizes, group-sizes, group-match-counts]
            """
        case .aligned:
            """
            \(note("set-sizes: how many keys the other party has; matched-keys: which of the own keys it also has.",
                "set-sizes：对方有多少个键；matched-keys：己方哪些键对方也有。"))
            accepts-leakage: [set-sizes, matched-keys]
            """
        case .hidden:
            """
            \(note("set-sizes: how many keys the other party has. Matches stay hidden, and so does their number.",
                "set-sizes：对方有多少个键。匹配情况及匹配数量均保持隐藏。"))
            accepts-leakage: [set-sizes]
            """
        }
    }
}

extension String {
    fileprivate var indentedNote: String { "  " + self }
}
