import SandboxCore
import Testing
import TestSupport
import Transport

@Suite struct ChannelTests {
    @Test(arguments: ChannelKind.allCases)
    func framesOfEverySizeArriveWholeAndInOrder(kind: ChannelKind) async throws {
        let (a, b) = try await kind.pair()
        let sizes = [0, 1, 4, 5, 4096, 16_379, 16_380, 16_384, 16_385, 65_535, 65_536, 65_537, 131_072, 1_000_000, ChannelLimits.frameBytes, 3]
        let random = SeededRandom(7)
        let frames = sizes.map { random.bytes($0) }
        async let sending: Void = { for frame in frames { try await a.send(frame) } }()
        for frame in frames { #expect(try await b.receive() == frame) }
        try await sending
        async let closing: Void = a.close()
        await b.close()
        await closing
    }

    @Test(arguments: ChannelKind.allCases)
    func bothDirectionsFlowAtOnceWithoutDeadlock(kind: ChannelKind) async throws {
        let (a, b) = try await kind.pair()
        // More than all queues and socket buffers together, in both directions.
        let count = 200
        func sender(_ channel: any Channel, _ seed: UInt64) async throws {
            let random = SeededRandom(seed)
            for i in 0..<count { try await channel.send(random.bytes(i * 997 % 200_000)) }
        }
        func receiver(_ channel: any Channel, _ seed: UInt64) async throws -> Bool {
            let random = SeededRandom(seed)
            for i in 0..<count where try await channel.receive() != random.bytes(i * 997 % 200_000) { return false }
            return true
        }
        async let s1: Void = sender(a, 1)
        async let s2: Void = sender(b, 2)
        async let r1 = receiver(b, 1)
        async let r2 = receiver(a, 2)
        #expect(try await r1)
        #expect(try await r2)
        _ = try await (s1, s2)
        async let closing: Void = a.close()
        await b.close()
        await closing
    }

    @Test(arguments: ChannelKind.allCases)
    func manySmallFramesPingPongAndStream(kind: ChannelKind) async throws {
        let (a, b) = try await kind.pair()
        async let echo: Void = { for _ in 0..<2000 { try await b.send(try await b.receive()) } }()
        for i in 0..<2000 {
            let frame = [UInt8](repeating: UInt8(i & 255), count: i % 100)
            try await a.send(frame)
            #expect(try await a.receive() == frame)
        }
        try await echo
        #expect(a.traffic.rounds == 2000 && b.traffic.rounds == 2000)
        async let stream: Void = { for i in 0..<20_000 { try await a.send([UInt8(i & 255)]) } }()
        for i in 0..<20_000 { #expect(try await b.receive() == [UInt8(i & 255)]) }
        try await stream
        #expect(b.traffic.rounds == 2001)
        #expect(a.traffic.framesSent == 22_000 && b.traffic.framesReceived == 22_000)
        async let closing: Void = a.close()
        await b.close()
        await closing
    }
}
