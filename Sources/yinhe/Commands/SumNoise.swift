import Arithmetic
import ArgumentParser
import DifferentialPrivacy
import Foundation
import SandboxCore

extension JointNoiseMethod: ExpressibleByArgument {}

/// The noise that the parties of a secure sum add together, if they do.
struct SumNoiseOptions: ParsableArguments {
    static let methods: [JointNoiseMethod] = [.eachParty, .divisible, .multiScale, .gaussian]

    @Option(
        help: .say(
            "Add noise together: \(methods.map(\.rawValue).joined(separator: ", ")). Needs --epsilon and --clamp.",
            "联合加噪：\(methods.map(\.rawValue).joined(separator: "、"))；须同时给出 --epsilon 与 --clamp。", valueName: "method"))
    var noiseMethod: JointNoiseMethod?
    @Option(help: .say("Privacy loss of the totals, for one row.", "合计对单行数据的隐私损失。", valueName: "ε"))
    var epsilon: String?
    @Option(help: .say("Delta of gaussian noise; default 1e-9.", "gaussian 噪声的 δ，默认 1e-9。", valueName: "δ"))
    var delta: Double?
    @Option(
        parsing: .unconditional,
        help: .say("Clamp every value to these bounds; they fix the sensitivity.", "把每个值截断到此范围，敏感度由此确定。", valueName: "low,high"))
    var clamp: String?
    @Option(
        help: .say(
            "Parties that may pool what they know of the noise; default 1.", "可能合谋（互通各自噪声）的参与方数，默认 1。", valueName: "t"))
    var tolerate: Int?

    func validate() throws {
        guard let noiseMethod else {
            guard epsilon == nil, delta == nil, clamp == nil, tolerate == nil else {
                throw ValidationError(
                    Help.text(
                        "--epsilon, --delta, --clamp and --tolerate need --noise-method.",
                        "--epsilon、--delta、--clamp 与 --tolerate 须与 --noise-method 同用。"))
            }
            return
        }
        guard Self.methods.contains(noiseMethod) else {
            throw ValidationError(
                Help.text(
                    "Noise is computed between two parties only: yinhe run, with joint-noise: computed in the contract.",
                    "computed 仅适用于两方：请用 yinhe run，并在合同中写明 joint-noise: computed。"))
        }
        guard epsilon != nil, clamp != nil else {
            throw ValidationError(Help.text("--noise-method needs --epsilon and --clamp.", "--noise-method 须同时给出 --epsilon 与 --clamp。"))
        }
        guard delta == nil || noiseMethod == .gaussian else {
            throw ValidationError(Help.text("Only gaussian noise has a --delta.", "仅 gaussian 噪声使用 --delta。"))
        }
    }

    /// Nil for an exact sum. Throws `.usage` for numbers that cannot be read, `.range` for noise that makes no sense.
    func noise(parties: Int, scale: Int) throws -> SumNoise? {
        guard let noiseMethod, let epsilon, let clamp else { return nil }
        let ends = clamp.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
        guard ends.count == 2, let low = try Self.units(ends[0], scale), let high = try Self.units(ends[1], scale), low < high else {
            throw YinheError(.usage, "\"\(clamp)\" is not LOW,HIGH with at most \(scale) decimals", at: "--clamp")
        }
        let tolerated = tolerate ?? 1
        guard (0..<parties - 1).contains(tolerated) else {
            throw YinheError(
                .usage, "\(tolerated) of \(parties) parties", at: "--tolerate",
                remedy: "use 0 to \(parties - 2): with all but one together the last party's input follows from the total")
        }
        let sensitivity = Int128(max(low.magnitude, high.magnitude))
        return SumNoise(
            bounds: low...high,
            joint: try JointNoise(
                noiseMethod, parties: parties, tolerated: tolerated, sensitivity: sensitivity, epsilon: Rational(parsing: epsilon),
                delta: delta ?? JointNoise.defaultDelta))
    }

    private static func units(_ text: String, _ scale: Int) throws -> Int64? {
        let value = try Rational(parsing: text) * Rational((0..<scale).reduce(Int128(1)) { power, _ in power * 10 })
        return value.isInteger ? Int64(exactly: value.numerator) : nil
    }
}

struct SumNoise: Sendable {
    /// Of every value, in units of the last decimal.
    let bounds: ClosedRange<Int64>
    let joint: JointNoise

    /// Noise beyond this has a probability that no run will meet; it is refused rather than cut off.
    static let bound: Int64 = 1_000_000_000_000_000_000

    /// What every party has to have chosen alike.
    var agreement: String {
        "\(joint.method.rawValue) epsilon \(joint.epsilon) delta \(joint.delta) clamp \(bounds.lowerBound) \(bounds.upperBound) tolerate "
            + "\(joint.tolerated)"
    }

    /// This party's totals with its own noise. Throws `.range` when one leaves its bounds.
    func added(to totals: [Int64]) throws -> [Int64] {
        try zip(totals, joint.samples(totals.count)).map { total, noise in
            let (sum, overflow) = total.addingReportingOverflow(noise)
            guard !overflow, noise.magnitude <= Self.bound.magnitude else {
                throw YinheError(.range, "noise that does not fit", remedy: "lower --scale on all sides, or raise --epsilon")
            }
            return sum
        }
    }

    struct Document: Codable {
        var method: String
        /// Decimal text.
        var epsilon: String
        /// At which the guarantees name an epsilon.
        var delta: Double
        /// In units of the last decimal.
        var sensitivity: String
        /// Parties that may pool what they know.
        var tolerated: Int
        /// What one unit of privacy is.
        var unit = "one row of one party"
        /// Of the noise in every total, in the column's unit.
        var deviation: Double
        var law: String
        var guarantees: [JointGuarantee]
    }

    func document(scale: Int) throws -> Document {
        let grid = pow(10, Double(scale))
        return Document(
            method: joint.method.rawValue, epsilon: joint.epsilon.description, delta: joint.delta, sensitivity: "\(joint.sensitivity)",
            tolerated: joint.tolerated, deviation: joint.variance.squareRoot() / grid, law: joint.name,
            guarantees: try joint.guarantees().map {
                var guarantee = $0
                guarantee.deviation /= grid
                return guarantee
            })
    }

    static func show(_ document: Document, parties: Int, _ console: Console) throws {
        try console.heading(.jointNoiseTitle)
        try console.fact(.jointNoise, "\(document.method)  ·  \(document.law)")
        try console.fact(
            Phrase(en: "Standard deviation", zh: "标准差"),
            "± \(Numbers.significant(document.deviation))  ·  "
                + console.text(Phrase(en: "protected: one row of one party", zh: "保护单位：一方的一行数据")))
        var table = TextTable([
            (console.text(Phrase(en: "Against", zh: "防范对象")), .left), ("ε", .right), ("δ", .right),
            (console.text(Phrase(en: "ε at δ = \(document.delta)", zh: "δ = \(document.delta) 时的 ε")), .right),
        ])
        for guarantee in document.guarantees {
            let who =
                switch guarantee.known {
                case 0: Phrase(en: "outsiders", zh: "外部观察者")
                case 1: Phrase(en: "each party", zh: "每个参与方")
                case let k: Phrase(en: "\(k) parties together", zh: "\(k) 方合谋")
                }
            func number(_ value: Double?) -> String { value.map { Numbers.significant($0) } ?? "–" }
            table.add([
                console.text(who), number(guarantee.epsilon), guarantee.epsilon == nil ? "–" : number(guarantee.delta ?? 0),
                number(guarantee.epsilonAtDelta),
            ])
        }
        try console.out(table)
        try console.out(
            Phrase(
                en: "This command keeps no budget: every further sum over the same rows costs its ε again.",
                zh: "本命令不记录预算：对同样的数据每再求和一次，就再消耗一次 ε。"))
    }
}
