import SandboxCore
import Tables
import Transport

extension JoinParty {
    /// From the results of the buckets to the output: tells the sender, compares counts, writes.
    func conclude(
        _ session: Session, _ prepared: Prepared, _ found: Found, _ report: inout PrivateJoin.Report
    ) async throws {
        report.matchedKeys = found.matchedKeys
        if options.reveal == .count || (options.reveal == .receiver && role == .sender) {
            try await exchangeCounts(session, own: nil, &report)
            try await finish(session, nil, &report)
            return
        }
        if options.rowOrder == .own {
            try await concludeOwnOrder(session, prepared, found, &report)
        } else {
            try await concludeAligned(session, prepared, found, &report)
        }
    }

    private func concludeOwnOrder(
        _ session: Session, _ prepared: Prepared, _ found: Found, _ report: inout PrivateJoin.Report
    ) async throws {
        var rows = RowSet(capacity: prepared.table.report.rows)
        var keys = 0
        try await timed("disclose", &report) {
            for bucket in 0..<prepared.plan.buckets {
                let matched = try await disclose(bucket, session, found)
                keys += matched.keys
                for entry in matched.entries {
                    let row = Int(entry & 0xffff_ffff)
                    guard row < prepared.table.report.rows else { throw damaged(bucket) }
                    rows.insert(row)
                }
                try checkpoint("bucket \(bucket) disclosed")
            }
        }
        let peer = try await exchangeCounts(
            session, own: PrivateJoin.Counts(matchedKeys: keys, matchedRows: rows.count, unmatchedRows: 0), &report)
        try checkPeerRows(peer.matchedRows, prepared)
        guard let path = options.output else { return try await finish(session, nil, &report) }
        let marks = options.marksRows(of: role)
        let keeps = options.joinType.keepsUnmatched(of: role)
        let copy = RecordCopy(
            path: options.input, header: header, columns: options.columns, options: options.csv, threads: options.threads,
            rows: marks ? .allMarked : keeps ? .unmatched : .matched, markName: options.matchedColumn,
            expectedSHA256: prepared.table.report.sha256)
        let output = try OutputFile(path)
        report.outputRows = try await timed("write", &report) {
            try await CancelFlag.offload { [rows] flag in
                try copy.run(rows, totalRows: prepared.table.report.rows, progress: progress) {
                    try flag.check()
                    try output.write($0)
                }
            }
        }
        try await finish(session, output, &report)
    }

    private func concludeAligned(
        _ session: Session, _ prepared: Prepared, _ found: Found, _ report: inout PrivateJoin.Report
    ) async throws {
        let output = try options.output.map { try OutputFile($0) }
        let lines = try AlignedLines(self, prepared, output)
        var counts = PrivateJoin.Counts(matchedKeys: 0, matchedRows: 0, unmatchedRows: 0)
        var peerRows = 0
        try await timed("write", &report) {
            for bucket in 0..<prepared.plan.buckets {
                let matched = try await disclose(bucket, session, found)
                let own = matched.multiplicities
                let peer = try await exchange(own, bucket, session)
                peerRows += peer.reduce(0) { $0 + Int($1) }
                try checkPeerRows(peerRows, prepared)
                try await CancelFlag.offload { flag in try lines.add(matched, peer: peer, flag: flag) }
                counts.matchedKeys += own.count
                counts.matchedRows += matched.entries.count
                try checkpoint("bucket \(bucket) disclosed")
            }
        }
        if options.joinType.keepsUnmatched(of: role) { counts.unmatchedRows = prepared.table.report.rows - counts.matchedRows }
        let peer = try await exchangeCounts(session, own: counts, &report)
        guard peer.matchedRows == peerRows else {
            throw YinheError(.peerMisbehaved, "the peer counts \(peer.matchedRows) matched rows, and gave \(peerRows) by keys")
        }
        guard options.joinType.keepsUnmatched(of: peerRole) || peer.unmatchedRows == 0 else {
            throw YinheError(.peerMisbehaved, "the peer announces rows that the join does not keep")
        }
        report.joinedRows = lines.joinedRows
        let written = try await timed("write", &report) {
            try await CancelFlag.offload { flag in try lines.finish(peerUnmatched: peer.unmatchedRows, flag: flag) }
        }
        if output != nil { report.outputRows = written }
        try await finish(session, output, &report)
    }

    /// A peer cannot have more matched rows than it announced rows.
    private func checkPeerRows(_ rows: Int, _ prepared: Prepared) throws {
        guard rows <= prepared.peerRows else {
            throw YinheError(.peerMisbehaved, "the peer counts \(rows) matched rows, and announced \(prepared.peerRows) in all")
        }
    }

    private func damaged(_ bucket: Int) -> YinheError {
        YinheError(.system, "the result of bucket \(bucket) names a row that the input does not have")
    }

    /// This side's matched rows of a bucket; the sender hears of them from the receiver.
    private func disclose(_ bucket: Int, _ session: Session, _ found: Found) async throws -> BucketResult {
        let result = try await CancelFlag.offload { _ in try self.result(of: bucket, found) }
        guard options.reveal == .both else { return result }
        if role == .receiver {
            try await session.send(PrivateJoin.Matches(bucket: bucket, bitmap: result.bitmap))
            return result
        }
        let matches: PrivateJoin.Matches = try await session.receive()
        guard matches.bucket == UInt32(bucket) else {
            throw YinheError(.peerMisbehaved, "matches of bucket \(matches.bucket), those of \(bucket) were due")
        }
        return try result.selected(by: matches.bitmap)
    }

    /// Tells the peer how many rows this side has for each common key of a bucket, and hears the same; the receiver speaks first.
    private func exchange(_ own: [UInt32], _ bucket: Int, _ session: Session) async throws -> [UInt32] {
        if role == .receiver {
            try await send(own, bucket, session)
            return try await receive(own.count, bucket, session)
        }
        let peer = try await receive(own.count, bucket, session)
        try await send(own, bucket, session)
        return peer
    }

    private func send(_ rows: [UInt32], _ bucket: Int, _ session: Session) async throws {
        let most = PrivateJoin.Multiplicities.maximumKeys
        for first in stride(from: 0, to: rows.count, by: most) {
            let part = Array(rows[first..<min(first + most, rows.count)])
            try await session.send(PrivateJoin.Multiplicities(bucket: bucket, rows: part))
        }
    }

    private func receive(_ count: Int, _ bucket: Int, _ session: Session) async throws -> [UInt32] {
        var rows: [UInt32] = []
        while rows.count < count {
            let part: PrivateJoin.Multiplicities = try await session.receive()
            let due = min(count - rows.count, PrivateJoin.Multiplicities.maximumKeys)
            guard part.bucket == UInt32(bucket), part.rows.count == due else {
                throw YinheError(.peerMisbehaved, "rows per key of another bucket, or not of all keys")
            }
            rows += part.rows
        }
        return rows
    }

    /// Both sides' counts cross. `own`: nil where the policy says nothing.
    @discardableResult
    private func exchangeCounts(
        _ session: Session, own: PrivateJoin.Counts?, _ report: inout PrivateJoin.Report
    ) async throws -> PrivateJoin.Counts {
        let nothing = PrivateJoin.Counts(matchedKeys: 0, matchedRows: 0, unmatchedRows: 0)
        let tells = options.reveal == .both
        try await session.send(tells ? own ?? nothing : nothing)
        let peer: PrivateJoin.Counts = try await session.receive()
        guard let own else { return peer }
        report.matchedKeys = own.matchedKeys
        if role == .receiver { report.matchedRowsLeft = own.matchedRows } else { report.matchedRowsRight = own.matchedRows }
        guard tells else { return peer }
        guard peer.matchedKeys == own.matchedKeys, peer.matchedRows >= own.matchedKeys else {
            throw YinheError(
                .peerMisbehaved, "the peer counts \(peer.matchedKeys) common keys, this side \(own.matchedKeys)",
                remedy: "nothing was written; if both sides run the same version, report this")
        }
        if role == .receiver { report.matchedRowsRight = peer.matchedRows } else { report.matchedRowsLeft = peer.matchedRows }
        // With one row a key on one side, the pairs are the rows of the other.
        if own.matchedRows == own.matchedKeys { report.joinedRows = peer.matchedRows }
        if peer.matchedRows == own.matchedKeys { report.joinedRows = own.matchedRows }
        return peer
    }

    /// Both outputs get their names, or none does.
    private func finish(_ session: Session, _ output: OutputFile?, _ report: inout PrivateJoin.Report) async throws {
        try await timed("write", &report) { try await CancelFlag.offload { _ in try output?.file.synchronize() } }
        try checkpoint("written")
        try await session.send(PrivateJoin.Progress(step: 1))
        try await hear(1, session)
        try output?.file.commit()
        report.outputSHA256 = output?.digest
        do {
            try checkpoint("committed")
            try await session.send(PrivateJoin.Progress(step: 2))
            try await hear(2, session)
        } catch {
            // This side's result is complete. The peer may need this side's folder to get its own.
            report.peerFinished = false
        }
    }

    private func hear(_ step: UInt8, _ session: Session) async throws {
        let peer: PrivateJoin.Progress = try await session.receive()
        guard peer.step == step else { throw YinheError(.peerMisbehaved, "step \(peer.step) where \(step) was due") }
    }
}

/// An output with its digest.
final class OutputFile: @unchecked Sendable {
    let file: AtomicFile
    private var hash = DomainHash.plainSHA256()

    init(_ path: String) throws { file = try AtomicFile(path: path) }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        hash.update(bytes)
        try file.write(raw: bytes)
    }

    var digest: String { hash.snapshot().hex }
}
