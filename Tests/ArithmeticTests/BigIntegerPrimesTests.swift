import Arithmetic
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct PrimalityTests {
    private struct File: Decodable {
        struct Group: Decodable { var tests: [Case] }
        struct Case: Decodable {
            var tcId: Int
            var value: String
            var result: String
            var comment: String
        }
        var testGroups: [Group]
    }

    @Test func wycheproofVectors() throws {
        let url = repositoryRoot.appending(path: "Protocols/Vectors/wycheproof/primality_test.json")
        let cases = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).testGroups.flatMap(\.tests)
        #expect(cases.count == 317)
        for test in cases {
            let bytes = try #require([UInt8](hex: test.value))
            var value = BigInteger(bigEndian: bytes)
            if let first = bytes.first, first & 0x80 != 0 { value -= .one << (8 * bytes.count) }  // two's complement
            // "acceptable" are negatives of primes: here negative numbers are not primes.
            #expect(value.isProbablePrime() == (test.result == "valid"), "\(test.tcId): \(test.comment)")
        }
    }

    @Test func everyNumberBelowFiveThousandIsClassifiedRight() {
        for n in 0..<5000 {
            let isPrime = n >= 2 && (2..<n).prefix { $0 * $0 <= n }.allSatisfy { n % $0 != 0 }
            #expect(BigInteger(n).isProbablePrime(rounds: 20) == isPrime, "\(n)")
        }
    }

    @Test func generatedPrimesHaveTheStatedForm() {
        let seed = freshSeed(), random = SeededRandom(seed)
        for bits in [64, 256, 512] {
            let p = BigInteger.randomBlumPrime(bits: bits, random: random)
            #expect(p.isProbablePrime() && p.bitWidth == bits && p.bit(bits - 2) && p.modulo(4) == 3, "seed \(seed)")
        }
        let odd = BigInteger.randomBlumPrime(bits: 128, random: random, accept: { $0.modulo(3) == 2 })
        #expect(odd.modulo(3) == 2)
    }
}
