import Arithmetic
import Foundation
import Paillier
import SandboxCore
import TestSupport
import Testing

@Suite struct VectorsPoolTests {
    private static let key = TestKeys.djn.publicKey
    private static let encryptor = VectorsOperationTests.encryptor
    private static let arithmetic = CiphertextArithmetic(key)

    static func secret(_ byte: UInt8 = 7) -> SecretBytes {
        var secret = SecretBytes(zeroed: RandomnessPool.secretBytes)
        secret.withUnsafeMutableBytes { $0[3] = byte }
        return secret
    }

    static func open(_ path: String) throws -> RandomnessPool {
        try RandomnessPool(path: path, key: key, secret: secret())
    }

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "yinhe-powers-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    /// Up to `count` powers.
    static func take(
        _ pool: RandomnessPool, _ count: Int, crash: (RandomnessCrashPoint) throws -> Void = { _ in }
    ) throws -> [BigInteger] {
        var rows = [UInt64](repeating: 0, count: count * arithmetic.limbs)
        let taken = try pool.take(upTo: count, arithmetic, into: &rows, crash: crash)
        return (0..<taken).map { BigInteger(limbs: Array(rows[$0 * arithmetic.limbs..<($0 + 1) * arithmetic.limbs])) }
    }

    @Test func encryptionsFromThePoolAreRightAndEachPowerServesOnce() async throws {
        try await withFolder { path in
            let pool = try Self.open(path)
            try pool.fill(to: 150, with: Self.encryptor, threads: 2)
            #expect(pool.count == 150)
            let layout = try PackedLayout(-5...5, additions: 4, key: Self.key)
            let values = (0..<100).map { Int64($0 % 11) - 5 }
            let a = try EncryptedVector.encrypt(values, layout: layout, with: Self.encryptor, pool: pool, valuesPerRow: 1)
            #expect(pool.count == 50)
            let b = try EncryptedVector.encrypt(values, layout: layout, with: Self.encryptor, pool: pool, valuesPerRow: 1)
            #expect(pool.count == 0)
            #expect(try a.decrypt(with: TestKeys.djn) == values.map { Int128($0) })
            #expect(try b.decrypt(with: TestKeys.djn) == values.map { Int128($0) })
            #expect(Set(a.ciphertexts + b.ciphertexts).count == 200)
            #expect(try FileManager.default.contentsOfDirectory(atPath: path).allSatisfy { !$0.hasSuffix(".powers") })
            try pool.fill(to: 10, with: Self.encryptor)
            let c = try a.rerandomized(with: Self.encryptor, pool: pool)
            #expect(pool.count == 0 && zip(a.ciphertexts, c.ciphertexts).allSatisfy { $0 != $1 })
            #expect(try c.decrypt(with: TestKeys.djn) == values.map { Int128($0) })
        }
    }

    @Test func whatWasMadeIsTakenInOrderAlsoAfterReopening() async throws {
        try await withFolder { path in
            do {
                let pool = try Self.open(path)
                try pool.fill(to: 70, with: Self.encryptor)
                try pool.fill(to: 100, with: Self.encryptor)
                try pool.fill(to: 100, with: Self.encryptor)
            }
            let all = try Self.take(try Self.open(path), 1)
                + Self.take(try Self.open(path), 64) + Self.take(try Self.open(path), 20) + Self.take(try Self.open(path), 1000)
            #expect(all.count == 100 && Set(all).count == 100)
            #expect(all.allSatisfy { TestKeys.djn.decrypt(try! Self.key.ciphertext($0)).isZero })
        }
    }

    @Test(arguments: RandomnessCrashPoint.allCases) func aCrashNeverGivesAPowerTwice(point: RandomnessCrashPoint) async throws {
        try await withFolder { path in
            let pool = try Self.open(path), copies = (0..<2).map { "\(path)-\($0)" }
            defer { for copy in copies { try? FileManager.default.removeItem(atPath: copy) } }
            try pool.fill(to: 200, with: Self.encryptor)
            let used = Set(try Self.take(pool, 30))
            // The disk as the crash leaves it, with half of the powers taken and with all.
            for (copy, count) in zip(copies, [100, 1000]) {
                var duringCrash: [BigInteger] = []
                duringCrash = try Self.take(pool, count) { here in
                    if here == point { try FileManager.default.copyItem(atPath: path, toPath: copy) }
                }
                let rest = try Self.take(try Self.open(copy), 1000)
                let wasHandedOut = point == .beforeJournal ? [] : duringCrash
                #expect(Set(rest).isDisjoint(with: used.union(wasHandedOut)), "\(point)")
                #expect(Set(rest).count == rest.count)
                // Before the journal nothing was handed out, so nothing is lost; after it, only what was under way.
                let left = count == 100 ? 170 : 70
                #expect(rest.count == left - (point == .beforeJournal ? 0 : duringCrash.count), "\(point)")
                try pool.fill(to: pool.count, with: Self.encryptor)
            }
        }
    }

    @Test func aKilledProcessNeverGivesAPowerTwice() async throws {
        for point in RandomnessCrashPoint.allCases {
            try await withFolder { path in
                do {
                    let pool = try Self.open(path)
                    try pool.fill(to: 128, with: Self.encryptor)
                }
                let before = try Data(contentsOf: #require(try Self.batchFile(path)))
                await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, name = point.rawValue as String] in
                    let pool = try VectorsPoolTests.open(path)
                    _ = try VectorsPoolTests.take(pool, 64) { if $0.rawValue == name { kill(getpid(), SIGKILL) } }
                }
                let pool = try Self.open(path)
                #expect(pool.count == (point == .beforeJournal ? 128 : 64), "\(point)")
                #expect(try Self.take(pool, 1000).count == (point == .beforeJournal ? 128 : 64))
                #expect(before.count > 128 * Self.key.ciphertextBytes)
            }
        }
    }

    private static func batchFile(_ path: String) throws -> URL? {
        try FileManager.default.contentsOfDirectory(atPath: path).first { $0.hasSuffix(".powers") }.map { URL(filePath: path + "/" + $0) }
    }

    @Test func usedSegmentsAreOverwrittenAndTheRestStaysEncrypted() async throws {
        try await withFolder { path in
            let pool = try Self.open(path)
            try pool.fill(to: 130, with: Self.encryptor)
            let file = try #require(try Self.batchFile(path)), width = Self.key.ciphertextBytes, segment = 64 * width + 16
            let before = try [UInt8](Data(contentsOf: file))
            let taken = try Self.take(pool, 70)
            let after = try [UInt8](Data(contentsOf: file))
            #expect(after[87..<87 + segment].allSatisfy { $0 == 0 })
            #expect(after[(87 + segment)...] == before[(87 + segment)...])
            // No power lies in the clear: its bytes are not in the file.
            for power in taken.prefix(3) {
                let bytes = power.bigEndian(count: width)
                #expect(!before.indices.dropLast(width).contains { before[$0] == bytes[0] && Array(before[$0..<$0 + width]) == bytes })
            }
        }
    }

    @Test func anotherSecretKeyOrKindIsRefused() async throws {
        try await withFolder { path in
            do { try Self.open(path).fill(to: 10, with: Self.encryptor) }
            func refused(_ what: String, _ body: () throws -> Void) {
                let error = #expect(throws: YinheError.self) { try body() }
                #expect(error?.code == .badInput && error?.message.contains(what) == true)
            }
            refused("does not decrypt") { _ = try RandomnessPool(path: path, key: Self.key, secret: Self.secret(8)) }
            refused("is for the key") { _ = try RandomnessPool(path: path, key: TestKeys.other.publicKey, secret: Self.secret()) }
            refused("hide from") { _ = try RandomnessPool(path: path, key: Self.key, hidingFromOwner: true, secret: Self.secret()) }
            let pool = try Self.open(path)
            refused("another key") { try pool.fill(to: 20, with: PaillierEncryptor(TestKeys.other)) }
            let layout = try PackedLayout(0...1, additions: 1, key: TestKeys.other.publicKey)
            refused("another key") {
                _ = try EncryptedVector.encrypt([1] as [Int64], layout: layout, with: PaillierEncryptor(TestKeys.other), pool: pool)
            }
            let second = #expect(throws: YinheError.self) { try Self.open(path) }
            #expect(second?.code == .system)
            let hiding = try RandomnessPool(path: path + "/hiding", key: Self.key, hidingFromOwner: true, secret: Self.secret())
            refused("does not hide") { try hiding.fill(to: 5, with: Self.encryptor) }
            try hiding.fill(to: 5, with: PaillierEncryptor(hidingFromOwnerOf: Self.key))
            #expect(hiding.count == 5)
        }
    }

    @Test func everyAlteredByteOfAPoolFileIsRefused() async throws {
        try await withFolder { path in
            do { try Self.open(path).fill(to: 3, with: Self.encryptor) }
            let file = try #require(try Self.batchFile(path)), bytes = try Data(contentsOf: file)
            // The journal is put back each time, so that each attempt starts with an unused pool.
            for place in bytes.indices {
                var altered = bytes
                altered[place] ^= UInt8(1 << (place % 8))
                try altered.write(to: file)
                try Data().write(to: URL(filePath: path + "/journal"))
                #expect("byte \(place)") { _ = try Self.take(try Self.open(path), 3) } throws: { ($0 as? YinheError)?.code == .badInput }
            }
            for length in [0, 50, 87, bytes.count - 1] {
                try bytes.prefix(length).write(to: file)
                #expect { try Self.open(path) } throws: { ($0 as? YinheError)?.place == file.path }
            }
        }
    }

    @Test func aCutJournalRecordIsIgnoredAndADamagedOneIsNot() async throws {
        try await withFolder { path in
            do {
                let pool = try Self.open(path)
                try pool.fill(to: 10, with: Self.encryptor)
                _ = try Self.take(pool, 2)
                _ = try Self.take(pool, 3)
            }
            let journal = URL(filePath: path + "/journal"), whole = try Data(contentsOf: journal)
            for extra in 1..<32 {
                try (whole + Data(repeating: 9, count: extra)).write(to: journal)
                #expect(try Self.open(path).count == 5)
            }
            var damaged = whole
            damaged[20] ^= 1
            try damaged.write(to: journal)
            #expect { try Self.open(path) } throws: { ($0 as? YinheError)?.code == .badInput }
        }
    }

    @Test func theSecretsFileIsPrivateAndKept() async throws {
        try await withFolder { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let secret = path + "/secret", folder = path + "/pool"
            do { try RandomnessPool(path: folder, key: Self.key, secretFile: secret).fill(to: 3, with: Self.encryptor) }
            let mode = try FileManager.default.attributesOfItem(atPath: secret)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try RandomnessPool(path: folder, key: Self.key, secretFile: secret).count == 3)
            chmod(secret, 0o644)
            #expect { try RandomnessPool(path: folder, key: Self.key, secretFile: secret) } throws: { ($0 as? YinheError)?.code == .badInput }
            chmod(secret, 0o600)
            try Data([1, 2, 3]).write(to: URL(filePath: secret))
            #expect { try RandomnessPool(path: folder, key: Self.key, secretFile: secret) } throws: { ($0 as? YinheError)?.code == .badInput }
        }
    }

    @Test func fillingStopsWhenAskedAndKeepsWhatItMade() async throws {
        try await withFolder { path in
            let pool = try Self.open(path)
            try pool.fill(to: 100, with: Self.encryptor, stop: { true })
            #expect(pool.count == 0)
            try pool.fill(to: 100, with: Self.encryptor)
            try pool.discardAll()
            #expect(pool.count == 0)
            #expect(try Self.take(pool, 10).isEmpty)
        }
    }
}
