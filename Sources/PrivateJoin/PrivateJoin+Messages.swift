import SandboxCore
import Transport

extension PrivateJoin {
    /// The first message: which job this side is at.
    package struct Hello: WireMessage {
        package static let tag: UInt8 = 1
        package static let name = "job"
        package static let maximumBytes = 1 + 16 + 32 + 4 + PartitionHash.partitions / 8

        /// 16 bytes; nil for a side that has no job yet.
        package var job: [UInt8]?
        /// 32 bytes.
        package var nonce: [UInt8]
        /// One bit for each finished bucket.
        package var finished: [UInt8]

        package init(job: [UInt8]?, nonce: [UInt8], finished: [UInt8]) {
            self.job = job
            self.nonce = nonce
            self.finished = finished
        }

        package func encode(into writer: inout ByteWriter) {
            writer.write(UInt8(job == nil ? 0 : 1))
            writer.write(raw: job ?? [UInt8](repeating: 0, count: 16))
            writer.write(raw: nonce)
            writer.write(field: finished)
        }

        package init(from reader: inout ByteReader) throws {
            let flag = try reader.read(UInt8.self)
            guard flag <= 1 else { throw YinheError(.peerMisbehaved, "a job message with the unknown flag \(flag)") }
            let bytes = try reader.readRaw(16)
            guard flag == 1 || bytes.allSatisfy({ $0 == 0 }) else {
                throw YinheError(.peerMisbehaved, "a job message that names a job and denies it")
            }
            job = flag == 1 ? bytes : nil
            nonce = try reader.readRaw(32)
            finished = try reader.readField(maximum: PartitionHash.partitions / 8)
        }
    }

    /// How much this side has, and how much it can hold at a time.
    package struct Sizes: WireMessage {
        package static let tag: UInt8 = 2
        package static let name = "sizes"
        package static let maximumBytes = 16

        /// Usable rows, rounded up as `BucketPlan.announced` does.
        package var rows: Int
        package var limit: Int

        package init(rows: Int, limit: Int) {
            self.rows = rows
            self.limit = limit
        }

        package func encode(into writer: inout ByteWriter) {
            writer.write(UInt64(rows))
            writer.write(UInt64(limit))
        }

        package init(from reader: inout ByteReader) throws {
            let (rows, limit) = try (reader.read(UInt64.self), reader.read(UInt64.self))
            guard rows <= 1 << 32, Int(rows) == Int(rows).roundedUp(toBits: 7), limit >= 1, limit <= UInt64(Int.max) else {
                throw YinheError(.peerMisbehaved, "the peer announces \(rows) rows and parts of \(limit)")
            }
            (self.rows, self.limit) = (Int(rows), Int(limit))
        }
    }

    /// A bucket's result is safe on this side's disk.
    package struct BucketStored: WireMessage {
        package static let tag: UInt8 = 3
        package static let name = "bucket stored"
        package static let maximumBytes = 4
        package var bucket: UInt32

        package init(bucket: Int) { self.bucket = UInt32(bucket) }
        package func encode(into writer: inout ByteWriter) { writer.write(bucket) }
        package init(from reader: inout ByteReader) throws { bucket = try reader.read(UInt32.self) }
    }

    /// Receiver to sender: one bit for each place of the sender's elements of a bucket.
    package struct Matches: WireMessage {
        package static let tag: UInt8 = 4
        package static let name = "matches"
        package var bucket: UInt32
        package var bitmap: [UInt8]

        package init(bucket: Int, bitmap: [UInt8]) {
            self.bucket = UInt32(bucket)
            self.bitmap = bitmap
        }

        package func encode(into writer: inout ByteWriter) {
            writer.write(bucket)
            bitmap.withUnsafeBytes { writer.write(raw: $0) }
        }

        package init(from reader: inout ByteReader) throws {
            bucket = try reader.read(UInt32.self)
            bitmap = try reader.readRaw(reader.remaining)
        }
    }

    /// Rows of each matched key of a bucket, in the order of places: a part of at most `maximumKeys`.
    package struct Multiplicities: WireMessage {
        package static let tag: UInt8 = 5
        package static let name = "rows per key"
        package static let maximumKeys = 1 << 18
        package static let maximumBytes = 8 + 4 * maximumKeys
        package var bucket: UInt32
        package var rows: [UInt32]

        package init(bucket: Int, rows: [UInt32]) {
            self.bucket = UInt32(bucket)
            self.rows = rows
        }

        package func encode(into writer: inout ByteWriter) {
            writer.write(bucket)
            writer.write(UInt32(rows.count))
            for count in rows { writer.write(count) }
        }

        package init(from reader: inout ByteReader) throws {
            bucket = try reader.read(UInt32.self)
            let count = try reader.readCount(maximum: Self.maximumKeys, elementBytes: 4)
            rows = []
            rows.reserveCapacity(count)
            for _ in 0..<count {
                let value = try reader.read(UInt32.self)
                guard value >= 1 else { throw YinheError(.peerMisbehaved, "a matched key without rows") }
                rows.append(value)
            }
        }
    }

    /// What this side found, as far as the result policy tells the peer; else zeros.
    package struct Counts: WireMessage {
        package static let tag: UInt8 = 6
        package static let name = "counts"
        package static let maximumBytes = 24
        package var matchedKeys: Int
        package var matchedRows: Int
        /// Rows without a match that the outputs hold; only when lines are aligned.
        package var unmatchedRows: Int

        package init(matchedKeys: Int, matchedRows: Int, unmatchedRows: Int) {
            self.matchedKeys = matchedKeys
            self.matchedRows = matchedRows
            self.unmatchedRows = unmatchedRows
        }

        package func encode(into writer: inout ByteWriter) {
            writer.write(UInt64(matchedKeys))
            writer.write(UInt64(matchedRows))
            writer.write(UInt64(unmatchedRows))
        }

        package init(from reader: inout ByteReader) throws {
            let counts = try (0..<3).map { _ in try reader.read(UInt64.self) }
            guard let largest = counts.max(), largest <= UInt64(PrivateJoin.maximumRows) else {
                throw YinheError(.peerMisbehaved, "the peer counts more than \(PrivateJoin.maximumRows) rows")
            }
            (matchedKeys, matchedRows, unmatchedRows) = (Int(counts[0]), Int(counts[1]), Int(counts[2]))
        }
    }

    /// The output is complete and waits to be given its name (1), or has it (2).
    package struct Progress: WireMessage {
        package static let tag: UInt8 = 7
        package static let name = "progress"
        package static let maximumBytes = 1
        package var step: UInt8

        package init(step: UInt8) { self.step = step }
        package func encode(into writer: inout ByteWriter) { writer.write(step) }
        package init(from reader: inout ByteReader) throws { step = try reader.read(UInt8.self) }
    }

    /// Rows of a table: they are numbered with 32 bits.
    static let maximumRows = (1 << 32) - 1
}
