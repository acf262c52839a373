import HTMLReport

extension EvaluationPage {
    typealias Measurement = EvaluationDocument.Measurement

    var performance: HTML {
        let areas = EvaluationDocument.Area.allCases.filter { area in document.measurements.contains { $0.area == area } }
        let parts = areas.map { area -> HTML in
            let all = document.measurements.filter { $0.area == area }
            return """
                <h3 id="area-\(area.rawValue)">\(ReportTerms.area(area))</h3>
                \(sizeFigures(all))\(networkFigure(all))\(phaseFigures(all))\(formulaFigure(all))\(threadFigure(all))\(figures(all))
                <div class="fields">\(Self.field(Phrase(en: "Remarks of the tester", zh: "测试人员备注")))</div>

                """
        }
        return Self.numbered(
            "performance",
            """
            \(Self.soft(Phrase(
                en: "Delay is the elapsed time of a whole operation, throughput is size over delay, and precision is the deviation from the plain computation in the column “error”.",
                zh: "计算时延为一次完整运算的耗时，吞吐量为规模除以时延，计算精度见“误差”列，即与明文计算结果的偏差。")))
            \(parts)
            """)
    }

    /// The network over which sizes and threads are compared: the first without limits, else the first.
    var plainNetwork: String {
        (document.networkProfiles.first { $0.how == .loopback } ?? document.networkProfiles.first)?.name ?? ""
    }

    /// The fewest threads, which leaves each party a core of its own; over the plain network.
    private func plain(_ all: [Measurement]) -> [Measurement] {
        let here = all.filter { $0.network == plainNetwork }
        let base = here.isEmpty ? all.filter { $0.network == all.first?.network } : here
        var fewest: [String: Int] = [:]
        for m in base { fewest[m.operation + m.protocolName] = min(fewest[m.operation + m.protocolName] ?? m.threads, m.threads) }
        return base.filter { $0.threads == fewest[$0.operation + $0.protocolName] }
    }

    // MARK: Against size

    private func sizeFigures(_ all: [Measurement]) -> HTML {
        let figures = MeasurementSeries.figures(MeasurementSeries.of(plain(all)))
        return "\(figures.map { group in timeFigure(group) + byteFigure(group) })"
    }

    private func timeFigure(_ group: [MeasurementSeries]) -> HTML {
        let keys = group.map(\.key), measurements = group.flatMap(\.measurements)
        let title = Phrase(en: "Time against size", zh: "耗时与规模")
        guard group.contains(where: { $0.measurements.count > 1 }) else {
            let bars = group.map { one in
                (MeasurementSeries.name(one.key, among: keys) , one.largest.seconds.median,
                    "\(Self.time(one.largest.seconds.median)), n = \(Numbers.grouped(one.largest.size))")
            }
            return figure("time", Phrase(en: "Time", zh: "耗时"), measurements, Charts.lengths(bars))
        }
        let series = group.enumerated().map { i, one in
            Charts.Series(
                name: MeasurementSeries.name(one.key, among: keys),
                points: one.measurements.map { .init(x: Double($0.size), y: $0.seconds.median, low: $0.seconds.min, high: $0.seconds.max) },
                colour: Charts.colour(i))
        }
        return figure(
            "time", title, measurements,
            Charts.logLog(series, x: Self.sizes(group[0].key.unit), y: Self.seconds, class: "time-size"))
    }

    private func byteFigure(_ group: [MeasurementSeries]) -> HTML {
        let keys = group.map(\.key)
        let sending = group.filter { $0.measurements.contains { $0.bytesSent > 0 } }
        guard sending.contains(where: { $0.measurements.count > 1 }) else { return "" }
        var series: [Charts.Series] = []
        for (i, one) in group.enumerated() where one.measurements.contains(where: { $0.bytesSent > 0 }) {
            series.append(.init(
                name: MeasurementSeries.name(one.key, among: keys),
                points: one.measurements.map { .init(x: Double($0.size), y: Double($0.bytesSent)) }, colour: Charts.colour(i)))
        }
        let measured = series.count
        for (i, one) in group.enumerated() {
            let points = one.measurements.compactMap { m in m.formulaBytes.map { Charts.Series.Point(x: Double(m.size), y: $0) } }
            if points.count > 1 {
                series.append(.init(name: Phrase(""), points: points, colour: Charts.colour(i), isDashed: true, hasMarkers: false))
            }
        }
        if series.count > measured { series[measured].name = Phrase(en: "formula of the specification or paper", zh: "规范或论文中的公式") }
        return figure(
            "bytes", Phrase(en: "Bytes sent by all parties against size", zh: "各方发送总字节数与规模"), sending.flatMap(\.measurements),
            Charts.logLog(
                series, x: Self.sizes(group[0].key.unit),
                y: .init(Phrase(en: "bytes", zh: "字节")) { Numbers.bytes(Int($0)) }, class: "bytes-size"))
    }

    static func sizes(_ unit: String) -> Charts.Scale {
        let name = ReportTerms.unit(unit)
        return .init(Phrase(en: "size, \(name.en) of each party", zh: "规模（每方\(name.zh)数）")) { Numbers.decimal($0, digits: 0) }
    }

    static var seconds: Charts.Scale { .init(Phrase(en: "time (median; whiskers: least and largest)", zh: "耗时（中位数；误差线为最小与最大值）")) { time($0) } }

    // MARK: Networks, phases, formula, threads

    private func networkFigure(_ all: [Measurement]) -> HTML {
        var groups: [[Measurement]] = []
        for one in MeasurementSeries.of(all.filter { $0.network == plainNetwork }) {
            // The largest size that was measured over most networks.
            let candidates = one.measurements.map { m in
                document.networkProfiles.compactMap { profile in all.first { other in
                    var key = other.key
                    key.network = m.network
                    return other.network == profile.name && key == m.key
                } }
            }
            if let best = candidates.enumerated().max(by: { ($0.element.count, $0.offset) < ($1.element.count, $1.offset) })?.element,
                best.count > 1
            {
                groups.append(best)
            }
        }
        guard !groups.isEmpty else { return "" }
        let names = document.networkProfiles.map(\.name).filter { name in groups.contains { $0.contains { $0.network == name } } }
        let keys = MeasurementSeries.of(groups.map { $0[0] }).map(\.key)
        let rows = groups.map { group -> Charts.DotRow in
            let name = MeasurementSeries.name(MeasurementSeries.of([group[0]])[0].key, among: keys)
            let size = "n = " + Numbers.grouped(group[0].size)
            return .init(
                label: Phrase(en: "\(name.en), \(size)", zh: "\(name.zh)，\(size)"),
                dots: group.map { m in .init(series: names.firstIndex(of: m.network)!, value: m.seconds.median, low: m.seconds.min, high: m.seconds.max) })
        }
        return figure(
            "networks", Phrase(en: "Time over each network", zh: "各网络条件下的耗时"), groups.flatMap { $0 },
            Charts.dotRows(
                rows, names: names.map(networkText),
                scale: .init(Phrase(en: "time", zh: "耗时")) { Self.time($0) }, class: "network-profiles"), network: false)
    }

    private func networkText(_ name: String) -> Phrase {
        guard let p = document.networkProfiles.first(where: { $0.name == name }) else { return Phrase(name) }
        let term = ReportTerms.network(name)
        guard p.bitsPerSecond != nil || p.roundTripMilliseconds > 0 else { return term }
        let limits = [p.bitsPerSecond.map(Self.rate), Self.milliseconds(p.roundTripMilliseconds)].compactMap { $0 }.joined(separator: ", ")
        return Phrase(en: "\(term.en) (\(limits))", zh: "\(term.zh)（\(limits)）")
    }

    private func phaseFigures(_ all: [Measurement]) -> HTML {
        let largest = MeasurementSeries.of(plain(all)).map(\.largest).filter { $0.phases.count > 1 }
        var order: [[String]] = [], groups: [[String]: [Measurement]] = [:]
        for m in largest {
            let names = m.phases.map(\.name)
            if groups[names] == nil { order.append(names) }
            groups[names, default: []].append(m)
        }
        let drawn = order.map { names -> HTML in
            let group = groups[names]!
            let keys = MeasurementSeries.of(group).map(\.key)
            let bars = group.map { m -> Charts.Bar in
                let name = MeasurementSeries.name(MeasurementSeries.of([m])[0].key, among: keys)
                return .init(label: name, parts: m.phases.map(\.seconds), text: Self.time(m.phases.reduce(0) { $0 + $1.seconds }))
            }
            return figure(
                "phases", Phrase(en: "Time by phase, at the largest size", zh: "各阶段耗时（最大规模）"), group,
                Charts.stacked(bars, names: names.map(ReportTerms.phase), class: "phases"))
        }
        return "\(drawn)"
    }

    private func formulaFigure(_ all: [Measurement]) -> HTML {
        let with = MeasurementSeries.of(plain(all)).compactMap { one in one.measurements.last { $0.formulaBytes ?? 0 > 0 && $0.bytesSent > 0 } }
        guard !with.isEmpty else { return "" }
        let keys = MeasurementSeries.of(with).map(\.key)
        let items = with.map { m -> (Phrase, Double, String) in
            let ratio = Double(m.bytesSent) / m.formulaBytes!
            let name = MeasurementSeries.name(MeasurementSeries.of([m])[0].key, among: keys)
            return (name, ratio, Numbers.decimal(ratio, digits: 3) + "×")
        }
        let sources = Set(with.compactMap(\.formulaSource)).sorted().joined(separator: "; ")
        return figure(
            "formula", Phrase(en: "Bytes sent, over the bytes of the formula, at the largest size", zh: "实际字节数与公式字节数之比（最大规模）"), with,
            Charts.ratios(items.map { (label: $0.0, ratio: $0.1, text: $0.2) }, class: "formula")
                + Self.soft(Phrase(en: "Formulas: \(sources).", zh: "公式来源：\(sources)。")))
    }

    private func threadFigure(_ all: [Measurement]) -> HTML {
        let here = all.filter { $0.network == plainNetwork }
        var rows: [Charts.DotRow] = [], used: [Measurement] = []
        let counts = Set(here.map(\.threads)).sorted()
        guard counts.count > 1 else { return "" }
        let bases = MeasurementSeries.of(here.filter { $0.threads == counts[0] })
        for one in bases {
            let m = one.largest
            let same = here.filter { other in
                var key = other.key
                key.threads = m.threads
                return key == m.key
            }
            guard same.count > 1 else { continue }
            used += same
            let name = MeasurementSeries.name(one.key, among: bases.map(\.key)), size = "n = " + Numbers.grouped(m.size)
            rows.append(.init(
                label: Phrase(en: "\(name.en), \(size)", zh: "\(name.zh)，\(size)"),
                dots: same.map { .init(series: counts.firstIndex(of: $0.threads)!, value: $0.seconds.median, low: $0.seconds.min, high: $0.seconds.max) }))
        }
        guard !rows.isEmpty else { return "" }
        return figure(
            "threads", Phrase(en: "Time by threads of a party", zh: "耗时与每方线程数"), used,
            Charts.dotRows(
                rows, names: counts.map { Phrase(en: "\($0) thread(s)", zh: "\($0) 线程") },
                scale: .init(Phrase(en: "time", zh: "耗时")) { Self.time($0) }, class: "threads"))
    }

    // MARK: The frame of a figure, the table

    /// A drawing under its title and the conditions that hold for all of it.
    func figure(_ kind: String, _ title: Phrase, _ measurements: [Measurement], _ drawing: HTML, network: Bool = true) -> HTML {
        let e = document.environment
        func span(_ values: [Int]) -> String {
            guard let low = values.min(), let high = values.max() else { return "–" }
            return low == high ? "\(low)" : "\(low)–\(high)"
        }
        let threads = span(measurements.map(\.threads)), runs = span(measurements.map(\.runs)), parties = span(measurements.map(\.parties))
        let spread = Numbers.percent(measurements.map(\.seconds.spread).max() ?? .nan, digits: 0)
        let networks = network ? Set(measurements.map(\.network)).sorted() : []
        let where_ = networks.map { networkText($0) }
        let en = ["\(e.cpu), \(e.cores) cores", "\(parties) process(es), \(threads) thread(s) each"] + where_.map(\.en)
            + ["\(runs) run(s), largest spread \(spread)", "every result equal to plaintext or within its tolerance"]
        let zh = ["\(e.cpu)，\(e.cores) 核", "\(parties) 个进程，每个 \(threads) 线程"] + where_.map(\.zh)
            + ["运行 \(runs) 次，最大波动 \(spread)", "结果均已与明文核对"]
        return """
            <figure class="\(kind)"><figcaption><b>\(title)</b><i>\(Phrase(
                en: en.joined(separator: " · "), zh: zh.joined(separator: " · ")))</i></figcaption>
            \(drawing)</figure>

            """
    }

    /// One block of rows for each operation, protocol and set of parameters.
    private func figures(_ all: [Measurement]) -> HTML {
        struct Work: Hashable {
            var operation: String
            var protocolName: String
            var parameters: [String: String]
            var parties: Int
            var unit: String
        }
        var order: [Work] = [], groups: [Work: [Measurement]] = [:]
        for m in all {
            let work = Work(
                operation: m.operation, protocolName: m.protocolName, parameters: m.parameters, parties: m.parties, unit: m.unit)
            if groups[work] == nil { order.append(work) }
            groups[work, default: []].append(m)
        }
        let head: [HTML] = [
            "n", "\(Phrase(en: "Network", zh: "网络"))", "\(Phrase(en: "Threads", zh: "线程"))", "\(Phrase(en: "Time", zh: "耗时"))",
            "\(Phrase(en: "Least – largest", zh: "最小 – 最大"))", "\(Phrase(en: "Spread", zh: "波动"))", "\(Phrase(en: "Per second", zh: "每秒"))",
            "\(Phrase(en: "CPU time", zh: "CPU 时间"))", "\(Phrase(en: "Sent", zh: "发送量"))", "\(Phrase(en: "Rounds", zh: "轮数"))",
            "\(Phrase(en: "Memory", zh: "内存峰值"))", "\(Phrase(en: "Error", zh: "误差"))",
        ]
        let blocks = order.map { work -> HTML in
            let group = groups[work]!, m = group[0]
            let operation = ReportTerms.operation(work.operation), parameters = ReportTerms.parameters(work.parameters)
            let unit = ReportTerms.unit(work.unit)
            let floor = [m.security.computational.map { "\($0) bit" }, m.security.statistical.map { "2^-\($0)" }].compactMap { $0 }
            let security = ReportTerms.adversary(m.security.adversary), level = floor.isEmpty ? "" : floor.joined(separator: ", ") + " · "
            let runs = Set(group.map(\.runs)).sorted().map(String.init).joined(separator: ", ")
            let text = parameters.isEmpty ? "" : " · " + parameters
            return """
                <tbody><tr class="group"><td colspan="12"><b>\(operation)</b> · \(work.protocolName)\(text) · \(Phrase(
                    en: "\(work.parties) process(es), n in \(unit.en), \(runs) runs", zh: "\(work.parties) 个进程，n 为\(unit.zh)数，运行 \(runs) 次"))
                <span class="floor">\(level)\(security)</span></td></tr>
                \(group.map(row))</tbody>

                """
        }
        let cells = head.enumerated().map { i, cell -> HTML in i == 1 ? "<th>\(cell)</th>" : "<th class=\"n\">\(cell)</th>" }
        return "<div class=\"scroll\"><table class=\"small figures\"><thead><tr>\(cells)</tr></thead>\n\(blocks)</table></div>\n"
    }

    private func row(_ m: Measurement) -> HTML {
        let star: HTML = m.isNoisy ? " *" : ""
        let cells: [HTML] = [
            "\(Numbers.grouped(m.size))", "\(ReportTerms.network(m.network))", "\(m.threads)", "<b>\(Self.time(m.seconds.median))</b>\(star)",
            "\(Self.time(m.seconds.min)) – \(Self.time(m.seconds.max))", "\(Numbers.percent(m.seconds.spread, digits: 0))",
            "\(Self.count(Double(m.size) / m.seconds.median))", "\(Self.time(m.cpuSeconds))", "\(m.bytesSent > 0 ? Numbers.bytes(m.bytesSent) : "–")",
            "\(m.rounds > 0 ? "\(m.rounds)" : "–")", "\(Self.memory(m.peakMemoryBytes))", "\(Self.error(m.accuracy))",
        ]
        let drawn = cells.enumerated().map { i, cell -> HTML in i == 1 ? "<td class=\"nowrap\">\(cell)</td>" : "<td class=\"n\">\(cell)</td>" }
        return "<tr>\(drawn)</tr>\n"
    }

    static func count(_ value: Double) -> String {
        switch value {
        case 1e9...: Numbers.significant(value / 1e9) + " G"
        case 1e6...: Numbers.significant(value / 1e6) + " M"
        case 1e4...: Numbers.significant(value / 1e3) + " k"
        default: Numbers.significant(value)
        }
    }

    static func error(_ accuracy: EvaluationDocument.Accuracy) -> String {
        accuracy.tolerance == 0 ? "0" : "\(Numbers.significant(accuracy.error)) ≤ \(Numbers.significant(accuracy.tolerance))"
    }
}
