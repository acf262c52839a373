import SandboxCore
import Transport

extension Dealer {
    /// A party's first word.
    package struct Hello: WireMessage {
        package static let tag: UInt8 = 1
        package static let name = "introduction to the dealer"
        package static let maximumBytes = 4 + 64 + 1 + 1 + 8 * 204
        let roster: Roster
        let party: Int

        package init(roster: Roster, party: Int) {
            self.roster = roster
            self.party = party
        }

        package func encode(into writer: inout ByteWriter) {
            writer.write(field: roster.job)
            writer.write(UInt8(truncatingIfNeeded: party))
            writer.write(UInt8(truncatingIfNeeded: roster.names.count))
            for name in roster.names { writer.write(name) }
        }

        package init(from reader: inout ByteReader) throws {
            let job = try reader.readField(maximum: Dealer.jobBytes.upperBound)
            party = Int(try reader.read(UInt8.self))
            let count = Int(try reader.read(UInt8.self))
            guard Dealer.partyRange.contains(count), party < count else {
                throw YinheError(.peerMisbehaved, "malformed \(Self.name): party \(party) of \(count)")
            }
            var names: [String] = []
            for _ in 0..<count { names.append(try reader.readText(maximum: 200)) }
            do { roster = try Roster(job: job, names: names) } catch {
                throw YinheError(.peerMisbehaved, "malformed \(Self.name): the job or the names are not allowed")
            }
        }
    }

    /// Everybody is here.
    package struct Ready: WireMessage {
        package static let tag: UInt8 = 2
        package static let name = "word that all parties have come"
        package static let maximumBytes = 0
        package init() {}
        package func encode(into writer: inout ByteWriter) {}
        package init(from reader: inout ByteReader) throws {}
    }

    /// What a party needs next; nil when it needs nothing any more.
    package struct Request: WireMessage, Equatable {
        package static let tag: UInt8 = 3
        package static let name = "request for correlations"
        package static let maximumBytes = 8 + 8 + 16
        /// Counts a party's requests from 0.
        let step: UInt64
        package let wanted: Wanted?

        package struct Wanted: Equatable {
            package let kind: Correlation
            package let count: Int

            package init(kind: Correlation, count: Int) {
                self.kind = kind
                self.count = count
            }
        }

        package init(step: UInt64, wanted: Wanted?) {
            self.step = step
            self.wanted = wanted
        }

        package func encode(into writer: inout ByteWriter) {
            writer.write(step)
            writer.write(UInt64(wanted?.count ?? 0))
            wanted?.kind.encode(into: &writer)
        }

        package init(from reader: inout ByteReader) throws {
            step = try reader.read()
            let count = try reader.read(UInt64.self)
            guard count <= Int.max else { throw YinheError(.peerMisbehaved, "malformed \(Self.name): \(count) items") }
            wanted = count == 0 ? nil : Wanted(kind: try Correlation(from: &reader), count: Int(count))
        }

        var text: String { wanted.map { "\($0.count) items of \($0.kind.name)" } ?? "nothing more" }
    }

    /// A party's seed of one unit.
    package struct UnitSeed: WireMessage {
        package static let tag: UInt8 = 4
        package static let name = "seed of correlations"
        package static let maximumBytes = 8 + Dealing.seedBytes
        /// Counts the units of a job from 1.
        let unit: UInt64
        private(set) var seed: [UInt8]

        package init(unit: UInt64, seed: [UInt8]) {
            self.unit = unit
            self.seed = seed
        }

        mutating func wipe() { ConstantTime.wipe(&seed) }

        package func encode(into writer: inout ByteWriter) {
            writer.write(unit)
            writer.write(raw: seed)
        }

        package init(from reader: inout ByteReader) throws {
            unit = try reader.read()
            seed = try reader.readRaw(Dealing.seedBytes)
        }
    }

    /// Words of the derived sections of one unit, one section after the other.
    package struct Derived: WireMessage {
        package static let tag: UInt8 = 5
        package static let name = "derived sections"
        package static let isTranscribed = false
        package static let maximumBytes = 4 + 8 * Dealer.messageWords
        let bytes: [UInt8]

        package init(bytes: [UInt8]) { self.bytes = bytes }

        package func encode(into writer: inout ByteWriter) {
            writer.reserve(4 + bytes.count)
            writer.write(field: bytes)
        }

        package init(from reader: inout ByteReader) throws { bytes = try reader.readField(maximum: 8 * Dealer.messageWords) }
    }
}
