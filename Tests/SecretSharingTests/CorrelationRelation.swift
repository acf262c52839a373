import SecretSharing

/// What a kind of correlation promises, in obvious code: the oracle of every source.
enum CorrelationRelation {
    /// Whether the parts of two parties, or of more for kinds that can have more, satisfy the relation.
    static func holds(_ parts: [CorrelationBatch]) -> Bool {
        switch parts[0].kind {
        case .products(.z64): products(parts, UInt64.self)
        case .products(.z128): products(parts, UInt128.self)
        case .squares(.z64): squares(parts, UInt64.self)
        case .squares(.z128): squares(parts, UInt128.self)
        case .bitProducts: zip3(xor(parts, 0), xor(parts, 1), xor(parts, 2)) { $0 & $1 == $2 }
        case .bitProductPairs:
            zip3(xor(parts, 0), xor(parts, 1), xor(parts, 3)) { $0 & $1 == $2 }
                && zip3(xor(parts, 0), xor(parts, 2), xor(parts, 4)) { $0 & $1 == $2 }
        case .privateBitProducts: zip3(Array(parts[0].words(0)), Array(parts[1].words(0)), xor(parts, 1)) { $0 & $1 == $2 }
        case .privateBitBytes:
            (0..<64 * parts[0].count).allSatisfy { i in
                let product = (parts[0].words(0)[i / 64] & parts[1].words(0)[i / 64]) >> UInt64(i % 64) & 1
                return parts.reduce(UInt8(0)) { $0 &+ UnsafeRawBufferPointer($1.words(1))[i] } == UInt8(product)
            }
        case .bits(.z64): bits(parts, UInt64.self)
        case .bits(.z128): bits(parts, UInt128.self)
        case .bitElementProducts(.z64): bitElements(parts, UInt64.self)
        case .bitElementProducts(.z128): bitElements(parts, UInt128.self)
        case .matrixProducts(.z64, let r, let i, let c): matrices(sum(parts, 0), sum(parts, 1), sum(parts, 2, UInt64.self), r, i, c)
        case .matrixProducts(.z128, let r, let i, let c): matrices(sum(parts, 0), sum(parts, 1), sum(parts, 2, UInt128.self), r, i, c)
        case .privateMatrixProducts(.z64, let r, let i, let c):
            matrices(sum([parts[0]], 0), sum([parts[1]], 0), sum(parts, 1, UInt64.self), r, i, c)
        case .privateMatrixProducts(.z128, let r, let i, let c):
            matrices(sum([parts[0]], 0), sum([parts[1]], 0), sum(parts, 1, UInt128.self), r, i, c)
        case .permutation(.z64, let owner, let rows, let width): permuted(parts, owner, rows, width, UInt64.self)
        case .permutation(.z128, let owner, let rows, let width): permuted(parts, owner, rows, width, UInt128.self)
        }
    }

    static func sum<E: RingElement>(_ parts: [CorrelationBatch], _ section: Int, _: E.Type = E.self) -> [E] {
        let count = parts[0].words(section).count / (E.ring.bytes / 8)
        return (0..<count).map { i in parts.reduce(0) { $0 &+ $1.elements(section, as: E.self)[i] } }
    }

    private static func xor(_ parts: [CorrelationBatch], _ section: Int) -> [UInt64] {
        parts[0].words(section).indices.map { i in parts.reduce(0) { $0 ^ $1.words(section)[i] } }
    }

    private static func zip3<T>(_ a: [T], _ b: [T], _ c: [T], _ relation: (T, T, T) -> Bool) -> Bool {
        a.count == b.count && b.count == c.count && a.indices.allSatisfy { relation(a[$0], b[$0], c[$0]) }
    }

    private static func bitBytes(_ p: [CorrelationBatch]) -> Bool {
        let (u, v) = (Array(p[0].words(0)), Array(p[1].words(0)))
        let bytes = p.map { Array(UnsafeRawBufferPointer($0.words(1))) }
        return bytes[0].count == 64 * u.count
            && bytes[0].indices.allSatisfy {
                bytes[0][$0] &+ bytes[1][$0] == UInt8(u[$0 / 64] >> UInt64($0 % 64) & v[$0 / 64] >> UInt64($0 % 64) & 1)
            }
    }

    private static func products<E: RingElement>(_ p: [CorrelationBatch], _: E.Type) -> Bool {
        zip3(sum(p, 0, E.self), sum(p, 1, E.self), sum(p, 2, E.self)) { $0 &* $1 == $2 }
    }

    private static func squares<E: RingElement>(_ p: [CorrelationBatch], _: E.Type) -> Bool {
        zip3(sum(p, 0, E.self), sum(p, 0, E.self), sum(p, 1, E.self)) { $0 &* $1 == $2 }
    }

    private static func bit<E: RingElement>(_ words: [UInt64], _ i: Int, _: E.Type) -> E { E(words[i / 64] >> UInt64(i % 64) & 1) }

    private static func bits<E: RingElement>(_ p: [CorrelationBatch], _: E.Type) -> Bool {
        let (r, values) = (xor(p, 0), sum(p, 1, E.self))
        return values.count == 64 * r.count && values.indices.allSatisfy { values[$0] == bit(r, $0, E.self) }
    }

    private static func bitElements<E: RingElement>(_ p: [CorrelationBatch], _: E.Type) -> Bool {
        let (r, a, values, products) = (xor(p, 0), sum(p, 1, E.self), sum(p, 2, E.self), sum(p, 3, E.self))
        return values.indices.allSatisfy {
            values[$0] == bit(r, $0, E.self) && products[$0] == (values[$0] == 1 ? a[$0] : 0)
        }
    }

    private static func matrices<E: RingElement>(_ a: [E], _ b: [E], _ c: [E], _ rows: Int, _ inner: Int, _ columns: Int) -> Bool {
        for item in 0..<c.count / (rows * columns) {
            for i in 0..<rows {
                for j in 0..<columns {
                    var value: E = 0
                    for k in 0..<inner {
                        value &+= a[(item * rows + i) * inner + k] &* b[(item * inner + k) * columns + j]
                    }
                    guard value == c[(item * rows + i) * columns + j] else { return false }
                }
            }
        }
        return true
    }

    private static func permuted<E: RingElement>(
        _ parts: [CorrelationBatch], _ owner: Int, _ rows: Int, _ width: Int, _: E.Type
    ) -> Bool {
        let (mine, other) = (parts[owner], parts[1 - owner])
        let (p, d) = (Array(mine.words(0)), sum([mine], 1, E.self)), (a, b) = (sum([other], 0, E.self), sum([other], 1, E.self))
        for item in 0..<p.count / rows {
            let images = p[item * rows..<(item + 1) * rows].map(Int.init)
            guard images.sorted() == Array(0..<rows) else { return false }
            for i in 0..<rows {
                for k in 0..<width {
                    let at = (item * rows + i) * width + k
                    guard d[at] == a[(item * rows + images[i]) * width + k] &- b[at] else { return false }
                }
            }
        }
        return true
    }
}
