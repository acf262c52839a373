import Arithmetic
import Foundation
import SandboxCore
import TestSupport
import Testing

private func scalar(_ k: UInt64) -> [UInt8] {
    withUnsafeBytes(of: k.littleEndian) { Array($0) } + [UInt8](repeating: 0, count: 24)
}
private let identity = [UInt8](repeating: 0, count: 32)
private let batches = Ristretto255.Kernels.available.map { RistrettoBatch(kernels: $0) }

/// l - 1, little-endian.
private let minusOne = [UInt8](hex: "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")!

@Suite struct RistrettoVectorTests {
    @Test func multiplesOfTheGeneratorAreTheVectorsOfRFC9496() throws {
        let vectors = try RistrettoVectors.load().multiplesOfGenerator
        #expect(vectors.count == 16)
        for batch in batches {
            let scalars = (0..<16).flatMap { scalar(UInt64($0)) }
            let generators = [Ristretto255.Element](repeating: Ristretto255.generator, count: 16)
            #expect(batch.encode(batch.multiply(.ofGenerator, by: scalars)).hex == vectors.joined())
            #expect(batch.encode(batch.multiply(generators, by: scalars)).hex == vectors.joined())
            var sum = batch.multiply(.ofGenerator, by: scalar(0))
            for vector in vectors {
                #expect(batch.encode(sum).hex == vector)
                sum = batch.add(sum, [Ristretto255.generator])
            }
        }
    }

    @Test func invalidEncodingsOfRFC9496AreRefusedInEveryLane() throws {
        let vectors = try RistrettoVectors.load()
        #expect(vectors.invalid.count == 29)
        let good = vectors.multiplesOfGenerator.flatMap { [UInt8](hex: $0)! }
        for batch in batches {
            #expect(batch.decode(good).bad == nil)
            for (i, vector) in vectors.invalid.enumerated() {
                let bad = [UInt8](hex: vector.encoding)!
                #expect(Ristretto255.decode(bad, kernels: batch.kernels) == nil, "\(vector.reason) \(vector.encoding)")
                let place = i % 16
                var mixed = good
                mixed.replaceSubrange(32 * place..<32 * (place + 1), with: bad)
                #expect(batch.decode(mixed).bad == place, "\(vector.reason) at \(place)")
            }
        }
    }

    @Test func theFirstOfSeveralInvalidEncodingsIsReported() throws {
        let vectors = try RistrettoVectors.load()
        let good = [UInt8](hex: vectors.multiplesOfGenerator[3])!
        for batch in batches {
            var encoded = (0..<21).flatMap { _ in good }
            for place in [19, 13, 11] { encoded.replaceSubrange(32 * place..<32 * (place + 1), with: minusOne) }
            // The bytes of l - 1 are even and below p; that they encode nothing is checked here too.
            #expect(Ristretto255.decode(minusOne) == nil)
            #expect(batch.decode(encoded).bad == 11)
        }
    }

    @Test func encodingsOfWrongLengthAreRefused() {
        let good = Ristretto255.encode(Ristretto255.generator)
        #expect(Ristretto255.decode(good) != nil)
        #expect(Ristretto255.decode(Array(good.dropLast())) == nil)
        #expect(Ristretto255.decode(good + [0]) == nil)
        #expect(Ristretto255.decode([]) == nil)
    }

    @Test func elementDerivationGivesTheVectorsOfRFC9496() throws {
        let vectors = try RistrettoVectors.load().derived
        #expect(vectors.count == 11)
        for batch in batches {
            let elements = batch.derive(vectors.flatMap { [UInt8](hex: $0.uniform)! })
            #expect(batch.encode(elements).hex == vectors.map(\.element).joined())
            // The last four inputs give one element through different points.
            for element in elements.suffix(4) { #expect(Ristretto255.equal(element, elements.last!)) }
            #expect(!Ristretto255.equal(elements[0], elements[1]))
        }
    }

    @Test func hashingAndMultiplyingGiveTheVectorsOfRFC9497() throws {
        let suites = try OPRFVectors.load()
        #expect(suites.map(\.mode) == [0, 1, 2])
        for suite in suites {
            let hasher = Ristretto255.Hasher(domainSeparationTag: [UInt8](hex: suite.groupDST)!)
            let secret = [UInt8](hex: suite.skSm)!
            if let key = suite.pkSm {
                #expect(Ristretto255.encode(Ristretto255.multiply(.ofGenerator, by: secret)).hex == key)
            }
            for vector in suite.vectors {
                let inputs = vector.Input.split(separator: ","), blinds = vector.Blind.split(separator: ",")
                let blinded = vector.BlindedElement.split(separator: ",")
                let evaluated = vector.EvaluationElement.split(separator: ",")
                #expect(inputs.count == blinded.count)
                for i in inputs.indices {
                    for kernels in Ristretto255.Kernels.available {
                        let hashed = hasher.hash([UInt8](hex: inputs[i])!, kernels: kernels)
                        let element = Ristretto255.multiply(hashed, by: [UInt8](hex: blinds[i])!, kernels: kernels)
                        #expect(Ristretto255.encode(element, kernels: kernels).hex == blinded[i])
                        guard suite.mode < 2 else { continue }  // POPRF tweaks the key
                        let result = Ristretto255.multiply(element, by: secret, kernels: kernels)
                        #expect(Ristretto255.encode(result, kernels: kernels).hex == evaluated[i])
                    }
                }
            }
        }
    }

    @Test func scalarsAreReducedAsIntegersSay() throws {
        let vectors = try ScalarReductions.load()
        #expect(vectors.count == 12)
        for vector in vectors { #expect(Ristretto255.reduceScalar([UInt8](hex: vector.wide)!).hex == vector.scalar) }
    }
}

@Suite struct RistrettoGroupTests {
    @Test func theGroupLawsHold() {
        let random = SeededRandom(freshSeed())
        for batch in batches {
            let note: Comment = "seed \(random.seed), \(batch.kernels.name)"
            let n = 19
            let p = batch.derive(random.bytes(64 * n)), q = batch.derive(random.bytes(64 * n))
            let r = batch.derive(random.bytes(64 * n))
            let zero = batch.decode([UInt8](repeating: 0, count: 32 * n)).elements
            let sum = batch.encode(batch.add(p, q))
            #expect(sum == batch.encode(batch.add(q, p)), note)
            #expect(batch.encode(batch.add(batch.add(p, q), r)) == batch.encode(batch.add(p, batch.add(q, r))), note)
            #expect(batch.encode(batch.subtract(q, from: batch.add(p, q))) == batch.encode(p), note)
            #expect(batch.encode(batch.add(p, zero)) == batch.encode(p), note)
            #expect(batch.encode(batch.subtract(p, from: p)) == [UInt8](repeating: 0, count: 32 * n), note)
            #expect(batch.encode(batch.add(p, p)) == batch.encode(batch.multiply(p, by: scalar(2))), note)
            #expect(batch.encode(batch.multiply(p, by: minusOne)) == batch.encode(batch.subtract(p, from: zero)), note)
            #expect(batch.encode(batch.multiply(zero, by: minusOne)) == batch.encode(zero), note)
            #expect(batch.encode(batch.decode(sum).elements) == sum, note)
        }
    }

    @Test func multiplicationIsLinearAndCommutes() {
        let random = SeededRandom(freshSeed())
        for batch in batches {
            let note: Comment = "seed \(random.seed), \(batch.kernels.name)"
            let p = batch.derive(random.bytes(64 * 9)), q = batch.derive(random.bytes(64 * 9))
            let a = Ristretto255.reduceScalar(random.bytes(64)), b = Ristretto255.reduceScalar(random.bytes(64))
            let ab = batch.multiply(batch.multiply(p, by: a), by: b), ba = batch.multiply(batch.multiply(p, by: b), by: a)
            #expect(batch.encode(ab) == batch.encode(ba), note)
            let both = batch.add(batch.multiply(p, by: a), batch.multiply(q, by: a))
            #expect(batch.encode(batch.multiply(batch.add(p, q), by: a)) == batch.encode(both), note)
            var carry = 0
            let wide = (0..<64).map { i -> UInt8 in
                let t = (i < 32 ? Int(a[i]) + Int(b[i]) : 0) + carry
                carry = t >> 8
                return UInt8(t & 255)
            }
            let parts = batch.add(batch.multiply(p, by: a), batch.multiply(p, by: b))
            #expect(batch.encode(batch.multiply(p, by: Ristretto255.reduceScalar(wide))) == batch.encode(parts), note)
        }
    }

    @Test func tablesGiveWhatVariableBaseMultiplicationGives() {
        let random = SeededRandom(freshSeed())
        let base = Ristretto255.derive(uniform: random.bytes(64))
        let multiples = Ristretto255.Multiples(of: base)
        var edges: [[UInt8]] = [0, 1, 7, 8, 9, 15, 16, .max].map(scalar)
        edges.append(minusOne)
        edges.append([UInt8](repeating: 0xff, count: 31) + [0x7f])
        for byte: UInt8 in [0x11, 0x70, 0x77, 0x78] { edges.append([UInt8](repeating: byte, count: 32)) }
        for byte: UInt8 in [0x80, 0x88, 0x8f, 0xf8] { edges.append([UInt8](repeating: byte, count: 31) + [0x70]) }
        for _ in 0..<14 { edges.append(Ristretto255.reduceScalar(random.bytes(64))) }
        let scalars = edges.flatMap { $0 }
        let bases = [Ristretto255.Element](repeating: base, count: scalars.count / 32)
        let expected = RistrettoBatch(kernels: .portable).encode(RistrettoBatch(kernels: .portable).multiply(bases, by: scalars))
        for batch in batches {
            let products = batch.encode(batch.multiply(multiples, by: scalars))
            #expect(products == expected, "seed \(random.seed), \(batch.kernels.name)")
        }
    }
}

@Suite struct RistrettoKernelTests {
    @Test(arguments: [0, 1, 2, 7, 8, 9, 16, 33]) func kernelsAgreeForEveryBatchSize(_ n: Int) {
        let random = SeededRandom(freshSeed())
        let uniform = random.bytes(64 * n), own = (0..<n).flatMap { _ in Ristretto255.reduceScalar(random.bytes(64)) }
        let shared = Ristretto255.reduceScalar(random.bytes(64))
        let results = batches.map { batch -> [[UInt8]] in
            let p = batch.derive(uniform), encoded = batch.encode(p), decoded = batch.decode(encoded)
            let each = batch.multiply(p, by: n == 0 ? shared : own), all = batch.multiply(decoded.elements, by: shared)
            return [
                encoded, batch.encode(decoded.elements), batch.encode(each), batch.encode(all),
                batch.encode(batch.multiply(.ofGenerator, by: own)), batch.encode(batch.add(p, all)),
                batch.encode(batch.subtract(each, from: p)),
            ]
        }
        for result in results { #expect(result == results[0], "seed \(random.seed)") }
        #expect(results[0].allSatisfy { $0.count == 32 * n })
    }

    /// The formulas are maps between tuples of field elements, also off the curve: both fields must give the same for limbs at
    /// the ends of their ranges, zero and multiples of p in several forms.
    @Test func kernelsAgreeOnExtremeFieldElements() {
        let top: UInt64 = (1 << 51) + (1 << 15) - 1, radix: UInt64 = 1 << 51
        let limbs: [[UInt64]] = [
            [0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [top, top, top, top, top], [radix - 19, radix - 1, radix - 1, radix - 1, radix - 1],
            [radix - 18, radix - 1, radix - 1, radix - 1, radix - 1], [radix - 20, radix - 1, radix - 1, radix - 1, radix - 1],
            [0, 0, 0, 0, radix], [top, 0, 0, 0, 0], [0, 0, 0, 0, top], [radix - 1, radix - 1, radix - 1, radix - 1, radix - 1],
        ]
        let random = SeededRandom(freshSeed())
        func coordinate() -> (UInt64, UInt64, UInt64, UInt64, UInt64) {
            let v = random.word() % 4 == 0
                ? (0..<5).map { _ in random.uniform(below: top + 1) } : limbs[Int(random.uniform(below: UInt64(limbs.count)))]
            return (v[0], v[1], v[2], v[3], v[4])
        }
        func elements(_ n: Int) -> [Ristretto255.Element] {
            (0..<n).map { _ in Ristretto255.Element(x: coordinate(), y: coordinate(), z: coordinate(), t: coordinate()) }
        }
        let p = elements(400), q = elements(400)
        let scalars = (0..<400).flatMap { _ in Ristretto255.reduceScalar(random.bytes(64)) }
        let results = batches.map { batch -> [[UInt8]] in
            [
                batch.encode(p), batch.encode(batch.add(p, q)), batch.encode(batch.subtract(p, from: q)),
                batch.encode(batch.multiply(p, by: scalars)),
            ]
        }
        for result in results { #expect(result == results[0], "seed \(random.seed)") }
    }

    @Test func kernelsAgreeOnWhichBytesAreElements() {
        let random = SeededRandom(freshSeed())
        var encoded: [[UInt8]] = (0..<600).map { _ in
            var bytes = random.bytes(32)
            bytes[0] &= 0xfe
            bytes[31] &= 0x7f
            return bytes
        }
        for low in stride(from: 0, through: 254, by: 2) {  // around p, and small numbers
            encoded.append([UInt8(low)] + [UInt8](repeating: 0xff, count: 30) + [0x7f])
            encoded.append([UInt8(low)] + [UInt8](repeating: 0, count: 31))
        }
        // Whether each encodes again to the same bytes; nil where it is refused.
        func outcome(_ bytes: [UInt8], _ kernels: Ristretto255.Kernels) -> Bool? {
            guard let element = Ristretto255.decode(bytes, kernels: kernels) else { return nil }
            return Ristretto255.encode(element, kernels: kernels) == bytes
        }
        let accepted = batches.map { batch in encoded.map { outcome($0, batch.kernels) } }
        for result in accepted {
            #expect(result == accepted[0], "seed \(random.seed)")
            #expect(!result.contains(false), "a decoded element must encode to the same bytes; seed \(random.seed)")
        }
        // The l encodings are a fourth of the even numbers below p: 150 expected, and the binomial tails beyond these bounds
        // are below 1e-9.
        let share = accepted[0].prefix(600).filter { $0 != nil }.count
        #expect(share > 80 && share < 230)
    }

    @Test func theIdentityIsValidAndEqualToItself() {
        for batch in batches {
            let zero = batch.decode(identity)
            #expect(zero.bad == nil)
            #expect(batch.encode(zero.elements) == identity)
            let difference = Ristretto255.subtract(Ristretto255.generator, from: Ristretto255.generator)
            #expect(Ristretto255.equal(zero.elements[0], difference))
            #expect(!Ristretto255.equal(zero.elements[0], Ristretto255.generator))
        }
    }
}
