import SandboxCore

/// What is known of one column while a file is inspected.
struct ColumnProfile {
    private static let maximumScale = 12
    private static let maximumCategories = 32
    private static let maximumCategoryBytes = 64
    private let name: String
    private var empty = 0
    private var isNumeric = true
    private var scale = 0
    /// In units of 10^-maximumScale when they fit, as the widest grid.
    private var minimum: (value: Int64, scale: Int)?
    private var maximum: (value: Int64, scale: Int)?
    private var categories: [[UInt8]: Int]? = [:]

    init(name: String) { self.name = name }

    mutating func add(_ cell: UnsafeBufferPointer<UInt8>, _ scratch: TextBuffer) {
        if cell.isEmpty {
            empty += 1
            return
        }
        if categories != nil { addCategory(cell) }
        if isNumeric { addNumber(cell, scratch) }
    }

    private mutating func addCategory(_ cell: UnsafeBufferPointer<UInt8>) {
        guard cell.count <= Self.maximumCategoryBytes else {
            categories = nil
            return
        }
        categories![Array(cell), default: 0] += 1
        if categories!.count > Self.maximumCategories { categories = nil }
    }

    private mutating func addNumber(_ cell: UnsafeBufferPointer<UInt8>, _ scratch: TextBuffer) {
        var cellScale = Self.fractionDigits(cell)
        guard cellScale <= Self.maximumScale,
            case .number(let number) = DecimalText.parse(cell, scale: cellScale, scratch: scratch)
        else {
            isNumeric = false
            return
        }
        // A full-width point is not seen above; the rounding then shows the digits that were missed.
        var value = number.value
        while number.rounded, cellScale < Self.maximumScale {
            cellScale += 1
            guard case .number(let finer) = DecimalText.parse(cell, scale: cellScale, scratch: scratch) else { break }
            value = finer.value
            if !finer.rounded { break }
        }
        scale = max(scale, cellScale)
        if minimum == nil || Self.isLess((value, cellScale), minimum!) { minimum = (value, cellScale) }
        if maximum == nil || Self.isLess(maximum!, (value, cellScale)) { maximum = (value, cellScale) }
    }

    private static func fractionDigits(_ cell: UnsafeBufferPointer<UInt8>) -> Int {
        guard let point = cell.firstIndex(of: 0x2e) else { return 0 }
        return cell[(point + 1)...].reduce(0) { $0 + ($1 >= Ascii.zero && $1 <= Ascii.nine ? 1 : 0) }
    }

    private static func isLess(_ a: (value: Int64, scale: Int), _ b: (value: Int64, scale: Int)) -> Bool {
        Int128(a.value) * Int128(DecimalText.powersOfTen[b.scale]) < Int128(b.value) * Int128(DecimalText.powersOfTen[a.scale])
    }

    func column(rows: Int) -> FileInspection.Column {
        let numeric = isNumeric && minimum != nil
        // A numeric column counts as one even when it has few distinct values; a code list of few short texts is a category.
        let listed = categories.map { counts in
            counts.map { (name: String(decoding: $0.key, as: UTF8.self), count: $0.value) }
                .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
                .map(\.name)
        }
        let repeats = categories.map { $0.count * 2 <= rows - empty } ?? false
        let type = empty == rows ? "empty" : numeric ? (scale == 0 ? "integer" : "decimal") : repeats ? "category" : "text"
        return FileInspection.Column(
            name: name, type: type, scale: numeric ? scale : 0, empty: empty,
            minimum: numeric ? DecimalText.format(minimum!.value, scale: minimum!.scale) : nil,
            maximum: numeric ? DecimalText.format(maximum!.value, scale: maximum!.scale) : nil,
            categories: type == "category" ? listed : nil)
    }
}

/// How well a column serves as a join key under one normaliser.
struct KeyProfile {
    private let normalizer: JoinKeyNormalizer
    private var valid = 0
    private var empty = 0
    private var malformed = 0
    private var repaired = 0
    private var index = TokenIndex()
    private var tokens: [JoinToken] = []
    private var rowsOfKey: [Int32] = []

    init(normalizer: JoinKeyNormalizer) { self.normalizer = normalizer }

    mutating func add(_ cell: UnsafeBufferPointer<UInt8>, _ scratch: TextBuffer, _ hasher: inout JoinTokenHasher) {
        scratch.count = 0
        scratch.reserve(cell.count + JoinKeyNormalizer.growth)
        switch normalizer.normalize(cell, into: scratch.base) {
        case .empty: empty += 1
        case .malformed: malformed += 1
        case .valid(let count, let wasRepaired):
            valid += 1
            if wasRepaired { repaired += 1 }
            let token = hasher.token(UnsafeRawBufferPointer(start: scratch.base, count: count))
            let (subject, isNew) = index.subject(of: token, in: &tokens)
            if isNew { rowsOfKey.append(1) } else { rowsOfKey[subject] += 1 }
        }
    }

    var quality: FileInspection.KeyQuality {
        FileInspection.KeyQuality(
            normalizer: normalizer.description, valid: valid, empty: empty, malformed: malformed, repaired: repaired,
            distinct: tokens.count, mostRowsOfOneKey: Int(rowsOfKey.max() ?? 0))
    }
}
