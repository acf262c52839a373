import Arithmetic
import CKernels
import SandboxCore

/// One encoding: rows, their distribution to clusters, and the solution of each cluster (figure 1 of the paper).
struct OKVSEncoder<Element: OKVSElement>: @unchecked Sendable {
    private let store: OKVS
    private let keys: UnsafePointer<JoinToken>
    private let values: UnsafePointer<Element>
    private let count: Int
    private let vector: UnsafeMutablePointer<Element>
    private let threads: Int
    /// Expands what the caller's source gave for free columns.
    private let freeElements: AES128?

    init(
        _ store: OKVS, _ keys: UnsafePointer<JoinToken>, _ values: UnsafePointer<Element>, _ count: Int,
        _ vector: UnsafeMutablePointer<Element>, _ threads: Int, _ random: (any RandomSource)?
    ) {
        precondition(count >= 0 && count <= store.parameters.items)
        self.store = store
        self.keys = keys
        self.values = values
        self.count = count
        self.vector = vector
        self.threads = threads
        freeElements = random.map { AES128(key: Block128(low: $0.word(), high: $0.word())) }
    }

    private var parameters: OKVSParameters { store.parameters }
    private var isWide: Bool { parameters.sparseColumns > Int(YINHE_OKVS_NARROW_COLUMNS) }
    /// Gaps are rare, so hashed keys are computed for a cluster that has one, unless all need them.
    private var allNeedHashed: Bool { parameters.sparseColumns == 0 || freeElements != nil }

    func run() throws {
        if isWide { try runWide() } else { try runNarrow() }
    }

    // MARK: One large cluster

    private func runWide() throws {
        let rows = HugeBuffer<UInt32>(count: 4 * count, wiped: false)
        let hashed = HugeBuffer<UInt64>(count: allNeedHashed ? count : 0, wiped: false)
        try forEachBatch { batch, first, second in
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: batch.count) { scratch in
                let out = allNeedHashed ? hashed.pointer + batch.lowerBound : scratch.baseAddress!
                store.kernels.pointer.pointee.places(
                    rows.pointer + 4 * batch.lowerBound, out, first, second, batch.count, store.shape)
            }
        }
        let space = Workspace(rows: count, parameters: parameters, wide: true)
        let cluster = Cluster(
            index: 0, rows: UnsafeRawPointer(rows.pointer), count: count, values: values, ownValues: nil,
            hashed: allNeedHashed ? hashed.pointer : nil, vector: vector)
        try solve(cluster, space) { keysHashed(where: { _ in true }, count: count) }
    }

    // MARK: Clusters of at most 2^16 columns

    private func runNarrow() throws {
        let clusters = parameters.clusters, shape = store.shape
        let rows = HugeBuffer<UInt64>(count: count, wiped: false)
        let hashed = HugeBuffer<UInt64>(count: allNeedHashed ? count : 0, wiped: false)
        // Chunks of fixed size, each with its own part of every cluster, keep the order of rows whatever the threads are.
        let chunk = 1 << 16, chunks = (count + chunk - 1) / chunk
        let ends = HugeBuffer<UInt32>(count: max(chunks, 1) * clusters, wiped: false)
        try forEachBatch { batch, first, second in
            store.kernels.pointer.pointee.narrow_rows(rows.pointer + batch.lowerBound, first, second, batch.count, shape)
            let counts = ends.pointer + batch.lowerBound / chunk * clusters
            yinhe_okvs_count(rows.pointer + batch.lowerBound, batch.count, counts)
            if allNeedHashed { for i in 0..<batch.count { hashed.pointer[batch.lowerBound + i] = second[2 * i + 1] } }
        }
        var starts = [0]
        for c in 0..<clusters {
            var next = starts[c]
            for k in 0..<chunks {
                let here = Int(ends.pointer[k * clusters + c])
                ends.pointer[k * clusters + c] = UInt32(next)
                next += here
            }
            starts.append(next)
        }
        if clusters == 1 {
            let space = Workspace(rows: count, parameters: parameters, wide: false)
            let cluster = Cluster(
                index: 0, rows: UnsafeRawPointer(rows.pointer), count: count, values: values, ownValues: nil,
                hashed: allNeedHashed ? hashed.pointer : nil, vector: vector)
            return try solve(cluster, space) { keysHashed(where: { _ in true }, count: count) }
        }

        let rowsOut = HugeBuffer<UInt64>(count: count, wiped: false)
        let valuesOut = HugeBuffer<Element>(count: count, wiped: false)
        let hashedOut = HugeBuffer<UInt64>(count: allNeedHashed ? count : 0, wiped: false)
        try Parallel.forEachChunk(of: count, chunk: chunk, threads: threads) { range in
            let first = range.lowerBound, own = ends.pointer + first / chunk * clusters
            let lines = HugeBuffer<UInt64>(count: clusters * (8 * (Element.words + 1) + 1), wiped: false)
            if allNeedHashed {
                let ends = Array(UnsafeBufferPointer(start: own, count: clusters))
                UInt64.scatter(
                    rows.pointer + first, hashed.pointer + first, range.count, clusters, own, lines.pointer, rowsOut.pointer,
                    hashedOut.pointer)
                own.update(from: ends, count: clusters)
            }
            Element.scatter(
                rows.pointer + first, values + first, range.count, clusters, own, lines.pointer, rowsOut.pointer,
                valuesOut.pointer)
        }
        let most = (0..<clusters).map { starts[$0 + 1] - starts[$0] }.max()!
        guard most <= YINHE_OKVS_NARROW_ITEMS else { throw failure() }
        try Parallel.forEachChunk(of: clusters, chunk: max(1, clusters / (4 * threads)), threads: threads) { [starts] range in
            let space = Workspace(rows: most, parameters: parameters, wide: false)
            for c in range {
                let cluster = Cluster(
                    index: c, rows: UnsafeRawPointer(rowsOut.pointer + starts[c]), count: starts[c + 1] - starts[c],
                    values: UnsafePointer(valuesOut.pointer + starts[c]), ownValues: valuesOut.pointer + starts[c],
                    hashed: allNeedHashed ? hashedOut.pointer + starts[c] : nil,
                    vector: vector + c * parameters.clusterColumns)
                try solve(cluster, space) {
                    keysHashed(where: { rows.pointer[$0] >> 48 == UInt64(c) }, count: starts[c + 1] - starts[c])
                }
            }
        }
    }

    // MARK: The system of one cluster

    private struct Cluster {
        let index: Int
        let rows: UnsafeRawPointer
        let count: Int
        let values: UnsafePointer<Element>
        /// The same, when they are a copy that may be changed.
        let ownValues: UnsafeMutablePointer<Element>?
        let hashed: UnsafePointer<UInt64>?
        let vector: UnsafeMutablePointer<Element>
    }

    /// Memory for triangulating clusters of up to `rows` rows one after the other.
    private final class Workspace {
        let wide: Bool
        let state: HugeBuffer<UInt32>
        let queue: HugeBuffer<UInt16>
        let steps: HugeBuffer<UInt32>
        let gap: HugeBuffer<UInt32>

        init(rows: Int, parameters: OKVSParameters, wide: Bool) {
            self.wide = wide
            state = HugeBuffer(count: (wide ? 4 : 1) * parameters.sparseColumns, wiped: false)
            queue = HugeBuffer(count: (wide ? 2 : 1) * (parameters.sparseColumns + 4), wiped: false)
            steps = HugeBuffer(count: (wide ? 4 : 1) * (rows + 1), wiped: false)
            gap = HugeBuffer(count: parameters.denseColumns, wiped: false)
        }
    }

    private func solve(_ cluster: Cluster, _ space: Workspace, hashedKeys: () -> HugeBuffer<UInt64>) throws {
        guard cluster.count <= (space.wide ? Int(YINHE_OKVS_WIDE_ITEMS) : Int(YINHE_OKVS_NARROW_ITEMS)) else { throw failure() }
        var system = yinhe_okvs_system()
        system.wide = space.wide ? 1 : 0
        system.rows = cluster.rows
        system.count = cluster.count
        system.sparse = UInt32(parameters.sparseColumns)
        system.state = UnsafeMutableRawPointer(space.state.pointer)
        system.queue = UnsafeMutableRawPointer(space.queue.pointer)
        system.steps = UnsafeMutableRawPointer(space.steps.pointer)
        system.gap = space.gap.pointer
        system.max_gap = parameters.denseColumns
        try check(yinhe_okvs_peel(&system))

        fill(cluster.vector, of: cluster.index)
        if freeElements != nil { Element.clearPivots(&system, cluster.vector) }
        guard system.gap_count > 0 || freeElements != nil else {
            // No dense column is used: plain back-substitution.
            return Element.substitute(&system, cluster.values, cluster.vector)
        }
        let hashed = cluster.hashed == nil ? hashedKeys() : nil
        let h = cluster.hashed ?? UnsafePointer(hashed!.pointer)
        try check(Element.solveDense(&system, h, cluster.values, parameters.denseColumns, cluster.vector))
        let copy = HugeBuffer<Element>(count: cluster.ownValues == nil ? cluster.count : 0, wiped: false)
        let left = cluster.ownValues ?? copy.pointer
        if cluster.ownValues == nil { left.update(from: cluster.values, count: cluster.count) }
        subtractDense(left, h, cluster)
        Element.substitute(&system, left, cluster.vector)
    }

    /// Subtracts what the dense columns give each row.
    private func subtractDense(_ values: UnsafeMutablePointer<Element>, _ hashed: UnsafePointer<UInt64>, _ cluster: Cluster) {
        let places = [UInt32](repeating: UInt32(parameters.sparseColumns), count: 4 * OKVSRowHash.batch)
        for start in stride(from: 0, to: cluster.count, by: OKVSRowHash.batch) {
            Element.addDense(
                store.kernels.pointer, values + start, hashed + start, places, cluster.vector, parameters.denseColumns,
                min(OKVSRowHash.batch, cluster.count - start))
        }
    }

    /// Zero, or the stream of this cluster.
    private func fill(_ part: UnsafeMutablePointer<Element>, of cluster: Int) {
        part.update(repeating: .zero, count: parameters.clusterColumns)
        let bytes = UnsafeMutableRawBufferPointer(start: part, count: parameters.clusterColumns * MemoryLayout<Element>.stride)
        freeElements?.stream(into: bytes, fromBlock: 0, lane: UInt64(cluster))
    }

    private func forEachBatch(
        _ body: @Sendable (Range<Int>, _ first: UnsafePointer<UInt64>, _ second: UnsafePointer<UInt64>) -> Void
    ) throws {
        try Parallel.forEachChunk(of: count, chunk: 1 << 16, threads: threads) { range in
            store.rowHash.forEachBatch(of: keys, range, body)
        }
    }

    /// The hashed keys of the items that belong, in order.
    private func keysHashed(where belongs: (Int) -> Bool, count: Int) -> HugeBuffer<UInt64> {
        let hashed = HugeBuffer<UInt64>(count: count, wiped: false)
        var next = 0
        store.rowHash.forEachBatch(of: keys, 0..<self.count) { batch, _, second in
            for i in batch where belongs(i) {
                hashed.pointer[next] = second[2 * (i - batch.lowerBound) + 1]
                next += 1
            }
        }
        return hashed
    }

    // MARK: Failure

    private func check(_ result: Int32) throws {
        if result < 0 { fatalError("out of memory") }
        if result == 0 { throw failure() }
    }

    /// Equal keys give equal rows, which no seed makes solvable.
    private func failure() -> YinheError {
        let keys = UnsafeBufferPointer(start: keys, count: count)
        var seen = Set<JoinToken>(minimumCapacity: count)
        for (i, key) in keys.enumerated() where !seen.insert(key).inserted {
            let first = keys.firstIndex(of: key)!
            return YinheError(
                .badInput, "items \(first) and \(i) of the key-value store have the same key",
                remedy: "remove duplicate keys before encoding")
        }
        return YinheError(
            OKVS.noSolution, "the keys have no encoding under this seed", at: "key-value store of \(count) items",
            remedy: "draw another seed; this happens with probability at most 2^-40")
    }
}
