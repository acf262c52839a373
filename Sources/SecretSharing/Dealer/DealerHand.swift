import SandboxCore

extension Dealer {
    /// What the dealer holds of one unit: memory for the parts, used again for every unit of a request. Used by one task at a time.
    final class Hand: @unchecked Sendable {
        private let kind: Correlation
        private let parties: Int
        /// The part of whoever gets the derived sections.
        private let target: CorrelationBatch
        /// The sum of all other parts.
        private let others: CorrelationBatch
        private let next: CorrelationBatch?

        init(_ units: Units, parties: Int) {
            kind = units.kind
            self.parties = parties
            let (items, holder) = (min(units.items, units.count), units.kind.correctionParty)
            target = CorrelationBatch(zeroed: kind, count: items, party: holder)
            others = CorrelationBatch(zeroed: kind, count: items, party: 1 - holder)
            next = parties > 2 ? CorrelationBatch(zeroed: kind, count: items, party: 1 - holder) : nil
        }

        /// Deals `items` items from one seed for each party; returns the derived sections in messages. Wipes nothing that is
        /// not its own: the parts go with the hand.
        func deal(_ items: Int, seeds: [[UInt8]]) -> [[UInt8]] {
            let target = target.items(0..<items), others = others.items(0..<items)
            var first = true
            for party in 0..<parties {
                if Dealer.role(of: party, among: parties) == kind.correctionParty {
                    Dealing.expand(into: target, seed: seeds[party])
                } else if first {
                    Dealing.expand(into: others, seed: seeds[party])
                    first = false
                } else {
                    let next = next!.items(0..<items)
                    Dealing.expand(into: next, seed: seeds[party])
                    Self.add(next, to: others)
                }
            }
            Dealing.derive(target, from: others)
            return Self.messages(target)
        }

        private static func add(_ part: CorrelationBatch, to sum: CorrelationBatch) {
            for section in part.kind.sections(count: part.count, party: part.party).indices {
                let (from, to) = (UnsafeRawBufferPointer(part.words(section)), UnsafeMutableRawBufferPointer(sum.words(section)))
                switch part.kind.ring! {
                case .z64: RingKernels.add(from.bindMemory(to: UInt64.self), to: to.bindMemory(to: UInt64.self))
                case .z128: RingKernels.add(from.bindMemory(to: UInt128.self), to: to.bindMemory(to: UInt128.self))
                }
            }
        }

        private static func messages(_ target: CorrelationBatch) -> [[UInt8]] {
            var out: [[UInt8]] = [[]]
            for section in target.derivedSections {
                var rest = UnsafeRawBufferPointer(target.words(section))[...]
                while !rest.isEmpty {
                    if out.last!.count == 8 * Dealer.messageWords { out.append([]) }
                    let n = min(rest.count, 8 * Dealer.messageWords - out.last!.count)
                    out[out.count - 1].append(contentsOf: rest.prefix(n))
                    rest = rest.dropFirst(n)
                }
            }
            return out
        }
    }
}

extension CorrelationBatch {
    /// Indices of the sections that are derived, for the party that gets them.
    package var derivedSections: Range<Int> {
        let all = kind.sections(count: count, party: party).count
        return all - kind.derivedSections..<all
    }
}
