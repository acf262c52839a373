/// The outcome of normalising one key's bytes.
enum KeyOutcome {
    /// `repaired`: the canonical bytes differ from the raw ones.
    case valid(count: Int, repaired: Bool)
    case empty
    case malformed(JoinKeyNormalizer.Malformation)
}

extension JoinKeyNormalizer {
    static let maximumTextBytes = 256
    static let maximumDigits = 64

    /// How many bytes longer than the raw key the canonical form can be: 15 digits of an identity number become 18.
    static let growth = 3

    /// Writes the canonical form of valid UTF-8 to `out`, which has room for `raw.count + growth` bytes.
    func normalize(_ raw: UnsafeBufferPointer<UInt8>, into out: UnsafeMutablePointer<UInt8>) -> KeyOutcome {
        guard let source = raw.baseAddress, raw.count > 0 else { return .empty }
        if isCanonical(source, raw) {
            out.update(from: source, count: raw.count)
            return .valid(count: raw.count, repaired: false)
        }
        let folded = Folding.fold(source, raw.count, into: out)
        let range = Folding.trimmed(out, folded)
        if range.isEmpty { return .empty }
        let outcome =
            switch kind {
            case .uscc: Self.finishUSCC(out, range)
            case .text: Self.finishText(out, range)
            case .digits: Self.finishDigits(out, range)
            case .residentID: ResidentNumber.finish(out, range)
            case .mobile: MobileNumber.finish(out, range)
            case .plate: LicencePlate.finish(out, range)
            case .container: ContainerNumber.finish(out, range)
            }
        guard case .valid(let count, _) = outcome else { return outcome }
        let same = count == raw.count && (0..<count).allSatisfy { out[$0] == source[$0] }
        return .valid(count: count, repaired: !same)
    }

    /// Whether a quick look shows that the key is its own canonical form.
    @inline(__always)
    private func isCanonical(_ source: UnsafePointer<UInt8>, _ raw: UnsafeBufferPointer<UInt8>) -> Bool {
        switch kind {
        case .uscc: raw.count == CreditCode.length && CreditCode.malformation(source) == nil
        case .text: raw.count <= Self.maximumTextBytes && Self.isPlainText(raw)
        case .digits: false
        case .residentID: raw.count == ResidentNumber.length && ResidentNumber.malformation(source) == nil
        case .mobile:
            raw.count == MobileNumber.length && MobileNumber.malformation(source, raw.count) == nil
        case .plate: LicencePlate.malformation(source, raw.count) == nil
        case .container: raw.count == ContainerNumber.length && ContainerNumber.malformation(source) == nil
        }
    }

    /// Whether every byte is printable ASCII, and neither a space nor a lower-case letter: such text is canonical.
    private static func isPlainText(_ raw: UnsafeBufferPointer<UInt8>) -> Bool {
        var foreign = false
        for byte in raw { foreign = foreign || byte &- 0x21 > 0x5d || byte &- 0x61 < 26 }
        return !foreign
    }

    private static func finishUSCC(_ out: UnsafeMutablePointer<UInt8>, _ range: Range<Int>) -> KeyOutcome {
        let count = removeSeparators(out, range)
        guard count == CreditCode.length else { return .malformed(.length) }
        upperCase(out, count)
        if let reason = CreditCode.malformation(out) { return .malformed(reason) }
        return .valid(count: count, repaired: true)
    }

    private static func finishDigits(_ out: UnsafeMutablePointer<UInt8>, _ range: Range<Int>) -> KeyOutcome {
        let count = removeSeparators(out, range)
        for i in 0..<count where out[i] < Ascii.zero || out[i] > Ascii.nine { return .malformed(.character) }
        guard (1...maximumDigits).contains(count) else { return .malformed(.length) }
        return .valid(count: count, repaired: true)
    }

    private static func finishText(_ out: UnsafeMutablePointer<UInt8>, _ range: Range<Int>) -> KeyOutcome {
        var n = 0
        for i in range {
            let byte = out[i]
            if byte < 0x20 || byte == 0x7f { return .malformed(.character) }
            if byte == Folding.space, n > 0, out[n - 1] == Folding.space { continue }
            out[n] = byte
            n += 1
        }
        guard n <= maximumTextBytes else { return .malformed(.length) }
        upperCase(out, n)
        return .valid(count: n, repaired: true)
    }

    /// Moves the bytes of `range` that are neither space nor hyphen to the front; returns their number.
    static func removeSeparators(_ out: UnsafeMutablePointer<UInt8>, _ range: Range<Int>) -> Int {
        var n = 0
        for i in range where out[i] != Folding.space && out[i] != 0x2d {
            out[n] = out[i]
            n += 1
        }
        return n
    }

    static func upperCase(_ out: UnsafeMutablePointer<UInt8>, _ count: Int) {
        for i in 0..<count where out[i] >= 0x61 && out[i] <= 0x7a { out[i] -= 0x20 }
    }

    /// `range` without the apostrophe by which spreadsheets mark a number as text.
    static func withoutTextMark(_ out: UnsafeMutablePointer<UInt8>, _ range: Range<Int>) -> Range<Int> {
        out[range.lowerBound] == 0x27 ? range.lowerBound + 1..<range.upperBound : range
    }
}
