import Foundation
import SandboxCore

/// The Examples folder of the repository: contracts and data that a demonstration shares with its guide.
struct ExampleFolder: Sendable {
    /// From `--data`; nil means to look for it.
    let chosen: String?

    /// The path of `file` in the example's folder `name`.
    func file(_ name: String, _ file: String) throws -> String {
        let tried = try candidates()
        for folder in tried {
            let path = "\(folder)/\(name)/\(file)"
            if FileManager.default.isReadableFile(atPath: path) { return path }
        }
        let places = chosen.map { "\($0)/\(name)" } ?? "an Examples folder in or above the working folder, or above this program's file"
        throw YinheError(
            .badInput, "\(name)/\(file) is not in \(places)", at: "--data",
            remedy: "run inside a clone of the repository, or give --data with the path of its Examples folder")
    }

    /// Examples beside every folder from the working folder and from the executable upwards, nearest first.
    private func candidates() throws -> [String] {
        if let chosen { return [chosen] }
        let starts = [FileManager.default.currentDirectoryPath, try PartyProcess.executable()]
        return starts.flatMap { start in
            var folders: [String] = []
            var url = URL(filePath: start).standardizedFileURL
            while true {
                folders.append(url.appending(path: "Examples").path)
                if url.path == "/" { return folders }
                url.deleteLastPathComponent()
            }
        }
    }
}
