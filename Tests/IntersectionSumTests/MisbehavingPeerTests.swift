import Arithmetic
import IntersectionSum
import Paillier
import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing
import Transport

private typealias Sum = IntersectionSum

/// Each test plays one role by hand, wrongly in one place, against the real other role.
@Suite struct MisbehavingPeerTests {
    static let tokens = (0..<6).map { JoinToken("\($0)") }
    let scenario = Scenario(
        groups: [Array(tokens[0..<3]), Array(tokens[3..<6])], tokens: Array(tokens[1..<5]), values: [1, 2, 3, 4], bounds: [9])

    struct ValueFaults {
        var key: ([UInt8]) -> [UInt8] = { $0 }
        var masks: ([UInt8], Int) -> [UInt8] = { masks, _ in masks }
        /// Points and ciphertexts of the rows.
        var rows: ([UInt8], [UInt8]) -> [UInt8] = { $0 + $1 }
    }

    /// Runs GroupParty against a ValueParty with faults; returns GroupParty's error.
    private func groupError(_ faults: ValueFaults, announce: Int? = nil) async throws -> YinheError? {
        let (left, right) = LocalChannel.pair()
        let party = try scenario.groupParty()
        async let group = party.run(over: left)
        do {
            let proposal = scenario.parameters.proposal(.value, setSize: announce ?? scenario.tokens.count)
            try await Session.run(over: right, proposal) { session in
                let scalar = P256SecretScalar()
                try await session.send(Sum.KeyMessage(key: faults.key(testKey.publicKey.encoded)))
                let sizes: Sum.GroupSizesMessage = try await session.receive()
                let layout = try Sum.Layout(
                    parameters: scenario.parameters, groupSizes: sizes.sizes.map { Int($0) }, valueSetSize: scenario.tokens.count)
                let blinded: Sum.BlindedMessage = try await session.receive()
                let points = try DHSteps.apply(blinded.points, with: scalar, threads: 1)
                let masks = try DHSteps.mask(points, maskBytes: layout.maskBytes, domain: Sum.domain, threads: 1)
                try await session.send(Sum.MasksMessage(masks: faults.masks(masks, layout.maskBytes)))
                let own = try DHSteps.blind(scenario.tokens, with: scalar, domain: Sum.domain, threads: 1)
                let ciphertexts = try PaillierEncryptor(testKey).encrypt(
                    scenario.values.flatMap { layout.packing.pack([UInt128($0)]) }, threads: 1)
                try await session.send(Sum.RowsMessage(bytes: faults.rows(own, ciphertexts.flatMap { testKey.publicKey.encode($0) })))
                let _: Sum.SumsMessage = try await session.receive()
            }
        } catch {}
        do {
            _ = try await group
            return nil
        } catch { return error as? YinheError }
    }

    @Test func aPeerWithoutFaultsPasses() async throws {
        #expect(try await groupError(ValueFaults()) == nil)
    }

    @Test func brokenKeysAreRefused() async throws {
        let n = testKey.publicKey.n
        func encoded(_ n: BigInteger, scheme: UInt8 = 1) -> [UInt8] {
            var writer = ByteWriter()
            for byte in [1, 1, scheme] as [UInt8] { writer.write(byte) }
            writer.write(field: n.bigEndian)
            return writer.bytes
        }
        let random = SeededRandom(1)
        let bad: [[UInt8]] = [
            [], encoded(0), encoded(n - 1), encoded(n, scheme: 2), encoded(n, scheme: 7), encoded(n << 8),
            encoded(.randomBlumPrime(bits: 512, random: random)), encoded(n) + [0],
            PaillierPrivateKey.generate(uncheckedBits: 256, scheme: .djn, random: random).publicKey.encoded,
        ]
        #expect(encoded(n) == testKey.publicKey.encoded)
        for key in bad {
            var faults = ValueFaults()
            faults.key = { _ in key }
            #expect(try await groupError(faults)?.code == .peerMisbehaved)
        }
    }

    @Test func wrongMasksAreRefused() async throws {
        let changes: [([UInt8], Int) -> [UInt8]] = [
            { masks, _ in Array(masks.dropLast()) }, { masks, width in masks + masks.prefix(width) },
            { masks, width in Array(masks.prefix(width) + masks.prefix(width) + masks.dropFirst(2 * width)) }, { _, _ in [] },
        ]
        for change in changes {
            var faults = ValueFaults()
            faults.masks = change
            #expect(try await groupError(faults)?.code == .peerMisbehaved)
        }
    }

    @Test func wrongRowsAreRefusedWhetherOrNotTheyMatch() async throws {
        let pub = testKey.publicKey, width = pub.ciphertextBytes
        func replacing(_ index: Int, _ value: BigInteger) -> ([UInt8], [UInt8]) -> [UInt8] {
            { points, ciphertexts in
                var altered = ciphertexts
                altered.replaceSubrange(index * width..<(index + 1) * width, with: value.bigEndian(count: width))
                return points + altered
            }
        }
        var changes = (0..<4).flatMap { row in
            [BigInteger.zero, pub.nSquared, pub.n, testKey.p.prime].map { replacing(row, $0) }
        }
        changes.append { points, ciphertexts in points + ciphertexts.dropLast() }
        changes.append { points, ciphertexts in points + ciphertexts + points + ciphertexts }
        changes.append { _, _ in [] }
        // Invalid points: infinity's prefix, x outside the field, not on the curve; and one row twice.
        for point in [[UInt8](repeating: 0, count: 33), [2] + .init(repeating: 0xff, count: 32), [5] + .init(repeating: 1, count: 32)] {
            changes.append { points, ciphertexts in point + points.dropFirst(33) + ciphertexts }
        }
        changes.append { points, ciphertexts in points.prefix(33) + points.prefix(33) + points.dropFirst(66) + ciphertexts }
        for change in changes {
            var faults = ValueFaults()
            faults.rows = change
            #expect(try await groupError(faults)?.code == .peerMisbehaved)
        }
    }

    @Test func impossibleSetSizesAreRefused() async throws {
        for size in [-1, Int.max, 1 << 40] {
            #expect(try await groupError(ValueFaults(), announce: size)?.code == .peerMisbehaved)
        }
    }

    struct GroupFaults {
        var sizes: [UInt32] = [3, 3]
        var points: ([UInt8]) -> [UInt8] = { $0 }
        var sums: ([UInt8]) -> [UInt8] = { $0 }
    }

    /// Runs ValueParty against a GroupParty with faults that returns encryptions of the given numbers.
    private func valueError(_ faults: GroupFaults, returning numbers: [BigInteger] = [1, 2]) async throws -> YinheError? {
        let (left, right) = LocalChannel.pair()
        let party = try scenario.valueParty()
        async let value = party.run(over: right)
        do {
            try await Session.run(over: left, scenario.parameters.proposal(.group, setSize: 6)) { session in
                let _: Sum.KeyMessage = try await session.receive()
                try await session.send(Sum.GroupSizesMessage(sizes: faults.sizes))
                let points = try DHSteps.blind(Self.tokens, with: P256SecretScalar(), domain: Sum.domain, threads: 1)
                try await session.send(Sum.BlindedMessage(points: faults.points(points)))
                let _: Sum.MasksMessage = try await session.receive()
                let _: Sum.RowsMessage = try await session.receive()
                let sums = try PaillierEncryptor(testKey.publicKey).encrypt(numbers, threads: 1)
                try await session.send(Sum.SumsMessage(ciphertexts: faults.sums(sums.flatMap { testKey.publicKey.encode($0) })))
            }
        } catch {}
        do {
            _ = try await value
            return nil
        } catch { return error as? YinheError }
    }

    @Test func wrongGroupSizesAreRefused() async throws {
        #expect(try await valueError(GroupFaults()) == nil)
        for sizes in [[], [6], [3, 4], [3, 3, 0], [.max, 7]] as [[UInt32]] {
            #expect(try await valueError(GroupFaults(sizes: sizes))?.code == .peerMisbehaved)
        }
    }

    @Test func wrongBlindedPointsAreRefused() async throws {
        let changes: [([UInt8]) -> [UInt8]] = [
            { Array($0.dropLast(33)) }, { $0 + $0.prefix(33) }, { Array($0.dropLast()) }, { [4] + $0.dropFirst() },
            { $0.dropLast(33) + [2] + .init(repeating: 0xff, count: 32) },
        ]
        for change in changes {
            #expect(try await valueError(GroupFaults(points: change))?.code == .peerMisbehaved)
        }
    }

    @Test func wrongSumsAreRefused() async throws {
        let width = testKey.publicKey.ciphertextBytes
        let changes: [([UInt8]) -> [UInt8]] = [
            { Array($0.dropLast()) }, { _ in [] }, { $0 + $0 }, { .init(repeating: 0, count: width) + $0.dropFirst(width) },
            { testKey.p.prime.bigEndian(count: width) + $0.dropFirst(width) },
            { .init(repeating: 0xff, count: width) + $0.dropFirst(width) },
        ]
        for change in changes {
            #expect(try await valueError(GroupFaults(sums: change))?.code == .peerMisbehaved)
        }
        // A number that no run with these slots can give.
        #expect(try await valueError(GroupFaults(), returning: [1, BigInteger.one << 400])?.code == .peerMisbehaved)
    }
}
