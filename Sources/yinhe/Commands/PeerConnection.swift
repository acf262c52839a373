import ArgumentParser
import SandboxCore
import Transport

/// Opens the channel that the connection options ask for, and says what happens meanwhile.
enum PeerConnection {
    /// What a supervising program reads to learn the port behind port 0.
    struct ListeningEvent: Encodable {
        var event = "listening"
        var host: String
        var port: Int
    }

    static func open(_ options: ConnectionOptions, security: ChannelSecurity, _ console: Console) async throws -> SocketChannel {
        let timeouts = ChannelTimeouts(wait: .seconds(options.wait))
        if case .insecurePlaintext = security { console.warn(.insecure) }
        let channel: SocketChannel
        if let listen = options.listen {
            let listener = try listening(Endpoint(parsing: listen), security, timeouts, console)
            defer { listener.close() }
            channel = try await listener.accept()
        } else {
            let endpoint = try Endpoint(parsing: options.connect!)
            console.note(.connecting(endpoint.description))
            channel = try await SocketChannel.connect(to: endpoint, security: security, timeouts: timeouts)
        }
        console.note(.connected(channel.peerDescription))
        return channel
    }

    static func listening(
        _ endpoint: Endpoint, _ security: ChannelSecurity, _ timeouts: ChannelTimeouts, _ console: Console
    ) throws -> SocketListener {
        let listener = try SocketListener(endpoint, security: security, timeouts: timeouts)
        console.event(ListeningEvent(host: endpoint.host, port: listener.boundPort))
        console.note(.listening(Endpoint(host: endpoint.host, port: listener.boundPort).description))
        return listener
    }
}

/// Who the peer of a building block is: `run` takes that from the contract instead.
struct PeerSecurityOptions: ParsableArguments {
    @Option(
        help: .say(
            "Fingerprint of the peer's key, for mutual TLS with this party's own key.", "对方密钥指纹，用于双向 TLS（本方使用自己的密钥）。",
            valueName: "sha256:…"))
    var peer: String?

    @Flag(help: .say("No encryption and no authentication; only on a network you trust.", "不加密、不认证；仅限可信网络。"))
    var insecurePlaintext = false

    func validate() throws {
        guard (peer != nil) != insecurePlaintext else {
            throw ValidationError(
                Help.text(
                    "Give --peer with the fingerprint of the other side (it prints it with `yinhe keys show`), or "
                        + "--insecure-plaintext.",
                    "请用 --peer 给出对方指纹（对方运行 `yinhe keys show` 可得），或明确使用 --insecure-plaintext。"))
        }
    }

    func security(_ home: HomeOption, _ passphrase: PassphraseOption) throws -> ChannelSecurity {
        guard let peer else { return .insecurePlaintext }
        return .mutualTLS(
            identity: try home.folder.identity(passphrase: passphrase.read()), peers: [try Fingerprint(parsing: peer)])
    }
}
