import Arithmetic
import SandboxCore

/// Proof by whoever made ciphertexts of packed plaintexts that every slot holds a number of its declared range, exactly: no slack.
///
/// Proven, for a key whose proof (`PaillierKeyProof`) holds: every plaintext is the packing of slot values that lie in their declared
/// ranges, and the prover knows them. Soundness error 2^-128 and the discrete logarithm problem in ristretto255. Honest-verifier
/// zero-knowledge at statistical distance 2^-64 for each mask, of which there are eight for each slot of a row and eight for the
/// randomness.
///
/// The slot values are committed in ristretto255 as digits of small tables. That the digits are in their tables is shown by the sums
/// of their reciprocals (Eagen, Kanjalkar, Ruffing, Nick, "Bulletproofs++", EUROCRYPT 2024, eprint 2022/510; Haboeck, eprint
/// 2022/1530) within the inner product argument of Bulletproofs (Buenz and others, IEEE S&P 2018). That they are what the plaintexts
/// hold is shown by masked sums of them over all rows with random weights, opened in both groups at once, as integers. See
/// Protocols/paillier-proofs.md, "Slot ranges".
public struct SlotRangeProof: Sendable, Equatable {
    let parts: [Part]

    struct Part: Sendable, Equatable {
        typealias Scalar = Ristretto255.Scalar
        var isExponent: Bool
        /// A1: digits, multiplicities, masks.
        var values: [UInt8]
        var challenge: [UInt8]
        /// Masked sums, for each repetition and slot.
        var sums: [BigInteger]
        var randomness: [BigInteger]
        /// A2: reciprocals. S: the masks of both vectors. T1, T2: coefficients of their product.
        var reciprocals: [UInt8]
        var blinding: [UInt8]
        var t1: [UInt8]
        var t2: [UInt8]
        var t: Scalar
        var tBlinding: Scalar
        var blindingSum: Scalar
        var product: InnerProductArgument
    }

    static let partKind = ProofKind.slotRange
}

/// The challenges of one part after its digits are fixed, and the public vectors that follow from them.
struct SlotRangePublic {
    typealias Scalar = Ristretto255.Scalar
    let alpha: Scalar, gamma: Scalar
    /// y^i and y^-i.
    let y: [Scalar], yInverse: [Scalar]
    /// l(X) = aL + u + sL X, r(X) = y (aR + sR X) + w, <l, r>(0) = delta.
    let u: [Scalar], w: [Scalar], delta: Scalar

    /// The linear constraints, each times a power of rho: for each repetition and slot, mask + sum of weight * digit values = the
    /// masked sum; for each table, sum of reciprocals = sum of multiplicity / (alpha + entry).
    init?(
        _ circuit: SlotCircuit, alpha: Scalar, weights: [[UInt16]], sums: [BigInteger], gamma: Scalar, y base: Scalar, z: Scalar, rho: Scalar
    ) {
        let n = circuit.length, rows = circuit.ranges.rows.count, slots = circuit.slots
        self.alpha = alpha
        self.gamma = gamma
        func powers(_ x: Scalar, _ count: Int) -> [Scalar] {
            var out: [Scalar] = [], p = Scalar.one
            out.reserveCapacity(count)
            for _ in 0..<count {
                out.append(p)
                p = p * x
            }
            return out
        }
        guard base != .zero, gamma != .zero else { return nil }
        y = powers(base, n)
        yInverse = powers(base.inverse, n)
        let linear = powers(rho, weights.count * slots + SlotDigits.tables.count)
        var fL = [Scalar](repeating: .zero, count: n), fR = fL, total = Scalar.zero
        for i in 0..<weights.count * slots {
            fL[circuit.maskStart + i] = linear[i]
            total = total + linear[i] * Scalar(sums[i])
        }
        // sum over repetitions of rho^(r, slot) * weight(r, row)
        var combined = [Scalar](repeating: .zero, count: rows * slots)
        for (r, row) in weights.enumerated() {
            for k in 0..<rows {
                let weight = Scalar(UInt64(row[k]))
                for j in 0..<circuit.ranges.rows[k].count {
                    combined[k * slots + j] = combined[k * slots + j] + linear[r * slots + j] * weight
                }
            }
        }
        let tableWeights = linear[(weights.count * slots)...]
        for (i, entry) in circuit.entries.enumerated() {
            fL[i] = combined[entry.row * slots + entry.slot] * Scalar(entry.weight)
            fR[i] = tableWeights[tableWeights.startIndex + entry.table]
        }
        for (t, start) in circuit.tableStart.enumerated() {
            guard let start else { continue }
            let poles = (0..<SlotDigits.tables[t]).map { alpha + Scalar(UInt64($0)) }
            guard !poles.contains(.zero) else { return nil }
            for (i, inverse) in Scalar.inverses(poles).enumerated() {
                fL[start + i] = -(tableWeights[tableWeights.startIndex + t] * inverse)
            }
        }
        let zGamma = z * gamma
        var u = fR, w = fL, inner = Scalar.zero, ySum = Scalar.zero
        for i in 0..<n {
            u[i] = z * fR[i] * yInverse[i]
            if i < circuit.entries.count {
                u[i] = u[i] + alpha
                ySum = ySum + y[i]
            }
            w[i] = zGamma * fL[i]
            inner = inner + u[i] * w[i]
        }
        self.u = u
        self.w = w
        delta = gamma * ySum + zGamma * total + inner
    }
}

/// The transcript of one part, message by message; the same for prover and verifier.
struct SlotRangeTranscript: ~Copyable {
    typealias Scalar = Ristretto255.Scalar
    var transcript: ProofTranscript
    private let key: PaillierPublicKey
    private let circuit: SlotCircuit

    init(
        _ circuit: SlotCircuit, firstRow: Int, totalRows: Int, ciphertexts: ArraySlice<PaillierCiphertext>, isExponent: Bool,
        _ key: PaillierPublicKey, _ context: [UInt8]
    ) {
        self.key = key
        self.circuit = circuit
        transcript = ProofTranscript(.slotRange, key: key, context: context)
        transcript.absorb("total rows", UInt64(totalRows))
        transcript.absorb("first row", UInt64(firstRow))
        transcript.absorb("ranges", circuit.ranges.encoded)
        transcript.absorb("form", [isExponent ? 1 : 0])
        transcript.absorb("ciphertexts", ciphertexts.map(\.value), width: key.ciphertextBytes)
    }

    mutating func weights(values: [UInt8], commitments: [BigInteger]) -> [UInt8] {
        transcript.absorb("A1", values)
        transcript.absorb("commitments", commitments, width: key.ciphertextBytes)
        return transcript.challenge("weights")
    }

    static func expand(_ seed: [UInt8], rows: Int) -> [[UInt16]] {
        var stream = ChallengeStream(seed)
        return stream.weights(rows: ProofParameters.repetitions, count: rows)
    }

    mutating func alpha(sums: [BigInteger], randomness: [BigInteger], isExponent: Bool) -> Scalar {
        transcript.absorb("sums", sums, width: circuit.responseBytes)
        transcript.absorb(
            "randomness", randomness,
            width: RandomnessWitness.responseBytes(isExponent: isExponent, count: circuit.ranges.rows.count, key))
        return InnerProductArgument.scalar(transcript.challenge("alpha"))
    }

    mutating func combination(reciprocals: [UInt8], blinding: [UInt8]) -> (gamma: Scalar, y: Scalar, z: Scalar, rho: Scalar) {
        transcript.absorb("A2", reciprocals)
        transcript.absorb("S", blinding)
        return (
            InnerProductArgument.scalar(transcript.challenge("gamma")), InnerProductArgument.scalar(transcript.challenge("y")),
            InnerProductArgument.scalar(transcript.challenge("z")), InnerProductArgument.scalar(transcript.challenge("rho"))
        )
    }

    mutating func x(t1: [UInt8], t2: [UInt8]) -> Scalar {
        transcript.absorb("T1", t1)
        transcript.absorb("T2", t2)
        return InnerProductArgument.scalar(transcript.challenge("x"))
    }

    mutating func q(t: Scalar, tBlinding: Scalar, blindingSum: Scalar) -> Scalar {
        transcript.absorb("t", t.bytes + tBlinding.bytes + blindingSum.bytes)
        return InnerProductArgument.scalar(transcript.challenge("q"))
    }
}
