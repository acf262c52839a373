#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Contiguous bytes that grow at the end and are taken from the front.
struct ByteQueue: ~Copyable, @unchecked Sendable {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private var start = 0
    private var end = 0

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    var count: Int { end - start }

    /// The bytes, valid until the next mutation.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + start, count: count) }

    /// Writable room behind the bytes, at least `minimum`; followed by `grow`.
    mutating func space(atLeast minimum: Int) -> UnsafeMutableRawBufferPointer {
        if capacity - end < minimum { makeRoom(minimum) }
        return UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end)
    }

    private mutating func makeRoom(_ minimum: Int) {
        let count = self.count
        if count + minimum <= capacity {
            memmove(base, base + start, count)
        } else {
            capacity = max(capacity * 2, count + minimum)
            let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
            larger.copyMemory(from: base + start, byteCount: count)
            base.deallocate()
            base = larger
        }
        start = 0
        end = count
    }

    mutating func grow(by count: Int) {
        precondition(end + count <= capacity)
        end += count
    }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        guard more.count > 0 else { return }
        space(atLeast: more.count).copyMemory(from: more)
        end += more.count
    }

    mutating func drop(_ count: Int) {
        precondition(count <= self.count)
        start += count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Moves as much as fits into `out`.
    mutating func take(into out: UnsafeMutableRawBufferPointer) -> Int {
        let n = min(out.count, count)
        if n > 0 {
            out.baseAddress!.copyMemory(from: base + start, byteCount: n)
            drop(n)
        }
        return n
    }
}
