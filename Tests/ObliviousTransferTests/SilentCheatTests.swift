import Arithmetic
import ObliviousTransfer
import SandboxCore
import TestSupport
import Testing

/// Parties that deviate but keep both transcripts alike, so that only the checks can find them.
@Suite struct SilentCheatTests {
    private static let ones = Block128(low: .max, high: .max)

    private func expectCaught(_ body: () throws -> Void) {
        let error = #expect(throws: YinheError.self) { try body() }
        #expect(error?.code == .peerMisbehaved)
    }

    @Test(arguments: 2...34) func `Trees of any number of leaves are exact`(leaves: Int) throws {
        let weight = LPNCode.noiseWeight(code: .expandConvolute21x24, fieldBits: 64)
        let steps = SilentSteps(outputs: weight * leaves / 2, code: .expandConvolute21x24, malicious: false)
        try #require(steps.layout.leaves == leaves)
        try steps.run()
        #expect(steps.wrongLeaves == 0)
    }

    @Test(arguments: [NoiseKind.bit, .word, .block]) func `Honest parties pass both checks`(noise: NoiseKind) throws {
        let steps = SilentSteps(outputs: 5000, noise: noise)
        try steps.run()
        #expect(steps.wrongLeaves == 0)
        try steps.check()
    }

    @Test func `A correction row that differs from the others is caught, unless those bits of Delta are zero`() throws {
        for group in [0, 13, 31] {
            let flip = { (bytes: inout [UInt8], layout: SilentLayout) in
                bytes[layout.correctionBytes - (32 - group) * layout.rowBytes + 5] ^= 4
            }
            let steps = SilentSteps(outputs: 10, delta: Self.ones)
            expectCaught { try steps.run(corrections: { flip(&$0, steps.layout) }) }
            // The documented selective failure: a right guess of the four bits of Delta is not seen.
            var delta = Self.ones
            if group < 16 { delta.low &= ~(15 << UInt64(4 * group)) } else { delta.high &= ~(15 << UInt64(4 * group - 64)) }
            let guessed = SilentSteps(outputs: 10, delta: delta)
            try guessed.run(corrections: { flip(&$0, guessed.layout) })
            #expect(guessed.wrongLeaves == 0)
        }
    }

    @Test func `Every part of the small trees' message is covered by their check`() {
        // Both sums of level 2 and of level 4 of a tree, a sum of tags, the hash.
        for ranges in [[16..<48], [80..<112], [16 + 3072..<16 + 3073], [16 + 3072 + 1024..<16 + 3072 + 1025]] {
            let steps = SilentSteps(outputs: 10)
            expectCaught { try steps.run(corrections: { bytes in for range in ranges { for i in range { bytes[i] ^= 1 } } }) }
        }
    }

    @Test(arguments: [0, 16, 16 * 70, 16 * 128]) func `A wrong correlation proof is caught`(offset: Int) {
        let steps = SilentSteps(outputs: 10, delta: Self.ones)
        expectCaught { try steps.run(proof: { $0[offset] ^= 0x80 }) }
    }

    @Test func `A proof for another transcript is caught`() throws {
        let steps = SilentSteps(outputs: 10)
        expectCaught {
            try steps.run(proof: { $0 = steps.receiver.proof([UInt8](repeating: 2, count: 32)) })
        }
    }

    @Test func `Wrong tree sums are caught exactly when the receiver's path reads them`() throws {
        for level in 0..<5 {
            for side in 0..<2 {
                let steps = SilentSteps(outputs: 5000)
                let depth = steps.layout.depth
                let path = Int(steps.points[7] >> UInt64(depth - 1 - level) & 1)
                try steps.run(sums: { $0[steps.sumOffset(tree: 7, level: level) + 16 * side + 3] ^= 0x10 })
                // The documented selective failure: the sum of the punctured side is not read.
                if side == path {
                    #expect(steps.wrongLeaves == 0)
                    try steps.check()
                } else if steps.wrongLeaves > 0 {
                    expectCaught { try steps.check() }
                }
            }
        }
    }

    @Test(arguments: [NoiseKind.bit, .word, .block]) func `A wrong leaf correction is always caught`(noise: NoiseKind) throws {
        let steps = SilentSteps(outputs: 3000, noise: noise)
        try steps.run(sums: { $0[$0.count - 16 * 9 + 1] ^= 1 })
        #expect(steps.wrongLeaves == 1)
        expectCaught { try steps.check() }
    }

    @Test func `A wrong check request or answer is caught`() throws {
        let steps = SilentSteps(outputs: 100)
        try steps.run()
        var request = steps.receiver.checkRequest().bytes
        request[3] ^= 1
        let answer = try steps.sender.answer(.init(bytes: request))
        expectCaught { try steps.receiver.verify(answer) }
        expectCaught { try steps.receiver.verify(.init(bytes: [])) }
        expectCaught { try steps.receiver.verify(.init(bytes: [UInt8](repeating: 0, count: 32))) }

        let other = SilentSteps(outputs: 100)
        try other.run()
        expectCaught { _ = try other.sender.answer(.init(bytes: [UInt8](repeating: 0, count: 15))) }
    }

    @Test func `A check for another transcript is caught`() throws {
        var steps = SilentSteps(outputs: 100)
        try steps.run()
        steps.transcript[0] ^= 1
        steps.sender.prepareCheck(steps.transcript)
        expectCaught { try steps.check() }
    }
}
