import SandboxCore

/// Elements of a correlation, in memory that is wiped when the last copy of the vector goes away.
public struct CorrelatedVector<Element: BitwiseCopyable & Sendable>: RandomAccessCollection, Sendable {
    /// May be longer than the vector.
    package let buffer: HugeBuffer<Element>
    public let count: Int

    package init(_ buffer: HugeBuffer<Element>, count: Int) {
        precondition(count <= buffer.count)
        self.buffer = buffer
        self.count = count
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    public subscript(index: Int) -> Element {
        precondition(index >= 0 && index < count)
        return buffer.pointer[index]
    }

    /// For loops: the elements without a check at each.
    public func withUnsafeBufferPointer<R>(_ body: (UnsafeBufferPointer<Element>) throws -> R) rethrows -> R {
        try withExtendedLifetime(buffer) { try body(UnsafeBufferPointer(start: buffer.pointer, count: count)) }
    }
}
