import Arithmetic
import ObliviousTransfer
import SandboxCore

extension TransferCorrelations {
    /// One transfer and one byte for a product.
    func privateBitBytes(_ batch: CorrelationBatch) async throws {
        let own = batch.output(0, UInt64.self)
        let bytes = UnsafeMutableRawBufferPointer(batch.words(1)).bindMemory(to: UInt8.self)
        let sent = Self.share(of: batch.count, sender: party)
        random.fill(UnsafeMutableRawBufferPointer(start: own.base + sent.lowerBound, count: 8 * sent.count))
        let shares = (0..<2).map { Self.share(of: batch.count, sender: $0) }
        try await engine.run(CrossBitBytes(shares, party, own: own, bytes: DisjointBuffer(bytes)))
    }
}

/// Shares modulo 256 of u v for bits u of the party that sends and v, the choice, of the other: with x, y the strings, the sender's share
/// is -x, and x - y + u turns the string of choice 1 into x + u.
final class CrossBitBytes: TransferProgram {
    /// Words of each direction.
    private let words: [Range<Int>]
    private let party: Int
    private let own: DisjointBuffer<UInt64>
    private let bytes: DisjointBuffer<UInt8>

    init(_ words: [Range<Int>], _ party: Int, own: DisjointBuffer<UInt64>, bytes: DisjointBuffer<UInt8>) {
        self.words = words
        self.party = party
        self.own = own
        self.bytes = bytes
    }

    func transfers(sender: Int) -> Int { 64 * words[sender].count }
    func payloadBytes(_ range: Range<Int>, sender: Int) -> Int { range.count }

    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>) {
        let first = words[1 - party].lowerBound + range.lowerBound / 64
        for k in 0..<range.count / 64 { own.base[first + k] = choices[k] }
        let out = bytes.base + 64 * first
        for j in 0..<range.count { out[j] = UInt8(truncatingIfNeeded: strings[j].low) }
    }

    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer
    ) {
        let first = words[party].lowerBound + range.lowerBound / 64
        let out = bytes.base + 64 * first, message = payload.assumingMemoryBound(to: UInt8.self)
        for j in 0..<range.count {
            let x = UInt8(truncatingIfNeeded: zero[j].low), y = UInt8(truncatingIfNeeded: one[j].low)
            let u = UInt8(truncatingIfNeeded: own.base[first + j / 64] >> UInt64(j % 64) & 1)
            out[j] = 0 &- x
            message[j] = x &- y &+ u
        }
    }

    func finish(_ range: Range<Int>, payload: UnsafeRawPointer) {
        let first = words[1 - party].lowerBound + range.lowerBound / 64
        let out = bytes.base + 64 * first, message = payload.assumingMemoryBound(to: UInt8.self)
        for j in 0..<range.count {
            let choice = UInt8(truncatingIfNeeded: own.base[first + j / 64] >> UInt64(j % 64) & 1)
            out[j] &+= message[j] & (0 &- choice)
        }
    }
}
