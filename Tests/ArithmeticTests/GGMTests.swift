import Arithmetic
import SandboxCore
import TestSupport
import Testing

@Suite struct GGMTests {
    /// A tree grown level by level equals its paths, walked one child at a time; and all implementations agree on odd counts.
    @Test func levelsAgreeWithPathsOnEveryImplementation() {
        let random = SeededRandom(freshSeed())
        let root = Block128(low: random.word(), high: random.word())
        for implementation in AES128.Implementation.available {
            let pair = GGM.permutations(implementation)
            var level = [root]
            for _ in 0..<9 {
                var next = [Block128](repeating: .zero, count: 2 * level.count)
                GGM.double(level, into: &next, count: level.count, by: pair)
                level = next
            }
            for leaf in [0, 1, 17, 255, 300, 511] {
                var node = root
                for bit in (0..<9).reversed() { node ^= (leaf >> bit & 1 == 0 ? pair.0 : pair.1).encrypt(node) }
                #expect(level[leaf] == node, "seed \(random.seed)")
            }
        }
        for count in 0...40 {
            let parents = (0..<count + 1).map { _ in Block128(low: random.word(), high: random.word()) }
            let results = AES128.Implementation.available.map { implementation in
                var children = [Block128](repeating: .zero, count: 2 * count + 2)
                GGM.double(parents, into: &children, count: count, by: GGM.permutations(implementation))
                return children
            }
            #expect(results.allSatisfy { $0 == results[0] }, "seed \(random.seed), \(count)")
            #expect(results[0].suffix(2) == [.zero, .zero])
        }
    }

    @Test func hugeBuffersAreZeroAlignedAndIndependent() {
        for count in [0, 1, 4096, 1 << 17, 1 << 17 | 1, 3 << 18] {
            let a = HugeBuffer<Block128>(count: count, wiped: true), b = HugeBuffer<Block128>(count: count, wiped: false)
            #expect(a.buffer.allSatisfy { $0 == .zero })
            #expect(Int(bitPattern: a.pointer) % (16 * count >= 2 << 20 ? 2 << 20 : 4096) == 0)
            a.buffer.update(repeating: Block128(low: 1, high: 2))
            #expect(b.buffer.allSatisfy { $0 == .zero })
        }
    }
}
