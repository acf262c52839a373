import ContractText
import SandboxCore

/// A whole ledger as a value; on disk one JSON object per line, the entries in order and then the head.
public struct LedgerExport: Sendable, Hashable {
    public let entries: [LedgerEntry]
    public let head: LedgerHead?

    static let maximumBytes = 1 << 30

    public init(entries: [LedgerEntry], head: LedgerHead?) {
        self.entries = entries
        self.head = head
    }

    private struct HeadLine: Codable { let head: LedgerHead }

    public func jsonLines() throws -> [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries { bytes += try CanonicalJSON.encode(entry) + [10] }
        if let head { bytes += try CanonicalJSON.encode(HeadLine(head: head)) + [10] }
        return bytes
    }

    public func write(to path: String) throws { try AtomicFile.write(jsonLines(), to: path) }

    /// Throws `.ledger` with the line of what does not read as an entry or a head.
    public init(jsonLines bytes: [UInt8], file: String) throws {
        var entries: [LedgerEntry] = []
        var head: LedgerHead?
        for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() where !line.isEmpty {
            let place = "\(file):\(index + 1)"
            guard head == nil else { throw YinheError(.ledger, "text after the head", at: place) }
            if let entry = try? CanonicalJSON.decode(LedgerEntry.self, from: Array(line)) {
                entries.append(entry)
            } else if let last = try? CanonicalJSON.decode(HeadLine.self, from: Array(line)) {
                head = last.head
            } else {
                throw YinheError(.ledger, "neither a ledger entry nor a head", at: place)
            }
        }
        self.init(entries: entries, head: head)
    }

    public static func load(path: String) throws -> LedgerExport {
        try LedgerExport(jsonLines: BoundedFile.read(path, maximum: maximumBytes, code: .ledger), file: path)
    }

    /// The owner as the first entry names it; nil when there is none.
    public var owner: PublicIdentity? {
        guard case .identity(let owner)? = try? entries.first?.record(), let key = [UInt8](hex: owner.publicKey) else {
            return nil
        }
        return try? PublicIdentity(publicKey: key)
    }
}
