import COpenSSL
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A fixed number of plain elements in memory of its own, zero at first. From 2 MiB on it is aligned for, and asks the system
/// for, huge pages: random access to many megabytes otherwise spends most of its time in address translation.
///
/// Not synchronized: threads may work on disjoint parts.
package final class HugeBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
    package let pointer: UnsafeMutablePointer<Element>
    package let count: Int
    private let wiped: Bool

    private static var hugePage: Int { 2 << 20 }
    private static var page: Int { 4096 }

    /// `count` zero elements. With `wiped`, the memory is overwritten before it is given back.
    package init(count: Int, wiped: Bool) {
        precondition(count >= 0)
        let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        precondition(!overflow && bytes < Int.max - Self.hugePage)
        let alignment = bytes >= Self.hugePage ? Self.hugePage : Self.page
        var base: UnsafeMutableRawPointer?
        guard posix_memalign(&base, alignment, max(bytes, 1)) == 0, let base else { fatalError("out of memory") }
        #if os(Linux)
        // Advice only: without huge pages the buffer is as good, and slower.
        if bytes >= Self.hugePage { _ = madvise(base, bytes / Self.page * Self.page, MADV_HUGEPAGE) }
        #endif
        memset(base, 0, bytes)
        pointer = base.bindMemory(to: Element.self, capacity: count)
        self.count = count
        self.wiped = wiped
    }

    deinit {
        if wiped { OPENSSL_cleanse(pointer, count * MemoryLayout<Element>.stride) }
        free(pointer)
    }

    package subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count)
            return pointer[index]
        }
        set {
            precondition(index >= 0 && index < count)
            pointer[index] = newValue
        }
    }

    package var buffer: UnsafeMutableBufferPointer<Element> { UnsafeMutableBufferPointer(start: pointer, count: count) }
}
