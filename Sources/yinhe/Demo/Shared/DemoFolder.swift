import Foundation
import SandboxCore

/// The work folder of a demonstration. A marker file says that it may be replaced by the next one.
struct DemoFolder {
    let path: String
    private static let marker = ".yinhe-demo"

    /// Makes an empty folder; replaces an earlier demonstration, refuses anything else that is not empty.
    init(path: String) throws {
        self.path = path
        let manager = FileManager.default
        var isFolder: ObjCBool = false
        if manager.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder.boolValue else {
                throw YinheError(.badInput, "this is a file, not a folder", at: path, remedy: "choose another --out")
            }
            let content = (try? manager.contentsOfDirectory(atPath: path)) ?? []
            guard content.isEmpty || content.contains(Self.marker) else {
                throw YinheError(
                    .badInput, "the folder is not empty and is not an earlier demonstration", at: path,
                    remedy: "choose another --out")
            }
            try Self.attempt("cannot empty the folder", path) {
                for name in content { try manager.removeItem(atPath: path + "/" + name) }
            }
        }
        try Self.attempt("cannot create the folder", path) {
            try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        try AtomicFile.write("", to: path + "/" + Self.marker)
    }

    func file(_ name: String) -> String { path + "/" + name }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    private static func attempt(_ what: String, _ path: String, _ body: () throws -> Void) throws {
        do { try body() } catch let error as YinheError { throw error } catch {
            throw YinheError(.system, what, at: path, remedy: "check its permissions, or choose another --out")
        }
    }
}
