import Arithmetic
import SandboxCore
import Transport

// Tags 1 to 7; a protocol that runs the engines inside its own session uses tags from 0x20 on.
extension SilentVOLE {
    /// VOLE sender: the base OT receiver's message for the bits of Delta.
    package struct BaseReceiverMessage: BytesMessage {
        package static let tag: UInt8 = 1
        package static let name = "base OT receiver's message"
        package static let maximumBytes = 128 * BaseOT.receiverBytesPerTransfer
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// VOLE receiver: the base OT sender's message.
    package struct BaseSenderMessage: BytesMessage {
        package static let tag: UInt8 = 2
        package static let name = "base OT sender's message"
        package static let maximumBytes = BaseOT.senderMessageBytes
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// VOLE receiver: code seed, sums of the small trees, correction rows.
    package struct Corrections: BytesMessage {
        package static let tag: UInt8 = 3
        package static let name = "corrections"
        package static let maximumBytes = 1 << 20
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// VOLE receiver, malicious: hashes of its correlation's rows under the challenge.
    package struct CorrelationProof: BytesMessage {
        package static let tag: UInt8 = 4
        package static let name = "correlation proof"
        package static let maximumBytes = 129 * 16
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// VOLE sender: encrypted level sums of the GGM trees and the corrections of their punctured leaves.
    package struct TreeSums: BytesMessage {
        package static let tag: UInt8 = 5
        package static let name = "tree sums"
        package static let maximumBytes = 1 << 20
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// VOLE receiver, malicious: its noise under the second challenge, masked.
    package struct CheckRequest: BytesMessage {
        package static let tag: UInt8 = 6
        package static let name = "check request"
        package static let maximumBytes = 16
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// VOLE sender, malicious: a hash of its leaves under the second challenge.
    package struct CheckAnswer: BytesMessage {
        package static let tag: UInt8 = 7
        package static let name = "check answer"
        package static let maximumBytes = 32
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }
}
