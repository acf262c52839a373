import Arithmetic
import SandboxCore

extension HiddenJoin {
    /// Bins of the receiver's table of `items` tokens: each token has a place with probability at least 1 - 2^-41.
    ///
    /// Proved, not measured. By Hall's theorem placing fails only when some k + 1 items have all their bins among k; in a
    /// smallest such set every one of the k bins is met twice. With three distinct uniform bins an item, the expected number of
    /// such sets is at most
    ///
    ///     sum over k of  C(n, k+1) C(b, k) (3k+3)! [x^(3k+3)] (e^x - 1 - x)^k / (b (b-1) (b-2))^(k+1),
    ///
    /// and also at most the same with (k (k-1) (k-2))^(k+1) in place of the middle factor. The tests evaluate it for all
    /// sizes: obstructions of many items ask for 1.297 n + 40 bins, four items in three bins for 33 n^(4/9). Pinkas, Schneider,
    /// Tkachenko, Yanai (eprint 2019/241) use 1.27 n for sets from 2^12 on, from experiments of Pinkas, Schneider,
    /// Zohner (eprint 2016/930).
    package static func bins(items n: Int) -> Int {
        if n <= 3 { return n == 0 ? 0 : 3 }
        let bulk = (1297 * n + 999) / 1000 + 40
        // From 512 items on the bulk is larger.
        guard n < 512 else { return bulk }
        let fourth = UInt128(n * n * n * n)
        func ninth(_ x: Int) -> UInt128 { (0..<9).reduce(1) { product, _ in product * UInt128(x) } }
        var few = 33
        while ninth(few) < ninth(33) * fourth { few += 1 }
        return max(bulk, few)
    }
}

/// The public hash functions of one join: to each token three distinct bins, and one key for each of them.
package struct BinHash: Sendable {
    package static let seedBytes = 16
    package let bins: Int
    private let first: AES128
    private let second: AES128

    /// `bins` is at least 3.
    package init(seed: [UInt8], bins: Int) {
        precondition(seed.count == Self.seedBytes && bins >= HiddenJoin.functions)
        self.bins = bins
        var hash = DomainHash(domain: "yinhe/hidden-join/bins/v1")
        hash.update(seed)
        let keys = hash.finalize()
        first = AES128(key: Block128(littleEndianBytes: keys[0..<16]))
        second = AES128(key: Block128(littleEndianBytes: keys[16..<32]))
    }

    /// The seed from both sides' random words.
    package static func seed(receiver: (UInt64, UInt64), sender: (UInt64, UInt64)) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/hidden-join/hash-seed/v1")
        var writer = ByteWriter()
        for word in [receiver.0, receiver.1, sender.0, sender.1] { writer.write(word) }
        hash.update(writer.bytes)
        return Array(hash.finalize()[0..<seedBytes])
    }

    /// For each token its block E under the first cipher and three distinct bins, uniform up to 2^-40.
    package func places(
        of tokens: UnsafePointer<JoinToken>, count: Int, blocks: UnsafeMutablePointer<Block128>,
        bins places: UnsafeMutablePointer<UInt32>
    ) {
        let n = UInt64(bins), block = 512
        first.encrypt(UnsafeRawPointer(tokens).assumingMemoryBound(to: Block128.self), into: blocks, count: count)
        withUnsafeTemporaryAllocation(of: Block128.self, capacity: block) { scratch in
            for start in stride(from: 0, to: count, by: block) {
                let size = min(block, count - start)
                second.encrypt(
                    UnsafeRawPointer(tokens + start).assumingMemoryBound(to: Block128.self), into: scratch.baseAddress!, count: size)
                for i in 0..<size {
                    // Uniform among the bins not yet taken, then counted past those.
                    let e = blocks[start + i]
                    let a = e.low.multipliedFullWidth(by: n).high
                    var b = e.high.multipliedFullWidth(by: n - 1).high
                    if b >= a { b += 1 }
                    var c = scratch[i].low.multipliedFullWidth(by: n - 2).high
                    if c >= min(a, b) { c += 1 }
                    if c >= max(a, b) { c += 1 }
                    let out = places + 3 * (start + i)
                    out[0] = UInt32(a)
                    out[1] = UInt32(b)
                    out[2] = UInt32(c)
                }
            }
        }
    }

    /// The key of a token, by its block, under one of the functions: since a token's bins are distinct, that of one bin.
    package static func key(_ block: Block128, function: Int) -> JoinToken {
        JoinToken(low: block.low, high: block.high ^ UInt64(function))
    }
}

/// The receiver's table: at most one item a bin.
///
/// **Not constant time:** the walk depends on the caller's own tokens. It stays inside the party.
package struct CuckooTable: Sendable {
    /// For each bin the item and the function that put it there, 4 item + function, or `empty`.
    package private(set) var slots: [UInt32]
    package static let empty = UInt32.max

    /// The items have no placement under this seed.
    package static let noPlacement = YinheError.Code(name: "no-cuckoo-placement", exitCode: 1)

    /// Places `count` items, whose three bins are at `places[3 i]`. Throws `noPlacement` exactly when there is no placement.
    package init(places: UnsafePointer<UInt32>, count: Int, bins: Int) throws {
        precondition(count < 1 << 30)
        slots = [UInt32](repeating: Self.empty, count: bins)
        let homeless = slots.withUnsafeMutableBufferPointer { slots in
            var homeless: [UInt32] = []
            for item in 0..<UInt32(count) {
                if let left = Self.walk(4 * item, places, slots.baseAddress!) { homeless.append(left >> 2) }
            }
            return homeless
        }
        for item in homeless { try augment(item, places) }
    }

    /// Moves of one walk before the item that is left over is set aside.
    private static let walkLength = 256

    /// Puts an entry in its bin; whom it meets there goes to its next bin, and so on. Returns the entry that is left over, if
    /// any.
    private static func walk(
        _ entry: UInt32, _ places: UnsafePointer<UInt32>, _ slots: UnsafeMutablePointer<UInt32>
    ) -> UInt32? {
        var entry = entry
        for _ in 0..<walkLength {
            let item = Int(entry >> 2)
            // A free bin among the three ends it at once.
            for step in 0..<UInt32(3) {
                let function = (entry & 3 + step) % 3
                let bin = Int(places[3 * item + Int(function)])
                if slots[bin] == empty {
                    slots[bin] = UInt32(item) << 2 | function
                    return nil
                }
            }
            let bin = Int(places[3 * item + Int(entry & 3)])
            let met = slots[bin]
            slots[bin] = entry
            entry = met & ~3 | (met & 3 + 1) % 3
        }
        return entry
    }

    /// The shortest chain of moves that frees a bin for `item`, by breadth-first search; complete.
    private mutating func augment(_ item: UInt32, _ places: UnsafePointer<UInt32>) throws {
        /// For each bin that was reached the entry that would move into it.
        var reached: [UInt32: UInt32] = [:]
        var queue = [item]
        var next = 0
        while next < queue.count {
            let moving = queue[next]
            next += 1
            for function in 0..<UInt32(3) {
                let bin = places[3 * Int(moving) + Int(function)]
                guard reached[bin] == nil else { continue }
                reached[bin] = moving << 2 | function
                guard slots[Int(bin)] == Self.empty else {
                    queue.append(slots[Int(bin)] >> 2)
                    continue
                }
                // Back along the chain: each entry's old bin becomes free for the one before it.
                var free = bin
                while true {
                    let entry = reached[free]!
                    let old = (0..<3).map { places[3 * Int(entry >> 2) + $0] }
                        .first { slots[Int($0)] != Self.empty && slots[Int($0)] >> 2 == entry >> 2 && $0 != free }
                    slots[Int(free)] = entry
                    guard entry >> 2 != item, let old else { return }
                    free = old
                }
            }
        }
        throw YinheError(
            Self.noPlacement, "the tokens cannot be placed under the agreed hash seed",
            remedy: "run again; this happens with probability at most 2^-41")
    }
}
