import SandboxCore
import Transport

extension SecureSum {
    /// The seed whose stream is the receiver's share.
    package struct Seed: WireMessage {
        package static let tag: UInt8 = 1
        package static let name = "share seed"
        package static let maximumBytes = AESCounterPRG.seedBytes
        let bytes: [UInt8]

        init(bytes: [UInt8]) { self.bytes = bytes }
        package func encode(into writer: inout ByteWriter) { writer.write(raw: bytes) }
        package init(from reader: inout ByteReader) throws { bytes = try reader.readRaw(AESCounterPRG.seedBytes) }
    }

    /// Block `index` of one direction: a block of the correction vector, a block of the sender's partial sum, or both.
    package struct Block: WireMessage {
        package static let tag: UInt8 = 2
        package static let name = "vector block"
        package static let maximumBytes = ChannelLimits.frameBytes - 1
        let index: Int
        let correction: [UInt8]
        let partial: [UInt8]

        init(index: Int, correction: [UInt8], partial: [UInt8]) {
            self.index = index
            self.correction = correction
            self.partial = partial
        }

        package func encode(into writer: inout ByteWriter) {
            writer.reserve(12 + correction.count + partial.count)
            writer.write(UInt32(truncatingIfNeeded: index))
            writer.write(field: correction)
            writer.write(field: partial)
        }

        package init(from reader: inout ByteReader) throws {
            index = Int(try reader.read(UInt32.self))
            correction = try reader.readField(maximum: Self.maximumBytes)
            partial = try reader.readField(maximum: Self.maximumBytes)
        }
    }

    /// This party has everything that it needs.
    package struct Done: WireMessage {
        package static let tag: UInt8 = 3
        package static let name = "end of the sum"
        package static let maximumBytes = 0
        init() {}
        package func encode(into writer: inout ByteWriter) {}
        package init(from reader: inout ByteReader) throws {}
    }
}

extension SecureSum.Agreement {
    /// What party `me` proposes to party `peer`; the sides must find everything equal.
    func proposal(from me: Int, to peer: Int) -> SessionProposal {
        SessionProposal(
            protocolName: "yinhe/secure-sum", version: 1, role: "party \(me)", peerRole: "party \(peer)",
            parameters: [("number of parties", "\(names.count)")]
                + names.enumerated().map { ("name of party \($0.offset)", $0.element) }
                + [
                    ("vector length", "\(count)"), ("declared bounds", "\(bounds)"), ("ring", ring.rawValue),
                    ("receivers", receivers.map(String.init).joined(separator: ",")), ("block bytes", "\(blockBytes)"),
                    ("binding", binding.hex),
                ])
    }

    var blockElements: Int { blockBytes / ring.bytes }
    var blocks: Int { (count + blockElements - 1) / blockElements }

    func elements(ofBlock index: Int) -> Range<Int> { index * blockElements..<min(count, (index + 1) * blockElements) }

    /// Who gets party `me`'s correction vector; the ring of parties spreads the load evenly.
    func next(after me: Int) -> Int { (me + 1) % names.count }
    func previous(before me: Int) -> Int { (me + names.count - 1) % names.count }
}
