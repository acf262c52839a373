import Arithmetic
import Foundation
@preconcurrency import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing

/// Protocols/Vectors/okvs.json, written by an independent implementation (okvs.py beside it).
private struct Vectors: Decodable {
    struct Shape: Decodable { let items: Int, clustered: Bool, clusters, sparse, dense, load, columns: Int }
    struct Row: Decodable {
        let seed: String, clusters, sparse, dense: Int, token: String, places: [Int], first_dense: Int, hashed, low, high: String
    }
    struct Encoding: Decodable {
        let seed: String, clusters, sparse, dense: Int, tokens, values, vector: [String]
    }
    let parameters: [Shape]
    let rows: [Row]
    let encodings: [Encoding]

    static func load() throws -> Vectors {
        try JSONDecoder().decode(
            Self.self, from: Data(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/okvs.json")))
    }
}

private func token(_ hex: String) -> JoinToken { JoinToken(bytes: [UInt8](hex: hex)!) }

private func store(_ seed: String, _ clusters: Int, _ sparse: Int, _ dense: Int, items: Int, _ kernels: OKVS.Kernels) -> OKVS {
    let seed = token(seed)
    return OKVS(
        parameters: OKVSParameters(
            items: items, clustered: clusters > 1, clusters: clusters, sparseColumns: sparse, denseColumns: dense,
            clusterItems: items),
        seed: Block128(low: seed.low, high: seed.high), kernels: kernels)
}

private func splitMix(_ i: UInt64) -> UInt64 {
    var z = i &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
}

@Suite struct OKVSVectorTests {
    @Test func sizesAreTheKnownOnes() throws {
        for shape in try Vectors.load().parameters {
            let p = try OKVSParameters.derive(items: shape.items, clustered: shape.clustered)
            let found = [p.clusters, p.sparseColumns, p.denseColumns, p.clusterItems, p.columns]
            let expected: [Int] = [shape.clusters, shape.sparse, shape.dense, shape.load, shape.columns]
            #expect(found == expected, "\(shape.items)")
        }
    }

    @Test func rowsAndDecodedValuesAreTheKnownOnes() throws {
        for row in try Vectors.load().rows {
            let vector = (0..<UInt64(row.clusters * (row.sparse + row.dense))).map {
                Block128(low: splitMix($0), high: splitMix(.max - $0))
            }
            for kernels in OKVS.Kernels.available {
                let store = store(row.seed, row.clusters, row.sparse, row.dense, items: 1, kernels)
                let key = token(row.token)
                let found = store.row(of: key)
                #expect(found.places == row.places && found.firstDense == row.first_dense)
                #expect(found.hashed == UInt64(row.hashed, radix: 16))
                // Nine equal keys reach both the wide kernels and their remainders.
                let expected = Block128(low: UInt64(row.low, radix: 16)!, high: UInt64(row.high, radix: 16)!)
                let keys = [JoinToken](repeating: key, count: 9)
                #expect(store.decode(keys, vector) == [Block128](repeating: expected, count: 9), "\(kernels.name)")
                #expect(store.decode(keys, vector.map(\.low)) == [UInt64](repeating: expected.low, count: 9), "\(kernels.name)")
            }
        }
    }

    @Test func encodingsOfOthersDecodeAndOwnOnesEncodeTheSameMap() throws {
        for encoding in try Vectors.load().encodings {
            let keys = encoding.tokens.map(token), values = encoding.values.map { UInt64($0, radix: 16)! }
            for kernels in OKVS.Kernels.available {
                let store = store(encoding.seed, encoding.clusters, encoding.sparse, encoding.dense, items: keys.count, kernels)
                #expect(store.decode(keys, encoding.vector.map { UInt64($0, radix: 16)! }) == values)
                #expect(try store.decode(keys, store.encode(keys, values)) == values)
            }
        }
    }
}
