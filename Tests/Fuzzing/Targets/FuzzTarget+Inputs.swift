import Arithmetic
import ContractText
import Foundation
import Fusion
import Paillier
import SandboxCore
import Tables
import TestSupport

// Decoders of what is not a message by itself: points, keys, ciphertexts, tables, contracts, ledgers.
extension FuzzTarget {
    static let arithmetic: [FuzzTarget] = [
        FuzzTarget("P-256 point", maximumBytes: 33, seeds: [P256.encode(point)]) {
            guard let decoded = P256.decode($0) else { throw refused }
            precondition(P256.isOnCurve(decoded) && P256.encode(decoded) == $0)
        },
        FuzzTarget("ristretto255 element", maximumBytes: 32, seeds: [element, [UInt8](repeating: 0, count: 32)]) {
            guard $0.count == 32, let decoded = Ristretto255.decode($0) else { throw refused }
            precondition(Ristretto255.encode(decoded) == $0)
        },
        FuzzTarget("Paillier public key", seeds: PaillierKeys.all.map(\.publicKey.encoded)) {
            let key = try PaillierPublicKey(encoded: $0, allowedBits: PaillierKeys.allowedBits)
            let again = try PaillierPublicKey(encoded: key.encoded, allowedBits: PaillierKeys.allowedBits)
            precondition(again == key && again.encoded == key.encoded)
        },
        FuzzTarget("Paillier private key", seeds: PaillierKeys.all.map { $0.encodedSecret() }) {
            _ = try PaillierPrivateKey(encodedSecret: $0, allowedBits: PaillierKeys.allowedBits)
        },
        .text("Paillier public key, JSON", PaillierKeys.small.publicKey.json, PaillierKeys.subgroup.publicKey.json) {
            _ = try PaillierPublicKey(json: $0, allowedBits: PaillierKeys.allowedBits)
        },
        .text("Paillier private key, JSON", PaillierKeys.small.secretJSON(), PaillierKeys.subgroup.secretJSON()) {
            _ = try PaillierPrivateKey(secretJSON: $0, allowedBits: PaillierKeys.allowedBits)
        },
        FuzzTarget("Paillier ciphertexts", seeds: [PaillierKeys.ciphertexts]) {
            let key = PaillierKeys.small.publicKey
            let read = try key.decodeCiphertexts($0, threads: 1)
            precondition(read.flatMap(key.encode) == $0)
            for ciphertext in read.prefix(2) { _ = PaillierKeys.small.decrypt(ciphertext) }
        },
        FuzzTarget("Paillier public key, interconnection", seeds: [try! PaillierKeys.subgroup.publicKey.encodedForInterconnection()]) {
            let key = try PaillierPublicKey(interconnection: $0, allowedBits: PaillierKeys.allowedBits)
            let bytes = try key.encodedForInterconnection()
            precondition(try! PaillierPublicKey(interconnection: bytes, allowedBits: PaillierKeys.allowedBits) == key)
        },
        FuzzTarget("Paillier ciphertexts, interconnection", seeds: [PaillierKeys.interconnection(.message), PaillierKeys.interconnection(.heu())]) {
            let key = PaillierKeys.small.publicKey, read = try key.decodeCiphertexts(interconnection: $0, maximum: 100)
            let again = try! key.decodeCiphertexts(interconnection: key.encodeForInterconnection(read.ciphertexts), maximum: 100)
            precondition(again.ciphertexts == read.ciphertexts)
        },
        .text("rational number", "-12.50", "1/3", "2e-6", "170141183460469231731687303715884105727") {
            let value = try Rational(parsing: $0)
            require(try Rational(parsing: value.description) == value)
        },
    ]

    private static let refused = YinheError(.badInput, "refused")
    private static let point = P256.hashToCurve(Array("point".utf8), domainSeparationTag: Array("fuzz".utf8))
    private static let element = Ristretto255.encode(Ristretto255.derive(uniform: filler(64)))

    static let tables: [FuzzTarget] = [
        FuzzTarget("CSV records", seeds: csv) { input in
            // The first byte chooses the dialect.
            let delimiter = CSVOptions.Delimiter.allCases[Int(input.first ?? 0) % CSVOptions.Delimiter.allCases.count]
            let options = CSVOptions(delimiter: delimiter, maximumFieldBytes: 1 << 12)
            try withFile(Array(input.dropFirst())) { path in
                var reader = try CSVReader(path: path, options: options)
                while let fields = try reader.next() { precondition(fields.count == reader.header.count) }
                precondition(reader.bufferedBytes < 1 << 23)
            }
        },
        FuzzTarget("table under a schema", seeds: commaSeparated) { input in
            try withFile(input) { path in
                let table = try KeyedTable.load(path: path, schema: schema, threads: 1)
                precondition(table.rowSubject.allSatisfy { $0 >= 0 && Int($0) < table.tokens.count })
                precondition(table.integers("amount").allSatisfy { (0...1_000_000).contains($0) })
            }
        },
        FuzzTarget("inspection of a table", seeds: commaSeparated) { input in
            try withFile(input) { _ = try FileInspection.inspect(path: $0) }
        },
        .text("join-key normalisers", "９１１１０１０８551385082Q", " Acme  ltd ", "0012-34", "91110108551385082Q") {
            var valid = false
            for normalizer in JoinKeyNormalizer.all {
                guard case .valid(let canonical) = normalizer.normalize($0) else { continue }
                valid = true
                precondition(normalizer.normalize(canonical) == .valid(canonical), "\(normalizer) is not idempotent")
            }
            if !valid { throw refused }
        },
        .text("decimal text", "12.34", "-1,234.5", "１２.５", "9223372036854775807", "-92233720368547758.08") {
            var valid = false
            for scale in [0, 2, 18] {
                guard let units = Tables.DecimalText.parse($0, scale: scale) else { continue }
                valid = true
                precondition(Tables.DecimalText.parse(Tables.DecimalText.format(units, scale: scale), scale: scale) == units)
            }
            if !valid { throw refused }
        },
    ]

    private static let csv: [[UInt8]] = [
        "0id,amount,note\n91110108551385082Q,12.50,\"a \"\"b\"\", c\"\r\n91350100M000100Y43,7,\n",
        "0id,amount\nx,1\ny,\n", "1id;amount\n\"a\n;b\";3\n",
    ].map { Array($0.utf8) } + [
        [0x30, 0xff, 0xfe] + "id,amount\nä,2\n".utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] },
        [0x30] + Array("id,amount\n".utf8) + [0xd6, 0xd0, 0xb9, 0xfa] + Array(",3\n".utf8),
    ]
    private static let commaSeparated = csv.filter { $0[0] == 0x30 }.map { Array($0.dropFirst()) }
    private static let schema = try! TableSchema(
        keyColumn: "id", normalizer: .text, rowsPerSubject: 3,
        columns: [
            ColumnDeclaration(
                name: "amount", type: .decimal(scale: 2), lower: 0, upper: 1_000_000, onBadCell: .dropRow, onEmptyCell: .dropRow)
        ])

    /// A file with these bytes, on a file system in memory where there is one.
    private static func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()
        let path = "\(folder)/yinhe-fuzz-\(getpid())-\(pthread_self())"
        let descriptor = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0o600)
        precondition(descriptor >= 0)
        var done = 0
        while done < bytes.count { done += bytes[done...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } }
        close(descriptor)
        defer { unlink(path) }
        try body(path)
    }

    static let documents: [FuzzTarget] = [
        FuzzTarget("contract", seeds: contracts) {
            let contract = try Contract(parsing: $0, file: "contract.yaml")
            _ = try FusionPlan(contract)
        },
        FuzzTarget("contract signature", maximumBytes: 1 << 14, seeds: [signature]) { input in
            try withFile(input) { path in
                let signature = try ContractSignature.load(path: path)
                guard let bytes = contracts.last, let contract = try? Contract(parsing: bytes, file: "") else { return }
                _ = try signature.verify(contract, bytes: bytes)
            }
        },
        FuzzTarget("ledger export", seeds: [ledger]) {
            let export = try LedgerExport(jsonLines: $0, file: "ledger")
            require(try LedgerExport(jsonLines: export.jsonLines(), file: "ledger") == export)
            _ = LedgerVerification(export, peer: export)
        },
        FuzzTarget("identity file", maximumBytes: 1 << 12, seeds: [pem]) { input in
            try withFile(input) { _ = try Identity(contentsOf: $0, passphrase: "x") }
        },
        .text("fingerprint", "sha256:" + String(repeating: "0a", count: 32)) {
            let fingerprint = try Fingerprint(parsing: $0)
            require(try Fingerprint(parsing: fingerprint.description) == fingerprint)
        },
        .text("time", "2027-12-31T23:59:59Z") {
            guard let date = UTCTime.parse($0) else { throw refused }
            precondition(UTCTime.text(date) == $0)
        },
    ]

    private static func vector(_ name: String) -> [String: Any] {
        let data = try! Data(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/\(name).json"))
        return try! JSONSerialization.jsonObject(with: data) as! [String: Any]
    }

    /// The example with two keys in place of its blanks.
    private static let example: [UInt8] = {
        let text = try! String(
            contentsOf: repositoryRoot.appending(path: "Examples/inclusive-credit/contract-intersection-sum.yaml"), encoding: .utf8)
        return Array(
            text.replacing("FINGERPRINT-OF-THE-DATA-CENTRE", with: String(repeating: "0a", count: 32))
                .replacing("FINGERPRINT-OF-THE-BANK", with: String(repeating: "0b", count: 32)).utf8)
    }()
    private static let contracts: [[UInt8]] = [
        example,
        Array((vector("contract")["contract"] as! String).utf8),
    ]
    private static let signature: [UInt8] = {
        let contract = try! Contract(parsing: contracts.last!, file: "")
        let party = (vector("contract")["signatures"] as! [[String: Any]])[0]
        let identity = try! Identity(privateKey: [UInt8](hex: party["privateKey"] as! String)!)
        let name = party["party"] as! String
        let signed = try! ContractSignature(contract, bytes: contracts.last!, party: name, identity: identity)
        return Array(try! JSONEncoder().encode(signed))
    }()
    private static let ledger: [UInt8] = {
        let parts = vector("ledger")
        let lines = (parts["entries"] as! [[String: Any]]) + [["head": parts["head"]!]]
        return lines.flatMap { Array(try! JSONSerialization.data(withJSONObject: $0, options: .sortedKeys)) + [10] }
    }()
    private static let pem = Array(
        """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB
        -----END PRIVATE KEY-----

        """.utf8)
}

/// A key far too small to be safe, so that many inputs can be tried.
private enum PaillierKeys {
    static let allowedBits = Array(64...2048)
    static let small = try! PaillierPrivateKey(
        p: BigInteger(decimal: "292144496287079031332966374985145154679")!,
        q: BigInteger(decimal: "286351342250401058177601183925669056083")!,
        scheme: .djn, allowedBits: allowedBits)
    static let subgroup = PaillierPrivateKey.generate(uncheckedBits: 256, random: SeededRandom(1))
    static let all = [small, subgroup]
    static let values = [5, 9].map { small.publicKey.add(small.publicKey.sum([]), plaintext: BigInteger($0)) }
    static let ciphertexts = values.flatMap { small.publicKey.encode($0) }
    static func interconnection(_ form: PaillierInterconnectionForm) -> [UInt8] {
        small.publicKey.encodeForInterconnection(values, form)
    }
}
