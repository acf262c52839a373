import Arithmetic
import SandboxCore

extension SlotRangeProof {
    /// - Parameters:
    ///   - openings: of the ciphertexts, in order, all made by the same encryptor.
    ///   - context: what binds the proof to its use: contract, contributor, purpose; the verifier states the same.
    ///
    /// Throws `.range` when a slot is outside its range: such a thing cannot be proven. `.badInput` for openings that do not fit.
    public static func prove(
        _ ciphertexts: [PaillierCiphertext], openings: [PaillierOpening], ranges: SlotRanges, key: PaillierPublicKey,
        context: [UInt8], threads: Int = 1, progress: ProgressMonitor? = nil
    ) throws -> SlotRangeProof {
        try prove(
            ciphertexts, openings: openings, ranges: ranges, key: key, context: context, threads: threads, progress: progress,
            random: SystemRandom.shared)
    }

    /// `cheatingDigits`: for tests of what a cheater can do; the range checks are skipped and it may change the digits of each slot.
    package static func prove(
        _ ciphertexts: [PaillierCiphertext], openings: [PaillierOpening], ranges: SlotRanges, key: PaillierPublicKey,
        context: [UInt8], threads: Int = 1, progress: ProgressMonitor? = nil, random: some RandomSource,
        cheatingDigits: ((_ row: Int, _ slot: Int, _ digits: [UInt64]) -> [UInt64])? = nil
    ) throws -> SlotRangeProof {
        guard ciphertexts.count == ranges.rows.count, ciphertexts.count == openings.count else {
            throw YinheError(.badInput, "no proof can be made: \(ranges.rows.count) rows for \(ciphertexts.count) ciphertexts")
        }
        let counter = ProgressCounter("prove slot ranges", total: ciphertexts.count, progress)
        return SlotRangeProof(parts: try SlotCircuit.parts(ranges).map { rows in
            defer { counter.add(rows.count) }
            return try prove(
                rows, ciphertexts, openings, ranges, key, context, threads, random, cheatingDigits)
        })
    }

    private static func prove(
        _ rows: Range<Int>, _ ciphertexts: [PaillierCiphertext], _ openings: [PaillierOpening], _ ranges: SlotRanges,
        _ key: PaillierPublicKey, _ context: [UInt8], _ threads: Int, _ random: some RandomSource,
        _ cheatingDigits: ((Int, Int, [UInt64]) -> [UInt64])?
    ) throws -> Part {
        typealias Scalar = Ristretto255.Scalar
        let circuit = SlotCircuit(ranges.part(rows)), n = circuit.length, (g, h) = RangeGenerators.vectors(n)
        let witness = try RandomnessWitness(Array(openings[rows]), count: rows.count, key)
        let isHonest = cheatingDigits == nil

        // Digits and multiplicities.
        var left: [Scalar] = [], slotValues = [[UInt64]](), counts = SlotDigits.tables.map { [UInt64](repeating: 0, count: $0) }
        left.reserveCapacity(n)
        var entry = 0
        for (k, row) in circuit.ranges.rows.enumerated() {
            let values = try slotContents(openings[rows.lowerBound + k].plaintext, row, circuit.ranges.slotBits, rows.lowerBound + k, isHonest)
            slotValues.append(values)
            for (j, value) in values.enumerated() {
                let first = entry
                while entry < circuit.entries.count, circuit.entries[entry].row == k, circuit.entries[entry].slot == j { entry += 1 }
                let places = circuit.entries[first..<entry]
                var digits = SlotDigits.split(min(value, places.reduce(0) { $0 + UInt64(SlotDigits.tables[$1.table] - 1) * $1.weight }), places)
                if let cheatingDigits { digits = cheatingDigits(rows.lowerBound + k, j, digits) }
                for (digit, place) in zip(digits, places) {
                    left.append(Scalar(digit))
                    // All entries are visited: which one is counted is secret.
                    for t in counts[place.table].indices { counts[place.table][t] += ((digit ^ UInt64(t)) &- 1) >> 63 }
                }
            }
        }
        for (t, start) in circuit.tableStart.enumerated() where start != nil { left += counts[t].map { Scalar($0) } }
        let masks = (0..<ProofParameters.repetitions * circuit.slots).map { _ in BigInteger.random(bits: circuit.maskBits, from: random) }
        left += masks.map { Scalar($0) }
        left += [Scalar](repeating: .zero, count: n - left.count)

        // A1 and the ciphertexts of the masks; weights; masked sums.
        let alpha1 = Scalar.random(from: random), bound = circuit.maskStart
        let short = Ristretto255.sum(secret: Array(left[..<bound]), of: g[..<bound], bits: isHonest ? 20 : 253, threads: threads)
        let long = Ristretto255.sum(secret: Array(left[bound...]), of: g[bound...], bits: circuit.maskBits, threads: threads)
        func blind(_ point: Ristretto255.Element, _ by: Scalar) -> Ristretto255.Element {
            Ristretto255.add(point, Ristretto255.multiply(RangeGenerators.blinding, by: by.bytes))
        }
        let values = Ristretto255.encode(blind(Ristretto255.add(short, long), alpha1))
        let randomMasks = (0..<ProofParameters.repetitions).map { _ in witness.mask(from: random) }
        let commitments = try Parallel.map(ProofParameters.repetitions, threads: threads) { r in
            let packed = circuit.pack(masks[r * circuit.slots..<(r + 1) * circuit.slots])
            return (key.powerOfGenerator(packed) * witness.secretPower(randomMasks[r])).modulo(key.nSquared)
        }
        var transcript = SlotRangeTranscript(
            circuit, firstRow: rows.lowerBound, totalRows: ranges.rows.count, ciphertexts: ciphertexts[rows],
            isExponent: witness.isExponent, key, context)
        let challenge = transcript.weights(values: values, commitments: commitments)
        let weights = SlotRangeTranscript.expand(challenge, rows: rows.count)
        var sums = masks
        for (r, row) in weights.enumerated() {
            for j in 0..<circuit.slots {
                var sum = UInt128(0)
                for (k, values) in slotValues.enumerated() where j < values.count { sum += UInt128(values[j]) * UInt128(row[k]) }
                sums[r * circuit.slots + j] = sums[r * circuit.slots + j] + BigInteger(sum)
            }
        }
        let randomness = try witness.responses(randomMasks, weights)
        let alpha = transcript.alpha(sums: sums, randomness: randomness, isExponent: witness.isExponent)

        // A2 and S.
        let count = circuit.entries.count
        let reciprocals = Scalar.inverses(left[..<count].map { alpha + $0 })
        let alpha2 = Scalar.random(from: random), rhoS = Scalar.random(from: random)
        let sL = (0..<n).map { _ in Scalar.random(from: random) }, sR = (0..<n).map { _ in Scalar.random(from: random) }
        let a2 = Ristretto255.encode(blind(Ristretto255.sum(secret: reciprocals, of: h[..<count], threads: threads), alpha2))
        let s = Ristretto255.encode(blind(Ristretto255.add(
            Ristretto255.sum(secret: sL, of: g[...], threads: threads), Ristretto255.sum(secret: sR, of: h[...], threads: threads)), rhoS))
        let c = transcript.combination(reciprocals: a2, blinding: s)
        guard let p = SlotRangePublic(
            circuit, alpha: alpha, weights: weights, sums: sums, gamma: c.gamma, y: c.y, z: c.z, rho: c.rho)
        else { preconditionFailure("a challenge of probability 2^-244") }

        // l, r and their product.
        var l = left, r = [Scalar](repeating: .zero, count: n), rX = r
        var t1 = Scalar.zero, t2 = Scalar.zero
        for i in 0..<n {
            l[i] = left[i] + p.u[i]
            r[i] = (i < count ? p.y[i] * c.gamma * reciprocals[i] : .zero) + p.w[i]
            rX[i] = p.y[i] * sR[i]
            t1 = t1 + l[i] * rX[i] + sL[i] * r[i]
            t2 = t2 + sL[i] * rX[i]
        }
        let tau1 = Scalar.random(from: random), tau2 = Scalar.random(from: random)
        func pedersen(_ value: Scalar, _ by: Scalar) -> [UInt8] {
            Ristretto255.encode(blind(Ristretto255.multiply(Ristretto255.Multiples.ofGenerator, by: value.bytes), by))
        }
        let bigT1 = pedersen(t1, tau1), bigT2 = pedersen(t2, tau2)
        let x = transcript.x(t1: bigT1, t2: bigT2)
        var t = Scalar.zero
        for i in 0..<n {
            l[i] = l[i] + sL[i] * x
            r[i] = r[i] + rX[i] * x
            t = t + l[i] * r[i]
        }
        let tBlinding = tau1 * x + tau2 * x * x, blindingSum = alpha1 + c.gamma * alpha2 + x * rhoS
        let q = transcript.q(t: t, tBlinding: tBlinding, blindingSum: blindingSum)
        let product = InnerProductArgument.prove(
            l, r, scale: p.yInverse, q: Ristretto255.multiply(RangeGenerators.base, by: q.bytes), &transcript.transcript, threads: threads)
        return Part(
            isExponent: witness.isExponent, values: values, challenge: challenge, sums: sums, randomness: randomness, reciprocals: a2,
            blinding: s, t1: bigT1, t2: bigT2, t: t, tBlinding: tBlinding, blindingSum: blindingSum, product: product)
    }

    /// The slots less their lower bounds. Throws when a plaintext has left its slots or a value its range.
    private static func slotContents(
        _ plaintext: BigInteger, _ row: [ClosedRange<UInt64>], _ slotBits: Int, _ number: Int, _ checks: Bool
    ) throws -> [UInt64] {
        let words = plaintext.limbs(count: max((plaintext.bitWidth + 63) / 64, row.count * slotBits / 64 + 1) + 3)
        func refuse(_ what: String) -> YinheError {
            YinheError(.range, "row \(number + 1): \(what), which no proof can show", remedy: "clamp the values, or declare a wider range")
        }
        guard !checks || plaintext.bitWidth <= row.count * slotBits else { throw refuse("bits beyond the last slot") }
        return try row.enumerated().map { j, range in
            let at = j * slotBits, word = at / 64, bit = UInt128(at % 64)
            let low = UInt128(words[word + 1]) << 64 | UInt128(words[word])
            let full = low >> bit | UInt128(words[word + 2]) << (128 - bit)
            let content = slotBits == 128 ? full : full & (UInt128(1) << UInt128(slotBits) - 1)
            guard !checks || content >= UInt128(range.lowerBound) && content <= UInt128(range.upperBound) else {
                throw refuse("slot \(j + 1) is outside its range")
            }
            return UInt64(truncatingIfNeeded: content &- UInt128(range.lowerBound))
        }
    }
}

extension SlotDigits {
    static func split(_ value: UInt64, _ places: ArraySlice<SlotCircuit.Entry>) -> [UInt64] {
        SlotDigits(digits: places.map { Digit(weight: $0.weight, table: $0.table) }).digits(of: value)
    }

    private init(digits: [Digit]) { self.digits = digits }
}

extension SlotCircuit {
    /// The sum of values[j] * 2^(slotBits j) over the integers.
    func pack(_ values: some Collection<BigInteger>) -> BigInteger {
        values.reversed().reduce(.zero) { ($0 << ranges.slotBits) + $1 }
    }
}
