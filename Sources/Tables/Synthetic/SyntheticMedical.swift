import SandboxCore

/// Two made-up tables about the same residents: a year's chronic-disease care of a medical-insurance fund, and a year's claims of a
/// commercial insurer.
///
/// The same seed and sizes give the same bytes on every machine. No number can name a real person (`SyntheticResidents`). Claims have a
/// median that depends on the disease, and one disease is rare (5 in 1,000). Both tables have one row a resident; repeated rows come on
/// top.
public struct SyntheticMedical: Sendable {
    public let seed: UInt64
    public let visits: Int
    public let claims: Int
    /// Residents with a usable number in both files, exactly.
    public let overlap: Int
    public static let visitDirt = SyntheticDirt.officialExport
    public static let claimDirt = SyntheticDirt.spreadsheet

    static let visitHeader = ["resident_id", "age_band", "chronic_disease", "outpatient_visits", "insured_cost"]
    static let claimHeader = ["resident_id", "plan", "claim_amount"]

    /// Throws `.usage` when the overlap does not fit.
    public init(seed: UInt64, visits: Int = 20_000, claims: Int = 12_000, overlap: Int = 8_000) throws {
        self.seed = seed
        self.visits = visits
        self.claims = claims
        self.overlap = overlap
        guard overlap >= 0, overlap <= Self.distinct(visits, Self.visitDirt), overlap <= Self.distinct(claims, Self.claimDirt) else {
            throw YinheError(
                .usage, "an overlap of \(overlap) does not fit into \(visits) and \(claims) rows", remedy: "lower the overlap")
        }
        guard visits + claims <= SyntheticResidents.bodies else {
            throw YinheError(.usage, "\(visits) and \(claims) rows, at most \(SyntheticResidents.bodies) together")
        }
    }

    private static func distinct(_ rows: Int, _ dirt: SyntheticDirt) -> Int { rows - dirt.count(dirt.duplicateRows, of: rows) }

    public func write(visitsTo visitPath: String, claimsTo claimPath: String) throws {
        let keys = SyntheticResidents(seed: seed)
        try write(visitPath, Self.visitHeader, Self.visitDirt, rows: visits, others: overlap, stream: 9, keys) { resident, number, line in
            line += ",\(SyntheticResident.bands[resident.band]),\(SyntheticResident.diseases[resident.disease]),\(resident.visits),".utf8
            line += number.apply(to: resident.insuredCost, scale: 2)
        }
        let outsiders = Self.distinct(visits, Self.visitDirt)
        try write(claimPath, Self.claimHeader, Self.claimDirt, rows: claims, others: outsiders, stream: 10, keys) { resident, number, line in
            line += ",\(SyntheticResident.plans[resident.plan]),".utf8
            line += number.apply(to: resident.claim, scale: 2)
        }
    }

    /// Residents 0 ..< overlap, as many from number `others` on as are missing, and repeated rows.
    private func write(
        _ path: String, _ header: [String], _ dirt: SyntheticDirt, rows: Int, others: Int, stream: UInt64, _ keys: SyntheticResidents,
        cells: (SyntheticResident, NumberDirt, inout [UInt8]) -> Void
    ) throws {
        var random = SyntheticRandom(seed: seed, stream: stream, index: 0)
        let distinct = Self.distinct(rows, dirt)
        var ids = Array(0..<overlap) + (0..<distinct - overlap).map { others + $0 }
        if distinct > 0 { for _ in distinct..<rows { ids.append(ids[random.below(distinct)]) } }
        try SyntheticTable(path: path, header: header, dirt: dirt).write(
            ids, &random, isBreakable: { $0 >= overlap },
            key: { id in
                let resident = SyntheticResident(seed: seed, id: id)
                let number = keys.number(id: id, birth: resident.birth)
                // Old files of a fund still have numbers of 15 digits.
                guard dirt.encoding == .gb18030, resident.hasOldNumber else { return number }
                return SyntheticResidents.old(number) ?? number
            }
        ) { id, number, line in cells(SyntheticResident(seed: seed, id: id), number, &line) }
    }
}

/// One made-up resident, from the seed and a number alone.
struct SyntheticResident {
    static let diseases = ["高血压", "糖尿病", "冠心病", "慢阻肺", "脑卒中", "慢性肾病", "类风湿关节炎", "系统性红斑狼疮"]
    /// In thousandths.
    private static let diseaseWeights = [380, 220, 120, 90, 80, 55, 50, 5]
    /// Median claim of a year in yuan: the planted effect.
    static let claimMedians = [1_800, 2_600, 6_800, 4_200, 9_500, 12_000, 5_200, 11_000]
    static let bands = ["18-39岁", "40-59岁", "60-74岁", "75岁以上"]
    private static let bandWeights = [10, 35, 38, 17]
    static let plans = ["百万医疗", "重大疾病", "惠民保"]
    private static let planWeights = [35, 20, 45]

    let disease: Int
    let band: Int
    /// yyyymmdd; the ages are those of 2026.
    let birth: Int
    let visits: Int
    let plan: Int
    /// In 0.01 yuan.
    let insuredCost: Int
    let claim: Int
    let hasOldNumber: Bool

    init(seed: UInt64, id: Int) {
        var random = SyntheticRandom(seed: seed, stream: 11, index: UInt64(id))
        disease = random.weighted(Self.diseaseWeights)
        band = random.weighted(Self.bandWeights)
        let ages = [18...39, 40...59, 60...74, 75...94][band]
        let year = 2026 - ages.lowerBound - random.below(ages.count)
        birth = year * 10_000 + (1 + random.below(12)) * 100 + 1 + random.below(28)
        visits = min(60, 1 + random.logNormal(median: 4 + 2 * band, spread: 65_000))
        plan = random.weighted(Self.planWeights)
        insuredCost = random.logNormal(median: 250_000 * (1 + band) + 40 * Self.claimMedians[disease], spread: 70_000)
        claim = max(10_000, random.logNormal(median: 100 * Self.claimMedians[disease], spread: 80_000))
        hasOldNumber = random.below(100) < 3
    }
}
