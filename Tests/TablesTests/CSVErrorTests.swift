import Foundation
import SandboxCore
import Tables
import Testing

/// What is refused, with the physical line and the column in characters.
@Suite struct CSVErrorTests {
    let folder: TestFolder
    init() throws { folder = try TestFolder() }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        var line: Int
        var column: Int
        var message: String
        var testDescription: String { name }
        init(_ name: String, _ text: String, _ line: Int, _ column: Int, _ message: String) {
            self.init(name, Array(text.utf8), line, column, message)
        }
        init(_ name: String, _ bytes: [UInt8], _ line: Int, _ column: Int, _ message: String) {
            (self.name, self.bytes, self.line, self.column, self.message) = (name, bytes, line, column, message)
        }
    }

    static let cases = [
        Case("unbalanced quote", "a,b\n1,2\n3,\"x\n5,6\n", 3, 3, "unbalanced quote"),
        Case("unbalanced quote at the very end", "a,b\n1,\"", 2, 3, "unbalanced quote"),
        Case("text after a closing quote", "a,b\n示例,\"x\"y\n", 2, 7,
            "text after a closing quote (the quoted field opens at column 4)"),
        Case("space after a closing quote", "a,b\n\"x\" ,1\n", 2, 4, "text after a closing quote"),
        Case("closing quote lines below", "a,b\n1,\"x\n\n2\"3,\"y\"\n", 4, 3, "opens at column 3, 2 lines above"),
        Case("quote inside a plain field", "a,b\n1,x\"y\n", 2, 4, "a quote inside a field"),
        Case("quote after a space", "a,b\n1, \"y\"\n", 2, 4, "a quote inside a field"),
        Case("too few fields", "a,b,c\n1,2,3\n4,5\n6,7,8\n", 3, 1, "2 fields, where the header has 3"),
        Case("too many fields", "a,b\n1,2\n3,4,5\n", 3, 5, "3 fields, where the header has 2"),
        Case("too many fields by a trailing delimiter", "a,b\n1,2,\n", 2, 5, "3 fields, where the header has 2"),
        Case("empty line", "a,b\n1,2\n\n3,4\n", 3, 1, "an empty line, where the header has 2 fields"),
        Case("empty CRLF line at the end", "a,b\r\n1,2\r\n\r\n", 3, 1, "an empty line"),
        Case("NUL byte", [0x61, 0x0a, 0x31, 0x00, 0x0a], 2, 2, "a NUL byte"),
        Case("NUL byte in quotes", [0x61, 0x0a, 0x22, 0x0a, 0x00, 0x22, 0x0a], 3, 1, "a NUL byte"),
        Case("NUL byte after a closing quote", [0x61, 0x0a, 0x22, 0x22, 0x00, 0x0a], 2, 3, "a NUL byte"),
        Case("bare carriage return", "a,b\n1,2\r3,4\n", 2, 4, "a carriage return that no line feed follows"),
        Case("bare carriage return after a quote", "a,b\n1,\"2\"\r3\n", 2, 6, "a carriage return that no line feed follows"),
        Case("carriage return at the end", "a\n1\r", 2, 2, "a carriage return that no line feed follows"),
        Case("old Macintosh line ends", "a,b\r1,2\r", 1, 4, "a carriage return that no line feed follows"),
        Case("repeated header name", "a,b,a\n1,2,3\n", 1, 5, "the header names the column \"a\" twice"),
        Case("unnamed column", "a,,c\n1,2,3\n", 1, 3, "column 2 has no name"),
        Case("UTF-16 without mark", [0x61, 0x00, 0x0a, 0x00], 1, 2, "a NUL byte"),
        Case("invalid UTF-8 and GB18030", Array("a,b\n1,2\n3,".utf8) + [0xff] + Array("4\n".utf8), 3, 3,
            "the byte 0xff is not UTF-8"),
        Case("damaged UTF-8", Array("名称,甲乙丙丁戊己\n1,2\n企业".utf8) + [0xe4] + Array(",1\n".utf8), 3, 3, "the byte 0xe4 is not UTF-8"),
        Case("surrogate in UTF-8", Array("名称,甲乙丙丁戊己\n".utf8) + [0xed, 0xa0, 0x80, 0x2c, 0x31], 2, 1,
            "the byte 0xed is not UTF-8"),
        Case("overlong UTF-8", Array("名称,甲乙丙丁戊己\n".utf8) + [0xc0, 0xaf, 0x2c, 0x31], 2, 1, "the byte 0xc0 is not UTF-8"),
        Case("cut character at the end", Array("名称,甲乙丙丁戊己\n企,".utf8) + [0xe4, 0xb8], 2, 3, "the byte 0xe4 is not UTF-8"),
        Case("half a surrogate pair", [0xff, 0xfe, 0x61, 0, 0x0a, 0, 0x31, 0, 0x3d, 0xd8, 0x31, 0], 2, 2,
            "half of a UTF-16 character"),
        Case("odd byte in UTF-16", [0xff, 0xfe, 0x61, 0, 0x0a, 0, 0x31], 2, 1, "half of a UTF-16 character"),
        Case("lone half at the start", [0xff, 0xfe, 0x00, 0xdc], 1, 1, "half of a UTF-16 character"),
    ]

    @Test(arguments: cases) func violationsAreNamedWithLineAndColumn(_ violation: Case) throws {
        let path = try folder.write(violation.bytes)
        for size in [1, 2, 3, 7, 1 << 20] {
            let error = yinheError { _ = try readAll(path, chunked(size)) }
            #expect(error?.code == .badInput)
            #expect(error?.place == "\(path), line \(violation.line), column \(violation.column)", "chunks of \(size)")
            #expect(error?.message.contains(violation.message) == true, "\(error?.message ?? "")")
        }
        let schema = try TableSchema(keyColumn: "a", normalizer: .text)
        let header = violation.line == 1 || violation.name.contains("UTF-8") || violation.name.contains("cut")
        if !header {
            let error = yinheError { _ = try KeyedTable.load(path: path, schema: schema, threads: 2, options: chunked(2)) }
            #expect(error?.place == "\(path), line \(violation.line), column \(violation.column)", "loading")
        }
    }

    @Test func rowsBeforeAViolationAreGivenFirst() throws {
        var reader = try CSVReader(path: folder.write("a,b\n1,2\n3,4\n5\n"))
        #expect(try reader.next() == ["1", "2"])
        #expect(try reader.next() == ["3", "4"])
        #expect(throws: YinheError.self) { _ = try reader.next() }
    }

    @Test func aFileThatIsNoTableIsRefused() throws {
        #expect(yinheError { _ = try readAll(folder.path) }?.message == "this is a directory, not a table")
        let missing = yinheError { _ = try readAll(folder.file("missing.csv")) }
        #expect(missing?.message == "cannot open the file: No such file or directory")
        #expect(missing?.code == .badInput)
        for bytes in [[], [0xef, 0xbb, 0xbf], [0xff, 0xfe]] as [[UInt8]] {
            let path = try folder.write(bytes)
            #expect(yinheError { _ = try readAll(path) }?.message == "the file is empty")
            #expect(yinheError { _ = try FileInspection.inspect(path: path) }?.message == "the file is empty")
            let schema = try TableSchema(keyColumn: "a", normalizer: .text)
            #expect(yinheError { _ = try KeyedTable.load(path: path, schema: schema) }?.message == "the file is empty")
        }
        #expect(yinheError { _ = try readAll(folder.write([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0])) }?.message == "the file is UTF-32")
    }

    @Test(.enabled(if: getuid() != 0, "root reads everything")) func anUnreadableFileIsRefused() throws {
        let path = try folder.write("a\n1\n")
        #expect(chmod(path, 0) == 0)
        #expect(yinheError { _ = try readAll(path) }?.remedy == "check the permissions of the file")
    }

    @Test func aLineOfTenMillionCharactersIsAnErrorWithItsLine() throws {
        let long = [UInt8](repeating: 0x78, count: 10_000_000)
        let path = try folder.write(Array("a,b\n1,2\n3,".utf8) + long + Array("\n4,5\n".utf8))
        let error = yinheError { _ = try readAll(path) }
        #expect(error?.place == "\(path), line 3, column 3")
        #expect(error?.message == "a field longer than the limit of 1048576 bytes begins here")
        #expect(try readAll(path, CSVOptions(maximumFieldBytes: 10_000_000)).rows[1][1].utf8.count == 10_000_000)
        let quoted = try folder.write(Array("a,b\n1,2\n3,\"".utf8) + long)
        #expect(yinheError { _ = try readAll(quoted) }?.place == "\(quoted), line 3, column 3")
    }

    @Test func aRecordThatNeverEndsIsAnErrorInBoundedMemory() throws {
        let short = Array("0123456,".utf8)
        var bytes = Array("a,b\n".utf8)
        while bytes.count < 20 << 20 { bytes += short }
        let endless = try folder.write(bytes)
        let error = yinheError { _ = try readAll(endless) }
        #expect(error?.message.contains("a record longer than the limit") == true)
        #expect(error?.place == "\(endless), line 2, column 1")
        let open = try folder.write(Array("a,b\n1,\"".utf8) + bytes)
        #expect(yinheError { _ = try readAll(open) }?.place == "\(open), line 2, column 3")
    }

    @Test func theFieldLimitCountsTheFieldAlone() throws {
        let path = try folder.write("a,b\n12345,\"12345\"\n")
        #expect(try readAll(path, CSVOptions(maximumFieldBytes: 5)).rows == [["12345", "12345"]])
        #expect(yinheError { _ = try readAll(path, CSVOptions(maximumFieldBytes: 4)) }?.place == "\(path), line 2, column 1")
    }
}
