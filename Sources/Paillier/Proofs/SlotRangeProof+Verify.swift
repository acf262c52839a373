import Arithmetic
import SandboxCore

extension SlotRangeProof {
    /// Throws `.peerMisbehaved` that says what does not hold.
    public func verify(
        _ ciphertexts: [PaillierCiphertext], ranges: SlotRanges, key: PaillierPublicKey, context: [UInt8], threads: Int = 1,
        progress: ProgressMonitor? = nil
    ) throws {
        guard ciphertexts.count == ranges.rows.count else {
            throw Self.partKind.failure("\(ranges.rows.count) rows are declared, there are \(ciphertexts.count) ciphertexts")
        }
        let rows = SlotCircuit.parts(ranges)
        guard rows.count == parts.count else { throw Self.partKind.failure("it has \(parts.count) parts, \(rows.count) expected") }
        guard ranges.rows.allSatisfy({ $0.count * ranges.slotBits < key.bits }) else {
            throw Self.partKind.failure("the declared slots do not fit a plaintext of this key")
        }
        try ProofParameters.checkSmallFactors(key, Self.partKind)
        let counter = ProgressCounter("verify slot ranges", total: ciphertexts.count, progress)
        for (part, rows) in zip(parts, rows) {
            try part.verify(
                SlotCircuit(ranges.part(rows)), firstRow: rows.lowerBound, totalRows: ranges.rows.count, ciphertexts[rows], key, context,
                threads)
            counter.add(rows.count)
        }
    }
}

extension SlotRangeProof.Part {
    fileprivate func verify(
        _ circuit: SlotCircuit, firstRow: Int, totalRows: Int, _ ciphertexts: ArraySlice<PaillierCiphertext>, _ key: PaillierPublicKey,
        _ context: [UInt8], _ threads: Int
    ) throws {
        let kind = SlotRangeProof.partKind, n = circuit.length, count = ciphertexts.count
        let place = "rows \(firstRow + 1) to \(firstRow + count)"
        func fail(_ reason: String) -> YinheError { kind.failure("\(place): \(reason)") }
        guard sums.count == ProofParameters.repetitions * circuit.slots, randomness.count == ProofParameters.repetitions,
            1 << product.left.count == n, product.right.count == product.left.count,
            sums.allSatisfy({ $0.bitWidth <= circuit.maskBits + 1 }),
            randomness.allSatisfy({
                $0.bitWidth <= 8 * RandomnessWitness.responseBytes(isExponent: isExponent, count: count, key)
            })
        else { throw fail("it is for other ranges") }

        // The masked sums under encryption.
        let weights = SlotRangeTranscript.expand(challenge, rows: count)
        let products = try WeightedProducts.of(ciphertexts.map(\.value), weights: weights, modulo: key.nSquared, threads: threads)
        let powers = try RandomnessWitness.publicPowers(randomness, isExponent: isExponent, key, kind, threads: threads)
        let lower = circuit.ranges.rows.map { row in circuit.pack(row.map { BigInteger($0.lowerBound) }) }
        let commitments = try products.indices.map { r in
            guard let inverse = products[r].inverse(modulo: key.nSquared) else { throw fail("a ciphertext is not a unit") }
            let packed = circuit.pack(sums[r * circuit.slots..<(r + 1) * circuit.slots]) + WeightedProducts.sum(lower, weights[r])
            return (key.powerOfGenerator(packed) * (powers[r] * inverse).modulo(key.nSquared)).modulo(key.nSquared)
        }
        var transcript = SlotRangeTranscript(
            circuit, firstRow: firstRow, totalRows: totalRows, ciphertexts: ciphertexts, isExponent: isExponent, key, context)
        guard transcript.weights(values: values, commitments: commitments) == challenge else {
            throw fail("the masked sums are not those of the ciphertexts")
        }

        // The same sums and the ranges under the commitments: one sum of multiples that must be the identity.
        let alpha = transcript.alpha(sums: sums, randomness: randomness, isExponent: isExponent)
        let c = transcript.combination(reciprocals: reciprocals, blinding: blinding)
        guard let p = SlotRangePublic(
            circuit, alpha: alpha, weights: weights, sums: sums, gamma: c.gamma, y: c.y, z: c.z, rho: c.rho)
        else { throw fail("a challenge cannot be used") }
        let x = transcript.x(t1: t1, t2: t2)
        let q = transcript.q(t: t, tBlinding: tBlinding, blindingSum: blindingSum)
        let (u, s) = product.coefficients(&transcript.transcript)
        var points: [Ristretto255.Element] = []
        for bytes in [values, reciprocals, blinding, t1, t2] + product.left + product.right {
            guard let point = Ristretto255.decode(bytes) else { throw fail("a group element is not valid") }
            points.append(point)
        }
        // First equation: A1 + gamma A2 + x S - mu h + <u, G> + <w, H'> + t q B + sum of u^2 L + u^-2 R = a <s, G> + b <1/s, H'> + a b q B.
        // Second: t B + tau h = delta B + x T1 + x^2 T2; times a random factor of the verifier's.
        let factor = Scalar.random(from: SystemRandom.shared), inverses = Scalar.inverses(u)
        var scalars: [Scalar] = [.one, c.gamma, x, -(factor * x), -(factor * x * x)]
        scalars += u.map { $0 * $0 }
        scalars += inverses.map { $0 * $0 }
        points += [RangeGenerators.base, RangeGenerators.blinding]
        scalars.append(q * (t - product.a * product.b) + factor * (t - p.delta))
        scalars.append(factor * tBlinding - blindingSum)
        let (g, h) = RangeGenerators.vectors(n), sInverse = s.reversed() as [Scalar]
        points += g
        points += h
        for i in 0..<n { scalars.append(p.u[i] - product.a * s[i]) }
        for i in 0..<n { scalars.append(p.yInverse[i] * (p.w[i] - product.b * sInverse[i])) }
        let sum = Ristretto255.sum(variableTime: scalars, of: points, threads: threads)
        guard Ristretto255.encode(sum) == [UInt8](repeating: 0, count: 32) else {
            throw fail("some slot is outside its range, or not what its ciphertext holds")
        }
    }
}

// MARK: Coding

extension SlotRangeProof {
    /// Specification, "Bytes".
    public func encoded(for key: PaillierPublicKey, ranges: SlotRanges) -> [UInt8] {
        var writer = ProofWriter(.slotRange)
        writer.write(UInt32(parts.count))
        for (part, rows) in zip(parts, SlotCircuit.parts(ranges)) {
            let circuit = SlotCircuit(ranges.part(rows))
            writer.write(UInt8(part.isExponent ? 1 : 0))
            writer.write(raw: part.values + part.challenge)
            writer.write(part.sums, width: circuit.responseBytes)
            writer.write(
                part.randomness, width: RandomnessWitness.responseBytes(isExponent: part.isExponent, count: rows.count, key))
            writer.write(raw: part.reciprocals + part.blinding + part.t1 + part.t2)
            writer.write(raw: part.t.bytes + part.tBlinding.bytes + part.blindingSum.bytes)
            for (l, r) in zip(part.product.left, part.product.right) { writer.write(raw: l + r) }
            writer.write(raw: part.product.a.bytes + part.product.b.bytes)
        }
        return writer.bytes
    }

    /// Reads a proof about `ranges` under `key`; throws `.peerMisbehaved` for bytes that are not one.
    public init(encoded bytes: [UInt8], for key: PaillierPublicKey, ranges: SlotRanges) throws {
        var reader = try ProofReader(bytes, .slotRange)
        let rows = SlotCircuit.parts(ranges)
        guard try reader.read(UInt32.self) == UInt32(rows.count) else { throw reader.malformed("its number of parts does not fit") }
        parts = try rows.map { rows in
            let circuit = SlotCircuit(ranges.part(rows))
            func scalar() throws -> Ristretto255.Scalar {
                guard let scalar = Ristretto255.Scalar(canonical: try reader.readRaw(32)) else { throw reader.malformed("a scalar is too large") }
                return scalar
            }
            let isExponent = try RandomnessWitness.readForm(&reader, key)
            let values = try reader.readRaw(32), challenge = try reader.readRaw(32)
            let sums = try reader.readNumbers(
                ProofParameters.repetitions * circuit.slots, width: circuit.responseBytes, below: .one << (circuit.maskBits + 1))
            let randomness = try RandomnessWitness.readResponses(&reader, isExponent: isExponent, count: rows.count, key)
            let points = try (0..<4).map { _ in try reader.readRaw(32) }
            let t = try scalar(), tBlinding = try scalar(), blindingSum = try scalar()
            let pairs = try (0..<circuit.length.trailingZeroBitCount).map { _ in (try reader.readRaw(32), try reader.readRaw(32)) }
            let product = InnerProductArgument(left: pairs.map(\.0), right: pairs.map(\.1), a: try scalar(), b: try scalar())
            return Part(
                isExponent: isExponent, values: values, challenge: challenge, sums: sums, randomness: randomness, reciprocals: points[0],
                blinding: points[1], t1: points[2], t2: points[3], t: t, tBlinding: tBlinding, blindingSum: blindingSum, product: product)
        }
        try reader.finish()
    }
}
