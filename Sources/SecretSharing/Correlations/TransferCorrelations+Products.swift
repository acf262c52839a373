import Arithmetic
import ObliviousTransfer
import SandboxCore

extension TransferCorrelations {
    /// a_0 b_1 and a_1 b_0, each shared by transfers of its direction; the rest is local.
    func products<E: RingElement>(_ batch: CorrelationBatch, _: E.Type) async throws {
        let (a, b, c) = (batch.output(0, E.self), batch.output(1, E.self), batch.output(2, E.self))
        let all = 0..<batch.count
        try await engine.run(CrossProducts([all, all], party, sent: b, chosen: a, sums: c))
        CrossProducts<E>.addProducts(a.base, b.base, into: c.base, batch.count)
    }

    /// 2 a_0 a_1 + a_0^2 + a_1^2.
    func squares<E: RingElement>(_ batch: CorrelationBatch, _: E.Type) async throws {
        let (a, c) = (batch.output(0, E.self), batch.output(1, E.self))
        let shares = (0..<2).map { Self.share(of: batch.count, sender: $0) }
        try await engine.run(CrossProducts(shares, party, sent: a, chosen: a, sums: c))
        CrossProducts<E>.completeSquares(a.base, c.base, batch.count)
    }
}

/// Shares of u v, where the party that sends knows u and the other knows v, both random (`Gilboa`). Transfer 0 of an item needs no
/// message, because u is what its strings make it: y_0 - x_0.
final class CrossProducts<E: RingElement>: TransferProgram {
    /// Items of each direction.
    private let items: [Range<Int>]
    private let party: Int
    private let sent, chosen, sums: DisjointBuffer<E>

    /// u goes to `sent`, v to `chosen`; shares are added to `sums`.
    init(_ items: [Range<Int>], _ party: Int, sent: DisjointBuffer<E>, chosen: DisjointBuffer<E>, sums: DisjointBuffer<E>) {
        self.items = items
        self.party = party
        self.sent = sent
        self.chosen = chosen
        self.sums = sums
    }

    func transfers(sender: Int) -> Int { items[sender].count * E.bitWidth }
    func payloadBytes(_ range: Range<Int>, sender: Int) -> Int { range.count / E.bitWidth * Gilboa<E>.bytes }
    /// Half a MiB of payload or less.
    var chunk: Int { E.bitWidth == 64 ? RandomOT.chunk : RandomOT.chunk / 2 }

    private func item(_ range: Range<Int>, _ sender: Int) -> Int { items[sender].lowerBound + range.lowerBound / E.bitWidth }

    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>) {
        let first = item(range, 1 - party)
        Self.receive(range.count / E.bitWidth, choices, strings, chosen.base + first, sums.base + first)
    }

    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer
    ) {
        let first = item(range, party)
        Self.send(range.count / E.bitWidth, zero, one, payload, sent.base + first, sums.base + first)
    }

    func finish(_ range: Range<Int>, payload: UnsafeRawPointer) {
        let first = item(range, 1 - party)
        Self.finish(range.count / E.bitWidth, payload, UnsafePointer(chosen.base + first), sums.base + first)
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func receive(
        _ count: Int, _ choices: UnsafePointer<UInt64>, _ strings: UnsafePointer<Block128>, _ chosen: UnsafeMutablePointer<E>,
        _ sums: UnsafeMutablePointer<E>
    ) {
        for i in 0..<count {
            chosen[i] = UnsafeRawPointer(choices).loadUnaligned(fromByteOffset: i * E.bitWidth / 8, as: E.self)
            sums[i] = sums[i] &+ Gilboa<E>.sum(UnsafeRawPointer(strings + i * E.bitWidth))
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func send(
        _ count: Int, _ zero: UnsafePointer<Block128>, _ one: UnsafePointer<Block128>, _ payload: UnsafeMutableRawPointer,
        _ sent: UnsafeMutablePointer<E>, _ sums: UnsafeMutablePointer<E>
    ) {
        for i in 0..<count {
            let x = UnsafeRawPointer(zero + i * E.bitWidth), y = UnsafeRawPointer(one + i * E.bitWidth)
            let u = Gilboa<E>.value(y, 0) &- Gilboa<E>.value(x, 0)
            sent[i] = u
            sums[i] = sums[i] &- Gilboa<E>.send(x, y, u, into: payload + i * Gilboa<E>.bytes)
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func finish(
        _ count: Int, _ payload: UnsafeRawPointer, _ chosen: UnsafePointer<E>, _ sums: UnsafeMutablePointer<E>
    ) {
        for i in 0..<count { sums[i] = sums[i] &+ Gilboa<E>.finish(chosen[i], payload + i * Gilboa<E>.bytes) }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func addProducts(_ a: UnsafePointer<E>, _ b: UnsafePointer<E>, into c: UnsafeMutablePointer<E>, _ count: Int) {
        for i in 0..<count { c[i] = c[i] &+ a[i] &* b[i] }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func completeSquares(_ a: UnsafePointer<E>, _ c: UnsafeMutablePointer<E>, _ count: Int) {
        for i in 0..<count { c[i] = c[i] &+ c[i] &+ a[i] &* a[i] }
    }
}
