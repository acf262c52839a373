import Arithmetic
import Foundation
import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing
import Transport

/// Protocols/Vectors/dh-psi.json, written by an independent implementation (dh-psi.py beside it).
private struct Vectors: Decodable {
    struct Row: Decodable {
        let key, token, uniform, hashed, receiver_blinded, sender_blinded, shared, digest: String
    }
    struct MaskWidth: Decodable { let a, b, bytes: Int }
    let tag, receiver_scalar, sender_scalar: String
    let rows: [Row]
    let mask_bytes: [MaskWidth]
    let frames: [String: String]

    static func load() throws -> Vectors {
        try JSONDecoder().decode(
            Self.self, from: Data(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/dh-psi.json")))
    }
}

@Suite struct DHPSIVectorTests {
    @Test func everyStepGivesTheKnownAnswers() throws {
        let vectors = try Vectors.load()
        #expect(vectors.rows.count == 6)
        #expect(String(decoding: DHPSI.domain.tag, as: UTF8.self) == vectors.tag)
        let a = try #require(P256SecretScalar(bigEndian: [UInt8](hex: vectors.receiver_scalar)!))
        let b = try #require(P256SecretScalar(bigEndian: [UInt8](hex: vectors.sender_scalar)!))
        let tokens = vectors.rows.map { JoinToken($0.key) }
        #expect(tokens.map(\.bytes.hex) == vectors.rows.map(\.token))
        let expander = MessageExpander(domainSeparationTag: DHPSI.domain.tag)
        for (token, row) in zip(tokens, vectors.rows) {
            var uniform = [UInt8](repeating: 0, count: 96)
            token.bytes.withUnsafeBytes { token in uniform.withUnsafeMutableBytes { expander.expand(token, into: $0) } }
            #expect(uniform.hex == row.uniform)
            #expect(P256.encode(P256.hashToCurve(token.bytes, domainSeparationTag: DHPSI.domain.tag)).hex == row.hashed)
        }
        let shared = [UInt8](hex: vectors.rows.map(\.shared).joined())!
        for kernels in P256.Kernels.available {
            let ofReceiver = try DHSteps.blind(tokens, with: a, domain: DHPSI.domain, threads: 2, kernels: kernels)
            let ofSender = try DHSteps.blind(tokens, with: b, domain: DHPSI.domain, threads: 2, kernels: kernels)
            #expect(ofReceiver.hex == vectors.rows.map(\.receiver_blinded).joined())
            #expect(ofSender.hex == vectors.rows.map(\.sender_blinded).joined())
            #expect(try DHSteps.apply(ofReceiver, with: b, threads: 2, kernels: kernels) == shared)
            #expect(try DHSteps.apply(ofSender, with: a, threads: 2, kernels: kernels) == shared)
        }
        let digests = try DHSteps.mask(shared, maskBytes: 16, domain: DHPSI.domain, threads: 2)
        #expect(digests.hex == vectors.rows.map(\.digest).joined())
    }

    @Test func messagesHaveTheSpecifiedBytes() throws {
        let vectors = try Vectors.load()
        func frame(_ message: some WireMessage) -> String {
            var writer = ByteWriter()
            writer.write(type(of: message).tag)
            message.encode(into: &writer)
            return writer.bytes.hex
        }
        let points = [UInt8](hex: vectors.rows[..<2].map(\.receiver_blinded).joined())!
        let masks = vectors.rows[..<2].flatMap { [UInt8](hex: $0.digest)![..<6] }
        #expect(frame(DHPSI.BlindedPoints(first: 0, bytes: points)) == vectors.frames["blinded_points_rows_0_and_1"])
        #expect(frame(DHPSI.Masks(first: 0, bytes: masks)) == vectors.frames["masks_rows_0_and_1_of_6_bytes"])
        #expect(frame(DHPSI.Completion(count: nil)) == vectors.frames["completion"])
        #expect(frame(DHPSI.Completion(count: 2)) == vectors.frames["completion_with_count_2"])
    }

    @Test func maskWidthsFollowTheUnionBound() throws {
        for width in try Vectors.load().mask_bytes {
            #expect(SecurityParameters.comparisonMaskBytes(width.a, width.b) == width.bytes, "\(width.a) x \(width.b)")
        }
    }
}
