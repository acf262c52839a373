import CKernels
import COpenSSL
import SandboxCore

/// AES-128 (FIPS 197) under one key, in bulk. The bytes of a `Block128`, its low word first and each word little-endian, are the
/// block's bytes in the order of FIPS 197. Running time is independent of key and blocks: AES instructions, or else OpenSSL.
///
/// In all functions `input` and `out` may be the same memory, but may not overlap otherwise.
package final class AES128: Sendable {
    package enum Implementation: Sendable, Equatable {
        case openSSL
        /// The kernel of this index in `yinhe_aes128_available`.
        case kernel(Int)

        /// Those that this machine can run, the fastest last.
        package static let available: [Implementation] =
            [.openSSL] + (0...).lazy.prefix { yinhe_aes128_available($0) != nil }.map { .kernel($0) }
    }

    private struct Kernel: @unchecked Sendable { let pointer: UnsafePointer<yinhe_aes128_kernels>? }
    private let kernel: Kernel
    private let schedule: HugeBuffer<yinhe_aes128_key>
    /// For OpenSSL; wiped.
    private let key: HugeBuffer<Block128>

    /// A public key that nobody chose: the first half of the hash of a name. For the hash functions, whose proofs treat AES
    /// under a fixed key as a random permutation.
    package static let fixed: AES128 = {
        let digest = DomainHash(domain: "yinhe/aes-fixed-key/v1").finalize()
        return AES128(key: Block128(littleEndianBytes: digest[0..<16]))
    }()

    package convenience init(key: Block128) { self.init(key: key, implementation: Implementation.available.last!) }

    package init(key: Block128, implementation: Implementation) {
        self.key = HugeBuffer(count: 1, wiped: true)
        self.key.pointer.pointee = key
        schedule = HugeBuffer(count: 1, wiped: true)
        switch implementation {
        case .openSSL:
            kernel = Kernel(pointer: nil)
        case .kernel(let index):
            kernel = Kernel(pointer: yinhe_aes128_available(index)!)
            self.key.pointer.withMemoryRebound(to: UInt8.self, capacity: 16) {
                kernel.pointer!.pointee.expand_key(schedule.pointer, $0)
            }
        }
    }

    /// out[i] = AES(input[i]): on distinct blocks a pseudorandom function, up to the birthday bound.
    package func encrypt(_ input: UnsafePointer<Block128>, into out: UnsafeMutablePointer<Block128>, count: Int) {
        if let kernel = kernel.pointer {
            kernel.pointee.encrypt(schedule.pointer, Self.bytes(input), Self.bytes(out), count)
        } else {
            encryptByOpenSSL(input, into: out, count: count)
        }
    }

    package func encrypt(_ block: Block128) -> Block128 {
        var block = block
        withUnsafeMutablePointer(to: &block) { encrypt($0, into: $0, count: 1) }
        return block
    }

    /// out[i] = pi(s ^ t) ^ s with pi this permutation, s = sigma(input[i]), t the block (tweak + i mod 2^64, 0) and
    /// sigma(low, high) = (low ^ high, low), a linear orthomorphism.
    ///
    /// For one fixed tweak, and so for distinct unpredictable inputs, this is the circular correlation robust hash of Guo, Katz,
    /// Wang, Yu (S&P 2020, eprint 2019/074, section 7.2). Tweaks only keep equal inputs of different indices apart. Where a peer
    /// can CHOOSE inputs of several tweaks, use `hashTwice`: here it could cancel s ^ t between two of them.
    package func hash(
        _ input: UnsafePointer<Block128>, into out: UnsafeMutablePointer<Block128>, count: Int, tweak: UInt64
    ) {
        if let kernel = kernel.pointer {
            kernel.pointee.hash(schedule.pointer, Self.bytes(input), Self.bytes(out), count, tweak)
            return
        }
        masked(input, into: out, count: count, tweak: tweak) { Block128(low: $0.low ^ $0.high, high: $0.low) }
    }

    /// out[i] = pi(p ^ t) ^ p with p = pi(input[i]), t as in `hash`: the tweakable circular correlation robust hash TMMO of the
    /// same paper (section 7.4), at twice the cost.
    package func hashTwice(
        _ input: UnsafePointer<Block128>, into out: UnsafeMutablePointer<Block128>, count: Int, tweak: UInt64
    ) {
        if let kernel = kernel.pointer {
            kernel.pointee.hash_twice(schedule.pointer, Self.bytes(input), Self.bytes(out), count, tweak)
            return
        }
        encryptByOpenSSL(input, into: out, count: count)
        masked(out, into: out, count: count, tweak: tweak) { $0 }
    }

    /// The key stream AES(fromBlock, lane), AES(fromBlock + 1, lane), ...: low word counts, high word is `lane`. With a uniform
    /// key a pseudorandom generator of 2^64 independent streams. The last block may be cut.
    package func stream(into out: UnsafeMutableRawBufferPointer, fromBlock first: UInt64, lane: UInt64 = 0) {
        guard let base = out.baseAddress, out.count > 0 else { return }
        let whole = out.count / 16
        fill(base, blocks: whole, from: first, lane: lane)
        guard out.count % 16 != 0 else { return }
        var last = Block128.zero
        withUnsafeMutableBytes(of: &last) { last in
            fill(last.baseAddress!, blocks: 1, from: first &+ UInt64(whole), lane: lane)
            (base + 16 * whole).copyMemory(from: last.baseAddress!, byteCount: out.count % 16)
            ConstantTime.wipe(last)
        }
    }

    private func fill(_ out: UnsafeMutableRawPointer, blocks: Int, from first: UInt64, lane: UInt64) {
        if let kernel = kernel.pointer {
            kernel.pointee.counter(schedule.pointer, out.assumingMemoryBound(to: UInt8.self), blocks, first, lane)
            return
        }
        for i in 0..<blocks {
            let block = Block128(low: first &+ UInt64(i), high: lane)
            out.storeBytes(of: block, toByteOffset: 16 * i, as: Block128.self)
        }
        encryptByOpenSSL(out, into: out, count: blocks)
    }

    // MARK: Without AES instructions

    private func masked(
        _ input: UnsafePointer<Block128>, into out: UnsafeMutablePointer<Block128>, count: Int, tweak: UInt64,
        _ mask: (Block128) -> Block128
    ) {
        let buffer = HugeBuffer<Block128>(count: 2 * min(count, 256), wiped: true)
        let (x, s) = (buffer.pointer, buffer.pointer + min(count, 256))
        for start in stride(from: 0, to: count, by: 256) {
            let n = min(256, count - start)
            for i in 0..<n {
                s[i] = mask(input[start + i])
                x[i] = s[i] ^ Block128(low: tweak &+ UInt64(start + i), high: 0)
            }
            encryptByOpenSSL(x, into: x, count: n)
            for i in 0..<n { out[start + i] = x[i] ^ s[i] }
        }
    }

    private func encryptByOpenSSL(_ input: UnsafeRawPointer, into out: UnsafeMutableRawPointer, count: Int) {
        // A context of its own for each call: a context may not be shared by threads.
        guard let context = EVP_CIPHER_CTX_new() else { fatalError("out of memory") }
        defer { EVP_CIPHER_CTX_free(context) }
        let key = UnsafeRawPointer(key.pointer).assumingMemoryBound(to: UInt8.self)
        precondition(EVP_EncryptInit_ex(context, Self.cipher.pointer, nil, key, nil) == 1)
        precondition(EVP_CIPHER_CTX_set_padding(context, 0) == 1)
        var done = 0
        while done < 16 * count {
            let n = Int32(min(16 * count - done, 1 << 30))
            var written: Int32 = 0
            let ok = EVP_EncryptUpdate(
                context, (out + done).assumingMemoryBound(to: UInt8.self), &written,
                (input + done).assumingMemoryBound(to: UInt8.self), n)
            precondition(ok == 1 && written == n)
            done += Int(n)
        }
    }

    private struct Cipher: @unchecked Sendable { let pointer: OpaquePointer }
    private static let cipher = Cipher(pointer: EVP_CIPHER_fetch(nil, "AES-128-ECB", nil)!)

    private static func bytes(_ p: UnsafePointer<Block128>) -> UnsafePointer<UInt8> {
        UnsafeRawPointer(p).assumingMemoryBound(to: UInt8.self)
    }

    private static func bytes(_ p: UnsafeMutablePointer<Block128>) -> UnsafeMutablePointer<UInt8> {
        UnsafeMutableRawPointer(p).assumingMemoryBound(to: UInt8.self)
    }

    /// Children of `parents` under the two permutations, interleaved: see `GGM.double`.
    static func double(
        _ first: AES128, _ second: AES128, _ parents: UnsafePointer<Block128>, into children: UnsafeMutablePointer<Block128>,
        count: Int
    ) {
        if let kernel = first.kernel.pointer, kernel == second.kernel.pointer {
            kernel.pointee.double_blocks(
                first.schedule.pointer, second.schedule.pointer, bytes(parents), bytes(children), count)
            return
        }
        let buffer = HugeBuffer<Block128>(count: count, wiped: true)
        for (b, cipher) in [first, second].enumerated() {
            cipher.encrypt(parents, into: buffer.pointer, count: count)
            for i in 0..<count { children[2 * i + b] = buffer.pointer[i] ^ parents[i] }
        }
    }
}
