import Arithmetic
import CKernels
import SandboxCore

// Every variant of every kernel that this processor, as valgrind shows it, can run.
extension Report {
    mutating func curves() {
        let generator = P256.hashToCurve(Array("base".utf8), domainSeparationTag: Array("check".utf8))
        var index = 0
        while let table = yinhe_p256_available(index)?.pointee {
            let name = String(cString: table.name)
            var points = [yinhe_p256_point](repeating: generator, count: 9)
            if let multiply = table.multiply {
                var scalar = SystemRandom.shared.bytes(32)
                scalar[0] &= 0x7f  // below the group's order
                scalar.poison()
                check("P-256 multiplication by a secret scalar, \(name)") { multiply(&points, points, points.count, scalar) }
                points.declassify()
            }
            var uniform = SystemRandom.shared.bytes(96 * points.count)
            uniform.poison()
            check("P-256 hash to curve after expand_message, \(name)", verdicts: 1, because: "no point is infinity") {
                _ = table.hash_to_curve(&points, uniform, points.count)
            }
            check("P-256 encoding of points, \(name)") {
                var encoded = [UInt8](repeating: 0, count: 33 * points.count)
                yinhe_p256_encode(&encoded, points, points.count)
            }
            index += 1
        }
        var points = [generator, generator]
        let scalar = P256SecretScalar(random: SecretRandom())  // draws again when out of range: not checked
        observe(
            "P-256 multiplication by a secret scalar in OpenSSL, for processors without AVX-512 IFMA",
            "numbers' leading zeros, and additions of equal points"
        ) { points.withUnsafeMutableBufferPointer { P256.multiply($0, by: scalar, kernels: .portable) } }
        points.declassify()
        var token = SystemRandom.shared.bytes(16)
        token.poison()
        check("P-256 hash to curve of a secret token, from the message on", verdicts: 1, because: "the point is not infinity") {
            _ = P256.hashToCurve(token, domainSeparationTag: Array("check".utf8))
        }

        index = 0
        while let table = yinhe_curve25519_available(index)?.pointee {
            let name = String(cString: table.name), count = 17
            var uniform = SystemRandom.shared.bytes(64 * count)
            uniform.poison()
            var points = [yinhe_ristretto_point](repeating: .init(), count: count), out = points
            check("ristretto255 derivation, \(name)") { table.derive(&points, uniform, count) }
            var scalars = [UInt8](repeating: 0, count: 32 * count)
            check("ristretto255 reduction of scalars, \(name)") {
                scalars.withUnsafeMutableBufferPointer { out in
                    uniform.withUnsafeBufferPointer { wide in
                        for i in 0..<count {
                            yinhe_ristretto_reduce_scalar(out.baseAddress! + 32 * i, wide.baseAddress! + 64 * i)
                        }
                    }
                }
            }
            check("ristretto255 multiplication by secret scalars, \(name)") { table.multiply(&out, points, scalars, 32, count) }
            check("ristretto255 multiplication of the generator, \(name)") {
                let table255 = UnsafeMutablePointer<yinhe_ristretto_table>.allocate(capacity: 1)
                defer { table255.deallocate() }
                var generator = yinhe_ristretto_point()
                yinhe_ristretto_generator(&generator)
                yinhe_ristretto_table_make(table255, &generator)
                table.multiply_table(&out, table255, scalars, count)
            }
            check("ristretto255 addition, subtraction, encoding, \(name)") {
                var sum = out
                table.add(&sum, out, points, count)
                table.subtract(&sum, sum, points, count)
                var encoded = [UInt8](repeating: 0, count: 32 * count)
                table.encode(&encoded, sum, count)
            }
            index += 1
        }
    }

    mutating func fields() {
        let count = 67
        var words = (0..<count).map { _ in SystemRandom.shared.word() }
        var blocks = (0..<count).map { _ in yinhe_gf128(c0: SystemRandom.shared.word(), c1: SystemRandom.shared.word()) }
        words.poison()
        blocks.poison()
        var index = 0
        while let table = yinhe_gf128_available(index)?.pointee {
            let name = String(cString: table.name)
            var into = blocks
            check("GF(2^64) multiplication, \(name)") { words[0] = table.multiply64(words[1], words[2]) }
            check("GF(2^128) multiplication, \(name)") { into[0] = table.multiply128(blocks[1], blocks[2]) }
            check("GF(2^128) products of vectors, \(name)") {
                table.add_products64(&into, words, blocks[3], count)
                table.add_products128(&into, blocks, blocks[3], count)
                into[0] = table.inner_product64(words, blocks, count)
                into[1] = table.inner_product128(blocks, blocks, count)
            }
            index += 1
        }
        var word = [words[4]], block = [Block128(blocks[5])]
        check("GF(2^64) and GF(2^128) inversion") {
            word[0] = GF64.inverse(word[0])
            block[0] = GF128.inverse(block[0])
        }
    }

    mutating func symmetric() {
        let count = 37
        var secret = SystemRandom.shared.bytes(16 * count)
        secret.poison()
        var out = [UInt8](repeating: 0, count: 32 * count)
        var index = 0
        while let table = yinhe_aes128_available(index)?.pointee {
            let name = String(cString: table.name)
            var schedule = yinhe_aes128_key(), other = yinhe_aes128_key()
            check("AES-128 key schedule of a secret key, \(name)") {
                table.expand_key(&schedule, secret)
                table.expand_key(&other, Array(repeating: 7, count: 16))
            }
            check("AES-128 hash of secret blocks, \(name)") {
                table.hash(&other, secret, &out, count, 3)
                table.hash_twice(&other, secret, &out, count, 3)
            }
            check("AES-128 encryption and key stream under a secret key, \(name)") {
                table.encrypt(&schedule, secret, &out, count)
                table.counter(&schedule, &out, count, 0, 0)
            }
            check("GGM doubling of secret nodes, \(name)") { table.double_blocks(&other, &schedule, secret, &out, count) }
            index += 1
        }
        var a = SystemRandom.shared.bytes(32), b = a
        a.poison()
        b.poison()
        check("ConstantTime.equal") {
            var answer = [ConstantTime.equal(a, b)]
            answer.declassify()  // the answer is what the caller asked for
            precondition(answer[0])
        }
    }
}
