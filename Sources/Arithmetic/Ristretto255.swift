import CKernels
import SandboxCore

/// The prime-order group ristretto255 (RFC 9496): elements, their coding, element derivation and multiplication.
///
/// The group has order l = 2^252 + 27742317777372353535851937790883648493 and every accepted encoding is the only one of its
/// element: no cofactor, no small subgroups, no malleability. Batches are synchronous and run on the calling thread. Time does
/// not depend on elements or scalars, but for WHICH encoding is invalid.
package enum Ristretto255 {
    /// An element by one of its points; compare with `equal` or by encodings.
    package typealias Element = yinhe_ristretto_point

    /// Bytes of an encoded element; the identity is all zeros.
    package static let encodedBytes = 32
    /// Bytes of a scalar, little-endian, below l.
    package static let scalarBytes = 32
    /// Uniform bytes that a derived element or a reduced scalar takes.
    package static let uniformBytes = 64

    package static let generator: Element = {
        var out = Element()
        yinhe_ristretto_generator(&out)
        return out
    }()

    /// One implementation of the batch operations; all give the same elements and the same bytes.
    package struct Kernels: @unchecked Sendable {
        package let table: UnsafePointer<yinhe_ristretto_kernels>
        package var name: String { String(cString: table.pointee.name) }

        /// What this processor can run, the portable implementation first, the fastest last.
        package static let available: [Kernels] = {
            var found: [Kernels] = []
            while let table = yinhe_curve25519_available(found.count) { found.append(Kernels(table: table)) }
            return found
        }()
        package static let best = available.last!
        package static let portable = available.first!
    }

    /// Multiples of one public element (80 KiB), for many secret scalars: about a fourth of the time of `multiply` each.
    package final class Multiples: @unchecked Sendable {
        let words: UnsafeMutablePointer<yinhe_ristretto_table>

        package init(of base: Element) {
            words = .allocate(capacity: 1)
            withUnsafePointer(to: base) { yinhe_ristretto_table_make(words, $0) }
        }

        deinit { words.deallocate() }

        package static let ofGenerator = Multiples(of: generator)
    }

    /// Reads and validates encodings from a peer: below p, not negative, and of an element (RFC 9496, section 4.3.1). Returns
    /// the index of the first invalid one, nil when all are valid. The identity is valid.
    package static func decode(
        _ encoded: UnsafeRawBufferPointer, into elements: UnsafeMutableBufferPointer<Element>, kernels: Kernels = .best
    ) -> Int? {
        precondition(encoded.count == elements.count * encodedBytes)
        guard elements.count > 0 else { return nil }
        let valid = kernels.table.pointee.decode(elements.baseAddress!, bytes(encoded), elements.count)
        return valid == elements.count ? nil : valid
    }

    /// Writes 32 bytes for each element (section 4.3.2).
    package static func encode(
        _ elements: UnsafeBufferPointer<Element>, into out: UnsafeMutableRawBufferPointer, kernels: Kernels = .best
    ) {
        precondition(out.count == elements.count * encodedBytes)
        guard elements.count > 0 else { return }
        kernels.table.pointee.encode(bytes(out), elements.baseAddress!, elements.count)
    }

    /// Element derivation (section 4.3.4) from 64 uniform bytes each: uniform elements, whose logarithms nobody knows.
    package static func derive(
        uniform: UnsafeRawBufferPointer, into out: UnsafeMutableBufferPointer<Element>, kernels: Kernels = .best
    ) {
        precondition(uniform.count == out.count * uniformBytes)
        guard out.count > 0 else { return }
        kernels.table.pointee.derive(out.baseAddress!, bytes(uniform), out.count)
    }

    /// a[i] += b[i].
    package static func add(
        _ b: UnsafeBufferPointer<Element>, to a: UnsafeMutableBufferPointer<Element>, kernels: Kernels = .best
    ) {
        precondition(a.count == b.count)
        guard a.count > 0 else { return }
        kernels.table.pointee.add(a.baseAddress!, a.baseAddress!, b.baseAddress!, a.count)
    }

    /// a[i] -= b[i].
    package static func subtract(
        _ b: UnsafeBufferPointer<Element>, from a: UnsafeMutableBufferPointer<Element>, kernels: Kernels = .best
    ) {
        precondition(a.count == b.count)
        guard a.count > 0 else { return }
        kernels.table.pointee.subtract(a.baseAddress!, a.baseAddress!, b.baseAddress!, a.count)
    }

    /// Multiplies every element by one scalar of 32 bytes, or by its own of 32 bytes each.
    package static func multiply(
        _ elements: UnsafeMutableBufferPointer<Element>, by scalars: UnsafeRawBufferPointer, kernels: Kernels = .best
    ) {
        precondition(scalars.count == scalarBytes || scalars.count == elements.count * scalarBytes)
        guard elements.count > 0 else { return }
        let p = elements.baseAddress!
        kernels.table.pointee.multiply(p, p, bytes(scalars), scalars.count == scalarBytes ? 0 : scalarBytes, elements.count)
    }

    /// out[i] = scalars[i] times the element of the table.
    package static func multiply(
        _ base: Multiples, by scalars: UnsafeRawBufferPointer, into out: UnsafeMutableBufferPointer<Element>,
        kernels: Kernels = .best
    ) {
        precondition(scalars.count == out.count * scalarBytes)
        guard out.count > 0 else { return }
        kernels.table.pointee.multiply_table(out.baseAddress!, base.words, bytes(scalars), out.count)
    }

    /// Reduces numbers of 64 little-endian bytes mod l, to 32 bytes each: uniform scalars (bias below 2^-259) from uniform bytes.
    package static func reduceScalars(_ wide: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) {
        precondition(wide.count == 2 * out.count && out.count % scalarBytes == 0)
        for i in 0..<out.count / scalarBytes {
            yinhe_ristretto_reduce_scalar(bytes(out) + scalarBytes * i, bytes(wide) + uniformBytes * i)
        }
    }

    /// Whether both are the same element.
    package static func equal(_ a: Element, _ b: Element) -> Bool {
        withUnsafePointer(to: a) { a in withUnsafePointer(to: b) { yinhe_ristretto_equal(a, $0) } } == 1
    }

    private static func bytes(_ buffer: UnsafeRawBufferPointer) -> UnsafePointer<UInt8> {
        buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
    }

    private static func bytes(_ buffer: UnsafeMutableRawBufferPointer) -> UnsafeMutablePointer<UInt8> {
        buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
    }
}
