import Foundation
import Paillier
import SandboxCore

/// Throw-away Paillier keys: `evaluate` runs many benches one after another, and lets them share a key through a private folder, since
/// making one takes longer than most of what is measured.
enum BenchKeys {
    static let key = "YINHE_BENCH_KEYS"

    static func paillier(bits: Int, scheme: PaillierPublicKey.Scheme) throws -> PaillierPrivateKey {
        guard let folder = ProcessInfo.processInfo.environment[key] else { return try .generate(bits: bits, scheme: scheme) }
        let path = "\(folder)/paillier-\(scheme.rawValue)-\(bits)"
        if let kept = FileManager.default.contents(atPath: path) { return try PaillierPrivateKey(encodedSecret: [UInt8](kept)) }
        let new = try PaillierPrivateKey.generate(bits: bits, scheme: scheme)
        try AtomicFile.write(new.encodedSecret(), to: path, mode: 0o600)
        return new
    }
}
