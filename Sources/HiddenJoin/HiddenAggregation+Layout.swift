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

        /// Whether products go bit by bit through the receiver's columns. A selection by one bit takes two transfers, a product of ring
        /// elements one for each bit of the ring; the other column of a matrix comes with it. A dealer's products are cheaper.
        func multipliesBits(usesDealer: Bool) -> Bool {
            let (rows, columns) = (receiverVarying.count, senderVarying.count)
            return !usesDealer && receiverVarying.reduce(0) { $0 + valueBits($1) } * columns <= 20 * min(rows, columns)
        }

        /// Bits that a sum over `rows` rows may have beside its sign; throws `.range` above 126.
        func sumBits(rows: Int) throws -> Int {
            let largest = UInt128(max(receiver.map(\.magnitude).max() ?? 0, 1)) * UInt128(max(sender.map(\.magnitude).max() ?? 0, 1))
            let (sum, overflow) = largest.multipliedReportingOverflow(by: UInt128(max(rows, 1)))
            let bits = UInt128.bitWidth - sum.leadingZeroBitCount
            guard !overflow, bits <= 126 else {
                throw YinheError(
                    .range, "a sum of products over \(rows) rows could leave 127 bits", remedy: "declare tighter bounds of the columns")
            }
            return bits
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
        var products: [E]

        init(_ layout: Layout) {
            let (r, s) = (layout.receiverVarying.count, layout.senderVarying.count)
            senderSums = Array(repeating: 0, count: s)
            receiverSums = Array(repeating: 0, count: r)
            products = Array(repeating: 0, count: r * s)
        }
    }
}
