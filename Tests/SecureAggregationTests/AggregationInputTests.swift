import Foundation
import SandboxCore
import SecureAggregation
import Testing

@Suite struct AggregationInputTests {
    @Test(arguments: [
        ("month,amount,loans\njan,1,1\nfeb,2000000,1\nmar,1,1\n", "line 3, column amount", "above the upper bound 1000000.00 CNY"),
        ("month,amount,loans\njan,1,-1\nfeb,2,1\nmar,1,1\n", "line 2, column loans", "below the lower bound 0 loans"),
        ("month,amount,loans\njan,1.005,1\nfeb,2,1\nmar,1,1\n", "line 2, column amount", "more than 2 decimals"),
        ("month,amount,loans\njan,1,1.5\nfeb,2,1\nmar,1,1\n", "line 2, column loans", "not an integer"),
        ("month,amount,loans\njan,,1\nfeb,2,1\nmar,1,1\n", "line 2, column amount", "empty"),
        ("month,amount,loans\njan,1,1\nfeb,2,x\nmar,1,1\n", "line 3, column loans", "not a number"),
        ("month,amount,loans\njan,1,1\njan,2,1\nmar,1,1\n", "line 3, column month", "already, on line 2"),
        ("month,amount,loans\njan,1,1\napr,2,1\nmar,1,1\n", "line 3, column month", "no row \"apr\""),
        ("month,amount,loans\njan,1,1\nfeb,2,1\n", "0.csv", "\"mar\" is missing"),
        ("month,amount\njan,1\n", "line 1", "no column \"loans\""),
    ])
    func aCellThatDoesNotFitIsNamed(table: String, place: String, message: String) throws {
        let fixture = try AggregationFixture()
        let error = refusal { try fixture.submit(0, table: table) }
        #expect(error?.code == .badInput && error?.place.contains(place) == true && error?.message.contains(message) == true, "\(String(describing: error))")
        #expect(!FileManager.default.fileExists(atPath: fixture.file("0.submission")))
    }

    @Test func numberedRowsMustComeInOrder() throws {
        let fixture = try AggregationFixture({ $0.rows = "count: 3" })
        for (table, message) in [
            ("month,amount,loans\n1,1,1\n3,1,1\n2,1,1\n", "row 2 is due"), ("month,amount,loans\n1,1,1\n2,1,1\n", "ends after 2 rows"),
            ("month,amount,loans\n1,1,1\n2,1,1\n3,1,1\n4,1,1\n", "more rows"),
        ] {
            #expect(refusal { try fixture.submit(0, table: table) }?.message.contains(message) == true, "\(message)")
        }
    }

    @Test(arguments: [
        ("minimum-contributors: 2", "minimum-contributors: 4", ":17:", "outside 2 ... 3"),
        ("range-proofs: none", "range-proofs: perhaps", ":16:", "not known"),
        ("lower: 0, upper: 5000", "lower: 5000, upper: 5000", ":15:", "greater than the lower"),
        ("lower: 0, upper: 5000", "lower: 0.5, upper: 5000", ":15:", "not an integer"),
        ("name: loans, type", "name: amount, type", ":15:", "there already"),
        ("name: west", "name: east", ":6:", "given twice"),
        ("[jan, feb, mar]", "[jan, feb, jan]", ":12:", "given twice"),
        ("weight: 1", "weight: 0", ":5:", "outside 1"),
        ("purpose: a test", "purpose: a test\nbudget: 3", ":4:", "unknown key \"budget\""),
        ("deadline: 2", "deadline: x2", ":18:", "not a time"),
    ])
    func aContractThatDoesNotHoldTogetherIsRefusedWithItsPlace(old: String, new: String, place: String, message: String) throws {
        let people = try (0..<3).map { _ in try Identity.generate() }
        let text = AggregationFixture.text(.init(), people, try Identity.generate(), try Identity.generate())
        _ = try AggregationContract(parsing: Array(text.utf8), file: "c.yaml", allowedKeyBits: [TestKeys.bits])
        let changed = text.replacing(old, with: new, maxReplacements: 1)
        #expect(changed != text)
        let error = refusal { _ = try AggregationContract(parsing: Array(changed.utf8), file: "c.yaml", allowedKeyBits: [TestKeys.bits]) }
        #expect(error?.code == .contract && error?.place.contains("c.yaml" + place) == true && error?.message.contains(message) == true, "\(String(describing: error))")
    }

    @Test func anAggregatorThatHoldsTheWholeKeyIsRefused() throws {
        let people = try (0..<3).map { _ in try Identity.generate() }
        let one = try Identity.generate()
        let text = AggregationFixture.text(.init(), people, one, one)
        let error = refusal { _ = try AggregationContract(parsing: Array(text.utf8), file: "c.yaml", allowedKeyBits: [TestKeys.bits]) }
        #expect(error?.message.contains("must not hold the whole key") == true)
    }
}
