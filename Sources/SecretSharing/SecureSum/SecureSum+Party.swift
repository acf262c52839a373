import SandboxCore
import Transport

extension SecureSum {
    /// One party of a secure sum.
    public struct Party: Sendable {
        public let index: Int
        public let agreement: Agreement
        private let values: Values

        private enum Values: Sendable {
            case z64([UInt64])
            case z128([UInt128])
        }

        /// Throws `.usage` for an index outside the roster, `.badInput` for a vector of another length, or with an element
        /// outside the declared bounds (its position is named, its value is not).
        public init(_ index: Int, agreement: Agreement, vector: [Int64]) throws {
            try self.init(index, agreement: agreement, wide: vector)
        }

        public init(_ index: Int, agreement: Agreement, vector: [Int128]) throws {
            try self.init(index, agreement: agreement, wide: vector)
        }

        @specialized(where Value == Int64)
        @specialized(where Value == Int128)
        private init<Value: FixedWidthInteger & SignedInteger>(_ index: Int, agreement: Agreement, wide vector: [Value]) throws {
            guard agreement.names.indices.contains(index) else {
                throw YinheError(.usage, "party \(index) of a roster of \(agreement.names.count)", remedy: "indices start at 0")
            }
            guard vector.count == agreement.count else {
                throw YinheError(
                    .badInput, "a vector of \(vector.count) elements, \(agreement.count) were agreed",
                    remedy: "give every party a vector of the agreed length")
            }
            if let place = vector.firstIndex(where: { !agreement.bounds.contains(Int128($0)) }) {
                throw YinheError(
                    .badInput, "the value at position \(place) lies outside the declared bounds \(agreement.bounds)",
                    remedy: "clamp the values, or agree on wider bounds")
            }
            self.index = index
            self.agreement = agreement
            values =
                agreement.ring == .z64
                ? .z64(vector.map { UInt64(truncatingIfNeeded: $0) }) : .z128(vector.map { UInt128(truncatingIfNeeded: $0) })
        }

        /// Runs the protocol over one channel for each other party, by roster index.
        ///
        /// When a party is missing, fails or misbehaves, every other party throws an error whose place names it, and all
        /// channels are closed; blocks that were opened before stay known to the receivers. On success the channels stay open.
        /// `messageDeadline`: longest wait for one message; nil leaves it to the channels.
        public func run(
            over channels: [Int: any Channel], progress: ProgressMonitor? = nil, messageDeadline: Duration? = nil
        ) async throws -> Output {
            try await run(over: channels, progress: progress, messageDeadline: messageDeadline, random: SystemRandom.shared)
        }

        package func run(
            over channels: [Int: any Channel], progress: ProgressMonitor? = nil, messageDeadline: Duration? = nil,
            random: some RandomSource
        ) async throws -> Output {
            precondition(channels[index] == nil && channels.keys.allSatisfy(agreement.names.indices.contains))
            let links = PartyLinks(channels, names: agreement.names, me: index, task: "secure sum") { [agreement, index] in
                agreement.proposal(from: index, to: $0)
            }
            let before = links.traffic
            do {
                try await links.open(messageDeadline: messageDeadline)
                let totals =
                    switch values {
                    case .z64(let values): try await exchange(values, links, progress, random)
                    case .z128(let values): try await exchange(values, links, progress, random)
                    }
                return Output(totals: totals, traffic: links.traffic.since(before))
            } catch {
                throw await links.stop(because: error, cancelled: Task.isCancelled)
            }
        }

        /// Blocks that a party sends before it waits for the first of the other side.
        private static var depth: Int { 4 }

        /// Protocols/secure-sum.md, "Rounds". Block b of a link carries block b of the correction vector and block b - depth
        /// of the partial sum, so that both streams are always under way.
        private func exchange<Element: RingElement>(
            _ values: [Element], _ links: PartyLinks, _ progress: ProgressMonitor?, _ random: some RandomSource
        ) async throws -> [Int128]? {
            let (next, previous) = (agreement.next(after: index), agreement.previous(before: index))
            let receives = agreement.receivers.contains(index)
            // Round 1: a seed for everybody but the next party.
            let ownSeed = random.bytes(AESCounterPRG.seedBytes)
            let seeds = Dictionary(
                uniqueKeysWithValues: links.peers.filter { $0 != next }.map { ($0, random.bytes(AESCounterPRG.seedBytes)) })
            let shares = Shares(
                agreement: agreement, values: values, seeds: links.peers.compactMap { seeds[$0] }, ownSeed: ownSeed,
                receives: receives)
            for (_, seed) in try await links.exchange(
                sending: seeds.mapValues(Seed.init(bytes:)), receiving: Seed.self, from: links.peers.filter { $0 != previous })
            {
                shares.hold(seed: seed.bytes)
            }
            // Rounds 2 and 3, interleaved: correction vectors go round, partial sums go to the receivers.
            let (blocks, depth) = (agreement.blocks, Self.depth)
            var correction = try await Parallel.offload { shares.correction(block: 0) }
            var partials: [Int: [UInt8]] = [:]
            for step in 0..<blocks + 2 * depth - 1 {
                let arriving = step - (depth - 1)
                let partial = partials.removeValue(forKey: step - depth) ?? []
                var outgoing: [Int: Block] = [:]
                for peer in links.peers {
                    let block = Block(
                        index: step, correction: peer == next ? correction : [],
                        partial: agreement.receivers.contains(peer) ? partial : [])
                    if !block.correction.isEmpty || !block.partial.isEmpty { outgoing[peer] = block }
                }
                let correctionDue = (0..<blocks).contains(arriving)
                let partialDue = receives && (0..<blocks).contains(arriving - depth)
                let received = try await links.exchange(
                    sending: outgoing, receiving: Block.self,
                    from: links.peers.filter { partialDue || (correctionDue && $0 == previous) })
                for (peer, block) in received {
                    try check(block, arriving, from: peer, correction: correctionDue && peer == previous, partial: partialDue)
                }
                (correction, partials[arriving]) = try await Parallel.offload {
                    let own = correctionDue ? shares.partial(block: arriving, correction: received[previous]!.correction) : nil
                    if partialDue {
                        for block in received.values { shares.addToTotals(block.partial, block: arriving - depth) }
                    }
                    return (step + 1 < blocks ? shares.correction(block: step + 1) : [], own)
                }
                let finished = arriving - (receives ? depth : 0)
                if (0..<blocks).contains(finished) {
                    progress?(
                        ProgressEvent(
                            phase: "secure sum", completed: agreement.elements(ofBlock: finished).upperBound,
                            total: agreement.count))
                }
            }
            // Last round: nobody succeeds before everybody has.
            let everybody = Dictionary(uniqueKeysWithValues: links.peers.map { ($0, Done()) })
            _ = try await links.exchange(sending: everybody, receiving: Done.self, from: links.peers)
            return receives ? try opened(shares) : nil
        }

        private func check(_ block: Block, _ index: Int, from peer: Int, correction: Bool, partial: Bool) throws {
            func bytes(_ due: Bool, _ block: Int) -> Int {
                due ? agreement.elements(ofBlock: block).count * agreement.ring.bytes : 0
            }
            guard block.index == index, block.correction.count == bytes(correction, index),
                block.partial.count == bytes(partial, index - Self.depth)
            else {
                let wrong = YinheError(
                    .peerMisbehaved, "vector block \(block.index) of the wrong shape where block \(index) was due")
                throw LinkFailure(peer: peer, error: wrong)
            }
        }

        private func opened<Element: RingElement>(_ shares: Shares<Element>) throws -> [Int128] {
            let totals = shares.totals.map { Int128($0.signed) }
            guard totals.allSatisfy(agreement.totalBounds.contains) else {
                throw YinheError(
                    .peerMisbehaved, "a total lies outside \(agreement.totalBounds): some party did not follow the protocol",
                    remedy: "do not use these totals; every party should check its input and version")
            }
            return totals
        }
    }
}
