import Arithmetic
import Paillier
import SandboxCore
import SecretSharing
import SecureAggregation
import Testing
import TestSupport
import Transport

@Suite struct PaillierSharingTests {
    private static let ranges: [ClosedRange<Int64>] = [-1000...1000, 0...1, -7 ... -3]

    private static func values(_ groups: Int, _ random: SeededRandom) -> [Int64] {
        (0..<groups).flatMap { group in
            ranges.map { range in
                switch group {
                case 0: range.lowerBound
                case 1: range.upperBound
                default: range.lowerBound + Int64(random.word() % UInt64(range.count))
                }
            }
        }
    }

    private static func run<Element: RingElement>(
        _ agreement: PaillierSharing.Agreement, _ ciphertexts: [PaillierCiphertext], in ring: Element.Type
    ) async throws -> (SharedVector<Element>, SharedVector<Element>) {
        let owner = try PaillierSharing.KeyOwner(agreement, key: TestKeys.key, threads: 2)
        let holder = PaillierSharing.CiphertextHolder(agreement, threads: 2)
        return try await LocalRun.both({ try await owner.toShares(over: $0) }, { try await holder.toShares(ciphertexts, over: $0) })
    }

    @Test(arguments: [1, 2, 40]) func sumsOfPackedValuesBecomeShares(groups: Int) async throws {
        let seed: UInt64 = 71, random = SeededRandom(seed)
        let key = TestKeys.key.publicKey, encryptor = PaillierEncryptor(key)
        let agreement = try PaillierSharing.Agreement(ranges: Self.ranges, contributions: 3, groups: groups, publicKey: key)
        let tables = (0..<3).map { _ in Self.values(groups, random) }
        let single = try PaillierSharing.Agreement(ranges: Self.ranges, contributions: 3, groups: groups, publicKey: key)
        let encrypted = try tables.map { try single.encrypt($0, with: encryptor, threads: 2) }
        let sums = encrypted[0].indices.map { i in key.sum(encrypted.map { $0[i] }) }
        let expected = tables[0].indices.map { i in tables.reduce(Int64(0)) { $0 + $1[i] } }
        let (a, b) = try await Self.run(agreement, sums, in: UInt64.self)
        #expect(try AdditiveSharing.reconstruct([a, b]) == expected, "seed \(seed)")
        let (c, d) = try await Self.run(agreement, sums, in: UInt128.self)
        #expect(try AdditiveSharing.reconstruct([c, d]) == expected.map { Int128($0) }, "seed \(seed)")
        // The owner's share is not the value.
        #expect(zip(a.share, expected).filter { $0.signed == $1 }.count < 2)
    }

    @Test func sharesBecomeCiphertextsOfTheSameValues() async throws {
        let key = TestKeys.key.publicKey, groups = 30
        let agreement = try PaillierSharing.Agreement(ranges: [-1000...1000, -1000...1000], groups: groups, publicKey: key)
        // Both ends of the range, then values between.
        let values: [Int128] = [-1000, 1000] + (2..<groups * 2).map { (i: Int) -> Int128 in Int128((i * 37) % 2001 - 1000) }
        let bounds = DeclaredBounds(-1000...1000)
        let dealt: [AdditiveSharing.CompressedShare<UInt128>] = try AdditiveSharing.share(values, among: 2, bounds: bounds)
        let shares: [SharedVector<UInt128>] = try dealt.enumerated().map {
            try AdditiveSharing.expand($1, party: $0, of: 2, bounds: bounds)
        }
        let owner = try PaillierSharing.KeyOwner(agreement, key: TestKeys.key, threads: 2)
        let holder = PaillierSharing.CiphertextHolder(agreement, threads: 2)
        let (_, ciphertexts) = try await LocalRun.both(
            { try await owner.toCiphertexts(shares[0], over: $0) }, { try await holder.toCiphertexts(shares[1], over: $0) })
        let (a, b) = try await Self.run(agreement, ciphertexts, in: UInt128.self)
        #expect(try AdditiveSharing.reconstruct([a, b]) == values)
        let opened: [UInt128] = try ciphertexts.flatMap { try agreement.packing.unpack([TestKeys.key.decrypt($0)]) }
        #expect(opened.map { Int128($0) - 1000 } == values)
    }

    @Test func whatDoesNotFitIsRefusedBeforeAnythingIsSent() async throws {
        let key = TestKeys.key.publicKey
        #expect(refusal { _ = try PaillierSharing.Agreement(ranges: [], publicKey: key) }?.code == .badInput)
        #expect(refusal { _ = try PaillierSharing.Agreement(ranges: [Int64.min...Int64.max], contributions: 1 << 40, publicKey: key) }?.code == .range)
        let wide = try PaillierSharing.Agreement(ranges: [0 ... 1 << 62], contributions: 4, publicKey: key)
        let (channel, _) = LocalChannel.pair()
        await #expect(throws: YinheError.self) {
            let _: SharedVector<UInt64> = try await PaillierSharing.KeyOwner(wide, key: TestKeys.key).toShares(over: channel)
        }
        // 2^24 values and 40 bits of mask do not fit 64 bits without wrapping.
        let masked = try PaillierSharing.Agreement(ranges: [0 ... 1 << 24], publicKey: key)
        let share = try SharedVector<UInt64>(share: [5], party: 0, of: 2, bounds: DeclaredBounds(0 ... 1 << 24))
        await #expect(throws: YinheError.self) {
            try await PaillierSharing.KeyOwner(masked, key: TestKeys.key).toCiphertexts(share, over: channel)
        }
        #expect(channel.traffic.bytesSent == 0)
        #expect(refusal { _ = try PaillierSharing.KeyOwner(wide, key: TestKeys.other) }?.code == .badInput)
    }

    @Test func differentAgreementsEndInTheHandshake() async throws {
        let key = TestKeys.key.publicKey
        let one = try PaillierSharing.Agreement(ranges: [0...10], publicKey: key)
        let two = try PaillierSharing.Agreement(ranges: [0...11], publicKey: key)
        let ciphertexts = try two.encrypt([3], with: PaillierEncryptor(key), threads: 1)
        let owner = try PaillierSharing.KeyOwner(one, key: TestKeys.key)
        do {
            let _: (SharedVector<UInt64>, SharedVector<UInt64>) = try await LocalRun.both(
                { try await owner.toShares(over: $0) },
                { try await PaillierSharing.CiphertextHolder(two).toShares(ciphertexts, over: $0) })
            Issue.record("the run succeeded")
        } catch let error as YinheError { #expect(error.code == .peerMismatch) }
    }

    @Test func aPlaintextBeyondItsSlotsIsThePeersFault() async throws {
        let key = TestKeys.key.publicKey
        let agreement = try PaillierSharing.Agreement(ranges: [0...10], publicKey: key)
        let owner = try PaillierSharing.KeyOwner(agreement, key: TestKeys.key)
        let huge = try PaillierEncryptor(key).encrypt(BigInteger(1) << 200)
        do {
            let _: (SharedVector<UInt64>, SharedVector<UInt64>) = try await LocalRun.both(
                { try await owner.toShares(over: $0) },
                { try await PaillierSharing.CiphertextHolder(agreement).toShares([huge], over: $0) })
            Issue.record("the run succeeded")
        } catch let error as YinheError { #expect(error.code == .peerMisbehaved) }
    }
}
