import Arithmetic
import Foundation
import HiddenJoin
import SandboxCore
import TestSupport
import Testing
import Transport

/// Protocols/Vectors/hidden-join.json, written by an independent implementation (hidden_join.py beside it).
private struct Vectors: Decodable {
    struct Row: Decodable {
        let token, block: String
        let bins: [UInt32]
        let keys: [String]
    }
    struct Table: Decodable {
        let bins: Int
        let rows: [Row]
    }
    struct Program: Decodable {
        let sizes: [Int]
        let element_words, columns: Int
        let targets, payload, values: [String]
        let bins: [UInt32]
        let blocks: [[String]]
    }
    struct Size: Decodable { let items, bins, target_bits: Int }
    let words: [String]
    let hash_seed, pad_seed: String
    let tables: [Table]
    let programs: [Program]
    let sizes: [Size]
    let frames: [String: String]

    static func load() throws -> Vectors {
        try JSONDecoder().decode(
            Self.self, from: Data(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/hidden-join.json")))
    }
}

@Suite struct HiddenJoinVectorTests {
    private func word(_ hex: String) -> UInt64 { UInt64(hex, radix: 16)! }
    private func block(_ hex: String) -> Block128 { Block128(littleEndianBytes: [UInt8](hex: hex)!) }

    private func buffer<E>(_ elements: [E]) -> HugeBuffer<E> {
        let out = HugeBuffer<E>(count: elements.count, wiped: false)
        for (i, element) in elements.enumerated() { out[i] = element }
        return out
    }

    @Test func hashFunctionsGiveTheKnownBinsAndKeys() throws {
        let vectors = try Vectors.load()
        let words = vectors.words.map(word)
        let seed = BinHash.seed(receiver: (words[0], words[1]), sender: (words[2], words[3]))
        #expect(seed.hex == vectors.hash_seed)
        for table in vectors.tables {
            let hash = BinHash(seed: seed, bins: table.bins)
            let tokens = table.rows.map { JoinToken(bytes: [UInt8](hex: $0.token)!) }
            var blocks = [Block128](repeating: .zero, count: tokens.count)
            var places = [UInt32](repeating: 0, count: 3 * tokens.count)
            hash.places(of: tokens, count: tokens.count, blocks: &blocks, bins: &places)
            for (i, row) in table.rows.enumerated() {
                #expect(blocks[i].littleEndianBytes.hex == row.block)
                #expect(Array(places[3 * i..<3 * i + 3]) == row.bins)
                #expect((0..<3).map { BinHash.key(blocks[i], function: $0).bytes.hex } == row.keys)
            }
        }
    }

    @Test func programmedValuesAreTheKnownOnes() throws {
        let vectors = try Vectors.load()
        let seed = try #require([UInt8](hex: vectors.pad_seed))
        for program in vectors.programs {
            let plan = try HiddenJoin.Plan(
                receiverSize: program.sizes[0], senderSize: program.sizes[1], payloadWords: program.element_words * program.columns)
            let programmer = HiddenJoin.Programmer(
                plan: plan, bins: buffer(program.bins), values: buffer(program.values.map(block)),
                payload: buffer(program.payload.map(word)), elementWords: program.element_words,
                targets: buffer(program.targets.map(word)), pads: HiddenJoin.Pads(seed: seed, blocks: plan.pairs + 1), threads: 1)
            for v in 0..<plan.pairs {
                let blocks = try programmer.blocks(v)
                #expect((0..<blocks.count).map { blocks[$0].littleEndianBytes.hex } == program.blocks.map { $0[v] })
            }
            if plan.hasSingle {
                let singles = try programmer.singles(plan.pairs)
                #expect((0..<singles.count).map { singles[$0] } == program.blocks.map { block($0[plan.pairs]).low })
            }
        }
    }

    @Test func sizesFollowFromTheSetSizes() throws {
        for size in try Vectors.load().sizes {
            #expect(HiddenJoin.bins(items: size.items) == size.bins)
            guard size.items > 0 else { continue }
            #expect(try HiddenJoin.Plan(receiverSize: size.items, senderSize: 1, payloadWords: 0).targetBits == size.target_bits)
        }
    }

    @Test func messagesHaveTheKnownBytes() throws {
        let frames = try Vectors.load().frames
        func frame<M: WireMessage>(_ message: M) -> String {
            var writer = ByteWriter()
            writer.write(M.tag)
            message.encode(into: &writer)
            return writer.bytes.hex
        }
        let seed = try #require([UInt8](hex: Vectors.load().pad_seed))
        #expect(frame(HiddenJoin.Seed(bytes: seed)) == frames["seed"])
        #expect(frame(HiddenJoin.MaskedVector(first: 131_072, bytes: Array(0..<16))) == frames["masked_vector"])
        #expect(frame(HiddenJoin.Program(first: 65_536, bytes: Array(0..<32))) == frames["program"])
    }
}
