import SandboxCore
import Synchronization
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A limit on the steps that set a connection up: a deadline, or the caller's cancellation.
final class SetupLimit: Sendable {
    let deadline: UInt64
    private let cancelled: Atomic<Bool>
    private let parent: SetupLimit?

    init(_ duration: Duration, within parent: SetupLimit? = nil) {
        let own = monotonicNanoseconds() + duration.nanoseconds
        deadline = min(own, parent?.deadline ?? .max)
        cancelled = Atomic(false)
        self.parent = parent
    }

    func cancel() { cancelled.store(true, ordering: .relaxed) }

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) || (parent?.isCancelled ?? false) }

    var isOver: Bool { isCancelled || monotonicNanoseconds() >= deadline }

    /// Milliseconds until the deadline, at most 50 so that cancellation is noticed.
    var slice: Int32 {
        let now = monotonicNanoseconds()
        return now >= deadline ? 0 : Int32(min((deadline - now) / 1_000_000 + 1, 50))
    }

    /// Blocks until `descriptor` is ready for `events`; false when the limit is reached.
    func wait(for events: Int32, on descriptor: Int32) -> Bool {
        while !isOver {
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            if poll(&entry, 1, slice) > 0 { return true }
        }
        return false
    }

    func pause(milliseconds: Int) {
        let end = min(deadline, monotonicNanoseconds() + UInt64(milliseconds) * 1_000_000)
        while !isCancelled, monotonicNanoseconds() < end { usleep(10_000) }
    }
}

#if os(Linux)
private let streamSocket = Int32(SOCK_STREAM.rawValue)
private let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)
private let nonBlocking = Int32(SOCK_NONBLOCK.rawValue)
#else
private let streamSocket = SOCK_STREAM
#endif

extension Socket {
    /// An address that `getaddrinfo` found, by value.
    struct Address {
        var family: Int32
        var storage: [UInt8]
        /// Numeric, for messages.
        var text: String

        func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
            storage.withUnsafeBytes { body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count)) }
        }
    }

    static func resolve(_ endpoint: Endpoint, forListening: Bool) throws -> [Address] {
        var hints = addrinfo()
        hints.ai_socktype = streamSocket
        hints.ai_flags = AI_NUMERICSERV | (forListening ? AI_PASSIVE : 0)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(endpoint.host, String(endpoint.port), &hints, &list)
        guard code == 0 else {
            throw YinheError(
                .peerUnreachable, "cannot resolve the host name: \(String(cString: gai_strerror(code)))", at: "\(endpoint)",
                remedy: "check the spelling of the name, and the name service of this machine")
        }
        defer { freeaddrinfo(list) }
        var out: [Address] = []
        var next = list
        while let info = next?.pointee {
            let bytes = Array(UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen)))
            out.append(Address(family: info.ai_family, storage: bytes, text: numericText(info.ai_addr, info.ai_addrlen)))
            next = info.ai_next
        }
        return out
    }

    /// "192.0.2.7:7300" or "[2001:db8::7]:7300".
    static func numericText(_ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> String {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: 32)
        guard getnameinfo(
            address, length, &host, socklen_t(host.count), &port, socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV) == 0
        else { return "unknown address" }
        func text(_ characters: [CChar]) -> String {
            String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        let name = text(host)
        return (name.contains(":") ? "[\(name)]" : name) + ":" + text(port)
    }

    private static func open(_ family: Int32) throws -> Int32 {
        #if os(Linux)
        let descriptor = socket(family, streamSocket | closeOnExec | nonBlocking, 0)
        #else
        let descriptor = socket(family, streamSocket, 0)
        if descriptor >= 0 {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        }
        #endif
        guard descriptor >= 0 else { throw YinheError.system("cannot open a socket", errno: errno) }
        return descriptor
    }

    static func makeBlocking(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
    }

    /// One attempt to connect to each address of `endpoint` in turn; the last failure is thrown.
    static func connect(_ endpoint: Endpoint, _ limit: SetupLimit) throws -> Socket {
        var failure = YinheError(.peerUnreachable, "the host name has no address", at: "\(endpoint)")
        for address in try resolve(endpoint, forListening: false) where !limit.isOver {
            let descriptor = try open(address.family)
            let place = address.text == "\(endpoint)" ? address.text : "\(endpoint) (\(address.text))"
            func failed(_ code: Int32) {
                #if canImport(Glibc)
                Glibc.close(descriptor)
                #elseif canImport(Musl)
                Musl.close(descriptor)
                #else
                Darwin.close(descriptor)
                #endif
                failure = YinheError(.peerUnreachable, "cannot connect: \(systemErrorText(code))", at: place)
            }
            let code = address.withPointer { start($0, $1, descriptor) }
            if code != 0 && code != EINPROGRESS && code != EINTR {
                failed(code)
                continue
            }
            // Several addresses share the time, so that one that swallows packets cannot starve the others.
            let share = SetupLimit(.seconds(5), within: limit)
            guard share.wait(for: Int32(POLLOUT), on: descriptor) else {
                failed(ETIMEDOUT)
                continue
            }
            var result: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &result, &length)
            if result != 0 {
                failed(result)
                continue
            }
            // Connecting to a free local port can meet itself (simultaneous open).
            if localText(descriptor) == address.text {
                failed(ECONNREFUSED)
                continue
            }
            makeBlocking(descriptor)
            return Socket(adopting: descriptor, peer: place)
        }
        throw failure
    }

    private static func start(_ address: UnsafePointer<sockaddr>, _ length: socklen_t, _ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
        Glibc.connect(descriptor, address, length) == 0 ? 0 : errno
        #elseif canImport(Musl)
        Musl.connect(descriptor, address, length) == 0 ? 0 : errno
        #else
        Darwin.connect(descriptor, address, length) == 0 ? 0 : errno
        #endif
    }

    private static func localText(_ descriptor: Int32) -> String {
        withLocalAddress(descriptor) { numericText($0, $1) }
    }

    private static func withLocalAddress<R>(_ descriptor: Int32, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(descriptor, address, &length)
                return body(address, length)
            }
        }
    }

    /// A listening descriptor on the first address of `endpoint` that can be bound, and its port.
    static func listen(_ endpoint: Endpoint) throws -> (descriptor: Int32, port: Int) {
        var failure = YinheError(.system, "the host name has no address", at: "\(endpoint)")
        for address in try resolve(endpoint, forListening: true) {
            let descriptor = try open(address.family)
            var one: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
            let bound = address.withPointer { bind(descriptor, $0, $1) } == 0
            if bound, startListening(descriptor) == 0 {
                let text = localText(descriptor)
                return (descriptor, Int(text[text.index(after: text.lastIndex(of: ":")!)...]) ?? endpoint.port)
            }
            failure = YinheError.system(
                "cannot listen", errno: errno, at: "\(endpoint)",
                remedy: "choose a free port of this machine, or stop the process that uses it")
            closeListener(descriptor)
        }
        throw failure
    }

    private static func startListening(_ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
        Glibc.listen(descriptor, 128)
        #elseif canImport(Musl)
        Musl.listen(descriptor, 128)
        #else
        Darwin.listen(descriptor, 128)
        #endif
    }

    /// Refuses new connections from now on; the descriptor stays open.
    static func stopListening(_ descriptor: Int32) {
        #if canImport(Glibc)
        _ = Glibc.shutdown(descriptor, Int32(SHUT_RDWR))
        #elseif canImport(Musl)
        _ = Musl.shutdown(descriptor, Int32(SHUT_RDWR))
        #else
        _ = Darwin.shutdown(descriptor, Int32(SHUT_RDWR))
        #endif
    }

    static func closeListener(_ descriptor: Int32) {
        #if canImport(Glibc)
        Glibc.close(descriptor)
        #elseif canImport(Musl)
        Musl.close(descriptor)
        #else
        Darwin.close(descriptor)
        #endif
    }

    /// The next connection, or nil when there is none at the moment.
    static func accept(_ listener: Int32) -> Socket? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let (descriptor, text) = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> (Int32, String) in
                #if canImport(Glibc)
                let descriptor = Glibc.accept(listener, address, &length)
                #elseif canImport(Musl)
                let descriptor = Musl.accept(listener, address, &length)
                #else
                let descriptor = Darwin.accept(listener, address, &length)
                #endif
                if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
                return (descriptor, descriptor >= 0 ? numericText(address, length) : "")
            }
        }
        guard descriptor >= 0 else { return nil }
        makeBlocking(descriptor)
        return Socket(adopting: descriptor, peer: text)
    }
}
