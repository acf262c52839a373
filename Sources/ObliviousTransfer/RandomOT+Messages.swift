import Arithmetic
import SandboxCore
import Transport

// Tags 0x90 to 0x93. Lengths are checked against the public counts when a message is used.
extension RandomOT {
    /// Base OT of both directions: the receiver's message for the bits of the own Delta, then the sender's for the other direction.
    package struct BaseMessage: BytesMessage {
        package static let tag: UInt8 = 0x90
        package static let name = "base OT messages"
        static let receiverBytes = 128 * BaseOT.receiverBytesPerTransfer
        package static let maximumBytes = receiverBytes + BaseOT.senderMessageBytes
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// Level sums of the trees whose owner is to receive.
    package struct SmallTreeSums: BytesMessage {
        package static let tag: UInt8 = 0x91
        package static let name = "small-tree sums"
        package static let maximumBytes = SmallTrees.sumBytes
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// The receiver of a chunk: correction rows, then which of the random choices are wrong.
    package struct Corrections: BytesMessage {
        package static let tag: UInt8 = 0x92
        package static let name = "correction rows"
        package static let isTranscribed = false
        package static let maximumBytes = 1 << 20
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// The sender of a chunk: what it says about its strings.
    package struct Payload: BytesMessage {
        package static let tag: UInt8 = 0x93
        package static let name = "transfer messages"
        package static let isTranscribed = false
        package static let maximumBytes = 2 << 20
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }
}
