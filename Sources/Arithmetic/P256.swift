import CKernels
import SandboxCore

/// The elliptic curve P-256 (FIPS 186-5; SP 800-186): points, their coding, hashing to the curve, and multiplication.
///
/// The group has prime order and cofactor 1: every point that `decode` accepts generates the whole group, so there are no small
/// subgroups to guard against. Batches are synchronous and run on the calling thread; callers split work with `Parallel`.
package enum P256 {
    /// An affine point, never infinity.
    package typealias Point = yinhe_p256_point

    /// Bytes of a compressed point: 2 or 3 for an even or odd y, then x, big-endian (SEC 1, section 2.3.3).
    package static let encodedBytes = 33

    /// Bytes of a scalar, big-endian.
    package static let scalarBytes = 32

    /// One implementation of the curve's batch operations; all give identical results.
    package struct Kernels: @unchecked Sendable {
        package let table: UnsafePointer<yinhe_p256_kernels>
        package var name: String { String(cString: table.pointee.name) }

        /// What this processor can run, the portable implementation first, the fastest last.
        package static let available: [Kernels] = {
            var found: [Kernels] = []
            while let table = yinhe_p256_available(found.count) { found.append(Kernels(table: table)) }
            return found
        }()
        package static let best = available.last!
        package static let portable = available.first!
    }

    /// Writes `points.count * 33` bytes.
    package static func encode(_ points: UnsafeBufferPointer<Point>, into out: UnsafeMutableRawBufferPointer) {
        precondition(out.count == points.count * encodedBytes)
        guard let base = points.baseAddress, points.count > 0 else { return }
        yinhe_p256_encode(out.baseAddress!.assumingMemoryBound(to: UInt8.self), base, points.count)
    }

    /// Reads and validates compressed points from a peer: the prefix, x < p, and that x belongs to a point. The encoding of
    /// infinity, uncompressed and hybrid forms are invalid. Throws `.peerMisbehaved` with the index of the first invalid
    /// point, counted from `firstIndex`.
    package static func decode(
        _ encoded: UnsafeRawBufferPointer, into points: UnsafeMutableBufferPointer<Point>, firstIndex: Int = 0,
        kernels: Kernels = .best
    ) throws {
        precondition(encoded.count == points.count * encodedBytes)
        guard points.count > 0 else { return }
        let valid = kernels.table.pointee.decode(
            points.baseAddress!, encoded.baseAddress!.assumingMemoryBound(to: UInt8.self), points.count)
        guard valid == points.count else {
            throw YinheError(.peerMisbehaved, "element \(firstIndex + valid) is not a valid compressed point of P-256")
        }
    }

    /// One point; nil when the encoding is invalid.
    package static func decode(_ encoded: [UInt8]) -> Point? {
        guard encoded.count == encodedBytes else { return nil }
        var point = Point()
        let valid = encoded.withUnsafeBytes { source in
            withUnsafeMutablePointer(to: &point) { p in
                (try? decode(source, into: UnsafeMutableBufferPointer(start: p, count: 1))) != nil
            }
        }
        return valid ? point : nil
    }

    package static func encode(_ point: Point) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: encodedBytes)
        withUnsafePointer(to: point) { p in
            out.withUnsafeMutableBytes { encode(UnsafeBufferPointer(start: p, count: 1), into: $0) }
        }
        return out
    }

    /// Whether the coordinates are below p and on the curve.
    package static func isOnCurve(_ point: Point) -> Bool {
        withUnsafePointer(to: point) { yinhe_p256_is_on_curve($0) == 1 }
    }
}
