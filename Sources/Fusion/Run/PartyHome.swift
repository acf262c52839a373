import Foundation
import SandboxCore

/// A party's own folder: its identity and its ledger.
public struct PartyHome: Sendable {
    /// Absolute or relative path of the folder.
    public let path: String
    public var identityPath: String { path + "/identity.pem" }
    public var ledgerPath: String { path + "/ledger.sqlite" }

    public init(path: String) { self.path = path }

    /// The folder that a command works with: `option`, else the variable YINHE_HOME, else ~/.yinhe.
    public static func find(_ option: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment)
        -> PartyHome
    {
        if let option { return PartyHome(path: option) }
        if let variable = environment["YINHE_HOME"], !variable.isEmpty { return PartyHome(path: variable) }
        return PartyHome(path: (environment["HOME"] ?? NSHomeDirectory()) + "/.yinhe")
    }

    /// Makes the folder, readable by its owner only; keeps one that exists.
    public func create() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw YinheError(
                .system, "cannot create the folder", at: path, remedy: "check that its parent exists and is writable")
        }
    }

    public var hasIdentity: Bool { FileManager.default.fileExists(atPath: identityPath) }

    public func identity(passphrase: String? = nil) throws -> Identity {
        guard hasIdentity else {
            throw YinheError(.badInput, "there is no identity yet", at: identityPath, remedy: "run `yinhe keys new`")
        }
        return try Identity(contentsOf: identityPath, passphrase: passphrase)
    }

    public func ledger(_ identity: Identity) throws -> AuditLedger {
        try create()
        return try AuditLedger(path: ledgerPath, identity: identity)
    }
}
