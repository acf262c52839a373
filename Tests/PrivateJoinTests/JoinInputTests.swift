import Foundation
import PrivateJoin
import SandboxCore
import Tables
import TestSupport
import Testing

@Suite struct JoinInputTests {
    /// Runs an inner join with the sender's rows `right`, and returns both outputs.
    func join(_ left: String, _ right: String, bucketed: Bool = false) async throws -> (String, String) {
        let fixture = try JoinFixture()
        try fixture.write(left, as: "left.csv")
        try fixture.write(right, as: "right.csv")
        let reports = try await fixture.run { if bucketed { $0.useSmallBuckets() } }
        #expect(reports.left.matchedKeys == reports.right.matchedKeys)
        return (try fixture.text("left-out.csv"), try fixture.text("right-out.csv"))
    }

    @Test(arguments: [("id\n", "key\nx\n"), ("id\nx\n", "key\n"), ("id\n", "key\n"), ("id\n\"\"\n", "key\n\"\"\n")])
    func sidesWithoutUsableRowsMatchNothing(_ tables: (String, String)) async throws {
        #expect(try await join(tables.0, tables.1) == ("id\n", "key\n"))
    }

    @Test func oneRowMatches() async throws {
        #expect(try await join("id,v\nx,1\n", "key\nX\n") == ("id,v\nx,1\n", "key\nX\n"))
    }

    @Test func oneRowFindsItsMatchAmongMany() async throws {
        let many = "key\n" + (0..<3000).map { "k\($0)\n" }.joined()
        #expect(try await join("id\nk2999\n", many) == ("id\nk2999\n", "key\nk2999\n"))
        #expect(try await join("id\nother\n", many) == ("id\n", "key\n"))
    }

    @Test func oneRowAgainstManyInBuckets() async throws {
        let many = "key\n" + (0..<200).map { "k\($0)\n" }.joined()
        #expect(try await join("id\nk42\n", many, bucketed: true) == ("id\nk42\n", "key\nk42\n"))
    }

    @Test func carriageReturnsAndAMissingLastLineEndAreNotCarriedThrough() async throws {
        #expect(try await join("id,v\r\na,1\r\nb,2", "key\r\nb\r\na") == ("id,v\na,1\nb,2\n", "key\nb\na\n"))
    }

    @Test func keysOfAnyLengthAreMatchedOrCounted() async throws {
        let fixture = try JoinFixture()
        let long = String(repeating: "x", count: 1_000_000)
        let fits = String(repeating: "y", count: 256)
        try fixture.write("id,v\n,0\n\(long),1\n\(fits),2\n", as: "left.csv")
        try fixture.write("key\n\(long)\n\(fits)\n\"\"\n", as: "right.csv")
        let reports = try await fixture.run()
        #expect(try fixture.text("left-out.csv") == "id,v\n\(fits),2\n")
        #expect(reports.left.input.emptyKeys == 1 && reports.left.input.malformedKeys == 1)
        #expect(reports.left.input.malformedKeyReasons == ["length": 1])
        #expect(reports.left.input.places["emptyKeys"] == ["line 2"])
    }

    @Test func sidesInDifferentEncodingsMatch() async throws {
        let fixture = try JoinFixture()
        let gb: [UInt8] = Array("id,v\n".utf8) + [0xd6, 0xd0, 0xb9, 0xfa] + Array(",1\n".utf8)  // 中国
        try fixture.write(gb, as: "left.csv")
        try fixture.write([0xef, 0xbb, 0xbf] + Array("key\n中国\n".utf8), as: "right.csv")
        let reports = try await fixture.run()
        #expect(reports.left.input.encoding == "GB18030" && reports.right.input.encoding == "UTF-8 with byte-order mark")
        #expect(try fixture.text("left-out.csv") == "id,v\n中国,1\n")
        #expect(try fixture.text("right-out.csv") == "key\n中国\n")
    }

    @Test func utf16IsReadAndWrittenAsUTF8() async throws {
        let fixture = try JoinFixture()
        let text = "id,v\r\n键,一\r\n\"b\"\"\",\"x\ny\"\r\n"
        let units = [UInt16](text.utf16).flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        try fixture.write([0xff, 0xfe] + units, as: "left.csv")
        try fixture.write("key\n键\n\"B\"\"\"\n", as: "right.csv")
        for order in PrivateJoin.RowOrder.allCases {
            let reports = try await fixture.run { $0.rowOrder = order }
            #expect(reports.left.outputRows == 2)
            let lines = try fixture.text("left-out.csv")
            #expect(lines.hasPrefix("id,v\n") && lines.contains("键,一\n") && lines.contains("\"b\"\"\",\"x\ny\"\n"))
        }
    }

    @Test func duplicatesAreCountedWithTheFirstPlaces() async throws {
        let fixture = try JoinFixture()
        try fixture.write("id\na\nb\nA\nc\na\n", as: "left.csv")
        try fixture.write("key\na\n", as: "right.csv")
        let reports = try await fixture.run()
        #expect(reports.left.input.duplicateRows == 2)
        #expect(reports.left.input.distinctKeys == 3)
        #expect(reports.left.input.places["duplicateRows"] == ["row 3", "row 5"])
        #expect(reports.left.joinedRows == 3 && reports.right.joinedRows == 3)
    }

    @Test(arguments: [
        ("id\na,b\n", YinheError.Code.badInput), ("other\na\n", .badInput), ("", .badInput), ("id\na\"b\n", .badInput),
    ]) func aFileThatCannotBeUsedIsAnErrorOnBothSides(_ text: String, _ code: YinheError.Code) async throws {
        let fixture = try JoinFixture()
        try fixture.write(text, as: "left.csv")
        try fixture.write("key\na\n", as: "right.csv")
        let (left, right) = await fixture.results(fixture.options(.receiver), fixture.options(.sender))
        #expect(left.yinheError?.code == code)
        #expect(right.yinheError?.code == .peerAborted)
        #expect(right.yinheError?.message.contains("its own input could not be used") == true)
        #expect(fixture.names == ["left.csv", "right.csv"])
    }

    @Test func aMissingFileAndAMissingOutputFolderAreErrorsOnBothSides() async throws {
        let fixture = try JoinFixture()
        try fixture.write("key\na\n", as: "right.csv")
        let (left, right) = await fixture.results(fixture.options(.receiver), fixture.options(.sender))
        #expect(left.yinheError?.message.contains("cannot open the file") == true)
        #expect(right.yinheError?.code == .peerAborted)
        try fixture.write("id\na\n", as: "left.csv")
        let (l, r) = await fixture.results(
            fixture.options(.receiver), fixture.options(.sender) { $0.output = fixture.file("missing/out.csv") })
        #expect(l.yinheError?.code == .peerAborted)
        #expect(r.yinheError?.code == .system)
        #expect(fixture.names == ["left.csv", "right.csv"])
    }

    @Test func aColumnNamedLikeTheMarkIsRefused() async throws {
        let fixture = try JoinFixture()
        try fixture.write("id,matched\na,1\n", as: "left.csv")
        try fixture.write("key\na\n", as: "right.csv")
        let (left, _) = await fixture.results(
            fixture.options(.receiver) { $0.joinType = .left }, fixture.options(.sender) { $0.joinType = .left })
        #expect(left.yinheError?.message.contains("\"matched\"") == true)
        _ = try await fixture.run {
            $0.joinType = .left
            $0.matchedColumn = "hit"
        }
        #expect(try fixture.text("left-out.csv") == "id,matched,hit\na,1,1\n")
    }
}
