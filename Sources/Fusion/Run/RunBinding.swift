import SandboxCore

/// The names that tie messages and passes to one run of one contract. Protocols/fusion-run.md, "Run id".
package enum RunBinding {
    /// Both parties contribute 32 random bytes; in the order of the contract's parties.
    package static func runID(contractHash: [UInt8], nonces: (first: [UInt8], second: [UInt8])) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/fusion-run/v1")
        hash.update(contractHash)
        hash.update(nonces.first)
        hash.update(nonces.second)
        return hash.finalize()
    }

    /// What a pass of intersection-sum is bound to.
    package static func pass(_ index: Int, of run: [UInt8]) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/fusion-pass/v1")
        hash.update(run)
        withUnsafeBytes(of: UInt32(index).littleEndian) { hash.update($0) }
        return hash.finalize()
    }

    /// What the computation of noise is bound to.
    package static func noise(of run: [UInt8]) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/fusion-noise/v1")
        hash.update(run)
        return hash.finalize()
    }

    package static let readyDomain = "yinhe/fusion-ready/v1"

    /// What a party signs to show that it holds the key of the contract.
    package static func readyMessage(run: [UInt8], status: UInt8, subjects: UInt32, party: String) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(raw: run)
        writer.write(status)
        writer.write(subjects)
        writer.write(party)
        return writer.bytes
    }
}
