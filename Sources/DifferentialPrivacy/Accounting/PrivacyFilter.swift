import Foundation
import SandboxCore

/// Decides, step by step, whether an adaptive analysis may go on: the parameters of each step may depend on earlier results, and the
/// whole stays within the limit because a step that would exceed it does not happen.
///
/// For these notions a plain sum is a valid filter under full adaptivity: pure and approximate (R. Rogers, A. Roth, J. Ullman,
/// S. Vadhan, "Privacy odometers and filters", 2016), Renyi and zCDP (V. Feldman, T. Zrnic, "Individual privacy accounting via a Renyi
/// filter", 2021), Gaussian (A. Smith, A. Thakurta, "Fully adaptive composition for Gaussian differential privacy", 2022).
public struct PrivacyFilter: Sendable {
    public enum Limit: Hashable, Sendable {
        case approximate(epsilon: Double, delta: Double)
        case concentrated(rho: Double)
        case renyi(order: Double, divergence: Double)
        /// mu of Gaussian differential privacy: what Gaussian noise of multiplier 1 / mu gives.
        case gaussian(mu: Double)
    }

    public let limit: Limit
    /// In the unit of the limit: epsilon, rho, divergence, or mu squared.
    public private(set) var spent = 0.0
    public private(set) var spentDelta = 0.0

    /// Throws `.range` for a limit that is not a positive number.
    public init(_ limit: Limit) throws {
        switch limit {
        case .approximate(let epsilon, let delta):
            try PrivacyParameter.epsilon(epsilon)
            try PrivacyParameter.delta(delta, zeroAllowed: true)
        case .concentrated(let rho): try Self.positive(rho, "rho")
        case .renyi(let order, let divergence):
            guard order > 1, order.isFinite else { throw YinheError(.range, "an order of \(order)", remedy: "use an order above 1") }
            try Self.positive(divergence, "divergence")
        case .gaussian(let mu): try Self.positive(mu, "mu")
        }
        self.limit = limit
    }

    private static func positive(_ value: Double, _ name: String) throws {
        guard value.isFinite, value > 0, value <= PrivacyParameter.maximumEpsilon else {
            throw YinheError(.range, "a \(name) of \(value)", remedy: "use a positive number of at most \(PrivacyParameter.maximumEpsilon)")
        }
    }

    /// Charges one step before it happens. Throws `.budget`, and charges nothing, when it does not fit: then the step must not
    /// happen. Throws `.range` for a mechanism that the notion cannot bound.
    public mutating func admit(_ mechanism: PrivacyMechanism) throws {
        try mechanism.validate()
        var (cost, delta) = (0.0, 0.0)
        let capacity: Double
        switch limit {
        case .approximate(let epsilon, _):
            capacity = epsilon
            if case .approximate(let own, let ownDelta) = mechanism {
                (cost, delta) = (own, ownDelta)
            } else if let own = Conversions.pureLoss(mechanism) {
                cost = own
            } else {
                throw unbounded(mechanism, "an epsilon at delta 0")
            }
        case .concentrated(let rho):
            capacity = rho
            guard let own = Conversions.concentrated(mechanism) else { throw unbounded(mechanism, "a rho") }
            cost = own
        case .renyi(let order, let divergence):
            capacity = divergence
            cost = try RenyiAccountant.divergence(of: mechanism, order: order)
        case .gaussian(let mu):
            capacity = mu * mu
            guard case .gaussian(let multiplier) = mechanism else { throw unbounded(mechanism, "a mu") }
            cost = 1 / (multiplier * multiplier)
        }
        // Rounded up, so that no sum of rounding errors frees budget.
        let sum = (spent + cost).nextUp, deltaSum = delta == 0 ? spentDelta : (spentDelta + delta).nextUp
        var deltaCapacity = 0.0
        if case .approximate(_, let allowed) = limit { deltaCapacity = allowed }
        // The last step of an exactly divided budget must not fail for that rounding.
        guard sum <= capacity * (1 + 1e-12), deltaSum <= deltaCapacity * (1 + 1e-12) else {
            throw YinheError(
                .budget, "the step costs \(cost), and \(max(0, capacity - spent)) of \(capacity) remain",
                remedy: "stop here, or ask for more noise")
        }
        (spent, spentDelta) = (sum, deltaSum)
    }

    private func unbounded(_ mechanism: PrivacyMechanism, _ what: String) -> YinheError {
        YinheError(.range, "\(mechanism) has no \(what)", remedy: "use a filter of another notion")
    }

    /// What the filter guarantees whatever happens: epsilon at delta.
    public func guarantee(delta: Double) throws -> Double {
        switch limit {
        case .approximate(let epsilon, let own):
            guard delta >= own else { throw YinheError(.range, "the filter allows delta \(own)", remedy: "ask for at least that delta") }
            return epsilon
        case .concentrated(let rho): return try Conversions.concentratedToApproximate(rho: rho, delta: delta)
        case .renyi(let order, let divergence):
            return try Conversions.renyiToApproximate(order: order, divergence: divergence, delta: delta)
        case .gaussian(let mu): return try AnalyticGaussian.epsilon(sigma: 1 / mu, delta: delta)
        }
    }
}

/// What an adaptive analysis without a limit has cost so far, valid at all times at once with probability 1 - delta.
///
/// A ladder of zCDP filters, rung j at 2^j times the first rho with the share 6 / (pi^2 (j + 1)^2) of delta (Rogers et al. 2016;
/// Feldman and Zrnic 2021): the answer is the guarantee of the lowest rung that still holds.
public struct PrivacyOdometer: Sendable {
    public let delta: Double
    public let firstRho: Double
    public private(set) var spent = 0.0

    public init(delta: Double, firstRho: Double = 0.001) throws {
        try PrivacyParameter.delta(delta)
        guard firstRho > 0, firstRho.isFinite else { throw YinheError(.range, "a rho of \(firstRho)", remedy: "use a positive number") }
        self.delta = delta
        self.firstRho = firstRho
    }

    /// Throws `.range` for a mechanism without zCDP.
    public mutating func record(_ mechanism: PrivacyMechanism) throws {
        try mechanism.validate()
        guard let rho = Conversions.concentrated(mechanism) else {
            throw YinheError(.range, "\(mechanism) has no rho", remedy: "record mechanisms with pure or concentrated privacy")
        }
        spent = (spent + rho).nextUp
    }

    /// The epsilon of everything recorded so far, at `delta`.
    public var epsilon: Double {
        get throws {
            if spent == 0 { return 0 }
            var (rung, rho) = (0, firstRho)
            while rho < spent { (rung, rho) = (rung + 1, rho * 2) }
            let share = 6 / (Double.pi * Double.pi * Double((rung + 1) * (rung + 1)))
            return try Conversions.concentratedToApproximate(rho: rho, delta: delta * share * (1 - 1e-12))
        }
    }
}
