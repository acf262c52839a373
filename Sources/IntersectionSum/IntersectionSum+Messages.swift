import SandboxCore
import Transport

// Protocols/intersection-sum.md, "Messages". Counts are checked by the roles, which know how many elements are still due.
extension IntersectionSum {
    /// Round 1: the binary form of the Paillier public key.
    package struct KeyMessage: WireMessage {
        package static let tag: UInt8 = 1
        package static let name = "Paillier public key"
        package static let maximumBytes = 1024
        package var key: [UInt8]

        package init(key: [UInt8]) { self.key = key }
        package func encode(into writer: inout ByteWriter) { writer.write(raw: key) }
        package init(from reader: inout ByteReader) throws { key = try reader.readRaw(reader.remaining) }
    }

    /// Round 2, first: the number of tokens in each group.
    package struct GroupSizesMessage: WireMessage {
        package static let tag: UInt8 = 2
        package static let name = "group sizes"
        package var sizes: [UInt32]

        package init(sizes: [UInt32]) { self.sizes = sizes }
        package func encode(into writer: inout ByteWriter) {
            writer.write(UInt32(sizes.count))
            for size in sizes { writer.write(size) }
        }
        package init(from reader: inout ByteReader) throws {
            let count = try reader.readCount(maximum: 1 << 20, elementBytes: 4)
            sizes = []
            sizes.reserveCapacity(count)
            for _ in 0..<count { sizes.append(try reader.read()) }
        }
    }

    /// Round 2: compressed points k1 H(v), group after group.
    package struct BlindedMessage: WireMessage {
        package static let tag: UInt8 = 3
        package static let name = "blinded points"
        package var points: [UInt8]

        package init(points: [UInt8]) { self.points = points }
        package func encode(into writer: inout ByteWriter) { writer.write(raw: points) }
        package init(from reader: inout ByteReader) throws { points = try reader.readRaw(reader.remaining) }
    }

    /// Round 3: truncated hashes of k2 k1 H(v), group after group.
    package struct MasksMessage: WireMessage {
        package static let tag: UInt8 = 4
        package static let name = "masked points"
        package var masks: [UInt8]

        package init(masks: [UInt8]) { self.masks = masks }
        package func encode(into writer: inout ByteWriter) { writer.write(raw: masks) }
        package init(from reader: inout ByteReader) throws { masks = try reader.readRaw(reader.remaining) }
    }

    /// Round 4: compressed points k2 H(w) of some rows, then the rows' ciphertexts.
    package struct RowsMessage: WireMessage {
        package static let tag: UInt8 = 5
        package static let name = "encrypted rows"
        package var bytes: [UInt8]

        package init(bytes: [UInt8]) { self.bytes = bytes }
        package func encode(into writer: inout ByteWriter) { writer.write(raw: bytes) }
        package init(from reader: inout ByteReader) throws { bytes = try reader.readRaw(reader.remaining) }
    }

    /// Round 5: ciphertexts of masked sums, group after group.
    package struct SumsMessage: WireMessage {
        package static let tag: UInt8 = 6
        package static let name = "masked sums"
        package var ciphertexts: [UInt8]

        package init(ciphertexts: [UInt8]) { self.ciphertexts = ciphertexts }
        package func encode(into writer: inout ByteWriter) { writer.write(raw: ciphertexts) }
        package init(from reader: inout ByteReader) throws { ciphertexts = try reader.readRaw(reader.remaining) }
    }
}
