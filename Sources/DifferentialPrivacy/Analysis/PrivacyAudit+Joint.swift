import Arithmetic
import SandboxCore

extension PrivacyAudit {
    /// Noise that three parties make together, as an outsider sees it and as one of them does, who takes its own part out.
    static func jointNoise() throws -> [Case] {
        var cases: [Case] = []
        for method in JointNoiseMethod.allCases where method != .computed {
            for known in 0...1 {
                let noise = try JointNoise(method, parties: 3, sensitivity: 3, epsilon: 2, delta: 0.05)
                guard let guarantee = try noise.guarantee(knowing: known), let epsilon = guarantee.epsilon ?? guarantee.epsilonAtDelta else { continue }
                cases.append(
                    Case(
                        "joint-\(method.rawValue)\(known == 0 ? "" : "-insider")", epsilon: epsilon, delta: guarantee.epsilon == nil ? noise.delta : 0,
                        claim: "guarantee against \(known == 0 ? "outsiders" : "one party")", share: 0.2
                    ) { onNeighbour, count, random in
                        var sum = [Int64](repeating: onNeighbour ? 3 : 0, count: count)
                        for _ in known..<3 { for (i, x) in try noise.law.part(count, random).enumerated() { sum[i] += x } }
                        return sum
                    })
            }
        }
        let bits = try LaplaceBits(scale: 3)
        cases.append(
            Case("joint-computed", epsilon: 1, claim: "discrete Laplace noise of scale 3 from biased bits") { onNeighbour, count, random in
                var stream = WordStream(random)
                return (0..<count).map { _ in bits.draw(&stream) + (onNeighbour ? 3 : 0) }
            })
        return cases
    }
}

extension JointNoise.Law {
    /// One party's samples.
    fileprivate func part(_ count: Int, _ random: any RandomSource) throws -> [Int64] {
        switch self {
        case .full(let law): law.samples(count, random: random)
        case .share(let law): law.samples(count, random: random)
        case .multiScale(let law): law.samples(count, random: random)
        case .gaussian(let law): try law.share.samples(count, random: random)
        case .bits: preconditionFailure("no party draws computed noise")
        }
    }
}

extension LaplaceBits {
    /// In the clear, what the computation does on shares.
    fileprivate func draw(_ stream: inout WordStream) -> Int64 {
        func coin(_ threshold: UInt128) -> Bool { UInt128.draw(&stream) >> UInt128(128 - bits) < threshold }
        guard coin(nonzero) else { return 0 }
        var magnitude: Int64 = 1
        for (i, digit) in digits.enumerated() where coin(digit) { magnitude += 1 << Int64(i) }
        return stream.bit() ? -magnitude : magnitude
    }
}
