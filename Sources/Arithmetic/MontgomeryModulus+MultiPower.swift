import CKernels
import SandboxCore

// Simultaneous exponentiation: the product of bases[i]^exponents[i].
//
// Many bases are not brought into Montgomery's representation one by one: lifted as they are, each stands for x / R^k (k = 1 or 2),
// the result for product / R^(k * sum of the exponents), and one power of R corrects it.
extension MontgomeryModulus {
    package enum MultiPowerMethod: Equatable, Sendable {
        /// Interleaved sliding windows of this many bits, the squarings shared by all bases (Straus, "Addition chains of vectors",
        /// Amer. Math. Monthly 71, 1964; Moller, "Algorithms for multi-exponentiation", SAC 2001).
        case straus(window: Int)
        /// For each window of this many bits, the bases with equal digits are multiplied into a bucket, and the buckets are raised to
        /// their digits together by running products (Pippenger, "On the evaluation of powers and monomials", 1980; in this form:
        /// Bernstein, Doumen, Lange, Oosterwijk, "Faster batch forgery identification", INDOCRYPT 2012, section 4).
        case pippenger(window: Int)

        /// Multiplications that the method takes, without the squarings, which all methods share.
        func cost(count: Int, bits: Int) -> Double {
            let n = Double(count)
            switch self {
            case .straus(let w):
                let table = w == 1 ? 0 : Double(1 << (w - 1))
                return n * (table + (w == 1 ? Double(bits) / 2 : Double(bits) / Double(w + 1)))
            case .pippenger(let w):
                let buckets = Double(1 << w)
                return Double((bits + w - 1) / w) * (n * (1 - 1 / buckets) + 2 * (buckets - 1))
            }
        }

        package static func best(count: Int, bits: Int) -> MultiPowerMethod {
            let all = (1...7).map(MultiPowerMethod.straus) + (1...min(16, max(1, bits))).map(MultiPowerMethod.pippenger)
            return all.min { $0.cost(count: count, bits: bits) < $1.cost(count: count, bits: bits) }!
        }
    }

    /// The product of bases[i]^publicExponents[i], an exponent being ceil(exponentBits / 64) words. Variable time.
    /// `method`: nil for the one that takes the fewest multiplications.
    package func multiPower(
        _ bases: UnsafePointer<UInt64>, count: Int, publicExponents: UnsafePointer<UInt64>, exponentBits: Int,
        method: MultiPowerMethod? = nil
    ) -> BigInteger {
        precondition(exponentBits > 0)
        let stride = (exponentBits + 63) / 64, chunk = 1 << 14  // 8 MiB of lifted bases at 4096 bits
        var product = BigInteger.one
        for from in Swift.stride(from: 0, to: count, by: chunk) {
            let part = chunkPower(
                bases + from * limbs,
                PublicExponents(publicExponents + from * stride, count: min(chunk, count - from), bits: exponentBits), method)
            product = from == 0 ? part : (product * part).modulo(modulus)
        }
        return product
    }

    private func chunkPower(_ bases: UnsafePointer<UInt64>, _ exponents: PublicExponents, _ method: MultiPowerMethod?) -> BigInteger {
        let bits = exponents.usedBits, count = exponents.count
        guard bits > 0 else { return .one }
        // One power of R takes about `bits` squarings.
        let isLifted = count > bits
        let result = withUnsafePointer(to: context) { c in
            withScratch(rows: count + 1) { scratch in
                let power = scratch, rows = scratch + limbs
                for i in 0..<count {
                    (isLifted ? mont_lift : mont_enter)(c, rows + i * limbs, bases + i * limbs)
                }
                switch method ?? .best(count: count, bits: bits) {
                case .straus(let window): straus(c, rows, exponents, bits, window, power)
                case .pippenger(let window): pippenger(c, rows, exponents, bits, window, power)
                }
                mont_leave(c, power, power)
                return number(power)
            }
        }
        guard isLifted else { return result }
        let loss = exponents.sum * BigInteger(internalLoss), words = loss.limbs()
        return withScratch(rows: 1) { correction in
            internalR.copyLimbs(to: correction, count: limbs)
            powers(correction, count: 1, publicExponents: words, exponentBits: loss.bitWidth, into: correction)
            return (result * number(correction)).modulo(modulus)
        }
    }

    private typealias Row = UnsafeMutablePointer<UInt64>

    private func straus(
        _ c: UnsafePointer<mont_context>, _ bases: Row, _ exponents: PublicExponents, _ bits: Int, _ window: Int, _ power: Row
    ) {
        // Groups whose tables fill 16 MiB at most; the squarings are shared within a group.
        let odd = 1 << (window - 1)
        let group = max(1, min(exponents.count, (16 << 20) / (odd * limbs * 8)))
        withScratch(rows: group * odd + 2) { scratch in
            let square = scratch, part = scratch + limbs, table = scratch + 2 * limbs
            var isFirst = true
            for from in stride(from: 0, to: exponents.count, by: group) {
                let count = min(group, exponents.count - from)
                for i in 0..<count {
                    let row = table + i * odd * limbs
                    row.update(from: bases + (from + i) * limbs, count: limbs)
                    guard odd > 1 else { continue }
                    mont_context_square(c, square, row)
                    for k in 1..<odd { mont_context_multiply(c, row + k * limbs, row + (k - 1) * limbs, square) }
                }
                let target = isFirst ? power : part
                let schedule = exponents.slidingWindows(from..<from + count, bits: bits, window: window)
                var started = false
                for k in stride(from: bits - 1, through: 0, by: -1) {
                    if started { mont_context_square(c, target, target) }
                    for entry in schedule[k] {
                        let factor = table + Int(entry) * limbs
                        if started {
                            mont_context_multiply(c, target, target, factor)
                        } else {
                            target.update(from: factor, count: limbs)
                            started = true
                        }
                    }
                }
                if !started { target.update(from: c.pointee.one, count: limbs) }
                if !isFirst { mont_context_multiply(c, power, power, part) }
                isFirst = false
            }
        }
    }

    private func pippenger(
        _ c: UnsafePointer<mont_context>, _ bases: Row, _ exponents: PublicExponents, _ bits: Int, _ window: Int, _ power: Row
    ) {
        let buckets = 1 << window
        withScratch(rows: buckets) { scratch in
            var filled = [Bool](repeating: false, count: buckets), started = false
            for at in stride(from: (bits - 1) / window * window, through: 0, by: -window) {
                if started { for _ in 0..<window { mont_context_square(c, power, power) } }
                for b in filled.indices { filled[b] = false }
                for i in 0..<exponents.count {
                    let digit = exponents.digit(i, at: at, width: window)
                    if digit == 0 { continue }
                    let bucket = scratch + digit * limbs, base = bases + i * limbs
                    if filled[digit] {
                        mont_context_multiply(c, bucket, bucket, base)
                    } else {
                        bucket.update(from: base, count: limbs)
                        filled[digit] = true
                    }
                }
                // The product of bucket[d]^d: the running product from the highest bucket down, multiplied in at every step.
                let running = scratch  // bucket 0 is not used otherwise
                var isRunning = false
                for digit in stride(from: buckets - 1, to: 0, by: -1) {
                    if filled[digit] {
                        let bucket = scratch + digit * limbs
                        if isRunning {
                            mont_context_multiply(c, running, running, bucket)
                        } else {
                            running.update(from: bucket, count: limbs)
                            isRunning = true
                        }
                    }
                    guard isRunning else { continue }
                    if started {
                        mont_context_multiply(c, power, power, running)
                    } else {
                        power.update(from: running, count: limbs)
                        started = true
                    }
                }
            }
        }
    }
}

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

    /// For each bit of the ladder, which entries of a table of odd powers (entry i * 2^(window-1) + k holds base_i^(2k+1), i counted
    /// from the start of `range`) are multiplied in there.
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
