import Evaluation
import Foundation
import HTMLReport
import Testing

/// Headless Chromium, where it is installed.
enum Browser {
    static let path: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for name in ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"] {
            for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") { return "\(folder)/\(name)" }
        }
        print("browser tests are left out: no chromium on PATH (Debian: apt-get install chromium)")
        return nil
    }()

    /// Standard output of one run on the page; the profile is thrown away. Output goes to a file, because a pipe could fill.
    static func run(_ arguments: [String], _ page: String, in folder: URL) throws -> String {
        let file = folder.appending(path: "page.html"), output = folder.appending(path: "output.txt")
        try Data(page.utf8).write(to: file)
        #expect(FileManager.default.createFile(atPath: output.path, contents: nil))
        let process = Process()
        process.executableURL = URL(filePath: path!)
        process.arguments =
            ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--disable-dev-shm-usage",
                "--user-data-dir=\(folder.appending(path: "profile").path)"] + arguments + [file.absoluteString]
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        let deadline = Date(timeIntervalSinceNow: 120)
        while process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.05) }
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            Issue.record("the browser did not end in two minutes")
        }
        process.waitUntilExit()
        return try String(contentsOf: output, encoding: .utf8)
    }

    static func inFolder<R>(_ body: (URL) throws -> R) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "yinhe-browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }
}

@Suite(.serialized, .enabled(if: Browser.path != nil, "no chromium is installed")) struct BrowserTests {
    @Test func theRenderedPageHasItsPlotsAndNoReferenceToTheNetwork() throws {
        let dom = try Browser.inFolder { try Browser.run(["--dump-dom"], EvaluationReport.page(Samples.full(), in: .english), in: $0) }
        for name in ["time-size", "bytes-size", "network-profiles", "phases", "formula", "threads", "peer-time", "peer-bytes"] {
            let parts = dom.components(separatedBy: "<svg class=\"plot \(name)\"").dropFirst()
            #expect(!parts.isEmpty, "\(name)")
            for part in parts {
                let drawing = part.components(separatedBy: "</svg>")[0]
                // Parsed as SVG, with something drawn.
                #expect(drawing.contains("<text") && (drawing.contains("<path") || drawing.contains("<rect")), "\(name)")
            }
        }
        #expect(ReportTests.references(in: dom) == [])
        #expect(dom.components(separatedBy: "type=\"text\"").count > 20, "fields of the tester")
    }

    @Test(arguments: [Language.english, .chinese]) func thePageIsDrawnInEachLanguage(_ language: Language) throws {
        let page = EvaluationReport.page(Samples.full(), in: language)
        let (image, other) = try Browser.inFolder { folder -> (Data, Data) in
            func shot(_ page: String) throws -> Data {
                let file = folder.appending(path: "page.png")
                _ = try Browser.run(["--window-size=1100,3000", "--screenshot=\(file.path)"], page, in: folder)
                return try Data(contentsOf: file)
            }
            return (try shot(page), try shot(EvaluationReport.page(Samples.full(), in: language == .english ? .chinese : .english)))
        }
        #expect(image.starts(with: [0x89, 0x50, 0x4e, 0x47]) && image.count > 60_000, "\(image.count) bytes")
        #expect(image != other)
    }

    @Test func itPrintsToSeveralPagesOfPDF() throws {
        let pdf = try Browser.inFolder { folder -> Data in
            let file = folder.appending(path: "page.pdf")
            _ = try Browser.run(["--no-pdf-header-footer", "--print-to-pdf=\(file.path)"], EvaluationReport.page(Samples.full(), in: .chinese), in: folder)
            return try Data(contentsOf: file)
        }
        #expect(pdf.starts(with: Array("%PDF-".utf8)))
        let text = String(decoding: pdf, as: UTF8.self)
        // Every chapter begins a page.
        #expect(text.components(separatedBy: "/Type /Page\n").count + text.components(separatedBy: "/Type /Page ").count - 2 >= 8)
    }
}
