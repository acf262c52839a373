import Arithmetic
import ObliviousTransfer
import SandboxCore

extension TransferCorrelations {
    /// A_0 B_1 and A_1 B_0 by transfers, one direction each; the rest is local.
    func matrixProducts<E: RingElement>(
        _ batch: CorrelationBatch, _ rows: Int, _ inner: Int, _ columns: Int, _: E.Type
    ) async throws {
        let (a, b, c) = (batch.output(0, E.self), batch.output(1, E.self), batch.output(2, E.self))
        for item in 0..<batch.count {
            let a = a.base + item * rows * inner, b = b.base + item * inner * columns, c = c.base + item * rows * columns
            let cross = MatrixShape(rows, inner, columns)
            let parts = MatrixParts<E>(cross, random: random)
            try await run(parts, directions: [true, true])
            parts.write(a: a, b: b)
            parts.addSums(to: c)
            nonisolated(unsafe) let (x, y, z) = (a, b, c)
            try await Parallel.offload { RingKernels.addMatrixProduct(into: z, x, y, rows, inner, columns) }
        }
    }

    /// Party 0 knows A, party 1 knows B: one direction, from the party whose matrix is larger.
    func privateMatrixProducts<E: RingElement>(
        _ batch: CorrelationBatch, _ rows: Int, _ inner: Int, _ columns: Int, _: E.Type
    ) async throws {
        let (own, c) = (batch.output(0, E.self), batch.output(1, E.self))
        let factor = party == 0 ? rows * inner : inner * columns
        for item in 0..<batch.count {
            let shape = MatrixShape(rows, inner, columns)
            let parts = MatrixParts<E>(shape, random: random)
            let sender = shape.choosesA ? 1 : 0
            try await run(parts, directions: [sender == 0, sender == 1])
            let place = own.base + item * factor
            parts.write(a: party == 0 ? place : nil, b: party == 1 ? place : nil)
            parts.addSums(to: c.base + item * rows * columns)
        }
    }

    private func run<E: RingElement>(_ parts: MatrixParts<E>, directions: [Bool]) async throws {
        for first in stride(from: 0, to: parts.shape.width, by: CrossMatrices<E>.blockColumns) {
            let block = first..<min(parts.shape.width, first + CrossMatrices<E>.blockColumns)
            try await engine.run(CrossMatrices(parts, block, party, directions))
        }
    }
}

/// How A B is computed as M N, where M is chosen by one party bit by bit and N is known to the other: M = A and N = B, or transposed
/// M = B^T and N = A^T, whichever has the smaller M. M is height x depth, N depth x width.
struct MatrixShape: Sendable {
    let choosesA: Bool
    let height, depth, width: Int

    init(_ rows: Int, _ inner: Int, _ columns: Int) {
        choosesA = rows <= columns
        height = min(rows, columns)
        depth = inner
        width = max(rows, columns)
    }
}

/// One party's M (of the direction in which it receives), N (in which it sends) and sums.
final class MatrixParts<E: RingElement>: Sendable {
    let shape: MatrixShape
    let chosen, sent, sums: HugeBuffer<E>

    /// N is random.
    init(_ shape: MatrixShape, random: any RandomSource) {
        self.shape = shape
        chosen = HugeBuffer(count: shape.height * shape.depth, wiped: true)
        sent = HugeBuffer(count: shape.depth * shape.width, wiped: true)
        sums = HugeBuffer(count: shape.height * shape.width, wiped: true)
        BufferedRandom(seededBy: random).fill(UnsafeMutableRawBufferPointer(sent.buffer))
    }

    /// The own shares of A and B, where they are wanted.
    func write(a: UnsafeMutablePointer<E>?, b: UnsafeMutablePointer<E>?) {
        if shape.choosesA {
            a?.update(from: chosen.pointer, count: chosen.count)
            b?.update(from: sent.pointer, count: sent.count)
        } else {
            if let b { Self.transpose(chosen.pointer, shape.height, shape.depth, into: b) }
            if let a { Self.transpose(sent.pointer, shape.depth, shape.width, into: a) }
        }
    }

    /// To a zero C.
    func addSums(to c: UnsafeMutablePointer<E>) {
        if shape.choosesA {
            c.update(from: sums.pointer, count: sums.count)
        } else {
            Self.transpose(sums.pointer, shape.height, shape.width, into: c)
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func transpose(_ m: UnsafePointer<E>, _ rows: Int, _ columns: Int, into out: UnsafeMutablePointer<E>) {
        for i in 0..<rows { for j in 0..<columns { out[j * rows + i] = m[i * columns + j] } }
    }
}

/// Shares of M N for the columns `block` of N. The strings of the transfers of one element of M serve a whole row of N: their
/// further blocks come from `StringExpansion`. The first block of columns leaves M to the random choices, the others repeat it.
final class CrossMatrices<E: RingElement>: TransferProgram {
    /// Columns that share transfers: the transfers of an element then cost less than a hundredth of its messages.
    static var blockColumns: Int { 8192 / E.bitWidth }

    private let parts: MatrixParts<E>
    private let block: Range<Int>
    private let party: Int
    private let directions: [Bool]
    let choosesBits: Bool

    /// `directions`: whether the party of this index sends.
    init(_ parts: MatrixParts<E>, _ block: Range<Int>, _ party: Int, _ directions: [Bool]) {
        self.parts = parts
        self.block = block
        self.party = party
        self.directions = directions
        choosesBits = block.lowerBound > 0
    }

    /// For each element of M and column: t_0, then the messages of `Gilboa`.
    private var elementBytes: Int { block.count * (E.bitWidth / 8 + Gilboa<E>.bytes) }

    func transfers(sender: Int) -> Int { directions[sender] ? parts.shape.height * parts.shape.depth * E.bitWidth : 0 }
    func payloadBytes(_ range: Range<Int>, sender: Int) -> Int { range.count / E.bitWidth * elementBytes }
    /// About a quarter of a MiB of payload.
    var tile: Int { max(256, min(RandomOT.tile, (1 << 18) / elementBytes * E.bitWidth / 256 * 256)) }
    var chunk: Int { tile * max(1, min(RandomOT.chunk / tile, (1 << 20) / payloadBytes(0..<tile, sender: 0))) }
    /// Elements of one row of M share their sums.
    var isOrdered: Bool { true }

    /// Calls `body` for each column: its place in the block, and where its values begin in a memory of one block for each string.
    private func forEachColumn(
        _ strings: [UnsafeMutablePointer<Block128>], _ range: Range<Int>, _ body: (Int, [UnsafeRawPointer]) -> Void
    ) {
        let perBlock = 128 / E.bitWidth
        withWipedBlocks(range.count * strings.count) { memory in
            for plane in 0..<(block.count + perBlock - 1) / perBlock {
                var sources = strings.map { UnsafeRawPointer($0) }
                if plane > 0 {
                    for (s, string) in strings.enumerated() {
                        let out = memory + s * range.count
                        StringExpansion.block(plane, of: string, first: range.lowerBound, count: range.count, into: out)
                        sources[s] = UnsafeRawPointer(out)
                    }
                }
                for half in 0..<min(perBlock, block.count - plane * perBlock) {
                    body(plane * perBlock + half, sources.map { $0 + 8 * half })
                }
            }
        }
    }

    private func sums(_ element: Int) -> UnsafeMutablePointer<E> {
        parts.sums.pointer + element / parts.shape.depth * parts.shape.width + block.lowerBound
    }

    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>) {
        let first = range.lowerBound / E.bitWidth, count = range.count / E.bitWidth
        let m = UnsafeMutableRawPointer(parts.chosen.pointer + first), bytes = count * E.bitWidth / 8
        if choosesBits {
            UnsafeMutableRawPointer(choices).copyMemory(from: m, byteCount: bytes)
        } else {
            m.copyMemory(from: choices, byteCount: bytes)
        }
        forEachColumn([strings], range) { column, sources in
            for e in 0..<count {
                let out = sums(first + e) + column
                Self.receive(sources[0] + 16 * E.bitWidth * e, out)
            }
        }
    }

    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer
    ) {
        let first = range.lowerBound / E.bitWidth, count = range.count / E.bitWidth
        let width = parts.shape.width
        forEachColumn([zero, one], range) { column, sources in
            for e in 0..<count {
                let n = parts.sent.pointer + (first + e) % parts.shape.depth * width + block.lowerBound + column
                Self.send(
                    sources[0] + 16 * E.bitWidth * e, sources[1] + 16 * E.bitWidth * e, n.pointee, sums(first + e) + column,
                    payload + e * elementBytes + column * (E.bitWidth / 8 + Gilboa<E>.bytes))
            }
        }
    }

    func finish(_ range: Range<Int>, payload: UnsafeRawPointer) {
        let first = range.lowerBound / E.bitWidth
        for e in 0..<range.count / E.bitWidth {
            Self.finish(parts.chosen.pointer[first + e], payload + e * elementBytes, sums(first + e), block.count)
        }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func receive(_ strings: UnsafeRawPointer, _ out: UnsafeMutablePointer<E>) {
        out.pointee = out.pointee &+ Gilboa<E>.sum(strings)
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func send(
        _ x: UnsafeRawPointer, _ y: UnsafeRawPointer, _ u: E, _ out: UnsafeMutablePointer<E>, _ payload: UnsafeMutableRawPointer
    ) {
        payload.storeBytes(of: Gilboa<E>.value(x, 0) &- Gilboa<E>.value(y, 0) &+ u, as: E.self)
        out.pointee = out.pointee &- Gilboa<E>.send(x, y, u, into: payload + E.bitWidth / 8)
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func finish(_ v: E, _ payload: UnsafeRawPointer, _ out: UnsafeMutablePointer<E>, _ columns: Int) {
        for column in 0..<columns {
            let input = payload + column * (E.bitWidth / 8 + Gilboa<E>.bytes)
            let zeroth = input.loadUnaligned(as: E.self) & (0 &- (v & 1))
            out[column] = out[column] &+ zeroth &+ Gilboa<E>.finish(v, input + E.bitWidth / 8)
        }
    }
}
