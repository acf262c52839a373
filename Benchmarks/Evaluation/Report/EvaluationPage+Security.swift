import HTMLReport

extension EvaluationPage {
    typealias Evidence = EvaluationDocument.SecurityEvidence

    /// Chapter 6 of the standard: evidence first, then the boxes of the tester.
    var security: HTML {
        guard let e = document.security else {
            return Self.numbered(
                "security",
                Self.soft(Phrase(en: "This document holds no security evidence.", zh: "本次数据未包含安全证据。")) + Self.checklist(Self.securityTopics))
        }
        return Self.numbered(
            "security",
            """
            \(Self.soft(Phrase(
                en: "Computational security \(e.computationalBits) bits, statistical 2^-\(e.statisticalBits): constants of the code that every protocol uses.",
                zh: "计算安全参数 \(e.computationalBits) 比特，统计安全参数 2^-\(e.statisticalBits)：取自代码中所有协议共用的常量。")))
            \(Self.checklist(Self.securityTopics))
            <h3>\(Phrase(en: "Primitives and parameters", zh: "密码原语与参数"))</h3>\(Self.primitives(e))
            <h3>\(Phrase(en: "Known-answer tests", zh: "已知答案测试"))</h3>\(Self.knownAnswers(e))
            <h3>\(Phrase(en: "Constant time", zh: "恒定时间检查"))</h3>\(Self.constantTime(e))
            <h3>\(Phrase(en: "Adversaries and assumptions", zh: "敌手模型与安全假设"))</h3>\(Self.models(e))
            <h3>\(Phrase(en: "What is learned beyond the result", zh: "泄露清单：结果之外各方获知的信息"))</h3>\(Self.leakage(e))
            <h3>\(Phrase(en: "Components (SBOM)", zh: "软件成分清单（SBOM）"))</h3>\(Self.components(e))
            """)
    }

    private static let securityTopics: [Topic] = [
        Topic(
            name: Phrase(en: "Protocol security", zh: "协议安全"),
            evidence: Phrase(
                en: "Adversary, assumptions and leakage of every protocol stand below, taken from the specifications.",
                zh: "各协议的敌手模型、安全假设与泄露内容列于下文，取自协议规范。"),
            places: "Protocols/*.md, Security model and leakage"),
        Topic(
            name: Phrase(en: "Algorithm security", zh: "算法安全"),
            evidence: Phrase(
                en: "Primitives and parameters below, with their standards; known answers computed again on this machine.",
                zh: "密码原语、参数与所依据的标准列于下文；已知答案在本机重新计算。"),
            places: "STANDARDS.md, Protocols/Vectors/"),
        Topic(
            name: Phrase(en: "Privacy of data", zh: "隐私数据安全"),
            evidence: Phrase(
                en: "Inputs never leave their party in the clear; released numbers carry noise by an exact sampler and are charged to a budget; secrets are wiped.",
                zh: "输入数据不以明文离开所属方；发布值由精确采样器加噪并扣减预算；秘密数据用后擦除。"),
            places: "yinhe budget show, Protocols/noise-samplers.md"),
        Topic(
            name: Phrase(en: "Authentication and authorisation", zh: "认证授权"),
            evidence: Phrase(
                en: "Parties are Ed25519 keys, pinned by fingerprint in the signed contract; TLS is mutual; no certificate authority.",
                zh: "参与方以 Ed25519 密钥标识，其指纹写入双方签署的合同；TLS 双向认证，不依赖证书机构。"),
            places: "yinhe keys show, Protocols/identity.md"),
        Topic(
            name: Phrase(en: "Cryptographic keys", zh: "密码安全"),
            evidence: Phrase(
                en: "Keys come from the operating system's generator, are kept in files of mode 0600, with a passphrase where wanted; session keys live for one run.",
                zh: "密钥由操作系统随机源生成，存于权限 0600 的文件，可加口令保护；会话密钥仅用于一次运行。"),
            places: "yinhe keys new, Protocols/identity.md"),
        Topic(
            name: Phrase(en: "Communication", zh: "通信安全"),
            evidence: Phrase(
                en: "TLS 1.3 only, forward secret; each frame is bounded and validated before memory is reserved. The suites are international ones, not SM2/SM3/SM4.",
                zh: "仅使用 TLS 1.3，具备前向安全；每一帧先校验长度与内容再分配内存。密码套件为国际算法，不含 SM2/SM3/SM4。"),
            places: "Protocols/transport.md"),
        Topic(
            name: Phrase(en: "Evidence and logs", zh: "存证与日志"),
            evidence: Phrase(
                en: "Each party keeps a signed, hash-chained ledger of contracts, runs, charges and releases; heads are exchanged and countersigned.",
                zh: "各方保存带签名的链式账本，记录合同、运行、预算扣减与发布；账本头由双方交换并互签。"),
            places: "yinhe ledger verify, Protocols/ledger.md"),
    ]

    private static func primitives(_ e: Evidence) -> HTML {
        let head: [HTML] = [
            "\(Phrase(en: "Primitive", zh: "原语"))", "\(Phrase(en: "Parameters", zh: "参数"))", "\(Phrase(en: "Used for", zh: "用途"))",
            "\(Phrase(en: "Source", zh: "依据"))", "\(Phrase(en: "Code, in Sources/", zh: "代码（Sources/ 下）"))",
        ]
        return HTML.table(
            head,
            rows: e.primitives.map { p in
                ["<b>\(p.name)</b>", "\(p.parameters)", "\(p.use)", "\(p.source)", "<span class=\"hash path\">\(p.code.replacing("Sources/", with: ""))</span>"]
            }, class: "small")
    }

    private static func knownAnswers(_ e: Evidence) -> HTML {
        let head: [HTML] = [
            "\(Phrase(en: "Test", zh: "测试"))", "\(Phrase(en: "Implementation", zh: "实现"))", "\(Phrase(en: "Source of the vectors", zh: "向量来源"))",
            "\(Phrase(en: "Vectors", zh: "向量数"))", "\(Phrase(en: "Passed", zh: "通过"))", "",
        ]
        let rows = e.knownAnswers.map { a -> [HTML] in
            let verdict: HTML =
                if let reason = a.notRun {
                    "<span class=\"soft\">\(Phrase(en: "not run", zh: "未运行")): \(reason)</span>"
                } else if a.passed == a.vectors {
                    "<span class=\"yes\">\(Phrase(en: "pass", zh: "通过"))</span>"
                } else {
                    "<span class=\"bad\">\(Phrase(en: "FAIL", zh: "未通过"))</span>"
                }
            return ["\(a.name)", "\(a.implementation)", "\(a.source)", "\(Numbers.grouped(a.vectors))", "\(Numbers.grouped(a.passed))", verdict]
        }
        let note = Self.soft(Phrase(
            en: "Each line was computed by the named implementation on this processor while the evaluation ran, not copied from a test log.",
            zh: "各行均由所列实现在本机处理器上于评估时实际计算，并非抄自测试记录。"))
        return note + HTML.table(head, numeric: [3, 4], rows: rows, class: "small")
    }

    private static func constantTime(_ e: Evidence) -> HTML {
        guard let c = e.constantTime else {
            return Self.soft(Phrase(
                en: "Not run for this report. `make constant-time > FILE`, then `yinhe-bench evaluate --constant-time FILE`.",
                zh: "本次未运行。可先执行 `make constant-time > FILE`，再执行 `yinhe-bench evaluate --constant-time FILE`。"))
        }
        let controls = c.checks.filter { $0.outcome == .control }.count, broken = c.checks.filter { $0.outcome == .brokenControl }.count
        let verdict: HTML = c.leaks == 0 && broken == 0
            ? "<span class=\"yes\">\(Phrase(en: "no leak found", zh: "未发现泄露"))</span>"
            : "<span class=\"bad\">\(Phrase(en: "LEAK, or the check did not work", zh: "发现泄露，或检查本身失效"))</span>"
        let facts = HTML.facts([
            (Phrase(en: "Checks", zh: "检查项"), "\(c.checked)"), (Phrase(en: "With leaks", zh: "存在泄露"), "\(c.leaks) \(verdict)"),
            (Phrase(en: "Positive controls", zh: "对照检查"), "\(controls) \(Phrase(en: "as expected", zh: "符合预期"))"),
            (Phrase(en: "SHA-256 of the output", zh: "输出文件 SHA-256"), "<span class=\"hash\">\(c.fileDigest)</span>"),
        ])
        func text(_ outcome: Evidence.ConstantTimeResult.Check.Outcome) -> Phrase {
            switch outcome {
            case .pass: Phrase(en: "pass", zh: "通过")
            case .leak: Phrase(en: "LEAK", zh: "泄露")
            case .seen: Phrase(en: "seen in another library", zh: "见于第三方库")
            case .control: Phrase(en: "control, as expected", zh: "对照，符合预期")
            case .brokenControl: Phrase(en: "CONTROL FAILED", zh: "对照失败")
            }
        }
        let rows = c.checks.map { check -> [HTML] in
            let bad = check.outcome == .leak || check.outcome == .brokenControl
            return ["\(check.name)", "<span class=\"\(bad ? "bad" : "nowrap")\">\(text(check.outcome))</span>"]
        }
        let note = Self.soft(Phrase(
            en: "Secrets are marked as uninitialised memory; valgrind reports each branch and address that depends on them. Kernels that valgrind cannot run (AVX-512, VAES) are not covered.",
            zh: "将秘密数据标记为未初始化内存，由 valgrind 报告依赖于它的每一处分支与地址。valgrind 无法运行的内核（AVX-512、VAES）不在检查范围内。"))
        return note + facts + HTML.table(["\(Phrase(en: "Code under check", zh: "被检代码"))", "\(Phrase(en: "Outcome", zh: "结果"))"], rows: rows, class: "small")
    }

    private static func models(_ e: Evidence) -> HTML {
        let head: [HTML] = [
            "\(Phrase(en: "Protocol", zh: "协议"))", "\(Phrase(en: "Adversary", zh: "敌手模型"))", "\(Phrase(en: "Assumptions", zh: "安全假设"))",
        ]
        let rows = e.protocols.map { p -> [HTML] in
            ["<b>\(p.title)</b><br><span class=\"hash path\">\(p.name).md</span>", "\(p.adversary)", "\(p.assumptions)"]
        }
        return HTML.table(head, rows: rows, class: "small")
    }

    private static func leakage(_ e: Evidence) -> HTML {
        let head: [HTML] = [
            "\(Phrase(en: "Protocol", zh: "协议"))", "\(Phrase(en: "Who", zh: "谁"))", "\(Phrase(en: "Learns", zh: "获知什么"))",
        ]
        let rows = e.protocols.flatMap { p in
            p.leakage.enumerated().map { i, leak -> [HTML] in
                [i == 0 ? "<b>\(p.title)</b>" : "", "\(leak.party)", "\(leak.learns)"]
            }
        }
        return HTML.table(head, rows: rows, class: "small")
    }

    private static func components(_ e: Evidence) -> HTML {
        let head: [HTML] = [
            "\(Phrase(en: "Component", zh: "组件"))", "\(Phrase(en: "Version", zh: "版本"))", "\(Phrase(en: "Licence", zh: "许可证"))",
            "\(Phrase(en: "Kind", zh: "类型"))", "\(Phrase(en: "Package URL", zh: "包标识（purl）"))",
        ]
        let rows = e.components.map { c -> [HTML] in
            let kind = c.kind == .package ? Phrase(en: "compiled in", zh: "编译入内") : Phrase(en: "of the system, loaded", zh: "系统库，运行时加载")
            return ["<b>\(c.name)</b>", "\(c.version)", "\(c.licence)", "\(kind)", "<span class=\"hash\">\(c.purl)</span>"]
        }
        let note = Self.soft(Phrase(
            en: "`yinhe-bench sbom` writes the same list as CycloneDX JSON.", zh: "`yinhe-bench sbom` 以 CycloneDX JSON 格式输出同一清单。"))
        return note + HTML.table(head, rows: rows, class: "small")
    }
}
