import Arithmetic
import SandboxCore

/// The sums of N. Gilboa, "Two party RSA key generation", CRYPTO 1999, section 4.1: shares of u v from one transfer for each of the
/// n bits of v, where the party that sends knows u and the other has v as its choices.
///
/// With x_i, y_i the strings: the sender's share is -(sum of 2^i x_i), the receiver's starts as the sum of 2^i times its string,
/// and t_i = x_i - y_i + u, of which the n - i low bits count, turns the string of choice 1 into x_i + u. A message of n - i bits
/// pairs with one of i bits: word k is 2^k t_k + (t_(n-k) mod 2^k), for k from 1 to n/2 - 1; then the low half of t_(n/2).
/// What t_0 does is the caller's to send. Strings are 16 bytes apart, their first bytes are used.
package enum Gilboa<E: RingElement> {
    /// 252 for 64 bits, 1016 for 128.
    package static var bytes: Int { (E.bitWidth / 2 - 1) * E.bitWidth / 8 + E.bitWidth / 16 }

    @inline(__always)
    package static func value(_ strings: UnsafeRawPointer, _ i: Int) -> E { strings.load(fromByteOffset: 16 * i, as: E.self) }

    /// The sum of 2^i times string i.
    @inline(__always)
    package static func sum(_ strings: UnsafeRawPointer) -> E {
        var sum: E = 0
        for i in 0..<E.bitWidth { sum = sum &+ value(strings, i) &<< E(truncatingIfNeeded: i) }
        return sum
    }

    /// Writes the messages for i > 0; returns the sum of 2^i x_i.
    @inline(__always)
    package static func send(_ x: UnsafeRawPointer, _ y: UnsafeRawPointer, _ u: E, into out: UnsafeMutableRawPointer) -> E {
        let bits = E.bitWidth, half = bits / 2
        var sum = value(x, 0)
        for k in 1..<half {
            let j = bits - k
            let (low, high) = (value(x, k), value(x, j))
            sum = sum &+ low &<< E(truncatingIfNeeded: k) &+ high &<< E(truncatingIfNeeded: j)
            let word = (low &- value(y, k) &+ u) &<< E(truncatingIfNeeded: k)
            let rest = (high &- value(y, j) &+ u) & ((1 &<< E(truncatingIfNeeded: k)) &- 1)
            out.storeBytes(of: word | rest, toByteOffset: (k - 1) * bits / 8, as: E.self)
        }
        sum = sum &+ value(x, half) &<< E(truncatingIfNeeded: half)
        let middle = value(x, half) &- value(y, half) &+ u
        if bits == 64 {
            out.storeBytes(of: UInt32(truncatingIfNeeded: middle), toByteOffset: (half - 1) * bits / 8, as: UInt32.self)
        } else {
            out.storeBytes(of: UInt64(truncatingIfNeeded: middle), toByteOffset: (half - 1) * bits / 8, as: UInt64.self)
        }
        return sum
    }

    /// The sum of 2^i t_i over the bits i > 0 of v that are set. Constant time.
    @inline(__always)
    package static func finish(_ v: E, _ input: UnsafeRawPointer) -> E {
        let bits = E.bitWidth, half = bits / 2
        func mask(_ i: Int) -> E { 0 &- (v &>> E(truncatingIfNeeded: i) & 1) }
        var sum: E = 0
        for k in 1..<half {
            let word = input.loadUnaligned(fromByteOffset: (k - 1) * bits / 8, as: E.self)
            let low = word & (0 &- (1 &<< E(truncatingIfNeeded: k)))
            sum = sum &+ (low & mask(k)) &+ ((word &<< E(truncatingIfNeeded: bits - k)) & mask(bits - k))
        }
        let middle =
            bits == 64
            ? E(truncatingIfNeeded: input.loadUnaligned(fromByteOffset: (half - 1) * bits / 8, as: UInt32.self))
            : E(truncatingIfNeeded: input.loadUnaligned(fromByteOffset: (half - 1) * bits / 8, as: UInt64.self))
        return sum &+ ((middle &<< E(truncatingIfNeeded: half)) & mask(half))
    }
}
