import Arithmetic
import Foundation
import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing
import Transport

/// Protocols/Vectors/vole-psi.json, written by an independent implementation (vole-psi.py beside it).
private struct Vectors: Decodable {
    struct Row: Decodable {
        let token, decoded, item_64, item_128, item_malicious, mask_of_decoded, mask_64, mask_128, mask_malicious: String
    }
    struct Plan: Decodable {
        let sizes: [Int]
        let field_bits, mask_bytes, mask_rows: Int
    }
    let r, delta, okvs_seed, item_key, mask_key: String
    let rows: [Row]
    let plans: [Plan]
    let frames: [String: String]

    static func load() throws -> Vectors {
        try JSONDecoder().decode(
            Self.self, from: Data(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/vole-psi.json")))
    }
}

@Suite struct VOLEPSIVectorTests {
    private func block(_ hex: String) -> Block128 { Block128(littleEndianBytes: [UInt8](hex: hex)!) }
    private func hex(_ block: Block128) -> String { block.littleEndianBytes.hex }

    @Test func keysAndHashesGiveTheKnownAnswers() throws {
        let vectors = try Vectors.load()
        let keys = VOLEPSI.Keys(seed: [UInt8](hex: vectors.r)!)
        #expect([keys.okvsSeed, keys.itemKey, keys.maskKey].map(hex) == [vectors.okvs_seed, vectors.item_key, vectors.mask_key])
        let rows = vectors.rows, count = rows.count
        let tokens = rows.map { JoinToken(bytes: [UInt8](hex: $0.token)!) }
        let delta = block(vectors.delta)

        var words = [UInt64](repeating: 0, count: count)
        keys.itemValues(tokens, count: count, into: &words)
        #expect(words.map { hex(Block128(low: $0, high: 0)).prefix(16) } == rows.map { $0.item_64[...] })

        for (adversary, item, expected) in [
            (PSI.Adversary.semiHonest, \Vectors.Row.item_128, \Vectors.Row.mask_128), (.malicious, \.item_malicious, \.mask_malicious),
        ] {
            var items = [Block128](repeating: .zero, count: count)
            keys.itemValues(tokens, count: count, adversary: adversary, into: &items)
            #expect(items.map(hex) == rows.map { $0[keyPath: item] })
            var values = rows.map { block($0.decoded) }
            GF128.addProducts(into: &values, items, delta, count: count)
            keys.mask(&values, of: tokens, count: count, adversary: adversary)
            #expect(values.map(hex) == rows.map { $0[keyPath: expected] })
        }
        var values = rows.map { block($0.decoded) }
        GF128.addProducts(into: &values, words, delta, count: count)
        keys.mask(&values, of: tokens, count: count, adversary: .semiHonest)
        #expect(values.map(hex) == rows.map(\.mask_64))
        values = rows.map { block($0.decoded) }
        keys.mask(&values, of: tokens, count: count, adversary: .semiHonest)
        #expect(values.map(hex) == rows.map(\.mask_of_decoded))
    }

    @Test func derivedSizesAreTheDocumentedOnes() throws {
        for vector in try Vectors.load().plans {
            let s = vector.sizes
            let plan = try VOLEPSI.Plan(
                receiverSize: s[0], senderSize: s[1], variant: .fast, adversary: .semiHonest, job: .init(receiver: s[2], sender: s[3]))
            #expect(plan.field.bits == vector.field_bits && plan.maskBytes == vector.mask_bytes && plan.maskRows == vector.mask_rows)
        }
    }

    @Test func messagesHaveTheDocumentedBytes() throws {
        let vectors = try Vectors.load()
        func frame<M: WireMessage>(_ message: M) -> String {
            var writer = ByteWriter()
            writer.write(M.tag)
            message.encode(into: &writer)
            return writer.bytes.hex
        }
        func decoded(_ name: String) throws -> VOLEPSI.MatchedPlaces {
            var reader = ByteReader(Array([UInt8](hex: vectors.frames[name]!)!.dropFirst()), what: name)
            return try VOLEPSI.MatchedPlaces(from: &reader)
        }
        #expect(frame(VOLEPSI.Seed(bytes: [UInt8](hex: vectors.r)!)) == vectors.frames["seed"])
        #expect(frame(VOLEPSI.MaskedVector(first: 131_072, bytes: Array(0..<16))) == vectors.frames["vector"])
        #expect(frame(VOLEPSI.Masks(first: 4096, bytes: Array(0..<20))) == vectors.frames["masks"])
        #expect(frame(VOLEPSI.Completion()) == vectors.frames["completion"])
        for (name, places) in [("places_bitmap", [0, 7, 8, 50, 98, 99]), ("places_list", [3, 99])] as [(String, [UInt32])] {
            #expect(frame(VOLEPSI.MatchedPlaces(first: 0, rows: 100, places: places[...])) == vectors.frames[name])
            #expect(try decoded(name).places(first: 0, rows: 100) == places)
        }
    }
}
