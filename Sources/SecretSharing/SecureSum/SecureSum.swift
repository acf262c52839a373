import SandboxCore
import Transport

/// The dealer-free secure sum of one vector from each of n >= 3 parties: the receivers learn the element-wise totals, nobody
/// learns more.
///
///     every party i                                    every party j
///     splits x_i = sum of n shares: streams of n - 1 seeds, and one correction vector
///     seed (to all but i + 1)      ---------------->   expands
///     correction vector (to i + 1) ---------------->
///                                                      s_j = sum of all shares that j holds, its own included
///     receivers                    <----------------   s_j
///     total = sum of all s_j, once the shares of all n have come together
///
/// The additive-sharing sum that the field uses since J. Benaloh, "Secret sharing homomorphisms" (CRYPTO 1986); compressed as in
/// `AdditiveSharing`. Semi-honest parties; up to n - 2 of them together learn only the sum of the rest. Exact description:
/// Protocols/secure-sum.md.
public enum SecureSum {
    public static let partyRange = 3...8

    /// What all parties agree on beforehand. Every pair of parties compares it before any share leaves.
    public struct Agreement: Sendable, Hashable {
        /// The roster, in the order that everybody uses.
        public let names: [String]
        /// Elements of each party's vector.
        public let count: Int
        /// In which every element of every party lies.
        public let bounds: DeclaredBounds
        public let ring: Ring
        /// Indices of the parties that learn the totals, ascending.
        public let receivers: [Int]
        /// Ties the run to something outside it, such as a contract's hash.
        public let binding: [UInt8]
        /// Bytes of one vector block; memory and messages are bounded by a few of them.
        package var blockBytes = 1 << 18

        /// `ring`: the narrowest that holds every total when nil. `receivers`: everybody when nil.
        ///
        /// Throws `.usage` for a roster that is not 3 to 8 different names of 1 to 200 bytes, no element, more than 2^32
        /// elements, receivers outside the roster, or a binding above 256 bytes; `.range` when a total could leave the ring.
        public init(
            names: [String], count: Int, bounds: DeclaredBounds, ring: Ring? = nil, receivers: [Int]? = nil,
            binding: [UInt8] = []
        ) throws {
            func refuse(_ message: String, _ remedy: String) -> YinheError { YinheError(.usage, message, remedy: remedy) }
            guard SecureSum.partyRange.contains(names.count) else {
                throw refuse(
                    "a secure sum of \(names.count) parties",
                    "use 3 to 8 parties; of two, each could subtract its own vector from the total")
            }
            guard Set(names).count == names.count, names.allSatisfy({ (1...200).contains($0.utf8.count) }) else {
                throw refuse(
                    "the parties' names are not different texts of 1 to 200 bytes", "give every party its own short name")
            }
            guard (1...(1 << 32)).contains(count) else {
                throw refuse("a vector of \(count) elements", "use 1 to 2^32 elements")
            }
            let receivers = Array(Set(receivers ?? Array(names.indices))).sorted()
            guard !receivers.isEmpty, receivers.allSatisfy(names.indices.contains) else {
                throw refuse("the receivers are not parties of the roster", "name at least one party of the roster")
            }
            guard binding.count <= 256 else { throw refuse("a binding of \(binding.count) bytes", "bind a hash") }
            let totals = try bounds.summed(names.count)
            let ring = ring ?? Ring.narrowest(for: totals)
            try totals.require(in: ring, for: "the sum of \(names.count) parties")
            self.names = names
            self.count = count
            self.bounds = bounds
            self.ring = ring
            self.receivers = receivers
            self.binding = binding
        }

        /// In which every total lies.
        public var totalBounds: DeclaredBounds {
            // Checked by init.
            try! bounds.summed(names.count)
        }
    }

    public struct Output: Sendable {
        /// The element-wise totals; nil for a party that is not a receiver.
        public let totals: [Int128]?
        /// Over all of this party's channels.
        public let traffic: Traffic
    }

    /// All parties in this process, `vectors[i]` being party i's; for tests, demonstrations and benches.
    public static func localRun(_ vectors: [[Int64]], agreement: Agreement) async throws -> [Output] {
        let parties = try vectors.enumerated().map { try Party($0.offset, agreement: agreement, vector: $0.element) }
        var channels: [[Int: any Channel]] = parties.map { _ in [:] }
        for i in parties.indices {
            for j in 0..<i { (channels[i][j], channels[j][i]) = LocalChannel.pair() as (any Channel, any Channel) }
        }
        let wired = channels
        return try await withThrowingTaskGroup(of: (Int, Output).self) { group in
            for (i, party) in parties.enumerated() { group.addTask { (i, try await party.run(over: wired[i])) } }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }.sorted { $0.key < $1.key }.map(\.value)
        }
    }
}
