import Arithmetic
import ObliviousTransfer
import SandboxCore
import TestSupport
import Testing
import Transport

/// Whole sessions with messages changed on the way, and what runs send.
@Suite struct SilentSessionTests {
    /// Runs both roles over channels that change the message `tag`; returns the error that began the end.
    private func failure(
        _ parameters: SilentVOLE.Parameters, tag: UInt8, alter: @escaping @Sendable (inout [UInt8]) -> Void
    ) async throws -> YinheError? {
        let sender = try SilentVOLE.Sender(parameters), receiver = try SilentVOLE.Receiver(parameters)
        do {
            _ = try await LocalRun.both(
                { try await sender.run(over: TamperedChannel($0, tag: tag, alter: alter)) },
                { try await receiver.run(over: TamperedChannel($0, tag: tag, alter: alter)) })
            return nil
        } catch let error as YinheError {
            return error
        }
    }

    @Test(arguments: 1...7 as ClosedRange<UInt8>)
    func `A message changed on the way stops a malicious run`(tag: UInt8) async throws {
        for place in [1, 0] {
            let error = try await failure(.init(count: 300, security: .malicious, threads: 1), tag: tag) {
                $0[place == 1 ? 1 : $0.count - 1] ^= 1
            }
            #expect(error?.code == .peerMisbehaved)
        }
    }

    @Test(arguments: [1, 2, 3, 5] as [UInt8], SilentVOLE.Security.allCases)
    func `Messages of a wrong length are refused`(tag: UInt8, security: SilentVOLE.Security) async throws {
        for change in [-16, -1, 1, 16] {
            let error = try await failure(.init(count: 10, security: security, threads: 1), tag: tag) {
                if change < 0 { $0.removeLast(-change) } else { $0 += [UInt8](repeating: 0, count: change) }
            }
            #expect(error?.code == .peerMisbehaved)
        }
    }

    @Test(arguments: [1, 2] as [UInt8]) func `Base OT messages that are no group elements are refused`(tag: UInt8) async throws {
        let error = try await failure(.init(count: 10, threads: 1), tag: tag) { frame in
            for i in 1...32 { frame[i] = 0xff }
        }
        #expect(error?.code == .peerMisbehaved)
    }

    @Test(arguments: 1...7 as ClosedRange<UInt8>)
    func `A message of an earlier session stops a malicious run`(tag: UInt8) async throws {
        let parameters = SilentVOLE.Parameters(count: 300, security: .malicious, threads: 1)
        let sender = try SilentVOLE.Sender(parameters), receiver = try SilentVOLE.Receiver(parameters)
        let (fromSender, fromReceiver) = try await LocalRun.both(
            { let channel = TamperedChannel($0); _ = try await sender.run(over: channel); return channel.messages },
            { let channel = TamperedChannel($0); _ = try await receiver.run(over: channel); return channel.messages })
        let old = try #require((fromSender + fromReceiver).first { $0.first == tag })
        let error = try await failure(parameters, tag: tag) { $0 = old }
        #expect(error?.code == .peerMisbehaved)
    }

    @Test func `Challenges depend on the session`() async throws {
        // The receiver's proof is a function of its rows, its randomness and the challenge: only the last differs here.
        let steps = SilentSteps(outputs: 50)
        try steps.run()
        let first = steps.receiver.checkRequest().bytes
        steps.receiver.prepareCheck([UInt8](repeating: 9, count: 32))
        #expect(steps.receiver.checkRequest().bytes != first)
    }

    @Test(arguments: SilentVOLE.Field.allCases, SilentVOLE.Security.allCases)
    func `A run sends exactly the bytes of the formula`(field: SilentVOLE.Field, security: SilentVOLE.Security) async throws {
        for (count, code) in [(1, LPNCode.expandConvolute7x24), (5000, .expandConvolute21x24), (70_000, .expandConvolute7x24)] {
            let parameters = SilentVOLE.Parameters(count: count, field: field, security: security, code: code, threads: 1)
            let sender = try SilentVOLE.Sender(parameters), receiver = try SilentVOLE.Receiver(parameters)
            let (fromSender, fromReceiver) = try await LocalRun.both(
                { let channel = TamperedChannel($0); _ = try await sender.run(over: channel); return channel.messageBytes },
                { let channel = TamperedChannel($0); _ = try await receiver.run(over: channel); return channel.messageBytes })
            #expect(SilentVOLE.bytes(parameters) == .init(fromSender: fromSender, fromReceiver: fromReceiver))
        }
    }

    @Test func `A VOLE for a low-communication intersection costs at most five bits an element`() {
        // 2^20 tokens in an OKVS of expansion 1.23.
        let parameters = SilentVOLE.Parameters(count: 1_290_000, field: .bits64, code: .expandConvolute21x24)
        #expect(8 * SilentVOLE.bytes(parameters).total <= 5 << 20)
    }

    @Test func `Peers with other parameters are told apart before anything is sent`() async throws {
        let sender = try SilentVOLE.Sender(.init(count: 10, threads: 1))
        let receiver = try SilentVOLE.Receiver(.init(count: 11, threads: 1))
        let error = await #expect(throws: YinheError.self) {
            try await LocalRun.both({ try await sender.run(over: $0) }, { try await receiver.run(over: $0) })
        }
        #expect(error?.code == .peerMismatch)
    }

    @Test(arguments: [0, -1, SilentVOLE.maximumCount + 1]) func `Counts out of range are refused`(count: Int) {
        let error = #expect(throws: YinheError.self) { try SilentVOLE.Sender(.init(count: count)) }
        #expect(error?.code == .usage)
        #expect(throws: YinheError.self) { try SilentOT.Receiver(.init(count: count)) }
    }

    // MARK: Outputs

    /// The chi-square statistic of byte values; above 400 with probability below 1e-7 for uniform bytes (255 degrees of freedom).
    private func chiSquare<T>(_ values: CorrelatedVector<T>) -> Double {
        var counts = [Double](repeating: 0, count: 256)
        values.withUnsafeBufferPointer { for byte in UnsafeRawBufferPointer($0) { counts[Int(byte)] += 1 } }
        let expected = counts.reduce(0, +) / 256
        var sum = 0.0
        for count in counts { sum += (count - expected) * (count - expected) / expected }
        return sum
    }

    @Test(arguments: SilentVOLE.Field.allCases)
    func `Outputs look uniform and none repeats`(field: SilentVOLE.Field) async throws {
        let count = 60_000
        let result = try await VOLERun.run(.init(count: count, field: field, threads: 1))
        #expect(chiSquare(result.b) < 400 && chiSquare(result.c) < 400)
        // Equal ones among 60,000 uniform words: probability below 2^-32.
        #expect(Set(result.b).count == count && Set(result.c).count == count)
        switch result.a {
        case .bits64(let a): #expect(chiSquare(a) < 400 && Set(a).count == count)
        case .bits128(let a): #expect(chiSquare(a) < 400 && Set(a).count == count)
        }
    }

    @Test(arguments: [1, 2, 100, 4097, 100_003], SilentVOLE.Security.allCases)
    func `A random transfer gives the chosen string of two different ones`(
        count: Int, security: SilentVOLE.Security
    ) async throws {
        let parameters = SilentOT.Parameters(count: count, security: security, threads: 1)
        let sender = try SilentOT.Sender(parameters), receiver = try SilentOT.Receiver(parameters)
        let ((pairs, sent), (chosen, answered)) = try await LocalRun.both(
            { let channel = TamperedChannel($0); return (try await sender.run(over: channel), channel.messageBytes) },
            { let channel = TamperedChannel($0); return (try await receiver.run(over: channel), channel.messageBytes) })
        #expect(SilentOT.bytes(parameters) == .init(fromSender: sent, fromReceiver: answered))
        #expect(chosen.choices.allSatisfy { $0 <= 1 })
        let wrong = (0..<count).count { i -> Bool in
            let due: Block128 = chosen.choices[i] == 0 ? pairs.zero[i] : pairs.one[i]
            return chosen.strings[i] != due || pairs.zero[i] == pairs.one[i]
        }
        #expect(wrong == 0)
        if count > 100_000 {
            // Seven standard deviations: probability below 1e-11.
            let ones = chosen.choices.reduce(0) { $0 + Int($1) }
            #expect(abs(Double(ones) - Double(count) / 2) < 3.5 * Double(count).squareRoot())
            #expect(chiSquare(pairs.zero) < 400 && chiSquare(pairs.one) < 400)
        }
    }
}
