import SandboxCore

/// One party's part of `count` items of a correlation, in memory that is wiped when the last slice of it goes away.
package struct CorrelationBatch: Sendable {
    package let kind: Correlation
    package let party: Int
    package let count: Int
    private let buffer: HugeBuffer<UInt64>
    /// First word of each section in the buffer.
    private let starts: [Int]

    /// Zero-filled, to be filled by a source.
    package init(zeroed kind: Correlation, count: Int, party: Int) {
        let sections = kind.sections(count: count, party: party)
        var starts: [Int] = []
        var words = 0
        for section in sections {
            starts.append(words)
            words += (section + 1) & ~1  // elements of Z_2^128 lie on multiples of 16 bytes
        }
        self.init(kind, party, count, HugeBuffer(count: words, wiped: true), starts)
    }

    private init(_ kind: Correlation, _ party: Int, _ count: Int, _ buffer: HugeBuffer<UInt64>, _ starts: [Int]) {
        self.kind = kind
        self.party = party
        self.count = count
        self.buffer = buffer
        self.starts = starts
    }

    /// Section `index` in words; valid while the batch lives.
    package func words(_ index: Int) -> UnsafeMutableBufferPointer<UInt64> {
        UnsafeMutableBufferPointer(start: buffer.pointer + starts[index], count: kind.sections(count: count, party: party)[index])
    }

    /// Section `index` as ring elements; valid while the batch lives.
    package func elements<Element: RingElement>(_ index: Int, as: Element.Type = Element.self) -> UnsafePointer<Element> {
        UnsafeRawPointer(buffer.pointer + starts[index]).assumingMemoryBound(to: Element.self)
    }

    /// Items `range` of a divisible kind: the same memory.
    package func slice(_ range: Range<Int>) -> CorrelationBatch {
        if range == 0..<count { return self }
        precondition(kind.isDivisible)
        return items(range)
    }

    /// Items `range` of any kind, to be filled in: the same memory.
    package func items(_ range: Range<Int>) -> CorrelationBatch {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        // Every section has the same number of words for each item.
        let perItem = kind.sections(count: 1, party: party)
        return CorrelationBatch(
            kind, party, range.count, buffer, zip(starts, perItem).map { $0 + range.lowerBound * $1 })
    }

    /// Several batches of one divisible kind as one.
    package static func joined(_ batches: [CorrelationBatch]) -> CorrelationBatch {
        if batches.count == 1 { return batches[0] }
        let all = CorrelationBatch(
            zeroed: batches[0].kind, count: batches.reduce(0) { $0 + $1.count }, party: batches[0].party)
        for section in all.starts.indices {
            var next = all.words(section).baseAddress!
            for batch in batches {
                let part = batch.words(section)
                next.update(from: part.baseAddress!, count: part.count)
                next += part.count
            }
        }
        return all
    }
}
