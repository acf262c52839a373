import ContractText
import Foundation
import Paillier
import SandboxCore

extension AggregationContract {
    static let partyRange = 2...1000
    static let maximumRows = 1_000_000_000
    static let maximumWeight = 1_000_000

    /// Reads a contract file; the messages of errors name line and column.
    public static func load(path: String) throws -> AggregationContract {
        try load(path: path, allowedKeyBits: PaillierPublicKey.allowedBits)
    }

    package static func load(path: String, allowedKeyBits: [Int]) throws -> AggregationContract {
        try AggregationContract(
            parsing: BoundedFile.read(path, maximum: StrictYaml.maximumBytes), file: path, allowedKeyBits: allowedKeyBits)
    }

    /// Reads a contract's exact bytes. `file` is used in messages only.
    /// Throws `.contract` with file, line and column for anything that is not a complete and consistent contract.
    public init(parsing bytes: [UInt8], file: String) throws {
        try self.init(parsing: bytes, file: file, allowedKeyBits: PaillierPublicKey.allowedBits)
    }

    package init(parsing bytes: [UInt8], file: String, allowedKeyBits: [Int]) throws {
        let root = try StrictYaml(bytes, file: file).value
        let fields = try root.mapping(
            required: [
                "yinhe-aggregation", "name", "purpose", "contributors", "aggregator", "key-holders", "key", "rows", "columns",
                "range-proofs", "minimum-contributors", "deadline",
            ], optional: ["threshold"])
        let version = fields["yinhe-aggregation"]!
        guard try version.integer(in: 0...Int.max) == 1 else {
            throw version.error("this version of the format is not known", remedy: "this software reads yinhe-aggregation: 1")
        }
        name = try fields["name"]!.name()
        purpose = try fields["purpose"]!.text(maximum: 2000)
        contributors = try Self.contributors(fields["contributors"]!)
        aggregator = try Self.party(fields["aggregator"]!)
        keyHolders = try Self.keyHolders(fields["key-holders"]!)
        threshold = try Self.threshold(fields["threshold"], holders: keyHolders.count, at: fields["key-holders"]!)
        if threshold == 1, keyHolders[0].fingerprint == aggregator.fingerprint {
            throw fields["aggregator"]!.error(
                "the aggregator must not hold the whole key: it could open single submissions",
                remedy: "let another party hold the key, or share it among several key holders")
        }
        key = try Self.key(fields["key"]!, isShared: threshold > 1, allowedBits: allowedKeyBits)
        rows = try Self.rows(fields["rows"]!)
        columns = try Self.columns(fields["columns"]!, rowColumn: rows.column)
        requiresRangeProofs = try fields["range-proofs"]!.word(["required": true, "none": false])
        minimumContributors = try fields["minimum-contributors"]!.integer(in: 2...contributors.count)
        guard let date = UTCTime.parse(try fields["deadline"]!.text()) else {
            throw fields["deadline"]!.error("not a time", remedy: "write it in UTC as 2027-12-31T23:59:59Z")
        }
        deadline = date
        hash = DomainHash.plainSHA256(bytes)
        do {
            _ = try AggregationLayout(self)
        } catch let problem as YinheError {
            throw fields["columns"]!.error(problem.message, remedy: problem.remedy)
        }
    }

    private static func party(_ value: YamlValue) throws -> Party {
        try party(value.mapping(required: ["name", "title", "fingerprint"]))
    }

    private static func party(_ fields: [String: YamlValue]) throws -> Party {
        Party(
            name: try fields["name"]!.name(), title: try fields["title"]!.text(),
            fingerprint: try Fingerprint(parsing: fields["fingerprint"]!.fingerprint()))
    }

    private static func different(_ parties: [Party], _ values: [YamlValue]) throws {
        var names: Set<String> = [], keys: Set<Fingerprint> = []
        for (party, value) in zip(parties, values) {
            guard names.insert(party.name).inserted else { throw value.error("the name \"\(party.name)\" is given twice") }
            guard keys.insert(party.fingerprint).inserted else {
                throw value.error("this fingerprint is that of another one in the list", remedy: "every party has its own key")
            }
        }
    }

    private static func contributors(_ value: YamlValue) throws -> [Contributor] {
        let list = try value.list(partyRange, of: "contributors")
        let all = try list.map { item in
            let fields = try item.mapping(required: ["name", "title", "fingerprint"], optional: ["weight"])
            return Contributor(party: try party(fields), weight: try fields["weight"]?.integer(in: 1...maximumWeight) ?? 1)
        }
        try different(all.map(\.party), list)
        return all
    }

    private static func keyHolders(_ value: YamlValue) throws -> [Party] {
        let list = try value.list(1...PaillierThresholdKey.maximumParties, of: "key holders")
        let holders = try list.map { try party($0) }
        try different(holders, list)
        return holders
    }

    private static func threshold(_ value: YamlValue?, holders: Int, at place: YamlValue) throws -> Int {
        guard let value else {
            guard holders == 1 else {
                throw place.error("several key holders, and no \"threshold\"", remedy: "say how many of them must join to open")
            }
            return 1
        }
        return try holders == 1 ? value.integer(in: 1...1) : value.integer(in: 2...holders)
    }

    private static func key(_ value: YamlValue, isShared: Bool, allowedBits: [Int]) throws -> Key {
        let fields = try value.mapping(required: ["bits", "fingerprint"] + (isShared ? ["sharing"] : []))
        func digits(_ field: YamlValue) throws -> String {
            let text = try field.text()
            guard [UInt8](hex: text)?.count == 32, text.lowercased() == text else {
                throw field.error(
                    "not a digest of 64 lower-case hexadecimal digits",
                    remedy: "put it in quotes, as `yinhe aggregate keygen` prints it")
            }
            return text
        }
        let bits = try fields["bits"]!.integer(in: 0...Int.max)
        guard allowedBits.contains(bits) else {
            throw fields["bits"]!.error(
                "\(bits) bits; allowed are \(allowedBits.map(String.init).joined(separator: ", "))")
        }
        return Key(bits: bits, fingerprint: try digits(fields["fingerprint"]!), sharing: try fields["sharing"].map(digits))
    }

    private static func rows(_ value: YamlValue) throws -> Rows {
        let fields = try value.mapping(required: ["column"], optional: ["labels", "count"])
        let column = try fields["column"]!.columnName()
        switch (fields["labels"], fields["count"]) {
        case (let labels?, nil):
            let list = try labels.list(1...200_000, of: "labels")
            var seen: Set<String> = []
            let texts = try list.map { item in
                let text = try item.text(maximum: 128)
                guard seen.insert(text).inserted else { throw item.error("the label \"\(text)\" is given twice") }
                return text
            }
            return .labels(column: column, texts)
        case (nil, let count?): return .indexed(column: column, count: try count.integer(in: 1...maximumRows))
        default:
            throw value.error(
                "either \"labels\" or \"count\"", remedy: "list the agreed labels, or give the number of rows that count from 1")
        }
    }

    private static func columns(_ value: YamlValue, rowColumn: String) throws -> [Column] {
        var seen: Set<String> = [rowColumn, AggregationResult.contributorsColumn]
        return try value.list(1...500, of: "columns").map { item in
            let type = try item.mapping(required: ["name", "type", "unit", "lower", "upper"], optional: ["scale"])["type"]!
                .word(["integer": false, "decimal": true])
            let fields = try item.mapping(required: ["name", "type", "unit", "lower", "upper"] + (type ? ["scale"] : []))
            let name = try fields["name"]!.columnName()
            guard seen.insert(name).inserted else { throw fields["name"]!.error("the column \"\(name)\" is there already") }
            let scale = try fields["scale"]?.integer(in: 1...12) ?? 0
            let lower = try fields["lower"]!.gridInteger(scale: scale), upper = try fields["upper"]!.gridInteger(scale: scale)
            guard lower < upper else { throw fields["upper"]!.error("the upper bound must be greater than the lower one") }
            return Column(name: name, unit: try fields["unit"]!.text(maximum: 40), scale: scale, lower: lower, upper: upper)
        }
    }
}
