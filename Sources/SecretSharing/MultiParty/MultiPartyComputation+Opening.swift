import SandboxCore
import Synchronization
import Transport

extension MultiPartyComputation {
    /// Opens the values to the parties `receivers` (everybody when nil); nil for a party that learns nothing.
    ///
    /// Throws `.peerMisbehaved` for a value outside the declared bounds: some party did not follow the protocol, and it cannot be
    /// said which. Damage that stays within the bounds is not noticed. One round; two for a vector above 2048 words that all learn.
    public func open<E: RingElement>(_ x: SharedVector<E>, to receivers: [Int]? = nil) async throws -> [E.Signed]? {
        require(x)
        let chosen = Set(receivers ?? Array(0..<partyCount))
        guard !chosen.isEmpty, chosen.allSatisfy((0..<partyCount).contains) else {
            throw YinheError(.usage, "the receivers \(chosen.sorted()) are not parties of the roster")
        }
        guard x.count > 0 else { return chosen.contains(party) ? [] : nil }
        let bits = chosen.reduce(UInt8(0)) { $0 | 1 << UInt8($1) }
        let header = try begin(.open, ring: E.ring, count: x.count, bounds: x.bounds, receivers: bits)
        do {
            let buffer = HugeBuffer<E>(count: x.count, wiped: true)
            x.share.withUnsafeBufferPointer { buffer.pointer.update(from: $0.baseAddress!, count: x.count) }
            if chosen.count == partyCount {
                try await addUp(buffer, header)
            } else {
                try await addUp(buffer, header, for: chosen)
            }
            guard chosen.contains(party) else { return nil }
            let values = buffer.buffer.map(\.signed)
            try AdditiveSharing.requireOpenedInBounds(values, x.bounds, as: E.self)
            return values
        } catch {
            throw await fail(error)
        }
    }

    /// Words up to which every party sends its vector to every other one: one round, n - 1 vectors each.
    static let directWords = 2048

    /// Replaces this party's summand in `buffer` by the sum of all parties'.
    ///
    /// A long vector takes two rounds and 2 (n - 1) / n vectors each instead of one and n - 1: party k adds up the k-th part, then
    /// sends the sum to everybody (I. Damgård, J. B. Nielsen, "Scalable and unconditionally secure multiparty computation",
    /// CRYPTO 2007, section 3: the opening is shared out among the parties).
    func addUp<E: RingElement>(_ buffer: HugeBuffer<E>, _ header: Header) async throws {
        let n = partyCount, all = 0..<buffer.count
        guard n > 2, buffer.count * E.ring.words > Self.directWords else {
            try await addUp(buffer, header, for: Set(0..<n))
            return
        }
        func part(_ k: Int) -> Range<Int> { all.count * k / n..<all.count * (k + 1) / n }
        let mine = part(party)
        let theirs = Dictionary(uniqueKeysWithValues: links.peers.map { ($0, part($0)) })
        let own = theirs.mapValues { _ in mine }
        try await transfer(buffer, header, sending: theirs, receiving: own, adding: true)
        try await transfer(buffer, header, sending: own, receiving: theirs, adding: false)
    }

    /// The same for some receivers, directly. The others' buffers stay as they are.
    func addUp<E: RingElement>(_ buffer: HugeBuffer<E>, _ header: Header, for receivers: Set<Int>) async throws {
        let all = 0..<buffer.count
        let copy = HugeBuffer<E>(count: buffer.count, wiped: true)
        copy.pointer.update(from: buffer.pointer, count: buffer.count)
        let everybody = Dictionary(uniqueKeysWithValues: links.peers.map { ($0, all) })
        try await transfer(
            copy, into: buffer, header, sending: everybody.filter { receivers.contains($0.key) },
            receiving: receivers.contains(party) ? everybody : [:], adding: true)
    }

    /// Sends elements to the parties that they are for, while elements of others arrive, which are added or put in their place.
    /// Ranges that are sent must not be received, unless `into` is another buffer.
    private func transfer<E: RingElement>(
        _ from: HugeBuffer<E>, into target: HugeBuffer<E>? = nil, _ header: Header, sending: [Int: Range<Int>],
        receiving: [Int: Range<Int>], adding: Bool
    ) async throws {
        let target = target ?? from
        let summation = Summation()
        let width = E.ring.bytes
        func pieces(_ range: Range<Int>) -> [Range<Int>] {
            stride(from: range.lowerBound, to: range.upperBound, by: Piece.maximumElementBytes / width).map {
                $0..<min(range.upperBound, $0 + Piece.maximumElementBytes / width)
            }
        }
        var work: [@Sendable () async throws -> Void] = []
        for (peer, range) in sending {
            let pieces = pieces(range)
            work.append { [self] in
                for piece in pieces {
                    let bytes = Array(UnsafeRawBufferPointer(start: from.pointer + piece.lowerBound, count: piece.count * width))
                    try await links.onLink(peer) {
                        try await $0.send(Piece(header: header, offset: piece.lowerBound, bytes: bytes))
                    }
                }
            }
        }
        for (peer, range) in receiving {
            let pieces = pieces(range)
            work.append { [self] in
                for piece in pieces {
                    let message = try await links.onLink(peer) { try await $0.receive(Piece.self) }
                    try check(message, header, piece, width, from: peer)
                    // Summands of several parties meet in one place.
                    summation.lock.withLock { _ in Self.take(message.bytes, into: target, piece, adding: adding) }
                }
            }
        }
        try await PartyLinks.all(work)
    }

    private final class Summation: Sendable {
        let lock = Mutex(())
    }

    private static func take<E: RingElement>(
        _ bytes: [UInt8], into target: HugeBuffer<E>, _ range: Range<Int>, adding: Bool
    ) {
        let out = UnsafeMutableBufferPointer(rebasing: target.buffer[range])
        bytes.withUnsafeBytes {
            if adding {
                RingKernels.add($0.bindMemory(to: E.self), to: out)
            } else {
                UnsafeMutableRawBufferPointer(out).copyMemory(from: $0)
            }
        }
    }
}
