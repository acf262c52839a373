import Arithmetic
import Foundation
import Paillier
import SandboxCore
import TestSupport
import Testing
import ThresholdPaillier

@Suite struct BiprimalityTests {
    struct Vectors: Decodable {
        struct Round: Decodable { var round: Int, g: String, first: String, second: String }
        struct Modulus: Decodable { var n: String, seed: String, p1: String, p2: String, q1: String, q2: String, rounds: [Round] }
        var biprimality: [Modulus]
    }

    @Test func basesAndHashesAreThoseOfTheVectors() throws {
        let url = repositoryRoot.appending(path: "Protocols/Vectors/threshold-paillier.json")
        let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url)).biprimality
        try #require(vectors.count == 3)
        func number(_ text: String) -> BigInteger { BigInteger(hex: text)! }
        for v in vectors {
            let n = number(v.n), seed = Block128(littleEndianBytes: [UInt8](hex: v.seed)![...])
            for round in v.rounds {
                #expect(ModulusTest.base(n, seed: seed, round: round.round) == number(round.g))
                let first = ModulusTest.digest(n, party: 1, p: number(v.p1), q: number(v.q1), seed: seed, round: round.round)
                let second = ModulusTest.digest(n, party: 2, p: number(v.p2), q: number(v.q2), seed: seed, round: round.round)
                #expect(first.hex == round.first && second.hex == round.second)
            }
        }
    }

    @Test func compositesFailWithinAFewRounds() {
        // p a prime, q a product of two: each round lets it pass with 1/2 at most, so 40 with 2^-40.
        let seed = Block128(low: SystemRandom.shared.word(), high: SystemRandom.shared.word())
        let p = BigInteger.randomBlumPrime(bits: 128)
        let q = BigInteger.randomBlumPrime(bits: 64) * (BigInteger.randomBlumPrime(bits: 64) + 2)
        var other = q
        while other.modulo(word: 4) != 3 { other += 2 }
        let n = p * other
        let passes = (0..<40).allSatisfy { round in
            ModulusTest.digest(n, party: 1, p: p - 4, q: other - 4, seed: seed, round: round)
                == ModulusTest.digest(n, party: 2, p: 4, q: 4, seed: seed, round: round)
        }
        #expect(!passes, "seed \(seed), n \(n.hex)")
    }
}
