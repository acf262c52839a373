import Foundation

/// JSON as this program prints it: sorted keys, plain slashes, ISO 8601 dates.
package enum JSONText {
    /// A readable document, without a final newline.
    package static func document(_ value: some Encodable) -> String { encode(value, [.prettyPrinted]) }

    /// One line.
    package static func line(_ value: some Encodable) -> String { encode(value, []) }

    private static func encode(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
        encoder.dateEncodingStrategy = .iso8601
        // An infinite interval is a fact of a ratio with a noisy denominator; JSON has no number for it.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        guard let data = try? encoder.encode(value) else { preconditionFailure("a value of this program that JSON cannot hold") }
        return String(decoding: data, as: UTF8.self)
    }
}
