import Foundation
import Paillier
import SandboxCore
import SecureAggregation
import Testing

@Suite struct AggregationRefusalTests {
    @Test func lateSubmissionsAreRefused() throws {
        let fixture = try AggregationFixture({ $0.deadline = Date(timeIntervalSinceNow: 3600) })
        let path = try fixture.submit(0)
        let after = Date(timeIntervalSinceNow: 3601)
        let late = refusal { _ = try fixture.collection().accept(path, now: after) }
        #expect(late?.code == .contract && late?.message.contains("received after the deadline") == true)
        let tooLate = refusal { try fixture.submit(1, now: after) }
        #expect(tooLate?.code == .contract && tooLate?.message.contains("deadline") == true)
        #expect(!FileManager.default.fileExists(atPath: fixture.file("1.submission")))
    }

    @Test func nothingIsAcceptedAfterClosing() throws {
        let fixture = try AggregationFixture()
        _ = try fixture.aggregate([0, 1])
        let path = try fixture.submit(2)
        let error = refusal { _ = try fixture.collection().accept(path) }
        #expect(error?.code == .contract && error?.message.contains("closed") == true)
        // What was in it stays idempotent.
        #expect(try fixture.collection().accept(fixture.file("0.submission")).outcome == .alreadyThere)
    }

    @Test func theSameFileTwiceChangesNothingAndAnotherOneNeedsReplace() throws {
        let fixture = try AggregationFixture()
        let collection = try fixture.collection()
        #expect(try collection.accept(fixture.submit(0)).outcome == .accepted)
        #expect(try collection.accept(fixture.file("0.submission")).outcome == .alreadyThere)
        let second = try fixture.submit(0, sequence: 2, to: "second")
        let refused = refusal { _ = try collection.accept(second) }
        #expect(refused?.message.contains("already submitted") == true && refused?.remedy.contains("--replace") == true)
        #expect(try collection.accept(second, replace: true).outcome == .replaced)
        // The first, still validly signed, does not come back.
        let old = refusal { _ = try collection.accept(fixture.file("0.submission"), replace: true) }
        #expect(old?.message.contains("an old one does not come back") == true)
        #expect(collection.contributors == ["east"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.file("collection")).filter { $0.hasSuffix(".submission") }.count == 1)
    }

    @Test func aSubmissionForAnotherContractIsNotReplayed() throws {
        let fixture = try AggregationFixture()
        let path = try fixture.submit(0)
        // The same people, the same key, another contract text.
        let other = try AggregationFixture({ $0.name = "other" }, contributors: fixture.contributors)
        let error = refusal { _ = try other.collection().accept(path) }
        #expect(error?.code == .contract && error?.message.contains("another contract") == true)
        let wrongFolder = refusal {
            _ = try SubmissionCollection(path: fixture.file("shared"), fixture.terms)
            _ = try SubmissionCollection(path: fixture.file("shared"), fixture.terms).accept(path)
            _ = try SubmissionCollection(path: fixture.file("shared"), other.terms)
        }
        #expect(wrongFolder?.message.contains("collects for another contract") == true)
    }

    @Test func strangersAndImpostorsAreRefused() throws {
        let fixture = try AggregationFixture()
        let stranger = try AggregationFixture()
        #expect(refusal { _ = try Submission.encrypt(table: fixture.write("t", "x"), under: fixture.terms, as: stranger.contributors[0], to: fixture.file("s")) }?.code == .contract)
        // West signs a file that names east.
        let path = try fixture.submit(0)
        let reader = try SignedFile.Reader(path: path, kind: .submission)
        let forged = try SignedFile.Writer(path: fixture.file("forged"), kind: .submission, header: reader.header)
        try forged.write(reader.read(reader.bodyBytes))
        try forged.commit(signedBy: fixture.contributors[1])
        let error = refusal { _ = try fixture.collection().accept(fixture.file("forged")) }
        #expect(error?.code == .contract && error?.message.contains("names another one for east") == true)
        let notMine = refusal { _ = try fixture.collection().close(to: fixture.file("a"), as: fixture.contributors[0]) }
        #expect(notMine?.code == .contract)
    }

    @Test(arguments: [0, 9, 10, 11, 13, 16, 20, 60, 90, 120, 200, -200, -97, -96, -65, -64, -1])
    func anAlteredByteAnywhereIsFound(place: Int) throws {
        let fixture = try AggregationFixture()
        var bytes = try fixture.bytes(fixture.submit(0))
        bytes[place < 0 ? bytes.count + place : place] ^= 1
        try Data(bytes).write(to: URL(filePath: fixture.file("altered")))
        let error = refusal { _ = try fixture.collection().accept(fixture.file("altered")) }
        #expect(error?.code == .badInput && error?.place == fixture.file("altered"), "\(String(describing: error))")
        #expect(try fixture.collection().contributors.isEmpty)
    }

    @Test func aFileThatIsCutOffOrOfAnotherKindIsRefused() throws {
        let fixture = try AggregationFixture()
        let bytes = try fixture.bytes(fixture.submit(0))
        for count in [0, 10, 100, bytes.count - 1] {
            try Data(bytes[..<count]).write(to: URL(filePath: fixture.file("cut")))
            #expect(refusal { _ = try fixture.collection().accept(fixture.file("cut")) }?.code == .badInput)
        }
        let aggregate = try fixture.aggregate([0, 1])
        let error = refusal { _ = try AggregationCheck(fixture.terms).submission(aggregate) }
        #expect(error?.message.contains("an aggregate where a submission was expected") == true)
    }

    /// Signed by the rightful contributor, and still not what it should be.
    @Test func signedCiphertextsOutsideTheGroupAreRefused() throws {
        let fixture = try AggregationFixture()
        let reader = try SignedFile.Reader(path: fixture.submit(0), kind: .submission)
        let key = TestKeys.key.publicKey
        let body = try reader.read(reader.bodyBytes)
        let wrong = [
            [UInt8](repeating: 0, count: key.ciphertextBytes), key.nSquared.bigEndian(count: key.ciphertextBytes),
            key.n.bigEndian(count: key.ciphertextBytes), TestKeys.key.p.prime.bigEndian(count: key.ciphertextBytes),
        ]
        for (i, ciphertext) in wrong.enumerated() {
            let file = try SignedFile.Writer(path: fixture.file("w\(i)"), kind: .submission, header: reader.header)
            try file.write(ciphertext + body[key.ciphertextBytes...])
            try file.commit(signedBy: fixture.contributors[0])
            let error = refusal { _ = try fixture.collection().accept(fixture.file("w\(i)")) }
            #expect(error?.code == .badInput && error?.message.contains("ciphertext") == true, "\(i)")
        }
        let long = try SignedFile.Writer(path: fixture.file("long"), kind: .submission, header: reader.header)
        try long.write(body + body)
        try long.commit(signedBy: fixture.contributors[0])
        #expect(refusal { _ = try fixture.collection().accept(fixture.file("long")) }?.message.contains("body") == true)
    }

    @Test func tooFewSubmissionsAreNeitherClosedNorOpened() throws {
        let fixture = try AggregationFixture({ $0.minimum = 3 })
        let collection = try fixture.collection()
        _ = try collection.accept(fixture.submit(0))
        _ = try collection.accept(fixture.submit(1))
        #expect(refusal { _ = try collection.close(to: fixture.file("a"), as: fixture.aggregator) }?.code == .belowMinimum)
        #expect(!collection.isClosed)
        // An aggregator that closes anyway meets the key holder.
        let loose = try AggregationFixture({ $0.minimum = 2 }, contributors: fixture.contributors)
        let reader = try SignedFile.Reader(path: loose.aggregate([0, 1]), kind: .aggregate)
        var header = reader.header
        header.replaceSubrange(0..<32, with: fixture.terms.contract.hash)
        let forged = try SignedFile.Writer(path: fixture.file("few"), kind: .aggregate, header: header)
        try forged.write(reader.read(reader.bodyBytes))
        try forged.commit(signedBy: fixture.aggregator)
        #expect(refusal { try fixture.open(fixture.file("few")) }?.code == .belowMinimum)
        #expect(!FileManager.default.fileExists(atPath: fixture.file("result.csv")))
    }

    @Test func theKeyHolderOpensNothingButASignedAggregateAndOnlyOne() throws {
        let fixture = try AggregationFixture()
        let aggregate = try fixture.aggregate()
        #expect(refusal { try fixture.open(fixture.file("0.submission")) }?.message.contains("a submission where an aggregate") == true)
        #expect(refusal { try fixture.open(aggregate, key: TestKeys.other) }?.message.contains("belongs to another public key") == true)
        #expect(refusal { try fixture.open(aggregate, as: fixture.aggregator) }?.code == .contract)
        let reader = try SignedFile.Reader(path: aggregate, kind: .aggregate)
        let forged = try SignedFile.Writer(path: fixture.file("forged"), kind: .aggregate, header: reader.header)
        try forged.write(reader.read(reader.bodyBytes))
        try forged.commit(signedBy: fixture.contributors[0])
        #expect(refusal { try fixture.open(fixture.file("forged")) }?.message.contains("not the aggregator") == true)
        try fixture.open(aggregate)
        try fixture.open(aggregate)
        _ = try fixture.collection().close(to: fixture.file("again"), as: fixture.aggregator)
        #expect(refusal { try fixture.open(fixture.file("again")) }?.message.contains("another aggregate of this contract") == true)
    }

    @Test func anAggregateThatIsNotTheSumIsFoundFromTheSubmissions() throws {
        let fixture = try AggregationFixture()
        let reader = try SignedFile.Reader(path: fixture.aggregate(), kind: .aggregate)
        let key = TestKeys.key.publicKey
        let body = try reader.read(reader.bodyBytes)
        // One more than the sum in the first slot.
        let ciphertext = try key.decodeCiphertext(body[..<key.ciphertextBytes])
        let changed = key.encode(key.add(ciphertext, plaintext: 1))
        let forged = try SignedFile.Writer(path: fixture.file("forged"), kind: .aggregate, header: reader.header)
        try forged.write(changed + body[key.ciphertextBytes...])
        try forged.commit(signedBy: fixture.aggregator)
        let submissions = (0..<3).map { fixture.file("\($0).submission") }
        let check = AggregationCheck(fixture.terms)
        #expect(refusal { try check.sum(fixture.file("forged"), of: submissions) }?.message.contains("not the sum") == true)
        #expect(refusal { try fixture.open(fixture.file("forged"), submissions: submissions) }?.message.contains("not the sum") == true)
        #expect(refusal { try check.sum(fixture.file("sum.aggregate"), of: [submissions[0]]) }?.message.contains("is needed") == true)
        let other = try fixture.submit(0, sequence: 2, to: "other")
        #expect(refusal { try check.inclusion(of: other, in: fixture.file("sum.aggregate")) }?.message.contains("another submission of east") == true)
    }

    @Test func aWrongOpeningAndAChangedResultAreFound() throws {
        let fixture = try AggregationFixture()
        let aggregate = try fixture.aggregate()
        try fixture.open(aggregate)
        let check = AggregationCheck(fixture.terms)
        let reader = try SignedFile.Reader(path: fixture.file("sum.opening"), kind: .opening)
        var body = try reader.read(reader.bodyBytes)
        body[TestKeys.bits / 8 - 1] ^= 1
        let forged = try SignedFile.Writer(path: fixture.file("forged"), kind: .opening, header: reader.header)
        try forged.write(body)
        try forged.commit(signedBy: fixture.holder)
        #expect(refusal { _ = try check.opening(fixture.file("forged"), of: aggregate) }?.message.contains("not shown to be those of the aggregate") == true)
        try fixture.write("changed.csv", AggregationFixture.expected.replacing("5010", with: "5011"))
        let error = refusal { _ = try check.opening(fixture.file("sum.opening"), of: aggregate, result: fixture.file("changed.csv")) }
        #expect(error?.place.contains("line 4, column loans") == true)
        try fixture.write("short.csv", AggregationFixture.expected.split(separator: "\n").dropLast().joined(separator: "\n") + "\n")
        #expect(refusal { _ = try check.opening(fixture.file("sum.opening"), of: aggregate, result: fixture.file("short.csv")) } != nil)
    }

    @Test func aPoisonedSumIsNotReleased() throws {
        // Without range proofs an insider can encrypt anything; an opened slot beyond its bounds is at least not released.
        let fixture = try AggregationFixture({ $0.columns = "  - {name: loans, type: integer, unit: x, lower: 0, upper: 4}" })
        let collection = try fixture.collection()
        for i in 0..<2 { _ = try collection.accept(fixture.submit(i, table: "month,loans\njan,1\nfeb,2\nmar,4\n")) }
        let reader = try SignedFile.Reader(path: fixture.submit(2, table: "month,loans\njan,1\nfeb,2\nmar,4\n"), kind: .submission)
        let key = TestKeys.key.publicKey
        let poisoned = try SignedFile.Writer(path: fixture.file("p"), kind: .submission, header: reader.header)
        // 1 + 1 + 12 still fits the slot of 4 bits, and is more than 3 times 4.
        try poisoned.write(key.encode(PaillierEncryptor(key).encrypt(12)))
        try poisoned.commit(signedBy: fixture.contributors[2])
        _ = try collection.accept(fixture.file("p"))
        _ = try collection.close(to: fixture.file("a"), as: fixture.aggregator)
        let error = refusal { try fixture.open(fixture.file("a")) }
        #expect(error?.code == .range && error?.remedy.contains("range proofs") == true)
        #expect(!FileManager.default.fileExists(atPath: fixture.file("result.csv")) && !FileManager.default.fileExists(atPath: fixture.file("sum.opening")))
    }
}
