import SandboxCore
import Transport

// Tags from 0x20 on: the VOLE inside the same session has those below.
extension VOLEPSI {
    /// Receiver: the seed r of the store, from which all keys of the run follow.
    package struct Seed: WireMessage {
        package static let tag: UInt8 = 0x20
        package static let name = "seed"
        package static let maximumBytes = 16
        package let bytes: [UInt8]

        package init(bytes: [UInt8]) { self.bytes = bytes }
        package func encode(into writer: inout ByteWriter) { writer.write(raw: bytes) }
        package init(from reader: inout ByteReader) throws { bytes = try reader.readRaw(16) }
    }

    /// Receiver: elements of A = P + a.
    package struct MaskedVector: DHPSI.ChunkMessage {
        package static let tag: UInt8 = 0x21
        package static let name = "masked vector"
        package static let maximumBytes = 4 + 1 << 20
        package let first: UInt32
        package let bytes: [UInt8]

        package init(first: UInt32, bytes: [UInt8]) {
            self.first = first
            self.bytes = bytes
        }
    }

    /// Sender: masks of its tokens, in random order.
    package struct Masks: DHPSI.ChunkMessage {
        package static let tag: UInt8 = 0x22
        package static let name = "masks"
        package static let maximumBytes = 4 + 1 << 20
        package let first: UInt32
        package let bytes: [UInt8]

        package init(first: UInt32, bytes: [UInt8]) {
            self.first = first
            self.bytes = bytes
        }
    }

    /// Receiver, under `.bothLearnMatches`: which of the masks at places `first ..< first + rows` matched; as a bitmap or as a
    /// list, whichever is shorter (the bitmap when they are equal).
    package struct MatchedPlaces: WireMessage {
        package static let tag: UInt8 = 0x23
        package static let name = "matched places"
        package static let maximumBytes = 5 + 1 << 20
        /// Places that one message speaks of: 1 MiB as a bitmap.
        package static let rowsPerMessage = 1 << 23

        package let first: UInt32
        let isList: Bool
        let payload: [UInt8]

        /// `places`: ascending, all in `first ..< first + rows`.
        package init(first: Int, rows: Int, places: ArraySlice<UInt32>) {
            self.first = UInt32(first)
            isList = 4 * places.count < (rows + 7) / 8
            if isList {
                var writer = ByteWriter(reserving: 4 * places.count)
                for place in places { writer.write(place) }
                payload = writer.bytes
            } else {
                var bitmap = [UInt8](repeating: 0, count: (rows + 7) / 8)
                for place in places { bitmap[(Int(place) - first) >> 3] |= 1 << UInt8((Int(place) - first) & 7) }
                payload = bitmap
            }
        }

        package func encode(into writer: inout ByteWriter) {
            writer.write(first)
            writer.write(UInt8(isList ? 1 : 0))
            payload.withUnsafeBytes { writer.write(raw: $0) }
        }

        package init(from reader: inout ByteReader) throws {
            first = try reader.read(UInt32.self)
            let form = try reader.read(UInt8.self)
            guard form <= 1 else { throw YinheError(.peerMisbehaved, "\(Self.name) in the unknown form \(form)") }
            isList = form == 1
            payload = try reader.readRaw(reader.remaining)
        }

        /// The places, ascending; throws unless they are what a message for `first ..< first + rows` may hold.
        package func places(first due: Int, rows: Int) throws -> [UInt32] {
            func refuse(_ reason: String) -> YinheError { YinheError(.peerMisbehaved, "\(Self.name) from \(due) on: \(reason)") }
            guard first == due else { throw refuse("they begin at \(first)") }
            var out: [UInt32] = []
            if isList {
                guard payload.count % 4 == 0, payload.count < (rows + 7) / 8 else {
                    throw refuse("a list of \(payload.count) bytes")
                }
                var reader = ByteReader(payload, what: Self.name)
                out.reserveCapacity(payload.count / 4)
                for _ in 0..<payload.count / 4 {
                    let place = try reader.read(UInt32.self)
                    guard place >= first, Int(place) < due + rows, out.last.map({ $0 < place }) ?? true else {
                        throw refuse("place \(place) is not due")
                    }
                    out.append(place)
                }
            } else {
                guard payload.count == (rows + 7) / 8 else {
                    throw refuse("a bitmap of \(payload.count) bytes for \(rows) places")
                }
                for (index, byte) in payload.enumerated() {
                    var rest = byte
                    while rest != 0 {
                        let place = 8 * index + rest.trailingZeroBitCount
                        guard place < rows, let own = UInt32(exactly: due + place) else {
                            throw refuse("place \(due + place) is not due")
                        }
                        out.append(own)
                        rest &= rest - 1
                    }
                }
            }
            return out
        }
    }

    /// Receiver, when there is a minimum intersection and the sender learns nothing else: it was reached.
    package struct Completion: WireMessage {
        package static let tag: UInt8 = 0x24
        package static let name = "completion"
        package static let maximumBytes = 0
        package init() {}
        package func encode(into writer: inout ByteWriter) {}
        package init(from reader: inout ByteReader) throws {}
    }
}
