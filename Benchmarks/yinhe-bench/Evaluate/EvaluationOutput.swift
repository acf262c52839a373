import Evaluation
import Foundation
import HTMLReport
import SandboxCore

/// The files of an evaluation; each appears whole or not at all.
enum EvaluationOutput {
    /// Returns the paths. The report holds both languages and opens in `language`.
    static func write(_ document: EvaluationDocument, to folder: String, language: Language) throws -> [String] {
        let files: [(name: String, bytes: [UInt8])] = [
            ("evaluation.json", try document.json()),
            ("evaluation.csv", Array(document.csv().utf8)),
            ("report.html", Array(EvaluationReport.page(document, in: language).utf8)),
        ]
        return try files.map { file in
            let path = (folder as NSString).appendingPathComponent(file.name)
            try AtomicFile.write(file.bytes, to: path)
            return path
        }
    }

    /// Makes the folder and says whether it was new.
    static func prepare(_ folder: String) throws -> Bool {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) {
            guard isFolder.boolValue, FileManager.default.isWritableFile(atPath: folder) else {
                throw YinheError(.system, "not a folder that can be written to", at: folder, remedy: "choose another --out")
            }
            return false
        }
        do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
            throw YinheError(.system, "the folder cannot be made", at: folder, remedy: "choose another --out")
        }
        return true
    }
}
