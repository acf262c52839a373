import Arithmetic
import CKernels

/// The two widths of values, as the kernels know them.
protocol OKVSElement: BitwiseCopyable, Sendable {
    static var words: Int { get }
    static var zero: Self { get }
    static func scatter(
        _ rows: UnsafePointer<UInt64>, _ values: UnsafePointer<Self>, _ count: Int, _ clusters: Int,
        _ ends: UnsafeMutablePointer<UInt32>, _ lines: UnsafeMutableRawPointer, _ rowsOut: UnsafeMutablePointer<UInt64>,
        _ valuesOut: UnsafeMutablePointer<Self>)
    static func clearPivots(_ system: inout yinhe_okvs_system, _ vector: UnsafeMutablePointer<Self>)
    static func solveDense(
        _ system: inout yinhe_okvs_system, _ hashed: UnsafePointer<UInt64>, _ values: UnsafePointer<Self>, _ dense: Int,
        _ vector: UnsafeMutablePointer<Self>) -> Int32
    static func substitute(
        _ system: inout yinhe_okvs_system, _ values: UnsafePointer<Self>, _ vector: UnsafeMutablePointer<Self>)
    static func prefetch(_ places: UnsafePointer<UInt32>, _ count: Int, _ vector: UnsafePointer<Self>)
    static func gather(
        _ values: UnsafeMutablePointer<Self>, _ places: UnsafePointer<UInt32>, _ count: Int, _ vector: UnsafePointer<Self>)
    static func addDense(
        _ kernels: UnsafePointer<yinhe_okvs_kernels>, _ values: UnsafeMutablePointer<Self>, _ hashed: UnsafePointer<UInt64>,
        _ places: UnsafePointer<UInt32>, _ vector: UnsafePointer<Self>, _ dense: Int, _ count: Int)
}

extension UInt64: OKVSElement {
    static var words: Int { 1 }
    static var zero: UInt64 { 0 }

    static func scatter(
        _ rows: UnsafePointer<UInt64>, _ values: UnsafePointer<Self>, _ count: Int, _ clusters: Int,
        _ ends: UnsafeMutablePointer<UInt32>, _ lines: UnsafeMutableRawPointer, _ rowsOut: UnsafeMutablePointer<UInt64>,
        _ valuesOut: UnsafeMutablePointer<Self>
    ) {
        yinhe_okvs_scatter64(rows, values, count, clusters, ends, lines, rowsOut, valuesOut)
    }

    static func clearPivots(_ system: inout yinhe_okvs_system, _ vector: UnsafeMutablePointer<Self>) {
        yinhe_okvs_clear_pivots64(&system, vector)
    }

    static func solveDense(
        _ system: inout yinhe_okvs_system, _ hashed: UnsafePointer<UInt64>, _ values: UnsafePointer<Self>, _ dense: Int,
        _ vector: UnsafeMutablePointer<Self>
    ) -> Int32 {
        yinhe_okvs_solve_dense64(&system, hashed, values, UInt32(dense), vector)
    }

    static func substitute(
        _ system: inout yinhe_okvs_system, _ values: UnsafePointer<Self>, _ vector: UnsafeMutablePointer<Self>
    ) {
        yinhe_okvs_substitute64(&system, values, vector)
    }

    static func prefetch(_ places: UnsafePointer<UInt32>, _ count: Int, _ vector: UnsafePointer<Self>) {
        yinhe_okvs_prefetch64(places, count, vector)
    }

    static func gather(
        _ values: UnsafeMutablePointer<Self>, _ places: UnsafePointer<UInt32>, _ count: Int, _ vector: UnsafePointer<Self>
    ) {
        yinhe_okvs_gather64(values, places, count, vector)
    }

    static func addDense(
        _ kernels: UnsafePointer<yinhe_okvs_kernels>, _ values: UnsafeMutablePointer<Self>, _ hashed: UnsafePointer<UInt64>,
        _ places: UnsafePointer<UInt32>, _ vector: UnsafePointer<Self>, _ dense: Int, _ count: Int
    ) {
        kernels.pointee.add_dense64(values, hashed, places, vector, dense, count)
    }
}

extension Block128: OKVSElement {
    static var words: Int { 2 }

    static func scatter(
        _ rows: UnsafePointer<UInt64>, _ values: UnsafePointer<Self>, _ count: Int, _ clusters: Int,
        _ ends: UnsafeMutablePointer<UInt32>, _ lines: UnsafeMutableRawPointer, _ rowsOut: UnsafeMutablePointer<UInt64>,
        _ valuesOut: UnsafeMutablePointer<Self>
    ) {
        yinhe_okvs_scatter128(rows, Self.words(values), count, clusters, ends, lines, rowsOut, Self.words(valuesOut))
    }

    static func clearPivots(_ system: inout yinhe_okvs_system, _ vector: UnsafeMutablePointer<Self>) {
        yinhe_okvs_clear_pivots128(&system, Self.words(vector))
    }

    static func solveDense(
        _ system: inout yinhe_okvs_system, _ hashed: UnsafePointer<UInt64>, _ values: UnsafePointer<Self>, _ dense: Int,
        _ vector: UnsafeMutablePointer<Self>
    ) -> Int32 {
        yinhe_okvs_solve_dense128(&system, hashed, Self.words(values), UInt32(dense), Self.words(vector))
    }

    static func substitute(
        _ system: inout yinhe_okvs_system, _ values: UnsafePointer<Self>, _ vector: UnsafeMutablePointer<Self>
    ) {
        yinhe_okvs_substitute128(&system, Self.words(values), Self.words(vector))
    }

    static func prefetch(_ places: UnsafePointer<UInt32>, _ count: Int, _ vector: UnsafePointer<Self>) {
        yinhe_okvs_prefetch128(places, count, Self.words(vector))
    }

    static func gather(
        _ values: UnsafeMutablePointer<Self>, _ places: UnsafePointer<UInt32>, _ count: Int, _ vector: UnsafePointer<Self>
    ) {
        yinhe_okvs_gather128(Self.words(values), places, count, Self.words(vector))
    }

    static func addDense(
        _ kernels: UnsafePointer<yinhe_okvs_kernels>, _ values: UnsafeMutablePointer<Self>, _ hashed: UnsafePointer<UInt64>,
        _ places: UnsafePointer<UInt32>, _ vector: UnsafePointer<Self>, _ dense: Int, _ count: Int
    ) {
        kernels.pointee.add_dense128(Self.words(values), hashed, places, Self.words(vector), dense, count)
    }

    private static func words(_ p: UnsafePointer<Self>) -> UnsafePointer<UInt64> {
        UnsafeRawPointer(p).assumingMemoryBound(to: UInt64.self)
    }

    private static func words(_ p: UnsafeMutablePointer<Self>) -> UnsafeMutablePointer<UInt64> {
        UnsafeMutableRawPointer(p).assumingMemoryBound(to: UInt64.self)
    }
}
