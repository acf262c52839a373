import ArgumentParser
import Foundation
import Fusion
import SandboxCore

struct KeysCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "keys", abstract: Help.text("This party's identity key; checking a column of join keys.", "本方身份密钥；检查关联键列。"),
            discussion: Help.discussion(
                """
                One Ed25519 key signs contracts and ledger entries and authenticates TLS connections. Its fingerprint is what a
                contract names; give it to the other party over a channel you trust.
                """,
                "同一把 Ed25519 密钥用于签署合同、签署账本条目和 TLS 身份认证。合同中写的就是它的指纹；请通过可信渠道告知对方。",
                examples: [
                    ("yinhe keys new", "in ~/.yinhe", "保存在 ~/.yinhe"),
                    ("yinhe keys new --home /srv/bank --passphrase-file pass.txt", "encrypted", "加密保存"),
                    ("yinhe keys show", "the fingerprint", "查看指纹"),
                    ("yinhe keys doctor people.csv --key id_number --type resident-id", "join keys", "检查关联键"),
                ], exits: Help.fileCodes),
            subcommands: [New.self, Show.self, KeysDoctor.self])
    }

    struct Document: Codable {
        var home: String
        var keyFile: String
        var fingerprint: String
        var publicKey: String
    }

    struct New: PartyCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "new", abstract: Help.text("Make this party's key; never replaces one.", "生成本方密钥；绝不覆盖已有密钥。"),
                discussion: Help.discussion(
                    "The key file has mode 0600. Back it up: ledgers and contracts name it.", "密钥文件权限为 0600。请备份：账本和合同都引用它。",
                    examples: [("yinhe keys new", "", "")], exits: Help.fileCodes))
        }
        @OptionGroup var common: CommonOptions
        @OptionGroup var home: HomeOption
        @OptionGroup var passphrase: PassphraseOption

        func execute(_ console: Console) async throws -> Outcome {
            let folder = home.folder
            try folder.create()
            let identity = try Identity.generate()
            try identity.write(to: folder.identityPath, passphrase: passphrase.read())
            try KeysCommand.show(identity, folder, console)
            return .success
        }
    }

    struct Show: PartyCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "show", abstract: Help.text("Print the fingerprint of this party's key.", "显示本方密钥指纹。"),
                discussion: Help.discussion(
                    "Only public values are printed.", "只打印公开信息。",
                    examples: [("yinhe keys show", "", ""), ("yinhe keys show --json | jq -r .fingerprint", "", "")],
                    exits: Help.fileCodes))
        }
        @OptionGroup var common: CommonOptions
        @OptionGroup var home: HomeOption
        @OptionGroup var passphrase: PassphraseOption

        func execute(_ console: Console) async throws -> Outcome {
            try KeysCommand.show(home.folder.identity(passphrase: passphrase.read()), home.folder, console)
            return .success
        }
    }

    private static func show(_ identity: Identity, _ home: PartyHome, _ console: Console) throws {
        let fingerprint = identity.fingerprint.description
        try console.emit(
            Document(
                home: home.path, keyFile: home.identityPath, fingerprint: fingerprint,
                publicKey: identity.publicIdentity.publicKey.hex))
        try console.fact(Phrase(en: "Fingerprint", zh: "指纹"), fingerprint)
        try console.fact(Phrase(en: "Key file", zh: "密钥文件"), home.identityPath)
    }
}
