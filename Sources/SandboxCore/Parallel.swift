import Dispatch
import Synchronization

/// Data-parallel loops on threads, and the bridge from them to async code.
package enum Parallel {
    /// Calls `body` once for each of consecutive ranges of `chunk` (the last may be shorter) that cover 0 ..< count, on up to
    /// `threads` threads; returns when all are done. An error stops the handing out of further ranges and is rethrown.
    /// Synchronous: never call it from an async function directly, go through `offload`.
    package static func forEachChunk(
        of count: Int, chunk: Int, threads: Int, _ body: @Sendable (Range<Int>) throws -> Void
    ) throws {
        precondition(chunk > 0)
        let chunks = (count + chunk - 1) / chunk
        if threads <= 1 || chunks <= 1 {
            for i in 0..<chunks { try body(i * chunk..<min(count, (i + 1) * chunk)) }
            return
        }
        let next = Atomic<Int>(0)
        let failure = Mutex<(any Error)?>(nil)
        DispatchQueue.concurrentPerform(iterations: min(threads, chunks)) { _ in
            while true {
                let i = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard i < chunks else { return }
                do {
                    try body(i * chunk..<min(count, (i + 1) * chunk))
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                    next.store(chunks, ordering: .relaxed)
                    return
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// `body` of 0 ..< count, in order, computed on up to `threads` threads.
    package static func map<T: Sendable>(_ count: Int, threads: Int, _ body: @Sendable (Int) throws -> T) throws -> [T] {
        var out = [T?](repeating: nil, count: count)
        try out.withUnsafeMutableBufferPointer { buffer in
            let shared = DisjointBuffer(buffer)
            try forEachChunk(of: count, chunk: 1, threads: threads) { range in
                for i in range { shared.base[i] = try body(i) }
            }
        }
        return out.map { $0! }
    }

    /// Runs long synchronous work on a thread of its own, so that it does not block the cooperative pool.
    package static func offload<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let held = Held(work)
            queue.async { continuation.resume(with: held.run()) }
        }
    }

    /// Lets go of the work before its caller goes on: what it alone owned, such as a file or a lock, is gone by then.
    private final class Held<T: Sendable>: @unchecked Sendable {
        private var work: (@Sendable () throws -> T)?

        init(_ work: @escaping @Sendable () throws -> T) { self.work = work }

        func run() -> Result<T, any Error> {
            let result = Result { try work!() }
            work = nil
            return result
        }
    }

    private static let queue = DispatchQueue(label: "yinhe.work", qos: .userInitiated, attributes: .concurrent)
}

/// An array that several threads fill at disjoint places.
package struct DisjointBuffer<Element>: @unchecked Sendable {
    package let base: UnsafeMutablePointer<Element>
    package let count: Int
    package init(_ buffer: UnsafeMutableBufferPointer<Element>) {
        base = buffer.baseAddress ?? UnsafeMutablePointer(bitPattern: MemoryLayout<Element>.alignment)!
        count = buffer.count
    }
}
