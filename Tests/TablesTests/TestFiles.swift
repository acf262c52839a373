import Foundation
import SandboxCore
import Tables
import Testing

/// A folder that goes away with its owner.
final class TestFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/yinhe-tables-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String = "t.csv") -> String { "\(path)/\(name)" }

    func write(_ bytes: [UInt8], as name: String = "t.csv") throws -> String {
        let path = file(name)
        #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
        return path
    }

    func write(_ text: String, as name: String = "t.csv") throws -> String { try write(Array(text.utf8), as: name) }
}

struct Table: Equatable {
    var header: [String]
    var rows: [[String]]
}

func readAll(_ path: String, _ options: CSVOptions = CSVOptions()) throws -> Table {
    var reader = try CSVReader(path: path, options: options)
    let header = reader.header
    var rows: [[String]] = []
    while let row = try reader.next() { rows.append(row) }
    return Table(header: header, rows: rows)
}

func chunked(_ bytes: Int, _ options: CSVOptions = CSVOptions()) -> CSVOptions {
    var options = options
    options.chunkBytes = bytes
    return options
}

/// The error that `body` throws; a recorded issue and nil when it throws none.
func yinheError(_ body: () throws -> Void) -> YinheError? {
    do {
        try body()
    } catch {
        if let error = error as? YinheError { return error }
        Issue.record("an error that is not a YinheError: \(error)")
        return nil
    }
    Issue.record("no error was thrown")
    return nil
}

func fileBytes(_ path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(filePath: path))) }
