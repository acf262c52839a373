import Foundation
import SandboxCore
import Tables
import TestSupport
import Testing

@Suite struct CSVReaderTests {
    let folder: TestFolder
    init() throws { folder = try TestFolder() }

    @Test func readsPlainAndQuotedFields() throws {
        let path = try folder.write("a,b\n1,\"x, \"\"y\"\"\"\n,\"\"\n\"two\r\nlines\",z")
        #expect(try readAll(path) == Table(header: ["a", "b"], rows: [["1", "x, \"y\""], ["", ""], ["two\r\nlines", "z"]]))
    }

    @Test(arguments: ["\n", "\r\n"]) func lineEndsMayBeEither(_ end: String) throws {
        let path = try folder.write("a,b\(end)1,2\(end)3,4\(end)")
        #expect(try readAll(path).rows == [["1", "2"], ["3", "4"]])
    }

    @Test func aTableMayHaveNoRows() throws {
        for text in ["a,b", "a,b\n", "a,b\r\n"] {
            #expect(try readAll(folder.write(text)) == Table(header: ["a", "b"], rows: []))
        }
    }

    @Test func theLastLineNeedsNoLineFeedAndMayEndInAnEmptyField() throws {
        #expect(try readAll(folder.write("a,b\n1,")).rows == [["1", ""]])
        #expect(try readAll(folder.write("a\n\"\"")).rows == [[""]])
        #expect(try readAll(folder.write("a\n\n")).rows == [[""]], "an empty line is an empty field of a one-column table")
    }

    @Test func spacesBelongToTheField() throws {
        #expect(try readAll(folder.write("a,b\n x , y\t\n")).rows == [[" x ", " y\t"]])
    }

    @Test(arguments: CSVOptions.Delimiter.allCases) func delimitersCanBeChosen(_ delimiter: CSVOptions.Delimiter) throws {
        let d = String(UnicodeScalar(delimiter.rawValue))
        let text = "a\(d)b\n\"p\(d)q\"\(d)r\n"
        #expect(try readAll(folder.write(text), CSVOptions(delimiter: delimiter)).rows == [["p\(d)q", "r"]])
    }

    @Test func physicalLinesAreCountedThroughQuotedLineBreaks() throws {
        var reader = try CSVReader(path: folder.write("a,b\n\"1\n2\n3\",x\n4,y\n"))
        #expect(try reader.next() != nil)
        #expect(reader.line == 2)
        #expect(try reader.next() == ["4", "y"])
        #expect(reader.line == 5)
    }

    /// Every way to cut the file into reads gives the same table.
    @Test func chunkBoundariesDoNotMatter() throws {
        let text = "\u{feff}id,名称,note\r\n1,示例一区,\"a\"\"b\"\r\n2,\"换\n行,\"\"\",\r\n3,😀é,\"\r\n\"\r\n"
        let expected = Table(
            header: ["id", "名称", "note"], rows: [["1", "示例一区", "a\"b"], ["2", "换\n行,\"", ""], ["3", "😀é", "\r\n"]])
        let utf8 = try folder.write(text, as: "u8.csv")
        let utf16 = try folder.write(text.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }, as: "u16.csv")
        let big = try folder.write(text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }, as: "u16be.csv")
        for size in 1...64 {
            for path in [utf8, utf16, big] { #expect(try readAll(path, chunked(size)) == expected, "\(path), chunks of \(size)") }
        }
    }

    /// Random tables survive writing and reading, whatever the chunk, delimiter, encoding and line end.
    @Test func randomTablesSurviveARoundTrip() throws {
        let seed = freshSeed()
        var random = SyntheticRandom(seed: seed)
        let pieces = [
            "", "a", "\"", "\"\"", ",", ";", "\t", "\n", "\r\n", "\r", " ",
            "企业", "１", "😀", "0123456789", "x=1", "é", "𠮷",
        ]
        for round in 0..<150 {
            let columns = 1 + random.below(5)
            let header = (0..<columns).map { "c\($0)" }
            let rows = (0..<random.below(12)).map { _ in
                (0..<columns).map { _ in (0..<random.below(5)).map { _ in pieces[random.below(pieces.count)] }.joined() }
            }
            let encoding = TextEncoding.allCases[random.below(TextEncoding.allCases.count)]
            let delimiter = CSVOptions.Delimiter.allCases[random.below(3)]
            let path = folder.file()
            let lineEnd = random.below(2) == 0 ? CSVWriter.LineEnd.lf : .crlf
            let writer = try CSVWriter(
                path: path, header: header, delimiter: delimiter, encoding: encoding, lineEnd: lineEnd)
            for row in rows { try writer.write(row) }
            try writer.commit()
            // Detection needs more text than some of these tables have.
            let options = chunked(1 + random.below(200), CSVOptions(delimiter: delimiter, encoding: encoding))
            #expect(try readAll(path, options) == Table(header: header, rows: rows), "seed \(seed), round \(round), \(encoding)")
        }
    }

    @Test func readsFromAPipe() throws {
        let path = folder.file("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let rows = 20_000
        let writer = Thread {
            let handle = FileHandle(forWritingAtPath: path)!
            handle.write(Data("a,b\n".utf8))
            for i in 0..<rows { handle.write(Data("\(i),x\n".utf8)) }
            try? handle.close()
        }
        writer.start()
        let table = try readAll(path)
        #expect(table.rows.count == rows)
        #expect(table.rows.last == ["\(rows - 1)", "x"])
    }

    @Test func theDigestIsThatOfTheFile() throws {
        let bytes = Array("\u{feff}a,b\n1,2\n".utf8)
        var reader = try CSVReader(path: folder.write(bytes))
        while try reader.skip() {}
        #expect(reader.digest == DomainHash.plainSHA256(bytes).hex)
        #expect(reader.bytesRead == bytes.count)
    }

    @Test func wideRecordsAndLongFieldsAreRead() throws {
        let header = (0..<1000).map { "c\($0)" }
        let row = (0..<1000).map { String(repeating: "v", count: $0 % 7) }
        let path = try folder.write(header.joined(separator: ",") + "\n" + row.joined(separator: ",") + "\n")
        #expect(try readAll(path, chunked(100)) == Table(header: header, rows: [row]))
        let long = String(repeating: "字", count: 300_000)
        #expect(try readAll(folder.write("a\n\"\(long)\"\n"), chunked(4096)).rows == [[long]])
    }

    /// A file of many chunks is read in memory that does not grow with it.
    @Test func memoryIsBoundedByTheChunk() throws {
        let line = Array((String(repeating: "0123456789,", count: 9) + "x\n").utf8)
        var bytes = Array("a,b,c,d,e,f,g,h,i,j\n".utf8)
        let expectedRows = 40_000
        for _ in 0..<expectedRows { bytes += line }
        let chunk = 1 << 16
        var reader = try CSVReader(path: folder.write(bytes), options: chunked(chunk))
        var rows = 0
        var largest = 0
        while try reader.skip() {
            rows += 1
            largest = max(largest, reader.bufferedBytes)
        }
        #expect(rows == expectedRows)
        #expect(largest >= chunk && largest < 4 * chunk)
    }
}
