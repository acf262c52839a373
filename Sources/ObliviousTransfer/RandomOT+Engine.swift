import Arithmetic
import SandboxCore
import Synchronization
import Transport

extension RandomOT {
    /// One party's end, for both directions of one session. One task at a time; both parties run the same programs in the same
    /// order.
    package final class Engine: @unchecked Sendable {
        package let method: Method
        package let party: Int
        let session: Session
        let threads: Int
        let random: any RandomSource
        private let memories = Mutex<[TileMemory]>([])

        /// The own direction, in which this party sends, and the peer's.
        var outgoing: Direction
        var incoming: Direction

        /// The transcript when the first program began, and how many seeds were made of it.
        private var publicSeeds: (transcript: [UInt8], made: UInt64)?

        /// A seed that both parties know and neither chose: a hash of the session up to the first use of this end. A new one each
        /// time; both parties ask at the same place.
        package func publicSeed() async throws -> Block128 {
            try await setUpIfNeeded()
            var hash = DomainHash(domain: "yinhe/ot-extension/public-seed/v1")
            hash.update(field: publicSeeds!.transcript)
            withUnsafeBytes(of: publicSeeds!.made.littleEndian) { hash.update($0) }
            publicSeeds!.made += 1
            return Block128(littleEndianBytes: hash.finalize()[..<16])
        }

        /// The correlation of one direction. Unused here: choices of the direction in which this party sends.
        struct Direction {
            let sender: Int
            var rows: ExtensionRows?
            var delta = Block128.zero
            /// Transfers so far: numbers the key streams and the tweaks of the hash.
            var used = 0
            /// Correlated columns in stock, from `next` on, and their choices.
            var columns = HugeBuffer<Block128>(count: 0, wiped: true)
            var choices = HugeBuffer<UInt64>(count: 0, wiped: true)
            var next = 0
            /// The number of the first column in stock.
            var firstInStock = 0
            var inStock: Int { columns.count - next }

            init(sender: Int) { self.sender = sender }

            /// The tweak of transfer 0: no tweak occurs in both directions.
            var tweak: UInt64 { UInt64(sender) << 62 }

            mutating func stock(_ columns: HugeBuffer<Block128>, _ choices: HugeBuffer<UInt64>) {
                self.columns = columns
                self.choices = choices
                next = 0
                firstInStock = used
                used += columns.count
            }
        }

        /// `party`: 0 or 1. Nothing is computed or sent before the first program runs.
        package init(
            session: Session, party: Int, method: Method = .softSpoken, threads: Int,
            random: any RandomSource = SystemRandom.shared
        ) {
            precondition(threads >= 1 && (party == 0 || party == 1))
            self.session = session
            self.party = party
            self.method = method
            self.threads = threads
            self.random = random
            outgoing = Direction(sender: party)
            incoming = Direction(sender: 1 - party)
        }

        /// Memory for one tile; given back for the next.
        func withMemory<R>(_ body: (TileMemory) throws -> R) rethrows -> R {
            let memory = memories.withLock { $0.popLast() } ?? TileMemory()
            defer { memories.withLock { $0.append(memory) } }
            return try body(memory)
        }

        // MARK: Set-up of the soft-spoken method, both directions at once

        /// Two flights: base OT messages cross, then the tree sums.
        func setUpIfNeeded() async throws {
            if publicSeeds == nil { publicSeeds = (session.transcriptHash, 0) }
            guard method == .softSpoken, outgoing.rows == nil else { return }
            let delta = Block128(low: random.word(), high: random.word())
            let random = random
            let opening = try await Parallel.offload { Opening(delta: delta, random: random) }
            try await session.send(BaseMessage(bytes: opening.message))
            let base = try await session.receive(BaseMessage.self)
            try base.check(count: BaseMessage.maximumBytes)
            let transcript = session.transcriptHash
            let (threads, party) = (threads, party)
            let own = try await Parallel.offload {
                try opening.expand(base.bytes, transcript: transcript, party: party, threads: threads)
            }
            try await session.send(SmallTreeSums(bytes: own.sums))
            let sums = try await session.receive(SmallTreeSums.self)
            try sums.check(count: SmallTrees.sumBytes)
            incoming.rows = own.receiving
            outgoing.delta = delta
            outgoing.rows = try await Parallel.offload { own.sending(sums.bytes) }
        }

        /// What a party draws for the base OTs of both directions.
        private final class Opening: Sendable {
            let delta: Block128
            private let receiver: BaseOT.Receiver
            private let sender: BaseOT.Sender
            let message: [UInt8]

            init(delta: Block128, random: any RandomSource) {
                self.delta = delta
                receiver = BaseOT.Receiver(choices: (0..<128).map { delta.bitMask($0) != 0 }, random: random)
                sender = BaseOT.Sender(random: random)
                message = receiver.message + sender.message
            }

            /// The trees of the direction in which this party receives, and what the other direction waits for.
            func expand(_ base: [UInt8], transcript: [UInt8], party: Int, threads: Int) throws -> Expansion {
                let pairs = BaseMessage.receiverBytes
                var keys = try receiver.keys(
                    senderMessage: Array(base[pairs...]), context: Self.context(transcript, sender: party), threads: threads)
                var both = try sender.keys(
                    receiverMessage: Array(base[..<pairs]), count: 128, context: Self.context(transcript, sender: 1 - party),
                    threads: threads)
                defer { both.withUnsafeMutableBytes { ConstantTime.wipe($0) } }
                var trees = SmallTrees.expandAll(both)
                defer { ConstantTime.wipe(&trees.leaves) }
                defer { ConstantTime.wipe(&keys) }
                let held = HugeBuffer<Block128>(count: keys.count, wiped: true)
                _ = held.buffer.update(fromContentsOf: keys)
                return Expansion(
                    delta: delta, keys: held, receiving: ExtensionRows(leaves: trees.leaves),
                    sums: trees.sums.withUnsafeBytes { Array($0) })
            }

            private static func context(_ transcript: [UInt8], sender: Int) -> [UInt8] {
                Array("yinhe/ot-extension/v1".utf8) + [UInt8(sender)] + transcript
            }
        }

        private struct Expansion: Sendable {
            let delta: Block128
            let keys: HugeBuffer<Block128>
            let receiving: ExtensionRows
            let sums: [UInt8]

            func sending(_ sums: [UInt8]) -> ExtensionRows {
                var leaves = SmallTrees.expandPunctured(
                    Array(keys.buffer), choices: delta, sums: Block128.array(sums))
                defer { ConstantTime.wipe(&leaves) }
                return ExtensionRows(leaves: leaves, delta: delta)
            }
        }
    }
}
