/// Element-wise loops over ring elements; every operation wraps, which is the ring's own arithmetic. Compiled for both rings
/// here, because a generic function called from another module runs dozens of times slower.
enum RingKernels {
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func map<E: RingElement>(_ a: [E], _ operation: Unary<E>) -> [E] {
        a.withUnsafeBufferPointer { a in
            [E](unsafeUninitializedCapacity: a.count) { out, count in
                switch operation {
                case .negate: for i in 0..<a.count { out[i] = 0 &- a[i] }
                case .complement: for i in 0..<a.count { out[i] = ~a[i] }
                case .scale(let factor): for i in 0..<a.count { out[i] = a[i] &* factor }
                case .addConstant(let constant): for i in 0..<a.count { out[i] = a[i] &+ constant }
                }
                count = a.count
            }
        }
    }

    enum Unary<E: RingElement> {
        case negate
        case complement
        case scale(E)
        case addConstant(E)
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func add<E: RingElement>(_ a: [E], _ b: [E]) -> [E] {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                [E](unsafeUninitializedCapacity: a.count) { out, count in
                    for i in 0..<a.count { out[i] = a[i] &+ b[i] }
                    count = a.count
                }
            }
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func subtract<E: RingElement>(_ a: [E], _ b: [E]) -> [E] {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                [E](unsafeUninitializedCapacity: a.count) { out, count in
                    for i in 0..<a.count { out[i] = a[i] &- b[i] }
                    count = a.count
                }
            }
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func add<E: RingElement>(_ b: UnsafeBufferPointer<E>, to a: UnsafeMutableBufferPointer<E>) {
        for i in 0..<a.count { a[i] = a[i] &+ b[i] }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func subtract<E: RingElement>(_ b: UnsafeBufferPointer<E>, from a: UnsafeMutableBufferPointer<E>) {
        for i in 0..<a.count { a[i] = a[i] &- b[i] }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func sum<E: RingElement>(_ a: [E]) -> E {
        a.withUnsafeBufferPointer { a in
            var sum: E = 0
            for i in 0..<a.count { sum = sum &+ a[i] }
            return sum
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func dot<E: RingElement>(_ a: [E], _ b: [E.Signed]) -> E {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sum: E = 0
                for i in 0..<a.count { sum = sum &+ a[i] &* E(bitPattern: b[i]) }
                return sum
            }
        }
    }

    /// The sum of the positive and that of the negative elements; nil when one leaves 128 bits.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func signedSums<E: RingElement>(_ values: [E.Signed], as: E.Type) -> (positive: Int128, negative: Int128)? {
        values.withUnsafeBufferPointer { v in
            var (positive, negative) = (Int128(0), Int128(0))
            var overflow = false
            for i in 0..<v.count {
                let (up, tooHigh) = positive.addingReportingOverflow(Int128(max(v[i], 0)))
                let (down, tooLow) = negative.addingReportingOverflow(Int128(min(v[i], 0)))
                (positive, negative) = (up, down)
                overflow = overflow || tooHigh || tooLow
            }
            return overflow ? nil : (positive, negative)
        }
    }

    /// The smallest and the largest element, nil for none.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func extremes<E: RingElement>(_ values: [E.Signed], as: E.Type) -> (E.Signed, E.Signed)? {
        values.withUnsafeBufferPointer { v in
            guard var low = v.first else { return nil }
            var high = low
            for i in 0..<v.count {
                low = Swift.min(low, v[i])
                high = Swift.max(high, v[i])
            }
            return (low, high)
        }
    }

    /// The transpose of a row-major matrix.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func transposed<E: RingElement>(_ a: [E], _ rows: Int, _ columns: Int) -> [E] {
        a.withUnsafeBufferPointer { a in
            [E](unsafeUninitializedCapacity: a.count) { out, count in
                for i in 0..<rows { for j in 0..<columns { out[j * rows + i] = a[i * columns + j] } }
                count = a.count
            }
        }
    }

    /// c += a b for row-major a (rows x inner) and b (inner x columns).
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func addMatrixProduct<E: RingElement>(
        into c: UnsafeMutablePointer<E>, _ a: UnsafePointer<E>, _ b: UnsafePointer<E>, _ rows: Int, _ inner: Int, _ columns: Int
    ) {
        for i in 0..<rows {
            let out = c + i * columns
            if columns == 1 {
                var sum = out[0]
                for k in 0..<inner { sum = sum &+ a[i * inner + k] &* b[k] }
                out[0] = sum
                continue
            }
            for k in 0..<inner {
                let factor = a[i * inner + k]
                let row = b + k * columns
                for j in 0..<columns { out[j] = out[j] &+ factor &* row[j] }
            }
        }
    }
}
