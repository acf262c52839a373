import SandboxCore

/// What a party keeps of a finished bucket: for the receiver its rows that match, for the sender all its rows, each with its
/// place among the elements that the sender sent.
package struct BucketResult: Sendable, Equatable {
    var bucket: Int
    /// Elements that the sender sent: places are below it.
    var places: Int
    /// `place << 32 | row`, in the order of places.
    package var entries: [UInt64]

    private static let magic: [UInt8] = Array("YJB1".utf8)

    /// The number of different places.
    package var keys: Int {
        var keys = 0
        var last: UInt64?
        for entry in entries where entry >> 32 != last {
            last = entry >> 32
            keys += 1
        }
        return keys
    }

    /// Magic, job, bucket (4 bytes), places (8), number of entries (8), the entries, and the SHA-256 of all that.
    package func file(job: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(reserving: 8 * entries.count + 128)
        writer.write(raw: Self.magic)
        writer.write(raw: job)
        writer.write(UInt32(bucket))
        writer.write(UInt64(places))
        writer.write(UInt64(entries.count))
        // The folder never leaves the machine, but a number has one byte order in every file of ours.
        entries.map(\.littleEndian).withUnsafeBytes { writer.write(raw: $0) }
        writer.write(raw: DomainHash.plainSHA256(writer.bytes))
        return writer.bytes
    }

    /// Throws `.system` for a file that is damaged or of another job.
    package init(file: [UInt8], job: [UInt8], bucket: Int, path: String) throws {
        func refused(_ reason: String) -> YinheError {
            YinheError(
                .system, "the result of bucket \(bucket) \(reason)", at: path,
                remedy: "remove the resume directories on both sides and start again")
        }
        let headerBytes = 4 + job.count + 4 + 8 + 8
        guard file.count >= headerBytes + 32 else { throw refused("is incomplete") }
        let body = Array(file[0..<file.count - 32])
        guard DomainHash.plainSHA256(body) == Array(file[(file.count - 32)...]) else { throw refused("is damaged") }
        var reader = ByteReader(body, what: "bucket result")
        guard try reader.readRaw(4) == Self.magic, try reader.readRaw(job.count) == job,
            Int(try reader.read(UInt32.self)) == bucket
        else { throw refused("belongs to another job") }
        self.bucket = bucket
        places = Int(clamping: try reader.read(UInt64.self))
        let count = Int(clamping: try reader.read(UInt64.self))
        guard count == (body.count - headerBytes) / 8, body.count == headerBytes + 8 * count else { throw refused("is damaged") }
        entries = body.withUnsafeBytes { body in
            (0..<count).map { UInt64(littleEndian: body.loadUnaligned(fromByteOffset: headerBytes + 8 * $0, as: UInt64.self)) }
        }
    }

    package init(bucket: Int, places: Int, entries: [UInt64]) {
        self.bucket = bucket
        self.places = places
        self.entries = entries
    }

    // MARK: Telling the sender

    /// One bit for each place: whether an entry has it.
    package var bitmap: [UInt8] {
        var bits = [UInt8](repeating: 0, count: (places + 7) / 8)
        for entry in entries { bits[Int(entry >> 35)] |= 1 << UInt8(truncatingIfNeeded: entry >> 32 & 7) }
        return bits
    }

    /// The entries at the places of a bitmap that the peer sent. Throws `.peerMisbehaved` when it names a place that is none of
    /// this party's keys.
    package func selected(by bitmap: [UInt8]) throws -> BucketResult {
        guard bitmap.count == (places + 7) / 8 else {
            throw YinheError(.peerMisbehaved, "matches of \(bitmap.count) bytes for a bucket of \(places) elements")
        }
        var out = self
        out.entries = entries.filter { bitmap[Int($0 >> 35)] >> UInt8(truncatingIfNeeded: $0 >> 32 & 7) & 1 == 1 }
        guard out.keys == bitmap.reduce(0, { $0 + $1.nonzeroBitCount }) else {
            throw YinheError(.peerMisbehaved, "the peer names matches that are none of this side's keys")
        }
        return out
    }

    /// Rows of each key, in the order of places.
    package var multiplicities: [UInt32] {
        var out: [UInt32] = []
        var last: UInt64?
        for entry in entries {
            if entry >> 32 == last { out[out.count - 1] += 1 } else { out.append(1) }
            last = entry >> 32
        }
        return out
    }
}
