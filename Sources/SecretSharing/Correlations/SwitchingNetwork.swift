import SandboxCore

/// A network of two-by-two switches that can bring `count` values into any order: V. E. Benes, with the switches of A. Waksman
/// (J. ACM 1968) left out, for any count (B. Beauquier, E. Darrot, "On arbitrary size Waksman networks and their vulnerability",
/// Parallel Processing Letters 2002). count 1 has none, count n those of the halves, rounded up and down, and n - 1 more.
///
/// Values stay in `count` places. Layer d on the way in and again on the way out has switches between the places p and p + 2^d for
/// p with bit d clear: the halves of a network are its even and its odd places. The switch of the first pair of an even network,
/// and of a network of two, exists on the way in only.
package struct SwitchingNetwork: Sendable {
    let count: Int
    /// Layers on the way in.
    let depth: Int

    package init(_ count: Int) {
        precondition(count >= 1 && count < 1 << 31)
        self.count = count
        depth = count == 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount
    }

    var layers: Int { max(0, 2 * depth - 1) }
    package var switches: Int { Self.switches(count) }

    private static func switches(_ n: Int) -> Int {
        // Networks of one level have two sizes that differ by one: (size, how many).
        var (small, smalls, larges, total) = (n, 1, 0, 0)
        while small + (larges > 0 ? 1 : 0) > 1 {
            total += smalls * max(0, small - 1) + larges * small
            let evens = small % 2 == 0
            // small -> halves of `small`; large = small + 1 -> halves of that.
            (smalls, larges) = evens ? (2 * smalls + larges, larges) : (smalls, smalls + 2 * larges)
            small /= 2
        }
        return total
    }

    /// Visits the switches in order, a part at a time.
    package struct Cursor: Sendable {
        private let network: SwitchingNetwork
        private(set) var layer = 0
        private var next = 0

        package init(_ network: SwitchingNetwork) { self.network = network }

        /// The two places of the next switch, the lower one first. Traps after the last.
        @inline(__always)
        package mutating func advance() -> (layer: Int, low: Int, high: Int) {
            while true {
                precondition(layer < network.layers)
                let outwards = layer >= network.depth
                let level = outwards ? network.layers - 1 - layer : layer
                let distance = 1 << level
                while next + distance < network.count {
                    let p = next
                    next += 1
                    if p & distance != 0 {
                        next = (p | (distance - 1)) + 1
                        continue
                    }
                    if outwards {
                        let origin = p & (distance - 1)
                        let size = (network.count - origin + distance - 1) >> level
                        if size <= 2 || (size & 1 == 0 && p < distance) { continue }
                    }
                    return (layer, p, p + distance)
                }
                layer += 1
                next = 0
            }
        }
    }
}

/// Which switches of a network exchange their values so that place i gets what was at place p[i]: the looping algorithm of Waksman.
/// Its memory accesses depend on the permutation, which the party that runs it knows anyway.
final class SwitchSettings: Sendable {
    let network: SwitchingNetwork
    private let bits: HugeBuffer<UInt64>
    private let wordsPerLayer: Int

    init(_ permutation: UnsafePointer<UInt64>, _ network: SwitchingNetwork) {
        self.network = network
        wordsPerLayer = (network.count + 63) / 64
        bits = HugeBuffer(count: max(1, network.layers * wordsPerLayer), wiped: true)
        let n = network.count
        // The permutation of this level and of all levels below: n + n + n / 2 + ... places, rounding included.
        let memory = HugeBuffer<UInt32>(count: 3 * n + 2 * 64, wiped: true)
        let inverse = HugeBuffer<UInt32>(count: n, wiped: true)
        let seen = HugeBuffer<UInt8>(count: n / 2 + 1, wiped: true)
        for i in 0..<n { memory.pointer[i] = UInt32(permutation[i]) }
        route(memory.pointer, n, origin: 0, level: 0, free: memory.pointer + n, inverse.pointer, seen.pointer)
    }

    /// 1 when the switch of a layer whose lower place is `low` exchanges.
    @inline(__always)
    func bit(_ layer: Int, _ low: Int) -> UInt64 { bits.pointer[layer * wordsPerLayer + low / 64] >> UInt64(low % 64) & 1 }

    private func set(_ layer: Int, _ low: Int, _ bit: UInt32) {
        bits.pointer[layer * wordsPerLayer + low / 64] |= UInt64(bit) << UInt64(low % 64)
    }

    private func route(
        _ p: UnsafePointer<UInt32>, _ n: Int, origin: Int, level: Int, free: UnsafeMutablePointer<UInt32>,
        _ inverse: UnsafeMutablePointer<UInt32>, _ seen: UnsafeMutablePointer<UInt8>
    ) {
        if n < 2 { return }
        if n == 2 { return set(level, origin, p[0]) }
        let out = network.layers - 1 - level
        let upper = free, lower = free + (n + 1) / 2
        for i in 0..<n { inverse[Int(p[i])] = UInt32(i) }
        seen.update(repeating: 0, count: n / 2)

        /// From an output that the upper half serves, around until the loop closes.
        func follow(_ start: Int) {
            var i = start
            while true {
                let x = p[i]
                upper[i >> 1] = x >> 1
                if i ^ 1 < n {
                    seen[i >> 1] = 1
                    set(out, origin + (i >> 1) << (level + 1), UInt32(i & 1))
                }
                if Int(x ^ 1) >= n { return }
                set(level, origin + Int(x >> 1) << (level + 1), x & 1)
                let other = Int(inverse[Int(x ^ 1)])
                lower[other >> 1] = (x ^ 1) >> 1
                i = other ^ 1
                if i == start { return }
            }
        }
        if n % 2 == 1 { follow(n - 1) }
        for pair in 0..<n / 2 where seen[pair] == 0 { follow(2 * pair) }

        let next = free + n
        route(upper, (n + 1) / 2, origin: origin, level: level + 1, free: next, inverse, seen)
        route(lower, n / 2, origin: origin + 1 << level, level: level + 1, free: next, inverse, seen)
    }
}
