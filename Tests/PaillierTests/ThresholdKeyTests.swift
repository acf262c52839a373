import Arithmetic
import Foundation
import Paillier
import SandboxCore
import TestSupport
import Testing

@Suite struct ThresholdKeyTests {
    @Test func safePrimesHaveTheStatedForm() {
        for bits in [160, 256] {
            let p = safePrime(bits: bits, random: SystemRandom.shared)
            #expect(p.bitWidth == bits && p.bit(bits - 2))
            #expect(p.isProbablePrime() && (p >> 1).isProbablePrime())
        }
        #expect(safePrime(bits: 160, random: SeededRandom(3), threads: 1) == safePrime(bits: 160, random: SeededRandom(3), threads: 1))
    }

    @Test func aGeneratedKeyOfRealSizeOpens() throws {
        let dealt = try PaillierThresholdKey.deal(bits: 2048, threshold: 2, parties: 2, threads: 2)
        let c = try PaillierEncryptor(dealt.publicKey.encryptionKey).encrypt([99], threads: 1)
        let shares = try dealt.shares.map { try $0.decryptionShare(of: c, threads: 1) }
        #expect(try dealt.publicKey.open(c, with: shares, threads: 1).plaintexts == [99])
        _ = try PaillierThresholdKey(encoded: dealt.publicKey.encoded)
    }

    @Test func impossibleKeysAreRefused() {
        for (threshold, parties) in [(1, 3), (4, 3), (2, 1), (0, 0), (2, 33)] {
            expectRefusal("parties") { _ = try PaillierThresholdKey.deal(threshold: threshold, parties: parties, threads: 1) }
        }
        expectRefusal("1024 bits") { _ = try PaillierThresholdKey.deal(bits: 1024, threshold: 2, parties: 2, threads: 1) }
    }

    @Test func keysAndSharesRoundTripInBothForms() throws {
        let dealt = try ThresholdTestKeys.deal(2, of: 3), key = dealt.publicKey, sizes = [ThresholdTestKeys.bits]
        #expect(try PaillierThresholdKey(encoded: key.encoded, allowedBits: sizes) == key)
        let fromJSON = try PaillierThresholdKey(json: key.json, allowedBits: sizes)
        #expect(fromJSON == key && fromJSON.fingerprint == key.fingerprint)
        for share in dealt.shares {
            let loaded = [
                try PaillierKeyShare(encodedSecret: share.encodedSecret(), allowedBits: sizes),
                try PaillierKeyShare(secretJSON: share.secretJSON(), allowedBits: sizes),
            ]
            for other in loaded {
                #expect(other.publicKey == key && other.party == share.party && other.secret == share.secret)
            }
        }
        expectRefusal("512 bits") { _ = try PaillierThresholdKey(encoded: key.encoded) }
        expectRefusal("version 9") { _ = try PaillierThresholdKey(encoded: [9] + key.encoded.dropFirst(), allowedBits: sizes) }
        expectRefusal("not a threshold") { _ = try PaillierThresholdKey(encoded: dealt.shares[0].encodedSecret(), allowedBits: sizes) }
        expectRefusal("too many") { _ = try PaillierThresholdKey(encoded: key.encoded + [1], allowedBits: sizes) }
        for count in stride(from: 0, to: key.encoded.count, by: 17) {
            #expect(throws: YinheError.self) { _ = try PaillierThresholdKey(encoded: Array(key.encoded.prefix(count)), allowedBits: sizes) }
        }
        let altered = [("polynomial", "x"), ("\"threshold\" : 2", "\"threshold\" : 1"), ("\"parties\" : 3", "\"parties\" : 2")]
        for json in ["", "{}", "[]"] + altered.map({ key.json.replacing($0, with: $1) }) {
            #expect(json != key.json)
            #expect(throws: YinheError.self) { _ = try PaillierThresholdKey(json: json, allowedBits: sizes) }
        }
        expectRefusal("version 2") {
            _ = try PaillierThresholdKey(json: key.json.replacing("\"yinhe\" : 1", with: "\"yinhe\" : 2"), allowedBits: sizes)
        }
    }

    @Test func sharesThatDoNotMatchTheirVerificationKeyAreRefused() throws {
        let dealt = try ThresholdTestKeys.deal(2, of: 3), key = dealt.publicKey, share = dealt.shares[1]
        expectRefusal("party 2") { _ = try PaillierKeyShare(publicKey: key, party: 2, secret: share.secret + 1) }
        expectRefusal("party 3") { _ = try PaillierKeyShare(publicKey: key, party: 3, secret: share.secret) }
        expectRefusal("party 0") { _ = try PaillierKeyShare(publicKey: key, party: 0, secret: share.secret) }
        expectRefusal("range") { _ = try PaillierKeyShare(publicKey: key, party: 2, secret: share.secret << 600) }
        expectRefusal("range") { _ = try PaillierKeyShare(publicKey: key, party: 2, secret: 0) }
        // An altered secret in the file.
        var bytes = share.encodedSecret()
        bytes[bytes.count - 1] ^= 1
        expectRefusal("does not match") { _ = try PaillierKeyShare(encodedSecret: bytes, allowedBits: [ThresholdTestKeys.bits]) }
    }

    @Test func verificationKeysThatDoNotFitTogetherAreRefused() throws {
        let dealt = try ThresholdTestKeys.deal(2, of: 4), key = dealt.publicKey
        func refuse(_ reason: String, _ change: (inout [BigInteger]) -> Void) {
            var keys = key.verificationKeys
            change(&keys)
            expectRefusal(reason) {
                _ = try PaillierThresholdKey(encryptionKey: key.encryptionKey, sharing: key.sharing, verificationKeys: keys)
            }
        }
        let n2 = key.encryptionKey.nSquared
        refuse("private exponent") { $0[0] = ($0[0] * $0[0]).modulo(n2) }
        refuse("private exponent") { $0.swapAt(0, 1) }
        refuse("party 4 does not fit") { $0[3] = ($0[3] * key.base).modulo(n2) }
        refuse("party 3 does not fit") { $0.swapAt(2, 3) }
        refuse("party 1 is not a unit") { $0[0] = n2 }
        refuse("party 2 is not a unit") { $0[1] = ThresholdTestKeys.p }
        refuse("3 verification keys") { $0.removeLast() }
        // The right exponent for another modulus: d = 0 modulo the order, but 2 modulo n.
        refuse("private exponent") { keys in keys = keys.map { ($0 * $0).modulo(n2) } }
    }

    @Test func keyShareFilesArePrivateAndNeverReplaced() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "threshold-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let share = try ThresholdTestKeys.deal(2, of: 2).shares[0], sizes = [ThresholdTestKeys.bits]
        let path = folder.appending(path: "share.json").path
        try share.write(to: path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try PaillierKeyShare(contentsOf: path, allowedBits: sizes).secret == share.secret)
        expectRefusal("never overwritten") { try share.write(to: path) }
        let binary = folder.appending(path: "share.bin").path
        try AtomicFile.write(share.encodedSecret(), to: binary, mode: 0o600)
        #expect(try PaillierKeyShare(contentsOf: binary, allowedBits: sizes).secret == share.secret)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        expectRefusal("chmod 600") { _ = try PaillierKeyShare(contentsOf: path, allowedBits: sizes) }
        expectRefusal("cannot open") { _ = try PaillierKeyShare(contentsOf: path + "x", allowedBits: sizes) }
        expectRefusal("regular file") { _ = try PaillierKeyShare(contentsOf: folder.path, allowedBits: sizes) }
    }

    @Test func aKeyShareShowsNothingOfItsSecret() throws {
        let share = try ThresholdTestKeys.deal(2, of: 2).shares[0]
        var text = "\(share) " + String(reflecting: share)
        dump(share, to: &text)
        #expect(!text.contains(share.secret.description.prefix(12)) && !text.contains(share.secret.hex.prefix(12)))
        #expect(text.contains("party 1"))
    }

    private func safePrime(bits: Int, random: some RandomSource, threads: Int = 2) -> BigInteger {
        PaillierThresholdKey.safePrime(bits: bits, threads: threads, random: random)
    }
}
