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

    /// What tells a series from the others of a figure: the operation, then the protocol and parameters where others of the same
    /// operation have another.
    static func name(_ key: Key, among keys: [Key]) -> Phrase {
        let kin = keys.filter { $0.operation == key.operation }
        func differs<T: Hashable>(_ keys: [Key], _ field: (Key) -> T) -> Bool { Set(keys.map(field)).count > 1 }
        let operation = ReportTerms.operation(key.operation)
        var en: [String] = [], zh: [String] = []
        func add(_ text: String, _ chinese: String? = nil) {
            en.append(text)
            zh.append(chinese ?? text)
        }
        if differs(keys, \.operation) || !differs(keys, \.protocolName) { add(operation.en, operation.zh) }
        if differs(kin, \.protocolName) || keys.count == 1 { add(key.protocolName) }
        let twins = kin.filter { $0.protocolName == key.protocolName }
        for name in Set(twins.flatMap(\.parameters.keys)).sorted() where differs(twins, { $0.parameters[name] }) {
            if let value = key.parameters[name] { add("\(name) \(value)") }
        }
        if differs(twins, \.parties) { add("\(key.parties) processes", "\(key.parties) 个进程") }
        if differs(twins, \.threads) { add("\(key.threads) thread(s)", "\(key.threads) 线程") }
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
