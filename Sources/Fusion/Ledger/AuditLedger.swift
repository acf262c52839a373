import ContractText
import Foundation
import GRDB
import SandboxCore

/// A party's audit ledger: a SQLite file of hash-chained entries, each signed by the party's identity.
///
/// An entry is on the disk when `append` returns (synchronous = EXTRA). Several processes may use one file: every write reads
/// the state it depends on inside one immediate transaction. The owner holds the key and could write a different history from
/// the start; what it cannot do unseen is contradict a head that the peer countersigned (Protocols/ledger.md).
public final class AuditLedger: Sendable {
    public let path: String
    let identity: Identity
    let database: DatabaseQueue

    /// Opens the ledger at `path`, or starts it (file mode 0600).
    /// Throws `.ledger` when the file is not a ledger of this identity.
    public init(path: String, identity: Identity) throws {
        self.path = path
        self.identity = identity
        if !FileManager.default.fileExists(atPath: path) {
            // Created here so that it is never readable by others, not even empty.
            guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
                throw YinheError(
                    .system, "cannot create the ledger", at: path, remedy: "check that the folder exists and is writable")
            }
        }
        do {
            database = try DatabaseQueue(path: path, configuration: Self.configuration())
        } catch {
            throw Self.translate(error, path: path)
        }
        try write { transaction in
            if try transaction.head() == nil {
                let owner = LedgerRecord.Owner(
                    fingerprint: identity.fingerprint.description, publicKey: identity.publicIdentity.publicKey.hex,
                    nonce: SystemRandom.shared.bytes(16).hex)
                try transaction.append(.identity(owner))
            }
            guard case .identity(let owner)? = try transaction.entries(limit: 1).first?.record() else {
                throw YinheError(.ledger, "the first entry names no owner", at: path)
            }
            guard owner.fingerprint == identity.fingerprint.description else {
                throw YinheError(
                    .ledger, "this ledger belongs to \(owner.fingerprint), your key is \(identity.fingerprint)", at: path,
                    remedy: "use the home folder of that key, or another one")
            }
        }
    }

    private static func configuration(readOnly: Bool = false) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        configuration.label = "yinhe.ledger"
        configuration.prepareDatabase { db in
            // EXTRA also flushes the folder after the rollback journal is removed, so a committed entry survives a power cut.
            try db.execute(sql: "PRAGMA synchronous = EXTRA; PRAGMA trusted_schema = OFF")
            // Not a read-only connection: that one could not roll back what a crashed process left unfinished.
            if readOnly { try db.execute(sql: "PRAGMA query_only = ON") }
        }
        return configuration
    }

    static func translate(_ error: any Error, path: String) -> YinheError {
        if let known = error as? YinheError { return known }
        guard let database = error as? DatabaseError else { return YinheError(.ledger, "\(error)", at: path) }
        switch database.resultCode.primaryResultCode {
        case .SQLITE_FULL, .SQLITE_IOERR:
            return YinheError(
                .system, "the ledger could not be written: \(database.message ?? "I/O error")", at: path, remedy: "check the disk"
            )
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return YinheError(.ledger, "another process keeps the ledger locked", at: path, remedy: "wait until it has finished")
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            return YinheError(.ledger, "the file is damaged or is not a ledger", at: path, remedy: "restore it from a backup")
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            return YinheError(.system, "the ledger cannot be opened for writing", at: path, remedy: "check the permissions")
        default:
            return YinheError(.ledger, database.message ?? "SQLite error \(database.resultCode)", at: path)
        }
    }

    // MARK: Writing

    /// Runs `body` in one immediate transaction: all of its entries are on the disk when this returns, or none.
    func write<T>(_ body: (LedgerTransaction) throws -> T) throws -> T {
        do {
            return try database.writeWithoutTransaction { db in
                var result: T?
                try db.inTransaction(.immediate) {
                    try db.execute(sql: LedgerTransaction.schema)
                    result = try body(LedgerTransaction(db: db, identity: identity))
                    return .commit
                }
                return result!
            }
        } catch {
            throw Self.translate(error, path: path)
        }
    }

    @discardableResult
    package func append(_ record: LedgerRecord) throws -> LedgerEntry {
        try write { try $0.append(record) }
    }

    // MARK: Reading

    public func entries() throws -> [LedgerEntry] { try export().entries }

    /// The newest signed head.
    public func head() throws -> LedgerHead {
        guard let head = try export().head else { throw YinheError(.ledger, "the head record is missing", at: path) }
        return head
    }

    /// Everything, as it can be given to an auditor.
    public func export() throws -> LedgerExport {
        do {
            return try database.read { db in
                let transaction = LedgerTransaction(db: db, identity: identity)
                return LedgerExport(entries: try transaction.entries(), head: try transaction.head())
            }
        } catch {
            throw Self.translate(error, path: path)
        }
    }

    /// Reads a ledger without its owner's key, to show or verify it.
    public static func read(path: String) throws -> LedgerExport {
        guard FileManager.default.fileExists(atPath: path) else { throw YinheError(.ledger, "there is no ledger", at: path) }
        do {
            let database = try DatabaseQueue(path: path, configuration: configuration(readOnly: true))
            return try database.read { db in
                LedgerExport(entries: try LedgerTransaction.entries(db), head: try LedgerTransaction.head(db))
            }
        } catch {
            throw translate(error, path: path)
        }
    }

    /// Checks the whole ledger; with `peerExport` also that it does not contradict what the peer countersigned, with `contracts`
    /// that it records their terms.
    public func verify(peerExport: LedgerExport? = nil, contracts: [SignedContract] = []) throws -> LedgerVerification {
        LedgerVerification(try export(), owner: identity.publicIdentity, peer: peerExport, contracts: contracts)
    }
}

/// The statements of one transaction.
struct LedgerTransaction {
    let db: Database
    let identity: Identity

    static let schema = """
        CREATE TABLE IF NOT EXISTS entries (
            sequence INTEGER PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
            previous TEXT NOT NULL, hash TEXT NOT NULL, signature TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS head (
            id INTEGER PRIMARY KEY CHECK (id = 1), ledger TEXT NOT NULL, sequence INTEGER NOT NULL,
            hash TEXT NOT NULL, signature TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS sketches (
            run TEXT PRIMARY KEY, unit TEXT NOT NULL, dataset TEXT NOT NULL, sketch BLOB NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS releases (
            run TEXT PRIMARY KEY, query TEXT NOT NULL, dataset TEXT NOT NULL, opened TEXT NOT NULL) STRICT;
        """

    func head() throws -> LedgerHead? { try Self.head(db) }
    func entries(limit: Int? = nil) throws -> [LedgerEntry] { try Self.entries(db, limit: limit) }

    static func head(_ db: Database) throws -> LedgerHead? {
        try Row.fetchOne(db, sql: "SELECT ledger, sequence, hash, signature FROM head").map {
            LedgerHead(
                ledger: try read($0, "ledger"), sequence: try read($0, "sequence"), hash: try read($0, "hash"),
                signature: try read($0, "signature"))
        }
    }

    static func entries(_ db: Database, limit: Int? = nil) throws -> [LedgerEntry] {
        let columns = "sequence, time, kind, payload, previous, hash, signature"
        let rows = try Row.fetchAll(
            db, sql: "SELECT \(columns) FROM entries ORDER BY sequence LIMIT ?", arguments: [limit ?? -1])
        return try rows.map { row in
            let sequence: Int = try read(row, "sequence")
            guard let kind = LedgerRecord.Kind(rawValue: try read(row, "kind")) else {
                throw YinheError(.ledger, "entry \(sequence) is of an unknown kind")
            }
            return LedgerEntry(
                sequence: sequence, time: try read(row, "time"), kind: kind, payload: try read(row, "payload"),
                previous: try read(row, "previous"), hash: try read(row, "hash"), signature: try read(row, "signature"))
        }
    }

    /// GRDB's own subscript traps on a value of another type, which somebody may have put there.
    static func read<T: DatabaseValueConvertible>(_ row: Row, _ column: String) throws -> T {
        guard let value = T.fromDatabaseValue(row[column] as DatabaseValue) else {
            throw YinheError(.ledger, "the ledger's column \(column) holds something else than it should")
        }
        return value
    }

    /// Appends after the newest entry, and signs the new head. Refuses to continue a ledger that was cut.
    @discardableResult
    func append(_ record: LedgerRecord) throws -> LedgerEntry {
        let head = try head()
        let last = try Row.fetchOne(db, sql: "SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1")
        let newest: (Int, String)? = try last.map { (try Self.read($0, "sequence"), try Self.read($0, "hash")) }
        guard newest?.0 == head?.sequence, newest?.1 == head?.hash else {
            throw YinheError(
                .ledger, "the newest entry is not the one that the head record names: entries were removed or added from outside",
                remedy: "run `yinhe ledger verify`")
        }
        let entry = try LedgerEntry(record, after: head, time: UTCTime.text(Date()), signer: identity)
        try db.execute(
            sql: "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                entry.sequence, entry.time, entry.kind.rawValue, entry.payload, entry.previous, entry.hash, entry.signature,
            ])
        let next = try LedgerHead(of: entry, ledger: head?.ledger ?? entry.hash, signer: identity)
        try db.execute(
            sql: "INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?)",
            arguments: [next.ledger, next.sequence, next.hash, next.signature])
        return entry
    }
}
