import Arithmetic
import SandboxCore

/// What a ciphertext file says of its vector before the rows. Protocols/encrypted-vectors.md, "File".
struct CiphertextFileHeader: Sendable, Equatable {
    let layout: PackedLayout
    let shape: RowShape
    let bounds: SlotBounds
    let scale: FixedPointScale

    static let byteCount = 164
    private static let magic = Array("yinhe-ciphertexts-01".utf8)
    /// Scales of products of products; more is no sensible unit.
    private static let maximumDigits: UInt32 = 1000

    func encode(for key: PaillierPublicKey) -> [UInt8] {
        var writer = ByteWriter(reserving: Self.byteCount)
        writer.write(raw: Self.magic)
        writer.write(raw: [UInt8](hex: key.fingerprint)!)
        writer.write(UInt32(key.bits))
        writer.write(UInt32(key.ciphertextBytes))
        writer.write(layout.lower)
        writer.write(layout.upper)
        writer.write(UInt64(layout.additions))
        writer.write(UInt32(layout.scale.decimals))
        writer.write(UInt32(layout.scale.fractionBits))
        writer.write(UInt32(layout.plaintextBits))
        writer.write(UInt32(layout.slotBits))
        writer.write(UInt32(shape.valuesPerRow))
        writer.write(UInt32(shape.firstSlot))
        writer.write(UInt32(scale.decimals))
        writer.write(UInt32(scale.fractionBits))
        for number in [bounds.minimum, bounds.maximum, bounds.bias] { writer.write(number) }
        return writer.bytes
    }

    /// Reads and checks a header for `key`. Throws `.badInput` with what is wrong.
    init(decoding bytes: [UInt8], key: PaillierPublicKey, at place: String) throws {
        func refuse(_ reason: String, _ remedy: String = "ask for the file again") -> YinheError {
            YinheError(.badInput, reason, at: place, remedy: remedy)
        }
        var reader = ByteReader(bytes, what: "ciphertext file")
        guard try reader.readRaw(Self.magic.count) == Self.magic else { throw refuse("not a ciphertext file of version 1") }
        let fingerprint = try reader.readRaw(32).hex
        guard fingerprint == key.fingerprint else {
            throw refuse(
                "the file was encrypted for the key \(fingerprint.prefix(16))..., not \(key.fingerprint.prefix(16))...",
                "give the public key that all contributors were given")
        }
        let sizes = (try reader.read(UInt32.self), try reader.read(UInt32.self))
        guard sizes == (UInt32(key.bits), UInt32(key.ciphertextBytes)) else { throw refuse("its ciphertexts have another size") }
        let (lower, upper) = (try reader.read(Int64.self), try reader.read(Int64.self))
        let additions = try reader.read(UInt64.self)
        let (decimals, fractionBits) = (try reader.read(UInt32.self), try reader.read(UInt32.self))
        let (plaintextBits, slotBits) = (try reader.read(UInt32.self), try reader.read(UInt32.self))
        guard lower <= upper, additions > 0, additions <= 1 << 62, decimals <= 18, fractionBits <= 62, plaintextBits > 0,
            plaintextBits < key.bits
        else { throw refuse("its layout is impossible") }
        let scale = FixedPointScale(decimals: Int(decimals), fractionBits: Int(fractionBits))
        guard
            let layout = try? PackedLayout(
                lower...upper, scale: scale, additions: Int(additions), plaintextBits: Int(plaintextBits)),
            layout.slotBits == Int(slotBits)
        else { throw refuse("its slots do not have the width that its layout needs") }
        let (valuesPerRow, firstSlot) = (try reader.read(UInt32.self), try reader.read(UInt32.self))
        guard valuesPerRow > 0, Int(valuesPerRow) + Int(firstSlot) <= layout.slotsPerPlaintext else {
            throw refuse("its values do not fit their slots")
        }
        let unit = (try reader.read(UInt32.self), try reader.read(UInt32.self))
        guard unit.0 <= Self.maximumDigits, unit.1 <= Self.maximumDigits else { throw refuse("its unit is impossible") }
        let numbers = try (0..<3).map { _ in try reader.read(Int128.self) }
        guard numbers[0] <= numbers[1],
            let bounds = try? layout.accept(SlotBounds(minimum: numbers[0], maximum: numbers[1], bias: numbers[2]), "")
        else { throw refuse("its bounds do not fit its slots") }
        try reader.finish()
        self.init(
            layout: layout, shape: RowShape(valuesPerRow: Int(valuesPerRow), firstSlot: Int(firstSlot)), bounds: bounds,
            scale: FixedPointScale(unchecked: Int(unit.0), Int(unit.1)))
    }

    init(layout: PackedLayout, shape: RowShape, bounds: SlotBounds, scale: FixedPointScale) {
        self.layout = layout
        self.shape = shape
        self.bounds = bounds
        self.scale = scale
    }
}

/// Digests of a ciphertext file: one for each chunk of rows, and one over the header and all of them.
enum CiphertextFileDigest {
    static let byteCount = 32
    /// Count, rows and the digest over everything.
    static let trailerBytes = 8 + 8 + 32

    /// Rows in one chunk: 256 KiB.
    static func rowsPerChunk(_ key: PaillierPublicKey) -> Int { max(1, (1 << 18) / key.ciphertextBytes) }

    static func chunk(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/ciphertext-file-chunk/v1")
        withUnsafeBytes(of: UInt64(index).littleEndian) { hash.update($0) }
        hash.update(bytes)
        return hash.finalize()
    }

    static func whole(_ header: [UInt8], count: Int, rows: Int, chunks: [UInt8]) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/ciphertext-file/v1")
        hash.update(header)
        withUnsafeBytes(of: UInt64(count).littleEndian) { hash.update($0) }
        withUnsafeBytes(of: UInt64(rows).littleEndian) { hash.update($0) }
        hash.update(chunks)
        return hash.finalize()
    }
}
