import SandboxCore

extension TwoPartyComputation {
    /// The element-wise AND. One round, two bits an item each way.
    public func and(_ x: SharedBits, _ y: SharedBits) async throws -> SharedBits {
        precondition(x.party == party && y.party == party, "a share of another party")
        guard x.count == y.count else {
            throw YinheError(.badInput, "vectors of \(x.count) and \(y.count) bits do not fit together")
        }
        guard x.count > 0 else { return x }
        let words = x.words.count
        let triples = try await take(.bitProducts, words)
        let out = HugeBuffer<UInt64>(count: words, wiped: true)
        let isFirst = party == 0
        try await exchange(
            .and, items: words, wordsPerItem: 2,
            fill: { range, out in
                let n = range.count, (a, b) = (triples.words(0), triples.words(1))
                for (i, w) in range.enumerated() {
                    out[i] = x.words[w] ^ a[w]
                    out[n + i] = y.words[w] ^ b[w]
                }
            },
            use: { range, peer in
                let n = range.count, (a, b, c) = (triples.words(0), triples.words(1), triples.words(2))
                for (i, w) in range.enumerated() {
                    let d = x.words[w] ^ a[w] ^ peer[i], e = y.words[w] ^ b[w] ^ peer[n + i]
                    out.pointer[w] = c[w] ^ d & b[w] ^ e & (isFirst ? a[w] ^ d : a[w])
                }
            })
        return SharedBits(unchecked: Array(out.buffer), x.count, party)
    }

    public func or(_ x: SharedBits, _ y: SharedBits) async throws -> SharedBits { try await ~and(~x, ~y) }

    // MARK: Planes

    /// The AND of all planes, as one plane: a tree of ceil(log2 planes) rounds, two bits a product each way.
    func conjunction(_ planes: BitPlanes) async throws -> BitPlanes {
        var current = planes
        while current.planes > 1 { current = try await neighbourProducts(current) }
        return current
    }

    /// Plane j is the AND of planes 2 j and 2 j + 1; an odd last plane stays as it is. One round.
    func neighbourProducts(_ from: BitPlanes) async throws -> BitPlanes {
        let pairs = from.planes / 2, words = from.words
        let next = BitPlanes(zeroed: pairs + from.planes % 2, words: words)
        if from.planes % 2 == 1 { next[pairs].update(from: from[from.planes - 1], count: words) }
        guard pairs > 0 else { return next }
        let triples = try await take(.bitProducts, pairs * words)
        let isFirst = party == 0
        try await exchange(
            .and, items: words, wordsPerItem: 2 * pairs,
            fill: { range, out in
                let n = range.count
                for j in 0..<pairs {
                    let (x, y) = (from[2 * j] + range.lowerBound, from[2 * j + 1] + range.lowerBound)
                    let at = j * words + range.lowerBound
                    let (a, b) = (triples.words(0).baseAddress! + at, triples.words(1).baseAddress! + at)
                    let (d, e) = (out + 2 * j * n, out + (2 * j + 1) * n)
                    for i in 0..<n {
                        d[i] = x[i] ^ a[i]
                        e[i] = y[i] ^ b[i]
                    }
                }
            },
            use: { range, peer in
                let n = range.count, first: UInt64 = isFirst ? .max : 0
                for j in 0..<pairs {
                    let (x, y) = (from[2 * j] + range.lowerBound, from[2 * j + 1] + range.lowerBound)
                    let at = j * words + range.lowerBound
                    let (a, b) = (triples.words(0).baseAddress! + at, triples.words(1).baseAddress! + at)
                    let c = triples.words(2).baseAddress! + at
                    let (pd, pe) = (peer + 2 * j * n, peer + (2 * j + 1) * n)
                    let z = next[j] + range.lowerBound
                    for i in 0..<n {
                        let d = x[i] ^ a[i] ^ pd[i], e = y[i] ^ b[i] ^ pe[i]
                        z[i] = c[i] ^ d & b[i] ^ e & (a[i] ^ first & d)
                    }
                }
            })
        return next
    }
}
