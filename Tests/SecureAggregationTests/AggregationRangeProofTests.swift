import Foundation
import Paillier
import SandboxCore
import SecureAggregation
import Testing

/// Contracts that ask for range proofs: nobody can poison a sum.
@Suite struct AggregationRangeProofTests {
    private func fixture() throws -> AggregationFixture { try AggregationFixture({ $0.rangeProofs = "required" }) }

    @Test func provenSubmissionsGiveTheSameSum() throws {
        let fixture = try fixture()
        try fixture.open(fixture.aggregate())
        #expect(try fixture.text("result.csv") == AggregationFixture.expected)
        let check = AggregationCheck(fixture.terms)
        try check.sum(fixture.file("sum.aggregate"), of: (0..<3).map { fixture.file("\($0).submission") })
    }

    /// The submission of contributor `i`, its body changed and signed again by its contributor: what an insider can do.
    private func signedAgain(_ fixture: AggregationFixture, _ i: Int, _ change: (inout [UInt8]) throws -> Void) throws -> String {
        let reader = try SignedFile.Reader(path: fixture.file("\(i).submission"), kind: .submission)
        var body = try reader.read(reader.bodyBytes)
        try change(&body)
        let forged = try SignedFile.Writer(path: fixture.file("forged"), kind: .submission, header: reader.header)
        try forged.write(body)
        try forged.commit(signedBy: fixture.contributors[i])
        return fixture.file("forged")
    }

    @Test func aPoisonedSubmissionIsCaughtWhenItArrives() throws {
        let fixture = try fixture()
        for i in 0..<2 { try fixture.submit(i) }
        let key = TestKeys.key.publicKey, width = key.ciphertextBytes
        let collection = try fixture.collection()
        // A billion more in the first slot, under the honest proof.
        let poisoned = try signedAgain(fixture, 0) { body in
            let honest = try key.decodeCiphertext(body[..<width])
            body.replaceSubrange(..<width, with: key.encode(key.add(honest, plaintext: 1_000_000_000)))
        }
        let error = refusal { _ = try collection.accept(poisoned) }
        #expect(error?.code == .badInput && error?.message.contains("has not proven") == true && error?.message.contains("east") == true)
        // Another contributor's ciphertexts and proof, signed as one's own.
        let stolen = try fixture.bytes(fixture.file("1.submission"))
        let reader = try SignedFile.Reader(path: fixture.file("1.submission"), kind: .submission)
        let copied = try signedAgain(fixture, 0) { $0 = try reader.read(reader.bodyBytes) }
        #expect(!stolen.isEmpty && refusal { _ = try collection.accept(copied) }?.message.contains("has not proven") == true)
        // Any byte of the proof.
        let first = try SignedFile.Reader(path: fixture.file("0.submission"), kind: .submission)
        for at in stride(from: width, to: first.bodyBytes, by: max(1, (first.bodyBytes - width) / 25)) {
            let altered = try signedAgain(fixture, 0) { $0[at] ^= 4 }
            #expect(refusal { _ = try collection.accept(altered) } != nil, "byte \(at)")
        }
        #expect(try collection.accept(fixture.file("0.submission")).outcome == .accepted)
    }

    @Test func aSubmissionWithoutProofsIsRefused() throws {
        let fixture = try fixture()
        try fixture.submit(0)
        let width = TestKeys.key.publicKey.ciphertextBytes
        let bare = try signedAgain(fixture, 0) { $0 = Array($0[..<width]) }
        #expect(refusal { _ = try fixture.collection().accept(bare) } != nil)
    }

    /// More rows than one ciphertext holds, and a last block that is not full.
    @Test func manyRowsAreProvenInPieces() throws {
        let rows = 400
        let fixture = try AggregationFixture({
            $0.rangeProofs = "required"
            $0.rows = "count: \(rows)"
            $0.columns = "  - {name: loans, type: integer, unit: x, lower: -3, upper: 70000}"
        })
        let table = "month,loans\n" + (1...rows).map { "\($0),\($0 % 7 - 3)\n" }.joined()
        let collection = try fixture.collection()
        for i in 0..<3 { _ = try collection.accept(fixture.submit(i, table: table), threads: 2) }
        _ = try collection.close(to: fixture.file("sum.aggregate"), as: fixture.aggregator, threads: 2)
        try fixture.open(fixture.file("sum.aggregate"))
        let expected = "month,loans,contributors\n" + (1...rows).map { "\($0),\(3 * ($0 % 7 - 3)),3\n" }.joined()
        #expect(try fixture.text("result.csv") == expected)
    }
}
