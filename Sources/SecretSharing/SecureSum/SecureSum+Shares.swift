import SandboxCore

extension SecureSum {
    /// One party's arithmetic, block after block: no channel, no waiting. Used by one task at a time.
    final class Shares<Element: RingElement>: @unchecked Sendable {
        private let agreement: Agreement
        private let values: [Element]
        /// Streams that the correction vector subtracts: the party's own share and those of the peers that got a seed.
        private let subtracted: [AESCounterPRG]
        /// The same own share again, and the streams of received seeds: they go into the partial sum.
        private var held: [AESCounterPRG]
        private var mask: [Element]
        /// Element-wise totals so far; empty unless this party receives.
        private(set) var totals: [Element]

        /// `seeds`: one for each peer that gets a seed, and one that stays here.
        init(agreement: Agreement, values: [Element], seeds: [[UInt8]], ownSeed: [UInt8], receives: Bool) {
            self.agreement = agreement
            self.values = values
            subtracted = (seeds + [ownSeed]).map(AESCounterPRG.init(seed:))
            held = [AESCounterPRG(seed: ownSeed)]
            mask = Array(repeating: 0, count: agreement.blockElements)
            totals = receives ? Array(repeating: 0, count: agreement.count) : []
        }

        deinit { ConstantTime.wipe(&mask) }

        func hold(seed: [UInt8]) { held.append(AESCounterPRG(seed: seed)) }

        /// The next block of the correction vector: values minus all other shares. Blocks must be asked for in order.
        func correction(block: Int) -> [UInt8] {
            let range = agreement.elements(ofBlock: block)
            var out = values.withUnsafeBytes {
                Array($0[range.lowerBound * Element.ring.bytes..<range.upperBound * Element.ring.bytes])
            }
            combine(subtracted, into: &out) { RingKernels.subtract($0, from: $1) }
            return out
        }

        /// The next block of this party's partial sum: the correction that it received plus all streams that it holds.
        /// A receiver's totals take it in. Blocks must be asked for in order.
        func partial(block: Int, correction: [UInt8]) -> [UInt8] {
            var out = correction
            combine(held, into: &out) { RingKernels.add($0, to: $1) }
            if !totals.isEmpty { addToTotals(out, block: block) }
            return out
        }

        func addToTotals(_ partial: [UInt8], block: Int) {
            let range = agreement.elements(ofBlock: block)
            partial.withUnsafeBytes { partial in
                totals.withUnsafeMutableBufferPointer {
                    RingKernels.add(
                        partial.bindMemory(to: Element.self), to: UnsafeMutableBufferPointer(rebasing: $0[range]))
                }
            }
        }

        private func combine(
            _ streams: [AESCounterPRG], into bytes: inout [UInt8],
            _ operation: (UnsafeBufferPointer<Element>, UnsafeMutableBufferPointer<Element>) -> Void
        ) {
            mask.withUnsafeMutableBufferPointer { mask in
                bytes.withUnsafeMutableBytes { bytes in
                    let out = bytes.bindMemory(to: Element.self)
                    let part = UnsafeMutableBufferPointer(rebasing: mask[0..<out.count])
                    for stream in streams {
                        stream.fill(UnsafeMutableRawBufferPointer(part))
                        operation(UnsafeBufferPointer(part), out)
                    }
                }
            }
        }
    }
}
