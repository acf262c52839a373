import SandboxCore

extension TwoPartyComputation {
    /// floor(x / divisor) for a public divisor, exact. The rounds of one exact shift.
    ///
    /// floor(x m / 2^s) with m = ceil(2^s / divisor) and 2^s >= divisor * 2^k is the quotient of every 0 <= x < 2^k
    /// (T. Granlund, P. L. Montgomery, "Division by invariant integers using multiplication", PLDI 1994, theorem 4.2). Needs a ring of
    /// 2 k + 3 bits.
    public func divide<E: RingElement>(_ x: SharedVector<E>, by divisor: Int128) async throws -> SharedVector<E> {
        require(x)
        guard divisor > 0 else { throw YinheError(.badInput, "a division by \(divisor)", remedy: "divide by a positive number") }
        func quotient(_ value: Int128) -> Int128 {
            let (q, r) = value.quotientAndRemainder(dividingBy: divisor)
            return r < 0 ? q - 1 : q
        }
        let bounds = try DeclaredBounds(quotient(x.bounds.lower), quotient(x.bounds.upper))
        // Whole multiples of the divisor make every value non-negative.
        let shift = x.bounds.lower < 0 ? -quotient(x.bounds.lower) : 0
        let (offset, tooLarge) = shift.multipliedReportingOverflow(by: divisor)
        guard !tooLarge else { throw divisionTooWide(x.bounds, E.self) }
        let positive = try x.adding(offset)
        let k = max(positive.bounds.magnitudeBits, 1)
        let s = k + 128 - (divisor - 1).leadingZeroBitCount
        guard s <= 125, s + 2 <= 8 * E.ring.bytes else { throw divisionTooWide(x.bounds, E.self) }
        let multiplier = ((Int128(1) << Int128(s)) - 1) / divisor + 1
        let product: SharedVector<E>
        do { product = try positive.scaled(by: multiplier) } catch { throw divisionTooWide(x.bounds, E.self) }
        return try await shiftedRight(product, by: s).adding(-shift).declared(bounds)
    }

    private func divisionTooWide<E: RingElement>(_ bounds: DeclaredBounds, _: E.Type) -> YinheError {
        YinheError(
            .range, "a division of values in \(bounds) does not fit the ring \(E.ring.rawValue)",
            remedy: E.ring == .z64 ? "use z2^128, or declare tighter bounds" : "declare tighter bounds")
    }

    /// floor(x / y) for a shared divisor y whose lower bound is at least 1, exact.
    ///
    /// y is scaled to 1/2 <= d < 1 by the power of two that its highest bit names; Newton's iteration w (2 - d w) from 2.9142 - 2 d
    /// (relative error 0.0858, squared by each step; M. Ercegovac, T. Lang, "Digital arithmetic", chapter 7, and O. Catrina,
    /// A. Saxena, FC 2010, section 3.4) gives 1 / d; the quotient that follows is off by at most one, which a last comparison
    /// of the remainder puts right. The ring needs 2 max(k, l) + 17 bits for k bits in x and l in y. About 24 + 2 log2 l +
    /// log2 k rounds and 6 for each step.
    public func divide<E: RingElement>(_ x: SharedVector<E>, by y: SharedVector<E>) async throws -> SharedVector<E> {
        try requireLike(x, y)
        guard y.bounds.lower >= 1 else {
            throw YinheError(
                .range, "a division by values in \(y.bounds), which may be 0 or negative",
                remedy: "divide by values with a lower bound of at least 1, such as maximum(count, 1)")
        }
        if x.bounds.lower < 0 {
            // x + y K is never negative, and its quotient is K more.
            let shift = (-x.bounds.lower + y.bounds.lower - 1) / y.bounds.lower
            return try await divide(try x + y.scaled(by: shift), by: y).adding(-shift)
        }
        let xBits = max(x.bounds.magnitudeBits, 1), yBits = max(y.bounds.magnitudeBits, 1)
        let fraction = max(xBits, yBits) + 6
        guard 2 * fraction + 3 <= 8 * E.ring.bytes - 2 else { throw divisionTooWide(x.bounds, E.self) }
        let quotients = try DeclaredBounds(0, x.bounds.upper / y.bounds.lower)
        guard x.count > 0 else { return try x.declared(quotients) }

        let reciprocal = try await reciprocal(of: y, bits: yBits, fraction: fraction)
        let top = min(x.bounds.upper / y.bounds.lower + 1, Int128.max - 1)
        let guess = try await shiftedRightNearly(multiply(x, reciprocal), by: fraction).declared(DeclaredBounds(-2, top))
        // The remainder of the guess lies in -2 y ..< 3 y.
        let reach = try y.bounds.scaled(by: 3)
        let product = try await multiply(guess, y)
        let remainder = try (x - product.declared(DeclaredBounds(-reach.upper, x.bounds.upper + reach.upper)))
            .declared(DeclaredBounds(-reach.upper, reach.upper))
        // remainder < -y, remainder < 0, remainder < y, remainder < 2 y, all at once.
        let tests = try SharedVector.joined([remainder + y, remainder, remainder - y, remainder - y.scaled(by: 2)])
        let below: SharedVector<E> = try await arithmetic(isNegative(tests))
        let n = x.count
        let steps = try below[0..<n] + below[n..<2 * n] + below[2 * n..<3 * n] + below[3 * n..<4 * n]
        return try (guess.adding(2) - steps).declared(quotients)
    }

    /// About 2^fraction / y, off by at most 2^-4 of 2^fraction / 2^bits of y's own scale; see `divide`.
    private func reciprocal<E: RingElement>(of y: SharedVector<E>, bits: Int, fraction: Int) async throws -> SharedVector<E> {
        let scale: SharedVector<E> = try await normaliser(of: y, bits: bits)
        let one = Int128(1) << Int128(fraction)
        // d = y * scale / 2^bits in 1/2 ..< 1, as a fixed-point number.
        let d = try await multiply(y, scale).declared(DeclaredBounds(1 << Int128(bits - 1), (1 << Int128(bits)) - 1))
            .scaled(by: 1 << Int128(fraction - bits))
        // 2.9142 at this scale, in integers.
        let start = Int128(29142) * one / 10000
        // 1 <= w <= 2 up to the errors of the start.
        let range = try DeclaredBounds(one / 2, 2 * one + one / 4)
        var w = try d.scaled(by: -2).adding(start).declared(range)
        var correctBits = 3.5
        while correctBits < Double(fraction) + 1 {
            let dw = try await shiftedRightNearly(multiply(d, w), by: fraction)
            let correction = try dw.scaled(by: -1).adding(2 * one).declared(DeclaredBounds(one / 2, 2 * one))
            w = try await shiftedRightNearly(multiply(w, correction), by: fraction).declared(range)
            correctBits *= 2
        }
        // 1 / y = w scale / 2^bits.
        return try await shiftedRightNearly(multiply(w, scale), by: bits).declared(DeclaredBounds(-1, one + 8))
    }

    /// 2^(bits - 1 - j) for the highest set bit j of each value, which must be at least 1.
    private func normaliser<E: RingElement>(of y: SharedVector<E>, bits: Int) async throws -> SharedVector<E> {
        if bits == 1 { return try constant([E.Signed](repeating: 1, count: y.count)) }
        let planes = try await self.bits(of: y, width: bits)
        // suffix[j]: whether some bit at j or above is set; in log2 steps.
        var suffix = planes
        var span = 1
        while span < bits {
            let reach = bits - span
            let low = SharedBits.joined(Array(suffix[0..<reach])), high = SharedBits.joined(Array(suffix[span..<bits]))
            let joined = try await or(low, high)
            for j in 0..<reach { suffix[j] = joined[j * y.count..<(j + 1) * y.count] }
            span *= 2
        }
        // One hot, highest bit first.
        let hot = try (0..<bits).reversed().map { j in j == bits - 1 ? suffix[j] : try suffix[j] ^ suffix[j + 1] }
        let sum: SharedVector<E> = try await composed(hot)
        return try sum.declared(DeclaredBounds(1, 1 << Int128(bits - 1)))
    }
}
