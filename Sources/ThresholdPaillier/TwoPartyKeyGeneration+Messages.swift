import ObliviousTransfer
import SandboxCore
import Transport

// Protocols/threshold-paillier.md, "Messages". Lengths are public and checked where a message is used. Tags from 0x90 on are the
// transfers' own.
extension TwoPartyKeyGeneration {
    /// A share of each n of a batch: residues of 2 bytes.
    struct ModulusShares: SilentVOLE.BytesMessage {
        static let tag: UInt8 = 1
        static let name = "shares of moduli"
        static let maximumBytes = 1 << 19
        let bytes: [UInt8]
    }

    /// A hash of a power for each modulus, or for each round, of the biprimality test.
    struct TestDigests: SilentVOLE.BytesMessage {
        static let tag: UInt8 = 2
        static let name = "hashes of the biprimality test"
        static let maximumBytes = 512 * CandidateLayout.digestBytes
        let bytes: [UInt8]
    }

    /// A share of r (p + q - 1) modulo n.
    struct MaskedSum: SilentVOLE.BytesMessage {
        static let tag: UInt8 = 3
        static let name = "masked sum of the primes"
        static let maximumBytes = 512
        let bytes: [UInt8]
    }

    /// v^(d_i) modulo n^2.
    struct VerificationKey: SilentVOLE.BytesMessage {
        static let tag: UInt8 = 4
        static let name = "verification key"
        static let maximumBytes = 1024
        let bytes: [UInt8]
    }
}

extension Session {
    /// Both parties send one message of the same public length.
    func exchange<M: SilentVOLE.BytesMessage>(_ message: M) async throws -> [UInt8] {
        try await send(message)
        let received = try await receive(M.self)
        guard received.bytes.count == message.bytes.count else {
            throw YinheError(
                .peerMisbehaved, "\(M.name) of \(received.bytes.count) bytes where \(message.bytes.count) were due")
        }
        return received.bytes
    }
}
