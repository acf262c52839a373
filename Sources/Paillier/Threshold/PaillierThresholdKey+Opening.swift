import Arithmetic
import SandboxCore

extension PaillierThresholdKey {
    /// Plaintexts, and the shares that were not used because they are wrong.
    public struct Opening: Sendable {
        /// In 0 ..< n, in the order of the ciphertexts; see `PaillierPublicKey.decode` for signed ones.
        public let plaintexts: [BigInteger]
        /// The parties whose shares were used.
        public let used: [Int]
        /// Shares that were refused although enough others were right. Somebody altered them, or their party deviates.
        public let refused: [(party: Int, reason: YinheError)]
    }

    /// Checks every decryption share and opens the ciphertexts with the first `threshold` right ones.
    ///
    /// `ciphertexts` and `context` must be those that the shares were made for. Throws `.badInput` when a party occurs twice, or when
    /// fewer than `threshold` shares are right: the message names the parties whose shares are wrong, and why. Synchronous.
    public func open(
        _ ciphertexts: [PaillierCiphertext], with shares: [PaillierDecryptionShare], context: [UInt8] = [], threads: Int,
        progress: ProgressMonitor? = nil
    ) throws -> Opening {
        try checkRequest(ciphertexts, context)
        for (i, share) in shares.enumerated() where shares[..<i].contains(where: { $0.party == share.party }) {
            throw YinheError(.badInput, "two decryption shares of party \(share.party)", remedy: "take one share of each party")
        }
        var good: [PaillierDecryptionShare] = []
        var refused: [(party: Int, reason: YinheError)] = []
        let counter = ProgressCounter("check decryption shares", total: shares.count, progress)
        for share in shares {
            do {
                try verify(share, of: ciphertexts, context: context, threads: threads)
                good.append(share)
            } catch let error as YinheError {
                refused.append((share.party, error))
            }
            counter.add(1)
        }
        guard good.count >= threshold else {
            let reasons = refused.map { "; \($0.reason.message)" }.joined()
            let missing = Set(1...parties).subtracting(shares.map(\.party)).sorted().map(String.init).joined(separator: ", ")
            throw YinheError(
                .badInput, "\(good.count) right decryption shares; it takes \(threshold) of \(parties)\(reasons)",
                remedy: missing.isEmpty ? "have the named parties make their shares again" : "ask for a share of party \(missing)")
        }
        let chosen = Array(good.prefix(threshold))
        return Opening(
            plaintexts: try combine(chosen, threads: threads, progress: progress), used: chosen.map(\.party), refused: refused)
    }

    /// Whether a share is the one that its party must make. Throws `.badInput` that names the party and says what is wrong.
    public func verify(
        _ share: PaillierDecryptionShare, of ciphertexts: [PaillierCiphertext], context: [UInt8] = [], threads: Int
    ) throws {
        try checkRequest(ciphertexts, context)
        func wrong(_ reason: String) -> YinheError {
            YinheError(
                .badInput, "the decryption share of party \(share.party) \(reason)",
                remedy: "have party \(share.party) make its share again")
        }
        guard share.keyFingerprint == fingerprintBytes, (1...parties).contains(share.party) else {
            throw wrong("was made with another key")
        }
        guard share.count == ciphertexts.count else {
            throw wrong("is for \(share.count) ciphertexts, not \(ciphertexts.count)")
        }
        var product = BigInteger.one
        for value in share.values { product = (product * value.modulo(encryptionKey.n)).modulo(encryptionKey.n) }
        guard product.greatestCommonDivisor(with: encryptionKey.n) == .one else { throw wrong("has a value that is not a unit") }
        let statement = ShareProof.Statement(self, share.party, ciphertexts, share.values, context)
        guard try share.proof.verifies(statement, threads: threads) else {
            throw wrong("is wrong: its proof does not hold for these ciphertexts and this context")
        }
    }

    /// c^(4 Delta^2 d) = 1 + 4 Delta^2 m n from the product of value_i^(2 lambda_i); then exact division by n and by 4 Delta^2.
    private func combine(
        _ shares: [PaillierDecryptionShare], threads: Int, progress: ProgressMonitor?
    ) throws -> [BigInteger] {
        let n = encryptionKey.n, delta = sharing.delta
        let exponents = sharing.coefficients(shares.map(\.party)).map { $0 << 1 }
        let factor = (4 * delta * delta).inverse(modulo: n)!
        let count = shares[0].count
        let counter = ProgressCounter("open", total: count, progress)
        return try Parallel.map(count, threads: threads) { i in
            defer { counter.add(1) }
            let (above, below) = group.quotient(shares.map { $0.values[i] }, exponents)
            // above = below (1 + M n): one inversion, modulo n only.
            let (quotient, remainder) = (above - below).modulo(encryptionKey.nSquared).quotientAndRemainder(dividingBy: n)
            guard remainder.isZero, let inverse = below.inverse(modulo: n) else {
                throw YinheError(
                    .badInput, "the shares of ciphertext \(i + 1) do not fit together",
                    remedy: "the key was made wrongly: make a new one")
            }
            return (quotient * inverse * factor).modulo(n)
        }
    }
}
