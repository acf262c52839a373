import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing

/// Keys that are not well formed, with all the roots that exist: whoever made them can do no better.
@Suite struct ProofSoundnessTests {
    let seed = freshSeed()
    let context = Array("keys".utf8)

    private func prime(_ bits: Int, _ residue: UInt64, _ random: SeededRandom) -> BigInteger {
        while true {
            let candidate = (BigInteger(3) << (bits - 2)) + .random(bits: bits - 2, from: random)
            if candidate.modulo(word: 4) == residue, candidate.isProbablePrime(rounds: 20) { return candidate }
        }
    }

    private func rejection(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return (error as? YinheError).map { $0.code == .peerMisbehaved ? $0.message : "another error" }
        }
    }

    /// Roots by Chinese remainders over prime powers p^e, with any (a, b) that works; a guess where no root exists.
    private func bestProof(_ key: PaillierPublicKey, primes: [(p: BigInteger, e: Int)], random: SeededRandom) -> PaillierKeyProof {
        let n = key.n
        let parts = primes.map { part in
            let power = (1..<max(part.e, 1)).reduce(part.p) { acc, _ in acc * part.p }
            return (power: power, order: (power / part.p) * (part.p - 1))
        }
        func join(_ residues: [BigInteger]) -> BigInteger {
            zip(residues, parts).reduce(BigInteger.zero) { sum, item in
                let rest = n / item.1.power
                return sum + item.0 * rest * rest.inverse(modulo: item.1.power)!
            }.modulo(n)
        }
        /// x with x^k = y, by the exponent 1/k modulo the part of the order prime to k, times nothing else: right whenever y is a k-th
        /// power and the part of the order that shares factors with k has exponent at most the square of k's.
        func root(_ y: BigInteger, _ k: BigInteger) -> BigInteger? {
            var residues: [BigInteger] = []
            for part in parts {
                var coprime = part.order
                while true {
                    let g = coprime.greatestCommonDivisor(with: k)
                    if g == .one { break }
                    coprime = coprime / g
                }
                let exponent = k.modulo(coprime).inverse(modulo: coprime)!
                residues.append(y.modulo(part.power).power(variableTime: exponent, modulo: part.power))
            }
            let x = join(residues)
            return x.power(variableTime: k, modulo: n) == y ? x : nil
        }
        var w = BigInteger.random(below: n, from: random)
        while w.jacobi(over: n) != -1 { w = .random(below: n, from: random) }
        let challenges = PaillierKeyProof.Challenges(key, context: context, nonResidue: key.scheme == .standard ? nil : w)
        let nth = challenges.nth.map { root($0, n) ?? 2 }
        guard key.scheme != .standard else { return PaillierKeyProof(nthRoots: nth, blum: nil) }
        var flags: [UInt8] = [], fourth: [BigInteger] = []
        for y in challenges.fourth {
            let choices: [(UInt8, BigInteger?)] = [UInt8](0..<4).map { flag in
                let scaled = flag & 2 == 0 ? y : y * w
                return (flag, root((flag & 1 == 0 ? scaled : -scaled).modulo(n), 4))
            }
            let found = choices.first { $0.1 != nil } ?? (0, 2)
            flags.append(found.0)
            fourth.append(found.1!)
        }
        return PaillierKeyProof(nthRoots: nth, blum: .init(nonResidue: w, flags: flags, fourthRoots: fourth))
    }

    @Test func theBestProofOfAGoodKeyVerifies() throws {
        let random = SeededRandom(seed), p = prime(256, 3, random), q = prime(256, 3, random)
        for scheme in [PaillierPublicKey.Scheme.djn, .standard] {
            let key = try PaillierPublicKey(n: p * q, scheme: scheme, allowedBits: [511, 512])
            #expect(rejection { try bestProof(key, primes: [(p, 1), (q, 1)], random: random).verify(key, context: context) } == nil)
        }
    }

    @Test func moduliOfOtherFormsCannotBeProven() throws {
        let random = SeededRandom(seed)
        let a = prime(128, 3, random), b = prime(128, 3, random), c = prime(256, 1, random), d = prime(256, 1, random)
        let e = prime(128, 3, random), f = prime(128, 3, random)
        // Three primes, four primes, two primes that are 1 modulo 4: all are 1 modulo 4.
        for primes in [[(a, 1), (b, 1), (c, 1)], [(a, 1), (b, 1), (e, 1), (f, 1)], [(c, 1), (d, 1)]] {
            let n = primes.reduce(BigInteger.one) { $0 * $1.0 }
            let key = try PaillierPublicKey(n: n, scheme: .djn, allowedBits: [509, 510, 511, 512])
            let proof = bestProof(key, primes: primes.map { (p: $0.0, e: $0.1) }, random: random)
            #expect(rejection { try proof.verify(key, context: context) }?.contains("fourth root") == true, "seed \(seed)")
        }
    }

    @Test func moduliThatShareAFactorWithTheirOrderCannotBeProven() throws {
        let random = SeededRandom(seed)
        // n = p^2 q, and n = p q with p dividing q - 1.
        let p = prime(128, 3, random), q = prime(256, 1, random)
        var multiple = BigInteger(2)
        while !(p * multiple + 1).isProbablePrime(rounds: 20) || (p * multiple).bitWidth < 250 {
            multiple = .random(bits: 128, from: random) << 1
        }
        let r = p * multiple + 1
        for (n, primes) in [(p * p * q, [(p: p, e: 2), (p: q, e: 1)]), (p * r, [(p: p, e: 1), (p: r, e: 1)])] {
            let key = try PaillierPublicKey(n: n, scheme: .standard, allowedBits: Array(370...512))
            let proof = bestProof(key, primes: primes, random: random)
            #expect(rejection { try proof.verify(key, context: context) }?.contains("n-th root") == true, "seed \(seed)")
        }
    }

    @Test func moduliWithAPrimeBelowTheBoundAreRefused() throws {
        let random = SeededRandom(seed), q = prime(496, 3, random), small = BigInteger(65519)  // 3 modulo 4
        let key = try PaillierPublicKey(n: small * q, scheme: .djn, allowedBits: [511, 512])
        let proof = bestProof(key, primes: [(small, 1), (q, 1)], random: random)
        #expect(rejection { try proof.verify(key, context: context) }?.contains("prime below") == true)
    }

    @Test func responsesThatAreNotUnitsAreRejected() throws {
        let key = TestKeys.djn, pub = key.publicKey
        let (c, openings) = try PaillierEncryptor(hidingFromOwnerOf: pub).encryptWithOpenings([7], threads: 1)
        let proof = try PlaintextKnowledgeProof.prove(c, openings: openings, key: pub, context: context).encoded(for: pub)
        let width = (pub.bits + 7) / 8
        for value in [BigInteger.zero, key.p.prime, key.q.prime * 12] {
            let altered = proof.dropLast(width) + value.bigEndian(count: width)
            let message = rejection {
                try PlaintextKnowledgeProof(encoded: Array(altered), for: pub).verify(c, key: pub, context: context)
            }
            #expect(message?.contains("not a unit") == true)
        }
        let keyProof = try PaillierKeyProof.prove(key, context: context), blum = try #require(keyProof.blum)
        let forged = PaillierKeyProof(
            nthRoots: keyProof.nthRoots,
            blum: .init(nonResidue: blum.nonResidue, flags: blum.flags, fourthRoots: [key.p.prime] + blum.fourthRoots.dropFirst()))
        #expect(rejection { try forged.verify(pub, context: context) }?.contains("shares a factor") == true)
    }
}
