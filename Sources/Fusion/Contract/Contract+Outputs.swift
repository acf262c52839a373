import Arithmetic
import ContractText
import SandboxCore

/// Reads the `outputs` clause against the declared datasets.
struct OutputDecoder {
    let datasets: [Contract.Dataset]
    let mode: Contract.JoinMode
    let parties: [String]
    let privacy: Contract.Privacy
    let maximumRuns: Int
    /// Clause path -> "file:line:column" of every output.
    private(set) var places: [String: String] = [:]

    /// Outputs of the clause, which share a delta that they do not give.
    private var count = 1

    init(
        datasets: [Contract.Dataset], mode: Contract.JoinMode, parties: [String], privacy: Contract.Privacy, maximumRuns: Int
    ) {
        self.datasets = datasets
        self.mode = mode
        self.parties = parties
        self.privacy = privacy
        self.maximumRuns = maximumRuns
    }

    mutating func outputs(_ value: YamlValue) throws -> [Contract.Output] {
        var outputs: [Contract.Output] = []
        let items = try value.list(1...200, of: "outputs")
        count = items.count
        for item in items {
            let output = try output(item)
            guard !outputs.contains(where: { $0.name == output.name }) else {
                throw item.error("the output \"\(output.name)\" is declared twice")
            }
            places[item.path] = item.place
            outputs.append(output)
        }
        return outputs
    }

    private static let common = ["name", "kind", "epsilon", "to"]

    /// What a kind's own keys say.
    private struct Body {
        var fields: [String: YamlValue]
        var by: [Contract.ColumnReference] = []
        var measures: [Contract.Measure] = []
        var histogram: Contract.Histogram?
        var probabilities: [Rational] = []
        var regression: Contract.Regression?
        var chiSquare = false
        var minimumCohort: Int?
    }

    private func output(_ item: YamlValue) throws -> Contract.Output {
        // The kind decides which other keys are legal, so it is read first.
        let own = [
            "delta", "of", "by", "bins", "measures", "clamp", "chi-square", "probabilities", "target", "features", "minimum-cohort",
        ]
        let kind = try item.mapping(required: Self.common, optional: own)["kind"]!.word([
            "count": Contract.Output.Kind.count, "sum": .sum, "mean": .mean, "variance": .variance, "histogram": .histogram,
            "quantile": .quantile, "group-by": .groupBy, "contingency-table": .contingencyTable,
            "linear-regression": .linearRegression,
        ])
        let body = try self.body(item, kind)
        let fields = body.fields
        let epsilon = try fields["epsilon"]!.rational()
        guard epsilon.isPositive else { throw fields["epsilon"]!.error("epsilon must be greater than 0") }
        return Contract.Output(
            name: try fields["name"]!.name(), kind: kind, by: body.by, measures: body.measures, histogram: body.histogram,
            probabilities: body.probabilities, regression: body.regression, chiSquare: body.chiSquare,
            minimumCohort: body.minimumCohort, epsilon: epsilon, delta: try delta(item, fields["delta"]),
            recipients: try recipients(fields["to"]!), clamp: try fields["clamp"]?.boolean() ?? false)
    }

    private func body(_ item: YamlValue, _ kind: Contract.Output.Kind) throws -> Body {
        func fields(_ required: [String], _ optional: [String] = ["clamp"]) throws -> Body {
            Body(fields: try item.mapping(required: Self.common + required, optional: optional + ["delta"]))
        }
        var body: Body
        switch kind {
        case .count:
            body = try fields([])
            body.measures = [.count]
        case .sum, .mean, .variance:
            body = try fields(["of"])
            let of = body.fields["of"]!
            let column = try numeric(of, try of.text())
            body.measures =
                switch kind {
                case .sum: [.sum(column)]
                case .mean: [.mean(column)]
                default: [.rows(column.dataset), .mean(column), .variance(try spread(of, column))]
                }
        case .histogram:
            body = try fields(["of"], ["bins", "clamp", "minimum-cohort"])
            body.histogram = try histogram(body.fields["of"]!, bins: body.fields["bins"])
            body.measures = [.rows(body.histogram!.column.dataset)]
            body.minimumCohort = try minimumCohort(body)
        case .quantile:
            body = try fields(["of", "bins", "probabilities"], ["by", "minimum-cohort"])
            let of = body.fields["of"]!
            _ = try numeric(of, try of.text())
            body.histogram = try histogram(of, bins: body.fields["bins"])
            body.measures = [.rows(body.histogram!.column.dataset)]
            body.probabilities = try probabilities(body.fields["probabilities"]!)
            body.by = try body.fields["by"].map(groupColumns) ?? []
            body.minimumCohort = try minimumCohort(body)
        case .groupBy:
            body = try fields(["by", "measures"], ["clamp", "minimum-cohort"])
            body.by = try groupColumns(body.fields["by"]!)
            body.measures = try measures(body.fields["measures"]!)
            body.minimumCohort = try minimumCohort(body)
        case .contingencyTable:
            body = try fields(["by"], ["clamp", "chi-square", "minimum-cohort"])
            _ = try body.fields["by"]!.list(2...2, of: "columns")
            body.by = try groupColumns(body.fields["by"]!)
            body.measures = [.count]
            body.chiSquare = try body.fields["chi-square"]?.boolean() ?? false
            body.minimumCohort = try minimumCohort(body)
            if body.chiSquare, let given = body.fields["minimum-cohort"] {
                throw given.error("chi-square reads every cell, also those that would be withheld", remedy: "keep one of the two keys")
            }
        case .linearRegression:
            body = try fields(["target", "features"], [])
            let regression = try regression(body.fields["target"]!, body.fields["features"]!)
            body.regression = regression
            body.measures = regression.measures
        }
        return body
    }

    private func minimumCohort(_ body: Body) throws -> Int? {
        guard let value = body.fields["minimum-cohort"] else { return nil }
        guard Contract.cohortMeasure(of: body.measures, datasets) != nil else {
            throw value.error(
                "the measures do not count the subjects of a group",
                remedy: "add count to the measures, or allow one row per subject of the dataset that is counted")
        }
        return try value.integer(in: 1...1 << 31)
    }

    /// Without the key, an equal part of the contract's delta for every output of every allowed run.
    private func delta(_ item: YamlValue, _ value: YamlValue?) throws -> Rational {
        guard privacy.spendsDelta else {
            if let value { throw value.error("Laplace noise spends no delta", remedy: "remove the key, or set privacy.mechanism: gaussian") }
            return .zero
        }
        guard let value else {
            do { return try privacy.delta / Rational(count * maximumRuns) } catch let problem as YinheError {
                throw item.error(problem.message, remedy: "give the output a delta of its own, such as 1e-9")
            }
        }
        let delta = try value.rational()
        guard delta.isPositive, delta < 1 else { throw value.error("delta must be greater than 0 and less than 1") }
        return delta
    }

    private func recipients(_ value: YamlValue) throws -> [String] {
        var names: [String] = []
        for item in try value.list(1...parties.count, of: "parties") {
            let name = try item.name()
            guard parties.contains(name) else {
                throw item.error("no party is named \"\(name)\"", remedy: "parties: \(parties.joined(separator: ", "))")
            }
            guard !names.contains(name) else { throw item.error("\"\(name)\" is listed twice") }
            names.append(name)
        }
        // One order, so that two ways of writing the list make the same plan.
        return parties.filter { names.contains($0) }
    }

    // MARK: Columns

    private func reference(_ value: YamlValue, _ text: String) throws -> Contract.ColumnReference {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw value.error("\"\(text)\" is not a column", remedy: "write dataset.column") }
        guard let dataset = datasets.first(where: { $0.name == parts[0] }) else {
            throw value.error(
                "no joined dataset is named \"\(parts[0])\"", remedy: "joined: \(datasets.map(\.name).joined(separator: ", "))")
        }
        guard dataset.column(named: parts[1]) != nil else {
            throw value.error(
                "\(parts[0]) declares no column \"\(parts[1])\"",
                remedy: "declared: \(dataset.columns.map(\.name).joined(separator: ", "))")
        }
        return .init(dataset: parts[0], column: parts[1])
    }

    private func column(_ reference: Contract.ColumnReference) -> Contract.Column {
        datasets.first { $0.name == reference.dataset }!.column(named: reference.column)!
    }

    private func numeric(_ value: YamlValue, _ text: String) throws -> Contract.ColumnReference {
        let reference = try reference(value, text)
        guard column(reference).isNumeric else { throw value.error("\(reference) is a category; it has no sum") }
        return reference
    }

    /// The column, if its bounds leave it more than one value.
    private func spread(_ value: YamlValue, _ reference: Contract.ColumnReference) throws -> Contract.ColumnReference {
        guard column(reference).halfRange > 0 else {
            throw value.error("the bounds of \(reference) leave it one value", remedy: "declare the range that the values have")
        }
        return reference
    }

    private func groupColumns(_ value: YamlValue) throws -> [Contract.ColumnReference] {
        var references: [Contract.ColumnReference] = []
        for item in try value.list(1...2, of: "columns") {
            let reference = try reference(item, try item.text())
            guard column(reference).categories != nil else {
                throw item.error("\(reference) is not a category", remedy: "group by declared categories only")
            }
            guard !references.contains(reference) else { throw item.error("\(reference) is listed twice") }
            // Secret sharing filters by any columns; an encrypted row has one group.
            guard mode != .intersectionSum || !references.contains(where: { $0.dataset == reference.dataset }) else {
                throw item.error(
                    "two columns of \(reference.dataset)",
                    remedy: "at most one column of each dataset, or mode: hidden or aligned")
            }
            references.append(reference)
        }
        return references
    }

    private func histogram(_ value: YamlValue, bins: YamlValue?) throws -> Contract.Histogram {
        let reference = try reference(value, try value.text())
        let column = column(reference)
        if column.categories != nil {
            if let bins { throw bins.error("\(reference) is a category; its categories are the bins", remedy: "remove the key") }
            return .init(column: reference, edges: nil)
        }
        guard let bins else { throw value.error("a histogram of numbers needs \"bins\"") }
        let list = try bins.list(2...1001, of: "bin edges")
        let edges = try list.map { try $0.gridInteger(scale: column.scale) }
        for i in 1..<edges.count where edges[i] <= edges[i - 1] {
            throw list[i].error("the bin edges do not increase")
        }
        guard edges[0] <= column.lower else {
            throw list[0].error("values from the lower bound of \(reference) to here would be in no bin")
        }
        guard edges.last! >= column.upper else {
            throw list.last!.error("values from here to the upper bound of \(reference) would be in no bin")
        }
        return .init(column: reference, edges: edges)
    }

    // MARK: Quantiles and regression

    private func probabilities(_ value: YamlValue) throws -> [Rational] {
        let list = try value.list(1...100, of: "probabilities")
        var probabilities: [Rational] = []
        for item in list {
            let probability = try item.rational()
            guard probability.isPositive, probability < 1 else { throw item.error("a probability lies between 0 and 1") }
            guard probabilities.last.map({ $0 < probability }) ?? true else { throw item.error("the probabilities do not increase") }
            probabilities.append(probability)
        }
        return probabilities
    }

    private func regression(_ target: YamlValue, _ features: YamlValue) throws -> Contract.Regression {
        func column(_ item: YamlValue) throws -> Contract.ColumnReference {
            let reference = try numeric(item, try item.text())
            let rows = datasets.first { $0.name == reference.dataset }!.rowsPerSubject
            guard rows == 1 else {
                throw item.error(
                    "\(reference.dataset) allows \(rows) rows per subject; a regression needs one",
                    remedy: "set rows-per-subject: 1 for \(reference.dataset)")
            }
            return try spread(item, reference)
        }
        var used = [try column(target)]
        for item in try features.list(1...20, of: "features") {
            let feature = try column(item)
            guard !used.contains(feature) else { throw item.error("\(feature) is used twice") }
            used.append(feature)
        }
        return .init(target: used[0], features: Array(used.dropFirst()))
    }

    // MARK: Measures

    private func measures(_ value: YamlValue) throws -> [Contract.Measure] {
        var measures: [Contract.Measure] = []
        for item in try value.list(1...50, of: "measures") {
            let measure = try measure(item)
            guard !measures.contains(measure) else { throw item.error("\(measure) is listed twice") }
            measures.append(measure)
        }
        return measures
    }

    private func measure(_ item: YamlValue) throws -> Contract.Measure {
        let text = try item.text()
        if text == "count" { return .count }
        let unknown = item.error(
            "\"\(text.prefix(60))\" is not a measure",
            remedy: "count, rows(DATASET), sum(DATASET.COLUMN), mean(DATASET.COLUMN) or variance(DATASET.COLUMN)")
        guard text.hasSuffix(")"), let open = text.firstIndex(of: "(") else { throw unknown }
        let argument = String(text[text.index(after: open)...].dropLast())
        switch text[..<open] {
        case "rows":
            guard datasets.contains(where: { $0.name == argument }) else {
                throw item.error(
                    "no joined dataset is named \"\(argument)\"",
                    remedy: "joined: \(datasets.map(\.name).joined(separator: ", "))")
            }
            return .rows(argument)
        case "sum": return .sum(try numeric(item, argument))
        case "mean": return .mean(try numeric(item, argument))
        case "variance": return .variance(try spread(item, numeric(item, argument)))
        default: throw unknown
        }
    }
}
