import Foundation
import SandboxCore

/// The components as CycloneDX 1.6 JSON (https://cyclonedx.org/docs/1.6/json). Equal components give equal bytes.
package struct SoftwareBill {
    package var toolVersion: String
    package var components: [EvaluationDocument.SecurityEvidence.Component]
    /// RFC 3339; nil leaves the time out.
    package var timestamp: String?

    package init(toolVersion: String, components: [EvaluationDocument.SecurityEvidence.Component], timestamp: String? = nil) {
        (self.toolVersion, self.components, self.timestamp) = (toolVersion, components, timestamp)
    }

    /// `.usage` unless `text` is a date and time with a zone.
    package static func checkTimestamp(_ text: String) throws {
        guard text.utf8.count <= 40, ISO8601DateFormatter().date(from: text) != nil else {
            throw YinheError(.usage, "not a time: \(text.prefix(40))", remedy: "write it as 2026-01-31T08:15:00Z")
        }
    }

    package func json() throws -> [UInt8] {
        var document = Document(
            metadata: .init(
                timestamp: timestamp,
                component: .init(
                    type: "application", reference: root, name: "yinhe", version: toolVersion, purl: nil,
                    licenses: [.init(expression: "Apache-2.0")], properties: nil)),
            components: components.map { c in
                .init(
                    type: "library", reference: c.purl, name: c.name, version: c.version, purl: c.purl,
                    licenses: [.init(expression: c.licence)],
                    properties: [.init(name: "yinhe:kind", value: c.kind.rawValue)] + (c.revision.map { [.init(name: "yinhe:revision", value: $0)] } ?? []))
            },
            dependencies: [.init(ref: root, dependsOn: components.map(\.purl))] + components.map { .init(ref: $0.purl, dependsOn: nil) })
        document.serialNumber = Self.serial(of: try Self.encode(document))
        return try Self.encode(document) + [UInt8(ascii: "\n")]
    }

    private var root: String { "yinhe@\(toolVersion)" }

    /// A version 8 UUID (RFC 9562, 5.8) from the content.
    private static func serial(of bytes: [UInt8]) -> String {
        var hash = DomainHash(domain: "yinhe/sbom/v1")
        hash.update(bytes)
        var id = Array(hash.finalize()[0..<16])
        id[6] = id[6] & 0x0f | 0x80
        id[8] = id[8] & 0x3f | 0x80
        let hex = Array(id.hex)
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hex[$0]) }
        return "urn:uuid:" + parts.joined(separator: "-")
    }

    private static func encode(_ document: Document) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(document))
    }

    private struct Document: Encodable {
        var schema = "http://cyclonedx.org/schema/bom-1.6.schema.json"
        var bomFormat = "CycloneDX"
        var specVersion = "1.6"
        var serialNumber: String?
        var version = 1
        var metadata: Metadata
        var components: [Part]
        var dependencies: [Dependency]

        enum CodingKeys: String, CodingKey {
            case schema = "$schema"
            case bomFormat, specVersion, serialNumber, version, metadata, components, dependencies
        }
    }

    private struct Metadata: Encodable {
        var timestamp: String?
        var component: Part
    }

    private struct Part: Encodable {
        struct Licence: Encodable { var expression: String }
        struct Property: Encodable {
            var name: String
            var value: String
        }
        var type: String
        var reference: String
        var name: String
        var version: String
        var purl: String?
        var licenses: [Licence]
        var properties: [Property]?

        enum CodingKeys: String, CodingKey {
            case reference = "bom-ref"
            case type, name, version, purl, licenses, properties
        }
    }

    private struct Dependency: Encodable {
        var ref: String
        var dependsOn: [String]?
    }
}
