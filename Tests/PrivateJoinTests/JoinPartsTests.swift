import Foundation
import PrivateJoin
import SandboxCore
import TestSupport
import Testing
import Transport

@Suite struct JoinPartsTests {
    @Test func partitionsAreThoseOfSipHash() {
        // The reference vectors of SipHash-2-4 for the key 00 ... 0f: the input 00 ... 0f.
        let bytes = (0..<16).map { UInt8($0) }
        #expect(PartitionHash(key: bytes).hash(JoinToken(bytes: bytes)) == 0x3f2a_cc7f_57c2_9bdb)
    }

    /// log2 of Pr[load > size] for one bucket, from the exact binomial terms.
    func logTail(keys: Int, buckets: Int, beyond size: Int) -> Double {
        let p = 1 / Double(buckets)
        var total = 0.0
        for k in size + 1...max(size + 1, min(keys, size + 4000)) where k <= keys {
            let term = lgamma(Double(keys + 1)) - lgamma(Double(k + 1)) - lgamma(Double(keys - k + 1))
                + Double(k) * log(p) + Double(keys - k) * log1p(-p)
            total += exp(term)
        }
        return total == 0 ? -.infinity : log2(total)
    }

    @Test(arguments: [(200, 16), (1000, 2), (10_000, 8), (1_000_000, 4), (100_000_000, 32), (100_000_000, 1024)])
    func paddedBucketsOverflowWithProbability2ToTheMinus40(_ shape: (keys: Int, buckets: Int)) {
        let size = BucketPlan.padded(keys: shape.keys, buckets: shape.buckets)
        let tail = logTail(keys: shape.keys, buckets: shape.buckets, beyond: size) + log2(Double(shape.buckets))
        #expect(tail <= -40)
        // And not much larger than it has to be.
        let mean = Double(shape.keys) / Double(shape.buckets)
        #expect(Double(size) <= mean + 10 * mean.squareRoot() + 50)
    }

    @Test func announcedSizesHideTheLowBits() {
        #expect(BucketPlan.announced(0) == 0 && BucketPlan.announced(1) == 1 && BucketPlan.announced(127) == 127)
        #expect(BucketPlan.announced(129) == 130 && BucketPlan.announced(1_000_000) == 1_007_616)
        for rows in [128, 1000, 12345, 99_999_999] {
            #expect(BucketPlan.announced(rows) >= rows && BucketPlan.announced(rows) * 64 <= rows * 65)
        }
    }

    @Test func plansAreTheSameForBothSidesAndFitTheLimit() throws {
        let plan = try BucketPlan(receiver: 100_663_296, sender: 1000, limit: 1 << 22)
        #expect(plan.buckets == 32)
        #expect(plan.elements(of: .receiver)! <= 1 << 22)
        #expect(plan.partitions(of: 31) == 992..<1024)
        #expect(try BucketPlan(receiver: 1 << 22, sender: 0, limit: 1 << 22).buckets == 1)
        #expect(throws: YinheError.self) { try BucketPlan(receiver: 1 << 32, sender: 0, limit: 1000) }
    }

    struct Vectors: Decodable {
        struct Partition: Decodable { var token: String, hash: String, partition: Int }
        struct Derivation: Decodable { var receiver_nonce: String, sender_nonce: String, job: String, partition_key: String }
        var partition_key: String
        var partitions: [Partition]
        var derivation: Derivation
        var announced: [[Int]]
        var padded: [[Int]]
    }

    @Test func everyPublicNumberIsThatOfTheSpecification() throws {
        let file = repositoryRoot.appending(path: "Protocols/Vectors/private-join.json")
        let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file))
        let hash = PartitionHash(key: [UInt8](hex: vectors.partition_key)!)
        #expect(vectors.partitions.count == 16)
        for partition in vectors.partitions {
            let token = JoinToken(bytes: [UInt8](hex: partition.token)!)
            #expect(hash.hash(token) == UInt64(partition.hash, radix: 16))
            #expect(hash.partition(of: token) == partition.partition)
        }
        let nonces = [UInt8](hex: vectors.derivation.receiver_nonce + vectors.derivation.sender_nonce)!
        #expect(PrivateJoin.derive("job", nonces).hex == vectors.derivation.job)
        #expect(PrivateJoin.derive("partition key", nonces).hex == vectors.derivation.partition_key)
        for row in vectors.announced { #expect(BucketPlan.announced(row[0]) == row[1]) }
        for row in vectors.padded { #expect(BucketPlan.padded(keys: row[0], buckets: row[1]) == row[2]) }
        // The plans of the file, by hand: lists of numbers and an object do not decode as one type.
        let root = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
        let plans = try #require(root?["plans"] as? [[Any]])
        for plan in plans {
            let numbers = plan[0..<3].map { ($0 as? NSNumber)?.intValue ?? -1 }
            let due = try #require(plan[3] as? [String: Int])
            let own = try BucketPlan(receiver: numbers[0], sender: numbers[1], limit: numbers[2])
            #expect(own.buckets == due["buckets"])
            #expect(own.elements(of: .receiver) == due["receiver"] && own.elements(of: .sender) == due["sender"])
        }
    }

    @Test func resultsSurviveTheirFileAndDamageIsFound() throws {
        let job = [UInt8](repeating: 7, count: 16)
        let result = BucketResult(bucket: 3, places: 20, entries: [2 << 32 | 5, 2 << 32 | 9, 17 << 32 | 1])
        #expect(result.keys == 2 && result.multiplicities == [2, 1])
        let file = result.file(job: job)
        #expect(try BucketResult(file: file, job: job, bucket: 3, path: "") == result)
        for i in file.indices {
            var damaged = file
            damaged[i] ^= 1
            #expect(throws: YinheError.self) { try BucketResult(file: damaged, job: job, bucket: 3, path: "") }
        }
        #expect(throws: YinheError.self) { try BucketResult(file: Array(file.dropLast()), job: job, bucket: 3, path: "") }
        #expect(throws: YinheError.self) { try BucketResult(file: file, job: job, bucket: 4, path: "") }
        #expect(throws: YinheError.self) {
            try BucketResult(file: file, job: [UInt8](repeating: 8, count: 16), bucket: 3, path: "")
        }
    }

    @Test func matchesThatAreNoneOfTheOwnKeysAreRefused() throws {
        let own = BucketResult(bucket: 0, places: 20, entries: [2 << 32 | 5, 17 << 32 | 1])
        let told = BucketResult(bucket: 0, places: 20, entries: [17 << 32 | 99])
        #expect(try own.selected(by: told.bitmap).entries == [17 << 32 | 1])
        let dummy = BucketResult(bucket: 0, places: 20, entries: [3 << 32])
        #expect(throws: YinheError.self) { try own.selected(by: dummy.bitmap) }
        #expect(throws: YinheError.self) { try own.selected(by: [0, 0]) }
        #expect(throws: YinheError.self) { try own.selected(by: [0, 0, 0x80]) }
    }

    @Test func messagesOfTheWrongShapeAreRefused() throws {
        func decode<M: WireMessage>(_ type: M.Type, _ bytes: [UInt8]) throws {
            var reader = ByteReader(bytes, what: "test")
            _ = try M(from: &reader)
            try reader.finish()
        }
        func encoded(_ message: some WireMessage) -> [UInt8] {
            var writer = ByteWriter()
            message.encode(into: &writer)
            return writer.bytes
        }
        let hello = encoded(PrivateJoin.Hello(job: nil, nonce: [UInt8](repeating: 1, count: 32), finished: [3]))
        try decode(PrivateJoin.Hello.self, hello)
        for count in 0..<hello.count {
            #expect(throws: YinheError.self) { try decode(PrivateJoin.Hello.self, Array(hello[0..<count])) }
        }
        #expect(throws: YinheError.self) { try decode(PrivateJoin.Hello.self, [2] + hello.dropFirst()) }
        #expect(throws: YinheError.self) {
            let nonce = [UInt8](repeating: 1, count: 32), bits = [UInt8](repeating: 0, count: 129)
            try decode(PrivateJoin.Hello.self, encoded(PrivateJoin.Hello(job: nil, nonce: nonce, finished: bits)))
        }
        #expect(throws: YinheError.self) { try decode(PrivateJoin.Sizes.self, encoded(PrivateJoin.Sizes(rows: 129, limit: 5))) }
        #expect(throws: YinheError.self) { try decode(PrivateJoin.Sizes.self, encoded(PrivateJoin.Sizes(rows: 128, limit: 0))) }
        #expect(throws: YinheError.self) {
            try decode(PrivateJoin.Multiplicities.self, encoded(PrivateJoin.Multiplicities(bucket: 0, rows: [1, 0])))
        }
        #expect(throws: YinheError.self) {
            try decode(PrivateJoin.Multiplicities.self, [0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f])
        }
        #expect(throws: YinheError.self) {
            let counts = PrivateJoin.Counts(matchedKeys: 0, matchedRows: 1 << 40, unmatchedRows: 0)
            try decode(PrivateJoin.Counts.self, encoded(counts))
        }
    }
}
