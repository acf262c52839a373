import Foundation
import Fusion
import SandboxCore
import TestSupport
import Testing

/// Protocols/Vectors, computed by an independent implementation of the specifications.
@Suite struct VectorTests {
    private func load<T: Decodable>(_ name: String, as type: T.Type = T.self) throws -> T {
        try JSONDecoder().decode(T.self, from: Data(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/\(name).json")))
    }

    private struct Signer: Decodable {
        let party, privateKey, publicKey, fingerprint: String

        func identity() throws -> Identity {
            let identity = try Identity(privateKey: #require([UInt8](hex: privateKey)))
            #expect(identity.publicIdentity.publicKey.hex == publicKey && identity.fingerprint.description == fingerprint)
            return identity
        }
    }

    private struct ContractVector: Decodable {
        struct Signature: Decodable { let party, privateKey, publicKey, fingerprint, signature: String }
        let contract, sha256, planDigest: String
        let signatures: [Signature]
    }

    @Test func contractHashSignaturesAndPlanDigest() throws {
        let vector: ContractVector = try load("contract")
        let bytes = Array(vector.contract.utf8)
        let contract = try Contract(parsing: bytes, file: "vector")
        var signatures: [ContractSignature] = []
        for item in vector.signatures {
            let signer = Signer(
                party: item.party, privateKey: item.privateKey, publicKey: item.publicKey, fingerprint: item.fingerprint)
            let signature = try ContractSignature(contract, bytes: bytes, party: item.party, identity: signer.identity())
            #expect(signature.signature == item.signature && signature.contract == vector.sha256)
            signatures.append(signature)
        }
        let signed = try SignedContract(contract, bytes: bytes, signatures: signatures)
        #expect(signed.hashText == vector.sha256)
        #expect(try FusionPlan(contract).digest.hex == vector.planDigest)
    }

    private struct PlanVector: Decodable { let contract, planDigest: String }

    @Test func planDigestOfAHiddenJoin() throws {
        let vector: PlanVector = try load("fusion-plan-hidden")
        #expect(try FusionPlan(Contract(parsing: Array(vector.contract.utf8), file: "vector")).digest.hex == vector.planDigest)
    }

    private struct LedgerVector: Decodable {
        let owner, peer: Signer
        let entries: [LedgerEntry]
        let head: LedgerHead
        let run, headMessage, countersignature: String
    }

    @Test func ledgerHashesHeadAndCountersignature() throws {
        let vector: LedgerVector = try load("ledger")
        let owner = try vector.owner.identity(), peer = try vector.peer.identity()
        for entry in vector.entries {
            let hash = LedgerEntry.hash(
                sequence: entry.sequence, time: entry.time, kind: entry.kind.rawValue, payload: entry.payload,
                previous: entry.previous)
            #expect(hash.hex == entry.hash)
            #expect(try owner.sign(hash, domain: LedgerEntry.domain).hex == entry.signature)
        }
        let verification = LedgerVerification(
            LedgerExport(entries: vector.entries, head: vector.head), owner: owner.publicIdentity)
        #expect(verification.isValid, "\(verification.problems)")
        #expect(verification.accounts.map(\.remaining) == [3])

        let head = vector.head
        let message = LedgerHead.message(ledger: head.ledger, sequence: head.sequence, hash: head.hash)
        #expect(message.hex == vector.headMessage)
        #expect(try owner.sign(message, domain: LedgerHead.domain).hex == head.signature)
        let counter = LedgerHead.countersignedMessage(
            ledger: head.ledger, sequence: head.sequence, hash: head.hash, run: vector.run)
        #expect(try peer.sign(counter, domain: LedgerHead.countersignatureDomain).hex == vector.countersignature)
    }

    private struct RunVector: Decodable {
        struct Ready: Decodable {
            let party, privateKey, publicKey, fingerprint, message, signature: String
            let status: UInt8
            let subjects: UInt32
        }
        let contract, firstNonce, secondNonce, run: String
        let passBindings: [String]
        let ready: Ready
    }

    @Test func runIdBindingsAndReadiness() throws {
        let vector: RunVector = try load("fusion-run")
        func bytes(_ text: String) throws -> [UInt8] { try #require([UInt8](hex: text)) }
        let run = RunBinding.runID(
            contractHash: try bytes(vector.contract), nonces: (try bytes(vector.firstNonce), try bytes(vector.secondNonce)))
        #expect(run.hex == vector.run)
        #expect(vector.passBindings.indices.map { RunBinding.pass($0, of: run).hex } == vector.passBindings)
        let ready = vector.ready
        let message = RunBinding.readyMessage(run: run, status: ready.status, subjects: ready.subjects, party: ready.party)
        #expect(message.hex == ready.message)
        let signer = Signer(
            party: ready.party, privateKey: ready.privateKey, publicKey: ready.publicKey, fingerprint: ready.fingerprint)
        #expect(try signer.identity().sign(message, domain: RunBinding.readyDomain).hex == ready.signature)
    }
}
