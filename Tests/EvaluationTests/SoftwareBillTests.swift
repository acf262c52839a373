import Evaluation
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct SoftwareBillTests {
    typealias Component = EvaluationDocument.SecurityEvidence.Component

    @Test func packagesAreThoseOfPackageResolved() throws {
        let text = """
            {"version": 3, "originHash": "00", "pins": [
              {"identity": "grdb.swift", "kind": "remoteSourceControl", "location": "https://github.com/groue/GRDB.swift",
               "state": {"revision": "a60d", "version": "7.10.0"}},
              {"identity": "other", "kind": "remoteSourceControl", "location": "https://example.org/other.git", "state": {"revision": "beef"}}]}
            """
        let pins = try [Component].pinned(Array(text.utf8), at: "test")
        #expect(pins.map(\.purl) == ["pkg:swift/github.com/groue/GRDB.swift@7.10.0", "pkg:swift/example.org/other.git@unknown"])
        #expect(pins.map(\.licence) == ["MIT", "NOASSERTION"] && pins.map(\.revision) == ["a60d", "beef"])
        #expect(throws: YinheError.self) { try [Component].pinned(Array("{}".utf8), at: "test") }

        // What this program was built from.
        let file = repositoryRoot.appending(path: "Package.resolved")
        let built = try [Component].pinned(Array(Data(contentsOf: file)), at: file.path)
        #expect(Set(built.map(\.name)) == ["grdb.swift", "swift-argument-parser", "yams"])
        #expect(built.allSatisfy { $0.version.first?.isNumber == true && $0.licence != "NOASSERTION" && $0.revision?.count == 40 })
    }

    @Test func systemLibrariesHaveTheVersionsThatAreLoaded() {
        let system = [Component].current.filter { $0.kind == .system }
        #expect(Set(system.map(\.name)).isSuperset(of: ["OpenSSL", "GMP", "SQLite"]))
        for component in system {
            #expect(component.version.first?.isNumber == true, "\(component.name) \(component.version)")
            #expect(component.purl.hasSuffix("@\(component.version)"))
        }
    }

    /// What CycloneDX 1.6 asks for of the parts in use.
    @Test func theBillHasTheStructureOfCycloneDX() throws {
        let bytes = try SoftwareBill(toolVersion: "0.1.0", components: .current, timestamp: "2026-01-31T08:15:00Z").json()
        let bill = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(Set(bill.keys) == ["$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata", "components", "dependencies"])
        #expect(bill["bomFormat"] as? String == "CycloneDX" && bill["specVersion"] as? String == "1.6" && bill["version"] as? Int == 1)
        let serial = try #require(bill["serialNumber"] as? String)
        #expect(serial.wholeMatch(of: /urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        let metadata = try #require(bill["metadata"] as? [String: Any])
        #expect(metadata["timestamp"] as? String == "2026-01-31T08:15:00Z")
        let root = try #require((metadata["component"] as? [String: Any])?["bom-ref"] as? String)
        let components = try #require(bill["components"] as? [[String: Any]])
        #expect(components.count == [Component].current.count && components.count >= 6)
        var references = [root]
        for component in components {
            #expect(component["type"] as? String == "library")
            #expect((component["name"] as? String)?.isEmpty == false && (component["version"] as? String)?.isEmpty == false)
            #expect((component["purl"] as? String)?.hasPrefix("pkg:") == true)
            let licences = try #require(component["licenses"] as? [[String: String]])
            #expect(licences.count == 1 && licences[0]["expression"]?.isEmpty == false)
            references.append(try #require(component["bom-ref"] as? String))
        }
        #expect(Set(references).count == references.count)
        let dependencies = try #require(bill["dependencies"] as? [[String: Any]])
        #expect(Set(dependencies.compactMap { $0["ref"] as? String }) == Set(references))
        #expect(Set(dependencies[0]["dependsOn"] as? [String] ?? []) == Set(references.dropFirst()))
    }

    @Test func equalComponentsGiveEqualBytesAndOthersAnotherSerialNumber() throws {
        func bill(_ version: String) throws -> [UInt8] { try SoftwareBill(toolVersion: version, components: .current).json() }
        func serial(_ bytes: [UInt8]) throws -> String? {
            (try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])?["serialNumber"] as? String
        }
        #expect(try bill("0.1.0") == bill("0.1.0"))
        #expect(try serial(bill("0.1.0")) != serial(bill("0.1.1")))
        #expect(throws: YinheError.self) { try SoftwareBill.checkTimestamp("yesterday") }
        try SoftwareBill.checkTimestamp("2026-01-31T08:15:00+08:00")
    }
}
