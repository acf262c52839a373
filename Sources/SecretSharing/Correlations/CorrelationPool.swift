import Foundation
import SandboxCore
import Synchronization

/// Correlations prepared ahead of need in a folder of one party, each used at most once, also across crashes.
///
/// A batch is one file, complete or absent (temporary file, fsync, rename). Before items of a batch are handed out, how many are gone
/// is on the disk (`journal`, one fsynced record each): a crash may waste items and never repeats them. A lock keeps a second process
/// out. What both parties still have is agreed when a computation begins (`PooledCorrelations`). The files hold this party's secret
/// shares in the clear, readable by their owner only; whoever reads both parties' pools can read what was computed with them.
package final class CorrelationPool: Sendable {
    /// What identifies a batch on both sides.
    package typealias BatchID = [UInt8]
    package static let idBytes = 16

    package let path: String
    package let party: Int
    private let lock: Int32
    private let state: Mutex<State>

    private struct State {
        var batches: [PoolFile] = []
        var used: [BatchID: Int] = [:]
        var journal: Int32
    }

    /// Opens, or makes, the pool in folder `path`. Throws `.system` when it is in use or cannot be written, `.badInput` for a damaged
    /// file, naming it.
    package init(path: String, party: Int) throws {
        self.path = path
        self.party = party
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw YinheError(.system, "cannot create the folder of the pool", at: path) }
        lock = Foundation.open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            if lock >= 0 { close(lock) }
            throw YinheError(.system, "the pool is in use by another process, or cannot be locked", at: path, remedy: "wait for it to end")
        }
        do {
            let journal = try Self.openJournal(path + "/journal")
            var state = State(journal: journal.descriptor)
            state.used = journal.used
            for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted() where name.hasSuffix(".part") {
                let file = try PoolFile(verifying: path + "/" + name, party: party)
                if state.used[file.id, default: 0] >= file.count {
                    unlink(file.path)  // a crash came between the last use and this
                } else {
                    state.batches.append(file)
                }
            }
            state.batches.sort { $0.sequence < $1.sequence }
            self.state = Mutex(state)
        } catch {
            close(lock)
            throw error
        }
    }

    deinit {
        close(state.withLock { $0.journal })
        close(lock)
    }

    /// What is left of each batch, in the order of use.
    package var inventory: [(id: BatchID, kind: Correlation, count: Int, used: Int)] {
        state.withLock { state in state.batches.map { ($0.id, $0.kind, $0.count, state.used[$0.id, default: 0]) } }
    }

    /// Unused items of a kind.
    package func count(_ kind: Correlation) -> Int {
        inventory.filter { $0.kind == kind }.reduce(0) { $0 + $1.count - $1.used }
    }

    /// Stores a fresh batch; it is on the disk when this returns.
    package func add(_ batch: CorrelationBatch, id: BatchID) throws {
        precondition(batch.party == party && id.count == Self.idBytes)
        let sequence = state.withLock { ($0.batches.last?.sequence ?? -1) + 1 }
        let file = try PoolFile.write(batch, id: id, sequence: sequence, folder: path)
        state.withLock { $0.batches.append(file) }
    }

    /// Removes and returns up to `count` items, oldest first. They are marked as used on the disk before they are returned.
    package func take(_ kind: Correlation, upTo count: Int) throws -> [CorrelationBatch] {
        try state.withLock { state in
            var out: [CorrelationBatch] = []
            var missing = count
            for file in state.batches where file.kind == kind && missing > 0 {
                let used = state.used[file.id, default: 0]
                let n = kind.isDivisible ? min(missing, file.count - used) : file.count - used
                guard n > 0, n <= missing else { continue }
                try Self.record(file.id, used: used + n, journal: state.journal, path)
                state.used[file.id] = used + n
                out.append(try file.read(used..<used + n))
                missing -= n
            }
            try Self.removeSpent(&state)
            return out
        }
    }

    /// Marks items as used up to `used`, or all of a batch: the peer no longer has them.
    package func discard(_ id: BatchID, upTo used: Int) throws {
        try state.withLock { state in
            guard used > state.used[id, default: 0] else { return }
            try Self.record(id, used: used, journal: state.journal, path)
            state.used[id] = used
            try Self.removeSpent(&state)
        }
    }

    private static func removeSpent(_ state: inout State) throws {
        for file in state.batches where state.used[file.id, default: 0] >= file.count { unlink(file.path) }
        state.batches.removeAll { state.used[$0.id, default: 0] >= $0.count }
    }

    // MARK: Journal

    /// A record: batch id (16), items used (8), the first 8 bytes of the hash of both. A record that was cut by a crash was not used.
    private static let recordBytes = 32

    private static func record(_ id: BatchID, used: Int, journal: Int32, _ path: String) throws {
        var writer = ByteWriter()
        writer.write(raw: id)
        writer.write(UInt64(used))
        let bytes = writer.bytes + checksum(writer.bytes)
        guard write(journal, bytes, bytes.count) == bytes.count, fsync(journal) == 0 else {
            throw YinheError.system("cannot record what was used of the pool", errno: errno, at: path + "/journal")
        }
    }

    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/correlation-pool-record/v1")
        hash.update(bytes)
        return Array(hash.finalize()[0..<8])
    }

    private static func openJournal(_ path: String) throws -> (descriptor: Int32, used: [BatchID: Int]) {
        var used: [BatchID: Int] = [:]
        let bytes = [UInt8](FileManager.default.contents(atPath: path) ?? Data())
        var whole = 0
        for start in stride(from: 0, to: bytes.count - recordBytes + 1, by: recordBytes) {
            let body = Array(bytes[start..<start + 24])
            guard checksum(body) == Array(bytes[start + 24..<start + 32]) else {
                // Only the record under way when the machine stopped may be incomplete.
                guard start + recordBytes >= bytes.count else {
                    throw YinheError(
                        .badInput, "record \(start / recordBytes) of the pool's journal is damaged", at: path,
                        remedy: "delete the pool's folder on both sides; its correlations cannot be trusted any more")
                }
                break
            }
            let count = body[16..<24].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            used[Array(body[0..<16]), default: 0] = max(used[Array(body[0..<16]), default: 0], Int(clamping: count))
            whole = start + recordBytes
        }
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, ftruncate(descriptor, off_t(whole)) == 0, lseek(descriptor, 0, SEEK_END) == off_t(whole) else {
            throw YinheError.system("cannot open the pool's journal", errno: errno, at: path)
        }
        return (descriptor, used)
    }
}
