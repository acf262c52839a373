import SandboxCore
import Synchronization

/// The state of a socket channel that its two threads share with its callers.
///
/// The writer thread sends what `outgoing` holds, and keep-alives. The reader thread fills `incoming`. Two shortcuts spare thread
/// switches when messages are small and alternate: a caller sends on its own thread when nothing waits and the socket has room,
/// and reads on its own thread for a moment when the reader thread has stepped aside.
final class SocketCore: Sendable {
    let wire: Wire
    let outgoing = FrameQueue(capacity: ChannelLimits.queueBytes)
    let incoming = FrameQueue(capacity: ChannelLimits.queueBytes)
    let timeouts: ChannelTimeouts
    let writerDone = Latch()
    let readerDone = Latch()
    private let writer: Mutex<FrameWriter>
    private let reader: Mutex<FrameReader>
    /// Where the reader thread waits while callers read for themselves.
    private enum Parking {
        case away
        case waiting
        case recalled
    }
    private let parking = Monitor(Parking.away)
    /// Set by `cancel`: the writer says no good-bye.
    private let isCut = Atomic(false)

    /// Longest frame that a caller sends on its own thread.
    private static let directBytes = 1 << 16
    /// Longest frame after which the reader thread expects a caller to read the next one for itself.
    private static let smallBytes = 1 << 14
    /// How long a caller blocks its own thread for the peer's answer before it suspends.
    private static let directMicroseconds = 400
    /// How long the reader thread stays aside without a caller taking anything.
    private static let parkingNanoseconds: UInt64 = 5_000_000

    init(_ wire: Wire, _ timeouts: ChannelTimeouts) {
        self.wire = wire
        self.timeouts = timeouts
        writer = Mutex(FrameWriter(wire))
        reader = Mutex(FrameReader(wire))
    }

    /// Starts the threads; throws when the system has no more.
    func start() throws {
        wire.socket.setSilence(timeouts.silence)
        guard startThread({ [self] in writeLoop() }) else { throw noThread() }
        guard startThread({ [self] in readLoop() }) else {
            readerDone.open()
            cancel(noThread())
            throw noThread()
        }
    }

    private func noThread() -> YinheError {
        YinheError(.system, "the system refuses another thread", at: wire.socket.peer, remedy: "close other channels or programs")
    }

    // MARK: Sending

    /// Sends `frame` on this thread if nothing is queued before it and it is not too long.
    func sendDirectly(_ frame: [UInt8]) throws -> Bool {
        guard frame.count <= Self.directBytes else { return false }
        let sent = try writer.withLockIfAvailable { writer -> Bool in
            guard !writer.hasLeftover, try outgoing.isIdleForPushing() else { return false }
            do {
                try writer.sendAtOnce(frame)
            } catch {
                throw writingFailed(error)
            }
            if writer.hasLeftover { outgoing.wake() }
            return true
        }
        return sent ?? false
    }

    private func writeLoop() {
        defer { writerDone.open() }
        let interval = timeouts.keepAlive.nanoseconds
        while true {
            let due = writer.withLock { $0.lastSent } + interval
            let readiness = outgoing.waitForFrames(until: due)
            do {
                try writer.withLock { writer in
                    switch readiness {
                    case .ready:
                        try writer.flush(blocking: true)
                        try writer.send(outgoing.popBatch(maximumFrames: 64, maximumBytes: 1 << 20))
                    case .idle:
                        if monotonicNanoseconds() >= writer.lastSent + interval { try writer.sendControl(FrameHeader.keepAlive) }
                    case .ended:
                        if !isCut.load(ordering: .acquiring) { try writer.sendControl(FrameHeader.goodbye, last: true) }
                    }
                }
            } catch {
                _ = writingFailed(error)
                break
            }
            if readiness == .ended { break }
        }
        wire.socket.shutdown(.writing)
    }

    /// The reading side goes on: what the peer said before it left, such as an abort, may still be on its way.
    private func writingFailed(_ error: any Error) -> YinheError {
        let placed = Session.placing(error, at: wire.socket.peer)
        outgoing.endByPopper(push: placed, pop: placed)
        return placed
    }

    // MARK: Receiving

    func receive() async throws -> [UInt8] {
        if let frame = try receiveDirectly() { return frame }
        return try await incoming.pop(whenWaiting: recallReader)
    }

    /// The next frame if it is here, or arrives within a moment; nil when the caller has to suspend.
    private func receiveDirectly() throws -> [UInt8]? {
        if let frame = try incoming.popIfAny() { return frame }
        let frame = try reader.withLockIfAvailable { reader -> [UInt8]? in
            // The reader thread may have delivered before it stepped aside.
            if let frame = try incoming.popIfAny() { return frame }
            guard !reader.isOver else { return nil }
            do {
                var item = try reader.buffered()
                if item == nil {
                    try reader.poll(microseconds: reader.expectsQuickAnswer() ? Self.directMicroseconds : 0)
                    item = try reader.buffered()
                }
                switch item {
                case .frame(let frame):
                    reader.countDirectRead()
                    return frame
                case .goodbye:
                    reader.isOver = true
                    readingEnded(YinheError.closedByPeer(wire.socket.peer))
                case nil:
                    break
                }
            } catch {
                reader.isOver = true
                readingEnded(error)
            }
            return nil
        }
        return frame ?? nil
    }

    private func recallReader() {
        let waits = parking.withLock { state in
            guard state == .waiting else { return false }
            state = .recalled
            return true
        }
        if waits { parking.signal() }
    }

    private func readLoop() {
        defer { readerDone.open() }
        while true {
            let (over, handedOver) = reader.withLock { readOnce(&$0) }
            if over { return }
            if handedOver { stepAside() }
        }
    }

    private func readOnce(_ reader: inout FrameReader) -> (over: Bool, handedOver: Bool) {
        guard !reader.isOver else { return (true, false) }
        do {
            switch try reader.next() {
            case .frame(let frame):
                // Refused when this side has closed: the rest of the stream is read and dropped until the peer ends it.
                return (false, incoming.pushBlocking(frame) == .handedOver && frame.count <= Self.smallBytes)
            case .goodbye:
                reader.isOver = true
                readingEnded(YinheError.closedByPeer(wire.socket.peer))
            }
        } catch {
            reader.isOver = true
            readingEnded(error)
        }
        return (true, false)
    }

    /// Leaves reading to the caller, who has just been given a frame and will probably want the next one soon.
    private func stepAside() {
        defer { parking.withLock { $0 = .away } }
        parking.withLock { $0 = .waiting }
        // A caller that looked before the line above, and suspended, would wait in vain.
        if incoming.hasWaitingPopper { return }
        var seen = -1
        while true {
            let recalled = parking.wait(until: monotonicNanoseconds() + Self.parkingNanoseconds) { $0 == .recalled ? true : nil }
            if recalled == true { return }
            let reads = reader.withLock { $0.directReads }
            if reads == seen { return }
            seen = reads
        }
    }

    /// Nothing more can be read: frames that arrived are still handed out, sending ends.
    private func readingEnded(_ error: any Error) {
        let placed = Session.placing(error, at: wire.socket.peer)
        // Sending first: a receiver that has been told must not find the channel still open for sending.
        outgoing.endByPopper(push: placed, pop: placed)
        incoming.endByPusher(push: placed, pop: placed)
        if placed.code == .peerMisbehaved { wire.socket.shutdown(.both) }
    }

    // MARK: End

    func cancel(_ error: YinheError) {
        isCut.store(true, ordering: .releasing)
        // Receivers first: the end of the other queue lets the writer thread close the socket.
        incoming.endByPopper(push: error, pop: error)
        outgoing.endByPusher(push: error, pop: error)
        outgoing.endByPopper(push: error, pop: error)
        wire.socket.shutdown(.both)
        recallReader()
    }

    /// Flushes, says good-bye, waits for the peer's, and lets both threads end; cuts whatever takes too long.
    func close() async {
        let error = YinheError.channelClosedHere(wire.socket.peer)
        incoming.endByPopper(push: error, pop: error)
        outgoing.endByPusher(push: error, pop: error)
        recallReader()
        await writerDone.wait(atMost: timeouts.close) { [wire] in wire.socket.shutdown(.both) }
        // The peer answers a good-bye at once unless its own queue is full; what it still sends is dropped.
        await readerDone.wait(atMost: .seconds(2)) { [wire] in wire.socket.shutdown(.both) }
    }
}
