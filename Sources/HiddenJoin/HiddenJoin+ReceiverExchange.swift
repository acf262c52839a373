import Arithmetic
import ObliviousTransfer
import PrivateSetIntersection
import SandboxCore
import Transport

extension HiddenJoin {
    /// The receiver's flights up to the programmed bins, in the order of Protocols/hidden-join.md.
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
}
