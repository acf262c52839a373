import SandboxCore

/// Collects the outcomes of known-answer tests. A test is a function on one vector, so that every vector is counted.
struct KnownAnswerRun {
    private(set) var results: [EvaluationDocument.SecurityEvidence.KnownAnswer] = []

    mutating func check<Vector>(
        _ name: String, _ implementation: String, source: String, _ vectors: [Vector], _ holds: (Vector) throws -> Bool
    ) {
        var passed = 0
        for vector in vectors where (try? holds(vector)) == true { passed += 1 }
        results.append(
            .init(name: name, implementation: implementation, source: source, vectors: vectors.count, passed: passed, notRun: nil))
    }

    mutating func skip(_ name: String, source: String, because reason: String) {
        results.append(.init(name: name, implementation: "–", source: source, vectors: 0, passed: 0, notRun: reason))
    }
}

/// Hexadecimal of a vector; the literals are tested, so it never traps on them.
func octets(_ hex: String) -> [UInt8] { [UInt8](hex: hex) ?? [] }
