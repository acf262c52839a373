import Arithmetic
import Paillier
import SandboxCore
import SecretSharing
import Transport

extension PaillierSharing {
    /// The party with the private key; party 0 of the shares.
    public struct KeyOwner: Sendable {
        private let agreement: Agreement
        private let key: PaillierPrivateKey
        private let threads: Int

        /// Throws `.badInput` when the key is not the agreed one.
        public init(_ agreement: Agreement, key: PaillierPrivateKey, threads: Int = availableCores) throws {
            guard key.publicKey == agreement.publicKey else { throw YinheError(.badInput, "the private key is not that of the agreed public key") }
            self.agreement = agreement
            self.key = key
            self.threads = threads
        }

        /// Receives masked ciphertexts and returns this party's share of their values, group after group.
        ///
        /// Throws `.range` when the values do not fit the ring, `.peerMisbehaved` for ciphertexts that are not of this key or decrypt to more
        /// than the agreed bounds and masks allow; `.peerMismatch`, `.peerAborted`, `.peerUnreachable`.
        public func toShares<Element: RingElement>(
            over channel: any Channel, in ring: Element.Type = Element.self, progress: ProgressMonitor? = nil
        ) async throws -> SharedVector<Element> {
            let (agreement, key, threads) = (agreement, key, threads)
            let bounds = try agreement.bounds
            _ = try SharedVector<Element>(share: [], party: owner, of: 2, bounds: bounds)
            let proposal = agreement.proposal(.toShares, isOwner: true, ring: Element.ring)
            let share = try await Session.run(over: channel, proposal, progress: progress) { session -> [Element] in
                var share: [Element] = []
                let counter = ProgressCounter("decrypt", total: agreement.ciphertextCount, session.progress)
                for groups in agreement.messages {
                    let ciphertexts = try await receiveCiphertexts(session, groups, agreement, threads: threads)
                    share += try await Parallel.offload {
                        let plaintexts = try key.decrypt(ciphertexts, threads: threads)
                        return try blamingPeer { try Self.unmasked(plaintexts, agreement).map { Element(truncatingIfNeeded: $0) } }
                    }
                    counter.add(ciphertexts.count)
                }
                try await session.send(DoneMessage())
                return share
            }
            return try SharedVector(share: share, party: owner, of: 2, bounds: bounds)
        }

        /// The slots' contents u + r; none can be above what u and r can be.
        private static func unmasked(_ plaintexts: [BigInteger], _ agreement: Agreement) throws -> [UInt128] {
            let packing = agreement.packing, width = packing.plaintextCount
            return try stride(from: 0, to: plaintexts.count, by: width).flatMap { start in
                let slots = try packing.unpack(Array(plaintexts[start..<start + width]))
                for (slot, content) in slots.enumerated() {
                    let range = agreement.ranges[slot]
                    let greatest = UInt128(UInt64(bitPattern: range.upperBound &- range.lowerBound)) * UInt128(agreement.contributions)
                    let mask = UInt128.max >> UInt128(128 - SecurityParameters.additiveMaskBits(hiding: packing.sumBits[slot]))
                    guard content <= greatest + mask else { throw YinheError(.range, "a masked value lies outside its slot's bounds") }
                }
                return slots
            }
        }

        /// Turns shares into ciphertexts that the other party gets. `share`: this party's, party 0's.
        ///
        /// Throws `.badInput` when `share` is not of the agreed length and bounds, `.range` when the masked values do not fit the ring.
        public func toCiphertexts<Element: RingElement>(
            _ share: SharedVector<Element>, over channel: any Channel, progress: ProgressMonitor? = nil
        ) async throws {
            let (agreement, key, threads) = (agreement, key, threads)
            try agreement.check(share, party: owner)
            let proposal = agreement.proposal(.toCiphertexts, isOwner: true, ring: Element.ring)
            let values = share.share, width = agreement.ranges.count
            try await Session.run(over: channel, proposal, progress: progress) { session in
                let encryptor = try await Parallel.offload { PaillierEncryptor(key) }
                let counter = ProgressCounter("encrypt", total: agreement.ciphertextCount, session.progress)
                for groups in agreement.messages {
                    let message: SharesMessage = try await session.receive()
                    let due = groups.count * width * Element.ring.bytes
                    guard message.bytes.count == due else {
                        throw YinheError(.peerMisbehaved, "masked shares of \(message.bytes.count) bytes, \(due) are due")
                    }
                    let ciphertexts = try await Parallel.offload {
                        var reader = ByteReader(message.bytes, what: SharesMessage.name)
                        let plaintexts = try groups.flatMap { group -> [BigInteger] in
                            let slots = try (0..<width).map { slot -> UInt128 in
                                let sum = values[group * width + slot] &+ (try reader.read(Element.self))
                                    &- Element(truncatingIfNeeded: agreement.offset(slot))
                                guard UInt128(sum).leadingZeroBitCount >= 128 - agreement.packing.widths[slot] else {
                                    throw YinheError(.peerMisbehaved, "a masked value lies outside its slot's bounds")
                                }
                                return UInt128(sum)
                            }
                            return agreement.packing.pack(slots)
                        }
                        return try encryptor.encrypt(plaintexts, threads: threads)
                    }
                    try await session.send(PaillierSharing.encode(ciphertexts, agreement))
                    counter.add(ciphertexts.count)
                }
                let _: DoneMessage = try await session.receive()
            }
        }
    }

    /// The party with the ciphertexts; party 1 of the shares.
    public struct CiphertextHolder: Sendable {
        private let agreement: Agreement
        private let threads: Int

        public init(_ agreement: Agreement, threads: Int = availableCores) {
            self.agreement = agreement
            self.threads = threads
        }

        /// Sends the ciphertexts masked, and returns this party's share of their values.
        ///
        /// `ciphertexts`: group after group, laid out as `Agreement.encrypt` does, each the sum of `contributions` such vectors. Throws
        /// `.badInput` for another number of them, `.range` when the values do not fit the ring.
        public func toShares<Element: RingElement>(
            _ ciphertexts: [PaillierCiphertext], over channel: any Channel, in ring: Element.Type = Element.self,
            progress: ProgressMonitor? = nil
        ) async throws -> SharedVector<Element> {
            try await toShares(ciphertexts, over: channel, progress: progress, random: SystemRandom.shared)
        }

        package func toShares<Element: RingElement>(
            _ ciphertexts: [PaillierCiphertext], over channel: any Channel, in ring: Element.Type = Element.self,
            progress: ProgressMonitor? = nil, random: some RandomSource
        ) async throws -> SharedVector<Element> {
            let (agreement, threads) = (agreement, threads)
            guard ciphertexts.count == agreement.ciphertextCount else {
                throw YinheError(.badInput, "\(ciphertexts.count) ciphertexts, \(agreement.ciphertextCount) are agreed")
            }
            let bounds = try agreement.bounds
            _ = try SharedVector<Element>(share: [], party: holder, of: 2, bounds: bounds)
            let proposal = agreement.proposal(.toShares, isOwner: false, ring: Element.ring)
            let share = try await Session.run(over: channel, proposal, progress: progress) { session -> [Element] in
                // The owner must not see from the randomness which ciphertexts went in.
                let encryptor = PaillierEncryptor(hidingFromOwnerOf: agreement.publicKey)
                var share: [Element] = []
                let counter = ProgressCounter("encrypt", total: agreement.ciphertextCount, session.progress)
                let width = agreement.packing.plaintextCount
                for groups in agreement.messages {
                    let masks = groups.map { _ in agreement.masks(random) }
                    let masked = try await Parallel.offload {
                        let fresh = try encryptor.encrypt(masks.flatMap { agreement.packing.pack($0) }, threads: threads)
                        return zip(ciphertexts[groups.lowerBound * width..<groups.upperBound * width], fresh).map {
                            agreement.publicKey.add($0, $1)
                        }
                    }
                    try await session.send(PaillierSharing.encode(masked, agreement))
                    for group in masks {
                        for (slot, mask) in group.enumerated() {
                            share.append(Element(truncatingIfNeeded: agreement.offset(slot)) &- Element(truncatingIfNeeded: mask))
                        }
                    }
                    counter.add(masked.count)
                }
                let _: DoneMessage = try await session.receive()
                return share
            }
            return try SharedVector(share: share, party: holder, of: 2, bounds: bounds)
        }

        /// Turns shares into ciphertexts of the values, under the other party's key. `share`: this party's, party 1's.
        ///
        /// The ciphertexts are laid out as `Agreement.encrypt` does, with `contributions` already in them. The key's owner made their
        /// randomness: re-randomise what goes back to it.
        public func toCiphertexts<Element: RingElement>(
            _ share: SharedVector<Element>, over channel: any Channel, progress: ProgressMonitor? = nil
        ) async throws -> [PaillierCiphertext] {
            let (agreement, threads) = (agreement, threads)
            try agreement.check(share, party: holder)
            let proposal = agreement.proposal(.toCiphertexts, isOwner: false, ring: Element.ring)
            let values = share.share, width = agreement.ranges.count
            return try await Session.run(over: channel, proposal, progress: progress) { session in
                var out: [PaillierCiphertext] = []
                for groups in agreement.messages {
                    let masks = groups.map { _ in agreement.masks(SystemRandom.shared) }
                    var writer = ByteWriter(reserving: groups.count * width * Element.ring.bytes)
                    for (group, mask) in zip(groups, masks) {
                        for slot in 0..<width { writer.write(values[group * width + slot] &+ Element(truncatingIfNeeded: mask[slot])) }
                    }
                    try await session.send(SharesMessage(bytes: writer.bytes))
                    let received = try await receiveCiphertexts(session, groups, agreement, threads: threads)
                    let packed = masks.flatMap { agreement.packing.pack($0) }
                    out += zip(received, packed).map { agreement.publicKey.add($0, plaintext: -$1) }
                }
                try await session.send(DoneMessage())
                return out
            }
        }
    }
}

extension PaillierSharing.Agreement {
    fileprivate func check<Element: RingElement>(_ share: SharedVector<Element>, party: Int) throws {
        guard share.party == party, share.partyCount == 2, share.count == valueCount else {
            throw YinheError(.badInput, "the share of party \(share.party) of \(share.partyCount), \(share.count) values, is not the agreed one")
        }
        guard try bounds.contains(share.bounds) else {
            throw YinheError(.badInput, "the shared values lie in \(share.bounds), agreed is \(try bounds)", remedy: "agree on their bounds")
        }
        // Slots may differ in range while a shared vector has one: every slot must hold any of its values.
        guard ranges.indices.allSatisfy({ slot in
            offset(slot) <= share.bounds.lower && share.bounds.upper <= Int128(ranges[slot].upperBound) * Int128(contributions)
        }) else { throw YinheError(.badInput, "some slot's range does not cover the shared values' bounds \(share.bounds)") }
        try requireMaskRoom(in: Element.ring)
    }
}
