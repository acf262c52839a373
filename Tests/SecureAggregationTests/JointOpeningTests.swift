import Arithmetic
import Foundation
import Paillier
import SandboxCore
import SecureAggregation
import Testing
import TestSupport

/// The contract of `AggregationFixture`, its key shared among three holders of whom two open.
private struct SharedFixture {
    let base: AggregationFixture
    let holders: [Identity]
    let dealt: PaillierThresholdKey.Dealt
    let terms: AggregationTerms
    let aggregate: String
    private let aggregator: Identity

    static func deal(_ seed: UInt64 = 5) throws -> PaillierThresholdKey.Dealt {
        // Safe primes (openssl prime -generate -safe).
        try PaillierThresholdKey.deal(
            p: BigInteger(hex: "C59D5E6925F1C53A761B1C7D096DD7395E47E71A0735EA0AB55049151E2D9DFB")!,
            q: BigInteger(hex: "D3C02AB7BC1DE996A6BBBB01FFEFED4A070BA55FE5F6C1774E4D9B87A4C5CD77")!, threshold: 2, parties: 3,
            scheme: .djn, allowedBits: [TestKeys.bits], threads: 2, random: SeededRandom(seed))
    }

    init() throws {
        let base = try AggregationFixture()
        let dealt = try Self.deal(), key = dealt.publicKey
        let (holders, aggregator) = (try (0..<3).map { _ in try Identity.generate() }, try Identity.generate())
        var text = AggregationFixture.text(.init(), base.contributors, aggregator, base.holder)
        text = text.replacing(
            "  - {name: regulator, title: Regulator, fingerprint: \"\(base.holder.fingerprint)\"}",
            with: holders.enumerated().map { "  - {name: holder-\($0 + 1), title: Holder, fingerprint: \"\($1.fingerprint)\"}" }
                .joined(separator: "\n") + "\nthreshold: 2")
        text = text.replacing(
            TestKeys.key.publicKey.fingerprint + "\"", with: key.encryptionKey.fingerprint + "\", sharing: \"\(key.fingerprint)\"")
        let contract = try AggregationContract(parsing: Array(text.utf8), file: "c.yaml", allowedKeyBits: [TestKeys.bits])
        let terms = try AggregationTerms(contract, thresholdKey: key)
        let collection = try SubmissionCollection(path: base.file("joint"), terms)
        for i in 0..<3 {
            let table = try base.write("\(i).csv", AggregationFixture.tables[i])
            _ = try Submission.encrypt(table: table, under: terms, as: base.contributors[i], to: base.file("\(i).submission"), threads: 2)
            _ = try collection.accept(base.file("\(i).submission"), threads: 2)
        }
        _ = try collection.close(to: base.file("joint.aggregate"), as: aggregator, threads: 2)
        (self.base, self.holders, self.dealt, self.terms, self.aggregator) = (base, holders, dealt, terms, aggregator)
        aggregate = base.file("joint.aggregate")
    }

    @discardableResult
    func share(_ i: Int, key: Int? = nil, as identity: Identity? = nil) throws -> String {
        let path = base.file("\(i).share")
        _ = try JointOpening.share(
            aggregate: aggregate, submissions: (0..<3).map { base.file("\($0).submission") }, under: terms,
            keyShare: dealt.shares[key ?? i], as: identity ?? holders[i], record: OpeningRecord(folder: base.file("record-\(i)")),
            to: path, threads: 2)
        return path
    }

    func combine(_ shares: [String]) throws -> OpeningSummary {
        try JointOpening.combine(aggregate: aggregate, shares: shares, under: terms, result: base.file("result.csv"), threads: 2)
    }
}

@Suite struct JointOpeningTests {
    @Test func anyTwoOfThreeHoldersOpenAndOneDoesNot() throws {
        let fixture = try SharedFixture()
        let shares = try (0..<3).map { try fixture.share($0) }
        for pair in [[0, 1], [0, 2], [2, 1]] {
            let summary = try fixture.combine(pair.map { shares[$0] })
            #expect(summary.holders == pair.sorted().map { "holder-\($0 + 1)" })
            #expect(try fixture.base.text("result.csv") == AggregationFixture.expected)
            let check = AggregationCheck(fixture.terms, threads: 2)
            #expect(try check.jointOpening(pair.map { shares[$0] }, of: fixture.aggregate, result: fixture.base.file("result.csv")).count == 2)
        }
        try FileManager.default.removeItem(atPath: fixture.base.file("result.csv"))
        let alone = refusal { _ = try fixture.combine([shares[0]]) }
        #expect(alone?.message.contains("it takes 2 of 3") == true)
        #expect(refusal { _ = try fixture.combine([shares[0], shares[0]]) } != nil)
        #expect(!FileManager.default.fileExists(atPath: fixture.base.file("result.csv")))
    }

    @Test func aWrongShareIsNamedAndTheOthersSuffice() throws {
        let fixture = try SharedFixture()
        let shares = try (0..<3).map { try fixture.share($0) }
        let reader = try SignedFile.Reader(path: shares[1], kind: .decryptionShare)
        var body = try reader.read(reader.bodyBytes)
        // Behind the field's length and the share's own header: a value of the share.
        body[4 + 40 + TestKeys.bits / 4 - 1] ^= 1
        let forged = try SignedFile.Writer(path: fixture.base.file("forged"), kind: .decryptionShare, header: reader.header)
        try forged.write(body)
        try forged.commit(signedBy: fixture.holders[1])
        let error = refusal { _ = try fixture.combine([shares[0], fixture.base.file("forged")]) }
        #expect(error?.message.contains("party 2") == true, "\(String(describing: error))")
        #expect(try fixture.combine([shares[0], fixture.base.file("forged"), shares[2]]).holders == ["holder-1", "holder-3"])
    }

    @Test func sharesOfOthersAndOfOtherKeysAreRefused() throws {
        let fixture = try SharedFixture()
        #expect(refusal { try fixture.share(0, key: 1) }?.message.contains("not to holder-1") == true)
        #expect(refusal { try fixture.share(0, as: fixture.base.holder) }?.code == .contract)
        #expect(refusal { _ = try AggregationTerms(fixture.terms.contract, thresholdKey: SharedFixture.deal(6).publicKey) }?.code == .contract)
        // The whole contract needs joint opening: nobody opens alone.
        let alone = refusal {
            _ = try KeyHolder.open(
                aggregate: fixture.aggregate, under: fixture.terms, key: TestKeys.key, as: fixture.holders[0],
                record: OpeningRecord(folder: fixture.base.file("r")), result: fixture.base.file("x"), opening: fixture.base.file("y"))
        }
        #expect(alone?.message.contains("asks for 2 key holders") == true)
    }
}
