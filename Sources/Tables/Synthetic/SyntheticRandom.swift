/// A small deterministic generator for made-up data, the same on every machine. Not for cryptography.
///
/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 17). Everything below
/// is integer arithmetic, so no result depends on a mathematics library.
public struct SyntheticRandom: Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    /// An independent stream for item `index` of the purpose `stream`.
    init(seed: UInt64, stream: UInt64, index: UInt64) {
        var mixer = SyntheticRandom(seed: seed)
        let a = mixer.next()
        mixer = SyntheticRandom(seed: a ^ (stream &* 0xd6e8_feb8_6659_fd93))
        let b = mixer.next()
        state = SyntheticRandom.mix(b &+ index &* 0x9e37_79b9_7f4a_7c15)
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Self.mix(state)
    }

    private static func mix(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// Uniform in 0 ..< bound, by rejection.
    public mutating func below(_ bound: Int) -> Int {
        let bound = UInt64(bound)
        let limit = UInt64.max - (UInt64.max % bound + 1) % bound
        while true {
            let candidate = next()
            if candidate <= limit { return Int(candidate % bound) }
        }
    }

    /// The index of one of `weights`, drawn in proportion to them.
    mutating func weighted(_ weights: [Int]) -> Int {
        var left = below(weights.reduce(0, +))
        for (i, weight) in weights.enumerated() {
            if left < weight { return i }
            left -= weight
        }
        preconditionFailure("unreachable: the weights sum to more")
    }

    public mutating func shuffle<T>(_ items: inout [T]) {
        guard items.count > 1 else { return }
        for i in stride(from: items.count - 1, to: 0, by: -1) { items.swapAt(i, below(i + 1)) }
    }

    /// About normal with mean 0 and variance 1, in units of 2^-16: twelve uniform 16-bit numbers minus their mean.
    mutating func normal() -> Int {
        var sum = 0
        for _ in 0..<3 {
            let word = next()
            for shift in [0, 16, 32, 48] { sum += Int(word >> UInt64(shift) & 0xffff) }
        }
        return sum - 6 * 65535
    }

    /// About log-normal: `median * 2^(spread * normal)`, rounded down, where `spread` is in units of 2^-16. The natural
    /// standard deviation of the logarithm is `spread * ln 2 / 65536`.
    mutating func logNormal(median: Int, spread: Int) -> Int {
        let exponent = (normal() * spread) >> 16
        let whole = exponent >> 16
        let fraction = exponent & 0xffff
        var mantissa: UInt64 = 1 << 30
        for (k, root) in Self.roots.enumerated() where fraction >> (15 - k) & 1 == 1 { mantissa = (mantissa * root) >> 30 }
        let product = UInt128(median) * UInt128(mantissa)
        return whole >= 0 ? Int((product << whole) >> 30) : Int(product >> (30 - whole))
    }

    /// 2^(2^-k) for k = 1 ... 16, in units of 2^-30, to the nearest.
    private static let roots: [UInt64] = [
        1_518_500_250, 1_276_901_417, 1_170_923_762, 1_121_280_436, 1_097_253_708, 1_085_434_106, 1_079_572_136, 1_076_653_033,
        1_075_196_443, 1_074_468_888, 1_074_105_294, 1_073_923_544, 1_073_832_680, 1_073_787_251, 1_073_764_537, 1_073_753_181,
    ]
}
