import SandboxCore
import Synchronization
import Testing
import TestSupport

@Suite struct ByteCodingTests {
    @Test func integersAndFieldsRoundTripInLittleEndian() throws {
        var writer = ByteWriter(reserving: 64)
        writer.write(UInt8(1))
        writer.write(UInt32(0x0403_0201))
        writer.write(Int64(-2))
        writer.write(UInt128(5))
        writer.write("隐合")
        writer.write(field: [7, 8])
        writer.write(raw: [9])
        #expect(Array(writer.bytes[..<5]) == [1, 1, 2, 3, 4])
        var reader = ByteReader(writer.bytes, what: "test")
        #expect(try reader.read(UInt8.self) == 1)
        #expect(try reader.read(UInt32.self) == 0x0403_0201)
        #expect(try reader.read(Int64.self) == -2)
        #expect(try reader.read(UInt128.self) == 5)
        #expect(try reader.readText(maximum: 6) == "隐合")
        #expect(try reader.readField(maximum: 2) == [7, 8])
        expectError(.peerMisbehaved, mentioning: "1 bytes too many") { try reader.finish() }
        #expect(try reader.readRaw(1) == [9])
        try reader.finish()
    }

    @Test func everyReadBeyondTheEndIsRefusedWithThePlace() {
        func reading(_ bytes: [UInt8], _ body: (inout ByteReader) throws -> Void) {
            expectError(.peerMisbehaved, mentioning: "malformed thing") {
                var reader = ByteReader(bytes, what: "thing")
                try body(&reader)
            }
        }
        reading([]) { _ = try $0.read(UInt8.self) }
        reading([1, 2, 3]) { _ = try $0.read(UInt32.self) }
        reading([1]) { _ = try $0.readRaw(2) }
        reading([1]) { _ = try $0.readRaw(-1) }
        reading([2, 0, 0, 0, 1]) { _ = try $0.readField(maximum: 10) }
        reading([2, 0, 0, 0, 1, 2]) { _ = try $0.readField(maximum: 1) }
        reading([0xff, 0xff, 0xff, 0xff]) { _ = try $0.readField(maximum: .max) }
        reading([1, 0, 0, 0, 0xff]) { _ = try $0.readText(maximum: 4) }
        reading([3, 0, 0, 0, 1, 2]) { _ = try $0.readCount(maximum: 2, elementBytes: 0) }
        reading([3, 0, 0, 0, 1, 2]) { _ = try $0.readCount(maximum: 9, elementBytes: 1) }
    }

    @Test func hexRoundTripsAndRefusesWhatIsNotHex() {
        let bytes = (0...255).map { UInt8($0) }
        #expect([UInt8](hex: bytes.hex) == bytes)
        #expect([UInt8](hex: "AbCd") == [0xab, 0xcd])
        #expect([UInt8](hex: "") == [])
        for text in ["a", "0g", "0x", " 00", "+1"] { #expect([UInt8](hex: text) == nil) }
    }
}

@Suite struct HashingTests {
    @Test func plainSHA256MatchesFIPS180() {
        #expect(
            DomainHash.plainSHA256(Array("abc".utf8)).hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func domainIsALengthPrefixedNameInFront() {
        var hash = DomainHash(domain: "ab")
        hash.update([1, 2])
        hash.update(field: [3])
        let middle = hash.snapshot()
        #expect(middle == DomainHash.plainSHA256([2, 97, 98, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 3]))
        hash.update([UInt8]())
        hash.update([4])
        let whole = hash.finalize()
        #expect(whole == DomainHash.plainSHA256([2, 97, 98, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 3, 4]))
    }

    @Test func joinTokenIsTheTruncatedDomainHash() {
        var hash = DomainHash(domain: "yinhe/join-token/v1")
        hash.update(Array("91350211M000100Y43".utf8))
        let digest = hash.finalize()
        let token = JoinToken("91350211M000100Y43")
        #expect(token.bytes == Array(digest[..<16]))
        #expect(JoinToken(bytes: token.bytes) == token)
        #expect(JoinToken("a") != JoinToken("b"))
    }
}

@Suite struct SecretTests {
    @Test func constantTimeEqualityComparesLengthAndEveryByte() {
        let a = SeededRandom(1).bytes(33)
        #expect(ConstantTime.equal(a, a) && ConstantTime.equal([], []))
        #expect(!ConstantTime.equal(a, Array(a.dropLast())))
        for i in a.indices {
            var b = a
            b[i] ^= 0x80
            #expect(!ConstantTime.equal(a, b))
        }
    }

    @Test func wipeClearsAndSecretBytesCopy() {
        var words: [UInt64] = [1, 2, 3]
        ConstantTime.wipe(&words)
        #expect(words == [0, 0, 0])
        let source: [UInt8] = [1, 2, 3]
        source.withUnsafeBytes { raw in
            let secret = SecretBytes(copying: raw)
            secret.withUnsafeBytes { #expect(Array($0) == source) }
        }
        let empty = SecretBytes(zeroed: 0)
        empty.withUnsafeBytes { #expect($0.count == 0) }
        let random = SecretBytes(random: 16, from: SeededRandom(4))
        random.withUnsafeBytes { #expect(Array($0) == SeededRandom(4).bytes(16)) }
    }
}

@Suite struct ParallelTests {
    @Test(arguments: [1, 2, 7])
    func everyIndexIsVisitedExactlyOnce(threads: Int) async throws {
        for (count, chunk) in [(0, 5), (1, 5), (5, 5), (1001, 10), (64, 1)] {
            let visits = try await Parallel.offload {
                var visits = [UInt8](repeating: 0, count: count)
                try visits.withUnsafeMutableBufferPointer { buffer in
                    let shared = DisjointBuffer(buffer)
                    try Parallel.forEachChunk(of: count, chunk: chunk, threads: threads) { range in
                        #expect(range.count <= chunk)
                        for i in range { shared.base[i] += 1 }
                    }
                }
                return visits
            }
            #expect(visits == [UInt8](repeating: 1, count: count))
        }
    }

    @Test(arguments: [1, 4])
    func anErrorStopsTheRestAndIsRethrown(threads: Int) async {
        let visited = Atomic<Int>(0)
        do {
            try await Parallel.offload {
                try Parallel.forEachChunk(of: 1_000_000, chunk: 1, threads: threads) { range in
                    visited.add(1, ordering: .relaxed)
                    if range.lowerBound == 3 { throw YinheError(.badInput, "row 3") }
                }
            }
            Issue.record("no error")
        } catch { #expect((error as? YinheError)?.message == "row 3") }
        #expect(visited.load(ordering: .relaxed) < 1_000_000)
    }
}

@Suite struct SmallTypesTests {
    @Test func comparisonMasksFollowTheirFormula() {
        #expect([1, 2, 3, 4, 5, 1 << 20].map(SecurityParameters.ceilLog2) == [0, 1, 2, 2, 3, 20])
        #expect(SecurityParameters.comparisonMaskBytes(1 << 20, 1 << 20) == 10)
        #expect(SecurityParameters.comparisonMaskBytes((1 << 20) + 1, 1 << 20) == 11)
        #expect(SecurityParameters.comparisonMaskBytes(0, 0) == 5)
        #expect(SecurityParameters.additiveMaskBits(hiding: 64) == 104)
    }

    @Test func errorsShowPlaceMessageAndRemedy() {
        #expect(YinheError(.badInput, "no", at: "f.csv:3", remedy: "fix it").description == "f.csv:3: no\n  -> fix it")
        #expect(YinheError(.badInput, "no").description == "no")
        #expect(YinheError.system("cannot write", errno: 28).description == "cannot write: No space left on device")
        let codes: [YinheError.Code] = [
            .usage, .badInput, .contract, .peerUnreachable, .peerMismatch, .peerMisbehaved, .peerAborted, .system, .budget,
            .ledger, .belowMinimum, .range, .cancelled,
        ]
        #expect(Set(codes.map(\.exitCode)).count == codes.count && Set(codes.map(\.name)).count == codes.count)
    }

    @Test func resourceUsageCountsThisProcess() {
        let before = ResourceUsage.current()
        var work = [UInt8](repeating: 1, count: 20_000_000)
        for i in work.indices { work[i] &+= UInt8(truncatingIfNeeded: i) }
        #expect(work[1] == 2)
        let after = ResourceUsage.current()
        #expect(after.cpuSeconds >= before.cpuSeconds && after.cpuSeconds > 0)
        #expect(after.peakResidentBytes > 20_000_000)
        #expect(availableCores >= 1)
    }
}
