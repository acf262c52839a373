import Arithmetic
import DifferentialPrivacy
import Paillier
import SandboxCore
import Synchronization
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A public key with the encryptor that its first large call makes.
private final class PublicKeyBox: Sendable {
    let key: PaillierPublicKey
    private let encryptor = Mutex<PaillierEncryptor?>(nil)
    /// From here on a table of powers pays for its making.
    private static let tableFrom = 64
    private static let tableBytes = 64 << 20

    init(_ key: PaillierPublicKey) { self.key = key }

    func encryptor(for count: Int) -> PaillierEncryptor {
        if count < Self.tableFrom { return PaillierEncryptor(hidingFromOwnerOf: key) }
        return encryptor.withLock { made in
            if let made { return made }
            let new = PaillierEncryptor(key, tableBytes: Self.tableBytes)
            made = new
            return new
        }
    }
}

@_cdecl("yinhe_paillier_generate")
public func paillierGenerate(_ bits: UInt32, _ key: CHandleResult?, _ message: CTextResult?) -> Int32 {
    key?.pointee = nil
    return Call.run(message) {
        try Call.required(key, "key").pointee = Call.handle(try PaillierPrivateKey.generate(bits: Int(bits)))
    }
}

@_cdecl("yinhe_paillier_private_json")
public func paillierPrivateJSON(_ key: CHandle?, _ json: CTextResult?, _ message: CTextResult?) -> Int32 {
    json?.pointee = nil
    return Call.run(message) {
        try Call.required(json, "json").pointee = strdup(try Call.object(key, "key", as: PaillierPrivateKey.self).secretJSON())
    }
}

@_cdecl("yinhe_paillier_private_parse")
public func paillierPrivateParse(_ json: CText?, _ key: CHandleResult?, _ message: CTextResult?) -> Int32 {
    key?.pointee = nil
    return Call.run(message) {
        try Call.required(key, "key").pointee = Call.handle(try PaillierPrivateKey(secretJSON: try Call.text(json, "json")))
    }
}

@_cdecl("yinhe_paillier_public_of")
public func paillierPublicOf(_ key: CHandle?, _ publicKey: CHandleResult?, _ message: CTextResult?) -> Int32 {
    publicKey?.pointee = nil
    return Call.run(message) {
        let secret = try Call.object(key, "key", as: PaillierPrivateKey.self)
        try Call.required(publicKey, "public_key").pointee = Call.handle(PublicKeyBox(secret.publicKey))
    }
}

@_cdecl("yinhe_paillier_public_json")
public func paillierPublicJSON(_ key: CHandle?, _ json: CTextResult?, _ message: CTextResult?) -> Int32 {
    json?.pointee = nil
    return Call.run(message) {
        try Call.required(json, "json").pointee = strdup(try Call.object(key, "key", as: PublicKeyBox.self).key.json)
    }
}

@_cdecl("yinhe_paillier_public_parse")
public func paillierPublicParse(_ json: CText?, _ key: CHandleResult?, _ message: CTextResult?) -> Int32 {
    key?.pointee = nil
    return Call.run(message) {
        let parsed = try PaillierPublicKey(json: try Call.text(json, "json"))
        try Call.required(key, "key").pointee = Call.handle(PublicKeyBox(parsed))
    }
}

@_cdecl("yinhe_paillier_ciphertext_bytes")
public func paillierCiphertextBytes(_ key: CHandle?) -> Int {
    (try? Call.object(key, "key", as: PublicKeyBox.self).key.ciphertextBytes) ?? 0
}

@_cdecl("yinhe_paillier_encrypt")
public func paillierEncrypt(
    _ key: CHandle?, _ values: UnsafePointer<Int64>?, _ count: Int, _ ciphertexts: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
    _ message: CTextResult?
) -> Int32 {
    ciphertexts?.pointee = nil
    return Call.run(message) {
        let box = try Call.object(key, "key", as: PublicKeyBox.self)
        let out = try Call.required(ciphertexts, "ciphertexts")
        let plaintexts = try Call.elements(values, count, "values").map { try box.key.encode(BigInteger(Int($0))) }
        let made = try box.encryptor(for: count).encrypt(plaintexts, threads: availableCores)
        out.pointee = Call.copy(made.flatMap { box.key.encode($0) })
    }
}

@_cdecl("yinhe_paillier_sum")
public func paillierSum(
    _ key: CHandle?, _ ciphertexts: UnsafePointer<UInt8>?, _ count: Int, _ sum: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
    _ message: CTextResult?
) -> Int32 {
    sum?.pointee = nil
    return Call.run(message) {
        let box = try Call.object(key, "key", as: PublicKeyBox.self)
        let out = try Call.required(sum, "sum")
        let total = box.key.sum(try decoded(box.key, ciphertexts, count))
        out.pointee = Call.copy(box.key.encode(PaillierEncryptor(hidingFromOwnerOf: box.key).rerandomize(total)))
    }
}

@_cdecl("yinhe_paillier_decrypt")
public func paillierDecrypt(
    _ key: CHandle?, _ ciphertexts: UnsafePointer<UInt8>?, _ count: Int, _ values: UnsafeMutablePointer<Int64>?,
    _ message: CTextResult?
) -> Int32 {
    Call.run(message) {
        let secret = try Call.object(key, "key", as: PaillierPrivateKey.self)
        let out = try Call.required(values, "values")
        let residues = try secret.decrypt(try decoded(secret.publicKey, ciphertexts, count), threads: availableCores)
        let plaintexts = try residues.map { residue in
            guard let value = try secret.publicKey.decode(residue).int else {
                throw YinheError(.range, "a plaintext does not fit 64 bits")
            }
            return Int64(value)
        }
        for (i, value) in plaintexts.enumerated() { out[i] = value }
    }
}

@_cdecl("yinhe_paillier_public_free")
public func paillierPublicFree(_ key: CHandle?) { Call.release(key, as: PublicKeyBox.self) }

@_cdecl("yinhe_paillier_private_free")
public func paillierPrivateFree(_ key: CHandle?) { Call.release(key, as: PaillierPrivateKey.self) }

@_cdecl("yinhe_discrete_laplace")
public func discreteLaplace(_ scale: CText?, _ samples: UnsafeMutablePointer<Int64>?, _ count: Int, _ message: CTextResult?) -> Int32 {
    Call.run(message) {
        let law = try DiscreteLaplace(scale: try Rational(parsing: try Call.text(scale, "scale")))
        guard count > 0 else { return }
        let out = try Call.required(samples, "samples")
        for (i, sample) in law.samples(count).enumerated() { out[i] = sample }
    }
}

private func decoded(_ key: PaillierPublicKey, _ bytes: UnsafePointer<UInt8>?, _ count: Int) throws -> [PaillierCiphertext] {
    let width = key.ciphertextBytes
    guard count >= 0, count <= Int.max / width else { throw YinheError(.usage, "\(count) ciphertexts") }
    let all = try Call.elements(bytes, count * width, "ciphertexts")
    return try (0..<count).map { try key.decodeCiphertext(all[$0 * width..<($0 + 1) * width]) }
}
