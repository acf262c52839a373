import Arithmetic
import ArgumentParser
import Foundation
import SandboxCore
import SecureAggregation

/// What a contributor with a program of its own can do, for workshops and evaluations. It needs no secret but that contributor's key.
struct AggregatePoison: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "poison",
            abstract: Help.text("An exercise: make a submission that lies.", "演练：制作一份作假的提交。"),
            discussion: Help.discussion(
                """
                Adds a number to the first value of a contributor's own submission, inside the ciphertext and whatever the bounds say,
                and signs the file again: its signature, author and contract are in order. With range-proofs: required the
                aggregator refuses it, because its proof no longer holds, and names the contributor. Without, the sum is wrong and
                nobody notices, unless it leaves the bounds. To learn from; never hand such a file in.
                """,
                """
                在某贡献方自己的提交中，绕过边界检查，直接在密文内给第一个数值加上一个数，然后重新签名：签名、作者和合同都无可挑剔。
                若合同要求 range-proofs: required，其范围证明不再成立，汇总方会拒绝并指出是哪一方；否则合计会出错，只要未超出边界就无人察觉。
                仅供学习，切勿真正提交。
                """,
                examples: [
                    (
                        "yinhe aggregate poison --contract sums.yaml --public-key key.public.json --in mine.submission --add 1000000 "
                            + "--out poisoned.submission", "", ""
                    )
                ], exits: AggregateCommand.exits))
    }
    @OptionGroup var common: CommonOptions
    @OptionGroup var aggregation: AggregationOptions
    @Option(name: .customLong("in"), help: .say("This contributor's honest submission.", "己方的诚实提交。", valueName: "file"), completion: .file())
    var input: String
    @Option(help: .say("What to add, in units of the last decimal of the first column.", "要加的数，以第一列最末小数位为单位。", valueName: "n"))
    var add: Int
    @Option(help: .say("The submission to write.", "要写出的提交文件。", valueName: "file"))
    var out: String
    @OptionGroup var home: HomeOption
    @OptionGroup var passphrase: PassphraseOption

    struct Document: Codable {
        var contributor: String
        var digest: String
    }

    func execute(_ console: Console) async throws -> Outcome {
        let identity = try home.folder.identity(passphrase: passphrase.read())
        let terms = try await aggregation.load(console)
        let contributor = try terms.contract.contributor(with: identity.fingerprint)
        let honest = try SignedFile.Reader(path: input, kind: .submission)
        guard honest.signer.fingerprint == identity.fingerprint else {
            throw YinheError(.contract, "this is the submission of another party", at: input, remedy: "give the one of \(contributor.name)")
        }
        let key = terms.publicKey
        var body = try honest.read(honest.bodyBytes)
        guard body.count >= key.ciphertextBytes else { throw honest.malformed("no ciphertext") }
        let first = try key.decodeCiphertext(body[..<key.ciphertextBytes])
        body.replaceSubrange(..<key.ciphertextBytes, with: key.encode(key.add(first, plaintext: BigInteger(add))))
        let file = try SignedFile.Writer(path: out, kind: .submission, header: honest.header)
        try file.write(body)
        let digest = try file.commit(signedBy: identity).hex
        try console.emit(Document(contributor: contributor.name, digest: digest))
        try console.fact(.aggregateContributor, contributor.name)
        try console.fact(.aggregateSubmission, out)
        try console.fact(.aggregateDigest, digest)
        return .success
    }
}
