import SandboxCore
import Transport

/// The check of sums by group over an intersection that two parties hold as shares, made after the clock has stopped.
enum GroupSums {
    /// Party 1 hands its shares over; party 0 adds them to its own and compares with the plain sums. True at party 1.
    static func areRight(
        _ shares: [[UInt128]], party: Int, over channel: any Channel, sets: SyntheticSets, group: (JoinToken) -> Int,
        values: (JoinToken) -> [UInt128]
    ) async throws -> Bool {
        if party == 1 {
            var writer = ByteWriter()
            for share in shares.joined() { writer.write(share) }
            try await channel.send(writer.bytes)
            return true
        }
        var reader = ByteReader(try await channel.receive(), what: "shares")
        let other = Set(sets.second)
        var expected = shares.map { [UInt128](repeating: 0, count: $0.count) }
        for token in sets.first where other.contains(token) {
            for (i, value) in values(token).enumerated() { expected[group(token)][i] += value }
        }
        for (own, plain) in zip(shares.joined(), expected.joined()) where try own &+ reader.read(UInt128.self) != plain { return false }
        return true
    }
}
