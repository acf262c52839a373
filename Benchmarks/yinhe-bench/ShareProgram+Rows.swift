import SandboxCore
import SecretSharing

/// Operations on rows: order and groups; and quotients.
extension ShareProgram {
    static func quotients(_ n: Int, _ bits: Int) throws -> ShareProgram {
        let bounds = try DeclaredBounds(0, 1 << Int128(bits) - 1), divisors = try DeclaredBounds(1, 1 << Int128(bits) - 1)
        return ShareProgram { party in
            let a = ShareInputs.numbers(n, below: 1 << bits, lane: 3, as: E.self)
            // As many divisors of each number of bits.
            let b = ShareInputs.numbers(n, below: 1 << bits, lane: 4, as: E.self).enumerated().map {
                max(1, $0.element >> Signed($0.offset % bits))
            }
            let x = try ShareInputs.shared(a, bounds, party: party, lane: 1, as: E.self)
            let y = try ShareInputs.shared(b, divisors, party: party, lane: 2, as: E.self)
            return { c in
                let result = try await c.divide(x, by: y)
                return { c in try await c.open(result)! == zip(a, b).map { $0 / $1 } }
            }
        }
    }

    static func shuffled(_ n: Int, _ bits: Int) throws -> ShareProgram {
        let bounds = try ShareInputs.bounds(bits: bits)
        return ShareProgram { party in
            let (a, b) = operands(n, bits)
            let x = try ShareInputs.shared(a, bounds, party: party, lane: 1, as: E.self)
            let y = try ShareInputs.shared(b, bounds, party: party, lane: 2, as: E.self)
            return { c in
                let result = try await c.shuffle([x, y])
                return { c in
                    let first = try await c.open(result[0])!, second = try await c.open(result[1])!
                    func rows(_ x: [Signed], _ y: [Signed]) -> [[Signed]] {
                        zip(x, y).map { [$0, $1] }.sorted { $0.lexicographicallyPrecedes($1) }
                    }
                    // The same rows, and of 32 or more hardly ever in the same order.
                    return rows(first, second) == rows(a, b) && (n < 32 || first != a)
                }
            }
        }
    }

    static func sorted(_ n: Int, _ bits: Int, _ algorithm: SortAlgorithm) throws -> ShareProgram {
        let bounds = try ShareInputs.bounds(bits: bits)
        return ShareProgram { party in
            let a = ShareInputs.values(n, bits: bits, lane: 3, as: E.self)
            let x = try ShareInputs.shared(a, bounds, party: party, lane: 1, as: E.self)
            return { c in
                let result = try await c.sort(x, by: algorithm)
                return { c in try await c.open(result.keys)! == a.sorted() }
            }
        }
    }

    static func groupSums(_ n: Int, _ bits: Int, _ groups: Int, _ algorithm: SortAlgorithm) throws -> ShareProgram {
        let bounds = try ShareInputs.bounds(bits: bits), keyBounds = try DeclaredBounds(0, Int128(groups - 1))
        return ShareProgram { party in
            let keys = ShareInputs.numbers(n, below: groups, lane: 3, as: UInt64.self)
            let a = ShareInputs.values(n, bits: bits, lane: 4, as: E.self)
            let key = try ShareInputs.shared(keys, keyBounds, party: party, lane: 1, as: UInt64.self)
            let x = try ShareInputs.shared(a, bounds, party: party, lane: 2, as: E.self)
            return { c in
                let result = try await c.groupBySum(key, values: [x], maximumGroups: groups, by: algorithm)
                return { c in
                    var expected: [Int64: (count: Int64, sum: Signed)] = [:]
                    for (key, value) in zip(keys, a) {
                        expected[key, default: (0, 0)].count += 1
                        expected[key]!.sum += value
                    }
                    return try await c.open(result)
                        == expected.sorted { $0.key < $1.key }.map {
                            OpenedGroup(key: $0.key, count: $0.value.count, sums: [$0.value.sum])
                        }
                }
            }
        }
    }
}
