import SandboxCore

extension PSI {
    /// Predicts what each protocol would cost, so that two parties can pick one. Formulas and constants are those of
    /// Protocols/psi-choice.md; both sides compute the same from the same numbers.
    public enum CostModel {
        /// What the network between the two parties does.
        public struct Link: Sendable, Codable, Equatable {
            /// There and back, in seconds.
            public var roundTrip: Double
            /// Bytes per second from the receiver to the sender.
            public var toSender: Double
            /// Bytes per second from the sender to the receiver.
            public var toReceiver: Double

            public init(roundTrip: Double, toSender: Double, toReceiver: Double) {
                self.roundTrip = roundTrip
                self.toSender = toSender
                self.toReceiver = toReceiver
            }
        }

        /// What is to be done.
        public struct Job: Sendable, Codable, Equatable {
            public var receiverSize: Int
            public var senderSize: Int
            public var policy: ResultPolicy
            public var adversary: Adversary
            /// Threads of the party with fewer.
            public var threads: Int
            /// Runs that the job is cut into, one after another; the sizes are those of the whole job.
            public var runs: Int
            /// Seconds for one element of DH-PSI on one thread of the slower party (`measureCurve`).
            public var curveSeconds: Double

            public init(
                receiverSize: Int, senderSize: Int, policy: ResultPolicy = .receiverLearnsMatches,
                adversary: Adversary = .semiHonest, threads: Int = 1, runs: Int = 1, curveSeconds: Double = Constants.curveSeconds
            ) {
                self.receiverSize = receiverSize
                self.senderSize = senderSize
                self.policy = policy
                self.adversary = adversary
                self.threads = threads
                self.runs = runs
                self.curveSeconds = curveSeconds
            }
        }

        /// What one protocol is predicted to cost.
        public struct Estimate: Sendable, Codable, Equatable {
            public var choice: ProtocolChoice
            /// Nil when the protocol cannot do what was asked.
            public var seconds: Double?
            public var computeSeconds: Double
            public var transferSeconds: Double
            public var delaySeconds: Double
            public var bytesToSender: Int
            public var bytesToReceiver: Int
            /// Network delays in one direction, one after another, of one run.
            public var flights: Int
            public var obstacle: Obstacle?
        }

        /// Why a protocol cannot do what was asked.
        public enum Obstacle: String, Sendable, Codable {
            /// An OPRF tells the receiver which tokens match, not only how many.
            case cannotCount = "cannot count without telling which"
            case semiHonestOnly = "is for semi-honest parties only"
            case tooManyTokens = "cannot take so many tokens in one run"
        }

        /// What both sides concluded from the same numbers.
        public struct Decision: Sendable, Codable, Equatable {
            /// Never `.auto`.
            public var choice: ProtocolChoice
            public var link: Link
            public var job: Job
            /// In the order vole, vole-lowcomm, dh.
            public var estimates: [Estimate]
            /// English: the choice and, one line each, what the protocols would take.
            public var explanation: String
        }

        /// The cheapest protocol that can do the job. Throws `.usage` when none can.
        public static func decide(_ job: Job, over link: Link) throws -> Decision {
            let estimates = try [ProtocolChoice.vole, .voleLowCommunication, .dh].map { try estimate($0, job, link) }
            let possible = estimates.filter { $0.seconds != nil }
            guard let best = possible.min(by: { $0.seconds! < $1.seconds! }) else {
                throw YinheError(
                    .usage, "no protocol can do this: "
                        + estimates.map { "\($0.choice.rawValue) \($0.obstacle!.rawValue)" }.joined(separator: "; "),
                    remedy: "choose another result policy or security model")
            }
            return Decision(
                choice: best.choice, link: link, job: job, estimates: estimates,
                explanation: explanation(best.choice, job, link, estimates))
        }

        /// What `choice` (not `.auto`) costs.
        public static func estimate(_ choice: ProtocolChoice, _ job: Job, _ link: Link) throws -> Estimate {
            var out = Estimate(
                choice: choice, seconds: nil, computeSeconds: 0, transferSeconds: 0, delaySeconds: 0, bytesToSender: 0,
                bytesToReceiver: 0, flights: 0, obstacle: nil)
            if let obstacle = obstacle(choice, job) {
                out.obstacle = obstacle
                return out
            }
            let threads = Double(job.threads), x = Double(job.receiverSize), y = Double(job.senderSize)
            if choice == .dh {
                let mask = SecurityParameters.comparisonMaskBytes(job.receiverSize, job.senderSize)
                let both = job.policy == .bothLearnMatches
                out.bytesToSender = 33 * job.receiverSize + (both ? mask * job.senderSize : 0)
                out.bytesToReceiver = 33 * job.senderSize + mask * job.receiverSize
                out.flights = both ? 6 : 5
                out.computeSeconds = (x + y) * job.curveSeconds / threads
                // Both directions and the curve work at the same time.
                out.transferSeconds = max(
                    0, max(Double(out.bytesToSender) / link.toSender, Double(out.bytesToReceiver) / link.toReceiver)
                        - out.computeSeconds)
            } else {
                let low = choice == .voleLowCommunication, malicious = job.adversary == .malicious
                (out.bytesToSender, out.bytesToReceiver) = try VOLEPSI.bytes(
                    receiverSize: job.receiverSize, senderSize: job.senderSize, variant: low ? .lowCommunication : .fast,
                    adversary: job.adversary, policy: job.policy, runs: job.runs)
                out.flights = (malicious ? 6 : 4) + (job.policy == .bothLearnMatches ? 1 : 0)
                let perToken = (
                    low ? Constants.lowReceiver : Constants.fastReceiver, low ? Constants.lowSender : Constants.fastSender
                )
                out.computeSeconds =
                    Double(job.runs) * Constants.runSeconds
                    + (x * perToken.0 + y * perToken.1) * (malicious ? Constants.maliciousFactor : 1) / threads
                out.transferSeconds = Double(out.bytesToSender) / link.toSender + Double(out.bytesToReceiver) / link.toReceiver
            }
            out.delaySeconds = Double(out.flights * job.runs) * link.roundTrip / 2
            out.seconds = out.computeSeconds + out.transferSeconds + out.delaySeconds
            return out
        }

        private static func obstacle(_ choice: ProtocolChoice, _ job: Job) -> Obstacle? {
            if choice == .dh {
                if job.adversary == .malicious { return .semiHonestOnly }
                return max(job.receiverSize, job.senderSize) > DHPSI.maximumSetSize ? .tooManyTokens : nil
            }
            if job.policy == .cardinalityOnly { return .cannotCount }
            return (job.receiverSize + job.runs - 1) / job.runs > VOLEPSI.maximumReceiverSize ? .tooManyTokens : nil
        }

        private static func explanation(_ choice: ProtocolChoice, _ job: Job, _ link: Link, _ estimates: [Estimate]) -> String {
            func rate(_ bytes: Double) -> String { "\(rounded(8e-6 * bytes)) Mb/s" }
            let link = "round trip \(rounded(1e3 * link.roundTrip)) ms, \(rate(link.toSender)) to the sender, "
                + "\(rate(link.toReceiver)) to the receiver"
            let head =
                "\(choice.rawValue) for \(job.receiverSize) tokens at the receiver and \(job.senderSize) at the sender; " + link
            let lines = estimates.map { estimate -> String in
                guard let seconds = estimate.seconds else { return "\(estimate.choice.rawValue): \(estimate.obstacle!.rawValue)" }
                let bytes = rounded(1e-6 * Double(estimate.bytesToSender + estimate.bytesToReceiver))
                return "\(estimate.choice.rawValue): \(rounded(seconds)) s (computing \(rounded(estimate.computeSeconds)) s, "
                    + "\(bytes) MB in \(rounded(estimate.transferSeconds)) s, delays \(rounded(estimate.delaySeconds)) s)"
            }
            return ([head] + lines).joined(separator: "\n")
        }

        /// Three significant digits, at least.
        private static func rounded(_ x: Double) -> String {
            if x >= 100 || x == 0 { return "\(Int(x.rounded()))" }
            let scale = x >= 10 ? 10.0 : x >= 1 ? 100 : x >= 0.1 ? 1000 : 10_000
            return "\((x * scale).rounded() / scale)"
        }

        /// Seconds of computing, on the critical path of both parties together, measured on one core (Protocols/psi-choice.md,
        /// "Constants").
        public enum Constants {
            /// Base transfers and all else that does not grow with the sets.
            public static let runSeconds = 0.02
            public static let fastReceiver = 300e-9
            public static let fastSender = 80e-9
            public static let lowReceiver = 400e-9
            public static let lowSender = 90e-9
            public static let maliciousFactor = 1.2
            /// One element of DH-PSI on a core without wide multipliers.
            public static let curveSeconds = 80e-6
        }
    }
}
