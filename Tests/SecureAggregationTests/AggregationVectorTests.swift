import Arithmetic
import ContractText
import Foundation
import Paillier
import SandboxCore
import SecureAggregation
import Testing
import TestSupport

/// Protocols/Vectors/secure-aggregation.json, made by an implementation in Python.
private struct Vectors: Decodable {
    struct Column: Decodable { var name: String, scale: Int, lower: Int64, upper: Int64 }
    struct Layout: Decodable {
        var columns: [Column]
        var rows: Int, totalWeight: Int, keyBits: Int, rowsPerBlock: Int
        var widths: [Int]
        var digest: String
        var values: [Int64]
        var plaintexts: [String]
    }
    struct SumProof: Decodable { var n: String, statement: String, numbers: [String], proof: String }
    var layouts: [Layout]
    var sumProof: SumProof

    static func load() throws -> Vectors {
        try JSONDecoder().decode(
            Vectors.self, from: Data(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/secure-aggregation.json")))
    }
}

@Suite struct AggregationVectorTests {
    @Test func layoutsPackAndUnpackAsSpecified() throws {
        for vector in try Vectors.load().layouts {
            let columns = vector.columns.map {
                AggregationContract.Column(name: $0.name, unit: "x", scale: $0.scale, lower: $0.lower, upper: $0.upper)
            }
            let layout = try AggregationLayout(
                columns: columns, rowCount: vector.rows, totalWeight: vector.totalWeight, keyBits: vector.keyBits)
            #expect(layout.rowsPerBlock == vector.rowsPerBlock && layout.digest.hex == vector.digest)
            #expect(Array(layout.packing.widths.prefix(columns.count)) == vector.widths)
            let plaintexts = (0..<layout.blockCount).flatMap { block in
                let rows = layout.rows(ofBlock: block)
                return layout.pack(
                    Array(vector.values[rows.lowerBound * columns.count..<rows.upperBound * columns.count]), block: block)
            }
            #expect(plaintexts == vector.plaintexts.map { BigInteger(hex: $0)! })
            let width = layout.ciphertextsPerBlock
            let opened = try (0..<layout.blockCount).flatMap {
                try layout.unpack(Array(plaintexts[$0 * width..<($0 + 1) * width]), block: $0, weight: 1)
            }
            #expect(opened == vector.values.map { Int128($0) })
        }
    }

    @Test func aSumProofMadeElsewhereHoldsAndNoAlteredOneDoes() throws {
        let vector = try Vectors.load().sumProof
        let key = try PaillierPublicKey(n: BigInteger(hex: vector.n)!, scheme: .standard, allowedBits: [512])
        let numbers = vector.numbers.map { BigInteger(hex: $0)! }
        let bytes = [UInt8](hex: vector.proof)!, statement = [UInt8](hex: vector.statement)!
        #expect(try ResidueProof(encoded: bytes, key).isValid(statement: statement, numbers, key, threads: 2))
        for place in stride(from: 0, to: bytes.count, by: 17) {
            var altered = bytes
            altered[place] ^= 0x10
            let holds = (try? ResidueProof(encoded: altered, key).isValid(statement: statement, numbers, key, threads: 1)) ?? false
            #expect(!holds, "byte \(place)")
        }
        var other = numbers
        other[2] = (other[2] * (key.n + 1)).modulo(key.nSquared)
        #expect(try !ResidueProof(encoded: bytes, key).isValid(statement: statement, other, key, threads: 1))
        #expect(try !ResidueProof(encoded: bytes, key).isValid(statement: statement + [0], numbers, key, threads: 1))
        #expect(try !ResidueProof(encoded: bytes, key).isValid(statement: statement, Array(numbers.reversed()), key, threads: 1))
    }
}
