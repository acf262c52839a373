import SandboxCore

/// Two made-up tables for a pilot: enterprises of a public-data centre, and loans of a bank.
///
/// The same seed and sizes give the same bytes on every machine. No code can name a real enterprise (`SyntheticKeys`). The
/// overdue rate depends on the tax grade: A 2 %, B 4 %, M 7 %, C 14 %, D 28 % of the loans.
/// Subjects of loans have 1 to 3 loans each, 1.25 on average; repeated rows come on top.
public struct SyntheticPilot: Sendable {
    public let seed: UInt64
    /// Data rows of the two files.
    public let enterprises: Int
    public let loans: Int
    /// Distinct enterprises with a usable key in both files, exactly.
    public let overlap: Int
    public let enterpriseDirt: SyntheticDirt
    public let loanDirt: SyntheticDirt

    /// What the overdue rate of a loan depends on.
    public enum Effect: Sendable {
        case grade
        /// The enterprises then have a column `headcount_band` too, and the rate of their grade is multiplied by 1.5 below 10 insured
        /// employees, 1 below 50, 0.7 below 100 and 0.5 from there on.
        case gradeAndHeadcount
    }
    public let effect: Effect

    var enterpriseHeader: [String] {
        ["credit_code", "industry", "district", "tax_grade", "insured_headcount"]
            + (effect == .gradeAndHeadcount ? ["headcount_band"] : []) + ["electricity_kwh"]
    }
    static let loanHeader = ["credit_code", "loan_id", "loan_amount", "overdue_days"]
    static let loansPerSubject = 3

    /// The dirt of the pilot of the documentation: GB18030 on one side, a spreadsheet's export on the other.
    public init(
        seed: UInt64, enterprises: Int = 20_000, loans: Int = 12_000, overlap: Int = 8_000, effect: Effect = .grade
    ) throws {
        try self.init(
            seed: seed, enterprises: enterprises, loans: loans, overlap: overlap, effect: effect, enterpriseDirt: .officialExport,
            loanDirt: .spreadsheet)
    }

    /// Throws `.usage` when the sizes cannot be met: the overlap does not fit into either table, or more rows should lose their
    /// key than there are outside the overlap.
    public init(
        seed: UInt64, enterprises: Int, loans: Int, overlap: Int, effect: Effect = .grade, enterpriseDirt: SyntheticDirt,
        loanDirt: SyntheticDirt
    ) throws {
        try enterpriseDirt.validate()
        try loanDirt.validate()
        self.seed = seed
        self.enterprises = enterprises
        self.loans = loans
        self.overlap = overlap
        self.effect = effect
        self.enterpriseDirt = enterpriseDirt
        self.loanDirt = loanDirt
        let distinct = enterprises - enterpriseDirt.count(enterpriseDirt.duplicateRows, of: enterprises)
        let unique = loans - loanDirt.count(loanDirt.duplicateRows, of: loans)
        guard enterprises >= 0, loans >= 0, overlap >= 0, overlap <= distinct, overlap <= unique else {
            throw YinheError(
                .usage, "an overlap of \(overlap) does not fit into \(distinct) enterprises and \(unique) loans",
                remedy: "lower the overlap or the share of repeated rows")
        }
    }

    /// Writes both files, each of which appears whole or not at all.
    public func write(enterprisesTo enterprisePath: String, loansTo loanPath: String) throws {
        try writeEnterprises(to: enterprisePath)
        try writeLoans(to: loanPath)
    }

    private var distinctEnterprises: Int { enterprises - enterpriseDirt.count(enterpriseDirt.duplicateRows, of: enterprises) }

    public func writeEnterprises(to path: String) throws {
        var random = SyntheticRandom(seed: seed, stream: 4, index: 0)
        // Enterprises 0 ..< overlap are the bank's customers.
        var rows = Array(0..<distinctEnterprises)
        if distinctEnterprises > 0 { for _ in rows.count..<enterprises { rows.append(random.below(distinctEnterprises)) } }
        let keys = SyntheticKeys(seed: seed)
        try SyntheticTable(path: path, header: enterpriseHeader, dirt: enterpriseDirt).write(
            rows, &random, isBreakable: { $0 >= overlap },
            key: { keys.code(id: $0, district: SyntheticEnterprise(seed: seed, id: $0).district + 1) }
        ) { id, number, line in
            let enterprise = SyntheticEnterprise(seed: seed, id: id)
            for text in [
                SyntheticEnterprise.industries[enterprise.industry], SyntheticEnterprise.districts[enterprise.district],
                SyntheticEnterprise.grades[enterprise.grade],
            ] {
                line.append(0x2c)
                line += text.utf8
            }
            line.append(0x2c)
            line += String(enterprise.headcount).utf8
            if effect == .gradeAndHeadcount {
                line.append(0x2c)
                line += SyntheticEnterprise.bands[enterprise.band].utf8
            }
            line.append(0x2c)
            line += number.apply(to: enterprise.electricity, scale: 2)
        }
    }

    public func writeLoans(to path: String) throws {
        var random = SyntheticRandom(seed: seed, stream: 5, index: 0)
        let subjects = loanSubjects(&random)
        var rows = Array(subjects.indices)
        if !subjects.isEmpty { for _ in rows.count..<loans { rows.append(random.below(subjects.count)) } }
        let keys = SyntheticKeys(seed: seed)
        try SyntheticTable(path: path, header: Self.loanHeader, dirt: loanDirt).write(
            rows, &random, isBreakable: { subjects[$0] >= overlap },
            key: { keys.code(id: subjects[$0], district: SyntheticEnterprise(seed: seed, id: subjects[$0]).district + 1) }
        ) { loanNumber, number, line in
            let enterprise = SyntheticEnterprise(seed: seed, id: subjects[loanNumber])
            let loan = SyntheticLoan(seed: seed, loan: loanNumber, of: enterprise, effect)
            line += ",L".utf8
            let serial = String(loanNumber + 1)
            for _ in serial.utf8.count..<max(8, serial.utf8.count) { line.append(Ascii.zero) }
            line += serial.utf8
            line.append(0x2c)
            line += number.apply(to: loan.amount, scale: 2)
            line.append(0x2c)
            line += String(loan.overdueDays).utf8
        }
    }

    /// The enterprise of each loan. Numbers from `distinctEnterprises` on are customers that the data centre does not know.
    private func loanSubjects(_ random: inout SyntheticRandom) -> [Int] {
        let unique = loans - loanDirt.count(loanDirt.duplicateRows, of: loans)
        let count = min(unique, max(overlap, (unique * 4 + 4) / 5))
        var subjects = Array(0..<overlap)
        for k in 0..<count - overlap { subjects.append(distinctEnterprises + k) }
        var loansOf = [Int](repeating: 1, count: count)
        while subjects.count < unique {
            let i = random.below(count)
            guard loansOf[i] < Self.loansPerSubject else { continue }
            loansOf[i] += 1
            subjects.append(subjects[i])
        }
        random.shuffle(&subjects)
        return subjects
    }
}
