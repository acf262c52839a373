import Arithmetic
import Foundation
import Paillier
import SandboxCore
import Synchronization
import TestSupport
import Testing

@Suite struct VectorsFileTests {
    private static let key = TestKeys.djn
    private static let encryptor = VectorsOperationTests.encryptor

    private func withFolder<R>(_ body: (String) throws -> R) rethrows -> R {
        let folder = NSTemporaryDirectory() + "yinhe-vectors-\(UUID().uuidString)"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(folder)
    }

    private func layout(_ additions: Int = 16) throws -> PackedLayout {
        try PackedLayout(-20...100, scale: .decimal(1), additions: additions, key: Self.key.publicKey)
    }

    @Test func aVectorComesBackFromItsFileWithEverythingItSays() throws {
        try withFolder { folder in
            let path = folder + "/a.enc"
            let a = try VectorsOperationTests.encrypt([5, -20, 100], layout(), perRow: 2)
            let vector = try a.adding(a).negated().multiplied(byReal: 1.5, scale: .binary(1)).shifted(bySlots: 3)
            let digest = try vector.write(to: path)
            let back = try EncryptedVector(contentsOf: path, key: Self.key.publicKey)
            #expect(back.layout == vector.layout && back.bounds == vector.bounds && back.scale == vector.scale)
            #expect(back.count == 3 && back.valuesPerRow == 2 && back.ciphertexts == vector.ciphertexts)
            #expect(try back.decrypt(with: Self.key) == [-30, 120, -600])
            #expect(try back.decryptReal(with: Self.key) == [-1.5, 6, -30])
            #expect(try CiphertextFile(path: path, key: Self.key.publicKey).digest == digest)
            #expect(try [UInt8](Data(contentsOf: URL(filePath: path))) == vector.encoded())
            let empty = try VectorsOperationTests.encrypt([], layout())
            #expect(try EncryptedVector(encoded: empty.encoded(), key: Self.key.publicKey).decrypt(with: Self.key).isEmpty)
        }
    }

    @Test func everyTruncationAndEveryAlteredByteIsRefused() throws {
        let key = Self.key.publicKey
        let bytes = try VectorsOperationTests.encrypt([1, 2, 3], layout(), perRow: 1).encoded()
        for length in 0..<bytes.count {
            #expect { try EncryptedVector(encoded: Array(bytes[..<length]), key: key) } throws: { ($0 as? YinheError)?.code == .badInput }
        }
        for place in bytes.indices {
            var altered = bytes
            altered[place] ^= UInt8(1 << (place % 8))
            #expect("byte \(place)") { try EncryptedVector(encoded: altered, key: key) } throws: { ($0 as? YinheError)?.code == .badInput }
        }
        #expect(throws: YinheError.self) { try EncryptedVector(encoded: bytes + [0], key: key) }
        let error = #expect(throws: YinheError.self) { try EncryptedVector(encoded: bytes, key: TestKeys.other.publicKey) }
        #expect(error?.code == .badInput && error?.message.contains("for the key \(key.fingerprint.prefix(16))") == true)
    }

    @Test func aFileThatIsNotThereOrNotAFileIsRefused() throws {
        try withFolder { folder in
            #expect { try CiphertextFile(path: folder + "/none", key: Self.key.publicKey) } throws: { ($0 as? YinheError)?.code == .system }
            #expect { try CiphertextFile(path: folder, key: Self.key.publicKey) } throws: { ($0 as? YinheError)?.code == .badInput }
        }
    }

    /// A file with given integers as its rows, digests and all.
    private func forged(_ rows: [BigInteger], _ path: String) throws {
        let key = Self.key.publicKey
        let honest = try VectorsOperationTests.encrypt([Int64](repeating: 0, count: rows.count), layout(), perRow: 1).encoded()
        let width = key.ciphertextBytes, perChunk = (1 << 18) / width
        let header = Array(honest[..<164])
        let body = rows.map { $0.bigEndian(count: width) }
        var digests: [UInt8] = []
        for (i, start) in stride(from: 0, to: rows.count, by: perChunk).enumerated() {
            var hash = DomainHash(domain: "yinhe/ciphertext-file-chunk/v1")
            withUnsafeBytes(of: UInt64(i).littleEndian) { hash.update($0) }
            hash.update(Array(body[start..<min(rows.count, start + perChunk)].joined()))
            digests += hash.finalize()
        }
        var writer = ByteWriter()
        writer.write(UInt64(rows.count))
        writer.write(UInt64(rows.count))
        var hash = DomainHash(domain: "yinhe/ciphertext-file/v1")
        hash.update(header)
        hash.update(writer.bytes)
        hash.update(digests)
        try Data(header + Array(body.joined()) + digests + writer.bytes + hash.finalize()).write(to: URL(filePath: path))
    }

    @Test func aRowThatIsNoCiphertextIsNamed() throws {
        try withFolder { folder in
            let key = Self.key.publicKey, bad = folder + "/bad.enc", good = folder + "/good.enc", sum = folder + "/sum.enc"
            let many = try (0..<2100).map { _ in try Self.encryptor.encrypt(0).value }
            for (row, value) in [
                (0, BigInteger.zero), (17, Self.key.p.prime), (2099, key.n), (2050, key.nSquared), (3, key.nSquared + 1),
                (5, Self.key.q.prime * Self.key.q.prime),
            ] {
                var rows = many
                rows[row] = value
                try forged(rows, bad)
                try forged(many, good)
                func named(_ body: () throws -> Void) {
                    let error = #expect(throws: YinheError.self) { try body() }
                    #expect(error?.code == .badInput && error?.place == bad && error?.message.contains("row \(row + 1) ") == true)
                }
                named { _ = try EncryptedVector(contentsOf: bad, key: key, threads: 2) }
                named {
                    let files = try [good, good, bad].map { try CiphertextFile(path: $0, key: key) }
                    try CiphertextFile.sum(files, to: sum, threads: 2)
                }
                named { try CiphertextFile(path: bad, key: key).decrypt(with: Self.key) { _ in } }
                #expect(!FileManager.default.fileExists(atPath: sum))
            }
            try forged(many, good)
            _ = try EncryptedVector(contentsOf: good, key: key, threads: 2)
        }
    }

    @Test func streamsEncryptAddAndOpenAsVectorsInMemoryDo() async throws {
        let folder = NSTemporaryDirectory() + "yinhe-vectors-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let seed = freshSeed(), random = SeededRandom(seed), key = Self.key.publicKey
        let layout = try layout(), count = 5000
        let inputs = (0..<3).map { _ in VectorsOperationTests.values(count, -20...100, random) }
        var paths: [String] = []
        for (i, values) in inputs.enumerated() {
            let path = folder + "/\(i).enc"
            paths.append(path)
            let writer = try VectorFileEncryptor(
                path: path, layout: layout, encryptor: Self.encryptor, valuesPerRow: 2, total: count, threads: 1 + i % 2)
            if i == 0 {
                for part in stride(from: 0, to: count, by: 777) { try writer.append(values[part..<min(count, part + 777)]) }
                #expect(!FileManager.default.fileExists(atPath: path))
                try writer.finish()
            } else {
                let stream = AsyncStream<Int64> { for value in values { $0.yield(value) }; $0.finish() }
                try await writer.finish(appending: stream)
            }
        }
        let sum = folder + "/sum.enc"
        let last = Mutex(0)
        try CiphertextFile.sum(paths.map { try CiphertextFile(path: $0, key: key) }, to: sum, threads: 2) { event in
            last.withLock { $0 = max($0, event.completed) }
            if event.total != 7500 { Issue.record("total \(String(describing: event.total))") }
        }
        #expect(last.withLock { $0 } == 7500)
        let expected = (0..<count).map { i in inputs.reduce(Int128(0)) { $0 + Int128($1[i]) } }
        let file = try CiphertextFile(path: sum, key: key)
        #expect(file.count == count && file.bounds.maximum == 300 && file.bounds.minimum == -60)
        var opened: [Int128] = [], parts = 0
        try file.decrypt(with: Self.key, threads: 1) {
            opened += $0
            parts += 1
        }
        #expect(opened == expected, "seed \(seed)")
        #expect(try EncryptedVector(contentsOf: sum, key: key).decrypt(with: Self.key) == expected, "seed \(seed)")
        // One file alone is copied.
        try CiphertextFile.sum([CiphertextFile(path: paths[1], key: key)], to: folder + "/one.enc")
        #expect(try Data(contentsOf: URL(filePath: folder + "/one.enc")) == Data(contentsOf: URL(filePath: paths[1])))
    }

    @Test func filesThatDoNotBelongTogetherAreRefusedByName() throws {
        try withFolder { folder in
            let key = Self.key.publicKey
            func file(_ name: String, _ values: [Int64], _ layout: PackedLayout, perRow: Int? = nil) throws -> CiphertextFile {
                try VectorsOperationTests.encrypt(values, layout, perRow: perRow).write(to: folder + "/" + name)
                return try CiphertextFile(path: folder + "/" + name, key: key)
            }
            let first = try file("a", [1, 2], layout())
            for (i, other) in [
                try file("b", [1, 2, 3], layout()), try file("c", [1, 2], layout(17)), try file("d", [1, 2], layout(), perRow: 1),
            ].enumerated() {
                let error = #expect(throws: YinheError.self) { try CiphertextFile.sum([first, first, other], to: folder + "/sum") }
                #expect(error?.code == .badInput && error?.place == folder + "/" + ["b", "c", "d"][i])
            }
            let error = #expect(throws: YinheError.self) {
                try CiphertextFile.sum([CiphertextFile](repeating: first, count: 18), to: folder + "/sum")
            }
            #expect(error?.code == .range)
            try CiphertextFile.sum([CiphertextFile](repeating: first, count: 16), to: folder + "/sum")
            #expect(try EncryptedVector(contentsOf: folder + "/sum", key: key).decrypt(with: Self.key) == [16, 32])
        }
    }

    @Test func aValueOutOfRangeLeavesNoFileBehind() throws {
        try withFolder { folder in
            do {
                let writer = try VectorFileEncryptor(path: folder + "/x.enc", layout: layout(), encryptor: Self.encryptor)
                try writer.append([1, 2, 101])
                let error = #expect(throws: YinheError.self) { try writer.finish() }
                #expect(error?.message.contains("value 3 ") == true)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }
}
