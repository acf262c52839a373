import Foundation
import TestSupport
import Testing

/// What a pilot team does: a package of its own that depends on this one by path.
@Suite struct PackageTests {
    @Test func anotherPackageBuildsAndRunsWithOneModuleAlone() async throws {
        let scratch = Scratch()
        for name in ["noise", "two-lists", "million-rows", "shared-statistics"] {
            try FileManager.default.createDirectory(atPath: scratch.file("Sources/\(name)"), withIntermediateDirectories: true)
        }
        try scratch.write(
            "Package.swift",
            """
            // swift-tools-version: 6.2
            import PackageDescription
            let package = Package(
                name: "pilot",
                dependencies: [.package(name: "Yinhe", path: "\(repositoryRoot.path)")],
                targets: [
                    .executableTarget(name: "noise", dependencies: [.product(name: "DifferentialPrivacy", package: "Yinhe")]),
                    .executableTarget(
                        name: "two-lists",
                        dependencies: [
                            .product(name: "PrivateSetIntersection", package: "Yinhe"),
                            .product(name: "Tables", package: "Yinhe"), .product(name: "SandboxCore", package: "Yinhe"),
                            .product(name: "Transport", package: "Yinhe"),
                        ]),
                    .executableTarget(
                        name: "million-rows",
                        dependencies: [
                            .product(name: "PrivateJoin", package: "Yinhe"), .product(name: "SandboxCore", package: "Yinhe"),
                            .product(name: "Transport", package: "Yinhe"),
                        ]),
                    .executableTarget(
                        name: "shared-statistics",
                        dependencies: [
                            .product(name: "SecretSharing", package: "Yinhe"), .product(name: "SandboxCore", package: "Yinhe"),
                            .product(name: "Transport", package: "Yinhe"),
                        ]),
                ])

            """)
        try scratch.write(
            "Sources/noise/main.swift",
            """
            import DifferentialPrivacy
            let noise = try DiscreteLaplace(scale: 10).samples(1000)
            print(noise.count)

            """)
        for name in ["two-lists", "million-rows", "shared-statistics"] {
            let example = repositoryRoot.appending(path: "Examples/\(name)/main.swift")
            try FileManager.default.copyItem(atPath: example.path, toPath: scratch.file("Sources/\(name)/main.swift"))
        }

        let built = try await Running("/usr/bin/env", ["swift", "build", "--package-path", scratch.path], folder: scratch.path)
            .finish()
        try #require(built.status == 0, "\(built.output.suffix(3000)) \(built.errors.suffix(3000))")
        let noise = try await Running(scratch.file(".build/debug/noise"), []).finish()
        #expect(noise.status == 0 && noise.output == "1000\n")
        let lists = try await Running(scratch.file(".build/debug/two-lists"), []).finish()
        #expect(lists.status == 0)
        #expect(lists.output.contains(#"["  beta co", "ＡＣＭＥ ltd"]"#), "\(lists.output)")

        let statistics = try await Running(scratch.file(".build/debug/shared-statistics"), []).finish()
        #expect(statistics.status == 0, "\(statistics.errors)")
        #expect(statistics.output.contains("loans above the income: 3, their sum 740, their mean 246"), "\(statistics.output)")

        let files = try JoinFiles(30)
        try files.scratch.write("b.csv", files.scratch.read("b.csv").replacing("note,key", with: "note,id"))
        let join = try await Running(
            scratch.file(".build/debug/million-rows"), [files.a, files.b, "id", files.scratch.path]
        ).finish()
        #expect(join.status == 0, "\(join.errors)")
        #expect(join.output.contains("\(files.commonKeys) keys in common; \(files.pairs("left").count) and"), "\(join.output)")
    }

    @Test(arguments: ["README.md", "README.zh-CN.md"]) func theReadmeShowsTheExampleThatIsCompiled(_ name: String) throws {
        let readme = try String(contentsOf: repositoryRoot.appending(path: name), encoding: .utf8)
        let example = try String(contentsOf: repositoryRoot.appending(path: "Examples/two-lists/main.swift"), encoding: .utf8)
        // Comments may be translated; the code may not differ.
        func code(_ text: String) -> String {
            text.split(separator: "\n").filter { !$0.hasPrefix("//") }.joined(separator: "\n")
        }
        #expect(code(readme).contains(code(example)))
    }
}
