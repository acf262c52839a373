import HTMLReport

extension EvaluationPage {
    var environment: HTML {
        let e = document.environment
        let facts = HTML.facts([
            (Phrase(en: "Processor", zh: "处理器"), "\(e.cpu)"),
            (Phrase(en: "Cores", zh: "核数"), "\(e.cores)"),
            (Phrase(en: "Instruction sets used", zh: "使用的指令集"), "\(e.features.isEmpty ? "–" : e.features.joined(separator: " "))"),
            (Phrase(en: "Memory", zh: "内存"), "\(Self.memory(e.memoryBytes))"),
            (Phrase(en: "Operating system", zh: "操作系统"), "\(e.operatingSystem)"),
            (Phrase(en: "Kernel", zh: "内核"), "\(e.kernel)"),
            (Phrase(en: "Swift compiler", zh: "Swift 编译器"), "\(e.swiftVersion)"),
            (Phrase(en: "C compiler", zh: "C 编译器"), "\(e.cCompiler)"),
        ])
        let n = e.noise, l = e.load
        let load = HTML.facts([
            (Phrase(en: "Load before the run", zh: "测试前系统负载"), "\(Numbers.significant(l.averageBefore))"),
            (Phrase(en: "Cores busy with others, before", zh: "测试前其他程序占用核数"), "\(Numbers.significant(l.otherCoresBefore, figures: 2))"),
            (Phrase(en: "… during: median, largest", zh: "测试中其他程序占用核数（中位数、最大）"),
                "\(Numbers.significant(l.otherCoresMedian, figures: 2)), \(Numbers.significant(l.otherCoresLargest, figures: 2))"),
            (Phrase(en: "Time taken by the hypervisor", zh: "被宿主机占用的时间"), "\(Numbers.percent(l.stolen, digits: 2))"),
            (Phrase(en: "Calibration loop, spread", zh: "校准循环波动"),
                "\(Numbers.percent(n.calibration.spread)) (\(Phrase(en: "limit", zh: "上限")) \(Numbers.percent(n.spreadLimit, digits: 0)))"),
            (Phrase(en: "Drift of the clock speed", zh: "主频漂移"),
                "\(Numbers.percent(n.largestDrift)) (\(Phrase(en: "limit", zh: "上限")) \(Numbers.percent(n.driftLimit, digits: 0)))"),
        ])
        let head: [HTML] = [
            "\(Phrase(en: "Network", zh: "网络"))", "\(Phrase(en: "Rate, each way", zh: "单向带宽"))", "\(Phrase(en: "Round trip", zh: "往返时延"))",
            "\(Phrase(en: "Made by", zh: "实现方式"))", "\(Phrase(en: "Measured rate", zh: "实测带宽"))",
            "\(Phrase(en: "Measured round trip", zh: "实测往返时延"))",
        ]
        let rows = document.networkProfiles.map { p -> [HTML] in
            [
                "\(ReportTerms.network(p.name))", "\(p.bitsPerSecond.map(Self.rate) ?? "–")", "\(Self.milliseconds(p.roundTripMilliseconds))",
                "\(ReportTerms.means(p.how))", "\(p.measuredBitsPerSecond.map(Self.rate) ?? "–")",
                "\(p.measuredRoundTripMilliseconds.map(Self.milliseconds) ?? "–")",
            ]
        }
        return Self.numbered(
            "environment",
            """
            \(facts)
            <h3>\(Phrase(en: "How quiet the machine was", zh: "机器的稳定程度"))</h3>
            \(Self.soft(Phrase(
                en: "A fixed loop of arithmetic is timed before and after each block of measurements; above the limits a block is measured again, and refused if that does not help.",
                zh: "每组测量前后各对一段固定的算术循环计时；超过上限时该组重测，重测仍超限则不予报告。")))\(load)
            <h3>\(Phrase(en: "Networks", zh: "网络条件"))</h3>
            \(HTML.table(head, numeric: [1, 2, 4, 5], rows: rows))
            <div class="fields">\(Self.field(Phrase(en: "Remarks of the tester", zh: "测试人员备注")))</div>
            """)
    }

    static func memory(_ bytes: Int) -> String {
        let mebibytes = Double(bytes) / 1_048_576
        return mebibytes >= 1024 ? Numbers.significant(mebibytes / 1024) + " GiB" : Numbers.significant(mebibytes) + " MiB"
    }

    static func rate(_ bits: Double) -> String {
        switch bits {
        case 1e9...: Numbers.significant(bits / 1e9) + " Gb/s"
        case 1e6...: Numbers.significant(bits / 1e6) + " Mb/s"
        default: Numbers.significant(bits / 1e3) + " kb/s"
        }
    }

    static func milliseconds(_ value: Double) -> String { Numbers.significant(value) + " ms" }

    /// Down to microseconds: figures of three significant digits.
    static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<1e-3: Numbers.significant(seconds * 1e6) + " µs"
        case ..<1: Numbers.significant(seconds * 1e3) + " ms"
        default: Numbers.significant(seconds) + " s"
        }
    }
}
