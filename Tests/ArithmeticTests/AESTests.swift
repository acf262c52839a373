import Arithmetic
import Foundation
import SandboxCore
import TestSupport
import Testing

private struct BulkVectors: Decodable {
    let input, tweak, hash, hashTwice, doubled, stream: String

    static let shared = try! JSONDecoder().decode(
        BulkVectors.self, from: Data(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/aes-bulk.json")))
}

private func bytes(_ hex: String) -> [UInt8] {
    stride(from: 0, to: hex.count, by: 2).map { i in
        let start = hex.index(hex.startIndex, offsetBy: i)
        return UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16)!
    }
}

private func blocks(_ hex: String) -> [Block128] {
    let all = bytes(hex)
    return stride(from: 0, to: all.count, by: 16).map { Block128(littleEndianBytes: all[$0..<$0 + 16]) }
}

@Suite struct AESTests {
    /// FIPS 197, appendix C.1, and NIST SP 800-38A, section F.1.1.
    @Test(arguments: AES128.Implementation.available)
    func encryptsStandardVectors(_ implementation: AES128.Implementation) {
        let aes = AES128(key: blocks("000102030405060708090a0b0c0d0e0f")[0], implementation: implementation)
        #expect(aes.encrypt(blocks("00112233445566778899aabbccddeeff")[0]) == blocks("69c4e0d86a7b0430d8cdb78070b4c55a")[0])

        let ecb = AES128(key: blocks("2b7e151628aed2a6abf7158809cf4f3c")[0], implementation: implementation)
        let plain = blocks(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")
        var out = plain
        ecb.encrypt(plain, into: &out, count: 4)
        #expect(out == blocks(
            "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
                + "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4"))
    }

    @Test(arguments: AES128.Implementation.available)
    func hashesStreamsAndTreesAgreeWithIndependentVectors(_ implementation: AES128.Implementation) {
        let v = BulkVectors.shared
        let input = blocks(v.input)
        let key = Block128(littleEndianBytes: DomainHash(domain: "yinhe/aes-fixed-key/v1").finalize()[0..<16])
        let aes = AES128(key: key, implementation: implementation)
        #expect(aes.encrypt(.zero) == AES128.fixed.encrypt(.zero))
        var out = input
        aes.hash(input, into: &out, count: input.count, tweak: UInt64(v.tweak)!)
        #expect(out == blocks(v.hash))
        aes.hashTwice(input, into: &out, count: input.count, tweak: UInt64(v.tweak)!)
        #expect(out == blocks(v.hashTwice))
        var children = input + input
        GGM.double(input, into: &children, count: input.count, by: GGM.permutations(implementation))
        #expect(children == blocks(v.doubled))
        GGM.double(input, into: &children, count: input.count)
        #expect(children == blocks(v.doubled))
        var stream = [UInt8](repeating: 0, count: bytes(v.stream).count)
        stream.withUnsafeMutableBytes { aes.stream(into: $0, fromBlock: 0 &- 4, lane: 9) }
        #expect(stream == bytes(v.stream))
    }

    @Test func allImplementationsAgreeAtEveryLengthAndInPlace() {
        let random = SeededRandom(freshSeed())
        let key = Block128(low: random.word(), high: random.word())
        let ciphers = AES128.Implementation.available.map { AES128(key: key, implementation: $0) }
        for count in Array(0...70) + [255, 256, 257, 1000] {
            let input = (0..<count).map { _ in Block128(low: random.word(), high: random.word()) }
            let results = ciphers.map { aes -> [[Block128]] in
                var (a, b, c) = (input, input, input)
                a.withUnsafeMutableBufferPointer {
                    if count > 0 { aes.encrypt($0.baseAddress!, into: $0.baseAddress!, count: count) }
                }
                b.withUnsafeMutableBufferPointer {
                    if count > 0 { aes.hash($0.baseAddress!, into: $0.baseAddress!, count: count, tweak: 5) }
                }
                c.withUnsafeMutableBufferPointer {
                    if count > 0 { aes.hashTwice($0.baseAddress!, into: $0.baseAddress!, count: count, tweak: 5) }
                }
                var d = input
                d.withUnsafeMutableBytes { aes.stream(into: $0, fromBlock: 77) }
                return [a, b, c, d]
            }
            for result in results { #expect(result == results[0], "seed \(random.seed), \(count) blocks") }
        }
    }

    @Test func streamsContinueAtAnyBlock() {
        let aes = AES128(key: Block128(low: 1, high: 2))
        var whole = [UInt8](repeating: 0, count: 500), part = [UInt8](repeating: 0, count: 100)
        whole.withUnsafeMutableBytes { aes.stream(into: $0, fromBlock: 3) }
        part.withUnsafeMutableBytes { aes.stream(into: $0, fromBlock: 10) }
        #expect(part == Array(whole[112..<212]))
    }
}
