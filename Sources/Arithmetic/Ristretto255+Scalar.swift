import CKernels
import SandboxCore

extension Ristretto255 {
    /// An integer modulo the order l = 2^252 + 27742317777372353535851937790883648493 of the group, in Montgomery's form with
    /// R = 2^256. Constant time, but for `inverse` of what is public anyway: its exponent.
    package struct Scalar: Equatable, Sendable {
        private var w: (UInt64, UInt64, UInt64, UInt64)

        private static let l: (UInt64, UInt64, UInt64, UInt64) = (0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 0x1000_0000_0000_0000)
        /// -1 / l modulo 2^64, by Newton's iteration.
        private static let negatedInverse: UInt64 = {
            var x: UInt64 = 1
            for _ in 0..<6 { x = x &* (2 &- l.0 &* x) }
            return 0 &- x
        }()
        /// R^2 modulo l, by doubling 1 512 times.
        private static let rSquared: Scalar = {
            var x = Scalar(raw: (1, 0, 0, 0))
            for _ in 0..<512 { x = x + x }
            return x
        }()

        private init(raw: (UInt64, UInt64, UInt64, UInt64)) { w = raw }

        package static let zero = Scalar(raw: (0, 0, 0, 0))
        package static let one = Scalar(UInt64(1))

        package init(_ value: UInt64) { self = Scalar(raw: (value, 0, 0, 0)) * Self.rSquared }


        /// A non-negative integer below 2^252.
        package init(_ value: BigInteger) {
            precondition(value.signum >= 0 && value.bitWidth <= 252)
            let limbs = value.limbs(count: 4)
            self = Scalar(raw: (limbs[0], limbs[1], limbs[2], limbs[3])) * Self.rSquared
        }

        /// 64 little-endian bytes modulo l: uniform from uniform bytes.
        package init(wide bytes: [UInt8]) { self.init(canonical: Ristretto255.reduceScalar(bytes))! }

        package static func random(from random: some RandomSource) -> Scalar {
            var bytes = random.bytes(Ristretto255.uniformBytes)
            defer { ConstantTime.wipe(&bytes) }
            return Scalar(wide: bytes)
        }

        /// Nil when 32 little-endian bytes are not below l.
        package init?(canonical bytes: [UInt8]) {
            guard bytes.count == 32 else { return nil }
            let v = bytes.withUnsafeBytes { p in
                (0..<4).map { UInt64(littleEndian: p.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
            }
            let raw = (v[0], v[1], v[2], v[3])
            guard Self.subtract(raw, Self.l).borrow == 1 else { return nil }
            self = Scalar(raw: raw) * Self.rSquared
        }

        /// 32 little-endian bytes, below l.
        package var bytes: [UInt8] {
            let plain = self * Scalar(raw: (1, 0, 0, 0))
            return [plain.w.0, plain.w.1, plain.w.2, plain.w.3].flatMap { word in
                withUnsafeBytes(of: word.littleEndian) { Array($0) }
            }
        }

        package static func == (a: Scalar, b: Scalar) -> Bool {
            (a.w.0 ^ b.w.0) | (a.w.1 ^ b.w.1) | (a.w.2 ^ b.w.2) | (a.w.3 ^ b.w.3) == 0
        }

        private typealias Words = (UInt64, UInt64, UInt64, UInt64)

        private static func subtract(_ a: Words, _ b: Words) -> (words: Words, borrow: UInt64) {
            let (r0, c0) = a.0.subtractingReportingOverflow(b.0)
            let (s1, d1) = a.1.subtractingReportingOverflow(b.1)
            let (r1, e1) = s1.subtractingReportingOverflow(c0 ? 1 : 0)
            let (s2, d2) = a.2.subtractingReportingOverflow(b.2)
            let (r2, e2) = s2.subtractingReportingOverflow(d1 || e1 ? 1 : 0)
            let (s3, d3) = a.3.subtractingReportingOverflow(b.3)
            let (r3, e3) = s3.subtractingReportingOverflow(d2 || e2 ? 1 : 0)
            return ((r0, r1, r2, r3), d3 || e3 ? 1 : 0)
        }

        /// a - l, or a when that is negative.
        private static func reduced(_ a: Words) -> Scalar {
            let (d, borrow) = subtract(a, l)
            let keep = 0 &- borrow
            return Scalar(raw: (d.0 ^ keep & (d.0 ^ a.0), d.1 ^ keep & (d.1 ^ a.1), d.2 ^ keep & (d.2 ^ a.2), d.3 ^ keep & (d.3 ^ a.3)))
        }

        private static func plus(_ a: Words, _ b: Words) -> Words {
            var t = UInt128(a.0) + UInt128(b.0)
            let r0 = UInt64(truncatingIfNeeded: t)
            t = UInt128(a.1) + UInt128(b.1) + t >> 64
            let r1 = UInt64(truncatingIfNeeded: t)
            t = UInt128(a.2) + UInt128(b.2) + t >> 64
            let r2 = UInt64(truncatingIfNeeded: t)
            return (r0, r1, r2, a.3 &+ b.3 &+ UInt64(truncatingIfNeeded: t >> 64))
        }

        package static func + (a: Scalar, b: Scalar) -> Scalar { reduced(plus(a.w, b.w)) }

        package static func - (a: Scalar, b: Scalar) -> Scalar {
            let (d, borrow) = subtract(a.w, b.w)
            let m = 0 &- borrow
            return Scalar(raw: plus(d, (l.0 & m, l.1 & m, l.2 & m, l.3 & m)))
        }

        package static prefix func - (a: Scalar) -> Scalar { zero - a }

        /// Montgomery's product, word by word.
        package static func * (a: Scalar, b: Scalar) -> Scalar {
            var t: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
            func step(_ x: UInt64) {
                var c = x.multipliedFullWidth(by: b.w.0)
                var s = UInt128(t.0) + (UInt128(c.high) << 64 | UInt128(c.low))
                let r0 = UInt64(truncatingIfNeeded: s)
                c = x.multipliedFullWidth(by: b.w.1)
                s = UInt128(t.1) + (UInt128(c.high) << 64 | UInt128(c.low)) + s >> 64
                let r1 = UInt64(truncatingIfNeeded: s)
                c = x.multipliedFullWidth(by: b.w.2)
                s = UInt128(t.2) + (UInt128(c.high) << 64 | UInt128(c.low)) + s >> 64
                let r2 = UInt64(truncatingIfNeeded: s)
                c = x.multipliedFullWidth(by: b.w.3)
                s = UInt128(t.3) + (UInt128(c.high) << 64 | UInt128(c.low)) + s >> 64
                let r3 = UInt64(truncatingIfNeeded: s)
                let r4 = t.4 &+ UInt64(truncatingIfNeeded: s >> 64)
                let m = r0 &* negatedInverse
                c = m.multipliedFullWidth(by: l.0)
                s = UInt128(r0) + (UInt128(c.high) << 64 | UInt128(c.low))
                c = m.multipliedFullWidth(by: l.1)
                s = UInt128(r1) + (UInt128(c.high) << 64 | UInt128(c.low)) + s >> 64
                t.0 = UInt64(truncatingIfNeeded: s)
                s = UInt128(r2) + s >> 64
                t.1 = UInt64(truncatingIfNeeded: s)
                c = m.multipliedFullWidth(by: l.3)
                s = UInt128(r3) + (UInt128(c.high) << 64 | UInt128(c.low)) + s >> 64
                t.2 = UInt64(truncatingIfNeeded: s)
                s = UInt128(r4) + s >> 64
                t.3 = UInt64(truncatingIfNeeded: s)
                t.4 = UInt64(truncatingIfNeeded: s >> 64)
            }
            step(a.w.0)
            step(a.w.1)
            step(a.w.2)
            step(a.w.3)
            return reduced((t.0, t.1, t.2, t.3))
        }

        /// self^(l - 2): the inverse; zero of zero.
        package var inverse: Scalar {
            let e: [UInt64] = [Self.l.0 - 2, Self.l.1, Self.l.2, Self.l.3]
            var r = Scalar.one
            for i in stride(from: 252, through: 0, by: -1) {
                r = r * r
                if e[i / 64] >> UInt64(i % 64) & 1 == 1 { r = r * self }
            }
            return r
        }

        /// The inverses of all, with one inversion; none may be zero.
        package static func inverses(_ values: [Scalar]) -> [Scalar] {
            var out: [Scalar] = [], product = Scalar.one
            out.reserveCapacity(values.count)
            for v in values {
                out.append(product)
                product = product * v
            }
            var rest = product.inverse
            for i in values.indices.reversed() {
                out[i] = out[i] * rest
                rest = rest * values[i]
            }
            return out
        }
    }

    private static func bytes(_ scalars: some Sequence<Scalar>) -> [UInt8] { scalars.flatMap(\.bytes) }

    /// The sum of scalars[i] * points[i], in constant time for scalars below 2^bits.
    package static func sum(secret scalars: [Scalar], of points: ArraySlice<Element>, bits: Int = 253, threads: Int) -> Element {
        sum(scalars, points, threads) { yinhe_ristretto_sum_secret($0, $1, $2, bits, $3) }
    }

    /// The sum of scalars[i] * points[i], in variable time.
    package static func sum(variableTime scalars: [Scalar], of points: [Element], threads: Int) -> Element {
        sum(scalars, points[...], threads) { yinhe_ristretto_sum_public($0, $1, $2, $3) }
    }

    private static func sum(
        _ scalars: [Scalar], _ points: ArraySlice<Element>, _ threads: Int,
        _ kernel: @Sendable (UnsafeMutablePointer<Element>, UnsafePointer<Element>, UnsafePointer<UInt8>, Int) -> Void
    ) -> Element {
        precondition(scalars.count == points.count)
        let count = scalars.count, parts = max(1, min(threads, count / 256)), chunk = (count + parts - 1) / max(parts, 1)
        let sums = try! Parallel.map(parts, threads: threads) { part in
            let range = min(count, part * chunk)..<min(count, (part + 1) * chunk)
            var out = Element(), raw = bytes(scalars[range])
            defer { ConstantTime.wipe(&raw) }
            points.withUnsafeBufferPointer { p in
                raw.withUnsafeBufferPointer { s in
                    if range.isEmpty {
                        kernel(&out, p.baseAddress ?? UnsafePointer(bitPattern: 8)!, s.baseAddress ?? UnsafePointer(bitPattern: 8)!, 0)
                    } else {
                        kernel(&out, p.baseAddress! + range.lowerBound, s.baseAddress!, range.count)
                    }
                }
            }
            return out
        }
        return sums.dropFirst().reduce(sums[0]) { add($0, $1) }
    }

    /// out[i] = sum over k of scalars[k] * points[i + k * m], where points are scalars.count * m; in variable time.
    package static func fold(_ points: [Element], by scalars: [Scalar], threads: Int) -> [Element] {
        let m = points.count / scalars.count, raw = bytes(scalars)
        var out = [Element](repeating: Element(), count: m)
        out.withUnsafeMutableBufferPointer { buffer in
            let shared = DisjointBuffer(buffer)
            points.withUnsafeBufferPointer { p in
                let source = DisjointBuffer(UnsafeMutableBufferPointer(mutating: p))
                try! Parallel.forEachChunk(of: m, chunk: 64, threads: threads) { range in
                    yinhe_ristretto_fold_public(
                        shared.base + range.lowerBound, source.base + range.lowerBound, raw, scalars.count, m, range.count)
                }
            }
        }
        return out
    }
}
