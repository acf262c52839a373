import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file in memory, read as it is needed and shared with every process that maps it.
///
/// Whoever replaces the file writes a new one and renames it (`AtomicFile`): one changed in place would change under its readers.
package final class MappedTableFile: TableMemory, @unchecked Sendable {
    package let bytes: UnsafeRawBufferPointer

    /// - Throws: `.system` when the file cannot be opened or mapped; `.badInput` when it is not a regular file, or is empty or
    ///   larger than `limit` bytes.
    package init(path: String, limit: Int = 1 << 30) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw YinheError.system("cannot open the table", errno: errno, at: path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw YinheError.system("cannot read the table", errno: errno, at: path) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size > 0, status.st_size <= limit else {
            throw YinheError(
                .badInput, "not a table: \(status.st_size) bytes", at: path, remedy: "delete it; the table is built again")
        }
        let size = Int(status.st_size)
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            throw YinheError.system("cannot map the table", errno: errno, at: path)
        }
        bytes = UnsafeRawBufferPointer(start: start, count: size)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count) }
}

/// A table in memory of its own.
package final class TableBuffer: TableMemory, @unchecked Sendable {
    package let bytes: UnsafeRawBufferPointer

    package init(_ content: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 64)
        copy.copyBytes(from: content)
        bytes = UnsafeRawBufferPointer(copy)
    }

    deinit { bytes.deallocate() }
}
