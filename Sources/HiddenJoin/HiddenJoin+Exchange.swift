import Arithmetic
import ObliviousTransfer
import PrivateSetIntersection
import SandboxCore
import Transport

/// What a party holds of all bins after the programming, before anything is compared.
package struct ProgrammedBins: Sendable {
    package let plan: HiddenJoin.Plan
    /// `plan.words` a bin. Receiver: what it decoded, or random words; sender: the target and the masks. With equal first words the
    /// elements of the two parties add up to the sender's columns.
    package let words: HugeBuffer<UInt64>
    /// The receiver's row in each bin, `CuckooTable.empty` for none; nil for the sender.
    package let rowOfBin: [UInt32]?

    /// The words that decide whether bins `range` hold a match.
    func targets(_ range: Range<Int>) -> [UInt64] {
        let stride = plan.words
        return range.map { words.pointer[$0 * stride] }
    }

    /// Elements of column `column` in bins `range`, appended to `out`.
    func append(column: Int, of range: Range<Int>, to out: inout [UInt64]) {
        let stride = plan.words
        for bin in range { out.append(words.pointer[bin * stride + 1 + column]) }
    }

    func append(column: Int, of range: Range<Int>, to out: inout [UInt128]) {
        let stride = plan.words
        for bin in range {
            let at = words.pointer + (bin * stride + 1 + 2 * column)
            out.append(UInt128(at[1]) << 64 | UInt128(at[0]))
        }
    }
}

extension HiddenJoin {
    /// What both sides say and check before any data flows.
    struct Opening: Sendable {
        let isReceiver: Bool
        let size: Int
        let seedWords: (UInt64, UInt64)

        init(isReceiver: Bool, size: Int, random: any RandomSource) {
            self.isReceiver = isReceiver
            self.size = size
            seedWords = (random.word(), random.word())
        }

        func proposal(_ name: String, _ parameters: Parameters, _ more: [(name: String, value: String)]) -> SessionProposal {
            SessionProposal(
                protocolName: name, version: version, role: isReceiver ? "receiver" : "sender",
                peerRole: isReceiver ? "sender" : "receiver",
                parameters: more + [
                    ("correlations", parameters.usesDealer ? "trusted dealer" : "transfers, \(parameters.transfers.rawValue)"),
                    ("binding", parameters.binding.hex),
                ],
                announcements: [
                    Self.setSize: size, Self.seedNames.0: Int(bitPattern: UInt(seedWords.0)),
                    Self.seedNames.1: Int(bitPattern: UInt(seedWords.1)),
                ])
        }

        /// The peer's announced set size, checked.
        func peerSize(in session: Session) throws -> Int {
            let maximum = isReceiver ? maximumSenderSize : maximumReceiverSize
            guard let size = session.peerAnnouncements[Self.setSize], 0...maximum ~= size else {
                throw YinheError(.peerMisbehaved, "the peer announced no set size up to \(maximum)")
            }
            return size
        }

        /// The seed of the hash functions, from both sides' words: neither party's tokens depend on it.
        func hashSeed(in session: Session) throws -> [UInt8] {
            guard let low = session.peerAnnouncements[Self.seedNames.0], let high = session.peerAnnouncements[Self.seedNames.1] else {
                throw YinheError(.peerMisbehaved, "the peer announced no part of the hash seed")
            }
            let peer = (UInt64(bitPattern: Int64(low)), UInt64(bitPattern: Int64(high)))
            return isReceiver
                ? BinHash.seed(receiver: seedWords, sender: peer) : BinHash.seed(receiver: peer, sender: seedWords)
        }

        private static let setSize = "set size"
        private static let seedNames = ("hash seed 0", "hash seed 1")
    }

    private static let attempts = 3

    /// Encodes under fresh seeds until one has a solution; each fails with probability at most 2^-40, before anything was sent.
    private static func withSeed<R>(
        _ random: any RandomSource, bytes: Int, _ encode: (_ seed: [UInt8]) throws -> R
    ) throws -> (seed: [UInt8], result: R) {
        var attempt = 1
        while true {
            let seed = random.bytes(bytes)
            do {
                return (seed, try encode(seed))
            } catch let error as YinheError where error.code == OKVS.noSolution && attempt < attempts {
                attempt += 1
            }
        }
    }

    // MARK: Receiver

    struct ReceiverExchange: Sendable {
        let tokens: [JoinToken]
        let plan: Plan
        let hashSeed: [UInt8]
        let session: Session
        let random: any RandomSource
        let threads: Int
        let clock: PhaseClock

        private struct Placed: Sendable {
            let keys: HugeBuffer<JoinToken>
            let bins: HugeBuffer<UInt32>
            let rowOfBin: [UInt32]
        }

        func run(_ engine: SilentVOLE.ReceiverEngine) async throws -> ProgrammedBins {
            // 1. Corrections of the VOLE; they depend on no token.
            let a = try await engine.begin(in: session)
            // 2. Cuckoo hashing, then A = P + a.
            let placed = try await Parallel.offload { [self] in try place() }
            clock.mark("cuckoo hashing")
            let (seed, vector) = try await Parallel.offload { [self] in try encode(placed, a) }
            clock.mark("query")
            async let sent: Void = sendQuery(seed, vector)
            let c = try await session.abortingOnError { try await engine.finish(try await engine.receiveSums(in: session)) }
            let oprf = VOLEPSI.Keys(seed: seed)
            let values = try await Parallel.offload { [plan, threads] in
                try receiverValues(placed.keys, c: c.pointer, oprf: oprf, plan: plan, threads: threads)
            }
            try await sent
            clock.mark("own function values")
            // 3. The sender's store, decoded vector by vector; bins without a token keep random words.
            let words = try await Parallel.offload { [plan, random] in randomBins(plan, random: random) }
            try await receiveProgram(placed, values, words)
            clock.mark("targets")
            return ProgrammedBins(plan: plan, words: words, rowOfBin: placed.rowOfBin)
        }

        private func place() throws -> Placed {
            let hash = BinHash(seed: hashSeed, bins: plan.bins), count = plan.receiverSize
            let (all, places) = try tokens.withUnsafeBufferPointer {
                try pairs($0.baseAddress!, count: count, hash, threads: threads)
            }
            let table = try CuckooTable(places: places.pointer, count: count, bins: plan.bins)
            let keys = HugeBuffer<JoinToken>(count: count, wiped: true)
            let bins = HugeBuffer<UInt32>(count: count, wiped: true)
            var rowOfBin = table.slots
            for (bin, slot) in table.slots.enumerated() where slot != CuckooTable.empty {
                let row = Int(slot >> 2)
                keys.pointer[row] = all.pointer[functions * row + Int(slot & 3)]
                bins.pointer[row] = UInt32(bin)
                rowOfBin[bin] = UInt32(row)
            }
            return Placed(keys: keys, bins: bins, rowOfBin: rowOfBin)
        }

        private func encode(
            _ placed: Placed, _ a: SilentVOLE.ReceiverOutput.Scalars
        ) throws -> (seed: [UInt8], result: HugeBuffer<UInt64>) {
            guard case .bits64(let a) = a else { preconditionFailure("the correlation is in another field") }
            return try withSeed(random, bytes: VOLEPSI.Keys.seedBytes) { seed in
                let oprf = VOLEPSI.Keys(seed: seed), count = placed.keys.count
                let values = HugeBuffer<UInt64>(count: count, wiped: true)
                let vector = HugeBuffer<UInt64>(count: plan.query.columns, wiped: true)
                oprf.itemValues(placed.keys.pointer, count: count, into: values.pointer)
                try OKVS(parameters: plan.query, seed: oprf.okvsSeed).encode(
                    keys: placed.keys.pointer, values: values.pointer, count: count, into: vector.pointer, threads: threads)
                for i in 0..<vector.count { vector.pointer[i] ^= a.pointer[i] }
                return vector
            }
        }

        private func sendQuery(_ seed: [UInt8], _ vector: HugeBuffer<UInt64>) async throws {
            try await session.send(Seed(bytes: seed))
            try await HiddenJoin.send(vector, count: vector.count, as: MaskedVector.self, in: session)
        }

        private func receiveProgram(_ placed: Placed, _ values: HugeBuffer<Block128>, _ words: HugeBuffer<UInt64>) async throws {
            let seed: Seed = try await session.receive()
            let store = OKVS(parameters: plan.program, seed: Block128(littleEndianBytes: seed.bytes))
            let pads = Pads(seed: seed.bytes, blocks: plan.pairs + 1)
            let columns = plan.program.columns
            for block in 0..<plan.pairs + (plan.hasSingle ? 1 : 0) {
                let vector: ProgramVector
                if block < plan.pairs {
                    let pairs = HugeBuffer<Block128>(count: columns, wiped: true)
                    try await receive(Program.self, elementBytes: 16, count: columns, in: session) { first, n, bytes in
                        UnsafeMutableRawPointer(pairs.pointer + first).copyMemory(from: bytes, byteCount: 16 * n)
                    }
                    vector = .pairs(pairs)
                } else {
                    let single = HugeBuffer<UInt64>(count: columns, wiped: true)
                    try await receive(Program.self, elementBytes: 8, count: columns, in: session) { first, n, bytes in
                        UnsafeMutableRawPointer(single.pointer + first).copyMemory(from: bytes, byteCount: 8 * n)
                    }
                    vector = .single(single)
                }
                try await Parallel.offload { [plan, threads] in
                    try decode(
                        block, placed.keys, bins: placed.bins, values: values, pads: pads, store: store, vector: vector, plan: plan,
                        into: words, threads: threads)
                }
            }
        }
    }

    // MARK: Sender

    struct SenderExchange: Sendable {
        let tokens: [JoinToken]
        /// Row by row, elements of `elementWords` words.
        let payload: HugeBuffer<UInt64>
        let elementWords: Int
        let plan: Plan
        let hashSeed: [UInt8]
        let session: Session
        let random: any RandomSource
        let threads: Int
        let clock: PhaseClock

        func run(_ engine: SilentVOLE.SenderEngine) async throws -> ProgrammedBins {
            // While the receiver prepares: simple hashing, and random targets and masks.
            let (keys, bins, targets) = try await Parallel.offload { [self] in
                let hash = BinHash(seed: hashSeed, bins: plan.bins)
                let (keys, bins) = try tokens.withUnsafeBufferPointer {
                    try pairs($0.baseAddress!, count: plan.senderSize, hash, threads: threads)
                }
                return (keys, bins, randomBins(plan, random: random))
            }
            clock.mark("simple hashing")
            let correlation = try await engine.run(in: session)
            clock.mark("correlation")
            // k = b + A Delta as A arrives.
            let seed: Seed = try await session.receive()
            let (k, delta) = (correlation.b, correlation.delta)
            try await receive(MaskedVector.self, elementBytes: 8, count: plan.query.columns, in: session) { first, n, bytes in
                GF128.addProducts(into: k.pointer + first, bytes.assumingMemoryBound(to: UInt64.self), delta, count: n)
            }
            clock.mark("query received")
            let oprf = VOLEPSI.Keys(seed: seed.bytes)
            let values = try await Parallel.offload { [plan, threads] in
                try senderValues(keys, k: k, delta: delta, oprf: oprf, plan: plan, threads: threads)
            }
            clock.mark("own function values")
            try await sendProgram(keys, bins, values, targets)
            clock.mark("targets")
            return ProgrammedBins(plan: plan, words: targets, rowOfBin: nil)
        }

        private func sendProgram(
            _ keys: HugeBuffer<JoinToken>, _ bins: HugeBuffer<UInt32>, _ values: HugeBuffer<Block128>,
            _ targets: HugeBuffer<UInt64>
        ) async throws {
            var chosen: [UInt8]?
            for block in 0..<plan.pairs + (plan.hasSingle ? 1 : 0) {
                let known = chosen
                // The first vector decides whether the seed has a solution; the others have the same rows.
                let (seed, vector) = try await Parallel.offload { [self] in
                    if let known { return (known, try encode(block, keys, bins, values, targets, seed: known)) }
                    let found = try withSeed(random, bytes: 16) { try encode(block, keys, bins, values, targets, seed: $0) }
                    return (found.seed, found.result)
                }
                if chosen == nil { try await session.send(Seed(bytes: seed)) }
                chosen = seed
                switch vector {
                case .pairs(let vector):
                    try await HiddenJoin.send(vector, count: vector.count, as: Program.self, in: session)
                case .single(let vector):
                    try await HiddenJoin.send(vector, count: vector.count, as: Program.self, in: session)
                }
            }
        }

        /// Free columns are random: the vector is uniform whatever the keys are.
        private func encode(
            _ block: Int, _ keys: HugeBuffer<JoinToken>, _ bins: HugeBuffer<UInt32>, _ values: HugeBuffer<Block128>,
            _ targets: HugeBuffer<UInt64>, seed: [UInt8]
        ) throws -> ProgramVector {
            let programmer = Programmer(
                plan: plan, bins: bins, values: values, payload: payload, elementWords: elementWords, targets: targets,
                pads: Pads(seed: seed, blocks: plan.pairs + 1), threads: threads)
            let store = OKVS(parameters: plan.program, seed: Block128(littleEndianBytes: seed))
            if block < plan.pairs {
                let words = try programmer.blocks(block)
                let vector = HugeBuffer<Block128>(count: plan.program.columns, wiped: false)
                try store.encode(
                    keys: keys.pointer, values: words.pointer, count: keys.count, into: vector.pointer, threads: threads,
                    random: random)
                return .pairs(vector)
            }
            let words = try programmer.singles(block)
            let vector = HugeBuffer<UInt64>(count: plan.program.columns, wiped: false)
            try store.encode(
                keys: keys.pointer, values: words.pointer, count: keys.count, into: vector.pointer, threads: threads, random: random)
            return .single(vector)
        }
    }
}
