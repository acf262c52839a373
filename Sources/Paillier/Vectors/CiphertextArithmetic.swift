import Arithmetic
import SandboxCore

/// Rows of ciphertexts of one key: `limbs` words each, residues modulo n^2, one after the other.
package final class CiphertextArithmetic: Sendable {
    package let key: PaillierPublicKey
    package let modulus: MontgomeryModulus
    package var limbs: Int { modulus.limbs }
    /// Words of a plaintext row.
    package let plaintextLimbs: Int

    /// Rows that one task of a parallel loop takes.
    static let chunk = 256

    package init(_ key: PaillierPublicKey) {
        precondition(key.ciphertextBytes % 8 == 0)
        self.key = key
        modulus = MontgomeryModulus(key.nSquared)
        plaintextLimbs = key.plaintextLimbs
        // Rows go to and from the flat functions of keys and encryptors as they are.
        precondition(modulus.limbs == key.ciphertextLimbs)
    }

    package func number(_ row: UnsafePointer<UInt64>) -> BigInteger {
        BigInteger(limbs: UnsafeBufferPointer(start: row, count: limbs))
    }

    /// 1 + m n, the encryption of m that hides nothing; m is any integer.
    package func trivial(_ m: BigInteger) -> BigInteger { m.modulo(key.n) * key.n + .one }

    /// Reads rows from `ciphertextBytes` big-endian bytes each. The index of the first row outside 1 ..< n^2; nil when all are inside.
    package func load(_ bytes: UnsafeRawPointer, count: Int, into rows: UnsafeMutablePointer<UInt64>) -> Int? {
        let width = key.ciphertextBytes, words = width / 8, limbs = limbs
        let bound = key.nSquared.limbs(count: limbs)
        return bound.withUnsafeBufferPointer { bound in
            for i in 0..<count {
                let row = rows + i * limbs, source = bytes + i * width
                var any: UInt64 = 0
                for j in 0..<words {
                    let word = UInt64(bigEndian: source.loadUnaligned(fromByteOffset: width - 8 - 8 * j, as: UInt64.self))
                    row[j] = word
                    any |= word
                }
                for j in words..<limbs { row[j] = 0 }
                var j = limbs - 1
                while j > 0, row[j] == bound[j] { j -= 1 }
                if any == 0 || row[j] >= bound[j] { return i }
            }
            return nil
        }
    }

    /// Writes ordinary residues as `ciphertextBytes` big-endian bytes each.
    package func store(_ rows: UnsafePointer<UInt64>, count: Int, into bytes: UnsafeMutableRawPointer) {
        let width = key.ciphertextBytes, words = width / 8
        for i in 0..<count {
            let row = rows + i * limbs, target = bytes + i * width
            for j in 0..<words {
                target.storeBytes(of: row[j].bigEndian, toByteOffset: width - 8 - 8 * j, as: UInt64.self)
            }
        }
    }

    /// The first row that is not a unit modulo n; nil when all are. One multiplication a row, and one greatest common divisor for all:
    /// a product is a unit exactly when its factors are, and so is the R that a Montgomery product divides by.
    package func firstNonUnit(_ rows: UnsafePointer<UInt64>, count: Int) -> Int? {
        guard count > 0 else { return nil }
        // One half times the other, again and again: long runs of products are what the kernels are fast at.
        let half = (count + 1) / 2
        let product = HugeBuffer<UInt64>(count: half * limbs, wiped: false)
        let p = product.pointer
        p.update(from: rows, count: half * limbs)
        modulus.multiply(p, rows + half * limbs, count: count - half, into: p)
        var left = half
        while left > 1 {
            let next = (left + 1) / 2
            modulus.multiply(p, p + next * limbs, count: left - next, into: p)
            left = next
        }
        if number(p).greatestCommonDivisor(with: key.n) == .one { return nil }
        return (0..<count).first { number(rows + $0 * limbs).greatestCommonDivisor(with: key.n) != .one }
    }

    /// Checks rows that were loaded: all in parallel, `firstRow` is the number of the first. Throws `.badInput` naming the row.
    package func checkUnits(_ rows: UnsafePointer<UInt64>, count: Int, firstRow: Int, at place: String = "", threads: Int) throws {
        let shared = SharedRows(rows)
        try Parallel.forEachChunk(of: count, chunk: 1024, threads: threads) { range in
            if let bad = firstNonUnit(shared.base + range.lowerBound * limbs, count: range.count) {
                throw Self.refuse(row: firstRow + range.lowerBound + bad, "is not a unit modulo n", at: place)
            }
        }
    }

    package static func refuse(row: Int, _ reason: String, at place: String) -> YinheError {
        YinheError(
            .badInput, "the ciphertext of row \(row + 1) \(reason)", at: place, remedy: "it was made for another key, or altered")
    }
}

/// Rows that several threads read.
struct SharedRows: @unchecked Sendable {
    let base: UnsafePointer<UInt64>
    init(_ base: UnsafePointer<UInt64>) { self.base = base }
}

/// Rows that several threads write at disjoint places.
struct TargetRows: @unchecked Sendable {
    let base: UnsafeMutablePointer<UInt64>
    init(_ base: UnsafeMutablePointer<UInt64>) { self.base = base }
}
