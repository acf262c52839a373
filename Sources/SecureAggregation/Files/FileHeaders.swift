import Foundation
import Paillier
import SandboxCore

/// What every file of an aggregation states first: which contract, key and layout it is for, and who made it when.
package struct FileBinding: Sendable, Equatable {
    package var contract: [UInt8]  // 32 bytes
    package var key: [UInt8]  // 32 bytes
    package var layout: [UInt8]  // 32 bytes
    /// The author's name in the contract.
    package var author: String
    /// Seconds since 1970, by the author's clock.
    package var created: Int64
    /// 16 random bytes: two files are never the same.
    package var nonce: [UInt8]

    package init(_ terms: AggregationTerms, author: String, created: Date) {
        contract = terms.contract.hash
        key = terms.keyDigest
        layout = terms.layoutDigest
        self.author = author
        self.created = Int64(created.timeIntervalSince1970.rounded(.down))
        nonce = SystemRandom.shared.bytes(16)
    }

    func encode(into writer: inout ByteWriter) {
        writer.write(raw: contract)
        writer.write(raw: key)
        writer.write(raw: layout)
        writer.write(author)
        writer.write(created)
        writer.write(raw: nonce)
    }

    init(from reader: inout ByteReader) throws {
        contract = try reader.readRaw(32)
        key = try reader.readRaw(32)
        layout = try reader.readRaw(32)
        author = try reader.readText(maximum: 64)
        created = try reader.read()
        nonce = try reader.readRaw(16)
    }

    package var createdAt: Date { Date(timeIntervalSince1970: Double(created)) }

    /// Throws `.contract`, naming what differs, unless the file is for these terms.
    func require(_ terms: AggregationTerms, _ reader: SignedFile.Reader) throws {
        func refuse(_ reason: String, _ remedy: String) -> YinheError {
            YinheError(.contract, reason, at: reader.path, remedy: remedy)
        }
        guard contract == terms.contract.hash else {
            throw refuse(
                "the \(reader.kind.name) belongs to another contract (\(contract.hex.prefix(16))…, not "
                    + "\(terms.contract.hashText.prefix(16))…)", "compare the contract files; every byte counts")
        }
        guard key == terms.keyDigest else {
            throw refuse(
                "the \(reader.kind.name) was made under another key (\(key.hex.prefix(16))…)", "use the key that the contract names")
        }
        guard layout == terms.layoutDigest else {
            throw refuse("the \(reader.kind.name) has another layout", "use the same version of this program everywhere")
        }
    }
}

package struct SubmissionHeader: Sendable, Equatable {
    package var binding: FileBinding
    /// A later submission of the same contributor has a greater number.
    package var sequence: UInt64
    package var ciphertexts: UInt64
    package var hasRangeProofs: Bool

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        binding.encode(into: &writer)
        writer.write(sequence)
        writer.write(ciphertexts)
        writer.write(UInt8(hasRangeProofs ? 1 : 0))
        return writer.bytes
    }

    package init(binding: FileBinding, sequence: UInt64, ciphertexts: Int, hasRangeProofs: Bool) {
        self.binding = binding
        self.sequence = sequence
        self.ciphertexts = UInt64(ciphertexts)
        self.hasRangeProofs = hasRangeProofs
    }

    init(from reader: inout ByteReader) throws {
        binding = try FileBinding(from: &reader)
        sequence = try reader.read()
        ciphertexts = try reader.read()
        hasRangeProofs = try readFlag(&reader)
    }
}

package struct AggregateHeader: Sendable, Equatable {
    /// One submission that entered the sum.
    package struct Entry: Sendable, Hashable {
        package var contributor: String
        package var weight: UInt64
        package var sequence: UInt64
        /// Of the submission file.
        package var digest: [UInt8]
    }
    package var binding: FileBinding
    /// In the order of the contract.
    package var included: [Entry]

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        binding.encode(into: &writer)
        writer.write(UInt32(included.count))
        for entry in included {
            writer.write(entry.contributor)
            writer.write(entry.weight)
            writer.write(entry.sequence)
            writer.write(raw: entry.digest)
        }
        return writer.bytes
    }

    package init(binding: FileBinding, included: [Entry]) {
        self.binding = binding
        self.included = included
    }

    init(from reader: inout ByteReader) throws {
        binding = try FileBinding(from: &reader)
        let count = try reader.readCount(maximum: AggregationContract.partyRange.upperBound, elementBytes: 52)
        included = []
        for _ in 0..<count {
            included.append(
                Entry(
                    contributor: try reader.readText(maximum: 64), weight: try reader.read(), sequence: try reader.read(),
                    digest: try reader.readRaw(32)))
        }
    }

    package var totalWeight: Int { included.reduce(0) { $0 + Int($1.weight) } }
}

/// Of an opening, and of one holder's decryption share.
package struct OpeningHeader: Sendable, Equatable {
    package var binding: FileBinding
    /// Digest of the aggregate that is opened.
    package var aggregate: [UInt8]

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        binding.encode(into: &writer)
        writer.write(raw: aggregate)
        return writer.bytes
    }

    package init(binding: FileBinding, aggregate: [UInt8]) {
        self.binding = binding
        self.aggregate = aggregate
    }

    init(from reader: inout ByteReader) throws {
        binding = try FileBinding(from: &reader)
        aggregate = try reader.readRaw(32)
    }
}

private func readFlag(_ reader: inout ByteReader) throws -> Bool {
    switch try reader.read(UInt8.self) {
    case 0: return false
    case 1: return true
    case let other: throw YinheError(.badInput, "a flag with the value \(other)")
    }
}
