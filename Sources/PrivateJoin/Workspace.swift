import SandboxCore
import Synchronization

/// The folder of a run, made when it is needed.
final class Workspace: Sendable {
    private let options: PrivateJoin.Options
    private let state = Mutex<JobFolder?>(nil)
    let isResumable: Bool

    init(_ options: PrivateJoin.Options) {
        self.options = options
        isResumable = options.resumeDirectory != nil
    }

    /// Opens the resume directory, if there is one, and the job in it.
    func openResumable(remembering remembered: [String: String]) throws -> JobState? {
        guard let path = options.resumeDirectory else { return nil }
        let folder = try JobFolder(resumable: path, quota: options.tuning.diskQuota)
        state.withLock { $0 = folder }
        return try JobState.load(from: folder, options: remembered)
    }

    func folder() throws -> JobFolder {
        try state.withLock { folder in
            if let folder { return folder }
            let made = try JobFolder(temporaryIn: options.temporaryParent, quota: options.tuning.diskQuota)
            folder = made
            return made
        }
    }

    var writtenBytes: Int { state.withLock { $0?.writtenBytes ?? 0 } }

    /// Removes the folder, unless it is a resume directory to be kept.
    func finish(keeping: Bool) {
        state.withLock { folder in
            // At once, not when the last task that still knows the folder has ended.
            if let folder { if keeping && folder.isKept { folder.release() } else { folder.remove() } }
            folder = nil
        }
    }
}

/// Whether the task that waits for offloaded work was cancelled.
final class CancelFlag: Sendable {
    private let isSet = Atomic<Bool>(false)

    func check() throws {
        if isSet.load(ordering: .relaxed) { throw YinheError(.cancelled, "the operation was cancelled") }
    }

    /// Runs long synchronous work on a thread of its own; it should call `check` now and then.
    static func offload<T: Sendable>(_ work: @escaping @Sendable (CancelFlag) throws -> T) async throws -> T {
        let flag = CancelFlag()
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await Parallel.offload { try work(flag) }
        } onCancel: {
            flag.isSet.store(true, ordering: .relaxed)
        }
    }
}
