import Paillier
import SandboxCore
import SecretSharing
import Transport

/// Between Paillier ciphertexts and additive shares, for two parties of whom one holds the key.
///
///     to shares:       CiphertextHolder                                KeyOwner
///                      Enc(u + r), r uniform, fresh    ------------>   decrypts
///                      share lower k - r                               share u + r        modulo 2^64 or 2^128
///
///     to ciphertexts:  CiphertextHolder (share b)                      KeyOwner (share a)
///                      b + r, r uniform                ------------>   y = a + b + r - lower
///                      Enc(y) less r                   <------------   Enc(y)
///
/// Several values share a plaintext (`SlotPacking`), each masked by 40 bits more than it can have
/// (`SecurityParameters.additiveMaskBits`), so what the owner decrypts is within 2^-40 of independent of the values. Semi-honest.
/// The masked opening of Cramer, Damgard, Nielsen, "Multiparty computation from threshold homomorphic encryption", EUROCRYPT 2001 (additive
/// sharing of an encrypted value), with masks over the integers in place of masks modulo n, so that values can share a plaintext.
/// Exact description: Protocols/paillier-to-shares.md.
public enum PaillierSharing {
    static let version: UInt32 = 1

    /// What both parties must agree on.
    public struct Agreement: Sendable, Hashable {
        /// The range of one contribution to each value of a group; a value is the sum of `contributions` of them.
        public let ranges: [ClosedRange<Int64>]
        public let contributions: Int
        /// How many groups of `ranges.count` values are converted; each takes its own plaintexts.
        public let groups: Int
        public let publicKey: PaillierPublicKey
        /// Ties the run to something outside it, such as a contract's hash; at most 256 bytes.
        public let binding: [UInt8]
        package let packing: SlotPacking

        /// Throws `.badInput` for no value, no group or no contribution, `.range` when a value does not fit its slot.
        public init(
            ranges: [ClosedRange<Int64>], contributions: Int = 1, groups: Int = 1, publicKey: PaillierPublicKey, binding: [UInt8] = []
        ) throws {
            guard !ranges.isEmpty, contributions > 0, groups > 0, groups <= 1 << 32, ranges.count <= 1 << 20, binding.count <= 256 else {
                throw YinheError(.badInput, "a conversion of \(groups) groups of \(ranges.count) values")
            }
            self.ranges = ranges
            self.contributions = contributions
            self.groups = groups
            self.publicKey = publicKey
            self.binding = binding
            packing = try SlotPacking(
                upperBounds: ranges.map { UInt64(bitPattern: $0.upperBound &- $0.lowerBound) }, contributions: contributions,
                isMasked: true, keyBits: publicKey.bits)
        }

        public static func == (a: Agreement, b: Agreement) -> Bool {
            a.ranges == b.ranges && a.contributions == b.contributions && a.groups == b.groups && a.publicKey == b.publicKey
                && a.binding == b.binding
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(ranges)
            hasher.combine(groups)
            hasher.combine(binding)
        }

        public var valueCount: Int { groups * ranges.count }
        public var ciphertextCount: Int { groups * packing.plaintextCount }

        /// In which every value lies.
        public var bounds: DeclaredBounds {
            get throws {
                try DeclaredBounds(
                    Int128(ranges.map(\.lowerBound).min()!) * Int128(contributions),
                    Int128(ranges.map(\.upperBound).max()!) * Int128(contributions))
            }
        }

        /// `contributions` times the lower bound of slot `slot`: what a slot's content u is counted from.
        func offset(_ slot: Int) -> Int128 { Int128(ranges[slot].lowerBound) * Int128(contributions) }

        /// The encryptions of values of one contribution, group after group: what `CiphertextHolder` converts. Throws `.badInput` for a
        /// value outside its range, by its place.
        public func encrypt(_ values: [Int64], with encryptor: PaillierEncryptor, threads: Int) throws -> [PaillierCiphertext] {
            guard values.count == valueCount else { throw YinheError(.badInput, "\(values.count) values, \(valueCount) expected") }
            for (i, value) in values.enumerated() where !ranges[i % ranges.count].contains(value) {
                throw YinheError(.badInput, "the value at position \(i) lies outside \(ranges[i % ranges.count])")
            }
            let width = ranges.count
            return try encryptor.encrypt(
                (0..<groups).flatMap { group in
                    packing.pack((0..<width).map { UInt128(UInt64(bitPattern: values[group * width + $0] &- ranges[$0].lowerBound)) })
                }, threads: threads)
        }

        /// Uniform masks of one group.
        func masks(_ random: some RandomSource) -> [UInt128] {
            packing.sumBits.map { bits in
                let word = UInt128(random.word()) << 64 | UInt128(random.word())
                return word >> UInt128(128 - SecurityParameters.additiveMaskBits(hiding: bits))
            }
        }

        /// Groups whose ciphertexts travel in one message of about 1 MiB.
        var groupsPerMessage: Int { max(1, (1 << 20) / (packing.plaintextCount * publicKey.ciphertextBytes)) }
        var messages: [Range<Int>] {
            stride(from: 0, to: groups, by: groupsPerMessage).map { $0..<min(groups, $0 + groupsPerMessage) }
        }

        enum Direction: String { case toShares = "to-shares", toCiphertexts = "to-ciphertexts" }

        func proposal(_ direction: Direction, isOwner: Bool, ring: Ring) -> SessionProposal {
            var hash = DomainHash(domain: "yinhe/paillier-to-shares/ranges/v1")
            for range in ranges {
                withUnsafeBytes(of: range.lowerBound.littleEndian) { hash.update($0) }
                withUnsafeBytes(of: range.upperBound.littleEndian) { hash.update($0) }
            }
            return SessionProposal(
                protocolName: "paillier-to-shares", version: PaillierSharing.version, role: isOwner ? "key-owner" : "ciphertext-holder",
                peerRole: isOwner ? "ciphertext-holder" : "key-owner",
                parameters: [
                    ("direction", direction.rawValue), ("binding", binding.hex), ("key", publicKey.fingerprint),
                    ("ring", ring.rawValue), ("groups", "\(groups)"), ("values of a group", "\(ranges.count)"),
                    ("contributions", "\(contributions)"), ("range digest", hash.finalize().hex),
                ])
        }

        /// Throws `.range` unless a masked value fits the ring, so that the masked sum of two shares does not wrap.
        func requireMaskRoom(in ring: Ring) throws {
            let widest = packing.widths.max()!
            guard widest <= ring.bytes * 8 else {
                throw YinheError(
                    .range, "a masked value has \(widest) bits, the ring \(ring.rawValue) \(ring.bytes * 8)",
                    remedy: ring == .z64 ? "share over z2^128, or declare tighter ranges" : "declare tighter ranges")
            }
        }
    }

    /// Party 0 of the shares.
    static let owner = 0
    /// Party 1.
    static let holder = 1
}
