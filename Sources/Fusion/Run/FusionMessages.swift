import SandboxCore
import Transport

/// The messages of the "fusion" protocol, in the order of Protocols/fusion-run.md.
enum FusionMessage {
    /// Each side's part of the run id.
    struct Hello: WireMessage {
        static let tag: UInt8 = 1
        static let name = "run nonce"
        static let maximumBytes = 32
        let nonce: [UInt8]

        init(nonce: [UInt8]) { self.nonce = nonce }
        func encode(into writer: inout ByteWriter) { writer.write(raw: nonce) }
        init(from reader: inout ByteReader) throws { nonce = try reader.readRaw(32) }
    }

    /// Whether this side can run, signed with the identity of the contract.
    struct Ready: WireMessage {
        static let tag: UInt8 = 2
        static let name = "readiness"
        static let maximumBytes = 1 + 4 + 64
        /// 0, or the code of an `AbortReason`.
        let status: UInt8
        /// Distinct subjects this side brings.
        let subjects: UInt32
        let signature: [UInt8]

        init(status: UInt8, subjects: UInt32, run: [UInt8], party: String, identity: Identity) throws {
            self.status = status
            self.subjects = subjects
            signature = try identity.sign(
                RunBinding.readyMessage(run: run, status: status, subjects: subjects, party: party),
                domain: RunBinding.readyDomain)
        }

        func isSigned(by peer: PublicIdentity, run: [UInt8], party: String) -> Bool {
            let message = RunBinding.readyMessage(run: run, status: status, subjects: subjects, party: party)
            return peer.isValid(signature: signature, over: message, domain: RunBinding.readyDomain)
        }

        func encode(into writer: inout ByteWriter) {
            writer.write(status)
            writer.write(subjects)
            writer.write(raw: signature)
        }

        init(from reader: inout ByteReader) throws {
            status = try reader.read()
            subjects = try reader.read()
            signature = try reader.readRaw(64)
        }
    }

    /// The budget is charged on this side's disk; carries the hash of the ledger entry.
    struct Charged: WireMessage {
        static let tag: UInt8 = 3
        static let name = "charge confirmation"
        static let maximumBytes = 32
        let entry: [UInt8]

        init(entry: [UInt8]) { self.entry = entry }
        func encode(into writer: inout ByteWriter) { writer.write(raw: entry) }
        init(from reader: inout ByteReader) throws { entry = try reader.readRaw(32) }
    }

    /// This side's shares, its noise added, of the outputs that the peer may learn.
    struct NoisedShares: WireMessage {
        static let tag: UInt8 = 4
        static let name = "noised shares"
        /// More cells than a plan can have.
        static let maximumCells = 1 << 19
        static let maximumBytes = 4 + 16 * maximumCells
        let shares: [UInt128]

        init(shares: [UInt128]) { self.shares = shares }

        func encode(into writer: inout ByteWriter) {
            writer.write(UInt32(shares.count))
            for share in shares { writer.write(share) }
        }

        init(from reader: inout ByteReader) throws {
            let count = try reader.readCount(maximum: Self.maximumCells, elementBytes: 16)
            shares = try (0..<count).map { _ in try reader.read(UInt128.self) }
        }
    }

    /// Digest of the outputs that both sides learned.
    struct ResultDigest: WireMessage {
        static let tag: UInt8 = 5
        static let name = "result digest"
        static let maximumBytes = 32
        let digest: [UInt8]

        init(digest: [UInt8]) { self.digest = digest }
        func encode(into writer: inout ByteWriter) { writer.write(raw: digest) }
        init(from reader: inout ByteReader) throws { digest = try reader.readRaw(32) }
    }

    /// This side's signed ledger head.
    struct Head: WireMessage {
        static let tag: UInt8 = 6
        static let name = "ledger head"
        static let maximumBytes = 32 + 8 + 32 + 64
        let head: LedgerHead

        init(head: LedgerHead) { self.head = head }

        func encode(into writer: inout ByteWriter) {
            writer.write(raw: LedgerHead.message(ledger: head.ledger, sequence: head.sequence, hash: head.hash))
            writer.write(raw: [UInt8](hex: head.signature)!)
        }

        init(from reader: inout ByteReader) throws {
            let ledger = try reader.readRaw(32).hex
            let sequence = try reader.read(UInt64.self)
            guard sequence >= 1, sequence < 1 << 53 else {
                throw YinheError(.peerMisbehaved, "malformed ledger head: sequence number \(sequence)")
            }
            let hash = try reader.readRaw(32).hex
            head = LedgerHead(ledger: ledger, sequence: Int(sequence), hash: hash, signature: try reader.readRaw(64).hex)
        }
    }

    /// This side's signature over the peer's head.
    struct Countersignature: WireMessage {
        static let tag: UInt8 = 7
        static let name = "countersignature"
        static let maximumBytes = 64
        let signature: [UInt8]

        init(signature: [UInt8]) { self.signature = signature }
        func encode(into writer: inout ByteWriter) { writer.write(raw: signature) }
        init(from reader: inout ByteReader) throws { signature = try reader.readRaw(64) }
    }
}
