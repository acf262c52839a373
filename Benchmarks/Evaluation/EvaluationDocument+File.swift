import ContractText
import Foundation
import SandboxCore

extension EvaluationDocument {
    /// Larger files are refused unread.
    package static let maximumFileBytes = 64 << 20
    package static let maximumMeasurements = 100_000

    /// JSON with sorted keys, a key a line, and a newline at the end.
    package func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    /// Reads and checks a document; throws `.badInput` that says what is wrong with it.
    package static func read(_ path: String) throws -> EvaluationDocument {
        try decode(BoundedFile.read(path, maximum: maximumFileBytes, code: .badInput), at: path)
    }

    package static func decode(_ bytes: [UInt8], at place: String) throws -> EvaluationDocument {
        struct Version: Decodable { var schemaVersion: Int }
        let decoder = JSONDecoder(), data = Data(bytes)
        do {
            let version = try decoder.decode(Version.self, from: data).schemaVersion
            guard version == currentSchema else {
                throw YinheError(
                    .badInput, "an evaluation of schema version \(version); this program reads version \(currentSchema)", at: place,
                    remedy: "measure again with this version of yinhe-bench, or compare with the version that wrote the file")
            }
            let document = try decoder.decode(EvaluationDocument.self, from: data)
            try document.validate(at: place)
            return document
        } catch let error as DecodingError {
            throw YinheError(
                .badInput, "not an evaluation document: \(Self.text(error))", at: place,
                remedy: "give the evaluation.json that `yinhe-bench evaluate` wrote")
        }
    }

    private static func text(_ error: DecodingError) -> String {
        func path(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
            return path.isEmpty ? "the whole" : String(path.drop { $0 == "." })
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(path(context)) has no field \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context): return "\(path(context)) is of another type"
        case .dataCorrupted(let context): return context.codingPath.isEmpty ? "no JSON" : "\(path(context)) has a value that is not allowed"
        @unknown default: return "it cannot be decoded"
        }
    }

    /// What the type system does not say. Throws `.badInput` with the first thing that does not hold.
    package func validate(at place: String) throws {
        func require(_ condition: Bool, _ text: @autoclosure () -> String) throws {
            guard condition else { throw YinheError(.badInput, "not a sound evaluation document: \(text())", at: place) }
        }
        let dates = ISO8601DateFormatter()
        let times = [started, ended].map { dates.date(from: $0) }
        try require(times[0] != nil && times[1] != nil && times[0]! <= times[1]!, "started and ended are not two UTC times in order")
        try require(measurements.count <= Self.maximumMeasurements, "more than \(Self.maximumMeasurements) measurements")
        try require(environment.cores > 0 && environment.memoryBytes >= 0, "environment")
        let names = networkProfiles.map(\.name)
        try require(Set(names).count == names.count, "two network profiles of one name")
        for profile in networkProfiles {
            try require(
                profile.bitsPerSecond ?? 1 > 0 && profile.roundTripMilliseconds >= 0, "network profile \(profile.name) is negative")
        }
        for peer in peers ?? [] { try peer.validate(at: place) }
        var seen = Set<MeasurementKey>()
        for m in measurements {
            let name = m.key.description
            try require(names.contains(m.network), "\(name): its network is not among the network profiles")
            try require(m.size >= 0 && m.threads > 0 && m.parties > 0 && m.runs > 0 && m.warmUps >= 0, "\(name): counts")
            try require(m.bytesSent >= 0 && m.rounds >= 0 && m.peakMemoryBytes >= 0 && m.cpuSeconds >= 0, "\(name): a negative cost")
            try require(m.formulaBytes ?? 0 >= 0 && m.phases.allSatisfy { $0.seconds >= 0 && $0.bytes ?? 0 >= 0 }, "\(name): a negative cost")
            let s = m.seconds
            try require(s.min > 0 && s.min <= s.median && s.median <= s.max && s.max.isFinite && s.spread >= 0, "\(name): seconds")
            try require(m.accuracy.passed, "\(name): a result that differs from the plain computation")
            try require(seen.insert(m.key).inserted, "\(name) stands there twice")
        }
    }
}

/// What makes two measurements the same work.
package struct MeasurementKey: Hashable, Sendable, CustomStringConvertible {
    package var area: EvaluationDocument.Area
    package var operation: String
    package var protocolName: String
    package var parameters: [String: String]
    package var size: Int
    package var threads: Int
    package var parties: Int
    package var network: String

    package var description: String {
        let parameters = parameters.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return "\(area.rawValue)/\(operation) \(protocolName) n=\(size) threads=\(threads) parties=\(parties) \(network)\(parameters)"
    }
}

extension EvaluationDocument.Measurement {
    package var key: MeasurementKey {
        MeasurementKey(
            area: area, operation: operation, protocolName: protocolName, parameters: parameters, size: size, threads: threads,
            parties: parties, network: network)
    }
}
