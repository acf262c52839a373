import SandboxCore

/// The operations of the group on single elements.
extension Ristretto255 {
    /// Nil for an encoding that is invalid or not of 32 bytes.
    package static func decode(_ encoded: [UInt8], kernels: Kernels = .best) -> Element? {
        guard encoded.count == encodedBytes else { return nil }
        var element = Element()
        let bad = encoded.withUnsafeBytes { e in single(&element) { decode(e, into: $0, kernels: kernels) } }
        return bad == nil ? element : nil
    }

    package static func encode(_ element: Element, kernels: Kernels = .best) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: encodedBytes), copy = element
        out.withUnsafeMutableBytes { out in single(&copy) { encode(UnsafeBufferPointer($0), into: out, kernels: kernels) } }
        return out
    }

    /// From 64 uniform bytes.
    package static func derive(uniform: [UInt8], kernels: Kernels = .best) -> Element {
        var element = Element()
        uniform.withUnsafeBytes { u in single(&element) { derive(uniform: u, into: $0, kernels: kernels) } }
        return element
    }

    package static func add(_ a: Element, _ b: Element, kernels: Kernels = .best) -> Element {
        var sum = a, b = b
        single(&sum) { sum in single(&b) { add(UnsafeBufferPointer($0), to: sum, kernels: kernels) } }
        return sum
    }

    package static func subtract(_ b: Element, from a: Element, kernels: Kernels = .best) -> Element {
        var difference = a, b = b
        single(&difference) { d in single(&b) { subtract(UnsafeBufferPointer($0), from: d, kernels: kernels) } }
        return difference
    }

    /// By a scalar of 32 bytes.
    package static func multiply(_ element: Element, by scalar: [UInt8], kernels: Kernels = .best) -> Element {
        var product = element
        scalar.withUnsafeBytes { s in single(&product) { multiply($0, by: s, kernels: kernels) } }
        return product
    }

    package static func multiply(_ base: Multiples, by scalar: [UInt8], kernels: Kernels = .best) -> Element {
        var product = Element()
        scalar.withUnsafeBytes { s in single(&product) { multiply(base, by: s, into: $0, kernels: kernels) } }
        return product
    }

    /// 64 little-endian bytes mod l.
    package static func reduceScalar(_ wide: [UInt8]) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: scalarBytes)
        out.withUnsafeMutableBytes { out in wide.withUnsafeBytes { reduceScalars($0, into: out) } }
        return out
    }

    private static func single<R>(_ element: inout Element, _ body: (UnsafeMutableBufferPointer<Element>) -> R) -> R {
        withUnsafeMutablePointer(to: &element) { body(UnsafeMutableBufferPointer(start: $0, count: 1)) }
    }
}
