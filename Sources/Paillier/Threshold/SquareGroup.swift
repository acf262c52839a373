import Arithmetic
import SandboxCore

/// Exponentiations modulo n^2 on many numbers: where decryption shares and their proofs spend their time.
struct SquareGroup: Sendable {
    let n: BigInteger
    let nSquared: BigInteger
    private let modulus: MontgomeryModulus

    /// Numbers that a thread takes at a time: whole groups of the lanes kernel.
    private static let chunk = 8

    init(_ key: PaillierPublicKey) {
        n = key.n
        nSquared = key.nSquared
        modulus = MontgomeryModulus(key.nSquared)
    }

    func times(_ a: BigInteger, _ b: BigInteger) -> BigInteger { (a * b).modulo(nSquared) }

    func square(_ a: BigInteger) -> BigInteger { (a * a).modulo(nSquared) }

    /// base^exponent in constant time for a secret exponent below 2^bits.
    func power(_ base: BigInteger, secret exponent: BigInteger, bits: Int) -> BigInteger {
        modulus.power(base, secret: exponent, exponentBits: bits)
    }

    /// The same for many bases. `done` is told how many are finished.
    func powers(
        _ bases: [BigInteger], secret exponent: BigInteger, bits: Int, threads: Int, done: @Sendable (Int) -> Void
    ) throws -> [BigInteger] {
        var words = exponent.limbs(count: (bits + 63) / 64)
        defer { ConstantTime.wipe(&words) }
        let exponent = words
        let parts = try Parallel.map((bases.count + Self.chunk - 1) / Self.chunk, threads: threads) { part in
            let range = part * Self.chunk..<min(bases.count, (part + 1) * Self.chunk)
            defer { done(range.count) }
            return rows(bases[range]) { base, count in
                modulus.powers(base, count: count, secretExponent: exponent, exponentBits: bits, into: base)
                return (0..<count).map {
                    BigInteger(limbs: UnsafeBufferPointer(start: base + $0 * modulus.limbs, count: modulus.limbs))
                }
            }
        }
        return parts.flatMap { $0 }
    }

    /// base^exponent for public numbers and an exponent of either sign; base is a unit.
    func power(_ base: BigInteger, public exponent: BigInteger) -> BigInteger {
        let positive = exponent.signum < 0 ? base.inverse(modulo: nSquared)! : base
        return product([positive], exponents: [exponent.magnitude])
    }

    /// The product of bases[i]^exponents[i], all public, exponents of 128 bits.
    func product(_ bases: [BigInteger], _ exponents: [UInt128], threads: Int) throws -> BigInteger {
        let chunk = max(256, (bases.count + threads - 1) / max(1, threads))
        let parts = try Parallel.map((bases.count + chunk - 1) / chunk, threads: threads) { part in
            let range = part * chunk..<min(bases.count, (part + 1) * chunk)
            let words = exponents[range].flatMap { [UInt64(truncatingIfNeeded: $0), UInt64(truncatingIfNeeded: $0 >> 64)] }
            return rows(bases[range]) { modulus.multiPower($0, count: $1, publicExponents: words, exponentBits: 128) }
        }
        return parts.reduce(BigInteger.one, times)
    }

    /// The product of bases[i]^exponents[i] for public exponents >= 0 of any length.
    func product(_ bases: [BigInteger], exponents: [BigInteger]) -> BigInteger {
        let bits = max(1, exponents.map(\.bitWidth).max() ?? 1)
        let words = exponents.flatMap { $0.limbs(count: (bits + 63) / 64) }
        return rows(bases[...]) { modulus.multiPower($0, count: $1, publicExponents: words, exponentBits: bits) }
    }

    /// The products of bases[i]^|exponents[i]| over the positive and over the negative exponents.
    func quotient(_ bases: [BigInteger], _ exponents: [BigInteger]) -> (above: BigInteger, below: BigInteger) {
        func part(_ sign: Int) -> BigInteger {
            let chosen = bases.indices.filter { exponents[$0].signum == sign }
            return chosen.isEmpty ? .one : product(chosen.map { bases[$0] }, exponents: chosen.map { exponents[$0].magnitude })
        }
        return (part(1), part(-1))
    }

    /// Numbers below n^2 as rows of limbs.
    private func rows<T>(_ numbers: ArraySlice<BigInteger>, _ body: (UnsafeMutablePointer<UInt64>, Int) -> T) -> T {
        var rows = [UInt64](repeating: 0, count: max(1, numbers.count) * modulus.limbs)
        return rows.withUnsafeMutableBufferPointer { rows in
            for (i, number) in numbers.enumerated() {
                number.copyLimbs(to: rows.baseAddress! + i * modulus.limbs, count: modulus.limbs)
            }
            return body(rows.baseAddress!, numbers.count)
        }
    }
}
