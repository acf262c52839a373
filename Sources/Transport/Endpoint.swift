import SandboxCore

/// A host and a TCP port: "bank.example:7300", "192.0.2.7:7300", "[2001:db8::7]:7300".
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    public var host: String
    /// Port 0, for a listener, lets the system choose.
    public var port: Int

    public init(host: String, port: Int) {
        precondition((0...65535).contains(port))
        self.host = host
        self.port = port
    }

    /// Throws `.usage` for anything that is not HOST:PORT.
    public init(parsing text: String) throws {
        func wrong(_ reason: String) -> YinheError {
            YinheError(
                .usage, "\"\(text.printable)\" is not an address: \(reason)",
                remedy: "write HOST:PORT, such as bank.example:7300 or 127.0.0.1:7300; an IPv6 address in brackets")
        }
        guard let colon = text.lastIndex(of: ":") else { throw wrong("the port is missing") }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let port = Int(digits), port <= 65535 else {
            throw wrong("the port must be a number up to 65535")
        }
        var host = text[..<colon]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { throw wrong("the closing bracket is missing") }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw wrong("an IPv6 address needs brackets")
        }
        guard !host.isEmpty else { throw wrong("the host is missing") }
        guard host.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 32 && $0 != "[" && $0 != "]" && $0.value < 127 }) else {
            throw wrong("the host contains a character that no host name has")
        }
        self.init(host: String(host), port: port)
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// How the two ends of a socket know each other.
public enum ChannelSecurity: Sendable {
    /// No encryption and no authentication: for benchmarks, and for networks that provide both. Anybody on the path can read
    /// and change everything.
    case insecurePlaintext
    /// TLS 1.3; this side shows the certificate of `identity`, the peer's key must be one of `peers`.
    case mutualTLS(identity: Identity, peers: [Fingerprint])
}

/// How long a socket channel waits for what.
public struct ChannelTimeouts: Sendable {
    /// For the peer to appear. A connecting side tries again until then, so either side may start first.
    public var wait = Duration.seconds(30)
    /// Without any byte from the peer, keep-alives included, while waiting for it.
    public var silence = Duration.seconds(30)
    /// Between two signs of life when there is nothing to send; well below the peer's `silence`.
    public var keepAlive = Duration.seconds(5)
    /// For the TLS handshake and the preamble.
    public var handshake = Duration.seconds(10)
    /// For `close` to flush what was sent, when the peer is slow to read.
    public var close = Duration.seconds(10)

    public init() {}

    public init(
        wait: Duration = .seconds(30), silence: Duration = .seconds(30), keepAlive: Duration = .seconds(5),
        handshake: Duration = .seconds(10), close: Duration = .seconds(10)
    ) {
        self.wait = wait
        self.silence = silence
        self.keepAlive = keepAlive
        self.handshake = handshake
        self.close = close
    }
}
