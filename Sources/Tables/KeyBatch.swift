import SandboxCore

/// Normalises keys and hashes them to tokens, many keys of one length at a time where there is a function for it.
struct KeyBatch: ~Copyable {
    private let normalizer: JoinKeyNormalizer
    private let tokens: UnsafeMutablePointer<JoinToken>
    private let sha256: KeyScan.SHA256Batch?
    private let key = TextBuffer(capacity: 64)
    private var hasher = JoinTokenHasher()
    private var count = 0
    private var groups: [Group?] = []
    private let digests: UnsafeMutableRawPointer
    private static let groupSize = 128
    /// What fits one block of SHA-256 beside its padding.
    private static let longestMessage = 55

    init(normalizer: JoinKeyNormalizer, tokens: UnsafeMutablePointer<JoinToken>, sha256: KeyScan.SHA256Batch?) {
        self.normalizer = normalizer
        self.tokens = tokens
        self.sha256 = sha256
        if sha256 != nil { groups = [Group?](repeating: nil, count: Self.longestMessage - JoinTokenHasher.prefix.count + 1) }
        digests = .allocate(byteCount: 32 * Self.groupSize, alignment: 16)
    }

    deinit { digests.deallocate() }

    /// Whether the key is valid, and so gets the next token.
    @inline(__always)
    mutating func add(_ raw: UnsafeBufferPointer<UInt8>, line: Int, _ tally: inout RowTally) -> Bool {
        key.count = 0
        key.reserve(raw.count + JoinKeyNormalizer.growth)
        switch normalizer.normalize(raw, into: key.base) {
        case .empty:
            tally.add(.emptyKeys, line: line)
            return false
        case .malformed(let reason):
            tally.add(.malformedKeys, line: line)
            tally.malformations[JoinKeyNormalizer.Malformation.allCases.firstIndex(of: reason)!] += 1
            return false
        case .valid(let bytes, let repaired):
            if repaired { tally.add(.repairedKeys, line: line) }
            if bytes < groups.count {
                add(bytes)
            } else {
                tokens[count] = hasher.token(UnsafeRawBufferPointer(start: key.base, count: bytes))
            }
            count += 1
            return true
        }
    }

    /// The tokens of all keys are there from now on.
    mutating func finish() {
        for group in groups { if let group { hash(group) } }
    }

    /// Keys of one length, each behind the domain's prefix, and the places of their tokens.
    private final class Group {
        let length: Int
        let messages: UnsafeMutablePointer<UInt8>
        let places: UnsafeMutablePointer<Int>
        var count = 0

        init(keyBytes: Int) {
            length = JoinTokenHasher.prefix.count + keyBytes
            messages = .allocate(capacity: length * KeyBatch.groupSize)
            places = .allocate(capacity: KeyBatch.groupSize)
            for i in 0..<KeyBatch.groupSize {
                (messages + length * i).update(from: JoinTokenHasher.prefix, count: JoinTokenHasher.prefix.count)
            }
        }

        deinit {
            messages.deallocate()
            places.deallocate()
        }
    }

    @inline(__always)
    private mutating func add(_ bytes: Int) {
        let group = groups[bytes] ?? makeGroup(bytes)
        let start = group.length * group.count + group.length - bytes
        (group.messages + start).update(from: key.base, count: bytes)
        group.places[group.count] = count
        group.count += 1
        if group.count == Self.groupSize { hash(group) }
    }

    private mutating func makeGroup(_ bytes: Int) -> Group {
        let group = Group(keyBytes: bytes)
        groups[bytes] = group
        return group
    }

    private func hash(_ group: Group) {
        sha256!(group.messages, group.length, group.count, digests)
        for i in 0..<group.count {
            tokens[group.places[i]] = JoinToken(
                low: UInt64(littleEndian: digests.load(fromByteOffset: 32 * i, as: UInt64.self)),
                high: UInt64(littleEndian: digests.load(fromByteOffset: 32 * i + 8, as: UInt64.self)))
        }
        group.count = 0
    }
}
