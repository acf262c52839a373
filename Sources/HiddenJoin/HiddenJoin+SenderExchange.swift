import Arithmetic
import ObliviousTransfer
import PrivateSetIntersection
import SandboxCore
import Transport

extension HiddenJoin {
    /// The sender's flights up to the programmed bins, in the order of Protocols/hidden-join.md.
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
