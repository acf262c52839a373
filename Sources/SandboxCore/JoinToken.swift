/// A join key as the protocols see it: 16 bytes, the truncated domain-separated SHA-256 of the normalised key.
///
/// Two different keys among n share a token with probability below n^2 / 2^129 (2^-89 for a million keys on each side).
/// A token is as sensitive as the key: anybody can hash a guessed key. It never leaves its party in the clear.
public struct JoinToken: Hashable, Sendable, BitwiseCopyable {
    public let low: UInt64
    public let high: UInt64

    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// The token of a normalised key's UTF-8 bytes.
    public init(key: some Sequence<UInt8>) {
        var hash = DomainHash(domain: "yinhe/join-token/v1")
        hash.update(Array(key))
        self.init(bytes: Array(hash.finalize()[0..<16]))
    }

    public init(_ key: String) { self.init(key: key.utf8) }

    /// 16 bytes, little-endian words, low word first.
    public init(bytes: [UInt8]) {
        precondition(bytes.count == 16)
        let words = bytes.withUnsafeBytes {
            ($0.loadUnaligned(fromByteOffset: 0, as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self.init(low: UInt64(littleEndian: words.0), high: UInt64(littleEndian: words.1))
    }

    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(low)
        writer.write(high)
        return writer.bytes
    }
}

/// Makes many tokens without an allocation each; one per thread.
package struct JoinTokenHasher: ~Copyable {
    private var hash = DomainHash.plainSHA256()
    /// What stands before the key: the domain's length byte and name.
    package static let prefix: [UInt8] = [19] + Array("yinhe/join-token/v1".utf8)

    package init() {}

    /// Equal to `JoinToken(key:)` of the same bytes.
    package mutating func token(_ key: UnsafeRawBufferPointer) -> JoinToken {
        hash.restartPlain()
        Self.prefix.withUnsafeBytes { hash.update($0) }
        hash.update(key)
        return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digest in
            hash.finish(into: digest.baseAddress!.assumingMemoryBound(to: UInt8.self))
            return JoinToken(
                low: UInt64(littleEndian: digest.load(as: UInt64.self)),
                high: UInt64(littleEndian: digest.load(fromByteOffset: 8, as: UInt64.self)))
        }
    }
}
