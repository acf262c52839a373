import Arithmetic
import SandboxCore
import Transport

/// Silent subfield vector oblivious linear evaluation over F = GF(2^128) (Boyle et al., CCS 2019, eprint 2019/1159, section 3;
/// subfield
/// form: Raghuraman, Rindal, eprint 2022/320, section 2). The wire format is Protocols/silent-vole.md.
///
///     Sender                                             Receiver
///     handshake; base OT messages cross with it
///     Delta in F                                         secret noise positions and values e
///                   <---------------------------------   code seed, corrections  (+ correlation check when malicious)
///     q = t + u Delta for u = bits of the positions, e
///     t GGM trees, sums of their levels --------------->  trees without the leaf at the noise position
///     b = G w                                            a = G e, c = G (w + e Delta)
///                   <---------------------------------   check request     only when malicious: ride on later messages
///     check answer  --------------------------------->                     of a protocol that uses the engines
///
/// Afterwards `c[i] = a[i] * Delta + b[i]` for every i; a is pseudorandom to the sender, Delta and b to the receiver.
public enum SilentVOLE {
    /// Where the receiver's values `a` lie.
    public enum Field: String, Sendable, Codable, CaseIterable {
        /// In B = GF(2^64), a subfield of F.
        case bits64 = "GF(2^64)"
        /// In F = GF(2^128) itself.
        case bits128 = "GF(2^128)"

        package var bits: Int { self == .bits64 ? 64 : 128 }
    }

    public enum Security: String, Sendable, Codable, CaseIterable {
        case semiHonest = "semi-honest"
        /// Either party may deviate; see Protocols/silent-vole.md for what a deviation that stays undetected can learn.
        case malicious
    }

    /// Both sides must use the same values, but for `threads`.
    public struct Parameters: Sendable {
        /// Correlated elements, 1 to `maximumCount`.
        public var count: Int
        public var field: Field
        public var security: Security
        public var code: LPNCode
        public var threads: Int

        /// `threads`: nil for all cores.
        public init(
            count: Int, field: Field = .bits64, security: Security = .semiHonest, code: LPNCode = .expandConvolute7x24,
            threads: Int? = nil
        ) {
            self.count = count
            self.field = field
            self.security = security
            self.code = code
            self.threads = threads ?? availableCores
        }

        /// Throws `.usage` for values out of range.
        public func validate() throws {
            guard count >= 1, count <= SilentVOLE.maximumCount else {
                throw YinheError(.usage, "\(count) correlations; 1 to \(SilentVOLE.maximumCount) are possible in one run")
            }
            guard threads >= 1 else { throw YinheError(.usage, "\(threads) threads; at least 1 is needed") }
        }
    }

    /// Most correlations of one run.
    public static let maximumCount = 1 << 25

    static let version = 1

    /// What the sender holds afterwards. The buffer may be longer than the run's count: its first `count` elements are the
    /// result.
    package struct SenderOutput: Sendable {
        package let delta: Block128
        package let b: HugeBuffer<Block128>
    }

    /// What the receiver holds afterwards. The buffers may be longer than the run's count: their first `count` elements are it.
    package struct ReceiverOutput: Sendable {
        package enum Scalars: Sendable {
            case bits64(HugeBuffer<UInt64>)
            case bits128(HugeBuffer<Block128>)
        }
        package let a: Scalars
        package let c: HugeBuffer<Block128>
    }

    /// Runs one piece of heavy work away from the cooperative threads and waits for it.
    package typealias Lane = @Sendable (_ work: @escaping @Sendable () throws -> Void) async throws -> Void
}
