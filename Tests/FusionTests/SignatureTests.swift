import Foundation
import Fusion
import SandboxCore
import Testing

@Suite struct SignatureTests {
    @Test func aSignedContractLoads() throws {
        let pilot = try Pilot()
        #expect(pilot.signed.hash == DomainHash.plainSHA256(pilot.signed.bytes))
        #expect(pilot.signed.identities["bank"] == pilot.bank.publicIdentity)
        #expect(try SignedContract.signatureStatus(path: pilot.contractPath).map(\.status) == [.valid, .valid])
    }

    @Test func aMissingSignatureNamesTheParty() throws {
        let pilot = try Pilot()
        try FileManager.default.removeItem(atPath: pilot.contractPath + ".bank.sig")
        let refused = try #require(error { _ = try SignedContract.load(path: pilot.contractPath) })
        #expect(refused.code == .contract && refused.message == "bank has not signed")
        #expect(try SignedContract.signatureStatus(path: pilot.contractPath).map(\.status) == [.valid, .missing])
    }

    @Test func oneChangedByteVoidsEverySignature() throws {
        let pilot = try Pilot()
        var bytes = pilot.signed.bytes
        bytes.append(10)
        try Data(bytes).write(to: URL(filePath: pilot.contractPath))
        let refused = try #require(error { _ = try SignedContract.load(path: pilot.contractPath) })
        #expect(refused.message.contains("centre signed another text"))
    }

    @Test func aSignatureByAnotherKeyIsRefused() throws {
        let pilot = try Pilot()
        let stranger = try Identity.generate()
        #expect(
            error { _ = try SignedContract.sign(path: pilot.contractPath, identity: stranger) }?.message.contains(
                "not the key of any party") == true)
        let forged = try Pilot()
        // A valid signature of these bytes, by the other party's key, under the bank's name.
        try FileManager.default.removeItem(atPath: pilot.contractPath + ".bank.sig")
        let text = try String(contentsOfFile: pilot.contractPath + ".centre.sig", encoding: .utf8)
        _ = try pilot.folder.file(
            "contract.yaml.bank.sig", text.replacingOccurrences(of: "\"party\":\"centre\"", with: "\"party\":\"bank\""))
        #expect(
            error { _ = try SignedContract.load(path: pilot.contractPath) }?.message.contains("bank signed with the key") == true)
        #expect(forged.signed.hash != pilot.signed.hash)
    }

    @Test func aChangedSignatureIsRefused() throws {
        let pilot = try Pilot()
        let path = pilot.contractPath + ".bank.sig"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let start = try #require(text.range(of: "\"signature\":\"")?.upperBound)
        var changed = text
        changed.replaceSubrange(start...start, with: text[start] == "0" ? "1" : "0")
        _ = try pilot.folder.file("contract.yaml.bank.sig", changed)
        #expect(error { _ = try SignedContract.load(path: pilot.contractPath) }?.message == "the signature of bank is not valid")
        _ = try pilot.folder.file("contract.yaml.bank.sig", "{}")
        #expect(error { _ = try SignedContract.load(path: pilot.contractPath) }?.message == "not a contract signature")
    }
}
