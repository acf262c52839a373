import Arithmetic
import Paillier
import PrivateSetIntersection
import SandboxCore
import Transport

extension IntersectionSum {
    /// The side that has values for its tokens, and the Paillier key; see `IntersectionSum`.
    public struct ValueParty: Sendable {
        private let tokens: [JoinToken]
        private let values: [UInt64]
        private let parameters: Parameters
        private let key: PaillierPrivateKey?

        /// - Parameters:
        ///   - values: row by row, one value per declared slot for each token.
        ///   - key: a DJN key of `parameters.keyBits` bits; without it a fresh one is made for the run.
        ///
        /// Throws `.badInput` when a token occurs twice, the number of values does not fit, or a parameter is out of range;
        /// `.range` when a value exceeds its slot's bound.
        public init(
            tokens: [JoinToken], values: [UInt64], parameters: Parameters, key: PaillierPrivateKey? = nil
        ) throws {
            try parameters.validate()
            try Parameters.checkTokens(tokens)
            let slots = parameters.slots
            guard values.count == tokens.count * slots.count else {
                throw YinheError(
                    .badInput, "\(values.count) values where \(tokens.count) tokens with \(slots.count) slots were declared")
            }
            for i in values.indices where values[i] > slots[i % slots.count].upperBound {
                throw YinheError(
                    .range, "a value exceeds the declared bound of \"\(slots[i % slots.count].name)\"",
                    at: "row \(i / slots.count)", remedy: "clamp the values, or declare a larger bound")
            }
            if let key, key.publicKey.bits != parameters.keyBits || key.publicKey.scheme != .djn {
                throw YinheError(.badInput, "the Paillier key is not a DJN key of \(parameters.keyBits) bits")
            }
            self.tokens = tokens
            self.values = values
            self.parameters = parameters
            self.key = key
        }

        /// Runs the protocol in a session of its own; the channel stays open when it succeeds. Throws as `GroupParty.run`.
        public func run(over channel: any Channel, progress: ProgressMonitor? = nil) async throws -> ValueOutput {
            try await run(over: channel, progress: progress, random: SystemRandom.shared)
        }

        package func run(
            over channel: any Channel, progress: ProgressMonitor? = nil, random: some RandomSource
        ) async throws -> ValueOutput {
            let proposal = parameters.proposal(.value, setSize: tokens.count)
            return try await Session.run(over: channel, proposal, progress: progress) { session in
                try await rounds(in: session, random: random)
            }
        }

        private func rounds(in session: Session, random: some RandomSource) async throws -> ValueOutput {
            let parameters = self.parameters, threads = parameters.threads
            let peerSetSize = try parameters.peerSetSize(session)
            let scalar = P256SecretScalar(random: random)

            // Round 1: the key.
            let ownKey = self.key, progress = session.progress
            let key = try await Parallel.offload {
                try ownKey ?? PaillierPrivateKey.generate(bits: parameters.keyBits, scheme: .djn, progress: progress)
            }
            try await session.send(KeyMessage(key: key.publicKey.encoded))

            // Round 2: group sizes, then k1 H(v); meanwhile this side's own points k2 H(w) in their shuffled order.
            let groupSizes = try checkedSizes(try await session.receive(), peerSetSize)
            let layout = try Layout(parameters: parameters, groupSizes: groupSizes, valueSetSize: tokens.count)
            let order = random.permutation(tokens.count), tokens = self.tokens
            async let ownPoints = Parallel.offload {
                try DHSteps.blind(order.map { tokens[$0] }, with: scalar, domain: domain, threads: threads)
            }
            async let madeEncryptor = Parallel.offload { PaillierEncryptor(key) }
            let masks = try await receiveBlinded(in: session, layout, scalar)

            // Round 3: the masks, shuffled inside each group.
            let shuffled = Steps.reordered(masks, width: layout.maskBytes, Steps.shuffled(layout.groupRanges, random: random))
            for range in messageRanges(layout.groupSetSize, layout.pointsPerMessage) {
                let bytes = shuffled[range.lowerBound * layout.maskBytes..<range.upperBound * layout.maskBytes]
                try await session.send(MasksMessage(masks: Array(bytes)))
            }

            // Round 4: the rows.
            try await sendRows(in: session, layout, order, try await ownPoints, try await madeEncryptor)

            // Round 5: the masked sums are this side's shares.
            let ciphertexts = try await receiveSums(in: session, layout, key.publicKey)
            let shares = try await Parallel.offload {
                let plaintexts = try key.decrypt(ciphertexts, threads: threads, progress: progress)
                let perGroup = layout.packing.plaintextCount
                return try blamingPeer {
                    try groupSizes.indices.map { group in
                        try layout.packing.unpack(Array(plaintexts[group * perGroup..<(group + 1) * perGroup]))
                    }
                }
            }
            return ValueOutput(
                shares: shares, groupSizes: groupSizes, peerSetSize: peerSetSize, transcriptHash: session.transcriptHash,
                traffic: session.traffic)
        }

        private func checkedSizes(_ message: GroupSizesMessage, _ announced: Int) throws -> [Int] {
            let sizes = message.sizes.map { Int($0) }
            guard sizes.count == parameters.groupCount, sizes.reduce(0, +) == announced else {
                throw YinheError(
                    .peerMisbehaved,
                    "\(sizes.count) groups with \(sizes.reduce(0, +)) tokens, \(parameters.groupCount) groups with \(announced) "
                        + "tokens were announced")
            }
            return sizes
        }

        /// mask(k2 P) for each received point, in the order received.
        private func receiveBlinded(in session: Session, _ layout: Layout, _ scalar: P256SecretScalar) async throws -> [UInt8] {
            let threads = parameters.threads
            let counter = ProgressCounter("blind again", total: layout.groupSetSize, session.progress)
            var masks: [UInt8] = []
            masks.reserveCapacity(layout.groupSetSize * layout.maskBytes)
            for range in messageRanges(layout.groupSetSize, layout.pointsPerMessage) {
                let message: BlindedMessage = try await session.receive()
                try expect(message.points.count, elements: range.count, of: P256.encodedBytes, "blinded points")
                masks += try await Parallel.offload {
                    let points = try DHSteps.apply(message.points, with: scalar, threads: threads, firstIndex: range.lowerBound)
                    return try DHSteps.mask(points, maskBytes: layout.maskBytes, domain: domain, threads: threads)
                }
                counter.add(range.count)
            }
            return masks
        }

        private func sendRows(
            in session: Session, _ layout: Layout, _ order: [Int], _ points: [UInt8], _ encryptor: PaillierEncryptor
        ) async throws {
            let values = self.values, slots = parameters.slots.count, threads = parameters.threads
            let counter = ProgressCounter("encrypt rows", total: order.count, session.progress)
            for range in messageRanges(order.count, layout.rowsPerMessage) {
                let message = try await Parallel.offload {
                    let plaintexts = order[range].flatMap { row in
                        layout.packing.pack(values[row * slots..<(row + 1) * slots].map { UInt128($0) })
                    }
                    let width = P256.encodedBytes
                    var bytes = Array(points[range.lowerBound * width..<range.upperBound * width])
                    bytes.reserveCapacity(range.count * layout.rowBytes)
                    for c in try encryptor.encrypt(plaintexts, threads: threads) { bytes += encryptor.publicKey.encode(c) }
                    return RowsMessage(bytes: bytes)
                }
                try await session.send(message)
                counter.add(range.count)
            }
        }

        private func receiveSums(
            in session: Session, _ layout: Layout, _ key: PaillierPublicKey
        ) async throws -> [PaillierCiphertext] {
            var ciphertexts: [PaillierCiphertext] = []
            for range in messageRanges(layout.sumCiphertexts, layout.sumsPerMessage) {
                let message: SumsMessage = try await session.receive()
                try expect(message.ciphertexts.count, elements: range.count, of: layout.ciphertextBytes, "masked sums")
                let threads = parameters.threads
                ciphertexts += try await Parallel.offload {
                    try blamingPeer { try key.decodeCiphertexts(message.ciphertexts, threads: threads) }
                }
            }
            return ciphertexts
        }
    }
}
