import CGMP
import COpenSSL
import Foundation
import SandboxCore

extension [EvaluationDocument.SecurityEvidence.Component] {
    /// Packages that are compiled in, as the Package.resolved of the build says, and system libraries as they are loaded now; by name.
    /// Without that file the packages stand there with the version "unknown".
    package static var current: Self {
        let unknown = known.map { Element.pinned($0.key, "unknown", nil, $0.value.place, $0.value.licence) }
        let packages = resolvedFile().flatMap { file in FileManager.default.contents(atPath: file).flatMap { try? pinned(Array($0), at: file) } }
        return ((packages ?? unknown) + system).sorted { $0.name < $1.name }
    }

    /// By the name that Package.resolved has: where a package comes from, and its licence as an SPDX expression.
    private static let known: [String: (place: String, licence: String)] = [
        "grdb.swift": ("github.com/groue/GRDB.swift", "MIT"),
        "swift-argument-parser": ("github.com/apple/swift-argument-parser", "Apache-2.0 WITH Swift-exception"),
        "yams": ("github.com/jpsim/Yams", "MIT"),
    ]

    /// The Package.resolved beside the build folder that this program lies in, else the one in the working folder.
    private static func resolvedFile() -> String? {
        let program = URL(filePath: Bundle.main.executablePath ?? CommandLine.arguments[0]).resolvingSymlinksInPath()
        var places = [FileManager.default.currentDirectoryPath + "/Package.resolved"]
        var folder = program.deletingLastPathComponent()
        while folder.path.count > 1 {
            if folder.lastPathComponent.hasPrefix(".build") {
                places.insert(folder.deletingLastPathComponent().appending(path: "Package.resolved").path, at: 0)
            }
            folder = folder.deletingLastPathComponent()
        }
        return places.first { FileManager.default.isReadableFile(atPath: $0) }
    }

    /// The pins of a Package.resolved, versions 2 and 3; `.badInput` when it is none.
    package static func pinned(_ bytes: [UInt8], at place: String) throws -> Self {
        struct Resolved: Decodable {
            struct Pin: Decodable {
                struct State: Decodable {
                    var revision: String?
                    var version: String?
                }
                var identity: String
                var location: String
                var state: State
            }
            var pins: [Pin]
        }
        guard bytes.count <= 1 << 20, let file = try? JSONDecoder().decode(Resolved.self, from: Data(bytes)) else {
            throw YinheError(.badInput, "not a Package.resolved", at: place)
        }
        return file.pins.map { pin in
            let known = known[pin.identity]
            let place = known?.place ?? pin.location.replacing("https://", with: "")
            return .pinned(pin.identity, pin.state.version ?? "unknown", pin.state.revision, place, known?.licence ?? "NOASSERTION")
        }
    }

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
    fileprivate static func pinned(_ name: String, _ version: String, _ revision: String?, _ place: String, _ licence: String) -> Self {
        Self(name: name, version: version, kind: .package, purl: "pkg:swift/\(place)@\(version)", licence: licence, revision: revision)
    }

    fileprivate static func loaded(_ name: String, _ version: String?, _ short: String, _ licence: String) -> Self {
        let version = version ?? "unknown"
        return Self(name: name, version: version, kind: .system, purl: "pkg:generic/\(short)@\(version)", licence: licence, revision: nil)
    }
}
