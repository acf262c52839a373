import Arithmetic
import ObliviousTransfer
import SandboxCore
import TestSupport
import Testing
import Transport

@Suite struct RandomOTTests {
    static func proposal(_ me: Int) -> SessionProposal {
        SessionProposal(protocolName: "test/random-ot", version: 1, role: "party \(me)", peerRole: "party \(1 - me)")
    }

    typealias Strings = (sent: RandomOT.SentStrings, received: RandomOT.ReceivedStrings)

    /// What both parties get for (sent by party 0, sent by party 1), one after another; `alter` changes frames of party 0.
    static func extend(
        _ counts: [(Int, Int)], _ method: RandomOT.Method, threads: Int = 1, tag: UInt8? = nil,
        alter: @escaping @Sendable (inout [UInt8]) -> Void = { _ in }
    ) async throws -> (strings: [[Strings]], bytes: Int) {
        @Sendable func end(_ me: Int, _ channel: any Channel) async throws -> ([Strings], Int) {
            let channel = TamperedChannel(channel, tag: me == 0 ? tag : nil, alter: alter)
            let strings = try await Session.run(over: channel, proposal(me)) { session in
                let engine = RandomOT.Engine(session: session, party: me, method: method, threads: threads)
                var out: [Strings] = []
                for (zero, one) in counts {
                    out.append(try await engine.extend(sending: me == 0 ? zero : one, receiving: me == 0 ? one : zero))
                }
                return out
            }
            return (strings, channel.messageBytes)
        }
        let (a, b) = try await LocalRun.both({ try await end(0, $0) }, { try await end(1, $0) })
        return ([a.0, b.0], a.1 + b.1)
    }

    static func wrong(_ sent: RandomOT.SentStrings, _ received: RandomOT.ReceivedStrings) -> Int {
        (0..<sent.zero.count).count { j in
            let choice = received.choices.pointer[j / 64] >> UInt64(j % 64) & 1
            let due = choice == 0 ? sent.zero.pointer[j] : sent.one.pointer[j]
            return received.strings.pointer[j] != due || sent.zero.pointer[j] == sent.one.pointer[j]
        }
    }

    /// From stock; one chunk; several chunks, the last one short; one direction alone.
    @Test(arguments: RandomOT.Method.allCases, 1...2)
    func `The receiver gets the chosen one of two strings`(method: RandomOT.Method, threads: Int) async throws {
        let counts = [(1, 1), (100, 63), (5000, 4097), (0, 300), (300_001, 70_000), (0, 9000), (64, 64), (10_000, 0)]
        let strings = try await Self.extend(counts, method, threads: threads).strings
        var all = Set<Block128>()
        for i in counts.indices {
            for sender in 0..<2 {
                let (sent, received) = (strings[sender][i].sent, strings[1 - sender][i].received)
                #expect(sent.zero.count == (sender == 0 ? counts[i].0 : counts[i].1))
                #expect(sent.zero.count == received.strings.count)
                #expect(Self.wrong(sent, received) == 0, "request \(i), sender \(sender)")
                for string in sent.zero.buffer { all.insert(string) }
                for string in sent.one.buffer { all.insert(string) }
            }
        }
        // No string comes twice, in any request or direction: probability below 2^-80.
        #expect(all.count == 2 * counts.reduce(0) { $0 + $1.0 + $1.1 })
    }

    /// The chi-square statistic of byte values; above 400 with probability below 1e-7 for uniform bytes (255 degrees of freedom).
    @Test(arguments: RandomOT.Method.allCases) func `Strings and choices look uniform`(method: RandomOT.Method) async throws {
        let count = 100_000
        let strings = try await Self.extend([(count, count)], method).strings
        for party in strings.map({ $0[0] }) {
            for buffer in [party.sent.zero, party.sent.one, party.received.strings] {
                var seen = [Double](repeating: 0, count: 256)
                for byte in UnsafeRawBufferPointer(buffer.buffer) { seen[Int(byte)] += 1 }
                let expected = Double(16 * count) / 256
                #expect(seen.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected } < 400)
            }
            let whole = party.received.choices.buffer.prefix(count / 64)
            let excess = Double(whole.reduce(0) { $0 + $1.nonzeroBitCount }) - Double(32 * whole.count)
            // Seven standard deviations: probability below 1e-11.
            #expect(abs(excess) < 7 * Double(16 * whole.count).squareRoot())
        }
    }

    @Test func `A soft-spoken run sends 31 bits a transfer`() async throws {
        let setUp = 2 * (8224 + 3072) + 4 * 6
        for count in [5000, 65_536, 200_000] {
            let bytes = try await Self.extend([(count, count)], .softSpoken).bytes
            let chunks = stride(from: 0, to: count, by: 65_536).map { min(65_536, count - $0) }
            let due = chunks.reduce(0) { $0 + 2 * (31 * (($1 + 255) / 256) * 32 + 6) }
            #expect(bytes == setUp + due)
        }
    }

    @Test func `A request from stock sends nothing`() async throws {
        let first = try await Self.extend([(100, 100)], .softSpoken).bytes
        let more = try await Self.extend([(100, 100), (64, 9), (4000, 4000)], .softSpoken).bytes
        #expect(first == more)
    }

    // MARK: Kernels

    @Test func `All kernels and ciphers give the same correlation`() throws {
        let random = SeededRandom(freshSeed())
        let delta = Block128(low: random.word(), high: random.word())
        let leaves = (0..<512).map { _ in Block128(low: random.word(), high: random.word()) }
        let memory = TileMemory()
        for transfers in [256, 768, 4096] {
            let stride = transfers / 8
            var results: [[UInt8]] = []
            for implementation in AES128.Implementation.available {
                for kernel in 0..<ExtensionRows.kernelCount {
                    var out: [UInt8] = []
                    var corrections = [UInt8](repeating: 0, count: 31 * stride)
                    let receiver = ExtensionRows(leaves: leaves, implementation: implementation, kernel: kernel)
                    // With all leaves known the sender's rows come out as the receiver's plus Delta times (sum + correction).
                    let sender = ExtensionRows(leaves: leaves, delta: delta, implementation: implementation, kernel: kernel)
                    corrections.withUnsafeMutableBufferPointer { corrections in
                        receiver.receive(
                            from: 4096, transfers, memory, choices: memory.choices.pointer, columns: memory.columns.pointer,
                            corrections: corrections.baseAddress!, stride: stride)
                        out += UnsafeRawBufferPointer(start: memory.choices.pointer, count: stride)
                        out += UnsafeRawBufferPointer(start: memory.columns.pointer, count: 16 * transfers)
                        let choices = Array(memory.choices.buffer.prefix(transfers / 64))
                        let columns = Array(memory.columns.buffer.prefix(transfers))
                        sender.send(
                            from: 4096, transfers, memory, corrections: corrections.baseAddress!, stride: stride,
                            columns: memory.columns.pointer)
                        let wrong = (0..<transfers).count { j in
                            let mask = 0 &- (choices[j / 64] >> UInt64(j % 64) & 1)
                            let due = columns[j] ^ Block128(low: delta.low & mask, high: delta.high & mask)
                            return memory.columns.pointer[j] != due
                        }
                        #expect(wrong == 0, "seed \(random.seed)")
                    }
                    results.append(out + corrections)
                }
            }
            for result in results { #expect(result == results[0], "seed \(random.seed), \(transfers) transfers") }
        }
    }

    // MARK: Misbehaving peers

    private func failure(
        _ tag: UInt8, count: Int, alter: @escaping @Sendable (inout [UInt8]) -> Void
    ) async throws -> YinheError? {
        do {
            _ = try await Self.extend([(count, count)], .softSpoken, tag: tag, alter: alter)
            return nil
        } catch let error as YinheError {
            return error
        }
    }

    @Test(arguments: 0x90...0x92 as ClosedRange<UInt8>, [100, 70_000])
    func `Messages of a wrong length are refused`(tag: UInt8, count: Int) async throws {
        for change in [-16, -1, 1, 16] {
            let error = try await failure(tag, count: count) {
                if change < 0 { $0.removeLast(-change) } else { $0 += [UInt8](repeating: 0, count: change) }
            }
            #expect(error?.code == .peerMisbehaved)
        }
        #expect(try await failure(tag, count: count) { $0 = [$0[0]] }?.code == .peerMisbehaved)
        #expect(try await failure(tag, count: count) { $0[0] = 0x9f }?.code == .peerMisbehaved)
    }

    @Test func `Base OT messages that are no group elements are refused`() async throws {
        for place in [1, 8193] {
            let error = try await failure(0x90, count: 10) { frame in for i in 0..<32 { frame[place + i] = 0xff } }
            #expect(error?.code == .peerMisbehaved)
        }
    }

    @Test(arguments: [0, 1, 2, 4]) func `A peer that goes away ends the run`(frames: Int) async throws {
        let (left, right) = LocalChannel.pair()
        async let cut: Void = {
            let session = try await Session.open(over: right, Self.proposal(1))
            let engine = RandomOT.Engine(session: session, party: 1, method: .softSpoken, threads: 1)
            if frames > 0 { try await session.send(RandomOT.Corrections(bytes: [])) }
            _ = engine
            await right.close()
        }()
        let error = await #expect(throws: YinheError.self) {
            try await Session.run(over: left, Self.proposal(0)) { session in
                let engine = RandomOT.Engine(session: session, party: 0, method: .softSpoken, threads: 1)
                _ = try await engine.extend(sending: 500_000, receiving: 500_000)
            }
        }
        try await cut
        #expect([.peerUnreachable, .peerMisbehaved].contains(error?.code))
    }
}
