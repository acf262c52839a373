import Arithmetic
import SandboxCore

/// Proves that the values of a decryption share have the exponent of the party's verification key: one proof for all.
///
///     t_j from a hash of everything     C = (product of c_j^(t_j))^4,  D = (product of value_j^(t_j))^2
///     equality of logarithms            log_C D = log_v v_i = x      (Chaum, Pedersen, CRYPTO 1992; Fiat, Shamir, CRYPTO 1986)
///     a = C^r, b = v^r,  e = hash,  z = r + e x
///
/// The random t_j (small exponents test: Bellare, Garay, Rabin, EUROCRYPT 1998; for shares of a decryption: Aditya, Peng, Boyd, Dawson,
/// Lee, ACNS 2004) need a group without elements of small order. The values enter squared, so everything lies in the squares modulo
/// n^2, a cyclic group of order n p' q' when n is a product of safe primes: no order of an element but 1 is below 2^128, and a wrong
/// value survives a choice of the t_j with probability 2^-128, a wrong D an e likewise, whatever the prover can compute. Where
/// the primes are not safe (two parties without a dealer) it takes in addition that nobody finds an element of small order.
struct ShareProof: Sendable, Equatable {
    let challenge: UInt128
    let response: BigInteger

    /// The sizes, with their formulas.
    struct Sizes: Sendable {
        /// Of x: public, by key size and number of parties.
        let secretBits: Int
        /// Of e and of the t_j: soundness 2^-128.
        let challengeBits = SecurityParameters.computational
        /// r is so much longer than e x that z shows nothing of x: statistical distance 2^-128.
        let hidingBits = SecurityParameters.computational

        var maskBits: Int { secretBits + challengeBits + hidingBits }
        /// z < 2^maskBits + 2^(secretBits + challengeBits).
        var responseBits: Int { maskBits + 1 }
        var responseBytes: Int { (responseBits + 7) / 8 }
        var bytes: Int { challengeBits / 8 + responseBytes }

        init(_ key: PaillierThresholdKey) {
            secretBits = key.secretBits
        }
    }

    /// What is proved.
    struct Statement: Sendable {
        let key: PaillierThresholdKey
        let party: Int
        let ciphertexts: [PaillierCiphertext]
        let values: [BigInteger]
        /// A hash of everything above and of the caller's context.
        let seed: [UInt8]

        init(
            _ key: PaillierThresholdKey, _ party: Int, _ ciphertexts: [PaillierCiphertext], _ values: [BigInteger], _ context: [UInt8]
        ) {
            precondition(ciphertexts.count == values.count)
            self.key = key
            self.party = party
            self.ciphertexts = ciphertexts
            self.values = values
            var hash = DomainHash(domain: "yinhe/threshold-paillier/share-proof/v1")
            hash.update(field: key.fingerprintBytes)
            withUnsafeBytes(of: UInt32(party).littleEndian) { hash.update($0) }
            hash.update(field: context)
            withUnsafeBytes(of: UInt32(values.count).littleEndian) { hash.update($0) }
            for ciphertext in ciphertexts { hash.update(key.encryptionKey.encode(ciphertext)) }
            for value in values { hash.update(value.bigEndian(count: key.encryptionKey.ciphertextBytes)) }
            seed = hash.finalize()
        }

        /// t_j: the first 16 bytes of a hash each.
        private func weight(_ j: Int) -> UInt128 {
            var hash = DomainHash(domain: "yinhe/threshold-paillier/share-weight/v1")
            hash.update(seed)
            withUnsafeBytes(of: UInt32(j).littleEndian) { hash.update($0) }
            return hash.finalize().withUnsafeBytes { UInt128(littleEndian: $0.loadUnaligned(as: UInt128.self)) }
        }

        /// C and D.
        func combined(threads: Int) throws -> (c: BigInteger, d: BigInteger) {
            let weights = ciphertexts.indices.map(weight), group = key.group
            let c = try group.product(ciphertexts.map(\.value), weights, threads: threads)
            let d = try group.product(values, weights, threads: threads)
            return (group.square(group.square(c)), group.square(d))
        }

        func challenge(_ a: BigInteger, _ b: BigInteger) -> UInt128 {
            let width = key.encryptionKey.ciphertextBytes
            var hash = DomainHash(domain: "yinhe/threshold-paillier/share-challenge/v1")
            hash.update(seed)
            hash.update(a.bigEndian(count: width))
            hash.update(b.bigEndian(count: width))
            return hash.finalize().withUnsafeBytes { UInt128(littleEndian: $0.loadUnaligned(as: UInt128.self)) }
        }
    }

    static func make(
        _ statement: Statement, exponent: BigInteger, threads: Int, random: some RandomSource
    ) throws -> ShareProof {
        let group = statement.key.group, sizes = Sizes(statement.key)
        let (c, _) = try statement.combined(threads: threads)
        let r = BigInteger.random(bits: sizes.maskBits, from: random)
        let challenge = statement.challenge(group.power(c, secret: r, bits: sizes.maskBits), group.power(statement.key.base, secret: r, bits: sizes.maskBits))
        return ShareProof(challenge: challenge, response: r + BigInteger(challenge) * exponent)
    }

    func verifies(_ statement: Statement, threads: Int) throws -> Bool {
        let key = statement.key, group = key.group, e = BigInteger(challenge)
        guard response.signum >= 0, response.bitWidth <= Sizes(key).responseBits else { return false }
        let (c, d) = try statement.combined(threads: threads)
        guard let inverse = d.inverse(modulo: key.encryptionKey.nSquared) else { return false }
        let statementKey = key.verificationKeys[statement.party - 1]
        let bases = [(c, inverse), (key.base, statementKey.inverse(modulo: key.encryptionKey.nSquared)!)]
        let commitments = try Parallel.map(2, threads: threads) { i in
            group.product([bases[i].0, bases[i].1], exponents: [response, e])
        }
        return statement.challenge(commitments[0], commitments[1]) == challenge
    }
}
