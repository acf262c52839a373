import Arithmetic
import ObliviousTransfer
import SandboxCore
import TestSupport
import Testing
import Transport

/// Both roles in this process.
enum VOLERun {
    struct Result: Sendable {
        let delta: Block128
        let b: CorrelatedVector<Block128>
        let a: SilentVOLE.Receiver.Scalars
        let c: CorrelatedVector<Block128>

        /// Places where c is not a Delta + b.
        var wrongPlaces: Int {
            (0..<c.count).count { i in
                let product =
                    switch a {
                    case .bits64(let a): GF128.multiply(a[i], delta)
                    case .bits128(let a): GF128.multiply(a[i], delta)
                    }
                return c[i] != product ^ b[i]
            }
        }
    }

    static func run(_ parameters: SilentVOLE.Parameters, receiverThreads: Int? = nil) async throws -> Result {
        var other = parameters
        other.threads = receiverThreads ?? parameters.threads
        let receiver = try SilentVOLE.Receiver(other)
        let sender = try SilentVOLE.Sender(parameters)
        let ((delta, b), (a, c)) = try await LocalRun.both(
            { try await sender.run(over: $0) }, { try await receiver.run(over: $0) })
        return Result(delta: delta, b: b, a: a, c: c)
    }
}

@Suite struct SilentVOLETests {
    @Test(arguments: [1, 2, 3, 100, 1000, 4097, 100_003], SilentVOLE.Field.allCases)
    func `c is a Delta plus b at every place`(count: Int, field: SilentVOLE.Field) async throws {
        let result = try await VOLERun.run(.init(count: count, field: field, threads: 1))
        #expect(result.b.count == count && result.c.count == count)
        #expect(result.wrongPlaces == 0)
    }

    @Test(arguments: [1, 100, 4097, 100_003], SilentVOLE.Field.allCases)
    func `The checks of the malicious variant pass between honest parties`(count: Int, field: SilentVOLE.Field) async throws {
        let result = try await VOLERun.run(.init(count: count, field: field, security: .malicious, threads: 1))
        #expect(result.wrongPlaces == 0)
    }

    @Test(arguments: LPNCode.allCases, SilentVOLE.Field.allCases)
    func `The correlation holds for every code`(code: LPNCode, field: SilentVOLE.Field) async throws {
        for count in [1, 777, 2500] {
            let result = try await VOLERun.run(.init(count: count, field: field, code: code, threads: 1))
            #expect(result.wrongPlaces == 0)
        }
    }

    @Test func `The two sides may use different numbers of threads`() async throws {
        for (mine, theirs) in [(2, 1), (1, 3), (4, 2)] {
            let result = try await VOLERun.run(
                .init(count: 30_000, security: .malicious, threads: mine), receiverThreads: theirs)
            #expect(result.wrongPlaces == 0)
        }
    }
}
