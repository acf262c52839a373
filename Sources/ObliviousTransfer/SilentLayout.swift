import Arithmetic
import SandboxCore

/// What the receiver's noise is made of.
enum NoiseKind: Sendable {
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
struct SilentLayout: Sendable {
    let code: LPNCode
    let outputs: Int
    let noise: NoiseKind
    let malicious: Bool
    /// Length of the noise vector, noise weight, and leaves and depth of each tree: positions = trees * leaves.
    let positions: Int
    let trees: Int
    let leaves: Int
    let depth: Int

    init(code: LPNCode, outputs: Int, noise: NoiseKind, malicious: Bool) {
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
    var choices: Int { trees * depth }
    var choiceBytes: Int { Self.padded((choices + 7) / 8) }
    var noiseOffset: Int { choiceBytes }
    var noiseBytes: Int { Self.padded(trees * noise.bytes) }
    var noiseMaskOffset: Int { choiceBytes + noiseBytes }
    var rowBytes: Int { choiceBytes + noiseBytes + (malicious ? 32 : 0) }
    var rowBlocks: Int { rowBytes / 16 }

    static let seedBytes = 16
    var smallTreeBytes: Int { SmallTrees.sumBytes + (malicious ? SmallTrees.proofBytes : 0) }

    /// Bodies of the messages, in bytes.
    var correctionBytes: Int { Self.seedBytes + smallTreeBytes + SmallTrees.groups * rowBytes }
    var correlationProofBytes: Int { 16 * (1 + 128) }
    var sumBytes: Int { trees * (32 * depth + 16) }
}
