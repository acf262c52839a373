import Arithmetic
import SandboxCore
import Synchronization

/// Generators of the vector commitments: elements of ristretto255 hashed from their names, so that nobody knows a relation.
enum RangeGenerators {
    typealias Element = Ristretto255.Element
    static let base = Ristretto255.generator
    static let blinding = Ristretto255.Hasher(domainSeparationTag: tag).hash(Array("blinding".utf8))
    private static let tag = Array("YINHE-PAILLIER-RANGE-V01-with-ristretto255_XMD:SHA-512_R255MAP_RO_".utf8)
    private static let known = Mutex<(g: [Element], h: [Element])>(([], []))

    /// The first `count` generators of both vectors; 25 us for each the first time.
    static func vectors(_ count: Int) -> (g: [Element], h: [Element]) {
        known.withLock { lists in
            let hasher = Ristretto255.Hasher(domainSeparationTag: tag)
            func name(_ letter: String, _ i: Int) -> [UInt8] {
                Array(letter.utf8) + withUnsafeBytes(of: UInt32(i).littleEndian) { Array($0) }
            }
            for i in lists.g.count..<max(count, lists.g.count) {
                lists.g.append(hasher.hash(name("G", i)))
                lists.h.append(hasher.hash(name("H", i)))
            }
            return (Array(lists.g.prefix(count)), Array(lists.h.prefix(count)))
        }
    }
}

/// The inner product argument of Buenz, Bootle, Boneh, Poelstra, Wuille, Maxwell, "Bulletproofs: short proofs for confidential
/// transactions and more", IEEE S&P 2018, section 3: knowledge of a, b with P = <a, G> + <b, H'> + <a, b> Q, H'_i = y^-i H_i.
struct InnerProductArgument: Sendable, Equatable {
    typealias Scalar = Ristretto255.Scalar
    var left: [[UInt8]]
    var right: [[UInt8]]
    var a: Scalar
    var b: Scalar

    /// The vectors are masked already, so all is in variable time. `scale`: y^-i.
    static func prove(
        _ a: [Scalar], _ b: [Scalar], scale: [Scalar], q: Ristretto255.Element, _ transcript: inout ProofTranscript, threads: Int
    ) -> InnerProductArgument {
        var (a, b) = (a, b), (g, h) = RangeGenerators.vectors(a.count)
        var left: [[UInt8]] = [], right: [[UInt8]] = []
        // The generators are folded three rounds at a time; in between, G'_i = sum of coefficients t * g[i + t * count].
        var gs = [Scalar.one], hs = [Scalar.one], step = scale
        while a.count > 1 {
            let half = a.count / 2, count = a.count
            func side(_ aFrom: Int, _ bFrom: Int) -> [UInt8] {
                let gAt = half - aFrom, hAt = half - bFrom
                var scalars: [Scalar] = [], points: [Ristretto255.Element] = []
                scalars.reserveCapacity(2 * half * gs.count + 1)
                points.reserveCapacity(2 * half * gs.count + 1)
                for t in gs.indices {
                    for i in 0..<half {
                        scalars.append(a[aFrom + i] * gs[t])
                        points.append(g[gAt + i + t * count])
                        scalars.append(b[bFrom + i] * step[hAt + i] * hs[t])
                        points.append(h[hAt + i + t * count])
                    }
                }
                scalars.append((0..<half).reduce(Scalar.zero) { $0 + a[aFrom + $1] * b[bFrom + $1] })
                points.append(q)
                return Ristretto255.encode(Ristretto255.sum(variableTime: scalars, of: points, threads: threads))
            }
            let l = side(0, half), r = side(half, 0)
            left.append(l)
            right.append(r)
            let u = challenge(l, r, &transcript), inverse = u.inverse
            a = (0..<half).map { a[$0] * u + a[half + $0] * inverse }
            b = (0..<half).map { b[$0] * inverse + b[half + $0] * u }
            // The part of y^-half belongs to the coefficient of the upper half, which counts from i there.
            let jump = step[half]
            gs = gs.flatMap { [$0 * inverse, $0 * u] }
            hs = hs.flatMap { [$0 * u, $0 * inverse * jump] }
            step = Array(step.prefix(half))
            if gs.count == 8 && half > 1 {
                g = Ristretto255.fold(g, by: gs, threads: threads)
                h = Ristretto255.fold(h, by: hs, threads: threads)
                gs = [.one]
                hs = [.one]
            }
        }
        return InnerProductArgument(left: left, right: right, a: a[0], b: b[0])
    }

    static func challenge(_ l: [UInt8], _ r: [UInt8], _ transcript: inout ProofTranscript) -> Scalar {
        transcript.absorb("L", l)
        transcript.absorb("R", r)
        return scalar(transcript.challenge("u"))
    }

    static func scalar(_ seed: [UInt8]) -> Scalar {
        var stream = ChallengeStream(seed)
        return Scalar(wide: stream.bytes(64))
    }

    /// u_j of every round and s_i, the coefficient of G_i in the final generator (section 3.1); that of H'_i is 1 / s_i.
    func coefficients(_ transcript: inout ProofTranscript) -> (u: [Scalar], s: [Scalar]) {
        let u = zip(left, right).map { Self.challenge($0, $1, &transcript) }
        var s = [Scalar.one]
        for challenge in u {
            let inverse = challenge.inverse
            s = s.flatMap { [$0 * inverse, $0 * challenge] }
        }
        return (u, s)
    }
}
