import Arithmetic
import Paillier
import SandboxCore
import Synchronization
import TestSupport
import Testing

@Suite struct PaillierLawsTests {
    let key = TestKeys.subgroup
    var pub: PaillierPublicKey { key.publicKey }
    let seed = freshSeed()

    /// Subgroup keys decrypt with a short exponent, and still what a uniform n-th power has randomised.
    @Test(arguments: PaillierPublicKey.Scheme.allCases)
    func everyWayOfEncryptingDecrypts(scheme: PaillierPublicKey.Scheme) throws {
        let key = TestKeys.key(scheme), pub = key.publicKey, random = SeededRandom(seed), n = pub.n
        #expect(pub.scheme == scheme)
        let standard = try PaillierPublicKey(n: n, scheme: .standard, allowedBits: [TestKeys.bits])
        let plaintexts: [BigInteger] = [.zero, .one, n - 1, n / 2] + (0..<70).map { _ in .random(below: n, from: random) }
        let encryptors = [
            PaillierEncryptor(pub), PaillierEncryptor(key), PaillierEncryptor(standard), PaillierEncryptor(hidingFromOwnerOf: pub),
        ]
        for encryptor in encryptors {
            let ciphertexts = try encryptor.encrypt(plaintexts, threads: 2)
            #expect(Set(ciphertexts).count == plaintexts.count)
            #expect(try key.decrypt(ciphertexts, threads: 2) == plaintexts, "seed \(seed)")
            for c in ciphertexts { #expect(try pub.ciphertext(c.value) == c) }
        }
    }

    @Test func sameMessageEncryptsDifferentlyEachTime() throws {
        let encryptor = PaillierEncryptor(key)
        let a = try encryptor.encrypt(5), b = try encryptor.encrypt(5), c = encryptor.rerandomize(a)
        #expect(Set([a, b, c]).count == 3)
        #expect(key.decrypt(c) == 5)
    }

    @Test func scalarsOfManyCiphertextsEqualThoseOfEach() throws {
        let random = SeededRandom(seed)
        let values = (0..<150).map { _ in BigInteger(random.word()) }
        let scalars = (0..<150).map { i -> BigInteger in
            switch i % 5 {
            case 0: .zero
            case 1: -BigInteger(random.word())
            case 2: .random(below: .one << 100, from: random)
            default: BigInteger(random.word() >> 40)
            }
        }
        let ciphertexts = try PaillierEncryptor(key).encrypt(values, threads: 2)
        let products = try pub.multiply(ciphertexts, byPublic: scalars, threads: 2)
        #expect(products == zip(ciphertexts, scalars).map { pub.multiply($0, byPublic: $1) }, "seed \(seed)")
        #expect(try products.map(key.decryptSigned) == zip(values, scalars).map { $0 * $1 }, "seed \(seed)")
        #expect(try pub.multiply([], byPublic: [], threads: 2).isEmpty)
    }

    @Test(arguments: PaillierPublicKey.Scheme.allCases)
    func ringLawsHoldUnderEncryption(scheme: PaillierPublicKey.Scheme) throws {
        let key = TestKeys.key(scheme), pub = key.publicKey
        let random = SeededRandom(seed), encryptor = PaillierEncryptor(key)
        for _ in 0..<20 {
            let a = BigInteger.random(bits: 200, from: random) - .random(bits: 200, from: random)
            let b = BigInteger.random(bits: 200, from: random) - .random(bits: 200, from: random)
            let k = BigInteger.random(bits: 64, from: random) - .random(bits: 64, from: random)
            let x = try encryptor.encrypt(pub.encode(a)), y = try encryptor.encrypt(pub.encode(b))
            #expect(try key.decryptSigned(pub.add(x, y)) == a + b, "seed \(seed)")
            #expect(try key.decryptSigned(pub.subtract(x, y)) == a - b, "seed \(seed)")
            #expect(try key.decryptSigned(pub.negate(x)) == -a, "seed \(seed)")
            #expect(try key.decryptSigned(pub.multiply(x, byPublic: k)) == a * k, "seed \(seed)")
            #expect(try key.decryptSigned(pub.add(x, plaintext: k)) == a + k, "seed \(seed)")
            #expect(try key.decryptSigned(pub.sum([x, y, x])) == a + b + a, "seed \(seed)")
        }
        #expect(key.decrypt(pub.sum([])) == .zero)
        #expect(try key.decrypt(pub.multiply(encryptor.encrypt(9), byPublic: 0)) == .zero)
    }

    @Test func signedRangeEndsWhereItSays() throws {
        let most = pub.maximumSigned
        for value in [most, -most] { #expect(try pub.decode(pub.encode(value)) == value) }
        for value in [most + 1, -most - 1] { #expect(throws: YinheError.self) { try pub.encode(value) } }
        #expect(throws: YinheError.self) { try pub.decode(most + 1) }
        #expect(throws: YinheError.self) { try pub.decode(pub.n - most - 1) }
    }

    @Test func plaintextsOutsideTheKeyAreRefused() {
        let encryptor = PaillierEncryptor(key)
        for bad in [pub.n, pub.n + 1, BigInteger(-1)] {
            #expect { try encryptor.encrypt(bad) } throws: { ($0 as? YinheError)?.code == .range }
            #expect { try encryptor.encrypt([1, bad], threads: 2) } throws: { ($0 as? YinheError)?.code == .range }
        }
    }

    @Test(arguments: PaillierPublicKey.Scheme.allCases)
    func rowsOfWordsEncryptAndDecryptAsIntegersDo(scheme: PaillierPublicKey.Scheme) throws {
        let key = TestKeys.key(scheme), pub = key.publicKey, random = SeededRandom(seed), count = 75
        let plaintexts = (0..<count).map { $0 == 3 ? pub.n - 1 : .random(bits: 120, from: random) }
        let encryptor = PaillierEncryptor(pub), wide = pub.plaintextLimbs
        let words = plaintexts.flatMap { $0.limbs(count: wide) }
        var rows = [UInt64](repeating: 0, count: count * encryptor.ciphertextLimbs), zeros = rows
        var opened = [UInt64](repeating: 1, count: count * wide)
        try encryptor.encrypt(count: count, limbsPerPlaintext: wide, plaintexts: words, threads: 2, into: &rows)
        try key.decrypt(count: count, ciphertexts: rows, threads: 2, into: &opened)
        #expect(opened == words, "seed \(seed)")
        try encryptor.encryptZeros(count: count, threads: 2, into: &zeros)
        try key.decrypt(count: count, ciphertexts: zeros, threads: 2, into: &opened)
        #expect(opened.allSatisfy { $0 == 0 } && Set(zeros).count > count)
        // A row that is not below n.
        let n = pub.n.limbs(count: wide)
        #expect { try encryptor.encrypt(count: 1, limbsPerPlaintext: wide, plaintexts: n, threads: 1, into: &rows) } throws: {
            ($0 as? YinheError)?.code == .range
        }
    }

    @Test func batchesReportAllTheirProgress() throws {
        let last = Mutex(0)
        let monitor: ProgressMonitor = { event in last.withLock { $0 = max($0, event.completed) } }
        _ = try PaillierEncryptor(key).encrypt([BigInteger](repeating: 1, count: 150), threads: 2, progress: monitor)
        #expect(last.withLock { $0 } == 150)
    }
}
