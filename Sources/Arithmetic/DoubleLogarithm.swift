#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The C library's natural logarithm, for first approximations.
func logOfDouble(_ x: Double) -> Double { log(x) }
