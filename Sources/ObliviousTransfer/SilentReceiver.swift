import Arithmetic
import SandboxCore
import Synchronization
import Transport

/// The base OT message: it depends on no size, so it can be made before the sizes are known.
final class SilentReceiverOpening: @unchecked Sendable {
    let message: SilentVOLE.BaseSenderMessage
    fileprivate let base: BaseOT.Sender

    init(random: any RandomSource) {
        base = BaseOT.Sender(random: random)
        message = SilentVOLE.BaseSenderMessage(bytes: base.message)
    }
}

/// The correlation's receiver for any kind of noise: a and c. One task at a time.
package final class SilentReceiver: @unchecked Sendable {
    /// e, then a; over F2 it is the lowest bit of c instead.
    package enum Plane: Sendable {
        case bit
        case word(HugeBuffer<UInt64>)
        case block(HugeBuffer<Block128>)
    }

    package let layout: SilentLayout
    let threads: Int
    let firstMessage: SilentVOLE.BaseSenderMessage
    private let opening: SilentReceiverOpening

    private var points: [UInt64]
    private let code: Block128
    /// The row that the base correlation multiplies by Delta: choice bits, noise values, masks.
    private let input: HugeBuffer<Block128>
    private var rows: CorrelationRows?
    package let leaves: HugeBuffer<Block128>
    package let plane: Plane
    private var check: (request: Block128, answer: [UInt8])?
    /// Malicious: the transcript up to the correlation proof.
    private var beforeSums: [UInt8] = []
    private(set) var phases = PhaseTimes()

    /// What the receiver draws beside its base OT secret. `values`: the noise values, then the masks, as they stand in the row.
    package struct Secrets: Sendable {
        package var codeSeed: Block128
        package var points: [UInt64]
        package var values: [UInt8]

        package init(codeSeed: Block128, points: [UInt64], values: [UInt8]) {
            self.codeSeed = codeSeed
            self.points = points
            self.values = values
        }

        init(_ layout: SilentLayout, random: any RandomSource) {
            codeSeed = Block128(low: random.word(), high: random.word())
            points = (0..<layout.trees).map { _ in random.uniform(below: UInt64(layout.leaves)) }
            values = random.bytes(layout.rowBytes - layout.choiceBytes)
        }
    }

    package convenience init(_ layout: SilentLayout, threads: Int, random: any RandomSource) {
        self.init(layout, threads: threads, secrets: Secrets(layout, random: random), random: random)
    }

    convenience init(_ layout: SilentLayout, threads: Int, opening: SilentReceiverOpening?, random: any RandomSource) {
        self.init(
            layout, threads: threads, secrets: Secrets(layout, random: random),
            opening: opening ?? SilentReceiverOpening(random: random))
    }

    package convenience init(_ layout: SilentLayout, threads: Int, secrets: consuming Secrets, random: any RandomSource) {
        self.init(layout, threads: threads, secrets: secrets, opening: SilentReceiverOpening(random: random))
    }

    private init(_ layout: SilentLayout, threads: Int, secrets: consuming Secrets, opening: SilentReceiverOpening) {
        precondition(secrets.points.count == layout.trees && secrets.values.count == layout.rowBytes - layout.choiceBytes)
        self.layout = layout
        self.threads = threads
        var phases = PhaseTimes()
        self.opening = opening
        firstMessage = opening.message
        code = secrets.codeSeed
        points = secrets.points.map { $0 }  // storage of its own: the other is wiped
        input = HugeBuffer(count: layout.rowBlocks, wiped: true)
        let bytes = UnsafeMutableRawBufferPointer(input.buffer)
        UnsafeMutableRawBufferPointer(rebasing: bytes[layout.choiceBytes...]).copyBytes(from: secrets.values)
        ConstantTime.wipe(&secrets.values)
        ConstantTime.wipe(&secrets.points)
        for j in 0..<layout.trees {
            for l in 0..<layout.depth {
                let i = layout.depth * j + l
                bytes[i / 8] |= UInt8(points[j] >> UInt64(layout.depth - 1 - l) & 1) << UInt8(i % 8)
            }
        }
        leaves = HugeBuffer(count: layout.positions, wiped: true)
        plane =
            switch layout.noise {
            case .bit: .bit
            case .word: .word(HugeBuffer(count: layout.positions, wiped: true))
            case .block: .block(HugeBuffer(count: layout.positions, wiped: true))
            }
        phases.end("base OT")
        self.phases = phases
    }

    deinit { ConstantTime.wipe(&points) }

    /// Takes the base OT message, sends the corrections and completes a (its first `outputs` elements), which depends on nothing
    /// that the sender says later.
    func begin(in session: Session, lane: SilentVOLE.Lane) async throws -> Plane {
        let base = try await session.receive(SilentVOLE.BaseReceiverMessage.self)
        try base.check(count: CorrelationRows.count * BaseOT.receiverBytesPerTransfer)
        let context = session.transcriptHash
        phases.end("waiting")
        let corrections = Mutex<[UInt8]>([])
        try await lane {
            let keys = try self.keys(base.bytes, context)
            let bytes = self.correlate(keys: keys)
            corrections.withLock { $0 = bytes }
        }
        try await session.send(SilentVOLE.Corrections(bytes: corrections.withLock { $0 }))
        if layout.malicious {
            let transcript = session.transcriptHash
            try await session.send(SilentVOLE.CorrelationProof(bytes: proof(transcript)))
            // Here, because the caller may send more before the sums arrive.
            beforeSums = session.transcriptHash
        }
        try await lane {
            self.writeNoise()
            self.compressNoise()
        }
        return plane
    }

    /// Takes the tree sums.
    func receiveSums(in session: Session) async throws -> SilentVOLE.TreeSums {
        let sums = try await session.receive(SilentVOLE.TreeSums.self)
        try sums.check(count: layout.sumBytes)
        phases.end("waiting")
        return sums
    }

    /// Returns c in the first `outputs` elements of a longer buffer.
    func finish(_ sums: SilentVOLE.TreeSums, lane: SilentVOLE.Lane) async throws -> HugeBuffer<Block128> {
        try await lane {
            self.expand(sums.bytes)
            if self.layout.malicious { self.prepareCheck(SilentVOLE.treeTranscript(self.beforeSums, sums.bytes)) }
            self.rows = nil
            self.compressLeaves()
        }
        return leaves
    }

    private func keys(_ message: [UInt8], _ context: [UInt8]) throws -> [(Block128, Block128)] {
        defer { phases.end("base OT") }
        return try opening.base.keys(receiverMessage: message, count: CorrelationRows.count, context: context, threads: threads)
    }

    // MARK: Steps

    /// The correction message from the base OT keys, which are wiped.
    package func correlate(keys: consuming [(Block128, Block128)]) -> [UInt8] {
        var small = SmallTrees.expandAll(keys)
        defer { ConstantTime.wipe(&small.leaves) }
        ConstantTime.wipe(&keys)
        let corrected = HugeBuffer<Block128>(count: SmallTrees.groups * layout.rowBlocks, wiped: false)
        rows = CorrelationRows.receiver(
            layout, leaves: small.leaves, input: input.pointer, corrections: corrected.pointer)
        var message = code.littleEndianBytes
        message.reserveCapacity(layout.correctionBytes)
        small.sums.withUnsafeBytes { message.append(contentsOf: $0) }
        if layout.malicious { message += SmallTrees.proof(leaves: small.leaves) }
        message.append(contentsOf: UnsafeRawBufferPointer(corrected.buffer))
        phases.end("correlation")
        return message
    }

    /// Malicious: the correlation proof; `transcript` up to the corrections.
    package func proof(_ transcript: [UInt8]) -> [UInt8] {
        defer { phases.end("correlation check") }
        return rows!.proof(input: input.pointer, challenge: SilentVOLE.challenge("correlation", transcript))
    }

    /// The noise vector e, while the sender works.
    package func writeNoise() {
        let values = input.pointer + layout.noiseOffset / 16
        let words = UnsafeRawPointer(values).assumingMemoryBound(to: UInt64.self)
        for j in 0..<layout.trees {
            let start = layout.leaves * j
            switch plane {
            case .bit: break
            case .word(let out): OneHot.write(words[j], at: points[j], into: out.pointer + start, count: layout.leaves)
            case .block(let out): OneHot.write(values[j], at: points[j], into: out.pointer + start, count: layout.leaves)
            }
        }
        phases.end("noise")
    }

    /// The leaves w' = w + e Delta from the tree sums.
    package func expand(_ message: [UInt8]) {
        let layout = layout, depth = layout.depth
        let keys = HugeBuffer<Block128>(count: layout.choices, wiped: true)
        rows!.choiceColumns(into: keys.pointer)
        AES128.fixed.hashTwice(keys.pointer, into: keys.pointer, count: layout.choices, tweak: 0)
        let noise = HugeBuffer<Block128>(count: layout.trees, wiped: true)
        rows!.noiseColumns(into: noise.pointer)
        let sums = Block128.array(message)
        let leaves = leaves, points = points
        // Nothing in here throws.
        try! Parallel.forEachChunk(of: layout.trees, chunk: 8, threads: threads) { range in
            let trees = PuncturedTrees(layout)
            let away = HugeBuffer<Block128>(count: depth, wiped: true)
            for j in range {
                for l in 0..<depth {
                    let i = depth * j + l
                    let bit = 0 &- (points[j] >> UInt64(depth - 1 - l) & 1)
                    away.pointer[l] = Block128.select(sums[2 * i + 1], sums[2 * i], bit) ^ keys.pointer[i]
                }
                trees.expandPunctured(
                    point: points[j], awaySums: away.pointer, correction: sums[2 * layout.choices + j] ^ noise.pointer[j],
                    into: leaves.pointer + layout.leaves * j)
            }
        }
        phases.end("trees")
    }

    /// Malicious: this side of the tree check; `transcript` is that of `SilentVOLE.treeTranscript`.
    package func prepareCheck(_ transcript: [UInt8]) {
        let seed = SilentVOLE.challenge("trees", transcript)
        let sum = SilentVOLE.challengeSum(leaves.pointer, layout, seed: seed, threads: threads)
        let mask = (input.pointer + layout.noiseMaskOffset / 16).pointee
        var request = mask
        var chi = [Block128](repeating: .zero, count: layout.leaves)
        let stream = AES128(key: seed)
        for j in 0..<layout.trees {
            chi.withUnsafeMutableBytes { stream.stream(into: $0, fromBlock: UInt64(layout.leaves * j)) }
            let there = OneHot.read(chi, at: points[j], first: 0, count: layout.leaves)
            let values = input.pointer + layout.noiseOffset / 16
            switch layout.noise {
            case .bit: request ^= there
            case .word:
                let words = UnsafeRawPointer(values).assumingMemoryBound(to: UInt64.self)
                request ^= GF128.multiply(words[j], there)
            case .block: request ^= GF128.multiply(values[j], there)
            }
        }
        check = (request, SilentVOLE.answer(sum ^ rows!.noiseMaskColumn(), transcript))
        phases.end("tree check")
    }

    private var compressor: DualLPN {
        DualLPN(code: layout.code, outputs: layout.outputs, noisePositions: layout.positions, seed: code)
    }

    /// e becomes a.
    package func compressNoise() {
        switch plane {
        case .bit: break
        case .word(let e): compressor.compress(words: e.pointer, threads: threads)
        case .block(let e): compressor.compress(e.pointer, threads: threads)
        }
        phases.end("compress a")
    }

    /// w' becomes c.
    package func compressLeaves() {
        compressor.compress(leaves.pointer, threads: threads)
        phases.end("compress c")
    }

    package func checkRequest() -> SilentVOLE.CheckRequest {
        guard let check else { preconditionFailure("a check request comes after a malicious run") }
        return SilentVOLE.CheckRequest(bytes: check.request.littleEndianBytes)
    }

    package func verify(_ answer: SilentVOLE.CheckAnswer) throws {
        guard let check else { preconditionFailure("an answer comes after a malicious run") }
        try answer.check(count: 32)
        guard ConstantTime.equal(answer.bytes, check.answer) else {
            throw YinheError(.peerMisbehaved, "the peer's tree sums are not consistent", at: "silent VOLE, check answer")
        }
    }
}
