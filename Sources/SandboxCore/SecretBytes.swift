import COpenSSL

/// Heap bytes that are wiped when their owner goes away. Not copyable, not printable, compared in constant time.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    private let base: UnsafeMutableRawPointer
    public let count: Int

    /// `count` zero bytes.
    public init(zeroed count: Int) {
        precondition(count >= 0)
        self.count = count
        base = .allocate(byteCount: max(count, 1), alignment: 16)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: max(count, 1))
    }

    /// `count` bytes from `random`.
    package init(random count: Int, from random: some RandomSource = SystemRandom.shared) {
        self.init(zeroed: count)
        withUnsafeMutableBytes { random.fill($0) }
    }

    /// Copies `bytes`; the caller still owns, and must wipe, the original.
    public init(copying bytes: UnsafeRawBufferPointer) {
        self.init(zeroed: bytes.count)
        if let source = bytes.baseAddress { base.copyMemory(from: source, byteCount: count) }
    }

    deinit {
        OPENSSL_cleanse(base, max(count, 1))
        base.deallocate()
    }

    public borrowing func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    public mutating func withUnsafeMutableBytes<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try body(UnsafeMutableRawBufferPointer(start: base, count: count))
    }
}

/// Comparisons and clean-up whose time does not depend on the bytes.
public enum ConstantTime {
    /// Whether both are of equal length (public) and equal bytes.
    public static func equal(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        guard a.count == b.count else { return false }
        guard a.count > 0 else { return true }
        return CRYPTO_memcmp(a.baseAddress, b.baseAddress, a.count) == 0
    }

    public static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.withUnsafeBytes { a in b.withUnsafeBytes { b in equal(a, b) } }
    }

    /// Overwrites `bytes` with zeros, in a way that the compiler may not remove.
    public static func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
        if let base = bytes.baseAddress, bytes.count > 0 { OPENSSL_cleanse(base, bytes.count) }
    }

    /// Overwrites the elements of `array` with zeros. Works on the array's own storage: keep the array uniquely referenced.
    public static func wipe<T: BitwiseCopyable>(_ array: inout [T]) {
        array.withUnsafeMutableBytes { wipe($0) }
    }
}
