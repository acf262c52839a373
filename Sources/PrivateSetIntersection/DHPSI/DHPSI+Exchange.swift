import Arithmetic
import SandboxCore
import Transport

extension DHPSI {
    /// One side of the protocol; the roles differ only in who replies with masks, and in which order.
    struct Exchange: Sendable {
        /// What this side sends back for the peer's points.
        enum Reply: Sendable {
            case none
            /// Masks in the order of the peer's points, so that the peer can tell which of its elements match.
            case inOrder
            /// Masks in a random order, so that the peer can only count.
            case shuffled
        }

        struct Found: Sendable {
            /// For each match the place of this side's element on the wire, or of the mask when the peer shuffled its masks, and the
            /// place of the peer's element.
            var pairs: [(own: UInt32, peer: UInt32)] = []
            var count: Int { pairs.count }
        }

        let peerSetSize: Int
        let peerChunk: Int
        let maskBytes: Int
        let session: Session
        let tokens: [JoinToken]
        let parameters: Parameters
        private let secret: P256SecretScalar
        /// Place on the wire -> index of this side's token. Random, so that places say nothing about this side's file.
        let order: [UInt32]
        /// Place of a mask in a shuffled reply -> place of the peer's point.
        let replyOrder: [UInt32]
        let lane = ComputeLane()

        init(_ input: Input, _ session: Session, random: some RandomSource) throws {
            guard let size = session.peerAnnouncements[Announcement.setSize], 0...DHPSI.maximumSetSize ~= size,
                let chunk = session.peerAnnouncements[Announcement.chunk], 1...Parameters.maximumChunk ~= chunk
            else {
                throw YinheError(
                    .peerMisbehaved, "the peer announced no set size up to \(DHPSI.maximumSetSize), or no rows per message "
                        + "up to \(Parameters.maximumChunk)")
            }
            peerSetSize = size
            peerChunk = chunk
            maskBytes = SecurityParameters.comparisonMaskBytes(input.tokens.count, size)
            self.session = session
            tokens = input.tokens
            parameters = input.parameters
            secret = P256SecretScalar(random: random)
            let shuffler = BufferedRandom(seededBy: random)
            order = shuffler.permutation(tokens.count).map { UInt32($0) }
            let shuffles = input.parameters.policy == .cardinalityOnly || input.parameters.minimumIntersection > 0
            replyOrder = shuffles ? shuffler.permutation(size).map { UInt32($0) } : []
        }

        /// Both directions at once; the first failure stops the other.
        func run(reply: Reply, expectsReply: Bool) async throws -> (found: Found, incoming: Incoming) {
            let (digestChunks, feed) = AsyncStream.makeStream(of: [UInt8].self)
            let incoming = try await bothDirections {
                try await send(reply, digestChunks)
            } receive: {
                defer { feed.finish() }
                return try await receive(expectsReply: expectsReply) { if reply != .none { feed.yield($0) } }
            }
            return (try await lane.run { try compare(incoming) }, incoming)
        }

        private func bothDirections(
            send: @escaping @Sendable () async throws -> Void, receive: @escaping @Sendable () async throws -> Incoming
        ) async throws -> Incoming {
            var incoming = Incoming()
            var errors: [any Error] = []
            await withTaskGroup(of: Result<Incoming?, any Error>.self) { group in
                group.addTask {
                    do { return .success(try await receive()) } catch { return .failure(error) }
                }
                group.addTask {
                    do {
                        try await send()
                        return .success(nil)
                    } catch { return .failure(error) }
                }
                for await result in group {
                    switch result {
                    case .success(let value): incoming = value ?? incoming
                    case .failure(let error):
                        errors.append(error)
                        group.cancelAll()
                    }
                }
            }
            if let error = errors.min(by: { Self.rank($0) < Self.rank($1) }) { throw error }
            return incoming
        }

        /// Which of two directions' errors explains the failure: why the peer stopped, then that it did (what this side received
        /// after that may be incomplete), then what it did wrong, and last that the other direction was stopped in consequence.
        private static func rank(_ error: any Error) -> Int {
            switch (error as? YinheError)?.code {
            case YinheError.Code.peerAborted?: 0
            case YinheError.Code.peerUnreachable?: 1
            case YinheError.Code.cancelled?, nil: 3
            default: 2
            }
        }

        /// Tells the peer that this side is done and waits for the same; under `.bothLearnMatches` the counts must agree.
        func complete(telling count: Int?, expecting expected: Int?) async throws {
            try await session.send(Completion(count: count))
            let peer: Completion = try await session.receive()
            guard peer.count == expected else {
                let text = { (count: Int?) in count.map { "\($0)" } ?? "none" }
                throw YinheError(.peerMisbehaved, "the peer counts \(text(peer.count)) matches, this side \(text(expected))")
            }
        }

        // MARK: Outgoing

        private func send(_ reply: Reply, _ digestChunks: AsyncStream<[UInt8]>) async throws {
            for first in stride(from: 0, to: tokens.count, by: parameters.chunk) {
                let range = first..<min(first + parameters.chunk, tokens.count)
                let points = try await lane.run {
                    try DHSteps.blind(
                        order[range].map { tokens[Int($0)] }, with: secret, domain: DHPSI.domain, threads: parameters.threads)
                }
                try await session.send(BlindedPoints(first: UInt32(first), bytes: points))
                session.progress?(ProgressEvent(phase: "own elements blinded", completed: range.upperBound, total: tokens.count))
            }
            switch reply {
            case .none: return
            case .inOrder:
                var sent = 0
                for await digests in digestChunks { try await sendMasks(digests, &sent) }
            case .shuffled:
                var digests: [UInt8] = []
                for await chunk in digestChunks { digests += chunk }
                let width = DigestIndex.digestBytes
                // Fewer only when receiving has failed, and then that error is the one to show.
                guard digests.count == width * peerSetSize else { return }
                var sent = 0
                for first in stride(from: 0, to: peerSetSize, by: peerChunk) {
                    let places = replyOrder[first..<min(first + peerChunk, peerSetSize)]
                    try await sendMasks(places.flatMap { digests[width * Int($0)..<width * (Int($0) + 1)] }, &sent)
                }
            }
        }

        func sendMasks(_ digests: [UInt8], _ sent: inout Int) async throws {
            let width = DigestIndex.digestBytes
            let rows = digests.count / width
            let masks = [UInt8](unsafeUninitializedCapacity: rows * maskBytes) { out, initialized in
                digests.withUnsafeBytes { digests in
                    for row in 0..<rows {
                        UnsafeMutableRawPointer(out.baseAddress! + maskBytes * row)
                            .copyMemory(from: digests.baseAddress! + width * row, byteCount: maskBytes)
                    }
                }
                initialized = rows * maskBytes
            }
            try await session.send(Masks(first: UInt32(sent), bytes: masks))
            sent += rows
        }

        // MARK: Incoming

        struct Incoming: Sendable {
            /// 16-byte digests of (this side's secret) * (the peer's points), in the peer's order.
            var peerDigests: [UInt8] = []
            /// The peer's masks of this side's points; nil when none were due.
            var ownMasks: [UInt8]?
        }

        private func receive(expectsReply: Bool, digests feed: ([UInt8]) -> Void) async throws -> Incoming {
            var incoming = Incoming()
            var received = 0
            while received < peerSetSize {
                let rows = min(peerChunk, peerSetSize - received)
                let chunk: BlindedPoints = try await session.receive()
                try chunk.check(due: received, rows: rows, bytesPerRow: P256.encodedBytes, total: peerSetSize)
                let first = received
                let digests = try await lane.run {
                    let shared = try DHSteps.apply(chunk.bytes, with: secret, threads: parameters.threads, firstIndex: first)
                    return try DHSteps.mask(
                        shared, maskBytes: DigestIndex.digestBytes, domain: DHPSI.domain, threads: parameters.threads)
                }
                incoming.peerDigests += digests
                feed(digests)
                received += rows
                session.progress?(ProgressEvent(phase: "peer elements combined", completed: received, total: peerSetSize))
            }
            if expectsReply { incoming.ownMasks = try await receiveMasks() }
            return incoming
        }

        /// The peer's masks of this side's points.
        func receiveMasks() async throws -> [UInt8] {
            var masks: [UInt8] = []
            var received = 0
            while received < tokens.count {
                let rows = min(parameters.chunk, tokens.count - received)
                let chunk: Masks = try await session.receive()
                try chunk.check(due: received, rows: rows, bytesPerRow: maskBytes, total: tokens.count)
                masks += chunk.bytes
                received += rows
                session.progress?(ProgressEvent(phase: "masks received", completed: received, total: tokens.count))
            }
            return masks
        }

        // MARK: Comparison

        func compare(_ incoming: Incoming) throws -> Found {
            try incoming.peerDigests.withUnsafeBytes { digests in
                var duplicate: (Int, Int)?
                let index = DigestIndex(digests, maskBytes: maskBytes, duplicate: &duplicate)
                if let (first, second) = duplicate {
                    throw YinheError(
                        .peerMisbehaved, "the peer's elements \(first) and \(second) are equal; a set holds each once")
                }
                var found = Found()
                guard let masks = incoming.ownMasks else { return found }
                var taken = [Bool](repeating: false, count: peerSetSize)
                try masks.withUnsafeBytes { masks in
                    for place in 0..<tokens.count {
                        let mask = UnsafeRawBufferPointer(rebasing: masks[maskBytes * place..<maskBytes * (place + 1)])
                        guard let peer = index.find(mask) else { continue }
                        guard !taken[peer] else {
                            throw YinheError(.peerMisbehaved, "the peer sent a mask twice (second at row \(place))")
                        }
                        taken[peer] = true
                        found.pairs.append((UInt32(place), UInt32(peer)))
                    }
                }
                return found
            }
        }
    }
}
