import SandboxCore

/// What one side says at the start of a session. Everything but the roles and the announcements must be equal on both sides.
public struct SessionProposal: Sendable {
    public var protocolName: String
    public var version: UInt32
    /// This side's role, such as "sender".
    public var role: String
    /// The role that the peer must take.
    public var peerRole: String
    /// Public values that both sides must agree on, such as the contract's hash or a result policy, as text.
    public var parameters: [(name: String, value: String)]
    /// Public numbers of this side alone, such as its set size; sent only after everything else has been found equal.
    public var announcements: [String: Int]

    public init(
        protocolName: String, version: UInt32, role: String, peerRole: String,
        parameters: [(name: String, value: String)] = [], announcements: [String: Int] = [:]
    ) {
        self.protocolName = protocolName
        self.version = version
        self.role = role
        self.peerRole = peerRole
        self.parameters = parameters
        self.announcements = announcements
    }
}

extension SessionProposal {
    static let layerVersion: UInt32 = 1
    package static let nonceBytes = 32
    package static let maximumBytes = 1 << 17
    private static let maximumParameters = 64
    private static let maximumNameBytes = 64
    private static let maximumValueBytes = 1024

    /// The proposal frame; see Protocols/transport.md, "Session handshake".
    package func proposalFrame(nonce: [UInt8]) -> [UInt8] {
        precondition(nonce.count == Self.nonceBytes)
        precondition(parameters.count <= Self.maximumParameters && announcements.count <= Self.maximumParameters)
        precondition(
            ([protocolName, role, peerRole] + parameters.map(\.name) + announcements.keys)
                .allSatisfy { $0.utf8.count <= Self.maximumNameBytes })
        precondition(parameters.allSatisfy { $0.value.utf8.count <= Self.maximumValueBytes })
        var writer = ByteWriter()
        writer.write(SessionTag.proposal)
        writer.write(Self.layerVersion)
        writer.write(raw: nonce)
        writer.write(protocolName)
        writer.write(version)
        writer.write(role)
        writer.write(peerRole)
        writer.write(UInt32(parameters.count))
        for (name, value) in parameters {
            writer.write(name)
            writer.write(value)
        }
        return writer.bytes
    }

    /// Reads the peer's proposal. Throws `.peerMismatch` for another version of this layer.
    package static func readProposal(_ frame: [UInt8]) throws -> (proposal: SessionProposal, nonce: [UInt8]) {
        var reader = ByteReader(frame, what: "session proposal")
        guard try reader.read(UInt8.self) == SessionTag.proposal else {
            throw YinheError(.peerMisbehaved, "the peer did not begin with a session proposal")
        }
        let layer = try reader.read(UInt32.self)
        guard layer == layerVersion else {
            throw disagreement("session layer version", "\(layerVersion)", "\(layer)")
        }
        let nonce = try reader.readRaw(nonceBytes)
        let protocolName = try reader.readText(maximum: maximumNameBytes)
        let version = try reader.read(UInt32.self)
        let role = try reader.readText(maximum: maximumNameBytes)
        let peerRole = try reader.readText(maximum: maximumNameBytes)
        var parameters: [(name: String, value: String)] = []
        for _ in 0..<(try reader.readCount(maximum: maximumParameters, elementBytes: 8)) {
            let name = try reader.readText(maximum: maximumNameBytes)
            parameters.append((name, try reader.readText(maximum: maximumValueBytes)))
        }
        try reader.finish()
        let proposal = SessionProposal(
            protocolName: protocolName, version: version, role: role, peerRole: peerRole, parameters: parameters)
        return (proposal, nonce)
    }

    package func announcementFrame() -> [UInt8] {
        var writer = ByteWriter()
        writer.write(SessionTag.announcements)
        writer.write(UInt32(announcements.count))
        for (name, number) in announcements.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            writer.write(name)
            writer.write(Int64(number))
        }
        return writer.bytes
    }

    package static func readAnnouncements(_ frame: [UInt8]) throws -> [String: Int] {
        var reader = ByteReader(frame, what: "session announcements")
        guard try reader.read(UInt8.self) == SessionTag.announcements else {
            throw YinheError(.peerMisbehaved, "the peer sent no session announcements after its proposal")
        }
        var announcements: [String: Int] = [:]
        for _ in 0..<(try reader.readCount(maximum: maximumParameters, elementBytes: 12)) {
            let name = try reader.readText(maximum: maximumNameBytes)
            let number = Int(try reader.read(Int64.self))
            guard announcements.updateValue(number, forKey: name) == nil else {
                throw YinheError(.peerMisbehaved, "malformed session announcements: a name occurs twice")
            }
        }
        try reader.finish()
        return announcements
    }

    /// Throws `.peerMismatch` that names the first field on which the sides differ, with both values.
    func check(against peer: SessionProposal) throws {
        func equal(_ field: String, _ mine: String, _ theirs: String) throws {
            if mine != theirs { throw Self.disagreement(field, mine, theirs) }
        }
        try equal("protocol", protocolName, peer.protocolName)
        try equal("version of \(protocolName)", "\(version)", "\(peer.version)")
        guard role == peer.peerRole, peerRole == peer.role else {
            throw YinheError(
                .peerMismatch,
                "the roles do not fit: this side is \"\(role)\" and expects \"\(peerRole)\", "
                    + "the peer is \"\(peer.role.printable)\" and expects \"\(peer.peerRole.printable)\"",
                remedy: "start one side in the other role")
        }
        let theirs = Dictionary(peer.parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        for (name, value) in parameters { try equal(name, value, theirs[name] ?? "(not stated)") }
        let mine = Set(parameters.map(\.name))
        for (name, value) in peer.parameters where !mine.contains(name) { try equal(name.printable, "(not stated)", value) }
        try equal("number of parameters", "\(parameters.count)", "\(peer.parameters.count)")
    }

    private static func disagreement(_ field: String, _ mine: String, _ theirs: String) -> YinheError {
        YinheError(
            .peerMismatch, "the two sides differ in \(field): \(mine.printable) here, \(theirs.printable) at the peer",
            remedy: "both sides must use the same \(field); nothing was exchanged")
    }
}

extension String {
    /// At most 120 characters, none of them a control character: text of a peer must not steer a terminal.
    var printable: String {
        var out = String.UnicodeScalarView()
        for scalar in unicodeScalars.prefix(120) {
            let isPlain = scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format
            out.append(isPlain ? scalar : "?")
        }
        return String(out)
    }
}
