import ContractText
import Foundation
import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension SubmissionCollection.State {
    private static let maximumBytes = 1 << 22

    var encoded: [UInt8] {
        guard let bytes = try? CanonicalJSON.encode(self) else { preconditionFailure("a state that JSON cannot hold") }
        return bytes + [10]
    }

    static func load(_ path: String, contract: AggregationContract) throws -> SubmissionCollection.State {
        guard FileManager.default.fileExists(atPath: path) else { return SubmissionCollection.State(contract: contract.hashText) }
        let bytes = try BoundedFile.read(path, maximum: maximumBytes, code: .badInput)
        guard let state = try? CanonicalJSON.decode(SubmissionCollection.State.self, from: bytes), state.format == formatName else {
            throw damaged(path)
        }
        guard state.contract == contract.hashText else {
            throw YinheError(
                .contract, "the folder collects for another contract (\(state.contract.prefix(16))…)", at: path,
                remedy: "use one folder for each contract")
        }
        let names = state.entries.map(\.contributor)
        guard Set(names).count == names.count, names.allSatisfy({ contract.contributor(named: $0) != nil }),
            state.entries.allSatisfy({ [UInt8](hex: $0.digest)?.count == 32 })
        else { throw damaged(path) }
        return state
    }

    private static func damaged(_ path: String) -> YinheError {
        YinheError(.badInput, "not the state of a collection", at: path, remedy: "restore it from a backup")
    }
}

/// Keeps other processes out of a folder while it lives.
final class FolderLock {
    private let descriptor: Int32

    init(_ folder: String) throws {
        let path = folder + "/lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw YinheError.system("cannot open the lock file", errno: errno, at: path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw YinheError(.system, "another process is working on this folder", at: folder, remedy: "wait until it has ended")
        }
    }

    deinit { close(descriptor) }
}

extension SignedFile.Reader {
    /// Copies the whole file, which must still be what was signed.
    package func copy(to target: String) throws {
        let output = try AtomicFile(path: target, mode: 0o600)
        try copyBytes { try output.write($0) }
        try output.commit()
    }
}
