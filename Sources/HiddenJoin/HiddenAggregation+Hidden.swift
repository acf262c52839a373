import Arithmetic
import SandboxCore
import SecretSharing
import Transport

extension HiddenAggregation.Party {
    typealias Totals = HiddenAggregation.Totals

    /// `.hidden`: circuit PSI, then chunk by chunk the sums over bins.
    func runHidden(
        over channel: any Channel, source: HiddenJoin.SourceMaker, progress: ProgressMonitor?, random: any RandomSource
    ) async throws -> Result {
        let isReceiver = role == .receiver, varying = layout.senderVarying
        return try await HiddenJoin.run(
            isReceiver: isReceiver, tokens, named: "hidden-aggregation", stating: statements, parameters.join, over: channel,
            source: source, progress: progress, random: random,
            payload: { peerSize in
                try checkMinimum(peerSize)
                let ring = try layout.ring(rows: HiddenJoin.bins(items: isReceiver ? tokens.count : peerSize))
                return HiddenJoin.Payload(
                    isReceiver ? nil : varying.map { columns[$0].values }, columns: varying.count, rows: tokens.count, ring: ring)
            }
        ) { context in
            let shares =
                switch context.ring {
                case .z64: try await sums(UInt64.self, context)
                case .z128: try await sums(UInt128.self, context)
                }
            return Result(
                shares: shares, peerSize: context.peerSize, matches: nil, cost: context.computation.cost,
                phases: context.clock.phases)
        }
    }

    private func sums<E: RingElement>(_: E.Type, _ context: HiddenJoin.Context) async throws -> [[UInt128]] {
        let computation = context.computation
        var totals = Totals<E>(layout)
        if let bins = context.bins {
            for start in stride(from: 0, to: bins.plan.bins, by: HiddenJoin.chunkBins) {
                let range = start..<min(start + HiddenJoin.chunkBins, bins.plan.bins)
                let matched = try await bins.membership(range, in: computation)
                context.clock.mark("comparison")
                try await add(range, of: bins, matched, to: &totals, in: computation)
                context.clock.mark("sums")
                context.clock.report("bins", range.upperBound, of: bins.plan.bins)
            }
        }
        try await checkMinimum(totals.count, context)
        return try await widened(layout.assemble(totals), computation)
    }

    /// Adds what bins `range` give to all sums that are needed.
    func add<E: RingElement>(
        _ range: Range<Int>, of bins: ProgrammedBins, _ matched: SharedBits, to totals: inout Totals<E>,
        in computation: TwoPartyComputation
    ) async throws {
        let party = computation.party, n = range.count
        if layout.needsCount {
            let ones: SharedVector<E> = try await computation.arithmetic(matched)
            totals.count &+= try ones.sum().share[0]
        }
        let varying = layout.senderVarying.map { layout.sender[$0] }
        let own = layout.receiverVarying.map { ownValues($0, in: range, of: bins) }
        let bounds = try layout.receiverVarying.map { layout.receiver[$0].declared }
            .reduce(DeclaredBounds(0, 0)) { $0.union($1) }
        let receiverVectors: [SharedVector<E>] = try layout.needsReceiverSums
            ? own.map { values in
                try SharedVector(
                    share: values.map { $0.map { E(truncatingIfNeeded: $0) } } ?? [E](repeating: 0, count: n), party: party, of: 2,
                    bounds: bounds)
            } : []
        let selected: [SharedVector<E>] = try await bins.select(matched, varying, range, in: computation, beside: receiverVectors)
        let senderColumns = Array(selected[..<varying.count])
        if layout.needsSenderSums {
            for (s, column) in senderColumns.enumerated() { totals.senderSums[s] &+= try column.sum().share[0] }
        }
        if layout.needsReceiverSums {
            for (r, column) in selected[varying.count...].enumerated() { totals.receiverSums[r] &+= try column.sum().share[0] }
        }
        guard !own.isEmpty, !varying.isEmpty else { return }
        for block in layout.blocks {
            let left = block.rows.map { own[$0] }, right = block.columns.map { senderColumns[$0] }
            if layout.multipliesBits(block, usesDealer: parameters.usesDealer) {
                try await addByBits(block, left, right, to: &totals, in: computation)
                continue
            }
            // Receiver columns x bins, times bins x sender columns.
            let known = try TwoPartyComputation.PrivateMatrix<E>(
                left.contains { $0 == nil } ? nil : left.flatMap { $0!.map { E.Signed(truncatingIfNeeded: $0) } }, rows: left.count,
                columns: n, bounds: layout.receiverBounds(block))
            let products = try await computation.product(of: known, ownedBy: 0, with: rowMajor(right), columns: right.count)
            for (i, row) in block.rows.enumerated() {
                for (j, column) in block.columns.enumerated() { totals[row, column] &+= products.share[i * right.count + j] }
            }
        }
    }

    /// Products of the receiver's columns, R = lower + sum of 2^i R_i with bits R_i that it knows, with shared columns v that
    /// are 0 where nothing matches: the sum of R v is lower times the sum of v, and 2^i times the sum of R_i v.
    private func addByBits<E: RingElement>(
        _ block: HiddenAggregation.Layout.Block, _ own: [[Int64]?], _ columns: [SharedVector<E>], to totals: inout Totals<E>,
        in computation: TwoPartyComputation
    ) async throws {
        let n = columns[0].count
        let rows = block.rows.map { layout.receiverVarying[$0] }
        let lower = rows.map { layout.receiver[$0].bounds.lowerBound }
        var bits: [(row: Int, bit: Int)] = []
        for (row, column) in rows.enumerated() {
            for bit in 0..<layout.valueBits(column) { bits.append((row, bit)) }
            for (s, values) in columns.enumerated() {
                totals[block.rows[row], block.columns[s]] &+= try values.sum().share[0] &* E(truncatingIfNeeded: lower[row])
            }
        }
        // A few bits a round, so that memory stays bounded.
        let atOnce = max(1, 4 / columns.count)
        for start in stride(from: 0, to: bits.count, by: atOnce) {
            let batch = bits[start..<min(start + atOnce, bits.count)]
            let choices = try batch.map { row, bit in
                try SharedBits(words: Self.words(own[row], less: lower[row], bit: bit, count: n), count: n, party: computation.party)
            }
            let products = try await computation.multiply(
                SharedBits.joined(choices.flatMap { Array(repeating: $0, count: columns.count) }),
                SharedVector.joined(batch.flatMap { _ in columns }))
            var at = 0
            for (row, bit) in batch {
                for s in columns.indices {
                    totals[block.rows[row], block.columns[s]] &+= try products[at..<at + n].sum().share[0] << E(bit)
                    at += n
                }
            }
        }
    }

    /// Bit `bit` of every value less `lower`, packed; zeros at the party that does not know them.
    private static func words(_ values: [Int64]?, less lower: Int64, bit: Int, count: Int) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: (count + 63) / 64)
        guard let values else { return words }
        for (i, value) in values.enumerated() {
            words[i / 64] |= (UInt64(bitPattern: value &- lower) >> UInt64(bit) & 1) << UInt64(i % 64)
        }
        return words
    }

    /// The receiver's own column in bins `range`, 0 where it has no row; nil at the sender.
    private func ownValues(_ column: Int, in range: Range<Int>, of bins: ProgrammedBins) -> [Int64]? {
        guard let rowOfBin = bins.rowOfBin else { return nil }
        let values = columns[column].values
        return rowOfBin[range].map { $0 == CuckooTable.empty ? 0 : values[Int($0)] }
    }

    private func rowMajor<E: RingElement>(_ columns: [SharedVector<E>]) throws -> SharedVector<E> {
        if columns.count == 1 { return columns[0] }
        let n = columns[0].count
        var share = [E](repeating: 0, count: n * columns.count)
        for (j, column) in columns.enumerated() {
            for (i, value) in column.share.enumerated() { share[i * columns.count + j] = value }
        }
        return try SharedVector(
            share: share, party: columns[0].party, of: 2,
            bounds: columns.dropFirst().reduce(columns[0].bounds) { $0.union($1.bounds) })
    }

    private func checkMinimum<E: RingElement>(_ count: E, _ context: HiddenJoin.Context) async throws {
        guard layout.minimum > 0, context.bins != nil else { return }
        if try await isBelowMinimum(count, size: min(tokens.count, context.peerSize), context.computation) {
            throw HiddenAggregation.belowMinimum(layout.minimum)
        }
    }

    /// Opens one bit: whether fewer than the minimum match. `size`: of the smaller set.
    func isBelowMinimum<E: RingElement>(_ count: E, size: Int, _ computation: TwoPartyComputation) async throws -> Bool {
        let shared = try SharedVector<E>(
            share: [count], party: computation.party, of: 2, bounds: DeclaredBounds(0, Int128(size)))
        return try await computation.open(computation.lessThan(shared, Int128(layout.minimum)))[0]
    }

    /// Shares modulo 2^128 from shares modulo 2^64 or 2^128.
    func widened<E: RingElement>(_ sums: [[E]], _ computation: TwoPartyComputation) async throws -> [[UInt128]] {
        let flat = sums.flatMap { $0 }
        let wide: [UInt128]
        if let narrow = flat as? [UInt64] {
            wide = try await computation.widened(narrow)
        } else {
            wide = flat as! [UInt128]
        }
        let columns = layout.sender.count
        return layout.receiver.indices.map { Array(wide[$0 * columns..<($0 + 1) * columns]) }
    }
}

extension TwoPartyComputation {
    /// Shares modulo 2^128 of numbers shared modulo 2^64, all in -2^62 ..< 2^62; exact. Two rounds.
    ///
    /// x + 2^62 leaves the highest bit free, so its shares wrap exactly when either has that bit set; the wrap, a bit, is
    /// converted and 2^64 times it taken off the shares' sum.
    package func widened(_ shares: [UInt64]) async throws -> [UInt128] {
        guard !shares.isEmpty else { return [] }
        let offset: UInt64 = 1 << 62
        let own = shares.map { party == 0 ? $0 &+ offset : $0 }
        var words = [UInt64](repeating: 0, count: (own.count + 63) / 64)
        for (i, value) in own.enumerated() { words[i / 64] |= (value >> 63) << UInt64(i % 64) }
        let zero = [UInt64](repeating: 0, count: words.count)
        let first = try SharedBits(words: party == 0 ? words : zero, count: own.count, party: party)
        let second = try SharedBits(words: party == 1 ? words : zero, count: own.count, party: party)
        let wraps: SharedVector<UInt128> = try await arithmetic(or(first, second))
        return zip(own, wraps.share).map { value, wrap in
            UInt128(value) &- wrap << 64 &- (party == 0 ? UInt128(offset) : 0)
        }
    }
}
