import Arithmetic
import ObliviousTransfer
import SandboxCore

extension TransferCorrelations {
    /// One transfer in each direction for a triple or a pair of them with a common factor: the common factor is the choice.
    func bitProducts(_ batch: CorrelationBatch) async throws {
        let planes = batch.kind == .bitProducts ? 1 : 2
        let a = batch.output(0, UInt64.self)
        let factors = (1...planes).map { batch.output($0, UInt64.self) }
        let sums = (1...planes).map { batch.output(planes + $0, UInt64.self) }
        let all = 0..<batch.count
        try await engine.run(CrossBitProducts([all, all], party, sent: factors, chosen: a, sums: sums))
        for (factor, sum) in zip(factors, sums) {
            for i in all { sum.base[i] ^= a.base[i] & factor.base[i] }
        }
    }

    /// One transfer for a product.
    func privateBitProducts(_ batch: CorrelationBatch) async throws {
        let own = batch.output(0, UInt64.self), sum = batch.output(1, UInt64.self)
        let shares = (0..<2).map { Self.share(of: batch.count, sender: $0) }
        try await engine.run(CrossBitProducts(shares, party, sent: [own], chosen: own, sums: [sum]))
    }
}

/// XOR shares of u & v, where the party that sends knows u and the other knows v, both random, from a random transfer of bits
/// x, y with u = x ^ y and v the choice: the string of choice v is x ^ u v, so nothing is sent (G. Asharov, Y. Lindell,
/// T. Schneider, M. Zohner, CCS 2013, section 5.4). Bit p of the strings serves plane p; all planes have the same v.
final class CrossBitProducts: TransferProgram {
    /// Words of each direction.
    private let words: [Range<Int>]
    private let party: Int
    private let sent: [DisjointBuffer<UInt64>]
    private let chosen: DisjointBuffer<UInt64>
    private let sums: [DisjointBuffer<UInt64>]

    /// u goes to `sent`, v to `chosen`; shares are added to `sums`.
    init(
        _ words: [Range<Int>], _ party: Int, sent: [DisjointBuffer<UInt64>], chosen: DisjointBuffer<UInt64>,
        sums: [DisjointBuffer<UInt64>]
    ) {
        self.words = words
        self.party = party
        self.sent = sent
        self.chosen = chosen
        self.sums = sums
    }

    func transfers(sender: Int) -> Int { 64 * words[sender].count }
    func payloadBytes(_ range: Range<Int>, sender: Int) -> Int { 0 }

    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>) {
        let first = words[1 - party].lowerBound + range.lowerBound / 64
        for k in 0..<range.count / 64 {
            chosen.base[first + k] = choices[k]
            for plane in sums.indices { sums[plane].base[first + k] ^= Self.bits(plane, strings + 64 * k) }
        }
    }

    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer
    ) {
        let first = words[party].lowerBound + range.lowerBound / 64
        for k in 0..<range.count / 64 {
            for plane in sums.indices {
                let x = Self.bits(plane, zero + 64 * k)
                sent[plane].base[first + k] = x ^ Self.bits(plane, one + 64 * k)
                sums[plane].base[first + k] ^= x
            }
        }
    }

    func finish(_ range: Range<Int>, payload: UnsafeRawPointer) {}

    /// Bit `plane` of 64 strings.
    @inline(__always)
    private static func bits(_ plane: Int, _ strings: UnsafePointer<Block128>) -> UInt64 {
        var word: UInt64 = 0
        for j in 0..<64 { word |= (strings[j].low >> UInt64(plane) & 1) << UInt64(j) }
        return word
    }
}
