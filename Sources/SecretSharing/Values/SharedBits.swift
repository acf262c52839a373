import SandboxCore

/// One party's XOR share of a vector of bits, 64 to the word: bit i is bit i % 64 of word i / 64, and the XOR of both parties' bits is
/// the value. Each share alone is uniform. XOR and negation are local; `TwoPartyComputation` multiplies.
public struct SharedBits: Sendable {
    /// This party's index, 0 or 1.
    public let party: Int
    public let count: Int
    /// The bits beyond `count` in the last word have no meaning.
    public private(set) var words: [UInt64]

    /// Wraps a share. Throws `.badInput` unless there are `(count + 63) / 64` words.
    public init(words: [UInt64], count: Int, party: Int) throws {
        guard count >= 0, words.count == Self.wordCount(count) else {
            throw YinheError(.badInput, "\(words.count) words for \(count) shared bits")
        }
        self.init(unchecked: words, count, party)
    }

    init(unchecked words: [UInt64], _ count: Int, _ party: Int) {
        self.words = words
        self.count = count
        self.party = party
    }

    static func wordCount(_ bits: Int) -> Int { (bits + 63) / 64 }

    /// A public bit in every place.
    public static func constant(_ bit: Bool, count: Int, party: Int) -> SharedBits {
        SharedBits(unchecked: [UInt64](repeating: bit && party == 0 ? .max : 0, count: wordCount(count)), count, party)
    }

    private func requireLike(_ other: SharedBits) throws {
        precondition(party == other.party, "shares of different parties")
        guard count == other.count else {
            throw YinheError(.badInput, "vectors of \(count) and \(other.count) bits do not fit together")
        }
    }

    public static func ^ (a: SharedBits, b: SharedBits) throws -> SharedBits {
        try a.requireLike(b)
        return SharedBits(unchecked: zip(a.words, b.words).map { $0 ^ $1 }, a.count, a.party)
    }

    /// The complement; party 0 flips its share.
    public static prefix func ~ (a: SharedBits) -> SharedBits {
        a.party == 0 ? SharedBits(unchecked: a.words.map { ~$0 }, a.count, a.party) : a
    }

    /// XOR with public bits in the same layout.
    public func xor(publicWords: [UInt64]) throws -> SharedBits {
        guard publicWords.count == words.count else { throw YinheError(.badInput, "\(publicWords.count) words for \(count) bits") }
        return party == 0 ? SharedBits(unchecked: zip(words, publicWords).map { $0 ^ $1 }, count, party) : self
    }

    /// Bit `index` of the share, 0 or 1.
    public subscript(index: Int) -> UInt64 {
        precondition(index >= 0 && index < count)
        return words[index / 64] >> UInt64(index % 64) & 1
    }

    /// Bits `range`, moved to the front.
    public subscript(range: Range<Int>) -> SharedBits {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        let shift = UInt64(range.lowerBound % 64), first = range.lowerBound / 64
        let out = (0..<Self.wordCount(range.count)).map { i -> UInt64 in
            let low = words[first + i] >> shift
            return shift == 0 || first + i + 1 >= words.count ? low : low | words[first + i + 1] << (64 - shift)
        }
        return SharedBits(unchecked: out, range.count, party)
    }

    /// One vector after the other.
    public static func joined(_ parts: [SharedBits]) -> SharedBits {
        guard let first = parts.first else { preconditionFailure("nothing to join") }
        if parts.count == 1 { return first }
        let count = parts.reduce(0) { $0 + $1.count }
        var words = [UInt64](repeating: 0, count: wordCount(count))
        var at = 0
        for part in parts {
            precondition(part.party == first.party)
            let shift = UInt64(at % 64)
            for (i, word) in part.words.enumerated() {
                // Bits beyond the part's end must not spill into the next one.
                let rest = part.count - 64 * i
                let word = rest >= 64 ? word : word & (1 << UInt64(rest) - 1)
                words[at / 64 + i] |= word << shift
                if shift > 0, at / 64 + i + 1 < words.count { words[at / 64 + i + 1] |= word >> (64 - shift) }
            }
            at += part.count
        }
        return SharedBits(unchecked: words, count, first.party)
    }
}

extension SharedBits: CustomStringConvertible {
    /// Says nothing about the share.
    public var description: String { "share of party \(party): \(count) bits" }
}
