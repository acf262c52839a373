import SandboxCore

/// Uniformly random permutations of many elements without a cache miss for each (Rao, "Generation of random permutation of given
/// number of elements using random sampling numbers", Sankhya 1961; Sandelius, J. Roy. Stat. Soc. B 1962): each element draws one
/// of 256 groups, the groups are shuffled on their own (Fisher and Yates) and joined. Exactly uniform.
package enum RandomOrder {
    private static let smallCount = 1 << 12

    /// A uniform permutation of 0 ..< count.
    package static func draw(_ count: Int, random: some RandomSource) -> [UInt32] {
        precondition(count < UInt32.max)
        let random = BufferedRandom(seededBy: random)
        return [UInt32](unsafeUninitializedCapacity: count) { out, initialized in
            initialized = count
            guard count > smallCount else {
                for i in 0..<count { out[i] = UInt32(i) }
                shuffle(out, random)
                return
            }
            let ends = scatter(count, into: out, random)
            var start = 0
            for end in ends {
                shuffle(UnsafeMutableBufferPointer(rebasing: out[start..<end]), random)
                start = end
            }
        }
    }

    /// Writes 0 ..< count group by group; returns the ends of the groups.
    private static func scatter(_ count: Int, into out: UnsafeMutableBufferPointer<UInt32>, _ random: BufferedRandom) -> [Int] {
        let groups = random.bytes(count)
        var next = [Int](repeating: 0, count: 257)
        groups.withUnsafeBufferPointer { groups in
            next.withUnsafeMutableBufferPointer { next in
                for group in groups { next[Int(group) + 1] += 1 }
                for i in 1...256 { next[i] += next[i - 1] }
                for (i, group) in groups.enumerated() {
                    out[next[Int(group)]] = UInt32(i)
                    next[Int(group)] += 1
                }
            }
        }
        return Array(next[0..<256])
    }

    private static func shuffle(_ p: UnsafeMutableBufferPointer<UInt32>, _ random: BufferedRandom) {
        let batch = 2048
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: batch) { words in
            defer { ConstantTime.wipe(UnsafeMutableRawBufferPointer(words)) }
            var used = batch
            func word() -> UInt32 {
                if used == batch {
                    random.fill(UnsafeMutableRawBufferPointer(words))
                    used = 0
                }
                used += 1
                return words[used - 1]
            }
            for i in stride(from: p.count - 1, to: 0, by: -1) {
                // Lemire, "Fast random integer generation in an interval", ACM TOMACS 2019: exact, by rejection.
                let bound = UInt32(i + 1)
                var product = UInt64(word()) * UInt64(bound)
                if UInt32(truncatingIfNeeded: product) < bound {
                    let threshold = (0 &- bound) % bound
                    while UInt32(truncatingIfNeeded: product) < threshold { product = UInt64(word()) * UInt64(bound) }
                }
                p.swapAt(i, Int(product >> 32))
            }
        }
    }
}
