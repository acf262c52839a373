import PrivateSetIntersection
import SandboxCore
import Tables
import Transport

extension JoinParty {
    /// The results of all buckets.
    struct Found: Sendable {
        var job: [UInt8]
        /// Of a job that is not resumable and has one bucket; others are in the job's folder.
        var resident: [Int: BucketResult] = [:]
        /// Common keys, where this side learns their number from the intersection.
        var matchedKeys: Int?
    }

    func intersect(
        _ session: Session, _ job: Job, _ prepared: Prepared, _ report: inout PrivateJoin.Report
    ) async throws -> Found {
        var found = Found(job: job.id)
        var records = job.records.filter { job.finished.contains($0.key) }
        let pending = (0..<prepared.plan.buckets).filter { !job.finished.contains($0) }
        let elements = ElementCounter()
        var next: Task<Bucket, any Error>?
        defer { next?.cancel() }
        let start = ContinuousClock.now
        for (i, bucket) in pending.enumerated() {
            let loaded = try await (next ?? load(bucket, prepared, elements)).value
            next = i + 1 < pending.count ? load(pending[i + 1], prepared, elements) : nil
            report.bucketSize = loaded.tokens.count
            let record = try await run(bucket, loaded, session, job, prepared, &found, &report)
            elements.add(-loaded.tokens.count)
            records[bucket] = record
            if prepared.plan.buckets > 1 {
                progress?(
                    ProgressEvent(
                        phase: "intersect", completed: (prepared.plan.buckets - pending.count + i + 1) * loaded.tokens.count,
                        total: prepared.plan.buckets * loaded.tokens.count))
            }
        }
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        report.seconds["intersect"] = Double(seconds) + Double(attoseconds) / 1e18
        report.peakElements = elements.peak
        report.input.distinctKeys = records.values.reduce(0) { $0 + $1.distinct }
        report.input.duplicateRows = records.values.reduce(0) { $0 + $1.duplicates }
        let places = records.values.flatMap(\.places).sorted().prefix(5)
        if !places.isEmpty { report.input.places["duplicateRows"] = places.map { "row \($0 + 1)" } }
        if role == .receiver {
            let total = records.values.reduce(0) { $0 + ($1.matchedKeys ?? 0) }
            guard total >= options.minimumIntersection else {
                throw YinheError(
                    .belowMinimum, "fewer than the agreed minimum of \(options.minimumIntersection) keys are common; "
                        + "nothing was revealed",
                    remedy: "agree on a lower minimum, or join larger tables")
            }
            found.matchedKeys = total
        }
        return found
    }

    /// Loads a bucket on a thread of its own, while another one runs.
    private func load(_ bucket: Int, _ prepared: Prepared, _ elements: ElementCounter) -> Task<Bucket, any Error> {
        let partitions = prepared.plan.partitions(of: bucket)
        let padded = prepared.plan.elements(of: role)
        return Task {
            try await Parallel.offload {
                let loaded = try Bucket(
                    prepared.table.tokens, partitions: partitions, padded: padded, random: BufferedRandom())
                elements.add(loaded.tokens.count)
                return loaded
            }
        }
    }

    private func run(
        _ bucket: Int, _ loaded: Bucket, _ session: Session, _ job: Job, _ prepared: Prepared, _ found: inout Found,
        _ report: inout PrivateJoin.Report
    ) async throws -> BucketRecord {
        try checkpoint("bucket \(bucket) start")
        let isOnly = prepared.plan.buckets == 1
        let outcome = try await prepared.engine.run(
            loaded.tokens, session.channel, binding(of: bucket, job), isOnly ? progress : nil)
        try checkpoint("bucket \(bucket) intersected")
        var record = BucketRecord(
            bucket: bucket, finished: false, matchedKeys: nil, distinct: loaded.distinct, duplicates: loaded.duplicateRows,
            places: loaded.firstDuplicates)
        switch outcome {
        case .cardinality(let count): record.matchedKeys = count
        case .pairing(let pairing):
            let peerSize: Int
            (record.matchedKeys, peerSize) = try await keep(bucket, loaded, pairing, prepared, &found)
            if let due = prepared.plan.elements(of: peerRole), due != peerSize {
                throw YinheError(.peerMisbehaved, "the peer's bucket \(bucket) has \(peerSize) elements, \(due) are due")
            }
            if isOnly { report.peerSize = peerSize }
        }
        guard workspace.isResumable else { return record }
        let folder = try workspace.folder()
        if role == .sender {
            try record.append(to: folder)
            try checkpoint("bucket \(bucket) stored")
            try await confirm(bucket, session)
            record.finished = true
            try record.append(to: folder)
        } else {
            try await awaitConfirmation(bucket, session)
            record.finished = true
            try record.append(to: folder)
            try checkpoint("bucket \(bucket) stored")
            try await session.send(PrivateJoin.BucketStored(bucket: bucket))
        }
        try checkpoint("bucket \(bucket) finished")
        return record
    }

    private func confirm(_ bucket: Int, _ session: Session) async throws {
        try await session.send(PrivateJoin.BucketStored(bucket: bucket))
        try await awaitConfirmation(bucket, session)
    }

    private func awaitConfirmation(_ bucket: Int, _ session: Session) async throws {
        let stored: PrivateJoin.BucketStored = try await session.receive()
        guard stored.bucket == UInt32(bucket) else {
            throw YinheError(.peerMisbehaved, "the peer stored bucket \(stored.bucket), \(bucket) was due")
        }
    }

    /// Keeps what is needed after the last bucket; returns the number of common keys, if this side knows it.
    private func keep(
        _ bucket: Int, _ loaded: Bucket, _ pairing: PSI.Pairing, _ prepared: Prepared, _ found: inout Found
    ) async throws -> (matchedKeys: Int?, peerSize: Int) {
        let inMemory = prepared.plan.buckets == 1 && !workspace.isResumable
        let result: BucketResult
        let matchedKeys: Int?
        let peerSize: Int
        switch pairing {
        case .receiver(let indices, let places, let size):
            // A match of a dummy has probability 2^-88; it would not be a key.
            let entries = loaded.entries(indices: indices, places: places, random: BufferedRandom())
            result = BucketResult(bucket: bucket, places: size, entries: entries)
            (matchedKeys, peerSize) = (result.keys, size)
        case .sender(let order, let size):
            (matchedKeys, peerSize) = (nil, size)
            guard options.reveal == .both else { return (nil, size) }
            let entries = loaded.entries(
                indices: order, places: Array(0..<UInt32(order.count)), random: BufferedRandom())
            result = BucketResult(bucket: bucket, places: order.count, entries: entries)
        }
        if inMemory {
            found.resident[bucket] = result
        } else {
            let folder = try workspace.folder()
            let job = found.job
            try await CancelFlag.offload { _ in try folder.publish(result.file(job: job), as: Self.file(of: bucket)) }
        }
        return (matchedKeys, peerSize)
    }

    private static func file(of bucket: Int) -> String { "bucket-\(bucket)" }

    /// The result of a finished bucket.
    func result(of bucket: Int, _ found: Found) throws -> BucketResult {
        if let result = found.resident[bucket] { return result }
        let folder = try workspace.folder()
        guard let file = try folder.read(Self.file(of: bucket)) else {
            throw YinheError(
                .system, "the result of bucket \(bucket) is missing", at: folder.path,
                remedy: "remove the resume directories on both sides and start again")
        }
        return try BucketResult(file: file, job: found.job, bucket: bucket, path: folder.path)
    }

    /// Ties a bucket's session to its job, so that no message of another one fits.
    private func binding(of bucket: Int, _ job: Job) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/private-join/bucket/v1")
        hash.update(field: job.id)
        hash.update(field: options.binding)
        hash.update(field: withUnsafeBytes(of: UInt32(bucket).littleEndian) { Array($0) })
        return hash.finalize()
    }
}
