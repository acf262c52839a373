import Foundation

/// The languages of the command line and of the HTML report.
package enum Language: String, CaseIterable, Sendable, Codable {
    case english = "en"
    case chinese = "zh"

    /// From the first non-empty of LC_ALL, LC_MESSAGES and LANG, as POSIX orders them: zh* is Chinese, anything else English.
    package static func fromEnvironment(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> Language {
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            if let value = environment[name], !value.isEmpty { return value.lowercased().hasPrefix("zh") ? .chinese : .english }
        }
        return .english
    }
}

/// One thing the program says, in both languages. The catalogue is the set of `Phrase` members in Phrases+*.swift.
package struct Phrase: Sendable, Hashable, Codable {
    package let en: String
    package let zh: String

    package init(en: String, zh: String) {
        self.en = en
        self.zh = zh
    }

    /// The same in both languages: names, numbers, paths.
    package init(_ text: String) { self.init(en: text, zh: text) }

    package subscript(language: Language) -> String {
        switch language {
        case .english: en
        case .chinese: zh
        }
    }
}
