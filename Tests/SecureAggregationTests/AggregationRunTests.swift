import Foundation
import SandboxCore
import SecureAggregation
import Testing

@Suite struct AggregationRunTests {
    @Test func threeContributorsGetTheExactSumsAndEverythingVerifies() throws {
        let fixture = try AggregationFixture()
        let aggregate = try fixture.aggregate()
        let submissions = (0..<3).map { fixture.file("\($0).submission") }
        let summary = try fixture.open(aggregate, submissions: submissions)
        #expect(try fixture.text("result.csv") == AggregationFixture.expected)
        #expect(summary.aggregate.included.map(\.contributor) == AggregationFixture.names && summary.checkedSum)
        let check = AggregationCheck(fixture.terms, threads: 2)
        for path in submissions {
            _ = try check.submission(path)
            try check.inclusion(of: path, in: aggregate)
        }
        try check.sum(aggregate, of: submissions)
        #expect(try check.opening(fixture.file("sum.opening"), of: aggregate, result: fixture.file("result.csv")) == "regulator")
    }

    @Test func weightsMultiplyTheirContributorsValues() throws {
        let fixture = try AggregationFixture({ $0.weights = [3, 1, 1000] })
        try fixture.open(fixture.aggregate())
        #expect(
            try fixture.text("result.csv") == """
                month,amount,loans,contributors
                jan,1000000304.00,1010,3
                feb,999999990.03,2002,3
                mar,-1999.97,18007,3

                """)
    }

    @Test func aMissingContributorIsLeftOutOfOffsetsAndCount() throws {
        let fixture = try AggregationFixture()
        try fixture.open(fixture.aggregate([0, 2]))
        #expect(
            try fixture.text("result.csv") == """
                month,amount,loans,contributors
                jan,1000100.50,4,2
                feb,1000000.00,2,2
                mar,-999.99,5003,2

                """)
    }

    @Test func manyNumberedRowsSpanPiecesAndExtremesDoNotCarry() throws {
        let rows = 5000
        let fixture = try AggregationFixture({
            $0.rows = "count: \(rows)"
            $0.columns = "  - {name: v, type: integer, unit: x, lower: -4, upper: 3}\n  - {name: w, type: integer, unit: x, lower: 0, upper: 1}"
        })
        #expect(fixture.terms.ciphertextCount > 0 && fixture.terms.valuesPerCiphertext > 50)
        let collection = try fixture.collection()
        for i in 0..<3 {
            // Least and greatest values side by side.
            let table = "month,v,w\n" + (1...rows).map { "\($0),\($0 % 2 == 0 ? 3 : -4),\(i == 2 ? 0 : 1)\n" }.joined()
            _ = try collection.accept(fixture.submit(i, table: table), threads: 2)
        }
        _ = try collection.close(to: fixture.file("a"), as: fixture.aggregator, threads: 2)
        try fixture.open(fixture.file("a"), submissions: (0..<3).map { fixture.file("\($0).submission") })
        let expected = "month,v,w,contributors\n" + (1...rows).map { "\($0),\($0 % 2 == 0 ? 9 : -12),2,3\n" }.joined()
        #expect(try fixture.text("result.csv") == expected)
    }

    @Test func aRowWiderThanAPlaintextTakesSeveral() throws {
        let columns = (0..<20).map { "  - {name: c\($0), type: integer, unit: x, lower: 0, upper: 1000000000000}" }
        let fixture = try AggregationFixture({ $0.columns = columns.joined(separator: "\n") })
        let header = "month," + (0..<20).map { "c\($0)" }.joined(separator: ",") + "\n"
        let row = (0..<20).map { _ in "1000000000000" }.joined(separator: ",")
        let collection = try fixture.collection()
        for i in 0..<3 {
            _ = try collection.accept(
                fixture.submit(i, table: header + ["jan", "feb", "mar"].map { "\($0),\(row)\n" }.joined()), threads: 2)
        }
        _ = try collection.close(to: fixture.file("a"), as: fixture.aggregator, threads: 2)
        try fixture.open(fixture.file("a"))
        #expect(try fixture.text("result.csv").split(separator: "\n").dropFirst().allSatisfy { $0.contains("3000000000000,") && $0.hasSuffix(",3") })
    }

    @Test func twoAggregatesOfOneSetDifferInEveryCiphertext() throws {
        let fixture = try AggregationFixture()
        let first = try fixture.bytes(fixture.aggregate())
        _ = try fixture.collection().close(to: fixture.file("again"), as: fixture.aggregator, threads: 2)
        let second = try fixture.bytes(fixture.file("again"))
        #expect(first.count == second.count)
        let width = TestKeys.bits / 4
        for start in stride(from: first.count - 96 - width - TestKeys.bits / 8 - width, to: first.count - 96, by: width) {
            #expect(first[start..<start + 16] != second[start..<start + 16])
        }
    }
}
