import Arithmetic
import ObliviousTransfer
import SandboxCore
import SecretSharing
import TestSupport
import Testing
import Transport

/// Correlations made by two parties over a local session; every relation is checked on the sum of both parts.
@Suite struct TransferCorrelationsTests {
    static func proposal(_ me: Int) -> SessionProposal {
        SessionProposal(protocolName: "test/transfer-correlations", version: 1, role: "party \(me)", peerRole: "party \(1 - me)")
    }

    /// Both parties' batches for the same requests, and the bytes that party 0 moved.
    static func produce(
        _ requests: [(Correlation, Int)], _ method: RandomOT.Method = .softSpoken, threads: Int = 1
    ) async throws -> (parts: [[CorrelationBatch]], bytes: Int) {
        @Sendable func party(_ me: Int, _ channel: any Channel) async throws -> ([CorrelationBatch], Int) {
            let session = try await Session.open(over: channel, proposal(me))
            let source = TransferCorrelations(session: session, party: me, threads: threads, method: method)
            var out: [CorrelationBatch] = []
            for (kind, count) in requests { out.append(try await source.produce(kind, count: count)) }
            return (out, session.traffic.bytesSent + session.traffic.bytesReceived)
        }
        let (a, b) = try await LocalRun.both({ try await party(0, $0) }, { try await party(1, $0) })
        return ([a.0, b.0], a.1)
    }

    /// Items whose relation does not hold: what a dealer would have given the second part, compared with what it is.
    static func wrong(_ parts: [CorrelationBatch]) -> Int {
        let kind = parts[0].kind, count = parts[0].count
        let target = kind.correctionParty
        let expected = CorrelationBatch(zeroed: kind, count: count, party: target)
        let sections = kind.sections(count: count, party: target).count
        for section in 0..<sections - kind.derivedSections {
            expected.words(section).baseAddress!.update(
                from: parts[target].words(section).baseAddress!, count: expected.words(section).count)
        }
        Dealing.derive(expected, from: parts[1 - target])
        var wrong = 0
        for section in sections - kind.derivedSections..<sections {
            wrong += zip(expected.words(section), parts[target].words(section)).count { $0 != $1 }
        }
        return wrong
    }

    static let kinds: [Correlation] =
        Ring.allCases.flatMap { [.products($0), .squares($0), .bits($0), .bitElementProducts($0)] as [Correlation] }
        + [.bitProducts, .bitProductPairs, .privateBitProducts, .privateBitBytes]

    /// Smaller than what is kept in stock, one chunk, and more than one chunk.
    @Test(arguments: kinds, [1, 7, 97, 2311])
    func `Every kind has its relation`(kind: Correlation, count: Int) async throws {
        let parts = try await Self.produce([(kind, count)]).parts.map { $0[0] }
        #expect(parts.map(\.count) == [count, count])
        #expect(Self.wrong(parts) == 0)
        for part in parts {
            // Equal words among so few uniform ones: probability below 2^-30. Values of bits are shares, so uniform too.
            for section in 0..<kind.sections(count: 1, party: part.party).count where part.words(section).count > 1 {
                #expect(Set(part.words(section)).count == part.words(section).count, "\(kind), section \(section)")
            }
        }
    }

    @Test func `Parts of one party say nothing about bits`() async throws {
        let parts = try await Self.produce([(.bits(.z64), 1000), (.bitProducts, 2000)]).parts
        for part in parts.flatMap({ $0 }) {
            for section in 0..<(part.kind == .bitProducts ? 3 : 1) {
                let words = part.words(section)
                let excess = Double(words.reduce(0) { $0 + $1.nonzeroBitCount }) - 32 * Double(words.count)
                // Seven standard deviations: probability below 1e-11.
                let limit = 7 * (16 * Double(words.count)).squareRoot()
                #expect(abs(excess) < limit)
            }
        }
    }

    @Test(arguments: RandomOT.Method.allCases)
    func `Many requests of all sizes follow one another`(method: RandomOT.Method) async throws {
        var requests = Self.kinds.flatMap { kind in [1, 2, 5].map { (kind, $0) } }
        requests.append((.products(.z64), 1500))
        requests.append((.products(.z64), 3))
        requests.append((.bitProductPairs, 70))
        let parts = try await Self.produce(requests + requests, method, threads: 2).parts
        for (a, b) in zip(parts[0], parts[1]) { #expect(Self.wrong([a, b]) == 0, "\(a.kind), \(a.count)") }
        // No item comes twice.
        let triples = parts[0].filter { $0.kind == .products(.z64) }.flatMap { Array($0.words(2)) }
        #expect(Set(triples).count == triples.count)
    }

    // MARK: Matrices and permutations

    private func expectRelation(_ kind: Correlation, count: Int = 1, _ method: RandomOT.Method = .softSpoken) async throws {
        let parts = try await Self.produce([(kind, count)], method).parts.map { $0[0] }
        #expect(Self.wrong(parts) == 0, "\(kind)")
        for part in parts {
            for section in 0..<kind.sections(count: 1, party: part.party).count where count == 1 && part.words(section).count > 1 {
                #expect(Set(part.words(section)).count == part.words(section).count, "\(kind), section \(section)")
            }
        }
    }

    /// Both orientations; more than one block of columns; vectors.
    @Test(arguments: [(1, 1, 1), (3, 5, 2), (1, 40, 1), (2, 3, 300), (300, 2, 1), (7, 9, 11)], Ring.allCases)
    func `Products of matrices`(shape: (rows: Int, inner: Int, columns: Int), ring: Ring) async throws {
        let (rows, inner, columns) = shape
        try await expectRelation(.matrixProducts(ring, rows: rows, inner: inner, columns: columns))
        try await expectRelation(.privateMatrixProducts(ring, rows: rows, inner: inner, columns: columns))
        try await expectRelation(.matrixProducts(ring, rows: 2, inner: 3, columns: 4), count: 3)
    }

    @Test(arguments: Array(1...20) + [31, 32, 33, 100, 1023, 5000], 0...1)
    func `A permutation of any size is translated for its owner`(rows: Int, owner: Int) async throws {
        try await expectRelation(.permutation(.z64, owner: owner, rows: rows, width: 1))
    }

    @Test(arguments: [2, 3, 33, 70], Ring.allCases)
    func `Rows of any width move as one`(width: Int, ring: Ring) async throws {
        try await expectRelation(.permutation(ring, owner: 1, rows: 129, width: width))
        try await expectRelation(.permutation(ring, owner: 0, rows: 6, width: width), count: 3)
        try await expectRelation(.permutation(ring, owner: 0, rows: 300, width: 1), .silent)
    }

    /// Chi-square over the 24 orders of 4 values, 23 degrees of freedom: above 75 with probability below 1e-6.
    @Test func `Permutations are uniform`() async throws {
        let count = 2400
        let part = try await Self.produce([(.permutation(.z64, owner: 0, rows: 4, width: 1), count)]).parts[0][0]
        var seen: [[UInt64]: Int] = [:]
        for item in 0..<count { seen[(0..<4).map { part.words(0)[4 * item + $0] }, default: 0] += 1 }
        #expect(seen.count == 24)
        let statistic = seen.values.reduce(0.0) { $0 + (Double($1) - 100) * (Double($1) - 100) / 100 }
        #expect(statistic < 75)
    }
}
