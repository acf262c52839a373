import Arithmetic
import ObliviousTransfer
import SandboxCore

extension TransferCorrelations {
    /// r = r_0 + r_1 - 2 r_0 r_1 for bits r_0 of the party that sends and r_1 of the other: one transfer for a bit.
    func bits<E: RingElement>(_ batch: CorrelationBatch, _: E.Type) async throws {
        let bits = batch.output(0, UInt64.self)
        random.fill(UnsafeMutableRawBufferPointer(batch.words(0)))
        try await engine.run(BitValues(party, batch.count, bits: bits, values: batch.output(1, E.self)))
    }

    /// One transfer in each direction; one of the two also serves the value of the bit.
    func bitElementProducts<E: RingElement>(_ batch: CorrelationBatch, _: E.Type) async throws {
        try await engine.run(
            BitElementProducts(
                party, batch.count, bits: batch.output(0, UInt64.self), elements: batch.output(1, E.self),
                values: batch.output(2, E.self), products: batch.output(3, E.self)))
    }
}

/// Steps that several programs share: the correlated transfer over a ring (Asharov et al., CCS 2013, section 5.4) of a bit s of the
/// party that sends, with strings x, y: t = x - y + s turns the string of choice 1 into x + s.
enum BitTransfers<E: RingElement> {
    /// The value of s ^ c as a ring element, the sender's share: s + 2 x, and t.
    @inline(__always)
    static func send(_ s: UInt64, _ x: E, _ y: E) -> (share: E, message: E) {
        let s = E(truncatingIfNeeded: s)
        return (s &+ x &+ x, x &- y &+ s)
    }

    /// The receiver's share before t is known: c - 2 string.
    @inline(__always)
    static func receive(_ c: UInt64, _ string: E) -> E { E(truncatingIfNeeded: c) &- string &- string }

    /// What t adds to it.
    @inline(__always)
    static func finish(_ c: UInt64, _ message: E) -> E { (0 &- message &- message) & (0 &- E(truncatingIfNeeded: c)) }

    @inline(__always)
    static func bit(_ words: UnsafePointer<UInt64>, _ i: Int) -> UInt64 { words[i / 64] >> UInt64(i % 64) & 1 }

    /// The first bits of a string.
    @inline(__always)
    static func value(_ strings: UnsafePointer<Block128>, _ i: Int) -> E { UnsafeRawPointer(strings + i).load(as: E.self) }
}

/// Random bits and their values. A word is served by the direction of its half.
final class BitValues<E: RingElement>: TransferProgram {
    private let party: Int
    private let count: Int
    private let bits: DisjointBuffer<UInt64>
    private let values: DisjointBuffer<E>

    /// `bits`: random where this party sends; the receiver's are replaced by its choices.
    init(_ party: Int, _ count: Int, bits: DisjointBuffer<UInt64>, values: DisjointBuffer<E>) {
        self.party = party
        self.count = count
        self.bits = bits
        self.values = values
    }

    private func first(_ sender: Int) -> Int { TransferCorrelations.share(of: count, sender: sender).lowerBound }
    func transfers(sender: Int) -> Int { 64 * TransferCorrelations.share(of: count, sender: sender).count }
    func payloadBytes(_ range: Range<Int>, sender: Int) -> Int { range.count * MemoryLayout<E>.size }

    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>) {
        let word = first(1 - party) + range.lowerBound / 64
        for k in 0..<range.count / 64 { bits.base[word + k] = choices[k] }
        Self.receive(range.count, choices, strings, values.base + 64 * word)
    }

    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer
    ) {
        let word = first(party) + range.lowerBound / 64
        Self.send(range.count, UnsafePointer(bits.base + word), zero, one, payload, values.base + 64 * word)
    }

    func finish(_ range: Range<Int>, payload: UnsafeRawPointer) {
        let word = first(1 - party) + range.lowerBound / 64
        Self.finish(range.count, UnsafePointer(bits.base + word), payload, values.base + 64 * word)
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func receive(
        _ count: Int, _ choices: UnsafePointer<UInt64>, _ strings: UnsafePointer<Block128>, _ values: UnsafeMutablePointer<E>
    ) {
        typealias T = BitTransfers<E>
        for i in 0..<count { values[i] = T.receive(T.bit(choices, i), T.value(strings, i)) }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func send(
        _ count: Int, _ bits: UnsafePointer<UInt64>, _ zero: UnsafePointer<Block128>, _ one: UnsafePointer<Block128>,
        _ payload: UnsafeMutableRawPointer, _ values: UnsafeMutablePointer<E>
    ) {
        typealias T = BitTransfers<E>
        for i in 0..<count {
            let (share, message) = T.send(T.bit(bits, i), T.value(zero, i), T.value(one, i))
            values[i] = share
            payload.storeBytes(of: message, toByteOffset: i * MemoryLayout<E>.size, as: E.self)
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func finish(
        _ count: Int, _ bits: UnsafePointer<UInt64>, _ payload: UnsafeRawPointer, _ values: UnsafeMutablePointer<E>
    ) {
        typealias T = BitTransfers<E>
        for i in 0..<count {
            let message = payload.loadUnaligned(fromByteOffset: i * MemoryLayout<E>.size, as: E.self)
            values[i] = values[i] &+ T.finish(T.bit(bits, i), message)
        }
    }
}

/// Random bits r, random elements a, the values of r and the products r a.
///
/// With r_p the choices of party p, and x, y the strings that it sends: a_p = (1 - 2 r_p) (y - x), so that the receiver's
/// string is x + r_(1-p) (1 - 2 r_p) a_p and r a = sum of r_p a_p + r_(1-p) (1 - 2 r_p) a_p needs no message (after D. Rathee et
/// al., "CrypTFlow2", CCS 2020, section 3.1.2; here a is random). The value of r comes from further bits of the same strings, in
/// the direction of the word's half.
final class BitElementProducts<E: RingElement>: TransferProgram {
    private let party: Int
    private let count: Int
    private let bits: DisjointBuffer<UInt64>
    private let elements, values, products: DisjointBuffer<E>

    init(
        _ party: Int, _ count: Int, bits: DisjointBuffer<UInt64>, elements: DisjointBuffer<E>, values: DisjointBuffer<E>,
        products: DisjointBuffer<E>
    ) {
        self.party = party
        self.count = count
        self.bits = bits
        self.elements = elements
        self.values = values
        self.products = products
    }

    func transfers(sender: Int) -> Int { 64 * count }
    func payloadBytes(_ range: Range<Int>, sender: Int) -> Int { valued(range, sender).count * MemoryLayout<E>.size }

    /// The part of `range` whose values come from this direction.
    private func valued(_ range: Range<Int>, _ sender: Int) -> Range<Int> {
        let share = TransferCorrelations.share(of: count, sender: sender)
        return range.clamped(to: 64 * share.lowerBound..<64 * share.upperBound)
    }

    /// The elements of the strings that serve the values: the upper half over Z_2^64, a further block over Z_2^128.
    private func withValues(
        _ strings: UnsafePointer<Block128>, _ range: Range<Int>, _ body: (UnsafePointer<Block128>) -> Void
    ) {
        withWipedBlocks(max(range.count, 1)) { blocks in
            if E.bitWidth == 64 {
                for i in 0..<range.count { blocks[i].low = strings[i].high }
            } else {
                StringExpansion.block(1, of: strings, first: range.lowerBound, count: range.count, into: blocks)
            }
            body(blocks)
        }
    }

    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>) {
        for k in 0..<range.count / 64 { bits.base[range.lowerBound / 64 + k] = choices[k] }
        Self.add(range.count, strings, products.base + range.lowerBound)
        let valued = valued(range, 1 - party)
        guard !valued.isEmpty else { return }
        withValues(strings + (valued.lowerBound - range.lowerBound), valued) {
            Self.receiveValues(
                valued.count, UnsafePointer(bits.base + valued.lowerBound / 64), $0, values.base + valued.lowerBound)
        }
    }

    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer
    ) {
        let own = UnsafePointer(bits.base + range.lowerBound / 64)
        Self.send(range.count, own, zero, one, elements.base + range.lowerBound, products.base + range.lowerBound)
        let valued = valued(range, party)
        guard !valued.isEmpty else { return }
        let offset = valued.lowerBound - range.lowerBound
        withValues(zero + offset, valued) { x in
            withValues(one + offset, valued) { y in
                Self.sendValues(valued.count, own + offset / 64, x, y, payload, values.base + valued.lowerBound)
            }
        }
    }

    func finish(_ range: Range<Int>, payload: UnsafeRawPointer) {
        let valued = valued(range, 1 - party)
        Self.finishValues(
            valued.count, UnsafePointer(bits.base + valued.lowerBound / 64), payload, values.base + valued.lowerBound)
    }

    private typealias T = BitTransfers<E>

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func add(_ count: Int, _ strings: UnsafePointer<Block128>, _ products: UnsafeMutablePointer<E>) {
        for i in 0..<count { products[i] = products[i] &+ T.value(strings, i) }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func send(
        _ count: Int, _ bits: UnsafePointer<UInt64>, _ zero: UnsafePointer<Block128>, _ one: UnsafePointer<Block128>,
        _ elements: UnsafeMutablePointer<E>, _ products: UnsafeMutablePointer<E>
    ) {
        for i in 0..<count {
            let mask = 0 &- E(truncatingIfNeeded: T.bit(bits, i))
            let x = T.value(zero, i), difference = T.value(one, i) &- x
            let a = (difference ^ mask) &- mask
            elements[i] = a
            products[i] = products[i] &+ (a & mask) &- x
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func receiveValues(
        _ count: Int, _ bits: UnsafePointer<UInt64>, _ strings: UnsafePointer<Block128>, _ values: UnsafeMutablePointer<E>
    ) {
        for i in 0..<count { values[i] = T.receive(T.bit(bits, i), T.value(strings, i)) }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func sendValues(
        _ count: Int, _ bits: UnsafePointer<UInt64>, _ zero: UnsafePointer<Block128>, _ one: UnsafePointer<Block128>,
        _ payload: UnsafeMutableRawPointer, _ values: UnsafeMutablePointer<E>
    ) {
        for i in 0..<count {
            let (share, message) = T.send(T.bit(bits, i), T.value(zero, i), T.value(one, i))
            values[i] = share
            payload.storeBytes(of: message, toByteOffset: i * MemoryLayout<E>.size, as: E.self)
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func finishValues(
        _ count: Int, _ bits: UnsafePointer<UInt64>, _ payload: UnsafeRawPointer, _ values: UnsafeMutablePointer<E>
    ) {
        for i in 0..<count {
            let message = payload.loadUnaligned(fromByteOffset: i * MemoryLayout<E>.size, as: E.self)
            values[i] = values[i] &+ T.finish(T.bit(bits, i), message)
        }
    }
}
