import SandboxCore

extension TwoPartyComputation {
    /// A matrix that one party knows and the other only the shape of.
    public struct PrivateMatrix<E: RingElement>: Sendable {
        public let rows: Int
        public let columns: Int
        public let bounds: DeclaredBounds
        /// Row-major; nil for the party that does not know it (and in planning).
        let elements: [E]?

        /// Throws `.badInput` for a wrong number of values or a value outside the bounds.
        public init(_ values: [E.Signed]?, rows: Int, columns: Int, bounds: DeclaredBounds) throws {
            try bounds.require(in: E.ring, for: "an input")
            if let values {
                guard values.count == rows * columns else {
                    throw YinheError(.badInput, "\(values.count) values for a matrix of \(rows) rows and \(columns) columns")
                }
                try AdditiveSharing.requireInBounds(values, bounds, as: E.self)
            }
            self.init(unchecked: values?.map { E(bitPattern: $0) }, rows, columns, bounds)
        }

        /// A matrix of shares: values of a ring without bounds of their own.
        init(unchecked elements: [E]?, _ rows: Int, _ columns: Int, _ bounds: DeclaredBounds) {
            self.elements = elements
            self.rows = rows
            self.columns = columns
            self.bounds = bounds
        }
    }

    /// The shared product of a matrix that party 0 knows with one that party 1 knows. One round; each matrix travels once, masked, in
    /// one direction.
    public func privateProduct<E: RingElement>(
        _ first: PrivateMatrix<E>, _ second: PrivateMatrix<E>
    ) async throws -> SharedVector<E> {
        guard first.columns == second.rows else {
            throw YinheError(.badInput, "matrices of \(first.columns) columns and \(second.rows) rows do not fit together")
        }
        let bounds = try (first.bounds * second.bounds).summed(max(first.columns, 1))
        try bounds.require(in: E.ring, for: "a product of matrices over \(first.columns) terms")
        let sum = HugeBuffer<E>(count: first.rows * second.columns, wiped: true)
        try await addPrivateProduct(first, second, into: sum)
        return try vector(sum, count: sum.count, bounds)
    }

    /// W V for a matrix W that `owner` knows and a shared V, both row-major: W times the owner's share is the owner's own affair, so that
    /// only the product with the peer's share is a protocol. One round.
    public func product<E: RingElement>(
        of known: PrivateMatrix<E>, ownedBy owner: Int, with v: SharedVector<E>, columns: Int
    ) async throws -> SharedVector<E> {
        require(v)
        guard columns > 0, v.count == known.columns * columns else {
            throw YinheError(.badInput, "\(v.count) shared elements are no matrix of \(known.columns) rows and \(columns) columns")
        }
        let bounds = try (known.bounds * v.bounds).summed(max(known.columns, 1))
        try bounds.require(in: E.ring, for: "a product of matrices over \(known.columns) terms")
        let sum = HugeBuffer<E>(count: known.rows * columns, wiped: true)
        if let w = known.elements, party == owner {
            try await Parallel.offload {
                v.share.withUnsafeBufferPointer { v in
                    w.withUnsafeBufferPointer { w in
                        RingKernels.addMatrixProduct(
                            into: sum.pointer, w.baseAddress!, v.baseAddress!, known.rows, known.columns, columns)
                    }
                }
            }
        }
        let share = party == owner ? nil : v.share
        if owner == 0 {
            try await addPrivateProduct(known, PrivateMatrix(unchecked: share, known.columns, columns, v.bounds), into: sum)
            return try vector(sum, count: sum.count, bounds)
        }
        // (W V)^T = V^T W^T, so that party 0 holds the left factor.
        let turned = HugeBuffer<E>(count: sum.count, wiped: true)
        try await addPrivateProduct(
            PrivateMatrix(unchecked: share.map { RingKernels.transposed($0, known.columns, columns) }, columns, known.columns, v.bounds),
            PrivateMatrix(
                unchecked: known.elements.map { RingKernels.transposed($0, known.rows, known.columns) }, known.columns, known.rows,
                known.bounds),
            into: turned)
        let back = RingKernels.transposed(Array(turned.buffer), columns, known.rows)
        back.withUnsafeBufferPointer { RingKernels.add($0, to: sum.buffer) }
        return try vector(sum, count: sum.count, bounds)
    }

    /// X Y = d Y + A e + A B with d = X - A and e = Y - B open, A known to party 0 and B to party 1.
    private func addPrivateProduct<E: RingElement>(
        _ first: PrivateMatrix<E>, _ second: PrivateMatrix<E>, into sum: HugeBuffer<E>
    ) async throws {
        let (rows, inner, columns) = (first.rows, first.columns, second.columns)
        guard rows > 0, inner > 0, columns > 0 else { return }
        let own = party == 0 ? first.elements : second.elements
        precondition(isPlanning || own != nil, "the owner of a private matrix gives it")
        let piece = min(inner, max(1, Self.matrixElements / (rows + columns)))
        for start in stride(from: 0, to: inner, by: piece) {
            let range = start..<min(inner, start + piece)
            let n = range.count
            let triple = try await take(.privateMatrixProducts(E.ring, rows: rows, inner: n, columns: columns), 1)
            guard let own else {
                meter.withLock { $0.rounds += 1; $0.bytesSent += E.ring.bytes * n * (party == 0 ? rows : columns) }
                continue
            }
            let mine = party == 0 ? Beaver.columns(own, rows, inner, range) : Array(own[range.lowerBound * columns..<range.upperBound * columns])
            let peerCount = n * (party == 0 ? columns : rows)
            let opened = HugeBuffer<E>(count: peerCount, wiped: true)
            try await exchangeUneven(
                .privateProduct, mine: mine.count * E.ring.words, theirs: peerCount * E.ring.words,
                fill: { range, out in
                    mine.withUnsafeBytes { mine in
                        triple.words(0).withMemoryRebound(to: UInt64.self) { masks in
                            Beaver.maskWords(mine, masks, range, E.self, into: out)
                        }
                    }
                },
                use: { range, peer in
                    UnsafeMutableRawPointer(opened.pointer).assumingMemoryBound(to: UInt64.self).advanced(by: range.lowerBound)
                        .update(from: peer, count: range.count)
                })
            let isFirst = party == 0
            try await Parallel.offload {
                RingKernels.add(UnsafeBufferPointer(start: triple.elements(1, as: E.self), count: rows * columns), to: sum.buffer)
                if isFirst {
                    RingKernels.addMatrixProduct(into: sum.pointer, triple.elements(0), opened.pointer, rows, n, columns)
                } else {
                    mine.withUnsafeBufferPointer {
                        RingKernels.addMatrixProduct(into: sum.pointer, opened.pointer, $0.baseAddress!, rows, n, columns)
                    }
                }
            }
        }
    }
}

extension Beaver {
    /// x - a for words `range`, which are whole elements.
    static func maskWords<E: RingElement>(
        _ x: UnsafeRawBufferPointer, _ a: UnsafeMutableBufferPointer<UInt64>, _ range: Range<Int>, _: E.Type,
        into out: UnsafeMutablePointer<UInt64>
    ) {
        let width = E.ring.words
        let first = range.lowerBound / width
        subtract(
            x.assumingMemoryBound(to: E.self).baseAddress! + first,
            UnsafeRawPointer(a.baseAddress!).assumingMemoryBound(to: E.self) + first, range.count / width,
            into: UnsafeMutableRawPointer(out).assumingMemoryBound(to: E.self))
    }
}
