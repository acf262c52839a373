import Foundation
import SandboxCore

/// What `contract new` commands print with --json.
struct TemplateDocument: Codable {
    var path: String?
    var contract: String
}

extension Console {
    /// A template, to standard output or to a file that must not exist yet unless `force` is on.
    func deliver(template text: String, to out: String?, force: Bool, json: Bool, next: (String) -> Phrase) throws {
        guard let out else {
            try emit(TemplateDocument(path: nil, contract: text))
            if !json { try write(text) }
            return
        }
        guard force || !FileManager.default.fileExists(atPath: out) else {
            throw YinheError(.badInput, "the file exists", at: out, remedy: "choose another name, or give --force")
        }
        try AtomicFile.write(text, to: out)
        try emit(TemplateDocument(path: out, contract: text))
        try self.out(.wrote(out))
        try self.out(next(out))
    }
}
