import SandboxCore
import Synchronization
import Transport

extension Dealer {
    /// Why the dealer stops a job. It may arrive wherever a party waits for the dealer.
    package struct Refusal: WireMessage, Error, Equatable {
        package static let tag: UInt8 = 0xe9
        package static let name = "refusal of the dealer"
        package static let maximumBytes = 1 + 1 + 8 + 1 + 8 * Request.maximumBytes

        enum Reason: UInt8 {
            /// `parties` did not come in time.
            case missing = 1
            /// The connection to `parties` broke, or they stopped.
            case lost = 2
            /// `parties` sent what the protocol does not allow.
            case misbehaved = 3
            /// `parties` have not asked, long after the others.
            case late = 4
            /// The parties asked for different things: `requests`.
            case different = 5
            /// `parties` introduced themselves with other names or another number of parties.
            case otherRoster = 6
            /// `parties` are at the dealer already, or show the key of another party.
            case taken = 7
            /// What all asked for is not dealt: `requests`.
            case notDealt = 8
            /// Too many jobs at once.
            case busy = 9
            /// The dealer was stopped.
            case stopped = 10
        }

        let reason: Reason
        /// Whom it is about, as a set of bits.
        let parties: UInt8
        let step: UInt64
        /// Of every party, in order, or none.
        let requests: [Request]

        init(_ reason: Reason, parties: Set<Int> = [], step: UInt64 = 0, requests: [Request] = []) {
            self.reason = reason
            self.parties = parties.reduce(0) { $0 | 1 << UInt8($1) }
            self.step = step
            self.requests = requests
        }

        package func encode(into writer: inout ByteWriter) {
            writer.write(reason.rawValue)
            writer.write(parties)
            writer.write(step)
            writer.write(UInt8(truncatingIfNeeded: requests.count))
            for request in requests { request.encode(into: &writer) }
        }

        package init(from reader: inout ByteReader) throws {
            let code = try reader.read(UInt8.self)
            guard let reason = Reason(rawValue: code) else { throw YinheError(.peerMisbehaved, "refusal of kind \(code)") }
            self.reason = reason
            parties = try reader.read()
            step = try reader.read()
            let count = Int(try reader.read(UInt8.self))
            guard count <= Dealer.partyRange.upperBound else {
                throw YinheError(.peerMisbehaved, "malformed \(Self.name): requests of \(count) parties")
            }
            var requests: [Request] = []
            for _ in 0..<count { requests.append(try Request(from: &reader)) }
            self.requests = requests
        }

        var frame: [UInt8] {
            var writer = ByteWriter()
            writer.write(Self.tag)
            encode(into: &writer)
            return writer.bytes
        }

        /// For people, on any side. `cause`: what the dealer itself saw.
        func error(_ roster: Roster, cause: YinheError? = nil) -> YinheError {
            let who = roster.names.indices.filter { parties >> UInt8($0) & 1 == 1 }
            let titles = who.isEmpty ? "a party" : roster.titles(who)
            let asked = zip(roster.names.indices, requests)
                .map { "\(roster.title($0)) asked for \($1.text)\($1.step == step ? "" : " at step \($1.step)")" }
                .joined(separator: ", ")
            let why = cause.map { ": \($0.message)" } ?? ""
            switch reason {
            case .missing:
                return YinheError(
                    .peerUnreachable, "\(titles) did not come to the dealer in time", at: titles,
                    remedy: "start it with the same job and the same dealer, then run again")
            case .lost:
                return YinheError(
                    .peerUnreachable, "the dealer lost \(titles)\(why)", at: titles, remedy: "look at its messages, then run again")
            case .misbehaved:
                return YinheError(
                    .peerMisbehaved, "\(titles) broke the dealer's protocol\(why)", at: titles,
                    remedy: "check that all run the same version")
            case .late:
                return YinheError(
                    .peerUnreachable, "\(titles) did not ask the dealer for correlations of step \(step) in time", at: titles,
                    remedy: "look at its messages, then run again")
            case .different:
                return YinheError(
                    .peerMismatch, "at step \(step) \(asked); nothing was dealt", at: "dealer",
                    remedy: "run the same computation over the same sizes on every side")
            case .otherRoster:
                return YinheError(
                    .peerMismatch, "\(titles) came with other names or another number of parties", at: "dealer",
                    remedy: "list the same parties in the same order everywhere")
            case .taken:
                return YinheError(
                    .peerMismatch, "\(titles) is at the dealer already, or one key stands for two parties", at: "dealer",
                    remedy: "give every party its own index and key, and every computation its own job")
            case .notDealt:
                return YinheError(
                    .range, "the dealer does not deal what step \(step) needs: \(asked)", at: "dealer",
                    remedy: "compute over less data at a time")
            case .busy:
                return YinheError(
                    .peerUnreachable, "the dealer serves as many jobs as it may already", at: "dealer", remedy: "try again later")
            case .stopped:
                return YinheError(.peerAborted, "the dealer was stopped", at: "dealer", remedy: "run again when it is back")
            }
        }
    }

    /// A party's channel to the dealer, which turns a refusal into its error wherever it arrives.
    final class PartyChannel: Channel {
        private let base: any Channel
        private let roster: Roster
        private let refused = Mutex<(refusal: Refusal, error: YinheError)?>(nil)

        init(_ base: any Channel, roster: Roster) {
            self.base = base
            self.roster = roster
        }

        /// What the dealer has said about why it stops.
        var refusal: YinheError? { refused.withLock { $0?.error } }

        /// The one party that the dealer names as the reason.
        var blamed: Int? {
            refused.withLock {
                guard let refusal = $0?.refusal, [.missing, .lost, .misbehaved, .late].contains(refusal.reason),
                    refusal.parties.nonzeroBitCount == 1
                else { return nil }
                let party = refusal.parties.trailingZeroBitCount
                return roster.names.indices.contains(party) ? party : nil
            }
        }

        func receive() async throws -> [UInt8] {
            let frame = try await base.receive()
            guard frame.first == Refusal.tag, frame.count - 1 <= Refusal.maximumBytes else { return frame }
            var reader = ByteReader(frame, what: Refusal.name)
            _ = try reader.read(UInt8.self)
            let refusal = try Refusal(from: &reader)
            try reader.finish()
            let error = refusal.error(roster)
            refused.withLock { $0 = (refusal, error) }
            throw error
        }

        func send(_ frame: [UInt8]) async throws { try await base.send(frame) }
        func close() async { await base.close() }
        func cancel(_ error: YinheError) { base.cancel(error) }
        var traffic: Traffic { base.traffic }
        var peerDescription: String { base.peerDescription }
    }
}
