import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file or pipe that is read once from front to back while its SHA-256 is computed.
final class InputFile {
    let path: String
    /// Size in bytes; nil for a pipe.
    let size: Int?
    private(set) var bytesRead = 0
    private let descriptor: Int32
    private var hash = DomainHash.plainSHA256()

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let openError = errno
            let remedy = openError == ENOENT ? "check the path" : openError == EACCES ? "check the permissions of the file" : ""
            throw YinheError(.badInput, "cannot open the file: \(systemErrorText(openError))", at: path, remedy: remedy)
        }
        do {
            size = try Self.sizeOfTable(descriptor, path)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    private static func sizeOfTable(_ descriptor: Int32, _ path: String) throws -> Int? {
        var info = stat()
        let failed = fstat(descriptor, &info) != 0
        let code = errno
        if !failed, info.st_mode & S_IFMT != S_IFDIR { return info.st_mode & S_IFMT == S_IFREG ? Int(info.st_size) : nil }
        if failed { throw YinheError.system("cannot examine the file", errno: code, at: path) }
        throw YinheError(.badInput, "this is a directory, not a table", at: path, remedy: "name the CSV file inside it")
    }

    /// Reads up to `count` bytes; 0 at the end.
    func read(into buffer: UnsafeMutablePointer<UInt8>, count: Int) throws -> Int {
        while true {
            let n = systemRead(descriptor, buffer, count)
            if n >= 0 {
                hash.update(UnsafeRawBufferPointer(start: buffer, count: n))
                bytesRead += n
                return n
            }
            guard errno == EINTR else { throw YinheError.system("cannot read the file", errno: errno, at: path) }
        }
    }

    /// SHA-256 of the bytes read so far, in hexadecimal digits.
    func digest() -> String { hash.snapshot().hex }

    /// Whether both paths lead to one existing file.
    static func isSame(_ a: String, _ b: String) -> Bool {
        var first = stat(), second = stat()
        return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    /// The last component of `path`.
    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}

private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
