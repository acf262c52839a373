import Arithmetic
import Foundation
import SandboxCore

/// One file of a pool: a header in the clear, then segments of 64 powers (the last may be shorter), each encrypted with its tag behind.
///
/// Header: "yinhe-randomness-1", 1 byte kind, 32 bytes fingerprint of the public key, 16 bytes id, 8 bytes sequence, 8 bytes count,
/// 4 bytes of one ciphertext. The key of the file is derived from the pool's secret and the id, the nonce is the segment's number, the
/// additional data the header.
struct RandomnessBatch: Sendable {
    let path: String
    let id: [UInt8]
    let sequence: Int
    let count: Int
    private let header: [UInt8]
    private let rowBytes: Int

    static let idBytes = 16
    static let suffix = ".powers"
    static let segmentRows = 64
    private static let magic = Array("yinhe-randomness-1".utf8)
    private static let headerBytes = 87

    private static func header(
        _ key: PaillierPublicKey, hidesFromOwner: Bool, _ id: [UInt8], _ sequence: Int, _ count: Int
    ) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(raw: magic)
        writer.write(UInt8(hidesFromOwner ? 1 : 0))
        writer.write(raw: [UInt8](hex: key.fingerprint)!)
        writer.write(raw: id)
        writer.write(UInt64(sequence))
        writer.write(UInt64(count))
        writer.write(UInt32(key.ciphertextBytes))
        return writer.bytes
    }

    private static func cipher(_ secret: borrowing SecretBytes, _ id: [UInt8]) -> AuthenticatedCipher {
        var hash = DomainHash(domain: "yinhe/paillier-pool-key/v1")
        secret.withUnsafeBytes { hash.update($0) }
        hash.update(id)
        var key = hash.finalize()
        defer { ConstantTime.wipe(&key) }
        return AuthenticatedCipher(key: key)
    }

    private static func nonce(_ segment: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(UInt64(segment))
        writer.write(UInt32(0))
        return writer.bytes
    }

    /// Stores `count` rows as a batch of its own random id; it is on the disk when this returns.
    static func write(
        _ rows: UnsafePointer<UInt64>, count: Int, _ arithmetic: CiphertextArithmetic, sequence: Int, hidesFromOwner: Bool,
        secret: borrowing SecretBytes, folder: String
    ) throws -> RandomnessBatch {
        let id = SystemRandom.shared.bytes(idBytes), rowBytes = arithmetic.key.ciphertextBytes
        let header = header(arithmetic.key, hidesFromOwner: hidesFromOwner, id, sequence, count)
        let path = "\(folder)/\(id.hex)\(suffix)"
        let file = try AtomicFile(path: path, mode: 0o600)
        try file.write(header)
        var cipher = cipher(secret, id)
        let buffer = HugeBuffer<UInt8>(count: segmentRows * rowBytes, wiped: true)
        for (segment, first) in stride(from: 0, to: count, by: segmentRows).enumerated() {
            let n = min(segmentRows, count - first)
            arithmetic.store(rows + first * arithmetic.limbs, count: n, into: buffer.pointer)
            let bytes = UnsafeMutableRawBufferPointer(start: buffer.pointer, count: n * rowBytes)
            let tag = cipher.seal(bytes, nonce: nonce(segment), additional: header)
            try file.write(raw: UnsafeRawBufferPointer(bytes))
            try file.write(tag)
        }
        try file.commit()
        return RandomnessBatch(path: path, id: id, sequence: sequence, count: count, header: header, rowBytes: rowBytes)
    }

    private init(path: String, id: [UInt8], sequence: Int, count: Int, header: [UInt8], rowBytes: Int) {
        self.path = path
        self.id = id
        self.sequence = sequence
        self.count = count
        self.header = header
        self.rowBytes = rowBytes
    }

    private static func damaged(_ reason: String, _ path: String) -> YinheError {
        YinheError(.badInput, "the pool file is damaged: \(reason)", at: path, remedy: "delete this file; fill the pool anew")
    }

    /// Reads a file's header and checks it and the file's length. Its segments are authenticated when they are used.
    init(opening path: String, key: PaillierPublicKey, hidesFromOwner: Bool) throws {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw YinheError.system("the pool file cannot be read", errno: errno, at: path) }
        defer { close(descriptor) }
        var header = [UInt8](repeating: 0, count: Self.headerBytes)
        var status = stat()
        guard Foundation.read(descriptor, &header, header.count) == header.count, fstat(descriptor, &status) == 0 else {
            throw Self.damaged("it ends within its header", path)
        }
        var reader = ByteReader(header, what: "pool file")
        guard try reader.readRaw(Self.magic.count) == Self.magic else {
            throw Self.damaged("it does not begin as a pool file of version 1", path)
        }
        let kind = try reader.read(UInt8.self), fingerprint = try reader.readRaw(32)
        let id = try reader.readRaw(Self.idBytes)
        let (sequence, count) = (try reader.read(UInt64.self), try reader.read(UInt64.self))
        guard fingerprint.hex == key.fingerprint else {
            throw YinheError(
                .badInput, "the pool file is for the key \(fingerprint.hex.prefix(16))..., not \(key.fingerprint.prefix(16))...", at: path,
                remedy: "use one folder for each key")
        }
        guard kind == (hidesFromOwner ? 1 : 0) else {
            throw YinheError(
                .badInput, "the pool file holds powers that \(kind == 1 ? "" : "do not ")hide from the key's owner", at: path,
                remedy: "use one folder for each kind")
        }
        guard sequence < 1 << 60, count > 0, count <= 1 << 32, try reader.read(UInt32.self) == UInt32(key.ciphertextBytes) else {
            throw Self.damaged("impossible sizes", path)
        }
        let rowBytes = key.ciphertextBytes, segments = (Int(count) + Self.segmentRows - 1) / Self.segmentRows
        let expected = Self.headerBytes + Int(count) * rowBytes + segments * AuthenticatedCipher.tagBytes
        guard Int(status.st_size) == expected else { throw Self.damaged("\(status.st_size) bytes instead of \(expected)", path) }
        self.init(path: path, id: id, sequence: Int(sequence), count: Int(count), header: header, rowBytes: rowBytes)
    }

    private var segmentBytes: Int { Self.segmentRows * rowBytes + AuthenticatedCipher.tagBytes }

    /// Powers `range`, as rows.
    func read(
        _ range: Range<Int>, secret: borrowing SecretBytes, _ arithmetic: CiphertextArithmetic, into rows: UnsafeMutablePointer<UInt64>
    ) throws {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw YinheError.system("the pool file cannot be read", errno: errno, at: path) }
        defer { close(descriptor) }
        var cipher = Self.cipher(secret, id)
        let buffer = HugeBuffer<UInt8>(count: segmentBytes, wiped: true)
        var next = range.lowerBound
        while next < range.upperBound {
            let segment = next / Self.segmentRows, first = segment * Self.segmentRows
            let count = min(Self.segmentRows, self.count - first), end = min(range.upperBound, first + count)
            try decrypt(segment, count, descriptor, &cipher, buffer)
            let source = UnsafeRawPointer(buffer.pointer) + (next - first) * rowBytes
            guard arithmetic.load(source, count: end - next, into: rows + (next - range.lowerBound) * arithmetic.limbs) == nil else {
                throw Self.damaged("a power is outside its range", path)
            }
            next = end
        }
    }

    /// Decrypts segment `segment` of `count` powers into `buffer`.
    private func decrypt(
        _ segment: Int, _ count: Int, _ descriptor: Int32, _ cipher: inout AuthenticatedCipher, _ buffer: HugeBuffer<UInt8>
    ) throws {
        let length = count * rowBytes, total = length + AuthenticatedCipher.tagBytes
        var done = 0
        while done < total {
            let n = pread(
                descriptor, buffer.pointer + done, total - done, off_t(Self.headerBytes + segment * segmentBytes + done))
            guard n > 0 else { throw Self.damaged("it is shorter than it was", path) }
            done += n
        }
        let tag = Array(UnsafeBufferPointer(start: buffer.pointer + length, count: AuthenticatedCipher.tagBytes))
        let bytes = UnsafeMutableRawBufferPointer(start: buffer.pointer, count: length)
        guard cipher.open(bytes, tag: tag, nonce: Self.nonce(segment), additional: header) else {
            throw YinheError(
                .badInput, "segment \(segment + 1) of the pool file does not decrypt", at: path,
                remedy: "it was altered, or the secret is another: delete the file, or give the pool's own secret")
        }
    }

    /// Whether the secret is the pool's: decrypts the last segment, which is used, and erased, last.
    func checkSecret(_ secret: borrowing SecretBytes) throws {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw YinheError.system("the pool file cannot be read", errno: errno, at: path) }
        defer { close(descriptor) }
        var cipher = Self.cipher(secret, id)
        let buffer = HugeBuffer<UInt8>(count: segmentBytes, wiped: true)
        let last = (count - 1) / Self.segmentRows
        try decrypt(last, count - last * Self.segmentRows, descriptor, &cipher, buffer)
    }

    /// Overwrites the segments that are used up. As far as the disk overwrites in place; failing is no error.
    func erase(upTo used: Int) {
        let whole = used == count ? (count + Self.segmentRows - 1) / Self.segmentRows : used / Self.segmentRows
        let descriptor = Foundation.open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let length = used == count ? count * rowBytes + whole * AuthenticatedCipher.tagBytes : whole * segmentBytes
        let zeros = [UInt8](repeating: 0, count: 1 << 16)
        for start in stride(from: 0, to: length, by: zeros.count) {
            _ = pwrite(descriptor, zeros, min(zeros.count, length - start), off_t(Self.headerBytes + start))
        }
    }
}
