import Foundation
import Tables
import TestSupport
import Testing

/// `yinhe keys doctor` as a process.
@Suite struct KeyDoctorCommandTests {
    private let phones = "phone,name\n13800000001,甲\n+86 138-0000-0002,乙\n1380000000,丙\n,丁\n13800000001,戊\n"

    @Test func theReportIsBilingualAndMasked() async throws {
        let scratch = Scratch()
        let file = try scratch.write("phones.csv", phones)
        let arguments = ["keys", "doctor", file, "--key", "phone", "--type", "mobile"]
        let english = try await Program.run(list: arguments)
        #expect(english.status == 0, "\(english.errors)")
        for text in ["Valid as they are", "2 (40.00 %)", "not 11 characters", "line 4", "country code 86", "at most 2 rows of one key"] {
            #expect(english.output.contains(text), "\(text) in \(english.output)")
        }
        #expect(!english.output.contains("1380000000") && !english.output.contains("0000-0002"))
        let chinese = try await Program.run(list: arguments + ["--lang", "zh"])
        for text in ["原样有效", "不是 11 位", "第 4 行", "国家代码 86", "建议"] { #expect(chinese.output.contains(text), "\(chinese.output)") }
        let whole = try await Program.run(list: arguments + ["--show-keys"])
        #expect(whole.output.contains("+86 138-0000-0002"))
    }

    @Test func theJSONDocumentAndTheRepairedCopyAndTheLimit() async throws {
        let scratch = Scratch()
        let file = try scratch.write("phones.csv", phones), fixed = scratch.file("fixed.csv")
        let found = try await Program.run(
            "keys", "doctor", file, "--key", "phone", "--type", "mobile", "--fix", fixed, "--max-dropped", "0.3", "--json")
        #expect(found.status == 2)
        let diagnosis: KeyDiagnosis = try found.json()
        #expect(diagnosis.valid == 3 && diagnosis.empty == 1 && diagnosis.malformed == 1 && diagnosis.duplicates == 1)
        #expect(diagnosis.fixedFile == "fixed.csv")
        #expect(try scratch.read("fixed.csv") == phones.replacing("+86 138-0000-0002", with: "13800000002"))
        let loose = try await Program.run("keys", "doctor", file, "--key", "phone", "--type", "mobile", "--max-dropped", "0.4")
        #expect(loose.status == 0)
        let unknown = try await Program.run("keys", "doctor", file, "--key", "phone", "--type", "iban", "--json")
        #expect(unknown.status == 65 && unknown.error?.remedy.contains("container/1") == true)
        let missing = try await Program.run("keys", "doctor", file, "--key", "tel", "--type", "mobile", "--json")
        #expect(missing.status == 65 && missing.error?.remedy == "it has: phone, name")
    }
}
