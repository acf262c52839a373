import Arithmetic
import SandboxCore

/// What may be spent on one unit of privacy, and what has been spent. A value: whoever stores it makes the charge durable
/// before any noise is drawn.
///
/// Charges add up exactly (basic composition), so the order of charges does not matter and no rounding ever frees budget.
public struct PrivacyBudget: Hashable, Sendable {
    /// Whom the guarantee is about, such as "enterprise".
    public let unit: String
    public let total: PrivacyLoss
    public private(set) var spent: PrivacyLoss
    /// total - spent, kept so that it is always representable.
    public private(set) var remaining: PrivacyLoss
    public private(set) var charges: Int

    /// Throws `.range` for an epsilon that is not positive.
    public init(unit: String, total: PrivacyLoss) throws {
        guard total.epsilon.isPositive else {
            throw YinheError(
                .range, "a privacy budget of epsilon \(total.epsilon) allows nothing", remedy: "use a positive epsilon")
        }
        self.unit = unit
        self.total = total
        spent = .none
        remaining = total
        charges = 0
    }

    /// Why `cost` cannot be charged for `purpose`, or nil when it can.
    public func refusal(of cost: PrivacyLoss, for purpose: String) -> YinheError? {
        guard cost.epsilon.isPositive else {
            return YinheError(
                .budget, "\"\(purpose)\" asks for epsilon \(cost.epsilon)", remedy: "every release costs a positive epsilon")
        }
        guard cost.isCovered(by: remaining) else {
            return YinheError(
                .budget,
                "\"\(purpose)\" costs \(cost), and \(remaining) of the budget of \(total) per \(unit) remain",
                remedy: "ask for less, or agree on a new contract with a larger budget")
        }
        return nil
    }

    /// Spends `cost`, or throws and leaves the budget as it was: `.budget` with the reason and what remains, `.range` when the
    /// fractions have too many digits to add exactly.
    public mutating func charge(_ cost: PrivacyLoss, for purpose: String) throws {
        if let refusal = refusal(of: cost, for: purpose) { throw refusal }
        let newlySpent = try spent + cost
        remaining = try Self.difference(total, newlySpent)
        spent = newlySpent
        charges += 1
    }

    private static func difference(_ total: PrivacyLoss, _ spent: PrivacyLoss) throws -> PrivacyLoss {
        try PrivacyLoss(epsilon: total.epsilon - spent.epsilon, delta: total.delta - spent.delta)
    }
}

extension PrivacyBudget: Codable {
    // `remaining` follows from the others.
    private enum CodingKeys: CodingKey { case unit, total, spent, charges }

    /// Refuses a stored budget that is overspent.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            unit: container.decode(String.self, forKey: .unit), total: container.decode(PrivacyLoss.self, forKey: .total))
        spent = try container.decode(PrivacyLoss.self, forKey: .spent)
        charges = try container.decode(Int.self, forKey: .charges)
        guard spent.isCovered(by: total), charges >= 0 else {
            throw YinheError(
                .budget, "the stored budget per \(unit) says \(spent) spent of \(total)", remedy: "verify the ledger")
        }
        remaining = try Self.difference(total, spent)
    }
}
