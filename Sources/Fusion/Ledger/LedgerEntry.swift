import ContractText
import SandboxCore

/// One entry of an audit ledger: its place, its content, the hash of its predecessor, and the owner's signature.
public struct LedgerEntry: Sendable, Hashable, Codable {
    /// From 1, without gaps.
    public let sequence: Int
    /// UTC, as `UTCTime` writes it. Set by the owner's clock; it orders nothing.
    public let time: String
    public let kind: LedgerRecord.Kind
    /// JSON of the record, exactly as hashed.
    public let payload: String
    /// Hash of the entry before, hexadecimal; 64 zeros for the first.
    public let previous: String
    public let hash: String
    /// The owner's Ed25519 signature of the hash, hexadecimal.
    public let signature: String

    package static let domain = "yinhe/ledger-entry/v1"
    package static let origin = String(repeating: "0", count: 64)

    /// SHA-256 over the domain and the length-prefixed fields.
    package static func hash(sequence: Int, time: String, kind: String, payload: String, previous: String) -> [UInt8] {
        var hash = DomainHash(domain: domain)
        var number = ByteWriter()
        number.write(Int64(sequence))  // negative in a file that someone made up
        hash.update(field: number.bytes)
        for text in [time, kind, payload, previous] { hash.update(field: Array(text.utf8)) }
        return hash.finalize()
    }

    init(_ record: LedgerRecord, after previous: LedgerHead?, time: String, signer: Identity) throws {
        sequence = (previous?.sequence ?? 0) + 1
        self.time = time
        kind = record.kind
        payload = try record.payload()
        self.previous = previous?.hash ?? Self.origin
        let digest = Self.hash(sequence: sequence, time: time, kind: kind.rawValue, payload: payload, previous: self.previous)
        hash = digest.hex
        signature = try signer.sign(digest, domain: Self.domain).hex
    }

    init(
        sequence: Int, time: String, kind: LedgerRecord.Kind, payload: String, previous: String, hash: String, signature: String
    ) {
        self.sequence = sequence
        self.time = time
        self.kind = kind
        self.payload = payload
        self.previous = previous
        self.hash = hash
        self.signature = signature
    }

    /// The typed content. Throws `.ledger` when the payload does not fit the kind.
    public func record() throws -> LedgerRecord {
        do {
            return try LedgerRecord(kind: kind, payload: payload)
        } catch {
            throw YinheError(.ledger, "entry \(sequence): the content does not read as \(kind.rawValue)")
        }
    }

    var hashIsRight: Bool {
        Self.hash(sequence: sequence, time: time, kind: kind.rawValue, payload: payload, previous: previous).hex == hash
    }

    func isSigned(by owner: PublicIdentity) -> Bool {
        guard let digest = [UInt8](hex: hash), let value = [UInt8](hex: signature) else { return false }
        return owner.isValid(signature: value, over: digest, domain: Self.domain)
    }
}

/// The newest entry of a ledger, signed by its owner: shows when entries were removed from the end.
public struct LedgerHead: Sendable, Hashable, Codable {
    /// Hash of the ledger's first entry, hexadecimal.
    public let ledger: String
    public let sequence: Int
    public let hash: String
    public let signature: String

    package static let domain = "yinhe/ledger-head/v1"
    package static let countersignatureDomain = "yinhe/ledger-countersignature/v1"

    init(ledger: String, sequence: Int, hash: String, signature: String) {
        self.ledger = ledger
        self.sequence = sequence
        self.hash = hash
        self.signature = signature
    }

    init(of entry: LedgerEntry, ledger: String, signer: Identity) throws {
        self.init(
            ledger: ledger, sequence: entry.sequence, hash: entry.hash,
            signature: try signer.sign(
                Self.message(ledger: ledger, sequence: entry.sequence, hash: entry.hash), domain: Self.domain
            ).hex)
    }

    /// The ledger's id, 8 bytes of the sequence number, the entry's hash.
    package static func message(ledger: String, sequence: Int, hash: String) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(raw: [UInt8](hex: ledger) ?? [])
        writer.write(UInt64(max(sequence, 0)))
        writer.write(raw: [UInt8](hex: hash) ?? [])
        return writer.bytes
    }

    func isSigned(by owner: PublicIdentity) -> Bool {
        guard ledger.utf8.count == 64, hash.utf8.count == 64, let value = [UInt8](hex: signature) else { return false }
        return owner.isValid(
            signature: value, over: Self.message(ledger: ledger, sequence: sequence, hash: hash), domain: Self.domain)
    }

    /// What the peer signs when it countersigns this head in a run: the head's message, then the run's id.
    package static func countersignedMessage(ledger: String, sequence: Int, hash: String, run: String) -> [UInt8] {
        message(ledger: ledger, sequence: sequence, hash: hash) + ([UInt8](hex: run) ?? [])
    }
}
