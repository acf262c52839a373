import PrivateSetIntersection
import SandboxCore
import Transport

// Tags from 0x20 on: the VOLE inside the same session has those below, the computation on shares and its correlations those
// above.
extension HiddenJoin {
    /// The seed of a key-value store, from which the keys of its functions follow: 16 bytes, in front of the store.
    package struct Seed: WireMessage {
        package static let tag: UInt8 = 0x28
        package static let name = "seed"
        package static let maximumBytes = 16
        package let bytes: [UInt8]

        package init(bytes: [UInt8]) { self.bytes = bytes }
        package func encode(into writer: inout ByteWriter) { writer.write(raw: bytes) }
        package init(from reader: inout ByteReader) throws { bytes = try reader.readRaw(16) }
    }

    /// Receiver: elements of A = P + a.
    package struct MaskedVector: DHPSI.ChunkMessage {
        package static let tag: UInt8 = 0x29
        package static let name = "masked vector"
        package static let maximumBytes = 4 + chunkBytes
        package static let isTranscribed = false
        package let first: UInt32
        package let bytes: [UInt8]

        package init(first: UInt32, bytes: [UInt8]) {
            self.first = first
            self.bytes = bytes
        }
    }

    /// Sender: elements of one vector of its store.
    package struct Program: DHPSI.ChunkMessage {
        package static let tag: UInt8 = 0x2a
        package static let name = "programmed vector"
        package static let maximumBytes = 4 + chunkBytes
        package static let isTranscribed = false
        package let first: UInt32
        package let bytes: [UInt8]

        package init(first: UInt32, bytes: [UInt8]) {
            self.first = first
            self.bytes = bytes
        }
    }

    /// Bytes of elements in one message, but for the last.
    package static let chunkBytes = 1 << 20

    static func send<M: DHPSI.ChunkMessage, Element: BitwiseCopyable>(
        _ vector: HugeBuffer<Element>, count: Int, as message: M.Type, in session: Session
    ) async throws {
        let rows = chunkBytes / MemoryLayout<Element>.size
        for first in stride(from: 0, to: count, by: rows) {
            let range = first..<min(first + rows, count)
            let bytes = [UInt8](UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: vector.buffer[range])))
            try await session.send(M(first: UInt32(first), bytes: bytes))
        }
    }

    /// Receives `count` elements and gives each chunk to `use`.
    static func receive<M: DHPSI.ChunkMessage>(
        _ message: M.Type, elementBytes: Int, count: Int, in session: Session,
        use: @Sendable @escaping (_ first: Int, _ count: Int, _ bytes: UnsafeRawPointer) -> Void
    ) async throws {
        let rows = chunkBytes / elementBytes
        for first in stride(from: 0, to: count, by: rows) {
            let n = min(rows, count - first)
            let chunk: M = try await session.receive()
            try chunk.check(due: first, rows: n, bytesPerRow: elementBytes, total: count)
            try await Parallel.offload { chunk.bytes.withUnsafeBytes { use(first, n, $0.baseAddress!) } }
        }
    }
}
