import Foundation
import Fusion
import HiddenJoin
import IntersectionSum
import ObliviousTransfer
import PrivateJoin
import PrivateSetIntersection
import SandboxCore
import SecretSharing
import SecureAggregation
import ThresholdPaillier
import Transport

// A new message type gets one line here; a test finds those that have none.
extension FuzzTarget {
    static let transport: [FuzzTarget] = [
        FuzzTarget("frames", seeds: [[1, 3, 0, 0, 0, 7, 8, 9, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0], [1, 0, 0, 0, 0, 3, 0, 0, 0, 0]]) { input in
            let (frames, end) = arriving(input)
            precondition(frames.reduce(0) { $0 + $1.count + 5 } <= input.count)
            if let end { throw end }
        },
        FuzzTarget(
            "session proposal", maximumBytes: SessionProposal.maximumBytes, seeds: [proposal.proposalFrame(nonce: filler(32))]
        ) {
            let (read, nonce) = try SessionProposal.readProposal($0)
            precondition(read.proposalFrame(nonce: nonce) == $0)
        },
        FuzzTarget("session announcements", maximumBytes: SessionProposal.maximumBytes, seeds: [proposal.announcementFrame()]) {
            var read = proposal
            read.announcements = try SessionProposal.readAnnouncements($0)
            // Names may come in any order; the canonical order reads back to the same.
            require(try SessionProposal.readAnnouncements(read.announcementFrame()) == read.announcements)
        },
        .text("endpoint", "127.0.0.1:7443", "[::1]:1", "bank.example:65535") { _ = try Endpoint(parsing: $0) },
    ]

    private static let proposal = SessionProposal(
        protocolName: "fuzz", version: 1, role: "a", peerRole: "b", parameters: [("policy", "both"), ("binding", "")],
        announcements: ["set size": 5, "rows": -1])

    /// What the frame parser makes of bytes that arrive on a socket.
    private static func arriving(_ input: [UInt8]) -> (frames: [[UInt8]], end: (any Error)?) {
        var ends: [Int32] = [0, 0]
        precondition(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let input = input.prefix(1 << 16)  // what the socket's buffer takes without a reader
        let sent = input.withUnsafeBytes { send(ends[0], $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        precondition(sent == input.count)
        close(ends[0])
        return ChannelLimits.frames(arrivingOn: ends[1])
    }

    static let protocols: [FuzzTarget] = [
        .message(DHPSI.BlindedPoints.self, bytes { $0.write(UInt32(0)) } + filler(66)),
        .message(DHPSI.Masks.self, bytes { $0.write(UInt32(7)) } + filler(30)),
        .message(DHPSI.Completion.self, [0], [1, 5, 0, 0, 0, 0, 0, 0, 0]),
        .message(DHPSI.Enough.self, []),
        .message(DHPSI.MaskOrder.self, bytes { $0.write(UInt32(0)) } + filler(12)),

        .message(PSI.CostModel.Ping.self, []),
        .message(PSI.CostModel.Burst.self, filler(9)),
        .message(PSI.CostModel.Measurement.self, [9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
        .message(HiddenJoin.Seed.self, filler(16)),
        .message(HiddenJoin.MaskedVector.self, bytes { $0.write(UInt32(0)) } + filler(64)),
        .message(HiddenJoin.Program.self, bytes { $0.write(UInt32(5)) } + filler(32)),

        .message(VOLEPSI.Seed.self, filler(16)),
        .message(VOLEPSI.MaskedVector.self, bytes { $0.write(UInt32(0)) } + filler(64)),
        .message(VOLEPSI.Masks.self, bytes { $0.write(UInt32(3)) } + filler(45)),
        .message(VOLEPSI.MatchedPlaces.self, [0, 0, 0, 0, 1, 3, 0, 0, 0, 9, 0, 0, 0], [0, 0, 0, 0, 0, 0x81, 0x7f]) { message in
            for rows in [0, 1, 15, 16, 200, 1 << 23] {
                guard let places = try? message.places(first: Int(message.first), rows: rows) else { continue }
                precondition(places.allSatisfy { $0 >= message.first && Int($0) < Int(message.first) + rows })
                precondition(zip(places, places.dropFirst()).allSatisfy { $0 < $1 })
            }
        },
        .message(VOLEPSI.Completion.self, []),

        .message(SilentVOLE.BaseReceiverMessage.self, filler(64)),
        .message(SilentVOLE.BaseSenderMessage.self, filler(32)),
        .message(SilentVOLE.Corrections.self, filler(100)),
        .message(SilentVOLE.CorrelationProof.self, filler(48)),
        .message(SilentVOLE.TreeSums.self, filler(80)),
        .message(SilentVOLE.CheckRequest.self, filler(16)),
        .message(SilentVOLE.CheckAnswer.self, filler(32)),
        .message(RandomOT.BaseMessage.self, filler(96)),
        .message(RandomOT.SmallTreeSums.self, filler(48)),
        .message(RandomOT.Corrections.self, filler(64)),
        .message(RandomOT.Payload.self, filler(52)),

        .message(
            PrivateJoin.Hello.self, [1] + filler(48) + [3, 0, 0, 0] + filler(3),
            [UInt8](repeating: 0, count: 17) + filler(32) + [0, 0, 0, 0]),
        .message(
            PrivateJoin.Sizes.self,
            bytes {
                $0.write(UInt64(1 << 20))
                $0.write(UInt64(1 << 16))
            }),
        .message(PrivateJoin.BucketStored.self, [5, 0, 0, 0]),
        .message(PrivateJoin.Matches.self, [5, 0, 0, 0] + filler(9)),
        .message(PrivateJoin.Multiplicities.self, [5, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0]),
        .message(
            PrivateJoin.Counts.self,
            bytes { for count in [3, 9, 0] as [UInt64] { $0.write(count) } }),
        .message(PrivateJoin.Progress.self, [1]),

        .message(IntersectionSum.KeyMessage.self, filler(40)),
        .message(IntersectionSum.GroupSizesMessage.self, [2, 0, 0, 0, 1, 0, 0, 0, 9, 9, 0, 0]),
        .message(IntersectionSum.BlindedMessage.self, filler(66)),
        .message(IntersectionSum.MasksMessage.self, filler(20)),
        .message(IntersectionSum.RowsMessage.self, filler(99)),
        .message(IntersectionSum.SumsMessage.self, filler(99)),

        .message(PaillierSharing.CiphertextsMessage.self, filler(99)),
        .message(PaillierSharing.SharesMessage.self, filler(32)),
        .message(PaillierSharing.DoneMessage.self, []),
        .message(TwoPartyKeyGeneration.ModulusShares.self, filler(40)),
        .message(TwoPartyKeyGeneration.TestDigests.self, filler(64)),
        .message(TwoPartyKeyGeneration.MaskedSum.self, filler(256)),
        .message(TwoPartyKeyGeneration.VerificationKey.self, filler(512)),
        .message(TwoPartyDecryption.ShareMessage.self, filler(99)),
        .message(TwoPartyDecryption.Done.self, []),

        .message(SecureSum.Seed.self, filler(32)),
        .message(
            SecureSum.Block.self,
            bytes {
                $0.write(UInt32(3))
                $0.write(field: filler(16))
                $0.write(field: filler(8))
            }),
        .message(SecureSum.Done.self, []),
        .message(
            RevealHeader.self,
            bytes {
                $0.write("ring64")
                $0.write(UInt64(4))
                $0.write("-1...5")
                $0.write("both parties")
            }),
        .message(RevealChunk.self, bytes { $0.write(field: filler(24)) }),
        .message(MaskedShares.self, [1, 0, 0, 0, 2, 0, 0, 0] + filler(32)),
        .message(
            PoolInventory.self, filler(16) + [0, 0, 0, 0],
            bytes {
                $0.write(raw: filler(16))
                $0.write(UInt32(2))
                for (i, kind) in [Correlation.products(.z64), .permutation(.z128, owner: 1, rows: 5, width: 2)].enumerated() {
                    $0.write(raw: filler(15) + [UInt8(i)])
                    kind.encode(into: &$0)
                    $0.write(UInt64(9))
                    $0.write(UInt64(3))
                }
            }),
        FuzzTarget(
            "Correlation", maximumBytes: 16,
            seeds: [
                Correlation.bitElementProducts(.z64), .matrixProducts(.z128, rows: 1, inner: 2, columns: 3),
                .privateMatrixProducts(.z64, rows: 9, inner: 9, columns: 1), .permutation(.z64, owner: 0, rows: 1 << 20, width: 3),
                .bitProducts, .privateBitBytes,
            ].map { kind in bytes { kind.encode(into: &$0) } }
        ) { input in
            var reader = ByteReader(input, what: "correlation")
            let kind = try Correlation(from: &reader)
            try reader.finish()
            precondition(bytes { kind.encode(into: &$0) } == input)
            if let words = kind.wordsPerItem { precondition(words > 0 && words <= 1 << 42) }
        },

        .message(
            Dealer.Hello.self,
            bytes {
                $0.write(field: filler(8))
                $0.write(UInt8(1))
                $0.write(UInt8(2))
                for name in ["a", "b"] { $0.write(name) }
            }),
        .message(Dealer.Ready.self, []),
        .message(Dealer.Request.self, request(.products(.z64), 9), [UInt8](repeating: 0, count: 16)) { request in
            guard let wanted = request.wanted, (try? wanted.kind.requireDealable(count: wanted.count, among: 2)) != nil else { return }
            let units = Dealer.Units(wanted.kind, count: wanted.count)
            precondition(units.items >= 1)
            for party in 0..<2 {
                let words = wanted.kind.sections(count: units.items, party: party).reduce(0, +)
                precondition(words <= max(2 * Dealer.unitWords, 2 * Dealer.maximumItemWords))
            }
        },
        .message(Dealer.UnitSeed.self, filler(24)),
        .message(Dealer.Derived.self, bytes { $0.write(field: filler(24)) }),
        .message(
            Dealer.Refusal.self, [1, 2] + [UInt8](repeating: 0, count: 9),
            [5, 3] + [UInt8](repeating: 0, count: 8) + [2] + request(.bitProducts, 3) + request(.bits(.z128), 3)),

        .message(
            MultiPartyComputation.Piece.self,
            bytes {
                $0.write(UInt64(3))
                for byte in [2, 1, 0xff] as [UInt8] { $0.write(byte) }
                $0.write(UInt64(2))
                $0.write("-1 ... 5")
                $0.write(UInt64(0))
                $0.write(field: filler(16))
            }),

        .message(FusionMessage.Hello.self, filler(32)),
        .message(FusionMessage.Ready.self, [0, 9, 0, 0, 0] + filler(64)),
        .message(FusionMessage.Charged.self, filler(32)),
        .message(FusionMessage.NoisedShares.self, [2, 0, 0, 0] + filler(32)),
        .message(FusionMessage.ResultDigest.self, filler(32)),
        .message(FusionMessage.Head.self, filler(32) + [1, 0, 0, 0, 0, 0, 0, 0] + filler(96)),
        .message(FusionMessage.Countersignature.self, filler(64)),
        .message(FusionMessage.Memory.self, filler(32)),
        .message(FusionMessage.Diagnostics.self, [UInt8](repeating: 1, count: 24)),
    ]

    private static func request(_ kind: Correlation, _ count: UInt64) -> [UInt8] {
        bytes {
            $0.write(UInt64(0))
            $0.write(count)
            kind.encode(into: &$0)
        }
    }
}
