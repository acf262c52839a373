import Tables

// What `yinhe keys doctor` says.

extension Phrase {
    static let doctorAsIs = Phrase(en: "Valid as they are", zh: "原样有效")
    static let doctorChanged = Phrase(en: "Valid once repaired", zh: "修复后有效")
    static let doctorEmpty = Phrase(en: "No key", zh: "空键")
    static let doctorDropped = Phrase(en: "Refused", zh: "无效")
    static let doctorHealthy = Phrase(en: "nothing to do: every key enters the join", zh: "无需处理：所有键都能参与关联")

    static func doctorMostRows(_ rows: String) -> Phrase {
        Phrase(en: "; at most \(rows) rows of one key", zh: "；同一个键最多 \(rows) 行")
    }
    static func doctorFixed(_ file: String, _ rows: String) -> Phrase {
        Phrase(en: "\(file): a copy with \(rows) repaired keys", zh: "\(file)：已写出副本，修复了 \(rows) 个键")
    }
    static func doctorLikely(_ name: String, _ share: String) -> Phrase {
        Phrase(en: "\(share) of the keys are valid as \(name): is the declared kind wrong?", zh: "\(share) 的键符合 \(name)：声明的类型是否有误？")
    }
    static func doctorAmbiguous(_ rows: String) -> Phrase {
        Phrase(
            en: "\(rows) plates contain the letter I or O, which serial numbers do not have; 1 or 0 may be meant. Correct them at the source",
            zh: "\(rows) 个号牌的序号含字母 I 或 O，而序号不使用这两个字母，可能应为 1 或 0，请在数据源头更正")
    }
    static func doctorFifteen(_ rows: String) -> Phrase {
        Phrase(
            en: "\(rows) identity numbers had 15 digits; they carry no check character, so errors in them go unnoticed",
            zh: "\(rows) 个身份号码为 15 位；15 位号码没有校验码，其中的录入错误无法发现")
    }
    static let doctorManyEmpty = Phrase(
        en: "more than 5 % of the rows have no key: are these rows meant to be matched at all?", zh: "超过 5 % 的行没有键：请确认这些行是否应当参与关联")
    static func doctorDuplicates(_ rows: String) -> Phrase {
        Phrase(
            en: "some keys come in several rows, one in \(rows): set rows-per-subject in the contract accordingly, or aggregate first",
            zh: "部分键出现多行，最多 \(rows) 行：请在合同中相应设置 rows-per-subject，或先行汇总")
    }
    static let doctorRepairsAnyway = Phrase(
        en: "a join repairs the keys by itself; --fix is only needed when the file is used elsewhere too", zh: "关联时会自动修复；只有文件另作他用时才需要 --fix")

    static func keyChange(_ change: KeyChange) -> Phrase {
        switch change {
        case .fullWidth: Phrase(en: "full-width characters", zh: "全角字符")
        case .invisible: Phrase(en: "invisible characters", zh: "不可见字符")
        case .spaces: Phrase(en: "spaces", zh: "空格")
        case .separators: Phrase(en: "hyphens, dots, brackets", zh: "连字符、间隔点、括号")
        case .lowerCase: Phrase(en: "lower-case letters", zh: "小写字母")
        case .textMark: Phrase(en: "apostrophe in front", zh: "前置单引号")
        case .fifteenDigits: Phrase(en: "15 digits made 18", zh: "15 位升为 18 位")
        case .countryCode: Phrase(en: "country code 86", zh: "国家代码 86")
        }
    }

    /// Why keys of one kind are refused. `kind`: such as "plate/1".
    static func malformation(_ reason: JoinKeyNormalizer.Malformation, of kind: String) -> Phrase {
        let name = kind.split(separator: "/").first.map(String.init) ?? kind
        switch (reason, name) {
        case (.length, "uscc"): return Phrase(en: "not 18 characters", zh: "不是 18 位")
        case (.length, "resident-id"): return Phrase(en: "neither 18 nor 15 characters", zh: "既非 18 位也非 15 位")
        case (.length, "mobile"), (.length, "container"): return Phrase(en: "not 11 characters", zh: "不是 11 位")
        case (.length, "plate"): return Phrase(en: "neither 7 nor 8 characters", zh: "既非 7 位也非 8 位")
        case (.length, _): return Phrase(en: "wrong length", zh: "长度不符")
        case (.character, _): return Phrase(en: "a character that does not belong here", zh: "含不应出现的字符")
        case (.division, "plate"): return Phrase(en: "no province and office in front", zh: "开头不是省份简称加发牌机关代号")
        case (.division, "resident-id"): return Phrase(en: "province code not assigned", zh: "省份代码不存在")
        case (.division, _): return Phrase(en: "administrative division not numeric", zh: "行政区划码不是数字")
        case (.organizationCheck, _): return Phrase(en: "check character of the organisation code", zh: "组织机构代码校验码错误")
        case (.check, _): return Phrase(en: "check character wrong: a typing error", zh: "校验码错误（录入有误）")
        case (.birthDate, _): return Phrase(en: "date of birth is no date", zh: "出生日期不合法")
        case (.prefix, _): return Phrase(en: "not a mainland mobile number (13 to 19)", zh: "不是大陆手机号（13 至 19 开头）")
        case (.ambiguousLetter, _): return Phrase(en: "I or O in the serial number", zh: "序号含字母 I 或 O")
        case (.serial, _): return Phrase(en: "no new-energy serial number", zh: "不符合新能源号牌序号规则")
        case (.category, _): return Phrase(en: "character 4 is none of U, J, Z, R", zh: "第 4 位不是 U、J、Z、R")
        }
    }

    static func keySymptom(_ symptom: KeyDiagnosis.Symptom, _ rows: String) -> Phrase {
        switch symptom {
        case .scientificNotation:
            Phrase(
                en: "\(rows) keys are in scientific notation: a spreadsheet kept the column as numbers; export again with the column as text",
                zh: "\(rows) 个键是科学计数法：表格软件把该列当成了数值，请把列设为文本后重新导出")
        case .lostPrecision:
            Phrase(
                en: "\(rows) identity numbers end in 000 and fail their check: a spreadsheet kept 15 digits only; export from the source again",
                zh: "\(rows) 个身份号码以 000 结尾且校验不通过：表格软件只保留 15 位有效数字，请从源系统重新导出")
        case .landline:
            Phrase(en: "\(rows) numbers look like landlines", zh: "\(rows) 个号码像是固定电话")
        case .masked:
            Phrase(en: "\(rows) keys were masked with asterisks before export: ask for the whole ones", zh: "\(rows) 个键在导出前已用星号脱敏，请索取完整的键")
        case .brokenText:
            Phrase(
                en: "\(rows) keys contain U+FFFD: the text was decoded with a wrong encoding before it came here",
                zh: "\(rows) 个键含 U+FFFD：文本此前曾按错误的编码解码")
        }
    }
}
