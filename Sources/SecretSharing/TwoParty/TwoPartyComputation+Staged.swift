import SandboxCore

extension TwoPartyComputation {
    /// A matrix product whose operands are masked when they become known, each on its own: the product itself then needs no
    /// communication, whatever the inner dimension (the shares under public masks of A. Patra, T. Schneider, A. Suresh, H. Yalame,
    /// "ABY2.0", USENIX Security 2021, section 3, for a product that is known ahead).
    ///
    ///     prepare(rows, inner, columns)        before the data
    ///     maskLeft(x), maskRight(y)            one round each, `rows * inner` and `inner * columns` elements each way
    ///     product                              no round, no byte; its opening costs the result's shape
    public struct StagedProduct<E: RingElement>: Sendable {
        public let rows: Int
        public let inner: Int
        public let columns: Int
        let triple: CorrelationBatch
        var left: (opened: [E], bounds: DeclaredBounds)?
        var right: (opened: [E], bounds: DeclaredBounds)?
    }

    public func prepareProduct<E: RingElement>(
        rows: Int, inner: Int, columns: Int, as ring: E.Type = E.self
    ) async throws -> StagedProduct<E> {
        guard rows > 0, inner > 0, columns > 0 else { throw YinheError(.badInput, "a product of empty matrices") }
        return StagedProduct(
            rows: rows, inner: inner, columns: columns,
            triple: try await take(.matrixProducts(E.ring, rows: rows, inner: inner, columns: columns), 1))
    }

    /// Sets the left operand, once.
    public func maskLeft<E: RingElement>(_ x: SharedVector<E>, in product: inout StagedProduct<E>) async throws {
        precondition(product.left == nil, "a mask is used once")
        product.left = (try await mask(x, product.triple, 0, product.rows * product.inner), x.bounds)
    }

    /// Sets the right operand, once.
    public func maskRight<E: RingElement>(_ y: SharedVector<E>, in product: inout StagedProduct<E>) async throws {
        precondition(product.right == nil, "a mask is used once")
        product.right = (try await mask(y, product.triple, 1, product.inner * product.columns), y.bounds)
    }

    private func mask<E: RingElement>(
        _ x: SharedVector<E>, _ triple: CorrelationBatch, _ section: Int, _ count: Int
    ) async throws -> [E] {
        require(x)
        guard x.count == count else { throw YinheError(.badInput, "\(x.count) elements where \(count) were prepared") }
        let opened = HugeBuffer<E>(count: count, wiped: true)
        try await exchange(
            .matrixProduct, items: count, wordsPerItem: E.ring.words,
            fill: { Beaver.mask(x.share, triple, section, $0, $1) },
            use: { range, words in
                x.share.withUnsafeBufferPointer { x in
                    let mask = triple.elements(section, as: E.self)
                    let peer = Beaver.elements(words, E.self)
                    for (i, place) in range.enumerated() { opened.pointer[place] = x[place] &- mask[place] &+ peer[i] }
                }
            })
        return Array(opened.buffer)
    }

    /// The product. Throws `.range` when it might leave the ring.
    public func product<E: RingElement>(_ staged: StagedProduct<E>) async throws -> SharedVector<E> {
        guard let left = staged.left, let right = staged.right else {
            preconditionFailure("both operands are masked before their product")
        }
        let bounds = try (left.bounds * right.bounds).summed(staged.inner)
        try bounds.require(in: E.ring, for: "a product of matrices over \(staged.inner) terms")
        let sum = HugeBuffer<E>(count: staged.rows * staged.columns, wiped: true)
        let isFirst = party == 0
        try await Parallel.offload {
            var d = left.opened
            d.withUnsafeMutableBufferPointer { d in
                right.opened.withUnsafeBufferPointer { e in
                    Beaver.finish(
                        d.baseAddress!, e.baseAddress!, staged.triple, staged.rows, staged.inner, staged.columns, isFirst, into: sum)
                }
            }
        }
        return try vector(sum, count: sum.count, bounds)
    }
}
