import Arithmetic
import SandboxCore

/// An oblivious key-value store: a vector of `parameters.columns` elements from which the value of every encoded key is a
/// linear combination that depends on the key and the seed only.
///
///     decode(k) = P[p1] + P[p2] + P[p3] + sum over j of k^j * P[dense j]
///
/// Values and vector are in GF(2^64) (`UInt64`) or GF(2^128) (`Block128`, GF(2^64) scalars times each half); the powers of the
/// hashed key are in GF(2^64) for both. See Protocols/okvs.md.
package struct OKVS: Sendable {
    package let parameters: OKVSParameters
    package let seed: Block128

    package init(parameters: OKVSParameters, seed: Block128) {
        self.parameters = parameters
        self.seed = seed
    }

    /// Writes the vector that decodes to `values[i]` at `keys[i]`; `count <= parameters.items`, `into` holds
    /// `parameters.columns` elements. Free columns are zero, or uniform from `random` when given (the doubly oblivious form).
    /// Variable time in the caller's own keys; the result is the same for every number of threads.
    /// Throws `badInput` when two keys are equal, and `OKVS.noSolution` with probability at most 2^-40 (draw another seed).
    package func encode(
        keys: UnsafePointer<JoinToken>, values: UnsafePointer<UInt64>, count: Int, into vector: UnsafeMutablePointer<UInt64>,
        threads: Int, random: (any RandomSource)? = nil
    ) throws {
        fatalError("the kernels follow")
    }

    package func encode(
        keys: UnsafePointer<JoinToken>, values: UnsafePointer<Block128>, count: Int, into vector: UnsafeMutablePointer<Block128>,
        threads: Int, random: (any RandomSource)? = nil
    ) throws {
        fatalError("the kernels follow")
    }

    /// Writes the values of any `count` keys under `vector` (`parameters.columns` elements) in the order of the keys.
    package func decode(
        keys: UnsafePointer<JoinToken>, count: Int, vector: UnsafePointer<UInt64>, into values: UnsafeMutablePointer<UInt64>,
        threads: Int
    ) {
        fatalError("the kernels follow")
    }

    package func decode(
        keys: UnsafePointer<JoinToken>, count: Int, vector: UnsafePointer<Block128>, into values: UnsafeMutablePointer<Block128>,
        threads: Int
    ) {
        fatalError("the kernels follow")
    }

    /// The linear system of these keys under this seed has no solution.
    package static let noSolution = YinheError.Code(name: "okvs-no-solution", exitCode: 1)
}
