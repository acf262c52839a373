import Foundation
import SandboxCore

/// One batch on the disk: a header of 96 bytes, then the sections' words, each section at a multiple of 16 bytes.
///
/// Header: "yinhe-pool-1", 4 bytes party, 16 bytes id, 8 bytes sequence, 16 bytes kind, 8 bytes count, 32 bytes SHA-256 of the 64
/// bytes before and the words, with a domain.
struct PoolFile: Sendable {
    let path: String
    let id: [UInt8]
    let sequence: Int
    let kind: Correlation
    let count: Int
    let party: Int

    private static let magic = Array("yinhe-pool-1".utf8)
    private static let headerBytes = 96

    static func write(_ batch: CorrelationBatch, id: [UInt8], sequence: Int, folder: String) throws -> PoolFile {
        let path = "\(folder)/\(id.hex).part"
        let head = header(batch.party, id, sequence, batch.kind, batch.count)
        let sections = batch.kind.sections(count: batch.count, party: batch.party).indices.map { UnsafeRawBufferPointer(batch.words($0)) }
        var hash = DomainHash(domain: "yinhe/correlation-pool/v1")
        hash.update(head)
        for section in sections {
            hash.update(section)
            hash.update(padding(section.count))
        }
        let file = try AtomicFile(path: path, mode: 0o600)
        try file.write(head + hash.finalize())
        for section in sections {
            try file.write(raw: section)
            try file.write(padding(section.count))
        }
        try file.commit()
        return PoolFile(path: path, id: id, sequence: sequence, kind: batch.kind, count: batch.count, party: batch.party)
    }

    private init(path: String, id: [UInt8], sequence: Int, kind: Correlation, count: Int, party: Int) {
        self.path = path
        self.id = id
        self.sequence = sequence
        self.kind = kind
        self.count = count
        self.party = party
    }

    private static func header(_ party: Int, _ id: [UInt8], _ sequence: Int, _ kind: Correlation, _ count: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(raw: magic)
        writer.write(UInt32(party))
        writer.write(raw: id)
        writer.write(UInt64(sequence))
        kind.encode(into: &writer)
        writer.write(UInt64(count))
        return writer.bytes
    }

    private static func padding(_ bytes: Int) -> [UInt8] { [UInt8](repeating: 0, count: -bytes & 15) }

    /// Reads and checks a whole file. Throws `.badInput` naming it when anything is not as it was written.
    init(verifying path: String, party: Int) throws {
        func damaged(_ reason: String) -> YinheError {
            YinheError(
                .badInput, "the pool file is damaged: \(reason)", at: path,
                remedy: "delete this file; both sides then leave the batch out")
        }
        guard let handle = FileHandle(forReadingAtPath: path) else { throw YinheError(.system, "the pool file cannot be read", at: path) }
        defer { try? handle.close() }
        guard let head = try handle.read(upToCount: Self.headerBytes), head.count == Self.headerBytes else {
            throw damaged("it ends within its header")
        }
        let bytes = [UInt8](head)
        var reader = ByteReader(bytes, what: "pool file")
        guard try reader.readRaw(Self.magic.count) == Self.magic else { throw damaged("it does not begin as a pool file of version 1") }
        guard try reader.read(UInt32.self) == UInt32(party) else { throw damaged("it belongs to the other party") }
        let id = try reader.readRaw(CorrelationPool.idBytes)
        let sequence = try reader.read(UInt64.self)
        guard let kind = try? Correlation(from: &reader), let words = kind.wordsPerItem else { throw damaged("its kind is unknown") }
        let count = try reader.read(UInt64.self)
        guard sequence < 1 << 60, count > 0, count <= UInt64(1 << 44 / words) else { throw damaged("impossible sizes") }
        var hash = DomainHash(domain: "yinhe/correlation-pool/v1")
        hash.update(Array(bytes[0..<64]))
        var body = 0
        while let block = try handle.read(upToCount: 1 << 20), !block.isEmpty {
            block.withUnsafeBytes { hash.update($0) }
            body += block.count
        }
        let sections = kind.sections(count: Int(count), party: party).map { (8 * $0 + 15) & ~15 }
        guard body == sections.reduce(0, +) else { throw damaged("\(body) bytes after the header") }
        guard hash.finalize() == Array(bytes[64..<96]) else { throw damaged("its checksum does not fit its content") }
        self.init(path: path, id: id, sequence: Int(sequence), kind: kind, count: Int(count), party: party)
    }

    /// Items `range`.
    func read(_ range: Range<Int>) throws -> CorrelationBatch {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw YinheError.system("the pool file cannot be read", errno: errno, at: path) }
        defer { close(descriptor) }
        let out = CorrelationBatch(zeroed: kind, count: range.count, party: party)
        var start = Self.headerBytes
        let all = kind.sections(count: count, party: party)
        let whole = range.count == count
        for section in all.indices {
            let perItem = whole ? 0 : kind.sections(count: 1, party: party)[section]
            let words = UnsafeMutableRawBufferPointer(out.words(section))
            var done = 0
            while done < words.count {
                let n = pread(descriptor, words.baseAddress! + done, words.count - done, off_t(start + 8 * perItem * range.lowerBound + done))
                guard n > 0 else { throw YinheError(.badInput, "the pool file is shorter than it was", at: path) }
                done += n
            }
            start += (8 * all[section] + 15) & ~15
        }
        return out
    }
}
