import SandboxCore

/// Additive secret sharing over Z_2^64 and Z_2^128 among n >= 2 parties, all of whose shares are needed.
///
/// The shares are compressed by a pseudorandom generator: n - 1 parties get a 32-byte seed whose AES-256-CTR key stream,
/// read as little-endian elements, is their share; one party gets the correction vector, the values minus all the streams
/// (R. Cramer, I. Damgård, Y. Ishai, "Share conversion, pseudorandom secret-sharing and applications to secure computation",
/// TCC 2005). So a sharing costs one vector plus 32 (n - 1) bytes, for any n.
public enum AdditiveSharing {
    /// Enough for every roster of this module.
    public static let maximumParties = 64
    static let chunk = 1 << 14

    /// What one party receives.
    public enum CompressedShare<Element: RingElement>: Sendable {
        /// 32 bytes; the party expands `count` elements.
        case seed([UInt8], count: Int)
        case correction([Element])
    }

    /// Splits `values` among `parties`; party `correctionParty` (the last when nil) gets the vector.
    ///
    /// Throws `.badInput` for the first value outside `bounds` (its place, never the value), `.range` when `bounds` do not fit.
    public static func share<Element: RingElement>(
        _ values: [Element.Signed], among parties: Int, bounds: DeclaredBounds, in ring: Element.Type = Element.self,
        correctionParty: Int? = nil, threads: Int = 1
    ) throws -> [CompressedShare<Element>] {
        try share(
            values, among: parties, bounds: bounds, correctionParty: correctionParty, threads: threads,
            random: SystemRandom.shared)
    }

    package static func share<Element: RingElement>(
        _ values: [Element.Signed], among parties: Int, bounds: DeclaredBounds, in ring: Element.Type = Element.self,
        correctionParty: Int? = nil, threads: Int = 1, random: some RandomSource
    ) throws -> [CompressedShare<Element>] {
        let holder = correctionParty ?? parties - 1
        precondition((2...maximumParties).contains(parties) && (0..<parties).contains(holder))
        try bounds.require(in: Element.ring, for: "a sharing")
        try requireInBounds(values, bounds, as: Element.self)
        // In party order; the seed drawn for the holder of the correction is not used.
        let seeds = (0..<parties).map { _ in random.bytes(AESCounterPRG.seedBytes) }
        var others = seeds
        others.remove(at: holder)
        let correction: [Element] = correctionVector(values, minus: others, threads: threads)
        return (0..<parties).map { $0 == holder ? .correction(correction) : .seed(seeds[$0], count: values.count) }
    }

    /// Expands what party `party` of `parties` received into its share.
    public static func expand<Element: RingElement>(
        _ compressed: CompressedShare<Element>, party: Int, of parties: Int, bounds: DeclaredBounds, threads: Int = 1
    ) throws -> SharedVector<Element> {
        let share: [Element] =
            switch compressed {
            case .correction(let elements): elements
            case .seed(let seed, let count): stream(seed, count: count, threads: threads)
            }
        return try SharedVector(share: share, party: party, of: parties, bounds: bounds)
    }

    /// The values, from the shares of all parties in any order. Throws `.peerMisbehaved` for a value outside the declared
    /// bounds: some share is not the one that was dealt.
    public static func reconstruct<Element: RingElement>(_ shares: [SharedVector<Element>]) throws -> [Element.Signed] {
        guard let first = shares.first, shares.count == first.partyCount,
            Set(shares.map(\.party)).count == shares.count
        else { throw YinheError(.badInput, "reconstruction needs the share of every party, each once") }
        guard shares.allSatisfy({ $0.count == first.count && $0.bounds == first.bounds }) else {
            throw YinheError(.badInput, "the shares differ in length or declared bounds")
        }
        return try opened(shares.map(\.share), bounds: first.bounds)
    }

    static func opened<Element: RingElement>(_ shares: [[Element]], bounds: DeclaredBounds) throws -> [Element.Signed] {
        let count = shares[0].count
        guard count > 0 else { return [] }
        let values = [Element.Signed](unsafeUninitializedCapacity: count) { out, initialized in
            let sum = UnsafeMutableBufferPointer(
                start: UnsafeMutableRawPointer(out.baseAddress!).assumingMemoryBound(to: Element.self), count: count)
            shares[0].withUnsafeBufferPointer { first in _ = sum.initialize(from: first) }
            for other in shares.dropFirst() { other.withUnsafeBufferPointer { RingKernels.add($0, to: sum) } }
            initialized = count
        }
        try requireOpenedInBounds(values, bounds, as: Element.self)
        return values
    }

    static func requireOpenedInBounds<Element: RingElement>(
        _ values: [Element.Signed], _ bounds: DeclaredBounds, as: Element.Type
    ) throws {
        guard let (low, high) = RingKernels.extremes(values, as: Element.self) else { return }
        guard bounds.contains(Int128(low)), bounds.contains(Int128(high)) else {
            throw YinheError(
                .peerMisbehaved, "an opened value lies outside the declared bounds \(bounds)",
                remedy: "a share was damaged, or a party used a value outside the bounds")
        }
    }

    static func requireInBounds<Element: RingElement>(
        _ values: [Element.Signed], _ bounds: DeclaredBounds, as: Element.Type
    ) throws {
        guard let (low, high) = RingKernels.extremes(values, as: Element.self) else { return }
        guard bounds.contains(Int128(low)), bounds.contains(Int128(high)) else {
            let place = values.firstIndex { !bounds.contains(Int128($0)) }!
            throw YinheError(
                .badInput, "the value at position \(place) lies outside the declared bounds \(bounds)",
                remedy: "clamp the values, or declare wider bounds")
        }
    }

    // MARK: Streams

    /// `count` elements of the key stream of `seed`.
    static func stream<Element: RingElement>(_ seed: [UInt8], count: Int, threads: Int = 1) -> [Element] {
        [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            let out = DisjointBuffer(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
            // The body does not throw.
            try! Parallel.forEachChunk(of: count, chunk: chunk, threads: threads) { range in
                let prg = AESCounterPRG(seed: seed, fromBlock: block(of: range.lowerBound, as: Element.self))
                prg.fill(
                    UnsafeMutableRawBufferPointer(start: out.base + range.lowerBound, count: range.count * Element.ring.bytes))
            }
            initialized = count
        }
    }

    private static func block<Element: RingElement>(of index: Int, as: Element.Type) -> UInt64 {
        UInt64(index * Element.ring.bytes / 16)
    }

    @specialized(where Element == UInt64)
    @specialized(where Element == UInt128)
    private static func correctionVector<Element: RingElement>(
        _ values: [Element.Signed], minus seeds: [[UInt8]], threads: Int
    ) -> [Element] {
        [Element](unsafeUninitializedCapacity: values.count) { buffer, initialized in
            let out = DisjointBuffer(UnsafeMutableBufferPointer(rebasing: buffer[0..<values.count]))
            try! Parallel.forEachChunk(of: values.count, chunk: chunk, threads: threads) { range in
                let part = UnsafeMutableBufferPointer(start: out.base + range.lowerBound, count: range.count)
                values.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(part).copyMemory(
                        from: UnsafeRawBufferPointer(
                            rebasing: $0[range.lowerBound * Element.ring.bytes..<range.upperBound * Element.ring.bytes]))
                }
                withUnsafeTemporaryAllocation(of: Element.self, capacity: range.count) { mask in
                    for seed in seeds {
                        AESCounterPRG(seed: seed, fromBlock: block(of: range.lowerBound, as: Element.self))
                            .fill(UnsafeMutableRawBufferPointer(mask))
                        RingKernels.subtract(UnsafeBufferPointer(mask), from: part)
                    }
                    ConstantTime.wipe(UnsafeMutableRawBufferPointer(mask))
                }
            }
            initialized = values.count
        }
    }
}

extension AdditiveSharing.CompressedShare: CustomStringConvertible {
    /// Says nothing about the seed or the vector.
    public var description: String {
        switch self {
        case .seed(_, let count): "seed of a share of \(count) elements"
        case .correction(let elements): "share of \(elements.count) elements"
        }
    }
}
