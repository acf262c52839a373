import IntersectionSum
import SandboxCore

extension FusionPlan {
    /// What one run moves and computes, both parties together.
    public struct Cost: Sendable, Hashable, Codable {
        /// Payload of all messages of the passes, both directions, in bytes.
        public var bytes = 0
        public var encryptions = 0
        /// Hash-to-curve with multiplication, or multiplication, of one point of P-256.
        public var pointMultiplications = 0
        /// Computing time on one core, without the network: a guide, not a measurement.
        public var coreSeconds = 0.0
    }

    /// Rates of one core without AVX-512 IFMA, as yinhe-bench measures them; with it both are three to six times higher. Used for
    /// `coreSeconds` alone.
    private static let pointsPerSecond = 12_000.0
    /// By the key owner at 2048 bits; falls with about the square of the size.
    private static let encryptionsPerSecond = 2_300.0

    /// The cost when the parties bring these numbers of distinct subjects (by party name).
    /// Throws `.range` when the sums of such sets would not fit their slots, `.usage` for a hidden or aligned join: what these cost depends
    /// on where their correlations come from, and Protocols/hidden-join.md has formulas and figures.
    public func cost(subjects: [String: Int], keyBits: Int = SecurityParameters.factoringModulusBits) throws -> Cost {
        guard contract.joinMode == .intersectionSum else {
            throw YinheError(.usage, "no estimate of a join of mode \(contract.joinMode.rawValue)")
        }
        var cost = Cost()
        for pass in passes {
            let values = subjects[pass.valueParty] ?? 0, groups = subjects[pass.groupParty] ?? 0
            let parameters = IntersectionSum.Parameters(
                slots: pass.slots.map { .init(name: $0.canonicalText, upperBound: $0.upperBound) }, groupCount: pass.groupCount,
                minimumIntersection: contract.minimumIntersection, keyBits: keyBits)
            // All subjects in one group is the case that needs the widest slots.
            let sizes = [groups] + [Int](repeating: 0, count: pass.groupCount - 1)
            let layout = try IntersectionSum.Layout(parameters: parameters, groupSizes: sizes, valueSetSize: values)
            let ciphertexts = layout.packing.plaintextCount
            cost.bytes += groups * (33 + layout.maskBytes) + values * layout.rowBytes
            cost.bytes += layout.sumCiphertexts * layout.ciphertextBytes + 4 * pass.groupCount
            cost.encryptions += values * ciphertexts + layout.sumCiphertexts
            cost.pointMultiplications += 2 * (groups + values)
        }
        let size = Double(keyBits) / 2048
        cost.coreSeconds =
            Double(cost.pointMultiplications) / Self.pointsPerSecond
            + Double(cost.encryptions) * size * size / Self.encryptionsPerSecond
        return cost
    }
}
