import CGMP
import COpenSSL
import Foundation

extension [EvaluationDocument.SecurityEvidence.Component] {
    /// Packages that are compiled in and system libraries as they are loaded now, by name.
    package static var current: Self { (packages + system).sorted { $0.name < $1.name } }

    /// Package.resolved, which a test compares with this.
    package static let packages: Self = [
        .pinned("GRDB.swift", "7.10.0", "a60dcff33d97a98b21425f1894587145d3efda50", "github.com/groue/GRDB.swift", "MIT"),
        .pinned(
            "swift-argument-parser", "1.8.2", "436bde4bb9489201ca6662f5cf94ec45fa8e244e", "github.com/apple/swift-argument-parser",
            "Apache-2.0 WITH Swift-exception"),
        .pinned("Yams", "6.2.2", "473e618fc72bf29741906dd2873cfd5892039c3e", "github.com/jpsim/Yams", "MIT"),
    ]

    private static var system: Self {
        var found: Self = [
            .loaded("OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING).map { String(cString: $0) }, "openssl", "Apache-2.0"),
            .loaded("GMP", String(cString: __gmp_version), "gmp", "LGPL-3.0-or-later OR GPL-2.0-or-later"),
        ]
        // These two have no module that this target imports.
        if let version = text(of: "sqlite3_libversion") { found.append(.loaded("SQLite", version, "sqlite", "blessing")) }
        if let version = text(of: "gnu_get_libc_version") { found.append(.loaded("GNU C Library", version, "glibc", "LGPL-2.1-or-later")) }
        return found
    }

    /// What a function without arguments of a loaded library returns.
    private static func text(of symbol: String) -> String? {
        guard let handle = dlopen(nil, RTLD_NOW) else { return nil }
        defer { dlclose(handle) }
        guard let address = dlsym(handle, symbol) else { return nil }
        typealias Version = @convention(c) () -> UnsafePointer<CChar>?
        return unsafeBitCast(address, to: Version.self)().map { String(cString: $0) }
    }
}

extension EvaluationDocument.SecurityEvidence.Component {
    fileprivate static func pinned(_ name: String, _ version: String, _ revision: String, _ place: String, _ licence: String) -> Self {
        Self(name: name, version: version, kind: .package, purl: "pkg:swift/\(place)@\(version)", licence: licence, revision: revision)
    }

    fileprivate static func loaded(_ name: String, _ version: String?, _ short: String, _ licence: String) -> Self {
        let version = version ?? "unknown"
        return Self(name: name, version: version, kind: .system, purl: "pkg:generic/\(short)@\(version)", licence: licence, revision: nil)
    }
}
