import Arithmetic
import SandboxCore

extension BaseOT {
    /// The party that gets both keys of every transfer. One use: a new one for every session.
    package struct Sender: ~Copyable {
        private let scalar: SecretBytes
        /// A, 32 bytes. Independent of the receiver's message: it may be sent before that arrives.
        package let message: [UInt8]

        /// Takes 64 bytes from `random`: a mod l.
        package init(random: some RandomSource = SystemRandom.shared) {
            let wide = SecretBytes(random: Ristretto255.uniformBytes, from: random)
            var reduced = SecretBytes(zeroed: Ristretto255.scalarBytes)
            let product = ElementBuffer(count: 1)
            wide.withUnsafeBytes { wide in reduced.withUnsafeMutableBytes { Ristretto255.reduceScalars(wide, into: $0) } }
            reduced.withUnsafeBytes { Ristretto255.multiply(.ofGenerator, by: $0, into: product.elements) }
            message = Ristretto255.encode(product.elements[0])
            scalar = reduced
        }

        /// Both keys of each of `count` transfers.
        ///
        /// `context` names the session and must be equal on both sides and never used for two sessions, nor for both directions
        /// of one (nonces of both parties or a transcript hash, and a role). Throws `.peerMisbehaved` when the message does not
        /// have 64 bytes per transfer, or naming a transfer with an invalid element (the first; with several threads, one).
        package borrowing func keys(
            receiverMessage: [UInt8], count: Int, context: [UInt8], threads: Int = 1
        ) throws -> [(Block128, Block128)] {
            guard count >= 0, receiverMessage.count == count * receiverBytesPerTransfer else {
                throw YinheError(
                    .peerMisbehaved,
                    "the message for \(count) base oblivious transfers has \(receiverMessage.count) bytes instead of "
                        + "\(count * receiverBytesPerTransfer)")
            }
            let prefix = KeyDerivation.prefix(context: context, senderMessage: message)
            var keys = [(Block128, Block128)](repeating: (.zero, .zero), count: count)
            try keys.withUnsafeMutableBufferPointer { keys in
                let out = DisjointBuffer(keys)
                try receiverMessage.withUnsafeBytes { received in
                    try scalar.withUnsafeBytes { scalar in
                        nonisolated(unsafe) let received = received, scalar = scalar
                        try Parallel.forEachChunk(of: count, chunk: chunk, threads: threads) { range in
                            try Self.derive(range, received: received, scalar: scalar, prefix: prefix, into: out.base)
                        }
                    }
                }
            }
            return keys
        }

        private static func derive(
            _ range: Range<Int>, received: UnsafeRawBufferPointer, scalar: UnsafeRawBufferPointer, prefix: [UInt8],
            into keys: UnsafeMutablePointer<(Block128, Block128)>
        ) throws {
            let width = Ristretto255.encodedBytes, points = 2 * range.count
            let encoded = UnsafeRawBufferPointer(
                rebasing: received[2 * width * range.lowerBound..<2 * width * range.upperBound])
            let buffer = ElementBuffer(count: 2 * points)
            let r = UnsafeMutableBufferPointer(rebasing: buffer.elements[..<points])
            let h = UnsafeMutableBufferPointer(rebasing: buffer.elements[points...])
            func element(_ i: Int) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(rebasing: encoded[width * i..<width * (i + 1)])
            }

            let bad = Ristretto255.decode(encoded, into: r) ?? (0..<points).first { isIdentity(element($0)) }
            if let bad {
                throw YinheError(
                    .peerMisbehaved,
                    "element \(bad % 2) of base oblivious transfer \(range.lowerBound + bad / 2) is not a valid element of "
                        + "ristretto255 or is the identity")
            }

            let oracle = PointOracle(), derivation = KeyDerivation(prefix: prefix)
            var bytes = SecretBytes(zeroed: points * Ristretto255.uniformBytes)
            bytes.withUnsafeMutableBytes { bytes in
                for i in 0..<points {  // H_i of the other element of the pair
                    oracle.expand(
                        branch: UInt8(i & 1), index: range.lowerBound + i / 2, element: element(i ^ 1),
                        into: UnsafeMutableRawBufferPointer(rebasing: bytes[64 * i..<64 * (i + 1)]))
                }
                Ristretto255.derive(uniform: UnsafeRawBufferPointer(bytes), into: h)
                Ristretto255.add(UnsafeBufferPointer(h), to: r)
                Ristretto255.multiply(r, by: scalar)
                let shared = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(width * points)])
                Ristretto255.encode(UnsafeBufferPointer(r), into: shared)
                func key(_ i: Int) -> Block128 {
                    derivation.key(
                        index: range.lowerBound + i / 2, branch: UInt8(i & 1),
                        pair: UnsafeRawBufferPointer(rebasing: encoded[width * (i & ~1)..<width * ((i & ~1) + 2)]),
                        shared: UnsafeRawBufferPointer(rebasing: shared[width * i..<width * (i + 1)]))
                }
                for j in 0..<range.count { keys[range.lowerBound + j] = (key(2 * j), key(2 * j + 1)) }
            }
        }
    }
}
