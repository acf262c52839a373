import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing

@Suite struct SubgroupVectorTests {
    let keys: [SchemeVectors.Key]
    init() throws {
        keys = try SchemeVectors.load()
        try #require(keys.map(\.bits) == [2048, 3072])
    }

    @Test(arguments: FixedBasePower.Kernel.available)
    func ciphertextsForGivenExponentsAreThoseOfTheSpecification(kernel: FixedBasePower.Kernel) throws {
        for vectors in keys {
            let key = try vectors.privateKey()
            let foreign = try PaillierPublicKey(n: hex(vectors.n), scheme: .subgroup, h: hex(vectors.h))
            #expect(key.publicKey == foreign && foreign.randomizerBase == hex(vectors.hs))
            let encryptors = [PaillierEncryptor(foreign, kernel: kernel), PaillierEncryptor(key, kernel: kernel)]
            for v in vectors.damgard_jurik where v.s == 1 {
                for encryptor in encryptors { #expect(try encryptor.encrypt(hex(v.m), fixed: hex(v.r)).value == hex(v.c)) }
                #expect(key.decrypt(try foreign.ciphertext(hex(v.c))) == hex(v.m))
                // Randomised by a uniform n-th power, outside the subgroup.
                let uniform = PaillierEncryptor(hidingFromOwnerOf: foreign)
                #expect(try uniform.encrypt(hex(v.m), fixed: hex(v.unit)).value == hex(v.standard))
                #expect(key.decrypt(try foreign.ciphertext(hex(v.standard))) == hex(v.m))
            }
        }
    }

    @Test func ciphertextsOfPythonPaillierUnderSubgroupKeysOpen() throws {
        for vectors in keys {
            let key = try vectors.privateKey()
            for v in vectors.phe { #expect(key.decrypt(try key.publicKey.ciphertext(hex(v.c))) == hex(v.m)) }
        }
    }

    @Test func interconnectionMessagesAreThoseOfTheProtobufLibrary() throws {
        for vectors in keys {
            let key = try vectors.privateKey(), pub = key.publicKey, wire = vectors.interconnection
            #expect(try pub.encodedForInterconnection() == bytes(wire.public_key))
            let ciphertexts = try vectors.damgard_jurik.prefix(3).map { try pub.ciphertext(hex($0.c)) }
            #expect(pub.encodeForInterconnection(ciphertexts[0]) == bytes(wire.ciphertext))
            #expect(pub.encodeForInterconnection(ciphertexts) == bytes(wire.vector))
            #expect(try pub.decodeCiphertext(interconnection: bytes(wire.ciphertext)) == ciphertexts[0])
            let read = try pub.decodeCiphertexts(interconnection: bytes(wire.vector), maximum: 3)
            #expect(read.shape == [3] && read.ciphertexts == ciphertexts)
            // HEU's form of the same.
            let suffix = bytes(wire.schema_number)
            #expect(try pub.encodedForInterconnection(.heu()) == bytes(wire.public_key) + suffix)
            #expect(pub.encodeForInterconnection(ciphertexts[0], .heu()) == bytes(wire.ciphertext) + suffix)

            let foreign = try PaillierPublicKey(interconnection: bytes(wire.public_key))
            #expect(foreign.n == pub.n && foreign.randomizerBase == hex(vectors.hs) && foreign.scheme == .djn && foreign.h == nil)
            #expect(foreign != pub && foreign.fingerprint != pub.fingerprint && foreign.exponentBits == vectors.bits / 2)
            #expect(try key.decrypt(PaillierEncryptor(foreign).encrypt(42)) == 42)
            #expect(try PaillierPublicKey(encoded: foreign.encoded) == foreign)
            #expect(try PaillierPublicKey(json: foreign.json) == foreign)
        }
    }

    @Test func keysAndCiphertextsOfHEUAreRead() throws {
        let vectors = try #require(keys.first), heu = try #require(vectors.heu), key = try vectors.privateKey()
        for v in heu.ciphertexts {
            let c = try key.publicKey.decodeCiphertext(interconnection: bytes(v.bytes))
            #expect(try key.decryptSigned(c) == BigInteger(decimal: v.value_decimal)!)
        }
        let matrix = try key.publicKey.decodeCiphertexts(interconnection: bytes(heu.matrix), maximum: 100)
        #expect(matrix.shape == [2, 3])
        #expect(try key.decrypt(matrix.ciphertexts, threads: 1) == heu.matrix_values.map { BigInteger($0) })
        // A ciphertext under HEU's own key, which HEU has opened.
        let theirs = try PaillierPublicKey(interconnection: bytes(heu.public_key))
        #expect(theirs.n == hex(heu.n) && theirs.randomizerBase == hex(heu.hs))
        #expect(try theirs.encodedForInterconnection(.heu()) == bytes(heu.public_key))
        #expect(try PaillierEncryptor(theirs).encrypt(hex(heu.m), fixed: hex(heu.r)).value == hex(heu.c))
    }

    @Test func malformedInterconnectionBytesAreRefused() throws {
        let vectors = keys[0], wire = vectors.interconnection, pub = try vectors.privateKey().publicKey
        func refuse(_ reason: String, _ body: () throws -> Void) {
            #expect { try body() } throws: { error in
                guard let error = error as? YinheError else { return false }
                return error.code == .badInput && error.message.contains(reason)
            }
        }
        let key = bytes(wire.public_key), c = bytes(wire.ciphertext), vector = bytes(wire.vector)
        for count in [1, 2, 5, key.count / 2, key.count - 1] {
            refuse("not valid protobuf") { _ = try PaillierPublicKey(interconnection: Array(key.prefix(count))) }
        }
        refuse("without n or hs") { _ = try PaillierPublicKey(interconnection: []) }
        refuse("malformed") { _ = try PaillierPublicKey(interconnection: key + key) }
        refuse("not valid protobuf") { _ = try pub.decodeCiphertext(interconnection: c + [7, 1]) }
        refuse("malformed") { _ = try pub.decodeCiphertext(interconnection: [8, 1]) }
        refuse("without c") { _ = try pub.decodeCiphertext(interconnection: [16, 1]) }
        refuse("outside") { _ = try pub.decodeCiphertext(interconnection: [10, 5, 8, 1, 18, 1, 9]) }  // -9
        refuse("bytes") { _ = try pub.decodeCiphertext(interconnection: [10, 0x84, 0x10, 18, 0x81, 0x10] + [UInt8](repeating: 1, count: 2049)) }
        refuse("more than 2") { _ = try pub.decodeCiphertexts(interconnection: vector, maximum: 2) }
        refuse("without v_ndarray") { _ = try pub.decodeCiphertexts(interconnection: Array(vector.prefix(14)), maximum: 9) }
        var otherType = vector
        otherType[1] = 7
        refuse("another element type") { _ = try pub.decodeCiphertexts(interconnection: otherType, maximum: 9) }
        // The shape says 4, three elements follow.
        let shape = try #require(vector.indices.first { vector[$0...].starts(with: [10, 1, 3, 18]) })
        var wrongShape = vector
        wrongShape[shape + 2] = 4
        refuse("announced") { _ = try pub.decodeCiphertexts(interconnection: wrongShape, maximum: 9) }
        let standard = try PaillierPublicKey(n: pub.n, scheme: .standard)
        refuse("standard scheme") { _ = try standard.encodedForInterconnection() }
    }
}
