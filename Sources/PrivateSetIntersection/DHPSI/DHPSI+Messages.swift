import Arithmetic
import SandboxCore
import Transport

extension DHPSI {
    /// Rows of one direction: the place of the first row, then a fixed number of bytes per row.
    package protocol ChunkMessage: WireMessage {
        var first: UInt32 { get }
        var bytes: [UInt8] { get }
        init(first: UInt32, bytes: [UInt8])
    }

    /// Compressed points `secret * H(token)` in the order that their owner chose.
    package struct BlindedPoints: ChunkMessage {
        package static let tag: UInt8 = 1
        package static let name = "blinded points"
        package static let maximumBytes = 4 + P256.encodedBytes * Parameters.maximumChunk
        package let first: UInt32
        package let bytes: [UInt8]

        package init(first: UInt32, bytes: [UInt8]) {
            self.first = first
            self.bytes = bytes
        }
    }

    /// Truncated hashes of the points that the peer sent, multiplied by this side's secret.
    package struct Masks: ChunkMessage {
        package static let tag: UInt8 = 2
        package static let name = "masks"
        package static let maximumBytes = 4 + 16 * Parameters.maximumChunk
        package let first: UInt32
        package let bytes: [UInt8]

        package init(first: UInt32, bytes: [UInt8]) {
            self.first = first
            self.bytes = bytes
        }
    }

    /// The sending side has finished; with the number of matches it found when both sides learn it.
    package struct Completion: WireMessage {
        package static let tag: UInt8 = 3
        package static let name = "completion"
        package static let maximumBytes = 9
        package let count: Int?

        package init(count: Int?) { self.count = count }

        package func encode(into writer: inout ByteWriter) {
            writer.write(UInt8(count == nil ? 0 : 1))
            if let count { writer.write(UInt64(count)) }
        }

        package init(from reader: inout ByteReader) throws {
            switch try reader.read(UInt8.self) {
            case 0: count = nil
            case 1: count = Int(clamping: try reader.read(UInt64.self))
            case let flag: throw YinheError(.peerMisbehaved, "a completion message with the unknown flag \(flag)")
            }
        }
    }
}

extension DHPSI.ChunkMessage {
    package func encode(into writer: inout ByteWriter) {
        writer.write(first)
        bytes.withUnsafeBytes { writer.write(raw: $0) }
    }

    package init(from reader: inout ByteReader) throws {
        let first = try reader.read(UInt32.self)
        self.init(first: first, bytes: try reader.readRaw(reader.remaining))
    }

    /// Throws unless this is the chunk that is due: it starts where the last one ended and holds exactly the rows it must.
    package func check(due: Int, rows: Int, bytesPerRow: Int, total: Int) throws {
        guard first == due else {
            throw YinheError(
                .peerMisbehaved, "\(Self.name) from row \(first) of \(total) where row \(due) was due"
                    + (first < due ? ": a repeated chunk" : ": a missing chunk"))
        }
        guard bytes.count == rows * bytesPerRow else {
            throw YinheError(
                .peerMisbehaved, "\(Self.name) from row \(due) of \(total) take \(bytes.count) bytes, "
                    + "\(rows) rows of \(bytesPerRow) bytes were due")
        }
    }
}
