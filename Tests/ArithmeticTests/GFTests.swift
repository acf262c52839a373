import Arithmetic
import CKernels
import Foundation
import SandboxCore
import TestSupport
import Testing

private struct FieldVectors: Decodable {
    struct Small: Decodable { let a, b, product, inverse, power7: String }
    struct Large: Decodable { let a, b, product, inverse: [String] }
    let small: [Small]
    let large: [Large]

    static let shared = try! JSONDecoder().decode(
        FieldVectors.self, from: Data(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/gf128.json")))
}

private func word(_ text: String) -> UInt64 { UInt64(text, radix: 16)! }
private func block(_ text: [String]) -> Block128 { Block128(low: word(text[0]), high: word(text[1])) }

@Suite struct GFTests {
    @Test func smallFieldAgreesWithIndependentVectors() {
        for v in FieldVectors.shared.small {
            #expect(GF64.multiply(word(v.a), word(v.b)) == word(v.product))
            #expect(GF64.inverse(word(v.a)) == word(v.inverse))
            #expect(GF64.power(word(v.a), 7) == word(v.power7))
            for kernel in GF128.kernels { #expect(kernel.pointee.multiply64(word(v.a), word(v.b)) == word(v.product)) }
        }
        #expect(GF64.power(0, 0) == 1)
    }

    @Test func largeFieldAgreesWithIndependentVectors() {
        for v in FieldVectors.shared.large {
            let (a, b) = (block(v.a), block(v.b))
            #expect(GF128.multiply(a, b) == block(v.product))
            #expect(GF128.inverse(a) == block(v.inverse))
            #expect(GF128.power(a, 3) == GF128.multiply(a, GF128.multiply(a, a)))
            for kernel in GF128.kernels {
                #expect(Block128(kernel.pointee.multiply128(yinhe_gf128(a), yinhe_gf128(b))) == block(v.product))
            }
        }
    }

    @Test func smallFieldIsTheSubfieldOfBlocksWithHighWordZero() {
        let random = SeededRandom(freshSeed())
        for _ in 0..<50 {
            let (a, b) = (random.word(), Block128(low: random.word(), high: random.word()))
            #expect(GF128.multiply(a, b) == GF128.multiply(Block128(low: a, high: 0), b), "seed \(random.seed)")
        }
    }

    /// Batch kernels against scalar products of the portable one, with lengths around every vector width and odd addresses.
    @Test func batchKernelsAgreeWithScalarProducts() {
        let random = SeededRandom(freshSeed())
        for count in Array(0...33) + [64, 100, 1001] {
            let bytes = 16 * (3 * count + 2)
            let storage = HugeBuffer<UInt8>(count: bytes + 8, wiped: true)
            random.fill(UnsafeMutableRawBufferPointer(storage.buffer))
            // Eight bytes off: vector loads may not assume alignment beyond that of a word.
            let base = UnsafeMutableRawPointer(storage.pointer + 8)
            let a = base.bindMemory(to: yinhe_gf128.self, capacity: 3 * count + 1)
            let (b, c, delta) = (a + count, a + 2 * count, a[3 * count])
            let scalars = UnsafeMutableRawPointer(c).assumingMemoryBound(to: UInt64.self)
            let multiply = GF128.kernels[0].pointee.multiply128!
            var sum = [Block128](repeating: .zero, count: 2)
            var expected64 = [Block128](), expected128 = [Block128]()
            for i in 0..<count {
                let small = yinhe_gf128(c0: scalars[i], c1: 0)
                expected64.append(Block128(a[i]) ^ Block128(multiply(small, delta)))
                expected128.append(Block128(a[i]) ^ Block128(multiply(b[i], delta)))
                sum[0] ^= Block128(multiply(small, b[i]))
                sum[1] ^= Block128(multiply(a[i], b[i]))
            }
            for kernel in GF128.kernels.map(\.pointee) {
                var out = (0..<count).map { a[$0] }
                out.withUnsafeMutableBufferPointer { kernel.add_products64($0.baseAddress, scalars, delta, count) }
                #expect(out.map(Block128.init) == expected64, "\(String(cString: kernel.name)) \(count)")
                out = (0..<count).map { a[$0] }
                out.withUnsafeMutableBufferPointer { kernel.add_products128($0.baseAddress, b, delta, count) }
                #expect(out.map(Block128.init) == expected128, "\(String(cString: kernel.name)) \(count)")
                #expect(Block128(kernel.inner_product64(scalars, b, count)) == sum[0])
                #expect(Block128(kernel.inner_product128(a, b, count)) == sum[1])
            }
        }
    }

    @Test func polynomialKernelsMultiplyBitByBit() {
        let random = SeededRandom(freshSeed())
        for n in [1, 2, 3, 8, 33] {
            let a = (0..<n).map { _ in random.word() }, b = (0..<n).map { _ in random.word() }
            var expected = [UInt64](repeating: 0, count: 2 * n)
            for i in 0..<64 * n where a[i / 64] >> UInt64(i % 64) & 1 == 1 {
                for j in 0..<64 * n { expected[(i + j) / 64] ^= (b[j / 64] >> UInt64(j % 64) & 1) << UInt64((i + j) % 64) }
            }
            for kernel in GF128.kernels {
                var product = [UInt64](repeating: 0, count: 2 * n)
                kernel.pointee.polynomial(&product, a, b, n)
                #expect(product == expected)
            }
        }
    }
}
