import SandboxCore
import Synchronization

/// One bucket of a party's keys, ready for an intersection: each key once, then dummies up to the public size.
struct Bucket: Sendable {
    /// The distinct tokens, then the dummies.
    private(set) var tokens: [JoinToken] = []
    private(set) var distinct = 0
    /// For each distinct token the first row that has it.
    private var rows: [UInt32] = []
    /// Further rows: `index << 32 | row`, ascending.
    private var more: [UInt64] = []

    static let recordBytes = 20

    /// Loads the partitions of a bucket. Throws `.range` when it holds more keys than the padded size, which happens with
    /// probability 2^-40 once per job.
    init(_ store: PartitionStore, partitions: Range<Int>, padded: Int?, random: some RandomSource) throws {
        let bytes = partitions.reduce(0) { $0 + store.partitionSizes[$1] }
        let records = bytes / Self.recordBytes
        tokens.reserveCapacity(max(records, padded ?? 0))
        rows.reserveCapacity(records)
        var index = TokenSlots()
        for partition in partitions {
            try store.withPartition(partition) { add($0, &index) }
        }
        more.sort()
        distinct = tokens.count
        guard let padded else { return }
        guard distinct <= padded else {
            throw YinheError(
                .range, "a bucket holds \(distinct) keys, more than its public size of \(padded)",
                remedy: "run the job again: it draws new buckets")
        }
        let dummies = [UInt64](unsafeUninitializedCapacity: 2 * (padded - distinct)) { buffer, count in
            random.fill(UnsafeMutableRawBufferPointer(buffer))
            count = buffer.count
        }
        for i in 0..<padded - distinct { tokens.append(JoinToken(low: dummies[2 * i], high: dummies[2 * i + 1])) }
    }

    /// Equal keys are all in one partition, which is small enough for the processor's cache.
    private mutating func add(_ bytes: UnsafeRawBufferPointer, _ index: inout TokenSlots) {
        let first = tokens.count
        index.reset(for: bytes.count / Self.recordBytes)
        for offset in stride(from: 0, to: bytes.count, by: Self.recordBytes) {
            let token = JoinToken(
                low: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                high: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)))
            let row = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt32.self))
            if let known = index.find(token, in: tokens, from: first) {
                more.append(UInt64(known) << 32 | UInt64(row))
            } else {
                tokens.append(token)
                rows.append(row)
            }
        }
    }

    /// Rows beyond the first of their keys.
    var duplicateRows: Int { more.count }

    /// The first rows that repeat a key, at most five, ascending.
    var firstDuplicates: [Int] {
        var first: [Int] = []
        for entry in more {
            let row = Int(entry & 0xffff_ffff)
            if first.count == 5, row > first[4] { continue }
            first.append(row)
            first.sort()
            if first.count > 5 { first.removeLast() }
        }
        return first
    }

    /// The rows of tokens that have places: `place << 32 | row`, in the order given. `indices[i]`, which may be a dummy's, has
    /// the place `places[i]`. Rows of one key are in random order, so that nothing shows the order of the file.
    func entries(indices: [UInt32], places: [UInt32], random: some RandomSource) -> [UInt64] {
        var out: [UInt64] = []
        out.reserveCapacity(indices.count + more.count)
        for (index, place) in zip(indices, places) where Int(index) < distinct {
            let first = out.count
            out.append(UInt64(place) << 32 | UInt64(rows[Int(index)]))
            guard !more.isEmpty else { continue }
            var i = more.firstIndex(atLeast: UInt64(index) << 32)
            while i < more.count, more[i] >> 32 == UInt64(index) {
                out.append(UInt64(place) << 32 | more[i] & 0xffff_ffff)
                i += 1
            }
            for k in stride(from: out.count - 1, to: first, by: -1) {
                out.swapAt(k, first + Int(random.uniform(below: UInt64(k - first + 1))))
            }
        }
        return out
    }
}

extension [UInt64] {
    /// The first index whose element is at least `value`, in an ascending array.
    func firstIndex(atLeast value: UInt64) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Places of tokens by value: open addressing. Tokens are hash values already.
private struct TokenSlots {
    private var slots: [Int32] = []
    private var mask = 0

    /// Empties the table and makes room for `count` tokens.
    mutating func reset(for count: Int) {
        let size = 1 << SecurityParameters.ceilLog2(Swift.max(2 * count, 2))
        mask = size - 1
        if slots.count >= size {
            slots.withUnsafeMutableBufferPointer { $0[0..<size].update(repeating: -1) }
        } else {
            slots = [Int32](repeating: -1, count: size)
        }
    }

    /// The place of a token equal to `token` in `tokens`; nil when there is none, and then the next place counts as its own.
    @inline(__always)
    mutating func find(_ token: JoinToken, in tokens: [JoinToken], from first: Int) -> Int? {
        var slot = Int(truncatingIfNeeded: token.low ^ token.high << 7) & mask
        while slots[slot] >= 0 {
            let place = first + Int(slots[slot])
            if tokens[place] == token { return place }
            slot = (slot + 1) & mask
        }
        slots[slot] = Int32(truncatingIfNeeded: tokens.count - first)
        return nil
    }
}

/// The number of elements in memory, and the largest so far.
final class ElementCounter: Sendable {
    private let state = Mutex<(now: Int, peak: Int)>((0, 0))

    func add(_ count: Int) {
        state.withLock {
            $0.now += count
            $0.peak = max($0.peak, $0.now)
        }
    }

    var peak: Int { state.withLock { $0.peak } }
}
