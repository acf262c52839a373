import SandboxCore

/// Heads that the two parties signed for each other.
struct LedgerEvidence {
    private(set) var problems: [LedgerProblem] = []
    private(set) var countersignatures = 0

    /// Checks each exchanged head and countersignature by itself, and countersigned heads against the entries.
    init(_ ledger: LedgerExport, owner: PublicIdentity?, terms: [LedgerRecord.ContractTerms]) {
        let fingerprints = Set(terms.flatMap { $0.parties.values })
        func key(_ text: String) -> PublicIdentity? {
            guard let bytes = [UInt8](hex: text), let key = try? PublicIdentity(publicKey: bytes),
                fingerprints.contains(key.fingerprint.description)
            else { return nil }
            return key
        }
        for entry in ledger.entries {
            func problem(_ message: String) { problems.append(.init(sequence: entry.sequence, message: message)) }
            switch try? entry.record() {
            case .headExchange(let exchange):
                guard let peer = key(exchange.publicKey) else {
                    problem("a head of somebody who is no party to a contract")
                    continue
                }
                if !exchange.head.isSigned(by: peer) { problem("the head of \(exchange.peer) is not signed by it") }
            case .countersignature(let counter):
                guard let peer = key(counter.publicKey) else {
                    problem("countersigned by somebody who is no party")
                    continue
                }
                let message = LedgerHead.countersignedMessage(
                    ledger: ledger.entries[0].hash, sequence: counter.sequence, hash: counter.hash, run: counter.run)
                guard let value = [UInt8](hex: counter.signature), peer != owner,
                    peer.isValid(signature: value, over: message, domain: LedgerHead.countersignatureDomain)
                else {
                    problem("the countersignature of \(counter.peer) is not valid")
                    continue
                }
                guard Self.has(ledger, counter.sequence, counter.hash), counter.sequence < entry.sequence else {
                    problem("\(counter.peer) countersigned another entry \(counter.sequence) than the one in this ledger")
                    continue
                }
                countersignatures += 1
            default: break
            }
        }
    }

    private static func has(_ ledger: LedgerExport, _ sequence: Int, _ hash: String) -> Bool {
        ledger.entries.indices.contains(sequence - 1) && ledger.entries[sequence - 1].hash == hash
    }

    /// Where two parties' ledgers tell different stories: one was rolled back or rewritten after the other saw it.
    static func contradictions(
        _ ledger: LedgerExport, owner: PublicIdentity?, _ replay: LedgerReplay, with peer: LedgerExport
    ) -> [LedgerProblem] {
        let chain = LedgerChain(peer, owner: nil)
        guard chain.problems.isEmpty, let peerOwner = chain.owner else {
            return [
                .init(sequence: nil, message: "the peer's export does not verify: \(chain.problems.first?.message ?? "no owner")")
            ]
        }
        var problems: [LedgerProblem] = []
        func compare(_ holder: LedgerExport, _ subject: LedgerExport, signer: PublicIdentity?, _ whose: String) {
            for entry in holder.entries {
                guard case .headExchange(let exchange)? = try? entry.record(), let signer, exchange.head.isSigned(by: signer),
                    exchange.publicKey == signer.publicKey.hex
                else { continue }
                let head = exchange.head
                let evidence = "the other side holds its signed head \(head.sequence), \(head.hash.prefix(16))"
                if head.ledger != subject.entries.first?.hash {
                    problems.append(.init(sequence: nil, message: "\(whose) ledger was replaced: \(evidence), of another ledger"))
                } else if !has(subject, head.sequence, head.hash) {
                    problems.append(
                        .init(
                            sequence: nil,
                            message: "\(whose) ledger was rolled back or rewritten: it lacks what \(evidence) names"))
                }
            }
        }
        compare(peer, ledger, signer: owner, "this")
        compare(ledger, peer, signer: peerOwner, "the peer's")

        let other = LedgerReplay(peer.entries)
        for (hash, account) in replay.accounts {
            guard let theirs = other.accounts[hash]?.terms, !theirs.agrees(with: account.terms) else { continue }
            problems.append(.init(sequence: nil, message: "the two ledgers record different terms of \"\(account.terms.name)\""))
        }
        for (id, run) in replay.runs.sorted(by: { $0.key < $1.key }) {
            guard let theirs = other.runs[id] else { continue }
            func differ(_ what: String) {
                problems.append(.init(sequence: nil, message: "run \(id.prefix(16)): the two ledgers record different \(what)"))
            }
            if run.contract != theirs.contract { differ("contracts") }
            if let mine = run.charged, let charged = theirs.charged, mine != charged { differ("charges") }
            if let mine = run.release, let release = theirs.release, mine.sharedResult != release.sharedResult {
                differ("results")
            }
        }
        return problems
    }
}
