import SandboxCore
import TestSupport

/// Seeded mutations, for a check that needs no fuzzing engine.
package struct Mutator {
    private let random: SeededRandom
    package init(seed: UInt64) { random = SeededRandom(seed) }

    private func below(_ bound: Int) -> Int { Int(random.uniform(below: UInt64(max(bound, 1)))) }

    /// Lengths and counts that decoders must not believe.
    private static let extremes: [UInt32] = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 1 << 20, 1 << 24, 0x7fff_ffff, 0x8000_0000, .max]

    /// What the text formats give a meaning.
    private static let marks = [
        "-1", "\"", "'", "\n", "\r", ",", ":", "[", "]", "{", "}", "0", "1e9", "99999999999999999999", "\0", "é",
    ]

    package func mutate(_ input: [UInt8], maximumBytes: Int) -> [UInt8] {
        var out = input
        for _ in 0...below(4) { change(&out) }
        return Array(out.prefix(maximumBytes + 1))
    }

    private func change(_ out: inout [UInt8]) {
        let place = below(out.count)
        switch below(8) {
        case 0 where !out.isEmpty: out[place] ^= 1 << UInt8(below(8))
        case 1 where !out.isEmpty: out[place] = UInt8(truncatingIfNeeded: random.word())
        case 2: out.removeSubrange(place..<out.count)
        case 3 where !out.isEmpty: out.removeSubrange(place..<min(out.count, place + 1 + below(8)))
        case 4: out.insert(contentsOf: random.bytes(1 + below(16)), at: place)
        case 5 where out.count >= 4:
            let start = below(out.count - 3)
            let length = Self.extremes[below(Self.extremes.count)].littleEndian
            withUnsafeBytes(of: length) { out.replaceSubrange(start..<start + 4, with: $0) }
        case 6 where !out.isEmpty:
            let piece = out[place..<min(out.count, place + 1 + below(64))]
            out.insert(contentsOf: piece, at: below(out.count))
        case 7:
            out.insert(contentsOf: Self.marks[below(Self.marks.count)].utf8, at: place)
        default: out.append(UInt8(truncatingIfNeeded: random.word()))
        }
    }
}
