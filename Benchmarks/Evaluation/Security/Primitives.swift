import Arithmetic
import HTMLReport
import ObliviousTransfer
import Paillier
import SandboxCore

extension EvaluationDocument.SecurityEvidence.Primitive {
    /// What the protocols are built of. Numbers come from the constants that the protocols use.
    static var all: [Self] {
        let level = SecurityParameters.computational, statistical = SecurityParameters.statistical
        let paillier = PaillierPublicKey.allowedBits.map { bits in
            let p = SecurityParameters.paillier(modulusBits: bits)
            return "\(bits): level \(p.securityBits), exponents \(p.subgroupExponentBits) (subgroup), \(p.djnExponentBits) (djn)"
        }
        let codes = [LPNCode.expandConvolute7x24, .expandConvolute21x24, .quasiCyclic].map { code in
            "\(code.rawValue): " + [1, 64, 128].map { "\(LPNCode.noiseWeight(code: code, fieldBits: $0, security: level))" }.joined(separator: "/")
        }
        let mask = SecurityParameters.comparisonMaskBytes(1 << 20, 1 << 20)
        func use(_ en: String, _ zh: String) -> Phrase { Phrase(en: en, zh: zh) }
        return [
            Self(
                name: "SHA-256", parameters: "256 bit, domain-separated", source: "FIPS 180-4",
                use: use("tokens, transcripts, oracles of the malicious protocols", "标识、会话记录、恶意模型协议的随机预言机"), code: "Sources/SandboxCore/Hashing.swift"),
            Self(
                name: "AES-128", parameters: "fixed key, tweaked; seeds and sketch keys of 128 bit", source: "FIPS 197; Guo and others, eprint 2019/074",
                use: use("hashes and trees of oblivious transfer and VOLE; cohort sketches", "不经意传输与 VOLE 的哈希与树；群体草图"), code: "Sources/Arithmetic/AES128.swift"),
            Self(
                name: "AES-256-CTR", parameters: "seed \(8 * AESCounterPRG.seedBytes) bit, re-keyed (fast key erasure)", source: "NIST SP 800-38A; Bernstein 2017",
                use: use("random numbers of shares and noise", "份额与噪声的随机数"), code: "Sources/SandboxCore/Randomness.swift"),
            Self(
                name: "AES-256-GCM", parameters: "key \(8 * AuthenticatedCipher.keyBytes), nonce \(8 * AuthenticatedCipher.nonceBytes), tag \(8 * AuthenticatedCipher.tagBytes) bit",
                source: "NIST SP 800-38D", use: use("stored powers of Paillier", "Paillier 随机幂的存储"), code: "Sources/SandboxCore/AuthenticatedCipher.swift"),
            Self(
                name: "Ed25519", parameters: "key 256 bit, message with a domain prefix", source: "RFC 8032",
                use: use("contracts, ledgers, TLS certificates", "合同、账本、TLS 证书"), code: "Sources/SandboxCore/Identity.swift"),
            Self(
                name: "TLS 1.3", parameters: "X25519 or P-256; AES-GCM, ChaCha20-Poly1305; pinned keys", source: "RFC 8446, RFC 8410",
                use: use("channels between parties", "参与方之间的信道"), code: "Sources/Transport/TLSContext.swift"),
            Self(
                name: "P-256", parameters: "order 256 bit, points of \(P256.encodedBytes) bytes, SSWU hash to curve", source: "SP 800-186; RFC 9380",
                use: use("Diffie-Hellman intersection", "Diffie-Hellman 求交"), code: "Sources/Arithmetic/P256.swift"),
            Self(
                name: "ristretto255", parameters: "order 2^252 + …, elements of \(Ristretto255.encodedBytes) bytes", source: "RFC 9496, RFC 9380",
                use: use("base oblivious transfer, range proofs", "基础不经意传输、范围证明"), code: "Sources/Arithmetic/Ristretto255.swift"),
            Self(
                name: "Regular dual LPN", parameters: "noise positions, fields of 1/64/128 bit: " + codes.joined(separator: "; "),
                source: "eprint 2023/882; eprint 2019/1159", use: use("silent VOLE and OT", "静默 VOLE 与不经意传输"), code: "Sources/ObliviousTransfer/Codes/LPNCode.swift"),
            Self(
                name: "SoftSpokenOT", parameters: "trees of 16 leaves over \(level) base transfers", source: "eprint 2022/192",
                use: use("random transfers in bulk", "批量随机不经意传输"), code: "Sources/ObliviousTransfer/SmallTrees.swift"),
            Self(
                name: "Comparison masks", parameters: "\(8 * mask) bit at 2^20 × 2^20 tokens: false match ≤ 2^-\(statistical)", source: "eprint 2016/930, section 3",
                use: use("matching in set intersection", "求交比对"), code: "Sources/SandboxCore/SecurityParameters.swift"),
            Self(
                name: "Additive masks", parameters: "\(SecurityParameters.additiveMaskBits(hiding: 0)) bit longer than the value", source: "statistical distance 2^-\(statistical)",
                use: use("openings of Paillier to shares", "Paillier 与份额互转"), code: "Sources/SandboxCore/SecurityParameters.swift"),
            Self(
                name: "Paillier", parameters: "modulus bits \(paillier.joined(separator: "; ")); default \(SecurityParameters.factoringModulusBits)",
                source: "EUROCRYPT 1999; ACSAC 2021; SP 800-57 part 1, table 2", use: use("encrypted sums", "密文求和"), code: "Sources/Paillier/PaillierParameters.swift"),
            Self(
                name: "Fiat-Shamir proofs", parameters: "challenges \(ProofParameters.challengeBits) bit × \(ProofParameters.repetitions), hiding \(ProofParameters.hidingBits) bit",
                source: "Protocols/paillier-proofs.md", use: use("keys, decryptions, ranges", "密钥、解密、范围证明"), code: "Sources/Paillier/Proofs/ProofParameters.swift"),
            Self(
                name: "SipHash-2-4", parameters: "key 128 bit", source: "Aumasson, Bernstein, INDOCRYPT 2012",
                use: use("buckets of a large join", "大规模联接的分块"), code: "Sources/PrivateJoin/PartitionHash.swift"),
            Self(
                name: "Exact discrete noise", parameters: "integers only, no floating point", source: "arXiv 2004.00010",
                use: use("released numbers", "发布值加噪"), code: "Sources/DifferentialPrivacy/Samplers/"),
        ]
    }
}
