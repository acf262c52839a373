import ObliviousTransfer
import SandboxCore
import Transport

extension VOLEPSI {
    /// Everything that follows from the public numbers of a run. See Protocols/vole-psi.md, "Parameters".
    package struct Plan: Sendable, Equatable {
        package let receiverSize: Int
        package let senderSize: Int
        package let okvs: OKVSParameters
        package let field: SilentVOLE.Field
        package let adversary: PSI.Adversary
        /// Bytes of one of the sender's masks.
        package let maskBytes: Int

        /// Both sizes must be positive.
        package init(receiverSize: Int, senderSize: Int, variant: Variant, adversary: PSI.Adversary, job: JobSizes?) throws {
            self.receiverSize = receiverSize
            self.senderSize = senderSize
            self.adversary = adversary
            okvs = try OKVSParameters.derive(items: receiverSize, clustered: variant == .fast)
            let job = job ?? JobSizes(receiver: receiverSize, sender: senderSize)
            switch adversary {
            case .semiHonest:
                // A token that the receiver lacks hits Decode(P, y) = H_B(y) with probability 1/|B| (eprint 2022/320, section 4).
                let needed = SecurityParameters.statistical + SecurityParameters.ceilLog2(max(job.sender, 1))
                field = needed <= 64 ? .bits64 : .bits128
                maskBytes = SecurityParameters.comparisonMaskBytes(job.receiver, job.sender)
            case .malicious:
                field = .bits128
                maskBytes = SecurityParameters.computational / 8
            }
        }

        /// Elements of the VOLE and of the vector A.
        package var columns: Int { okvs.columns }
        package var elementBytes: Int { field.bits / 8 }
        /// Elements of A in one message, but for the last: 1 MiB.
        package var vectorRows: Int { (1 << 20) / elementBytes }
        /// Masks in one message, but for the last: an eighth of all as a power of two, in 2^12 ... 2^16.
        package var maskRows: Int { 1 << min(16, max(12, SecurityParameters.ceilLog2(senderSize) - 3)) }

        package func vole(_ threads: Int) -> SilentVOLE.Parameters {
            SilentVOLE.Parameters(
                count: columns, field: field, security: adversary == .malicious ? .malicious : .semiHonest, threads: threads)
        }
    }

    /// One party's input and what it proposes.
    struct Input: Sendable {
        let tokens: [JoinToken]
        let parameters: Parameters

        func proposal(role: String, peerRole: String, binding: [UInt8]) throws -> SessionProposal {
            guard binding.count <= maximumBindingBytes else {
                throw YinheError(.usage, "a binding of \(binding.count) bytes; at most \(maximumBindingBytes) are possible")
            }
            let job = parameters.jobSizes.map { "\($0.receiver) \($0.sender)" } ?? "this run"
            return SessionProposal(
                protocolName: "vole-psi", version: UInt32(version), role: role, peerRole: peerRole,
                parameters: [
                    ("variant", parameters.variant.rawValue), ("adversary", parameters.adversary.rawValue),
                    ("result policy", parameters.policy.rawValue), ("minimum intersection", "\(parameters.minimumIntersection)"),
                    ("job sizes", job), ("binding", binding.hex),
                ],
                announcements: [Self.setSize: tokens.count])
        }

        /// The peer's announced set size, checked.
        func peerSize(in session: Session, maximum: Int) throws -> Int {
            guard let size = session.peerAnnouncements[Self.setSize], 0...maximum ~= size else {
                throw YinheError(.peerMisbehaved, "the peer announced no set size up to \(maximum)")
            }
            return size
        }

        /// Nil when the outcome is known from the sizes: one of the sets is empty.
        func plan(receiver: Int, sender: Int) throws -> Plan? {
            guard min(receiver, sender) >= parameters.minimumIntersection else {
                throw VOLEPSI.belowMinimum(parameters.minimumIntersection)
            }
            if let job = parameters.jobSizes, receiver > job.receiver || sender > job.sender {
                throw YinheError(
                    .peerMisbehaved, "sets of \(receiver) and \(sender) tokens are more than the whole job announced")
            }
            guard receiver > 0, sender > 0 else { return nil }
            return try Plan(
                receiverSize: receiver, senderSize: sender, variant: parameters.variant, adversary: parameters.adversary,
                job: parameters.jobSizes)
        }

        static let setSize = "set size"
    }

    static func belowMinimum(_ minimum: Int) -> YinheError {
        YinheError(
            .belowMinimum, "fewer than the agreed minimum of \(minimum) tokens are common; nothing was revealed",
            remedy: "agree on a lower minimum, or join larger sets")
    }

    static func equalTokens(_ first: Int, _ second: Int) -> YinheError {
        YinheError(
            .badInput, "tokens \(first) and \(second) are equal", remedy: "a set holds each key once; remove the duplicates")
    }
}
