import HTMLReport

/// Measurements that differ in size alone: one curve of a figure.
struct MeasurementSeries {
    typealias Measurement = EvaluationDocument.Measurement

    struct Key: Hashable {
        var area: EvaluationDocument.Area
        var operation: String
        var protocolName: String
        var parameters: [String: String]
        var threads: Int
        var parties: Int
        var network: String
        var unit: String
    }

    var key: Key
    /// By size.
    var measurements: [Measurement]

    var largest: Measurement { measurements.last! }

    /// In the order in which the document has the first of each.
    static func of(_ measurements: [Measurement]) -> [MeasurementSeries] {
        var order: [Key] = [], found: [Key: [Measurement]] = [:]
        for m in measurements {
            let key = Key(
                area: m.area, operation: m.operation, protocolName: m.protocolName, parameters: m.parameters, threads: m.threads,
                parties: m.parties, network: m.network, unit: m.unit)
            if found[key] == nil { order.append(key) }
            found[key, default: []].append(m)
        }
        return order.map { key in MeasurementSeries(key: key, measurements: found[key]!.sorted { $0.size < $1.size }) }
    }

    /// What tells a series from the others of a figure: the operation and protocol where they differ, and all parameters that differ.
    static func name(_ key: Key, among keys: [Key]) -> Phrase {
        func differs<T: Hashable>(_ field: (Key) -> T) -> Bool { Set(keys.map(field)).count > 1 }
        let operation = ReportTerms.operation(key.operation)
        var en: [String] = [], zh: [String] = []
        if differs(\.operation) || !differs(\.protocolName) { (en, zh) = ([operation.en], [operation.zh]) }
        if differs(\.protocolName) || key.protocolName != key.operation && keys.count == 1 {
            en.append(key.protocolName)
            zh.append(key.protocolName)
        }
        let named = Set(keys.flatMap { $0.parameters.keys }).filter { name in differs { $0.parameters[name] } }
        for name in named.sorted() {
            if let value = key.parameters[name] {
                en.append("\(name) \(value)")
                zh.append("\(name) \(value)")
            }
        }
        if differs(\.parties) { en.append("\(key.parties) processes"); zh.append("\(key.parties) 个进程") }
        if differs(\.threads) { en.append("\(key.threads) thread(s)"); zh.append("\(key.threads) 线程") }
        if differs(\.unit) { en.append(key.unit); zh.append(ReportTerms.unit(key.unit).zh) }
        return Phrase(en: en.joined(separator: " · "), zh: zh.joined(separator: " · "))
    }

    /// Groups of at most `limit` curves that are drawn together: by unit, then by protocol or operation where there are too many.
    static func figures(_ series: [MeasurementSeries], limit: Int = 8) -> [[MeasurementSeries]] {
        func split(_ series: [MeasurementSeries], by fields: [(MeasurementSeries) -> String]) -> [[MeasurementSeries]] {
            guard series.count > limit, let field = fields.first else {
                return stride(from: 0, to: series.count, by: limit).map { Array(series[$0..<min($0 + limit, series.count)]) }
            }
            var order: [String] = [], parts: [String: [MeasurementSeries]] = [:]
            for one in series {
                if parts[field(one)] == nil { order.append(field(one)) }
                parts[field(one), default: []].append(one)
            }
            return order.flatMap { split(parts[$0]!, by: Array(fields.dropFirst())) }
        }
        var units: [String] = []
        for one in series where !units.contains(one.key.unit) { units.append(one.key.unit) }
        return units.flatMap { unit in
            split(series.filter { $0.key.unit == unit }, by: [{ "\($0.key.threads)" }, { $0.key.protocolName }, { $0.key.operation }])
        }
    }
}
