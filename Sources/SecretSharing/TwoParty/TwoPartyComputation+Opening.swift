import SandboxCore

extension TwoPartyComputation {
    /// Opens the values to both parties, or to one of them: nil for a party that learns nothing. One round.
    /// Throws `.peerMisbehaved` for a value outside the declared bounds. In planning all values are 0, moved into the bounds.
    public func open<E: RingElement>(_ x: SharedVector<E>, to target: RevealTarget = .both) async throws -> [E.Signed]? {
        require(x)
        guard x.count > 0 else { return target.includes(party) ? [] : nil }
        let opened = HugeBuffer<E>(count: x.count, wiped: true)
        let direction: Direction =
            switch target {
            case .both: .both
            case .party(let receiver): .from(1 - receiver)
            }
        try await exchange(
            .open, items: x.count, wordsPerItem: E.ring.words, direction,
            fill: { range, words in x.share.withUnsafeBufferPointer { Beaver.copy($0.baseAddress!, range, words) } },
            use: { range, words in
                x.share.withUnsafeBufferPointer { Beaver.sum($0.baseAddress!, range, words, into: opened.pointer) }
            })
        guard target.includes(party) else { return nil }
        if isPlanning {
            let zero = E.Signed(max(x.bounds.lower, min(0, x.bounds.upper)))
            return [E.Signed](repeating: zero, count: x.count)
        }
        let values = UnsafeBufferPointer(start: opened.pointer, count: x.count).map(\.signed)
        do {
            try AdditiveSharing.requireOpenedInBounds(values, x.bounds, as: E.self)
        } catch {
            if case .session(let session) = link { await session.abort(.badMessage) }
            throw error
        }
        return values
    }

    /// Opens the bits to both parties. One round.
    public func open(_ x: SharedBits) async throws -> [Bool] {
        precondition(x.party == party, "a share of another party")
        guard x.count > 0 else { return [] }
        let opened = HugeBuffer<UInt64>(count: x.words.count, wiped: true)
        try await exchange(
            .open, items: x.words.count, wordsPerItem: 1,
            fill: { range, out in
                for (i, w) in range.enumerated() {
                    // The unused bits of the last word are not opened.
                    let rest = x.count - 64 * w
                    out[i] = rest >= 64 ? x.words[w] : x.words[w] & (1 << UInt64(rest) - 1)
                }
            },
            use: { range, peer in for (i, w) in range.enumerated() { opened.pointer[w] = x.words[w] ^ peer[i] } })
        return (0..<x.count).map { opened.pointer[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
    }

    // MARK: Inputs

    /// Shares a vector that `owner` knows; the others pass nil. No round: the owner's values become its share. To be masked by the
    /// operations that follow, so nothing of them is sent here.
    public func input<E: RingElement>(
        _ values: [E.Signed]?, from owner: Int, count: Int, bounds: DeclaredBounds, as ring: E.Type = E.self
    ) throws -> SharedVector<E> {
        precondition(owner == 0 || owner == 1)
        try bounds.require(in: E.ring, for: "an input")
        guard owner == party else {
            return try SharedVector(share: [E](repeating: 0, count: count), party: party, of: 2, bounds: bounds)
        }
        guard let values else {
            // Planning needs no data.
            precondition(isPlanning, "the owner of an input gives its values")
            return try SharedVector(share: [E](repeating: 0, count: count), party: party, of: 2, bounds: bounds)
        }
        guard values.count == count else {
            throw YinheError(.badInput, "\(values.count) values where \(count) were declared")
        }
        try AdditiveSharing.requireInBounds(values, bounds, as: E.self)
        return try SharedVector(share: values.map { E(bitPattern: $0) }, party: party, of: 2, bounds: bounds)
    }

    /// The same public values for both parties, as a sharing.
    public func constant<E: RingElement>(_ values: [E.Signed], as ring: E.Type = E.self) throws -> SharedVector<E> {
        let ends = RingKernels.extremes(values, as: E.self)
        let bounds = try DeclaredBounds(Int128(ends?.0 ?? 0), Int128(ends?.1 ?? 0))
        return try SharedVector(
            share: party == 0 ? values.map { E(bitPattern: $0) } : [E](repeating: 0, count: values.count), party: party, of: 2,
            bounds: bounds)
    }
}
