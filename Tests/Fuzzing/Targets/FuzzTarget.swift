import SandboxCore
import Transport

/// One decoder of bytes that a peer, a file or a user controls, with inputs that it accepts.
///
/// The property: it never crashes, throws nothing but `YinheError`, allocates no more than its input and its declared maximum
/// warrant, and what it accepts survives encoding and decoding again. A violated property traps, which every fuzzer understands.
package struct FuzzTarget: Sendable, CustomStringConvertible {
    package let name: String
    /// Longest input worth trying.
    package let maximumBytes: Int
    package let seeds: [[UInt8]]
    private let body: @Sendable ([UInt8]) throws -> Void

    package init(
        _ name: String, maximumBytes: Int = 1 << 16, seeds: [[UInt8]], _ body: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.maximumBytes = min(maximumBytes, 1 << 16)
        self.seeds = seeds
        self.body = body
    }

    package var description: String { name }

    /// Whether the decoder accepts `input`. Traps when the property does not hold.
    @discardableResult
    package func accepts(_ input: [UInt8]) -> Bool {
        do {
            try body(input)
            return true
        } catch is YinheError {
            return false
        } catch {
            fatalError("\(name) throws \(type(of: error)), not a YinheError: \(error)")
        }
    }

    /// A message as a session decodes it. Every message has one encoding: what is accepted encodes to the same bytes.
    package static func message<M: WireMessage>(
        _ type: M.Type, _ seeds: [UInt8]..., andThen check: @escaping @Sendable (M) throws -> Void = { _ in }
    ) -> FuzzTarget {
        FuzzTarget(String(reflecting: type), maximumBytes: M.maximumBytes, seeds: seeds) { input in
            guard input.count <= M.maximumBytes else { throw YinheError(.peerMisbehaved, "too long") }
            var reader = ByteReader(input, what: M.name)
            let message = try M(from: &reader)
            try reader.finish()
            var writer = ByteWriter()
            message.encode(into: &writer)
            precondition(writer.bytes == input, "\(M.name): another encoding of the same message is accepted")
            try check(message)
        }
    }

    /// A decoder of text; anything that is not UTF-8 never reaches it.
    package static func text(
        _ name: String, _ seeds: String..., body: @escaping @Sendable (String) throws -> Void
    ) -> FuzzTarget {
        FuzzTarget(name, maximumBytes: 1 << 12, seeds: seeds.map { Array($0.utf8) }) { input in
            guard let text = String(validating: input, as: UTF8.self) else { throw YinheError(.badInput, "not UTF-8") }
            try body(text)
        }
    }

    package static let all: [FuzzTarget] = transport + protocols + arithmetic + tables + documents
}

/// Bytes for seeds: `bytes { $0.write(UInt32(3)) }`.
func bytes(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    write(&writer)
    return writer.bytes
}

/// `count` bytes that look arbitrary.
func filler(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) } }

/// `precondition` for conditions that throw.
func require(_ condition: Bool, _ line: UInt = #line) { precondition(condition, "the condition on line \(line)") }
