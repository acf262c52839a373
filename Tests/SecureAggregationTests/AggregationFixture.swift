import ContractText
import Foundation
import Paillier
import SandboxCore
import SecureAggregation
import TestSupport

/// Keys far too small to protect anything, made once.
enum TestKeys {
    static let bits = 512
    static let key = PaillierPrivateKey.generate(uncheckedBits: bits, random: SeededRandom(31))
    static let other = PaillierPrivateKey.generate(uncheckedBits: bits, random: SeededRandom(32))
}

/// Three contributors, an aggregator and a key holder, with a folder that goes away with them.
final class AggregationFixture: Sendable {
    let folder: String
    let contributors: [Identity]
    let aggregator: Identity
    let holder: Identity
    let terms: AggregationTerms
    static let names = ["east", "west", "north"]

    struct Options {
        var minimum = 2
        var weights = [1, 1, 1]
        var rows = "labels: [jan, feb, mar]"
        var deadline = Date(timeIntervalSinceNow: 3600)
        var columns = """
              - {name: amount, type: decimal, scale: 2, unit: CNY, lower: -1000, upper: 1000000}
              - {name: loans, type: integer, unit: loans, lower: 0, upper: 5000}
            """
        var rangeProofs = "none"
        var name = "loans"
    }

    init(_ change: (inout Options) -> Void = { _ in }, contributors: [Identity]? = nil, folder: String? = nil) throws {
        var options = Options()
        change(&options)
        self.folder = folder ?? NSTemporaryDirectory() + "yinhe-aggregation-\(SystemRandom.shared.word())"
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        self.contributors = try contributors ?? (0..<3).map { _ in try Identity.generate() }
        aggregator = try Identity.generate()
        holder = try Identity.generate()
        let text = Self.text(options, self.contributors, aggregator, holder)
        let contract = try AggregationContract(parsing: Array(text.utf8), file: "c.yaml", allowedKeyBits: [TestKeys.bits])
        terms = try AggregationTerms(contract, publicKey: TestKeys.key.publicKey)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func text(_ options: Options, _ contributors: [Identity], _ aggregator: Identity, _ holder: Identity) -> String {
        let list = zip(zip(names, contributors), options.weights).map { pair, weight in
            "  - {name: \(pair.0), title: Bank \(pair.0), fingerprint: \"\(pair.1.fingerprint)\", weight: \(weight)}"
        }
        return """
            yinhe-aggregation: 1
            name: \(options.name)
            purpose: a test
            contributors:
            \(list.joined(separator: "\n"))
            aggregator: {name: centre, title: Centre, fingerprint: "\(aggregator.fingerprint)"}
            key-holders:
              - {name: regulator, title: Regulator, fingerprint: "\(holder.fingerprint)"}
            key: {bits: \(TestKeys.bits), fingerprint: "\(TestKeys.key.publicKey.fingerprint)"}
            rows: {column: month, \(options.rows)}
            columns:
            \(options.columns)
            range-proofs: \(options.rangeProofs)
            minimum-contributors: \(options.minimum)
            deadline: \(UTCTime.text(options.deadline))

            """
    }

    func file(_ name: String) -> String { "\(folder)/\(name)" }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: file(name)))
        return file(name)
    }

    static let tables = [
        "month,amount,loans\njan,100.50,3\nfeb,0.01,0\nmar,-999.99,5000\n",
        // Another order, another column, full-width digits and thousands separators.
        "loans,comment,month,amount\n7,x,mar,\"1,000.00\"\n1,y,jan,２.５\n2,z,feb,0\n",
        "month,amount,loans\njan,1000000,1\nfeb,999999.99,2\nmar,0,3\n",
    ]
    static let expected = """
        month,amount,loans,contributors
        jan,1000103.00,5,3
        feb,1000000.00,4,3
        mar,0.01,5010,3

        """

    @discardableResult
    func submit(_ i: Int, table: String? = nil, sequence: UInt64 = 1, to name: String? = nil, now: Date = Date()) throws -> String {
        let table = try write("\(i).csv", table ?? Self.tables[i])
        let path = file(name ?? "\(i).submission")
        _ = try Submission.encrypt(
            table: table, under: terms, as: contributors[i], sequence: sequence, to: path, now: now, threads: 2)
        return path
    }

    func collection() throws -> SubmissionCollection { try SubmissionCollection(path: file("collection"), terms) }

    /// Everybody submits, the aggregator closes.
    func aggregate(_ who: [Int] = [0, 1, 2], to name: String = "sum.aggregate") throws -> String {
        let collection = try collection()
        for i in who { _ = try collection.accept(submit(i), threads: 2) }
        _ = try collection.close(to: file(name), as: aggregator, threads: 2)
        return file(name)
    }

    @discardableResult
    func open(_ aggregate: String, submissions: [String] = [], key: PaillierPrivateKey = TestKeys.key, as identity: Identity? = nil) throws -> OpeningSummary {
        try KeyHolder.open(
            aggregate: aggregate, submissions: submissions, under: terms, key: key, as: identity ?? holder,
            record: OpeningRecord(folder: file("opened")), result: file("result.csv"), opening: file("sum.opening"), threads: 2)
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }
    func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }
}

/// The error that a body throws.
func refusal(_ body: () throws -> Void) -> YinheError? {
    do { try body() } catch { return error as? YinheError }
    return nil
}
