import Paillier
import SandboxCore
import Transport

extension PaillierSharing {
    /// Ciphertexts, group after group. How many are due is checked by the roles.
    package struct CiphertextsMessage: BytesMessage {
        package static let tag: UInt8 = 1
        package static let name = "packed ciphertexts"
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// Masked shares, little-endian ring elements.
    package struct SharesMessage: BytesMessage {
        package static let tag: UInt8 = 2
        package static let name = "masked shares"
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// The key owner has everything.
    package struct DoneMessage: WireMessage {
        package static let tag: UInt8 = 3
        package static let name = "done"
        package static let maximumBytes = 0

        package init() {}
        package func encode(into writer: inout ByteWriter) {}
        package init(from reader: inout ByteReader) throws {}
    }

    static func receiveCiphertexts(
        _ session: Session, _ groups: Range<Int>, _ agreement: Agreement, threads: Int
    ) async throws -> [PaillierCiphertext] {
        let message: CiphertextsMessage = try await session.receive()
        let due = groups.count * agreement.packing.plaintextCount * agreement.publicKey.ciphertextBytes
        try message.check(count: due)
        return try await Parallel.offload {
            try blamingPeer { try agreement.publicKey.decodeCiphertexts(message.bytes, threads: threads) }
        }
    }

    static func encode(_ ciphertexts: [PaillierCiphertext], _ agreement: Agreement) -> CiphertextsMessage {
        CiphertextsMessage(bytes: ciphertexts.flatMap { agreement.publicKey.encode($0) })
    }

    /// What a peer's ciphertext or plaintext fails with is the peer's doing.
    static func blamingPeer<R>(_ body: () throws -> R) throws -> R {
        do { return try body() } catch var error as YinheError where error.code == .badInput || error.code == .range {
            error.code = .peerMisbehaved
            error.remedy = ""
            throw error
        }
    }
}
