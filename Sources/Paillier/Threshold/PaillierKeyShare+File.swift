import Foundation
import SandboxCore

extension PaillierKeyShare {
    private static let maximumFileBytes = 1 << 18

    /// Writes the JSON form with mode 0600. Throws `.badInput` rather than replace an existing file.
    public func write(to path: String) throws {
        guard (try? FileManager.default.attributesOfItem(atPath: path)) == nil else {
            throw YinheError(.badInput, "the file exists; a key share is never overwritten", at: path, remedy: "choose another name")
        }
        var bytes = Array(secretJSON().utf8)
        defer { ConstantTime.wipe(&bytes) }
        try AtomicFile.write(bytes, to: path, mode: 0o600)
    }

    /// Reads a file in either form and checks the share. Throws `.badInput` when the file is missing, can be read by other users
    /// of the machine, is no key share, or holds one that does not match its verification key.
    public convenience init(contentsOf path: String) throws {
        try self.init(contentsOf: path, allowedBits: PaillierPublicKey.allowedBits)
    }

    package convenience init(contentsOf path: String, allowedBits: [Int]) throws {
        var bytes = try Self.readPrivately(path)
        defer { ConstantTime.wipe(&bytes) }
        do {
            if bytes.first == ThresholdForm.version {
                try self.init(encodedSecret: bytes, allowedBits: allowedBits)
            } else {
                guard let text = String(validating: bytes, as: UTF8.self) else { throw Self.refusal("neither JSON nor binary") }
                try self.init(secretJSON: text, allowedBits: allowedBits)
            }
        } catch var error as YinheError {
            error.place = path
            throw error
        }
    }

    private static func readPrivately(_ path: String) throws -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw YinheError(.badInput, "cannot open the key share", at: path, remedy: "check its name and permissions")
        }
        defer { try? file.close() }
        var status = stat()
        guard fstat(file.fileDescriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw YinheError(.badInput, "the key share is not a regular file", at: path)
        }
        guard status.st_mode & 0o077 == 0 else {
            throw YinheError(.badInput, "other users of this machine can read the key share", at: path, remedy: "chmod 600 \(path)")
        }
        guard status.st_size <= maximumFileBytes else { throw YinheError(.badInput, "the file is too long to be a key share", at: path) }
        guard let data = try? file.read(upToCount: maximumFileBytes) else {
            throw YinheError(.badInput, "cannot read the key share", at: path)
        }
        return Array(data)
    }
}
