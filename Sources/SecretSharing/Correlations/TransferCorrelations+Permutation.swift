import Arithmetic
import ObliviousTransfer
import SandboxCore

extension TransferCorrelations {
    /// The owner sets the switches of a network by transfers (P. Mohassel, S. Sadeghian, "How to hide circuits in MPC", EUROCRYPT
    /// 2013, section 3.1: oblivious switching network), all in one flight; the other party chooses the values of all wires.
    func permutations<E: RingElement>(
        _ batch: CorrelationBatch, owner: Int, rows: Int, width: Int, _: E.Type
    ) async throws {
        let random = BufferedRandom(seededBy: random)
        let network = SwitchingNetwork(max(rows, 1))
        for item in 0..<batch.count {
            let seed = try await engine.publicSeed()
            let size = rows * width
            if party != owner {
                let (a, b) = (batch.output(0, E.self).base + item * size, batch.output(1, E.self).base + item * size)
                random.fill(UnsafeMutableRawBufferPointer(start: a, count: size * MemoryLayout<E>.size))
                b.update(from: a, count: size)
                for columns in Self.columnBlocks(width) {
                    let place = DisjointBuffer(UnsafeMutableBufferPointer(start: b, count: size))
                    try await engine.run(SwitchSender<E>(network, owner, width, columns, wires: place, seed: seed))
                }
                continue
            }
            let p = batch.words(0).baseAddress! + item * rows
            for (i, from) in random.permutation(rows).enumerated() { p[i] = UInt64(from) }
            nonisolated(unsafe) let chosen = p
            let settings = try await Parallel.offload { SwitchSettings(chosen, network) }
            for columns in Self.columnBlocks(width) {
                let program = SwitchReceiver<E>(settings, owner, columns, seed: seed)
                try await engine.run(program)
                program.write(to: batch.output(1, E.self).base + item * size, width: width)
            }
        }
    }

    /// Elements of a row that share transfers.
    private static func columnBlocks(_ width: Int) -> [Range<Int>] {
        stride(from: 0, to: width, by: 32).map { $0..<min(width, $0 + 32) }
    }
}

/// What both ends of a switching network have in common. Switch (i, j) with values w_i, w_j in and v_i, v_j out, all known to the
/// party that sends: its strings are x for straight and y for exchanged, `columns` ring elements each, and it takes
///
///     v_i = w_i - x,    v_j = w_j + x - s,    and says t = w_j - w_i + x - y,
///
/// with s a public random value of the switch. The owner gets in_i - v_i = its string plus, when exchanged, t, and in_j - v_j = s
/// less that, where in is what its setting brings to the place.
class SwitchProgram<E: RingElement> {
    fileprivate let network: SwitchingNetwork
    fileprivate let columns: Range<Int>
    private let owner: Int
    private let publicStream: AES128

    fileprivate init(_ network: SwitchingNetwork, _ owner: Int, _ columns: Range<Int>, _ seed: Block128) {
        self.network = network
        self.columns = columns
        self.owner = owner
        publicStream = AES128(key: seed)
    }

    var size: Int { MemoryLayout<E>.size }
    func transfers(sender: Int) -> Int { sender == owner ? 0 : network.switches }
    func payloadBytes(_ range: Range<Int>, sender: Int) -> Int { range.count * columns.count * size }
    var tile: Int { max(256, RandomOT.tile / max(1, columns.count * size / 16) / 256 * 256) }
    var chunk: Int { max(tile, min(RandomOT.chunk, (1 << 20) / (columns.count * size)) / tile * tile) }
    var isOrdered: Bool { true }
    var choosesBits: Bool { true }

    /// The elements of strings, switch by switch.
    fileprivate func elements(
        _ strings: UnsafePointer<Block128>, _ range: Range<Int>, _ body: (UnsafePointer<E>) -> Void
    ) {
        let width = columns.count, perBlock = 16 / size
        withWipedBlocks((range.count * width * size + 15) / 16 + range.count) { memory in
            let out = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: E.self)
            let plane = memory + (range.count * width * size + 15) / 16
            for block in 0..<(width + perBlock - 1) / perBlock {
                if block > 0 {
                    StringExpansion.block(block, of: strings, first: range.lowerBound, count: range.count, into: plane)
                } else {
                    plane.update(from: strings, count: range.count)
                }
                let copied = min(perBlock, width - block * perBlock)
                Self.place(UnsafeRawPointer(plane), range.count, copied, into: out + block * perBlock, stride: width)
            }
            body(UnsafePointer(out))
        }
    }

    /// `copied` elements of each block, `stride` elements apart.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func place(
        _ blocks: UnsafeRawPointer, _ count: Int, _ copied: Int, into out: UnsafeMutablePointer<E>, stride: Int
    ) {
        for k in 0..<copied {
            for i in 0..<count {
                out[i * stride + k] = blocks.load(fromByteOffset: 16 * i + k * MemoryLayout<E>.size, as: E.self)
            }
        }
    }

    /// The public values of switches, which begin at a multiple of 256.
    fileprivate func publicValues(_ range: Range<Int>, _ body: (UnsafePointer<E>) -> Void) {
        let bytes = range.count * columns.count * size
        withWipedBlocks((bytes + 15) / 16) { memory in
            publicStream.stream(
                into: UnsafeMutableRawBufferPointer(start: memory, count: bytes),
                fromBlock: UInt64(range.lowerBound * columns.count * size / 16), lane: UInt64(columns.lowerBound))
            body(UnsafeRawPointer(memory).assumingMemoryBound(to: E.self))
        }
    }
}

/// The party that chooses all values. One run.
final class SwitchSender<E: RingElement>: SwitchProgram<E>, TransferProgram, @unchecked Sendable {
    private let width: Int
    private let wires: DisjointBuffer<E>
    private var cursor: SwitchingNetwork.Cursor

    /// `wires`: rows of `width` elements, inputs at first and outputs in the end.
    init(
        _ network: SwitchingNetwork, _ owner: Int, _ width: Int, _ columns: Range<Int>, wires: DisjointBuffer<E>, seed: Block128
    ) {
        self.width = width
        self.wires = wires
        cursor = SwitchingNetwork.Cursor(network)
        super.init(network, owner, columns, seed)
    }

    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>) {}
    func finish(_ range: Range<Int>, payload: UnsafeRawPointer) {}

    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer
    ) {
        elements(zero, range) { x in
            elements(one, range) { y in
                publicValues(range) { s in
                    Self.pass(
                        &cursor, range.count, columns.count, x, y, s, wires.base + columns.lowerBound, width, payload)
                }
            }
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func pass(
        _ cursor: inout SwitchingNetwork.Cursor, _ count: Int, _ columns: Int, _ x: UnsafePointer<E>, _ y: UnsafePointer<E>,
        _ s: UnsafePointer<E>, _ wires: UnsafeMutablePointer<E>, _ width: Int, _ payload: UnsafeMutableRawPointer
    ) {
        for switchIndex in 0..<count {
            let (_, i, j) = cursor.advance()
            let (wi, wj) = (wires + i * width, wires + j * width)
            for k in 0..<columns {
                let place = switchIndex * columns + k
                let (a, b) = (wi[k], wj[k])
                wi[k] = a &- x[place]
                wj[k] = b &+ x[place] &- s[place]
                payload.storeBytes(of: b &- a &+ x[place] &- y[place], toByteOffset: place * MemoryLayout<E>.size, as: E.self)
            }
        }
    }
}

/// The party that knows the permutation. One run.
final class SwitchReceiver<E: RingElement>: SwitchProgram<E>, TransferProgram, @unchecked Sendable {
    private let settings: SwitchSettings
    /// What strings and public values, and what messages, add up to along the paths.
    private let ofStrings, ofMessages: HugeBuffer<E>
    private var choosing, reading, finishing: SwitchingNetwork.Cursor

    init(_ settings: SwitchSettings, _ owner: Int, _ columns: Range<Int>, seed: Block128) {
        self.settings = settings
        let network = settings.network
        ofStrings = HugeBuffer(count: network.count * columns.count, wiped: true)
        ofMessages = HugeBuffer(count: network.count * columns.count, wiped: true)
        choosing = SwitchingNetwork.Cursor(network)
        reading = SwitchingNetwork.Cursor(network)
        finishing = SwitchingNetwork.Cursor(network)
        super.init(network, owner, columns, seed)
    }

    /// The sum of both for every row, into rows of `width` elements.
    func write(to out: UnsafeMutablePointer<E>, width: Int) {
        let n = columns.count
        for i in 0..<network.count {
            for k in 0..<n {
                out[i * width + columns.lowerBound + k] = ofStrings.pointer[i * n + k] &+ ofMessages.pointer[i * n + k]
            }
        }
    }

    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer
    ) {}

    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>) {
        for k in 0..<(range.count + 63) / 64 {
            var word: UInt64 = 0
            for b in 0..<min(64, range.count - 64 * k) {
                let (layer, low, _) = choosing.advance()
                word |= settings.bit(layer, low) << UInt64(b)
            }
            choices[k] = word
        }
        elements(strings, range) { x in
            publicValues(range) { s in
                Self.pass(&reading, settings, range.count, columns.count, x, s, ofStrings.pointer)
            }
        }
    }

    func finish(_ range: Range<Int>, payload: UnsafeRawPointer) {
        Self.pass(&finishing, settings, range.count, columns.count, payload, ofMessages.pointer)
    }

    /// Exchanges what has come to both places, then adds the string to one and the rest of s to the other.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func pass(
        _ cursor: inout SwitchingNetwork.Cursor, _ settings: SwitchSettings, _ count: Int, _ columns: Int, _ x: UnsafePointer<E>,
        _ s: UnsafePointer<E>, _ sums: UnsafeMutablePointer<E>
    ) {
        for switchIndex in 0..<count {
            let (layer, i, j) = cursor.advance()
            let mask = 0 &- E(truncatingIfNeeded: settings.bit(layer, i))
            for k in 0..<columns {
                let place = switchIndex * columns + k
                let (a, b) = (sums[i * columns + k], sums[j * columns + k])
                let exchange = (a ^ b) & mask
                sums[i * columns + k] = (a ^ exchange) &+ x[place]
                sums[j * columns + k] = (b ^ exchange) &+ s[place] &- x[place]
            }
        }
    }

    /// The same for the message, which counts where the switch exchanges.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func pass(
        _ cursor: inout SwitchingNetwork.Cursor, _ settings: SwitchSettings, _ count: Int, _ columns: Int,
        _ payload: UnsafeRawPointer, _ sums: UnsafeMutablePointer<E>
    ) {
        for switchIndex in 0..<count {
            let (layer, i, j) = cursor.advance()
            let mask = 0 &- E(truncatingIfNeeded: settings.bit(layer, i))
            for k in 0..<columns {
                let t = payload.loadUnaligned(
                    fromByteOffset: (switchIndex * columns + k) * MemoryLayout<E>.size, as: E.self) & mask
                let (a, b) = (sums[i * columns + k], sums[j * columns + k])
                let exchange = (a ^ b) & mask
                sums[i * columns + k] = (a ^ exchange) &+ t
                sums[j * columns + k] = (b ^ exchange) &- t
            }
        }
    }
}
