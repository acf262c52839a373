import Foundation
import SandboxCore

/// (subject, category number) records in files by a hash of the subject.
final class RowSpill {
    struct Record: Hashable, Comparable {
        let subject: UInt64
        let category: UInt32
        /// How many rows this stands for; not part of its identity.
        var rows: UInt32 = 1

        static func < (a: Record, b: Record) -> Bool { a.subject != b.subject ? a.subject < b.subject : a.category < b.category }
        static func == (a: Record, b: Record) -> Bool { a.subject == b.subject && a.category == b.category }
        func hash(into hasher: inout Hasher) {
            hasher.combine(subject)
            hasher.combine(category)
        }
    }

    /// How often a file that is too large is split, and into how many.
    static let levels = 3
    static let splitParts = 16

    private static let recordBytes = 12
    private static let bufferRecords = 1 << 12
    let parts: Int
    let level: Int
    private let folder: URL
    /// Made when a part first outgrows its buffer.
    private var files: [FileHandle?]
    /// `bufferRecords` records of each part, of which `filled` are in use, and how many have been appended.
    private let buffer: UnsafeMutableRawPointer
    private let filled: UnsafeMutablePointer<Int>
    private let counts: UnsafeMutablePointer<Int>

    init(parts: Int, level: Int, in parent: URL) throws {
        self.parts = parts
        self.level = level
        files = Array(repeating: nil, count: parts)
        folder = parent.appending(path: "yinhe-rows-\(UUID().uuidString)")
        buffer = .allocate(byteCount: parts * Self.bufferRecords * Self.recordBytes, alignment: 16)
        filled = .allocate(capacity: parts)
        counts = .allocate(capacity: parts)
        filled.initialize(repeating: 0, count: parts)
        counts.initialize(repeating: 0, count: parts)
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        } catch {
            throw YinheError(.system, "temporary files in \(parent.path): \(error.localizedDescription)", remedy: "free space or choose another folder")
        }
    }

    deinit {
        for file in files { try? file?.close() }
        try? FileManager.default.removeItem(at: folder)
        buffer.deallocate()
        filled.deallocate()
        counts.deallocate()
    }

    func records(in part: Int) -> Int { counts[part] }

    func append(_ subject: UInt64, _ category: UInt32) throws {
        // Another hash at each level, or a part would not be split: SplitMix64's finaliser (G. Steele, D. Lea, C. Flood, 2014).
        var hash = subject &+ UInt64(level + 1) &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
        let part = Int((hash ^ hash >> 31).multipliedFullWidth(by: UInt64(parts)).high)
        let record = buffer + (part * Self.bufferRecords + filled[part]) * Self.recordBytes
        record.storeBytes(of: subject.littleEndian, as: UInt64.self)
        record.storeBytes(of: category.littleEndian, toByteOffset: 8, as: UInt32.self)
        filled[part] += 1
        counts[part] += 1
        if filled[part] == Self.bufferRecords { try flush(part) }
    }

    private func flush(_ part: Int) throws {
        guard filled[part] > 0 else { return }
        let start = buffer + part * Self.bufferRecords * Self.recordBytes
        do {
            try file(part).write(contentsOf: Data(bytesNoCopy: start, count: filled[part] * Self.recordBytes, deallocator: .none))
        } catch {
            throw YinheError(.system, "a temporary file: \(error.localizedDescription)", remedy: "free space or choose another folder")
        }
        filled[part] = 0
    }

    private func file(_ part: Int) throws -> FileHandle {
        if let file = files[part] { return file }
        let path = folder.appending(path: "\(part)")
        guard FileManager.default.createFile(atPath: path.path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
            throw CocoaError(.fileWriteUnknown)
        }
        let file = try FileHandle(forUpdating: path)
        files[part] = file
        return file
    }

    /// Every record of a part, in the order in which they came.
    func read(_ part: Int, _ body: (Record) throws -> Void) throws {
        if counts[part] > filled[part], let file = files[part] {
            try flush(part)
            try reading { try file.seek(toOffset: 0) }
            while let data = try reading({ try file.read(upToCount: Self.bufferRecords * Self.recordBytes) }), !data.isEmpty {
                guard data.count % Self.recordBytes == 0 else {
                    throw YinheError(.system, "a temporary file is cut short", remedy: "check the disk")
                }
                try data.withUnsafeBytes { try visit($0, body) }
            }
        } else {
            // Small parts never reach the disk.
            let start = buffer + part * Self.bufferRecords * Self.recordBytes
            try visit(UnsafeRawBufferPointer(start: start, count: filled[part] * Self.recordBytes), body)
        }
    }

    private func reading<T>(_ body: () throws -> T) throws -> T {
        do { return try body() } catch {
            throw YinheError(.system, "a temporary file: \(error.localizedDescription)", remedy: "check the disk")
        }
    }

    private func visit(_ bytes: UnsafeRawBufferPointer, _ body: (Record) throws -> Void) throws {
        for at in stride(from: 0, to: bytes.count, by: Self.recordBytes) {
            try body(
                Record(
                    subject: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)),
                    category: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt32.self))))
        }
    }

    /// Gives a part's disk space back.
    func discard(_ part: Int) throws {
        try reading { try files[part]?.truncate(atOffset: 0) }
        (filled[part], counts[part]) = (0, 0)
    }
}
