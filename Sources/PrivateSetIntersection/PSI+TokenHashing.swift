import Arithmetic

extension PSI {
    /// SHA-256 of many messages of one length, at most 55 bytes, as `BatchSHA256` has it: for the tokens of large files.
    package static let sha256: @Sendable (UnsafeRawPointer, Int, Int, UnsafeMutableRawPointer) -> Void = {
        BatchSHA256.hash($0, length: $1, count: $2, into: $3)
    }
}
