import Arithmetic
import SandboxCore

extension PSI {
    /// SHA-256 of many messages of one length, at most 55 bytes, as `BatchSHA256` has it: for the tokens of large files.
    package static let sha256: @Sendable (UnsafeRawPointer, Int, Int, UnsafeMutableRawPointer) -> Void = {
        BatchSHA256.hash($0, length: $1, count: $2, into: $3)
    }
}

extension PSI {
    /// Throws `.badInput`, with the places, when two tokens are equal.
    package static func requireDistinct(_ tokens: [JoinToken]) throws {
        try tokens.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            try MaskIndex.checkDistinct(base, count: tokens.count, equal: VOLEPSI.equalTokens)
        }
    }
}
