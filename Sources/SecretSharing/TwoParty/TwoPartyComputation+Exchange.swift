import SandboxCore
import Transport

/// What a message of a computation belongs to; a peer whose program differs sends another one.
enum Operation: UInt8, Sendable {
    case open = 1, multiply, square, matrixProduct, privateProduct, and, carryLeaves, carry, bitValues, bitElements, permute, check, distance

    var text: String {
        switch self {
        case .open: "an opening"
        case .multiply: "a multiplication"
        case .square: "a squaring"
        case .matrixProduct: "a matrix product"
        case .privateProduct: "a product of private matrices"
        case .and: "a bitwise product"
        case .carryLeaves: "the first step of an addition of bits"
        case .carry: "a step of an addition of bits"
        case .bitValues: "a conversion of bits"
        case .bitElements: "a selection"
        case .permute: "a permutation"
        case .distance: "a count of different bits"
        case .check: "a comparison of the program"
        }
    }
}

/// Masked shares of one step: uniform words, so they are not transcribed.
package struct MaskedShares: WireMessage {
    package static let tag: UInt8 = 0xb0
    package static let name = "masked shares"
    package static let isTranscribed = false
    /// 512 KiB: a frame is made, sent and used while it is in the second-level cache.
    static let words = 1 << 16
    package static let maximumBytes = 8 + 8 * maximumWords
    /// One item may be wider than `words`.
    static let maximumWords = 1 << 20

    let step: UInt32
    let operation: UInt8
    let bytes: [UInt8]

    init(step: UInt32, operation: Operation, bytes: [UInt8]) {
        self.step = step
        self.operation = operation.rawValue
        self.bytes = bytes
    }

    package func encode(into writer: inout ByteWriter) {
        writer.reserve(8 + bytes.count)
        writer.write(step)
        writer.write(UInt32(operation))
        bytes.withUnsafeBytes { writer.write(raw: $0) }
    }

    package init(from reader: inout ByteReader) throws {
        step = try reader.read()
        let kind = try reader.read(UInt32.self)
        guard let operation = UInt8(exactly: kind), Operation(rawValue: operation) != nil else {
            throw YinheError(.peerMisbehaved, "malformed masked shares: the unknown operation \(kind)")
        }
        self.operation = operation
        guard reader.remaining % 8 == 0, reader.remaining > 0 else {
            throw YinheError(.peerMisbehaved, "malformed masked shares: \(reader.remaining) bytes are no whole words")
        }
        bytes = try reader.readRaw(reader.remaining)
    }
}

extension TwoPartyComputation {
    typealias Fill = @Sendable (_ items: Range<Int>, _ words: UnsafeMutablePointer<UInt64>) -> Void
    typealias Use = @Sendable (_ items: Range<Int>, _ words: UnsafePointer<UInt64>) -> Void

    /// Which way the words of a step go.
    enum Direction: Sendable {
        case both
        /// Only from this party, 0 or 1, to the other.
        case from(Int)

        func sends(_ party: Int) -> Bool { if case .from(let sender) = self { sender == party } else { true } }
        func receives(_ party: Int) -> Bool { if case .from(let sender) = self { sender != party } else { true } }
    }

    /// One round: both parties send `wordsPerItem` words for each item, chunk by chunk, and use what arrives while they send.
    /// `fill` writes the words of some items, `use` gets the peer's words for them, perhaps before they are filled here: what `use`
    /// changes, `fill` must not read. In planning neither is called.
    func exchange(
        _ operation: Operation, items: Int, wordsPerItem: Int, _ direction: Direction = .both, fill: @escaping Fill,
        use: @escaping Use
    ) async throws {
        precondition(items > 0 && wordsPerItem > 0)
        let step = meter.withLock {
            $0.rounds += 1
            if direction.sends(party) { $0.bytesSent += 8 * items * wordsPerItem }
            return UInt32(truncatingIfNeeded: $0.rounds)
        }
        guard case .session(let session) = link else { return }
        // Whole words of 64 items, so that packed bits stay aligned.
        let chunk = min(items, max(1, MaskedShares.words / wordsPerItem))
        precondition(chunk * wordsPerItem <= MaskedShares.maximumWords)
        async let sent: Void = direction.sends(party)
            ? send(session, step, operation, items: items, chunk: chunk, wordsPerItem, fill) : ()
        if direction.receives(party) {
            try await receive(session, step, operation, items: items, chunk: chunk, wordsPerItem, use)
        }
        try await sent
    }

    /// One round in which the two parties send different numbers of words.
    func exchangeUneven(
        _ operation: Operation, mine: Int, theirs: Int, fill: @escaping Fill, use: @escaping Use
    ) async throws {
        let step = meter.withLock {
            $0.rounds += 1
            $0.bytesSent += 8 * mine
            return UInt32(truncatingIfNeeded: $0.rounds)
        }
        guard case .session(let session) = link else { return }
        async let sent: Void = send(session, step, operation, items: mine, chunk: MaskedShares.words, 1, fill)
        try await receive(session, step, operation, items: theirs, chunk: MaskedShares.words, 1, use)
        try await sent
    }

    private func send(
        _ session: Session, _ step: UInt32, _ operation: Operation, items: Int, chunk: Int, _ wordsPerItem: Int, _ fill: Fill
    ) async throws {
        for start in stride(from: 0, to: items, by: chunk) {
            let range = start..<min(items, start + chunk)
            let count = 8 * range.count * wordsPerItem
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
                UnsafeMutableRawPointer(bytes.baseAddress!).withMemoryRebound(to: UInt64.self, capacity: count / 8) { fill(range, $0) }
                initialized = count
            }
            try await session.send(MaskedShares(step: step, operation: operation, bytes: bytes))
        }
    }

    private func receive(
        _ session: Session, _ step: UInt32, _ operation: Operation, items: Int, chunk: Int, _ wordsPerItem: Int, _ use: Use
    ) async throws {
        for start in stride(from: 0, to: items, by: chunk) {
            let range = start..<min(items, start + chunk)
            let message: MaskedShares = try await session.receive()
            guard message.step == step, message.operation == operation.rawValue,
                message.bytes.count == 8 * range.count * wordsPerItem
            else {
                await session.abort(.mismatch)
                let theirs = Operation(rawValue: message.operation)!
                throw YinheError(
                    .peerMismatch,
                    "the two sides run different computations: step \(step) is \(operation.text) on \(8 * range.count * wordsPerItem) bytes "
                        + "here, and step \(message.step), \(theirs.text) on \(message.bytes.count) bytes, at the peer",
                    remedy: "run the same program, with the same lengths and bounds, on both sides; nothing was opened")
            }
            message.bytes.withUnsafeBytes { use(range, $0.assumingMemoryBound(to: UInt64.self).baseAddress!) }
        }
    }
}
