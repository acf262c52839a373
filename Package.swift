// swift-tools-version: 6.2
import PackageDescription

// One library product per module, so that a pilot team can take a single one; `Yinhe` re-exports them all.
// Each module may import only modules that stand above it in this list (the floors of README, "Architecture").
let modules: [Target] = [
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CGMP", pkgConfig: "gmp", providers: [.apt(["libgmp-dev"])]),
    .target(name: "CGMPShims", dependencies: ["CGMP"]),
    .target(name: "CKernels"),

    .target(name: "SandboxCore", dependencies: ["COpenSSL"]),

    .target(name: "Arithmetic", dependencies: ["SandboxCore", "COpenSSL", "CGMPShims", "CKernels"]),
    .target(name: "Transport", dependencies: ["SandboxCore", "COpenSSL"]),
    .target(name: "Tables", dependencies: ["SandboxCore"]),
    .target(name: "ContractText", dependencies: ["SandboxCore", "Arithmetic", .product(name: "Yams", package: "Yams")]),

    .target(name: "ObliviousTransfer", dependencies: ["SandboxCore", "Arithmetic", "Transport", "CKernels"]),

    .target(
        name: "PrivateSetIntersection",
        dependencies: ["SandboxCore", "Arithmetic", "Transport", "CKernels", "ObliviousTransfer"]),
    .target(name: "SecretSharing", dependencies: ["SandboxCore", "Arithmetic", "Transport", "CKernels", "ObliviousTransfer"]),
    .target(name: "Paillier", dependencies: ["SandboxCore", "Arithmetic", "Transport"]),
    .target(
        name: "ThresholdPaillier", dependencies: ["SandboxCore", "Arithmetic", "Transport", "ObliviousTransfer", "Paillier"]),
    .target(name: "DifferentialPrivacy", dependencies: ["SandboxCore", "Arithmetic"]),

    .target(
        name: "IntersectionSum",
        dependencies: ["SandboxCore", "Arithmetic", "Transport", "PrivateSetIntersection", "Paillier", "SecretSharing"]),

    .target(
        name: "SecureAggregation",
        dependencies: ["SandboxCore", "Arithmetic", "Transport", "Tables", "ContractText", "SecretSharing", "Paillier"]),

    .target(
        name: "HiddenJoin",
        dependencies: [
            "SandboxCore", "Arithmetic", "Transport", "CKernels", "ObliviousTransfer", "PrivateSetIntersection", "SecretSharing",
        ]),

    .target(name: "PrivateJoin", dependencies: ["SandboxCore", "Transport", "Tables", "PrivateSetIntersection"]),

    .target(
        name: "Fusion",
        dependencies: [
            "SandboxCore", "Arithmetic", "Transport", "Tables", "ContractText", "PrivateSetIntersection", "SecretSharing",
            "Paillier", "DifferentialPrivacy", "IntersectionSum", "HiddenJoin",
            .product(name: "GRDB", package: "GRDB.swift"),
        ]),
]

let libraries = [
    "SandboxCore", "Arithmetic", "Transport", "Tables", "ContractText", "ObliviousTransfer", "PrivateSetIntersection",
    "SecretSharing", "Paillier", "ThresholdPaillier", "DifferentialPrivacy", "IntersectionSum", "SecureAggregation", "HiddenJoin",
    "PrivateJoin",
    "Fusion",
]

// Programs of `make fuzz` and `make constant-time`: they need libFuzzer's entry point and valgrind, so nothing else builds them.
let checkers: [Target] = Context.environment["YINHE_CHECKERS"] == nil ? [] : [
    .executableTarget(name: "yinhe-fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzzing/Entry"),
    .target(name: "CMemcheck", path: "Tests/ConstantTime/CMemcheck"),
    .executableTarget(
        name: "yinhe-constant-time",
        dependencies: [
            "CMemcheck", "CKernels", "SandboxCore", "Arithmetic", "Transport", "ObliviousTransfer", "SecretSharing", "TestSupport",
        ],
        path: "Tests/ConstantTime/Checker"),
]

let package = Package(
    name: "Yinhe",
    products: libraries.map { .library(name: $0, targets: [$0]) } + [
        .library(name: "Yinhe", targets: ["Yinhe"]),
        // libyinhe-c.so: the C interface of Sources/CYinhe/include/yinhe.h, for other languages.
        .library(name: "yinhe-c", type: .dynamic, targets: ["YinheC", "CYinhe"]),
        .executable(name: "yinhe", targets: ["YinheCommand"]),
        .executable(name: "yinhe-bench", targets: ["YinheBench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: modules + [
        .target(name: "Yinhe", dependencies: libraries.map { .target(name: $0) }),
        // Pages and drawings of both programs' reports; no library product contains it.
        .target(name: "HTMLReport"),
        .executableTarget(
            name: "YinheCommand",
            dependencies: libraries.map { .target(name: $0) } + [
                "HTMLReport", .product(name: "ArgumentParser", package: "swift-argument-parser")
            ],
            path: "Sources/yinhe"),
        // The document of `yinhe-bench evaluate` and what is made of it.
        .target(
            name: "Evaluation", dependencies: ["HTMLReport", "COpenSSL", "CGMP", "CKernels"] + libraries.map { .target(name: $0) },
            path: "Benchmarks/Evaluation"),
        .target(name: "CCompilerVersion", path: "Benchmarks/CompilerVersion"),
        .executableTarget(
            name: "YinheBench",
            dependencies: libraries.map { .target(name: $0) } + [
                "Evaluation", "CCompilerVersion", "HTMLReport",
                .product(name: "ArgumentParser", package: "swift-argument-parser")
            ],
            path: "Benchmarks/yinhe-bench"),

        .target(name: "CYinhe"),
        .target(
            name: "YinheC",
            dependencies: [
                "CYinhe", "SandboxCore", "Arithmetic", "Transport", "Tables", "PrivateSetIntersection", "Paillier",
                "DifferentialPrivacy",
            ]),
        .executableTarget(
            name: "private-join-in-60-lines",
            dependencies: ["SandboxCore", "Transport", "Tables", "PrivateSetIntersection"],
            path: "Examples/private-join-in-60-lines", exclude: ["README.md", "README.zh-CN.md", "tax.csv", "bank.csv"]),

        // Seeded randomness and plain oracles live here and nowhere else: no product contains this target.
        .target(name: "TestSupport", dependencies: ["SandboxCore", "Arithmetic", "Transport", "SecretSharing"], path: "Tests/TestSupport"),
        .target(
            name: "FuzzTargets", dependencies: ["TestSupport"] + libraries.map { .target(name: $0) }, path: "Tests/Fuzzing/Targets"),
        // A process that the ledger's tests kill.
        .executableTarget(name: "BudgetCharger", dependencies: ["SandboxCore", "Tables", "Fusion"], path: "Tests/BudgetCharger"),
        .testTarget(name: "FuzzingTests", dependencies: ["TestSupport", "FuzzTargets"]),
    ] + checkers + libraries.map { name in
        .testTarget(
            name: "\(name)Tests",
            dependencies: ["TestSupport", .target(name: name)]
                // The ledger's tests edit its database behind its back.
                + (name == "Fusion" ? [.product(name: "GRDB", package: "GRDB.swift"), "BudgetCharger"] : []))
    } + [
        .testTarget(name: "EvaluationTests", dependencies: ["TestSupport", "Evaluation", "HTMLReport", "Transport", "YinheBench"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["TestSupport", "Yinhe", "YinheCommand", "YinheBench", "private-join-in-60-lines", "YinheC"])
    ],
    swiftLanguageModes: [.v6]
)
