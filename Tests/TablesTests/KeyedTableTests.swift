import Foundation
import SandboxCore
import Tables
import TestSupport
import Testing

@Suite struct KeyedTableTests {
    let folder: TestFolder
    init() throws { folder = try TestFolder() }

    static func schema(_ rows: Int = 1, _ columns: [ColumnDeclaration], _ key: JoinKeyNormalizer = .text) throws -> TableSchema {
        try TableSchema(keyColumn: "key", normalizer: key, rowsPerSubject: rows, columns: columns)
    }

    @Test func valuesAreGridUnitsCategoriesAndIndicators() throws {
        let path = try folder.write("amount,key,grade,days,note\n12.34,k1,B,0,x\n5,k2,A,30,\n-1.5,k3,C,31,y\n")
        let schema = try Self.schema(1, [
            .init(name: "amount", type: .decimal(scale: 2), unit: "元"), .init(name: "grade", type: .category(["A", "B", "C"])),
            .init(name: "late", type: .indicator(of: "days", atLeast: 31)), .init(name: "days", type: .integer),
            .init(name: "note", type: .text),
        ])
        let table = try KeyedTable.load(path: path, schema: schema, threads: 2)
        #expect(table.tokens == [JoinToken("K1"), JoinToken("K2"), JoinToken("K3")])
        #expect(table.rowSubject == [0, 1, 2])
        #expect(table.integers("amount") == [1234, 500, -150])
        #expect(table.integers("grade") == [1, 0, 2])
        #expect(table.integers("late") == [0, 0, 1])
        #expect(table.report.bytes == (try fileBytes(path)).count)
        #expect(table.report.sha256 == DomainHash.plainSHA256(try fileBytes(path)).hex)
        #expect(table.report.fileName == "t.csv")
    }

    @Test func boundsClampAndAreCounted() throws {
        let path = try folder.write("key,v\na,0.994\nb,1.005\nc,9.99\nd,10.01\ne,-3\n")
        let schema = try Self.schema(1, [.init(name: "v", type: .decimal(scale: 2), lower: 100, upper: 1000)])
        let table = try KeyedTable.load(path: path, schema: schema)
        #expect(table.integers("v") == [100, 100, 999, 1000, 100])
        let column = table.report.columns[0]
        #expect(column.clamped == 3)
        #expect(column.rounded == 2)
        #expect(table.report.places["clamped(v)"] == ["line 2", "line 5", "line 6"])
    }

    @Test func repairedCellsAreUsedAndCounted() throws {
        let path = try folder.write("key,v,g\na,１２,A\nb,\"1,234\",Ｂ\nc, 7 , A \nd,5,B\n")
        let table = try KeyedTable.load(
            path: path,
            schema: Self.schema(1, [.init(name: "v", type: .integer), .init(name: "g", type: .category(["A", "B"]))]))
        #expect(table.integers("v") == [12, 1234, 7, 5])
        #expect(table.integers("g") == [0, 1, 0, 1])
        #expect(table.report.columns.map(\.repaired) == [3, 2])
    }

    @Test func rowsWithoutAUsableKeyAreLeftOutAndCounted() throws {
        let path = try folder.write("key\n007\n\n 8-8 \nx1\n  \n0 0 7\n12a\n", as: "k.csv")
        let table = try KeyedTable.load(path: path, schema: Self.schema(5, [], .digits))
        #expect(table.tokens == [JoinToken("007"), JoinToken("88")])
        #expect(table.rowSubject == [0, 1, 0])
        let report = table.report
        #expect(report.rows == 7 && report.keptRows == 3 && report.distinctKeys == 2)
        #expect(report.emptyKeys == 2 && report.malformedKeys == 2 && report.repairedKeys == 2 && report.duplicateRows == 1)
        #expect(report.malformedKeyReasons == ["character": 2])
        #expect(report.places["emptyKeys"] == ["line 3", "line 6"])
        #expect(report.places["malformedKeys"] == ["line 5", "line 8"])
        #expect(report.places["duplicateRows"] == ["line 7"])
    }

    @Test func rowsBeyondTheLimitOfASubjectAreLeftOut() throws {
        let path = try folder.write("key,v\na,1\nb,2\na,3\na,4\nb,5\na,6\n")
        let two = try KeyedTable.load(path: path, schema: Self.schema(2, [.init(name: "v", type: .integer)]))
        #expect(two.integers("v") == [1, 2, 3, 5])
        #expect(two.rowSubject == [0, 1, 0, 1])
        #expect(two.report.rowsOverSubjectLimit == 2 && two.report.duplicateRows == 4)
        #expect(two.report.places["rowsOverSubjectLimit"] == ["line 5", "line 7"])
        let all = try KeyedTable.load(path: path, schema: Self.schema(.max, [.init(name: "v", type: .integer)]))
        #expect(all.integers("v") == [1, 2, 3, 4, 5, 6])
    }

    @Test func unusableCellsRefuseTheFileWithTheFirstFivePlacesAndTheTotal() throws {
        var text = "key,v,g\n"
        for i in 0..<20 { text += i % 2 == 0 ? "k\(i),12x,A\n" : "k\(i),5,Q\n" }
        let path = try folder.write(text)
        let columns = [ColumnDeclaration(name: "v", type: .integer), .init(name: "g", type: .category(["A", "B"]))]
        for chunk in [1, 30, 1 << 20] {
            let error = yinheError {
                _ = try KeyedTable.load(path: path, schema: Self.schema(1, columns), threads: 3, options: chunked(chunk))
            }
            #expect(error?.place == "\(path), line 2, column 4")
            #expect(error?.message == """
                20 cells cannot be used
                  line 2, column 4: v is not a decimal number
                  line 3, column 6: g is not a declared category
                  line 4, column 4: v is not a decimal number
                  line 5, column 6: g is not a declared category
                  line 6, column 4: v is not a decimal number
                  and 15 more
                """)
            #expect(error?.description.contains("12x") == false, "no cell values")
        }
    }

    @Test func unusableRowsAreDroppedWhereTheSchemaSaysSo() throws {
        let path = try folder.write("key,v,g\na,1,A\nb,zz,A\nc,,A\nd,99999999999999999999,B\ne,5,Q\nf,6,\u{3000}\nb,7,B\n")
        let columns = [
            ColumnDeclaration(name: "v", type: .integer, onBadCell: .dropRow, onEmptyCell: .dropRow),
            .init(name: "g", type: .category(["A", "B"]), onBadCell: .dropRow, onEmptyCell: .dropRow),
        ]
        let table = try KeyedTable.load(path: path, schema: Self.schema(1, columns))
        #expect(table.tokens == [JoinToken("A"), JoinToken("B")])
        #expect(table.integers("v") == [1, 7])
        #expect(table.report.rowsDroppedForCells == 5 && table.report.duplicateRows == 0)
        #expect(table.report.columns.map(\.unusable) == [2, 1] && table.report.columns.map(\.empty) == [1, 1])
        let strict = [ColumnDeclaration(name: "v", type: .integer, onBadCell: .dropRow), columns[1]]
        let error = yinheError { _ = try KeyedTable.load(path: path, schema: Self.schema(1, strict)) }
        #expect(error?.message == "1 cell cannot be used\n  line 4, column 3: v is empty")
    }

    @Test func missingColumnsAreAllNamed() throws {
        let path = try folder.write("id,a\n1,2\n")
        let error = yinheError {
            _ = try KeyedTable.load(
                path: path, schema: Self.schema(1, [.init(name: "a", type: .integer), .init(name: "b", type: .text)]))
        }
        #expect(error?.message == "the header lacks the columns \"key\", \"b\"")
        #expect(error?.remedy == "it has: id, a")
    }

    @Test func schemasThatContradictThemselvesAreRefused() {
        let integer = ColumnDeclaration(name: "a", type: .integer)
        let bad: [[ColumnDeclaration]] = [
            [integer, integer], [.init(name: "", type: .integer)], [.init(name: "a", type: .decimal(scale: 13))],
            [.init(name: "a", type: .integer, lower: 2, upper: 1)], [.init(name: "a", type: .category([]))],
            [.init(name: "a", type: .category(["x", "x"]))], [.init(name: "a", type: .category(["x"]), lower: 0)],
            [.init(name: "b", type: .indicator(of: "a", atLeast: 1))],
            [.init(name: "a", type: .text), .init(name: "b", type: .indicator(of: "a", atLeast: 1))],
        ]
        for columns in bad { #expect(throws: YinheError.self) { try Self.schema(1, columns) } }
        #expect(throws: YinheError.self) { try Self.schema(0, [integer]) }
        #expect(throws: Never.self) { try Self.schema(1, [integer, .init(name: "b", type: .indicator(of: "a", atLeast: 1))]) }
    }

    /// The number of threads and the size of chunks change neither rows nor report.
    @Test func threadsAndChunksDoNotMatter() throws {
        let pilot = try SyntheticPilot(seed: 5, enterprises: 700, loans: 500, overlap: 200)
        let path = folder.file()
        try pilot.writeLoans(to: path)
        let schema = try Pilot.loans()
        let one = try KeyedTable.load(path: path, schema: schema, threads: 1)
        for (threads, chunk) in [(2, 1 << 20), (4, 1000), (3, 77), (8, 1)] {
            let other = try KeyedTable.load(path: path, schema: schema, threads: threads, options: chunked(chunk))
            #expect(other.tokens == one.tokens && other.rowSubject == one.rowSubject && other.report == one.report)
            for name in ["loan_amount", "overdue_days", "overdue"] { #expect(other.integers(name) == one.integers(name)) }
        }
    }

    @Test func matchedRowsAreCopiedWhole() throws {
        let source = try folder.write("n,key,note\n1,a,\"x,\"\"y\"\"\"\n2,b,\n3, A ,\"l\nm\"\n4,,z\n", as: "in.csv")
        let copied = try MatchedRows.copy(
            from: source, to: folder.file("out.csv"), keyColumn: "key", normalizer: .text, tokens: [JoinToken("A")])
        #expect(copied == 2)
        #expect(try readAll(folder.file("out.csv")).rows == [["1", "a", "x,\"y\""], ["3", " A ", "l\nm"]])
    }

    @Test func progressEndsAtTheFilesSize() throws {
        let path = try folder.write("key\na\n")
        let last = Last()
        _ = try KeyedTable.load(path: path, schema: Self.schema(1, [])) { last.event = $0 }
        #expect(last.event == ProgressEvent(phase: "read table", completed: 6, total: 6))
    }

    private final class Last: @unchecked Sendable { var event: ProgressEvent? }
}

/// The schemas of the pilot's two tables.
enum Pilot {
    static func enterprises() throws -> TableSchema {
        try TableSchema(
            keyColumn: "credit_code", normalizer: .uscc,
            columns: [
                .init(name: "tax_grade", type: .category(["A", "B", "M", "C", "D"])),
                .init(name: "insured_headcount", type: .integer, unit: "人", lower: 0, upper: 5000),
                .init(name: "electricity_kwh", type: .decimal(scale: 2), unit: "kWh", lower: 0, upper: 200_000_000),
            ])
    }

    static func loans() throws -> TableSchema {
        try TableSchema(
            keyColumn: "credit_code", normalizer: .uscc, rowsPerSubject: 3,
            columns: [
                .init(name: "loan_amount", type: .decimal(scale: 2), unit: "元", lower: 0, upper: 300_000_000),
                .init(name: "overdue_days", type: .integer, unit: "天", lower: 0, upper: 365),
                .init(name: "overdue", type: .indicator(of: "overdue_days", atLeast: 1)),
            ])
    }
}
