import SandboxCore

/// Key sets with a known intersection: `n` tokens a side, half of them (rounded down) in common, in unrelated order.
struct SyntheticSets: Sendable {
    let first: [JoinToken]
    let second: [JoinToken]
    let common: Int

    init(first n1: Int, second n2: Int) {
        common = min(n1, n2) / 2
        let common = common
        // A fixed bijection of the item number spreads the tokens; benches need no hashing of real keys.
        func token(_ i: UInt64) -> JoinToken {
            func mix(_ x: UInt64) -> UInt64 {  // SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014)
                var z = x &+ 0x9e37_79b9_7f4a_7c15
                z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
                z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
                return z ^ (z >> 31)
            }
            return JoinToken(low: mix(i), high: mix(~i))
        }
        func ordered(_ n: Int, ownOffset: UInt64) -> [JoinToken] {
            var items = (0..<n).map { $0 < common ? UInt64($0) : ownOffset + UInt64($0) }
            items.sort { ($0 &* 0x9e37_79b9_7f4a_7c15 ^ ownOffset) < ($1 &* 0x9e37_79b9_7f4a_7c15 ^ ownOffset) }
            return items.map(token)
        }
        first = ordered(n1, ownOffset: 1 << 40)
        second = ordered(n2, ownOffset: 1 << 41)
    }

    /// The plain computation: indices into `first` of tokens that are in `second`, ascending.
    var matchesInFirst: [Int] {
        let other = Set(second)
        return first.indices.filter { other.contains(first[$0]) }
    }

    var matchesInSecond: [Int] {
        let other = Set(first)
        return second.indices.filter { other.contains(second[$0]) }
    }
}
