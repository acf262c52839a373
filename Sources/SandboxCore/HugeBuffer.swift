import COpenSSL
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A fixed number of plain elements in memory of its own, zero at first. From 2 MiB on it lies on pages of that size where the
/// system has them: random access to many megabytes otherwise spends most of its time in address translation.
///
/// Not synchronized: threads may work on disjoint parts.
package final class HugeBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
    /// Aligned to 2 MiB from that size on, else to 4096 bytes.
    package let pointer: UnsafeMutablePointer<Element>
    package let count: Int
    private let wiped: Bool
    private let mappedBytes: Int

    /// `count` zero elements. With `wiped`, the memory is overwritten before it is given back. Traps when memory is out.
    package init(count: Int, wiped: Bool) {
        precondition(count >= 0)
        let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        precondition(!overflow && bytes < Int.max - 2 * hugePage)
        self.count = count
        self.wiped = wiped
        #if os(Linux)
        if bytes >= hugePage {
            // Whole huge pages, found in a mapping with one to spare. Fresh pages are zero, and touched only when used.
            mappedBytes = (bytes + hugePage - 1) / hugePage * hugePage
            let mapping = mmap(nil, mappedBytes + hugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard let mapping, mapping != MAP_FAILED else { fatalError("out of memory") }
            let before = (hugePage - Int(bitPattern: mapping) & (hugePage - 1)) & (hugePage - 1)
            let base = mapping + before
            if before > 0 { munmap(mapping, before) }
            if before < hugePage { munmap(base + mappedBytes, hugePage - before) }
            // Advice only: without huge pages the buffer is as good, and slower.
            _ = madvise(base, mappedBytes, MADV_HUGEPAGE)
            pointer = base.bindMemory(to: Element.self, capacity: count)
            return
        }
        #endif
        mappedBytes = 0
        var base: UnsafeMutableRawPointer?
        guard posix_memalign(&base, bytes >= hugePage ? hugePage : 4096, max(bytes, 1)) == 0, let base else {
            fatalError("out of memory")
        }
        memset(base, 0, bytes)
        pointer = base.bindMemory(to: Element.self, capacity: count)
    }

    deinit {
        if wiped { OPENSSL_cleanse(pointer, count * MemoryLayout<Element>.stride) }
        if mappedBytes > 0 {
            munmap(pointer, mappedBytes)
        } else {
            free(pointer)
        }
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

private let hugePage = 2 << 20
