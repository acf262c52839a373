import Foundation

/// A law at a few hundred points, for choosing tilts and grids: nothing proven depends on it.
struct LossSketch: Sendable {
    private var points: [(log: Double, loss: Double)] = []
    let largest: Double

    init(_ law: LossLaw) {
        var largest = 0.0
        // Runs of neighbouring atoms stand for one.
        let run = max(1, law.atoms.count / 256)
        var i = 0
        while i < law.atoms.count {
            let end = min(i + run, law.atoms.count)
            let mass = law.atoms[i..<end].reduce(0) { $0 + $1.mass }
            let loss = law.atoms[(i + end) / 2].loss
            if mass > 0 { points.append((log(mass), loss)) }
            i = end
        }
        for atom in law.atoms { largest = max(largest, abs(atom.loss)) }
        if let curve = law.curve {
            largest = max(largest, abs(curve.losses.lowerBound), abs(curve.losses.upperBound))
            let width = curve.range.upperBound - curve.range.lowerBound
            let count = min(600, max(64, Int(width * 12)))
            let h = width / Double(count)
            // The shift follows the loss, so that neither density vanishes before the other.
            var loss = curve.losses.lowerBound
            for i in 0...count {
                let pair = curve.pair(curve.range.lowerBound + h * Double(i), loss)
                guard pair[0] > 0, pair[1] > 0 else { continue }
                loss += log(pair[0] / pair[1])
                points.append((log(pair[0] * h * (i == 0 || i == count ? 0.5 : 1)), loss))
            }
        }
        self.largest = largest
    }

    /// ln E[exp(theta * loss)], and mean and variance of the loss under that tilt.
    func tilted(_ theta: Double) -> (logMoment: Double, mean: Double, variance: Double) {
        let peak = points.reduce(-Double.infinity) { max($0, $1.log + theta * $1.loss) }
        var (sum, first, second) = (0.0, 0.0, 0.0)
        let origin = points.max { $0.log + theta * $0.loss < $1.log + theta * $1.loss }?.loss ?? 0
        for point in points {
            let exponent = point.log + theta * point.loss - peak
            guard exponent > -60 else { continue }
            let w = exp(exponent), x = point.loss - origin
            sum += w
            first += w * x
            second += w * x * x
        }
        let mean = first / sum
        return (peak + log(sum), origin + mean, max(0, second / sum - mean * mean))
    }
}
