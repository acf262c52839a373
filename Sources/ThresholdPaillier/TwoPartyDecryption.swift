import Arithmetic
import Paillier
import SandboxCore
import Transport

/// Two holders of shares of one key open the same ciphertexts over a channel.
///
///     party i: decryption shares of a part, one proof each  <------>  the same
///     checks the peer's proof, combines
///
/// For keys with threshold 2. Both hold the ciphertexts, and the session's handshake compares their hash, so neither opens anything
/// that the other did not mean to open. Protocols/threshold-paillier.md, "Opening over a channel".
public enum TwoPartyDecryption {
    /// Who gets the plaintexts. The other party sends its shares and receives none.
    public enum Recipients: String, Sendable, CaseIterable {
        case both
        /// The party with the lower number.
        case lower
        /// The party with the higher number.
        case higher
    }

    /// Ciphertexts whose shares travel in one message, with one proof.
    static let part = 1024

    public struct Party: Sendable {
        private let share: PaillierKeyShare
        private let peer: Int
        private let ciphertexts: [PaillierCiphertext]
        private let recipients: Recipients
        private let context: [UInt8]
        private let threads: Int

        /// - Parameters:
        ///   - peer: the number of the other party.
        ///   - context: what both agree on besides, such as a contract's hash; at most 200 bytes. It enters the proofs.
        ///   - threads: nil for all cores.
        ///
        /// Throws `.badInput` for a key with another threshold, the own number as the peer's, no or too many ciphertexts.
        public init(
            _ share: PaillierKeyShare, peer: Int, opening ciphertexts: [PaillierCiphertext], recipients: Recipients = .both,
            context: [UInt8] = [], threads: Int? = nil
        ) throws {
            let key = share.publicKey
            guard key.threshold == 2 else {
                throw YinheError(.badInput, "it takes \(key.threshold) parties to open with this key, not two")
            }
            guard peer != share.party, (1...key.parties).contains(peer) else {
                throw YinheError(.badInput, "party \(peer) as the peer of party \(share.party)")
            }
            guard !ciphertexts.isEmpty, ciphertexts.count <= PaillierDecryptionShare.maximumCount, context.count <= 200 else {
                throw YinheError(.badInput, "\(ciphertexts.count) ciphertexts to open with a context of \(context.count) bytes")
            }
            self.share = share
            self.peer = peer
            self.ciphertexts = ciphertexts
            self.recipients = recipients
            self.context = context
            self.threads = threads ?? availableCores
        }

        /// The plaintexts in 0 ..< n, in order; nil for the party that is not to learn them. The channel stays open.
        ///
        /// A peer that learns first may stop before its own shares leave: there is no fairness. Throws `.peerMismatch` when the
        /// two sides hold other ciphertexts or keys, `.peerMisbehaved` when a proof of the peer does not hold.
        public func run(over channel: any Channel, progress: ProgressMonitor? = nil) async throws -> [BigInteger]? {
            try await Session.run(over: channel, proposal, progress: progress) { try await rounds(in: $0) }
        }

        private var proposal: SessionProposal {
            let key = share.publicKey
            var hash = DomainHash(domain: "yinhe/two-party-paillier-decryption/ciphertexts/v1")
            for ciphertext in ciphertexts { hash.update(key.encryptionKey.encode(ciphertext)) }
            return SessionProposal(
                protocolName: "two-party-paillier-decryption", version: 1, role: "party \(share.party)", peerRole: "party \(peer)",
                parameters: [
                    ("key", key.fingerprint), ("ciphertexts", "\(ciphertexts.count)"), ("digest of the ciphertexts", hash.finalize().hex),
                    ("recipients", recipients.rawValue), ("context", context.hex),
                ])
        }

        private func rounds(in session: Session) async throws -> [BigInteger]? {
            let (share, key, threads) = (share, share.publicKey, threads)
            let isLower = share.party < peer
            let learns = recipients == .both || (recipients == .lower) == isLower
            let peerLearns = recipients == .both || (recipients == .lower) != isLower
            let counter = ProgressCounter("open", total: ciphertexts.count, session.progress)
            var plaintexts: [BigInteger] = []
            for start in stride(from: 0, to: ciphertexts.count, by: TwoPartyDecryption.part) {
                let part = Array(ciphertexts[start..<min(start + TwoPartyDecryption.part, ciphertexts.count)])
                // The part's place enters its proof.
                let context = context + withUnsafeBytes(of: UInt64(start).littleEndian) { Array($0) }
                let mine = try await Parallel.offload { try share.decryptionShare(of: part, context: context, threads: threads) }
                if peerLearns { try await session.send(ShareMessage(bytes: key.encode(mine))) }
                if learns {
                    let message: ShareMessage = try await session.receive()
                    plaintexts += try await Parallel.offload { [peer] in
                        do {
                            let theirs = try key.decodeDecryptionShare(message.bytes)
                            guard theirs.party == peer else {
                                throw YinheError(.badInput, "a decryption share of party \(theirs.party), not \(peer)")
                            }
                            return try key.open(part, with: [mine, theirs], context: context, threads: threads).plaintexts
                        } catch let error as YinheError where error.code == .badInput {
                            throw YinheError(.peerMisbehaved, error.message, remedy: error.remedy)
                        }
                    }
                }
                counter.add(part.count)
            }
            // Nobody leaves before the other is done.
            if learns { try await session.send(Done()) }
            if peerLearns { _ = try await session.receive(Done.self) }
            return learns ? plaintexts : nil
        }
    }

    /// The binary form of a decryption share.
    package struct ShareMessage: BytesMessage {
        package static let tag: UInt8 = 1
        package static let name = "decryption share"
        package static let maximumBytes = part * 1024 + 4096
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// The plaintexts are known.
    package struct Done: WireMessage {
        package static let tag: UInt8 = 2
        package static let name = "end of the opening"
        package static let maximumBytes = 0
        package init() {}
        package func encode(into writer: inout ByteWriter) {}
        package init(from reader: inout ByteReader) throws {}
    }
}
