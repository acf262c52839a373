import SandboxCore

/// Reproducible bytes for tests only: the AES-256-CTR key stream of a number. No product contains this type.
package final class SeededRandom: RandomSource, @unchecked Sendable {
    package let seed: UInt64
    private let prg: AESCounterPRG

    package init(_ seed: UInt64) {
        self.seed = seed
        var writer = ByteWriter()
        writer.write(seed)
        prg = AESCounterPRG(seed: writer.bytes + [UInt8](repeating: 0, count: 24))
    }

    package func fill(_ buffer: UnsafeMutableRawBufferPointer) { prg.fill(buffer) }
}

/// A fresh seed, printed with a failing property test so that the failure can be repeated.
package func freshSeed() -> UInt64 { SystemRandom.shared.word() }
