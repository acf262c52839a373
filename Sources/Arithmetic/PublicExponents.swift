/// Rows of public exponents and their digits.
struct PublicExponents {
    let words: UnsafePointer<UInt64>
    let count: Int
    let bits: Int
    let stride: Int

    init(_ words: UnsafePointer<UInt64>, count: Int, bits: Int) {
        self.words = words
        self.count = count
        self.bits = bits
        stride = (bits + 63) / 64
    }

    subscript(range: Range<Int>) -> PublicExponents {
        PublicExponents(words + range.lowerBound * stride, count: range.count, bits: bits)
    }

    /// Bits of the largest exponent.
    var usedBits: Int {
        var or = [UInt64](repeating: 0, count: stride)
        for i in 0..<count { for j in 0..<stride { or[j] |= words[i * stride + j] } }
        guard let top = or.lastIndex(where: { $0 != 0 }) else { return 0 }
        return 64 * top + 64 - or[top].leadingZeroBitCount
    }

    var sum: BigInteger {
        var total = [UInt64](repeating: 0, count: stride + 1)
        for i in 0..<count {
            var carry = false
            for j in 0..<stride {
                let (s, c1) = total[j].addingReportingOverflow(words[i * stride + j])
                let (t, c2) = s.addingReportingOverflow(carry ? 1 : 0)
                total[j] = t
                carry = c1 || c2
            }
            if carry { total[stride] += 1 }
        }
        return BigInteger(limbs: total)
    }

    /// Bits [at, at + width) of exponent i; width <= 62.
    func digit(_ i: Int, at: Int, width: Int) -> Int {
        let row = words + i * stride, word = at / 64, shift = at % 64
        var value = row[word] >> UInt64(shift)
        if shift + width > 64, word + 1 < stride { value |= row[word + 1] << UInt64(64 - shift) }
        return Int(value & ((1 << UInt64(width)) - 1))
    }

    func bit(_ i: Int, _ at: Int) -> Bool { words[i * stride + at / 64] >> UInt64(at % 64) & 1 == 1 }

    /// For each bit of the ladder, which entries of a table of odd powers are multiplied in there: entry i * 2^(window-1) + k holds
    /// base_i^(2k+1), i counted from the start of `range`.
    func slidingWindows(_ range: Range<Int>, bits: Int, window: Int) -> [[Int32]] {
        var schedule = [[Int32]](repeating: [], count: bits)
        for i in range {
            var at = bits
            while at > 0 {
                guard bit(i, at - 1) else {
                    at -= 1
                    continue
                }
                var low = max(0, at - window)
                while !bit(i, low) { low += 1 }
                let value = digit(i, at: low, width: at - low)
                schedule[low].append(Int32((i - range.lowerBound) << (window - 1) + value >> 1))
                at = low
            }
        }
        return schedule
    }
}
