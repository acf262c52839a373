import Arithmetic
import Foundation
import SandboxCore
import TestSupport
import Testing

private let tag = Array("YINHE-TEST-with-P256_XMD:SHA-256_SSWU_RO_".utf8)

/// The generator (SP 800-186, section 3.2.1.3), compressed.
private let generator = [UInt8](hex: "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")!
private let order = [UInt8](hex: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")!

private func coordinates(_ point: P256.Point) -> [UInt8] {
    [point.x.3, point.x.2, point.x.1, point.x.0, point.y.3, point.y.2, point.y.1, point.y.0]
        .flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
}

private func point(x: [UInt8], y: [UInt8]) -> P256.Point {
    func words(_ bytes: [UInt8]) -> [UInt64] {
        stride(from: 24, through: 0, by: -8).map { i in bytes[i..<i + 8].reduce(0) { $0 << 8 | UInt64($1) } }
    }
    let (x, y) = (words(x), words(y))
    return P256.Point(x: (x[0], x[1], x[2], x[3]), y: (y[0], y[1], y[2], y[3]))
}

private func multiply(_ point: P256.Point, by scalar: P256SecretScalar, kernels: P256.Kernels = .best) -> P256.Point {
    var points = [point]
    points.withUnsafeMutableBufferPointer { P256.multiply($0, by: scalar, kernels: kernels) }
    return points[0]
}

private func map(_ uniform: [UInt8], _ suite: P256.HashSuite, _ kernels: P256.Kernels) -> [UInt8] {
    let width = suite == .randomOracle ? 96 : 48
    var points = [P256.Point](repeating: P256.Point(), count: uniform.count / width)
    uniform.withUnsafeBytes { uniform in
        points.withUnsafeMutableBufferPointer { P256.mapToCurve(uniform: uniform, into: $0, suite: suite, kernels: kernels) }
    }
    return points.flatMap(coordinates)
}

private func scalar(_ hex: String) -> P256SecretScalar {
    P256SecretScalar(bigEndian: [UInt8](hex: String(repeating: "0", count: 64 - hex.count) + hex)!)!
}

@Suite struct P256HashToCurveTests {
    @Test(arguments: ["SHA256_38", "SHA256_256"]) func expandMessageGivesTheVectorsOfRFC9380(_ name: String) throws {
        let file = try ExpandMessageVectors.load(name)
        #expect(file.tests.count == 10)
        let expander = MessageExpander(domainSeparationTag: Array(file.DST.utf8))
        for vector in file.tests {
            var out = [UInt8](repeating: 0, count: Int(vector.len_in_bytes.dropFirst(2), radix: 16)!)
            let message = Array(vector.msg.utf8)
            message.withUnsafeBytes { message in out.withUnsafeMutableBytes { expander.expand(message, into: $0) } }
            #expect(out.hex == vector.uniform_bytes)
        }
    }

    @Test(arguments: ["RO", "NU"]) func hashingGivesTheVectorsOfRFC9380(_ name: String) throws {
        let file = try HashToCurveVectors.load(name)
        let suite: P256.HashSuite = name == "RO" ? .randomOracle : .nonuniform
        #expect(file.vectors.count == 5)
        for kernels in P256.Kernels.available {
            for vector in file.vectors {
                let hashed = P256.hashToCurve(
                    Array(vector.msg.utf8), domainSeparationTag: Array(file.dst.utf8), suite: suite, kernels: kernels)
                #expect(coordinates(hashed) == vector.P.bytes)
                #expect(P256.isOnCurve(hashed))
            }
        }
    }

    @Test(arguments: ["RO", "NU"]) func theMapTakesTheFieldElementsOfRFC9380ToItsPoints(_ name: String) throws {
        let file = try HashToCurveVectors.load(name)
        for kernels in P256.Kernels.available {
            for vector in file.vectors {
                let inputs = vector.u.map { [UInt8](repeating: 0, count: 16) + Array(hex: $0.dropFirst(2))! }
                let expected = [vector.Q0, vector.Q1, vector.Q].compactMap { $0?.bytes }
                #expect(inputs.count == expected.count)
                for (input, output) in zip(inputs, expected) { #expect(map(input, .nonuniform, kernels) == output) }
            }
        }
    }

    @Test func fieldElementsAreReducedModuloThePrime() {
        let p = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
        let zeros = String(repeating: "0", count: 32)
        let pairs = [
            (zeros + p, zeros + String(repeating: "0", count: 64)),
            (String(repeating: "f", count: 96), zeros + maximumModP),
            (zeros + String(repeating: "f", count: 64), zeros + twoTo256Minus1ModP),
        ]
        for kernels in P256.Kernels.available {
            for (wide, reduced) in pairs {
                #expect(map([UInt8](hex: wide)!, .nonuniform, kernels) == map([UInt8](hex: reduced)!, .nonuniform, kernels))
            }
        }
    }

    /// u = 0 is the exceptional input of the map (tv2 = 0); equal halves make the final addition a doubling.
    @Test func exceptionalInputsOfTheMapAndOfTheAdditionAreRight() {
        let random = SeededRandom(20)
        for kernels in P256.Kernels.available {
            for u in [[UInt8](repeating: 0, count: 48), random.bytes(48)] {
                let mapped = map(u, .nonuniform, kernels)
                let single = point(x: Array(mapped[..<32]), y: Array(mapped[32...]))
                #expect(P256.isOnCurve(single))
                #expect(map(u + u, .randomOracle, kernels) == coordinates(multiply(single, by: scalar("2"), kernels: .portable)))
            }
        }
    }

    @Test func everyImplementationHashesAlikeAtEveryBatchSize() {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        for count in [1, 2, 7, 8, 9, 63, 64, 65, 127, 128, 129, 300] {
            let uniform = random.bytes(96 * count)
            let expected = map(uniform, .randomOracle, .portable)
            for kernels in P256.Kernels.available {
                #expect(map(uniform, .randomOracle, kernels) == expected, "\(kernels.name), \(count) points, seed \(seed)")
            }
            let singles = (0..<count).flatMap { map(Array(uniform[96 * $0..<96 * ($0 + 1)]), .randomOracle, .portable) }
            #expect(singles == expected, "\(count) points, seed \(seed)")
        }
    }

    @Test func differentTagsHashToDifferentPoints() {
        let a = P256.hashToCurve([1, 2, 3], domainSeparationTag: tag)
        let b = P256.hashToCurve([1, 2, 3], domainSeparationTag: tag + [0])
        #expect(P256.encode(a) != P256.encode(b))
    }
}

private let twoTo256Minus1ModP = "00000000fffffffeffffffffffffffffffffffff000000000000000000000000"
private let maximumModP = "fffffffe00000001000000000000000200000002fffffffffffffffefffffffd"

@Suite struct P256PointCodingTests {
    @Test func codingRoundTripsAndBothSignsAreKept() {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        var signs: Set<UInt8> = []
        for _ in 0..<40 {
            let hashed = P256.hashToCurve(random.bytes(16), domainSeparationTag: tag)
            let encoded = P256.encode(hashed)
            signs.insert(encoded[0])
            #expect(encoded.count == 33)
            let decoded = P256.decode(encoded)
            #expect(decoded.map(coordinates) == coordinates(hashed), "seed \(seed)")
        }
        #expect(signs == [2, 3])
    }

    @Test func invalidEncodingsAreRejected() {
        let x = Array(generator[1...])
        #expect(P256.decode(generator) != nil)
        for prefix in UInt8.min...UInt8.max where prefix != 2 && prefix != 3 { #expect(P256.decode([prefix] + x) == nil) }
        #expect(P256.decode([0]) == nil)                                             // infinity in SEC 1
        #expect(P256.decode([UInt8](repeating: 0, count: 33)) == nil)
        #expect(P256.decode(Array(generator.dropLast())) == nil)
        // 0 and 5 are coordinates of points; 1 and 2^256 - 1 are not, and p + 5 is 5 written twice over.
        let p = [UInt8](hex: "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")!
        let pPlus5 = [UInt8](hex: "ffffffff00000001000000000000000000000001000000000000000000000004")!
        func number(_ n: UInt8) -> [UInt8] { [UInt8](repeating: 0, count: 31) + [n] }
        #expect(P256.decode([2] + number(0)) != nil)
        #expect(P256.decode([2] + p) == nil)
        #expect(P256.decode([3] + number(5)) != nil)
        #expect(P256.decode([3] + pPlus5) == nil)
        #expect(P256.decode([2] + number(1)) == nil)
        #expect(P256.decode([2] + [UInt8](repeating: 255, count: 32)) == nil)
    }

    @Test func theFirstInvalidPointOfABatchIsNamed() throws {
        let random = SeededRandom(3)
        for kernels in P256.Kernels.available {
            for bad in [0, 1, 7, 8, 15, 20] {
                var encoded = (0..<21).flatMap { _ in P256.encode(P256.hashToCurve(random.bytes(16), domainSeparationTag: tag)) }
                encoded[33 * bad] = 4
                encoded[33 * 20] = 0
                var points = [P256.Point](repeating: P256.Point(), count: 21)
                let error = #expect(throws: YinheError.self) {
                    try encoded.withUnsafeBytes { encoded in
                        try points.withUnsafeMutableBufferPointer {
                            try P256.decode(encoded, into: $0, firstIndex: 1000, kernels: kernels)
                        }
                    }
                }
                #expect(error?.code == .peerMisbehaved)
                #expect(error?.message.contains("element \(1000 + bad) ") == true)
            }
        }
    }

    @Test func wycheproofCompressedPointsAreJudgedAndMultipliedRight() throws {
        var seen = 0
        for vector in try PointVectors.load() where vector.public.hasPrefix("02") || vector.public.hasPrefix("03") {
            seen += 1
            let decoded = P256.decode([UInt8](hex: vector.public)!)
            #expect((decoded != nil) == (vector.result != "invalid"), "test \(vector.tcId): \(vector.comment)")
            if let decoded {
                let product = multiply(decoded, by: scalar(fromASN1: vector.private))
                #expect(Array(coordinates(product)[..<32]).hex == vector.shared)
            }
        }
        #expect(seen == 8)
    }

    @Test func wycheproofUncompressedPointsAreJudgedByTheCurveEquationAndMultipliedRight() throws {
        var valid = 0
        for vector in try PointVectors.load() where vector.public.hasPrefix("04") {
            let bytes = [UInt8](hex: vector.public)!
            let candidate = point(x: Array(bytes[1...32]), y: Array(bytes[33...64]))
            #expect(P256.isOnCurve(candidate) == (vector.result == "valid"), "test \(vector.tcId): \(vector.comment)")
            guard vector.result == "valid" else { continue }
            valid += 1
            // Through the compressed form, so that decoding is checked on every edge-case coordinate.
            let decoded = try #require(P256.decode(P256.encode(candidate)))
            #expect(coordinates(decoded) == coordinates(candidate))
            for kernels in P256.Kernels.available {
                let product = multiply(decoded, by: scalar(fromASN1: vector.private), kernels: kernels)
                #expect(Array(coordinates(product)[..<32]).hex == vector.shared, "test \(vector.tcId), \(kernels.name)")
            }
        }
        #expect(valid == 330)
    }

    private func scalar(fromASN1 hex: String) -> P256SecretScalar {
        let digits = hex.count > 64 ? String(hex.suffix(64)) : String(repeating: "0", count: 64 - hex.count) + hex
        return P256SecretScalar(bigEndian: [UInt8](hex: digits)!)!
    }
}

@Suite struct P256MultiplicationTests {
    @Test func multiplicationCommutesAndInvertsTheSign() {
        let random = SeededRandom(freshSeed())
        let point = P256.hashToCurve(random.bytes(16), domainSeparationTag: tag)
        let a = P256SecretScalar(random: random), b = P256SecretScalar(random: random)
        #expect(coordinates(multiply(multiply(point, by: a), by: b)) == coordinates(multiply(multiply(point, by: b), by: a)))
        var negative = order
        negative[31] -= 1
        let minus = P256.encode(multiply(point, by: P256SecretScalar(bigEndian: negative)!))
        #expect(minus[0] ^ 1 == P256.encode(point)[0])
        #expect(minus[1...] == P256.encode(point)[1...])
    }

    @Test func everyImplementationAgreesWithOpenSSLOnSmallLargeAndRandomScalars() {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        var scalars: [[UInt8]] = (1...40).map { [UInt8](repeating: 0, count: 31) + [$0] }
        for i in 1...40 {
            var near = order
            near[31] -= UInt8(i)
            scalars.append(near)
        }
        for bit in stride(from: 0, to: 256, by: 17) {
            var one = [UInt8](repeating: 0, count: 32)
            one[31 - bit / 8] = 1 << UInt8(bit % 8)
            scalars.append(one)
        }
        for bytes in scalars {
            guard let k = P256SecretScalar(bigEndian: bytes) else { continue }
            compare(k, count: 9, random, "scalar \(bytes.hex), seed \(seed)")
        }
        for count in [1, 7, 8, 9, 130] { compare(P256SecretScalar(random: random), count: count, random, "seed \(seed)") }
    }

    private func compare(_ k: P256SecretScalar, count: Int, _ random: SeededRandom, _ note: String) {
        var points = [P256.Point](repeating: P256.Point(), count: count)
        let messages = random.bytes(16 * count)
        messages.withUnsafeBytes { messages in
            points.withUnsafeMutableBufferPointer {
                P256.hashToCurve(messages, messageBytes: 16, domainSeparationTag: tag, into: $0)
            }
        }
        var expected = points
        expected.withUnsafeMutableBufferPointer { P256.multiplyByOpenSSL($0, by: k) }
        for kernels in P256.Kernels.available {
            var actual = points
            actual.withUnsafeMutableBufferPointer { P256.multiply($0, by: k, kernels: kernels) }
            #expect(actual.map(coordinates) == expected.map(coordinates), "\(kernels.name), \(note)")
        }
    }

    @Test func scalarsOutsideTheGroupOrderAreRefused() {
        #expect(P256SecretScalar(bigEndian: [UInt8](repeating: 0, count: 32)) == nil)
        #expect(P256SecretScalar(bigEndian: order) == nil)
        #expect(P256SecretScalar(bigEndian: [UInt8](repeating: 255, count: 32)) == nil)
        #expect(P256SecretScalar(bigEndian: [1]) == nil)
        var last = order
        last[31] -= 1
        #expect(P256SecretScalar(bigEndian: last) != nil)
    }

    /// A source that first offers 0, n and 2^256 - 1: all three must be skipped, not reduced.
    @Test func randomScalarsComeByRejection() {
        let wanted = scalar("123456789abcdef")
        let source = ScriptedRandom([
            [UInt8](repeating: 0, count: 32), order, [UInt8](repeating: 255, count: 32),
            [UInt8](hex: String(repeating: "0", count: 49) + "123456789abcdef")!,
        ])
        let base = P256.decode(generator)!
        #expect(coordinates(multiply(base, by: P256SecretScalar(random: source))) == coordinates(multiply(base, by: wanted)))
    }
}

/// Hands out prepared blocks, one per call.
private final class ScriptedRandom: RandomSource, @unchecked Sendable {
    private var blocks: [[UInt8]]
    init(_ blocks: [[UInt8]]) { self.blocks = blocks }
    func fill(_ buffer: UnsafeMutableRawBufferPointer) { buffer.copyBytes(from: blocks.removeFirst()) }
}
