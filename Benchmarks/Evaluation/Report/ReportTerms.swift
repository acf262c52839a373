import HTMLReport

/// Names of the document in both languages. What is not listed stays as the document has it.
enum ReportTerms {
    static func area(_ area: EvaluationDocument.Area) -> Phrase {
        switch area {
        case .arithmetic: Phrase(en: "Basic arithmetic on shares", zh: "基础运算（秘密分享）")
        case .statistics: Phrase(en: "Joint statistics", zh: "联合统计")
        case .psi: Phrase(en: "Private set intersection", zh: "安全求交")
        case .paillier: Phrase(en: "Paillier encryption and aggregation", zh: "Paillier 同态加密与聚合")
        case .noise: Phrase(en: "Noise of differential privacy", zh: "差分隐私噪声")
        case .transport: Phrase(en: "Transport", zh: "通信")
        }
    }

    static func operation(_ name: String) -> Phrase { Phrase(en: name, zh: operations[name] ?? name) }

    private static let operations: [String: String] = [
        "add": "加法", "mul": "乘法", "square": "平方", "dot": "点积", "matmul": "矩阵乘法", "less": "比较大小", "equal": "相等判断",
        "b2a": "比特转算术", "truncate": "截断", "divide": "除法", "shuffle": "打乱", "sort": "排序", "group-by": "分组求和", "sum": "求和",
        "mean": "均值", "variance": "方差", "median": "中位数", "quantile": "分位数", "triples": "相关随机数生成", "hidden-join": "隐匿联接",
        "join": "联接", "intersect": "求交", "intersection": "求交", "psi": "求交", "intersection-sum": "交集求和", "cardinality": "交集基数",
        "encrypt": "加密", "encrypt-owner": "私钥方加密", "encrypt-packed": "打包加密", "decrypt": "解密", "negate": "取负",
        "scale": "数乘", "load-key": "载入公钥", "generate": "密钥生成", "aggregate": "聚合", "laplace": "拉普拉斯噪声",
        "gaussian": "高斯噪声", "discrete-laplace": "离散拉普拉斯噪声", "discrete-gaussian": "离散高斯噪声", "throughput": "吞吐量",
        "roundtrip": "往返", "encode": "编码", "decode": "解码", "vole": "VOLE 相关随机数", "ot": "不经意传输", "count": "计数",
        "histogram": "直方图", "table": "交叉表", "regression": "回归", "hidden-sum": "隐匿交集求和", "hidden-aggregate": "隐匿统计",
    ]

    static func unit(_ name: String) -> Phrase {
        let names = [
            "elements": "元素", "rows": "行", "tokens": "标识", "ciphertexts": "密文", "values": "数值", "samples": "样本", "bytes": "字节",
            "messages": "消息", "operations": "次运算", "keys": "密钥", "items": "项",
        ]
        return Phrase(en: name, zh: names[name] ?? name)
    }

    static func phase(_ name: String) -> Phrase {
        let names = [
            "offline": "离线（相关随机数）", "online": "在线计算", "setup": "初始化", "handshake": "握手", "computation": "计算",
            "correlations": "相关随机数", "connect": "连接", "keys": "密钥", "input": "输入", "open": "打开结果", "encode": "编码",
            "decode": "解码", "match": "比对", "hash": "哈希", "vole": "VOLE", "masks": "掩码", "sum": "求和", "encrypt": "加密",
            "decrypt": "解密", "aggregate": "聚合", "verify": "验证", "total": "总计", "transfer": "传输", "base": "基础 OT",
            "result": "结果",
            "session": "建立会话", "session open": "建立会话", "cuckoo hashing": "布谷鸟哈希", "query": "查询", "own function values": "己方函数值",
            "targets": "目标值", "comparison": "比较", "sums": "求和", "other": "其他", "tokens shuffled": "打乱标识", "correlation": "相关随机数",
            "seed received": "收到种子", "vector received": "收到向量", "masks sent": "发出掩码", "done": "完成", "corrections sent": "发出修正",
            "encoded": "编码完成", "vector sent": "发出向量", "own masks indexed": "己方掩码建索引", "first masks": "首批掩码",
            "masks compared": "比对掩码", "waiting for the sum": "等待聚合", "opening": "打开",
        ]
        return Phrase(en: name, zh: names[name] ?? name)
    }

    static func network(_ name: String) -> Phrase {
        let names = ["loopback": "本机回环", "lan": "局域网", "wan": "广域网", "slow": "低速广域网"]
        return Phrase(en: name, zh: names[name] ?? name)
    }

    static func means(_ how: EvaluationDocument.NetworkProfile.Means) -> Phrase {
        switch how {
        case .loopback: Phrase(en: "loopback interface, nothing added", zh: "回环接口，不加限制")
        case .netem: Phrase(en: "kernel: network namespaces, tc netem", zh: "内核：网络命名空间与 tc netem")
        case .shaped: Phrase(en: "simulated: token bucket and delay above TCP", zh: "模拟：TCP 之上的令牌桶与延时")
        }
    }

    static func note(_ kind: EvaluationDocument.Note.Kind) -> Phrase {
        switch kind {
        case .refused: Phrase(en: "refused", zh: "不予报告")
        case .forced: Phrase(en: "forced", zh: "强制报告")
        case .note: Phrase(en: "note", zh: "说明")
        }
    }

    /// Sentences of the document that occur word for word; others stay in English.
    static func adversary(_ text: String) -> Phrase { Phrase(en: text, zh: sentences[text] ?? text) }

    static func checked(_ texts: [String]) -> Phrase {
        let shown = texts.prefix(2)
        return Phrase(
            en: shown.joined(separator: "; "), zh: shown.map { sentences[$0] ?? $0 }.joined(separator: "；"))
    }

    private static let sentences: [String: String] = [
        "semi-honest": "半诚实", "malicious": "恶意",
        "semi-honest, with a dealer who colludes with nobody": "半诚实，分发方不与任何一方合谋",
        "semi-honest, honest majority not needed": "半诚实，不要求诚实多数",
        "active on the network (mutual TLS 1.3)": "网络主动攻击者（双向 TLS 1.3）",
        "none: plain TCP inside of the bench": "无：测试内部的明文 TCP", "none: one party's operation": "无：单方运算",
        "none: an exact sampler": "无：精确采样器",
        "every element, exactly, with plain arithmetic": "逐个元素与明文运算完全相等",
        "every answer, exactly": "逐条应答完全相等", "length and last byte of every frame": "每帧的长度与末字节",
        "every group's count and sum, exactly, with plain arithmetic": "每组的计数与总和与明文运算完全相等",
        "every group's count, sum and sum of squares, exactly, with a plain join": "每组的计数、总和与平方和与明文联接完全相等",
        "every group's sums, exactly, with a plain join": "每组的总和与明文联接完全相等",
        "every plaintext, exactly, after decryption": "解密后逐个明文完全相等", "every row, exactly, with a plain sort": "逐行与明文排序完全相等",
        "every sum, exactly, with plain addition": "每个总和与明文加法完全相等", "every total, exactly, with plain addition": "每个总和与明文加法完全相等",
        "mean and variance against the law's, in standard errors": "均值与方差对照理论分布（单位：标准误）",
        "n^2 times the variance, exactly, with plain arithmetic": "方差的 n^2 倍与明文运算完全相等",
        "the lower median, exactly, with a plain sort": "下中位数与明文排序完全相等", "the product, exactly, with plain arithmetic": "点积与明文运算完全相等",
        "the rounded mean, exactly, with plain arithmetic": "取整后的均值与明文运算完全相等",
        "the matching rows, exactly, with a plain join": "匹配的行与明文联接完全一致",
    ]

    static func parameters(_ parameters: [String: String]) -> String {
        parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
}
