import SandboxCore

extension TwoPartyComputation {
    /// floor(sum / count) of a vector, by its public length.
    public func mean<E: RingElement>(_ x: SharedVector<E>) async throws -> SharedVector<E> {
        guard x.count > 0 else { throw YinheError(.badInput, "the mean of no values") }
        return try await divide(x.sum(), by: Int128(x.count))
    }

    /// floor(sum / count) of the values whose bit is 1, and 0 when there are none: the count stays secret.
    public func mean<E: RingElement>(_ x: SharedVector<E>, where bits: SharedBits) async throws -> SharedVector<E> {
        guard x.count > 0 else { throw YinheError(.badInput, "the mean of no values") }
        let sum = try await multiply(bits, x).sum()
        let count: SharedVector<E> = try await arithmetic(bits).sum()
        let atLeastOne = try await maximum(count, constant([1]))
        return try await divide(sum, by: atLeastOne).declared(x.bounds.union(DeclaredBounds(0, 0)))
    }

    /// n sum x^2 - (sum x)^2, which is n^2 times the variance of a vector: exact, so that only whoever opens it divides.
    public func varianceNumerator<E: RingElement>(_ x: SharedVector<E>) async throws -> SharedVector<E> {
        let n = Int128(x.count)
        let squares = try await square(x).sum().scaled(by: n)
        let total = try await square(x.sum())
        // Not negative, by Cauchy and Schwarz.
        return try (squares - total).declared(DeclaredBounds(0, squares.bounds.upper))
    }
}
