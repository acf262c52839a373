import Arithmetic
import CKernels
import SandboxCore

/// An oblivious key-value store: a vector of `parameters.columns` elements from which the value of every encoded key is a
/// linear combination that depends on the key and the seed only.
///
///     decode(k) = P[p0] + P[p1] + P[p2] + sum over j = 1 ... g of h^j P[dense + j - 1],    p0, p1, p2, dense, h = row(seed, k)
///
/// Values and vector are in GF(2^64) (`UInt64`) or in GF(2^128) (`Block128`, a scalar of GF(2^64) times each half); h is in
/// GF(2^64) for both. S. Raghuraman, P. Rindal, "Blazing fast PSI from improved OKVS and subfield VOLE", CCS 2022
/// (eprint 2022/320); layout and rows in Protocols/okvs.md.
///
/// **Not constant time:** memory accesses depend on the caller's own keys. They stay inside the party.
package struct OKVS: Sendable {
    package let parameters: OKVSParameters
    let rowHash: OKVSRowHash
    let kernels: Kernels

    /// One implementation of row and field arithmetic; all give identical results.
    package struct Kernels: @unchecked Sendable {
        let pointer: UnsafePointer<yinhe_okvs_kernels>
        package var name: String { String(cString: pointer.pointee.name) }
        /// Those that this processor can run, the portable one first, the fastest last.
        package static let available: [Kernels] =
            (0...).lazy.map { yinhe_okvs_available($0) }.prefix { $0 != nil }.map { Kernels(pointer: $0!) }
    }

    /// The store of one seed, which must be drawn after the keys are fixed.
    package init(parameters: OKVSParameters, seed: Block128) {
        self.init(parameters: parameters, seed: seed, kernels: Kernels.available.last!)
    }

    package init(parameters: OKVSParameters, seed: Block128, kernels: Kernels) {
        precondition(parameters.clusters == 1 || parameters.sparseColumns <= Int(YINHE_OKVS_NARROW_COLUMNS))
        precondition(parameters.clusters <= 1 << 16 && parameters.columns < YINHE_OKVS_WIDE_COLUMNS)
        self.parameters = parameters
        self.kernels = kernels
        rowHash = OKVSRowHash(seed: seed)
    }

    /// The linear system of these keys has no solution under this seed.
    package static let noSolution = YinheError.Code(name: "okvs-no-solution", exitCode: 1)

    /// Writes the vector that decodes to `values[i]` at `keys[i]`. `count` is at most `parameters.items`; `vector` holds
    /// `parameters.columns` elements. Free columns are zero or, when `random` is given, uniform (the doubly oblivious form).
    /// Without `random` the result does not depend on `threads`.
    ///
    /// Throws `badInput` when two keys are equal, and `OKVS.noSolution` with probability at most 2^-40 over the seed: draw
    /// another one.
    package func encode(
        keys: UnsafePointer<JoinToken>, values: UnsafePointer<UInt64>, count: Int, into vector: UnsafeMutablePointer<UInt64>,
        threads: Int, random: (any RandomSource)? = nil
    ) throws {
        try OKVSEncoder(self, keys, values, count, vector, threads, random).run()
    }

    /// The same for elements of GF(2^128).
    package func encode(
        keys: UnsafePointer<JoinToken>, values: UnsafePointer<Block128>, count: Int,
        into vector: UnsafeMutablePointer<Block128>, threads: Int, random: (any RandomSource)? = nil
    ) throws {
        try OKVSEncoder(self, keys, values, count, vector, threads, random).run()
    }

    /// Writes the values of any `count` keys under `vector`, which holds `parameters.columns` elements, in the order of the keys.
    package func decode(
        keys: UnsafePointer<JoinToken>, count: Int, vector: UnsafePointer<UInt64>, into values: UnsafeMutablePointer<UInt64>,
        threads: Int
    ) {
        decodeElements(keys, count, vector, values, threads)
    }

    /// The same for elements of GF(2^128).
    package func decode(
        keys: UnsafePointer<JoinToken>, count: Int, vector: UnsafePointer<Block128>,
        into values: UnsafeMutablePointer<Block128>, threads: Int
    ) {
        decodeElements(keys, count, vector, values, threads)
    }

    var shape: yinhe_okvs_shape {
        yinhe_okvs_shape(
            clusters: UInt32(parameters.clusters), sparse: UInt32(parameters.sparseColumns),
            dense: UInt32(parameters.denseColumns))
    }

    private func decodeElements<Element: OKVSElement>(
        _ keys: UnsafePointer<JoinToken>, _ count: Int, _ vector: UnsafePointer<Element>,
        _ values: UnsafeMutablePointer<Element>, _ threads: Int
    ) {
        nonisolated(unsafe) let (keys, vector, values) = (keys, vector, values)
        let (shape, kernels) = (shape, kernels)
        // Never throws.
        try! Parallel.forEachChunk(of: count, chunk: 1 << 14, threads: threads) { range in
            rowHash.forEachBatch(of: keys, range) { batch, first, second in
                withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 3 * batch.count) { scratch in
                    let hashed = scratch.baseAddress!
                    (hashed + batch.count).withMemoryRebound(to: UInt32.self, capacity: 4 * batch.count) { places in
                        kernels.pointer.pointee.places(places, hashed, first, second, batch.count, shape)
                        let out = values + batch.lowerBound
                        if shape.sparse > 0 {
                            Element.prefetch(places, batch.count, vector)
                            Element.gather(out, places, batch.count, vector)
                        } else {
                            out.update(repeating: .zero, count: batch.count)
                        }
                        Element.addDense(kernels.pointer, out, hashed, places, vector, Int(shape.dense), batch.count)
                    }
                }
            }
        }
    }
}

/// The pseudorandom function behind the rows: two AES-128 blocks per key, under two keys that belong to the seed.
struct OKVSRowHash: Sendable {
    /// Keys per call of the kernels: the blocks and rows of a batch stay in the first-level cache.
    static let batch = 256

    private let first: AES128
    private let second: AES128

    init(seed: Block128) {
        var hash = DomainHash(domain: "yinhe/okvs/v1")
        hash.update(JoinToken(low: seed.low, high: seed.high).bytes)
        let keys = hash.finalize()
        first = AES128(key: Block128(littleEndianBytes: keys[0..<16]))
        second = AES128(key: Block128(littleEndianBytes: keys[16..<32]))
    }

    /// Calls `body` with batches of at most 256 keys of `range` and their blocks, two words each.
    func forEachBatch(
        of keys: UnsafePointer<JoinToken>, _ range: Range<Int>,
        _ body: (Range<Int>, _ first: UnsafePointer<UInt64>, _ second: UnsafePointer<UInt64>) -> Void
    ) {
        withUnsafeTemporaryAllocation(byteCount: 32 * Self.batch, alignment: 64) { blocks in
            let a = blocks.baseAddress!.assumingMemoryBound(to: Block128.self), b = a + Self.batch
            for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.batch) {
                let batch = start..<min(start + Self.batch, range.upperBound)
                let tokens = UnsafeRawPointer(keys + start).assumingMemoryBound(to: Block128.self)
                first.encrypt(tokens, into: a, count: batch.count)
                second.encrypt(tokens, into: b, count: batch.count)
                body(
                    batch, UnsafeRawPointer(a).assumingMemoryBound(to: UInt64.self),
                    UnsafeRawPointer(b).assumingMemoryBound(to: UInt64.self))
            }
        }
    }
}

extension OKVS {
    /// What decoding reads for one key: three columns (all the first of the cluster in the dense form, and not read), the first
    /// dense column and the hashed key.
    package struct Row: Hashable, Sendable {
        package let places: [Int]
        package let firstDense: Int
        package let hashed: UInt64
    }

    package func row(of key: JoinToken) -> Row {
        var row: Row?
        withUnsafePointer(to: key) { key in
            rowHash.forEachBatch(of: key, 0..<1) { _, first, second in
                var places = [UInt32](repeating: 0, count: 4)
                var hashed: UInt64 = 0
                kernels.pointer.pointee.places(&places, &hashed, first, second, 1, shape)
                row = Row(places: places[0..<3].map(Int.init), firstDense: Int(places[3]), hashed: hashed)
            }
        }
        return row!
    }
}
