extension SharedVector {
    /// Element i is the sum of elements 0 ... i. Local. Throws `.range` when a sum might leave the ring.
    public func prefixSums() throws -> SharedVector {
        let sums = try bounds.union(bounds.summed(max(1, count)))
        try sums.require(in: Element.ring, for: "prefix sums of \(count) elements")
        return try SharedVector(share: LaneLoops.prefixSums(share), party: party, of: partyCount, bounds: sums)
    }

    /// Element i less element i - 1; the first as it is. Local: undoes `prefixSums`.
    public func differences() throws -> SharedVector {
        let steps = try bounds.union(bounds - bounds)
        try steps.require(in: Element.ring, for: "differences of neighbours")
        return try SharedVector(share: LaneLoops.differences(share), party: party, of: partyCount, bounds: steps)
    }

    /// One vector after the other. The bounds hold the values of all.
    public static func joined(_ parts: [SharedVector]) throws -> SharedVector {
        guard let first = parts.first else { preconditionFailure("nothing to join") }
        precondition(parts.allSatisfy { $0.party == first.party && $0.partyCount == first.partyCount }, "shares of different parties")
        return try SharedVector(
            share: parts.flatMap(\.share), party: first.party, of: first.partyCount,
            bounds: parts.dropFirst().reduce(first.bounds) { $0.union($1.bounds) })
    }
}

extension LaneLoops {
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func prefixSums<E: RingElement>(_ x: [E]) -> [E] {
        x.withUnsafeBufferPointer { x in
            [E](unsafeUninitializedCapacity: x.count) { out, count in
                var sum: E = 0
                for i in 0..<x.count {
                    sum = sum &+ x[i]
                    out[i] = sum
                }
                count = x.count
            }
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func differences<E: RingElement>(_ x: [E]) -> [E] {
        x.withUnsafeBufferPointer { x in
            [E](unsafeUninitializedCapacity: x.count) { out, count in
                for i in 0..<x.count { out[i] = i == 0 ? x[0] : x[i] &- x[i - 1] }
                count = x.count
            }
        }
    }
}
