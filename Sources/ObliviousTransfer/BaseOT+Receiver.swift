import Arithmetic
import SandboxCore

extension BaseOT {
    /// The party that gets one key of every transfer, as its choice bits say. One use: a new one for every session.
    package struct Receiver: ~Copyable {
        /// One byte, 0 or 1, per transfer. No branch and no address depends on them.
        private let choices: SecretBytes
        private let scalars: SecretBytes
        /// 64 bytes per transfer: r_0, then r_1. Uniform, so it tells nothing about the choices. Independent of the sender's
        /// message: it may be sent before that arrives.
        package let message: [UInt8]

        /// Takes 128 bytes per transfer from `random`: 64 for t_j mod l, then 64 from which r_{1-b} is derived.
        package init(choices bits: [Bool], random: some RandomSource = SystemRandom.shared) {
            let count = bits.count
            var choices = SecretBytes(zeroed: count), scalars = SecretBytes(zeroed: count * Ristretto255.scalarBytes)
            choices.withUnsafeMutableBytes { out in bits.withUnsafeBytes { out.copyMemory(from: $0) } }
            let drawn = SecretBytes(random: count * 2 * Ristretto255.uniformBytes, from: random)
            var sent = [UInt8](repeating: 0, count: count * receiverBytesPerTransfer)
            let oracle = PointOracle()
            for start in stride(from: 0, to: count, by: chunk) {
                let range = start..<min(count, start + chunk)
                drawn.withUnsafeBytes { drawn in
                    choices.withUnsafeBytes { choices in
                        scalars.withUnsafeMutableBytes { scalars in
                            sent.withUnsafeMutableBytes { sent in
                                Self.blind(range, drawn: drawn, choices: choices, scalars: scalars, oracle: oracle, into: sent)
                            }
                        }
                    }
                }
            }
            message = sent
            self.choices = choices
            self.scalars = scalars
        }

        private static func blind(
            _ range: Range<Int>, drawn: UnsafeRawBufferPointer, choices: UnsafeRawBufferPointer,
            scalars: UnsafeMutableRawBufferPointer, oracle: borrowing PointOracle, into sent: UnsafeMutableRawBufferPointer
        ) {
            let width = Ristretto255.encodedBytes, wide = Ristretto255.uniformBytes, n = range.count
            var scratch = SecretBytes(zeroed: n * (wide + 2 * width))
            let buffer = ElementBuffer(count: 2 * n)
            let r = UnsafeMutableBufferPointer(rebasing: buffer.elements[..<n])
            let h = UnsafeMutableBufferPointer(rebasing: buffer.elements[n...])
            scratch.withUnsafeMutableBytes { scratch in
                let uniform = UnsafeMutableRawBufferPointer(rebasing: scratch[..<(n * wide)])
                let other = UnsafeMutableRawBufferPointer(rebasing: scratch[(n * wide)..<n * (wide + width)])
                let chosen = UnsafeMutableRawBufferPointer(rebasing: scratch[(n * (wide + width))...])
                func slot(_ i: Int) -> UnsafeMutableRawBufferPointer {
                    UnsafeMutableRawBufferPointer(rebasing: uniform[wide * i..<wide * (i + 1)])
                }

                for (i, j) in range.enumerated() {
                    let draw = drawn[2 * wide * j..<2 * wide * (j + 1)]
                    Ristretto255.reduceScalars(
                        UnsafeRawBufferPointer(rebasing: draw.prefix(wide)),
                        into: UnsafeMutableRawBufferPointer(rebasing: scalars[width * j..<width * (j + 1)]))
                    slot(i).copyMemory(from: UnsafeRawBufferPointer(rebasing: draw.suffix(wide)))
                }
                Ristretto255.derive(uniform: UnsafeRawBufferPointer(uniform), into: r)
                Ristretto255.encode(UnsafeBufferPointer(r), into: other)

                for (i, j) in range.enumerated() {
                    oracle.expand(
                        branch: choices[j], index: j,
                        element: UnsafeRawBufferPointer(rebasing: other[width * i..<width * (i + 1)]), into: slot(i))
                }
                Ristretto255.derive(uniform: UnsafeRawBufferPointer(uniform), into: h)
                Ristretto255.multiply(
                    .ofGenerator,
                    by: UnsafeRawBufferPointer(rebasing: scalars[width * range.lowerBound..<width * range.upperBound]), into: r)
                Ristretto255.subtract(UnsafeBufferPointer(h), from: r)
                Ristretto255.encode(UnsafeBufferPointer(r), into: chosen)

                // r_b = chosen and r_{1-b} = other: exchanged under a mask where b is 1.
                for (i, j) in range.enumerated() {
                    let mask = 0 &- UInt64(choices[j])
                    for k in stride(from: 0, to: width, by: 8) {
                        let c = chosen.loadUnaligned(fromByteOffset: width * i + k, as: UInt64.self)
                        let o = other.loadUnaligned(fromByteOffset: width * i + k, as: UInt64.self)
                        let exchange = (c ^ o) & mask
                        sent.storeBytes(of: c ^ exchange, toByteOffset: 2 * width * j + k, as: UInt64.self)
                        sent.storeBytes(of: o ^ exchange, toByteOffset: 2 * width * j + width + k, as: UInt64.self)
                    }
                }
            }
        }

        /// The chosen key of each transfer.
        ///
        /// `context` as for `Sender.keys`. Throws `.peerMisbehaved` unless the message is one valid element and not the
        /// identity.
        package borrowing func keys(senderMessage: [UInt8], context: [UInt8], threads: Int = 1) throws -> [Block128] {
            guard senderMessage.count == senderMessageBytes else {
                throw YinheError(
                    .peerMisbehaved,
                    "the base oblivious transfer sender's message has \(senderMessage.count) bytes instead of "
                        + "\(senderMessageBytes)")
            }
            guard let element = Ristretto255.decode(senderMessage), !senderMessage.withUnsafeBytes(isIdentity) else {
                throw YinheError(
                    .peerMisbehaved,
                    "the base oblivious transfer sender's element is not a valid element of ristretto255 or is the identity")
            }
            let multiples = Ristretto255.Multiples(of: element)
            let prefix = KeyDerivation.prefix(context: context, senderMessage: senderMessage)
            var keys = [Block128](repeating: .zero, count: choices.count)
            try keys.withUnsafeMutableBufferPointer { keys in
                let out = DisjointBuffer(keys)
                try choices.withUnsafeBytes { choices in
                    try scalars.withUnsafeBytes { scalars in
                        try message.withUnsafeBytes { sent in
                            nonisolated(unsafe) let choices = choices, scalars = scalars, sent = sent
                            try Parallel.forEachChunk(of: choices.count, chunk: chunk, threads: threads) { range in
                                Self.derive(
                                    range, multiples: multiples, choices: choices, scalars: scalars, sent: sent, prefix: prefix,
                                    into: out.base)
                            }
                        }
                    }
                }
            }
            return keys
        }

        private static func derive(
            _ range: Range<Int>, multiples: Ristretto255.Multiples, choices: UnsafeRawBufferPointer,
            scalars: UnsafeRawBufferPointer, sent: UnsafeRawBufferPointer, prefix: [UInt8],
            into keys: UnsafeMutablePointer<Block128>
        ) {
            let width = Ristretto255.encodedBytes
            let buffer = ElementBuffer(count: range.count), derivation = KeyDerivation(prefix: prefix)
            Ristretto255.multiply(
                multiples, by: UnsafeRawBufferPointer(rebasing: scalars[width * range.lowerBound..<width * range.upperBound]),
                into: buffer.elements)
            var shared = SecretBytes(zeroed: range.count * width)
            shared.withUnsafeMutableBytes { shared in
                Ristretto255.encode(UnsafeBufferPointer(buffer.elements), into: shared)
                for (i, j) in range.enumerated() {
                    keys[j] = derivation.key(
                        index: j, branch: choices[j],
                        pair: UnsafeRawBufferPointer(rebasing: sent[2 * width * j..<2 * width * (j + 1)]),
                        shared: UnsafeRawBufferPointer(rebasing: shared[width * i..<width * (i + 1)]))
                }
            }
        }
    }
}
