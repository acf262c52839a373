import Arithmetic
import SandboxCore

/// The names that separate one Diffie-Hellman protocol from another: the tag under which tokens are hashed to the curve
/// (RFC 9380, section 3.1) and the domain under which shared points are hashed for comparison.
///
/// Both hold the protocol's name and version and nothing of the session: every session draws fresh secret scalars, so equal
/// tokens give unlinkable points in different sessions, and a per-session tag would add no protection.
package struct DHDomain: Sendable {
    package let tag: [UInt8]
    package let maskDomain: [UInt8]

    /// `protocolName`: lower-case ASCII such as "dh-psi".
    package init(protocolName: String, version: Int) {
        let two = version < 10 ? "0\(version)" : "\(version)"
        tag = Array("YINHE-\(protocolName.uppercased())-V\(two)-with-P256_XMD:SHA-256_SSWU_RO_".utf8)
        let name = Array("yinhe/\(protocolName)/mask/v\(version)".utf8)
        maskDomain = [UInt8(name.count)] + name
    }
}

/// The computations of Diffie-Hellman private set intersection: pure, synchronous, spread over threads.
///
/// With H hashing to the curve and party secrets a and b, an element x of both sets gives a(bH(x)) = b(aH(x)); everything else
/// gives points that are indistinguishable from random ones under the decisional Diffie-Hellman assumption in P-256, with H a
/// random oracle.
package enum DHSteps {
    /// Elements per unit of work of one thread: a few batches of every kernel.
    private static let unit = 256

    /// Compressed points `scalar * H(token)`, 33 bytes each, in the order of `tokens`.
    package static func blind(
        _ tokens: some Collection<JoinToken>, with scalar: P256SecretScalar, domain: DHDomain, threads: Int,
        kernels: P256.Kernels = .best
    ) throws -> [UInt8] {
        let messages = messages(of: tokens)
        return try transform(count: tokens.count, threads: threads) { range, points in
            messages.withUnsafeBytes {
                P256.hashToCurve(
                    UnsafeRawBufferPointer(rebasing: $0[16 * range.lowerBound..<16 * range.upperBound]), messageBytes: 16,
                    domainSeparationTag: domain.tag, into: points, kernels: kernels)
            }
            P256.multiply(points, by: scalar, kernels: kernels)
        }
    }

    /// Compressed points `scalar * P` for the peer's compressed points, each validated first. Throws `.peerMisbehaved` with the
    /// index of an invalid point, counted from `firstIndex`.
    package static func apply(
        _ encoded: [UInt8], with scalar: P256SecretScalar, threads: Int, firstIndex: Int = 0, kernels: P256.Kernels = .best
    ) throws -> [UInt8] {
        let width = P256.encodedBytes
        guard encoded.count % width == 0 else {
            throw YinheError(.peerMisbehaved, "\(encoded.count) bytes of points are not a multiple of \(width)")
        }
        return try transform(count: encoded.count / width, threads: threads) { range, points in
            try encoded.withUnsafeBytes {
                try P256.decode(
                    UnsafeRawBufferPointer(rebasing: $0[width * range.lowerBound..<width * range.upperBound]), into: points,
                    firstIndex: firstIndex + range.lowerBound, kernels: kernels)
            }
            P256.multiply(points, by: scalar, kernels: kernels)
        }
    }

    /// The first `maskBytes` (at most 32) bytes of SHA-256(length byte, mask domain, point) for each compressed point.
    package static func mask(_ encoded: [UInt8], maskBytes: Int, domain: DHDomain, threads: Int) throws -> [UInt8] {
        precondition(maskBytes > 0 && maskBytes <= ReusableSHA256.digestBytes && encoded.count % P256.encodedBytes == 0)
        let count = encoded.count / P256.encodedBytes
        return try fill(bytesPerElement: maskBytes, count: count, threads: threads, unit: 4096) { range, out in
            let hash = ReusableSHA256()
            withUnsafeTemporaryAllocation(byteCount: ReusableSHA256.digestBytes, alignment: 8) { digest in
                encoded.withUnsafeBytes { encoded in
                    for i in range {
                        domain.maskDomain.withUnsafeBytes { hash.update($0) }
                        let start = P256.encodedBytes * i
                        hash.update(UnsafeRawBufferPointer(rebasing: encoded[start..<start + P256.encodedBytes]))
                        hash.finish(into: digest.baseAddress!)
                        (out + maskBytes * (i - range.lowerBound)).copyMemory(from: digest.baseAddress!, byteCount: maskBytes)
                    }
                }
            }
        }
    }

    /// The 16 bytes of each token, one after another.
    private static func messages(of tokens: some Collection<JoinToken>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16 * tokens.count) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            var offset = 0
            for token in tokens {
                raw.storeBytes(of: token.low.littleEndian, toByteOffset: offset, as: UInt64.self)
                raw.storeBytes(of: token.high.littleEndian, toByteOffset: offset + 8, as: UInt64.self)
                offset += 16
            }
            initialized = offset
        }
    }

    /// Computes points unit by unit and encodes them.
    private static func transform(
        count: Int, threads: Int, _ body: @Sendable (Range<Int>, UnsafeMutableBufferPointer<P256.Point>) throws -> Void
    ) throws -> [UInt8] {
        try fill(bytesPerElement: P256.encodedBytes, count: count, threads: threads, unit: unit) { range, out in
            try withUnsafeTemporaryAllocation(of: P256.Point.self, capacity: range.count) { points in
                points.initialize(repeating: P256.Point())
                defer { ConstantTime.wipe(UnsafeMutableRawBufferPointer(points)) }
                try body(range, points)
                P256.encode(
                    UnsafeBufferPointer(points),
                    into: UnsafeMutableRawBufferPointer(start: out, count: P256.encodedBytes * range.count))
            }
        }
    }

    /// An array that `body` fills range by range, given the place of the range's first element.
    private static func fill(
        bytesPerElement: Int, count: Int, threads: Int, unit: Int,
        _ body: @Sendable (Range<Int>, UnsafeMutableRawPointer) throws -> Void
    ) throws -> [UInt8] {
        var out = [UInt8](repeating: 0, count: bytesPerElement * count)
        try out.withUnsafeMutableBufferPointer { buffer in
            let shared = DisjointBuffer(buffer)
            try Parallel.forEachChunk(of: count, chunk: unit, threads: threads) { range in
                try body(range, UnsafeMutableRawPointer(shared.base + bytesPerElement * range.lowerBound))
            }
        }
        return out
    }
}
