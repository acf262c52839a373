import SandboxCore
import Tables

/// A party's file after the first pass: tokens, and with aligned rows the records, spread over partitions.
struct JoinTable: Sendable {
    var report: InputReport
    var tokens: PartitionStore
    var records: PartitionStore?

    /// Row number (4 bytes) and length (4) stand before each record.
    static let recordHeaderBytes = 8

    /// Reads the file.
    static func read(
        _ options: PrivateJoin.Options, hash: PartitionHash, workspace: Workspace, progress: ProgressMonitor?, flag: CancelFlag
    ) throws -> JoinTable {
        let resident = options.tuning.residentBytes ?? options.memoryBytes / 8
        let tokenResident = min(resident, Bucket.recordBytes << 22)
        let tokens = PartitionStore("tokens", residentLimit: tokenResident) { try workspace.folder() }
        let scan = options.keyScan
        let records =
            scan.keepsRecords ? PartitionStore("records", residentLimit: resident) { try workspace.folder() } : nil
        let random = BufferedRandom()
        let head = UnsafeMutableRawBufferPointer.allocate(byteCount: 24, alignment: 8)
        defer { head.deallocate() }
        let report = try scan.run(progress: progress) { block, firstRow in
            try flag.check()
            guard firstRow + block.rows <= PrivateJoin.maximumRows else {
                throw YinheError(.range, "more than \(PrivateJoin.maximumRows) rows", at: options.input, remedy: "split the file")
            }
            var row = 0
            for i in 0..<block.count {
                let own = Int(block.indices[i])
                if let records {
                    while row < own {
                        let partition = Int(random.uniform(below: UInt64(PartitionHash.partitions)))
                        try append(block, row, firstRow, to: records, partition, head)
                        row += 1
                    }
                    row += 1
                }
                let token = block.tokens[i]
                let partition = hash.partition(of: token)
                if let records { try append(block, own, firstRow, to: records, partition, head) }
                head.storeBytes(of: token.low.littleEndian, as: UInt64.self)
                head.storeBytes(of: token.high.littleEndian, toByteOffset: 8, as: UInt64.self)
                head.storeBytes(of: UInt32(firstRow + own).littleEndian, toByteOffset: 16, as: UInt32.self)
                try tokens.append(UnsafeRawBufferPointer(start: head.baseAddress!, count: Bucket.recordBytes), to: partition)
            }
            while records != nil, row < block.rows {
                let partition = Int(random.uniform(below: UInt64(PartitionHash.partitions)))
                try append(block, row, firstRow, to: records!, partition, head)
                row += 1
            }
        }
        try tokens.finish(durable: workspace.isResumable)
        try records?.finish(durable: workspace.isResumable)
        return JoinTable(report: report, tokens: tokens, records: records)
    }

    private static func append(
        _ block: ScannedRows, _ row: Int, _ firstRow: Int, to records: PartitionStore, _ partition: Int,
        _ head: UnsafeMutableRawBufferPointer
    ) throws {
        let record = block.record(row)
        head.storeBytes(of: UInt32(firstRow + row).littleEndian, as: UInt32.self)
        head.storeBytes(of: UInt32(record.count).littleEndian, toByteOffset: 4, as: UInt32.self)
        try records.append(UnsafeRawBufferPointer(start: head.baseAddress!, count: recordHeaderBytes), to: partition)
        try records.append(record, to: partition)
    }

    /// Finds the table of an earlier run again: in the job's folder if it is there and the file has not changed, else by reading.
    static func reopen(
        _ state: JobState, _ options: PrivateJoin.Options, workspace: Workspace, progress: ProgressMonitor?, flag: CancelFlag
    ) throws -> JoinTable {
        let needsRecords = options.rowOrder == .aligned
        guard let tokenSizes = state.tokenSizes, !needsRecords || state.recordSizes != nil else {
            let hash = PartitionHash(key: [UInt8](hex: state.partitionKey)!)
            let table = try read(options, hash: hash, workspace: workspace, progress: progress, flag: flag)
            guard table.report.sha256 == state.input.sha256 else { throw changed(options.input) }
            return table
        }
        let digest = try KeyScan.digest(of: options.input, progress: progress) { try flag.check() }
        guard digest == state.input.sha256 else { throw changed(options.input) }
        let folder = try workspace.folder()
        return JoinTable(
            report: state.input, tokens: try PartitionStore("tokens", reopening: tokenSizes, in: folder),
            records: needsRecords ? try PartitionStore("records", reopening: state.recordSizes!, in: folder) : nil)
    }

    private static func changed(_ path: String) -> YinheError {
        YinheError(
            .badInput, "the file is not the one that this job began with", at: path,
            remedy: "restore it; or remove the resume directories on both sides and start again")
    }
}
