import SandboxCore
import Transport

/// Who learns the values of a two-party reveal.
public enum RevealTarget: Hashable, Sendable {
    case both
    case party(Int)

    func includes(_ party: Int) -> Bool { self == .both || self == .party(party) }

    var text: String {
        switch self {
        case .both: "both parties"
        case .party(let index): "party \(index)"
        }
    }
}

extension SharedVector {
    /// Opens the values of a two-party sharing to `target`; nil for a party that learns nothing.
    ///
    /// First both sides compare what is to be opened (length, ring, bounds, target); a difference throws `.peerMismatch` on both
    /// before any share leaves. Then each share travels once, to whom it is due. Throws `.peerMisbehaved` for a value outside the
    /// declared bounds. Two rounds; `count * ring bytes` each way for `.both`. Protocols/secure-sum.md, "Two-party reveal".
    public func reveal(to target: RevealTarget, over session: Session) async throws -> [Element.Signed]? {
        precondition(partyCount == 2, "a two-party reveal")
        let header = RevealHeader(ring: Element.ring, count: count, bounds: bounds, target: target)
        async let sentHeader: Void = session.send(header)
        let peerHeader = try await session.receive(RevealHeader.self)
        try await sentHeader
        if let difference = header.difference(from: peerHeader) {
            await session.abort(.mismatch)
            throw difference
        }
        async let sent: Void = target.includes(1 - party) ? sendShare(over: session) : ()
        let values = target.includes(party) ? try await receiveShare(over: session) : nil
        try await sent
        return values
    }

    private static var chunk: Int { RevealChunk.maximumShareBytes / Element.ring.bytes }

    private func sendShare(over session: Session) async throws {
        for start in stride(from: 0, to: count, by: Self.chunk) {
            let bytes = share.withUnsafeBytes {
                Array($0[start * Element.ring.bytes..<min(count, start + Self.chunk) * Element.ring.bytes])
            }
            try await session.send(RevealChunk(bytes: bytes))
        }
    }

    private func receiveShare(over session: Session) async throws -> [Element.Signed] {
        var other: [Element] = []
        other.reserveCapacity(count)
        while other.count < count {
            let bytes = try await session.receive(RevealChunk.self).bytes
            guard bytes.count == min(Self.chunk, count - other.count) * Element.ring.bytes else {
                await session.abort(.badMessage)
                throw YinheError(.peerMisbehaved, "a share of \(bytes.count) bytes where another length was due")
            }
            bytes.withUnsafeBytes { other.append(contentsOf: $0.bindMemory(to: Element.self)) }
        }
        do {
            return try AdditiveSharing.opened([share, other], bounds: bounds)
        } catch {
            await session.abort(.badMessage)
            throw error
        }
    }
}

/// What is about to be opened. The tags lie high, because a reveal runs inside sessions of other protocols.
package struct RevealHeader: WireMessage {
    package static let tag: UInt8 = 0xe0
    package static let name = "reveal header"
    package static let maximumBytes = 256
    let ring: String
    let count: Int
    let bounds: String
    let target: String

    init(ring: Ring, count: Int, bounds: DeclaredBounds, target: RevealTarget) {
        self.ring = ring.rawValue
        self.count = count
        self.bounds = bounds.description
        self.target = target.text
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(ring)
        writer.write(UInt64(count))
        writer.write(bounds)
        writer.write(target)
    }

    package init(from reader: inout ByteReader) throws {
        ring = try reader.readText(maximum: 16)
        let length = try reader.read(UInt64.self)
        guard let count = Int(exactly: length) else {
            throw YinheError(.peerMisbehaved, "malformed reveal header: a vector of \(length) elements")
        }
        self.count = count
        bounds = try reader.readText(maximum: 96)
        target = try reader.readText(maximum: 32)
    }

    func difference(from peer: RevealHeader) -> YinheError? {
        for (field, mine, theirs) in [
            ("ring", ring, peer.ring), ("length", "\(count)", "\(peer.count)"), ("declared bounds", bounds, peer.bounds),
            ("receivers", target, peer.target),
        ] where mine != theirs {
            return YinheError(
                .peerMismatch, "the two sides differ in the \(field) of the vector to reveal; no share was sent",
                remedy: "run the same computation on both sides")
        }
        return nil
    }
}

package struct RevealChunk: WireMessage {
    package static let tag: UInt8 = 0xe1
    package static let name = "share to reveal"
    static let maximumShareBytes = 1 << 18
    package static let maximumBytes = 4 + maximumShareBytes
    let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    package func encode(into writer: inout ByteWriter) {
        writer.reserve(4 + bytes.count)
        writer.write(field: bytes)
    }

    package init(from reader: inout ByteReader) throws { bytes = try reader.readField(maximum: Self.maximumShareBytes) }
}
