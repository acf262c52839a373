import SandboxCore

/// Which inputs count as neighbours: the difference that the noise must hide.
public enum NeighbouringRelation: String, Codable, Sendable, CaseIterable {
    /// One subject, with all its rows, is added or removed.
    case addOrRemove = "add-or-remove"
    /// One subject's rows are replaced by other rows.
    case replace
}

/// The greatest L1 change of a vector of integer results between neighbours, in grid units. Always positive.
public struct Sensitivity: Hashable, Sendable {
    public let l1: Int128

    /// Throws `.range` for a value that is not positive: a result that no subject can change needs no noise and no release.
    public init(l1: Int128) throws {
        guard l1 > 0 else {
            throw YinheError(.range, "a sensitivity of \(l1)", remedy: "declare bounds that let one subject change the result")
        }
        self.l1 = l1
    }

    /// Of a count of rows, when a subject has at most `rowsPerSubject` (1 for a count of subjects).
    public static func count(rowsPerSubject: Int = 1) throws -> Sensitivity { try Sensitivity(l1: Int128(rowsPerSubject)) }

    /// Of all cells of a histogram together. A replaced subject leaves its cells and enters others.
    public static func histogram(rowsPerSubject: Int = 1, relation: NeighbouringRelation = .addOrRemove) throws -> Sensitivity {
        try Sensitivity(l1: Int128(rowsPerSubject) * (relation == .replace ? 2 : 1))
    }

    /// Of a sum of values clamped to `bounds`: add or remove changes it by rows * max(|lower|, |upper|); a replacement by
    /// rows * (max(upper, 0) - min(lower, 0)), because a subject may also have no row.
    public static func sum(
        of bounds: ClosedRange<Int64>, rowsPerSubject: Int = 1, relation: NeighbouringRelation = .addOrRemove
    ) throws -> Sensitivity {
        let (lower, upper) = (Int128(bounds.lowerBound), Int128(bounds.upperBound))
        let perRow = relation == .addOrRemove ? max(abs(lower), abs(upper)) : max(upper, 0) - min(lower, 0)
        return try Sensitivity(l1: perRow * Int128(rowsPerSubject))
    }

    /// Of several results released together on the same subjects.
    public static func + (a: Sensitivity, b: Sensitivity) throws -> Sensitivity {
        let (sum, overflow) = a.l1.addingReportingOverflow(b.l1)
        guard !overflow else {
            throw YinheError(.range, "the joint sensitivity does not fit 128 bits", remedy: "tighten the bounds")
        }
        return try Sensitivity(l1: sum)
    }
}

extension Sensitivity: Codable {
    /// Coded as decimal text.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Int128(text) else {
            throw YinheError(.badInput, "\"\(text.prefix(60))\" is not a sensitivity", remedy: "write a positive integer")
        }
        try self.init(l1: value)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(l1))
    }
}
