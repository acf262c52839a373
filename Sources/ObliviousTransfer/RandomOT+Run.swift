import Arithmetic
import SandboxCore
import Transport

extension RandomOT.Engine {
    /// One direction of a run: where transfer 0 of the program stands in the key streams or in the stock.
    private struct Part: Sendable {
        let direction: RandomOT.Engine.Direction
        let transfers: Int
        /// Of the program's chunks, those of this segment begin here.
        let first: Int
        let pooled: Bool

        func chunk(_ index: Int, _ size: Int) -> Range<Int> {
            min(index * size, transfers)..<min((index + 1) * size, transfers)
        }
        /// Number of `transfer` in the direction, for key streams and tweaks.
        func number(_ transfer: Int) -> Int {
            pooled
                ? direction.firstInStock + direction.next + transfer - first
                : direction.used + transfer - first
        }
        func place(_ transfer: Int) -> Int { direction.next + transfer - first }
    }

    /// Runs `program`. Throws `.peerMisbehaved` for a message of a wrong length.
    package func run(_ program: some TransferProgram) async throws {
        precondition(program.tile % RandomOT.granule == 0 && program.tile <= RandomOT.tile && program.chunk % program.tile == 0)
        let sending = program.transfers(sender: party), receiving = program.transfers(sender: 1 - party)
        guard max(sending, receiving) > 0 else { return }
        try await setUpIfNeeded()
        let chunks = (max(sending, receiving) + program.chunk - 1) / program.chunk
        if method == .softSpoken, max(sending, receiving) > RandomOT.smallRun {
            try await run(
                program, 0..<chunks, Part(direction: outgoing, transfers: sending, first: 0, pooled: false),
                Part(direction: incoming, transfers: receiving, first: 0, pooled: false))
            outgoing.used += RandomOT.padded(sending)
            incoming.used += RandomOT.padded(receiving)
            return
        }
        var done = 0
        while done < chunks {
            let first = done * program.chunk
            func due(_ all: Int, _ chunks: Int) -> Int { min(all, (done + chunks) * program.chunk) - min(all, first) }
            try await refill(
                sending: (due(sending, 1), max(0, sending - first)), receiving: (due(receiving, 1), max(0, receiving - first)))
            var n = 1
            while done + n < chunks, due(sending, n + 1) <= outgoing.inStock, due(receiving, n + 1) <= incoming.inStock { n += 1 }
            try await run(
                program, done..<done + n,
                Part(direction: outgoing, transfers: sending, first: min(sending, first), pooled: true),
                Part(direction: incoming, transfers: receiving, first: min(receiving, first), pooled: true))
            // Choices lie in words: the next run begins with a new one.
            outgoing.next = min(outgoing.next + (due(sending, n) + 63) / 64 * 64, outgoing.columns.count)
            incoming.next = min(incoming.next + (due(receiving, n) + 63) / 64 * 64, incoming.columns.count)
            done += n
        }
    }

    /// The chunks in order, several under way so that no party waits for a network: a chunk's corrections leave `ahead` chunks
    /// before its payload is due.
    private func run(_ program: some TransferProgram, _ chunks: Range<Int>, _ sending: Part, _ receiving: Part) async throws {
        let size = program.chunk
        let largest = [sending, receiving].map { part -> Int in
            let range = part.chunk(chunks.lowerBound, size)
            return correctionBytes(program, range, part) + program.payloadBytes(range, sender: part.direction.sender)
        }
        let ahead = max(1, min(RandomOT.maximumAhead, RandomOT.aheadBytes / max(1, largest.max()!)))
        for step in chunks.lowerBound..<chunks.upperBound + 2 * ahead {
            if chunks.contains(step) {
                let range = receiving.chunk(step, size)
                let bytes = try await compute(range) { [self] in receive(program, range, receiving) }
                if !bytes.isEmpty { try await session.send(RandomOT.Corrections(bytes: bytes)) }
            }
            if chunks.contains(step - ahead) {
                let range = sending.chunk(step - ahead, size)
                var corrections: [UInt8] = []
                let due = correctionBytes(program, range, sending)
                if due > 0 {
                    let message = try await session.receive(RandomOT.Corrections.self)
                    try message.check(count: due)
                    corrections = message.bytes
                }
                let received = corrections
                let bytes = try await compute(range) { [self] in send(program, range, sending, received) }
                if !bytes.isEmpty { try await session.send(RandomOT.Payload(bytes: bytes)) }
            }
            if chunks.contains(step - 2 * ahead) {
                let range = receiving.chunk(step - 2 * ahead, size)
                let due = program.payloadBytes(range, sender: 1 - party)
                var payload: [UInt8] = []
                if due > 0 {
                    let message = try await session.receive(RandomOT.Payload.self)
                    try message.check(count: due)
                    payload = message.bytes
                }
                let received = payload
                _ = try await compute(range) { [self] in finish(program, range, received) }
            }
        }
    }

    /// Off the cooperative threads, unless it is over sooner than a change of threads.
    private func compute(_ range: Range<Int>, _ work: @escaping @Sendable () -> [UInt8]) async throws -> [UInt8] {
        try Task.checkCancellation()
        if range.isEmpty { return [] }
        return range.count <= 1024 ? work() : try await Parallel.offload(work)
    }

    /// Correction rows unless the transfers are in stock, and a bit for each choice that is made.
    private func correctionBytes(_ program: some TransferProgram, _ range: Range<Int>, _ part: Part) -> Int {
        (part.pooled ? 0 : RandomOT.correctionBytes(range.count)) + (program.choosesBits ? (range.count + 63) / 64 * 8 : 0)
    }

    private func forEachTile(
        _ program: some TransferProgram, _ range: Range<Int>, _ body: @Sendable (Range<Int>) -> Void
    ) {
        // Nothing in here throws.
        try! Parallel.forEachChunk(of: range.count, chunk: program.tile, threads: program.isOrdered ? 1 : threads) {
            body(range.lowerBound + $0.lowerBound..<range.lowerBound + $0.upperBound)
        }
    }

    // MARK: Steps

    private func receive(_ program: some TransferProgram, _ range: Range<Int>, _ part: Part) -> [UInt8] {
        let rowBytes = part.pooled ? 0 : RandomOT.padded(range.count) / 8
        let flips = part.pooled ? 0 : RandomOT.correctionBytes(range.count)
        var message = [UInt8](repeating: 0, count: correctionBytes(program, range, part))
        message.withUnsafeMutableBytes { buffer in
            let out = DisjointBuffer(buffer.bindMemory(to: UInt8.self))
            forEachTile(program, range) { tile in
                withMemory { memory in
                    let start = tile.lowerBound - range.lowerBound, words = (tile.count + 63) / 64
                    let choices = memory.choices.pointer
                    let number = part.number(tile.lowerBound)
                    let columns: UnsafePointer<Block128>
                    if part.pooled {
                        let place = part.place(tile.lowerBound)
                        columns = UnsafePointer(part.direction.columns.pointer + place)
                        choices.update(from: part.direction.choices.pointer + place / 64, count: words)
                    } else {
                        part.direction.rows!.receive(
                            from: number, RandomOT.padded(tile.count), memory, choices: choices, columns: memory.columns.pointer,
                            corrections: out.base + start / 8, stride: rowBytes)
                        columns = UnsafePointer(memory.columns.pointer)
                    }
                    AES128.fixed.hashTwice(
                        columns, into: memory.zero.pointer, count: tile.count, tweak: part.direction.tweak + UInt64(number))
                    guard program.choosesBits else {
                        program.receive(tile, choices: choices, strings: memory.zero.pointer)
                        return
                    }
                    let flip = UnsafeMutableRawPointer(out.base + flips + start / 8)
                    flip.copyMemory(from: choices, byteCount: 8 * words)
                    program.receive(tile, choices: choices, strings: memory.zero.pointer)
                    for k in 0..<words {
                        let random = flip.loadUnaligned(fromByteOffset: 8 * k, as: UInt64.self)
                        flip.storeBytes(of: random ^ choices[k], toByteOffset: 8 * k, as: UInt64.self)
                    }
                }
            }
        }
        return message
    }

    private func send(_ program: some TransferProgram, _ range: Range<Int>, _ part: Part, _ corrections: [UInt8]) -> [UInt8] {
        let rowBytes = part.pooled ? 0 : RandomOT.padded(range.count) / 8
        let flips = part.pooled ? 0 : RandomOT.correctionBytes(range.count)
        let delta = part.direction.delta
        var message = [UInt8](repeating: 0, count: program.payloadBytes(range, sender: party))
        message.withUnsafeMutableBytes { buffer in
            let out = DisjointBuffer(buffer.bindMemory(to: UInt8.self))
            corrections.withUnsafeBytes { corrections in
                nonisolated(unsafe) let corrections = corrections
                forEachTile(program, range) { tile in
                    withMemory { memory in
                        let start = tile.lowerBound - range.lowerBound
                        let number = part.number(tile.lowerBound)
                        let (zero, one, columns) = (memory.zero.pointer, memory.one.pointer, memory.columns.pointer)
                        if part.pooled {
                            columns.update(
                                from: part.direction.columns.pointer + part.place(tile.lowerBound), count: tile.count)
                        } else {
                            part.direction.rows!.send(
                                from: number, RandomOT.padded(tile.count), memory,
                                corrections: corrections.baseAddress!.assumingMemoryBound(to: UInt8.self) + start / 8,
                                stride: rowBytes, columns: columns)
                        }
                        let tweak = part.direction.tweak + UInt64(number)
                        AES128.fixed.hashTwice(columns, into: zero, count: tile.count, tweak: tweak)
                        for j in 0..<tile.count { columns[j] ^= delta }
                        AES128.fixed.hashTwice(columns, into: one, count: tile.count, tweak: tweak)
                        if program.choosesBits {
                            let flip = corrections.baseAddress! + flips + start / 8
                            for j in 0..<tile.count {
                                let word = flip.loadUnaligned(fromByteOffset: j / 64 * 8, as: UInt64.self)
                                let change = (zero[j] ^ one[j]).masked(0 &- (word >> UInt64(j % 64) & 1))
                                zero[j] ^= change
                                one[j] ^= change
                            }
                        }
                        let offset = program.payloadBytes(range.lowerBound..<tile.lowerBound, sender: party)
                        program.send(tile, zero: zero, one: one, payload: out.base + offset)
                    }
                }
            }
        }
        return message
    }

    private func finish(_ program: some TransferProgram, _ range: Range<Int>, _ payload: [UInt8]) -> [UInt8] {
        payload.withUnsafeBytes { payload in
            nonisolated(unsafe) let base = payload.baseAddress ?? UnsafeRawPointer(bitPattern: 16)!
            forEachTile(program, range) { tile in
                let offset = program.payloadBytes(range.lowerBound..<tile.lowerBound, sender: 1 - party)
                program.finish(tile, payload: base + offset)
            }
        }
        return []
    }
}
