import Foundation
import SandboxCore
import Tables
import Testing

@Suite struct FileInspectionTests {
    let folder: TestFolder
    init() throws { folder = try TestFolder() }

    @Test func columnsAndKeysAreDescribed() throws {
        let codes = [
            "91990101MA66C1T30B", "91990101ma66c1t30b", "91990101D2143569XH", "91990101D2143569XA", "", "91990101MA00000905",
        ]
        var text = "\u{feff}code,count,amount,grade,remark,nothing\r\n"
        for (i, code) in codes.enumerated() {
            text += "\(code),\(i * 7 - 3),\(i).\(i % 2 == 0 ? "5" : "55"),\(i % 2 == 0 ? "A" : "B"),备注\(i),\r\n"
        }
        let inspection = try FileInspection.inspect(path: folder.write(text))
        #expect(inspection.rows == 6 && inspection.bytes == text.utf8.count)
        #expect(inspection.encoding == "UTF-8 with byte-order mark")
        #expect(inspection.columns.map(\.type) == ["text", "integer", "decimal", "category", "text", "empty"])
        #expect(inspection.columns[1].minimum == "-3" && inspection.columns[1].maximum == "32")
        #expect(inspection.columns[2].scale == 2)
        #expect(inspection.columns[2].minimum == "0.5" && inspection.columns[2].maximum == "5.55")
        #expect(inspection.columns[3].categories == ["A", "B"])
        #expect(inspection.columns[5].empty == 6)
        #expect(inspection.keyColumn == "code")
        let uscc = inspection.keys[0]
        #expect(uscc.normalizer == "uscc/1" && uscc.valid == 4 && uscc.empty == 1 && uscc.malformed == 1)
        #expect(uscc.repaired == 1 && uscc.distinct == 3 && uscc.mostRowsOfOneKey == 2)
    }

    @Test func theKeyColumnCanBeNamed() throws {
        let path = try folder.write("id,v\n12,x\n12,y\n1x,z\n")
        #expect(try FileInspection.inspect(path: path).keyColumn == nil)
        let inspection = try FileInspection.inspect(path: path, keyColumn: "id")
        #expect(inspection.keys.map(\.valid) == [0, 3, 2])
        #expect(inspection.keys[2].distinct == 1)
        let error = yinheError { _ = try FileInspection.inspect(path: path, keyColumn: "nr") }
        #expect(error?.remedy == "it has: id, v")
    }

    @Test func numbersWithMoreThanTwelveDecimalsAreText() throws {
        let path = try folder.write("a,b,c\n0.1234567890123,１．２５,99999999999999999999\n0.5,３,1\n")
        let types = try FileInspection.inspect(path: path).columns
        #expect(types.map(\.type) == ["text", "decimal", "text"])
        #expect(types[1].scale == 2 && types[1].minimum == "1.25" && types[1].maximum == "3")
    }

    @Test func theReportIsCodable() throws {
        let inspection = try FileInspection.inspect(path: folder.write("a\n1\n"), keyColumn: "a")
        let copy = try JSONDecoder().decode(FileInspection.self, from: JSONEncoder().encode(inspection))
        #expect(copy == inspection)
        let report = try KeyedTable.load(path: folder.file(), schema: TableSchema(keyColumn: "a", normalizer: .digits)).report
        #expect(try JSONDecoder().decode(InputReport.self, from: JSONEncoder().encode(report)) == report)
    }
}
