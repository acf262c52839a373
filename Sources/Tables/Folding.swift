/// Folding of the characters that Chinese input methods and spreadsheets put in place of ASCII.
enum Folding {
    static let space: UInt8 = 0x20

    /// Writes the folded bytes of valid UTF-8 to `out`, which has room for `count` bytes, and returns how many.
    ///
    /// U+FF01 ... U+FF5E become U+0021 ... U+007E; U+0009, U+00A0, U+2000 ... U+200A, U+202F, U+205F, U+3000 become a space;
    /// U+2010 ... U+2015, U+2212 become a hyphen; U+200B ... U+200D, U+2060, U+FEFF are removed. Nothing gets longer.
    static func fold(_ p: UnsafePointer<UInt8>, _ count: Int, into out: UnsafeMutablePointer<UInt8>) -> Int {
        var i = 0
        var n = 0
        while i < count {
            let lead = p[i]
            if lead < 0x80 {
                out[n] = lead == 0x09 ? space : lead
                n += 1
                i += 1
                continue
            }
            let width = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
            let folded = width == 2 ? foldTwo(lead, p[i + 1]) : width == 3 ? foldThree(lead, p[i + 1], p[i + 2]) : keep
            if folded == keep {
                for k in 0..<width { out[n + k] = p[i + k] }
                n += width
            } else if folded != drop {
                out[n] = folded
                n += 1
            }
            i += width
        }
        return n
    }

    /// The range of `bytes` without leading and trailing spaces.
    static func trimmed(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Range<Int> {
        var start = 0
        var end = count
        while start < end, bytes[start] == space { start += 1 }
        while end > start, bytes[end - 1] == space { end -= 1 }
        return start..<end
    }

    private static let keep: UInt8 = 0xff
    private static let drop: UInt8 = 0xfe

    private static func foldTwo(_ a: UInt8, _ b: UInt8) -> UInt8 { a == 0xc2 && b == 0xa0 ? space : keep }

    private static func foldThree(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> UInt8 {
        let scalar = UInt32(a & 0x0f) << 12 | UInt32(b & 0x3f) << 6 | UInt32(c & 0x3f)
        return switch scalar {
        case 0xff01...0xff5e: UInt8(scalar - 0xfee0)
        case 0x2000...0x200a, 0x202f, 0x205f, 0x3000: space
        case 0x2010...0x2015, 0x2212: 0x2d
        case 0x200b...0x200d, 0x2060, 0xfeff: drop
        default: keep
        }
    }
}
