import Arithmetic
import ContractText
import SandboxCore
import Tables

extension Contract {
    /// Reads a contract's exact bytes. `file` is used in messages only.
    /// Throws `.contract` with file, line and column for anything that is not a complete and consistent contract.
    public init(parsing bytes: [UInt8], file: String) throws {
        let fields = try StrictYaml(bytes, file: file).value.mapping(
            required: [
                "yinhe-contract", "name", "purpose", "parties", "datasets", "join", "outputs", "privacy",
                "minimum-intersection", "maximum-runs", "expires", "accepts-leakage",
            ], optional: ["diagnostics"])
        let version = fields["yinhe-contract"]!
        guard try version.integer(in: 0...Int.max) == 1 else {
            throw version.error("this version of the format is not known", remedy: "this software reads yinhe-contract: 1")
        }
        name = try fields["name"]!.name()
        purpose = try fields["purpose"]!.text(maximum: 2000)
        let parties = try Self.parties(fields["parties"]!)
        self.parties = parties
        let declared = try Self.datasets(fields["datasets"]!, parties: parties.map(\.name))
        let join = try JoinClause(fields["join"]!, declared: declared, parties: parties)
        (datasets, joinMode, correlations) = (join.datasets, join.mode, join.correlations)

        privacy = try Self.privacy(fields["privacy"]!, joinMode)
        diagnostics = try fields["diagnostics"].map(Self.diagnostics)
        maximumRuns = try fields["maximum-runs"]!.integer(in: 1...1_000_000)
        var decoder = OutputDecoder(
            datasets: datasets, mode: joinMode, parties: parties.map(\.name), privacy: privacy, maximumRuns: maximumRuns)
        outputs = try decoder.outputs(fields["outputs"]!)
        try Self.checkBudget(outputs, privacy, diagnostics: diagnostics ?? .zero, at: fields["outputs"]!)

        minimumIntersection = try fields["minimum-intersection"]!.integer(in: 1...1 << 31)
        let expiry = fields["expires"]!
        guard let date = UTCTime.parse(try expiry.text()) else {
            throw expiry.error("not a time", remedy: "write it in UTC as 2027-12-31T23:59:59Z")
        }
        expires = date
        acceptedLeakage = try Self.leakage(fields["accepts-leakage"]!)

        var places = decoder.places
        for (key, value) in fields { places[key] = value.place }
        self.places = places
    }

    private static func unique<T>(_ items: [T], by name: (T) -> String, _ values: [YamlValue], what: String) throws {
        var seen: Set<String> = []
        for (item, value) in zip(items, values) {
            guard seen.insert(name(item)).inserted else { throw value.error("the \(what) \"\(name(item))\" is declared twice") }
        }
    }

    private static func parties(_ value: YamlValue) throws -> [Party] {
        let list = try value.list(2...2, of: "parties")
        let parties = try list.map { item in
            let fields = try item.mapping(required: ["name", "title", "fingerprint"])
            return Party(name: try fields["name"]!.name(), title: try fields["title"]!.text(), fingerprint: try fields["fingerprint"]!.fingerprint())
        }
        try unique(parties, by: \.name, list, what: "party")
        try unique(parties, by: \.fingerprint, list, what: "fingerprint")
        return parties
    }

    private static func privacy(_ value: YamlValue, _ mode: JoinMode) throws -> Privacy {
        let fields = try value.mapping(required: ["unit", "epsilon", "delta"], optional: ["mechanism", "near-identical", "joint-noise"])
        let epsilon = try fields["epsilon"]!.rational()
        guard epsilon.isPositive else { throw fields["epsilon"]!.error("epsilon must be greater than 0") }
        let delta = try fields["delta"]!.rational()
        guard delta >= 0, delta < 1 else { throw fields["delta"]!.error("delta must be at least 0 and less than 1") }
        let mechanism = try fields["mechanism"]?.word(["laplace": Privacy.Mechanism.laplace, "gaussian": .gaussian]) ?? .laplace
        if mechanism == .gaussian, !delta.isPositive {
            throw fields["delta"]!.error(
                "Gaussian noise needs a delta above 0", remedy: "agree on a small one such as 1e-9, or use mechanism: laplace")
        }
        return Privacy(
            unit: try fields["unit"]!.text(), epsilon: epsilon, delta: delta, mechanism: mechanism,
            jointNoise: try fields["joint-noise"].map { try jointNoise($0, mode, mechanism, delta: delta) } ?? .eachParty,
            nearIdentical: try fields["near-identical"]?.word(["refuse": Privacy.NearIdentical.refuse, "charge": .charge]))
    }

    private static func jointNoise(
        _ value: YamlValue, _ mode: JoinMode, _ mechanism: Privacy.Mechanism, delta: Rational
    ) throws -> Privacy.JointNoise {
        let method = try value.word(
            ["each-party": Privacy.JointNoise.eachParty, "divisible": .divisible, "computed": .computed])
        if method == .eachParty { return method }
        guard mechanism == .laplace else {
            throw value.error("\(method.rawValue) noise is Laplace noise", remedy: "use joint-noise: each-party, or mechanism: laplace")
        }
        guard method == .computed else { return method }
        guard mode != .intersectionSum else {
            throw value.error(
                "an intersection-sum ends in the ciphertexts of one party; noise is computed on shares",
                remedy: "use join mode hidden or aligned, or joint-noise: each-party")
        }
        guard delta.isPositive else {
            throw value.error(
                "computed noise is near its law, not of it, and needs a delta above 0",
                remedy: "agree on a small privacy.delta such as 1e-12, or use joint-noise: each-party")
        }
        return method
    }

    private static func diagnostics(_ value: YamlValue) throws -> Rational {
        let place = try value.mapping(required: ["epsilon"])["epsilon"]!
        let epsilon = try place.rational()
        guard epsilon.isPositive else { throw place.error("epsilon must be greater than 0") }
        return epsilon
    }

    private static func checkBudget(_ outputs: [Output], _ privacy: Privacy, diagnostics: Rational, at place: YamlValue) throws {
        var total = diagnostics, totalDelta = Rational.zero
        for (output, value) in zip(outputs, try place.list(1...200, of: "outputs")) {
            do { (total, totalDelta) = (try total + output.epsilon, try totalDelta + output.delta) } catch let problem as YinheError {
                throw value.error(problem.message, remedy: problem.remedy)
            }
            guard total <= privacy.epsilon else {
                throw value.error(
                    "the outputs up to here cost epsilon \(total), more than the budget of \(privacy.epsilon)",
                    remedy: "lower the epsilon of the outputs, or agree on a larger privacy.epsilon")
            }
            guard totalDelta <= privacy.delta else {
                throw value.error(
                    "the outputs up to here cost delta \(totalDelta), more than the budget of \(privacy.delta)",
                    remedy: "lower the delta of the outputs, or agree on a larger privacy.delta")
            }
        }
    }

    private static func leakage(_ value: YamlValue) throws -> Set<Leakage> {
        let list = try value.list(0...Leakage.allCases.count, of: "leakages")
        var accepted: Set<Leakage> = []
        for item in list {
            let text = try item.text()
            guard let leakage = Leakage(rawValue: text) else {
                throw item.error(
                    "\"\(text.prefix(60))\" is not known",
                    remedy: "one of: \(Leakage.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            guard accepted.insert(leakage).inserted else { throw item.error("\"\(leakage.rawValue)\" is listed twice") }
        }
        return accepted
    }
}

// MARK: - Datasets

extension Contract {
    private static func datasets(_ value: YamlValue, parties: [String]) throws -> [Dataset] {
        let list = try value.list(2...2, of: "datasets")
        let datasets = try list.map { item in
            let fields = try item.mapping(required: ["name", "party", "key", "rows-per-subject", "columns"])
            let party = try fields["party"]!.name()
            guard parties.contains(party) else {
                throw fields["party"]!.error(
                    "no party is named \"\(party)\"", remedy: "parties: \(parties.joined(separator: ", "))")
            }
            let key = try fields["key"]!.mapping(required: ["column", "normalizer"])
            let keyColumn = try key["column"]!.columnName()
            let columns = try columns(fields["columns"]!, keyColumn: keyColumn)
            return Dataset(
                name: try fields["name"]!.name(), party: party,
                key: Key(column: keyColumn, normalizer: try normalizer(key["normalizer"]!)),
                rowsPerSubject: try fields["rows-per-subject"]!.integer(in: 1...100_000), columns: columns)
        }
        try unique(datasets, by: \.name, list, what: "dataset")
        return datasets
    }

    private static func normalizer(_ value: YamlValue) throws -> String {
        do {
            return try JoinKeyNormalizer(named: try value.text()).description
        } catch let problem as YinheError where problem.code == .badInput {
            throw value.error(problem.message, remedy: problem.remedy)
        }
    }

    private static func columns(_ value: YamlValue, keyColumn: String) throws -> [Column] {
        let list = try value.list(0...500, of: "columns")
        var columns: [Column] = []
        for item in list {
            let column = try column(item, before: columns)
            guard column.name != keyColumn else { throw item.error("\"\(keyColumn)\" is the key; it cannot enter a computation") }
            columns.append(column)
        }
        try unique(columns, by: \.name, list, what: "column")
        return columns
    }

    private static let cellPolicies = ["bad-cells", "empty-cells"]

    private static func policy(_ value: YamlValue?) throws -> CellPolicy {
        try value?.word([CellPolicy.error.rawValue: .error, CellPolicy.dropRow.rawValue: CellPolicy.dropRow]) ?? .error
    }

    private static func column(_ item: YamlValue, before: [Column]) throws -> Column {
        // The type decides which other keys are legal, so it is read first.
        let all = ["unit", "lower", "upper", "scale", "categories", "of", "at-least"] + cellPolicies
        let type = try item.mapping(required: ["name", "type"], optional: all)["type"]!.word(
            ["integer": "integer", "decimal": "decimal", "category": "category", "indicator": "indicator"])
        switch type {
        case "category":
            let fields = try item.mapping(required: ["name", "type", "categories"], optional: cellPolicies)
            let labels = try fields["categories"]!.list(1...1000, of: "categories")
            let texts = try labels.map { try $0.text() }
            try unique(texts, by: \.self, labels, what: "category")
            return Column(
                name: try fields["name"]!.columnName(), kind: .category(texts), unit: "", lower: 0, upper: Int64(texts.count - 1),
                onBadCell: try policy(fields["bad-cells"]), onEmptyCell: try policy(fields["empty-cells"]))
        case "indicator":
            let fields = try item.mapping(required: ["name", "type", "of", "at-least"])
            let source = try fields["of"]!.columnName()
            guard let column = before.first(where: { $0.name == source }), column.isNumeric, !column.isIndicator else {
                throw fields["of"]!.error(
                    "no integer or decimal column \"\(source)\" is declared above", remedy: "declare it before the indicator")
            }
            let threshold = try fields["at-least"]!.gridInteger(scale: column.scale)
            guard threshold > column.lower, threshold <= column.upper else {
                throw fields["at-least"]!.error("the indicator is constant: the bounds of \"\(source)\" decide it")
            }
            return Column(
                name: try fields["name"]!.columnName(), kind: .indicator(of: source, atLeast: threshold), unit: "", lower: 0,
                upper: 1,
                onBadCell: .error, onEmptyCell: .error)
        default:
            let isDecimal = type == "decimal"
            let fields = try item.mapping(
                required: ["name", "type", "unit", "lower", "upper"] + (isDecimal ? ["scale"] : []), optional: cellPolicies)
            let scale = try isDecimal ? fields["scale"]!.integer(in: 0...12) : 0
            let lower = try fields["lower"]!.gridInteger(scale: scale)
            let upper = try fields["upper"]!.gridInteger(scale: scale)
            guard lower <= upper else { throw fields["upper"]!.error("the upper bound is less than the lower one") }
            guard lower != 0 || upper != 0 else { throw fields["upper"]!.error("both bounds are 0: the column could only be 0") }
            return Column(
                name: try fields["name"]!.columnName(), kind: isDecimal ? .decimal(scale: scale) : .integer,
                unit: try fields["unit"]!.text(maximum: 40), lower: lower, upper: upper,
                onBadCell: try policy(fields["bad-cells"]), onEmptyCell: try policy(fields["empty-cells"]))
        }
    }
}
