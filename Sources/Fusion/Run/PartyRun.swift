import ContractText
import Foundation
import Paillier
import SandboxCore
import Synchronization
import Tables
import Transport

/// One party's side of one run of a contract.
///
///     this party                                   peer
///     session: contract, plan      <------------->            differ by one byte: both stop here
///     nonce                        <------------->            both make the run id
///     ready? subjects, signature   <------------->            either may refuse
///     remembered release           <------------->            the same one: shown again, nothing charged, on to the result digest
///     run-start in the ledger
///     the join                     <------------->            shares of every sum
///     budget-charge in the ledger
///     charge confirmation          <------------->            both are charged
///     release-intent in the ledger; own noise drawn and added to own shares
///     noised shares                <------------->            only to the recipients of each output
///     result digest                <------------->
///     release in the ledger
///     ledger head, countersignature <------------>
///
/// Whatever stops it, and wherever: nothing opens that is not charged on this party's disk. Protocols/fusion-run.md.
public struct PartyRun: Sendable {
    public let signed: SignedContract
    public let plan: FusionPlan
    /// This party and the other one.
    public let party: Contract.Party
    public let peer: Contract.Party

    /// `plan.questionDigest`, hexadecimal.
    let question: String
    let ledger: any RunLedger
    let identity: Identity
    let data: String
    let threads: Int
    let keyBits: Int
    /// A small key for tests; runs make a fresh one.
    let testKey: PaillierPrivateKey?
    let now: @Sendable () -> Date
    let progress: ProgressMonitor?
    private let table = LoadedTable()

    /// Opens the home's ledger and checks everything that can be checked before the data is read: the plan, this party's part in
    /// it, expiry, runs and budget. A refusal is written to the ledger, then thrown.
    ///
    /// - Parameters:
    ///   - data: path of this party's table.
    ///   - threads: threads for hashing and arithmetic.
    ///   - keyBits: Paillier modulus; both parties must use the same.
    public init(
        contract: SignedContract, home: PartyHome, identity: Identity, data: String, threads: Int = availableCores,
        keyBits: Int = SecurityParameters.factoringModulusBits, progress: ProgressMonitor? = nil
    ) throws {
        try self.init(
            contract: contract, ledger: home.ledger(identity), identity: identity, data: data, threads: threads, keyBits: keyBits,
            now: { Date() }, progress: progress)
    }

    package init(
        contract signed: SignedContract, ledger: any RunLedger, identity: Identity, data: String, threads: Int,
        keyBits: Int = SecurityParameters.factoringModulusBits,
        testKey: PaillierPrivateKey? = nil, now: @escaping @Sendable () -> Date = { Date() }, progress: ProgressMonitor? = nil
    ) throws {
        try ledger.requireValid()
        self.signed = signed
        self.ledger = ledger
        self.identity = identity
        self.data = data
        self.threads = threads
        self.keyBits = testKey?.publicKey.bits ?? keyBits
        self.testKey = testKey
        self.now = now
        self.progress = progress
        do {
            let fingerprint = identity.fingerprint.description
            guard let party = signed.contract.parties.first(where: { $0.fingerprint == fingerprint }) else {
                throw YinheError(
                    .contract, "your key \(fingerprint) is not the key of any party of \"\(signed.contract.name)\"",
                    remedy: "use the home folder of a party")
            }
            self.party = party
            peer = signed.contract.peer(of: party.name)!
            plan = try FusionPlan(signed.contract)
            question = plan.questionDigest.hex
            try AuditLedger.checkDate(signed, now())
            // An answer that is already paid for may be shown again; whether the input is the same is known once it is read.
            if try ledger.remembered(query: question, dataset: nil) == nil {
                try ledger.checkRoom(for: signed, dataset: nil, sketch: nil, at: now())
            }
        } catch {
            try Self.recordStop(error, run: "", contract: signed.hashText, in: ledger)
            throw error
        }
        try ledger.record(signed)
    }

    /// Loads the contract at `contractPath` with its signatures, then as `init`. A contract that is malformed or not signed by
    /// all is refused, and the refusal is in the ledger.
    public static func load(
        contractPath: String, home: PartyHome, identity: Identity, data: String, threads: Int = availableCores,
        keyBits: Int = SecurityParameters.factoringModulusBits,
        progress: ProgressMonitor? = nil
    ) throws -> PartyRun {
        let signed: SignedContract
        do {
            signed = try SignedContract.load(path: contractPath)
        } catch {
            let ledger = try home.ledger(identity)
            let hash = (try? BoundedFile.read(contractPath, maximum: StrictYaml.maximumBytes)).map {
                DomainHash.plainSHA256($0).hex
            }
            try recordStop(error, run: "", contract: hash ?? "", in: ledger)
            throw error
        }
        return try PartyRun(
            contract: signed, home: home, identity: identity, data: data, threads: threads, keyBits: keyBits, progress: progress)
    }

    /// Reads and checks this party's file, so that mistakes show before a connection is made. `run` does it otherwise.
    @discardableResult
    public func prepare() async throws -> InputReport {
        do {
            let table = try await loadedTable()
            // Refused before a connection is made, unless the peer may remember the same answer.
            if try ledger.remembered(query: question, dataset: table.report.sha256) == nil {
                try ledger.checkRoom(for: signed, dataset: table.report.sha256, sketch: try await sketch(of: table), at: now())
            }
            return table.report
        } catch {
            try Self.recordStop(error, run: "", contract: signed.hashText, in: ledger)
            throw error
        }
    }

    func loadedTable() async throws -> KeyedTable {
        if let known = table.value.withLock({ $0 }) { return known }
        let schema = try signed.contract.dataset(of: party.name)!.schema()
        let (data, threads, progress) = (data, threads, progress)
        let loaded = try await Parallel.offload {
            try KeyedTable.load(path: data, schema: schema, threads: threads, progress: progress)
        }
        table.value.withLock { $0 = loaded }
        return loaded
    }

    func sketch(of table: KeyedTable) async throws -> CohortSketch {
        if let known = self.table.sketch.withLock({ $0 }) { return known }
        let (identity, threads) = (identity, threads)
        let made = try await Parallel.offload { CohortSketch(table.tokens, key: try SketchKey(identity), threads: threads) }
        self.table.sketch.withLock { $0 = made }
        return made
    }

    private final class LoadedTable: Sendable {
        let value = Mutex<KeyedTable?>(nil)
        let sketch = Mutex<CohortSketch?>(nil)
    }

    /// Runs the contract with the peer at the other end of `channel`. Every stop is in the ledger: as a refusal where a rule
    /// forbade the run, else as an abort.
    ///
    /// - Parameter dealer: a channel to the dealer, where the contract names one.
    public func run(over channel: any Channel, dealer: (any Channel)? = nil) async throws -> RunReport {
        let execution = RunExecution(run: self, channel: channel, dealer: dealer)
        do {
            return try await execution.perform()
        } catch {
            try Self.recordStop(error, run: execution.runID, contract: signed.hashText, in: ledger)
            throw error
        }
    }

    /// Writes a refusal or an abort. A ledger that cannot be written is the graver problem, and is thrown instead.
    static func recordStop(_ error: any Error, run: String, contract: String, in ledger: any RunLedger) throws {
        let known = error as? YinheError
        let code = known?.code ?? (error is CancellationError ? .cancelled : .system)
        // The reason without its remedy; it never holds data of the peer.
        let reason = known.map { $0.place.isEmpty ? $0.message : "\($0.place): \($0.message)" } ?? "\(error)"
        let stop = LedgerRecord.Stop(run: run, contract: contract, code: code.name, reason: String(reason.prefix(500)))
        let isRefusal = [.contract, .budget, .peerMismatch, .range].contains(code)
        try ledger.append(isRefusal ? .refusal(stop) : .abort(stop))
    }
}
