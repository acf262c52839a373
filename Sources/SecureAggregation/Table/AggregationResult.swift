import Arithmetic
import SandboxCore
import Tables

/// The released table: the contract's rows, the sums of its columns as exact decimals, and how many contributors each sum covers.
public enum AggregationResult {
    /// The last column of the released table.
    public static let contributorsColumn = "contributors"

    static func header(_ contract: AggregationContract) -> [String] {
        [contract.rows.column] + contract.columns.map(\.name) + [contributorsColumn]
    }

    /// The records of one block of opened plaintexts.
    static func records(
        _ plaintexts: [BigInteger], block: Int, _ terms: AggregationTerms, _ aggregate: AggregateHeader
    ) throws -> [[String]] {
        let sums = try terms.layout.unpack(plaintexts, block: block, weight: aggregate.totalWeight)
        let columns = terms.contract.columns, count = String(aggregate.included.count)
        return terms.layout.rows(ofBlock: block).enumerated().map { i, row in
            let cells = columns.indices.map { decimal(sums[i * columns.count + $0], scale: columns[$0].scale) }
            return [terms.contract.rows.label(row)] + cells + [count]
        }
    }

    /// `value` units of 10^-scale as decimal text with exactly `scale` digits after the point.
    static func decimal(_ value: Int128, scale: Int) -> String {
        let digits = String(value.magnitude), sign = value < 0 ? "-" : ""
        guard scale > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return "\(sign)\(padded.dropLast(scale)).\(padded.suffix(scale))"
    }

    /// Receives the opened plaintexts in order and writes the table, or compares it with one that exists.
    enum Sink {
        case write(CSVWriter)
        case compare(Comparison)

        func take(_ records: [[String]]) throws {
            switch self {
            case .write(let writer): for record in records { try writer.write(record) }
            case .compare(let comparison): for record in records { try comparison.expect(record) }
            }
        }

        func finish() throws {
            switch self {
            case .write(let writer): try writer.commit()
            case .compare(let comparison): try comparison.finish()
            }
        }
    }

    static func writing(_ path: String, _ contract: AggregationContract) throws -> Sink {
        .write(try CSVWriter(path: path, header: header(contract)))
    }

    static func comparing(_ path: String, _ contract: AggregationContract) throws -> Sink {
        .compare(try Comparison(path, header(contract)))
    }

    final class Comparison {
        private var reader: CSVReader

        init(_ path: String, _ header: [String]) throws {
            reader = try CSVReader(path: path)
            guard reader.header == header else {
                throw YinheError(
                    .badInput, "the result's header is not that of the contract", at: "\(path), line 1",
                    remedy: "expected: \(header.joined(separator: ","))")
            }
        }

        func expect(_ record: [String]) throws {
            guard let found = try reader.next() else {
                throw YinheError(.badInput, "the result ends before the row \"\(record[0])\"", at: reader.path)
            }
            guard let different = record.indices.first(where: { record[$0] != found[$0] }) else { return }
            throw YinheError(
                .badInput, "\"\(found[different].prefix(60))\" is not what was opened, \"\(record[different])\"",
                at: "\(reader.path), line \(reader.line), column \(reader.header[different])",
                remedy: "the table was changed after it was opened; write it again with `yinhe aggregate open`")
        }

        func finish() throws {
            guard try reader.next() == nil else {
                throw YinheError(.badInput, "more rows than were opened", at: "\(reader.path), line \(reader.line)")
            }
        }
    }
}
