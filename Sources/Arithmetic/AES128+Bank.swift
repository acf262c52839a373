import CKernels
import SandboxCore

/// AES-128 key streams under many keys, whose round keys lie next to each other: for generators that are read a little at a time
/// and many in turn.
package final class AES128Bank: @unchecked Sendable {
    private let kernel: UnsafePointer<yinhe_aes128_kernels>?
    private let schedules: HugeBuffer<yinhe_aes128_key>
    /// Without AES instructions.
    private let ciphers: [AES128]
    package let count: Int

    package init(keys: [Block128], implementation: AES128.Implementation = AES128.Implementation.available.last!) {
        count = keys.count
        switch implementation {
        case .openSSL:
            kernel = nil
            schedules = HugeBuffer(count: 0, wiped: false)
            ciphers = keys.map { AES128(key: $0, implementation: implementation) }
        case .kernel(let index):
            let kernel = yinhe_aes128_available(index)!
            self.kernel = kernel
            schedules = HugeBuffer(count: keys.count, wiped: true)
            ciphers = []
            for i in keys.indices {
                withUnsafeBytes(of: keys[i]) {
                    kernel.pointee.expand_key(schedules.pointer + i, $0.baseAddress!.assumingMemoryBound(to: UInt8.self))
                }
            }
        }
    }

    /// `blocks` blocks of the key stream of each key of `range` from block `first` on (`AES128.stream`), one key after another.
    package func streams(
        _ range: Range<Int>, into out: UnsafeMutablePointer<UInt8>, blocks: Int, fromBlock first: UInt64
    ) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        var next = out
        for i in range {
            if let kernel {
                kernel.pointee.counter(schedules.pointer + i, next, blocks, first, 0)
            } else {
                ciphers[i].stream(into: UnsafeMutableRawBufferPointer(start: next, count: 16 * blocks), fromBlock: first)
            }
            next += 16 * blocks
        }
    }
}
