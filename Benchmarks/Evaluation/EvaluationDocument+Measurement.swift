extension EvaluationDocument {
    package enum Area: String, Codable, Sendable, CaseIterable {
        /// Basic arithmetic on secret shares, 基础运算.
        case arithmetic
        /// Statistics over several parties' tables, 联合统计.
        case statistics
        /// Private set intersection, 安全求交.
        case psi
        /// Additively homomorphic encryption and aggregation, 同态加密.
        case paillier
        /// Noise of differential privacy, 差分隐私.
        case noise
        /// The channel between two parties.
        case transport
    }

    /// One operation at one size, number of threads and network. Set-up and the making of correlated randomness are inside.
    package struct Measurement: Codable, Sendable, Equatable {
        package var area: Area
        package var operation: String
        package var protocolName: String
        /// What else selects the work: bits, ring, scale, groups.
        package var parameters: [String: String]
        /// Number of `unit`s of each party.
        package var size: Int
        /// elements, rows, tokens, ciphertexts, values, samples, bytes, messages.
        package var unit: String
        /// Of each party.
        package var threads: Int
        /// Operating-system processes that took part, a dealer included.
        package var parties: Int
        /// Name of a network profile of the document.
        package var network: String
        /// Measured runs, after `warmUps` others.
        package var runs: Int
        package var warmUps: Int
        /// Elapsed time of the later party.
        package var seconds: Spread
        /// Processor time of all parties, of the median run.
        package var cpuSeconds: Double
        /// In order of time; of the median run. Their seconds add up to that run's.
        package var phases: [Phase]
        /// By all parties, framing included.
        package var bytesSent: Int
        /// Largest number of turns from sending to waiting of any party.
        package var rounds: Int
        /// Largest resident set of any party, inputs included.
        package var peakMemoryBytes: Int
        /// What the specification's or the paper's formula gives for `bytesSent`, where there is one.
        package var formulaBytes: Double?
        package var formulaSource: String?
        package var accuracy: Accuracy
        package var security: SecurityFloor
        /// Measured on a machine that was too noisy, and reported because that was asked for.
        package var isNoisy: Bool

        enum CodingKeys: String, CodingKey {
            case area, operation
            case protocolName = "protocol"
            case parameters, size, unit, threads, parties, network, runs, warmUps, seconds, cpuSeconds, phases, bytesSent, rounds
            case peakMemoryBytes, formulaBytes, formulaSource, accuracy, security, isNoisy
        }

        package init(
            area: Area, operation: String, protocolName: String, parameters: [String: String] = [:], size: Int, unit: String,
            threads: Int, parties: Int, network: String, runs: Int, warmUps: Int, seconds: Spread, cpuSeconds: Double,
            phases: [Phase] = [], bytesSent: Int, rounds: Int, peakMemoryBytes: Int, formulaBytes: Double? = nil,
            formulaSource: String? = nil, accuracy: Accuracy, security: SecurityFloor, isNoisy: Bool = false
        ) {
            self.area = area
            self.operation = operation
            self.protocolName = protocolName
            self.parameters = parameters
            self.size = size
            self.unit = unit
            self.threads = threads
            self.parties = parties
            self.network = network
            self.runs = runs
            self.warmUps = warmUps
            self.seconds = seconds
            self.cpuSeconds = cpuSeconds
            self.phases = phases
            self.bytesSent = bytesSent
            self.rounds = rounds
            self.peakMemoryBytes = peakMemoryBytes
            self.formulaBytes = formulaBytes
            self.formulaSource = formulaSource
            self.accuracy = accuracy
            self.security = security
            self.isNoisy = isNoisy
        }
    }

    package struct Phase: Codable, Sendable, Equatable {
        package var name: String
        package var seconds: Double
        /// By all parties; nil where a phase's bytes are not told apart.
        package var bytes: Int?

        package init(_ name: String, seconds: Double, bytes: Int? = nil) {
            self.name = name
            self.seconds = seconds
            self.bytes = bytes
        }
    }

    /// How the result was compared with a plain computation. A document holds only measurements that passed.
    package struct Accuracy: Codable, Sendable, Equatable {
        /// English: against what, and how many values.
        package var checked: String
        /// The largest deviation found, in the unit that `checked` names; 0 for an exact comparison.
        package var error: Double
        package var tolerance: Double
        package var passed: Bool

        package init(checked: String, error: Double, tolerance: Double, passed: Bool) {
            self.checked = checked
            self.error = error
            self.tolerance = tolerance
            self.passed = passed
        }
    }

    /// What the measured parameters are worth.
    package struct SecurityFloor: Codable, Sendable, Equatable {
        /// Bits; nil where nothing rests on a computational assumption.
        package var computational: Int?
        /// Bits; nil where the protocol has no statistical error.
        package var statistical: Int?
        /// semi-honest, malicious, none (an operation of one party), and what else is assumed (a dealer who does not collude).
        package var adversary: String

        package init(computational: Int?, statistical: Int?, adversary: String) {
            self.computational = computational
            self.statistical = statistical
            self.adversary = adversary
        }
    }
}
