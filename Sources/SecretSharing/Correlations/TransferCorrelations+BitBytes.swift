import Arithmetic
import CKernels
import ObliviousTransfer
import SandboxCore

extension TransferCorrelations {
    /// One transfer and one byte for a product.
    func privateBitBytes(_ batch: CorrelationBatch) async throws {
        let sums = batch.words(1)
        let bytes = UnsafeMutableRawPointer(sums.baseAddress!).assumingMemoryBound(to: UInt8.self)
        try await engine.run(
            PrivateBitBytes(
                party, batch.count, own: batch.output(0, UInt64.self),
                sums: DisjointBuffer(UnsafeMutableBufferPointer(start: bytes, count: 8 * sums.count))))
    }
}

/// Shares modulo 256 of u v for random bits u of one party and v of the other. In the direction of a word's half: the party that
/// sends takes for u the ninth bit of x ^ y, and its first bytes serve as strings; t = x - y + u turns the string of choice 1 into
/// x + u (the correlated transfer of Asharov et al., CCS 2013, section 5.4).
final class PrivateBitBytes: TransferProgram {
    private let party: Int
    private let count: Int
    private let own: DisjointBuffer<UInt64>
    private let sums: DisjointBuffer<UInt8>

    init(_ party: Int, _ count: Int, own: DisjointBuffer<UInt64>, sums: DisjointBuffer<UInt8>) {
        self.party = party
        self.count = count
        self.own = own
        self.sums = sums
    }

    func transfers(sender: Int) -> Int { 64 * TransferCorrelations.share(of: count, sender: sender).count }
    func payloadBytes(_ range: Range<Int>, sender: Int) -> Int { range.count }

    private func first(_ range: Range<Int>, _ sender: Int) -> Int {
        64 * TransferCorrelations.share(of: count, sender: sender).lowerBound + range.lowerBound
    }

    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>) {
        let first = first(range, 1 - party)
        for k in 0..<range.count / 64 { own.base[first / 64 + k] = choices[k] }
        for i in 0..<range.count { sums.base[first + i] = UInt8(truncatingIfNeeded: strings[i].low) }
    }

    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer
    ) {
        let first = first(range, party)
        for i in 0..<range.count {
            let x = zero[i].low, y = one[i].low
            let u = (x ^ y) >> 8 & 1
            own.base[(first + i) / 64] |= u << UInt64(i % 64)
            sums.base[first + i] = 0 &- UInt8(truncatingIfNeeded: x)
            payload.storeBytes(of: UInt8(truncatingIfNeeded: x &- y &+ u), toByteOffset: i, as: UInt8.self)
        }
    }

    func finish(_ range: Range<Int>, payload: UnsafeRawPointer) {
        let first = first(range, 1 - party)
        for i in 0..<range.count {
            let mask = yinhe_opaque(0 &- (own.base[(first + i) / 64] >> UInt64(i % 64) & 1))
            sums.base[first + i] &+= payload.load(fromByteOffset: i, as: UInt8.self) & UInt8(truncatingIfNeeded: mask)
        }
    }
}
