import Arithmetic
import SandboxCore
import Transport

extension MultiPartyComputation {
    /// Shares a vector that `owner` knows; the others pass nil. The owner sends a 32-byte seed to everybody and keeps the vector
    /// minus their streams, so an input of any length costs 32 bytes and half a round trip.
    ///
    /// Throws `.badInput` for another number of values or a value outside `bounds` (its place, never the value), before
    /// anything is sent.
    ///
    /// `bounds` is no `DeclaredBounds`: Swift 6.3.1 calls async functions wrongly that take its 128-bit integers on the stack.
    public func share<E: RingElement>(
        _ values: [E.Signed]?, from owner: Int, count: Int, bounds range: ClosedRange<E.Signed>, as ring: E.Type = E.self
    ) async throws -> SharedVector<E> {
        let bounds = DeclaredBounds(unchecked: Int128(range.lowerBound), Int128(range.upperBound))
        precondition((0..<partyCount).contains(owner) && (values != nil) == (owner == party), "the owner alone gives its values")
        guard values.map({ $0.count == count }) ?? (count >= 0) else {
            throw YinheError(.badInput, "\(values!.count) values where \(count) were declared")
        }
        let parts = try values.map {
            try AdditiveSharing.share($0, among: partyCount, bounds: bounds, in: E.self, correctionParty: owner, random: random)
        }
        let header = try begin(.share, ring: E.ring, count: count, bounds: bounds, receivers: 1 << UInt8(owner))
        let mine: AdditiveSharing.CompressedShare<E>
        do {
            if let parts {
                var seeds: [Int: Piece] = [:]
                for (peer, part) in parts.enumerated() {
                    if case .seed(let seed, _) = part, peer != owner { seeds[peer] = Piece(header: header, offset: 0, bytes: seed) }
                }
                _ = try await links.exchange(sending: seeds, receiving: Piece.self, from: [])
                mine = parts[owner]
            } else {
                let message = try await links.exchange(sending: [Int: Piece](), receiving: Piece.self, from: [owner])[owner]!
                // A seed instead of elements.
                try check(message, header, 0..<AESCounterPRG.seedBytes, 1, from: owner)
                mine = .seed(message.bytes, count: count)
            }
        } catch {
            throw await fail(error)
        }
        return try AdditiveSharing.expand(mine, party: party, of: partyCount, bounds: bounds)
    }

    /// The element-wise product. Throws `.range` when a product might leave the ring, `.badInput` for different lengths, before
    /// anything is sent. One triple an item from the dealer; opens two elements an item.
    public func multiply<E: RingElement>(_ x: SharedVector<E>, _ y: SharedVector<E>) async throws -> SharedVector<E> {
        try requireLike(x, y)
        let bounds = try x.bounds * y.bounds
        try bounds.require(in: E.ring, for: "a multiplication of values in \(x.bounds) and in \(y.bounds)")
        let count = x.count
        guard count > 0 else { return try vector([], bounds) }
        let header = try begin(.multiply, ring: E.ring, count: count, bounds: bounds)
        do {
            let triples = try await source.produce(.products(E.ring), count: count)
            let opened = masked([(x.share, 0), (y.share, 1)], triples)
            try await addUp(opened, header)
            let isFirst = party == 0
            let share: [E] = try await Parallel.offload { Self.product(opened, triples, count, isFirst) }
            return try vector(share, bounds)
        } catch {
            throw await fail(error)
        }
    }

    /// The element-wise square. Opens one element an item.
    public func square<E: RingElement>(_ x: SharedVector<E>) async throws -> SharedVector<E> {
        require(x)
        let bounds = try x.bounds.squared()
        try bounds.require(in: E.ring, for: "a square of values in \(x.bounds)")
        let count = x.count
        guard count > 0 else { return try vector([], bounds) }
        let header = try begin(.square, ring: E.ring, count: count, bounds: bounds)
        do {
            let pairs = try await source.produce(.squares(E.ring), count: count)
            let opened = masked([(x.share, 0)], pairs)
            try await addUp(opened, header)
            let isFirst = party == 0
            let share: [E] = try await Parallel.offload { Self.square(opened, pairs, count, isFirst) }
            return try vector(share, bounds)
        } catch {
            throw await fail(error)
        }
    }

    /// Elements of one piece of an inner product, so that masks stay bounded.
    static let dotElements = 1 << 20

    /// The inner product, as a vector of one element. The dealer sends one word of correction for a million elements; opens two
    /// elements an item.
    public func dot<E: RingElement>(_ x: SharedVector<E>, _ y: SharedVector<E>) async throws -> SharedVector<E> {
        try requireLike(x, y)
        let bounds = try (x.bounds * y.bounds).summed(x.count)
        try bounds.require(in: E.ring, for: "an inner product of \(x.count) terms")
        var sum: E = 0
        for start in stride(from: 0, to: x.count, by: Self.dotElements) {
            let range = start..<min(x.count, start + Self.dotElements)
            sum = sum &+ (try await dotPiece(Array(x.share[range]), Array(y.share[range]), bounds))
        }
        return try vector([sum], bounds)
    }

    private func dotPiece<E: RingElement>(_ x: [E], _ y: [E], _ bounds: DeclaredBounds) async throws -> E {
        let count = x.count
        let header = try begin(.dot, ring: E.ring, count: count, bounds: bounds)
        do {
            let triple = try await source.produce(.matrixProducts(E.ring, rows: 1, inner: count, columns: 1), count: 1)
            let opened = masked([(x, 0), (y, 1)], triple)
            try await addUp(opened, header)
            let isFirst = party == 0
            return try await Parallel.offload { Self.product(opened, triple, count, isFirst).reduce(0, &+) }
        } catch {
            throw await fail(error)
        }
    }

    /// The sum of all elements, as a vector of one element. Local.
    public func sum<E: RingElement>(_ x: SharedVector<E>) throws -> SharedVector<E> {
        require(x)
        return try x.sum()
    }

    private func vector<E: RingElement>(_ share: [E], _ bounds: DeclaredBounds) throws -> SharedVector<E> {
        try SharedVector(share: share, party: party, of: partyCount, bounds: bounds)
    }

    // MARK: Loops

    /// x - a for each operand, one after the other: this party's summand of what is opened.
    private func masked<E: RingElement>(_ operands: [(share: [E], section: Int)], _ masks: CorrelationBatch) -> HugeBuffer<E> {
        let count = operands[0].share.count
        let out = HugeBuffer<E>(count: operands.count * count, wiped: true)
        for (i, operand) in operands.enumerated() {
            operand.share.withUnsafeBufferPointer {
                Beaver.subtract($0.baseAddress!, masks.elements(operand.section), count, into: out.pointer + i * count)
            }
        }
        return out
    }

    /// c + d b + e a, and d e of the first party. A triple of one long item has one c, which goes to the first element.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func product<E: RingElement>(
        _ opened: HugeBuffer<E>, _ triples: CorrelationBatch, _ count: Int, _ isFirst: Bool
    ) -> [E] {
        let first: E = isFirst ? 1 : 0
        let (d, e) = (opened.pointer, opened.pointer + count)
        let (a, b) = (triples.elements(0, as: E.self), triples.elements(1, as: E.self))
        var out = [E](unsafeUninitializedCapacity: count) { out, initialized in
            for i in 0..<count { out[i] = d[i] &* b[i] &+ e[i] &* (a[i] &+ first &* d[i]) }
            initialized = count
        }
        let c = UnsafeBufferPointer(start: triples.elements(2, as: E.self), count: triples.words(2).count / E.ring.words)
        out.withUnsafeMutableBufferPointer { RingKernels.add(c, to: UnsafeMutableBufferPointer(rebasing: $0[0..<c.count])) }
        return out
    }

    /// c + 2 d a, and d^2 of the first party.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func square<E: RingElement>(
        _ opened: HugeBuffer<E>, _ pairs: CorrelationBatch, _ count: Int, _ isFirst: Bool
    ) -> [E] {
        let first: E = isFirst ? 1 : 0
        let d = opened.pointer, a = pairs.elements(0, as: E.self), c = pairs.elements(1, as: E.self)
        return [E](unsafeUninitializedCapacity: count) { out, initialized in
            for i in 0..<count { out[i] = c[i] &+ d[i] &* (a[i] &+ a[i] &+ first &* d[i]) }
            initialized = count
        }
    }
}
