import ArgumentParser
import SandboxCore
import SecretSharing
import Transport

/// The kinds of correlation that `--op triples` makes.
enum ShareCorrelation: String, ExpressibleByArgument, CaseIterable {
    case products, squares, bits
    case bitProducts = "bit-products"
    case bitProductPairs = "bit-product-pairs"
    case privateBitProducts = "private-bit-products"
    case bitElementProducts = "bit-element-products"
    case matrixProducts = "matrix-products"
    case permutation

    /// What makes `n` of them: the kind, and its number of items.
    func kind(_ ring: Ring, n: Int, columns: Int) -> (Correlation, count: Int) {
        // One item of the kinds of bits is 64 of them.
        let words = (n + 63) / 64
        return switch self {
        case .products: (.products(ring), n)
        case .squares: (.squares(ring), n)
        case .bits: (.bits(ring), words)
        case .bitProducts: (.bitProducts, words)
        case .bitProductPairs: (.bitProductPairs, words)
        case .privateBitProducts: (.privateBitProducts, words)
        case .bitElementProducts: (.bitElementProducts(ring), words)
        case .matrixProducts: (.matrixProducts(ring, rows: columns, inner: n, columns: columns), 1)
        case .permutation: (.permutation(ring, owner: 0, rows: n, width: 1), 1)
        }
    }
}

extension CorrelationBatch {
    /// Whether both parties' parts fulfil their relation; both call it, after the measurement: it shows party 0 all of party 1's part.
    func satisfiesRelation(over channel: any Channel) async throws -> Bool {
        if party == 1 {
            for section in kind.sections(count: count, party: party).indices {
                let bytes = UnsafeRawBufferPointer(words(section))
                for start in stride(from: 0, to: bytes.count, by: Self.frameBytes) {
                    try await channel.send([UInt8](bytes[start..<min(bytes.count, start + Self.frameBytes)]))
                }
            }
            return try await channel.receive() == [1]
        }
        let other = CorrelationBatch(zeroed: kind, count: count, party: 1)
        for section in kind.sections(count: count, party: 1).indices {
            let bytes = UnsafeMutableRawBufferPointer(other.words(section))
            for start in stride(from: 0, to: bytes.count, by: Self.frameBytes) {
                let frame = try await channel.receive()
                guard frame.count == min(bytes.count - start, Self.frameBytes) else { return false }
                bytes[start..<start + frame.count].copyBytes(from: frame)
            }
        }
        let correct = isRelated(to: other)
        try await channel.send([correct ? 1 : 0])
        return correct
    }

    private static let frameBytes = 1 << 20

    /// Derives the dependent sections again from all others, as a dealer would.
    private func isRelated(to other: CorrelationBatch) -> Bool {
        let (target, source) = kind.correctionParty == party ? (self, other) : (other, self)
        let again = CorrelationBatch(zeroed: kind, count: count, party: target.party)
        let sizes = kind.sections(count: count, party: target.party)
        let free = sizes.count - kind.derivedSections
        for section in 0..<free {
            let words = target.words(section)
            again.words(section).baseAddress!.update(from: words.baseAddress!, count: words.count)
            // Uniform words are not all alike: zeros would fulfil most relations.
            if words.count > 2, words.allSatisfy({ $0 == words[0] }) { return false }
        }
        Dealing.derive(again, from: source)
        return (free..<sizes.count).allSatisfy { target.words($0).elementsEqual(again.words($0)) }
    }
}
