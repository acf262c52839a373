import Arithmetic
import ObliviousTransfer
import SandboxCore
import Synchronization

/// Shares of the two products u_1 v_2 and u_2 v_1 modulo one large number, u_i and v_i with party i: Gilboa's product as in
/// `SmallProducts`, the strings of the transfers expanded by AES-256-CTR.
final class WideProducts: TransferProgram, Sendable {
    /// What the products are reduced by.
    enum Modulus: Sendable {
        case number(BigInteger)
        case powerOfTwo(bits: Int)

        var value: BigInteger {
            switch self {
            case .number(let n): n
            case .powerOfTwo(let bits): .one << bits
            }
        }
        /// Of one message.
        var bytes: Int {
            switch self {
            case .number(let n): (n.bitWidth + 7) / 8
            case .powerOfTwo(let bits): (bits + 7) / 8
            }
        }
        /// Of the expansion of a string: 128 bits more than an odd modulus, so that residues are uniform up to 2^-128.
        var drawnBytes: Int {
            switch self {
            case .number: bytes + 16
            case .powerOfTwo: bytes
            }
        }
    }

    private let party: Int
    private let modulus: Modulus
    private let value: BigInteger
    private let u: BigInteger
    private let choices: HugeBuffer<UInt64>
    private let bits: Int
    private let strings: HugeBuffer<Block128>
    private let sum = Mutex<BigInteger>(.zero)

    /// `bits`: of the longest v of either side.
    init(_ party: Int, modulo modulus: Modulus, u: BigInteger, v: BigInteger, bits: Int) {
        precondition(u.signum >= 0 && v.signum >= 0 && v.bitWidth <= bits)
        self.party = party
        self.modulus = modulus
        value = modulus.value
        self.u = u
        self.bits = bits
        // Tiles are whole words.
        choices = HugeBuffer(count: (bits + 63) / 64, wiped: true)
        v.copyLimbs(to: choices.pointer, count: choices.count)
        strings = HugeBuffer(count: bits, wiped: true)
    }

    var tile: Int { 256 }
    /// At most 1,041 bytes each: n of 4096 bits.
    var chunk: Int { 1024 }
    var isOrdered: Bool { true }
    var choosesBits: Bool { true }
    func transfers(sender: Int) -> Int { bits }
    func payloadBytes(_ range: Range<Int>, sender: Int) -> Int { modulus.bytes * range.count }

    private func expand(_ string: Block128) -> BigInteger {
        var seed = [UInt8](repeating: 0, count: AESCounterPRG.seedBytes)
        var bytes = [UInt8](repeating: 0, count: modulus.drawnBytes)
        defer {
            ConstantTime.wipe(&seed)
            ConstantTime.wipe(&bytes)
        }
        seed.withUnsafeMutableBytes {
            $0.storeBytes(of: string.low.littleEndian, as: UInt64.self)
            $0.storeBytes(of: string.high.littleEndian, toByteOffset: 8, as: UInt64.self)
        }
        let prg = AESCounterPRG(seed: seed)
        bytes.withUnsafeMutableBytes { prg.fill($0) }
        return BigInteger(bigEndian: bytes).modulo(value)
    }

    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>) {
        (self.strings.pointer + range.lowerBound).update(from: strings, count: range.count)
        choices.update(from: self.choices.pointer + range.lowerBound / 64, count: (range.count + 63) / 64)
    }

    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer
    ) {
        var share = BigInteger.zero
        for j in 0..<range.count {
            let x = expand(zero[j])
            var t = (x - expand(one[j]) + (u << (range.lowerBound + j))).modulo(value).bigEndian(count: modulus.bytes)
            (payload + j * modulus.bytes).copyMemory(from: &t, byteCount: modulus.bytes)
            share -= x
        }
        sum.withLock { $0 = ($0 + share).modulo(value) }
    }

    func finish(_ range: Range<Int>, payload: UnsafeRawPointer) {
        var share = BigInteger.zero
        var masked = [UInt8](repeating: 0, count: modulus.bytes)
        for j in 0..<range.count {
            let at = range.lowerBound + j
            let mask = 0 &- UInt8(truncatingIfNeeded: choices.pointer[at / 64] >> UInt64(at % 64) & 1)
            for k in 0..<modulus.bytes { masked[k] = payload.load(fromByteOffset: j * modulus.bytes + k, as: UInt8.self) & mask }
            share = share + expand(strings.pointer[at]) + BigInteger(bigEndian: masked)
        }
        ConstantTime.wipe(&masked)
        sum.withLock { $0 = ($0 + share).modulo(value) }
    }

    /// This party's share of u_1 v_2 + u_2 v_1, when the transfers have run.
    var share: BigInteger { sum.withLock { $0 } }
}
