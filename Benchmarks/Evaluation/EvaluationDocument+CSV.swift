extension EvaluationDocument {
    /// Columns of evaluation.csv; Benchmarks/evaluation-schema.md says what they hold.
    package static let csvColumns = [
        "area", "operation", "protocol", "parameters", "size", "unit", "threads", "parties", "network", "network_how",
        "network_bits_per_second", "network_round_trip_ms", "runs", "warm_ups", "seconds_median", "seconds_min", "seconds_max",
        "seconds_spread", "cpu_seconds", "phases", "bytes_sent", "rounds", "peak_memory_bytes", "formula_bytes", "formula_source",
        "accuracy_checked", "accuracy_error", "accuracy_tolerance", "security_computational_bits", "security_statistical_bits",
        "adversary", "noisy",
    ]

    /// A header and a line a measurement; fields quoted where RFC 4180 wants it, lines ended by a line feed.
    package func csv() -> String {
        let profiles = Dictionary(networkProfiles.map { ($0.name, $0) }) { first, _ in first }
        func number(_ x: Double?) -> String { x.map { $0 == $0.rounded() && abs($0) < 1e15 ? String(Int($0)) : String($0) } ?? "" }
        let lines = measurements.map { m -> [String] in
            let network = profiles[m.network]
            return [
                m.area.rawValue, m.operation, m.protocolName,
                m.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "),
                String(m.size), m.unit, String(m.threads), String(m.parties), m.network, network?.how.rawValue ?? "",
                number(network?.bitsPerSecond), number(network?.roundTripMilliseconds), String(m.runs), String(m.warmUps),
                number(m.seconds.median), number(m.seconds.min), number(m.seconds.max), number(m.seconds.spread), number(m.cpuSeconds),
                m.phases.map { "\($0.name)=\($0.seconds)" }.joined(separator: ";"), String(m.bytesSent), String(m.rounds),
                String(m.peakMemoryBytes), number(m.formulaBytes), m.formulaSource ?? "", m.accuracy.checked, number(m.accuracy.error),
                number(m.accuracy.tolerance), m.security.computational.map(String.init) ?? "",
                m.security.statistical.map(String.init) ?? "", m.security.adversary, m.isNoisy ? "yes" : "no",
            ]
        }
        return ([Self.csvColumns] + lines).map { $0.map(Self.field).joined(separator: ",") + "\n" }.joined()
    }

    private static func field(_ text: String) -> String {
        guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
