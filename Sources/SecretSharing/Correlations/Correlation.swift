import SandboxCore

/// A kind of correlated randomness: random values with a relation between them, of which each of two parties holds one part.
///
/// Every kind is a list of sections of 64-bit words (`sections`), in memory and on disk alike. A ring element takes one word over
/// Z_2^64 and two over Z_2^128, the low one first. "Shared" means that the two parties' sections add up to the value: modulo the ring
/// for elements, by XOR for bits, of which a word holds 64. Protocols/correlations.md.
package enum Correlation: Hashable, Sendable {
    /// Shared a, b, c with c = a b. One item is one triple (D. Beaver, CRYPTO 1991).
    case products(Ring)
    /// Shared a, c with c = a^2.
    case squares(Ring)
    /// Shared bits a, b, c with c = a & b. One item is 64 triples.
    case bitProducts
    /// Shared bits a, b, e, c, d with c = a & b, d = a & e: two products with one factor in common. One item is 64 of them.
    case bitProductPairs
    /// Party 0 knows u, party 1 knows v; shared bits w = u & v. Sections: the own factor, w. One item is 64 products.
    case privateBitProducts
    /// Party 0 knows bits u, party 1 knows bits v; their products u v are shared as bytes modulo 256. Sections: the own bits, 64 bytes for
    /// each word of them. One item is 64 products.
    case privateBitBytes
    /// Shared random bits r, and the same bits shared as ring elements 0 or 1. One item is 64 bits: a word, then 64 elements.
    case bits(Ring)
    /// Shared random bits r, shared random elements a, the bits as ring elements, and the products r a. One item is 64 of them.
    case bitElementProducts(Ring)
    /// Shared matrices A (rows x inner), B (inner x columns), C = A B, row-major. One item is one triple of matrices.
    case matrixProducts(Ring, rows: Int, inner: Int, columns: Int)
    /// Party 0 knows A (rows x inner), party 1 knows B (inner x columns); shared C = A B. Sections: the own factor, C.
    case privateMatrixProducts(Ring, rows: Int, inner: Int, columns: Int)
    /// `owner` knows a uniform permutation p of 0 ..< rows and d[i] = a[p[i]] - b[i] for every row i of `width` ring elements;
    /// the other party knows a and b (M. Chase, E. Ghosh, O. Poburinnaya, "Secret-shared shuffle", ASIACRYPT 2020,
    /// eprint 2019/1340, section 3: share translation). Sections of the owner: p, d; of the other: a, b. One item is one permutation.
    case permutation(Ring, owner: Int, rows: Int, width: Int)

    /// Words of each section that `party` holds for `count` items.
    package func sections(count: Int, party: Int) -> [Int] {
        switch self {
        case .products(let ring): Array(repeating: count * ring.words, count: 3)
        case .squares(let ring): Array(repeating: count * ring.words, count: 2)
        case .bitProducts: Array(repeating: count, count: 3)
        case .bitProductPairs: Array(repeating: count, count: 5)
        case .privateBitProducts: Array(repeating: count, count: 2)
        case .privateBitBytes: [count, 8 * count]
        case .bits(let ring): [count, 64 * count * ring.words]
        case .bitElementProducts(let ring): [count] + Array(repeating: 64 * count * ring.words, count: 3)
        case .matrixProducts(let ring, let rows, let inner, let columns):
            [rows * inner, inner * columns, rows * columns].map { $0 * count * ring.words }
        case .privateMatrixProducts(let ring, let rows, let inner, let columns):
            [party == 0 ? rows * inner : inner * columns, rows * columns].map { $0 * count * ring.words }
        case .permutation(let ring, let owner, let rows, let width):
            party == owner
                ? [count * rows, count * rows * width * ring.words]
                : Array(repeating: count * rows * width * ring.words, count: 2)
        }
    }

    /// Sections that follow from the others and the peer's part; the leading ones are random.
    package var derivedSections: Int {
        switch self {
        case .bitProductPairs, .bitElementProducts: 2
        default: 1
        }
    }

    /// The party that a dealer sends the derived sections to; the other one expands all of its part from a seed.
    package var correctionParty: Int { if case .permutation(_, let owner, _, _) = self { owner } else { 1 } }

    /// Whether items are independent of each other, so that a stock of many may be cut anywhere.
    package var isDivisible: Bool {
        switch self {
        case .matrixProducts, .privateMatrixProducts, .permutation: false
        default: true
        }
    }

    /// A short name for files, reports and messages, such as "products-z2^64".
    package var name: String {
        switch self {
        case .products(let ring): "products-\(ring.rawValue)"
        case .squares(let ring): "squares-\(ring.rawValue)"
        case .bitProducts: "bit-products"
        case .bitProductPairs: "bit-product-pairs"
        case .privateBitProducts: "private-bit-products"
        case .privateBitBytes: "private-bit-bytes"
        case .bits(let ring): "bits-\(ring.rawValue)"
        case .bitElementProducts(let ring): "bit-element-products-\(ring.rawValue)"
        case .matrixProducts(let ring, let rows, let inner, let columns):
            "matrix-products-\(ring.rawValue)-\(rows)x\(inner)x\(columns)"
        case .privateMatrixProducts(let ring, let rows, let inner, let columns):
            "private-matrix-products-\(ring.rawValue)-\(rows)x\(inner)x\(columns)"
        case .permutation(let ring, let owner, let rows, let width):
            "permutation-\(ring.rawValue)-\(owner)-\(rows)x\(width)"
        }
    }
}

extension Ring {
    /// 64-bit words of one element.
    package var words: Int { bytes / 8 }
}
