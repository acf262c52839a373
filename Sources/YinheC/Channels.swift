import CYinhe
import SandboxCore
import Transport
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@_cdecl("yinhe_channel_adopt")
public func channelAdopt(
    _ descriptor: Int32, _ end: Int32, _ identity: CHandle?, _ peer: CText?, _ channel: CHandleResult?, _ message: CTextResult?
) -> Int32 {
    channel?.pointee = nil
    return Call.run(message) { try adopt(descriptor, end, security(identity, peer), channel) }
}

@_cdecl("yinhe_channel_adopt_insecure")
public func channelAdoptInsecure(_ descriptor: Int32, _ end: Int32, _ channel: CHandleResult?, _ message: CTextResult?) -> Int32 {
    channel?.pointee = nil
    return Call.run(message) { try adopt(descriptor, end, .insecurePlaintext, channel) }
}

@_cdecl("yinhe_channel_connect")
public func channelConnect(
    _ host: CText?, _ port: UInt16, _ identity: CHandle?, _ peer: CText?, _ seconds: UInt32, _ channel: CHandleResult?,
    _ message: CTextResult?
) -> Int32 {
    open(host, port, identity, peer, seconds, channel, message) { endpoint, security, timeouts in
        try await SocketChannel.connect(to: endpoint, security: security, timeouts: timeouts)
    }
}

@_cdecl("yinhe_channel_accept")
public func channelAccept(
    _ host: CText?, _ port: UInt16, _ identity: CHandle?, _ peer: CText?, _ seconds: UInt32, _ channel: CHandleResult?,
    _ message: CTextResult?
) -> Int32 {
    open(host, port, identity, peer, seconds, channel, message) { endpoint, security, timeouts in
        let listener = try SocketListener(endpoint, security: security, timeouts: timeouts)
        defer { listener.close() }
        return try await listener.accept()
    }
}

@_cdecl("yinhe_channel_free")
public func channelFree(_ channel: CHandle?) {
    guard let open = try? Call.object(channel, "channel", as: SocketChannel.self) else { return }
    _ = try? Call.blocking { await open.close() }
    Call.release(channel, as: SocketChannel.self)
}

private func open(
    _ host: CText?, _ port: UInt16, _ identity: CHandle?, _ peer: CText?, _ seconds: UInt32, _ channel: CHandleResult?,
    _ message: CTextResult?, by reach: @escaping @Sendable (Endpoint, ChannelSecurity, ChannelTimeouts) async throws -> SocketChannel
) -> Int32 {
    channel?.pointee = nil
    return Call.run(message) {
        let out = try Call.required(channel, "channel")
        let endpoint = Endpoint(host: try Call.text(host, "host"), port: Int(port))
        let security = try security(identity, peer), timeouts = ChannelTimeouts(wait: .seconds(Int(seconds)))
        out.pointee = Call.handle(try Call.blocking { try await reach(endpoint, security, timeouts) })
    }
}

private func security(_ identity: CHandle?, _ peer: CText?) throws -> ChannelSecurity {
    .mutualTLS(
        identity: try Call.object(identity, "identity"), peers: [try Fingerprint(parsing: try Call.text(peer, "peer"))])
}

/// Works on a duplicate, so that the caller's descriptor stays the caller's.
private func adopt(_ descriptor: Int32, _ end: Int32, _ security: ChannelSecurity, _ channel: CHandleResult?) throws {
    let out = try Call.required(channel, "channel")
    guard end == YINHE_CONNECTING || end == YINHE_ACCEPTING else {
        throw YinheError(.usage, "\(end) is neither YINHE_CONNECTING nor YINHE_ACCEPTING")
    }
    let own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard own >= 0 else { throw YinheError(.usage, "descriptor \(descriptor) is not open: \(systemErrorText(errno))") }
    out.pointee = Call.handle(
        try Call.blocking {
            try await SocketChannel.adopting(
                descriptor: own, as: end == YINHE_ACCEPTING ? .accepting : .connecting, security: security)
        })
}
