import PrivateSetIntersection
import SandboxCore
import Tables
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension PrivateJoin.JoinType {
    /// Whether the result holds rows of this party without a match.
    func keepsUnmatched(of role: PrivateJoin.Role) -> Bool {
        switch self {
        case .inner: false
        case .left, .difference: role == .receiver
        case .right: role == .sender
        case .full: true
        }
    }

    var keepsMatched: Bool { self != .difference }
}

extension PrivateJoin.Options {
    /// Throws `.usage` for options that do not fit together.
    public func validate(for role: PrivateJoin.Role) throws {
        func refuse(_ problem: String, _ remedy: String) -> YinheError { YinheError(.usage, problem, remedy: remedy) }
        guard threads >= 1 else { throw refuse("\(threads) threads", "give at least 1") }
        guard memoryBytes >= Self.minimumMemoryBytes else {
            throw refuse("\(memoryBytes) bytes of memory", "give at least \(Self.minimumMemoryBytes)")
        }
        guard minimumIntersection >= 0 else { throw refuse("a minimum of \(minimumIntersection) keys", "give 0 or more") }
        guard binding.count <= 256 else { throw refuse("a binding of \(binding.count) bytes", "give at most 256") }
        if let columns {
            guard !columns.isEmpty, Set(columns).count == columns.count else {
                throw refuse("no columns, or a column twice", "name each column of the output once")
            }
        }
        if reveal == .count {
            guard joinType == .inner else {
                throw refuse(
                    "a \(joinType.rawValue) join asks for rows, and nobody learns which rows match when only a count is revealed",
                    "use the inner join, or reveal the result to one or both")
            }
            guard protocolChoice == .auto || protocolChoice == .dh else {
                throw refuse(
                    "the \(protocolChoice.rawValue) protocol always tells the receiver which keys match, and cannot only count",
                    "use dh or auto")
            }
        }
        if adversary == .malicious, reveal == .count || protocolChoice == .dh {
            throw refuse("the dh protocol, which alone can count, is for semi-honest parties", "use vole or auto, and no count")
        }
        if reveal == .receiver, joinType.keepsUnmatched(of: .sender) {
            throw refuse(
                "a \(joinType.rawValue) join keeps rows of the sender, who learns nothing when only the receiver does",
                "reveal the result to both, or use the inner, left or difference join")
        }
        guard rowOrder == .own || reveal == .both else {
            throw refuse("aligned rows are for two outputs, and only one party learns the result", "reveal the result to both")
        }
        try validateOutput(for: role)
    }

    private func validateOutput(for role: PrivateJoin.Role) throws {
        guard let output else { return }
        func refuse(_ problem: String, _ remedy: String) -> YinheError { YinheError(.usage, problem, remedy: remedy) }
        guard reveal != .count else { throw refuse("a count has no rows to write", "leave out the output") }
        guard reveal == .both || role == .receiver else {
            throw refuse("the sender learns nothing of the result and has no rows to write", "leave out the sender's output")
        }
        guard joinType != .difference || rowOrder == .aligned || role == .receiver else {
            throw refuse("a difference holds rows of the receiver only", "leave out the sender's output")
        }
        guard output != input else { throw refuse("the output is the input", "name another file") }
    }

    /// Whether the output has the column that tells matched rows.
    func marksRows(of role: PrivateJoin.Role) -> Bool {
        switch rowOrder {
        case .own: joinType.keepsMatched && joinType.keepsUnmatched(of: role)
        case .aligned: joinType == .left || joinType == .right || joinType == .full
        }
    }

    /// What both sides must have equal, by name.
    var agreed: [(name: String, value: String)] {
        [
            ("join type", joinType.rawValue), ("reveal", reveal.rawValue), ("row order", rowOrder.rawValue),
            ("key normaliser", normalizer.description), ("protocol", protocolChoice.rawValue), ("adversary", adversary.rawValue),
            ("minimum intersection", "\(minimumIntersection)"), ("binding", binding.hex),
            ("resumable", resumeDirectory == nil ? "no" : "yes"),
        ]
    }

    /// What a resumed job must have equal on this side.
    func remembered(for role: PrivateJoin.Role) -> [String: String] {
        var out = Dictionary(uniqueKeysWithValues: agreed)
        out["role"] = role.rawValue
        out["key column"] = keyColumn
        out["delimiter"] = "\(csv.delimiter)"
        out["encoding"] = csv.encoding?.rawValue ?? "detected"
        out["columns"] = columns.map { String(decoding: CSVRecordImage.text(of: $0, delimiter: .comma), as: UTF8.self) } ?? "all"
        return out
    }

    var keyScan: KeyScan {
        var scan = KeyScan(
            path: input, keyColumn: keyColumn, columns: columns, normalizer: normalizer, options: csv, threads: threads,
            keepsRecords: rowOrder == .aligned)
        scan.sha256 = PSI.sha256
        return scan
    }

    /// Checks what can be checked before the peer is there; returns the header.
    func preflight(for role: PrivateJoin.Role) throws -> [String] {
        let header = try keyScan.header()
        if let output {
            let folder = output.lastIndex(of: "/").map { String(output[..<$0]) } ?? "."
            guard access(folder.isEmpty ? "/" : folder, W_OK) == 0 else {
                throw YinheError.system(
                    "cannot write the output", errno: errno, at: output, remedy: "check that the folder exists and is writable")
            }
            if marksRows(of: role), (columns ?? header).contains(matchedColumn) {
                throw YinheError(
                    .usage, "the table has a column \"\(matchedColumn)\" already", at: input,
                    remedy: "give the column that tells matched rows another name")
            }
        }
        return header
    }

    /// Where a temporary folder goes.
    var temporaryParent: String {
        if let temporaryFolder { return temporaryFolder }
        let beside = output ?? input
        guard let slash = beside.lastIndex(of: "/") else { return "." }
        return slash == beside.startIndex ? "/" : String(beside[..<slash])
    }

    /// The largest set of one intersection on this side.
    var elementLimit: Int { max(1, min(tuning.bucketElements, memoryBytes / JoinEngine.bytesPerElement)) }
}
