import Arithmetic
import SandboxCore

/// What the receiver's noise is made of.
package enum NoiseKind: Sendable {
    /// The value 1 in F2, kept in the lowest bit of each leaf (silent OT).
    case bit
    /// Elements of GF(2^64), GF(2^128).
    case word, block

    var fieldBits: Int {
        switch self {
        case .bit: 1
        case .word: 64
        case .block: 128
        }
    }
    /// Bytes of one noise value in a row of the base correlation.
    var bytes: Int { self == .bit ? 0 : fieldBits / 8 }
}

/// All public sizes of one run, derived from its parameters and equal on both sides.
///
/// A row of the base correlation has `rowBytes` bytes, four parts each padded to 16:
/// choice bits | noise values | (malicious: the mask of the noise check, 16) | (malicious: the mask of the row check, 16).
package struct SilentLayout: Sendable {
    package let code: LPNCode
    package let outputs: Int
    package let noise: NoiseKind
    package let malicious: Bool
    /// Length of the noise vector, noise weight, and leaves and depth of each tree: positions = trees * leaves.
    package let positions: Int
    package let trees: Int
    package let leaves: Int
    package let depth: Int

    package init(code: LPNCode, outputs: Int, noise: NoiseKind, malicious: Bool) {
        self.code = code
        self.outputs = outputs
        self.noise = noise
        self.malicious = malicious
        (positions, trees, leaves, depth) = DualLPN.shape(code: code, outputs: outputs, fieldBits: noise.fieldBits)
        precondition(positions == trees * leaves && leaves <= 1 << depth)
        precondition(correctionBytes <= SilentVOLE.Corrections.maximumBytes && sumBytes <= SilentVOLE.TreeSums.maximumBytes)
    }

    static func padded(_ bytes: Int) -> Int { (bytes + 15) & ~15 }

    /// One transfer for each level of each tree.
    package var choices: Int { trees * depth }
    package var choiceBytes: Int { Self.padded((choices + 7) / 8) }
    package var noiseOffset: Int { choiceBytes }
    package var noiseBytes: Int { Self.padded(trees * noise.bytes) }
    package var noiseMaskOffset: Int { choiceBytes + noiseBytes }
    package var rowBytes: Int { choiceBytes + noiseBytes + (malicious ? 32 : 0) }
    package var rowBlocks: Int { rowBytes / 16 }

    package static let seedBytes = 16
    package var smallTreeBytes: Int { SmallTrees.sumBytes + (malicious ? SmallTrees.proofBytes : 0) }

    /// Bodies of the messages, in bytes.
    package var correctionBytes: Int { Self.seedBytes + smallTreeBytes + SmallTrees.groups * rowBytes }
    package var correlationProofBytes: Int { 16 * (1 + 128) }
    package var sumBytes: Int { trees * (32 * depth + 16) }
}
