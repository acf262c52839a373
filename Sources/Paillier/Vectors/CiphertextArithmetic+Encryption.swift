import Arithmetic
import SandboxCore

extension CiphertextArithmetic {
    /// The packed plaintexts of `values`, `plaintextLimbs` words a row, wiped when they go away.
    func plaintexts(
        _ values: [Int64], _ layout: PackedLayout, _ shape: RowShape, firstIndex: Int = 0, threads: Int
    ) throws -> HugeBuffer<UInt64> {
        let perRow = shape.valuesPerRow, limbs = plaintextLimbs
        let count = layout.rows(for: values.count, valuesPerRow: perRow)
        let rows = HugeBuffer<UInt64>(count: count * limbs, wiped: true)
        let target = TargetRows(rows.pointer)
        try values.withUnsafeBufferPointer { values in
            let source = ReadOnlyValues(values)
            try Parallel.forEachChunk(of: count, chunk: 64, threads: threads) { range in
                let first = range.lowerBound * perRow, end = min(source.values.count, range.upperBound * perRow)
                try layout.pack(
                    UnsafeBufferPointer(rebasing: source.values[first..<end]), shape, limbs: limbs, firstIndex: firstIndex + first,
                    into: target.base + range.lowerBound * limbs)
            }
        }
        return rows
    }

    /// Fresh encryptions of plaintext rows; those that the pool covers take its randomness.
    func encrypt(
        _ plaintexts: UnsafePointer<UInt64>, count: Int, with encryptor: PaillierEncryptor, pool: RandomnessPool?, threads: Int,
        progress: ProgressMonitor?, into rows: UnsafeMutablePointer<UInt64>
    ) throws {
        precondition(encryptor.publicKey == key)
        let prepared = try pool?.encrypt(plaintexts, upTo: count, with: self, threads: threads, into: rows) ?? 0
        try encryptor.encrypt(
            count: count - prepared, limbsPerPlaintext: plaintextLimbs, plaintexts: plaintexts + prepared * plaintextLimbs,
            threads: threads, progress: progress, into: rows + prepared * limbs)
    }

    /// The plaintext rows of ciphertexts in ordinary form.
    func decrypt(
        _ rows: UnsafePointer<UInt64>, count: Int, with key: PaillierPrivateKey, threads: Int, progress: ProgressMonitor?,
        into plaintexts: UnsafeMutablePointer<UInt64>
    ) throws {
        try key.decrypt(count: count, ciphertexts: rows, threads: threads, progress: progress, into: plaintexts)
    }
}

/// Values that several threads read.
struct ReadOnlyValues<Element>: @unchecked Sendable {
    let values: UnsafeBufferPointer<Element>
    init(_ values: UnsafeBufferPointer<Element>) { self.values = values }
}
