import Evaluation
import Foundation
import HTMLReport
import Testing

@Suite struct ReportTests {
    static let page = EvaluationReport.page(Samples.full(), in: .english)

    /// What a browser would fetch: attributes and style rules that name a place, but for anchors of the page itself.
    static func references(in page: String) -> [String] {
        let patterns = [#"(?:src|href|action|data|poster|srcset|background)\s*=\s*"([^"]*)""#, #"url\(([^)]*)\)"#, #"@import\s+([^;]*);"#]
        return patterns.flatMap { pattern in
            let expression = try! NSRegularExpression(pattern: pattern)
            return expression.matches(in: page, range: NSRange(page.startIndex..., in: page)).map {
                String(page[Range($0.range(at: 1), in: page)!])
            }
        }.filter { !$0.hasPrefix("#") }
    }

    @Test func thePageFetchesNothingAndRunsNothing() {
        #expect(Self.references(in: Self.page) == [])
        #expect(Self.references(in: #"<img src="http://a/b"><p style="background:url(c)">"#) == ["http://a/b", "c"])
        for word in ["<script", "<link", "<iframe", "<img", "javascript:", "onclick"] { #expect(!Self.page.contains(word), "\(word)") }
        #expect(Self.page.contains("default-src 'none'"))
    }

    @Test func hostileTextOfADocumentStaysText() throws {
        var document = Samples.full()
        let hostile = "</span><script>alert(1)</script>\""
        document.environment.cpu = hostile
        document.notes = [.init(.note, about: hostile, hostile)]
        document.measurements[0].operation = hostile
        document.measurements[0].parameters = [hostile: hostile]
        document.measurements[0].protocolName = hostile
        document.measurements[0].accuracy.checked = hostile
        document.peers = [Samples.peer(hostile, hostile, 1, nil), Samples.peer("yinhe-ot", "yinhe 0.1.0", 1, nil)]
        let page = EvaluationReport.page(document, in: .chinese)
        #expect(!page.contains("<script"))
        #expect(page.contains("&lt;script&gt;alert(1)"))
    }

    @Test func everyPlotIsThereWithItsConditions() {
        for name in ["time-size", "bytes-size", "network-profiles", "phases", "formula", "threads", "peer-time", "peer-bytes"] {
            #expect(Self.page.contains("<svg class=\"plot \(name)\""), "\(name)")
        }
        let figures = Self.page.components(separatedBy: "<figure").dropFirst()
        #expect(figures.count >= 8)
        for figure in figures {
            let caption = figure.components(separatedBy: "</figcaption>")[0]
            #expect(caption.contains("Example CPU"))
        }
    }

    @Test func aPeerIsDividedByTheSystemItNames() {
        // 1.12 / 0.56, not 1.12 / 2.8; bytes 32 / 40.
        #expect(Self.page.contains(">2.00×</text>") && !Self.page.contains(">0.400×</text>"))
        #expect(Self.page.contains(">0.800×</text>"))
    }

    @Test func coordinatesStayInsideTheDrawing() throws {
        let expression = try NSRegularExpression(pattern: #"(?:x|x1|x2|cx)="(-?[0-9.]+)""#)
        let values = expression.matches(in: Self.page, range: NSRange(Self.page.startIndex..., in: Self.page)).map {
            Double(Self.page[Range($0.range(at: 1), in: Self.page)!])!
        }
        #expect(values.count > 100)
        for value in values { #expect((0...Charts.width).contains(value), "\(value)") }
    }

    @Test func aDocumentOfNothingStillGivesAPage() {
        var document = Samples.document([])
        document.networkProfiles = []
        document.notes = []
        let page = EvaluationReport.page(document, in: .chinese)
        #expect(page.contains("技术评估报告") && page.contains("<html lang=\"zh-CN\">") && !page.contains("NaN"))
    }

    @Test func chineseAndEnglishHaveTheSameParts() {
        let en = Self.page.components(separatedBy: "<span lang=\"en\">").count, zh = Self.page.components(separatedBy: "<span lang=\"zh\">").count
        #expect(en == zh && en > 150)
        for chapter in ["subject", "environment", "technical", "security", "performance", "peers", "notes", "closing"] {
            #expect(Self.page.contains("<section id=\"\(chapter)\"") && Self.page.contains("href=\"#\(chapter)\""))
        }
    }
}
