import SandboxCore
import SecretSharing

extension HiddenAggregation {
    /// Which sums a run needs, and the ring that holds them.
    ///
    /// A column whose bounds leave one value takes no part in products: the sum over c * x is c times the sum of x. Only pairs of two
    /// columns that vary cost a product for each bin.
    struct Layout: Sendable {
        let receiver: [ColumnShape]
        let sender: [ColumnShape]
        let minimum: Int
        /// The pairs whose sums are wanted; nil for all.
        let pairs: Set<Pair>?

        /// Columns that vary.
        var receiverVarying: [Int] { receiver.indices.filter { receiver[$0].constant == nil } }
        var senderVarying: [Int] { sender.indices.filter { sender[$0].constant == nil } }
        private var hasReceiverConstant: Bool { receiver.contains { $0.constant != nil } }
        private var hasSenderConstant: Bool { sender.contains { $0.constant != nil } }
        var needsCount: Bool { hasReceiverConstant && hasSenderConstant || minimum > 0 }
        /// Sums of the sender's varying columns enter alone, or their products with the receiver's.
        var needsSenderSums: Bool { hasReceiverConstant && !senderVarying.isEmpty }
        var needsReceiverSums: Bool { hasSenderConstant && !receiverVarying.isEmpty }

        /// Bits of a receiver's column above its lower bound.
        func valueBits(_ column: Int) -> Int {
            let bounds = receiver[column].bounds
            return 64 - UInt64(bitPattern: bounds.upperBound &- bounds.lowerBound).leadingZeroBitCount
        }

        /// Columns that vary and whose products are wanted, as places in `receiverVarying` and `senderVarying`: all pairs of a block are.
        struct Block {
            var rows: [Int]
            var columns: [Int]
        }

        /// Receiver's columns that want the same sender's columns are one block.
        var blocks: [Block] {
            let (rows, columns) = (receiverVarying, senderVarying)
            var blocks: [Block] = []
            for (place, row) in rows.enumerated() {
                let wanted = columns.indices.filter { pairs?.contains(Pair(receiver: row, sender: columns[$0])) ?? true }
                guard !wanted.isEmpty else { continue }
                if let known = blocks.firstIndex(where: { $0.columns == wanted }) {
                    blocks[known].rows.append(place)
                } else {
                    blocks.append(Block(rows: [place], columns: wanted))
                }
            }
            return blocks
        }

        func receiverBounds(_ block: Block) throws -> DeclaredBounds {
            let varying = receiverVarying
            return try block.rows.map { receiver[varying[$0]].declared }.reduce(DeclaredBounds(0, 0)) { $0.union($1) }
        }

        func senderBounds(_ block: Block) throws -> DeclaredBounds {
            let varying = senderVarying
            return try block.columns.map { sender[varying[$0]].declared }.reduce(DeclaredBounds(0, 0)) { $0.union($1) }
        }

        /// Whether products go bit by bit through the receiver's columns. A selection by one bit takes two transfers, a product of ring
        /// elements one for each bit of the ring; the other column of a matrix comes with it. A dealer's products are cheaper.
        func multipliesBits(_ block: Block, usesDealer: Bool) -> Bool {
            let (rows, columns) = (block.rows.count, block.columns.count), varying = receiverVarying
            return !usesDealer && block.rows.reduce(0) { $0 + valueBits(varying[$1]) } * columns <= 14 * min(rows, columns)
        }

        /// Of a wanted pair, or of a column alone: each is shared too.
        private var largestProduct: UInt128 {
            func largest(_ columns: [ColumnShape]) -> UInt128 { UInt128(max(columns.map(\.magnitude).max() ?? 0, 1)) }
            guard let pairs else { return largest(receiver) * largest(sender) }
            return pairs.reduce(max(largest(receiver), largest(sender))) {
                max($0, UInt128(receiver[$1.receiver].magnitude) * UInt128(sender[$1.sender].magnitude))
            }
        }

        /// Bits that a sum over `rows` rows may have beside its sign; throws `.range` above 126.
        func sumBits(rows: Int) throws -> Int {
            let largest = largestProduct
            let (sum, overflow) = largest.multipliedReportingOverflow(by: UInt128(max(rows, 1)))
            let bits = UInt128.bitWidth - sum.leadingZeroBitCount
            guard !overflow, bits <= 126 else {
                throw YinheError(
                    .range, "a sum of products over \(rows) rows could leave 127 bits", remedy: "declare tighter bounds of the columns")
            }
            return bits
        }

        /// The hash of the wanted pairs in order; nil for all.
        var pairStatement: String? {
            guard let pairs else { return nil }
            var hash = DomainHash(domain: "yinhe/hidden-join/pairs/v1")
            for pair in pairs.sorted(by: { ($0.receiver, $0.sender) < ($1.receiver, $1.sender) }) {
                hash.update(field: Array("\(pair.receiver) \(pair.sender)".utf8))
            }
            return "\(pairs.count) (\(hash.finalize().hex))"
        }

        /// Z_2^64 while every sum has at most 62 bits beside its sign, else Z_2^128.
        func ring(rows: Int) throws -> Ring { try sumBits(rows: rows) <= 62 ? .z64 : .z128 }

        /// The sums in their places: constants times counts and sums, and the products.
        @specialized(where E == UInt64)
        @specialized(where E == UInt128)
        func assemble<E: RingElement>(_ totals: Totals<E>) -> [[E]] {
            func element(_ value: Int64) -> E { E(truncatingIfNeeded: value) }
            let (rows, columns) = (receiverVarying, senderVarying)
            return receiver.indices.map { r in
                sender.indices.map { s in
                    switch (receiver[r].constant, sender[s].constant) {
                    case (let c?, let d?): totals.count &* element(c) &* element(d)
                    case (let c?, nil): totals.senderSums[columns.firstIndex(of: s)!] &* element(c)
                    case (nil, let d?): totals.receiverSums[rows.firstIndex(of: r)!] &* element(d)
                    case (nil, nil): totals.products[rows.firstIndex(of: r)! * columns.count + columns.firstIndex(of: s)!]
                    }
                }
            }
        }
    }

    /// One party's shares of the sums so far; all parts that are not needed stay zero.
    struct Totals<E: RingElement>: Sendable {
        var count: E = 0
        var senderSums: [E]
        var receiverSums: [E]
        /// Varying receiver columns x varying sender columns, row-major.
        private(set) var products: [E]
        private let width: Int

        subscript(row: Int, column: Int) -> E {
            get { products[row * width + column] }
            set { products[row * width + column] = newValue }
        }

        init(_ layout: Layout) {
            let (r, s) = (layout.receiverVarying.count, layout.senderVarying.count)
            senderSums = Array(repeating: 0, count: s)
            receiverSums = Array(repeating: 0, count: r)
            products = Array(repeating: 0, count: r * s)
            width = s
        }
    }
}
