import Arithmetic
import PrivateSetIntersection
import SandboxCore
import Transport

/// Hash and compare, which hides nothing: whoever guesses a key can look it up. Only a yardstick for the protocols that do hide.
/// The sender sends SHA-256 of its tokens, cut to the width that any comparison needs; the receiver looks up its own.
enum NaivePSI {
    private static let rows = 1 << 16

    static func run(_ index: Int, _ tokens: [JoinToken], _ channel: any Channel) async throws -> PSI.Output {
        try await channel.send(Array("\(tokens.count)".utf8))
        guard let peer = Int(String(decoding: try await channel.receive(), as: UTF8.self)) else {
            throw YinheError(.peerMisbehaved, "no set size")
        }
        let width = SecurityParameters.comparisonMaskBytes(tokens.count, peer)
        if index == 1 {
            for first in stride(from: 0, to: tokens.count, by: rows) {
                let chunk = first..<min(first + rows, tokens.count)
                try await channel.send(NaiveComparison.masks(tokens, chunk, width: width))
            }
            _ = try await channel.receive()
            return PSI.Output(matches: nil, cardinality: nil, peerSetSize: peer)
        }
        let comparison = try NaiveComparison(tokens, width: width)
        var matches: [Int] = []
        for first in stride(from: 0, to: peer, by: rows) {
            let masks = try await channel.receive()
            guard masks.count == width * min(rows, peer - first) else { throw YinheError(.peerMisbehaved, "a short message") }
            matches += comparison.matches(masks)
        }
        try await channel.send([])
        matches.sort()
        return PSI.Output(matches: matches, cardinality: matches.count, peerSetSize: peer)
    }
}
