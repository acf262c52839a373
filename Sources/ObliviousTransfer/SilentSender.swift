import Arithmetic
import SandboxCore
import Transport

/// Delta and the base OT message for its bits: they depend on no size, so they can be made before the sizes are known.
final class SilentSenderOpening: @unchecked Sendable {
    let delta: Block128
    let message: SilentVOLE.BaseReceiverMessage
    fileprivate let base: BaseOT.Receiver

    /// `oneBit`: over F2 the lowest bit of Delta carries the noise.
    init(oneBit: Bool, random: any RandomSource) {
        var delta = Block128(low: random.word(), high: random.word())
        if oneBit { delta.low |= 1 }
        self.delta = delta
        base = BaseOT.Receiver(choices: (0..<128).map { delta.bitMask($0) != 0 }, random: random)
        message = SilentVOLE.BaseReceiverMessage(bytes: base.message)
    }
}

/// The correlation's sender for any kind of noise: Delta and b. One task at a time.
final class SilentSender: @unchecked Sendable {
    let layout: SilentLayout
    let threads: Int
    let delta: Block128
    let firstMessage: SilentVOLE.BaseReceiverMessage
    private let opening: SilentSenderOpening
    private let random: any RandomSource

    private var rows: CorrelationRows?
    private var seed = Block128.zero
    private var leaves: HugeBuffer<Block128>
    private var sums: [UInt8] = []
    /// Malicious: what the answer to the check hashes but for the request, and the hash's context.
    private var check: (sum: Block128, context: [UInt8])?
    private(set) var phases = PhaseTimes()

    init(_ layout: SilentLayout, threads: Int, opening: SilentSenderOpening? = nil, random: any RandomSource) {
        self.layout = layout
        self.threads = threads
        self.random = random
        var phases = PhaseTimes()
        let opening = opening ?? SilentSenderOpening(oneBit: layout.noise == .bit, random: random)
        self.opening = opening
        precondition(layout.noise != .bit || opening.delta.low & 1 == 1)
        delta = opening.delta
        firstMessage = opening.message
        leaves = HugeBuffer(count: layout.positions, wiped: true)
        phases.end("base OT")
        self.phases = phases
    }

    /// Takes the receiver's corrections, answers with the tree sums, returns b in the first `outputs` elements of a longer buffer.
    func run(in session: Session, lane: SilentVOLE.Lane) async throws -> HugeBuffer<Block128> {
        let base = try await session.receive(SilentVOLE.BaseSenderMessage.self)
        try base.check(count: BaseOT.senderMessageBytes)
        let context = session.transcriptHash
        let corrections = try await session.receive(SilentVOLE.Corrections.self)
        try corrections.check(count: layout.correctionBytes)
        phases.end("waiting")
        try await lane { try self.correlate(base.bytes, context, corrections.bytes) }
        if layout.malicious {
            let challenge = SilentVOLE.challenge("correlation", session.transcriptHash)
            let proof = try await session.receive(SilentVOLE.CorrelationProof.self)
            try proof.check(count: layout.correlationProofBytes)
            try await lane { try self.verify(proof.bytes, challenge) }
        }
        try await lane { try self.expand() }
        let sums = SilentVOLE.TreeSums(bytes: sums)
        self.sums = []
        try await session.send(sums)
        phases.end("trees")
        let transcript = session.transcriptHash
        try await lane {
            if self.layout.malicious { try self.prepareCheck(transcript) }
            self.rows = nil
            self.compress()
        }
        return leaves
    }

    private func correlate(_ message: [UInt8], _ context: [UInt8], _ corrections: [UInt8]) throws {
        var keys = try opening.base.keys(senderMessage: message, context: context, threads: threads)
        defer { ConstantTime.wipe(&keys) }
        phases.end("base OT")
        let blocks = Block128.array(corrections)
        seed = blocks[0]
        var small = SmallTrees.expandPunctured(keys, choices: delta, sums: Array(blocks[1..<1 + SmallTrees.sumBytes / 16]))
        defer { ConstantTime.wipe(&small) }
        if layout.malicious {
            let start = SilentLayout.seedBytes + SmallTrees.sumBytes
            let proof = Array(corrections[start..<start + SmallTrees.proofBytes])
            guard SmallTrees.verify(proof, leaves: small, choices: delta) else {
                throw YinheError(.peerMisbehaved, "the peer's small trees are not consistent", at: "silent VOLE, corrections")
            }
        }
        let first = (SilentLayout.seedBytes + layout.smallTreeBytes) / 16
        rows = blocks.withUnsafeBufferPointer {
            CorrelationRows.sender(layout, leaves: small, delta: delta, corrections: $0.baseAddress! + first)
        }
        phases.end("correlation")
    }

    private func verify(_ proof: [UInt8], _ challenge: Block128) throws {
        guard rows!.verify(proof, delta: delta, challenge: challenge) else {
            throw YinheError(
                .peerMisbehaved, "the peer's correction rows are not consistent", at: "silent VOLE, correlation proof")
        }
        phases.end("correlation check")
    }

    private func expand() throws {
        let layout = layout, depth = layout.depth
        let columns = HugeBuffer<Block128>(count: layout.choices, wiped: true)
        rows!.choiceColumns(into: columns.pointer)
        // String b of transfer i encrypts side 1 - b of its level: the receiver, who has string u, learns the side away.
        let keys = HugeBuffer<Block128>(count: 2 * layout.choices, wiped: true)
        AES128.fixed.hashTwice(columns.pointer, into: keys.pointer + layout.choices, count: layout.choices, tweak: 0)
        for i in 0..<layout.choices { columns.pointer[i] ^= delta }
        AES128.fixed.hashTwice(columns.pointer, into: keys.pointer, count: layout.choices, tweak: 0)

        let noise = HugeBuffer<Block128>(count: layout.trees, wiped: true)
        if layout.noise == .bit {
            for j in 0..<layout.trees { noise.pointer[j] = delta }
        } else {
            rows!.noiseColumns(into: noise.pointer)
        }
        let roots = HugeBuffer<Block128>(count: layout.trees, wiped: true)
        random.fill(UnsafeMutableRawBufferPointer(roots.buffer))
        let message = HugeBuffer<Block128>(count: layout.sumBytes / 16, wiped: false)
        let leaves = leaves
        try Parallel.forEachChunk(of: layout.trees, chunk: 8, threads: threads) { range in
            let trees = PuncturedTrees(layout)
            for j in range {
                let sums = message.pointer + 2 * depth * j
                let total = trees.expand(root: roots.pointer[j], into: leaves.pointer + layout.leaves * j, sums: sums)
                for l in 0..<depth {
                    sums[2 * l] ^= keys.pointer[depth * j + l]
                    sums[2 * l + 1] ^= keys.pointer[layout.choices + depth * j + l]
                }
                message.pointer[2 * layout.choices + j] = total ^ noise.pointer[j]
            }
        }
        sums = Array(UnsafeRawBufferPointer(message.buffer))
    }

    private func prepareCheck(_ transcript: [UInt8]) throws {
        let sum = SilentVOLE.challengeSum(
            leaves.pointer, layout, seed: SilentVOLE.challenge("trees", transcript), threads: threads)
        check = (sum ^ rows!.noiseMaskColumn(), transcript)
        phases.end("tree check")
    }

    private func compress() {
        DualLPN(code: layout.code, outputs: layout.outputs, noisePositions: layout.positions, seed: seed)
            .compress(leaves.pointer, threads: threads)
        phases.end("compress")
    }

    /// The answer to the receiver's check request; once.
    func answer(_ request: SilentVOLE.CheckRequest) throws -> SilentVOLE.CheckAnswer {
        try request.check(count: 16)
        guard let check else { preconditionFailure("one answer after a malicious run") }
        // A second answer under the same mask would reveal more.
        self.check = nil
        let value = check.sum ^ GF128.multiply(Block128(littleEndianBytes: request.bytes), delta)
        return SilentVOLE.CheckAnswer(bytes: SilentVOLE.answer(value, check.context))
    }
}
