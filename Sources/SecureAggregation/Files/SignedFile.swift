import SandboxCore

/// The frame of every file that the parties of an aggregation hand each other: Protocols/secure-aggregation.md, "Files".
///
///     magic, version, kind, header length | header | body ... | signer's public key | signature
///
/// The digest is over everything but the signature; the signature is over the digest. A file is named by its digest.
package enum SignedFile {
    package enum Kind: UInt8, Sendable {
        case submission = 1
        case aggregate = 2
        case opening = 3
        case decryptionShare = 4

        package var name: String {
            switch self {
            case .submission: "submission"
            case .aggregate: "aggregate"
            case .opening: "opening"
            case .decryptionShare: "decryption share"
            }
        }
        var domain: String { "yinhe/aggregation/\(name.replacing(" ", with: "-"))/v1" }
    }

    static let magic = Array("YINHEAGG".utf8)
    static let version: UInt16 = 1
    static let prefixBytes = 16
    static let trailerBytes = 32 + 64
    static let maximumHeaderBytes = 1 << 20

    static func newDigest() -> DomainHash { DomainHash(domain: "yinhe/aggregation/file/v1") }

    /// Writes such a file, which appears whole or not at all.
    package final class Writer {
        private let file: AtomicFile
        private let kind: Kind
        private var digest: DomainHash

        package init(path: String, kind: Kind, header: [UInt8]) throws {
            precondition(header.count <= maximumHeaderBytes)
            file = try AtomicFile(path: path)
            self.kind = kind
            digest = newDigest()
            var writer = ByteWriter()
            writer.write(raw: magic)
            writer.write(version)
            writer.write(kind.rawValue)
            writer.write(UInt8(0))
            writer.write(field: header)
            try write(writer.bytes)
        }

        package func write(_ bytes: [UInt8]) throws {
            digest.update(bytes)
            try file.write(bytes)
        }

        /// Signs, makes the file durable and visible, and returns its digest.
        @discardableResult
        package func commit(signedBy identity: Identity) throws -> [UInt8] {
            try write(identity.publicIdentity.publicKey)
            let value = digest.snapshot()
            try file.write(identity.sign(value, domain: kind.domain))
            try file.commit()
            return value
        }
    }
}
