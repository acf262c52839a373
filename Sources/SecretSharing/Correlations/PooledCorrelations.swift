import SandboxCore
import Synchronization
import Transport

/// A source that takes from a pool on the disk first and makes the rest afresh. Both parties have one, over one session.
package final class PooledCorrelations: CorrelationSource {
    private let base: any CorrelationSource
    private let pool: CorrelationPool
    /// Ids of new batches are derived from both parties' nonces and a counter, so they are equal on both sides and never repeat.
    private let naming: BatchNames

    package var name: String { "pool, then \(base.name)" }
    package var costsTransfers: Bool { base.costsTransfers }
    package var bytesOutsideSession: Int { base.bytesOutsideSession }

    /// Agrees with the peer on what both still have: of each batch the smaller rest is kept, and what one side lacks is discarded.
    /// Two rounds.
    package init(base: any CorrelationSource, pool: CorrelationPool, session: Session) async throws {
        self.base = base
        self.pool = pool
        let mine = PoolInventory(
            nonce: SystemRandom.shared.bytes(16),
            batches: pool.inventory.map { .init(id: $0.id, kind: $0.kind, count: $0.count, used: $0.used) })
        async let sent: Void = session.send(mine)
        let theirs: PoolInventory = try await session.receive()
        try await sent
        naming = BatchNames(pool.party == 0 ? mine.nonce + theirs.nonce : theirs.nonce + mine.nonce)
        let peer = Dictionary(theirs.batches.map { ($0.id, $0) }) { first, _ in first }
        for batch in mine.batches {
            guard let other = peer[batch.id] else {
                try pool.discard(batch.id, upTo: batch.count)
                continue
            }
            guard other.kind == batch.kind, other.count == batch.count, other.used <= other.count else {
                await session.abort(.mismatch)
                throw YinheError(
                    .peerMismatch, "the two sides hold different correlations under one name", at: pool.path,
                    remedy: "delete the pools of both sides")
            }
            try pool.discard(batch.id, upTo: other.used)
        }
        // Batches are used in the order of party 0's folder on both sides.
        guard pool.inventory.map(\.id) == Self.common(pool.party == 0 ? mine : theirs, pool.party == 0 ? theirs : mine) else {
            await session.abort(.mismatch)
            throw YinheError(
                .peerMismatch, "the two sides hold their correlations in different orders", at: pool.path,
                remedy: "delete the pools of both sides")
        }
    }

    /// Ids with items left on both sides, in the first one's order.
    private static func common(_ first: PoolInventory, _ second: PoolInventory) -> [[UInt8]] {
        first.batches.filter { batch in
            guard let other = second.batches.first(where: { $0.id == batch.id }) else { return false }
            return max(batch.used, other.used) < batch.count
        }.map(\.id)
    }

    package func produce(_ kind: Correlation, count: Int) async throws -> CorrelationBatch {
        let pool = pool
        var batches = try await Parallel.offload { try pool.take(kind, upTo: count) }
        let missing = count - batches.reduce(0) { $0 + $1.count }
        if missing > 0 { batches.append(try await base.produce(kind, count: missing)) }
        return CorrelationBatch.joined(batches)
    }

    /// Makes `count` items and stores them for later runs. Both parties call it at the same place.
    package func store(_ kind: Correlation, count: Int) async throws {
        let batch = try await base.produce(kind, count: count)
        let (pool, id) = (pool, naming.next())
        try await Parallel.offload { try pool.add(batch, id: id) }
    }
}

private final class BatchNames: Sendable {
    private let seed: [UInt8]
    private let counter = Atomic<UInt64>(0)

    init(_ seed: [UInt8]) { self.seed = seed }

    func next() -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/correlation-batch/v1")
        hash.update(seed)
        withUnsafeBytes(of: counter.wrappingAdd(1, ordering: .relaxed).oldValue.littleEndian) { hash.update($0) }
        return Array(hash.finalize()[0..<CorrelationPool.idBytes])
    }
}

/// What a party still has in its pool.
package struct PoolInventory: WireMessage {
    package static let tag: UInt8 = 0xb8
    package static let name = "pool inventory"
    static let maximumBatches = 1 << 14
    package static let maximumBytes = 16 + 4 + maximumBatches * 48
    let nonce: [UInt8]
    let batches: [Batch]

    struct Batch: Sendable, Equatable {
        let id: [UInt8]
        let kind: Correlation
        let count: Int
        let used: Int
    }

    init(nonce: [UInt8], batches: [Batch]) {
        self.nonce = nonce
        self.batches = batches
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(raw: nonce)
        writer.write(UInt32(batches.count))
        for batch in batches {
            writer.write(raw: batch.id)
            batch.kind.encode(into: &writer)
            writer.write(UInt64(batch.count))
            writer.write(UInt64(batch.used))
        }
    }

    package init(from reader: inout ByteReader) throws {
        nonce = try reader.readRaw(16)
        let count = try reader.readCount(maximum: Self.maximumBatches, elementBytes: 48)
        batches = try (0..<count).map { _ in
            let id = try reader.readRaw(CorrelationPool.idBytes)
            let kind = try Correlation(from: &reader)
            let (items, used) = (try reader.read(UInt64.self), try reader.read(UInt64.self))
            guard items > 0, items < 1 << 48, used <= items else {
                throw YinheError(.peerMisbehaved, "malformed pool inventory: \(used) of \(items) items used")
            }
            return Batch(id: id, kind: kind, count: Int(items), used: Int(used))
        }
        guard Set(batches.map(\.id)).count == batches.count else {
            throw YinheError(.peerMisbehaved, "malformed pool inventory: a batch is listed twice")
        }
    }
}
