import Arithmetic
import SandboxCore

/// What a dealer does for one batch, as pure functions: both parties expand their parts from 16-byte seeds, and the party
/// `correctionParty` receives the sections that depend on both seeds.
///
/// Section s of a seed is the AES-128-CTR key stream under the seed with lane s, from block 0; the words of a permutation are
/// chosen by it (`Dealing.permutation`). The seeds are uniform and independent, so one party's part says nothing about the other's
/// beyond the relation itself.
package enum Dealing {
    package static let seedBytes = 16

    /// The part of a party from its seed. For the `correctionParty` the derived sections are left zero.
    package static func expand(_ kind: Correlation, count: Int, party: Int, seed: [UInt8]) -> CorrelationBatch {
        let batch = CorrelationBatch(zeroed: kind, count: count, party: party)
        expand(into: batch, seed: seed)
        return batch
    }

    /// The same into memory that exists; the derived sections of the `correctionParty` are left as they are.
    package static func expand(into batch: CorrelationBatch, seed: [UInt8]) {
        let (kind, count, party) = (batch.kind, batch.count, batch.party)
        let prg = AES128(key: Block128(littleEndianBytes: seed))
        let sections = kind.sections(count: count, party: party).count
        let free = party == kind.correctionParty ? sections - kind.derivedSections : sections
        for section in 0..<free {
            let words = batch.words(section)
            if case .permutation(_, let owner, let rows, _) = kind, owner == party {
                for item in 0..<count {
                    permutation(rows, prg, lane: UInt64(section) + UInt64(item) << 8, into: words.baseAddress! + item * rows)
                }
            } else {
                prg.stream(into: UnsafeMutableRawBufferPointer(words), fromBlock: 0, lane: UInt64(section))
            }
        }
    }

    /// Fills in the derived sections of `target`, the `correctionParty`'s expanded part, from the `other` party's part.
    package static func derive(_ target: CorrelationBatch, from other: CorrelationBatch) {
        let count = target.count
        switch target.kind {
        case .products(.z64): product(target, other, UInt64.self)
        case .products(.z128): product(target, other, UInt128.self)
        case .squares(.z64): square(target, other, UInt64.self)
        case .squares(.z128): square(target, other, UInt128.self)
        case .bitProducts:
            and(target, other, 0, 1, into: 2, count: count)
        case .bitProductPairs:
            and(target, other, 0, 1, into: 3, count: count)
            and(target, other, 0, 2, into: 4, count: count)
        case .privateBitProducts:
            let (u, v) = (other.words(0), target.words(0)), (w, out) = (other.words(1), target.words(1))
            for i in 0..<count { out[i] = u[i] & v[i] ^ w[i] }
        case .privateBitBytes:
            let (u, v) = (other.words(0), target.words(0))
            let (w, out) = (UnsafeRawBufferPointer(other.words(1)), UnsafeMutableRawBufferPointer(target.words(1)))
            for i in 0..<64 * count { out[i] = UInt8(truncatingIfNeeded: (u[i / 64] & v[i / 64]) >> UInt64(i % 64) & 1) &- w[i] }
        case .bits(.z64): bitValues(target, other, UInt64.self)
        case .bits(.z128): bitValues(target, other, UInt128.self)
        case .bitElementProducts(.z64): bitElements(target, other, UInt64.self)
        case .bitElementProducts(.z128): bitElements(target, other, UInt128.self)
        case .matrixProducts(.z64, let rows, let inner, let columns):
            matrix(target, other, UInt64.self, rows, inner, columns)
        case .matrixProducts(.z128, let rows, let inner, let columns):
            matrix(target, other, UInt128.self, rows, inner, columns)
        case .privateMatrixProducts(.z64, let rows, let inner, let columns):
            privateMatrix(target, other, UInt64.self, rows, inner, columns)
        case .privateMatrixProducts(.z128, let rows, let inner, let columns):
            privateMatrix(target, other, UInt128.self, rows, inner, columns)
        case .permutation(.z64, _, let rows, let width): permuted(target, other, UInt64.self, rows, width)
        case .permutation(.z128, _, let rows, let width): permuted(target, other, UInt128.self, rows, width)
        }
    }

    /// A uniform permutation by Fisher and Yates, indices by rejection from the key stream of one lane.
    private static func permutation(_ rows: Int, _ prg: AES128, lane: UInt64, into out: UnsafeMutablePointer<UInt64>) {
        for i in 0..<rows { out[i] = UInt64(i) }
        guard rows > 1 else { return }
        var words = [UInt64](repeating: 0, count: 512)
        var next = words.count, block: UInt64 = 0
        for i in stride(from: rows - 1, to: 0, by: -1) {
            let bound = UInt64(i + 1)
            let limit = UInt64.max - (UInt64.max % bound + 1) % bound
            while true {
                if next == words.count {
                    words.withUnsafeMutableBytes { prg.stream(into: $0, fromBlock: block, lane: lane) }
                    block += UInt64(words.count / 2)
                    next = 0
                }
                let candidate = words[next]
                next += 1
                guard candidate <= limit else { continue }
                let j = Int(candidate % bound)
                (out[i], out[j]) = (out[j], out[i])
                break
            }
        }
    }

    // MARK: Relations

    private static func out<E: RingElement>(_ batch: CorrelationBatch, _ section: Int, _: E.Type) -> UnsafeMutablePointer<E> {
        UnsafeMutablePointer(mutating: batch.elements(section, as: E.self))
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func product<E: RingElement>(_ t: CorrelationBatch, _ o: CorrelationBatch, _: E.Type) {
        let (a, b, c) = (t.elements(0, as: E.self), t.elements(1, as: E.self), out(t, 2, E.self))
        let (x, y, z) = (o.elements(0, as: E.self), o.elements(1, as: E.self), o.elements(2, as: E.self))
        for i in 0..<t.count { c[i] = (a[i] &+ x[i]) &* (b[i] &+ y[i]) &- z[i] }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func square<E: RingElement>(_ t: CorrelationBatch, _ o: CorrelationBatch, _: E.Type) {
        let (a, c, x, z) = (t.elements(0, as: E.self), out(t, 1, E.self), o.elements(0, as: E.self), o.elements(1, as: E.self))
        for i in 0..<t.count {
            let sum = a[i] &+ x[i]
            c[i] = sum &* sum &- z[i]
        }
    }

    private static func and(_ t: CorrelationBatch, _ o: CorrelationBatch, _ a: Int, _ b: Int, into c: Int, count: Int) {
        let (a0, b0, c0) = (t.words(a), t.words(b), t.words(c)), (a1, b1, c1) = (o.words(a), o.words(b), o.words(c))
        for i in 0..<count { c0[i] = (a0[i] ^ a1[i]) & (b0[i] ^ b1[i]) ^ c1[i] }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func bitValues<E: RingElement>(_ t: CorrelationBatch, _ o: CorrelationBatch, _: E.Type) {
        let (r, s, value, other) = (t.words(0), o.words(0), out(t, 1, E.self), o.elements(1, as: E.self))
        for i in 0..<64 * t.count { value[i] = E((r[i / 64] ^ s[i / 64]) >> UInt64(i % 64) & 1) &- other[i] }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func bitElements<E: RingElement>(_ t: CorrelationBatch, _ o: CorrelationBatch, _: E.Type) {
        let (r, s) = (t.words(0), o.words(0)), (a, x) = (t.elements(1, as: E.self), o.elements(1, as: E.self))
        let (value, product) = (out(t, 2, E.self), out(t, 3, E.self))
        let (otherValue, otherProduct) = (o.elements(2, as: E.self), o.elements(3, as: E.self))
        for i in 0..<64 * t.count {
            let bit = E((r[i / 64] ^ s[i / 64]) >> UInt64(i % 64) & 1)
            value[i] = bit &- otherValue[i]
            product[i] = bit &* (a[i] &+ x[i]) &- otherProduct[i]
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func matrix<E: RingElement>(
        _ t: CorrelationBatch, _ o: CorrelationBatch, _: E.Type, _ rows: Int, _ inner: Int, _ columns: Int
    ) {
        for item in 0..<t.count {
            let (ta, oa) = (t.elements(0, as: E.self) + item * rows * inner, o.elements(0, as: E.self) + item * rows * inner)
            let (tb, ob) = (t.elements(1, as: E.self) + item * inner * columns, o.elements(1, as: E.self) + item * inner * columns)
            let (c, oc) = (out(t, 2, E.self) + item * rows * columns, o.elements(2, as: E.self) + item * rows * columns)
            let a = (0..<rows * inner).map { ta[$0] &+ oa[$0] }
            let b = (0..<inner * columns).map { tb[$0] &+ ob[$0] }
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    for i in 0..<rows * columns { c[i] = 0 &- oc[i] }
                    RingKernels.addMatrixProduct(into: c, a.baseAddress!, b.baseAddress!, rows, inner, columns)
                }
            }
        }
    }

    /// The target is party 1, which knows B.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func privateMatrix<E: RingElement>(
        _ t: CorrelationBatch, _ o: CorrelationBatch, _: E.Type, _ rows: Int, _ inner: Int, _ columns: Int
    ) {
        for item in 0..<t.count {
            let (c, oc) = (out(t, 1, E.self) + item * rows * columns, o.elements(1, as: E.self) + item * rows * columns)
            for i in 0..<rows * columns { c[i] = 0 &- oc[i] }
            RingKernels.addMatrixProduct(
                into: c, o.elements(0, as: E.self) + item * rows * inner, t.elements(0, as: E.self) + item * inner * columns, rows,
                inner, columns)
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func permuted<E: RingElement>(
        _ t: CorrelationBatch, _ o: CorrelationBatch, _: E.Type, _ rows: Int, _ width: Int
    ) {
        for item in 0..<t.count {
            let p = t.words(0).baseAddress! + item * rows
            let d = out(t, 1, E.self) + item * rows * width
            let (a, b) = (o.elements(0, as: E.self) + item * rows * width, o.elements(1, as: E.self) + item * rows * width)
            for i in 0..<rows {
                let from = Int(p[i]) * width
                for k in 0..<width { d[i * width + k] = a[from + k] &- b[i * width + k] }
            }
        }
    }
}
