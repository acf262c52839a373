import Synchronization
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that appears whole or not at all: written under a temporary name beside its destination, fsynced, renamed.
///
/// `commit()` publishes it; without it, `deinit` removes the temporary file. `AtomicFile.removeUnfinished()` does so for a
/// process that is being stopped by a signal.
public final class AtomicFile: @unchecked Sendable {
    public let path: String
    private let temporaryPath: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private static let bufferBytes = 1 << 16
    private static let unfinished = Mutex<Set<String>>([])

    /// `mode`: permission bits of the new file, 0600 for secrets.
    public init(path: String, mode: UInt32 = 0o644) throws {
        self.path = path
        var suffix: UInt64 = SystemRandom.shared.word()
        suffix &= 0xffff_ffff
        temporaryPath = "\(path).\(String(suffix, radix: 36)).partial"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
        guard descriptor >= 0 else {
            throw YinheError.system("cannot create the file", errno: errno, at: path, remedy: "check that the folder exists and is writable")
        }
        Self.unfinished.withLock { _ = $0.insert(temporaryPath) }
        buffer.reserveCapacity(Self.bufferBytes)
    }

    deinit { discard() }

    public func write(_ bytes: some Collection<UInt8>) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    public func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// Many bytes at once, without a copy.
    package func write(raw bytes: UnsafeRawBufferPointer) throws {
        if bytes.count < Self.bufferBytes { return try write(bytes) }
        try flush()
        try writeAll(bytes)
    }

    /// Brings everything to the disk, so that `commit` can hardly fail any more.
    package func synchronize() throws {
        try flush()
        guard fsync(descriptor) == 0 else { throw YinheError.system("cannot flush to disk", errno: errno, at: path) }
    }

    private func flush() throws {
        try buffer.withUnsafeBytes { try writeAll($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
        var offset = 0
        while offset < bytes.count {
            let n = Self.writeSome(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
            if n >= 0 { offset += n } else if errno != EINTR {
                let code = errno
                throw YinheError.system(
                    "cannot write; nothing was left behind", errno: code, at: path,
                    remedy: code == ENOSPC ? "free space on the disk, or choose another folder" : "")
            }
        }
    }

    private static func writeSome(_ fd: Int32, _ p: UnsafeRawPointer, _ n: Int) -> Int {
        #if canImport(Glibc)
        Glibc.write(fd, p, n)
        #elseif canImport(Musl)
        Musl.write(fd, p, n)
        #else
        Darwin.write(fd, p, n)
        #endif
    }

    /// Flushes to the disk and gives the file its name, replacing an older one.
    public func commit() throws {
        precondition(descriptor >= 0, "committed twice")
        try flush()
        guard fsync(descriptor) == 0 else { throw YinheError.system("cannot flush to disk", errno: errno, at: path) }
        guard close(descriptor) == 0 else {
            descriptor = -1
            throw YinheError.system("cannot close", errno: errno, at: path)
        }
        descriptor = -1
        guard rename(temporaryPath, path) == 0 else { throw YinheError.system("cannot rename into place", errno: errno, at: path) }
        Self.unfinished.withLock { _ = $0.remove(temporaryPath) }
        try Self.syncFolder(of: path)
    }

    /// Removes the temporary file; a no-op after `commit`.
    public func discard() {
        if descriptor >= 0 {
            close(descriptor)
            descriptor = -1
        }
        if Self.unfinished.withLock({ $0.remove(temporaryPath) }) != nil { unlink(temporaryPath) }
    }

    /// Removes every temporary file of this process that was not committed.
    public static func removeUnfinished() {
        for path in unfinished.withLock({ $0 }) { unlink(path) }
    }

    /// Writes `bytes` as a whole file.
    public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws {
        let file = try AtomicFile(path: path, mode: mode)
        try file.write(bytes)
        try file.commit()
    }

    public static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws {
        try write(Array(text.utf8), to: path, mode: mode)
    }

    /// Makes a rename in the folder of `path` durable.
    private static func syncFolder(of path: String) throws {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let fd = open(folder, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { throw YinheError.system("cannot open the folder", errno: errno, at: folder) }
        defer { close(fd) }
        // Some file systems refuse fsync on a folder; the rename is then as durable as they make it.
        if fsync(fd) != 0, errno != EINVAL { throw YinheError.system("cannot flush the folder", errno: errno, at: folder) }
    }
}
