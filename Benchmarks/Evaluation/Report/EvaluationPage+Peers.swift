import HTMLReport

extension EvaluationPage {
    typealias Peer = EvaluationDocument.PeerResult

    /// Lines about the same work, of which one at least is Yinhe's.
    struct Comparison {
        var results: [Peer]
        var first: Peer { results[0] }

        static func of(_ results: [Peer]) -> [Comparison] {
            struct Work: Hashable {
                var bench: String
                var op: String
                var n: Int
                var parameters: [String: String]
            }
            var order: [Work] = [], groups: [Work: [Peer]] = [:]
            for result in results {
                let work = Work(bench: result.bench, op: result.op, n: result.n, parameters: result.parameters)
                if groups[work] == nil { order.append(work) }
                groups[work, default: []].append(result)
            }
            return order.map { Comparison(results: groups[$0]!) }
        }

        /// What a peer's line is divided by: the system of Yinhe that it names, else the first.
        func reference(for peer: Peer) -> Peer? {
            results.first { $0.isYinhe && $0.system == peer.beside } ?? results.first(where: \.isYinhe)
        }
    }

    var peers: HTML {
        let open: HTML = "<div class=\"fields\">\(Self.field(Phrase(en: "Remarks of the tester", zh: "测试人员备注")))</div>"
        guard let results = document.peers, !results.isEmpty else {
            return Self.numbered(
                "peers",
                Self.soft(Phrase(
                    en: "No other system was measured in this session. `make peers` measures them; `yinhe-bench report --peers FILE…` adds them.",
                    zh: "本次未测量其他系统。执行 `make peers` 进行测量，再用 `yinhe-bench report --peers FILE…` 加入报告。")) + open)
        }
        let comparisons = Comparison.of(results)
        var benches: [String] = []
        for c in comparisons where !benches.contains(c.first.bench) { benches.append(c.first.bench) }
        let parts = benches.map { bench -> HTML in
            let here = comparisons.filter { $0.first.bench == bench }
            return "<h3>\(Self.bench(bench))</h3>\n\(ratios(here))\(table(here))"
        }
        return Self.numbered(
            "peers",
            """
            \(Self.soft(Phrase(
                en: "Both sides ran in turns on the machine of chapter 2. A bar to the right: the other system takes that many times as long as Yinhe; to the left: Yinhe takes longer. Benchmarks/Peers/README.md says what each comparison counts.",
                zh: "各系统在第 2 章所述机器上轮流运行。条形向右表示其他系统耗时为隐合的若干倍，向左表示隐合更慢。各项对比的口径见 Benchmarks/Peers/README.md。")))
            \(parts)\(open)
            """)
    }

    private static func bench(_ name: String) -> Phrase {
        let names = [
            "peers-psi": Phrase(en: "Private set intersection", zh: "安全求交"), "peers-share": Phrase(en: "Computation on shares", zh: "秘密分享计算"),
            "peers-paillier": Phrase(en: "Paillier", zh: "Paillier 同态加密"), "peers-noise": Phrase(en: "Noise of differential privacy", zh: "差分隐私噪声"),
        ]
        return names[name] ?? Phrase(name)
    }

    private func ratios(_ comparisons: [Comparison]) -> HTML {
        var time: [(label: Phrase, ratio: Double, text: String)] = [], bytes = time
        for c in comparisons {
            for peer in c.results where !peer.isYinhe && peer.correct {
                guard let reference = c.reference(for: peer), reference.correct else { continue }
                let op = ReportTerms.operation(peer.op)
                let size = peer.n > 1 ? ", n = " + Numbers.grouped(peer.n) : ""
                let pair = "\(peer.system) / \(reference.system)"
                let label = Phrase(en: "\(op.en)\(size): \(pair)", zh: "\(op.zh)\(size)：\(pair)")
                let ratio = peer.seconds / reference.seconds
                time.append((label, ratio, Numbers.significant(ratio) + "×"))
                if let sent = peer.bytes, let own = reference.bytes, sent > 0, own > 0 {
                    let ratio = Double(sent) / Double(own)
                    bytes.append((label, ratio, Numbers.significant(ratio) + "×"))
                }
            }
        }
        let versions = Set(comparisons.flatMap { $0.results.map(\.version) }).sorted().joined(separator: ", ")
        func drawn(_ kind: String, _ title: Phrase, _ items: [(label: Phrase, ratio: Double, text: String)]) -> HTML {
            items.isEmpty ? "" : """
                <figure class="\(kind)"><figcaption><b>\(title)</b><i>\(document.environment.cpu) · \(versions)</i></figcaption>
                \(Charts.ratios(items, class: kind))</figure>

                """
        }
        return drawn("peer-time", Phrase(en: "Time of the other system over Yinhe's", zh: "其他系统耗时 / 隐合耗时"), time)
            + drawn("peer-bytes", Phrase(en: "Bytes of the other system over Yinhe's", zh: "其他系统字节数 / 隐合字节数"), bytes)
    }

    private func table(_ comparisons: [Comparison]) -> HTML {
        let head: [HTML] = [
            "\(Phrase(en: "Work", zh: "工作"))", "\(Phrase(en: "System", zh: "系统"))", "\(Phrase(en: "Version", zh: "版本"))",
            "\(Phrase(en: "Time", zh: "耗时"))", "\(Phrase(en: "Least – largest", zh: "最小 – 最大"))", "\(Phrase(en: "Clock", zh: "计时"))",
            "\(Phrase(en: "Runs", zh: "次数"))", "\(Phrase(en: "Threads", zh: "线程"))", "\(Phrase(en: "Sent", zh: "发送量"))",
            "\(Phrase(en: "Memory", zh: "内存"))", "\(Phrase(en: "Result", zh: "结果"))",
        ]
        let rows = comparisons.flatMap { c in
            c.results.enumerated().map { i, r -> [HTML] in
                let parameters = ReportTerms.parameters(r.parameters)
                let size = r.n > 1 ? ", n = \(Numbers.grouped(r.n))" : ""
                let work: HTML = i > 0 ? "" : "<b>\(ReportTerms.operation(r.op))</b>\(size)<br><span class=\"soft\">\(parameters)</span>"
                let verdict: HTML = r.correct
                    ? "<span class=\"yes\">\(Phrase(en: "right", zh: "正确"))</span>" : "<span class=\"bad\">\(Phrase(en: "WRONG", zh: "错误"))</span>"
                let clock = r.clock == .elapsed ? Phrase(en: "elapsed", zh: "实际经过") : Phrase(en: "processor", zh: "处理器")
                return [
                    work, "\(r.system)", "\(r.version)", "\(Self.time(r.seconds))", "\(Self.time(r.secondsMin)) – \(Self.time(r.secondsMax))",
                    "\(clock)", "\(r.runs)", "\(r.threads.map(String.init) ?? "–")", "\(r.bytes.map(Numbers.bytes) ?? "–")",
                    "\(r.peakMemoryBytes.map(Self.memory) ?? "–")", verdict,
                ]
            }
        }
        return HTML.table(head, numeric: [3, 4, 6, 7, 8, 9], rows: rows, class: "small")
    }
}
