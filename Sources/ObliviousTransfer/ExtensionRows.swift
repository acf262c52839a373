import Arithmetic
import CKernels
import SandboxCore

/// Memory for one tile, reused; wiped at the end.
package final class TileMemory: Sendable {
    package init() {}

    private static let transfers = RandomOT.tile
    let streams = HugeBuffer<UInt8>(count: SmallTrees.leaves * transfers / 8, wiped: true)
    let rows = HugeBuffer<UInt8>(count: 128 * transfers / 8, wiped: true)
    let total = HugeBuffer<UInt8>(count: transfers / 8, wiped: true)
    package let choices = HugeBuffer<UInt64>(count: transfers / 64, wiped: true)
    package let columns = HugeBuffer<Block128>(count: transfers, wiped: true)
    let zero = HugeBuffer<Block128>(count: transfers, wiped: true)
    let one = HugeBuffer<Block128>(count: transfers, wiped: true)
}

/// The correlation of one direction from the leaves of its 32 small trees: columns of `transfers` (a multiple of 256) from a
/// given one on. Row i = 4 g + b of the owner of the leaves is W_i, the sum of the key streams of the leaves of tree g with bit b
/// set; the other party's is Q_i = W_i + Delta_i c, where the choices c are the sum of all streams of tree 0, and correction row g
/// is the sum of tree g plus c (Roy, eprint 2022/192, small-field VOLE; c is not chosen, so tree 0 needs no correction).
package final class ExtensionRows: @unchecked Sendable {
    private let bank: AES128Bank
    private let kernels: UnsafePointer<yinhe_bit_rows_kernels>
    /// All ones where the bit of Delta is set; zero for the party that receives.
    private let masks = HugeBuffer<UInt64>(count: 128, wiped: true)

    package static let kernelCount = (0...).lazy.prefix { yinhe_bit_rows_available($0) != nil }.count

    /// `delta`: of the party that sends. `kernel`: index in `yinhe_bit_rows_available`; nil for the fastest.
    package init(leaves: [Block128], delta: Block128? = nil, implementation: AES128.Implementation? = nil, kernel: Int? = nil) {
        if let delta { for i in 0..<128 { masks.pointer[i] = delta.bitMask(i) } }
        bank = AES128Bank(keys: leaves, implementation: implementation ?? AES128.Implementation.available.last!)
        kernels = yinhe_bit_rows_available(kernel ?? Self.kernelCount - 1)!
    }

    private func fold(
        _ group: Int, from first: Int, _ transfers: Int, _ memory: TileMemory, total: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        let bytes = transfers / 8
        bank.streams(
            SmallTrees.leaves * group..<SmallTrees.leaves * (group + 1), into: memory.streams.pointer, blocks: transfers / 128,
            fromBlock: UInt64(first / 128))
        let rows = memory.rows.pointer + SmallTrees.width * group * bytes
        kernels.pointee.fold(memory.streams.pointer, bytes, rows, bytes, total)
        return rows
    }

    /// The party that receives: choices, columns t, and its 31 correction rows, `stride` bytes apart.
    package func receive(
        from first: Int, _ transfers: Int, _ memory: TileMemory, choices: UnsafeMutablePointer<UInt64>,
        columns: UnsafeMutablePointer<Block128>, corrections: UnsafeMutablePointer<UInt8>, stride: Int
    ) {
        let bytes = transfers / 8
        choices.withMemoryRebound(to: UInt8.self, capacity: bytes) { chosen in
            _ = fold(0, from: first, transfers, memory, total: chosen)
        }
        for group in 1..<SmallTrees.groups {
            _ = fold(group, from: first, transfers, memory, total: memory.total.pointer)
            let row = UnsafeMutableRawPointer(corrections + (group - 1) * stride)
            let total = UnsafeRawPointer(memory.total.pointer).assumingMemoryBound(to: UInt64.self)
            for k in 0..<bytes / 8 { row.storeBytes(of: total[k] ^ choices[k], toByteOffset: 8 * k, as: UInt64.self) }
        }
        kernels.pointee.transpose(memory.rows.pointer, bytes, bytes, Self.bytes(columns))
    }

    /// The party that sends: columns q. Constant time in Delta.
    package func send(
        from first: Int, _ transfers: Int, _ memory: TileMemory, corrections: UnsafePointer<UInt8>, stride: Int,
        columns: UnsafeMutablePointer<Block128>
    ) {
        let bytes = transfers / 8
        memory.choices.pointer.update(repeating: 0, count: bytes / 8)
        for group in 0..<SmallTrees.groups {
            let rows = fold(group, from: first, transfers, memory, total: memory.total.pointer)
            let masks = masks.pointer + SmallTrees.width * group
            // The unknown leaf is in both parts of the sum, or in neither.
            if group == 0 {
                memory.choices.pointer.withMemoryRebound(to: UInt8.self, capacity: bytes) {
                    kernels.pointee.correct(rows, bytes, memory.total.pointer, $0, masks, bytes)
                }
            } else {
                kernels.pointee.correct(
                    rows, bytes, memory.total.pointer, corrections + (group - 1) * stride, masks, bytes)
            }
        }
        kernels.pointee.transpose(memory.rows.pointer, bytes, bytes, Self.bytes(columns))
    }

    private static func bytes(_ p: UnsafeMutablePointer<Block128>) -> UnsafeMutablePointer<UInt8> {
        UnsafeMutableRawPointer(p).assumingMemoryBound(to: UInt8.self)
    }
}
