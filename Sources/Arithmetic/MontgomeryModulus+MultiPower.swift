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
        /// For each window of this many bits, the bases with equal digits are multiplied into a bucket, and the buckets are raised
        /// to their digits together by running products (Pippenger, "On the evaluation of powers and monomials", SIAM J. Comput. 9,
        /// 1980).
        case pippenger(window: Int)
        /// The same, four windows at a time on the lanes kernel.
        case pippengerInLanes(window: Int)

        /// Scalar multiplications that the method takes, without the squarings, which all methods share.
        func cost(count: Int, bits: Int) -> Double {
            let n = Double(count), lanesGroup = 1.9  // the time of a group of four, by measurement
            switch self {
            case .straus(let w):
                return n * (w == 1 ? Double(bits) / 2 : Double(1 << (w - 1)) + Double(bits) / Double(w + 1))
            case .pippenger(let w):
                let buckets = Double(1 << w)
                return Double((bits + w - 1) / w) * (n * (1 - 1 / buckets) + 2 * (buckets - 1))
            case .pippengerInLanes(let w):
                let windows = (bits + w - 1) / w, groups = Double((windows + Lanes.count - 1) / Lanes.count)
                return groups * (n + 2 * Double(1 << w)) * lanesGroup + 2.5 * Double(windows)
            }
        }

        static func best(count: Int, bits: Int, kernel: Kernel) -> MultiPowerMethod {
            // Sliding windows above 7 bits and buckets above 4096 outgrow the caches.
            let widths = 1...min(12, max(1, bits))
            let all = (1...7).map(MultiPowerMethod.straus)
                + widths.map(kernel == .lanes ? MultiPowerMethod.pippengerInLanes : MultiPowerMethod.pippenger)
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
        let exponents = PublicExponents(publicExponents, count: count, bits: exponentBits)
        var product = BigInteger.one
        let chunk = 1 << 14  // 8 MiB of lifted bases at 4096 bits
        for from in stride(from: 0, to: count, by: chunk) {
            let part = chunkPower(bases + from * limbs, exponents[from..<min(from + chunk, count)], method)
            product = from == 0 ? part : (product * part).modulo(modulus)
        }
        return product
    }

    /// The method that `multiPower` takes for so many bases.
    package func multiPowerMethod(count: Int, exponentBits: Int) -> MultiPowerMethod {
        .best(count: count, bits: exponentBits, kernel: kernel)
    }

    private func chunkPower(
        _ bases: UnsafePointer<UInt64>, _ exponents: PublicExponents, _ method: MultiPowerMethod?
    ) -> BigInteger {
        let bits = exponents.usedBits, count = exponents.count
        guard bits > 0 else { return .one }
        if bits == 1, method == nil { return selection(bases, exponents) }
        // One power of R takes about `bits` squarings.
        let isLifted = count > bits
        let method = method ?? multiPowerMethod(count: count, exponentBits: bits)
        let result = withUnsafePointer(to: context) { c in
            if case .pippengerInLanes(let window) = method { return pippengerInLanes(c, bases, exponents, bits, window, isLifted) }
            return withScratch(rows: count + 1) { scratch in
                let power = scratch, rows = scratch + limbs
                for i in 0..<count {
                    (isLifted ? mont_lift : mont_enter)(c, rows + i * limbs, bases + i * limbs)
                }
                if case .pippenger(let window) = method {
                    pippenger(c, rows, exponents, bits, window, power)
                } else if case .straus(let window) = method {
                    straus(c, rows, exponents, bits, window, power)
                }
                mont_leave(c, power, power)
                return number(power)
            }
        }
        guard isLifted else { return result }
        var lossBits = liftLossBits
        if let lanes, case .pippengerInLanes = method { lossBits = lanes_lift_loss_bits(lanes.pointer) }
        let correction = publicPower((BigInteger.one << lossBits).modulo(modulus), exponents.sum)
        return (result * correction).modulo(modulus)
    }

    /// The product of the bases whose exponent is 1.
    private func selection(_ bases: UnsafePointer<UInt64>, _ exponents: PublicExponents) -> BigInteger {
        let chosen = (0..<exponents.count).filter { exponents.bit($0, 0) }
        return withScratch(rows: chosen.count) { rows in
            for (i, j) in chosen.enumerated() { (rows + i * limbs).update(from: bases + j * limbs, count: limbs) }
            return product(rows, count: chosen.count)
        }
    }

    private func pippengerInLanes(
        _ c: UnsafePointer<mont_context>, _ bases: UnsafePointer<UInt64>, _ exponents: PublicExponents, _ bits: Int, _ window: Int,
        _ isLifted: Bool
    ) -> BigInteger {
        guard let lanes else { preconditionFailure("not the lanes kernel") }
        let windows = (bits + window - 1) / window, bytes = lanes_lifted_bytes(lanes.pointer, exponents.count)
        return withScratch(rows: windows + 1) { scratch in
            let power = scratch, products = scratch + limbs
            let lifted = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            lanes_lift_rows(lanes.pointer, lifted, bases, exponents.count, isLifted ? 0 : 1)
            lanes_window_products(
                lanes.pointer, products, lifted, exponents.count, exponents.words, exponents.bits, windows, UInt32(window))
            ConstantTime.wipe(UnsafeMutableRawBufferPointer(start: lifted, count: bytes))
            lifted.deallocate()
            mont_enter(c, power, products + (windows - 1) * limbs)
            for w in stride(from: windows - 2, through: 0, by: -1) {
                for _ in 0..<window { mont_context_square(c, power, power) }
                mont_enter(c, products + w * limbs, products + w * limbs)
                mont_context_multiply(c, power, power, products + w * limbs)
            }
            mont_leave(c, power, power)
            return number(power)
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
