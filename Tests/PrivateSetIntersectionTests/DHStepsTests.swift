import Arithmetic
import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing

private let domain = DHDomain(protocolName: "dh-test", version: 1)

private func tokens(_ range: Range<Int>) -> [JoinToken] { range.map { JoinToken("key \($0)") } }

@Suite struct DHStepsTests {
    @Test func twoBlindingsCommuteSoEqualTokensMeet() throws {
        let a = P256SecretScalar(), b = P256SecretScalar()
        let x = tokens(0..<700)
        let ab = try DHSteps.apply(DHSteps.blind(x, with: a, domain: domain, threads: 2), with: b, threads: 2)
        let ba = try DHSteps.apply(DHSteps.blind(x, with: b, domain: domain, threads: 1), with: a, threads: 1)
        #expect(ab.count == 33 * 700)
        #expect(ab == ba)
        #expect(try DHSteps.mask(ab, maskBytes: 9, domain: domain, threads: 2).count == 9 * 700)
        #expect(Set(stride(from: 0, to: ab.count, by: 33).map { Array(ab[$0..<$0 + 33]) }).count == 700)
    }

    @Test func aBlindingIsTheMultipleOfTheHashedToken() throws {
        let k = P256SecretScalar()
        let x = tokens(5..<6)
        var points = [P256.hashToCurve(x[0].bytes, domainSeparationTag: domain.tag)]
        points.withUnsafeMutableBufferPointer { P256.multiplyByOpenSSL($0, by: k) }
        #expect(try DHSteps.blind(x, with: k, domain: domain, threads: 1) == P256.encode(points[0]))
    }

    @Test func emptyBatchesGiveNothing() throws {
        let k = P256SecretScalar()
        #expect(try DHSteps.blind([], with: k, domain: domain, threads: 2).isEmpty)
        #expect(try DHSteps.apply([], with: k, threads: 2).isEmpty)
        #expect(try DHSteps.mask([], maskBytes: 5, domain: domain, threads: 2).isEmpty)
    }

    @Test func anInvalidPointOfThePeerIsNamedByItsIndex() throws {
        let k = P256SecretScalar()
        var encoded = try DHSteps.blind(tokens(0..<600), with: k, domain: domain, threads: 2)
        encoded[33 * 599] = 7
        let error = #expect(throws: YinheError.self) { try DHSteps.apply(encoded, with: k, threads: 1, firstIndex: 10_000) }
        #expect(error?.code == .peerMisbehaved)
        #expect(error?.message.contains("element 10599 ") == true)
        #expect(throws: YinheError.self) { try DHSteps.apply([2, 3], with: k, threads: 1) }
    }

    @Test func masksArePrefixesOfTheDomainSeparatedHash() throws {
        let point = P256.encode(P256.hashToCurve([9], domainSeparationTag: domain.tag))
        var hash = DomainHash(domain: "yinhe/dh-test/mask/v1")
        hash.update(point)
        #expect(try DHSteps.mask(point, maskBytes: 11, domain: domain, threads: 1) == Array(hash.finalize()[..<11]))
    }
}
