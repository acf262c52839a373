/// One made-up enterprise. Its attributes follow from the seed and its number alone, so tables need not be kept in memory.
struct SyntheticEnterprise {
    static let grades = ["A", "B", "M", "C", "D"]
    private static let gradeWeights = [15, 45, 25, 10, 5]
    /// Probability of an overdue loan by grade, in percent: the planted effect.
    static let overduePercent = [2, 4, 7, 14, 28]
    static let districts = ["示例一区", "示例二区", "示例三区", "示例四区", "示例五区", "示例六区", "示例七区", "示例八区"]
    private static let districtWeights = [24, 18, 15, 12, 10, 9, 7, 5]
    static let industries = ["制造业", "批发和零售业", "建筑业", "信息技术服务业", "交通运输业", "住宿和餐饮业", "租赁和商务服务业", "农林牧渔业"]
    private static let industryWeights = [22, 30, 12, 9, 7, 8, 8, 4]

    /// Insured employees; 以上 includes the number itself.
    static let bands = ["1-9人", "10-49人", "50-99人", "100人以上"]
    /// What the overdue percentage of a grade is multiplied by, in percent.
    static let bandFactors = [150, 100, 70, 50]

    let grade: Int
    let district: Int
    let industry: Int
    let headcount: Int
    /// In 0.01 kWh.
    let electricity: Int
    var band: Int { headcount < 10 ? 0 : headcount < 50 ? 1 : headcount < 100 ? 2 : 3 }

    init(seed: UInt64, id: Int) {
        var random = SyntheticRandom(seed: seed, stream: 2, index: UInt64(id))
        grade = random.weighted(Self.gradeWeights)
        district = random.weighted(Self.districtWeights)
        industry = random.weighted(Self.industryWeights)
        headcount = max(1, random.logNormal(median: 14, spread: 109_000))  // sigma 1.15
        electricity = random.logNormal(median: 180_000 * headcount + 500_000, spread: 75_000)  // sigma 0.79
    }
}

/// One made-up loan.
struct SyntheticLoan {
    /// In 0.01 yuan.
    let amount: Int
    let overdueDays: Int

    init(seed: UInt64, loan: Int, of enterprise: SyntheticEnterprise, _ effect: SyntheticPilot.Effect) {
        var random = SyntheticRandom(seed: seed, stream: 3, index: UInt64(loan))
        // Median 300,000 yuan, sigma 1.0, in steps of 100 yuan and at least 10,000.
        amount = max(1_000_000, random.logNormal(median: 30_000_000, spread: 94_548) / 10_000 * 10_000)
        let percent = SyntheticEnterprise.overduePercent[enterprise.grade]
        let isOverdue =
            switch effect {
            case .grade: random.below(100) < percent
            case .gradeAndHeadcount: random.below(10_000) < percent * SyntheticEnterprise.bandFactors[enterprise.band]
            }
        overdueDays = isOverdue ? max(1, random.logNormal(median: 25, spread: 104_000)) : 0
    }
}
