import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing

/// A proof in its encoded form with everything that its verification takes, so that all kinds go through the same tests.
private struct Case {
    var name: String
    var bytes: [UInt8]
    /// (encoded proof, context)
    var verify: ([UInt8], [UInt8]) throws -> Void
}

private func rejects(_ body: () throws -> Void) -> Bool {
    do {
        try body()
        return false
    } catch {
        return (error as? YinheError)?.code == .peerMisbehaved
    }
}

@Suite struct ProofTests {
    let seed = freshSeed()
    let context = Array("contract 12, site A".utf8)
    let key = TestKeys.djn
    var pub: PaillierPublicKey { key.publicKey }

    private func standardKey() throws -> PaillierPrivateKey {
        try PaillierPrivateKey(p: key.p.prime, q: key.q.prime, scheme: .standard, allowedBits: [TestKeys.bits])
    }

    private func cases() throws -> [Case] {
        let random = SeededRandom(seed)
        var out: [Case] = []
        for (name, key) in [("djn", key), ("standard", try standardKey())] {
            let pub = key.publicKey
            let plaintexts = [.zero, .one, pub.n - 1] + (0..<4).map { _ in BigInteger.random(below: pub.n, from: random) }
            let keyProof = try PaillierKeyProof.prove(key, context: context, threads: 2)
            out.append(Case(name: "\(name) key", bytes: keyProof.encoded(for: pub)) {
                try PaillierKeyProof(encoded: $0, for: pub).verify(pub, context: $1)
            })
            var encryptors = [("", PaillierEncryptor(pub)), ("owner ", PaillierEncryptor(key))]
            if name == "djn" { encryptors.append(("uniform ", PaillierEncryptor(hidingFromOwnerOf: pub))) }
            for (how, encryptor) in encryptors {
                let (ciphertexts, openings) = try encryptor.encryptWithOpenings(plaintexts, threads: 2)
                #expect(try key.decrypt(ciphertexts, threads: 1) == plaintexts)
                #expect(zip(ciphertexts, openings).allSatisfy { $0 == $1.ciphertext(pub) })
                let proof = try PlaintextKnowledgeProof.prove(ciphertexts, openings: openings, key: pub, context: context, threads: 2)
                out.append(Case(name: "\(name) \(how)knowledge", bytes: proof.encoded(for: pub)) {
                    try PlaintextKnowledgeProof(encoded: $0, for: pub).verify(ciphertexts, key: pub, context: $1)
                })
                if how.isEmpty {
                    let (opened, proof) = try DecryptionProof.decrypt(ciphertexts, key: key, context: context, threads: 2)
                    #expect(opened == plaintexts)
                    out.append(Case(name: "\(name) decryption", bytes: proof.encoded(for: pub)) {
                        try DecryptionProof(encoded: $0, for: pub).verify(ciphertexts, decryptTo: plaintexts, key: pub, context: $1)
                    })
                }
            }
        }
        return out
    }

    @Test func honestProofsVerifyInEveryScheme() throws {
        for item in try cases() { #expect(throws: Never.self, "\(item.name), seed \(seed)") { try item.verify(item.bytes, context) } }
    }

    @Test func everyAlteredByteIsRejected() throws {
        for item in try cases() {
            // All bytes of the head, then every eleventh, which meets each number several times.
            for index in item.bytes.indices where index < 80 || index % 11 == 0 {
                var altered = item.bytes
                altered[index] ^= UInt8(1) << (index % 8)
                #expect(rejects { try item.verify(altered, context) }, "\(item.name), byte \(index), seed \(seed)")
            }
        }
    }

    @Test func otherLengthsAreRejected() throws {
        for item in try cases() {
            for count in [0, 1, 2, 3, 6, 7, 38, item.bytes.count / 2, item.bytes.count - 1] {
                #expect(rejects { try item.verify(Array(item.bytes.prefix(count)), context) }, "\(item.name), \(count) bytes")
            }
            #expect(rejects { try item.verify(item.bytes + [0], context) }, "\(item.name), a byte too many")
        }
    }

    @Test func anotherContextIsRejected() throws {
        for item in try cases() {
            for other in [Array("contract 12, site B".utf8), context + [0], Array(context.dropLast()), []] {
                #expect(rejects { try item.verify(item.bytes, other) }, "\(item.name)")
            }
        }
    }

    @Test func proofsCoverExactlyTheirCiphertexts() throws {
        let encryptor = PaillierEncryptor(pub)
        let plaintexts: [BigInteger] = [1, 2, 3]
        let (c, openings) = try encryptor.encryptWithOpenings(plaintexts, threads: 1)
        let (same, _) = try encryptor.encryptWithOpenings([1], threads: 1)
        let knowledge = try PlaintextKnowledgeProof.prove(c, openings: openings, key: pub, context: context)
        let (opened, decryption) = try DecryptionProof.decrypt(c, key: key, context: context)
        let others = [
            [c[1], c[0], c[2]], [c[0], c[1]], c + [c[0]], [c[0], c[1], pub.add(c[2], plaintext: 1)],
            [same[0], c[1], c[2]], [encryptor.rerandomize(c[0]), c[1], c[2]],
        ]
        for other in others {
            #expect(rejects { try knowledge.verify(other, key: pub, context: context) })
            #expect(rejects { try decryption.verify(other, decryptTo: opened, key: pub, context: context) })
        }
        for other in [[2, 1, 3], [1, 2, 4], [1, 2], [1, 2, 3, 1], [1, 2, 3 + pub.n], [1, 2, 3 - pub.n]] as [[BigInteger]] {
            #expect(rejects { try decryption.verify(c, decryptTo: other, key: pub, context: context) })
        }
        // The same modulus under another scheme, and another key.
        let standard = try standardKey().publicKey, stranger = TestKeys.other.publicKey
        for wrong in [standard, stranger] {
            #expect(rejects { try knowledge.verify(c, key: wrong, context: context) })
            #expect(rejects { try decryption.verify(c, decryptTo: opened, key: wrong, context: context) })
        }
        let keyProof = try PaillierKeyProof.prove(key, context: context)
        #expect(rejects { try keyProof.verify(stranger, context: context) })
        #expect(rejects { try keyProof.verify(standard, context: context) })
    }

    @Test func wrongDecryptionsCannotBeProven() throws {
        let c = try PaillierEncryptor(pub).encrypt([5, 6], threads: 1)
        for wrong in [[5, 7], [6, 5], [0, 11]] as [[BigInteger]] {
            let forged = try DecryptionProof.prove(c, decryptTo: wrong, key: key, context: context)
            #expect(rejects { try forged.verify(c, decryptTo: wrong, key: pub, context: context) })
        }
    }

    @Test func nobodyProvesKnowledgeOfAnothersPlaintext() throws {
        let encryptor = PaillierEncryptor(pub)
        let (victim, _) = try encryptor.encryptWithOpenings([123], threads: 1)
        // The copier knows the change it made, not the plaintext under it.
        let (zero, opening) = try encryptor.encryptWithOpenings([0], threads: 1)
        let copy = pub.add(victim[0], zero[0])
        for c in [victim[0], copy] {
            let forged = try PlaintextKnowledgeProof.prove([c], openings: opening, key: pub, context: context)
            #expect(rejects { try forged.verify([c], key: pub, context: context) })
        }
    }

    @Test func openingsThatDoNotFitAreRefused() throws {
        let (c, a) = try PaillierEncryptor(pub).encryptWithOpenings([1, 2], threads: 1)
        let (d, b) = try PaillierEncryptor(hidingFromOwnerOf: pub).encryptWithOpenings([3], threads: 1)
        for (ciphertexts, openings) in [(c, [a[0]]), ([c[0], d[0]], [a[0], b[0]]), ([], [])] {
            #expect { try PlaintextKnowledgeProof.prove(ciphertexts, openings: openings, key: pub, context: context) } throws: {
                ($0 as? YinheError)?.code == .badInput
            }
        }
        #expect("\(a[0])" == "PaillierOpening" && Mirror(reflecting: a[0]).children.isEmpty)
    }
}
