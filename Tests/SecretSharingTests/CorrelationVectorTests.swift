import Foundation
import SandboxCore
import SecretSharing
import TestSupport
import Testing

@Suite struct CorrelationVectorTests {
    private struct Vectors: Decodable {
        struct Case: Decodable {
            let kind: String
            let coded: String
            let count: Int
            let seeds: [String]
            let parts: [[String]]
        }
        let cases: [Case]
    }

    @Test func dealtBatchesEqualTheIndependentImplementation() throws {
        let url = repositoryRoot.appending(path: "Protocols/Vectors/correlations.json")
        let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
        #expect(vectors.cases.count == 20)
        for known in vectors.cases {
            let coded = try #require([UInt8](hex: known.coded))
            var reader = ByteReader(coded, what: "kind")
            let kind = try Correlation(from: &reader)
            try reader.finish()
            #expect(kind.name.hasPrefix(known.kind))
            let parts = try (0..<2).map {
                Dealing.expand(kind, count: known.count, party: $0, seed: try #require([UInt8](hex: known.seeds[$0])))
            }
            Dealing.derive(parts[kind.correctionParty], from: parts[1 - kind.correctionParty])
            for party in 0..<2 {
                for (section, hex) in known.parts[party].enumerated() {
                    #expect(
                        Array(UnsafeRawBufferPointer(parts[party].words(section))).hex == hex,
                        "\(kind.name), party \(party), section \(section)")
                }
            }
        }
    }
}
