import Arithmetic
import Foundation
import Paillier
import SandboxCore
import TestSupport
import Testing

@Suite final class TableCacheTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yinhe-tables-\(UUID().uuidString)").path
    var cache: PaillierTableCache { PaillierTableCache(directory: folder + "/tables") }
    let key = TestKeys.subgroup
    let kernel = FixedBasePower.Kernel.best

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func origin(_ encryptor: PaillierEncryptor) -> String {
        switch encryptor.tableOrigin {
        case .none: "none"
        case .built: "built"
        case .kept: "kept"
        case .notKept: "not kept"
        case .loaded: "loaded"
        }
    }

    private func path() throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: cache.directory)
        try #require(names.count == 1 && names[0].hasPrefix(key.publicKey.fingerprint) && names[0].hasSuffix(".table"))
        return cache.directory + "/" + names[0]
    }

    @Test func aTableIsBuiltOnceAndThenLoaded() throws {
        let first = PaillierEncryptor(key.publicKey, cache: cache)
        #expect(origin(first) == "kept")
        let attributes = try FileManager.default.attributesOfItem(atPath: path())
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        let second = PaillierEncryptor(key.publicKey, cache: cache)
        #expect(origin(second) == "loaded" && second.tableBytes == first.tableBytes)
        for m in 0..<20 {
            let r = BigInteger.random(bits: key.publicKey.exponentBits)
            #expect(try first.encrypt(BigInteger(m), fixed: r) == second.encrypt(BigInteger(m), fixed: r))
            #expect(try key.decrypt(second.encrypt(BigInteger(m))) == BigInteger(m))
        }
        // Another key has another file; without a cache there is none.
        #expect(origin(PaillierEncryptor(TestKeys.djn.publicKey, cache: cache)) == "kept")
        #expect(origin(PaillierEncryptor(key.publicKey)) == "built" && origin(PaillierEncryptor(key)) == "built")
        #expect(origin(PaillierEncryptor(TestKeys.standard.publicKey, cache: cache)) == "none")
    }

    @Test func aDamagedTableIsBuiltAgain() throws {
        _ = PaillierEncryptor(key.publicKey, cache: cache)
        let path = try path(), good = try Data(contentsOf: URL(fileURLWithPath: path))
        for position in [0, 20, 40, 70, 128, good.count / 2, good.count - 1] {
            var bad = good
            bad[position] ^= 1
            try bad.write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            #expect(origin(PaillierEncryptor(key.publicKey, cache: cache)) == "kept", "byte \(position)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == good)
        }
        for bad in [Data(), good.prefix(100), good + [0]] {
            try bad.write(to: URL(fileURLWithPath: path))
            #expect(origin(PaillierEncryptor(key.publicKey, cache: cache)) == "kept")
        }
        #expect(origin(PaillierEncryptor(key.publicKey, cache: cache)) == "loaded")
    }

    @Test func whatOthersCanWriteIsNotTrusted() throws {
        _ = PaillierEncryptor(key.publicKey, cache: cache)
        let path = try path()
        try FileManager.default.setAttributes([.posixPermissions: 0o622], ofItemAtPath: path)
        #expect(origin(PaillierEncryptor(key.publicKey, cache: cache)) == "kept")
        #expect(origin(PaillierEncryptor(key.publicKey, cache: cache)) == "loaded")
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: cache.directory)
        let encryptor = PaillierEncryptor(key.publicKey, cache: cache)
        guard case .notKept(let error) = encryptor.tableOrigin else {
            Issue.record("a table was read from a folder that everybody can write")
            return
        }
        #expect(error.code == .system && error.message.contains("written by others"))
        #expect(try key.decrypt(encryptor.encrypt(8)) == 8)
    }

    @Test func aFolderThatCannotBeMadeDoesNotStopTheEncryption() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: folder + "/tables"))
        let encryptor = PaillierEncryptor(key.publicKey, cache: cache)
        #expect(origin(encryptor) == "not kept")
        #expect(try key.decrypt(encryptor.encrypt(8)) == 8)
    }

    @Test func theStandardFolderFollowsTheEnvironment() {
        func directory(_ environment: [String: String]) -> String? {
            PaillierTableCache.standard(environment: environment)?.directory
        }
        #expect(directory(["XDG_CACHE_HOME": "/x", "HOME": "/h"]) == "/x/yinhe/paillier-tables")
        #expect(directory(["XDG_CACHE_HOME": "x", "HOME": "/h"]) == "/h/.cache/yinhe/paillier-tables")
        #expect(directory(["HOME": "/h"]) == "/h/.cache/yinhe/paillier-tables")
        #expect(directory([:]) == nil)
    }

    @Test func theTableStaysBelowItsLimit() throws {
        for limit in [40_000, 70_000, 200_000] {
            let encryptor = PaillierEncryptor(key.publicKey, tableBytes: limit)
            #expect(encryptor.tableBytes <= limit && encryptor.tableBytes > 0)
            #expect(PaillierEncryptor(key, tableBytes: limit).tableBytes <= limit)
            #expect(try key.decrypt(encryptor.encrypt(limit % 7 == 0 ? 1 : 2)) == (limit % 7 == 0 ? 1 : 2))
        }
    }
}
