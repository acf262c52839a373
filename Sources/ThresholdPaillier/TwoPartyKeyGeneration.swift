import Arithmetic
import Paillier
import SandboxCore
import Transport

/// Two parties make a Paillier key that only both together can open, without a dealer: nobody ever holds its primes.
///
///     party 1 (p_1, q_1)                                  party 2 (p_2, q_2)
///     p = p_1 + p_2 and q = q_1 + q_2 without small factors: products modulo small primes by oblivious transfer
///     shares of n = p q modulo primes below 2^16   <--->  the same
///     n; candidates with a factor below 2^16 fall        n
///     hash of +- g^((n + 1 - p_1 - q_1) / 4)       <--->  hash of +- g^((p_2 + q_2) / 4)       equal for two primes
///     share of r (p + q - 1) mod n                 <--->  share of r (p + q - 1) mod n
///     d_1 with d_1 - d_2 = d                       <--->  d_2: verification keys v^(d_1), v^(d_2)
///
/// Semi-honest: security holds against a party that keeps to the protocol. Structure: D. Boneh, M. Franklin, "Efficient generation of
/// shared RSA keys", J. ACM 48(4), 2001 (biprimality test, test of gcd(n, p + q - 1)); sieving by products of non-zero residues:
/// M. Malkin, T. Wu, D. Boneh, NDSS 1999; products by oblivious transfer: N. Gilboa, CRYPTO 1999; batches of candidates modulo many
/// small primes as in Chen, Doerner, Kondi, Lee, Rosefield, Shelat, Cohen, CRYPTO 2020 (eprint 2020/370); the private exponent of two
/// parties as in Hazay, Mikkelsen, Rabin, Toft, Nicolosi, J. Cryptology 32, 2019, with the inverse by the masked product of
/// Algesheimer, Camenisch, Shoup, CRYPTO 2002. Protocols/threshold-paillier.md.
public enum TwoPartyKeyGeneration {
    /// Both sides must use the same values, but for `threads`.
    public struct Parameters: Sendable {
        /// Bits of n: 2048, 3072 or 4096.
        public var bits: Int
        /// How ciphertexts under the key are randomised. `.djn` rests on its assumption for primes that are 3 modulo 4 and else random.
        public var scheme: PaillierPublicKey.Scheme
        /// Text that both must agree on, such as a contract's hash; at most 256 bytes.
        public var binding: [UInt8]
        public var threads: Int
        /// Sizes that are allowed; tests add small ones, which protect nothing.
        package var allowedBits = PaillierPublicKey.allowedBits

        /// `threads`: nil for all cores.
        public init(
            bits: Int = SecurityParameters.factoringModulusBits, scheme: PaillierPublicKey.Scheme = .djn, binding: [UInt8] = [],
            threads: Int? = nil
        ) {
            self.bits = bits
            self.scheme = scheme
            self.binding = binding
            self.threads = threads ?? availableCores
        }

        /// Throws `.badInput` for values that no run can have.
        public func validate() throws {
            guard allowedBits.contains(bits) else {
                throw YinheError(
                    .badInput, "a Paillier key of \(bits) bits",
                    remedy: "use one of \(allowedBits.map(String.init).joined(separator: ", "))")
            }
            guard [.djn, .standard].contains(scheme) else {
                throw YinheError(
                    .badInput, "a two-party key for the scheme \"\(scheme.rawValue)\"", remedy: "use the DJN or the standard scheme")
            }
            guard binding.count <= 256 else { throw YinheError(.badInput, "a binding of \(binding.count) bytes, at most 256 allowed") }
            guard threads > 0 else { throw YinheError(.badInput, "\(threads) threads") }
        }

        func proposal(party: Int) -> SessionProposal {
            SessionProposal(
                protocolName: "two-party-paillier-key", version: 1, role: "party \(party)", peerRole: "party \(3 - party)",
                parameters: [("bits", "\(bits)"), ("scheme", scheme.rawValue), ("binding", binding.hex)])
        }
    }

    public struct Output: Sendable {
        /// This party's share; `share.publicKey` is the same on both sides.
        public let share: PaillierKeyShare
        /// Pairs (p, q) that were tried.
        public let candidates: Int
        public let transcriptHash: [UInt8]
        public let traffic: Traffic
    }

    /// Runs both parties in this process.
    public static func localRun(
        _ parameters: Parameters, progress: ProgressMonitor? = nil
    ) async throws -> (Output, Output) {
        let (first, second) = (try Party(1, parameters), try Party(2, parameters))
        return try await LocalRun.both(
            { try await first.run(over: $0, progress: progress) }, { try await second.run(over: $0) })
    }
}
