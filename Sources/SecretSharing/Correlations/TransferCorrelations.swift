import Arithmetic
import ObliviousTransfer
import SandboxCore
import Synchronization
import Transport

/// Correlated randomness made by the two parties themselves, from random oblivious transfers in both directions of their
/// session. Semi-honest. How each kind is made, and what it costs: Protocols/ot-correlations.md.
///
/// One task at a time. The first request sets the transfers up (two flights, 11 KB each way); a large request then streams, a small
/// one draws transfers from stock.
package final class TransferCorrelations: CorrelationSource {
    package let name = "oblivious transfer"
    package let costsTransfers = true
    let party: Int
    let engine: RandomOT.Engine
    let random: any RandomSource

    /// `party`: 0 or 1. `threads` of this party.
    package init(
        session: Session, party: Int, threads: Int, method: RandomOT.Method = .softSpoken,
        random: any RandomSource = SystemRandom.shared
    ) {
        self.party = party
        self.random = random
        engine = RandomOT.Engine(session: session, party: party, method: method, threads: threads, random: random)
    }

    /// Throws `.peerMisbehaved` for a message of a wrong length.
    package func produce(_ kind: Correlation, count: Int) async throws -> CorrelationBatch {
        precondition(count >= 0)
        let batch = CorrelationBatch(zeroed: kind, count: count, party: party)
        if count == 0 { return batch }
        switch kind {
        case .products(.z64): try await products(batch, UInt64.self)
        case .products(.z128): try await products(batch, UInt128.self)
        case .squares(.z64): try await squares(batch, UInt64.self)
        case .squares(.z128): try await squares(batch, UInt128.self)
        case .bitProducts, .bitProductPairs: try await bitProducts(batch)
        case .privateBitProducts: try await privateBitProducts(batch)
        case .bits(.z64): try await bits(batch, UInt64.self)
        case .bits(.z128): try await bits(batch, UInt128.self)
        case .bitElementProducts(.z64): try await bitElementProducts(batch, UInt64.self)
        case .bitElementProducts(.z128): try await bitElementProducts(batch, UInt128.self)
        case .privateBitBytes: try await privateBitBytes(batch)
        case .matrixProducts(.z64, let rows, let inner, let columns):
            try await matrixProducts(batch, rows, inner, columns, UInt64.self)
        case .matrixProducts(.z128, let rows, let inner, let columns):
            try await matrixProducts(batch, rows, inner, columns, UInt128.self)
        case .privateMatrixProducts(.z64, let rows, let inner, let columns):
            try await privateMatrixProducts(batch, rows, inner, columns, UInt64.self)
        case .privateMatrixProducts(.z128, let rows, let inner, let columns):
            try await privateMatrixProducts(batch, rows, inner, columns, UInt128.self)
        case .permutation(.z64, let owner, let rows, let width):
            try await permutations(batch, owner: owner, rows: rows, width: width, UInt64.self)
        case .permutation(.z128, let owner, let rows, let width):
            try await permutations(batch, owner: owner, rows: rows, width: width, UInt128.self)
        }
        return batch
    }

    /// Where one transfer for an item is enough, party 0 sends for the first half of the items and party 1 for the rest.
    static func share(of count: Int, sender: Int) -> Range<Int> {
        sender == 0 ? 0..<(count + 1) / 2 : (count + 1) / 2..<count
    }
}

/// Further 16-byte blocks of the string of a transfer: pi(sigma(s) ^ tweak) ^ sigma(s) under a public key, see `AES128.hash`.
enum StringExpansion {
    private static let cipher = AES128(
        key: Block128(littleEndianBytes: DomainHash(domain: "yinhe/ot-string-expansion/v1").finalize()[..<16]))

    /// Block `plane` (from 1 on; block 0 is the string) of `count` strings, of which the first is that of transfer `first`.
    static func block(
        _ plane: Int, of strings: UnsafePointer<Block128>, first: Int, count: Int, into out: UnsafeMutablePointer<Block128>
    ) {
        cipher.hash(strings, into: out, count: count, tweak: UInt64(plane) << 40 + UInt64(first))
    }
}

/// Memory for secrets of one tile, wiped at the end.
func withWipedBlocks<R>(_ count: Int, _ body: (UnsafeMutablePointer<Block128>) throws -> R) rethrows -> R {
    try withUnsafeTemporaryAllocation(of: Block128.self, capacity: count) { buffer in
        defer { ConstantTime.wipe(UnsafeMutableRawBufferPointer(buffer)) }
        return try body(buffer.baseAddress!)
    }
}

extension CorrelationBatch {
    /// A section that a program writes, from any thread, at disjoint places.
    func output<E: RingElement>(_ section: Int, _: E.Type) -> DisjointBuffer<E> {
        let words = words(section)
        let base = UnsafeMutableRawPointer(words.baseAddress!).assumingMemoryBound(to: E.self)
        return DisjointBuffer(UnsafeMutableBufferPointer(start: base, count: 8 * words.count / MemoryLayout<E>.size))
    }
}
