import CKernels
import SandboxCore

extension MontgomeryModulus {
    /// The modulus in the form of the kernel that computes with four numbers at a time. Only read after `init`.
    final class Lanes: @unchecked Sendable {
        static let count = Int(LANES)
        /// So many left over are faster on the scalar kernel: a group of four takes about 2.1 times the time of a single number.
        static let scalarRest = 2

        let pointer: OpaquePointer
        let limbs: Int

        init(_ constants: Constants) {
            limbs = constants.limbs
            let made = constants.rootLimbs > 0
                ? lanes_modulus_new_squared(constants[.root], constants.rootLimbs, limbs)
                : lanes_modulus_new(constants[.modulus], limbs)
            guard let made else { fatalError("out of memory") }
            pointer = made
        }

        deinit { lanes_modulus_free(pointer) }

        var rBits: Int { lanes_r_bits(pointer) }

        /// How many of `count` numbers are best computed four at a time; the others remain for the scalar kernel.
        static func batched(_ count: Int) -> Int {
            let rest = count % Self.count
            return rest > scalarRest ? count : count - rest
        }

        /// `groups` groups of four numbers and working space, wiped afterwards.
        func withGroups<T>(
            _ groups: Int, _ body: (_ groups: UnsafeMutableRawPointer, _ stride: Int, _ scratch: UnsafeMutableRawPointer) -> T
        ) -> T {
            let stride = (lanes_group_bytes(pointer) + 63) / 64 * 64, bytes = groups * stride + lanes_scratch_bytes(pointer)
            let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            defer {
                ConstantTime.wipe(UnsafeMutableRawBufferPointer(start: memory, count: bytes))
                memory.deallocate()
            }
            return body(memory, stride, memory + groups * stride)
        }

        /// `count` is a multiple of four.
        func product(_ a: UnsafePointer<UInt64>, count: Int, of modulus: MontgomeryModulus) -> BigInteger {
            guard count > 0 else { return .one }
            let four: [BigInteger] = withGroups(2) { product, stride, scratch in
                let factor = product + stride
                lanes_pack(pointer, product, a, limbs, Self.count)
                for i in Swift.stride(from: Self.count, to: count, by: Self.count) {
                    lanes_pack(pointer, factor, a + i * limbs, limbs, Self.count)
                    lanes_multiply(pointer, product, product, factor, scratch)
                }
                return modulus.withScratch(rows: Self.count) { rows in
                    lanes_unpack(pointer, rows, limbs, Self.count, product, scratch)
                    return (0..<Self.count).map { modulus.number(rows + $0 * limbs) }
                }
            }
            let product = four.reduce(.one) { ($0 * $1).modulo(modulus.modulus) }
            return (product * modulus.radixPower(bits: rBits, count - Self.count)).modulo(modulus.modulus)
        }

        /// r[i] = 1 / a[i] for a multiple of four numbers, four chains of Montgomery's trick side by side; false when one is not
        /// a unit. r may be a.
        func invert(
            _ a: UnsafePointer<UInt64>, count: Int, into r: UnsafeMutablePointer<UInt64>, of modulus: MontgomeryModulus
        ) -> Bool {
            let steps = count / Self.count, four = Self.count
            return withGroups(steps + 3) { prefixes, stride, scratch in
                let running = prefixes + steps * stride, next = running + stride, factor = next + stride
                // prefixes[i] = a[0] ... a[i] / R^i in each lane, its numbers `four` rows apart.
                lanes_pack(pointer, prefixes, a, limbs, four)
                for i in 1..<max(steps, 1) {
                    lanes_pack(pointer, factor, a + i * four * limbs, limbs, four)
                    lanes_multiply(pointer, prefixes + i * stride, prefixes + (i - 1) * stride, factor, scratch)
                }
                return modulus.withScratch(rows: four) { rows in
                    lanes_unpack(pointer, rows, limbs, four, prefixes + (steps - 1) * stride, scratch)
                    guard modulus.invertScalar(rows, four, into: rows) else { return false }
                    // running = R^i / (a[0] ... a[i]), so that its Montgomery product with prefixes[i - 1] is 1 / a[i], without R.
                    lanes_pack(pointer, running, rows, limbs, four)
                    for i in Swift.stride(from: steps - 1, to: 0, by: -1) {
                        lanes_pack(pointer, factor, a + i * four * limbs, limbs, four)
                        lanes_multiply(pointer, next, running, factor, scratch)
                        lanes_multiply(pointer, running, running, prefixes + (i - 1) * stride, scratch)
                        lanes_unpack(pointer, r + i * four * limbs, limbs, four, running, scratch)
                        running.copyMemory(from: next, byteCount: stride)
                    }
                    lanes_unpack(pointer, r, limbs, four, running, scratch)
                    return true
                }
            }
        }
    }
}
