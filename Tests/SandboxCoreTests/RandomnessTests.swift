import SandboxCore
import Synchronization
import Testing
import TestSupport

/// Hands out given words, then traps.
private final class ScriptedRandom: RandomSource {
    private let words: Mutex<[UInt64]>
    init(_ words: [UInt64]) { self.words = Mutex(words) }
    var left: Int { words.withLock { $0.count } }

    func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        precondition(buffer.count == 8)
        buffer.storeBytes(of: words.withLock { $0.removeFirst() }, as: UInt64.self)
    }
}

@Suite struct RandomnessTests {
    /// Blocks 0, 1 and 2 of the key stream for the zero key: H, E(K, Y0) and the ciphertext of test cases 13 and 14 of
    /// McGrew and Viega, "The Galois/Counter Mode of Operation" (submitted to NIST), which counts as SP 800-38A does.
    @Test func counterModeMatchesThePublishedKeyStream() {
        let prg = AESCounterPRG(seed: [UInt8](repeating: 0, count: 32))
        var out = [UInt8](repeating: 0xff, count: 48)
        out.withUnsafeMutableBytes { prg.fill($0) }
        #expect(
            out.hex == "dc95c078a2408989ad48a21492842087" + "530f8afbc74536b9a963b4f1c4cb738b"
                + "cea7403d4d606b6e074ec5d3baf39d18")
    }

    @Test func counterModeIsOneStreamHoweverItIsCut() {
        let seed = SeededRandom(1).bytes(32)
        var whole = [UInt8](repeating: 0, count: 1000)
        whole.withUnsafeMutableBytes { AESCounterPRG(seed: seed).fill($0) }
        let prg = AESCounterPRG(seed: seed)
        var pieces: [UInt8] = []
        for count in [0, 1, 15, 16, 17, 200, 751] {
            var piece = [UInt8](repeating: 9, count: count)
            piece.withUnsafeMutableBytes { prg.fill($0) }
            pieces += piece
        }
        #expect(pieces == whole)
        var masked = whole
        masked.withUnsafeMutableBytes { AESCounterPRG(seed: seed).xor(into: $0) }
        #expect(masked.allSatisfy { $0 == 0 })
        seed.withUnsafeBytes { raw in
            var other = [UInt8](repeating: 0, count: 1000)
            other.withUnsafeMutableBytes { AESCounterPRG(seed: raw).fill($0) }
            #expect(other == whole)
        }
    }

    @Test func bufferedRandomErasesItsKeyAtEachRefill() {
        // The first 32 bytes of each 32 KiB buffer become the next key and are never handed out.
        let source = SeededRandom(2)
        let buffered = BufferedRandom(seededBy: SeededRandom(2))
        var key = source.bytes(32)
        var expected: [UInt8] = []
        for _ in 0..<3 {
            var block = [UInt8](repeating: 0, count: 1 << 15)
            block.withUnsafeMutableBytes { AESCounterPRG(seed: key).fill($0) }
            key = Array(block[..<32])
            expected += block[32...]
        }
        var got: [UInt8] = []
        for count in [1, 7, 8, 40_000, 20_000] { got += buffered.bytes(count) }
        #expect(got == Array(expected[..<got.count]))
    }

    @Test func systemRandomFillsEveryByteOfLongBuffers() {
        // 600 bytes take three calls; a zero byte in the same place of 16 draws has probability 600 * 2^-128.
        var seen = [UInt8](repeating: 0, count: 600)
        for _ in 0..<16 {
            let bytes = SystemRandom.shared.bytes(600)
            for i in 0..<600 { seen[i] |= bytes[i] }
        }
        #expect(seen.allSatisfy { $0 != 0 })
    }

    @Test func uniformRejectsTheIncompleteLastRange() {
        // For bound 10 the largest multiple of 10 below 2^64 is 2^64 - 6: the six words above are rejected.
        let source = ScriptedRandom([.max, .max - 5, .max - 6, 10])
        #expect(source.uniform(below: 10) == 9)
        #expect(source.left == 1)
        #expect(source.uniform(below: 10) == 0)
        #expect(ScriptedRandom([.max]).uniform(below: 8) == 7)
        #expect(ScriptedRandom([.max]).uniform(below: 1) == 0)
        let half = ScriptedRandom([.max, 1 << 63])
        #expect(half.uniform(below: (1 << 63) + 1) == 1 << 63)
        #expect(half.left == 0)
    }

    /// Chi-square with 9 degrees of freedom exceeds 48 with probability 2.5e-7.
    @Test func uniformIsFlat() {
        let seed = freshSeed()
        let source = SeededRandom(seed)
        var counts = [Double](repeating: 0, count: 10)
        for _ in 0..<100_000 { counts[Int(source.uniform(below: 10))] += 1 }
        let chi = counts.reduce(0) { $0 + ($1 - 10_000) * ($1 - 10_000) / 10_000 }
        #expect(chi < 48, "seed \(seed)")
    }

    @Test func permutationsAreCompleteAndAllOccur() {
        let source = SeededRandom(3)
        #expect(source.permutation(0) == [] && source.permutation(1) == [0])
        var seen: Set<[Int]> = []
        // 24 orders; one missing after 1000 draws has probability below 24 * (23/24)^1000 = 8e-18.
        for _ in 0..<1000 {
            let order = source.permutation(4)
            #expect(order.sorted() == [0, 1, 2, 3])
            seen.insert(order)
        }
        #expect(seen.count == 24)
    }
}
