import Arithmetic
import ObliviousTransfer
import SandboxCore

extension TransferCorrelations {
    /// a_0 b_1 and a_1 b_0, each shared by a program of its direction; the rest is local.
    func products<E: RingElement>(_ batch: CorrelationBatch, _: E.Type) async throws {
        let (a, b, c) = (batch.output(0, E.self), batch.output(1, E.self), batch.output(2, E.self))
        let all = 0..<batch.count
        let program = CrossProducts(
            [all, all], party, sent: b, chosen: a, sums: c)
        try await engine.run(program)
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

/// Shares of u v, where the party that sends knows u and the other knows v, both random: N. Gilboa, "Two party RSA key
/// generation", CRYPTO 1999, section 4.1, one transfer for each bit of v.
///
/// With x_i, y_i the strings of transfer i of an item: u = y_0 - x_0, v has the choices as bits, the sender's share is
/// -sum of 2^i x_i, and t_i = x_i - y_i + u, of which the n - i low bits count, turns the string of choice 1 into x_i + u. The
/// message pairs t_k with t_(n-k): word k is 2^k t_k + (t_(n-k) mod 2^k), for k below n/2; then the low half of t_(n/2).
final class CrossProducts<E: RingElement>: TransferProgram {
    static var bits: Int { E.bitWidth }
    static var half: Int { E.bitWidth / 2 }
    /// 252 for 64 bits, 1016 for 128.
    static var payloadBytes: Int { (half - 1) * E.bitWidth / 8 + half / 8 }

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

    func transfers(sender: Int) -> Int { items[sender].count * Self.bits }
    func payloadBytes(_ range: Range<Int>, sender: Int) -> Int { range.count / Self.bits * Self.payloadBytes }
    /// Half a MiB of payload or less.
    var chunk: Int { E.bitWidth == 64 ? RandomOT.chunk : RandomOT.chunk / 2 }

    private func item(_ range: Range<Int>, _ sender: Int) -> Int { items[sender].lowerBound + range.lowerBound / Self.bits }

    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>) {
        let first = item(range, 1 - party)
        Self.receive(range.count / Self.bits, choices, strings, chosen.base + first, sums.base + first)
    }

    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer
    ) {
        let first = item(range, party)
        Self.send(range.count / Self.bits, zero, one, payload, sent.base + first, sums.base + first)
    }

    func finish(_ range: Range<Int>, payload: UnsafeRawPointer) {
        let first = item(range, 1 - party)
        Self.finish(range.count / Self.bits, payload, UnsafePointer(chosen.base + first), sums.base + first)
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func receive(
        _ count: Int, _ choices: UnsafePointer<UInt64>, _ strings: UnsafePointer<Block128>, _ chosen: UnsafeMutablePointer<E>,
        _ sums: UnsafeMutablePointer<E>
    ) {
        let choices = UnsafeRawPointer(choices)
        for item in 0..<count {
            chosen[item] = choices.loadUnaligned(fromByteOffset: item * E.bitWidth / 8, as: E.self)
            let x = strings + item * E.bitWidth
            var sum: E = 0
            for i in 0..<E.bitWidth { sum = sum &+ value(x, i) &<< E(truncatingIfNeeded: i) }
            sums[item] = sums[item] &+ sum
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func send(
        _ count: Int, _ zero: UnsafePointer<Block128>, _ one: UnsafePointer<Block128>, _ payload: UnsafeMutableRawPointer,
        _ sent: UnsafeMutablePointer<E>, _ sums: UnsafeMutablePointer<E>
    ) {
        let bits = E.bitWidth, half = bits / 2
        for item in 0..<count {
            let (x, y) = (zero + item * bits, one + item * bits)
            let out = payload + item * payloadBytes
            let u = value(y, 0) &- value(x, 0)
            sent[item] = u
            var sum = value(x, 0)
            for k in 1..<half {
                let j = bits - k
                let (low, high) = (value(x, k), value(x, j))
                sum = sum &+ low &<< E(truncatingIfNeeded: k) &+ high &<< E(truncatingIfNeeded: j)
                let word = (low &- value(y, k) &+ u) &<< E(truncatingIfNeeded: k)
                let rest = (high &- value(y, j) &+ u) & ((1 &<< E(truncatingIfNeeded: k)) &- 1)
                out.storeBytes(of: word | rest, toByteOffset: (k - 1) * bits / 8, as: E.self)
            }
            sum = sum &+ value(x, half) &<< E(truncatingIfNeeded: half)
            var middle = value(x, half) &- value(y, half) &+ u
            withUnsafeBytes(of: &middle) { (out + (half - 1) * bits / 8).copyMemory(from: $0.baseAddress!, byteCount: half / 8) }
            sums[item] = sums[item] &- sum
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func finish(
        _ count: Int, _ payload: UnsafeRawPointer, _ chosen: UnsafePointer<E>, _ sums: UnsafeMutablePointer<E>
    ) {
        let bits = E.bitWidth, half = bits / 2
        for item in 0..<count {
            let input = payload + item * payloadBytes
            let v = chosen[item]
            func mask(_ i: Int) -> E { 0 &- (v &>> E(truncatingIfNeeded: i) & 1) }
            var sum: E = 0
            for k in 1..<half {
                let word = input.loadUnaligned(fromByteOffset: (k - 1) * bits / 8, as: E.self)
                let low = word & (0 &- (1 &<< E(truncatingIfNeeded: k)))
                sum = sum &+ low & mask(k) &+ (word &<< E(truncatingIfNeeded: bits - k)) & mask(bits - k)
            }
            var middle: E = 0
            withUnsafeMutableBytes(of: &middle) {
                $0.baseAddress!.copyMemory(from: input + (half - 1) * bits / 8, byteCount: half / 8)
            }
            sum = sum &+ (middle &<< E(truncatingIfNeeded: half)) & mask(half)
            sums[item] = sums[item] &+ sum
        }
    }

    /// The first bits of a string.
    @inline(__always)
    private static func value(_ strings: UnsafePointer<Block128>, _ i: Int) -> E {
        UnsafeRawPointer(strings + i).load(as: E.self)
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
