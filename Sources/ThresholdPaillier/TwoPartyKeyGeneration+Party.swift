import Arithmetic
import ObliviousTransfer
import Paillier
import SandboxCore
import Transport

extension TwoPartyKeyGeneration {
    /// One of the two; see `TwoPartyKeyGeneration`.
    public struct Party: Sendable {
        private let number: Int
        private let parameters: Parameters

        /// `number`: 1 or 2, different on both sides. Throws `.badInput` for values that no run can have.
        public init(_ number: Int, _ parameters: Parameters) throws {
            guard (1...2).contains(number) else { throw YinheError(.badInput, "party \(number) of two") }
            try parameters.validate()
            self.number = number
            self.parameters = parameters
        }

        /// Makes the key in a session of its own; the channel stays open when it succeeds. `progress` counts candidates, then the
        /// rounds of the last test. About 3,700 candidates and 150 MB at 2048 bits, with the spread of a geometric distribution.
        ///
        /// Throws `.peerMismatch`, `.peerMisbehaved`, `.peerAborted` or `.peerUnreachable` for the peer.
        public func run(over channel: any Channel, progress: ProgressMonitor? = nil) async throws -> Output {
            try await run(over: channel, progress: progress, random: SystemRandom.shared)
        }

        package func run(
            over channel: any Channel, progress: ProgressMonitor? = nil, random: some RandomSource
        ) async throws -> Output {
            try await Session.run(over: channel, parameters.proposal(party: number), progress: progress) { session in
                try await rounds(in: session, random)
            }
        }

        /// Shares of a modulus that has passed the tests.
        private struct Found: Sendable {
            let n: BigInteger
            let p: BigInteger
            let q: BigInteger
        }

        private func rounds(in session: Session, _ random: some RandomSource) async throws -> Output {
            let threads = parameters.threads
            let engine = RandomOT.Engine(session: session, party: number - 1, threads: threads, random: random)
            let layout = CandidateLayout(bits: parameters.bits), test = ModulusTest(layout)
            let seed = try await engine.publicSeed()
            let counter = ProgressCounter("key candidates", total: nil, session.progress)
            var tried = 0
            // Fails without need once in e^64 runs.
            while tried < 64 * layout.expectedCandidates + layout.batch {
                let batch = try await Parallel.offload { [number] in
                    CandidateBatch(layout, party: number, threads: threads, random: random)
                }
                let moduli = try await openModuli(batch, engine, session)
                tried += batch.count
                counter.add(batch.count)
                for found in try await firstRound(batch, moduli, test, seed, session) {
                    guard try await passesAllRounds(found, seed, session),
                        let share = try await shareExponent(found, engine, session, random)
                    else { continue }
                    return Output(
                        share: share, candidates: tried, transcriptHash: session.transcriptHash, traffic: session.traffic)
                }
            }
            throw YinheError(
                .peerMisbehaved, "no modulus among \(tried) candidates, \(layout.expectedCandidates) were expected",
                remedy: "start again; if it happens again, the two programs differ")
        }

        /// Steps 1 to 3: shares of p and q, then n of each candidate.
        private func openModuli(_ batch: CandidateBatch, _ engine: RandomOT.Engine, _ session: Session) async throws -> [BigInteger] {
            let sieve = batch.sieveProducts()
            try await engine.run(sieve)
            let (products, own) = try await Parallel.offload {
                batch.draw(sieve)
                return batch.modulusProducts()
            }
            try await engine.run(products)
            let shares = try await Parallel.offload { batch.modulusShares(products, own) }
            let theirs = try await session.exchange(ModulusShares(bytes: shares))
            return try await Parallel.offload { try batch.moduli(own, theirs) }
        }

        /// Step 4: trial division, then one round of the biprimality test.
        private func firstRound(
            _ batch: CandidateBatch, _ moduli: [BigInteger], _ test: ModulusTest, _ seed: Block128, _ session: Session
        ) async throws -> [Found] {
            let (number, threads) = (number, parameters.threads)
            let (left, digests) = try await Parallel.offload {
                let divided = try Parallel.map(moduli.count, threads: threads) { test.hasSmallFactor(moduli[$0]) }
                let left = moduli.indices.filter { !divided[$0] }
                let digests = try Parallel.map(left.count, threads: threads) { k in
                    let (i, shares) = (left[k], batch.shares[left[k]])
                    return ModulusTest.digest(moduli[i], party: number, p: shares.p, q: shares.q, seed: seed, round: 0)
                }
                return (left, digests)
            }
            guard !left.isEmpty else { return [] }
            let theirs = try await session.exchange(TestDigests(bytes: digests.flatMap { $0 }))
            let width = CandidateLayout.digestBytes
            return left.indices.filter { digests[$0].elementsEqual(theirs[$0 * width..<($0 + 1) * width]) }.map {
                Found(n: moduli[left[$0]], p: batch.shares[left[$0]].p, q: batch.shares[left[$0]].q)
            }
        }

        /// Step 5: the other rounds.
        private func passesAllRounds(_ found: Found, _ seed: Block128, _ session: Session) async throws -> Bool {
            let (number, threads) = (number, parameters.threads)
            let counter = ProgressCounter("biprimality test", total: CandidateLayout.testRounds - 1, session.progress)
            let digests = try await Parallel.offload {
                try Parallel.map(CandidateLayout.testRounds - 1, threads: threads) { round in
                    defer { counter.add(1) }
                    return ModulusTest.digest(found.n, party: number, p: found.p, q: found.q, seed: seed, round: round + 1)
                }
            }
            let mine = digests.flatMap { $0 }
            return try await session.exchange(TestDigests(bytes: mine)) == mine
        }

        /// Steps 6 to 8: the inverse of p + q - 1 modulo n, the shared exponent, the verification keys. Nil when p + q - 1 is no unit
        /// (then n need not be a product of two primes).
        private func shareExponent(
            _ found: Found, _ engine: RandomOT.Engine, _ session: Session, _ random: some RandomSource
        ) async throws -> PaillierKeyShare? {
            let n = found.n, bits = parameters.bits
            let sum = number == 1 ? found.p + found.q - 1 : found.p + found.q
            let r = BigInteger.random(below: n, from: random)
            let masked = WideProducts(number - 1, modulo: .number(n), u: r, v: sum, bits: bits / 2 + 1)
            try await engine.run(masked)
            let mine = (r * sum + masked.share).modulo(n)
            let theirs = BigInteger(bigEndian: try await session.exchange(MaskedSum(bytes: mine.bigEndian(count: bits / 8))))
            guard theirs < n else { throw YinheError(.peerMisbehaved, "a masked sum of the primes is out of range") }
            guard let inverse = (mine + theirs).modulo(n).inverse(modulo: n) else { return nil }
            // phi(n) = n - (p + q - 1), so its inverse modulo n is -r / (r (p + q - 1)), shared as r is.
            let psi = (-(r * inverse)).modulo(n)
            let exponentBits = PaillierThresholdKey.Sharing.differenceBits(keyBits: bits)
            let product = WideProducts(
                number - 1, modulo: .powerOfTwo(bits: exponentBits), u: psi, v: sum, bits: bits / 2 + 1)
            try await engine.run(product)
            let limit = BigInteger.one << exponentBits
            let share = (n * psi - sum * psi - product.share).modulo(limit)
            return try await publish(n, number == 1 ? share : limit - share, session)
        }

        /// Step 8: both verification keys; `PaillierThresholdKey` checks that v_1 / v_2 = v^d.
        private func publish(_ n: BigInteger, _ secret: BigInteger, _ session: Session) async throws -> PaillierKeyShare {
            let parameters = parameters, number = number
            let (key, mine) = try await Parallel.offload {
                let key = try PaillierPublicKey(n: n, scheme: parameters.scheme, allowedBits: parameters.allowedBits)
                return (key, PaillierThresholdKey.base(of: key).power(secret: secret, modulo: key.nSquared))
            }
            let bytes = try await session.exchange(VerificationKey(bytes: mine.bigEndian(count: key.ciphertextBytes)))
            return try await Parallel.offload {
                let theirs = BigInteger(bigEndian: bytes)
                do {
                    let shared = try PaillierThresholdKey(
                        encryptionKey: key, sharing: .difference, verificationKeys: number == 1 ? [mine, theirs] : [theirs, mine])
                    return try PaillierKeyShare(publicKey: shared, party: number, secret: secret)
                } catch let error as YinheError {
                    throw YinheError(.peerMisbehaved, error.message, remedy: "start again")
                }
            }
        }
    }
}
