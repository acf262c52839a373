import SandboxCore
import Transport

extension PSI {
    /// Predicts what each protocol would cost, so that a pair of parties can pick one. See Protocols/psi-choice.md.
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

        /// What one protocol is predicted to cost.
        public struct Estimate: Sendable, Codable, Equatable {
            public var choice: ProtocolChoice
            /// Nil when the protocol cannot do what was asked; `reason` says why.
            public var seconds: Double?
            public var computeSeconds: Double
            public var bytesToSender: Int
            public var bytesToReceiver: Int
            /// Network delays in one direction, one after another.
            public var flights: Int
            /// A stable English reason for an impossible choice, else empty.
            public var reason: String
        }

        /// What both sides concluded from the same numbers.
        public struct Decision: Sendable, Codable, Equatable {
            public var choice: ProtocolChoice
            public var link: Link
            public var senderSize: Int
            public var receiverSize: Int
            /// Threads of the slower party.
            public var threads: Int
            public var estimates: [Estimate]
            /// English, one line for each protocol.
            public var explanation: String
        }

        /// Measures the link and agrees on a protocol, in a session of its own on `channel`.
        public static func negotiate(
            _ role: Role, setSize: Int, options: Options, over channel: any Channel, binding: [UInt8] = []
        ) async throws -> Decision {
            fatalError("negotiate")
        }
    }
}
