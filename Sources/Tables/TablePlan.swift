import SandboxCore

/// A schema resolved against a file's header: which field feeds which value slot.
///
/// Slots are the schema's columns that are not text, in schema order.
struct TablePlan: Sendable {
    struct Number {
        var slot: Int
        var field: Int
        var scale: Int
        var lower: Int64
        var upper: Int64
        var dropsBad: Bool
        var dropsEmpty: Bool
    }
    struct Category {
        var slot: Int
        var field: Int
        var index: CategoryIndex
        var dropsBad: Bool
        var dropsEmpty: Bool
    }
    struct Indicator {
        var slot: Int
        var base: Int
        var atLeast: Int64
    }

    let keyField: Int
    let normalizer: JoinKeyNormalizer
    let fieldCount: Int
    /// Column names by slot.
    let slotNames: [String]
    private(set) var numbers: [Number] = []
    private(set) var categories: [Category] = []
    private(set) var indicators: [Indicator] = []

    /// Throws `.badInput` naming every declared column that the header lacks.
    init(schema: TableSchema, header: [String], path: String) throws {
        let needed = [schema.keyColumn] + schema.columns.compactMap { if case .indicator = $0.type { nil } else { $0.name } }
        let missing = needed.filter { !header.contains($0) }
        guard missing.isEmpty else {
            let names = missing.map { "\"\($0)\"" }.joined(separator: ", ")
            throw YinheError(
                .badInput, "the header lacks the column\(missing.count == 1 ? "" : "s") \(names)", at: "\(path), line 1",
                remedy: "it has: \(header.prefix(40).joined(separator: ", "))")
        }
        keyField = header.firstIndex(of: schema.keyColumn)!
        normalizer = schema.normalizer
        fieldCount = header.count
        slotNames = schema.columns.filter { $0.type != .text }.map(\.name)
        for column in schema.columns {
            let slot = slotNames.firstIndex(of: column.name) ?? -1
            let field = header.firstIndex(of: column.name) ?? -1
            let dropsBad = column.onBadCell == .dropRow
            let dropsEmpty = column.onEmptyCell == .dropRow
            switch column.type {
            case .text: break
            case .integer, .decimal:
                numbers.append(
                    Number(
                        slot: slot, field: field, scale: column.type.scale, lower: column.lower ?? .min,
                        upper: column.upper ?? .max, dropsBad: dropsBad, dropsEmpty: dropsEmpty))
            case .category(let names):
                categories.append(
                    Category(slot: slot, field: field, index: CategoryIndex(names), dropsBad: dropsBad, dropsEmpty: dropsEmpty))
            case .indicator(let base, let atLeast):
                indicators.append(Indicator(slot: slot, base: slotNames.firstIndex(of: base)!, atLeast: atLeast))
            }
        }
    }
}
