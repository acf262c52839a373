import Tables

/// A key diagnosis on a terminal.
struct KeyDiagnosisText {
    let found: KeyDiagnosis
    let console: Console

    func show() throws {
        try console.fact(.file, found.fileName)
        try console.fact(.encoding, found.encoding)
        try console.fact(Phrase(en: "Key column", zh: "键列"), "\(found.keyColumn) (\(found.normalizer))")
        try console.fact(Phrase(en: "Rows", zh: "行数"), Numbers.grouped(found.rows))
        try console.fact(.doctorAsIs, share(found.validAsIs))
        try console.fact(.doctorChanged, share(found.changed))
        try console.fact(.doctorEmpty, share(found.empty))
        try console.fact(.doctorDropped, share(found.malformed))
        let about = found.isDistinctExact ? "" : console.text(Phrase(en: "about ", zh: "约 "))
        try console.fact(Phrase(en: "Distinct keys", zh: "不同键数"), about + Numbers.grouped(found.distinct))
        try console.fact(
            Phrase(en: "Duplicate rows", zh: "重复行"),
            about + share(found.duplicates)
                + (found.duplicates > 0 ? console.text(.doctorMostRows(Numbers.grouped(found.mostRowsOfOneKey))) : ""))
        try table(Phrase(en: "Repaired", zh: "修复"), KeyChange.allCases.map { ($0.rawValue, .keyChange($0), found.changes[$0.rawValue]) })
        try table(
            Phrase(en: "Dropped", zh: "剔除"),
            [("empty", .doctorEmpty, found.empty == 0 ? nil : found.empty)]
                + JoinKeyNormalizer.Malformation.allCases.map {
                    ($0.rawValue, .malformation($0, of: found.normalizer), found.reasons[$0.rawValue])
                })
        let advice = KeyAdvice.phrases(found)
        try console.heading(Phrase(en: "Advice", zh: "建议"))
        for phrase in advice.isEmpty ? [.doctorHealthy] : advice { try console.out("  - " + console.text(phrase)) }
        if let fixed = found.fixedFile { try console.out("\n  " + console.text(.doctorFixed(fixed, Numbers.grouped(found.changed)))) }
    }

    private func table(_ title: Phrase, _ lines: [(kind: String, name: Phrase, count: Int?)]) throws {
        guard lines.contains(where: { $0.count != nil }) else { return }
        try console.heading(title)
        var table = TextTable([
            (console.text(Phrase(en: "what", zh: "情况")), .left), (console.text(Phrase(en: "rows", zh: "行数")), .right),
            (console.text(Phrase(en: "for example", zh: "示例")), .left),
        ])
        for line in lines {
            guard let count = line.count else { continue }
            let examples = (found.examples[line.kind] ?? []).prefix(3).map { example in
                let place = console.text(Phrase(en: "line \(example.line)", zh: "第 \(example.line) 行"))
                return example.key.isEmpty ? place : "\(place) \(TextWidth.printable(example.key))"
            }
            table.add([console.text(line.name), Numbers.grouped(count), examples.joined(separator: "; ")])
        }
        try console.out(table)
    }

    private func share(_ count: Int) -> String {
        guard found.rows > 0 else { return Numbers.grouped(count) }
        return "\(Numbers.grouped(count)) (\(Numbers.percent(Double(count) / Double(found.rows), digits: 2)))"
    }
}

/// What the owner of the file can do.
enum KeyAdvice {
    static func phrases(_ found: KeyDiagnosis) -> [Phrase] {
        var out: [Phrase] = []
        if let likely = found.likelyNormalizer, let count = found.otherKinds[likely] {
            out.append(.doctorLikely(likely, Numbers.percent(Double(count) / Double(max(1, found.sampledRows)), digits: 1)))
        }
        for symptom in KeyDiagnosis.Symptom.allCases {
            if let count = found.symptoms[symptom.rawValue] { out.append(.keySymptom(symptom, Numbers.grouped(count))) }
        }
        if let count = found.reasons["ambiguousLetter"] { out.append(.doctorAmbiguous(Numbers.grouped(count))) }
        if let count = found.changes["fifteenDigits"] { out.append(.doctorFifteen(Numbers.grouped(count))) }
        if found.rows > 0, found.empty * 20 > found.rows { out.append(.doctorManyEmpty) }
        if found.duplicates > 0 { out.append(.doctorDuplicates(Numbers.grouped(found.mostRowsOfOneKey))) }
        if found.changed > 0, found.fixedFile == nil { out.append(.doctorRepairsAnyway) }
        return out
    }
}
