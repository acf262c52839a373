import HTMLReport

extension EvaluationDocument {
    /// What was checked about the security of this build: evidence, made when the evaluation ran.
    package struct SecurityEvidence: Codable, Sendable, Equatable {
        /// Bits, from the constants that the protocols use.
        package var computationalBits: Int
        package var statisticalBits: Int
        package var primitives: [Primitive]
        package var knownAnswers: [KnownAnswer]
        /// Nil when no result file of `make constant-time` was given.
        package var constantTime: ConstantTimeResult?
        package var protocols: [ProtocolModel]
        package var components: [Component]

        package init(
            computationalBits: Int, statisticalBits: Int, primitives: [Primitive], knownAnswers: [KnownAnswer],
            constantTime: ConstantTimeResult?, protocols: [ProtocolModel], components: [Component]
        ) {
            (self.computationalBits, self.statisticalBits) = (computationalBits, statisticalBits)
            (self.primitives, self.knownAnswers, self.constantTime) = (primitives, knownAnswers, constantTime)
            (self.protocols, self.components) = (protocols, components)
        }
    }
}

extension EvaluationDocument.SecurityEvidence {
    /// A building block, its parameters as the code has them, and where they come from.
    package struct Primitive: Codable, Sendable, Equatable {
        package var name: String
        package var parameters: String
        package var source: String
        package var use: Phrase
        /// File or module, from the repository's root.
        package var code: String
    }

    /// Known answers that were computed again by one implementation on this processor.
    package struct KnownAnswer: Codable, Sendable, Equatable {
        package var name: String
        /// portable, avx2, openssl, ...
        package var implementation: String
        package var source: String
        package var vectors: Int
        package var passed: Int
        /// Why nothing was run; nil otherwise.
        package var notRun: String?
    }

    /// Output of `make constant-time`.
    package struct ConstantTimeResult: Codable, Sendable, Equatable {
        package struct Check: Codable, Sendable, Equatable {
            package enum Outcome: String, Codable, Sendable, CaseIterable { case pass, leak, seen, control, brokenControl }
            package var outcome: Outcome
            package var name: String
        }
        package var checks: [Check]
        /// As the last line of the output counts them.
        package var checked: Int
        package var leaks: Int
        /// SHA-256 of the file, hexadecimal.
        package var fileDigest: String
    }

    /// Who is assumed to do what in a protocol, and what is learned beyond the result.
    package struct ProtocolModel: Codable, Sendable, Equatable {
        package struct Leak: Codable, Sendable, Equatable {
            package var party: Phrase
            package var learns: Phrase
        }
        /// The specification's name without ".md".
        package var name: String
        package var title: Phrase
        package var adversary: Phrase
        package var assumptions: Phrase
        package var leakage: [Leak]
    }

    /// A part that the programs contain or load.
    package struct Component: Codable, Sendable, Equatable {
        package enum Kind: String, Codable, Sendable, CaseIterable {
            /// Compiled in; the version is that of Package.resolved.
            case package
            /// Loaded from the system; the version is that of the loaded library.
            case system
        }
        package var name: String
        package var version: String
        package var kind: Kind
        /// Package URL (github.com/package-url/purl-spec).
        package var purl: String
        /// SPDX expression.
        package var licence: String
        /// Commit of a package; nil of a system library.
        package var revision: String?
    }
}
