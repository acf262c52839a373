import Arithmetic
import SandboxCore

extension PaillierEncryptor {
    /// 64-bit words of a ciphertext in the flat functions.
    package var ciphertextLimbs: Int { publicKey.ciphertextLimbs }

    /// Fresh encryptions of `count` plaintexts on rows of little-endian words: `plaintexts` has `limbsPerPlaintext` words a row,
    /// each row below n (`.range` otherwise); `ciphertexts` takes `ciphertextLimbs` words a row. Synchronous.
    package func encrypt(
        count: Int, limbsPerPlaintext: Int, plaintexts: UnsafePointer<UInt64>, threads: Int, progress: ProgressMonitor? = nil,
        into ciphertexts: UnsafeMutablePointer<UInt64>
    ) throws {
        let counter = ProgressCounter("encrypt", total: count, progress)
        let rows = FlatRows(plaintexts, width: limbsPerPlaintext), out = MutableFlatRows(ciphertexts, width: ciphertextLimbs)
        try Parallel.forEachChunk(of: count, chunk: Self.chunk, threads: threads) { range in
            let powers = randomizers(range.count, random: SystemRandom.shared)
            for (i, power) in zip(range, powers) {
                let plaintext = rows[i]
                try checkRange(plaintext)
                out.set(i, Self.combine(plaintext, power, publicKey).value)
            }
            counter.add(range.count)
        }
    }

    /// `count` fresh encryptions of zero, which re-randomise one ciphertext each when they are multiplied to it.
    package func encryptZeros(
        count: Int, threads: Int, progress: ProgressMonitor? = nil, into ciphertexts: UnsafeMutablePointer<UInt64>
    ) throws {
        let counter = ProgressCounter("randomise", total: count, progress)
        let out = MutableFlatRows(ciphertexts, width: ciphertextLimbs)
        try Parallel.forEachChunk(of: count, chunk: Self.chunk, threads: threads) { range in
            for (i, power) in zip(range, randomizers(range.count, random: SystemRandom.shared)) { out.set(i, power) }
            counter.add(range.count)
        }
    }
}
