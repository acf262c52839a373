import CKernels
import SandboxCore

/// The SHA-256 based `expand_message_xmd` of RFC 9380, section 5.3.1, for one domain separation tag. Serves one thread.
package struct MessageExpander: ~Copyable {
    private let hash = ReusableSHA256()
    private let dstPrime: [UInt8]
    private static let blockBytes = 64
    private static let zeroBlock = [UInt8](repeating: 0, count: blockBytes)

    /// `domainSeparationTag` must not be empty; one longer than 255 bytes is hashed first (section 5.3.3).
    package init(domainSeparationTag tag: [UInt8]) {
        precondition(!tag.isEmpty)
        let short = tag.count <= 255 ? tag : DomainHash.plainSHA256(Array("H2C-OVERSIZE-DST-".utf8) + tag)
        dstPrime = short + [UInt8(short.count)]
    }

    /// Fills `out` (1 to 255 * 32 bytes) with uniform bytes derived from `message`.
    package borrowing func expand(_ message: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) {
        let width = ReusableSHA256.digestBytes
        let blocks = (out.count + width - 1) / width
        precondition(blocks >= 1 && blocks <= 255)
        withUnsafeTemporaryAllocation(byteCount: 2 * width + 3, alignment: 8) { scratch in
            let b0 = scratch.baseAddress!, input = b0 + width, tail = input + width
            Self.zeroBlock.withUnsafeBytes { hash.update($0) }
            hash.update(message)
            tail.storeBytes(of: UInt8(out.count >> 8), as: UInt8.self)
            tail.storeBytes(of: UInt8(out.count & 255), toByteOffset: 1, as: UInt8.self)
            tail.storeBytes(of: 0, toByteOffset: 2, as: UInt8.self)
            hash.update(UnsafeRawBufferPointer(start: tail, count: 3))
            finish(into: b0)
            input.copyMemory(from: b0, byteCount: width)
            for i in 1...blocks {
                tail.storeBytes(of: UInt8(i), as: UInt8.self)
                hash.update(UnsafeRawBufferPointer(start: input, count: width + 1))
                finish(into: input)
                let offset = (i - 1) * width
                (out.baseAddress! + offset).copyMemory(from: input, byteCount: min(width, out.count - offset))
                for k in 0..<width where i < blocks {
                    let mixed = input.load(fromByteOffset: k, as: UInt8.self) ^ b0.load(fromByteOffset: k, as: UInt8.self)
                    input.storeBytes(of: mixed, toByteOffset: k, as: UInt8.self)
                }
            }
            ConstantTime.wipe(scratch)
        }
    }

    private borrowing func finish(into digest: UnsafeMutableRawPointer) {
        dstPrime.withUnsafeBytes { hash.update($0) }
        hash.finish(into: digest)
    }
}

extension P256 {
    /// A suite of RFC 9380, section 8.2.
    package enum HashSuite: Sendable {
        /// P256_XMD:SHA-256_SSWU_RO_: indifferentiable from a random oracle. What protocols use.
        case randomOracle
        /// P256_XMD:SHA-256_SSWU_NU_: not uniform; here for its vectors, which pin the map itself.
        case nonuniform
        var fieldElements: Int { self == .randomOracle ? 2 : 1 }
    }

    /// Bytes of uniform input per field element: L = ceil((256 + 128) / 8).
    package static let fieldElementInputBytes = 48

    /// Hashes the messages, all of `messageBytes` bytes and one after another, to `out.count` points.
    ///
    /// Constant time in the messages. Traps on the point at infinity, which no known message reaches (probability 2^-256 each).
    package static func hashToCurve(
        _ messages: UnsafeRawBufferPointer, messageBytes: Int, domainSeparationTag: [UInt8],
        into out: UnsafeMutableBufferPointer<Point>, suite: HashSuite = .randomOracle, kernels: Kernels = .best
    ) {
        precondition(messages.count == out.count * messageBytes)
        guard out.count > 0 else { return }
        let expander = MessageExpander(domainSeparationTag: domainSeparationTag)
        let width = fieldElementInputBytes * suite.fieldElements
        var uniform = SecretBytes(zeroed: out.count * width)
        uniform.withUnsafeMutableBytes { uniform in
            for i in 0..<out.count {
                expander.expand(
                    UnsafeRawBufferPointer(rebasing: messages[i * messageBytes..<(i + 1) * messageBytes]),
                    into: UnsafeMutableRawBufferPointer(rebasing: uniform[i * width..<(i + 1) * width]))
            }
            mapToCurve(uniform: UnsafeRawBufferPointer(uniform), into: out, suite: suite, kernels: kernels)
        }
    }

    /// The part of `hashToCurve` after expand_message: 48 (`.nonuniform`) or 96 bytes per point.
    package static func mapToCurve(
        uniform: UnsafeRawBufferPointer, into out: UnsafeMutableBufferPointer<Point>, suite: HashSuite = .randomOracle,
        kernels: Kernels = .best
    ) {
        precondition(uniform.count == out.count * fieldElementInputBytes * suite.fieldElements)
        guard out.count > 0 else { return }
        let bytes = uniform.baseAddress!.assumingMemoryBound(to: UInt8.self)
        let table = kernels.table.pointee
        let done = switch suite {
        case .randomOracle: table.hash_to_curve(out.baseAddress!, bytes, out.count)
        case .nonuniform: table.encode_to_curve(out.baseAddress!, bytes, out.count)
        }
        precondition(done == out.count, "a message hashes to the point at infinity")
    }

    /// One message.
    package static func hashToCurve(
        _ message: [UInt8], domainSeparationTag: [UInt8], suite: HashSuite = .randomOracle, kernels: Kernels = .best
    ) -> Point {
        var point = Point()
        message.withUnsafeBytes { message in
            withUnsafeMutablePointer(to: &point) { p in
                hashToCurve(
                    message, messageBytes: message.count, domainSeparationTag: domainSeparationTag,
                    into: UnsafeMutableBufferPointer(start: p, count: 1), suite: suite, kernels: kernels)
            }
        }
        return point
    }
}
