import Foundation
import SandboxCore
import Tables
import Testing

/// The made-up tables of the workshops.
@Suite struct SyntheticPilotTests {
    let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func resident(_ column: String, rows: Int = 1) throws -> TableSchema {
        try TableSchema(keyColumn: "resident_id", normalizer: .residentID, rowsPerSubject: rows, columns: [.init(name: column, type: .text)])
    }

    @Test func residentsMatchUnderTheirNormaliserWhateverTheirSpelling() throws {
        let (visits, claims) = (folder.file("v.csv"), folder.file("c.csv"))
        try SyntheticMedical(seed: 7, visits: 5000, claims: 3000, overlap: 2000).write(visitsTo: visits, claimsTo: claims)
        let left = try KeyedTable.load(path: visits, schema: resident("chronic_disease"))
        let right = try KeyedTable.load(path: claims, schema: resident("plan"))
        #expect(left.report.rows == 5000 && right.report.rows == 3000)
        #expect(Set(left.tokens).intersection(right.tokens).count == 2000)
        #expect(left.report.emptyKeys == 20 && left.report.malformedKeys == 15 && left.report.duplicateRows > 0)
        // Old numbers of 15 digits are among the repaired ones.
        #expect(left.report.repairedKeys > 5000 / 50)
    }

    /// GB/T 2260 has no prefecture 99.
    @Test func noResidentNumberNamesAPerson() throws {
        let (visits, claims) = (folder.file("v.csv"), folder.file("c.csv"))
        try SyntheticMedical(seed: 8, visits: 800, claims: 500, overlap: 300).write(visitsTo: visits, claimsTo: claims)
        var checked = 0
        for path in [visits, claims] {
            var reader = try CSVReader(path: path)
            while let fields = try reader.next() {
                guard case .valid(let number) = JoinKeyNormalizer.residentID.normalize(fields[0]) else { continue }
                #expect(Array(number.utf8)[2..<4].elementsEqual("99".utf8), "\(number)")
                checked += 1
            }
        }
        #expect(checked > 1250)
    }

    @Test func sizesThatDoNotFitAreRefused() {
        for (visits, claims, overlap) in [(10, 10, 11), (10, 10, -1), (3_000_000, 200_000, 5)] {
            #expect(throws: YinheError.self) { try SyntheticMedical(seed: 1, visits: visits, claims: claims, overlap: overlap) }
        }
    }

    @Test func parksAddUpToTheirEnterprises() throws {
        let parks = try SyntheticParks(seed: 3, parks: 4, enterprises: 120)
        let totals = try parks.write(to: folder.path)
        var sums = [String: [Double]](), counted = 0
        for park in 0..<4 {
            var own = try CSVReader(path: folder.file("\(parks.name(park))-enterprises.csv"))
            var byIndustry: [String: [Double]] = [:]
            while let row = try own.next() {
                byIndustry[row[1], default: [0, 0, 0]] = zip(byIndustry[row[1], default: [0, 0, 0]], [Double(row[2])!, Double(row[3])!, 1]).map(+)
                counted += 1
            }
            var table = try CSVReader(path: folder.file("\(parks.name(park)).csv"))
            #expect(table.header == SyntheticParks.header)
            var rows = 0
            while let row = try table.next() {
                let expected = byIndustry[row[0], default: [0, 0, 0]], found = row[1...].map { Double($0)! }
                #expect(zip(expected, found).allSatisfy { abs($0 - $1) < 1e-3 }, "\(row)")
                sums[row[0], default: [0, 0, 0]] = zip(sums[row[0], default: [0, 0, 0]], found).map(+)
                rows += 1
            }
            #expect(rows == SyntheticParks.industries.count)
        }
        #expect(counted == 120 && totals.reduce(0) { $0 + $1.enterprises } == 120)
        for (industry, total) in zip(SyntheticParks.industries, totals) {
            #expect(zip(sums[industry]!, total.cells).allSatisfy { abs($0 - Double($1)!) < 1e-3 })
        }
    }

    /// Small enterprises are overdue more often than large ones of the same grade.
    @Test func theSecondPlantedEffectIsInTheTable() throws {
        let (enterprises, loans) = (folder.file("e.csv"), folder.file("l.csv"))
        let pilot = try SyntheticPilot(
            seed: 1, enterprises: 20_000, loans: 12_000, overlap: 8000, effect: .gradeAndHeadcount)
        try pilot.write(enterprisesTo: enterprises, loansTo: loans)
        let bands = ["1-9人", "10-49人", "50-99人", "100人以上"]
        let left = try TableSchema(
            keyColumn: "credit_code", normalizer: .uscc,
            columns: [.init(name: "headcount_band", type: .category(bands)), .init(name: "insured_headcount", type: .integer)])
        let right = try TableSchema(
            keyColumn: "credit_code", normalizer: .uscc, rowsPerSubject: 3,
            columns: [.init(name: "overdue_days", type: .integer), .init(name: "overdue", type: .indicator(of: "overdue_days", atLeast: 1))])
        let truth = try Truth(left: enterprises, leftSchema: left, right: loans, rightSchema: right, groupBy: "headcount_band")
        let rates = truth.groups.map { Double($0.sums["overdue"]!) / Double($0.rows) }
        #expect(rates[0] > rates[1] && rates[1] > rates[2], "\(rates)")
        let table = try KeyedTable.load(path: enterprises, schema: left)
        let band = table.integers("headcount_band"), headcount = table.integers("insured_headcount")
        for i in band.indices {
            let range: ClosedRange<Int64> = [1...9, 10...49, 50...99, 100...Int64.max][Int(band[i])]
            #expect(range.contains(headcount[i]))
        }
    }
}
