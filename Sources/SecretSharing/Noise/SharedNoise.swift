import SandboxCore

/// Symmetric integer noise in terms of biased bits: 0 with probability 1 - nonzero / 2^places; otherwise with a fair sign and the
/// magnitude 1 + sum of 2^i digit_i, digit i being 1 with probability digits[i] / 2^places. `LaplaceBits` of DifferentialPrivacy
/// makes the discrete Laplace law of it.
package struct NoiseBits: Hashable, Sendable {
    package let places: Int
    package let nonzero: UInt128
    package let digits: [UInt128]

    /// Throws `.range` unless 2 <= places <= 127, the thresholds are below 2^places and there are at most 120 digits.
    package init(places: Int, nonzero: UInt128, digits: [UInt128]) throws {
        guard (2...127).contains(places), digits.count <= 120, ([nonzero] + digits).allSatisfy({ $0 >> UInt128(places) == 0 }) else {
            throw YinheError(.range, "noise of \(digits.count) digits with thresholds of \(places) places")
        }
        (self.places, self.nonzero, self.digits) = (places, nonzero, digits)
    }

    /// Of the magnitude.
    package var bound: Int128 { 1 << Int128(digits.count) }
}

/// What sampling noise inside a computation takes, for all samples together.
public struct SharedNoiseCost: Hashable, Sendable, Codable {
    /// Products of two shared bits.
    public var andGates: Int
    /// Conversions of a bit to a number, and products of a bit with a number.
    public var conversions: Int
}

extension TwoPartyComputation {
    /// Samples that are worked on at a time: bounds the memory, some 4 KB a sample.
    package static let noiseBatch = 1 << 14

    /// `count` independent samples of each law, shared, known to neither party. 4 + ceil(log2(places / 2)) rounds for every `noiseBatch`
    /// samples of all laws together. Semi-honest, as every operation here; a party that chooses its random bits badly changes nothing
    /// as long as the other one's are uniform. Throws `.range` when a law does not fit the ring.
    ///
    /// 1. biased bits of all laws at once; 2. every digit times "nonzero"; 3. to numbers, M = nonzero + sum of 2^i digit_i;
    /// 4. X = M - 2 S M with a fair bit S.
    package func noise<E: RingElement>(
        _ laws: [(law: NoiseBits, count: Int)], as ring: E.Type = E.self, random: any RandomSource = BufferedRandom()
    ) async throws -> [SharedVector<E>] {
        var parts = try laws.map { law, _ in
            try [SharedVector<E>(share: [], party: party, of: 2, bounds: DeclaredBounds(-law.bound, law.bound))]
        }
        // Pieces of laws, so many at a time that a batch is full.
        var batch: [(place: Int, count: Int)] = [], room = Self.noiseBatch
        func flush() async throws {
            guard !batch.isEmpty else { return }
            let samples: [SharedVector<E>] = try await noiseBatch(batch.map { (laws[$0.place].law, $0.count) }, random)
            for (piece, part) in zip(batch, samples) { parts[piece.place].append(part) }
            (batch, room) = ([], Self.noiseBatch)
        }
        for (place, law) in laws.enumerated() {
            var left = law.count
            while left > 0 {
                let count = min(left, room)
                batch.append((place, count))
                (left, room) = (left - count, room - count)
                if room == 0 { try await flush() }
            }
        }
        try await flush()
        return try parts.map { pieces in
            try SharedVector(share: pieces.flatMap(\.share), party: party, of: 2, bounds: pieces[0].bounds)
        }
    }

    private func noiseBatch<E: RingElement>(
        _ laws: [(law: NoiseBits, count: Int)], _ random: any RandomSource
    ) async throws -> [SharedVector<E>] {
        let places = laws.map(\.law.places).max()!
        let groups = laws.flatMap { law, count in
            ([law.nonzero] + law.digits).map { BiasedGroup(threshold: $0 << UInt128(places - law.places), count: count) }
        }
        let bits = try await biasedBits(groups, places: places, random: random)
        var (digits, flags): ([SharedBits], [SharedBits]) = ([], [])
        var at = 0
        for (law, _) in laws {
            digits += bits[at + 1..<at + 1 + law.digits.count]
            flags += Array(repeating: bits[at], count: law.digits.count)
            at += 1 + law.digits.count
        }
        let kept = digits.isEmpty ? [] : try await split(and(.joined(digits), .joined(flags)), digits.map(\.count))
        var (numbers, next): ([SharedBits], Int) = ([], 0)
        at = 0
        for (law, _) in laws {
            numbers.append(bits[at])
            numbers += kept[next..<next + law.digits.count]
            (at, next) = (at + 1 + law.digits.count, next + law.digits.count)
        }
        let values: SharedVector<E> = try await arithmetic(.joined(numbers))
        var (magnitude, place): ([E], Int) = ([], 0)
        for (law, count) in laws {
            var sum = Array(values.share[place..<place + count])
            place += count
            for i in law.digits.indices {
                for j in 0..<count { sum[j] &+= values.share[place + j] << E(i) }
                place += count
            }
            magnitude += sum
        }
        let widest = laws.map(\.law.bound).max()!
        let unsigned = try SharedVector(share: magnitude, party: party, of: 2, bounds: DeclaredBounds(0, widest))
        let flipped = try await multiply(fairBits(magnitude.count, random: random), unsigned)
        let signed = zip(magnitude, flipped.share).map { $0 &- $1 &- $1 }
        ConstantTime.wipe(&magnitude)
        place = 0
        return try laws.map { law, count in
            defer { place += count }
            return try SharedVector(
                share: Array(signed[place..<place + count]), party: party, of: 2, bounds: DeclaredBounds(-law.bound, law.bound))
        }
    }

    private func split(_ bits: SharedBits, _ counts: [Int]) -> [SharedBits] {
        var at = 0
        return counts.map { count in
            defer { at += count }
            return bits[at..<at + count]
        }
    }
}

extension ComputationCost {
    /// The parts of this cost that `TwoPartyComputation.noise` spends on gates.
    public var noise: SharedNoiseCost {
        func items(_ kinds: Set<Correlation>) -> Int { demands.filter { kinds.contains($0.kind) }.reduce(0) { $0 + $1.count } }
        return SharedNoiseCost(
            andGates: 64 * (items([.bitProducts]) + 2 * items([.bitProductPairs])),
            conversions: 64 * items([.bits(.z64), .bits(.z128), .bitElementProducts(.z64), .bitElementProducts(.z128)]))
    }
}
