import Arithmetic
import SandboxCore

/// Reads the `outputs` clause against the declared datasets.
struct OutputDecoder {
    let datasets: [Contract.Dataset]
    let parties: [String]
    /// Clause path -> "file:line:column" of every output.
    private(set) var places: [String: String] = [:]

    init(datasets: [Contract.Dataset], parties: [String]) {
        self.datasets = datasets
        self.parties = parties
    }

    mutating func outputs(_ value: YamlValue) throws -> [Contract.Output] {
        var outputs: [Contract.Output] = []
        for item in try value.list(1...200, of: "outputs") {
            let output = try output(item)
            guard !outputs.contains(where: { $0.name == output.name }) else {
                throw item.error("the output \"\(output.name)\" is declared twice")
            }
            places[item.path] = item.place
            outputs.append(output)
        }
        return outputs
    }

    private func output(_ item: YamlValue) throws -> Contract.Output {
        // The kind decides which other keys are legal, so it is read first.
        let kind = try item.mapping(
            required: ["name", "kind", "epsilon", "to"], optional: ["of", "by", "bins", "measures", "clamp"])["kind"]!.word([
                "count": Contract.Output.Kind.count, "sum": .sum, "mean": .mean, "histogram": .histogram, "group-by": .groupBy,
            ])
        let common = ["name", "kind", "epsilon", "to"]
        let fields: [String: YamlValue]
        var by: [Contract.ColumnReference] = []
        var histogram: Contract.Histogram?
        let measures: [Contract.Measure]
        switch kind {
        case .count:
            fields = try item.mapping(required: common, optional: ["clamp"])
            measures = [.count]
        case .sum, .mean:
            fields = try item.mapping(required: common + ["of"], optional: ["clamp"])
            let column = try numeric(fields["of"]!, try fields["of"]!.text())
            measures = [kind == .sum ? .sum(column) : .mean(column)]
        case .histogram:
            fields = try item.mapping(required: common + ["of"], optional: ["bins", "clamp"])
            let cells = try self.histogram(fields["of"]!, bins: fields["bins"])
            histogram = cells
            measures = [.rows(cells.column.dataset)]
        case .groupBy:
            fields = try item.mapping(required: common + ["by", "measures"], optional: ["clamp"])
            by = try groupColumns(fields["by"]!)
            measures = try self.measures(fields["measures"]!)
        }
        let epsilon = try fields["epsilon"]!.rational()
        guard epsilon.isPositive else { throw fields["epsilon"]!.error("epsilon must be greater than 0") }
        return Contract.Output(
            name: try fields["name"]!.name(), kind: kind, by: by, measures: measures, histogram: histogram, epsilon: epsilon,
            recipients: try recipients(fields["to"]!), clamp: try fields["clamp"]?.boolean() ?? false)
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

    private func groupColumns(_ value: YamlValue) throws -> [Contract.ColumnReference] {
        var references: [Contract.ColumnReference] = []
        for item in try value.list(1...2, of: "columns") {
            let reference = try reference(item, try item.text())
            guard column(reference).categories != nil else {
                throw item.error("\(reference) is not a category", remedy: "group by declared categories only")
            }
            guard !references.contains(where: { $0.dataset == reference.dataset }) else {
                throw item.error("two columns of \(reference.dataset)", remedy: "at most one column of each dataset")
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
            remedy: "count, rows(DATASET), sum(DATASET.COLUMN) or mean(DATASET.COLUMN)")
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
        default: throw unknown
        }
    }
}
