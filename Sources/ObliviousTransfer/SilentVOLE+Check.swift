import Arithmetic
import SandboxCore

extension SilentVOLE {
    /// A challenge by Fiat and Shamir: 16 bytes that depend on every frame of both directions so far.
    static func challenge(_ name: String, _ transcript: [UInt8]) -> Block128 {
        var hash = DomainHash(domain: "yinhe/silent-vole/challenge/v1")
        hash.update(field: Array(name.utf8))
        hash.update(field: transcript)
        return Block128(littleEndianBytes: hash.finalize()[..<16])
    }

    /// What the tree check's challenge depends on: everything up to the correlation proof, and the tree sums. What the receiver sends
    /// between the two is left out, since it may or may not have left when the sums arrive.
    static func treeTranscript(_ beforeSums: [UInt8], _ sums: [UInt8]) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/silent-vole/tree-transcript/v1")
        hash.update(field: beforeSums)
        hash.update(field: sums)
        return hash.finalize()
    }

    /// The sum of chi_i times leaf i over all leaves of all trees; chi_i is block i of the seed's key stream.
    static func challengeSum(
        _ leaves: UnsafePointer<Block128>, _ layout: SilentLayout, seed: Block128, threads: Int
    ) -> Block128 {
        let chunk = 1 << 15, part = 256
        let stream = AES128(key: seed)
        let partial = HugeBuffer<Block128>(count: (layout.positions + chunk - 1) / chunk, wiped: true)
        let source = DisjointBuffer(
            UnsafeMutableBufferPointer(start: UnsafeMutablePointer(mutating: leaves), count: layout.positions))
        // Nothing in here throws.
        try! Parallel.forEachChunk(of: layout.positions, chunk: chunk, threads: threads) { range in
            withUnsafeTemporaryAllocation(of: Block128.self, capacity: part) { chi in
                var sum = Block128.zero
                for start in stride(from: range.lowerBound, to: range.upperBound, by: part) {
                    let n = min(part, range.upperBound - start)
                    let bytes = UnsafeMutableRawBufferPointer(start: chi.baseAddress!, count: 16 * n)
                    stream.stream(into: bytes, fromBlock: UInt64(start))
                    sum ^= GF128.innerProduct(chi.baseAddress!, source.base + start, count: n)
                }
                partial.pointer[range.lowerBound / chunk] = sum
            }
        }
        return partial.buffer.reduce(.zero, ^)
    }

    /// What the two sides of the tree check compare: a hash, because the value itself would tell a receiver that asked for
    /// something else a multiple of Delta.
    static func answer(_ value: Block128, _ transcript: [UInt8]) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/silent-vole/check-answer/v1")
        hash.update(field: transcript)
        hash.update(field: value.littleEndianBytes)
        return hash.finalize()
    }

    /// The lane of callers that bring none.
    static let offload: Lane = { work in try await Parallel.offload(work) }
}

/// Wall time by phase, for the benches.
package struct PhaseTimes: Sendable {
    package private(set) var seconds: [(phase: String, seconds: Double)] = []
    private var last = ContinuousClock.now

    /// Adds the time since the last end to `phase`.
    mutating func end(_ phase: String) {
        let now = ContinuousClock.now
        let (whole, fraction) = (now - last).components
        last = now
        let time = Double(whole) + Double(fraction) * 1e-18
        if let i = seconds.firstIndex(where: { $0.phase == phase }) {
            seconds[i].seconds += time
        } else {
            seconds.append((phase, time))
        }
    }
}
