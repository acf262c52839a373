import IntersectionSum
import Paillier
import SandboxCore
import TestSupport

/// A key far too small to protect anything, made once.
let testKey = PaillierPrivateKey.generate(uncheckedBits: 512, scheme: .djn, random: SeededRandom(11))

/// One input of both parties, and what the protocol must compute from it, by obvious code.
struct Scenario {
    var groups: [[JoinToken]]
    var tokens: [JoinToken]
    var values: [UInt64]
    var bounds: [UInt64]
    var minimum = 0
    var threads = 2

    var parameters: IntersectionSum.Parameters {
        var parameters = IntersectionSum.Parameters(
            slots: bounds.enumerated().map { .init(name: "slot \($0.offset)", upperBound: $0.element) },
            groupCount: groups.count, minimumIntersection: minimum, keyBits: 512, threads: threads, binding: [1, 2, 3])
        parameters.testKeyBits = [512]
        return parameters
    }

    func groupParty() throws -> IntersectionSum.GroupParty { try .init(groups: groups, parameters: parameters) }
    func valueParty() throws -> IntersectionSum.ValueParty {
        try .init(tokens: tokens, values: values, parameters: parameters, key: testKey)
    }

    var plain: (sums: [[UInt128]], counts: [Int]) {
        var sums: [[UInt128]] = [], counts: [Int] = []
        for group in groups {
            var sum = [UInt128](repeating: 0, count: bounds.count), count = 0
            for (row, token) in tokens.enumerated() where group.contains(token) {
                count += 1
                for slot in bounds.indices { sum[slot] += UInt128(values[row * bounds.count + slot]) }
            }
            sums.append(sum)
            counts.append(count)
        }
        return (sums, counts)
    }

    /// Sizes up to the given ones, about half of the rows matching.
    static func random(_ random: SeededRandom, groups: Int, groupSize: Int, rows: Int, bounds: [UInt64]) -> Scenario {
        func below(_ n: Int) -> Int { Int(random.uniform(below: UInt64(n))) }
        var next = 0
        let tokens = (0..<groups).map { _ in
            (0..<below(groupSize + 1)).map { _ in
                next += 1
                return JoinToken("key \(next)")
            }
        }
        let all = tokens.flatMap { $0 }
        var mine = Array(random.permutation(all.count).prefix(below(rows + 1) / 2).map { all[$0] })
        mine += (0..<below(rows / 2 + 1)).map { JoinToken("other \($0)") }
        mine = random.permutation(mine.count).map { mine[$0] }
        let values = mine.flatMap { _ in bounds.map { $0 == .max ? random.word() : random.uniform(below: $0 + 1) } }
        return Scenario(groups: tokens, tokens: mine, values: values, bounds: bounds)
    }
}

/// Whether `body` throws a `YinheError` of this code.
func code(_ code: YinheError.Code) -> (any Error) -> Bool { { ($0 as? YinheError)?.code == code } }
