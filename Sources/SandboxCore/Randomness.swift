import COpenSSL
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A source of random bytes. `package`: users of the library cannot supply one, so a seeded source can never reach a release.
package protocol RandomSource: Sendable {
    /// Fills `buffer` with independent uniform bytes.
    func fill(_ buffer: UnsafeMutableRawBufferPointer)
}

extension RandomSource {
    package func bytes(_ count: Int) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: count)
        out.withUnsafeMutableBytes { fill($0) }
        return out
    }

    /// One uniform 64-bit word.
    package func word() -> UInt64 {
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word) { fill($0) }
        return word
    }

    /// Uniform in 0 ..< bound, by rejection (exact, no modulo bias).
    package func uniform(below bound: UInt64) -> UInt64 {
        precondition(bound > 0)
        if bound & (bound - 1) == 0 { return word() & (bound - 1) }
        let limit = UInt64.max - (UInt64.max % bound + 1) % bound
        while true {
            let candidate = word()
            if candidate <= limit { return candidate % bound }
        }
    }

    /// A uniform permutation of 0 ..< count (Fisher and Yates, indices by rejection).
    package func permutation(_ count: Int) -> [Int] {
        var out = Array(0..<count)
        guard count > 1 else { return out }
        out.withUnsafeMutableBufferPointer { p in
            for i in stride(from: p.count - 1, to: 0, by: -1) {
                p.swapAt(i, Int(uniform(below: UInt64(i + 1))))
            }
        }
        return out
    }
}

/// The operating system's generator, by getentropy(3), which is getrandom(2) on Linux. Traps when the system cannot supply
/// randomness: there is no safe way on.
package struct SystemRandom: RandomSource {
    package static let shared = SystemRandom()

    package func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        var offset = 0
        while offset < buffer.count {
            let n = min(buffer.count - offset, 256)  // the call's own limit
            guard getentropy(buffer.baseAddress! + offset, n) == 0 else {
                fatalError("getentropy failed: \(systemErrorText(errno))")
            }
            offset += n
        }
    }
}

/// AES-256-CTR keyed by the operating system, for loops that draw many small values.
///
/// Fast key erasure (D. J. Bernstein, "Fast-key-erasure random-number generators", 2017): each refill produces the next key
/// and a buffer, and bytes are wiped as they are handed out, so a later compromise does not reveal earlier output.
/// Not safe for use from two threads at once: make one per thread.
package final class BufferedRandom: RandomSource, @unchecked Sendable {
    private static let bufferBytes = 1 << 15
    private var prg: AESCounterPRG
    private var buffer: SecretBytes
    private var position: Int

    package init(seededBy source: some RandomSource = SystemRandom.shared) {
        prg = AESCounterPRG(random: source)
        buffer = SecretBytes(zeroed: Self.bufferBytes)
        position = Self.bufferBytes
    }

    package func fill(_ out: UnsafeMutableRawBufferPointer) {
        var done = 0
        while done < out.count {
            if position == Self.bufferBytes { refill() }
            let n = min(out.count - done, Self.bufferBytes - position)
            buffer.withUnsafeMutableBytes { b in
                (out.baseAddress! + done).copyMemory(from: b.baseAddress! + position, byteCount: n)
                memset(b.baseAddress! + position, 0, n)
            }
            position += n
            done += n
        }
    }

    private func refill() {
        buffer.withUnsafeMutableBytes { b in
            prg.fill(b)
            prg = AESCounterPRG(seed: UnsafeRawBufferPointer(rebasing: b[0..<AESCounterPRG.seedBytes]))
            memset(b.baseAddress!, 0, AESCounterPRG.seedBytes)
        }
        position = AESCounterPRG.seedBytes
    }
}

/// A pseudorandom generator: the AES-256-CTR key stream of a 32-byte seed, counter from zero (NIST SP 800-38A).
/// Deterministic: both holders of a seed expand the same bytes. OpenSSL picks AES-NI or a constant-time portable AES.
package final class AESCounterPRG: @unchecked Sendable {
    package static let seedBytes = 32
    private let context: OpaquePointer

    package init(seed: UnsafeRawBufferPointer) {
        precondition(seed.count == Self.seedBytes)
        guard let context = EVP_CIPHER_CTX_new() else { fatalError("out of memory") }
        self.context = context
        let iv = [UInt8](repeating: 0, count: 16)
        let ok = EVP_EncryptInit_ex(
            context, Self.cipher.pointer, nil, seed.baseAddress!.assumingMemoryBound(to: UInt8.self), iv)
        precondition(ok == 1, "AES-256-CTR is not available in this OpenSSL")
    }

    package convenience init(seed: [UInt8]) {
        self.init(bytes: seed)
    }

    /// The key stream of `seed` from 16-byte block `block` on, so that several threads can expand parts of one stream.
    package convenience init(seed: [UInt8], fromBlock block: UInt64) {
        self.init(bytes: seed, counter: [UInt8](repeating: 0, count: 8) + withUnsafeBytes(of: block.bigEndian) { Array($0) })
    }

    private init(bytes seed: [UInt8], counter: [UInt8] = [UInt8](repeating: 0, count: 16)) {
        precondition(seed.count == Self.seedBytes)
        guard let context = EVP_CIPHER_CTX_new() else { fatalError("out of memory") }
        self.context = context
        precondition(EVP_EncryptInit_ex(context, Self.cipher.pointer, nil, seed, counter) == 1)
    }

    package convenience init(random source: some RandomSource) {
        var seed = source.bytes(Self.seedBytes)
        self.init(seed: seed)
        ConstantTime.wipe(&seed)
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// The next `out.count` bytes of the key stream.
    package func fill(_ out: UnsafeMutableRawBufferPointer) {
        guard out.count > 0 else { return }
        memset(out.baseAddress!, 0, out.count)
        xor(into: out)
    }

    /// XORs the next bytes of the key stream into `out`.
    package func xor(into out: UnsafeMutableRawBufferPointer) {
        var offset = 0
        while offset < out.count {
            let n = min(out.count - offset, 1 << 30)
            let p = (out.baseAddress! + offset).assumingMemoryBound(to: UInt8.self)
            var written: Int32 = 0
            let ok = EVP_EncryptUpdate(context, p, &written, p, Int32(n))
            precondition(ok == 1 && written == Int32(n))
            offset += n
        }
    }

    // Fetched once: OpenSSL 3 looks a cipher up by name on each EVP_aes_256_ctr() use otherwise.
    private struct Cipher: @unchecked Sendable { let pointer: OpaquePointer }
    private static let cipher = Cipher(pointer: EVP_CIPHER_fetch(nil, "AES-256-CTR", nil)!)
}
