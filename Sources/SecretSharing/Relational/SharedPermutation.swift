import SandboxCore

/// A permutation that nobody knows, as shared indices: element i is the row that comes to place i.
///
/// `gather` gives x[P[i]], `scatter` its inverse. G. Asharov, K. Hamada, D. Ikarashi, R. Kikuchi, A. Nof, B. Pinkas,
/// K. Takahashi, J. Tomida, "Efficient secure three-party sorting with applications to data analysis and heavy hitters", CCS 2022,
/// eprint 2022/1595; K. Chida et al., eprint 2019/695. (There a permutation names destinations: the inverse of this one.)
public struct SharedPermutation: Sendable {
    let indices: Lane<UInt64>
    public let party: Int

    public var count: Int { indices.share.count }

    /// Bits of an index among `count` rows.
    static func indexBits(_ count: Int) -> Int { max(1, Int.bitWidth - (count - 1).leadingZeroBitCount) }

    init(_ share: [UInt64], party: Int) {
        indices = Lane(share, bits: Self.indexBits(max(1, share.count)))
        self.party = party
    }

    /// Indices that another protocol computed. Throws `.badInput` for bounds outside 0 ..< count. That they are distinct is
    /// checked when the permutation is used.
    public init(_ indices: SharedVector<UInt64>) throws {
        guard indices.bounds.lower >= 0, indices.bounds.upper < Int128(max(1, indices.count)) else {
            throw YinheError(.badInput, "indices in \(indices.bounds) are no permutation of \(indices.count) rows")
        }
        self.init(indices.share, party: indices.party)
    }

    /// Every row stays where it is.
    public static func identity(count: Int, party: Int) -> SharedPermutation {
        SharedPermutation((0..<UInt64(count)).map { party == 0 ? $0 : 0 }, party: party)
    }
}

extension TwoPartyComputation {
    /// Row P[i] of the columns at place i. Five rounds: the indices are shuffled and opened, the columns put in that order, and
    /// the shuffle is undone. A row costs each way two indices (its share of the shuffle, and the opening) and a ring element for
    /// each column. What is opened is a uniform permutation.
    public func gather<E: RingElement>(
        _ columns: [SharedVector<E>], by order: SharedPermutation
    ) async throws -> [SharedVector<E>] {
        _ = try requireColumns(columns, count: order.count)
        return try vectors(await gathered(columns.map { Lane($0) }, by: order), like: columns)
    }

    func gathered<E: RingElement>(_ lanes: [Lane<E>], by order: SharedPermutation) async throws -> [Lane<E>] {
        guard order.count > 1, !lanes.isEmpty else { return lanes }
        let masks = try await takeShuffle(rows: order.count, width: 1 + lanes.count, in: E.self)
        let indices = try await shuffled([order.indices.widened(to: E.self)], masks)
        let opened = try await openPermutation(indices[0])
        let moved = try await Parallel.offload { lanes.map { Lane(LaneLoops.gathered($0.share, opened), bits: $0.bits) } }
        return try await unshuffled(moved, masks, first: 1)
    }

    /// Row P[i] of columns of bits at place i. As for elements; a bit travels as a byte.
    public func gather(_ bits: [SharedBits], by order: SharedPermutation) async throws -> [SharedBits] {
        try requireBits(bits, count: order.count)
        return try await gathered(bits.map { Lane<UInt64>($0) }, by: order).map { $0.sharedBits(party: party) }
    }

    /// Row i of the columns at place P[i]: undoes `gather`. Three rounds: indices and columns are shuffled together, then the
    /// indices opened. What is opened is a uniform permutation.
    public func scatter<E: RingElement>(
        _ columns: [SharedVector<E>], by order: SharedPermutation
    ) async throws -> [SharedVector<E>] {
        _ = try requireColumns(columns, count: order.count)
        return try vectors(await scattered(columns.map { Lane($0) }, by: order), like: columns)
    }

    func scattered<E: RingElement>(_ lanes: [Lane<E>], by order: SharedPermutation) async throws -> [Lane<E>] {
        guard order.count > 1, !lanes.isEmpty else { return lanes }
        let masks = try await takeShuffle(rows: order.count, width: 1 + lanes.count, in: E.self)
        let all = try await shuffled([order.indices.widened(to: E.self)] + lanes, masks)
        let opened = try await openPermutation(all[0])
        return try await Parallel.offload { all.dropFirst().map { Lane(LaneLoops.scattered($0.share, opened), bits: $0.bits) } }
    }

    /// First `first`, then `second`: gathering by the result is gathering by the one, then by the other. Five rounds.
    public func composed(_ first: SharedPermutation, _ second: SharedPermutation) async throws -> SharedPermutation {
        guard first.count == second.count else {
            throw YinheError(.badInput, "permutations of \(first.count) and \(second.count) rows do not fit together")
        }
        return SharedPermutation(try await gathered([first.indices], by: second)[0].share, party: party)
    }

    /// The inverse permutation. Three rounds.
    public func inverted(_ order: SharedPermutation) async throws -> SharedPermutation {
        let places = SharedPermutation.identity(count: order.count, party: party)
        return SharedPermutation(try await scattered([places.indices], by: order)[0].share, party: party)
    }

    /// Opens the permutation to both parties. One round. Throws `.peerMisbehaved` when it is none.
    public func open(_ order: SharedPermutation) async throws -> [Int] {
        guard order.count > 0 else { return [] }
        return try await openPermutation(order.indices).map { Int($0) }
    }
}
