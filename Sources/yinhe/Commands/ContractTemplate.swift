import Fusion

/// The text of a new contract: the credit pilot of the demonstration, with comments that explain every clause. Clauses that depend on
/// the join mode are in ContractTemplate+Modes.swift.
enum ContractTemplate {
    struct Party {
        var name: String
        var title: String
        var fingerprint: String
    }

    static let placeholderParties = [
        Party(name: "data-centre", title: "公共数据中心", fingerprint: "sha256:FINGERPRINT-OF-THE-DATA-CENTRE"),
        Party(name: "bank", title: "合作银行", fingerprint: "sha256:FINGERPRINT-OF-THE-BANK"),
    ]

    /// `districts`: the categories of the district column.
    static func text(
        parties: [Party], districts: [String], expires: String, mode: Contract.JoinMode = .intersectionSum, language: Language
    ) -> String {
        precondition(parties.count == 2)
        func note(_ en: String, _ zh: String) -> String { "# " + Phrase(en: en, zh: zh)[language] }
        let (a, b) = (parties[0], parties[1])
        let clauses = ModeClauses(mode: mode, to: "[\(a.name), \(b.name)]", note: note)
        return """
            \(note("A data-use contract of Yinhe. Both parties sign exactly these bytes; any change needs new signatures.",
                "隐合数据使用合同。双方签署的是本文件的确切字节；任何改动都需要重新签署。"))
            \(note("Unknown keys are errors. Check with: yinhe contract check FILE", "未知的键一律报错。检查命令：yinhe contract check FILE"))
            yinhe-contract: 1
            name: overdue-by-tax-grade
            purpose: 普惠信贷试点：按纳税信用等级统计企业贷款逾期率

            \(note("Each party's key, as it prints it with: yinhe keys show", "各方密钥指纹，由该方运行 yinhe keys show 得到"))
            parties:
              - {name: \(a.name), title: \(a.title), fingerprint: "\(a.fingerprint)"}
              - {name: \(b.name), title: \(b.title), fingerprint: "\(b.fingerprint)"}

            \(note(
                "One table of each party. Only declared columns are read. Values beyond the bounds are clamped and counted;",
                "双方各一张表。只读取声明过的列。超出边界的值截断到边界并计数；"))
            \(note("the bounds also set the noise, so keep them as tight as you can without looking at the data.",
                "边界同时决定噪声大小，请在不看数据的前提下尽量收紧。"))
            datasets:
              - name: enterprises
                party: \(a.name)
                key: {column: credit_code, normalizer: uscc}
                rows-per-subject: 1
                columns:
                  - {name: tax_grade, type: category, categories: [A, B, M, C, D]}
                  - {name: district, type: category, categories: [\(districts.joined(separator: ", "))]}
                  - {name: insured_headcount, type: integer, unit: 人, lower: 0, upper: \(clauses.headcountUpper)}
                  - {name: electricity_kwh, type: decimal, scale: 2, unit: kWh, lower: 0, upper: \(clauses.electricityUpper)}
              - name: loans
                party: \(b.name)
                key: {column: credit_code, normalizer: uscc}
            \(note("    At most this many rows of one enterprise are used; more are left out and counted.",
                "    每个企业最多使用这么多行，多余的剔除并计数。").replacing("#     ", with: "    # "))
                rows-per-subject: \(clauses.loanRows)
                columns:
                  - \(clauses.loanAmount)
                  - {name: overdue_days, type: integer, unit: 天, lower: 0, upper: 3650}
                  - {name: overdue, type: indicator, of: overdue_days, at-least: 1}

            \(clauses.join)

            \(note(
                "Nothing but these may leave. epsilon: the cost of an output in one run; smaller is more private and noisier.",
                "除以下输出外，任何内容都不得离开。epsilon 是一项输出在一次运行中的隐私成本，越小越私密、噪声越大。"))
            outputs:
            \(clauses.outputs)

            \(note("The unit is what one join key stands for. The total is for all runs of this contract together.",
                "unit 是一个求交键所代表的主体。总额由本合同的所有运行共用。"))
            \(note("joint-noise: each-party (the default), divisible or computed: how the two make the noise; contract check shows what it protects.",
                "joint-noise 可为 each-party（默认）、divisible 或 computed，即双方如何联合加噪；contract check 会列出各自的保护强度。"))
            privacy: {unit: enterprise, epsilon: \(clauses.epsilon), delta: 0}
            \(note("A smaller intersection stops the run before anything is revealed.", "交集小于此值时，运行在透露任何结果之前停止。"))
            minimum-intersection: 100
            maximum-runs: 2
            expires: \(expires)

            \(note("What the protocol reveals beyond the outputs; the parties accept it by naming it here:",
                "协议在输出之外还会透露的内容，双方在此列明即表示接受："))
            \(clauses.leakage)

            """
    }
}

extension ContractTemplate {
    static let districts = ["示例一区", "示例二区", "示例三区", "示例四区", "示例五区", "示例六区", "示例七区", "示例八区"]
}
