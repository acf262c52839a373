import Arithmetic
import Paillier
import PrivateSetIntersection
import SandboxCore
import Transport

extension IntersectionSum {
    /// The side whose tokens are divided into groups; see `IntersectionSum`.
    public struct GroupParty: Sendable {
        private let groups: [[JoinToken]]
        private let parameters: Parameters

        /// Throws `.badInput` when a token occurs twice (also in two groups), the number of groups is not the declared one, or a
        /// parameter is out of range.
        public init(groups: [[JoinToken]], parameters: Parameters) throws {
            try parameters.validate()
            guard groups.count == parameters.groupCount else {
                throw YinheError(.badInput, "\(groups.count) groups of tokens where \(parameters.groupCount) were declared")
            }
            try Parameters.checkTokens(Array(groups.joined()))
            self.groups = groups
            self.parameters = parameters
        }

        /// Runs the protocol in a session of its own; the channel stays open when it succeeds.
        ///
        /// Throws `.belowMinimum` when too few tokens match, `.peerMismatch`, `.peerMisbehaved`, `.peerAborted` or
        /// `.peerUnreachable` for the peer, `.range` when the declared bounds leave no room for the sums.
        public func run(over channel: any Channel, progress: ProgressMonitor? = nil) async throws -> GroupOutput {
            try await run(over: channel, progress: progress, random: SystemRandom.shared)
        }

        package func run(
            over channel: any Channel, progress: ProgressMonitor? = nil, random: some RandomSource
        ) async throws -> GroupOutput {
            let proposal = parameters.proposal(.group, setSize: groups.reduce(0) { $0 + $1.count })
            return try await Session.run(over: channel, proposal, progress: progress) { session in
                try await rounds(in: session, random: random)
            }
        }

        private func rounds(in session: Session, random: some RandomSource) async throws -> GroupOutput {
            let parameters = self.parameters, threads = parameters.threads
            let peerSetSize = try parameters.peerSetSize(session)
            let layout = try Layout(parameters: parameters, groupSizes: groups.map(\.count), valueSetSize: peerSetSize)
            let scalar = P256SecretScalar(random: random)

            // Round 1: the key.
            let keyMessage: KeyMessage = try await session.receive()
            let key = try await Parallel.offload { try Self.checkedKey(keyMessage.key, parameters) }

            // Round 2: group sizes, then k1 H(v).
            try await session.send(GroupSizesMessage(sizes: layout.groupSizes.map { UInt32($0) }))
            try await sendBlinded(in: session, layout, scalar, random)

            // Round 3: which masks belong to which group.
            let masks = try await receiveMasks(in: session, layout)
            let matcher = try await Parallel.offload { try Matcher(key: key, layout: layout, masks: masks) }

            // Round 4: rows; matching ones are added to their group's sum.
            let counter = ProgressCounter("match rows", total: peerSetSize, session.progress)
            for range in messageRanges(peerSetSize, layout.rowsPerMessage) {
                let message: RowsMessage = try await session.receive()
                try await Parallel.offload {
                    let (rowMasks, ciphertexts) = try Self.open(message.bytes, range, layout, key, scalar, threads)
                    try matcher.add(rowMasks: rowMasks, ciphertexts: ciphertexts)
                }
                counter.add(range.count)
            }

            // Round 5: the minimum, then the masked sums.
            let matches = matcher.counts.reduce(0, +)
            guard matches >= parameters.minimumIntersection else {
                throw YinheError(
                    .belowMinimum,
                    "the intersection is smaller than the agreed minimum of \(parameters.minimumIntersection); nothing was revealed",
                    remedy: "agree on a lower minimum, or join larger sets")
            }
            let slotMasks = Steps.drawMasks(layout, random: random)
            let sums = matcher.sums
            let ciphertexts = try await Parallel.offload {
                try Self.masked(sums, slotMasks, layout, key, threads, session.progress)
            }
            for range in messageRanges(ciphertexts.count, layout.sumsPerMessage) {
                try await session.send(SumsMessage(ciphertexts: ciphertexts[range].flatMap { key.encode($0) }))
            }
            return GroupOutput(
                shares: Steps.groupShares(masks: slotMasks), groupCounts: matcher.counts, peerSetSize: peerSetSize,
                transcriptHash: session.transcriptHash, traffic: session.traffic)
        }

        private static func checkedKey(_ bytes: [UInt8], _ parameters: Parameters) throws -> PaillierPublicKey {
            try blamingPeer {
                let key = try PaillierPublicKey(encoded: bytes, allowedBits: [parameters.keyBits])
                guard key.scheme == .djn else { throw YinheError(.badInput, "the Paillier key is not for the DJN scheme") }
                return key
            }
        }

        private func sendBlinded(
            in session: Session, _ layout: Layout, _ scalar: P256SecretScalar, _ random: some RandomSource
        ) async throws {
            let tokens = Array(groups.joined()), threads = parameters.threads
            let order = Steps.shuffled(layout.groupRanges, random: random)
            let counter = ProgressCounter("blind", total: order.count, session.progress)
            for range in messageRanges(order.count, layout.pointsPerMessage) {
                let points = try await Parallel.offload {
                    try DHSteps.blind(order[range].map { tokens[$0] }, with: scalar, domain: domain, threads: threads)
                }
                try await session.send(BlindedMessage(points: points))
                counter.add(range.count)
            }
        }

        private func receiveMasks(in session: Session, _ layout: Layout) async throws -> [UInt8] {
            var masks: [UInt8] = []
            masks.reserveCapacity(layout.groupSetSize * layout.maskBytes)
            for range in messageRanges(layout.groupSetSize, layout.pointsPerMessage) {
                let message: MasksMessage = try await session.receive()
                try expect(message.masks.count, elements: range.count, of: layout.maskBytes, "masked points")
                masks += message.masks
            }
            return masks
        }

        /// The masks mask(k1 k2 H(w)) and the validated ciphertexts of one message of rows.
        private static func open(
            _ bytes: [UInt8], _ range: Range<Int>, _ layout: Layout, _ key: PaillierPublicKey, _ scalar: P256SecretScalar,
            _ threads: Int
        ) throws -> (masks: [UInt8], ciphertexts: [PaillierCiphertext]) {
            try expect(bytes.count, elements: range.count, of: layout.rowBytes, "encrypted rows")
            let split = range.count * P256.encodedBytes
            let ciphertexts = try blamingPeer { try key.decodeCiphertexts(Array(bytes[split...]), threads: threads) }
            let points = try DHSteps.apply(
                Array(bytes[..<split]), with: scalar, threads: threads, firstIndex: range.lowerBound)
            return (try DHSteps.mask(points, maskBytes: layout.maskBytes, domain: domain, threads: threads), ciphertexts)
        }

        /// Enc(sum + r): a fresh encryption of the packed masks, its randomness uniform, times the encrypted sum.
        private static func masked(
            _ sums: [PaillierCiphertext], _ masks: [[UInt128]], _ layout: Layout, _ key: PaillierPublicKey, _ threads: Int,
            _ progress: ProgressMonitor?
        ) throws -> [PaillierCiphertext] {
            let plaintexts = masks.flatMap { layout.packing.pack($0) }
            let fresh = try PaillierEncryptor(hidingFromOwnerOf: key).encrypt(plaintexts, threads: threads, progress: progress)
            return zip(sums, fresh).map { key.add($0, $1) }
        }
    }
}
