import SandboxCore
import Transport

/// The messages of the "fusion" protocol, in the order of Protocols/fusion-run.md.
package enum FusionMessage {
    /// Each side's part of the run id.
    package struct Hello: WireMessage {
        package static let tag: UInt8 = 1
        package static let name = "run nonce"
        package static let maximumBytes = 32
        let nonce: [UInt8]

        init(nonce: [UInt8]) { self.nonce = nonce }
        package func encode(into writer: inout ByteWriter) { writer.write(raw: nonce) }
        package init(from reader: inout ByteReader) throws { nonce = try reader.readRaw(32) }
    }

    /// Whether this side can run, signed with the identity of the contract.
    package struct Ready: WireMessage {
        package static let tag: UInt8 = 2
        package static let name = "readiness"
        package static let maximumBytes = 1 + 4 + 64
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

        package func encode(into writer: inout ByteWriter) {
            writer.write(status)
            writer.write(subjects)
            writer.write(raw: signature)
        }

        package init(from reader: inout ByteReader) throws {
            status = try reader.read()
            subjects = try reader.read()
            signature = try reader.readRaw(64)
        }
    }

    /// The budget is charged on this side's disk; carries the hash of the ledger entry.
    package struct Charged: WireMessage {
        package static let tag: UInt8 = 3
        package static let name = "charge confirmation"
        package static let maximumBytes = 32
        let entry: [UInt8]

        init(entry: [UInt8]) { self.entry = entry }
        package func encode(into writer: inout ByteWriter) { writer.write(raw: entry) }
        package init(from reader: inout ByteReader) throws { entry = try reader.readRaw(32) }
    }

    /// This side's shares, its noise added, of the outputs that the peer may learn.
    package struct NoisedShares: WireMessage {
        package static let tag: UInt8 = 4
        package static let name = "noised shares"
        /// More cells than a plan can have.
        static let maximumCells = 1 << 19
        package static let maximumBytes = 4 + 16 * maximumCells
        let shares: [UInt128]

        init(shares: [UInt128]) { self.shares = shares }

        package func encode(into writer: inout ByteWriter) {
            writer.write(UInt32(shares.count))
            for share in shares { writer.write(share) }
        }

        package init(from reader: inout ByteReader) throws {
            let count = try reader.readCount(maximum: Self.maximumCells, elementBytes: 16)
            shares = try (0..<count).map { _ in try reader.read(UInt128.self) }
        }
    }

    /// Digest of the outputs that both sides learned.
    package struct ResultDigest: WireMessage {
        package static let tag: UInt8 = 5
        package static let name = "result digest"
        package static let maximumBytes = 32
        let digest: [UInt8]

        init(digest: [UInt8]) { self.digest = digest }
        package func encode(into writer: inout ByteWriter) { writer.write(raw: digest) }
        package init(from reader: inout ByteReader) throws { digest = try reader.readRaw(32) }
    }

    /// This side's signed ledger head.
    package struct Head: WireMessage {
        package static let tag: UInt8 = 6
        package static let name = "ledger head"
        package static let maximumBytes = 32 + 8 + 32 + 64
        let head: LedgerHead

        init(head: LedgerHead) { self.head = head }

        package func encode(into writer: inout ByteWriter) {
            writer.write(raw: LedgerHead.message(ledger: head.ledger, sequence: head.sequence, hash: head.hash))
            writer.write(raw: [UInt8](hex: head.signature)!)
        }

        package init(from reader: inout ByteReader) throws {
            let ledger = try reader.readRaw(32).hex
            let sequence = try reader.read(UInt64.self)
            guard sequence >= 1, sequence < 1 << 53 else {
                throw YinheError(.peerMisbehaved, "malformed ledger head: sequence number \(sequence)")
            }
            let hash = try reader.readRaw(32).hex
            head = LedgerHead(ledger: ledger, sequence: Int(sequence), hash: hash, signature: try reader.readRaw(64).hex)
        }
    }

    /// The earlier release that this side could show again: a run's id, or zeros for none.
    package struct Memory: WireMessage {
        package static let tag: UInt8 = 8
        package static let name = "remembered release"
        package static let maximumBytes = 32
        let run: [UInt8]

        init(run: [UInt8]) { self.run = run }
        package func encode(into writer: inout ByteWriter) { writer.write(raw: run) }
        package init(from reader: inout ByteReader) throws { run = try reader.readRaw(32) }
    }

    /// Row counts of this side with its noise, under the contract's `diagnostics` clause.
    package struct Diagnostics: WireMessage {
        package static let tag: UInt8 = 9
        package static let name = "match diagnostics"
        package static let maximumBytes = 24
        /// Rows are fewer than 2^40, noise is below 2^62 but for a probability of 2^-60.
        private static let range: ClosedRange<Int64> = -(1 << 62)...1 << 62
        let rows: Int64
        let empty: Int64
        let malformed: Int64

        init(rows: Int64, empty: Int64, malformed: Int64) {
            (self.rows, self.empty, self.malformed) = (rows, empty, malformed)
        }

        package func encode(into writer: inout ByteWriter) { for count in [rows, empty, malformed] { writer.write(count) } }

        package init(from reader: inout ByteReader) throws {
            (rows, empty, malformed) = (try reader.read(), try reader.read(), try reader.read())
            guard [rows, empty, malformed].allSatisfy(Self.range.contains) else {
                throw YinheError(.peerMisbehaved, "match diagnostics beyond any number of rows")
            }
        }
    }

    /// This side's signature over the peer's head.
    package struct Countersignature: WireMessage {
        package static let tag: UInt8 = 7
        package static let name = "countersignature"
        package static let maximumBytes = 64
        let signature: [UInt8]

        init(signature: [UInt8]) { self.signature = signature }
        package func encode(into writer: inout ByteWriter) { writer.write(raw: signature) }
        package init(from reader: inout ByteReader) throws { signature = try reader.readRaw(64) }
    }
}
