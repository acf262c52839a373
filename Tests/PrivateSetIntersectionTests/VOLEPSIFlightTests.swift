import PrivateSetIntersection
import SandboxCore
import Synchronization
import TestSupport
import Testing
import Transport

/// The receiver's end of a channel that notes when frames of two kinds pass, and can keep the tree sums back.
private final class FlightChannel: Channel {
    static let sums: UInt8 = 5, vector: UInt8 = 0x21

    private let inner: any Channel
    private let holdsSums: Bool
    private let passed = Mutex<[UInt8]>([])

    init(_ inner: any Channel, holdsSums: Bool) {
        self.inner = inner
        self.holdsSums = holdsSums
    }

    /// Tags in the order in which they passed.
    var order: [UInt8] { passed.withLock { $0 } }

    func send(_ frame: [UInt8]) async throws {
        if frame.first == Self.vector { passed.withLock { $0.append(Self.vector) } }
        try await inner.send(frame)
    }

    func receive() async throws -> [UInt8] {
        let frame = try await inner.receive()
        guard frame.first == Self.sums else { return frame }
        // Not for ever: a receiver that waits for the sums shows in the order.
        for _ in 0..<2000 where holdsSums && !order.contains(Self.vector) { try await Task.sleep(for: .milliseconds(1)) }
        passed.withLock { $0.append(Self.sums) }
        return frame
    }

    func close() async { await inner.close() }
    func cancel(_ error: YinheError) { inner.cancel(error) }
    var traffic: Traffic { inner.traffic }
    var peerDescription: String { inner.peerDescription }
}

/// Which flight waits for which (Protocols/vole-psi.md, "Rounds").
@Suite struct VOLEPSIFlightTests {
    private func order(_ adversary: PSI.Adversary, holdingSums: Bool) async throws -> [UInt8] {
        let sets = randomSets(sender: 900, receiver: 800, common: 100, SeededRandom(43))
        let expected = PlainIntersection.outputs(
            sender: sets.sender, receiver: sets.receiver, policy: .receiverLearnsMatches)
        let parameters = VOLEPSI.Parameters(policy: .receiverLearnsMatches, adversary: adversary, threads: 1)
        let (left, right) = LocalChannel.pair()
        let watched = FlightChannel(right, holdsSums: holdingSums)
        async let sender = VOLEPSI.Sender(tokens: sets.sender, parameters: parameters).run(over: left)
        let found = try await VOLEPSI.Receiver(tokens: sets.receiver, parameters: parameters).run(over: watched)
        _ = try await sender
        #expect(found.matches == expected.receiver.matches)
        return watched.order
    }

    @Test func theMaskedVectorDoesNotWaitForTheTreeSums() async throws {
        #expect(try await order(.semiHonest, holdingSums: true) == [FlightChannel.vector, FlightChannel.sums])
    }

    @Test func aMaliciousSenderFixesItsTreesBeforeItSeesTheMaskedVector() async throws {
        #expect(try await order(.malicious, holdingSums: false) == [FlightChannel.sums, FlightChannel.vector])
    }
}
