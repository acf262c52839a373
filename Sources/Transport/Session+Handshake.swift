import SandboxCore

extension Session {
    /// The two exchanges that open a session, and the transcript that they begin.
    struct Handshake: ~Copyable {
        let peerAnnouncements: [String: Int]
        /// Puts the two directions of the transcript in an order that both sides share.
        let ownNonceFirst: Bool
        var sent: DomainHash
        var received: DomainHash

        static func run(
            over channel: any Channel, _ proposal: SessionProposal, nonce: [UInt8], first: [UInt8]? = nil
        ) async throws -> Handshake {
            var sent = DomainHash(domain: "yinhe/transcript/direction/v1")
            var received = DomainHash(domain: "yinhe/transcript/direction/v1")

            // 1. Proposals cross; each side compares on its own, so both see a difference.
            try await send(proposal.proposalFrame(nonce: nonce), over: channel, &sent)
            let (peer, peerNonce) = try SessionProposal.readProposal(try await receive(over: channel, &received))
            try proposal.check(against: peer)
            guard nonce != peerNonce else {
                throw YinheError(.peerMisbehaved, "the peer sent this side's own proposal back")
            }
            // 2. Only now the numbers that describe this side's data.
            try await send(proposal.announcementFrame(), over: channel, &sent)
            if let first { try await send(first, over: channel, &sent) }
            let announcements = try SessionProposal.readAnnouncements(try await receive(over: channel, &received))
            return Handshake(
                peerAnnouncements: announcements, ownNonceFirst: nonce.lexicographicallyPrecedes(peerNonce), sent: sent,
                received: received)
        }

        private static func send(_ frame: [UInt8], over channel: any Channel, _ hash: inout DomainHash) async throws {
            do { try await channel.send(frame) } catch { throw await Session.lastWord(on: channel, insteadOf: error) }
            hash.update(field: frame)
        }

        private static func receive(over channel: any Channel, _ hash: inout DomainHash) async throws -> [UInt8] {
            let frame = try await channel.receive()
            if let abort = Session.abortReason(in: frame) { throw abort.error(from: channel.peerDescription) }
            guard frame.count <= SessionProposal.maximumBytes else {
                throw YinheError(.peerMisbehaved, "a session handshake message of \(frame.count) bytes")
            }
            hash.update(field: frame)
            return frame
        }

        /// The transcript hash from the hashes of the two directions, the one of the smaller nonce first.
        static func transcript(_ mine: [UInt8], _ theirs: [UInt8], ownNonceFirst: Bool) -> [UInt8] {
            var hash = DomainHash(domain: "yinhe/transcript/v1")
            hash.update(ownNonceFirst ? mine : theirs)
            hash.update(ownNonceFirst ? theirs : mine)
            return hash.finalize()
        }
    }
}
