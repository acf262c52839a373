import Foundation
import SandboxCore
import Tables
import TestSupport
import Testing

@Suite struct SyntheticTests {
    let folder: TestFolder
    init() throws { folder = try TestFolder() }

    /// GB/T 2260: the two digits that begin every administrative division code of a province-level division, and 10, under
    /// which the state's own registration authority registers.
    static let assignedProvinces = Set(
        [10] + Array(11...15) + Array(21...23) + Array(31...37) + Array(41...46) + Array(50...54) + Array(61...65) + [71, 81, 82])

    private func pilot(_ pilot: SyntheticPilot) throws -> (enterprises: String, loans: String) {
        let paths = (enterprises: folder.file("e.csv"), loans: folder.file("l.csv"))
        try pilot.write(enterprisesTo: paths.enterprises, loansTo: paths.loans)
        return paths
    }

    @Test func theSameSeedGivesTheSameBytesEverywhere() throws {
        let paths = try pilot(SyntheticPilot(seed: 2024, enterprises: 2000, loans: 1200, overlap: 800))
        func digest(_ path: String) throws -> String { DomainHash.plainSHA256(try fileBytes(path)).hex }
        let loans = "eb8b1bcb2c4b56813bfabbd54cf46cb7a063b8321dfc5703f0d26541ac3c6723"
        #expect(try digest(paths.enterprises) == "41382cc2c913a97fdcca2a344108d6878283454213c1c3c7f6fb37d8496322ae")
        #expect(try digest(paths.loans) == loans)
        let other = try pilot(SyntheticPilot(seed: 2025, enterprises: 2000, loans: 1200, overlap: 800))
        #expect(try digest(other.loans) != loans)
    }

    private static func truth(_ paths: (enterprises: String, loans: String)) throws -> Truth {
        try Truth(
            left: paths.enterprises, leftSchema: Pilot.enterprises(), right: paths.loans, rightSchema: Pilot.loans(),
            groupBy: "tax_grade")
    }

    /// Figure 17's generator from state 1234567, as published with the reference implementation by S. Vigna.
    @Test func theGeneratorIsSplitMix64() {
        var random = SyntheticRandom(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ]
        #expect((0..<5).map { _ in random.next() } == expected)
    }

    @Test func noRecordCanNameARealEnterprise() throws {
        let paths = try pilot(SyntheticPilot(seed: 7, enterprises: 5000, loans: 4000, overlap: 2000))
        try SyntheticKeyTables(seed: 7, firstRows: 3000, secondRows: 2000, overlap: 500)
            .write(firstTo: folder.file("a.csv"), secondTo: folder.file("b.csv"))
        var seen = 0
        for path in [paths.enterprises, paths.loans, folder.file("a.csv"), folder.file("b.csv")] {
            var reader = try CSVReader(path: path)
            while let row = try reader.next() {
                // Also the malformed keys: what is left of them after folding begins with the same division.
                let folded = row[0].unicodeScalars.map { $0.value >= 0xff01 ? UnicodeScalar($0.value - 0xfee0)! : $0 }
                let code = folded.filter { $0 != " " && $0 != "-" }.map(String.init).joined()
                guard !code.isEmpty else { continue }
                let province = Int(code.dropFirst(2).prefix(2))
                #expect(province == 99)
                #expect(!Self.assignedProvinces.contains(province ?? 11))
                seen += 1
            }
        }
        #expect(seen > 13_000)
    }

    @Test func cleanTablesHaveValidKeysAndTheExactOverlap() throws {
        for (enterprises, loans, overlap) in [(1000, 600, 400), (50, 50, 0), (50, 50, 50), (0, 3, 0), (3, 0, 0), (400, 90, 60)] {
            let paths = try pilot(
                SyntheticPilot(
                    seed: 3, enterprises: enterprises, loans: loans, overlap: overlap, enterpriseDirt: .none, loanDirt: .none))
            let left = try KeyedTable.load(path: paths.enterprises, schema: Pilot.enterprises())
            let right = try KeyedTable.load(path: paths.loans, schema: Pilot.loans())
            #expect(left.tokens.count == enterprises && left.report.keptRows == enterprises && left.report.repairedKeys == 0)
            #expect(right.report.keptRows == loans && right.report.rowsOverSubjectLimit == 0 && right.report.malformedKeys == 0)
            #expect(Set(left.tokens).intersection(right.tokens).count == overlap)
        }
    }

    @Test func dirtComesAtItsDeclaredRatesAndLeavesTheOverlapExact() throws {
        let pilot = try SyntheticPilot(seed: 11, enterprises: 20_000, loans: 12_000, overlap: 8000)
        let paths = try self.pilot(pilot)
        let left = try KeyedTable.load(path: paths.enterprises, schema: Pilot.enterprises())
        let right = try KeyedTable.load(path: paths.loans, schema: Pilot.loans())
        #expect(Set(left.tokens).intersection(right.tokens).count == 8000)
        #expect(left.report.rows == 20_000 && right.report.rows == 12_000)
        #expect(left.report.encoding == "GB18030" && right.report.encoding == "UTF-8 with byte-order mark")
        #expect(left.report.emptyKeys == 80 && left.report.malformedKeys == 60)
        #expect(right.report.emptyKeys == 24 && right.report.malformedKeys == 36)
        // Lower case changes nothing in the rare code without letters, so this is an upper limit that is nearly reached.
        #expect((780...800).contains(left.report.repairedKeys))
        #expect(left.report.duplicateRows <= 100 && left.report.duplicateRows >= 90)
        #expect(left.report.rowsOverSubjectLimit == left.report.duplicateRows)
        #expect(left.report.columns.first { $0.name == "electricity_kwh" }!.repaired >= 95)
        #expect(right.report.columns[0].repaired >= 200)
        #expect(right.report.columns[0].clamped > 0, "some loans are beyond the declared bound")
    }

    @Test func theTruthShowsThePlantedEffect() throws {
        let paths = try pilot(SyntheticPilot(seed: 1, enterprises: 20_000, loans: 12_000, overlap: 8000))
        let truth = try Self.truth(paths)
        #expect(truth.matchedSubjects == 8000)
        #expect(truth.groups.map(\.label) == ["A", "B", "M", "C", "D"])
        let rates = truth.groups.map { Double($0.sums["overdue"]!) / Double($0.rows) }
        for (rate, percent) in zip(rates, [2.0, 4, 7, 14, 28]) { #expect(abs(rate * 100 - percent) < percent / 2) }
        #expect(rates == rates.sorted())
        let edges: [Int64] = [0, 10_000_000, 50_000_000, 300_000_000]
        #expect(truth.histogram(of: "loan_amount", edges: edges).reduce(0, +) == truth.matchedRows)
    }

    /// The truth and the keyed tables agree on dirty files: two implementations of one meaning.
    @Test func theTruthIsTheJoinOfTheKeyedTables() throws {
        let paths = try pilot(SyntheticPilot(seed: 8, enterprises: 3000, loans: 2500, overlap: 900))
        let truth = try Self.truth(paths)
        let left = try KeyedTable.load(path: paths.enterprises, schema: Pilot.enterprises(), options: chunked(999))
        let right = try KeyedTable.load(path: paths.loans, schema: Pilot.loans(), options: chunked(999))
        let grade = Dictionary(uniqueKeysWithValues: zip(left.tokens, left.integers("tax_grade")))
        let empty = Truth.Group(label: "", sums: ["loan_amount": 0, "overdue_days": 0, "overdue": 0])
        var groups = [Truth.Group](repeating: empty, count: 5)
        for (i, label) in ["A", "B", "M", "C", "D"].enumerated() { groups[i].label = label }
        for token in right.tokens { if let g = grade[token] { groups[Int(g)].matchedSubjects += 1 } }
        for (row, subject) in right.rowSubject.enumerated() {
            guard let g = grade[right.tokens[Int(subject)]] else { continue }
            groups[Int(g)].rows += 1
            for name in ["loan_amount", "overdue_days", "overdue"] { groups[Int(g)].sums[name]! += right.integers(name)[row] }
        }
        #expect(truth.groups == groups)
    }

    @Test func keyTablesOverlapExactly() throws {
        var dirt = SyntheticDirt.none
        dirt.lowerCaseKeys = 0.1
        dirt.emptyKeys = 0.05
        let tables = try SyntheticKeyTables(seed: 9, firstRows: 2000, secondRows: 1500, overlap: 700, dirt: dirt)
        try tables.write(firstTo: folder.file("a.csv"), secondTo: folder.file("b.csv"))
        let schema = try TableSchema(keyColumn: "credit_code", normalizer: .uscc)
        let a = try KeyedTable.load(path: folder.file("a.csv"), schema: schema)
        let b = try KeyedTable.load(path: folder.file("b.csv"), schema: schema)
        #expect(a.tokens.count == 1900 && b.tokens.count == 1425 && a.report.emptyKeys == 100)
        #expect(Set(a.tokens).intersection(b.tokens).count == 700)
    }

    @Test func sizesThatCannotBeMetAreRefused() {
        #expect(throws: YinheError.self) { try SyntheticPilot(seed: 1, enterprises: 10, loans: 10, overlap: 11) }
        #expect(throws: YinheError.self) { try SyntheticKeyTables(seed: 1, firstRows: 5, secondRows: 9, overlap: 6) }
        var dirt = SyntheticDirt.none
        dirt.emptyKeys = 0.5
        #expect(throws: YinheError.self) {
            try SyntheticPilot(seed: 1, enterprises: 10, loans: 10, overlap: 9, enterpriseDirt: dirt, loanDirt: .none)
                .writeEnterprises(to: folder.file())
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file()), "nothing half-written")
        dirt.emptyKeys = 1.5
        #expect(throws: YinheError.self) { try SyntheticKeyTables(seed: 1, firstRows: 5, secondRows: 9, overlap: 1, dirt: dirt) }
    }

    /// Amounts: the median and the spread of the logarithm are what the source says. The figures are fixed by the seed.
    @Test func amountsAreLogNormal() throws {
        let paths = try pilot(
            SyntheticPilot(seed: 4, enterprises: 10, loans: 20_000, overlap: 10, enterpriseDirt: .none, loanDirt: .none))
        var reader = try CSVReader(path: paths.loans)
        var logs: [Double] = []
        while let row = try reader.next() { logs.append(log(Double(row[2])!)) }
        logs.sort()
        #expect(abs(exp(logs[10_000]) - 300_000) < 15_000)
        let mean = logs.reduce(0, +) / 20_000
        let deviation = (logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000).squareRoot()
        #expect(abs(deviation - 1) < 0.05)
    }
}
