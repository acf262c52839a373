import Evaluation
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct SecurityEvidenceTests {
    typealias Evidence = EvaluationDocument.SecurityEvidence
    static let vectors = repositoryRoot.appending(path: "Protocols/Vectors").path

    @Test func everyKnownAnswerHoldsOnEveryImplementation() throws {
        let answers = try Evidence.collect(vectors: Self.vectors).knownAnswers
        for answer in answers {
            #expect(answer.notRun == nil && answer.vectors > 0 && answer.passed == answer.vectors, "\(answer.name), \(answer.implementation)")
        }
        let names = Set(answers.map(\.name))
        for name in [
            "AES-128", "AES-256-CTR", "AES-256-GCM", "SHA-256", "SHA-512", "SipHash-2-4", "Ed25519", "X25519", "P-256: hash to curve",
            "P-256: points of Wycheproof", "Primality of Wycheproof", "ristretto255: multiples of the generator", "ristretto255: encodings",
            "ristretto255: oblivious PRF", "expand_message_xmd", "Paillier encryption, 2048 bits", "Paillier encryption, 3072 bits",
        ] { #expect(names.contains(name), "\(name)") }
        #expect(answers.reduce(0) { $0 + $1.vectors } > 750)
        #expect(answers.first { $0.name == "Primality of Wycheproof" }?.vectors == 317)
    }

    @Test func suitesWithoutTheirFilesAreSaidToBeNotRun() throws {
        for folder in [nil, "/nonexistent"] {
            let missing = try Evidence.collect(vectors: folder).knownAnswers.filter { $0.notRun != nil }
            #expect(missing.count == 6 && missing.allSatisfy { $0.vectors == 0 && $0.passed == 0 })
        }
    }

    @Test func aVectorThatDoesNotHoldIsCountedAsFailed() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "yinhe-vectors-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder.appending(path: "rfc9496"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = "rfc9496/ristretto255.json"
        let text = try String(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/\(file)"), encoding: .utf8)
        // A valid encoding, that of the generator, in the place of an invalid one.
        let changed = text.replacing(
            "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", with: "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")
        #expect(changed != text)
        try Data(changed.utf8).write(to: folder.appending(path: file))
        let answers = try Evidence.collect(vectors: folder.path).knownAnswers.filter { $0.name == "ristretto255: encodings" }
        #expect(!answers.isEmpty && answers.allSatisfy { $0.passed == $0.vectors - 1 })
    }

    @Test func outputOfTheConstantTimeCheckIsRead() throws {
        let text = """
            constant-time: building the checker ...
            ok    control: a branch on a secret is reported
            pass  AES-128
            LEAK  a comparison: 3 branches or addresses depend on secrets
            seen  GMP: 12 reports (its own arithmetic)
            BAD   control: a masked sum is reported
            2 checks, 1 with leaks

            """
        let result = try Evidence.ConstantTimeResult.parse(Array(text.utf8), at: "test")
        #expect(result.checked == 2 && result.leaks == 1)
        #expect(result.checks.map(\.outcome) == [.control, .pass, .leak, .seen, .brokenControl])
        #expect(result.checks[1].name == "AES-128" && result.fileDigest == DomainHash.plainSHA256(Array(text.utf8)).hex)
        for wrong in ["", "pass  AES-128\n", text.replacing("2 checks", with: "3 checks"), text.replacing("1 with", with: "0 with"), "0 checks, 0 with leaks\n"] {
            #expect(throws: YinheError.self) { try Evidence.ConstantTimeResult.parse(Array(wrong.utf8), at: "test") }
        }
    }

    @Test func parametersAreThoseOfTheCode() throws {
        let evidence = try Evidence.collect()
        #expect(evidence.computationalBits == SecurityParameters.computational && evidence.statisticalBits == SecurityParameters.statistical)
        for primitive in evidence.primitives {
            let file = repositoryRoot.appending(path: primitive.code).path
            #expect(FileManager.default.fileExists(atPath: file), "\(primitive.name): \(primitive.code)")
        }
    }

    @Test func theDocumentKeepsTheEvidence() throws {
        let document = Samples.full(security: try Evidence.collect())
        let read = try EvaluationDocument.decode(document.json(), at: "test")
        #expect(read == document)
        let page = EvaluationReport.page(read, in: .english)
        #expect(page.contains("RFC 9496, A.1") && page.contains("Not run for this report") && page.contains("vole-psi.md"))
    }
}

/// The table of adversaries and leakage beside the specifications.
@Suite struct LeakageTableTests {
    /// The chapters "Security model…" and "Leakage" of a specification, white space as single spaces.
    static func chapter(_ name: String) throws -> String? {
        let text = try String(contentsOf: repositoryRoot.appending(path: "Protocols/\(name).md"), encoding: .utf8)
        var inside = false, lines: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("## ") { inside = line.hasPrefix("## Security model") || line.hasPrefix("## Leakage") }
            if inside { lines.append(line) }
        }
        return lines.isEmpty ? nil : lines.joined(separator: " ").split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }

    @Test func everySpecificationWithASecurityModelHasARow() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: repositoryRoot.appending(path: "Protocols").path)
            .filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }
        let specified = try names.filter { try Self.chapter($0) != nil }
        let rows = SpecifiedProtocol.all.map(\.model.name)
        #expect(Set(rows).count == rows.count)
        #expect(Set(rows) == Set(specified), "add a row in Benchmarks/Evaluation/Security/SpecifiedProtocols+*.swift, or remove one")
    }

    @Test func everyRowRestsOnSentencesOfItsSpecification() throws {
        for row in SpecifiedProtocol.all {
            let chapter = try #require(try Self.chapter(row.model.name))
            #expect(!row.quotes.isEmpty && !row.model.leakage.isEmpty, "\(row.model.name)")
            for quote in row.quotes {
                #expect(chapter.contains(quote), "Protocols/\(row.model.name).md no longer says: \(quote)")
            }
        }
    }

    @Test func chineseStandsBesideEveryEnglishText() {
        for model in SpecifiedProtocol.all.map(\.model) {
            for phrase in [model.adversary, model.assumptions] + model.leakage.flatMap({ [$0.party, $0.learns] }) {
                #expect(!phrase.en.isEmpty && !phrase.zh.isEmpty)
            }
        }
    }
}
