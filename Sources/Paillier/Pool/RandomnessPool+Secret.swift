import Foundation
import SandboxCore

extension RandomnessPool {
    /// Reads the secret's file, or makes it. Throws `.badInput` when it has another length or can be read by others.
    static func secret(inFile path: String) throws -> SecretBytes {
        var status = stat()
        if lstat(path, &status) != 0, errno == ENOENT {
            var fresh = SystemRandom.shared.bytes(secretBytes)
            defer { ConstantTime.wipe(&fresh) }
            try AtomicFile.write(fresh, to: path, mode: 0o600)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw YinheError.system("the pool's secret cannot be read", errno: errno, at: path) }
        defer { close(descriptor) }
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw YinheError(.badInput, "the pool's secret can be read by other users", at: path, remedy: "chmod 600, and make a new pool")
        }
        var bytes = [UInt8](repeating: 0, count: secretBytes + 1)
        defer { ConstantTime.wipe(&bytes) }
        let count = read(descriptor, &bytes, bytes.count)
        guard count == secretBytes else {
            throw YinheError(
                .badInput, "the pool's secret has another length than \(secretBytes) bytes", at: path,
                remedy: "delete the secret and the pool's folder; a new pool is made")
        }
        var secret = SecretBytes(zeroed: secretBytes)
        secret.withUnsafeMutableBytes { $0.copyBytes(from: bytes[0..<secretBytes]) }
        return secret
    }
}

extension SecretBytes {
    var copy: SecretBytes {
        var copy = SecretBytes(zeroed: count)
        withUnsafeBytes { source in copy.withUnsafeMutableBytes { $0.copyMemory(from: source) } }
        return copy
    }
}
