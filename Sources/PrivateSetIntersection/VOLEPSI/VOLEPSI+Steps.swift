import Arithmetic
import SandboxCore

extension VOLEPSI {
    /// The keyed functions of one run: all follow from the seed r, which is public once the receiver has sent it.
    ///
    /// Semi-honest: H_B is AES under a key drawn after both sets were fixed, truncated (figure 4 needs no more of it than that
    /// the receiver's values do not depend on the other set, and 64 bits to keep false hits under 2^-40); H_o is the circular
    /// correlation robust hash pi(s) ^ s, s = sigma(x), of Guo, Katz, Wang, Yu (eprint 2019/074, section 7.2). Malicious: both
    /// are SHA-256 as random oracles, the token inside (eprint 2021/266, section 4.1).
    package struct Keys: Sendable {
        package static let seedBytes = 16
        package let okvsSeed: Block128
        package let itemKey: Block128
        package let maskKey: Block128
        private let itemCipher: AES128
        private let maskCipher: AES128

        package init(seed: [UInt8]) {
            precondition(seed.count == Self.seedBytes)
            func derive(_ use: String) -> Block128 {
                var hash = DomainHash(domain: "yinhe/vole-psi/\(use)/v1")
                hash.update(seed)
                let digest = JoinToken(bytes: Array(hash.finalize()[0..<16]))
                return Block128(low: digest.low, high: digest.high)
            }
            okvsSeed = derive("okvs")
            itemKey = derive("item")
            maskKey = derive("mask")
            itemCipher = AES128(key: itemKey)
            maskCipher = AES128(key: maskKey)
        }

        private static let block = 1024

        /// H_B in GF(2^64), semi-honest: the low word of AES(token).
        package func itemValues(_ tokens: UnsafePointer<JoinToken>, count: Int, into out: UnsafeMutablePointer<UInt64>) {
            Self.inBlocks(count, blocks: 1) { first, n, scratch in
                itemCipher.encrypt(Self.blocks(tokens + first), into: scratch, count: n)
                for i in 0..<n { out[first + i] = scratch[i].low }
            }
        }

        /// H_B in GF(2^128).
        package func itemValues(
            _ tokens: UnsafePointer<JoinToken>, count: Int, adversary: PSI.Adversary, into out: UnsafeMutablePointer<Block128>
        ) {
            guard adversary == .malicious else {
                itemCipher.encrypt(Self.blocks(tokens), into: out, count: count)
                return
            }
            let tokens = Self.blocks(tokens)
            Self.inBlocks(count, blocks: 4) { first, n, scratch in
                let (messages, digests) = (scratch, scratch + 2 * Self.block)
                for i in 0..<n {
                    messages[2 * i] = itemKey
                    messages[2 * i + 1] = tokens[first + i]
                }
                BatchSHA256.hash(messages, length: 32, count: n, into: digests)
                for i in 0..<n { out[first + i] = digests[2 * i] }
            }
        }

        /// H_o in place: values[i] becomes the 16-byte mask of values[i] (and of its token when malicious).
        package func mask(
            _ values: UnsafeMutablePointer<Block128>, of tokens: UnsafePointer<JoinToken>, count: Int, adversary: PSI.Adversary
        ) {
            switch adversary {
            case .semiHonest:
                Self.inBlocks(count, blocks: 1) { first, n, scratch in
                    let values = values + first
                    for i in 0..<n {
                        let x = values[i]
                        values[i] = Block128(low: x.low ^ x.high, high: x.low)
                    }
                    maskCipher.encrypt(values, into: scratch, count: n)
                    for i in 0..<n { values[i] ^= scratch[i] }
                }
            case .malicious:
                let tokens = Self.blocks(tokens)
                Self.inBlocks(count, blocks: 5) { first, n, scratch in
                    let (messages, digests) = (scratch, scratch + 3 * Self.block)
                    for i in 0..<n {
                        messages[3 * i] = maskKey
                        messages[3 * i + 1] = values[first + i]
                        messages[3 * i + 2] = tokens[first + i]
                    }
                    BatchSHA256.hash(messages, length: 48, count: n, into: digests)
                    for i in 0..<n { values[first + i] = digests[2 * i] }
                }
            }
        }

        private static func inBlocks(_ count: Int, blocks: Int, _ body: (Int, Int, UnsafeMutablePointer<Block128>) -> Void) {
            withUnsafeTemporaryAllocation(of: Block128.self, capacity: blocks * block) { scratch in
                for first in stride(from: 0, to: count, by: block) {
                    body(first, min(block, count - first), scratch.baseAddress!)
                }
                ConstantTime.wipe(UnsafeMutableRawBufferPointer(scratch))
            }
        }

        /// A token's two words are those of a block.
        private static func blocks(_ tokens: UnsafePointer<JoinToken>) -> UnsafePointer<Block128> {
            UnsafeRawPointer(tokens).assumingMemoryBound(to: Block128.self)
        }
    }

    /// Rows that one thread hashes at a time.
    private static let unit = 1 << 13

    /// H_o(Decode(c, x)) of the receiver's tokens: 16 bytes each.
    package static func receiverMasks(
        _ tokens: UnsafePointer<JoinToken>, count: Int, c: UnsafePointer<Block128>, keys: Keys, plan: Plan, threads: Int
    ) throws -> HugeBuffer<Block128> {
        let masks = HugeBuffer<Block128>(count: count, wiped: false)
        let store = OKVS(parameters: plan.okvs, seed: keys.okvsSeed)
        store.decode(keys: tokens, count: count, vector: c, into: masks.pointer, threads: threads)
        let input = Shared(tokens)
        try Parallel.forEachChunk(of: count, chunk: unit, threads: threads) { range in
            keys.mask(
                masks.pointer + range.lowerBound, of: input.pointer + range.lowerBound, count: range.count,
                adversary: plan.adversary)
        }
        return masks
    }

    /// H_o(Decode(k, y) + Delta H_B(y)) of the sender's tokens, cut to the plan's width, one after another.
    package static func senderMasks(
        _ tokens: UnsafePointer<JoinToken>, count: Int, k: UnsafePointer<Block128>, delta: Block128, keys: Keys, plan: Plan,
        threads: Int, scratch: HugeBuffer<Block128>
    ) throws -> [UInt8] {
        precondition(scratch.count >= count)
        let store = OKVS(parameters: plan.okvs, seed: keys.okvsSeed)
        store.decode(keys: tokens, count: count, vector: k, into: scratch.pointer, threads: threads)
        let width = plan.maskBytes
        var out = [UInt8](repeating: 0, count: width * count)
        let input = Shared(tokens)
        try out.withUnsafeMutableBufferPointer { out in
            let out = DisjointBuffer(out)
            try Parallel.forEachChunk(of: count, chunk: unit, threads: threads) { range in
                let tokens = input.pointer + range.lowerBound, values = scratch.pointer + range.lowerBound
                addItemProducts(tokens, into: values, delta, count: range.count, keys, plan)
                keys.mask(values, of: tokens, count: range.count, adversary: plan.adversary)
                cut(values, count: range.count, width: width, into: out.base + width * range.lowerBound)
            }
        }
        return out
    }

    /// values[i] += Delta * H_B(tokens[i]).
    private static func addItemProducts(
        _ tokens: UnsafePointer<JoinToken>, into values: UnsafeMutablePointer<Block128>, _ delta: Block128, count: Int,
        _ keys: Keys, _ plan: Plan
    ) {
        switch plan.field {
        case .bits64:
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { items in
                keys.itemValues(tokens, count: count, into: items.baseAddress!)
                GF128.addProducts(into: values, items.baseAddress!, delta, count: count)
            }
        case .bits128:
            withUnsafeTemporaryAllocation(of: Block128.self, capacity: count) { items in
                keys.itemValues(tokens, count: count, adversary: plan.adversary, into: items.baseAddress!)
                GF128.addProducts(into: values, items.baseAddress!, delta, count: count)
            }
        }
    }

    /// The first `width` bytes of each block.
    static func cut(
        _ blocks: UnsafePointer<Block128>, count: Int, width: Int, into out: UnsafeMutablePointer<UInt8>
    ) {
        let bytes = UnsafeRawPointer(blocks), out = UnsafeMutableRawPointer(out)
        // Whole 16-byte stores run ahead of the next mask's start, so only the last ones are cut to size.
        let whole = max(0, count - (16 + width - 1) / width)
        for i in 0..<whole {
            out.storeBytes(
                of: bytes.load(fromByteOffset: 16 * i, as: SIMD2<UInt64>.self), toByteOffset: width * i, as: SIMD2<UInt64>.self)
        }
        for i in whole..<count { (out + width * i).copyMemory(from: bytes + 16 * i, byteCount: width) }
    }

    struct Shared<T>: @unchecked Sendable {
        let pointer: UnsafePointer<T>
        init(_ pointer: UnsafePointer<T>) { self.pointer = pointer }
    }
}
