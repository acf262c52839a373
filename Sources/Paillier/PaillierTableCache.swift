import Arithmetic
import Foundation
import SandboxCore

/// A folder in which the tables of public keys are kept between runs, so that an encryptor starts without building its table.
///
/// A file is named by the key's fingerprint, kernel and window, has mode 0600, is mapped into memory, and is used only when its
/// digest is right and nobody but its owner, who must be the user of this process, can write the file or the folder: a forged table
/// would make predictable randomness. A file that does not pass is built again and replaced at once. The tables of private keys hold
/// secrets and are never kept.
public struct PaillierTableCache: Sendable, Hashable {
    public let directory: String

    /// The folder is made, with mode 0700, when the first table is kept.
    public init(directory: String) { self.directory = directory }

    /// `yinhe/paillier-tables` in `$XDG_CACHE_HOME` (XDG Base Directory Specification; a relative path is ignored as it asks), or else
    /// in `~/.cache`; nil when there is neither.
    public static func standard(environment: [String: String] = ProcessInfo.processInfo.environment) -> PaillierTableCache? {
        func absolute(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
        guard let base = absolute("XDG_CACHE_HOME") ?? absolute("HOME").map({ $0 + "/.cache" }) else { return nil }
        return PaillierTableCache(directory: base + "/yinhe/paillier-tables")
    }

    /// The file of a key's table.
    package func path(of key: PaillierPublicKey, kernel: FixedBasePower.Kernel, window: Int) -> String {
        "\(directory)/\(key.fingerprint)-\(kernel)-\(window).table"
    }

    func table(
        of key: PaillierPublicKey, kernel: FixedBasePower.Kernel, window: Int, build: () -> FixedBasePower,
        load: (any TableMemory) throws -> FixedBasePower
    ) -> (FixedBasePower, PaillierEncryptor.TableOrigin) {
        let path = path(of: key, kernel: kernel, window: window)
        if Self.onlyOwnerWrites(directory), Self.onlyOwnerWrites(path), let memory = try? MappedTableFile(path: path),
            let table = try? load(memory) {
            return (table, .loaded)
        }
        let table = build()
        do {
            try keep(table, path)
            return (table, .kept)
        } catch {
            let failure = error as? YinheError ?? YinheError(.system, "cannot keep the table: \(error.localizedDescription)", at: path)
            return (table, .notKept(failure))
        }
    }

    private func keep(_ table: FixedBasePower, _ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard Self.onlyOwnerWrites(directory) else {
            throw YinheError(
                .system, "the folder of Paillier tables can be written by others", at: directory,
                remedy: "take the permission away (chmod go-w), or name another folder")
        }
        let file = try AtomicFile(path: path, mode: 0o600)
        try table.serializedTable().withUnsafeBytes { try file.write(raw: $0) }
        try file.commit()
    }

    /// Whether the object exists, belongs to this process's user, and neither its group nor others may write it. Links are not followed.
    private static func onlyOwnerWrites(_ path: String) -> Bool {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let owner = attributes[.ownerAccountID] as? NSNumber, let mode = attributes[.posixPermissions] as? NSNumber,
            attributes[.type] as? FileAttributeType != .typeSymbolicLink
        else { return false }
        return owner.uint32Value == geteuid() && mode.intValue & 0o022 == 0
    }
}
