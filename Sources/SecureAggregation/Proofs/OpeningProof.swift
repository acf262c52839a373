import Arithmetic
import Paillier
import SandboxCore

/// The proof that plaintexts m_j are what ciphertexts c_j hold: c_j (1 + n)^(-m_j) is an n-th power.
struct OpeningProof {
    private let header: OpeningHeader

    init(_ header: OpeningHeader) { self.header = header }

    static func bytes(_ piece: AggregationLayout.Piece, _ key: PaillierPublicKey) -> Int {
        piece.ciphertexts.count * (key.bits / 8) + ResidueProof.bytes(key)
    }

    private func statement(_ piece: AggregationLayout.Piece, _ ciphertexts: [PaillierCiphertext], _ plaintexts: [BigInteger], _ key: PaillierPublicKey) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/aggregation/opening-statement/v1")
        hash.update(field: header.encoded)
        withUnsafeBytes(of: UInt64(piece.index).littleEndian) { hash.update($0) }
        for (ciphertext, plaintext) in zip(ciphertexts, plaintexts) {
            hash.update(key.encode(ciphertext))
            hash.update(plaintext.bigEndian(count: key.bits / 8))
        }
        return hash.finalize()
    }

    private static func residues(
        _ ciphertexts: [PaillierCiphertext], _ plaintexts: [BigInteger], _ key: PaillierPublicKey
    ) -> [BigInteger] {
        zip(ciphertexts, plaintexts).map { key.add($0, plaintext: -$1).value }
    }

    func make(
        _ ciphertexts: [PaillierCiphertext], _ plaintexts: [BigInteger], _ piece: AggregationLayout.Piece, _ key: PaillierPrivateKey,
        threads: Int
    ) throws -> [UInt8] {
        let publicKey = key.publicKey
        let residues = Self.residues(ciphertexts, plaintexts, publicKey)
        let statement = statement(piece, ciphertexts, plaintexts, publicKey)
        return try ResidueProof.make(statement: statement, residues, publicKey) { weights in
            key.root(of: try ResidueProof.product(residues, weights, modulo: publicKey.nSquared, threads: threads))
        }.encoded(publicKey)
    }

    func isValid(
        _ proof: ResidueProof, _ ciphertexts: [PaillierCiphertext], _ plaintexts: [BigInteger], _ piece: AggregationLayout.Piece,
        _ key: PaillierPublicKey, threads: Int
    ) throws -> Bool {
        try proof.isValid(
            statement: statement(piece, ciphertexts, plaintexts, key), Self.residues(ciphertexts, plaintexts, key), key,
            threads: threads)
    }
}

extension PaillierPrivateKey {
    /// The n-th root modulo n of an n-th power modulo n^2: its residue modulo n to the power n^-1 modulo phi(n), by CRT.
    func root(of power: BigInteger) -> BigInteger {
        func side(_ prime: BigInteger) -> BigInteger {
            // n is prime to phi(n), or the key would not decrypt.
            let exponent = publicKey.n.inverse(modulo: prime - .one)!
            return power.modulo(prime).power(secret: exponent, modulo: prime)
        }
        let (x, y) = (side(p.prime), side(q.prime))
        return x + p.prime * ((y - x) * p.prime.inverse(modulo: q.prime)!).modulo(q.prime)
    }
}
