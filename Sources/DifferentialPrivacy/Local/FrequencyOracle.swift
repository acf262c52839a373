import Arithmetic
import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Local differential privacy for frequencies: every subject randomises its own category before anybody sees it, and the collector estimates how many
/// have each category.
///
/// A report supports the subject's true category with probability p and any other with probability q (T. Wang, J. Blocki, N. Li, S. Jha, "Locally
/// differentially private protocols for frequency estimation", USENIX Security 2017). All coins are exact: exp(-epsilon) is never rounded.
public struct FrequencyOracle: Hashable, Sendable {
    public enum Mechanism: String, Codable, Sendable, CaseIterable {
        /// k-ary randomised response: a report is a category. Best for few categories: k < 3 exp(epsilon) + 2.
        case randomizedResponse = "randomized-response"
        /// Optimised unary encoding: a report is a bit for every category.
        case unaryEncoding = "unary-encoding"
        /// Hadamard response: a report is the number of a row and one bit (J. Acharya, Z. Sun, H. Zhang, AISTATS 2019; in the one-bit form of
        /// R. Bassily, A. Smith, STOC 2015).
        case hadamard
    }

    /// What a subject sends.
    public enum Report: Hashable, Sendable {
        case category(Int)
        case bits([Bool])
        case row(Int, isOdd: Bool)
    }

    public let epsilon: Rational
    public let categories: Int
    public let mechanism: Mechanism

    /// `mechanism`: by default the one of least variance for these parameters. Throws `.range` unless 0 < epsilon <= 20 and
    /// 2 <= categories <= 2^24.
    public init(epsilon: Rational, categories: Int, mechanism: Mechanism? = nil) throws {
        guard epsilon.isPositive, epsilon <= 20, (2...1 << 24).contains(categories) else {
            throw YinheError(
                .range, "a frequency oracle of epsilon \(epsilon) over \(categories) categories",
                remedy: "use an epsilon of at most 20 and 2 to 2^24 categories")
        }
        self.epsilon = epsilon
        self.categories = categories
        let few = Double(categories) < 3 * exp(epsilon.approximation) + 2
        self.mechanism = mechanism ?? (few ? .randomizedResponse : .unaryEncoding)
    }

    /// Rows of the Hadamard matrix: a power of two above the number of categories, so that no category has the constant column 0.
    var rows: Int { 1 << SecurityParameters.ceilLog2(categories + 1) }

    // MARK: The subject

    /// The report of a subject of this category; epsilon-locally differentially private.
    public func report(_ category: Int) -> Report {
        var stream = WordStream(BufferedRandom())
        return report(category, from: &stream)
    }

    package func report(_ category: Int, from stream: inout WordStream) -> Report {
        precondition((0..<categories).contains(category), "no such category")
        switch mechanism {
        case .randomizedResponse:
            // Uniform proposals, the others kept with probability exp(-epsilon): the true one is exp(epsilon) times as likely as each other.
            while true {
                let proposal = Int(stream.uniform(below: UInt64(categories)))
                if proposal == category || stream.bernoulliExp(minus: epsilon) { return .category(proposal) }
            }
        case .unaryEncoding:
            return .bits((0..<categories).map { $0 == category ? stream.bit() : flip(&stream) })
        case .hadamard:
            let row = Int(stream.uniform(below: UInt64(rows)))
            return .row(row, isOdd: Self.isOdd(row, category) != flip(&stream))
        }
    }

    /// True with probability 1 / (exp(epsilon) + 1).
    private func flip(_ stream: inout WordStream) -> Bool {
        while true {
            if !stream.bit() { return false }
            if stream.bernoulliExp(minus: epsilon) { return true }
        }
    }

    /// Whether the Hadamard entry of this row and the category's column is -1.
    static func isOdd(_ row: Int, _ category: Int) -> Bool { (row & (category + 1)).nonzeroBitCount & 1 == 1 }

    // MARK: The collector

    /// Probabilities that a report supports the true category, and another one.
    public var supports: (p: Double, q: Double) {
        let e = exp(epsilon.approximation)
        switch mechanism {
        case .randomizedResponse: return (e / (e + Double(categories) - 1), 1 / (e + Double(categories) - 1))
        case .unaryEncoding: return (0.5, 1 / (e + 1))
        case .hadamard: return (e / (e + 1), 0.5)
        }
    }

    /// Unbiased estimates of the number of subjects of each category, and their standard deviation for a rare one. Estimates can be negative. Throws
    /// `.badInput` for a report of another mechanism or size, with its number.
    public func estimate(_ reports: some Collection<Report>) throws -> (counts: [Double], deviation: Double) {
        let (p, q) = supports, n = Double(reports.count)
        var support = [Double](repeating: 0, count: categories)
        var signs = mechanism == .hadamard ? [Double](repeating: 0, count: rows) : []
        for (number, report) in reports.enumerated() {
            switch (mechanism, report) {
            case (.randomizedResponse, .category(let c)) where (0..<categories).contains(c): support[c] += 1
            case (.unaryEncoding, .bits(let bits)) where bits.count == categories:
                for (c, bit) in bits.enumerated() where bit { support[c] += 1 }
            case (.hadamard, .row(let row, let isOdd)) where (0..<rows).contains(row): signs[row] += isOdd ? -1 : 1
            default:
                throw YinheError(
                    .badInput, "report \(number + 1) is not a \(mechanism.rawValue) report over \(categories) categories",
                    remedy: "collect reports that were made with these parameters")
            }
        }
        if mechanism == .hadamard {
            // Sum over reports of sign * entry, for every column at once; (n + sum) / 2 reports agree with a category.
            Self.hadamardTransform(&signs)
            for c in 0..<categories { support[c] = (n + signs[c + 1]) / 2 }
        }
        let counts = support.map { ($0 - n * q) / (p - q) }
        return (counts, (n * q * (1 - q)).squareRoot() / (p - q))
    }

    static func hadamardTransform(_ a: inout [Double]) {
        var half = 1
        while half < a.count {
            for start in stride(from: 0, to: a.count, by: 2 * half) {
                for i in start..<start + half { (a[i], a[i + half]) = (a[i] + a[i + half], a[i] - a[i + half]) }
            }
            half *= 2
        }
    }

    /// Of one report.
    public var cost: PrivacyCost { .local(epsilon: epsilon) }

    public func statement(unit: String) -> PrivacyStatement {
        PrivacyStatement(
            unit: unit, neighbours: .replace, cost: cost, trust: .local,
            mechanism: "\(mechanism.rawValue) over \(categories) categories", composition: "one report a subject")
    }
}
