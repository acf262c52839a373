import ObliviousTransfer
import SandboxCore
import Transport

// Protocols/threshold-paillier.md, "Messages". Lengths are public and checked where a message is used. Tags from 0x90 on are the
// transfers' own.
extension TwoPartyKeyGeneration {
    /// A share of each n of a batch: residues of 2 bytes.
    package struct ModulusShares: BytesMessage {
        package static let tag: UInt8 = 1
        package static let name = "shares of moduli"
        package static let maximumBytes = 1 << 19
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// A hash of a power for each modulus, or for each round, of the biprimality test.
    package struct TestDigests: BytesMessage {
        package static let tag: UInt8 = 2
        package static let name = "hashes of the biprimality test"
        package static let maximumBytes = 512 * CandidateLayout.digestBytes
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// A share of r (p + q - 1) modulo n.
    package struct MaskedSum: BytesMessage {
        package static let tag: UInt8 = 3
        package static let name = "masked sum of the primes"
        package static let maximumBytes = 512
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// v^(d_i) modulo n^2.
    package struct VerificationKey: BytesMessage {
        package static let tag: UInt8 = 4
        package static let name = "verification key"
        package static let maximumBytes = 1024
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }
}

extension Session {
    /// Both parties send one message of the same public length.
    func exchange<M: BytesMessage>(_ message: M) async throws -> [UInt8] {
        try await send(message)
        let received = try await receive(M.self)
        try received.check(count: message.bytes.count)
        return received.bytes
    }
}
