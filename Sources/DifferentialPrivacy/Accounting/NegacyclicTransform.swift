import Foundation
import Synchronization

/// Products of real polynomials modulo X^N + 1 by a complex transform of N/2 points.
///
/// X^N + 1 = (X^(N/2) - i)(X^(N/2) + i), and for real polynomials one factor tells the other: coefficient j and j + N/2 become
/// the real and imaginary part of point j. The transform reduces modulo X^n - s to its factors X^(n/4) - r i^k with r^4 = s, depth
/// first so that small blocks stay in the cache, and leaves its output in the order of the factors: products are pointwise, so
/// no reordering is needed before the inverse.
package final class NegacyclicTransform: @unchecked Sendable {
    /// N/2, a power of two.
    package let points: Int
    private let isOdd: Bool
    /// For each level of radix 4: r, r^2, r^3 of every block (six numbers).
    private let twiddles: UnsafeMutablePointer<Double>
    private let levels: [(size: Int, first: Int)]
    private static let smallBlock = 1024
    private static let made = Mutex<[Int: NegacyclicTransform]>([:])

    /// Tables are kept up to this length (12 MiB together).
    private static let largestKept = 1 << 19

    package static func shared(length: Int) -> NegacyclicTransform {
        if let transform = made.withLock({ $0[length] }) { return transform }
        let transform = NegacyclicTransform(length: length)
        if length <= largestKept { made.withLock { $0[length] = transform } }
        return transform
    }

    /// `length` is N: a power of two, at least 16.
    package init(length: Int) {
        precondition(length >= 16 && length & (length - 1) == 0)
        points = length / 2
        isOdd = points.trailingZeroBitCount & 1 == 1
        // s = exp(2 pi i phase); phases are dyadic, so all of this is exact.
        var phases = isOdd ? [0.125, 0.625] : [0.25]
        var size = points / phases.count
        var levels: [(Int, Int)] = []
        var count = 0
        do {
            var (blocks, rest) = (phases.count, size)
            while rest > 1 { (count, blocks, rest) = (count + blocks, blocks * 4, rest / 4) }
        }
        twiddles = .allocate(capacity: 6 * count)
        var next = 0
        while size > 1 {
            levels.append((size, next))
            var children: [Double] = []
            children.reserveCapacity(phases.count * 4)
            for phase in phases {
                let quarter = phase / 4
                let angle = 2 * Double.pi * quarter
                let (c, s) = (cos(angle), sin(angle))
                let (c2, s2) = (c * c - s * s, 2 * c * s)
                let t = twiddles + 6 * next
                (t[0], t[1], t[2], t[3]) = (c, s, c2, s2)
                (t[4], t[5]) = (c * c2 - s * s2, c * s2 + s * c2)
                next += 1
                children += [quarter, quarter + 0.5, quarter + 0.25, quarter + 0.75]
            }
            (phases, size) = (children, size / 4)
        }
        self.levels = levels
    }

    deinit { twiddles.deallocate() }

    /// A bound on |computed - exact| / |exact| in the Euclidean norm, for one direction (N. Higham, "Accuracy and stability of
    /// numerical algorithms", theorem 24.2; here with twiddles that carry up to 8 units of error).
    package var relativeError: Double { Double(points.trailingZeroBitCount) * 16 * 0x1p-53 }

    /// In place; both arrays hold `points` numbers.
    package func forward(_ re: UnsafeMutablePointer<Double>, _ im: UnsafeMutablePointer<Double>) {
        if isOdd { splitInTwo(re, im) }
        for block in 0..<(isOdd ? 2 : 1) { descend(re, im, 0, block) }
    }

    /// In place, with the factor 1 / points.
    package func inverse(_ re: UnsafeMutablePointer<Double>, _ im: UnsafeMutablePointer<Double>) {
        for block in 0..<(isOdd ? 2 : 1) { ascend(re, im, 0, block) }
        if isOdd { joinTwo(re, im) }
        let scale = 1 / Double(points)
        for j in 0..<points { (re[j], im[j]) = (re[j] * scale, im[j] * scale) }
    }

    private func descend(_ re: UnsafeMutablePointer<Double>, _ im: UnsafeMutablePointer<Double>, _ level: Int, _ block: Int) {
        if levels[level].size <= Self.smallBlock {
            var blocks = 1
            for inner in level..<levels.count {
                for b in 0..<blocks { split(re, im, inner, block * blocks + b) }
                blocks *= 4
            }
            return
        }
        split(re, im, level, block)
        for child in 0..<4 { descend(re, im, level + 1, block * 4 + child) }
    }

    private func ascend(_ re: UnsafeMutablePointer<Double>, _ im: UnsafeMutablePointer<Double>, _ level: Int, _ block: Int) {
        if levels[level].size <= Self.smallBlock {
            for inner in (level..<levels.count).reversed() {
                let blocks = 1 << (2 * (inner - level))
                for b in 0..<blocks { join(re, im, inner, block * blocks + b) }
            }
            return
        }
        for child in 0..<4 { ascend(re, im, level + 1, block * 4 + child) }
        join(re, im, level, block)
    }

    // MARK: Butterflies

    private typealias Vector = SIMD4<Double>

    @inline(__always)
    private func load(_ p: UnsafeMutablePointer<Double>) -> Vector { UnsafeRawPointer(p).loadUnaligned(as: Vector.self) }

    @inline(__always)
    private func store(_ v: Vector, _ p: UnsafeMutablePointer<Double>) {
        UnsafeMutableRawPointer(p).storeBytes(of: v, as: Vector.self)
    }

    private func split(_ re: UnsafeMutablePointer<Double>, _ im: UnsafeMutablePointer<Double>, _ level: Int, _ block: Int) {
        let size = levels[level].size, m = size / 4
        let t = twiddles + 6 * (levels[level].first + block)
        let (r, i) = (re + block * size, im + block * size)
        if m == 1 {
            let (a1, b1) = (t[0] * r[1] - t[1] * i[1], t[0] * i[1] + t[1] * r[1])
            let (a2, b2) = (t[2] * r[2] - t[3] * i[2], t[2] * i[2] + t[3] * r[2])
            let (a3, b3) = (t[4] * r[3] - t[5] * i[3], t[4] * i[3] + t[5] * r[3])
            let (p, q) = (r[0] + a2, i[0] + b2), (u, v) = (r[0] - a2, i[0] - b2)
            let (x, y) = (a1 + a3, b1 + b3), (z, w) = (a1 - a3, b1 - b3)
            (r[0], i[0], r[1], i[1]) = (p + x, q + y, p - x, q - y)
            (r[2], i[2], r[3], i[3]) = (u - w, v + z, u + w, v - z)
            return
        }
        var j = 0
        while j < m {
            let (r0, i0) = (load(r + j), load(i + j)), (r1, i1) = (load(r + m + j), load(i + m + j))
            let (r2, i2) = (load(r + 2 * m + j), load(i + 2 * m + j)), (r3, i3) = (load(r + 3 * m + j), load(i + 3 * m + j))
            let a1 = r1 * t[0] - i1 * t[1], b1 = i1 * t[0] + r1 * t[1]
            let a2 = r2 * t[2] - i2 * t[3], b2 = i2 * t[2] + r2 * t[3]
            let a3 = r3 * t[4] - i3 * t[5], b3 = i3 * t[4] + r3 * t[5]
            let p = r0 + a2, q = i0 + b2, u = r0 - a2, v = i0 - b2
            let x = a1 + a3, y = b1 + b3, z = a1 - a3, w = b1 - b3
            store(p + x, r + j)
            store(q + y, i + j)
            store(p - x, r + m + j)
            store(q - y, i + m + j)
            store(u - w, r + 2 * m + j)
            store(v + z, i + 2 * m + j)
            store(u + w, r + 3 * m + j)
            store(v - z, i + 3 * m + j)
            j += 4
        }
    }

    private func join(_ re: UnsafeMutablePointer<Double>, _ im: UnsafeMutablePointer<Double>, _ level: Int, _ block: Int) {
        let size = levels[level].size, m = size / 4
        let t = twiddles + 6 * (levels[level].first + block)
        let (r, i) = (re + block * size, im + block * size)
        if m == 1 {
            let (p, q) = (r[0] + r[1], i[0] + i[1]), (x, y) = (r[0] - r[1], i[0] - i[1])
            let (u, v) = (r[2] + r[3], i[2] + i[3]), (z, w) = (r[2] - r[3], i[2] - i[3])
            (r[0], i[0]) = (p + u, q + v)
            let (a1, b1) = (x + w, y - z), (a2, b2) = (p - u, q - v), (a3, b3) = (x - w, y + z)
            (r[1], i[1]) = (t[0] * a1 + t[1] * b1, t[0] * b1 - t[1] * a1)
            (r[2], i[2]) = (t[2] * a2 + t[3] * b2, t[2] * b2 - t[3] * a2)
            (r[3], i[3]) = (t[4] * a3 + t[5] * b3, t[4] * b3 - t[5] * a3)
            return
        }
        var j = 0
        while j < m {
            let (r0, i0) = (load(r + j), load(i + j)), (r1, i1) = (load(r + m + j), load(i + m + j))
            let (r2, i2) = (load(r + 2 * m + j), load(i + 2 * m + j)), (r3, i3) = (load(r + 3 * m + j), load(i + 3 * m + j))
            let p = r0 + r1, q = i0 + i1, x = r0 - r1, y = i0 - i1
            let u = r2 + r3, v = i2 + i3, z = r2 - r3, w = i2 - i3
            store(p + u, r + j)
            store(q + v, i + j)
            let a1 = x + w, b1 = y - z, a2 = p - u, b2 = q - v, a3 = x - w, b3 = y + z
            store(a1 * t[0] + b1 * t[1], r + m + j)
            store(b1 * t[0] - a1 * t[1], i + m + j)
            store(a2 * t[2] + b2 * t[3], r + 2 * m + j)
            store(b2 * t[2] - a2 * t[3], i + 2 * m + j)
            store(a3 * t[4] + b3 * t[5], r + 3 * m + j)
            store(b3 * t[4] - a3 * t[5], i + 3 * m + j)
            j += 4
        }
    }

    /// Modulo X^n - i = (X^(n/2) - r)(X^(n/2) + r), r = exp(2 pi i / 8).
    private func splitInTwo(_ re: UnsafeMutablePointer<Double>, _ im: UnsafeMutablePointer<Double>) {
        let m = points / 2, c = 0.5.squareRoot()
        for j in 0..<m {
            let a = c * (re[m + j] - im[m + j]), b = c * (im[m + j] + re[m + j])
            (re[m + j], im[m + j]) = (re[j] - a, im[j] - b)
            (re[j], im[j]) = (re[j] + a, im[j] + b)
        }
    }

    private func joinTwo(_ re: UnsafeMutablePointer<Double>, _ im: UnsafeMutablePointer<Double>) {
        let m = points / 2, c = 0.5.squareRoot()
        for j in 0..<m {
            let a = re[j] - re[m + j], b = im[j] - im[m + j]
            (re[j], im[j]) = (re[j] + re[m + j], im[j] + im[m + j])
            (re[m + j], im[m + j]) = (c * (a + b), c * (b - a))
        }
    }
}
