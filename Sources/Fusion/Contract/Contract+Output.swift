import Arithmetic

extension Contract {
    /// One number per cell.
    public enum Measure: Hashable, Sendable, CustomStringConvertible {
        /// Matched subjects.
        case count
        /// Kept rows of a dataset that belong to matched subjects.
        case rows(String)
        /// The clamped values of those rows, added up.
        case sum(ColumnReference)
        /// Sum divided by rows; costs exactly those two.
        case mean(ColumnReference)
        /// Mean of the squared distances from the mean, divided by the rows; costs rows, deviations and squares.
        case variance(ColumnReference)
        /// Distances of the values from the column's `centre`, added up.
        case deviations(ColumnReference)
        /// Squares of those distances, added up.
        case squares(ColumnReference)
        /// Products of the distances of two columns that have one row per subject, added up over the subjects.
        case product(ColumnReference, ColumnReference)

        public var description: String {
            switch self {
            case .count: "count"
            case .rows(let dataset): "rows(\(dataset))"
            case .sum(let column): "sum(\(column))"
            case .mean(let column): "mean(\(column))"
            case .variance(let column): "variance(\(column))"
            case .deviations(let column): "deviations(\(column))"
            case .squares(let column): "squares(\(column))"
            case .product(let a, let b): "product(\(a), \(b))"
            }
        }

        /// The columns whose values enter.
        var columns: [ColumnReference] {
            switch self {
            case .count, .rows: []
            case .sum(let column), .mean(let column), .variance(let column), .deviations(let column), .squares(let column):
                [column]
            case .product(let a, let b): [a, b]
            }
        }

        /// Names of the datasets that the measure reads, at most two.
        var datasets: [String] {
            if case .rows(let dataset) = self { return [dataset] }
            return columns.map(\.dataset).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        }
    }

    public struct Output: Hashable, Sendable {
        public let name: String
        public let kind: Kind
        /// Category columns, at most two; empty unless `kind` is `groupBy`, `contingencyTable` or `quantile`.
        public let by: [ColumnReference]
        public let measures: [Measure]
        /// The bins of a histogram or of a quantile.
        public let histogram: Histogram?
        /// Of a quantile: increasing, each between 0 and 1.
        public let probabilities: [Rational]
        public let regression: Regression?
        /// Of a contingency table: whether the statistic of independence is computed from the released cells.
        public let chiSquare: Bool
        /// Groups whose noised number of subjects is smaller are withheld; nil: every group is released.
        public let minimumCohort: Int?
        /// Cost of this output in one run.
        public let epsilon: Rational
        /// Likewise; 0 for Laplace noise.
        public let delta: Rational
        /// Names of the parties that learn it.
        public let recipients: [String]
        /// Declared post-processing: released numbers are moved into the range that the bounds imply.
        public let clamp: Bool

        public enum Kind: String, Sendable, Codable {
            case count, sum, mean, variance, histogram, quantile
            case groupBy = "group-by"
            case contingencyTable = "contingency-table"
            case linearRegression = "linear-regression"
        }
    }

    /// Cells over one column: its categories, or ranges of its values.
    public struct Histogram: Hashable, Sendable {
        public let column: ColumnReference
        /// Bin i holds edges[i] <= value < edges[i + 1], the last bin also its upper edge; in units of the last decimal.
        /// Nil for a category column.
        public let edges: [Int64]?
    }

    /// Least squares of `target` on `features` and an intercept. All columns have one row per subject.
    public struct Regression: Hashable, Sendable {
        public let target: ColumnReference
        public let features: [ColumnReference]

        /// The sums of the normal equations: the upper triangle of X^T X with the intercept first, then X^T y. Distances from the
        /// centres stand for the values, so that the noise of a column with a large offset is not larger for it.
        var measures: [Measure] {
            var measures: [Measure] = [.count] + features.map { .deviations($0) }
            for (i, a) in features.enumerated() {
                measures += [.squares(a)] + features[(i + 1)...].map { .product(a, $0) }
            }
            return measures + [.deviations(target)] + features.map { .product($0, target) }
        }
    }
}

extension Contract.Column {
    /// The middle of the bounds, rounded down: what `deviations`, `squares` and `product` measure distances from. It is public and
    /// makes the largest distance, hence the noise, as small as the bounds allow.
    public var centre: Int64 { lower + (upper - lower) / 2 }
    /// The largest distance of a value from the centre. Positive unless both bounds are equal.
    public var halfRange: Int64 { max(upper - centre, centre - lower) }
}
