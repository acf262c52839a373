import Arithmetic
import ArgumentParser
import Foundation
import ObliviousTransfer
import SandboxCore
import Transport

struct VOLEBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vole", abstract: "Silent vector OLE, or silent random OT, of n elements; base OTs inside the time.")

    enum Code: String, ExpressibleByArgument, CaseIterable {
        case ec7x24 = "7x24"
        case ec21x24 = "21x24"
        case quasiCyclic = "quasi-cyclic"
        var code: LPNCode {
            switch self {
            case .ec7x24: .expandConvolute7x24
            case .ec21x24: .expandConvolute21x24
            case .quasiCyclic: .quasiCyclic
            }
        }
    }

    @Option(help: "Correlated elements.") var n = 1 << 20
    @Option(help: "Bits of the receiver's values: 64 or 128.") var field = 64
    @Option(help: "LPN code.") var code = Code.ec7x24
    @Flag(help: "With the checks against parties that deviate.") var malicious = false
    @Flag(help: "Random oblivious transfers instead.") var ot = false
    @Flag(help: "Each party's wall time by phase, on standard error.") var phases = false
    @Flag(help: "Both roles in one process over a memory channel.") var inProcess = false
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard n >= 1, n <= SilentVOLE.maximumCount else { throw ValidationError("--n must be 1 to \(SilentVOLE.maximumCount)") }
        guard field == 64 || field == 128 else { throw ValidationError("--field must be 64 or 128") }
    }

    func run() async throws {
        let security: SilentVOLE.Security = malicious ? .malicious : .semiHonest
        let parameters = SilentVOLE.Parameters(
            count: n, field: field == 64 ? .bits64 : .bits128, security: security, code: code.code, threads: options.threads)
        let transfers = SilentOT.Parameters(count: n, security: security, code: code.code, threads: options.threads)
        let ot = ot, phases = phases
        let samples = try await options.repeated {
            try await Parties.runPair(inProcess: inProcess) { index, channel in
                ot
                    ? try await Self.transfer(transfers, index, channel)
                    : try await Self.correlate(parameters, index, channel, phases: phases)
            }
        }
        let bytes = ot ? SilentOT.bytes(transfers) : SilentVOLE.bytes(parameters)
        try options.report(
            BenchResult(
                "vole", op: ot ? "ot" : "vole\(field)", protocol: ot ? "silent-ot" : "silent-vole", n: n,
                threads: options.threads, samples: samples,
                details: [
                    "adversary": security.rawValue, "code": code.code.rawValue, "bytes_by_formula": String(bytes.total),
                    "bits_per_element": String(format: "%.3f", Double(8 * bytes.total) / Double(n)),
                ]))
    }

    private static let chunk = 1 << 15

    private static func show(_ times: PhaseTimes, _ role: String) {
        let text = times.seconds.map { "\($0.phase) \(String(format: "%.1f", 1000 * $0.seconds))" }.joined(separator: ", ")
        FileHandle.standardError.write(Data("\(role), ms: \(text)\n".utf8))
    }

    private static func correlate(
        _ parameters: SilentVOLE.Parameters, _ index: Int, _ channel: any Channel, phases: Bool
    ) async throws -> @Sendable () async throws -> Bool {
        if index == 0 {
            let (result, times) = try await SilentVOLE.Receiver(parameters).run(
                over: channel, binding: [], random: SystemRandom.shared)
            return {
                if phases { show(times, "receiver") }
                switch result.a {
                case .bits64(let a): try await send(a, channel)
                case .bits128(let a): try await send(a, channel)
                }
                try await send(result.c, channel)
                return try await channel.receive() == [1]
            }
        }
        let (result, times) = try await SilentVOLE.Sender(parameters).run(over: channel, binding: [], random: SystemRandom.shared)
        return {
            if phases { show(times, "sender") }
            let product = HugeBuffer<Block128>(count: parameters.count, wiped: false)
            switch parameters.field {
            case .bits64:
                let a: HugeBuffer<UInt64> = try await receive(parameters.count, channel)
                GF128.addProducts(into: product.pointer, a.pointer, result.delta, count: parameters.count)
            case .bits128:
                let a: HugeBuffer<Block128> = try await receive(parameters.count, channel)
                GF128.addProducts(into: product.pointer, a.pointer, result.delta, count: parameters.count)
            }
            let c: HugeBuffer<Block128> = try await receive(parameters.count, channel)
            let right = (0..<parameters.count).allSatisfy { c[$0] == product[$0] ^ result.b[$0] }
            try await channel.send([right ? 1 : 0])
            return right
        }
    }

    private static func transfer(
        _ parameters: SilentOT.Parameters, _ index: Int, _ channel: any Channel
    ) async throws -> @Sendable () async throws -> Bool {
        if index == 0 {
            let result = try await SilentOT.Receiver(parameters).run(over: channel)
            return {
                try await send(result.choices, channel)
                try await send(result.strings, channel)
                return try await channel.receive() == [1]
            }
        }
        let result = try await SilentOT.Sender(parameters).run(over: channel)
        return {
            let choices: HugeBuffer<UInt8> = try await receive(parameters.count, channel)
            let strings: HugeBuffer<Block128> = try await receive(parameters.count, channel)
            let right = (0..<parameters.count).allSatisfy {
                result.zero[$0] != result.one[$0] && strings[$0] == (choices[$0] == 0 ? result.zero[$0] : result.one[$0])
            }
            try await channel.send([right ? 1 : 0])
            return right
        }
    }

    private static func send<T>(_ values: CorrelatedVector<T>, _ channel: any Channel) async throws {
        for start in stride(from: 0, to: values.count, by: chunk) {
            let n = min(chunk, values.count - start)
            let bytes = values.withUnsafeBufferPointer {
                Array(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: $0[start..<start + n])))
            }
            try await channel.send(bytes)
        }
    }

    private static func receive<T>(_ count: Int, _ channel: any Channel) async throws -> HugeBuffer<T> {
        let out = HugeBuffer<T>(count: count, wiped: false)
        for start in stride(from: 0, to: count, by: chunk) {
            let bytes = try await channel.receive()
            let n = min(chunk, count - start)
            guard bytes.count == n * MemoryLayout<T>.stride else {
                throw YinheError(.peerMisbehaved, "a check of another length")
            }
            UnsafeMutableRawPointer(out.pointer + start).copyMemory(from: bytes, byteCount: bytes.count)
        }
        return out
    }
}
