import Foundation

/// The C library's functions under names that do not hide those of `BigReal`.
enum ExactMath {
    static func exp(_ x: Double) -> Double { Foundation.exp(x) }
    static func log1p(_ x: Double) -> Double { Foundation.log1p(x) }
    static func log(_ x: Double) -> Double { Foundation.log(x) }
}
