import Arithmetic
import SandboxCore
import Synchronization
import Transport

/// Delta and the base OT message for its bits: they depend on no size, so they can be made before the sizes are known.
final class SilentSenderOpening: @unchecked Sendable {
    let delta: Block128
    let message: SilentVOLE.BaseReceiverMessage
    fileprivate let base: BaseOT.Receiver

    init(delta: Block128, random: any RandomSource) {
        self.delta = delta
        base = BaseOT.Receiver(choices: (0..<128).map { delta.bitMask($0) != 0 }, random: random)
        message = SilentVOLE.BaseReceiverMessage(bytes: base.message)
    }
}

/// The correlation's sender for any kind of noise: Delta and b. One task at a time.
package final class SilentSender: @unchecked Sendable {
    package let layout: SilentLayout
    let threads: Int
    package let delta: Block128
    let firstMessage: SilentVOLE.BaseReceiverMessage
    private let opening: SilentSenderOpening
    private let roots: HugeBuffer<Block128>

    private var rows: CorrelationRows?
    private var seed = Block128.zero
    package let leaves: HugeBuffer<Block128>
    /// Malicious: what the answer to the check hashes but for the request, and the hash's context.
    private var check: (sum: Block128, context: [UInt8])?
    private(set) var phases = PhaseTimes()

    /// What the sender draws beside its base OT secrets. Over F2 the lowest bit of Delta must be 1.
    package struct Secrets: Sendable {
        package var delta: Block128
        package var roots: [Block128]

        package init(delta: Block128, roots: [Block128]) {
            self.delta = delta
            self.roots = roots
        }

        init(_ layout: SilentLayout, random: any RandomSource) {
            delta = Block128(low: random.word(), high: random.word())
            // The lowest bit carries the noise.
            if layout.noise == .bit { delta.low |= 1 }
            roots = [Block128](repeating: .zero, count: layout.trees)
            roots.withUnsafeMutableBytes { random.fill($0) }
        }
    }

    package convenience init(_ layout: SilentLayout, threads: Int, random: any RandomSource) {
        self.init(layout, threads: threads, secrets: Secrets(layout, random: random), random: random)
    }

    convenience init(_ layout: SilentLayout, threads: Int, opening: SilentSenderOpening?, random: any RandomSource) {
        var secrets = Secrets(layout, random: random)
        if let opening { secrets.delta = opening.delta }
        self.init(
            layout, threads: threads, secrets: secrets,
            opening: opening ?? SilentSenderOpening(delta: secrets.delta, random: random))
    }

    package convenience init(_ layout: SilentLayout, threads: Int, secrets: consuming Secrets, random: any RandomSource) {
        self.init(
            layout, threads: threads, secrets: secrets, opening: SilentSenderOpening(delta: secrets.delta, random: random))
    }

    private init(_ layout: SilentLayout, threads: Int, secrets: consuming Secrets, opening: SilentSenderOpening) {
        precondition(secrets.delta == opening.delta)
        precondition(secrets.roots.count == layout.trees && (layout.noise != .bit || secrets.delta.low & 1 == 1))
        self.layout = layout
        self.threads = threads
        var phases = PhaseTimes()
        delta = secrets.delta
        self.opening = opening
        firstMessage = opening.message
        roots = HugeBuffer(count: layout.trees, wiped: true)
        _ = roots.buffer.update(fromContentsOf: secrets.roots)
        ConstantTime.wipe(&secrets.roots)
        leaves = HugeBuffer(count: layout.positions, wiped: true)
        phases.end("base OT")
        self.phases = phases
    }

    /// Takes the receiver's corrections, answers with the tree sums, returns b in the first `outputs` elements of a longer
    /// buffer.
    func run(in session: Session, lane: SilentVOLE.Lane) async throws -> HugeBuffer<Block128> {
        let base = try await session.receive(SilentVOLE.BaseSenderMessage.self)
        try base.check(count: BaseOT.senderMessageBytes)
        let context = session.transcriptHash
        let corrections = try await session.receive(SilentVOLE.Corrections.self)
        try corrections.check(count: layout.correctionBytes)
        phases.end("waiting")
        try await lane {
            let keys = try self.opening.base.keys(senderMessage: base.bytes, context: context, threads: self.threads)
            self.phases.end("base OT")
            try self.correlate(keys: keys, corrections.bytes)
        }
        if layout.malicious {
            let transcript = session.transcriptHash
            let proof = try await session.receive(SilentVOLE.CorrelationProof.self)
            try proof.check(count: layout.correlationProofBytes)
            try await lane { try self.verify(proof.bytes, transcript) }
        }
        let beforeSums = layout.malicious ? session.transcriptHash : []
        let expanded = Mutex<[UInt8]>([])
        try await lane {
            let bytes = self.expand()
            expanded.withLock { $0 = bytes }
        }
        let sums = SilentVOLE.TreeSums(bytes: expanded.withLock { $0 })
        try await session.send(sums)
        phases.end("trees")
        try await lane {
            if self.layout.malicious { self.prepareCheck(SilentVOLE.treeTranscript(beforeSums, sums.bytes)) }
            self.rows = nil
            self.compress()
        }
        return leaves
    }

    // MARK: Steps

    /// The rows from the base OT keys, which are wiped, and the receiver's corrections. Malicious: throws when its small trees
    /// are not consistent.
    package func correlate(keys: consuming [Block128], _ corrections: [UInt8]) throws {
        let blocks = Block128.array(corrections)
        seed = blocks[0]
        var small = SmallTrees.expandPunctured(keys, choices: delta, sums: Array(blocks[1..<1 + SmallTrees.sumBytes / 16]))
        defer { ConstantTime.wipe(&small) }
        ConstantTime.wipe(&keys)
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

    /// Malicious: throws unless the rows are consistent; `transcript` up to the corrections.
    package func verify(_ proof: [UInt8], _ transcript: [UInt8]) throws {
        guard rows!.verify(proof, delta: delta, challenge: SilentVOLE.challenge("correlation", transcript)) else {
            throw YinheError(
                .peerMisbehaved, "the peer's correction rows are not consistent", at: "silent VOLE, correlation proof")
        }
        phases.end("correlation check")
    }

    /// The leaves w, and the message of tree sums.
    package func expand() -> [UInt8] {
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
        let roots = roots
        let message = HugeBuffer<Block128>(count: layout.sumBytes / 16, wiped: false)
        let leaves = leaves
        // Nothing in here throws.
        try! Parallel.forEachChunk(of: layout.trees, chunk: 8, threads: threads) { range in
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
        return Array(UnsafeRawBufferPointer(message.buffer))
    }

    /// Malicious: this side of the tree check; `transcript` is that of `SilentVOLE.treeTranscript`.
    package func prepareCheck(_ transcript: [UInt8]) {
        let sum = SilentVOLE.challengeSum(
            leaves.pointer, layout, seed: SilentVOLE.challenge("trees", transcript), threads: threads)
        check = (sum ^ rows!.noiseMaskColumn(), transcript)
        phases.end("tree check")
    }

    /// w becomes b.
    package func compress() {
        DualLPN(code: layout.code, outputs: layout.outputs, noisePositions: layout.positions, seed: seed)
            .compress(leaves.pointer, threads: threads)
        phases.end("compress")
    }

    /// The answer to the receiver's check request; once.
    package func answer(_ request: SilentVOLE.CheckRequest) throws -> SilentVOLE.CheckAnswer {
        try request.check(count: 16)
        guard let check else { preconditionFailure("one answer after a malicious run") }
        // A second answer under the same mask would reveal more.
        self.check = nil
        let value = check.sum ^ GF128.multiply(Block128(littleEndianBytes: request.bytes), delta)
        return SilentVOLE.CheckAnswer(bytes: SilentVOLE.answer(value, check.context))
    }
}
