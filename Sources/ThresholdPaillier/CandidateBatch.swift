import Arithmetic
import Paillier
import SandboxCore

/// One party's shares of a batch of candidates for p and q, step by step. Synchronous; what crosses the channel is the caller's.
final class CandidateBatch: @unchecked Sendable {
    let layout: CandidateLayout
    let count: Int
    private let party: Int
    private let threads: Int
    private let random: BufferedRandom
    /// Non-zero residues modulo the sieve's primes, candidate after candidate: this party's factors of p and of q.
    private let factors: (p: HugeBuffer<UInt16>, q: HugeBuffer<UInt16>)
    /// Shares over the integers.
    private(set) var shares: [(p: BigInteger, q: BigInteger)] = []

    init(_ layout: CandidateLayout, party: Int, threads: Int, random: some RandomSource) {
        self.layout = layout
        self.party = party
        self.threads = threads
        self.random = BufferedRandom(seededBy: random)
        count = layout.batch
        let width = layout.sieve.moduli.count
        factors = (HugeBuffer(count: count * width, wiped: true), HugeBuffer(count: count * width, wiped: true))
        for buffer in [factors.p, factors.q] {
            for candidate in 0..<count {
                for (i, m) in layout.sieve.moduli.enumerated() {
                    buffer.pointer[candidate * width + i] = UInt16(truncatingIfNeeded: 1 + self.random.uniform(below: m - 1))
                }
            }
        }
    }

    /// p and q modulo the sieve's primes are the products of both parties' factors, so neither is zero. The first party sends for p,
    /// the second for q.
    func sieveProducts() -> SmallProducts {
        SmallProducts(
            party - 1, layout.sieve, candidates: count, sending: party == 1 ? factors.p : factors.q,
            receiving: party == 1 ? factors.q : factors.p)
    }

    /// Draws p_i and q_i uniformly from the classes that the shares of the products name.
    func draw(_ products: SmallProducts) {
        let size = factors.p.count
        let sent = HugeBuffer<UInt16>(count: size, wiped: true), received = HugeBuffer<UInt16>(count: size, wiped: true)
        products.addSentShares(to: sent.pointer, threads: threads)
        products.addReceivedShares(to: received.pointer, threads: threads)
        let (p, q) = party == 1 ? (sent, received) : (received, sent)
        shares = (0..<count).map { (share(p, $0), share(q, $0)) }
    }

    /// lowest + u with u below 2^shareBits, the whole in its class modulo the sieve's primes and 3 (party 1) or 0 modulo 4.
    private func share(_ residues: HugeBuffer<UInt16>, _ candidate: Int) -> BigInteger {
        let lowest = party == 1 ? BigInteger(3) << (layout.primeBits - 2) : .zero
        let odd = layout.sieve.join(residues.pointer + candidate * layout.sieve.moduli.count)
        // Modulo 4 as well: the sieve's product is 1 or 3 modulo 4, so some k below 4 fits.
        let wanted: UInt64 = party == 1 ? 3 : 0
        let step = layout.sieve.modulus.modulo(word: 4)
        let k = (wanted &+ 4 &- odd.modulo(word: 4)) &* step & 3
        let place = (odd + layout.sieve.modulus * BigInteger(k) - lowest).modulo(layout.sieveProduct)
        let choices = ((BigInteger.one << layout.shareBits) - 1 - place) / layout.sieveProduct + 1
        return lowest + place + layout.sieveProduct * BigInteger.random(below: choices, from: random)
    }

    /// p_1 q_2 and p_2 q_1 modulo the primes where n is computed, and p_i q_i to which their shares are added.
    func modulusProducts() -> (products: SmallProducts, own: HugeBuffer<UInt16>) {
        let width = layout.product.moduli.count, layout = layout, shares = shares
        let p = HugeBuffer<UInt16>(count: count * width, wiped: true), q = HugeBuffer<UInt16>(count: count * width, wiped: true)
        let own = HugeBuffer<UInt16>(count: count * width, wiped: true)
        // Nothing in here throws.
        try! Parallel.forEachChunk(of: count, chunk: 8, threads: threads) { range in
            for candidate in range {
                let at = candidate * width
                layout.product.residues(shares[candidate].p, into: p.pointer + at)
                layout.product.residues(shares[candidate].q, into: q.pointer + at)
                layout.product.residues(shares[candidate].p * shares[candidate].q, into: own.pointer + at)
            }
        }
        return (SmallProducts(party - 1, layout.product, candidates: count, sending: p, receiving: q), own)
    }

    /// This party's shares of all n, as the message says them: residues of 2 bytes.
    func modulusShares(_ products: SmallProducts, _ own: HugeBuffer<UInt16>) -> [UInt8] {
        products.addSentShares(to: own.pointer, threads: threads)
        products.addReceivedShares(to: own.pointer, threads: threads)
        return [UInt8](unsafeUninitializedCapacity: 2 * own.count) { out, initialized in
            for i in 0..<own.count {
                UnsafeMutableRawBufferPointer(out).storeBytes(of: own.pointer[i].littleEndian, toByteOffset: 2 * i, as: UInt16.self)
            }
            initialized = 2 * own.count
        }
    }

    /// n of each candidate from both parties' shares. Throws `.peerMisbehaved` for a residue or an n out of range.
    func moduli(_ own: HugeBuffer<UInt16>, _ peer: [UInt8]) throws -> [BigInteger] {
        let width = layout.product.moduli.count
        return try Parallel.map(count, threads: threads) { candidate in
            var residues = [UInt16](repeating: 0, count: width)
            for i in 0..<width {
                let at = candidate * width + i
                let theirs = UInt64(peer[2 * at]) | UInt64(peer[2 * at + 1]) << 8
                guard theirs < layout.product.moduli[i] else {
                    throw YinheError(.peerMisbehaved, "a share of a modulus is out of range")
                }
                residues[i] = UInt16(truncatingIfNeeded: (UInt64(own.pointer[at]) + theirs) % layout.product.moduli[i])
            }
            let n = layout.product.join(&residues)
            guard n.bitWidth == 2 * layout.primeBits, n.modulo(word: 4) == 1 else {
                throw YinheError(.peerMisbehaved, "the parties' shares do not make a modulus")
            }
            return n
        }
    }
}
