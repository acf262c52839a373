import Arithmetic
import SandboxCore

extension MontgomeryModulus {
    /// base^exponent for each base, in constant time but for the length of the exponent in bits, which is no secret.
    func powers(_ bases: [BigInteger], secret exponent: BigInteger) -> [BigInteger] {
        guard !exponent.isZero else { return bases.map { _ in .one } }
        var words = exponent.limbs()
        defer { ConstantTime.wipe(&words) }
        return rows(bases) { powers($0, count: bases.count, secretExponent: words, exponentBits: exponent.bitWidth, into: $0) }
    }

    /// The same with an exponent of ceil(exponentBits / 64) words for each base.
    func powers(_ bases: [BigInteger], secretExponents: UnsafePointer<UInt64>, exponentBits: Int) -> [BigInteger] {
        rows(bases) {
            powers($0, count: bases.count, secretExponents: secretExponents, exponentBits: exponentBits, into: $0)
        }
    }

    /// base^exponent for each base; the time depends on the exponent.
    func powers(_ bases: [BigInteger], publicExponent exponent: BigInteger) -> [BigInteger] {
        let words = bases.flatMap { _ in exponent.limbs() }
        return rows(bases) { powers($0, count: bases.count, publicExponents: words, exponentBits: exponent.bitWidth, into: $0) }
    }

    /// bases[i]^exponents[i] for exponents >= 0; the time depends on them.
    func powers(_ bases: [BigInteger], publicExponents exponents: [BigInteger]) -> [BigInteger] {
        let bits = max(1, exponents.map(\.bitWidth).max() ?? 1), limbs = (bits + 63) / 64
        let words = exponents.flatMap { $0.limbs(count: limbs) }
        return rows(bases) { powers($0, count: bases.count, publicExponents: words, exponentBits: bits, into: $0) }
    }

    /// The product of bases[i]^exponents[i], exponents >= 0; the time depends on all of them.
    package func multiPower(_ bases: [BigInteger], _ exponents: [BigInteger]) -> BigInteger {
        precondition(bases.count == exponents.count)
        guard !bases.isEmpty else { return .one }
        let bits = max(1, exponents.map(\.bitWidth).max()!), limbs = (bits + 63) / 64
        let words = exponents.flatMap { $0.limbs(count: limbs) }
        return withRows(bases) { rows in
            multiPower(rows.baseAddress!, count: bases.count, publicExponents: words, exponentBits: bits)
        }
    }

    /// Numbers as rows, what `body` makes of them in place, and integers again.
    private func rows(_ numbers: [BigInteger], _ body: (UnsafeMutablePointer<UInt64>) -> Void) -> [BigInteger] {
        withRows(numbers) { rows in
            guard let base = rows.baseAddress else { return [] }
            body(base)
            return numbers.indices.map { BigInteger(limbs: UnsafeBufferPointer(start: base + $0 * limbs, count: limbs)) }
        }
    }

    /// Residues as rows, wiped afterwards.
    private func withRows<R>(_ numbers: [BigInteger], _ body: (UnsafeMutableBufferPointer<UInt64>) -> R) -> R {
        let limbs = limbs
        var rows = [UInt64](repeating: 0, count: numbers.count * limbs)
        defer { ConstantTime.wipe(&rows) }
        return rows.withUnsafeMutableBufferPointer { rows in
            for (i, number) in numbers.enumerated() {
                number.modulo(modulus).copyLimbs(to: rows.baseAddress! + i * limbs, count: limbs)
            }
            return body(rows)
        }
    }
}
