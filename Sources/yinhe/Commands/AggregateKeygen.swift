import ArgumentParser
import Foundation
import Paillier
import SandboxCore
import SecureAggregation

struct AggregateKeygen: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "keygen", abstract: Help.text("Make the Paillier key of an aggregation.", "生成汇总所用的 Paillier 密钥。"),
            discussion: Help.discussion(
                """
                Writes OUT.public.json for everybody, OUT.public.json.proof, which shows that the key is well formed, and
                OUT.private.json (mode 0600), which never leaves its owner. With --threshold and --holders it deals the key
                instead: OUT.share-1.json … go to the key holders, in the order of the contract, each over a private way; any T of
                them open together. Whoever deals sees the whole key for a moment and is trusted to keep nothing.
                """,
                """
                写出供各方使用的 OUT.public.json、证明密钥构造正确的 OUT.public.json.proof，以及永不外传的 OUT.private.json（权限 0600）。
                给出 --threshold 与 --holders 时改为派发共享密钥：OUT.share-1.json 等依合同中的顺序经私密渠道交给各持有方，
                任意 T 个持有方可共同解开。派发者会短暂接触完整密钥，须信任其不留存。
                """,
                examples: [
                    ("yinhe aggregate keygen --out key", "", ""),
                    ("yinhe aggregate keygen --threshold 2 --holders 3 --out key", "any two of three open", "三方中任意两方可解开"),
                ], exits: Help.fileCodes))
    }
    @OptionGroup var common: CommonOptions
    @Option(help: .say("Bits of the modulus: 2048, 3072 or 4096.", "模数位数：2048、3072 或 4096。", valueName: "n"))
    var bits = SecurityParameters.factoringModulusBits
    @Option(help: .say("subgroup (default), djn or standard.", "subgroup（默认）、djn 或 standard。", valueName: "name"))
    var scheme: PaillierPublicKey.Scheme?
    @Option(help: .say("How many holders must join to open; needs --holders.", "解开所需的持有方数目；须同时给出 --holders。", valueName: "t"))
    var threshold: Int?
    @Option(help: .say("Among how many holders the key is shared.", "共享密钥的持有方数目。", valueName: "n"))
    var holders: Int?
    @Option(help: .say("Begin of the files' names.", "文件名的开头。", valueName: "name"))
    var out = "aggregation-key"
    @OptionGroup var threads: ThreadsOption

    struct Document: Codable {
        var bits: Int
        var scheme: String
        var fingerprint: String
        /// Of a shared key.
        var sharing: String?
        var publicKey: String
        var proof: String?
        var secretFiles: [String]
    }

    func validate() throws {
        guard (threshold == nil) == (holders == nil) else {
            throw ValidationError(Help.text("Give --threshold and --holders together.", "--threshold 与 --holders 须同时给出。"))
        }
        guard PaillierPublicKey.allowedBits.contains(bits) else {
            throw ValidationError(Help.text("--bits must be 2048, 3072 or 4096.", "--bits 须为 2048、3072 或 4096。"))
        }
        if let threshold, let holders {
            guard (2...PaillierThresholdKey.maximumParties).contains(holders), (2...holders).contains(threshold) else {
                throw ValidationError(
                    Help.text(
                        "--holders must be 2 to \(PaillierThresholdKey.maximumParties), --threshold 2 to --holders.",
                        "--holders 须在 2 到 \(PaillierThresholdKey.maximumParties) 之间，--threshold 须在 2 到 --holders 之间。"))
            }
            guard scheme != .subgroup else {
                throw ValidationError(
                    Help.text("A shared key is of scheme djn or standard.", "共享密钥的方案须为 djn 或 standard。"))
            }
        }
    }

    func execute(_ console: Console) async throws -> Outcome {
        let monitor = console.board.monitor(), publicPath = out + ".public.json"
        let document = try await interruptible { [self] () throws -> Document in
            if let threshold, let holders {
                let dealt = try PaillierThresholdKey.deal(
                    bits: bits, threshold: threshold, parties: holders, scheme: scheme ?? .djn, threads: threads.threads,
                    progress: monitor)
                let shares = (1...holders).map { "\(out).share-\($0).json" }
                try AggregationKeyFile.write(dealt, shares: shares, public: publicPath)
                let key = dealt.publicKey.encryptionKey
                return Document(
                    bits: key.bits, scheme: key.scheme.rawValue, fingerprint: key.fingerprint, sharing: dealt.publicKey.fingerprint,
                    publicKey: publicPath, proof: nil, secretFiles: shares)
            }
            let key = try PaillierPrivateKey.generate(
                bits: bits, scheme: scheme ?? .subgroup, threads: threads.threads, progress: monitor)
            let privatePath = out + ".private.json"
            try AggregationKeyFile.write(
                key, private: privatePath, public: publicPath, threads: threads.threads, progress: monitor)
            return Document(
                bits: bits, scheme: key.publicKey.scheme.rawValue, fingerprint: key.publicKey.fingerprint, sharing: nil,
                publicKey: publicPath, proof: AggregationKeyFile.proofPath(publicPath), secretFiles: [privatePath])
        }
        console.board.finish()
        try console.emit(document)
        try console.fact(.aggregateKey, "\(document.bits) bits, \(document.scheme)")
        try console.fact(.aggregateKeyFingerprint, document.fingerprint)
        if let sharing = document.sharing { try console.fact(.aggregateSharing, sharing) }
        try console.fact(.aggregatePublicFile, document.publicKey)
        for path in document.secretFiles { try console.fact(.aggregateSecretFile, path) }
        return .success
    }
}

extension PaillierPublicKey.Scheme: ExpressibleByArgument {}
