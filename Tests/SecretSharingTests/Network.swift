import SandboxCore
import SecretSharing
import Synchronization
import TestSupport
import Transport

/// Local channels between all pairs of n parties, recorded, with faults on demand.
final class Network: Sendable {
    private struct State {
        var disconnected: Set<Int> = []
        var cutAfter: [Int: Int] = [:]
        var replacement: (party: Int, frame: Int, bytes: [UInt8])?
        var stalled: Int?
        var sent: [[Int]: [[UInt8]]] = [:]
        var sentByParty: [Int: Int] = [:]
    }

    private let n: Int
    private let state = Mutex(State())
    private let channels: [[Int: FaultyChannel]]

    convenience init(_ n: Int) {
        self.init(n, pairs: (0..<n * (n - 1) / 2).map { _ in LocalChannel.pair() })
    }

    /// Over TCP on the loopback.
    static func overTCP(_ n: Int) async throws -> Network {
        var pairs: [(any Channel, any Channel)] = []
        for _ in 0..<n * (n - 1) / 2 {
            let listener = try SocketListener(Endpoint(host: "127.0.0.1", port: 0), security: .insecurePlaintext)
            defer { listener.close() }
            async let one = listener.accept()
            async let other = SocketChannel.connect(
                to: Endpoint(host: "127.0.0.1", port: listener.boundPort), security: .insecurePlaintext)
            pairs.append((try await one, try await other))
        }
        return Network(n, pairs: pairs)
    }

    private init(_ n: Int, pairs: [(any Channel, any Channel)]) {
        self.n = n
        var channels: [[Int: FaultyChannel]] = Array(repeating: [:], count: n)
        var rest = pairs[...]
        for i in 0..<n {
            for j in 0..<i {
                let (a, b) = rest.removeFirst()
                channels[i][j] = FaultyChannel(a, from: i, to: j)
                channels[j][i] = FaultyChannel(b, from: j, to: i)
            }
        }
        self.channels = channels
        for channel in channels.flatMap(\.values) { channel.network.withLock { $0 = Weak(self) } }
    }

    /// The party never starts: the channels to it are dead from the beginning.
    func disconnect(_ party: Int) { state.withLock { _ = $0.disconnected.insert(party) } }
    /// All channels of the party break once it has sent so many frames in all.
    func cut(_ party: Int, afterFrames count: Int) { state.withLock { $0.cutAfter[party] = count } }
    /// The given frame of the party to each peer is replaced (0 and 1 are the handshake's).
    func replace(party: Int, frame: Int, with bytes: [UInt8]) { state.withLock { $0.replacement = (party, frame, bytes) } }
    /// The party's frames after the handshake are held back.
    func stall(_ party: Int) { state.withLock { $0.stalled = party } }

    var sentTags: [UInt8] { state.withLock { $0.sent.values.flatMap { $0.compactMap(\.first) } } }
    func frames(from: Int, to: Int) -> [[UInt8]] { state.withLock { $0.sent[[from, to]] ?? [] } }

    /// Runs the parties; results in the order of `parties`.
    func run(
        _ parties: [SecureSum.Party], seeds: [UInt64]? = nil, cancelling cancelled: Int? = nil
    ) async -> [Result<SecureSum.Output, any Error>] {
        for party in state.withLock({ $0.disconnected }) { breakAll(of: party) }
        let tasks = parties.map { party in
            Task { () -> Result<SecureSum.Output, any Error> in
                let mine = channels[party.index].mapValues { $0 as any Channel }
                do {
                    guard let seeds else { return .success(try await party.run(over: mine)) }
                    return .success(try await party.run(over: mine, random: SeededRandom(seeds[party.index])))
                } catch { return .failure(error) }
            }
        }
        if let cancelled {
            // Once the stalled party has been through its handshakes, it waits: cancel it there.
            while state.withLock({ $0.sentByParty[cancelled] ?? 0 }) <= 2 * (n - 1) { await Task.yield() }
            tasks[cancelled].cancel()
        }
        var results: [Result<SecureSum.Output, any Error>] = []
        for task in tasks { results.append(await task.value) }
        return results
    }

    private func breakAll(of party: Int) {
        for channel in channels[party].values {
            channel.base.cancel(YinheError(.peerUnreachable, "the connection broke", at: "test"))
        }
    }

    enum Fate {
        case send([UInt8])
        case hold
    }

    fileprivate func fate(of frame: [UInt8], from: Int, to: Int) throws -> Fate {
        let (fate, isCut): (Fate, Bool) = state.withLock { s in
            let index = s.sent[[from, to], default: []].count
            s.sentByParty[from, default: 0] += 1
            if let limit = s.cutAfter[from], s.sentByParty[from]! > limit { return (.hold, true) }
            if s.stalled == from, index >= 2, frame.first! < 0xe0 { return (.hold, false) }
            var frame = frame
            if let replacement = s.replacement, (replacement.party, replacement.frame) == (from, index) {
                frame = replacement.bytes
            }
            s.sent[[from, to], default: []].append(frame)
            return (.send(frame), false)
        }
        if isCut {
            breakAll(of: from)
            throw YinheError(.peerUnreachable, "the connection broke", at: "test")
        }
        return fate
    }
}

private struct Weak: Sendable {
    weak let network: Network?
    init(_ network: Network?) { self.network = network }
}

private final class FaultyChannel: Channel {
    let base: any Channel
    let from: Int
    let to: Int
    let network = Mutex(Weak(nil))

    init(_ base: any Channel, from: Int, to: Int) {
        self.base = base
        self.from = from
        self.to = to
    }

    func send(_ frame: [UInt8]) async throws {
        guard let network = network.withLock({ $0.network }) else { return }
        if case .send(let frame) = try network.fate(of: frame, from: from, to: to) { try await base.send(frame) }
    }

    func receive() async throws -> [UInt8] { try await base.receive() }
    func close() async { await base.close() }
    func cancel(_ error: YinheError) { base.cancel(error) }
    var traffic: Traffic { base.traffic }
    var peerDescription: String { base.peerDescription }
}
