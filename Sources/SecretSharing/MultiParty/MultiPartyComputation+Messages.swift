import SandboxCore
import Transport

extension MultiPartyComputation {
    /// What a step does; a party whose program differs sends another one.
    package enum Operation: UInt8, Sendable, CaseIterable {
        case share = 1, multiply, square, dot, open, finish

        var text: String {
            switch self {
            case .share: "sharing an input"
            case .multiply: "a multiplication"
            case .square: "a squaring"
            case .dot: "an inner product"
            case .open: "an opening"
            case .finish: "the end of the program"
            }
        }
    }

    /// Where a party is in its program. Every message of the step carries it.
    package struct Header: Sendable, Equatable {
        let step: UInt64
        let operation: Operation
        let ring: Ring
        /// Bit i: party i learns the values; for an input: party i owns it.
        let receivers: UInt8
        let count: Int
        /// Of the result, as text.
        let bounds: String

        static let maximumBytes = 8 + 1 + 1 + 1 + 8 + 4 + 96

        init(step: UInt64, operation: Operation, ring: Ring, receivers: UInt8, count: Int, bounds: DeclaredBounds) {
            self.step = step
            self.operation = operation
            self.ring = ring
            self.receivers = receivers
            self.count = count
            self.bounds = bounds.description
        }

        func encode(into writer: inout ByteWriter) {
            writer.write(step)
            writer.write(operation.rawValue)
            writer.write(UInt8(ring.words))
            writer.write(receivers)
            writer.write(UInt64(count))
            writer.write(bounds)
        }

        init(from reader: inout ByteReader) throws {
            step = try reader.read()
            let code = try reader.read(UInt8.self), words = try reader.read(UInt8.self)
            receivers = try reader.read()
            let length = try reader.read(UInt64.self)
            bounds = try reader.readText(maximum: 96)
            guard let operation = Operation(rawValue: code), let ring = Ring.allCases.first(where: { $0.words == Int(words) }),
                let count = Int(exactly: length)
            else { throw YinheError(.peerMisbehaved, "malformed step of a computation: operation \(code), \(length) elements") }
            self.operation = operation
            self.ring = ring
            self.count = count
        }

        var text: String {
            "\(operation.text) of \(count) elements of \(ring.rawValue) in \(bounds.printable) at step \(step)"
                + (receivers == 0xff ? "" : ", parties \((0..<8).filter { receivers >> $0 & 1 == 1 })")
        }
    }

    /// Elements of one step, from element `offset` on. Uniform words, so they are not transcribed.
    package struct Piece: WireMessage {
        package static let tag: UInt8 = 1
        package static let name = "masked shares"
        package static let isTranscribed = false
        static let maximumElementBytes = 1 << 19
        package static let maximumBytes = Header.maximumBytes + 8 + 4 + maximumElementBytes
        let header: Header
        let offset: Int
        let bytes: [UInt8]

        init(header: Header, offset: Int, bytes: [UInt8]) {
            self.header = header
            self.offset = offset
            self.bytes = bytes
        }

        package func encode(into writer: inout ByteWriter) {
            writer.reserve(Self.maximumBytes - Self.maximumElementBytes + bytes.count)
            header.encode(into: &writer)
            writer.write(UInt64(offset))
            writer.write(field: bytes)
        }

        package init(from reader: inout ByteReader) throws {
            header = try Header(from: &reader)
            let start = try reader.read(UInt64.self)
            guard let offset = Int(exactly: start) else {
                throw YinheError(.peerMisbehaved, "malformed \(Self.name): element \(start)")
            }
            self.offset = offset
            bytes = try reader.readField(maximum: Self.maximumElementBytes)
        }
    }

    func check(_ theirs: Header, _ mine: Header, from peer: Int) throws {
        guard theirs == mine else {
            throw LinkFailure(
                peer: peer,
                error: YinheError(
                    .peerMismatch, "the programs differ: \(theirs.text) there, \(mine.text) here",
                    remedy: "run the same program over the same sizes and bounds on every side"))
        }
    }

    /// Whether `piece` is what is due: elements `range`.
    func check(_ piece: Piece, _ header: Header, _ range: Range<Int>, _ elementBytes: Int, from peer: Int) throws {
        try check(piece.header, header, from: peer)
        guard piece.offset == range.lowerBound, piece.bytes.count == range.count * elementBytes else {
            throw LinkFailure(
                peer: peer,
                error: YinheError(
                    .peerMisbehaved, "\(piece.bytes.count) bytes from element \(piece.offset) on where elements \(range) were due"))
        }
    }
}
