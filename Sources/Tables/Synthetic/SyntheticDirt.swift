import SandboxCore

/// How much of a made-up table is dirty, and how, as real exports are. Rates are fractions of the rows; the counts are exact
/// (rounded to the nearest row), the places random. A row's key has at most one kind of dirt.
public struct SyntheticDirt: Hashable, Sendable, Codable {
    public var emptyKeys = 0.0
    public var malformedKeys = 0.0
    public var fullWidthKeys = 0.0
    public var lowerCaseKeys = 0.0
    public var spacedKeys = 0.0
    /// Rows that repeat another row.
    public var duplicateRows = 0.0
    /// Amounts in full-width digits, and amounts with thousands separators.
    public var fullWidthNumbers = 0.0
    public var thousandsSeparators = 0.0
    public var encoding = TextEncoding.utf8
    public var crlf = false

    public init() {}

    public static let none = SyntheticDirt()

    /// What an export of a government system tends to look like: GB18030, CRLF, a percent or two of each kind.
    public static let officialExport: SyntheticDirt = {
        var dirt = SyntheticDirt()
        dirt.emptyKeys = 0.004
        dirt.malformedKeys = 0.003
        dirt.fullWidthKeys = 0.01
        dirt.lowerCaseKeys = 0.01
        dirt.spacedKeys = 0.02
        dirt.duplicateRows = 0.005
        dirt.fullWidthNumbers = 0.005
        dirt.encoding = .gb18030
        dirt.crlf = true
        return dirt
    }()

    /// What a spreadsheet saves: a byte-order mark, thousands separators, some lower case.
    public static let spreadsheet: SyntheticDirt = {
        var dirt = SyntheticDirt()
        dirt.emptyKeys = 0.002
        dirt.malformedKeys = 0.003
        dirt.lowerCaseKeys = 0.02
        dirt.spacedKeys = 0.01
        dirt.duplicateRows = 0.003
        dirt.thousandsSeparators = 0.02
        dirt.encoding = .utf8BOM
        dirt.crlf = true
        return dirt
    }()

    func count(_ rate: Double, of rows: Int) -> Int { Int((rate * Double(rows)).rounded()) }

    func validate() throws {
        let rates = [
            emptyKeys, malformedKeys, fullWidthKeys, lowerCaseKeys, spacedKeys, duplicateRows, fullWidthNumbers,
            thousandsSeparators,
        ]
        guard rates.allSatisfy({ (0...1).contains($0) }), rates[0..<5].reduce(0, +) <= 1 else {
            throw YinheError(.usage, "dirt rates are fractions between 0 and 1, and those of the keys sum to at most 1")
        }
    }

    /// The dirt of each row's key. Only rows in `breakable` lose their key, so that the overlap stays exact.
    func plan(rows: Int, breakable: [Int], _ random: inout SyntheticRandom) throws -> [KeyDirt] {
        var plan = [KeyDirt](repeating: .clean, count: rows)
        let empty = count(emptyKeys, of: rows)
        let malformed = count(malformedKeys, of: rows)
        guard empty + malformed <= breakable.count else {
            throw YinheError(
                .usage, "\(empty + malformed) rows should lose their key, but only \(breakable.count) are outside the overlap",
                remedy: "lower the dirt rates or the overlap")
        }
        var candidates = breakable
        random.shuffle(&candidates)
        for i in candidates[0..<empty] { plan[i] = .empty }
        for i in candidates[empty..<empty + malformed] { plan[i] = .malformed }
        var clean = (0..<rows).filter { if case .clean = plan[$0] { true } else { false } }
        random.shuffle(&clean)
        var start = 0
        for (kind, rate) in [(KeyDirt.fullWidth, fullWidthKeys), (.lowerCase, lowerCaseKeys), (.spaced, spacedKeys)] {
            let end = min(clean.count, start + count(rate, of: rows))
            for i in clean[start..<end] { plan[i] = kind }
            start = end
        }
        return plan
    }

    /// Which rows write their amount in another way: nil, or the kind.
    func numberPlan(rows: Int, _ random: inout SyntheticRandom) -> [NumberDirt] {
        var plan = [NumberDirt](repeating: .clean, count: rows)
        var order = Array(0..<rows)
        random.shuffle(&order)
        let wide = count(fullWidthNumbers, of: rows)
        for i in order[0..<wide] { plan[i] = .fullWidth }
        for i in order[wide..<min(rows, wide + count(thousandsSeparators, of: rows))] { plan[i] = .thousands }
        return plan
    }
}

/// How an amount is written.
enum NumberDirt {
    case clean, fullWidth, thousands

    func apply(to value: Int, scale: Int) -> [UInt8] {
        let text = DecimalText.format(Int64(value), scale: scale)
        switch self {
        case .clean: return Array(text.utf8)
        case .fullWidth:
            return text.unicodeScalars.flatMap { Array(String(UnicodeScalar($0.value + 0xfee0)!).utf8) }
        case .thousands:
            let parts = text.split(separator: ".")
            var out: [UInt8] = [Ascii.quote]
            let whole = Array(parts[0].utf8)
            for (i, digit) in whole.enumerated() {
                if i > 0, (whole.count - i) % 3 == 0 { out.append(0x2c) }
                out.append(digit)
            }
            return out + (parts.count > 1 ? Array(".\(parts[1])".utf8) : []) + [Ascii.quote]
        }
    }
}
