import SandboxCore

/// Examines a key column against a declared kind of key: what a join would take, repair and drop, and why.
public struct KeyDoctor: Sendable {
    public var path: String
    public var keyColumn: String
    public var normalizer: JoinKeyNormalizer
    public var options: CSVOptions
    /// Whether examples show whole keys.
    public var showsKeys: Bool
    /// Where a copy with repaired keys is written; nil: nowhere. Rows with refused keys are copied as they are.
    public var fixedPath: String?
    /// Distinct keys are counted up to this number, and estimated above it.
    package var distinctLimit = 1 << 21

    private static let sampledRows = 100_000

    public init(
        path: String, keyColumn: String, normalizer: JoinKeyNormalizer, options: CSVOptions = CSVOptions(), showsKeys: Bool = false,
        fixedPath: String? = nil
    ) {
        self.path = path
        self.keyColumn = keyColumn
        self.normalizer = normalizer
        self.options = options
        self.showsKeys = showsKeys
        self.fixedPath = fixedPath
    }

    /// Reads the file once. Memory: a chunk of the file and at most 2^21 distinct keys' hashes.
    ///
    /// Throws `.badInput` for a column that the header lacks, for what is not strict CSV, and for a copy in the file's own place.
    public func run(progress: ProgressMonitor? = nil) throws -> KeyDiagnosis {
        if let fixedPath, InputFile.isSame(path, fixedPath) {
            throw YinheError(.badInput, "the repaired copy would replace its input", at: fixedPath, remedy: "choose another name")
        }
        var reader = try CSVReader(path: path, options: options)
        guard let column = reader.header.firstIndex(of: keyColumn) else {
            throw YinheError(
                .badInput, "the header lacks the column \"\(keyColumn)\"", at: "\(path), line 1",
                remedy: "it has: \(reader.header.prefix(40).joined(separator: ", "))")
        }
        let writer = try fixedPath.map { try CSVWriter(path: $0, header: reader.header, delimiter: options.delimiter) }
        var examination = KeyExamination(normalizer: normalizer, showsKeys: showsKeys, distinctLimit: distinctLimit)
        while try reader.advance() {
            let canonical = examination.add(
                reader.bytes(column), line: reader.line, isSampled: examination.diagnosis.rows < Self.sampledRows)
            if let writer {
                var fields: [[UInt8]] = []
                for i in reader.header.indices {
                    if i == column, let canonical { fields.append(canonical) } else { fields.append(Array(reader.bytes(i))) }
                }
                try writer.write(utf8: fields)
            }
            if examination.diagnosis.rows % 65536 == 0 {
                progress?(ProgressEvent(phase: "inspect", completed: reader.bytesRead, total: reader.fileSize))
            }
        }
        try writer?.commit()
        var diagnosis = examination.finished()
        diagnosis.fileName = InputFile.name(of: path)
        diagnosis.bytes = reader.bytesRead
        diagnosis.encoding = reader.encoding.rawValue
        diagnosis.keyColumn = keyColumn
        diagnosis.fixedFile = fixedPath.map { InputFile.name(of: $0) }
        return diagnosis
    }
}

/// The counts of one pass over a key column.
struct KeyExamination: ~Copyable {
    private(set) var diagnosis = KeyDiagnosis()
    private let normalizer: JoinKeyNormalizer
    private let others: [JoinKeyNormalizer]
    private let showsKeys: Bool
    private let key = TextBuffer(capacity: 256)
    private let scratch = TextBuffer(capacity: 256)
    private var hasher = JoinTokenHasher()
    private var distinct: DistinctCounter
    private static let examplesOfAKind = 5

    init(normalizer: JoinKeyNormalizer, showsKeys: Bool, distinctLimit: Int) {
        self.normalizer = normalizer
        self.showsKeys = showsKeys
        others = [JoinKeyNormalizer.uscc, .residentID, .mobile, .plate, .container].filter { $0 != normalizer }
        distinct = DistinctCounter(limit: distinctLimit)
        diagnosis.normalizer = normalizer.description
    }

    /// Counts one cell; the canonical key when there is one and it differs from the cell.
    mutating func add(_ cell: UnsafeBufferPointer<UInt8>, line: Int, isSampled: Bool) -> [UInt8]? {
        diagnosis.rows += 1
        if isSampled { sample(cell) }
        key.count = 0
        key.reserve(cell.count + JoinKeyNormalizer.growth)
        switch normalizer.normalize(cell, into: key.base) {
        case .empty:
            diagnosis.empty += 1
            note("empty", cell, line)
        case .malformed(let reason):
            diagnosis.malformed += 1
            diagnosis.reasons[reason.rawValue, default: 0] += 1
            note(reason.rawValue, cell, line)
            if let symptom = symptom(cell, reason) { diagnosis.symptoms[symptom.rawValue, default: 0] += 1 }
        case .valid(let count, let repaired):
            distinct.add(hasher.token(UnsafeRawBufferPointer(start: key.base, count: count)))
            guard repaired else {
                diagnosis.validAsIs += 1
                return nil
            }
            diagnosis.changed += 1
            let canonical = UnsafeBufferPointer<UInt8>(start: UnsafePointer(key.base), count: count)
            for change in KeyChange.between(cell, canonical, normalizer) {
                diagnosis.changes[change.rawValue, default: 0] += 1
                note(change.rawValue, cell, line)
            }
            return Array(canonical)
        }
        return nil
    }

    func finished() -> KeyDiagnosis {
        var done = diagnosis
        done.valid = done.validAsIs + done.changed
        done.isDistinctExact = distinct.isExact
        done.distinct = min(distinct.distinct, done.valid)
        done.duplicates = done.valid - done.distinct
        done.mostRowsOfOneKey = distinct.mostOfOne
        done.likelyNormalizer = likelyNormalizer()
        return done
    }

    /// Another kind that takes at least four fifths of the sampled keys, when the declared one takes fewer or checks nothing.
    private func likelyNormalizer() -> String? {
        guard let best = diagnosis.otherKinds.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return nil }
        let keys = diagnosis.sampledRows
        guard best.value * 5 >= keys * 4, best.value > 0 else { return nil }
        let checks = normalizer != .text && normalizer != .digits
        let takes = Double(diagnosis.validAsIs + diagnosis.changed) / Double(max(1, diagnosis.rows - diagnosis.empty))
        return checks && takes >= 0.5 ? nil : best.key
    }

    private mutating func sample(_ cell: UnsafeBufferPointer<UInt8>) {
        scratch.count = 0
        scratch.reserve(cell.count + JoinKeyNormalizer.growth)
        var isKey = false
        for other in others {
            switch other.normalize(cell, into: scratch.base) {
            case .empty: return
            case .malformed: break
            case .valid: diagnosis.otherKinds[other.description, default: 0] += 1
            }
            isKey = true
        }
        if isKey { diagnosis.sampledRows += 1 }
    }

    private mutating func note(_ kind: String, _ cell: UnsafeBufferPointer<UInt8>, _ line: Int) {
        guard diagnosis.examples[kind, default: []].count < Self.examplesOfAKind else { return }
        let text = String(String(decoding: cell, as: UTF8.self).prefix(256))
        diagnosis.examples[kind, default: []].append(
            KeyDiagnosis.Example(line: line, key: showsKeys ? text : KeyMask.masked(text)))
    }

    private func symptom(
        _ cell: UnsafeBufferPointer<UInt8>, _ reason: JoinKeyNormalizer.Malformation
    ) -> KeyDiagnosis.Symptom? {
        let text = String(decoding: cell.prefix(256), as: UTF8.self)
        if text.contains("\u{fffd}") { return .brokenText }
        if text.contains("**") { return .masked }
        let upper = text.uppercased()
        if upper.contains("E+"), let first = upper.first, first.isNumber, upper.last?.isNumber == true { return .scientificNotation }
        if normalizer == .residentID, reason == .check || reason == .birthDate, text.hasSuffix("000") { return .lostPrecision }
        if normalizer == .mobile, reason == .prefix, text.hasPrefix("0"), !text.hasPrefix("00") { return .landline }
        return nil
    }
}
