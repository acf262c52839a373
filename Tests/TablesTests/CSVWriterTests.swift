import Foundation
import SandboxCore
import Tables
import Testing

@Suite struct CSVWriterTests {
    let folder: TestFolder
    init() throws { folder = try TestFolder() }

    @Test func onlyFieldsThatNeedQuotesGetThem() throws {
        let writer = try CSVWriter(path: folder.file(), header: ["a", "b"], lineEnd: .crlf)
        try writer.write(["plain", " x "])
        try writer.write(["x,y", "say \"hi\""])
        try writer.write(["l\nm", "=1+1"])
        try writer.commit()
        let expected = "a,b\r\nplain, x \r\n\"x,y\",\"say \"\"hi\"\"\"\r\n\"l\nm\",=1+1\r\n"
        #expect(try fileBytes(folder.file()) == Array(expected.utf8))
    }

    @Test func anEmptyFieldOfAOneColumnTableIsNotAnEmptyLine() throws {
        let writer = try CSVWriter(path: folder.file(), header: ["a"])
        try writer.write([""])
        try writer.commit()
        #expect(try fileBytes(folder.file()) == Array("a\n\"\"\n".utf8))
    }

    @Test func aFileThatIsNotCommittedNeverAppears() throws {
        var writer: CSVWriter? = try CSVWriter(path: folder.file(), header: ["a"])
        for i in 0..<100_000 { try writer?.write(["\(i)"]) }
        writer = nil
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }}
