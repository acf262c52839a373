import Arithmetic
import SandboxCore

/// Exact inversion of a law on consecutive integers from its probabilities, which `weights` gives to any precision.
final class CumulativeTable: Sendable {
    /// Probabilities of first, first + 1, ... times a common factor, in fixed point; each is short by at most `values.count` units.
    struct Weights {
        let first: Int
        let values: [BigInteger]
    }

    private let first: Int64
    /// Entry i, with p = 2^64 P[X <= first + i]: a word below `lower` is below p for sure, one above `last` is not.
    private let lower: [UInt64]
    private let last: [UInt64]
    /// Entry h: the first i whose `last` reaches h 2^(64 - guideBits): where the search for a word with these high bits begins.
    private let guide: [UInt32]
    private let guideBits: Int
    private let weights: @Sendable (_ places: Int) -> Weights

    init(_ weights: @escaping @Sendable (_ places: Int) -> Weights) {
        self.weights = weights
        let table = weights(Self.places)
        let bounds = Self.cumulative(table, bits: 64)
        first = Int64(table.first)
        lower = bounds.map { $0.lower.uint64 ?? .max }
        last = bounds.map { ($0.upper - .one).uint64! }
        let bits = min(16, max(4, SecurityParameters.ceilLog2(bounds.count) + 1))
        var guide: [UInt32] = [], i = 0
        for h in 0..<1 << bits {
            while last[i] < UInt64(h) << UInt64(64 - bits) { i += 1 }
            guide.append(UInt32(i))
        }
        self.guide = guide
        guideBits = bits
    }

    /// Places of the first table: 64 that are compared, and more than the errors of all sums.
    private static let places = 256

    private static func cumulative(_ weights: Weights, bits: Int) -> [(lower: BigInteger, upper: BigInteger)] {
        let count = BigInteger(weights.values.count)
        let total = weights.values.reduce(BigInteger.zero, +)
        // Both a partial sum and the total are short by at most count^2 units.
        let error = count * count
        var sum = BigInteger.zero
        return weights.values.enumerated().map { i, value in
            sum += value
            if i == weights.values.count - 1 { return (.one << bits, .one << bits) }
            return ((sum << bits) / (total + error), ((sum + error) << bits) / total + .one)
        }
    }

    /// One sample: the first x with U < P[X <= x].
    func draw(_ stream: inout WordStream) -> Int64 {
        let word = stream.word()
        var i = Int(guide[Int(word >> UInt64(64 - guideBits))])
        // The last entry ends at 1, so no word is beyond it.
        while word > last[i] { i += 1 }
        if word < lower[i] || i == last.count - 1 { return first + Int64(i) }
        return undecided(word, &stream)
    }

    @inline(never)
    private func undecided(_ word: UInt64, _ stream: inout WordStream) -> Int64 {
        var drawn = BigInteger(word), bits = 64
        while true {
            drawn = drawn << 64 + BigInteger(stream.word())
            bits += 64
            let bounds = Self.cumulative(weights(Self.places + bits), bits: bits)
            let i = bounds.firstIndex { drawn < $0.upper }!
            if drawn < bounds[i].lower { return first + Int64(i) }
        }
    }
}
