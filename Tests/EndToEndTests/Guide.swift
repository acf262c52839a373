import Foundation
import TestSupport

/// The commands of a guide: its fenced shell blocks, in order.
///
/// A block marked `sh` is run as it is written. `sh terminal-1`, `sh terminal-2`, ... that follow one another are typed into shells of
/// their own and run at the same time. `sh laptop-1`, `sh laptop-2`, ... are the same on machines of their own: names under `.example` stand
/// for their addresses, and are the only thing that is replaced.
struct Guide {
    struct Block {
        /// Nil for a plain block.
        var place: String?
        var text: String
    }

    /// What runs together: one plain block, or neighbouring blocks of different shells.
    struct Step {
        var blocks: [Block]
    }

    let blocks: [Block]

    struct Malformed: Error, CustomStringConvertible { var description: String }

    init(_ markdown: String) throws {
        var blocks: [Block] = []
        var open: Block?
        var fence = false
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if fence {
                    if let block = open { blocks.append(block) }
                    (open, fence) = (nil, false)
                } else {
                    fence = true
                    let words = line.dropFirst(3).split(separator: " ").map(String.init)
                    if let first = words.first, ["sh", "bash", "shell", "console"].contains(first) {
                        guard first == "sh", words.count <= 2 else { throw Malformed(description: "unknown shell block \"\(line)\"") }
                        open = Block(place: words.count == 2 ? words[1] : nil, text: "")
                    }
                }
            } else {
                open?.text += line + "\n"
            }
        }
        guard !fence else { throw Malformed(description: "a fence is not closed") }
        for place in blocks.compactMap(\.place) where place.wholeMatch(of: /(terminal|laptop)-[1-9]/) == nil {
            throw Malformed(description: "unknown place \"\(place)\" of a shell block")
        }
        self.blocks = blocks
    }

    var steps: [Step] {
        var steps: [Step] = []
        for block in blocks {
            if let place = block.place, let kind = place.split(separator: "-").first, let last = steps.last?.blocks,
                last.allSatisfy({ $0.place?.hasPrefix(kind) == true && $0.place != place })
            {
                steps[steps.count - 1].blocks.append(block)
            } else {
                steps.append(Step(blocks: [block]))
            }
        }
        return steps
    }

    /// The commands without comments, which may be translated.
    var commands: [String] {
        blocks.map { block in
            let lines = block.text.split(separator: "\n").map { line in
                // A comment begins a line or stands after two spaces or more.
                line.replacing(/(^|\s\s+)#\s.*$/, with: "").replacing(/\s+$/, with: "")
            }
            return (block.place ?? "sh") + "\n" + lines.filter { !$0.isEmpty }.joined(separator: "\n")
        }
    }
}

extension Guide {
    /// The whole guide as one shell script: neighbouring shells run at the same time and all have to succeed.
    var script: String {
        var number = 0
        func marked(_ block: Block) -> String {
            number += 1
            return "echo '[block \(number)]' >&2\n\(block.text)"
        }
        return steps.map { step in
            if step.blocks.count == 1, step.blocks[0].place == nil { return marked(step.blocks[0]) }
            // Both laptops are this machine.
            let shells = step.blocks.map { "(\n\(marked($0).replacing(/[a-z0-9-]+\.example\b/, with: "127.0.0.1"))) &\nshells+=($!)\n" }
            return "shells=()\n\(shells.joined())for shell in ${shells[@]}; do wait $shell; done\n"
        }.joined()
    }

    /// Runs it in `scratch`, which then looks like a clone: `Examples` and `Protocols` can be read in it, and the built programs are on PATH.
    func run(in scratch: Scratch) async throws -> Finished {
        for name in ["Examples", "Protocols"] where !FileManager.default.fileExists(atPath: scratch.file(name)) {
            try FileManager.default.createSymbolicLink(
                atPath: scratch.file(name), withDestinationPath: repositoryRoot.appending(path: name).path)
        }
        let file = try scratch.write("guide.sh", script)
        return try await Running(
            "/bin/bash", ["-e", file], environment: ["PATH": "\(Program.folder):/usr/local/bin:/usr/bin:/bin", "HOME": scratch.path, "LC_ALL": "C.UTF-8"],
            folder: scratch.path
        ).finish()
    }
}
