import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Decoding of table text to UTF-8, and the checks behind the detection of encodings.
enum TextDecoding {
    /// The index of the first byte of `bytes` that is not ASCII, or `count`.
    static func asciiPrefix(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
        var i = 0
        while i + 8 <= count {
            if UnsafeRawPointer(bytes + i).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { break }
            i += 8
        }
        while i < count, bytes[i] < 0x80 { i += 1 }
        return i
    }

    struct UTF8Check {
        /// The index of the first byte that is not well-formed UTF-8; nil when all are.
        var invalidAt: Int?
        /// Well-formed characters beyond ASCII before it.
        var wide = 0
    }

    /// Well-formedness by Unicode 15, table 3-7 (no surrogates, no overlong forms, nothing past U+10FFFF).
    static func checkUTF8(_ p: UnsafePointer<UInt8>, _ count: Int) -> UTF8Check {
        var i = 0
        var check = UTF8Check()
        while true {
            i += asciiPrefix(p + i, count - i)
            while i < count, p[i] >= 0x80 {
                let width = wideWidth(p + i, count - i)
                if width == 0 {
                    check.invalidAt = i
                    return check
                }
                check.wide += 1
                i += width
            }
            if i >= count { return check }
        }
    }

    /// Bytes of the well-formed sequence of two to four bytes at `p`; 0 when there is none.
    @inline(__always)
    private static func wideWidth(_ p: UnsafePointer<UInt8>, _ available: Int) -> Int {
        let lead = p[0]
        if lead < 0xc2 || lead > 0xf4 { return 0 }
        if lead < 0xe0 { return available >= 2 && p[1] & 0xc0 == 0x80 ? 2 : 0 }
        if lead < 0xf0 {
            guard available >= 3, p[1] & 0xc0 == 0x80, p[2] & 0xc0 == 0x80 else { return 0 }
            if lead == 0xe0, p[1] < 0xa0 { return 0 }
            if lead == 0xed, p[1] > 0x9f { return 0 }
            return 3
        }
        guard available >= 4, p[1] & 0xc0 == 0x80, p[2] & 0xc0 == 0x80, p[3] & 0xc0 == 0x80 else { return 0 }
        if lead == 0xf0, p[1] < 0x90 { return 0 }
        if lead == 0xf4, p[1] > 0x8f { return 0 }
        return 4
    }

    /// Decodes GB 18030 by the C library's iconv. `complete` is false when it stopped at bytes that are not GB 18030; the text
    /// before them is in `text`.
    static func decodeGB18030(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws -> (text: TextBuffer, complete: Bool) {
        let text = TextBuffer(capacity: count + count / 2 + 16)
        let converter = try openConverter(to: "UTF-8", from: "GB18030")
        defer { iconv_close(converter) }
        var input = characters(bytes)
        var inputLeft = count
        while inputLeft > 0 {
            text.reserve(max(64, inputLeft))
            var output = characters(text.base + text.count)
            let room = text.capacity - text.count
            var outputLeft = room
            let result = iconv(converter, &input, &inputLeft, &output, &outputLeft)
            let code = errno
            text.count += room - outputLeft
            if result == -1, code != E2BIG { return (text, false) }
        }
        return (text, true)
    }

    /// What iconv takes: it does not write through its input pointer.
    static func characters(_ pointer: UnsafeRawPointer?) -> UnsafeMutablePointer<CChar>? {
        UnsafeMutableRawPointer(mutating: pointer)?.assumingMemoryBound(to: CChar.self)
    }

    /// A converter of the C library; throws when the system lacks the encoding's module.
    static func openConverter(to target: String, from source: String) throws -> iconv_t {
        guard let converter = iconv_open(target, source), Int(bitPattern: converter) != -1 else {
            throw YinheError(
                .system, "the C library cannot convert \(source) to \(target): \(systemErrorText(errno))",
                remedy: "install the C library's conversion modules (Debian: package libc6), or save the file as UTF-8")
        }
        return converter
    }
}

/// Streaming UTF-16 to UTF-8; a code unit or surrogate pair may straddle two calls.
struct UTF16Decoder {
    let bigEndian: Bool
    private var pendingByte: UInt8?
    private var pendingHigh: UInt32?

    init(bigEndian: Bool) { self.bigEndian = bigEndian }

    /// True when no half of a character is waiting.
    var isComplete: Bool { pendingByte == nil && pendingHigh == nil }

    /// Appends the text of `bytes`; false when a surrogate has no partner (the text before it has been appended).
    mutating func decode(_ bytes: UnsafePointer<UInt8>, _ count: Int, into text: TextBuffer) -> Bool {
        text.reserve(count / 2 * 3 + 8)
        var i = 0
        while i < count {
            guard let first = pendingByte else {
                pendingByte = bytes[i]
                i += 1
                continue
            }
            let unit = bigEndian ? UInt32(first) << 8 | UInt32(bytes[i]) : UInt32(bytes[i]) << 8 | UInt32(first)
            pendingByte = nil
            i += 1
            if let high = pendingHigh {
                guard unit & 0xfc00 == 0xdc00 else { return false }
                pendingHigh = nil
                text.appendReserved(scalar: 0x10000 + (high & 0x3ff) << 10 + (unit & 0x3ff))
            } else if unit & 0xfc00 == 0xd800 {
                pendingHigh = unit
            } else if unit & 0xfc00 == 0xdc00 {
                return false
            } else {
                text.appendReserved(scalar: unit)
            }
        }
        return true
    }
}
