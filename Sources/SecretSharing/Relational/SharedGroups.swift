import SandboxCore

/// Groups of a secret key, in slots whose number is public: the groups come first, by ascending key, and the slots that are not
/// used hold zeros. How many are used is not known.
public struct SharedGroups<E: RingElement>: Sendable {
    /// The key of each group.
    public let keys: SharedVector<UInt64>
    /// Rows of each group.
    public let counts: SharedVector<UInt64>
    /// For each column of values, the sum over each group.
    public let sums: [SharedVector<E>]
    /// Whether a slot holds a group.
    public let isUsed: SharedBits
    /// One bit: whether there were more groups than slots, so that those with the greatest keys are missing.
    public let overflowed: SharedBits

    public var slots: Int { keys.count }
}

/// An opened group.
public struct OpenedGroup<E: RingElement>: Hashable, Sendable {
    public let key: Int64
    public let count: Int64
    public let sums: [E.Signed]

    public init(key: Int64, count: Int64, sums: [E.Signed]) {
        self.key = key
        self.count = count
        self.sums = sums
    }
}

extension TwoPartyComputation {
    /// Opens the groups to both parties, who also learn how many there are. Throws `.range` when there are more than slots,
    /// before any group is opened. Four rounds, and one for each column of sums.
    public func open<E: RingElement>(_ groups: SharedGroups<E>) async throws -> [OpenedGroup<E>] {
        guard groups.slots > 0 else { return [] }
        if try await open(groups.overflowed)[0] {
            throw YinheError(
                .range, "the key has more than \(groups.slots) different values, the declared maximum number of groups",
                remedy: "declare a greater maximum, or group by a coarser key")
        }
        let used = try await open(groups.isUsed)
        let keys = try await open(groups.keys)!, counts = try await open(groups.counts)!
        var sums: [[E.Signed]] = []
        for column in groups.sums { sums.append(try await open(column)!) }
        return used.indices.filter { used[$0] }.map { slot in
            OpenedGroup(key: keys[slot], count: counts[slot], sums: sums.map { $0[slot] })
        }
    }
}
