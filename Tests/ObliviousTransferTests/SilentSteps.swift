import Arithmetic
import ObliviousTransfer
import SandboxCore
import TestSupport
import Testing

/// The two roles step by step, without a session: the base OT keys come from a seed, transcripts from the test.
struct SilentSteps {
    let layout: SilentLayout
    let sender: SilentSender
    let receiver: SilentReceiver
    let points: [UInt64]
    var transcript = [UInt8](repeating: 1, count: 32)

    let keys: [(Block128, Block128)]

    init(
        outputs: Int, noise: NoiseKind = .word, code: LPNCode = .expandConvolute7x24, malicious: Bool = true,
        delta: Block128? = nil, seed: UInt64 = freshSeed()
    ) {
        let random = SeededRandom(seed)
        func block() -> Block128 { Block128(low: random.word(), high: random.word()) }
        layout = SilentLayout(code: code, outputs: outputs, noise: noise, malicious: malicious)
        var delta = delta ?? block()
        if noise == .bit { delta.low |= 1 }
        let layout = layout
        points = (0..<layout.trees).map { _ in random.uniform(below: UInt64(layout.leaves)) }
        keys = (0..<128).map { _ in (block(), block()) }
        sender = SilentSender(
            layout, threads: 1, secrets: .init(delta: delta, roots: (0..<layout.trees).map { _ in block() }), random: random)
        receiver = SilentReceiver(
            layout, threads: 1,
            secrets: .init(codeSeed: block(), points: points, values: random.bytes(layout.rowBytes - layout.choiceBytes)),
            random: random)
    }

    /// The four steps of flights 3 and 4, each message altered as the test wants. Returns the leaves w and w'.
    func run(
        corrections alterCorrections: (inout [UInt8]) -> Void = { _ in }, proof alterProof: (inout [UInt8]) -> Void = { _ in },
        sums alterSums: (inout [UInt8]) -> Void = { _ in }
    ) throws {
        var corrections = receiver.correlate(keys: keys)
        #expect(corrections.count == layout.correctionBytes)
        alterCorrections(&corrections)
        try sender.correlate(
            keys: keys.enumerated().map { i, pair in
                (i < 64 ? sender.delta.low >> UInt64(i) : sender.delta.high >> UInt64(i - 64)) & 1 == 0 ? pair.0 : pair.1
            }, corrections)
        if layout.malicious {
            var proof = receiver.proof(transcript)
            alterProof(&proof)
            try sender.verify(proof, transcript)
        }
        receiver.writeNoise()
        var sums = sender.expand()
        alterSums(&sums)
        receiver.expand(sums)
        if layout.malicious {
            sender.prepareCheck(transcript)
            receiver.prepareCheck(transcript)
        }
    }

    /// The second check.
    func check() throws { try receiver.verify(sender.answer(receiver.checkRequest())) }

    /// Places before compression where w' is not w + e Delta.
    var wrongLeaves: Int {
        (0..<layout.positions).count { i in
            let product: Block128 =
                switch receiver.plane {
                case .bit: points[i / layout.leaves] == UInt64(i % layout.leaves) ? sender.delta : .zero
                case .word(let e): GF128.multiply(e[i], sender.delta)
                case .block(let e): GF128.multiply(e[i], sender.delta)
                }
            return receiver.leaves[i] != sender.leaves[i] ^ product
        }
    }

    /// Where the sums of a level of a tree begin in the message: left, then right, 16 bytes each.
    func sumOffset(tree: Int, level: Int) -> Int { 32 * (layout.depth * tree + level) }
}
