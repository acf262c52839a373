import SandboxCore

/// Rows of shares moved by permutations of which each party knows one (Chase, Ghosh, Poburinnaya, ASIACRYPT 2020, section 4).
///
/// With p known to the owner, a and b to the peer and d[i] = a[p[i]] - b[i] to the owner, the peer sends x - a, the owner keeps
/// p(own share + what came) + d, and the peer keeps b: together x[p[i]]. Backwards the roles of a and b change: the peer sends
/// y - b and keeps a, the owner keeps the rest in the places p[i]. Each mask is used once.
extension TwoPartyComputation {
    /// The correlations of one shuffle of `rows` rows with `width` columns: one permutation of each party.
    struct ShuffleMasks: Sendable {
        let rows: Int
        let width: Int
        /// By owner.
        let permutations: [CorrelationBatch]
    }

    func takeShuffle<E: RingElement>(rows: Int, width: Int, in ring: E.Type) async throws -> ShuffleMasks {
        var permutations: [CorrelationBatch] = []
        for owner in 0..<2 {
            permutations.append(try await take(.permutation(E.ring, owner: owner, rows: rows, width: width), 1))
        }
        return ShuffleMasks(rows: rows, width: width, permutations: permutations)
    }

    /// Moves the columns under party 0's permutation, then under party 1's; they use the columns of `masks` from `first` on.
    /// Two flights.
    func shuffled<E: RingElement>(_ lanes: [Lane<E>], _ masks: ShuffleMasks, first: Int = 0) async throws -> [Lane<E>] {
        try await permuted(permuted(lanes, masks, first, owner: 0, inverse: false), masks, first, owner: 1, inverse: false)
    }

    /// Undoes `shuffled` for other columns. Two flights.
    func unshuffled<E: RingElement>(_ lanes: [Lane<E>], _ masks: ShuffleMasks, first: Int) async throws -> [Lane<E>] {
        try await permuted(permuted(lanes, masks, first, owner: 1, inverse: true), masks, first, owner: 0, inverse: true)
    }

    private func permuted<E: RingElement>(
        _ lanes: [Lane<E>], _ masks: ShuffleMasks, _ first: Int, owner: Int, inverse: Bool
    ) async throws -> [Lane<E>] {
        let rows = masks.rows, width = masks.width, batch = masks.permutations[owner]
        precondition(first + lanes.count <= width && lanes.allSatisfy { $0.share.count == rows })
        let frame = LaneFrame(count: rows, bits: lanes.map(\.bits))
        let sums = party == owner ? lanes.map { _ in HugeBuffer<E>(count: rows, wiped: true) } : []
        let hiding = inverse ? 1 : 0
        try await exchange(
            .permute, items: frame.items, wordsPerItem: frame.wordsPerItem, .from(1 - owner),
            fill: { items, words in
                frame.write(items, to: words) { lane, rows, tile in
                    lanes[lane].share.withUnsafeBufferPointer {
                        LaneLoops.subtract(
                            $0.baseAddress!, batch.elements(hiding, as: E.self) + first + lane, stride: width, rows,
                            bits: frame.bits[lane], into: tile)
                    }
                }
            },
            use: { items, words in
                frame.read(items, from: words) { lane, rows, tile in
                    lanes[lane].share.withUnsafeBufferPointer {
                        LaneLoops.add($0.baseAddress!, tile, rows, bits: frame.bits[lane], into: sums[lane].pointer)
                    }
                }
            })
        let isOwner = party == owner
        return try await Parallel.offload {
            lanes.indices.map { lane in
                let bits = lanes[lane].bits
                guard isOwner else {
                    let kept = batch.elements(1 - hiding, as: E.self) + first + lane
                    return Lane(LaneLoops.column(kept, stride: width, count: rows), bits: bits)
                }
                let p = UnsafePointer(batch.words(0).baseAddress!)
                let d = batch.elements(1, as: E.self) + first + lane, x = UnsafePointer(sums[lane].pointer)
                return Lane(
                    inverse
                        ? LaneLoops.backward(x, p, d, stride: width, count: rows)
                        : LaneLoops.forward(x, p, d, stride: width, count: rows),
                    bits: bits)
            }
        }
    }

    /// Opens a column that holds every index 0 ..< count once, in as many bits as it needs. One round. Throws `.peerMisbehaved`
    /// when it is no permutation. In planning it is the identity.
    func openPermutation<E: RingElement>(_ lane: Lane<E>) async throws -> [UInt32] {
        let count = lane.share.count
        let frame = LaneFrame(count: count, bits: [lane.bits])
        let opened = HugeBuffer<UInt64>(count: count, wiped: false)
        try await exchange(
            .open, items: frame.items, wordsPerItem: frame.wordsPerItem,
            fill: { items, words in
                frame.write(items, to: words) { _, rows, tile in
                    lane.share.withUnsafeBufferPointer { x in
                        for (i, row) in rows.enumerated() { tile[i] = UInt64(truncatingIfNeeded: x[row]) }
                    }
                }
            },
            use: { items, words in
                frame.read(items, from: words) { _, rows, tile in
                    for (i, row) in rows.enumerated() { opened.pointer[row] = tile[i] }
                }
            })
        if isPlanning { return (0..<UInt32(count)).map { $0 } }
        let mask: UInt64 = lane.bits >= 64 ? .max : 1 << UInt64(lane.bits) - 1
        do {
            return try LaneLoops.permutation(lane.share, plus: opened, mask: mask)
        } catch {
            if case .session(let session) = link { await session.abort(.badMessage) }
            throw error
        }
    }

    /// The columns in one uniformly random order that nobody knows: under party 0's random permutation, then under party 1's.
    /// Two flights, one in each direction, of `count * ring bytes` for each column. One permutation of each party.
    ///
    /// (M. Chase, E. Ghosh, O. Poburinnaya, "Secret-shared shuffle", ASIACRYPT 2020, eprint 2019/1340.)
    /// Throws `.badInput` for columns of different lengths.
    public func shuffle<E: RingElement>(_ columns: [SharedVector<E>]) async throws -> [SharedVector<E>] {
        let count = try requireColumns(columns)
        guard count > 1, !columns.isEmpty else { return columns }
        let masks = try await takeShuffle(rows: count, width: columns.count, in: E.self)
        return try vectors(await shuffled(columns.map { Lane($0) }, masks), like: columns)
    }

    /// The same for columns of elements and of bits together. A bit travels as a byte; a permutation of 64-bit elements is used
    /// for it.
    public func shuffle<E: RingElement>(
        _ columns: [SharedVector<E>], bits: [SharedBits]
    ) async throws -> (columns: [SharedVector<E>], bits: [SharedBits]) {
        let count = try requireColumns(columns, count: columns.first?.count ?? bits.first?.count ?? 0)
        try requireBits(bits, count: count)
        guard count > 1, !columns.isEmpty || !bits.isEmpty else { return (columns, bits) }
        let masks = try await takeShuffle(rows: count, width: columns.count + bits.count, in: E.self)
        let moved = try await shuffled(columns.map { Lane($0) } + bits.map { Lane($0) }, masks)
        return (
            try vectors(Array(moved[0..<columns.count]), like: columns),
            moved[columns.count...].map { $0.sharedBits(party: party) }
        )
    }

    func requireBits(_ bits: [SharedBits], count: Int) throws {
        for column in bits {
            precondition(column.party == party, "a share of another party")
            guard column.count == count else {
                throw YinheError(.badInput, "columns of \(count) and \(column.count) rows do not fit together")
            }
        }
    }

    func requireColumns<E: RingElement>(_ columns: [SharedVector<E>], count: Int? = nil) throws -> Int {
        let count = count ?? columns.first?.count ?? 0
        for column in columns {
            require(column)
            guard column.count == count else {
                throw YinheError(.badInput, "columns of \(count) and \(column.count) rows do not fit together")
            }
        }
        guard count <= Self.maximumRows else {
            throw YinheError(.badInput, "a table of \(count) rows", remedy: "use at most \(Self.maximumRows) rows")
        }
        return count
    }

    /// Rows of a table that is shuffled or sorted.
    public static var maximumRows: Int { 1 << 30 }

    /// Whole-element columns as vectors, with the bounds that they had.
    func vectors<E: RingElement>(_ lanes: [Lane<E>], like columns: [SharedVector<E>]) throws -> [SharedVector<E>] {
        try zip(lanes, columns).map { try SharedVector(share: $0.share, party: party, of: 2, bounds: $1.bounds) }
    }
}

extension LaneLoops {
    /// x + peer, which must be a permutation.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func permutation<E: RingElement>(_ x: [E], plus peer: HugeBuffer<UInt64>, mask: UInt64) throws -> [UInt32] {
        let count = x.count
        var seen = [Bool](repeating: false, count: count)
        var distinct = 0
        let out = x.withUnsafeBufferPointer { x in
            [UInt32](unsafeUninitializedCapacity: count) { out, initialized in
                for i in 0..<count {
                    let value = (UInt64(truncatingIfNeeded: x[i]) &+ peer.pointer[i]) & mask
                    out[i] = UInt32(truncatingIfNeeded: value)
                    guard value < UInt64(count), !seen[Int(value)] else { continue }
                    seen[Int(value)] = true
                    distinct += 1
                }
                initialized = count
            }
        }
        guard distinct == count else {
            throw YinheError(
                .peerMisbehaved, "opened places of \(count) rows are no permutation",
                remedy: "a share was damaged, or the two sides hold different correlations; run again")
        }
        return out
    }
}
