import Foundation
import SandboxCore

/// Reads small files that people write (contracts, signatures, exports), whole.
package enum BoundedFile {
    package static func read(_ path: String, maximum: Int, code: YinheError.Code = .contract) throws -> [UInt8] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw YinheError(code, "there is no such file", at: path)
        }
        guard !isFolder.boolValue else { throw YinheError(code, "this is a folder, not a file", at: path) }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw YinheError(code, "the file cannot be read", at: path, remedy: "check its permissions")
        }
        defer { try? handle.close() }
        let data: Data
        do {
            data = try handle.read(upToCount: maximum + 1) ?? Data()
        } catch {
            throw YinheError(code, "the file cannot be read", at: path)
        }
        guard data.count <= maximum else { throw YinheError(code, "more than \(maximum) bytes", at: path) }
        return Array(data)
    }
}

/// JSON with one spelling: sorted keys, no escaped slashes, no white space.
package enum CanonicalJSON {
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    package static func decode<T: Decodable>(_ type: T.Type = T.self, from bytes: [UInt8]) throws -> T {
        try JSONDecoder().decode(T.self, from: Data(bytes))
    }
}
