import CGMPShims

extension BigInteger {
    /// The non-negative greatest common divisor.
    public func greatestCommonDivisor(with other: BigInteger) -> BigInteger {
        BigInteger { gmp_gcd($0, pointer, other.pointer) }
    }

    /// The inverse in 0 ..< m, or nil when `self` is not a unit modulo m. m is positive.
    public func inverse(modulo m: BigInteger) -> BigInteger? {
        precondition(m.signum > 0)
        if m == .one { return .zero }
        let storage = Storage()
        guard gmp_invert(storage.pointer, pointer, m.pointer) != 0 else { return nil }
        return BigInteger { gmp_modulo($0, storage.pointer, m.pointer) }
    }

    /// The Jacobi symbol (self / odd).
    public func jacobi(over odd: BigInteger) -> Int {
        precondition(odd.isOdd && odd.signum > 0)
        return Int(gmp_jacobi(pointer, odd.pointer))
    }

    /// Whether this is a^b for integers a and b > 1.
    public var isPerfectPower: Bool { gmp_is_perfect_power(pointer) != 0 }

    /// The integer part of the square root of a non-negative integer.
    package var squareRoot: BigInteger {
        precondition(signum >= 0)
        return BigInteger { gmp_square_root($0, pointer) }
    }

    /// The non-negative integer whose square this is, or nil.
    package var exactSquareRoot: BigInteger? {
        guard signum >= 0 else { return nil }
        let root = squareRoot
        return root * root == self ? root : nil
    }

    /// self^exponent mod m for exponent >= 0 and m > 0. The time depends on all values: for public ones only.
    public func power(variableTime exponent: BigInteger, modulo m: BigInteger) -> BigInteger {
        precondition(exponent.signum >= 0 && m.signum > 0)
        return BigInteger { gmp_power_variable_time($0, pointer, exponent.pointer, m.pointer) }
    }

    /// self^exponent mod m for a secret exponent >= 0 and an odd m > 1: time and memory accesses depend only on the number of
    /// 64-bit limbs of the exponent and of m. For several powers to one modulus, see `SecretPower`.
    public func power(secret exponent: BigInteger, modulo m: BigInteger) -> BigInteger {
        precondition(exponent.signum >= 0 && m.isOdd && m > .one)
        guard !exponent.isZero else { return .one }
        return SecretPower(modulus: m).power(self, exponent)
    }
}
