extension EvaluationDocument {
    /// One system's side of a comparison: a line of a script in Benchmarks/Peers. Benchmarks/Peers/README.md describes the fields.
    package struct PeerResult: Codable, Sendable, Equatable {
        package enum Clock: String, Codable, Sendable, CaseIterable {
            /// From the start until the later party has its result.
            case elapsed
            /// What the processors of all parties worked.
            case processor
        }

        /// The comparison: peers-psi, peers-share, peers-paillier, peers-noise.
        package var bench: String
        package var op: String
        package var system: String
        /// Package and version, "spu 0.9.5"; Yinhe's own is "yinhe" and its version.
        package var version: String
        /// Items of `unit`, of each party.
        package var n: Int
        package var unit: String
        /// What else selects the work. Lines that agree in this, `bench`, `op` and `n` are of one comparison.
        package var parameters: [String: String]
        /// What is compared, for all `n`; correlated randomness is inside. The median of the runs, with the least and the largest.
        package var seconds: Double
        package var secondsMin: Double
        package var secondsMax: Double
        package var clock: Clock
        package var runs: Int
        /// Of all parties; nil where nothing is sent or nobody counted.
        package var bytes: Int?
        package var peakMemoryBytes: Int?
        /// Threads of a party; nil where the system chooses.
        package var threads: Int?
        package var correct: Bool
        /// Which of Yinhe's systems it is compared with; nil for the first one of the comparison.
        package var beside: String?

        enum CodingKeys: String, CodingKey {
            case bench, op, system, version, n, unit, parameters, clock, runs, threads, correct, beside
            case seconds = "compared_s"
            case secondsMin = "compared_min_s"
            case secondsMax = "compared_max_s"
            case bytes = "compared_bytes"
        case peakMemoryBytes = "peak_rss_bytes"
        }

        package init(
            bench: String, op: String, system: String, version: String, n: Int, unit: String, parameters: [String: String] = [:],
            seconds: Double, secondsMin: Double, secondsMax: Double, clock: Clock, runs: Int, bytes: Int? = nil,
            peakMemoryBytes: Int? = nil, threads: Int? = nil, correct: Bool, beside: String? = nil
        ) {
            (self.bench, self.op, self.system, self.version) = (bench, op, system, version)
            (self.n, self.unit, self.parameters) = (n, unit, parameters)
            (self.seconds, self.secondsMin, self.secondsMax, self.clock, self.runs) = (seconds, secondsMin, secondsMax, clock, runs)
            (self.bytes, self.peakMemoryBytes, self.threads) = (bytes, peakMemoryBytes, threads)
            (self.correct, self.beside) = (correct, beside)
        }

        package var isYinhe: Bool { system.hasPrefix("yinhe") }
    }
}
