import Arithmetic
import SandboxCore

extension RandomOT {
    /// Both strings of each transfer that this party sends.
    package struct SentStrings: Sendable {
        package let zero, one: HugeBuffer<Block128>
    }

    /// The random choices, 64 in a word, and the chosen strings.
    package struct ReceivedStrings: Sendable {
        package let choices: HugeBuffer<UInt64>
        package let strings: HugeBuffer<Block128>
    }
}

extension RandomOT.Engine {
    /// The plain transfers of both directions: `sending` in which this party sends, which the peer calls `receiving`.
    package func extend(
        sending: Int, receiving: Int
    ) async throws -> (sent: RandomOT.SentStrings, received: RandomOT.ReceivedStrings) {
        let program = PlainTransfers(party, sending: sending, receiving: receiving)
        try await run(program)
        return (program.sent, program.received)
    }
}

/// Keeps the strings.
private final class PlainTransfers: TransferProgram, Sendable {
    private let party: Int
    private let counts: (sending: Int, receiving: Int)
    let sent: RandomOT.SentStrings
    let received: RandomOT.ReceivedStrings

    init(_ party: Int, sending: Int, receiving: Int) {
        self.party = party
        counts = (sending, receiving)
        sent = .init(zero: HugeBuffer(count: sending, wiped: true), one: HugeBuffer(count: sending, wiped: true))
        received = .init(
            choices: HugeBuffer(count: (receiving + 63) / 64, wiped: true), strings: HugeBuffer(count: receiving, wiped: true))
    }

    func transfers(sender: Int) -> Int { sender == party ? counts.sending : counts.receiving }
    func payloadBytes(_ range: Range<Int>, sender: Int) -> Int { 0 }

    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>) {
        (received.choices.pointer + range.lowerBound / 64).update(from: choices, count: (range.count + 63) / 64)
        (received.strings.pointer + range.lowerBound).update(from: strings, count: range.count)
    }

    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer
    ) {
        (sent.zero.pointer + range.lowerBound).update(from: zero, count: range.count)
        (sent.one.pointer + range.lowerBound).update(from: one, count: range.count)
    }

    func finish(_ range: Range<Int>, payload: UnsafeRawPointer) {}
}
