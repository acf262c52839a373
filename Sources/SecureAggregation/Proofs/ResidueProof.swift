import Arithmetic
import Paillier
import SandboxCore

/// A proof that many numbers u_j modulo n^2 are n-th powers, by somebody who knows a root of each.
///
///     prover                                       verifier
///     rho uniform, a = rho^n mod n^2
///     e_j = H(statement, u, a, j), 128 bits        the same e_j
///     z = rho * prod r_j^(e_j) mod n      ----->   z^n = a * prod u_j^(e_j)  mod n^2
///
/// A Sigma protocol of the n-th powers (Damgard, Jurik, "A generalisation, a simplification and some applications of Paillier's
/// probabilistic public-key system", PKC 2001, section 5.1), for many at once by random weights, made non-interactive by
/// Fiat and Shamir. u_j = (1 + n)^(x_j) v_j^n satisfies the equation only if sum e_j x_j is what a fixes, modulo each prime
/// factor of n; where some x_j is not 0 one of 2^128 weights does, as long as no prime factor of n is below 2^128. z is uniform, so
/// it tells nothing about the roots.
package struct ResidueProof: Sendable, Equatable {
    let a: BigInteger
    let z: BigInteger

    static let weightBits = 128
    private static let weightBytes = weightBits / 8

    static func bytes(_ key: PaillierPublicKey) -> Int { key.ciphertextBytes + key.bits / 8 }

    func encoded(_ key: PaillierPublicKey) -> [UInt8] {
        a.bigEndian(count: key.ciphertextBytes) + z.bigEndian(count: key.bits / 8)
    }

    /// Throws `.badInput` for numbers outside the groups.
    package init(encoded bytes: [UInt8], _ key: PaillierPublicKey) throws {
        guard bytes.count == Self.bytes(key) else { throw YinheError(.badInput, "a proof of \(bytes.count) bytes") }
        a = try key.decodeCiphertext(bytes[..<key.ciphertextBytes]).value
        z = BigInteger(bigEndian: bytes[key.ciphertextBytes...])
        guard z.signum > 0, z < key.n, z.greatestCommonDivisor(with: key.n) == .one else {
            throw YinheError(.badInput, "a proof with a number outside its group")
        }
    }

    private init(a: BigInteger, z: BigInteger) {
        self.a = a
        self.z = z
    }

    /// `statement`: what the proof is bound to, besides the numbers. `root`: a root modulo n of the product of u_j^(e_j), given the weights.
    static func make(
        statement: [UInt8], _ u: [BigInteger], _ key: PaillierPublicKey, random: some RandomSource = SystemRandom.shared,
        root: ([BigInteger]) throws -> BigInteger
    ) rethrows -> ResidueProof {
        let rho = BigInteger.randomUnit(modulo: key.n, from: random)
        let a = rho.power(secret: key.n, modulo: key.nSquared)
        return ResidueProof(a: a, z: (rho * (try root(weights(statement, u, a, key)))).modulo(key.n))
    }

    package func isValid(statement: [UInt8], _ u: [BigInteger], _ key: PaillierPublicKey, threads: Int) throws -> Bool {
        let product = try Self.product(u, Self.weights(statement, u, a, key), modulo: key.nSquared, threads: threads)
        return z.power(variableTime: key.n, modulo: key.nSquared) == (a * product).modulo(key.nSquared)
    }

    private static func weights(
        _ statement: [UInt8], _ u: [BigInteger], _ a: BigInteger, _ key: PaillierPublicKey
    ) -> [BigInteger] {
        var hash = DomainHash(domain: "yinhe/aggregation/residue-proof/v1")
        hash.update(field: key.encoded)
        hash.update(field: statement)
        hash.update(field: a.bigEndian(count: key.ciphertextBytes))
        for number in u { hash.update(number.bigEndian(count: key.ciphertextBytes)) }
        let seed = hash.finalize()
        return u.indices.map { j in
            var hash = DomainHash(domain: "yinhe/aggregation/residue-weight/v1")
            hash.update(seed)
            withUnsafeBytes(of: UInt64(j).littleEndian) { hash.update($0) }
            return BigInteger(bigEndian: hash.finalize()[..<weightBytes])
        }
    }

    /// prod base_j^(e_j). Variable time: bases and weights are public, or uniform and used once.
    static func product(
        _ bases: [BigInteger], _ weights: [BigInteger], modulo m: BigInteger, threads: Int
    ) throws -> BigInteger {
        let chunk = 512, field = MontgomeryModulus(m)
        let parts = try Parallel.map((bases.count + chunk - 1) / chunk, threads: threads) { part in
            let range = part * chunk..<min(bases.count, (part + 1) * chunk)
            return field.multiPower(Array(bases[range]), Array(weights[range]))
        }
        return parts.reduce(BigInteger.one) { ($0 * $1).modulo(m) }
    }
}
