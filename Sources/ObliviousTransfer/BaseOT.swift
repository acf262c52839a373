import Arithmetic
import CKernels
import SandboxCore

/// Random oblivious transfers of 16-byte keys: the endemic OT of D. Masny and P. Rindal, "Endemic Oblivious Transfer", CCS 2019
/// (eprint 2019/706), over ristretto255 (RFC 9496). Semi-honest and malicious security in the random-oracle model.
///
///     receiver: choice bits b_j                                sender
///     t_j random; r_{1-b} a random element                     a random, A = a G
///     r_b = t_j G - H_b(j, r_{1-b})
///                       --- r_0, r_1 for every j --->
///                       <------------- A ------------          independent messages: they may cross
///     k_{j,b} = KDF(.., j, b, .., t_j A)                       k_{j,i} = KDF(.., j, i, .., a (r_i + H_i(j, r_{1-i}))), i = 0, 1
///
/// "Endemic": a party that deviates can influence its own keys. The receiver still learns at most one key of each pair, and the
/// sender nothing about the choice. Protocols/base-ot.md says what is proved, and gives the bytes.
package enum BaseOT {
    /// Bytes of the sender's message, one encoded element.
    package static let senderMessageBytes = Ristretto255.encodedBytes
    /// Bytes of the receiver's message per transfer: r_0, then r_1.
    package static let receiverBytesPerTransfer = 2 * Ristretto255.encodedBytes

    /// Transfers that one thread works on at a time: a few full registers of points, all in the first cache.
    static let chunk = 32

    /// H_i(j, r) as 64 uniform bytes: expand_message_xmd of i (1 byte), j (8 bytes, little-endian) and r (32 bytes).
    struct PointOracle: ~Copyable {
        private let hasher = Ristretto255.Hasher(
            domainSeparationTag: Array("yinhe/base-ot/v1/ristretto255_XMD:SHA-512_R255MAP_RO_".utf8))

        borrowing func expand(
            branch: UInt8, index: Int, element: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer
        ) {
            withUnsafeTemporaryAllocation(byteCount: 41, alignment: 8) { message in
                message.storeBytes(of: branch, as: UInt8.self)
                message.storeBytes(of: UInt64(index).littleEndian, toByteOffset: 1, as: UInt64.self)
                UnsafeMutableRawBufferPointer(rebasing: message[9...]).copyMemory(from: element)
                hasher.expand(UnsafeRawBufferPointer(message), into: out)
            }
        }
    }

    /// The key derivation: SHA-256 of a domain, the session (the hash of the caller's context and A), j, i, r_0, r_1 and the
    /// shared element, cut to 16 bytes.
    struct KeyDerivation: ~Copyable {
        private let hash = ReusableSHA256()
        private let prefix: [UInt8]

        /// What `prefix` has to be: the same for all transfers of one session.
        static func prefix(context: [UInt8], senderMessage: [UInt8]) -> [UInt8] {
            var session = DomainHash(domain: "yinhe/base-ot/session/v1")
            session.update(field: context)
            session.update(senderMessage)
            let domain = Array("yinhe/base-ot/key/v1".utf8)
            return [UInt8(domain.count)] + domain + session.finalize()
        }

        init(prefix: [UInt8]) { self.prefix = prefix }

        /// `pair` is r_0 and r_1 as sent; `shared` the encoded shared element.
        borrowing func key(
            index: Int, branch: UInt8, pair: UnsafeRawBufferPointer, shared: UnsafeRawBufferPointer
        ) -> Block128 {
            withUnsafeTemporaryAllocation(byteCount: 48, alignment: 16) { scratch in
                prefix.withUnsafeBytes { hash.update($0) }
                scratch.storeBytes(of: UInt64(index).littleEndian, as: UInt64.self)
                scratch.storeBytes(of: branch, toByteOffset: 8, as: UInt8.self)
                hash.update(UnsafeRawBufferPointer(rebasing: scratch[..<9]))
                hash.update(pair)
                hash.update(shared)
                hash.finish(into: scratch.baseAddress!)
                let low = UInt64(littleEndian: scratch.load(as: UInt64.self))
                let high = UInt64(littleEndian: scratch.load(fromByteOffset: 8, as: UInt64.self))
                ConstantTime.wipe(scratch)
                return Block128(low: low, high: high)
            }
        }
    }

    static func isIdentity(_ encoded: UnsafeRawBufferPointer) -> Bool { encoded.allSatisfy { $0 == 0 } }
}

/// Memory for elements that were computed from secrets: wiped when released.
struct ElementBuffer: ~Copyable {
    let elements: UnsafeMutableBufferPointer<Ristretto255.Element>

    init(count: Int) {
        elements = .allocate(capacity: count)
        elements.initialize(repeating: Ristretto255.Element())
    }

    deinit {
        ConstantTime.wipe(UnsafeMutableRawBufferPointer(elements))
        elements.deallocate()
    }
}
