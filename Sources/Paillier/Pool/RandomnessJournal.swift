import Foundation
import SandboxCore

/// How much of each batch was used: records of a batch id (16 bytes), items used (8), and the first 8 bytes of the hash of both, each
/// on the disk before `record` returns. A record that a crash cut short was not followed by a use.
final class RandomnessJournal: Sendable {
    private let path: String
    private let descriptor: Int32
    /// When the journal was opened.
    let used: [[UInt8]: Int]

    private static let recordBytes = 32

    init(path: String) throws {
        self.path = path
        var used: [[UInt8]: Int] = [:]
        var bytes: [UInt8] = []
        if FileManager.default.fileExists(atPath: path) {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw YinheError(.system, "the pool's journal cannot be read", at: path)
            }
            bytes = [UInt8](data)
        }
        var whole = 0
        for start in stride(from: 0, to: bytes.count - Self.recordBytes + 1, by: Self.recordBytes) {
            let body = Array(bytes[start..<start + 24])
            guard Self.checksum(body) == Array(bytes[start + 24..<start + 32]) else {
                // Only the record under way when the machine stopped may be incomplete.
                guard start + Self.recordBytes >= bytes.count else {
                    throw YinheError(
                        .badInput, "record \(start / Self.recordBytes + 1) of the pool's journal is damaged", at: path,
                        remedy: "delete the pool's folder: what it holds may have been used already")
                }
                break
            }
            var reader = ByteReader(body, what: "journal record")
            let id = try reader.readRaw(RandomnessBatch.idBytes)
            used[id] = max(used[id, default: 0], Int(clamping: try reader.read(UInt64.self)))
            whole = start + Self.recordBytes
        }
        self.used = used
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, ftruncate(descriptor, off_t(whole)) == 0, lseek(descriptor, 0, SEEK_END) == off_t(whole) else {
            let code = errno
            if descriptor >= 0 { close(descriptor) }
            throw YinheError.system("cannot open the pool's journal", errno: code, at: path)
        }
    }

    deinit { close(descriptor) }

    func record(_ id: [UInt8], used: Int) throws {
        var writer = ByteWriter()
        writer.write(raw: id)
        writer.write(UInt64(used))
        let bytes = writer.bytes + Self.checksum(writer.bytes)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw YinheError.system("cannot record what was used of the pool", errno: errno, at: path)
        }
    }

    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/paillier-pool-record/v1")
        hash.update(bytes)
        return Array(hash.finalize()[0..<8])
    }
}
