import Foundation
import SandboxCore
import Tables
import TestSupport
import Testing

@Suite struct KeyDoctorTests {
    let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func diagnose(_ keys: [String], _ normalizer: JoinKeyNormalizer, showsKeys: Bool = false) throws -> KeyDiagnosis {
        let path = try folder.write("key,v\n" + keys.map { "\($0),1\n" }.joined())
        return try KeyDoctor(path: path, keyColumn: "key", normalizer: normalizer, showsKeys: showsKeys).run()
    }

    @Test func everyRowIsCountedOnceAndForItsReason() throws {
        let found = try diagnose(
            [
                "110000199803150018", "110000199803150012", "110000199803150013", "110000980315001", "１１００００１９９８０３１５００１８", "",
                " 110000 19980315 0018", "'110000199803150018", "11000019980231001X", "990000199803150013", "1100001998", "1.10000199803150E+17",
                "110000199803150000", "110***********0013",
            ], .residentID)
        #expect(found.rows == 14 && found.empty == 1 && found.validAsIs == 1 && found.changed == 4)
        #expect(found.distinct == 1)
        #expect(found.valid + found.empty + found.malformed == found.rows)
        #expect(found.validAsIs + found.changed == found.valid)
        #expect(found.reasons.values.reduce(0, +) == found.malformed)
        #expect(found.reasons["birthDate"] == 1 && found.reasons["division"] == 1 && found.reasons["length"] == 2)
        #expect(found.changes["fifteenDigits"] == 1)
        #expect(found.symptoms == ["scientificNotation": 1, "lostPrecision": 1, "masked": 1])
        #expect(found.examples["empty"]?.map(\.line) == [7])
        #expect(found.examples["birthDate"]?.map(\.line) == [10])
    }

    @Test func changesAreNamed() throws {
        let found = try diagnose(
            ["13800000001", "１３８０００００００１", " 13800000001 ", "+86 138-0000-0001", "0086(138)00000001", "'13800000001", "\u{feff}13800000001x"], .mobile)
        #expect(found.validAsIs == 1 && found.changed == 5 && found.malformed == 1)
        #expect(found.changes == ["fullWidth": 1, "spaces": 2, "separators": 2, "textMark": 1, "countryCode": 2])
        #expect(found.distinct == 1 && found.duplicates == 5 && found.mostRowsOfOneKey == 6 && found.isDistinctExact)
        let plates = try diagnose(["京a·12345", "京AO2345", "京A12345"], .plate)
        #expect(plates.changes == ["lowerCase": 1, "separators": 1] && plates.reasons == ["ambiguousLetter": 1])
    }

    /// Without --show-keys no key of the file stands in the diagnosis.
    @Test func keysAreMaskedUnlessAskedFor() throws {
        let keys = ["11000019980315001A", "１１００００１９９８０３１５００１３", "110000980315001", "qzx", "京A1234567"]
        for normalizer in JoinKeyNormalizer.all {
            let json = String(decoding: try JSONEncoder().encode(diagnose(keys, normalizer)), as: UTF8.self)
            for key in keys { #expect(!json.contains(key), "\(normalizer) shows \(key)") }
        }
        let shown = try diagnose(keys, .container, showsKeys: true)
        #expect(shown.examples.values.joined().contains { $0.key == "11000019980315001A" })
        let masked = try diagnose(["11000019980315001A"], .residentID).examples["character"] ?? []
        #expect(masked.map(\.key) == ["110#############1A"] && masked.map(\.line) == [2])
    }

    @Test func aWrongKindIsGuessed() throws {
        let phones = (0..<95).map { "138000000\($0 < 10 ? "0" : "")\($0)" } + Array(repeating: "bad", count: 5)
        let asNumbers = try diagnose(phones, .residentID)
        #expect(asNumbers.likelyNormalizer == "mobile/1" && asNumbers.otherKinds["mobile/1"] == 95 && asNumbers.sampledRows == 100)
        #expect(try diagnose(phones, .text).likelyNormalizer == "mobile/1")
        #expect(try diagnose(phones, .mobile).likelyNormalizer == nil)
        #expect(try diagnose(["a", "b"], .text).likelyNormalizer == nil)
    }

    @Test func theRepairedCopyHasCanonicalKeysAndEverythingElseAsItWas() throws {
        let path = try folder.write("key,note\n京a·12345,\"a, \"\"b\"\"\"\nbad,全\n,x\n京A12345,\n")
        let out = path + ".fixed"
        let found = try KeyDoctor(path: path, keyColumn: "key", normalizer: .plate, fixedPath: out).run()
        #expect(try String(contentsOfFile: out, encoding: .utf8) == "key,note\n京A12345,\"a, \"\"b\"\"\"\nbad,全\n,x\n京A12345,\n")
        #expect(found.changed == 1)
        let again = try KeyDoctor(path: out, keyColumn: "key", normalizer: .plate).run()
        #expect(again.changed == 0 && again.valid == 2 && again.duplicates == 1)
        let error = yinheError { _ = try KeyDoctor(path: path, keyColumn: "key", normalizer: .plate, fixedPath: path).run() }
        #expect(error?.code == .badInput)
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("key,note\n京a·12345"))
    }

    @Test func gb18030IsDecodedAndAMissingColumnNamed() throws {
        // 京A12345 and 沪b12345 in GB18030.
        let bytes: [UInt8] = Array("key\n".utf8) + [0xbe, 0xa9] + Array("A12345\n".utf8) + [0xbb, 0xa6] + Array("b12345\n".utf8)
        let path = folder.file()
        try Data(bytes).write(to: URL(filePath: path))
        let found = try KeyDoctor(path: path, keyColumn: "key", normalizer: .plate).run()
        #expect(found.encoding == "GB18030" && found.validAsIs == 1 && found.changes == ["lowerCase": 1])
        #expect(yinheError { _ = try KeyDoctor(path: path, keyColumn: "k", normalizer: .plate).run() }?.remedy == "it has: key")
    }

    /// With a small table the numbers are estimates: 60 % off would be far beyond eight standard errors of 1.2 / sqrt(256).
    @Test func distinctKeysBeyondTheTableAreEstimated() throws {
        let path = try folder.write("key\n" + (0..<40_000).map { "k\($0 % 20_000)\n" }.joined())
        var doctor = KeyDoctor(path: path, keyColumn: "key", normalizer: .text)
        #expect(try doctor.run().distinct == 20_000)
        doctor.distinctLimit = 256
        let estimated = try doctor.run()
        #expect(!estimated.isDistinctExact && (8_000...32_000).contains(estimated.distinct) && estimated.mostRowsOfOneKey == 2)
        #expect(estimated.duplicates == estimated.valid - estimated.distinct)
    }
}
