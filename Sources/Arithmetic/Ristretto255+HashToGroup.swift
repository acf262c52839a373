import COpenSSL
import SandboxCore

extension Ristretto255 {
    /// The suite ristretto255_XMD:SHA-512_R255MAP_RO_ of RFC 9380, appendix B, for one domain separation tag: expand_message_xmd
    /// with SHA-512 (section 5.3.1) to 64 bytes, then element derivation. A random oracle into the group. Serves one thread.
    package struct Hasher: ~Copyable {
        private let context: OpaquePointer
        /// Z_pad, a block of zeros, is hashed once.
        private let padded: OpaquePointer
        private let dstPrime: [UInt8]

        /// `domainSeparationTag` has 1 to 255 bytes.
        package init(domainSeparationTag tag: [UInt8]) {
            precondition((1...255).contains(tag.count))
            guard let context = EVP_MD_CTX_new(), let padded = EVP_MD_CTX_new() else { fatalError("out of memory") }
            self.context = context
            self.padded = padded
            dstPrime = tag + [UInt8(tag.count)]
            let zeros = [UInt8](repeating: 0, count: 128)
            precondition(EVP_DigestInit_ex2(padded, Self.digest.pointer, nil) == 1)
            precondition(EVP_DigestUpdate(padded, zeros, zeros.count) == 1)
            precondition(EVP_DigestInit_ex2(context, Self.digest.pointer, nil) == 1)
        }

        deinit {
            EVP_MD_CTX_free(context)
            EVP_MD_CTX_free(padded)
        }

        /// The 64 bytes of expand_message_xmd, which `Ristretto255.derive` takes.
        package borrowing func expand(_ message: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) {
            precondition(out.count == Ristretto255.uniformBytes)
            withUnsafeTemporaryAllocation(byteCount: 66, alignment: 8) { scratch in
                let p = scratch.baseAddress!
                var ok = EVP_MD_CTX_copy_ex(context, padded) == 1
                ok = ok && EVP_DigestUpdate(context, message.baseAddress, message.count) == 1
                p.storeBytes(of: 0, as: UInt8.self)
                p.storeBytes(of: 64, toByteOffset: 1, as: UInt8.self)
                p.storeBytes(of: 0, toByteOffset: 2, as: UInt8.self)
                ok = ok && EVP_DigestUpdate(context, p, 3) == 1
                ok = ok && EVP_DigestUpdate(context, dstPrime, dstPrime.count) == 1
                ok = ok && EVP_DigestFinal_ex(context, p.assumingMemoryBound(to: UInt8.self), nil) == 1
                p.storeBytes(of: 1, toByteOffset: 64, as: UInt8.self)
                ok = ok && EVP_DigestInit_ex2(context, nil, nil) == 1
                ok = ok && EVP_DigestUpdate(context, p, 65) == 1
                ok = ok && EVP_DigestUpdate(context, dstPrime, dstPrime.count) == 1
                ok = ok && EVP_DigestFinal_ex(context, out.baseAddress!.assumingMemoryBound(to: UInt8.self), nil) == 1
                precondition(ok)
                ConstantTime.wipe(scratch)
            }
        }

        /// One message.
        package borrowing func hash(_ message: [UInt8], kernels: Kernels = .best) -> Element {
            var uniform = [UInt8](repeating: 0, count: Ristretto255.uniformBytes)
            uniform.withUnsafeMutableBytes { out in message.withUnsafeBytes { expand($0, into: out) } }
            return derive(uniform: uniform, kernels: kernels)
        }

        private struct Digest: @unchecked Sendable { let pointer: OpaquePointer }
        private static let digest = Digest(pointer: EVP_MD_fetch(nil, "SHA512", nil)!)
    }
}
