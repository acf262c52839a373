import Foundation
import SandboxCore
import SecretSharing
import TestSupport
import Testing

func code(_ body: () throws -> some Any) -> YinheError.Code? {
    do {
        _ = try body()
        return nil
    } catch { return (error as? YinheError)?.code }
}

extension Ring {
    static let both = Ring.allCases
}

@Suite struct AdditiveSharingTests {
    struct Vectors: Decodable {
        struct Sharing: Decodable {
            let ring: Ring
            let parties: Int
            let correctionParty: Int
            let randomSeed: UInt64
            let values: [String]
            let messages: [String]
            let shares: [String]
        }
        let sharings: [Sharing]
    }

    private func bytes<E: RingElement>(_ elements: [E]) -> String { elements.withUnsafeBytes { Array($0).hex } }

    @Test func sharesEqualTheIndependentImplementation() throws {
        let url = repositoryRoot.appending(path: "Protocols/Vectors/secure-sum.json")
        let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
        func check<E: RingElement>(_ known: Vectors.Sharing, _: E.Type) throws {
            let values = known.values.map { E.Signed($0)! }
            let bounds = E.ring.range
            let messages = try AdditiveSharing.share(
                values, among: known.parties, bounds: bounds, in: E.self, correctionParty: known.correctionParty,
                random: SeededRandom(known.randomSeed))
            let shares = try messages.enumerated().map {
                try AdditiveSharing.expand($0.element, party: $0.offset, of: known.parties, bounds: bounds)
            }
            for party in 0..<known.parties {
                switch messages[party] {
                case .seed(let seed, let count): #expect(seed.hex == known.messages[party] && count == values.count)
                case .correction(let elements): #expect(bytes(elements) == known.messages[party])
                }
                #expect(bytes(shares[party].share) == known.shares[party])
            }
            #expect(try AdditiveSharing.reconstruct(shares) == values)
        }
        #expect(vectors.sharings.count == 3)
        for known in vectors.sharings {
            if known.ring == .z64 { try check(known, UInt64.self) } else { try check(known, UInt128.self) }
        }
    }

    private func shared<E: RingElement>(
        _ values: [E.Signed], among parties: Int, bounds: DeclaredBounds, threads: Int = 1, _: E.Type
    ) throws -> [SharedVector<E>] {
        try AdditiveSharing.share(values, among: parties, bounds: bounds, in: E.self, threads: threads).enumerated().map {
            try AdditiveSharing.expand($0.element, party: $0.offset, of: parties, bounds: bounds, threads: threads)
        }
    }

    /// Parts of a stream that threads expand on their own join into the one key stream that an interoperating party computes.
    @Test func expansionIsOneKeyStreamWhateverTheThreads() throws {
        let seed = SystemRandom.shared.bytes(32)
        var stream = [UInt64](repeating: 0, count: 40_001)
        stream.withUnsafeMutableBytes { AESCounterPRG(seed: seed).fill($0) }
        for threads in [1, 3] {
            let share = try AdditiveSharing.expand(
                AdditiveSharing.CompressedShare<UInt64>.seed(seed, count: stream.count), party: 0, of: 2,
                bounds: Ring.z64.range, threads: threads
            ).share
            let isStream = share == stream.map { UInt64(littleEndian: $0) }
            #expect(isStream)
        }
    }

    /// Edge values included, over several chunks and threads.
    @Test(arguments: Ring.both, [2, 3, 8])
    func everyValueComesBack(ring: Ring, parties: Int) throws {
        func check<E: RingElement>(_: E.Type) throws {
            let seed = freshSeed()
            let random = SeededRandom(seed)
            for count in [0, 1, 7, 40_001] {
                let edges: [E.Signed] = [.min, .max, 0, -1, 1]
                let values = (0..<count).map { $0 < 5 ? edges[$0] : E.Signed(truncatingIfNeeded: random.word()) }
                let shares = try shared(values, among: parties, bounds: E.ring.range, threads: 3, E.self)
                let opened = try AdditiveSharing.reconstruct(shares.shuffled())
                #expect(opened == values, "seed \(seed)")
            }
        }
        if ring == .z64 { try check(UInt64.self) } else { try check(UInt128.self) }
    }

    @Test(arguments: Ring.both)
    func linearOperationsMatchPlainArithmetic(ring: Ring) throws {
        func check<E: RingElement>(_: E.Type) throws {
            let seed = freshSeed()
            let random = SeededRandom(seed)
            let bounds = try DeclaredBounds(-(1 << 20), 1 << 20)
            func vector(_ count: Int) -> [E.Signed] {
                (0..<count).map { _ in E.Signed(Int64(random.uniform(below: 1 << 21)) - (1 << 20)) }
            }
            for parties in [2, 5] {
                let count = 1000
                let (x, y, weights) = (vector(count), vector(count), vector(count))
                let xs = try shared(x, among: parties, bounds: bounds, E.self)
                let ys = try shared(y, among: parties, bounds: bounds, E.self)
                func opened(_ operation: (SharedVector<E>, SharedVector<E>) throws -> SharedVector<E>) throws -> [E.Signed] {
                    try AdditiveSharing.reconstruct(zip(xs, ys).map(operation))
                }
                #expect(try opened { try $0 + $1 } == zip(x, y).map(+), "seed \(seed)")
                #expect(try opened { try $0 - $1 } == zip(x, y).map(-), "seed \(seed)")
                #expect(try opened { x, _ in try x.negated() } == x.map { -$0 }, "seed \(seed)")
                #expect(try opened { x, _ in try x.scaled(by: -37) } == x.map { -37 * $0 }, "seed \(seed)")
                #expect(try opened { x, _ in try x.adding(-99) } == x.map { $0 - 99 }, "seed \(seed)")
                #expect(try opened { x, _ in try x.adding(y) } == zip(x, y).map(+), "seed \(seed)")
                #expect(try opened { x, _ in try x.sum() } == [x.reduce(0, +)], "seed \(seed)")
                let product = zip(x, weights).reduce(E.Signed(0)) { $0 + $1.0 * $1.1 }
                #expect(try opened { x, _ in try x.dot(weights) } == [product], "seed \(seed)")
                #expect(try opened { x, _ in x[10..<20] } == Array(x[10..<20]), "seed \(seed)")
                #expect(
                    try opened {
                        var sum = $0
                        try sum += $1
                        return sum
                    } == zip(x, y).map(+), "seed \(seed)")
            }
        }
        if ring == .z64 { try check(UInt64.self) } else { try check(UInt128.self) }
    }

    @Test func resultsThatMightLeaveTheRingAreRefusedNotWrapped() throws {
        let wide = try shared([Int64.max, .min], among: 2, bounds: Ring.z64.range, UInt64.self)[0]
        #expect(code { try wide + wide } == .range)
        #expect(code { try wide - wide } == .range)
        #expect(code { try wide.negated() } == .range)
        #expect(code { try wide.scaled(by: 2) } == .range)
        #expect(code { try wide.adding(1) } == .range)
        #expect(code { try wide.adding([0, 1]) } == .range)
        #expect(code { try wide.sum() } == .range)
        #expect(code { try wide.dot([1, 1]) } == .range)
        var target = wide
        #expect(code { try target += wide } == .range)
        #expect(target.bounds == wide.bounds && target.share == wide.share)
        #expect(try wide.scaled(by: 1).bounds == wide.bounds)
        #expect(try wide.dot([0, 1]).bounds == wide.bounds)
        // Exactly at the edge is allowed, one beyond is not.
        let quarter = try shared([3], among: 2, bounds: DeclaredBounds(-(1 << 62), (1 << 62) - 1), UInt64.self)[0]
        #expect(try quarter.scaled(by: 2).bounds == DeclaredBounds(-(1 << 63), (1 << 63) - 2))
        #expect(code { try quarter.scaled(by: 3) } == .range)
        #expect(code { try quarter.scaled(by: Int128(1) << 70) } == .range)
        let huge = try shared([Int128.max], among: 2, bounds: Ring.z128.range, UInt128.self)[0]
        #expect(code { try huge + huge } == .range)
        #expect(code { try huge.negated() } == .range)
        #expect(code { try DeclaredBounds(2, 1) } == .range)
        #expect(code { try AdditiveSharing.share([1], among: 2, bounds: DeclaredBounds(0, 1 << 63), in: UInt64.self) } == .range)
    }

    @Test func valuesOutsideTheBoundsAreRefusedByPosition() throws {
        let bounds = try DeclaredBounds(0, 10)
        do {
            _ = try AdditiveSharing.share([3, 10, 0, 987_654, 11], among: 3, bounds: bounds, in: UInt64.self)
            Issue.record("accepted")
        } catch let error as YinheError {
            #expect(error.code == .badInput && error.message.contains("position 3"))
            #expect(!"\(error)".contains("987654"), "the value must not be shown")
        }
    }

    @Test func wrongSharesAreNoticedAtReconstruction() throws {
        let bounds = try DeclaredBounds(0, 1000)
        let shares = try shared([1, 2, 3], among: 3, bounds: bounds, UInt64.self)
        #expect(code { try AdditiveSharing.reconstruct([shares[0], shares[1]]) } == .badInput)
        #expect(code { try AdditiveSharing.reconstruct([shares[0], shares[1], shares[1]]) } == .badInput)
        let other = try shared([1, 2], among: 3, bounds: bounds, UInt64.self)
        #expect(code { try AdditiveSharing.reconstruct([shares[0], shares[1], other[2]]) } == .badInput)
        // A share of another sharing opens to a uniform value, inside 1001 of 2^64 with probability below 2^-54.
        let stranger = try shared([1, 2, 3], among: 3, bounds: bounds, UInt64.self)[2]
        #expect(code { try AdditiveSharing.reconstruct([shares[0], shares[1], stranger]) } == .peerMisbehaved)
        #expect(code { try shares[0] + other[0] } == .badInput)
        #expect(code { try shares[0].adding([1, 2]) } == .badInput)
        #expect(code { try shares[0].dot([1]) } == .badInput)
    }

    @Test func sharesAndSeedsAreNotPrinted() throws {
        let messages = try AdditiveSharing.share([5], among: 2, bounds: DeclaredBounds(0, 9), in: UInt64.self)
        let shares = try shared([5], among: 2, bounds: DeclaredBounds(0, 9), UInt64.self)
        #expect("\(shares[0])" == "share of party 0 of 2: 1 values in 0 ... 9 over z2^64")
        #expect("\(messages)" == "[seed of a share of 1 elements, share of 1 elements]")
        let coded = try JSONEncoder().encode(DeclaredBounds(-5, .max))
        #expect(try JSONDecoder().decode(DeclaredBounds.self, from: coded) == DeclaredBounds(-5, .max))
    }
}
