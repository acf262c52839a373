import SandboxCore

extension Correlation {
    /// The largest dimension of a matrix or permutation that a file or a peer may name.
    static let maximumDimension = 1 << 28

    /// A kind in 16 bytes: code, ring (0: none), owner (1 byte each), 1 byte zero, three dimensions (4 bytes each, 0 where unused).
    package func encode(into writer: inout ByteWriter) {
        let code: UInt8, ring: Ring?
        var owner = 0, sizes = [0, 0, 0]
        switch self {
        case .products(let r): (code, ring) = (1, r)
        case .squares(let r): (code, ring) = (2, r)
        case .bitProducts: (code, ring) = (3, nil)
        case .bitProductPairs: (code, ring) = (4, nil)
        case .privateBitProducts: (code, ring) = (5, nil)
        case .bits(let r): (code, ring) = (6, r)
        case .privateBitBytes: (code, ring) = (11, nil)
        case .bitElementProducts(let r): (code, ring) = (7, r)
        case .matrixProducts(let r, let rows, let inner, let columns): (code, ring, sizes) = (8, r, [rows, inner, columns])
        case .privateMatrixProducts(let r, let rows, let inner, let columns): (code, ring, sizes) = (9, r, [rows, inner, columns])
        case .permutation(let r, let o, let rows, let width): (code, ring, owner, sizes) = (10, r, o, [rows, width, 0])
        }
        writer.write(code)
        writer.write(UInt8(ring.map(\.words) ?? 0))
        writer.write(UInt8(owner))
        writer.write(UInt8(0))
        for size in sizes { writer.write(UInt32(size)) }
    }

    /// Throws `.peerMisbehaved` for anything that `encode` does not write.
    package init(from reader: inout ByteReader) throws {
        let code = try reader.read(UInt8.self), ringWords = try reader.read(UInt8.self)
        let owner = Int(try reader.read(UInt8.self)), reserved = try reader.read(UInt8.self)
        let sizes = try (0..<3).map { _ in Int(try reader.read(UInt32.self)) }
        let unknown = YinheError(.peerMisbehaved, "malformed kind of correlation: code \(code), ring \(ringWords), sizes \(sizes)")
        let ring: Ring? = ringWords == 1 ? .z64 : ringWords == 2 ? .z128 : nil
        guard reserved == 0, ringWords <= 2, owner <= 1, sizes.allSatisfy({ $0 <= Self.maximumDimension }) else { throw unknown }
        let isMatrix = sizes.allSatisfy { $0 > 0 }, isPlain = sizes == [0, 0, 0] && owner == 0
        switch (code, ring) {
        case (1, .some(let r)) where isPlain: self = .products(r)
        case (2, .some(let r)) where isPlain: self = .squares(r)
        case (3, nil) where isPlain: self = .bitProducts
        case (4, nil) where isPlain: self = .bitProductPairs
        case (5, nil) where isPlain: self = .privateBitProducts
        case (6, .some(let r)) where isPlain: self = .bits(r)
        case (7, .some(let r)) where isPlain: self = .bitElementProducts(r)
        case (8, .some(let r)) where isMatrix && owner == 0:
            self = .matrixProducts(r, rows: sizes[0], inner: sizes[1], columns: sizes[2])
        case (9, .some(let r)) where isMatrix && owner == 0:
            self = .privateMatrixProducts(r, rows: sizes[0], inner: sizes[1], columns: sizes[2])
        case (10, .some(let r)) where sizes[0] > 0 && sizes[1] > 0 && sizes[2] == 0:
            self = .permutation(r, owner: owner, rows: sizes[0], width: sizes[1])
        case (11, nil) where isPlain: self = .privateBitBytes
        default: throw unknown
        }
    }

    /// 64-bit words of one item of either party's part, without overflow for any kind that can be decoded: nil when there are more
    /// than 2^40.
    package var wordsPerItem: Int? {
        func product(_ factors: Int...) -> Int? {
            var out = 1
            for factor in factors {
                let (next, overflow) = out.multipliedReportingOverflow(by: factor)
                guard !overflow, next <= 1 << 40 else { return nil }
                out = next
            }
            return out
        }
        switch self {
        case .matrixProducts(let r, let rows, let inner, let columns), .privateMatrixProducts(let r, let rows, let inner, let columns):
            guard let a = product(r.words, rows, inner), let b = product(r.words, inner, columns),
                let c = product(r.words, rows, columns)
            else { return nil }
            return a + b + c
        case .permutation(let r, _, let rows, let width):
            return product(r.words, rows, width).flatMap { $0 + $0 + rows <= 1 << 40 ? 2 * $0 + rows : nil }
        default: return sections(count: 1, party: 0).reduce(0, +)
        }
    }
}
