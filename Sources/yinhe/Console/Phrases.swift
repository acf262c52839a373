import SandboxCore

// The catalogue: what the program says while it runs. Report texts are in Phrases+Report.swift, help texts beside the options.

extension Phrase {
    static let warning = Phrase(en: "warning: ", zh: "警告：")

    static func error(_ code: YinheError.Code) -> Phrase {
        switch code {
        case .usage: Phrase(en: "usage error: ", zh: "用法错误：")
        case .badInput: Phrase(en: "input error: ", zh: "输入错误：")
        case .contract: Phrase(en: "contract error: ", zh: "合同错误：")
        case .peerUnreachable: Phrase(en: "peer unreachable: ", zh: "无法联系对方：")
        case .peerMismatch: Phrase(en: "peer mismatch: ", zh: "与对方不一致：")
        case .peerMisbehaved: Phrase(en: "peer misbehaved: ", zh: "对方违反协议：")
        case .peerAborted: Phrase(en: "peer aborted: ", zh: "对方已中止：")
        case .system: Phrase(en: "system error: ", zh: "系统错误：")
        case .budget: Phrase(en: "privacy budget: ", zh: "隐私预算不足：")
        case .ledger: Phrase(en: "ledger error: ", zh: "账本错误：")
        case .belowMinimum: Phrase(en: "below the minimum: ", zh: "低于最小交集：")
        case .range: Phrase(en: "out of range: ", zh: "超出声明范围：")
        case .cancelled: Phrase(en: "stopped: ", zh: "已停止：")
        default: Phrase(en: "error: ", zh: "错误：")
        }
    }

    static func listening(_ endpoint: String) -> Phrase {
        Phrase(en: "Listening on \(endpoint), waiting for the peer …", zh: "正在 \(endpoint) 监听，等待对方连接……")
    }
    static func connecting(_ endpoint: String) -> Phrase {
        Phrase(en: "Connecting to \(endpoint) …", zh: "正在连接 \(endpoint)……")
    }
    static func connected(_ peer: String) -> Phrase { Phrase(en: "Connected to \(peer).", zh: "已连接 \(peer)。") }
    static let insecure = Phrase(
        en:
            "this connection is neither encrypted nor authenticated (--insecure-plaintext): anyone on the network can read "
                + "and alter it",
        zh: "此连接未加密也未认证（--insecure-plaintext）：网络上的任何人都能窃听和篡改")
    static func timeLeft(_ time: String) -> Phrase { Phrase(en: "\(time) left", zh: "剩余 \(time)") }
    static func wrote(_ path: String) -> Phrase { Phrase(en: "Wrote \(path)", zh: "已写入 \(path)") }

    // MARK: Demonstration

    static func demoTables(_ rows: Int, _ loans: Int, _ overlap: Int, _ seed: UInt64) -> Phrase {
        let (r, l, o) = (Numbers.grouped(rows), Numbers.grouped(loans), Numbers.grouped(overlap))
        return Phrase(
            en: "Tables: \(r) enterprises (GB18030) and \(l) loans (UTF-8 with BOM), \(o) enterprises in both (seed \(seed))",
            zh: "数据：\(r) 家企业（GB18030）、\(l) 笔贷款（UTF-8 BOM），两表共有 \(o) 家企业（种子 \(seed)）")
    }
    static func demoIdentity(_ name: String, _ fingerprint: String) -> Phrase {
        Phrase(en: "Identity of \(name): \(fingerprint)", zh: "\(name) 的身份：\(fingerprint)")
    }
    static func demoContract(_ path: String) -> Phrase {
        Phrase(en: "Contract \(path), signed by both", zh: "合同 \(path)，双方已签署")
    }
    static func demoProcesses(_ names: [String], _ port: Int) -> Phrase {
        Phrase(
            en: "Two processes, \(names.joined(separator: " and ")), over mutual TLS 1.3 on 127.0.0.1:\(port)",
            zh: "两个独立进程 \(names.joined(separator: "、"))，经 127.0.0.1:\(port) 上的双向 TLS 1.3 运行")
    }
    static let demoCrossChecked = Phrase(
        en: "  Each ledger was also checked against what the other party countersigned.", zh: "  两本账本还与对方互签的内容做了交叉核对。")

    /// The Chinese of the protocols' stable phase names; an unknown name is shown as it is.
    static func phase(_ name: String) -> Phrase {
        switch name {
        case "intersection-sum": return Phrase(en: "intersection-sum in all", zh: "隐私求交求和（合计）")
        case "hidden join": return Phrase(en: "hidden join in all", zh: "隐藏关联（合计）")
        case "aligned join": return Phrase(en: "aligned join in all", zh: "对齐关联（合计）")
        default: break
        }
        return Phrase(en: name, zh: phaseNames[name] ?? name)
    }
}

private let phaseNames: [String: String] = [
    "read table": "读取表格",
    "inspect": "检查文件",
    "intersect": "求交",
    "check input": "核对输入",
    "vector received": "接收编码向量",
    "masks sent": "发送比对值",
    "masks compared": "比对",
    "write output": "写出结果",
    "handshake": "握手",
    "own elements blinded": "己方元素盲化",
    "peer elements combined": "对方元素二次盲化",
    "masks received": "接收比对值",
    "Paillier key": "生成 Paillier 密钥",
    "blind": "盲化",
    "blind again": "二次盲化",
    "encrypt": "加密",
    "encrypt rows": "逐行加密",
    "match rows": "密文匹配累加",
    "decrypt": "解密",
    "release": "加噪发布",
    "secure sum": "安全求和",
    "correlations": "派发关联随机数",
    "key proof": "证明密钥构造",
    "check signature": "核验签名",
    "check submission": "核验提交",
    "add": "密文相加",
    "check sum": "核对合计",
    "decryption share": "生成解密份额",
    "open": "合并解密",
    "check opening": "核验解密证明",
]

/// Phases that count bytes rather than rows.
let bytePhases: Set<String> = ["read table", "check input", "inspect", "write output", "check signature"]
