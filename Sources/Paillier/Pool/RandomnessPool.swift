import Arithmetic
import Foundation
import SandboxCore
import Synchronization

/// Random n-th powers for ciphertexts of one key, made in idle time and kept encrypted in a folder, each used at most once, also
/// across crashes. With one at hand, an encryption takes two multiplications.
///
/// Whoever reads an n-th power before or after its use reads the plaintext that was encrypted with it: so batches lie on the disk under
/// AES-256-GCM, what was used is overwritten, and before any power is handed out, how many are gone is on the disk (`journal`, one
/// fsynced record each time). A crash may waste powers and never repeats them. A lock keeps a second process out. **Never copy a
/// pool's folder or restore it from a backup**: an older state would give powers out again. Protocols/encrypted-vectors.md, "Pool".
public final class RandomnessPool: Sendable {
    public let path: String
    public let publicKey: PaillierPublicKey
    /// Whether the powers are uniform, as `PaillierEncryptor(hidingFromOwnerOf:)` makes them.
    public let hidesFromOwner: Bool
    private let lock: Int32
    private let master: SecretBytes
    private let state: Mutex<State>

    public static let secretBytes = AuthenticatedCipher.keyBytes
    /// Powers in one file.
    static let batchRows = 4096

    private struct State {
        var batches: [RandomnessBatch] = []
        var used: [[UInt8]: Int] = [:]
        let journal: RandomnessJournal
    }

    /// Opens, or makes, the pool in folder `path`.
    ///
    /// - Parameters:
    ///   - hidingFromOwner: the kind of randomness; see `PaillierEncryptor(hidingFromOwnerOf:)`. A folder holds one kind.
    ///   - secret: `secretBytes` uniform bytes that encrypt the pool, kept by the caller. Copied; wiped when the pool goes away.
    ///
    /// Throws `.system` when the pool is in use or cannot be written, `.badInput` for a damaged file or one of another key or kind,
    /// naming it.
    public init(path: String, key: PaillierPublicKey, hidingFromOwner: Bool = false, secret: borrowing SecretBytes) throws {
        precondition(secret.count == Self.secretBytes)
        self.path = path
        publicKey = key
        hidesFromOwner = hidingFromOwner
        master = secret.copy
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw YinheError(.system, "cannot create the folder of the pool", at: path) }
        lock = Foundation.open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            if lock >= 0 { close(lock) }
            throw YinheError(.system, "the pool is in use by another process, or cannot be locked", at: path, remedy: "wait for it to end")
        }
        do {
            let journal = try RandomnessJournal(path: path + "/journal")
            var state = State(used: journal.used, journal: journal)
            for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted() {
                let file = path + "/" + name
                if name.hasSuffix(".partial") { unlink(file) }  // a batch that a crash cut short: never used
                guard name.hasSuffix(RandomnessBatch.suffix) else { continue }
                let batch = try RandomnessBatch(opening: file, key: key, hidesFromOwner: hidingFromOwner)
                if state.used[batch.id, default: 0] >= batch.count {
                    unlink(file)  // a crash came between the last use and this
                } else {
                    state.batches.append(batch)
                }
            }
            state.batches.sort { $0.sequence < $1.sequence }
            if let first = state.batches.first { try first.checkSecret(master) }
            self.state = Mutex(state)
        } catch {
            close(lock)
            throw error
        }
    }

    /// The same with the secret in a file of mode 0600, which is made, with a fresh secret, when it does not exist. Keep it where
    /// backups and other machines do not see both it and the pool.
    public convenience init(path: String, key: PaillierPublicKey, hidingFromOwner: Bool = false, secretFile: String) throws {
        let secret = try Self.secret(inFile: secretFile)
        try self.init(path: path, key: key, hidingFromOwner: hidingFromOwner, secret: secret)
    }

    deinit { close(lock) }

    /// Powers that are left.
    public var count: Int {
        state.withLock { state in state.batches.reduce(0) { $0 + $1.count - state.used[$1.id, default: 0] } }
    }

    // MARK: Filling

    /// Makes powers until the pool holds at least `target`; what is made stays when this is stopped or interrupted.
    ///
    /// - Parameters:
    ///   - encryptor: for the pool's key and kind.
    ///   - stop: asked before each batch of at most 4096 powers.
    public func fill(
        to target: Int, with encryptor: PaillierEncryptor, threads: Int = availableCores, progress: ProgressMonitor? = nil,
        stop: @Sendable () -> Bool = { false }
    ) throws {
        guard encryptor.publicKey == publicKey, encryptor.hidesFromOwner || !hidesFromOwner else {
            throw YinheError(
                .badInput, "the encryptor is for another key, or does not hide from the key's owner", at: path,
                remedy: "fill the pool with an encryptor for its key and kind")
        }
        let arithmetic = CiphertextArithmetic(publicKey)
        let missing = target - count
        var made = 0
        while made < missing, !stop() {
            let rows = min(Self.batchRows, missing - made), before = made
            let powers = HugeBuffer<UInt64>(count: rows * arithmetic.limbs, wiped: true)
            var report: ProgressMonitor?
            if let progress {
                report = { progress(ProgressEvent(phase: "fill", completed: before + $0.completed, total: missing)) }
            }
            try encryptor.encryptZeros(count: rows, threads: threads, progress: report, into: powers.pointer)
            // The sequence number is taken under the lock of the file's creation: batches are used in this order.
            try state.withLock { state in
                let batch = try RandomnessBatch.write(
                    powers.pointer, count: rows, arithmetic, sequence: (state.batches.last?.sequence ?? -1) + 1,
                    hidesFromOwner: hidesFromOwner, secret: master, folder: path)
                state.batches.append(batch)
            }
            made += rows
        }
    }

    // MARK: Use

    /// Encrypts the first plaintext rows, as many as there are powers and at most `count`; how many that were.
    package func encrypt(
        _ plaintexts: UnsafePointer<UInt64>, upTo count: Int, with arithmetic: CiphertextArithmetic, threads: Int,
        into rows: UnsafeMutablePointer<UInt64>
    ) throws -> Int {
        guard arithmetic.key == publicKey else {
            throw YinheError(.badInput, "the pool is for another key", at: path, remedy: "make a pool for this key")
        }
        let prepared = try take(upTo: count, arithmetic, into: rows)
        let source = SharedRows(plaintexts), target = TargetRows(rows)
        let limbs = arithmetic.limbs, words = arithmetic.plaintextLimbs, key = publicKey
        try Parallel.forEachChunk(of: prepared, chunk: 64, threads: threads) { range in
            for i in range {
                let m = BigInteger(limbs: UnsafeBufferPointer(start: source.base + i * words, count: words))
                precondition(m < key.n)
                // (1 + m n) w = w + n (m w mod n), modulo n^2
                let w = arithmetic.number(target.base + i * limbs)
                let sum = w + key.n * (m * w.modulo(key.n)).modulo(key.n)
                (sum < key.nSquared ? sum : sum - key.nSquared).copyLimbs(to: target.base + i * limbs, count: limbs)
            }
        }
        return prepared
    }

    /// Removes up to `count` powers, oldest first, into `rows`. They are marked as used on the disk before they are read.
    ///
    /// `crash` stands for the machine's end at a named place, in tests.
    package func take(
        upTo count: Int, _ arithmetic: CiphertextArithmetic, into rows: UnsafeMutablePointer<UInt64>,
        crash: (RandomnessCrashPoint) throws -> Void = { _ in }
    ) throws -> Int {
        try state.withLock { state in
            var taken = 0
            for batch in state.batches where taken < count {
                let used = state.used[batch.id, default: 0], n = min(count - taken, batch.count - used)
                try crash(.beforeJournal)
                try state.journal.record(batch.id, used: used + n)
                state.used[batch.id] = used + n
                try crash(.afterJournal)
                try batch.read(used..<used + n, secret: master, arithmetic, into: rows + taken * arithmetic.limbs)
                taken += n
                try crash(.afterRead)
                batch.erase(upTo: used + n)
                try crash(.afterErase)
            }
            for batch in state.batches where state.used[batch.id, default: 0] >= batch.count { unlink(batch.path) }
            state.batches.removeAll { state.used[$0.id, default: 0] >= $0.count }
            return taken
        }
    }

    /// Gives up everything that is left.
    public func discardAll() throws {
        try state.withLock { state in
            for batch in state.batches {
                try state.journal.record(batch.id, used: batch.count)
                state.used[batch.id] = batch.count
                batch.erase(upTo: batch.count)
                unlink(batch.path)
            }
            state.batches.removeAll()
        }
    }
}

/// Places where a crash leaves the disk in different states.
package enum RandomnessCrashPoint: String, CaseIterable, Sendable {
    case beforeJournal, afterJournal, afterRead, afterErase
}
