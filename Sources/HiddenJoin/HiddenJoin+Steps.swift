import Arithmetic
import PrivateSetIntersection
import SandboxCore

/// The pure steps of Protocols/hidden-join.md, on memory of one party.
extension HiddenJoin {
    /// Keys that one thread works on at a time.
    static let unit = 1 << 13

    /// Pads of a bin's words from the OPRF's value f of its key: block v is pi(f) + f, pi = AES-128 under a key of its own. f is
    /// pseudorandom and used for one key, so its pads are too.
    package struct Pads: Sendable {
        private let ciphers: [AES128]

        package init(seed: [UInt8], blocks: Int) {
            ciphers = (0..<blocks).map { block in
                var hash = DomainHash(domain: "yinhe/hidden-join/pads/v1")
                hash.update(seed)
                hash.update([UInt8(truncatingIfNeeded: block), UInt8(truncatingIfNeeded: block >> 8)])
                return AES128(key: Block128(littleEndianBytes: hash.finalize()[0..<16]))
            }
        }

        /// out[i] = pad `block` of values[i].
        package func fill(
            _ block: Int, of values: UnsafePointer<Block128>, count: Int, into out: UnsafeMutablePointer<Block128>
        ) {
            ciphers[block].encrypt(values, into: out, count: count)
            for i in 0..<count { out[i] ^= values[i] }
        }
    }

    /// F of the receiver's keys: H_o(Decode(c, key)).
    package static func receiverValues(
        _ keys: HugeBuffer<JoinToken>, c: UnsafePointer<Block128>, oprf: VOLEPSI.Keys, plan: Plan, threads: Int
    ) throws -> HugeBuffer<Block128> {
        let values = HugeBuffer<Block128>(count: keys.count, wiped: true)
        OKVS(parameters: plan.query, seed: oprf.okvsSeed)
            .decode(keys: keys.pointer, count: keys.count, vector: c, into: values.pointer, threads: threads)
        try Parallel.forEachChunk(of: keys.count, chunk: unit, threads: threads) { range in
            oprf.mask(
                values.pointer + range.lowerBound, of: keys.pointer + range.lowerBound, count: range.count, adversary: .semiHonest)
        }
        return values
    }

    /// F of the sender's keys: H_o(Decode(k, key) + Delta H_B(key)).
    package static func senderValues(
        _ keys: HugeBuffer<JoinToken>, k: HugeBuffer<Block128>, delta: Block128, oprf: VOLEPSI.Keys, plan: Plan, threads: Int
    ) throws -> HugeBuffer<Block128> {
        let values = HugeBuffer<Block128>(count: keys.count, wiped: true)
        OKVS(parameters: plan.query, seed: oprf.okvsSeed)
            .decode(keys: keys.pointer, count: keys.count, vector: k.pointer, into: values.pointer, threads: threads)
        try Parallel.forEachChunk(of: keys.count, chunk: unit, threads: threads) { range in
            let own = keys.pointer + range.lowerBound, out = values.pointer + range.lowerBound
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: range.count) { items in
                oprf.itemValues(own, count: range.count, into: items.baseAddress!)
                GF128.addProducts(into: out, items.baseAddress!, delta, count: range.count)
            }
            oprf.mask(out, of: own, count: range.count, adversary: .semiHonest)
        }
        return values
    }

    /// The keys of all tokens under all functions, 3 for each token, and their bins.
    package static func pairs(
        _ tokens: UnsafePointer<JoinToken>, count: Int, _ hash: BinHash, threads: Int
    ) throws -> (keys: HugeBuffer<JoinToken>, bins: HugeBuffer<UInt32>) {
        let keys = HugeBuffer<JoinToken>(count: functions * count, wiped: true)
        let bins = HugeBuffer<UInt32>(count: functions * count, wiped: true)
        let input = Shared(tokens)
        try Parallel.forEachChunk(of: count, chunk: unit, threads: threads) { range in
            withUnsafeTemporaryAllocation(of: Block128.self, capacity: range.count) { blocks in
                let blocks = blocks.baseAddress!
                hash.places(
                    of: input.pointer + range.lowerBound, count: range.count, blocks: blocks,
                    bins: bins.pointer + functions * range.lowerBound)
                for i in 0..<range.count {
                    for function in 0..<functions {
                        keys.pointer[functions * (range.lowerBound + i) + function] = BinHash.key(blocks[i], function: function)
                    }
                }
            }
        }
        return (keys, bins)
    }

    /// The sender's store: `words(i)` of a key in bin j is t_j, then the row's payload less the bin's masks, under the key's
    /// pads.
    ///
    /// - Parameters:
    ///   - payload: `plan.payloadWords` a row, elements of `elementWords` words; empty without columns.
    ///   - targets: `plan.words` a bin: the target and the masks.
    package struct Programmer: @unchecked Sendable {
        let plan: Plan
        let bins: HugeBuffer<UInt32>
        let values: HugeBuffer<Block128>
        let payload: HugeBuffer<UInt64>
        let elementWords: Int
        let targets: HugeBuffer<UInt64>
        let pads: Pads
        let threads: Int

        package init(
            plan: Plan, bins: HugeBuffer<UInt32>, values: HugeBuffer<Block128>, payload: HugeBuffer<UInt64>, elementWords: Int,
            targets: HugeBuffer<UInt64>, pads: Pads, threads: Int
        ) {
            precondition(elementWords == 1 || elementWords == 2)
            self.plan = plan
            self.bins = bins
            self.values = values
            self.payload = payload
            self.elementWords = elementWords
            self.targets = targets
            self.pads = pads
            self.threads = threads
        }

        /// The values to encode in vector `block`.
        package func blocks(_ block: Int) throws -> HugeBuffer<Block128> {
            let out = HugeBuffer<Block128>(count: values.count, wiped: true)
            try Parallel.forEachChunk(of: values.count, chunk: unit, threads: threads) { range in
                pads.fill(block, of: values.pointer + range.lowerBound, count: range.count, into: out.pointer + range.lowerBound)
                for i in range {
                    let row = i / functions
                    let low = word(2 * block, row, Int(bins.pointer[i]))
                    let high = 2 * block + 1 < plan.words ? word(2 * block + 1, row, Int(bins.pointer[i])) : 0
                    out.pointer[i] ^= Block128(low: low, high: high)
                }
            }
            return out
        }

        /// The low words of `blocks(block)`, for the last vector when it has one word.
        package func singles(_ block: Int) throws -> HugeBuffer<UInt64> {
            let all = try blocks(block)
            let out = HugeBuffer<UInt64>(count: all.count, wiped: true)
            for i in 0..<all.count { out.pointer[i] = all.pointer[i].low }
            return out
        }

        @inline(__always)
        private func word(_ w: Int, _ row: Int, _ bin: Int) -> UInt64 {
            let target = targets.pointer + bin * plan.words
            guard w > 0 else { return target[0] }
            let own = payload.pointer + row * plan.payloadWords + (w - 1), mask = target + w
            if elementWords == 1 { return own[0] &- mask[0] }
            // The high word of an element borrows from its low one.
            guard (w - 1) % 2 == 1 else { return own[0] &- mask[0] }
            return own[0] &- mask[0] &- (own[-1] < mask[-1] ? 1 : 0)
        }
    }

    /// Random words of all bins, by AES-128 in counter mode under a fresh key.
    package static func randomBins(_ plan: Plan, random: any RandomSource) -> HugeBuffer<UInt64> {
        let words = HugeBuffer<UInt64>(count: plan.bins * plan.words, wiped: true)
        AES128(key: Block128(low: random.word(), high: random.word()))
            .stream(into: UnsafeMutableRawBufferPointer(words.buffer), fromBlock: 0)
        return words
    }

    /// Decodes one vector of the program at the receiver's keys and puts its words into their bins.
    package static func decode(
        _ block: Int, _ keys: HugeBuffer<JoinToken>, bins: HugeBuffer<UInt32>, values: HugeBuffer<Block128>, pads: Pads,
        store: OKVS, vector: ProgramVector, plan: Plan, into words: HugeBuffer<UInt64>, threads: Int
    ) throws {
        let count = keys.count
        switch vector {
        case .pairs(let vector):
            let out = HugeBuffer<Block128>(count: count, wiped: true)
            store.decode(keys: keys.pointer, count: count, vector: vector.pointer, into: out.pointer, threads: threads)
            try eachPadded(block, values, pads, threads) { i, pad in
                let value = out.pointer[i] ^ pad
                let bin = words.pointer + Int(bins.pointer[i]) * plan.words + 2 * block
                bin[0] = value.low
                bin[1] = value.high
            }
        case .single(let vector):
            let out = HugeBuffer<UInt64>(count: count, wiped: true)
            store.decode(keys: keys.pointer, count: count, vector: vector.pointer, into: out.pointer, threads: threads)
            try eachPadded(block, values, pads, threads) { i, pad in
                words.pointer[Int(bins.pointer[i]) * plan.words + 2 * block] = out.pointer[i] ^ pad.low
            }
        }
    }

    private static func eachPadded(
        _ block: Int, _ values: HugeBuffer<Block128>, _ pads: Pads, _ threads: Int, _ body: @Sendable (Int, Block128) -> Void
    ) throws {
        try Parallel.forEachChunk(of: values.count, chunk: unit, threads: threads) { range in
            withUnsafeTemporaryAllocation(of: Block128.self, capacity: range.count) { scratch in
                pads.fill(block, of: values.pointer + range.lowerBound, count: range.count, into: scratch.baseAddress!)
                for i in range { body(i, scratch[i - range.lowerBound]) }
                ConstantTime.wipe(UnsafeMutableRawBufferPointer(scratch))
            }
        }
    }

    /// One vector of the sender's store.
    package enum ProgramVector: Sendable {
        case pairs(HugeBuffer<Block128>)
        case single(HugeBuffer<UInt64>)
    }

    struct Shared<T>: @unchecked Sendable {
        let pointer: UnsafePointer<T>
        init(_ pointer: UnsafePointer<T>) { self.pointer = pointer }
    }
}
