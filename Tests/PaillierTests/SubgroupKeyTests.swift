import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing

@Suite struct SubgroupKeyTests {
    let key = TestKeys.subgroup
    var pub: PaillierPublicKey { key.publicKey }
    let sizes = [TestKeys.bits]

    @Test func sizesFollowTheSecurityLevel() {
        let table = [2048: (112, 448, 224, 1024), 3072: (128, 512, 256, 1536), 4096: (152, 640, 320, 2048)]
        for (bits, (level, exponent, prime, djn)) in table {
            let sizes = SecurityParameters.paillier(modulusBits: bits)
            #expect(sizes.securityBits == level && sizes.subgroupExponentBits == exponent)
            #expect(sizes.subgroupPrimeBits == prime && sizes.djnExponentBits == djn)
            #expect(sizes.subgroupPrimeBits >= 2 * level)
        }
    }

    @Test func generatedKeysHaveTheStatedForm() throws {
        for bits in [256, 512, 640] {
            let key = PaillierPrivateKey.generate(uncheckedBits: bits, random: SystemRandom.shared, threads: 2)
            let n = key.publicKey.n, h = try #require(key.publicKey.h)
            let width = SecurityParameters.paillier(modulusBits: bits).subgroupPrimeBits
            #expect(n.bitWidth == bits && h.jacobi(over: n) == 1)
            for side in [key.p, key.q] {
                let alpha = try #require(side.subgroupPrime), p = side.prime
                #expect(alpha.bitWidth == width && alpha.isProbablePrime() && p.isProbablePrime())
                #expect((p - 1).modulo(alpha << 1).isZero && ((p - 1) / (alpha << 1)).isProbablePrime())
                // h has order 2 alpha: not 1 to the power 2, nor to the power alpha.
                #expect(h.power(variableTime: alpha << 1, modulo: p) == 1)
                #expect(h.power(variableTime: 2, modulo: p) != 1 && h.power(variableTime: alpha, modulo: p) == p - 1)
            }
        }
    }

    @Test func primesOfTheSearchHaveTheirTwoHighestBitsSet() {
        let alpha = BigInteger.randomBlumPrime(bits: 40)
        let search = SubgroupPrimeSearch(bits: 128, alpha: alpha)
        var seen = Set<BigInteger>()
        for _ in 0..<40 {
            let p = search.prime(random: SystemRandom.shared)!
            #expect(p.bitWidth == 128 && p.bit(126) && p.isProbablePrime() && (p - 1).modulo(alpha).isZero)
            seen.insert(p)
        }
        #expect(seen.count == 40)
        #expect(search.prime(random: SystemRandom.shared, isCancelled: { true }) == nil)
    }

    @Test func aKeyOfRealSizeWorks() throws {
        let real = try PaillierPrivateKey.generate(bits: 2048)
        #expect(real.publicKey.scheme == .subgroup && real.publicKey.exponentBits == 448)
        let foreign = try PaillierPublicKey(encoded: real.publicKey.encoded)
        #expect(foreign == real.publicKey)
        let n = foreign.n, encryptor = PaillierEncryptor(foreign)
        for m in [BigInteger.zero, n - 1, n / 3] { #expect(try real.decrypt(encryptor.encrypt(m)) == m) }
        let again = try PaillierPrivateKey(encodedSecret: real.encodedSecret())
        #expect(try again.decrypt(encryptor.encrypt(11)) == 11)
    }

    @Test func brokenBasesAreRefusedWithTheReason() throws {
        let n = pub.n, h = pub.h!
        func refuse(_ h: BigInteger?, _ reason: String) {
            expectRefusal(reason) { _ = try PaillierPublicKey(n: n, scheme: .subgroup, h: h, allowedBits: sizes) }
        }
        refuse(nil, "needs its base")
        for bad in [BigInteger.zero, 1, n - 1, n, n + 7, -h] { refuse(bad, "outside 2 ... n - 2") }
        refuse(key.p.prime, "not a unit")
        refuse(key.q.prime * 3, "not a unit")
        var wrongSymbol = h
        while wrongSymbol.jacobi(over: n) == 1 { wrongSymbol += 1 }
        refuse(wrongSymbol, "Jacobi symbol")
        // Order 2 modulo one prime only: it would give the factors away.
        let alpha = key.p.subgroupPrime!, half = h.power(variableTime: alpha, modulo: n)
        #expect(half.modulo(key.p.prime) == key.p.prime - 1)
        refuse(half, "small group")
        expectRefusal("only a subgroup key") {
            _ = try PaillierPublicKey(n: n, scheme: .djn, h: h, allowedBits: sizes)
        }
        _ = try PaillierPublicKey(n: n, scheme: .subgroup, h: h, allowedBits: sizes)
    }

    @Test func brokenPrivatePartsAreRefusedWithTheReason() throws {
        let p = key.p.prime, q = key.q.prime, alpha = key.p.subgroupPrime!, beta = key.q.subgroupPrime!, h = pub.h!
        func refuse(_ p: BigInteger, _ q: BigInteger, _ alpha: BigInteger, _ beta: BigInteger, _ h: BigInteger, _ reason: String) {
            expectRefusal(reason) {
                let parts = PaillierPrivateKey.Parts(p: p, q: q, alpha: alpha, beta: beta, h: h)
                _ = try PaillierPrivateKey(parts, scheme: .subgroup, allowedBits: sizes)
            }
        }
        refuse(p, q + 2, alpha, beta, h, "not primes")
        refuse(p, q, alpha >> 1, beta, h, "alpha has not")
        refuse(p, q, alpha, -beta, h, "beta has not")
        refuse(p, q, beta, alpha, h, "alpha does not divide")
        refuse(p, q, alpha, beta - 2, h, "beta does not divide")
        for bad in [pub.n - 1, h * h, h * 2, 4] {
            refuse(p, q, alpha, beta, bad.modulo(pub.n), "order 2 alpha beta")
        }
        refuse(p, q, alpha, beta, .zero, "outside")
        refuse(p, q, alpha, beta, pub.n + h, "outside")
        expectRefusal("belong to a subgroup key") {
            _ = try PaillierPrivateKey(.init(p: p, q: q), scheme: .subgroup, allowedBits: sizes)
        }
        expectRefusal("belong to a subgroup key") {
            _ = try PaillierPrivateKey(.init(p: p, q: q, alpha: alpha, beta: beta, h: h), scheme: .djn, allowedBits: sizes)
        }
        // The same primes are a key of the other schemes as well.
        let djn = try PaillierPrivateKey(p: p, q: q, scheme: .djn, allowedBits: sizes)
        #expect(try djn.decrypt(PaillierEncryptor(pub).encrypt(5)) == 5)
    }

    @Test func aCiphertextOfAnotherKeyDoesNotOpen() throws {
        let other = TestKeys.other
        let c = try PaillierEncryptor(other.publicKey).encrypt(5)
        guard c.value < pub.nSquared else { return }
        #expect(key.decrypt(c) != 5)
    }
}
