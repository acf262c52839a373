import SandboxCore

extension TwoPartyComputation {
    /// The element-wise product. One round; two ring elements an item each way. Throws `.range` when a product might leave the ring,
    /// `.badInput` for different lengths. (D. Beaver, "Efficient multiparty protocols using circuit randomization", CRYPTO 1991.)
    public func multiply<E: RingElement>(_ x: SharedVector<E>, _ y: SharedVector<E>) async throws -> SharedVector<E> {
        try requireLike(x, y)
        let bounds = try x.bounds * y.bounds
        try bounds.require(in: E.ring, for: "a multiplication of values in \(x.bounds) and in \(y.bounds)")
        guard x.count > 0 else { return try SharedVector(share: [], party: party, of: 2, bounds: bounds) }
        let triples = try await take(.products(E.ring), x.count)
        let out = HugeBuffer<E>(count: x.count, wiped: true)
        let isFirst = party == 0
        try await exchange(
            .multiply, items: x.count, wordsPerItem: 2 * E.ring.words,
            fill: { Beaver.mask(x.share, y.share, triples, $0, $1) },
            use: { Beaver.product(x.share, y.share, triples, isFirst, $0, $1, into: out.pointer) })
        return try vector(out, count: x.count, bounds)
    }

    /// The element-wise square. One round, one ring element an item each way.
    public func square<E: RingElement>(_ x: SharedVector<E>) async throws -> SharedVector<E> {
        require(x)
        let bounds = try x.bounds.squared()
        try bounds.require(in: E.ring, for: "a square of values in \(x.bounds)")
        guard x.count > 0 else { return try SharedVector(share: [], party: party, of: 2, bounds: bounds) }
        let pairs = try await take(.squares(E.ring), x.count)
        let out = HugeBuffer<E>(count: x.count, wiped: true)
        let isFirst = party == 0
        try await exchange(
            .square, items: x.count, wordsPerItem: E.ring.words,
            fill: { Beaver.mask(x.share, pairs, 0, $0, $1) },
            use: { Beaver.square(x.share, pairs, isFirst, $0, $1, into: out.pointer) })
        return try vector(out, count: x.count, bounds)
    }

    /// The inner product, as a vector of one element. One round; both vectors travel masked, once.
    ///
    /// Fewer bytes are impossible for fresh additive shares: with one party's shares zero it is the inner product of two private
    /// vectors, whose communication is linear in their length however it is computed. `maskedDot` moves those bytes ahead of need.
    public func dot<E: RingElement>(_ x: SharedVector<E>, _ y: SharedVector<E>) async throws -> SharedVector<E> {
        try requireLike(x, y)
        return try await matrixProduct(x, rows: 1, y, columns: 1)
    }

    /// The product of two shared matrices, row-major: `x` is rows x inner, `y` inner x columns. One round; each matrix travels masked
    /// once, `rows * inner + inner * columns` elements each way, however often its elements enter products.
    public func matrixProduct<E: RingElement>(
        _ x: SharedVector<E>, rows: Int, _ y: SharedVector<E>, columns: Int
    ) async throws -> SharedVector<E> {
        require(x)
        require(y)
        guard rows > 0, columns > 0, x.count % rows == 0, y.count % columns == 0, x.count / rows == y.count / columns else {
            throw YinheError(.badInput, "\(x.count) elements in \(rows) rows and \(y.count) in \(columns) columns are no matrices that fit")
        }
        let inner = x.count / rows
        let bounds = try (x.bounds * y.bounds).summed(inner)
        try bounds.require(in: E.ring, for: "a product of matrices over \(inner) terms")
        guard inner > 0 else {
            return try SharedVector(share: [E](repeating: 0, count: rows * columns), party: party, of: 2, bounds: bounds)
        }
        let sum = HugeBuffer<E>(count: rows * columns, wiped: true)
        // The inner dimension in pieces, so that masks and messages stay bounded.
        let piece = min(inner, max(1, Self.matrixElements / (rows + columns)))
        for start in stride(from: 0, to: inner, by: piece) {
            let range = start..<min(inner, start + piece)
            let a = Beaver.columns(x.share, rows, inner, range)
            let b = Array(y.share[range.lowerBound * columns..<range.upperBound * columns])
            try await addMatrixProduct(a, b, rows, range.count, columns, into: sum)
        }
        return try vector(sum, count: rows * columns, bounds)
    }

    /// Masked elements of one piece of a matrix product: 4 MiB over Z_2^64.
    static let matrixElements = 1 << 19

    private func addMatrixProduct<E: RingElement>(
        _ a: [E], _ b: [E], _ rows: Int, _ inner: Int, _ columns: Int, into sum: HugeBuffer<E>
    ) async throws {
        let triple = try await take(.matrixProducts(E.ring, rows: rows, inner: inner, columns: columns), 1)
        let opened = HugeBuffer<E>(count: a.count + b.count, wiped: true)
        let masked = HugeBuffer<E>(count: a.count + b.count, wiped: true)
        a.withUnsafeBufferPointer { Beaver.subtract($0.baseAddress!, triple.elements(0), a.count, into: masked.pointer) }
        b.withUnsafeBufferPointer { Beaver.subtract($0.baseAddress!, triple.elements(1), b.count, into: masked.pointer + a.count) }
        let words = E.ring.words
        try await exchange(
            .matrixProduct, items: a.count + b.count, wordsPerItem: words,
            fill: { Beaver.copy(masked.pointer, $0, $1) },
            use: { Beaver.sum(masked.pointer, $0, $1, into: opened.pointer) })
        let isFirst = party == 0, count = a.count
        try await Parallel.offload {
            // X Y = C + D B + A E + D E with D = X - A and E = Y - B open.
            let (d, e) = (opened.pointer, opened.pointer + count)
            Beaver.finish(d, e, triple, rows, inner, columns, isFirst, into: sum)
        }
    }

    func vector<E: RingElement>(_ buffer: HugeBuffer<E>, count: Int, _ bounds: DeclaredBounds) throws -> SharedVector<E> {
        try SharedVector(
            share: Array(UnsafeBufferPointer(start: buffer.pointer, count: count)), party: party, of: 2, bounds: bounds)
    }
}

/// Loops of the products, compiled for both rings.
enum Beaver {
    private static func elements<E>(_ words: UnsafeMutablePointer<UInt64>, _: E.Type) -> UnsafeMutablePointer<E> {
        UnsafeMutableRawPointer(words).assumingMemoryBound(to: E.self)
    }
    static func elements<E>(_ words: UnsafePointer<UInt64>, _: E.Type) -> UnsafePointer<E> {
        UnsafeRawPointer(words).assumingMemoryBound(to: E.self)
    }

    /// x - a, then y - b, for some items.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func mask<E: RingElement>(
        _ x: [E], _ y: [E], _ triples: CorrelationBatch, _ items: Range<Int>, _ words: UnsafeMutablePointer<UInt64>
    ) {
        mask(x, triples, 0, items, words)
        mask(y, triples, 1, items, words + items.count * E.ring.words)
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func mask<E: RingElement>(
        _ x: [E], _ masks: CorrelationBatch, _ section: Int, _ items: Range<Int>, _ words: UnsafeMutablePointer<UInt64>
    ) {
        x.withUnsafeBufferPointer {
            subtract(
                $0.baseAddress! + items.lowerBound, masks.elements(section, as: E.self) + items.lowerBound, items.count,
                into: elements(words, E.self))
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func subtract<E: RingElement>(
        _ x: UnsafePointer<E>, _ a: UnsafePointer<E>, _ count: Int, into out: UnsafeMutablePointer<E>
    ) {
        for i in 0..<count { out[i] = x[i] &- a[i] }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func copy<E: RingElement>(_ x: UnsafePointer<E>, _ items: Range<Int>, _ words: UnsafeMutablePointer<UInt64>) {
        elements(words, E.self).update(from: x + items.lowerBound, count: items.count)
    }

    /// out = x + the peer's words.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func sum<E: RingElement>(
        _ x: UnsafePointer<E>, _ items: Range<Int>, _ words: UnsafePointer<UInt64>, into out: UnsafeMutablePointer<E>
    ) {
        let peer = elements(words, E.self), x = x + items.lowerBound, out = out + items.lowerBound
        for i in 0..<items.count { out[i] = x[i] &+ peer[i] }
    }

    /// c + d b + e (a + d of the first party), d = x - a and e = y - b of both.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func product<E: RingElement>(
        _ x: [E], _ y: [E], _ triples: CorrelationBatch, _ isFirst: Bool, _ items: Range<Int>, _ words: UnsafePointer<UInt64>,
        into out: UnsafeMutablePointer<E>
    ) {
        let first: E = isFirst ? 1 : 0
        let n = items.count, at = items.lowerBound
        let (peerD, peerE) = (elements(words, E.self), elements(words, E.self) + n)
        let (a, b, c) = (
            triples.elements(0, as: E.self) + at, triples.elements(1, as: E.self) + at, triples.elements(2, as: E.self) + at
        )
        let out = out + at
        x.withUnsafeBufferPointer { x in
            y.withUnsafeBufferPointer { y in
                let (x, y) = (x.baseAddress! + at, y.baseAddress! + at)
                for i in 0..<n {
                    let d = x[i] &- a[i] &+ peerD[i]
                    let e = y[i] &- b[i] &+ peerE[i]
                    out[i] = c[i] &+ d &* b[i] &+ e &* (a[i] &+ first &* d)
                }
            }
        }
    }

    /// c + 2 d a + d^2 of the first party.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func square<E: RingElement>(
        _ x: [E], _ pairs: CorrelationBatch, _ isFirst: Bool, _ items: Range<Int>, _ words: UnsafePointer<UInt64>,
        into out: UnsafeMutablePointer<E>
    ) {
        let first: E = isFirst ? 1 : 0
        let at = items.lowerBound
        let peer = elements(words, E.self), a = pairs.elements(0, as: E.self) + at, c = pairs.elements(1, as: E.self) + at
        let out = out + at
        x.withUnsafeBufferPointer { x in
            let x = x.baseAddress! + at
            for i in 0..<items.count {
                let d = x[i] &- a[i] &+ peer[i]
                out[i] = c[i] &+ d &* (a[i] &+ a[i] &+ first &* d)
            }
        }
    }

    /// sum += C + D B + (A + D of the first party) E. Overwrites D.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func finish<E: RingElement>(
        _ d: UnsafeMutablePointer<E>, _ e: UnsafePointer<E>, _ triple: CorrelationBatch, _ rows: Int, _ inner: Int, _ columns: Int,
        _ isFirst: Bool, into sum: HugeBuffer<E>
    ) {
        let own = triple.elements(0, as: E.self)
        RingKernels.add(UnsafeBufferPointer(start: triple.elements(2, as: E.self), count: rows * columns), to: sum.buffer)
        RingKernels.addMatrixProduct(into: sum.pointer, d, triple.elements(1), rows, inner, columns)
        if isFirst { for i in 0..<rows * inner { d[i] = d[i] &+ own[i] } }
        RingKernels.addMatrixProduct(into: sum.pointer, isFirst ? UnsafePointer(d) : own, e, rows, inner, columns)
    }

    /// Columns `range` of a row-major matrix.
    static func columns<E>(_ x: [E], _ rows: Int, _ inner: Int, _ range: Range<Int>) -> [E] {
        if range.count == inner { return x }
        return (0..<rows).flatMap { x[$0 * inner + range.lowerBound..<$0 * inner + range.upperBound] }
    }
}
