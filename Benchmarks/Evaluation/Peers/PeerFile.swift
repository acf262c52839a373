import ContractText
import Foundation
import SandboxCore

extension EvaluationDocument.PeerResult {
    package static let maximumFileBytes = 16 << 20
    package static let maximumLines = 10_000

    /// Reads what a script of Benchmarks/Peers printed with --json: one object a line. Lines without figures, of a system that
    /// failed, are left out; throws `.badInput` for anything else that is not such a line.
    package static func read(_ path: String) throws -> [Self] {
        try decode(BoundedFile.read(path, maximum: maximumFileBytes, code: .badInput), at: path)
    }

    package static func decode(_ bytes: [UInt8], at place: String) throws -> [Self] {
        /// A line without figures is that of a system that failed.
        struct Figures: Decodable {
            var bench: String
            var seconds: Double?
            enum CodingKeys: String, CodingKey {
                case bench
                case seconds = "compared_s"
            }
        }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count <= maximumLines else { throw YinheError(.badInput, "more than \(maximumLines) lines", at: place) }
        var results: [Self] = []
        for (i, line) in lines.enumerated() where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0d }) {
            let here = "\(place), line \(i + 1)"
            do {
                if try JSONDecoder().decode(Figures.self, from: Data(line)).seconds == nil { continue }
                let result = try JSONDecoder().decode(Self.self, from: Data(line))
                try result.validate(at: here)
                results.append(result)
            } catch is DecodingError {
                throw YinheError(
                    .badInput, "not a line of a comparison", at: here,
                    remedy: "give a file that a script of Benchmarks/Peers wrote with --json; Benchmarks/Peers/README.md has the fields")
            }
        }
        return results
    }

    package func validate(at place: String) throws {
        let positive = [seconds, secondsMin, secondsMax].allSatisfy { $0.isFinite && $0 > 0 }
        guard n > 0, runs > 0, positive, secondsMin <= seconds, seconds <= secondsMax, bytes ?? 0 >= 0, peakMemoryBytes ?? 0 >= 0 else {
            throw YinheError(.badInput, "\(bench) \(op), \(system): counts or times are not positive and in order", at: place)
        }
        let texts = [bench, op, system, version, unit, beside ?? ""] + parameters.flatMap { [$0.key, $0.value] }
        guard texts.allSatisfy({ $0.utf8.count <= 200 }), parameters.count <= 32 else {
            throw YinheError(.badInput, "\(bench) \(op), \(system): a text of more than 200 bytes, or more than 32 parameters", at: place)
        }
    }
}
