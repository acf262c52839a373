import SandboxCore

/// Uniform 64-bit words for sampling loops, read from a `RandomSource` a few KiB at a time so that a word costs a load and
/// an increment. Word k is the little-endian integer of bytes 8k ..< 8k + 8 of the source. Unused words are wiped at the end.
/// Opaque outside the package: nobody else can make one, so noise is never drawn from another source.
public struct WordStream: ~Copyable {
    private static let capacity = 512
    private let source: any RandomSource
    private let words: UnsafeMutablePointer<UInt64>
    private var position: Int
    private var spareBits: UInt64 = 0
    private var spareBitCount = 0

    package init(_ source: any RandomSource) {
        self.source = source
        words = .allocate(capacity: Self.capacity)
        words.initialize(repeating: 0, count: Self.capacity)
        position = Self.capacity
    }

    deinit {
        ConstantTime.wipe(UnsafeMutableRawBufferPointer(start: words, count: Self.capacity * 8))
        words.deallocate()
    }

    @inline(__always)
    package mutating func word() -> UInt64 {
        if position == Self.capacity { refill() }
        defer { position += 1 }
        return UInt64(littleEndian: words[position])
    }

    @inline(never)
    private mutating func refill() {
        source.fill(UnsafeMutableRawBufferPointer(start: words, count: Self.capacity * 8))
        position = 0
    }

    /// One fair bit: the lowest unused bit of a word set aside for bits.
    @inline(__always)
    package mutating func bit() -> Bool {
        if spareBitCount == 0 { (spareBits, spareBitCount) = (word(), 64) }
        defer { (spareBits, spareBitCount) = (spareBits >> 1, spareBitCount - 1) }
        return spareBits & 1 == 1
    }
}

/// The two widths in which the samplers compute.
package protocol SamplerWord: FixedWidthInteger, UnsignedInteger {
    static func draw(_ stream: inout WordStream) -> Self
}

extension UInt64: SamplerWord {
    @inline(__always)
    package static func draw(_ stream: inout WordStream) -> UInt64 { stream.word() }
}

extension UInt128: SamplerWord {
    /// Low word first.
    package static func draw(_ stream: inout WordStream) -> UInt128 {
        let low = stream.word()
        return UInt128(stream.word()) << 64 | UInt128(low)
    }
}
