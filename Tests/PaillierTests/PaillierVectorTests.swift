import Arithmetic
import Paillier
import SandboxCore
import Testing

@Suite struct PaillierVectorTests {
    let keys: [PaillierVectors.Key]
    init() throws {
        keys = try PaillierVectors.load().keys
        try #require(keys.count == 3 && keys.contains { $0.scheme == "standard" } && keys.contains { $0.bits == 3072 })
    }

    @Test func ciphertextsOfPythonPaillierDecrypt() throws {
        for vectors in keys {
            let key = try vectors.privateKey()
            #expect(key.publicKey.n == hex(vectors.n))
            for v in vectors.phe_random {
                #expect(key.decrypt(try key.publicKey.ciphertext(hex(v.c))) == hex(v.m))
            }
        }
    }

    @Test func theSameRandomnessGivesPythonPailliersCiphertext() throws {
        for vectors in keys {
            // r^n with phe's r: the standard scheme on every key.
            let encryptor = PaillierEncryptor(try PaillierPublicKey(n: hex(vectors.n), scheme: .standard))
            for v in vectors.phe_encrypt {
                #expect(try encryptor.encrypt(hex(v.m), fixed: hex(v.r)).value == hex(v.c))
            }
        }
    }

    @Test func signedEncodingIsPythonPailliers() throws {
        for vectors in keys {
            let key = try PaillierPublicKey(n: hex(vectors.n), scheme: .standard)
            for v in vectors.signed {
                let value = BigInteger(decimal: v.value_decimal)!
                #expect(try key.encode(value) == hex(v.residue))
                #expect(try key.decode(hex(v.residue)) == value)
            }
        }
    }

    @Test func homomorphicResultsAgreeWithPythonPailliers() throws {
        for vectors in keys {
            let key = try vectors.privateKey(), pub = key.publicKey
            let a = try pub.ciphertext(hex(vectors.homomorphic.a)), b = try pub.ciphertext(hex(vectors.homomorphic.b))
            for result in vectors.homomorphic.results {
                let value = BigInteger(decimal: result.value_decimal)!
                #expect(try key.decryptSigned(pub.ciphertext(hex(result.c))) == value)
                let own =
                    switch result.op {
                    case "add": pub.add(a, b)
                    case "subtract": pub.subtract(a, b)
                    case "scale": pub.multiply(a, byPublic: BigInteger(-77))
                    default: pub.add(a, plaintext: 999)
                    }
                #expect(try key.decryptSigned(own) == value)
                // phe adds and multiplies by the same deterministic formulas (its additions of a constant re-randomise).
                if result.op == "add" || result.op == "scale" { #expect(own.value == hex(result.c)) }
            }
        }
    }

    @Test(arguments: FixedBasePower.Kernel.available)
    func shortExponentCiphertextsFollowTheSpecification(kernel: FixedBasePower.Kernel) throws {
        for vectors in keys {
            guard let djn = vectors.djn else { continue }
            let key = try vectors.privateKey()
            #expect(PaillierPublicKey.derivedH(key.publicKey.n) == hex(djn.h))
            #expect(key.publicKey.randomizerBase == hex(djn.h_to_the_n))
            let foreign = try PaillierPublicKey(n: hex(vectors.n), scheme: .djn)
            #expect(foreign.randomizerBase == hex(djn.h_to_the_n))
            let encryptors = [PaillierEncryptor(foreign, kernel: kernel), PaillierEncryptor(key, kernel: kernel)]
            for v in djn.encrypt {
                for encryptor in encryptors { #expect(try encryptor.encrypt(hex(v.m), fixed: hex(v.r)).value == hex(v.c)) }
            }
        }
    }

    @Test func keyFilesOfPythonPaillierLoad() throws {
        for vectors in keys {
            let key = try PaillierPrivateKey(secretJSON: vectors.phe_json_private)
            #expect(key.publicKey.n == hex(vectors.n) && key.publicKey.scheme == .standard)
        }
    }
}
