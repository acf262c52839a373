import Arithmetic
import Foundation
import SandboxCore
import TestSupport

/// RFC 9496, appendix A.
struct RistrettoVectors: Decodable {
    struct Invalid: Decodable {
        let reason: String
        let encoding: String
    }
    struct Derived: Decodable {
        let uniform: String
        let element: String
    }
    let multiplesOfGenerator: [String]
    let invalid: [Invalid]
    let derived: [Derived]

    static func load() throws -> RistrettoVectors {
        try JSONDecoder().decode(Self.self, from: vectorFile("rfc9496/ristretto255.json"))
    }
}

/// RFC 9497, appendix A.1: ristretto255-SHA512.
struct OPRFVectors: Decodable {
    struct Vector: Decodable {
        let Blind: String
        let BlindedElement: String
        let EvaluationElement: String
        let Input: String
    }
    let groupDST: String
    let mode: Int
    let pkSm: String?
    let skSm: String
    let vectors: [Vector]

    static func load() throws -> [OPRFVectors] {
        try JSONDecoder().decode([Self].self, from: vectorFile("rfc9497/ristretto255-SHA512.json"))
    }
}

struct ScalarReductions: Decodable {
    struct Reduction: Decodable {
        let wide: String
        let scalar: String
    }
    let reductions: [Reduction]

    static func load() throws -> [Reduction] {
        try JSONDecoder().decode(Self.self, from: vectorFile("base-ot.json")).reductions
    }
}

/// Batch operations on arrays, for one kernel.
struct RistrettoBatch {
    typealias Element = Ristretto255.Element
    let kernels: Ristretto255.Kernels

    func encode(_ elements: [Element]) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 32 * elements.count)
        out.withUnsafeMutableBytes { out in
            elements.withUnsafeBufferPointer { Ristretto255.encode($0, into: out, kernels: kernels) }
        }
        return out
    }

    /// The elements, or the index of the first invalid encoding.
    func decode(_ encoded: [UInt8]) -> (elements: [Element], bad: Int?) {
        var out = [Element](repeating: Element(), count: encoded.count / 32)
        let bad = out.withUnsafeMutableBufferPointer { out in
            encoded.withUnsafeBytes { Ristretto255.decode($0, into: out, kernels: kernels) }
        }
        return (out, bad)
    }

    func derive(_ uniform: [UInt8]) -> [Element] {
        var out = [Element](repeating: Element(), count: uniform.count / 64)
        out.withUnsafeMutableBufferPointer { out in
            uniform.withUnsafeBytes { Ristretto255.derive(uniform: $0, into: out, kernels: kernels) }
        }
        return out
    }

    func add(_ a: [Element], _ b: [Element]) -> [Element] {
        combine(a, b) { Ristretto255.add($1, to: $0, kernels: kernels) }
    }

    func subtract(_ b: [Element], from a: [Element]) -> [Element] {
        combine(a, b) { Ristretto255.subtract($1, from: $0, kernels: kernels) }
    }

    private func combine(
        _ a: [Element], _ b: [Element], _ body: (UnsafeMutableBufferPointer<Element>, UnsafeBufferPointer<Element>) -> Void
    ) -> [Element] {
        var out = a
        out.withUnsafeMutableBufferPointer { out in b.withUnsafeBufferPointer { body(out, $0) } }
        return out
    }

    /// One scalar for all, or one for each.
    func multiply(_ elements: [Element], by scalars: [UInt8]) -> [Element] {
        var out = elements
        out.withUnsafeMutableBufferPointer { out in
            scalars.withUnsafeBytes { Ristretto255.multiply(out, by: $0, kernels: kernels) }
        }
        return out
    }

    func multiply(_ base: Ristretto255.Multiples, by scalars: [UInt8]) -> [Element] {
        var out = [Element](repeating: Element(), count: scalars.count / 32)
        out.withUnsafeMutableBufferPointer { out in
            scalars.withUnsafeBytes { Ristretto255.multiply(base, by: $0, into: out, kernels: kernels) }
        }
        return out
    }
}
