import Arithmetic
import Paillier
import PrivateSetIntersection
import SandboxCore
import Transport

/// Sums, per group, over the intersection of two sets, opened to neither side: each party ends with an additive share of each sum.
///
/// The private intersection-sum of Ion et al. (eprint 2019/723, figure 2: Diffie-Hellman matching, Paillier for the values) for
/// parties that follow the protocol but are curious. Protocols/intersection-sum.md lists what differs from the paper.
///
///     GroupParty: tokens in groups                     ValueParty: tokens with values, Paillier key
///                                      <------------  1  public key
///     2  group sizes, k1 H(v)          ------------>         v shuffled inside each group
///                                      <------------  3  mask(k2 k1 H(v))    shuffled again inside each group
///                                      <------------  4  k2 H(w), Enc(values of w)          w shuffled
///     5  per group Enc(sum + r)        ------------>         r uniform, fresh for every slot
///     share -r                                               share sum + r           both modulo 2^128
///
/// GroupParty learns the number of matches in each of its groups and the other set's size; ValueParty learns the group sizes, and,
/// when the run stops for it, that there were fewer matches than the minimum. Neither learns which tokens matched.
public enum IntersectionSum {
    static let version: UInt32 = 1
    package static let domain = DHDomain(protocolName: "intersection-sum", version: 1)
    /// The largest set, so that counts of a peer cannot exhaust memory.
    static let maximumSetSize = 1 << 28

    /// One number that ValueParty holds for each token.
    public struct SlotDeclaration: Sendable, Hashable {
        public let name: String
        /// Every value is in 0 ... upperBound.
        public let upperBound: UInt64

        public init(name: String, upperBound: UInt64) {
            self.name = name
            self.upperBound = upperBound
        }
    }

    /// What both sides must agree on, but for `threads`.
    public struct Parameters: Sendable {
        /// Bits of the Paillier modulus: 3072 by default; 2048 (112-bit security) or 4096 on request.
        public var keyBits: Int
        public var slots: [SlotDeclaration]
        public var groupCount: Int
        /// The run stops, and reveals nothing more, when fewer tokens match in all groups together.
        public var minimumIntersection: Int
        /// Threads of this side.
        public var threads: Int
        /// What the run is bound to, such as a contract's hash; at most 256 bytes.
        public var binding: [UInt8]
        /// Key sizes that a test may allow on top of the public ones.
        package var testKeyBits: [Int] = []

        public init(
            slots: [SlotDeclaration], groupCount: Int, minimumIntersection: Int,
            keyBits: Int = SecurityParameters.factoringModulusBits, threads: Int = availableCores, binding: [UInt8] = []
        ) {
            self.slots = slots
            self.groupCount = groupCount
            self.minimumIntersection = minimumIntersection
            self.keyBits = keyBits
            self.threads = threads
            self.binding = binding
        }
    }

    /// What GroupParty ends with.
    public struct GroupOutput: Sendable {
        /// [group][slot]: adding ValueParty's share modulo 2^128 gives the sum.
        public let shares: [[UInt128]]
        /// Matches in each group: known to GroupParty alone.
        public let groupCounts: [Int]
        public let peerSetSize: Int
        public let transcriptHash: [UInt8]
        public let traffic: Traffic
    }

    /// What ValueParty ends with.
    public struct ValueOutput: Sendable {
        /// [group][slot]: adding GroupParty's share modulo 2^128 gives the sum.
        public let shares: [[UInt128]]
        public let groupSizes: [Int]
        public let peerSetSize: Int
        public let transcriptHash: [UInt8]
        public let traffic: Traffic
    }

    /// Runs both roles in this process.
    public static func localRun(_ group: GroupParty, _ value: ValueParty) async throws -> (GroupOutput, ValueOutput) {
        try await LocalRun.both({ try await group.run(over: $0) }, { try await value.run(over: $0) })
    }
}

extension IntersectionSum.Parameters {
    package enum Role: String { case group = "group-party", value = "value-party" }

    package static let setSize = "set size"

    /// Throws `.badInput` for values that no run can have.
    func validate() throws {
        func refuse(_ reason: String) -> YinheError { YinheError(.badInput, "intersection-sum: \(reason)") }
        guard (PaillierPublicKey.allowedBits + testKeyBits).contains(keyBits) else { throw refuse("a key of \(keyBits) bits") }
        guard (0...1 << 20).contains(groupCount) else { throw refuse("\(groupCount) groups") }
        guard minimumIntersection >= 0 else { throw refuse("a negative minimum intersection") }
        guard threads > 0 else { throw refuse("\(threads) threads") }
        guard binding.count <= 256 else { throw refuse("a binding of \(binding.count) bytes") }
    }

    /// Protocols/intersection-sum.md, "Handshake".
    package func proposal(_ role: Role, setSize: Int) -> SessionProposal {
        var hash = DomainHash(domain: "yinhe/intersection-sum/slots/v1")
        for slot in slots {
            hash.update(field: Array(slot.name.utf8))
            withUnsafeBytes(of: slot.upperBound.littleEndian) { hash.update($0) }
        }
        return SessionProposal(
            protocolName: "intersection-sum", version: IntersectionSum.version, role: role.rawValue,
            peerRole: (role == .group ? Role.value : .group).rawValue,
            parameters: [
                ("suite", "P256_XMD:SHA-256_SSWU_RO_"), ("binding", binding.hex), ("key bits", "\(keyBits)"),
                ("slots", "\(slots.count)"), ("slot digest", hash.finalize().hex), ("groups", "\(groupCount)"),
                ("minimum intersection", "\(minimumIntersection)"),
            ],
            announcements: [Self.setSize: setSize])
    }

    func peerSetSize(_ session: Session) throws -> Int {
        guard let size = session.peerAnnouncements[Self.setSize], (0...IntersectionSum.maximumSetSize).contains(size) else {
            throw YinheError(.peerMisbehaved, "the peer announced no usable set size")
        }
        return size
    }

    /// Throws `.badInput` for a set that is too large or holds a token twice.
    static func checkTokens(_ tokens: some Collection<JoinToken>) throws {
        guard tokens.count <= IntersectionSum.maximumSetSize else {
            throw YinheError(.badInput, "a set of \(tokens.count) tokens, at most \(IntersectionSum.maximumSetSize) allowed")
        }
        guard Set(tokens).count == tokens.count else {
            throw YinheError(.badInput, "a token occurs twice", remedy: "give each join key once, in one group only")
        }
    }
}
