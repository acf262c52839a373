import SandboxCore

/// Carries of the addition of the two parties' own numbers, in shares.
///
/// Bit i of a party's number generates a carry with the peer's, g_i = u_i v_i, or passes one on, p_i = u_i + v_i. The p_i are shared
/// as they are; the g_i are products of bits that one party each knows. Blocks of bits are then joined,
/// (g, p) of high and low = (g_high + p_high g_low, p_high p_low), in a tree of ceil(log2 width) rounds whose two products share the
/// factor p_high (R. P. Brent, H. T. Kung, IEEE TC 1982; J. Sklansky, IRE TEC 1960).
extension TwoPartyComputation {
    /// g from this party's own bits `own`. One round, one bit an item each way.
    func generate(_ own: BitPlanes) async throws -> BitPlanes {
        let words = own.words, planes = own.planes
        let masks = try await take(.privateBitProducts, planes * words)
        let out = BitPlanes(zeroed: planes, words: words)
        let isFirst = party == 0
        try await exchange(
            .carryLeaves, items: words, wordsPerItem: planes,
            fill: { range, out in
                for j in 0..<planes {
                    let x = own[j] + range.lowerBound, u = masks.words(0).baseAddress! + j * words + range.lowerBound
                    let out = out + j * range.count
                    for i in 0..<range.count { out[i] = x[i] ^ u[i] }
                }
            },
            use: { range, peer in
                // (d + u)(e + v) = e (d + u) of party 0 + d v of party 1 + u v, with d = x + u and e = y + v open.
                for j in 0..<planes {
                    let at = j * words + range.lowerBound
                    let x = own[j] + range.lowerBound, z = out[j] + range.lowerBound, peer = peer + j * range.count
                    let u = masks.words(0).baseAddress! + at, w = masks.words(1).baseAddress! + at
                    if isFirst {
                        for i in 0..<range.count { z[i] = w[i] ^ peer[i] & x[i] }
                    } else {
                        for i in 0..<range.count { z[i] = w[i] ^ peer[i] & u[i] }
                    }
                }
            })
        return out
    }

    /// Joins the blocks at `high` with those at `low`, in place at `high`. For the first `propagating` nodes p is needed too.
    private func join(
        _ g: BitPlanes, _ p: BitPlanes, _ nodes: [(high: Int, low: Int)], propagating full: Int
    ) async throws {
        let words = g.words, single = nodes.count - full
        let pairs = full > 0 ? try await take(.bitProductPairs, full * words) : nil
        let singles = single > 0 ? try await take(.bitProducts, single * words) : nil
        let isFirst = party == 0
        // Not in place: the peer's words for some items may be used before this party's are on their way.
        let joined = BitPlanes(zeroed: nodes.count + full, words: words)
        try await exchange(
            .carry, items: words, wordsPerItem: 3 * full + 2 * single,
            fill: { range, out in
                let n = range.count, at = range.lowerBound
                for (j, node) in nodes.enumerated() {
                    let masks = (j < full ? pairs : singles)!
                    let offset = (j < full ? j : j - full) * words + at
                    let out = out + (j < full ? 3 * j : 3 * full + 2 * (j - full)) * n
                    Self.mask(p[node.high] + at, masks.words(0).baseAddress! + offset, n, into: out)
                    Self.mask(g[node.low] + at, masks.words(1).baseAddress! + offset, n, into: out + n)
                    if j < full { Self.mask(p[node.low] + at, masks.words(2).baseAddress! + offset, n, into: out + 2 * n) }
                }
            },
            use: { range, peer in
                let n = range.count, at = range.lowerBound, first: UInt64 = isFirst ? .max : 0
                for (j, node) in nodes.enumerated() {
                    let masks = (j < full ? pairs : singles)!
                    let offset = (j < full ? j : j - full) * words + at
                    let peer = peer + (j < full ? 3 * j : 3 * full + 2 * (j - full)) * n
                    let (a, b) = (masks.words(0).baseAddress! + offset, masks.words(1).baseAddress! + offset)
                    let (ph, gl, gh) = (p[node.high] + at, g[node.low] + at, g[node.high] + at)
                    let newG = joined[j] + at
                    if j < full {
                        let (b2, c, c2) = (
                            masks.words(2).baseAddress! + offset, masks.words(3).baseAddress! + offset,
                            masks.words(4).baseAddress! + offset
                        )
                        let pl = p[node.low] + at, newP = joined[nodes.count + j] + at
                        for i in 0..<n {
                            let d = ph[i] ^ a[i] ^ peer[i], e = gl[i] ^ b[i] ^ peer[n + i], f = pl[i] ^ b2[i] ^ peer[2 * n + i]
                            let own = a[i] ^ first & d
                            newG[i] = gh[i] ^ c[i] ^ d & b[i] ^ e & own
                            newP[i] = c2[i] ^ d & b2[i] ^ f & own
                        }
                    } else {
                        let c = masks.words(2).baseAddress! + offset
                        for i in 0..<n {
                            let d = ph[i] ^ a[i] ^ peer[i], e = gl[i] ^ b[i] ^ peer[n + i]
                            newG[i] = gh[i] ^ c[i] ^ d & b[i] ^ e & (a[i] ^ first & d)
                        }
                    }
                }
            })
        for (j, node) in nodes.enumerated() {
            g[node.high].update(from: joined[j], count: words)
            if j < full { p[node.high].update(from: joined[nodes.count + j], count: words) }
        }
    }

    private static func mask(
        _ x: UnsafePointer<UInt64>, _ a: UnsafePointer<UInt64>, _ count: Int, into out: UnsafeMutablePointer<UInt64>
    ) {
        for i in 0..<count { out[i] = x[i] ^ a[i] }
    }

    /// The carry out of the sum of both parties' numbers, given by their lowest planes, as one plane. 1 + ceil(log2 planes) rounds.
    /// Overwrites `own`.
    func carryOut(_ own: BitPlanes) async throws -> BitPlanes {
        try await joinAll(try await generate(own), own)
    }

    /// The g of all planes together. Overwrites both.
    func joinAll(_ g: BitPlanes, _ p: BitPlanes) async throws -> BitPlanes {
        var alive = Array(0..<g.planes)
        while alive.count > 1 {
            // The block with the lowest bits comes last: nothing needs its p.
            var nodes: [(high: Int, low: Int)] = []
            for j in (0..<alive.count / 2).reversed() { nodes.append((alive[2 * j + 1], alive[2 * j])) }
            try await join(g, p, nodes, propagating: nodes.count - 1)
            alive = stride(from: 1, to: alive.count, by: 2).map { alive[$0] } + (alive.count % 2 == 1 ? [alive.last!] : [])
        }
        let out = BitPlanes(zeroed: 1, words: g.words)
        out[0].update(from: g[alive[0]], count: g.words)
        return out
    }

    /// The carries out of every plane, in place in the result: plane i is the carry into bit i + 1. Overwrites `own`.
    func allCarries(_ own: BitPlanes) async throws -> BitPlanes {
        let g = try await generate(own)
        var span = 1
        while span < g.planes {
            let nodes = (0..<g.planes).filter { $0 & span != 0 }.map { (high: $0, low: $0 / span * span - 1) }
            // Blocks that reach bit 0 need no p; they come last.
            let ordered = nodes.filter { $0.high >= 2 * span } + nodes.filter { $0.high < 2 * span }
            try await join(g, own, ordered, propagating: nodes.filter { $0.high >= 2 * span }.count)
            span *= 2
        }
        return g
    }
}
