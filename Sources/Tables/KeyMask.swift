/// A key shown so that it can be recognised in its file and not used elsewhere.
enum KeyMask {
    private static let longest = 64

    /// The first and the last characters of `key` (at most three and two, a quarter and an eighth of it); of the others only the
    /// kind: # a digit, @ a letter, * anything else. Spaces, hyphens and points stay.
    static func masked(_ key: String) -> String {
        let characters = Array(key.unicodeScalars.prefix(longest))
        let head = min(3, characters.count / 4)
        let tail = min(2, characters.count / 8)
        var out = String.UnicodeScalarView()
        for (i, scalar) in characters.enumerated() {
            let isShown = i < head || i >= characters.count - tail
            out.append(isShown ? shown(scalar) : kind(scalar))
        }
        return String(out) + (key.unicodeScalars.count > longest ? "…" : "")
    }

    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar { scalar.value < 0x20 ? "*" : scalar }

    private static func kind(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "0"..."9", "０"..."９": "#"
        case "A"..."Z", "a"..."z", "Ａ"..."Ｚ", "ａ"..."ｚ": "@"
        case " ", "-", ".", "·", "/", "+": scalar
        default: "*"
        }
    }
}
