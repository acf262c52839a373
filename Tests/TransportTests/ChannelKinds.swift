import SandboxCore
import Testing
import Transport

/// The channel implementations that the same tests run over.
enum ChannelKind: String, CaseIterable, Sendable {
    case local
    case tcp
    case tls

    /// Two connected ends.
    func pair(_ timeouts: ChannelTimeouts = ChannelTimeouts()) async throws -> (any Channel, any Channel) {
        switch self {
        case .local:
            return LocalChannel.pair()
        case .tcp:
            return try await sockets(.insecurePlaintext, .insecurePlaintext, timeouts)
        case .tls:
            let (a, b) = (try Identity.generate(), try Identity.generate())
            return try await sockets(
                .mutualTLS(identity: a, peers: [b.fingerprint]), .mutualTLS(identity: b, peers: [a.fingerprint]), timeouts)
        }
    }
}

func sockets(
    _ listening: ChannelSecurity, _ connecting: ChannelSecurity, _ timeouts: ChannelTimeouts = ChannelTimeouts()
) async throws -> (SocketChannel, SocketChannel) {
    let listener = try SocketListener(Endpoint(host: "127.0.0.1", port: 0), security: listening, timeouts: timeouts)
    defer { listener.close() }
    async let connected = SocketChannel.connect(
        to: Endpoint(host: "127.0.0.1", port: listener.boundPort), security: connecting, timeouts: timeouts)
    let accepted = try await listener.accept()
    return (accepted, try await connected)
}

func expectAsyncError(
    _ code: YinheError.Code, mentioning texts: String..., body: () async throws -> Void,
    location: SourceLocation = #_sourceLocation
) async {
    do {
        try await body()
        Issue.record("no error was thrown, \(code) expected", sourceLocation: location)
    } catch let error as YinheError {
        #expect(error.code == code, "\(error)", sourceLocation: location)
        for text in texts { #expect(error.description.contains(text), "\(error)", sourceLocation: location) }
    } catch {
        Issue.record("\(error)", sourceLocation: location)
    }
}
