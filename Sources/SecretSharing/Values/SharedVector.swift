import SandboxCore

/// One party's additive share of a vector: the shares of all `partyCount` parties add up to the values, modulo 2^64 or 2^128.
///
/// All but one of the shares are uniform and independent, so any `partyCount - 1` of them say nothing about the values. Linear
/// operations are local; each computes the bounds of its result and throws `.range` when the result might leave the ring, so a
/// reconstructed value is never a wrapped one. Operands must belong to one party and have equal length.
public struct SharedVector<Element: RingElement>: Sendable {
    /// This party's index, 0 ..< partyCount.
    public let party: Int
    public let partyCount: Int
    /// In which every shared value lies.
    public private(set) var bounds: DeclaredBounds
    /// This party's share, uniform on its own. Not printed, not coded.
    public private(set) var share: [Element]

    /// Wraps a share that another protocol computed. Throws `.range` when `bounds` do not fit the ring.
    public init(share: [Element], party: Int, of partyCount: Int, bounds: DeclaredBounds) throws {
        precondition(partyCount >= 2 && (0..<partyCount).contains(party))
        try bounds.require(in: Element.ring, for: "a sharing")
        self.init(unchecked: share, party, partyCount, bounds)
    }

    private init(unchecked share: [Element], _ party: Int, _ partyCount: Int, _ bounds: DeclaredBounds) {
        self.share = share
        self.party = party
        self.partyCount = partyCount
        self.bounds = bounds
    }

    public var count: Int { share.count }

    private func with(_ bounds: DeclaredBounds, for operation: String, _ share: () -> [Element]) throws -> SharedVector {
        try bounds.require(in: Element.ring, for: operation)
        return SharedVector(unchecked: share(), party, partyCount, bounds)
    }

    private func requireLike(_ other: SharedVector) throws {
        precondition(party == other.party && partyCount == other.partyCount, "shares of different parties")
        try requireCount(other.count)
    }

    private func requireCount(_ other: Int) throws {
        guard count == other else {
            throw YinheError(.badInput, "vectors of \(count) and \(other) elements do not fit together")
        }
    }

    /// A public integer as a ring element. Factors and constants beyond the ring would change the value: refused.
    private func ringElement(_ value: Int128, _ what: String) throws -> Element {
        guard let value = Element.Signed(exactly: value) else {
            throw YinheError(
                .range, "\(what) \(value) does not fit the ring \(Element.ring.rawValue)", remedy: "use a wider ring")
        }
        return Element(bitPattern: value)
    }

    // MARK: Linear operations

    public static func + (a: SharedVector, b: SharedVector) throws -> SharedVector {
        try a.requireLike(b)
        return try a.with(a.bounds + b.bounds, for: "an addition") { RingKernels.add(a.share, b.share) }
    }

    public static func - (a: SharedVector, b: SharedVector) throws -> SharedVector {
        try a.requireLike(b)
        return try a.with(a.bounds - b.bounds, for: "a subtraction") { RingKernels.subtract(a.share, b.share) }
    }

    /// Adds in place, without a new vector.
    public static func += (a: inout SharedVector, b: SharedVector) throws {
        try a.requireLike(b)
        let sum = try a.bounds + b.bounds
        try sum.require(in: Element.ring, for: "an addition")
        a.share.withUnsafeMutableBufferPointer { target in b.share.withUnsafeBufferPointer { RingKernels.add($0, to: target) } }
        a.bounds = sum
    }

    public func negated() throws -> SharedVector {
        try with(bounds.scaled(by: -1), for: "a negation") { RingKernels.map(share, .negate) }
    }

    /// Times a public integer.
    public func scaled(by factor: Int128) throws -> SharedVector {
        let ringFactor = try ringElement(factor, "the factor")
        return try with(bounds.scaled(by: factor), for: "scaling by \(factor)") { RingKernels.map(share, .scale(ringFactor)) }
    }

    /// Plus a public integer in every element; party 0 adds it to its share.
    public func adding(_ constant: Int128) throws -> SharedVector {
        let ringConstant = try ringElement(constant, "the constant")
        return try with(bounds + DeclaredBounds(unchecked: constant, constant), for: "adding \(constant)") {
            party == 0 ? RingKernels.map(share, .addConstant(ringConstant)) : share
        }
    }

    /// Plus a public vector; party 0 adds it to its share.
    public func adding(_ values: [Element.Signed]) throws -> SharedVector {
        try requireCount(values.count)
        guard let (low, high) = RingKernels.extremes(values, as: Element.self) else { return self }
        let added = DeclaredBounds(unchecked: Int128(low), Int128(high))
        return try with(bounds + added, for: "adding a public vector") {
            guard party == 0 else { return share }
            return values.withUnsafeBytes { RingKernels.add(share, Array($0.bindMemory(to: Element.self))) }
        }
    }

    /// The sum of all elements, as a vector of one element.
    public func sum() throws -> SharedVector {
        try with(bounds.summed(count), for: "the sum of \(count) elements") { [RingKernels.sum(share)] }
    }

    /// The inner product with a public vector, as a vector of one element. Its bounds are exact for the given weights.
    public func dot(_ weights: [Element.Signed]) throws -> SharedVector {
        try requireCount(weights.count)
        guard let (positive, negative) = RingKernels.signedSums(weights, as: Element.self) else {
            throw YinheError(.range, "the weights of an inner product add up beyond 128 bits", remedy: "use smaller weights")
        }
        // Largest where positive weights meet the upper bound and negative weights the lower.
        let result = try bounds.scaled(by: positive) + bounds.scaled(by: negative)
        return try with(result, for: "an inner product") { [RingKernels.dot(share, weights)] }
    }

    /// Elements `range`.
    public subscript(range: Range<Int>) -> SharedVector {
        SharedVector(unchecked: Array(share[range]), party, partyCount, bounds)
    }

    /// The same values under other bounds that the caller knows to hold, as after a protocol that clamps.
    /// Declaring bounds that do not hold makes results wrong; every party must declare the same.
    public func declared(_ bounds: DeclaredBounds) throws -> SharedVector {
        try with(bounds, for: "declaring bounds") { share }
    }
}

extension SharedVector: CustomStringConvertible {
    /// Says nothing about the share.
    public var description: String {
        "share of party \(party) of \(partyCount): \(count) values in \(bounds) over \(Element.ring.rawValue)"
    }
}
