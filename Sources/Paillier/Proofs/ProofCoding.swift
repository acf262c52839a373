import Arithmetic
import SandboxCore

/// Writes proofs: version, kind, then fields whose widths follow from key and counts.
struct ProofWriter {
    static let version: UInt8 = 1
    private var writer = ByteWriter()
    var bytes: [UInt8] { writer.bytes }

    init(_ kind: ProofKind) {
        writer.write(Self.version)
        writer.write(kind.rawValue)
    }

    mutating func write<I: FixedWidthInteger>(_ value: I) { writer.write(value) }
    mutating func write(raw bytes: [UInt8]) { writer.write(raw: bytes) }
    mutating func write(_ numbers: [BigInteger], width: Int) {
        for number in numbers { writer.write(raw: number.bigEndian(count: width)) }
    }
}

/// Reads proofs from outside: every length is checked before anything is allocated, every number against its bound, so a proof has
/// one encoding.
struct ProofReader {
    private var reader: ByteReader
    private let kind: ProofKind

    init(_ bytes: [UInt8], _ kind: ProofKind) throws {
        self.kind = kind
        reader = ByteReader(bytes, what: kind.name)
        let version = try reader.read(UInt8.self), found = try reader.read(UInt8.self)
        guard version == ProofWriter.version else {
            throw YinheError(.peerMisbehaved, "a \(kind.name) of version \(version); this program reads version \(ProofWriter.version)")
        }
        guard found == kind.rawValue else { throw YinheError(.peerMisbehaved, "not a \(kind.name)") }
    }

    mutating func read<I: FixedWidthInteger>(_ type: I.Type = I.self) throws -> I { try reader.read(type) }
    mutating func readRaw(_ count: Int) throws -> [UInt8] { try reader.readRaw(count) }

    /// A count of ciphertexts; nothing is allocated for it.
    mutating func readCount() throws -> Int {
        let count = Int(try reader.read(UInt32.self))
        guard (1...ProofParameters.maximumCount).contains(count) else { throw malformed("it covers \(count) ciphertexts") }
        return count
    }

    /// `count` numbers of `width` bytes each, below `bound`.
    mutating func readNumbers(_ count: Int, width: Int, below bound: BigInteger) throws -> [BigInteger] {
        guard reader.remaining >= count * width else { throw malformed("it is too short") }
        return try (0..<count).map { _ in
            let number = BigInteger(bigEndian: try reader.readRaw(width))
            guard number < bound else { throw malformed("a number exceeds its bound") }
            return number
        }
    }

    func malformed(_ reason: String) -> YinheError { YinheError(.peerMisbehaved, "malformed \(kind.name): \(reason)") }

    func finish() throws { try reader.finish() }
}

extension PaillierPublicKey {
    /// Bytes of a residue modulo n.
    var residueBytes: Int { (bits + 7) / 8 }

    /// (1 + n)^m mod n^2.
    func powerOfGenerator(_ m: BigInteger) -> BigInteger { (.one + m.modulo(n) * n).modulo(nSquared) }
}
