import SandboxCore

/// An element of Z_2^64 or Z_2^128. Signed values are in two's complement.
///
/// Only `UInt64` and `UInt128` conform: the array operations of this module are compiled for these two.
public protocol RingElement: FixedWidthInteger, UnsignedInteger, BitwiseCopyable, Sendable {
    associatedtype Signed: FixedWidthInteger & SignedInteger & BitwiseCopyable & Sendable
    static var ring: Ring { get }
    init(bitPattern: Signed)
    var signed: Signed { get }
}

extension UInt64: RingElement {
    public static var ring: Ring { .z64 }
    public var signed: Int64 { Int64(bitPattern: self) }
}

extension UInt128: RingElement {
    public static var ring: Ring { .z128 }
    public var signed: Int128 { Int128(bitPattern: self) }
}

/// The rings in which values are shared.
public enum Ring: String, Codable, Sendable, CaseIterable {
    case z64 = "z2^64"
    case z128 = "z2^128"

    public var bytes: Int { self == .z64 ? 8 : 16 }

    /// The signed values that the ring holds.
    public var range: DeclaredBounds {
        self == .z64
            ? DeclaredBounds(unchecked: Int128(Int64.min), Int128(Int64.max)) : DeclaredBounds(unchecked: .min, .max)
    }

    /// The narrowest ring that holds every value within `bounds`.
    public static func narrowest(for bounds: DeclaredBounds) -> Ring { Ring.z64.range.contains(bounds) ? .z64 : .z128 }
}
