import SandboxCore

/// A bounded first-in first-out queue of frames between tasks, between threads, or from one to the other.
///
/// The bound is in bytes; a single frame larger than the bound is admitted when the queue is empty.
final class FrameQueue: Sendable {
    private typealias PopContinuation = CheckedContinuation<[UInt8], any Error>
    private typealias PushContinuation = CheckedContinuation<Void, any Error>

    private struct State {
        var frames: [[UInt8]] = []
        var head = 0
        var bytes = 0
        /// What pushing throws once the queue has ended.
        var pushError: YinheError?
        /// What popping throws once the queue has ended and is empty.
        var popError: YinheError?
        var pusherEnded = false
        var popperEnded = false
        var poppers: [(id: UInt64, continuation: PopContinuation)] = []
        var pushers: [(id: UInt64, frame: [UInt8], continuation: PushContinuation)] = []
        var nextID: UInt64 = 0
        /// 1 while a thread sleeps in `pushBlocking` or `waitForFrames`; a queue has at most one such thread.
        var sleepingThreads = 0
        var woken = false

        var count: Int { frames.count - head }

        func admits(_ frame: [UInt8], _ capacity: Int) -> Bool { count == 0 || bytes + frame.count <= capacity }

        mutating func append(_ frame: [UInt8]) {
            frames.append(frame)
            bytes += frame.count
        }

        mutating func takeFirst() -> [UInt8]? {
            guard head < frames.count else { return nil }
            var frame: [UInt8] = []
            swap(&frame, &frames[head])
            head += 1
            bytes -= frame.count
            if head == frames.count {
                frames.removeAll(keepingCapacity: true)
                head = 0
            } else if head >= 64 {
                frames.removeFirst(head)
                head = 0
            }
            return frame
        }

        /// All who wait, and the errors to tell them; both errors have been set.
        mutating func takeWaiting() -> ([PopContinuation], [PushContinuation], YinheError, YinheError) {
            defer {
                poppers = []
                pushers = []
            }
            return (poppers.map(\.continuation), pushers.map(\.continuation), pushError!, popError!)
        }

        /// Moves waiting frames into the freed room; their senders are to be resumed after the lock is released.
        mutating func admitWaiting(_ capacity: Int) -> [PushContinuation] {
            var admitted: [PushContinuation] = []
            while let first = pushers.first, admits(first.frame, capacity) {
                append(first.frame)
                admitted.append(first.continuation)
                pushers.removeFirst()
            }
            return admitted
        }
    }

    private let capacity: Int
    private let monitor = Monitor(State())

    init(capacity: Int) { self.capacity = capacity }

    // MARK: Tasks

    /// Appends; suspends while there is no room.
    func push(_ frame: [UInt8]) async throws {
        if try pushIfRoom(frame) { return }
        let id = newID()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: PushContinuation) in
                let outcome: (popper: PopContinuation?, result: Result<Void, any Error>?) = monitor.withLock { s in
                    if Task.isCancelled { return (nil, .failure(YinheError.cancelledByTask)) }
                    if let error = s.pushError { return (nil, .failure(error)) }
                    if !s.poppers.isEmpty { return (s.poppers.removeFirst().continuation, .success(())) }
                    if s.pushers.isEmpty, s.admits(frame, capacity) {
                        s.append(frame)
                        return (nil, .success(()))
                    }
                    s.pushers.append((id, frame, continuation))
                    return (nil, nil)
                }
                if let result = outcome.result {
                    outcome.popper?.resume(returning: frame)
                    monitor.signal()
                    continuation.resume(with: result)
                }
            }
        } onCancel: {
            let cancelled = monitor.withLock { s -> PushContinuation? in
                guard let i = s.pushers.firstIndex(where: { $0.id == id }) else { return nil }
                return s.pushers.remove(at: i).continuation
            }
            cancelled?.resume(throwing: YinheError.cancelledByTask)
        }
    }

    /// Appends without suspending; false when there is no room.
    private func pushIfRoom(_ frame: [UInt8]) throws -> Bool {
        if Task.isCancelled { throw YinheError.cancelledByTask }
        let outcome: (done: Bool, popper: PopContinuation?, wake: Bool) = try monitor.withLock { s in
            if let error = s.pushError { throw error }
            if !s.poppers.isEmpty { return (true, s.poppers.removeFirst().continuation, false) }
            guard s.pushers.isEmpty, s.admits(frame, capacity) else { return (false, nil, false) }
            s.append(frame)
            return (true, nil, s.sleepingThreads > 0)
        }
        outcome.popper?.resume(returning: frame)
        if outcome.wake { monitor.signal() }
        return outcome.done
    }

    /// Takes the first frame; suspends while there is none, after calling `whenWaiting`.
    func pop(whenWaiting: () -> Void = {}) async throws -> [UInt8] {
        if Task.isCancelled { throw YinheError.cancelledByTask }
        if let frame = try popIfAny() { return frame }
        let id = newID()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: PopContinuation) in
                var admitted: [PushContinuation] = []
                let result: Result<[UInt8], any Error>? = monitor.withLock { s in
                    if Task.isCancelled { return .failure(YinheError.cancelledByTask) }
                    if let frame = s.takeFirst() {
                        admitted = s.admitWaiting(capacity)
                        return .success(frame)
                    }
                    if let error = s.popError { return .failure(error) }
                    s.poppers.append((id, continuation))
                    return nil
                }
                if let result {
                    for pusher in admitted { pusher.resume() }
                    monitor.signal()
                    continuation.resume(with: result)
                } else {
                    whenWaiting()
                }
            }
        } onCancel: {
            let cancelled = monitor.withLock { s -> PopContinuation? in
                guard let i = s.poppers.firstIndex(where: { $0.id == id }) else { return nil }
                return s.poppers.remove(at: i).continuation
            }
            cancelled?.resume(throwing: YinheError.cancelledByTask)
        }
    }

    /// The first frame if there is one.
    func popIfAny() throws -> [UInt8]? {
        var admitted: [PushContinuation] = []
        var wake = false
        let frame: [UInt8]? = try monitor.withLock { s in
            guard let frame = s.takeFirst() else {
                if let error = s.popError { throw error }
                return nil
            }
            if !s.pushers.isEmpty { admitted = s.admitWaiting(capacity) }
            wake = s.sleepingThreads > 0
            return frame
        }
        for pusher in admitted { pusher.resume() }
        if wake { monitor.signal() }
        return frame
    }

    private func newID() -> UInt64 {
        monitor.withLock { s in
            s.nextID += 1
            return s.nextID
        }
    }

    // MARK: Threads

    enum Delivery {
        /// A task was waiting for it.
        case handedOver
        case queued
        case refused
    }

    /// Appends, blocking the thread while there is no room; refused when the queue has ended.
    func pushBlocking(_ frame: [UInt8]) -> Delivery {
        var popper: PopContinuation?
        let delivery = monitor.wait { s -> Delivery? in
            if s.pushError != nil { return .refused }
            if !s.poppers.isEmpty {
                popper = s.poppers.removeFirst().continuation
                return .handedOver
            }
            guard s.admits(frame, capacity) else {
                s.sleepingThreads = 1
                return nil
            }
            s.sleepingThreads = 0
            s.append(frame)
            return .queued
        }
        popper?.resume(returning: frame)
        return delivery ?? .refused
    }

    enum Readiness {
        case ready
        case idle
        case ended
    }

    /// Blocks the thread until there is a frame, or `wake` was called, or the queue has ended and is empty, or `deadline`.
    func waitForFrames(until deadline: UInt64) -> Readiness {
        let readiness = monitor.wait(until: deadline) { s -> Readiness? in
            if s.count > 0 || s.woken {
                s.sleepingThreads = 0
                s.woken = false
                return .ready
            }
            if s.popError != nil { return .ended }
            s.sleepingThreads = 1
            return nil
        }
        return readiness ?? .idle
    }

    /// Makes `waitForFrames` return.
    func wake() {
        monitor.withLock { $0.woken = true }
        monitor.signal()
    }

    /// Whether a frame pushed now would be the first; throws what pushing would throw.
    func isIdleForPushing() throws -> Bool {
        try monitor.withLock { s in
            if let error = s.pushError { throw error }
            return s.count == 0 && s.pushers.isEmpty
        }
    }

    /// Whether a task waits in `pop`.
    var hasWaitingPopper: Bool { monitor.withLock { !$0.poppers.isEmpty } }

    /// Takes what is queued, at most `maximumFrames` or about `maximumBytes`.
    func popBatch(maximumFrames: Int, maximumBytes: Int) -> [[UInt8]] {
        let (frames, admitted) = monitor.withLock { s in
            var frames: [[UInt8]] = []
            var bytes = 0
            while frames.count < maximumFrames, bytes < maximumBytes, let frame = s.takeFirst() {
                bytes += frame.count
                frames.append(frame)
            }
            return (frames, s.admitWaiting(capacity))
        }
        for pusher in admitted { pusher.resume() }
        return frames
    }

    // MARK: End

    /// The pushing side ends: its own calls throw `push`; queued frames are still handed out, then popping throws `pop`.
    func endByPusher(push: YinheError, pop: YinheError) {
        let (poppers, pushers, pushError, popError) = monitor.withLock { s in
            if !s.pusherEnded { s.pushError = push }
            s.pusherEnded = true
            s.popError = s.popError ?? pop
            return s.takeWaiting()
        }
        Self.resume(poppers, popError, pushers, pushError)
        monitor.signal()
    }

    /// The popping side ends: queued frames are dropped, its own calls throw `pop`, pushing throws `push`.
    func endByPopper(push: YinheError, pop: YinheError) {
        let (poppers, pushers, pushError, popError) = monitor.withLock { s in
            if !s.popperEnded { s.popError = pop }
            s.popperEnded = true
            s.pushError = s.pushError ?? push
            s.frames = []
            s.head = 0
            s.bytes = 0
            return s.takeWaiting()
        }
        Self.resume(poppers, popError, pushers, pushError)
        monitor.signal()
    }

    private static func resume(
        _ poppers: [PopContinuation], _ popError: YinheError, _ pushers: [PushContinuation], _ pushError: YinheError
    ) {
        for popper in poppers { popper.resume(throwing: popError) }
        for pusher in pushers { pusher.resume(throwing: pushError) }
    }
}
