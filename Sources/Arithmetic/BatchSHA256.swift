import CKernels
import SandboxCore

/// SHA-256 (FIPS 180-4) of many short messages of one length: several at a time where the processor has instructions for it,
/// OpenSSL one by one otherwise. The caller separates domains. Running time depends on lengths and counts alone.
package enum BatchSHA256 {
    package static let digestBytes = 32
    /// Longest message: what fits one block beside the padding.
    package static let maximumBytes = 55

    package enum Implementation: Sendable, Equatable {
        case openSSL
        /// The kernel of this index in `yinhe_sha256_lanes_available`.
        case kernel(Int)

        /// Those that this machine can run, the fastest last.
        package static let available: [Implementation] =
            [.openSSL] + (0...).lazy.prefix { yinhe_sha256_lanes_available($0) != nil }.map { .kernel($0) }
        package static let best = available.last!
    }

    /// out[32 i ..< 32 i + 32] = SHA-256 of the `length` bytes at `messages + length * i`, for `count` messages.
    package static func hash(
        _ messages: UnsafeRawPointer, length: Int, count: Int, into out: UnsafeMutableRawPointer,
        implementation: Implementation = .best
    ) {
        precondition(length >= 0 && length <= maximumBytes && count >= 0)
        switch implementation {
        case .kernel(let index):
            yinhe_sha256_lanes_available(index)!.pointee.hash(
                out.assumingMemoryBound(to: UInt8.self), messages.assumingMemoryBound(to: UInt8.self), length, length, count)
        case .openSSL:
            let hash = ReusableSHA256()
            for i in 0..<count {
                hash.update(UnsafeRawBufferPointer(start: messages + length * i, count: length))
                hash.finish(into: out + digestBytes * i)
            }
        }
    }
}
