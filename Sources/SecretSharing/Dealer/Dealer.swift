import SandboxCore
import Transport

/// The trusted dealer: a process of its own that supplies two to eight parties with correlated randomness.
///
///     party i                                     dealer                                   every other party
///     hello: job, index, names   ------------->            <-------------   hello
///                                <-------------   ready    ------------->
///     request: step, kind, count ------------->            <-------------   request
///                                              all equal?
///     seed of unit 1             <-------------            ------------->   seed of unit 1
///                                                          ------------->   derived sections (to one party)
///     ...
///     finish                     ------------->            <-------------   finish
///
/// The dealer never sees an input, a share or a result: it learns who computes together, when, and which kinds and counts they
/// ask for. It is trusted to deal honestly and not to collude with any party: together with one party's messages its seeds
/// reveal what the others hide. Exact description: Protocols/dealer.md.
package enum Dealer {
    static let protocolName = "yinhe/dealer"
    static let version: UInt32 = 1
    package static let partyRange = 2...8
    /// Words of derived sections in one message: 1 MiB.
    package static let messageWords = 1 << 17
    /// Words of one party's part of one unit, unless one item is longer.
    package static let unitWords = 1 << 20
    /// Words of one party's part of one item, 1 GiB: it is the dealer's memory that this bounds.
    package static let maximumItemWords = 1 << 27
    /// Words of one party's part of one request, 1 TiB.
    package static let maximumRequestWords = 1 << 37
    package static let jobBytes = 1...64

    package static func proposal(asDealer: Bool) -> SessionProposal {
        SessionProposal(
            protocolName: protocolName, version: version, role: asDealer ? "dealer" : "party",
            peerRole: asDealer ? "party" : "dealer",
            parameters: [("words of a message", "\(messageWords)"), ("words of a unit", "\(unitWords)")])
    }

    /// Which of a kind's two parts a party of `parties` holds. With more than two, all but the last hold the part that is
    /// expanded from a seed alone.
    package static func role(of party: Int, among parties: Int) -> Int { parties == 2 ? party : party == parties - 1 ? 1 : 0 }

    /// What the parties of one job must agree on.
    package struct Roster: Hashable, Sendable {
        /// Ties the job to the computation, such as its run's hash.
        package let job: [UInt8]
        package let names: [String]

        /// Throws `.usage` unless there are 2 to 8 different names of 1 to 200 bytes and a job id of 1 to 64 bytes.
        package init(job: [UInt8], names: [String]) throws {
            guard Dealer.jobBytes.contains(job.count) else {
                throw YinheError(.usage, "a job id of \(job.count) bytes", remedy: "use 1 to 64 bytes, such as a hash")
            }
            guard Dealer.partyRange.contains(names.count), Set(names).count == names.count,
                names.allSatisfy({ (1...200).contains($0.utf8.count) })
            else {
                throw YinheError(
                    .usage, "the parties of a job are not 2 to 8 different names of 1 to 200 bytes",
                    remedy: "give every party its own short name")
            }
            self.job = job
            self.names = names
        }

        /// "party 1 (tax office)".
        func title(_ party: Int) -> String { "party \(party) (\(names[party].printable))" }

        func titles(_ parties: some Sequence<Int>) -> String { parties.sorted().map(title).joined(separator: " and ") }
    }
}

extension Dealer {
    /// How a request is cut: `items` at a time, each unit with fresh seeds of its own, so that nobody holds more than one unit
    /// and the batch that it fills.
    package struct Units: Sendable {
        package let kind: Correlation
        package let count: Int
        /// Items of every unit but the last.
        package let items: Int

        /// Of a request that `Correlation.requireDealable` has passed.
        package init(_ kind: Correlation, count: Int) {
            self.kind = kind
            self.count = count
            let sections = kind.sections(count: 1, party: kind.correctionParty)
            let derived = sections.suffix(kind.derivedSections).reduce(0, +)
            items = max(1, min(Dealer.messageWords / derived, Dealer.unitWords / sections.reduce(0, +)))
        }

        package var ranges: some Sequence<Range<Int>> {
            stride(from: 0, to: count, by: items).lazy.map { $0..<Swift.min(count, $0 + items) }
        }
    }
}

extension String {
    /// At most 200 characters, none of them a control character: a peer's text must not steer a terminal.
    var printable: String {
        var out = String.UnicodeScalarView()
        for scalar in unicodeScalars.prefix(200) {
            let category = scalar.properties.generalCategory
            out.append(category == .control || category == .format ? "?" : scalar)
        }
        return String(out)
    }
}
