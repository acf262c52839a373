import Arithmetic
import ArgumentParser
import Foundation
import PrivateSetIntersection
import SandboxCore

struct OKVSBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "okvs", abstract: "Oblivious key-value store: encoding and decoding.",
        discussion: """
            Encodes n keys with random values, and decodes all of them. The result is right when every key decodes to its value; \
            for --op decode the vector is the encoding with random free columns, so that dense columns take part.
            """)

    enum Operation: String, ExpressibleByArgument, CaseIterable { case encode, decode }

    @Option(help: "Items.") var n = 1 << 20
    @Option(help: "What is measured.") var op = Operation.encode
    @Flag(help: "Clusters that fit the second-level cache (default).") var clustered = false
    @Flag(help: "One cluster: the fewest columns.") var unclustered = false
    @Option(help: "Bits of a value: 64 or 128.") var width = 128
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard n >= 1, n <= OKVSParameters.maximumItems else {
            throw ValidationError("--n must be 1 to \(OKVSParameters.maximumItems)")
        }
        guard width == 64 || width == 128 else { throw ValidationError("--width must be 64 or 128") }
        guard !(clustered && unclustered) else { throw ValidationError("--clustered and --unclustered exclude each other") }
    }

    func run() async throws {
        let parameters = try OKVSParameters.derive(items: n, clustered: !unclustered)
        let random = SystemRandom.shared
        let store = OKVS(parameters: parameters, seed: Block128(low: random.word(), high: random.word()))
        let keys = HugeBuffer<JoinToken>(count: n, wiped: false)
        BufferedRandom().fill(UnsafeMutableRawBufferPointer(keys.buffer))
        let samples =
            width == 64
            ? try await measured(UInt64.self, keys, parameters, encode: store.encode, decode: store.decode)
            : try await measured(Block128.self, keys, parameters, encode: store.encode, decode: store.decode)
        try options.report(
            BenchResult(
                "okvs", op: op.rawValue, protocol: unclustered ? "okvs-rr22-unclustered" : "okvs-rr22-clustered", n: n,
                threads: options.threads, samples: samples,
                details: [
                    "width": "\(width)", "columns": "\(parameters.columns)", "clusters": "\(parameters.clusters)",
                    "dense_columns": "\(parameters.denseColumns)",
                    "expansion": String(format: "%.4f", parameters.expansion),
                ]))
    }

    private func measured<Element: BitwiseCopyable & Equatable & Sendable>(
        _: Element.Type, _ keys: HugeBuffer<JoinToken>, _ parameters: OKVSParameters,
        encode: (UnsafePointer<JoinToken>, UnsafePointer<Element>, Int, UnsafeMutablePointer<Element>, Int, (any RandomSource)?)
            throws -> Void,
        decode: (UnsafePointer<JoinToken>, Int, UnsafePointer<Element>, UnsafeMutablePointer<Element>, Int) -> Void
    ) async throws -> [Sample] {
        let values = HugeBuffer<Element>(count: n, wiped: false)
        let vector = HugeBuffer<Element>(count: parameters.columns, wiped: false)
        let decoded = HugeBuffer<Element>(count: n, wiped: false)
        BufferedRandom().fill(UnsafeMutableRawBufferPointer(values.buffer))
        let threads = options.threads
        if op == .decode { try encode(keys.pointer, values.pointer, n, vector.pointer, threads, SystemRandom.shared) }
        return try await options.repeated {
            try await measure({
                if op == .encode {
                    try encode(keys.pointer, values.pointer, n, vector.pointer, threads, nil)
                } else {
                    decode(keys.pointer, n, vector.pointer, decoded.pointer, threads)
                }
            }) { _ in
                if op == .encode { decode(keys.pointer, n, vector.pointer, decoded.pointer, threads) }
                return decoded.buffer.elementsEqual(values.buffer)
            }
        }
    }
}
