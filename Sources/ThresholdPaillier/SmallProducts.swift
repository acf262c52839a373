import Arithmetic
import ObliviousTransfer
import SandboxCore

/// Shares of many products u v modulo small primes, u with the party that sends and v with the other: one transfer for each bit of v
/// (N. Gilboa, "Two party RSA key generation", CRYPTO 1999, section 4.1).
///
/// With x, y the strings of the transfer of bit k as residues, t = x - y + 2^k u: the receiver takes x, or y + t = x + 2^k u, and adds
/// them up; the sender's share is minus the sum of its x. Factors lie candidate after candidate, a residue for each prime.
final class SmallProducts: TransferProgram, Sendable {
    private let party: Int
    private let candidates: Int
    private let moduli: SmallModuli
    /// Of this party as sender (u) and as receiver (v); nil where nothing goes that way.
    private let sent: HugeBuffer<UInt16>?
    private let received: HugeBuffer<UInt16>?
    /// x of each transfer that is sent; the string, then the sum's part, of each that is received.
    private let sentStrings: HugeBuffer<UInt16>
    private let receivedStrings: HugeBuffer<UInt16>
    /// Of each transfer of a candidate: which prime, which bit.
    private let places: [Place]

    private struct Place {
        let item: Int32, bit: UInt16, modulus: UInt16
        /// floor((2^64 - 1) / modulus).
        let inverse: UInt64
    }

    init(_ party: Int, _ moduli: SmallModuli, candidates: Int, sending: HugeBuffer<UInt16>?, receiving: HugeBuffer<UInt16>?) {
        let factors = candidates * moduli.moduli.count
        precondition(sending.map { $0.count == factors } ?? true && receiving.map { $0.count == factors } ?? true)
        self.party = party
        self.candidates = candidates
        self.moduli = moduli
        sent = sending
        received = receiving
        sentStrings = HugeBuffer(count: sending == nil ? 0 : candidates * moduli.transfers, wiped: true)
        receivedStrings = HugeBuffer(count: receiving == nil ? 0 : candidates * moduli.transfers, wiped: true)
        places = moduli.moduli.indices.flatMap { i in
            (0..<moduli.bits[i]).map {
                Place(item: Int32(i), bit: UInt16($0), modulus: UInt16(moduli.moduli[i]), inverse: UInt64.max / moduli.moduli[i])
            }
        }
    }

    var chunk: Int { 1 << 16 }
    var choosesBits: Bool { true }
    func transfers(sender: Int) -> Int { sender == party ? sentStrings.count : receivedStrings.count }
    func payloadBytes(_ range: Range<Int>, sender: Int) -> Int { 2 * range.count }

    /// The residue floor(s m / 2^128) of a uniform string s: off uniform by m 2^-128 at most, and without a division.
    @inline(__always)
    private static func residue(_ s: Block128, _ m: UInt64) -> UInt64 {
        let low = s.low.multipliedFullWidth(by: m).high
        let high = s.high.multipliedFullWidth(by: m)
        let (_, carry) = high.low.addingReportingOverflow(low)
        return high.high &+ (carry ? 1 : 0)
    }

    /// a mod m for a < 2^33, without a division or a branch.
    @inline(__always)
    private static func reduce(_ a: UInt64, _ m: UInt64, _ inverse: UInt64) -> UInt64 {
        let r = a &- a.multipliedFullWidth(by: inverse).high &* m
        let over = r &- m
        return over &+ (m & (0 &- (over >> 63)))
    }

    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>) {
        let v = received!.pointer, out = receivedStrings.pointer, width = moduli.moduli.count
        for k in 0..<(range.count + 63) / 64 { choices[k] = 0 }
        places.withUnsafeBufferPointer { places in
            var (candidate, k) = range.lowerBound.quotientAndRemainder(dividingBy: places.count)
            for j in 0..<range.count {
                let place = places[k]
                let factor = v[candidate * width + Int(place.item)]
                choices[j / 64] |= UInt64(factor >> place.bit & 1) << UInt64(j % 64)
                out[range.lowerBound + j] = UInt16(truncatingIfNeeded: Self.residue(strings[j], UInt64(place.modulus)))
                k += 1
                if k == places.count { (k, candidate) = (0, candidate + 1) }
            }
        }
    }

    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer
    ) {
        let u = sent!.pointer, out = sentStrings.pointer, width = moduli.moduli.count
        places.withUnsafeBufferPointer { places in
            var (candidate, k) = range.lowerBound.quotientAndRemainder(dividingBy: places.count)
            for j in 0..<range.count {
                let place = places[k], m = UInt64(place.modulus)
                let x = Self.residue(zero[j], m), y = Self.residue(one[j], m)
                let factor = UInt64(u[candidate * width + Int(place.item)]) << UInt64(place.bit)
                let t = Self.reduce(x &+ m &- y &+ factor, m, place.inverse)
                out[range.lowerBound + j] = UInt16(truncatingIfNeeded: x)
                payload.storeBytes(of: UInt16(truncatingIfNeeded: t).littleEndian, toByteOffset: 2 * j, as: UInt16.self)
                k += 1
                if k == places.count { (k, candidate) = (0, candidate + 1) }
            }
        }
    }

    func finish(_ range: Range<Int>, payload: UnsafeRawPointer) {
        let v = received!.pointer, out = receivedStrings.pointer, width = moduli.moduli.count
        places.withUnsafeBufferPointer { places in
            var (candidate, k) = range.lowerBound.quotientAndRemainder(dividingBy: places.count)
            for j in 0..<range.count {
                let place = places[k]
                let chosen = 0 &- UInt64(v[candidate * width + Int(place.item)] >> place.bit & 1)
                let t = UInt64(UInt16(littleEndian: payload.loadUnaligned(fromByteOffset: 2 * j, as: UInt16.self)))
                // A peer's t may be any 16 bits: reduced as well.
                let sum = UInt64(out[range.lowerBound + j]) &+ (t & chosen)
                out[range.lowerBound + j] = UInt16(truncatingIfNeeded: Self.reduce(sum, UInt64(place.modulus), place.inverse))
                k += 1
                if k == places.count { (k, candidate) = (0, candidate + 1) }
            }
        }
    }

    /// Adds this party's shares of the products in which it sent to `out`, a residue for each candidate and prime.
    func addSentShares(to out: UnsafeMutablePointer<UInt16>, threads: Int) {
        addShares(sentStrings, to: out, threads) { sum, m in (m << 16) &- sum }
    }

    /// The same for the products in which it received.
    func addReceivedShares(to out: UnsafeMutablePointer<UInt16>, threads: Int) {
        addShares(receivedStrings, to: out, threads) { sum, _ in sum }
    }

    private func addShares(
        _ parts: HugeBuffer<UInt16>, to out: UnsafeMutablePointer<UInt16>, _ threads: Int,
        _ share: @Sendable (_ sum: UInt64, _ modulus: UInt64) -> UInt64
    ) {
        let width = moduli.moduli.count
        let out = DisjointBuffer(UnsafeMutableBufferPointer(start: out, count: candidates * width))
        // Nothing in here throws.
        try! Parallel.forEachChunk(of: candidates, chunk: 16, threads: threads) { range in
            for candidate in range {
                var next = parts.pointer + candidate * moduli.transfers
                for (i, bits) in moduli.bits.enumerated() {
                    let m = moduli.moduli[i]
                    // At most 16 parts below 2^16.
                    var sum: UInt64 = 0
                    for k in 0..<bits { sum &+= UInt64(next[k]) }
                    let total = UInt64(out.base[candidate * width + i]) &+ share(sum, m)
                    out.base[candidate * width + i] = UInt16(truncatingIfNeeded: Self.reduce(total, m, UInt64.max / m))
                    next += bits
                }
            }
        }
    }
}
