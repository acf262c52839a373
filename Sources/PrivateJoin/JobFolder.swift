import SandboxCore
import Synchronization
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The folder of one job of one party. Everything in it is for the owner's eyes only; every write goes through `append` or
/// `publish`, which count bytes and tell a full disk.
final class JobFolder: @unchecked Sendable {
    let path: String
    /// Whether the folder outlives a run that failed.
    let isKept: Bool
    private let quota: Int?
    private let bytes = Atomic<Int>(0)
    private var lock: Int32 = -1
    private let created: Bool
    private static let unfinished = Mutex<Set<String>>([])
    private static let marker = "yinhe-private-join"

    var writtenBytes: Int { bytes.load(ordering: .relaxed) }

    /// A temporary folder inside `parent`.
    init(temporaryIn parent: String, quota: Int?) throws {
        let suffix = String(SystemRandom.shared.word() >> 16, radix: 36)
        path = "\(parent)/.yinhe-join-\(suffix)"
        isKept = false
        created = true
        self.quota = quota
        guard mkdir(path, 0o700) == 0 else {
            throw YinheError.system(
                "cannot create a temporary folder", errno: errno, at: parent, remedy: "name a folder that is writable")
        }
        Self.unfinished.withLock { _ = $0.insert(path) }
    }

    /// The folder of a resumable job, created when it is missing. Throws `.system` when it holds anything but such a job, or
    /// another process works in it.
    init(resumable path: String, quota: Int?) throws {
        self.path = path
        isKept = true
        self.quota = quota
        created = mkdir(path, 0o700) == 0
        guard created || errno == EEXIST else {
            throw YinheError.system("cannot create the resume directory", errno: errno, at: path)
        }
        let entries = try Self.entries(of: path)
        guard entries.isEmpty || entries.contains(Self.marker) else {
            throw YinheError(
                .system, "this folder is not the resume directory of a join", at: path,
                remedy: "name an empty folder, or one that does not exist")
        }
        guard chmod(path, 0o700) == 0 else { throw YinheError.system("cannot protect the folder", errno: errno, at: path) }
        lock = open("\(path)/\(Self.marker)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw YinheError.system("cannot create a file", errno: errno, at: path) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            throw YinheError(
                .system, "another process works in this resume directory", at: path,
                remedy: "wait for it, or name another folder")
        }
    }

    deinit { release() }

    /// Lets another run work in the folder.
    func release() {
        if lock >= 0 { close(lock) }
        lock = -1
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Appends to a file, which is created when it is missing.
    func append(_ data: UnsafeRawBufferPointer, to name: String, durable: Bool = false) throws {
        try count(data.count)
        let descriptor = open(file(name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        var done = 0
        while done < data.count {
            let n = write(descriptor, data.baseAddress! + done, data.count - done)
            if n >= 0 { done += n } else if errno != EINTR { throw failure(errno) }
        }
        if durable, fsync(descriptor) != 0 { throw failure(errno) }
    }

    /// Makes a file durable.
    func sync(_ name: String) throws {
        let descriptor = open(file(name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(errno) }
    }

    /// A whole file that appears at once, durably.
    func publish(_ data: [UInt8], as name: String) throws {
        try count(data.count)
        try AtomicFile.write(data, to: file(name), mode: 0o600)
    }

    /// Size in bytes; nil when there is no such file.
    func size(of name: String) -> Int? {
        var info = stat()
        return stat(file(name), &info) == 0 ? Int(info.st_size) : nil
    }

    /// A file's bytes; nil when it does not exist.
    func read(_ name: String) throws -> [UInt8]? {
        guard let size = size(of: name) else { return nil }
        return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = try read(name, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// Fills `buffer` from the start of a file; returns the bytes read.
    func read(_ name: String, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let descriptor = open(file(name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw YinheError.system("cannot open the file", errno: errno, at: file(name)) }
        defer { close(descriptor) }
        var done = 0
        while done < buffer.count {
            let n = Self.readSome(descriptor, buffer.baseAddress! + done, buffer.count - done)
            if n == 0 { break }
            if n > 0 { done += n } else if errno != EINTR {
                throw YinheError.system("cannot read the file", errno: errno, at: file(name))
            }
        }
        return done
    }

    /// Hands a file's bytes to `body`, a part at a time.
    func stream(_ name: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let descriptor = open(file(name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw YinheError.system("cannot open the file", errno: errno, at: file(name)) }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let n = Self.readSome(descriptor, buffer.baseAddress!, buffer.count)
            if n == 0 { return }
            if n > 0 { try body(UnsafeRawBufferPointer(rebasing: buffer[0..<n])) } else if errno != EINTR {
                throw YinheError.system("cannot read the file", errno: errno, at: file(name))
            }
        }
    }

    func discard(_ name: String) throws {
        guard unlink(file(name)) == 0 else { throw failure(errno) }
    }

    private static func readSome(_ fd: Int32, _ p: UnsafeMutableRawPointer, _ n: Int) -> Int {
        #if canImport(Glibc)
        Glibc.read(fd, p, n)
        #elseif canImport(Musl)
        Musl.read(fd, p, n)
        #else
        Darwin.read(fd, p, n)
        #endif
    }

    private func write(_ fd: Int32, _ p: UnsafeRawPointer, _ n: Int) -> Int {
        #if canImport(Glibc)
        Glibc.write(fd, p, n)
        #elseif canImport(Musl)
        Musl.write(fd, p, n)
        #else
        Darwin.write(fd, p, n)
        #endif
    }

    private func count(_ n: Int) throws {
        let total = bytes.wrappingAdd(n, ordering: .relaxed).newValue
        if let quota, total > quota { throw failure(ENOSPC) }
    }

    private func failure(_ code: Int32) -> YinheError {
        YinheError.system(
            "cannot write to the job's folder", errno: code, at: path,
            remedy: code == ENOSPC || code == EFBIG || code == EDQUOT
                ? "free space on the disk, or choose a folder on another disk" : "")
    }

    /// Removes what belongs to the job but its marker.
    func clear() throws {
        for name in try Self.entries(of: path) where name != Self.marker { unlink(file(name)) }
        bytes.store(0, ordering: .relaxed)
    }

    /// Removes the job, and the folder if the job created it.
    func remove() {
        try? clear()
        unlink(file(Self.marker))
        if created || isKept { rmdir(path) }
        release()
        Self.unfinished.withLock { _ = $0.remove(path) }
    }

    static func removeUnfinished() {
        for path in unfinished.withLock({ $0 }) {
            for name in (try? entries(of: path)) ?? [] { unlink("\(path)/\(name)") }
            rmdir(path)
        }
    }

    private static func entries(of path: String) throws -> [String] {
        guard let folder = opendir(path) else { throw YinheError.system("cannot open the folder", errno: errno, at: path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
