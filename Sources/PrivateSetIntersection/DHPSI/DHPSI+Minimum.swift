import SandboxCore
import Transport

/// A minimum intersection: the sender's masks come shuffled, so that the receiver can count and no more; only when it finds enough
/// does the sender open the order of its masks, and the receiver reply with masks of its own.
extension DHPSI.Exchange {
    /// The sender's part after its shuffled masks have left. Returns what it found, empty unless `both`.
    func openOrder(_ incoming: Incoming, both: Bool) async throws -> Found {
        let _: DHPSI.Enough = try await session.receive()
        for first in stride(from: 0, to: peerSetSize, by: peerChunk) {
            let places = replyOrder[first..<min(first + peerChunk, peerSetSize)]
            var writer = ByteWriter(reserving: 4 * places.count)
            for place in places { writer.write(place) }
            try await session.send(DHPSI.MaskOrder(first: UInt32(first), bytes: writer.bytes))
        }
        guard both else { return Found() }
        var incoming = incoming
        incoming.ownMasks = try await receiveMasks()
        let complete = incoming
        return try await lane.run { try compare(complete) }
    }

    /// The receiver's part: `counted` are the matches among the shuffled masks. Throws `.belowMinimum` when they are too few.
    func demandOrder(_ counted: Found, _ incoming: Incoming, both: Bool) async throws -> Found {
        try checkMinimum(counted)
        try await session.send(DHPSI.Enough())
        var order: [UInt32] = []
        order.reserveCapacity(tokens.count)
        var seen = [Bool](repeating: false, count: tokens.count)
        while order.count < tokens.count {
            let rows = min(parameters.chunk, tokens.count - order.count)
            let chunk: DHPSI.MaskOrder = try await session.receive()
            try chunk.check(due: order.count, rows: rows, bytesPerRow: 4, total: tokens.count)
            var reader = ByteReader(chunk.bytes, what: DHPSI.MaskOrder.name)
            for _ in 0..<rows {
                let place = try reader.read(UInt32.self)
                guard place < tokens.count, !seen[Int(place)] else {
                    throw YinheError(.peerMisbehaved, "the order of the masks names place \(place), which is not free")
                }
                seen[Int(place)] = true
                order.append(place)
            }
        }
        if both {
            var sent = 0
            let width = DigestIndex.digestBytes
            for first in stride(from: 0, to: peerSetSize, by: peerChunk) {
                let end = min(first + peerChunk, peerSetSize)
                try await sendMasks(Array(incoming.peerDigests[width * first..<width * end]), &sent)
            }
        }
        return Found(pairs: counted.pairs.map { (order[Int($0.own)], $0.peer) })
    }

    func checkMinimum(_ found: Found) throws {
        guard found.count >= parameters.minimumIntersection else { throw VOLEPSI.belowMinimum(parameters.minimumIntersection) }
    }

    /// The matches as the caller sees them. `rank`: which of a pair's places, the sender's, gives the rank.
    func output(_ found: Found, rank: KeyPath<(own: UInt32, peer: UInt32), UInt32>?) -> PSI.Output {
        let sorted = found.pairs.map { (index: Int(order[Int($0.own)]), pair: $0) }.sorted { $0.index < $1.index }
        var ranks: [Int]?
        if let rank {
            let bySender = sorted.indices.sorted { sorted[$0].pair[keyPath: rank] < sorted[$1].pair[keyPath: rank] }
            var out = [Int](repeating: 0, count: sorted.count)
            for (i, match) in bySender.enumerated() { out[match] = i }
            ranks = out
        }
        return PSI.Output(matches: sorted.map(\.index), cardinality: found.count, peerSetSize: peerSetSize, ranks: ranks)
    }
}

extension DHPSI {
    /// Receiver: the agreed minimum is reached.
    package struct Enough: WireMessage {
        package static let tag: UInt8 = 4
        package static let name = "enough"
        package static let maximumBytes = 0
        package init() {}
        package func encode(into writer: inout ByteWriter) {}
        package init(from reader: inout ByteReader) throws {}
    }

    /// Sender: for each shuffled mask the place of its point among the receiver's.
    package struct MaskOrder: ChunkMessage {
        package static let tag: UInt8 = 5
        package static let name = "order of the masks"
        package static let maximumBytes = 4 + 4 * Parameters.maximumChunk
        package let first: UInt32
        package let bytes: [UInt8]

        package init(first: UInt32, bytes: [UInt8]) {
            self.first = first
            self.bytes = bytes
        }
    }
}
