import Foundation
import SandboxCore

/// Everything that one `yinhe-bench evaluate` found: what it ran on, what it measured, and what it refused to report. The JSON of
/// this type is described in Benchmarks/evaluation-schema.md; the HTML report is made from it alone.
package struct EvaluationDocument: Codable, Sendable, Equatable {
    /// Documents of another schema version are refused.
    package static let currentSchema = 1

    package var schemaVersion = Self.currentSchema
    package var toolVersion: String
    /// Of the repository that the program was built in; "-dirty" behind it when files were changed. Nil outside of a repository.
    package var gitRevision: String?
    /// quick, standard, full, or another name for a run of single areas.
    package var profile: String
    /// UTC, ISO 8601 with seconds: 2026-01-31T08:15:00Z.
    package var started: String
    package var ended: String
    package var environment: Environment
    package var networkProfiles: [NetworkProfile]
    package var measurements: [Measurement]
    /// What was refused, forced or left out, and why.
    package var notes: [Note]
    /// Other systems, run in the same session.
    package var peers: [PeerResult]?
    package var security: SecurityEvidence?

    package init(
        toolVersion: String, gitRevision: String?, profile: String, started: String, ended: String, environment: Environment,
        networkProfiles: [NetworkProfile], measurements: [Measurement] = [], notes: [Note] = [], peers: [PeerResult]? = nil,
        security: SecurityEvidence? = nil
    ) {
        self.toolVersion = toolVersion
        self.gitRevision = gitRevision
        self.profile = profile
        self.started = started
        self.ended = ended
        self.environment = environment
        self.networkProfiles = networkProfiles
        self.measurements = measurements
        self.notes = notes
        self.peers = peers
        self.security = security
    }

    /// Something that the reader must know beside the figures.
    package struct Note: Codable, Sendable, Equatable {
        package enum Kind: String, Codable, Sendable, CaseIterable {
            /// A block was measured and is not reported.
            case refused
            /// A block is reported although the machine was too noisy.
            case forced
            case note
        }
        package var kind: Kind
        /// The area or part that it is about; empty for the whole document.
        package var about: String
        /// English, one sentence.
        package var text: String

        package init(_ kind: Kind, about: String = "", _ text: String) {
            self.kind = kind
            self.about = about
            self.text = text
        }
    }

    /// A link between parties.
    package struct NetworkProfile: Codable, Sendable, Equatable {
        package enum Means: String, Codable, Sendable, CaseIterable {
            /// TCP over the loopback interface, nothing added.
            case loopback
            /// Network namespaces with a token bucket and a delay in the kernel.
            case netem
            /// A token bucket and a delay above TCP, inside each party's process.
            case shaped
        }
        /// loopback, lan, wan, slow.
        package var name: String
        /// Of each direction; nil for no limit.
        package var bitsPerSecond: Double?
        package var roundTripMilliseconds: Double
        package var how: Means
        /// What the tool measured over the link before it used it: the rate of a long transfer and the round trip of a small message.
        package var measuredBitsPerSecond: Double?
        package var measuredRoundTripMilliseconds: Double?

        package init(
            name: String, bitsPerSecond: Double?, roundTripMilliseconds: Double, how: Means, measuredBitsPerSecond: Double? = nil,
            measuredRoundTripMilliseconds: Double? = nil
        ) {
            self.name = name
            self.bitsPerSecond = bitsPerSecond
            self.roundTripMilliseconds = roundTripMilliseconds
            self.how = how
            self.measuredBitsPerSecond = measuredBitsPerSecond
            self.measuredRoundTripMilliseconds = measuredRoundTripMilliseconds
        }
    }
}
