import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import SecretSharing

extension NoiseBits {
    /// For a computation on shares.
    init(_ bits: LaplaceBits) throws { try self.init(places: bits.bits, nonzero: bits.nonzero, digits: bits.digits) }
}

extension ShareProgram {
    /// n samples of discrete Laplace noise that neither party knows, checked by their mean and variance (false alarm below 1e-10).
    static func noise(_ n: Int, _ law: LaplaceBits) throws -> ShareProgram {
        let bits = try NoiseBits(law)
        let variance = try DiscreteLaplace(scale: law.scale).variance
        return ShareProgram { _ in
            { c in
                let noise: [Vector] = try await c.noise([(bits, n)])
                return { c in
                    let samples = try await c.open(noise[0])!.map { Double($0) }
                    let count = Double(n), first = samples.reduce(0, +) / count
                    let second = samples.reduce(0) { $0 + $1 * $1 } / count
                    // The excess kurtosis of the law is at most 3 + 1 / variance.
                    return samples.count == n && abs(first) <= 7 * (variance / count).squareRoot()
                        && abs(second - variance) <= 7 * variance * ((5 + 1 / variance) / count).squareRoot()
                }
            }
        }
    }
}
